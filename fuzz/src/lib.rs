//! Properties that must hold for any input. `cargo fuzz` calls these functions with
//! inputs of its own. `tests/it/fuzzed.rs` calls them with a few thousand seeded
//! inputs in every run of the test suite.

mod generate;

use canary_rollout::config::{Config, ConfigError};
use canary_rollout::observation::Arm;
use canary_rollout::policy::{Call, State, Step};
use canary_rollout::problem::Source;
use canary_rollout::record::{self, Binding, Input, MAX_STEPS, Record};
use canary_rollout::rollout::{Rollout, TickRow};
use canary_rollout::study::{Estimate, MAX_RUNS, Study, StudyReport};
use canary_rollout::text;
use generate::Bytes;
use serde_json::Value;

/// Any text is either refused with faults whose places are in the text, or a
/// configuration that can be written and read back.
pub fn text_to_config(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Some(config) = read(text) {
        for warning in config.warnings_in(text) {
            check_place(warning.line_column, text);
            assert!(!warning.message.is_empty());
        }
    }
}

/// A plan and a sequence of calls: counts add up, a refused call changes nothing, a
/// terminal state is final, and the commands replay the rollout.
pub fn rollout(bytes: &[u8]) {
    let mut bytes = Bytes::new(bytes);
    let (seed, calls) = (bytes.seed(), bytes.calls());
    let Some(config) = read(&generate::config(&mut bytes).to_string()) else { return };

    let mut rollout = Rollout::new(&config, seed);
    for call in calls {
        let before = (rollout.state(), rollout.ticks(), rollout.history().decisions.len());
        let allowed = call.check(rollout.state()).is_ok();
        let done = make(&mut rollout, call);
        assert_eq!(done, allowed, "{} in {}", call.name(), before.0);
        let after = (rollout.state(), rollout.ticks(), rollout.history().decisions.len());
        assert!(done || before == after, "{} was refused", call.name());
        assert!(!before.0.is_terminal() || !done, "{} after the end", call.name());
    }
    rollout.run().expect("a rollout that no person holds up ends");
    check_rows(&rollout);
    check_report(&rollout);
}

/// Any options of a study are either refused with faults, or give a study whose
/// probabilities are inside their intervals and do not depend on how the runs are
/// divided.
pub fn study_options(bytes: &[u8]) {
    let mut bytes = Bytes::new(bytes);
    let config = generate::SMALL[usize::from(bytes.byte()) % generate::SMALL.len()];
    let options = match bytes.byte() % 2 {
        0 => generate::options(&mut bytes).to_string(),
        _ => String::from_utf8_lossy(bytes.rest()).into_owned(),
    };
    let mut study = match Study::from_text(config, &options) {
        Ok(study) => study,
        Err(error) => return check_error(&error, None),
    };
    assert!((1..=MAX_RUNS).contains(&study.runs()));
    check_study(&study.report());
    // A field that is set or swept can make a plan of 100,000 ticks.
    if study.rollouts_per_run() > 24 || study.report().config.policy().most_ticks() > 400 {
        return;
    }
    study.advance(3);
    assert_eq!(study.done(), study.runs().min(3));
    let report = study.report();
    check_study(&report);
    let mut again = Study::from_text(config, &options).expect("it was valid before");
    (0..3).for_each(|_| again.advance(1));
    assert_eq!(again.report(), report);
}

/// Any files and options are either a record of which every number is possible, or
/// refused with faults whose lines are in the files; the same from bytes as from a text.
/// The first byte chooses options; a zero byte parts files.
pub fn recorded_counts(bytes: &[u8]) {
    let (choice, bytes) = bytes.split_first().unwrap_or((&0, &[]));
    let parts: Vec<&[u8]> = bytes.split(|byte| *byte == 0).take(3).collect();
    let names = ["requests.json", "errors-canary.csv", "sum(rate(x_total{code=~\"5..\"}[5m]))"];
    let has = |bit: u8| choice & bit != 0;
    let binding = |text: &str| -> Binding { text.parse().expect("a role and a selector") };
    let options = record::Options {
        series: match choice >> 6 {
            0 => Vec::new(),
            1 => vec![binding("requests=requests"), binding("p99 in s=p99")],
            2 => vec![binding("requests counter=*")],
            _ => vec![binding("canary.error_rate in percent=e*"), binding("nothing=p*")],
        },
        baseline: has(1).then(|| "v1".to_string()),
        canary: has(2).then(|| "version=v2".to_string()),
        from: has(4).then_some(1_772_323_260),
        step_seconds: has(8).then_some(300),
        time_zone: has(16).then(|| "CET-1CEST,M3.5.0,M10.5.0/3".to_string()),
        absent_errors_are_zero: has(32).then_some(true),
        ..record::Options::default()
    };
    let inputs = names
        .iter()
        .zip(&parts)
        .map(|(name, bytes)| Input { name: (*name).to_string(), bytes: Box::new(*bytes) });
    let streamed = record::read_from(inputs.collect(), &options);
    let texts: Result<Vec<&str>, _> = parts.iter().map(|part| std::str::from_utf8(part)).collect();
    let Ok(texts) = texts else {
        check_reading(&streamed, None);
        return;
    };
    let sources: Vec<Source<'_>> =
        names.iter().zip(&texts).map(|(name, text)| Source { name, text }).collect();
    let read = record::read(&sources, &options);
    check_reading(&read, Some(&texts));
    // To write millions of steps takes seconds.
    let is_long = |read: &Result<record::Reading, _>| {
        read.as_ref().is_ok_and(|reading| reading.record.steps() > 100_000)
    };
    if !is_long(&read) && !is_long(&streamed) {
        // NaN differs from itself.
        assert_eq!(format!("{read:?}"), format!("{streamed:?}"));
    }
}

fn check_reading(read: &Result<record::Reading, record::RecordError>, texts: Option<&[&str]>) {
    let problems = match read {
        Ok(reading) => {
            check_record(&reading.record);
            assert!(!reading.understood.is_empty());
            &reading.warnings
        }
        Err(error) => {
            assert!(!error.problems().is_empty());
            &error.problems().to_vec()
        }
    };
    for of in problems {
        assert!(!of.problem.message.is_empty());
        assert!(of.line().lines().count() == 1, "{of}");
        let (Some(texts), Some(index), Some((line, column))) =
            (texts, of.index, of.problem.line_column)
        else {
            continue;
        };
        let lines = texts[index as usize].split('\n').count();
        assert!(line >= 1 && column >= 1 && line as usize <= lines, "{of}");
    }
}

fn check_record(record: &Record) {
    let steps = record.steps();
    assert!((1..=MAX_STEPS).contains(&steps) && record.step_seconds() > 0);
    let mut is_recorded = false;
    for of in [Arm::Baseline, Arm::Canary].into_iter().filter_map(|arm| record.arm(arm)) {
        assert!(of.requests.len() == steps && of.errors.len() == steps);
        for (requests, errors) in of.requests.iter().zip(&of.errors) {
            is_recorded |= !requests.is_nan();
            assert!(requests.is_nan() || (0.0..1e20).contains(requests), "{requests}");
            assert!(errors.is_nan() || (0.0..=*requests).contains(errors), "{errors} {requests}");
        }
        for quantile in &of.latency {
            assert!(quantile.q > 0.0 && quantile.q < 1.0 && quantile.ms.len() == steps);
            assert!(quantile.ms.iter().all(|ms| ms.is_nan() || (0.0..1e20).contains(ms)));
        }
    }
    assert!(is_recorded);
}

/// Reads the configuration of a text, and checks that it can be written and read
/// back.
fn read(text: &str) -> Option<Config> {
    let config = match Config::from_text(text) {
        Ok(config) => config,
        Err(error) => {
            check_error(&error, Some(text));
            return None;
        }
    };
    let written = serde_json::to_string(&config).expect("a configuration can be written");
    let again = Config::from_text(&written).unwrap_or_else(|e| panic!("{e}\nin {written}"));
    assert_eq!(again, config);
    Some(config)
}

fn check_error(error: &ConfigError, text: Option<&str>) {
    assert!(!error.problems().is_empty());
    assert!(!error.to_string().is_empty());
    for problem in error.problems() {
        assert!(!problem.message.is_empty() && !problem.message.ends_with('.'));
        if let Some(text) = text {
            check_place(problem.line_column, text);
        }
    }
}

/// Checks that a place is in the text, or directly after its last character.
fn check_place(line_column: Option<(u32, u32)>, text: &str) {
    let Some((line, column)) = line_column else { return };
    assert!(line >= 1 && column >= 1);
    let text = text.replace("\r\n", "\n");
    let of_line = text.split(['\n', '\r']).nth(line as usize - 1);
    let of_line = of_line.unwrap_or_else(|| panic!("no line {line} in {text:?}"));
    assert!(column as usize <= of_line.chars().count() + 1, "{line}:{column} in {text:?}");
}

/// Makes a call; whether it was accepted.
fn make(rollout: &mut Rollout, call: Call) -> bool {
    let done = match call {
        Call::Tick => rollout.tick(),
        Call::Advance => rollout.advance(),
        Call::Command(command) => rollout.command(command),
    };
    done.is_ok()
}

fn check_rows(rollout: &Rollout) {
    let config = rollout.plan().config();
    let history = rollout.history();
    assert_eq!(history.ticks.len(), rollout.ticks() as usize);
    for row in &history.ticks {
        let (canary, baseline) = (row.counts.canary, row.counts.baseline);
        assert!(canary.errors <= canary.requests && baseline.errors <= baseline.requests);
        assert!(row.excess_errors <= canary.errors);
        assert!(row.excess_errors == 0 || config.error_ratio() > 1.0);
        assert!((0.0..=1.0).contains(&row.share));
        assert!(row.share < 1.0 || baseline.requests == 0);
    }
    assert!(history.ticks.is_sorted_by(|a, b| a.share <= b.share));
    assert!(history.decisions.is_sorted_by(|a, b| a.tick <= b.tick));
    assert!(history.decisions.iter().all(|decision| decision.tick <= rollout.ticks()));
}

fn check_report(rollout: &Rollout) {
    let report = rollout.report();
    let sum = |of: fn(&TickRow) -> u64| rollout.history().ticks.iter().map(of).sum::<u64>();
    assert_eq!(report.metrics.canary.requests, sum(|row| row.counts.canary.requests));
    assert_eq!(report.metrics.baseline.errors, sum(|row| row.counts.baseline.errors));
    assert_eq!(report.metrics.excess_errors, sum(|row| row.excess_errors));

    let steps = || rollout.history().decisions.iter().map(|decision| decision.step);
    assert_eq!(report.final_state, rollout.state());
    assert_eq!(report.rollback_triggered, steps().any(|step| step == Step::Rollback));
    assert_eq!(report.rollback_triggered, report.rollback_reason.is_some());
    let completed = rollout.state() == State::Completed;
    assert_eq!(completed, steps().any(|step| step == Step::Complete));
    assert_eq!(completed, report.stages_completed == report.total_stages);
    assert!(!text::rollout_text(rollout).is_empty());

    let json = report.to_json();
    let value: Value = serde_json::from_str(&json).expect("a report is JSON");
    let config = Config::from_text(&value["config"].to_string()).expect("a report's config");
    let again = Rollout::replay(&config, rollout.seed(), rollout.commands(), Some(rollout.ticks()));
    assert_eq!(again.expect("its commands are allowed again").report().to_json(), json);
}

fn check_study(report: &StudyReport) {
    let check = |estimate: &Estimate| {
        let Estimate { estimate, low, high } = *estimate;
        let held = report.runs == 0 || (low <= estimate && estimate <= high);
        assert!(0.0 <= low && low <= high && high <= 1.0 && held, "{low} {estimate} {high}");
    };
    check(&report.false_rollback);
    report.missed_regression.iter().for_each(check);
    let json = serde_json::to_string(report).expect("a study can be written");
    let _: Value = serde_json::from_str(&json).expect("a study is JSON");
    assert!(!text::study_text(report).is_empty());
    assert!(!text::study_csv(report).is_empty());
}
