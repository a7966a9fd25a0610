//! The options of a search: reading and checking them, and the candidates that result.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use serde_json::Value as Json;

use super::contender::Contender;
use super::question::{Hold, Least, Question};
use super::race::{FIRST_RUNS, NEAREST_RUNS};
use super::report::Kept;
use super::vary::Dimension;
use super::{
    DEFAULT_CANDIDATES, DEFAULT_SEARCH_ROLLOUTS, DEFAULT_TOLERANCE, Grid, Invalid, MAX_CANDIDATES,
    MAX_QUESTIONS, MAX_SEARCH_ROLLOUTS, MAX_SEARCH_STAGES, Phase, Search, VariedField,
};
use crate::config::{Config, ConfigError, ConfigInput, MAX_CONFIG_VALUES, MAX_TICKS};
use crate::math;
use crate::message::{quoted, thousands};
use crate::problem::Problem;
use crate::reading::{Fault, Node, fields, parse, read};
use crate::rules::Range;
use crate::seed::MAX_SEED;
use crate::study::{
    DEFAULT_ERROR_PROBABILITY, MAX_ERROR_PROBABILITY, Objective, Person, PersonInput, Requirement,
    remove_stale_names, with_policy,
};
use crate::world::RecordedWorld;

/// The options as written in a text.
#[derive(Clone, Debug, Default)]
struct SearchInput {
    vary: Option<Node>,
    policies: Option<Vec<PolicyInput>>,
    hold: Option<Vec<String>>,
    least: Option<Vec<String>>,
    runs: Option<f64>,
    candidates: Option<f64>,
    seed: Option<f64>,
    horizon_ticks: Option<f64>,
    person: Option<PersonInput>,
    error_probability: Option<f64>,
    tolerance: Option<f64>,
}

/// A policy that is a candidate as it is.
#[derive(Clone, Debug, Default)]
struct PolicyInput {
    name: Option<String>,
    policy: Option<Node>,
}

fields!(SearchInput {
    vary,
    policies,
    hold,
    least,
    runs,
    candidates,
    seed,
    horizon_ticks,
    person,
    error_probability,
    tolerance
});
fields!(PolicyInput { name, policy });

/// Maximum number of values in the text of the options.
const MAX_OPTION_VALUES: usize = 500_000;
/// How many combinations are tried for each candidate that may be found.
const TRIES: usize = 10;
/// The smallest and the greatest tolerance.
const TOLERANCES: Range = Range::from(0.0, 0.5);

/// See [`Search::from_text`] and [`Search::from_text_over`].
pub(super) fn prepare(
    text: &str,
    options: &str,
    recorded: Option<Arc<RecordedWorld>>,
) -> Result<Search, ConfigError> {
    if recorded.as_ref().is_some_and(|recorded| recorded.days().is_none()) {
        let message = "a search over recorded counts draws days: expected RecordedWorld::of_days";
        return Err(ConfigError::of_whole(message));
    }
    let asked = Asked { recorded, ..Asked::read(text, options)? };
    asked.prepared(&asked.base, Mode::Best)
}

/// The texts of a search, read.
#[derive(Debug)]
pub(super) struct Asked {
    /// The tree of the configuration, which is valid.
    pub base: Node,
    input: SearchInput,
    /// The recorded days that take the place of the world.
    recorded: Option<Arc<RecordedWorld>>,
}

/// What a search is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// The best candidate.
    Best,
    /// It ends with the first candidate that surely holds all bounds.
    FirstThatHolds {
        /// The most rollouts.
        rollouts: u64,
    },
}

impl Asked {
    /// Reads a configuration and the options of a search.
    pub(super) fn read(text: &str, options: &str) -> Result<Asked, ConfigError> {
        Config::from_text(text)?;
        let of_options = |fault: Fault| {
            let dot = if fault.path.is_empty() { "" } else { "." };
            Problem::new(format!("search{dot}{}", fault.path), fault.message)
        };
        let options = parse(options, MAX_OPTION_VALUES)
            .map_err(|fault| ConfigError::of_values(vec![of_options(fault)]))?;
        let (input, faults): (SearchInput, _) = read(&options);
        if !faults.is_empty() {
            let problems = faults.into_list().into_iter().map(of_options).collect();
            return Err(ConfigError::of_values(problems));
        }
        let base =
            parse(text, MAX_CONFIG_VALUES).map_err(|fault| ConfigError::of_text(&[fault]))?;
        Ok(Asked { base, input, recorded: None })
    }

    /// The most rollouts.
    pub(super) fn rollouts(&self) -> Result<u64, ConfigError> {
        let mut draft = Draft::default();
        let settings = draft.settings(&self.input);
        draft.end()?;
        Ok(settings.rollouts)
    }

    /// The search among the policies of a configuration's tree.
    pub(super) fn prepared(&self, base: &Node, mode: Mode) -> Result<Search, ConfigError> {
        prepared(self, base, mode)
    }
}

fn prepared(asked: &Asked, base: &Node, mode: Mode) -> Result<Search, ConfigError> {
    let input = &asked.input;
    let base_config = ConfigInput::resolve_tree(base)?;
    let mut draft = Draft::default();
    let mut settings = draft.settings(input);
    if let Mode::FirstThatHolds { rollouts } = mode {
        settings.rollouts = rollouts;
    }
    let mut question = draft.question(input, &settings, mode);
    question.recorded = asked.recorded.clone();
    let dimensions = draft.dimensions(input, base);
    if dimensions.is_empty() && input.policies.is_none() && draft.problems.is_empty() {
        draft.complain("search", "has no candidates, expected vary or policies");
    }
    draft.end()?;

    let mut present = match Contender::new(base, &question) {
        Ok(present) => present,
        Err((group, error)) => return Err(of_group(&question, group, &error)),
    };
    present.policy = Some("present".to_string());
    let (mut candidates, mut grid) = draft.candidates(&dimensions, base, &question, &settings);
    for (i, policy) in input.policies.iter().flatten().enumerate() {
        candidates.extend(draft.policy(i, policy, base, &question));
    }
    draft.end()?;
    if candidates.is_empty() {
        return Err(none_is_valid(&grid));
    }
    let all = candidates.len();
    thin_out(&mut candidates, present.stages())?;
    grid.sampled |= candidates.len() < all;
    for contender in candidates.iter_mut().chain([&mut present]) {
        contender.plan(&question);
    }
    let longest = candidates.iter().chain([&present]).map(|one| one.most_ticks(&question)).max();
    let longest = longest.unwrap_or(1).min(u64::from(MAX_TICKS)) as u32;
    question.horizon_ticks = settings.horizon_ticks.unwrap_or(longest);
    let answers = candidates.len() * question.holds.len();
    question.error_each = settings.error_probability / answers.max(1) as f64;
    ask(&mut present, &question)?;
    candidates.retain_mut(|candidate| match candidate.policy {
        // What cannot be asked of one combination, such as a stage that it does not have.
        None => candidate.ask(&question).is_ok(),
        Some(_) => true,
    });
    for candidate in candidates.iter_mut().filter(|one| one.policy.is_some()) {
        ask(candidate, &question)?;
    }
    let cost: u64 = candidates.iter().chain([&present]).map(Contender::cost).sum();
    let least = cost * FIRST_RUNS * 2;
    if settings.rollouts < least {
        let message = format!(
            "found {}, expected at least {}, which is {} runs of each of the {} candidates",
            settings.rollouts,
            least,
            FIRST_RUNS * 2,
            candidates.len()
        );
        return Err(ConfigError::of_values(vec![Problem::new("search.runs", message)]));
    }
    let same = |candidate: &Contender| candidate.config == present.config;
    let field = |dimension: &Dimension| VariedField {
        field: dimension.field.clone(),
        values: dimension.settings.len() as u32,
    };
    let mut search = Search {
        base: base_config,
        fields: dimensions.iter().map(field).collect(),
        grid,
        present_is: candidates.iter().position(same),
        present,
        candidates,
        question,
        seed: settings.seed,
        tolerance: settings.tolerance,
        error_probability: settings.error_probability,
        rollouts: settings.rollouts,
        spent: 0,
        ends_with_first: mode != Mode::Best,
        phase: Phase::Racing,
        target: 0,
        rounds: 0,
        steps: VecDeque::new(),
        fresh: None,
        reports: Kept::default(),
    };
    search.next_round();
    Ok(search)
}

/// Leaves as many candidates of the grid as have [`MAX_SEARCH_STAGES`] stages in total, spread
/// evenly over it, with all policies that are given. `present` are the stages beside theirs.
fn thin_out(candidates: &mut Vec<Contender>, present: usize) -> Result<(), ConfigError> {
    /// The golden ratio's multiples, less their whole parts, are spread evenly.
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let stages: Vec<usize> = candidates.iter().map(Contender::stages).collect();
    let given = |i: &usize| candidates[*i].policy.is_some();
    let place = |i: usize| (i as f64 * GOLDEN).fract();
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by(|a, b| given(b).cmp(&given(a)).then(place(*a).total_cmp(&place(*b))));
    let mut total = present;
    let mut kept = vec![false; candidates.len()];
    for i in order {
        let fits = total + stages[i] <= MAX_SEARCH_STAGES;
        if !fits && (given(&i) || total == present) {
            let message = format!(
                "the candidates have more than {} stages in total, on all releases that are asked \
                 about: expected fewer candidates",
                thousands(MAX_SEARCH_STAGES as u64)
            );
            return Err(ConfigError::of_values(vec![Problem::new("search.candidates", message)]));
        }
        if fits {
            total += stages[i];
            kept[i] = true;
        }
    }
    let mut kept = kept.into_iter();
    candidates.retain(|_| kept.next() == Some(true));
    Ok(())
}

/// Prepares what is measured of a contender.
fn ask(contender: &mut Contender, question: &Question) -> Result<(), ConfigError> {
    contender
        .ask(question)
        .map_err(|(path, message)| ConfigError::of_values(vec![Problem::new(path, message)]))
}

/// The faults of a configuration with the changes of a group, at the bounds and figures that
/// ask for them.
fn of_group(question: &Question, group: usize, error: &ConfigError) -> ConfigError {
    let holds = question.holds.iter().enumerate().filter(|(_, hold)| hold.group == group);
    let leasts = question.leasts.iter().enumerate().filter(|(_, least)| least.group == group);
    let hold = holds.map(|(i, one)| (format!("search.hold[{i}]"), one.requirement.text()));
    let least = leasts.map(|(i, one)| (format!("search.least[{i}]"), one.objective.text()));
    let Some((path, text)) = hold.chain(least).next() else { return error.clone() };
    let problem = |problem: &Problem| Problem::new(&path, format!("{}: {problem}", quoted(text)));
    ConfigError::of_values(error.problems().iter().map(problem).collect())
}

fn none_is_valid(grid: &Grid) -> ConfigError {
    let first = grid.first_invalid.as_ref().map(|invalid| {
        let values: Vec<String> = invalid.values.iter().map(Json::to_string).collect();
        format!("; with {}: {}", values.join(", "), invalid.problem)
    });
    let message = format!(
        "none of {} combinations is a valid configuration{}",
        grid.invalid,
        first.unwrap_or_default()
    );
    ConfigError::of_values(vec![Problem::new("search.vary", message)])
}

/// The options that are numbers.
struct Settings {
    rollouts: u64,
    candidates: usize,
    seed: u64,
    horizon_ticks: Option<u32>,
    person: Option<Person>,
    error_probability: f64,
    tolerance: f64,
}

/// A search being prepared: the faults so far.
#[derive(Default)]
struct Draft {
    problems: Vec<Problem>,
}

impl Draft {
    fn complain(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.problems.push(Problem::new(path, message));
    }

    fn end(&mut self) -> Result<(), ConfigError> {
        match self.problems.is_empty() {
            true => Ok(()),
            false => Err(ConfigError::of_values(std::mem::take(&mut self.problems))),
        }
    }

    fn whole(&mut self, key: &str, value: Option<f64>, default: u64, most: u64) -> u64 {
        let least = u64::from(key != "seed");
        let Some(value) = value else { return default };
        match Range::from(least as f64, most as f64).whole(Some(value)) {
            Ok(value) => value as u64,
            Err(message) => {
                self.complain(format!("search.{key}"), message);
                default
            }
        }
    }

    fn settings(&mut self, input: &SearchInput) -> Settings {
        let rollouts = self.whole("runs", input.runs, DEFAULT_SEARCH_ROLLOUTS, MAX_SEARCH_ROLLOUTS);
        let seed = self.whole("seed", input.seed, 0, MAX_SEED);
        // Those of the search, and others after them.
        let seeds = rollouts.saturating_mul(2).saturating_add(NEAREST_RUNS);
        if seed.saturating_add(seeds) > MAX_SEED {
            let message =
                format!("{seed} and {rollouts} rollouts exceed the largest seed, {MAX_SEED}");
            self.complain("search.seed", message);
        }
        let horizon = input.horizon_ticks;
        let ticks = self.whole("horizon_ticks", horizon, 1, u64::from(MAX_TICKS)) as u32;
        let person = input.person.as_ref().map(|person| {
            let (person, problems) = person.checked("search.person");
            self.problems.extend(problems);
            person
        });
        let most = MAX_CANDIDATES as u64;
        let candidates =
            self.whole("candidates", input.candidates, DEFAULT_CANDIDATES as u64, most) as usize;
        let error = input.error_probability.unwrap_or(DEFAULT_ERROR_PROBABILITY);
        let error_probability = Range::above(0.0, MAX_ERROR_PROBABILITY).number(Some(error));
        let tolerance = TOLERANCES.number(Some(input.tolerance.unwrap_or(DEFAULT_TOLERANCE)));
        let mut number = |key: &str, value: Result<f64, String>| {
            value.unwrap_or_else(|message| {
                self.problems.push(Problem::new(format!("search.{key}"), message));
                0.0
            })
        };
        Settings {
            rollouts,
            candidates,
            seed,
            horizon_ticks: horizon.map(|_| ticks),
            person,
            error_probability: number("error_probability", error_probability),
            tolerance: number("tolerance", tolerance),
        }
    }

    /// The bounds and figures. Their texts are checked here; whether the configuration has
    /// them is found later.
    fn question(&mut self, input: &SearchInput, settings: &Settings, mode: Mode) -> Question {
        let mut question = Question {
            groups: vec![Vec::new()],
            holds: Vec::new(),
            leasts: Vec::new(),
            person: settings.person,
            horizon_ticks: 0,
            error_each: settings.error_probability,
            recorded: None,
        };
        let of_policy = "names another policy, expected a bound or figure of the candidates alone";
        let texts = input.hold.as_deref().unwrap_or_default();
        // What can be reached is a question about bounds, not about figures.
        let (holds, leasts) = if mode == Mode::Best { (0, 1) } else { (1, 0) };
        self.count("search.hold", "bounds", texts.len(), holds);
        for (i, text) in texts.iter().enumerate().take(MAX_QUESTIONS) {
            let path = format!("search.hold[{i}]");
            match Requirement::parse(text) {
                Ok(requirement) if requirement.policies().next().is_some() => {
                    self.complain(path, format!("{} {of_policy}", quoted(text)));
                }
                Ok(requirement) => {
                    let group = question.group(requirement.changes());
                    question.holds.push(Hold { requirement, group });
                }
                Err(problem) => self.complain(path, problem.message),
            }
        }
        let texts = input.least.as_deref().unwrap_or_default();
        if mode != Mode::Best && !texts.is_empty() {
            self.complain("search.least", "has no effect: a reach is decided by the bounds alone");
        }
        self.count("search.least", "figures", texts.len(), leasts);
        for (i, text) in texts.iter().enumerate().take(MAX_QUESTIONS) {
            let path = format!("search.least[{i}]");
            match Objective::parse(text) {
                Ok(objective) if objective.policy().is_some() => {
                    self.complain(path, format!("{} {of_policy}", quoted(text)));
                }
                Ok(objective) => {
                    let group = question.group(objective.changes());
                    question.leasts.push(Least { objective, group });
                }
                Err(problem) => self.complain(path, problem.message),
            }
        }
        question
    }

    fn count(&mut self, path: &str, what: &str, count: usize, least: usize) {
        if !(least..=MAX_QUESTIONS).contains(&count) {
            self.complain(path, format!("{count} {what}, expected {least} to {MAX_QUESTIONS}"));
        }
    }

    fn dimensions(&mut self, input: &SearchInput, base: &Node) -> Vec<Dimension> {
        let Some(vary) = &input.vary else { return Vec::new() };
        if !matches!(vary.view(), crate::reading::View::Array(_)) {
            self.complain("search.vary", "expected a list");
        }
        let mut dimensions: Vec<Dimension> = Vec::new();
        for (i, one) in vary.items().iter().enumerate() {
            let path = format!("search.vary[{i}]");
            match Dimension::read(one, base, &path) {
                Ok(dimension) if dimensions.iter().any(|known| known.field == dimension.field) => {
                    self.complain(path, format!("{} is varied twice", dimension.field));
                }
                Ok(dimension) => dimensions.push(dimension),
                Err(problems) => self.problems.extend(problems),
            }
        }
        dimensions
    }

    /// The candidates of the grid: all valid combinations, or a sample.
    fn candidates(
        &mut self,
        dimensions: &[Dimension],
        base: &Node,
        question: &Question,
        settings: &Settings,
    ) -> (Vec<Contender>, Grid) {
        let mut found = Found {
            dimensions,
            base,
            question,
            tried: BTreeSet::new(),
            candidates: Vec::new(),
            grid: Grid {
                combinations: 0.0,
                sampled: false,
                invalid: 0,
                repeated: 0,
                first_invalid: None,
            },
        };
        if dimensions.is_empty() {
            return (Vec::new(), found.grid);
        }
        let sizes: Vec<usize> = dimensions.iter().map(|one| one.settings.len()).collect();
        let combinations: f64 = sizes.iter().map(|size| *size as f64).product();
        found.grid.combinations = combinations;
        let most = settings.candidates;
        if combinations <= (most * TRIES) as f64 {
            // In the order of the last field first.
            let mut at = vec![0; sizes.len()];
            loop {
                found.attempt(&at);
                let Some(place) = (0..at.len()).rev().find(|&i| at[i] + 1 < sizes[i]) else {
                    break;
                };
                at[place] += 1;
                at[place + 1..].fill(0);
            }
            if found.candidates.len() <= most {
                return found.finished();
            }
            found.grid.sampled = true;
            let mut chosen = BTreeSet::new();
            let all: Vec<Vec<usize>> = found.candidates.iter().map(|(at, _)| at.clone()).collect();
            let points = points(&sizes, settings.seed);
            for at in points.take(most * TRIES * TRIES) {
                if chosen.len() == most {
                    break;
                }
                chosen.extend(all.binary_search(&at).ok());
            }
            // What few points hit: the rest in their order.
            for index in 0..all.len() {
                if chosen.len() == most {
                    break;
                }
                chosen.insert(index);
            }
            let mut index = 0;
            found.candidates.retain(|_| {
                index += 1;
                chosen.contains(&(index - 1))
            });
        } else {
            found.grid.sampled = true;
            for at in points(&sizes, settings.seed).take(most * TRIES) {
                if found.candidates.len() == most {
                    break;
                }
                found.attempt(&at);
            }
            found.candidates.sort_by(|a, b| a.0.cmp(&b.0));
        }
        found.finished()
    }

    fn policy(
        &mut self,
        i: usize,
        input: &PolicyInput,
        base: &Node,
        question: &Question,
    ) -> Option<Contender> {
        let path = format!("search.policies[{i}].policy");
        let tree = with_policy(base, input.policy.as_ref(), &path);
        let tree = tree.map_err(|problems| self.problems.extend(problems)).ok()?;
        match Contender::new(&tree, question) {
            Ok(contender) => {
                let name = input.name.clone();
                let policy = Some(name.unwrap_or_else(|| format!("policy {}", i + 1)));
                Some(Contender { policy, ..contender })
            }
            Err((_, error)) => {
                let below = |problem: &Problem| {
                    let dot = if problem.path.is_empty() { "" } else { "." };
                    Problem::new(format!("{path}{dot}{}", problem.path), problem.message.clone())
                };
                self.problems.extend(error.problems().iter().map(below));
                None
            }
        }
    }
}

/// Combinations that were tried.
struct Found<'a> {
    dimensions: &'a [Dimension],
    base: &'a Node,
    question: &'a Question,
    tried: BTreeSet<Vec<usize>>,
    /// The valid ones, by the indices of their values.
    candidates: Vec<(Vec<usize>, Contender)>,
    grid: Grid,
}

impl Found<'_> {
    /// Tries a combination, unless it was tried before.
    fn attempt(&mut self, at: &[usize]) {
        if !self.tried.insert(at.to_vec()) {
            return;
        }
        let settings = self.dimensions.iter().zip(at).map(|(one, &index)| &one.settings[index]);
        let values: Vec<Json> = settings.clone().map(|setting| setting.value.clone()).collect();
        let mut tree = self.base.clone();
        let mut refused = None;
        for (field, value) in settings.flat_map(|setting| &setting.changes) {
            if refused.is_none() && tree.set(field, value).is_none() {
                refused = Some(format!("{field}: there is no such field"));
            }
        }
        remove_stale_names(&mut tree, self.base);
        let contender = match refused {
            Some(problem) => Err(problem),
            None => Contender::new(&tree, self.question).map_err(|(_, error)| {
                error.problems().first().map(Problem::to_string).unwrap_or_default()
            }),
        };
        match contender {
            Ok(contender) => {
                if self.candidates.iter().any(|(_, known)| known.config == contender.config) {
                    self.grid.repeated += 1;
                } else {
                    self.candidates.push((at.to_vec(), Contender { values, ..contender }));
                }
            }
            Err(problem) => {
                self.grid.invalid += 1;
                if self.grid.first_invalid.is_none() {
                    self.grid.first_invalid = Some(Invalid { values, problem });
                }
            }
        }
    }

    fn finished(self) -> (Vec<Contender>, Grid) {
        (self.candidates.into_iter().map(|(_, contender)| contender).collect(), self.grid)
    }
}

/// Points of a grid that are spread evenly over it: the fractional parts of multiples of
/// irrational numbers, from a start that the seed decides.
///
/// Source: M. Roberts, "The unreasonable effectiveness of quasirandom sequences" (2018): the
/// powers of 1/g, where g is the positive root of x^(d + 1) = x + 1.
fn points(sizes: &[usize], seed: u64) -> impl Iterator<Item = Vec<usize>> {
    let dimensions = sizes.len() as f64;
    let mut root = 2.0;
    for _ in 0..64 {
        root = math::pow(1.0 + root, 1.0 / (dimensions + 1.0));
    }
    let mut word = seed;
    let mut axes = Vec::new();
    let mut step = 1.0;
    for &size in sizes {
        step /= root;
        word = mixed(word);
        axes.push((step, (word >> 11) as f64 / (1u64 << 53) as f64, size));
    }
    (0_u64..).map(move |n| {
        let at = |&(step, start, size): &(f64, f64, usize)| {
            let place = step.mul_add(n as f64, start).fract();
            ((place * size as f64) as usize).min(size - 1)
        };
        axes.iter().map(at).collect()
    })
}

/// The next word of SplitMix64 (G. Steele, D. Lea, C. Flood, OOPSLA 2014).
fn mixed(word: u64) -> u64 {
    let word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}
