//! Input and numbers in messages. A quoted input is short, on one line, and without
//! control characters.

use std::fmt::Write;

use crate::json::plain;

/// Maximum number of characters of an input that a message quotes.
pub const MAX_QUOTED: usize = 80;
/// Maximum length of a word for which a similar known word is searched, in
/// characters.
const MAX_WORD: usize = 40;

/// A text as a message shows it: at most [`MAX_QUOTED`] characters, then `…`. Line
/// breaks, control characters and bidirectional marks are written as JSON escapes,
/// such as `\n` and `\u001b`.
pub fn shown(text: &str) -> String {
    let mut shown = String::new();
    for (i, character) in text.chars().enumerate() {
        if i == MAX_QUOTED {
            shown.push('…');
            break;
        }
        push(&mut shown, character);
    }
    shown
}

/// Like [`shown`], in quotes, with quotes and backslashes escaped.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for (i, character) in text.chars().enumerate() {
        if i == MAX_QUOTED {
            quoted.push('…');
            break;
        }
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        push(&mut quoted, character);
    }
    quoted.push('"');
    quoted
}

/// A message of any length, with control characters and bidirectional marks
/// escaped.
pub fn harmless(message: &str) -> String {
    let mut text = String::with_capacity(message.len());
    message.chars().for_each(|character| push(&mut text, character));
    text
}

/// A text without the characters that XML cannot contain, not even escaped, and without those
/// that [`harmless`] escapes.
pub fn for_xml(text: &str) -> String {
    harmless(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

fn push(text: &mut String, character: char) {
    match character {
        '\n' => text.push_str("\\n"),
        '\r' => text.push_str("\\r"),
        '\t' => text.push_str("\\t"),
        _ if steers(character) => {
            let _ = write!(text, "\\u{:04x}", u32::from(character));
        }
        _ => text.push(character),
    }
}

/// Whether a character can control a terminal or change the order of the text: C0,
/// DEL, C1, line and paragraph separators, the bidirectional controls of Unicode
/// (UAX 9), the byte order mark.
fn steers(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
    )
}

/// The known word that was probably meant: the nearest within one edit per three
/// letters, at least one edit; `None` if there is none. An edit inserts, deletes or
/// replaces a letter, or swaps two adjacent letters.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters: Vec<char> = word.chars().take(MAX_WORD + 1).collect();
    if letters.len() > MAX_WORD {
        return None;
    }
    let limit = letters.len().max(3) / 3;
    let near = known.into_iter().filter_map(|name| {
        let name_letters: Vec<char> = name.chars().collect();
        let is_close = name_letters.len().abs_diff(letters.len()) <= limit;
        let edits = if is_close { edits(&letters, &name_letters) } else { usize::MAX };
        (edits <= limit).then_some((edits, name))
    });
    near.min_by_key(|(edits, _)| *edits).map(|(_, name)| name)
}

/// The smallest number of edits from one word to another (optimal string
/// alignment).
fn edits(a: &[char], b: &[char]) -> usize {
    let mut two_before = vec![0; b.len() + 1];
    let mut before: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let exchanged = usize::from(a[i - 1] != b[j - 1]);
            row[j] = (before[j] + 1).min(row[j - 1] + 1).min(before[j - 1] + exchanged);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(two_before[j - 2] + 1);
            }
        }
        two_before = std::mem::replace(&mut before, row);
    }
    before[b.len()]
}

/// A count with commas between its thousands: `10,237`.
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number that was found, for a message: `found 0.5`, or `missing`.
pub(crate) fn found(number: Option<f64>) -> String {
    number.map_or("missing".to_string(), |number| format!("found {}", plain(number)))
}
