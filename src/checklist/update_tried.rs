//! `update-tried`: the update to this bundle was tried.

use super::Line;
use crate::model::release::Judgement;
use crate::model::workspace::{Rehearsal, Workspace};

pub static LINE: Line = Line {
    id: "update-tried",
    summary: "the update to this bundle was tried, as agents of every generation run it",
    page: include_str!("../../docs/checklist/update-tried.md"),
    judge,
};

fn judge(workspace: &Workspace) -> Judgement {
    let rehearse = format!("try it: `bundle-doctor rehearse {}`", workspace.places.published);
    match &workspace.rehearsal {
        Rehearsal::NotTried => {
            Judgement::open("the update was not tried", "try it: `bundle-doctor release --rehearse`")
        }
        Rehearsal::Impossible(why) => Judgement::open(format!("the update could not be tried: {why}"), rehearse),
        Rehearsal::Tried(generations) => {
            let failed: Vec<_> = generations
                .iter()
                .filter_map(|(name, fault)| fault.as_ref().map(|fault| format!("{name}  {fault}")))
                .collect();
            if failed.is_empty() {
                let names: Vec<_> = generations.iter().map(|(name, _)| name.as_str()).collect();
                return Judgement::pass(format!("the agent started after the update: {}", names.join(", ")));
            }
            Judgement::fail("the agent does not start after the update", rehearse).evidence(failed)
        }
    }
}
