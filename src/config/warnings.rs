//! Warnings: what is valid but probably a mistake.

use super::*;
use crate::math;
use crate::problem::Problem;
use crate::rules::words::{counted, milliseconds, significant};
use crate::rules::{Bayesian, CountsFailures, ErrorCount, Look, Population, Window};

/// What allows for errors in clumps.
const CLUMP_REMEDY: &str = "; its parameter error_clump allows for them";
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
            ("error", self.error_ratio(), canary.error_arrival),
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
        if let Some(controller) = &self.parts.policy.controller {
            warnings.extend(controller.warnings(&self.parts.world));
            return warnings;
        }
        if let Some(message) = self.stages_unseen() {
            warnings.push(Problem::new("observation.delay_seconds", message));
        }
        if let Some(message) = self.idle_history() {
            warnings.push(Problem::new("observation.history_seconds", message));
        }
        if let Some(message) = self.idle_pass_score() {
            warnings.push(Problem::new("pass_score", message));
        }
        if let Some(message) = self.shares_of_pods() {
            warnings.push(Problem::new("pods.count", message));
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
                self.errors_in_clumps(rule),
                self.budget_of_the_baseline(rule),
                self.no_time_to_look(rule),
                self.skewed_traffic(rule),
                self.small_baseline(rule),
                self.not_as_planned(rule),
                self.coarse_latency(rule),
                self.without_baseline(rule),
                self.few_events(rule),
                self.usual_errors(rule),
                self.unreachable_errors(rule),
                self.unreachable_requests(rule),
                self.unreachable_failure_limit(rule),
                self.idle_weight(rule),
                self.idle_of_last(rule),
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
        (once && rule.look != Look::StageEnd).then(|| {
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
            Method::Sequential(_) | Method::ShiryaevRoberts(_) | Method::SequentialMetrics(_) => {
                "; a tolerated_ratio above 1 allows for some of it"
            }
            Method::SequentialDifference(_) => "; a margin allows for some of it",
            Method::ZTest(_)
            | Method::Fisher(_)
            | Method::GroupSequential(_)
            | Method::AsymptoticCs(_)
            | Method::Planned(_) => "",
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
            Method::Sequential(_)
            | Method::SlowRequests(_)
            | Method::ShiryaevRoberts(_)
            | Method::SequentialMetrics(_) => "; a tolerated_ratio of that allows for it",
            Method::SequentialDifference(_) => "; a margin allows for it",
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
        let (number, stage) =
            self.judged_stages(rule).find(|(_, stage)| self.parts.policy.share(stage) > 0.5)?;
        let share = significant(stage.traffic_pct);
        Some(format!(
            "holds its alpha where the baseline is at least as large as the canary: at {share} % in stage {number} it fails a healthy release far more often"
        ))
    }

    /// Warns of a rule that is planned for other errors than the world's.
    fn not_as_planned(&self, rule: &Rule) -> Option<String> {
        /// A plan may be off by this share.
        const CLOSE: f64 = 0.1;
        let Method::Planned(planned) = &rule.method else { return None };
        let plan = planned.expected_errors_per_tick;
        let world = &self.parts.world;
        let expected = world.requests_per_tick() * world.baseline.error_rate;
        let consequence = if expected > plan * (1.0 + CLOSE) {
            "in a stage with clearly more errors than planned a higher boundary holds, with which it misses more; with a few more than planned it fails a healthy release somewhat more often than its alpha says"
        } else if expected < plan * (1.0 - CLOSE) {
            "its boundaries are higher than they need to be, and it misses more"
        } else {
            return None;
        };
        Some(format!(
            "expects {} errors a tick, but a healthy release has {}: {consequence}",
            significant(plan),
            significant(expected),
        ))
    }

    /// Warns of a method for independent errors if they come in clumps.
    fn errors_in_clumps(&self, rule: &Rule) -> Option<String> {
        let clump = self.parts.world.baseline.error_clump;
        let (allowed, remedy) = match &rule.method {
            Method::Sequential(rule) => (rule.stake.error_clump, CLUMP_REMEDY),
            Method::SequentialMetrics(rule) => (rule.stake.error_clump, CLUMP_REMEDY),
            Method::SequentialDifference(rule) => (rule.error_clump, CLUMP_REMEDY),
            Method::ShiryaevRoberts(rule) => (rule.error_clump, CLUMP_REMEDY),
            Method::GroupSequential(_)
            | Method::Planned(_)
            | Method::AsymptoticCs(_)
            | Method::Fisher(_)
            | Method::ZTest(_) => (None, ""),
            _ => return None,
        };
        let allowed = allowed.unwrap_or(1.0);
        (clump > allowed).then(|| {
            let clump = significant(clump);
            format!(
                "keeps its alpha only if errors are independent: with baseline.error_clump they come in clumps of {clump}, and it fails a healthy release far more often{remedy}"
            )
        })
    }

    /// Warns of an alert that a healthy service sets off.
    fn budget_of_the_baseline(&self, rule: &Rule) -> Option<String> {
        let Method::BurnRate(alert) = &rule.method else { return None };
        if alert.factor * (1.0 - alert.objective) >= 1.0 {
            return Some(format!(
                "never fails: {} times its error budget is more than all requests",
                significant(alert.factor)
            ));
        }
        let burn_rate = self.parts.world.baseline.error_rate / (1.0 - alert.objective);
        (burn_rate > 1.0).then(|| {
            format!(
                "has an objective that the baseline does not meet: it uses up its error budget {} times as fast as it may",
                significant(burn_rate)
            )
        })
    }

    /// Warns of looks at fixed times that come after the plan.
    fn no_time_to_look(&self, rule: &Rule) -> Option<String> {
        let Look::Scheduled(schedule) = rule.look else { return None };
        let last = self.last_tick()?.min(u64::from(MAX_TICKS)) as u32;
        let times = schedule.times(self.parts.world.tick_seconds);
        (times.up_to(last) == 0).then(|| {
            format!(
                "never looks: its first look is after tick {}, the plan ends with tick {last}",
                times.first
            )
        })
    }

    /// Warns of stages that are over before anything of them can be seen.
    fn stages_unseen(&self) -> Option<String> {
        let delay = self.parts.world.delay_ticks();
        let unseen: Vec<String> = (1..)
            .zip(&self.parts.policy.stages)
            .filter(|(_, stage)| delay > 0 && u64::from(delay) >= stage.planned_ticks())
            .map(|(number, _): (u32, _)| number.to_string())
            .collect();
        (!unseen.is_empty()).then(|| {
            format!(
                "is {delay} ticks, and some stages are not longer: they are over before a rule sees any of them: stage {}",
                unseen.join(", ")
            )
        })
    }

    /// Warns of pods that cannot split the traffic nearly as planned.
    fn shares_of_pods(&self) -> Option<String> {
        /// Points of share that a split may be off.
        const CLOSE: f64 = 0.02;
        let policy = &self.parts.policy;
        let pods = policy.pods?;
        let off: Vec<String> = (1..)
            .zip(&policy.stages)
            .map(|(number, stage): (u32, _)| (number, stage.traffic_pct, policy.share(stage)))
            .filter(|(_, planned, share)| (planned / 100.0 - share).abs() > CLOSE)
            .map(|(number, planned, share)| {
                let (planned, share) = (significant(planned), significant(share * 100.0));
                format!("{planned} % of stage {number} becomes {share} %")
            })
            .collect();
        (!off.is_empty())
            .then(|| format!("is {}, so shares are by whole pods: {}", pods.count, off.join(", ")))
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
            _ => rule.needs().slower_than_ms.and_then(|objective_ms| {
                let spread = math::exp(latency.ln_law().1);
                (spread < bin).then(|| {
                    let objective = milliseconds(objective_ms);
                    format!("rounds its objective of {objective} to the nearest edge of a bin, and the baseline’s latencies span less than one bin")
                })
            }),
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
        let waits = self.parts.policy.controller.is_some()
            || self.parts.policy.stages.iter().any(|stage| stage.pause == Some(StagePause::Manual));
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

    /// The number of looks of a rule that can be conclusive, without extensions: those
    /// that see something after the delay.
    fn looks(&self, rule: &Rule) -> u64 {
        let world = &self.parts.world;
        let delay = world.delay_ticks();
        let policy = &self.parts.policy;
        let of_stage = rule.window == Window::Stage;
        let (mut looks, mut ticks) = (0, 0_u32);
        for (number, stage) in (1..).zip(&policy.stages) {
            let end = ticks.saturating_add(stage.duration_ticks);
            // The tick after which the rule sees something.
            let seen = if of_stage { ticks.saturating_add(delay) } else { ticks.max(delay) };
            let judged = rule.holds_in(number) && !(rule.needs().baseline && stage.has_all());
            if judged && seen < end {
                looks += match rule.look {
                    Look::StageEnd => 1,
                    Look::EveryTick => u64::from(end - seen),
                    Look::Scheduled(schedule) => {
                        let times = schedule.times(world.tick_seconds);
                        u64::from(times.up_to(end) - times.up_to(seen))
                    }
                };
            }
            ticks = end.saturating_add(stage.pause_ticks());
        }
        looks
    }

    /// Canary requests expected in a rule's window at a stage's end.
    fn expected_requests(&self, rule: &Rule, number: u32) -> f64 {
        let in_ticks = |stage: &Stage, ticks: f64| {
            self.parts.world.requests_per_tick() * self.seen_share(rule, stage) * ticks
        };
        let whole = |stage: &Stage| in_ticks(stage, f64::from(stage.duration_ticks));
        (1..)
            .zip(&self.parts.policy.stages)
            .map(|(other, stage)| match rule.window {
                Window::Tick if other == number => in_ticks(stage, 1.0),
                Window::Stage if other == number => whole(stage),
                Window::Rollout if other <= number => whole(stage),
                // At the end of the stage, if all of the window falls into it.
                Window::Last { last_seconds } if other == number => {
                    let ticks = f64::from(last_seconds) / f64::from(self.parts.world.tick_seconds);
                    in_ticks(stage, ticks)
                }
                _ => 0.0,
            })
            .sum()
    }

    /// The share of the requests in a stage that a rule judges.
    fn seen_share(&self, rule: &Rule, stage: &Stage) -> f64 {
        match rule.of {
            Population::Service => 1.0,
            _ => {
                realised_share(self.parts.policy.share(stage), self.parts.world.traffic.canary_skew)
            }
        }
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
        let whose = if rule.of == Population::Service { "request" } else { "canary request" };
        let needed = counted(needed, whose);
        Some(format!("needs {needed}, but fewer are expected: {stages}"))
    }

    fn unreachable_failure_limit(&self, rule: &Rule) -> Option<String> {
        let extends = matches!(self.parts.policy.on_inconclusive, OnInconclusive::Extend { .. });
        let may_look_more = rule.look != Look::StageEnd && (extends || self.last_tick().is_none());
        // Others' failures count, too.
        if may_look_more || rule.look_while_paused || rule.counts != CountsFailures::Alone {
            return None;
        }
        let looks = self.looks(rule);
        let limit = rule.failure_limit;
        (u64::from(limit) > looks).then(|| {
            format!("never acts: it can fail {looks} times, but its failure_limit is {limit}")
        })
    }

    /// Warns of time before the rollout that no rule reads.
    fn idle_history(&self) -> Option<String> {
        let seconds = self.parts.world.observation.history_seconds?;
        let is_read = self.parts.policy.rules.iter().any(|rule| rule.of == Population::Service);
        (seconds > 0 && !is_read).then(|| {
            "has no effect: only a rule with \"of\": \"service\" sees requests before the rollout".to_string()
        })
    }

    /// Warns of a score that nothing is held against, or that everything passes.
    fn idle_pass_score(&self) -> Option<String> {
        let PolicyConfig { rules, pass_score, .. } = &self.parts.policy;
        match rules.iter().any(|rule| rule.counts == CountsFailures::ByScore) {
            false if *pass_score != policy::DEFAULT_PASS_SCORE => {
                Some("has no effect: no rule has \"counts\": \"by_score\"".to_string())
            }
            true if *pass_score == 0.0 => {
                Some("is 0, so every look passes: rules that count by score never act".to_string())
            }
            _ => None,
        }
    }

    /// Warns of a weight in no score.
    fn idle_weight(&self, rule: &Rule) -> Option<String> {
        (rule.weight != 1.0 && rule.counts != CountsFailures::ByScore).then(|| {
            let weight = significant(rule.weight);
            format!("has a weight of {weight} without effect: it does not count by score")
        })
    }

    /// Warns of a number of last looks where the first failed look acts.
    fn idle_of_last(&self, rule: &Rule) -> Option<String> {
        let looks = rule.of_last.filter(|_| rule.failure_limit == 1)?;
        Some(format!(
            "acts at its first failed look: its of_last of {looks} has an effect with a failure_limit above 1"
        ))
    }
}
