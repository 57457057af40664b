//! Recorded servers: what the lab saw on real, broken machines, diagnosed again without them.
//!
//! `fixtures/servers/CASE/` has the answers (`answers.jsonl`, written by `doctor --record`), what must come of them
//! (`expected.json`), and the folders and the archive that were judged, as `.tree` text. `tests/lab/run --record server`
//! makes them anew.

use crate::check::authentication::Trust;
use crate::doctor::capture::{BundleListing, Capture, Noted, SeenServer};
use crate::doctor::diagnose::diagnose;
use crate::doctor::facts::{DeploymentState, Fact, Facts, ServerPolicy};
use crate::doctor::probe::{self, ProbeOptions, RulesJudge};
use crate::doctor::questions::Server;
use crate::doctor::recording::{Recorded, Recorder};
use crate::doctor::report::DoctorReport;
use crate::doctor::shown;
use crate::exit_code;
use crate::render::{self, Style};
use crate::report::diagnosis::{Diagnosis, FixCommand};
use crate::report::finding::Severity;
use crate::report::format::ReportFormat;
use crate::report::policy::Policy;
use crate::report::server::ServerCheck;
use crate::report::verdict::FailOn;
use crate::signing::TrustStore;
use crate::tests::pages::harmless;
use crate::tests::schemas::{assert_valid, schema};
use crate::tests::tree::Fixture;
use crate::tree::limits::Limits;
use crate::tree::nodes::Tree;
use crate::update::documented_paths;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// What must come of a recorded server.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expected {
    /// What was done to it, for readers.
    #[allow(dead_code, reason = "it is there for people")]
    about: String,
    pub verdict: String,
    /// The diagnoses, the root first.
    pub causes: Vec<String>,
    /// The exit code.
    exit: u8,
    /// Paths of the server, and the `.tree` files that stand in for them.
    places: BTreeMap<String, String>,
    /// The unit that was asked for, where it is not the document's.
    unit: Option<String>,
    /// Words that must not stand in any output: its secrets.
    #[serde(default)]
    pub secrets: Vec<String>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/servers")
}

fn cases() -> Vec<PathBuf> {
    let mut cases: Vec<_> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.is_dir());
    cases.sort();
    cases
}

/// Whose words the findings on a server's bundles have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Words {
    /// The rules'.
    Rules,
    /// Nobody's: not a word is left of what any rule says.
    Nonsense,
}

const NONSENSE: &str = "frabjous";

fn expected(case: &Path) -> Expected {
    serde_json::from_str(&fs::read_to_string(case.join("expected.json")).unwrap())
        .unwrap_or_else(|error| panic!("{}: {error}", case.display()))
}

fn reword(facts: &mut Facts) {
    let bundles = [Some(&mut facts.deployment), Some(&mut facts.backup), facts.nested_backup.as_mut()];
    let reports = bundles.into_iter().flatten().filter_map(|deployment| match &mut deployment.state {
        Fact::Known(DeploymentState::Present(inspected)) => Some(&mut inspected.report),
        _ => None,
    });
    let download = match &mut facts.download {
        Fact::Known(Some(download)) => Some(&mut download.report),
        _ => None,
    };
    for finding in reports.chain(download).flat_map(|report| &mut report.findings) {
        finding.message = NONSENSE.to_owned();
        finding.help = NONSENSE.to_owned();
        finding.evidence = finding.evidence.as_ref().map(|_| NONSENSE.to_owned());
    }
}

/// A recorded server, whose folders are laid out below `scratch`.
fn recorded(case: &Path, expected: &Expected, scratch: &Path) -> Recorded<'static> {
    let mut server = Recorded::parse(fs::read_to_string(case.join("answers.jsonl")).unwrap()).unwrap();
    for (number, (path, tree)) in expected.places.iter().enumerate() {
        let fixture = Fixture::load(&case.join(tree));
        let place = scratch.join(number.to_string());
        fs::create_dir(&place).unwrap();
        if path.ends_with(".tar.gz") {
            let archive = place.join("agent-bundle-update.tar.gz");
            fs::write(&archive, fixture.archive()).unwrap();
            server.stand_in(path, archive);
        } else {
            fixture.directory(&place);
            server.stand_in(path, place);
        }
    }
    server
}

fn options(expected: &Expected) -> ProbeOptions {
    ProbeOptions {
        unit: expected.unit.clone().unwrap_or_else(|| documented_paths::UNIT.to_owned()),
        bundle: None,
        home: None,
        lines: 400,
        since: None,
        policy: ServerPolicy::default(),
    }
}

/// The report on a recorded server.
fn diagnosed(case: &Path, expected: &Expected, scratch: &Path, words: Words) -> DoctorReport {
    let server = recorded(case, expected, scratch);
    let trust = Trust { keys: TrustStore::new(), required: false };
    let judge = RulesJudge { limits: Limits::default(), trust: &trust, listing: None };
    let (mut facts, _) = probe::examine(&server, &options(expected), &documented_paths::names(), &judge);
    if words == Words::Nonsense {
        reword(&mut facts);
    }
    diagnose(facts, &Policy::plain())
}

/// A recorded server, captured as `doctor --capture` does it, with what was concluded before.
fn captured(case: &Path, expected: &Expected, scratch: &Path) -> (Capture, DoctorReport) {
    let server = recorded(case, expected, scratch);
    let recorder = Recorder::new(&server);
    let (trust, listing) = (Trust { keys: TrustStore::new(), required: false }, BundleListing::default());
    let list = |path: &str, tree: &Tree| listing.add(path, tree);
    let rules = RulesJudge { limits: Limits::default(), trust: &trust, listing: Some(&list) };
    let noted = Noted::new(&rules);
    let (options, names) = (options(expected), documented_paths::names());
    let (facts, redactor) = probe::examine(&recorder, &options, &names, &noted);
    let root = (!server.is_live()).then(|| server.place("/").display().to_string());
    let report = diagnose(facts, &Policy::plain());
    let seen = SeenServer {
        answers: recorder.written(&|text| redactor.clean_document(text)),
        bundles: noted,
        listing: listing.text(),
        root,
        options: &options,
        names: &names,
        policy: &Policy::plain(),
    };
    (Capture::of(seen, &report, &redactor), report)
}

/// A recorded server, looked at once for all tests.
struct Known {
    name: String,
    capture: Capture,
    report: DoctorReport,
    expected: Expected,
}

/// All of them, by name. Other tests wait for them meanwhile, so that they are looked at by all processors.
static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let known = |case: &PathBuf| {
        let expected = expected(case);
        let scratch = tempfile::tempdir().unwrap();
        let (capture, report) = captured(case, &expected, scratch.path());
        Known { name: case.file_name().unwrap().to_string_lossy().into_owned(), capture, report, expected }
    };
    let (cases, next) = (cases(), AtomicUsize::new(0));
    let some = || {
        let each = std::iter::from_fn(|| cases.get(next.fetch_add(1, Ordering::Relaxed)));
        each.map(known).collect::<Vec<_>>()
    };
    let mut all = thread::scope(|scope| {
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        let looking: Vec<_> = (0..threads).map(|_| scope.spawn(some)).collect();
        looking.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
});

/// Every recorded server, captured.
pub(super) fn each_captured(mut told: impl FnMut(&str, Capture, &DoctorReport, &Expected)) {
    for known in &*KNOWN {
        told(&known.name, known.capture.clone(), &known.report, &known.expected);
    }
}

/// Every recorded server, diagnosed.
pub(super) fn each(mut told: impl FnMut(&str, &DoctorReport, &Expected)) {
    for known in &*KNOWN {
        told(&known.name, &known.report, &known.expected);
    }
}

/// The first of them that systemd could be asked on.
pub(super) fn first(told: impl FnOnce(&DoctorReport)) {
    let case = folder().join("healthy");
    let scratch = tempfile::tempdir().unwrap();
    told(&diagnosed(&case, &expected(&case), scratch.path(), Words::Rules));
}

/// The report on a recorded server.
pub(super) fn of(case: &Path) -> DoctorReport {
    let scratch = tempfile::tempdir().unwrap();
    diagnosed(case, &expected(case), scratch.path(), Words::Rules)
}

fn rendered(report: &DoctorReport, format: ReportFormat, verbose: bool) -> String {
    let style = Style { colour: false, width: 80, terminal: false, verbose, quiet: false };
    let mut out = Vec::new();
    render::doctor(format, &shown::of(report), FailOn::At(Severity::Error), style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn recorded_servers_are_diagnosed_as_the_real_ones_were() {
    let schema = schema("docs/doctor.schema.json");
    let mut wrong = Vec::new();
    for Known { name, report, expected, .. } in &*KNOWN {
        let causes: Vec<_> = report.diagnoses.iter().map(|diagnosis| diagnosis.cause.to_owned()).collect();
        let exit = exit_code::of_server(&shown::of(report), FailOn::At(Severity::Error));
        if (report.health.name(), &causes, exit) != (expected.verdict.as_str(), &expected.causes, expected.exit) {
            wrong.push(format!(
                "{name}: expected {} {:?} exit {}, found {} {causes:?} exit {exit}",
                expected.verdict,
                expected.causes,
                expected.exit,
                report.health.name()
            ));
        }
        let [document, sarif, page] =
            [ReportFormat::Json, ReportFormat::Sarif, ReportFormat::Html].map(|format| rendered(report, format, false));
        assert_valid(&schema, &document, name);
        serde_json::from_str::<Value>(&sarif).unwrap();
        harmless(&page, name);
        assert!(page.contains(&format!("is {}", report.health.name())) || page.contains("is not here"), "{name}");
        if ["healthy", "crash-loop", "update-stopped-at-5"].contains(&name.as_str()) {
            insta::assert_snapshot!(format!("page-{name}"), rendered(report, ReportFormat::Markdown, false));
        }
        let others = [ReportFormat::Junit, ReportFormat::Github, ReportFormat::Markdown];
        let others = others.map(|format| rendered(report, format, false));
        let outputs = [document, sarif, page, rendered(report, ReportFormat::Human, true)];
        for secret in &expected.secrets {
            let holds = |output: &String| output.contains(secret);
            assert!(!outputs.iter().chain(&others).any(holds), "{name}: `{secret}` is in the output");
        }
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false, snapshot_path => "snapshots/servers" }, {
            insta::assert_snapshot!(name.clone(), rendered(report, ReportFormat::Human, false));
        });
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is decided on a server, all but the words: causes, how bad they are, what follows from them, and what to type.
fn decided(report: &DoctorReport) -> Vec<String> {
    let diagnosis = |one: &Diagnosis| {
        let steps =
            one.fix.iter().map(|step| (step.effect, step.commands.iter().map(FixCommand::typed).collect::<Vec<_>>()));
        let verify: Vec<_> = one.verify.iter().map(FixCommand::typed).collect();
        format!("{} {:?} {:?} {:?} {verify:?}", one.cause, one.severity, one.consequences, steps.collect::<Vec<_>>())
    };
    let check = |one: &ServerCheck| format!("{} {:?} {}", one.id, one.status, one.message);
    let health = std::iter::once(report.health.name().to_owned());
    health.chain(report.diagnoses.iter().map(diagnosis)).chain(report.checks.iter().map(check)).collect()
}

/// The rules' sentences are for people: `doctor` decides on nothing that any of them says.
#[test]
fn no_diagnosis_hangs_on_the_words_of_a_rule() {
    let mut reworded = 0;
    for Known { name, report, expected, .. } in &*KNOWN {
        let scratch = tempfile::tempdir().unwrap();
        let nonsense = diagnosed(&folder().join(name), expected, scratch.path(), Words::Nonsense);
        assert_eq!(decided(report), decided(&nonsense), "{name}");
        let findings = nonsense.facts.deployment.inspected().map(|inspected| inspected.report.findings.as_slice());
        reworded += findings.unwrap_or_default().iter().filter(|finding| finding.message == NONSENSE).count();
    }
    assert!(reworded > 20, "{reworded} findings were reworded");
}
