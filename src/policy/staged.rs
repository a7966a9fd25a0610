//! The staged policy: stages with increasing shares, rules that look during a stage
//! or at its end, pauses between stages, and certificates that end a stage early.

use super::{By, CallError, Checks, Command, Level, Move, Reason, State, Step};
use crate::config::{AfterExtension, MAX_RULES, OnInconclusive, PolicyConfig, StagePause};
use crate::rules::{Gap, Look, OnFail, Rule, Verdict};

/// The staged policy of a configuration, prepared for its controller.
#[derive(Clone, Debug)]
pub struct StagedPolicy {
    stages: Vec<PlannedStage>,
    levels: Vec<Level>,
    checks: Vec<PlannedCheck>,
    /// Whether any rule can end a stage early.
    certifies: bool,
    on_inconclusive: OnInconclusive,
    rollback_ticks: u32,
}

#[derive(Clone, Copy, Debug)]
struct PlannedStage {
    share: f64,
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
    look: Look,
    failure_limit: u32,
    on_fail: OnFail,
}

impl StagedPolicy {
    /// Prepares the policy of a configuration.
    pub fn new(config: &PolicyConfig) -> Self {
        let rules = &config.rules;
        let stages = (1..).zip(&config.stages).map(|(number, stage)| PlannedStage {
            share: stage.share(),
            duration_ticks: stage.duration_ticks,
            pause: stage.pause,
            checks: CheckSet::of(rules, |rule| rule.holds_in(number)),
            every_tick: CheckSet::of(rules, |rule| {
                rule.look == Look::EveryTick && rule.holds_in(number)
            }),
        });
        let levels = config
            .stages
            .iter()
            .map(|stage| Level { share: stage.share(), planned_ticks: stage.planned_ticks() });
        let check = |rule: &Rule| PlannedCheck {
            look: rule.look,
            failure_limit: rule.failure_limit,
            on_fail: rule.on_fail,
        };
        StagedPolicy {
            stages: stages.collect(),
            levels: levels.collect(),
            checks: rules.iter().map(check).collect(),
            certifies: rules.iter().any(Rule::may_certify),
            on_inconclusive: config.on_inconclusive,
            rollback_ticks: config.rollback_ticks,
        }
    }

    pub(super) fn levels(&self) -> &[Level] {
        &self.levels
    }

    fn total_stages(&self) -> u32 {
        self.stages.len() as u32
    }
}

/// The state of a run in a staged policy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Staged {
    state: State,
    /// Number of stages passed, which is the index of the current stage.
    stage: u32,
    /// Ticks that the stage has been PROGRESSING.
    clock: u32,
    /// Ticks by which the stage has been extended.
    extended: u32,
    /// Whether the stage has passed, so that resuming promotes.
    passed: bool,
    /// In a timed pause or in ROLLING_BACK: ticks until it ends.
    ticks_left: Option<u32>,
    /// Whether a certificate has led to an early verdict on the stage.
    judged_early: bool,
    /// What the controller remembers of each rule.each rule.
    counts: [Count; MAX_RULES],
}

/// What the controller remembers of each rule.a rule.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Count {
    /// Number of failed looks so far.
    failures: u32,
    /// What was missing in the last look in this stage.
    gap: Option<Gap>,
    /// The rule paused this stage and a person resumed: it does not act again in
    /// this stage.
    muted: bool,
    /// The rule paused the stage, and no person has resumed yet.
    paused: bool,
}

impl Count {
    const NOTHING: Count = Count { failures: 0, gap: None, muted: false, paused: false };
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
    reason: Option<usize>,
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

impl Staged {
    /// The controller before its first tick.
    pub(super) fn start() -> Self {
        Staged {
            state: State::Progressing,
            stage: 0,
            clock: 0,
            extended: 0,
            passed: false,
            ticks_left: None,
            judged_early: false,
            counts: [Count::NOTHING; MAX_RULES],
        }
    }

    /// Resets the controller to before its first tick. In place, because a study
    /// does it a million times.
    pub(super) fn restart(&mut self, policy: &StagedPolicy) {
        self.counts[..policy.checks.len()].fill(Count::NOTHING);
        (self.state, self.stage) = (State::Progressing, 0);
        self.begin_stage();
    }

    fn begin_stage(&mut self) {
        (self.clock, self.extended, self.ticks_left) = (0, 0, None);
        (self.passed, self.judged_early) = (false, false);
    }

    pub(super) fn state(&self) -> State {
        self.state
    }

    /// The index of the current stage; after the end, of the last one.
    #[inline]
    pub(super) fn stage(&self, policy: &StagedPolicy) -> u32 {
        self.stage.min(policy.total_stages() - 1)
    }

    pub(super) fn stages_completed(&self) -> u32 {
        self.stage
    }

    pub(super) fn waits_for_a_person(&self) -> bool {
        self.state == State::Paused && self.ticks_left.is_none()
    }

    #[inline]
    pub(super) fn share(&self, policy: &StagedPolicy) -> f64 {
        match self.state {
            State::RolledBack => 0.0,
            State::Completed => 1.0,
            _ => policy.stages[self.stage as usize].share,
        }
    }

    /// Whether the next tick is within the stage's duration or in a timed pause.
    #[inline]
    pub(super) fn is_planned(&self, policy: &StagedPolicy) -> bool {
        match self.state {
            State::Progressing => self.clock < policy.stages[self.stage as usize].duration_ticks,
            State::Paused => self.ticks_left.is_some(),
            _ => false,
        }
    }

    /// The decision after the tick that has just ended, if any.
    #[inline]
    pub(super) fn after_tick(
        &mut self,
        policy: &StagedPolicy,
        checks: &mut impl Checks,
    ) -> Option<Move> {
        if self.state != State::Progressing {
            let step = self.wait(policy)?;
            return Some(Move { step, by: By::Policy, reason: None });
        }
        let stage = &policy.stages[self.stage as usize];
        self.clock += 1;
        // The most common case: within the stage, and no rule has to look.
        let within = self.clock < stage.duration_ticks + self.extended;
        if within
            && !policy.certifies
            && !stage.every_tick.iter().any(|check| checks.matters(check))
        {
            return None;
        }
        self.look(policy, within, checks)
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
        let finding = self.judge(policy, moment, checks);
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
            true => certificate.map(|check| Reason { check, certificate: true }),
            false => finding.reason.map(|check| Reason { check, certificate: false }),
        };
        let by_rule = finding.fail.is_some() || (passed && certificate.is_some());
        Some(Move { step, by: if by_rule { By::Rule } else { By::Policy }, reason })
    }

    /// The rule whose certificate ends the stage early: the first that certifies,
    /// if all rules with a certificate do.
    fn certificate(&self, policy: &StagedPolicy, checks: &impl Checks) -> Option<usize> {
        let mut first = None;
        for check in policy.stages[self.stage as usize].checks.iter() {
            match checks.certifies(check, self.clock) {
                Some(true) => first = first.or(Some(check)),
                Some(false) => return None,
                None => {}
            }
        }
        first
    }

    /// Whether a rule that applies in the stage looks now.
    fn is_due(&self, policy: &StagedPolicy, check: usize, moment: Moment) -> bool {
        match (policy.checks[check].look, moment) {
            (Look::EveryTick, _) | (Look::StageEnd, Moment::End) => true,
            // A rule that was conclusive does not look again, because a second look
            // at the same stage would be another chance of error.
            (Look::StageEnd, Moment::ExtendedEnd) => self.counts[check].gap.is_some(),
            (Look::StageEnd, Moment::Within) => false,
        }
    }

    /// Makes the rules look that are due, and collects their findings.
    fn judge(
        &mut self,
        policy: &StagedPolicy,
        moment: Moment,
        checks: &mut impl Checks,
    ) -> Finding {
        let mut finding = Finding::default();
        let (mut failed, mut unsure) = (None, None);
        for check in policy.stages[self.stage as usize].checks.iter() {
            let planned = &policy.checks[check];
            if self.is_due(policy, check, moment) && checks.matters(check) {
                let (verdict, gap) = checks.look(check);
                let count = &mut self.counts[check];
                count.gap = gap;
                if verdict == Verdict::Fail {
                    count.failures += 1;
                    let acts = count.failures >= planned.failure_limit && !count.muted;
                    let outranks = match finding.fail {
                        None => true,
                        Some(worst) => worst == OnFail::Pause && planned.on_fail != worst,
                    };
                    if acts && outranks {
                        finding.fail = Some(planned.on_fail);
                        failed = Some(check);
                    }
                }
                if gap.is_some() && unsure.is_none() {
                    unsure = Some(check);
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
        if let (Some(OnFail::Pause), Some(check)) = (finding.fail, failed) {
            self.counts[check].paused = true;
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

    /// Carries out a command. It may take two steps (resume, then promote).
    ///
    /// # Errors
    /// If the state does not allow it. Nothing changes then.
    pub(super) fn command(
        &mut self,
        policy: &StagedPolicy,
        command: Command,
    ) -> Result<[Option<Step>; 2], CallError> {
        super::Call::Command(command).check(self.state)?;
        Ok(match command {
            Command::Pause => [Some(self.pause(false, None)), None],
            Command::Resume => {
                self.state = State::Progressing;
                self.ticks_left = None;
                for count in &mut self.counts {
                    count.muted |= std::mem::take(&mut count.paused);
                }
                let promoted = self.passed.then(|| self.promote(policy));
                [Some(Step::Resume), promoted]
            }
            Command::Promote => [Some(self.promote(policy)), None],
            Command::Abort => [Some(self.roll_back(policy)), None],
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
        self.begin_stage();
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
