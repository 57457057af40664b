//! Rules about modes say one thing of a bundle, however many files it is true of.

use crate::check::bundle::Bundle;
use crate::report::finding::Observation;
use crate::tree::nodes::{NodeId, NodeKind};

/// One observation for all files and directories whose mode is `bad`: a link's mode means nothing on Linux, and a
/// special file has a rule of its own.
pub(super) fn one_for_all(bundle: &Bundle<'_>, bad: impl Fn(u16) -> bool, message: &str) -> Option<Observation> {
    let tree = bundle.tree();
    let has_mode = |id: &NodeId| matches!(tree.kind(*id), NodeKind::Directory | NodeKind::File(_));
    let is_bad = |id: &NodeId| has_mode(id) && bad(tree.meta(*id).mode);
    let (count, first) = count_and_first(bundle, is_bad)?;
    let mode = format!("mode {:04o}", tree.meta(first).mode);
    Some(Observation::new(message).at(tree.path(first)).first_of(&mode, count, "such entries"))
}

/// How many nodes, the root included, are `bad`, and the first of them by path.
pub(super) fn count_and_first(bundle: &Bundle<'_>, bad: impl Fn(&NodeId) -> bool) -> Option<(usize, NodeId)> {
    let tree = bundle.tree();
    let all: Vec<_> = std::iter::once(tree.root()).chain(tree.ids()).filter(bad).collect();
    let first = all.iter().copied().min_by_key(|id| tree.path(*id))?;
    Some((all.len(), first))
}
