//! JavaScript parsed as it is read: [`Parsing`] turns the bytes of one file into a [`crate::node::modules::JudgedScript`] while
//! a bundle is read. [`crate::node::graph`] follows the imports once everything is known, since a `package.json` that
//! decides how a file is loaded may come last in an archive.

mod assets;
mod attributes;
mod bodies;
mod branches;
mod calls;
mod commonjs;
mod conditions;
mod cost_scan;
mod declarations;
mod early_errors;
mod ends;
mod exported;
mod feature_names;
mod features;
mod finish;
mod given;
mod globals;
mod goal;
mod import_scan;
mod javascript;
mod json;
mod kept_templates;
mod kept_values;
mod keywords;
mod lines;
mod memory_budget;
mod messages;
mod misused;
mod names;
mod namespaces;
mod open;
mod open_names;
mod parse_cost;
mod paths;
mod reader;
mod record;
mod regular_expressions;
mod replaced;
mod requires;
mod settling;
mod specialized;
mod specifiers;
mod steps;
mod templates;
mod texts;
mod throws;
mod token_starts;
mod values;
mod worker;
mod writes;

pub(crate) use worker::{Parsing, SourceKind, kind_of, may_be_code};

use crate::node::modules::{JudgedScript, SyntaxFault};

/// Code that stands in an address, if it is short and flat enough to be parsed in any stack.
pub(crate) fn parsed_address(text: &str) -> Option<JudgedScript> {
    javascript::parse_short(text)
}

/// What is wrong with JSON.
pub(crate) fn json_fault(text: &str) -> Option<SyntaxFault> {
    match json::parse(text.as_bytes()) {
        JudgedScript::Json(fault) => fault.map(|fault| *fault),
        _ => None,
    }
}
