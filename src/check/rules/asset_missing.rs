//! `asset-missing`: a file that the code names by a literal path relative to itself is not in the bundle.

use super::rule::{Judges, Rule, StopsStart};
use super::{bounded, faults};
use crate::check::bundle::Bundle;
use crate::node::faults::{AssetFault, ModuleFault};
use crate::node::modules::AssetUse;
use crate::report::finding::{Observation, Severity};

pub(super) static RULE: Rule = Rule {
    id: "asset-missing",
    severity: Severity::Error,
    summary: "a file that the code names by a path relative to itself is not in the bundle",
    page: include_str!("../../../docs/rules/asset-missing.md"),
    judges: Judges::Tree,
    stops_start: StopsStart::Always,
    follows_from: faults::EXPLAINED_BY,
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let missing = bundle.modules.faults.iter().filter_map(|fault| match fault {
        ModuleFault::Asset(fault) => Some(fault),
        _ => None,
    });
    bounded::each(missing, |fault| word(bundle, fault))
}

fn word(bundle: &Bundle<'_>, fault: &AssetFault) -> Observation {
    let AssetFault { file, line, path, how, need, message: said } = fault;
    let use_ = match how {
        AssetUse::Named => "It names",
        AssetUse::Read(_) => "It reads",
        AssetUse::ReadFrom => "It reads files of the folder",
        AssetUse::Made(_) => "It makes",
        AssetUse::Worker => "It starts a worker with",
        AssetUse::Child | AssetUse::Awaited => "It starts a process with",
    };
    if let AssetUse::Made(_) = how {
        return in_no_folder(bundle, fault);
    }
    let absent = if path.starts_with("../") {
        "which is outside of the bundle: what is there on the server is not known"
    } else {
        "which is not in the bundle"
    };
    let then = match (how, need) {
        (AssetUse::Named, _) => "What is done with it is not known.".to_owned(),
        (AssetUse::ReadFrom, _) => {
            format!("Where it gets there, and nothing else has put the folder there, node says {said}")
        }
        (_, need) => format!("{} {said}", faults::unless(*need)),
    };
    let help = if path.starts_with("../") {
        "ship it in the bundle, or look whether it is there before it is used"
    } else {
        "copy it in the build (`tsc` copies no file but those it compiles), or look whether it is there before it is used"
    };
    faults::at_file(bundle, *file, *line, format!("{use_} `{path}`, {absent}. {then}"))
        .only(faults::severity(*need))
        .evidence(path)
        .help(help)
}

/// A file that is made in a folder that neither the bundle has nor the code makes.
fn in_no_folder(bundle: &Bundle<'_>, fault: &AssetFault) -> Observation {
    let AssetFault { file, line, path, need, message: said, .. } = fault;
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let message = format!(
        "It makes `{path}`, and neither is there a folder `{folder}` in the bundle nor is it made. Unless something else has put it there, node says {said}"
    );
    let help = "make the folder first: `fs.mkdirSync(folder, { recursive: true })`";
    faults::at_file(bundle, *file, *line, message).only(faults::severity(*need)).evidence(path).help(help)
}
