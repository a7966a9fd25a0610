//! Reading a document of another program: accessors that remember what was read.
//!
//! A [`Field`] is a value with its path and place. Reading it remembers that it was
//! read, so that every key that no importer asked for is reported as ignored. What a
//! value means, and what is wrong with it, is said to its methods.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::{Map, Value};

use super::detect::{self, Kind};
use super::query::{Guess, Measures};
use super::{
    Binding, FileProblem, Import, ImportError, Imported, Note, Options, Source, Understood,
    configuration, named,
};
use crate::duration;
use crate::message::{did_you_mean, quoted, shown};
use crate::problem::Problem;
use crate::reading::{Node, Place, View};

/// All documents of the files.
pub(super) struct Files<'a> {
    documents: Vec<Document<'a>>,
    /// What is said of them.
    pub(super) log: &'a Log<'a>,
}

/// A document of a file.
pub(super) struct Document<'a> {
    /// What it is.
    pub(super) kind: Kind,
    /// The whole document.
    pub(super) root: Field<'a>,
}

impl Document<'_> {
    /// `metadata.name`; empty without one.
    pub(super) fn name(&self) -> &str {
        let metadata = self.root.node.get("metadata");
        metadata.and_then(|metadata| metadata.get_text("name")).unwrap_or_default()
    }
}

impl<'a> Files<'a> {
    pub(super) fn new(parsed: &'a [(u32, Node)], log: &'a Log<'a>) -> Self {
        let mut documents = Vec::new();
        let mut add = |file: u32, path: String, node: &'a Node| {
            let root = Field {
                node,
                place: node.place(),
                file,
                document: documents.len() as u32,
                path,
                args: None,
                log,
            };
            documents.push(Document { kind: detect::kind(node), root });
        };
        for (file, node) in parsed {
            // `kubectl get -o yaml` wraps several objects in a list.
            let is_list = node.get_text("kind").is_some_and(|kind| kind.ends_with("List"));
            match node.get("items").filter(|_| is_list) {
                Some(items) => (0..).zip(items.items()).for_each(|(i, item): (u32, _)| {
                    add(*file, format!("items[{i}]"), item);
                }),
                None => add(*file, String::new(), node),
            }
        }
        Files { documents, log }
    }

    /// All documents of a kind, in the order of the files.
    pub(super) fn of(&self, kind: Kind) -> impl Iterator<Item = &Document<'a>> {
        self.documents.iter().filter(move |document| document.kind == kind)
    }

    /// The document of a kind with a name.
    pub(super) fn named(&self, kind: Kind, name: &str) -> Option<&Document<'a>> {
        self.of(kind).find(|document| document.name() == name)
    }

    /// The only document of a kind, or the one that [`Options::name`] says. `None` if
    /// there is none. Several are a fault.
    pub(super) fn only(&self, kind: Kind) -> Option<&Document<'a>> {
        let mut all: Vec<&Document<'a>> = self.of(kind).collect();
        if let Some(name) = &self.log.options.name
            && all.len() > 1
        {
            all.retain(|document| document.name() == name);
        }
        match all.as_slice() {
            [only] => Some(only),
            [] => None,
            [first, second, ..] => {
                let names: Vec<String> = all.iter().map(|one| named(one.name())).collect();
                second.root.fault(format!(
                    "{} is the second of {} in these files ({}), expected one; say which by its \
                     name",
                    detect::name(second.root.node),
                    all.len(),
                    names.join(", ")
                ));
                Some(first)
            }
        }
    }

    /// Reports keys that are given twice. A configuration among the files gives the world
    /// and the release.
    pub(super) fn check(&self) {
        for document in self.of(Kind::Own) {
            let root = &document.root;
            let known = self.log.found.borrow_mut().base.replace(root.file);
            match known {
                Some(_) => root.fault("a second configuration, expected one"),
                None => root.read("its world and its release stay"),
            }
            root.whole();
        }
        self.documents.iter().for_each(|document| document.root.check_duplicates());
    }

    /// Reports that no document is one that is read.
    pub(super) fn refuse_all(&self) {
        for document in &self.documents {
            let name = detect::name(document.root.node);
            let advice = detect::advice(document.root.node);
            let advice = advice.unwrap_or("it is not read with these files");
            document.root.fault(format!("this is {name}: {advice}"));
        }
    }
}

/// What was found out about the files.
pub(super) struct Log<'a> {
    sources: &'a [Source<'a>],
    options: &'a Options,
    found: RefCell<Found>,
}

#[derive(Default)]
struct Found {
    notes: Vec<Note>,
    faults: Vec<(u32, FileProblem)>,
    warnings: Vec<(u32, FileProblem)>,
    bindings: Vec<Binding>,
    /// What was asked for, by document and path.
    used: BTreeMap<(u32, String), Used>,
    /// Names in [`Options::bind`] that a metric has.
    bound: BTreeSet<String>,
    assumed: Vec<String>,
    /// The file that is a configuration, whose world and release stay.
    base: Option<u32>,
    /// The values that parts of the configuration were made from, by their paths there.
    origins: BTreeMap<String, (u32, Place, String)>,
    /// Where a note says something, by document and path.
    said: BTreeSet<(u32, String)>,
}

/// How much of a value was asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Used {
    /// Itself; its keys are asked for one by one.
    Alone,
    /// All of it.
    Whole,
}

impl<'a> Log<'a> {
    pub(super) fn new(sources: &'a [Source<'a>], options: &'a Options) -> Self {
        Log { sources, options, found: RefCell::default() }
    }

    /// What a person says beside the files.
    pub(super) fn options(&self) -> &Options {
        self.options
    }

    /// What a metric measures: what [`Options::bind`] says, otherwise the guess.
    pub(super) fn bind(&self, metric: &str, guess: &Guess) -> Measures {
        let mut found = self.found.borrow_mut();
        let given = self.options.bind.get(metric);
        let mut measures = guess.measures;
        let (mut guessed, mut why) = (true, guess.why.clone());
        if let Some(given) = given {
            found.bound.insert(metric.to_string());
            match guess.measures.changed_by(given) {
                Ok(changed) => {
                    (measures, guessed) = (changed, false);
                    why = "as the binding says".to_string();
                }
                Err(message) => {
                    let problem = Problem::new(format!("bind {}", shown(metric)), message);
                    found.faults.push((0, FileProblem::of_none(problem)));
                }
            }
        }
        if found.bindings.iter().all(|binding| binding.metric != metric) {
            found.bindings.push(Binding {
                metric: metric.to_string(),
                measures: measures.to_string(),
                guessed,
                why,
                choices: guess.measures.choices(),
            });
        }
        measures
    }

    /// What a metric measures whose query was exported and says so itself.
    pub(super) fn read_of_export(&self, metric: &str, guess: &Guess, keys: &Map<String, Value>) {
        let text = |key: &str| keys.get(key).and_then(Value::as_str);
        let measures = format!(
            "{} of {} over {}s",
            text("measures").unwrap_or("requests"),
            text("of").unwrap_or("canary"),
            keys.get("window_seconds").and_then(Value::as_u64).unwrap_or(0)
        );
        let bindings = &mut self.found.borrow_mut().bindings;
        if bindings.iter().all(|binding| binding.metric != metric) {
            bindings.push(Binding {
                metric: metric.to_string(),
                measures,
                guessed: false,
                why: "the first line of the query says so".to_string(),
                choices: guess.measures.choices(),
            });
        }
    }

    /// Something that the files do not say, without a full stop.
    pub(super) fn assume(&self, assumption: String) {
        let assumed = &mut self.found.borrow_mut().assumed;
        if !assumed.contains(&assumption) {
            assumed.push(assumption);
        }
    }

    /// The name and the text of a configuration whose world and release stay: one of the
    /// files, or [`Options::base`].
    pub(super) fn base(&self) -> Option<(&str, &str)> {
        let file = self.found.borrow().base.and_then(|file| self.sources.get(file as usize));
        let file = file.map(|source| (source.name, source.text));
        file.or_else(|| Some(("base", self.options.base.as_deref()?)))
    }

    /// A fault of the configuration whose world and release stay.
    pub(super) fn fault_of_base(&self, name: &str, problem: Problem) {
        let fault = FileProblem { file: name.to_string(), ..FileProblem::of_none(problem) };
        self.found.borrow_mut().faults.push((0, fault));
    }

    /// A fault of the configuration that an importer made, at the place of the value that
    /// it was made from.
    pub(super) fn fault_of_config(&self, problem: &Problem) {
        let mut found = self.found.borrow_mut();
        let origin = found.origins.iter().rev().find(|(path, _)| {
            let rest = problem.path.strip_prefix(path.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        });
        let fault = match origin {
            Some((path, (file, place, whole))) => {
                let key = problem.path.rsplit('.').next().unwrap_or_default();
                let key = if path == &problem.path { "" } else { key };
                let name = if key.is_empty() { String::new() } else { format!("{key}: ") };
                self.problem(*file, whole, *place, format!("{name}{}", problem.message))
            }
            None => (0, FileProblem::of_none(problem.clone())),
        };
        found.faults.push(fault);
    }

    /// Adds what no importer asked for, and joins all that was found.
    pub(super) fn finish(
        &self,
        files: &Files<'_>,
        imported: Option<Imported>,
    ) -> Result<Import, ImportError> {
        let mut ignored = Vec::new();
        let clean = self.found.borrow().faults.is_empty();
        let imported = imported.filter(|_| clean);
        let imported =
            imported.and_then(|imported| Some((configuration::write(self, &imported)?, imported)));
        let mut found = self.found.take();
        for name in self.options.bind.keys().filter(|name| !found.bound.contains(*name)) {
            let known = found.bindings.iter().map(|binding| binding.metric.as_str());
            let meant = did_you_mean(name, known.clone());
            let known: Vec<String> = known.map(quoted).collect();
            let message = match (meant, known.is_empty()) {
                (Some(meant), _) => {
                    format!("no metric has this name; did you mean {}?", quoted(meant))
                }
                (None, true) => "no metric has this name; the files have none".to_string(),
                (None, false) => {
                    format!("no metric has this name, expected {}", known.join(" or "))
                }
            };
            let problem = Problem::new(format!("bind {}", shown(name)), message);
            found.faults.push((0, FileProblem::of_none(problem)));
        }
        let Some((config, imported)) = imported.filter(|_| found.faults.is_empty()) else {
            found.faults.sort_by_key(|(file, fault)| (*file, fault.problem.line_column));
            let mut faults: Vec<FileProblem> =
                found.faults.into_iter().map(|(_, fault)| fault).collect();
            faults.dedup();
            if faults.is_empty() {
                return Err(ImportError::of_whole("nothing in these files is read"));
            }
            return Err(ImportError::of(faults));
        };
        for document in &files.documents {
            document.root.note_unread(&mut found, &mut ignored, false);
        }
        found.notes.sort_by_key(|note| (note.file, note.line, note.column));
        found.warnings.sort_by_key(|(file, warning)| (*file, warning.problem.line_column));
        let mut warnings: Vec<FileProblem> =
            found.warnings.into_iter().map(|(_, warning)| warning).collect();
        warnings.dedup();
        found.notes.dedup();
        Ok(Import {
            kind: imported.kind,
            title: imported.title,
            config,
            notes: found.notes,
            bindings: found.bindings,
            assumed: found.assumed,
            ignored: summary(&ignored),
            warnings,
        })
    }

    fn problem(&self, file: u32, path: &str, place: Place, message: String) -> (u32, FileProblem) {
        let problem =
            Problem { line_column: Some(place.line_column()), ..Problem::new(path, message) };
        let name = self.sources.get(file as usize).map_or("", |source| source.name);
        (file, FileProblem { index: Some(file), file: name.to_string(), problem })
    }
}

/// One line that lists paths without effect, each once.
fn summary(ignored: &[String]) -> String {
    const MOST: usize = 12;
    let mut once: Vec<&String> = Vec::new();
    for path in ignored {
        if !once.contains(&path) {
            once.push(path);
        }
    }
    if once.is_empty() {
        return String::new();
    }
    let more = once.len().saturating_sub(MOST);
    let listed: Vec<&str> = once.iter().take(MOST).map(|path| path.as_str()).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("without effect on the traffic and its verdicts: {}{more}", listed.join(", "))
}

/// Values of placeholders such as `{{args.name}}`.
#[derive(Clone, Debug, Default)]
pub(super) struct Args {
    values: BTreeMap<String, Result<String, String>>,
}

impl Args {
    /// Gives the placeholder `{{args.NAME}}` a value.
    pub(super) fn insert(&mut self, name: &str, value: String) {
        self.values.insert(name.to_string(), Ok(value));
    }

    /// Says why the placeholder has no value: `it comes from a secret`. Empty if that is
    /// a fault that was reported.
    pub(super) fn insert_unknown(&mut self, name: &str, why: String) {
        self.values.insert(name.to_string(), Err(why));
    }

    /// Whether the placeholder is known, with or without a value.
    pub(super) fn contains(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// The text with values in place of the placeholders that have one.
    pub(super) fn substitute_known(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            out += before;
            let (inside, after) = after.split_once("}}").unwrap_or((after, ""));
            let name = inside.trim();
            match self.values.get(name.strip_prefix("args.").unwrap_or(name)) {
                Some(Ok(value)) => out += value,
                _ => {
                    out += "{{";
                    out += inside;
                    out += "}}";
                }
            }
            rest = after;
        }
        out + rest
    }

    /// The text with values in place of placeholders.
    ///
    /// # Errors
    /// The first placeholder without a value.
    pub(super) fn substitute(&self, text: &str) -> Result<String, String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            out += before;
            let Some((inside, after)) = after.split_once("}}") else {
                out += "{{";
                rest = after;
                continue;
            };
            let name = inside.trim().strip_prefix("args.").unwrap_or(inside.trim());
            match self.values.get(name) {
                Some(Ok(value)) => out += value,
                Some(Err(why)) if why.is_empty() => return Err(String::new()),
                Some(Err(why)) => {
                    return Err(format!(
                        "{} has no value: {why}",
                        quoted(&format!("{{{{{inside}}}}}"))
                    ));
                }
                None => {
                    let placeholder = quoted(&format!("{{{{{inside}}}}}"));
                    return Err(format!("{placeholder} has no value; give one under `args`"));
                }
            }
            rest = after;
        }
        Ok(out + rest)
    }
}

/// A number, or a string, as Kubernetes takes either in some fields. They may differ:
/// `maxSurge: 3` is three pods, `maxSurge: "3"` is 3 percent.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum IntOrString {
    /// A number.
    Int(f64),
    /// A string.
    Text(String),
}

/// A value of a document.
#[derive(Clone)]
pub(super) struct Field<'a> {
    node: &'a Node,
    /// Where its key is, or itself in an array.
    place: Place,
    file: u32,
    document: u32,
    path: String,
    args: Option<Rc<Args>>,
    log: &'a Log<'a>,
}

impl<'a> Field<'a> {
    /// Its path in its document; empty for the whole document.
    #[allow(dead_code, reason = "for importers of further controllers")]
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The value itself, unread. Reading it needs no note: see [`Field::whole`].
    pub(super) fn node(&self) -> &'a Node {
        self.node
    }

    /// The log of the files.
    pub(super) fn log(&self) -> &'a Log<'a> {
        self.log
    }

    /// Whether both are the same value.
    pub(super) fn is_same(&self, other: &Field<'_>) -> bool {
        self.document == other.document && self.path == other.path
    }

    /// The same value, in whose texts placeholders are replaced, and in those of its
    /// fields.
    pub(super) fn with_args(&self, args: &Rc<Args>) -> Field<'a> {
        Field { args: Some(args.clone()), ..self.clone() }
    }

    // -- Going down --

    fn path_of(&self, key: &str) -> String {
        match self.path.is_empty() {
            true => shown(key),
            false => format!("{}.{}", self.path, shown(key)),
        }
    }

    fn child(&self, key: &str, place: Place, node: &'a Node) -> Field<'a> {
        Field { node, place, path: self.path_of(key), ..self.clone() }
    }

    /// The value of a key; `None` if it is missing or null. The key counts as read.
    pub(super) fn get(&self, key: &str) -> Option<Field<'a>> {
        let (_, place, node) = self.node.entries().find(|(name, _, _)| *name == key)?;
        let field = self.child(key, place, node);
        field.mark(Used::Alone);
        (!matches!(node.view(), View::Null)).then_some(field)
    }

    /// The value of the first of several keys that is there.
    #[allow(dead_code, reason = "for importers of further controllers")]
    pub(super) fn first(&self, keys: &[&str]) -> Option<Field<'a>> {
        keys.iter().find_map(|key| self.get(key))
    }

    /// The value at keys one inside the other: `spec.strategy.canary`.
    pub(super) fn at(&self, path: &str) -> Option<Field<'a>> {
        path.split('.').try_fold(self.clone(), |field, key| field.get(key))
    }

    /// The value of a key; a fault if it is missing.
    pub(super) fn require(&self, key: &str, expected: &str) -> Option<Field<'a>> {
        let field = self.get(key);
        if field.is_none() {
            self.fault_at(&self.path_of(key), format!("missing, expected {expected}"));
        }
        field
    }

    /// Whether a key is there and not null. It does not count as read.
    pub(super) fn has(&self, key: &str) -> bool {
        self.node.get(key).is_some_and(|node| !matches!(node.view(), View::Null))
    }

    /// All keys with their values; they count as read. A fault if it is no object.
    pub(super) fn entries(&self) -> Vec<(&'a str, Field<'a>)> {
        if !self.node.is_object() {
            self.expected::<()>("an object");
        }
        let keys: Vec<&'a str> = self.node.keys().collect();
        keys.into_iter().filter_map(|key| Some((key, self.get(key)?))).collect()
    }

    /// The items of an array. A fault if it is none.
    pub(super) fn items(&self) -> Vec<Field<'a>> {
        let View::Array(items) = self.node.view() else {
            self.expected::<()>("an array");
            return Vec::new();
        };
        let item = |(i, node): (usize, &'a Node)| {
            let path = format!("{}[{i}]", self.path);
            let field = Field { node, place: node.place(), path, ..self.clone() };
            field.mark(Used::Alone);
            field
        };
        items.iter().enumerate().map(item).collect()
    }

    // -- Values --

    /// A text; numbers and truth values as they are written. A fault for others, and
    /// for a placeholder without a value.
    pub(super) fn text(&self) -> Option<String> {
        match self.node.view() {
            View::Text(text) => self.substituted(text),
            View::Number(number) => Some(crate::json::plain(number)),
            View::Bool(value) => Some(value.to_string()),
            _ => self.expected("a string"),
        }
    }

    /// A text as it stands, with its placeholders.
    pub(super) fn raw_text(&self) -> Option<&'a str> {
        match self.node.view() {
            View::Text(text) => Some(text),
            _ => self.expected("a string"),
        }
    }

    /// A text with those placeholders replaced that have a value, for a query.
    pub(super) fn query(&self) -> Option<String> {
        let text = self.raw_text()?;
        Some(self.args.as_ref().map_or(text.to_string(), |args| args.substitute_known(text)))
    }

    /// A number; a string that is one counts, for placeholders stand in strings.
    pub(super) fn number(&self) -> Option<f64> {
        match self.node.view() {
            View::Number(number) => Some(number),
            View::Text(text) => {
                let text = self.substituted(text)?;
                let number = text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
                number.or_else(|| self.expected("a number"))
            }
            _ => self.expected("a number"),
        }
    }

    /// A whole number in a range. A fault for others.
    pub(super) fn whole_number(&self, least: i64, most: i64) -> Option<i64> {
        let number = self.number()?;
        if number.fract() != 0.0 || number < least as f64 || number > most as f64 {
            let found = crate::json::plain(number);
            self.fault(format!("found {found}, expected a whole number from {least} to {most}"));
            return None;
        }
        Some(number as i64)
    }

    /// `true` or `false`, and what YAML 1.1 writes for them.
    pub(super) fn boolean(&self) -> Option<bool> {
        match self.node.view() {
            View::Bool(value) => Some(value),
            View::Text(text) => match self.substituted(text)?.trim() {
                "true" | "yes" | "on" | "True" | "Yes" | "On" => Some(true),
                "false" | "no" | "off" | "False" | "No" | "Off" => Some(false),
                _ => self.expected("true or false"),
            },
            _ => self.expected("true or false"),
        }
    }

    /// A number or a string, whichever it is.
    pub(super) fn int_or_string(&self) -> Option<IntOrString> {
        match self.node.view() {
            View::Number(number) => Some(IntOrString::Int(number)),
            View::Text(text) => self.substituted(text).map(IntOrString::Text),
            _ => self.expected("a number or a string"),
        }
    }

    /// A duration of Go in seconds: `1m30s`. A fault for others; a number needs a unit.
    pub(super) fn go_seconds(&self) -> Option<f64> {
        let text = self.text()?;
        let seconds = duration::go(&text);
        if seconds.is_none() {
            self.fault(format!(
                "found {}, expected a duration with a unit, such as \"30s\" or \"5m\"",
                quoted(&text)
            ));
        }
        seconds
    }

    fn substituted(&self, text: &str) -> Option<String> {
        let Some(args) = &self.args else { return Some(text.to_string()) };
        match args.substitute(text) {
            Ok(text) => Some(text),
            Err(message) => {
                if !message.is_empty() {
                    self.fault(message);
                }
                None
            }
        }
    }

    // -- What is said of it --

    /// It was read and means this.
    pub(super) fn read(&self, meaning: impl Into<String>) {
        self.note(Understood::Read, meaning.into());
    }

    /// It was read and probably means this.
    pub(super) fn guessed(&self, meaning: impl Into<String>) {
        self.note(Understood::Guessed, meaning.into());
    }

    /// It and all in it has no effect here, for this reason.
    pub(super) fn ignored(&self, meaning: impl Into<String>) {
        self.whole();
        self.note(Understood::Ignored, meaning.into());
    }

    /// It and all in it has an effect that is not simulated: a warning.
    pub(super) fn not_modelled(&self, effect: impl Into<String>) {
        let effect = effect.into();
        self.whole();
        self.warn(effect.clone());
        self.note(Understood::NotModelled, effect);
    }

    /// The part of the configuration at a path, such as
    /// `controller.argo.steps[2].pause`, is made from it: a fault of that part is reported
    /// at this place.
    pub(super) fn becomes(&self, path: impl Into<String>) {
        let origin = (self.file, self.place, self.path.clone());
        self.log.found.borrow_mut().origins.insert(path.into(), origin);
    }

    /// All in it was read; its keys need not be asked for one by one.
    pub(super) fn whole(&self) {
        self.mark(Used::Whole);
    }

    /// Something a person should know, without a full stop.
    pub(super) fn warn(&self, message: impl Into<String>) {
        let warning = self.log.problem(self.file, &self.path, self.place, message.into());
        self.log.found.borrow_mut().warnings.push(warning);
    }

    /// Why it is refused: what was found and what was expected, without a full stop.
    pub(super) fn fault(&self, message: impl Into<String>) {
        self.fault_at(&self.path.clone(), message.into());
    }

    fn fault_at(&self, path: &str, message: String) {
        let fault = self.log.problem(self.file, path, self.place, message);
        self.log.found.borrow_mut().faults.push(fault);
    }

    /// Warns of keys that the controller does not know, probably misspelt.
    pub(super) fn known(&self, keys: &[&str]) {
        for (key, place, _) in self.node.entries().filter(|(key, _, _)| !keys.contains(key)) {
            let message = match did_you_mean(key, keys.iter().copied()) {
                Some(meant) => format!("unknown field; did you mean {}?", quoted(meant)),
                None => "unknown field, which the controller ignores or refuses".to_string(),
            };
            let path = self.path_of(key);
            let warning = self.log.problem(self.file, &path, place, message);
            self.log.found.borrow_mut().warnings.push(warning);
        }
    }

    /// A fault of type.
    fn expected<T>(&self, expected: &str) -> Option<T> {
        let found = match self.node.view() {
            View::Null => "null".to_string(),
            View::Bool(value) => value.to_string(),
            View::Number(number) => crate::json::plain(number),
            View::Text(text) => quoted(text),
            View::Array(_) => "an array".to_string(),
            View::Object => "an object".to_string(),
        };
        self.fault(format!("found {found}, expected {expected}"));
        None
    }

    fn mark(&self, used: Used) {
        let mut found = self.log.found.borrow_mut();
        let entry = found.used.entry((self.document, self.path.clone())).or_insert(used);
        if used == Used::Whole {
            *entry = used;
        }
    }

    fn note(&self, understood: Understood, meaning: String) {
        let (line, column) = self.place.line_column();
        let path = self.path.clone();
        let note = Note { file: self.file, line, column, path, understood, meaning };
        let mut found = self.log.found.borrow_mut();
        found.said.insert((self.document, self.path.clone()));
        found.notes.push(note);
    }

    fn check_duplicates(&self) {
        let mut known = BTreeSet::new();
        for (key, place, node) in self.node.entries() {
            let field = self.child(key, place, node);
            if !known.insert(key) {
                field.fault("this key is given twice");
            }
            field.check_duplicates();
        }
        for (i, node) in self.node.items().iter().enumerate() {
            let path = format!("{}[{i}]", self.path);
            Field { node, place: node.place(), path, ..self.clone() }.check_duplicates();
        }
    }

    /// Notes what was not asked for as ignored, and what was read without a word as
    /// read.
    fn note_unread(&self, found: &mut Found, ignored: &mut Vec<String>, is_read: bool) {
        let key = (self.document, self.path.clone());
        let used = found.used.get(&key).copied();
        let is_root = !is_read && used.is_none() && self.is_top();
        if used.is_none() && !is_root {
            self.unread(found, ignored);
            return;
        }
        if used == Some(Used::Whole) {
            return;
        }
        let mut inside = Vec::new();
        for (key, place, node) in self.node.entries() {
            inside.push(self.child(key, place, node));
        }
        for (i, node) in self.node.items().iter().enumerate() {
            let path = format!("{}[{i}]", self.path);
            inside.push(Field { node, place: node.place(), path, ..self.clone() });
        }
        let is_used =
            |field: &Field<'_>| found.used.contains_key(&(field.document, field.path.clone()));
        if is_root && !inside.iter().any(is_used) {
            self.unread(found, ignored);
            return;
        }
        if inside.is_empty() && !is_root && !found.said.contains(&key) {
            self.push(found, Understood::Read);
        }
        inside.iter().for_each(|field| field.note_unread(found, ignored, true));
    }

    fn is_top(&self) -> bool {
        self.path.is_empty() || (self.path.starts_with("items[") && !self.path.contains('.'))
    }

    fn unread(&self, found: &mut Found, ignored: &mut Vec<String>) {
        self.push(found, Understood::Ignored);
        ignored.push(match self.is_top() {
            true => detect::name(self.node),
            false => self.path.clone(),
        });
    }

    fn push(&self, found: &mut Found, understood: Understood) {
        let (line, column) = self.place.line_column();
        let (path, meaning) = (self.path.clone(), String::new());
        let note = Note { file: self.file, line, column, path, understood, meaning };
        found.notes.push(note);
    }
}
