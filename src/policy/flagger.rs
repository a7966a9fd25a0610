//! Flagger: one loop at every interval, in which a failed check holds the weight.
//!
//! The order within a run is that of `advanceCanary` in `pkg/controller/scheduler.go` of
//! Flagger (commit 15bd6ad). A check of the number of failures comes before the metrics of
//! the same run, so a rollback comes one interval after the failure that reaches the
//! threshold.

use super::{
    By, Call, CallError, Checks, Command, Decide, Level, Move, Note, Prepared, Reason, State, Step,
};
use crate::config::{
    Answer, FlaggerConfig, HookType, MAX_TICKS, MAX_WEBHOOKS, Provider, Strategy, Webhook,
};
use crate::json::plain;
use crate::rules::{Gap, Verdict};

/// The prepared policy.
#[derive(Clone, Debug)]
pub struct FlaggerPolicy {
    /// Ticks between two runs.
    interval: u32,
    threshold: u32,
    strategy: Strategy,
    /// Whether a router splits the traffic.
    routes: bool,
    /// The weights of a canary, one after the other, in percent.
    weights: Vec<u32>,
    /// Whether a canary is promoted from the last weight.
    promotes: bool,
    iterations: i64,
    mirrors: bool,
    step_weight_promotion: u32,
    skips_analysis: bool,
    canary_ready_ticks: u32,
    primary_ready_ticks: u32,
    deadline_ticks: u32,
    /// Whether a load test sends requests to the canary.
    loads: bool,
    checks: usize,
    hooks: Vec<Hook>,
    hook_names: Vec<String>,
    levels: Vec<Level>,
    shares: Vec<f64>,
    planned_ticks: u64,
    most_ticks: u64,
}

/// A webhook, with its times in ticks.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Hook {
    calls: HookType,
    /// Ticks from the first call until it passes.
    passes_after: u32,
    /// Ticks from the first call until it fails, from then on for ever; `None` for never.
    fails_after: Option<u32>,
}

impl Hook {
    /// Whether it passes so many ticks after its first call.
    fn passes(&self, waited: u32) -> bool {
        waited >= self.passes_after && self.fails_after.is_none_or(|ticks| waited < ticks)
    }
}

/// The phase of a Canary, as its status says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Initialized,
    Waiting,
    Progressing,
    WaitingPromotion,
    Promoting,
    Finalising,
    Succeeded,
    Failed,
}

/// The names of the phases in the order of [`Phase`], `pkg/apis/flagger/v1beta1/status.go`.
const PHASES: &[&str] = &[
    "Initialized",
    "Waiting",
    "Progressing",
    "WaitingPromotion",
    "Promoting",
    "Finalising",
    "Succeeded",
    "Failed",
];

/// Where the requests of users go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Traffic {
    /// None to the new version.
    Primary,
    /// As at this level.
    Level(u32),
}

/// The state of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flagger {
    state: State,
    phase: Phase,
    traffic: Traffic,
    /// The next tick with something to do.
    next: u32,
    /// The tick of the next run of Flagger.
    due: u32,
    /// The tick since which a new version becomes ready.
    since: u32,
    /// The number of weights passed.
    position: u32,
    /// The canary's weight in the router, in percent.
    weight: u32,
    mirrored: bool,
    /// The `iterations` of the status. Flagger lets them fall to -1.
    iterations: i64,
    failed_checks: u32,
    /// The furthest level reached.
    level: u32,
    /// Whether the load test has begun.
    loading: bool,
    /// What holds the release.
    held: Option<Hold>,
    /// Whether a person has suspended the Canary.
    suspended: bool,
    /// Whether a person has set `skipAnalysis`.
    skips: bool,
    /// The tick after that of the first call of each webhook; 0 before.
    called: [u32; MAX_WEBHOOKS],
    /// The webhooks that a person has opened, a bit each.
    opened: u32,
}

/// What holds a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hold {
    /// This gate, and whether only a person opens it.
    Gate(u8, bool),
    /// No weight follows.
    NoStep,
}

/// What happens in a rollout, for [`Prepared::sentence`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event {
    /// The canary is scaled up.
    NewRevision,
    /// A gate, by its number, holds the release.
    Halted(u8),
    /// A gate, by its number, lets the release go on.
    Passed(u8),
    /// A person has opened a gate, by its number.
    Opened(u8),
    /// A version is not ready: the canary, or the primary if true.
    NotReady(bool),
    /// The canary gets copies of requests.
    Mirroring,
    /// The canary has this weight, in percent.
    Weight(u32),
    /// This run of so many.
    Iteration(u32, u32),
    /// A failed check of a metric, with the failures so far and the threshold.
    FailedCheck(u32, u32),
    /// A failed webhook, by its number, with the failures so far and the threshold.
    FailedHook(u8, u32, u32),
    /// The canary gets all traffic, before the promotion of a blue-green release.
    AllToCanary,
    /// The primary gets the new version.
    Promoting,
    /// The primary has this weight, in percent, in a promotion by steps.
    PrimaryWeight(u32),
    /// All traffic goes to the primary, which has the new version.
    Finalising,
    /// The end: the primary has the new version.
    Succeeded,
    /// The end without an analysis.
    Skipped,
    /// The end of a promotion whose primary does not become ready.
    PromotionFailed,
    /// The failed checks have reached the threshold.
    ThresholdReached(u32, u32),
    /// A webhook, by its number, has asked for the rollback.
    RollbackHook(u8),
    /// The canary is not ready within the deadline.
    DeadlineExceeded,
    /// A person has asked for the rollback.
    Aborted,
    /// All traffic goes to the primary, which has the old version.
    RolledBack,
    /// No weight follows: Flagger goes on with its checks and never promotes.
    NoStep,
    /// A person has suspended the Canary.
    Suspended,
    /// A person has ended the suspension.
    Unsuspended,
    /// A person has set `skipAnalysis`.
    SkipsAnalysis,
}

impl FlaggerPolicy {
    /// Prepares the policy of a configuration.
    pub fn new(config: &FlaggerConfig, tick_seconds: u32) -> Self {
        let ticks = |seconds: u32| seconds / tick_seconds.max(1);
        let (weights, promotes) = config.weights();
        let hook = |hook: &Webhook| {
            let (passes_after, fails_after) = match hook.answer {
                Answer::Passes => (0, None),
                Answer::Fails => (0, Some(0)),
                Answer::PassesAfterSeconds(seconds) => (ticks(seconds), None),
                Answer::FailsAfterSeconds(seconds) => (0, Some(ticks(seconds))),
            };
            Hook { calls: hook.r#type, passes_after, fails_after }
        };
        let mut policy = FlaggerPolicy {
            interval: ticks(config.interval_seconds).max(1),
            threshold: config.threshold,
            strategy: config.strategy(),
            routes: config.provider == Provider::Router,
            weights,
            promotes,
            iterations: i64::from(config.iterations()),
            mirrors: config.mirror,
            step_weight_promotion: config.step_weight_promotion,
            skips_analysis: config.skip_analysis,
            canary_ready_ticks: ticks(config.canary_ready_seconds),
            primary_ready_ticks: ticks(config.primary_ready_seconds),
            deadline_ticks: ticks(config.progress_deadline_seconds),
            loads: config.load_test_percent > 0.0,
            checks: config.metrics.len(),
            hooks: config.webhooks.iter().map(hook).collect(),
            hook_names: config.webhooks.iter().map(|hook| hook.name.clone()).collect(),
            levels: Vec::new(),
            shares: Vec::new(),
            planned_ticks: 0,
            most_ticks: 0,
        };
        policy.plan(config);
        policy
    }

    /// The levels, the shares, and the times of a rollout in which every check passes.
    fn plan(&mut self, config: &FlaggerConfig) {
        let load = config.load_test_percent / 100.0;
        let matched = config.match_percent.map_or(1.0, |percent| percent / 100.0);
        // The share of the users' requests, and the name of the level.
        let mut raw: Vec<(f64, String)> = Vec::new();
        let percent = |share: f64| format!("{} %", plain((share * 1e6).round() / 1e4));
        match self.strategy {
            _ if self.skips_analysis => {}
            Strategy::Canary => raw.extend(self.weights.iter().map(|weight| {
                let share = f64::from(*weight) / 100.0 * matched;
                (share, percent(share))
            })),
            Strategy::AbTesting => raw.push((matched, percent(matched))),
            Strategy::BlueGreen => {
                raw.push((0.0, "checks".to_owned()));
                if self.routes {
                    raw.push((matched, "all traffic".to_owned()));
                }
            }
        }
        raw.push((1.0, "promotion".to_owned()));
        let loaded = |share: f64| share * (1.0 - load) + load;
        // First the levels with the load test, then no traffic, then both without it.
        self.shares = raw.iter().map(|(share, _)| loaded(*share)).collect();
        self.shares.push(0.0);
        self.shares.extend(raw.iter().map(|(share, _)| *share));
        self.shares.push(load);
        let mut levels: Vec<Level> = raw
            .into_iter()
            .map(|(share, name)| Level { name, share: loaded(share), planned_ticks: 0 })
            .collect();
        self.levels = levels.clone();
        let mut dry = DryRun::default();
        let mut run = Flagger::start(self);
        run.begin(self, &mut dry);
        while !run.state.is_terminal() && dry.tick < MAX_TICKS {
            if run.waits_for_a_person() {
                run.open();
            }
            let level = run.level as usize;
            let next = run.next;
            if let Some(level) = levels.get_mut(level) {
                level.planned_ticks += u64::from(next - dry.tick);
            }
            dry.tick = next;
            run.after_tick(self, &mut dry);
        }
        self.planned_ticks = u64::from(dry.tick);
        for level in &mut levels {
            level.planned_ticks = level.planned_ticks.max(1);
        }
        self.levels = levels;
        // Each failed check costs a run, the rollback one more; a gate of a release with
        // iterations is asked at every other run.
        let runs = u64::from(self.threshold) + 2;
        self.most_ticks = self.planned_ticks + runs * u64::from(self.interval);
    }

    /// The last level: the promotion.
    fn last_level(&self) -> u32 {
        self.levels.len().saturating_sub(1) as u32
    }

    /// The index of a share.
    fn share_of(&self, traffic: Traffic, loading: bool) -> u32 {
        let levels = self.levels.len() as u32;
        match (traffic, loading || !self.loads) {
            (Traffic::Level(level), true) => level,
            (Traffic::Primary, false) => levels,
            (Traffic::Level(level), false) => levels + 1 + level,
            (Traffic::Primary, true) => 2 * levels + 1,
        }
    }

    /// Whether the provider moves all traffic in one run of the promotion.
    fn promotes_at_once(&self) -> bool {
        !self.routes || self.step_weight_promotion == 0
    }
}

/// Checks that pass, for the plan of a rollout.
#[derive(Default)]
struct DryRun {
    tick: u32,
}

impl Checks for DryRun {
    fn tick(&self) -> u32 {
        self.tick
    }

    fn matters(&self, _: usize) -> bool {
        false
    }

    fn look(&mut self, _: usize) -> (Verdict, Option<Gap>) {
        (Verdict::Pass, None)
    }

    fn certifies(&self, _: usize, _: u32) -> Option<bool> {
        None
    }

    fn decide(&mut self, _: Move) {}
}

impl Prepared for FlaggerPolicy {
    fn levels(&self) -> &[Level] {
        &self.levels
    }

    fn shares(&self) -> Vec<f64> {
        self.shares.clone()
    }

    fn planned_ticks(&self) -> u64 {
        self.planned_ticks
    }

    fn most_ticks(&self) -> u64 {
        self.most_ticks
    }

    fn most_waits(&self, answer: Command) -> u64 {
        let is_closed = |hook: &&Hook| hook.calls.is_gate() && hook.fails_after.is_some();
        let gates = self.hooks.iter().filter(is_closed).count() as u64;
        let no_step = self.strategy == Strategy::Canary && !self.promotes;
        let waits = gates + u64::from(no_step);
        if answer == Command::Abort { waits.min(1) } else { waits }
    }

    fn looks_in_pauses(&self) -> bool {
        self.checks > 0
    }

    fn phases(&self) -> &'static [&'static str] {
        PHASES
    }

    fn sentence(&self, note: Note) -> String {
        let Note::Flagger(event) = note else { return String::new() };
        let hook = |i: u8| {
            let of = |hook: &Hook| hook.calls.name();
            let calls = self.hooks.get(usize::from(i)).map_or("", of);
            let name = self.hook_names.get(usize::from(i)).map_or("", String::as_str);
            if name == calls { name.to_owned() } else { format!("{calls} {name}") }
        };
        match event {
            Event::NewRevision => "New revision detected, scaling up the canary.".to_owned(),
            Event::Halted(i) => format!("Waiting for approval by {}.", hook(i)),
            Event::Passed(i) => format!("{} passed.", upper(&hook(i))),
            Event::Opened(i) => format!("{} opened by a person.", upper(&hook(i))),
            Event::NotReady(primary) => {
                let version = if primary { "primary" } else { "canary" };
                format!("Waiting: the {version} is not ready.")
            }
            Event::Mirroring => "The canary gets copies of the requests.".to_owned(),
            Event::Weight(weight) => format!("Canary weight {weight}."),
            Event::Iteration(run, of) => format!("Canary iteration {run}/{of}."),
            Event::FailedCheck(failed, threshold) => {
                format!("Advancement halted, failed checks {failed} of {threshold}.")
            }
            Event::FailedHook(i, failed, threshold) => {
                let hook = hook(i);
                format!("Advancement halted by {hook}, failed checks {failed} of {threshold}.")
            }
            Event::AllToCanary => "Routing all traffic to the canary.".to_owned(),
            Event::Promoting => "Promoting: the primary gets the new version.".to_owned(),
            Event::PrimaryWeight(weight) => format!("Primary weight {weight}."),
            Event::Finalising => "Routing all traffic to the primary.".to_owned(),
            Event::Succeeded => "Promotion completed, scaling down the canary.".to_owned(),
            Event::Skipped => "Promoted without an analysis.".to_owned(),
            Event::PromotionFailed => {
                "Promotion failed: the primary is not ready in time. All traffic goes to the \
                 canary."
                    .to_owned()
            }
            Event::ThresholdReached(failed, threshold) => {
                format!("Rolled back: failed checks {failed}, the threshold is {threshold}.")
            }
            Event::RollbackHook(i) => format!("Rolled back: {} passed.", hook(i)),
            Event::DeadlineExceeded => {
                "Rolled back: the canary is not ready within the progress deadline.".to_owned()
            }
            Event::Aborted => "Rollback asked for by a person, at the next run.".to_owned(),
            Event::RolledBack => "All traffic goes to the primary again.".to_owned(),
            Event::NoStep => {
                "Waiting: no weight follows, so the canary is never promoted.".to_owned()
            }
            Event::Suspended => "Suspended by a person.".to_owned(),
            Event::Unsuspended => "Suspension ended by a person.".to_owned(),
            Event::SkipsAnalysis => {
                "A person set skipAnalysis: promoted at the next run.".to_owned()
            }
        }
    }
}

/// A text that begins with a capital letter.
fn upper(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// A decision of Flagger.
fn decided(step: Step, event: Event) -> Move {
    let note = Some(Note::Flagger(event));
    Move { step, by: By::Policy, reason: None, note }
}

impl Flagger {
    /// One run of Flagger, at a tick that is due.
    fn run(&mut self, policy: &FlaggerPolicy, checks: &mut impl Checks) {
        let tick = checks.tick();
        if self.state == State::RollingBack {
            self.roll_back(Step::RolledBack, Event::RolledBack, checks);
            return;
        }
        if self.suspended || self.primary_is_missing(policy, tick, checks) {
            return;
        }
        if matches!(self.phase, Phase::Initialized | Phase::Waiting) {
            if !self.passes_gates(HookType::ConfirmRollout, policy, checks) {
                self.phase = Phase::Waiting;
                return;
            }
            self.phase = Phase::Progressing;
            self.since = tick;
            checks.decide(decided(Step::Note, Event::NewRevision));
            return;
        }
        if self.canary_is_missing(policy, tick, checks) {
            return;
        }
        if policy.skips_analysis || self.skips {
            self.complete(policy, Phase::Succeeded, Event::Skipped, checks);
            return;
        }
        let is_analysed = matches!(self.phase, Phase::Progressing | Phase::WaitingPromotion);
        if is_analysed && let Some(hook) = self.first(HookType::Rollback, true, policy, tick) {
            self.roll_back(Step::Rollback, Event::RollbackHook(hook), checks);
            return;
        }
        match self.phase {
            Phase::Promoting => self.promote(policy, checks),
            Phase::Finalising => {
                self.complete(policy, Phase::Succeeded, Event::Succeeded, checks);
            }
            _ if self.failed_checks >= policy.threshold => {
                let event = Event::ThresholdReached(self.failed_checks, policy.threshold);
                self.roll_back(Step::Rollback, event, checks);
            }
            _ => {
                if self.analyse(policy, checks) {
                    self.advance(policy, checks);
                }
            }
        }
    }

    /// Whether Flagger waits for the primary, which gets the new version in a promotion.
    fn primary_is_missing(
        &mut self,
        policy: &FlaggerPolicy,
        tick: u32,
        checks: &mut impl Checks,
    ) -> bool {
        if self.phase != Phase::Promoting || tick - self.since >= policy.primary_ready_ticks {
            return false;
        }
        if policy.skips_analysis || self.skips {
            return false;
        }
        if tick - self.since > policy.deadline_ticks {
            self.complete(policy, Phase::Failed, Event::PromotionFailed, checks);
        } else if tick - self.since <= policy.interval {
            checks.decide(decided(Step::Note, Event::NotReady(true)));
        }
        true
    }

    /// Whether Flagger waits for the canary, or rolls it back because of its deadline.
    fn canary_is_missing(
        &mut self,
        policy: &FlaggerPolicy,
        tick: u32,
        checks: &mut impl Checks,
    ) -> bool {
        let is_new = matches!(self.phase, Phase::Progressing | Phase::WaitingPromotion);
        if !is_new || tick - self.since >= policy.canary_ready_ticks {
            return false;
        }
        if tick - self.since > policy.deadline_ticks {
            self.roll_back(Step::Rollback, Event::DeadlineExceeded, checks);
        } else if tick - self.since <= policy.interval {
            checks.decide(decided(Step::Note, Event::NotReady(false)));
        }
        true
    }

    /// The first webhook of a type that passes, or that fails. All before it are called.
    fn first(
        &mut self,
        calls: HookType,
        passing: bool,
        policy: &FlaggerPolicy,
        tick: u32,
    ) -> Option<u8> {
        for (i, hook) in policy.hooks.iter().enumerate().filter(|(_, hook)| hook.calls == calls) {
            let Some(called) = self.called.get_mut(i) else { continue };
            if *called == 0 {
                *called = tick + 1;
            }
            let passes = hook.passes(tick + 1 - *called) || self.opened & (1 << i) != 0;
            if passes == passing {
                return Some(i as u8);
            }
        }
        None
    }

    /// Asks the gates of a type. A closed one holds the release.
    fn passes_gates(
        &mut self,
        calls: HookType,
        policy: &FlaggerPolicy,
        checks: &mut impl Checks,
    ) -> bool {
        let holder = match self.held {
            Some(Hold::Gate(i, _)) => Some(i),
            _ => None,
        };
        if let Some(i) = self.first(calls, false, policy, checks.tick()) {
            if holder != Some(i) {
                if let Some(passed) = holder {
                    checks.decide(decided(Step::Resume, Event::Passed(passed)));
                }
                let hook = policy.hooks.get(usize::from(i));
                let for_ever = hook.is_some_and(|hook| hook.fails_after.is_some());
                self.held = Some(Hold::Gate(i, for_ever));
                self.state = State::Paused;
                checks.decide(decided(Step::Pause, Event::Halted(i)));
            }
            return false;
        }
        if let Some(passed) = holder {
            self.held = None;
            self.state = State::Progressing;
            checks.decide(decided(Step::Resume, Event::Passed(passed)));
        }
        true
    }

    /// The checks of a run. Whether all pass; the first failure ends them.
    fn analyse(&mut self, policy: &FlaggerPolicy, checks: &mut impl Checks) -> bool {
        let tick = checks.tick();
        // A Canary without a router has all its weight from the first iteration on.
        let routed = if policy.routes { self.weight > 0 } else { self.iterations > 0 };
        let has_begun = routed || self.iterations != 0 || policy.mirrors && self.mirrored;
        let calls = if has_begun { HookType::Rollout } else { HookType::PreRollout };
        if has_begun {
            self.loading = true;
        }
        if let Some(i) = self.first(calls, false, policy, tick) {
            self.failed_checks += 1;
            let event = Event::FailedHook(i, self.failed_checks, policy.threshold);
            checks.decide(decided(Step::Note, event));
            return false;
        }
        // Copies of requests are not simulated.
        if !has_begun || self.mirrored {
            return true;
        }
        for check in 0..policy.checks {
            if !checks.matters(check) || checks.look(check).0 == Verdict::Pass {
                continue;
            }
            self.failed_checks += 1;
            let event = Event::FailedCheck(self.failed_checks, policy.threshold);
            let reason = Some(Reason { check, certificate: false, tally: None });
            checks.decide(Move { reason, by: By::Rule, ..decided(Step::Note, event) });
            return false;
        }
        true
    }

    /// Advances the canary after a run whose checks passed.
    fn advance(&mut self, policy: &FlaggerPolicy, checks: &mut impl Checks) {
        match policy.strategy {
            Strategy::Canary => self.advance_weight(policy, checks),
            Strategy::BlueGreen | Strategy::AbTesting => self.iterate(policy, checks),
        }
    }

    fn advance_weight(&mut self, policy: &FlaggerPolicy, checks: &mut impl Checks) {
        let next = policy.weights.get(self.position as usize).copied();
        if next.is_none() && !policy.promotes {
            if self.held.is_none() {
                self.held = Some(Hold::NoStep);
                self.state = State::Paused;
                checks.decide(decided(Step::Pause, Event::NoStep));
            }
            return;
        }
        if !self.mirrored
            && self.phase != Phase::WaitingPromotion
            && !self.passes_gates(HookType::ConfirmTrafficIncrease, policy, checks)
        {
            return;
        }
        let Some(next) = next else {
            self.begin_promotion(policy, checks);
            return;
        };
        if policy.mirrors && self.weight == 0 && !self.mirrored {
            self.mirrored = true;
            checks.decide(decided(Step::Note, Event::Mirroring));
            return;
        }
        self.mirrored = false;
        self.weight = next;
        let level = self.position;
        self.position += 1;
        self.enter(level, Event::Weight(next), checks);
    }

    /// A run of a blue-green release or of an A/B test.
    fn iterate(&mut self, policy: &FlaggerPolicy, checks: &mut impl Checks) {
        let tests = policy.strategy == Strategy::AbTesting;
        if self.iterations < policy.iterations {
            self.iterations += 1;
            let run = self.iterations.max(0) as u32;
            checks.decide(decided(Step::Note, Event::Iteration(run, policy.iterations as u32)));
            if tests {
                self.weight = 100;
                self.traffic = Traffic::Level(0);
            } else if policy.routes && policy.mirrors && !self.mirrored {
                self.mirrored = true;
                checks.decide(decided(Step::Note, Event::Mirroring));
            }
            return;
        }
        if !tests && self.iterations == policy.iterations {
            if !self.confirms_promotion(policy, checks) {
                return;
            }
            self.iterations += 1;
            if policy.routes {
                self.mirrored = false;
                self.weight = 100;
                self.enter(1, Event::AllToCanary, checks);
            }
            return;
        }
        self.begin_promotion(policy, checks);
    }

    /// Asks the gates of the promotion. In the phase WaitingPromotion Flagger sets back the
    /// iterations, so that a release with iterations asks at every other run.
    fn confirms_promotion(&mut self, policy: &FlaggerPolicy, checks: &mut impl Checks) -> bool {
        if self.passes_gates(HookType::ConfirmPromotion, policy, checks) {
            return true;
        }
        match self.phase {
            Phase::WaitingPromotion => {
                // `Iterations` is 0 in a canary.
                let iterations = match policy.strategy {
                    Strategy::Canary => 0,
                    _ => policy.iterations,
                };
                self.iterations = iterations - 1;
            }
            _ => self.phase = Phase::WaitingPromotion,
        }
        false
    }

    /// Copies the new version to the primary, if the gates are open.
    fn begin_promotion(&mut self, policy: &FlaggerPolicy, checks: &mut impl Checks) {
        if !self.confirms_promotion(policy, checks) {
            return;
        }
        self.phase = Phase::Promoting;
        self.since = checks.tick();
        let level = policy.last_level();
        self.level = level;
        if policy.primary_ready_ticks == 0 {
            self.traffic = Traffic::Level(level);
        }
        checks.decide(decided(Step::Promote, Event::Promoting));
    }

    /// A run of the promotion. The primary has the new version.
    fn promote(&mut self, policy: &FlaggerPolicy, checks: &mut impl Checks) {
        self.traffic = Traffic::Level(policy.last_level());
        if !policy.promotes_at_once() {
            self.weight = self.weight.saturating_sub(policy.step_weight_promotion);
            checks.decide(decided(Step::Note, Event::PrimaryWeight(100 - self.weight)));
            if self.weight == 0 {
                self.phase = Phase::Finalising;
            }
            return;
        }
        self.weight = 0;
        self.phase = Phase::Finalising;
        checks.decide(decided(Step::Note, Event::Finalising));
    }

    /// Routes traffic as at a level.
    fn enter(&mut self, level: u32, event: Event, checks: &mut impl Checks) {
        let step = if level > self.level { Step::Promote } else { Step::Note };
        self.level = level;
        self.traffic = Traffic::Level(level);
        checks.decide(decided(step, event));
    }

    fn complete(
        &mut self,
        policy: &FlaggerPolicy,
        phase: Phase,
        event: Event,
        checks: &mut impl Checks,
    ) {
        self.level = policy.last_level();
        self.traffic = Traffic::Level(self.level);
        self.phase = phase;
        self.state = State::Completed;
        checks.decide(decided(Step::Complete, event));
    }

    fn roll_back(&mut self, step: Step, event: Event, checks: &mut impl Checks) {
        self.traffic = Traffic::Primary;
        self.weight = 0;
        self.mirrored = false;
        self.phase = Phase::Failed;
        self.state = State::RolledBack;
        let by = match event {
            Event::ThresholdReached(..) => By::Rule,
            Event::RollbackHook(_) => By::Person,
            _ => By::Policy,
        };
        checks.decide(Move { by, ..decided(step, event) });
    }

    /// Opens what holds the release, as a person does: the gates of its type, or
    /// `skipAnalysis` where no weight follows.
    fn open(&mut self) {
        match self.held.take() {
            Some(Hold::Gate(i, _)) => self.opened |= 1 << i,
            Some(Hold::NoStep) => self.skips = true,
            None => {}
        }
        self.suspended = false;
        self.state = State::Progressing;
    }

    /// The tick at which the primary's traffic gets the new version, in a promotion.
    fn primary_ready_at(&self, policy: &FlaggerPolicy) -> u32 {
        match self.phase {
            Phase::Promoting => self.since.saturating_add(policy.primary_ready_ticks),
            _ => u32::MAX,
        }
    }
}

impl Decide for Flagger {
    type Policy = FlaggerPolicy;

    fn start(_policy: &Self::Policy) -> Self {
        Flagger {
            state: State::Progressing,
            phase: Phase::Initialized,
            traffic: Traffic::Primary,
            next: 0,
            due: 0,
            since: 0,
            position: 0,
            weight: 0,
            mirrored: false,
            iterations: 0,
            failed_checks: 0,
            level: 0,
            loading: false,
            held: None,
            suspended: false,
            skips: false,
            called: [0; MAX_WEBHOOKS],
            opened: 0,
        }
    }

    /// The run that finds the new revision.
    fn begin(&mut self, policy: &Self::Policy, checks: &mut impl Checks) {
        (self.due, self.next) = (policy.interval, policy.interval);
        // A person may have acted before.
        if self.state != State::RollingBack {
            self.run(policy, checks);
        }
    }

    fn after_tick(&mut self, policy: &Self::Policy, checks: &mut impl Checks) {
        let tick = checks.tick();
        if tick < self.next {
            return;
        }
        if tick >= self.primary_ready_at(policy) {
            self.traffic = Traffic::Level(policy.last_level());
        }
        if tick == self.due {
            self.due = tick.saturating_add(policy.interval);
            self.run(policy, checks);
        }
        let ready = self.primary_ready_at(policy);
        self.next = if ready > tick { self.due.min(ready) } else { self.due };
    }

    fn command(
        &mut self,
        _policy: &Self::Policy,
        command: Command,
        moves: &mut Vec<Move>,
    ) -> Result<(), CallError> {
        let call = Call::Command(command);
        call.check(self.state)?;
        let mut decide = |step, event| {
            moves.push(Move { by: By::Person, ..decided(step, event) });
        };
        match command {
            Command::Pause => {
                self.suspended = true;
                self.state = State::Paused;
                decide(Step::Pause, Event::Suspended);
            }
            Command::Resume | Command::Promote if self.state == State::Paused => {
                let event = match self.held {
                    _ if self.suspended => Event::Unsuspended,
                    Some(Hold::Gate(i, _)) => Event::Opened(i),
                    _ => Event::SkipsAnalysis,
                };
                let was_suspended = self.suspended;
                self.open();
                decide(Step::Resume, event);
                if was_suspended && command == Command::Promote {
                    self.skips = true;
                    decide(Step::Note, Event::SkipsAnalysis);
                }
            }
            Command::Resume | Command::Promote => {
                self.skips = true;
                decide(Step::Note, Event::SkipsAnalysis);
            }
            Command::Abort => {
                if matches!(self.phase, Phase::Promoting | Phase::Finalising) {
                    let reason = "Flagger is promoting the primary, which it does not roll back";
                    return Err(CallError::Controller { call, reason });
                }
                self.suspended = false;
                self.held = None;
                self.state = State::RollingBack;
                decide(Step::Rollback, Event::Aborted);
            }
        }
        Ok(())
    }

    fn state(&self) -> State {
        self.state
    }

    fn level(&self, _policy: &Self::Policy) -> u32 {
        self.level
    }

    fn levels_completed(&self) -> u32 {
        self.level + u32::from(self.state == State::Completed)
    }

    fn traffic_level(&self, policy: &Self::Policy) -> u32 {
        policy.share_of(self.traffic, self.loading)
    }

    fn share(&self, policy: &Self::Policy) -> f64 {
        match self.state {
            State::RolledBack => 0.0,
            State::Completed => 1.0,
            _ => {
                let share = policy.share_of(self.traffic, self.loading);
                policy.shares.get(share as usize).copied().unwrap_or(0.0)
            }
        }
    }

    fn waits_for_a_person(&self) -> bool {
        self.suspended || matches!(self.held, Some(Hold::Gate(_, true) | Hold::NoStep))
    }

    fn phase(&self) -> u8 {
        self.phase as u8
    }
}
