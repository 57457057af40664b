//! `shared-package-json-invalid`: the shared package's package.json is absent, invalid, misnamed or leads to nothing.

use super::rule::{Judges, Rule, StopsStart};
use super::{faults, specifiers};
use crate::check::bundle::Bundle;
use crate::node::faults::{ImportPlace, ModuleFault};
use crate::node::package::Package;
use crate::node::package_file::PackageFile;
use crate::node::resolve::{Loader, ResolveFailure, ResolveRefusal, Resolver, Target};
use crate::report::finding::{Detail, Observation, Severity};
use crate::update::documented_paths;

pub(super) static RULE: Rule = Rule {
    id: "shared-package-json-invalid",
    severity: Severity::Error,
    summary: "the shared package's package.json is absent, invalid, misnamed or leads to nothing",
    page: include_str!("../../../docs/rules/shared-package-json-invalid.md"),
    judges: Judges::Tree,
    // Not a name that is another's, nor what only pnpm refuses.
    stops_start: StopsStart::AsFound,
    follows_from: &["archive-wrapped", "nested-layout", "shared-package-missing", "shared-package-linked"],
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let mut found = copy(bundle);
    found.extend(source(bundle));
    found
}

/// What pnpm refuses in the package.json of a package that is depended on by path.
fn source(bundle: &Bundle<'_>) -> Option<Observation> {
    let installed = specifiers::installed(bundle).into_iter().find(|installed| !installed.is_root())?;
    let package = installed.package();
    let (field, message) = if package.name().is_none() {
        ("name", "It is depended on by path and has no `name`: pnpm stops with ERR_PNPM_MISSING_PACKAGE_NAME")
    } else if package.get("version").is_some() && package.version().is_none() {
        (
            "version",
            "It is depended on by path and its `version` is not semver: pnpm stops with ERR_PNPM_BAD_PACKAGE_JSON",
        )
    } else {
        return None;
    };
    let path = format!("{}/package.json", bundle.names.shared_source);
    let observation =
        Observation::new(message).at(path).line(package.line_of([field])).evidence(stated(package, field));
    Some(observation.help(format!("correct it in `{}` of the repository", bundle.names.shared_source)))
}

/// The package.json of the copy in `node_modules`.
fn copy(bundle: &Bundle<'_>) -> Vec<Observation> {
    let names = bundle.names;
    let folder = names.shared_copy();
    let path = format!("{folder}/package.json");
    let help = format!(
        "copy the shared package as it is in the repository, from its root:\n{}",
        documented_paths::copy_shared(names)
    );
    let at = |message: String| Observation::new(message).at(&path).help(help.clone());
    let package = match &bundle.shared_package {
        PackageFile::Missing => {
            let message = "The shared package has no package.json, so node does not know what to load from it";
            return vec![at(message.to_owned()).detail(Detail::StopsNode)];
        }
        PackageFile::Invalid(fault) => {
            let message = format!(
                "The shared package's package.json cannot be used: {fault}. Node stops with ERR_INVALID_PACKAGE_CONFIG"
            );
            return vec![at(message).line(fault.line()).detail(Detail::StopsNode)];
        }
        PackageFile::Read(package) => package,
    };
    let mut found = Vec::new();
    if package.name() != Some(names.shared.as_str()) {
        let stated = package.get("name").map_or_else(|| "no name".to_owned(), |name| format!("\"name\": {name}"));
        let message = format!("The package in `{folder}` is not {}: something else was copied there", names.shared);
        found.push(at(message).line(package.line_of(["name"])).evidence(stated));
    }
    found.extend(refused(bundle, package).map(|(refusal, severity)| {
        let (field, message) = match &refusal.failure {
            ResolveFailure::InvalidPackage { .. } if package.get("type").is_some_and(|it| !it.is_string()) => {
                ("type", "Its `type` is no string: node stops with")
            }
            _ => missing_target(package),
        };
        let message = format!("{message} {}", refusal.message);
        let seen = at(message).line(package.line_of([field])).evidence(stated(package, field)).only(severity);
        // Of a broken `exports` `doctor` says what node says: `unknown-crash`.
        if field == "exports" || severity != Severity::Error { seen } else { seen.detail(Detail::StopsNode) }
    }));
    if let Some(Ok(Target::Fallback(file))) = entry(bundle, loader(bundle))
        && !main_names_entry(bundle, package)
    {
        let file = String::from_utf8_lossy(bundle.tree().name(file)).into_owned();
        let message = format!("Its `main` leads nowhere; node falls back to `{file}`, with a deprecation warning");
        let seen = at(message).line(package.line_of(["main"])).evidence(stated(package, "main"));
        found.push(seen.only(Severity::Warning));
    }
    found
}

/// How whatever imports the shared package finds it to lead to nothing, and how bad that is.
fn refused(bundle: &Bundle<'_>, package: &Package) -> Option<(ResolveRefusal, Severity)> {
    let mut of_imports = bundle.modules.faults.iter().filter_map(|fault| match fault {
        ModuleFault::Unresolved { place, failure, message, fallback: None } if is_of_copy(bundle, place, failure) => {
            let refusal = ResolveRefusal { failure: failure.clone(), message: message.clone() };
            Some((refusal, faults::severity(place.need)))
        }
        _ => None,
    });
    let of_name = || match entry(bundle, loader(bundle)) {
        // Nothing that is reached imports it by its bare name, which may be all that it is for: `exports` of `./x` alone.
        Some(Err(refusal)) if bundle.modules.read > 0 => Some((refusal, Severity::Warning)),
        Some(Err(refusal)) => Some((refusal, Severity::Error)),
        _ => None,
    };
    let is_imported = bundle.modules.imports_shared;
    let found = of_imports.next().or_else(|| if is_imported { None } else { of_name() });
    found.filter(|(refusal, _)| !is_missing_entry(bundle, package, refusal))
}

/// Whether an import of the shared package by its name fails for what its own package.json says.
pub(super) fn is_of_copy(bundle: &Bundle<'_>, place: &ImportPlace, failure: &ResolveFailure) -> bool {
    let copy = bundle.names.shared_copy();
    let is_inside = failure.path().is_some_and(|path| path.starts_with(&copy));
    match failure {
        ResolveFailure::InvalidPackage { package_json } => *package_json == format!("{copy}/package.json"),
        ResolveFailure::NotFound { .. }
        | ResolveFailure::Directory { .. }
        | ResolveFailure::NoMain { .. }
        | ResolveFailure::NotExported { .. }
        | ResolveFailure::InvalidTarget { .. } => is_inside && faults::names_shared(bundle, &place.specifier),
        _ => false,
    }
}

/// The field that leads to nothing, and what that means.
fn missing_target(package: &Package) -> (&'static str, &'static str) {
    if package.get("exports").is_some_and(|exports| !exports.is_null()) {
        ("exports", "Its `exports` leads to nothing that node can import: it stops with")
    } else if package.string("main").is_some() {
        ("main", "Its `main` leads to nothing in the bundle: node stops with")
    } else {
        ("main", "It has neither `main` nor `exports`, and no index.js at its root: node stops with")
    }
}

/// How the agent would ask for it, by its own type.
fn loader(bundle: &Bundle<'_>) -> Loader {
    if bundle.package.package().is_none_or(Package::is_module) { Loader::Import } else { Loader::Require }
}

/// What the bare name of the shared package leads to.
pub(super) fn entry(bundle: &Bundle<'_>, loader: Loader) -> Option<Result<Target, ResolveRefusal>> {
    let (tree, names) = (bundle.tree(), bundle.names);
    let folder = tree.resolve(names.shared_copy().as_bytes()).ok()?;
    let from = tree.resolve(names.entry.as_bytes()).unwrap_or_else(|_| tree.root());
    let here = bundle.expectations.deployed_at.as_deref().unwrap_or(documented_paths::DEPLOYED_AT);
    let resolver = Resolver::new(tree, bundle.expectations.node, here, &|_| true);
    Some(resolver.package_entry(&names.shared, folder, from, loader))
}

/// Whether nothing is wrong but that the entry point is not there, which is `shared-entry-missing`.
fn is_missing_entry(bundle: &Bundle<'_>, package: &Package, refusal: &ResolveRefusal) -> bool {
    if bundle.tree().resolved_size(bundle.names.shared_copy_entry().as_bytes()).is_some_and(|size| size > 0) {
        return false;
    }
    match &refusal.failure {
        ResolveFailure::NotFound { path } | ResolveFailure::Directory { path } => {
            *path == bundle.names.shared_copy_entry()
        }
        ResolveFailure::NoMain { .. } => main_names_entry(bundle, package),
        _ => false,
    }
}

/// Whether `main`, or `index.js` without one, would be the entry point that the document asks for.
fn main_names_entry(bundle: &Bundle<'_>, package: &Package) -> bool {
    let entry = bundle.names.shared_entry.as_str();
    let main = package.string("main").unwrap_or("index.js").replace('\\', "/");
    let main = main.strip_prefix("./").unwrap_or(&main).trim_end_matches('/');
    ["", ".js", "/index.js"].iter().any(|suffix| format!("{main}{suffix}") == entry)
}

/// A field as it stands in the file, shortened.
fn stated(package: &Package, field: &str) -> String {
    let value = package.get(field).map_or_else(|| "absent".to_owned(), ToString::to_string);
    let shown: String = format!("\"{field}\": {value}").chars().take(120).collect();
    shown
}
