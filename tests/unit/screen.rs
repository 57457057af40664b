//! What a terminal of 80 columns and 24 lines shows at the end of a report: the verdict, the cause, and what to type.

use super::{server, servers};
use crate::check::engine;
use crate::doctor::shown;
use crate::render::{self, Style};
use crate::report::finding::{Finding, Severity};
use crate::report::format::ReportFormat;
use crate::report::policy::Policy;
use crate::report::server_report::ServerReport;
use crate::report::verdict::{FailOn, Verdict};
use crate::tree::snapshot::SubjectKind;

const COLUMNS: usize = 80;
/// Its 24 lines, without the one that the prompt takes.
const ROWS: usize = 23;

/// What the screen shows when the report has been printed, with the line that ends a long one.
fn at_the_end(report: &ServerReport) -> String {
    let style = Style { colour: false, width: COLUMNS, terminal: true, verbose: false, quiet: false };
    let mut out = Vec::new();
    render::doctor(ReportFormat::Human, report, FailOn::At(Severity::Error), style, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let mut rows = rows(&text);
    if rows.len() > ROWS {
        rows.extend(self::rows(&format!("\n{}\n", render::server::ending(report, style))));
    }
    rows[rows.len().saturating_sub(ROWS)..].concat()
}

/// The rows that a terminal makes of a text; the last of each line ends it.
fn rows(text: &str) -> Vec<String> {
    let mut rows = Vec::new();
    for line in text.lines() {
        let line: Vec<char> = line.chars().collect();
        let mut pieces: Vec<String> = line.chunks(COLUMNS).map(|piece| piece.iter().collect()).collect();
        if pieces.is_empty() {
            pieces.push(String::new());
        }
        pieces.last_mut().unwrap().push('\n');
        rows.extend(pieces);
    }
    rows
}

#[test]
fn the_screen_ends_with_the_answer_for_every_server() {
    let mut wrong = Vec::new();
    servers::each(|name, report, _| {
        let report = shown::of(report);
        let screen = at_the_end(&report);
        let mut lacks = Vec::new();
        let verdict =
            if report.agent_present { format!(" is {}", report.health.name()) } else { " is not here".to_owned() };
        if !screen.contains(&verdict) {
            lacks.push(verdict);
        }
        if let Some(first) = report.diagnoses.first() {
            if !screen.contains(&first.cause.to_string()) {
                lacks.push(first.cause.to_string());
            }
            let repair = report.repair.as_ref().map(|repair| repair.command.clone());
            let typed: Vec<String> = match repair {
                Some(command) => vec![command],
                None => first.fix.iter().flat_map(|step| step.commands.iter().cloned()).collect(),
            };
            // A block that is taller than the screen is above; then the last line says so.
            let is_shown = typed.iter().all(|command| screen.contains(command.as_str()));
            let is_tall = typed.iter().map(|command| command.lines().count()).sum::<usize>() > ROWS / 2;
            let is_said_to_be_above = is_tall && screen.ends_with("fix: the first block above\n");
            if !(is_shown || is_said_to_be_above) {
                lacks.push(format!("what to type: {typed:?}"));
            }
        }
        if !lacks.is_empty() {
            wrong.push(format!("{name} lacks {}:\n{screen}", lacks.join(", ")));
        }
    });
    assert!(wrong.is_empty(), "{}\n{}", wrong.join("\n----\n"), wrong.len());
}

/// The counts at the end of a bundle's report say what the verdict is worth.
#[test]
fn the_end_of_a_bundles_report_has_what_is_known_to_go_wrong() {
    let ends = |severity, caveat: Option<&str>, fail_on| {
        let mut subject = server::report("bundle", SubjectKind::Directory);
        let finding = Finding { severity, caveat: caveat.map(str::to_owned), ..server::finding("foreign-owner", "x") };
        subject.findings = vec![finding];
        subject.verdict = fail_on;
        let style = Style { colour: false, width: COLUMNS, terminal: true, verbose: false, quiet: false };
        let report = engine::conclude(vec![subject], &Policy::plain(), None);
        let mut out = Vec::new();
        render::check(ReportFormat::Human, &report, FailOn::At(Severity::Error), style, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.lines().last().unwrap().chars().count() <= COLUMNS);
        text.rsplit("\n\n").next().unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let lost = "agents of a generation with a long name lose the shared package where they install with npm";
    assert_eq!(ends(Severity::Warning, Some(lost), Verdict::Pass), format!("1 warning: accepted, but {lost}"));
    assert_eq!(ends(Severity::Warning, None, Verdict::Pass), "1 warning: accepted");
    assert_eq!(ends(Severity::Error, None, Verdict::Pass), "1 error: let through by --fail-on never");
    assert_eq!(ends(Severity::Error, None, Verdict::Fail), "1 error: refused");
}
