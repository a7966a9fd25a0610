//! An alarm of CloudWatch: which metric measures what, and as a resource.
//!
//! Source: the metrics of AWS Lambda, AWS Step Functions and Application Load Balancers,
//! the resource type `AWS::CloudWatch::Alarm`, and the function `FILL` of metric math. A
//! function sends `Errors` as 0 or 1 for each call, so their mean is the error rate.

use crate::config::{AlarmConfig, ComputePlatform, TreatMissingData};
use crate::export::yaml::Yaml;
use crate::json::plain;
use crate::rules::{Comparison, Measures, Population};

const DAY: u32 = 86_400;
const HOUR: u32 = 3_600;

/// The metrics of a service in CloudWatch.
struct Source {
    namespace: &'static str,
    requests: &'static str,
    errors: &'static str,
    latency: &'static str,
    /// What a latency in milliseconds is multiplied by.
    latency_scale: f64,
    /// Whether there is no data in a period without errors.
    empty_without_errors: bool,
}

impl Source {
    fn of(platform: ComputePlatform) -> Source {
        match platform {
            ComputePlatform::Lambda => Source {
                namespace: "AWS/Lambda",
                requests: "Invocations",
                errors: "Errors",
                latency: "Duration",
                latency_scale: 1.0,
                empty_without_errors: false,
            },
            ComputePlatform::StepFunctions => Source {
                namespace: "AWS/States",
                requests: "ExecutionsStarted",
                errors: "ExecutionsFailed",
                latency: "ExecutionTime",
                latency_scale: 1.0,
                empty_without_errors: false,
            },
            ComputePlatform::Ecs | ComputePlatform::Server => Source {
                namespace: "AWS/ApplicationELB",
                requests: "RequestCount",
                errors: "HTTPCode_Target_5XX_Count",
                latency: "TargetResponseTime",
                latency_scale: 0.001,
                empty_without_errors: true,
            },
        }
    }

    /// The number of errors in a formula, with 0 in a period without data if errors are
    /// sent only when there are some.
    fn errors_in_formula(&self) -> &'static str {
        if self.empty_without_errors { "FILL(errors, 0)" } else { "errors" }
    }
}

/// What an alarm evaluates.
enum Evaluated {
    /// A metric with one of its statistics.
    Metric(&'static str, &'static str),
    /// A metric with a percentile.
    Percentile(&'static str, String),
    /// A formula of `errors` and `requests`.
    Formula(String),
}

/// The key of an alarm that CloudWatch has no words for, and why; `None` for none.
pub(super) fn fault(
    alarm: &AlarmConfig,
    platform: ComputePlatform,
) -> Option<(&'static str, String)> {
    let period = alarm.period_seconds;
    if !period.is_multiple_of(60) {
        let message =
            format!("{period}, expected a multiple of 60, because AWS sends metrics by the minute");
        return Some(("period_seconds", message));
    }
    let most = if period >= HOUR { 7 * DAY } else { DAY };
    if u64::from(period) * u64::from(alarm.evaluation_periods) > u64::from(most) {
        let message = format!(
            "{} periods of {period} s, expected at most {most} s in all",
            alarm.evaluation_periods
        );
        return Some(("evaluation_periods", message));
    }
    match alarm.of {
        Population::Service => {}
        Population::Canary if platform == ComputePlatform::Lambda => {}
        Population::Canary => {
            let message = "only the metrics of a function have the new version as a dimension: \
                           expected service";
            return Some(("of", message.to_owned()));
        }
        Population::Control => return Some(("of", "CloudWatch has no control".to_owned())),
    }
    evaluated(alarm, &Source::of(platform)).err()
}

/// What an alarm evaluates, or the key that CloudWatch has no words for, and why.
fn evaluated(alarm: &AlarmConfig, source: &Source) -> Result<Evaluated, (&'static str, String)> {
    let refused = |key: &'static str, why: &str| Err((key, why.to_owned()));
    let is_scaled = alarm.scale != 1.0;
    let is_empty = alarm.empty_without_errors;
    if is_empty && !(source.empty_without_errors && alarm.measures == Measures::Errors) {
        let message = "only the count of a load balancer’s errors has no data without errors";
        return refused("empty_without_errors", message);
    }
    let formula = match alarm.measures {
        Measures::Errors if is_empty && is_scaled => {
            return refused("scale", "expected 1: what is multiplied has data without errors, too");
        }
        Measures::Errors if !is_scaled && is_empty == source.empty_without_errors => {
            return Ok(Evaluated::Metric(source.errors, "Sum"));
        }
        Measures::Errors => source.errors_in_formula().to_owned(),
        Measures::Requests if !is_scaled => return Ok(Evaluated::Metric(source.requests, "Sum")),
        Measures::Requests => "requests".to_owned(),
        Measures::ErrorRate if !is_scaled && source.namespace == "AWS/Lambda" => {
            return Ok(Evaluated::Metric(source.errors, "Average"));
        }
        Measures::ErrorRate => format!("{} / requests", source.errors_in_formula()),
        Measures::SuccessRate => format!("1 - {} / requests", source.errors_in_formula()),
        Measures::Latency => {
            if alarm.scale != source.latency_scale {
                let expected = plain(source.latency_scale);
                let message = format!("expected {expected}, the unit of {}", source.latency);
                return Err(("scale", message));
            }
            return match percentile(alarm.quantile) {
                Some(percentile) => Ok(Evaluated::Percentile(source.latency, percentile)),
                None => refused("quantile", "expected at least 0.1, with at most 12 decimals"),
            };
        }
        Measures::Nothing => {
            return refused("measures", "what it measures is not simulated, so it has no metric");
        }
        Measures::RequestsPerSecond | Measures::ErrorsPerSecond => {
            return refused(
                "measures",
                "CloudWatch counts in a period: expected requests or errors",
            );
        }
        Measures::ErrorRateDifference
        | Measures::ErrorRateRatio
        | Measures::LatencyDifference
        | Measures::LatencyRatio
        | Measures::Stake => {
            return refused("measures", "expected one number, which is no comparison of versions");
        }
    };
    Ok(Evaluated::Formula(match (is_scaled, alarm.measures) {
        (false, _) => formula,
        (true, Measures::SuccessRate) => format!("{} * ({formula})", plain(alarm.scale)),
        (true, _) => format!("{} * {formula}", plain(alarm.scale)),
    }))
}

/// A quantile as a percentile, such as `p99.9`, with at most 10 decimals.
fn percentile(quantile: f64) -> Option<String> {
    let digits = format!("{quantile:.12}");
    let is_exact = digits.parse() == Ok(quantile) && quantile >= 0.1;
    let (percent, decimals) = digits.strip_prefix("0.")?.split_at_checked(2)?;
    let decimals = decimals.trim_end_matches('0');
    let point = if decimals.is_empty() { "" } else { "." };
    is_exact.then(|| format!("p{percent}{point}{decimals}"))
}

/// The properties of an alarm that has no fault. `None` if it has one.
pub(super) fn properties(
    alarm: &AlarmConfig,
    platform: ComputePlatform,
    deployed: &str,
) -> Option<Yaml> {
    let source = Source::of(platform);
    let evaluated = evaluated(alarm, &source).ok()?;
    let dimensions = || dimensions(alarm, platform, deployed);
    let (mut name, mut statistic, mut percentile, mut metrics) = (None, None, None, None);
    match evaluated {
        Evaluated::Metric(metric, of) => (name, statistic) = (Some(metric), Some(of.into())),
        Evaluated::Percentile(metric, of) => (name, percentile) = (Some(metric), Some(of.into())),
        Evaluated::Formula(formula) => {
            let counted = |id: &'static str, metric: &'static str| {
                let of = Yaml::Map(vec![
                    ("Namespace", source.namespace.into()),
                    ("MetricName", metric.into()),
                    ("Dimensions", dimensions()),
                ]);
                let statistic = Yaml::Map(vec![
                    ("Metric", of),
                    ("Period", alarm.period_seconds.into()),
                    ("Stat", "Sum".into()),
                ]);
                Yaml::Map(vec![
                    ("Id", id.into()),
                    ("MetricStat", statistic),
                    ("ReturnData", false.into()),
                ])
            };
            let mut list = Vec::new();
            for (id, metric) in [("errors", source.errors), ("requests", source.requests)] {
                if formula.contains(id) {
                    list.push(counted(id, metric));
                }
            }
            list.push(Yaml::Map(vec![
                ("Id", "value".into()),
                ("Expression", formula.into()),
                ("ReturnData", true.into()),
            ]));
            metrics = Some(Yaml::List(list));
        }
    }
    let is_single = metrics.is_none();
    let operator = match alarm.comparison_operator {
        Comparison::Above => "GreaterThanThreshold",
        Comparison::AtLeast => "GreaterThanOrEqualToThreshold",
        Comparison::Below => "LessThanThreshold",
        Comparison::AtMost => "LessThanOrEqualToThreshold",
    };
    let missing = match alarm.treat_missing_data {
        TreatMissingData::Missing => "missing",
        TreatMissingData::Ignore => "ignore",
        TreatMissingData::Breaching => "breaching",
        TreatMissingData::NotBreaching => "notBreaching",
    };
    Some(Yaml::map([
        ("Namespace", is_single.then(|| source.namespace.into())),
        ("MetricName", name.map(Yaml::from)),
        ("Dimensions", is_single.then(dimensions)),
        ("Statistic", statistic),
        ("ExtendedStatistic", percentile),
        ("Period", is_single.then(|| alarm.period_seconds.into())),
        ("Metrics", metrics),
        ("ComparisonOperator", Some(operator.into())),
        ("Threshold", Some(alarm.threshold.into())),
        ("EvaluationPeriods", Some(alarm.evaluation_periods.into())),
        ("DatapointsToAlarm", Some(alarm.datapoints_to_alarm.into())),
        ("TreatMissingData", Some(missing.into())),
    ]))
}

/// The dimensions of what is deployed: of its alias, and of the new version alone.
fn dimensions(alarm: &AlarmConfig, platform: ComputePlatform, deployed: &str) -> Yaml {
    let dimension = |name: &str, value| Yaml::Map(vec![("Name", name.into()), ("Value", value)]);
    let reference = |name: &str| Yaml::Map(vec![("Ref", name.into())]);
    match platform {
        ComputePlatform::Lambda => {
            let alias = Yaml::Map(vec![("Fn::Sub", format!("${{{deployed}}}:live").into())]);
            let mut all =
                vec![dimension("FunctionName", reference(deployed)), dimension("Resource", alias)];
            if alarm.of == Population::Canary {
                let version = vec![format!("{deployed}.Version").into(), "Version".into()];
                let version = Yaml::Map(vec![("Fn::GetAtt", Yaml::List(version))]);
                all.push(dimension("ExecutedVersion", version));
            }
            Yaml::List(all)
        }
        ComputePlatform::StepFunctions => {
            Yaml::List(vec![dimension("StateMachineArn", reference(deployed))])
        }
        ComputePlatform::Ecs | ComputePlatform::Server => {
            Yaml::List(vec![dimension("LoadBalancer", reference("LoadBalancer"))])
        }
    }
}
