//! What was taken out of a capture: counted by what it stood behind, and taken out once more by patterns.

use crate::doctor::questions::journal_fields;
use crate::doctor::recording;
use crate::redact::{GivenPatterns, REDACTED, Redactor};
use serde_json::Value;
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

/// The lines of one of a capture's own documents without what the patterns match, and how often that was. They are of this
/// program's making, or checked to be: the names of their fields stay, and so do those of a journal's entries.
#[must_use]
pub(super) fn without(text: &str, patterns: &GivenPatterns) -> (String, usize) {
    let mut count = 0;
    let mut line = |line: &str| match serde_json::from_str::<Value>(line) {
        Ok(Value::Object(mut fields)) => {
            // Why there is no answer is one of a few words of ours.
            let refused = fields.shift_remove("refused");
            let (mut value, taken) = patterns.document(Value::Object(fields), &is_of_answers, &is_of_the_journal);
            count += taken;
            if let (Some(refused), Some(fields)) = (refused, value.as_object_mut()) {
                fields.insert("refused".to_owned(), refused);
            }
            serde_json::to_string(&value).unwrap_or_default()
        }
        _ => {
            let (text, taken) = patterns.text(line, &is_of_the_journal);
            count += taken;
            text
        }
    };
    (joined(text.split('\n').map(&mut line), text.len()), count)
}

/// Lines as one text of about that size, one after the other: there may be many.
pub(super) fn joined(lines: impl Iterator<Item = String>, size: usize) -> String {
    let mut all = String::with_capacity(size);
    for (number, line) in lines.enumerate() {
        if number > 0 {
            all.push('\n');
        }
        all.push_str(&line);
    }
    all
}

/// A document that is read into a type: whatever names it has are that type's.
#[must_use]
pub(super) fn without_in(document: Value, patterns: &GivenPatterns) -> (Value, usize) {
    patterns.document(document, &|_| true, &is_of_the_journal)
}

/// The names of what was redacted before, which a stranger may have written.
#[must_use]
pub(super) fn renamed(names: Redactions, patterns: &GivenPatterns) -> Redactions {
    let mut left = Redactions::new();
    for (name, count) in names {
        let (name, _) = patterns.text(&name, &|_| false);
        let before = left.entry(name).or_default();
        *before = before.saturating_add(count);
    }
    left
}

fn is_of_answers(name: &str) -> bool {
    recording::FIELDS.contains(&name)
}

fn is_of_the_journal(name: &str) -> bool {
    journal_fields().any(|field| field == name)
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
        let patterns =
            GivenPatterns::new(["ACME-[0-9]+", "x*"].map(|word| regex_lite::Regex::new(word).unwrap()).to_vec());
        let (text, count) = without(&line.to_string(), &patterns);
        assert_eq!(count, 2);
        assert!(!text.contains("ACME") && text.matches(REDACTED).count() == 2, "{text}");
        serde_json::from_str::<Value>(&text).unwrap();
    }
}
