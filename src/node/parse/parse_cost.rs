//! How much a file can ask of the parser, told before it is parsed: its tokens and how deep they nest.
//!
//! The parser descends recursively and builds its whole tree in memory. A file is an archive's, and may be made to
//! overflow the stack or fill the memory; both are bounded here, by a pass over the tokens that takes no memory itself.
//! What it says is an upper bound: every level of nesting takes a token, and a token stops counting only where whatever
//! it belongs to has certainly ended.

use super::keywords::{Before, meaning};
use memchr::{memchr, memchr3, memchr3_iter, memmem};

/// What a file asks of the parser.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct ParseCost {
    /// Tokens.
    pub tokens: usize,
    /// Most tokens that are open at once: no more levels of syntax nest than this.
    pub depth: usize,
}

/// One level of brackets.
struct CostLevel {
    /// Tokens in it since the last one that ended an expression or statement.
    run: usize,
    /// `else` in it: `else if` nests, and what stands before each `else` ends with `;` or `}`.
    elses: usize,
    opened_by: Open,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// `(` of `if`, `while`, `for` and `with`: a statement follows its `)`.
    Head,
    Other,
    /// `${` of a template.
    Template,
}

struct Scan<'s> {
    source: &'s [u8],
    at: usize,
    /// The levels around the one at hand.
    outer: Vec<CostLevel>,
    level: CostLevel,
    before: Before,
    newline: bool,
    /// Tokens that are open, in all levels.
    open: usize,
    cost: ParseCost,
    deepest: usize,
}

/// What a token begins with.
#[derive(Clone, Copy)]
enum Start {
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

fn start(byte: u8) -> Start {
    STARTS.get(usize::from(byte)).copied().unwrap_or(Start::Other)
}

/// Measures a file; nothing where it nests more than `deepest` levels, or where it cannot be told what a `/` begins.
pub(super) fn measure(source: &[u8], deepest: usize) -> Option<ParseCost> {
    let mut scan = Scan {
        source,
        at: if source.starts_with(b"#!") { end_of_line(source, 0) } else { 0 },
        outer: Vec::new(),
        level: CostLevel { run: 0, elses: 0, opened_by: Open::Other },
        before: Before::Operator,
        newline: false,
        open: 0,
        cost: ParseCost { tokens: 0, depth: 0 },
        deepest,
    };
    while scan.at < source.len() {
        scan.step()?;
    }
    Some(scan.cost)
}

impl<'s> Scan<'s> {
    fn byte(&self, ahead: usize) -> u8 {
        self.source.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn rest(&self, ahead: usize) -> &'s [u8] {
        self.source.get(self.at + ahead..).unwrap_or_default()
    }

    fn step(&mut self) -> Option<()> {
        let byte = self.byte(0);
        match start(byte) {
            Start::Blank => {
                self.at += self.rest(0).iter().take_while(|byte| matches!(start(**byte), Start::Blank)).count();
            }
            Start::LineEnd => {
                self.newline = true;
                self.at += 1;
            }
            Start::Word => self.word()?,
            Start::Open => self.open_level(byte)?,
            Start::Close => self.close_level(byte)?,
            Start::Separator => {
                self.token()?;
                self.separate();
                self.before = Before::Operator;
                self.at += 1;
            }
            Start::Quote => {
                self.operand()?;
                self.string(byte);
            }
            Start::Backtick => {
                self.operand()?;
                self.at += 1;
                self.template()?;
            }
            Start::Slash => match self.byte(1) {
                b'/' => self.at = end_of_line(self.source, self.at),
                b'*' => self.comment(),
                _ => self.slash()?,
            },
            // In a script these are comments; who writes them is not followed.
            Start::Html if self.is_html_comment() => return None,
            Start::Html | Start::Other => self.operator(byte, self.byte(1))?,
        }
        Some(())
    }

    fn comment(&mut self) {
        let rest = self.rest(2);
        let length = memmem::find(rest, b"*/").unwrap_or(rest.len());
        // A comment with a line end in it counts as one (ECMA-262, "Comments"), and may end a statement.
        self.newline |= memchr(b'\n', rest.get(..length).unwrap_or_default()).is_some();
        self.at += length + 4;
    }

    fn is_html_comment(&self) -> bool {
        let rest = self.rest(0);
        rest.starts_with(b"<!--") || (rest.starts_with(b"-->") && self.newline)
    }

    fn operator(&mut self, byte: u8, next: u8) -> Option<()> {
        let after_operand = self.before == Before::Operand;
        self.token()?;
        self.before = match byte {
            b'.' if next != b'.' => Before::Dot,
            // `a++ / b` divides; `++ /a/` is no program.
            b'+' | b'-' if next == byte && after_operand => Before::Operand,
            _ => Before::Operator,
        };
        self.at += if matches!(byte, b'+' | b'-') && next == byte { 2 } else { 1 };
        Some(())
    }

    /// Counts a token.
    fn token(&mut self) -> Option<()> {
        self.newline = false;
        self.cost.tokens += 1;
        self.open += 1;
        self.level.run += 1;
        if self.open > self.cost.depth {
            self.cost.depth = self.open;
            return (self.open <= self.deepest).then_some(());
        }
        Some(())
    }

    /// Everything since the last separator in this level has ended.
    fn separate(&mut self) {
        self.open -= self.level.run;
        self.level.run = 0;
    }

    fn enter(&mut self, opened_by: Open) {
        self.outer.push(std::mem::replace(&mut self.level, CostLevel { run: 0, elses: 0, opened_by }));
        self.before = Before::Operator;
    }

    /// A token that an expression may begin with: what stands before it has ended if it cannot go on like this.
    fn operand(&mut self) -> Option<()> {
        if self.before == Before::Brace || (self.before == Before::Operand && self.newline) {
            self.separate();
        }
        self.token()?;
        self.before = Before::Operand;
        Some(())
    }

    fn word(&mut self) -> Option<()> {
        let rest = self.rest(0);
        let length = rest.iter().position(|byte| !is_word(*byte)).unwrap_or(rest.len());
        let word = rest.get(..length).unwrap_or_default();
        self.at += length;
        if self.before == Before::Dot {
            self.token()?;
            self.before = Before::Operand;
            return Some(());
        }
        let (before, continues) = meaning(word);
        let is_else = word == b"else";
        if continues {
            self.token()?;
        } else {
            self.operand()?;
        }
        if is_else {
            self.level.elses += 1;
            self.open += 1;
        }
        self.before = before;
        Some(())
    }

    fn open_level(&mut self, bracket: u8) -> Option<()> {
        if bracket == b'{' && self.before == Before::Brace {
            self.separate();
        }
        let opened_by = if bracket == b'(' && self.before == Before::HeadKeyword { Open::Head } else { Open::Other };
        self.token()?;
        self.enter(opened_by);
        self.at += 1;
        Some(())
    }

    fn close_level(&mut self, bracket: u8) -> Option<()> {
        // One too many is for the parser to say.
        let level = self.outer.pop().map(|outer| std::mem::replace(&mut self.level, outer));
        let opened_by = level.as_ref().map_or(Open::Other, |level| level.opened_by);
        self.open -= level.map_or(0, |level| level.run + level.elses);
        self.at += 1;
        if bracket == b'}' && opened_by == Open::Template {
            return self.template();
        }
        self.token()?;
        self.before = match bracket {
            b'}' => Before::Brace,
            b')' if opened_by == Open::Head => Before::HeadEnd,
            _ => Before::Operand,
        };
        Some(())
    }

    fn string(&mut self, quote: u8) {
        self.at += 1;
        while let Some(text) = memchr3(quote, b'\\', b'\n', self.rest(0)) {
            self.at += text;
            match self.byte(0) {
                b'\\' => self.at += 2,
                // Not closed: for the parser to say.
                b'\n' => return,
                _ => {
                    self.at += 1;
                    return;
                }
            }
        }
        self.at = self.source.len();
    }

    /// The text of a template up to its end, or into its next `${`.
    fn template(&mut self) -> Option<()> {
        while let Some(text) = memchr3(b'`', b'\\', b'$', self.rest(0)) {
            self.at += text;
            match (self.byte(0), self.byte(1)) {
                (b'\\', _) => self.at += 2,
                (b'`', _) => {
                    self.at += 1;
                    self.before = Before::Operand;
                    return Some(());
                }
                (b'$', b'{') => {
                    self.at += 2;
                    self.token()?;
                    self.enter(Open::Template);
                    return Some(());
                }
                _ => self.at += 1,
            }
        }
        self.at = self.source.len();
        Some(())
    }

    /// A division, or a regular expression with everything in it.
    fn slash(&mut self) -> Option<()> {
        match self.before {
            Before::Operand | Before::Dot => {
                self.token()?;
                self.before = Before::Operator;
                self.at += 1;
                return Some(());
            }
            // Which of the two depends on more than is looked at here.
            Before::Brace | Before::Contextual => return None,
            Before::Operator | Before::HeadKeyword | Before::HeadEnd => {}
        }
        if self.source.get(..self.at).unwrap_or_default().ends_with(b"await ")
            || self.source.get(..self.at).unwrap_or_default().ends_with(b"yield ")
        {
            return None;
        }
        self.token()?;
        self.at += 1;
        let mut in_class = false;
        while self.at < self.source.len() {
            match self.byte(0) {
                b'\\' => self.at += 1,
                b'\n' | b'\r' => break,
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class => {
                    self.at += 1;
                    break;
                }
                _ => {}
            }
            self.at += 1;
        }
        self.before = Before::Operand;
        Some(())
    }
}

fn is_word(byte: u8) -> bool {
    matches!(start(byte), Start::Word)
}

/// Where a comment that runs to the end of its line ends: before the line feed, or what counts as one (U+2028, U+2029).
fn end_of_line(source: &[u8], from: usize) -> usize {
    let rest = source.get(from..).unwrap_or_default();
    let ends = |at: &usize| matches!(rest.get(*at..), Some([b'\n' | b'\r', ..] | [0xe2, 0x80, 0xa8 | 0xa9, ..]));
    from + memchr3_iter(b'\n', b'\r', 0xe2, rest).find(ends).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(source: &str) -> Option<usize> {
        measure(source.as_bytes(), 1_000_000).map(|cost| cost.depth)
    }

    #[test]
    fn what_nests_counts_whatever_it_is_made_of() {
        for (case, unit, tail) in [
            ("brackets", "[", ""),
            ("parentheses", "(", ""),
            ("functions", "()=>{", ""),
            ("blocks", "{", ""),
            ("prefixes", "!", "a"),
            ("words", "typeof ", "a"),
            ("arrows", "a=>", "a"),
            ("async arrows", "async a=>", "a"),
            ("async arrows in lines", "async a\n=>", "a"),
            ("assignments", "a=", "a"),
            ("powers", "a**", "a"),
            ("sums", "a+", "a"),
            ("conditions", "a?a:", "a"),
            ("members", "a.a.", "a"),
            ("calls", "()", ""),
            ("if", "if(a)", "a"),
            ("else", "if(a)b;else ", "a"),
            ("else behind blocks", "if(a){}else ", "a"),
            ("labels", "a:", "a"),
            ("templates", "`${", ""),
            ("strings that look like brackets", "[')]}',", ""),
            ("regular expressions that look like brackets", "[/[)}/]]/,", ""),
            ("divisions that look like strings", "[a/'/',", ""),
            ("objects", "({a:", ""),
            ("loops", "for(;;)", "a"),
            ("new", "new ", "a"),
            ("await", "await ", "a"),
            ("yield", "yield ", "a"),
            ("comments between", "(/*)*/", ""),
            ("line comments ended by U+2028", "(//)\u{2028}(", ""),
        ] {
            let found = depth(&format!("{}{tail}", unit.repeat(1000)));
            assert!(found.is_none_or(|depth| depth >= 1000), "{case}: {found:?}");
        }
    }

    #[test]
    fn what_stands_side_by_side_does_not_count() {
        for (case, unit) in [
            ("statements", "foo(a, b);\n"),
            ("functions", "function f(a) { return a / 2; }\n"),
            ("methods", "}\nfoo() { return /a/.test(b); "),
            ("without semicolons", "const a = b\n"),
            ("elements", "[1], 'a', "),
            ("classes", "class A { x() {} get y() { return 1 } static z = 2; }\n"),
            ("imports", "import { a, b } from './c.js';\n"),
            ("strings", "'a' + 'b';\n"),
            ("templates", "`a${b}c`;\n"),
        ] {
            let found = depth(&format!("class X {{ a() {{\n{}", unit.repeat(2000)));
            assert!(found.is_some_and(|depth| depth < 60), "{case}: {found:?}");
        }
    }
}
