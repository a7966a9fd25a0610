//! Simulates canary rollouts: counted requests, a noisy baseline and automatic
//! verdicts, deterministic for a seed.
//!
//! ```
//! use canary_rollout::config::Config;
//! use canary_rollout::rollout::Rollout;
//!
//! let config = Config::from_text(
//!     r#"{
//!         "canary": { "error_ratio": 4 },
//!         "stages": [
//!             { "traffic_pct": 5, "duration_ticks": 10 },
//!             { "traffic_pct": 50, "duration_ticks": 10 }
//!         ],
//!         "error_rate_threshold": 0.01
//!     }"#,
//! )?;
//! let mut rollout = Rollout::new(&config, 7);
//! rollout.run()?;
//! let report = rollout.report();
//! assert!(report.rollback_triggered);
//! assert_eq!(report.stages_completed, 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Modules
//! Data flows in one direction, and each module imports only modules to its left:
//!
//! ```text
//!                     ┌──────────── record ──────────────┐
//! observation ─ stats ─ rules ─ config ─┬─ world ────────┼─ rollout ─ study ─ search · report ─ text · svg · catalogue ─ wasm · CLI · python
//!                                       ├─ policy ───────┘                                     │
//!                                       └─ export ─ import · fit ──────────────────────────────┘
//! ```
//!
//! Read them in this order. [`observation`] is what monitoring sees. [`rules`] turn
//! it into verdicts. [`config`] is what a person writes. [`world`] is the truth
//! that observations are drawn from. [`policy`] turns verdicts into a traffic
//! share. [`rollout`] is the loop, and [`report`] its result. A [`study`] is many
//! rollouts, a [`search`] many policies. `svg` draws a rollout and a study. The [`catalogue`]
//! lists rules, parameters and limits, for forms. An [`import`] reads the files of a
//! controller, and an [`export`] is a policy in a controller's own words. A [`record`] is counts of a service, to which a world is [fitted](fit), or which are replayed in
//! place of one.
//!
//! # Invariants
//! - No rule reads the truth: [`rules`] does not import [`world`].
//! - A configuration that exists is valid: every way to make a [`config::Config`]
//!   checks it.
//! - A seed and a configuration determine one rollout, bit for bit, natively and in
//!   WebAssembly. Transcendental functions come from [`math`], and random draws are
//!   addressed by component and tick. Nothing depends on time, memory or threads.
//! - An error changes nothing.

pub mod catalogue;
pub mod config;
mod duration;
pub mod export;
pub mod fit;
pub mod import;
mod json;
pub mod math;
pub mod message;
pub mod observation;
pub mod policy;
pub mod problem;
mod reading;
pub mod record;
pub mod report;
pub mod rollout;
pub mod rules;
pub mod search;
pub mod seed;
pub mod stats;
pub mod study;
#[cfg(feature = "svg")]
pub mod svg;
pub mod text;
pub mod world;

#[cfg(target_family = "wasm")]
mod wasm;

/// Runs the Rust example in README.md as a doctest.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
