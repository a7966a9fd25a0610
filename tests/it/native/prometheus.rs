//! Recorded counts from a Prometheus server: what is asked, what is said of a wrong answer,
//! and what a real server gives.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use canary_rollout::config::Config;
use canary_rollout::observation::Counts;
use canary_rollout::rollout::Rollout;
use serde_json::Value;

use super::program::{Output, PROGRAM, output_of};
use crate::support::config;

/// What the program writes to standard output and to standard error, and its exit status.
fn run(arguments: &[&str], environment: &[(&str, &str)]) -> (String, String, i32) {
    let mut command = Command::new(PROGRAM);
    for name in [
        "PROMETHEUS_TOKEN",
        "PROMETHEUS_USERNAME",
        "PROMETHEUS_PASSWORD",
        "http_proxy",
        "HTTP_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ] {
        command.env_remove(name);
    }
    command.args(arguments).envs(environment.iter().copied());
    let Output { status, stdout, stderr } = output_of(&mut command, b"");
    (stdout, stderr, status)
}

/// Reads the head of a request.
fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

/// Answers all requests on a port of the loopback with `answer`, and gives the heads of
/// the requests. The thread ends with the test.
fn serve(answer: impl Fn(&str) -> String + Send + 'static) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (sender, heads) = channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let head = head(&mut stream);
            let answer = answer(&head);
            let _ = sender.send(head);
            // The program may have gone.
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (address, heads)
}

/// An answer with a status and a body.
fn response(status: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}

const FROM: &str = "2026-11-24T09:00:00Z";
const TO: &str = "2026-11-24T10:00:00Z";
const QUERY: &str = "requests=sum(increase(http_requests_total[1m]))";

#[test]
fn what_is_wrong_with_an_answer_is_said() {
    let check = |answer: String, environment: &[(&str, &str)], expected: &str| {
        let (address, heads) = serve(move |_| answer.clone());
        let arguments =
            ["fit", "--prometheus", &address, "--query", QUERY, "--from", FROM, "--to", TO];
        let (out, said, status) = run(&arguments, environment);
        assert_eq!((out.as_str(), status), ("", 2), "{said}");
        let expected = expected.replace("URL", &address);
        assert!(said.starts_with(&format!("canary-rollout: {expected}")), "{said}");
        for (_, secret) in environment {
            assert!(!said.contains(secret), "{said}");
        }
        heads.try_iter().collect::<Vec<String>>()
    };
    let unauthorized = || response("401 Unauthorized", "no");
    let heads = check(
        unauthorized(),
        &[],
        "URL: the server refuses with status 401; credentials are taken from the environment: \
         PROMETHEUS_TOKEN, or PROMETHEUS_USERNAME and PROMETHEUS_PASSWORD; the query was",
    );
    assert!(!heads[0].to_lowercase().contains("authorization"), "{}", heads[0]);
    let heads = check(unauthorized(), &[("PROMETHEUS_TOKEN", "s3cret")], "URL: the server refuses");
    assert!(heads[0].to_lowercase().contains("authorization: bearer s3cret"), "{}", heads[0]);
    let person = [("PROMETHEUS_USERNAME", "ada"), ("PROMETHEUS_PASSWORD", "lovelace")];
    let heads = check(unauthorized(), &person, "URL: the server refuses");
    let basic = "authorization: Basic YWRhOmxvdmVsYWNl".to_lowercase();
    assert!(heads[0].to_lowercase().contains(&basic), "{}", heads[0]);
    // What is sent: the query and its times, and nothing of this machine.
    let line = heads[0].lines().next().unwrap();
    assert_eq!(
        line,
        "GET /api/v1/query_range?query=sum(increase(http_requests_total%5B1m%5D))&start=1795510860\
         &end=1795514400&step=60 HTTP/1.1"
    );
    // A query keeps its signs.
    let (address, heads) = serve(|_| response("502", ""));
    let query = r#"errors=sum(x{a="b&c+d#e%f=g"})"#;
    run(&["fit", "--prometheus", &address, "--query", query, "--from", FROM, "--to", TO], &[]);
    let head = heads.recv().unwrap();
    let asked = head.split("query=").nth(1).and_then(|rest| rest.split("&start=").next()).unwrap();
    assert_eq!(asked, "sum(x%7Ba%3D%22b%26c%2Bd%23e%25f%3Dg%22%7D)", "{head}");
    check(
        unauthorized(),
        &[("PROMETHEUS_USERNAME", "ada")],
        "expected in the environment PROMETHEUS_TOKEN, or PROMETHEUS_USERNAME and \
         PROMETHEUS_PASSWORD, or none of them",
    );
    check(
        response("200 OK", "<!DOCTYPE html><html><title>Sign in</title>"),
        &[],
        "URL: found \"<!DOCTYPE html><html><title>Sign in</tit\" in place of JSON; a page to log \
         in is often the cause; the query was",
    );
    check(
        response("400 Bad Request", r#"{"status":"error","error":"parse error: unclosed"}"#),
        &[],
        "URL: Prometheus answers: parse error: unclosed",
    );
    check(response("404 Not Found", "404"), &[], "URL: there is no Prometheus API at this address");
    check(response("502 Bad Gateway", ""), &[], "URL: the server answers with status 502");
    check(
        response("200 OK", r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#),
        &[],
        "URL: the answer is not that of a range query of Prometheus",
    );
    check("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{".to_string(), &[], "URL: ");
    check("nonsense".to_string(), &[], "URL: ");
}

/// A rate is a count for each second, and a range that is not a step is warned of: the query
/// says so, whose text is not in the answer.
#[test]
fn what_a_query_measures_is_read_from_its_text() {
    let start = 1_795_510_800;
    let values: Vec<String> =
        (1..=60).map(|minute| format!("[{}, \"10\"]", start + 60 * minute)).collect();
    let answer = format!(
        r#"{{"status":"success","data":{{"resultType":"matrix","result":[{{"metric":{{}},"values":[{}]}}]}}}}"#,
        values.join(",")
    );
    let check = |query: &str, per_second: f64, warning: &str| {
        let answer = answer.clone();
        let (address, _heads) = serve(move |_| response("200 OK", &answer));
        let arguments =
            ["fit", "--prometheus", &address, "--query", query, "--from", FROM, "--to", TO];
        let (out, said, status) = run(&arguments, &[]);
        assert_eq!(status, 0, "{said}");
        let fit: Value = serde_json::from_str(&out).unwrap();
        let found = fit["world"]["traffic"]["requests_per_second"].as_f64().unwrap();
        assert!((found / per_second - 1.0).abs() < 1e-3, "{query}: {found}\n{said}");
        assert_eq!(said.contains("of one step"), !warning.is_empty(), "{said}");
        assert!(said.contains(warning), "{said}");
    };
    check("requests=sum(increase(http_requests_total[1m]))", 10.0 / 60.0, "");
    check("requests=sum(rate(http_requests_total{code!=\"a=*\"}[1m]))", 10.0, "");
    check("requests per second=sum(x)", 10.0, "");
    check(
        "requests=sum(increase(http_requests_total[5m]))",
        10.0 / 300.0,
        "the query counts over 300 s at steps of 60 s",
    );
}

#[test]
fn an_address_is_checked() {
    for (address, expected) in [
        ("localhost:9090", "--prometheus: found \"localhost:9090\", expected http://HOST:PORT"),
        ("http://ada:pw@localhost", "--prometheus: found credentials in the address"),
        ("http://localhost/?x=1", "--prometheus: found"),
        ("http://", "--prometheus: found \"http://\""),
        ("http://127.0.0.1:1", "http://127.0.0.1:1: "),
    ] {
        let arguments =
            ["fit", "--prometheus", address, "--query", QUERY, "--from", FROM, "--to", TO];
        let (out, said, status) = run(&arguments, &[]);
        assert_eq!((out.as_str(), status), ("", 2), "{said}");
        assert!(said.starts_with(&format!("canary-rollout: {expected}")), "{said}");
        assert!(!said.contains("pw"), "{said}");
    }
}

#[test]
fn credentials_stay_with_the_host_they_are_for() {
    let (other, heads) = serve(|_| response("401 Unauthorized", ""));
    let location = format!("{other}/api/v1/query_range");
    let (address, first) = serve(move |_| {
        format!(
            "HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
    });
    let arguments = ["fit", "--prometheus", &address, "--query", QUERY, "--from", FROM, "--to", TO];
    let (_, said, status) = run(&arguments, &[("PROMETHEUS_TOKEN", "s3cret")]);
    assert_eq!(status, 2, "{said}");
    assert!(first.recv().unwrap().to_lowercase().contains("bearer s3cret"));
    let head = heads.recv().unwrap();
    assert!(!head.contains("s3cret"), "{head}");
}

/// Seconds between two scrapes, and how long after the minute the first one is.
const SCRAPE: i64 = 15;
const OFFSET: i64 = 7;
/// Minutes of healthy operation before the rollout.
const HEALTHY: usize = 300;

/// Minutes of it after the rollout.
const AFTER: usize = 10;

/// Requests and errors in each minute, by arm: of healthy operation, in which the stable
/// version has all traffic, of a rollout, and of healthy operation again.
fn minutes(policy: &Config) -> Vec<[Counts; 2]> {
    let healthy = config(&format!(
        r#"{{ "tick_seconds": 60, "traffic": {{ "requests_per_second": {REQUESTS} }},
              "baseline": {{ "error_rate": {ERROR_RATE} }},
              "stages": [{{ "traffic_pct": 1, "duration_ticks": {} }}] }}"#,
        HEALTHY + AFTER
    ));
    let mut quiet = Rollout::new(&healthy, 5);
    quiet.run().unwrap();
    let mut rollout = Rollout::new(policy, SEED);
    rollout.run().unwrap();
    let both = |rollout: &Rollout| -> Vec<[Counts; 2]> {
        let rows = rollout.history().ticks.iter();
        rows.map(|row| [row.counts.baseline, row.counts.canary]).collect()
    };
    let mut minutes: Vec<[Counts; 2]> = both(&quiet)
        .into_iter()
        .map(|[baseline, canary]| {
            let mut all = baseline;
            all += canary;
            [all, Counts::default()]
        })
        .collect();
    let after = minutes.split_off(HEALTHY);
    minutes.extend(both(&rollout));
    minutes.extend(after);
    minutes
}

/// What an exporter shows of these minutes, a text for each scrape. Several scrapes' samples
/// have their own times, so that a day passes in seconds.
fn exposition(minutes: &[[Counts; 2]], start: i64) -> Vec<String> {
    let mut total = [Counts::default(); 2];
    let mut texts = Vec::new();
    for (minute, arms) in (0..).zip(minutes) {
        let mut text = "# TYPE http_requests_total counter\n".to_string();
        for scrape in 0..60 / SCRAPE {
            let within = scrape * SCRAPE + OFFSET;
            let time = 1000 * (start + 60 * minute + within);
            for (version, (total, arm)) in ["stable", "canary"].iter().zip(total.iter().zip(arms)) {
                // Requests are evenly spread over the minute.
                let at = |before: u64, count: u64| before + count * within as u64 / 60;
                let errors = at(total.errors, arm.errors);
                let served = at(total.requests - total.errors, arm.requests - arm.errors);
                for (code, value) in [("200", served), ("500", errors)] {
                    text += &format!(
                        "http_requests_total{{version=\"{version}\",code=\"{code}\"}} {value} {time}\n"
                    );
                }
            }
        }
        for (total, arm) in total.iter_mut().zip(arms) {
            *total += *arm;
        }
        texts.push(text);
    }
    texts
}

/// A server of Prometheus in a folder of its own; it ends with the test.
struct Prometheus {
    process: Child,
    folder: PathBuf,
    address: String,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Starts a server that scrapes `target` as fast as it can.
fn prometheus(target: &str) -> Prometheus {
    let folder = std::env::temp_dir().join(format!("canary-rollout-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let target = target.trim_start_matches("http://");
    let settings = format!(
        "storage: {{ tsdb: {{ out_of_order_time_window: 2d }} }}\n\
         scrape_configs:\n\
         - job_name: shop\n  scrape_interval: 20ms\n  scrape_timeout: 20ms\n  \
           static_configs: [{{ targets: ['{target}'] }}]\n"
    );
    std::fs::write(folder.join("prometheus.yml"), settings).unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let process = Command::new("prometheus")
        .arg(format!("--config.file={}", folder.join("prometheus.yml").display()))
        .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    Prometheus { process, folder, address: format!("http://127.0.0.1:{port}") }
}

const REQUESTS: f64 = 100.0;
const ERROR_RATE: f64 = 0.01;
const SEED: u64 = 3;
const POLICY: &str = r#"{
  "tick_seconds": 60,
  "traffic": { "requests_per_second": 100 },
  "baseline": { "error_rate": 0.01 },
  "canary": { "error_ratio": 2 },
  "stages": [{ "traffic_pct": 5, "duration_ticks": 10 }, { "traffic_pct": 25, "duration_ticks": 10 }],
  "rules": [{ "rule": "sequential" }]
}"#;

/// A rollout is simulated, a server scrapes what an exporter shows of it, and `fit` and
/// `replay` read the server. A scrape is up to 15 s from the end of its minute, so a count
/// may be taken to the minute after: the replayed decision may be a minute later or earlier
/// than the simulated one.
#[test]
fn a_real_server_gives_the_decision_and_the_world() {
    if Command::new("prometheus").arg("--version").output().is_err() {
        let _ = std::io::stderr().write_all(
            b"SKIPPED: prometheus is missing; scripts/install.sh prometheus installs it\n",
        );
        return;
    }
    let policy = config(POLICY);
    let minutes = minutes(&policy);
    let last = minutes.len();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().cast_signed();
    let start = now / 60 * 60 - 12 * 3600;
    let texts = exposition(&minutes, start);
    let shown = AtomicUsize::new(0);
    let (target, scrapes) = serve(move |_| {
        let text = texts.get(shown.fetch_add(1, Ordering::Relaxed));
        let body = text.map_or("", String::as_str);
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
    });
    let server = prometheus(&target);
    // The answer to scrape n + 1 is asked for when that to scrape n is stored.
    for _ in 0..last + 2 {
        scrapes.recv_timeout(Duration::from_secs(300)).unwrap();
    }

    let time = |minute: usize| (start + 60 * minute as i64).to_string();
    let requests = "requests=sum by (version) (increase(http_requests_total[1m]))";
    let errors = r#"errors=sum by (version) (increase(http_requests_total{code=~"5.."}[1m]))"#;
    let ask = |task: &[&str], from: usize, to: usize| -> Value {
        let (from, to) = (time(from), time(to));
        let more = [
            "--prometheus",
            &server.address,
            "--query",
            requests,
            "--query",
            errors,
            "--from",
            &from,
            "--to",
            &to,
            "--step",
            "60s",
            "--format",
            "json",
        ];
        let (out, said, status) = run(&[task, &more].concat(), &[]);
        assert_eq!(status, 0, "{said}");
        serde_json::from_str(&out).unwrap()
    };
    let fitted = ask(&["fit"], 1, HEALTHY - 1);
    for (path, truth) in
        [("traffic.requests_per_second", REQUESTS), ("baseline.error_rate", ERROR_RATE)]
    {
        let parameters = fitted["parameters"].as_array().unwrap();
        let found = parameters.iter().find(|one| one["path"] == path).unwrap();
        let [low, high] = ["low", "high"].map(|key| found[key].as_f64().unwrap());
        assert!(low <= truth && truth <= high, "{found}");
    }
    let file = server.folder.join("policy.json");
    std::fs::write(&file, POLICY).unwrap();
    let replayed =
        ask(&["replay", file.to_str().unwrap(), "--canary", "canary"], HEALTHY - 60, last);
    let mut simulated = Rollout::new(&policy, SEED);
    simulated.run().unwrap();
    let simulated = serde_json::to_value(simulated.report()).unwrap();
    let decision = |report: &Value| {
        let last =
            report["decisions"].as_array().unwrap().last().unwrap_or_else(|| panic!("{report}"));
        (report["final_state"].clone(), last["tick"].as_i64().unwrap())
    };
    let (expected, found) = (decision(&simulated), decision(&replayed));
    assert_eq!(found.0, expected.0);
    assert!((found.1 - expected.1).abs() <= 1, "{found:?} {expected:?}");
}
