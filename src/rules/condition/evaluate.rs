//! The value of a condition, as `vm/runtime` of expr-lang finds it.

use std::cell::Cell;
use std::ops::ControlFlow;

use super::{
    Condition, ElementType, EvaluationError, Function, Measured, Node, Operator, Predicate,
    ValueType,
};
use crate::math;

/// One evaluation on one measured value.
pub(super) struct Evaluation<'v> {
    measured: Measured<'v>,
    /// Whether a path stands for the measured value, and `result` alone for a map.
    has_path: bool,
    steps: Cell<u32>,
}

/// A value. Lists are walked where they are needed, and never built.
#[derive(Clone, Copy)]
enum Value<'v> {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'v str),
    Numbers(&'v [f64]),
    /// From and to, both in the list.
    Range(i64, i64),
    /// `[1, 2]`, in the scope that it stands in.
    List(&'v [Node], Scope<'v>),
    /// A filter: list and predicate, in the scope that they stand in.
    Filter(&'v [Node; 2], Scope<'v>),
    Map,
}

/// What `#` stands for.
type Scope<'v> = Option<&'v Value<'v>>;

type Evaluated<'v> = Result<Value<'v>, EvaluationError>;

impl<'v> Evaluation<'v> {
    pub(super) fn new(measured: Measured<'v>, has_path: bool) -> Self {
        Evaluation { measured, has_path, steps: Cell::new(Condition::MAX_STEPS) }
    }

    /// The value of the whole condition.
    pub(super) fn boolean(&self, node: &'v Node) -> Result<bool, EvaluationError> {
        self.asked(node, None)
    }

    fn step(&self) -> Result<(), EvaluationError> {
        let left = self.steps.get().checked_sub(1).ok_or(EvaluationError::TooLong)?;
        self.steps.set(left);
        Ok(())
    }

    fn measured(&self) -> Value<'v> {
        match self.measured {
            Measured::Nil => Value::Nil,
            Measured::Number(value) => Value::Float(value),
            Measured::Vector(values) => Value::Numbers(values),
            Measured::Bool(value) => Value::Bool(value),
            Measured::Integer(value) => Value::Int(value),
            Measured::Text(text) => Value::Text(text),
        }
    }

    /// `result`.
    fn result(&self) -> Value<'v> {
        if self.has_path { Value::Map } else { self.measured() }
    }
}

// The lifetime of a value is that of the scope that it is found in, and shorter than that of
// the evaluation inside a predicate.
impl Evaluation<'_> {
    fn asked<'s>(&'s self, node: &'s Node, scope: Scope<'s>) -> Result<bool, EvaluationError> {
        match self.value(node, scope)? {
            Value::Bool(value) => Ok(value),
            other => Err(EvaluationError::NotBoolean(other.value_type())),
        }
    }

    fn value<'s>(&'s self, node: &'s Node, scope: Scope<'s>) -> Evaluated<'s> {
        self.step()?;
        Ok(match node {
            Node::Nil => Value::Nil,
            Node::Bool(value) => Value::Bool(*value),
            Node::Int(value) => Value::Int(*value),
            Node::Float(value) => Value::Float(*value),
            Node::Text(text) => Value::Text(text),
            Node::List(nodes) => Value::List(nodes, scope),
            Node::Measured => self.result(),
            Node::Path => self.measured(),
            Node::Element { .. } => scope.copied().unwrap_or(Value::Nil),
            Node::Not(of) => Value::Bool(!self.asked(of, scope)?),
            Node::Sign { negative, of } => match (self.value(of, scope)?, negative) {
                (value @ (Value::Int(_) | Value::Float(_)), false) => value,
                (Value::Int(value), true) => Value::Int(value.wrapping_neg()),
                (Value::Float(value), true) => Value::Float(-value),
                (other, _) => return Err(EvaluationError::Unfit("-", other.value_type())),
            },
            Node::Binary(operator, operands) => self.binary(*operator, operands, scope)?,
            Node::Conditional(parts) => {
                let [condition, then, otherwise] = &**parts;
                let chosen = if self.asked(condition, scope)? { then } else { otherwise };
                self.value(chosen, scope)?
            }
            Node::Index(parts) => {
                let [list, index] = &**parts;
                let (list, index) = (self.value(list, scope)?, self.value(index, scope)?);
                self.element(list, index)?
            }
            Node::Call(function, arguments) => self.call(*function, arguments, scope)?,
            Node::Each(predicate, parts) => self.each(*predicate, parts, scope)?,
        })
    }

    /// Calls `found` with each element of a list.
    fn walk<'s>(
        &'s self,
        list: Value<'s>,
        operation: &'static str,
        found: &mut dyn FnMut(Value<'s>) -> Result<ControlFlow<()>, EvaluationError>,
    ) -> Result<(), EvaluationError> {
        match list {
            Value::Numbers(values) => {
                for value in values {
                    self.step()?;
                    if found(Value::Float(*value))?.is_break() {
                        break;
                    }
                }
            }
            Value::Range(from, to) => {
                for value in from..=to {
                    self.step()?;
                    if found(Value::Int(value))?.is_break() {
                        break;
                    }
                }
            }
            Value::List(nodes, scope) => {
                for node in nodes {
                    if found(self.value(node, scope)?)?.is_break() {
                        break;
                    }
                }
            }
            Value::Filter([list, asked], scope) => {
                let list = self.value(list, scope)?;
                self.walk(list, operation, &mut |element| {
                    if self.asked(asked, Some(&element))? {
                        found(element)
                    } else {
                        Ok(ControlFlow::Continue(()))
                    }
                })?;
            }
            other => return Err(EvaluationError::Unfit(operation, other.value_type())),
        }
        Ok(())
    }

    fn length<'s>(&'s self, list: Value<'s>) -> Result<usize, EvaluationError> {
        match list {
            Value::Numbers(values) => Ok(values.len()),
            Value::List(nodes, _) => Ok(nodes.len()),
            Value::Range(from, to) => {
                Ok(usize::try_from(to.saturating_sub(from).saturating_add(1)).unwrap_or(0))
            }
            Value::Text(text) => Ok(text.chars().count()),
            _ => {
                let mut length = 0;
                self.walk(list, "len", &mut |_| {
                    length += 1;
                    Ok(ControlFlow::Continue(()))
                })?;
                Ok(length)
            }
        }
    }

    fn element<'s>(&'s self, list: Value<'s>, index: Value<'s>) -> Evaluated<'s> {
        let at = match index {
            Value::Int(index) => index,
            // As Go converts it.
            Value::Float(index) => whole(index),
            other => {
                return Err(EvaluationError::Mismatch("[]", list.value_type(), other.value_type()));
            }
        };
        if !matches!(list.value_type(), ValueType::List(_)) {
            return Err(EvaluationError::Mismatch("[]", list.value_type(), index.value_type()));
        }
        let length = self.length(list)?;
        let from_start = if at < 0 { at.wrapping_add(length as i64) } else { at };
        let wanted = usize::try_from(from_start)
            .ok()
            .filter(|wanted| *wanted < length)
            .ok_or(EvaluationError::OutOfRange(at, length))?;
        self.nth(list, wanted)
    }

    /// An element that is there.
    fn nth<'s>(&'s self, list: Value<'s>, wanted: usize) -> Evaluated<'s> {
        let mut at = 0;
        let mut result = Value::Nil;
        self.walk(list, "[]", &mut |element| {
            if at == wanted {
                result = element;
                return Ok(ControlFlow::Break(()));
            }
            at += 1;
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(result)
    }

    fn each<'s>(
        &'s self,
        predicate: Predicate,
        parts: &'s [Node; 2],
        scope: Scope<'s>,
    ) -> Evaluated<'s> {
        if predicate == Predicate::Filter {
            return Ok(Value::Filter(parts, scope));
        }
        let [list, asked] = parts;
        let list = self.value(list, scope)?;
        let mut held: i64 = 0;
        let mut failed = false;
        self.walk(list, predicate.name(), &mut |element| {
            let holds = self.asked(asked, Some(&element))?;
            held += i64::from(holds);
            failed |= !holds;
            let decided = match predicate {
                Predicate::All => failed,
                Predicate::Any | Predicate::None => holds,
                Predicate::One | Predicate::Filter | Predicate::Count => false,
            };
            Ok(if decided { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        Ok(match predicate {
            Predicate::All => Value::Bool(!failed),
            Predicate::Any => Value::Bool(held > 0),
            Predicate::None => Value::Bool(held == 0),
            Predicate::One => Value::Bool(held == 1),
            Predicate::Filter | Predicate::Count => Value::Int(held),
        })
    }

    fn binary<'s>(
        &'s self,
        operator: Operator,
        operands: &'s [Node; 2],
        scope: Scope<'s>,
    ) -> Evaluated<'s> {
        let [left, right] = operands;
        match operator {
            Operator::Or if self.asked(left, scope)? => return Ok(Value::Bool(true)),
            Operator::And if !self.asked(left, scope)? => return Ok(Value::Bool(false)),
            Operator::Or | Operator::And => return self.value(right, scope),
            Operator::Coalesce => {
                return match self.value(left, scope)? {
                    Value::Nil => self.value(right, scope),
                    value => Ok(value),
                };
            }
            _ => {}
        }
        let (a, b) = (self.value(left, scope)?, self.value(right, scope)?);
        let mismatch =
            || EvaluationError::Mismatch(operator.text(), a.value_type(), b.value_type());
        let numbers = a.number().zip(b.number());
        Ok(match operator {
            Operator::Equal => Value::Bool(self.equal(a, b)?),
            Operator::NotEqual => Value::Bool(!self.equal(a, b)?),
            Operator::Less
            | Operator::LessOrEqual
            | Operator::Greater
            | Operator::GreaterOrEqual => {
                let order = match (a, b) {
                    (Value::Int(a), Value::Int(b)) => Some(a.cmp(&b)),
                    (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
                    _ => {
                        let (a, b) = numbers.ok_or_else(mismatch)?;
                        a.partial_cmp(&b)
                    }
                };
                Value::Bool(order.is_some_and(|order| match operator {
                    Operator::Less => order.is_lt(),
                    Operator::LessOrEqual => order.is_le(),
                    Operator::Greater => order.is_gt(),
                    _ => order.is_ge(),
                }))
            }
            Operator::Add | Operator::Subtract | Operator::Multiply => match (a, b) {
                (Value::Int(a), Value::Int(b)) => Value::Int(match operator {
                    Operator::Add => a.wrapping_add(b),
                    Operator::Subtract => a.wrapping_sub(b),
                    _ => a.wrapping_mul(b),
                }),
                _ => {
                    let (a, b) = numbers.ok_or_else(mismatch)?;
                    Value::Float(match operator {
                        Operator::Add => a + b,
                        Operator::Subtract => a - b,
                        _ => a * b,
                    })
                }
            },
            Operator::Divide => {
                let (a, b) = numbers.ok_or_else(mismatch)?;
                Value::Float(a / b)
            }
            Operator::Power => {
                let (a, b) = numbers.ok_or_else(mismatch)?;
                Value::Float(math::pow(a, b))
            }
            Operator::Remainder => match (a, b) {
                (Value::Int(_), Value::Int(0)) => return Err(EvaluationError::DivisionByZero),
                (Value::Int(a), Value::Int(b)) => Value::Int(a.wrapping_rem(b)),
                _ => return Err(mismatch()),
            },
            Operator::Range => {
                let end = |value| match value {
                    Value::Int(value) => Ok(value),
                    Value::Float(value) => Ok(whole(value)),
                    _ => Err(mismatch()),
                };
                Value::Range(end(a)?, end(b)?)
            }
            Operator::Contains | Operator::StartsWith | Operator::EndsWith => {
                let (Value::Text(a), Value::Text(b)) = (a, b) else { return Err(mismatch()) };
                Value::Bool(match operator {
                    Operator::Contains => a.contains(b),
                    Operator::StartsWith => a.starts_with(b),
                    _ => a.ends_with(b),
                })
            }
            Operator::In => Value::Bool(self.is_in(a, b)?),
            Operator::Or | Operator::And | Operator::Coalesce => return Err(mismatch()),
        })
    }

    fn equal<'s>(&'s self, a: Value<'s>, b: Value<'s>) -> Result<bool, EvaluationError> {
        self.step()?;
        Ok(match (a, b) {
            (Value::Nil, Value::Nil) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Text(a), Value::Text(b)) => a == b,
            (Value::Map, _) | (_, Value::Map) => false,
            _ if a.is_list() && b.is_list() => {
                let length = self.length(a)?;
                let mut equal = length == self.length(b)?;
                let mut at = 0;
                while equal && at < length {
                    equal = self.equal(self.nth(a, at)?, self.nth(b, at)?)?;
                    at += 1;
                }
                equal
            }
            _ => a.number().zip(b.number()).is_some_and(|(a, b)| a == b),
        })
    }

    fn is_in<'s>(&'s self, needle: Value<'s>, list: Value<'s>) -> Result<bool, EvaluationError> {
        match list {
            Value::Nil => return Ok(false),
            Value::Range(from, to) => {
                return Ok(match needle {
                    Value::Int(needle) => (from..=to).contains(&needle),
                    Value::Float(needle) => {
                        needle == needle.floor() && from as f64 <= needle && needle <= to as f64
                    }
                    _ => false,
                });
            }
            // A list of texts becomes a map, which has no key of another type.
            Value::List(nodes, _)
                if !nodes.is_empty()
                    && nodes.iter().all(|node| matches!(node, Node::Text(_)))
                    && !matches!(needle, Value::Text(_) | Value::Nil) =>
            {
                let types = (needle.value_type(), list.value_type());
                return Err(EvaluationError::Mismatch("in", types.0, types.1));
            }
            _ => {}
        }
        let mut is_in = false;
        self.walk(list, "in", &mut |element| {
            is_in = self.equal(element, needle)?;
            Ok(if is_in { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        Ok(is_in)
    }

    fn call<'s>(
        &'s self,
        function: Function,
        arguments: &'s [Node],
        scope: Scope<'s>,
    ) -> Evaluated<'s> {
        if matches!(function, Function::Min | Function::Max | Function::Mean) {
            return self.aggregate(function, arguments, scope);
        }
        let Some(argument) = arguments.first() else { return Ok(Value::Nil) };
        let value = self.value(argument, scope)?;
        let unfit = || EvaluationError::Unfit(function.name(), value.value_type());
        let number = || value.number().ok_or_else(unfit);
        Ok(match function {
            // Argo's two look at the measured value, whatever the argument is.
            Function::IsNil => Value::Bool(matches!(self.result(), Value::Nil)),
            Function::Default => match (self.result(), arguments.get(1)) {
                (Value::Nil, Some(other)) => self.value(other, scope)?,
                (result, Some(other)) => {
                    self.value(other, scope)?;
                    result
                }
                (result, None) => result,
            },
            Function::AsInt | Function::Int => match value {
                Value::Int(_) => value,
                Value::Float(value) => Value::Int(whole(value)),
                Value::Text(text) => {
                    Value::Int(text.parse().map_err(|_| EvaluationError::NotNumber)?)
                }
                _ => return Err(unfit()),
            },
            Function::AsFloat | Function::Float => match value {
                Value::Text(text) => Value::Float(float(text)?),
                _ => Value::Float(number()?),
            },
            // They take a float64: a whole number that is written so becomes one.
            Function::IsNan | Function::IsInf => match value {
                Value::Float(value) if function == Function::IsNan => Value::Bool(value.is_nan()),
                Value::Float(value) => Value::Bool(value.is_infinite()),
                Value::Int(_) if is_written(argument) => Value::Bool(false),
                _ => return Err(unfit()),
            },
            Function::Len => Value::Int(self.length(value)? as i64),
            Function::Abs => match value {
                Value::Int(value) => Value::Int(value.wrapping_abs()),
                _ => Value::Float(number()?.abs()),
            },
            Function::Ceil => Value::Float(number()?.ceil()),
            Function::Floor => Value::Float(number()?.floor()),
            Function::Round => Value::Float(number()?.round()),
            Function::Sum => {
                let mut sum = Value::Int(0);
                self.walk(value, "sum", &mut |element| {
                    sum = match (sum, element) {
                        (Value::Int(a), Value::Int(b)) => Value::Int(a.wrapping_add(b)),
                        _ => {
                            let (a, b) = sum.number().zip(element.number()).ok_or_else(unfit)?;
                            Value::Float(a + b)
                        }
                    };
                    Ok(ControlFlow::Continue(()))
                })?;
                sum
            }
            Function::First | Function::Last => {
                let mut found = Value::Nil;
                self.walk(value, function.name(), &mut |element| {
                    found = element;
                    let is_last = function == Function::First;
                    Ok(if is_last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
                })?;
                found
            }
            Function::Min | Function::Max | Function::Mean => Value::Nil,
        })
    }

    /// `min`, `max` or `mean` of numbers and lists of numbers.
    fn aggregate<'s>(
        &'s self,
        function: Function,
        arguments: &'s [Node],
        scope: Scope<'s>,
    ) -> Evaluated<'s> {
        let mut best: Option<Value<'s>> = None;
        let (mut sum, mut count) = (0.0, 0.0);
        let mut take = |element: Value<'s>| {
            let unfit = || EvaluationError::Unfit(function.name(), element.value_type());
            let value = element.number().ok_or_else(unfit)?;
            sum += value;
            count += 1.0;
            let is_better = match best.and_then(Value::number) {
                None => true,
                Some(best) if function == Function::Min => best > value,
                Some(best) => best < value,
            };
            if is_better {
                best = Some(element);
            }
            Ok(())
        };
        for argument in arguments {
            let value = self.value(argument, scope)?;
            if value.is_list() {
                self.walk(value, function.name(), &mut |element| {
                    take(element).map(ControlFlow::Continue)
                })?;
            } else {
                take(value)?;
            }
        }
        Ok(match function {
            Function::Mean if count > 0.0 => Value::Float(sum / count),
            Function::Mean => Value::Float(0.0),
            _ => best.unwrap_or(Value::Nil),
        })
    }
}

impl Value<'_> {
    fn number(self) -> Option<f64> {
        match self {
            Value::Int(value) => Some(value as f64),
            Value::Float(value) => Some(value),
            _ => None,
        }
    }

    fn is_list(self) -> bool {
        matches!(self.value_type(), ValueType::List(_))
    }

    fn value_type(self) -> ValueType {
        match self {
            Value::Nil => ValueType::Nil,
            Value::Bool(_) => ValueType::Bool,
            Value::Int(_) => ValueType::Int,
            Value::Float(_) => ValueType::Float,
            Value::Text(_) => ValueType::Text,
            Value::Numbers(_) => ValueType::List(ElementType::Float),
            Value::Range(..) => ValueType::List(ElementType::Int),
            Value::List(..) | Value::Filter(..) => ValueType::List(ElementType::Unknown),
            Value::Map => ValueType::Map,
        }
    }
}

/// As Go on amd64 converts a float to an integer: towards zero, and to the smallest
/// integer what has no place in 64 bits.
fn whole(value: f64) -> i64 {
    const END: f64 = 9_223_372_036_854_775_808.0;
    if (-END..END).contains(&value) { value as i64 } else { i64::MIN }
}

/// As Go's `ParseFloat`: a number that is too large is an error.
fn float(text: &str) -> Result<f64, EvaluationError> {
    let value: f64 = text.parse().map_err(|_| EvaluationError::NotNumber)?;
    let is_too_large = value.is_infinite() && text.contains(|c: char| c.is_ascii_digit());
    if is_too_large { Err(EvaluationError::NotNumber) } else { Ok(value) }
}

/// Whether a whole number is made of written ones alone.
fn is_written(node: &Node) -> bool {
    match node {
        Node::Int(_) => true,
        Node::Sign { of, .. } => is_written(of),
        Node::Binary(Operator::Add | Operator::Subtract | Operator::Multiply, operands) => {
            operands.iter().all(is_written)
        }
        _ => false,
    }
}
