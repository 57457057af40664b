//! What a report says is so: sentences that were printed where they were not true, held against every recorded server.

use super::servers;
use crate::doctor::facts::journal::id;
use crate::doctor::facts::{DeploymentState, Facts};
use crate::doctor::repair::plan::{Planned, plan};
use crate::doctor::report::DoctorReport;
use crate::doctor::shown;
use crate::render::{self, Style};
use crate::report::action::{Action, Replace, Was};
use crate::report::diagnosis::{Diagnosis, EvidenceSource, FixCommand};
use crate::report::finding::Severity;
use crate::report::format::ReportFormat;
use crate::report::verdict::FailOn;

fn printed(report: &DoctorReport, format: ReportFormat) -> String {
    let style = Style { colour: false, width: 80, terminal: false, verbose: true, quiet: false };
    let mut out = Vec::new();
    render::doctor(format, &shown::of(report), FailOn::At(Severity::Error), style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Every server on which a sentence is not true.
fn holds(is_true: impl Fn(&DoctorReport) -> Result<usize, String>, least: usize) {
    let (mut wrong, mut tried) = (Vec::new(), 0);
    servers::each(|name, report, _| match is_true(report) {
        Ok(seen) => tried += seen,
        Err(why) => wrong.push(format!("{name}: {why}")),
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tried >= least, "only {tried} places were looked at");
}

/// What explains an end, wherever it stands.
const EXPLAINS: [&str; 9] = [
    "Failed at step",
    "timed out",
    "time limit",
    "Watchdog timeout",
    "Failed to load",
    "Cannot find",
    "Error: ",
    "ENOSPC",
    "EACCES",
];

#[test]
fn nothing_explains_it_only_where_no_line_does() {
    holds(
        |report| {
            let says_so = |one: &&Diagnosis| one.summary.contains("nothing that was seen explains");
            for one in report.diagnoses.iter().filter(says_so) {
                let line = one.evidence().iter().find(|seen| EXPLAINS.iter().any(|words| seen.detail.contains(words)));
                if let Some(line) = line {
                    return Err(format!("{}, and {}", one.summary, line.detail));
                }
                if report.diagnoses.iter().any(|other| other.severity == Severity::Error && other.cause != one.cause) {
                    return Err(format!("{}, beside another cause", one.summary));
                }
            }
            Ok(report.diagnoses.iter().filter(says_so).count())
        },
        1,
    );
}

fn is_there(facts: &Facts) -> bool {
    !matches!(facts.deployment.state.known(), Some(DeploymentState::Absent | DeploymentState::Empty))
}

#[test]
fn what_is_there_is_kept_only_where_something_is() {
    holds(
        |report| {
            let mut seen = 0;
            let there = is_there(&report.facts);
            for step in report.diagnoses.iter().flat_map(|one| &one.fix) {
                let of_bundle = |action: &Action| matches!(action, Action::Replace(Replace::Folder { .. }));
                if step.actions.iter().any(of_bundle) {
                    seen += 1;
                    if !there && step.text.contains("what is there") {
                        return Err(step.text.clone());
                    }
                    let absent = |action: &Action| match action {
                        Action::Replace(Replace::Folder { was, .. }) => *was != Was::Present,
                        _ => false,
                    };
                    if step.actions.iter().any(absent) == there {
                        return Err(format!("`{}` is planned for what is not so", step.text));
                    }
                }
            }
            if let Planned::Plan(plan) = plan(report) {
                let replaced = plan.steps.iter().find(|step| step.what.contains("in the bundle's place"));
                if replaced.is_some_and(|step| step.replaces.is_some() != there) {
                    return Err("the plan says that it replaces the bundle".to_owned());
                }
            }
            Ok(seen)
        },
        30,
    );
}

/// As it would be copied: without the ends of lines.
fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[test]
fn no_path_that_matters_is_shortened() {
    holds(
        |report| {
            let text = squeezed(&printed(report, ReportFormat::Human));
            let mut seen = 0;
            for one in &report.diagnoses {
                let named = one.summary.split('`').skip(1).step_by(2).filter(|word| word.starts_with('/'));
                let typed = one.fix.iter().flat_map(|step| &step.commands).chain(&one.verify).map(FixCommand::typed);
                let places = one.evidence().iter().filter(|seen| seen.source == EvidenceSource::UnitFile);
                let places = places.filter_map(|seen| seen.detail.split("  ").next());
                for whole in named.map(str::to_owned).chain(typed).chain(places.map(str::to_owned)) {
                    seen += 1;
                    if !text.contains(&squeezed(&whole)) {
                        return Err(format!("`{whole}` is not shown whole"));
                    }
                }
            }
            Ok(seen)
        },
        500,
    );
}

#[test]
fn root_is_not_told_to_be_root() {
    holds(
        |report| {
            // SARIF brings the pages of all causes along.
            let formats = [ReportFormat::Human, ReportFormat::Json, ReportFormat::Html, ReportFormat::Markdown];
            let told = formats.iter().any(|format| printed(report, *format).contains("run it as root"));
            if told && report.facts.is_root() {
                return Err("it is told to run it as root".to_owned());
            }
            Ok(usize::from(told))
        },
        2,
    );
}

#[test]
fn by_hand_only_where_the_journal_of_this_boot_has_it() {
    holds(
        |report| {
            let says_so = |one: &&Diagnosis| one.summary.contains("was stopped by hand");
            let has = report.facts.manager_now().iter().any(|entry| entry.is(id::STOPPING) || entry.is(id::STOPPED));
            match report.diagnoses.iter().find(says_so) {
                Some(one) if !has => Err(one.summary.clone()),
                said => Ok(usize::from(said.is_some())),
            }
        },
        1,
    );
}
