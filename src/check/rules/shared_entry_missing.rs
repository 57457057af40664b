//! `shared-entry-missing`: the shared package has no regular, non-empty dist/index.js.

use super::rule::{Judges, Rule, StopsStart};
use super::shared_package_json_invalid;
use crate::check::bundle::Bundle;
use crate::node::resolve::{Loader, Target};
use crate::report::finding::{Detail, Observation, Severity};
use crate::update::documented_paths;

pub static RULE: Rule = Rule {
    id: "shared-entry-missing",
    severity: Severity::Error,
    summary: "the shared package has no regular, non-empty dist/index.js",
    page: include_str!("../../../docs/rules/shared-entry-missing.md"),
    judges: Judges::Tree,
    // Not where Node finds another file to load.
    stops_start: StopsStart::AsFound,
    follows_from: &["archive-wrapped", "nested-layout", "shared-package-missing", "shared-package-linked"],
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let entry = bundle.names.shared_copy_entry();
    let instead =
        bundle.shared_package.package().and_then(|_| shared_package_json_invalid::entry(bundle, Loader::Import));
    let tree = bundle.tree();
    let copy = format!("{}/", bundle.names.shared_copy());
    let (message, detail) = match (bundle.tree().resolved_size(entry.as_bytes()), instead) {
        (Some(0), _) => {
            let message =
                format!("`{entry}` is empty: whatever the agent imports from {} is not there", bundle.names.shared);
            (message, Detail::StopsNode)
        }
        (Some(_), _) => return Vec::new(),
        (None, Some(Ok(Target::File(file) | Target::Fallback(file)))) => {
            let file = tree.path(file).to_string();
            let file = file.strip_prefix(&copy).unwrap_or(&file);
            let message = format!(
                "There is no `{entry}`, where the build belongs. Node would load `{file}` instead, which is not what was released"
            );
            (message, Detail::None)
        }
        (None, _) => {
            let message = format!(
                "There is no `{entry}`: the shared package was copied before it was built, and node stops with ERR_MODULE_NOT_FOUND"
            );
            (message, Detail::StopsNode)
        }
    };
    let copy = documented_paths::copy_shared(bundle.names);
    let help = format!(
        "build the shared package and copy it, from the repository's root:\n(cd {} && pnpm build)\n{copy}",
        bundle.names.shared_source
    );
    vec![Observation::new(message).at(&entry).help(help).detail(detail)]
}
