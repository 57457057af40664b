//! `setuid-file`: a file or directory has the set-uid or set-gid bit.

use super::modes;
use super::rule::{Judges, Rule, StopsStart};
use crate::check::bundle::Bundle;
use crate::report::finding::{Observation, Severity};

pub static RULE: Rule = Rule {
    id: "setuid-file",
    severity: Severity::Error,
    summary: "a file or directory has the set-uid or set-gid bit",
    page: include_str!("../../../docs/rules/setuid-file.md"),
    judges: Judges::Tree,
    stops_start: StopsStart::Never,
    follows_from: &[],
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let message =
        "Set-uid or set-gid bits, which root's `tar` keeps: anyone on the server can run it with its owner's rights";
    modes::one_for_all(bundle, |mode| mode & 0o6000 != 0, message)
        .map(|observation| {
            observation.help(
                "take the bits away and pack again, from the repository's root:\nchmod -R u-s,g-s apps/agent/bundle",
            )
        })
        .into_iter()
        .collect()
}
