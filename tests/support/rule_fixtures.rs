//! Where the fixtures of rules are.

use std::fs;
use std::path::{Path, PathBuf};

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rules")
}

/// The fixtures of one rule, by their names.
pub(crate) fn of_rule(id: &str) -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(folder().join(id))
        .unwrap_or_else(|error| panic!("fixtures/rules/{id}: {error}"))
        .map(|entry| entry.unwrap().path())
        .collect();
    found.sort();
    found
}
