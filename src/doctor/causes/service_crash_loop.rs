//! `service-crash-loop`: the agent dies at every start, and nothing that was seen explains it.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{bundle_fix, control_plane_unreachable, crash, evidence, fix};
use crate::doctor::facts::{Condition, Exit, Facts, JournalRun, Speaker};
use crate::report::diagnosis::{Diagnosis, FixStep};
use crate::report::finding::Severity;

pub(super) static CAUSE: Cause = Cause {
    id: "service-crash-loop",
    severity: Severity::Error,
    summary: "the agent dies at every start, and nothing that was seen explains it",
    page: include_str!("../../../docs/causes/service-crash-loop.md"),
    stands: Stands::Symptom,
    areas: &[Area::Service],
    follows_from: &["unknown-crash"],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    if facts.condition() != Condition::Looping || control_plane_unreachable::death(facts).is_some() {
        return None;
    }
    if let Some((crash, now)) = crash::mended(facts) {
        let words = "The agent died of what is mended since; systemd starts it again by itself";
        let diagnosis = CAUSE.found(facts, words, evidence::journal(crash.headline)).and([evidence::disk(now)]);
        return Some(diagnosis.and(evidence::state(facts)).step(fix::restart(facts)));
    }
    let only_death = facts.only_death();
    let is_replaced = only_death.is_none() && facts.was_replaced_since();
    let words = match only_death {
        None if is_replaced => {
            "The agent died before the bundle was mended or replaced; systemd starts it again by itself".to_owned()
        }
        Some(run) => {
            let lived = run.lived();
            format!("The agent ended after {lived} s, and systemd starts it again; nothing that was seen explains why")
        }
        None if ended_well(facts) => {
            let last =
                crash::said_last(facts).map(|entry| format!("; it says last: {}", entry.message)).unwrap_or_default();
            format!("The agent ends itself as if all were well (exit code 0), and systemd starts it again{last}")
        }
        None => "The agent ends after every start and systemd starts it again; nothing that was seen explains why"
            .to_owned(),
    };
    let last =
        facts.present().into_iter().filter(|entry| entry.speaker != Speaker::Manager).max_by_key(|entry| entry.at);
    let ended = evidence::manager_line(facts, &["Main process exited"]).map(evidence::journal);
    let diagnosis = CAUSE.found(facts, words, evidence::state(facts)?).and(ended).and(last.map(evidence::journal));
    if is_replaced {
        return Some(diagnosis.step(fix::restart(facts)));
    }
    let diagnosis = diagnosis.step(FixStep::looks("read what the agent says", fix::journal(facts)));
    Some(diagnosis.steps(bundle_fix::started_after(bundle_fix::rollback(facts).into_iter().collect(), facts)))
}

/// Whether its runs end with the code of success.
fn ended_well(facts: &Facts) -> bool {
    facts.runs().iter().rev().find_map(JournalRun::exit) == Some(Exit::Code(0))
        || facts.service.known().is_some_and(|service| service.exit == Some(Exit::Code(0)))
}
