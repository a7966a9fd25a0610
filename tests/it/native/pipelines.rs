//! The gate's output for pipelines, read as they read it; and the examples of pipelines.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use pulldown_cmark::{Event, Options, Parser, Tag};
use quick_xml::Reader;
use quick_xml::events::Event as Xml;
use saphyr_parser::{Event as Yaml, Parser as YamlParser};
use serde_json::{Map, Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_canary-rollout");
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A folder that is removed when the value is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("canary-rollout-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A name that would be markup everywhere, steer a terminal, or not be XML at all.
const HOSTILE: &str =
    "a|b <b>&amp;]]>\"'`x``y` [z](https://evil.example) *e* ![i](j)\n# h\u{1b}[2J\u{202e}\u{ffff}é";

fn hostile_study(folder: &Folder, arguments: &[&str]) -> Output {
    let policy = folder.0.join("p|<i>`[q](www.evil.example)`.json");
    fs::write(&policy, json!({ "rules": [] }).to_string()).unwrap();
    let config = json!({
        "name": HOSTILE, "canary": { "error_ratio": 5 },
        "stages": [{ "traffic_pct": 10, "pause": "manual" }], "rules": [],
    });
    fs::write(folder.0.join("config.json"), config.to_string()).unwrap();
    let of_policy = format!("waiting(policy={:?})>=0.9", policy.file_name().unwrap());
    Command::new(PROGRAM)
        .current_dir(&folder.0)
        .args(["study", "config.json", "-q", "--require", &of_policy])
        .args(["--require", "waiting<=0.1", "--require", "caught(error_ratio=3)>=0.9"])
        .args(arguments)
        .output()
        .unwrap()
}

/// An element: its name, its attributes and its text.
type Element = (String, Vec<(String, String)>, String);

/// The elements of a text of XML.
fn elements(xml: &str) -> Vec<Element> {
    let mut reader = Reader::from_str(xml);
    let (mut path, mut found): (Vec<usize>, Vec<Element>) = Default::default();
    loop {
        match reader.read_event().unwrap() {
            Xml::Start(start) => {
                let attribute = |a: Result<quick_xml::events::attributes::Attribute<'_>, _>| {
                    let a = a.unwrap();
                    let key = a.key.as_ref().to_string();
                    (key, quick_xml::escape::unescape(&a.value).unwrap().into_owned())
                };
                let name = start.name().as_ref().to_string();
                path.push(found.len());
                found.push((name, start.attributes().map(attribute).collect(), String::new()));
            }
            Xml::End(_) => drop(path.pop()),
            Xml::Text(text) => {
                if let Some(&at) = path.last() {
                    found[at].2 += &*text;
                }
            }
            Xml::GeneralRef(reference) => {
                let entity = format!("&{};", &*reference);
                let at = *path.last().unwrap();
                found[at].2 += &quick_xml::escape::unescape(&entity).unwrap();
            }
            Xml::Eof => return found,
            _ => {}
        }
    }
}

#[test]
fn junit_is_read_whatever_the_names() {
    let folder = Folder::new("junit");
    let output = hostile_study(&folder, &["--format", "junit"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let xml = String::from_utf8(output.stdout).unwrap();
    assert!(xml.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites "), "{xml}");
    let is_char = |c: char| c == '\n' || (c >= ' ' && !['\u{fffe}', '\u{ffff}'].contains(&c));
    assert!(xml.chars().all(is_char), "{xml:?}");
    let found = elements(&xml);
    let names: Vec<&str> = found.iter().map(|(name, ..)| name.as_str()).collect();
    let expected = [
        "testsuites",
        "testsuite",
        "testcase",
        "system-out",
        "testcase",
        "failure",
        "testcase",
        "error",
    ];
    assert_eq!(names, expected);
    let attribute = |at: usize, key: &str| -> &str {
        &found[at].1.iter().find(|(known, _)| known == key).unwrap().1
    };
    for at in [0, 1] {
        assert_eq!(
            [attribute(at, "tests"), attribute(at, "failures"), attribute(at, "errors")],
            ["3", "1", "1"]
        );
    }
    let name =
        HOSTILE.replace('\n', "\\n").replace('\u{1b}', "\\u001b").replace('\u{202e}', "\\u202e");
    let name = name.replace('\u{ffff}', "\u{fffd}");
    assert_eq!(attribute(1, "name"), name);
    assert_eq!(attribute(2, "classname"), name);
    assert!(attribute(2, "name").contains("p|<i>`[q]"), "{xml}");
    assert!(found[3].2.starts_with("met after "), "{xml}");
    assert_eq!(attribute(4, "name"), "waiting<=0.1");
    assert_eq!((attribute(5, "type"), attribute(5, "message")), ("failed", found[5].2.as_str()));
    assert!(found[5].2.starts_with("failed after "), "{xml}");
    assert_eq!(attribute(7, "type"), "undecided");
    assert!(found[7].2.ends_with(" runs wait for a person"), "{xml}");
}

#[test]
fn markdown_has_no_markup_of_names() {
    let folder = Folder::new("markdown");
    let output = hostile_study(&folder, &["--format", "markdown"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let all = Options::all() - Options::ENABLE_SMART_PUNCTUATION;
    let (mut codes, mut rows, mut cells) = (Vec::new(), 0, 0);
    for event in Parser::new_ext(&text, all) {
        match event {
            Event::Code(code) => codes.push(code.to_string()),
            Event::Start(Tag::TableRow) => rows += 1,
            Event::Start(Tag::TableCell) => cells += 1,
            Event::Start(
                Tag::Heading { .. } | Tag::Table(_) | Tag::TableHead | Tag::Strong | Tag::Paragraph,
            )
            | Event::End(_)
            | Event::Text(_) => {}
            other => panic!("{other:?} in\n{text}"),
        }
    }
    // A head and three rows of four cells.
    assert_eq!((rows, cells), (3, 16), "{text}");
    assert_eq!(codes.len(), 4, "{text}");
    assert!(
        codes[0].contains("a|b <b>&amp;]]>") || codes[0].contains("a\\|b <b>&amp;]]>"),
        "{codes:?}"
    );
    assert!(codes[1].contains("[q](www.evil.example)"), "{codes:?}");
    assert_eq!(codes[2].trim(), "waiting<=0.1");
    assert!(text.contains(": 1 of 3 requirements failed, 1 undecided\n"), "{text}");
    assert!(text.ends_with(
        "\nThe answers together are wrong with a probability of at most 0.001. Seeds from 0.\n"
    ));
}

#[test]
fn the_heading_says_the_answer() {
    for (requirements, status, heading) in [
        (&["false_rollback<=0.5"][..], 0, "### Canary policy ` opening `: 1 requirement met\n"),
        (&["false_rollback<=0.5", "rollback>=0.01"], 0, ": 2 requirements met\n"),
        (
            &["false_rollback<=0.5", "rollback - rollback<=0"],
            3,
            ": 1 of 2 requirements undecided\n",
        ),
        (&["false_rollback<=0.01"], 1, ": 1 of 1 requirement failed\n"),
    ] {
        let mut program = Command::new(PROGRAM);
        program.args(["study", "opening", "-q", "--runs=500", "--format=markdown"]);
        for requirement in requirements {
            program.args(["--require", requirement]);
        }
        let output = program.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(status), "{text}");
        assert!(text.starts_with("### Canary policy ") && text.contains(heading), "{text}");
    }
}

/// A YAML text as JSON; scalars are texts. Without anchors.
fn yaml(text: &str) -> Value {
    /// Adds a value to the collection that is open.
    fn add(open: &mut [(Value, Option<String>)], value: Value) -> Option<Value> {
        match open.last_mut() {
            None => return Some(value),
            Some((Value::Array(list), _)) => list.push(value),
            Some((Value::Object(object), key)) => match key.take() {
                None => *key = Some(value.as_str().expect("a key is a text").to_string()),
                Some(key) => assert!(object.insert(key, value).is_none(), "a key twice"),
            },
            Some(_) => unreachable!(),
        }
        None
    }
    let mut open: Vec<(Value, Option<String>)> = Vec::new();
    let mut roots = Vec::new();
    for event in YamlParser::new_from_str(text) {
        match event.unwrap().0 {
            Yaml::Scalar(text, ..) => {
                roots.extend(add(&mut open, Value::String(text.into_owned())))
            }
            Yaml::SequenceStart(..) => open.push((Value::Array(Vec::new()), None)),
            Yaml::MappingStart(..) => open.push((Value::Object(Map::new()), None)),
            Yaml::SequenceEnd | Yaml::MappingEnd => {
                let (value, _) = open.pop().unwrap();
                roots.extend(add(&mut open, value));
            }
            Yaml::Alias(_) => panic!("an alias"),
            _ => {}
        }
    }
    assert_eq!(roots.len(), 1);
    roots.remove(0)
}

/// Runs a step of a pipeline as its runner does, in a repository with this configuration.
fn step(script: &str, config: &str, folder: &Folder) -> Output {
    fs::create_dir_all(folder.0.join("deploy")).unwrap();
    fs::write(folder.0.join("deploy/canary.json"), config).unwrap();
    let programs = Path::new(PROGRAM).parent().unwrap().display();
    let path = format!("{programs}:{}", std::env::var("PATH").unwrap());
    Command::new("sh")
        .args(["-e", "-c", script])
        .current_dir(&folder.0)
        .env("PATH", path)
        .env("GITHUB_STEP_SUMMARY", folder.0.join("summary.md"))
        .output()
        .unwrap()
}

/// A policy that keeps the bounds of the examples, and one that does not.
fn configs() -> [(String, i32); 2] {
    let good = canary_rollout::config::preset("reference").unwrap().json.to_string();
    let mut bad: Value = serde_json::from_str(&good).unwrap();
    bad["rules"] =
        json!([{ "rule": "error_count", "max": 1, "look": "every_tick", "window": "tick" }]);
    [(good, 0), (bad.to_string(), 1)]
}

#[test]
fn the_github_workflow_runs() {
    let text = fs::read_to_string(Path::new(ROOT).join("examples/ci/github.yml")).unwrap();
    let workflow = yaml(&text);
    assert_eq!(workflow["on"]["pull_request"]["paths"], json!(["deploy/canary.json"]));
    let job = &workflow["jobs"]["gate"];
    assert!(job["runs-on"].is_string());
    let steps = job["steps"].as_array().unwrap();
    for one in steps {
        assert!(one["uses"].is_string() != one["run"].is_string(), "{one}");
    }
    let install = steps[steps.len() - 2]["run"].as_str().unwrap();
    let version = format!("canary-rollout@{}", env!("CARGO_PKG_VERSION"));
    assert!(install.ends_with(&version), "{install}");
    let script = format!("{install}\n{}", steps.last().unwrap()["run"].as_str().unwrap());
    for (config, status) in configs() {
        let folder = Folder::new(&format!("github-{status}"));
        let output = step(&script, &config, &folder);
        assert_eq!(output.status.code(), Some(status), "{output:?}");
        let summary = fs::read_to_string(folder.0.join("summary.md")).unwrap();
        assert_eq!(summary.matches("\n| ` ").count(), 4, "{summary}");
        assert_eq!(summary.contains("failed"), status == 1, "{summary}");
    }
}

#[test]
fn the_gitlab_job_runs() {
    let text = fs::read_to_string(Path::new(ROOT).join("examples/ci/gitlab.yml")).unwrap();
    let pipeline = yaml(&text);
    let job = &pipeline["canary-policy"];
    assert_eq!(job["allow_failure"]["exit_codes"], json!(["3"]));
    let file = job["artifacts"]["reports"]["junit"].as_str().unwrap();
    let lines = |key: &str| -> Vec<String> {
        let lines = job[key].as_array().unwrap();
        lines.iter().map(|line| line.as_str().unwrap().to_string()).collect()
    };
    let script = [lines("before_script"), lines("script")].concat().join("\n");
    assert!(script.contains(&format!("canary-rollout@{}", env!("CARGO_PKG_VERSION"))), "{script}");
    for (config, status) in configs() {
        let folder = Folder::new(&format!("gitlab-{status}"));
        let output = step(&script, &config, &folder);
        assert_eq!(output.status.code(), Some(status), "{output:?}");
        let found = elements(&fs::read_to_string(folder.0.join(file)).unwrap());
        assert_eq!(found.iter().filter(|(name, ..)| name == "testcase").count(), 4);
        let failures = found.iter().filter(|(name, ..)| name == "failure").count();
        assert_eq!(failures > 0, status == 1);
    }
}
