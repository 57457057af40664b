//! The page of `check`.

use super::findings::{HelpShown, places, sections};
use super::folders::tree;
use super::model::{Page, PageBlock, Section, ShownEvidence, Tone};
use crate::render::{baseline, human};
use crate::report::finding::{Allowed, Finding, Severity};
use crate::report::subject::{CheckReport, SubjectReport};
use crate::report::verdict::Verdict;
use crate::text;

/// Allowed, known and gone findings that are listed, of each.
const MAX_ALLOWED: usize = 200;

/// The page of one bundle, or of several.
pub(crate) fn page(report: &CheckReport) -> Page {
    let mut notes = report.notes.clone();
    notes.extend(report.baseline.iter().flat_map(baseline::gone).take(MAX_ALLOWED));
    if let [subject] = report.subjects.as_slice() {
        let (sections, _) = body(subject, 0);
        return Page {
            command: "check".to_owned(),
            subject: subject.path.clone(),
            verdict: human::verdict_words(subject),
            tone: tone(subject),
            facts: human::facts_of(subject, human::Digest::Whole),
            sections,
            notes,
            at: None,
        };
    }
    let failed = report.subjects.iter().filter(|subject| subject.verdict == Verdict::Fail).count();
    let mut first = 0;
    let mut sections = Vec::new();
    for subject in &report.subjects {
        let (parts, next) = body(subject, first);
        first = next;
        let mut section = Section::named(tone(subject), human::verdict_words(subject), subject.path.clone());
        section.blocks.push(PageBlock::Facts(human::facts_of(subject, human::Digest::Whole)));
        section.sections = parts;
        sections.push(section);
    }
    Page {
        command: "check".to_owned(),
        subject: text::plural(report.subjects.len() as u64, "bundle"),
        verdict: if failed == 0 { "none refused".to_owned() } else { format!("{failed} refused") },
        tone: if failed == 0 { Tone::Good } else { Tone::Bad },
        sections,
        notes,
        ..Page::default()
    }
}

fn tone(subject: &SubjectReport) -> Tone {
    let is_worth_a_look = |severity| severity >= Severity::Warning;
    match subject.verdict {
        Verdict::Fail => Tone::Bad,
        Verdict::Pass if subject.findings.iter().any(|finding| is_worth_a_look(finding.severity)) => Tone::Doubtful,
        Verdict::Pass => Tone::Good,
    }
}

/// What was found in one bundle, where, and what was allowed; and the next anchor that is free.
fn body(subject: &SubjectReport, first: usize) -> (Vec<Section>, usize) {
    let mut parts = sections(&subject.findings, first, HelpShown::Told);
    let next = first + parts.len();
    let tree = tree(places(&subject.findings, first), &subject.folders);
    if !tree.is_empty() {
        let section = Section::new("the bundle", vec![PageBlock::Tree(tree)]);
        parts.push(if subject.findings.is_empty() { section.folded() } else { section });
    }
    if subject.tree_unknown {
        let words = "what is in it, since it cannot be told for certain".to_owned();
        parts.push(Section::new("not judged", vec![PageBlock::Words(words)]));
    }
    if !subject.allowed.is_empty() {
        let mut section = Section::new(format!("allowed ({})", subject.allowed.len()), Vec::new()).folded();
        section.blocks.push(PageBlock::Seen(subject.allowed.iter().take(MAX_ALLOWED).map(allowed).collect()));
        parts.push(section);
    }
    if !subject.known.is_empty() {
        let mut section = Section::new(format!("known ({})", subject.known.len()), Vec::new()).folded();
        section.blocks.push(PageBlock::Seen(subject.known.iter().take(MAX_ALLOWED).map(known).collect()));
        parts.push(section);
    }
    (parts, next)
}

/// A finding that the baseline has.
fn known(finding: &Finding) -> ShownEvidence {
    let text = finding.path.clone().unwrap_or_else(|| "the bundle".to_owned());
    ShownEvidence { source: finding.rule.to_string(), at: None, text }
}

fn allowed(allowed: &Allowed) -> ShownEvidence {
    let at = allowed.finding.path.as_deref().unwrap_or("the bundle");
    ShownEvidence { source: allowed.finding.rule.to_string(), at: None, text: format!("{at}: {}", allowed.reason) }
}
