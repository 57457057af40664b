//! Reports to bytes: one file a format. Rendering sees the report and the rules' metadata, nothing else.

mod baseline;
pub(crate) mod diff;
mod fleet;
pub(crate) mod github;
pub(crate) mod html;
pub(crate) mod human;
pub(crate) mod json;
mod junit;
pub(crate) mod markdown;
pub(crate) mod pack;
pub(crate) mod page;
pub(crate) mod pages;
pub(crate) mod prometheus;
pub(crate) mod rehearsal;
pub(crate) mod release;
pub(crate) mod repair;
mod sarif;
pub(crate) mod server;
pub(crate) mod signing;
mod style;

pub(crate) use style::Style;

use crate::release::diff::Difference;
use crate::report::fleet::FleetReport;
use crate::report::format::ReportFormat;
use crate::report::release::ReleaseReport;
use crate::report::run_error::RunError;
use crate::report::server_report::ServerReport;
use crate::report::subject::CheckReport;
use crate::report::verdict::FailOn;
use crate::signing::manifest::push_line;
use crate::text;
use crate::tree::nodes::Tree;
use std::io::{self, Write};

/// Writes a report in which a CI runner finds no command but those of `github`: whoever reads a report, its log may be one's.
/// The workflow commands of `github` are meant, and hold text of others only as data.
fn without_commands(
    format: ReportFormat,
    out: &mut dyn Write,
    report: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    if format == ReportFormat::Github {
        return report(out);
    }
    let mut words = Vec::new();
    report(&mut words)?;
    match std::str::from_utf8(&words) {
        Ok(text) => out.write_all(text::without_workflow_commands(text).as_bytes()),
        Err(_) => out.write_all(&words),
    }
}

/// Writes the report of `check`.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn check(
    format: ReportFormat,
    report: &CheckReport,
    fail_on: FailOn,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    without_commands(format, out, |out| match format {
        ReportFormat::Human => human::check(report, style, out),
        // No bundle has numbers that are watched: the command line offers that format for servers only.
        ReportFormat::Json | ReportFormat::Prometheus => json::check(report, out),
        ReportFormat::Sarif => sarif::check(report, out),
        ReportFormat::Junit => junit::check(report, fail_on, out),
        ReportFormat::Github => github::check(report, out),
        ReportFormat::Html => html::write(&page::check::page(report), out),
        ReportFormat::Markdown => markdown::write(&page::check::page(report), out),
    })
}

/// Writes the report of `doctor`.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn doctor(
    format: ReportFormat,
    report: &ServerReport,
    fail_on: FailOn,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    without_commands(format, out, |out| match format {
        ReportFormat::Human => server::doctor(report, style, out),
        ReportFormat::Json => json::doctor(report, out),
        ReportFormat::Sarif => sarif::doctor(report, out),
        ReportFormat::Junit => junit::doctor(report, fail_on, out),
        ReportFormat::Github => github::doctor(report, out),
        ReportFormat::Html => html::write(&page::server::page(report), out),
        ReportFormat::Markdown => markdown::write(&page::server::page(report), out),
        ReportFormat::Prometheus => prometheus::doctor(report, None, out),
    })
}

/// Writes the report of `release`.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn release(
    format: ReportFormat,
    report: &ReleaseReport,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    without_commands(format, out, |out| match format {
        ReportFormat::Human => release::human(report, style, out),
        // Lines of a checklist stand at no place in a file, and have no numbers: the command line offers neither.
        ReportFormat::Json | ReportFormat::Sarif | ReportFormat::Prometheus => release::json(report, out),
        ReportFormat::Junit => release::junit(report, out),
        ReportFormat::Github => release::github(report, out),
        ReportFormat::Html => html::write(&page::release::page(report), out),
        ReportFormat::Markdown => markdown::write(&page::release::page(report), out),
    })
}

/// Writes the report of `diff`.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn diff(
    format: ReportFormat,
    subjects: &[String; 2],
    difference: &Difference,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    without_commands(format, out, |out| match format {
        ReportFormat::Human => diff::human(subjects, difference, style, out),
        ReportFormat::Html => html::write(&page::diff::page(subjects, difference), out),
        ReportFormat::Markdown => markdown::write(&page::diff::page(subjects, difference), out),
        // The command line offers no other.
        _ => diff::json(subjects, difference, out),
    })
}

/// Writes the report of many servers.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn fleet(format: ReportFormat, report: &FleetReport, style: Style, out: &mut dyn Write) -> io::Result<()> {
    without_commands(format, out, |out| match format {
        ReportFormat::Human => fleet::human(report, style, out),
        ReportFormat::Html => html::write(&page::fleet::page(report), out),
        ReportFormat::Markdown => markdown::write(&page::fleet::page(report), out),
        ReportFormat::Prometheus => prometheus::fleet(report, out),
        _ => fleet::json(report, out),
    })
}

/// Writes why a run could not judge: exactly one document in a machine format.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn error(format: ReportFormat, command: &str, error: &RunError, out: &mut dyn Write) -> io::Result<()> {
    without_commands(format, out, |out| match format {
        ReportFormat::Human => human::error(error, out),
        ReportFormat::Json => json::error(command, error, out),
        ReportFormat::Sarif => sarif::error(error, out),
        ReportFormat::Junit => junit::error(error, out),
        ReportFormat::Github => github::error(error, out),
        ReportFormat::Html => html::write(&page::unjudged::page(command, error), out),
        ReportFormat::Markdown => markdown::write(&page::unjudged::page(command, error), out),
        ReportFormat::Prometheus => prometheus::error(out),
    })
}

/// Writes the SHA-256 of every regular file of a tree, as `sha256sum` would, in the byte order of paths.
///
/// # Errors
/// Whatever `out` gives.
pub fn sums(tree: &Tree, out: &mut dyn Write) -> io::Result<()> {
    let mut line = Vec::new();
    for id in tree.sorted() {
        if let Some(digest) = tree.sha256(id) {
            line.clear();
            push_line(&mut line, tree.path(id).as_bytes(), digest);
            out.write_all(&line)?;
        }
    }
    Ok(())
}
