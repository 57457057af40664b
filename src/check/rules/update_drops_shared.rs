//! `update-drops-shared`: agents that are deployed would lose the shared package in their own update.

use super::rule::{Judges, Rule, StopsStart};
use crate::check::bundle::{Bundle, Stage};
use crate::report::finding::{Observation, Severity};
use crate::text;
use crate::update::documented_paths::BUNDLE_SOURCE;
use crate::update::generation::Generation;
use crate::update::{Fate, UpdateOutcome, UpdateStep, predict_repaired};

pub static RULE: Rule = Rule {
    id: "update-drops-shared",
    severity: Severity::Warning,
    summary: "deployed agents would lose the shared package in their own update",
    page: include_str!("../../../docs/rules/update-drops-shared.md"),
    judges: Judges::Tree,
    stops_start: StopsStart::Never,
    follows_from: &[
        "archive-wrapped",
        "nested-layout",
        "package-json-missing",
        "package-json-invalid",
        "shared-package-missing",
    ],
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    // What is deployed has been installed already.
    if bundle.stage == Stage::Deployed {
        return Vec::new();
    }
    let decisive = bundle.expectations.generation;
    let generations = decisive.map_or_else(|| Generation::ALL.to_vec(), |only| vec![only]);
    let bad: Vec<_> = generations
        .into_iter()
        .map(|generation| predict_repaired(generation, &bundle.shipped()))
        .filter(|outcome| outcome.worse().is_bad())
        .collect();
    let Some(first) = bad.first() else {
        return Vec::new();
    };
    let observation = Observation::new(message(bundle, &bad, first)).at("package.json").help(help(bundle));
    vec![if decisive.is_some() { observation.only(Severity::Error) } else { observation }]
}

fn message(bundle: &Bundle<'_>, bad: &[UpdateOutcome], first: &UpdateOutcome) -> String {
    let names = text::list(&bad.iter().map(|outcome| format!("`{}`", outcome.generation.name())).collect::<Vec<_>>());
    let plural = if bad.len() == 1 { "" } else { "s" };
    let fate = first.worse();
    let with = match (first.pnpm == fate, first.npm == fate) {
        (true, false) => ", with pnpm",
        (false, true) => ", with npm",
        _ => "",
    };
    let source = &bundle.names.shared_source;
    let what = match fate {
        Fate::Stops(step) => {
            let why = if step == UpdateStep::Shared {
                format!(": there is no node_modules/@server-flow to copy {source} into")
            } else {
                String::new()
            };
            format!("stop at step {}{why}", step.number())
        }
        Fate::Hollow => format!("restore it from `{source}`, in which Node finds no entry point"),
        Fate::Stale => format!("restore it from `{source}`, which lacks what the agent imports and the copy has"),
        _ => "cannot restore the shared package, so that the new one stops with ERR_MODULE_NOT_FOUND".to_owned(),
    };
    format!("Agents of the generation{plural} {names} delete node_modules (step 4) and {what}{with}")
}

fn help(bundle: &Bundle<'_>) -> String {
    let names = bundle.names;
    let (source, shipped) = (&names.shared_source, format!("{BUNDLE_SOURCE}/{}", names.shared_source));
    let parent = shipped.rsplit_once('/').map_or(shipped.as_str(), |(parent, _)| parent);
    format!(
        "ship the folder too and depend on it, which survives every generation; from the repository's root:\n\
         mkdir -p {parent}\nrm -rf {shipped}\ncp -r {source} {shipped}\nrm -rf {shipped}/node_modules\n\
         (cd {BUNDLE_SOURCE} && npm pkg set \\\n  'dependencies.{}=file:./{source}')",
        names.shared
    )
}
