//! `fisher`: the exact comparison of two error rates, meant for one look.

use serde::Serialize;

use super::words::p_value;
use super::{
    About, Cost, Guarantee, Judge, Measure, Needs, Parameter, Parameters, Quantity, Sight, Subject,
    rates,
};
use crate::json::number;
use crate::stats::fisher::fisher_test;

/// Fails when the one-sided p-value of Fisher’s exact test ≤ `alpha`; by strata if
/// the window has several traffic shares. Valid for one look per stage: every
/// further look adds a chance of error. Conservative if errors are few.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fisher {
    /// The level of one look, in (0, 1).
    #[serde(serialize_with = "number")]
    pub alpha: f64,
}

impl Judge for Fisher {
    const ABOUT: About = About {
        title: "test of error rates (Fisher)",
        subject: Subject::Errors,
        quantity: Quantity::PValue,
        guarantee: Guarantee::OneLook,
        wants_many_errors: false,
        cost: Cost { look_us: 20.0, tick_us: 0.2, draw_us: 0.0 },
    };

    fn from_parameters(p: &mut Parameters) -> Self {
        Fisher { alpha: p.number(Parameter::alpha_of_one_look()) }
    }

    fn needs(&self) -> Needs {
        Needs::REQUESTS.and(Needs::BASELINE).and(Needs::EXACT_LAW)
    }

    fn fails(&self, sight: &Sight) -> bool {
        // With a small margin, because the p-value is a rounded sum: for 1 of 100
        // against 0 of 9,900 it is exactly 0.01.
        self.p_value(sight) <= self.alpha * (1.0 + 1e-12)
    }

    fn measure(&self, sight: &Sight) -> Measure {
        Measure { observed: Some(self.p_value(sight)), limit: self.alpha, canary_limit: None }
    }

    fn sentence(&self, sight: &Sight) -> String {
        let (p, limit) = (p_value(self.p_value(sight)), p_value(self.alpha));
        format!("{}: p = {p} by Fisher’s exact test; the limit is {limit}.", rates(sight))
    }
}

impl Fisher {
    fn p_value(&self, sight: &Sight) -> f64 {
        if let Some(p_value) = sight.by_share.and_then(|by_share| by_share.exact_p_value) {
            return p_value;
        }
        let (c, b) = (sight.counts.canary, sight.counts.baseline);
        fisher_test(c.errors, c.requests, b.errors, b.requests).p_value
    }
}
