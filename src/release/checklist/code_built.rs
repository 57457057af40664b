//! `code-built`: the agent is compiled, from the sources that are there now.

use super::compared;
use super::line::Line;
use crate::release::workspace::{Build, Workspace};
use crate::report::release::Judgement;

pub static LINE: Line = Line {
    id: "code-built",
    summary: "the agent is compiled, from the sources that are there now",
    page: include_str!("../../../docs/checklist/code-built.md"),
    judge,
};

fn judge(workspace: &Workspace) -> Judgement {
    let agent = &workspace.places.agent;
    let place = workspace.places.agent_dist();
    let build = format!("build it:\n(cd {agent} && pnpm build)");
    let entry = workspace.names.entry.strip_prefix("dist/").unwrap_or(&workspace.names.entry);
    let Some(dist) = &workspace.dist else {
        return Judgement::fail(format!("{place} is not there"), build);
    };
    if dist.tree.resolved_size(entry.as_bytes()).is_none_or(|size| size == 0) {
        return Judgement::fail(format!("{place}/{entry} is not there, or empty"), build);
    }
    match &workspace.dist_build {
        Build::Failed(words) => {
            Judgement::fail(format!("the build of {agent} fails"), "repair it, and build again").evidence(words.lines())
        }
        Build::Again(rebuilt) => {
            let differences = compared::trees(&rebuilt.tree, &dist.tree);
            if differences.is_empty() {
                return Judgement::pass(format!("{place} is what a build of the sources gives"));
            }
            Judgement::fail(format!("{place} is not what a build of the sources gives"), build).evidence(differences)
        }
        Build::CheckedOut => Judgement::open(
            format!("{place} is as git checked it out, so its times say nothing of its sources"),
            "compile it again and compare: `bundle-doctor release --build`",
        ),
        Build::Times { source: Some(source), built: Some(built) } if source.time > built.time => {
            Judgement::fail(format!("{} is newer than everything in {place}", source.path), build)
        }
        Build::Times { source: None, .. } => Judgement::open(
            format!("{agent}/src is not there, so {place} cannot be compared with it"),
            "run it where the sources are",
        ),
        Build::Times { .. } => Judgement::pass(format!("{place} is not older than its sources")),
    }
}
