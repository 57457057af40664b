//! What a file is parsed as, and the names that a pattern binds.

use oxc_ast::ast::{BindingIdentifier, BindingPattern};

/// What a file was parsed as (ECMA-262, "Parse" of scripts and modules, calls it the goal symbol).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Goal {
    /// An ES module.
    Module,
    /// CommonJS: the body of a function.
    CommonJs,
}

/// The names that a pattern binds. Most patterns are one name, and need no list.
pub(super) fn names_in<'p, 'a>(pattern: &'p BindingPattern<'a>) -> impl Iterator<Item = &'p BindingIdentifier<'a>> {
    let (one, more) = match pattern {
        BindingPattern::BindingIdentifier(name) => (Some(&**name), Vec::new()),
        pattern => (None, pattern.get_binding_identifiers()),
    };
    one.into_iter().chain(more)
}
