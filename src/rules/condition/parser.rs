//! Parses a condition, with the precedences of `parser/operator` of expr-lang.

use super::lexer::{Token, TokenKind, tokens};
use super::{Condition, ConditionError, ConditionErrorKind, Function, Node, Operator, Predicate};
use crate::message::{did_you_mean, quoted};

/// How strongly `not` binds: less than arithmetic, more than a comparison.
const NOT: u32 = 50;
/// How strongly a sign binds: less than a power.
const SIGN: u32 = 90;

/// Names that expr-lang has and that are not modelled.
const OTHER_FUNCTIONS: [&str; 50] = [
    "map",
    "find",
    "findIndex",
    "findLast",
    "findLastIndex",
    "groupBy",
    "sortBy",
    "reduce",
    "type",
    "string",
    "trim",
    "trimPrefix",
    "trimSuffix",
    "upper",
    "lower",
    "split",
    "splitAfter",
    "replace",
    "repeat",
    "join",
    "indexOf",
    "lastIndexOf",
    "hasPrefix",
    "hasSuffix",
    "median",
    "toJSON",
    "fromJSON",
    "toBase64",
    "fromBase64",
    "now",
    "duration",
    "date",
    "timezone",
    "get",
    "take",
    "keys",
    "values",
    "toPairs",
    "fromPairs",
    "reverse",
    "uniq",
    "concat",
    "flatten",
    "sort",
    "bitand",
    "bitor",
    "bitxor",
    "bitnot",
    "bitshl",
    "bitshr",
];

/// The tree of a text, and whether a path stands for the measured value.
pub(super) fn parse(text: &str) -> Result<(Node, bool), ConditionError> {
    let tokens = tokens(text)?;
    let mut parser =
        Parser { tokens: &tokens, at: 0, depth: 0, predicates: 0, copied: 0, has_path: false };
    let node = parser.expression(0)?;
    match parser.kind() {
        TokenKind::End => Ok((node, parser.has_path)),
        TokenKind::Sign("|" | ";") => Err(parser.not_modelled()),
        TokenKind::Sign("=") => Err(parser.expected("`==`")),
        TokenKind::Sign("&") => Err(parser.expected("`&&`")),
        _ => Err(parser.expected("an operator or the end")),
    }
}

struct Parser<'a> {
    /// The last is the end.
    tokens: &'a [Token],
    at: usize,
    depth: usize,
    /// How many predicates are open.
    predicates: usize,
    /// Nodes that were copied, because an operand stands for two.
    copied: usize,
    has_path: bool,
}

impl Parser<'_> {
    fn kind(&self) -> &TokenKind {
        self.tokens.get(self.at).map_or(&TokenKind::End, |token| &token.kind)
    }

    fn column(&self) -> u32 {
        self.tokens.get(self.at).map_or(1, |token| token.column)
    }

    fn next(&mut self) {
        self.at = (self.at + 1).min(self.tokens.len() - 1);
    }

    fn sign(&self) -> Option<&'static str> {
        match self.kind() {
            TokenKind::Sign(sign) => Some(sign),
            _ => None,
        }
    }

    fn takes(&mut self, sign: &str) -> bool {
        let is_there = self.sign() == Some(sign);
        if is_there {
            self.next();
        }
        is_there
    }

    fn expect(&mut self, sign: &str) -> Result<(), ConditionError> {
        if self.takes(sign) { Ok(()) } else { Err(self.expected(&format!("`{sign}`"))) }
    }

    fn found(&self) -> String {
        match self.kind() {
            TokenKind::End => "the end".to_owned(),
            TokenKind::Sign(sign) => format!("`{sign}`"),
            TokenKind::Name(name) => quoted(name),
            TokenKind::Text(text) => format!("the text {}", quoted(text)),
            TokenKind::Int(value) => format!("the number {value}"),
            TokenKind::Float(value) => format!("the number {value}"),
        }
    }

    fn expected(&self, what: &str) -> ConditionError {
        self.error(ConditionErrorKind::Syntax, format!("found {}, expected {what}", self.found()))
    }

    fn not_modelled(&self) -> ConditionError {
        self.error(ConditionErrorKind::NotModelled, format!("{} is not modelled", self.found()))
    }

    fn error(&self, kind: ConditionErrorKind, message: String) -> ConditionError {
        ConditionError { kind, column: self.column(), message }
    }

    /// An expression of operators that bind at least as strongly as `least`.
    fn expression(&mut self, least: u32) -> Result<Node, ConditionError> {
        if self.depth >= Condition::MAX_DEPTH {
            let message = format!("found more than {} levels", Condition::MAX_DEPTH);
            return Err(self.error(ConditionErrorKind::NotModelled, message));
        }
        self.depth += 1;
        let node = self.operators(least);
        self.depth -= 1;
        node
    }

    fn operators(&mut self, least: u32) -> Result<Node, ConditionError> {
        let mut left = self.primary()?;
        let mut after_coalesce = false;
        while let Some(sign) = self.sign() {
            let start = self.at;
            // `not in` and its like.
            let negated = sign == "not";
            if negated {
                self.next();
            }
            let word = self.sign().unwrap_or_default();
            if matches!(word, "|" | "matches") {
                return Err(self.not_modelled());
            }
            let can_be_negated = matches!(word, "in" | "contains" | "startsWith" | "endsWith");
            if negated && !can_be_negated {
                return Err(self.expected("`in`, `contains`, `startsWith` or `endsWith`"));
            }
            let Some((operator, binds)) = Operator::of(word).filter(|(_, binds)| *binds >= least)
            else {
                self.at = start;
                break;
            };
            if after_coalesce && operator != Operator::Coalesce {
                return Err(self.expected("parentheses around `??` and its operands"));
            }
            self.next();
            if operator.is_ordering() {
                left = self.comparisons(left, operator, binds)?;
            } else {
                let is_right = operator == Operator::Power;
                let right = self.expression(if is_right { binds } else { binds + 1 })?;
                left = binary(operator, left, right);
            }
            if negated {
                left = Node::Not(Box::new(left));
            }
            after_coalesce = operator == Operator::Coalesce;
        }
        if least == 0 {
            while self.takes("?") {
                left = self.conditional(left)?;
            }
        }
        Ok(left)
    }

    /// `1 < a < 2` is `1 < a && a < 2`.
    fn comparisons(
        &mut self,
        left: Node,
        operator: Operator,
        binds: u32,
    ) -> Result<Node, ConditionError> {
        let mut right = self.expression(binds + 1)?;
        let mut all = binary(operator, left, self.copy(&right)?);
        while let Some((operator, _)) = self.sign().and_then(Operator::of)
            && operator.is_ordering()
        {
            self.next();
            let next = self.expression(binds + 1)?;
            all = binary(Operator::And, all, binary(operator, right, self.copy(&next)?));
            right = next;
        }
        Ok(all)
    }

    /// A copy of an operand. Copies of copies would double with each level.
    fn copy(&mut self, node: &Node) -> Result<Node, ConditionError> {
        self.copied += node.size();
        if self.copied > Condition::MAX_TOKENS {
            let message = "found too many chained comparisons or `?:`".to_owned();
            return Err(self.error(ConditionErrorKind::NotModelled, message));
        }
        Ok(node.clone())
    }

    fn conditional(&mut self, condition: Node) -> Result<Node, ConditionError> {
        let then = if self.takes(":") {
            self.copy(&condition)?
        } else {
            let then = self.expression(0)?;
            self.expect(":")?;
            then
        };
        let otherwise = self.expression(0)?;
        Ok(Node::Conditional(Box::new([condition, then, otherwise])))
    }

    fn primary(&mut self) -> Result<Node, ConditionError> {
        let node = match self.sign() {
            Some("not" | "!") => {
                self.next();
                Node::Not(Box::new(self.expression(NOT)?))
            }
            Some(sign @ ("-" | "+")) => {
                self.next();
                let of = Box::new(self.expression(SIGN)?);
                Node::Sign { negative: sign == "-", of }
            }
            Some("(") => {
                self.next();
                let node = self.expression(0)?;
                self.expect(")")?;
                node
            }
            Some("#") if self.predicates > 0 => {
                self.next();
                if let TokenKind::Name(_) = self.kind() {
                    return Err(self.not_modelled());
                }
                Node::Element { has_path: false }
            }
            // The point is read again, as the beginning of a path.
            Some(".") if self.predicates > 0 => Node::Element { has_path: false },
            Some("::") => {
                self.next();
                self.secondary()?
            }
            _ => return self.secondary(),
        };
        self.postfix(node)
    }

    fn secondary(&mut self) -> Result<Node, ConditionError> {
        let node = match self.kind() {
            TokenKind::Int(value) => {
                let node = Node::Int(*value);
                self.next();
                return Ok(node);
            }
            TokenKind::Float(value) => {
                let node = Node::Float(*value);
                self.next();
                return Ok(node);
            }
            TokenKind::Text(text) => {
                let node = Node::Text(text.as_str().into());
                self.next();
                node
            }
            TokenKind::Name(name) => match name.as_str() {
                "true" | "false" | "nil" => {
                    let node = match name.as_str() {
                        "nil" => Node::Nil,
                        word => Node::Bool(word == "true"),
                    };
                    self.next();
                    return Ok(node);
                }
                "result" => {
                    self.next();
                    if self.sign() == Some("(") {
                        return Err(self.expected("an operator or the end"));
                    }
                    Node::Measured
                }
                name => {
                    let name = name.to_owned();
                    self.call(&name)?
                }
            },
            TokenKind::Sign("[") => self.list()?,
            TokenKind::Sign("{" | "let" | "if" | "#" | "##") => return Err(self.not_modelled()),
            _ => return Err(self.expected("a value")),
        };
        self.postfix(node)
    }

    fn list(&mut self) -> Result<Node, ConditionError> {
        self.next();
        let nodes = self.separated("]")?;
        Ok(Node::List(nodes))
    }

    /// Expressions with commas between them, and the bracket after them.
    fn separated(&mut self, end: &str) -> Result<Vec<Node>, ConditionError> {
        let mut nodes = Vec::new();
        while !self.takes(end) {
            if !nodes.is_empty() {
                if !self.takes(",") {
                    return Err(self.expected(&format!("`,` or `{end}`")));
                }
                if self.takes(end) {
                    break;
                }
            }
            nodes.push(self.expression(0)?);
        }
        Ok(nodes)
    }

    fn call(&mut self, name: &str) -> Result<Node, ConditionError> {
        let predicate = Predicate::ALL.into_iter().find(|predicate| predicate.name() == name);
        let function = Function::ALL.into_iter().find(|function| function.name() == name);
        let start = self.at;
        if predicate.is_none() && function.is_none() {
            if OTHER_FUNCTIONS.contains(&name) || name == "$env" {
                return Err(self.not_modelled());
            }
            let predicates = Predicate::ALL.iter().map(|predicate| predicate.name());
            let known = Function::ALL.iter().map(|function| function.name()).chain(predicates);
            let message = match did_you_mean(name, known.chain(["result"])) {
                Some(near) => format!("unknown name {}, did you mean `{near}`?", quoted(name)),
                None => format!("unknown name {}, expected `result` or a function", quoted(name)),
            };
            return Err(self.error(ConditionErrorKind::UnknownName, message));
        }
        self.next();
        self.expect("(")?;
        if let Some(predicate) = predicate {
            return self.each(predicate);
        }
        let arguments = self.separated(")")?;
        let Some(function) = function else { return Err(self.not_modelled()) };
        let fits = match function.arguments() {
            Some(count) => arguments.len() == count,
            None => !arguments.is_empty(),
        };
        if !fits {
            self.at = start;
            let expected = match function.arguments() {
                Some(1) => "1 argument".to_owned(),
                Some(count) => format!("{count} arguments"),
                None => "at least 1 argument".to_owned(),
            };
            let message =
                format!("found {} arguments of `{name}`, expected {expected}", arguments.len());
            return Err(self.error(ConditionErrorKind::Syntax, message));
        }
        Ok(Node::Call(function, arguments))
    }

    /// The arguments of a predicate: a list, and an expression with `#`, in braces or not.
    fn each(&mut self, predicate: Predicate) -> Result<Node, ConditionError> {
        let list = self.expression(0)?;
        if predicate == Predicate::Count && (self.sign() == Some(")")) {
            return Err(self.not_modelled());
        }
        self.expect(",")?;
        let has_braces = self.takes("{");
        self.predicates += 1;
        let asked = self.expression(0);
        self.predicates -= 1;
        let asked = asked?;
        if has_braces {
            self.expect("}")?;
        }
        self.takes(",");
        self.expect(")")?;
        Ok(Node::Each(predicate, Box::new([list, asked])))
    }

    /// Indices and paths after a value.
    fn postfix(&mut self, mut node: Node) -> Result<Node, ConditionError> {
        loop {
            if self.takes("?.") {
                if self.sign() == Some("[") {
                    continue;
                }
                node = self.member(node)?;
            } else if self.takes(".") {
                node = self.member(node)?;
            } else if self.takes("[") {
                if self.sign() == Some(":") {
                    return Err(self.not_modelled());
                }
                if let TokenKind::Text(_) = self.kind() {
                    node = self.member(node)?;
                } else {
                    let index = self.expression(0)?;
                    if self.sign() == Some(":") {
                        return Err(self.not_modelled());
                    }
                    node = Node::Index(Box::new([node, index]));
                }
                self.expect("]")?;
            } else {
                return Ok(node);
            }
        }
    }

    /// A name after a value: the path to the number that the metric measures.
    fn member(&mut self, node: Node) -> Result<Node, ConditionError> {
        let is_name = match self.kind() {
            TokenKind::Name(_) | TokenKind::Text(_) => true,
            TokenKind::Sign(sign) => sign.starts_with(|c: char| c.is_ascii_alphabetic()),
            _ => false,
        };
        if !is_name {
            return Err(self.expected("a name"));
        }
        let member = match node {
            Node::Measured | Node::Path => Some(Node::Path),
            Node::Element { .. } => Some(Node::Element { has_path: true }),
            Node::Index(parts) => {
                let [list, index] = *parts;
                match list {
                    Node::Measured | Node::Path => Some(Node::Path),
                    Node::Element { .. } => Some(Node::Element { has_path: true }),
                    list => Some(Node::Index(Box::new([list, index]))),
                }
            }
            _ => None,
        };
        let Some(member) = member else { return Err(self.not_modelled()) };
        self.has_path |= matches!(member, Node::Path);
        self.next();
        if self.sign() == Some("(") {
            let message = "a method is not modelled".to_owned();
            return Err(self.error(ConditionErrorKind::NotModelled, message));
        }
        Ok(member)
    }
}

fn binary(operator: Operator, left: Node, right: Node) -> Node {
    Node::Binary(operator, Box::new([left, right]))
}
