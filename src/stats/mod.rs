//! Counts in, evidence out; one file a method.
//!
//! Reading order: [`two_proportion`] and [`fisher`] are what most people do,
//! once; [`group_sequential`] does it at a few planned looks; [`eprocess`] at
//! any; [`stratified`] compares where the canary's share changes. [`intervals`], [`confidence_sequence`] and [`quantile_interval`] put
//! ranges to what is shown, [`mann_whitney`] compares latencies. [`normal`] and
//! [`special`] are the distributions beneath.
//!
//! Counts within the range a function states never make it panic or hang; what
//! tells nothing is "no evidence". Results are the same bits on every platform.

pub mod confidence_sequence;
pub mod eprocess;
pub mod fisher;
pub mod group_sequential;
pub mod intervals;
pub mod mann_whitney;
pub mod normal;
pub mod quantile_interval;
pub mod special;
pub mod stratified;
pub mod two_proportion;
