//! Recorded counts: each format that is read, with the record that it gives, and files
//! that people really have and that are wrong, with the sentence and the line.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::import::Source;
use canary_rollout::observation::Arm;
use canary_rollout::record::{Binding, Input, Options, Reading, Record, Role, read, read_from};

/// Files with their names, and options as a person gives them: `requests=a`,
/// `--canary=v2`, `--step=300`.
struct Given<'a> {
    files: &'a [(&'a str, &'a str)],
    options: &'a [&'a str],
}

fn options(words: &[&str]) -> Options {
    let mut options = Options::default();
    for word in words {
        let (key, value) = word.split_once('=').unwrap();
        let text = || Some(value.to_string());
        match key {
            "--baseline" => options.baseline = text(),
            "--canary" => options.canary = text(),
            "--zone" => options.time_zone = text(),
            "--step" => options.step_seconds = value.parse().ok(),
            "--from" => options.from = value.parse().ok(),
            "--to" => options.to = value.parse().ok(),
            "--absent-zero" => options.absent_errors_are_zero = value.parse().ok(),
            _ => options.series.push(word.parse().unwrap()),
        }
    }
    options
}

fn sources<'a>(files: &[(&'a str, &'a str)]) -> Vec<Source<'a>> {
    files.iter().map(|(name, text)| Source { name, text }).collect()
}

/// The reading, which is the same from bytes that come in small parts.
#[track_caller]
fn of(given: &Given<'_>) -> Result<Reading, String> {
    let options = options(given.options);
    let found = read(&sources(given.files), &options).map_err(|error| error.lines());
    let inputs = given.files.iter().map(|(name, text)| Input {
        name: name.to_string(),
        bytes: Box::new(Slow(text.as_bytes())),
    });
    let streamed = read_from(inputs.collect(), &options).map_err(|error| error.lines());
    // NaN differs from itself.
    assert_eq!(format!("{found:?}"), format!("{streamed:?}"));
    found
}

/// Gives seven bytes at a time.
struct Slow<'a>(&'a [u8]);

impl std::io::Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.0.len().min(buffer.len()).min(7);
        buffer[..n].copy_from_slice(&self.0[..n]);
        self.0 = &self.0[n..];
        Ok(n)
    }
}

/// A record as text: the start, the length of a step, and by version the requests and
/// errors of each step, and latencies.
fn shown(record: &Record) -> String {
    let number = |x: &f64| if x.is_nan() { "-".to_string() } else { format!("{x}") };
    let mut text = format!("{} +{}", record.start(), record.step_seconds());
    for arm in [Arm::Baseline, Arm::Canary] {
        let Some(of) = record.arm(arm) else { continue };
        text += if arm == Arm::Baseline { "; baseline" } else { "; canary" };
        for (requests, errors) in of.requests.iter().zip(&of.errors) {
            text += &format!(" {}/{}", number(requests), number(errors));
        }
        for quantile in &of.latency {
            let ms: Vec<String> = quantile.ms.iter().map(number).collect();
            text += &format!(", q{} {}", quantile.q, ms.join(" "));
        }
    }
    text
}

/// The sentences beside the record, in one text.
fn said(reading: &Reading) -> String {
    let roles = reading.understood.iter().map(|of| {
        format!(
            "{} is {}, {}: {}",
            of.series,
            of.role,
            if of.told { "told" } else { "guessed" },
            of.why
        )
    });
    let warnings = reading.warnings.iter().map(|warning| warning.line());
    let all: Vec<String> = roles.chain(reading.assumed.iter().cloned()).chain(warnings).collect();
    all.join("\n")
}

/// Files and options, the record, and parts of what is said.
#[track_caller]
fn check(files: &[(&str, &str)], words: &[&str], record: &str, sentences: &[&str]) {
    match of(&Given { files, options: words }) {
        Ok(reading) => {
            let found = said(&reading);
            assert_eq!(shown(&reading.record), record, "\n{found}");
            for sentence in sentences {
                assert!(found.contains(sentence), "no {sentence:?} in\n{found}");
            }
        }
        Err(error) => panic!("{error}\nin {files:?}"),
    }
}

/// Files and options, and the lines of the error.
#[track_caller]
fn refused(files: &[(&str, &str)], words: &[&str], lines: &[&str]) {
    match of(&Given { files, options: words }) {
        Ok(reading) => panic!("{}\nin {files:?}", shown(&reading.record)),
        Err(error) => assert_eq!(error, lines.join("\n")),
    }
}

/// 2026-03-01T00:00:00Z, in seconds since 1970.
const START: i64 = 1_772_323_200;

/// An answer of Prometheus. A series is its labels and its values, each a minute after the
/// one before, from a minute after the start on; an empty value is left out.
fn matrix(series: &[(&str, &str)]) -> String {
    let of = |(labels, values): &(&str, &str)| {
        let points = values.split(' ').zip(1..).filter(|(value, _)| !value.is_empty());
        let points: Vec<String> =
            points.map(|(value, i)| format!(r#"[{}.0,"{value}"]"#, START + 60 * i)).collect();
        format!(r#"{{"metric":{{{labels}}},"values":[{}]}}"#, points.join(","))
    };
    let result: Vec<String> = series.iter().map(of).collect();
    format!(
        r#"{{"status":"success","data":{{"resultType":"matrix","result":[{}]}}}}"#,
        result.join(",\n")
    )
}

const V1: &str = r#""version":"v1""#;
const V2: &str = r#""version":"v2""#;

#[test]
fn prometheus_answers_are_read() {
    let requests = matrix(&[(V1, "100.5 NaN 120 130"), (V2, " 10 20.25 30")]);
    let errors = matrix(&[(V1, "1.5 0 +Inf 3"), (V2, "   0.5")]);
    let p99 = matrix(&[(V1, "0.18 0.2 NaN 0.25")]);
    let files = [
        ("out/requests.json", requests.as_str()),
        ("out/errors.json", &errors),
        ("out/p99.json", &p99),
    ];
    check(
        &files,
        &["--baseline=v1"],
        "1772323200 +60; baseline 100.5/1.5 -/- 120/- 130/3, q0.99 180 200 - 250; \
         canary -/- 10/0 20.25/0 30/0.5",
        &[
            r#"{version="v1"} is baseline.requests, guessed: the name "requests"; the option says "v1""#,
            r#"{version="v2"} is canary.errors, guessed: the name "errors"; the version beside that of the option"#,
            r#"{version="v1"} is baseline.p99 in s, guessed"#,
            "the latency p99 of out/p99.json is in seconds, which nothing says",
            "a time of Prometheus is the end of its step",
            "2 steps of the canary have requests and no value of errors, and so no errors",
        ],
    );
    // The canary begins later.
    check(
        &files[..2],
        &[],
        "1772323200 +60; baseline 100.5/1.5 -/- 120/- 130/3; canary -/- 10/0 20.25/0 30/0.5",
        &[r#"version "v2" is the canary and "v1" the baseline, because the canary begins later"#],
    );
    check(
        &files[..2],
        &["--baseline=v1", "--absent-zero=false"],
        "1772323200 +60; baseline 100.5/1.5 -/- 120/- 130/3; canary -/- 10/- 20.25/- 30/0.5",
        &[],
    );
    // The bare data, and the bare result.
    let data = requests.split_once(r#""data":"#).unwrap().1;
    let data = data.strip_suffix('}').unwrap();
    let result = data.split_once(r#""result":"#).unwrap().1;
    let result = result.strip_suffix('}').unwrap();
    for text in [data, result] {
        check(
            &[("requests.json", text)],
            &["--baseline=*"],
            "1772323200 +60; baseline 100.5/- 10/- 140.25/- 160/-",
            &["no series says that it counts the errors of the baseline: they are not recorded"],
        );
    }
    // A query that found nothing counts nothing.
    check(
        &[("requests.json", &matrix(&[("", "100 110")])), ("http_5xx.json", &matrix(&[]))],
        &[],
        "1772323200 +60; baseline 100/0 110/0",
        &[
            "the baseline has no series of errors, and so it had no errors",
            "the answer has no series",
        ],
    );
}

#[test]
fn prometheus_queries_say_what_they_count() {
    let name = "sum by (track) (increase(http_requests_total[1m]))";
    let errors = r#"sum by (track) (increase(http_requests_total{code=~"5.."}[1m]))"#;
    let rate =
        r#"sum(rate(http_requests_total{code=~"5.."}[5m])) / sum(rate(http_requests_total[5m]))"#;
    let latency =
        "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[1m])))";
    let tracks = [(r#""track":"stable""#, "100 110"), (r#""track":"canary""#, "10 11")];
    let failed = [(r#""track":"stable""#, "1 2"), (r#""track":"canary""#, "0 1")];
    check(
        &[(errors, &matrix(&failed)), (name, &matrix(&tracks))],
        &[],
        "1772323200 +60; baseline 100/1 110/2; canary 10/0 11/1",
        &[r#"{track="canary"} is canary.errors per step, guessed"#, r#"the word in "stable""#],
    );
    check(
        &[
            ("sum(rate(http_requests_total[1m]))", &matrix(&[("", "2 4")])),
            (rate, &matrix(&[("", "0.5 NaN")])),
            (latency, &matrix(&[("", "0.2 0.3")])),
        ],
        &[],
        "1772323200 +60; baseline 120/60 240/-, q0.95 200 300",
        &["is baseline.requests per second, guessed", "is baseline.error_rate, guessed"],
    );
    // Five times each request, and five times none.
    check(
        &[("increase(http_requests_total[5m])", &matrix(&[("", "500 600")]))],
        &[],
        "1772323200 +60; baseline 100/- 120/-",
        &["the query counts over 300 s at steps of 60 s: a request is in several steps"],
    );
}

#[test]
fn raw_counters_are_differences() {
    let of = |code: &str, pod: &str| {
        format!(r#""__name__":"http_requests_total","code":"{code}","pod":"{pod}""#)
    };
    check(
        &[(
            "query.json",
            &matrix(&[
                (&of("200", "a"), "1000 1100 50 150  250 300"),
                (&of("500", "a"), "7 9 1 1  1 2"),
                (&of("200", "b"), "10 20 30 40  50 60"),
                (&of("302", "b"), "0 1 1 1  1 1"),
            ]),
        )],
        &[],
        // The second step has a restart; between the fifth and the fourth a scrape is missing.
        "1772323260 +60; baseline 113/2 61/1 110/0 -/- -/- 61/1",
        &[
            r#"http_requests_total{code="500", pod="a"} is baseline.errors as counter, guessed"#,
            "the counter starts again from 0 here",
        ],
    );
    // Other names are counters where a person says so.
    check(
        &[("a.json", &matrix(&[("", "5 7 12")])), ("b.json", &matrix(&[("", "1 1 2")]))],
        &["requests counter=a", "errors as counter=b.json"],
        "1772323260 +60; baseline 2/0 5/1",
        &[r#"a is baseline.requests as counter, told: the option says "a""#],
    );
    // `errors.json` has failed answers alone, whatever the metric is called.
    check(
        &[
            ("requests.json", &matrix(&[("", "100 100")])),
            ("failed.json", &matrix(&[(r#""code":"500""#, "1 1"), (r#""code":"503""#, "2 ")])),
        ],
        &[],
        "1772323200 +60; baseline 100/3 100/1",
        &[],
    );
}

#[test]
fn datadog_answers_are_read() {
    let first = r#"{"status":"ok","series":[
 {"metric":"trace.http.request.hits","expression":"sum:trace.http.request.hits{version:v1}.as_count()",
  "scope":"env:prod,version:v1","interval":60,"unit":[{"name":"request"},null],
  "pointlist":[[1772323200000.0,100.0],[1772323260000.0,null],[1772323320000.0,120.0]]},
 {"metric":"trace.http.request.errors","scope":"version:v1","tag_set":["version:v1"],
  "pointlist":[[1772323200000.0,1.0]]},
 {"metric":"trace.http.request.hits","scope":"version:v2",
  "pointlist":[[1772323260000.0,10.0],[1772323320000.0,20.0]]},
 {"metric":"trace.http.request","expression":"p99:trace.http.request{version:v1}","scope":"version:v1",
  "unit":[{"family":"time","name":"millisecond"},null],"pointlist":[[1772323200000,12.5]]}]}"#;
    check(
        &[("hits.json", first)],
        &[],
        "1772323200 +60; baseline 100/1 -/- 120/0, q0.99 12.5 - -; canary -/- 10/0 20/0",
        &[
            "is baseline.p99 in ms, guessed",
            "the canary has no series of errors, and so it had no errors",
        ],
    );
    let second = r#"{"data":{"type":"timeseries_response","attributes":{
 "series":[{"group_tags":["version:v1"],"query_index":0,"unit":[{"name":"hit"},{"name":"second"}]},
           {"group_tags":["version:v1"],"query_index":1,"unit":null}],
 "times":[1772323200000,1772323260000],"values":[[1.5,null],[3,1]]}}}"#;
    check(
        &[("dd.json", second)],
        &["requests=query_index=0", "errors=query1"],
        "1772323200 +60; baseline 90/3",
        &[
            r#"{version="v1", query_index="0"} is baseline.requests per second, told"#,
            "1 steps of the baseline have errors and no requests, and are gaps",
        ],
    );
}

#[test]
fn cloudwatch_answers_are_read() {
    let text = r#"{"MetricDataResults":[
 {"Id":"m1","Label":"RequestCount","StatusCode":"Complete",
  "Timestamps":["2026-03-01T00:03:00+00:00","2026-03-01T00:01:00+00:00","2026-03-01T00:00:00+00:00"],
  "Values":[130.0,110.0,100.0]},
 {"Id":"m2","Label":"HTTPCode_Target_5XX_Count","StatusCode":"PartialData",
  "Timestamps":["2026-03-01T00:01:00+00:00"],"Values":[2.0]},
 {"Id":"m3","Label":"HTTPCode_Target_2XX_Count","Timestamps":[1772323200],"Values":[98.0]},
 {"Id":"m4","Label":"TargetResponseTime p99","Timestamps":[1772323200],"Values":[0.125]}],
 "Messages":[]}"#;
    check(
        &[("cw.json", text)],
        &[],
        "1772323200 +60; baseline 100/0 110/2 -/- 130/0, q0.99 125 - - -",
        &[
            "HTTPCode_Target_2XX_Count is nothing, guessed: answers of one class",
            "2 steps of the baseline have requests and no value of errors, and so no errors",
            "CloudWatch gave a part of the data (StatusCode PartialData)",
            "the latency p99 of cw.json is in seconds, which nothing says",
        ],
    );
    let two = r#"{"MetricDataResults":[
 {"Id":"baseline_requests","Label":"","Timestamps":[1772323200,1772323260],"Values":[100,110]},
 {"Id":"baseline_errors","Label":"","Timestamps":[],"Values":[]},
 {"Id":"canary_requests","Label":"","Timestamps":[1772323200,1772323260],"Values":[10,11]},
 {"Id":"canary_errors","Label":"","Timestamps":[1772323260],"Values":[1]}]}"#;
    check(
        &[("cw.json", two)],
        &[],
        "1772323200 +60; baseline 100/0 110/0; canary 10/0 11/1",
        &["canary_errors is canary.errors, guessed"],
    );
}

#[test]
fn csv_is_read() {
    let unix = "time,version,requests,errors,p50,p99\n\
                1772323200,v1,100,1,80,180.5\n\
                1772323200,v2,10,0,,\n\
                1772323260,v1,110,,81,NaN\n\
                1772323260,v2,11,1,82,190\n";
    check(
        &[("a.csv", unix)],
        &[],
        "1772323200 +60; baseline 100/1 110/-, q0.5 80 81, q0.99 180.5 -; \
         canary 10/0 11/1, q0.5 - 82, q0.99 - 190",
        &[
            r#"version "v2" is the canary and "v1" the baseline, because the canary has fewer requests"#,
            "the latency p99 of a.csv is in milliseconds, which nothing says",
        ],
    );
    // Spreadsheets of Germany: semicolons, decimal commas, a mark at the start, CRLF.
    check(
        &[(
            "a.csv",
            "\u{feff}Zeit-Timestamp;Requests;5xx;Latency p99 (s)\r\n\
             2026-03-01 00:00:00;100,5;1;0,25\r\n\
             2026-03-01 00:05:00;\"110\";0;-\r\n",
        )],
        &[],
        "1772323200 +300; baseline 100.5/1 110/0, q0.99 250 -",
        &["the times of a.csv have no offset and are taken as UTC"],
    );
    check(
        &[(
            "a.tsv",
            "timestamp\tinstance\thits\terror_rate_percent\n\
             2026-03-01T01:00:00.000+01:00\ta\t200\t2.5\n\
             2026-03-01T01:01:00.000+01:00\ta\t0\tNaN\n\
             2026-03-01T01:03:00.000+01:00\ta\t100\t0\n",
        )],
        &[],
        "1772323200 +60; baseline 200/5 0/0 -/- 100/0",
        &[r#"columns that are not read: "instance""#],
    );
    // Versions in the names of columns, milliseconds, successes.
    check(
        &[(
            "wide.csv",
            "ts,canary_requests,canary_success,stable_requests,stable_success\n\
             1772323200000,10,9,100,100\n1772323260000,11,11,110,108\n",
        )],
        &[],
        "1772323200 +60; baseline 100/0 110/2; canary 10/1 11/0",
        &[],
    );
    // Good and bad, two files, one for each version.
    check(
        &[
            ("old-stable.csv", "time,good,errors\n1772323200,9,1\n1772323260,19,2\n"),
            ("new.csv", "time,good,errors\n1772323260,4,1\n"),
        ],
        &[],
        "1772323200 +60; baseline 10/1 21/2; canary -/- 5/1",
        &[],
    );
    // Days that follow each other.
    check(
        &[
            ("day1.csv", "time,requests,errors\n1772323200,9,1\n1772323260,19,2\n"),
            ("day2.csv", "time,requests,errors\n1772323320,4,1\n"),
        ],
        &[],
        "1772323200 +60; baseline 9/1 19/2 4/1",
        &[],
    );
    // Nodes whose counts are added.
    check(
        &[
            ("a.csv", "time,requests,errors\n1772323200,9,1\n1772323260,19,2\n"),
            ("b.csv", "time,requests,errors\n1772323200,4,1\n"),
        ],
        &[],
        "1772323200 +60; baseline 13/2 19/2",
        &[
            "b.csv: the requests of the baseline at the same times are in a.csv too; they were added",
        ],
    );
    // A part of the time, in longer steps.
    let minutes: String =
        (0..12).map(|i| format!("{},{},1,{}\n", START + 60 * i, 10 + i, 100 + i)).collect();
    let minutes = format!("time,requests,errors,p99_ms\n{minutes}");
    check(
        &[("a.csv", &minutes)],
        &["--from=1772323260", "--to=1772323380"],
        "1772323260 +60; baseline 11/1 12/1, q0.99 101 102",
        &[],
    );
    check(
        &[("a.csv", &minutes)],
        &["--step=300", "--from=1772323260"],
        "1772323500 +300; baseline 85/5, q0.99 107.11764705882354",
        &["a latency quantile of a longer step is the mean of those within"],
    );
}

#[test]
fn local_times_have_a_time_zone() {
    // Clocks go back at 03:00 to 02:00 on 25 October 2026.
    let autumn = "time,requests,errors\n2026-10-25 01:30,1,0\n2026-10-25 02:00,2,0\n\
                  2026-10-25 02:30,3,0\n2026-10-25 02:00,4,0\n2026-10-25 02:30,5,0\n\
                  2026-10-25 03:00,6,0\n";
    let zone = "--zone=CET-1CEST,M3.5.0,M10.5.0/3";
    check(&[("a.csv", autumn)], &[zone], "1792884600 +1800; baseline 1/0 2/0 3/0 4/0 5/0 6/0", &[]);
    let newest_first: Vec<&str> = autumn.lines().skip(1).collect();
    let newest_first: Vec<&str> = newest_first.into_iter().rev().collect();
    let newest_first = format!("time,requests,errors\n{}\n", newest_first.join("\n"));
    check(
        &[("a.csv", &newest_first)],
        &[zone],
        "1792884600 +1800; baseline 1/0 2/0 3/0 4/0 5/0 6/0",
        &["a.csv:3:1: the times are not in order from here on; they were sorted"],
    );
    refused(
        &[("a.csv", autumn)],
        &[],
        &[
            "a.csv:5:1: expected one row for each time, found another of 2026-10-25T02:00:00Z in \
             line 3, with other values; local times have an hour twice at the end of daylight \
             saving time, and the option time_zone tells the two apart",
            "a.csv:6:1: expected one row for each time, found another of 2026-10-25T02:30:00Z in \
             line 4, with other values; local times have an hour twice at the end of daylight \
             saving time, and the option time_zone tells the two apart",
        ],
    );
    refused(
        &[("a.csv", "time,requests,errors\n2026-03-29 01:30,1,0\n2026-03-29 02:30,2,0\n")],
        &[zone],
        &[
            "a.csv:3:1: time: this time does not exist in the time zone: the clocks go forward over \
           it at the start of daylight saving time, found \"2026-03-29 02:30\"",
        ],
    );
    check(
        &[("a.csv", "time,requests,errors\n2026-03-01 02:00,1,0\n2026-03-01 02:30,2,0\n")],
        &["--zone=+02:00"],
        "1772323200 +1800; baseline 1/0 2/0",
        &[],
    );
    // A browser has no list of names.
    let named = of(&Given { files: &[("a.csv", autumn)], options: &["--zone=Europe/Berlin"] });
    match cfg!(target_family = "wasm") {
        true => assert!(named.unwrap_err().contains("names of time zones are not known here")),
        false => assert_eq!(named.unwrap().record.start(), 1_792_884_600),
    }
}

#[test]
fn versions_are_told_apart_or_asked_for() {
    let rows = |versions: &[(&str, std::ops::Range<i64>)]| {
        let rows = versions.iter().flat_map(|(version, minutes)| {
            minutes.clone().map(move |i| format!("{},{version},{},1\n", START + 60 * i, 100 + i))
        });
        format!("time,version,requests,errors\n{}", rows.collect::<String>())
    };
    // A release in the middle is no canary.
    check(
        &[("a.csv", &rows(&[("v1", 0..2), ("v2", 2..4)]))],
        &[],
        "1772323200 +60; baseline 100/1 101/1 102/1 103/1",
        &[
            r#"the label version changes from "v1" to "v2" and the versions do not overlap in time: they are not two arms"#,
        ],
    );
    let three = rows(&[("v1", 0..2), ("v2", 0..2), ("v3", 1..2)]);
    refused(
        &[("a.csv", &three)],
        &[],
        &[
            r#"expected which of 3 versions of the label version is the baseline and which the canary, found "v1", "v2", "v3"; the options baseline and canary say it, and baseline * takes all as one service"#,
        ],
    );
    check(
        &[("a.csv", &three)],
        &["--baseline=v2", "--canary=version=v3"],
        "1772323200 +60; baseline 100/1 101/1; canary -/- 101/1",
        &[
            r#"requests{version="v1"} is nothing, guessed: another version than the two of the options"#,
        ],
    );
    check(&[("a.csv", &three)], &["--baseline=*"], "1772323200 +60; baseline 200/2 303/3", &[]);
    refused(
        &[("a.csv", &three)],
        &["--canary=v4"],
        &[r#"no series is "v4", expected one of v1, v2, v3"#],
    );
    // Flagger's names.
    let podinfo =
        rows(&[("podinfo", 0..2), ("podinfo-primary", 0..2)]).replace("version", "deployment");
    check(
        &[("a.csv", &podinfo)],
        &[],
        "1772323200 +60; baseline 100/1 101/1; canary 100/1 101/1",
        &[r#"requests{deployment="podinfo"} is canary.requests"#],
    );
    refused(
        &[("a.csv", &rows(&[("v1", 0..2), ("v2", 0..2)]))],
        &[],
        &[
            r#"expected which of 2 versions of the label version is the baseline and which the canary, found "v1", "v2"; the options baseline and canary say it, and baseline * takes all as one service"#,
        ],
    );
}

#[test]
fn what_was_mended_is_said() {
    check(
        &[(
            "a.csv",
            "time,requests,errors\n1772323320,3,0\n1772323200,1,0\n1772323260,2,0\n1772323260,2,0\n",
        )],
        &[],
        "1772323200 +60; baseline 1/0 2/0 3/0",
        &[
            "a.csv:3:1: the times are not in order from here on; they were sorted",
            "a.csv:5:1: the same row a second time; it was left out",
        ],
    );
    // Up to a quarter of a step, and extrapolated counts.
    check(
        &[(
            "a.csv",
            "time,requests,errors\n1772323200,10,0\n1772323260,2.5,2.6\n1772323322,3,0\n1772323380,3,0\n",
        )],
        &[],
        "1772323200 +60; baseline 10/0 2.5/2.5 3/0 3/0",
        &[
            "a.csv:4:1: 1 times are up to 2 s off the steps of 60 s, and were moved to them",
            "in 1 steps of the baseline the fractional errors are above the requests by less than 5 %",
        ],
    );
    let counter: String =
        (0..30).map(|i| format!("{},{},0\n", START + 60 * i, 1000 + 10 * i)).collect();
    let found = of(&Given {
        files: &[("a.csv", &format!("time,requests_total,errors\n{counter}"))],
        options: &[],
    });
    assert!(said(&found.unwrap()).contains("grow from step to step as a counter does"));
}

/// Files that people have and that are wrong: a sentence, with the line.
#[test]
fn wrong_files_are_refused_with_the_line() {
    const EXPECTED: &str = "expected JSON of Prometheus, Datadog or CloudWatch, or CSV with a \
                            header such as time,version,requests,errors, found";
    let csv = |rows: &str| format!("time,requests,errors\n{rows}");
    let long: String = (0..30).map(|i| format!("{},x,1\n", START + 60 * i)).collect();
    let matrix_of = |values: &str| {
        format!(
            "{{\"status\":\"success\",\"data\":{{\"resultType\":\"matrix\",\"result\":[\n{{\"metric\":{{\"version\":\"v1\"}},\n\"values\":[{values}]}}]}}}}"
        )
    };
    let cases: &[(&str, String, &str)] = &[
        // Mixed units.
        ("a.csv", "time,requests,error_rate\n1772323200,100,0.5\n1772323260,100,2.5\n".into(),
         "a.csv:3:1: error_rate: expected a rate in 0..=1, found 2.5; if it is in percent, an option such as `error_rate in percent` says so"),
        ("a.csv", "time,requests,error_pct\n1772323200,100,0.5\n1772323260,100,250\n".into(),
         "a.csv:3:1: error_pct: expected a rate in 0..=100, found 250"),
        // Errors above requests, negative counts.
        ("a.csv", csv("1772323200,10,1\n1772323260,10,12\n"),
         "a.csv:3:1: errors: expected at most as many errors as requests, 10, found 12"),
        ("a.csv", csv("1772323200,-10,1\n1772323260,10,2\n"),
         "a.csv:2:1: requests: expected a number of at least 0, found -10"),
        ("a.csv", csv("1772323200,1e300,1\n1772323260,10,2\n"),
         "a.csv:2:1: requests: expected a number of at most 10^15, found 1e300"),
        // Times.
        ("a.csv", csv("1772323200,10,1\n2026-03-01T00:01:00Z,10,2\n"),
         "a.csv:3:1: time: expected Unix time in seconds as in the rows above, found a time with its offset: \"2026-03-01T00:01:00Z\""),
        ("a.csv", csv("2026-03-01T00:00:00Z,10,1\n2026-03-01 00:01:00,10,2\n"),
         "a.csv:3:1: time: expected a time with its offset as in the rows above, found a local time: \"2026-03-01 00:01:00\""),
        ("a.csv", csv("03/29/2026 02:30,10,1\n"),
         "a.csv:2:1: time: expected a time such as 2026-03-29T02:30:00Z, 2026-03-29 02:30:00 or 1774751400, found \"03/29/2026 02:30\""),
        ("a.csv", csv("0,10,1\n"),
         "a.csv:2:1: time: expected a time such as 2026-03-29T02:30:00Z, 2026-03-29 02:30:00 or 1774751400, found \"0\""),
        ("a.csv", csv("2026-02-30T00:00:00Z,10,1\n"),
         "a.csv:2:1: time: expected a time such as 2026-03-29T02:30:00Z, 2026-03-29 02:30:00 or 1774751400, found \"2026-02-30T00:00:00Z\""),
        ("a.csv", csv("1772323200,10,1\n1772323260,10,1\n1772323320,10,1\n1772323350,10,1\n"),
         "a.csv:5:1: expected a time every 60 s like the others, found 2026-03-01T00:02:30Z, which is 30 s off"),
        ("a.csv", csv("1772323200,10,1\n1772323260,10,1\n1772323320,10,1\n100000020,10,1\n"),
         "a.csv:5:1: expected at most 5,000,000 steps, found 27,872,056 of 60 s from 1973-03-03T09:47:00Z to 2026-03-01T00:02:00Z"),
        ("a.csv", csv("1772323200,10,1\n"),
         "expected requests at two times or more, found one: how long a step is cannot be told; the option step_seconds says it"),
        // A row twice with other values.
        ("a.csv", csv("1772323200,10,1\n1772323260,10,1\n1772323260,11,1\n"),
         "a.csv:4:1: expected one row for each time, found another of 2026-03-01T00:01:00Z in line 3, with other values"),
        // Cells.
        ("a.csv", csv("1772323200,\"1,000\",1\n"),
         "a.csv:2:12: requests: expected a number without thousands separators, found \"1,000\""),
        ("a.csv", csv("1772323200,10,5 %\n"),
         "a.csv:2:15: errors: expected a number without %; the role says `in percent`, found \"5 %\""),
        ("a.csv", csv("1772323200,10\n"), "a.csv:2:1: expected 3 fields as in the header, found 2"),
        ("a.csv", long.replacen("1772323200", "time,a,b\n1772323200", 1),
         "a.csv:1:1: no column of the header says that it counts requests or errors, found \"a\", \"b\""),
        (
            "a.csv",
            "time,\"requests\n(all)\"\n1772323200,x\n".into(),
            "a.csv:3:12: requests\\n(all): expected a number, found \"x\"",
        ),
        // Headers.
        ("a.csv", "1772323200,10,1\n1772323260,10,1\n".into(),
         "a.csv:1:1: expected a header such as time,version,requests,errors above the rows, found \"1772323200\", \"10\", \"1\""),
        ("a.csv", "requests,errors\n10,1\n".into(),
         "a.csv:1:1: expected a header with a column of times, such as time,version,requests,errors, found \"requests\", \"errors\""),
        ("a.csv", csv(""), "a.csv: the file has a header and no rows, expected at least two"),
        ("a.csv", "time,errors\n1772323200,1\n1772323260,2\n".into(),
         "no series says that it counts the requests, expected one; there are errors, and an option such as requests=NAME says what one measures"),
        ("a.csv", "time,requests,req,errors\n1772323200,1,1,0\n".into(),
         "a.csv: \"req\" and \"requests\" all seem to be requests; an option such as requests=req says which is"),
        // Other things.
        ("a.json", String::new(), "a.json: the file is empty, expected JSON or CSV"),
        ("a.json", "\n  <!DOCTYPE html>\n<html><head><title>Sign in - Grafana</title>".into(),
         "a.json:1:1: the file is an HTML page with the title \"Sign in - Grafana\", perhaps to log in; expected JSON or CSV"),
        ("a.json", "<?xml version=\"1.0\"?><a/>".into(), "a.json:1:1: the file is XML; expected JSON or CSV"),
        ("a.json", "401 Unauthorized\n".into(), &format!("a.json:1:1: {EXPECTED} \"401 Unauthorized\"")),
        ("a.json", "\u{fffd}\u{fffd}t\0i\0m\0e\0".into(),
         "a.json: the text is UTF-16 or no text; expected a file that is saved as UTF-8"),
        ("a.json", "\u{1f}\u{fffd}\u{8}\0".into(),
         "a.json: the file is compressed by gzip; expected the text itself, as gunzip gives it"),
        ("a.xlsx", "PK\u{3}\u{4}\u{14}\0".into(),
         "a.xlsx: the file is a zip archive, or a workbook of a spreadsheet; expected CSV, as the spreadsheet saves it"),
        ("a.json", r#"{"status":"error","errorType":"bad_data","error":"1:5: parse error: unexpected \"}\""}"#.into(),
         r#"a.json:1:1: the server answered with an error (bad_data): "1:5: parse error: unexpected \"}\""; expected its series"#),
        ("a.json", r#"{"errors":["Forbidden"]}"#.into(),
         r#"a.json:1:1: the server answered with an error: ["Forbidden"]; expected its series"#),
        ("a.json", r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#.into(),
         "a.json: the result is a vector, of an instant query; expected a matrix, of /api/v1/query_range"),
        ("a.json", r#"{"stages":[],"rules":[]}"#.into(),
         r#"a.json:1:1: expected the answer of a Prometheus range query (data.result), of Datadog (series) or of CloudWatch (MetricDataResults), found the keys "stages", "rules""#),
        ("a.json", r#"{"Label":"x","Datapoints":[]}"#.into(),
         "a.json:1:1: the answer is one of GetMetricStatistics; expected that of aws cloudwatch get-metric-data"),
        ("a.json", matrix_of("[1772323200,\"1\"],[17723").replace("]}]}}", ""),
         "a.json:3:33: the JSON ends in the middle, expected the whole answer"),
        ("a.json", "{\"status\":\"success\",\n'data':{}}".into(), "a.json:2:1: not JSON: key must be a string"),
        ("a.json", matrix_of("[1772323200,\"1\"],\n[1772323260,\"one\"]"),
         r#"a.json:4:13: {version="v1"}: expected a number, found "\"one\"""#),
        ("a.json", matrix_of("[1772323200,\"1\"],\n[\"now\",\"1\"]"),
         r#"a.json:4:2: {version="v1"}: expected a time, found "\"now\"""#),
        ("requests.json", matrix_of("[1772323200,\"1\"],\n[1772323260,\"-1\"]"),
         r#"requests.json:4:13: {version="v1"}: expected a number of at least 0, found -1"#),
        ("q.json", matrix_of("[1772323200,\"1\"],\n[1772323260,\"1\"]"),
         r#"no series says that it counts the requests, expected one; there are {version="v1"}, and an option such as requests=NAME says what one measures"#),
        ("a.json", r#"{"MetricDataResults":[{"Id":"m1","Label":"RequestCount","Timestamps":["2026-03-01T00:00:00Z"],"Values":[],"StatusCode":"Complete"}]}"#.into(),
         "a.json: RequestCount: expected as many Values as Timestamps (1), found 0"),
        ("a.json", r#"{"MetricDataResults":[{"Id":"m1","Label":"RequestCount","Timestamps":[],"Values":[],"StatusCode":"InternalError"}]}"#.into(),
         "a.json: RequestCount: CloudWatch gave no data (StatusCode InternalError)"),
    ];
    for (name, text, line) in cases {
        refused(&[(name, text)], &[], &[line]);
    }
    refused(&[], &[], &["there is no file, expected at least one"]);
    // A browser does not know the names of time zones.
    let zone = match cfg!(target_family = "wasm") {
        true => {
            "time_zone: expected UTC, an offset such as +02:00, or a rule such as CET-1CEST,M3.5.0,M10.5.0/3; names of time zones are not known here, found \"Mars\""
        }
        false => {
            "time_zone: expected a time zone: a name such as Europe/Berlin, an offset such as +02:00, or a rule such as CET-1CEST,M3.5.0,M10.5.0/3, found \"Mars\""
        }
    };
    refused(&[("a.csv", &csv("1772323200,10,1\n"))], &["errors=c", "--zone=Mars"], &[zone]);
    refused(
        &[("a.csv", &csv("1772323200,10,1\n1772323260,10,1\n"))],
        &["errors=c"],
        &["no series is \"c\", expected one of requests, errors"],
    );
    refused(
        &[("a.csv", &csv("1772323200,10,1\n1772323260,10,1\n"))],
        &["--step=90"],
        &["step_seconds: expected a multiple of the 60 s in the files, found 90"],
    );
    refused(
        &[("a.csv", &csv("1772323200,10,1\n1772323260,10,1\n"))],
        &["--from=1772323300"],
        &["no row is in the time that is asked for, expected at least one"],
    );
    refused(
        &[
            ("p99.json", &matrix(&[(V1, "1 2"), (V2, "1 2")])),
            ("requests.json", &matrix(&[(V1, "1 2")])),
        ],
        &["--baseline=*"],
        &[
            r#"p99.json:2:52: {version="v2"}: expected one series of p99 for the baseline, found another of the same time; a quantile or a rate of several cannot be told from theirs"#,
            r#"p99.json:2:71: {version="v2"}: expected one series of p99 for the baseline, found another of the same time; a quantile or a rate of several cannot be told from theirs"#,
        ],
    );
}

#[test]
fn many_faults_are_counted() {
    let rows: String = (0..50).map(|i| format!("{},x,1\n", START + 60 * i)).collect();
    let error =
        of(&Given { files: &[("a.csv", &format!("time,requests,errors\n{rows}"))], options: &[] });
    let error = error.unwrap_err();
    assert_eq!(error.lines().count(), 21);
    assert!(error.ends_with("and 30 more"));
}

#[test]
fn bytes_that_are_no_utf_8_are_named() {
    for (bytes, line) in [
        (
            &b"time,requ\xeate\n"[..],
            "a:1:1: the text is not UTF-8, perhaps Latin-1; expected a file that is saved as UTF-8",
        ),
        (
            b"{\n\"a\": \"\xe4\"}",
            "a:2:1: the text is not UTF-8, perhaps Latin-1; expected a file that is saved as UTF-8",
        ),
        (
            b"\xff\xfet\0i\0",
            "a: the text is UTF-16 or no text; expected a file that is saved as UTF-8",
        ),
        (
            b"\x1f\x8b\x08\0",
            "a: the file is compressed by gzip; expected the text itself, as gunzip gives it",
        ),
        (
            b"PK\x03\x04",
            "a: the file is a zip archive, or a workbook of a spreadsheet; expected CSV, as the spreadsheet saves it",
        ),
    ] {
        let input = Input { name: "a".to_string(), bytes: Box::new(bytes) };
        let error =
            read_from(vec![input], &Options::default()).map(|reading| shown(&reading.record));
        assert_eq!(error.unwrap_err().lines(), line);
    }
}

/// Names of metrics and queries as they are common, and what each is taken as.
#[test]
fn names_are_understood() {
    for (name, role) in [
        ("requests_per_second", "requests per second"),
        ("RequestCount", "requests"),
        ("rps", "requests per second"),
        ("sum(rate(http_requests_total[1m]))", "requests per second"),
        ("sum(increase(http_requests_total[1m]))", "requests per step"),
        ("sum(http_requests_total)", "requests as counter"),
        ("increase(http_request_duration_seconds_count[1m])", "requests per step"),
        (r#"sum(increase(http_requests_total{status=~"5.."}[1m]))"#, "errors per step"),
        (r#"sum(increase(http_requests_total{status=~"[45].."}[1m]))"#, "errors per step"),
        (r#"sum(increase(http_requests_total{status!~"5.."}[1m]))"#, "successes per step"),
        (r#"sum(rate(a_total{code=~"5.."}[1m])) / sum(rate(a_total[1m]))"#, "error_rate"),
        (r#"1 - sum(rate(a_total{code=~"5.."}[1m])) / sum(rate(a_total[1m]))"#, "success_rate"),
        (
            r#"sum(rate(a_total{code!~"5.."}[1m])) / sum(rate(a_total[1m])) * 100"#,
            "success_rate in percent",
        ),
        ("http_5xx", "errors"),
        ("HTTPCode_Target_5XX_Count", "errors"),
        ("5XXError", "errors"),
        ("failed_requests", "errors"),
        ("errors_per_minute", "errors per minute"),
        ("error_rate_percent", "error_rate in percent"),
        ("availability", "success_rate"),
        ("success_ratio", "success_rate"),
        ("good", "successes"),
        ("p99", "p99 in s"),
        ("p99.9_ms", "p99.9 in ms"),
        ("latency_p999", "p99.9 in s"),
        ("TargetResponseTime p50", "p50 in s"),
        ("95th percentile (ms)", "p95 in ms"),
        ("median_us", "p50 in us"),
        ("histogram_quantile(0.95, sum by (le) (rate(x_seconds_bucket[1m])))", "p95 in s"),
        // Not of a record.
        ("HTTPCode_Target_4XX_Count", "nothing"),
        ("http_request_duration_seconds_sum", "nothing"),
        ("http_request_duration_seconds_bucket", "nothing"),
        ("latency_avg", "nothing"),
        ("cpu_usage", "nothing"),
    ] {
        let role = role.parse::<Role>().unwrap().to_string();
        let requests = matrix(&[("", "2 2 2")]);
        let text = matrix(&[("", "0.5 0.5 0.5")]);
        let files = [("all.json", requests.as_str()), (name, text.as_str())];
        let words: &[&str] =
            if role.starts_with("requests") { &["nothing=all"] } else { &["requests=all"] };
        let reading = of(&Given { files: &files, options: words });
        let reading = reading.unwrap_or_else(|error| panic!("{name}: {error}"));
        let found = reading.understood.iter().find(|of| of.file == 1).unwrap();
        let found = found.role.to_string();
        let (_, found) =
            found.split_once('.').filter(|(arm, _)| *arm == "baseline").unwrap_or(("", &found));
        assert_eq!(found, role, "{name}");
    }
}

#[test]
fn roles_are_read_and_written() {
    for (text, written) in [
        ("requests", "requests"),
        ("canary.errors per second", "canary.errors per second"),
        ("Baseline.Success_Rate percent", "baseline.success_rate in percent"),
        ("error_rate in %", "error_rate in percent"),
        ("p99.9_ms", "p99.9 in ms"),
        ("p50 in seconds", "p50 in s"),
        ("requests counter", "requests as counter"),
        ("nothing", "nothing"),
    ] {
        let role: Role = text.parse().unwrap();
        assert_eq!(role.to_string(), written);
        assert_eq!(written.parse::<Role>().unwrap(), role);
    }
    const EXPECTED: &str = "expected what a series measures: requests, errors, successes, \
                            error_rate, success_rate, p50, p99 or nothing, found";
    for (text, message) in [
        ("latency", format!("{EXPECTED} \"latency\"")),
        ("", format!("{EXPECTED} \"\"")),
        ("p0", format!("{EXPECTED} \"p0\"")),
        ("p+9", format!("{EXPECTED} \"p+9\"")),
        ("requests in s", "requests cannot be in s".to_string()),
        ("p99 in percent", "p99 cannot be in percent".to_string()),
    ] {
        assert_eq!(text.parse::<Role>(), Err(message));
    }
    assert_eq!(
        "errors".parse::<Binding>().unwrap_err(),
        "expected what is measured and by which series, such as errors=http_5xx, found \"errors\""
    );
}

/// A rate in percent of which all values are below 1 reads as a large ratio.
#[test]
fn an_unlikely_rate_is_warned_of() {
    check(
        &[("a.csv", "time,requests,error_rate\n1772323200,100,0.4\n1772323260,100,0.5\n")],
        &[],
        "1772323200 +60; baseline 100/40 100/50",
        &["on average 45 % of the requests fail; if the rate is in percent, an option such as \
           `error_rate in percent` says so"],
    );
}
