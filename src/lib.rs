//! Skeleton; the lead writes the real one.
#![allow(missing_docs)]
#[cfg(target_family = "wasm")]
pub mod wasm;

pub mod math;
pub mod observation;
pub mod problem;
<<<<<<< HEAD
pub mod rules;
=======

/// The engine's version.
///
/// ```
/// assert!(!canary_rollout::VERSION.is_empty());
/// ```
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
>>>>>>> 295b133b674c02d758a923ea0630db953d7c2c6b
