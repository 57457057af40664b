//! `runtime-dependency-missing`: a package that the agent needs at run time is not declared.

use super::rule::{Judges, MISPLACED, Rule, StopsStart};
use crate::check::bundle::Bundle;
use crate::report::finding::{Observation, Severity};

pub static RULE: Rule = Rule {
    id: "runtime-dependency-missing",
    severity: Severity::Error,
    summary: "a package that the agent needs at run time is not declared",
    page: include_str!("../../../docs/rules/runtime-dependency-missing.md"),
    judges: Judges::Tree,
    stops_start: StopsStart::Never,
    follows_from: MISPLACED,
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let Some(package) = bundle.package.package() else {
        return Vec::new();
    };
    if package.get("dependencies").is_some_and(|dependencies| !dependencies.is_object()) {
        return Vec::new(); // `package-json-invalid`
    }
    let declared = package.declared();
    let line = package.line_of(["dependencies"]);
    let missing = bundle.names.required_dependencies.iter().filter(|name| !package.installs(name));
    missing
        .map(|name| {
            let fields: Vec<_> = declared.iter().filter(|dependency| dependency.name == *name).map(|dependency| dependency.field).collect();
            let where_else = match fields.as_slice() {
                [] => "not declared, so the update does not install it",
                fields if fields.contains(&"devDependencies") => "in devDependencies, which keeps the update from installing it, wherever else it stands",
                _ => "an optional peer, which npm does not install",
            };
            let message = format!("`{name}` is {where_else}: node stops with ERR_MODULE_NOT_FOUND: Cannot find package '{name}'");
            let help = format!("declare it in `dependencies` of apps/agent/bundle/package.json, with the version that apps/agent/package.json has:\ngrep -n '\"{name}\"' apps/agent/package.json packages/shared/package.json");
            Observation::new(message).at("package.json").line(line).evidence(name).help(help)
        })
        .collect()
}
