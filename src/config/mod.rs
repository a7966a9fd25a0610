//! A rollout's configuration: what a person writes, checked and completed.
//!
//! [`Config`] is valid by its type: it comes from [`Config::from_text`] or from
//! [`ConfigParts::check`], which refuse what is wrong with all of its faults at
//! once. It holds no defaults left open and no plain thresholds, only the rules
//! these stand for, so it says in full what a rollout will do. It has three parts:
//! the world that a release meets, the release, and the policy that decides.

mod error;
mod foreign;
mod input;
mod policy;
mod presets;
mod release;
mod resolve;
mod schema;
mod thresholds;
mod warnings;
mod work;
mod world;
mod written;

pub use error::ConfigError;
pub(crate) use input::{ConfigInput, PolicyInput, WorldInput};
pub use policy::{AfterExtension, OnInconclusive, PolicyConfig, Stage, StagePause};
pub use presets::{Preset, preset, presets};
pub use release::{Arrival, ReleaseConfig};
pub(crate) use resolve::no_policys;
pub use resolve::read_policy;
pub use schema::{CONFIG_SCHEMA, config_schema};
pub use work::{MAX_BOUNDARY_WORK, MAX_LATENCY_READS, MAX_LOOKS};
pub use world::{Baseline, DailySwing, Incidents, Latency, Noise, Traffic, WorldConfig};

use serde::Serialize;

use crate::json;
use crate::rules::{Method, Rule};

/// Everything that decides a rollout, but for its seed and its commands: a world, a
/// release and a policy that fit together.
///
/// A `Config` is valid: its parts can be read but not changed from outside, and all
/// ways to make one check it. To change something, take the [parts](Config::parts),
/// change them and check them again.
///
/// It serializes to a configuration that [`Config::from_text`] reads back to the
/// same value.
///
/// ```compile_fail,E0616
/// # use canary_rollout::config::{Config, preset};
/// let config = Config::from_text(preset("default").unwrap().json).unwrap();
/// config.policy.stages.clear();
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
/// let mut policy = config.policy().clone();
/// policy.stages.clear();
/// let config = Config { policy, ..config };
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Config {
    name: String,
    #[serde(flatten)]
    world: WorldConfig,
    #[serde(rename = "canary")]
    release: ReleaseConfig,
    #[serde(flatten)]
    policy: PolicyConfig,
}

/// The parts of a configuration, free to change. [`ConfigParts::check`] makes a
/// [`Config`] of them.
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
    /// A name for people; free text, may be empty.
    pub name: String,
    /// What a release meets.
    #[serde(flatten)]
    pub world: WorldConfig,
    /// The release on trial: the truth, which no rule reads.
    #[serde(rename = "canary")]
    pub release: ReleaseConfig,
    /// What decides.
    #[serde(flatten)]
    pub policy: PolicyConfig,
}

impl ConfigParts {
    /// The configuration of these parts.
    ///
    /// # Errors
    /// All that is wrong with them, with the paths of a configuration as text.
    pub fn check(&self) -> Result<Config, ConfigError> {
        Config::from_text(&json::pretty(self)).map_err(ConfigError::without_line_column)
    }
}

impl Config {
    /// A name for people; free text, may be empty.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What a release meets.
    pub fn world(&self) -> &WorldConfig {
        &self.world
    }

    /// The release on trial: the truth, which no rule reads.
    pub fn release(&self) -> &ReleaseConfig {
        &self.release
    }

    /// What decides.
    pub fn policy(&self) -> &PolicyConfig {
        &self.policy
    }

    /// Copies of the parts, free to change.
    pub fn parts(&self) -> ConfigParts {
        let Config { name, world, release, policy } = self.clone();
        ConfigParts { name, world, release, policy }
    }

    /// The same world and policy with a release as good as the baseline, which fits
    /// in wherever another did.
    pub fn with_healthy_release(&self) -> Config {
        Config { release: ReleaseConfig::default(), ..self.clone() }
    }

    /// Whether the release is worse than the baseline, now or later, and stays
    /// so. A cold start that heals is not bad, and a ratio that has nothing to
    /// multiply is no regression.
    pub fn release_is_bad(&self) -> bool {
        let canary = &self.release;
        let stays = |arrival| {
            !matches!(arrival, Arrival::ColdStart { .. }) && self.never_arrives(arrival).is_none()
        };
        (canary.error_ratio > 1.0 && stays(canary.error_arrival) && self.error_ratio_acts())
            || (canary.latency_ratio > 1.0 && stays(canary.latency_arrival))
    }

    /// Whether the release can differ from the baseline at all: by a cold start
    /// or for the better, too.
    pub fn release_differs(&self) -> bool {
        let canary = &self.release;
        let arrives = |arrival| self.never_arrives(arrival).is_none();
        (canary.error_ratio != 1.0 && arrives(canary.error_arrival) && self.error_ratio_acts())
            || (canary.latency_ratio != 1.0 && arrives(canary.latency_arrival))
    }

    /// Whether the ratio of errors makes a difference: a baseline that never
    /// fails has no errors to be more of, and one that always fails has no room
    /// for more.
    pub(crate) fn error_ratio_acts(&self) -> bool {
        let dips =
            self.world.incidents.as_ref().is_some_and(|incidents| incidents.error_ratio < 1.0);
        let always = self.world.baseline.error_rate == 1.0 && self.world.noise.is_none() && !dips;
        self.world.baseline.error_rate > 0.0 && !(always && self.release.error_ratio > 1.0)
    }

    /// The highest load, by the mean, if an arrival waits for a higher one.
    pub(crate) fn never_arrives(&self, arrival: Arrival) -> Option<f64> {
        let Arrival::UnderLoad { from_load, .. } = arrival else { return None };
        let peak = self.world.traffic.peak_load();
        (self.world.traffic.burstiness == 0.0 && from_load >= peak).then_some(peak)
    }
}

fn is_zero(x: &f64) -> bool {
    *x == 0.0
}

/// Largest expected number of requests in a tick, with every factor at its
/// mean.
pub const MAX_REQUESTS_PER_TICK: f64 = 1e8;
/// Latencies are drawn in bins, each this many times as long as the one before.
pub const LATENCY_BIN_RATIO: f64 = 1.02;
/// Most ticks a rollout may last, pauses included.
pub const MAX_TICKS: u32 = 100_000;
/// Most stages in a plan.
pub const MAX_STAGES: usize = 100;
/// Most rules in a policy.
pub const MAX_RULES: usize = 32;
/// Most values in a configuration's text: numbers, strings and the like, arrays and
/// objects. The largest that is valid has about 5,000.
pub const MAX_CONFIG_VALUES: usize = 10_000;
/// Longest configuration text, in bytes.
pub const MAX_CONFIG_BYTES: usize = 1 << 18;
