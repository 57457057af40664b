//! What Node finds a CommonJS file to export without running it, so that an ES module can import it by name.
//!
//! Node does not parse such a file but scans its tokens, with one of three scanners (see [`Lexer`]), and takes what looks
//! like an export for one, wherever it stands. What they find and what they miss is found and missed here: each decision
//! is theirs, and was measured against them (`tests/lab/imports_commonjs.py`).

mod cursor;
mod escapes;
mod own;
mod patterns;
mod star;
#[cfg(test)]
mod tests;

use crate::node::modules::{CommonJsExports, Lexer};
pub(super) use own::{
    GIVEN, MANY, OpenOwnExports, TO_COMMONJS, helper, is_exports, is_module_exports, name_exported, passes_on_all,
};

use cursor::{Cursor, TemplatePart, is_blank, is_operator, is_punctuator};
use patterns::{ExportPatterns, Exports};

/// The names that the CommonJS wrapper gives a file (Node's documentation, "The module wrapper").
pub(super) const COMMONJS_NAMES: [&str; 5] = ["require", "module", "exports", "__filename", "__dirname"];

/// What the wrapper is itself called with, which is a name of its file, too.
pub(super) const ARGUMENTS: &str = "arguments";

/// Words that an expression follows, so that a slash behind them opens a regular expression. Behind the second half at the
/// very start of a file one scanner does not see them.
const BEFORE_EXPRESSION: [&str; 14] = [
    "case",
    "else",
    "in",
    "do",
    "new",
    "void",
    "yield",
    "delete",
    "instanceof",
    "typeof",
    "return",
    "debugger",
    "await",
    "throw",
];
const SEEN_AT_START: usize = 5;

/// What each of Node's scanners finds in a text.
pub(super) fn exported(text: &str) -> Box<[CommonJsExports]> {
    // Whatever is found begins with this.
    if memchr::memmem::find(text.as_bytes(), b"export").is_none() {
        return Box::default();
    }
    let (first, differs) = scan(text, Lexer::WebAssembly);
    if differs {
        let [second, third] = [Lexer::JavaScript, Lexer::Native].map(|lexer| scan(text, lexer).0);
        return [first, second, third].into();
    }
    [first].into()
}

/// What one finds, and whether another might find something else.
fn scan(text: &str, lexer: Lexer) -> (CommonJsExports, bool) {
    let mut scan = Scan {
        patterns: ExportPatterns::new(Cursor::new(text, lexer)),
        last: None,
        open: Vec::new(),
        depth: 0,
        templates: Vec::new(),
        class_follows: false,
        divided: false,
    };
    scan.run();
    scan.patterns.finish()
}

/// A bracket that is or was open.
#[derive(Clone, Copy, Default)]
struct Bracket {
    /// Where the token before it ends.
    before: Option<usize>,
    /// Whether it opens the body of a class.
    class: bool,
}

/// A scan of a file's tokens.
struct Scan<'s> {
    patterns: ExportPatterns<'s>,
    /// The last byte of the last token.
    last: Option<usize>,
    /// The last bracket of each depth; those deeper than `depth` are closed.
    open: Vec<Bracket>,
    depth: usize,
    /// The depths of the holes of templates that are open.
    templates: Vec<usize>,
    /// Whether `class` was read and no brace yet.
    class_follows: bool,
    /// Whether the last slash was a division.
    divided: bool,
}

impl Scan<'_> {
    fn run(&mut self) {
        if self.patterns.cursor.is_next("#!") {
            self.patterns.cursor.line_comment();
            if self.patterns.cursor.by_lexer(false, false, true) {
                self.last = Some(self.patterns.cursor.at);
            }
        }
        while !self.patterns.cursor.is_at_end() && !self.patterns.cursor.failed {
            let byte = self.patterns.cursor.peek();
            if is_blank(byte) {
                self.patterns.cursor.at += 1;
                continue;
            }
            if byte == b'/' {
                match self.patterns.cursor.byte(self.patterns.cursor.at + 1) {
                    b'/' => self.patterns.cursor.line_comment(),
                    b'*' => self.patterns.cursor.block_comment(),
                    _ => {
                        self.slash();
                        self.last = self.patterns.cursor.at.checked_sub(1);
                    }
                }
                continue;
            }
            self.token(byte);
            self.last = self.patterns.cursor.at.checked_sub(1);
        }
        if self.depth > 0 || !self.templates.is_empty() {
            self.patterns.cursor.fail();
        }
    }

    fn token(&mut self, byte: u8) {
        match byte {
            b'i' | b'r' | b'_' if self.depth == 0 => self.word_at_top(byte),
            b'e' | b'm' | b'O' | b'c' => self.word(byte),
            b'(' => self.bracket(),
            b'{' => {
                self.bracket();
                let class = std::mem::take(&mut self.class_follows);
                if let Some(bracket) = self.open.get_mut(self.depth - 1) {
                    bracket.class = class;
                }
            }
            b')' if self.depth == 0 => self.patterns.cursor.fail(),
            b')' => {
                self.depth -= 1;
                self.patterns.cursor.at += 1;
            }
            b'}' => self.brace(),
            b'\'' | b'"' => {
                self.patterns.cursor.string();
            }
            b'`' => {
                self.patterns.cursor.at += 1;
                self.template();
            }
            _ => self.patterns.cursor.at += 1,
        }
    }

    fn bracket(&mut self) {
        self.patterns.cursor.at += 1;
        self.open_at(self.last);
    }

    fn open_at(&mut self, before: Option<usize>) {
        if self.open.len() <= self.depth {
            self.open.resize(self.depth + 1, Bracket::default());
        }
        if let Some(bracket) = self.open.get_mut(self.depth) {
            bracket.before = before;
        }
        self.depth += 1;
    }

    fn brace(&mut self) {
        self.patterns.cursor.at += 1;
        let hole = self.templates.last().copied();
        if self.depth == 0 || hole.is_some_and(|hole| self.depth < hole) {
            self.patterns.cursor.fail();
            return;
        }
        let ends_hole = hole == Some(self.depth);
        self.depth -= 1;
        if ends_hole {
            self.templates.pop();
            self.template();
        }
    }

    fn template(&mut self) {
        if self.patterns.cursor.template() == TemplatePart::Hole {
            self.depth += 1;
            self.templates.push(self.depth);
        }
    }

    /// Words that mean something at the top level only.
    fn word_at_top(&mut self, byte: u8) {
        let start = self.patterns.cursor.at;
        match byte {
            b'r' => self.patterns.binding(start),
            b'i' if self.patterns.cursor.is_next("import") && self.patterns.cursor.is_boundary(start) => self.import(),
            b'_' if self.patterns.cursor.is_next("_interopRequireWildcard") && self.is_called_here(start) => {
                self.patterns.cursor.at += "_interopRequireWildcard".len();
                if self.patterns.cursor.peek() == b'(' {
                    self.bracket();
                    self.patterns.binding(start);
                } else {
                    self.patterns.cursor.at += 1;
                }
            }
            b'_' if self.patterns.cursor.is_next("__export") && self.is_called_here(start) => {
                self.patterns.cursor.at += "__export".len();
                if self.patterns.cursor.is_next("Star") {
                    self.patterns.cursor.at += "Star".len();
                }
                if self.patterns.cursor.peek() == b'(' {
                    self.bracket();
                    self.patterns.star();
                } else {
                    self.patterns.cursor.at += 1;
                }
            }
            _ => self.patterns.cursor.at += 1,
        }
    }

    /// Whether a helper's name begins here, or is a property: `tslib_1.__exportStar`.
    fn is_called_here(&mut self, start: usize) -> bool {
        self.patterns.cursor.is_boundary(start)
            || start.checked_sub(1).is_some_and(|before| self.patterns.cursor.byte(before) == b'.')
    }

    /// `import` at the top level: a call, or syntax that no CommonJS file has.
    fn import(&mut self) {
        let start = self.patterns.cursor.at;
        self.patterns.cursor.at += "import".len();
        let end = self.patterns.cursor.at;
        self.patterns.cursor.blank();
        match self.patterns.cursor.peek() {
            b'(' => {
                self.patterns.cursor.at += 1;
                self.open_at(Some(start));
            }
            // `a. import.b`: all but one take it for `import.meta`.
            b'.' if self.patterns.cursor.by_lexer(false, false, true) => {
                self.patterns.cursor.at += 1;
                let meta = self.patterns.cursor.eat_identifier() == Some("meta");
                if meta {
                    self.patterns.cursor.fail();
                }
            }
            b'.' | b'"' | b'\'' | b'{' | b'*' => self.patterns.cursor.fail(),
            _ if self.patterns.cursor.at != end => self.patterns.cursor.fail(),
            _ => self.patterns.cursor.at += 1,
        }
    }

    /// Words that mean the same everywhere.
    fn word(&mut self, byte: u8) {
        let start = self.patterns.cursor.at;
        let word = match byte {
            b'e' => "export",
            b'm' => "module",
            b'O' => "Object",
            _ => "class",
        };
        if !self.patterns.cursor.is_next(word) || !self.patterns.cursor.is_boundary(start) {
            self.patterns.cursor.at += 1;
            return;
        }
        self.patterns.cursor.at += word.len();
        match byte {
            b'e' => self.export(),
            b'm' => {
                let back = self.patterns.cursor.at;
                if self.patterns.cursor.eat_all(&[".", "exports"]) {
                    self.patterns.exported(Exports::OfModule);
                } else {
                    self.patterns.cursor.at = back;
                }
            }
            b'O' => self.object(),
            _ => {
                self.class_follows |= self.patterns.cursor.is_blank_at(self.patterns.cursor.at);
                self.patterns.cursor.at = start + 1;
            }
        }
    }

    /// `exports`, or `export` at the top level, which no CommonJS file has.
    fn export(&mut self) {
        let end = self.patterns.cursor.at;
        if self.patterns.cursor.peek() == b's' {
            self.patterns.cursor.at += 1;
            self.patterns.exported(Exports::Own);
        } else if self.depth > 0 {
            self.patterns.cursor.at = end - "export".len() + 1;
        } else {
            self.patterns.cursor.blank();
            if self.patterns.cursor.at != end || is_punctuator(self.patterns.cursor.peek()) {
                self.patterns.cursor.fail();
            } else {
                self.patterns.cursor.at += 1;
            }
        }
    }

    fn object(&mut self) {
        let back = self.patterns.cursor.at;
        if self.patterns.cursor.eat(".") {
            if self.patterns.cursor.eat("defineProperty") {
                return self.patterns.definition();
            }
            if self.depth == 0 && self.patterns.cursor.eat("keys") {
                return self.patterns.keys();
            }
        }
        self.patterns.cursor.at = back;
    }

    /// A slash that opens no comment: a regular expression or a division, by what stands before it.
    fn slash(&mut self) {
        if self.expression_follows() {
            self.patterns.cursor.regular_expression();
            self.divided = false;
        } else {
            self.patterns.cursor.at += 1;
            self.divided = true;
        }
    }

    fn expression_follows(&mut self) -> bool {
        let Some(last) = self.last else { return true };
        let before = last.checked_sub(1).map_or(0, |before| self.patterns.cursor.byte(before));
        let bracket = self.open.get(self.depth).copied().unwrap_or_default();
        match self.patterns.cursor.byte(last) {
            b'.' if before.is_ascii_digit() => false,
            byte @ (b'+' | b'-') if before == byte => false,
            byte if is_operator(byte) => true,
            b')' => ["while", "for", "if"].iter().any(|word| self.word_before_bracket(bracket.before, word)),
            b'}' => self.statement_ends(bracket),
            b'/' => self.divided,
            _ => self.expression_word_ends(last),
        }
    }

    /// Whether a brace that was closed is one of a statement, or of a class.
    fn statement_ends(&mut self, bracket: Bracket) -> bool {
        let Some(before) = bracket.before else {
            return bracket.class || self.patterns.cursor.by_lexer(false, false, true);
        };
        bracket.class
            || match self.patterns.cursor.byte(before) {
                b'>' => before > 0 && self.patterns.cursor.byte(before - 1) == b'=',
                b';' | b')' => true,
                _ => ["catch", "finally", "else"].iter().any(|word| self.word_before_bracket(Some(before), word)),
            }
    }

    /// Whether a word stands before a bracket; one scanner takes the end of a longer word for it.
    fn word_before_bracket(&mut self, before: Option<usize>, word: &str) -> bool {
        let Some(start) = before.and_then(|before| (before + 1).checked_sub(word.len())) else { return false };
        self.patterns.cursor.stands(word, start) && {
            let whole = self.patterns.cursor.is_boundary(start);
            self.patterns.cursor.by_lexer(whole, true, whole)
        }
    }

    fn expression_word_ends(&mut self, last: usize) -> bool {
        for (number, word) in BEFORE_EXPRESSION.iter().enumerate() {
            let Some(start) = (last + 1).checked_sub(word.len()) else { continue };
            if self.patterns.cursor.stands(word, start) && self.patterns.cursor.is_boundary(start) {
                return start > 0 || number < SEEN_AT_START || self.patterns.cursor.by_lexer(true, false, true);
            }
        }
        false
    }
}
