//! What `release` says: the checklist, ticked, for people; and the same lines as JSON, JUnit and workflow commands.

use super::github::command;
use super::human::{fix, wrapped};
use super::json;
use super::junit::{self, NO_TIME, one_line, skipped, xml};
use super::style::Style;
use crate::report::release::{Judgement, LineReport, LineStatus, ReleaseReport};
use crate::report::verdict::Verdict;
use crate::text;
use quick_junit::{NonSuccessKind, TestCaseStatus, TestSuite};
use std::io::{self, Write};

/// The checklist, ticked.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn human(report: &ReleaseReport, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let version = report.version.as_deref().map_or_else(String::new, |version| format!(" {version}"));
    writeln!(out, "{}{version}  {}", report.repo, style.verdict(report.verdict, &verdict(report)))?;
    if style.quiet {
        return Ok(());
    }
    writeln!(out)?;
    for LineReport { id, judgement } in &report.lines {
        let (tick, indent) = (tick(judgement.status), " ".repeat(4));
        wrapped(&format!("{tick} {id}: {}", judgement.message), "", &indent, style, out)?;
        for line in &judgement.evidence {
            writeln!(out, "      {line}")?;
        }
        if let Some(help) = &judgement.help {
            fix(help, style, out)?;
        }
    }
    Ok(())
}

const fn tick(status: LineStatus) -> &'static str {
    match status {
        LineStatus::Pass => "[x]",
        LineStatus::Fail => "[!]",
        LineStatus::Open => "[ ]",
    }
}

/// The verdict in words, which would do alone.
pub(super) fn verdict(report: &ReleaseReport) -> String {
    let (failed, open) = (report.count(LineStatus::Fail), report.count(LineStatus::Open));
    let lines = text::plural(report.lines.len() as u64, "line");
    let still = match open {
        0 => String::new(),
        open => format!(", {open} open"),
    };
    match (report.verdict, failed) {
        (Verdict::Pass, 0) if open == 0 => format!("ready to be released{}", but(report)),
        (Verdict::Pass, 0) => format!("nothing speaks against a release, {open} of {lines} open{}", but(report)),
        (Verdict::Pass, failed) => format!("{failed} of {lines} fail, let through by --fail-on never{still}"),
        (Verdict::Fail, 1) => format!("not ready: 1 of {lines} fails{still}"),
        (Verdict::Fail, failed) => format!("not ready: {failed} of {lines} fail{still}"),
    }
}

/// What is known to go wrong all the same.
fn but(report: &ReleaseReport) -> String {
    if report.caveats.is_empty() { String::new() } else { format!(", but {}", report.caveats.join(", and ")) }
}

/// The document of `release`.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn json(report: &ReleaseReport, out: &mut dyn Write) -> io::Result<()> {
    json::write("release", json::word(report.verdict), report, out)
}

/// A case for each line: one that is open is skipped, as nobody could tell.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn junit(report: &ReleaseReport, out: &mut dyn Write) -> io::Result<()> {
    let mut suite = TestSuite::new(one_line(&report.repo));
    suite.set_time(NO_TIME);
    for LineReport { id, judgement } in &report.lines {
        let words = words(judgement);
        let status = match judgement.status {
            LineStatus::Pass => TestCaseStatus::success(),
            LineStatus::Open => skipped(&format!("open: {}", judgement.message), &words),
            LineStatus::Fail if report.verdict == Verdict::Pass => TestCaseStatus::success(),
            LineStatus::Fail => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_message(one_line(&judgement.message)).set_type("error").set_description(xml(&words));
                status
            }
        };
        suite.add_test_case(junit::case(id, "bundle-doctor.release", status));
    }
    junit::write(std::iter::once(suite), out)
}

/// A workflow command for each line that did not pass.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn github(report: &ReleaseReport, out: &mut dyn Write) -> io::Result<()> {
    for LineReport { id, judgement } in &report.lines {
        let name = match judgement.status {
            LineStatus::Pass => continue,
            LineStatus::Fail if report.verdict == Verdict::Fail => "error",
            LineStatus::Fail => "warning",
            LineStatus::Open => "notice",
        };
        let title = format!("bundle-doctor: {id}");
        writeln!(out, "{}", command(name, &[("title", &title)], words(judgement).trim_end()))?;
    }
    // No path in a plain line: the runner also obeys `##[…]` in the middle of one.
    writeln!(out, "bundle-doctor: {}", verdict(report))
}

/// All of a line but its id.
fn words(judgement: &Judgement) -> String {
    let mut lines = vec![judgement.message.clone()];
    lines.extend(judgement.evidence.iter().map(|line| format!("  {line}")));
    lines.extend(judgement.help.iter().map(|help| format!("Fix: {help}")));
    lines.join("\n")
}
