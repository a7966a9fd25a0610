//! The random words of a run: one ChaCha8 stream per component. Each word is
//! addressed by its position, so a word that is not read costs nothing and does not
//! affect others.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::observation::Arm;

/// The purpose of random words. The number is that of the ChaCha stream. It never
/// changes, because it is part of what a seed means.
#[derive(Clone, Copy, Debug)]
pub(super) enum Component {
    Load = 0,
    NoiseCommon = 1,
    NoiseBaseline = 2,
    NoiseCanary = 3,
    Incidents = 4,
    Failed = 5,
    FailedFine = 6,
    Served = 7,
    ServedFine = 8,
    Excess = 9,
    ExcessFine = 10,
    LatencyBaseline = 11,
    LatencyCanary = 12,
    Control = 13,
    ClumpsBaseline = 14,
    ClumpsCanary = 15,
    ClumpsExcess = 16,
    RecordedStart = 17,
    RecordedDays = 18,
    ThinFailed = 19,
    ThinServed = 20,
    LaidErrors = 21,
}

const COMPONENTS: usize = 22;

/// Number of words generated together: four blocks of ChaCha, which are computed in
/// parallel.
const WINDOW: u64 = 64;

/// Not the number of any window, because positions stay far below 2⁶⁴.
const NONE: u64 = u64::MAX;

/// All streams of a seed.
#[derive(Clone, Debug)]
pub(super) struct Streams {
    key: [u8; 32],
    /// By component, the number of the loaded window; [`NONE`] if its generator has
    /// no key yet.
    windows: [u64; COMPONENTS],
    streams: [Stream; COMPONENTS],
}

/// The stream of one component, with the words of one window.
#[derive(Clone, Debug)]
struct Stream {
    words: [[u8; 4]; WINDOW as usize],
    generator: ChaCha8Rng,
}

impl Streams {
    pub(super) fn new(seed: u64) -> Self {
        let key = key(seed);
        let generator = ChaCha8Rng::from_seed(key);
        let stream = Stream { words: [[0; 4]; WINDOW as usize], generator };
        let streams = std::array::from_fn(|_| stream.clone());
        Streams { key, windows: [NONE; COMPONENTS], streams }
    }

    /// Changes the seed. Generates nothing yet.
    pub(super) fn restart(&mut self, seed: u64) {
        self.key = key(seed);
        self.windows = [NONE; COMPONENTS];
    }

    /// The 32-bit word at a position.
    #[inline]
    pub(super) fn word(&mut self, component: Component, at: u64) -> u32 {
        let window = at / WINDOW;
        if self.windows[component as usize] != window {
            self.load(component, window);
        }
        u32::from_le_bytes(self.streams[component as usize].words[(at % WINDOW) as usize])
    }

    /// 64 bits from the words at an even position and the next one, low half first.
    #[inline]
    pub(super) fn long(&mut self, component: Component, at: u64) -> u64 {
        let low = self.word(component, at);
        let high = self.word(component, at + 1);
        u64::from(high) << 32 | u64::from(low)
    }

    /// Longs for a draw that rarely needs many. Its first `near` words, an even
    /// number, are adjacent to those of neighbouring places, so that loading a
    /// window once serves several draws. Further words have a range of their own.
    pub(super) fn supply(
        &mut self,
        component: Component,
        place: u64,
        near: u64,
    ) -> impl FnMut() -> u64 {
        /// Above the positions of all near words.
        const FAR: u64 = 1 << 48;
        const ROOM: u64 = 1 << 10;
        let mut taken = 0;
        move || {
            let at = taken;
            taken += 2;
            if at < near {
                self.long(component, place * near + at)
            } else {
                self.long(component, FAR + place * ROOM + at)
            }
        }
    }

    /// The key of the latencies of an arm in a tick, for [`Numbers`].
    #[inline]
    pub(super) fn latency_key(&mut self, arm: Arm, tick: u32) -> u64 {
        let component = match arm {
            Arm::Baseline => Component::LatencyBaseline,
            Arm::Canary => Component::LatencyCanary,
        };
        self.long(component, 2 * u64::from(tick))
    }

    #[inline(never)]
    fn load(&mut self, component: Component, window: u64) {
        let held = &mut self.windows[component as usize];
        let stream = &mut self.streams[component as usize];
        if *held == NONE {
            stream.generator = ChaCha8Rng::from_seed(self.key);
            stream.generator.set_stream(component as u64);
        }
        // `NONE` + 1 wraps to 0, which is the position of a new generator.
        if window != held.wrapping_add(1) {
            stream.generator.set_word_pos(u128::from(window * WINDOW));
        }
        fill(&mut stream.generator, &mut stream.words);
        *held = window;
    }
}

/// Uniform 64-bit numbers that are derived from a key and a place. A tick has many
/// places, and few of them are read; words of a stream would be generated for all.
///
/// Source: G. L. Steele, D. Lea and C. H. Flood, "Fast splittable pseudorandom number
/// generators", OOPSLA 2014: SplitMix64, which starts at the key.
pub(super) struct Numbers(u64);

impl Numbers {
    /// The golden ratio's fraction, times 2⁶⁴.
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
    /// Numbers at each place.
    const ROOM: u64 = 1 << 12;

    #[inline]
    pub(super) fn new(key: u64, place: u64) -> Self {
        Numbers(key.wrapping_add((Numbers::STEP.wrapping_mul(Numbers::ROOM)).wrapping_mul(place)))
    }

    #[inline]
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(Numbers::STEP);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }
}

/// The generator's next words, as little-endian bytes. Natively this is one copy;
/// in the browser `fill_bytes` would make a call for each word.
fn fill(generator: &mut ChaCha8Rng, words: &mut [[u8; 4]]) {
    if cfg!(target_family = "wasm") {
        words.fill_with(|| generator.next_u32().to_le_bytes());
    } else {
        generator.fill_bytes(words.as_flattened_mut());
    }
}

/// The seed as 8 little-endian bytes, then the program's name.
fn key(seed: u64) -> [u8; 32] {
    let mut key = *b"\0\0\0\0\0\0\0\0canary-rollout-simulator";
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key
}

/// The upper 52 bits as a number in (0, 1); with 53 bits the highest value would
/// round to 1.
pub(super) fn open_unit(bits: u64) -> f64 {
    const ULP: f64 = 1.0 / (1u64 << 52) as f64;
    ((bits >> 12) as i64 as f64 + 0.5) * ULP
}
