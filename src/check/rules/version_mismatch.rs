//! `version-mismatch`: the version is not the expected one, or not newer than the given one.

use super::rule::{Judges, Rule, StopsStart};
use crate::check::bundle::Bundle;
use crate::report::finding::{Observation, Severity};

pub static RULE: Rule = Rule {
    id: "version-mismatch",
    severity: Severity::Error,
    summary: "the version is not the expected one, or not newer than the given one",
    page: include_str!("../../../docs/rules/version-mismatch.md"),
    judges: Judges::Tree,
    stops_start: StopsStart::Never,
    follows_from: &[],
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let Some(package) = bundle.package.package() else {
        return Vec::new();
    };
    let stated = package.string("version").unwrap_or_default();
    let at = |message: String| {
        Observation::new(message)
            .at("package.json")
            .line(package.line_of(["version"]))
            .evidence(format!("\"version\": \"{stated}\""))
            .help("set the version in apps/agent/bundle/package.json and in apps/agent/package.json, and pack again")
    };
    let mut found = Vec::new();
    if let Some(expected) = &bundle.expectations.version
        && expected != stated
    {
        found.push(at(format!("Expected version {expected}, found {stated}")));
    }
    if let (Some(older), Some(version)) = (&bundle.expectations.newer_than, package.version())
        && version.cmp_precedence(older) != std::cmp::Ordering::Greater
    {
        found.push(at(format!("Version {version} is not newer than {older}: servers that have {older} would be downgraded or stay as they are")));
    }
    found
}
