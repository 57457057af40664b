//! `bundle.txt`: what stands in the bundles that were judged, for people, and not too much of it.

use crate::text;
use crate::tree::nodes::{NodeKind, Tree};
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

/// Lines of one bundle.
const MAX_LINES: usize = 1500;
/// Bytes of a line: a path may have 4096.
const MAX_LINE: usize = 300;

/// Collects the listings of bundles as they are read.
#[derive(Default)]
pub(crate) struct BundleListing {
    written: Mutex<Vec<String>>,
}

impl BundleListing {
    /// Writes down what stands in a bundle: what is installed only as the names of packages.
    pub(crate) fn add(&self, path: &str, tree: &Tree) {
        let mut out = format!("{}: {}\n", text::printable(path), text::plural(tree.len() as u64, "entry"));
        let mut lines = 0_usize;
        let mut left = 0_u64;
        for id in tree.sorted() {
            let place = tree.path(id).to_string();
            if is_inside_a_package(&place) {
                continue;
            }
            if lines >= MAX_LINES {
                left += 1;
                continue;
            }
            lines += 1;
            let mode = tree.meta(id).mode;
            let place: String = place.chars().take(MAX_LINE).collect();
            let _ = match tree.kind(id) {
                NodeKind::Directory => writeln!(out, "  {mode:04o} {:>10}  {place}/", "folder"),
                NodeKind::Link => {
                    let target: String = text::printable_bytes(tree.target(id)).chars().take(MAX_LINE).collect();
                    writeln!(out, "       {:>10}  {place} -> {target}", "link")
                }
                NodeKind::File(_) => {
                    let size = tree.file(id).map_or(0, |file| file.size);
                    writeln!(out, "  {mode:04o} {size:>10}  {place}")
                }
                NodeKind::Special(_) => writeln!(out, "  {mode:04o} {:>10}  {place}", "special"),
            };
        }
        if left > 0 {
            let _ = writeln!(out, "  and {left} more");
        }
        self.written.lock().unwrap_or_else(PoisonError::into_inner).push(out);
    }

    /// All of them, in the order of their paths.
    #[must_use]
    pub(crate) fn text(&self) -> String {
        let mut all = self.written.lock().unwrap_or_else(PoisonError::into_inner).clone();
        all.sort();
        all.join("\n")
    }
}

/// Whether a path is inside an installed package that is not ours.
fn is_inside_a_package(path: &str) -> bool {
    let Some((_, inside)) = path.split_once("node_modules/") else { return false };
    if inside.starts_with("@server-flow/") {
        return inside.matches("node_modules/").count() > 0;
    }
    let names = if inside.starts_with('@') { 2 } else { 1 };
    inside.split('/').count() > names
}
