//! What became of a baseline: the findings that a run was told to take as known.

use super::identity::FindingIdentity;
use crate::text;
use serde::{Deserialize, Serialize};

/// A finding as a baseline names it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct KnownFinding {
    /// The rule's id.
    pub rule: String,
    /// Relative to the bundle; nothing where it concerns all of it.
    pub path: Option<String>,
    /// What was seen there.
    pub seen: Option<String>,
    /// In how many places.
    pub count: usize,
}

impl KnownFinding {
    /// So many of that identity.
    #[must_use]
    pub(crate) fn new(identity: FindingIdentity, count: usize) -> Self {
        let FindingIdentity { rule, path, seen } = identity;
        let shown = |text: String| text::printable(&text).into_owned();
        Self { rule, path: path.map(shown), seen: seen.map(shown), count }
    }
}

/// What became of a baseline in a run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct BaselineReport {
    /// Its file, printable.
    pub path: String,
    /// What it holds and no subject has any more.
    pub gone: Vec<KnownFinding>,
}
