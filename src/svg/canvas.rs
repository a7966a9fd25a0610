//! An SVG file, an element at a time.

use std::fmt::Display;

use quick_xml::Writer;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};

use crate::message::for_xml;

/// How wide a letter of a label is at most, in pixels.
pub(super) const LETTER: f64 = 6.4;

/// Where a text stands from its point.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// An SVG file that is being written. Writing to memory cannot fail.
pub(super) struct Canvas {
    writer: Writer<Vec<u8>>,
}

impl Canvas {
    /// Begins a file of so many pixels.
    ///
    /// `title` and `description` say what is drawn.
    pub fn new(width: f64, height: f64, title: &str, description: &str) -> Canvas {
        let mut canvas = Canvas { writer: Writer::new_with_indent(Vec::new(), b' ', 1) };
        let size = [("width", number(width)), ("height", number(height))];
        let view = format!("0 0 {} {}", number(width), number(height));
        let mut svg = BytesStart::new("svg");
        svg.push_attribute(("xmlns", "http://www.w3.org/2000/svg"));
        for (name, value) in &size {
            svg.push_attribute((*name, value.as_str()));
        }
        svg.push_attribute(("viewBox", view.as_str()));
        svg.push_attribute(("role", "img"));
        canvas.event(Event::Start(svg));
        canvas.element("title", &[], Some(title));
        canvas.element("desc", &[], Some(description));
        canvas.element("style", &[], Some(&style()));
        canvas.rect("card", [0.0, 0.0, width, height]);
        canvas
    }

    /// The file.
    pub fn finish(mut self) -> String {
        self.event(Event::End(BytesEnd::new("svg")));
        let mut text = String::from_utf8_lossy(&self.writer.into_inner()).into_owned();
        text.push('\n');
        text
    }

    /// A rectangle: left, top, width, height.
    pub fn rect(&mut self, class: &str, [x, y, width, height]: [f64; 4]) {
        let (x, y, width, height) = (number(x), number(y), number(width), number(height));
        let of = [("class", class), ("x", &x), ("y", &y), ("width", &width), ("height", &height)];
        self.element("rect", &of, None);
    }

    /// A disc.
    pub fn circle(&mut self, class: &str, [x, y]: [f64; 2], radius: f64) {
        let (x, y, radius) = (number(x), number(y), number(radius));
        self.element("circle", &[("class", class), ("cx", &x), ("cy", &y), ("r", &radius)], None);
    }

    /// A path; none if it has no points.
    pub fn path(&mut self, class: &str, path: &Path) {
        if !path.is_empty() {
            self.element("path", &[("class", class), ("d", &path.commands)], None);
        }
    }

    /// A text at a point; `y` is that of its base line.
    pub fn text(&mut self, class: &str, [x, y]: [f64; 2], anchor: Anchor, text: &str) {
        let (x, y) = (number(x), number(y));
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let of = [("class", class), ("x", &*x), ("y", &*y), ("text-anchor", anchor)];
        self.element("text", &of, Some(text));
    }

    fn element(&mut self, name: &str, attributes: &[(&str, &str)], text: Option<&str>) {
        let start = BytesStart::new(name).with_attributes(attributes.iter().copied());
        let Some(text) = text else { return self.event(Event::Empty(start)) };
        self.event(Event::Start(start));
        self.event(Event::Text(BytesText::new(&for_xml(text))));
        self.event(Event::End(BytesEnd::new(name)));
    }

    fn event(&mut self, event: Event<'_>) {
        let _ = self.writer.write_event(event);
    }
}

/// A number of pixels, to a hundredth.
fn number(x: f64) -> String {
    let text = format!("{:.2}", if x.is_finite() { x } else { 0.0 });
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_string() } else { text.to_string() }
}

/// The commands of a path.
#[derive(Clone, Debug, Default)]
pub(super) struct Path {
    commands: String,
}

impl Path {
    /// A line through points.
    pub fn through(points: impl IntoIterator<Item = [f64; 2]>) -> Path {
        let mut path = Path::default();
        for (i, point) in points.into_iter().enumerate() {
            if i == 0 { path.move_to(point) } else { path.line_to(point) }
        }
        path
    }

    /// Whether nothing is drawn.
    pub fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }

    /// Begins a new line.
    pub fn move_to(&mut self, [x, y]: [f64; 2]) {
        self.push('M', x, format!(" {}", number(y)));
    }

    /// A straight line to a point.
    pub fn line_to(&mut self, [x, y]: [f64; 2]) {
        self.push('L', x, format!(" {}", number(y)));
    }

    /// A line to the right or the left.
    pub fn across_to(&mut self, x: f64) {
        self.push('H', x, "");
    }

    /// A line up or down.
    pub fn up_to(&mut self, y: f64) {
        self.push('V', y, "");
    }

    /// Back to where the line began.
    pub fn close(&mut self) {
        self.commands.push('Z');
    }

    fn push(&mut self, command: char, x: f64, rest: impl Display) {
        self.commands += &format!("{command}{}{rest}", number(x));
    }
}

/// The colours on light and on dark, and what has them: the page's.
fn style() -> String {
    let of = |colours: &Colours| {
        let Colours { ink, quiet, card, line, band, plan, canary, soft, baseline, blue, harm } =
            colours;
        format!(
            ".card{{fill:{card}}}text{{fill:{quiet}}}.title,.ink,.decision{{fill:{ink}}}\
             .grid{{stroke:{line}}}.band{{fill:{band}}}.plan{{fill:{plan}}}\
             path.canary,.whisker.canary{{stroke:{canary}}}path.baseline{{stroke:{baseline}}}\
             text.canary,.dot.canary{{fill:{canary}}}text.baseline,.dot.baseline{{fill:{baseline}}}\
             .soft.canary{{fill:{soft};stroke:none}}\
             .soft.baseline{{fill:{blue};stroke:none}}\
             .planned{{stroke:{quiet}}}.limit{{stroke:{quiet}}}.limit.deciding{{stroke:{ink}}}\
             .failed{{fill:{harm}}}.cross{{stroke:{card}}}.halo{{stroke:{card}}}\
             .policy-0{{stroke:{ink}}}.policy-1,.policy-2,.policy-3{{stroke:{quiet}}}\
             .dot.policy-0{{fill:{ink}}}\
             .dot.policy-1,.dot.policy-2,.dot.policy-3{{fill:{card}}}"
        )
    };
    format!(
        "text{{font:12px system-ui,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;\
         font-variant-numeric:tabular-nums}}.title{{font-size:15px;font-weight:650}}\
         .name{{font-weight:600}}.halo{{paint-order:stroke;stroke-width:4px;stroke-linejoin:round}}\
         path{{fill:none;stroke-linejoin:round;stroke-linecap:round}}\
         path.canary{{stroke-width:2.4}}path.baseline{{stroke-width:1.8}}\
         .planned{{stroke-width:1.4;stroke-dasharray:3 4}}\
         .limit{{stroke-width:1.3;stroke-dasharray:6 4}}.limit.deciding{{stroke-width:1.8}}\
         .limit.gate{{stroke-dasharray:none;stroke-width:2.4}}.cross{{stroke-width:2}}\
         .policy-0{{stroke-width:2.2}}.policy-1{{stroke-width:1.6;stroke-dasharray:5 4}}\
         .policy-2{{stroke-width:1.6;stroke-dasharray:1.5 4}}\
         .policy-3{{stroke-width:1.6;stroke-dasharray:9 3 2 3}}\
         path.healthy{{stroke-width:1.2}}path.whisker{{stroke-width:1.2;stroke-dasharray:none}}\
         .dot{{stroke-width:1.4;stroke-dasharray:none}}{}\
         @media (prefers-color-scheme:dark){{{}}}",
        of(&LIGHT),
        of(&DARK)
    )
}

struct Colours {
    ink: &'static str,
    quiet: &'static str,
    card: &'static str,
    line: &'static str,
    band: &'static str,
    plan: &'static str,
    canary: &'static str,
    soft: &'static str,
    baseline: &'static str,
    blue: &'static str,
    harm: &'static str,
}

const LIGHT: Colours = Colours {
    ink: "#1b2430",
    quiet: "#616c79",
    card: "#fff",
    line: "#e2dfd6",
    band: "#f4f2ec",
    plan: "#ececea",
    canary: "#966800",
    soft: "#e9b00038",
    baseline: "#3f658a",
    blue: "#3f658a2e",
    harm: "#b8233f",
};

const DARK: Colours = Colours {
    ink: "#e9edf2",
    quiet: "#9aa6b3",
    card: "#181f27",
    line: "#2d3742",
    band: "#1f2832",
    plan: "#29333e",
    canary: "#f5c542",
    soft: "#f5c54233",
    baseline: "#8db4dc",
    blue: "#8db4dc2e",
    harm: "#ff8296",
};
