//! Skeleton.
mod config;
