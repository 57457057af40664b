//! Asks every cause whether it recognises what is known of a server.

use super::{fold, of_rules};
use crate::doctor::causes::{CAUSES, Stands, ToldBy};
use crate::doctor::facts::Facts;
use crate::report::diagnosis::Diagnosis;
use crate::report::finding::Severity;

/// Everything that is recognised, before anything is folded.
pub fn run(facts: &Facts) -> Vec<Diagnosis> {
    let alone = CAUSES.iter().filter_map(|cause| match cause.told_by {
        ToldBy::Facts(diagnose) => diagnose(facts),
        ToldBy::InTheWay(_) => None,
    });
    let mut found: Vec<_> = alone.chain(of_rules::diagnose(facts)).collect();
    let reasons = in_the_way(&found);
    found.extend(CAUSES.iter().filter_map(|cause| match cause.told_by {
        ToldBy::Facts(_) => None,
        ToldBy::InTheWay(diagnose) => diagnose(facts, &reasons),
    }));
    found
}

/// What keeps the agent from starting, the roots only, the first first. What systemd refuses at once is not among it: the
/// agent that runs goes on.
fn in_the_way(found: &[Diagnosis]) -> Vec<Diagnosis> {
    let stands = |one: &&Diagnosis| fold::stands(one.cause) == Stands::InTheWay && one.severity == Severity::Error;
    fold::fold(found.iter().filter(stands).cloned().collect())
}
