//! `world-writable`: files or directories would be extracted writable by everyone.

use super::modes;
use super::rule::{Judges, Rule, StopsStart};
use crate::check::bundle::Bundle;
use crate::report::finding::{Observation, Severity};
use crate::update::documented_paths;

pub static RULE: Rule = Rule {
    id: "world-writable",
    severity: Severity::Warning,
    summary: "files or directories would be extracted writable by everyone",
    page: include_str!("../../../docs/rules/world-writable.md"),
    judges: Judges::Tree,
    stops_start: StopsStart::Never,
    follows_from: &[],
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let message =
        "Writable by everyone, and root's `tar` keeps it so: any user of the server can change what root runs";
    let help = format!(
        "pack with root as the owner and plain modes, from the repository's root:\n{}",
        documented_paths::MAKE_CLEAN_ARCHIVE
    );
    modes::one_for_all(bundle, |mode| mode & 0o002 != 0, message)
        .map(|observation| observation.help(help))
        .into_iter()
        .collect()
}
