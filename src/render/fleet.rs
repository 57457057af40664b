//! What `report` says of many servers, for people and as JSON.

use super::human::wrapped;
use super::json;
use super::style::Style;
use crate::report::fleet::{FleetCounts, FleetGroup, FleetReport, FleetServer, Unreached};
use crate::report::server::Health;
use crate::text;
use std::io::{self, Write};

/// Servers and versions that are listed, unless `-v` asks for all that are known.
const LISTED: usize = 5;

/// The fleet for people: how many fare how, why, and who is worst.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn human(report: &FleetReport, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}: {}", text::plural(report.servers as u64, "server"), counts(report, style))?;
    if style.quiet {
        return Ok(());
    }
    for words in report.left_out() {
        writeln!(out, "{words}")?;
    }
    for group in report.groups.iter().filter(|group| group.verdict != Health::Healthy || group.cause.is_some()) {
        self::group(group, style, out)?;
    }
    unreached(report, style, out)?;
    let listed = if style.verbose { usize::MAX } else { LISTED };
    if !report.versions.is_empty() {
        writeln!(out, "\nversions deployed")?;
        for version in report.versions.iter().take(listed) {
            writeln!(out, "  {:>6}  {}", version.servers, version.version.as_deref().unwrap_or("not known"))?;
        }
        more(report.versions.len().saturating_sub(listed), out)?;
    }
    if report.worst.len() > 1 {
        writeln!(out, "\nworst")?;
        report.worst.iter().take(listed).try_for_each(|server| worst(server, style, out))?;
    }
    Ok(())
}

fn counts(report: &FleetReport, style: Style) -> String {
    let FleetCounts { healthy, degraded, broken, inconclusive, not_reached } = report.verdicts;
    let states = [
        (broken, style.health(Health::Broken)),
        (degraded, style.health(Health::Degraded)),
        (inconclusive, style.health(Health::Inconclusive)),
        (not_reached, "not reached".into()),
        (healthy, style.health(Health::Healthy)),
    ];
    let told: Vec<_> =
        states.iter().filter(|(count, _)| *count > 0).map(|(count, state)| format!("{count} {state}")).collect();
    if told.is_empty() { "none".to_owned() } else { told.join(", ") }
}

fn group(group: &FleetGroup, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let cause = group.cause.as_deref().unwrap_or("no cause is known");
    writeln!(out, "\n{}  {}: {cause}", text::plural(group.servers as u64, "server"), style.health(group.verdict))?;
    named(group.names.iter().map(String::as_str), group.servers, style, out)
}

/// The first names of a list, and how many more there are.
fn named<'a>(
    names: impl ExactSizeIterator<Item = &'a str>,
    of: usize,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let more = of.saturating_sub(names.len());
    let mut words = names.collect::<Vec<_>>().join(", ");
    if more > 0 {
        words.push_str(&format!(" and {more} more"));
    }
    wrapped(&words, "  ", "  ", style, out)
}

fn unreached(report: &FleetReport, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if report.not_reached.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}  not reached", text::plural(report.verdicts.not_reached as u64, "server"))?;
    let listed = if style.verbose { usize::MAX } else { LISTED };
    for Unreached { name, because } in report.not_reached.iter().take(listed) {
        wrapped(&format!("{name}: {because}"), "  ", "    ", style, out)?;
    }
    more(report.verdicts.not_reached.saturating_sub(report.not_reached.len().min(listed)), out)
}

fn worst(server: &FleetServer, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let cause = server.cause.as_ref().map_or_else(String::new, |cause| format!(", {cause}"));
    let state = if server.state.is_empty() { String::new() } else { format!(": {}", server.state) };
    wrapped(&format!("{}  {}{cause}{state}", server.name, style.health(server.verdict)), "  ", "    ", style, out)
}

fn more(count: usize, out: &mut dyn Write) -> io::Result<()> {
    if count == 0 { Ok(()) } else { writeln!(out, "  and {count} more") }
}

/// The document of many servers.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn json(report: &FleetReport, out: &mut dyn Write) -> io::Result<()> {
    json::write("report", report.verdict.name(), report, out)
}
