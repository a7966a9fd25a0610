//! AWS CodeDeploy: traffic is shifted at once, as a canary or in linear increments, or
//! instances are deployed in batches. Alarms and hooks stop the deployment.
//!
//! Source: the CodeDeploy user guide ("Working with deployment configurations", "Stopped
//! and failed deployments"), the API reference (`TimeBasedLinear`: a share is shifted at
//! the start of each increment) and the deployment preferences of AWS SAM.

pub mod alarm;

use super::{
    By, Call, CallError, Checks, Command, Decide, Level, Move, Note, Prepared, Reason, State, Step,
};
use crate::config::{
    CodeDeployConfig, ComputePlatform, Deploys, Hook, MAX_ALARMS, RollbackEvent, increments,
};
use crate::rules::Population;
use crate::rules::Verdict;
use crate::rules::words::{counted, significant};
use alarm::{AlarmMemory, AlarmPlan, AlarmState, DataPoint};

/// The prepared policy.
#[derive(Clone, Debug)]
pub struct CodeDeployPolicy {
    levels: Vec<Level>,
    /// What the deployment does, in order.
    parts: Vec<Part>,
    alarms: Vec<PlannedAlarm>,
    /// Ticks between two ticks in which any alarm may be evaluated.
    every_ticks: u32,
    /// Ticks between two times that the deployment asks for the state of its alarms.
    poll_ticks: u32,
    rolls_back_on: [bool; RollbackEvent::ALL.len()],
    /// Ticks until the traffic is back at the level before; on a server of each batch.
    rollback_ticks: u32,
    /// Whether instances are deployed in batches.
    in_batches: bool,
    /// Instances in a batch, and all instances.
    instances: [u32; 2],
}

/// An alarm, prepared for the loop.
#[derive(Clone, Debug)]
struct PlannedAlarm {
    name: String,
    plan: AlarmPlan,
    /// It before the start.
    before: AlarmMemory,
}

/// A part of a deployment: a hook, or traffic that stands at a share.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Part {
    phase: Phase,
    /// The index of its level.
    level: u32,
    /// Whether the new version has the traffic of the level.
    has_traffic: bool,
    ticks: u32,
    end: End,
}

/// What follows from the end of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The next part.
    Next,
    /// The deployment fails.
    Fails,
    /// The deployment is stopped, because nobody answered.
    Stops,
}

/// The phases, which are lifecycle events and the states at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Phase {
    BeforeInstall,
    Install,
    AfterInstall,
    AfterAllowTestTraffic,
    Ready,
    BeforeAllowTraffic,
    AllowTraffic,
    AfterAllowTraffic,
    TerminationWait,
    Stopped,
    RollingBack,
    RolledBack,
    Succeeded,
}

/// Their names, in the order of [`Phase`].
const PHASES: [&str; 13] = [
    "BeforeInstall",
    "Install",
    "AfterInstall",
    "AfterAllowTestTraffic",
    "Ready",
    "BeforeAllowTraffic",
    "AllowTraffic",
    "AfterAllowTraffic",
    "TerminationWait",
    "Stopped",
    "RollingBack",
    "RolledBack",
    "Succeeded",
];

/// The state of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CodeDeploy {
    state: State,
    /// The index of the present part; their number after the last.
    part: u32,
    /// Ticks until the part, or a step of the rollback, ends.
    ticks_left: u32,
    /// The highest level so far.
    level: u32,
    /// On the way back: the level at which traffic still stands.
    back_at: u32,
    /// Whether the new version has traffic.
    has_traffic: bool,
    /// Whether the deployment was stopped without a rollback.
    is_stopped: bool,
    /// The phase of the present part.
    phase: Phase,
    alarms: [AlarmMemory; MAX_ALARMS],
}

/// What happens in a deployment, for [`Prepared::sentence`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event {
    /// Traffic has been shifted to the level with this index.
    Shifted(u32),
    /// The batch with this index has been deployed.
    Deployed(u32),
    /// The hook of this phase, an index of [`Prepared::phases`], succeeded.
    HookSucceeded(u8),
    /// It failed, or did not answer within an hour.
    HookFailed(u8),
    /// The alarm with this number, from 0, is on.
    AlarmOn(u32),
    /// It was on before the deployment began.
    AlarmOnBefore(u32),
    /// The deployment waits for a person before the traffic is shifted.
    Waits,
    /// Nobody answered.
    NobodyAnswered,
    /// A person lets the deployment continue.
    Continued,
    /// A person stops the deployment.
    StoppedByPerson,
    /// The last revision is deployed again.
    RolledBack,
    /// All traffic goes to the new version, and the deployment has succeeded.
    Succeeded,
}

/// Why a deployment is stopped.
#[derive(Clone, Copy, Debug)]
struct Stop {
    cause: RollbackEvent,
    by: By,
    alarm: Option<usize>,
    event: Event,
}

impl CodeDeployPolicy {
    /// Prepares the policy of a configuration.
    pub fn new(config: &CodeDeployConfig, tick_seconds: u32) -> Self {
        let tick = tick_seconds.max(1);
        let ticks = |seconds: u32| seconds / tick;
        let alarms: Vec<PlannedAlarm> = (config.alarms.iter().take(MAX_ALARMS))
            .map(|alarm| {
                // The service has a past, the new version has none.
                let past = match alarm.of {
                    Population::Service => DataPoint::Good,
                    Population::Canary | Population::Control => DataPoint::Missing,
                };
                PlannedAlarm {
                    name: alarm.name.clone(),
                    plan: AlarmPlan::new(alarm, tick),
                    before: AlarmMemory::before(past, alarm.on_before_start),
                }
            })
            .collect();
        let poll_ticks = ticks(config.alarm_poll_seconds).max(1);
        let every = alarms.iter().map(|alarm| alarm.plan.every_ticks);
        let mut policy = CodeDeployPolicy {
            every_ticks: every.fold(poll_ticks, greatest_common_divisor),
            levels: Vec::new(),
            parts: Vec::new(),
            alarms,
            poll_ticks,
            rolls_back_on: RollbackEvent::ALL.map(|event| config.rolls_back_on(event)),
            rollback_ticks: ticks(config.rollback_seconds),
            in_batches: config.compute_platform == ComputePlatform::Server,
            instances: [0; 2],
        };
        match (config.instances, config.deploys()) {
            (Some(instances), deploys) => {
                let seconds = config.instance_seconds.unwrap_or(tick);
                policy.deploy_batches(instances, deploys.batch(instances), ticks(seconds).max(1));
            }
            (None, deploys) => policy.shift_traffic(config, deploys, tick),
        }
        for (i, level) in policy.levels.iter_mut().enumerate() {
            let parts = policy.parts.iter().filter(|part| part.level as usize == i);
            level.planned_ticks = parts.map(|part| u64::from(part.ticks)).sum();
        }
        policy
    }

    /// The parts of a deployment that shifts traffic.
    fn shift_traffic(&mut self, config: &CodeDeployConfig, deploys: Deploys, tick: u32) {
        let hooks = &config.hooks;
        let ticks = |seconds: u32| seconds / tick;
        let mut part = |phase, level, has_traffic, ticks, end| {
            self.parts.push(Part { phase, level, has_traffic, ticks, end });
        };
        let hook = |hook: Hook| {
            let fails = !matches!(hook, Hook::SucceedsAfterSeconds(_));
            (ticks(hook.seconds(tick)), if fails { End::Fails } else { End::Next })
        };
        let before = [
            (Phase::BeforeInstall, hooks.before_install.map(hook)),
            (Phase::Install, Some((ticks(config.install_seconds), End::Next))),
            (Phase::AfterInstall, hooks.after_install.map(hook)),
            (Phase::AfterAllowTestTraffic, hooks.after_allow_test_traffic.map(hook)),
            (
                Phase::Ready,
                config.deployment_ready_wait_seconds.map(|wait| (ticks(wait), End::Stops)),
            ),
            (Phase::BeforeAllowTraffic, hooks.before_allow_traffic.map(hook)),
        ];
        for (phase, length) in before {
            if let Some((ticks, end)) = length
                && (phase != Phase::Install || ticks > 0)
            {
                part(phase, 0, false, ticks, end);
            }
        }
        let routing = match deploys {
            Deploys::Shift(routing) => routing,
            _ => crate::config::CodeDeployRouting::AllAtOnce,
        };
        let mut shares = Vec::new();
        if let Some((percent, seconds)) = routing.increment() {
            let steps = if routing.is_linear() { increments(percent) - 1 } else { 1 };
            for step in 1..=steps {
                shares.push((f64::from(step) * percent / 100.0).min(1.0));
                part(Phase::AllowTraffic, step - 1, true, ticks(seconds), End::Next);
            }
        }
        // What follows at all traffic. A deployment takes a tick at least.
        let last = shares.len() as u32;
        let mut after = Vec::new();
        if let Some((_, seconds)) = routing.increment()
            && config.last_interval
            && routing.is_linear()
        {
            after.push((Phase::AllowTraffic, ticks(seconds), End::Next));
        }
        if let Some((ticks, end)) = hooks.after_allow_traffic.map(hook) {
            after.push((Phase::AfterAllowTraffic, ticks, end));
        }
        if config.termination_wait_seconds > 0 {
            after.push((Phase::TerminationWait, ticks(config.termination_wait_seconds), End::Next));
        }
        let before_last: u32 = self.parts.iter().map(|part| part.ticks).sum();
        let takes_time = before_last > 0 || after.iter().any(|(_, ticks, _)| *ticks > 0);
        if !takes_time || shares.is_empty() && after.is_empty() {
            after.insert(0, (Phase::AllowTraffic, 1, End::Next));
        }
        if !after.is_empty() {
            shares.push(1.0);
        }
        for (phase, ticks, end) in after {
            self.parts.push(Part { phase, level: last, has_traffic: true, ticks, end });
        }
        self.levels = shares
            .into_iter()
            .map(|share| Level {
                name: format!("{} %", significant(100.0 * share)),
                share,
                planned_ticks: 0,
            })
            .collect();
    }

    /// The parts of a deployment of instances in batches. Those of a batch are out of
    /// service meanwhile; the others share the traffic.
    fn deploy_batches(&mut self, instances: u32, batch: u32, ticks: u32) {
        let batch = batch.max(1);
        self.rollback_ticks = ticks;
        self.instances = [batch, instances];
        let mut done = 0;
        while done < instances {
            let out = batch.min(instances - done);
            let in_service = instances - out;
            let share = match in_service {
                0 => 0.0,
                _ => f64::from(done) / f64::from(in_service),
            };
            let name = format!("{done} of {} new", counted(u64::from(instances), "instance"));
            let level = self.levels.len() as u32;
            self.levels.push(Level { name, share, planned_ticks: 0 });
            let has_traffic = share > 0.0;
            let (phase, end) = (Phase::Install, End::Next);
            self.parts.push(Part { phase, level, has_traffic, ticks, end });
            done += out;
        }
    }

    fn part(&self, index: u32) -> Option<&Part> {
        self.parts.get(index as usize)
    }

    fn rolls_back_on(&self, event: RollbackEvent) -> bool {
        let index = RollbackEvent::ALL.iter().position(|each| *each == event);
        index.is_some_and(|index| self.rolls_back_on[index])
    }

    /// Ticks from the first to the last, without the way back.
    fn ticks(&self) -> u64 {
        self.parts.iter().map(|part| u64::from(part.ticks)).sum()
    }
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    let (mut a, mut b) = (a, b);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

impl Prepared for CodeDeployPolicy {
    fn levels(&self) -> &[Level] {
        &self.levels
    }

    fn most_ticks(&self) -> u64 {
        let steps = if self.in_batches { self.levels.len() as u64 } else { 1 };
        (self.ticks() + steps * u64::from(self.rollback_ticks)).max(1)
    }

    fn most_waits(&self, answer: Command) -> u64 {
        let ready = self.parts.iter().any(|part| part.phase == Phase::Ready);
        let stops = self.rolls_back_on.contains(&false);
        match answer {
            Command::Abort => u64::from(ready || stops),
            _ => u64::from(ready),
        }
    }

    fn looks_in_pauses(&self) -> bool {
        !self.alarms.is_empty() && self.parts.iter().any(|part| part.phase == Phase::Ready)
    }

    fn phases(&self) -> &'static [&'static str] {
        &PHASES
    }

    fn sentence(&self, note: Note) -> String {
        let Note::CodeDeploy(event) = note else { return String::new() };
        let level = |index: u32| self.levels.get(index as usize).map_or("", |level| &level.name);
        let alarm = |index: u32| self.alarms.get(index as usize).map_or("", |alarm| &alarm.name);
        let phase = |index: u8| PHASES.get(usize::from(index)).copied().unwrap_or_default();
        let stops = |cause| match self.rolls_back_on(cause) {
            true => "the deployment is stopped and rolled back",
            false => "the deployment is stopped, and the traffic stays where it is",
        };
        let (on_alarm, on_failure) =
            (stops(RollbackEvent::DeploymentStopOnAlarm), stops(RollbackEvent::DeploymentFailure));
        match event {
            Event::Shifted(index) => {
                format!("AllowTraffic: {} of the traffic is on the new version.", level(index))
            }
            Event::Deployed(index) => {
                let [batch, instances] = self.instances;
                let done = (batch * (index + 1)).min(instances);
                format!("{done} of {} deployed.", counted(u64::from(instances), "instance"))
            }
            Event::HookSucceeded(index) => format!("{} succeeded.", phase(index)),
            Event::HookFailed(index) => {
                format!("{} failed or did not answer: {on_failure}.", phase(index))
            }
            Event::AlarmOn(index) => {
                format!("Alarm {} is in state ALARM: {on_alarm}.", alarm(index))
            }
            Event::AlarmOnBefore(index) => {
                format!("Alarm {} was on before the deployment began: it is stopped.", alarm(index))
            }
            Event::Waits => "Ready: waits for a person before the traffic is shifted.".to_string(),
            Event::NobodyAnswered => "Stopped: nobody let the deployment continue.".to_string(),
            Event::Continued => "A person let the deployment continue.".to_string(),
            Event::StoppedByPerson => {
                format!("A person: {}.", stops(RollbackEvent::DeploymentStopOnRequest))
            }
            Event::RolledBack => "The last revision is deployed again.".to_string(),
            Event::Succeeded => "Succeeded: all traffic is on the new version.".to_string(),
        }
    }
}

impl CodeDeploy {
    /// Begins a part, and those after it while they take no time.
    fn begin_part(&mut self, policy: &CodeDeployPolicy, decide: &mut impl FnMut(Move)) {
        let mut say = |step, event| {
            let note = Some(Note::CodeDeploy(event));
            decide(Move { step, by: By::Policy, reason: None, note });
        };
        loop {
            let Some(part) = policy.part(self.part) else {
                self.state = State::Completed;
                return say(Step::Complete, Event::Succeeded);
            };
            if part.level > self.level {
                self.level = part.level;
                match policy.in_batches {
                    true => say(Step::Promote, Event::Deployed(part.level - 1)),
                    false => say(Step::Promote, Event::Shifted(part.level)),
                }
            } else if part.has_traffic && !self.has_traffic {
                say(Step::Note, Event::Shifted(part.level));
            }
            (self.has_traffic, self.phase) = (part.has_traffic, part.phase);
            self.ticks_left = part.ticks;
            if part.phase == Phase::Ready {
                self.state = State::Paused;
                return say(Step::Pause, Event::Waits);
            }
            if self.ticks_left > 0 {
                return;
            }
            if part.end != End::Next {
                let stop = Self::stop_at_end_of(part);
                return self.stop(policy, stop, decide);
            }
            if is_hook(part.phase) {
                say(Step::Note, Event::HookSucceeded(part.phase as u8));
            }
            self.part += 1;
        }
    }

    fn stop_at_end_of(part: &Part) -> Stop {
        let (cause, event) = match part.end {
            End::Stops => (RollbackEvent::DeploymentStopOnRequest, Event::NobodyAnswered),
            _ => (RollbackEvent::DeploymentFailure, Event::HookFailed(part.phase as u8)),
        };
        Stop { cause, by: By::Policy, alarm: None, event }
    }

    /// Stops the deployment, and rolls it back if that is configured. Without traffic there
    /// is nothing to roll back.
    fn stop(&mut self, policy: &CodeDeployPolicy, stop: Stop, decide: &mut impl FnMut(Move)) {
        let reason = stop.alarm.map(|check| Reason { check, certificate: false, tally: None });
        let note = Some(Note::CodeDeploy(stop.event));
        let step = if !self.has_traffic {
            self.state = State::RolledBack;
            Step::Rollback
        } else if policy.rolls_back_on(stop.cause) {
            self.begin_rollback(policy);
            Step::Rollback
        } else {
            self.is_stopped = true;
            self.state = State::Paused;
            Step::Pause
        };
        decide(Move { step, by: stop.by, reason, note });
    }

    fn begin_rollback(&mut self, policy: &CodeDeployPolicy) {
        self.is_stopped = false;
        self.back_at = self.level;
        self.ticks_left = policy.rollback_ticks;
        self.state = match policy.rollback_ticks {
            0 => State::RolledBack,
            _ => State::RollingBack,
        };
    }

    /// Evaluates the alarms that are due, and returns the first that is on if the
    /// deployment asks now.
    #[inline]
    fn alarm_on(&mut self, policy: &CodeDeployPolicy, checks: &mut impl Checks) -> Option<usize> {
        let now = checks.tick();
        if !now.is_multiple_of(policy.every_ticks) {
            return None;
        }
        for (i, (memory, alarm)) in self.alarms.iter_mut().zip(&policy.alarms).enumerate() {
            if now.is_multiple_of(alarm.plan.every_ticks) {
                let point = match checks.look(i) {
                    (Verdict::Fail, _) => DataPoint::Breaching,
                    (Verdict::Pass, _) => DataPoint::Good,
                    _ => DataPoint::Missing,
                };
                memory.evaluate(&alarm.plan, point);
            }
        }
        if !now.is_multiple_of(policy.poll_ticks) {
            return None;
        }
        let alarms = self.alarms.iter().take(policy.alarms.len());
        alarms.map(|alarm| alarm.state).position(|state| state == AlarmState::Alarm)
    }

    fn way_back(&mut self, policy: &CodeDeployPolicy, checks: &mut impl Checks) {
        self.ticks_left = self.ticks_left.saturating_sub(1);
        if self.ticks_left > 0 {
            return;
        }
        // Instances are deployed again batch by batch, until none has traffic.
        if policy.in_batches && self.back_at > 1 {
            self.back_at -= 1;
            self.ticks_left = policy.rollback_ticks;
            return;
        }
        self.state = State::RolledBack;
        let note = Some(Note::CodeDeploy(Event::RolledBack));
        checks.decide(Move { step: Step::RolledBack, by: By::Policy, reason: None, note });
    }
}

fn is_hook(phase: Phase) -> bool {
    use Phase::{
        AfterAllowTestTraffic, AfterAllowTraffic, AfterInstall, BeforeAllowTraffic, BeforeInstall,
    };
    matches!(
        phase,
        BeforeInstall
            | AfterInstall
            | AfterAllowTestTraffic
            | BeforeAllowTraffic
            | AfterAllowTraffic
    )
}

impl Decide for CodeDeploy {
    type Policy = CodeDeployPolicy;

    fn start(policy: &Self::Policy) -> Self {
        let nothing = AlarmMemory::before(DataPoint::Good, false);
        let mut alarms = [nothing; MAX_ALARMS];
        for (memory, alarm) in alarms.iter_mut().zip(&policy.alarms) {
            *memory = alarm.before;
        }
        CodeDeploy {
            state: State::Progressing,
            part: 0,
            ticks_left: 0,
            level: 0,
            back_at: 0,
            has_traffic: false,
            is_stopped: false,
            phase: policy.part(0).map_or(Phase::AllowTraffic, |part| part.phase),
            alarms,
        }
    }

    fn begin(&mut self, policy: &Self::Policy, checks: &mut impl Checks) {
        // Only an alarm that is on by its first data point was on before, or one that is
        // said to have been on.
        let said = self.alarms.iter().take(policy.alarms.len());
        let said = said.map(|alarm| alarm.state).position(|state| state == AlarmState::Alarm);
        let on = self.alarm_on(policy, checks);
        if let Some(alarm) = said.or(on) {
            let stop = Stop {
                cause: RollbackEvent::DeploymentStopOnAlarm,
                by: By::Rule,
                // What is only said to have been on has not been measured.
                alarm: on.filter(|on| *on == alarm),
                event: Event::AlarmOnBefore(alarm as u32),
            };
            return self.stop(policy, stop, &mut |change| checks.decide(change));
        }
        self.begin_part(policy, &mut |change| checks.decide(change));
    }

    fn after_tick(&mut self, policy: &Self::Policy, checks: &mut impl Checks) {
        if self.state == State::RollingBack {
            return self.way_back(policy, checks);
        }
        if self.is_stopped {
            return;
        }
        if let Some(alarm) = self.alarm_on(policy, checks) {
            let stop = Stop {
                cause: RollbackEvent::DeploymentStopOnAlarm,
                by: By::Rule,
                alarm: Some(alarm),
                event: Event::AlarmOn(alarm as u32),
            };
            return self.stop(policy, stop, &mut |change| checks.decide(change));
        }
        self.ticks_left = self.ticks_left.saturating_sub(1);
        if self.ticks_left > 0 {
            return;
        }
        let Some(part) = policy.part(self.part) else { return };
        let mut decide = |change| checks.decide(change);
        if part.end != End::Next {
            return self.stop(policy, Self::stop_at_end_of(part), &mut decide);
        }
        if is_hook(part.phase) {
            let note = Some(Note::CodeDeploy(Event::HookSucceeded(part.phase as u8)));
            decide(Move { step: Step::Note, by: By::Policy, reason: None, note });
        }
        self.part += 1;
        self.begin_part(policy, &mut decide);
    }

    /// CodeDeploy knows two commands: to stop a deployment, and to let one continue that
    /// waits for traffic or for the end of the old version.
    fn command(
        &mut self,
        policy: &Self::Policy,
        command: Command,
        moves: &mut Vec<Move>,
    ) -> Result<(), CallError> {
        let call = Call::Command(command);
        call.check(self.state)?;
        let mut decide = |change: Move| moves.push(change);
        let part = policy.part(self.part);
        let waits = part.is_some_and(|part| part.phase == Phase::Ready);
        let terminates = part.is_some_and(|part| part.phase == Phase::TerminationWait);
        match command {
            Command::Pause => {
                let reason = "a deployment of CodeDeploy cannot be paused, only stopped";
                return Err(CallError::Controller { call, reason });
            }
            Command::Abort if self.is_stopped => {
                self.begin_rollback(policy);
                let note = Some(Note::CodeDeploy(Event::RolledBack));
                decide(Move { step: Step::Rollback, by: By::Person, reason: None, note });
            }
            Command::Abort => {
                let stop = Stop {
                    cause: RollbackEvent::DeploymentStopOnRequest,
                    by: By::Person,
                    alarm: None,
                    event: Event::StoppedByPerson,
                };
                self.stop(policy, stop, &mut decide);
            }
            Command::Resume | Command::Promote if self.is_stopped => {
                let reason = "the deployment is stopped and cannot go on";
                return Err(CallError::Controller { call, reason });
            }
            Command::Resume | Command::Promote if waits || terminates => {
                let note = Some(Note::CodeDeploy(Event::Continued));
                let step = if waits { Step::Resume } else { Step::Note };
                self.state = State::Progressing;
                decide(Move { step, by: By::Person, reason: None, note });
                self.part += 1;
                self.begin_part(policy, &mut decide);
            }
            Command::Resume | Command::Promote => {
                let reason = "a deployment of CodeDeploy cannot skip its schedule";
                return Err(CallError::Controller { call, reason });
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
        // All of them after the last part: the last level is then complete.
        self.level + u32::from(self.state == State::Completed)
    }

    fn traffic_level(&self, policy: &Self::Policy) -> u32 {
        if self.state == State::RollingBack {
            return self.back_at;
        }
        if self.has_traffic { self.level } else { policy.levels.len() as u32 }
    }

    fn share(&self, policy: &Self::Policy) -> f64 {
        match self.state {
            State::RolledBack => 0.0,
            State::Completed => 1.0,
            _ => {
                let level = policy.levels.get(self.traffic_level(policy) as usize);
                level.map_or(0.0, |level| level.share)
            }
        }
    }

    fn waits_for_a_person(&self) -> bool {
        self.state == State::Paused
    }

    fn phase(&self) -> u8 {
        let phase = match self.state {
            State::Completed => Phase::Succeeded,
            State::RolledBack => Phase::RolledBack,
            State::RollingBack => Phase::RollingBack,
            State::Paused if self.is_stopped => Phase::Stopped,
            State::Paused | State::Progressing => self.phase,
        };
        phase as u8
    }
}
