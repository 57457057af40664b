//! What calls give, as far as it can be told without running them.

use super::open::{OpenBody, Val};
use super::reader::Reader;
use oxc_ast::ast::Expression;
use oxc_syntax::symbol::SymbolId;

/// What helpers of compilers pass on as it is: TypeScript's, Babel's, swc's, esbuild's and rollup's.
const PASSING_ON: [&str; 12] = [
    "__importDefault",
    "__importStar",
    "__toESM",
    "_interopRequireDefault",
    "_interopRequireWildcard",
    "_interop_require_default",
    "_interop_require_wildcard",
    "_interopDefaultCompat",
    "_interopDefaultLegacy",
    "_interopNamespace",
    "_interopNamespaceCompat",
    "_interopNamespaceDefault",
];

impl<'a> Reader<'a, '_> {
    /// What a call gives; nothing where that is no more than a call.
    pub(super) fn given(&self, callee: &Val<'a>, arguments: &'a [Val<'a>], depth: u32) -> Option<Val<'a>> {
        if let Some(helper) = self.passing_on(callee)
            && let Some(passed) = arguments.first()
        {
            // esbuild's `__toESM(x, 1)` gives `x` a `default` of its own.
            if arguments.len() > 1 && helper == "__toESM" {
                return Some(Val::Unknown);
            }
            return Some(self.looked_up(passed, depth));
        }
        // An object is looked up once: in a chain of calls each call's is a call.
        let (function, this) = match callee {
            Val::Member(of, name) => {
                let depth = depth.checked_sub(1)?;
                let object = self.looked_up(of, depth);
                (self.looked_up_member(of, &object, name, depth), Some(object))
            }
            callee => (self.looked_up(callee, depth), None),
        };
        match function {
            Val::Body(body) => {
                Some(self.given_by(body, arguments, this.filter(|object| matches!(object, Val::New(..))), depth))
            }
            Val::Member(function, "bind") => match self.looked_up(function, depth) {
                function @ Val::Body(_) => Some(function),
                require if arguments.len() <= 1 && self.is_any_require(&require) => Some(require),
                _ => None,
            },
            // `join.bind(null, __dirname)('x')`
            Val::Call(Val::Member(function, "bind"), [_, bound @ ..]) => {
                let all = [bound, arguments].concat();
                Some(Val::Call(function, self.keep_all(&all)))
            }
            // `Promise.resolve().then(() => require('./x'))`
            Val::Member(promise, "then") if self.settles(promise) => {
                let Val::Body(body) = self.looked_up(arguments.first()?, depth) else { return None };
                Some(self.given_by(body, &[], None, depth)).filter(|given| !matches!(given, Val::Unknown))
            }
            // What is frozen is as it was.
            Val::Member(Val::Global("Object"), "freeze" | "seal") => {
                arguments.first().map(|frozen| self.looked_up(frozen, depth))
            }
            _ => None,
        }
    }

    /// The name of a compiler's helper that passes on what it is given: `__importStar`, `tslib_1.__importStar`, and swc's
    /// `_interop_require_wildcard._`.
    pub(super) fn passing_on(&self, callee: &Val<'a>) -> Option<&str> {
        let name = match callee {
            Val::Symbol(symbol) | Val::Member(Val::Symbol(symbol), "_") => self.scoping.symbol_name(*symbol),
            Val::Member(Val::Symbol(_), name) => name,
            _ => return None,
        };
        Some(name).filter(|name| PASSING_ON.contains(name))
    }

    /// `o["default"] = v`: what helpers of compilers give to an object of their own.
    pub(super) fn is_of_helper(&self, name: &str, of: &Expression<'a>, given: &Expression<'a>) -> bool {
        let is_local = |value: &Expression<'a>| match value {
            Expression::Identifier(name) => self
                .symbol(name)
                .is_some_and(|symbol| self.scoping.symbol_scope_id(symbol) != self.scoping.root_scope_id()),
            _ => false,
        };
        let mut helpers = PASSING_ON.iter().chain(&["__setModuleDefault"]);
        name == "default"
            && is_local(of)
            && is_local(given)
            && helpers.any(|helper| self.scoping.get_root_binding((*helper).into()).is_some())
    }

    fn given_by(&self, body: u32, arguments: &'a [Val<'a>], this: Option<Val<'a>>, depth: u32) -> Val<'a> {
        let Some(made) = self.bodies_made.get(body as usize) else { return Val::Unknown };
        if let (true, Some(wrapped)) = (self.wraps(body), arguments.first()) {
            return match self.looked_up(wrapped, depth) {
                Val::Class(object) => self
                    .classes
                    .get(object as usize)
                    .and_then(|object| object.statics.as_slice().first())
                    .map_or(Val::Unknown, |(_, first)| self.looked_up(first, depth)),
                other => other,
            };
        }
        match (made.returns, &made.gives) {
            (1, Some(value)) if !made.is_given_something() => self.looked_up(value, depth),
            (1, Some(value)) => {
                let with = self.replacement(body, made, arguments).with_this(this);
                self.looked_up(&self.with_given(value, &with), depth)
            }
            _ => Val::Unknown,
        }
    }

    /// Whether a function gives another one that calls the first one's parameter: what bundlers put around the modules they
    /// bring, so that each runs when it is asked for (esbuild's `__commonJS` and `__esm`).
    fn wraps(&self, body: u32) -> bool {
        let Some(outer) = self.bodies_made.get(body as usize) else { return false };
        let (Some(Some(parameter)), Some(Val::Body(inner))) = (outer.parameters.first(), &outer.gives) else {
            return false;
        };
        self.bodies_made.get(*inner as usize).is_some_and(|inner| inner.calls_symbol(*parameter))
    }

    /// What the constructor of a class gives to its objects by a name, if nobody else does.
    pub(super) fn given_member(&self, class: u32, name: &str) -> Option<(&Val<'a>, u32, &OpenBody<'a>)> {
        if !self.is_whole || !self.assigned.contains(name) || self.assigned_anew.contains(name) {
            return None;
        }
        let class = self.classes.get(class as usize).filter(|class| !class.is_open)?;
        let (_, value) = class.given.iter().find(|(known, _)| *known == name)?;
        Some((value, class.constructor?, self.bodies_made.get(class.constructor? as usize)?))
    }

    /// Whether an object is used for more than its members, so that somebody may give it others.
    pub(super) fn is_handed_on(&self, object: &Val<'a>) -> bool {
        matches!(object, Val::Symbol(symbol) if self.is_used_beyond_members(*symbol)) || self.is_own_handed_on(object)
    }

    /// Whether a name is used for more than its members.
    pub(super) fn is_used_beyond_members(&self, symbol: SymbolId) -> bool {
        let uses = self.scoping.get_resolved_references(symbol).count();
        self.member_uses.get(symbol.index()).is_none_or(|members| uses != *members as usize)
    }
}
