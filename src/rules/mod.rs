//! What judges a canary. One file a rule: its parameters, what it needs to
//! see, its evidence and its sentence.
//!
//! `docs/architecture.md` walks through adding a rule: a file here with its `mod` and
//! `use`, a line in [`Method`], a row in `tests/it/rules.rs`, and what a merge needs.

mod about;
mod asymptotic_cs;
mod bayesian;
mod burn_rate;
mod condition;
mod error_count;
mod error_rate;
mod error_rate_delta;
mod error_rate_ratio;
mod fisher;
mod group_sequential;
mod guardrail;
mod judge;
mod latency;
mod latency_delta_ms;
mod latency_ratio;
mod limit;
mod look;
mod mann_whitney;
mod metric;
mod parameter;
mod parameters;
mod planned;
mod query_details;
mod sample_ratio;
mod sequential;
mod sequential_difference;
mod sequential_metrics;
mod shiryaev_roberts;
mod slow_requests;
mod watch;
pub(crate) mod words;
mod z_test;

pub use about::{About, Cost, Guarantee, Quantity, Subject};
pub use asymptotic_cs::AsymptoticCs;
pub use bayesian::Bayesian;
pub use burn_rate::BurnRate;
pub use condition::{
    Condition, ConditionError, ConditionErrorKind, Conditions, ElementType, EvaluationError,
    Measured, ValueType,
};
pub use error_count::ErrorCount;
pub use error_rate::ErrorRate;
pub use error_rate_delta::ErrorRateDelta;
pub use error_rate_ratio::ErrorRateRatio;
pub use fisher::Fisher;
pub use group_sequential::{AlphaSpending, GroupSequential};
pub use guardrail::{GroupSizes, Guardrail, SampleSize};
pub use judge::{CanaryJudge, Judged, JudgedMetric, MAX_JUDGED};
pub(crate) use judge::{JudgeRoom, Series};
pub use latency::LatencyLimit;
pub use latency_delta_ms::LatencyDelta;
pub use latency_ratio::LatencyRatio;
pub use limit::Limit;
pub(crate) use look::whole_ticks;
pub use look::{CountsFailures, Look, NoData, Population, Schedule, Times, Window};
pub use mann_whitney::MannWhitney;
pub use metric::{Comparison, Criterion, EmptyResult, Measures, Metric};
pub(crate) use parameter::MAX_LATENCY_MS;
pub use parameter::{Choice, Group, Items, Kind, MAX_STAGES, MAX_TICKS, Parameter, Range, Usual};
use parameters::Parameters;
pub use parameters::RuleInput;
pub use planned::Planned;
pub use query_details::{QueryDetails, StakeQuery};
pub use sample_ratio::{SampleRatio, Split};
pub use sequential::{BetsOpen, Certificate, Sequential, Stake};
pub use sequential_difference::SequentialDifference;
pub use sequential_metrics::SequentialMetrics;
pub use shiryaev_roberts::ShiryaevRoberts;
pub use slow_requests::SlowRequests;
pub use watch::{Memory, Observed, StageShape, Watch};
pub use z_test::ZTest;

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;

use crate::json::number;
use crate::message::thousands;
use crate::observation::{ByArm, Counts};
use crate::reading::words;
use crate::stats::mann_whitney as mann_whitney_test;
use crate::stats::stratified::Stratified;
use words::{counted, percent};

/// A rule as it stands in a resolved configuration.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rule {
    /// How it judges.
    #[serde(flatten)]
    pub method: Method,
    /// When it looks.
    pub look: Look,
    /// Whether it also looks while the rollout is paused.
    #[serde(skip_serializing_if = "is_default")]
    pub look_while_paused: bool,
    /// What it looks at.
    pub window: Window,
    /// Whose requests it judges, and against what.
    #[serde(skip_serializing_if = "is_default")]
    pub of: Population,
    /// Failed looks before it acts, at least 1.
    pub failure_limit: u32,
    /// Only failures in this many of its last looks count; `None` for the whole
    /// rollout. As many as `failure_limit` are failures in a row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of_last: Option<u32>,
    /// Which failed looks count.
    #[serde(skip_serializing_if = "is_default")]
    pub counts: CountsFailures,
    /// Its weight in a score, above 0.
    #[serde(skip_serializing_if = "is_one", serialize_with = "number")]
    pub weight: f64,
    /// What it does then.
    pub on_fail: OnFail,
    /// The stages it holds for, numbered from 1; `None` for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stages: Option<Vec<u32>>,
    /// With fewer requests in the window the look has no data.
    pub min_requests: u64,
    /// What a look without data says.
    #[serde(skip_serializing_if = "is_default")]
    pub no_data: NoData,
    /// With fewer errors in the window the look is inconclusive.
    pub min_errors: u64,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn is_one(x: &f64) -> bool {
    *x == 1.0
}

/// What a rule does once its failure limit is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OnFail {
    /// Roll back.
    Rollback,
    /// Wait for a person.
    Pause,
}

words!(OnFail { "rollback" => Rollback, "pause" => Pause });

/// What a rule's file says: its parameters, what it needs to see, its evidence and its
/// sentence.
trait Judge: Sized {
    /// What it is, whatever its parameters are.
    const ABOUT: About;

    /// Takes its parameters, each as it declares it. A form shows them in this order.
    fn from_parameters(p: &mut Parameters) -> Self;

    /// What it needs to be shown.
    fn needs(&self) -> Needs;

    /// Whether it fails by what it sees.
    fn fails(&self, sight: &Sight) -> bool;

    /// What it measures, and what it holds that against.
    fn measure(&self, sight: &Sight) -> Measure;

    /// What it saw, in a sentence or two for people.
    fn sentence(&self, sight: &Sight) -> String;

    /// What can be prepared once for a plan; `None` if it does not fit it.
    fn watch(&self, _plan: &[StageShape]) -> Option<Watch> {
        Some(Watch::Nothing)
    }

    /// The length in seconds of the rule's window, if the rule has one of its own.
    fn own_window_seconds(&self) -> Option<u32> {
        None
    }

    /// Whether it can be prepared for a plan.
    fn fits(&self, plan: &[StageShape]) -> bool {
        self.watch(plan).is_some()
    }
}

/// Makes [`Method`] of a line a rule: its name in a configuration, and its type, which
/// is a [`Judge`]. The comment tells people what the rule is.
/// After the semicolon are the ways to judge that follow from the configuration of a
/// controller; no rule has their names.
macro_rules! methods {
    (
        $($(#[doc = $about:literal])+ $name:literal => $variant:ident($type:ident),)+
        ;
        $($(#[doc = $own_about:literal])+ $own_name:literal => $own:ident($own_type:ident),)+
    ) => {
        /// How a rule judges, with its parameters.
        // A plan has few of them.
        #[allow(clippy::large_enum_variant)]
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[serde(tag = "rule")]
        pub enum Method {
            $(
                $(#[doc = $about])+
                #[serde(rename = $name)]
                $variant($type),
            )+
            $(
                $(#[doc = $own_about])+
                #[serde(rename = $own_name)]
                $own($own_type),
            )+
        }

        impl Method {
            /// The names a configuration may give under `rule`.
            pub const NAMES: [&str; [$($name),+].len()] = [$($name),+];

            /// Of each name what it is, and that in a sentence.
            pub(crate) const ALL: [(&str, About, &str); Self::NAMES.len()] =
                [$(($name, $type::ABOUT, concat!($($about),+))),+];

            /// The name it has in a configuration.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Method::$variant(_) => $name,)+
                    $(Method::$own(_) => $own_name,)+
                }
            }

            /// What it is, whatever its parameters are.
            pub fn about(&self) -> About {
                match self {
                    $(Method::$variant(_) => $type::ABOUT,)+
                    $(Method::$own(_) => $own_type::ABOUT,)+
                }
            }

            /// The method of that name with its parameters; `None` for another name.
            fn from_parameters(name: &str, p: &mut Parameters) -> Option<Method> {
                match name {
                    $($name => Some(Method::$variant($type::from_parameters(p))),)+
                    _ => None,
                }
            }

            fn needs(&self) -> Needs {
                match self {
                    $(Method::$variant(method) => method.needs(),)+
                    $(Method::$own(method) => method.needs(),)+
                }
            }

            fn fails(&self, sight: &Sight) -> bool {
                match self {
                    $(Method::$variant(method) => method.fails(sight),)+
                    $(Method::$own(method) => method.fails(sight),)+
                }
            }

            fn measure(&self, sight: &Sight) -> Measure {
                match self {
                    $(Method::$variant(method) => method.measure(sight),)+
                    $(Method::$own(method) => method.measure(sight),)+
                }
            }

            fn sentence(&self, sight: &Sight) -> String {
                match self {
                    $(Method::$variant(method) => method.sentence(sight),)+
                    $(Method::$own(method) => method.sentence(sight),)+
                }
            }

            fn watch(&self, plan: &[StageShape]) -> Option<Watch> {
                match self {
                    $(Method::$variant(method) => method.watch(plan),)+
                    $(Method::$own(method) => method.watch(plan),)+
                }
            }

            fn own_window_seconds(&self) -> Option<u32> {
                match self {
                    $(Method::$variant(method) => method.own_window_seconds(),)+
                    $(Method::$own(method) => method.own_window_seconds(),)+
                }
            }

            fn fits(&self, plan: &[StageShape]) -> bool {
                match self {
                    $(Method::$variant(method) => method.fits(plan),)+
                    $(Method::$own(method) => method.fits(plan),)+
                }
            }
        }
    };
}

methods! {
    /// A limit on the canary's error rate.
    "error_rate" => ErrorRate(ErrorRate),
    /// A limit on the canary's error rate minus the baseline's.
    "error_rate_delta" => ErrorRateDelta(ErrorRateDelta),
    /// A limit on the canary's error rate divided by the baseline's.
    "error_rate_ratio" => ErrorRateRatio(ErrorRateRatio),
    /// A burn-rate alert: errors use up an error budget too fast, in a long and in a
    /// short window.
    "burn_rate" => BurnRate(BurnRate),
    /// A limit on the canary's number of errors.
    "error_count" => ErrorCount(ErrorCount),
    /// A limit on a latency quantile of the canary.
    "latency" => Latency(LatencyLimit),
    /// A limit on a latency quantile of the canary minus the baseline's.
    "latency_delta_ms" => LatencyDeltaMs(LatencyDelta),
    /// A limit on a latency quantile of the canary divided by the baseline's.
    "latency_ratio" => LatencyRatio(LatencyRatio),
    /// The probability that the canary's error rate is larger, by Bayes' theorem.
    "bayesian" => Bayesian(Bayesian),
    /// The z test of two error rates.
    "z_test" => ZTest(ZTest),
    /// Fisher's exact test of two error rates.
    "fisher" => Fisher(Fisher),
    /// A few planned looks that share one level.
    "group_sequential" => GroupSequential(GroupSequential),
    /// Looks at every tick with boundaries for a planned number of errors.
    "planned" => Planned(Planned),
    /// Evidence on the ratio of the error rates, valid at every look.
    "sequential" => Sequential(Sequential),
    /// Evidence on the difference of the error rates, valid at every look.
    "sequential_difference" => SequentialDifference(SequentialDifference),
    /// Evidence that the ratio of the error rates has changed, valid at every look.
    "shiryaev_roberts" => ShiryaevRoberts(ShiryaevRoberts),
    /// The same evidence as `sequential`, on the requests that take longer than a latency objective.
    "slow_requests" => SlowRequests(SlowRequests),
    /// Evidence on the errors and the slow requests together, under one level.
    "sequential_metrics" => SequentialMetrics(SequentialMetrics),
    /// A sequential test of the difference of the error rates, for large counts.
    "asymptotic_cs" => AsymptoticCs(AsymptoticCs),
    /// Evidence that the canary does not get its share of the traffic, valid at every look.
    "sample_ratio" => SampleRatio(SampleRatio),
    /// The Mann-Whitney test of the latencies.
    "mann_whitney" => MannWhitney(MannWhitney),
    ;
    /// The metric of a controller.
    "metric" => Metric(Metric),
    /// Kayenta's judge.
    "canary_judge" => CanaryJudge(CanaryJudge),
    /// A guardrail of GrowthBook.
    "guardrail" => Guardrail(Guardrail),
    /// Whether the two groups of GrowthBook are as large as each other.
    "group_sizes" => GroupSizes(GroupSizes),
    /// Whether the two groups of GrowthBook are large enough.
    "sample_size" => SampleSize(SampleSize),
}

/// What a rule is shown at a look: its window and what it has gathered, and
/// nothing of the truth.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sight {
    /// Whose requests the rule judges, and against what.
    pub of: Population,
    /// Requests and errors in the window: of the canary and of what it is compared
    /// with, or of the service and of nothing. The requests are 0 where the rule does
    /// not need them.
    pub counts: ByArm<Counts>,
    /// The quantile of latency the rule asked for; `None` without requests.
    pub quantile_ms: ByArm<Option<f64>>,
    /// Requests and errors in the short window, if the rule has two.
    pub short: Option<Counts>,
    /// The arms compared share by share, where the window saw several shares and
    /// the rule compares error rates: pooled, they could not be compared.
    pub by_share: Option<ByShare>,
    /// The latencies of the arms compared as shapes, if the rule asked for it.
    pub shape: Option<mann_whitney_test::MannWhitney>,
    /// Z and the boundary of this look, if the rule adds up a score.
    pub score: Option<(f64, f64)>,
    /// ln of what the rule's stake has grown to, if it has one.
    pub ln_wealth: Option<f64>,
    /// ln of what the certificate's stake has grown to, where it ends a stage.
    pub ln_certificate: Option<f64>,
    /// ln of what stakes on errors and on slow requests have grown to, if the rule has
    /// both.
    pub ln_by_metric: Option<[f64; 2]>,
    /// The requests so far, if the rule judges their split.
    pub split: Option<Split>,
    /// What the judge said, if the check is one.
    pub judged: Option<Judged>,
    /// Whether the canary has all traffic, so that there is no baseline to compare with.
    pub canary_has_all: bool,
}

impl Sight {
    /// The word before "requests": "canary ", or nothing for the whole service.
    fn whose(&self) -> &'static str {
        if self.of == Population::Service { "" } else { "canary " }
    }
}

/// The error rates of the arms compared share by share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ByShare {
    /// The score test and Mantel-Haenszel's difference and ratio.
    pub errors: Stratified,
    /// The p-value of Fisher's exact test by strata, if the rule asked for it.
    pub exact_p_value: Option<f64>,
}

/// What a rule needs to be shown. Errors of both arms are always shown.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Needs {
    /// The number of requests of both arms.
    pub requests: bool,
    /// The number of requests in each tick, for what the rule accumulates. A look does
    /// not need them.
    pub gathered_requests: bool,
    /// A baseline to compare with.
    pub baseline: bool,
    /// A quantile of latency, in (0, 1).
    pub quantile: Option<f64>,
    /// The number of requests that take longer, in milliseconds.
    pub slower_than_ms: Option<f64>,
    /// Latency as a shape.
    pub histogram: bool,
    /// The exact law of the canary's errors, where several shares are compared.
    pub exact_law: bool,
    /// The length of a second, shorter window, in seconds.
    pub short_seconds: Option<u32>,
}

impl Needs {
    const NONE: Needs = Needs {
        requests: false,
        gathered_requests: false,
        baseline: false,
        quantile: None,
        slower_than_ms: None,
        histogram: false,
        exact_law: false,
        short_seconds: None,
    };
    const REQUESTS: Needs = Needs { requests: true, ..Needs::NONE };
    const GATHERED_REQUESTS: Needs = Needs { gathered_requests: true, ..Needs::NONE };
    const BASELINE: Needs = Needs { baseline: true, ..Needs::NONE };
    const HISTOGRAM: Needs = Needs { histogram: true, ..Needs::NONE };
    const EXACT_LAW: Needs = Needs { exact_law: true, ..Needs::NONE };

    const fn quantile(q: f64) -> Needs {
        Needs { quantile: Some(q), ..Needs::NONE }
    }

    const fn short_window(seconds: u32) -> Needs {
        Needs { short_seconds: Some(seconds), ..Needs::NONE }
    }

    const fn slower_than(ms: f64) -> Needs {
        Needs { slower_than_ms: Some(ms), ..Needs::NONE }
    }

    fn and(self, other: Needs) -> Needs {
        Needs {
            requests: self.requests || other.requests,
            gathered_requests: self.gathered_requests || other.gathered_requests,
            baseline: self.baseline || other.baseline,
            quantile: self.quantile.or(other.quantile),
            slower_than_ms: self.slower_than_ms.or(other.slower_than_ms),
            histogram: self.histogram || other.histogram,
            exact_law: self.exact_law || other.exact_law,
            short_seconds: self.short_seconds.or(other.short_seconds),
        }
    }

    /// Whether latencies have to be drawn.
    pub fn latency(&self) -> bool {
        self.quantile.is_some() || self.slower_than_ms.is_some() || self.histogram
    }
}

/// What a look says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Within the limit.
    Pass,
    /// Beyond the limit.
    Fail,
    /// The window has too little data to decide.
    Inconclusive,
}

/// Why a look is inconclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Gap {
    /// Fewer canary requests than needed, or no baseline requests; more ticks help.
    Requests,
    /// Fewer canary errors than needed; more ticks may help.
    Errors,
    /// The canary has all traffic; more ticks do not help.
    Baseline,
}

/// The outcome of a look with its evidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judgement {
    /// What the look says.
    pub verdict: Verdict,
    /// Why it is inconclusive, if it is.
    pub gap: Option<Gap>,
    /// What was measured.
    pub measure: Measure,
}

/// What was measured, and what it was held against.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measure {
    /// What was measured, in the unit of the limit; `None` if it has no value
    /// (a ratio to nothing).
    pub observed: Option<f64>,
    /// What it was held against.
    pub limit: f64,
    /// The limit in terms of the canary's own rate or latency, for a chart;
    /// `None` where there is no such thing.
    pub canary_limit: Option<f64>,
}

impl Rule {
    /// What the rule needs to be shown.
    pub fn needs(&self) -> Needs {
        let needs = self.method.needs();
        let asks_for_data = self.min_requests > 1 || self.no_data != NoData::Inconclusive;
        Needs { requests: needs.requests || asks_for_data, ..needs }
    }

    /// Whether a look may have too few requests or errors, so that more ticks help, in
    /// a stage in which the canary has all traffic or not.
    pub fn may_lack_counts(&self, canary_has_all: bool) -> bool {
        let needs = self.needs();
        // A window of that stage has no baseline: more ticks do not help.
        let without_baseline = canary_has_all && needs.baseline && self.window != Window::Rollout;
        !without_baseline && (needs.requests || self.min_errors > 0)
    }

    /// What can be prepared once for a plan it fits; see [`Rule::misfit`].
    pub fn watch(&self, plan: &[StageShape]) -> Watch {
        self.method.watch(plan).unwrap_or(Watch::Nothing)
    }

    /// Looks once. The minimum counts are asked for first: a window that is
    /// too small is inconclusive, whatever it holds.
    pub fn judge(&self, sight: &Sight) -> Judgement {
        match &self.method {
            Method::Metric(metric) => return metric.judge(sight),
            Method::CanaryJudge(judge) => return judge.judge(sight),
            Method::Guardrail(guardrail) => return guardrail.judge(sight),
            Method::GroupSizes(sizes) => return sizes.judge(sight),
            Method::SampleSize(size) => return size.judge(sight),
            _ => {}
        }
        let gap = self.gap(sight);
        let verdict = match (gap, self.no_data) {
            (Some(Gap::Requests), NoData::Pass) => Verdict::Pass,
            (Some(Gap::Requests), NoData::Fail) => Verdict::Fail,
            (Some(_), _) => Verdict::Inconclusive,
            (None, _) if self.method.fails(sight) => Verdict::Fail,
            (None, _) => Verdict::Pass,
        };
        let gap = gap.filter(|_| verdict == Verdict::Inconclusive);
        let measure = self.method.measure(sight);
        Judgement { verdict, gap, measure }
    }

    /// What the window lacks for a verdict, if anything.
    fn gap(&self, sight: &Sight) -> Option<Gap> {
        let needs = self.needs();
        let (canary, baseline) = (sight.counts.canary, sight.counts.baseline);
        let alone = |by_share: ByShare| by_share.errors.strata == 0;
        let silent =
            needs.baseline && (baseline.requests == 0 || sight.by_share.is_some_and(alone));
        if sight.canary_has_all && silent {
            Some(Gap::Baseline)
        } else if needs.requests && (silent || canary.requests < self.min_requests) {
            Some(Gap::Requests)
        } else if canary.errors < self.min_errors {
            Some(Gap::Errors)
        } else {
            None
        }
    }

    /// What the rule saw, in a sentence or two for people.
    pub fn sentence(&self, sight: &Sight) -> String {
        let sentence = match &self.method {
            Method::Metric(metric) => Some(Judge::sentence(metric, sight)),
            Method::CanaryJudge(judge) => Some(judge.sentence(sight)),
            Method::Guardrail(guardrail) => Some(guardrail.sentence(sight)),
            Method::GroupSizes(sizes) => Some(sizes.sentence(sight)),
            Method::SampleSize(size) => Some(size.sentence(sight)),
            _ => None,
        };
        if let Some(sentence) = sentence {
            return match self.of {
                Population::Control => sentence.replace("baseline", "control"),
                _ => sentence,
            };
        }
        let (requests, errors) = (sight.counts.canary.requests, sight.counts.canary.errors);
        let whose = sight.whose();
        let gap = self.gap(sight);
        let sentence = match gap {
            Some(Gap::Baseline) => {
                "The canary has all traffic: there is no baseline to compare with.".to_string()
            }
            Some(Gap::Requests) if requests >= self.min_requests => match sight
                .counts
                .baseline
                .requests
            {
                0 => "Too little traffic to decide: no request reached the baseline.",
                _ => {
                    "Too little traffic to decide: at no traffic share did both arms have requests."
                }
            }
            .to_string(),
            Some(Gap::Requests) => format!(
                "Too little traffic to decide: {}, {} needed.",
                counted(requests, &format!("{whose}request")),
                thousands(self.min_requests),
            ),
            Some(Gap::Errors) => format!(
                "Too few errors to decide: {}, {} needed.",
                counted(errors, &format!("{whose}error")),
                thousands(self.min_errors),
            ),
            None => self.method.sentence(sight),
        };
        let then = match (gap, self.no_data) {
            (Some(Gap::Requests), NoData::Pass) => " Without data the look passes.",
            (Some(Gap::Requests), NoData::Fail) => " Without data the look fails.",
            _ => "",
        };
        let sentence = sentence + then;
        // A control is a part of the baseline, so what a rule says of the baseline
        // it says of the control.
        if self.of == Population::Control {
            sentence.replace("baseline", "control")
        } else {
            sentence
        }
    }

    /// Whether the rule was asked to certify that stages may end early.
    pub fn may_certify(&self) -> bool {
        matches!(&self.method, Method::Sequential(rule) if rule.certificate.is_some())
    }

    /// Whether the rule holds in a stage, numbered from 1.
    pub fn holds_in(&self, stage: u32) -> bool {
        self.stages.as_ref().is_none_or(|stages| stages.contains(&stage))
    }

    /// Why the rule cannot work with a plan, if so.
    pub fn misfit(&self, plan: &[StageShape]) -> Option<&'static str> {
        let gathers = self.method.about().guarantee.gathers();
        if gathers && !plan.iter().any(StageShape::is_informative) {
            return Some("applies in no stage with a baseline");
        }
        let fits = self.method.fits(plan);
        (!fits).then_some("has looks that are too close together to share a level")
    }
}

/// "Error rate: 5 of 117 canary requests failed, 4.27 %".
fn failures(sight: &Sight) -> String {
    let canary = sight.counts.canary;
    format!(
        "Error rate: {} of {} failed, {}",
        thousands(canary.errors),
        requests(sight),
        percent(canary.error_rate().unwrap_or(0.0)),
    )
}

/// "117 canary requests", "1,204 requests" of the service.
fn requests(sight: &Sight) -> String {
    counted(sight.counts.canary.requests, &format!("{}request", sight.whose()))
}

/// The same with the baseline’s rate: "…, 4.27 %, the baseline’s 0.86 %". If several
/// shares are compared, it says so, because the pooled rates may show the opposite.
fn rates(sight: &Sight) -> String {
    let base = sight.counts.baseline.error_rate().unwrap_or(0.0);
    let compared = sight.by_share.map(compared).unwrap_or_default();
    format!("{}, the baseline’s {}{compared}", failures(sight), percent(base))
}

/// "; compared at each of 3 traffic shares".
fn compared(by_share: ByShare) -> String {
    match by_share.errors.strata {
        1 => "; compared at one traffic share, because one arm has no requests at the others"
            .to_string(),
        strata => format!("; compared at each of {strata} traffic shares"),
    }
}

/// `p99`, `p99.9`.
fn quantile_name(quantile: f64) -> String {
    format!("p{}", words::significant(quantile * 100.0))
}
