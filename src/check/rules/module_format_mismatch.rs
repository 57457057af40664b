//! `module-format-mismatch`: ES module syntax in a file that Node loads as CommonJS, or the reverse.

use super::rule::{Judges, Rule, StopsStart};
use super::{bounded, faults};
use crate::check::bundle::Bundle;
use crate::node::faults::{FormatFault, ModuleFault, WrongFormat};
use crate::report::finding::{Observation, Severity};

pub(super) static RULE: Rule = Rule {
    id: "module-format-mismatch",
    severity: Severity::Error,
    summary: "ES module syntax in a file that Node loads as CommonJS, or the reverse",
    page: include_str!("../../../docs/rules/module-format-mismatch.md"),
    judges: Judges::Tree,
    stops_start: StopsStart::Always,
    follows_from: faults::EXPLAINED_BY,
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let wrong = bundle.modules.faults.iter().filter_map(|fault| match fault {
        ModuleFault::Format(fault) => Some(fault),
        _ => None,
    });
    bounded::each(wrong, |fault| word(bundle, fault))
}

fn word(bundle: &Bundle<'_>, fault: &FormatFault) -> Observation {
    let tree = bundle.tree();
    let FormatFault { file, line, need, how, message: said, decided_by } = fault;
    let decided = match decided_by {
        Some(package_json) => format!("`{}`", tree.path(*package_json)),
        None => "its extension".to_owned(),
    };
    let node = bundle.expectations.node;
    let (what, help) = match how {
        WrongFormat::ModuleAsCommonJs => (
            format!("An ES module that Node {node} loads as CommonJS, by {decided}"),
            "set `\"type\": \"module\"` in that package.json, or name the file `.mjs`".to_owned(),
        ),
        WrongFormat::CommonJsAsModule(name) => (
            format!("It uses `{name}` of CommonJS, and Node loads it as an ES module, by {decided}"),
            "build it as an ES module (`\"module\": \"NodeNext\"` in tsconfig.json), or name the file `.cjs`"
                .to_owned(),
        ),
        WrongFormat::StandIn => (
            format!("It calls what a bundler put in the place of `require`, and Node loads it as an ES module, by {decided}"),
            "build it as CommonJS, or begin it with `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);` (esbuild's `--banner:js=…`)"
                .to_owned(),
        ),
        WrongFormat::Required(target) => (
            format!("`require` of `{}`, which is an ES module: Node {node} cannot load it so", tree.path(*target)),
            "use `await import()` instead, or build the required file as CommonJS".to_owned(),
        ),
        WrongFormat::RequiredInCircle(target) => (
            format!("`require` of `{}`, an ES module that leads back here", tree.path(*target)),
            "take one of the imports out of the circle, or call `require` only once everything is loaded".to_owned(),
        ),
        WrongFormat::RequiredAwaits(target) => (
            format!("`require` of `{}`, an ES module that awaits while it is loaded", tree.path(*target)),
            "use `await import()` instead, or take the `await` out of the top level".to_owned(),
        ),
    };
    let message = format!("{what}. {} {said}", faults::unless(*need));
    faults::at_file(bundle, *file, *line, message).only(faults::severity(*need)).help(help)
}
