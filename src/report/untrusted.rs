//! A saved report as strangers send it: every text in it made printable before anything reads it.

use crate::text;
use serde_json::Value;

/// A field whose texts are of several lines: words, and what is typed.
const OF_LINES: &str = "help";
/// A field whose texts are single lines, unless they hand lines to a command.
const TYPED: &str = "commands";
/// How such a command begins, and how it ends.
const HANDED: (&str, &str) = (" <<'END'", "\nEND");

/// Parts of a document that are read.
pub(crate) const MAX_PARTS: usize = 50_000;
/// Bytes that a document may have in the formats that have most to escape.
const MAX_WEIGHT: usize = 8 << 20;

/// Why a text of JSON is more than any report is, where it is: its parts are counted before anything is made of them.
#[must_use]
pub(crate) fn excess(json: &[u8]) -> Option<String> {
    if let Some(why) = overfull(json) {
        return Some(why);
    }
    let size = |bytes: usize| text::size(bytes as u64);
    let signs = "it has so many signs that would have to be escaped";
    let weight = weight(json);
    (weight > MAX_WEIGHT)
        .then(|| format!("{signs} that a page of it had {}, where {} is the most", size(weight), size(MAX_WEIGHT)))
}

/// [`excess`] of parts alone.
#[must_use]
pub(crate) fn overfull(json: &[u8]) -> Option<String> {
    (parts(json) > MAX_PARTS).then(|| format!("it has more than {MAX_PARTS} values, and no report has"))
}

/// How large a text can become at most: in a page for a browser, and in Markdown, where trackers look for references.
fn weight(json: &[u8]) -> usize {
    let of = |byte: &u8| match byte {
        b'@' | b'$' | b'#' | b'!' | b'~' | b'&' => 16,
        b'<' | b'>' | b'\\' => 6,
        0x80.. => 8,
        byte if byte.is_ascii_punctuation() => 2,
        _ => 1,
    };
    json.iter().map(of).sum()
}

fn parts(json: &[u8]) -> usize {
    let (mut count, mut is_text, mut is_escaped) = (0, false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            b'{' | b'[' | b',' if !is_text => count += 1,
            _ => {}
        }
    }
    count
}

/// A document with every text printable. Lines stay lines in the fields that have several; `more` are those that this
/// document has beside the usual.
#[must_use]
pub(crate) fn shown(value: Value, more: &[&str]) -> Value {
    within(value, "", more)
}

fn within(value: Value, field: &str, more: &[&str]) -> Value {
    let has_lines = |text: &str| OF_LINES == field || more.contains(&field) || (TYPED == field && hands_lines(text));
    match value {
        Value::String(text) if has_lines(&text) => {
            Value::String(text.split('\n').map(text::printable).collect::<Vec<_>>().join("\n"))
        }
        Value::String(text) => Value::String(text::printable(&text).into_owned()),
        Value::Array(values) => Value::Array(values.into_iter().map(|one| within(one, field, more)).collect()),
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(name, one)| {
                    let one = within(one, &name, more);
                    (text::printable(&name).into_owned(), one)
                })
                .collect(),
        ),
        other => other,
    }
}

/// Whether a command is followed by lines that it reads, as this program writes them.
fn hands_lines(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    first.ends_with(HANDED.0) && text.ends_with(HANDED.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parts_are_counted_outside_of_texts() {
        assert_eq!(parts(br#"{"a,[{\",":[1,{},"x"]}"#), 5);
        assert!(
            excess(format!("[{}0]", "{},".repeat(MAX_PARTS)).as_bytes())
                .is_some_and(|why| why.contains("50000 values"))
        );
        let signs = format!("[{:?}]", "@".repeat(MAX_WEIGHT / 16));
        assert!(excess(signs.as_bytes()).is_some_and(|why| why.contains("8.4 MB is the most")));
        assert_eq!(excess(format!("[{:?}]", "a".repeat(MAX_WEIGHT / 4)).as_bytes()), None);
    }

    #[test]
    fn no_text_of_a_stranger_keeps_its_controls() {
        let told = shown(
            json!({"a\n": "x\n\u{1b}[31m", "help": "one\ntwo\u{1b}", "list": [{"commands": ["a\nb\r"], "verify": ["c\nd"]}], "n": 1}),
            &[],
        );
        let wanted = json!({"a\\n": "x\\n\\x1b[31m", "help": "one\ntwo\\x1b",
                "list": [{"commands": ["a\\nb\\r"], "verify": ["c\\nd"]}], "n": 1});
        assert_eq!(told, wanted);
        let handed = json!({"commands": ["tee x <<'END'\na\nEND"]});
        assert_eq!(shown(handed.clone(), &[]), handed);
        assert_eq!(shown(json!({"text": "a\nb"}), &["text"]), json!({"text": "a\nb"}));
    }
}
