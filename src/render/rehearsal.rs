//! What `rehearse` saw: a line for each step with its time, the failing one with its own words.

mod services;

use super::style::Style;
use super::without_commands;
use super::{html, human, json, markdown, page};
use crate::report::finding::{Finding, Severity};
use crate::report::format::ReportFormat;
use crate::report::run_error::RunError;
use crate::report::verdict::Verdict;
use crate::text;
use crate::update::rehearsal::{Ending, Rehearsal, RehearsalRun, StepRun, StepStatus};
use serde::Serialize;
use std::io::{self, Write};
use std::time::Duration;

/// Writes the report; `doubt` is why it is no judgement, where none of the runs failed and one could not be told.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn write(
    format: ReportFormat,
    rehearsal: &Rehearsal,
    verdict: Verdict,
    doubt: Option<&RunError>,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    without_commands(format, out, |out| match format {
        ReportFormat::Human => people(rehearsal, verdict, style, out),
        // The command line offers Prometheus' format for servers only.
        ReportFormat::Json | ReportFormat::Prometheus => document(rehearsal, verdict, doubt, out),
        ReportFormat::Sarif => services::sarif(rehearsal, doubt, out),
        ReportFormat::Junit => services::junit(rehearsal, out),
        ReportFormat::Github => services::github(rehearsal, verdict, doubt, out),
        ReportFormat::Html => html::write(&page::rehearsal::page(rehearsal, verdict, doubt), out),
        ReportFormat::Markdown => markdown::write(&page::rehearsal::page(rehearsal, verdict, doubt), out),
    })
}

fn people(rehearsal: &Rehearsal, verdict: Verdict, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let (words, verdict) = headline(rehearsal, verdict);
    writeln!(out, "{}  {}", rehearsal.bundle, style.verdict(verdict, &words))?;
    if style.quiet {
        return Ok(());
    }
    for run in &rehearsal.runs {
        generation(run, style, out)?;
    }
    Ok(())
}

/// The verdict in words, which would do alone.
pub(super) fn headline(rehearsal: &Rehearsal, verdict: Verdict) -> (String, Verdict) {
    let named = |ending| {
        let runs = rehearsal.runs.iter().filter(|run| run.ending == ending);
        text::list(&runs.map(|run| format!("`{}`", run.generation.name())).collect::<Vec<_>>())
    };
    let (fails, doubtful) = (named(Ending::Fails), named(Ending::Inconclusive));
    let from = rehearsal.from.as_ref().map_or_else(String::new, |from| format!(", from {from}"));
    let mild = rehearsal.runs.iter().filter(|run| run.ending == Ending::Fails).all(is_mild);
    if !fails.is_empty() && mild && verdict == Verdict::Pass && doubtful.is_empty() {
        let survived = match named(Ending::Starts) {
            names if names.is_empty() => String::new(),
            names => format!("survives the update of {names}, but "),
        };
        return (format!("{survived}does not survive that of {fails}{from} (a warning)"), verdict);
    }
    if !fails.is_empty() {
        let passed = if verdict == Verdict::Pass { ", and is let through" } else { "" };
        return (format!("does not survive the update of {fails}{from}{passed}"), verdict);
    }
    if !doubtful.is_empty() {
        return (format!("not told for {doubtful}{from}"), Verdict::Fail);
    }
    (format!("survives the update of {}{from}", named(Ending::Starts)), verdict)
}

/// Whether a failure is a warning by itself: that of a generation that is not deployed.
pub(super) fn is_mild(run: &RehearsalRun) -> bool {
    run.finding.as_ref().is_some_and(|finding| finding.severity < Severity::Error)
}

fn generation(run: &RehearsalRun, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let with = run.package_manager.map_or_else(String::new, |manager| format!(", with {manager}"));
    let (words, verdict) = match run.ending {
        Ending::Starts => ("starts".to_owned(), Verdict::Pass),
        Ending::Fails => ("fails".to_owned(), Verdict::Fail),
        Ending::Inconclusive => ("could not be told".to_owned(), Verdict::Fail),
    };
    writeln!(out, "\n{}{with}  {}", run.generation.name(), style.verdict(verdict, &words))?;
    for step in run.steps.iter().filter(|step| step.status != StepStatus::NotReached) {
        self::step(step, style, out)?;
    }
    if let Some(finding) = &run.finding {
        cause(finding, run, style, out)?;
    }
    if let Some(aftermath) = run.aftermath {
        human::wrapped(&format!("a server is left so: {aftermath}"), "  ", "  ", style, out)?;
    }
    match &run.kept {
        Some(kept) => writeln!(out, "  kept in {kept}"),
        None => Ok(()),
    }
}

fn step(step: &StepRun, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let tail = match step.status {
        StepStatus::NotNeeded => "not needed".to_owned(),
        StepStatus::Failed => format!("{}  failed", seconds(step.took)),
        StepStatus::Inconclusive => format!("{}  could not be told", seconds(step.took)),
        StepStatus::Done | StepStatus::NotReached => seconds(step.took),
    };
    writeln!(out, "  {} {:42} {tail}", step.number, step.title)?;
    let stopped = matches!(step.status, StepStatus::Failed | StepStatus::Inconclusive);
    if style.verbose || stopped {
        for command in &step.commands {
            writeln!(out, "    $ {command}")?;
        }
    }
    if let Some(note) = &step.note {
        human::wrapped(note, "    ", "    ", style, out)?;
    }
    if let Some(help) = &step.help {
        human::wrapped(help, "    ", "    ", style, out)?;
    }
    for line in step.output.iter().flat_map(|output| output.lines()) {
        writeln!(out, "{}", format!("    | {line}").trim_end())?;
    }
    Ok(())
}

/// The rule that knows the fault.
fn cause(finding: &Finding, run: &RehearsalRun, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let place = finding.path.as_ref().map_or_else(String::new, |path| format!("  {path}"));
    writeln!(out, "  {}: {}{place}", style.severity(finding.severity), finding.rule)?;
    if let Some(reason) = &run.allowed {
        return human::wrapped(&format!("allowed: {reason}"), "  ", "  ", style, out);
    }
    human::wrapped(&finding.help, "  ", "  ", style, out)
}

/// A time in seconds, for people.
pub(super) fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

#[derive(Serialize)]
struct RehearsalBody<'a> {
    bundle: &'a str,
    from: Option<&'a str>,
    hold_seconds: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a RunError>,
    runs: Vec<RunEntry<'a>>,
}

#[derive(Serialize)]
struct RunEntry<'a> {
    generation: &'static str,
    package_manager: Option<&'static str>,
    outcome: &'static str,
    seconds: f64,
    steps: Vec<StepEntry<'a>>,
    findings: Vec<&'a Finding>,
    allowed: Option<&'a str>,
    aftermath: Option<&'static str>,
    kept: Option<&'a str>,
}

#[derive(Serialize)]
struct StepEntry<'a> {
    number: u8,
    id: &'static str,
    title: &'static str,
    status: &'static str,
    seconds: f64,
    commands: &'a [String],
    note: Option<&'a str>,
    help: Option<&'a str>,
    output: Option<&'a str>,
}

impl<'a> From<&'a RehearsalRun> for RunEntry<'a> {
    fn from(run: &'a RehearsalRun) -> Self {
        let step = |step: &'a StepRun| StepEntry {
            number: step.number,
            id: step.id,
            title: step.title,
            status: step.status.name(),
            seconds: rounded(step.took),
            commands: &step.commands,
            note: step.note.as_deref(),
            help: step.help.as_deref(),
            output: step.output.as_deref(),
        };
        Self {
            generation: run.generation.name(),
            package_manager: run.package_manager,
            outcome: run.ending.name(),
            seconds: rounded(run.took()),
            steps: run.steps.iter().map(step).collect(),
            findings: run.finding.iter().collect(),
            allowed: run.allowed.as_deref(),
            aftermath: run.aftermath,
            kept: run.kept.as_deref(),
        }
    }
}

/// Seconds, to the millisecond.
fn rounded(took: Duration) -> f64 {
    (took.as_secs_f64() * 1000.0).round() / 1000.0
}

fn document(rehearsal: &Rehearsal, verdict: Verdict, doubt: Option<&RunError>, out: &mut dyn Write) -> io::Result<()> {
    let body = RehearsalBody {
        bundle: &rehearsal.bundle,
        from: rehearsal.from.as_deref(),
        hold_seconds: rehearsal.hold.as_secs(),
        error: doubt,
        runs: rehearsal.runs.iter().map(RunEntry::from).collect(),
    };
    json::write("rehearse", if doubt.is_some() { "error" } else { json::word(verdict) }, body, out)
}
