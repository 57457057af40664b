//! How much a file can ask of the parser, told before it is parsed: its tokens and how deep they nest.
//!
//! The parser descends recursively and builds its whole tree in memory. A file is an archive's, and may be made to
//! overflow the stack or fill the memory; both are bounded here, by a pass over the tokens that takes no memory itself.
//! What it says is an upper bound: every level of nesting takes a token, and a token stops counting only where whatever
//! it belongs to has certainly ended.

/// What a file asks of the parser.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Extent {
    /// Tokens.
    pub tokens: usize,
    /// Most tokens that are open at once: no more levels of syntax nest than this.
    pub depth: usize,
}

/// One level of brackets.
struct Level {
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

/// The token before, as far as it decides what a `/` is and whether a statement has ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Nothing, an operator, an opening bracket or a keyword: an operand follows.
    Operator,
    /// `if`, `while`, `for`, `with`.
    HeadKeyword,
    /// A name, a literal, `]`, or a `)` that ends an expression.
    Operand,
    /// A name that is a keyword in some places.
    Contextual,
    /// `)` of a head: a statement follows.
    HeadEnd,
    /// `}`: of a block, an object or a function.
    Brace,
    /// `.`: what follows is a name, whatever it looks like.
    Dot,
}

struct Scan<'s> {
    source: &'s [u8],
    at: usize,
    levels: Vec<Level>,
    before: Before,
    newline: bool,
    total: usize,
    extent: Extent,
    deepest: usize,
}

/// Words behind which an operand follows, so that a `/` begins a regular expression.
const KEYWORDS: [&[u8]; 29] = [
    b"await",
    b"break",
    b"case",
    b"const",
    b"continue",
    b"default",
    b"delete",
    b"do",
    b"else",
    b"export",
    b"extends",
    b"finally",
    b"function",
    b"class",
    b"import",
    b"in",
    b"instanceof",
    b"new",
    b"return",
    b"switch",
    b"throw",
    b"try",
    b"typeof",
    b"var",
    b"void",
    b"catch",
    b"debugger",
    b"enum",
    b"yield",
];
/// Words that are names in some places and begin something in others.
const CONTEXTUAL: [&[u8]; 11] =
    [b"async", b"of", b"let", b"static", b"get", b"set", b"as", b"from", b"using", b"accessor", b"defer"];
/// Words that go on with the statement that a `}` seems to end.
const CONTINUING: [&[u8]; 9] = [b"else", b"catch", b"finally", b"while", b"in", b"instanceof", b"of", b"as", b"from"];

/// Measures a file; nothing where it nests more than `deepest` levels, or where it cannot be told what a `/` begins.
pub fn measure(source: &[u8], deepest: usize) -> Option<Extent> {
    let mut scan = Scan {
        source,
        at: if source.starts_with(b"#!") { end_of_line(source, 0) } else { 0 },
        levels: vec![Level { run: 0, elses: 0, opened_by: Open::Other }],
        before: Before::Operator,
        newline: false,
        total: 0,
        extent: Extent { tokens: 0, depth: 0 },
        deepest,
    };
    while scan.at < source.len() {
        scan.step()?;
    }
    Some(scan.extent)
}

impl Scan<'_> {
    fn byte(&self, ahead: usize) -> u8 {
        self.source.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn step(&mut self) -> Option<()> {
        match (self.byte(0), self.byte(1)) {
            (b'\n' | b'\r', _) => {
                self.newline = true;
                self.at += 1;
            }
            (b' ' | b'\t' | 0x0b | 0x0c, _) => self.at += 1,
            (b'/', b'/') => self.at = end_of_line(self.source, self.at),
            (b'/', b'*') => {
                let rest = self.source.get(self.at + 2..).unwrap_or_default();
                let end = rest.windows(2).position(|pair| pair == b"*/");
                let length = end.unwrap_or(rest.len());
                self.newline |= rest.get(..length).unwrap_or_default().contains(&b'\n');
                self.at += length + 4;
            }
            // In a script these are comments; who writes them is not followed.
            (b'<', b'!') | (b'-', b'-') if self.is_html_comment() => return None,
            (b'/', _) => self.slash()?,
            (quote @ (b'"' | b'\''), _) => {
                self.operand()?;
                self.string(quote);
            }
            (b'`', _) => {
                self.operand()?;
                self.at += 1;
                self.template()?;
            }
            (b'(' | b'[' | b'{', _) => self.open()?,
            (b')' | b']' | b'}', _) => self.close()?,
            (b',' | b';', _) => {
                self.token()?;
                self.separate();
                self.before = Before::Operator;
                self.at += 1;
            }
            (byte, _) if is_word(byte) => self.word()?,
            (byte, next) => self.operator(byte, next)?,
        }
        Some(())
    }

    fn is_html_comment(&self) -> bool {
        let rest = self.source.get(self.at..).unwrap_or_default();
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
        self.extent.tokens += 1;
        self.newline = false;
        self.total += 1;
        if let Some(level) = self.levels.last_mut() {
            level.run += 1;
        }
        self.extent.depth = self.extent.depth.max(self.total);
        (self.total <= self.deepest).then_some(())
    }

    /// Everything since the last separator in this level has ended.
    fn separate(&mut self) {
        if let Some(level) = self.levels.last_mut() {
            self.total -= level.run;
            level.run = 0;
        }
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
        let rest = self.source.get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|byte| !is_word(*byte)).unwrap_or(rest.len());
        let word = rest.get(..length).unwrap_or_default();
        self.at += length;
        if self.before == Before::Dot {
            self.token()?;
            self.before = Before::Operand;
            return Some(());
        }
        if CONTINUING.contains(&word) {
            self.token()?;
            if word == b"else"
                && let Some(level) = self.levels.last_mut()
            {
                level.elses += 1;
                self.total += 1;
            }
        } else {
            self.operand()?;
        }
        self.before = match word {
            b"if" | b"while" | b"for" | b"with" => Before::HeadKeyword,
            word if KEYWORDS.contains(&word) => Before::Operator,
            word if CONTEXTUAL.contains(&word) => Before::Contextual,
            _ => Before::Operand,
        };
        Some(())
    }

    fn open(&mut self) -> Option<()> {
        let bracket = self.byte(0);
        if bracket == b'{' && self.before == Before::Brace {
            self.separate();
        }
        let opened_by = if bracket == b'(' && self.before == Before::HeadKeyword { Open::Head } else { Open::Other };
        self.token()?;
        self.levels.push(Level { run: 0, elses: 0, opened_by });
        self.before = Before::Operator;
        self.at += 1;
        Some(())
    }

    fn close(&mut self) -> Option<()> {
        let bracket = self.byte(0);
        // One too many is for the parser to say.
        let level = if self.levels.len() > 1 { self.levels.pop() } else { None };
        let opened_by = level.as_ref().map_or(Open::Other, |level| level.opened_by);
        self.total -= level.map_or(0, |level| level.run + level.elses);
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
        while self.at < self.source.len() {
            match self.byte(0) {
                b'\\' => self.at += 2,
                // Not closed: for the parser to say.
                b'\n' => return,
                byte => {
                    self.at += 1;
                    if byte == quote {
                        return;
                    }
                }
            }
        }
    }

    /// The text of a template up to its end, or into its next `${`.
    fn template(&mut self) -> Option<()> {
        while self.at < self.source.len() {
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
                    self.levels.push(Level { run: 0, elses: 0, opened_by: Open::Template });
                    self.before = Before::Operator;
                    return Some(());
                }
                _ => self.at += 1,
            }
        }
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

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'#' | b'@' | b'\\' | 0x80..)
}

/// Where a comment that runs to the end of its line ends: before the line feed, or what counts as one (U+2028, U+2029).
fn end_of_line(source: &[u8], from: usize) -> usize {
    let rest = source.get(from..).unwrap_or_default();
    let separator = |at: usize| rest.get(at..at + 3).is_some_and(|bytes| matches!(bytes, [0xe2, 0x80, 0xa8 | 0xa9]));
    let end = rest.iter().enumerate().position(|(at, byte)| matches!(byte, b'\n' | b'\r') || separator(at));
    from + end.unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(source: &str) -> Option<usize> {
        measure(source.as_bytes(), 1_000_000).map(|extent| extent.depth)
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
