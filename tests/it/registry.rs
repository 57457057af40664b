//! The registry tests itself: nothing about a rule is forgotten, and each thing has one name.

use crate::fixtures::{folder, of_rule};
use bundle_doctor::check::rules::{Judges, RULES};
use bundle_doctor::doctor::causes::{CAUSES, FINDINGS_FOLLOW_FROM};
use bundle_doctor::release::checklist::LINES;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Rules about signatures: a fixture in text cannot hold one, `tests/it/signing.rs` makes them.
const WITHOUT_FIXTURES: [&str; 5] =
    ["signature-missing", "signature-invalid", "signature-untrusted", "signature-binding", "checksum-mismatch"];

/// Modules in `src/check/rules/` that are no rules but help several.
const HELPERS: [&str; 6] = ["mod", "faults", "links", "modes", "bounded", "specifiers"];

/// Rules of docs/reference/contract.md, "Rules to come", that causes name already.
const LATER: [&str; 0] = [];

fn names_in(folder: &Path, ending: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    entries.filter_map(|name| name.strip_suffix(ending).map(str::to_owned)).collect()
}

fn ids() -> BTreeSet<String> {
    RULES.iter().map(|rule| rule.id.to_owned()).collect()
}

#[test]
fn ids_are_unique_and_are_the_names_of_files_pages_and_fixtures() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert_eq!(ids().len(), RULES.len(), "an id stands twice in the table");
    let files: BTreeSet<_> = names_in(&root.join("src/check/rules"), ".rs")
        .into_iter()
        .filter(|name| !HELPERS.contains(&name.as_str()))
        .map(|name| name.replace('_', "-"))
        .collect();
    assert_eq!(files, ids(), "src/check/rules/ and the table differ");
    assert_eq!(names_in(&root.join("docs/rules"), ".md"), ids(), "docs/rules/ and the table differ");
    let with_fixtures: BTreeSet<_> = ids().into_iter().filter(|id| !WITHOUT_FIXTURES.contains(&id.as_str())).collect();
    assert_eq!(names_in(&folder(), ""), with_fixtures, "fixtures/rules/ and the table differ");
}

#[test]
fn every_rule_has_a_bad_and_a_good_fixture() {
    for rule in RULES.iter().filter(|rule| !WITHOUT_FIXTURES.contains(&rule.id)) {
        let names: Vec<_> =
            of_rule(rule.id).iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
        for start in ["bad-", "good-"] {
            assert!(names.iter().any(|name| name.starts_with(start)), "{} has no {start} fixture", rule.id);
        }
        assert!(
            names.iter().all(|name| name.starts_with("bad-") || name.starts_with("good-")),
            "{}: {names:?}",
            rule.id
        );
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

#[test]
fn lines_of_the_checklist_are_the_names_of_files_and_pages() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let lines: BTreeSet<_> = LINES.iter().map(|line| line.id.to_owned()).collect();
    assert_eq!(lines.len(), LINES.len(), "an id stands twice in the table");
    let files: BTreeSet<_> = names_in(&root.join("src/release/checklist"), ".rs")
        .into_iter()
        .filter(|name| !["mod", "compared", "versions"].contains(&name.as_str()))
        .map(|name| name.replace('_', "-"))
        .collect();
    assert_eq!(files, lines, "src/release/checklist/ and the table differ");
    assert_eq!(names_in(&root.join("docs/checklist"), ".md"), lines, "docs/checklist/ and the table differ");
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

#[test]
fn later_rules_are_not_half_there() {
    for id in LATER {
        assert!(!ids().contains(id), "{id} is there: take it off this list");
    }
}

/// Modules in `src/doctor/causes/` that are no causes but help several.
const CAUSE_HELPERS: [&str; 7] = ["mod", "crash", "evidence", "findings", "fix", "halted_update", "started"];

fn cause_ids() -> BTreeSet<String> {
    CAUSES.iter().map(|cause| cause.id.to_owned()).collect()
}

#[test]
fn ids_of_causes_are_unique_and_are_the_names_of_files_and_pages() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert_eq!(cause_ids().len(), CAUSES.len(), "an id stands twice in the table");
    let files: BTreeSet<_> = names_in(&root.join("src/doctor/causes"), ".rs")
        .into_iter()
        .filter(|name| !CAUSE_HELPERS.contains(&name.as_str()))
        .map(|name| name.replace('_', "-"))
        .collect();
    assert_eq!(files, cause_ids(), "src/doctor/causes/ and the table differ");
    assert_eq!(names_in(&root.join("docs/causes"), ".md"), cause_ids(), "docs/causes/ and the table differ");
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
            let is_rule = ids().contains(*parent) || LATER.contains(parent);
            assert!(before.map_or(is_rule, |before| before < at), "{} follows from {parent}", cause.id);
        }
    }
    assert!(FINDINGS_FOLLOW_FROM.iter().all(|id| cause_ids().contains(*id)));
}
