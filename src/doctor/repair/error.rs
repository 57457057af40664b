//! Why a repair did not go on.

use std::io;

/// Why it did not.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RepairError {
    /// A command of the plan failed.
    #[error("`{command}` failed: {words}")]
    Command {
        /// As it would be typed.
        command: String,
        /// The end of what it said, or how it ended.
        words: String,
    },
    /// What was made is not fit to be put in place.
    #[error("{0}")]
    NotProven(String),
    /// Something on the disk is not as it was left.
    #[error("{0}")]
    Changed(String),
    /// The system refused.
    #[error("{what}: {reason}")]
    Io {
        /// What was tried.
        what: String,
        /// What it said.
        reason: io::Error,
    },
    /// There is nothing to gain by going on.
    #[error("{0}")]
    NotNeeded(String),
    /// The user wished to stop.
    #[error("interrupted")]
    Interrupted,
}

impl RepairError {
    /// This and what came of another way to do the same; a wish to stop is one whatever was before it.
    pub(super) fn and(self, other: Self) -> Self {
        match other {
            Self::Interrupted => other,
            other => Self::NotProven(format!("{self}\n{other}")),
        }
    }

    /// With what was tried.
    pub(super) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |reason| Self::Io { what, reason }
    }
}
