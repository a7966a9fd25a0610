//! Presets: example configurations, as a person would write them.

/// A named example configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Preset {
    /// The name.
    pub name: &'static str,
    /// A description in one line.
    pub description: &'static str,
    /// The configuration as JSON text.
    pub json: &'static str,
}

macro_rules! preset {
    ($name:literal, $description:literal) => {
        Preset {
            name: $name,
            description: $description,
            json: include_str!(concat!("presets/", $name, ".json")),
        }
    };
}

/// All presets: policies, releases under the default policy, strategies, alerts that are
/// used as rules, and controllers.
pub fn presets() -> &'static [Preset] {
    &[
        preset!("default", "The course’s rollout: four stages, plain limits at each stage’s end."),
        preset!("opening", "A healthy release, rolled back by limits that look every minute."),
        preset!("reference", "The reference study: sequential evidence with a look at every tick."),
        preset!("healthy", "A release as good as the baseline."),
        preset!("twice-the-errors", "A release that fails twice as often, from the start."),
        preset!("slow-leak", "A release that gets worse gradually."),
        preset!("latency-spike", "A release that becomes slow in the third stage."),
        preset!("cold-start", "A release that fails at first and recovers on its own."),
        preset!("incident", "A healthy release during an incident that affects both versions."),
        preset!("canary", "A small share first, compared with the baseline."),
        preset!("blue-green", "All traffic at once, the old version kept warm to switch back to."),
        preset!("rolling", "Instance by instance, in steps of ten percent."),
        preset!("all-at-once", "All traffic at once; a rollback takes a new deployment."),
        preset!(
            "burn-rate-sloth",
            "The page alerts of Sloth on the whole service, as a rollback rule."
        ),
        preset!(
            "burn-rate-pyrra",
            "The page alerts of Pyrra on the whole service, with their `for`."
        ),
        preset!(
            "kayenta",
            "A canary analysis of Kayenta: three metrics of points a minute, judged every hour."
        ),
        preset!(
            "growthbook-ramp",
            "A monitored ramp of GrowthBook over a day, with a guardrail on errors."
        ),
        preset!(
            "argo-rollouts",
            "Argo Rollouts: five pods, four weights, an analysis in the background each minute."
        ),
        preset!(
            "flagger",
            "Flagger: weights of 10 to 50 %, a check each minute, five failed ones roll back."
        ),
        preset!(
            "codedeploy",
            "AWS CodeDeploy: 10 % for ten minutes, stopped by an alarm on the whole function."
        ),
    ]
}

/// The preset with this name.
pub fn preset(name: &str) -> Option<&'static Preset> {
    presets().iter().find(|preset| preset.name == name)
}
