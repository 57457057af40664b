//! `package-json-invalid`: package.json is not a JSON object with a name and a semver version.

use super::rule::{Judges, MISPLACED, Rule, StopsStart};
use crate::check::bundle::Bundle;
use crate::node::package::Package;
use crate::node::package_file::PackageFile;
use crate::report::finding::{Detail, Observation, Severity};
use crate::text;
use crate::update::Manager;
use crate::update::generation::Generation;
use crate::update::managers::{ManagerRefusal, refusals};
use serde_json::Value;

pub(super) static RULE: Rule = Rule {
    id: "package-json-invalid",
    severity: Severity::Error,
    summary: "package.json is not a JSON object with a name and a semver version",
    page: include_str!("../../../docs/rules/package-json-invalid.md"),
    judges: Judges::Tree,
    // Node reads it for `type`, and asks for no name, version or dependency.
    stops_start: StopsStart::AsFound,
    follows_from: MISPLACED,
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let package = match &bundle.package {
        PackageFile::Missing => return Vec::new(),
        PackageFile::Invalid(fault) => {
            let message =
                format!("package.json cannot be used: {fault}. Step 5 of the update fails, or installs nothing");
            let help =
                "correct it; `node -p \"require('./apps/agent/bundle/package.json')\"` shows what Node makes of it";
            return vec![
                Observation::new(message).at("package.json").line(fault.line()).help(help).detail(Detail::StopsNode),
            ];
        }
        PackageFile::Read(package) => package,
    };
    let mut found = Vec::new();
    if package.name().is_none() {
        let message = "package.json has no `name`";
        found.push(
            Observation::new(message)
                .at("package.json")
                .line(package.line_of(["name"]))
                .help("give it the agent's name"),
        );
    }
    if package.version().is_none() {
        let stated = package.get("version");
        let message = match stated {
            None => "package.json has no `version`: nobody can tell which agent a server runs".to_owned(),
            Some(_) => "The `version` in package.json is not a semver version (MAJOR.MINOR.PATCH), so no release can be compared with it".to_owned(),
        };
        let mut observation = Observation::new(message).at("package.json").line(package.line_of(["version"]));
        if let Some(stated) = stated {
            observation = observation.evidence(format!("\"version\": {stated}"));
        }
        found.push(
            observation.help("set it to the version that is being released, the same as in apps/agent/package.json"),
        );
    }
    found.extend(wrong_shapes(package));
    found.extend(refused(bundle, package));
    found
}

/// Shapes of the dependency fields that stop pnpm or npm (measured with pnpm 9 and npm 10, `tests/lab/specs.py`).
fn wrong_shapes(package: &Package) -> Vec<Observation> {
    let mut found = Vec::new();
    let mut wrong = |keys: &[&str], message: String| {
        found.push(
            Observation::new(message)
                .at("package.json")
                .line(package.line_of(keys.iter().copied()))
                .help("make it an object of names and version strings, or remove it"),
        );
    };
    for field in ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"] {
        match package.get(field) {
            Some(Value::Object(map)) => {
                for (name, _) in map.iter().filter(|(_, spec)| !spec.is_string()) {
                    wrong(
                        &[field, name],
                        format!("The version of `{name}` in `{field}` is not a string: pnpm and npm both stop"),
                    );
                }
            }
            Some(Value::Null) if matches!(field, "dependencies" | "devDependencies") => {
                wrong(
                    &[field],
                    format!("`{field}` is null: pnpm stops with `Cannot convert undefined or null to object`"),
                );
            }
            Some(_) if field == "dependencies" => {
                wrong(&[field], "`dependencies` is not an object: pnpm and npm both stop".to_owned())
            }
            _ => {}
        }
    }
    found
}

/// Whether step 5 stops with whichever package manager, or nobody can tell what it installs.
pub(super) fn is_unusable(bundle: &Bundle<'_>) -> bool {
    check(bundle).iter().any(|observation| observation.severity.is_none())
}

/// What is asked for is another package manager than one that step 5 takes. Where pnpm refuses, most procedures try npm;
/// where npm refuses, pnpm has come first.
fn refused(bundle: &Bundle<'_>, package: &Package) -> Vec<Observation> {
    let refusals = refusals(&bundle.shipped());
    // npm knows `devEngines` from 10.9 on only.
    let npm_refuses = refusals.iter().any(|refusal| refusal.manager == Manager::Npm && refusal.keys != ["devEngines"]);
    let observe = |ManagerRefusal { manager, keys, value, says }: ManagerRefusal| {
        let updates = &bundle.expectations.updates;
        let (stopped, others): (Vec<_>, Vec<_>) = updates
            .generations()
            .into_iter()
            .partition(|generation| manager == Manager::Pnpm && (npm_refuses || !generation.tries_npm()));
        let decisive = stopped.iter().any(|generation| updates.decides(*generation));
        let list = |all: &[Generation]| {
            text::list(&all.iter().map(|generation| format!("`{}`", generation.name())).collect::<Vec<_>>())
        };
        let then = match manager {
            Manager::Npm => "A server without pnpm cannot install the bundle".to_owned(),
            Manager::Pnpm if stopped.is_empty() => format!("npm has to step in, which {} try then", list(&others)),
            Manager::Pnpm if others.is_empty() => format!("Updates of {} stop at step 5", list(&stopped)),
            Manager::Pnpm => {
                format!("Updates of {} stop at step 5; {} try npm then, which installs", list(&stopped), list(&others))
            }
        };
        let field = keys.join(".");
        Observation::new(format!("{} refuses with `{says}`. {then}", manager.name()))
            .at("package.json")
            .line(package.line_of(keys.iter().copied()))
            .evidence(format!("\"{field}\": {value}"))
            .help(match keys {
                ["engines", "node"] => format!("correct `{field}`, take `engine-strict` out of the bundle's .npmrc, or judge it for the Node of the servers: `--node`"),
                ["os" | "cpu" | "libc"] => format!("remove `{field}` from the bundle's package.json, or name what the servers are"),
                _ => format!("remove `{field}` from the bundle's package.json: the servers have pnpm 9 or npm"),
            })
            .caveat(format!("{} refuses to install it", manager.name()))
            .only(if decisive { Severity::Error } else { Severity::Warning })
    };
    refusals.into_iter().map(observe).collect()
}
