//! The patterns by which a file is found to export a name, or all names of another file (the "Grammar" of
//! cjs-module-lexer). Each is tried where its first word stands; the cursor is then behind what was understood, or behind
//! the last word that was sure to be read, and scanning goes on there.

use super::cursor::Cursor;
use super::escapes::value_of;
use crate::node::modules::CommonJsExports;
use hashbrown::HashMap;

/// Bindings of `require()` that two of the scanners remember; the third remembers all, and of a name the last.
const MAX_BINDINGS: usize = 255;

/// The cursor, and what was found so far, as it is written.
pub(super) struct ExportPatterns<'s> {
    /// Where scanning is.
    pub(super) cursor: Cursor<'s>,
    names: Vec<&'s str>,
    /// Names with a getter that is none of the known ones.
    doubtful: Vec<&'s str>,
    pub(super) reexports: Vec<&'s str>,
    /// `const x = require('y')` at the top level: `x`, and what is required.
    pub(super) bindings: Vec<(&'s str, &'s str)>,
    pub(super) last_bindings: HashMap<&'s str, &'s str>,
}

/// What `module.exports` and `exports` differ in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Exports {
    /// `exports`, whose assignment means nothing.
    Own,
    /// `module.exports`, whose assignment replaces what was there.
    OfModule,
}

impl<'s> ExportPatterns<'s> {
    /// Nothing was found yet.
    pub(super) fn new(cursor: Cursor<'s>) -> Self {
        Self {
            cursor,
            names: Vec::new(),
            doubtful: Vec::new(),
            reexports: Vec::new(),
            bindings: Vec::new(),
            last_bindings: HashMap::new(),
        }
    }

    /// What was found, and whether another scanner finds something else.
    pub(super) fn finish(mut self) -> (CommonJsExports, bool) {
        let lexer = self.cursor.lexer();
        let escaped = self.names.iter().chain(&self.reexports).any(|written| written.contains('\\'));
        let values = |written: &[&str]| -> Vec<Box<str>> {
            let mut values: Vec<_> = written.iter().filter_map(|text| value_of(text, lexer)).map(Into::into).collect();
            values.sort_unstable();
            values.dedup();
            values
        };
        let (mut names, doubtful) = (values(&self.names), values(&self.doubtful));
        if names.iter().any(|name| doubtful.binary_search(name).is_ok()) && self.cursor.by_lexer(true, true, false) {
            names.retain(|name| doubtful.binary_search(name).is_err());
        }
        let differs = self.cursor.differs || escaped;
        if self.cursor.failed {
            return (CommonJsExports::default(), differs);
        }
        (CommonJsExports { names: names.into(), reexports: values(&self.reexports).into() }, differs)
    }

    /// Tries what may follow `exports`: `.a =`, `['a'] =`, `= { … }`, `= require('x')`.
    pub(super) fn exported(&mut self, whose: Exports) {
        let back = self.cursor.at;
        self.cursor.blank();
        match self.cursor.peek() {
            b'.' => {
                self.cursor.at += 1;
                // It does not look whether the `=` is one of `===`.
                if let Some(name) = self.cursor.eat_identifier()
                    && self.cursor.eat("=")
                {
                    self.names.push(name);
                    return;
                }
            }
            b'[' => {
                self.cursor.at += 1;
                if let Some(name) = self.cursor.eat_string()
                    && self.cursor.eat_all(&["]", "="])
                {
                    self.names.push(name);
                }
            }
            b'=' if whose == Exports::OfModule => {
                self.cursor.at += 1;
                // Of two `module.exports = require(…)` only the last counts (measured with 20.20).
                self.reexports.clear();
                self.cursor.blank();
                if self.cursor.peek() == b'{' {
                    return self.object();
                }
                if self.cursor.peek() == b'r' {
                    let required = self.required();
                    self.reexports.extend(required);
                }
            }
            _ => {}
        }
        self.cursor.at = back;
    }

    /// An object, up to the first property that is more than a name; its brace is not understood if there is one.
    fn object(&mut self) {
        let back = self.cursor.at;
        loop {
            self.cursor.at += 1;
            let known = self.property();
            match self.cursor.peek() {
                b',' if known => {}
                b'}' if known => {
                    self.cursor.at += 1;
                    return;
                }
                _ => break,
            }
        }
        self.cursor.at = back;
    }

    /// A property, up to what must be a comma or the last brace.
    fn property(&mut self) -> bool {
        self.cursor.blank();
        match self.cursor.peek() {
            b'\'' | b'"' => {
                let Some(name) = self.cursor.string() else { return false };
                if self.cursor.eat(":") {
                    if !self.value() {
                        return false;
                    }
                    self.names.push(name);
                }
            }
            b'.' if self.cursor.is_next("...") => {
                self.cursor.at += 3;
                let required = if self.cursor.peek() == b'r' { self.required() } else { None };
                if required.is_none() && self.cursor.identifier().is_none() {
                    return false;
                }
                self.reexports.extend(required);
                self.cursor.blank();
            }
            _ => {
                let Some(name) = self.cursor.identifier() else { return false };
                self.cursor.blank();
                if name == "get" && self.is_getter() && self.cursor.by_lexer(false, false, true) {
                    return false;
                }
                if self.cursor.eat(":") && !self.value() {
                    return false;
                }
                self.names.push(name);
            }
        }
        true
    }

    /// Whether the word `get` that was read belongs to `get a() {}`; the cursor stays.
    fn is_getter(&mut self) -> bool {
        let at = self.cursor.at;
        let found = self.cursor.identifier().is_some();
        self.cursor.at = at;
        found
    }

    /// The first word of a property's value.
    fn value(&mut self) -> bool {
        self.cursor.blank();
        let at = self.cursor.at;
        // One scanner takes `a: require('x')` for a reexport too.
        if self.cursor.peek() == b'r'
            && let Some(required) = self.required()
        {
            if self.cursor.by_lexer(false, false, true) {
                self.reexports.push(required);
            }
            self.cursor.at = at;
        }
        self.cursor.identifier().is_some()
    }

    /// `require('x')`, at whose first letter the cursor is, and which is not looked at.
    fn required(&mut self) -> Option<&'s str> {
        let start = self.cursor.at;
        if !self.cursor.stands("equire", start + 1) {
            return None;
        }
        self.cursor.at += "require".len();
        let specifier = if self.cursor.eat("(") { self.cursor.eat_string() } else { None };
        let found = specifier.filter(|_| self.cursor.eat(")"));
        if found.is_none() {
            self.cursor.at = start;
        }
        found
    }

    /// `require('x')` at the top level, and the name that it is given; a word that `start` is the beginning of may wrap it.
    pub(super) fn binding(&mut self, start: usize) {
        let at = self.cursor.at;
        let Some(specifier) = self.required() else {
            // The first letter is passed over, whatever it is.
            self.cursor.at = at + 1;
            return;
        };
        if self.cursor.is_boundary(start)
            && let Some(name) = bound_name(self.cursor.until(start))
        {
            if self.bindings.len() < MAX_BINDINGS {
                self.bindings.push((name, specifier));
            }
            self.last_bindings.insert(name, specifier);
        }
    }

    /// `require('x')` in the brackets of `__exportStar(`, if it stands right there.
    pub(super) fn star(&mut self) {
        if self.cursor.peek() == b'r' {
            let required = self.required();
            if required.is_none() {
                self.cursor.at += 1;
            }
            self.reexports.extend(required);
        } else if self.cursor.by_lexer(true, false, false) {
            self.cursor.at += 1;
        }
    }

    /// Tries `Object.defineProperty(exports, 'a', { … })`, behind whose first two words the cursor is.
    pub(super) fn definition(&mut self) {
        let back = self.cursor.at;
        if !(self.cursor.eat("(") && self.exports() && self.cursor.eat(",")) {
            self.cursor.at = back;
            return;
        }
        let Some(name) = self.cursor.eat_string() else {
            self.cursor.at = back;
            return;
        };
        let mut begun = self.cursor.eat_all(&[",", "{"]);
        if begun && self.cursor.eat("enumerable") {
            begun = self.cursor.eat_all(&[":", "true", ","]);
        }
        if begun && self.cursor.eat("value") && self.cursor.eat(":") {
            self.names.push(name);
        } else if begun && self.cursor.eat("get") && self.getter() {
            self.names.push(name);
            return;
        } else {
            self.doubtful.push(name);
        }
        self.cursor.at = back;
    }

    /// `: function () { return a.b; } })`, or a method.
    fn getter(&mut self) -> bool {
        self.getter_head() && self.cursor.eat_identifier().is_some() && self.member() && self.getter_end()
    }

    pub(super) fn getter_head(&mut self) -> bool {
        if self.cursor.eat(":") {
            if !self.cursor.eat("function") {
                return false;
            }
            let end = self.cursor.at;
            self.cursor.blank();
            if self.cursor.peek() != b'(' && (self.cursor.at == end || self.cursor.identifier().is_none()) {
                return false;
            }
        }
        self.cursor.eat_all(&["(", ")", "{", "return"])
    }

    fn member(&mut self) -> bool {
        if self.cursor.eat(".") {
            self.cursor.eat_identifier().is_some()
        } else if self.cursor.eat("[") {
            self.cursor.eat_string().is_some() && self.cursor.eat("]")
        } else {
            true
        }
    }

    pub(super) fn getter_end(&mut self) -> bool {
        self.cursor.eat(";");
        let closed = self.cursor.eat("}");
        self.cursor.eat(",");
        closed && self.cursor.eat_all(&["}", ")"])
    }

    /// `exports` or `module.exports`.
    pub(super) fn exports(&mut self) -> bool {
        self.cursor.blank();
        let start = self.cursor.at;
        if self.cursor.is_next("module") {
            self.cursor.at += "module".len();
            if !self.cursor.eat(".") {
                self.cursor.at = start;
                return false;
            }
        }
        let found = self.cursor.eat("exports");
        if !found {
            self.cursor.at = start;
        }
        found
    }
}

/// The `x` of a text that ends with `const x = `, as it is looked for from its end; only spaces are passed.
fn bound_name(text: &str) -> Option<&str> {
    let text = text.trim_end_matches(' ').strip_suffix('=')?.trim_end_matches(' ');
    let start = text.rfind(|letter| !oxc_syntax::identifier::is_identifier_part(letter))?;
    let (before, name) = (text.get(..=start)?.strip_suffix(' ')?, text.get(start + 1..)?);
    let starts = name.chars().next().is_some_and(oxc_syntax::identifier::is_identifier_start);
    let before = before.trim_end_matches(' ');
    (starts && ["var", "let", "const"].iter().any(|word| before.ends_with(word))).then_some(name)
}
