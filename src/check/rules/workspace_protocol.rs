//! `workspace-protocol`: a dependency with the workspace: protocol, which cannot be installed outside the workspace.

use super::rule::{Judges, Rule, StopsStart};
use super::specifiers::{self, Refers};
use crate::check::bundle::Bundle;
use crate::report::finding::{Observation, Severity};
use crate::update::documented_paths;

pub(super) static RULE: Rule = Rule {
    id: "workspace-protocol",
    severity: Severity::Error,
    summary: "a dependency with the workspace: protocol, which cannot be installed outside the workspace",
    page: include_str!("../../../docs/rules/workspace-protocol.md"),
    judges: Judges::Tree,
    stops_start: StopsStart::Never,
    follows_from: &["archive-wrapped"],
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let mut found = Vec::new();
    for installed in specifiers::installed(bundle) {
        for dependency in installed.specifiers() {
            let is_peer = dependency.field == "peerDependencies";
            if !dependency.is_of_workspace() || (is_peer && provides(bundle, &installed, &dependency.name)) {
                continue;
            }
            let message = match dependency.field {
                "optionalDependencies" => {
                    "npm stops with EUNSUPPORTEDPROTOCOL, and pnpm leaves the package out without a word; step 5 of the update fails or drops it"
                }
                "overrides" | "resolutions" | "pnpm.overrides" => {
                    "The package manager that heeds this field stops on it as soon as anything depends on the package; step 5 of the update fails"
                }
                _ => "Neither pnpm nor npm can install this outside the workspace; step 5 of the update fails",
            };
            let help = if dependency.name == bundle.names.shared {
                format!(
                    "remove the line from `{}/package.json`: the shared package is copied by hand",
                    documented_paths::BUNDLE_SOURCE
                )
            } else {
                "replace it by the version that is published, or remove it".to_owned()
            };
            found.push(installed.observe(&dependency, message).help(help));
        }
    }
    found
}

/// Whether `dependencies` provides a package by a path that can be had: then a peer of that name is never looked up
/// (measured with both managers).
fn provides(bundle: &Bundle<'_>, installed: &specifiers::InstalledPackage<'_>, name: &str) -> bool {
    let dependencies = installed.package().get("dependencies");
    let spec = dependencies.and_then(|dependencies| dependencies.get(name)?.as_str());
    spec.is_some_and(|spec| matches!(Refers::of(spec), Refers::Path { path, .. } if installed.satisfies(bundle, &path)))
}
