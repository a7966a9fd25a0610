//! The random words of a run: one ChaCha8 stream a component, each word
//! addressed by its position, so that what is not read costs nothing and
//! changes nothing.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What words are drawn for. The number is the ChaCha stream: it is part of
/// what a seed means, so it never changes.
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
    LatencyBaselineMore = 12,
    LatencyCanary = 13,
    LatencyCanaryMore = 14,
}

const COMPONENTS: usize = 15;

/// Words generated together: four blocks of ChaCha, which vectors compute at
/// once.
const WINDOW: u64 = 64;

/// No window holds this number: positions stay far below 2⁶⁴.
const NONE: u64 = u64::MAX;

/// All streams of a seed.
#[derive(Clone, Debug)]
pub(super) struct Streams {
    key: [u8; 32],
    streams: [Stream; COMPONENTS],
}

/// The stream of one component, seen through a window.
#[derive(Clone, Debug)]
struct Stream {
    /// Which window is held, or [`NONE`] if the generator has yet to be keyed.
    window: u64,
    words: [[u8; 4]; WINDOW as usize],
    generator: ChaCha8Rng,
}

impl Streams {
    pub(super) fn new(seed: u64) -> Self {
        let key = key(seed);
        let generator = ChaCha8Rng::from_seed(key);
        let stream = Stream { window: NONE, words: [[0; 4]; WINDOW as usize], generator };
        Streams { key, streams: std::array::from_fn(|_| stream.clone()) }
    }

    /// To another seed. Generates nothing yet.
    pub(super) fn restart(&mut self, seed: u64) {
        self.key = key(seed);
        for stream in &mut self.streams {
            stream.window = NONE;
        }
    }

    /// The 32-bit word at a position.
    #[inline]
    pub(super) fn word(&mut self, component: Component, at: u64) -> u32 {
        let stream = &mut self.streams[component as usize];
        let window = at / WINDOW;
        if stream.window != window {
            stream.load(&self.key, component, window);
        }
        u32::from_le_bytes(stream.words[(at % WINDOW) as usize])
    }

    /// 64 bits: the words at an even position and after it, the low half first.
    #[inline]
    pub(super) fn long(&mut self, component: Component, at: u64) -> u64 {
        let low = self.word(component, at);
        let high = self.word(component, at + 1);
        u64::from(high) << 32 | u64::from(low)
    }
}

impl Stream {
    #[inline(never)]
    fn load(&mut self, key: &[u8; 32], component: Component, window: u64) {
        if self.window == NONE {
            self.generator = ChaCha8Rng::from_seed(*key);
            self.generator.set_stream(component as u64);
        }
        // `NONE` + 1 wraps to 0, where a fresh generator stands.
        if window != self.window.wrapping_add(1) {
            self.generator.set_word_pos(u128::from(window * WINDOW));
        }
        self.generator.fill_bytes(self.words.as_flattened_mut());
        self.window = window;
    }
}

/// The seed as 8 little-endian bytes, then the program's name.
fn key(seed: u64) -> [u8; 32] {
    let mut key = *b"\0\0\0\0\0\0\0\0canary-rollout-simulator";
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key
}
