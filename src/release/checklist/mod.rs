//! The checklist before a release (docs/reference/update-mechanism.md, "Checklist Avant Release"): one file a line, and the
//! table that names them all, in the document's order.
//!
//! A line is a pure function from a [`Workspace`] to what it saw. It ticks nothing that it could not tell.

mod archive_published;
mod code_built;
mod compared;
mod copied_sources;
mod dist_copied;
mod installers_fit;
mod line;
mod no_workspace;
mod shared_copied;
mod update_tried;
mod version_agent;
mod version_bundle;
mod versions;

pub(crate) use line::ChecklistLine;

use crate::release::workspace::Workspace;
use crate::report::policy::Policy;
use crate::report::release::{LineReport, LineStatus, ReleaseReport};
use crate::report::verdict::{FailOn, Verdict};

/// Every line, in the document's order.
pub(crate) static LINES: &[&ChecklistLine] = &[
    &version_agent::LINE,
    &version_bundle::LINE,
    &code_built::LINE,
    &dist_copied::LINE,
    &shared_copied::LINE,
    &no_workspace::LINE,
    &archive_published::LINE,
    &update_tried::LINE,
];

/// The line of that id.
#[must_use]
pub(crate) fn find(id: &str) -> Option<&'static ChecklistLine> {
    LINES.iter().copied().find(|line| line.id == id)
}

/// Walks the whole checklist. A line that fails fails the run, unless nothing is to fail it.
#[must_use]
pub(crate) fn walk(workspace: &Workspace, repo: &str, policy: &Policy) -> ReleaseReport {
    let lines: Vec<_> =
        LINES.iter().map(|line| LineReport { id: line.id, judgement: (line.judge)(workspace) }).collect();
    let fails = lines.iter().any(|line| line.judgement.status == LineStatus::Fail) && policy.fail_on != FailOn::Never;
    let version = workspace.agent_package.package().and_then(|package| package.string("version"));
    ReleaseReport {
        repo: crate::text::printable(repo).into_owned(),
        version: version.map(|version| crate::text::printable(version).into_owned()),
        verdict: if fails { Verdict::Fail } else { Verdict::Pass },
        caveats: update_tried::caveats(workspace),
        lines,
    }
}
