//! The types of a condition, as `checker` of expr-lang finds them before it evaluates.

use super::{
    ElementType, EvaluationError, Function, Measured, Node, Operator, Predicate, ValueType,
};

/// The type of what was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MeasuredKind {
    Nil,
    Number,
    Vector,
    Bool,
    Integer,
    Text,
}

impl MeasuredKind {
    pub(super) const ALL: [MeasuredKind; 6] = [
        MeasuredKind::Nil,
        MeasuredKind::Number,
        MeasuredKind::Vector,
        MeasuredKind::Bool,
        MeasuredKind::Integer,
        MeasuredKind::Text,
    ];
    pub(super) const COUNT: usize = MeasuredKind::ALL.len();

    pub(super) fn of(measured: Measured<'_>) -> Self {
        match measured {
            Measured::Nil => MeasuredKind::Nil,
            Measured::Number(_) => MeasuredKind::Number,
            Measured::Vector(_) => MeasuredKind::Vector,
            Measured::Bool(_) => MeasuredKind::Bool,
            Measured::Integer(_) => MeasuredKind::Integer,
            Measured::Text(_) => MeasuredKind::Text,
        }
    }

    fn value_type(self) -> ValueType {
        match self {
            MeasuredKind::Nil => ValueType::Nil,
            MeasuredKind::Number => ValueType::Float,
            MeasuredKind::Vector => ValueType::List(ElementType::Float),
            MeasuredKind::Bool => ValueType::Bool,
            MeasuredKind::Integer => ValueType::Int,
            MeasuredKind::Text => ValueType::Text,
        }
    }
}

/// Checks the types of a condition on a measured value of a kind.
pub(super) fn check(
    node: &Node,
    measured: MeasuredKind,
    has_path: bool,
) -> Result<(), EvaluationError> {
    let measured = if has_path { ValueType::Map } else { measured.value_type() };
    Checker { measured, element: None }.type_of(node).map(|_| ())
}

#[derive(Clone, Copy)]
struct Checker {
    measured: ValueType,
    element: Option<ElementType>,
}

impl Checker {
    fn type_of(self, node: &Node) -> Result<ValueType, EvaluationError> {
        Ok(match node {
            Node::Nil => ValueType::Nil,
            Node::Bool(_) => ValueType::Bool,
            Node::Int(_) => ValueType::Int,
            Node::Float(_) => ValueType::Float,
            Node::Text(_) => ValueType::Text,
            Node::Measured => self.measured,
            Node::Path => ValueType::Unknown,
            Node::Element { has_path: true } => ValueType::Unknown,
            Node::Element { has_path: false } => {
                self.element.map_or(ValueType::Unknown, ElementType::value_type)
            }
            Node::List(nodes) => self.list(nodes)?,
            Node::Not(of) => match self.type_of(of)? {
                ValueType::Bool | ValueType::Unknown => ValueType::Bool,
                other => return Err(EvaluationError::Unfit("not", other)),
            },
            Node::Sign { of, .. } => match self.type_of(of)? {
                found if found.is_number() || found.is_unknown() => found,
                other => return Err(EvaluationError::Unfit("-", other)),
            },
            Node::Binary(operator, operands) => {
                let [left, right] = &**operands;
                binary(*operator, self.type_of(left)?, self.type_of(right)?)?
            }
            Node::Conditional(parts) => {
                let [condition, then, otherwise] = &**parts;
                match self.type_of(condition)? {
                    ValueType::Bool | ValueType::Unknown => {}
                    other => return Err(EvaluationError::Unfit("?", other)),
                }
                match (self.type_of(then)?, self.type_of(otherwise)?) {
                    (ValueType::Nil, other) | (other, ValueType::Nil) => other,
                    (then, otherwise) if then == otherwise => then,
                    _ => ValueType::Unknown,
                }
            }
            Node::Index(parts) => {
                let [list, index] = &**parts;
                let (list, index) = (self.type_of(list)?, self.type_of(index)?);
                match (list, index) {
                    (ValueType::Unknown, _) => ValueType::Unknown,
                    (ValueType::List(element), ValueType::Int | ValueType::Unknown) => {
                        element.value_type()
                    }
                    (list, index) => return Err(EvaluationError::Mismatch("[]", list, index)),
                }
            }
            Node::Call(function, arguments) => self.call(*function, arguments)?,
            Node::Each(predicate, parts) => {
                let [list, asked] = &**parts;
                let list = self.type_of(list)?;
                let element = match list {
                    ValueType::List(element) => element,
                    ValueType::Unknown => ElementType::Unknown,
                    other => return Err(EvaluationError::Unfit(predicate.name(), other)),
                };
                match (Checker { element: Some(element), ..self }).type_of(asked)? {
                    ValueType::Bool | ValueType::Unknown => {}
                    other => return Err(EvaluationError::NotBoolean(other)),
                }
                match predicate {
                    Predicate::Filter => ValueType::List(element),
                    Predicate::Count => ValueType::Int,
                    _ => ValueType::Bool,
                }
            }
        })
    }

    fn list(self, nodes: &[Node]) -> Result<ValueType, EvaluationError> {
        let mut common = None;
        for node in nodes {
            let element = ElementType::of(self.type_of(node)?);
            common = Some(match common {
                None => element,
                Some(before) if before == element => element,
                Some(_) => ElementType::Unknown,
            });
        }
        Ok(ValueType::List(common.unwrap_or(ElementType::Unknown)))
    }

    fn call(self, function: Function, arguments: &[Node]) -> Result<ValueType, EvaluationError> {
        let mut first = None;
        for argument in arguments {
            let found = self.type_of(argument)?;
            let fits = match function {
                Function::AsInt | Function::AsFloat | Function::IsNil | Function::Default => true,
                Function::IsNan | Function::IsInf => found.is_number(),
                Function::Len => {
                    matches!(found, ValueType::List(_) | ValueType::Map | ValueType::Text)
                }
                Function::Int | Function::Float => found.is_number() || found == ValueType::Text,
                Function::Abs | Function::Ceil | Function::Floor | Function::Round => {
                    found.is_number()
                }
                Function::Min | Function::Max | Function::Mean => {
                    found.is_number() || matches!(found, ValueType::List(_))
                }
                Function::Sum | Function::First | Function::Last => {
                    matches!(found, ValueType::List(_))
                }
            };
            if !fits && !found.is_unknown() {
                return Err(EvaluationError::Unfit(function.name(), found));
            }
            first = first.or(Some(found));
        }
        Ok(match function {
            Function::AsInt | Function::Int | Function::Len => ValueType::Int,
            Function::AsFloat
            | Function::Float
            | Function::Ceil
            | Function::Floor
            | Function::Round => ValueType::Float,
            Function::IsNan | Function::IsInf | Function::IsNil => ValueType::Bool,
            Function::Abs => first.unwrap_or(ValueType::Unknown),
            Function::Sum => match first {
                Some(ValueType::List(element)) => element.value_type(),
                _ => ValueType::Unknown,
            },
            Function::Default
            | Function::Min
            | Function::Max
            | Function::Mean
            | Function::First
            | Function::Last => ValueType::Unknown,
        })
    }
}

fn binary(
    operator: Operator,
    left: ValueType,
    right: ValueType,
) -> Result<ValueType, EvaluationError> {
    use ValueType::{Bool, Float, Int, List, Map, Nil, Text, Unknown};

    let both = |fits: fn(ValueType) -> bool| fits(left) && fits(right);
    // The two are of a type that fits, as far as that is known.
    let may_be = |fits: fn(ValueType) -> bool| {
        (left.is_unknown() || fits(left)) && (right.is_unknown() || fits(right))
    };
    let numbers = both(ValueType::is_number);
    let may_be_numbers = may_be(ValueType::is_number);
    let may_be_texts = may_be(|found| found == Text);
    let comparable = left.is_comparable_to(right);
    let result = match operator {
        Operator::Equal | Operator::NotEqual => comparable.then_some(Bool),
        Operator::Or | Operator::And => may_be(|found| found == Bool).then_some(Bool),
        Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
            (may_be_numbers || may_be_texts).then_some(Bool)
        }
        Operator::Add if both(|found| found == Text) => Some(Text),
        Operator::Add | Operator::Subtract | Operator::Multiply if numbers => {
            Some(if left == Float || right == Float { Float } else { Int })
        }
        Operator::Add => (may_be_numbers || may_be_texts).then_some(Unknown),
        Operator::Subtract | Operator::Multiply => may_be_numbers.then_some(Unknown),
        Operator::Divide | Operator::Power => may_be_numbers.then_some(Float),
        Operator::Remainder => may_be(|found| found == Int).then_some(Int),
        Operator::Range => may_be(|found| found == Int).then_some(List(ElementType::Int)),
        Operator::Contains | Operator::StartsWith | Operator::EndsWith => {
            may_be_texts.then_some(Bool)
        }
        Operator::In => match right {
            List(element) => left.is_comparable_to(element.value_type()).then_some(Bool),
            Map => matches!(left, Text | Unknown).then_some(Bool),
            Unknown => Some(Bool),
            Text => left.is_unknown().then_some(Bool),
            _ => None,
        },
        Operator::Coalesce => Some(match (left, right) {
            (Nil, other) | (other, Nil) => other,
            _ if left == right => left,
            _ => Unknown,
        }),
    };
    result.ok_or(EvaluationError::Mismatch(operator.text(), left, right))
}

impl ValueType {
    fn is_unknown(self) -> bool {
        self == ValueType::Unknown
    }

    fn is_number(self) -> bool {
        matches!(self, ValueType::Int | ValueType::Float)
    }

    fn is_comparable_to(self, other: ValueType) -> bool {
        let any = |found| self == found || other == found;
        any(ValueType::Unknown)
            || any(ValueType::Nil)
            || self.is_number() && other.is_number()
            || matches!((self, other), (ValueType::List(_), ValueType::List(_)))
            || self == other
    }
}

impl ElementType {
    fn of(value: ValueType) -> Self {
        match value {
            ValueType::Bool => ElementType::Bool,
            ValueType::Int => ElementType::Int,
            ValueType::Float => ElementType::Float,
            ValueType::Text => ElementType::Text,
            ValueType::List(_) => ElementType::List,
            ValueType::Unknown | ValueType::Nil | ValueType::Map => ElementType::Unknown,
        }
    }

    fn value_type(self) -> ValueType {
        match self {
            ElementType::Unknown => ValueType::Unknown,
            ElementType::Bool => ValueType::Bool,
            ElementType::Int => ValueType::Int,
            ElementType::Float => ValueType::Float,
            ElementType::Text => ValueType::Text,
            ElementType::List => ValueType::List(ElementType::Unknown),
        }
    }
}
