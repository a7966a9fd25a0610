//! The statistical methods, one file or folder each. They take counts and return evidence.
//!
//! Reading order: [`two_proportion`] and [`fisher`] are the usual tests, for one
//! look. [`group_sequential`] is for a few planned looks, [`eprocess`] for any
//! number, [`difference`] for any number and a margin in points, [`shiryaev_roberts`]
//! for a release that turns bad late. [`asymptotic_cs`] is for any number too, if counts
//! are large, and [`beta_comparison`] is the Bayesian comparison. [`stratified`] compares the arms when the canary's share changes.
//! [`intervals`], [`confidence_sequence`] and [`quantile_interval`] compute
//! intervals for display. [`mann_whitney`] compares latencies,
//! [`sample_ratio`] the split of the traffic with its plan, and [`kayenta`] series of
//! points as Kayenta's judge does. [`share_sequence`] and [`mean_sequence`] say when a study
//! has run long enough. [`normal`] and [`special`] are the distributions that
//! the methods use.
//!
//! No function panics or hangs for counts within its documented range. Counts
//! without information are no evidence. Results are the same bits on every
//! platform.

pub mod asymptotic_cs;
pub mod beta_comparison;
pub mod confidence_sequence;
pub mod difference;
pub mod eprocess;
pub mod fisher;
pub mod group_sequential;
pub mod intervals;
pub mod kayenta;
pub mod mann_whitney;
pub mod mean_sequence;
pub mod normal;
pub mod planned;
pub mod quantile_interval;
pub mod sample_ratio;
pub mod share_sequence;
pub mod shiryaev_roberts;
pub mod special;
pub mod stratified;
pub mod student;
pub mod two_proportion;
