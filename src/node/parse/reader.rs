//! A syntax tree reduced to what loading the file needs: what is noted while the tree is walked, and the module that is
//! made of it. What is noted of each kind of syntax stands in `record`, `calls` and `declarations`.

use super::lines::Lines;
use super::scopes::{Goal, Scopes};
use crate::node::modules::{Export, Form, Import, Module, ModuleSyntax, Need, NewSyntax, SyntaxFault};
use hashbrown::{HashMap, HashSet};
use oxc_ast::ast::Program;
use oxc_ast_visit::Visit;
use oxc_span::Span;

/// Reads a file's tree.
pub(super) struct Reader<'a, 's> {
    pub(super) lines: &'s Lines,
    pub(super) module: Module,
    pub(super) imports: Vec<Import>,
    pub(super) exports: Vec<Export>,
    pub(super) computed: Vec<u32>,
    pub(super) new_syntax: Vec<(NewSyntax, u32)>,
    pub(super) scopes: Scopes<'a>,
    /// Functions that are open and are not called where they stand.
    pub(super) functions: u32,
    /// All functions that are open.
    pub(super) bodies: u32,
    /// Conditions, loops and `try` with a `catch` that are open.
    pub(super) guards: u32,
    /// `typeof` that are open: naming what is not there is no error in them.
    pub(super) typeofs: u32,
    /// Where promises of `import()` stand whose rejection nobody else can catch.
    pub(super) fatal: HashSet<u32>,
    /// The names of the wrapper that the file declares itself, anywhere.
    pub(super) declared: HashSet<&'a str>,
    /// Names that hold a `require` of this file's own: `const require = createRequire(import.meta.url)`.
    pub(super) requires: HashSet<&'a str>,
    /// Uses of a CommonJS name that are reached when the file is loaded.
    pub(super) mentions: Vec<(&'static str, u32)>,
    /// Requires that stand before it is known whether `require` is Node's own.
    pub(super) pending: Vec<(Import, &'a str)>,
    /// Imported names by their local one, for exports of imports.
    pub(super) imported: HashMap<&'a str, (u32, Option<Box<str>>)>,
    pub(super) local_exports: Vec<(&'a str, Box<str>, u32)>,
    pub(super) goal: Goal,
}

impl<'a, 's> Reader<'a, 's> {
    /// Reads the tree of a file that was parsed as this.
    pub(super) fn read(program: &Program<'a>, lines: &'s Lines, goal: Goal) -> Module {
        let mut reader = Self {
            lines,
            module: Module::default(),
            imports: Vec::new(),
            exports: Vec::new(),
            computed: Vec::new(),
            new_syntax: Vec::new(),
            scopes: Scopes::new(goal),
            functions: 0,
            bodies: 0,
            guards: 0,
            typeofs: 0,
            fatal: HashSet::new(),
            declared: HashSet::new(),
            requires: HashSet::new(),
            mentions: Vec::new(),
            pending: Vec::new(),
            imported: HashMap::new(),
            local_exports: Vec::new(),
            goal,
        };
        reader.visit_program(program);
        reader.finish()
    }

    fn finish(mut self) -> Module {
        // A `require` that the file declares itself is another one, unless it was made by `createRequire`.
        let (declared, requires) = (std::mem::take(&mut self.declared), std::mem::take(&mut self.requires));
        for (import, name) in std::mem::take(&mut self.pending) {
            if requires.contains(name) {
                self.imports.push(Import { form: Form::CreatedRequire, ..import });
            } else if name == "require" && !declared.contains(name) {
                self.imports.push(import);
            }
        }
        for (local, name, line) in std::mem::take(&mut self.local_exports) {
            match self.imported.get(local) {
                Some(from) => self.exports.push(Export { name, from: Some(from.clone()) }),
                None => {
                    // An early error of modules (ECMA-262, "Static Semantics: Early Errors") that the parser leaves to
                    // a later pass, and that Node stops with (measured with 20.20).
                    if !self.scopes.is_top_level(local) && self.module.as_module.is_none() {
                        let message = format!("Export '{local}' is not defined in module");
                        self.module.as_module = Some(SyntaxFault { message: message.into(), exact: true, line });
                    }
                    self.exports.push(Export { name, from: None });
                }
            }
        }
        let redeclared = |found: Option<(&str, Span)>, lines: &Lines| {
            found.map(|(name, span)| SyntaxFault {
                message: format!("Identifier '{name}' has already been declared").into(),
                exact: true,
                line: lines.of(span.start),
            })
        };
        self.module.as_module = redeclared(self.scopes.twice_in_module, self.lines).or(self.module.as_module);
        self.module.as_commonjs = redeclared(self.scopes.twice_in_commonjs, self.lines);
        if let Some((syntax, line)) = self.module.module_syntax {
            let message = syntax.in_commonjs().into();
            self.module.as_commonjs = Some(SyntaxFault { message, exact: true, line });
        }
        let mention = self.mentions.iter().find(|(name, _)| !declared.contains(name));
        self.module.commonjs_name = mention.copied();
        self.module.imports = self.imports.into();
        self.module.exports = self.exports.into();
        self.module.computed = self.computed.into();
        self.module.new_syntax = self.new_syntax.into();
        self.module
    }

    pub(super) fn line(&self, span: Span) -> u32 {
        self.lines.of(span.start)
    }

    pub(super) fn is_certain(&self) -> bool {
        self.functions == 0 && self.guards == 0
    }

    pub(super) fn need(&self) -> Need {
        if self.is_certain() { Need::Certain } else { Need::Optional }
    }

    /// Notes syntax that only an ES module has; a statement goes before what V8 meets later.
    pub(super) fn mark(&mut self, syntax: ModuleSyntax, span: Span) {
        let line = self.line(span);
        if self.module.module_syntax.is_none() {
            self.module.module_syntax = Some((syntax, line));
        }
    }

    pub(super) fn note_new(&mut self, syntax: NewSyntax, span: Span) {
        if !self.new_syntax.iter().any(|(known, _)| *known == syntax) {
            let line = self.line(span);
            self.new_syntax.push((syntax, line));
        }
    }

    /// What strict code may not have, and ES modules are: the parser leaves it to others (ECMA-262, "The Strict Mode of
    /// ECMAScript").
    pub(super) fn refuse_in_strict(&mut self, span: Span, message: &str) {
        if self.goal == Goal::Module && self.module.as_module.is_none() {
            let line = self.line(span);
            self.module.as_module = Some(SyntaxFault { message: message.into(), exact: true, line });
        }
    }

    pub(super) fn guarded(&mut self, visit: impl FnOnce(&mut Self)) {
        self.guards += 1;
        visit(self);
        self.guards -= 1;
    }

    pub(super) fn in_function(&mut self, visit: impl FnOnce(&mut Self)) {
        self.functions += 1;
        visit(self);
        self.functions -= 1;
    }
}
