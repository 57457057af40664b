//! Findings as sections of a page: those that say the same are one section with several places, as for people.

use super::model::{CommandBlock, PageBlock, Section, ShownEvidence, Tone};
use crate::report::finding::{Finding, Severity};
use crate::text;

/// Places that are listed of one finding: more help nobody who looks at a page.
const MAX_PLACES: usize = 100;
/// Findings that say different things.
const MAX_GROUPS: usize = 300;

/// Whether it is said what to do about a finding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum HelpShown {
    /// It is.
    Told,
    /// There is nothing to do: what it is about is past.
    LeftOut,
}

/// How bad a severity is.
pub(super) const fn tone(severity: Severity) -> Tone {
    match severity {
        Severity::Error => Tone::Bad,
        Severity::Warning => Tone::Doubtful,
        Severity::Info => Tone::Plain,
    }
}

/// Findings of the same rule with the same reason and remedy.
fn groups(findings: &[Finding]) -> impl Iterator<Item = &[Finding]> {
    findings.chunk_by(|a, b| (&a.rule, a.severity, &a.message, &a.help) == (&b.rule, b.severity, &b.message, &b.help))
}

/// A section for each group; the first has this anchor, and each one more.
pub(super) fn sections(findings: &[Finding], first: usize, remedy: HelpShown) -> Vec<Section> {
    let mut sections: Vec<Section> =
        groups(findings).take(MAX_GROUPS).zip(first..).map(|(group, anchor)| section(group, anchor, remedy)).collect();
    let left: usize = groups(findings).skip(MAX_GROUPS).map(<[Finding]>::len).sum();
    if left > 0 {
        let words = format!("and {} more, which `--format json` has all of", text::plural(left as u64, "finding"));
        sections.push(Section::new("more", vec![PageBlock::Words(words)]));
    }
    sections
}

/// What is found at each path, and where on the page it is told: the same anchors as those of [`sections`].
pub(super) fn places(findings: &[Finding], first: usize) -> Vec<(&str, Tone, String, Option<usize>)> {
    let mut places = Vec::new();
    for (at, group) in groups(findings).enumerate() {
        let anchor = (at < MAX_GROUPS).then_some(first + at);
        for finding in group {
            let Some(path) = finding.path.as_deref() else { continue };
            places.push((path, tone(finding.severity), finding.rule.to_string(), anchor));
        }
    }
    places
}

fn section(group: &[Finding], anchor: usize, remedy: HelpShown) -> Section {
    let Some(first) = group.first() else { return Section::default() };
    let mut section = Section::named(tone(first.severity), first.severity.name(), first.rule.to_string());
    section.anchor = Some(anchor);
    let seen: Vec<ShownEvidence> = group.iter().filter_map(seen).take(MAX_PLACES).collect();
    if !first.message.is_empty() {
        section.blocks.push(PageBlock::Words(first.message.clone()));
    }
    if !seen.is_empty() {
        section.blocks.push(PageBlock::Seen(seen));
    }
    if group.len() > MAX_PLACES {
        section.blocks.push(PageBlock::Words(format!("and {} more", group.len() - MAX_PLACES)));
    }
    if remedy == HelpShown::Told {
        section.blocks.extend(help(&first.help));
    }
    section
}

/// Where it stands, and the bundle's own words.
fn seen(finding: &Finding) -> Option<ShownEvidence> {
    let line = finding.line.map_or_else(String::new, |line| format!(":{line}"));
    let source = finding.path.as_ref().map_or_else(String::new, |path| format!("{path}{line}"));
    let text = finding.evidence.clone().unwrap_or_default();
    (!source.is_empty() || !text.is_empty()).then_some(ShownEvidence { source, at: None, text })
}

/// The remedy: its first line is words, the others are commands.
pub(super) fn help(help: &str) -> Option<PageBlock> {
    let (words, commands) = help.split_once('\n').unwrap_or((help, ""));
    let commands: Vec<String> = commands.lines().map(str::to_owned).collect();
    match (words.trim().is_empty(), commands.is_empty()) {
        (true, true) => None,
        (false, true) => Some(PageBlock::Words(format!("Fix: {words}"))),
        _ => Some(PageBlock::Script(CommandBlock { words: format!("Fix: {words}"), commands })),
    }
}
