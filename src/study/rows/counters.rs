//! Rows: the counters of a study as text, and back.

use std::fmt;

use serde::de::{self, SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::{ENGINE, sha256};
use crate::study::histogram::{Histogram, MAX_BIN, Packed};
use crate::study::{Pair, Squares, Tally};

/// A row as a line.
pub(super) fn line<'a>(
    id: &str,
    first_seed: u64,
    runs: u64,
    tallies: impl Iterator<Item = &'a Tally>,
    pairs: &[Pair],
) -> String {
    let counters = Counters {
        cases: tallies.map(CaseCounters::of).collect(),
        pairs: pairs.iter().map(PairCounters::of).collect(),
    };
    let counters = crate::json::compact(&counters);
    let check = check(id, ENGINE, first_seed, runs, &counters);
    format!(
        "{{\"id\":\"{id}\",\"engine\":\"{ENGINE}\",\"first_seed\":{first_seed},\"runs\":{runs},\
         \"counters\":{counters},\"check\":\"{check}\"}}\n"
    )
}

fn check(id: &str, engine: &str, first_seed: u64, runs: u64, counters: &str) -> String {
    sha256(&[id, " ", engine, " ", &format!("{first_seed} {runs} "), counters])
}

/// A row that was read, with its counters as text.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row<'a> {
    pub(super) id: &'a str,
    pub(super) engine: &'a str,
    pub(super) first_seed: u64,
    pub(super) runs: u64,
    #[serde(borrow)]
    counters: &'a RawValue,
    pub(super) check: &'a str,
}

impl Row<'_> {
    /// Whether it is undamaged.
    pub(super) fn is_whole(&self) -> bool {
        let counters = self.counters.get();
        check(self.id, self.engine, self.first_seed, self.runs, counters) == self.check
    }

    /// Its counters.
    ///
    /// # Errors
    /// A sentence, if they are not those of so many runs of such cases.
    pub(super) fn counters(&self, levels: &[usize], pairs: usize) -> Result<Counters, String> {
        let counters: Counters = serde_json::from_str(self.counters.get())
            .map_err(|error| format!("counters: {}", super::header::without_place(&error)))?;
        let fits = counters.cases.len() == levels.len()
            && counters.pairs.len() == pairs
            && counters
                .cases
                .iter()
                .zip(levels)
                .all(|(case, levels)| case.fits(self.runs, *levels))
            && counters.pairs.iter().all(|pair| pair.fits(self.runs));
        match fits {
            true => Ok(counters),
            false => Err("counters that are not of its runs and its question".into()),
        }
    }
}

/// What the runs of a row counted.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Counters {
    cases: Vec<CaseCounters>,
    pairs: Vec<PairCounters>,
}

impl Counters {
    /// Adds them to sums; false, and nothing changes, if a sum would be too large.
    pub(super) fn add_to(&self, runs: u64, tallies: &mut [Tally], pairs: &mut [Pair]) -> bool {
        let mut both = self.cases.iter().zip(tallies.iter());
        let mut squares = self.pairs.iter().zip(pairs.iter());
        let fits = both.all(|(case, tally)| case.sums_fit(tally))
            && squares.all(|(pair, sum)| pair.squares().checked_add(sum.excess_squares).is_some());
        if fits {
            for (case, tally) in self.cases.iter().zip(tallies) {
                case.add_to(runs, tally);
            }
            for (pair, sum) in self.pairs.iter().zip(pairs) {
                pair.add_to(sum);
            }
        }
        fits
    }
}

/// The counters of a case.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseCounters {
    completed: u64,
    waiting: u64,
    rolled_back_by_stage: Vec<u64>,
    rolled_back_falsely: u64,
    ticks_to_rollback: Vec<Bin>,
    excess_errors: Vec<Bin>,
    exposed_requests: Vec<Bin>,
    duration_ticks: Vec<Bin>,
}

impl CaseCounters {
    fn of(tally: &Tally) -> Self {
        let bins = |histogram: &Histogram| histogram.packed().map(Bin).collect();
        CaseCounters {
            completed: tally.completed,
            waiting: tally.waiting,
            rolled_back_by_stage: tally.rolled_back_by_stage.clone(),
            rolled_back_falsely: tally.rolled_back_falsely,
            ticks_to_rollback: bins(&tally.ticks_to_rollback),
            excess_errors: bins(&tally.excess_errors),
            exposed_requests: bins(&tally.exposed_requests),
            duration_ticks: bins(&tally.duration_ticks),
        }
    }

    /// Whether they are the counters of so many runs with so many levels.
    fn fits(&self, runs: u64, levels: usize) -> bool {
        let in_all = |bins: &[Bin]| sum(bins.iter().map(|bin| bin.0.count));
        let Some(rolled_back) = sum(self.rolled_back_by_stage.iter().copied()) else {
            return false;
        };
        let ends = sum([self.completed, self.waiting, rolled_back].into_iter());
        self.rolled_back_by_stage.len() == levels
            && ends == Some(runs)
            && self.rolled_back_falsely <= rolled_back
            && in_all(&self.ticks_to_rollback) == Some(rolled_back - self.rolled_back_falsely)
            && self.whole_runs().iter().all(|bins| in_all(bins) == Some(runs))
            && self.histograms().iter().all(|bins| {
                let rises = bins.windows(2).all(|two| two[0].0.bin < two[1].0.bin);
                rises && bins.iter().all(|bin| bin.0.is_possible())
            })
    }

    fn whole_runs(&self) -> [&[Bin]; 3] {
        [&self.excess_errors, &self.exposed_requests, &self.duration_ticks]
    }

    fn histograms(&self) -> [&[Bin]; 4] {
        let [excess, exposed, duration] = self.whole_runs();
        [&self.ticks_to_rollback, excess, exposed, duration]
    }

    fn sums_fit(&self, tally: &Tally) -> bool {
        let fits = |bins: &[Bin], sums: &Histogram| sums.has_room(bins.iter().map(|bin| bin.0));
        let sums = [
            &tally.ticks_to_rollback,
            &tally.excess_errors,
            &tally.exposed_requests,
            &tally.duration_ticks,
        ];
        self.histograms().into_iter().zip(sums).all(|(bins, sums)| fits(bins, sums))
    }

    fn add_to(&self, runs: u64, tally: &mut Tally) {
        tally.runs += runs;
        tally.completed += self.completed;
        tally.waiting += self.waiting;
        for (sum, count) in tally.rolled_back_by_stage.iter_mut().zip(&self.rolled_back_by_stage) {
            *sum += count;
        }
        tally.rolled_back_falsely += self.rolled_back_falsely;
        let histograms = [
            (&self.ticks_to_rollback, &mut tally.ticks_to_rollback),
            (&self.excess_errors, &mut tally.excess_errors),
            (&self.exposed_requests, &mut tally.exposed_requests),
            (&self.duration_ticks, &mut tally.duration_ticks),
        ];
        for (bins, sums) in histograms {
            bins.iter().for_each(|bin| sums.add(bin.0));
        }
    }
}

/// The sum of counts; `None` if it is too large.
fn sum(counts: impl Iterator<Item = u64>) -> Option<u64> {
    let mut counts = counts;
    counts.try_fold(0_u64, u64::checked_add)
}

/// The counters of two policies on the same release.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PairCounters {
    only_first_rolled_back: u64,
    only_second_rolled_back: u64,
    different_excess: u64,
    /// The sums of the high and of the low 64 bits of the squares.
    excess_squares: [Whole; 2],
}

impl PairCounters {
    fn of(pair: &Pair) -> Self {
        PairCounters {
            only_first_rolled_back: pair.only_first_rolled_back,
            only_second_rolled_back: pair.only_second_rolled_back,
            different_excess: pair.different_excess,
            excess_squares: [Whole(pair.excess_squares.high), Whole(pair.excess_squares.low)],
        }
    }

    fn fits(&self, runs: u64) -> bool {
        let both = self.only_first_rolled_back.checked_add(self.only_second_rolled_back);
        both.is_some_and(|both| both <= runs) && self.different_excess <= runs
    }

    fn squares(&self) -> Squares {
        let [Whole(high), Whole(low)] = self.excess_squares;
        Squares { high, low }
    }

    fn add_to(&self, pair: &mut Pair) {
        pair.only_first_rolled_back += self.only_first_rolled_back;
        pair.only_second_rolled_back += self.only_second_rolled_back;
        pair.different_excess += self.different_excess;
        if let Some(sum) = pair.excess_squares.checked_add(self.squares()) {
            pair.excess_squares = sum;
        }
    }
}

/// A whole number that may be too large for a JSON number: decimal digits as text.
struct Whole(u128);

impl Serialize for Whole {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&str>::deserialize(deserializer)?;
        let number = text.parse().ok().filter(|_| !text.starts_with('+'));
        number.map(Whole).ok_or_else(|| de::Error::custom("expected a whole number as text"))
    }
}

/// A bin of a histogram as `[bin, count, sum]`. The sum is the number if it is whole and
/// below 2⁵³, otherwise text: the number of units of 2⁻⁵⁰. It is left out if every value is
/// the lower end of the bin.
struct Bin(Packed);

/// Values below this are written as numbers.
const EXACT: u128 = 1 << 53;

impl Serialize for Bin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Bin(packed) = self;
        let is_least = packed.sum == packed.least();
        let mut list = serializer.serialize_seq(Some(if is_least { 2 } else { 3 }))?;
        list.serialize_element(&packed.bin)?;
        list.serialize_element(&packed.count)?;
        if !is_least {
            match packed.whole().filter(|whole| *whole < EXACT) {
                Some(whole) => list.serialize_element(&(whole as u64))?,
                None => list.serialize_element(&Whole(packed.sum))?,
            }
        }
        list.end()
    }
}

/// A sum in units of 2⁻⁵⁰.
struct Sum(u128);

impl<'de> Deserialize<'de> for Sum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Sums;
        impl Visitor<'_> for Sums {
            type Value = Sum;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number, or its digits as text")
            }
            fn visit_u64<E: de::Error>(self, whole: u64) -> Result<Sum, E> {
                Ok(Sum(Packed::of_whole(whole)))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Sum, E> {
                let digits = de::Unexpected::Str(text);
                text.parse().map(Sum).map_err(|_| E::invalid_value(digits, &self))
            }
        }
        deserializer.deserialize_any(Sums)
    }
}

impl<'de> Deserialize<'de> for Bin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bins;
        impl<'de> Visitor<'de> for Bins {
            type Value = Bin;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("[bin, count] or [bin, count, sum]")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Bin, A::Error> {
                let wrong = || de::Error::custom("expected [bin, count] or [bin, count, sum]");
                let bin: u32 = list.next_element()?.ok_or_else(wrong)?;
                let count: u64 = list.next_element()?.ok_or_else(wrong)?;
                if bin > MAX_BIN {
                    return Err(de::Error::custom(format!(
                        "bin {bin}, expected at most {MAX_BIN}"
                    )));
                }
                let mut packed = Packed { bin, count, sum: 0 };
                packed.sum = match list.next_element::<Sum>()? {
                    None => packed.least(),
                    Some(Sum(sum)) => sum,
                };
                match list.next_element::<de::IgnoredAny>()? {
                    None => Ok(Bin(packed)),
                    Some(_) => Err(wrong()),
                }
            }
        }
        deserializer.deserialize_seq(Bins)
    }
}
