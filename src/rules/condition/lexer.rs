//! The tokens of a condition, as `parser/lexer` of expr-lang finds them.

use super::{Condition, ConditionError, ConditionErrorKind};
use crate::message::quoted;

/// A token, and the column of its first character, from 1.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) column: u32,
}

#[derive(Debug, PartialEq)]
pub(super) enum TokenKind {
    Int(i64),
    Float(f64),
    Text(String),
    Name(String),
    /// An operator or a bracket, words as `and` included.
    Sign(&'static str),
    End,
}

/// Operators and brackets, longer ones first.
const SIGNS: [&str; 36] = [
    "||", "&&", "==", "!=", "<=", ">=", "**", "..", "??", "?.", "::", "##", "(", ")", "[", "]",
    "{", "}", ",", ";", "%", "+", "-", "^", "|", "&", "!", "=", "*", "<", ">", "/", "?", ":", ".",
    "#",
];

/// Words that are operators.
const WORDS: [&str; 11] = [
    "not",
    "in",
    "or",
    "and",
    "matches",
    "contains",
    "startsWith",
    "endsWith",
    "let",
    "if",
    "else",
];

/// The tokens of a text; the last is the end.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, ConditionError> {
    if text.len() > Condition::MAX_BYTES {
        let message =
            format!("found {} bytes, expected at most {}", text.len(), Condition::MAX_BYTES);
        return Err(ConditionError { kind: ConditionErrorKind::NotModelled, column: 1, message });
    }
    let characters: Vec<char> = text.chars().collect();
    let mut lexer = Lexer { characters: &characters, at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_space()?;
        let column = lexer.column();
        let kind = lexer.token()?;
        let is_last = kind == TokenKind::End;
        tokens.push(Token { kind, column });
        if is_last {
            return Ok(tokens);
        }
        if tokens.len() > Condition::MAX_TOKENS {
            let message = format!("found more than {} tokens", Condition::MAX_TOKENS);
            return Err(ConditionError { kind: ConditionErrorKind::NotModelled, column, message });
        }
    }
}

struct Lexer<'a> {
    characters: &'a [char],
    at: usize,
}

impl Lexer<'_> {
    fn column(&self) -> u32 {
        self.at as u32 + 1
    }

    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn rest(&self) -> &[char] {
        self.characters.get(self.at..).unwrap_or_default()
    }

    fn begins_with(&self, word: &str) -> bool {
        let mut rest = self.rest().iter();
        word.chars().all(|character| rest.next() == Some(&character))
    }

    fn next_if(&mut self, fits: impl Fn(char) -> bool) -> Option<char> {
        let next = self.peek().filter(|character| fits(*character))?;
        self.at += 1;
        Some(next)
    }

    fn error(&self, at: usize, message: impl Into<String>) -> ConditionError {
        let column = at as u32 + 1;
        ConditionError { kind: ConditionErrorKind::Syntax, column, message: message.into() }
    }

    /// Skips white space and comments.
    fn skip_space(&mut self) -> Result<(), ConditionError> {
        loop {
            if self.next_if(char::is_whitespace).is_some() {
            } else if self.begins_with("//") {
                while self.next_if(|c| c != '\n').is_some() {}
            } else if self.begins_with("/*") {
                let start = self.at;
                self.at += 2;
                while !self.begins_with("*/") {
                    if self.next_if(|_| true).is_none() {
                        return Err(self.error(start, "found a comment without an end"));
                    }
                }
                self.at += 2;
            } else {
                return Ok(());
            }
        }
    }

    fn token(&mut self) -> Result<TokenKind, ConditionError> {
        let Some(first) = self.peek() else { return Ok(TokenKind::End) };
        if first.is_ascii_digit() || (first == '.' && self.is_digit_after_point()) {
            return self.number();
        }
        if matches!(first, '"' | '\'') {
            return self.text(first);
        }
        if first == '`' {
            return self.raw_text();
        }
        if is_word(first) {
            let mut word = String::new();
            while let Some(character) = self.next_if(is_word) {
                word.push(character);
            }
            return Ok(match WORDS.iter().find(|operator| **operator == word) {
                Some(operator) => TokenKind::Sign(operator),
                None => TokenKind::Name(word),
            });
        }
        if let Some(sign) = SIGNS.iter().find(|sign| self.begins_with(sign)) {
            self.at += sign.len();
            return Ok(TokenKind::Sign(sign));
        }
        Err(self.error(self.at, format!("found {}", quoted(&first.to_string()))))
    }

    fn is_digit_after_point(&self) -> bool {
        self.characters.get(self.at + 1).is_some_and(char::is_ascii_digit)
    }

    fn number(&mut self) -> Result<TokenKind, ConditionError> {
        let start = self.at;
        let mut radix = 10;
        if self.peek() == Some('0') {
            radix = match self.characters.get(self.at + 1) {
                Some('x' | 'X') => 16,
                Some('o' | 'O') => 8,
                Some('b' | 'B') => 2,
                _ => 10,
            };
        }
        if radix != 10 {
            self.at += 2;
        }
        let is_digit = |c: char| c.is_digit(radix) || c == '_';
        let mut digits = String::new();
        while let Some(digit) = self.next_if(is_digit) {
            digits.push(digit);
        }
        let mut is_float = false;
        // `1..5` is a range.
        if self.peek() == Some('.') && self.characters.get(self.at + 1) != Some(&'.') {
            is_float = true;
            self.at += 1;
            digits.push('.');
            while let Some(digit) = self.next_if(is_digit) {
                digits.push(digit);
            }
        }
        if let Some(exponent) = self.next_if(|c| matches!(c, 'e' | 'E')) {
            is_float = true;
            digits.push(exponent);
            digits.extend(self.next_if(|c| matches!(c, '+' | '-')));
            while let Some(digit) = self.next_if(is_digit) {
                digits.push(digit);
            }
        }
        let end = self.at;
        while self.next_if(is_word).is_some() {}
        let is_whole = self.at == end;
        let word: String = self.characters[start..self.at].iter().collect();
        digits.retain(|c| c != '_');
        let value = match (is_whole, is_float) {
            (false, _) => None,
            (true, true) if radix == 10 => {
                digits.parse().ok().filter(|x: &f64| x.is_finite()).map(TokenKind::Float)
            }
            (true, true) => None,
            (true, false) => i64::from_str_radix(&digits, radix).ok().map(TokenKind::Int),
        };
        value
            .ok_or_else(|| self.error(start, format!("found {}, expected a number", quoted(&word))))
    }

    /// A text in single or double quotes, with escapes.
    fn text(&mut self, quote: char) -> Result<TokenKind, ConditionError> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            match self.next_if(|c| c != '\n') {
                None => return Err(self.error(start, "found a text without an end")),
                Some('\\') => text.push(self.escaped()?),
                Some(character) if character == quote => return Ok(TokenKind::Text(text)),
                Some(character) => text.push(character),
            }
        }
    }

    /// What stands after a backslash.
    fn escaped(&mut self) -> Result<char, ConditionError> {
        let start = self.at - 1;
        let fault = |lexer: &Self| lexer.error(start, "found an unknown escape in a text");
        let character = self.next_if(|_| true).ok_or_else(|| fault(self))?;
        let (digits, radix) = match character {
            'a' => return Ok('\u{7}'),
            'b' => return Ok('\u{8}'),
            'f' => return Ok('\u{c}'),
            'n' => return Ok('\n'),
            'r' => return Ok('\r'),
            't' => return Ok('\t'),
            'v' => return Ok('\u{b}'),
            '\\' | '\'' | '"' => return Ok(character),
            'x' => (2, 16),
            'u' => (4, 16),
            'U' => (8, 16),
            '0'..='3' => {
                self.at -= 1;
                (3, 8)
            }
            _ => return Err(fault(self)),
        };
        let mut code = 0_u32;
        for _ in 0..digits {
            let digit = self.next_if(|c| c.is_digit(radix)).and_then(|c| c.to_digit(radix));
            code = code.wrapping_mul(radix).wrapping_add(digit.ok_or_else(|| fault(self))?);
        }
        char::from_u32(code).ok_or_else(|| fault(self))
    }

    /// A text in backquotes, where two stand for one.
    fn raw_text(&mut self) -> Result<TokenKind, ConditionError> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            match self.next_if(|_| true) {
                None => return Err(self.error(start, "found a text without an end")),
                Some('`') if self.next_if(|c| c == '`').is_none() => {
                    return Ok(TokenKind::Text(text));
                }
                Some(character) => text.push(character),
            }
        }
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$')
}
