//! The module graph: JavaScript parsed as it is read, and imports followed from the entry point as Node follows them.
//!
//! Two parts that never meet: [`Parsing`] turns the bytes of one file into a [`crate::model::modules::Script`] while a bundle
//! is read, and [`follow`] walks the graph of them once everything is known, since a `package.json` that decides how a file
//! is loaded may come last in an archive.

mod calls;
mod checks;
mod commonjs;
mod declarations;
mod exported;
mod extent;
mod graph;
mod json;
mod lines;
mod parse;
mod record;
mod scopes;
mod words;
mod worker;

use crate::model::bundle::{Bundle, Expectations};
use crate::model::names::Names;
use crate::model::signature::Authenticity;
use crate::model::snapshot::Snapshot;

pub use graph::{follow, follow_restored};
pub use worker::{Parsing, SourceKind, kind_of};

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
