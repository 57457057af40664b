//! `unknown-crash`: the agent dies of an error that none of the other causes explains.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{bundle_fix, crash, evidence, fix};
use crate::doctor::facts::{Condition, Exit, Facts};
use crate::report::diagnosis::{Diagnosis, Step};
use crate::report::finding::Severity;

pub(super) static CAUSE: Cause = Cause {
    id: "unknown-crash",
    severity: Severity::Error,
    summary: "the agent dies of an error that none of the other causes explains",
    page: include_str!("../../../docs/causes/unknown-crash.md"),
    stands: Stands::LastResort,
    areas: &[Area::Service],
    follows_from: &[],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    let Some(crash) = crash::crash(facts) else { return wordless(facts) };
    let words = format!("The agent dies of an error that no other cause explains: {}", crash.headline.message);
    let diagnosis = CAUSE
        .found(facts, words, evidence::journal(crash.headline))
        .and(crash.place.map(evidence::journal))
        .and(evidence::state(facts));
    Some(diagnosis.step(look(facts)).steps(back(facts)))
}

/// Without a word of its own the agent was ended by a signal, or the service has failed for good.
fn wordless(facts: &Facts) -> Option<Diagnosis> {
    let by_signal = matches!(facts.service.known()?.exit, Some(Exit::Signal(_)));
    let dies = match facts.condition() {
        Condition::Down => evidence::manager_line(facts, &["on client request"]).is_none(),
        Condition::Looping => by_signal,
        Condition::Running | Condition::Stopped | Condition::Unknown => false,
    };
    if !dies {
        return None;
    }
    let said = ["Failed to ", "Main process exited", "timed out", "Failed with result"];
    let said = said.iter().find_map(|words| evidence::manager_line(facts, &[words]));
    let words = match by_signal {
        true => "The agent is ended by a signal, and says nothing of why",
        false => "The service has failed, and nothing that was seen explains why",
    };
    let mut seen = said.map(evidence::journal).into_iter().chain(evidence::state(facts));
    let first = seen.next()?;
    Some(CAUSE.found(facts, words, first).and(seen).step(look(facts)).steps(back(facts)))
}

fn look(facts: &Facts) -> Step {
    Step::looks("read all that it says", fix::journal(facts))
}

/// The version before, if there is one that starts.
fn back(facts: &Facts) -> Vec<Step> {
    bundle_fix::started_after(bundle_fix::rollback(facts).into_iter().collect(), facts)
}
