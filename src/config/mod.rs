//! The configuration of a rollout, checked and complete.
//!
//! A [`Config`] is always valid. It comes from [`Config::from_text`] or from
//! [`ConfigParts::check`], which refuse an invalid configuration and report all of
//! its faults. All defaults are filled in and plain thresholds are replaced by the
//! rules that they stand for, so a `Config` says in full what a rollout will do. It
//! has three parts: the world, the release, and the policy.

mod controller;
mod error;
mod foreign;
mod input;
mod policy;
mod presets;
mod release;
mod resolve;
#[cfg(feature = "schema")]
mod schema;
mod thresholds;
mod warnings;
mod work;
mod world;
mod written;

pub use controller::*;
pub use error::ConfigError;
pub(crate) use foreign::is_foreign;
pub(crate) use input::{ConfigInput, PolicyInput, WorldInput};
pub use policy::{AfterExtension, OnInconclusive, Pods, PolicyConfig, Stage, StagePause};
pub use presets::{Preset, preset, presets};
pub use release::{Arrival, ReleaseConfig};
pub(crate) use resolve::not_a_policys_key;
pub use resolve::read_policy;
pub(crate) use resolve::{read_world, stage_name};
#[cfg(feature = "schema")]
pub use schema::config_schema;
pub use work::{MAX_BOUNDARY_WORK, MAX_LOOKS};
pub use world::{
    Baseline, DailySwing, Incidents, Latency, Noise, Observation, Traffic, WorldConfig,
    realised_share,
};

pub use crate::rules::{MAX_STAGES, MAX_TICKS};

use serde::Serialize;

use crate::json;
use crate::problem::Problem;
use crate::rules::{Method, Rule};

/// The configuration of a rollout: a world, a release and a policy that fit
/// together. Together with a seed and the commands it determines the rollout.
///
/// A `Config` is always valid: its parts can be read but not changed from outside,
/// and every way to make one checks it. To change it, take its
/// [parts](Config::parts), change them and check them again.
///
/// A serialized `Config` is a text that [`Config::from_text`] reads back to the
/// same value.
///
/// ```compile_fail,E0616
/// # use canary_rollout::config::{Config, preset};
/// let mut config = Config::from_text(preset("default").unwrap().json).unwrap();
/// config.parts.policy.stages.clear();
/// ```
///
/// ```compile_fail,E0596
/// # use canary_rollout::config::{Config, preset};
/// let config = Config::from_text(preset("default").unwrap().json).unwrap();
/// config.policy().stages.clear();
/// ```
///
/// ```compile_fail,E0451
/// # use canary_rollout::config::{Config, preset};
/// let config = Config::from_text(preset("default").unwrap().json).unwrap();
/// let mut parts = config.parts();
/// parts.policy.stages.clear();
/// let config = Config { parts };
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Config {
    parts: ConfigParts,
}

/// The parts of a configuration, which may be changed freely.
/// [`ConfigParts::check`] makes a [`Config`] from them.
///
/// ```
/// use canary_rollout::config::{Config, preset};
///
/// let mut parts = Config::from_text(preset("default").unwrap().json)?.parts();
/// parts.release.error_ratio = 3.0;
/// let config = parts.check()?;
/// assert!(config.release_is_bad());
///
/// let mut parts = config.parts();
/// parts.policy.stages.clear();
/// let error = parts.check().unwrap_err();
/// assert_eq!(error.to_string(), "stages: is empty, expected at least one stage");
/// # Ok::<(), canary_rollout::config::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConfigParts {
    /// A display name; may be empty.
    pub name: String,
    /// The world: load, noise, incidents and the stable version.
    #[serde(flatten)]
    pub world: WorldConfig,
    /// The release: the truth, which no rule reads.
    #[serde(rename = "canary")]
    pub release: ReleaseConfig,
    /// The policy: stages and rules.
    #[serde(flatten)]
    pub policy: PolicyConfig,
}

impl ConfigParts {
    /// Checks the parts and makes a configuration from them.
    ///
    /// # Errors
    /// All faults of the parts, with the paths of a configuration's text.
    pub fn check(&self) -> Result<Config, ConfigError> {
        let config = Config::from_text(&json::pretty(self));
        let config = config.map_err(ConfigError::without_line_column)?;
        // A controller is written without what follows from it.
        if self.policy.controller.is_some() && config.policy() != &self.policy {
            let message = "stands beside stages or rules that do not follow from it";
            return Err(ConfigError::of_values(vec![Problem::new("controller", message)]));
        }
        Ok(config)
    }
}

impl Config {
    /// A display name; may be empty.
    pub fn name(&self) -> &str {
        &self.parts.name
    }

    /// The world: load, noise, incidents and the stable version.
    pub fn world(&self) -> &WorldConfig {
        &self.parts.world
    }

    /// The release: the truth, which no rule reads.
    pub fn release(&self) -> &ReleaseConfig {
        &self.parts.release
    }

    /// The policy: stages and rules.
    pub fn policy(&self) -> &PolicyConfig {
        &self.parts.policy
    }

    /// A copy of the parts, which may be changed freely.
    pub fn parts(&self) -> ConfigParts {
        self.parts.clone()
    }

    /// The same world and policy with a release as good as the baseline. It needs
    /// no check, because a healthy release is valid in every world.
    pub fn with_healthy_release(&self) -> Config {
        Config { parts: ConfigParts { release: ReleaseConfig::default(), ..self.parts() } }
    }

    /// Whether the release is or becomes worse than the baseline, and stays so. A
    /// cold start is not bad, because it ends. A ratio without effect is not a
    /// regression.
    pub fn release_is_bad(&self) -> bool {
        let canary = &self.parts.release;
        let stays = |arrival| {
            !matches!(arrival, Arrival::ColdStart { .. }) && self.never_arrives(arrival).is_none()
        };
        (self.error_ratio() > 1.0 && stays(canary.error_arrival) && self.error_ratio_acts())
            || (canary.latency_ratio > 1.0 && stays(canary.latency_arrival))
    }

    /// Whether the release differs from the baseline at any time, including by a
    /// cold start or by being better.
    pub fn release_differs(&self) -> bool {
        let canary = &self.parts.release;
        let arrives = |arrival| self.never_arrives(arrival).is_none();
        (self.error_ratio() != 1.0 && arrives(canary.error_arrival) && self.error_ratio_acts())
            || (canary.latency_ratio != 1.0 && arrives(canary.latency_arrival))
    }

    /// The release's error rate divided by the baseline's, whichever of the two the
    /// configuration gives; infinite for errors that the baseline does not know.
    pub fn error_ratio(&self) -> f64 {
        let base = self.parts.world.baseline.error_rate;
        match self.parts.release.error_rate {
            None => self.parts.release.error_ratio,
            Some(rate) if rate == base => 1.0,
            Some(rate) => rate / base,
        }
    }

    /// Whether the error ratio has an effect. It has none if the baseline never
    /// fails, or if it always fails and the ratio is above 1.
    pub(crate) fn error_ratio_acts(&self) -> bool {
        let dips = self
            .parts
            .world
            .incidents
            .as_ref()
            .is_some_and(|incidents| incidents.error_ratio < 1.0);
        let always = self.parts.world.baseline.error_rate == 1.0
            && self.parts.world.noise.is_none()
            && !dips;
        if self.parts.release.error_rate.is_some() {
            return !always || self.error_ratio() < 1.0;
        }
        self.parts.world.baseline.error_rate > 0.0
            && !(always && self.parts.release.error_ratio > 1.0)
    }

    /// The highest load in units of the mean load, if the arrival starts only at a
    /// higher one, so that it never happens.
    pub(crate) fn never_arrives(&self, arrival: Arrival) -> Option<f64> {
        let Arrival::UnderLoad { from_load, .. } = arrival else { return None };
        let peak = self.parts.world.traffic.peak_load();
        (self.parts.world.traffic.burstiness == 0.0 && from_load >= peak).then_some(peak)
    }
}

fn is_zero(x: &f64) -> bool {
    *x == 0.0
}

fn is_one(x: &f64) -> bool {
    *x == 1.0
}

/// The text of the JSON Schema (2020-12) of a configuration.
pub const CONFIG_SCHEMA: &str = include_str!("schema.json");
/// Maximum expected number of requests in a tick, with every noise factor at its
/// mean.
pub const MAX_REQUESTS_PER_TICK: f64 = 1e8;
/// Latencies are drawn in bins. This is the ratio of a bin's upper edge to its
/// lower edge.
pub const LATENCY_BIN_RATIO: f64 = 1.02;
/// Maximum number of rules in a policy.
pub const MAX_RULES: usize = 32;
/// Maximum number of values in the text of a configuration: scalars, arrays and
/// objects. The largest valid configuration has about 5,000.
pub const MAX_CONFIG_VALUES: usize = 10_000;
/// Maximum length of a configuration's text, in bytes.
pub const MAX_CONFIG_BYTES: usize = 1 << 18;
