//! `diff`: what changed between two bundles, archives or directories.

use crate::program::{run, run_in};
use crate::schemas::{assert_valid, schema};
use crate::tree::{Fixture, with_ordinary_modes};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

fn fixture(path: &str) -> Fixture {
    Fixture::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path))
}

/// A good bundle in `a`, and one in `b` with a change of each kind.
fn two() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a", "b", "same"] {
        fs::create_dir(folder.path().join(name)).unwrap();
        fixture("base/flat.tree").directory(&folder.path().join(name));
        fs::write(folder.path().join(format!("{name}.tar.gz")), fixture("base/flat.tree").archive()).unwrap();
    }
    fs::write(folder.path().join("a/dist/old.js"), "export {};\n").unwrap();
    fs::write(folder.path().join("a/dist/logo"), "a picture").unwrap();
    let b = folder.path().join("b");
    let package = fs::read_to_string(b.join("package.json")).unwrap();
    let package = package
        .replace("0.1.27", "0.1.28")
        .replace("\"^8.18.0\"", "\"^8.19.0\"")
        .replace("    \"zod\": \"^3.23.8\"", "    \"undici\": \"^6.0.0\",\n    \"zod\": \"workspace:*\"");
    fs::write(b.join("package.json"), package).unwrap();
    fs::write(b.join("dist/\u{202e}new.js"), "export {};\n").unwrap();
    fs::write(b.join("dist/logo"), [0, 1, 2]).unwrap();
    fs::set_permissions(b.join("dist/index.js"), fs::Permissions::from_mode(0o755)).unwrap();
    symlink("dist/index.js", b.join("main.js")).unwrap();
    fs::create_dir(b.join("data")).unwrap();
    with_ordinary_modes(folder.path());
    folder
}

#[test]
fn the_same_tree_is_the_same_whatever_it_is_read_from() {
    let folder = two();
    for (one, other) in [("same", "same.tar.gz"), ("a.tar.gz", "b.tar.gz"), ("a", "a")] {
        let done = run(folder.path(), &["diff", one, other, "--no-config"]);
        assert_eq!((done.code, done.stdout), (0, format!("{one} → {other}  the same\n")));
    }
    let stdin = run_in(folder.path(), &["diff", "same", "-", "--no-config"], &[], &fixture("base/flat.tree").archive());
    assert_eq!(stdin.code, 0, "{}", stdin.stdout);
}

#[test]
fn every_kind_of_change_is_told() {
    let folder = two();
    let human = run(folder.path(), &["diff", "a", "b", "--no-config", "--text"]);
    assert_eq!((human.code, human.stderr.as_str()), (1, ""));
    insta::assert_snapshot!("diff-human", human.stdout);
    let json = run(folder.path(), &["diff", "a", "b", "--no-config", "--json"]);
    assert_eq!(json.code, 1);
    insta::assert_snapshot!("diff-json", json.stdout);
    let page = run(folder.path(), &["diff", "a", "b", "--no-config", "--format", "html"]);
    assert_eq!(page.code, 1);
    let body = page.stdout.split_once("<body>").unwrap().1.split_once("<script>").unwrap().0;
    insta::assert_snapshot!("diff-html", body);
    let issue = run(folder.path(), &["diff", "a", "b", "--no-config", "--format", "markdown", "--text"]);
    insta::assert_snapshot!("diff-markdown", issue.stdout);
    let back: Value =
        serde_json::from_str(&run(folder.path(), &["diff", "b", "a", "--no-config", "--json"]).stdout).unwrap();
    let there: Value = serde_json::from_str(&json.stdout).unwrap();
    for (one, other) in [("added", "removed"), ("removed", "added"), ("findings_new", "findings_gone")] {
        assert_eq!(there[one], back[other], "{one}");
    }
}

#[test]
fn json_fits_its_schema() {
    let folder = two();
    fs::write(folder.path().join("page.tar.gz"), "<!DOCTYPE html>").unwrap();
    let schema = schema("docs/diff.schema.json");
    for (args, code) in [
        (&["same", "a.tar.gz"][..], 0),
        (&["a", "b"], 1),
        (&["a", "b", "--text"], 1),
        (&["a", "page.tar.gz"], 1),
        (&["page.tar.gz", "page.tar.gz"], 0),
        (&["a", "absent"], 2),
        (&["-", "-"], 2),
        (&["-", "a", "--text"], 2),
    ] {
        let done = run(folder.path(), &[&["diff", "--no-config", "--json"], args].concat());
        assert_eq!(done.code, code, "{args:?}: {}", done.stdout);
        assert_valid(&schema, &done.stdout, &format!("{args:?}"));
    }
    assert_eq!(run(folder.path(), &["diff", "a", "b", "--format", "junit"]).code, 2);
}

#[test]
fn an_archive_that_is_none_is_different_and_the_reason_is_told() {
    let folder = two();
    fs::write(folder.path().join("page.tar.gz"), "<!DOCTYPE html>").unwrap();
    let done = run(folder.path(), &["diff", "a", "page.tar.gz", "--no-config"]);
    assert_eq!(done.code, 1);
    for words in ["different\n", "not compared: ", "error: archive-unreadable", "an HTML page"] {
        assert!(done.stdout.contains(words), "{words}: {}", done.stdout);
    }
}
