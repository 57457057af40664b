//! `undefined-name`: a name that nothing declares, or that is used before whatever declares it has run.

use super::rule::{Judges, Rule, StopsStart};
use super::{bounded, faults};
use crate::check::bundle::Bundle;
use crate::node::faults::{ModuleFault, NameFault};
use crate::node::modules::Need;
use crate::node::names::WhyUnset;
use crate::report::finding::{Observation, Severity};
use crate::systemd::fit::preloads_something;

pub(super) static RULE: Rule = Rule {
    id: "undefined-name",
    severity: Severity::Error,
    summary: "a name that nothing declares, or that is used before the file that declares it has run",
    page: include_str!("../../../docs/rules/undefined-name.md"),
    judges: Judges::Tree,
    stops_start: StopsStart::Always,
    follows_from: faults::EXPLAINED_BY,
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let unset = bundle.modules.faults.iter().filter_map(|fault| match fault {
        ModuleFault::Name(fault) => Some(fault),
        _ => None,
    });
    bounded::each(unset, |fault| word(bundle, fault))
}

fn word(bundle: &Bundle<'_>, fault: &NameFault) -> Observation {
    let NameFault { file, line, name, why, need, message: said } = fault;
    // What the unit loads before the bundle may make it.
    let is_preloaded =
        *why == WhyUnset::Undeclared && bundle.expectations.unit.as_ref().is_some_and(preloads_something);
    let need = if is_preloaded { Need::Optional } else { *need };
    let (what, help) = match why {
        WhyUnset::Undeclared => (
            format!("Nothing declares `{name}`, and Node has no such global"),
            "import it, or have the build put its value in (esbuild's `define`); where a preloaded file or a package makes it, ask by `typeof` first".to_owned(),
        ),
        WhyUnset::Constant => (
            format!("`{name}` is a constant, or imported, and is given another value"),
            "declare it by `let`, or give the value to another variable".to_owned(),
        ),
        WhyUnset::NotYet(of) | WhyUnset::Undefined(of) if of == file => (
            format!("`{name}` is used before its declaration has run"),
            "move the declaration above whatever uses it while the file is loaded, or use it only in functions that are called later".to_owned(),
        ),
        WhyUnset::NotYet(of) | WhyUnset::Undefined(of) => {
            let of = bundle.tree().path(*of);
            (
                format!("`{name}` of `{of}` is used before that file has run: the two import each other, also through others"),
                format!("take what both need into a file of its own, or use `{name}` only in functions that are called once everything is loaded"),
            )
        }
    };
    let message = format!("{what}. {} {said}", faults::unless(need));
    faults::at_file(bundle, *file, *line, message).only(faults::severity(need)).evidence(&**name).help(help)
}
