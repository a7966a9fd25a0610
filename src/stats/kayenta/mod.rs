//! Kayenta's judge, NetflixACAJudge: for each metric it compares two series of points,
//! the canary's ("experiment") and the baseline's ("control"), and labels it; the labels
//! make a score from 0 to 100.
//!
//! [`metric`] labels a metric, after [`series`] has prepared its points and with the
//! interval of [`shift`]; [`brent`] finds that interval's ends. [`score`] makes the score
//! of the labels.
//!
//! The operations are done in the original's order, so labels and scores are the
//! original's also where they hang on a last bit. Where a metric's points are few or its
//! values near 10⁻⁴ that matters: the ends of the interval are exact to 10⁻⁴ in the
//! metric's own unit, no better ([`brent`]).
//!
//! Two things are not the original's. It adds random noise, without a seed, where both
//! series are constant; here the noise is one fixed sequence ([`metric`]). It adds the
//! groups' scores in the order of a hash table; here it is that of the groups.
//!
//! Source: github.com/spinnaker/kayenta, commit a69573be, modules kayenta-judge and
//! kayenta-mannwhitney.

pub mod brent;
pub mod metric;
pub mod score;
pub mod series;
pub mod shift;
