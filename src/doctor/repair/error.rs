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
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// What it said.
        source: io::Error,
    },
    /// There is nothing to gain by going on.
    #[error("{0}")]
    NotNeeded(String),
    /// The user wished to stop.
    #[error("interrupted")]
    Interrupted,
}

impl RepairError {
    /// With what was tried.
    pub(super) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}
