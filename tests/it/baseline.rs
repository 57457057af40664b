//! `check --write-baseline` and `--baseline`, in every format.

use crate::program::{Run, run};
use crate::schemas::{assert_valid, remove_pattern, schema};
use crate::tree::Fixture;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// A folder with a bundle that has several mistakes.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        let broken = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/try/linked-on-windows.tree");
        fs::create_dir(place.at("bundle")).unwrap();
        Fixture::load(&broken).directory(&place.at("bundle"));
        place
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn check(&self, words: &[&str]) -> Run {
        run(self.0.path(), &[&["check", "--no-config", "bundle"], words].concat())
    }

    fn json(&self, words: &[&str]) -> Value {
        let done = self.check(&[words, &["--json"]].concat());
        let contract = schema("docs/check.schema.json");
        assert_valid(&contract, &done.stdout, &format!("{words:?}"));
        serde_json::from_str(&done.stdout).unwrap()
    }
}

#[test]
fn what_is_known_passes_and_what_is_new_fails() {
    let place = Place::new();
    assert_eq!(place.check(&[]).code, 1);
    let before = place.json(&[]);
    assert_eq!((&before["baseline"], &before["summary"]["known"]), (&Value::Null, &0.into()));
    let written = place.check(&["--write-baseline", "known.json"]);
    assert_eq!(written.code, 0, "{}", written.stdout);
    assert!(written.stderr.contains("known.json has "), "{}", written.stderr);
    let file = fs::read_to_string(place.at("known.json")).unwrap();
    assert_valid(&schema("docs/baseline.schema.json"), &file, "the file");

    let known = place.json(&["--baseline", "known.json"]);
    let count = |document: &Value| {
        let summary = &document["summary"];
        ["error", "warning", "info", "known"].map(|name| summary[name].as_u64().unwrap())
    };
    let [errors, warnings, infos, _] = count(&before);
    assert!(errors > 0 && warnings > 0);
    assert_eq!(count(&known), [0, 0, 0, errors + warnings + infos]);
    assert_eq!((known["verdict"].as_str(), known["subjects"][0]["verdict"].as_str()), (Some("pass"), Some("pass")));
    assert_eq!(known["baseline"]["gone"].as_array().unwrap().len(), 0);
    let human = place.check(&["--baseline", "known.json"]);
    assert!(human.stdout.starts_with("bundle  accepted, but has "), "{}", human.stdout);
    assert!(human.stdout.ends_with(&format!("\n{} known\n", errors + warnings + infos)), "{}", human.stdout);
    assert!(!human.stdout.contains("error:"), "{}", human.stdout);

    // One of them is mended, and another comes.
    fs::write(place.at("bundle/.env"), "SECRET=1\n").unwrap();
    let gone = "node_modules/@server-flow/shared";
    fs::remove_file(place.at("bundle").join(gone)).unwrap();
    let changed = place.json(&["--baseline", "known.json"]);
    let new: Vec<_> = changed["subjects"][0]["findings"].as_array().unwrap().iter().map(|new| &new["rule"]).collect();
    assert!(new.contains(&&Value::from("secret-file")), "{new:?}");
    let gone_now = changed["baseline"]["gone"].as_array().unwrap();
    assert!(gone_now.iter().any(|known| known["path"] == gone), "{gone_now:?}");
    let human = place.check(&["--baseline", "known.json"]);
    assert_eq!(human.code, 1);
    assert!(human.stdout.contains(" of known.json gone\n"), "{}", human.stdout);
    assert!(human.stdout.contains("take these lines out"), "{}", human.stdout);
    let last = human.stdout.lines().last().unwrap();
    assert!(last.contains(" error") && last.ends_with(" known"), "what is gone is told before the counts: {last}");
}

/// Where nothing is left to tell, the line that stands last is the verdict all the same.
#[test]
fn the_verdict_comes_behind_what_is_gone() {
    let place = Place::new();
    place.check(&["--write-baseline", "known.json"]);
    fs::remove_dir_all(place.at("bundle")).unwrap();
    let good = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/base/survivor.tree");
    fs::create_dir(place.at("bundle")).unwrap();
    Fixture::load(&good).directory(&place.at("bundle"));
    let human = place.check(&["--baseline", "known.json"]);
    assert_eq!(human.code, 0, "{}", human.stdout);
    assert!(human.stdout.contains(" of known.json gone\n"), "{}", human.stdout);
    assert!(human.stdout.ends_with("\nnothing found: accepted\n"), "{}", human.stdout);
    let several = run(place.0.path(), &["check", "bundle", "bundle", "--no-config", "--baseline", "known.json"]);
    assert!(several.stdout.ends_with("\n2 bundles, none refused\n"), "{}", several.stdout);
}

#[test]
fn every_format_tells_what_is_known() {
    let place = Place::new();
    assert_eq!(place.check(&["--write-baseline", "known.json"]).code, 0);
    let known = |format| {
        let done = place.check(&["--baseline", "known.json", "--format", format]);
        assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{format}");
        done.stdout
    };
    let sarif: Value = serde_json::from_str(&known("sarif")).unwrap();
    let mut official = schema("tests/schemas/sarif-2.1.0.json");
    remove_pattern(&mut official, "language");
    assert_valid(&official, &sarif.to_string(), "sarif");
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert!(!results.is_empty());
    for result in results {
        assert_eq!(result["baselineState"], "unchanged");
        assert_eq!(result["suppressions"][0]["kind"], "external");
        assert_eq!(result["suppressions"][0]["justification"], "known: it stands in known.json");
    }
    let junit = known("junit");
    assert!(junit.contains("<skipped message=\"known: it stands in the baseline\"") && !junit.contains("<failure "));
    let github = known("github");
    let lines: Vec<_> = github.lines().collect();
    assert_eq!(lines.len(), 2, "{github}");
    assert!(
        lines[0].starts_with("::notice title=bundle-doctor::") && lines[0].ends_with(" known findings of known.json")
    );

    fs::write(place.at("bundle/.env"), "SECRET=1\n").unwrap();
    let new = place.check(&["--baseline", "known.json", "--format", "sarif"]);
    let new: Value = serde_json::from_str(&new.stdout).unwrap();
    let states =
        new["runs"][0]["results"].as_array().unwrap().iter().filter(|result| result["ruleId"] == "secret-file");
    assert_eq!(states.map(|result| &result["baselineState"]).collect::<Vec<_>>(), ["new"]);
}

#[test]
fn the_command_line_is_stronger_than_the_file() {
    let place = Place::new();
    assert_eq!(place.check(&["--write-baseline", "known.json"]).code, 0);
    let denied = place.check(&["--baseline", "known.json", "-D", "shared-package-linked"]);
    assert_eq!(denied.code, 1);
    assert!(denied.stderr.contains("the baseline holds `shared-package-linked`"), "{}", denied.stderr);
    assert_eq!(place.check(&["--baseline", "known.json", "-D", "all"]).code, 1);
    // A demand cannot be written down as known either.
    let version = ["--expect-version", "99.0.0"];
    let written = place.check(&[&["--write-baseline", "other.json"][..], &version].concat());
    assert_eq!(written.code, 1);
    assert!(written.stderr.contains("`version-mismatch` is not in the baseline"), "{}", written.stderr);
    assert!(!fs::read_to_string(place.at("other.json")).unwrap().contains("version-mismatch"));

    fs::write(place.at("page.tar.gz"), "<!DOCTYPE html>\n").unwrap();
    let page = run(place.0.path(), &["check", "--no-config", "page.tar.gz", "--write-baseline", "page.json"]);
    assert_eq!(page.code, 1, "{}", page.stdout);
    assert!(page.stderr.contains("`archive-unreadable` is not in the baseline"), "{}", page.stderr);
}

#[test]
fn nothing_but_a_baseline_is_overwritten_or_believed() {
    let place = Place::new();
    assert_eq!(place.check(&["--write-baseline", "known.json"]).code, 0);
    let first = fs::read(place.at("known.json")).unwrap();
    assert_eq!(place.check(&["--write-baseline", "known.json"]).code, 0, "its own kind is overwritten");
    assert_eq!(fs::read(place.at("known.json")).unwrap(), first, "the same findings make the same file");
    fs::write(place.at("notes.json"), "{\"mine\": 1}").unwrap();
    for (words, told) in [
        (&["--write-baseline", "notes.json"][..], "notes.json is there, and is no baseline"),
        (&["--baseline", "notes.json"], "its `kind` is not `bundle-doctor baseline`"),
        (&["--baseline", "absent.json"], "cannot read the baseline absent.json"),
        (&["--baseline", "known.json", "--write-baseline", "known.json"], "cannot be used with"),
        (&["--write-baseline", "absent/known.json"], "cannot write the baseline absent/known.json"),
    ] {
        let done = place.check(words);
        assert_eq!(done.code, 2, "{words:?}: {}", done.stdout);
        assert!(done.stderr.contains(told), "{words:?}: {}", done.stderr);
        assert_eq!(done.stdout, "", "{words:?}");
    }
    assert_eq!(fs::read(place.at("notes.json")).unwrap(), b"{\"mine\": 1}");
}

/// Two faults of one rule at one place that quote nothing of the bundle are two faults.
#[test]
fn another_fault_at_the_same_place_is_new() {
    let place = Place::new();
    let manifest = "bundle/package.json";
    let code = "bundle/dist/index.js";
    for (file, known, other) in [
        (manifest, r#"{"version":"0.1.27"}"#, "<html>404</html>"),
        (manifest, r#"{"version":"0.1.27"}"#, r#"{"name":"agent"}"#),
        (code, "import 'node:fs';\nrequire('x');\n", "import 'node:fs';\nconsole.log(__dirname);\n"),
    ] {
        let before = fs::read(place.at(file)).unwrap();
        fs::write(place.at(file), known).unwrap();
        let written = place.check(&["--write-baseline", "known.json"]);
        assert_eq!(written.code, 0, "{known}: {}{}", written.stdout, written.stderr);
        assert_eq!(place.check(&["--baseline", "known.json"]).code, 0, "{known}");
        fs::write(place.at(file), other).unwrap();
        let done = place.check(&["--baseline", "known.json"]);
        assert_eq!(done.code, 1, "{known} → {other}: {}", done.stdout);
        fs::write(place.at(file), before).unwrap();
    }
}
