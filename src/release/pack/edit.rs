//! Small changes to a `package.json` that leave every other byte as it is: people compare what was shipped with what
//! they wrote.

use jsonc_parser::ast::{Object, ObjectProp, Value};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

const MARK: &str = "\u{feff}";

/// The text with a dependency added to `dependencies`, at its place in the alphabet where the others keep to it;
/// nothing where that cannot be done: the text is no JSON object, or `dependencies` is none.
#[must_use]
pub(crate) fn with_dependency(text: &str, name: &str, spec: &str) -> Option<String> {
    change(text, |body, root| {
        let entry = format!("{}: {}", quoted(name), quoted(spec));
        match last(root, "dependencies").map(|found| &found.value) {
            Some(Value::Object(dependencies)) => insert(body, dependencies, name, &entry),
            Some(_) => None,
            None => {
                let unit = indent(body, root);
                let block = if unit.contains('\n') {
                    format!("\"dependencies\": {{{}{entry}{unit}}}", widened(unit))
                } else {
                    format!("\"dependencies\": {{ {entry} }}")
                };
                append(body, root, &block)
            }
        }
    })
}

/// The text without a property that these keys lead to; nothing where there is no such property.
#[must_use]
pub(crate) fn without(text: &str, keys: &[&str]) -> Option<String> {
    let (name, folders) = keys.split_last()?;
    change(text, |body, root| {
        let mut object = root;
        for key in folders {
            let Value::Object(inner) = &last(object, key)?.value else { return None };
            object = inner;
        }
        let at = object.properties.iter().rposition(|property| property.name.as_str() == *name)?;
        let property = object.properties.get(at)?;
        let before = at.checked_sub(1).and_then(|at| object.properties.get(at));
        let (start, end) = match (before, object.properties.get(at + 1)) {
            (_, Some(next)) => (property.range.start, next.range.start),
            (Some(before), None) => (before.range.end, property.range.end),
            (None, None) => (property.range.start, property.range.end),
        };
        Some([body.get(..start)?, body.get(end..)?].concat())
    })
}

/// Applies a change to the text behind its byte order mark.
fn change(text: &str, edit: impl FnOnce(&str, &Object<'_>) -> Option<String>) -> Option<String> {
    let (mark, body) = text.strip_prefix(MARK).map_or(("", text), |body| (MARK, body));
    let parsed = parse_to_ast(body, &CollectOptions::default(), &ParseOptions::default()).ok()?;
    let Some(Value::Object(root)) = parsed.value else { return None };
    edit(body, &root).map(|edited| [mark, &edited].concat())
}

/// The property of that name; of several the last, which is the one that counts (`JSON.parse`).
fn last<'o, 'a>(object: &'o Object<'a>, name: &str) -> Option<&'o ObjectProp<'a>> {
    object.properties.iter().rev().find(|property| property.name.as_str() == name)
}

fn quoted(words: &str) -> String {
    serde_json::Value::from(words).to_string()
}

/// Puts an entry where the alphabet wants it, if the others are sorted, else at the end.
fn insert(body: &str, object: &Object<'_>, name: &str, entry: &str) -> Option<String> {
    let sorted = object.properties.is_sorted_by(|a, b| a.name.as_str() <= b.name.as_str());
    let next = object.properties.iter().find(|property| sorted && property.name.as_str() > name);
    let Some(next) = next else { return append(body, object, entry) };
    let at = next.range.start;
    let before = body.get(..at)?;
    Some([before, entry, ",", blanks_before(before), body.get(at..)?].concat())
}

/// Puts an entry behind the last one.
fn append(body: &str, object: &Object<'_>, entry: &str) -> Option<String> {
    match object.properties.last() {
        Some(last) => {
            let blanks = blanks_before(body.get(..last.range.start)?);
            let at = last.range.end;
            Some([body.get(..at)?, ",", blanks, entry, body.get(at..)?].concat())
        }
        None => {
            let at = object.range.start + 1;
            Some([body.get(..at)?, " ", entry, " ", body.get(object.range.end - 1..)?].concat())
        }
    }
}

/// The blanks that stand before a property of the object; a line end among them if it has lines.
fn indent<'b>(body: &'b str, object: &Object<'_>) -> &'b str {
    let first = object.properties.first().and_then(|first| body.get(..first.range.start));
    first.map_or("", blanks_before)
}

/// An indentation of one level more: `\n  ` becomes `\n    `, with tabs if it has tabs.
fn widened(indent: &str) -> String {
    let level = indent.rsplit('\n').next().unwrap_or_default();
    format!("{indent}{level}")
}

fn blanks_before(text: &str) -> &str {
    let end = text.trim_end_matches([' ', '\t', '\r', '\n']).len();
    text.get(end..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_is_added_and_nothing_else_changes() {
        let add = |text: &str| with_dependency(text, "@s/shared", "file:./packages/shared");
        let line = r#""@s/shared": "file:./packages/shared""#;
        for (case, text, expected) in [
            (
                "in its place",
                "{\n  \"dependencies\": {\n    \"@a/b\": \"1\",\n    \"ws\": \"8\"\n  }\n}\n",
                format!("{{\n  \"dependencies\": {{\n    \"@a/b\": \"1\",\n    {line},\n    \"ws\": \"8\"\n  }}\n}}\n"),
            ),
            (
                "at the end",
                "{\"dependencies\":{\"@a/b\":\"1\"}}",
                format!("{{\"dependencies\":{{\"@a/b\":\"1\",{line}}}}}"),
            ),
            (
                "not sorted: at the end",
                "{ \"dependencies\": { \"ws\": \"1\", \"@a/b\": \"1\" } }",
                format!("{{ \"dependencies\": {{ \"ws\": \"1\", \"@a/b\": \"1\", {line} }} }}"),
            ),
            ("none yet", "{ \"dependencies\": {} }", format!("{{ \"dependencies\": {{ {line} }} }}")),
            (
                "no such field",
                "{\n\t\"name\": \"a\"\n}",
                format!("{{\n\t\"name\": \"a\",\n\t\"dependencies\": {{\n\t\t{line}\n\t}}\n}}"),
            ),
            (
                "no such field, one line",
                "{\"name\":\"a\"}",
                format!("{{\"name\":\"a\",\"dependencies\": {{ {line} }}}}"),
            ),
            (
                "byte order mark and CRLF",
                "\u{feff}{\r\n  \"dependencies\": {\r\n    \"ws\": \"8\"\r\n  }\r\n}",
                format!("\u{feff}{{\r\n  \"dependencies\": {{\r\n    {line},\r\n    \"ws\": \"8\"\r\n  }}\r\n}}"),
            ),
            (
                "the last of two counts",
                "{ \"dependencies\": {}, \"dependencies\": { \"ws\": \"8\" } }",
                format!("{{ \"dependencies\": {{}}, \"dependencies\": {{ {line}, \"ws\": \"8\" }} }}"),
            ),
        ] {
            let made = add(text).unwrap_or_else(|| panic!("{case}: nothing"));
            assert_eq!(made, expected, "{case}");
            let value: serde_json::Value = serde_json::from_str(made.trim_start_matches(MARK)).unwrap();
            assert_eq!(value["dependencies"]["@s/shared"], "file:./packages/shared", "{case}");
        }
        assert_eq!(add("[]"), None);
        assert_eq!(add("{ \"dependencies\": [] }"), None);
        assert_eq!(add("nonsense"), None);
    }

    #[test]
    fn a_property_is_taken_away_with_its_comma() {
        for (text, keys, expected) in [
            ("{\n  \"a\": 1,\n  \"b\": { \"c\": 2 }\n}\n", &["b"][..], Some("{\n  \"a\": 1\n}\n")),
            ("{\n  \"a\": 1,\n  \"b\": 2\n}", &["a"], Some("{\n  \"b\": 2\n}")),
            ("{ \"a\": { \"b\": 1 } }", &["a", "b"], Some("{ \"a\": {  } }")),
            ("{ \"a\": { \"b\": 1, \"c\": 2, \"d\": 3 } }", &["a", "c"], Some("{ \"a\": { \"b\": 1, \"d\": 3 } }")),
            ("{ \"a\": 1 }", &["b"], None),
            ("{ \"a\": 1 }", &["a", "b"], None),
        ] {
            assert_eq!(without(text, keys).as_deref(), expected, "{text} {keys:?}");
        }
    }
}
