//! Recorded servers: what the lab saw on real, broken machines, diagnosed again without them.
//!
//! `fixtures/servers/CASE/` has the answers (`answers.jsonl`, written by `doctor --record`), what must come of them
//! (`expected.json`), and the folders and the archive that were judged, as `.tree` text. `tests/lab/run --record server`
//! makes them anew.

use crate::formats::{assert_valid, schema};
use crate::tree::Fixture;
use bundle_doctor::check::authentication::Trust;
use bundle_doctor::doctor::diagnose::diagnose;
use bundle_doctor::doctor::probe::{self, BundleJudge, ProbeOptions};
use bundle_doctor::doctor::recording::Recorded;
use bundle_doctor::doctor::report::DoctorReport;
use bundle_doctor::exit_code;
use bundle_doctor::render::{self, Style};
use bundle_doctor::report::finding::Severity;
use bundle_doctor::report::format::Format;
use bundle_doctor::report::policy::Policy;
use bundle_doctor::report::verdict::FailOn;
use bundle_doctor::signing::TrustStore;
use bundle_doctor::tree::limits::Limits;
use bundle_doctor::update::documented_paths;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What must come of a recorded server.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// What was done to it, for readers.
    #[allow(dead_code, reason = "it is there for people")]
    about: String,
    verdict: String,
    /// The diagnoses, the root first.
    causes: Vec<String>,
    /// The exit code.
    exit: u8,
    /// Paths of the server, and the `.tree` files that stand in for them.
    places: BTreeMap<String, String>,
    /// Words that must not stand in any output: its secrets.
    #[serde(default)]
    secrets: Vec<String>,
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

/// The report on a recorded server, whose folders are laid out below `scratch`.
fn diagnosed(case: &Path, expected: &Expected, scratch: &Path) -> DoctorReport {
    let mut server = Recorded::parse(&fs::read_to_string(case.join("answers.jsonl")).unwrap()).unwrap();
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
    let wishes =
        ProbeOptions { unit: documented_paths::UNIT.to_owned(), bundle: None, home: None, lines: 400, since: None };
    let trust = Trust { keys: TrustStore::new(), required: false };
    let judge = BundleJudge { limits: Limits::default(), trust: &trust };
    let (facts, _) = probe::examine(&server, &wishes, &documented_paths::names(), judge);
    diagnose(facts, &Policy::plain())
}

fn rendered(report: &DoctorReport, format: Format, verbose: bool) -> String {
    let style = Style { colour: false, width: 80, terminal: false, verbose, quiet: false };
    let mut out = Vec::new();
    render::doctor(format, report, FailOn::At(Severity::Error), style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn recorded_servers_are_diagnosed_as_the_real_ones_were() {
    let schema = schema("docs/doctor.schema.json");
    let mut wrong = Vec::new();
    for case in cases() {
        let name = case.file_name().unwrap().to_str().unwrap().to_owned();
        let expected: Expected = serde_json::from_str(&fs::read_to_string(case.join("expected.json")).unwrap())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let scratch = tempfile::tempdir().unwrap();
        let report = diagnosed(&case, &expected, scratch.path());
        let causes: Vec<_> = report.diagnoses.iter().map(|diagnosis| diagnosis.cause.to_owned()).collect();
        let exit = exit_code::of_server(&report, FailOn::At(Severity::Error));
        if (report.health.name(), &causes, exit) != (expected.verdict.as_str(), &expected.causes, expected.exit) {
            wrong.push(format!(
                "{name}: expected {} {:?} exit {}, found {} {causes:?} exit {exit}",
                expected.verdict,
                expected.causes,
                expected.exit,
                report.health.name()
            ));
        }
        let document = rendered(&report, Format::Json, false);
        assert_valid(&schema, &document, &name);
        serde_json::from_str::<Value>(&rendered(&report, Format::Sarif, false)).unwrap();
        let outputs = [
            document,
            rendered(&report, Format::Human, true),
            rendered(&report, Format::Sarif, false),
            rendered(&report, Format::Junit, false),
            rendered(&report, Format::Github, false),
        ];
        for secret in &expected.secrets {
            assert!(outputs.iter().all(|output| !output.contains(secret)), "{name}: `{secret}` is in the output");
        }
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false, snapshot_path => "snapshots/servers" }, {
            insta::assert_snapshot!(name.clone(), rendered(&report, Format::Human, false));
        });
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
