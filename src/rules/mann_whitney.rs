//! `mann_whitney`: compares the latency distributions of the arms, for one look.

use serde::Serialize;

use super::words::{p_value, percent};
use super::{
    About, Cost, Guarantee, Judge, Measure, Needs, Parameter, Parameters, Quantity, Sight, Subject,
};
use crate::json::number;

/// Fails when the one-sided p-value of the Mann-Whitney test on latency bins,
/// corrected for ties, ≤ `alpha`. If the window has several traffic shares, it is
/// van Elteren's test, the same by strata. Valid for one look per stage.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MannWhitney {
    /// The level of one look, in (0, 1).
    #[serde(serialize_with = "number")]
    pub alpha: f64,
}

impl Judge for MannWhitney {
    const ABOUT: About = About {
        title: "test of latency (Mann-Whitney)",
        subject: Subject::Latency,
        quantity: Quantity::PValue,
        guarantee: Guarantee::OneLook,
        wants_many_errors: false,
        cost: Cost { look_us: 4.0, tick_us: 0.0, draw_us: 40.0 },
    };

    fn from_parameters(p: &mut Parameters) -> Self {
        MannWhitney { alpha: p.number(Parameter::alpha_of_one_look()) }
    }

    fn needs(&self) -> Needs {
        Needs::REQUESTS.and(Needs::BASELINE).and(Needs::HISTOGRAM)
    }

    fn fails(&self, sight: &Sight) -> bool {
        sight.shape.is_some_and(|shape| shape.p_value <= self.alpha)
    }

    fn measure(&self, sight: &Sight) -> Measure {
        let observed = sight.shape.map(|shape| shape.p_value);
        Measure { observed, limit: self.alpha, canary_limit: None }
    }

    fn sentence(&self, sight: &Sight) -> String {
        let Some(shape) = sight.shape else { return String::new() };
        format!(
            "Latency: a canary request is slower than a baseline request with probability {}: p = {}; the limit is {}.",
            percent(shape.superiority),
            p_value(shape.p_value),
            p_value(self.alpha),
        )
    }
}
