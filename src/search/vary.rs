//! What a search varies: fields of the policy, and the values that they take.

use serde_json::Value as Json;

use super::MAX_VALUES;
use crate::config::not_a_policys_key;
use crate::json::plain;
use crate::math;
use crate::message::{did_you_mean, quoted, shown};
use crate::problem::Problem;
use crate::reading::{Node, View, fields, parse, read};

/// The number of values of a range whose number is not stated.
const RANGE_VALUES: usize = 8;
/// From this ratio of its ends on, the values of a range have equal ratios.
const WIDE: f64 = 4.0;
/// Maximum number of values in the text of a varied field, arrays and objects included.
const MAX_TEXT_VALUES: usize = 100_000;
/// The shares of all stages, which must rise.
const ALL_SHARES: &str = "stages[*].traffic_pct";

/// A field, or several that vary together, with their settings.
#[derive(Clone, Debug)]
pub(super) struct Dimension {
    /// The field as written.
    pub field: String,
    pub settings: Vec<Setting>,
}

/// Fields with their values.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    pub changes: Vec<(String, Node)>,
    /// The value for a report.
    pub value: Json,
}

/// A field that is varied, as written in a text of options: `{"field": …, "values": […]}` or
/// `{"field": …, "from": …, "to": …, "count": …}`.
#[derive(Debug, Default)]
struct VaryInput {
    field: Option<String>,
    values: Option<Node>,
    from: Option<f64>,
    to: Option<f64>,
    count: Option<f64>,
}

fields!(VaryInput { field, values, from, to, count });

/// What was expected, for a message.
type Expected = String;

impl Dimension {
    /// Reads an item of the option `vary`: a text such as `rules[0].max=0.005..0.05`, or an
    /// object. `base` is the configuration.
    pub(super) fn read(node: &Node, base: &Node, path: &str) -> Result<Dimension, Vec<Problem>> {
        let one = |message: String| vec![Problem::new(path, message)];
        let (field, values) = match node.view() {
            View::Text(text) => of_text(text)
                .map_err(|expected| one(format!("found {}, expected {expected}", quoted(text))))?,
            View::Object => {
                let (input, faults): (VaryInput, _) = read(node);
                if !faults.is_empty() {
                    let below = |fault: crate::reading::Fault| {
                        Problem::new(format!("{path}.{}", fault.path), fault.message)
                    };
                    return Err(faults.into_list().into_iter().map(below).collect());
                }
                let field = input.field.clone().unwrap_or_default();
                let values =
                    of_input(input).map_err(|expected| one(format!("expected {expected}")))?;
                (field, values)
            }
            _ => return Err(one("expected a text FIELD=VALUES or an object".into())),
        };
        dimension(&field, values, base).map_err(one)
    }
}

/// Reads `FIELD=VALUES`.
fn of_text(text: &str) -> Result<(String, Vec<Node>), Expected> {
    let (field, values) = text
        .split_once('=')
        .ok_or("FIELD=VALUES, such as rules[0].max=0.005..0.05 or stages[0].traffic_pct=1,2,5")?;
    Ok((field.trim().to_string(), self::values(values.trim())?))
}

/// The values of a text: `1,2,5`, `0.005..0.05`, `0.005..0.05/6`, or a list in JSON.
fn values(text: &str) -> Result<Vec<Node>, Expected> {
    if text.is_empty() {
        return Err("values after =".into());
    }
    if text.starts_with(['[', '{']) {
        let list = if text.starts_with('{') { format!("[{text}]") } else { text.to_string() };
        let list = parse(&list, MAX_TEXT_VALUES).map_err(|fault| {
            let (line, column) = fault.place.line_column();
            format!(
                "a list of values in JSON after =; {} at line {line} column {column}",
                fault.message
            )
        })?;
        return Ok(list.items().to_vec());
    }
    if let Some((from, rest)) = text.split_once("..") {
        let (to, count) =
            rest.split_once('/').map_or((rest, None), |(to, count)| (to, Some(count)));
        let number = |text: &str| {
            let number = text.trim().parse().ok().filter(|x: &f64| x.is_finite());
            number.ok_or_else(|| format!("a number on both sides of .., not {}", quoted(text)))
        };
        let (first, last) = (number(from)?, number(to)?);
        let count = match count {
            None => None,
            Some(text) => Some(text.trim().parse().map_err(|_| {
                format!("the number of values after /, such as 0.005..0.05/6, not {}", quoted(text))
            })?),
        };
        let is_whole = |text: &str| !text.contains(['.', 'e', 'E']);
        return range(first, last, count, is_whole(from) && is_whole(to));
    }
    let one = |piece: &str| {
        parse(piece, 1).map_err(|_| {
            format!("a value, not {}; lists of lists are written in JSON", quoted(piece))
        })
    };
    text.split(',').map(|piece| one(piece.trim())).collect()
}

fn of_input(input: VaryInput) -> Result<Vec<Node>, Expected> {
    match (input.values, input.from, input.to) {
        (Some(values), None, None) if input.count.is_none() => match values.view() {
            View::Array(items) => Ok(items.to_vec()),
            _ => Err("a list of values".into()),
        },
        (None, Some(from), Some(to)) => {
            let whole = from.fract() == 0.0 && to.fract() == 0.0;
            let count = match input.count {
                None => None,
                Some(count) if count >= 2.0 && count.fract() == 0.0 => Some(count as usize),
                Some(count) => {
                    return Err(format!("a count of 2 or more values, not {}", plain(count)));
                }
            };
            range(from, to, count, whole)
        }
        _ => Err("either values, or from and to with an optional count".into()),
    }
}

/// The values of a range, with equal ratios if it is wide and positive, otherwise with equal
/// distances. Between the ends they have three digits, or are whole numbers.
fn range(from: f64, to: f64, count: Option<usize>, whole: bool) -> Result<Vec<Node>, Expected> {
    if from >= to || !from.is_finite() || !to.is_finite() {
        return Err(format!(
            "a range from a smaller to a greater number, not {} to {}",
            plain(from),
            plain(to)
        ));
    }
    let count = count.unwrap_or(RANGE_VALUES);
    if !(2..=MAX_VALUES).contains(&count) {
        return Err(format!("2 to {MAX_VALUES} values in a range, not {count}"));
    }
    let is_wide = from > 0.0 && to / from > WIDE;
    let mut numbers: Vec<f64> = Vec::new();
    for i in 0..count {
        let part = i as f64 / (count - 1) as f64;
        let number = match i {
            0 => from,
            i if i == count - 1 => to,
            _ if is_wide => from * math::exp(part * math::ln(to / from)),
            _ => (to - from).mul_add(part, from),
        };
        let number = match (i == 0 || i == count - 1, whole) {
            (true, _) => number,
            (_, true) => number.round(),
            (_, false) => three_digits(number),
        };
        if numbers.last().is_none_or(|last| *last < number) {
            numbers.push(number);
        }
    }
    numbers.iter().map(|number| parse(&plain(*number), 1).map_err(|fault| fault.message)).collect()
}

/// A number rounded to three significant digits.
fn three_digits(x: f64) -> f64 {
    format!("{x:.2e}").parse().unwrap_or(x)
}

fn dimension(field: &str, values: Vec<Node>, base: &Node) -> Result<Dimension, String> {
    let head = field.split(['.', '[']).next().unwrap_or_default();
    if let Some(message) = not_a_policys_key(head) {
        let known = message.split("one of ").nth(1).unwrap_or_default();
        let meant = did_you_mean(head, known.split(", "));
        let meant = meant.map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
        return Err(format!("{} {message}{meant}", quoted(field)));
    }
    if !(1..=MAX_VALUES).contains(&values.len()) {
        return Err(format!(
            "{}: {} values, expected 1 to {MAX_VALUES}",
            shown(field),
            values.len()
        ));
    }
    let mut settings = Vec::new();
    let stages = base.get("stages").map_or(0, |stages| stages.items().len());
    if field == ALL_SHARES && stages > 1 {
        settings = rising_shares(&values, stages)?;
    } else {
        // Items may be those of a list that another field replaces, so that what is there
        // now does not say what will be.
        for value in values {
            let shown = json_of(&value);
            settings.push(Setting { changes: vec![(field.to_string(), value)], value: shown });
        }
    }
    Ok(Dimension { field: field.to_string(), settings })
}

/// All ways to give each stage another share, rising from stage to stage.
fn rising_shares(values: &[Node], stages: usize) -> Result<Vec<Setting>, String> {
    let mut shares: Vec<(f64, &Node)> = Vec::new();
    for value in values {
        let View::Number(share) = value.view() else {
            return Err(format!("{ALL_SHARES}: expected numbers"));
        };
        shares.push((share, value));
    }
    shares.sort_by(|a, b| a.0.total_cmp(&b.0));
    shares.dedup_by(|a, b| a.0 == b.0);
    if shares.len() < stages {
        return Err(format!(
            "{ALL_SHARES}: {} different values, expected at least {stages}, because shares rise from stage to stage",
            shares.len()
        ));
    }
    let mut settings = Vec::new();
    let mut chosen: Vec<usize> = (0..stages).collect();
    loop {
        if settings.len() == MAX_VALUES {
            return Err(format!(
                "{ALL_SHARES}: more than {MAX_VALUES} ladders, expected fewer values"
            ));
        }
        let of_stage = |(stage, &index): (usize, &usize)| {
            (format!("stages[{stage}].traffic_pct"), shares[index].1.clone())
        };
        settings.push(Setting {
            changes: chosen.iter().enumerate().map(of_stage).collect(),
            value: chosen.iter().map(|&index| number(shares[index].0)).collect(),
        });
        // The next combination in the order of the shares.
        let room = |&place: &usize| chosen[place] < shares.len() - stages + place;
        let Some(place) = (0..stages).rev().find(room) else { return Ok(settings) };
        chosen[place] += 1;
        for after in place + 1..stages {
            chosen[after] = chosen[after - 1] + 1;
        }
    }
}

/// A value as it is written in a report: whole numbers without `.0`.
pub(super) fn json_of(node: &Node) -> Json {
    match node.view() {
        View::Null => Json::Null,
        View::Bool(value) => Json::Bool(value),
        View::Number(value) => number(value),
        View::Text(text) => Json::String(text.to_string()),
        View::Array(items) => items.iter().map(json_of).collect(),
        View::Object => {
            let entries = node.entries();
            Json::Object(entries.map(|(key, _, value)| (key.to_string(), json_of(value))).collect())
        }
    }
}

fn number(x: f64) -> Json {
    match x.fract() == 0.0 && x.abs() < 9e15 {
        true => Json::from(x as i64),
        false => Json::from(x),
    }
}
