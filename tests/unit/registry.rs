//! The registry tests itself: nothing about a rule is forgotten, and each thing has one name.

use crate::check::rules::{Judges, RULES};
use crate::doctor::causes::CAUSES;
use crate::doctor::diagnose::of_rules::FOLLOWS_FROM as FINDINGS_FOLLOW_FROM;
use crate::release::checklist::LINES;
use crate::tests::causes::{cases, is_bad};
use crate::tests::rule_fixtures::{folder, of_rule};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Rules about signatures: a fixture in text cannot hold one, `tests/it/signing.rs` makes them.
const WITHOUT_FIXTURES: [&str; 5] =
    ["signature-missing", "signature-invalid", "signature-untrusted", "signature-binding", "checksum-mismatch"];

/// Modules in `src/check/rules/` that are no rules but help several.
const HELPERS: [&str; 8] = ["mod", "rule", "defects", "faults", "links", "modes", "bounded", "specifiers"];

fn names_in(folder: &Path, ending: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    entries.filter_map(|name| name.strip_suffix(ending).map(str::to_owned)).collect()
}

fn ids() -> BTreeSet<String> {
    RULES.iter().map(|rule| rule.id.to_owned()).collect()
}

/// What each id lacks of the things that every rule, cause or line has: a thing is named with `ID` or `FILE` in its place.
fn lacking(kind: &str, things: &[(&str, BTreeSet<String>)]) -> String {
    let all: BTreeSet<&String> = things.iter().flat_map(|(_, ids)| ids).collect();
    let lacks = |id: &String| {
        let named = |thing: &str| thing.replace("ID", id).replace("FILE", &id.replace('-', "_"));
        let absent = things.iter().filter(|(_, ids)| !ids.contains(id)).map(|(thing, _)| named(thing));
        absent.map(|thing| format!("the {kind} `{id}` has no {thing}\n")).collect::<String>()
    };
    all.into_iter().map(lacks).collect()
}

/// The files of a folder of `src`, by the ids that they would have.
fn ids_of_files(folder: &str, helpers: &[&str]) -> BTreeSet<String> {
    let files = names_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), ".rs").into_iter();
    files.filter(|name| !helpers.contains(&name.as_str())).map(|name| name.replace('_', "-")).collect()
}

fn pages(folder: &str) -> BTreeSet<String> {
    names_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), ".md")
}

/// The rules with a fixture whose name begins so, and those that can have none.
fn with_fixture(start: &str) -> BTreeSet<String> {
    let has =
        |id: &String| of_rule(id).iter().any(|path| path.file_name().unwrap().to_str().unwrap().starts_with(start));
    names_in(&folder(), "").into_iter().filter(has).chain(WITHOUT_FIXTURES.map(str::to_owned)).collect()
}

#[test]
fn every_rule_has_a_file_a_line_a_page_a_bad_and_a_good_fixture() {
    assert_eq!(ids().len(), RULES.len(), "an id stands twice in the table");
    let lacking = lacking(
        "rule",
        &[
            ("file `src/check/rules/FILE.rs`", ids_of_files("src/check/rules", &HELPERS)),
            ("line in the table of `src/check/rules/mod.rs`", ids()),
            ("page `docs/rules/ID.md`", pages("docs/rules")),
            ("fixture `fixtures/rules/ID/bad-*.tree`", with_fixture("bad-")),
            ("fixture `fixtures/rules/ID/good-*.tree`", with_fixture("good-")),
        ],
    );
    assert!(lacking.is_empty(), "{lacking}");
}

#[test]
fn fixtures_are_bad_or_good() {
    for path in names_in(&folder(), "").iter().flat_map(|id| of_rule(id)) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let named = ["bad-", "good-"].iter().any(|start| name.starts_with(start)) && name.ends_with(".tree");
        assert!(named, "{} is neither `bad-*.tree` nor `good-*.tree`", path.display());
        let id = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
        assert!(!WITHOUT_FIXTURES.contains(&id), "{id} has fixtures: take it off the list of those that have none");
    }
}

#[test]
fn pages_have_one_form() {
    for rule in RULES {
        let headings: Vec<_> = rule
            .page
            .lines()
            .filter(|line| line.starts_with('#'))
            .filter(|line| !line.starts_with("# ") || line.contains(rule.id))
            .collect();
        let title = format!("# {}", rule.id);
        assert_eq!(headings.first(), Some(&title.as_str()), "{}", rule.id);
        for section in
            ["## What it means", "## Why it breaks the agent", "## How to fix it", "## Example", "## When to allow it"]
        {
            assert!(rule.page.lines().any(|line| line == section), "{}: no section `{section}`", rule.id);
        }
        // In a fence stand commands and quotes, which are not wrapped.
        let mut fenced = false;
        for line in rule.page.lines() {
            fenced ^= line.starts_with("```");
            assert!(fenced || line.chars().count() <= 80, "{}: more than 80 columns: {line}", rule.id);
        }
        assert!(!fenced, "{}: a fence is not closed", rule.id);
    }
}

#[test]
fn summaries_are_one_plain_sentence() {
    for rule in RULES {
        assert!(!rule.summary.ends_with('.') && !rule.summary.is_empty() && rule.summary.len() < 120, "{}", rule.id);
    }
}

#[test]
fn what_a_rule_follows_from_exists_and_comes_before_it() {
    for (at, rule) in RULES.iter().enumerate() {
        for cause in rule.follows_from {
            let before = RULES.iter().position(|other| other.id == *cause);
            assert!(before.is_some_and(|before| before < at), "{} follows from {cause}", rule.id);
        }
    }
}

#[test]
fn rules_about_the_archive_are_named_so() {
    for rule in RULES.iter().filter(|rule| rule.judges == Judges::Archive) {
        assert!(rule.id.starts_with("archive-") || rule.id.starts_with("signature-"), "{}", rule.id);
    }
}

/// Modules in `src/release/checklist/` that are no lines but help several.
const LINE_HELPERS: [&str; 6] = ["mod", "line", "compared", "versions", "copied_sources", "installers_fit"];

#[test]
fn lines_of_the_checklist_are_the_names_of_files_and_pages() {
    let lines: BTreeSet<_> = LINES.iter().map(|line| line.id.to_owned()).collect();
    assert_eq!(lines.len(), LINES.len(), "an id stands twice in the table");
    let lacking = lacking(
        "line",
        &[
            ("file `src/release/checklist/FILE.rs`", ids_of_files("src/release/checklist", &LINE_HELPERS)),
            ("line in the table of `src/release/checklist/mod.rs`", lines.clone()),
            ("page `docs/checklist/ID.md`", pages("docs/checklist")),
        ],
    );
    assert!(lacking.is_empty(), "{lacking}");
    assert!(lines.is_disjoint(&ids()), "an id is a rule's and a line's");
    let contract = [
        "version-agent",
        "version-bundle",
        "code-built",
        "dist-copied",
        "shared-copied",
        "no-workspace",
        "archive-published",
        "update-tried",
    ];
    assert_eq!(LINES.iter().map(|line| line.id).collect::<Vec<_>>(), contract, "the document's order");
    for line in LINES {
        let (id, page) = (line.id, line.page);
        assert!(!line.summary.ends_with('.') && !line.summary.is_empty() && line.summary.len() < 120, "{id}");
        assert!(page.starts_with(&format!("# {id}\n")), "{id}");
        for section in ["## What it means", "## Why it matters", "## How to fix it", "## Example"] {
            assert!(page.lines().any(|line| line == section), "{id}: no section `{section}`");
        }
        let mut fenced = false;
        for line in page.lines() {
            fenced ^= line.starts_with("```");
            assert!(fenced || line.chars().count() <= 80, "{id}: more than 80 columns: {line}");
        }
        assert!(!fenced, "{id}: a fence is not closed");
    }
}

/// Modules in `src/doctor/causes/` that are no causes but help several.
const CAUSE_HELPERS: [&str; 19] = [
    "mod",
    "bundle_fix",
    "cause",
    "confinement",
    "crash",
    "evidence",
    "findings",
    "fix",
    "halted_update",
    "mended",
    "new_bundle",
    "shared_file",
    "recovered",
    "explained",
    "of_manager",
    "told_of",
    "started",
    "unit_fix",
    "unit_lines",
];

fn cause_ids() -> BTreeSet<String> {
    CAUSES.iter().map(|cause| cause.id.to_owned()).collect()
}

/// The causes that a server of `tests/it/causes/` is about and on which they are found, or on which they are not. Rules have
/// fixtures of their own.
fn with_server(bad: bool) -> BTreeSet<String> {
    let about = cases().filter(|case| is_bad(case) == bad).map(|(about, ..)| (*about).to_owned());
    about.filter(|id| cause_ids().contains(id) || !ids().contains(id)).collect()
}

#[test]
fn every_cause_has_a_file_a_line_a_page_a_bad_and_a_good_server() {
    assert_eq!(cause_ids().len(), CAUSES.len(), "an id stands twice in the table");
    let lacking = lacking(
        "cause",
        &[
            ("file `src/doctor/causes/FILE.rs`", ids_of_files("src/doctor/causes", &CAUSE_HELPERS)),
            ("line in the table of `src/doctor/causes/mod.rs`", cause_ids()),
            ("page `docs/causes/ID.md`", pages("docs/causes")),
            ("server in `tests/it/causes/` on which it is found", with_server(true)),
            ("server in `tests/it/causes/` that looks like it and on which it is not found", with_server(false)),
        ],
    );
    assert!(lacking.is_empty(), "{lacking}");
}

#[test]
fn pages_of_causes_have_one_form() {
    for cause in CAUSES {
        let sections: Vec<_> = cause.page.lines().filter(|line| line.starts_with("## ")).collect();
        assert_eq!(cause.page.lines().next(), Some(format!("# {}", cause.id).as_str()), "{}", cause.id);
        let wanted =
            ["What it means", "How it comes about", "How to see it", "How to fix it", "When it is something else"];
        let wanted: Vec<_> = wanted.iter().map(|section| format!("## {section}")).collect();
        assert_eq!(sections, wanted, "{}", cause.id);
        let mut fenced = false;
        for line in cause.page.lines() {
            fenced ^= line.starts_with("```");
            assert!(fenced || line.chars().count() <= 80, "{}: more than 80 columns: {line}", cause.id);
        }
        assert!(!fenced && cause.page.ends_with('\n'), "{}: a fence is not closed", cause.id);
        assert!(cause.page.contains("```"), "{}: no command and no words of the machine", cause.id);
    }
}

#[test]
fn what_a_cause_follows_from_exists_and_comes_before_it() {
    for (at, cause) in CAUSES.iter().enumerate() {
        assert!(
            !cause.summary.ends_with('.') && !cause.summary.is_empty() && cause.summary.len() < 120,
            "{}",
            cause.id
        );
        for parent in cause.follows_from {
            let before = CAUSES.iter().position(|other| other.id == *parent);
            let is_rule = ids().contains(*parent);
            assert!(before.map_or(is_rule, |before| before < at), "{} follows from {parent}", cause.id);
        }
    }
    assert!(FINDINGS_FOLLOW_FROM.iter().all(|id| cause_ids().contains(*id)));
}
