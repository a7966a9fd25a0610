//! The conditions of Argo's AnalysisTemplates, such as `result[0] >= 0.95`.
//!
//! They are expressions in [expr-lang](https://expr-lang.org) 1.17.8, with the names that
//! `utils/evaluate/evaluate.go` of Argo Rollouts adds: `result`, `asInt`, `asFloat`,
//! `isNaN`, `isInf`, `isNil` and `default`. The crate `expr-lang` is not used, because a
//! condition decides in the loop of a study: it is evaluated here without allocation, and
//! its verdicts and errors follow the checker and the runtime of the Go library, types
//! that do not match included.
//!
//! Modelled are numbers, strings, booleans, `nil`, lists and ranges; all operators but
//! `|` and `matches`; the predicates `all`, `any`, `none`, `one`, `filter` and `count`;
//! and [the functions](Function) that take numbers or lists. `let`, `if`, slices, maps,
//! methods and other functions are refused as [`ConditionErrorKind::NotModelled`].

mod check;
mod evaluate;
mod lexer;
mod parser;

use std::fmt;

use serde::{Serialize, Serializer};

use super::Verdict;
use check::MeasuredKind;
use evaluate::Evaluation;

/// A condition on a measured value, parsed.
///
/// ```
/// use canary_rollout::rules::{Condition, Measured};
///
/// let condition = Condition::parse("result[0] >= 0.95")?;
/// assert_eq!(condition.evaluate(Measured::Vector(&[0.97])), Ok(true));
/// assert_eq!(condition.evaluate(Measured::Vector(&[f64::NAN])), Ok(false));
/// assert!(condition.evaluate(Measured::Vector(&[])).is_err());
/// # Ok::<(), canary_rollout::rules::ConditionError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Condition {
    text: String,
    node: Node,
    /// Whether a path as `result.a` stands for the measured value.
    has_path: bool,
    /// The condition as one comparison, if it is one.
    comparison: Option<Comparison>,
    /// What the checker says of each kind of measured value.
    checked: [Result<(), EvaluationError>; MeasuredKind::COUNT],
}

impl Condition {
    /// Most bytes of a condition's text.
    pub const MAX_BYTES: usize = 4096;
    /// Most tokens of a condition: names, numbers, operators and brackets.
    pub const MAX_TOKENS: usize = 300;
    /// Deepest nesting of a condition.
    pub const MAX_DEPTH: usize = 50;
    /// Most steps of one evaluation: operators and functions that are carried out.
    pub const MAX_STEPS: u32 = 100_000;

    /// Parses a condition.
    ///
    /// # Errors
    /// If the text is not an expression, has a name that Argo does not know, or is not
    /// modelled here. Mismatched types are an error of [`evaluate`](Self::evaluate),
    /// because Argo compiles a condition together with the measured value.
    pub fn parse(text: &str) -> Result<Self, ConditionError> {
        let (node, has_path) = parser::parse(text)?;
        let comparison = Comparison::of(&node);
        let checked = MeasuredKind::ALL.map(|kind| check::check(&node, kind, has_path));
        Ok(Condition { text: text.to_owned(), node, has_path, comparison, checked })
    }

    /// The text as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The number that the measured value is compared with: the first, if there are
    /// several; `None` if it is compared with none.
    pub fn threshold(&self) -> Option<f64> {
        fn of(node: &Node) -> Option<f64> {
            let bound = Comparison::of(node).map(|comparison| comparison.bound);
            let Node::Binary(_, operands) = node else { return bound };
            bound.or_else(|| operands.iter().find_map(of))
        }
        of(&self.node)
    }

    /// Whether the condition is true of a measured value.
    ///
    /// A path as `result.data_ok` or `result[0].Values` is the measured value itself; its
    /// type is known only when it is measured, as in Argo. In a condition with a path,
    /// `result` alone is a map, and so is what `default` gives.
    ///
    /// # Errors
    /// Where Argo's measurement has the phase Error: types do not match, the value is not
    /// boolean, an index is out of range, there is no data; or if the evaluation takes
    /// more than [`MAX_STEPS`](Self::MAX_STEPS) steps.
    pub fn evaluate(&self, measured: Measured<'_>) -> Result<bool, EvaluationError> {
        if let Some(comparison) = self.comparison
            && let Some(holds) = comparison.evaluate(measured)
        {
            return Ok(holds);
        }
        let kind = MeasuredKind::of(measured);
        self.checked[kind as usize]
            .and_then(|()| Evaluation::new(measured, self.has_path).boolean(&self.node))
            .map_err(|error| if measured.is_empty() { EvaluationError::NoData } else { error })
    }
}

/// Equal if the texts are.
impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Condition {}

/// The text.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// As its text.
impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// The conditions of a metric, as `EvaluateResult` of Argo Rollouts decides by them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Conditions {
    /// When a measurement is successful.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub success: Option<Condition>,
    /// When a measurement has failed; it goes before `success`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Condition>,
}

impl Conditions {
    /// What a measurement says. With one condition it passes or fails; with both it is
    /// inconclusive if neither is true; with none it passes.
    ///
    /// # Errors
    /// If a condition has no value, as [`Condition::evaluate`] says: Argo's phase Error.
    pub fn verdict(&self, measured: Measured<'_>) -> Result<Verdict, EvaluationError> {
        let holds = |condition: &Option<Condition>| {
            condition.as_ref().map(|condition| condition.evaluate(measured)).transpose()
        };
        Ok(match (holds(&self.success)?, holds(&self.failure)?) {
            (_, Some(true)) | (Some(false), None) => Verdict::Fail,
            (Some(false), Some(false)) => Verdict::Inconclusive,
            (Some(true), _) | (None, _) => Verdict::Pass,
        })
    }
}

/// What a metric's provider measured: `result` in a condition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measured<'a> {
    /// Nothing: Datadog without data.
    Nil,
    /// One number: a scalar of Prometheus, a number in JSON, Datadog.
    Number(f64),
    /// A number for each series, of Prometheus; empty without data.
    Vector(&'a [f64]),
    /// A boolean in JSON.
    Bool(bool),
    /// A whole number that is typed so.
    Integer(i64),
    /// A string in JSON.
    Text(&'a str),
}

impl Measured<'_> {
    fn is_empty(self) -> bool {
        matches!(self, Measured::Nil | Measured::Vector([]))
    }
}

/// Why a text is not a condition, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionError {
    /// What kind of fault it is.
    pub kind: ConditionErrorKind,
    /// Where, in characters of the text, from 1.
    pub column: u32,
    /// What was found and what was expected, without a full stop.
    pub message: String,
}

/// What kind of fault a text has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConditionErrorKind {
    /// Not an expression. In Argo each measurement is an Error.
    Syntax,
    /// A name that Argo does not know. In Argo each measurement is an Error.
    UnknownName,
    /// An expression that may be valid in Argo and is not modelled here.
    NotModelled,
}

impl fmt::Display for ConditionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at column {}", self.message, self.column)
    }
}

impl std::error::Error for ConditionError {}

/// Why a condition has no value. The words are Argo's where it has some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvaluationError {
    /// The value is nil or an empty list, and the condition does not provide for that.
    NoData,
    /// The condition's value is not a boolean.
    NotBoolean(ValueType),
    /// An operator does not take these types.
    Mismatch(&'static str, ValueType, ValueType),
    /// An operator or a function does not take this type.
    Unfit(&'static str, ValueType),
    /// An index outside a list: the index, and the length of the list.
    OutOfRange(i64, usize),
    /// A text that is not a number.
    NotNumber,
    /// A remainder of a division by zero.
    DivisionByZero,
    /// More than [`Condition::MAX_STEPS`] steps.
    TooLong,
}

impl fmt::Display for EvaluationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EvaluationError::NoData => f.write_str(
                "metric result is nil or empty: no data returned from the metric provider",
            ),
            EvaluationError::NotBoolean(found) => write!(f, "expected bool, but got {found}"),
            EvaluationError::Mismatch(operator, left, right) => {
                write!(f, "invalid operation: {operator} (mismatched types {left} and {right})")
            }
            EvaluationError::Unfit(operation, found) => {
                write!(f, "invalid operation: {operation} on {found}")
            }
            EvaluationError::OutOfRange(index, length) => {
                write!(f, "index out of range: {index} (array length is {length})")
            }
            EvaluationError::NotNumber => f.write_str("the text is not a number"),
            EvaluationError::DivisionByZero => f.write_str("integer divide by zero"),
            EvaluationError::TooLong => {
                write!(f, "the evaluation takes more than {} steps", Condition::MAX_STEPS)
            }
        }
    }
}

impl std::error::Error for EvaluationError {}

/// The type of a value in a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// Not known before the evaluation.
    Unknown,
    /// `nil`.
    Nil,
    /// A boolean.
    Bool,
    /// A whole number of 64 bits.
    Int,
    /// A floating-point number of 64 bits.
    Float,
    /// A text.
    Text,
    /// A list, with elements of one type if that is known.
    List(ElementType),
    /// A map.
    Map,
}

/// The type of a list's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElementType {
    /// Of several types, or not known before the evaluation.
    Unknown,
    /// Booleans.
    Bool,
    /// Whole numbers.
    Int,
    /// Floating-point numbers.
    Float,
    /// Texts.
    Text,
    /// Lists.
    List,
}

/// As Go writes it.
impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ValueType::Unknown => "unknown",
            ValueType::Nil => "nil",
            ValueType::Bool => "bool",
            ValueType::Int => "int",
            ValueType::Float => "float64",
            ValueType::Text => "string",
            ValueType::List(ElementType::Float) => "[]float64",
            ValueType::List(ElementType::Int) => "[]int",
            ValueType::List(_) => "[]interface {}",
            ValueType::Map => "map[string]interface {}",
        })
    }
}

/// A part of a condition.
#[derive(Clone, Debug)]
enum Node {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Box<str>),
    List(Vec<Node>),
    /// `result`.
    Measured,
    /// A path that begins with `result`.
    Path,
    /// `#`, the element that a predicate looks at.
    Element {
        /// Whether a path follows, as in `.value`.
        has_path: bool,
    },
    Not(Box<Node>),
    /// `-x`, or `+x` if not `negative`.
    Sign {
        negative: bool,
        of: Box<Node>,
    },
    Binary(Operator, Box<[Node; 2]>),
    /// Condition, then, else.
    Conditional(Box<[Node; 3]>),
    /// A list or text, and the index.
    Index(Box<[Node; 2]>),
    Call(Function, Vec<Node>),
    /// A list, and the predicate.
    Each(Predicate, Box<[Node; 2]>),
}

impl Node {
    /// How many nodes it has, itself included.
    fn size(&self) -> usize {
        let sum = |nodes: &[Node]| nodes.iter().map(Node::size).sum();
        let parts: usize = match self {
            Node::Nil
            | Node::Bool(_)
            | Node::Int(_)
            | Node::Float(_)
            | Node::Text(_)
            | Node::Measured
            | Node::Path
            | Node::Element { .. } => 0,
            Node::List(nodes) | Node::Call(_, nodes) => sum(nodes),
            Node::Not(of) | Node::Sign { of, .. } => of.size(),
            Node::Binary(_, parts) | Node::Index(parts) | Node::Each(_, parts) => sum(&**parts),
            Node::Conditional(parts) => sum(&**parts),
        };
        parts + 1
    }
}

/// An operator of two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Contains,
    StartsWith,
    EndsWith,
    Range,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
    Coalesce,
}

impl Operator {
    /// The operator as it is written, and how strongly it binds.
    fn of(text: &str) -> Option<(Operator, u32)> {
        Some(match text {
            "or" | "||" => (Operator::Or, 10),
            "and" | "&&" => (Operator::And, 15),
            "==" => (Operator::Equal, 20),
            "!=" => (Operator::NotEqual, 20),
            "<" => (Operator::Less, 20),
            "<=" => (Operator::LessOrEqual, 20),
            ">" => (Operator::Greater, 20),
            ">=" => (Operator::GreaterOrEqual, 20),
            "in" => (Operator::In, 20),
            "contains" => (Operator::Contains, 20),
            "startsWith" => (Operator::StartsWith, 20),
            "endsWith" => (Operator::EndsWith, 20),
            ".." => (Operator::Range, 25),
            "+" => (Operator::Add, 30),
            "-" => (Operator::Subtract, 30),
            "*" => (Operator::Multiply, 60),
            "/" => (Operator::Divide, 60),
            "%" => (Operator::Remainder, 60),
            "**" | "^" => (Operator::Power, 100),
            "??" => (Operator::Coalesce, 500),
            _ => return None,
        })
    }

    fn text(self) -> &'static str {
        match self {
            Operator::Or => "||",
            Operator::And => "&&",
            Operator::Equal => "==",
            Operator::NotEqual => "!=",
            Operator::Less => "<",
            Operator::LessOrEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterOrEqual => ">=",
            Operator::In => "in",
            Operator::Contains => "contains",
            Operator::StartsWith => "startsWith",
            Operator::EndsWith => "endsWith",
            Operator::Range => "..",
            Operator::Add => "+",
            Operator::Subtract => "-",
            Operator::Multiply => "*",
            Operator::Divide => "/",
            Operator::Remainder => "%",
            Operator::Power => "**",
            Operator::Coalesce => "??",
        }
    }

    fn is_ordering(self) -> bool {
        matches!(
            self,
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual
        )
    }
}

/// A function of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Function {
    AsInt,
    AsFloat,
    IsNan,
    IsInf,
    IsNil,
    Default,
    Len,
    Abs,
    Ceil,
    Floor,
    Round,
    Int,
    Float,
    Min,
    Max,
    Sum,
    Mean,
    First,
    Last,
}

impl Function {
    const ALL: [Function; 19] = [
        Function::AsInt,
        Function::AsFloat,
        Function::IsNan,
        Function::IsInf,
        Function::IsNil,
        Function::Default,
        Function::Len,
        Function::Abs,
        Function::Ceil,
        Function::Floor,
        Function::Round,
        Function::Int,
        Function::Float,
        Function::Min,
        Function::Max,
        Function::Sum,
        Function::Mean,
        Function::First,
        Function::Last,
    ];

    fn name(self) -> &'static str {
        match self {
            Function::AsInt => "asInt",
            Function::AsFloat => "asFloat",
            Function::IsNan => "isNaN",
            Function::IsInf => "isInf",
            Function::IsNil => "isNil",
            Function::Default => "default",
            Function::Len => "len",
            Function::Abs => "abs",
            Function::Ceil => "ceil",
            Function::Floor => "floor",
            Function::Round => "round",
            Function::Int => "int",
            Function::Float => "float",
            Function::Min => "min",
            Function::Max => "max",
            Function::Sum => "sum",
            Function::Mean => "mean",
            Function::First => "first",
            Function::Last => "last",
        }
    }

    /// How many arguments it takes; `None` for one or more.
    fn arguments(self) -> Option<usize> {
        match self {
            Function::Default => Some(2),
            Function::Min | Function::Max | Function::Mean => None,
            _ => Some(1),
        }
    }
}

/// A function that asks something of each element of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Predicate {
    All,
    Any,
    None,
    One,
    Filter,
    Count,
}

impl Predicate {
    const ALL: [Predicate; 6] = [
        Predicate::All,
        Predicate::Any,
        Predicate::None,
        Predicate::One,
        Predicate::Filter,
        Predicate::Count,
    ];

    fn name(self) -> &'static str {
        match self {
            Predicate::All => "all",
            Predicate::Any => "any",
            Predicate::None => "none",
            Predicate::One => "one",
            Predicate::Filter => "filter",
            Predicate::Count => "count",
        }
    }
}

/// A comparison of the measured number with another: most conditions are one.
#[derive(Clone, Copy, Debug)]
struct Comparison {
    /// Whether it compares `result[0]`, and not `result`.
    first: bool,
    operator: Operator,
    bound: f64,
}

impl Comparison {
    fn of(node: &Node) -> Option<Self> {
        let Node::Binary(operator, operands) = node else { return None };
        let (operator, value, bound) = match (number(&operands[0]), number(&operands[1])) {
            (None, Some(bound)) => (*operator, &operands[0], bound),
            (Some(bound), None) => (operator.mirrored()?, &operands[1], bound),
            _ => return None,
        };
        operator.mirrored()?;
        let first = match value {
            Node::Measured | Node::Path => false,
            Node::Index(parts) => match **parts {
                [Node::Measured, Node::Int(0)] => true,
                _ => return None,
            },
            _ => return None,
        };
        Some(Comparison { first, operator, bound })
    }

    /// `None` for a measured value that it does not fit.
    fn evaluate(self, measured: Measured<'_>) -> Option<bool> {
        let value = match (measured, self.first) {
            (Measured::Number(value), false) => value,
            (Measured::Vector(&[value, ..]), true) => value,
            _ => return None,
        };
        Some(match self.operator {
            Operator::Equal => value == self.bound,
            Operator::NotEqual => value != self.bound,
            Operator::Less => value < self.bound,
            Operator::LessOrEqual => value <= self.bound,
            Operator::Greater => value > self.bound,
            Operator::GreaterOrEqual => value >= self.bound,
            _ => return None,
        })
    }
}

impl Operator {
    /// The comparison with its operands exchanged; `None` for other operators.
    fn mirrored(self) -> Option<Self> {
        Some(match self {
            Operator::Equal | Operator::NotEqual => self,
            Operator::Less => Operator::Greater,
            Operator::LessOrEqual => Operator::GreaterOrEqual,
            Operator::Greater => Operator::Less,
            Operator::GreaterOrEqual => Operator::LessOrEqual,
            _ => return None,
        })
    }
}

/// A number that is written as such, with its sign.
fn number(node: &Node) -> Option<f64> {
    match node {
        Node::Int(value) => Some(*value as f64),
        Node::Float(value) => Some(*value),
        Node::Sign { negative, of } => number(of).map(|x| if *negative { -x } else { x }),
        _ => None,
    }
}
