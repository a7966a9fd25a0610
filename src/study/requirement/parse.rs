//! Reading of requirements.

use super::figure::{FIGURES, Figure};
use super::{Objective, Requirement, Statistic, Term};
use crate::message::{did_you_mean, quoted};
use crate::problem::Problem;
use crate::study::options::full_path;

pub(super) fn objective(text: &str) -> Result<Objective, Problem> {
    read_objective(text.trim()).map_err(|expected| {
        Problem::new("least", format!("found {}, expected {expected}", quoted(text)))
    })
}

fn read_objective(text: &str) -> Result<Objective, Expected> {
    if text.contains(['<', '>']) {
        return Err("a figure without a bound, such as excess_errors(error_ratio=5)".into());
    }
    if text.starts_with('(') || outside(text, '-')?.len() > 1 {
        return Err("one figure, not a difference of two".into());
    }
    let Written { term, statistic, changes } = written(text)?;
    if !term.figure.is_number() && statistic.is_some() {
        return Err("a probability without mean or quantile".into());
    }
    let statistic = statistic.unwrap_or(Statistic::Mean);
    Ok(Objective { text: text.to_string(), changes, term, statistic })
}

/// What was expected, for a message: `expected …`, without a full stop.
type Expected = String;

pub(super) fn requirement(text: &str) -> Result<Requirement, Problem> {
    read(text).map_err(|expected| {
        Problem::new("require", format!("found {}, expected {expected}", quoted(text)))
    })
}

/// A term as it is written, with what belongs to the whole requirement.
struct Written {
    term: Term,
    statistic: Option<Statistic>,
    changes: Vec<(String, f64)>,
}

fn read(text: &str) -> Result<Requirement, Expected> {
    let sign = ["<=", ">="].into_iter().filter_map(|sign| Some((text.rfind(sign)?, sign))).max();
    let Some((at, sign)) = sign else {
        return Err("FIGURE<=BOUND or FIGURE>=BOUND, such as false_rollback<=0.05".into());
    };
    let (left, right) = (text[..at].trim(), text[at + sign.len()..].trim());
    let bound: f64 = right
        .parse()
        .ok()
        .filter(|bound: &f64| bound.is_finite())
        .ok_or_else(|| format!("a number after {sign}, not {}", quoted(right)))?;

    let (terms, of_difference) = grouped(left)?;
    let parts = outside(terms, '-')?;
    let (first, minus) = match parts[..] {
        [one] => (written(one)?, None),
        [one, other] => (written(one)?, Some(written(other)?)),
        _ => return Err("one figure, or a difference of two".into()),
    };
    let changes = changes(&first, minus.as_ref())?;
    let statistic = statistic(&first, minus.as_ref(), of_difference)?;
    let is_number = first.term.figure.is_number();
    if !is_number {
        let least = if minus.is_some() { -1.0 } else { 0.0 };
        if !(least..=1.0).contains(&bound) {
            let what = if minus.is_some() { "a difference of" } else { "a" };
            let word = if minus.is_some() { "probabilities" } else { "probability" };
            return Err(format!("{what} {word} from {least} to 1 after {sign}, not {right}"));
        }
    }
    Ok(Requirement {
        text: text.to_string(),
        changes,
        first: first.term,
        minus: minus.map(|other| other.term),
        statistic,
        at_most: sign == "<=",
        bound,
    })
}

/// `(a - b).p95` as its difference and its statistic; anything else as it is.
fn grouped(left: &str) -> Result<(&str, Option<Statistic>), Expected> {
    let Some(rest) = left.strip_prefix('(') else { return Ok((left, None)) };
    let (inside, after) = closed(rest)?;
    let of = after.trim().strip_prefix('.').ok_or_else(|| {
        format!("a quantile such as .p95 after {}", quoted(&left[..left.len() - after.len()]))
    })?;
    Ok((inside, Some(one_statistic(of)?)))
}

/// A text after an opening parenthesis as what stands before the closing one, and after.
fn closed(text: &str) -> Result<(&str, &str), Expected> {
    let (mut depth, mut quotes) = (0_u32, false);
    for (at, character) in text.char_indices() {
        match character {
            '"' => quotes = !quotes,
            '(' if !quotes => depth += 1,
            ')' if !quotes && depth == 0 => return Ok((&text[..at], &text[at + 1..])),
            ')' if !quotes => depth -= 1,
            _ => {}
        }
    }
    Err("a closing parenthesis".into())
}

/// The parts of a text between separators that are in no parentheses and quotes.
fn outside(text: &str, separator: char) -> Result<Vec<&str>, Expected> {
    let (mut parts, mut begin) = (Vec::new(), 0);
    let (mut depth, mut quotes) = (0_u32, false);
    for (at, character) in text.char_indices() {
        match character {
            '"' => quotes = !quotes,
            '(' if !quotes => depth += 1,
            ')' if !quotes => depth = depth.saturating_sub(1),
            _ if character == separator && !quotes && depth == 0 => {
                parts.push(&text[begin..at]);
                begin = at + separator.len_utf8();
            }
            _ => {}
        }
    }
    if quotes {
        return Err("a closing quote".into());
    }
    parts.push(&text[begin..]);
    Ok(parts)
}

/// Reads `NAME`, `NAME.p95`, `NAME(FIELD=VALUE)`, `NAME.p95(FIELD=VALUE)` or
/// `NAME(FIELD=VALUE).p95`.
fn written(text: &str) -> Result<Written, Expected> {
    let text = text.trim();
    let (head, arguments, tail) = match text.split_once('(') {
        None => (text, "", ""),
        Some((head, rest)) => {
            let (inside, after) = closed(rest)?;
            (head.trim(), inside, after.trim())
        }
    };
    let (name, of) = head.split_once('.').map_or((head, None), |(name, of)| (name, Some(of)));
    let of_tail = match tail {
        "" => None,
        _ => Some(
            tail.strip_prefix('.')
                .ok_or_else(|| format!("the end of the figure or .p95, not {}", quoted(tail)))?,
        ),
    };
    let statistic = match (of, of_tail) {
        (Some(_), Some(_)) => return Err("one of mean and quantiles, not two".into()),
        (of, of_tail) => of.or(of_tail).map(one_statistic).transpose()?,
    };
    let figure = figure(name.trim())?;
    let term = Term { figure, policy: None, on_healthy: false };
    let mut written = Written { term, statistic, changes: Vec::new() };
    if text.contains('(') {
        for argument in outside(arguments, ',')? {
            written.argument(name.trim(), argument)?;
        }
    }
    Ok(written)
}

fn figure(name: &str) -> Result<Figure, Expected> {
    let known = FIGURES.iter().find(|(known, _)| *known == name);
    known.map(|(_, figure)| *figure).ok_or_else(|| {
        let names: Vec<&str> = FIGURES.iter().map(|(name, _)| *name).collect();
        let meant = did_you_mean(name, names.iter().copied());
        let meant = meant.map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
        format!("a figure, one of {}, not {}{meant}", names.join(", "), quoted(name))
    })
}

fn one_statistic(text: &str) -> Result<Statistic, Expected> {
    if text == "mean" {
        return Ok(Statistic::Mean);
    }
    let percent = text.strip_prefix('p').and_then(|percent| percent.parse().ok());
    let percent = percent.filter(|percent: &f64| *percent > 0.0 && *percent < 100.0);
    percent
        .map(Statistic::Quantile)
        .ok_or_else(|| format!("mean or a quantile such as p95 or p99.9, not {}", quoted(text)))
}

impl Written {
    /// Reads what stands between two commas.
    fn argument(&mut self, name: &str, argument: &str) -> Result<(), Expected> {
        let Some((key, value)) = argument.split_once('=') else {
            return Err(format!(
                "FIELD=NUMBER, policy=NAME, release=healthy or stage=NUMBER in the parentheses, not {}",
                quoted(argument.trim())
            ));
        };
        let (key, value) = (key.trim(), value.trim());
        match key {
            "policy" => {
                let inner = value.strip_prefix('"').and_then(|inner| inner.strip_suffix('"'));
                let value = inner.unwrap_or(value);
                if value.is_empty() || self.term.policy.is_some() {
                    return Err("the name of one policy after policy=".into());
                }
                self.term.policy = Some(value.to_string());
            }
            "release" => {
                if value != "healthy" {
                    return Err(format!("release=healthy, not release={}", quoted(value)));
                }
                if self.term.figure.is_of_a_bad_release() {
                    return Err(format!("no release=healthy, because {name} is of a bad release"));
                }
                self.term.on_healthy = true;
            }
            "stage" => {
                let stage = value.parse().ok().filter(|stage| *stage >= 1);
                let stage = stage.ok_or_else(|| {
                    format!("the number of a stage, from 1, after stage=, not {}", quoted(value))
                })?;
                match &mut self.term.figure {
                    Figure::Rollback(of) => *of = Some(stage),
                    _ => return Err(format!("stage= with rollback, not with {name}")),
                }
            }
            _ => {
                let number = value.parse().ok().filter(|number: &f64| number.is_finite());
                let number = number.ok_or_else(|| {
                    format!("a number after {}=, not {}", crate::message::shown(key), quoted(value))
                })?;
                self.changes.push((full_path(key).to_string(), number));
            }
        }
        Ok(())
    }
}

/// The changes of the configuration, which are those of both sides of a difference.
fn changes(first: &Written, minus: Option<&Written>) -> Result<Vec<(String, f64)>, Expected> {
    match minus {
        Some(other) if !other.changes.is_empty() && other.changes != first.changes => {
            Err("the same FIELD=NUMBER on both sides of a difference, or on the left only".into())
        }
        _ => Ok(first.changes.clone()),
    }
}

/// What is asked of the values, if no number of runs is too few to answer it.
fn statistic(
    first: &Written,
    minus: Option<&Written>,
    of_difference: Option<Statistic>,
) -> Result<Statistic, Expected> {
    let figure = first.term.figure;
    if let Some(minus) = minus {
        let other = minus.term.figure;
        if figure.is_number() != other.is_number() {
            return Err("a difference of two probabilities or of two numbers".into());
        }
        if [figure, other].contains(&Figure::TicksToRollback) {
            return Err("a difference of figures that every run has; ticks_to_rollback is of \
                        the runs that are caught"
                .into());
        }
        if first.statistic.is_some() || minus.statistic.is_some() {
            return Err("the quantile of a difference in the same runs, such as \
                        (excess_errors - excess_errors(policy=NAME)).p95"
                .into());
        }
    } else if of_difference.is_some() {
        return Err("a difference in the first parentheses".into());
    }
    let asked = first.statistic.or(of_difference);
    if !figure.is_number() {
        return match asked {
            None => Ok(Statistic::Mean),
            Some(_) => Err("a probability without mean or quantile".into()),
        };
    }
    let statistic = asked.unwrap_or(Statistic::Mean);
    let unlimited =
        [Some(figure), minus.map(|minus| minus.term.figure)].contains(&Some(Figure::ExcessErrors));
    if statistic == Statistic::Mean && unlimited {
        return Err(format!(
            "a quantile such as {}, because one run may have any number of excess errors, so \
             no number of runs bounds their mean",
            if minus.is_some() {
                "(excess_errors - excess_errors(policy=NAME)).p95"
            } else {
                "excess_errors.p95"
            }
        ));
    }
    Ok(statistic)
}
