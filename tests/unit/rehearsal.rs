//! `rehearse`: its reports in every format, what overrides do to them, and what it refuses before anything is run. The updates
//! themselves are run in the lab (`tests/lab/rehearse.py`): they need node, pnpm and npm.

use crate::check::engine;
use crate::render::{self, Style};
use crate::report::finding::{Detail, Finding, Severity};
use crate::report::format::ReportFormat;
use crate::report::policy::{Level, Override, Policy, Selector};
use crate::report::run_error::RunError;
use crate::report::verdict::{FailOn, Verdict};
use crate::tests::schemas::{assert_valid, schema};
use crate::update::UpdateStep;
use crate::update::generation::Generation;
use crate::update::rehearsal::{Ending, Rehearsal, RehearsalRun, StepRun, StepStatus};
use std::time::Duration;

const PLAIN: Style = Style { colour: false, width: 80, terminal: false, verbose: false, quiet: false };
const RULE: &str = "update-drops-shared";

/// All eight steps, the last that was reached with this status.
fn steps(last: UpdateStep, status: StepStatus) -> Vec<StepRun> {
    let step = |step: UpdateStep| StepRun {
        number: step.number(),
        id: step.id(),
        title: step.title(),
        status: match step.cmp(&last) {
            std::cmp::Ordering::Less => StepStatus::Done,
            std::cmp::Ordering::Equal => status,
            std::cmp::Ordering::Greater => StepStatus::NotReached,
        },
        took: Duration::from_millis(u64::from(step.number()) * 111),
        commands: vec![format!("run {}", step.id())],
        note: None,
        help: None,
        output: None,
    };
    UpdateStep::ALL.into_iter().map(step).collect()
}

fn starts(generation: Generation) -> RehearsalRun {
    RehearsalRun {
        generation,
        package_manager: Some("pnpm"),
        ending: Ending::Starts,
        steps: steps(UpdateStep::Restart, StepStatus::Done),
        finding: None,
        allowed: None,
        aftermath: None,
        kept: Some("/tmp/x/documented".to_owned()),
    }
}

fn fails(generation: Generation) -> RehearsalRun {
    let mut steps = steps(UpdateStep::Restart, StepStatus::Failed);
    steps[5].status = StepStatus::NotNeeded;
    steps[7].note = Some("the agent exited with 1 after 0.1 s, without having connected".to_owned());
    steps[7].output = Some("node:internal\n\nError [ERR_X]: <no> 100%".to_owned());
    let finding = Finding {
        rule: RULE,
        severity: Severity::Error,
        message: "The new agent does not start".to_owned(),
        path: Some("dist/index.js".to_owned()),
        line: None,
        evidence: Some("Error [ERR_X]: <no> 100%".to_owned()),
        help: "`bundle-doctor explain update-drops-shared` says how to mend it".to_owned(),
        detail: Detail::None,
        places: 1,
        caveat: None,
    };
    let aftermath = Some(UpdateStep::Restart.stopped());
    RehearsalRun { ending: Ending::Fails, steps, finding: Some(finding), aftermath, kept: None, ..starts(generation) }
}

fn doubtful(generation: Generation) -> RehearsalRun {
    let mut steps = steps(UpdateStep::Install, StepStatus::Inconclusive);
    steps[4].note = Some("the registry cannot be reached".to_owned());
    steps[4].help = Some("try again with the network".to_owned());
    RehearsalRun { ending: Ending::Inconclusive, steps, kept: None, ..starts(generation) }
}

fn rehearsal(runs: Vec<RehearsalRun>) -> Rehearsal {
    let from = Some("old.tar.gz".to_owned());
    Rehearsal { bundle: "agent-bundle.tar.gz".to_owned(), from, hold: Duration::from_secs(5), runs }
}

/// One that starts, one that does not, one that failed in a way that no rule names.
fn mixed() -> Rehearsal {
    let mut nameless = fails(Generation::DocumentedMkdir);
    nameless.finding = None;
    rehearsal(vec![fails(Generation::Documented), nameless, starts(Generation::Preserving)])
}

fn rendered(format: ReportFormat, rehearsal: &Rehearsal, verdict: Verdict, doubt: Option<&RunError>) -> String {
    let mut out = Vec::new();
    render::rehearsal::write(format, rehearsal, verdict, doubt, PLAIN, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn doubt() -> RunError {
    RunError { message: "cannot be told".to_owned(), path: None, help: Some("try again".to_owned()) }
}

#[test]
fn reports_in_every_format() {
    let formats = [
        ("human", ReportFormat::Human),
        ("json", ReportFormat::Json),
        ("junit", ReportFormat::Junit),
        ("github", ReportFormat::Github),
        ("markdown", ReportFormat::Markdown),
    ];
    for (name, format) in formats {
        let report = rendered(format, &mixed(), Verdict::Fail, None);
        insta::assert_snapshot!(format!("rehearsal-{name}"), report.replace(env!("CARGO_PKG_VERSION"), "VERSION"));
    }
}

#[test]
fn json_fits_its_schema() {
    let schema = schema("docs/rehearse.schema.json");
    let starting = rehearsal(vec![starts(Generation::Documented)]);
    let unsure = rehearsal(vec![starts(Generation::Documented), doubtful(Generation::Preserving)]);
    for (what, rehearsal, verdict, doubt) in [
        ("mixed", mixed(), Verdict::Fail, None),
        ("starting", starting, Verdict::Pass, None),
        ("unsure", unsure, Verdict::Pass, Some(doubt())),
    ] {
        assert_valid(&schema, &rendered(ReportFormat::Json, &rehearsal, verdict, doubt.as_ref()), what);
    }
}

#[test]
fn sarif_has_what_a_rule_names_and_notes_the_rest() {
    let mut schema = schema("tests/schemas/sarif-2.1.0.json");
    crate::tests::schemas::remove_pattern(&mut schema, "language");
    let report = rendered(ReportFormat::Sarif, &mixed(), Verdict::Fail, None);
    assert_valid(&schema, &report, "mixed");
    let document: serde_json::Value = serde_json::from_str(&report).unwrap();
    let run = &document["runs"][0];
    assert_eq!(run["results"].as_array().unwrap().len(), 1);
    assert_eq!(run["results"][0]["ruleId"], RULE);
    assert_eq!(run["invocations"][0]["toolExecutionNotifications"][0]["level"], "error");
    let unsure = rehearsal(vec![doubtful(Generation::Documented)]);
    let report = rendered(ReportFormat::Sarif, &unsure, Verdict::Pass, Some(&doubt()));
    assert_valid(&schema, &report, "unsure");
    // An empty list of results would close every alert.
    assert!(!report.contains("\"results\""), "{report}");
}

#[test]
fn overrides_decide_what_a_failure_weighs() {
    let policy = |level: Option<Level>, fail_on| Policy {
        overrides: level
            .map(|level| Override { selector: Selector::Rule(RULE), level, origin: "--flag".to_owned() })
            .into_iter()
            .collect(),
        allowances: Vec::new(),
        fail_on,
    };
    let at = FailOn::At(Severity::Error);
    for (what, level, fail_on, expected) in [
        ("nothing", None, at, Verdict::Fail),
        ("allowed", Some(Level::Allow), at, Verdict::Pass),
        ("a warning", Some(Level::At(Severity::Warning)), at, Verdict::Pass),
        ("a warning that fails", Some(Level::At(Severity::Warning)), FailOn::At(Severity::Warning), Verdict::Fail),
        ("never", None, FailOn::Never, Verdict::Pass),
    ] {
        let mut one = rehearsal(vec![fails(Generation::Documented), starts(Generation::Preserving)]);
        assert_eq!(engine::weigh(&mut one, &policy(level, fail_on)), expected, "{what}");
        assert_eq!(one.runs[0].allowed.is_some(), level == Some(Level::Allow), "{what}");
    }
    // What no rule names cannot be allowed.
    assert_eq!(engine::weigh(&mut mixed(), &policy(Some(Level::Allow), at)), Verdict::Fail);
}
