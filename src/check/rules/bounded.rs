//! Bounds on what one rule may say of a bundle: a hostile archive can be wrong in 150,000 places, and the report must
//! fit in memory and on a screen.

use crate::report::finding::Observation;

/// Places of one rule that are told apart.
const MAX: usize = 200;

/// Words an observation for each place, up to a bound, and one for the rest.
pub(super) fn each<T>(places: impl IntoIterator<Item = T>, word: impl Fn(T) -> Observation) -> Vec<Observation> {
    let mut places = places.into_iter();
    let mut found: Vec<_> = places.by_ref().take(MAX).map(word).collect();
    let rest = places.count();
    if let (1.., Some(last)) = (rest, found.last().cloned()) {
        let more =
            Observation { path: None, line: None, evidence: Some(format!("and {rest} more such places")), ..last };
        found.push(more);
    }
    found
}
