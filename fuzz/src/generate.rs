//! Turns bytes into configurations, calls and options that are mostly valid, so
//! that the code after reading is reached.

use canary_rollout::policy::Call;
use serde_json::{Map, Value, json};

/// Configurations that run fast.
pub const SMALL: [&str; 4] = [
    r#"{ "stages": [{ "traffic_pct": 10 }] }"#,
    r#"{ "traffic": { "requests_per_second": 5 }, "canary": { "error_ratio": 20 },
         "stages": [{ "traffic_pct": 5, "duration_ticks": 2 }, { "traffic_pct": 50, "duration_ticks": 2 }],
         "rules": [{ "rule": "sequential" }], "rollback_ticks": 1 }"#,
    r#"{ "canary": { "latency_ratio": 2 }, "latency_threshold_ms": 10,
         "stages": [{ "traffic_pct": 50, "duration_ticks": 2, "pause": "manual" }] }"#,
    r#"{ "canary": { "error_ratio": 9, "error_arrival": { "cold_start": { "half_life_ticks": 1 } } },
         "stages": [{ "traffic_pct": 20, "duration_ticks": 2 }, { "traffic_pct": 100, "duration_ticks": 2 }],
         "rules": [{ "rule": "z_test", "min_errors": 3 }], "on_inconclusive": "rollback" }"#,
];

/// Numbers at the ends of the allowed ranges, and beyond.
const STRANGE: [f64; 16] = [
    0.0,
    -0.0,
    -1.0,
    1.0,
    2.0,
    0.5,
    1e-9,
    5e-324,
    1e-300,
    1e6,
    1e9,
    1e15,
    1e300,
    100.0,
    100_000.0,
    9.007_199_254_740_993e15,
];

/// Reads choices from bytes; zeros when the bytes are used up.
pub struct Bytes<'a> {
    rest: &'a [u8],
}

impl<'a> Bytes<'a> {
    pub fn new(rest: &'a [u8]) -> Self {
        Bytes { rest }
    }

    /// The remaining bytes.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.rest.split_first() else { return 0 };
        self.rest = rest;
        *first
    }

    pub fn seed(&mut self) -> u64 {
        u64::from(self.byte()) << 8 | u64::from(self.byte())
    }

    /// At most 20 calls.
    pub fn calls(&mut self) -> Vec<Call> {
        (0..self.byte() % 21).map(|_| self.some(&Call::ALL)).collect()
    }

    fn some<T: Copy>(&mut self, list: &[T]) -> T {
        list[usize::from(self.byte()) % list.len()]
    }

    /// True for one byte in `of`.
    fn once_in(&mut self, of: u8) -> bool {
        self.byte() % of == 1
    }

    /// One of the usual numbers or, sometimes, a strange one.
    fn number(&mut self, usual: &[f64]) -> Value {
        let number = if self.once_in(24) { self.some(&STRANGE) } else { self.some(usual) };
        if number.fract() == 0.0 && number.abs() < 1e15 {
            json!(number as i64)
        } else {
            json!(number)
        }
    }

    fn text(&mut self, usual: &[&str]) -> Value {
        if self.once_in(32) { json!("other") } else { json!(self.some(usual)) }
    }

    /// Sets a key two times in three.
    fn may(
        &mut self,
        map: &mut Map<String, Value>,
        key: &str,
        value: impl FnOnce(&mut Self) -> Value,
    ) {
        if !self.byte().is_multiple_of(3) {
            let value = value(self);
            map.insert(key.to_string(), value);
        }
    }
}

/// A configuration; about half of them are valid.
pub fn config(bytes: &mut Bytes) -> Value {
    let mut config = Map::new();
    config.insert("stages".to_string(), stages(bytes));
    bytes.may(&mut config, "rules", |b| (0..b.byte() % 4).map(|_| rule(b)).collect());
    bytes.may(&mut config, "canary", canary);
    bytes.may(&mut config, "traffic", |b| {
        let mut traffic = Map::new();
        traffic.insert("requests_per_second".into(), b.number(&[0.1, 1.0, 10.0, 170.0, 5_000.0]));
        b.may(&mut traffic, "burstiness", |b| b.number(&[0.0, 0.2, 1.0]));
        b.may(&mut traffic, "canary_skew", |b| b.number(&[0.5, 1.0, 1.1]));
        b.may(&mut traffic, "daily_swing", |b| {
            json!({ "amplitude": b.number(&[0.0, 0.4, 1.0]), "period_seconds": b.number(&[60.0, 600.0, 86_400.0]),
                    "peak_seconds": b.number(&[0.0, 300.0]) })
        });
        traffic.into()
    });
    bytes.may(&mut config, "baseline", |b| {
        json!({ "error_rate": b.number(&[0.0, 0.001, 0.01, 0.3, 1.0]),
                "error_clump": b.number(&[1.0, 1.0, 3.0]),
                "latency_ms": { "p50": b.number(&[1.0, 40.5, 80.0]), "p99": b.number(&[80.0, 180.0, 3_000.0]) } })
    });
    bytes.may(
        &mut config,
        "noise",
        |b| json!({ "common": b.number(&[0.0, 0.3, 1.0]), "per_arm": b.number(&[0.0, 0.1]) }),
    );
    bytes.may(&mut config, "incidents", |b| {
        json!({ "chance_per_tick": b.number(&[0.0, 0.1, 1.0]), "duration_ticks": b.number(&[1.0, 3.0]),
                "error_ratio": b.number(&[0.5, 3.0, 100.0]), "latency_ratio": b.number(&[0.5, 1.0, 4.0]) })
    });
    bytes.may(&mut config, "observation", |b| {
        json!({ "delay_seconds": b.number(&[0.0, 0.0, 60.0, 120.0]),
                "history_seconds": b.number(&[0.0, 300.0, 3_600.0]) })
    });
    bytes.may(&mut config, "pods", |b| {
        json!({ "count": b.number(&[2.0, 3.0, 20.0]), "ready_ticks": b.number(&[0.0, 1.0, 3.0]) })
    });
    bytes.may(&mut config, "pass_score", |b| b.number(&[0.0, 50.0, 75.0, 100.0]));
    bytes.may(&mut config, "error_rate_threshold", |b| b.number(&[0.0, 0.005, 0.02, 1.0]));
    bytes.may(&mut config, "latency_threshold_ms", |b| b.number(&[0.0, 10.0, 50.0]));
    bytes.may(&mut config, "on_inconclusive", |b| match b.byte() % 4 {
        0 => json!("pause"),
        1 => json!("rollback"),
        2 => b.text(&["promote", "pause"]),
        _ => json!({ "extend": { "max_ticks": b.number(&[1.0, 3.0]), "then": b.text(&["pause", "promote", "rollback"]) } }),
    });
    bytes.may(&mut config, "rollback_ticks", |b| b.number(&[0.0, 1.0, 4.0]));
    bytes.may(&mut config, "tick_seconds", |b| b.number(&[1.0, 30.0, 60.0, 3_600.0]));
    config.into()
}

/// One to four stages, mostly with increasing shares.
fn stages(bytes: &mut Bytes) -> Value {
    let mut share = 0.0;
    let further = bytes.byte() % 4;
    let stage = |_| {
        share += bytes.some(&[0.5, 1.0, 4.0, 20.0, 24.0, 50.0, 99.0]);
        let mut stage = Map::new();
        let usual = f64::min(share, 100.0);
        stage.insert("traffic_pct".into(), bytes.number(&[usual]));
        bytes.may(&mut stage, "duration_ticks", |b| b.number(&[1.0, 2.0, 3.0, 7.0]));
        bytes.may(&mut stage, "error_rate_threshold", |b| b.number(&[0.0, 0.01]));
        if bytes.once_in(3) {
            let pause = match bytes.byte() % 2 {
                0 => json!("manual"),
                _ => json!({ "ticks": bytes.number(&[1.0, 2.0]) }),
            };
            stage.insert("pause".into(), pause);
        }
        Value::from(stage)
    };
    (0..=further).map(stage).collect()
}

fn canary(bytes: &mut Bytes) -> Value {
    let mut canary = Map::new();
    for quantity in ["error", "latency"] {
        bytes.may(&mut canary, &format!("{quantity}_ratio"), |b| {
            b.number(&[0.0, 0.5, 1.0, 1.5, 2.0, 5.0, 100.0])
        });
        bytes.may(&mut canary, &format!("{quantity}_arrival"), |b| match b.byte() % 5 {
            0 => b.text(&["at_once"]),
            1 => json!({ "late": { "start_tick": b.number(&[1.0, 3.0, 50.0]) } }),
            2 => json!({ "leak": { "start_tick": b.number(&[1.0, 2.0]), "ramp_ticks": b.number(&[1.0, 4.0]) } }),
            3 => json!({ "under_load": { "from_load": b.number(&[0.5, 1.0]), "full_load": b.number(&[1.2, 2.0]) } }),
            _ => json!({ "cold_start": { "half_life_ticks": b.number(&[0.1, 1.5, 20.0]) } }),
        });
    }
    if bytes.once_in(6) {
        canary.remove("error_ratio");
        canary.insert("error_rate".into(), bytes.number(&[0.0, 0.02, 0.3, 1.0]));
    }
    canary.into()
}

/// The rules, each with its own keys.
const RULES: &[(&str, &[&str])] = &[
    ("error_rate", &["max"]),
    ("error_rate_delta", &["max"]),
    ("error_rate_ratio", &["max", "floor"]),
    ("latency", &["max", "quantile"]),
    ("latency_delta_ms", &["max", "quantile"]),
    ("latency_ratio", &["max", "quantile"]),
    ("error_count", &["max"]),
    ("burn_rate", &["objective", "factor", "long_seconds", "short_seconds"]),
    ("z_test", &["alpha"]),
    ("fisher", &["alpha"]),
    ("group_sequential", &["alpha", "spending"]),
    (
        "sequential",
        &[
            "alpha",
            "tolerated_ratio",
            "bets",
            "bets_open",
            "certify_below",
            "certify_alpha",
            "min_ticks",
        ],
    ),
    ("slow_requests", &["objective_ms", "alpha", "tolerated_ratio", "bets", "bets_open"]),
    ("mann_whitney", &["alpha"]),
    ("sample_ratio", &["alpha", "prior_requests"]),
    ("bayesian", &["probability", "min_change", "min_loss", "prior_errors", "prior_successes"]),
    ("asymptotic_cs", &["alpha", "tuned_for", "min_conversions", "min_change"]),
];
const COMMON: [&str; 13] = [
    "look",
    "look_while_paused",
    "window",
    "of",
    "failure_limit",
    "of_last",
    "counts",
    "weight",
    "on_fail",
    "stages",
    "min_requests",
    "no_data",
    "min_errors",
];
/// Keys without which a rule is refused.
const REQUIRED: [&str; 2] = ["max", "objective_ms"];

fn rule(bytes: &mut Bytes) -> Value {
    let (name, own) = bytes.some(RULES);
    let mut rule = Map::new();
    rule.insert("rule".into(), json!(name));
    for key in own {
        if REQUIRED.contains(key) || bytes.once_in(3) {
            let value = parameter(bytes, key);
            rule.insert((*key).into(), value);
        }
    }
    for key in COMMON {
        if bytes.once_in(4) {
            let value = parameter(bytes, key);
            rule.insert(key.into(), value);
        }
    }
    rule.into()
}

fn parameter(b: &mut Bytes, key: &str) -> Value {
    match key {
        "max" => b.number(&[0.0, 0.01, 0.05, 1.5, 2.0, 100.0]),
        "floor" => b.number(&[0.0, 0.001, 0.02]),
        "probability" => b.number(&[0.5, 0.95, 0.999]),
        "min_loss" => b.number(&[0.0, 0.001, 0.1]),
        "min_change" => b.number(&[0.0, 0.005, 0.5]),
        "quantile" => b.number(&[0.01, 0.5, 0.95, 0.999]),
        "alpha" | "certify_alpha" => b.number(&[0.001, 0.05, 0.5]),
        "spending" => b.text(&["pocock", "obrien_fleming", "linear"]),
        "tolerated_ratio" => b.number(&[1.0, 1.2, 3.0]),
        "certify_below" => b.number(&[1.5, 2.0, 5.0]),
        "bets" => json!([b.number(&[1.2, 2.0, 5.0]), b.number(&[3.0, 10.0])]),
        "bets_open" => b.text(&["stage_starts", "tick_1"]),
        "objective_ms" => b.number(&[10.0, 150.0, 1_000.0]),
        "look" if b.once_in(3) => json!({
            "every_seconds": b.number(&[60.0, 120.0]), "after_seconds": b.number(&[60.0, 180.0]),
            "count": b.number(&[1.0, 3.0]),
        }),
        "look" => b.text(&["stage_end", "every_tick"]),
        "look_while_paused" => json!(b.once_in(2)),
        "window" if b.once_in(3) => json!({ "last_seconds": b.number(&[60.0, 300.0]) }),
        "window" => b.text(&["tick", "stage", "rollout"]),
        "of" => b.text(&["canary", "control", "service"]),
        "counts" => b.text(&["alone", "together", "by_score"]),
        "no_data" => b.text(&["inconclusive", "wait", "pass", "fail"]),
        "objective" => b.number(&[0.9, 0.99, 0.999]),
        "factor" => b.number(&[1.0, 6.0, 14.4]),
        "long_seconds" => b.number(&[600.0, 3_600.0]),
        "short_seconds" => b.number(&[60.0, 300.0]),
        "on_fail" => b.text(&["rollback", "pause"]),
        "stages" => json!([b.number(&[1.0, 2.0])]),
        _ => b.number(&[1.0, 2.0, 5.0, 100.0]),
    }
}

/// Options of a study; more than half of them are valid.
pub fn options(bytes: &mut Bytes) -> Value {
    const FIELDS: [&str; 9] = [
        "canary.error_ratio",
        "error_ratio",
        "stages[0].traffic_pct",
        "rules[0].max",
        "rules[0].alpha",
        "traffic.requests_per_second",
        "baseline.error_rate",
        "rollback_ticks",
        "stages[9].pause",
    ];
    let mut options = Map::new();
    bytes.may(&mut options, "runs", |b| b.number(&[1.0, 2.0, 5.0, 1e9]));
    bytes.may(&mut options, "seed", |b| b.number(&[0.0, 7.0, 9_007_199_254_740_991.0]));
    bytes.may(&mut options, "horizon_ticks", |b| b.number(&[1.0, 5.0, 100.0]));
    if bytes.once_in(3) {
        let command = bytes.text(&["resume", "promote", "abort"]);
        let person = json!({ "after_ticks": bytes.number(&[0.0, 2.0]), "command": command });
        options.insert("person".into(), person);
    }
    bytes.may(&mut options, "set", |b| {
        (0..b.byte() % 3)
            .map(
                |_| json!({ "field": b.text(&FIELDS), "value": b.number(&[0.01, 1.0, 2.0, 30.0]) }),
            )
            .collect()
    });
    bytes.may(&mut options, "sweep", |b| {
        let field = b.text(&FIELDS);
        let values: Value = (0..b.byte() % 4).map(|_| b.number(&[0.01, 1.0, 2.0, 30.0])).collect();
        json!({ "field": field, "values": values })
    });
    bytes.may(&mut options, "policies", |b| {
        (0..b.byte() % 3)
            .map(|_| {
                let mut policy = Map::new();
                policy.insert("stages".into(), stages(b));
                b.may(&mut policy, "rules", |b| (0..b.byte() % 3).map(|_| rule(b)).collect());
                json!({ "name": b.text(&["a", ""]), "policy": policy })
            })
            .collect()
    });
    options.into()
}
