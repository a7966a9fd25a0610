//! Stages and rules as the steps and analyses of a Rollout.
//!
//! A stage becomes `setWeight` and an `analysis` that takes as long as the stage. A rule
//! whose failed looks are counted over several stages, or that looks at fixed times,
//! becomes a metric of the background analysis. A window that grows during a stage has no
//! words in a query, so a rule with one becomes a metric for each look.

use crate::config::{
    AnalysisConfig, ArgoConfig, ArgoMetric, ArgoStep, Config, MAX_CHECKS, MeasureConfig,
    OnInconclusive, Pause, PolicyConfig, Stage, StagePause, TrafficRouting,
};
use crate::export::Refusal;
use crate::json::plain;
use crate::problem::Problem;
use crate::rules::{
    Condition, CountsFailures, EmptyResult, Look, Measures, Method, NoData, OnFail, Population,
    QueryDetails, Rule, Schedule, Sequential, StakeQuery, Window,
};

/// Most metrics that one rule has in one stage.
const MAX_LOOKS: usize = 12;
/// What a ratio to a baseline without errors is computed with.
const NO_ERRORS: f64 = 1e-12;
/// Weights of a router that splits finer than by percent.
const FINE_WEIGHTS: [u32; 4] = [100, 1_000, 10_000, 100_000];

/// The rules that have words in a query.
const WITH_WORDS: &str = "error_rate, error_rate_delta, error_rate_ratio, error_count, burn_rate, \
    latency, latency_delta_ms, latency_ratio and sequential";

/// A staged policy as a Rollout.
pub(super) fn of_stages(config: &Config) -> Result<(ArgoConfig, Vec<String>), Refusal> {
    let policy = config.policy();
    let mut writer = Writer {
        policy,
        tick: config.world().tick_seconds.max(1),
        problems: Vec::new(),
        notes: Vec::new(),
    };
    let argo = writer.rollout();
    match writer.problems.is_empty() {
        true => Ok((argo, writer.notes)),
        false => Err(Refusal { problems: writer.problems }),
    }
}

struct Writer<'a> {
    policy: &'a PolicyConfig,
    tick: u32,
    problems: Vec<Problem>,
    notes: Vec<String>,
}

/// What a measurement means that is beyond the limit, or that has no data.
#[derive(Clone, Copy, PartialEq)]
enum Outcome {
    Passes,
    Fails,
    /// The rollout waits for a person.
    Waits,
}

/// What a rule measures, and when that is too much.
struct Limit {
    measures: Measures,
    quantile: f64,
    details: QueryDetails,
    bound: f64,
    /// Whether a number at the bound is too much, too.
    at_bound: bool,
    /// Whether the query always gives a number.
    is_count: bool,
    /// The window of the rule's own, in seconds.
    window_seconds: Option<u32>,
}

impl Writer<'_> {
    fn refuse(&mut self, path: impl Into<String>, message: impl Into<String>) {
        let problem = Problem::new(path, message);
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    fn rollout(&mut self) -> ArgoConfig {
        self.check_policy();
        let max_weight = self.max_weight();
        let background: Vec<bool> = self
            .policy
            .rules
            .iter()
            .enumerate()
            .map(|(i, rule)| self.in_background(i, rule))
            .collect();
        let looks = self.looks_of_a_stage(&background);
        let mut steps = Vec::new();
        let mut elapsed = Some(0);
        for (number, stage) in (1..).zip(&self.policy.stages) {
            let weight = (stage.traffic_pct / 100.0 * f64::from(max_weight)).round() as u32;
            steps.push(ArgoStep { set_weight: Some(weight), ..empty_step() });
            let mut metrics = Vec::new();
            for (i, rule) in self.policy.rules.iter().enumerate() {
                if !background[i] && rule.holds_in(number) {
                    metrics.extend(self.in_stage(i, rule, number, stage, elapsed, looks));
                }
            }
            let seconds = stage.duration_ticks * self.tick;
            steps.push(match metrics.is_empty() {
                true => pause(Some(seconds)),
                false => ArgoStep {
                    analysis: Some(AnalysisConfig { starting_step: 0, metrics }),
                    ..empty_step()
                },
            });
            elapsed = elapsed.map(|elapsed| elapsed + seconds);
            match stage.pause {
                Some(StagePause::Ticks(ticks)) => {
                    steps.push(pause(Some(ticks * self.tick)));
                    elapsed = elapsed.map(|elapsed| elapsed + ticks * self.tick);
                }
                Some(StagePause::Manual) => {
                    steps.push(pause(None));
                    elapsed = None;
                }
                None => {}
            }
        }
        let mut metrics = Vec::new();
        for (i, rule) in self.policy.rules.iter().enumerate() {
            if background[i] {
                metrics.extend(self.behind(i, rule));
            }
        }
        name_apart(&mut metrics);
        let count = metrics.len() + steps.iter().map(metrics_of).sum::<usize>();
        if count > MAX_CHECKS {
            self.refuse(
                "stages",
                format!("{count} metrics in all analyses, expected at most {MAX_CHECKS}"),
            );
        }
        let ticks = |seconds: u32| seconds.next_multiple_of(self.tick);
        ArgoConfig {
            replicas: 10,
            max_surge: 3,
            max_unavailable: 2,
            ready_seconds: 0,
            traffic_routing: Some(TrafficRouting {
                max_weight,
                dynamic_stable_scale: false,
                min_pods_per_replica_set: 0,
            }),
            abort_scale_down_delay_seconds: None,
            progress_deadline_seconds: ticks(600),
            progress_deadline_abort: false,
            replica_progress_threshold: None,
            steps,
            background: (!metrics.is_empty())
                .then_some(AnalysisConfig { starting_step: 1, metrics }),
            blue_green: None,
        }
    }

    /// What Argo has no words for, whatever the rules are.
    fn check_policy(&mut self) {
        let policy = self.policy;
        if let OnInconclusive::Extend { .. } = policy.on_inconclusive {
            self.refuse("on_inconclusive", "an analysis in Argo Rollouts cannot be extended");
        }
        if policy.pods.is_some() {
            self.refuse(
                "pods",
                "the pods are those of the Rollout: leave them out and set replicas",
            );
        }
        if policy.rollback_ticks > 0 {
            self.note(format!(
                "Argo Rollouts sends all traffic back at once: rollback_ticks, {}, is left out.",
                policy.rollback_ticks
            ));
        }
        let waits = policy.rules.iter().any(|rule| rule.on_fail == OnFail::Pause);
        let fails = |rule: &Rule| self.gap(rule, true) == Outcome::Fails;
        if waits && policy.rules.iter().any(fails) {
            self.note(
                "Where one rule waits for a person and another has no data at the same time, \
                 Argo Rollouts aborts.",
            );
        }
        for (i, rule) in policy.rules.iter().enumerate() {
            let at = |key: &str| format!("rules[{i}].{key}");
            if rule.of_last.is_some() {
                self.refuse(at("of_last"), "Argo Rollouts counts all failed measurements");
            }
            if rule.of == Population::Control {
                self.refuse(at("of"), "a part of the baseline has no label to select it by");
            }
            match rule.counts {
                CountsFailures::Alone => {}
                CountsFailures::Together if rule.failure_limit == 1 => {}
                _ => self.refuse(at("counts"), "Argo Rollouts counts for each metric alone"),
            }
            if rule.may_certify() {
                self.refuse(
                    at("certify_below"),
                    "Argo Rollouts cannot end an analysis early that goes well",
                );
            }
            let asks = rule.min_requests > 1 || rule.min_errors > 0;
            let asks = asks || matches!(rule.no_data, NoData::Pass | NoData::Fail);
            if asks && matches!(rule.method, Method::Sequential(_)) {
                self.refuse(
                    at("min_requests"),
                    "evidence is computed from any data: leave out min_requests, min_errors and \
                     no_data",
                );
            }
            if rule.no_data == NoData::Wait {
                self.refuse(at("no_data"), "an analysis in Argo Rollouts cannot wait for data");
            }
        }
    }

    /// The weight that is all traffic: 100, or as fine as the stages need.
    fn max_weight(&mut self) -> u32 {
        let is_whole = |most: &u32| {
            self.policy.stages.iter().all(|stage| {
                let weight = stage.traffic_pct / 100.0 * f64::from(*most);
                (weight - weight.round()).abs() < 1e-6 && weight.round() >= 1.0
            })
        };
        match FINE_WEIGHTS.into_iter().find(is_whole) {
            Some(100) => 100,
            Some(most) => {
                self.note(format!(
                    "The weights are parts of {most}: maxTrafficWeight needs the NGINX ingress \
                     or a traffic router plugin."
                ));
                most
            }
            None => {
                self.refuse("stages", "a share is finer than 0.001 %, which no router splits");
                100
            }
        }
    }

    fn has_pauses(&self) -> bool {
        self.policy.stages.iter().any(|stage| stage.pause.is_some())
    }

    /// In how many stages a rule makes looks.
    fn stages_of(&self, rule: &Rule) -> usize {
        (1..).zip(&self.policy.stages).filter(|(number, _)| rule.holds_in(*number)).count()
    }

    /// Whether a rule becomes a metric of the background analysis.
    fn in_background(&mut self, i: usize, rule: &Rule) -> bool {
        let in_pauses = rule.look_while_paused && self.has_pauses();
        let counts_on = rule.failure_limit > 1 && self.stages_of(rule) > 1;
        let is_scheduled = matches!(rule.look, Look::Scheduled(_));
        if !is_scheduled && !in_pauses && !counts_on {
            return false;
        }
        let at = |key: &str| format!("rules[{i}].{key}");
        let why = match (is_scheduled, in_pauses) {
            (true, _) => "looks at fixed times become a background analysis",
            (_, true) => "looks in pauses become a background analysis",
            _ => "failures counted over several stages become a background analysis",
        };
        if rule.look == Look::StageEnd {
            self.refuse(at("look"), format!("{why}, which does not know when a stage ends"));
        }
        if rule.stages.is_some() {
            self.refuse(at("stages"), format!("{why}, which goes on in all stages"));
        }
        if self.has_pauses() && !rule.look_while_paused {
            self.refuse(
                at("look_while_paused"),
                format!("{why}, which goes on in pauses: expected true"),
            );
        }
        if let Method::Sequential(_) = rule.method {
            self.refuse(at("look"), format!("{why}, and evidence is gathered in each stage"));
        }
        true
    }

    /// Most looks with windows of their own that a rule has in a stage, so that all metrics
    /// together are as many as are allowed.
    fn looks_of_a_stage(&self, background: &[bool]) -> usize {
        let (mut growing, mut others) = (0, 0);
        for (rule, is_behind) in self.policy.rules.iter().zip(background) {
            let is_stake = matches!(rule.method, Method::Sequential(_));
            let grows = is_stake || matches!(rule.window, Window::Stage | Window::Rollout);
            match (is_behind, grows && rule.look == Look::EveryTick) {
                (true, _) => others += 1,
                (false, true) => growing += self.stages_of(rule),
                // A rule may have a metric of its own for its last look.
                (false, false) => others += 2 * self.stages_of(rule),
            }
        }
        (MAX_CHECKS.saturating_sub(others) / growing.max(1)).clamp(1, MAX_LOOKS)
    }

    /// What a rule measures. `stage` has the weight that evidence is computed with.
    fn limit(&mut self, i: usize, rule: &Rule, stage: Option<&Stage>) -> Option<Limit> {
        let details = QueryDetails {
            min_requests: if rule.min_requests > 1 { rule.min_requests } else { 0 },
            min_errors: rule.min_errors,
            ..QueryDetails::default()
        };
        let usual = Limit {
            measures: Measures::ErrorRate,
            quantile: 0.99,
            details,
            bound: 0.0,
            at_bound: false,
            is_count: false,
            window_seconds: None,
        };
        Some(match &rule.method {
            Method::ErrorRate(rule) => Limit { bound: rule.max.as_f64(), ..usual },
            Method::ErrorRateDelta(rule) => {
                Limit { measures: Measures::ErrorRateDifference, bound: rule.max.as_f64(), ..usual }
            }
            Method::ErrorRateRatio(rule) => {
                let max = rule.max.as_f64();
                if max == 0.0 {
                    self.refuse(format!("rules[{i}].max"), "found 0, expected a ratio above 0");
                    return None;
                }
                // Above max times the baseline and above the floor is the same as above max
                // times a baseline of at least floor/max.
                let floor = rule.floor.map_or(0.0, |floor| floor.as_f64() / max);
                Limit {
                    measures: Measures::ErrorRateRatio,
                    bound: max,
                    details: QueryDetails {
                        baseline_floor: Some(floor.clamp(NO_ERRORS, 1.0)),
                        ..usual.details
                    },
                    ..usual
                }
            }
            Method::ErrorCount(count) => Limit {
                measures: Measures::Errors,
                bound: count.max as f64,
                // Without a request it has no errors, unless that is asked for.
                is_count: !rule.needs().requests && rule.min_errors == 0,
                ..usual
            },
            Method::BurnRate(rule) => Limit {
                bound: rounded(rule.factor * (1.0 - rule.objective)),
                window_seconds: Some(rule.long_seconds),
                details: QueryDetails {
                    short_window_seconds: Some(rule.short_seconds),
                    ..usual.details
                },
                ..usual
            },
            Method::Latency(rule) => Limit {
                measures: Measures::Latency,
                quantile: rule.quantile,
                bound: rule.max,
                ..usual
            },
            Method::LatencyDeltaMs(rule) => Limit {
                measures: Measures::LatencyDifference,
                quantile: rule.quantile,
                bound: rule.max,
                ..usual
            },
            Method::LatencyRatio(rule) => Limit {
                measures: Measures::LatencyRatio,
                quantile: rule.quantile,
                bound: rule.max.as_f64(),
                ..usual
            },
            Method::Sequential(sequential) => self.stake(i, rule, sequential, stage, usual)?,
            other => {
                let name = other.name();
                self.refuse(
                    format!("rules[{i}].rule"),
                    format!("{name} has no words in a query, expected one of {WITH_WORDS}"),
                );
                return None;
            }
        })
    }

    /// The evidence of a stage. Each has the same part of the level, so the limit is as
    /// many times higher as there are stages.
    fn stake(
        &mut self,
        i: usize,
        rule: &Rule,
        sequential: &Sequential,
        stage: Option<&Stage>,
        usual: Limit,
    ) -> Option<Limit> {
        let stages = (1..).zip(&self.policy.stages);
        let informative =
            stages.filter(|(number, stage)| rule.holds_in(*number) && !stage.has_all()).count();
        let stake = &sequential.stake;
        if informative > 1 {
            self.note(format!(
                "sequential: the stake is placed anew in each of {informative} stages, and fails \
                 at {}; what it won before a stage does not count. The promise of at most {} holds.",
                plain(rounded(informative as f64 / stake.alpha)),
                plain(stake.alpha)
            ));
        }
        self.note(
            "sequential: the query assumes that the canary has the share of requests that \
             setWeight says. Prometheus misses the first error of a series that begins with it: \
             initialize the counter of errors with 0.",
        );
        let clump = stake.error_clump.unwrap_or(1.0);
        let weight = stage?.traffic_pct;
        let query = StakeQuery::new(weight, stake.tolerated_ratio, stake.bets.clone(), clump);
        if query.is_none() {
            self.refuse(format!("rules[{i}]"), "there is no baseline to compare with");
        }
        Some(Limit {
            measures: Measures::Stake,
            details: QueryDetails { stake: Some(query?), ..usual.details },
            bound: rounded(informative.max(1) as f64 / stake.alpha),
            at_bound: true,
            is_count: true,
            ..usual
        })
    }

    /// The metrics of a rule in a stage. `elapsed` are the seconds before the stage, if
    /// they are known; `most` is how many looks with windows of their own are allowed.
    fn in_stage(
        &mut self,
        i: usize,
        rule: &Rule,
        number: u32,
        stage: &Stage,
        elapsed: Option<u32>,
        most: usize,
    ) -> Vec<ArgoMetric> {
        let at = |key: &str| format!("rules[{i}].{key}");
        let compares = rule.needs().baseline;
        if stage.has_all() && compares {
            // There is no baseline: each look is inconclusive.
            match self.policy.on_inconclusive {
                OnInconclusive::Promote => {}
                _ => self.refuse(
                    at("stages"),
                    format!("stage {number} has no baseline to compare with: leave it out"),
                ),
            }
            return Vec::new();
        }
        let Some(limit) = self.limit(i, rule, Some(stage)) else { return Vec::new() };
        let ticks = stage.duration_ticks;
        let mut looks: Vec<u32> = match rule.look {
            Look::StageEnd => vec![ticks],
            _ => (1..=ticks).collect(),
        };
        let is_stake = limit.measures == Measures::Stake;
        let grows = is_stake
            || limit.window_seconds.is_none()
                && matches!(rule.window, Window::Stage | Window::Rollout);
        if grows && looks.len() > most {
            if !is_stake {
                self.refuse(
                    at("window"),
                    format!(
                        "a window that grows becomes a metric for each look: {} looks in stage \
                         {number}, expected at most {most}",
                        looks.len()
                    ),
                );
                return Vec::new();
            }
            looks = thinned(ticks, most);
            self.note(format!(
                "sequential: it looks at most {most} times in a stage, at each look over the \
                 stage so far. Fewer looks keep the promise."
            ));
        }
        let window = |look: u32| -> Option<u32> {
            Some(match (limit.window_seconds, rule.window) {
                _ if is_stake => look * self.tick,
                (Some(seconds), _) => seconds,
                (None, Window::Tick) => self.tick,
                (None, Window::Stage) => look * self.tick,
                (None, Window::Rollout) => elapsed? + look * self.tick,
                (None, Window::Last { last_seconds }) => last_seconds,
            })
        };
        let windows: Option<Vec<u32>> = looks.iter().map(|look| window(*look)).collect();
        let Some(windows) = windows else {
            self.refuse(
                at("window"),
                "the length of the rollout is not known after a pause for a person",
            );
            return Vec::new();
        };
        let first_seconds = looks.first().map_or(0, |look| look * self.tick);
        let longest = windows.first().is_some_and(|window| *window > first_seconds);
        if compares && longest && !is_stake && number > 1 {
            self.refuse(
                at("window"),
                format!(
                    "in stage {number} it has several traffic shares, which are compared share \
                     by share and not in a query"
                ),
            );
            return Vec::new();
        }
        // A look that is inconclusive matters if it is the last one in the stage.
        let at_end = self.gap(rule, true);
        let splits = looks.len() > 1 && !limit.is_count && at_end != self.gap(rule, false);
        let several = grows && looks.len() > 1;
        let ends_at_once =
            !limit.is_count && rule.no_data == NoData::Inconclusive && at_end != Outcome::Passes;
        if rule.failure_limit > 1 && ends_at_once {
            self.refuse(
                at("failure_limit"),
                "a last look without data counts once in Argo Rollouts, and not as many times as \
                 this: expected 1, or on_inconclusive promote",
            );
        }
        if rule.failure_limit > 1 && !ends_at_once && (several || splits) {
            self.refuse(
                at("failure_limit"),
                "the looks become several metrics, and Argo Rollouts counts for each alone: \
                 expected 1",
            );
        }
        let name = |look: Option<u32>| match look {
            Some(look) => format!("{}-{}s", self.name_of(i), look * self.tick),
            None => self.name_of(i),
        };
        let failures = rule.failure_limit - 1;
        let mut metrics = Vec::new();
        if several {
            for (n, (&look, &window)) in looks.iter().zip(&windows).enumerate() {
                let gap = self.gap(rule, n + 1 == looks.len());
                let times = Times::once(look * self.tick);
                metrics.push(metric(rule, &limit, name(Some(look)), window, gap, times, failures));
            }
            return metrics;
        }
        let Some(&window) = windows.first() else { return metrics };
        let last = ticks * self.tick;
        let count = looks.len() as u32;
        if splits {
            let times = Times { after: self.tick, every: Some(self.tick), count: Some(count - 1) };
            let gap = self.gap(rule, false);
            metrics.push(metric(rule, &limit, name(None), window, gap, times, failures));
            let times = Times::once(last);
            metrics.push(metric(rule, &limit, name(Some(ticks)), window, at_end, times, failures));
        } else if count == 1 {
            metrics.push(metric(
                rule,
                &limit,
                name(None),
                window,
                at_end,
                Times::once(last),
                failures,
            ));
        } else {
            let times = Times { after: self.tick, every: Some(self.tick), count: Some(count) };
            metrics.push(metric(rule, &limit, name(None), window, at_end, times, failures));
        }
        metrics
    }

    /// The metric of a rule in the background analysis.
    fn behind(&mut self, i: usize, rule: &Rule) -> Option<ArgoMetric> {
        let at = |key: &str| format!("rules[{i}].{key}");
        if matches!(rule.method, Method::Sequential(_)) {
            return None;
        }
        let limit = self.limit(i, rule, None)?;
        let schedule = match rule.look {
            Look::Scheduled(schedule) => schedule,
            _ => Schedule { every_seconds: self.tick, after_seconds: self.tick, count: None },
        };
        let window = match (limit.window_seconds, rule.window) {
            (Some(seconds), _) => seconds,
            (None, Window::Tick) => self.tick,
            (None, Window::Last { last_seconds }) => last_seconds,
            (None, Window::Stage | Window::Rollout) => {
                self.refuse(
                    at("window"),
                    "a window that grows has no words in a background analysis: expected tick or \
                     last_seconds",
                );
                return None;
            }
        };
        if rule.needs().baseline && window > self.tick && self.policy.stages.len() > 1 {
            self.refuse(
                at("window"),
                "it may have several traffic shares, which are compared share by share and not \
                 in a query: expected tick",
            );
        }
        if !limit.is_count && self.gap(rule, true) != self.gap(rule, false) {
            self.refuse(
                "on_inconclusive",
                "a background analysis does not know which look is the last of a stage: expected \
                 promote",
            );
        }
        let gap = self.gap(rule, false);
        let times = Times {
            after: schedule.after_seconds,
            every: Some(schedule.every_seconds).filter(|_| schedule.count != Some(1)),
            count: schedule.count,
        };
        Some(metric(rule, &limit, self.name_of(i), window, gap, times, rule.failure_limit - 1))
    }

    /// What a look without data means, if it is the last in its stage or not.
    fn gap(&self, rule: &Rule, is_last: bool) -> Outcome {
        match (rule.no_data, self.policy.on_inconclusive) {
            (NoData::Pass, _) => Outcome::Passes,
            (NoData::Fail, _) => Outcome::Fails,
            (NoData::Inconclusive | NoData::Wait, on_inconclusive) if is_last => {
                match on_inconclusive {
                    OnInconclusive::Promote | OnInconclusive::Extend { .. } => Outcome::Passes,
                    OnInconclusive::Pause => Outcome::Waits,
                    OnInconclusive::Rollback => Outcome::Fails,
                }
            }
            (NoData::Inconclusive | NoData::Wait, _) => Outcome::Passes,
        }
    }

    /// A rule's name, with a number if another one has it, too.
    fn name_of(&self, i: usize) -> String {
        let rules = &self.policy.rules;
        let name = rules[i].method.name();
        let same = |rule: &&Rule| rule.method.name() == name;
        let before = rules[..i].iter().filter(same).count();
        let name = name.replace('_', "-");
        match rules.iter().filter(same).count() {
            1 => name,
            _ => format!("{name}-{}", before + 1),
        }
    }
}

/// When a metric is measured.
#[derive(Clone, Copy)]
struct Times {
    after: u32,
    every: Option<u32>,
    count: Option<u32>,
}

impl Times {
    fn once(after: u32) -> Self {
        Times { after, every: None, count: None }
    }
}

/// The metric of a rule.
fn metric(
    rule: &Rule,
    limit: &Limit,
    name: String,
    window_seconds: u32,
    gap: Outcome,
    times: Times,
    failures: u32,
) -> ArgoMetric {
    let breach = match rule.on_fail {
        OnFail::Rollback => Outcome::Fails,
        OnFail::Pause => Outcome::Waits,
    };
    let (success, failure) = conditions(limit, breach, gap);
    let waits = breach == Outcome::Waits;
    ArgoMetric {
        measure: MeasureConfig {
            name,
            measures: limit.measures,
            quantile: limit.quantile,
            scale: 1.0,
            of: rule.of,
            window_seconds,
            no_data: match limit.is_count {
                true => {
                    EmptyResult::Value(if limit.measures == Measures::Stake { 1.0 } else { 0.0 })
                }
                false => EmptyResult::Empty,
            },
            empty_without_errors: false,
            details: limit.details.clone(),
        },
        success_condition: success.and_then(|text| Condition::parse(&text).ok()),
        failure_condition: failure.and_then(|text| Condition::parse(&text).ok()),
        result_is_number: false,
        judge: None,
        interval_seconds: times.every,
        initial_delay_seconds: times.after,
        count: times.count,
        failure_limit: Some(if waits { 0 } else { failures }),
        inconclusive_limit: if waits { failures } else { 0 },
        consecutive_error_limit: 4,
        consecutive_success_limit: 0,
        dry_run: false,
    }
}

/// The conditions of success and of failure by which a measurement beyond the limit and
/// one without data have their outcomes.
fn conditions(limit: &Limit, breach: Outcome, gap: Outcome) -> (Option<String>, Option<String>) {
    let bound = plain(limit.bound);
    let (over, within) = if limit.at_bound { (">=", "<") } else { (">", "<=") };
    // Without a series the result is empty; for 0 divided by 0 it is NaN.
    let has_data = if limit.is_count { "" } else { "len(result) > 0 && " };
    let over = format!("{has_data}result[0] {over} {bound}");
    let within = format!("{has_data}result[0] {within} {bound}");
    let none = "false".to_owned();
    match (breach, if limit.is_count { Outcome::Passes } else { gap }) {
        (Outcome::Waits, Outcome::Passes) => (Some(format!("!({over})")), Some(none)),
        (Outcome::Waits, Outcome::Waits) => (Some(within), Some(none)),
        (Outcome::Waits, Outcome::Fails) => {
            (Some(within), Some("len(result) == 0 || isNaN(result[0])".to_owned()))
        }
        (_, Outcome::Passes) => (None, Some(over)),
        (_, Outcome::Fails) => (Some(within), None),
        (_, Outcome::Waits) => (Some(within), Some(over)),
    }
}

/// Times of looks, evenly over a stage, with its end.
fn thinned(ticks: u32, most: usize) -> Vec<u32> {
    let most = most as u32;
    (1..=most).map(|look| (u64::from(ticks) * u64::from(look) / u64::from(most)) as u32).collect()
}

/// Twelve digits: a product of decimals as a person would write it.
fn rounded(number: f64) -> f64 {
    format!("{number:.11e}").parse().unwrap_or(number)
}

/// Numbers the metrics that have the same name.
fn name_apart(metrics: &mut [ArgoMetric]) {
    for i in 1..metrics.len() {
        let (before, after) = metrics.split_at_mut(i);
        let Some(metric) = after.first_mut() else { return };
        let same = before.iter().filter(|other| other.measure.name == metric.measure.name).count();
        if same > 0 {
            metric.measure.name = format!("{}-{}", metric.measure.name, same + 1);
        }
    }
}

fn metrics_of(step: &ArgoStep) -> usize {
    step.analysis.as_ref().map_or(0, |analysis| analysis.metrics.len())
}

fn pause(duration_seconds: Option<u32>) -> ArgoStep {
    ArgoStep { pause: Some(Pause { duration_seconds }), ..empty_step() }
}

fn empty_step() -> ArgoStep {
    ArgoStep {
        set_weight: None,
        pause: None,
        set_canary_scale: None,
        analysis: None,
        experiment: None,
        set_header_route: None,
        set_mirror_route: None,
    }
}
