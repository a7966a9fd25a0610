//! A policy in a search: its cases, and what its runs have shown.

use std::sync::Arc;

use serde_json::Value as Json;

use super::batches::{Batches, Bounds, critical};
use super::question::Question;
use crate::config::{Config, ConfigError, ConfigInput};
use crate::message::shown;
use crate::policy::{Policy, Prepared};
use crate::reading::Node;
use crate::rollout::Plan;
use crate::stats::intervals::clopper_pearson;
use crate::stats::quantile_interval::quantile_ranks;
use crate::study::{
    End, Histogram, OfPolicy, RunOutcome, Scope, Source, Statistic, Watch, cost_of, no_field,
    set_field,
};

/// The level of the intervals of figures: 95 %.
pub(super) const ALPHA: f64 = 0.05;

/// A policy whose runs are compared with those of others.
#[derive(Clone, Debug)]
pub(super) struct Contender {
    /// The values of the varied fields.
    pub values: Vec<Json>,
    /// The name of the policy, if it is not one of the varied.
    pub policy: Option<String>,
    /// The configuration with this policy.
    pub config: Config,
    /// The configurations of its cases, until their plans are made.
    pub configs: Vec<Config>,
    /// Its cases. `None` for those that no question is about.
    pub plans: Vec<Option<Arc<Plan>>>,
    /// By group of changes, its cases.
    pub cases: Vec<OfPolicy>,
    pub state: State,
    pub measured: Measured,
}

/// Whether a candidate is still simulated, and if not, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Alive,
    /// It certainly violates the bound with this index.
    Failed(usize),
    /// The candidate with this index is certainly better.
    Dominated(usize),
    /// It was left out, so that better ones could have more runs.
    Outranked,
}

/// What the runs of a policy have shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Measured {
    pub runs: u64,
    /// Rollouts that wait for a person.
    pub waiting: u64,
    pub watches: Vec<Watch>,
    pub gauges: Vec<Gauge>,
}

/// A figure to be made least.
#[derive(Clone, Debug)]
pub(super) struct Gauge {
    source: Source,
    statistic: Statistic,
    batches: Batches,
    /// The values of a figure whose quantile is asked.
    histogram: Histogram,
}

impl Contender {
    /// Reads the cases of a configuration's tree.
    ///
    /// # Errors
    /// With the index of the group of changes that makes the configuration invalid.
    pub(super) fn new(tree: &Node, question: &Question) -> Result<Contender, (usize, ConfigError)> {
        let mut configs: Vec<Config> = Vec::new();
        let mut index = |config: Config| {
            configs.iter().position(|known| *known == config).unwrap_or_else(|| {
                configs.push(config);
                configs.len() - 1
            })
        };
        let mut cases = Vec::new();
        let mut own = None;
        for (i, group) in question.groups.iter().enumerate() {
            let mut tree = tree.clone();
            for (field, value) in group {
                if set_field(&mut tree, field, *value).is_none() {
                    return Err((i, ConfigError::of_whole(no_field(field))));
                }
            }
            let config = ConfigInput::resolve_tree(&tree).map_err(|error| (i, error))?;
            let truth = question.truth(&config).map_err(|error| (i, error))?;
            let healthy = index(config.with_healthy_release());
            let is_bad = truth.release_is_bad();
            if own.is_none() {
                own = Some(config.clone());
            }
            let release = truth.release_differs().then(|| index(config));
            cases.push(OfPolicy { healthy, release, is_bad });
        }
        // There is always the group without changes.
        let Some(config) = own else {
            return Err((0, ConfigError::of_whole("expected a configuration")));
        };
        Ok(Contender {
            values: Vec::new(),
            policy: None,
            config,
            configs,
            plans: Vec::new(),
            cases,
            state: State::Alive,
            measured: Measured::default(),
        })
    }

    /// The number of traffic shares of its cases.
    pub(super) fn stages(&self) -> usize {
        self.configs.iter().map(|config| Policy::new(config).shares().len()).sum()
    }

    /// Makes the plans of its cases.
    pub(super) fn plan(&mut self, question: &Question) {
        let configs = std::mem::take(&mut self.configs);
        self.plans = configs.iter().map(|config| question.plan(config)).collect();
    }

    /// The longest that one of its rollouts can take, in ticks.
    pub(super) fn most_ticks(&self, question: &Question) -> u64 {
        let most = |plan: &Arc<Plan>| question.most_ticks(plan.policy());
        self.plans.iter().flatten().map(most).max().unwrap_or(0)
    }

    /// Prepares what is measured, once the horizon is known. Cases that nothing is measured
    /// of are dropped.
    ///
    /// # Errors
    /// With the path of the option that cannot be measured.
    pub(super) fn ask(&mut self, question: &Question) -> Result<(), (String, String)> {
        let plans: Vec<&Plan> = self.plans.iter().flatten().map(|plan| &**plan).collect();
        let scope =
            Scope { plans: &plans, person: question.person, horizon_ticks: question.horizon_ticks };
        let mut measured = Measured::default();
        for (i, hold) in question.holds.iter().enumerate() {
            let of = self.cases[hold.group];
            let watch = scope.watch(&hold.requirement, [of, of], question.error_each);
            let watch = watch.map_err(|message| {
                let text = shown(hold.requirement.text());
                (format!("search.hold[{i}]"), format!("{text}: {message}"))
            })?;
            measured.watches.push(watch);
        }
        for (i, least) in question.leasts.iter().enumerate() {
            let of = self.cases[least.group];
            let sources = scope.sources(&least.objective.term, of);
            let sources = sources.map_err(|message| {
                let text = shown(least.objective.text());
                (format!("search.least[{i}]"), format!("{text}: {message}"))
            })?;
            // A false rollback is that of the configuration's release, if that is healthy but
            // differs from the baseline.
            let Some(source) = sources.last().copied() else { continue };
            measured.gauges.push(Gauge {
                source,
                statistic: least.objective.statistic,
                batches: Batches::default(),
                histogram: Histogram::default(),
            });
        }
        let mut needed = vec![false; self.plans.len()];
        let of_watches = measured.watches.iter().flat_map(Watch::cases);
        for case in of_watches.chain(measured.gauges.iter().map(|gauge| gauge.source.case)) {
            needed[case] = true;
        }
        for (plan, needed) in self.plans.iter_mut().zip(needed) {
            if !needed {
                *plan = None;
            }
        }
        self.measured = measured;
        Ok(())
    }

    /// The same policy, before its first run.
    pub(super) fn fresh(&self, question: &Question) -> Contender {
        let mut fresh = self.clone();
        // It was asked before, of the same cases.
        fresh.measured = self.measured.blank(question);
        fresh
    }

    /// Whether its release is bad after the changes of a group.
    pub(super) fn is_bad(&self, group: usize) -> bool {
        self.cases.get(group).is_some_and(|of| of.is_bad)
    }

    /// Rollouts for each run.
    pub(super) fn cost(&self) -> u64 {
        self.plans.iter().flatten().count() as u64
    }

    /// The cost of a run, in ticks without latencies.
    pub(super) fn ticks(&self) -> u64 {
        self.plans.iter().flatten().map(|plan| cost_of(plan)).sum::<u64>().max(1)
    }

    /// A bound that is certainly violated, or that depends on runs which wait for a person.
    pub(super) fn failed_hold(&self) -> Option<usize> {
        self.measured.watches.iter().position(Watch::is_not_met)
    }

    /// Whether all of its bounds certainly hold.
    pub(super) fn holds(&self) -> bool {
        self.measured.watches.iter().all(Watch::is_met)
    }
}

impl Measured {
    /// Adds runs, by case.
    pub(super) fn record(&mut self, outcomes: &[Vec<RunOutcome>]) {
        let count = outcomes.iter().map(Vec::len).max().unwrap_or(0);
        for i in 0..count {
            for watch in &mut self.watches {
                watch.record(outcomes, i);
            }
            for gauge in &mut self.gauges {
                gauge.record(&outcomes[gauge.source.case][i]);
            }
        }
        let waits = |run: &&RunOutcome| run.end == End::Waiting;
        self.waiting += outcomes.iter().flatten().filter(waits).count() as u64;
        self.runs += count as u64;
    }

    fn blank(&self, question: &Question) -> Measured {
        let gauge = |gauge: &Gauge| Gauge {
            batches: Batches::default(),
            histogram: Histogram::default(),
            ..gauge.clone()
        };
        let watch = |watch: &Watch| watch.blank(question.error_each);
        Measured {
            runs: 0,
            waiting: 0,
            watches: self.watches.iter().map(watch).collect(),
            gauges: self.gauges.iter().map(gauge).collect(),
        }
    }
}

impl Gauge {
    fn record(&mut self, run: &RunOutcome) {
        let value = self.source.figure.of(run).map(|possible| possible.now);
        match (self.statistic, value) {
            (Statistic::Mean, value) => self.batches.add(value),
            (Statistic::Quantile(_), Some(value)) => self.histogram.record(value.max(0.0)),
            (Statistic::Quantile(_), None) => {}
        }
    }

    /// The figure so far; not a number without values.
    pub(super) fn estimate(&self) -> f64 {
        match self.statistic {
            Statistic::Mean => self.batches.mean(),
            Statistic::Quantile(percent) => self.histogram.quantile(percent / 100.0),
        }
        .unwrap_or(f64::NAN)
    }

    /// The figure with an interval of level 1 − `alpha`.
    pub(super) fn interval(&self, alpha: f64) -> Bounds {
        match self.statistic {
            Statistic::Mean if self.source.figure.is_number() => {
                self.batches.interval(critical(alpha, self.batches.freedom()))
            }
            Statistic::Mean => {
                let (events, trials) = (self.batches.total() as u64, self.batches.count());
                let interval = clopper_pearson(events, trials, alpha);
                Bounds { estimate: self.estimate(), low: interval.low, high: interval.high }
            }
            Statistic::Quantile(percent) => {
                let values = self.histogram.count();
                if values == 0 {
                    return Bounds::UNKNOWN;
                }
                let ranks = quantile_ranks(values, percent / 100.0, alpha);
                let at = |rank: Option<u64>| rank.and_then(|rank| self.histogram.at_rank(rank));
                Bounds {
                    estimate: self.estimate(),
                    // A value is never negative.
                    low: at(ranks.low).unwrap_or(0.0),
                    high: at(ranks.high).unwrap_or(f64::INFINITY),
                }
            }
        }
    }

    /// How much more the figure of another candidate is, on the same seeds. `t` is the
    /// quantile of Student's t for `alpha`.
    pub(super) fn difference(&self, other: &Gauge, alpha: f64, t: f64) -> Bounds {
        match self.statistic {
            Statistic::Mean => self.batches.difference(&other.batches, t),
            Statistic::Quantile(_) => {
                // Each interval with half of the probability.
                let (mine, others) = (self.interval(0.5 * alpha), other.interval(0.5 * alpha));
                Bounds {
                    estimate: others.estimate - mine.estimate,
                    low: others.low - mine.high,
                    high: others.high - mine.low,
                }
            }
        }
    }

    /// The degrees of freedom of a difference.
    pub(super) fn freedom(&self) -> f64 {
        self.batches.freedom()
    }
}
