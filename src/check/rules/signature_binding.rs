//! `signature-binding`: the signature was made for another file name or version.

use super::rule::{Judges, Rule, StopsStart};
use crate::check::bundle::Bundle;
use crate::report::finding::{Observation, Severity};
use crate::signing::authenticity::Signature;

pub static RULE: Rule = Rule {
    id: "signature-binding",
    severity: Severity::Warning,
    summary: "the signature was made for another file name or version",
    page: include_str!("../../../docs/rules/signature-binding.md"),
    judges: Judges::Tree,
    stops_start: StopsStart::Never,
    follows_from: &[],
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    bundle
        .authenticity
        .signatures()
        .filter(|signature| signature.is_verified())
        .flat_map(|one| compare(bundle, one))
        .collect()
}

fn compare(bundle: &Bundle<'_>, signature: &Signature) -> Vec<Observation> {
    let help = "see that this is the bundle that was meant: an old one can be offered under its old, valid signature; if it is, sign it again";
    let package = bundle.package.package();
    let version = package.and_then(|package| package.string("version"));
    let mut found = Vec::new();
    if let (Some(signed), Some(here)) = (&signature.binding.file, &signature.signs)
        && signed != here
    {
        let message = format!("The signature was made for a file named `{signed}`, and this one is `{here}`");
        found.push(Observation::new(message).help(help));
    }
    if let (Some(signed), Some(version)) = (&signature.binding.version, version)
        && signed != version
    {
        let message = format!("The signature was made for version {signed}, and package.json says {version}");
        let line = package.and_then(|package| package.line_of(["version"]));
        found.push(Observation::new(message).at("package.json").line(line).help(help));
    }
    found
}
