//! The score of a judgement, its class, and what follows from several judgements.

use super::metric::Label;

/// A metric as the score sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Labelled<'a> {
    /// Its label.
    pub label: Label,
    /// Whether the label fails the release alone.
    pub critical: bool,
    /// Its groups, as places in the list of weights. It counts in each of them.
    pub groups: &'a [usize],
}

/// The score of a group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GroupScore {
    /// The passing share of the metrics that count, in 0..=100.
    pub score: f64,
    /// No metric counts. The score is 0, but counts as 100.
    pub no_data: bool,
}

impl GroupScore {
    /// The score of a group's labels. Those without data that need none and those with an
    /// error do not count.
    pub fn new(labels: impl IntoIterator<Item = Label>) -> GroupScore {
        let (mut passed, mut counted) = (0.0, 0.0);
        for label in labels {
            match label {
                Label::Pass => {
                    passed += 1.0;
                    counted += 1.0;
                }
                Label::High | Label::Low | Label::NodataFailMetric => counted += 1.0,
                Label::Nodata | Label::Error => {}
            }
        }
        let no_data = counted == 0.0;
        GroupScore { score: if no_data { 0.0 } else { passed / counted * 100.0 }, no_data }
    }

    /// The score of a group of these metrics.
    pub fn of(group: usize, metrics: &[Labelled<'_>]) -> GroupScore {
        GroupScore::new(metrics.iter().flat_map(|metric| {
            metric.groups.iter().filter(move |&&of| of == group).map(|_| metric.label)
        }))
    }
}

/// The score of a judgement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// 0..=100 if the weights are of the groups that have metrics and sum to 100, or to
    /// less with groups that have none; rounded to two decimals.
    pub value: f64,
    /// What made it.
    pub cause: Cause,
}

/// What made a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The weighted scores of the groups.
    Groups,
    /// The metric at this place is critical and did not pass: 0.
    CriticalMetric(usize),
    /// Half of the metrics or more have no data: 0.
    NoData,
}

/// The score of the metrics, without those that are muted. `weights` has one entry per
/// group, in percent. Groups without a weight of their own share equally in what is left
/// of 100, if they have metrics. A weight of a group without metrics is lost.
pub fn score(metrics: &[Labelled<'_>], weights: &[Option<f64>]) -> Score {
    if let Some(place) = metrics.iter().position(|m| m.critical && m.label != Label::Pass) {
        return Score { value: 0.0, cause: Cause::CriticalMetric(place) };
    }
    let without_data = metrics.iter().filter(|metric| metric.label == Label::Nodata).count();
    if !metrics.is_empty() && 2 * without_data >= metrics.len() {
        return Score { value: 0.0, cause: Cause::NoData };
    }
    let has_metrics = |group: usize| metrics.iter().any(|metric| metric.groups.contains(&group));
    let given: f64 = weights.iter().flatten().sum();
    let unweighted = weights
        .iter()
        .enumerate()
        .filter(|&(group, weight)| weight.is_none() && has_metrics(group))
        .count();
    let shared = (100.0 - given) / unweighted as f64;
    let mut sum = 0.0;
    for (group, weight) in weights.iter().enumerate() {
        if has_metrics(group) {
            let GroupScore { score, no_data } = GroupScore::of(group, metrics);
            let counts_as = if no_data { 100.0 } else { score };
            sum += counts_as * (weight.unwrap_or(shared) / 100.0);
        }
    }
    Score { value: rounded(sum), cause: Cause::Groups }
}

/// Rounds to two decimals as written: half of the last one goes away from 0. For numbers
/// below 10¹².
fn rounded(value: f64) -> f64 {
    // A number and (k + ½)/100, which is the double nearest to that decimal, compare as
    // their shortest decimals do.
    let size = value.abs();
    let whole = (size * 100.0).floor();
    let up = size >= (whole + 0.5) / 100.0;
    ((whole + if up { 1.0 } else { 0.0 }) / 100.0).copysign(value)
}

/// From which score on a judgement passes, and from which it is not failed yet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// It passes from here on.
    pub pass: f64,
    /// It is marginal from here on, if it does not pass.
    pub marginal: f64,
}

/// The class of a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// From [`Thresholds::pass`] on. Argo Rollouts takes it as successful.
    Pass,
    /// From [`Thresholds::marginal`] on. Argo Rollouts takes it as inconclusive.
    Marginal,
    /// Below. Argo Rollouts takes it as failed.
    Fail,
}

impl Thresholds {
    /// The class of a score.
    pub fn class(&self, score: f64) -> Class {
        match score {
            _ if score >= self.pass => Class::Pass,
            _ if score >= self.marginal => Class::Marginal,
            _ => Class::Fail,
        }
    }
}

/// Whether a canary analysis of several judgements ends after one that is not the last. A
/// score that is equal to the threshold ends it, although its [`Class`] is marginal.
pub fn ends_early(score: f64, marginal: f64) -> bool {
    score <= marginal
}

/// Whether a canary analysis passes by the score of its last judgement. A threshold that
/// is not given is not asked.
pub fn passes(score: f64, marginal: Option<f64>, pass: Option<f64>) -> bool {
    !marginal.is_some_and(|marginal| ends_early(score, marginal))
        && pass.is_none_or(|pass| score >= pass)
}
