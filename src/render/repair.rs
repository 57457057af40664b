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
    /// The last repair or update was taken back.
    Undone,
    /// It went on in a unit of its own, whose report is in the journal.
    Moved,
}

/// Which of the two it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Deed {
    /// `repair`.
    Repair,
    /// `update`.
    Update,
}

impl RepairVerdict {
    const fn name(self, deed: Deed) -> &'static str {
        match self {
            Self::Repaired if matches!(deed, Deed::Update) => "updated",
            Self::NotRepaired if matches!(deed, Deed::Update) => "not-updated",
            Self::Moved => "moved",
            Self::Repaired => "repaired",
            Self::NothingToDo => "nothing-to-do",
            Self::Planned => "planned",
            Self::Declined => "declined",
            Self::NotRepaired => "not-repaired",
            Self::Stuck => "stuck",
            Self::Undone => "undone",
        }
    }

    const fn words(self, deed: Deed) -> &'static str {
        match (self, deed) {
            (Self::Repaired, Deed::Repair) => "is repaired",
            (Self::Repaired, Deed::Update) => "is updated",
            (Self::NothingToDo, Deed::Repair) => "needs no repair",
            (Self::NothingToDo, Deed::Update) => "needs no update",
            (Self::Planned, Deed::Repair) => "would be repaired so; nothing was changed",
            (Self::Planned, Deed::Update) => "would be updated so; nothing was changed",
            (Self::Declined, _) => "is left as it is",
            (Self::NotRepaired, Deed::Repair) => "is not repaired, and as it was before",
            (Self::NotRepaired, Deed::Update) => "is not updated, and as it was before",
            (Self::Stuck, Deed::Repair) => "is not repaired, and not as it was before",
            (Self::Stuck, Deed::Update) => "is not updated, and not as it was before",
            (Self::Undone, _) => "is taken back to what it was before",
            (Self::Moved, _) => "was left to another unit, since a restart would have ended this one",
        }
    }
}

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
    #[serde(skip_serializing_if = "Option::is_none")]
    causes: Option<&'a [&'static str]>,
    #[serde(flatten)]
    versions: Option<Versions<'a>>,
    plan: Vec<StepBody<'a>>,
    health: Option<&'static str>,
    why: &'a [String],
    kept: &'a [String],
}

#[derive(Serialize)]
struct Versions<'a> {
    from: Option<&'a str>,
    to: Option<&'a str>,
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
    let causes = report.plan.map(|plan| plan.causes.as_slice()).unwrap_or_default();
    let [from, to] = &report.versions;
    let body = Body {
        unit: report.unit,
        causes: (report.deed == Deed::Repair).then_some(causes),
        versions: (report.deed == Deed::Update).then_some(Versions { from: from.as_deref(), to: to.as_deref() }),
        plan: steps.iter().map(step).collect(),
        health: report.health.map(Health::name),
        why: &report.why,
        kept: &report.kept,
    };
    let command = match report.deed {
        Deed::Repair => "repair",
        Deed::Update => "update",
    };
    json::write(command, report.verdict.name(report.deed), body, out)
}

fn step(step: &PlannedStep) -> StepBody<'_> {
    let PlannedStep { what, path, replaces, undone } = step;
    StepBody { what, path: path.as_deref(), replaces: replaces.as_deref(), undone }
}

fn human(report: &RepairReport<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let name = report.unit.strip_suffix(".service").unwrap_or(report.unit);
    let words = report.verdict.words(report.deed);
    let words = match report.verdict {
        RepairVerdict::NotRepaired | RepairVerdict::Stuck => style.mark(Severity::Error, words),
        _ => words.to_owned(),
    };
    match &report.versions {
        [Some(from), Some(to)] => writeln!(out, "{name} {words}: {from} → {to}")?,
        _ => writeln!(out, "{name} {words}")?,
    }
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
