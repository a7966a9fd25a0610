//! `z_test`: the textbook comparison of two error rates, meant for one look.

use serde::Serialize;

use super::words::p_value;
use super::{
    About, Cost, Guarantee, Judge, Measure, Needs, Parameter, Parameters, Quantity, Sight, Subject,
    rates,
};
use crate::json::number;
use crate::stats::two_proportion::z_test;

/// Fails when the one-sided p-value of the pooled two-proportion z test ≤ `alpha`.
/// If the window has several traffic shares, it is the score test stratified by
/// share, which for one share is the same test. Valid for one look per stage: every
/// further look adds a chance of error. The test errs more often than its level if
/// errors are few.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ZTest {
    /// The level of one look, in (0, 1).
    #[serde(serialize_with = "number")]
    pub alpha: f64,
}

impl Judge for ZTest {
    const ABOUT: About = About {
        title: "test of error rates (z)",
        subject: Subject::Errors,
        quantity: Quantity::PValue,
        guarantee: Guarantee::OneLook,
        wants_many_errors: true,
        cost: Cost::COUNTS,
    };

    fn from_parameters(p: &mut Parameters) -> Self {
        ZTest { alpha: p.number(Parameter::alpha_of_one_look()) }
    }

    fn needs(&self) -> Needs {
        Needs::REQUESTS.and(Needs::BASELINE)
    }

    fn fails(&self, sight: &Sight) -> bool {
        self.p_value(sight) <= self.alpha
    }

    fn measure(&self, sight: &Sight) -> Measure {
        Measure { observed: Some(self.p_value(sight)), limit: self.alpha, canary_limit: None }
    }

    fn sentence(&self, sight: &Sight) -> String {
        let (p, limit) = (p_value(self.p_value(sight)), p_value(self.alpha));
        format!("{}: p = {p} by the z test; the limit is {limit}.", rates(sight))
    }
}

impl ZTest {
    fn p_value(&self, sight: &Sight) -> f64 {
        if let Some(by_share) = sight.by_share {
            return by_share.errors.test.p_value;
        }
        let (c, b) = (sight.counts.canary, sight.counts.baseline);
        z_test(c.errors, c.requests, b.errors, b.requests).p_value
    }
}
