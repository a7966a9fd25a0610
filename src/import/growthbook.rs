//! A ramp schedule of GrowthBook, as its REST API has it.
//!
//! GrowthBook's own names: `packages/shared/src/validators/ramp-schedule.ts`.

use serde_json::{Map, Value, json};

use super::configuration::Imported;
use super::detect::Kind;
use super::document::{Field, Files};
use super::named;
use super::query::{Guess, Language, Measures, Metric, Of, Quantity};
use crate::duration::written;
use crate::json::plain;
use crate::message::quoted;

const CONTROLLER: &str = "controller.growthbook";
/// Seconds between two snapshots where the file says nothing.
const USUAL_REFRESH: f64 = 21_600.0;
/// Why a metric is taken as the errors where its id is all there is.
const SAYS_NOTHING: &str = "the file says nothing else of";

/// `None` if there is no ramp schedule, or after a fault.
pub(super) fn import(files: &Files<'_>) -> Option<Imported> {
    let document = files.only(Kind::GrowthBook)?;
    let root = &document.root;
    let ramp = root.get("rampSchedule").unwrap_or_else(|| root.clone());
    if root.has("safeRollout") || root.has("rampUpSchedule") {
        root.fault(
            "a safe rollout of the first generation, which is not read; expected a ramp schedule \
             with steps and a monitoringConfig",
        );
        return None;
    }
    let name = ramp.get("name").and_then(|name| name.text()).unwrap_or_default();
    let mut controller = Map::new();
    if !name.is_empty() {
        controller.insert("name".into(), json!(name));
    }
    let (steps, plan_seconds) = steps(&ramp)?;
    controller.insert("steps".into(), Value::Array(steps));
    let monitoring = ramp.require("monitoringConfig", "the guardrails of the ramp")?;
    monitored(&monitoring, &mut controller);
    if let Some(field) = ramp.get("experimentHealthAction")
        && !controller.contains_key("srm_action")
        && let Some(action) = field.text()
    {
        controller.insert("srm_action".into(), json!(action));
    }
    if let Some(field) = ramp.get("requiresStartApproval")
        && field.boolean() == Some(true)
    {
        field.not_modelled("the ramp begins at once");
    }
    if let Some(field) = ramp.get("cutoffDate") {
        field.not_modelled("the ramp does not end before its last step");
    }
    if let Some(field) = ramp.get("startDate") {
        field.ignored("the ramp begins with the first tick");
    }
    if let Some(end) = ramp.get("endActions") {
        let last = coverage(&end);
        end.whole();
        if let Some(last) = last
            && last < 1.0
        {
            end.not_modelled(format!(
                "after the last step the new version gets all traffic, not {} %",
                plain(last * 100.0)
            ));
        }
    }
    Some(Imported {
        kind: "growthbook",
        title: format!("GrowthBook ramp {}", named(&name)),
        name,
        controller,
        seconds: Vec::new(),
        plan_seconds,
    })
}

/// The coverage that actions set, if they set one.
fn coverage(actions: &Field<'_>) -> Option<f64> {
    let patches = actions.items().into_iter().filter_map(|action| action.at("patch.coverage"));
    patches.filter_map(|field| field.number()).last()
}

/// The steps, and about how long they take in seconds.
fn steps(ramp: &Field<'_>) -> Option<(Vec<Value>, f64)> {
    let list = ramp.require("steps", "the steps of the ramp")?;
    let (mut steps, mut seconds) = (Vec::new(), 0.0);
    // A step without a coverage keeps that of the step before.
    let mut share = None;
    for step in list.items() {
        let path = format!("{CONTROLLER}.steps[{}]", steps.len());
        step.becomes(&path);
        let own = step.get("coverage").and_then(|field| field.number());
        let actions = step.get("actions");
        share = own.or(actions.as_ref().and_then(coverage)).or(share);
        if let Some(actions) = &actions {
            actions.whole();
        }
        let Some(share) = share else {
            step.fault("has no coverage, expected actions with a patch that has one");
            continue;
        };
        // Written in decimals: 0.07 · 100 is not 7.
        let percent = (share * 1e8).round() / 1e6;
        let mut keys = Map::from_iter([("coverage_pct".to_string(), json!(percent))]);
        let mut words = format!("{} % of the users", plain(percent));
        if let Some(interval) = step.get("interval").and_then(|field| field.number()) {
            keys.insert("interval_seconds".into(), json!(interval));
            words += &format!(", for at least {}", written(interval));
            seconds += interval;
        }
        let monitored = step.get("monitored").and_then(|field| field.boolean()).unwrap_or(false);
        keys.insert("monitored".into(), json!(monitored));
        words += if monitored { ", monitored" } else { ", not monitored" };
        if let Some(hold) = step.get("holdConditions") {
            if let Some(users) = hold.get("minSampleSize").and_then(|field| field.number()) {
                if monitored {
                    keys.insert("min_sample_size".into(), json!(users));
                    words += &format!(", until {} users", plain(users));
                } else {
                    hold.warn("minSampleSize has no effect in a step that is not monitored");
                }
            }
            if hold.get("requiresApproval").and_then(|field| field.boolean()) == Some(true) {
                keys.insert("requires_approval".into(), json!(true));
                words += ", until a person approves";
            }
        }
        if let Some(notes) = step.get("approvalNotes") {
            notes.ignored("words for people");
        }
        step.read(words);
        steps.push(Value::Object(keys));
    }
    Some((steps, seconds))
}

/// What is monitored.
fn monitored(monitoring: &Field<'_>, controller: &mut Map<String, Value>) {
    for (theirs, ours) in [("guardrailMetricIds", "guardrails"), ("signalMetricIds", "signals")] {
        let mut metrics = Vec::new();
        for id in monitoring.get(theirs).iter().flat_map(Field::items) {
            let Some(name) = id.text() else { continue };
            let guess = guess(&name);
            let measures = id.log().bind(&name, &guess);
            match measures.quantity {
                Quantity::ErrorRate | Quantity::Errors | Quantity::SuccessRate => {
                    id.guessed(format!("the errors, because {}", guess.why));
                    if guess.why.starts_with(SAYS_NOTHING) && measures == guess.measures {
                        id.warn(format!(
                            "the file does not say what {} is: it is taken as the errors; \
                             `--bind {name}=nothing` leaves it out",
                            quoted(&name)
                        ));
                    }
                    metrics.push(json!({ "name": name }));
                }
                _ => id.not_modelled(
                    "only guardrails on errors are simulated, so this one is never lost",
                ),
            }
        }
        if ours == "guardrails" && metrics.is_empty() {
            monitoring.fault(
                "no guardrail is on errors, expected one; `--bind ID=error_rate` says which is",
            );
        }
        if !metrics.is_empty() {
            controller.insert(ours.into(), Value::Array(metrics));
        }
    }
    let refresh = monitoring.get("updateScheduleMinutes").and_then(|field| {
        let seconds = field.number()? * 60.0;
        field.read(format!("a snapshot each {}", written(seconds)));
        field.becomes(format!("{CONTROLLER}.refresh_seconds"));
        Some(seconds)
    });
    if refresh.is_none() {
        monitoring.log().assume(format!(
            "the file does not say how often results are refreshed: every {}",
            written(USUAL_REFRESH)
        ));
    }
    controller.insert("refresh_seconds".into(), json!(refresh.unwrap_or(USUAL_REFRESH)));
    for (theirs, ours) in [("srmAction", "srm_action"), ("noTrafficAction", "no_traffic_action")] {
        if let Some(field) = monitoring.get(theirs)
            && let Some(action) = field.text()
        {
            field.becomes(format!("{CONTROLLER}.{ours}"));
            controller.insert(ours.into(), json!(action));
        }
    }
    if let Some(field) = monitoring.get("noTrafficGracePeriodHours")
        && let Some(hours) = field.number()
    {
        controller.insert("no_traffic_grace_seconds".into(), json!(hours * 3_600.0));
    }
    if let Some(field) = monitoring.get("multipleExposureAction") {
        field.ignored("no user sees both versions here");
    }
    for key in ["datasourceId", "exposureQueryId", "autoUpdate", "monitoringMode"] {
        if let Some(field) = monitoring.get(key) {
            match field.node().view() {
                crate::reading::View::Text("manual") => {
                    field.not_modelled("the results are refreshed by the schedule");
                }
                _ => field.ignored("where results come from"),
            }
        }
    }
}

/// What a metric probably measures, from its id: the file has no more.
fn guess(id: &str) -> Guess {
    let name = id.trim_start_matches("met_").trim_start_matches("fact__").replace('_', " ");
    let asked = Metric {
        name: &name,
        text: "",
        parts: &[],
        language: Language::Other,
        default_window: None,
        limits: &[],
    };
    let mut guess = asked.guess();
    if guess.measures.quantity == Quantity::Nothing {
        let why = format!("{SAYS_NOTHING} {}", quoted(id));
        guess = Guess { measures: Measures::new(Quantity::ErrorRate), why };
    }
    guess.measures.of = Of::Canary;
    guess
}
