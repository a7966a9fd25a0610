//! Reading of seeds.

use crate::message::quoted;
use crate::problem::Problem;

/// Largest seed, 2⁵³ − 1. JavaScript represents whole numbers exactly up to this
/// one.
pub const MAX_SEED: u64 = (1 << 53) - 1;

/// Reads a seed: decimal digits, 0..=[`MAX_SEED`].
///
/// # Errors
/// If the text has another form; the path of the problem is `seed`.
pub fn parse_seed(text: &str) -> Result<u64, Problem> {
    let digits = text.trim();
    let seed = match digits.bytes().all(|byte| byte.is_ascii_digit()) {
        true => digits.parse().ok().filter(|seed| *seed <= MAX_SEED),
        false => None,
    };
    seed.ok_or_else(|| {
        Problem::new(
            "seed",
            format!("found {}, expected a whole number from 0 to {MAX_SEED}", quoted(digits)),
        )
    })
}
