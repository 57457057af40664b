//! Ids of rules, causes and checks, as they come back from a saved report: also those that this version does not know.

use serde::{Deserialize, Deserializer};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// The id of a rule, a cause, a check or a line of the checklist.
pub(crate) type Id = &'static str;

/// Most ids that are kept: there are about two hundred, and a report is untrusted.
const MAX_IDS: usize = 4096;
/// Most bytes of one.
const MAX_ID: usize = 100;
/// What stands for an id beyond these.
const TOO_MUCH: Id = "(an id beyond the limits)";

static KEPT: Mutex<BTreeSet<Id>> = Mutex::new(BTreeSet::new());

/// An id that lives as long as the program: the same text is kept once, and no more than [`MAX_IDS`] of them.
#[must_use]
pub(crate) fn kept(id: &str) -> Id {
    if id.len() > MAX_ID {
        return TOO_MUCH;
    }
    let mut all = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = all.get(id) {
        return found;
    }
    if all.len() >= MAX_IDS {
        return TOO_MUCH;
    }
    let found: Id = Box::leak(id.into());
    all.insert(found);
    found
}

/// Reads an id of a saved report.
pub(crate) fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Id, D::Error> {
    String::deserialize(from).map(|id| kept(&id))
}

/// Reads one that may be absent.
pub(crate) fn read_one<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Id>, D::Error> {
    Option::<String>::deserialize(from).map(|id| id.map(|id| kept(&id)))
}

/// Reads two.
pub(crate) fn read_two<'de, D: Deserializer<'de>>(from: D) -> Result<[Id; 2], D::Error> {
    <[String; 2]>::deserialize(from).map(|ids| ids.each_ref().map(|id| kept(id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_kept_once_and_whatever_it_is() {
        let (a, b) = (kept("rule-of-tomorrow"), kept(&String::from("rule-of-tomorrow")));
        assert_eq!(a, "rule-of-tomorrow");
        assert!(std::ptr::eq(a, b), "the same text is kept once");
        assert_eq!(kept(&"x".repeat(MAX_ID + 1)), TOO_MUCH);
    }
}
