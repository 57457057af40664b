//! `missing-export`: a reachable file imports a name that its target inside the bundle does not export.

use super::rule::{Judges, Rule, StopsStart};
use super::{bounded, faults};
use crate::check::bundle::Bundle;
use crate::node::faults::{ImportPlace, ModuleFault, WantedExport};
use crate::report::finding::{Observation, Severity};
use crate::tree::nodes::NodeId;
use crate::tree::ownership::Ownership;
use crate::update::documented_paths;

pub(super) static RULE: Rule = Rule {
    id: "missing-export",
    severity: Severity::Error,
    summary: "a reachable file imports a name that its target inside the bundle does not export",
    page: include_str!("../../../docs/rules/missing-export.md"),
    judges: Judges::Tree,
    stops_start: StopsStart::Always,
    follows_from: faults::EXPLAINED_BY,
    check,
};

/// A name that is not there.
struct Missing<'a> {
    wanted: WantedExport,
    place: &'a ImportPlace,
    name: &'a str,
    target: Option<NodeId>,
    nearest: Option<&'a str>,
    said: &'a str,
}

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let tree = bundle.tree();
    // Without its entry point whatever node loads of the shared package is not what was released: `shared-entry-missing`.
    let copy = format!("{}/", bundle.names.shared_copy());
    let has_entry = tree.resolved_size(bundle.names.shared_copy_entry().as_bytes()).is_some_and(|size| size > 0);
    let follows = |target: NodeId| !has_entry && tree.path(target).as_bytes().starts_with(copy.as_bytes());
    let missing = bundle.modules.faults.iter().filter_map(|fault| match fault {
        ModuleFault::MissingExport { wanted, place, name, target, nearest, message } => {
            let fault =
                Missing { wanted: *wanted, place, name, target: *target, nearest: nearest.as_deref(), said: message };
            (!target.is_some_and(follows)).then_some(fault)
        }
        _ => None,
    });
    bounded::each(missing, |missing| word(bundle, &missing))
}

fn word(bundle: &Bundle<'_>, missing: &Missing<'_>) -> Observation {
    let Missing { wanted, place, name, target, nearest, said } = missing;
    if *wanted == WantedExport::Function {
        return no_function(bundle, missing);
    }
    let Some(target) = target.map(|target| bundle.tree().path(target)) else {
        let node = bundle.expectations.node;
        let message = format!(
            "`{}` of Node {node} does not export `{name}`. {} {said}",
            place.specifier,
            faults::unless(place.need)
        );
        return faults::at_import(bundle, place, message)
            .evidence(format!("{name} from '{}'", place.specifier))
            .help("do without it, or run a newer Node on the servers and name it with `--node`");
    };
    let near = nearest.map_or_else(String::new, |nearest| format!("; it exports `{nearest}`"));
    let message = format!("`{target}` does not export `{name}`{near}. {} {said}", faults::unless(place.need));
    let shared = Ownership::of(target.as_bytes(), bundle.names) == Ownership::Shared;
    let help = if shared {
        format!(
            "the copied shared package is older than the agent: build it and copy it anew, from the repository's root:\n(cd {} && pnpm build)\n{}",
            bundle.names.shared_source,
            documented_paths::copy_shared(bundle.names)
        )
    } else {
        format!("build the agent anew and copy all of it, from the repository's root:\n{}", documented_paths::COPY_DIST)
    };
    let observation = faults::at_import(bundle, place, message).help(help);
    observation.evidence(format!("{name} from '{}'", place.specifier))
}

fn no_function(bundle: &Bundle<'_>, missing: &Missing<'_>) -> Observation {
    let Missing { place, target, said, .. } = missing;
    let what = match target {
        Some(target) => format!("`{}`", bundle.tree().path(*target)),
        None => format!("`{}`", place.specifier),
    };
    let message =
        format!("What is imported of {what} is called, and is no function. {} {said}", faults::unless(place.need));
    faults::at_import(bundle, place, message).evidence(format!("'{}'", place.specifier)).help(
        "call what it exports by name: `import x from` a CommonJS file gives all of `module.exports`, of which what TypeScript exports by default is `x.default`, and `import * as x` gives an object that is never a function",
    )
}
