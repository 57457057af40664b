//! Names that are declared twice: a fault of syntax that the parser leaves to others (ECMA-262, "Static Semantics: Early
//! Errors" of blocks, functions, scripts and modules).

use super::commonjs::COMMONJS_NAMES;
use hashbrown::HashMap;
use oxc_ast::ast::{BindingIdentifier, BindingPattern};
use oxc_span::Span;

/// How a name is declared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Declares {
    /// `let`, `const`, `class`.
    Lexical,
    /// `import`.
    Import,
    /// `function`, which is lexical in a block and at the top of a module, and like `var` elsewhere.
    Function,
    /// `var`.
    Var,
    /// A parameter.
    Parameter,
}

/// What a file was parsed as (ECMA-262, "Parse" of scripts and modules, calls it the goal symbol).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Goal {
    /// An ES module.
    Module,
    /// CommonJS: the body of a function.
    CommonJs,
}

/// What opens a scope.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ScopeKind {
    /// A function, a static block or the file: `var` is declared in it.
    Function,
    /// Anything else: `var` is declared further out.
    Block,
}

/// Most names of a closed scope whose memory is used again: to clear a large one for a few names would take longer.
const MAX_SPARED: usize = 56;

struct JavaScriptScope<'a> {
    names: HashMap<&'a str, Declares>,
    kind: ScopeKind,
}

/// The scopes that are open.
pub(super) struct Scopes<'a> {
    open: Vec<JavaScriptScope<'a>>,
    /// The names of scopes that are closed, whose memory is used again.
    spare: Vec<HashMap<&'a str, Declares>>,
    top: Vec<&'a str>,
    goal: Goal,
    /// The first name that is declared twice if the file is an ES module.
    pub twice_in_module: Option<(&'a str, Span)>,
    /// The first name that is declared twice if the file is CommonJS.
    pub twice_in_commonjs: Option<(&'a str, Span)>,
}

impl<'a> Scopes<'a> {
    /// No scope is open yet.
    pub(super) const fn new(goal: Goal) -> Self {
        Self {
            open: Vec::new(),
            spare: Vec::new(),
            top: Vec::new(),
            goal,
            twice_in_module: None,
            twice_in_commonjs: None,
        }
    }

    /// Opens one.
    pub(super) fn enter(&mut self, kind: ScopeKind) {
        let kind = if self.open.is_empty() { ScopeKind::Function } else { kind };
        self.open.push(JavaScriptScope { names: self.spare.pop().unwrap_or_default(), kind });
    }

    /// Closes the last.
    pub(super) fn leave(&mut self) {
        let Some(mut scope) = self.open.pop() else { return };
        if self.open.is_empty() {
            self.top = scope.names.into_keys().collect();
        } else if scope.names.capacity() <= MAX_SPARED {
            scope.names.clear();
            self.spare.push(scope.names);
        }
    }

    /// Whether the file declares the name at its top level; to be asked when all is closed.
    pub(super) fn is_top_level(&self, name: &str) -> bool {
        self.top.contains(&name)
    }

    /// Declares a name in the scope that is open.
    pub(super) fn declare(&mut self, name: &'a str, span: Span, how: Declares) {
        let top = self.open.len() == 1;
        match how {
            Declares::Var => {
                let function = self.open.iter().rposition(|scope| scope.kind == ScopeKind::Function).unwrap_or(0);
                let clashes = self.open.iter().skip(function).any(|scope| {
                    scope.names.get(name).is_some_and(|known| match known {
                        Declares::Lexical | Declares::Import => true,
                        Declares::Function => scope.kind == ScopeKind::Block,
                        Declares::Var | Declares::Parameter => false,
                    })
                });
                let clashes_in_module = clashes
                    || (function == 0
                        && self.open.first().and_then(|scope| scope.names.get(name)) == Some(&Declares::Function));
                self.report(name, span, clashes_in_module, clashes);
                // A `var` counts in every block up to its function: `{ { var a; } let a; }` is an error too (measured
                // with 20.20).
                for scope in self.open.iter_mut().skip(function) {
                    scope.names.entry(name).or_insert(how);
                }
            }
            Declares::Parameter => {
                if let Some(scope) = self.open.last_mut() {
                    scope.names.insert(name, how);
                }
            }
            Declares::Lexical | Declares::Import | Declares::Function => {
                let goal = self.goal;
                let Some(scope) = self.open.last_mut() else { return };
                let known = scope.names.get(name).copied();
                let like_var = how == Declares::Function && scope.kind == ScopeKind::Function;
                let (in_module, in_commonjs) = match known {
                    None => (false, false),
                    Some(Declares::Function | Declares::Var) if like_var => (top, false),
                    Some(Declares::Parameter) if like_var => (false, false),
                    // In sloppy code a block may declare a function twice.
                    Some(Declares::Function) if how == Declares::Function => (goal == Goal::Module, false),
                    Some(_) => (true, true),
                };
                let wrapper = top && how == Declares::Lexical && COMMONJS_NAMES.contains(&name);
                scope.names.insert(name, how);
                self.report(name, span, in_module, in_commonjs || wrapper);
            }
        }
    }

    fn report(&mut self, name: &'a str, span: Span, in_module: bool, in_commonjs: bool) {
        if in_module && self.twice_in_module.is_none() {
            self.twice_in_module = Some((name, span));
        }
        if in_commonjs && self.twice_in_commonjs.is_none() {
            self.twice_in_commonjs = Some((name, span));
        }
    }
}

/// The names that a pattern binds. Most patterns are one name, and need no list.
pub(super) fn names_in<'p, 'a>(pattern: &'p BindingPattern<'a>) -> impl Iterator<Item = &'p BindingIdentifier<'a>> {
    let (one, more) = match pattern {
        BindingPattern::BindingIdentifier(name) => (Some(&**name), Vec::new()),
        pattern => (None, pattern.get_binding_identifiers()),
    };
    one.into_iter().chain(more)
}
