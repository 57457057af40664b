//! A text as it was before it was coloured, quoted or encoded, with where each byte of it came from.
//!
//! A secret is found in `%22token%22%3A%22x%22` or in `{\"token\":\"x\"}` as it is in `{"token":"x"}`.

use super::scan::Span;

/// A text that stands for another one.
pub(super) struct View {
    /// What it says.
    pub(super) text: String,
    /// Where each byte begins in the original; one more for the end.
    from: Vec<usize>,
}

impl View {
    /// What a span of this text covers in the original.
    pub(super) fn original(&self, span: Span) -> Span {
        let at = |at: usize| self.from.get(at).copied().unwrap_or(0);
        Span { start: at(span.start), end: at(span.end) }
    }
}

/// The encodings that are undone one round after the other: what was encoded three times is found.
const MAX_ROUNDS: usize = 3;

/// The original as a person sees it on a terminal, and what it says behind its encodings, as far as that differs.
pub(super) fn views(text: &str) -> Vec<View> {
    let mut views = Vec::new();
    if !text.bytes().any(|byte| matches!(byte, 0x1b | b'\\' | b'%' | b'&') || byte >= 0x80) {
        return views;
    }
    let mut last = rewritten(text, None, &shown);
    views.extend(last.take());
    for _ in 0..MAX_ROUNDS {
        let next = match views.last() {
            Some(view) => rewritten(&view.text, Some(&view.from), &decoded),
            None => rewritten(text, None, &decoded),
        };
        let Some(next) = next else { break };
        views.push(next);
    }
    views
}

/// What a piece of text stands for: how many bytes it takes, and what is written in its place.
type Piece = Option<(usize, Option<char>)>;

/// The text with each piece replaced, where there is one to replace.
fn rewritten(text: &str, from: Option<&[usize]>, piece: &dyn Fn(&str) -> Piece) -> Option<View> {
    let origin = |at: usize| from.map_or(at, |from| from.get(at).copied().unwrap_or(at));
    let mut view = View { text: String::with_capacity(text.len()), from: Vec::with_capacity(text.len() + 1) };
    let mut at = 0;
    let mut changed = false;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let first = rest.chars().next().unwrap_or_default();
        let (taken, put) = match piece(rest) {
            Some((taken, put)) => {
                changed = true;
                (taken, put)
            }
            None => (first.len_utf8(), Some(first)),
        };
        if let Some(put) = put {
            view.text.push(put);
            view.from.extend(std::iter::repeat_n(origin(at), put.len_utf8()));
        }
        at += taken;
    }
    view.from.push(origin(text.len()));
    changed.then_some(view)
}

/// Colours (ECMA-48, 5.4) and what has no width are not there for who reads; other spaces, colons and equals signs are
/// what they look like.
fn shown(rest: &str) -> Piece {
    let first = rest.chars().next()?;
    let put = match first {
        '\u{1b}' => return Some((colour(rest), None)),
        '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}' => None,
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => Some(' '),
        '\u{ff1a}' => Some(':'),
        '\u{ff1d}' => Some('='),
        '\u{201c}' | '\u{201d}' => Some('"'),
        _ => return None,
    };
    Some((first.len_utf8(), put))
}

/// How long a control sequence is: ESC, `[`, parameters, one letter.
fn colour(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    if bytes.get(1) != Some(&b'[') {
        return 1;
    }
    let parameters = bytes.iter().skip(2).take(32).take_while(|byte| (0x20..0x40).contains(*byte)).count();
    let last = bytes.get(2 + parameters).is_some_and(|byte| (0x40..0x7f).contains(byte));
    2 + parameters + usize::from(last)
}

/// One encoding undone: JSON's and C's backslashes, `%22` of URLs, `&quot;` of HTML.
fn decoded(rest: &str) -> Piece {
    let bytes = rest.as_bytes();
    match bytes.first()? {
        b'\\' => match bytes.get(1)? {
            b'"' => Some((2, Some('"'))),
            b'\'' => Some((2, Some('\''))),
            b'\\' => Some((2, Some('\\'))),
            b'/' => Some((2, Some('/'))),
            b'n' | b'r' => Some((2, Some('\n'))),
            b't' => Some((2, Some(' '))),
            b'u' => hex(rest.get(2..6)?).map(|put| (6, Some(put))),
            b'x' => hex(rest.get(2..4)?).map(|put| (4, Some(put))),
            _ => None,
        },
        b'%' => hex(rest.get(1..3)?).map(|put| (3, Some(put))),
        b'&' => [
            ("&quot;", '"'),
            ("&#34;", '"'),
            ("&#39;", '\''),
            ("&apos;", '\''),
            ("&amp;", '&'),
            ("&lt;", '<'),
            ("&gt;", '>'),
        ]
        .into_iter()
        .find(|(entity, _)| rest.starts_with(entity))
        .map(|(entity, put)| (entity.len(), Some(put))),
        _ => None,
    }
}

/// A character of ASCII by its number; others are left as they are: no name and no sign between is made of them.
fn hex(digits: &str) -> Option<char> {
    let is_number = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = u32::from_str_radix(digits, 16).ok().filter(|number| is_number && (0x20..0x7f).contains(number))?;
    char::from_u32(number)
}
