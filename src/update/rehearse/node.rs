//! The node that the agent is started with.

use super::error::RehearsalError;
use crate::update::documented_paths;
use std::path::PathBuf;

/// The node that the written unit starts.
pub(super) struct RehearsalNode {
    /// Its path.
    pub path: PathBuf,
    /// Whether it is the one that the document names.
    pub documented: bool,
}

/// Finds it.
pub(super) fn find() -> Result<RehearsalNode, RehearsalError> {
    let documented = PathBuf::from(documented_paths::NODE);
    if documented.is_file() {
        return Ok(RehearsalNode { path: documented, documented: true });
    }
    let found = crate::host::find_program("node").ok_or_else(|| RehearsalError::Missing {
        what: format!("there is no node: neither {} nor `node` in PATH", documented_paths::NODE),
        help: "install the node that the servers have, then rehearse again".to_owned(),
    })?;
    Ok(RehearsalNode { path: found, documented: false })
}
