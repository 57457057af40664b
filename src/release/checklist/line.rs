//! What a line of the checklist is. Lines name this file; the table in `mod.rs` names the lines.

use crate::release::workspace::Workspace;
use crate::report::release::Judgement;

/// One line of the checklist.
pub(crate) struct ChecklistLine {
    /// Its name, which is also its file's and its page's.
    pub id: &'static str,
    /// One sentence: what holds where it is ticked.
    pub summary: &'static str,
    /// Its page in `docs/checklist/`, which `explain` prints.
    pub page: &'static str,
    /// What it sees in a repository.
    pub judge: fn(&Workspace) -> Judgement,
}
