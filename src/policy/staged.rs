//! The staged policy: stages with rising shares, rules that look within a stage or
//! at its end, pauses between, and certificates that end a stage early.

use super::{By, CallError, Checks, Command, Level, Move, Reason, State, Step};
use crate::config::{AfterExtension, MAX_RULES, OnInconclusive, PolicyConfig, StagePause};
use crate::rules::{Gap, Look, OnFail, Rule, Verdict};

/// What the controller has to know of a configuration.
#[derive(Clone, Debug)]
pub struct StagedPolicy {
    stages: Vec<PlannedStage>,
    levels: Vec<Level>,
    checks: Vec<PlannedCheck>,
    /// Whether any rule may end a stage before its time.
    certifies: bool,
    on_inconclusive: OnInconclusive,
    rollback_ticks: u32,
}

#[derive(Clone, Copy, Debug)]
struct PlannedStage {
    share: f64,
    duration_ticks: u32,
    pause: Option<StagePause>,
    /// The rules that hold in it.
    checks: CheckSet,
    /// Those of them that look at every tick.
    every_tick: CheckSet,
}

/// Numbers of checks, a bit each: what is due in a tick is found without a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct CheckSet(u32);

const _: () = assert!(MAX_RULES <= u32::BITS as usize, "a check has no bit");

impl CheckSet {
    /// The rules of which `belongs` is true.
    fn of(rules: &[Rule], belongs: impl Fn(&Rule) -> bool) -> CheckSet {
        let bit = |(check, rule)| u32::from(belongs(rule)) << check;
        CheckSet(rules.iter().enumerate().map(bit).fold(0, |set, bit| set | bit))
    }

    /// The numbers in their order.
    #[inline(always)]
    fn iter(self) -> impl Iterator<Item = usize> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let check = left.trailing_zeros();
            // Clears the lowest bit that is set.
            left &= left.checked_sub(1)?;
            Some(check as usize)
        })
    }
}

/// A rule, as far as it is the policy's to say when it looks and what follows.
#[derive(Clone, Copy, Debug)]
struct PlannedCheck {
    look: Look,
    failure_limit: u32,
    on_fail: OnFail,
}

impl StagedPolicy {
    /// The plan of a configuration.
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

/// The staged controller of one rollout.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Staged {
    state: State,
    /// Stages passed, so also the index of the present one.
    stage: u32,
    /// The stage's clock: ticks it was PROGRESSING.
    clock: u32,
    /// Ticks by which the stage was prolonged.
    extended: u32,
    /// Whether the stage's verdict is known, so that going on means the next.
    passed: bool,
    /// In a planned pause or ROLLING_BACK: ticks until it ends by itself.
    ticks_left: Option<u32>,
    /// Whether a certificate had the stage judged before its time.
    judged_early: bool,
    /// What is remembered of each rule.
    counts: [Count; MAX_RULES],
}

/// What is remembered of a rule.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Count {
    /// Failed looks so far.
    failures: u32,
    /// What its last look in this stage lacked.
    gap: Option<Gap>,
    /// It paused this stage and a person said resume: it does not act again in it.
    muted: bool,
    /// It paused the stage, and nobody said resume yet.
    paused: bool,
}

impl Count {
    const NOTHING: Count = Count { failures: 0, gap: None, muted: false, paused: false };
}

/// What the rules found in a tick.
#[derive(Clone, Copy, Debug, Default)]
struct Finding {
    /// What the rules that failed ask for; a rollback beats a pause.
    fail: Option<OnFail>,
    /// Whether a rule could not tell, and whether time would mend it.
    inconclusive: Option<Mendable>,
    /// The rule that gives the reason: the first failure of the kind that is acted
    /// on, else the first that could not tell.
    reason: Option<usize>,
}

/// Whether more ticks can make an inconclusive rule tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mendable {
    /// They can.
    Yes,
    /// They cannot: no baseline is left.
    No,
}

/// What a tick is to the stage it falls in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// Within the stage.
    Within,
    /// The stage's time is up.
    End,
    /// The stage's time was up before; the end of an extension.
    ExtendedEnd,
}

impl Staged {
    /// Before the first tick.
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

    /// Back before the first tick; in place, for a study does it a million times.
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

    /// The index of the present (after the end: the last) stage.
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

    /// Whether the tick to come is within a stage's time, or in a timed pause.
    #[inline]
    pub(super) fn is_planned(&self, policy: &StagedPolicy) -> bool {
        match self.state {
            State::Progressing => self.clock < policy.stages[self.stage as usize].duration_ticks,
            State::Paused => self.ticks_left.is_some(),
            _ => false,
        }
    }

    /// What follows from the tick that has just passed.
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
        // The commonest tick: within the stage, and no rule finds anything.
        let within = self.clock < stage.duration_ticks + self.extended;
        if within
            && !policy.certifies
            && !stage.every_tick.iter().any(|check| checks.matters(check))
        {
            return None;
        }
        self.look(policy, within, checks)
    }

    /// What follows from a tick in which a rule may look or certify, or a stage
    /// ends.
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
            // The rules that look at a stage's end look once, early or in time.
            moment = if self.judged_early { Moment::ExtendedEnd } else { Moment::End };
        }
        let finding = self.judge(policy, moment, checks);
        if certificate.is_some() {
            self.judged_early = true;
            if finding.inconclusive.is_some() {
                // Another rule needs the stage's time to tell.
                (moment, certificate) = (Moment::Within, None);
            }
        }
        let step = self.follow(policy, moment, finding)?;
        // A stage that passed in its time needs no reason, even where a rule could
        // not tell; one that passed early has its certificate.
        let passed = matches!(step, Step::Promote | Step::Complete);
        let reason = match passed {
            true => certificate.map(|check| Reason { check, certificate: true }),
            false => finding.reason.map(|check| Reason { check, certificate: false }),
        };
        let by_rule = finding.fail.is_some() || (passed && certificate.is_some());
        Some(Move { step, by: if by_rule { By::Rule } else { By::Policy }, reason })
    }

    /// The rule whose certificate ends the stage before its time: the first that
    /// certifies it, if all do that were asked to.
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

    /// Whether a rule that holds looks now.
    fn is_due(&self, policy: &StagedPolicy, check: usize, moment: Moment) -> bool {
        match (policy.checks[check].look, moment) {
            (Look::EveryTick, _) | (Look::StageEnd, Moment::End) => true,
            // A rule that could tell is not asked again: a second look
            // at the same stage would be another chance to err.
            (Look::StageEnd, Moment::ExtendedEnd) => self.counts[check].gap.is_some(),
            (Look::StageEnd, Moment::Within) => false,
        }
    }

    /// Lets the rules look that look at this moment.
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
                    finding.inconclusive = finding.inconclusive.or(Some(Mendable::No));
                }
                Some(Gap::Requests | Gap::Errors) => finding.inconclusive = Some(Mendable::Yes),
            }
        }
        if let (Some(OnFail::Pause), Some(check)) = (finding.fail, failed) {
            self.counts[check].paused = true;
        }
        finding.reason = failed.or(unsure);
        finding
    }

    /// The step that the finding leads to.
    fn follow(&mut self, policy: &StagedPolicy, moment: Moment, finding: Finding) -> Option<Step> {
        let at_end = moment != Moment::Within;
        match finding.fail {
            Some(OnFail::Rollback) => return Some(self.roll_back(policy)),
            Some(OnFail::Pause) => return Some(self.pause(at_end, None)),
            None if !at_end => return None,
            None => {}
        }
        if let Some(mendable) = finding.inconclusive {
            let then = match policy.on_inconclusive {
                OnInconclusive::Promote => AfterExtension::Promote,
                OnInconclusive::Pause => AfterExtension::Pause,
                OnInconclusive::Rollback => AfterExtension::Rollback,
                OnInconclusive::Extend { max_ticks, .. }
                    if mendable == Mendable::Yes && self.extended < max_ticks =>
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

    /// Carries out a command; it may take two steps (resume, then promote).
    ///
    /// # Errors
    /// Where the state does not allow it; nothing has changed then.
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

    /// A tick of a planned pause, or of the way back.
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
