//! `version-bundle`: the bundle's version was raised, to the agent's.

use super::line::ChecklistLine;
use super::versions;
use crate::release::workspace::Workspace;
use crate::report::release::{Judgement, LineStatus};

pub(super) static LINE: ChecklistLine = ChecklistLine {
    id: "version-bundle",
    summary: "the version in the bundle's package.json is the agent's, and higher than the last release",
    page: include_str!("../../../docs/checklist/version-bundle.md"),
    judge,
};

fn judge(workspace: &Workspace) -> Judgement {
    let path = format!("{}/package.json", workspace.places.bundle);
    let agents = format!("{}/package.json", workspace.places.agent);
    let version = match versions::stated(&workspace.bundle_package, &path) {
        Ok(version) => version,
        Err(judgement) => return judgement,
    };
    if let Ok(agent) = versions::stated(&workspace.agent_package, &agents)
        && agent != version
    {
        let help = format!("write \"version\": \"{agent}\" in `{path}`");
        return Judgement::fail(format!("{path} is {version}, and {agents} is {agent}"), help);
    }
    let judgement = versions::raised(&version, &workspace.previous, &path);
    if judgement.status == LineStatus::Pass {
        return Judgement::pass(format!("{path} is {version}, as the agent's"));
    }
    judgement
}
