//! A text as it was before it was coloured, quoted or encoded, with where each byte of it came from.
//!
//! A secret is found in `%22token%22%3A%22x%22` or in `{\"token\":\"x\"}` as it is in `{"token":"x"}`.

use super::scan::TextSpan;

/// A text that stands for another one.
pub(super) struct View {
    /// What it says.
    pub(super) text: String,
    /// Where each byte begins in the original; one more for the end.
    from: Vec<usize>,
}

impl View {
    /// What a span of this text covers in the original.
    pub(super) fn original(&self, span: TextSpan) -> TextSpan {
        let at = |at: usize| self.from.get(at).copied().unwrap_or(0);
        TextSpan { start: at(span.start), end: at(span.end) }
    }
}

/// The encodings that are undone one round after the other: what was encoded so often is found.
const MAX_ROUNDS: usize = 8;

/// The original as a person sees it on a terminal, and what it says behind its encodings, as far as that differs.
pub(super) fn views(text: &str) -> Vec<View> {
    let mut views: Vec<View> = Vec::new();
    views.extend(unhexed(text));
    if !text.contains("#033[") && !text.bytes().any(|byte| matches!(byte, 0x1b | b'\\' | b'%' | b'&') || byte >= 0x80) {
        return views;
    }
    let next = |last: Option<&View>, piece: &dyn Fn(&str) -> ViewPiece| match last {
        Some(view) => rewritten(&view.text, Some(&view.from), piece),
        None => rewritten(text, None, piece),
    };
    let hexed = views.len();
    views.extend(next(None, &shown));
    for _ in 0..MAX_ROUNDS {
        let Some(bare) = next(views.get(hexed..).and_then(<[View]>::last), &decoded) else { break };
        // A colour may be encoded too, and part a word like any other.
        let seen = next(Some(&bare), &shown);
        views.push(bare);
        views.extend(seen);
    }
    views
}

/// What the kernel's audit writes in hexadecimal, as it does wherever an argument has a blank: `proctitle=6D7973…`.
fn unhexed(text: &str) -> Option<View> {
    const FIELDS: [&str; 3] = ["proctitle=", "cmd=", "data="];
    if !text.contains("proctitle=") && !text.contains("audit(") {
        return None;
    }
    let mut view = View { text: String::new(), from: Vec::new() };
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('=')) {
        let start = at + found + 1;
        let before = text.get(at..start).unwrap_or_default();
        let word = before.rsplit([' ', '\t']).next().unwrap_or_default();
        let is_argument = word.strip_prefix('a').is_some_and(|number| {
            number.len() > 1 && number.trim_end_matches('=').bytes().all(|byte| byte.is_ascii_digit())
        });
        let rest = text.get(start..).unwrap_or_default();
        let length = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        at = start;
        if length < 12 || length % 2 == 1 || !(is_argument || FIELDS.contains(&word)) {
            continue;
        }
        for place in (start..start + length).step_by(2) {
            let value = text.get(place..place + 2).and_then(|digits| byte(digits, 16)).unwrap_or(b'?');
            view.text.push(if value.is_ascii() { char::from(value) } else { '?' });
            view.from.push(place);
        }
        view.text.push(' ');
        view.from.push(start + length);
        at = start + length;
    }
    view.from.push(text.len());
    (!view.text.is_empty()).then_some(view)
}

/// What a piece of text stands for: how many bytes it takes, and what is written in its place.
type ViewPiece = Option<(usize, Option<char>)>;

/// The text with each piece replaced, where there is one to replace.
fn rewritten(text: &str, from: Option<&[usize]>, piece: &dyn Fn(&str) -> ViewPiece) -> Option<View> {
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
/// what they look like, and a letter with its accent behind it is one.
fn shown(rest: &str) -> ViewPiece {
    let mut chars = rest.chars();
    let first = chars.next()?;
    let put = match first {
        // As rsyslog writes ESC.
        '#' if rest.starts_with("#033[") => {
            let end = rest.bytes().skip(5).take(32).take_while(|byte| byte.is_ascii_digit() || *byte == b';').count();
            return Some((6 + end, None)).filter(|(length, _)| rest.is_char_boundary(*length));
        }
        '\u{1b}' | '\u{9b}' => return Some((control(rest), None)),
        '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}' => None,
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => Some(' '),
        '\u{ff1a}' => Some(':'),
        '\u{ff1d}' => Some('='),
        '\u{201c}' | '\u{201d}' => Some('"'),
        _ => {
            let accent = chars.next().filter(|second| !second.is_ascii())?;
            let both = unicode_normalization::char::compose(first, accent)?;
            return Some((first.len_utf8() + accent.len_utf8(), Some(both)));
        }
    };
    Some((first.len_utf8(), put))
}

/// How long a control function is: a control sequence (`ESC [` or U+009B, parameters, a letter), a command such as a link's
/// address (`ESC ]`, up to BEL or `ESC \`), or another (ESC, intermediates, one sign).
fn control(rest: &str) -> usize {
    /// A longer one is none.
    const MAX: usize = 2048;
    let bytes = rest.as_bytes();
    let of = |start: usize, wanted: std::ops::Range<u8>| {
        bytes.iter().skip(start).take(32).take_while(|byte| wanted.contains(*byte)).count()
    };
    let (start, is_sequence) = match (bytes.first(), bytes.get(1)) {
        (Some(0x1b), Some(b'[')) => (2, true),
        (Some(0x1b), Some(b']')) => {
            let body = bytes.iter().skip(2).take(MAX).position(|byte| matches!(byte, 7 | 0x1b | b'\n'));
            let Some(end) = body.map(|length| 2 + length) else { return 2 };
            return match (bytes.get(end), bytes.get(end + 1)) {
                (Some(7), _) => end + 1,
                (Some(0x1b), Some(b'\\')) => end + 2,
                _ => end,
            };
        }
        (Some(0x1b), _) => (1, false),
        _ => ('\u{9b}'.len_utf8(), true),
    };
    let end = start + of(start, if is_sequence { 0x20..0x40 } else { 0x20..0x30 });
    let last = if is_sequence { 0x40..0x7f } else { 0x30..0x7f };
    // Without its last sign it is none, and what stands there is text.
    match bytes.get(end) {
        Some(byte) if last.contains(byte) => end + 1,
        _ => start,
    }
}

/// One encoding undone: JSON's and C's backslashes, `%22` of URLs, `&quot;` of HTML.
fn decoded(rest: &str) -> ViewPiece {
    let bytes = rest.as_bytes();
    match bytes.first()? {
        b'\\' => match bytes.get(1)? {
            b'"' => Some((2, Some('"'))),
            b'\'' => Some((2, Some('\''))),
            b'\\' => Some((2, Some('\\'))),
            b'/' => Some((2, Some('/'))),
            b'n' | b'r' => Some((2, Some('\n'))),
            b't' => Some((2, Some(' '))),
            b'e' if bytes.get(2) == Some(&b'[') => Some((2, Some('\u{1b}'))),
            b'u' => unicode(rest),
            b'x' => of_bytes(rest, |rest| {
                let digits = rest.strip_prefix("\\x")?.get(..2)?;
                Some((4, byte(digits, 16)?))
            }),
            // As systemd and the kernel's tables have it.
            b'0'..=b'3' => of_bytes(rest, |rest| {
                let digits = rest.strip_prefix('\\')?.get(..3)?;
                Some((4, byte(digits, 8)?))
            }),
            _ => None,
        },
        b'%' => of_bytes(rest, |rest| Some((3, byte(rest.strip_prefix('%')?.get(..2)?, 16)?))),
        b'&' => entity(rest),
        _ => None,
    }
}

/// `\u0041`, `\u{41}`, and the two halves of one character beyond.
fn unicode(rest: &str) -> ViewPiece {
    let digits = rest.get(2..)?;
    if let Some(braced) = digits.strip_prefix('{') {
        let end = braced.bytes().take(7).position(|byte| byte == b'}')?;
        return Some((end + 4, Some(character(number(braced.get(..end)?, 16)?)?)));
    }
    let first = number(digits.get(..4)?, 16)?;
    let second = digits.get(4..).and_then(|rest| number(rest.strip_prefix("\\u")?.get(..4)?, 16));
    match (first, second) {
        (0xd800..=0xdbff, Some(second @ 0xdc00..=0xdfff)) => {
            Some((12, Some(character(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))?)))
        }
        _ => Some((6, Some(character(first)?))),
    }
}

/// A character whose bytes of UTF-8 are encoded one by one.
fn of_bytes(rest: &str, one: impl Fn(&str) -> Option<(usize, u8)>) -> ViewPiece {
    let mut bytes = [0_u8; 4];
    let (mut at, mut taken) = (0, 0);
    while let Some(place) = bytes.get_mut(at) {
        let (length, byte) = one(rest.get(taken..)?)?;
        *place = byte;
        (at, taken) = (at + 1, taken + length);
        if let Some(found) = std::str::from_utf8(bytes.get(..at)?).ok().and_then(|text| text.chars().next()) {
            return Some((taken, Some(character(found.into())?)));
        }
    }
    None
}

/// `&quot;`, `&#34;`, `&#x22;`.
fn entity(rest: &str) -> ViewPiece {
    if let Some(digits) = rest.strip_prefix("&#") {
        let end = digits.bytes().take(9).position(|byte| byte == b';')?;
        let digits = digits.get(..end)?;
        let number = match digits.strip_prefix(['x', 'X']) {
            Some(digits) => number(digits, 16)?,
            None => number(digits, 10)?,
        };
        return Some((end + 3, Some(character(number)?)));
    }
    let named = [("&quot;", '"'), ("&apos;", '\''), ("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>')];
    let (name, put) = named.into_iter().find(|(name, _)| rest.starts_with(name))?;
    Some((name.len(), Some(put)))
}

fn number(digits: &str, base: u32) -> Option<u32> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_number.then(|| u32::from_str_radix(digits, base).ok()).flatten()
}

fn byte(digits: &str, base: u32) -> Option<u8> {
    u8::try_from(number(digits, base)?).ok()
}

/// A character that is seen, or begins a colour; the other controls stay as they are written.
fn character(number: u32) -> Option<char> {
    char::from_u32(number).filter(|found| !found.is_control() || matches!(found, '\u{1b}' | '\u{9b}'))
}
