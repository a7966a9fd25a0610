//! The computed tables of the documents. Each has a line `<!-- table: name -->`
//! above it. `UPDATE_GOLDEN=1 cargo test native` rewrites their rows in place.
//!
//! A figure is written with the half-width of its 95 % interval, `76.5 ± 0.3 %`. If
//! that would round to 0, the figure is written alone.

use std::path::Path;
use std::sync::Mutex;

use super::papers::{PAPERS, Paper};

/// The standard normal quantile of a two-sided 95 % interval.
const Z: f64 = 1.959_963_984_540_054;

/// Tests run in parallel, and each writes its own table.
static WRITING: Mutex<()> = Mutex::new(());

/// A share of runs, as counts.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    pub part: u64,
    pub whole: u64,
}

impl Share {
    pub fn estimate(self) -> f64 {
        self.part as f64 / self.whole as f64
    }

    /// Half the width of Wilson's interval, which is above 0 even for counts of
    /// none or all.
    pub fn half_width(self) -> f64 {
        half_width(self.estimate(), self.whole)
    }

    /// The share in percent.
    pub fn percent(self) -> String {
        let figure = with_error(self.estimate() * 100.0, self.half_width() * 100.0, 1);
        format!("{figure} %")
    }
}

/// Half the width of Wilson's 95 % interval of a probability, from its estimate.
pub fn half_width(p: f64, runs: u64) -> f64 {
    let n = runs as f64;
    Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt() / (1.0 + Z * Z / n)
}

/// A mean of whole numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mean {
    count: u64,
    sum: u128,
    squares: u128,
}

impl Mean {
    pub fn add(&mut self, x: u64) {
        self.count += 1;
        self.sum += u128::from(x);
        self.squares += u128::from(x) * u128::from(x);
    }

    pub fn merge(&mut self, other: Mean) {
        self.count += other.count;
        self.sum += other.sum;
        self.squares += other.squares;
    }

    pub fn estimate(self) -> f64 {
        self.sum as f64 / self.count as f64
    }

    pub fn half_width(self) -> f64 {
        let (n, mean) = (self.count as f64, self.estimate());
        Z * ((self.squares as f64 / n - mean * mean).max(0.0) / n).sqrt()
    }

    /// The mean with this many decimal places; a dash if there are too few values
    /// for an error.
    pub fn figure(self, places: usize) -> String {
        if self.count < 10 {
            return "–".to_string();
        }
        with_error(self.estimate(), self.half_width(), places)
    }
}

/// A figure with its error, unless that rounds to 0.
fn with_error(figure: f64, half_width: f64, places: usize) -> String {
    let zero = format!("{:.places$}", 0.0);
    match format!("{half_width:.places$}") {
        error if error == zero => thousands(figure, places),
        error => format!("{} ± {error}", thousands(figure, places)),
    }
}

/// A number of at least 0 with commas between its thousands.
pub fn thousands(x: f64, places: usize) -> String {
    let text = format!("{x:.places$}");
    let whole = text.split('.').next().unwrap_or_default().len();
    let comma = |i: usize| i > 0 && i < whole && (whole - i).is_multiple_of(3);
    text.char_indices().fold(String::new(), |mut all, (i, digit)| {
        all.extend(comma(i).then_some(','));
        all.push(digit);
        all
    })
}

/// Asserts that the table with this name has exactly these rows, or writes them.
#[track_caller]
pub fn check_table(name: &str, rows: &[Vec<String>]) {
    let lines = rows.iter().map(|cells| format!("| {} |\n", cells.join(" | ")));
    let rows: String = lines.collect();
    let marker = marker(name);
    let holds = |paper: &&Paper| paper.text.contains(&marker);
    let paper = PAPERS.iter().find(holds).unwrap_or_else(|| panic!("no document has {marker}"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let _writing = WRITING.lock().unwrap();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(paper.path);
        let text = std::fs::read_to_string(&path).unwrap();
        let (before, _, after) = around_rows(&text, name);
        return std::fs::write(path, format!("{before}{rows}{after}")).unwrap();
    }
    let (_, found, _) = around_rows(paper.text, name);
    assert_eq!(found, rows, "{}, table {name}", paper.path);
}

fn marker(name: &str) -> String {
    format!("\n<!-- table: {name} -->\n")
}

/// The text before the rows of a table, the rows, and the text after them.
fn around_rows<'a>(text: &'a str, name: &str) -> (&'a str, &'a str, &'a str) {
    let table = text.find(&marker(name)).expect("a table");
    let rule = table + text[table..].find("\n| ---").expect("a table's rule") + 1;
    let rows = rule + text[rule..].find('\n').expect("a line's end") + 1;
    let end = rows + text[rows..].find("\n\n").expect("a table's end") + 1;
    (&text[..rows], &text[rows..end], &text[end..])
}

/// Asserts that a figure is within bounds, for a statement of a document in words.
#[track_caller]
pub fn check_words(words: &str, figure: f64, bounds: std::ops::RangeInclusive<f64>) {
    let running = |paper: &Paper| paper.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_said = PAPERS.iter().any(|paper| running(paper).contains(words));
    assert!(is_said, "no document says “{words}”");
    assert!(bounds.contains(&figure), "“{words}”: {figure}, not in {bounds:?}");
}
