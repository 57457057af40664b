//! `dist-copied`: the bundle has the agent's compiled code, file by file.

use super::compared;
use super::line::ChecklistLine;
use crate::release::workspace::Workspace;
use crate::report::release::Judgement;

pub(super) static LINE: ChecklistLine = ChecklistLine {
    id: "dist-copied",
    summary: "the bundle's dist is the agent's, file by file",
    page: include_str!("../../../docs/checklist/dist-copied.md"),
    judge,
};

fn judge(workspace: &Workspace) -> Judgement {
    let (from, to) = (workspace.places.agent_dist(), workspace.places.bundle_dist());
    let help = format!("copy it, from the repository's root:\nrm -rf {to}\ncp -r {from} {}/", workspace.places.bundle);
    let Some(dist) = &workspace.dist else {
        return Judgement::fail(format!("{from} is not there, so it cannot have been copied"), "build the agent first");
    };
    let Some(copy) = &workspace.bundle_dist else {
        return Judgement::fail(format!("{to} is not there"), help);
    };
    let differences = compared::trees(&dist.tree, &copy.tree);
    if differences.is_empty() {
        return Judgement::pass(format!("{to} is {from}"));
    }
    Judgement::fail(format!("{to} is not {from}"), help).evidence(differences)
}
