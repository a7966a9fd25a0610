//! The staged policy: stages with increasing shares, rules that look during a stage
//! or at its end, pauses between stages, and certificates that end a stage early.

use super::{
    By, CallError, Checks, Command, Decide, Level, Move, Prepared, Reason, State, Step, Tally,
};
use crate::config::{AfterExtension, Config, MAX_RULES, OnInconclusive, StagePause};
use crate::rules::{CountsFailures, Gap, Look, NoData, OnFail, Rule, Times, Verdict};

/// The staged policy of a configuration, prepared for its controller.
#[derive(Clone, Debug)]
pub struct StagedPolicy {
    stages: Vec<PlannedStage>,
    levels: Vec<Level>,
    checks: Vec<PlannedCheck>,
    /// Whether any rule can end a stage early.
    certifies: bool,
    /// Whether any rule looks at fixed times.
    scheduled: bool,
    /// The rules that look in pauses.
    in_pauses: CheckSet,
    /// The rules that count failures together, or by a score.
    group: Option<Group>,
    on_inconclusive: OnInconclusive,
    rollback_ticks: u32,
    most_ticks: u64,
    /// How often each stage may wait for a person.
    waits: Vec<u64>,
}

/// Rules whose failures are counted together.
#[derive(Clone, Copy, Debug)]
struct Group {
    /// The lowest score with which they pass; `None` if any failure is one of all.
    pass_score: Option<f64>,
    limit: Limit,
}

/// How many failed looks it takes to act.
#[derive(Clone, Copy, Debug)]
struct Limit {
    failures: u32,
    /// In this many of the last looks, at most 64; `None` for all looks.
    of_last: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
struct PlannedStage {
    share: f64,
    /// Ticks until the canary's instances are ready.
    ready_ticks: u32,
    duration_ticks: u32,
    pause: Option<StagePause>,
    /// The rules that apply in the stage.
    checks: CheckSet,
    /// The rules among them that look at every tick.
    every_tick: CheckSet,
}

/// A set of check numbers, one bit per check, so that the checks of a tick are
/// found without a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct CheckSet(u32);

const _: () = assert!(MAX_RULES <= u32::BITS as usize, "a check has no bit");

impl CheckSet {
    /// The rules for which `belongs` is true.
    fn of(rules: &[Rule], belongs: impl Fn(&Rule) -> bool) -> CheckSet {
        let bit = |(check, rule)| u32::from(belongs(rule)) << check;
        CheckSet(rules.iter().enumerate().map(bit).fold(0, |set, bit| set | bit))
    }

    const NONE: CheckSet = CheckSet(0);

    /// The rules of both sets.
    fn and(self, other: CheckSet) -> CheckSet {
        CheckSet(self.0 & other.0)
    }

    /// The numbers in increasing order.
    #[inline(always)]
    fn iter(self) -> impl Iterator<Item = usize> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let check = left.trailing_zeros();
            // Clears the lowest bit.
            left &= left.checked_sub(1)?;
            Some(check as usize)
        })
    }
}

/// When a rule looks, and what follows from a failure.
#[derive(Clone, Copy, Debug)]
struct PlannedCheck {
    look: PlannedLook,
    limit: Limit,
    counts: CountsFailures,
    weight: f64,
    /// Whether the rule looks again in every tick until there are data.
    waits: bool,
    on_fail: OnFail,
}

/// When a rule looks, in ticks.
#[derive(Clone, Copy, Debug)]
enum PlannedLook {
    StageEnd,
    EveryTick,
    At(Times),
}

impl StagedPolicy {
    /// Prepares the policy of a configuration.
    pub fn new(config: &Config) -> Self {
        let (policy, tick_seconds) = (config.policy(), config.world().tick_seconds);
        let rules = &policy.rules;
        let planned = || (1..).zip(&policy.stages).zip(policy.ready_ticks());
        let stages = planned().map(|((number, stage), ready_ticks)| PlannedStage {
            share: policy.share(stage),
            ready_ticks,
            duration_ticks: stage.duration_ticks,
            pause: stage.pause,
            checks: CheckSet::of(rules, |rule| rule.holds_in(number)),
            every_tick: CheckSet::of(rules, |rule| {
                rule.look == Look::EveryTick && rule.holds_in(number)
            }),
        });
        let levels = planned().map(|((_, stage), ready_ticks)| Level {
            name: stage.name.clone(),
            share: policy.share(stage),
            planned_ticks: stage.planned_ticks() + u64::from(ready_ticks),
        });
        let limit = |rule: &Rule| Limit { failures: rule.failure_limit, of_last: rule.of_last };
        let check = |rule: &Rule| PlannedCheck {
            look: match rule.look {
                Look::StageEnd => PlannedLook::StageEnd,
                Look::EveryTick => PlannedLook::EveryTick,
                Look::Scheduled(schedule) => PlannedLook::At(schedule.times(tick_seconds)),
            },
            limit: limit(rule),
            counts: rule.counts,
            weight: rule.weight,
            waits: rule.no_data == NoData::Wait,
            on_fail: rule.on_fail,
        };
        let in_group = rules.iter().find(|rule| rule.counts != CountsFailures::Alone);
        StagedPolicy {
            stages: stages.collect(),
            levels: levels.collect(),
            checks: rules.iter().map(check).collect(),
            certifies: rules.iter().any(Rule::may_certify),
            scheduled: rules.iter().any(|rule| matches!(rule.look, Look::Scheduled(_))),
            in_pauses: CheckSet::of(rules, |rule| rule.look_while_paused),
            group: in_group.map(|rule| Group {
                pass_score: (rule.counts == CountsFailures::ByScore).then_some(policy.pass_score),
                limit: limit(rule),
            }),
            on_inconclusive: policy.on_inconclusive,
            rollback_ticks: policy.rollback_ticks,
            most_ticks: policy.most_ticks(),
            waits: waits_by_stage(config),
        }
    }

    /// The clock of a stage before its first tick: below 0 while the canary's instances
    /// are not ready.
    fn clock_at_start(&self, stage: u32) -> i32 {
        let stage = self.stages.get(stage as usize);
        -stage.map_or(0, |stage| stage.ready_ticks.cast_signed())
    }

    fn total_stages(&self) -> u32 {
        self.stages.len() as u32
    }
}

impl Prepared for StagedPolicy {
    fn levels(&self) -> &[Level] {
        &self.levels
    }

    fn most_ticks(&self) -> u64 {
        self.most_ticks
    }

    fn most_waits(&self, answer: Command) -> u64 {
        let waits = self.waits.iter().copied();
        match answer {
            Command::Abort => waits.max().unwrap_or(0).min(1),
            Command::Promote => waits.map(|waits| waits.min(1)).sum(),
            _ => waits.sum(),
        }
    }

    fn looks_in_pauses(&self) -> bool {
        self.in_pauses != CheckSet::NONE
    }
}

/// How often each stage may wait for a person: at its end, and once for each rule that
/// can pause it.
fn waits_by_stage(config: &Config) -> Vec<u64> {
    let policy = config.policy();
    let asks = match policy.on_inconclusive {
        OnInconclusive::Pause => true,
        OnInconclusive::Extend { then, .. } => then == AfterExtension::Pause,
        OnInconclusive::Promote | OnInconclusive::Rollback => false,
    };
    let waits = (1..).zip(&policy.stages).map(|(number, stage)| {
        let rules = || policy.rules.iter().filter(|rule| rule.holds_in(number));
        let by_rules = rules().filter(|rule| rule.on_fail == OnFail::Pause).count() as u64;
        let at_end = stage.pause == Some(StagePause::Manual) || asks && rules().count() > 0;
        by_rules + u64::from(at_end)
    });
    waits.collect()
}

/// The state of a run in a staged policy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Staged {
    state: State,
    /// Number of stages passed, which is the index of the current stage.
    stage: u32,
    /// Ticks that the stage has been PROGRESSING with its instances ready; below 0, the
    /// ticks until they are.
    clock: i32,
    /// Ticks by which the stage has been extended.
    extended: u32,
    /// Whether the stage has passed, so that resuming promotes.
    passed: bool,
    /// In a timed pause or in ROLLING_BACK: ticks until it ends.
    ticks_left: Option<u32>,
    /// Whether a certificate has led to an early verdict on the stage.
    judged_early: bool,
    /// The failed looks of the rules that count together.
    together: Failures,
    /// What the controller remembers of each rule.
    counts: [Count; MAX_RULES],
}

/// The failed looks of a rule, or of several together.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Failures {
    /// Their number so far.
    all: u32,
    /// The last 64 looks, one bit each, the latest lowest; 1 for a failure.
    recent: u64,
}

impl Failures {
    const NONE: Failures = Failures { all: 0, recent: 0 };

    /// Adds a look.
    fn record(&mut self, failed: bool) {
        self.all += u32::from(failed);
        self.recent = self.recent << 1 | u64::from(failed);
    }

    /// Counts them, if there are as many as the limit.
    fn reach(&self, limit: Limit) -> Option<Tally> {
        let failures = match limit.of_last {
            None => self.all,
            Some(looks) => (self.recent << (u64::BITS - looks)).count_ones(),
        };
        (failures >= limit.failures).then_some(Tally {
            failures,
            limit: limit.failures,
            of_last: limit.of_last,
            together: false,
            score: None,
        })
    }
}

/// What the controller remembers of a rule.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Count {
    failures: Failures,
    /// The rule looks again in the next tick, because its last look had no data.
    retries: bool,
    /// What was missing in the last look in this stage.
    gap: Option<Gap>,
    /// The rule paused this stage and a person resumed: it does not act again in
    /// this stage.
    muted: bool,
    /// The rule paused the stage, and no person has resumed yet.
    paused: bool,
}

impl Count {
    const NOTHING: Count =
        Count { failures: Failures::NONE, retries: false, gap: None, muted: false, paused: false };
}

/// The findings of all rules in a tick.
#[derive(Clone, Copy, Debug, Default)]
struct Finding {
    /// The action of the rules that failed; a rollback takes precedence over a
    /// pause.
    fail: Option<OnFail>,
    /// Whether a rule was inconclusive, and whether more ticks would help.
    inconclusive: Option<MoreTicks>,
    /// The rule that gives the reason: the first that failed with the action taken,
    /// otherwise the first that was inconclusive.
    reason: Option<Reason>,
}

impl Finding {
    /// Whether a failure with this action takes precedence over what was found so far.
    fn is_outranked_by(&self, on_fail: OnFail) -> bool {
        match self.fail {
            None => true,
            Some(worst) => worst == OnFail::Pause && on_fail != worst,
        }
    }
}

/// The looks of a tick that are counted together.
#[derive(Clone, Copy, Debug, Default)]
struct Together {
    /// The weight of the rules that looked.
    looked: f64,
    /// The weight of those that passed.
    passed: f64,
    first_failed: Option<usize>,
}

impl Together {
    fn add(&mut self, check: usize, weight: f64, has_failed: bool) {
        self.looked += weight;
        match has_failed {
            true => self.first_failed = self.first_failed.or(Some(check)),
            false => self.passed += weight,
        }
    }

    fn has_failed(&self, group: &Group) -> bool {
        match group.pass_score {
            None => self.first_failed.is_some(),
            Some(least) => 100.0 * self.passed < least * self.looked,
        }
    }

    /// The weight that passed, in percent of all that looked.
    fn score(&self) -> f64 {
        100.0 * self.passed / self.looked
    }
}

/// Whether more ticks can make an inconclusive rule conclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MoreTicks {
    /// They can.
    Help,
    /// They cannot, because there is no baseline.
    DoNotHelp,
}

/// The position of a tick in its stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// Before the end of the stage.
    Within,
    /// The planned end of the stage.
    End,
    /// The end of an extension.
    ExtendedEnd,
}

impl Decide for Staged {
    type Policy = StagedPolicy;

    fn start(policy: &StagedPolicy) -> Self {
        Staged {
            state: State::Progressing,
            stage: 0,
            together: Failures::NONE,
            clock: policy.clock_at_start(0),
            extended: 0,
            passed: false,
            ticks_left: None,
            judged_early: false,
            counts: [Count::NOTHING; MAX_RULES],
        }
    }

    fn restart(&mut self, policy: &StagedPolicy) {
        self.counts[..policy.checks.len()].fill(Count::NOTHING);
        (self.state, self.stage) = (State::Progressing, 0);
        self.together = Failures::NONE;
        self.begin_stage(policy);
    }

    fn state(&self) -> State {
        self.state
    }

    fn levels_completed(&self) -> u32 {
        self.stage
    }

    fn waits_for_a_person(&self) -> bool {
        self.state == State::Paused && self.ticks_left.is_none()
    }

    #[inline]
    fn share(&self, policy: &StagedPolicy) -> f64 {
        match self.state {
            State::RolledBack => 0.0,
            State::Completed => 1.0,
            _ => {
                let stage = policy.stages.get(self.traffic_level(policy) as usize);
                stage.map_or(0.0, |stage| stage.share)
            }
        }
    }

    /// Whether the next tick is within the stage's duration or in a timed pause.
    #[inline]
    fn is_planned(&self, policy: &StagedPolicy) -> bool {
        match self.state {
            State::Progressing => {
                self.clock < policy.stages[self.stage as usize].duration_ticks.cast_signed()
            }
            State::Paused => self.ticks_left.is_some(),
            _ => false,
        }
    }

    #[inline]
    fn level(&self, policy: &StagedPolicy) -> u32 {
        self.stage(policy)
    }

    #[inline]
    fn traffic_level(&self, policy: &StagedPolicy) -> u32 {
        if self.clock >= 0 {
            return self.stage(policy);
        }
        self.stage.checked_sub(1).unwrap_or(policy.total_stages())
    }

    #[inline]
    fn after_tick(&mut self, policy: &StagedPolicy, checks: &mut impl Checks) {
        if let Some(change) = self.decision(policy, checks) {
            checks.decide(change);
        }
    }

    fn command(
        &mut self,
        policy: &StagedPolicy,
        command: Command,
        moves: &mut Vec<Move>,
    ) -> Result<(), CallError> {
        super::Call::Command(command).check(self.state)?;
        let mut add = |step, by| moves.push(Move { step, by, reason: None, note: None });
        match command {
            Command::Pause => add(self.pause(false, None), By::Person),
            Command::Promote => add(self.promote(policy), By::Person),
            Command::Abort => add(self.roll_back(policy), By::Person),
            Command::Resume => {
                self.state = State::Progressing;
                self.ticks_left = None;
                for count in &mut self.counts {
                    count.muted |= std::mem::take(&mut count.paused);
                }
                add(Step::Resume, By::Person);
                if self.passed {
                    add(self.promote(policy), By::Policy);
                }
            }
        }
        Ok(())
    }
}

impl Staged {
    /// The index of the current stage; after the end, of the last one.
    #[inline]
    fn stage(&self, policy: &StagedPolicy) -> u32 {
        self.stage.min(policy.total_stages() - 1)
    }

    /// The decision after the tick that has just ended, if any.
    #[inline]
    fn decision(&mut self, policy: &StagedPolicy, checks: &mut impl Checks) -> Option<Move> {
        if self.state != State::Progressing {
            return self.after_waiting(policy, checks);
        }
        let stage = &policy.stages[self.stage as usize];
        self.clock += 1;
        // The most common case: within the stage, and no rule has to look.
        let within = self.clock < (stage.duration_ticks + self.extended).cast_signed();
        if within
            && !policy.certifies
            && !policy.scheduled
            && !stage.every_tick.iter().any(|check| checks.matters(check))
        {
            return None;
        }
        self.look(policy, within, checks)
    }

    fn begin_stage(&mut self, policy: &StagedPolicy) {
        self.clock = policy.clock_at_start(self.stage);
        (self.extended, self.ticks_left) = (0, None);
        (self.passed, self.judged_early) = (false, false);
    }

    /// The decision after a tick in a pause or in a rollback.
    #[inline(never)]
    fn after_waiting(&mut self, policy: &StagedPolicy, checks: &mut impl Checks) -> Option<Move> {
        if self.state == State::Paused && self.clock < 0 {
            // Instances get ready in a pause, too.
            self.clock += 1;
        }
        let looking = policy.in_pauses;
        if self.state == State::Paused && looking != CheckSet::NONE {
            let finding = self.judge(policy, looking, Moment::Within, checks);
            let step = match finding.fail {
                Some(OnFail::Rollback) => Some(self.roll_back(policy)),
                // A pause that would have ended waits for a person.
                Some(OnFail::Pause) if self.ticks_left.is_some() => {
                    Some(self.pause(self.passed, None))
                }
                _ => None,
            };
            if let Some(step) = step {
                return Some(Move { step, by: By::Rule, reason: finding.reason, note: None });
            }
        }
        let step = self.wait(policy)?;
        Some(Move { step, by: By::Policy, reason: None, note: None })
    }

    /// The decision after a tick in which a rule may look or certify, or in which a
    /// stage ends.
    #[inline(never)]
    fn look(
        &mut self,
        policy: &StagedPolicy,
        within: bool,
        checks: &mut impl Checks,
    ) -> Option<Move> {
        let mut moment = match (within, self.extended) {
            (true, _) => Moment::Within,
            (false, 0) => Moment::End,
            (false, _) => Moment::ExtendedEnd,
        };
        let mut certificate = match moment {
            Moment::Within if policy.certifies => self.certificate(policy, checks),
            _ => None,
        };
        if certificate.is_some() || moment == Moment::End {
            // Rules that look at the end of a stage look once, whether it ends
            // early or as planned.
            moment = if self.judged_early { Moment::ExtendedEnd } else { Moment::End };
        }
        let applying = policy.stages[self.stage as usize].checks;
        let finding = self.judge(policy, applying, moment, checks);
        if certificate.is_some() {
            self.judged_early = true;
            if finding.inconclusive.is_some() {
                // Another rule needs the rest of the stage to be conclusive.
                (moment, certificate) = (Moment::Within, None);
            }
        }
        let step = self.follow(policy, moment, finding)?;
        // A stage that passes as planned needs no reason, even if a rule was
        // inconclusive. The reason for passing early is the certificate.
        let passed = matches!(step, Step::Promote | Step::Complete);
        let reason = match passed {
            true => certificate.map(|check| Reason { check, certificate: true, tally: None }),
            false => finding.reason,
        };
        let by_rule = finding.fail.is_some() || (passed && certificate.is_some());
        Some(Move { step, by: if by_rule { By::Rule } else { By::Policy }, reason, note: None })
    }

    /// The rule whose certificate ends the stage early: the first that certifies,
    /// if all rules with a certificate do.
    fn certificate(&self, policy: &StagedPolicy, checks: &impl Checks) -> Option<usize> {
        let mut first = None;
        for check in policy.stages[self.stage as usize].checks.iter() {
            match checks.certifies(check, self.clock.max(0).cast_unsigned()) {
                Some(true) => first = first.or(Some(check)),
                Some(false) => return None,
                None => {}
            }
        }
        first
    }

    /// Whether a rule that applies in the stage looks now.
    fn is_due(&self, policy: &StagedPolicy, check: usize, moment: Moment, tick: u32) -> bool {
        if self.counts[check].retries {
            return true;
        }
        match (policy.checks[check].look, moment) {
            (PlannedLook::EveryTick, _) | (PlannedLook::StageEnd, Moment::End) => true,
            // A rule that was conclusive does not look again, because a second look
            // at the same stage would be another chance of error.
            (PlannedLook::StageEnd, Moment::ExtendedEnd) => self.counts[check].gap.is_some(),
            (PlannedLook::StageEnd, Moment::Within) => false,
            (PlannedLook::At(times), _) => times.are_at(tick),
        }
    }

    /// Makes the rules of a set look that apply in the stage and are due, and collects
    /// their findings.
    fn judge(
        &mut self,
        policy: &StagedPolicy,
        set: CheckSet,
        moment: Moment,
        checks: &mut impl Checks,
    ) -> Finding {
        let mut finding = Finding::default();
        let (mut failed, mut unsure) = (None::<Reason>, None);
        let mut together = Together::default();
        for check in policy.stages[self.stage as usize].checks.and(set).iter() {
            let planned = &policy.checks[check];
            if self.is_due(policy, check, moment, checks.tick()) {
                let (verdict, gap) =
                    if checks.matters(check) { checks.look(check) } else { (Verdict::Pass, None) };
                let count = &mut self.counts[check];
                count.gap = gap;
                count.retries = planned.waits && gap == Some(Gap::Requests);
                let has_failed = verdict == Verdict::Fail;
                if verdict != Verdict::Inconclusive {
                    count.failures.record(has_failed);
                    if planned.counts != CountsFailures::Alone {
                        together.add(check, planned.weight, has_failed);
                    } else if has_failed
                        && let Some(tally) = count.failures.reach(planned.limit)
                        && !count.muted
                        && finding.is_outranked_by(planned.on_fail)
                    {
                        finding.fail = Some(planned.on_fail);
                        failed = Some(Reason { check, certificate: false, tally: Some(tally) });
                    }
                }
                if gap.is_some() && unsure.is_none() {
                    unsure = Some(Reason { check, certificate: false, tally: None });
                }
            }
            match self.counts[check].gap {
                None => {}
                Some(Gap::Baseline) => {
                    finding.inconclusive = finding.inconclusive.or(Some(MoreTicks::DoNotHelp));
                }
                Some(Gap::Requests | Gap::Errors) => finding.inconclusive = Some(MoreTicks::Help),
            }
        }
        if let (Some(group), true) = (&policy.group, together.looked > 0.0) {
            let has_failed = together.has_failed(group);
            self.together.record(has_failed);
            if has_failed
                && let Some(check) = together.first_failed
                && let Some(tally) = self.together.reach(group.limit)
                && !self.counts[check].muted
                && finding.is_outranked_by(policy.checks[check].on_fail)
            {
                finding.fail = Some(policy.checks[check].on_fail);
                let score = group.pass_score.map(|_| together.score());
                let tally = Some(Tally { together: true, score, ..tally });
                failed = Some(Reason { check, certificate: false, tally });
            }
        }
        if let (Some(OnFail::Pause), Some(reason)) = (finding.fail, failed) {
            self.counts[reason.check].paused = true;
        }
        finding.reason = failed.or(unsure);
        finding
    }

    /// Acts on the finding.
    fn follow(&mut self, policy: &StagedPolicy, moment: Moment, finding: Finding) -> Option<Step> {
        let at_end = moment != Moment::Within;
        match finding.fail {
            Some(OnFail::Rollback) => return Some(self.roll_back(policy)),
            Some(OnFail::Pause) => return Some(self.pause(at_end, None)),
            None if !at_end => return None,
            None => {}
        }
        if let Some(more_ticks) = finding.inconclusive {
            let then = match policy.on_inconclusive {
                OnInconclusive::Promote => AfterExtension::Promote,
                OnInconclusive::Pause => AfterExtension::Pause,
                OnInconclusive::Rollback => AfterExtension::Rollback,
                OnInconclusive::Extend { max_ticks, .. }
                    if more_ticks == MoreTicks::Help && self.extended < max_ticks =>
                {
                    self.extended += 1;
                    return Some(Step::Extend);
                }
                OnInconclusive::Extend { then, .. } => then,
            };
            match then {
                AfterExtension::Promote => {}
                AfterExtension::Pause => return Some(self.pause(true, None)),
                AfterExtension::Rollback => return Some(self.roll_back(policy)),
            }
        }
        Some(match policy.stages[self.stage as usize].pause {
            Some(StagePause::Manual) => self.pause(true, None),
            Some(StagePause::Ticks(ticks)) => self.pause(true, Some(ticks)),
            None => self.promote(policy),
        })
    }

    /// Counts down a tick of a timed pause or of a rollback.
    fn wait(&mut self, policy: &StagedPolicy) -> Option<Step> {
        let left = self.ticks_left.as_mut()?;
        *left -= 1;
        if *left > 0 {
            return None;
        }
        Some(match self.state {
            State::RollingBack => {
                self.state = State::RolledBack;
                Step::RolledBack
            }
            _ => self.promote(policy),
        })
    }

    fn pause(&mut self, passed: bool, ticks_left: Option<u32>) -> Step {
        self.state = State::Paused;
        self.passed = passed;
        self.ticks_left = ticks_left;
        Step::Pause
    }

    fn promote(&mut self, policy: &StagedPolicy) -> Step {
        let completed = self.stage + 1 == policy.total_stages();
        for count in self.counts.iter_mut().take(policy.checks.len()) {
            *count = Count { failures: count.failures, ..Count::NOTHING };
        }
        self.stage += 1;
        self.state = if completed { State::Completed } else { State::Progressing };
        self.begin_stage(policy);
        if completed { Step::Complete } else { Step::Promote }
    }

    fn roll_back(&mut self, policy: &StagedPolicy) -> Step {
        if policy.rollback_ticks == 0 {
            self.state = State::RolledBack;
            self.ticks_left = None;
        } else {
            self.state = State::RollingBack;
            self.ticks_left = Some(policy.rollback_ticks);
        }
        Step::Rollback
    }
}
