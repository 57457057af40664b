//! The loop that Babel writes for `export * from`: which names of a required file it passes on.

use super::patterns::ExportPatterns;

impl<'s> ExportPatterns<'s> {
    /// Tries `Object.keys(x).forEach(function (k) { … exports[k] = x[k] … })`, as Babel writes `export * from`; behind its
    /// first two words the cursor is.
    pub(super) fn keys(&mut self) {
        let mut back = self.cursor.at;
        let found = self.copied(&mut back);
        let bound = found.and_then(|name| self.bound(name));
        self.reexports.extend(bound);
        // What copies names of something else is passed over as a whole.
        if found.is_none() || bound.is_some() {
            self.cursor.at = back;
        }
    }

    /// What `require()` gave a name.
    fn bound(&mut self, name: &str) -> Option<&'s str> {
        let last = self.last_bindings.get(name).copied();
        let first = self.bindings.iter().find(|(known, _)| *known == name).map(|(_, specifier)| *specifier);
        let takes_last = first != last && self.cursor.by_lexer(false, true, false);
        if takes_last { last } else { first }
    }

    /// The name whose properties are copied.
    fn copied(&mut self, back: &mut usize) -> Option<&'s str> {
        let from = self.cursor.eat("(").then(|| self.cursor.eat_identifier()).flatten()?;
        self.next(&[")"])?;
        *back = self.cursor.at;
        self.next(&[".", "forEach"])?;
        self.cursor.blank();
        *back = self.cursor.at;
        self.next(&["(", "function", "("])?;
        let key = self.cursor.eat_identifier()?;
        self.next(&[")", "{", "if", "(", key])?;
        self.cursor.blank();
        match self.cursor.peek() {
            b'=' => self.returned_early(key, from)?,
            b'!' => self.condition(key)?,
            _ => return None,
        }
        if self.exports() {
            self.next(&["[", key, "]", "=", from, "[", key, "]"])?;
            self.cursor.eat(";");
        } else {
            self.next(&["Object", ".", "defineProperty", "("])?;
            self.exports().then_some(())?;
            self.next(&[",", key, ",", "{", "enumerable", ":", "true", ",", "get"])?;
            self.getter_head().then_some(())?;
            self.next(&[from, "[", key, "]"])?;
            self.getter_end().then_some(())?;
            self.cursor.eat(";");
        }
        self.next(&["}", ")"])?;
        Some(from)
    }

    fn next(&mut self, words: &[&str]) -> Option<()> {
        self.cursor.eat_all(words).then_some(())
    }

    fn quoted(&mut self, word: &str) -> Option<()> {
        self.cursor.blank();
        let quote = if self.cursor.peek() == b'"' { "\"" } else { "'" };
        self.cursor.is_next(quote).then_some(())?;
        self.cursor.at += 1;
        self.cursor.is_next(word).then_some(())?;
        self.cursor.at += word.len();
        self.next(&[quote])
    }

    /// `k === "default" || k === "__esModule") return;`, and the two conditions that may follow.
    fn returned_early(&mut self, key: &str, from: &str) -> Option<()> {
        self.next(&["==="])?;
        self.quoted("default")?;
        self.next(&["||", key, "==="])?;
        self.quoted("__esModule")?;
        self.returns()?;
        if !self.cursor.eat("if") {
            return Some(());
        }
        self.next(&["("])?;
        let inner = self.cursor.at;
        if self.has_own_property(key) {
            self.returns()?;
            if !self.cursor.eat("if") {
                return Some(());
            }
            self.next(&["("])?;
        } else {
            self.cursor.at = inner;
        }
        self.cursor.is_next(key).then_some(())?;
        self.next(&[key, "in "])?;
        self.exports().then_some(())?;
        self.next(&["&&"])?;
        self.exports().then_some(())?;
        self.next(&["[", key, "]", "===", from, "[", key, "]"])?;
        self.returns()
    }

    /// `) return;`
    fn returns(&mut self) -> Option<()> {
        self.next(&[")", "return"])?;
        self.cursor.eat(";");
        Some(())
    }

    /// `k !== "default" && !x.hasOwnProperty(k))`
    fn condition(&mut self, key: &str) -> Option<()> {
        self.next(&["!=="])?;
        self.quoted("default")?;
        if self.cursor.eat("&&") {
            self.next(&["!"])?;
            self.cursor.blank();
            if self.cursor.is_next("Object.") {
                self.has_own_property(key).then_some(())?;
            } else if self.cursor.identifier().is_some() {
                self.next(&[".", "hasOwnProperty", "(", key, ")"])?;
            } else if !self.cursor.by_lexer(false, false, true) {
                return None;
            }
        }
        self.next(&[")"])
    }

    /// `Object.prototype.hasOwnProperty.call(x, k)`
    fn has_own_property(&mut self, key: &str) -> bool {
        if !self.cursor.eat_all(&["Object", "."]) {
            return false;
        }
        if self.cursor.eat("prototype") && !self.cursor.eat(".") {
            return false;
        }
        self.cursor.eat_all(&["hasOwnProperty", ".", "call", "("])
            && self.cursor.eat_identifier().is_some()
            && self.cursor.eat_all(&[",", key, ")"])
    }
}
