//! Values between tags whose name stands in an attribute or in a tag of its own: `<param name="secret">x</param>`,
//! `<key>apiToken</key><string>x</string>`.

use super::looks;
use super::named::AwaitedLine;
use super::names::{self, NameStrength};
use super::scan::{ByteScan, TextSpan, is_blank};

/// Attributes that hold a name.
const NAMES: [&str; 4] = ["name", "key", "id", "Name"];
/// A longer tag has no name in it.
const MAX_OF_A_TAG: usize = 256;

/// Every secret between tags, and what the end of the text says of what follows. `awaited` is what the line before said.
pub(super) fn find(scan: ByteScan<'_>, awaited: AwaitedLine, found: &mut dyn FnMut(TextSpan)) -> AwaitedLine {
    let mut is_named = matches!(awaited, AwaitedLine::Tag | AwaitedLine::Pair);
    let mut at = scan.find(0, |byte| byte == b'<');
    while at < scan.len() {
        let most = (at + MAX_OF_A_TAG).min(scan.len());
        let close = (at + 1..most).find(|at| matches!(scan.at(*at), b'<' | b'>')).unwrap_or(most);
        if scan.at(close) != b'>' {
            at = scan.find(close.max(at + 1), |byte| byte == b'<');
            continue;
        }
        let tag = scan.between(at + 1, close);
        let next = scan.find(close, |byte| byte == b'<');
        let value = trimmed(scan, TextSpan { start: close + 1, end: next });
        let words = scan.of(value);
        let is_opening = tag.starts_with(|letter: char| letter.is_ascii_alphabetic()) && !tag.ends_with('/');
        if is_opening && !words.is_empty() {
            let is_name = matches!(tag, "key" | "name" | "Key" | "Name");
            if !is_name && (is_named || says_secret(tag)) && !looks::is_harmless(words) {
                found(value);
            }
            is_named = is_name && names::named(words) == NameStrength::Secret;
        }
        at = next;
    }
    if is_named { AwaitedLine::Tag } else { AwaitedLine::Nothing }
}

/// Whether a tag with attributes is that of a secret.
fn says_secret(tag: &str) -> bool {
    let Some((element, attributes)) = tag.split_once(' ') else { return false };
    let own = element.rsplit(':').next().unwrap_or(element);
    let in_attribute = || {
        attributes.split(' ').filter_map(|attribute| attribute.split_once('=')).any(|(name, value)| {
            NAMES.contains(&name) && names::named(value.trim_matches(['"', '\'', '\\'])) == NameStrength::Secret
        })
    };
    names::named(own) == NameStrength::Secret || in_attribute()
}

/// A span without the blanks around it.
fn trimmed(scan: ByteScan<'_>, span: TextSpan) -> TextSpan {
    let start = scan.find(span.start, |byte| !is_blank(byte)).min(span.end);
    let words = scan.between(start, span.end).trim_end();
    TextSpan { start, end: start + words.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_by_the_name_in_its_tag_or_in_the_one_before() {
        for (text, value) in [
            ("<param name=\"secret\">s3cr3t</param>", "s3cr3t"),
            ("<wsse:Password Type=\"x#PasswordText\"> s3cr3t </wsse:Password>", "s3cr3t"),
            ("<key>apiToken</key><string>s3cr3t</string>", "s3cr3t"),
            ("<a><key>apiToken</key> <string>s3cr3t", "s3cr3t"),
            ("<string name=\"title\">Welcome</string><key>size</key><string>12</string>", ""),
            ("<input name=\"password\"/><b>Sign in</b> a < b > c", ""),
        ] {
            let mut all = Vec::new();
            find(ByteScan::new(text), AwaitedLine::Nothing, &mut |span| all.push(&text[span.start..span.end]));
            assert_eq!(all.concat(), value, "{text}");
        }
        assert_eq!(find(ByteScan::new("  <key>apiToken</key>"), AwaitedLine::Nothing, &mut |_| {}), AwaitedLine::Tag);
    }
}
