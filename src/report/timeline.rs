//! What happened to a server, oldest first: starts and ends of the agent, its connection, and what came onto the disk.

use super::id::{self, Id};
use super::moment::{self, Moment};
use serde::{Deserialize, Serialize};

/// What kind of thing happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TimelineKind {
    /// The agent was started.
    Start,
    /// It was stopped by somebody.
    Stop,
    /// It ended without being asked to, or could not be started.
    Death,
    /// systemd starts it no more.
    GaveUp,
    /// A step of an update, as far as the disk shows it.
    Update,
    /// It reached the control plane.
    Connected,
    /// It lost the control plane, or did not reach it.
    Disconnected,
}

impl TimelineKind {
    /// Every kind.
    const ALL: [Self; 7] =
        [Self::Start, Self::Stop, Self::Death, Self::GaveUp, Self::Update, Self::Connected, Self::Disconnected];

    /// The kind of that name.
    #[must_use]
    pub(crate) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The word used in every format.
    #[must_use]
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Death => "death",
            Self::GaveUp => "gave-up",
            Self::Update => "update",
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
        }
    }
}

/// One thing that happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct TimelineEvent {
    /// When, or when it was first seen.
    #[serde(with = "moment::rfc3339")]
    pub at: Option<Moment>,
    /// What kind of thing: one of [`TimelineKind`], or one that this version does not know.
    #[serde(deserialize_with = "id::read")]
    pub kind: Id,
    /// In the machine's own words where it has some, printable and without secrets.
    pub text: String,
    /// How often it happened in a row, at least once.
    pub times: u32,
}
