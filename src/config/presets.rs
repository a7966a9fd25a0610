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

/// All presets: policies, then releases under the default policy, then strategies.
pub fn presets() -> &'static [Preset] {
    &[
        preset!("default", "The course’s rollout: four stages, plain limits at each stage’s end."),
        preset!("opening", "A healthy release, thrown away by limits looked at every minute."),
        preset!("reference", "The reference study: evidence decides, looked at every tick."),
        preset!("healthy", "A release as good as the baseline."),
        preset!("twice-the-errors", "A release that fails twice as often, from the start."),
        preset!("slow-leak", "A release that gets worse little by little."),
        preset!("latency-spike", "A release that turns slow in the third stage."),
        preset!("cold-start", "A release that fails at first and heals by itself."),
        preset!("incident", "A healthy release, and trouble that hits both versions alike."),
        preset!("canary", "A small share first, compared with the baseline."),
        preset!("blue-green", "All traffic at once, the old version kept warm to switch back to."),
        preset!("rolling", "Instance by instance, in steps of ten percent."),
        preset!("all-at-once", "All traffic at once; going back takes a new deployment."),
    ]
}

/// The preset with this name.
pub fn preset(name: &str) -> Option<&'static Preset> {
    presets().iter().find(|preset| preset.name == name)
}
