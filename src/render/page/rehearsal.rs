//! The page of `rehearse`.

use super::findings::{help, tone};
use super::model::{Item, LineKind, Page, PageBlock, QuotedLines, Section, ShownEvidence, Tone};
use crate::render::rehearsal::{headline, is_mild, seconds};
use crate::report::run_error::RunError;
use crate::report::verdict::Verdict;
use crate::update::rehearsal::{Ending, Rehearsal, RehearsalRun, StepRun, StepStatus};

/// The page; `doubt` is why it is no judgement.
pub(crate) fn page(rehearsal: &Rehearsal, verdict: Verdict, doubt: Option<&RunError>) -> Page {
    let (words, shown) = headline(rehearsal, verdict);
    let is_doubtful = rehearsal.runs.iter().any(|run| run.ending != Ending::Starts);
    let mut notes: Vec<String> = doubt.iter().map(|doubt| doubt.message.clone()).collect();
    notes.extend(doubt.and_then(|doubt| doubt.help.clone()));
    Page {
        command: "rehearse".to_owned(),
        subject: rehearsal.bundle.clone(),
        verdict: words,
        tone: match shown {
            _ if doubt.is_some() => Tone::Doubtful,
            Verdict::Fail => Tone::Bad,
            Verdict::Pass if is_doubtful => Tone::Doubtful,
            Verdict::Pass => Tone::Good,
        },
        facts: vec![format!("the agent had to stay up for {} s", rehearsal.hold.as_secs())],
        sections: rehearsal.runs.iter().map(run).collect(),
        notes,
        at: None,
    }
}

fn run(run: &RehearsalRun) -> Section {
    let (tone, words) = match run.ending {
        Ending::Starts => (Tone::Good, "starts"),
        Ending::Fails if is_mild(run) => (Tone::Doubtful, "fails"),
        Ending::Fails => (Tone::Bad, "fails"),
        Ending::Inconclusive => (Tone::Doubtful, "could not be told"),
    };
    let mut section = Section::named(tone, words, run.generation.name().to_string());
    let mut facts: Vec<String> = run.package_manager.iter().map(|manager| format!("with {manager}")).collect();
    facts.push(seconds(run.took()));
    facts.extend(run.kept.iter().map(|kept| format!("kept in {kept}")));
    section.blocks.push(PageBlock::Facts(facts));
    if let Some(step) = run.stopped_at() {
        section.sections.push(stopped(step));
    }
    section.sections.extend(cause(run));
    section.blocks.extend(run.aftermath.iter().map(|left| PageBlock::Words(format!("a server is left so: {left}"))));
    let steps = run.steps.iter().map(item).collect();
    let steps = Section::new("the eight steps", vec![PageBlock::Items(steps)]);
    section.sections.push(if run.ending == Ending::Starts { steps.folded() } else { steps });
    section
}

/// The step at which it ended, with the machine's own words.
fn stopped(step: &StepRun) -> Section {
    let mut section = Section::new(format!("step {}: {}", step.number, step.title), Vec::new());
    let commands = step.commands.iter();
    let seen: Vec<ShownEvidence> =
        commands.map(|line| ShownEvidence { source: "command".to_owned(), at: None, text: line.clone() }).collect();
    if !seen.is_empty() {
        section.blocks.push(PageBlock::Seen(seen));
    }
    section.blocks.extend(step.note.iter().map(|note| PageBlock::Words(note.clone())));
    if let Some(output) = &step.output {
        section.blocks.push(PageBlock::Lines(QuotedLines { kind: LineKind::Output, text: output.clone() }));
    }
    section.blocks.extend(step.help.as_deref().and_then(help));
    section
}

/// The rule that knows the fault.
fn cause(run: &RehearsalRun) -> Option<Section> {
    let finding = run.finding.as_ref()?;
    let mut section = Section::named(tone(finding.severity), finding.severity.name(), finding.rule.to_string());
    section.blocks.push(PageBlock::Words(finding.message.clone()));
    let text = finding.evidence.clone().unwrap_or_default();
    let seen = ShownEvidence { source: finding.path.clone().unwrap_or_default(), at: None, text };
    if seen != ShownEvidence::default() {
        section.blocks.push(PageBlock::Seen(vec![seen]));
    }
    match &run.allowed {
        Some(reason) => section.blocks.push(PageBlock::Words(format!("allowed: {reason}"))),
        None => section.blocks.extend(help(&finding.help)),
    }
    Some(section)
}

fn item(step: &StepRun) -> Item {
    let (tone, status) = match step.status {
        StepStatus::Done => (Tone::Good, "done"),
        StepStatus::NotNeeded => (Tone::Plain, "not needed"),
        StepStatus::Failed => (Tone::Bad, "failed"),
        StepStatus::Inconclusive => (Tone::Doubtful, "could not be told"),
        StepStatus::NotReached => (Tone::Plain, "not reached"),
    };
    let took = match step.status {
        StepStatus::NotNeeded | StepStatus::NotReached => String::new(),
        _ => format!(", {}", seconds(step.took)),
    };
    let name = format!("{} {}", step.number, step.title);
    let note = step.note.clone().filter(|_| step.status == StepStatus::Done).unwrap_or_default();
    Item { tone, status: format!("{status}{took}"), name, words: note }
}
