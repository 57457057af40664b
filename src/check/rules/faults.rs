//! What the rules about imports share: which faults are theirs, how bad they are, and how a place is shown.

use super::rule::MISPLACED;
use crate::check::bundle::Bundle;
use crate::node::faults::ImportPlace;
use crate::node::modules::Need;
use crate::report::finding::{Observation, Severity};
use crate::tree::nodes::NodeId;

/// Rules that explain every fault of an import away: the files are not where they belong, or what decides how they are
/// loaded is not there.
pub(super) const EXPLAINED_BY: &[&str] =
    &["archive-wrapped", "nested-layout", "entry-point-missing", "package-json-missing", "package-json-invalid"];
const _: () = assert!(MISPLACED.len() == 2, "EXPLAINED_BY repeats MISPLACED");

/// How bad it is: without what is needed for certain the agent does not start.
pub(super) const fn severity(need: Need) -> Severity {
    match need {
        Need::Certain => Severity::Error,
        Need::Optional => Severity::Warning,
    }
}

/// What follows the message where the failure may never be met.
pub(super) const fn unless(need: Need) -> &'static str {
    match need {
        Need::Certain => "Node stops with",
        Need::Optional => "It is not reached at every start, or its failure is caught; where it is reached, node says",
    }
}

/// Starts an observation about an import.
pub(super) fn at_import(bundle: &Bundle<'_>, place: &ImportPlace, message: impl AsRef<str>) -> Observation {
    at_file(bundle, place.file, place.line, message)
        .only(severity(place.need))
        .evidence(format!("'{}'", place.specifier))
}

/// Starts an observation about a line of a file.
pub(super) fn at_file(bundle: &Bundle<'_>, file: NodeId, line: u32, message: impl AsRef<str>) -> Observation {
    Observation::new(message).at(bundle.tree().path(file)).line(Some(line))
}

/// Whether a specifier names the shared package itself, whose absence has rules of its own.
pub(super) fn names_shared(bundle: &Bundle<'_>, specifier: &str) -> bool {
    specifier == bundle.names.shared
}
