//! `sequential`: evidence that stays valid however often one looks.
//!
//! The evidence is a stake of 1, divided among bets on ratios above the tolerated
//! one ([`crate::stats::eprocess`]). If the canary fails at most `tolerated_ratio`
//! times as often as the baseline, P(the evidence ever reaches 1/α) ≤ α. This holds
//! for any schedule and any change of the error rates, as long as both arms change
//! together.

use schemars::JsonSchema;
use serde::Serialize;

use super::words::{ever_reaches, significant};
use super::{Measure, Needs, Parameters, Sight, StageShape};
use crate::json::{number, numbers};
use crate::math::{exp, ln};
use crate::reading::words;
use crate::stats::eprocess::{Bet, Bets, Evidence, Step};

/// Fails when the evidence that the canary is worse ≥ 1/`alpha`. The rule can also
/// certify that the canary is not much worse, which ends a stage early.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sequential {
    /// The bets on "the canary is worse".
    #[serde(flatten)]
    pub stake: Stake,
    /// The certificate that the ratio is below a bound.
    #[serde(flatten)]
    pub certificate: Option<Certificate>,
}

/// A stake and its bets on "worse than tolerated".
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stake {
    /// P(the evidence ever reaches 1/α) if the canary is not worse and both arms
    /// vary only together, in (0, 1).
    #[serde(serialize_with = "number")]
    pub alpha: f64,
    /// The ratio of the rates that is still accepted, above 0.
    #[serde(serialize_with = "number")]
    pub tolerated_ratio: f64,
    /// The ratios among which the stake is divided equally; each is above the
    /// tolerated one.
    #[serde(serialize_with = "numbers")]
    pub bets: Vec<f64>,
    /// When the bets are placed.
    pub bets_open: BetsOpen,
}

/// When bets are placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BetsOpen {
    /// All in the first tick.
    #[serde(rename = "tick_1")]
    TickOne,
    /// In equal parts at each stage's start, so that a regression that starts
    /// late meets bets that have not yet lost.
    StageStarts,
}

words!(BetsOpen { "tick_1" => TickOne, "stage_starts" => StageStarts });

/// The certificate that the ratio of the rates in this stage is below a bound. If
/// the ratio is constant in the stage and not below the bound, P(the stake on
/// "below" ever reaches 1/`certify_alpha`) ≤ `certify_alpha`. The stage ends in the
/// first tick, from `min_ticks` on, in which the stake is at or above that value,
/// unless another rule is still inconclusive. The certificate does not cover a
/// release that becomes worse during the stage, because the stake keeps what it won
/// before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Certificate {
    /// The bound r₁, above the tolerated ratio.
    #[serde(serialize_with = "number")]
    pub certify_below: f64,
    /// The level, in (0, 1).
    #[serde(serialize_with = "number")]
    pub certify_alpha: f64,
    /// Minimum length in ticks of a stage that a certificate ends.
    pub min_ticks: u32,
}

/// The ratios that a certificate bets on; only those below its bound are used.
const CERTIFICATE_BETS: [f64; 5] = [0.25, 0.5, 0.75, 1.0, 1.25];
/// The default bets, in units of the tolerated ratio.
pub(super) const DEFAULT_BETS: [f64; 8] = [1.25, 1.5, 2.0, 3.0, 4.0, 6.0, 10.0, 20.0];

impl Stake {
    pub(super) fn from_parameters(p: &mut Parameters) -> Self {
        let alpha = p.alpha("alpha");
        let tolerated_ratio = p.ratio("tolerated_ratio", 1.0);
        let bets = p.bets(tolerated_ratio);
        Stake { alpha, tolerated_ratio, bets, bets_open: p.bets_open() }
    }

    pub(super) fn measure(&self, sight: &Sight) -> Measure {
        let observed = sight.ln_wealth.map(value);
        Measure { observed, limit: 1.0 / self.alpha, canary_limit: None }
    }

    /// The evidence in a sentence; `worse` is what the bets are on, in words.
    pub(super) fn sentence(&self, sight: &Sight, worse: &str) -> String {
        let now = worth(sight.ln_wealth.unwrap_or_default());
        let limit = significant(1.0 / self.alpha);
        if self.is_enough(sight) {
            format!(
                "Evidence: a stake of 1, bet on “{worse}”, has grown to {now}. If that is not so, and both arms vary only together, at most {} {limit}.",
                ever_reaches(self.alpha)
            )
        } else {
            format!(
                "Evidence: a stake of 1, bet on “{worse}”, is now {now}; {limit} would be enough."
            )
        }
    }

    pub(super) fn is_enough(&self, sight: &Sight) -> bool {
        sight.ln_wealth.is_some_and(|ln_wealth| ln_wealth >= self.ln_limit())
    }

    fn ln_limit(&self) -> f64 {
        ln(1.0 / self.alpha)
    }

    fn bets(&self) -> Option<Bets> {
        let bets: Vec<Bet> = self.bets.iter().map(|&ratio| Bet { ratio, stake: 1.0 }).collect();
        Bets::new(self.tolerated_ratio, &bets)
    }

    pub(super) fn watch(
        &self,
        plan: &[StageShape],
        certificate: Option<&Certificate>,
    ) -> Option<WealthWatch> {
        let informative = plan.iter().filter(|stage| stage.is_informative()).count() as u32;
        let openings = match self.bets_open {
            BetsOpen::TickOne => 1,
            BetsOpen::StageStarts => informative.max(1),
        };
        Some(WealthWatch {
            worse: PlannedBets::new(self.bets()?, plan, openings, self.ln_limit()),
            certificate: match certificate {
                None => None,
                Some(certificate) => Some((
                    PlannedBets::new(
                        certificate.bets()?,
                        plan,
                        1,
                        ln(1.0 / certificate.certify_alpha),
                    ),
                    certificate.min_ticks,
                )),
            },
        })
    }
}

/// E from its logarithm, kept finite.
fn value(ln_value: f64) -> f64 {
    exp(ln_value.min(690.0))
}

/// The value of a stake, in words or digits.
fn worth(ln_value: f64) -> String {
    match value(ln_value) {
        worth if worth > 1e6 => "more than a million".to_string(),
        worth if worth < 1e-3 => "less than 0.001".to_string(),
        worth => significant(worth),
    }
}

impl Certificate {
    fn bets(&self) -> Option<Bets> {
        let below = CERTIFICATE_BETS.iter().filter(|ratio| **ratio < self.certify_below);
        let bets: Vec<Bet> = below.map(|&ratio| Bet { ratio, stake: 1.0 }).collect();
        Bets::new(self.certify_below, &bets)
    }
}

impl Sequential {
    pub(super) fn from_parameters(p: &mut Parameters) -> Self {
        let stake = Stake::from_parameters(p);
        let certificate = p.certificate(stake.tolerated_ratio);
        Sequential { stake, certificate }
    }

    pub(super) fn needs(&self) -> Needs {
        Needs::BASELINE
    }

    pub(super) fn fails(&self, sight: &Sight) -> bool {
        self.stake.is_enough(sight)
    }

    pub(super) fn measure(&self, sight: &Sight) -> Measure {
        if let (Some(ln_wealth), Some(certificate)) = (sight.ln_certificate, self.certificate) {
            return Measure {
                observed: Some(value(ln_wealth)),
                limit: 1.0 / certificate.certify_alpha,
                canary_limit: None,
            };
        }
        self.stake.measure(sight)
    }

    pub(super) fn sentence(&self, sight: &Sight) -> String {
        if let (Some(ln_wealth), Some(certificate)) = (sight.ln_certificate, self.certificate) {
            return format!(
                "Certificate: a stake of 1, bet on “it fails less than {} times as often as the baseline”, has grown to {}. If it failed that often throughout the stage, at most {} {} in it.",
                significant(certificate.certify_below),
                worth(ln_wealth),
                ever_reaches(certificate.certify_alpha),
                significant(1.0 / certificate.certify_alpha),
            );
        }
        let tolerated = self.stake.tolerated_ratio;
        let worse = if tolerated == 1.0 {
            "the canary is worse".to_string()
        } else {
            format!("the canary fails more than {} times as often", significant(tolerated))
        };
        self.stake.sentence(sight, &worse)
    }
}

/// Bets, with the effect of an error on them in each stage.
#[derive(Clone, Debug)]
struct PlannedBets {
    bets: Bets,
    /// By stage index; `None` if the rule does not apply or no baseline is left.
    steps: Vec<Option<Step>>,
    openings: u32,
    ln_limit: f64,
}

impl PlannedBets {
    fn new(bets: Bets, plan: &[StageShape], openings: u32, ln_limit: f64) -> Self {
        let step = |stage: &StageShape| stage.is_informative().then(|| bets.step(stage.share));
        PlannedBets { steps: plan.iter().map(step).collect(), bets, openings, ln_limit }
    }

    fn fresh(&self) -> Evidence {
        self.bets.evidence(self.openings)
    }

    fn enter(&self, evidence: &mut Evidence, stage: usize) {
        if self.steps[stage].is_some() {
            evidence.open(&self.bets);
        }
    }

    #[inline]
    fn observe(&self, evidence: &mut Evidence, stage: usize, [canary, baseline]: [u64; 2]) {
        if let Some(step) = &self.steps[stage] {
            evidence.observe(step, canary, baseline);
        }
    }
}

/// The stakes of a rule, prepared for a plan.
#[derive(Clone, Debug)]
pub struct WealthWatch {
    worse: PlannedBets,
    certificate: Option<(PlannedBets, u32)>,
}

/// The values of the stakes in a run.
#[derive(Clone, Copy, Debug)]
pub struct Wealth {
    worse: Evidence,
    certificate: Option<Evidence>,
}

impl WealthWatch {
    pub(super) fn begin(&self) -> Wealth {
        Wealth {
            worse: self.worse.fresh(),
            certificate: self.certificate.as_ref().map(|(planned, _)| planned.fresh()),
        }
    }

    pub(super) fn enter(&self, wealth: &mut Wealth, stage: usize) {
        self.worse.enter(&mut wealth.worse, stage);
        if let Some((planned, _)) = &self.certificate {
            let mut evidence = planned.fresh();
            planned.enter(&mut evidence, stage);
            wealth.certificate = Some(evidence);
        }
    }

    #[inline]
    pub(super) fn observe(&self, wealth: &mut Wealth, stage: usize, errors: [u64; 2]) {
        self.worse.observe(&mut wealth.worse, stage, errors);
        if self.may_certify() {
            self.observe_certificate(wealth, stage, errors);
        }
    }

    #[inline(never)]
    fn observe_certificate(&self, wealth: &mut Wealth, stage: usize, errors: [u64; 2]) {
        if let (Some((planned, _)), Some(evidence)) = (&self.certificate, &mut wealth.certificate) {
            planned.observe(evidence, stage, errors);
        }
    }

    /// Whether the evidence that the canary is worse has reached its limit.
    #[inline]
    pub(super) fn is_enough(&self, wealth: &Wealth) -> bool {
        wealth.worse.reaches(self.worse.ln_limit)
    }

    pub(super) fn ln_wealth(&self, wealth: &Wealth) -> f64 {
        wealth.worse.ln_value()
    }

    pub(super) fn may_certify(&self) -> bool {
        self.certificate.is_some()
    }

    /// Whether a stage may end early after `clock` ticks; `None` if the rule has no
    /// certificate.
    pub(super) fn certifies(&self, wealth: &Wealth, clock: u32) -> Option<bool> {
        let (planned, min_ticks) = self.certificate.as_ref()?;
        let evidence = wealth.certificate.as_ref()?;
        Some(clock >= *min_ticks && evidence.reaches(planned.ln_limit))
    }

    /// ln of the value of the certificate's stake in this stage.
    pub(super) fn ln_certificate(&self, wealth: &Wealth) -> Option<f64> {
        wealth.certificate.as_ref().map(Evidence::ln_value)
    }
}
