//! The page of `repair` and of `update`.

use super::model::{Item, Page, PageBlock, Section, ShownEvidence, Tone};
use crate::report::server::Health;
use crate::report::transaction::{RepairVerdict, TransactionReport, TransactionStep};

/// The page: what came of it, why, what is kept, and the plan.
pub(crate) fn page(report: &TransactionReport) -> Page {
    let body = &report.body;
    let (unit, words) = report.headline();
    let mut facts: Vec<String> = report.versions().into_iter().collect();
    facts.extend(body.health.map(|health| format!("the server is {}", health.name())));
    facts.extend(
        body.causes.iter().filter(|causes| !causes.is_empty()).map(|causes| format!("for {}", causes.join(", "))),
    );
    let mut sections = Vec::new();
    if !body.why.is_empty() {
        let blocks = body.why.iter().map(|why| PageBlock::Words(why.clone())).collect();
        sections.push(Section::new("why", blocks));
    }
    if !body.plan.is_empty() {
        sections.push(Section::new("plan", vec![PageBlock::Items((1..).zip(&body.plan).map(item).collect())]));
    }
    if !body.kept.is_empty() {
        let kept = |path: &String| ShownEvidence { source: "kept".to_owned(), at: None, text: path.clone() };
        sections.push(Section::new("kept", vec![PageBlock::Seen(body.kept.iter().map(kept).collect())]));
    }
    Page {
        command: report.deed.command().to_owned(),
        subject: unit.to_owned(),
        verdict: words.to_owned(),
        tone: tone(report),
        facts,
        sections,
        ..Page::default()
    }
}

const fn tone(report: &TransactionReport) -> Tone {
    match (report.verdict, report.body.health) {
        (RepairVerdict::NotRepaired | RepairVerdict::Stuck, _) | (_, Some(Health::Broken)) => Tone::Bad,
        (RepairVerdict::Repaired | RepairVerdict::NothingToDo, None | Some(Health::Healthy)) => Tone::Good,
        (RepairVerdict::Planned, _) => Tone::Plain,
        _ => Tone::Doubtful,
    }
}

fn item((number, step): (usize, &TransactionStep)) -> Item {
    let more = [("at", &step.path), ("replaces", &step.replaces)];
    let more = more.into_iter().filter_map(|(name, words)| words.as_ref().map(|words| format!("; {name} {words}")));
    let words = format!("{}{}; undone: {}", step.what, more.collect::<String>(), step.undone);
    Item { tone: Tone::Plain, status: "step".to_owned(), name: number.to_string(), words }
}
