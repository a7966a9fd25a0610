//! Helpers that several modules of the suite use.

use canary_rollout::config::{Config, preset};
use canary_rollout::rollout::{Decision, Evidence, Rollout, Sink, Tick};
use canary_rollout::rules::Verdict;
use canary_rollout::world::Cells;

/// A configuration from its text.
#[track_caller]
pub fn config(text: &str) -> Config {
    match Config::from_text(text) {
        Ok(config) => config,
        Err(error) => panic!("{error}\nin {text}"),
    }
}

/// A preset's configuration.
#[track_caller]
pub fn preset_config(name: &str) -> Config {
    config(preset(name).expect("a preset of that name").json)
}

/// Runs a rollout to its end or to a pause that waits for a person.
#[track_caller]
pub fn rolled_out(config: &Config, seed: u64) -> Rollout {
    let mut rollout = Rollout::new(config, seed);
    rollout.run().expect("the rollout ends");
    rollout
}

/// Counts the looks of rule 0.
#[derive(Default)]
pub struct LookCounter {
    pub looks: u64,
    pub failed: u64,
}

impl Sink for LookCounter {
    fn wants(&self) -> Cells {
        Cells::NONE
    }
    fn wants_looks(&self) -> bool {
        true
    }

    fn tick(&mut self, _: &Tick<'_>) {}

    fn look(&mut self, _: u32, evidence: &Evidence) {
        if evidence.rule == 0 {
            self.looks += 1;
            self.failed += u64::from(evidence.judgement.verdict == Verdict::Fail);
        }
    }

    fn decision(&mut self, _: &Decision) {}
}

/// FNV-1a, 64 bits: a digest without dependencies, the same on every platform.
pub fn digest(bytes: impl IntoIterator<Item = u8>, start: u64) -> u64 {
    bytes
        .into_iter()
        .fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// The initial state of FNV-1a.
pub const EMPTY_DIGEST: u64 = 0xcbf2_9ce4_8422_2325;

/// Checks a file that is generated and committed, because the browser's engine contains
/// its text instead of the code that generates it. `UPDATE_GOLDEN=1 cargo test
/// committed` updates all of them.
#[track_caller]
pub fn check_committed(path: &str, found: &str, generated: &str) {
    #[cfg(not(target_family = "wasm"))]
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        std::fs::write(root.join(path), generated).unwrap();
        return;
    }
    let differs =
        found.lines().zip(generated.lines()).find(|(found, generated)| found != generated);
    assert!(
        found == generated,
        "{path} is out of date; `UPDATE_GOLDEN=1 cargo test committed` updates it. First \
         difference: {differs:?}"
    );
}
