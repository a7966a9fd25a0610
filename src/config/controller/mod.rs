//! Controllers that decide in place of the staged policy: their part of a
//! configuration, one file each. A field has the name that it has in the controller's
//! own configuration, in `snake_case`, and times are in seconds.

mod argo;
mod argo_warnings;
mod codedeploy;
mod flagger;
mod growthbook;
mod judge;
mod kayenta;
mod metric;

pub use self::metric::MeasureConfig;
pub use argo::{
    AnalysisConfig, ArgoConfig, ArgoMetric, ArgoStep, BlueGreen, CanaryScale, ExperimentStep,
    Pause, ProgressThreshold, RouteStep, TrafficRouting,
};
pub(crate) use codedeploy::increments;
pub use codedeploy::{
    AlarmConfig, CodeDeployConfig, CodeDeployRouting, ComputePlatform, Deploys, Hook, Hooks,
    MAX_ALARMS, MAX_EVALUATION_PERIODS, MinimumHealthyHosts, Predefined, RollbackEvent,
    TreatMissingData,
};
pub use flagger::{
    Answer, FlaggerConfig, FlaggerMetric, HookType, MAX_WEBHOOKS, Provider, Strategy, Webhook,
};
pub use growthbook::{GrowthbookConfig, GuardrailConfig, HealthAction, RampStep};
pub use judge::{
    EffectSizeConfig, GroupWeight, JudgeConfig, JudgedMetricConfig, Outliers, ScoreThresholds,
};
pub use kayenta::KayentaConfig;

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;

use super::WorldConfig;
use super::resolve::Check;
use crate::problem::Problem;
use crate::reading::words;
use crate::rules::{
    CountsFailures, Look, Method, Metric, NoData, OnFail, Population, Rule, Window, whole_ticks,
};

/// Maximum number of checks of a controller.
pub const MAX_CHECKS: usize = 64;

/// The controller that decides, in place of stages and rules.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename_all = "lowercase", rename = "Controller"))]
pub enum ControllerInput {
    /// Argo Rollouts.
    Argo(Box<argo::ArgoInput>),
    /// Flagger.
    Flagger(Box<flagger::FlaggerInput>),
    /// AWS CodeDeploy.
    CodeDeploy(Box<codedeploy::CodeDeployInput>),
    /// GrowthBook.
    Growthbook(Box<growthbook::GrowthbookInput>),
    /// Kayenta.
    Kayenta(Box<kayenta::KayentaInput>),
}

words!(ControllerInput {
    "argo" => Argo(_),
    "flagger" => Flagger(_),
    "codedeploy" => CodeDeploy(_),
    "growthbook" => Growthbook(_),
    "kayenta" => Kayenta(_),
});

/// A controller, checked and complete.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ControllerConfig {
    /// Argo Rollouts.
    Argo(ArgoConfig),
    /// Flagger.
    Flagger(FlaggerConfig),
    /// AWS CodeDeploy.
    CodeDeploy(CodeDeployConfig),
    /// GrowthBook.
    Growthbook(GrowthbookConfig),
    /// Kayenta.
    Kayenta(KayentaConfig),
}

impl ControllerConfig {
    /// The controller's name.
    pub fn name(&self) -> &'static str {
        match self {
            ControllerConfig::Argo(_) => "Argo Rollouts",
            ControllerConfig::Flagger(_) => "Flagger",
            ControllerConfig::CodeDeploy(_) => "AWS CodeDeploy",
            ControllerConfig::Growthbook(_) => "GrowthBook",
            ControllerConfig::Kayenta(_) => "Kayenta",
        }
    }

    /// What is valid but probably a mistake. Paths begin with `controller`.
    pub fn warnings(&self, world: &WorldConfig) -> Vec<Problem> {
        match self {
            ControllerConfig::Argo(argo) => argo.warnings("controller.argo", world),
            ControllerConfig::CodeDeploy(codedeploy) => {
                codedeploy.warnings("controller.codedeploy", world)
            }
            ControllerConfig::Kayenta(kayenta) => kayenta.warnings("controller.kayenta", world),
            ControllerConfig::Growthbook(growthbook) => {
                growthbook.warnings("controller.growthbook", world)
            }
            ControllerConfig::Flagger(flagger) => flagger.warnings(world),
        }
    }

    /// The checks that it makes, in the order of their numbers.
    pub fn checks(&self) -> Vec<Rule> {
        match self {
            ControllerConfig::Argo(argo) => argo.checks(),
            ControllerConfig::Flagger(flagger) => flagger.checks(),
            ControllerConfig::CodeDeploy(codedeploy) => codedeploy.checks(),
            ControllerConfig::Growthbook(growthbook) => growthbook.checks(),
            ControllerConfig::Kayenta(kayenta) => kayenta.checks(),
        }
    }
}

impl ControllerInput {
    /// The complete configuration. Faults go to `check`.
    pub(super) fn resolve(&self, check: &mut Check<'_>, tick_seconds: u32) -> ControllerConfig {
        let path = "controller";
        match self {
            ControllerInput::Argo(input) => {
                ControllerConfig::Argo(input.resolve(check, &format!("{path}.argo"), tick_seconds))
            }
            ControllerInput::Flagger(input) => ControllerConfig::Flagger(input.resolve(
                check,
                &format!("{path}.flagger"),
                tick_seconds,
            )),
            ControllerInput::CodeDeploy(input) => ControllerConfig::CodeDeploy(input.resolve(
                check,
                &format!("{path}.codedeploy"),
                tick_seconds,
            )),
            ControllerInput::Growthbook(input) => ControllerConfig::Growthbook(input.resolve(
                check,
                &format!("{path}.growthbook"),
                tick_seconds,
            )),
            ControllerInput::Kayenta(input) => ControllerConfig::Kayenta(input.resolve(
                check,
                &format!("{path}.kayenta"),
                tick_seconds,
            )),
        }
    }
}

impl Check<'_> {
    /// A time in seconds that is a whole number of ticks, from `min` on.
    fn seconds(
        &mut self,
        path: &str,
        value: impl Into<Option<f64>>,
        min: u32,
        tick_seconds: u32,
    ) -> u32 {
        let seconds = self.whole(path, value, min, super::resolve::MAX_PERIOD_SECONDS);
        if tick_seconds > 0
            && let Err(message) = whole_ticks(seconds, tick_seconds)
        {
            self.complain(path, message);
        }
        seconds
    }
}

/// The check of a metric of a controller.
fn check_of(metric: Metric, of: Population) -> Rule {
    let window = Window::Last { last_seconds: metric.window_seconds };
    check_by(Method::Metric(metric), window, of)
}

/// A check of a controller. When it looks and what follows is the controller's affair, so
/// nothing else of the rule has an effect.
fn check_by(method: Method, window: Window, of: Population) -> Rule {
    Rule {
        method,
        window,
        look: Look::EveryTick,
        look_while_paused: true,
        of,
        failure_limit: 1,
        of_last: None,
        counts: CountsFailures::Alone,
        weight: 1.0,
        on_fail: OnFail::Rollback,
        stages: None,
        min_requests: 0,
        no_data: NoData::Inconclusive,
        min_errors: 0,
    }
}
