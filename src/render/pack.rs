//! What `pack` says, for people and as JSON.

use super::human::{self, Fixes, groups};
use super::json;
use super::style::Style;
use crate::release::pack::PackLayout;
use crate::release::pack::plan::Survivor;
use crate::report::subject::SubjectReport;
use crate::report::verdict::Verdict;
use crate::text;
use serde::Serialize;
use std::io::{self, Write};

/// Where the time of an archive's entries comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TimeSource {
    /// The variable SOURCE_DATE_EPOCH.
    SourceDateEpoch,
    /// The commit that is checked out.
    LastCommit,
    /// Nothing is known: 1970-01-01.
    #[default]
    None,
}

/// What became of packing.
pub(crate) struct PackReport {
    /// The folder, printable.
    pub source: String,
    /// The archive's place, printable.
    pub output: String,
    /// What was judged: the archive, or the folder where that is refused already.
    pub subject: SubjectReport,
    /// As it was asked for.
    pub layout: PackLayout,
    /// What became of it; nothing where the folder was refused.
    pub survivor: Option<Survivor>,
    /// What stays behind, printable.
    pub left_out: Vec<String>,
    /// The time of all entries, in seconds since 1970.
    pub time: u64,
    /// Where that comes from.
    pub time_from: TimeSource,
    /// The files that were written; none where it is refused.
    pub written: Vec<String>,
    /// Folders of the repository that got new copies.
    pub updated: Vec<String>,
}

/// Paths that are listed of what stays behind, unless `-v` asks for all.
const LISTED: usize = 5;

/// The report for people.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn human(report: &PackReport, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let subject = &report.subject;
    if subject.verdict == Verdict::Fail {
        let words = style.verdict(Verdict::Fail, "refused, so nothing was written");
        writeln!(out, "{}  {words}", subject.path)?;
    } else {
        writeln!(out, "{}  {}", report.output, style.verdict(Verdict::Pass, "packed"))?;
    }
    if style.quiet {
        return Ok(());
    }
    human::facts(subject, style, out)?;
    if subject.verdict == Verdict::Pass {
        details(report, style, out)?;
    }
    groups(&subject.findings, Fixes::Told, style, out)
}

fn details(report: &PackReport, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let layout = match report.survivor {
        Some(Survivor::Made) => {
            "the shared package is shipped twice and depended on by path, so that every update keeps it"
        }
        Some(Survivor::DeclaredOtherwise) => {
            "package.json depends on the shared package otherwise than by its path: not every update keeps it"
        }
        Some(Survivor::NoCopy) => "there is no copy of the shared package to ship",
        Some(Survivor::NotWanted) | None => "exactly the folder",
    };
    writeln!(out, "layout  {}: {layout}", report.layout.name())?;
    let from = match report.time_from {
        TimeSource::SourceDateEpoch => "from SOURCE_DATE_EPOCH",
        TimeSource::LastCommit => "from the last commit",
        TimeSource::None => "no SOURCE_DATE_EPOCH and no commit",
    };
    writeln!(out, "time    {} ({from})", when(report.time))?;
    let shown = if style.verbose { report.left_out.len() } else { LISTED };
    for (at, path) in report.left_out.iter().take(shown).enumerate() {
        writeln!(out, "{}{path}", if at == 0 { "without " } else { "        " })?;
    }
    if report.left_out.len() > shown {
        writeln!(out, "        and {} more (-v lists them)", report.left_out.len() - shown)?;
    }
    if !report.updated.is_empty() {
        writeln!(out, "updated {}", report.updated.join(", "))?;
    }
    writeln!(out, "wrote   {}", report.written.join(", "))
}

/// RFC 3339, in UTC.
fn when(seconds: u64) -> String {
    let time = std::time::UNIX_EPOCH.checked_add(std::time::Duration::from_secs(seconds));
    time.map_or_else(|| text::plural(seconds, "second"), |time| humantime::format_rfc3339_seconds(time).to_string())
}

/// The same, as JSON.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn json(report: &PackReport, out: &mut dyn Write) -> io::Result<()> {
    #[derive(Serialize)]
    struct PackBody<'a> {
        source: &'a str,
        output: &'a str,
        layout: PackLayout,
        survives: Option<bool>,
        time: String,
        time_from: TimeSource,
        left_out: &'a [String],
        written: &'a [String],
        updated: &'a [String],
        subject: &'a SubjectReport,
    }
    let survives = report.survivor.map(|survivor| survivor == Survivor::Made);
    let body = PackBody {
        source: &report.source,
        output: &report.output,
        layout: report.layout,
        survives,
        time: when(report.time),
        time_from: report.time_from,
        left_out: &report.left_out,
        written: &report.written,
        updated: &report.updated,
        subject: (&report.subject),
    };
    json::write("pack", json::word(report.subject.verdict), body, out)
}
