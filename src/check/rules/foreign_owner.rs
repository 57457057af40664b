//! `foreign-owner`: the archive says that someone other than root owns its files.

use super::modes;
use super::rule::{Judges, Rule, StopsStart};
use crate::check::bundle::{Bundle, BundleStage};
use crate::report::finding::{Observation, Severity};
use crate::tree::nodes::{NodeId, NodeOwner};
use crate::update::documented_paths;

pub(super) static RULE: Rule = Rule {
    id: "foreign-owner",
    severity: Severity::Warning,
    summary: "the archive says that someone other than root owns its files",
    page: include_str!("../../../docs/rules/foreign-owner.md"),
    judges: Judges::Tree,
    stops_start: StopsStart::Never,
    follows_from: &[],
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    // A directory's owners are those of the machine it stands on.
    if bundle.stage != BundleStage::Archive {
        return Vec::new();
    }
    let tree = bundle.tree();
    let owner_of = |id: NodeId| tree.owner(tree.meta(id).owner);
    let Some((count, first)) = modes::count_and_first(bundle, |id| owner_of(*id).is_some_and(is_foreign)) else {
        return Vec::new();
    };
    let owner = owner_of(first).map(shown).unwrap_or_default();
    let message = "Not owned by root, and root's `tar` keeps owners: a user of that name or number on the server can change what root runs";
    let help = format!(
        "pack with root as the owner and plain modes, {}:\n{}",
        documented_paths::FROM_ROOT,
        documented_paths::MAKE_CLEAN_ARCHIVE
    );
    let seen = Observation::new(message).at(tree.path(first));
    vec![seen.first_of(&format!("owner {owner}"), count, "such entries").help(help)]
}

/// GNU tar takes the name if the server knows it, otherwise the number (GNU tar manual, `--numeric-owner`).
fn is_foreign(owner: &NodeOwner) -> bool {
    let root = |name: &[u8], id: u64| {
        if name.is_empty() { id == 0 } else { name == b"root" }
    };
    !root(&owner.user, owner.uid) || !(root(&owner.group, owner.gid) || (owner.gid == 0 && &*owner.group == b"wheel"))
}

fn shown(owner: &NodeOwner) -> String {
    let part = |name: &[u8], id: u64| match name {
        b"" => id.to_string(),
        name => format!("{} ({id})", crate::text::printable_bytes(name)),
    };
    format!("{}:{}", part(&owner.user, owner.uid), part(&owner.group, owner.gid))
}
