//! Pictures are well-formed files that nothing sticks out of, the same bytes everywhere, and
//! say in words what they show.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::config::presets;
use canary_rollout::policy::{Command, State};
use canary_rollout::rollout::Rollout;
use canary_rollout::study::{Study, StudyOptions, Sweep};
use canary_rollout::svg::{rollout_svg, study_svg};
use quick_xml::Reader;
use quick_xml::events::Event;

use crate::support::{config, preset_config, rolled_out};

/// Letters are at most this wide, in pixels; most are narrower.
const LETTER: f64 = 6.4;

/// Reads a picture, and says what sticks out of it. Returns its texts.
fn check(of: &str, svg: &str) -> Vec<String> {
    let mut reader = Reader::from_str(svg);
    let (mut texts, mut size, mut at) = (Vec::new(), None, None);
    let mut inside = String::new();
    loop {
        let event = reader.read_event().unwrap_or_else(|error| panic!("{of}: {error}"));
        match event {
            Event::Start(element) | Event::Empty(element) => {
                inside.clear();
                let attribute = |name: &str| {
                    let found = element.try_get_attribute(name).unwrap()?;
                    Some(found.value.to_string())
                };
                let number = |name: &str| attribute(name).map(|text| text.parse::<f64>().unwrap());
                let [width, height] = *size
                    .get_or_insert_with(|| [number("width").unwrap(), number("height").unwrap()]);
                for (name, most) in [("x", width), ("cx", width), ("y", height), ("cy", height)] {
                    if let Some(value) = number(name) {
                        assert!((0.0..=most).contains(&value), "{of}: {name} is {value}");
                    }
                }
                if let Some(path) = attribute("d") {
                    let numbers =
                        path.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-'));
                    for number in numbers.filter(|text| !text.is_empty()) {
                        let number: f64 = number.parse().unwrap();
                        assert!((0.0..=width.max(height)).contains(&number), "{of}: {path}");
                    }
                }
                at = number("x").map(|x| (x, attribute("text-anchor").unwrap_or_default(), width));
            }
            Event::Text(text) => inside += &text,
            Event::GeneralRef(_) => inside.push('&'),
            Event::End(element) => {
                let inside = std::mem::take(&mut inside);
                if element.name().as_ref() == "text" {
                    let (x, anchor, width) = at.take().expect("a text has a place");
                    let long = inside.chars().count() as f64 * LETTER;
                    let from = match anchor.as_str() {
                        "start" => x,
                        "middle" => x - long / 2.0,
                        _ => x - long,
                    };
                    // What is bold is a little wider, what is narrow does not touch the edge.
                    assert!(
                        from > -12.0 && from + long < width + 12.0,
                        "{of}: {inside:?} sticks out"
                    );
                    texts.push(inside);
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    texts
}

fn says(of: &str, texts: &[String], words: &str) {
    assert!(texts.iter().any(|text| text.contains(words)), "{of}: no {words:?} in {texts:#?}");
}

#[test]
fn every_preset_has_a_picture_that_nothing_sticks_out_of() {
    for preset in presets() {
        for seed in 0..3 {
            let rollout = rolled_out(&preset_config(preset.name), seed);
            let of = format!("{}, seed {seed}", preset.name);
            let texts = check(&of, &rollout_svg(&rollout));
            let state = match rollout.state() {
                State::Completed => "Promoted to all traffic",
                State::RolledBack => "Rolled back",
                State::Paused => "Paused",
                State::Progressing | State::RollingBack => "",
            };
            says(&of, &texts, state);
            let decisions = rollout.report().decisions;
            if let Some(last) = decisions.last() {
                let first_words: Vec<&str> = last.sentence.split_whitespace().take(4).collect();
                says(&of, &texts, &first_words.join(" "));
            }
        }
    }
}

#[test]
fn rollouts_of_every_kind_have_pictures() {
    let long = r#"{ "stages": [{ "traffic_pct": 50, "duration_ticks": 20000 }], "rules": [{ "rule": "error_rate_delta", "max": 0.5, "look": "every_tick" }] }"#;
    let names = r#"{ "name": "a <b> & \"c\" \u0007 \u202e", "stages": [{ "name": "x < y", "traffic_pct": 5, "duration_ticks": 3 }] }"#;
    let silent = r#"{ "traffic": { "requests_per_second": 0.001 }, "stages": [{ "traffic_pct": 1, "duration_ticks": 5 }] }"#;
    let late = r#"{ "observation": { "delay_seconds": 300 }, "canary": { "error_ratio": 20 }, "stages": [{ "traffic_pct": 20, "duration_ticks": 30 }], "rules": [{ "rule": "error_rate_delta", "max": 0.02, "look": "every_tick", "window": { "last_seconds": 300 } }] }"#;
    let alone = r#"{ "stages": [{ "traffic_pct": 5, "duration_ticks": 3 }], "rules": [] }"#;
    let cases =
        [("long", long), ("names", names), ("silent", silent), ("late", late), ("alone", alone)];
    for (name, text) in cases {
        let config = config(text);
        for ticks in [0, 1, 2, 3, 50_000] {
            let mut rollout = Rollout::new(&config, 1);
            for _ in 0..ticks {
                if rollout.tick().is_err() {
                    break;
                }
            }
            check(&format!("{name} after {ticks}"), &rollout_svg(&rollout));
        }
    }
    let mut rollout = Rollout::new(&config(names), 1);
    rollout.tick().unwrap();
    rollout.command(Command::Pause).unwrap();
    rollout.tick().unwrap();
    let texts = check("paused", &rollout_svg(&rollout));
    says("paused", &texts, "Paused after 2 ticks");
    says("paused", &texts, "planned to 4");
}

/// The studies' pictures: the configuration, what is swept, and what the file says.
#[test]
fn studies_have_pictures() {
    let swept = |field: &str, values: &[f64]| {
        Some(Sweep { field: field.to_string(), values: values.to_vec() })
    };
    let cases = [
        ("reference", swept("canary.error_ratio", &[1.0, 1.5, 2.0, 5.0]), "errors of the release"),
        ("reference", swept("canary.error_ratio", &[2.0]), "errors of the release"),
        (
            "twice-the-errors",
            swept("traffic.requests_per_second", &[200.0, 20.0]),
            "healthy release",
        ),
        ("reference", None, "no sweep"),
    ];
    for (name, sweep, words) in cases {
        let of = format!("{name}, {sweep:?}");
        let options = StudyOptions { runs: 40, sweep, ..StudyOptions::default() };
        let mut study = Study::new(&preset_config(name), &options).unwrap();
        study.advance(40);
        let texts = check(&of, &study_svg(&study.report()));
        says(&of, &texts, words);
    }
}

/// `UPDATE_GOLDEN=1 cargo test pictures_are_the_same` writes them anew.
#[test]
fn pictures_are_the_same_bytes_everywhere() {
    let rollout = rollout_svg(&rolled_out(&preset_config("default"), 42));
    let sweep = Sweep { field: "canary.error_ratio".into(), values: vec![1.0, 1.5, 2.0, 3.0] };
    let options = StudyOptions { runs: 100, sweep: Some(sweep), ..StudyOptions::default() };
    let mut study = Study::new(&preset_config("reference"), &options).unwrap();
    study.advance(100);
    let study = study_svg(&study.report());
    #[cfg(not(target_family = "wasm"))]
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/svg/");
        std::fs::create_dir_all(path).unwrap();
        std::fs::write(format!("{path}rollout.svg"), rollout).unwrap();
        std::fs::write(format!("{path}study.svg"), study).unwrap();
        return;
    }
    assert_eq!(rollout, include_str!("../data/svg/rollout.svg"));
    assert_eq!(study, include_str!("../data/svg/study.svg"));
}
