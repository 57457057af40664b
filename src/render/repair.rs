//! What a person and a machine read of a repair: the plan, and what came of it.

use super::human::wrapped;
use super::json;
use super::style::Style;
use crate::doctor::repair::plan::{Plan, PlannedStep};
use crate::report::finding::Severity;
use crate::report::format::Format;
use crate::report::server::Health;
use serde::Serialize;
use std::io::{self, Write};

/// What came of a repair.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RepairVerdict {
    /// The agent is up and connected.
    Repaired,
    /// Nothing was to be done.
    NothingToDo,
    /// The plan was printed, and nothing done.
    Planned,
    /// The user did not want it.
    Declined,
    /// It did not help, and everything is as it was before.
    NotRepaired,
    /// It did not help, and not everything could be put back.
    Stuck,
    /// The last repair was taken back.
    Undone,
}

impl RepairVerdict {
    const fn name(self) -> &'static str {
        match self {
            Self::Repaired => "repaired",
            Self::NothingToDo => "nothing-to-do",
            Self::Planned => "planned",
            Self::Declined => "declined",
            Self::NotRepaired => "not-repaired",
            Self::Stuck => "stuck",
            Self::Undone => "undone",
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Repaired => "is repaired",
            Self::NothingToDo => "needs no repair",
            Self::Planned => "would be repaired so; nothing was changed",
            Self::Declined => "is left as it is",
            Self::NotRepaired => "is not repaired, and as it was before",
            Self::Stuck => "is not repaired, and not everything could be put back",
            Self::Undone => "is as it was before the last repair",
        }
    }
}

/// A repair, ready to be shown.
pub(crate) struct RepairReport<'a> {
    /// What came of it.
    pub verdict: RepairVerdict,
    /// The unit.
    pub unit: &'a str,
    /// The plan, if there was one.
    pub plan: Option<&'a Plan>,
    /// How the server fares now, where that was looked at.
    pub health: Option<Health>,
    /// Why it did not help, or what is left to do.
    pub why: Vec<String>,
    /// What was replaced or tried, where it is kept.
    pub kept: Vec<String>,
    /// What is to be typed next.
    pub next: Option<String>,
}

#[derive(Serialize)]
struct Body<'a> {
    unit: &'a str,
    causes: &'a [&'static str],
    plan: Vec<StepBody<'a>>,
    health: Option<&'static str>,
    why: &'a [String],
    kept: &'a [String],
}

#[derive(Serialize)]
struct StepBody<'a> {
    what: &'a str,
    path: Option<&'a str>,
    replaces: Option<&'a str>,
    undone: &'a str,
}

/// Writes it.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn repair(format: Format, report: &RepairReport<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if format == Format::Human { human(report, style, out) } else { machine(report, out) }
}

fn machine(report: &RepairReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let steps = report.plan.map(|plan| plan.steps.as_slice()).unwrap_or_default();
    let body = Body {
        unit: report.unit,
        causes: report.plan.map(|plan| plan.causes.as_slice()).unwrap_or_default(),
        plan: steps.iter().map(step).collect(),
        health: report.health.map(Health::name),
        why: &report.why,
        kept: &report.kept,
    };
    json::write("repair", report.verdict.name(), body, out)
}

fn step(step: &PlannedStep) -> StepBody<'_> {
    let PlannedStep { what, path, replaces, undone } = step;
    StepBody { what, path: path.as_deref(), replaces: replaces.as_deref(), undone }
}

fn human(report: &RepairReport<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let name = report.unit.strip_suffix(".service").unwrap_or(report.unit);
    let words = report.verdict.words();
    let words = match report.verdict {
        RepairVerdict::NotRepaired | RepairVerdict::Stuck => style.mark(Severity::Error, words),
        _ => words.to_owned(),
    };
    writeln!(out, "{name} {words}")?;
    if style.quiet {
        return Ok(());
    }
    for line in report.why.iter().flat_map(|why| why.lines()) {
        wrapped(line, "  ", "  ", style, out)?;
    }
    if let Some(health) = report.health {
        writeln!(out, "  doctor: {}", style.health(health))?;
    }
    for path in &report.kept {
        writeln!(out, "  kept: {path}")?;
    }
    if let Some(next) = &report.next {
        writeln!(out, "  {next}")?;
    }
    Ok(())
}

/// Writes a plan for people.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn plan(plan: &Plan, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "plan for {}", plan.causes.join(", "))?;
    for (number, step) in (1..).zip(&plan.steps) {
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
