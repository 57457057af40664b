//! Values in brackets behind a name: objects with a secret somewhere in them, the bytes of a key, keys as JSON (RFC 7517).

use super::looks;
use super::scan::{ByteScan, TextSpan, is_blank};

/// Bytes from which on a list of numbers is taken for a key's.
const MIN_BYTES: usize = 8;
/// Bytes of an object that are looked at for a secret: what is in it may have a name that says so, and one in it again.
const MAX_LOOKED_AT: usize = 400;
/// Bytes of what is said of a list before its bracket: `Uint8Array(32) `.
const MAX_OF_A_KIND: usize = 24;

/// What stands there, if it is something in brackets.
pub(super) enum Enclosed {
    /// A list of bytes, or an object that holds what looks like a secret: all of it.
    Secret(TextSpan),
    /// Names of its own, which say what is secret.
    Plain,
    /// No brackets.
    Not,
}

/// What is in brackets there: `{"value":"x"}`, `[157, 97, …]`, `<Buffer 9d 61 …>`, `Uint8Array(32) [ … ]`.
pub(super) fn at(scan: ByteScan<'_>, start: usize) -> Enclosed {
    let rest = scan.text.get(start..).unwrap_or_default();
    if let Some(bytes) = rest.strip_prefix("<Buffer ") {
        let length = bytes.find('>').map_or(bytes.len(), |end| end + 1);
        return Enclosed::Secret(TextSpan { start, end: start + "<Buffer ".len() + length });
    }
    let open = match scan.at(start) {
        b'{' | b'[' => start,
        _ if rest.starts_with("Uint8Array(") || rest.starts_with("Buffer(") => {
            match (start..start + MAX_OF_A_KIND).find(|at| scan.at(*at) == b'[') {
                Some(bracket) => bracket,
                None => return Enclosed::Not,
            }
        }
        _ => return Enclosed::Not,
    };
    let first = scan.find(open + 1, |byte| !matches!(byte, b' ' | b'\t' | b'\\'));
    let is_list = scan.at(open) == b'[' && scan.at(first).is_ascii_digit();
    // `{SSHA}x` is a value as it stands, and so is what begins with a bracket by chance.
    let is_object = scan.at(open) == b'{' && (matches!(scan.at(first), b'"' | b'\'') || is_field(scan, first));
    if !is_list && !is_object {
        return Enclosed::Not;
    }
    let bound = (open + MAX_LOOKED_AT..scan.len()).find(|at| scan.text.is_char_boundary(*at)).unwrap_or(scan.len());
    let inside = scan.between(open + 1, close(scan, open, bound));
    // `[8cY3Sz7]` is no list of numbers.
    if is_list && inside.split(',').next().is_some_and(|first| first.trim().parse::<f64>().is_err()) {
        return Enclosed::Not;
    }
    let is_secret = if is_list {
        let numbers = inside.split(',').map(|number| number.trim().parse::<u8>());
        numbers.clone().count() >= MIN_BYTES && numbers.take(MIN_BYTES).all(|number| number.is_ok())
    } else {
        inside.split(['"', '\'', ',', ' ', '{', '}']).any(looks::is_random)
    };
    match is_secret {
        true => Enclosed::Secret(TextSpan { start, end: (close(scan, open, scan.len()) + 1).min(scan.len()) }),
        false => Enclosed::Plain,
    }
}

/// Where a value begins that is wrapped: `Some("x")`, `b'x'`, `String("x")`.
pub(super) fn wrapped(scan: ByteScan<'_>, at: usize) -> usize {
    let at = tagged(scan, at);
    let rest = scan.text.get(at..).unwrap_or_default();
    for wrapper in ["Some(", "Ok(", "String(", "Secret(", "new String(", "[String: ", "b", "u", "r", "f", "[", "("] {
        let inside = rest.strip_prefix(wrapper).is_some_and(|inside| inside.starts_with(['"', '\'']));
        if inside {
            return at + wrapper.len();
        }
    }
    at
}

/// Where a value begins behind what is said of its kind: `!vault |` of YAML, `<ref *1> ` of Node's `util.inspect`.
fn tagged(scan: ByteScan<'_>, at: usize) -> usize {
    const MAX: usize = 32;
    let end = match (scan.at(at), scan.between(at, at + 6)) {
        (b'!', _) => (at + 1..at + MAX).find(|at| !(scan.at(*at).is_ascii_alphanumeric() || scan.at(*at) == b'!')),
        (_, "<ref *") => (at + 6..at + MAX).find(|at| scan.at(*at) == b'>').map(|close| close + 1),
        _ => None,
    };
    end.filter(|end| *end > at + 1 && is_blank(scan.at(*end))).map_or(at, |end| scan.skip_blanks(end))
}

/// Whether a name and a colon stand there.
fn is_field(scan: ByteScan<'_>, at: usize) -> bool {
    let end = scan.find(at, |byte| !(byte.is_ascii_alphanumeric() || byte == b'_'));
    end > at && scan.at(scan.skip_blanks(end)) == b':'
}

/// Where what was opened is closed again, brackets in quotes aside; the end of the line, or the bound,
/// where it is not.
fn close(scan: ByteScan<'_>, open: usize, bound: usize) -> usize {
    let (mut depth, mut quote, mut at) = (0_usize, 0, open);
    while at < bound && scan.at(at) != b'\n' {
        match scan.at(at) {
            b'\\' => at += 1,
            byte if quote != 0 && byte == quote => quote = 0,
            byte @ (b'"' | b'\'') if quote == 0 => quote = byte,
            b'{' | b'[' if quote == 0 => depth += 1,
            b'}' | b']' if quote == 0 => {
                depth -= 1;
                if depth == 0 {
                    return at;
                }
            }
            _ => {}
        }
        at += 1;
    }
    at.min(bound)
}

/// The private parts of a key that is written as JSON: `"kty":"OKP",…,"d":"nWGx…"`.
pub(super) fn find_json_keys(scan: ByteScan<'_>, found: &mut dyn FnMut(TextSpan)) {
    /// Parameters that are private (RFC 7518, 6.2.2, 6.3.2, 6.4.1).
    const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "k"];
    /// Characters of a private parameter at least.
    const MIN: usize = 16;
    if !scan.text.contains("kty") {
        return;
    }
    let mut at = 0;
    while at < scan.len() {
        let start = scan.find(at, |byte| matches!(byte, b'd' | b'p' | b'q' | b'k'));
        let end = scan.find(start, |byte| !byte.is_ascii_alphanumeric());
        at = end.max(start + 1);
        if scan.before(start).is_ascii_alphanumeric() || !PRIVATE.contains(&scan.between(start, end)) {
            continue;
        }
        let value = scan.find(end, |byte| !matches!(byte, b'"' | b'\'' | b'\\' | b':' | b' '));
        let stop = scan.find(value, |byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')));
        if scan.between(end, value).contains(':') && stop - value >= MIN {
            found(TextSpan { start: value, end: stop });
            at = stop;
        }
    }
}
