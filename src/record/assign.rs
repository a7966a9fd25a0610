//! Which series measures what, of which version.

use std::collections::{BTreeMap, BTreeSet};

use super::faults::{Log, Place};
use super::prometheus::called;
use super::read::{CODE_LABELS, Options, Understood, VERSION_LABELS, stem};
use super::role::{Measure, Role, Unit};
use super::series::{Column, Kind, Table};
use super::words::{self, Sense};
use crate::message::{quoted, shown};
use crate::observation::Arm;

/// Maximum number of series that a sentence lists.
const LISTED: usize = 8;

/// A series as a part of the record.
#[derive(Clone, Debug)]
pub(super) struct Use {
    pub(super) table: usize,
    pub(super) column: usize,
    pub(super) measure: Measure,
    pub(super) unit: Unit,
    pub(super) arm: Arm,
    /// The range of its query, in seconds.
    pub(super) range_seconds: Option<u32>,
}

/// What the series are.
pub(super) struct Assigned {
    pub(super) uses: Vec<Use>,
    pub(super) understood: Vec<Understood>,
    /// Whether there was a query of errors that found no series.
    pub(super) no_errors: bool,
}

/// A series that may become a part of the record.
struct Candidate {
    table: usize,
    column: usize,
    measure: Measure,
    unit: Option<Unit>,
    arm: Option<Arm>,
    range_seconds: Option<u32>,
    is_weak: bool,
    told: bool,
    why: String,
    /// Why the version is what it is.
    why_arm: String,
    /// Why it is not used after all.
    left_out: Option<String>,
}

/// Finds what each series is. `None` after a fault.
pub(super) fn assign(
    tables: &[Table],
    empty: &[u32],
    options: &Options,
    log: &mut Log<'_>,
) -> Option<Assigned> {
    let mut candidates = Vec::new();
    let mut chosen = vec![false; options.series.len()];
    for (t, table) in tables.iter().enumerate() {
        for c in 0..table.columns.len() {
            candidates.extend(measures(tables, t, c, options, &mut chosen, log));
        }
    }
    let mut no_errors = false;
    for file in empty {
        let name = log.name(*file).to_string();
        let is_errors = matches!(
            words::sense(stem(&name)),
            Some(Sense::Measures(guess)) if guess.measure == Measure::Errors
        );
        let mut is_told = false;
        for (binding, chosen) in options.series.iter().zip(&mut chosen) {
            if matches_file(&binding.selector, &name) {
                *chosen = true;
                is_told |= binding.role.measure == Measure::Errors;
            }
        }
        no_errors |= is_errors || is_told;
        log.warn(Place::File(*file), "", "the answer has no series".to_string());
    }
    for (binding, _) in options.series.iter().zip(&chosen).filter(|(_, chosen)| !**chosen) {
        log.fault_of_all(format!(
            "no series is {}, expected one of {}",
            quoted(&binding.selector),
            list(tables)
        ));
    }
    if log.has_faults() {
        return None;
    }
    arms(tables, &mut candidates, options, log)?;
    choose(tables, &mut candidates, log)?;
    let understood = candidates.iter().map(|candidate| understood(tables, candidate)).collect();
    let uses = candidates.iter().filter_map(|candidate| {
        let Candidate { table, column, measure, range_seconds, .. } = *candidate;
        let arm = candidate.arm.filter(|_| is_used(candidate))?;
        let unit = unit(tables, candidate, log);
        Some(Use { table, column, measure, unit, arm, range_seconds })
    });
    let uses = uses.collect();
    Some(Assigned { uses, understood, no_errors })
}

fn is_used(candidate: &Candidate) -> bool {
    candidate.left_out.is_none() && candidate.measure != Measure::Nothing
}

/// What a series measures: as it is told, or as its names and labels say.
fn measures(
    tables: &[Table],
    t: usize,
    c: usize,
    options: &Options,
    chosen: &mut [bool],
    log: &Log<'_>,
) -> Vec<Candidate> {
    let table = &tables[t];
    let column = &table.columns[c];
    let file = log.name(table.file);
    let (sense, name) = sense_of(table, column);
    let guess = match sense {
        Some(Sense::Measures(guess)) => Some(guess),
        _ => None,
    };
    let range_seconds = guess.and_then(|guess| guess.range_seconds);
    let unit_for = |measure: Measure| {
        let units = [column.unit, guess.and_then(|guess| guess.unit)].into_iter().flatten();
        units.into_iter().find(|unit| measure.takes(*unit))
    };
    let candidate = |measure: Measure, why: String| Candidate {
        table: t,
        column: c,
        measure,
        unit: unit_for(measure),
        arm: None,
        range_seconds,
        is_weak: guess.is_some_and(|guess| guess.is_weak),
        told: false,
        why,
        why_arm: String::new(),
        left_out: None,
    };
    let mut told: Vec<Candidate> = Vec::new();
    for (binding, chosen) in options.series.iter().zip(chosen) {
        if matches(&binding.selector, table, column, file) {
            *chosen = true;
            let Role { arm, measure, unit } = binding.role;
            if told.iter().any(|told| told.measure == measure || told.measure == Measure::Nothing) {
                continue;
            }
            let why = format!("the option says {}", quoted(&binding.selector));
            let of = candidate(measure, why);
            told.push(Candidate { arm, unit: unit.or(of.unit), told: true, ..of });
        }
    }
    if !told.is_empty() {
        return told;
    }
    if let Some(q) = ["quantile", "percentile"].iter().find_map(|key| {
        let value = table.label(key)?;
        let q: f64 = value.parse().ok()?;
        (q > 0.0 && q < 1.0).then_some(q).or_else(|| words::quantile(value))
    }) {
        return vec![candidate(Measure::Latency(q), "its label says the quantile".to_string())];
    }
    let code = CODE_LABELS.iter().find_map(|key| Some((*key, table.label(key)?)));
    let because = || format!("the name {}", quoted(name));
    match (guess, code) {
        (_, _) if matches!(sense, Some(Sense::Other(_))) => {
            let why = match sense {
                Some(Sense::Other(why)) => why.to_string(),
                _ => String::new(),
            };
            vec![candidate(Measure::Nothing, why)]
        }
        (Some(guess), Some((key, value))) if guess.measure == Measure::Requests => {
            of_code(tables, table, key, value, candidate)
        }
        (None, Some((key, value))) => of_code(tables, table, key, value, candidate),
        (Some(guess), _) => vec![candidate(guess.measure, because())],
        (None, None) => {
            vec![candidate(Measure::Nothing, "nothing says what it measures".to_string())]
        }
    }
}

/// A series of answers with one code: requests, and errors if the code is one of them.
/// Where a file has failed answers only, they are errors alone.
fn of_code(
    tables: &[Table],
    table: &Table,
    key: &str,
    value: &str,
    candidate: impl Fn(Measure, String) -> Candidate,
) -> Vec<Candidate> {
    let is_good = |other: &Table| {
        other.file == table.file && other.label(key).is_some_and(|value| !words::is_failed(value))
    };
    let mut uses = Vec::new();
    if tables.iter().any(is_good) {
        let why = format!("all answers, whatever their {key}");
        uses.push(candidate(Measure::Requests, why));
    }
    if words::is_failed(value) {
        let why = format!("the label {key}={}", quoted(value));
        uses.push(candidate(Measure::Errors, why));
    }
    uses
}

/// What the names of a series say, and the name that says it.
fn sense_of<'a>(table: &Table, column: &'a Column) -> (Option<Sense>, &'a str) {
    let sense = |i: usize| {
        let name = column.names.get(i)?;
        let sense = words::sense(name)?;
        // The name of a metric or a query says that it is a counter, that of a file does not.
        let is_metric = table.kind == Kind::Prometheus
            && (i == 0 && column.names.len() > 1 || name.contains(['(', '{']));
        let sense = match sense {
            Sense::Measures(guess) if guess.unit == Some(Unit::Counter) && !is_metric => {
                Sense::Measures(words::Guess { unit: None, ..guess })
            }
            sense => sense,
        };
        Some((sense, name.as_str()))
    };
    let found: Vec<(Sense, &str)> = (0..column.names.len()).filter_map(sense).collect();
    let measure = |sense: &Sense| match sense {
        Sense::Measures(guess) => Some(guess.measure),
        Sense::Other(_) => None,
    };
    match (found.first(), found.last()) {
        (Some((first, name)), Some((last, file))) => {
            // `http_requests_total` in errors.json counts errors.
            let are_requests = measure(first) == Some(Measure::Requests);
            match (are_requests && measure(last) == Some(Measure::Errors), first, last) {
                (true, Sense::Measures(of_name), Sense::Measures(of_file)) => {
                    let guess = words::Guess { measure: of_file.measure, ..*of_name };
                    (Some(Sense::Measures(guess)), file)
                }
                _ => (Some(*first), name),
            }
        }
        _ => (None, ""),
    }
}

/// Whether a selector is a name, with `*` for any characters and without regard to case.
pub(super) fn matches_name(selector: &str, name: &str) -> bool {
    let (selector, name) = (selector.trim().to_lowercase(), name.to_lowercase());
    let mut parts = selector.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.split_once(*part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Whether a selector is the name of a file, with or without its folder and ending.
fn matches_file(selector: &str, file: &str) -> bool {
    let base = file.rsplit(['/', '\\']).next().unwrap_or(file);
    [file, base, stem(file)].iter().any(|name| matches_name(selector, name))
}

/// Whether a selector chooses a series.
fn matches(selector: &str, table: &Table, column: &Column, file: &str) -> bool {
    let selector = selector.trim();
    let mut names = column.names.iter().chain([&column.shown]);
    if names.any(|name| matches_name(selector, name))
        || matches_file(selector, file)
        || table.labels.iter().any(|(_, value)| matches_name(selector, value))
    {
        return true;
    }
    let (name, labels) = match selector.split_once('{') {
        Some((name, labels)) => (name.trim(), labels.trim_end().trim_end_matches('}')),
        None => ("", selector),
    };
    let is_named = name.is_empty()
        || column.names.iter().any(|of| matches_name(name, of))
        || matches_file(name, file);
    let mut pairs = labels.split(',').filter(|pair| !pair.trim().is_empty()).peekable();
    is_named
        && pairs.peek().is_some()
        && pairs.all(|pair| {
            let Some((key, value)) = pair.split_once('=') else { return false };
            let value = value.trim().trim_matches(['"', '\'']);
            table.label(key.trim()).is_some_and(|of| matches_name(value, of))
        })
}

/// The names of the series, for a sentence.
fn list(tables: &[Table]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for column in tables.iter().flat_map(|table| &table.columns) {
        let name = match column.shown.is_empty() {
            true => column.names.first().map_or("", String::as_str),
            false => column.shown.as_str(),
        };
        if !names.contains(&name) && names.len() <= LISTED {
            names.push(name);
        }
    }
    listed(&names)
}

fn listed(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(LISTED).map(|name| shown(name)).collect();
    let more = if names.len() > LISTED { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

/// Finds the version of each candidate. `None` after a fault.
fn arms(
    tables: &[Table],
    candidates: &mut [Candidate],
    options: &Options,
    log: &mut Log<'_>,
) -> Option<()> {
    let key = version_label(tables, candidates);
    // The versions that no option says, in the order in which they are first seen.
    let mut versions: Vec<(Option<String>, Vec<usize>)> = Vec::new();
    let mut is_wrong = false;
    for (arm, selector) in [(Arm::Canary, &options.canary), (Arm::Baseline, &options.baseline)] {
        let Some(selector) = selector else { continue };
        let mut found = false;
        for candidate in candidates.iter_mut().filter(|of| of.measure != Measure::Nothing) {
            let table = &tables[candidate.table];
            let column = &table.columns[candidate.column];
            if matches(selector, table, column, log.name(table.file)) {
                found = true;
                if candidate.arm.is_none() {
                    candidate.arm = Some(arm);
                    candidate.why_arm = format!("the option says {}", quoted(selector));
                }
            }
        }
        is_wrong |= !found;
        if !found {
            let names = key.map(|key| values(tables, key)).unwrap_or_default();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let among = if names.is_empty() { list(tables) } else { listed(&names) };
            log.fault_of_all(format!("no series is {}, expected one of {among}", quoted(selector)));
        }
    }
    if is_wrong {
        return None;
    }
    for (i, candidate) in candidates.iter().enumerate() {
        if candidate.arm.is_some() || candidate.measure == Measure::Nothing {
            continue;
        }
        let version = version(tables, candidate, key, log);
        match versions.iter_mut().find(|(of, _)| *of == version) {
            Some((_, members)) => members.push(i),
            None => versions.push((version, vec![i])),
        }
    }
    let has_told = |arm: Arm| candidates.iter().any(|of| of.arm == Some(arm));
    let (has_baseline, has_canary) = (has_told(Arm::Baseline), has_told(Arm::Canary));
    let groups = Groups { tables, key, versions };
    let decided = groups.decide(has_baseline, has_canary, candidates, log)?;
    for (group, (arm, why)) in groups.versions.iter().zip(decided) {
        for member in &group.1 {
            if let Some(candidate) = candidates.get_mut(*member) {
                candidate.arm = arm;
                candidate.why_arm = why.clone();
                if arm.is_none() {
                    candidate.left_out = Some(why.clone());
                }
            }
        }
    }
    let has = |arm: Arm| candidates.iter().any(|of| of.arm == Some(arm) && is_used(of));
    if has(Arm::Canary) && !has(Arm::Baseline) {
        log.fault_of_all(
            "only a canary is recorded, expected a baseline too; the option baseline names it",
        );
        return None;
    }
    Some(())
}

/// The series by version, and what they are.
struct Groups<'a> {
    tables: &'a [Table],
    key: Option<&'a str>,
    versions: Vec<(Option<String>, Vec<usize>)>,
}

type Decision = (Option<Arm>, String);

impl Groups<'_> {
    /// The arm of each group, and why. `None` after a fault.
    fn decide(
        &self,
        has_baseline: bool,
        has_canary: bool,
        candidates: &[Candidate],
        log: &mut Log<'_>,
    ) -> Option<Vec<Decision>> {
        let all = |arm: Option<Arm>, why: &str| {
            Some(self.versions.iter().map(|_| (arm, why.to_string())).collect())
        };
        let others = self.versions.len();
        match (has_baseline, has_canary) {
            (true, true) => return all(None, "another version than the two of the options"),
            (true, false) if others == 1 && self.versions.iter().any(|(of, _)| of.is_some()) => {
                return all(Some(Arm::Canary), "the version beside that of the option");
            }
            (true, false) => {
                if others > 0 {
                    log.warn_of_all(format!(
                        "no option says which version is the canary, and there are {}: the \
                         baseline alone is read",
                        self.names()
                    ));
                }
                return all(None, "another version than that of the option");
            }
            (false, true) if others == 1 => {
                return all(Some(Arm::Baseline), "the version beside that of the option");
            }
            (false, true) if others > 1 => {
                log.fault_of_all(format!(
                    "expected which version is the baseline, found {}; the option baseline says it",
                    self.names()
                ));
                return None;
            }
            _ => {}
        }
        let words: Vec<Option<Arm>> = self
            .versions
            .iter()
            .map(|(version, _)| version.as_deref().and_then(words::arm))
            .collect();
        if words.iter().any(Option::is_some) {
            return self.by_words(&words, log);
        }
        let named = self.versions.iter().filter(|(version, _)| version.is_some()).count();
        if named <= 1 {
            return all(Some(Arm::Baseline), "the only version");
        }
        self.by_time(named, candidates, log)
    }

    /// By words such as canary and stable.
    fn by_words(&self, words: &[Option<Arm>], log: &mut Log<'_>) -> Option<Vec<Decision>> {
        let has = |arm: Arm| words.contains(&Some(arm));
        let without = words.iter().filter(|word| word.is_none()).count();
        let rest = match (has(Arm::Baseline), has(Arm::Canary), without) {
            (true, true, _) => None,
            (false, true, 0) => {
                log.warn_of_all(
                    "only a canary is recorded: it is read as the one version of a service",
                );
                let why = "the only version".to_string();
                return Some(words.iter().map(|_| (Some(Arm::Baseline), why.clone())).collect());
            }
            (true, false, 0) => None,
            (_, true, 1) => Some(Arm::Baseline),
            (true, _, 1) => Some(Arm::Canary),
            _ => {
                log.fault_of_all(self.ask());
                return None;
            }
        };
        let decide = |(word, (version, _)): (&Option<Arm>, &(Option<String>, Vec<usize>))| {
            let name = version.as_deref().unwrap_or("no version");
            match (word, rest) {
                (Some(arm), _) => (Some(*arm), format!("the word in {}", quoted(name))),
                (None, Some(arm)) => (Some(arm), "the version beside the other".to_string()),
                (None, None) => (None, "neither baseline nor canary".to_string()),
            }
        };
        Some(words.iter().zip(&self.versions).map(decide).collect())
    }

    /// By when versions begin and how much traffic they have.
    fn by_time(
        &self,
        named: usize,
        candidates: &[Candidate],
        log: &mut Log<'_>,
    ) -> Option<Vec<Decision>> {
        // Start, end, traffic, index.
        let mut spans: Vec<(i64, i64, f64, usize)> = Vec::new();
        for (i, (version, members)) in self.versions.iter().enumerate() {
            if version.is_none() {
                continue;
            }
            let (mut first, mut last, mut sum) = (i64::MAX, i64::MIN, 0.0);
            let is_volume = |member: &&usize| {
                let of = candidates.get(**member);
                of.is_some_and(|of| matches!(of.measure, Measure::Requests | Measure::Successes))
            };
            let has_volume = members.iter().any(|member| is_volume(&member));
            for member in members.iter().filter(|member| !has_volume || is_volume(member)) {
                let Some(of) = candidates.get(*member) else { continue };
                let table = &self.tables[of.table];
                let is_counter = of.unit == Some(Unit::Counter);
                let mut before = None;
                for (time, value) in table.times.iter().zip(&table.columns[of.column].values) {
                    let grown = if is_counter { value - before.unwrap_or(*value) } else { *value };
                    before = Some(*value);
                    if grown > 0.0 {
                        (first, last) = (first.min(*time), last.max(*time));
                        sum += grown;
                    }
                }
            }
            spans.push((first, last, sum, i));
        }
        spans.sort_by_key(|span| (span.0, span.1));
        let label = self.key.map_or("version".to_string(), shown);
        if spans.windows(2).all(|pair| pair[0].1 < pair[1].0) {
            log.warn_of_all(format!(
                "the label {label} changes from {} and the versions do not overlap in time: they \
                 are not two arms, and are read as the one service that they follow each other in",
                self.in_order(&spans)
            ));
            let why = "versions that follow each other are one service".to_string();
            return Some(
                self.versions.iter().map(|_| (Some(Arm::Baseline), why.clone())).collect(),
            );
        }
        let ([early, late], 2) = (spans.as_slice(), named) else {
            log.fault_of_all(self.ask());
            return None;
        };
        let (canary, why) = if early.0 < late.0 {
            (late.3, "begins later".to_string())
        } else if early.2 != late.2 {
            let least = if early.2 < late.2 { early.3 } else { late.3 };
            (least, "has fewer requests".to_string())
        } else {
            log.fault_of_all(self.ask());
            return None;
        };
        let decide = |(i, (version, _)): (usize, &(Option<String>, Vec<usize>))| match version {
            None => (None, "it has no version, and others have two".to_string()),
            Some(version) if i == canary => {
                (Some(Arm::Canary), format!("{label}={} {why}", quoted(version)))
            }
            Some(version) => {
                (Some(Arm::Baseline), format!("{label}={}; the other {why}", quoted(version)))
            }
        };
        let decided: Vec<Decision> = self.versions.iter().enumerate().map(decide).collect();
        let name = |arm: Arm| {
            let at = decided.iter().position(|(of, _)| *of == Some(arm));
            let version = at.and_then(|at| self.versions.get(at)).and_then(|(of, _)| of.as_deref());
            quoted(version.unwrap_or_default())
        };
        log.assume(format!(
            "{label} {} is the canary and {} the baseline, because the canary {why}; the options \
             canary and baseline say otherwise",
            name(Arm::Canary),
            name(Arm::Baseline),
        ));
        Some(decided)
    }

    fn in_order(&self, spans: &[(i64, i64, f64, usize)]) -> String {
        let names = spans.iter().filter_map(|span| self.versions.get(span.3)?.0.as_deref());
        let names: Vec<String> = names.take(LISTED).map(quoted).collect();
        names.join(" to ")
    }

    fn names(&self) -> String {
        let name = |(version, _): &(Option<String>, Vec<usize>)| match version {
            Some(version) => quoted(version),
            None => "series without a version".to_string(),
        };
        let names: Vec<String> = self.versions.iter().take(LISTED).map(name).collect();
        let more = if self.versions.len() > LISTED { ", …" } else { "" };
        format!("{}{more}", names.join(", "))
    }

    fn ask(&self) -> String {
        format!(
            "expected which of {} versions{} is the baseline and which the canary, found {}; the \
             options baseline and canary say it, and baseline * takes all as one service",
            self.versions.len(),
            self.key.map_or(String::new(), |key| format!(" of the label {}", shown(key))),
            self.names()
        )
    }
}

/// The label that tells versions apart: the first of the list with two values; else any
/// with a word such as canary.
fn version_label<'a>(tables: &'a [Table], candidates: &[Candidate]) -> Option<&'a str> {
    let used: BTreeSet<usize> = candidates
        .iter()
        .filter(|of| of.measure != Measure::Nothing && of.arm.is_none())
        .map(|of| of.table)
        .collect();
    let mut of_key: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (key, value) in used.iter().flat_map(|table| &tables[*table].labels) {
        of_key.entry(key).or_default().insert(value);
    }
    let rank = |key: &str| {
        let key = key.to_lowercase().replace(['.', '-'], "_");
        VERSION_LABELS.iter().position(|label| *label == key)
    };
    let telling = of_key.iter().filter(|(_, values)| values.len() > 1);
    let ranked = telling.clone().filter_map(|(key, _)| Some((rank(key)?, *key)));
    let by_word = || {
        let has_word =
            |values: &BTreeSet<&str>| values.iter().any(|value| words::arm(value).is_some());
        telling.clone().find(|(_, values)| has_word(values)).map(|(key, _)| *key)
    };
    ranked.min().map(|(_, key)| key).or_else(by_word)
}

fn values(tables: &[Table], key: &str) -> BTreeSet<String> {
    tables.iter().filter_map(|table| table.label(key)).map(str::to_string).collect()
}

/// The version of a candidate: the value of the label, or else the word in its names or in
/// that of its file.
fn version(
    tables: &[Table],
    candidate: &Candidate,
    key: Option<&str>,
    log: &Log<'_>,
) -> Option<String> {
    let table = &tables[candidate.table];
    if let Some(value) = key.and_then(|key| table.label(key)) {
        return Some(value.to_string());
    }
    let names = table.columns[candidate.column].names.iter().map(String::as_str);
    let labels = table.labels.iter().map(|(_, value)| value.as_str());
    let arm = names.chain(labels).chain([stem(log.name(table.file))]).find_map(words::arm);
    arm.map(|arm| arm.name().to_string())
}

/// Of the series that measure the same of one version, chooses those that are read. `None`
/// after a fault.
fn choose(tables: &[Table], candidates: &mut [Candidate], log: &mut Log<'_>) -> Option<()> {
    for arm in [Arm::Baseline, Arm::Canary] {
        let has = |candidates: &[Candidate], measure: Measure, told: bool| {
            candidates.iter().any(|of| {
                is_used(of) && of.arm == Some(arm) && of.measure == measure && (of.told || !told)
            })
        };
        // What is told holds against what is guessed.
        let told: Vec<Measure> = candidates
            .iter()
            .filter(|of| of.told && of.arm == Some(arm))
            .map(|of| of.measure)
            .collect();
        for candidate in candidates.iter_mut().filter(|of| of.arm == Some(arm) && !of.told) {
            if told.contains(&candidate.measure) {
                candidate.left_out = Some("an option names another series".to_string());
            }
        }
        // Errors are known from one of four measures.
        const ERRORS: [Measure; 4] =
            [Measure::Errors, Measure::Successes, Measure::ErrorRate, Measure::SuccessRate];
        let kept = ERRORS
            .into_iter()
            .find(|measure| has(candidates, *measure, true))
            .or_else(|| ERRORS.into_iter().find(|measure| has(candidates, *measure, false)));
        let needs_successes = !has(candidates, Measure::Requests, false);
        for candidate in candidates.iter_mut().filter(|of| of.arm == Some(arm) && is_used(of)) {
            let is_other = ERRORS.contains(&candidate.measure) && Some(candidate.measure) != kept;
            let is_needed = needs_successes && candidate.measure == Measure::Successes;
            if let Some(kept) = kept.filter(|_| is_other && !is_needed) {
                candidate.left_out = Some(format!("the {kept} say it"));
            }
        }
        let mut measures: Vec<Measure> = Vec::new();
        for of in candidates.iter().filter(|of| of.arm == Some(arm) && is_used(of)) {
            if !measures.contains(&of.measure) {
                measures.push(of.measure);
            }
        }
        for measure in measures {
            one_name(tables, candidates, arm, measure, log);
        }
        let requests = has(candidates, Measure::Requests, false);
        let parts =
            has(candidates, Measure::Successes, false) && has(candidates, Measure::Errors, false);
        let is_recorded = candidates.iter().any(|of| of.arm == Some(arm) && is_used(of));
        if !requests && !parts && (is_recorded || arm == Arm::Baseline) {
            let of = if arm == Arm::Canary { " of the canary" } else { "" };
            log.fault_of_all(format!(
                "no series says that it counts the requests{of}, expected one; there are {}, and \
                 an option such as requests=NAME says what one measures",
                list(tables)
            ));
        }
    }
    (!log.has_faults()).then_some(())
}

/// Checks that series of one measure that are guessed have one name, or else follow each
/// other in time; of a clear and a weak name, the clear one is read.
fn one_name(
    tables: &[Table],
    candidates: &mut [Candidate],
    arm: Arm,
    measure: Measure,
    log: &mut Log<'_>,
) {
    let name = |of: &Candidate| {
        let column = &tables[of.table].columns[of.column];
        let name = column.names.first().map_or("", String::as_str);
        let outside: String = name
            .split('{')
            .enumerate()
            .map(|(i, part)| match i {
                0 => part,
                _ => part.split_once('}').map_or("", |(_, rest)| rest),
            })
            .collect();
        outside.trim().to_lowercase()
    };
    let is_one = |of: &Candidate| of.arm == Some(arm) && of.measure == measure && is_used(of);
    let mut found: BTreeMap<String, (bool, i64, i64, usize)> = BTreeMap::new();
    for of in candidates.iter().filter(|of| is_one(of) && !of.told) {
        let times = &tables[of.table].times;
        let (first, last) = times
            .iter()
            .fold((i64::MAX, i64::MIN), |(first, last), time| (first.min(*time), last.max(*time)));
        let entry = found.entry(name(of)).or_insert((true, i64::MAX, i64::MIN, of.table));
        *entry = (entry.0 && of.is_weak, entry.1.min(first), entry.2.max(last), entry.3);
    }
    let mut spans: Vec<(i64, i64)> =
        found.values().map(|(_, first, last, _)| (*first, *last)).collect();
    spans.sort_unstable();
    if found.len() < 2 || spans.windows(2).all(|pair| pair[0].1 < pair[1].0) {
        return;
    }
    let clear: Vec<&String> =
        found.iter().filter(|(_, (is_weak, ..))| !is_weak).map(|(name, _)| name).collect();
    if let [clear] = clear.as_slice() {
        let clear = (*clear).clone();
        for of in candidates.iter_mut().filter(|of| is_one(of) && !of.told) {
            if name(of) != clear {
                of.left_out = Some(format!("{} says it more clearly", quoted(&clear)));
            }
        }
        return;
    }
    let names: Vec<String> = found.keys().take(LISTED).map(|name| quoted(name)).collect();
    let place = found
        .values()
        .next()
        .map_or(Place::File(0), |(.., table)| Place::File(tables[*table].file));
    log.fault(place, "", || {
        format!(
            "{} all seem to be {measure}; an option such as {measure}={} says which is",
            names.join(" and "),
            found.keys().next().map_or("NAME", String::as_str),
        )
    });
}

/// The unit of a series that is used; what no one says is assumed, and said.
fn unit(tables: &[Table], candidate: &Candidate, log: &mut Log<'_>) -> Unit {
    let table = &tables[candidate.table];
    if let Some(unit) = candidate.unit {
        return unit;
    }
    match candidate.measure {
        Measure::ErrorRate | Measure::SuccessRate => Unit::Ratio,
        Measure::Latency(_) => {
            let unit = default_latency(table, candidate);
            let words = if unit == Unit::Seconds { "seconds" } else { "milliseconds" };
            let file = shown(log.name(table.file));
            let measure = candidate.measure;
            log.assume(format!(
                "the latency {measure} of {file} is in {words}, which nothing says; an option such \
                 as `{measure} in ms` says another unit"
            ));
            unit
        }
        _ => Unit::PerStep,
    }
}

fn default_latency(table: &Table, candidate: &Candidate) -> Unit {
    let names = table.columns[candidate.column].names.join(" ").to_lowercase();
    match table.kind {
        Kind::Csv => Unit::Milliseconds,
        // That of Lambda.
        Kind::CloudWatch if names.contains("duration") => Unit::Milliseconds,
        _ => Unit::Seconds,
    }
}

fn called_of(table: &Table, candidate: &Candidate) -> String {
    let column = &table.columns[candidate.column];
    match (column.shown.is_empty(), table.kind) {
        (true, _) => column.names.first().map(|name| shown(name)).unwrap_or_default(),
        (_, Kind::Csv) if !table.labels.is_empty() => called(&column.shown, &table.labels),
        _ => column.shown.clone(),
    }
}

fn understood(tables: &[Table], candidate: &Candidate) -> Understood {
    let table = &tables[candidate.table];
    let (measure, arm) = match is_used(candidate) {
        true => (candidate.measure, candidate.arm),
        false => (Measure::Nothing, None),
    };
    let unit = match measure {
        Measure::Latency(_) => candidate.unit.or(Some(default_latency(table, candidate))),
        Measure::Nothing => None,
        _ => candidate.unit,
    };
    let why = match &candidate.left_out {
        Some(why) => why.clone(),
        None if candidate.why_arm.is_empty() || measure == Measure::Nothing => {
            candidate.why.clone()
        }
        None => format!("{}; {}", candidate.why, candidate.why_arm),
    };
    Understood {
        file: table.file,
        series: called_of(table, candidate),
        role: Role { arm, measure, unit },
        told: candidate.told,
        why,
    }
}
