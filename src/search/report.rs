//! The report of a search, and its JSON.

use serde::Serialize;
use serde_json::Value as Json;

use super::batches::Bounds;
use super::contender::{ALPHA, Contender, Gauge, State};
use super::race::violation_of;
use super::{Phase, Search};
use crate::config::Config;
use crate::json::{number, pretty};
use crate::study::{
    Estimate, Figure as OfRun, Fulfilment, Measure, Person, RecordedDays, RequirementReport, Watch,
};

/// The report of a search.
///
/// The intervals of bounds hold after any number of runs and for all candidates together,
/// but for `error_probability`. Those of figures are 95 %, each for itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SearchReport {
    /// What the search is doing.
    pub phase: SearchPhase,
    /// Rollouts simulated.
    pub rollouts: u64,
    /// The most rollouts of the search.
    pub requested_rollouts: u64,
    /// Rounds finished.
    pub rounds: u32,
    /// The seeds.
    pub seeds: SearchSeeds,
    /// The number of ticks for which excess errors are counted.
    pub horizon_ticks: u32,
    /// What a person does in a pause that waits for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<Person>,
    /// The greatest probability that any candidate is wrongly said to hold or to violate a
    /// bound, of all candidates together.
    pub error_probability: f64,
    /// By which share a figure may be worse and still count as the same.
    #[serde(serialize_with = "number")]
    pub tolerance: f64,
    /// The varied fields, in the order of the candidates' `values`.
    pub vary: Vec<VariedField>,
    /// The grid of all their values.
    pub grid: Grid,
    /// The recorded days that the rollouts are drawn from; otherwise, the report has no such
    /// key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<RecordedDays>,
    /// The bounds that must hold, in the order of the candidates' `holds`.
    pub hold: Vec<SearchBound>,
    /// The figures to be made least, in the order of the candidates' `figures`. The first
    /// one decides.
    pub least: Vec<String>,
    /// All candidates; a candidate's id is its index.
    pub candidates: Vec<Candidate>,
    /// The configuration's own policy, measured with the same seeds.
    pub present: Candidate,
    /// The id of the candidate that is the same policy.
    pub present_id: Option<u32>,
    /// The ids of the candidates that surely hold all bounds and than which no other one is
    /// better, from the least of the first figure on.
    pub front: Vec<u32>,
    /// The chosen policy: the member of the front with the least first figure or, among
    /// those that do not differ from it beyond the noise, with the least second one.
    pub chosen: Option<Chosen>,
    /// If no candidate surely holds all bounds, the one that comes nearest to it.
    pub nearest: Option<Nearest>,
    /// By bound, how many candidates hold it.
    pub limiting: Vec<Limiting>,
    /// What should be known to read the result, in sentences.
    pub notes: Vec<String>,
    /// The configuration, with all defaults filled in.
    pub config: Config,
}

/// What a search is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchPhase {
    /// Rounds among the candidates.
    Racing,
    /// No candidate holds all bounds; those nearest to it get more runs.
    Nearing,
    /// The chosen policy is measured again, with other seeds.
    Confirming,
    /// It is finished.
    Finished,
}

/// The seeds of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SearchSeeds {
    /// The first seed of every candidate.
    pub first: u64,
    /// The first seed of the second measurement, whose seeds no candidate was chosen by.
    pub fresh: Option<u64>,
}

/// A field that is varied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VariedField {
    /// The field's path.
    pub field: String,
    /// The number of its values.
    pub values: u32,
}

/// The grid of all values of the varied fields.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Grid {
    /// The number of combinations; the nearest number to it beyond 2⁵³.
    #[serde(serialize_with = "number")]
    pub combinations: f64,
    /// Whether the candidates are a sample of it.
    pub sampled: bool,
    /// Combinations that were tried and are no valid configuration.
    pub invalid: u32,
    /// Combinations that give the same configuration as an earlier one.
    pub repeated: u32,
    /// The first of the invalid ones.
    pub first_invalid: Option<Invalid>,
}

/// A combination that is no valid configuration.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Invalid {
    /// The values of the varied fields.
    pub values: Vec<Json>,
    /// The first fault of the configuration.
    pub problem: String,
}

/// A bound that must hold.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SearchBound {
    /// The bound as it was written.
    pub requirement: String,
    /// What is bounded.
    pub measure: Measure,
    /// What bounds it. For a p95 that is at most a number it is 0.05, for one that is at
    /// least a number 0.95.
    #[serde(serialize_with = "number")]
    pub bound: f64,
    /// Whether the bound is an upper one. An upper one of a `probability_below` is of the
    /// probability too.
    pub at_most: bool,
}

/// A policy among the candidates.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Candidate {
    /// The values of the varied fields; empty for a policy that is not one of the grid.
    pub values: Vec<Json>,
    /// The name of a policy that is not one of the grid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Whether it is still simulated, and if not, why.
    pub state: CandidateState,
    /// The bound that it violates, as an index of `hold`.
    pub hold: Option<u32>,
    /// The id of a candidate that is better.
    pub by: Option<u32>,
    /// Runs so far. A run is one seed, on every release that is asked about.
    pub runs: u64,
    /// The share of its rollouts that wait for a person.
    #[serde(serialize_with = "number")]
    pub waiting: f64,
    /// The bounds, in the order of `hold`.
    pub holds: Vec<HeldBound>,
    /// The figures, in the order of `least`.
    pub figures: Vec<Figure>,
}

/// Whether a candidate is still simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CandidateState {
    /// It is among the best so far.
    Alive,
    /// It certainly violates a bound, or whether it holds depends on runs that wait for a
    /// person.
    Failed,
    /// Another candidate is certainly better.
    Dominated,
    /// It was left out, so that better ones could have more runs. It is not certain that it
    /// is worse.
    LeftOut,
}

/// What was found about a bound.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HeldBound {
    /// Whether it holds.
    pub fulfilment: Fulfilment,
    /// The estimate with its interval, of what [`SearchBound::measure`] says.
    pub found: Estimate,
    /// How far the estimate lies beyond the bound; negative if it satisfies the bound.
    pub distance: f64,
    /// The quantile, if the bound is on one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantile: Option<f64>,
}

/// A figure with its 95 % interval. An end is `null` where it is not known: fewer than ten
/// of the batches of runs differ, or there are too few values for the quantile.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// The figure; `null` without values.
    pub estimate: Option<f64>,
    /// The interval's lower end.
    pub low: Option<f64>,
    /// The interval's upper end.
    pub high: Option<f64>,
}

/// What the second measurement found, with other seeds than the search.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FreshFigures {
    /// Runs so far.
    pub runs: u64,
    /// The bounds. The intervals are 95 % intervals of a fixed number of runs: Clopper and
    /// Pearson's for probabilities. A bound is met if all of the interval satisfies it.
    pub holds: Vec<HeldBound>,
    /// The figures.
    pub figures: Vec<Figure>,
}

/// The chosen policy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Chosen {
    /// The candidate's id.
    pub id: u32,
    /// Its figures with other seeds than the search's, which are those to rely on: the best
    /// of many estimates is too good.
    pub fresh: Option<FreshFigures>,
    /// The present policy on the same fresh seeds.
    pub fresh_present: Option<FreshFigures>,
    /// Every member of the front beside it.
    pub compared: Vec<Compared>,
    /// The whole configuration with this policy.
    pub config: Config,
}

/// A member of the front beside the chosen policy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// The candidate's id.
    pub id: u32,
    /// How much more it has of each figure on the same seeds; 95 %.
    pub more: Vec<Figure>,
    /// Whether none of its figures differs from the chosen policy's beyond the noise.
    pub same: bool,
}

/// The candidate that comes nearest to holding all bounds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Nearest {
    /// The candidate's id.
    pub id: u32,
    /// The bound from which it is farthest, as an index of `hold`.
    pub hold: u32,
    /// Its figures with other seeds than the search's.
    pub fresh: Option<FreshFigures>,
    /// The present policy on the same fresh seeds.
    pub fresh_present: Option<FreshFigures>,
    /// The whole configuration with this policy.
    pub config: Config,
}

/// How many candidates hold a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Limiting {
    /// Candidates that surely hold it.
    pub met: u32,
    /// Candidates that surely do not.
    pub failed: u32,
    /// Those of which it is open.
    pub undecided: u32,
}

/// What is kept from round to round, because it takes a while to make.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    candidates: Vec<Candidate>,
    present: Option<Candidate>,
    front: Vec<usize>,
}

impl Search {
    /// Makes the reports of the candidates that had runs in the round.
    pub(super) fn keep_reports(&mut self) {
        let known = std::mem::take(&mut self.reports.candidates);
        let mut known = known.into_iter();
        let fresh = self.candidates.iter().map(|candidate| {
            let same =
                |old: &Candidate| old.runs == candidate.measured.runs && old.is_in(candidate.state);
            known.next().filter(same).unwrap_or_else(|| Candidate::of(candidate))
        });
        let candidates = fresh.collect();
        let front = if self.rounds > 0 { self.front() } else { Vec::new() };
        self.reports = Kept { candidates, present: Some(Candidate::of(&self.present)), front };
    }

    /// The report of the rounds finished, and of the second measurement so far.
    pub fn report(&self) -> SearchReport {
        let fresh = self.fresh.as_ref().map(|fresh| {
            let [found, present] = &fresh.contenders;
            (fresh, [FreshFigures::of(found), FreshFigures::of(present)])
        });
        let front = self.reports.front.clone();
        let usual = self.usual();
        let gauges = |id: usize| &self.candidates[id].measured.gauges;
        let compared = |of: usize| {
            let beside = |id: &usize| {
                let pairs = gauges(of).iter().zip(gauges(*id));
                let more: Vec<Bounds> =
                    pairs.map(|(chosen, other)| self.more(chosen, other, usual)).collect();
                let same = more.iter().all(|more| more.low <= 0.0 && more.high >= 0.0);
                Compared { id: *id as u32, more: more.into_iter().map(Figure::of).collect(), same }
            };
            front.iter().filter(|id| **id != of).map(beside).collect()
        };
        let (mut chosen, mut nearest) = (None, None);
        if let Some((fresh, [found, present])) = fresh {
            let (id, of) = (fresh.of as u32, fresh.of);
            let config = self.candidates[of].config.clone();
            let has_runs = |figures: FreshFigures| (figures.runs > 0).then_some(figures);
            let (fresh_found, fresh_present) = (has_runs(found), has_runs(present));
            if fresh.is_chosen {
                let compared = compared(of);
                chosen = Some(Chosen { id, fresh: fresh_found, fresh_present, compared, config });
            } else {
                let hold = self.farthest_hold(of) as u32;
                nearest = Some(Nearest { id, hold, fresh: fresh_found, fresh_present, config });
            }
        }
        let candidates = self.reports.candidates.clone();
        let limiting = (0..self.question.holds.len()).map(|hold| Limiting::of(&candidates, hold));
        SearchReport {
            phase: match self.phase {
                Phase::Racing => SearchPhase::Racing,
                Phase::Nearing => SearchPhase::Nearing,
                Phase::Confirming => SearchPhase::Confirming,
                Phase::Finished => SearchPhase::Finished,
            },
            rollouts: self.spent,
            requested_rollouts: self.rollouts,
            rounds: self.rounds,
            seeds: SearchSeeds {
                first: self.seed,
                fresh: self.fresh.as_ref().map(|fresh| fresh.first_seed),
            },
            horizon_ticks: self.question.horizon_ticks,
            person: self.question.person,
            error_probability: self.error_probability,
            tolerance: self.tolerance,
            vary: self.fields.clone(),
            grid: self.grid.clone(),
            recorded: self.question.recorded.as_deref().map(RecordedDays::of),
            hold: self.present.measured.watches.iter().map(SearchBound::of).collect(),
            least: self
                .question
                .leasts
                .iter()
                .map(|one| one.objective.text().to_string())
                .collect(),
            limiting: limiting.collect(),
            present: self.reports.present.clone().unwrap_or_else(|| Candidate::of(&self.present)),
            present_id: self.present_is.map(|id| id as u32),
            front: front.iter().map(|id| *id as u32).collect(),
            chosen,
            nearest,
            notes: self.notes(&candidates),
            candidates,
            config: self.base.clone(),
        }
    }

    /// The bound from which a candidate is farthest: one that it violates or, if it violates
    /// none, one that is open.
    fn farthest_hold(&self, index: usize) -> usize {
        let watches = &self.candidates[index].measured.watches;
        let far = |watch: &Watch| (watch.report().fulfilment, violation_of(watch));
        let most = watches
            .iter()
            .map(far)
            .enumerate()
            .max_by(|(i, a), (j, b)| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(j.cmp(i)));
        most.map_or(0, |(hold, _)| hold)
    }

    fn notes(&self, candidates: &[Candidate]) -> Vec<String> {
        let mut notes = Vec::new();
        if self.grid.sampled {
            notes.push(format!(
                "The candidates are a sample: {} of {} combinations. A better one may be among \
                 the others.",
                self.candidates.iter().filter(|one| one.policy.is_none()).count(),
                self.grid.combinations
            ));
        }
        if let Some([days, _]) = self.question.recorded.as_ref().and_then(|world| world.days()) {
            notes.push(format!(
                "All rollouts are drawn from {days} recorded days, those with fresh seeds, too: no \
                 interval says how other days would be."
            ));
        }
        for least in &self.question.leasts {
            let term = &least.objective.term;
            let is_bad = self.present.is_bad(least.group);
            if term.figure == OfRun::DurationTicks && is_bad && !term.on_healthy {
                notes.push(format!(
                    "{} is the time until a bad release is rolled back or promoted; \
                     ticks(release=healthy) is the time that a healthy one takes.",
                    least.objective.text()
                ));
            }
        }
        let chosen = self.fresh.as_ref().filter(|fresh| fresh.is_chosen);
        if let Some(fresh) = chosen {
            let open = self.alive().into_iter().filter(|&index| {
                let figure = |index: usize| {
                    self.candidates[index].measured.gauges.first().map_or(0.0, Gauge::estimate)
                };
                !self.candidates[index].holds() && figure(index) < figure(fresh.of)
            });
            let open = open.count();
            if open > 0 {
                notes.push(format!(
                    "{} less {} than the chosen policy, but {} too near to a bound to be decided; \
                     more rollouts may decide.",
                    if open == 1 {
                        "1 candidate has".to_string()
                    } else {
                        format!("{open} candidates have")
                    },
                    self.question.leasts.first().map_or("", |least| least.objective.text()),
                    if open == 1 { "is" } else { "are" },
                ));
            }
        }
        let waits = |id: &&usize| candidates.get(**id).is_some_and(|one| one.waiting > 0.0);
        let waiting = self.reports.front.iter().filter(waits).count();
        if waiting > 0 {
            notes.push(format!(
                "{waiting} of the policies of the front have rollouts that wait for a person. \
                 Their figures are those up to the pause; say what a person does."
            ));
        }
        notes
    }
}

impl Candidate {
    fn of(contender: &Contender) -> Self {
        let measured = &contender.measured;
        let (state, hold, by) = match contender.state {
            State::Alive => (CandidateState::Alive, None, None),
            State::Failed(hold) => (CandidateState::Failed, Some(hold as u32), None),
            State::Dominated(by) => (CandidateState::Dominated, None, Some(by as u32)),
            State::Outranked => (CandidateState::LeftOut, None, None),
        };
        let rollouts = contender.cost() * measured.runs;
        Candidate {
            values: contender.values.clone(),
            policy: contender.policy.clone(),
            state,
            hold,
            by,
            runs: measured.runs,
            waiting: measured.waiting as f64 / rollouts.max(1) as f64,
            holds: measured.watches.iter().map(|watch| HeldBound::of(watch.report())).collect(),
            figures: measured
                .gauges
                .iter()
                .map(|gauge| Figure::of(gauge.interval(ALPHA)))
                .collect(),
        }
    }

    fn is_in(&self, state: State) -> bool {
        matches!(
            (self.state, state),
            (CandidateState::Alive, State::Alive)
                | (CandidateState::Failed, State::Failed(_))
                | (CandidateState::Dominated, State::Dominated(_))
                | (CandidateState::LeftOut, State::Outranked)
        )
    }
}

impl HeldBound {
    fn of(report: RequirementReport) -> Self {
        HeldBound {
            fulfilment: report.fulfilment,
            found: report.found,
            distance: report.distance,
            quantile: report.quantile.and_then(|quantile| quantile.estimate),
        }
    }
}

impl SearchBound {
    fn of(watch: &Watch) -> Self {
        let report = watch.report();
        SearchBound {
            requirement: report.requirement,
            measure: report.measure,
            bound: report.bound,
            at_most: watch.is_at_most(),
        }
    }
}

impl Figure {
    fn of(bounds: Bounds) -> Self {
        let known = |x: f64| x.is_finite().then_some(x);
        Figure {
            estimate: known(bounds.estimate),
            low: known(bounds.low),
            high: known(bounds.high),
        }
    }
}

impl FreshFigures {
    fn of(contender: &Contender) -> Self {
        let measured = &contender.measured;
        let hold = |watch: &Watch| HeldBound::of(watch.report_of_fixed(ALPHA));
        FreshFigures {
            runs: measured.runs,
            holds: measured.watches.iter().map(hold).collect(),
            figures: measured
                .gauges
                .iter()
                .map(|gauge| Figure::of(gauge.interval(ALPHA)))
                .collect(),
        }
    }
}

impl Limiting {
    fn of(candidates: &[Candidate], hold: usize) -> Self {
        let of = |fulfilment: Fulfilment| {
            let is = |one: &&Candidate| one.holds[hold].fulfilment == fulfilment;
            candidates.iter().filter(is).count() as u32
        };
        Limiting {
            met: of(Fulfilment::Met),
            failed: of(Fulfilment::Failed),
            undecided: of(Fulfilment::Undecided),
        }
    }
}

impl SearchReport {
    /// The report as JSON text, indented by two spaces.
    pub fn to_json(&self) -> String {
        pretty(self)
    }
}
