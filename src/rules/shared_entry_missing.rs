//! `shared-entry-missing`: the shared package has no regular, non-empty dist/index.js.

use super::{Judges, Rule};
use crate::layout;
use crate::model::bundle::Bundle;
use crate::model::entry_resolution::{Entry, Loader, package_entry};
use crate::model::finding::{Observation, Severity};

pub static RULE: Rule = Rule {
    id: "shared-entry-missing",
    severity: Severity::Error,
    summary: "the shared package has no regular, non-empty dist/index.js",
    page: include_str!("../../docs/rules/shared-entry-missing.md"),
    judges: Judges::Tree,
    follows_from: &["archive-wrapped", "nested-layout", "shared-package-missing", "shared-package-linked"],
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let entry = bundle.names.shared_copy_entry();
    let instead = bundle
        .shared_package
        .package()
        .map(|package| package_entry(bundle.tree(), &bundle.names.shared_copy(), package, Loader::Import, ""));
    let message = match (bundle.tree().resolved_size(entry.as_bytes()), instead) {
        (Some(0), _) => {
            format!("`{entry}` is empty: whatever the agent imports from {} is not there", bundle.names.shared)
        }
        (Some(_), _) => return Vec::new(),
        (None, Some(Entry::File(file) | Entry::Fallback(file))) => {
            format!(
                "There is no `{entry}`, where the build belongs. Node would load `{file}` instead, which is not what was released"
            )
        }
        (None, _) => {
            format!(
                "There is no `{entry}`: the shared package was copied before it was built, and node stops with ERR_MODULE_NOT_FOUND"
            )
        }
    };
    let copy = layout::copy_shared(bundle.names);
    let help = format!(
        "build the shared package and copy it, from the repository's root:\n(cd {} && pnpm build)\n{copy}",
        bundle.names.shared_source
    );
    vec![Observation::new(message).at(&entry).help(help)]
}
