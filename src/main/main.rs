//! The program `canary-rollout`, a thin layer over the engine.

#[cfg(not(target_family = "wasm"))]
mod arguments;
#[cfg(not(target_family = "wasm"))]
mod commands;
#[cfg(not(target_family = "wasm"))]
mod counts;
#[cfg(not(target_family = "wasm"))]
mod import;
#[cfg(not(target_family = "wasm"))]
mod pipeline;
#[cfg(not(target_family = "wasm"))]
mod prometheus;
#[cfg(not(target_family = "wasm"))]
mod recorded;
#[cfg(not(target_family = "wasm"))]
mod rows;
#[cfg(not(target_family = "wasm"))]
mod search;
#[cfg(not(target_family = "wasm"))]
mod study;

#[cfg(not(target_family = "wasm"))]
use commands::main;

/// In a browser there is no command line.
#[cfg(target_family = "wasm")]
fn main() {}
