//! The record beside the fitted world, by bucket of time.

use serde::Serialize;

use super::errors::Errors;
use super::estimate::gamma_quantile;
use super::incidents::Incidents;
use super::load::Load;
use super::series::Series;
use crate::json::{number, some_number};

/// The most buckets.
const BUCKETS: usize = 120;
/// The standard normal quantile of a 95 % band.
const Z: f64 = 1.959_963_984_540_054;

/// Some successive ticks of the record.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bucket {
    /// Where it starts, in seconds since 1970, UTC.
    pub start: i64,
    /// Its length in seconds.
    pub seconds: u32,
    /// Requests per second of all versions.
    pub requests_per_second: Compared,
    /// The baseline's errors divided by its requests; `None` if no errors are recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_rate: Option<Compared>,
    /// Whether an incident was found in it; the fitted error rate is that of incidents
    /// there.
    pub incident: bool,
}

/// What is recorded, and what the fitted world makes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// What is recorded; `None` in a gap.
    #[serde(serialize_with = "some_number")]
    pub recorded: Option<f64>,
    /// The mean in the fitted world.
    #[serde(serialize_with = "number")]
    pub fitted: f64,
    /// The lower end of the band that the fitted world meets in 95 % of buckets.
    #[serde(serialize_with = "number")]
    pub low: f64,
    /// The upper end.
    #[serde(serialize_with = "number")]
    pub high: f64,
}

impl Compared {
    /// What is recorded is in the band, or nothing is recorded.
    pub fn is_within(&self) -> bool {
        self.recorded.is_none_or(|recorded| self.low <= recorded && recorded <= self.high)
    }

    /// A sum with its mean and variance, divided by a size.
    fn new(recorded: Option<f64>, mean: f64, variance: f64, size: f64) -> Compared {
        let at = |z| if size > 0.0 { gamma_quantile(mean, variance, z) / size } else { 0.0 };
        // Counts are whole numbers.
        let (low, high) = (at(-Z), at(Z));
        let half = if size > 0.0 { 0.5 / size } else { 0.0 };
        Compared {
            recorded: recorded.filter(|_| size > 0.0).map(|recorded| recorded / size),
            fitted: if size > 0.0 { mean / size } else { 0.0 },
            low: (low - half).max(0.0),
            high: high + half,
        }
    }
}

/// The buckets; the law of a bucket's sum is a gamma distribution of its mean and variance.
pub(super) fn picture(
    series: &Series,
    load: &Load,
    errors: Option<&Errors>,
    incidents: &Incidents,
    ratio: f64,
) -> Vec<Bucket> {
    let length = series.ticks().div_ceil(BUCKETS);
    let seconds = f64::from(series.tick_seconds);
    let bucket = |first: usize| {
        let ticks = first..(first + length).min(series.ticks());
        let known = ticks.clone().filter(|tick| !series.load[*tick].is_nan());
        let (mut found, mut mean, mut variance, mut count) = (0.0, 0.0, 0.0, 0.0);
        for tick in known {
            found += series.load[tick];
            mean += load.mean[tick];
            variance += load.variance(load.mean[tick]);
            count += 1.0;
        }
        let requests = if count > 0.0 {
            Compared::new(Some(found), mean, variance, count * seconds)
        } else {
            let means = ticks.clone().map(|tick| load.mean[tick]);
            let variances = means.clone().map(|mean| load.variance(mean)).sum();
            Compared::new(None, means.sum(), variances, ticks.len() as f64 * seconds)
        };
        let rate = errors.map(|errors| {
            let (mut found, mut n, mut mean, mut variance) = (0.0, 0.0, 0.0, 0.0);
            for tick in ticks.clone() {
                if let Some((requests, failed)) = series.arms[0].at(tick) {
                    let factor = if incidents.inside[tick] { ratio } else { 1.0 };
                    let expected = (requests * errors.rate(0) * factor).min(requests);
                    found += failed;
                    n += requests;
                    mean += expected;
                    variance += errors.variance(expected);
                }
            }
            match n > 0.0 {
                true => Compared::new(Some(found), mean, variance, n),
                false => Compared {
                    recorded: None,
                    fitted: errors.rate(0),
                    low: errors.rate(0),
                    high: errors.rate(0),
                },
            }
        });
        Bucket {
            start: series.start + (first as f64 * seconds) as i64,
            seconds: (ticks.len() as f64 * seconds) as u32,
            requests_per_second: requests,
            error_rate: rate,
            incident: incidents.inside[ticks].contains(&true),
        }
    };
    (0..series.ticks()).step_by(length.max(1)).map(bucket).collect()
}
