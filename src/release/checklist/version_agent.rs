//! `version-agent`: the agent's version was raised.

use super::line::ChecklistLine;
use super::versions;
use crate::release::workspace::Workspace;
use crate::report::release::Judgement;

pub(super) static LINE: ChecklistLine = ChecklistLine {
    id: "version-agent",
    summary: "the version in the agent's package.json is higher than the last release",
    page: include_str!("../../../docs/checklist/version-agent.md"),
    judge,
};

fn judge(workspace: &Workspace) -> Judgement {
    let path = format!("{}/package.json", workspace.places.agent);
    match versions::stated(&workspace.agent_package, &path) {
        Ok(version) => versions::raised(&version, &workspace.previous, &path),
        Err(judgement) => judgement,
    }
}
