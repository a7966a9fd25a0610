//! Series on common steps: a record.

use std::collections::BTreeMap;

use super::assign::Use;
use super::faults::{Log, Place};
use super::read::Options;
use super::role::{Measure, Unit};
use super::series::Table;
use super::{ArmRecord, MAX_STEPS, Quantile, Record, time};
use crate::json::plain;
use crate::message::thousands;
use crate::observation::Arm;
use crate::rules::words::percent;

/// The most common spacing is that of so many rows.
const SAMPLED: usize = 10_000;
/// Counts above this are no counts.
const MAX_VALUE: f64 = 1e15;
/// Fractional errors may be above the requests by this part, for extrapolation rounds each
/// series by itself.
const EXTRAPOLATED: f64 = 0.05;

/// The steps of the record.
#[derive(Clone, Copy)]
struct Grid {
    /// The start of step 0, in milliseconds since 1970.
    start: i64,
    /// In milliseconds.
    step: i64,
    steps: usize,
}

impl Grid {
    fn seconds(self) -> f64 {
        self.step as f64 / 1000.0
    }
}

/// Makes a record of series. `None` after a fault.
pub(super) fn join(
    mut tables: Vec<Table>,
    uses: Vec<Use>,
    no_errors: bool,
    options: &Options,
    log: &mut Log<'_>,
) -> Option<Record> {
    for (t, table) in tables.iter_mut().enumerate() {
        if uses.iter().any(|of| of.table == t) {
            tidy(table, log);
        } else {
            table.times = Vec::new();
            table.columns.iter_mut().for_each(|column| column.values = Vec::new());
        }
    }
    if log.has_faults() {
        return None;
    }
    let step = step(&tables, &uses, options, log)?;
    differences(&mut tables, &uses, step, log);
    for table in tables.iter_mut().filter(|table| table.kind.times_are_ends()) {
        table.times.iter_mut().for_each(|time| *time -= step);
    }
    if tables.iter().any(|table| table.kind.times_are_ends()) {
        log.assume(
            "a time of Prometheus is the end of its step, for a query looks back from there"
                .to_string(),
        );
    }
    let (from, to) = (options.from, options.to);
    if from.is_some() || to.is_some() {
        let bound = |seconds: i64| seconds.saturating_mul(1000);
        let (from, to) = (from.map_or(i64::MIN, bound), to.map_or(i64::MAX, bound));
        for table in &mut tables {
            table.retain(|table, row| {
                table.times.get(row).is_some_and(|at| (from..to).contains(at))
            });
        }
    }
    let grid = grid(&mut tables, &uses, step, log)?;
    let mut left: BTreeMap<(usize, usize), u32> = BTreeMap::new();
    for of in &uses {
        *left.entry((of.table, of.column)).or_default() += 1;
    }
    let mut joiner = Joiner { tables, uses, grid, left, no_errors, options, log };
    let baseline = joiner.arm(Arm::Baseline)?;
    let canary = joiner.arm(Arm::Canary);
    if joiner.log.has_faults() {
        return None;
    }
    record(grid, baseline, canary, options, log)
}

/// Puts the rows of a table into order, without those that are there twice.
fn tidy(table: &mut Table, log: &mut Log<'_>) {
    if let Some(row) = table.first_unsorted() {
        let place = table.place(row);
        table.sort();
        log.warn(
            place,
            "",
            "the times are not in order from here on; they were sorted".to_string(),
        );
    }
    if table.times.windows(2).all(|pair| pair[0] < pair[1]) {
        return;
    }
    let (mut twice, mut first_twice) = (0u64, None);
    let mut keep = vec![true; table.times.len()];
    let mut kept = 0;
    for (row, keep) in keep.iter_mut().enumerate().skip(1) {
        if table.times[row] != table.times[kept] {
            kept = row;
        } else if table.same(kept, row) {
            *keep = false;
            twice += 1;
            first_twice = first_twice.or(Some(row));
        } else {
            let line = log.line(table.place(kept));
            let hint = match table.is_local {
                true => {
                    "; local times have an hour twice at the end of daylight saving time, and the \
                     option time_zone tells the two apart"
                }
                false => "",
            };
            let of = match table.labels.is_empty() {
                true => String::new(),
                false => format!(" of {}", super::prometheus::called("", &table.labels)),
            };
            log.fault(table.place(row), "", || {
                format!(
                    "expected one row{of} for each time, found another of {} in line {line}, with \
                     other values{hint}",
                    time::shown(table.times[row])
                )
            });
        }
    }
    if let Some(row) = first_twice {
        log.warn(
            table.place(row),
            "",
            match twice {
                1 => "the same row a second time; it was left out".to_string(),
                twice => format!(
                    "the same row a second time, the first of {}; they were left out",
                    thousands(twice)
                ),
            },
        );
        table.retain(|_, row| keep.get(row).copied().unwrap_or(true));
    }
}

/// The length of a step in milliseconds: the most common time between two rows of the
/// series that count requests, or else of all.
fn step(tables: &[Table], uses: &[Use], options: &Options, log: &mut Log<'_>) -> Option<i64> {
    let lengths = |is_of: &dyn Fn(&Use) -> bool| {
        let mut lengths: BTreeMap<i64, u64> = BTreeMap::new();
        for of in uses.iter().filter(|of| is_of(of)) {
            for pair in tables[of.table].times.windows(2).take(SAMPLED) {
                let seconds = (pair[1] - pair[0] + 500).div_euclid(1000);
                *lengths.entry(seconds).or_default() += 1;
            }
        }
        lengths
    };
    let mut found = lengths(&is_volume);
    if found.is_empty() {
        found = lengths(&|_| true);
    }
    // Of those that are equally common, the roundest.
    let most = found
        .iter()
        .max_by_key(|(length, count)| (**count, **length % 60 == 0, **length % 10 == 0, -**length));
    match (most.map(|(length, _)| *length), options.step_seconds) {
        (Some(0), _) => {
            log.fault_of_all("expected steps of at least a second, found several times in one");
            None
        }
        (Some(found), _) if u32::try_from(found).is_err() => {
            log.fault_of_all(format!("expected steps of less than 136 years, found {found} s"));
            None
        }
        (Some(found), Some(step)) if step == 0 || i64::from(step) % found != 0 => {
            log.fault_of_all(format!(
                "step_seconds: expected a multiple of the {found} s in the files, found {step}"
            ));
            None
        }
        (Some(found), _) => Some(found * 1000),
        (None, Some(step)) if step > 0 => Some(i64::from(step) * 1000),
        (None, _) => {
            log.fault_of_all(
                "expected requests at two times or more, found one: how long a step is cannot be \
                 told; the option step_seconds says it",
            );
            None
        }
    }
}

/// Makes counts of raw counters: the differences between neighbouring rows. A counter that
/// falls was started again from 0.
fn differences(tables: &mut [Table], uses: &[Use], step: i64, log: &mut Log<'_>) {
    let mut done: Vec<(usize, usize)> = Vec::new();
    for of in uses.iter().filter(|of| of.unit == Unit::Counter) {
        if done.contains(&(of.table, of.column)) {
            continue;
        }
        done.push((of.table, of.column));
        let Some(table) = tables.get_mut(of.table) else { continue };
        let (mut resets, mut first) = (0u64, 0);
        let (times, Some(column)) = (&table.times, table.columns.get_mut(of.column)) else {
            continue;
        };
        for row in (0..column.values.len()).rev() {
            let before =
                row.checked_sub(1).filter(|before| times[row] - times[*before] <= step + step / 2);
            let value = column.values[row];
            let before = before.map_or(f64::NAN, |before| column.values[before]);
            column.values[row] = if value < before {
                (resets, first) = (resets + 1, row);
                value
            } else {
                value - before
            };
        }
        if resets > 0 {
            let shown = column.shown.clone();
            let place = table.place(first);
            let message = match resets {
                1 => "the counter starts again from 0 here".to_string(),
                _ => format!("the counter starts again from 0 here, the first of {resets} times"),
            };
            log.warn(place, &shown, message);
        }
    }
}

fn is_volume(of: &Use) -> bool {
    matches!(of.measure, Measure::Requests | Measure::Successes)
}

/// The steps of all series; the times of the tables become numbers of steps.
fn grid(tables: &mut [Table], uses: &[Use], step: i64, log: &mut Log<'_>) -> Option<Grid> {
    let mut phases: BTreeMap<i64, u64> = BTreeMap::new();
    for of in uses.iter().filter(|of| is_volume(of)) {
        for time in tables[of.table].times.iter().take(SAMPLED) {
            *phases.entry(time.rem_euclid(step)).or_default() += 1;
        }
    }
    let phase = phases.iter().max_by_key(|(phase, count)| {
        (**count, **phase % 60_000 == 0, **phase % 1000 == 0, -**phase)
    });
    let Some(phase) = phase.map(|(phase, _)| *phase) else {
        log.fault_of_all("no row is in the time that is asked for, expected at least one");
        return None;
    };
    let is_used = |t: usize| uses.iter().any(|of| of.table == t);
    let mut first: Option<(i64, Place)> = None;
    let mut last: Option<(i64, Place)> = None;
    for t in (0..tables.len()).filter(|t| is_used(*t)) {
        let table = &mut tables[t];
        let (mut moved, mut furthest, mut first_moved) = (0u64, 0, None);
        for row in 0..table.times.len() {
            let time = table.times[row];
            let index = (time - phase + step / 2).div_euclid(step);
            let off = (time - phase - index * step).abs();
            if off > step / 4 {
                log.fault(table.place(row), "", || {
                    format!(
                        "expected a time every {} s like the others, found {}, which is {} s off",
                        step / 1000,
                        time::shown(time),
                        plain(off as f64 / 1000.0)
                    )
                });
            } else if off > step / 50 {
                moved += 1;
                furthest = off.max(furthest);
                first_moved = first_moved.or(Some(row));
            }
            if row > 0 && table.times[row - 1] == index {
                let line = log.line(table.place(row - 1));
                log.fault(table.place(row), "", || {
                    format!(
                        "expected one row for each step of {} s, found another in line {line}",
                        step / 1000
                    )
                });
            }
            table.times[row] = index;
        }
        if let Some(row) = first_moved {
            let message = format!(
                "{} times are up to {} s off the steps of {} s, and were moved to them",
                thousands(moved),
                plain(furthest as f64 / 1000.0),
                step / 1000
            );
            log.warn(table.place(row), "", message);
        }
        if let (Some(low), Some(high)) = (table.times.first(), table.times.last()) {
            if first.is_none_or(|(first, _)| *low < first) {
                first = Some((*low, table.place(0)));
            }
            if last.is_none_or(|(last, _)| *high > last) {
                last = Some((*high, table.place(table.times.len() - 1)));
            }
        }
    }
    if log.has_faults() {
        return None;
    }
    let (Some((first, at_first)), Some((last, at_last))) = (first, last) else { return None };
    let steps = (last - first + 1) as u64;
    if steps > MAX_STEPS as u64 {
        // The one that is far from the others.
        let times = (0..tables.len()).filter(|t| is_used(*t)).map(|t| &tables[t].times);
        let middle =
            times.max_by_key(|times| times.len()).and_then(|times| times.get(times.len() / 2));
        let is_first = middle.is_some_and(|middle| middle - first > last - middle);
        log.fault(if is_first { at_first } else { at_last }, "", || {
            format!(
                "expected at most {} steps, found {} of {} s from {} to {}",
                thousands(MAX_STEPS as u64),
                thousands(steps),
                step / 1000,
                time::shown(phase + first * step),
                time::shown(phase + last * step)
            )
        });
        return None;
    }
    for t in (0..tables.len()).filter(|t| is_used(*t)) {
        tables[t].times.iter_mut().for_each(|index| *index -= first);
    }
    Some(Grid { start: phase + first * step, step, steps: steps as usize })
}

struct Joiner<'a, 'l> {
    tables: Vec<Table>,
    uses: Vec<Use>,
    grid: Grid,
    /// How often the values of a column are still to be read.
    left: BTreeMap<(usize, usize), u32>,
    no_errors: bool,
    options: &'a Options,
    log: &'a mut Log<'l>,
}

/// The values of one or several series, by step.
struct Laid {
    values: Vec<f64>,
    /// Steps for which there is a row without a value.
    gaps: Vec<i64>,
}

impl Joiner<'_, '_> {
    /// What is recorded of a version; `None` if nothing is.
    fn arm(&mut self, arm: Arm) -> Option<ArmRecord> {
        let has = |uses: &[Use], measure: Measure| {
            uses.iter().any(|of| of.arm == arm && of.measure == measure)
        };
        if !self.uses.iter().any(|of| of.arm == arm) {
            return None;
        }
        let mut latency = Vec::new();
        let mut quantiles: Vec<f64> = Vec::new();
        for of in self.uses.iter().filter(|of| of.arm == arm) {
            if let Measure::Latency(q) = of.measure
                && !quantiles.contains(&q)
            {
                quantiles.push(q);
            }
        }
        quantiles.sort_by(f64::total_cmp);
        for q in quantiles {
            latency.push(Quantile { q, ms: self.lay(arm, Measure::Latency(q)).values });
        }
        let counted = has(&self.uses, Measure::Requests).then(|| self.lay(arm, Measure::Requests));
        let (requests, errors) = match counted {
            Some(requests) => {
                let mut requests = requests.values;
                let errors = self.errors(arm, &mut requests);
                (requests, errors)
            }
            None => {
                let successes = self.lay(arm, Measure::Successes).values;
                let errors = self.lay(arm, Measure::Errors);
                let errors = self.with_zeros(arm, errors, &successes);
                let requests = successes.iter().zip(&errors).map(|(s, e)| s + e).collect();
                (requests, errors)
            }
        };
        Some(ArmRecord { requests, errors, latency })
    }

    /// The errors of a version whose requests are known.
    fn errors(&mut self, arm: Arm, requests: &mut [f64]) -> Vec<f64> {
        let measures =
            [Measure::Errors, Measure::Successes, Measure::ErrorRate, Measure::SuccessRate];
        let is_recorded =
            |measure: &Measure| self.uses.iter().any(|of| of.arm == arm && of.measure == *measure);
        let Some(measure) = measures.into_iter().find(is_recorded) else {
            return self.unrecorded(arm, requests);
        };
        let laid = self.lay(arm, measure);
        if measure == Measure::Errors {
            let errors = self.with_zeros(arm, laid, requests);
            return self.checked(arm, measure, requests, errors);
        }
        let mut values = laid.values;
        for (value, requests) in values.iter_mut().zip(&*requests) {
            *value = match measure {
                _ if *requests == 0.0 => 0.0,
                Measure::Successes => requests - *value,
                Measure::ErrorRate => requests * *value,
                _ => requests * (1.0 - *value),
            };
        }
        self.checked(arm, measure, requests, values)
    }

    /// The errors of a version of which no series counts them.
    fn unrecorded(&mut self, arm: Arm, requests: &[f64]) -> Vec<f64> {
        let leaves_out =
            |of: &Use| self.tables.get(of.table).is_some_and(|table| table.kind.leaves_out_zeros());
        let is_other = self.uses.iter().any(|of| of.measure == Measure::Errors && leaves_out(of));
        let is_zero = self.options.absent_errors_are_zero.unwrap_or(self.no_errors || is_other);
        if is_zero {
            self.log.assume(format!(
                "the {} has no series of errors, and so it had no errors",
                arm.name()
            ));
            return requests.iter().map(|requests| requests * 0.0).collect();
        }
        self.log.warn_of_all(format!(
            "no series says that it counts the errors of the {}: they are not recorded; an option \
             such as errors=NAME says what one measures",
            arm.name()
        ));
        vec![f64::NAN; requests.len()]
    }

    /// Errors with zeros where monitoring leaves them out.
    fn with_zeros(&mut self, arm: Arm, errors: Laid, requests: &[f64]) -> Vec<f64> {
        let of_errors =
            self.uses.iter().filter(|of| of.measure == Measure::Errors && of.arm == arm);
        let mut tables = of_errors.filter_map(|of| self.tables.get(of.table));
        let leaves_out = tables.all(|table| table.kind.leaves_out_zeros());
        let mut values = errors.values;
        if !self.options.absent_errors_are_zero.unwrap_or(leaves_out) {
            return values;
        }
        let mut gaps = errors.gaps;
        gaps.sort_unstable();
        let mut filled = 0;
        for (step, (value, requests)) in values.iter_mut().zip(requests).enumerate() {
            if value.is_nan() && !requests.is_nan() && gaps.binary_search(&(step as i64)).is_err() {
                *value = 0.0;
                filled += 1;
            }
        }
        if filled > 0 {
            self.log.assume(format!(
                "{} steps of the {} have requests and no value of errors, and so no errors; the \
                 option absent_errors_are_zero says otherwise",
                thousands(filled),
                arm.name()
            ));
        }
        values
    }

    /// Errors that are not above the requests.
    fn checked(
        &mut self,
        arm: Arm,
        measure: Measure,
        requests: &[f64],
        mut errors: Vec<f64>,
    ) -> Vec<f64> {
        let (mut rounded, mut alone) = (0u64, 0u64);
        for (step, (errors, requests)) in errors.iter_mut().zip(requests).enumerate() {
            if requests.is_nan() {
                alone += u64::from(*errors > 0.0);
                *errors = f64::NAN;
                continue;
            }
            // What is below 0 or no rate was a fault before.
            let is_reported = match measure {
                Measure::Errors => *errors < 0.0 || *requests < 0.0,
                Measure::Successes => *requests < 0.0,
                _ => true,
            };
            if *errors <= *requests && *errors >= 0.0 || errors.is_nan() || is_reported {
                continue;
            }
            let is_fractional = errors.fract() != 0.0 || requests.fract() != 0.0;
            let slack = if is_fractional { requests * EXTRAPOLATED + 0.5 } else { 0.0 };
            if *errors <= requests + slack && *errors >= -slack {
                rounded += 1;
                *errors = errors.clamp(0.0, *requests);
                continue;
            }
            let (place, shown) = place_of(&self.tables, &self.uses, arm, measure, step);
            let (errors, requests) = (*errors, *requests);
            self.log.fault(place, &shown, || match measure {
                Measure::Successes => format!(
                    "expected at most as many successes as requests, {}, found {}",
                    plain(requests),
                    plain(requests - errors)
                ),
                _ => format!(
                    "expected at most as many errors as requests, {}, found {}",
                    plain(requests),
                    plain(errors)
                ),
            });
        }
        if rounded > 0 {
            self.log.assume(format!(
                "in {} steps of the {} the fractional errors are above the requests by less than \
                 {} %, as extrapolation makes them, and were cut to the requests",
                thousands(rounded),
                arm.name(),
                EXTRAPOLATED * 100.0
            ));
        }
        if alone > 0 {
            self.log.warn_of_all(format!(
                "{} steps of the {} have errors and no requests, and are gaps",
                thousands(alone),
                arm.name()
            ));
        }
        errors
    }

    /// The values of a measure of a version, by step: counts are added.
    fn lay(&mut self, arm: Arm, measure: Measure) -> Laid {
        let uses: Vec<Use> =
            self.uses.iter().filter(|of| of.arm == arm && of.measure == measure).cloned().collect();
        let steps = self.grid.steps;
        let mut laid = Laid { values: Vec::new(), gaps: Vec::new() };
        let is_several_files = uses.iter().any(|of| self.file(of) != self.file(&uses[0]));
        let mut filled_by: Vec<u32> =
            if is_several_files { vec![u32::MAX; steps] } else { Vec::new() };
        let mut added: Option<(u32, u32)> = None;
        for (i, of) in uses.iter().enumerate() {
            let factor = self.factor(of);
            let Some(table) = self.tables.get_mut(of.table) else { continue };
            let Some(column) = table.columns.get_mut(of.column) else { continue };
            let shown = column.shown.clone();
            let left = self.left.entry((of.table, of.column)).or_default();
            *left = left.saturating_sub(1);
            let values = match *left {
                0 => std::mem::take(&mut column.values),
                _ => column.values.clone(),
            };
            check(&values, of, table, &shown, self.log);
            // Rows of all steps in order are the record's column itself.
            let is_whole = values.len() == steps && uses.len() == 1;
            if is_whole && table.times.iter().zip(0..).all(|(time, step)| *time == step) {
                laid.values = values;
                if factor != 1.0 {
                    laid.values.iter_mut().for_each(|value| *value *= factor);
                }
                laid.gaps = nans(&laid.values);
                continue;
            }
            if i == 0 {
                laid.values = vec![f64::NAN; steps];
            }
            for (row, (time, value)) in table.times.iter().zip(&values).enumerate() {
                let Some(cell) = laid.values.get_mut(*time as usize) else { continue };
                if value.is_nan() {
                    laid.gaps.push(*time);
                    continue;
                }
                let value = value * factor;
                if cell.is_nan() {
                    *cell = value;
                } else if measure.is_count() {
                    *cell += value;
                } else {
                    self.log.fault(table.place(row), &shown, || {
                        format!(
                            "expected one series of {measure} for the {}, found another of the \
                             same time; a quantile or a rate of several cannot be told from theirs",
                            arm.name()
                        )
                    });
                }
                if let Some(by) = filled_by.get_mut(*time as usize) {
                    if *by != u32::MAX && *by != table.file {
                        added = added.or(Some((*by, table.file)));
                    }
                    *by = table.file;
                }
            }
        }
        if laid.values.is_empty() {
            laid.values = vec![f64::NAN; steps];
        }
        if let Some((one, other)) = added.filter(|_| measure.is_count()) {
            let one = self.log.name(one).to_string();
            self.log.warn(
                Place::File(other),
                "",
                format!(
                    "the {measure} of the {} at the same times are in {} too; they were added",
                    arm.name(),
                    crate::message::shown(&one)
                ),
            );
        }
        laid
    }

    fn file(&self, of: &Use) -> Option<u32> {
        self.tables.get(of.table).map(|table| table.file)
    }

    /// What a value is multiplied by.
    fn factor(&mut self, of: &Use) -> f64 {
        let seconds = self.grid.seconds();
        let range = of.range_seconds.filter(|range| f64::from(*range) != seconds);
        if let (Some(range), true) = (range, of.measure.is_count()) {
            let (range, place) = (f64::from(range), Place::File(self.file(of).unwrap_or_default()));
            let message = format!(
                "the query counts over {} s at steps of {} s: {}; expected a range of one step",
                plain(range),
                plain(seconds),
                match range > seconds {
                    true => "a request is in several steps, and counts are smoother than they were",
                    false => "a part of the requests is in no step",
                }
            );
            if !self.log.warnings.iter().any(|of| of.problem.message == message) {
                self.log.warn(place, "", message);
            }
            if of.unit == Unit::PerStep {
                return seconds / range;
            }
        }
        match of.unit {
            Unit::PerStep | Unit::Counter | Unit::Ratio | Unit::Milliseconds => 1.0,
            Unit::PerSecond => seconds,
            Unit::PerMinute => seconds / 60.0,
            Unit::Percent => 0.01,
            Unit::Seconds => 1e3,
            Unit::Microseconds => 1e-3,
            Unit::Nanoseconds => 1e-6,
        }
    }
}

/// Checks the values of a series, and that counts do not look like a counter.
fn check(values: &[f64], of: &Use, table: &Table, shown: &str, log: &mut Log<'_>) {
    let most = match of.unit {
        Unit::Ratio => 1.0,
        Unit::Percent => 100.0,
        _ => MAX_VALUE,
    };
    for (row, value) in values.iter().enumerate() {
        if *value < 0.0 {
            log.fault(table.place(row), shown, || {
                format!("expected a number of at least 0, found {}", plain(*value))
            });
        } else if *value > most {
            log.fault(table.place(row), shown, || match of.unit {
                Unit::Ratio => format!(
                    "expected a rate in 0..=1, found {}; if it is in percent, an option such as \
                     `{} in percent` says so",
                    plain(*value),
                    of.measure
                ),
                Unit::Percent => format!("expected a rate in 0..=100, found {}", plain(*value)),
                _ => format!("expected a number of at most 10^15, found {}", plain(*value)),
            });
        }
    }
    // So large a rate is rather one in percent, all of it below 1 %.
    const UNLIKELY_RATE: f64 = 0.2;
    let known = || values.iter().filter(|value| !value.is_nan());
    let mean = known().sum::<f64>() / known().count().max(1) as f64;
    if of.measure == Measure::ErrorRate && of.unit == Unit::Ratio && mean > UNLIKELY_RATE {
        log.warn(
            table.place(0),
            shown,
            format!(
                "on average {} of the requests fail; if the rate is in percent, an option such as \
                 `{} in percent` says so",
                percent(mean),
                of.measure
            ),
        );
    }
    const ENOUGH: usize = 20;
    let grows = |pair: &[f64]| pair[1] > pair[0];
    if of.unit == Unit::PerStep
        && values.len() >= ENOUGH
        && values.windows(2).all(|pair| pair[1] >= pair[0])
        && values.windows(2).filter(|pair| grows(pair)).count() * 10 >= values.len() * 9
    {
        log.warn(table.place(0), shown, format!(
            "the counts grow from step to step as a counter does; if it is one, an option such as \
             `{} counter` says so",
            of.measure
        ));
    }
}

/// The place of the value of a measure in a step, and how it is called.
fn place_of(
    tables: &[Table],
    uses: &[Use],
    arm: Arm,
    measure: Measure,
    step: usize,
) -> (Place, String) {
    let found = uses.iter().filter(|of| of.arm == arm && of.measure == measure).find_map(|of| {
        let table = tables.get(of.table)?;
        let row = table.times.binary_search(&(step as i64)).ok()?;
        Some((table.place(row), table.columns.get(of.column)?.shown.clone()))
    });
    found.unwrap_or((Place::File(0), String::new()))
}

fn nans(values: &[f64]) -> Vec<i64> {
    (0..).zip(values).filter(|(_, value)| value.is_nan()).map(|(step, _)| step).collect()
}

/// The record of the columns, without gaps at both ends, in the steps that are asked for.
fn record(
    grid: Grid,
    baseline: ArmRecord,
    canary: Option<ArmRecord>,
    options: &Options,
    log: &mut Log<'_>,
) -> Option<Record> {
    let mut arms: Vec<ArmRecord> = [Some(baseline), canary].into_iter().flatten().collect();
    let (step, mut start) = (grid.step / 1000, grid.start.div_euclid(1000));
    start += trimmed(&mut arms) * step;
    let step = match options.step_seconds.map(i64::from) {
        Some(longer) if longer > step => {
            let before = start.rem_euclid(longer) / step;
            start -= before * step;
            arms.iter_mut().for_each(|arm| coarser(arm, before as usize, (longer / step) as usize));
            start += trimmed(&mut arms) * longer;
            if arms.iter().any(|arm| !arm.latency.is_empty()) {
                log.assume(
                    "a latency quantile of a longer step is the mean of those within, weighted by \
                     requests, which is near to it and not the same"
                        .to_string(),
                );
            }
            longer
        }
        _ => step,
    };
    if arms.iter().any(|arm| arm.requests.iter().all(|value| value.is_nan())) {
        log.fault_of_all("a version has no step with a value of requests, expected at least one");
        return None;
    }
    let mut arms = arms.into_iter();
    let (baseline, canary) = (arms.next()?, arms.next());
    match Record::new(start, step as u32, baseline, canary) {
        Ok(record) => Some(record),
        Err(message) => {
            log.fault_of_all(message);
            None
        }
    }
}

/// Leaves out the steps at both ends of which nothing is recorded; how many at the start.
fn trimmed(arms: &mut [ArmRecord]) -> i64 {
    let steps = arms.first().map_or(0, |arm| arm.requests.len());
    let is_gap = |step: &usize| {
        let is_nan = |column: &Vec<f64>| column.get(*step).is_none_or(|value| value.is_nan());
        arms.iter().all(|arm| {
            let mut latency = arm.latency.iter();
            is_nan(&arm.requests)
                && is_nan(&arm.errors)
                && latency.all(|quantile| is_nan(&quantile.ms))
        })
    };
    let first = (0..steps).take_while(is_gap).count();
    let end = steps - (first..steps).rev().take_while(is_gap).count();
    for column in arms.iter_mut().flat_map(|arm| {
        let latency = arm.latency.iter_mut().map(|quantile| &mut quantile.ms);
        [&mut arm.requests, &mut arm.errors].into_iter().chain(latency)
    }) {
        column.truncate(end);
        if first > 0 {
            column.drain(..first);
        }
    }
    first as i64
}

/// Adds the counts of so many steps each; the first step has `before` missing ones before
/// it. A step with a gap within is a gap.
fn coarser(arm: &mut ArmRecord, before: usize, per: usize) {
    let groups = |column: &[f64], of: &dyn Fn(usize, usize) -> f64| -> Vec<f64> {
        let count = (before + column.len()).div_ceil(per);
        let group = |i: usize| {
            let (start, end) = (i * per, (i + 1) * per);
            if start < before || end > before + column.len() {
                return f64::NAN;
            }
            of(start - before, end - before)
        };
        (0..count).map(group).collect()
    };
    let sum = |column: &[f64], start: usize, end: usize| -> f64 {
        column.get(start..end).unwrap_or_default().iter().sum()
    };
    for quantile in &mut arm.latency {
        let (ms, requests) = (&quantile.ms, &arm.requests);
        let mean = |start: usize, end: usize| {
            let (mut weighted, mut weight) = (0.0, 0.0);
            for (ms, requests) in ms.iter().zip(requests).take(end).skip(start) {
                if !ms.is_nan() && *requests > 0.0 {
                    weighted += ms * requests;
                    weight += requests;
                }
            }
            if weight > 0.0 { weighted / weight } else { f64::NAN }
        };
        quantile.ms = groups(ms, &mean);
    }
    arm.errors = groups(&arm.errors, &|start, end| sum(&arm.errors, start, end));
    arm.requests = groups(&arm.requests, &|start, end| sum(&arm.requests, start, end));
}
