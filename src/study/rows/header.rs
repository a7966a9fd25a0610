//! The header of a file with rows: the question, and the seeds that are to be simulated.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::{ENGINE, MAX_SHARDS, MAX_SPREAD_RUNS, sha256};
use crate::config::Config;
use crate::policy::Command;
use crate::seed::MAX_SEED;
use crate::study::{
    Layout, MAX_CASE_STAGES, MAX_POLICIES, MAX_SWEEP, Person, PolicyCases, Question, RecordedDays,
    SweepCases,
};
use crate::world::LatencySource;

/// Which part of a study a file has: number `index`, from 1, of `of` parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shard {
    /// The number of the part, from 1.
    pub index: u64,
    /// How many parts there are.
    pub of: u64,
}

/// The seeds of a whole study, and which of them a file is to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whole {
    /// The first seed of the whole study.
    pub first_seed: u64,
    /// The number of seeds of the whole study, 1 to [`MAX_SPREAD_RUNS`].
    pub runs: u64,
    /// The part that the file is to have; `None` for all of them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shard: Option<Shard>,
}

impl Shard {
    /// The seeds of the part: those of the whole, cut into `of` parts whose sizes differ by
    /// one at most. The first and how many; none if there are fewer seeds than parts.
    pub fn seeds(self, whole: Whole) -> (u64, u64) {
        let cut = |i: u64| {
            let before = u128::from(whole.runs) * u128::from(i) / u128::from(self.of.max(1));
            before as u64
        };
        let first = cut(self.index.saturating_sub(1));
        (whole.first_seed + first, cut(self.index) - first)
    }
}

impl Whole {
    /// The seeds that a file is to have: the first and how many.
    pub fn seeds(self) -> (u64, u64) {
        self.shard.map_or((self.first_seed, self.runs), |shard| shard.seeds(self))
    }

    /// Whether there are 1 to [`MAX_SPREAD_RUNS`] runs, seeds below 2⁵³, and such a part of
    /// at most [`MAX_SHARDS`].
    pub fn is_valid(self) -> bool {
        let has_seeds = (1..=MAX_SPREAD_RUNS).contains(&self.runs)
            && self.first_seed <= MAX_SEED
            && self.runs - 1 <= MAX_SEED - self.first_seed;
        let is_part =
            |shard: Shard| shard.of <= MAX_SHARDS && (1..=shard.of).contains(&shard.index);
        has_seeds && self.shard.is_none_or(is_part)
    }
}

/// The text of a question: its SHA-256 is the question's id. The cases are given by the
/// number of their levels and their configurations, `record` by its SHA-256.
pub(super) fn question_json<'a>(
    question: &Question,
    record: Option<String>,
    cases: impl Iterator<Item = (usize, &'a Config)>,
) -> String {
    #[derive(Serialize)]
    struct Written<'a> {
        horizon_ticks: u32,
        person: Option<Person>,
        release_is_bad: bool,
        record: Option<String>,
        recorded: &'a Option<RecordedDays>,
        policies: &'a [PolicyCases],
        sweep: &'a Option<SweepCases>,
        config: &'a Config,
        cases: Vec<CaseWritten<'a>>,
    }
    #[derive(Serialize)]
    struct CaseWritten<'a> {
        levels: usize,
        config: &'a Config,
    }
    let written = Written {
        horizon_ticks: question.horizon_ticks,
        person: question.person,
        release_is_bad: question.release_is_bad,
        record,
        recorded: &question.recorded,
        policies: &question.layout.policies,
        sweep: &question.layout.sweep,
        config: &question.config,
        cases: cases.map(|(levels, config)| CaseWritten { levels, config }).collect(),
    };
    crate::json::compact(&written)
}

/// A header as a line.
pub(super) fn line(question: &str, whole: Whole) -> String {
    let (id, seeds) = (sha256(&[question]), crate::json::compact(&whole));
    let check = check(&id, ENGINE, &seeds);
    format!(
        "{{\"question\":{question},\"id\":\"{id}\",\"engine\":\"{ENGINE}\",\"seeds\":{seeds},\
         \"check\":\"{check}\"}}\n"
    )
}

fn check(id: &str, engine: &str, seeds: &str) -> String {
    sha256(&[id, " ", engine, " ", seeds])
}

/// A header that was read, with its question as text.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header<'a> {
    #[serde(borrow)]
    question: &'a RawValue,
    pub(super) id: &'a str,
    pub(super) engine: &'a str,
    #[serde(borrow)]
    seeds: &'a RawValue,
    check: &'a str,
}

impl Header<'_> {
    /// The seeds that are to be simulated, if the line is undamaged.
    ///
    /// # Errors
    /// A sentence.
    pub(super) fn whole(&self) -> Result<Whole, String> {
        let seeds = self.seeds.get();
        if check(self.id, self.engine, seeds) != self.check
            || sha256(&[self.question.get()]) != self.id
        {
            return Err("a damaged header: its check or its id is wrong".into());
        }
        let whole: Option<Whole> = serde_json::from_str(seeds).ok();
        whole.filter(|whole| whole.is_valid()).ok_or_else(|| {
            format!("seeds: expected first_seed and 1 to {MAX_SPREAD_RUNS} runs below 2⁵³")
        })
    }

    /// The question, and by case the number of levels.
    ///
    /// # Errors
    /// A sentence.
    pub(super) fn question(&self) -> Result<(Question, Vec<usize>), String> {
        let read: QuestionRead<'_> = serde_json::from_str(self.question.get())
            .map_err(|error| format!("question: {}", without_place(&error)))?;
        read.question()
    }
}

/// An error of serde_json without the place: what is read is one line.
pub(super) fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(end) => text[..end].to_string(),
        None => text,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuestionRead<'a> {
    horizon_ticks: u32,
    person: Option<PersonRead>,
    release_is_bad: bool,
    /// A part of the id alone.
    #[serde(rename = "record")]
    _record: Option<String>,
    recorded: Option<RecordedRead>,
    policies: Vec<PolicyRead>,
    sweep: Option<SweepRead>,
    #[serde(borrow)]
    config: &'a RawValue,
    #[serde(borrow)]
    cases: Vec<CaseRead<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonRead {
    after_ticks: u32,
    command: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordedRead {
    days: u32,
    left_out: u32,
    start_of_day: Option<u32>,
    requests_per_tick: Exact,
    error_rate: Exact,
    latency: LatencySource,
    notes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyRead {
    name: String,
    healthy: usize,
    release: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SweepRead {
    field: String,
    values: Vec<Exact>,
    cases: Vec<Vec<usize>>,
    healthy: Option<Vec<Vec<usize>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseRead<'a> {
    levels: usize,
    /// A part of the id alone.
    #[serde(borrow, rename = "config")]
    _config: &'a RawValue,
}

/// A number, read to the nearest as the standard library does: serde_json is one unit in the
/// last place off in one of ten.
struct Exact(f64);

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&RawValue>::deserialize(deserializer)?.get();
        let number = text.parse().ok().filter(|number: &f64| number.is_finite());
        number.map(Exact).ok_or_else(|| serde::de::Error::custom("expected a number"))
    }
}

impl QuestionRead<'_> {
    fn question(self) -> Result<(Question, Vec<usize>), String> {
        let levels: Vec<usize> = self.cases.iter().map(|case| case.levels).collect();
        let stages = levels.iter().try_fold(0_usize, |sum, levels| sum.checked_add(*levels));
        if levels.is_empty() || stages.is_none_or(|stages| stages > MAX_CASE_STAGES) {
            return Err(format!("question: expected cases with 1 to {MAX_CASE_STAGES} levels"));
        }
        let case = |index: usize| match index < levels.len() {
            true => Ok(index),
            false => Err(format!("question: there is no case {index}")),
        };
        let cases = |list: Vec<Vec<usize>>, values: usize| match self.policies.len() == list.len()
            && list.iter().all(|of_policy| of_policy.len() == values)
        {
            true => {
                list.iter().flatten().try_for_each(|index| case(*index).map(|_| ()))?;
                Ok(list)
            }
            false => Err("question: expected a case for each policy and value".to_string()),
        };
        if !(1..=MAX_POLICIES + 1).contains(&self.policies.len()) {
            return Err(format!("question: expected 1 to {} policies", MAX_POLICIES + 1));
        }
        let sweep = match self.sweep {
            None => None,
            Some(sweep) => {
                let count = sweep.values.len();
                if !(1..=MAX_SWEEP).contains(&count) {
                    return Err(format!("question: expected 1 to {MAX_SWEEP} values"));
                }
                Some(SweepCases {
                    field: sweep.field,
                    values: sweep.values.into_iter().map(|value| value.0).collect(),
                    cases: cases(sweep.cases, count)?,
                    healthy: sweep.healthy.map(|list| cases(list, count)).transpose()?,
                })
            }
        };
        let person = self.person.map(|person| {
            let command = Command::ALL.into_iter().find(|known| known.name() == person.command);
            let command = command.ok_or("question: expected a command of a person")?;
            Ok::<_, String>(Person { after_ticks: person.after_ticks, command })
        });
        let policy = |policy: PolicyRead| {
            Ok(PolicyCases {
                name: policy.name,
                healthy: case(policy.healthy)?,
                release: policy.release.map(case).transpose()?,
            })
        };
        let recorded = self.recorded.map(|days| RecordedDays {
            days: days.days,
            left_out: days.left_out,
            start_of_day: days.start_of_day,
            requests_per_tick: days.requests_per_tick.0,
            error_rate: days.error_rate.0,
            latency: days.latency,
            notes: days.notes,
        });
        let question = Question {
            config: Config::from_text(self.config.get())
                .map_err(|error| format!("question.config: {error}"))?,
            release_is_bad: self.release_is_bad,
            horizon_ticks: self.horizon_ticks,
            person: person.transpose()?,
            recorded,
            layout: Layout {
                policies: self.policies.into_iter().map(policy).collect::<Result<_, String>>()?,
                sweep,
            },
        };
        Ok((question, levels))
    }
}
