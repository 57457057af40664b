//! How bad a loss is that one generation's update has and another's has not: by the command line, by the configuration,
//! and the same in `check`'s verdict, its line and its code.

use crate::program::run;
use crate::tree::Fixture;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// The rules and severities that `check` gives a fixture, its code, and the verdict's line.
fn judged(fixture: &str, configuration: &str, options: &[&str]) -> (i32, Vec<String>, String) {
    let folder = tempfile::tempdir().unwrap();
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(format!("{fixture}.tree"));
    fs::create_dir(folder.path().join("bundle")).unwrap();
    Fixture::load(&place).directory(&folder.path().join("bundle"));
    fs::write(folder.path().join("bundle-doctor.toml"), configuration).unwrap();
    let words = [&["check", "bundle"], options].concat();
    let document = run(folder.path(), &[&words[..], &["--json"]].concat());
    let report: Value = serde_json::from_str(&document.stdout).unwrap();
    let word = |finding: &Value, field: &str| finding[field].as_str().unwrap().to_owned();
    let findings = report["subjects"][0]["findings"].as_array().unwrap().iter();
    let told = findings.map(|finding| format!("{} {}", word(finding, "severity"), word(finding, "rule"))).collect();
    let line = run(folder.path(), &words).stdout.lines().next().unwrap().to_owned();
    (document.code, told, line)
}

const DROPS: &str = "rules/update-drops-shared";
const PACKAGE: &str = "rules/package-json-invalid";

#[test]
fn what_deployed_generations_lose_is_an_error_and_else_a_warning() {
    let warning = "warning update-drops-shared";
    let error = "error update-drops-shared";
    let of = |names: &str| format!("[update]\ngenerations = [{names}]\n");
    for (case, fixture, configuration, options, code, expected) in [
        ("the document's layout", "base/flat", "", &[][..], 0, &[warning, warning][..]),
        ("asked for a generation that loses it", "base/flat", "", &["--generation", "documented"], 1, &[error]),
        ("only npm loses it", "base/flat", "", &["--generation", "in-place"], 0, &[warning]),
        ("asked for one that keeps it", "base/flat", "", &["--generation", "preserving"], 0, &[]),
        (
            "documented is deployed",
            "base/flat",
            &of("\"documented\", \"in-place\""),
            &[],
            1,
            &[error, warning, warning],
        ),
        ("the command line decides", "base/flat", &of("\"documented\""), &["--generation", "preserving"], 0, &[]),
        ("in-place loses it with both", &format!("{DROPS}/bad-in-place-without-build"), "", &[], 1, &[error, warning]),
        ("the survivor", "base/survivor", "", &[], 0, &[]),
    ] {
        let (found_code, found, line) = judged(fixture, configuration, options);
        assert_eq!(
            (found_code, found),
            (code, expected.iter().map(|word| (*word).to_owned()).collect()),
            "{case}: {line}"
        );
    }
    let (_, _, line) = judged("base/flat", "", &[]);
    assert_eq!(
        line,
        "bundle  accepted, but agents of the generations documented and documented-mkdir lose the shared package, \
         and agents of the generation in-place lose the shared package where they install with npm"
    );
}

#[test]
fn what_is_shipped_and_not_declared_stays_with_pnpm_in_place() {
    let rule = "undeclared-dependency";
    let of = |word: &str| format!("{word} {rule}");
    for (options, code, expected) in [
        (&[][..], 1, of("error")),
        (&["--generation", "preserving"], 1, of("error")),
        (&["--generation", "in-place"], 0, of("warning")),
    ] {
        let (found_code, found, line) = judged("rules/undeclared-dependency/bad-shipped", "", options);
        assert!(found_code == code && found.contains(&expected), "{options:?}: {found_code} {found:?} {line}");
    }
}

#[test]
fn a_package_manager_that_refuses_is_an_error_where_no_other_is_tried() {
    for (fixture, options, code, expected) in [
        ("bad-yarn", &[][..], 0, "warning package-json-invalid"),
        ("bad-yarn", &["--generation", "in-place"], 0, "warning package-json-invalid"),
        ("bad-yarn", &["--generation", "preserving"], 0, "warning package-json-invalid"),
        ("bad-yarn", &["--generation", "documented"], 1, "error package-json-invalid"),
        ("bad-yarn", &["--generation", "documented-mkdir"], 1, "error package-json-invalid"),
        ("bad-pnpm-engine", &["--generation", "documented"], 1, "error package-json-invalid"),
        ("bad-dev-engines", &["--generation", "documented"], 0, "warning package-json-invalid"),
    ] {
        let (found_code, found, line) = judged(&format!("{PACKAGE}/{fixture}"), "", options);
        assert_eq!((found_code, found), (code, vec![expected.to_owned()]), "{fixture} {options:?}: {line}");
    }
}

#[test]
fn each_generation_has_its_own_reason() {
    // Step 6 of `documented-mkdir` passes, and Node finds nothing to start; that of `documented` stops.
    let folder = tempfile::tempdir().unwrap();
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(format!("{DROPS}/bad-step-six.tree"));
    Fixture::load(&place).directory(folder.path());
    fs::remove_dir_all(folder.path().join("packages/shared/dist")).unwrap();
    let done = run(folder.path(), &["check", ".", "--json"]);
    let report: Value = serde_json::from_str(&done.stdout).unwrap();
    let messages: Vec<_> = report["subjects"][0]["findings"].as_array().unwrap().iter().collect();
    let said = |generation: &str, words: &str| {
        messages.iter().any(|finding| {
            let message = finding["message"].as_str().unwrap();
            message.contains(&format!("`{generation}`")) && message.contains(words)
        })
    };
    assert!(said("documented", "stop at step 6"), "{messages:?}");
    assert!(said("documented-mkdir", "in which Node finds no entry point"), "{messages:?}");
    assert!(!said("documented-mkdir", "stop at step 6"), "{messages:?}");
}
