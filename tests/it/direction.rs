//! The direction of dependencies: reads the `use` lines and names the offending one.

use std::fs;
use std::path::{Path, PathBuf};

/// For each part of `src`, the parts of the crate it may name. `text` is a leaf that everything may name.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("text.rs", &[]),
    ("model", &["model", "text"]),
    ("layout.rs", &["model"]),
    ("update", &["model", "layout"]),
    ("rehearsal", &["rehearsal", "host", "layout", "model", "redact", "text", "update"]),
    ("rules", &["rules", "model", "update", "layout", "redact", "text"]),
    ("engine.rs", &["rules", "model", "text"]),
    ("signing", &["signing", "model"]),
    ("imports", &["imports", "layout", "model", "text"]),
    ("source", &["source", "imports", "model", "text"]),
    ("pack", &["pack", "model"]),
    ("diff", &["diff", "model", "text"]),
    ("checklist", &["checklist", "model", "pack", "text"]),
    ("render", &["render", "causes", "checklist", "diff", "model", "pack", "rules", "signing", "text"]),
    ("config.rs", &["causes", "layout", "model", "rules", "source", "text"]),
    ("cli", &["cli", "config", "model", "pack", "source", "text"]),
    ("exit_code.rs", &["model"]),
    ("host", &["host"]),
    ("redact.rs", &["redact"]),
    ("causes", &["causes", "layout", "model", "text"]),
    ("diagnose", &["causes", "model", "text"]),
    ("probe", &["probe", "host", "model", "layout", "redact", "text"]),
];

/// What judgement must not touch: files, processes, the environment, the clock.
const PURE: &[&str] = &[
    "imports",
    "model",
    "update",
    "rules",
    "engine.rs",
    "causes",
    "diagnose",
    "layout.rs",
    "signing",
    "render",
    "redact.rs",
    "probe",
    "pack",
    "diff",
    "checklist",
];
const WORLD: [&str; 6] = ["std::fs", "std::process", "std::env", "std::net", "SystemTime", "Instant::now"];

fn files(part: &Path) -> Vec<PathBuf> {
    if part.is_file() {
        return vec![part.to_path_buf()];
    }
    let mut found: Vec<_> = fs::read_dir(part).unwrap().flat_map(|entry| files(&entry.unwrap().path())).collect();
    found.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    found
}

/// The code of a file without its unit tests, line by line.
fn code(path: &Path) -> Vec<(usize, String)> {
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().enumerate().take_while(|(_, line)| !line.starts_with("#[cfg(test)]"));
    lines.filter(|(_, line)| !line.trim_start().starts_with("//")).map(|(at, line)| (at + 1, line.to_owned())).collect()
}

fn is_test_only(path: &Path) -> bool {
    path.components().any(|component| component.as_os_str() == "tests") || path.ends_with("tests.rs")
}

#[test]
fn each_part_names_only_what_stands_before_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut offending = Vec::new();
    for (part, allowed) in MAY_NAME {
        for path in files(&src.join(part)).into_iter().filter(|path| !is_test_only(path)) {
            for (line, code) in code(&path) {
                for named in code.split("crate::").skip(1) {
                    let named = named.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
                    if !allowed.contains(&named) {
                        offending.push(format!(
                            "{}:{line}: {part} must not name `{named}`: {}",
                            path.display(),
                            code.trim()
                        ));
                    }
                }
            }
        }
    }
    assert!(offending.is_empty(), "{}", offending.join("\n"));
}

#[test]
fn judgement_does_not_touch_the_world() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut offending = Vec::new();
    for part in PURE {
        for path in files(&src.join(part)).into_iter().filter(|path| !is_test_only(path)) {
            for (line, code) in code(&path) {
                offending.extend(
                    WORLD
                        .iter()
                        .filter(|word| code.contains(*word))
                        .map(|word| format!("{}:{line}: {part} must not name `{word}`", path.display())),
                );
            }
        }
    }
    assert!(offending.is_empty(), "{}", offending.join("\n"));
}

/// Only `host` asks for the time, the environment or another process.
#[test]
fn commands_ask_the_world_through_host() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut offending = Vec::new();
    for path in files(&src.join("commands")) {
        for (line, code) in code(&path) {
            let words = ["std::process", "env::var", "SystemTime", "std::net"];
            offending.extend(
                words
                    .iter()
                    .filter(|word| code.contains(*word))
                    .map(|word| format!("{}:{line}: {word}", path.display())),
            );
        }
    }
    assert!(offending.is_empty(), "{}", offending.join("\n"));
}

#[test]
fn every_part_of_the_house_has_its_place_in_the_table() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in fs::read_dir(src).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let free = ["main.rs", "lib.rs", "commands"].contains(&name.as_str());
        assert!(free || MAY_NAME.iter().any(|(part, _)| *part == name), "src/{name} is not in the table");
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for part in ["src", "tests", "examples"] {
        for path in files(&root.join(part)) {
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.starts_with("//!"), "{} does not open with `//!`", path.display());
        }
    }
}
