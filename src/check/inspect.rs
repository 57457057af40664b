//! Opens, reads and judges one subject.

use super::bundle::{Bundle, Expectations};
use crate::archive;
use crate::node::graph::{follow, follow_restored};
use crate::signing::authenticity::Authenticity;
use crate::tree::directory;
use crate::tree::names::Names;
use crate::tree::reading::{Reading, SourceError};
use crate::tree::snapshot::Snapshot;

/// Reads one subject: a directory, an archive, or `-` for an archive on stdin.
///
/// # Errors
/// [`SourceError`] where the path cannot be opened or read. A damaged archive is no error: it is a
/// snapshot with defects.
pub fn read(path: &str, reading: &Reading<'_>) -> Result<Snapshot, SourceError> {
    match archive::input::open(path)? {
        archive::input::Opened::Directory(directory) => directory::read(path, directory, reading),
        archive::input::Opened::Stream(stream) => archive::walk::read(path, stream, reading),
    }
}

/// A bundle with everything that the rules judge, what following its imports found included.
#[must_use]
pub fn bundle<'a>(
    snapshot: &'a Snapshot,
    names: &'a Names,
    expectations: &'a Expectations,
    authenticity: &'a Authenticity,
) -> Bundle<'a> {
    let bundle = Bundle::new(snapshot, names, expectations, authenticity);
    if !snapshot.tree_is_known() {
        return bundle;
    }
    let (modules, restored) = (follow(&bundle), follow_restored(&bundle));
    bundle.with_modules(modules, restored)
}
