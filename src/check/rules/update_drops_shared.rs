//! `update-drops-shared`: agents that are deployed would lose the shared package in their own update.

use super::package_json_invalid;
use super::rule::{Judges, Rule, StopsStart};
use crate::check::bundle::{Bundle, BundleStage};
use crate::report::finding::{Observation, Severity};
use crate::text;
use crate::update::documented_paths::BUNDLE_SOURCE;
use crate::update::generation::Generation;
use crate::update::{Loss, SharedFate, UpdateOutcome, UpdateStep, predict_repaired};

pub(super) static RULE: Rule = Rule {
    id: "update-drops-shared",
    severity: Severity::Warning,
    summary: "deployed agents would lose the shared package in their own update",
    page: include_str!("../../../docs/rules/update-drops-shared.md"),
    judges: Judges::Tree,
    stops_start: StopsStart::Never,
    follows_from: &["archive-wrapped", "nested-layout", "package-json-missing", "shared-package-missing"],
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    // What is deployed has been installed already; what cannot be installed comes first.
    if bundle.stage == BundleStage::Deployed || package_json_invalid::is_unusable(bundle) {
        return Vec::new();
    }
    let updates = &bundle.expectations.updates;
    let outcomes = updates.generations().into_iter().map(|generation| predict_repaired(generation, &bundle.shipped()));
    let mut groups: Vec<Lost> = Vec::new();
    for outcome in outcomes.filter(|outcome| outcome.loss() != Loss::Nowhere) {
        // What only npm loses does not happen where pnpm is, which every procedure takes first.
        let certain = outcome.loss() == Loss::Everywhere && updates.decides(outcome.generation);
        let severity = if certain { Severity::Error } else { Severity::Warning };
        let lost = Lost { severity, outcomes: vec![outcome] };
        match groups.iter_mut().find(|group| group.is_like(&lost)) {
            Some(group) => group.outcomes.push(outcome),
            None => groups.push(lost),
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.severity));
    let observations = groups.iter().enumerate().map(|(at, group)| {
        // The remedy is the same for all: said once, by the one that is shown first.
        group.observation(bundle).help(if at == 0 { help(bundle) } else { AS_ABOVE.to_owned() })
    });
    observations.collect()
}

/// The remedy of a second finding.
const AS_ABOVE: &str = "the same: ship packages/shared and depend on it (`bundle-doctor explain update-drops-shared`)";

/// Generations that lose it in the same way.
struct Lost {
    severity: Severity,
    outcomes: Vec<UpdateOutcome>,
}

impl Lost {
    fn is_like(&self, other: &Self) -> bool {
        let [Some(one), Some(another)] = [self, other].map(|group| group.outcomes.first()) else { return false };
        let in_place = |outcome: &UpdateOutcome| outcome.generation == Generation::InPlace;
        self.severity == other.severity
            && one.loss() == another.loss()
            && in_place(one) == in_place(another)
            && one.worse() == another.worse()
    }

    fn names(&self, quoted: impl Fn(&str) -> String) -> String {
        let names: Vec<_> = self.outcomes.iter().map(|outcome| quoted(outcome.generation.name())).collect();
        text::list(&names)
    }

    fn observation(&self, bundle: &Bundle<'_>) -> Observation {
        let plural = if self.outcomes.len() == 1 { "" } else { "s" };
        let with = match self.outcomes.first() {
            Some(first) if first.loss() == Loss::WithoutPnpm => " where they install with npm",
            Some(first) if !first.npm.is_bad() => " where they install with pnpm",
            _ => "",
        };
        Observation::new(self.message(bundle))
            .at("package.json")
            .caveat(format!(
                "agents of the generation{plural} {} lose the shared package{with}",
                self.names(str::to_owned)
            ))
            .only(self.severity)
    }

    fn message(&self, bundle: &Bundle<'_>) -> String {
        let Some(first) = self.outcomes.first() else { return String::new() };
        let names = self.names(|name| format!("`{name}`"));
        let fate = first.worse();
        let with = match (first.loss(), first.pnpm == fate, first.npm == fate) {
            (Loss::WithoutPnpm, ..) => " where they install with npm (with pnpm, which they take first, it stays)",
            (_, true, false) => ", with pnpm",
            (_, false, true) => ", with npm",
            _ => "",
        };
        let source = &bundle.names.shared_source;
        if first.generation == Generation::InPlace {
            let what = match fate {
                SharedFate::Hollow => format!("install it from `{source}`, in which Node finds no entry point"),
                SharedFate::Stale => format!("install it from `{source}`, which lacks what the agent imports and the copy has"),
                _ => "lose the shared package, which package.json does not have installed, so that the new agent stops with ERR_MODULE_NOT_FOUND".to_owned(),
            };
            return format!("Updates of the generation {names} install over the shipped node_modules and {what}{with}");
        }
        let plural = if self.outcomes.len() == 1 { "" } else { "s" };
        let what = match fate {
            SharedFate::Stops(step) => {
                let why = if step == UpdateStep::Shared {
                    format!(": there is no node_modules/@server-flow to copy {source} into")
                } else {
                    String::new()
                };
                format!("stop at step {}{why}", step.number())
            }
            SharedFate::Hollow => format!("restore it from `{source}`, in which Node finds no entry point"),
            SharedFate::Stale => {
                format!("restore it from `{source}`, which lacks what the agent imports and the copy has")
            }
            _ => "cannot restore the shared package, so that the new one stops with ERR_MODULE_NOT_FOUND".to_owned(),
        };
        format!("Agents of the generation{plural} {names} delete node_modules (step 4) and {what}{with}")
    }
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
