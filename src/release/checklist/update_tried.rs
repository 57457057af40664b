//! `update-tried`: the update to this bundle was tried.

use super::line::Line;
use crate::release::workspace::{Trial, Workspace};
use crate::report::release::Judgement;
use crate::report::verdict::Verdict;
use crate::update::rehearsal::{Ending, RehearsalRun};

pub static LINE: Line = Line {
    id: "update-tried",
    summary: "the update to this bundle was tried, as agents of every generation run it",
    page: include_str!("../../../docs/checklist/update-tried.md"),
    judge,
};

fn judge(workspace: &Workspace) -> Judgement {
    let rehearse = format!("see all of it: `bundle-doctor rehearse {}`", workspace.places.published);
    let (rehearsal, verdict) = match &workspace.trial {
        Trial::NotTried => {
            return Judgement::open("the update was not tried", "try it: `bundle-doctor release --rehearse`");
        }
        Trial::Impossible(why) => return Judgement::open(format!("the update could not be tried: {why}"), rehearse),
        Trial::Tried(rehearsal, verdict) => (rehearsal, *verdict),
    };
    let ended = |ending: Ending| rehearsal.runs.iter().filter(move |run| run.ending == ending);
    if verdict == Verdict::Fail {
        let failed: Vec<_> = ended(Ending::Fails).filter(|run| run.allowed.is_none()).map(fault).collect();
        return Judgement::fail("the agent does not start after every update", rehearse).evidence(failed);
    }
    let unknown: Vec<_> = ended(Ending::Inconclusive).map(fault).collect();
    if !unknown.is_empty() {
        return Judgement::open("what becomes of an update cannot be told", rehearse).evidence(unknown);
    }
    let names: Vec<_> = rehearsal.runs.iter().map(|run| run.generation.name()).collect();
    Judgement::pass(format!("the agent started after the update of each generation: {}", names.join(", ")))
}

/// Whose update stopped where, and why.
fn fault(run: &RehearsalRun) -> String {
    let step = run.stopped_at();
    let place = step.map_or_else(String::new, |step| format!("step {}, {}: ", step.number, step.title));
    let why = match (&run.finding, step.and_then(|step| step.note.as_ref())) {
        (Some(finding), _) => format!("{}: {}", finding.rule, finding.message),
        (None, Some(note)) => note.clone(),
        (None, None) => "it failed".to_owned(),
    };
    format!("{}  {place}{why}", run.generation.name())
}
