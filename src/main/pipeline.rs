//! The answers to requirements for a pipeline: JUnit's XML for its list of tests, and
//! Markdown for its summary.

use canary_rollout::message::{for_xml, harmless};
use canary_rollout::study::{Fulfilment, RequirementReport, StudyReport};
use canary_rollout::text::promise;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use crate::commands::text;

/// JUnit's XML: a test case for each requirement. A failed one is a failure, an undecided
/// one an error. There are no times in it, so equal studies give equal files.
pub(crate) fn junit(name: &str, report: &StudyReport) -> Result<String, String> {
    let name = for_xml(name);
    let of = |fulfilment| {
        report.requirements.iter().filter(|one| one.fulfilment == fulfilment).count().to_string()
    };
    let (failures, errors) = (of(Fulfilment::Failed), of(Fulfilment::Undecided));
    let tests = report.requirements.len().to_string();
    let counts = [("tests", &*tests), ("failures", &*failures), ("errors", &*errors)];
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None))).map_err(text)?;
    let cases = |writer: &mut Writer<Vec<u8>>| {
        report.requirements.iter().try_for_each(|one| test_case(writer, &name, one))
    };
    let suite = |writer: &mut Writer<Vec<u8>>| {
        let suite = writer.create_element("testsuite").with_attribute(("name", &*name));
        suite.with_attributes(counts).write_inner_content(cases).map(|_| ())
    };
    let suites = writer.create_element("testsuites").with_attribute(("name", "canary-rollout"));
    suites.with_attributes(counts).write_inner_content(suite).map_err(text)?;
    let xml = String::from_utf8(writer.into_inner()).map_err(text)?;
    Ok(xml + "\n")
}

fn test_case(
    writer: &mut Writer<Vec<u8>>,
    name: &str,
    one: &RequirementReport,
) -> std::io::Result<()> {
    let requirement = for_xml(&one.requirement);
    let answer = one.answer();
    let case = writer.create_element("testcase");
    let case = case.with_attributes([("classname", name), ("name", &requirement)]);
    case.write_inner_content(|writer| {
        let content = BytesText::new(&answer);
        let element = match one.fulfilment {
            Fulfilment::Met => writer.create_element("system-out"),
            Fulfilment::Failed => writer.create_element("failure"),
            Fulfilment::Undecided => writer.create_element("error"),
        };
        let element = match one.fulfilment {
            Fulfilment::Met => element,
            other => element.with_attributes([("type", other.name()), ("message", &answer)]),
        };
        element.write_text_content(content).map(|_| ())
    })
    .map(|_| ())
}

/// Markdown, as GitHub and GitLab show it: a heading with the answer, and a table.
pub(crate) fn markdown(name: &str, report: &StudyReport) -> String {
    let requirements = &report.requirements;
    let of = |fulfilment| requirements.iter().filter(|one| one.fulfilment == fulfilment).count();
    let (all, failed, undecided) =
        (requirements.len(), of(Fulfilment::Failed), of(Fulfilment::Undecided));
    let plural = if all == 1 { "" } else { "s" };
    let answer = match (failed, undecided) {
        (0, 0) => format!("{all} requirement{plural} met"),
        (0, undecided) => format!("{undecided} of {all} requirement{plural} undecided"),
        (failed, 0) => format!("{failed} of {all} requirement{plural} failed"),
        (failed, undecided) => {
            format!("{failed} of {all} requirement{plural} failed, {undecided} undecided")
        }
    };
    let mut text = format!("### Canary policy {}: {answer}\n\n", code(name));
    text += "| requirement | answer | runs | found |\n| --- | --- | ---: | --- |\n";
    for one in requirements {
        let answer = match one.fulfilment {
            Fulfilment::Met => "met".to_string(),
            other => format!("**{}**", other.name()),
        };
        let (requirement, runs, found) = (code(&one.requirement), one.runs, one.found());
        text += &format!("| {requirement} | {answer} | {runs} | {found} |\n");
    }
    text += &format!("\n{} Seeds from {}.\n", promise(requirements), report.seeds.first);
    text
}

/// A text as a span of code, in which nothing is markup. Within a table, a vertical bar is
/// escaped.
fn code(text: &str) -> String {
    let text = harmless(text).replace('|', "\\|");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // A space on both sides is not shown, and parts a backquote from the fence.
    format!("{fence} {text} {fence}")
}
