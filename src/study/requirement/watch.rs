//! Deciding requirements while a study runs.
//!
//! The runs are taken in the order of their seeds, and looked at after fixed numbers of
//! them. So the answer, and the number of runs after which it is given, do not depend on
//! threads or on the size of chunks. How often one looks does not matter either: the
//! confidence sequences hold after every run.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::figure::{Figure, Possible};
use super::report::{Fulfilment, Measure, QuantileFound, RequirementReport};
use super::{MAX_ERROR_PROBABILITY, Requirement, Statistic, Term};
use crate::config::MAX_TICKS;
use crate::message::{quoted, shown};
use crate::policy::Prepared;
use crate::problem::Problem;
use crate::rollout::Plan;
use crate::stats::intervals::{Interval, clopper_pearson};
use crate::stats::mean_sequence::{Counted, mean_interval, side_of_mean};
use crate::stats::share_sequence::{Side, share_interval, side_of};
use crate::study::histogram::Histogram;
use crate::study::{Estimate, Person, PolicyCases, Question, RunOutcome, Study};

/// A look follows after one more run and a 64th of the runs so far.
const LOOK_GROWTH: u64 = 64;

/// The requirements of a study.
#[derive(Debug, Default)]
pub(in crate::study) struct Watches {
    watches: Vec<Watch>,
    /// The number of runs after which is looked next.
    next_look: u64,
}

/// A requirement, and what the runs so far say about it.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    requirement: Requirement,
    claim: Claim,
    /// The probability of a wrong answer to the whole requirement.
    error_probability: f64,
    /// A requirement on false rollbacks may be about two releases, and is met if it is met
    /// on both.
    parts: Vec<Part>,
    /// The answer, and after how many runs it was certain.
    certain: Option<(Certain, u64)>,
    runs: u64,
}

/// An answer that more runs will not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Certain {
    Met,
    Failed,
    /// It depends on the runs that wait for a person.
    Depends,
}

/// What is counted in each run, and how that is bounded.
#[derive(Clone, Copy, Debug)]
struct Claim {
    counted: What,
    at_most: bool,
    bound: f64,
}

#[derive(Clone, Copy, Debug)]
enum What {
    /// Runs with the event.
    Event,
    /// Runs with more than this.
    Above(f64),
    /// Runs with less than this.
    Below(f64),
    /// The values themselves.
    Values,
}

/// A figure, or a difference, of certain cases of the study.
#[derive(Clone, Debug)]
struct Part {
    first: Source,
    minus: Option<Source>,
    /// The values that a mean is of.
    limits: Interval,
    /// Whether values are rounded, so that few are different.
    is_rounded: bool,
    /// With what is least possible in runs that wait, and with what is most possible.
    low: Counts,
    high: Counts,
    /// Runs in which the two differ.
    open: u64,
    /// The runs that have the figure, and the sum of what it is so far in them.
    trials: u64,
    sum: f64,
    /// The values of a number whose quantile is asked.
    histogram: Histogram,
    certain: Option<Certain>,
}

/// A figure of a case.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source {
    pub case: usize,
    pub figure: Figure,
}

/// What was counted.
#[derive(Clone, Debug)]
enum Counts {
    Events { events: u64, trials: u64 },
    Values(BTreeMap<Value, u64>),
}

/// A value, by its size.
#[derive(Clone, Copy, Debug)]
struct Value(f64);

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Value {}

impl Study {
    /// Adds a requirement. The study then ends as soon as all its requirements are certain,
    /// or after [`Study::runs`]; its answers are in the report. An answer is wrong with
    /// probability `error_probability` at most, in (0, 0.5], after any number of runs.
    /// Several requirements together are wrong with the sum of their probabilities at most.
    ///
    /// The study must already have the configuration's fields changed that the requirement
    /// changes, and the policies that it names. Neither threads nor chunks change an answer
    /// or the number of runs. The probability of a false rollback is that of a release as
    /// good as the baseline and, if the configuration's release is healthy in the end, that
    /// of this release too. A requirement is met or failed only if that does not depend on
    /// the runs that wait for a person.
    ///
    /// ```
    /// use canary_rollout::config::{Config, preset};
    /// use canary_rollout::study::{Fulfilment, Requirement, Study, StudyOptions};
    ///
    /// let config = Config::from_text(preset("reference").unwrap().json)?;
    /// let options = StudyOptions { runs: 100_000, ..StudyOptions::default() };
    /// let mut study = Study::new(&config, &options)?;
    /// study.require(&Requirement::parse("false_rollback<=0.05")?, 0.001)?;
    /// study.advance(study.runs());
    /// let answer = &study.report().requirements[0];
    /// assert_eq!(answer.fulfilment, Fulfilment::Met);
    /// assert!(answer.runs < 1_000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the study has begun, if it has no such policy or stage, if the requirement is
    /// about a bad release but the release is healthy, or if no number of runs bounds the
    /// mean that is asked.
    pub fn require(
        &mut self,
        requirement: &Requirement,
        error_probability: f64,
    ) -> Result<(), Problem> {
        if !(error_probability > 0.0 && error_probability <= MAX_ERROR_PROBABILITY) {
            let message = format!("found {error_probability}, expected more than 0, at most 0.5");
            return Err(Problem::new("error_probability", message));
        }
        let prepared = self.watch(requirement, error_probability).map_err(|message| {
            Problem::new("require", format!("{}: {message}", shown(requirement.text())))
        })?;
        self.watches.watches.push(prepared);
        self.watches.next_look = 1;
        Ok(())
    }

    fn watch(&self, requirement: &Requirement, error_probability: f64) -> Result<Watch, String> {
        if self.done > 0 {
            return Err("expected before the first run".into());
        }
        let first = self.of_policy(&requirement.first)?;
        let minus = requirement.minus.as_ref();
        let minus = minus.map_or(Ok(first), |minus| self.of_policy(minus))?;
        let plans: Vec<&Plan> = self.cases.iter().map(|case| &*case.plan).collect();
        let Question { person, horizon_ticks, .. } = *self.question;
        let scope = Scope { plans: &plans, person, horizon_ticks };
        scope.watch(requirement, [first, minus], error_probability)
    }

    /// The cases of the policy that a term is about.
    fn of_policy(&self, term: &Term) -> Result<OfPolicy, String> {
        let mut policies = self.question.layout.policies.iter();
        let policy: Option<&PolicyCases> = match &term.policy {
            None => policies.next(),
            Some(name) => policies.skip(1).find(|policy| policy.name == *name),
        };
        let policy = policy.ok_or_else(|| {
            let name = term.policy.as_deref().unwrap_or_default();
            format!("expected one of the study’s policies, not {}", quoted(name))
        })?;
        let (healthy, release) = (policy.healthy, policy.release);
        Ok(OfPolicy { healthy, release, is_bad: self.question.config.release_is_bad() })
    }
}

/// The cases of a policy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OfPolicy {
    /// On a healthy release.
    pub healthy: usize,
    /// On the configuration's release, if that differs.
    pub release: Option<usize>,
    /// Whether that release is bad.
    pub is_bad: bool,
}

/// The cases among which requirements find those that they are about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a> {
    pub plans: &'a [&'a Plan],
    pub person: Option<Person>,
    pub horizon_ticks: u32,
}

impl Scope<'_> {
    /// Prepares a requirement: on the cases of its first policy, and on those of the policy
    /// whose figure is subtracted.
    pub(crate) fn watch(
        &self,
        requirement: &Requirement,
        [first, minus]: [OfPolicy; 2],
        error_probability: f64,
    ) -> Result<Watch, String> {
        let firsts = self.sources(&requirement.first, first)?;
        let parts: Result<Vec<Part>, String> = match &requirement.minus {
            None => firsts.into_iter().map(|first| self.part(requirement, first, None)).collect(),
            Some(term) => {
                let seconds = self.sources(term, minus)?;
                let both = firsts.len().max(seconds.len());
                let at = |list: &[Source], i: usize| list[i.min(list.len() - 1)];
                let pair = |i| (at(&firsts, i), at(&seconds, i));
                let part = |(first, minus)| self.part(requirement, first, Some(minus));
                (0..both).map(pair).map(part).collect()
            }
        };
        Ok(Watch {
            claim: Claim::of(requirement),
            requirement: requirement.clone(),
            error_probability,
            parts: parts?,
            certain: None,
            runs: 0,
        })
    }

    /// The cases that a term is about; at least one.
    pub(crate) fn sources(&self, term: &Term, of: OfPolicy) -> Result<Vec<Source>, String> {
        let OfPolicy { healthy, release, is_bad } = of;
        let source = |case, figure| Source { case, figure };
        let of_release = release.filter(|_| !term.on_healthy);
        let sources = match term.figure {
            Figure::FalseRollback => {
                let own = of_release.filter(|_| !is_bad);
                let own = own.map(|case| source(case, Figure::FalseRollback));
                std::iter::once(source(healthy, Figure::Rollback(None))).chain(own).collect()
            }
            figure if figure.is_of_a_bad_release() => match of_release.filter(|_| is_bad) {
                Some(case) => vec![source(case, figure)],
                None => return Err("the release is healthy, expected a bad one".into()),
            },
            figure => vec![source(of_release.unwrap_or(healthy), figure)],
        };
        if let Figure::Rollback(Some(stage)) = term.figure {
            let stages = self.plans[sources[0].case].policy().levels().len();
            if stage as usize > stages {
                return Err(format!("the policy has no stage {stage}, expected 1 to {stages}"));
            }
        }
        Ok(sources)
    }

    fn part(
        &self,
        requirement: &Requirement,
        first: Source,
        minus: Option<Source>,
    ) -> Result<Part, String> {
        let mut limits = Interval { low: 0.0, high: 1.0 };
        let asks_mean = requirement.statistic == Statistic::Mean;
        if asks_mean {
            limits.high = self.most(first)?;
            if let Some(minus) = minus {
                limits.low = -self.most(minus)?;
            }
        }
        // A probability is the mean of 0 and 1. The difference of two has three values.
        let values = asks_mean && (minus.is_some() || first.figure.is_number());
        let counts = || match values {
            true => Counts::Values(BTreeMap::new()),
            false => Counts::Events { events: 0, trials: 0 },
        };
        Ok(Part {
            first,
            minus,
            limits,
            is_rounded: values && first.figure.is_fractional(),
            low: counts(),
            high: counts(),
            open: 0,
            trials: 0,
            sum: 0.0,
            histogram: Histogram::default(),
            certain: None,
        })
    }

    /// The most that a figure can be in a run.
    fn most(&self, source: Source) -> Result<f64, String> {
        let plan = self.plans[source.case];
        if !source.figure.is_number() {
            return Ok(1.0);
        }
        let answers = self.person.map_or(0, |person| person.most_ticks(plan.policy()));
        let mut ticks = plan.policy().most_ticks() + answers;
        if self.person.is_none() && plan.looks_in_pauses() {
            ticks = ticks.max(u64::from(self.horizon_ticks));
        }
        let ticks = ticks.min(u64::from(MAX_TICKS)) as f64;
        if source.figure != Figure::ExposedRequests {
            return Ok(ticks);
        }
        let world = plan.config().world();
        let why = match (plan.recorded().is_some(), world.traffic.burstiness > 0.0) {
            (true, _) => "over recorded days",
            (_, true) => "with traffic.burstiness",
            _ => "",
        };
        if !why.is_empty() {
            return Err(format!(
                "expected a quantile such as exposed_requests.p95, because {why} the number of \
                 requests has no known limit, so no number of runs bounds their mean"
            ));
        }
        Ok(ticks * world.requests_per_tick() * world.traffic.peak_load())
    }
}

impl Claim {
    fn of(requirement: &Requirement) -> Claim {
        let Requirement { at_most, bound, .. } = *requirement;
        let values = requirement.minus.is_some() || requirement.first.figure.is_number();
        match requirement.statistic {
            Statistic::Mean if values => Claim { counted: What::Values, at_most, bound },
            Statistic::Mean => Claim { counted: What::Event, at_most, bound },
            // A quantile is at most b if at most the rest of the runs have more than b …
            Statistic::Quantile(percent) if at_most => {
                let share = (100.0 - percent) / 100.0;
                Claim { counted: What::Above(bound), at_most: true, bound: share }
            }
            // … and at least b if at most its share of the runs have less.
            Statistic::Quantile(percent) => {
                Claim { counted: What::Below(bound), at_most: true, bound: percent / 100.0 }
            }
        }
    }
}

impl Watches {
    /// Takes the outcomes of the next runs, by case, after `done` of at most `most` runs.
    /// Returns how many of them count: those up to the one after which all requirements are
    /// certain.
    pub(in crate::study) fn take(
        &mut self,
        done: u64,
        most: u64,
        outcomes: &[Vec<RunOutcome>],
    ) -> usize {
        let count = outcomes.first().map_or(0, Vec::len);
        if self.watches.is_empty() {
            return count;
        }
        for (i, runs) in (0..count).zip(done + 1..) {
            for watch in self.watches.iter_mut().filter(|watch| watch.certain.is_none()) {
                watch.record(outcomes, i);
            }
            if runs != self.next_look && runs != most {
                continue;
            }
            self.next_look = runs + 1 + runs / LOOK_GROWTH;
            self.watches.iter_mut().for_each(Watch::look);
            if self.are_certain() {
                return i + 1;
            }
        }
        count
    }

    /// Whether there are requirements and all of them are certain.
    pub(in crate::study) fn are_certain(&self) -> bool {
        !self.watches.is_empty() && self.watches.iter().all(|watch| watch.certain.is_some())
    }

    /// The answers, in the order in which the requirements were added.
    pub(in crate::study) fn reports(&self) -> Vec<RequirementReport> {
        self.watches.iter().map(Watch::report).collect()
    }
}

impl Watch {
    /// The same requirement before the first run.
    pub(crate) fn blank(&self, error_probability: f64) -> Watch {
        Watch {
            parts: self.parts.iter().map(Part::blank).collect(),
            certain: None,
            runs: 0,
            error_probability,
            ..self.clone()
        }
    }

    /// The cases that it is about.
    pub(crate) fn cases(&self) -> impl Iterator<Item = usize> {
        self.parts
            .iter()
            .flat_map(|part| [Some(part.first), part.minus])
            .flatten()
            .map(|of| of.case)
    }

    /// Whether it is certainly met.
    pub(crate) fn is_met(&self) -> bool {
        matches!(self.certain, Some((Certain::Met, _)))
    }

    /// Whether it is certainly failed, or certainly depends on the runs that wait.
    pub(crate) fn is_not_met(&self) -> bool {
        matches!(self.certain, Some((Certain::Failed | Certain::Depends, _)))
    }

    /// Whether its bound is an upper one.
    pub(crate) fn is_at_most(&self) -> bool {
        self.claim.at_most
    }

    /// The answer of a number of runs that was fixed before, from an interval of level
    /// 1 − `alpha`: Clopper and Pearson's for shares.
    pub(crate) fn report_of_fixed(&self, alpha: f64) -> RequirementReport {
        let Claim { at_most, bound, .. } = self.claim;
        let reports = self.parts.iter().map(|part| {
            let mut report = self.of_part(part);
            report.found = part.fixed(alpha);
            let Estimate { low, high, .. } = report.found;
            let (met, failed) = match at_most {
                true => (high <= bound, low > bound),
                false => (low >= bound, high < bound),
            };
            report.error_probability = alpha;
            report.fulfilment = match (met, failed) {
                (true, _) => Fulfilment::Met,
                (_, true) => Fulfilment::Failed,
                _ => Fulfilment::Undecided,
            };
            report
        });
        worst(reports)
    }

    /// Adds a run: the outcome with index i of every case.
    pub(crate) fn record(&mut self, outcomes: &[Vec<RunOutcome>], i: usize) {
        self.runs += 1;
        for part in &mut self.parts {
            part.record(self.claim.counted, outcomes, i);
        }
    }

    /// The probability of a wrong answer to one part: together they may be wrong with the
    /// requirement's.
    fn alpha(&self) -> f64 {
        self.error_probability / self.parts.len().max(1) as f64
    }

    /// Decides what is certain by now. What is certain stays so.
    pub(crate) fn look(&mut self) {
        if self.certain.is_some() {
            return;
        }
        let (claim, alpha) = (self.claim, self.alpha());
        for part in self.parts.iter_mut().filter(|part| part.certain.is_none()) {
            part.certain = part.decide(claim, alpha);
        }
        let mut all = self.parts.iter().map(|part| part.certain);
        let answer = if all.clone().any(|one| one == Some(Certain::Failed)) {
            Some(Certain::Failed)
        } else if all.clone().any(|one| one.is_none()) {
            None
        } else if all.any(|one| one == Some(Certain::Depends)) {
            Some(Certain::Depends)
        } else {
            Some(Certain::Met)
        };
        self.certain = answer.map(|answer| (answer, self.runs));
    }

    /// The answer so far.
    pub(crate) fn report(&self) -> RequirementReport {
        let mut report = worst(self.parts.iter().map(|part| self.of_part(part)));
        report.fulfilment = Fulfilment::of(self.certain.map(|(certain, _)| certain));
        report.depends_on_waiting = matches!(self.certain, Some((Certain::Depends, _)));
        report
    }

    fn of_part(&self, part: &Part) -> RequirementReport {
        let Claim { counted, at_most, bound } = self.claim;
        let found = part.estimate(self.alpha());
        let beyond = found.estimate - bound;
        let quantile = match self.requirement.statistic {
            Statistic::Mean => None,
            Statistic::Quantile(percent) => Some(QuantileFound {
                percent,
                bound: self.requirement.bound,
                estimate: part.histogram.quantile(percent / 100.0),
            }),
        };
        RequirementReport {
            requirement: self.requirement.text.clone(),
            fulfilment: Fulfilment::of(part.certain),
            measure: match counted {
                What::Event => Measure::Probability,
                What::Values => Measure::Mean,
                What::Above(_) => Measure::ProbabilityAbove,
                What::Below(_) => Measure::ProbabilityBelow,
            },
            found,
            bound,
            distance: if at_most { beyond } else { -beyond },
            quantile,
            runs: self.runs,
            waiting_runs: part.open,
            depends_on_waiting: false,
            error_probability: self.error_probability,
        }
    }
}

/// The worse of the reports of a requirement's parts.
fn worst(reports: impl Iterator<Item = RequirementReport>) -> RequirementReport {
    let worse = |a: RequirementReport, b: RequirementReport| {
        let more = (b.fulfilment, b.distance) >= (a.fulfilment, a.distance);
        if more { b } else { a }
    };
    // A requirement has a part.
    reports.reduce(worse).unwrap_or_else(|| unreachable!("a requirement about nothing"))
}

impl Fulfilment {
    fn of(certain: Option<Certain>) -> Fulfilment {
        match certain {
            Some(Certain::Met) => Fulfilment::Met,
            Some(Certain::Failed) => Fulfilment::Failed,
            Some(Certain::Depends) | None => Fulfilment::Undecided,
        }
    }
}

impl Part {
    fn blank(&self) -> Part {
        let none = |counts: &Counts| match counts {
            Counts::Events { .. } => Counts::Events { events: 0, trials: 0 },
            Counts::Values(_) => Counts::Values(BTreeMap::new()),
        };
        Part {
            low: none(&self.low),
            high: none(&self.high),
            open: 0,
            trials: 0,
            sum: 0.0,
            histogram: Histogram::default(),
            certain: None,
            ..*self
        }
    }

    /// The estimate with the interval of a fixed number of runs.
    fn fixed(&self, alpha: f64) -> Estimate {
        let of = |counts: &Counts| match counts {
            Counts::Events { events, trials } => clopper_pearson(*events, *trials, alpha),
            Counts::Values(values) => mean_interval(&Counts::counted(values), self.limits, alpha),
        };
        let (low, high) = (of(&self.low).low, of(&self.high).high);
        Estimate { low, high, ..self.estimate(alpha) }
    }

    fn record(&mut self, counted: What, outcomes: &[Vec<RunOutcome>], i: usize) {
        let of = |source: Source| source.figure.of(&outcomes[source.case][i]);
        let Some(mut value) = of(self.first) else { return };
        if let Some(minus) = self.minus {
            let Some(other) = of(minus) else { return };
            value = value.minus(other);
        } else if matches!(counted, What::Above(_) | What::Below(_)) {
            self.histogram.record(value.low);
        }
        let Possible { low, high, now } = value;
        let (mut low, mut high) = match counted {
            What::Event => (low, high),
            What::Above(bound) => (one_if(low > bound), one_if(high > bound)),
            What::Below(bound) => (one_if(high < bound), one_if(low < bound)),
            What::Values => {
                self.sum += now;
                let Interval { low: least, high: most } = self.limits;
                // Not `clamp`, which would panic if a limit were NaN.
                (low.max(least).min(most), high.max(least).min(most))
            }
        };
        self.trials += 1;
        self.open += u64::from(low != high);
        if self.is_rounded {
            (low, high) = (-rounded_up(-low), rounded_up(high));
        }
        self.low.add(low);
        self.high.add(high);
    }

    fn decide(&self, claim: Claim, alpha: f64) -> Option<Certain> {
        let Claim { at_most, bound, .. } = claim;
        // What is always so needs no run.
        let Interval { low: least, high: most } = self.limits;
        if if at_most { bound >= most } else { bound <= least } {
            return Some(Certain::Met);
        }
        let low = self.low.side(bound, self.limits, alpha);
        let high = match self.open == 0 && !self.is_rounded {
            true => low,
            false => self.high.side(bound, self.limits, alpha),
        };
        let (met, failed) = match at_most {
            true => (high == Some(Side::Below), low == Some(Side::Above)),
            false => (low == Some(Side::Above), high == Some(Side::Below)),
        };
        let depends = self.open > 0 && (low, high) == (Some(Side::Below), Some(Side::Above));
        match (met, failed, depends) {
            (true, _, _) => Some(Certain::Met),
            (_, true, _) => Some(Certain::Failed),
            (_, _, true) => Some(Certain::Depends),
            _ => None,
        }
    }

    fn estimate(&self, alpha: f64) -> Estimate {
        let low = self.low.interval(self.limits, alpha).low;
        let high = self.high.interval(self.limits, alpha).high;
        let counted = match self.low {
            Counts::Events { events, .. } => events as f64,
            Counts::Values(_) => self.sum,
        };
        let estimate = if self.trials == 0 { 0.0 } else { counted / self.trials as f64 };
        Estimate { estimate, low, high }
    }
}

fn one_if(holds: bool) -> f64 {
    if holds { 1.0 } else { 0.0 }
}

/// The next number up with 12 binary places after its first: at most 1/4096 of it more.
fn rounded_up(x: f64) -> f64 {
    const CUT: u64 = (1 << 40) - 1;
    let cut = f64::from_bits(x.to_bits() & !CUT);
    if x <= 0.0 || cut == x || !x.is_finite() {
        cut
    } else {
        f64::from_bits(cut.to_bits() + CUT + 1)
    }
}

impl Counts {
    fn add(&mut self, value: f64) {
        match self {
            Counts::Events { events, trials } => {
                *events += u64::from(value > 0.0);
                *trials += 1;
            }
            Counts::Values(values) => *values.entry(Value(value)).or_default() += 1,
        }
    }

    fn counted(values: &BTreeMap<Value, u64>) -> Vec<Counted> {
        values.iter().map(|(&Value(value), &count)| Counted { value, count }).collect()
    }

    fn side(&self, bound: f64, limits: Interval, alpha: f64) -> Option<Side> {
        match self {
            Counts::Events { events, trials } => side_of(*events, *trials, bound, alpha),
            Counts::Values(values) => {
                // What a mean can never be is certain at once.
                if bound < limits.low {
                    return Some(Side::Above);
                }
                if bound > limits.high {
                    return Some(Side::Below);
                }
                side_of_mean(&Counts::counted(values), limits, bound, alpha)
            }
        }
    }

    fn interval(&self, limits: Interval, alpha: f64) -> Interval {
        match self {
            Counts::Events { events, trials } => share_interval(*events, *trials, alpha),
            Counts::Values(values) => mean_interval(&Counts::counted(values), limits, alpha),
        }
    }
}
