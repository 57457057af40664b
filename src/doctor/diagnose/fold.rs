//! Puts what follows from a root under it, and the roots in order: by what each cause's own file says of it.

use super::of_rules;
use crate::doctor::causes::{self, CAUSES, RULES_STAND_BEFORE, Stands, ToldBy};
use crate::report::diagnosis::Diagnosis;
use crate::report::finding::Severity;

/// Puts each diagnosis that follows from another under that one's consequences, and the roots in order.
pub fn fold(mut found: Vec<Diagnosis>) -> Vec<Diagnosis> {
    found.sort_by_key(|diagnosis| (std::cmp::Reverse(diagnosis.severity), rank(diagnosis.cause)));
    let blocked = found.iter().any(blocks);
    found.retain(|one| !(blocked && stands(one.cause) == Stands::LastResort));
    let parents: Vec<Option<usize>> = found.iter().map(|child| parent(child, &found)).collect();
    let mut roots: Vec<(usize, Diagnosis)> = Vec::new();
    let mut folded: Vec<(usize, &'static str)> = Vec::new();
    for (at, diagnosis) in found.into_iter().enumerate() {
        // A parent stands before its child in the table, so the way up ends.
        let mut top = at;
        while let Some(up) = parents.get(top).copied().flatten() {
            top = up;
        }
        if top == at { roots.push((at, diagnosis)) } else { folded.push((top, diagnosis.cause)) }
    }
    for (top, cause) in folded {
        if let Some((_, root)) = roots.iter_mut().find(|(at, _)| *at == top)
            && !root.consequences.contains(&cause)
        {
            root.consequences.push(cause);
        }
    }
    roots.into_iter().map(|(_, root)| root).collect()
}

/// Whether the agent cannot start while this stands.
pub fn blocks(diagnosis: &Diagnosis) -> bool {
    matches!(stands(diagnosis.cause), Stands::InTheWay | Stands::Refuses) && diagnosis.severity == Severity::Error
}

/// Whether it says that the agent died, without a reason that would last.
pub fn dies(diagnosis: &Diagnosis) -> bool {
    matches!(stands(diagnosis.cause), Stands::LastResort | Stands::Symptom) && diagnosis.severity == Severity::Error
}

/// What an id means for a start: the findings of rules stop it.
pub fn stands(id: &str) -> Stands {
    causes::find(id).map_or(Stands::InTheWay, |cause| cause.stands)
}

/// What a diagnosis follows from: nothing that is less bad than itself.
fn parent(child: &Diagnosis, found: &[Diagnosis]) -> Option<usize> {
    let explains = |other: &Diagnosis| {
        let ends_it = blocks(other) || stands(other.cause) == Stands::LastResort;
        follows_from(child.cause).contains(&other.cause)
            || (is_told_by_what_is_in_the_way(other.cause) && stands(child.cause) == Stands::InTheWay)
            || (stands(child.cause) == Stands::Symptom && ends_it)
    };
    found
        .iter()
        .position(|other| other.severity >= child.severity && rank(other.cause) < rank(child.cause) && explains(other))
}

/// Which ids explain an id away.
fn follows_from(id: &str) -> &'static [&'static str] {
    causes::find(id).map_or(of_rules::FOLLOWS_FROM, |cause| cause.follows_from)
}

fn is_told_by_what_is_in_the_way(id: &str) -> bool {
    causes::find(id).is_some_and(|cause| matches!(cause.told_by, ToldBy::InTheWay(_)))
}

/// The place of an id in the report, doubled, so that the findings of rules have one between two causes.
fn rank(id: &str) -> usize {
    let place = |id: &str| CAUSES.iter().position(|cause| cause.id == id).map(|place| place.saturating_mul(2));
    let of_rules = || place(RULES_STAND_BEFORE.id).map(|place| place.saturating_sub(1));
    place(id).or_else(of_rules).unwrap_or(usize::MAX)
}
