//! Unified diffs of text files.

use crate::redact::{Follows, Redactor};
use similar::{Algorithm, TextDiff};
use std::time::Duration;

/// Lines around a change.
const CONTEXT: usize = 3;
/// A diff that takes longer is cut short: it is then longer than need be, and still right.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether bytes are text: UTF-8 without a NUL.
#[must_use]
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    !bytes.contains(&0) && std::str::from_utf8(bytes).is_ok()
}

/// The unified diff of two texts, every line printable and without secrets; nothing where one of them is not text.
#[must_use]
pub(crate) fn unified(path: &str, before: &[u8], after: &[u8]) -> Option<String> {
    if !is_text(before) || !is_text(after) {
        return None;
    }
    let (before, after) = (String::from_utf8_lossy(before), String::from_utf8_lossy(after));
    let diff = TextDiff::configure().algorithm(Algorithm::Myers).timeout(PATIENCE).diff_lines(&*before, &*after);
    let (from, to) = (format!("a/{path}"), format!("b/{path}"));
    let words = diff.unified_diff().context_radius(CONTEXT).header(&from, &to).to_string();
    // What was before and what is now follow each other: a key goes whole on either side.
    let redactor = Redactor::new();
    let mut sides = [Follows::default(), Follows::default()];
    let mut clean = |line: &str| {
        let [before, after] = &mut sides;
        let (sign, rest) = line.split_at_checked(1).unwrap_or((line, ""));
        let rest = match sign {
            "-" => redactor.line(rest, before),
            "+" => redactor.line(rest, after),
            " " => {
                let _ = redactor.line(rest, before);
                redactor.line(rest, after)
            }
            _ => rest.into(),
        };
        format!("{sign}{}", shown(&rest))
    };
    let lines = words.split_inclusive('\n').map(|line| match line.strip_suffix('\n') {
        Some(line) => format!("{}\n", clean(line)),
        None => clean(line),
    });
    Some(lines.collect())
}

/// A line as it can be shown; tabs stay, as they do no harm and indentation is what is often looked for.
fn shown(line: &str) -> String {
    line.split('\t').map(crate::text::printable).collect::<Vec<_>>().join("\t")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_compared_and_made_printable() {
        let diff = unified("x.js", b"one\ntwo\n\tthree\n", b"one\n2\x1b[31m\n\tthree\n").unwrap();
        assert_eq!(diff, "--- a/x.js\n+++ b/x.js\n@@ -1,3 +1,3 @@\n one\n-two\n+2\\x1b[31m\n \tthree\n");
        assert_eq!(unified("x", b"a\0", b"b"), None);
        assert_eq!(unified("x", b"a", b"\xff"), None);
        let unended = unified("x", b"a", b"b").unwrap();
        assert!(unended.contains("\\ No newline at end of file"), "{unended}");
    }
}
