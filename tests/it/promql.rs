//! Evaluates the part of PromQL that exported queries are written in, on counters that
//! the test knows.

/// What `increase` gives: for the text of a selector and a window in seconds. `None`
/// without a series.
pub type Increase<'a> = &'a dyn Fn(&str, u32) -> Option<f64>;

/// The value of an expression whose vectors have one element without labels at most;
/// `None` for an empty vector. Panics where the expression is none.
pub fn evaluate(text: &str, increase: Increase<'_>) -> Option<f64> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let text = lines.collect::<Vec<_>>().join("\n");
    let mut parser = Parser { rest: &text, increase };
    let value = parser.binary(0);
    parser.space();
    assert!(parser.rest.is_empty(), "what is {:?} in {text}", parser.rest);
    value
}

struct Parser<'a> {
    rest: &'a str,
    increase: Increase<'a>,
}

/// Binary operators, weakest first.
const LEVELS: [&[&str]; 5] = [&["or"], &["and"], &[">=", "<=", ">", "<"], &["+", "-"], &["*", "/"]];

impl Parser<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn takes(&mut self, token: &str) -> bool {
        self.space();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, token: &str) {
        assert!(self.takes(token), "expected {token} before {:?}", self.rest);
    }

    fn until(&mut self, end: char) -> String {
        let (text, rest) = self.rest.split_once(end).expect("an end");
        self.rest = rest;
        text.to_owned()
    }

    fn binary(&mut self, level: usize) -> Option<f64> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1);
        while let Some(operator) = operators.iter().find(|operator| self.takes(operator)) {
            let right = self.binary(level + 1);
            let both = left.zip(right);
            let keeps = |holds: fn(f64, f64) -> bool| {
                both.filter(|(left, right)| holds(*left, *right)).map(|(left, _)| left)
            };
            left = match *operator {
                "or" => left.or(right),
                "and" => both.map(|(left, _)| left),
                ">=" => keeps(|left, right| left >= right),
                "<=" => keeps(|left, right| left <= right),
                ">" => keeps(|left, right| left > right),
                "<" => keeps(|left, right| left < right),
                "+" => both.map(|(left, right)| left + right),
                "-" => both.map(|(left, right)| left - right),
                "*" => both.map(|(left, right)| left * right),
                _ => both.map(|(left, right)| left / right),
            };
        }
        left
    }

    fn unary(&mut self) -> Option<f64> {
        if self.takes("-") {
            return self.unary().map(|value| -value);
        }
        if self.takes("(") {
            let value = self.binary(0);
            self.expect(")");
            return value;
        }
        self.space();
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
        let mut end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        // `1e-12`
        if self.rest[..end].starts_with(|c: char| c.is_ascii_digit())
            && self.rest[..end].ends_with('e')
        {
            let exponent = &self.rest[end + 1..];
            end += 1 + exponent.find(|c: char| !c.is_ascii_digit()).unwrap_or(exponent.len());
        }
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        if word == "NaN" {
            return Some(f64::NAN);
        }
        if let Ok(number) = word.parse() {
            return Some(number);
        }
        self.expect("(");
        let value = match word {
            "sum" => {
                self.expect("increase(");
                let selector = self.until('[');
                let window = self.until(']');
                self.expect(")");
                let (number, unit) = window.split_at(window.len() - 1);
                let seconds = match unit {
                    "s" => 1,
                    "m" => 60,
                    _ => 3600,
                };
                (self.increase)(&selector, seconds * number.parse::<u32>().unwrap())
            }
            "exp" => self.binary(0).map(canary_rollout::math::exp),
            "vector" => self.binary(0),
            "clamp_min" => {
                let value = self.binary(0);
                self.expect(",");
                value.zip(self.binary(0)).map(|(value, least)| value.max(least))
            }
            other => panic!("what is {other}"),
        };
        self.expect(")");
        value
    }
}

mod tests {
    use super::evaluate;

    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn expressions_have_the_values_that_prometheus_gives() {
        let counters = |selector: &str, seconds: u32| match selector {
            "a" => Some(f64::from(seconds)),
            "zero" => Some(0.0),
            _ => None,
        };
        for (text, expected) in [
            ("1 + 2 * 3 - -1", Some(8.0)),
            ("sum(increase(a[5m])) / 60", Some(5.0)),
            ("sum(increase(b[5m]))", None),
            ("sum(increase(b[90s])) or vector(0)", Some(0.0)),
            ("sum(increase(a[90s])) and sum(increase(a[1h])) > 3600", None),
            ("sum(increase(a[90s])) and sum(increase(a[1h])) >= 3600", Some(90.0)),
            ("2 < 1 or 7", Some(7.0)),
            ("clamp_min(sum(increase(zero[1m])), 1e-12)", Some(1e-12)),
            ("# a comment\n8\n/ 2 / 2", Some(2.0)),
        ] {
            assert_eq!(evaluate(text, &counters), expected, "{text}");
        }
        assert!(evaluate("vector(NaN)", &counters).unwrap().is_nan());
    }
}
