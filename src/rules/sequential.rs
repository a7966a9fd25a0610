//! `sequential`: evidence that stays valid however often one looks.
//!
//! The evidence is a stake of 1, divided among bets on ratios above the tolerated
//! one ([`crate::stats::eprocess`]). If the canary fails at most `tolerated_ratio`
//! times as often as the baseline, P(the evidence ever reaches 1/α) ≤ α. This holds
//! for any schedule and any change of the error rates, as long as both arms change
//! together.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;

use super::parameter::Words;
use super::words::{ever_reaches, significant};
use super::{
    About, Cost, Group, Guarantee, Items, Judge, MAX_TICKS, Measure, Needs, Parameter, Parameters,
    Quantity, Range, Sight, StageShape, Subject, Usual, Watch,
};
use crate::json::some_number;
use crate::json::{number, numbers, plain};
use crate::math::{exp, ln};
use crate::reading::words;
use crate::stats::eprocess::{Bet, Bets, Evidence, MAX_BETS, Step};

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
    /// The largest mean size of a clump of errors that `alpha` holds for, at least 1;
    /// `None` for 1, independent errors.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "some_number")]
    pub error_clump: Option<f64>,
}

/// When bets are placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
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

/// Largest ratio that is tolerated, or certified to be undercut.
const MAX_RATIO: f64 = 100.0;
/// Largest mean size of a clump of errors.
const MAX_CLUMP: f64 = 1e6;
/// Largest ratio to bet on.
const MAX_BET: f64 = 10_000.0;

impl Stake {
    pub(super) fn from_parameters(p: &mut Parameters) -> Self {
        let alpha = p.number(Parameter::alpha());
        let tolerated_ratio = tolerated_ratio(p);
        let bets = bets(p, tolerated_ratio);
        let bets_open = bets_open(p);
        let error_clump = error_clump(p);
        Stake { alpha, tolerated_ratio, bets, bets_open, error_clump }
    }

    pub(super) fn measure(&self, sight: &Sight) -> Measure {
        measure(self.alpha, sight)
    }

    /// The evidence in a sentence; `worse` is what the bets are on, in words.
    pub(super) fn sentence(&self, sight: &Sight, worse: &str) -> String {
        evidence(self.alpha, sight, &format!("bet on “{worse}”"), VARY_TOGETHER)
    }

    pub(super) fn is_enough(&self, sight: &Sight) -> bool {
        is_enough(self.alpha, sight)
    }

    pub(super) fn bets(&self) -> Option<Bets> {
        equal_bets(self.tolerated_ratio, &self.bets, self.error_clump)
    }

    pub(super) fn watch(
        &self,
        plan: &[StageShape],
        certificate: Option<&Certificate>,
    ) -> Option<WealthWatch> {
        let openings = self.bets_open.openings(plan);
        Some(WealthWatch {
            worse: PlannedBets::new(self.bets()?, plan, openings, ln_limit(self.alpha)),
            certificate: match certificate {
                None => None,
                Some(certificate) => Some((
                    PlannedBets::new(
                        certificate.bets(self.error_clump)?,
                        plan,
                        1,
                        ln_limit(certificate.certify_alpha),
                    ),
                    certificate.min_ticks,
                )),
            },
        })
    }
}

impl BetsOpen {
    /// The number of parts in which the stake is placed in a plan.
    pub(super) fn openings(self, plan: &[StageShape]) -> u32 {
        let informative = plan.iter().filter(|stage| stage.is_informative()).count() as u32;
        match self {
            BetsOpen::TickOne => 1,
            BetsOpen::StageStarts => informative.max(1),
        }
    }
}

pub(super) fn tolerated_ratio(p: &mut Parameters) -> f64 {
    p.number(Parameter {
        unit: "× the baseline",
        default: Some(Usual::Number(1.0)),
        ..Parameter::number("tolerated_ratio", "Tolerates", Range::above(0.0, MAX_RATIO))
    })
}

pub(super) fn bets_open(p: &mut Parameters) -> BetsOpen {
    p.choice(
        &Words {
            key: "bets_open",
            group: Group::Method,
            label: "Places its bets",
            options: &[
                (BetsOpen::StageStarts, "anew in each stage"),
                (BetsOpen::TickOne, "in the first tick"),
            ],
            default: BetsOpen::StageStarts,
        },
        p.input.bets_open,
    )
}

/// Equal bets on ratios, against a ratio.
pub(super) fn equal_bets(against: f64, ratios: &[f64], error_clump: Option<f64>) -> Option<Bets> {
    let bets: Vec<Bet> = ratios.iter().map(|&ratio| Bet { ratio, stake: 1.0 }).collect();
    Bets::new(against, &bets)?.in_clumps(error_clump.unwrap_or(1.0))
}

/// The largest mean size of a clump of errors.
pub(super) fn error_clump(p: &mut Parameters) -> Option<f64> {
    let declared = Parameter {
        placeholder: "1, independent errors",
        ..Parameter::number(
            "error_clump",
            "Errors in a clump, at most",
            Range::from(1.0, MAX_CLUMP),
        )
    };
    p.optional_within(declared)
}

/// The ratios bet on, each above the tolerated one.
pub(super) fn bets(p: &mut Parameters, tolerated: f64) -> Vec<f64> {
    let declared = Parameter {
        items: Some(Items { min: 1, max: MAX_BETS }),
        above: Some("tolerated_ratio"),
        placeholder: "1.25 to 20 times that",
        ..Parameter::number("bets", "Bets on ratios of", Range::above(0.0, MAX_BET))
    };
    let Some(bets) = p.numbers(declared, p.input.bets.as_deref()) else {
        return DEFAULT_BETS.iter().map(|bet| bet * tolerated).collect();
    };
    if bets.is_empty() || bets.len() > MAX_BETS {
        p.complain("bets", format!("{} bets, expected 1 to {MAX_BETS}", bets.len()));
        return Vec::new();
    }
    for (i, &bet) in bets.iter().enumerate() {
        if !(bet > tolerated && bet <= MAX_BET) {
            let (bet, tolerated, most) = (plain(bet), plain(tolerated), plain(MAX_BET));
            let message = format!(
                "found {bet}, expected a ratio above the tolerated {tolerated}, at most {most}"
            );
            p.complain(&format!("bets[{i}]"), message);
        }
    }
    bets.to_vec()
}

/// The certificate, if one is asked for, of a ratio above the tolerated one.
fn certificate(p: &mut Parameters, tolerated: f64) -> Option<Certificate> {
    // Below the lowest of the certificate's bets nothing could be bet.
    let range = Range::above(CERTIFICATE_BETS[0], MAX_RATIO);
    let certify_below = p.optional(Parameter {
        unit: "× the baseline",
        above: Some("tolerated_ratio"),
        placeholder: "never",
        ..Parameter::number("certify_below", "Promotes early if below", range)
    });
    let of_use = Some("certify_below");
    let certify_alpha = Parameter {
        key: "certify_alpha",
        label: "Wrongly, at most",
        only_with: of_use,
        ..Parameter::alpha()
    };
    let min_ticks = Parameter {
        unit: "ticks",
        only_with: of_use,
        default: Some(Usual::Number(1.0)),
        ..Parameter::whole("min_ticks", "After at least", Range::from(1.0, f64::from(MAX_TICKS)))
    };
    let Some(certify_below) = certify_below else {
        for parameter in [certify_alpha, min_ticks] {
            let key = parameter.key;
            if p.optional(parameter).is_some() {
                p.complain(key, "has no effect without certify_below");
            }
        }
        return None;
    };
    if !(certify_below > tolerated && range.contains(certify_below)) {
        let (found, tolerated) = (plain(certify_below), plain(tolerated));
        let (least, most) = (plain(range.min), plain(range.max));
        let message = format!(
            "found {found}, expected a ratio above the tolerated {tolerated} and {least}, at most {most}"
        );
        p.complain("certify_below", message);
    }
    Some(Certificate {
        certify_below,
        certify_alpha: p.number(certify_alpha),
        min_ticks: p.whole(min_ticks) as u32,
    })
}

/// What every promise about the ratio of the error rates assumes.
pub(super) const VARY_TOGETHER: &str = "If that is false and the arms vary only together";

pub(super) fn ln_limit(alpha: f64) -> f64 {
    ln(1.0 / alpha)
}

/// Whether a stake has reached its limit.
pub(super) fn is_enough(alpha: f64, sight: &Sight) -> bool {
    sight.ln_wealth.is_some_and(|ln_wealth| ln_wealth >= ln_limit(alpha))
}

/// The value of a stake against its limit.
pub(super) fn measure(alpha: f64, sight: &Sight) -> Measure {
    let observed = sight.ln_wealth.map(value);
    Measure { observed, limit: 1.0 / alpha, canary_limit: None }
}

/// The value of a stake in a sentence: what it is bet on, and the condition under which
/// the level holds.
pub(super) fn evidence(alpha: f64, sight: &Sight, bet: &str, condition: &str) -> String {
    let now = worth(sight.ln_wealth.unwrap_or_default());
    let limit = significant(1.0 / alpha);
    if is_enough(alpha, sight) {
        let rarely = ever_reaches(alpha);
        format!(
            "Evidence: a stake of 1, {bet}, has grown to {now}. {condition}, at most {rarely} {limit}."
        )
    } else {
        format!("Evidence: a stake of 1, {bet}, is now {now}; the limit is {limit}.")
    }
}

/// "The canary is worse" than the tolerated ratio.
pub(super) fn worse_than(tolerated: f64) -> String {
    if tolerated == 1.0 {
        "the canary is worse".to_string()
    } else {
        format!("the canary fails more than {} times as often", significant(tolerated))
    }
}

/// E itself, kept finite.
pub(super) fn value(ln_value: f64) -> f64 {
    exp(ln_value.min(690.0))
}

/// The value of a stake, in words or digits.
pub(super) fn worth(ln_value: f64) -> String {
    match value(ln_value) {
        worth if worth > 1e6 => "more than a million".to_string(),
        worth if worth < 1e-3 => "less than 0.001".to_string(),
        worth => significant(worth),
    }
}

impl Certificate {
    fn bets(&self, error_clump: Option<f64>) -> Option<Bets> {
        let below = CERTIFICATE_BETS.into_iter().filter(|ratio| *ratio < self.certify_below);
        equal_bets(self.certify_below, &below.collect::<Vec<_>>(), error_clump)
    }
}

impl Judge for Sequential {
    const ABOUT: About = About {
        title: "evidence of more errors, at any time",
        subject: Subject::Errors,
        quantity: Quantity::Stake,
        guarantee: Guarantee::EveryLook,
        wants_many_errors: false,
        cost: Cost::COUNTS,
    };

    fn from_parameters(p: &mut Parameters) -> Self {
        let stake = Stake::from_parameters(p);
        let certificate = certificate(p, stake.tolerated_ratio);
        Sequential { stake, certificate }
    }

    fn needs(&self) -> Needs {
        Needs::BASELINE
    }

    fn fails(&self, sight: &Sight) -> bool {
        self.stake.is_enough(sight)
    }

    fn measure(&self, sight: &Sight) -> Measure {
        if let (Some(ln_wealth), Some(certificate)) = (sight.ln_certificate, self.certificate) {
            return Measure {
                observed: Some(value(ln_wealth)),
                limit: 1.0 / certificate.certify_alpha,
                canary_limit: None,
            };
        }
        self.stake.measure(sight)
    }

    fn sentence(&self, sight: &Sight) -> String {
        if let (Some(ln_wealth), Some(certificate)) = (sight.ln_certificate, self.certificate) {
            return format!(
                "Certificate: a stake of 1, bet on “it fails less than {} times as often as the baseline”, has grown to {}. If it failed that often throughout the stage, at most {} {} in it.",
                significant(certificate.certify_below),
                worth(ln_wealth),
                ever_reaches(certificate.certify_alpha),
                significant(1.0 / certificate.certify_alpha),
            );
        }
        self.stake.sentence(sight, &worse_than(self.stake.tolerated_ratio))
    }

    fn watch(&self, plan: &[StageShape]) -> Option<Watch> {
        Some(Watch::Wealth(self.stake.watch(plan, self.certificate.as_ref())?))
    }
}

/// Bets, with the effect of an error on them in each stage.
#[derive(Clone, Debug)]
pub(super) struct PlannedBets {
    bets: Bets,
    /// By stage index; `None` if the rule does not apply or no baseline is left.
    steps: Vec<Option<Step>>,
    openings: u32,
    ln_limit: f64,
}

impl PlannedBets {
    pub(super) fn new(bets: Bets, plan: &[StageShape], openings: u32, ln_limit: f64) -> Self {
        let step = |stage: &StageShape| stage.is_informative().then(|| bets.step(stage.weight()));
        PlannedBets { steps: plan.iter().map(step).collect(), bets, openings, ln_limit }
    }

    pub(super) fn fresh(&self) -> Evidence {
        self.bets.evidence(self.openings)
    }

    /// Whether a stake has reached its limit.
    #[inline]
    pub(super) fn is_reached(&self, evidence: &Evidence) -> bool {
        evidence.reaches(self.ln_limit)
    }

    /// Whether this value of a stake is its limit.
    pub(super) fn is_enough(&self, ln_wealth: f64) -> bool {
        ln_wealth >= self.ln_limit
    }

    pub(super) fn enter(&self, evidence: &mut Evidence, stage: usize) {
        if self.steps[stage].is_some() {
            evidence.open(&self.bets);
        }
    }

    #[inline]
    pub(super) fn observe(
        &self,
        evidence: &mut Evidence,
        stage: usize,
        [canary, baseline]: [u64; 2],
    ) {
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
        self.worse.is_reached(&wealth.worse)
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
        Some(clock >= *min_ticks && planned.is_reached(evidence))
    }

    /// ln of the value of the certificate's stake in this stage.
    pub(super) fn ln_certificate(&self, wealth: &Wealth) -> Option<f64> {
        wealth.certificate.as_ref().map(Evidence::ln_value)
    }
}
