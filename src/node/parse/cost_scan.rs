//! One reading of a file's tokens, with how many of them are open: what `parse_cost` is told from.

use super::keywords::{Before, meaning};
use super::token_starts::{Start, end_of_line, start, unicode_space, word_length};
use memchr::{memchr, memchr3, memmem};

/// What a file asks of the parser.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct ParseCost {
    /// Bytes of memory that its tree takes, and what is worked out from that, at most.
    pub bytes: usize,
    /// Most tokens that are open at once: no more levels of syntax nest than this.
    pub depth: usize,
}

/// One level of brackets.
#[derive(Clone, Copy)]
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
    /// `(` behind a word after which it can be that, or not: `await`.
    PerhapsHead,
    Parenthesis,
    Bracket,
    Brace,
    /// The file.
    File,
    /// `${` of a template.
    Template,
}

/// One reading of a file.
#[derive(Clone)]
pub(super) struct CostScan<'s> {
    source: &'s [u8],
    /// How far it has come.
    pub at: usize,
    /// The levels around the one at hand.
    outer: Vec<CostLevel>,
    level: CostLevel,
    before: Before,
    newline: bool,
    /// Tokens that are open, in all levels.
    open: usize,
    /// What it has counted so far.
    pub cost: ParseCost,
    deepest: usize,
}

/// Bytes that the tree takes for tokens of each kind (measured with files of nothing but `({a}),`, `{let a}`, `a;`, `/a/;` and
/// 15 others).
mod takes {
    pub(super) const SEPARATOR: usize = 60;
    pub(super) const OPERATOR: usize = 60;
    pub(super) const OPERAND: usize = 80;
    pub(super) const TEMPLATE: usize = 150;
    pub(super) const KEYWORD: usize = 150;
    pub(super) const BRACE: usize = 220;
    pub(super) const BRACKET: usize = 120;
    pub(super) const CLOSING: usize = 8;
    /// For each byte of a regular expression.
    pub(super) const EXPRESSION: usize = 60;
}

/// Why a reading is not followed any further by itself.
pub(super) enum Halt {
    /// It nests more than is allowed.
    TooDeep,
    /// The parser stops here.
    Fault,
    /// From here there are two.
    Fork(Readings),
}

/// Two readings of what comes next.
pub(super) enum Readings {
    /// A division, or a regular expression.
    Slash,
    /// An operator, or a comment of HTML.
    Html,
}

/// Whether it goes on.
pub(super) type ScanStep = Result<(), Halt>;

impl ParseCost {
    /// Takes of each number the larger one.
    pub(super) fn take_larger(&mut self, other: Self) {
        self.bytes = self.bytes.max(other.bytes);
        self.depth = self.depth.max(other.depth);
    }
}

impl CostLevel {
    fn take_larger(&mut self, other: Self) {
        self.run = self.run.max(other.run);
        self.elses = self.elses.max(other.elses);
    }
}

impl<'s> CostScan<'s> {
    /// At the start of a file; more levels than `deepest` are too many.
    pub(super) fn new(source: &'s [u8], deepest: usize) -> Self {
        Self {
            source,
            at: if source.starts_with(b"#!") { end_of_line(source, 0) } else { 0 },
            outer: Vec::new(),
            level: CostLevel { run: 0, elses: 0, opened_by: Open::File },
            before: Before::Operator,
            newline: true,
            open: 0,
            cost: ParseCost { bytes: 0, depth: 0 },
            deepest,
        }
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.source.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn rest(&self, ahead: usize) -> &'s [u8] {
        self.source.get(self.at + ahead..).unwrap_or_default()
    }

    /// Goes on until something halts it, or to the end.
    pub(super) fn run(&mut self) -> ScanStep {
        while self.at < self.source.len() {
            self.step()?;
        }
        Ok(())
    }

    /// Whether what follows is the same for both, whatever was before.
    pub(super) fn goes_on_like(&self, other: &Self) -> bool {
        let kinds = |scan: &Self| scan.outer.iter().map(|level| level.opened_by).collect::<Vec<_>>();
        self.at == other.at
            && self.before == other.before
            && self.newline == other.newline
            && self.level.opened_by == other.level.opened_by
            && self.outer.len() == other.outer.len()
            && kinds(self) == kinds(other)
    }

    /// Goes on for both: of each number the larger one.
    pub(super) fn take_larger(&mut self, other: &Self) {
        self.cost.take_larger(other.cost);
        self.level.take_larger(other.level);
        for (level, other) in self.outer.iter_mut().zip(&other.outer) {
            level.take_larger(*other);
        }
        let levels = self.outer.iter().chain(std::iter::once(&self.level));
        self.open = levels.map(|level| level.run + level.elses).sum();
    }

    /// Both readings of what comes next; one where there are not two.
    pub(super) fn fork(self, what: Option<Readings>) -> (Result<Self, Halt>, Option<Result<Self, Halt>>) {
        let after = |mut scan: Self, go: fn(&mut Self) -> ScanStep| go(&mut scan).map(|()| scan);
        match what {
            None => (Ok(self), None),
            Some(Readings::Slash) => (after(self.clone(), Self::division), Some(after(self, Self::regular_expression))),
            Some(Readings::Html) => {
                let operator = |scan: &mut Self| scan.operator(scan.byte(0), scan.byte(1));
                let comment = |scan: &mut Self| {
                    scan.at = end_of_line(scan.source, scan.at);
                    Ok(())
                };
                (after(self.clone(), operator), Some(after(self, comment)))
            }
        }
    }

    /// Goes on behind the next token, or blank.
    pub(super) fn step(&mut self) -> ScanStep {
        let byte = self.byte(0);
        match start(byte) {
            Start::Blank => {
                self.at += self.rest(0).iter().take_while(|byte| matches!(start(**byte), Start::Blank)).count();
            }
            Start::LineEnd => {
                self.newline = true;
                self.at += 1;
            }
            Start::Word => match unicode_space(self.rest(0)) {
                0 => self.word()?,
                length => {
                    self.newline |= length == 3 && byte == 0xe2 && matches!(self.byte(2), 0xa8 | 0xa9);
                    self.at += length;
                }
            },
            Start::Open => self.open_level(byte)?,
            Start::Close => self.close_level(byte)?,
            Start::Separator => {
                self.token(takes::SEPARATOR)?;
                self.separate();
                self.before = Before::Operator;
                self.at += 1;
            }
            Start::Quote => {
                self.operand(takes::OPERAND)?;
                self.string(byte)?;
            }
            Start::Backtick => {
                self.operand(takes::TEMPLATE)?;
                self.at += 1;
                self.template()?;
            }
            Start::Slash => match self.byte(1) {
                b'/' => self.at = end_of_line(self.source, self.at),
                b'*' => self.comment(),
                _ => self.slash()?,
            },
            // In a script these are comments, and in a module they are not.
            Start::Html if self.is_html_comment() => return Err(Halt::Fork(Readings::Html)),
            Start::Html | Start::Other => self.operator(byte, self.byte(1))?,
        }
        Ok(())
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

    fn operator(&mut self, byte: u8, next: u8) -> ScanStep {
        let after_operand = self.before == Before::Operand;
        if self.rest(0).starts_with(b"...") {
            self.token(takes::OPERATOR)?;
            self.before = Before::Operator;
            self.at += 3;
            return Ok(());
        }
        self.token(takes::OPERATOR)?;
        self.before = match byte {
            b'.' if next != b'.' => Before::Dot,
            // `a++ / b` divides; `++ /a/` is no program.
            b'+' | b'-' if next == byte && after_operand => Before::Operand,
            _ => Before::Operator,
        };
        self.at += if matches!(byte, b'+' | b'-') && next == byte { 2 } else { 1 };
        Ok(())
    }

    /// Counts a token.
    fn token(&mut self, takes: usize) -> ScanStep {
        self.newline = false;
        self.cost.bytes += takes;
        self.open += 1;
        self.level.run += 1;
        if self.open > self.cost.depth {
            self.cost.depth = self.open;
            return if self.open <= self.deepest { Ok(()) } else { Err(Halt::TooDeep) };
        }
        Ok(())
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
    fn operand(&mut self, takes: usize) -> ScanStep {
        if self.before == Before::Brace || (self.before == Before::Operand && self.newline) {
            self.separate();
        }
        self.token(takes)?;
        self.before = Before::Operand;
        Ok(())
    }

    fn word(&mut self) -> ScanStep {
        let rest = self.rest(0);
        let length = word_length(rest);
        let word = rest.get(..length).unwrap_or_default();
        self.at += length;
        if self.before == Before::Dot {
            self.token(takes::OPERAND)?;
            self.before = Before::Operand;
            return Ok(());
        }
        let (before, continues) = meaning(word);
        let is_else = word == b"else";
        let takes = if before == Before::Operand { takes::OPERAND } else { takes::KEYWORD };
        if continues {
            self.token(takes)?;
        } else {
            self.operand(takes)?;
        }
        if is_else {
            self.level.elses += 1;
            self.open += 1;
        }
        self.before = before;
        Ok(())
    }

    fn open_level(&mut self, bracket: u8) -> ScanStep {
        if bracket == b'{' && self.before == Before::Brace {
            self.separate();
        }
        let opened_by = match (bracket, self.before) {
            (b'(', Before::HeadKeyword) => Open::Head,
            // `for await (`
            (b'(', Before::Contextual) => Open::PerhapsHead,
            (b'(', _) => Open::Parenthesis,
            (b'[', _) => Open::Bracket,
            _ => Open::Brace,
        };
        self.token(if bracket == b'{' { takes::BRACE } else { takes::BRACKET })?;
        self.enter(opened_by);
        self.at += 1;
        Ok(())
    }

    fn close_level(&mut self, bracket: u8) -> ScanStep {
        let fits = match self.level.opened_by {
            Open::Head | Open::PerhapsHead | Open::Parenthesis => bracket == b')',
            Open::Bracket => bracket == b']',
            Open::Brace | Open::Template => bracket == b'}',
            Open::File => false,
        };
        let Some(outer) = self.outer.pop().filter(|_| fits) else { return Err(Halt::Fault) };
        let level = std::mem::replace(&mut self.level, outer);
        self.open -= level.run + level.elses;
        self.at += 1;
        if level.opened_by == Open::Template {
            return self.template();
        }
        self.token(takes::CLOSING)?;
        self.before = match level.opened_by {
            Open::Brace => Before::Brace,
            Open::Head => Before::HeadEnd,
            Open::PerhapsHead => Before::Contextual,
            _ => Before::Operand,
        };
        Ok(())
    }

    fn string(&mut self, quote: u8) -> ScanStep {
        self.at += 1;
        while let Some(text) = memchr3(quote, b'\\', b'\n', self.rest(0)) {
            self.at += text;
            match self.byte(0) {
                b'\\' => self.at += 2,
                b'\n' => return Err(Halt::Fault),
                _ => {
                    self.at += 1;
                    return Ok(());
                }
            }
        }
        Err(Halt::Fault)
    }

    /// The text of a template up to its end, or into its next `${`.
    fn template(&mut self) -> ScanStep {
        while let Some(text) = memchr3(b'`', b'\\', b'$', self.rest(0)) {
            self.at += text;
            match (self.byte(0), self.byte(1)) {
                (b'\\', _) => self.at += 2,
                (b'`', _) => {
                    self.at += 1;
                    self.before = Before::Operand;
                    return Ok(());
                }
                (b'$', b'{') => {
                    self.at += 2;
                    self.token(takes::TEMPLATE)?;
                    self.enter(Open::Template);
                    return Ok(());
                }
                _ => self.at += 1,
            }
        }
        Err(Halt::Fault)
    }

    /// A division, or a regular expression with everything in it.
    fn slash(&mut self) -> ScanStep {
        match self.before {
            Before::Operand | Before::Dot => self.division(),
            Before::Brace | Before::Contextual => Err(Halt::Fork(Readings::Slash)),
            Before::Operator | Before::HeadKeyword | Before::HeadEnd => self.regular_expression(),
        }
    }

    fn division(&mut self) -> ScanStep {
        self.token(takes::OPERATOR)?;
        self.before = Before::Operator;
        self.at += 1;
        Ok(())
    }

    fn regular_expression(&mut self) -> ScanStep {
        self.operand(takes::OPERAND)?;
        let start = self.at;
        self.at += 1;
        let mut in_class = false;
        while self.at < self.source.len() {
            match self.byte(0) {
                b'\\' => self.at += 1,
                b'\n' | b'\r' => return Err(Halt::Fault),
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class => {
                    self.at += 1;
                    self.cost.bytes += (self.at - start) * takes::EXPRESSION;
                    return Ok(());
                }
                _ => {}
            }
            self.at += 1;
        }
        Err(Halt::Fault)
    }
}
