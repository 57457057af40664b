//! `shared-package-json-invalid`: the shared package's package.json is absent, invalid, misnamed or leads to nothing.

use super::{Judges, Rule, specifiers};
use crate::layout;
use crate::model::bundle::{Bundle, PackageFile};
use crate::model::entry_resolution::{Entry, Loader, package_entry};
use crate::model::finding::{Observation, Severity};
use crate::model::package::Package;

pub static RULE: Rule = Rule {
    id: "shared-package-json-invalid",
    severity: Severity::Error,
    summary: "the shared package's package.json is absent, invalid, misnamed or leads to nothing",
    page: include_str!("../../docs/rules/shared-package-json-invalid.md"),
    judges: Judges::Tree,
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
    let help =
        format!("copy the shared package as it is in the repository, from its root:\n{}", layout::copy_shared(names));
    let at = |message: String| Observation::new(message).at(&path).help(help.clone());
    let package = match &bundle.shared_package {
        PackageFile::Missing => {
            return vec![at(
                "The shared package has no package.json, so node does not know what to load from it".to_owned()
            )];
        }
        PackageFile::Invalid(fault) => {
            return vec![at(format!("The shared package's package.json cannot be used: {fault}. Node stops with ERR_INVALID_PACKAGE_CONFIG")).line(fault.line())];
        }
        PackageFile::Read(package) => package,
    };
    let mut found = Vec::new();
    if package.name() != Some(names.shared.as_str()) {
        let stated = package.get("name").map_or_else(|| "no name".to_owned(), |name| format!("\"name\": {name}"));
        let message = format!("The package in `{folder}` is not {}: something else was copied there", names.shared);
        found.push(at(message).line(package.line_of(["name"])).evidence(stated));
    }
    let loader = if bundle.package.package().is_none_or(Package::is_module) { Loader::Import } else { Loader::Require };
    match package_entry(bundle.tree(), &folder, package, loader, &names.shared_entry) {
        Entry::File(_) => {}
        Entry::Fallback(file) => {
            let message = format!("Its `main` leads nowhere; node falls back to `{file}`, with a deprecation warning");
            found.push(
                at(message).line(package.line_of(["main"])).evidence(stated(package, "main")).only(Severity::Warning),
            );
        }
        Entry::Nothing { field, value } => {
            let message = match value {
                Some(_) if field == "exports" => "Its `exports` leads to nothing that node can import: it stops with ERR_PACKAGE_PATH_NOT_EXPORTED or ERR_MODULE_NOT_FOUND".to_owned(),
                Some(_) => "Its `main` leads to nothing in the bundle: node stops with ERR_MODULE_NOT_FOUND".to_owned(),
                None => "It has neither `main` nor `exports`, and no index.js at its root: node stops with ERR_MODULE_NOT_FOUND".to_owned(),
            };
            found.push(at(message).line(package.line_of([field])).evidence(stated(package, field)));
        }
    }
    found
}

/// A field as it stands in the file, shortened.
fn stated(package: &Package, field: &str) -> String {
    let value = package.get(field).map_or_else(|| "absent".to_owned(), ToString::to_string);
    let shown: String = format!("\"{field}\": {value}").chars().take(120).collect();
    shown
}
