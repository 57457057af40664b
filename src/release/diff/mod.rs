//! What changed between two bundles: version, layout, dependencies, files, and what the rules say of them.
//!
//! Trees are compared as they would stand on a server: kinds, contents, modes and the targets of links. Times are not
//! part of a tree, and owners are for the rules to judge.

mod files;
pub(crate) mod text;

pub(crate) use files::{ChangedNode, DiffNode, DiffPlace, compare};

use crate::check::bundle::Bundle;
use crate::node::package::WrittenDependency;
use crate::report::finding::Finding;
use crate::report::id::{self, Id};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Two bundles, told apart.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Difference {
    /// Whether the trees are the same.
    pub identical: bool,
    /// Whether the trees could be compared: of an archive that is refused it cannot be told what is in it.
    pub compared: bool,
    /// The version that each states, if it states one.
    pub version: [Option<String>; 2],
    /// The layout of each.
    #[serde(deserialize_with = "id::read_two")]
    pub layout: [Id; 2],
    /// What changed in the root `package.json`'s dependencies.
    pub dependencies: Vec<DependencyChange>,
    /// What the second has and the first has not.
    pub added: Vec<DiffPlace>,
    /// What the first has and the second has not.
    pub removed: Vec<DiffPlace>,
    /// What both have, and differs.
    pub changed: Vec<ChangedNode>,
    /// What `check` says of the second and not of the first.
    pub findings_new: Vec<Finding>,
    /// What `check` says of the first and not of the second.
    pub findings_gone: Vec<Finding>,
}

/// A dependency that is not as it was.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) struct DependencyChange {
    /// The package's name.
    pub name: String,
    /// The field it stands in.
    #[serde(deserialize_with = "id::read")]
    pub field: Id,
    /// What the first asks for; nothing if it does not.
    pub before: Option<String>,
    /// What the second asks for; nothing if it does not.
    pub after: Option<String>,
}

/// The dependencies that are not the same in both, by name.
#[must_use]
pub(crate) fn dependencies(a: &Bundle<'_>, b: &Bundle<'_>) -> Vec<DependencyChange> {
    let of = |bundle: &Bundle<'_>| bundle.package.package().map(|package| package.specifiers()).unwrap_or_default();
    let (before, after) = (of(a), of(b));
    let by_place = |all: &[WrittenDependency]| -> HashMap<_, _> {
        all.iter().map(|found| ((found.field, found.place), printable(&found.spec))).collect()
    };
    let (specs_before, specs_after) = (by_place(&before), by_place(&after));
    let spec = |all: &HashMap<_, String>, one: &WrittenDependency| all.get(&(one.field, one.place)).cloned();
    let mut changes: Vec<_> = before
        .iter()
        .chain(&after)
        .map(|one| DependencyChange {
            name: printable(&one.name),
            field: one.field,
            before: spec(&specs_before, one),
            after: spec(&specs_after, one),
        })
        .filter(|change| change.before != change.after)
        .map(|change| {
            // An address may hold credentials, and it may be they that changed.
            let clean = |spec: Option<String>| spec.map(|spec| crate::redact::clean(&spec));
            DependencyChange { before: clean(change.before), after: clean(change.after), ..change }
        })
        .collect();
    changes.sort();
    changes.dedup();
    changes
}

/// The findings of one that the other has not, whatever severity and line they have there.
#[must_use]
pub(crate) fn findings_beside(of: &[Finding], other: &[Finding]) -> Vec<Finding> {
    let key =
        |finding: &Finding| (finding.rule, finding.path.clone(), finding.evidence.clone(), finding.message.clone());
    let known: std::collections::HashSet<_> = other.iter().map(key).collect();
    of.iter().filter(|finding| !known.contains(&key(finding))).cloned().collect()
}

fn printable(words: &str) -> String {
    crate::text::printable(words).into_owned()
}
