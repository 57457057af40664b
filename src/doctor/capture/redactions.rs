//! What was taken out of a capture: counted by what it stood behind, and taken out once more by patterns.

use crate::redact::{REDACTED, Redactor};
use regex_lite::Regex;
use std::collections::BTreeMap;

/// How often something was redacted, by the name that it stood behind.
pub(crate) type Redactions = BTreeMap<String, usize>;

/// Most names that are told apart.
const MAX_NAMES: usize = 100;
/// What has no name of its own.
const BY_FORM: &str = "by its form";
const IN_A_URL: &str = "credentials in a URL";

/// Counts what was taken out of a text.
#[must_use]
pub(super) fn count(text: &str) -> Redactions {
    let mut counts = Redactions::new();
    for (at, _) in text.match_indices(REDACTED) {
        let before = text.get(..at).unwrap_or_default();
        let mut name = name_before(before);
        if counts.len() >= MAX_NAMES && !counts.contains_key(&name) {
            BY_FORM.clone_into(&mut name);
        }
        *counts.entry(name).or_default() += 1;
    }
    counts
}

/// The name that a value stands behind.
fn name_before(before: &str) -> String {
    if before.ends_with("://") {
        return IN_A_URL.to_owned();
    }
    let rest = before.trim_end_matches(['=', ':', ' ', '"', '\'', '\\']);
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let name = rest.rsplit(|c: char| !is_word(c)).next().unwrap_or_default();
    // The texts stand in JSON, where a line begins behind `\\n`.
    let is_escaped = rest.strip_suffix(name).is_some_and(|before| before.ends_with('\\'));
    let name = if is_escaped { name.trim_start_matches(['n', 'r', 't']) } else { name };
    let is_name = name.len() < 60 && (name.starts_with("--") || Redactor::is_secret_name(name));
    if is_name { name.to_owned() } else { BY_FORM.to_owned() }
}

/// A text without what the patterns match, and how often that was. Where it is lines of JSON, only the texts in it are
/// looked at, so that it stays that.
#[must_use]
pub(super) fn without(text: &str, patterns: &[Regex]) -> (String, usize) {
    let mut count = 0;
    let lines: Vec<String> = text
        .split('\n')
        .map(|line| match serde_json::from_str::<serde_json::Value>(line) {
            Ok(value @ serde_json::Value::Object(_)) => {
                let value = within(value, patterns, &mut count);
                serde_json::to_string(&value).unwrap_or_default()
            }
            _ => replaced(line, patterns, &mut count),
        })
        .collect();
    (lines.join("\n"), count)
}

fn within(value: serde_json::Value, patterns: &[Regex], count: &mut usize) -> serde_json::Value {
    use serde_json::Value;
    match value {
        // A journal, or a file: lines of JSON again.
        Value::String(text) if text.starts_with('{') => {
            let (text, inner) = without(&text, patterns);
            *count += inner;
            Value::String(text)
        }
        Value::String(text) => Value::String(replaced(&text, patterns, count)),
        Value::Array(values) => Value::Array(values.into_iter().map(|one| within(one, patterns, count)).collect()),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, one)| (name, within(one, patterns, count))).collect())
        }
        other => other,
    }
}

fn replaced(text: &str, patterns: &[Regex], count: &mut usize) -> String {
    let mut text = text.to_owned();
    for pattern in patterns {
        // An empty match would put a mark between all letters.
        let found = pattern.find_iter(&text).filter(|found| !found.is_empty()).count();
        if found > 0 {
            *count += found;
            let put = |found: &regex_lite::Captures<'_>| {
                let whole = found.get(0).map_or("", |whole| whole.as_str());
                if whole.is_empty() { String::new() } else { REDACTED.to_owned() }
            };
            text = pattern.replace_all(&text, put).into_owned();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_out_is_counted_by_its_name() {
        let text = "--token [redacted] DB_PASS=[redacted] http://[redacted]@x {\"password\":\"[redacted]\"} [redacted]\\nAPI_KEY=[redacted]";
        let counts = count(text);
        for name in ["--token", "DB_PASS", IN_A_URL, "password", "API_KEY", BY_FORM] {
            assert_eq!(counts.get(name), Some(&1), "{name}: {counts:?}");
        }
    }

    #[test]
    fn patterns_reach_into_lines_of_json_and_leave_them_json() {
        let line = serde_json::json!({"ask": "run journalctl", "ok": {"stdout": "{\"MESSAGE\":\"meet ACME-17 at ACME-18\"}\n"}});
        let patterns = [Regex::new("ACME-[0-9]+").unwrap(), Regex::new("x*").unwrap()];
        let (text, count) = without(&line.to_string(), &patterns);
        assert_eq!(count, 2);
        assert!(!text.contains("ACME") && text.matches(REDACTED).count() == 2, "{text}");
        serde_json::from_str::<serde_json::Value>(&text).unwrap();
    }
}
