//! `update-tried`: the update to this bundle was tried.

use super::line::ChecklistLine;
use crate::release::workspace::{Published, UpdateTrial, Workspace};
use crate::report::finding::{Finding, Severity};
use crate::report::release::Judgement;
use crate::report::verdict::Verdict;
use crate::update::rehearsal::{Ending, RehearsalRun};

pub(super) static LINE: ChecklistLine = ChecklistLine {
    id: "update-tried",
    summary: "the update to this bundle was tried, as agents of every generation run it",
    page: include_str!("../../../docs/checklist/update-tried.md"),
    judge,
};

fn judge(workspace: &Workspace) -> Judgement {
    let mut judgement = tried(workspace);
    judgement.evidence.extend(predicted(workspace).map(|finding| format!("{}  {}", finding.rule, finding.message)));
    judgement
}

/// What `check` says of the published archive's update, and of whatever else goes wrong with a bundle that is accepted.
fn predicted(workspace: &Workspace) -> impl Iterator<Item = &Finding> {
    let report = match &workspace.published {
        Published::Read { report, .. } => Some(report),
        Published::Missing => None,
    };
    report.into_iter().flat_map(|report| &report.findings).filter(|finding| finding.caveat.is_some())
}

/// The same in the few words of the verdict's line.
pub(super) fn caveats(workspace: &Workspace) -> Vec<String> {
    let mut words: Vec<String> = predicted(workspace).filter_map(|finding| finding.caveat.clone()).collect();
    words.dedup();
    words
}

fn tried(workspace: &Workspace) -> Judgement {
    let rehearse = format!("see all of it: `bundle-doctor rehearse {}`", workspace.places.published);
    let (rehearsal, verdict) = match &workspace.trial {
        UpdateTrial::NotTried => {
            return Judgement::open("the update was not tried", "try it: `bundle-doctor release --rehearse`");
        }
        UpdateTrial::Impossible(why) => {
            return Judgement::open(format!("the update could not be tried: {why}"), rehearse);
        }
        UpdateTrial::Tried(rehearsal, verdict) => (rehearsal, *verdict),
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
    let names: Vec<_> = ended(Ending::Starts).map(|run| run.generation.name()).collect();
    let mild = |run: &&RehearsalRun| run.finding.as_ref().is_some_and(|found| found.severity < Severity::Error);
    let others: Vec<_> = ended(Ending::Fails).filter(mild).map(fault).collect();
    if others.is_empty() {
        return Judgement::pass(format!("the agent started after the update of each generation: {}", names.join(", ")));
    }
    Judgement::pass(format!("the agent started after the update of {}, and not of others", names.join(", ")))
        .evidence(others)
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
