//! What needs a process or a file system.

mod cli;
mod console;
mod notes;
mod readme;
