//! At which values of a field a promise can be kept at all: how much traffic it needs, or
//! how long a wait it bears.

use serde::Serialize;
use serde_json::Value as Json;

use super::Search;
use super::options::{Asked, Mode};
use crate::config::{Config, ConfigError};
use crate::json::{number, plain, pretty, some_number};
use crate::math;
use crate::message::{quoted, shown, thousands};
use crate::problem::Problem;
use crate::study::{Fulfilment, full_path, no_field, set_field};

/// Two values of this ratio are near enough.
const NEAR: f64 = 1.05;
/// Two values whose distance is this share of the range are, too.
const CLOSE: f64 = 0.01;
/// The most values that are tried.
const MOST_TRIED: usize = 24;
/// Into how many parts the rollouts are divided; a value takes one at most.
const PARTS: u64 = 8;

/// A search at each of some values of a field, by bisection: where is some candidate that
/// surely holds all bounds?
///
/// It is assumed that this gets easier in one direction. Of each value it is decided
/// with the same seeds.
#[derive(Debug)]
pub struct Reach {
    asked: Asked,
    field: String,
    /// The ends of the range.
    ends: [f64; 2],
    is_whole: bool,
    rollouts: u64,
    spent: u64,
    tried: Vec<Tried>,
    /// The present value and its search.
    search: Option<(f64, Search)>,
    /// The configuration at the value that is the farthest one kept.
    kept: Option<(f64, Config)>,
    /// The values of which it was decided again, with more rollouts.
    again: Vec<f64>,
}

/// What was found at a value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tried {
    /// The value.
    #[serde(serialize_with = "number")]
    pub value: f64,
    /// `met` if a candidate surely holds all bounds, `failed` if surely none does,
    /// `undecided` if that is open after the rollouts of this value.
    pub fulfilment: Fulfilment,
    /// Rollouts simulated.
    pub rollouts: u64,
    /// The values of the varied fields of the candidate that holds all bounds, or that comes
    /// nearest.
    pub values: Vec<Json>,
}

/// The answer so far.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReachReport {
    /// The field.
    pub field: String,
    /// The ends of the range.
    #[serde(serialize_with = "number")]
    pub from: f64,
    /// The other end.
    #[serde(serialize_with = "number")]
    pub to: f64,
    /// The last value at which some candidate surely holds all bounds.
    #[serde(serialize_with = "some_number")]
    pub kept_at: Option<f64>,
    /// The value nearest to it at which surely none does.
    #[serde(serialize_with = "some_number")]
    pub not_kept_at: Option<f64>,
    /// Whether all values are tried.
    pub finished: bool,
    /// Rollouts simulated.
    pub rollouts: u64,
    /// The values tried, in that order.
    pub tried: Vec<Tried>,
    /// The answer in a sentence.
    pub sentence: String,
    /// The configuration at `kept_at`, with a policy that holds all bounds.
    pub config: Option<Config>,
}

impl Reach {
    /// Prepares the question from texts: the configuration, the options of
    /// [`Search::from_text`], of which `least` may be missing, and what is to be reached:
    /// `FIELD=FROM..TO`, with a numeric field of the configuration such as
    /// `traffic.requests_per_second` or `observation.delay_seconds`. A value takes an eighth
    /// of the rollouts at most.
    ///
    /// # Errors
    /// As for [`Search::from_text`]; also if there is no such field, or if one of the ends is
    /// not valid. The path of these is `reach`.
    pub fn from_text(config: &str, options: &str, reach: &str) -> Result<Reach, ConfigError> {
        let asked = Asked::read(config, options)?;
        let wrong = |message: String| ConfigError::of_values(vec![Problem::new("reach", message)]);
        let (field, ends, is_whole) = range(reach).ok_or_else(|| {
            wrong(format!(
                "found {}, expected FIELD=FROM..TO with two different numbers, such as \
                 traffic.requests_per_second=10..10000",
                quoted(reach)
            ))
        })?;
        let rollouts = asked.rollouts()?;
        let mut reach = Reach {
            asked,
            field,
            ends,
            is_whole,
            rollouts,
            spent: 0,
            tried: Vec::new(),
            search: None,
            kept: None,
            again: Vec::new(),
        };
        let [from, to] = ends;
        // Both ends are checked before anything is simulated.
        reach.searched(from)?;
        reach.search = Some((to, reach.searched(to)?));
        Ok(reach)
    }

    /// The search at a value.
    fn searched(&self, value: f64) -> Result<Search, ConfigError> {
        let mut base = self.asked.base.clone();
        if set_field(&mut base, &self.field, value).is_none() {
            return Err(ConfigError::of_values(vec![Problem::new("reach", no_field(&self.field))]));
        }
        let left = self.rollouts - self.spent.min(self.rollouts);
        let rollouts = match self.again.contains(&value) {
            true => left / 2,
            false => left.min(self.rollouts / PARTS),
        };
        let at = |problem: &Problem| {
            let below = problem.path.starts_with("search.");
            match below {
                true if problem.path == "search.runs" => {
                    let message = format!("for one of {PARTS} values: {}", problem.message);
                    Problem::new("search.runs", message)
                }
                true => problem.clone(),
                false => Problem::new(
                    "reach",
                    format!("with {}={}: {problem}", shown(&self.field), plain(value)),
                ),
            }
        };
        self.asked
            .prepared(&base, Mode::FirstThatHolds { rollouts })
            .map_err(|error| ConfigError::of_values(error.problems().iter().map(at).collect()))
    }

    /// The most rollouts.
    pub fn rollouts(&self) -> u64 {
        self.rollouts
    }

    /// Rollouts simulated.
    pub fn done(&self) -> u64 {
        self.spent + self.search.as_ref().map_or(0, |(_, search)| search.done())
    }

    /// Whether all values are tried.
    pub fn is_finished(&self) -> bool {
        self.search.is_none()
    }

    /// Simulates at least this many rollouts, or as many as are left, on this thread.
    pub fn advance(&mut self, rollouts: u64) {
        let end = self.done().saturating_add(rollouts);
        while self.done() < end {
            let left = end - self.done();
            let Some((_, search)) = &mut self.search else { return };
            search.advance(left);
            self.go_on();
        }
    }

    /// Simulates all that is left, on all threads of the current pool; see
    /// [`Search::run_parallel`].
    #[cfg(all(feature = "parallel", not(target_family = "wasm")))]
    pub fn run_parallel(
        &mut self,
        stop: &std::sync::atomic::AtomicBool,
        mut progress: impl FnMut(u64),
    ) {
        while let Some((_, search)) = &mut self.search {
            let before = self.spent;
            search.run_parallel(stop, |done| progress(before + done));
            if !search.is_finished() {
                return;
            }
            self.go_on();
        }
    }

    /// Takes the answer of a search that is finished, and begins the next one.
    fn go_on(&mut self) {
        let Some((value, search)) = self.search.take_if(|(_, search)| search.is_finished()) else {
            return;
        };
        self.spent += search.done();
        let (fulfilment, candidate) = search.held();
        let found = candidate.map(|index| &search.candidates[index]);
        if fulfilment == Fulfilment::Met
            && let Some(found) = found
        {
            let is_farther = |(kept, _): &(f64, Config)| {
                let hard = self.hard_end();
                (value - hard).abs() < (kept - hard).abs()
            };
            if self.kept.as_ref().is_none_or(is_farther) {
                self.kept = Some((value, found.config.clone()));
            }
        }
        self.tried.retain(|tried| tried.value != value);
        self.tried.push(Tried {
            value,
            fulfilment,
            rollouts: search.done(),
            values: found.map(|found| found.values.clone()).unwrap_or_default(),
        });
        let next = self.next_value();
        self.again.extend(next.filter(|next| self.at(*next).is_some()));
        // A value between two valid ones that is not valid, or too few rollouts left, ends it.
        self.search = next.and_then(|next| Some((next, self.searched(next).ok()?)));
    }

    fn at(&self, value: f64) -> Option<Fulfilment> {
        self.tried.iter().find(|tried| tried.value == value).map(|tried| tried.fulfilment)
    }

    /// The end at which the promise is harder to keep.
    fn hard_end(&self) -> f64 {
        let [from, to] = self.ends;
        if self.at(to) == Some(Fulfilment::Met) { from } else { to }
    }

    /// The value nearest to the hard end at which the promise is surely kept.
    fn kept_at(&self) -> Option<f64> {
        self.nearest_to(self.hard_end(), |fulfilment| fulfilment == Fulfilment::Met)
    }

    fn nearest_to(&self, end: f64, is: impl Fn(Fulfilment) -> bool) -> Option<f64> {
        let values = self.tried.iter().filter(|tried| is(tried.fulfilment));
        let values = values.map(|tried| tried.value);
        values.min_by(|a, b| (a - end).abs().total_cmp(&(b - end).abs()))
    }

    /// The next value to try.
    fn next_value(&self) -> Option<f64> {
        let [from, _] = self.ends;
        if self.at(from).is_none() {
            return Some(from);
        }
        if self.tried.len() >= MOST_TRIED || self.spent >= self.rollouts {
            return None;
        }
        let Some(kept) = self.kept_at() else {
            // Ends that are open get more rollouts, once.
            let [from, to] = self.ends;
            let is_open = |end: &f64| self.at(*end) == Some(Fulfilment::Undecided);
            return [to, from].into_iter().find(|end| is_open(end) && !self.again.contains(end));
        };
        let not = self.nearest_to(kept, |fulfilment| fulfilment != Fulfilment::Met)?;
        // First where the promise begins to be kept, then where it is surely not.
        self.between(kept, not).or_else(|| {
            let failed = self.nearest_to(kept, |fulfilment| fulfilment == Fulfilment::Failed)?;
            let open = self.nearest_to(failed, |fulfilment| fulfilment != Fulfilment::Failed)?;
            self.between(failed, open)
        })
    }

    /// A value between two; `None` if they are near enough.
    fn between(&self, one: f64, other: f64) -> Option<f64> {
        let (low, high) = (one.min(other), one.max(other));
        let is_near = match low > 0.0 {
            true => high / low <= NEAR,
            false => high - low <= CLOSE * (self.ends[1] - self.ends[0]).abs(),
        };
        if is_near || (self.is_whole && high - low <= 1.0) {
            return None;
        }
        let middle = match low > 0.0 {
            true => math::exp(0.5 * (math::ln(low) + math::ln(high))),
            false => 0.5 * (low + high),
        };
        let middle = match self.is_whole {
            true => middle.round(),
            false => format!("{middle:.3e}").parse().unwrap_or(middle),
        };
        (middle > low && middle < high).then_some(middle)
    }

    /// The answer so far.
    pub fn report(&self) -> ReachReport {
        let kept_at = self.kept_at();
        let reference = kept_at.unwrap_or_else(|| self.hard_end());
        let not_kept_at = self.nearest_to(reference, |fulfilment| fulfilment == Fulfilment::Failed);
        ReachReport {
            field: self.field.clone(),
            from: self.ends[0],
            to: self.ends[1],
            kept_at,
            not_kept_at,
            finished: self.is_finished(),
            rollouts: self.done(),
            tried: self.tried.clone(),
            sentence: self.sentence(kept_at, not_kept_at),
            config: self.kept.as_ref().map(|(_, config)| config.clone()),
        }
    }

    fn sentence(&self, kept_at: Option<f64>, not_kept_at: Option<f64>) -> String {
        let field = shown(&self.field);
        let [from, to] = self.ends.map(plain);
        let (Some(kept), not) = (kept_at, not_kept_at) else {
            return match self.tried.iter().all(|tried| tried.fulfilment == Fulfilment::Failed) {
                true if !self.tried.is_empty() => format!(
                    "Neither at {field} = {from} nor at {to} does a candidate hold all bounds."
                ),
                _ => format!(
                    "At no value of {field} that was tried a candidate surely holds all bounds.{}",
                    self.open_words()
                ),
            };
        };
        let hard = self.hard_end();
        if kept == hard {
            return format!(
                "Some candidate surely holds all bounds at {field} = {from} as well as at {to}."
            );
        }
        let beyond = if kept > hard { "At least" } else { "At most" };
        let mut sentence = format!(
            "{beyond} {} of {field}: some candidate surely holds all bounds there",
            plain(kept)
        );
        if let Some(not) = not {
            sentence += &format!(", and at {} surely none does", plain(not));
        }
        sentence.push('.');
        sentence + &self.open_words()
    }

    /// The values of which it is open.
    fn open_words(&self) -> String {
        let is_open = |tried: &&Tried| tried.fulfilment == Fulfilment::Undecided;
        let mut open: Vec<&Tried> = self.tried.iter().filter(is_open).collect();
        open.sort_by(|one, other| one.value.total_cmp(&other.value));
        let words = |tried: &&Tried| {
            format!("{} after {} rollouts", plain(tried.value), thousands(tried.rollouts))
        };
        let list: Vec<String> = open.iter().map(words).collect();
        match list.is_empty() {
            true => String::new(),
            false => format!(" Open: {}; more rollouts may decide.", list.join(", ")),
        }
    }
}

impl ReachReport {
    /// The report as JSON text, indented by two spaces.
    pub fn to_json(&self) -> String {
        pretty(self)
    }
}

/// Reads `FIELD=FROM..TO`: the field, the ends, and whether they are whole numbers.
fn range(text: &str) -> Option<(String, [f64; 2], bool)> {
    let (field, ends) = text.split_once('=')?;
    let (from, to) = ends.split_once("..")?;
    let (from, to) = (from.trim(), to.trim());
    let number = |text: &str| text.parse().ok().filter(|x: &f64| x.is_finite());
    let (low, high): (f64, f64) = (number(from)?, number(to)?);
    let is_whole = !from.contains(['.', 'e', 'E']) && !to.contains(['.', 'e', 'E']);
    (low != high).then(|| (full_path(field.trim()).to_string(), [low, high], is_whole))
}
