//! A place in the text of a file, and the tokens that the scanner tells apart there: blanks, names, strings, templates and
//! regular expressions.

use crate::node::modules::Lexer;
use oxc_syntax::identifier::{is_identifier_part, is_identifier_start};

/// A no-break space, which two of the three scanners take for a blank, and the third for a letter.
const NO_BREAK_SPACE: &[u8] = "\u{a0}".as_bytes();

/// A text, and how far it is read.
pub(super) struct Cursor<'s> {
    text: &'s str,
    bytes: &'s [u8],
    /// How many bytes of it are read.
    pub(super) at: usize,
    lexer: Lexer,
    /// Whether another of Node's scanners would have decided otherwise somewhere.
    pub(super) differs: bool,
    /// Whether the scanner gave up: then it finds nothing at all.
    pub(super) failed: bool,
}

impl<'s> Cursor<'s> {
    /// Nothing is read yet.
    pub(super) const fn new(text: &'s str, lexer: Lexer) -> Self {
        Self { text, bytes: text.as_bytes(), at: 0, lexer, differs: false, failed: false }
    }

    /// What is read as which scanner.
    pub(super) const fn lexer(&self) -> Lexer {
        self.lexer
    }

    /// Decides what the scanners decide differently.
    pub(super) const fn by_lexer(&mut self, web_assembly: bool, java_script: bool, native: bool) -> bool {
        if web_assembly != java_script || java_script != native {
            self.differs = true;
        }
        match self.lexer {
            Lexer::WebAssembly => web_assembly,
            Lexer::JavaScript => java_script,
            Lexer::Native => native,
        }
    }

    /// The byte at a place; zero behind the end.
    pub(super) fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    /// The next byte; zero at the end.
    pub(super) fn peek(&self) -> u8 {
        self.byte(self.at)
    }

    /// Whether there is more to read.
    pub(super) const fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// What is read so far, up to a place.
    pub(super) fn until(&self, at: usize) -> &'s str {
        self.text.get(..at).unwrap_or_default()
    }

    /// Whether a word stands at a place.
    pub(super) fn stands(&self, word: &str, at: usize) -> bool {
        self.bytes.get(at..).is_some_and(|rest| rest.starts_with(word.as_bytes()))
    }

    /// Whether a word stands here.
    pub(super) fn is_next(&self, word: &str) -> bool {
        self.stands(word, self.at)
    }

    /// Gives up.
    pub(super) const fn fail(&mut self) {
        self.failed = true;
        self.at = self.bytes.len();
    }

    /// Whether a byte of text before a place lets a word begin at it.
    pub(super) fn is_boundary(&mut self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1) else { return true };
        match self.byte(before) {
            b'.' => false,
            0xa0 if self.bytes.get(..at).is_some_and(|text| text.ends_with(NO_BREAK_SPACE)) => {
                self.by_lexer(true, true, false)
            }
            byte => is_blank(byte) || is_punctuator(byte),
        }
    }

    /// Whether a blank stands at a place.
    pub(super) fn is_blank_at(&mut self, at: usize) -> bool {
        is_blank(self.byte(at))
            || (self.bytes.get(at..).is_some_and(|rest| rest.starts_with(NO_BREAK_SPACE))
                && self.by_lexer(true, true, false))
    }

    /// Passes blanks and comments.
    pub(super) fn blank(&mut self) {
        loop {
            match self.peek() {
                b'/' if self.byte(self.at + 1) == b'/' => self.line_comment(),
                b'/' if self.byte(self.at + 1) == b'*' => self.block_comment(),
                0xc2 if self.is_next("\u{a0}") && self.by_lexer(true, true, false) => self.at += NO_BREAK_SPACE.len(),
                byte if is_blank(byte) => self.at += 1,
                _ => return,
            }
        }
    }

    /// Passes a comment up to the end of its line.
    pub(super) fn line_comment(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
    }

    /// Passes a comment up to its end.
    pub(super) fn block_comment(&mut self) {
        self.at += 2;
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += memchr::memmem::find(rest, b"*/").map_or(rest.len(), |end| end + 2);
    }

    /// Passes blanks, and a word if it stands behind them.
    pub(super) fn eat(&mut self, word: &str) -> bool {
        self.blank();
        let found = self.is_next(word);
        if found {
            self.at += word.len();
        }
        found
    }

    /// Passes one word after the other, as far as they stand there.
    pub(super) fn eat_all(&mut self, words: &[&str]) -> bool {
        words.iter().all(|word| self.eat(word))
    }

    /// Passes a name. Escapes in names are not read.
    pub(super) fn identifier(&mut self) -> Option<&'s str> {
        let rest = self.text.get(self.at..)?;
        let mut length = 0;
        for letter in rest.chars() {
            let known = if length == 0 { is_identifier_start(letter) } else { is_identifier_part(letter) };
            // One takes a backslash for a first letter; the one that reads bytes, all beyond ASCII for letters.
            let taken = known
                || (letter == '\\' && length == 0 && self.by_lexer(true, false, false))
                || (!letter.is_ascii() && self.by_lexer(false, false, true));
            if !taken {
                break;
            }
            length += letter.len_utf8();
        }
        // What goes on with an escape is no name to one of them, and ends there for the others.
        let escaped = self.stands("\\", self.at + length) && self.by_lexer(true, false, false);
        if length == 0 || escaped {
            return None;
        }
        self.at += length;
        rest.get(..length)
    }

    /// Passes blanks and a name.
    pub(super) fn eat_identifier(&mut self) -> Option<&'s str> {
        self.blank();
        self.identifier()
    }

    /// Passes blanks and a string; gives it with its quotes.
    pub(super) fn eat_string(&mut self) -> Option<&'s str> {
        self.blank();
        if matches!(self.peek(), b'\'' | b'"') { self.string() } else { None }
    }

    /// Passes a string, at whose first quote the cursor is.
    pub(super) fn string(&mut self) -> Option<&'s str> {
        let (start, quote) = (self.at, self.peek());
        self.at += 1;
        while !self.is_at_end() {
            match self.peek() {
                byte if byte == quote => {
                    self.at += 1;
                    return self.text.get(start..self.at);
                }
                b'\\' if self.stands("\r\n", self.at + 1) => self.at += 3,
                b'\\' => self.at += 2,
                b'\n' | b'\r' => break,
                _ => self.at += 1,
            }
        }
        self.fail();
        None
    }

    /// Passes what follows of a template, up to its end or to the next `${`, which is told.
    pub(super) fn template(&mut self) -> TemplatePart {
        while !self.is_at_end() {
            match self.peek() {
                b'$' if self.byte(self.at + 1) == b'{' => {
                    self.at += 2;
                    return TemplatePart::Hole;
                }
                b'`' => {
                    self.at += 1;
                    return TemplatePart::Last;
                }
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.fail();
        TemplatePart::Last
    }

    /// Passes a regular expression, at whose first slash the cursor is.
    pub(super) fn regular_expression(&mut self) {
        let mut in_class = false;
        self.at += 1;
        while !self.is_at_end() {
            match self.peek() {
                b'/' if !in_class => {
                    self.at += 1;
                    return;
                }
                b'[' => in_class = true,
                b']' => in_class = false,
                b'\\' => self.at += 1,
                b'\n' | b'\r' => break,
                _ => {}
            }
            self.at += 1;
        }
        self.fail();
    }
}

/// Where a part of a template ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TemplatePart {
    /// With the template.
    Last,
    /// At an expression in it.
    Hole,
}

/// A blank, as all scanners see it.
pub(super) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ')
}

/// Whether a byte is one that an operator or a bracket ends with.
pub(super) const fn is_punctuator(byte: u8) -> bool {
    is_operator(byte) || matches!(byte, b')' | b'/' | b']' | b'}')
}

/// Whether an expression follows a byte, so that a slash behind it opens a regular expression.
pub(super) const fn is_operator(byte: u8) -> bool {
    matches!(byte, b'!' | b'%' | b'&' | b'(' | b'*'..=b'.' | b':'..=b'?' | b'[' | b'^' | b'{' | b'|' | b'~')
}
