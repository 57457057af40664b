//! JSON that is imported: whether it parses.

use crate::node::modules::{JudgedScript, NotParsed, SyntaxFault};
use serde::de::IgnoredAny;

/// Reads a file of JSON as Node does: a byte order mark is skipped.
pub(super) fn parse(source: &[u8]) -> JudgedScript {
    let source = source.strip_prefix(b"\xef\xbb\xbf").unwrap_or(source);
    let text = String::from_utf8_lossy(source);
    match serde_json::from_str::<IgnoredAny>(&text) {
        Ok(IgnoredAny) => JudgedScript::Json(None),
        // `JSON.parse` has no limit, serde_json has one.
        Err(error) if error.to_string().starts_with("recursion limit") => JudgedScript::NotParsed(NotParsed::TooDeep),
        Err(error) => {
            let line = u32::try_from(error.line()).unwrap_or(u32::MAX).max(1);
            let message = if error.is_eof() { "Unexpected end of JSON input".to_owned() } else { error.to_string() };
            JudgedScript::Json(Some(Box::new(SyntaxFault { message: message.into(), exact: false, line })))
        }
    }
}
