//! Warnings: what is valid but probably a mistake.

use super::*;
use crate::math;
use crate::problem::Problem;
use crate::rules::words::{milliseconds, significant};
use crate::rules::{Bayesian, ErrorCount, Look, Window};

/// With fewer expected events than this, a measured rate is mostly chance.
const ENOUGH: f64 = 5.0;

impl Config {
    /// What is valid but probably a mistake. Paths are those of the complete
    /// configuration, whose first rules are those of the plain thresholds.
    pub fn warnings(&self) -> Vec<Problem> {
        let mut warnings = Vec::new();
        self.warn_of_incidents(&mut warnings);
        let canary = &self.parts.release;
        for (name, ratio, arrival) in [
            ("error", canary.error_ratio, canary.error_arrival),
            ("latency", canary.latency_ratio, canary.latency_arrival),
        ] {
            if let Some(message) = self.idle_arrival(name, ratio, arrival) {
                warnings.push(Problem::new(format!("canary.{name}_arrival"), message));
            }
        }
        if let Some(message) = self.coarse_swing() {
            warnings.push(Problem::new("traffic.daily_swing.period_seconds", message));
        }
        if canary.error_ratio != 1.0 && !self.error_ratio_acts() {
            let message = match self.parts.world.baseline.error_rate == 0.0 {
                true => "has nothing to multiply: the baseline never fails, nor does the release",
                false => "has no room: the baseline always fails, and so does the release",
            };
            warnings.push(Problem::new("canary.error_ratio", message));
        }
        if self.parts.policy.rules.is_empty() {
            warnings
                .push(Problem::new("rules", "there are none: only a person can stop a release"));
        }
        for (i, rule) in self.parts.policy.rules.iter().enumerate() {
            let messages = [
                self.looked_at_too_often(rule),
                self.promises_nothing(rule),
                self.arms_vary_apart(rule),
                self.skewed_traffic(rule),
                self.small_baseline(rule),
                self.coarse_latency(rule),
                self.without_baseline(rule),
                self.few_events(rule),
                self.usual_errors(rule),
                self.unreachable_errors(rule),
                self.unreachable_requests(rule),
                self.unreachable_failure_limit(rule),
            ];
            for message in messages.into_iter().flatten() {
                let message = format!("{} {message}", rule.method.name());
                warnings.push(Problem::new(format!("rules[{i}]"), message));
            }
        }
        warnings
    }

    /// Warns of a rule whose guarantee is for one look but which looks more often.
    fn looked_at_too_often(&self, rule: &Rule) -> Option<String> {
        let once = rule.method.about().guarantee.valid_look() == Some(Look::StageEnd);
        (once && rule.look == Look::EveryTick).then(|| {
            "is valid for one look per stage: with looks at every tick it fails a healthy release far more often than its alpha says".to_string()
        })
    }

    /// Warns of a rule whose probability is taken for a level if it looks more than once.
    fn promises_nothing(&self, rule: &Rule) -> Option<String> {
        let Method::Bayesian(Bayesian { probability, .. }) = rule.method else { return None };
        let looks = self.looks(rule);
        (looks > 1).then(|| {
            let probability = significant(probability);
            format!(
                "promises nothing about false alarms: it makes {looks} looks, and the more there are, the more often a healthy release reaches a probability of {probability}"
            )
        })
    }

    /// Warns of a comparison of the arms if each arm has noise of its own.
    fn arms_vary_apart(&self, rule: &Rule) -> Option<String> {
        let remedy = match rule.method {
            Method::Sequential(_) => "; a tolerated_ratio above 1 allows for some of it",
            Method::ZTest(_)
            | Method::Fisher(_)
            | Method::GroupSequential(_)
            | Method::AsymptoticCs(_) => "",
            _ => return None,
        };
        (self.parts.world.noise.per_arm > 0.0).then(|| {
            format!(
                "keeps its alpha only if both arms vary together: with noise.per_arm they vary separately, and it fails a healthy release more often{remedy}"
            )
        })
    }

    /// Warns of a rule that weighs errors by the planned share if another share reaches
    /// the canary.
    fn skewed_traffic(&self, rule: &Rule) -> Option<String> {
        let skew = self.parts.world.traffic.canary_skew;
        let remedy = match rule.method {
            Method::Sequential(_) | Method::SlowRequests(_) => {
                "; a tolerated_ratio of that allows for it"
            }
            Method::GroupSequential(_) => "",
            _ => return None,
        };
        (skew != 1.0).then(|| {
            let (skew, remedy) = (significant(skew), if skew > 1.0 { remedy } else { "" });
            format!("expects the planned share of the errors: with traffic.canary_skew it sees {skew} times the true ratio of the error rates{remedy}")
        })
    }

    /// Warns of an asymptotic test where the baseline is the smaller arm: with few errors
    /// there its variance is underestimated.
    fn small_baseline(&self, rule: &Rule) -> Option<String> {
        let Method::AsymptoticCs(_) = rule.method else { return None };
        let (number, stage) = self.judged_stages(rule).find(|(_, stage)| stage.share() > 0.5)?;
        let share = significant(stage.traffic_pct);
        Some(format!(
            "holds its alpha where the baseline is at least as large as the canary: at {share} % in stage {number} it fails a healthy release far more often"
        ))
    }

    /// Warns of a limit that is finer than the bins in which latencies are drawn.
    fn coarse_latency(&self, rule: &Rule) -> Option<String> {
        let latency = self.parts.world.baseline.latency_ms;
        let bin = LATENCY_BIN_RATIO;
        let limit = match &rule.method {
            Method::Latency(rule) => {
                let usual = latency.quantile_ms(rule.quantile);
                let apart = (rule.max / usual).max(usual / rule.max);
                (apart < bin).then(|| {
                    let (max, usual) = (milliseconds(rule.max), milliseconds(usual));
                    format!("cannot distinguish its limit of {max} from the baseline’s {usual}")
                })
            }
            Method::LatencyDeltaMs(rule) => {
                let usual = latency.quantile_ms(rule.quantile);
                (rule.max < usual * (bin - 1.0)).then(|| {
                    let (max, usual) = (milliseconds(rule.max), milliseconds(usual));
                    format!("cannot detect a difference of {max} at the baseline’s {usual}")
                })
            }
            Method::LatencyRatio(rule) => {
                let max = rule.max.as_f64();
                (max.max(1.0 / max) < bin).then(|| {
                    let max = significant(max);
                    format!(
                        "cannot distinguish {max} times the baseline’s latency from an equal one"
                    )
                })
            }
            Method::SlowRequests(rule) => {
                let spread = math::exp(latency.ln_law().1);
                (spread < bin).then(|| {
                    let objective = milliseconds(rule.objective_ms);
                    format!("rounds its objective of {objective} to the nearest edge of a bin, and the baseline’s latencies span less than one bin")
                })
            }
            _ => None,
        };
        limit.map(|limit| format!("{limit}: latencies are drawn in bins of 2 %"))
    }

    /// Warns of a load that changes much within a tick.
    fn coarse_swing(&self) -> Option<String> {
        const ENOUGH_TICKS: u32 = 8;
        let period = self.parts.world.traffic.daily_swing.as_ref()?.period_seconds;
        let tick = self.parts.world.tick_seconds;
        (u64::from(tick) * u64::from(ENOUGH_TICKS) > u64::from(period)).then(|| {
            format!(
                "is {period} s, and a tick of {tick} s uses the load at its middle: expected at least {ENOUGH_TICKS} ticks per period"
            )
        })
    }

    /// The last planned tick; `None` if a person's pause may delay it.
    fn last_tick(&self) -> Option<u64> {
        let waits =
            self.parts.policy.stages.iter().any(|stage| stage.pause == Some(StagePause::Manual));
        (!waits).then(|| self.parts.policy.planned_ticks())
    }

    fn warn_of_incidents(&self, warnings: &mut Vec<Problem>) {
        let start = self.parts.world.incidents.as_ref().and_then(|incidents| incidents.at_tick);
        if let Some(message) = start.and_then(|start| self.too_late(start)) {
            warnings.push(Problem::new("incidents.at_tick", message));
        }
    }

    fn too_late(&self, start_tick: u32) -> Option<String> {
        let last = self.last_tick().filter(|last| u64::from(start_tick) > *last)?;
        Some(format!("starts in tick {start_tick}, but the plan ends with tick {last}"))
    }

    /// The reason why a regression never takes effect, if so.
    fn idle_arrival(&self, name: &str, ratio: f64, arrival: Arrival) -> Option<String> {
        if ratio == 1.0 && arrival != Arrival::AtOnce {
            return Some(format!("has no effect with the {name}_ratio at 1"));
        }
        match arrival {
            Arrival::Late { start_tick } | Arrival::Leak { start_tick, .. } => {
                self.too_late(start_tick)
            }
            Arrival::UnderLoad { .. } => {
                let peak = self.never_arrives(arrival)?;
                Some(format!(
                    "never begins: the load is at most {} times the mean",
                    significant(peak)
                ))
            }
            Arrival::AtOnce | Arrival::ColdStart { .. } => None,
        }
    }

    /// The stages in which a rule applies and can be conclusive, with their
    /// numbers.
    fn judged_stages<'a>(&'a self, rule: &'a Rule) -> impl Iterator<Item = (u32, &'a Stage)> {
        let compares = rule.needs().baseline;
        (1..)
            .zip(&self.parts.policy.stages)
            .filter(|(number, _)| rule.holds_in(*number))
            .filter(move |(_, stage)| !(compares && stage.has_all()))
    }

    /// The number of looks of a rule that can be conclusive, without extensions.
    fn looks(&self, rule: &Rule) -> u64 {
        let stages = self.judged_stages(rule);
        match rule.look {
            Look::StageEnd => stages.count() as u64,
            Look::EveryTick => stages.map(|(_, stage)| u64::from(stage.duration_ticks)).sum(),
        }
    }

    /// Canary requests expected in a rule's window at a stage's end.
    fn expected_requests(&self, rule: &Rule, number: u32) -> f64 {
        let in_ticks = |stage: &Stage, ticks: f64| {
            let world = &self.parts.world;
            let share = realised_share(stage.share(), world.traffic.canary_skew);
            world.requests_per_tick() * share * ticks
        };
        let whole = |stage: &Stage| in_ticks(stage, f64::from(stage.duration_ticks));
        (1..)
            .zip(&self.parts.policy.stages)
            .map(|(other, stage)| match rule.window {
                Window::Tick if other == number => in_ticks(stage, 1.0),
                Window::Stage if other == number => whole(stage),
                Window::Rollout if other <= number => whole(stage),
                _ => 0.0,
            })
            .sum()
    }

    /// The stages in which fewer than `enough` events are expected: "1.02 in stage
    /// 1, 3.1 in stage 2".
    fn stages_with_few(
        &self,
        rule: &Rule,
        enough: f64,
        expected: impl Fn(f64) -> f64,
    ) -> Option<String> {
        let stages: Vec<String> = self
            .judged_stages(rule)
            .map(|(number, _)| (number, expected(self.expected_requests(rule, number))))
            .filter(|(_, expected)| *expected > 0.0 && *expected < enough)
            .map(|(number, expected)| format!("{} in stage {number}", significant(expected)))
            .collect();
        (!stages.is_empty()).then(|| stages.join(", "))
    }

    fn without_baseline(&self, rule: &Rule) -> Option<String> {
        let (number, _) =
            (1..).zip(&self.parts.policy.stages).find(|(_, stage)| stage.has_all())?;
        let compares = rule.needs().baseline && rule.holds_in(number);
        compares.then(|| {
            format!(
                "is inconclusive in stage {number}: at 100 % there is no baseline to compare with"
            )
        })
    }

    fn few_events(&self, rule: &Rule) -> Option<String> {
        if let Some(quantile) = rule.needs().quantile {
            let stages = self.stages_with_few(rule, ENOUGH, |n| n * (1.0 - quantile))?;
            return Some(format!(
                "has fewer than 5 expected canary requests beyond its quantile in its window: {stages}"
            ));
        }
        if rule.min_errors > 0 || !rule.method.about().wants_many_errors {
            return None;
        }
        let stages =
            self.stages_with_few(rule, ENOUGH, |n| n * self.parts.world.baseline.error_rate)?;
        Some(format!(
            "has fewer than 5 expected canary errors of a healthy release in its window: {stages}"
        ))
    }

    /// Warns of a limit on the number of errors that a healthy release exceeds.
    fn usual_errors(&self, rule: &Rule) -> Option<String> {
        let Method::ErrorCount(ErrorCount { max }) = rule.method else { return None };
        let rate = self.parts.world.baseline.error_rate;
        let stages: Vec<String> = self
            .judged_stages(rule)
            .map(|(number, _)| (number, self.expected_requests(rule, number) * rate))
            .filter(|(_, expected)| *expected > max as f64)
            .map(|(number, expected)| format!("{} in stage {number}", significant(expected)))
            .collect();
        (!stages.is_empty()).then(|| {
            let stages = stages.join(", ");
            format!("has a max of {max}, but more errors are expected of a healthy release in its window: {stages}")
        })
    }

    fn unreachable_errors(&self, rule: &Rule) -> Option<String> {
        let (needed, rate) = (rule.min_errors, self.parts.world.baseline.error_rate);
        let stages = self.stages_with_few(rule, needed as f64, |n| n * rate)?;
        Some(format!(
            "needs {needed} canary errors, but fewer are expected of a healthy release: {stages}"
        ))
    }

    fn unreachable_requests(&self, rule: &Rule) -> Option<String> {
        let needed = rule.min_requests;
        let stages = self.stages_with_few(rule, needed as f64, |n| n)?;
        Some(format!("needs {needed} canary requests, but fewer are expected: {stages}"))
    }

    fn unreachable_failure_limit(&self, rule: &Rule) -> Option<String> {
        let extends = matches!(self.parts.policy.on_inconclusive, OnInconclusive::Extend { .. });
        if extends && rule.look == Look::EveryTick {
            return None;
        }
        let looks = self.looks(rule);
        let limit = rule.failure_limit;
        (u64::from(limit) > looks).then(|| {
            format!("never acts: it can fail {looks} times, but its failure_limit is {limit}")
        })
    }
}
