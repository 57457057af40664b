//! Every format, as snapshots and against the schemas it is read by.

use crate::program::{Run, run, run_in};
use crate::schemas::{assert_valid, remove_pattern, schema};
use crate::tree::Fixture;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

const FORMATS: [&str; 7] = ["human", "json", "sarif", "junit", "github", "html", "markdown"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder with a good archive, a broken one, something that is no archive, and a broken directory.
fn subjects() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let fixture = |path: &str| Fixture::load(&root().join("fixtures").join(path));
    let broken = fixture("try/linked-on-windows.tree");
    fs::write(folder.path().join("good.tar.gz"), fixture("base/survivor.tree").archive()).unwrap();
    fs::write(folder.path().join("broken.tar.gz"), broken.archive()).unwrap();
    fs::write(folder.path().join("page.tar.gz"), "<!DOCTYPE html>\n<title>404 Not Found</title>\n").unwrap();
    fs::create_dir(folder.path().join("bundle")).unwrap();
    broken.directory(&folder.path().join("bundle"));
    folder
}

fn check(folder: &Path, format: &str, paths: &[&str]) -> Run {
    let args = [&["check", "--no-config", "--format", format][..], paths].concat();
    run(folder, &args)
}

#[test]
fn reports_are_as_they_were_reviewed() {
    let folder = subjects();
    for format in FORMATS {
        for (name, path, code) in [
            ("good", "good.tar.gz", 0),
            ("broken", "broken.tar.gz", 1),
            ("page", "page.tar.gz", 1),
            ("directory", "bundle", 1),
        ] {
            let done = check(folder.path(), format, &[path]);
            assert_eq!(done.code, code, "{format} {name}: {}", done.stderr);
            assert_eq!(done.stderr, "", "{format} {name}");
            let shown = match format {
                "sarif" => without_pages(&done.stdout),
                "html" => body(&done.stdout).to_owned(),
                _ => done.stdout,
            };
            insta::assert_snapshot!(format!("{format}-{name}"), shown);
        }
    }
}

/// A page without its style and its script, which say nothing of the bundle.
fn body(page: &str) -> &str {
    let (_, rest) = page.split_once("<body>").unwrap();
    rest.split_once("<script>").unwrap().0
}

/// A SARIF document without the rules' pages, which change more often than the format does.
fn without_pages(document: &str) -> String {
    let mut document: Value = serde_json::from_str(document).unwrap();
    let rules = document["runs"][0]["tool"]["driver"]["rules"].as_array_mut().unwrap();
    let files = fs::read_dir(root().join("docs/rules")).unwrap();
    assert_eq!(rules.len(), files.count());
    rules.clear();
    serde_json::to_string_pretty(&document).unwrap()
}

/// Every rule of a SARIF document has the address of its page, which is there below the repository that the guide for CI names.
#[test]
fn sarif_leads_to_the_pages() {
    let folder = subjects();
    let document: Value = serde_json::from_str(&check(folder.path(), "sarif", &["good.tar.gz"]).stdout).unwrap();
    let driver = &document["runs"][0]["tool"]["driver"];
    let repository = driver["informationUri"].as_str().unwrap();
    assert!(fs::read_to_string(root().join("docs/ci.md")).unwrap().contains(repository), "{repository}");
    let folder = format!("{repository}/blob/v{}/docs/rules/", env!("CARGO_PKG_VERSION"));
    for rule in driver["rules"].as_array().unwrap() {
        let page = rule["helpUri"].as_str().unwrap().strip_prefix(&folder).unwrap();
        assert!(root().join("docs/rules").join(page).exists(), "{page}");
    }
}

#[test]
fn several_subjects_have_one_verdict() {
    let folder = subjects();
    let done = check(folder.path(), "human", &["good.tar.gz", "broken.tar.gz", "bundle"]);
    assert_eq!(done.code, 1);
    assert!(done.stdout.ends_with("\n3 bundles, 2 refused\n"), "{}", done.stdout);
    let good = check(folder.path(), "human", &["good.tar.gz", "good.tar.gz"]);
    assert_eq!(good.code, 0);
    assert!(good.stdout.ends_with("\n2 bundles, none refused\n"), "{}", good.stdout);
}

#[test]
fn an_accepted_bundle_is_two_lines() {
    let folder = subjects();
    let done = check(folder.path(), "human", &["good.tar.gz"]);
    assert_eq!(done.stdout.lines().count(), 2, "{}", done.stdout);
}

#[test]
fn json_fits_its_schema() {
    let folder = subjects();
    let schema = schema("docs/check.schema.json");
    for paths in [
        &["good.tar.gz"][..],
        &["broken.tar.gz"],
        &["page.tar.gz"],
        &["bundle"],
        &["bundle", "page.tar.gz"],
        &["absent"],
    ] {
        assert_valid(&schema, &check(folder.path(), "json", paths).stdout, &format!("{paths:?}"));
    }
    let rules = run(folder.path(), &["rules", "--json"]);
    assert_valid(&self::schema("docs/rules.schema.json"), &rules.stdout, "rules");
}

#[test]
fn sarif_fits_the_official_schema() {
    let folder = subjects();
    let mut schema = schema("tests/schemas/sarif-2.1.0.json");
    // The published file has a regular expression with a stray bracket, which no validator can compile.
    remove_pattern(&mut schema, "language");
    for paths in [&["good.tar.gz"][..], &["broken.tar.gz", "bundle"], &["page.tar.gz"], &["absent"]] {
        assert_valid(&schema, &check(folder.path(), "sarif", paths).stdout, &format!("{paths:?}"));
    }
}

#[test]
fn a_run_that_cannot_judge_prints_one_document_in_every_machine_format() {
    let folder = subjects();
    for args in [
        &["check", "absent"][..],
        &["check"],
        &["check", "good.tar.gz", "--nonsense"],
        &["check", "-A", "nonsense", "good.tar.gz"],
        &["check", "--config", "absent.toml", "good.tar.gz"],
    ] {
        for format in FORMATS {
            let done = run(folder.path(), &[args, &["--format", format]].concat());
            assert_eq!(done.code, 2, "{args:?} {format}");
            assert!(!done.stderr.is_empty(), "{args:?} {format}: stderr says nothing");
            match format {
                "human" => assert_eq!(done.stdout, "", "{args:?}"),
                "json" | "sarif" => {
                    let document: Value = serde_json::from_str(&done.stdout)
                        .unwrap_or_else(|error| panic!("{args:?} {format}: {error}: {}", done.stdout));
                    assert!(format == "sarif" || document["verdict"] == "error", "{document}");
                }
                "junit" => {
                    assert!(done.stdout.starts_with("<?xml") && done.stdout.contains("<error"), "{}", done.stdout)
                }
                "html" => assert!(
                    done.stdout.starts_with("<!DOCTYPE html>") && done.stdout.contains("<strong>not judged: "),
                    "{}",
                    done.stdout
                ),
                "markdown" => assert!(
                    done.stdout.starts_with("### `") && done.stdout.contains(" not judged: "),
                    "{}",
                    done.stdout
                ),
                _ => assert!(done.stdout.starts_with("::error "), "{}", done.stdout),
            }
        }
    }
}

#[test]
fn the_exit_code_is_the_same_in_every_format() {
    let folder = subjects();
    for (path, fail_on, code) in [
        ("broken.tar.gz", "error", 1),
        ("broken.tar.gz", "never", 0),
        ("good.tar.gz", "info", 0),
        ("absent", "error", 2),
    ] {
        for format in FORMATS {
            let done = run(folder.path(), &["check", path, "--fail-on", fail_on, "--format", format]);
            assert_eq!(done.code, code, "{path} {fail_on} {format}");
        }
    }
}

#[test]
fn github_appends_a_summary_where_it_is_asked_to() {
    let folder = subjects();
    let summary: PathBuf = folder.path().join("summary.md");
    fs::write(&summary, "before\n").unwrap();
    let environment = [("GITHUB_STEP_SUMMARY", summary.to_str().unwrap())];
    let done = run_in(folder.path(), &["check", "broken.tar.gz", "--format", "github"], &environment, b"");
    assert_eq!(done.code, 1);
    insta::assert_snapshot!("github-summary", fs::read_to_string(&summary).unwrap());
    run_in(folder.path(), &["check", "broken.tar.gz", "--format", "json"], &environment, b"");
    assert_eq!(fs::read_to_string(&summary).unwrap().matches("## bundle-doctor").count(), 1, "only github appends");
}

#[test]
fn colour_marks_and_hides_nothing() {
    let folder = subjects();
    let plain = check(folder.path(), "human", &["broken.tar.gz"]).stdout;
    let coloured = run_in(folder.path(), &["check", "broken.tar.gz"], &[("CLICOLOR_FORCE", "1")], b"").stdout;
    assert!(coloured.contains("\x1b["), "CLICOLOR_FORCE is heeded");
    let stripped = coloured
        .split("\x1b[")
        .enumerate()
        .map(|(at, part)| if at == 0 { part } else { part.split_once('m').unwrap().1 });
    assert_eq!(stripped.collect::<String>(), plain);
    let both = [("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")];
    assert_eq!(run_in(folder.path(), &["check", "broken.tar.gz"], &both, b"").stdout, plain, "NO_COLOR wins");
    for line in plain.lines().filter(|line| {
        !line.contains("cp -r") && !line.contains("rm -rf") && !line.contains("tar -czf") && !line.contains(" · ")
    }) {
        assert!(line.chars().count() <= 80, "more than 80 columns: {line}");
    }
}
