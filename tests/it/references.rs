//! What comments and pages cite of `docs/reference/` is there: the page, and the heading that is named.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders and files of the repository in which citations stand.
const CITING: [&str; 9] =
    ["README.md", "CHANGELOG.md", "Cargo.toml", "docs", "src", "tests", "benches", "examples", "fixtures"];

/// Papers that a reader of the repository does not have, in pieces, so that this file does not cite them.
const NOT_HERE: [[&str; 2]; 7] = [
    ["FIELD", "-FACTS"],
    ["TAR", "-TRUTH"],
    ["CONTRACT", ".md"],
    ["OUTPUT", ".md"],
    ["../shared/", "reference"],
    ["../shared/", "ARCHITECTURE"],
    ["work/", "shared"],
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(at: &Path) -> Vec<PathBuf> {
    if !at.is_dir() {
        return if at.is_file() { vec![at.to_path_buf()] } else { Vec::new() };
    }
    let inside = fs::read_dir(at).unwrap().map(|entry| entry.unwrap().path());
    inside
        .filter(|path| !path.ends_with("target") && !path.ends_with("__pycache__"))
        .flat_map(|path| files(&path))
        .collect()
}

/// Every text in which citations stand, with its path.
fn texts() -> Vec<(String, String)> {
    let all = CITING.iter().flat_map(|part| files(&root().join(part)));
    let named = |path: &Path| path.strip_prefix(root()).unwrap().display().to_string();
    all.filter_map(|path| Some((named(&path), fs::read_to_string(&path).ok()?))).collect()
}

/// The headings of each page of `docs/reference/`, by the page's path.
fn headings() -> BTreeMap<String, Vec<String>> {
    let pages = files(&root().join("docs/reference"));
    let read = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        let headings = text.lines().filter(|line| line.starts_with('#')).map(str::to_owned).collect();
        (path.strip_prefix(root()).unwrap().display().to_string(), headings)
    };
    pages.iter().map(read).collect()
}

/// The lines of a text as one, without what begins a comment, so that a citation may be broken anywhere.
fn joined(text: &str) -> String {
    let plain = |line: &str| line.trim().trim_start_matches(['/', '!', '#', '*']).trim().to_owned();
    text.lines().map(plain).collect::<Vec<_>>().join(" ")
}

/// Each `docs/reference/PAGE.md` with the headings in quotes that follow it: `PAGE.md, "One", "Two"`.
fn citations(text: &str) -> Vec<(String, Vec<String>)> {
    const FOLDER: &str = "docs/reference/";
    let mut found = Vec::new();
    for (at, _) in text.match_indices(FOLDER) {
        let rest = &text[at + FOLDER.len()..];
        let Some(end) = rest.find(".md") else { continue };
        let page = &rest[..end];
        if !page.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            continue;
        }
        let mut after = &rest[end + ".md".len()..];
        let mut named = Vec::new();
        while let Some((heading, more)) = after.strip_prefix(", \"").and_then(|quoted| quoted.split_once('"')) {
            named.push(heading.to_owned());
            after = more;
        }
        found.push((format!("{FOLDER}{page}.md"), named));
    }
    found
}

#[test]
fn what_is_cited_is_there() {
    let (headings, mut wrong, mut followed) = (headings(), Vec::new(), 0);
    for (path, text) in texts().iter().filter(|(path, _)| path != "tests/it/references.rs") {
        for (page, named) in citations(&joined(text)) {
            followed += 1;
            let Some(known) = headings.get(&page) else {
                wrong.push(format!("{path} cites {page}, which is not there"));
                continue;
            };
            let missing = named.iter().filter(|name| !known.iter().any(|heading| heading.contains(*name)));
            wrong.extend(missing.map(|name| format!("{path} cites \"{name}\" of {page}, which has no such heading")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(followed > 40, "only {followed} citations were found: are they written in another way now?");
}

/// A file that cites the update's document may name its sections alone: `(section "Étape 4")`.
#[test]
fn sections_of_the_source_document_are_headings() {
    let page = "docs/reference/update-mechanism.md";
    let (headings, mut wrong) = (headings(), Vec::new());
    let of_sources = |path: &str| path.starts_with("src/") && path.ends_with(".rs");
    for (path, text) in texts().iter().filter(|(path, text)| of_sources(path) && text.contains(page)) {
        let text = joined(text);
        let quoted = |from: &str| from.split_once('"').map(|(name, _)| name.to_owned());
        let one = text.match_indices("(section \"").map(|(at, start)| &text[at + start.len()..]);
        let many = text.match_indices("(sections \"").map(|(at, start)| &text[at + start.len()..]);
        for name in one.chain(many).filter_map(quoted) {
            if !headings[page].iter().any(|heading| heading.contains(&name)) {
                wrong.push(format!("{path} cites section \"{name}\", which {page} does not have"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_is_cited_that_a_reader_does_not_have() {
    let mut wrong = Vec::new();
    for (path, text) in texts() {
        for (number, line) in text.lines().enumerate() {
            let found = NOT_HERE.iter().map(|pieces| pieces.concat()).find(|name| line.contains(name));
            wrong.extend(found.map(|name| format!("{path}:{}: cites {name}", number + 1)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Pages say where the code keeps a rule; a file that moves takes its mention along.
#[test]
fn paths_in_the_reference_are_there() {
    let mut wrong = Vec::new();
    for page in files(&root().join("docs/reference")) {
        let text = fs::read_to_string(&page).unwrap();
        for word in text.split('`').filter(|word| word.starts_with("src/") || word.starts_with("tests/lab/")) {
            let path = word.split(' ').next().unwrap_or(word);
            if !root().join(path).exists() {
                wrong.push(format!("{}: names {path}, which is not there", page.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
