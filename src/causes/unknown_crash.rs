//! `unknown-crash`: the agent dies of an error that none of the other causes explains.

use super::{Cause, Stands, crash, evidence, fix};
use crate::model::diagnosis::{Diagnosis, Step};
use crate::model::finding::Severity;
use crate::model::server::Facts;

pub static CAUSE: Cause = Cause {
    id: "unknown-crash",
    severity: Severity::Error,
    summary: "the agent dies of an error that none of the other causes explains",
    page: include_str!("../../docs/causes/unknown-crash.md"),
    stands: Stands::LastResort,
    follows_from: &[],
    diagnose,
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    let crash = crash::crash(facts)?;
    let words = format!("The agent dies of an error that no other cause explains: {}", crash.headline.message);
    let diagnosis = CAUSE
        .found(facts, words, evidence::journal(crash.headline))
        .and(crash.place.map(evidence::journal))
        .and(evidence::state(facts));
    let look = fix::command(&["journalctl", "-u", &facts.places.unit, "-n", "100", "--no-pager"]);
    let diagnosis = diagnosis.step(Step::safe("read all that it says", vec![look]));
    Some(diagnosis.steps(fix::rollback(facts).map(|step| vec![step, fix::restart(facts)]).unwrap_or_default()))
}
