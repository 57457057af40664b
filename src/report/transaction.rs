//! What came of a repair or an update, as plain data: the JSON documents of `docs/repair.schema.json` and
//! `docs/update.schema.json`, written and read back by one definition.

use super::server::Health;
use serde::{Deserialize, Serialize};

/// Which of the two it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Deed {
    /// `repair`.
    Repair,
    /// `update`.
    Update,
}

impl Deed {
    /// The command.
    #[must_use]
    pub(crate) const fn command(self) -> &'static str {
        match self {
            Self::Repair => "repair",
            Self::Update => "update",
        }
    }
}

/// What came of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RepairVerdict {
    /// The agent is up and connected.
    Repaired,
    /// Nothing was to be done.
    NothingToDo,
    /// The plan was printed, and nothing done.
    Planned,
    /// The user did not want it.
    Declined,
    /// It did not help, and everything is as it was before.
    NotRepaired,
    /// It did not help, and not everything could be put back.
    Stuck,
    /// The last repair or update was taken back.
    Undone,
    /// It went on in a unit of its own, whose report is in the journal.
    Moved,
}

impl RepairVerdict {
    const ALL: [Self; 8] = [
        Self::Repaired,
        Self::NothingToDo,
        Self::Planned,
        Self::Declined,
        Self::NotRepaired,
        Self::Stuck,
        Self::Undone,
        Self::Moved,
    ];

    /// The word of the document.
    #[must_use]
    pub(crate) const fn name(self, deed: Deed) -> &'static str {
        match self {
            Self::Repaired if matches!(deed, Deed::Update) => "updated",
            Self::NotRepaired if matches!(deed, Deed::Update) => "not-updated",
            Self::Moved => "moved",
            Self::Repaired => "repaired",
            Self::NothingToDo => "nothing-to-do",
            Self::Planned => "planned",
            Self::Declined => "declined",
            Self::NotRepaired => "not-repaired",
            Self::Stuck => "stuck",
            Self::Undone => "undone",
        }
    }

    /// The verdict that this word is.
    #[must_use]
    pub(crate) fn named(name: &str, deed: Deed) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name(deed) == name)
    }

    /// What stands behind the unit's name.
    #[must_use]
    pub(crate) const fn words(self, deed: Deed) -> &'static str {
        match (self, deed) {
            (Self::Repaired, Deed::Repair) => "is repaired",
            (Self::Repaired, Deed::Update) => "is updated",
            (Self::NothingToDo, Deed::Repair) => "needs no repair",
            (Self::NothingToDo, Deed::Update) => "needs no update",
            (Self::Planned, Deed::Repair) => "would be repaired so; nothing was changed",
            (Self::Planned, Deed::Update) => "would be updated so; nothing was changed",
            (Self::Declined, _) => "is left as it is",
            (Self::NotRepaired, Deed::Repair) => "is not repaired, and as it was before",
            (Self::NotRepaired, Deed::Update) => "is not updated, and as it was before",
            (Self::Stuck, Deed::Repair) => "is not repaired, and not as it was before",
            (Self::Stuck, Deed::Update) => "is not updated, and not as it was before",
            (Self::Undone, _) => "is taken back to what it was before",
            (Self::Moved, _) => "was left to another unit, since a restart would have ended this one",
        }
    }
}

/// What came of a repair or an update.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct TransactionReport {
    /// Which it is.
    pub deed: Deed,
    /// The document's `verdict`.
    pub verdict: RepairVerdict,
    /// The rest of it.
    pub body: TransactionBody,
}

/// The fields of the document that no other has.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct TransactionBody {
    /// The unit.
    pub unit: String,
    /// What the plan of a repair mends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causes: Option<Vec<String>>,
    /// The versions of an update.
    #[serde(flatten)]
    pub versions: Option<Versions>,
    /// What was to be done, in order.
    pub plan: Vec<TransactionStep>,
    /// How the server fares now, where that was looked at.
    pub health: Option<Health>,
    /// Why it did not help, or what is left to do.
    pub why: Vec<String>,
    /// What was replaced or tried, where it is kept.
    pub kept: Vec<String>,
}

/// The version that was deployed before, and the one that is now.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Versions {
    /// Before.
    pub from: Option<String>,
    /// Now.
    pub to: Option<String>,
}

/// One step of a plan, for people.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct TransactionStep {
    /// What it does.
    pub what: String,
    /// The path that it touches.
    pub path: Option<String>,
    /// What stood there before.
    pub replaces: Option<String>,
    /// How it is undone.
    pub undone: String,
}

impl TransactionReport {
    /// Whether the run failed: nothing is as it was wanted.
    #[must_use]
    pub(crate) const fn fails(&self) -> bool {
        matches!(self.verdict, RepairVerdict::NotRepaired | RepairVerdict::Stuck | RepairVerdict::Declined)
    }

    /// The unit's name, and the verdict in words.
    #[must_use]
    pub(crate) fn headline(&self) -> (&str, &'static str) {
        let unit = &self.body.unit;
        (unit.strip_suffix(".service").unwrap_or(unit), self.verdict.words(self.deed))
    }

    /// From which version to which, where both are known.
    #[must_use]
    pub(crate) fn versions(&self) -> Option<String> {
        match self.body.versions.as_ref()? {
            Versions { from: Some(from), to: Some(to) } => Some(format!("{from} → {to}")),
            _ => None,
        }
    }
}
