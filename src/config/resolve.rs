//! Makes a complete configuration from what a person wrote: fills in defaults,
//! replaces plain thresholds by rules, and reports all faults.

use super::controller::ControllerInput;
use super::foreign;
use super::input::*;
use super::thresholds::{Thresholds, plain_rules};
use super::*;
use crate::json::plain;
use crate::message::{found, thousands};
use crate::problem::Problem;
use crate::reading::{self, Fault, Faults, Node, Place, Reported};
use crate::rules::words::significant;
use crate::rules::{
    CountsFailures, Limit, Look, MAX_LATENCY_MS, Population, Range, RuleInput, Window, whole_ticks,
};

/// The default duration of a stage, in ticks.
const DEFAULT_DURATION_TICKS: f64 = 5.0;
/// Maximum length of the name of a configuration or stage, in characters.
const MAX_NAME: usize = 200;
/// Maximum ratio of error rates or latencies.
const MAX_RATIO: f64 = 100.0;
/// Maximum coefficient of variation.
const MAX_VARIATION: f64 = 3.0;
/// Maximum latency that the world can draw, in milliseconds.
const MAX_WORLD_LATENCY_MS: f64 = 60_000.0;
/// Maximum period of the daily swing, of a delay and of a history: a year, in
/// seconds.
pub(super) const MAX_PERIOD_SECONDS: u32 = 365 * 86_400;
/// Maximum mean size of a clump of errors.
const MAX_CLUMP: f64 = 10_000.0;
/// Maximum number of instances.
const MAX_PODS: u32 = 10_000;

impl Config {
    /// Reads a configuration from a text: YAML 1.2, of which JSON is a part.
    ///
    /// # Errors
    /// All unknown or missing fields, wrong types and wrong values, with their
    /// places in the text; or the first syntax error.
    pub fn from_text(text: &str) -> Result<Config, ConfigError> {
        let (tree, input, faults) = read_text(text)?;
        let problems = match resolved(&input, &faults.reported()) {
            Ok(config) if faults.is_empty() => return Ok(config),
            resolved => resolved.err().unwrap_or_default(),
        };
        let mut faults = faults.into_list();
        faults.extend(placed(&tree, problems));
        Err(ConfigError::of_text(&faults))
    }
}

/// Reads a text. Returns its tree, the input read from it, and the faults of names
/// and types.
pub(super) fn read_text(text: &str) -> Result<(Node, ConfigInput, Faults), ConfigError> {
    if text.len() > MAX_CONFIG_BYTES {
        return Err(ConfigError::of_whole(format!(
            "the configuration is {} bytes long, the limit is {MAX_CONFIG_BYTES}",
            text.len(),
        )));
    }
    if reading::without_mark(text).trim().is_empty() {
        return Err(ConfigError::of_whole("the configuration is empty, expected an object"));
    }
    let foreign = |message| Fault { path: String::new(), message, place: Place::START };
    let tree = reading::parse(text, MAX_CONFIG_VALUES).map_err(|fault| {
        let fault = foreign::of_text(text).map_or(fault, foreign);
        ConfigError::of_text(&[fault])
    })?;
    if let Some(message) = foreign::of_tree(&tree) {
        return Err(ConfigError::of_text(&[foreign(message)]));
    }
    let (input, faults) = reading::read(&tree);
    Ok((tree, input, faults))
}

/// Reads the tree of a text for the keys of its world and its release. A policy may be
/// missing.
///
/// # Errors
/// Faults of names and types; wrong values are found only when the world is used.
pub(crate) fn read_world(text: &str) -> Result<Node, ConfigError> {
    let (tree, _, faults) = read_text(text)?;
    if faults.is_empty() { Ok(tree) } else { Err(ConfigError::of_text(&faults.into_list())) }
}

/// The complete configuration, or its wrong values in the order of the schema.
/// Faults of values for which a fault was already reported (`reported`) are left out.
fn resolved(input: &ConfigInput, reported: &Reported) -> Result<Config, Vec<Problem>> {
    let mut check = Check { problems: Vec::new(), reported };
    let config = check.config(input);
    check.problems.retain(|problem| !reported.covers(&problem.path));
    if check.problems.is_empty() { Ok(config) } else { Err(check.problems) }
}

impl ConfigInput {
    /// Reads and completes a configuration from a tree without a text: faults have
    /// no line and column.
    pub(crate) fn resolve_tree(tree: &Node) -> Result<Config, ConfigError> {
        let (input, faults): (ConfigInput, _) = reading::read(tree);
        if !faults.is_empty() {
            return Err(ConfigError::of_tree(&faults.into_list()));
        }
        resolved(&input, &Reported::default()).map_err(ConfigError::of_values)
    }
}

/// The name of a stage that has none of its own.
pub(crate) fn stage_name(traffic_pct: f64) -> String {
    format!("{} %", plain(traffic_pct))
}

/// Reads a policy for the options of a study: an object with those keys of a
/// configuration that belong to its policy. Without `stages`, the study uses the
/// stages of its configuration. Of a whole configuration, with `stages` and without faults,
/// the keys of its world and of its release are left out.
///
/// # Errors
/// All faults that do not depend on the world, with their places in the text.
pub fn read_policy(text: &str) -> Result<serde_json::Value, ConfigError> {
    let (mut tree, input, faults) = read_text(text)?;
    let reported = faults.reported();
    let is_whole = tree.get("stages").is_some() || tree.get("controller").is_some();
    if is_whole && Config::from_text(text).is_ok() {
        let keys = reading::keys_of::<PolicyInput>();
        tree.retain(|key| keys.contains(&key));
        return Ok(serde_json::to_value(&tree).unwrap_or_default());
    }
    let gives_stages = tree.get("stages").is_some();
    let problems = resolved(&input, &reported).err().unwrap_or_default();
    let mut faults = faults.into_list();
    faults.extend(placed(&tree, problems));
    // A policy without stages uses those of the configuration.
    faults.retain(|fault| gives_stages || fault.path != "stages");
    let others = tree.keys_with_places();
    let others = others.filter_map(|(key, place)| Some((not_a_policys_key(key)?, key, place)));
    let others = others.filter(|(_, key, _)| !reported.covers(key));
    faults.extend(others.map(|(message, key, place)| Fault {
        path: key.to_string(),
        message,
        place,
    }));
    match faults.is_empty() {
        true => Ok(serde_json::to_value(&tree).unwrap_or_default()),
        false => Err(ConfigError::of_text(&faults)),
    }
}

/// The message for a key that does not belong to a policy.
pub(crate) fn not_a_policys_key(key: &str) -> Option<String> {
    let keys = reading::keys_of::<PolicyInput>();
    let expected = || format!("does not belong to a policy, expected one of {}", keys.join(", "));
    (!keys.contains(&key)).then(expected)
}

/// Adds the places of the values in the text to their faults.
fn placed(tree: &Node, problems: Vec<Problem>) -> Vec<Fault> {
    let places = tree.places(problems.iter().map(|problem| problem.path.as_str()));
    let of_value = |Problem { path, message, .. }: Problem| {
        let place = places.of(&path);
        Fault { path, message, place }
    };
    problems.into_iter().map(of_value).collect()
}

/// Builds the parts of a configuration and collects their faults.
///
/// A wrong value is replaced by NaN or 0, which later comparisons accept, so that a
/// fault is reported once. The resulting configuration is dropped.
pub(super) struct Check<'a> {
    problems: Vec<Problem>,
    /// Values that could not be read. No fault is reported for a value that depends
    /// on them.
    reported: &'a Reported,
}

impl Check<'_> {
    pub(super) fn complain(&mut self, path: &str, message: impl Into<String>) {
        self.problems.push(Problem::new(path, message));
    }

    pub(super) fn number(
        &mut self,
        path: &str,
        value: impl Into<Option<f64>>,
        range: Range,
    ) -> f64 {
        match range.number(value.into()) {
            // Adding 0 turns -0 into 0.
            Ok(number) => number + 0.0,
            Err(message) => {
                self.complain(path, message);
                f64::NAN
            }
        }
    }

    pub(super) fn whole(
        &mut self,
        path: &str,
        value: impl Into<Option<f64>>,
        min: u32,
        max: u32,
    ) -> u32 {
        match Range::from(f64::from(min), f64::from(max)).whole(value.into()) {
            Ok(number) => number as u32,
            Err(message) => {
                self.complain(path, message);
                0
            }
        }
    }

    /// A number of ticks, or a tick's number.
    fn ticks(&mut self, path: &str, value: impl Into<Option<f64>>) -> u32 {
        self.whole(path, value, 1, MAX_TICKS)
    }

    pub(super) fn name(&mut self, path: &str, name: &str) -> String {
        let length = name.chars().count();
        if length > MAX_NAME {
            self.complain(
                path,
                format!("is {length} characters long, expected at most {MAX_NAME}"),
            );
        }
        name.to_string()
    }

    fn config(&mut self, input: &ConfigInput) -> Config {
        let name = self.name("name", input.name.as_deref().unwrap_or_default());
        let world = self.world(&input.world);
        let release = self.release(&input.canary);
        self.slowest_latency(&world, &release);
        let policy = self.policy(&input.policy, &world);
        Config { parts: ConfigParts { name, world, release, policy } }
    }

    fn world(&mut self, input: &WorldInput) -> WorldConfig {
        let tick_seconds =
            self.whole("tick_seconds", input.tick_seconds.unwrap_or(60.0), 1, 86_400);
        WorldConfig {
            tick_seconds,
            traffic: self.traffic(&input.traffic, tick_seconds),
            noise: Noise {
                common: self.variation("noise.common", input.noise.common),
                per_arm: self.variation("noise.per_arm", input.noise.per_arm),
            },
            incidents: input.incidents.as_ref().map(|incidents| self.incidents(incidents)),
            baseline: self.baseline(&input.baseline),
            observation: self.observation(&input.observation, tick_seconds),
        }
    }

    fn observation(&mut self, input: &ObservationInput, tick_seconds: u32) -> Observation {
        let mut seconds = |path: &str, value: f64| {
            let seconds = self.whole(path, value, 0, MAX_PERIOD_SECONDS);
            if tick_seconds > 0
                && let Err(message) = whole_ticks(seconds, tick_seconds)
            {
                self.complain(path, message);
            }
            seconds
        };
        Observation {
            delay_seconds: seconds("observation.delay_seconds", input.delay_seconds.unwrap_or(0.0)),
            history_seconds: input
                .history_seconds
                .map(|value| seconds("observation.history_seconds", value)),
        }
    }

    fn policy(&mut self, input: &PolicyInput, world: &WorldConfig) -> PolicyConfig {
        if let Some(controller) = &input.controller {
            return self.controlled(input, controller, world);
        }
        if input.stages.is_none() {
            self.complain("stages", "missing, expected an array");
        }
        let stages = input.stages.as_deref();
        let (stages, thresholds) = stages.map(|stages| self.stages(stages)).unwrap_or_default();
        let everywhere =
            self.thresholds("", input.error_rate_threshold, input.latency_threshold_ms);
        let plain_rules = plain_rules(everywhere, &thresholds);
        let from_thresholds = plain_rules.len();
        // If the stages could not be read, their number is unknown.
        let stage_count = if stages.is_empty() { MAX_STAGES } else { stages.len() };
        let rules =
            self.rules(plain_rules, input.rules.as_deref().unwrap_or_default(), stage_count);
        let on_inconclusive = self.on_inconclusive(input.on_inconclusive);
        let rollback_ticks =
            self.whole("rollback_ticks", input.rollback_ticks.unwrap_or(0.0), 0, MAX_TICKS);
        let pass_score = self.number(
            "pass_score",
            input.pass_score.unwrap_or(policy::DEFAULT_PASS_SCORE),
            Range::from(0.0, 100.0),
        );
        let pods = input.pods.as_ref().map(|pods| Pods {
            count: self.whole("pods.count", pods.count, 2, MAX_PODS),
            ready_ticks: self.whole(
                "pods.ready_ticks",
                pods.ready_ticks.unwrap_or(0.0),
                0,
                MAX_TICKS,
            ),
        });
        let policy = PolicyConfig {
            controller: None,
            stages,
            rules,
            on_inconclusive,
            rollback_ticks,
            pass_score,
            pods,
        };
        self.longest_rollout(&policy);
        if self.problems.is_empty() && self.reported.is_empty() {
            self.observations(&policy, world, from_thresholds);
        }
        if self.problems.is_empty() && self.reported.is_empty() {
            self.misfits(&policy, world, from_thresholds);
            self.work(&policy, world, from_thresholds);
        }
        policy
    }

    /// A policy in which a controller decides. It takes no key of the staged policy.
    fn controlled(
        &mut self,
        input: &PolicyInput,
        controller: &ControllerInput,
        world: &WorldConfig,
    ) -> PolicyConfig {
        let of_stages = [
            ("stages", input.stages.is_some()),
            ("error_rate_threshold", input.error_rate_threshold.is_some()),
            ("latency_threshold_ms", input.latency_threshold_ms.is_some()),
            ("rules", input.rules.is_some()),
            ("on_inconclusive", input.on_inconclusive.is_some()),
            ("rollback_ticks", input.rollback_ticks.is_some()),
            ("pass_score", input.pass_score.is_some()),
            ("pods", input.pods.is_some()),
        ];
        for (key, _) in of_stages.iter().filter(|(_, given)| *given) {
            self.complain(key, "stands beside a controller, which decides in place of it");
        }
        let controller = controller.resolve(self, world.tick_seconds);
        PolicyConfig {
            rules: controller.checks(),
            controller: Some(controller),
            stages: Vec::new(),
            on_inconclusive: OnInconclusive::Promote,
            rollback_ticks: 0,
            pass_score: policy::DEFAULT_PASS_SCORE,
            pods: None,
        }
    }

    /// Checks what the rules observe: that times are whole ticks and windows within
    /// the history, that a control fits beside the canary, and that rules which count
    /// failures together agree on the limit.
    fn observations(&mut self, policy: &PolicyConfig, world: &WorldConfig, from_thresholds: usize) {
        let delay = u64::from(world.delay_ticks());
        let planned = policy.planned_ticks();
        if delay > 0 && delay >= planned {
            self.complain(
                "observation.delay_seconds",
                format!(
                    "is {delay} ticks, and the plan has {planned}: no rule would see any of it"
                ),
            );
        }
        let tick = world.tick_seconds;
        let mut group: Option<(usize, &Rule)> = None;
        for (i, rule) in policy.rules.iter().enumerate().skip(from_thresholds) {
            let path = format!("rules[{}]", i - from_thresholds);
            let mut times = Vec::new();
            if let Look::Scheduled(schedule) = rule.look {
                times.push(("look.every_seconds", schedule.every_seconds));
                if schedule.after_seconds != schedule.every_seconds {
                    times.push(("look.after_seconds", schedule.after_seconds));
                }
            }
            let long = match rule.window {
                Window::Last { last_seconds } => Some(last_seconds),
                _ => None,
            };
            let short = rule.needs().short_seconds;
            let (long_key, short_key) = ("long_seconds", "short_seconds");
            let key = if short.is_some() { long_key } else { "window.last_seconds" };
            times.extend(long.map(|seconds| (key, seconds)));
            times.extend(short.map(|seconds| (short_key, seconds)));
            for (key, seconds) in times {
                if let Err(message) = whole_ticks(seconds, tick) {
                    self.complain(&format!("{path}.{key}"), message);
                }
            }
            let history = world.observation.history_seconds;
            if let (Some(long), Some(history), Population::Service) = (long, history, rule.of)
                && long > history
            {
                self.complain(
                        &format!("{path}.{key}"),
                        format!(
                            "{long} s is longer than the history before the rollout, {history} s (observation.history_seconds)"
                        ),
                    );
            }
            if rule.of == Population::Control {
                let mut stages = (1..).zip(&policy.stages);
                let skew = world.traffic.canary_skew;
                let share = |stage: &Stage| realised_share(policy.share(stage), skew);
                let no_room = stages.find(|(number, stage)| {
                    rule.holds_in(*number) && share(stage) > 0.5 && share(stage) < 1.0
                });
                if let Some((number, stage)) = no_room {
                    let share = significant(share(stage) * 100.0);
                    self.complain(
                        &format!("{path}.of"),
                        format!(
                            "a control as large as the canary needs a share of at most 50 %, and stage {number} has {share} %"
                        ),
                    );
                }
            }
            if rule.counts != CountsFailures::Alone {
                match group {
                    None => group = Some((i - from_thresholds, rule)),
                    Some((first, known)) => {
                        let agree = [
                            ("counts", rule.counts == known.counts),
                            ("failure_limit", rule.failure_limit == known.failure_limit),
                            ("of_last", rule.of_last == known.of_last),
                        ];
                        for (key, _) in agree.iter().filter(|(_, same)| !same) {
                            self.complain(
                                &format!("{path}.{key}"),
                                format!(
                                    "differs from that of rules[{first}], with which it counts failures"
                                ),
                            );
                        }
                    }
                }
            }
        }
    }

    /// Checks the limits on the cost of a rollout; see `work.rs`.
    fn work(&mut self, policy: &PolicyConfig, world: &WorldConfig, from_thresholds: usize) {
        let looks = policy.most_looks(world.tick_seconds);
        if looks > MAX_LOOKS {
            let (looks, most) = (thousands(looks), thousands(MAX_LOOKS));
            self.complain("rules", format!("make {looks} looks in a rollout, the limit is {most}"));
        }
        let mut boundaries = 0.0;
        for (i, rule) in policy.rules.iter().enumerate() {
            let path = match i.checked_sub(from_thresholds) {
                Some(i) => format!("rules[{i}]"),
                None => "latency_threshold_ms".to_string(),
            };
            let name = rule.method.name();
            let had = boundaries;
            boundaries += policy.boundary_work(rule, world.delay_ticks());
            if had <= MAX_BOUNDARY_WORK && boundaries > MAX_BOUNDARY_WORK {
                let (work, most) = (significant(boundaries), significant(MAX_BOUNDARY_WORK));
                self.complain(
                    &path,
                    format!("{name} has looks so close together that its boundaries take {work} units of work, the limit is {most}: expected fewer looks, or longer stages between them"),
                );
            }
        }
    }

    /// Reports the rules that cannot work with the stages. The first
    /// `from_thresholds` rules come from plain thresholds and are skipped.
    fn misfits(&mut self, policy: &PolicyConfig, world: &WorldConfig, from_thresholds: usize) {
        for (i, rule) in policy.rules[from_thresholds..].iter().enumerate() {
            if let Some(misfit) = rule.misfit(&policy.shapes_for(rule, world.delay_ticks())) {
                self.complain(&format!("rules[{i}]"), format!("{} {misfit}", rule.method.name()));
            }
        }
    }

    fn variation(&mut self, path: &str, value: Option<f64>) -> f64 {
        self.number(path, value.unwrap_or(0.0), Range::from(0.0, MAX_VARIATION))
    }

    fn traffic(&mut self, input: &TrafficInput, tick_seconds: u32) -> Traffic {
        let path = "traffic.requests_per_second";
        let requests_per_second = self.number(
            path,
            input.requests_per_second.unwrap_or(170.0),
            Range::above(0.0, MAX_REQUESTS_PER_TICK),
        );
        let daily_swing = input.daily_swing.as_ref().map(|swing| self.daily_swing(swing));
        let burstiness = self.variation("traffic.burstiness", input.burstiness);
        let canary_skew = self.number(
            "traffic.canary_skew",
            input.canary_skew.unwrap_or(1.0),
            Range::above(0.0, MAX_RATIO),
        );
        let traffic = Traffic { requests_per_second, daily_swing, burstiness, canary_skew };
        let most = requests_per_second * f64::from(tick_seconds) * traffic.peak_load();
        if most > MAX_REQUESTS_PER_TICK {
            let (most, limit) = (plain(most), plain(MAX_REQUESTS_PER_TICK));
            self.complain(path, format!("makes {most} requests in a tick, the limit is {limit}"));
        }
        traffic
    }

    fn daily_swing(&mut self, input: &DailySwingInput) -> DailySwing {
        let path = |name| format!("traffic.daily_swing.{name}");
        let period = input.period_seconds.unwrap_or(86_400.0);
        let peak = input.peak_seconds.unwrap_or(0.0);
        DailySwing {
            amplitude: self.number(&path("amplitude"), input.amplitude, Range::from(0.0, 1.0)),
            period_seconds: self.whole(&path("period_seconds"), period, 1, MAX_PERIOD_SECONDS),
            peak_seconds: self.whole(&path("peak_seconds"), peak, 0, MAX_PERIOD_SECONDS),
        }
    }

    fn incidents(&mut self, input: &IncidentsInput) -> Incidents {
        let path = |name| format!("incidents.{name}");
        let chance = input.chance_per_tick.unwrap_or(0.0);
        let never = input.at_tick.is_none() && chance == 0.0;
        if never && !self.reported.touches("incidents") {
            self.complain(
                "incidents",
                "never start, expected a chance_per_tick above 0 or an at_tick",
            );
        }
        let error_ratio = input.error_ratio.unwrap_or(1.0);
        let latency_ratio = input.latency_ratio.unwrap_or(1.0);
        Incidents {
            chance_per_tick: self.number(&path("chance_per_tick"), chance, Range::from(0.0, 1.0)),
            at_tick: input.at_tick.map(|tick| self.ticks(&path("at_tick"), tick)),
            duration_ticks: self.ticks(&path("duration_ticks"), input.duration_ticks),
            error_ratio: self.number(
                &path("error_ratio"),
                error_ratio,
                Range::from(0.0, MAX_RATIO),
            ),
            latency_ratio: self.number(
                &path("latency_ratio"),
                latency_ratio,
                Range::above(0.0, MAX_RATIO),
            ),
        }
    }

    fn baseline(&mut self, input: &BaselineInput) -> Baseline {
        let error_rate = input.error_rate.unwrap_or(0.01);
        let (p50, p99) =
            (input.latency_ms.p50.unwrap_or(80.0), input.latency_ms.p99.unwrap_or(180.0));
        let range = || Range::from(0.1, MAX_WORLD_LATENCY_MS);
        let baseline = Baseline {
            error_rate: self.number("baseline.error_rate", error_rate, Range::from(0.0, 1.0)),
            error_clump: self.number(
                "baseline.error_clump",
                input.error_clump.unwrap_or(1.0),
                Range::from(1.0, MAX_CLUMP),
            ),
            latency_ms: Latency {
                p50: self.number("baseline.latency_ms.p50", p50, range()),
                p99: self.number("baseline.latency_ms.p99", p99, range()),
            },
        };
        let Latency { p50, p99 } = baseline.latency_ms;
        if p99 < p50 {
            let message = format!("{} is below the p50, {}", plain(p99), plain(p50));
            self.complain("baseline.latency_ms.p99", message);
        }
        baseline
    }

    fn release(&mut self, input: &ReleaseInput) -> ReleaseConfig {
        let error_ratio = input.error_ratio.unwrap_or(1.0);
        let latency_ratio = input.latency_ratio.unwrap_or(1.0);
        if input.error_rate.is_some() && error_ratio != 1.0 {
            self.complain(
                "canary.error_rate",
                "says the same as the error_ratio in another way, expected one of the two",
            );
        }
        ReleaseConfig {
            error_ratio: self.number(
                "canary.error_ratio",
                error_ratio,
                Range::from(0.0, MAX_RATIO),
            ),
            error_rate: input
                .error_rate
                .map(|rate| self.number("canary.error_rate", rate, Range::from(0.0, 1.0))),
            error_arrival: self.arrival("canary.error_arrival", input.error_arrival),
            latency_ratio: self.number(
                "canary.latency_ratio",
                latency_ratio,
                Range::above(0.0, MAX_RATIO),
            ),
            latency_arrival: self.arrival("canary.latency_arrival", input.latency_arrival),
        }
    }

    fn arrival(&mut self, path: &str, input: Option<ArrivalInput>) -> Arrival {
        match input.unwrap_or(ArrivalInput::AtOnce) {
            ArrivalInput::AtOnce => Arrival::AtOnce,
            ArrivalInput::Late(late) => Arrival::Late {
                start_tick: self.ticks(&format!("{path}.late.start_tick"), late.start_tick),
            },
            ArrivalInput::Leak(leak) => Arrival::Leak {
                start_tick: self.ticks(&format!("{path}.leak.start_tick"), leak.start_tick),
                ramp_ticks: self.ticks(&format!("{path}.leak.ramp_ticks"), leak.ramp_ticks),
            },
            ArrivalInput::UnderLoad(load) => self.under_load(&format!("{path}.under_load"), load),
            ArrivalInput::ColdStart(cold) => Arrival::ColdStart {
                half_life_ticks: self.number(
                    &format!("{path}.cold_start.half_life_ticks"),
                    cold.half_life_ticks,
                    Range::above(0.0, f64::from(MAX_TICKS)),
                ),
            },
        }
    }

    fn under_load(&mut self, path: &str, input: UnderLoadInput) -> Arrival {
        let full_path = format!("{path}.full_load");
        let from_path = format!("{path}.from_load");
        let from_load = self.number(&from_path, input.from_load, Range::from(0.0, MAX_RATIO));
        let full_load = self.number(&full_path, input.full_load, Range::above(0.0, MAX_RATIO));
        if full_load <= from_load {
            let (full, from) = (plain(full_load), plain(from_load));
            self.complain(&full_path, format!("{full} does not exceed the from_load, {from}"));
        }
        Arrival::UnderLoad { from_load, full_load }
    }

    /// Checks that the 99th percentile can be drawn even with every latency ratio
    /// at its maximum.
    fn slowest_latency(&mut self, world: &WorldConfig, release: &ReleaseConfig) {
        let incident = world.incidents.as_ref().map_or(1.0, |incidents| incidents.latency_ratio);
        let p99 = world.baseline.latency_ms.p99;
        let worst = p99 * release.latency_ratio.max(1.0) * incident.max(1.0);
        if p99 <= MAX_WORLD_LATENCY_MS && worst > MAX_WORLD_LATENCY_MS {
            let (worst, limit) = (plain(worst), plain(MAX_WORLD_LATENCY_MS));
            self.complain(
                "baseline.latency_ms.p99",
                format!("becomes {worst} ms with the latency ratios, the limit is {limit}"),
            );
        }
    }

    /// The stages, with the plain thresholds of each.
    fn stages(&mut self, input: &[StageInput]) -> (Vec<Stage>, Vec<Thresholds>) {
        if input.is_empty() {
            self.complain("stages", "is empty, expected at least one stage");
        }
        if input.len() > MAX_STAGES {
            let count = input.len();
            self.complain("stages", format!("{count} stages, expected at most {MAX_STAGES}"));
            return (Vec::new(), Vec::new());
        }
        let mut largest = 0.0;
        let mut parts = Vec::with_capacity(input.len());
        for (i, stage) in input.iter().enumerate() {
            let path = format!("stages[{i}].");
            let (error_rate, latency_ms) = (stage.error_rate_threshold, stage.latency_threshold_ms);
            let stage = self.stage(&path, stage, largest);
            largest = stage.traffic_pct.max(largest);
            parts.push((stage, self.thresholds(&path, error_rate, latency_ms)));
        }
        parts.into_iter().unzip()
    }

    fn stage(&mut self, path: &str, input: &StageInput, share_before: f64) -> Stage {
        let name = input.name.as_ref().map(|name| self.name(&format!("{path}name"), name));
        let share_path = format!("{path}traffic_pct");
        let traffic_pct = self.number(&share_path, input.traffic_pct, Range::above(0.0, 100.0));
        if traffic_pct <= share_before {
            let (share, before) = (plain(traffic_pct), plain(share_before));
            let message = format!("{share} does not exceed the {before} of the stage before it");
            self.complain(&share_path, message);
        }
        Stage {
            name: name.unwrap_or_else(|| stage_name(traffic_pct)),
            traffic_pct,
            duration_ticks: {
                let ticks = input.duration_ticks.unwrap_or(DEFAULT_DURATION_TICKS);
                self.ticks(&format!("{path}duration_ticks"), ticks)
            },
            pause: input.pause.map(|pause| match pause {
                StagePauseInput::Manual => StagePause::Manual,
                StagePauseInput::Ticks(ticks) => {
                    StagePause::Ticks(self.ticks(&format!("{path}pause.ticks"), ticks))
                }
            }),
        }
    }

    fn thresholds(
        &mut self,
        path: &str,
        error_rate: Option<f64>,
        latency_ms: Option<f64>,
    ) -> Thresholds {
        let error_path = format!("{path}error_rate_threshold");
        let latency_path = format!("{path}latency_threshold_ms");
        Thresholds {
            error_rate: error_rate.map(|value| self.error_rate_threshold(&error_path, value)),
            latency_ms: latency_ms
                .map(|value| self.number(&latency_path, value, Range::above(0.0, MAX_LATENCY_MS))),
        }
    }

    fn error_rate_threshold(&mut self, path: &str, value: f64) -> Limit {
        let limit = Some(value).filter(|value| *value <= 1.0).and_then(Limit::from_f64);
        limit.unwrap_or_else(|| {
            let found = found(Some(value));
            self.complain(
                path,
                format!("{found}, expected a number from 0 to 1 with at most 9 decimal places"),
            );
            Limit::ZERO
        })
    }

    /// The rules of the plain thresholds, then the others.
    fn rules(&mut self, plain_rules: Vec<Rule>, input: &[RuleInput], stages: usize) -> Vec<Rule> {
        let count = plain_rules.len() + input.len();
        if count > MAX_RULES {
            self.complain(
                "rules",
                format!("{count} with those of the thresholds, expected at most {MAX_RULES}"),
            );
            return plain_rules;
        }
        let from_thresholds = plain_rules.len();
        let mut rules = plain_rules;
        for (i, rule) in input.iter().enumerate() {
            let path = format!("rules[{i}]");
            let rule = rule.resolve(&path, stages as u32, &mut self.problems);
            let Some(rule) = rule.filter(|_| !self.reported.touches(&path)) else { continue };
            if let Some(twin) = rules.iter().position(|earlier| *earlier == rule) {
                let by =
                    if twin < from_thresholds { "a plain threshold" } else { "an earlier rule" };
                self.complain(&path, format!("duplicates {by}"));
            }
            rules.push(rule);
        }
        rules
    }

    fn on_inconclusive(&mut self, input: Option<OnInconclusiveInput>) -> OnInconclusive {
        match input.unwrap_or(OnInconclusiveInput::Promote) {
            OnInconclusiveInput::Promote => OnInconclusive::Promote,
            OnInconclusiveInput::Pause => OnInconclusive::Pause,
            OnInconclusiveInput::Rollback => OnInconclusive::Rollback,
            OnInconclusiveInput::Extend(extension) => OnInconclusive::Extend {
                max_ticks: self.ticks("on_inconclusive.extend.max_ticks", extension.max_ticks),
                then: extension.then,
            },
        }
    }

    fn longest_rollout(&mut self, policy: &PolicyConfig) {
        let most = policy.most_ticks();
        if most > u64::from(MAX_TICKS) {
            self.complain(
                "stages",
                format!(
                    "the rollout may last {most} ticks with extensions, timed pauses and \
                     rollback_ticks, the limit is {MAX_TICKS}"
                ),
            );
        }
    }
}
