//! What a person reads of a server: the verdict in one line, then the cause, the evidence in the machine's own words,
//! the commands to type, and how to see that they worked.

use super::human::wrapped;
use super::style::{Style, shortened};
use crate::report::finding::Severity;
use crate::report::server::{CheckStatus, ServerCheck};
use crate::report::server_report::{CommandReport, DiagnosisReport, EvidenceReport, ServerReport, StepReport};
use std::io::{self, Write};

/// Pieces of evidence that are shown of one cause, unless `-v` asks for all.
const EVIDENCE: usize = 3;
/// The cause whose consequences are its reasons.
pub(super) const WOULD_FAIL: &str = "restart-would-fail";
/// Columns of the word that says where a piece of evidence comes from.
const SOURCE: usize = 10;

/// The report of `doctor`.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn doctor(report: &ServerReport, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", first_line(report, style))?;
    if style.quiet {
        return Ok(());
    }
    for diagnosis in &report.diagnoses {
        let repair = report.repair.as_ref().filter(|repair| repair.causes.iter().any(|cause| cause == diagnosis.cause));
        self::diagnosis(diagnosis, report, repair.map(|repair| repair.command.as_str()), style, out)?;
    }
    if style.verbose {
        details(report, style, out)?;
    }
    if !report.not_checked.is_empty() {
        writeln!(out)?;
    }
    for missing in &report.not_checked {
        let help = missing.help.as_ref().map_or_else(String::new, |help| format!("; {help}"));
        let words = format!("not checked: {} ({}{help})", missing.what, missing.because);
        wrapped(&words, "", "  ", style, out)?;
    }
    capture(report, style, out)
}

/// What another version of the program concluded of the same capture.
fn capture(report: &ServerReport, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let Some(capture) = report.capture.as_ref().filter(|capture| !capture.changed.is_empty()) else { return Ok(()) };
    let words = format!(
        "judged anew: version {} made the capture, and this is {}: {}",
        capture.made_by,
        env!("CARGO_PKG_VERSION"),
        capture.changed.join("; ")
    );
    writeln!(out)?;
    wrapped(&words, "", "  ", style, out)
}

/// The verdict again, for the end of a report that the terminal does not show whole: with the cause, and what to type. A
/// command that does not fit behind it has a line of its own, so that it stands whole.
#[must_use]
pub(crate) fn ending(report: &ServerReport, style: Style) -> String {
    if !report.agent_present {
        return first_line(report, style);
    }
    let Some(first) = report.diagnoses.first() else {
        return format!("{} is {}", short_name(report), style.health(report.health));
    };
    let more = match report.diagnoses.len() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    let said = |health: &str| format!("{} is {health}: {}{more} (above)", short_name(report), first.cause);
    let fix = match (&report.repair, first.only_command()) {
        (Some(repair), _) => format!("fix: {}", repair.command),
        (None, Some(command)) => format!("fix: {command}"),
        (None, None) if first.fix.is_empty() => return said(&style.health(report.health)),
        (None, None) => "fix: the first block above".to_owned(),
    };
    // Colours take no columns.
    let length = said(report.health.name()).chars().count() + 2 + fix.chars().count();
    let between = if length > style.width { "\n" } else { "; " };
    format!("{}{between}{fix}", said(&style.health(report.health)))
}

/// The verdict, and what the service does.
fn first_line(report: &ServerReport, style: Style) -> String {
    format!("{} {}", short_name(report), verdict(report, &style.health(report.health)))
}

/// The same without the service's name, which stands before it; the word for its health may be coloured.
pub(super) fn verdict(report: &ServerReport, health: &str) -> String {
    let words = report.state.as_str();
    // What is not there is not broken either.
    if !report.agent_present {
        return format!("is not here: {words}");
    }
    format!("is {health}{}{words}", if words.is_empty() { "" } else { ": " })
}

/// The unit's name as people say it.
pub(super) fn short_name(report: &ServerReport) -> &str {
    let unit = report.service.unit.as_str();
    unit.strip_suffix(".service").unwrap_or(unit)
}

fn diagnosis(
    diagnosis: &DiagnosisReport,
    report: &ServerReport,
    repair: Option<&str>,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let word = match diagnosis.severity {
        Severity::Error => "cause",
        Severity::Warning => "warning",
        Severity::Info => "note",
    };
    writeln!(out, "\n{}: {}", style.mark(diagnosis.severity, word), diagnosis.cause)?;
    wrapped(&diagnosis.summary, "  ", "  ", style, out)?;
    if !diagnosis.consequences.is_empty() {
        // The verdict has said that it would not start: what is named here is why.
        let words = if diagnosis.cause == WOULD_FAIL { "Because of" } else { "Follows from it" };
        let follows = format!("{words}: {}", diagnosis.consequences.join(", "));
        wrapped(&follows, "  ", "    ", style, out)?;
    }
    writeln!(out, "\nevidence")?;
    let shown = if style.verbose { usize::MAX } else { EVIDENCE };
    for evidence in diagnosis.evidence.iter().take(shown) {
        self::evidence(evidence, report, style, out)?;
    }
    fix(diagnosis, report, repair, style, out)?;
    if !diagnosis.verify.is_empty() && !diagnosis.has_changes() {
        writeln!(out, "\nverify")?;
        for command in &diagnosis.verify {
            writeln!(out, "  {command}")?;
        }
    }
    Ok(())
}

/// Where it comes from, when it was said, and what was seen; what does not fit goes on below itself, never shortened in
/// a path that someone would copy.
fn evidence(evidence: &EvidenceReport, report: &ServerReport, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let at = evidence.at.map_or_else(String::new, |at| format!("{}  ", report.time(at)));
    let first = format!("  {:SOURCE$}  ", evidence.source_in_words());
    let rest = " ".repeat(first.len());
    let most = if style.verbose { usize::MAX } else { (style.width.saturating_sub(rest.len())) * 3 };
    wrapped(&without_the_middle(&format!("{at}{}", evidence.detail), most), &first, &rest, style, out)
}

/// A text of at most that many characters, as far as that can be without a path in it coming apart: words go, from the
/// middle on.
fn without_the_middle(text: &str, most: usize) -> String {
    let length = text.chars().count();
    // A sentence that is a little longer loses more by a gap than the reader gains.
    if length <= most.saturating_add(most / 3) {
        return text.to_owned();
    }
    if length > MAX_OF_EVIDENCE {
        return shortened(text, most);
    }
    let words: Vec<&str> = text.split(' ').collect();
    let middle = words.len() / 2;
    let mut order: Vec<usize> = (1..words.len().saturating_sub(1)).collect();
    // A whole file on one line is no path.
    let is_path = |word: &str| word.contains('/') && !word.contains("\\n");
    order.retain(|at| words.get(*at).is_some_and(|word| !is_path(word)));
    let is_long = |at: usize| words.get(at).is_some_and(|word| word.chars().count() > 40);
    order.sort_by_key(|at| (!is_long(*at), at.abs_diff(middle)));
    let mut gone: Vec<usize> = Vec::new();
    let mut left = length;
    for at in order {
        if left <= most {
            break;
        }
        left = left.saturating_sub(words.get(at).map_or(0, |word| word.chars().count() + 1));
        gone.push(at);
    }
    let mut kept: Vec<&str> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        match gone.contains(&at) {
            false => kept.push(word),
            true if kept.last() != Some(&"…") => kept.push("…"),
            true => {}
        }
    }
    kept.join(" ")
}

/// Longer evidence than this is cut wherever it is: no path that is typed is as long.
const MAX_OF_EVIDENCE: usize = 4000;

/// What is said, what looks, and what changes something: the last as one block that is safe to paste. It stops at the first
/// failure, and ends with another look.
fn fix(
    diagnosis: &DiagnosisReport,
    report: &ServerReport,
    repair: Option<&str>,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    if diagnosis.fix.is_empty() {
        return Ok(());
    }
    let who = if report.host.as_root { "" } else { "  as root" };
    let changes = diagnosis.has_changes();
    let how = if changes { ", as one block: it stops at the first failure" } else { "" };
    match repair {
        Some(repair) => {
            let who = if who.is_empty() { "  " } else { "  as root; " };
            writeln!(out, "\nfix{who}it goes back by itself if it does not help\n  {repair}")?;
            writeln!(out, "\nor by hand{how}")?;
        }
        None => writeln!(out, "\nfix{who}{how}")?,
    }
    if changes {
        writeln!(out, "  ( set -e")?;
    }
    for StepReport { text, commands, .. } in &diagnosis.fix {
        if !text.is_empty() {
            wrapped(&format!("# {text}"), "  ", "  # ", style, out)?;
        }
        for command in commands {
            // Lines of a here-document stand at the margin, where the shell wants its end.
            let indent = if command.contains('\n') { "" } else { "  " };
            writeln!(out, "{indent}{command}")?;
        }
    }
    if changes {
        for command in &diagnosis.verify {
            writeln!(out, "  {command}")?;
        }
        writeln!(out, "  )")?;
    }
    Ok(())
}

/// `-v`: what was looked at, the findings of the deployed bundle, the commands and what they printed.
fn details(report: &ServerReport, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\nlooked at")?;
    for ServerCheck { id, status, message, .. } in &report.checks {
        let word = match status {
            CheckStatus::Pass => "ok",
            CheckStatus::Warn => "warning",
            CheckStatus::Fail => "wrong",
            CheckStatus::Skip => "skipped",
        };
        let start = format!("  {word:7}  {id:11}  ");
        let indent = " ".repeat(start.len());
        wrapped(message, &start, &indent, style, out)?;
    }
    if !report.deployment.findings.is_empty() {
        writeln!(out, "\nwhat `check` says of {}", report.deployment.path)?;
        for finding in &report.deployment.findings {
            let start = format!("  {:7}  ", finding.severity.name());
            wrapped(&format!("{}: {}", finding.rule, finding.message), &start, "           ", style, out)?;
        }
    }
    writeln!(out, "\ncommands")?;
    for CommandReport { command, exit, duration_ms, error, output, .. } in &report.commands {
        let ended = exit.map_or_else(|| "did not end".to_owned(), |status| format!("exit {status}"));
        writeln!(out, "  {command}  ({ended}, {duration_ms} ms)")?;
        let lines = output.iter().chain(error.iter());
        lines.filter(|line| !line.is_empty()).try_for_each(|line| writeln!(out, "    {line}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::without_the_middle;

    #[test]
    fn long_evidence_keeps_its_paths_whole() {
        let path = "/srv/customers/a/very/long/way/to/agent-bundle/dist/index.js";
        let words = "word ".repeat(30);
        let text = format!("Error: {words}{path} {words}/etc/x end");
        let shown = without_the_middle(&text, 120);
        assert!(shown.contains(path) && shown.contains("/etc/x") && shown.starts_with("Error:"), "{shown}");
        assert!(shown.ends_with("end") && shown.contains('…') && shown.chars().count() <= 130, "{shown}");
        assert_eq!(without_the_middle(&text, usize::MAX), text);
        let paths = format!("{path} {path} {path}");
        assert_eq!(without_the_middle(&paths, 40), paths);
    }
}
