//! Why there is no rehearsal.

use std::io;

/// Why there is no rehearsal.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// The caller wished to stop.
    #[error("interrupted: everything that was started is ended, and nothing is left behind")]
    Interrupted,
    /// The throw-away folder, or something in it.
    #[error("cannot {what}")]
    Io {
        /// What was tried, with its path.
        what: String,
        /// Why not.
        source: io::Error,
    },
    /// Something that a rehearsal needs is not there.
    #[error("{what}")]
    Missing {
        /// What, and how it was found out.
        what: String,
        /// What to do.
        help: String,
    },
}

impl RehearsalError {
    /// The error of that attempt, for `map_err`.
    pub(super) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}
