//! Bytes looked at one by one, and where a value ends that began somewhere.
//!
//! Everything that ends a word is ASCII, so that what is cut out of text is text again.

/// A text that is looked at byte by byte. Behind its end stand zeros.
#[derive(Clone, Copy)]
pub(super) struct ByteScan<'a> {
    /// The whole text.
    pub(super) text: &'a str,
}

/// A part of a text, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct TextSpan {
    /// Its first byte.
    pub(super) start: usize,
    /// The first byte behind it.
    pub(super) end: usize,
}

/// A value: what it says, and where whoever looks for the next name goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct ScannedValue {
    /// Without its quotes.
    pub(super) span: TextSpan,
    /// Behind its quotes.
    pub(super) after: usize,
    /// Whether it stood in quotes.
    pub(super) quoting: ValueQuoting,
}

/// How a value is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ValueQuoting {
    /// Between quotes of any kind.
    Quoted,
    /// As it is.
    Bare,
}

impl<'a> ByteScan<'a> {
    /// Looks at a text.
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text }
    }

    /// The byte there; zero behind the end.
    pub(super) fn at(self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(0)
    }

    /// The byte before that one; zero before the beginning.
    pub(super) fn before(self, at: usize) -> u8 {
        at.checked_sub(1).map_or(0, |at| self.at(at))
    }

    /// How long the text is.
    pub(super) const fn len(self) -> usize {
        self.text.len()
    }

    /// The words of a span.
    pub(super) fn of(self, span: TextSpan) -> &'a str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    /// The words from one byte to another.
    pub(super) fn between(self, start: usize, end: usize) -> &'a str {
        self.of(TextSpan { start, end })
    }

    /// Where the first byte stands, from `at` on, for which this holds; the end where there is none.
    pub(super) fn find(self, at: usize, is: impl Fn(u8) -> bool) -> usize {
        let rest = self.text.as_bytes().get(at..).unwrap_or_default();
        rest.iter().position(|byte| is(*byte)).map_or(self.len(), |found| at + found)
    }

    /// Behind the blanks that stand there.
    pub(super) fn skip_blanks(self, at: usize) -> usize {
        self.find(at, |byte| !is_blank(byte))
    }

    /// Whether a name and `=` or `:` stand there, as where the next of several settings begins.
    fn is_setting(self, at: usize) -> bool {
        let at = at + usize::from(matches!(self.at(at), b'"' | b'\''));
        // A name has an end soon, so that a value of a thousand commas is looked at once.
        let end = (at..at + MAX_OF_A_NAME).find(|at| !is_of_a_name(self.at(*at))).unwrap_or(at);
        let end = if end > at && matches!(self.at(end), b'"' | b'\'') { end + 1 } else { end };
        end > at && !self.at(at).is_ascii_digit() && matches!(self.at(end), b'=' | b':')
    }

    /// The value that begins there: in quotes, of which a backslash may stand before each, or up to a blank.
    pub(super) fn value(self, at: usize) -> ScannedValue {
        let open = self.find(at, |byte| byte != b'\\');
        let quote = self.at(open);
        if matches!(quote, b'"' | b'\'' | b'`') {
            return self.quoted(open + 1, quote, open - at);
        }
        let end = self.end_of_bare(at);
        ScannedValue { span: TextSpan { start: at, end }, after: end, quoting: ValueQuoting::Bare }
    }

    /// What stands in quotes from there on: up to the same quote with as many backslashes before it, or to the end of
    /// the line.
    fn quoted(self, start: usize, quote: u8, backslashes: usize) -> ScannedValue {
        let mut run = 0;
        let mut end = start;
        while end < self.len() && self.at(end) != b'\n' {
            match self.at(end) {
                b'\\' => run += 1,
                byte if byte == quote && run == backslashes => break,
                _ => run = 0,
            }
            end += 1;
        }
        let inside = end.saturating_sub(run.min(backslashes)).max(start);
        ScannedValue {
            span: TextSpan { start, end: inside },
            after: (end + 1).min(self.len()),
            quoting: ValueQuoting::Quoted,
        }
    }

    /// The end of a value that stands without quotes. What could belong to a password does, where nothing says that it
    /// is over: a comma ends it before a blank or another setting, a bracket or a quote where nothing more follows.
    fn end_of_bare(self, start: usize) -> usize {
        let mut at = start;
        while at < self.len() && !is_end_of_word(self.at(at)) {
            let next = self.at(at + 1);
            let ends = match self.at(at) {
                b',' | b';' | b'&' | b'|' => {
                    is_end_of_word(next) || matches!(next, b'"' | b'\'' | b'}' | b']' | b')') || self.is_setting(at + 1)
                }
                b'}' | b']' | b')' | b'>' | b'"' | b'\'' | b'`' => !next.is_ascii_alphanumeric(),
                b'\\' => matches!(next, b'"' | b'\'') && !self.at(at + 2).is_ascii_alphanumeric(),
                b'<' => next == b'/',
                _ => false,
            };
            if ends && at > start {
                break;
            }
            at += 1;
        }
        at
    }
}

/// Longer runs of letters are no names.
pub(super) const MAX_OF_A_NAME: usize = 80;

/// What parts words on a line.
pub(super) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// What ends a word: a blank, the end of a line, the zero between a process's arguments.
pub(super) const fn is_end_of_word(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0)
}

/// What names of variables, options, fields and headers are made of.
pub(super) const fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.') || byte >= 0x80
}
