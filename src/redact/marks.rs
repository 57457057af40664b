//! What is put in the place of what is taken out, and texts that are written as numbers.

use super::scan::TextSpan;
use serde_json::Value;
use std::borrow::Cow;

/// What stands in a secret's place.
pub(crate) const REDACTED: &str = "[redacted]";

/// The bytes that are written as numbers.
pub(super) fn bytes_of(values: &[Value]) -> Option<Vec<u8>> {
    values.iter().map(|value| value.as_u64().and_then(|byte| u8::try_from(byte).ok())).collect()
}

/// The text with each of these parts replaced; parts that meet are one.
pub(super) fn without(text: &str, mut spans: Vec<TextSpan>) -> Cow<'_, str> {
    spans.retain(|span| span.start < span.end);
    if spans.is_empty() {
        return Cow::Borrowed(text);
    }
    // What was taken out before stays as it is, whatever is found around it.
    spans.extend(text.match_indices(REDACTED).map(|(start, mark)| TextSpan { start, end: start + mark.len() }));
    spans.sort_unstable();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    let mut last_end = usize::MAX;
    for span in spans {
        if span.end <= at && last_end != usize::MAX {
            continue;
        }
        if last_end == usize::MAX || span.start > at {
            out.push_str(text.get(at..span.start).unwrap_or_default());
            out.push_str(REDACTED);
        }
        at = at.max(span.end);
        last_end = at;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    Cow::Owned(out)
}
