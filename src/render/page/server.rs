//! The page of `doctor`: the cause, the evidence, the fix; then what happened, and where the bundle is at fault.

use super::findings::{HelpShown, places, sections};
use super::folders::tree;
use super::model::{CommandBlock, Item, Page, PageBlock, Section, ShownEvidence, TimelineMoment, Tone};
use crate::render::server::{WOULD_FAIL, short_name, verdict};
use crate::report::finding::Severity;
use crate::report::moment;
use crate::report::server::{CheckStatus, Health, ServerCheck};
use crate::report::server_report::{DiagnosisReport, ServerReport, StepReport};
use crate::report::timeline::{TimelineEvent, TimelineKind};

/// The page.
pub(crate) fn page(report: &ServerReport) -> Page {
    let mut parts = Vec::new();
    for (anchor, one) in report.diagnoses.iter().enumerate() {
        let repair = report.repair.as_ref().filter(|repair| repair.causes.iter().any(|cause| cause == one.cause));
        let repair = repair.map(|repair| repair.command.clone());
        let mut section = diagnosis(one, report, repair);
        section.anchor = Some(anchor);
        parts.push(section);
    }
    if !report.timeline.is_empty() {
        let events = report.timeline.iter().map(event).collect();
        parts.push(Section::new("what happened", vec![PageBlock::Moments(events)]));
    }
    parts.extend(bundle(report));
    if !report.checks.is_empty() {
        let items = report.checks.iter().map(check).collect();
        parts.push(Section::new("looked at", vec![PageBlock::Items(items)]).folded());
    }
    Page {
        command: "doctor".to_owned(),
        subject: short_name(report).to_owned(),
        verdict: verdict(report, report.health.name()),
        tone: health(report.health),
        facts: facts(report),
        sections: parts,
        notes: notes(report),
        at: report.host.at.and_then(moment::Moment::rfc3339),
    }
}

/// How bad that is.
pub(super) const fn health(health: Health) -> Tone {
    match health {
        Health::Healthy => Tone::Good,
        Health::Degraded | Health::Inconclusive => Tone::Doubtful,
        Health::Broken => Tone::Bad,
    }
}

/// Which machine, and what runs on it.
fn facts(report: &ServerReport) -> Vec<String> {
    let host = &report.host;
    let mut known: Vec<String> = host.called().iter().map(|name| format!("on {name}")).collect();
    known.extend(host.os.clone());
    known.extend(host.systemd.iter().map(|version| format!("systemd {version}")));
    known.extend(host.node.iter().map(|version| format!("node {version}")));
    let version = report.deployment.package.as_ref().and_then(|package| package.version.as_ref());
    known.extend(version.map(|version| format!("agent {version}")));
    known.extend(host.root.iter().map(|root| format!("read below {root}")));
    known
}

fn notes(report: &ServerReport) -> Vec<String> {
    let words = report.not_checked.iter().map(|missing| {
        let help = missing.help.as_ref().map_or_else(String::new, |help| format!("; {help}"));
        format!("not checked: {} ({}{help})", missing.what, missing.because)
    });
    words.collect()
}

fn diagnosis(diagnosis: &DiagnosisReport, report: &ServerReport, repair: Option<String>) -> Section {
    let (tone, word) = match diagnosis.severity {
        Severity::Error => (Tone::Bad, "cause"),
        Severity::Warning => (Tone::Doubtful, "warning"),
        Severity::Info => (Tone::Plain, "note"),
    };
    let mut section = Section::named(tone, word, diagnosis.cause.to_string());
    section.blocks.push(PageBlock::Words(diagnosis.summary.clone()));
    if !diagnosis.consequences.is_empty() {
        let words = if diagnosis.cause == WOULD_FAIL { "Because of" } else { "Follows from it" };
        let follows: Vec<_> = diagnosis.consequences.iter().map(|cause| format!("`{cause}`")).collect();
        section.blocks.push(PageBlock::Words(format!("{words}: {}", follows.join(", "))));
    }
    let seen = diagnosis.evidence.iter().map(|evidence| ShownEvidence {
        source: evidence.source_in_words().to_owned(),
        at: evidence.at.and_then(moment::Moment::rfc3339),
        text: evidence.detail.clone(),
    });
    section.sections.push(Section::new("evidence", vec![PageBlock::Seen(seen.collect())]));
    section.sections.extend(fix(diagnosis, report, repair));
    section
}

/// What is said, and what is typed: first what goes back by itself, then the same by hand, as one block that stops at the
/// first failure and ends with another look.
fn fix(diagnosis: &DiagnosisReport, report: &ServerReport, repair: Option<String>) -> Vec<Section> {
    let is_changed = diagnosis.has_changes();
    let who = if report.host.as_root { "" } else { "As root; " };
    let mut parts = Vec::new();
    let has_repair = repair.is_some();
    if let Some(command) = repair {
        let words = format!("{who}it goes back by itself if it does not help");
        parts.push(Section::new("fix", vec![PageBlock::Script(CommandBlock { words, commands: vec![command] })]));
    }
    let mut commands: Vec<String> = Vec::new();
    let mut told: Vec<PageBlock> = Vec::new();
    for StepReport { text, commands: typed, .. } in &diagnosis.fix {
        if typed.is_empty() {
            told.push(PageBlock::Words(text.clone()));
            continue;
        }
        if !text.is_empty() {
            commands.push(format!("# {text}"));
        }
        commands.extend(typed.iter().cloned());
    }
    if is_changed || !commands.is_empty() {
        commands.extend(diagnosis.verify.iter().cloned());
    }
    if is_changed {
        commands.insert(0, "( set -e".to_owned());
        commands.push(")".to_owned());
    }
    if !commands.is_empty() {
        let who = if has_repair { "" } else { who };
        let words =
            if is_changed { format!("{who}as one block: it stops at the first failure") } else { String::new() };
        told.push(PageBlock::Script(CommandBlock { words, commands }));
    }
    if !told.is_empty() {
        let section = Section::new(if has_repair { "or by hand" } else { "fix" }, told);
        parts.push(if has_repair { section.folded() } else { section });
    }
    parts
}

const fn kind(kind: TimelineKind) -> Tone {
    match kind {
        TimelineKind::Death | TimelineKind::GaveUp => Tone::Bad,
        TimelineKind::Disconnected => Tone::Doubtful,
        TimelineKind::Connected => Tone::Good,
        TimelineKind::Start | TimelineKind::Stop | TimelineKind::Update => Tone::Plain,
    }
}

fn event(event: &TimelineEvent) -> TimelineMoment {
    let times = if event.times > 1 { format!(" ({} times)", event.times) } else { String::new() };
    TimelineMoment {
        at: event.at.and_then(moment::Moment::rfc3339).unwrap_or_default(),
        kind: event.kind.to_string(),
        tone: TimelineKind::of(event.kind).map_or(Tone::Plain, kind),
        text: format!("{}{times}", event.text),
    }
}

/// What `check` says of the deployed bundle, and where in it.
fn bundle(report: &ServerReport) -> Option<Section> {
    let deployment = &report.deployment;
    if deployment.findings.is_empty() {
        return None;
    }
    let first = report.diagnoses.len();
    let mut section = Section::named(Tone::Plain, "the deployed bundle", deployment.path.clone());
    section.blocks.push(PageBlock::Tree(tree(places(&deployment.findings, first), &deployment.folders)));
    // What a developer does about them is not what this server needs first.
    section.sections =
        sections(&deployment.findings, first, HelpShown::Told).into_iter().map(Section::folded).collect();
    Some(section)
}

fn check(check: &ServerCheck) -> Item {
    let (tone, status) = match check.status {
        CheckStatus::Pass => (Tone::Good, "ok"),
        CheckStatus::Warn => (Tone::Doubtful, "warning"),
        CheckStatus::Fail => (Tone::Bad, "wrong"),
        CheckStatus::Skip => (Tone::Plain, "skipped"),
    };
    Item { tone, status: status.to_owned(), name: check.id.to_string(), words: check.message.clone() }
}
