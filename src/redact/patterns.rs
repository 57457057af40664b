//! What somebody else wants out of a text: regular expressions, sought in what it says and in what it stands for.
//!
//! A match goes wherever a person or a program could read it again: as it stands, behind colours and encodings (`view`), in
//! base64, in the kernel's hexadecimal addresses, in bytes written as numbers, in numbers, and in the names of fields.

use super::marks::{REDACTED, bytes_of, without};
use super::scan::TextSpan;
use super::view;
use base64ct::{Base64Unpadded, Base64UrlUnpadded, Encoding};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use regex_lite::Regex;
use serde_json::{Map, Value};

/// Documents within texts of documents: each is in a text of the one around it, whose length bounds them anyway.
const MAX_NESTED: usize = 8;
/// What is put in a match's place may make another match with its neighbours.
const MAX_ROUNDS: usize = 3;
/// Bytes of a text that are read in other ways at a time, and how much of it once more with what follows.
const PIECE: usize = 128 << 10;
const OVERLAP: usize = 8 << 10;
/// Letters of base64 at least: shorter ones are words.
const MIN_BASE64: usize = 8;

/// Regular expressions of what is to be taken out.
#[derive(Clone, Default, Debug)]
pub(crate) struct GivenPatterns {
    all: Vec<Regex>,
}

/// Which names of a document's fields stay whatever matches them.
pub(crate) type IsKept<'a> = &'a dyn Fn(&str) -> bool;

impl GivenPatterns {
    /// Those that were asked for.
    #[must_use]
    pub(crate) const fn new(all: Vec<Regex>) -> Self {
        Self { all }
    }

    /// A text without what matches, and how often that was. Lines of JSON stay that.
    #[must_use]
    pub(crate) fn text(&self, text: &str, is_kept: IsKept<'_>) -> (String, usize) {
        let mut count = 0;
        (self.nested(text, is_kept, 0, &mut count), count)
    }

    /// A document whose own fields have the names that `is_own` knows; those of documents in its texts are kept by `is_kept`.
    #[must_use]
    pub(crate) fn document(&self, value: Value, is_own: IsKept<'_>, is_kept: IsKept<'_>) -> (Value, usize) {
        let mut count = 0;
        (self.value(value, is_own, is_kept, 0, &mut count), count)
    }

    fn nested(&self, text: &str, is_kept: IsKept<'_>, depth: usize, count: &mut usize) -> String {
        let is_document = |line: &str| line.trim_start().starts_with(['{', '[', '"']);
        if depth >= MAX_NESTED || !text.split('\n').any(is_document) {
            return self.plain(text, count);
        }
        let one = |line: &str, count: &mut usize| {
            let value = is_document(line).then(|| serde_json::from_str::<Value>(line).ok()).flatten()?;
            let before = *count;
            let value = self.value(value, is_kept, is_kept, depth, count);
            // What was not touched stays as it was written, and what has lines keeps lines.
            let written = if line.contains('\n') { serde_json::to_string_pretty } else { serde_json::to_string };
            Some(if *count > before { written(&value).unwrap_or_default() } else { line.to_owned() })
        };
        // A document of many lines is one.
        if let Some(whole) = one(text, count) {
            return whole;
        }
        let mut out = String::with_capacity(text.len());
        let mut put = |text: &str| out.extend([text, "\n"]);
        // Where the lines begin that are no documents, and were not looked at yet.
        let (mut words, mut at) = (None, 0);
        for line in text.split('\n') {
            match one(line, count) {
                Some(document) => {
                    if let Some(start) = words.take() {
                        put(&self.plain(text.get(start..at - 1).unwrap_or_default(), count));
                    }
                    put(&document);
                }
                None => words = words.or(Some(at)),
            }
            at += line.len() + 1;
        }
        if let Some(start) = words {
            put(&self.plain(text.get(start..).unwrap_or_default(), count));
        }
        out.pop();
        out
    }

    fn value(&self, value: Value, own: IsKept<'_>, kept: IsKept<'_>, depth: usize, count: &mut usize) -> Value {
        match value {
            Value::String(text) => Value::String(self.nested(&text, kept, depth + 1, count)),
            Value::Number(number) if self.matches(&number.to_string()) => {
                *count += 1;
                Value::from(0)
            }
            Value::Array(values) => match self.of_bytes(&values, kept, depth, count) {
                Some(text) => Value::String(text),
                None => Value::Array(values.into_iter().map(|one| self.value(one, own, kept, depth, count)).collect()),
            },
            Value::Object(fields) => {
                let mut left = Map::new();
                for (name, one) in fields {
                    let name = if own(&name) { name } else { self.plain(&name, count) };
                    left.insert(name, self.value(one, own, kept, depth, count));
                }
                Value::Object(left)
            }
            other => other,
        }
    }

    /// The text that an array of bytes is, where something in it matches: read as UTF-8, and as Latin-1 where it is none.
    fn of_bytes(&self, values: &[Value], kept: IsKept<'_>, depth: usize, count: &mut usize) -> Option<String> {
        let bytes: Vec<u8> = bytes_of(values)?;
        let mut cleaned = |text: &str| {
            let before = *count;
            let clean = self.nested(text, kept, depth + 1, count);
            (*count > before).then_some(clean)
        };
        let text = String::from_utf8_lossy(&bytes);
        let latin = || bytes.iter().copied().map(char::from).collect::<String>();
        let first = cleaned(&text);
        match std::str::from_utf8(&bytes) {
            Ok(_) => first,
            Err(_) => cleaned(&latin()).or(first),
        }
    }

    /// A text that is no document, without what matches.
    fn plain(&self, text: &str, count: &mut usize) -> String {
        let mut text = text.to_owned();
        for _ in 0..MAX_ROUNDS {
            let (spans, found) = self.spans(&text);
            let clean = without(&text, spans);
            if found == 0 || clean == text {
                break;
            }
            *count += found;
            text = clean.into_owned();
        }
        text
    }

    fn matches(&self, text: &str) -> bool {
        self.all.iter().any(|pattern| pattern.find_iter(text).any(|found| !found.is_empty()))
    }

    /// What matches in any reading of the text, and how many matches that are. An empty one would put a mark between all
    /// letters.
    fn spans(&self, text: &str) -> (Vec<TextSpan>, usize) {
        let mut spans = Vec::new();
        self.seek(text, &|span| span, &mut spans);
        for (start, piece) in pieces(text) {
            for view in view::views(piece) {
                let original = |span| {
                    let TextSpan { start: from, end } = view.original(span);
                    TextSpan { start: start + from, end: start + end }
                };
                self.seek(&view.text, &original, &mut spans);
            }
        }
        // A mark of what was taken out before, or a part of it, is no match.
        let marks: Vec<usize> = text.match_indices(REDACTED).map(|(at, _)| at).collect();
        spans.retain(|span| {
            let mark = marks.get(marks.partition_point(|at| *at <= span.start).wrapping_sub(1));
            mark.is_none_or(|at| span.end > at + REDACTED.len())
        });
        spans.sort_unstable();
        let (mut count, mut end) = (0, 0);
        for span in &spans {
            count += usize::from(span.start >= end && span.end > span.start);
            end = end.max(span.end);
        }
        (spans, count)
    }

    fn seek(&self, text: &str, original: &dyn Fn(TextSpan) -> TextSpan, spans: &mut Vec<TextSpan>) {
        let mut found = |start: usize, end: usize| spans.push(original(TextSpan { start, end }));
        for pattern in &self.all {
            pattern.find_iter(text).for_each(|place| found(place.start(), place.end()));
            // `^` and `$` are the ends of a line, and those of the text.
            if text.contains('\n') && ['^', '$', '\\'].iter().any(|sign| pattern.as_str().contains(*sign)) {
                let mut at = 0;
                for line in text.split('\n') {
                    pattern.find_iter(line).for_each(|place| found(at + place.start(), at + place.end()));
                    at += line.len() + 1;
                }
            }
        }
        for (span, words) in encoded(text) {
            if words.iter().any(|words| self.matches(words)) {
                found(span.start, span.end);
            }
        }
    }
}

/// A text in pieces that overlap, each with where it begins: its other readings take several times its room.
fn pieces(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let boundary = |at: usize| (at..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    (0..text.len()).step_by(PIECE).map(move |start| {
        let start = boundary(start);
        (start, text.get(start..boundary((start + PIECE + OVERLAP).min(text.len()))).unwrap_or_default())
    })
}

/// What stands for text without showing it: words of base64, and addresses as the kernel lists them.
fn encoded(text: &str) -> Vec<(TextSpan, Vec<String>)> {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
    let bytes = text.as_bytes();
    let mut all = Vec::new();
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let length = rest.iter().position(|byte| !is_letter(*byte)).unwrap_or(rest.len());
        let word = text.get(at..at + length).unwrap_or_default();
        if length >= MIN_BASE64 {
            let padding = rest.iter().skip(length).take(2).take_while(|byte| **byte == b'=').count();
            let port = text.get(at + length..at + length + 5).filter(|rest| rest.starts_with(':'));
            match port.and_then(|port| address(word, port.get(1..)?)) {
                Some(words) => all.push((TextSpan { start: at, end: at + length + 5 }, words)),
                None => all.extend(
                    base64(word).map(|words| (TextSpan { start: at, end: at + length + padding }, vec![words])),
                ),
            }
        }
        at += length + 1;
    }
    all
}

/// The text that a word of base64 is; nothing where it is none.
fn base64(word: &str) -> Option<String> {
    let bytes = Base64Unpadded::decode_vec(word).or_else(|_| Base64UrlUnpadded::decode_vec(word)).ok()?;
    String::from_utf8(bytes).ok()
}

/// An address of `/proc/net/tcp` (proc(5)): words of four bytes in the order of a little machine, in hexadecimal.
fn address(word: &str, port: &str) -> Option<Vec<String>> {
    let number = |digits: &str| u32::from_str_radix(digits, 16).ok();
    let port = u16::from_str_radix(port, 16).ok()?;
    let bytes = |at: usize| word.get(at..at + 8).and_then(number).map(u32::to_le_bytes);
    let ip: IpAddr = match word.len() {
        8 => Ipv4Addr::from(bytes(0)?).into(),
        32 => {
            let all = [bytes(0)?, bytes(8)?, bytes(16)?, bytes(24)?].concat();
            Ipv6Addr::from(<[u8; 16]>::try_from(all).ok()?).into()
        }
        _ => return None,
    };
    let both = [ip, ip.to_canonical()];
    Some(both.iter().flat_map(|ip| [ip.to_string(), SocketAddr::new(*ip, port).to_string()]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn patterns(words: &[&str]) -> GivenPatterns {
        GivenPatterns::new(words.iter().map(|word| Regex::new(word).unwrap()).collect())
    }

    fn bytes(text: &[u8]) -> Value {
        json!(text)
    }

    #[test]
    fn a_match_goes_in_whatever_way_it_is_written() {
        let acme = patterns(&["ACME-[0-9]+", "z*", "Ünal", r"10\.1\.2\.3", "^only$"]);
        for (name, text) in [
            ("as it is", "at ACME-17, says"),
            ("in colours", "at AC\u{1b}[0mME-\u{1b}[1;4m17\u{1b}[0m, says"),
            ("coloured in words", "at AC\\u001b[31mME-17, says"),
            ("a link", "at AC\u{1b}]8;;http://x\u{7}ME\u{1b}]8;;\u{1b}\\-17, says"),
            ("without width", "at AC\u{200b}ME-17, says"),
            ("escaped", r"at \u0041C\x4dE-17, says"),
            ("escaped again", r"at \\\\u0041CME\\\\x2d17, says"),
            ("of a URL", "at %41CME%2d17, says"),
            ("of HTML", "at &#65;&#x43;ME-17, says"),
            ("in octal", r"at \101CME-17, says"),
            ("in base64", "at QUNNRS0xNw==, says"),
            ("in base64 of URLs", "at SGVyciDDnG5hbCDDnA, says"),
            ("beyond ASCII", r"at \u00dcnal, says"),
            ("of URLs beyond ASCII", "at %C3%9Cnal, says"),
            ("in two letters", "at U\u{308}nal, says"),
            ("of the kernel", "at 0302010A:1F90, says"),
            ("of the kernel, mapped", "at 0000000000000000FFFF00000302010A:1F90, says"),
        ] {
            let (clean, count) = acme.text(text, &|_| false);
            assert_eq!((clean.as_str(), count), ("at [redacted], says", 1), "{name}");
        }
        assert_eq!(acme.text("a\nonly\nb", &|_| false).0, "a\n[redacted]\nb");
        for untouched in ["0402010A:1F90 QUNNRQ== %41 \\x41", "{ \"a\" : 1.50 }", "", "[redacted]"] {
            assert_eq!(acme.text(untouched, &|_| false), (untouched.to_owned(), 0));
        }
    }

    #[test]
    fn a_document_stays_one() {
        let acme = patterns(&["ACME-[0-9]+", "4711", "Ünal"]);
        let entry = json!({"MESSAGE": bytes(b"\x1b[31mACME-17\x1b[0m"), "ACME-1": "x", "_PID": "4711", "n": 47110,
            "LATIN": bytes(b"Frau \xdcnal"), "LIST": [bytes(b"ACME-1"), "ACME-2"], "DEEP": json!({"a": "ACME-3"}).to_string(),
            "SIZES": [1, 2, 300]});
        let line = json!({"ask": "run x", "ok": {"stdout": format!("{entry}\nplain ACME-4\n")}});
        let (clean, count) = acme.document(line, &|_| true, &|name| name == "MESSAGE");
        assert_eq!(count, 9);
        let stdout = clean["ok"]["stdout"].as_str().unwrap();
        let (first, rest) = stdout.split_once('\n').unwrap();
        assert_eq!(rest, "plain [redacted]\n");
        let wanted = json!({"MESSAGE": "\u{1b}[31m[redacted]", "[redacted]": "x", "_PID": "[redacted]", "n": 0,
            "LATIN": "Frau [redacted]", "LIST": ["[redacted]", "[redacted]"], "DEEP": "{\"a\":\"[redacted]\"}",
            "SIZES": [1, 2, 300]});
        assert_eq!(serde_json::from_str::<Value>(first).unwrap(), wanted);
    }

    #[test]
    fn a_match_goes_wherever_it_stands_in_a_long_text() {
        let acme = patterns(&["ACME-[0-9]+"]);
        for at in (PIECE - 20..PIECE + 20).chain([0, PIECE + OVERLAP, 3 * PIECE]) {
            let text = format!("{}AC\u{1b}[1mME-\\u0031\u{e9}{}", "-".repeat(at), "-".repeat(PIECE));
            assert_eq!(acme.text(&text, &|_| false), (text.replace("AC\u{1b}[1mME-\\u0031", REDACTED), 1), "{at}");
        }
    }

    #[test]
    fn what_is_taken_out_is_taken_out_once() {
        assert_eq!(patterns(&["redacted|a"]).text("a [redacted] b", &|_| false).0, format!("{REDACTED} {REDACTED} b"));
    }
}
