//! `local-protocol`: a dependency by a path or protocol that the server does not have.

use super::rule::{Judges, Rule, StopsStart};
use super::specifiers::{self, InstalledPackage, Refers};
use crate::check::bundle::Bundle;
use crate::node::package::WrittenDependency;
use crate::report::finding::{Observation, Severity};
use crate::update::documented_paths;

pub(super) static RULE: Rule = Rule {
    id: "local-protocol",
    severity: Severity::Error,
    summary: "a dependency by a path or protocol that the server does not have",
    page: include_str!("../../../docs/rules/local-protocol.md"),
    judges: Judges::Tree,
    stops_start: StopsStart::Never,
    follows_from: &["archive-wrapped"],
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let mut found = Vec::new();
    for installed in specifiers::installed(bundle) {
        for dependency in installed.specifiers() {
            if let Some((message, severity)) = judge(bundle, &installed, &dependency) {
                let observation = installed.observe(&dependency, message).help(help(bundle, &dependency));
                found.push(if severity == RULE.severity { observation } else { observation.only(severity) });
            }
        }
    }
    found
}

/// What happens to a specifier in step 5 of the update, and how bad that is.
fn judge(
    bundle: &Bundle<'_>,
    installed: &InstalledPackage<'_>,
    dependency: &WrittenDependency,
) -> Option<(String, Severity)> {
    let WrittenDependency { field, name, spec, .. } = dependency;
    let shared = *name == bundle.names.shared && installed.is_root();
    let optional = *field == "optionalDependencies";
    match Refers::of(spec) {
        // npm does not read these fields, and pnpm makes the link.
        Refers::Local(protocol) if shared && protocol == "link:" && is_pnpms(field) && links_inside(bundle, installed, spec) => {
            let message = "pnpm links the shipped package, and npm does not read this field: it works, but is no copy";
            Some((message.to_owned(), Severity::Warning))
        }
        Refers::Local(protocol) => {
            Some((format!("npm stops with EUNSUPPORTEDPROTOCOL on `{protocol}`, wherever it stands; pnpm fails or makes a link that leads nowhere"), Severity::Error))
        }
        Refers::Path { path, with_protocol } => {
            let required = bundle.names.required_dependencies.contains(name);
            if installed.satisfies(bundle, &path) {
                return None;
            }
            let harmless = match *field {
                "devDependencies" => !with_protocol || !installed.is_root(),
                "optionalDependencies" => !required,
                "peerDependencies" => !installed.is_root(),
                _ => false,
            };
            let severity = if harmless { Severity::Warning } else { Severity::Error };
            Some((format!("{} Step 5 of the update fails, or leaves a link that leads nowhere", unsatisfied(bundle, &path)), severity))
        }
        Refers::Elsewhere if shared && is_taken_for_something_else(spec, name) => {
            Some(("Without `file:./` this is taken for a repository or for a name in the registry; step 5 of the update fails".to_owned(), Severity::Error))
        }
        Refers::Registry if shared && !field.contains("verrides") && *field != "resolutions" => {
            let severity = if optional { Severity::Warning } else { Severity::Error };
            Some((format!("{name} is not published: pnpm stops with ERR_PNPM_FETCH_404, npm with E404, in step 5 of the update"), severity))
        }
        _ => None,
    }
}

fn is_pnpms(field: &str) -> bool {
    matches!(field, "resolutions" | "pnpm.overrides")
}

fn links_inside(bundle: &Bundle<'_>, installed: &InstalledPackage<'_>, spec: &str) -> bool {
    spec.trim().get("link:".len()..).is_some_and(|path| installed.satisfies(bundle, path))
}

fn unsatisfied(bundle: &Bundle<'_>, path: &str) -> &'static str {
    match bundle.tree().resolve(path.as_bytes()) {
        Ok(id) if bundle.tree().path(id).components().next() == Some(b"node_modules") => {
            "It points below node_modules, which step 4 of the update deletes."
        }
        Ok(_) => "It points to something in the bundle that is not a package.",
        Err(_) => "It points to something that is not in the bundle.",
    }
}

/// `packages/shared` is a repository on a forge, `shared.tgz` a name for pnpm, and an alias of the package itself is
/// looked for in the registry.
fn is_taken_for_something_else(spec: &str, shared: &str) -> bool {
    let alias =
        spec.strip_prefix("npm:").is_some_and(|target| target == shared || target.starts_with(&format!("{shared}@")));
    alias || !spec.contains(':')
}

fn help(bundle: &Bundle<'_>, dependency: &WrittenDependency) -> String {
    let names = bundle.names;
    if dependency.name == names.shared {
        let source = &names.shared_source;
        format!(
            "remove the line from `{}/package.json`, or ship `{source}` in the bundle and write \"{}\": \"file:./{source}\"",
            documented_paths::BUNDLE_SOURCE,
            names.shared
        )
    } else {
        "replace it by a version that is published, or remove it".to_owned()
    }
}
