//! What makes a finding this one, whichever bundle it is in and wherever its line has moved to: its rule, its place, and what was
//! seen there. What the rule says of it has a part in it only where nothing of the bundle is quoted, and how bad it is has none.

use super::finding::{FIRST_OF, Finding};
use sha2::{Digest, Sha256};

/// Two findings of one identity are the same finding.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct FindingIdentity {
    /// The rule's id.
    pub rule: String,
    /// Relative to the bundle; nothing where it concerns all of it.
    pub path: Option<String>,
    /// The bundle's own words, without a count; of a finding that quotes none, what is said of it.
    pub seen: Option<String>,
}

impl FindingIdentity {
    /// Of a finding.
    #[must_use]
    pub(crate) fn of(finding: &Finding) -> Self {
        let counted = |seen: &str| match seen.rsplit_once(FIRST_OF) {
            Some((before, _)) if finding.places > 1 => before.trim_end_matches(", ").to_owned(),
            _ => seen.to_owned(),
        };
        let filled = |text: &String| !text.is_empty();
        Self {
            rule: finding.rule.to_owned(),
            path: finding.path.clone().filter(filled),
            seen: match finding.evidence.as_deref() {
                Some(evidence) => Some(counted(evidence)).filter(filled),
                // Faults that quote nothing are told apart by their message alone: another one is new.
                None => Some(finding.message.clone()).filter(filled),
            },
        }
    }

    /// SHA-256 in hex over it; a second finding of the same identity counts on.
    #[must_use]
    pub(crate) fn fingerprint(&self, occurrence: usize) -> String {
        let mut hash = Sha256::new();
        for part in [Some(self.rule.as_str()), self.path.as_deref(), self.seen.as_deref()] {
            hash.update(part.unwrap_or_default());
            hash.update([0]);
        }
        if occurrence > 0 {
            hash.update(occurrence.to_string());
        }
        crate::text::hex(&hash.finalize())
    }
}
