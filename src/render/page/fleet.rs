//! The page of many servers: how many fare how, why, which versions they have, who is worst and who was not reached. It does
//! not grow with their number, as the report does not.

use super::model::{Page, PageBlock, Section, ShownEvidence, Table, TableRow, Tone};
use super::server::health;
use crate::report::fleet::{FleetGroup, FleetReport, FleetServer, FleetVerdict};
use crate::report::server::Health;
use crate::text::plural;

/// Groups whose servers are named, each in a section of its own; the table has all of them.
const MAX_SECTIONS: usize = 50;
/// Groups that are open, the worst.
const MAX_OPEN: usize = 5;
/// Versions that are told apart.
const MAX_VERSIONS: usize = 50;

/// The page.
pub(crate) fn page(report: &FleetReport) -> Page {
    let ill: Vec<_> = report.groups.iter().filter(|group| is_ill(group)).collect();
    let mut parts: Vec<Section> = Vec::new();
    for (at, group) in ill.iter().take(MAX_SECTIONS).enumerate() {
        let section = Section { anchor: Some(at), ..self::group(group, report) };
        parts.push(if at < MAX_OPEN { section } else { section.folded() });
    }
    if ill.len() > MAX_SECTIONS {
        let words = format!("and {} more groups, which the table below has", ill.len() - MAX_SECTIONS);
        parts.push(Section::new("more", vec![PageBlock::Words(words)]));
    }
    parts.extend(unreached(report));
    parts.extend(worst(report));
    parts.extend(causes(report));
    parts.extend(versions(report));
    Page {
        command: "report".to_owned(),
        subject: plural(report.servers as u64, "server"),
        verdict: counts(report),
        tone: match report.verdict {
            FleetVerdict::Fail => Tone::Bad,
            FleetVerdict::Inconclusive => Tone::Doubtful,
            FleetVerdict::Pass if ill.is_empty() => Tone::Good,
            FleetVerdict::Pass => Tone::Doubtful,
        },
        sections: parts,
        notes: report.left_out().collect(),
        ..Page::default()
    }
}

fn is_ill(group: &FleetGroup) -> bool {
    group.verdict != Health::Healthy || group.cause.is_some()
}

/// `2 broken, 1 not reached, 97 healthy`.
fn counts(report: &FleetReport) -> String {
    let counts = report.verdicts;
    let all = [
        (counts.broken, Health::Broken.name()),
        (counts.degraded, Health::Degraded.name()),
        (counts.inconclusive, Health::Inconclusive.name()),
        (counts.not_reached, "not reached"),
        (counts.healthy, Health::Healthy.name()),
    ];
    let told: Vec<_> =
        all.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    told.join(", ")
}

fn cause(group: &FleetGroup) -> &str {
    group.cause.as_deref().unwrap_or(if group.verdict == Health::Healthy {
        "nothing is wrong"
    } else {
        "no cause is known"
    })
}

/// The servers with one verdict and one root cause: the first of them by name, and what to read on.
fn group(group: &FleetGroup, report: &FleetReport) -> Section {
    let label = format!("{} {}", plural(group.servers as u64, "server"), group.verdict.name());
    let mut section = Section::named(health(group.verdict), label, cause(group));
    let more = group.servers.saturating_sub(group.names.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    section.blocks.push(PageBlock::Words(format!("{}{more}", group.names.join(", "))));
    let states = report.worst.iter().filter(|one| one.verdict == group.verdict && one.cause == group.cause);
    let seen: Vec<_> = states.filter(|one| !one.state.is_empty()).take(3).map(state).collect();
    if !seen.is_empty() {
        section.blocks.push(PageBlock::Seen(seen));
    }
    section
}

fn state(server: &FleetServer) -> ShownEvidence {
    ShownEvidence { source: server.name.clone(), at: None, text: server.state.clone() }
}

fn unreached(report: &FleetReport) -> Option<Section> {
    if report.verdicts.not_reached == 0 {
        return None;
    }
    let label = format!("{} not reached", plural(report.verdicts.not_reached as u64, "server"));
    let mut section = Section { tone: Tone::Doubtful, ..Section::new(label, Vec::new()) };
    let seen = report.not_reached.iter();
    let seen = seen.map(|one| ShownEvidence { source: one.name.clone(), at: None, text: one.because.clone() });
    section.blocks.push(PageBlock::Seen(seen.collect()));
    let more = report.verdicts.not_reached.saturating_sub(report.not_reached.len());
    if more > 0 {
        section.blocks.push(PageBlock::Words(format!("and {more} more")));
    }
    Some(if report.not_reached.len() > 10 { section.folded() } else { section })
}

fn worst(report: &FleetReport) -> Option<Section> {
    if report.worst.len() < 2 {
        return None;
    }
    let row = |server: &FleetServer| TableRow {
        cells: vec![
            server.name.clone(),
            server.verdict.name().to_owned(),
            server.cause.clone().unwrap_or_default(),
            server.restarts.map_or_else(String::new, |count| count.to_string()),
            server.version.clone().unwrap_or_default(),
        ],
        share: None,
        tone: health(server.verdict),
    };
    let columns = ["server", "is", "cause", "restarts", "version"].map(str::to_owned).to_vec();
    let table = Table { columns, rows: report.worst.iter().map(row).collect(), ..Table::default() };
    Some(Section::new("the worst", vec![PageBlock::Table(table)]))
}

/// How much of a whole, in hundredths.
fn share(part: usize, whole: usize) -> Option<u8> {
    u8::try_from(part.saturating_mul(100).checked_div(whole)?).ok()
}

fn causes(report: &FleetReport) -> Option<Section> {
    let row = |group: &FleetGroup| TableRow {
        cells: vec![cause(group).to_owned(), group.verdict.name().to_owned(), group.servers.to_string()],
        share: share(group.servers, report.servers),
        tone: health(group.verdict),
    };
    let columns = ["cause", "verdict", "servers"].map(str::to_owned).to_vec();
    let rows: Vec<_> = report.groups.iter().map(row).collect();
    let section = Section::new("by cause", vec![PageBlock::Table(Table { columns, rows, ..Table::default() })]);
    match report.groups.len() {
        0 => None,
        1..=20 => Some(section),
        _ => Some(section.folded()),
    }
}

fn versions(report: &FleetReport) -> Option<Section> {
    if report.versions.is_empty() {
        return None;
    }
    let rows = report.versions.iter().take(MAX_VERSIONS).map(|one| TableRow {
        cells: vec![one.version.clone().unwrap_or_else(|| "not known".to_owned()), one.servers.to_string()],
        share: share(one.servers, report.servers),
        tone: Tone::Plain,
    });
    let columns = ["version", "servers"].map(str::to_owned).to_vec();
    let mut section = Section::new("versions deployed", Vec::new());
    section.blocks.push(PageBlock::Table(Table { columns, rows: rows.collect(), ..Table::default() }));
    let more = report.versions.len().saturating_sub(MAX_VERSIONS);
    if more > 0 {
        section.blocks.push(PageBlock::Words(format!("and {more} more versions")));
    }
    Some(section)
}
