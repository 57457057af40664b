//! `unresolved-import`: an import reachable from the entry point leads to no file that Node can load.

use super::rule::{Judges, Rule, StopsStart};
use super::{bounded, faults, shared_package_json_invalid};
use crate::check::bundle::Bundle;
use crate::node::faults::{ImportPlace, ModuleFault};
use crate::node::modules::Need;
use crate::node::resolve::ResolveFailure;
use crate::report::finding::{Observation, Severity};
use crate::tree::nodes::{NodeKind, Tree};

pub(super) static RULE: Rule = Rule {
    id: "unresolved-import",
    severity: Severity::Error,
    summary: "an import reachable from the entry point leads to no file that Node can load",
    page: include_str!("../../../docs/rules/unresolved-import.md"),
    judges: Judges::Tree,
    stops_start: StopsStart::Always,
    follows_from: faults::EXPLAINED_BY,
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let broken = bundle.modules.faults.iter().filter_map(|fault| match fault {
        ModuleFault::Unresolved { place, failure, message, fallback } => {
            // What is wrong with the copy of the shared package itself is `shared-package-json-invalid`.
            let shared = fallback.map_or_else(
                || shared_package_json_invalid::is_of_copy(bundle, place, failure),
                |_| faults::names_shared(bundle, &place.specifier),
            );
            (!shared).then_some((place, failure, message, *fallback))
        }
        _ => None,
    });
    let mut found = bounded::each(broken, |(place, failure, said, fallback)| match fallback {
        Some(file) => faults::at_import(
            bundle,
            place,
            format!(
                "`main` of the package leads nowhere; node falls back to `{}`, with a deprecation warning",
                bundle.tree().path(file)
            ),
        )
        .help("correct `main` in its package.json"),
        None => word(bundle, place, failure, said),
    });
    found.extend(computed(bundle));
    found
}

fn word(bundle: &Bundle<'_>, place: &ImportPlace, failure: &ResolveFailure, said: &str) -> Observation {
    let (what, help) = describe(bundle.tree(), failure);
    let message = match (failure, place.need) {
        (ResolveFailure::Outside { .. }, Need::Optional) => format!("{what}. Where it is not there, node says {said}"),
        (ResolveFailure::NotJudged { .. }, _) => what,
        _ => format!("{what}. {} {said}", faults::unless(place.need)),
    };
    faults::at_import(bundle, place, message).help(help)
}

/// What is wrong, and what to do.
fn describe(tree: &Tree, failure: &ResolveFailure) -> (String, String) {
    match failure {
        ResolveFailure::NotFound { path } => {
            let what = format!("There is no `{path}`");
            match instead(tree, path) {
                Some(other) => (
                    format!("{what}; there is `{other}`, which `import` does not find by itself"),
                    "write the path in full, with its extension (`\"moduleResolution\": \"NodeNext\"` in tsconfig.json demands it)".to_owned(),
                ),
                None => (what, "build anew and copy all of what was built, or take the import out".to_owned()),
            }
        }
        ResolveFailure::Outside { path } => (
            format!("`{path}` is outside of the bundle"),
            "copy what it needs into the bundle, and import it by a relative path".to_owned(),
        ),
        ResolveFailure::Directory { path } => (
            format!("`{path}` is a folder, which `import` does not look into"),
            format!("write the path in full: `{path}/index.js`"),
        ),
        ResolveFailure::NoPackage { name } => {
            (format!("There is no package `{name}`"), "declare it in package.json".to_owned())
        }
        ResolveFailure::NoMain { folder } => (
            format!("The package in `{folder}` has no file to begin with"),
            "correct `main` in its package.json, or copy the package whole".to_owned(),
        ),
        ResolveFailure::NotExported { package_json } => (
            format!("`exports` in `{package_json}` does not have it"),
            "add it to `exports` there, or import what is exported".to_owned(),
        ),
        ResolveFailure::InvalidTarget { package_json } => (
            format!("What `{package_json}` says for it is no path inside the package"),
            "begin the target with `./`, and keep it inside the package".to_owned(),
        ),
        ResolveFailure::InvalidPackage { package_json } => {
            (format!("`{package_json}` cannot be used"), "copy the package whole, or install it anew".to_owned())
        }
        ResolveFailure::NotDefined => (
            "`imports` in package.json does not have it".to_owned(),
            "add it to `imports` in package.json, or import the file by its path".to_owned(),
        ),
        ResolveFailure::InvalidSpecifier => {
            ("It is no specifier that node accepts".to_owned(), "correct the specifier".to_owned())
        }
        ResolveFailure::NoBuiltin => (
            "This Node has no such module of its own".to_owned(),
            "run a newer Node on the servers and name it with `--node`, or do without the module".to_owned(),
        ),
        ResolveFailure::Scheme => (
            "Node does not load code from such an address".to_owned(),
            "ship the code in the bundle, or declare its package".to_owned(),
        ),
        ResolveFailure::InAddress => (
            "The code that stands in the address does not run".to_owned(),
            "put the code into a file of the bundle, where it can import what it needs".to_owned(),
        ),
        ResolveFailure::NoMainModule => (
            "The agent begins with an ES module, so that there is no main module to ask".to_owned(),
            "use `createRequire(import.meta.url)`, or import the file".to_owned(),
        ),
        ResolveFailure::Extension { extension, path } => (
            format!("`{path}` is there, and node does not load `{extension}` files"),
            "import the file that is compiled from it".to_owned(),
        ),
        ResolveFailure::NotJudged { path, what } => (
            format!("`{path}` is {what}; what it exports and imports was not judged"),
            "ship JavaScript instead, or start the agent once to see that it loads".to_owned(),
        ),
        ResolveFailure::Attribute => (
            "Its attributes do not fit what it imports".to_owned(),
            "write `with { type: 'json' }` behind the import of JSON, and nothing behind others".to_owned(),
        ),
        ResolveFailure::InvalidJson => ("It is no valid JSON".to_owned(), "build it anew".to_owned()),
    }
}

/// The file that was meant, if it is there under a fuller or another name.
fn instead(tree: &Tree, path: &str) -> Option<String> {
    let file =
        |candidate: &str| tree.resolve(candidate.as_bytes()).is_ok_and(|id| matches!(tree.kind(id), NodeKind::File(_)));
    let fuller = [".js", ".mjs", ".cjs", ".json", "/index.js"].map(|ending| format!("{path}{ending}"));
    fuller.into_iter().find(|candidate| file(candidate)).or_else(|| {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let folder = tree.resolve(folder.as_bytes()).ok()?;
        let other = tree.children(folder).find(|id| {
            tree.name(*id).eq_ignore_ascii_case(name.as_bytes()) && matches!(tree.kind(*id), NodeKind::File(_))
        })?;
        Some(tree.path(other).to_string())
    })
}

/// Imports that were not followed.
fn computed(bundle: &Bundle<'_>) -> Option<Observation> {
    let [(file, line, _), ..] = bundle.modules.computed.as_slice() else { return None };
    let count: usize = bundle.modules.computed.iter().map(|(.., count)| count).sum();
    let message = format!(
        "{} with a computed target, not followed: what is imported so is not judged",
        crate::text::plural(count as u64, "import")
    );
    let observation = faults::at_file(bundle, *file, *line, message).only(Severity::Info);
    Some(observation.help("nothing needs to be done; start the agent once to see that what it imports is there"))
}
