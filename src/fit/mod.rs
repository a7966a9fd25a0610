//! From a record of healthy operation to the world of a configuration.
//!
//! [`fit`] estimates the load with its daily swing and burstiness, the error rate, clumps
//! and noise, incidents and latency, each with a standard error and a 95 % interval, and
//! says how well the engine's world describes the record. The method is in
//! docs/statistics.md.
//!
//! Reading order: `series` has the counts by tick, `estimate` the standard errors. `load`,
//! `errors`, `incidents` and `latency` are the estimates, `findings` the goodness of fit,
//! and `picture` the record beside the fitted world. [`simulated`] makes a record of a
//! known world.
//!
//! ```
//! use canary_rollout::config::{Config, preset};
//! use canary_rollout::fit::{Options, fit, simulated};
//!
//! let config = Config::from_text(preset("default").unwrap().json)?;
//! let record = simulated(&config, 0.0, 2_880, &[0.5, 0.99], 0, 8)?;
//! let fitted = fit(&record, &Options::default())?;
//! let rate = fitted.parameter("baseline.error_rate").unwrap();
//! assert!(rate.low.unwrap() < 0.01 && 0.01 < rate.high.unwrap());
//! let same_policy_in_the_fitted_world = fitted.config(&config)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod errors;
mod estimate;
mod findings;
mod incidents;
mod latency;
mod load;
mod picture;
mod series;
mod simulated;
mod text;

pub use findings::{Finding, Grade};
pub use picture::{Bucket, Compared};
pub use simulated::simulated;
pub use text::fit_text;

use serde::Serialize;

use crate::config::{
    Config, ConfigError, DailySwing, Incidents, Latency, MAX_CONFIG_VALUES, MAX_REQUESTS_PER_TICK,
    Noise, Traffic,
};
use crate::json::{number, pretty, some_number};
use crate::math::{cos, ln, pow};
use crate::message::thousands;
use crate::observation::Arm;
use crate::reading::parse;
use crate::record::Record;
use crate::rules::words::percent;
use errors::{Errors, Found};
use estimate::{Estimate, is_positive};
use findings::Fitted;
use load::{Load, PERIOD_SECONDS};
use series::Series;

/// Fewest ticks with requests that a world can be fitted to.
pub const MIN_TICKS: usize = 30;
/// The limits of a configuration.
const MAX_VARIATION: f64 = 3.0;
const MAX_CLUMP: f64 = 10_000.0;
const MAX_RATIO: f64 = 100.0;
const LATENCY_MS: [f64; 2] = [0.1, 60_000.0];

/// How to fit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// Length of the world's tick in seconds, 1..=86400; `None` for the record's step. If
    /// it is a multiple of the step, steps are added up; else the noise is converted as
    /// that of independent steps.
    pub tick_seconds: Option<u32>,
    /// When a rollout in the fitted world starts, in seconds since 1970, UTC: the daily
    /// peak is so many seconds later. `None` for the start of the record.
    pub rollout_start: Option<i64>,
    /// What errors vary by where the record does not tell; `None` for clumps.
    pub excess: Option<Excess>,
}

/// What errors vary by, beyond independent failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Excess {
    /// Errors come in clumps: `baseline.error_clump`.
    Clumps,
    /// The error rate varies for both versions alike: `noise.common`.
    Common,
    /// The error rate of each version varies: `noise.per_arm`.
    PerArm,
}

/// A world fitted to a record.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fit {
    /// What the record was.
    pub record: Summary,
    /// The fitted world: the world's part of a configuration.
    pub world: FittedWorld,
    /// All parameters, with their intervals.
    pub parameters: Vec<Parameter>,
    /// How well the world describes the record.
    pub findings: Vec<Finding>,
    /// The record beside the fitted world.
    pub picture: Vec<Bucket>,
    /// What should be known to use the world, in sentences.
    pub notes: Vec<String>,
}

/// What a record was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The start of the first step, in seconds since 1970, UTC.
    pub start: i64,
    /// The length of a step in seconds.
    pub step_seconds: u32,
    /// The number of steps.
    pub steps: usize,
    /// Ticks that were fitted: of the world's length, or of a step.
    pub ticks: usize,
    /// Ticks without requests of all versions.
    pub gaps: usize,
    /// Versions that are recorded, 1 or 2.
    pub versions: usize,
    /// Incidents that were found.
    pub incidents: usize,
}

/// The world's part of a configuration. What the record does not tell is left out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FittedWorld {
    /// Length of a tick in seconds.
    pub tick_seconds: u32,
    /// The load.
    pub traffic: Traffic,
    /// Random variation of the error rates.
    #[serde(skip_serializing_if = "has_no_noise")]
    pub noise: Noise,
    /// Incidents, if some were found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incidents: Option<Incidents>,
    /// The stable version.
    pub baseline: FittedBaseline,
}

/// The stable version, as far as the record tells.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FittedBaseline {
    /// Probability that a request fails, 0..=1.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "some_number")]
    pub error_rate: Option<f64>,
    /// Mean number of errors in a clump, at least 1.
    #[serde(skip_serializing_if = "is_one", serialize_with = "number")]
    pub error_clump: f64,
    /// Latency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<Latency>,
}

/// A parameter of the world. Exactly one of `value` and `not_identified` is `None`, except
/// that a value may be a choice which is not identified.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Parameter {
    /// Where it is in a configuration.
    pub path: &'static str,
    /// The estimate.
    #[serde(serialize_with = "some_number")]
    pub value: Option<f64>,
    /// Its standard error.
    #[serde(serialize_with = "some_number")]
    pub standard_error: Option<f64>,
    /// The lower end of its 95 % interval.
    #[serde(serialize_with = "some_number")]
    pub low: Option<f64>,
    /// The upper end.
    #[serde(serialize_with = "some_number")]
    pub high: Option<f64>,
    /// How it was estimated.
    pub method: &'static str,
    /// Why the record does not tell it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_identified: Option<String>,
}

fn has_no_noise(noise: &Noise) -> bool {
    *noise == Noise::default()
}

fn is_one(x: &f64) -> bool {
    *x == 1.0
}

impl Fit {
    /// The fit as JSON, indented.
    pub fn to_json(&self) -> String {
        pretty(self)
    }

    /// The fitted world as the text of a configuration's world: without a policy.
    pub fn world_text(&self) -> String {
        pretty(&self.world)
    }

    /// A parameter by its path.
    pub fn parameter(&self, path: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.path == path)
    }

    /// The worst grade of all findings.
    pub fn grade(&self) -> Grade {
        self.findings.iter().map(|finding| finding.grade).max().unwrap_or(Grade::Ok)
    }

    /// The release and the policy of a configuration in the fitted world. What the record
    /// does not tell stays as the configuration has it.
    ///
    /// # Errors
    /// If the policy does not fit the world, such as a window that is not a multiple of
    /// the tick.
    pub fn config(&self, of: &Config) -> Result<Config, ConfigError> {
        Config::from_text(&self.config_text(&pretty(of))?)
    }

    /// A configuration's text with the fitted world in it, as JSON. What the record does not
    /// tell, the release and the policy stay as they are written.
    ///
    /// # Errors
    /// All faults of the text; also as for [`Fit::config`].
    pub fn config_text(&self, of: &str) -> Result<String, ConfigError> {
        Config::from_text(of)?;
        let parsed = |text: &str| {
            parse(text, MAX_CONFIG_VALUES).map_err(|fault| ConfigError::of_text(&[fault]))
        };
        let (mut tree, world) = (parsed(of)?, parsed(&self.world_text())?);
        // Whoever gets the requests: that is of the rollout.
        let skew = tree.at("traffic.canary_skew").cloned();
        let mut paths = vec!["tick_seconds", "traffic"];
        if self.world.baseline.error_rate.is_some() {
            paths.extend(["baseline.error_rate", "baseline.error_clump", "noise", "incidents"]);
        }
        if self.world.baseline.latency_ms.is_some() {
            paths.push("baseline.latency_ms");
        }
        for path in paths {
            match world.at(path) {
                // The paths are those of a configuration.
                Some(value) => drop(tree.set(path, value)),
                None => tree.remove(path),
            }
        }
        if let Some(skew) = skew {
            let _ = tree.set("traffic.canary_skew", &skew);
        }
        let text = pretty(&tree);
        Config::from_text(&text).map_err(ConfigError::without_line_column)?;
        Ok(text)
    }
}

/// Fits a world to a record.
///
/// # Errors
/// A sentence, if the options are out of range, or if the record has fewer than
/// [`MIN_TICKS`] ticks with requests, or more requests per tick than a world can have.
pub fn fit(record: &Record, options: &Options) -> Result<Fit, String> {
    let step = record.step_seconds();
    let tick = options.tick_seconds.unwrap_or(step);
    if !(1..=86_400).contains(&tick) {
        return Err(format!(
            "tick_seconds: expected 1 to 86,400, found {}",
            thousands(tick.into())
        ));
    }
    let steps_per_tick = if tick.is_multiple_of(step) { tick / step } else { 1 };
    let series = Series::new(record, steps_per_tick as usize);
    let known = series.load.iter().filter(|load| !load.is_nan()).count();
    if known < MIN_TICKS {
        return Err(format!(
            "expected at least {MIN_TICKS} ticks of {} s with requests, found {known}",
            series.tick_seconds
        ));
    }
    let nothing = "expected requests, found none in the whole record";
    let load = load::fit(&series, 0.0).ok_or(nothing)?;
    let (errors, incidents) = incidents::fit(&series, &load, options.excess);
    let clumps = errors.as_ref().map_or(0.0, Errors::clumps_of_requests);
    let load = if clumps > 0.0 { load::fit(&series, clumps).ok_or(nothing)? } else { load };
    let law = errors.as_ref().and_then(|errors| incidents.law(&series, errors));
    let calm_step =
        |step: usize| incidents.calm.get(step / series.steps_per_tick).copied().unwrap_or(false);
    let baseline = record.arm(Arm::Baseline).ok_or("expected a baseline, found none")?;
    let latency = latency::fit(baseline, calm_step);
    let latency_ratio = latency.as_ref().ok().and_then(|latency| {
        let steps = |[first, end]: &[usize; 2]| {
            [first * series.steps_per_tick, end * series.steps_per_tick]
        };
        let runs: Vec<[usize; 2]> = incidents.runs.iter().map(steps).collect();
        let excesses = latency::excesses(baseline, latency, &runs);
        incidents::latency_ratio(&excesses, runs.len(), latency.p50.error / latency.p50.value)
    });
    let ratio = law.as_ref().map_or(1.0, |law| law.ratio.value);
    let picture = picture::picture(&series, &load, errors.as_ref(), &incidents, ratio);
    let findings = findings::findings(&Fitted {
        series: &series,
        load: &load,
        errors: errors.as_ref(),
        incidents: &incidents,
        law: law.as_ref(),
        latency: latency.as_ref().ok(),
        picture: &picture,
    });
    let mut writer = Writer {
        parameters: Vec::new(),
        // How many of the fitted ticks a tick of the world is.
        ratio: f64::from(tick) / f64::from(series.tick_seconds),
    };
    let traffic = writer.traffic(&series, &load, record.start(), options);
    let requests = traffic.requests_per_second * f64::from(tick) * traffic.peak_load();
    if requests > MAX_REQUESTS_PER_TICK {
        return Err(format!(
            "expected at most {} requests in a tick, found {}: a shorter tick has fewer",
            thousands(MAX_REQUESTS_PER_TICK as u64),
            thousands(requests as u64)
        ));
    }
    let (error_rate, error_clump, noise) = writer.errors(errors.as_ref());
    let incidents_of_world = writer.incidents(law.as_ref(), latency_ratio);
    let latency_ms = writer.latency(latency);
    let incidents_of_world = incidents_of_world.map(|mut incidents| {
        // The slowest latency that a world can have.
        let slowest = latency_ms.map_or(MAX_RATIO, |latency| LATENCY_MS[1] / latency.p99);
        incidents.latency_ratio = incidents.latency_ratio.min(rounded_down(slowest.max(1.0)));
        incidents
    });
    let start = options.rollout_start.unwrap_or(record.start());
    Ok(Fit {
        notes: notes(&traffic, start, &findings),
        record: Summary {
            start: record.start(),
            step_seconds: step,
            steps: record.steps(),
            ticks: series.ticks(),
            gaps: series.ticks() - load.ticks,
            versions: series.arms.len(),
            incidents: incidents.runs.len(),
        },
        world: FittedWorld {
            tick_seconds: tick,
            traffic,
            noise,
            incidents: incidents_of_world,
            baseline: FittedBaseline { error_rate, error_clump, latency_ms },
        },
        parameters: writer.parameters,
        findings,
        picture,
    })
}

/// What should be known to use a world whose rollouts begin at `start`, in seconds since 1970.
fn notes(traffic: &Traffic, start: i64, findings: &[Finding]) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(swing) = &traffic.daily_swing {
        let phase = f64::from(swing.peak_seconds) / f64::from(swing.period_seconds);
        let load = 1.0 + swing.amplitude * cos(std::f64::consts::TAU * phase);
        let minutes = start.rem_euclid(86_400) / 60;
        notes.push(format!(
            "Every rollout in this world starts at {:02}:{:02} UTC, when the load is {} of its mean.",
            minutes / 60,
            minutes % 60,
            percent(load)
        ));
    }
    if findings.iter().any(|finding| finding.grade == Grade::NotDescribed) {
        notes.push(
            "What the model does not describe is in the recorded days themselves: a study, a search \
             and a replay can take them in place of a world."
                .to_string(),
        );
    }
    notes
}

/// Writes the world and the list of parameters.
struct Writer {
    parameters: Vec<Parameter>,
    ratio: f64,
}

impl Writer {
    fn add(&mut self, path: &'static str, estimate: &Estimate, method: &'static str) {
        self.parameters.push(Parameter {
            path,
            value: Some(estimate.value),
            standard_error: Some(estimate.error).filter(|error| error.is_finite()),
            low: Some(estimate.interval.low),
            high: Some(estimate.interval.high),
            method,
            not_identified: None,
        });
    }

    /// A value that is a choice, or none at all.
    fn add_unknown(
        &mut self,
        path: &'static str,
        value: Option<f64>,
        method: &'static str,
        because: &str,
    ) {
        self.parameters.push(Parameter {
            path,
            value,
            standard_error: None,
            low: None,
            high: None,
            method,
            not_identified: Some(because.to_string()),
        });
    }

    fn traffic(
        &mut self,
        series: &Series,
        load: &Load,
        record_start: i64,
        options: &Options,
    ) -> Traffic {
        let per_second = load.requests.scaled(1.0 / f64::from(series.tick_seconds));
        self.add(
            "traffic.requests_per_second",
            &per_second,
            "Quasi-likelihood of Poisson counts; error from blocks of ticks.",
        );
        let swing = self.swing(load, record_start, options);
        let burst = load.burst_squared.scaled(1.0 / self.ratio).root();
        self.add(
            "traffic.burstiness",
            &burst,
            "Pearson’s statistic of the requests after the swing; per tick.",
        );
        Traffic {
            requests_per_second: rounded(per_second.value),
            daily_swing: swing,
            burstiness: rounded(burst.value.min(MAX_VARIATION)),
            canary_skew: 1.0,
        }
    }

    fn swing(&mut self, load: &Load, record_start: i64, options: &Options) -> Option<DailySwing> {
        let paths = ["traffic.daily_swing.amplitude", "traffic.daily_swing.peak_seconds"];
        let method = "Harmonic regression on one cosine of 24 hours.";
        let Some(swing) = &load.swing else {
            let because = "the record is shorter than a day";
            self.add_unknown(paths[0], None, method, because);
            self.add_unknown(paths[1], None, method, because);
            return None;
        };
        self.add(paths[0], &swing.amplitude, method);
        // A rollout may start at another time of day than the record.
        let later = options.rollout_start.unwrap_or(record_start) - record_start;
        let day = PERIOD_SECONDS as i64;
        let later = later.rem_euclid(day) as f64;
        let value = swing.peak_seconds.value - later;
        let shift = if value < 0.0 { PERIOD_SECONDS - later } else { -later };
        let peak = swing.peak_seconds.moved(shift);
        if !swing.is_clear {
            let because = "no daily swing is told from a constant load";
            self.add_unknown(paths[1], None, method, because);
            return None;
        }
        self.add(paths[1], &peak, method);
        Some(DailySwing {
            amplitude: rounded(swing.amplitude.value.min(1.0)),
            period_seconds: PERIOD_SECONDS as u32,
            peak_seconds: peak.value.round() as u32 % PERIOD_SECONDS as u32,
        })
    }

    fn errors(&mut self, errors: Option<&Errors>) -> (Option<f64>, f64, Noise) {
        const RATE: &str = "baseline.error_rate";
        const SHARE: &str = "Errors divided by requests outside of incidents; Wilson’s interval with the dispersion of blocks.";
        const CLUMP: &str = "baseline.error_clump";
        const COMMON: &str = "noise.common";
        const PER_ARM: &str = "noise.per_arm";
        const SQUARES: &str =
            "Regression of squared residuals on the expected errors and their square.";
        const PRODUCTS: &str = "Products of both versions’ residuals.";
        let Some(errors) = errors else {
            for path in [RATE, CLUMP, COMMON, PER_ARM] {
                self.add_unknown(path, None, SHARE, "no errors are recorded");
            }
            return (None, 1.0, Noise::default());
        };
        let rate = &errors.rates[0];
        self.add(RATE, rate, SHARE);
        let found = |writer: &mut Writer, path, found: &Found, method| match &found.estimate {
            Ok(estimate) => writer.add(path, estimate, method),
            Err(because) => writer.add_unknown(path, Some(found.value), method, because),
        };
        found(self, CLUMP, &errors.clump, SQUARES);
        let common = errors.common.as_noise(self.ratio);
        let per_arm = errors.per_arm.as_noise(self.ratio);
        let two = errors.rates.len() > 1;
        found(self, COMMON, &common, if two { PRODUCTS } else { SQUARES });
        found(self, PER_ARM, &per_arm, SQUARES);
        let noise = Noise {
            common: rounded(common.value.min(MAX_VARIATION)),
            per_arm: rounded(per_arm.value.min(MAX_VARIATION)),
        };
        let clump = rounded(errors.clump.value.clamp(1.0, MAX_CLUMP));
        (Some(rounded(rate.value)), clump, noise)
    }

    fn incidents(
        &mut self,
        law: Option<&incidents::Law>,
        latency_ratio: Option<Estimate>,
    ) -> Option<Incidents> {
        const CHANCE: &str = "incidents.chance_per_tick";
        const DURATION: &str = "incidents.duration_ticks";
        let law = law?;
        let ratio = self.ratio;
        let chance = law.chance.scaled(ratio);
        self.add(CHANCE, &chance, "Runs of ticks with far more errors than the noise makes, divided by calm ticks; Jeffreys’ interval.");
        let method = "Mean length of the runs, without those extended by another start.";
        let duration = match &law.duration {
            Ok(duration) => {
                let duration = duration.scaled(1.0 / ratio);
                self.add(DURATION, &duration, method);
                duration.value
            }
            Err(value) => {
                let because = "fewer than two whole incidents do not tell how durations vary";
                self.add_unknown(DURATION, Some(value / ratio), method, because);
                value / ratio
            }
        };
        self.add(
            "incidents.error_ratio",
            &law.ratio,
            "Errors in the runs divided by those expected without them.",
        );
        let path = "incidents.latency_ratio";
        let method = "Mean logarithm of the median latency in the runs, above that outside.";
        match &latency_ratio {
            Some(estimate) => self.add(path, estimate, method),
            None => self.add_unknown(path, None, method, "no latency is recorded in an incident"),
        }
        Some(Incidents {
            chance_per_tick: rounded(chance.value.min(1.0)),
            at_tick: None,
            duration_ticks: duration.round().clamp(1.0, 100_000.0) as u32,
            error_ratio: rounded(law.ratio.value.min(MAX_RATIO)),
            latency_ratio: latency_ratio
                .map_or(1.0, |one| rounded(one.value.clamp(1.0 / MAX_RATIO, MAX_RATIO))),
        })
    }

    fn latency(&mut self, latency: Result<latency::Latency, &'static str>) -> Option<Latency> {
        let paths = ["baseline.latency_ms.p50", "baseline.latency_ms.p99"];
        let method = "Mean logarithms of the recorded quantiles outside of incidents, as those of a log-normal distribution.";
        match latency {
            Ok(latency) => {
                self.add(paths[0], &latency.p50, method);
                self.add(paths[1], &latency.p99, method);
                let [least, most] = LATENCY_MS;
                let p50 = rounded(latency.p50.value.clamp(least, most));
                Some(Latency { p50, p99: rounded(latency.p99.value.clamp(p50, most)).max(p50) })
            }
            Err(because) => {
                for path in paths {
                    self.add_unknown(path, None, method, because);
                }
                None
            }
        }
    }
}

impl Estimate {
    fn scaled(&self, factor: f64) -> Estimate {
        let mut scaled = *self;
        scaled.value *= factor;
        scaled.error *= factor;
        scaled.interval.low *= factor;
        scaled.interval.high *= factor;
        scaled
    }

    fn moved(&self, by: f64) -> Estimate {
        let mut moved = *self;
        moved.value += by;
        moved.interval.low += by;
        moved.interval.high += by;
        moved
    }

    /// The square root, 0 for what is below 0.
    fn root(&self) -> Estimate {
        let root = |x: f64| x.max(0.0).sqrt();
        let mut estimate = *self;
        estimate.value = root(self.value);
        estimate.error = match estimate.value > 0.0 {
            true => 0.5 * self.error / estimate.value,
            false => root(self.error),
        };
        estimate.interval.low = root(self.interval.low);
        estimate.interval.high = root(self.interval.high);
        estimate
    }
}

impl Found {
    /// From the square of a coefficient of variation of one tick to that of `ratio` ticks.
    fn as_noise(&self, ratio: f64) -> Found {
        Found {
            value: (self.value.max(0.0) / ratio).sqrt(),
            estimate: self.estimate.map(|estimate| estimate.scaled(1.0 / ratio).root()),
        }
    }
}

/// A number above 0 with six significant digits, as a configuration shows it.
fn rounded(x: f64) -> f64 {
    to_digits(x, f64::round)
}

/// The same, not above the number.
fn rounded_down(x: f64) -> f64 {
    to_digits(x, f64::floor)
}

fn to_digits(x: f64, round: fn(f64) -> f64) -> f64 {
    const DIGITS: f64 = 6.0;
    if !is_positive(x) {
        return 0.0;
    }
    let magnitude = (ln(x) / std::f64::consts::LN_10).floor();
    let places = DIGITS - 1.0 - magnitude;
    let scale = pow(10.0, places.abs());
    if places >= 0.0 { round(x * scale) / scale } else { round(x / scale) * scale }
}
