//! The properties of the fuzz targets, on a few thousand seeded inputs. `make fuzz`
//! tries more.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::config::presets;

use crate::support::{EMPTY_DIGEST, digest};

#[path = "../../fuzz/src/lib.rs"]
mod properties;

/// Random bytes of a seed, by SplitMix64.
fn bytes(mut seed: u64, length: usize) -> Vec<u8> {
    let mut next = || {
        seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((z ^ (z >> 27)) >> 32) as u8
    };
    (0..length).map(|_| next()).collect()
}

/// A text with one to three mutations: a byte changed, a part repeated or a part
/// removed.
fn mutated(text: &str, seed: u64) -> Vec<u8> {
    const BYTES: &[u8] = b"{}[]\":,.-+eE0123456789 \n\t\\u\xc3\xa9a";
    let mut text = text.as_bytes().to_vec();
    for choice in bytes(seed, 12).chunks(4).take(1 + seed as usize % 3) {
        let at = (usize::from(choice[0]) << 8 | usize::from(choice[1])) % text.len();
        let end = text.len().min(at + 1 + usize::from(choice[2] % 24));
        match choice[3] % 3 {
            0 => text[at] = BYTES[usize::from(choice[2]) % BYTES.len()],
            1 => drop(text.splice(at..at, text[at..end].to_vec()).collect::<Vec<_>>()),
            _ if end - at < text.len() => drop(text.drain(at..end)),
            _ => {}
        }
    }
    text
}

#[test]
fn any_text_is_a_configuration_or_refused_with_places() {
    for preset in presets() {
        let start = digest(preset.name.bytes(), EMPTY_DIGEST);
        (0..200).for_each(|i| properties::text_to_config(&mutated(preset.json, start ^ i)));
    }
}

#[test]
fn any_plan_and_calls_keep_the_invariants_of_a_rollout() {
    (0..2_000).for_each(|seed| properties::rollout(&bytes(seed, 200)));
}

#[test]
fn any_options_are_a_study_or_refused() {
    (0..1_000).for_each(|seed| properties::study_options(&bytes(seed, 120)));
}
