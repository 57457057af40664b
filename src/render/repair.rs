//! What a person and a machine read of a repair: the plan, and what came of it.

use super::human::wrapped;
use super::style::Style;
use super::{html, json, markdown, page, without_commands};
use crate::doctor::repair::plan::{PlannedStep, RepairPlan};
use crate::report::finding::Severity;
use crate::report::format::ReportFormat;
use crate::report::server::Health;
use crate::report::transaction::{Deed, RepairVerdict, TransactionBody, TransactionReport, TransactionStep, Versions};
use std::io::{self, Write};

/// A repair, ready to be shown.
pub(crate) struct RepairReport<'a> {
    /// Which it is.
    pub deed: Deed,
    /// The version that was deployed before, and the one that is now, of an update.
    pub versions: [Option<String>; 2],
    /// What came of it.
    pub verdict: RepairVerdict,
    /// The unit.
    pub unit: &'a str,
    /// The plan, if there was one.
    pub plan: Option<&'a RepairPlan>,
    /// How the server fares now, where that was looked at.
    pub health: Option<Health>,
    /// Why it did not help, or what is left to do.
    pub why: Vec<String>,
    /// What was replaced or tried, where it is kept.
    pub kept: Vec<String>,
    /// What is to be typed next.
    pub next: Option<String>,
}

/// Writes it.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn repair(
    format: ReportFormat,
    report: &RepairReport<'_>,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let shown = shown(report);
    if format == ReportFormat::Human { human(&shown, report.next.as_deref(), style, out) } else { machine(&shown, out) }
}

/// Writes one that was saved, with its plan, in any format that it has.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn saved(
    format: ReportFormat,
    report: &TransactionReport,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    without_commands(format, out, |out| match format {
        ReportFormat::Html => html::write(&page::repair::page(report), out),
        ReportFormat::Markdown => markdown::write(&page::repair::page(report), out),
        ReportFormat::Human => {
            human(report, None, style, out)?;
            if style.quiet || report.body.plan.is_empty() {
                return Ok(());
            }
            writeln!(out)?;
            steps(&title(report.body.causes.as_deref().unwrap_or_default()), &report.body.plan, style, out)
        }
        _ => machine(report, out),
    })
}

/// All of it that a document has.
fn shown(report: &RepairReport<'_>) -> TransactionReport {
    let names = |plan: &RepairPlan| plan.causes.iter().map(|cause| (*cause).to_owned()).collect();
    let causes = report.plan.map(names).unwrap_or_default();
    let [from, to] = report.versions.clone();
    let body = TransactionBody {
        unit: report.unit.to_owned(),
        causes: (report.deed == Deed::Repair).then_some(causes),
        versions: (report.deed == Deed::Update).then_some(Versions { from, to }),
        plan: report.plan.map(|plan| plan.steps.iter().map(step).collect()).unwrap_or_default(),
        health: report.health,
        why: report.why.clone(),
        kept: report.kept.clone(),
    };
    TransactionReport { deed: report.deed, verdict: report.verdict, body }
}

fn machine(report: &TransactionReport, out: &mut dyn Write) -> io::Result<()> {
    json::write(report.deed.command(), report.verdict.name(report.deed), &report.body, out)
}

fn step(step: &PlannedStep) -> TransactionStep {
    let PlannedStep { what, path, replaces, undone } = step.clone();
    TransactionStep { what, path, replaces, undone }
}

fn human(report: &TransactionReport, next: Option<&str>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let (name, words) = report.headline();
    let words = match report.verdict {
        RepairVerdict::NotRepaired | RepairVerdict::Stuck => style.mark(Severity::Error, words),
        _ => words.to_owned(),
    };
    match report.versions() {
        Some(versions) => writeln!(out, "{name} {words}: {versions}")?,
        None => writeln!(out, "{name} {words}")?,
    }
    if style.quiet {
        return Ok(());
    }
    let body = &report.body;
    for line in body.why.iter().flat_map(|why| why.lines()) {
        wrapped(line, "  ", "  ", style, out)?;
    }
    if let Some(health) = body.health {
        writeln!(out, "  doctor: {}", style.health(health))?;
    }
    for path in &body.kept {
        writeln!(out, "  kept: {path}")?;
    }
    if let Some(next) = next {
        writeln!(out, "  {next}")?;
    }
    Ok(())
}

/// Writes a plan for people.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn plan(plan: &RepairPlan, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let planned: Vec<_> = plan.steps.iter().map(step).collect();
    steps(&title(&plan.causes), &planned, style, out)
}

fn title(causes: &[impl AsRef<str>]) -> String {
    let names: Vec<&str> = causes.iter().map(AsRef::as_ref).collect();
    if names.is_empty() { "plan".to_owned() } else { format!("plan for {}", names.join(", ")) }
}

fn steps(title: &str, steps: &[TransactionStep], style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{title}")?;
    for (number, step) in (1..).zip(steps) {
        let first = format!("{number:3}  ");
        // A command is never broken where it would be copied.
        let most = usize::MAX;
        let style = Style { width: most, ..style };
        wrapped(&step.what, &first, "     ", style, out)?;
        for (name, words) in [("at", &step.path), ("replaces", &step.replaces)] {
            if let Some(words) = words {
                writeln!(out, "     {name:8}  {words}")?;
            }
        }
        writeln!(out, "     {:8}  {}", "undone", step.undone)?;
    }
    Ok(())
}
