//! Reports in which every text is hostile, as whoever saves a report can make them: read back and written as pages.

use crate::doctor::shown;
use crate::release::diff::Difference;
use crate::render::page::model::Page;
use crate::render::page::{check, diff, fleet, rehearsal, release, server};
use crate::report::finding::Severity;
use crate::report::fleet::{FleetCounts, FleetGroup, FleetReport, FleetServer, FleetVerdict, FleetVersion, Unreached};
use crate::report::release::ReleaseReport;
use crate::report::server::Health;
use crate::report::server_report::ServerReport;
use crate::report::subject::CheckReport;
use crate::report::verdict::Verdict;
use crate::tests::pages::{HOSTILE, harmless, quiet, written};
use crate::update::rehearsal::Rehearsal;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Where the texts of a document are, as JSON Pointers.
fn texts(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(at.to_owned()),
        Value::Array(all) => all.iter().enumerate().for_each(|(n, one)| texts(one, &format!("{at}/{n}"), found)),
        Value::Object(all) => all.iter().for_each(|(name, one)| {
            texts(one, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), found);
        }),
        _ => {}
    }
}

/// The document with this text in every field that may be any text, and how many those are.
fn poisoned(document: &Value, text: &str, reads: &dyn Fn(&Value) -> Option<Page>) -> (Page, usize) {
    let (mut now, mut places, mut taken) = (document.clone(), Vec::new(), 0);
    texts(document, "", &mut places);
    for place in places {
        let before = std::mem::replace(now.pointer_mut(&place).unwrap(), Value::String(text.to_owned()));
        if reads(&now).is_some() {
            taken += 1;
        } else {
            *now.pointer_mut(&place).unwrap() = before;
        }
    }
    (reads(&now).expect("it was read before"), taken)
}

fn finding() -> Value {
    json!({"rule": "r", "severity": "error", "message": "m", "path": "a/b", "line": 1, "evidence": "e", "help": "h\nc", "places": 1})
}

/// A document of each command, with how it is read; and how many of its texts may be anything.
type Case = (&'static str, Value, fn(&Value) -> Option<Page>, usize);

fn cases() -> Vec<Case> {
    let subject = json!({"path": "p", "kind": "archive", "sha256": "s", "size": 1, "unpacked_size": 1, "entries": 1,
        "layout": "flat", "package": {"name": "n", "version": "v"}, "verdict": "fail", "tree_unknown": false,
        "signature": {"status": "verified", "format": "f", "key_id": "k", "comment": "c"}, "manifest": null,
        "folders": [{"path": "dist", "files": 1, "size": 1}], "findings": [finding()],
        "allowed": [{"rule": "r", "severity": "error", "message": "m", "path": "p", "line": 1, "evidence": "e",
            "help": "h", "places": 1, "reason": "because"}], "known": [finding()]});
    let node = json!({"kind": "file", "size": 5, "mode": "0644", "target": "t", "sha256": "s"});
    let place =
        |path: &str| json!({"path": path, "kind": "file", "size": 5, "mode": "0644", "target": null, "sha256": "s"});
    vec![
        (
            "check",
            json!({"verdict": "fail", "summary": {"error": 1, "warning": 0, "info": 0, "allowed": 1, "known": 1},
                "subjects": [subject], "baseline": null, "notes": ["n"]}),
            |value| serde_json::from_value::<CheckReport>(value.clone()).ok().map(|report| check::page(&report)),
            15,
        ),
        (
            "release",
            json!({"verdict": "fail", "repo": "r", "version": "v", "caveats": ["c"],
                "lines": [{"id": "i", "status": "fail", "message": "m", "evidence": "e", "help": "h"}]}),
            |value| serde_json::from_value::<ReleaseReport>(value.clone()).ok().map(|report| release::page(&report)),
            5,
        ),
        (
            "rehearse",
            json!({"bundle": "b", "from": "f", "hold_seconds": 5, "runs": [{"generation": "documented",
                "package_manager": "pnpm", "outcome": "fails", "seconds": 1.0, "findings": [finding()], "allowed": null,
                "aftermath": "a", "kept": "k", "steps": [{"number": 1, "id": "i", "title": "t", "status": "failed",
                    "seconds": 1.0, "commands": ["c"], "note": "n", "help": "h", "output": "o"}]}]}),
            |value| {
                let report = serde_json::from_value::<Rehearsal>(value.clone()).ok()?;
                Some(rehearsal::page(&report, Verdict::Fail, None))
            },
            8,
        ),
        (
            "diff",
            json!({"identical": false, "compared": true, "version": ["a", "b"], "layout": ["flat", "nested"],
                "dependencies": [{"name": "n", "field": "f", "before": "b", "after": "a"}],
                "added": [place("x/y")], "removed": [place("z")],
                "changed": [{"path": "p", "before": node, "after": node, "text": "+t"}],
                "findings_new": [finding()], "findings_gone": [finding()]}),
            |value| {
                let difference = serde_json::from_value::<Difference>(value.clone()).ok()?;
                let subjects = [value["version"][0].as_str()?.to_owned(), "b".to_owned()];
                Some(diff::page(&subjects, &difference))
            },
            15,
        ),
        (
            "doctor",
            server_document(),
            |value| serde_json::from_value::<ServerReport>(value.clone()).ok().map(|report| server::page(&report)),
            60,
        ),
    ]
}

/// The document of a recorded server on which much is wrong.
fn server_document() -> Value {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/servers/update-stopped-at-5");
    let report = shown::of(&crate::tests::servers::of(&folder));
    let mut document = serde_json::to_value(&report).unwrap();
    document["verdict"] = json!("broken");
    document
}

#[test]
fn nothing_in_a_report_leaves_its_place() {
    for (command, document, reads, least) in cases() {
        assert!(reads(&document).is_some(), "{command}: the document is read");
        for text in HOSTILE {
            let (page, taken) = poisoned(&document, text, &reads);
            assert!(taken >= least, "{command}: only {taken} texts were replaced");
            let [html, markdown] = written(&page);
            harmless(&html, &format!("{command}: {text}"));
            quiet(&markdown, &format!("{command}: {text}"));
        }
    }
}

/// As large as a report of many servers can be, however many they are.
fn largest_fleet(text: &str) -> FleetReport {
    let server = |n: usize| FleetServer {
        name: format!("{text}{n}"),
        verdict: Health::Broken,
        cause: Some(text.to_owned()),
        severity: Some(Severity::Error),
        version: Some(text.to_owned()),
        restarts: Some(7),
        state: text.to_owned(),
    };
    let group = |n: usize| FleetGroup {
        verdict: if n.is_multiple_of(2) { Health::Broken } else { Health::Degraded },
        cause: Some(format!("{text}{n}")),
        severity: Some(Severity::Error),
        servers: 20,
        names: (0..10).map(|at| format!("{text}{n}-{at}")).collect(),
    };
    FleetReport {
        verdict: FleetVerdict::Fail,
        servers: 10_000,
        verdicts: FleetCounts { healthy: 1, degraded: 2, broken: 3, inconclusive: 4, not_reached: 9_990 },
        groups: (0..500).map(group).collect(),
        versions: (0..500).map(|n| FleetVersion { version: Some(format!("{text}{n}")), servers: 20 }).collect(),
        worst: (0..20).map(server).collect(),
        older: 3,
        of_no_server: 20,
        of_no_server_names: (0..10).map(|n| format!("{text}{n}")).collect(),
        not_reached: (0..50).map(|n| Unreached { name: format!("{text}{n}"), because: text.to_owned() }).collect(),
    }
}

#[test]
fn a_fleet_is_one_page_that_stays_small() {
    for text in HOSTILE {
        let [html, markdown] = written(&fleet::page(&largest_fleet(text)));
        harmless(&html, text);
        quiet(&markdown, text);
    }
    let [html, markdown] = written(&fleet::page(&largest_fleet("name-of-a-server")));
    assert!(html.len() < 300_000, "{} bytes", html.len());
    assert!(markdown.len() < 65_000, "{} bytes", markdown.len());
    assert!(html.contains("<span class=\"subject\">10000 servers</span>") && html.contains("3 broken, 2 degraded"));
    assert!(html.matches("<details>").count() > 40, "most groups are folded away");
}
