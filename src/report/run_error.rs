//! Why a run could not judge.

use serde::{Deserialize, Serialize};

/// Why a run could not judge (exit code 2).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct RunError {
    /// What was tried and what was found, printable.
    pub message: String,
    /// On which path, printable.
    pub path: Option<String>,
    /// What to do.
    pub help: Option<String>,
}
