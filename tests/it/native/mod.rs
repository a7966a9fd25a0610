//! What needs a process or a file system.

mod cli;
