//! The report of a search as text and as CSV.

use std::fmt::Write;

use serde_json::Value as Json;

use super::table_of;
use crate::message::{shown, thousands};
use crate::rules::words::{counted, points, significant};
use crate::search::{
    Candidate, CandidateState, Compared, Figure, FreshFigures, HeldBound, ReachReport, SearchPhase,
    SearchReport,
};
use crate::study::{Fulfilment, Measure};

/// The most members of a front that a text shows.
const MOST_ROWS: usize = 20;
/// Maximum width of a value in a table.
const MOST_VALUE: usize = 40;

/// The report of a search as text, with a final line break.
pub fn search_text(report: &SearchReport) -> String {
    let mut text = String::new();
    heading(&mut text, report);
    if report.phase == SearchPhase::Racing || report.phase == SearchPhase::Nearing {
        let alive = report.candidates.iter().filter(|one| one.state == CandidateState::Alive);
        let _ = writeln!(
            text,
            "\nThe search was stopped: {} of {} candidates are left.",
            alive.count(),
            report.candidates.len()
        );
    }
    if let Some(chosen) = &report.chosen {
        front(&mut text, report, chosen.id, &chosen.compared);
        let _ = writeln!(text, "\nChosen: {}", name_of(report, chosen.id));
        measured(&mut text, report, chosen.id, &chosen.fresh, &chosen.fresh_present);
    }
    if let Some(nearest) = &report.nearest {
        let _ = writeln!(text, "\n{}", nobody(report, nearest.id, nearest.hold));
        measured(&mut text, report, nearest.id, &nearest.fresh, &nearest.fresh_present);
    }
    text.push('\n');
    for note in report.recorded.iter().flat_map(|recorded| &recorded.notes).chain(&report.notes) {
        let _ = writeln!(text, "{note}");
    }
    let _ = writeln!(
        text,
        "Bounds: wrong for any of the candidates with probability {} at most. Figures: 95 % \
         intervals.",
        significant(report.error_probability)
    );
    text
}

fn heading(text: &mut String, report: &SearchReport) {
    let name = match report.config.name() {
        "" => "search".to_string(),
        name => shown(name),
    };
    let candidates = report.candidates.len() as u64;
    let rollouts = thousands(report.rollouts);
    let _ = writeln!(text, "{name}   {}   {rollouts} rollouts", counted(candidates, "candidate"));
    let count = |state: CandidateState| {
        report.candidates.iter().filter(|one| one.state == state).count() as u64
    };
    let _ = writeln!(
        text,
        "{} violate a bound, {} are worse than another, {} were left out for lack of rollouts",
        thousands(count(CandidateState::Failed)),
        thousands(count(CandidateState::Dominated)),
        thousands(count(CandidateState::LeftOut)),
    );
    if report.grid.invalid > 0 {
        let first = report.grid.first_invalid.as_ref();
        let first =
            first.map(|first| format!(", such as {}: {}", list(&first.values), first.problem));
        let invalid = counted(u64::from(report.grid.invalid), "combination");
        let _ = writeln!(text, "{invalid} not valid{}", first.unwrap_or_default());
    }
}

fn front(text: &mut String, report: &SearchReport, chosen: u32, compared: &[Compared]) {
    let _ = writeln!(text, "\nThe front: bounds hold, and no other policy is better");
    let mut header = vec![String::new()];
    header.extend(varied(report));
    header.extend(report.least.iter().map(|text| shown(text)));
    header.extend(report.hold.iter().map(|hold| shown(&hold.requirement)));
    header.push(String::new());
    let mut rows = vec![header];
    for id in report.front.iter().take(MOST_ROWS) {
        let Some(candidate) = report.candidates.get(*id as usize) else { continue };
        let same = compared.iter().any(|one| one.id == *id && one.same);
        let word = match (*id == chosen, same) {
            (true, _) => "chosen",
            (_, true) => "same within the noise",
            _ => "",
        };
        rows.push(row(report, &format!("#{id}"), candidate, word));
    }
    let word = match report.present_id {
        Some(id) => format!("is #{id}"),
        None => String::new(),
    };
    rows.push(row(report, "present", &report.present, &word));
    table_of(text, &rows);
    if report.front.len() > MOST_ROWS {
        let _ = writeln!(text, "and {} more", report.front.len() - MOST_ROWS);
    }
}

fn row(report: &SearchReport, id: &str, candidate: &Candidate, word: &str) -> Vec<String> {
    let mut row = vec![id.to_string()];
    let values = candidate.values.iter().map(value);
    let blank = std::iter::repeat(String::new());
    row.extend(values.chain(blank).take(report.vary.len()));
    if let (Some(policy), Some(first)) = (&candidate.policy, row.get_mut(0))
        && id != "present"
    {
        *first = format!("{id} {}", shown(policy));
    }
    row.extend(candidate.figures.iter().map(figure));
    row.extend(
        report.hold.iter().zip(&candidate.holds).map(|(hold, found)| held(hold.measure, found)),
    );
    row.push(word.to_string());
    row
}

/// The figures of the search beside those with other seeds.
fn measured(
    text: &mut String,
    report: &SearchReport,
    id: u32,
    fresh: &Option<FreshFigures>,
    present: &Option<FreshFigures>,
) {
    let Some(candidate) = report.candidates.get(id as usize) else { return };
    let mut header =
        vec![String::new(), format!("in the search, {} runs", thousands(candidate.runs))];
    if let Some(fresh) = fresh {
        header.push(format!("fresh seeds, {} runs", thousands(fresh.runs)));
    }
    if present.is_some() {
        header.push("present policy, fresh seeds".to_string());
    }
    header.push(String::new());
    let mut rows = vec![header];
    for (i, least) in report.least.iter().enumerate() {
        let mut row = vec![shown(least), figure(&candidate.figures[i])];
        row.extend([fresh, present].into_iter().flatten().map(|one| figure(&one.figures[i])));
        row.push(String::new());
        rows.push(row);
    }
    for (i, hold) in report.hold.iter().enumerate() {
        let mut row = vec![shown(&hold.requirement), held(hold.measure, &candidate.holds[i])];
        let both = [fresh, present].into_iter().flatten();
        row.extend(both.map(|one| held(hold.measure, &one.holds[i])));
        row.push(String::new());
        rows.push(row);
    }
    table_of(text, &rows);
}

/// The sentence for a search in which no candidate holds all bounds.
fn nobody(report: &SearchReport, id: u32, hold: u32) -> String {
    let candidate = report.candidates.get(id as usize);
    let found = candidate.and_then(|one| one.holds.get(hold as usize));
    let (Some(found), Some(bound)) = (found, report.hold.get(hold as usize)) else {
        return format!("No policy is chosen. The nearest: {}", name_of(report, id));
    };
    let surely = match found.fulfilment {
        Fulfilment::Failed => "No policy of these holds",
        _ => "Of no policy of these it is certain that it holds",
    };
    let what = match report.hold.len() {
        1 => "the bound",
        2 => "both bounds",
        _ => "all bounds",
    };
    let (name, bound_text) = (name_of(report, id), shown(&bound.requirement));
    let amount = match bound.measure {
        Measure::Mean => significant(found.distance.abs()),
        _ => points(found.distance.abs()),
    };
    let mut sentence = match found.fulfilment {
        Fulfilment::Failed => {
            format!("{surely} {what}. The nearest, {name}, is beyond {bound_text} by {amount}.")
        }
        _ => format!(
            "{surely} {what}; more rollouts may decide. The nearest: {name}; {bound_text} is open."
        ),
    };
    for (bound, limiting) in report.hold.iter().zip(&report.limiting) {
        let _ = write!(
            sentence,
            "\n{}: {} surely hold it, {} surely do not, {} are open",
            shown(&bound.requirement),
            limiting.met,
            limiting.failed,
            limiting.undecided
        );
    }
    sentence
}

fn name_of(report: &SearchReport, id: u32) -> String {
    let Some(candidate) = report.candidates.get(id as usize) else { return format!("#{id}") };
    if let Some(policy) = &candidate.policy {
        return format!("#{id}, {}", shown(policy));
    }
    let pairs = report.vary.iter().zip(&candidate.values);
    let pairs: Vec<String> =
        pairs.map(|(vary, its)| format!("{}={}", shown(&vary.field), value(its))).collect();
    format!("#{id}, {}", pairs.join(", "))
}

fn varied(report: &SearchReport) -> Vec<String> {
    report.vary.iter().map(|vary| shown(&vary.field)).collect()
}

fn list(values: &[Json]) -> String {
    values.iter().map(value).collect::<Vec<_>>().join(", ")
}

/// A value in a table; a long one is cut.
fn value(value: &Json) -> String {
    let text = match value {
        Json::String(text) => shown(text),
        other => shown(&other.to_string()),
    };
    match text.char_indices().nth(MOST_VALUE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn figure(figure: &Figure) -> String {
    let Some(estimate) = figure.estimate else { return "none".to_string() };
    match (figure.low, figure.high) {
        (Some(low), Some(high)) => {
            format!("{} ({} to {})", significant(estimate), significant(low), significant(high))
        }
        _ => significant(estimate),
    }
}

fn held(measure: Measure, held: &HeldBound) -> String {
    let of = |x: f64| amount(measure, x);
    let found = held.found;
    let estimate = held.quantile.map_or_else(|| of(found.estimate), significant);
    let word = match held.fulfilment {
        Fulfilment::Met => "",
        Fulfilment::Undecided => ", undecided",
        Fulfilment::Failed => ", violated",
    };
    match held.quantile {
        Some(_) => format!("{estimate}{word}"),
        None => format!("{estimate} ({} to {}){word}", of(found.low), of(found.high)),
    }
}

fn amount(measure: Measure, x: f64) -> String {
    match measure {
        Measure::Mean => significant(x),
        _ => format!("{} %", significant(100.0 * x)),
    }
}

/// The values of a field at which a promise can be kept, as text with a final line break.
pub fn reach_text(report: &ReachReport) -> String {
    let mut text = format!("{}\n\n", report.sentence);
    let mut rows = vec![vec![
        shown(&report.field),
        "rollouts".to_string(),
        "some candidate holds all bounds".to_string(),
        "the one that does, or the nearest".to_string(),
    ]];
    let mut tried: Vec<_> = report.tried.iter().collect();
    tried.sort_by(|a, b| a.value.total_cmp(&b.value));
    for one in tried {
        let word = match one.fulfilment {
            Fulfilment::Met => "surely",
            Fulfilment::Undecided => "open",
            Fulfilment::Failed => "surely not",
        };
        rows.push(vec![
            crate::json::plain(one.value),
            thousands(one.rollouts),
            word.to_string(),
            list(&one.values),
        ]);
    }
    table_of(&mut text, &rows);
    text
}

/// The candidates of a search as CSV: a row for each, with a header.
pub fn search_csv(report: &SearchReport) -> String {
    let mut header: Vec<String> = vec!["id".into()];
    header.extend(report.vary.iter().map(|vary| vary.field.clone()));
    header.extend(["policy", "state", "in_front", "chosen", "runs"].map(String::from));
    for figure in &report.least {
        header.extend(["", " low", " high"].map(|end| format!("{figure}{end}")));
    }
    for hold in &report.hold {
        let text = &hold.requirement;
        header.extend(["", " found", " low", " high"].map(|end| format!("{text}{end}")));
    }
    let mut text = line(&header);
    for (id, candidate) in (0_u32..).zip(&report.candidates) {
        let mut row = vec![id.to_string()];
        let values = candidate.values.iter().map(|value| match value {
            Json::String(text) => text.clone(),
            other => other.to_string(),
        });
        row.extend(values.chain(std::iter::repeat(String::new())).take(report.vary.len()));
        row.push(candidate.policy.clone().unwrap_or_default());
        row.push(
            match candidate.state {
                CandidateState::Alive => "alive",
                CandidateState::Failed => "failed",
                CandidateState::Dominated => "dominated",
                CandidateState::LeftOut => "left_out",
            }
            .into(),
        );
        row.push(report.front.contains(&id).to_string());
        row.push(report.chosen.as_ref().is_some_and(|chosen| chosen.id == id).to_string());
        row.push(candidate.runs.to_string());
        let number = |x: Option<f64>| x.map(crate::json::plain).unwrap_or_default();
        for Figure { estimate, low, high } in &candidate.figures {
            row.extend([*estimate, *low, *high].map(number));
        }
        for hold in &candidate.holds {
            let word = match hold.fulfilment {
                Fulfilment::Met => "met",
                Fulfilment::Undecided => "undecided",
                Fulfilment::Failed => "failed",
            };
            row.push(word.into());
            let found = hold.found;
            row.extend([found.estimate, found.low, found.high].map(|x| number(Some(x))));
        }
        text.push_str(&line(&row));
    }
    text
}

/// A row of CSV; a cell with a comma, a quote or a line break is quoted.
fn line(cells: &[String]) -> String {
    let cell = |cell: &String| match cell.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.clone(),
    };
    cells.iter().map(cell).collect::<Vec<_>>().join(",") + "\n"
}
