//! `package-json-missing`: there is no package.json at the root.

use super::rule::{Judges, MISPLACED, Rule, StopsStart};
use crate::check::bundle::Bundle;
use crate::node::package_file::PackageFile;
use crate::report::finding::{Observation, Severity};
use crate::update::documented_paths;

pub static RULE: Rule = Rule {
    id: "package-json-missing",
    severity: Severity::Error,
    summary: "there is no package.json at the root",
    page: include_str!("../../../docs/rules/package-json-missing.md"),
    judges: Judges::Tree,
    stops_start: StopsStart::Never,
    follows_from: MISPLACED,
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    if !matches!(bundle.package, PackageFile::Missing) {
        return Vec::new();
    }
    let message = "There is no package.json: pnpm stops with ERR_PNPM_NO_PKG_MANIFEST, npm says `up to date` and installs nothing, and node takes the agent for CommonJS";
    let help = format!(
        "put it back into `{}` and pack again, from the repository's root:\n{}",
        documented_paths::BUNDLE_SOURCE,
        documented_paths::MAKE_ARCHIVE
    );
    vec![Observation::new(message).at("package.json").help(help)]
}
