//! `unknown-crash`: the agent dies of an error that none of the other causes explains.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{crash, evidence, fix, recovered};
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
    if facts.condition() == Condition::Running {
        return recovered::diagnose(&CAUSE, facts);
    }
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
    // systemd gave up after what is mended since, or cannot be told any more: `start-limit-hit` says so.
    if crash::mended(facts).is_some() || facts.service.known()?.result == "start-limit-hit" {
        return None;
    }
    let dies = match facts.condition() {
        Condition::Down => evidence::manager_line(facts, &["on client request"]).is_none(),
        Condition::Looping => by_signal,
        Condition::Running | Condition::Starting | Condition::Stopped | Condition::Unknown => false,
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
    let journal = fix::command(&["journalctl", "-u", &facts.places.unit, "-n", "100", "--no-pager"]);
    Step::safe("read all that it says", vec![journal])
}

/// The version before, if there is one that starts.
fn back(facts: &Facts) -> Vec<Step> {
    fix::rollback(facts).map(|step| vec![step, fix::restart(facts)]).unwrap_or_default()
}
