//! Studies past one machine: `canary-rollout study --rows`, and `canary-rollout combine`.

use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::sync::Arc;
use std::time::Instant;

use canary_rollout::message::{harmless, quoted, thousands};
use canary_rollout::study::rows::{
    Added, MAX_LINE_BYTES, MAX_SPREAD_RUNS, Place, Rows, Shard, Whole,
};
use canary_rollout::study::{MAX_RUNS, SeedSpan, Study, StudyReport};
use canary_rollout::svg::study_svg;
use canary_rollout::text::{study_csv, study_text};

use crate::arguments::{CombineFormat, CombineOptions, ShardOption, StudyFormat, StudyOptions};
use crate::commands::{Outcome, name_of, say, text};
use crate::study::{INTERRUPTED, Progress};

/// The number of runs where nothing is said.
const USUAL_RUNS: f64 = 10_000.0;
/// What is listed in a message before the rest is only counted.
const LISTED: usize = 20;

/// The number of runs that a study of rows is prepared with, so that a fault of `--runs` is
/// reported as ever. How many are simulated, [`study`] says.
///
/// # Errors
/// A sentence, if the options do not go together.
pub(crate) fn prepared_runs(options: &StudyOptions) -> Result<f64, String> {
    if !options.requirements.is_empty() {
        return Err("--require: expected without --rows. The answer depends on the order of the \
                    runs, and a gate ends by itself, most after a few hundred runs: run it \
                    without --rows, on one machine"
            .into());
    }
    let runs = options.runs.unwrap_or(USUAL_RUNS);
    if runs > MAX_SPREAD_RUNS as f64 {
        let most = thousands(MAX_SPREAD_RUNS);
        return Err(format!("--runs: found {runs}, expected at most {most} with --rows"));
    }
    Ok(runs.min(MAX_RUNS as f64))
}

/// Simulates the seeds of a study that a file of rows does not have yet. `prepared` is the
/// study, of [`prepared_runs`].
pub(crate) fn study(
    name: &OsStr,
    prepared: &Study,
    options: &StudyOptions,
) -> Result<Outcome, String> {
    let variable = |name: &str| std::env::var(name).ok();
    let shard = options.shard.map(|shard| part(shard, &variable)).transpose()?;
    let whole = Whole {
        first_seed: prepared.first_seed(),
        runs: options.runs.unwrap_or(USUAL_RUNS) as u64,
        shard: shard.as_ref().map(|(shard, _)| *shard),
    };
    if !whole.is_valid() {
        return Err("--seed: expected seeds below 2⁵³ for all runs".into());
    }
    let mut sink = Sink::open(name, prepared, whole, options.quiet)?;
    let (first, runs) = whole.seeds();
    let holes = sink.rows.missing_of(first, runs);
    let missing: u64 = holes.iter().map(count).sum();
    if !options.quiet {
        let of = shard.as_ref().map_or(String::new(), |(shard, why)| {
            format!("shard {}/{}{why}, ", shard.index, shard.of)
        });
        let known = match runs - missing {
            0 => String::new(),
            known => format!("; {} has {known} of them", sink.name),
        };
        say(&format!("canary-rollout: {of}{}{known}", seeds_in_words(first, runs)));
    }
    let row_runs = options.row_runs.unwrap_or_else(|| prepared.row_runs());
    let mut progress = Progress::of(missing, options.quiet);
    let (started, mut done) = (Instant::now(), 0);
    let mut finished = true;
    'holes: for hole in holes {
        let mut next = hole.first;
        while next <= hole.last {
            // Rows end at multiples of their size, so that they are the same in each attempt.
            let end = (next - next % row_runs).saturating_add(row_runs).min(hole.last + 1);
            let mut block = prepared.of_seeds(next, end - next).map_err(text)?;
            progress.run(&mut block, done);
            if !block.is_finished() {
                finished = false;
                break 'holes;
            }
            sink.write(&block.row())?;
            done += block.done();
            next = end;
        }
    }
    progress.finish();
    if !options.quiet {
        let seconds = started.elapsed().as_secs_f64();
        let rollouts = done as f64 * f64::from(prepared.rollouts_per_run());
        let stopped = if finished { "" } else { " (stopped early)" };
        say(&format!(
            "canary-rollout: {done} runs{stopped}, {rollouts:.0} rollouts in {seconds:.2} s, {:.0} \
             a second",
            rollouts / seconds.max(1e-9)
        ));
    }
    if !finished {
        // The scheduler is to run it again.
        return Ok(Outcome { output: String::new(), status: INTERRUPTED });
    }
    let report = match shard {
        None if !sink.is_stdout() => sink.rows.report(),
        _ => None,
    };
    let output = report.map_or_else(String::new, |report| match options.format {
        StudyFormat::Text => study_text(&report),
        StudyFormat::Csv => study_csv(&report),
        StudyFormat::Svg => study_svg(&report),
        _ => report.to_json() + "\n",
    });
    Ok(output.into())
}

/// The number of seeds.
fn count(span: &SeedSpan) -> u64 {
    span.last - span.first + 1
}

fn seeds_in_words(first: u64, runs: u64) -> String {
    match runs {
        0 => "no seeds, because there are more shards than seeds".to_string(),
        _ => format!("seeds {first} to {}", first + runs - 1),
    }
}

/// Variables with the index of a task, and what it begins with.
const KUBERNETES: &str = "JOB_COMPLETION_INDEX";
const SLURM: &str = "SLURM_ARRAY_TASK_ID";
const AWS: &str = "AWS_BATCH_JOB_ARRAY_INDEX";

/// The part that an option names, and where its index is from.
fn part(
    option: ShardOption,
    variable: &impl Fn(&str) -> Option<String>,
) -> Result<(Shard, String), String> {
    let of = match option {
        ShardOption::Given(shard) => return Ok((shard, String::new())),
        ShardOption::Auto { of } => of,
    };
    let found: Vec<&str> =
        [KUBERNETES, SLURM, AWS].into_iter().filter(|name| variable(name).is_some()).collect();
    let known = match found.as_slice() {
        [] => {
            return Err(format!(
                "--shard auto: expected {KUBERNETES} (an Indexed Job of Kubernetes), {SLURM} (an \
                 array of Slurm) or {AWS} (an array job of AWS Batch) in the environment; or \
                 --shard I/{of}"
            ));
        }
        [known] => *known,
        several => {
            let several = several.join(", ");
            return Err(format!("--shard auto: found {several}, expected one; or --shard I/{of}"));
        }
    };
    let number = |name: &str| {
        let text = variable(name).unwrap_or_default();
        text.parse::<u64>().map_err(|_| {
            format!("--shard auto: {name} is {}, expected a whole number", quoted(&text))
        })
    };
    let size = |name: &str| -> Result<(), String> {
        if variable(name).is_none() || number(name)? == of {
            return Ok(());
        }
        Err(format!(
            "--shard auto/{of}: {name} is {}, expected {of} tasks; to run some shards again, give \
             them by their number, as --shard I/{of}",
            number(name)?
        ))
    };
    let id = number(known)?;
    let first = match known {
        SLURM => {
            size("SLURM_ARRAY_TASK_COUNT")?;
            number("SLURM_ARRAY_TASK_MIN")?
        }
        AWS => size("AWS_BATCH_JOB_ARRAY_SIZE").map(|()| 0)?,
        _ => 0,
    };
    let step = match known {
        SLURM if variable("SLURM_ARRAY_TASK_STEP").is_some() => number("SLURM_ARRAY_TASK_STEP")?,
        _ => 1,
    };
    let index = id.checked_sub(first).filter(|index| index.is_multiple_of(step.max(1)));
    let index = index.map(|index| index / step.max(1)).filter(|index| *index < of);
    let index = index.ok_or_else(|| {
        let last = first.saturating_add((of - 1).saturating_mul(step.max(1)));
        format!("--shard auto/{of}: {known} is {id}, expected {first} to {last}")
    })?;
    Ok((Shard { index: index + 1, of }, format!(" by {known}={id}")))
}

/// Where rows go.
struct Sink {
    name: String,
    /// `None` for standard output.
    file: Option<File>,
    /// The rows of the file.
    rows: Rows,
    place: Place,
}

impl Sink {
    /// Opens a file for more rows. A line at its end that was cut is removed.
    fn open(path: &OsStr, study: &Study, whole: Whole, quiet: bool) -> Result<Sink, String> {
        let name = name_of(path);
        let place = Place { file: name.as_str().into(), line: 0 };
        let header = study.header(whole);
        let name = if path == "-" { "standard output".to_string() } else { name };
        let mut sink = Sink { name, file: None, rows: Rows::default(), place };
        if path == "-" {
            sink.write(&header)?;
            return Ok(sink);
        }
        let fault = |error: std::io::Error, name: &str| format!("{name}: {error}");
        let mut open = OpenOptions::new();
        // Each row is one write at the end of the file.
        let open = open.read(true).append(true).create(true);
        let file = open.open(path).map_err(|error| fault(error, &sink.name))?;
        let mut lines = Lines::new(&sink.name, &file);
        let (mut end, mut cut) = (0, None);
        while let Some(line) = lines.next()? {
            if !line.is_whole {
                cut = Some(line);
                break;
            }
            sink.rows.add(&line.place, &line.text).map_err(text)?;
            if sink.rows.id().is_some_and(|id| id != study.id()) {
                return Err(format!(
                    "{}: rows of another question: their id is {}, that of this study is {}",
                    line.place,
                    sink.rows.id().unwrap_or_default(),
                    study.id()
                ));
            }
            sink.place.line = line.place.line;
            end += line.text.len() as u64;
        }
        if let Some(line) = cut {
            // A file of something else is left as it is.
            let start = header.len().min(12).min(line.text.len());
            if sink.rows.id().is_none() && line.text.get(..start) != header.get(..start) {
                return Err(format!("{}: expected rows of a study", line.place));
            }
            file.set_len(end).map_err(|error| fault(error, &sink.name))?;
            if !quiet {
                let length = line.text.len();
                say(&format!(
                    "canary-rollout: {}: a cut line of {length} bytes, removed",
                    line.place
                ));
            }
        }
        sink.file = Some(file);
        if !sink.rows.expects(whole) {
            sink.write(&header)?;
        }
        Ok(sink)
    }

    fn is_stdout(&self) -> bool {
        self.file.is_none()
    }

    /// Writes a line, and returns when the system has all of it.
    fn write(&mut self, line: &str) -> Result<(), String> {
        self.place.line += 1;
        let bytes = line.as_bytes();
        let written = match &mut self.file {
            None => {
                let mut out = std::io::stdout().lock();
                out.write_all(bytes).and_then(|()| out.flush())
            }
            Some(file) => file.write_all(bytes).and_then(|()| file.sync_data()),
        };
        written.map_err(|error| format!("{}: {error}", self.name))?;
        self.rows.add(&self.place, line).map(|_| ()).map_err(text)
    }
}

/// The lines of a file.
struct Lines<R: Read> {
    reader: BufReader<R>,
    place: Place,
}

/// A line, with its line feed if it is whole.
struct Line {
    text: String,
    is_whole: bool,
    place: Place,
}

impl<R: Read> Lines<R> {
    fn new(name: &str, source: R) -> Self {
        Lines { reader: BufReader::new(source), place: Place { file: Arc::from(name), line: 0 } }
    }

    fn next(&mut self) -> Result<Option<Line>, String> {
        self.place.line += 1;
        let place = self.place.clone();
        let mut bytes = Vec::new();
        // One byte more than allowed is enough to find that it is too long.
        let mut limited = self.reader.by_ref().take(MAX_LINE_BYTES as u64 + 2);
        let read = limited.read_until(b'\n', &mut bytes);
        if read.map_err(|error| format!("{}: {error}", harmless(&place.file)))? == 0 {
            return Ok(None);
        }
        let is_whole = bytes.last() == Some(&b'\n');
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            // The cut end of a line need not be text.
            Err(error) if !is_whole => String::from_utf8_lossy(error.as_bytes()).into_owned(),
            Err(_) => return Err(format!("{place}: not UTF-8")),
        };
        Ok(Some(Line { text, is_whole, place }))
    }
}

/// Adds the rows of files, and reports as one study.
pub(crate) fn combine(options: &CombineOptions) -> Result<Outcome, String> {
    if !options.requirements.is_empty() {
        return Err(
            "--require: expected with study. The answer depends on the order of the runs, \
                    which rows do not have; a gate ends by itself, most after a few hundred runs: \
                    canary-rollout study CONFIG --require BOUND"
                .into(),
        );
    }
    let mut rows = Rows::default();
    let mut same: Option<(Place, Place)> = None;
    for file in &options.files {
        let tell = |line: &Line, error: String| match options.partial && !line.is_whole {
            true => {
                say(&format!("canary-rollout: {}: a cut line, skipped", line.place));
                Ok(())
            }
            false => Err(error),
        };
        let name = name_of(file);
        let mut lines = Lines::new(&name, source(file)?);
        while let Some(line) = lines.next()? {
            match rows.add(&line.place, &line.text) {
                Ok(Added::Duplicate(of)) => {
                    same.get_or_insert((line.place, of));
                }
                Ok(Added::Header | Added::Row) => {}
                Err(error) => tell(&line, error.to_string())?,
            }
        }
    }
    if let (Some((place, of)), false) = (same, options.quiet) {
        let (are, others) = match rows.duplicates() {
            1 => ("1 row stands".to_string(), String::new()),
            n => (format!("{n} rows stand"), ", for one".to_string()),
        };
        say(&format!("canary-rollout: {are} twice and counts once{others}: {place} is {of}"));
    }
    let missing = missing(&rows);
    let report = rows.report().ok_or("expected rows of a study, found none")?;
    if let (Some(missing), false) = (&missing, options.partial) {
        return Err(format!("{missing}\n--partial reports without them"));
    }
    if !options.quiet {
        missing.iter().flat_map(|text| text.lines()).for_each(|line| {
            say(&format!("canary-rollout: {line}"));
        });
        let of = if rows.len() == 1 { "row" } else { "rows" };
        say(&format!("canary-rollout: {} runs in {} {of}", rows.runs(), rows.len()));
    }
    Ok(formatted(&report, options.format).into())
}

fn formatted(report: &StudyReport, format: CombineFormat) -> String {
    match format {
        CombineFormat::Json => report.to_json() + "\n",
        CombineFormat::Text => study_text(report),
        CombineFormat::Csv => study_csv(report),
        CombineFormat::Svg => study_svg(report),
    }
}

fn source(file: &OsString) -> Result<Box<dyn Read>, String> {
    if file == "-" {
        return Ok(Box::new(std::io::stdin()));
    }
    match File::open(file) {
        Ok(file) => Ok(Box::new(file)),
        Err(error) => Err(format!("{}: {error}", name_of(file))),
    }
}

/// Which seeds are missing, and what to run again, as lines.
fn missing(rows: &Rows) -> Option<String> {
    let spans = rows.missing();
    if spans.is_empty() {
        return None;
    }
    let list = |items: Vec<String>| {
        let more = items.len().saturating_sub(LISTED);
        let listed = items[..items.len() - more].join(", ");
        if more > 0 { format!("{listed} and {more} more") } else { listed }
    };
    let seeds: u64 = spans.iter().map(count).sum();
    let words = |span: &SeedSpan| match span.first == span.last {
        true => span.first.to_string(),
        false => format!("{} to {}", span.first, span.last),
    };
    let mut text = format!(
        "{} seeds are missing: {}",
        thousands(seeds),
        list(spans.iter().map(words).collect())
    );
    let shards = rows.missing_shards();
    let again = if shards.is_empty() {
        "run the same command with the same --rows FILE again".to_string()
    } else {
        let shard = |shard: &Shard| format!("--shard {}/{}", shard.index, shard.of);
        format!("run again, with the same files: {}", list(shards.iter().map(shard).collect()))
    };
    text.push('\n');
    text.push_str(&again);
    Some(text)
}
