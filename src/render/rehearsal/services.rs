//! What CI services read of a rehearsal: SARIF, JUnit XML, GitHub Actions' workflow commands.

use crate::render::{github, junit, sarif};
use crate::report::finding::Severity;
use crate::report::run_error::RunError;
use crate::report::verdict::Verdict;
use crate::update::rehearsal::{Ending, Rehearsal, RehearsalRun, StepRun, StepStatus};
use quick_junit::{NonSuccessKind, TestCaseStatus, TestSuite};
use serde_sarif::sarif::{Invocation, Result as SarifResult, Run as SarifRun};
use std::io::{self, Write};

/// Why a run went wrong, in lines: our words, the machine's own, what to do.
fn words(run: &RehearsalRun, step: &StepRun) -> String {
    let head = match &run.finding {
        Some(finding) => finding.message.clone(),
        None => format!(
            "The update by an agent of the generation `{}` fails at step {}: {}",
            run.generation.name(),
            step.number,
            step.title
        ),
    };
    let parts = [
        Some(head),
        step.note.clone(),
        run.finding.as_ref().and_then(|finding| finding.evidence.clone()),
        run.finding.as_ref().map(|finding| finding.help.clone()).or_else(|| step.help.clone()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

/// Each failure under its rule; what no rule names, and what could not be told, is a notification.
pub(super) fn sarif(rehearsal: &Rehearsal, doubt: Option<&RunError>, out: &mut dyn Write) -> io::Result<()> {
    if let Some(doubt) = doubt {
        return sarif::error(doubt, out);
    }
    let (mut results, mut notes) = (Vec::new(), Vec::new());
    for run in &rehearsal.runs {
        let Some(step) = run.stopped_at() else { continue };
        let text = words(run, step);
        match &run.finding {
            Some(finding) if run.allowed.is_none() => results.push(
                SarifResult::builder()
                    .rule_id(finding.rule)
                    .level(sarif::level(finding.severity))
                    .message(sarif::message(&text))
                    .locations(vec![sarif::location(&sarif::uri(&rehearsal.bundle))])
                    .build(),
            ),
            Some(_) => notes.push(sarif::notification(&text, "note")),
            None => notes.push(sarif::notification(&text, "error")),
        }
    }
    let invocation = Invocation::builder().execution_successful(true).tool_execution_notifications(notes).build();
    sarif::write(
        SarifRun::builder().tool(sarif::driver(sarif::rules())).invocations(vec![invocation]).results(results).build(),
        out,
    )
}

/// A suite for each generation, a case for each step.
pub(super) fn junit(rehearsal: &Rehearsal, out: &mut dyn Write) -> io::Result<()> {
    let suites = rehearsal.runs.iter().map(|run| {
        let mut suite = TestSuite::new(junit::one_line(&format!("{}: {}", rehearsal.bundle, run.generation.name())));
        suite.set_time(run.took());
        for step in &run.steps {
            let name = format!("{} {}", step.number, step.title);
            let mut case = junit::case(&name, "bundle-doctor.rehearse", status(run, step));
            case.set_time(step.took);
            suite.add_test_case(case);
        }
        suite
    });
    junit::write(suites, out)
}

fn status(run: &RehearsalRun, step: &StepRun) -> TestCaseStatus {
    let kind = match step.status {
        StepStatus::Done => return TestCaseStatus::success(),
        StepStatus::NotNeeded => return junit::skipped("not needed", ""),
        StepStatus::NotReached => return junit::skipped("not reached: the update had stopped before", ""),
        StepStatus::Failed if run.allowed.is_some() => return junit::skipped("allowed", ""),
        StepStatus::Failed => NonSuccessKind::Failure,
        StepStatus::Inconclusive => NonSuccessKind::Error,
    };
    let text = words(run, step);
    let mut status = TestCaseStatus::non_success(kind);
    let name = run.finding.as_ref().map_or("update", |finding| finding.rule);
    let output = step.output.as_deref().unwrap_or_default();
    status
        .set_message(junit::one_line(text.lines().next().unwrap_or_default()))
        .set_type(name)
        .set_description(junit::xml(&format!("{text}\n{output}")));
    status
}

/// A command for each run that did not start, and last the verdict.
pub(super) fn github(
    rehearsal: &Rehearsal,
    verdict: Verdict,
    doubt: Option<&RunError>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for run in &rehearsal.runs {
        let Some(step) = run.stopped_at() else { continue };
        let name = match (run.ending, run.finding.as_ref().map(|finding| finding.severity)) {
            _ if run.allowed.is_some() => "notice",
            (Ending::Inconclusive, _) => "warning",
            (_, Some(Severity::Warning)) => "warning",
            (_, Some(Severity::Info)) => "notice",
            _ => "error",
        };
        let title = run
            .finding
            .as_ref()
            .map_or("bundle-doctor: rehearse".to_owned(), |finding| format!("bundle-doctor: {}", finding.rule));
        writeln!(out, "{}", github::command(name, &[("title", &title)], &words(run, step)))?;
    }
    if let Some(doubt) = doubt {
        return github::error(doubt, out);
    }
    let word = if verdict == Verdict::Pass { "passes" } else { "fails" };
    writeln!(out, "bundle-doctor: the rehearsal {word}")
}
