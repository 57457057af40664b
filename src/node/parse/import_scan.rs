//! What a file imports, found without a tree: for files that are too large or too deep to be parsed, or that the parser does
//! not read. Only the forms that name their target are found: `import`, `export … from`, `import('x')`, `require('x')`.

use super::keywords::{Before, meaning};
use super::lines::LineStarts;
use crate::node::modules::{Attributes, Form, Import, Module, ModuleSyntax, NotParsed, SyntaxFault};
use memchr::{memchr, memchr2, memchr3, memmem};

/// Most imports that are taken from one file.
const MOST: usize = 10_000;

/// What is known of a file that was not parsed.
pub(super) fn scanned(text: &str, why: NotParsed) -> Module {
    let lines = LineStarts::new(text);
    let mut scan = ImportScan {
        text,
        source: text.as_bytes(),
        at: if text.starts_with("#!") { memchr2(b'\n', b'\r', text.as_bytes()).unwrap_or(text.len()) } else { 0 },
        open: Vec::new(),
        before: Before::Operator,
        found: Vec::new(),
        module_syntax: None,
    };
    while scan.at < scan.source.len() && scan.found.len() < MOST {
        scan.step();
    }
    let line = |at: usize| lines.of(u32::try_from(at).unwrap_or(u32::MAX));
    let import = |(form, specifier, at): &(Form, &str, usize)| Import {
        specifier: (*specifier).into(),
        located: None,
        line: line(*at),
        form: *form,
        names: Box::default(),
        attributes: Attributes::Unknown,
    };
    let module_syntax = scan.module_syntax.map(|(syntax, at)| (syntax, line(at)));
    Module {
        not_parsed: Some(why),
        imports: scan.found.iter().map(import).collect(),
        module_syntax,
        as_commonjs: module_syntax.map(|(syntax, line)| SyntaxFault {
            message: syntax.in_commonjs().into(),
            exact: true,
            line,
        }),
        ..Module::default()
    }
}

struct ImportScan<'s> {
    text: &'s str,
    source: &'s [u8],
    at: usize,
    /// Brackets that are open; `` ` `` for `${`.
    open: Vec<u8>,
    before: Before,
    found: Vec<(Form, &'s str, usize)>,
    module_syntax: Option<(ModuleSyntax, usize)>,
}

impl<'s> ImportScan<'s> {
    fn byte(&self, at: usize) -> u8 {
        self.source.get(at).copied().unwrap_or(0)
    }

    fn rest(&self, at: usize) -> &'s [u8] {
        self.source.get(at..).unwrap_or_default()
    }

    fn step(&mut self) {
        let byte = self.byte(self.at);
        match byte {
            b'"' | b'\'' => {
                self.at = self.end_of_string(self.at);
                self.before = Before::Operand;
            }
            b'`' => {
                self.at += 1;
                self.template();
            }
            b'/' => self.slash(),
            b'(' | b'[' | b'{' => {
                self.open.push(byte);
                self.before = Before::Operator;
                self.at += 1;
            }
            b')' | b']' | b'}' => {
                self.at += 1;
                if self.open.pop() == Some(b'`') {
                    self.template();
                } else {
                    self.before = if byte == b'}' { Before::Brace } else { Before::Operand };
                }
            }
            b'.' if self.byte(self.at + 1) != b'.' => {
                self.before = Before::Dot;
                self.at += 1;
            }
            _ if is_word(byte) => self.word(),
            _ if byte.is_ascii_whitespace() => self.at += 1,
            _ => {
                self.before = Before::Operator;
                self.at += 1;
            }
        }
    }

    fn word(&mut self) {
        let start = self.at;
        let length = self.rest(start).iter().position(|byte| !is_word(*byte)).unwrap_or(self.rest(start).len());
        let word = self.rest(start).get(..length).unwrap_or_default();
        self.at += length;
        if self.before == Before::Dot {
            self.before = Before::Operand;
            return;
        }
        self.before = meaning(word).0;
        match word {
            b"import" => self.import(start),
            b"export" if self.open.is_empty() => {
                let next = self.byte(self.skip_blanks(self.at));
                if matches!(next, b'*' | b'{' | b'\'' | b'"') || is_word(next) {
                    self.module_syntax.get_or_insert((ModuleSyntax::Export, start));
                }
                if matches!(next, b'*' | b'{') {
                    self.from(start, if next == b'*' { Form::Star } else { Form::Static });
                }
            }
            b"require" => self.call(start, Form::Require),
            _ => {}
        }
    }

    fn import(&mut self, start: usize) {
        let at = self.skip_blanks(self.at);
        match self.byte(at) {
            b'(' => self.call(start, Form::Call),
            b'"' | b'\'' if self.open.is_empty() => {
                self.module_syntax.get_or_insert((ModuleSyntax::Import, start));
                self.take(at, start, Form::Static);
            }
            byte if self.open.is_empty() && (is_word(byte) || matches!(byte, b'{' | b'*')) => {
                self.module_syntax.get_or_insert((ModuleSyntax::Import, start));
                self.from(start, Form::Static);
            }
            _ => {}
        }
    }

    /// The module behind `from`, with whatever names before it.
    fn from(&mut self, start: usize, form: Form) {
        let (mut at, mut is_from) = (self.at, false);
        loop {
            at = self.skip_blanks(at);
            match self.byte(at) {
                b'"' | b'\'' if is_from => return self.take(at, start, form),
                b'"' | b'\'' => at = self.end_of_string(at),
                b'{' | b'}' | b',' | b'*' => {
                    is_from = false;
                    at += 1;
                }
                byte if is_word(byte) => {
                    let word = self.rest(at);
                    let word = word.get(..word.iter().position(|byte| !is_word(*byte)).unwrap_or(word.len()));
                    is_from = word == Some(b"from");
                    at += word.map_or(1, <[u8]>::len);
                }
                _ => return,
            }
        }
    }

    /// `import('x')` or `require('x')`.
    fn call(&mut self, start: usize, form: Form) {
        let open = self.skip_blanks(self.at);
        let quote = self.skip_blanks(open + 1);
        if self.byte(open) == b'(' && matches!(self.byte(quote), b'"' | b'\'') {
            let behind = self.skip_blanks(self.end_of_string(quote));
            if matches!(self.byte(behind), b')' | b',') {
                self.take(quote, start, form);
                self.at = open;
            }
        }
    }

    /// Takes the string that begins at a quote.
    fn take(&mut self, quote: usize, start: usize, form: Form) {
        let end = self.end_of_string(quote);
        let text = self.text.get(quote + 1..end.saturating_sub(1)).unwrap_or_default();
        // What an escape stands for is not worked out here.
        if !text.contains('\\') {
            self.found.push((form, text, start));
        }
        self.at = end;
        self.before = Before::Operand;
    }

    /// Behind a string, or at the end of its line where nothing closes it.
    fn end_of_string(&self, quote: usize) -> usize {
        let mut at = quote + 1;
        while let Some(text) = memchr3(self.byte(quote), b'\\', b'\n', self.rest(at)) {
            at += text;
            match self.byte(at) {
                b'\\' => at += 2,
                b'\n' => return at,
                _ => return at + 1,
            }
        }
        self.source.len()
    }

    fn skip_blanks(&self, mut at: usize) -> usize {
        loop {
            match (self.byte(at), self.byte(at + 1)) {
                (b'/', b'/') => at = self.end_of_line(at),
                (b'/', b'*') => at = self.end_of_comment(at),
                (byte, _) if byte.is_ascii_whitespace() => at += 1,
                _ => return at,
            }
        }
    }

    fn end_of_line(&self, at: usize) -> usize {
        memchr(b'\n', self.rest(at)).map_or(self.source.len(), |length| at + length)
    }

    fn end_of_comment(&self, at: usize) -> usize {
        memmem::find(self.rest(at + 2), b"*/").map_or(self.source.len(), |length| at + 4 + length)
    }

    /// The text of a template up to its end, or into its next `${`.
    fn template(&mut self) {
        while let Some(text) = memchr3(b'`', b'\\', b'$', self.rest(self.at)) {
            self.at += text;
            match (self.byte(self.at), self.byte(self.at + 1)) {
                (b'\\', _) => self.at += 2,
                (b'`', _) => {
                    self.at += 1;
                    self.before = Before::Operand;
                    return;
                }
                (b'$', b'{') => {
                    self.at += 2;
                    self.open.push(b'`');
                    self.before = Before::Operator;
                    return;
                }
                _ => self.at += 1,
            }
        }
        self.at = self.source.len();
    }

    fn slash(&mut self) {
        match self.byte(self.at + 1) {
            b'/' => self.at = self.end_of_line(self.at),
            b'*' => self.at = self.end_of_comment(self.at),
            _ => {
                let divides = match self.before {
                    Before::Operand | Before::Dot => true,
                    // Likely a division where it stands apart: `} / 2`.
                    Before::Brace | Before::Contextual => self.byte(self.at + 1) == b' ',
                    Before::Operator | Before::HeadKeyword | Before::HeadEnd => false,
                };
                let end = if divides { None } else { self.end_of_expression() };
                self.before = if end.is_some() { Before::Operand } else { Before::Operator };
                self.at = end.unwrap_or(self.at + 1);
            }
        }
    }

    /// Behind a regular expression; nothing where its line does not close it.
    fn end_of_expression(&self) -> Option<usize> {
        let (mut at, mut in_class) = (self.at + 1, false);
        while at < self.source.len() {
            match self.byte(at) {
                b'\\' => at += 1,
                b'\n' | b'\r' => return None,
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class => return Some(at + 1),
                _ => {}
            }
            at += 1;
        }
        None
    }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'#' | b'\\' | 0x80..)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, Form, u32)> {
        let module = scanned(text, NotParsed::TooLarge);
        module.imports.iter().map(|import| (import.specifier.to_string(), import.form, import.line)).collect()
    }

    #[test]
    fn every_form_is_found_and_nothing_else() {
        let text = "#!/usr/bin/env node import 'x'\nimport './a.js'; import b, { c as d, 'e' as f } from \"./b.js\"\n\
            import/* from 'x' */* as g from'./c.js';export * from './d.js'\nexport { h, i as default } from './e.js'\n\
            const j = await import('./f.js', {}); k(require('./g.js'))\n\
            // import './x.js'\n'import \"./x.js\"'; `import './x.js' ${import('./h.js')} require('./x.js')`\n\
            a.require('./x.js'); a.import('./x.js'); if (/require('.\\/x.js')/) {} /import('.\\/x.js')/.test(a)\n\
            import(computed); require(computed); require('./x' + '.js'); import.meta.url; export const l = from('./x')\n\
            function m() { import('./i.js') } var from; export { from }\nrequire(/* why */ './j.js' /* then */)";
        let expected = [
            ("./a.js", Form::Static, 2),
            ("./b.js", Form::Static, 2),
            ("./c.js", Form::Static, 3),
            ("./d.js", Form::Star, 3),
            ("./e.js", Form::Static, 4),
            ("./f.js", Form::Call, 5),
            ("./g.js", Form::Require, 5),
            ("./h.js", Form::Call, 7),
            ("./i.js", Form::Call, 10),
            ("./j.js", Form::Require, 11),
        ];
        assert_eq!(found(text), expected.map(|(name, form, line)| (name.to_owned(), form, line)));
    }

    #[test]
    fn what_tells_an_es_module_is_found() {
        let is_module = |text| scanned(text, NotParsed::TooDeep).module_syntax.is_some();
        for text in ["import 'a'", "export {}", "export default 1", "export * as a from 'b'", "import a from 'b'"] {
            assert!(is_module(text), "{text}");
        }
        for text in ["import('a')", "exports.a = 1", "a.export = 1", "({ export: 1, import: 2 })", "'export {}'"] {
            assert!(!is_module(text), "{text}");
        }
    }
}
