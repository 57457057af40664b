//! `shared-package-linked`: the shared package is a link, not a copy.

use super::{Judges, MISPLACED, Rule, links};
use crate::layout;
use crate::model::bundle::{Bundle, Stage};
use crate::model::finding::{Observation, Severity};
use crate::model::tree::Kind;

pub static RULE: Rule = Rule {
    id: "shared-package-linked",
    severity: Severity::Error,
    summary: "the shared package is a link, not a copy",
    page: include_str!("../../docs/rules/shared-package-linked.md"),
    judges: Judges::Tree,
    follows_from: MISPLACED,
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let tree = bundle.tree();
    let copy = bundle.names.shared_copy();
    let Some(link) = links::on_the_way(tree, &copy) else {
        return Vec::new();
    };
    let leads = tree.resolve(copy.as_bytes());
    // pnpm and npm link a `file:` dependency when they install it: on a server that is as it should be.
    if bundle.stage == Stage::Deployed && leads.as_ref().is_ok_and(|id| tree.kind(*id) == Kind::Directory) {
        return Vec::new();
    }
    let message = match leads {
        Ok(_) => {
            "A link where a copy belongs: the update deletes node_modules and what the link needs may not come back"
                .to_owned()
        }
        Err(_) => format!(
            "A link to the machine that built the bundle. On the server it leads nowhere, and node stops with ERR_MODULE_NOT_FOUND: Cannot find package '{}'",
            bundle.names.shared
        ),
    };
    let target = crate::text::printable_bytes(tree.target(link)).into_owned();
    let help = format!("replace it by a copy, from the repository's root:\n{}", layout::copy_shared(bundle.names));
    vec![Observation::new(message).at(tree.path(link)).evidence(format!("→ {target}")).help(help)]
}
