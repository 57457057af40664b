//! The page of `release`.

use super::findings::help;
use super::model::{Item, LineKind, Page, PageBlock, QuotedLines, Section, Tone};
use crate::render::release;
use crate::report::release::{LineReport, LineStatus, ReleaseReport};
use crate::report::verdict::Verdict;

/// The page: what fails first, then what is open, and last the whole list.
pub(crate) fn page(report: &ReleaseReport) -> Page {
    let open = report.count(LineStatus::Open) > 0 || !report.caveats.is_empty();
    let mut sections: Vec<Section> = Vec::new();
    for wanted in [LineStatus::Fail, LineStatus::Open] {
        let lines = report.lines.iter().filter(|line| line.judgement.status == wanted);
        sections.extend(lines.map(section));
    }
    for (anchor, section) in sections.iter_mut().enumerate() {
        section.anchor = Some(anchor);
    }
    sections.push(Section::new("the checklist", vec![PageBlock::Items(report.lines.iter().map(item).collect())]));
    Page {
        command: "release".to_owned(),
        subject: report.repo.clone(),
        verdict: release::verdict(report),
        tone: match report.verdict {
            Verdict::Fail => Tone::Bad,
            Verdict::Pass if open => Tone::Doubtful,
            Verdict::Pass => Tone::Good,
        },
        facts: report.version.iter().map(|version| format!("version {version}")).collect(),
        sections,
        ..Page::default()
    }
}

fn section(line: &LineReport) -> Section {
    let judgement = &line.judgement;
    let (tone, word) = status(judgement.status);
    let mut section = Section::named(tone, word, line.id.to_string());
    section.blocks.push(PageBlock::Words(judgement.message.clone()));
    if !judgement.evidence.is_empty() {
        section
            .blocks
            .push(PageBlock::Lines(QuotedLines { kind: LineKind::Output, text: judgement.evidence.join("\n") }));
    }
    section.blocks.extend(judgement.help.as_deref().and_then(help));
    section
}

const fn status(status: LineStatus) -> (Tone, &'static str) {
    match status {
        LineStatus::Pass => (Tone::Good, "holds"),
        LineStatus::Fail => (Tone::Bad, "fails"),
        LineStatus::Open => (Tone::Doubtful, "open"),
    }
}

fn item(line: &LineReport) -> Item {
    let (tone, word) = status(line.judgement.status);
    Item { tone, status: word.to_owned(), name: line.id.to_string(), words: line.judgement.message.clone() }
}
