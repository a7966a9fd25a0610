//! The command line: a thin face of the engine.

#[cfg(not(target_family = "wasm"))]
#[path = "main/mod.rs"]
mod command_line;

#[cfg(not(target_family = "wasm"))]
use command_line::main;

/// A browser has no command line.
#[cfg(target_family = "wasm")]
fn main() {}
