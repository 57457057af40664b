//! V8's words for a fault that the parser or the checks after it found. Which is said where was measured with Node 18, 20, 22
//! and 24 on each of the snippets of `tests/lab/imports_syntax.py`; where the words depend on more, they are not claimed.

use oxc_diagnostics::OxcDiagnostic;

/// What the parser says, and what V8 does.
const SAME: [(&str, &str); 27] = [
    ("'with' statements are not allowed", "Strict mode code may not include a with statement"),
    ("Delete of an unqualified identifier in strict mode.", "Delete of an unqualified identifier in strict mode."),
    ("Illegal break statement", "Illegal break statement"),
    (
        "Illegal continue statement: no surrounding iteration statement",
        "Illegal continue statement: no surrounding iteration statement",
    ),
    ("Missing initializer in destructuring declaration", "Missing initializer in destructuring declaration"),
    ("'super' can only be referenced in members of", "'super' keyword unexpected here"),
    ("Super calls are not permitted outside constructors", "'super' keyword unexpected here"),
    ("'super' can only be referenced in a derived class.", "'super' keyword unexpected here"),
    ("'super' can only be used with function calls", "'super' keyword unexpected here"),
    (
        "Classes may not have a static property named 'prototype'",
        "Classes may not have a static property named 'prototype'",
    ),
    ("Multiple constructor implementations are not allowed.", "A class may only have one constructor"),
    ("A 'get' accessor must not have any formal parameters.", "Getter must not have any formal parameters."),
    ("A 'set' accessor must have exactly one parameter.", "Setter must have exactly one formal parameter."),
    ("A 'set' accessor cannot have rest parameter.", "Setter function argument must not be a rest parameter"),
    ("The operand of a 'delete' operator cannot be a private identifier.", "Private fields can not be deleted"),
    (
        "Illegal 'use strict' directive in function with non-simple parameter list",
        "Illegal 'use strict' directive in function with non-simple parameter list",
    ),
    (
        "Decimals with leading zeros are not allowed in strict mode",
        "Decimals with leading zeros are not allowed in strict mode.",
    ),
    (
        "A unary expression with the",
        "Unary operator used immediately before exponentiation expression. Parenthesis must be used to disambiguate operator precedence",
    ),
    ("Invalid optional chain from new expression.", "Invalid optional chain from new expression"),
    ("import() requires a specifier.", "import() requires a specifier"),
    (
        "Async functions can only be declared at the top level or inside a block",
        "Async functions can only be declared at the top level or inside a block.",
    ),
    (
        "'arguments' is not allowed in",
        "'arguments' is not allowed in class field initializer or static initialization block",
    ),
    ("yield expression not allowed in formal parameter", "Yield expression not allowed in formal parameter"),
    ("Illegal newline after throw", "Illegal newline after throw"),
    ("Cannot use import statement outside a module", "Cannot use import statement outside a module"),
    ("Tagged template expressions are not permitted in an optional chain", "Invalid tagged template on optional chain"),
    ("Invalid assignment in object literal", "Invalid shorthand property initializer"),
];

/// What V8 says where the parser says this, and whether that is certain.
pub(super) fn words(diagnostic: &OxcDiagnostic, text: &str) -> (String, bool) {
    let said = &*diagnostic.message;
    let first = diagnostic.labels.iter().map(|label| label.offset()).min().unwrap_or_default();
    let rest = text.get(usize::try_from(first).unwrap_or(usize::MAX)..).unwrap_or_default();
    if rest.trim().is_empty() {
        return ("Unexpected end of input".to_owned(), false);
    }
    if rest.starts_with("<<<<<<<") || rest.starts_with(">>>>>>>") || rest.starts_with("=======") {
        return ("a marker of a merge conflict".to_owned(), false);
    }
    if let Some((_, words)) = SAME.iter().find(|(known, _)| said.starts_with(known)) {
        return ((*words).to_owned(), true);
    }
    if let Some(found) = with_name(said, diagnostic, text) {
        return found;
    }
    (crate::text::printable(said).trim_end_matches('.').to_owned(), false)
}

fn with_name(said: &str, diagnostic: &OxcDiagnostic, text: &str) -> Option<(String, bool)> {
    let named = |before: &str, after: &str| said.strip_prefix(before).and_then(|name| name.strip_suffix(after));
    if let Some(name) = named("Duplicated export '", "'") {
        return Some((format!("Duplicate export of '{name}'"), !is_declaration(diagnostic, text, &["default"])));
    }
    if let Some(name) = named("Identifier `", "` has already been declared") {
        return Some((format!("Identifier '{name}' has already been declared"), is_declaration(diagnostic, text, &[])));
    }
    if let Some(name) = named("Label `", "` has already been declared") {
        return Some((format!("Label '{name}' has already been declared"), true));
    }
    if let Some(name) = named("Export '", "' is not defined") {
        return Some((format!("Export '{name}' is not defined in module"), true));
    }
    if let Some(name) = named("Private field '", "' must be declared in an enclosing class") {
        return Some((format!("Private field '{name}' must be declared in an enclosing class"), true));
    }
    let pointed = pointed_to(diagnostic, text);
    if said.starts_with("'0'-prefixed octal literals") {
        let kind =
            if pointed.starts_with(|letter: char| letter.is_ascii_digit()) { "literals" } else { "escape sequences" };
        return Some((format!("Octal {kind} are not allowed in strict mode."), true));
    }
    None
}

/// Whether a name that is there twice is declared by statements of its own, that begin with one of these or of `more`: of
/// parameters and of properties that come twice V8 says something else.
fn is_declaration(diagnostic: &OxcDiagnostic, text: &str, more: &[&str]) -> bool {
    let offsets = diagnostic.labels.iter().filter_map(|label| usize::try_from(label.offset()).ok());
    let (Some(first), Some(last)) = (offsets.clone().min(), offsets.max()) else { return false };
    let between = text.get(first..last).unwrap_or_default();
    let words = between.split(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != '$');
    let declares =
        |word| ["let", "const", "var", "class", "import", "function"].contains(&word) || more.contains(&word);
    words.into_iter().any(declares)
}

/// What a diagnostic points to.
pub(super) fn pointed_to<'t>(diagnostic: &OxcDiagnostic, text: &'t str) -> &'t str {
    let Some(label) = diagnostic.labels.first() else { return "" };
    let start = usize::try_from(label.offset()).unwrap_or(usize::MAX);
    let end = start.saturating_add(usize::try_from(label.len()).unwrap_or(usize::MAX));
    text.get(start..end).unwrap_or_default()
}
