//! What needs a process or a file system.

mod cli;
mod console;
mod notes;
mod operating_characteristics;
mod plans;
mod readme;
mod study_cli;
mod tables;
mod walkthrough;
