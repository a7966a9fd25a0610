//! Files of other programs, made into configurations: the framework and Argo's files.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::config::Config;
use canary_rollout::import::{
    Import, ImportError, MAX_IMPORT_BYTES, Options, Source, Understood, import, is_foreign,
};
use serde_json::{Value, json};

const ROLLOUT: &str = "\
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: checkout}
spec:
  replicas: 10
  minReadySeconds: 20
  strategy:
    canary:
      maxSurge: 25%
      trafficRouting: {nginx: {stableIngress: checkout}}
      analysis:
        startingStep: 1
        templates: [{templateName: success-rate}]
        args:
        - {name: service, value: checkout-canary}
        - {name: limit, value: \"0.99\"}
      steps:
      - setWeight: 5
      - pause: {duration: 5m}
      - setWeight: 50
      - pause: {}
";
const TEMPLATE: &str = r#"
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: success-rate}
spec:
  args:
  - name: service
  - name: limit
  metrics:
  - name: success-rate
    interval: 30s
    initialDelay: 1m
    successCondition: result[0] >= {{args.limit}}
    failureLimit: 2
    provider:
      prometheus:
        query: |
          sum(rate(http_requests_total{service="{{args.service}}",code!~"5.."}[2m]))
          / sum(rate(http_requests_total{service="{{args.service}}"}[2m]))
"#;

fn of(texts: &[&str], options: &Options) -> Result<Import, ImportError> {
    let names: Vec<String> = (0..texts.len()).map(|i| format!("{i}.yaml")).collect();
    let sources = names.iter().zip(texts).map(|(name, text)| Source { name, text });
    import(&sources.collect::<Vec<_>>(), options)
}

#[track_caller]
fn imported(texts: &[&str]) -> Import {
    of(texts, &Options::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// The controller's part of the configuration that files give.
#[track_caller]
fn argo(texts: &[&str]) -> Value {
    let config: Value = serde_json::from_str(&imported(texts).config).unwrap();
    config["controller"]["argo"].clone()
}

#[track_caller]
fn refused(texts: &[&str]) -> String {
    of(texts, &Options::default()).unwrap_err().to_string()
}

/// A canary with these lines, indented by six, and these steps.
fn canary(lines: &str, steps: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nspec:\n  replicas: 10\n  strategy:\n    \
         canary:\n{lines}      steps:\n{steps}"
    )
}

#[test]
fn a_rollout_and_its_template_are_joined() {
    let both = format!("{ROLLOUT}---{TEMPLATE}");
    let import = imported(&[ROLLOUT, TEMPLATE]);
    assert_eq!(import.kind, "argo");
    assert_eq!(import.title, "Argo Rollout checkout");
    assert_eq!(imported(&[&both]).config, import.config);
    let config = Config::from_text(&import.config).unwrap();
    assert_eq!(config.name(), "checkout");
    assert_eq!(config.world().tick_seconds, 10);
    assert_eq!(
        argo(&[ROLLOUT, TEMPLATE]),
        json!({
            "replicas": 10,
            "max_surge": 3,
            "max_unavailable": 2,
            "ready_seconds": 20,
            "traffic_routing": {
                "max_weight": 100, "dynamic_stable_scale": false, "min_pods_per_replica_set": 0
            },
            "progress_deadline_seconds": 600,
            "progress_deadline_abort": false,
            "steps": [
                { "set_weight": 5 },
                { "pause": { "duration_seconds": 300 } },
                { "set_weight": 50 },
                { "pause": {} },
            ],
            "background": {
                "starting_step": 1,
                "metrics": [{
                    "name": "success-rate",
                    "measures": "success_rate",
                    "window_seconds": 120,
                    "no_data": "empty",
                    "success_condition": "result[0] >= 0.99",
                    "interval_seconds": 30,
                    "initial_delay_seconds": 60,
                    "failure_limit": 2,
                    "consecutive_error_limit": 4,
                }],
            },
        })
    );
}

#[test]
fn each_place_says_how_it_was_understood() {
    let import = imported(&[ROLLOUT, TEMPLATE]);
    let said = |path: &str| {
        let note = import.notes.iter().find(|note| note.path == path).unwrap();
        (note.file, note.line, note.understood, note.meaning.as_str())
    };
    use Understood::{Guessed, Ignored, Read};
    assert_eq!(said("spec.replicas"), (0, 5, Read, "10 pods"));
    assert_eq!(
        said("spec.strategy.canary.steps[1].pause.duration"),
        (0, 19, Read, "waits 5m, then goes on")
    );
    assert_eq!(
        said("spec.strategy.canary.steps[3].pause"),
        (0, 21, Read, "waits until a person promotes")
    );
    assert_eq!(said("metadata"), (0, 3, Ignored, "names and labels"));
    assert_eq!(
        said("spec.metrics[0].provider.prometheus.query"),
        (
            1,
            17,
            Guessed,
            "success_rate of canary over 2m, because the query divides responses that are not \
             errors by all responses"
        )
    );
    let [binding] = import.bindings.as_slice() else { panic!("{:?}", import.bindings) };
    assert_eq!(binding.metric, "success-rate");
    assert_eq!(binding.measures, "success_rate of canary over 2m");
    assert!(binding.guessed);
    assert!(binding.choices.contains(&"error_rate of canary over 2m".to_string()));
    assert!(import.warnings.is_empty(), "{:?}", import.warnings);
}

/// What nobody asked for stands in one line.
#[test]
fn what_has_no_effect_is_one_line() {
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: checkout}\n";
    let lines = "      stableService: a\n      canaryService: b\n";
    let rollout = canary(lines, "      - pause: {}\n");
    assert_eq!(
        imported(&[&rollout, service]).ignored,
        "without effect on the traffic and its verdicts: spec.strategy.canary.stableService, \
         spec.strategy.canary.canaryService, a Kubernetes Service"
    );
}

#[test]
fn a_binding_corrects_a_guess() {
    let with = |measures: &str| Options {
        bind: [("success-rate".to_string(), measures.to_string())].into(),
        ..Options::default()
    };
    for (measures, key, expected) in [
        ("error_rate", "measures", json!("error_rate")),
        ("success_rate of service", "of", json!("service")),
        ("success_rate over 5m", "window_seconds", json!(300)),
        ("success_rate times 100", "scale", json!(100)),
        ("success_rate else 1", "no_data", json!({ "value": 1 })),
        ("latency p95 in s", "scale", json!(0.001)),
        ("latency p95 in s", "quantile", json!(0.95)),
        ("nothing", "measures", json!("nothing")),
        ("fails", "failure_condition", json!("true")),
    ] {
        let import = of(&[ROLLOUT, TEMPLATE], &with(measures)).unwrap();
        let config: Value = serde_json::from_str(&import.config).unwrap();
        let metric = &config["controller"]["argo"]["background"]["metrics"][0];
        assert_eq!(metric[key], expected, "{measures}");
        assert!(!import.bindings[0].guessed);
    }
    for (name, measures, message) in [
        (
            "success-rat",
            "nothing",
            "bind success-rat: no metric has this name; did you mean \"success-rate\"?",
        ),
        (
            "success-rate",
            "everything",
            "bind success-rate: found \"everything\", expected one of success_rate, error_rate, latency, requests, errors, requests_per_second, errors_per_second, error_rate_difference, error_rate_ratio, latency_difference, latency_ratio, nothing, fails",
        ),
    ] {
        let options =
            Options { bind: [(name.into(), measures.into())].into(), ..Options::default() };
        let error = of(&[ROLLOUT, TEMPLATE], &options).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

/// Of two Rollouts one is chosen by its name.
#[test]
fn one_of_two_rollouts_is_read() {
    let other = ROLLOUT.replace("checkout}\nspec", "cart}\nspec");
    let texts = [ROLLOUT, &other, TEMPLATE];
    assert_eq!(
        refused(&texts),
        "1.yaml: an Argo Rollout is the second of 2 in these files (\"checkout\", \"cart\"), \
         expected one; say which by its name at line 1 column 1"
    );
    let options = Options { name: Some("cart".into()), ..Options::default() };
    assert_eq!(of(&texts, &options).unwrap().title, "Argo Rollout cart");
}

/// The three forms of a pause, and a number of pods that is a string.
#[test]
fn numbers_and_strings_differ() {
    for (duration, seconds) in
        [("5", 5), ("\"5\"", 5), ("5s", 5), ("1h30m", 5_400), ("\"90\"", 90), ("1.5s", 1), ("0", 0)]
    {
        let text = canary("", &format!("      - pause: {{duration: {duration}}}\n"));
        assert_eq!(
            argo(&[&text])["steps"],
            json!([{ "pause": { "duration_seconds": seconds } }]),
            "{duration}"
        );
    }
    for (surge, pods, warns) in
        [("3", 3, false), ("\"3\"", 1, true), ("30%", 3, false), ("\"25%\"", 3, false)]
    {
        let text = canary(&format!("      maxSurge: {surge}\n"), "      - pause: {}\n");
        assert_eq!(argo(&[&text])["max_surge"], json!(pods), "{surge}");
        let warnings = imported(&[&text]).warnings;
        assert_eq!(warnings.iter().any(|one| one.problem.path.ends_with("maxSurge")), warns);
    }
}

/// What a person would do wrong, and the sentence that helps.
#[test]
fn a_fault_is_a_sentence_that_helps() {
    let bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_string()
        + &('b'..='i')
            .map(|c| {
                let before = char::from(c as u8 - 1);
                format!("{c}: &{c} [{}]\n", vec![format!("*{before}"); 10].join(", "))
            })
            .collect::<String>();
    let pause = |text: &str| canary("", &format!("      - pause: {text}\n"));
    let no_value = ROLLOUT.replace("        - {name: limit, value: \"0.99\"}\n", "");
    for (texts, message) in [
        (
            vec!["apiVersion: apps/v1\nkind: Deployment\n"],
            "0.yaml: this is a Kubernetes Deployment: its rolling update replaces pods as they \
             become ready and judges nothing; give an Argo Rollout or a Flagger Canary for it at \
             line 1 column 1",
        ),
        (
            vec![TEMPLATE],
            "0.yaml: this is an Argo AnalysisTemplate: it says how to measure, not what follows; \
             give the Rollout that names it, too at line 2 column 1",
        ),
        (
            vec!["kind: Rollout\nmetadata:\n  name: {{ .Release.Name }}\n"],
            "0.yaml: metadata.name: this is a template of Helm, which is not YAML before it is \
             rendered; read what `helm template` or `kubectl get -o yaml` writes at line 3 column \
             10",
        ),
        (
            vec!["kind: Rollout\nmetadata:\n  name: \"{{ .Values.name }}\"\n"],
            "0.yaml: this is a template of Helm, which is not YAML before it is rendered; read \
             what `helm template` or `kubectl get -o yaml` writes at line 3 column 1",
        ),
        (
            vec![&no_value, TEMPLATE],
            "1.yaml: spec.args[1]: the argument \"limit\" has no value: give it one here, or \
             under args of the Rollout’s analysis at line 8 column 5",
        ),
        (
            vec![&pause("{duration: 1d}")],
            "0.yaml: spec.strategy.canary.steps[0].pause.duration: found \"1d\", expected \
             seconds, or a duration with units such as \"5m\" or \"1h30m\" (h, m, s; no days) at \
             line 8 column 17",
        ),
        (
            vec![&pause("")],
            "0.yaml: spec.strategy.canary.steps[0]: pause has no value, which Argo reads as no \
             step; write `pause: {}` at line 8 column 9",
        ),
        (
            vec![&canary("", "      - setWeight: 150\n")],
            "0.yaml: spec.strategy.canary.steps[0].setWeight: found 150, expected a whole number \
             from 0 to 100 at line 8 column 9",
        ),
        (
            vec![&canary("      steps: []\n", "      - pause: {}\n")],
            "0.yaml: spec.strategy.canary.steps: this key is given twice at line 8 column 7",
        ),
        (vec![&bomb], "0.yaml: e: more than 200,000 values, the limit at line 5 column 46"),
        (
            vec!["a: *b\n"],
            "0.yaml: an alias (`*`) of an anchor that the text before it does not have at line 1 column 4",
        ),
        (vec!["---\n# nothing\n"], "the files are empty, expected at least one document"),
        (
            vec!["stages: [{traffic_pct: 5}]\n"],
            "0.yaml: this is a configuration of this program: it is read as it is, without an import at line 1 column 1",
        ),
    ] {
        assert_eq!(refused(&texts), message, "{}", texts[0]);
    }
    let long = format!("# {}\n", "x".repeat(MAX_IMPORT_BYTES));
    assert_eq!(refused(&[&long]), "the files have 4,194,307 bytes or more, the limit is 4,194,304");
}

/// What matters and is not simulated, and what is probably a mistake.
#[test]
fn what_matters_is_a_warning() {
    let metric = |lines: &str| {
        let template = format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {{name: t}}\nspec:\n  \
             metrics:\n  - name: success-rate\n{lines}"
        );
        let step = "      - analysis: {templates: [{templateName: t}]}\n";
        format!("{}---\n{template}", canary("", step))
    };
    let query = "    provider: {prometheus: {query: 'sum(rate(r_requests{code!~\"5..\"}[1m])) / sum(rate(r_requests[1m]))'}}\n";
    for (text, warning) in [
        (
            canary("", "      - analysis: {templates: [{templateName: missing}]}\n"),
            "the AnalysisTemplate \"missing\" is not in these files, so this analysis is taken to \
             succeed at once; give its file, too",
        ),
        (
            canary("", "      - plugin: {name: mine}\n"),
            "the plugin \"mine\" is taken to succeed at once",
        ),
        (
            canary("      maxSurg: 1\n", "      - pause: {}\n"),
            "unknown field; did you mean \"maxSurge\"?",
        ),
        (
            canary("", "      - setWeight: 20\n"),
            "nothing follows this weight: as soon as its pods are ready, the canary gets all traffic",
        ),
        (
            metric(&format!("    successCondition: results[0] > 0.9\n{query}")),
            "Argo cannot evaluate this (unknown name \"results\", did you mean `result`? at \
             column 1): every measurement is an error, and the fifth in a row aborts",
        ),
        (
            metric(&format!("    successCondition: result > 0.9\n{query}")),
            "every measurement is an error, for \"result > 0.9\" does not fit the result; the \
             result is a list here: write result[0]",
        ),
        (
            metric(&format!("    successCondition: result[0] > 95\n{query}")),
            "the query gives a share from 0 to 1, and the condition compares with 95",
        ),
        (
            metric(
                "    successCondition: result == 'ok'\n    provider: {web: {url: 'http://x'}}\n",
            ),
            "nothing of this metric is simulated (the metric’s name says so), so every \
             measurement succeeds; bind it to say what it measures",
        ),
        (
            metric("    provider: {job: {spec: {}}}\n"),
            "nothing of this metric is simulated (a job is run, whose result the file does not \
             tell), so every measurement succeeds; bind it to say what it measures",
        ),
    ] {
        let warnings = imported(&[&text]).warnings;
        let messages: Vec<&str> = warnings.iter().map(|one| one.problem.message.as_str()).collect();
        assert_eq!(messages, [warning], "{text}");
    }
}

/// A configuration among the files gives the world and the release.
#[test]
fn a_world_of_ones_own_stays() {
    let world = "traffic: {requests_per_second: 20}\nbaseline: {error_rate: 0.02}\ncanary: {error_ratio: 3}\n";
    let import = imported(&[ROLLOUT, TEMPLATE, world]);
    let config = Config::from_text(&import.config).unwrap();
    assert_eq!(config.world().traffic.requests_per_second, 20.0);
    assert_eq!(config.world().baseline.error_rate, 0.02);
    assert_eq!(config.release().error_ratio, 3.0);
    let options = Options { base: Some(world.to_string()), ..Options::default() };
    assert_eq!(of(&[ROLLOUT, TEMPLATE], &options).unwrap().config, import.config);
    assert_eq!(
        refused(&[ROLLOUT, TEMPLATE, "traffic: {rps: 20}\n"]).split(", expected").next(),
        Some("2.yaml: traffic.rps: unknown field `rps`")
    );
}

/// The limits of the file hold for the stable version that is assumed.
#[test]
fn the_assumed_world_holds_the_limits() {
    for (limit, error_rate) in [("0.95", 0.001), ("0.999", 0.0001), ("0.99999", 0.000001)] {
        let rollout = ROLLOUT.replace("0.99", limit);
        let config = Config::from_text(&imported(&[&rollout, TEMPLATE]).config).unwrap();
        assert_eq!(config.world().baseline.error_rate, error_rate, "{limit}");
    }
}

/// Anchors, merge keys, lists of kubectl, and what Go’s parser reads and YAML 1.2 does
/// not.
#[test]
fn yaml_as_people_write_it() {
    let plain = canary("", "      - pause: {duration: 30}\n      - pause: {duration: 30}\n");
    let anchors = canary("", "      - &wait {pause: &p {duration: 30}}\n      - <<: *wait\n");
    let list =
        format!("apiVersion: v1\nkind: List\nitems:\n- {}", plain.trim_end().replace('\n', "\n  "));
    let brackets = plain.replace("  replicas: 10\n", "  replicas: 10\n  rollbackWindow: {\n  }\n");
    let numbers = plain.replace("  replicas: 10\n", "  replicas: 10\n  restartAt: 012345\n");
    let tags = plain.replace("  replicas: 10\n", "  replicas: !Mine 10\n");
    for text in [&anchors, &list, &brackets, &numbers, &tags] {
        assert_eq!(argo(&[text]), argo(&[&plain]), "{text}");
    }
}

#[test]
fn a_blue_green_rollout_is_read() {
    let text = "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nspec:\n  replicas: 2\n  strategy:\n    \
                blueGreen:\n      activeService: a\n      autoPromotionEnabled: false\n      \
                autoPromotionSeconds: 600\n      scaleDownDelaySeconds: 60\n      \
                prePromotionAnalysis: {templates: [{templateName: smoke}]}\n";
    let blue_green = argo(&[text])["blue_green"].clone();
    assert_eq!(blue_green["auto_promotion"], json!(false));
    assert_eq!(blue_green["auto_promotion_seconds"], json!(600));
    assert_eq!(blue_green["scale_down_delay_seconds"], json!(60));
    assert_eq!(blue_green["pre_promotion"]["metrics"][0]["measures"], json!("nothing"));
}

#[test]
fn a_text_of_another_program_is_recognized() {
    for (text, foreign) in [
        (ROLLOUT, true),
        ("apiVersion: v1\nkind: Service\n", true),
        ("kind: Rollout\napiVersion: argoproj.io/v1alpha1\nx: {{ .Values.x }}\n", true),
        (r#"{"deploymentConfigName": "x", "trafficRoutingConfig": {}}"#, true),
        ("Canary10Percent5Minutes", true),
        ("stages: [{traffic_pct: 5}]", false),
        ("traffic: {requests_per_second: 5}", false),
        ("hello", false),
        ("{", false),
        ("", false),
    ] {
        assert_eq!(is_foreign(text), foreign, "{text}");
    }
}
