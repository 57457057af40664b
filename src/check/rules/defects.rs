//! What the reader noted while it read, as observations of the rule that reports it.

use crate::check::bundle::Bundle;
use crate::report::finding::Observation;
use crate::tree::defect::{Defect, DefectKind};

/// What the reader noted of one kind of defect, worded by the rule that reports it.
pub(super) fn of_kind(bundle: &Bundle<'_>, kind: &DefectKind, word: impl Fn(&str) -> String) -> Vec<Observation> {
    let defects = bundle.snapshot.defects.iter().filter(|defect| defect.kind == *kind);
    defects.map(|defect| of_defect(defect, word(&defect.what))).collect()
}

/// One defect with its place, and how often it was met.
pub(super) fn of_defect(defect: &Defect, message: String) -> Observation {
    let observation = Observation::new(message);
    let observation = match &defect.name {
        Some(name) => observation.at(name),
        None => observation,
    };
    observation.first_of("", usize::try_from(defect.count).unwrap_or(usize::MAX), "such entries")
}
