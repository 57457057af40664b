//! How a server fares, and what was looked at to tell.

use super::id::{self, Id};
use serde::{Deserialize, Serialize};

/// How a server fares.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Health {
    /// The agent runs, and nothing is wrong.
    Healthy,
    /// The agent runs, and something is wrong: it will not start again, or should be mended.
    Degraded,
    /// The agent does not run.
    Broken,
    /// Nothing bad was seen, but evidence that was needed could not be read.
    Inconclusive,
}

impl Health {
    /// The word used in every format.
    #[must_use]
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Broken => "broken",
            Self::Inconclusive => "inconclusive",
        }
    }
}

/// What became of one of the things that were looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CheckStatus {
    /// As it should be.
    Pass,
    /// Worth a look.
    Warn,
    /// Wrong.
    Fail,
    /// Not looked at, or not readable.
    Skip,
}

/// One of the things that were looked at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct ServerCheck {
    /// Its name: `unit`, `service`, `journal`, …
    #[serde(deserialize_with = "id::read")]
    pub id: Id,
    /// What became of it.
    pub status: CheckStatus,
    /// What was seen, or why nothing was.
    pub message: String,
    /// The command that shows it.
    pub command: Option<String>,
}

/// Something that could not be learnt, for the last line of the report.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct NotChecked {
    /// What: `the journal`.
    #[serde(deserialize_with = "id::read")]
    pub what: Id,
    /// Why not.
    pub because: String,
    /// What would help.
    pub help: Option<String>,
}
