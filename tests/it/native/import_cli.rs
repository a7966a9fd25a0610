//! Files of other programs on the command line, as a person or a pipeline gives them.

use canary_rollout::config::Config;

use super::program::{Output, run_with};

const ROLLOUT: &str = "examples/controllers/rollout.yaml";
const ANALYSIS: &str = "examples/controllers/analysis.yaml";

/// What the program writes to standard output and to standard error, and its exit status.
fn run(arguments: &[&str], input: &[u8]) -> (String, String, i32) {
    let Output { status, stdout, stderr } = run_with(arguments, input);
    (stdout, stderr, status)
}

#[test]
fn an_import_prints_a_configuration_and_what_was_understood() {
    let (config, said, status) = run(&["import", ROLLOUT, ANALYSIS], b"");
    assert_eq!(status, 0, "{said}");
    assert_eq!(Config::from_text(&config).unwrap().name(), "checkout");
    for line in [
        "canary-rollout: Argo Rollout checkout\n",
        "examples/controllers/rollout.yaml:35:11: read: spec.strategy.canary.steps[0].setWeight: \
         the canary gets 20 % of the traffic\n",
        "canary-rollout: --bind 'success-rate=success_rate of canary over 1m': ",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    assert_eq!(run(&["import", "-q", ROLLOUT, ANALYSIS], b""), (config, String::new(), 0));
}

/// A Rollout in several files, in one stream and from standard input is the same.
#[test]
fn run_and_study_read_files_of_other_programs() {
    let [rollout, analysis] =
        [ROLLOUT, ANALYSIS].map(|name| std::fs::read_to_string(name).unwrap());
    let (config, ..) = run(&["import", "-q", ROLLOUT, ANALYSIS], b"");
    let from_config = run(&["run", "-q", "-"], config.as_bytes());
    assert_eq!(from_config.2, 0, "{}", from_config.1);
    assert_eq!(run(&["run", "-q", ROLLOUT, ANALYSIS], b""), from_config);
    let both = format!("{rollout}---\n{analysis}");
    assert_eq!(run(&["run", "-q", "-"], both.as_bytes()), from_config);
    let arguments = ["study", "-q", "--runs", "20", ROLLOUT, ANALYSIS];
    let (_, said, status) = run(&arguments, b"");
    assert_eq!((said.as_str(), status), ("", 0));
}

#[test]
fn validate_reads_files_that_belong_together() {
    let (valid, said, status) = run(&["validate", ROLLOUT, "default", ANALYSIS], b"");
    assert_eq!(status, 0, "{said}");
    assert_eq!(valid, format!("default: valid\n{ROLLOUT}: valid\n{ANALYSIS}: valid\n"));
    assert!(said.contains("examples/controllers/analysis.yaml:12:7: read: "), "{said}");
}

#[test]
fn a_wrong_use_is_a_sentence_that_helps() {
    for (arguments, input, message) in [
        (
            &["run", "default", "opening"][..],
            &b""[..],
            "canary-rollout: opening: a second configuration, expected one; several files are read \
             together if one of them is a Rollout of Argo, a Canary of Flagger or another file that \
             an import reads\n",
        ),
        (
            &["run", "default", "--bind", "a=nothing"],
            b"",
            "canary-rollout: --bind: default is a configuration, which needs no import\n",
        ),
        (
            &["import", ANALYSIS],
            b"",
            "canary-rollout: examples/controllers/analysis.yaml:1:1: this is an Argo \
             AnalysisTemplate: it says how to measure, not what follows; give the Rollout that names \
             it, too\n",
        ),
        (
            &["import", ROLLOUT, ANALYSIS, "--bind", "success=error_rate"],
            b"",
            "canary-rollout: bind success: no metric has this name, expected \"success-rate\"\n",
        ),
        (
            &["import", ROLLOUT, "--bind", "nothing"],
            b"",
            "canary-rollout: --bind: found \"nothing\", expected METRIC=MEASURES\n",
        ),
        (
            &["import", "-"],
            b"kind: Rollout\nname: caf\xe9\n",
            "canary-rollout: -: byte 23 is not UTF-8\n",
        ),
    ] {
        let (output, said, status) = run(arguments, input);
        assert_eq!((output.as_str(), said.as_str(), status), ("", message, 2), "{arguments:?}");
    }
}
