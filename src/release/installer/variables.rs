//! The variables of a shell script that have one value wherever it goes, and texts with them put in.

use std::collections::HashMap;

/// Stands before what cannot be told.
pub(super) const UNKNOWN: char = '\u{1}';

/// What is known of a script's variables.
pub(super) struct ScriptVariables {
    /// Nothing for one that is assigned twice, or by a command.
    values: HashMap<String, Option<String>>,
}

impl ScriptVariables {
    /// Reads the assignments of a script.
    #[must_use]
    pub(super) fn of(script: &str) -> Self {
        let root = [("HOME", "/root"), ("USER", "root"), ("LOGNAME", "root")];
        let values = root.map(|(name, value)| (name.to_owned(), Some(value.to_owned()))).into();
        let mut variables = Self { values };
        let mut seen: HashMap<String, String> = HashMap::new();
        for line in script.lines() {
            for statement in line.split(['&', '|', ';']) {
                let Some((name, raw)) = assignment(statement) else { continue };
                let raw = raw.trim();
                let value = match raw.chars().next() {
                    Some('\'') => raw.trim_matches('\'').to_owned(),
                    _ => variables.expand(raw.trim_matches('"')),
                };
                let known = !value.contains(UNKNOWN) && seen.get(name).is_none_or(|before| *before == value);
                variables.values.insert(name.to_owned(), known.then(|| value.clone()));
                seen.insert(name.to_owned(), value);
            }
        }
        variables
    }

    /// A text with its variables put in; what cannot be told stands there by its name, behind [`UNKNOWN`].
    #[must_use]
    pub(super) fn expand(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(['$', '\\']) {
            out.push_str(before);
            let is_escape = rest.get(before.len()..).is_some_and(|at| at.starts_with('\\'));
            rest = if is_escape { escape(after, &mut out) } else { self.variable(after, &mut out) };
        }
        out.push_str(rest);
        out
    }

    /// What stands behind a `$`; the rest of the text.
    fn variable<'t>(&self, after: &'t str, out: &mut String) -> &'t str {
        if let Some(inner) = after.strip_prefix('(') {
            let (command, rest) = inner.split_once(')').unwrap_or((inner, ""));
            match command.trim() {
                "which node" | "command -v node" | "type -p node" => out.push_str("/usr/bin/node"),
                "whoami" | "id -un" | "logname" => out.push_str("root"),
                other => unknown(other, out),
            }
            return rest;
        }
        if let Some(inner) = after.strip_prefix('{') {
            let (inner, rest) = braced(inner);
            let end = inner.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(inner.len());
            let (name, operator) = inner.split_at(end);
            let default = [":-", ":=", "-", "="].iter().find_map(|sign| operator.strip_prefix(sign));
            match (self.values.get(name), default) {
                (Some(Some(value)), _) if operator.is_empty() || default.is_some() => out.push_str(value),
                (None, Some(default)) => out.push_str(&self.expand(default)),
                _ => unknown(name, out),
            }
            return rest;
        }
        let end = match after.chars().next() {
            Some(letter) if letter.is_ascii_digit() || "@*#?!".contains(letter) => 1,
            _ => after.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(after.len()),
        };
        let (name, rest) = after.split_at(end);
        match self.values.get(name) {
            _ if name.is_empty() => out.push('$'),
            Some(Some(value)) => out.push_str(value),
            // Which node it is does not matter here.
            _ if name.to_ascii_lowercase().starts_with("node") && rest.starts_with(' ') => {
                out.push_str("/usr/bin/node")
            }
            _ => unknown(name, out),
        }
        rest
    }
}

/// What stands before the brace that ends an expansion, and what stands behind it.
fn braced(text: &str) -> (&str, &str) {
    let mut depth = 0_usize;
    let end = text.char_indices().find(|(_, letter)| match letter {
        '{' => {
            depth += 1;
            false
        }
        '}' if depth == 0 => true,
        '}' => {
            depth -= 1;
            false
        }
        _ => false,
    });
    end.and_then(|(at, _)| Some((text.get(..at)?, text.get(at + 1..)?))).unwrap_or((text, ""))
}

fn unknown(name: &str, out: &mut String) {
    out.push(UNKNOWN);
    out.push_str(name);
}

/// A backslash takes the meaning from `$`, a quote, a backtick and itself, and joins lines; else it stays.
fn escape<'t>(after: &'t str, out: &mut String) -> &'t str {
    match after.chars().next() {
        Some('\n') => after.get(1..).unwrap_or_default(),
        Some(letter @ ('$' | '`' | '"' | '\\')) => {
            out.push(letter);
            after.get(1..).unwrap_or_default()
        }
        _ => {
            out.push('\\');
            after
        }
    }
}

/// `NAME=VALUE`, alone or behind `export` and its like.
fn assignment(statement: &str) -> Option<(&str, &str)> {
    let mut statement = statement.trim_start();
    for word in ["then ", "else ", "do ", "export ", "local ", "readonly ", "declare "] {
        statement = statement.strip_prefix(word).map_or(statement, str::trim_start);
    }
    let (name, value) = statement.split_once('=')?;
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let is_name =
        !name.is_empty() && name.chars().all(plain) && !name.starts_with(|letter: char| letter.is_ascii_digit());
    // A text that goes on over lines is a unit, and none of the values looked for.
    let whole = value.matches('"').count() % 2 == 0 && value.matches('\'').count() % 2 == 0;
    (is_name && whole).then_some((name, value))
}
