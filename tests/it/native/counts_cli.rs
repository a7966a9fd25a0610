//! Recorded counts on the command line.

use super::program::{Output, run};

const WEEK: &str = "examples/counts/week.csv";

/// The steps that are read, as standard error says them.
#[track_caller]
fn steps(arguments: &[&str]) -> String {
    let Output { status, stderr, .. } =
        run(&[&["fit", WEEK, "--format", "text"], arguments].concat());
    assert_eq!(status, 0, "{stderr}");
    stderr.lines().last().unwrap().trim_start_matches("canary-rollout: ").to_string()
}

#[test]
fn times_are_of_the_time_zone_that_is_said() {
    for (arguments, expected) in [
        (&[][..], "1008 steps of 600 s, from 2026-11-16T00:00:00Z to 2026-11-23T00:00:00Z"),
        (
            &["--from", "2026-11-17"],
            "864 steps of 600 s, from 2026-11-17T00:00:00Z to 2026-11-23T00:00:00Z",
        ),
        (
            &["--from", "2026-11-17", "--to", "2026-11-18 12:00", "--time-zone", "Europe/Berlin"],
            "216 steps of 600 s, from 2026-11-16T23:00:00Z to 2026-11-18T11:00:00Z",
        ),
        (
            &["--from", "2026-11-17T00:00:00Z", "--time-zone", "+05:30"],
            "864 steps of 600 s, from 2026-11-17T00:00:00Z to 2026-11-23T00:00:00Z",
        ),
        (
            &["--from", "1795305600000", "--to", "1795392000"],
            "144 steps of 600 s, from 2026-11-22T00:00:00Z to 2026-11-23T00:00:00Z",
        ),
    ] {
        assert_eq!(steps(arguments), expected, "{arguments:?}");
    }
}

#[test]
fn wrong_uses_are_told() {
    for (arguments, expected) in [
        (&["fit"][..], "expected a file of recorded counts, or --prometheus URL"),
        (&["fit", WEEK, "--from", "yesterday"], "--from: expected a time such as"),
        (
            &["fit", WEEK, "--from", "2026-11-17", "--time-zone", "Mars"],
            "--time-zone: expected a time zone",
        ),
        (
            &["fit", WEEK, "--from", "2026-03-29 02:30", "--time-zone", "Europe/Berlin"],
            "--time-zone: the day does not have the hour of \"2026-03-29 02:30\"",
        ),
        (
            &["study", WEEK],
            "examples/counts/week.csv: a table of recorded counts, expected a config",
        ),
        (&["replay", "default"], "expected a file of recorded counts, or --prometheus URL"),
        (
            &["study", "default", "--from", "-6h"],
            "--from: expected --counts FILE or --prometheus URL",
        ),
        (
            &["study", "default", "--counts", WEEK, "--start-of-day", "9:00"],
            "--start-of-day: found \"9:00\"",
        ),
        (
            &["replay", "default", "--counts", WEEK, "--start", "2027-01-01"],
            "the record is of the times from 2026-11-16T00:00:00Z to 2026-11-23T00:00:00Z, expected a \
             start in between, found 2027-01-01T00:00:00Z",
        ),
        (
            &[
                "fit",
                "--prometheus",
                "http://127.0.0.1:1",
                "--query",
                "requests=x",
                "--from",
                "2001-01-01",
                "--step",
                "1s",
            ],
            "--prometheus: expected at most 5,000,000 steps of 1 s",
        ),
        (
            &["fit", WEEK, "--prometheus", "http://127.0.0.1:1"],
            "--prometheus: expected files or a server",
        ),
        (&["fit", WEEK, "--series", "foo=bar"], "--series: expected what a series measures"),
    ] {
        let Output { status, stdout, stderr } = run(arguments);
        assert_eq!((status, stdout.as_str()), (2, ""), "{arguments:?}: {stderr}");
        let last = stderr.lines().last().unwrap();
        assert!(
            last.starts_with(&format!("canary-rollout: {expected}")),
            "{arguments:?}: {stderr}"
        );
    }
}
