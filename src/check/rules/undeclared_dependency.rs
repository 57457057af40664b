//! `undeclared-dependency`: a package imported from a reachable file is neither shipped, declared nor a Node builtin.

use super::rule::{Judges, Rule, StopsStart};
use super::{bounded, faults};
use crate::check::bundle::Bundle;
use crate::node::faults::{Absent, ImportPlace, ModuleFault};
use crate::node::modules::Need;
use crate::report::finding::{Detail, Observation, Severity};
use crate::update::generation::Generation;
use std::collections::BTreeMap;

pub(super) static RULE: Rule = Rule {
    id: "undeclared-dependency",
    severity: Severity::Error,
    summary: "a package imported from a reachable file is neither shipped, declared nor a Node builtin",
    page: include_str!("../../../docs/rules/undeclared-dependency.md"),
    judges: Judges::Tree,
    stops_start: StopsStart::Always,
    follows_from: faults::EXPLAINED_BY,
    check,
};

/// The imports of one package, of which the first that is met tells most.
struct Uses<'a> {
    first: &'a ImportPlace,
    why: Absent,
    said: &'a str,
    count: usize,
}

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let root = bundle.package.package();
    let mut packages: BTreeMap<&str, Uses<'_>> = BTreeMap::new();
    for fault in &bundle.modules.faults {
        let ModuleFault::Undeclared { place, package, why, message } = fault else { continue };
        // These have rules of their own: `shared-package-missing` and `shared-package-linked`, `runtime-dependency-missing`.
        let shared = *package == bundle.names.shared;
        let required = *why != Absent::NotInstalled
            && bundle.names.required_dependencies.contains(package)
            && root.is_some_and(|root| !root.installs(package));
        if shared || required {
            continue;
        }
        packages.entry(package).and_modify(|uses| uses.count += 1).or_insert(Uses {
            first: place,
            why: *why,
            said: message,
            count: 1,
        });
    }
    bounded::each(packages, |(package, uses)| word(bundle, package, &uses))
}

fn word(bundle: &Bundle<'_>, package: &str, uses: &Uses<'_>) -> Observation {
    let Uses { first, why, said, count } = uses;
    let stays = *why == Absent::Deleted && stays_with_pnpm(bundle, package);
    let first = &ImportPlace { need: if stays { Need::Optional } else { first.need }, ..(*first).clone() };
    let what = match why {
        Absent::Deleted if stays => {
            format!(
                "`{package}` is in the bundle's node_modules, and package.json does not declare it: an update in place leaves it there with pnpm, and npm removes it"
            )
        }
        Absent::NotDeclared => {
            format!(
                "`{package}` is neither in the bundle nor declared in package.json, so the update does not install it. npm may put it there for another package's sake, pnpm does not"
            )
        }
        Absent::Development => format!("`{package}` is in devDependencies, which the update does not install"),
        Absent::Deleted => format!(
            "`{package}` is in the bundle's node_modules, which the update deletes (step 4), and package.json does not declare it"
        ),
        Absent::NotInstalled => format!("`{package}` is in no node_modules that the importing file can see"),
    };
    let message = match stays {
        true => format!("{what}. Node then says {said}"),
        false => format!("{what}. {} {said}", faults::unless(first.need)),
    };
    let help = match why {
        Absent::NotInstalled => {
            format!(
                "install what package.json declares, in the bundle's folder: `pnpm install --prod --ignore-scripts`; if it does not declare `{package}`, add it there"
            )
        }
        _ => format!(
            "declare it in `dependencies` of apps/agent/bundle/package.json, with the version that apps/agent/package.json has:\ngrep -n '\"{}\"' apps/agent/package.json packages/shared/package.json",
            crate::text::printable(package)
        ),
    };
    let observation = faults::at_import(bundle, first, message).help(help);
    let observation = observation.detail(Detail::PackageAbsent { name: package.to_owned() });
    if *count > 1 { observation.first_of(&format!("'{}'", first.specifier), *count, "imports") } else { observation }
}

/// Whether pnpm leaves a package that is shipped and not declared: nothing is deleted before an update in place, and pnpm takes
/// away only what is for development (measured with pnpm 9: tests/lab/specs.py).
fn stays_with_pnpm(bundle: &Bundle<'_>, package: &str) -> bool {
    let is_for_development = bundle.package.package().is_some_and(|root| root.declares("devDependencies", package));
    bundle.expectations.updates.generations() == [Generation::InPlace] && !is_for_development
}
