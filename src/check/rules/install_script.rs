//! `install-script`: the bundle's own package.json has a script that installing would run.

use super::rule::{Judges, Rule, StopsStart};
use super::specifiers;
use crate::check::bundle::Bundle;
use crate::redact;
use crate::report::finding::{Observation, Severity};

pub(super) static RULE: Rule = Rule {
    id: "install-script",
    severity: Severity::Warning,
    summary: "the bundle's own package.json has a script that installing would run",
    page: include_str!("../../../docs/rules/install-script.md"),
    judges: Judges::Tree,
    stops_start: StopsStart::Never,
    follows_from: &[],
    check,
};

/// What npm runs for the package in the current folder when it installs (npm's `scripts` page, "Life Cycle Operation
/// Order", `npm install`).
const RUN_BY_INSTALL: [&str; 7] =
    ["preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"];

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let Some(package) = bundle.package.package() else {
        return Vec::new();
    };
    let message = "Installing runs this script on the server, as root: the documented `npm install --omit=dev` has no --ignore-scripts";
    let scripts = package.get("scripts").and_then(|scripts| scripts.as_object());
    let mut found: Vec<_> = RUN_BY_INSTALL
        .into_iter()
        .filter_map(|name| Some((name, scripts?.get(name)?)))
        .map(|(name, script)| {
            // Before it is cut: half a token has no form.
            let words: String = redact::clean(&format!("\"{name}\": {script}")).chars().take(120).collect();
            Observation::new(message).at("package.json").line(package.line_of(["scripts", name])).evidence(words)
        })
        .collect();
    let has_install =
        scripts.is_some_and(|scripts| scripts.contains_key("install") || scripts.contains_key("preinstall"));
    if bundle.tree().find(b"binding.gyp").is_some() && !has_install && package.get("gypfile") != Some(&false.into()) {
        let message =
            "npm takes a binding.gyp for an install script, `node-gyp rebuild`, and runs it on the server as root";
        found.push(Observation::new(message).at("binding.gyp"));
    }
    if bundle.tree().find(b".pnpmfile.cjs").is_some() {
        let message = "pnpm runs this file on the server, as root, whenever it installs, even with --ignore-scripts";
        found.push(Observation::new(message).at(".pnpmfile.cjs"));
    }
    found.extend(prepare_of_shared(bundle));
    found
        .into_iter()
        .map(|observation| observation.help("take it out of the bundle, which is built before it is packed"))
        .collect()
}

/// npm runs `prepare` of a package that is depended on by path, even with --ignore-scripts; a compiler that only
/// developers have then stops step 5 (measured with npm 10, `tests/lab/specs.py`).
fn prepare_of_shared(bundle: &Bundle<'_>) -> Option<Observation> {
    let installed = specifiers::installed(bundle).into_iter().find(|installed| !installed.is_root())?;
    let package = installed.package();
    let script = package.get("scripts")?.get("prepare")?;
    let message = "npm runs this script of a package that is depended on by path, even with --ignore-scripts, and stops if it fails: without the development dependencies a compiler is not there";
    let path = format!("{}/package.json", bundle.names.shared_source);
    let evidence = format!("\"prepare\": {script}");
    Some(
        Observation::new(message)
            .at(path)
            .line(package.line_of(["scripts", "prepare"]))
            .evidence(evidence)
            .only(Severity::Error),
    )
}
