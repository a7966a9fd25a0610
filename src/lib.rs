//! Simulates canary rollouts: counted requests, a noisy baseline, automatic
//! verdicts, deterministic by seed.
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
//! # The map
//! Data flows one way; each module imports only what stands before it:
//!
//! ```text
//! observation ─ stats ─ rules ─ config ─┬─ world ─────┐
//!                                       └─ policy ────┴─ rollout ─ study · report ─ text · catalogue ─ wasm · CLI
//! ```
//!
//! Read in that order. [`observation`] is what an operator can see; [`rules`]
//! turn it into verdicts; [`config`] is what a person writes; [`world`] is the
//! truth that observations are drawn from; [`policy`] turns verdicts into a
//! traffic share; [`rollout`] is the loop; [`report`] is its result; a [`study`] is
//! many rollouts. The [`catalogue`] lists what there is, for forms.
//!
//! # What always holds
//! - No rule reads the truth: [`rules`] does not import [`world`].
//! - A configuration that exists is valid: [`config::Config`] is only made by
//!   checking.
//! - A seed and a configuration are one rollout, to the last bit, natively and in
//!   WebAssembly: transcendental functions come from [`math`], draws are
//!   addressed by component and tick, nothing depends on time, memory or
//!   threads.
//! - An error changes nothing.

pub mod catalogue;
pub mod config;
mod json;
pub mod math;
pub mod message;
pub mod observation;
pub mod policy;
pub mod problem;
mod reading;
pub mod report;
pub mod rollout;
pub mod rules;
pub mod seed;
pub mod stats;
pub mod study;
pub mod text;
pub mod world;

#[cfg(target_family = "wasm")]
mod wasm;

/// README's Rust example is a doctest.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
