//! What a token can begin with, byte by byte, and how far words and blanks go.

use memchr::memchr3_iter;

/// What a token begins with.
#[derive(Clone, Copy)]
pub(super) enum Start {
    Blank,
    LineEnd,
    Word,
    Open,
    Close,
    Separator,
    Quote,
    Backtick,
    Slash,
    /// `<` or `-`, which may begin a comment of HTML.
    Html,
    Other,
}

/// Asked for every byte of every file, so it is a table.
const STARTS: [Start; 256] = {
    let mut table = [Start::Other; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "below 256")]
        let start = match byte as u8 {
            b' ' | b'\t' | 0x0b | 0x0c => Start::Blank,
            b'\n' | b'\r' => Start::LineEnd,
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'$' | b'#' | b'@' | b'\\' | 0x80.. => Start::Word,
            b'(' | b'[' | b'{' => Start::Open,
            b')' | b']' | b'}' => Start::Close,
            b',' | b';' => Start::Separator,
            b'"' | b'\'' => Start::Quote,
            b'`' => Start::Backtick,
            b'/' => Start::Slash,
            b'<' | b'-' => Start::Html,
            _ => Start::Other,
        };
        #[expect(clippy::indexing_slicing, reason = "below 256")]
        (table[byte] = start);
        byte += 1;
    }
    table
};

pub(super) fn start(byte: u8) -> Start {
    STARTS.get(usize::from(byte)).copied().unwrap_or(Start::Other)
}

/// The length of a word: up to what is no part of one, or to a blank that is not of ASCII.
pub(super) fn word_length(rest: &[u8]) -> usize {
    let length = rest.iter().position(|byte| !is_word(*byte)).unwrap_or(rest.len());
    let word = rest.get(..length).unwrap_or_default();
    if word.is_ascii() {
        return length;
    }
    (0..length).find(|at| unicode_space(rest.get(*at..).unwrap_or_default()) > 0).unwrap_or(length)
}

/// The length of a blank or line end that is not of ASCII (ECMA-262, "White Space" and "Line Terminators"); 0 for none.
pub(super) fn unicode_space(rest: &[u8]) -> usize {
    match rest {
        [0xc2, 0xa0, ..] => 2,
        [0xe1, 0x9a, 0x80, ..]
        | [0xe2, 0x80, 0x80..=0x8a | 0xa8 | 0xa9 | 0xaf, ..]
        | [0xe2, 0x81, 0x9f, ..]
        | [0xe3, 0x80, 0x80, ..]
        | [0xef, 0xbb, 0xbf, ..] => 3,
        _ => 0,
    }
}

pub(super) fn is_word(byte: u8) -> bool {
    matches!(start(byte), Start::Word)
}

/// Where a comment that runs to the end of its line ends: before the line feed, or what counts as one (U+2028, U+2029).
pub(super) fn end_of_line(source: &[u8], from: usize) -> usize {
    let rest = source.get(from..).unwrap_or_default();
    let ends = |at: &usize| matches!(rest.get(*at..), Some([b'\n' | b'\r', ..] | [0xe2, 0x80, 0xa8 | 0xa9, ..]));
    from + memchr3_iter(b'\n', b'\r', 0xe2, rest).find(ends).unwrap_or(rest.len())
}
