//! `package-json-invalid`: package.json is not a JSON object with a name and a semver version.

use super::rule::{Judges, MISPLACED, Rule, StopsStart};
use crate::check::bundle::Bundle;
use crate::node::package::Package;
use crate::node::package_file::PackageFile;
use crate::report::finding::{Detail, Observation, Severity};
use serde_json::Value;

pub static RULE: Rule = Rule {
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
    if let Some(manager) = package.string("packageManager").filter(|manager| manager.starts_with("yarn@")) {
        wrong(
            &["packageManager"],
            format!("`packageManager` is {manager}: pnpm refuses to install what is configured for another manager"),
        );
    }
    found
}
