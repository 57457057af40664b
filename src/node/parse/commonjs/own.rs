//! The names that a CommonJS file gives its exports, where they can all be told: unlike Node's scanners, which look for what may
//! be one, this looks for whatever might be another.

use crate::node::modules::OwnExports;
use hashbrown::HashSet;
use oxc_ast::ast::{
    Argument, AssignmentExpression, AssignmentTarget, CallExpression, Expression, LogicalExpression, ObjectExpression,
    ObjectPropertyKind, StaticMemberExpression, ThisExpression,
};
use oxc_semantic::Scoping;

/// Helpers of compilers that pass on all that another file exports: TypeScript's and swc's.
const STARS: [&str; 2] = ["__exportStar", "_export_star"];
/// esbuild's for the same.
const REEXPORTS: &str = "__reExport";
/// swc's helper that gives many names at once.
pub(in crate::node::parse) const MANY: &str = "_export";
/// esbuild's, which gives many names to what the next one then makes the exports of.
pub(in crate::node::parse) const GIVEN: &str = "__export";
pub(in crate::node::parse) const TO_COMMONJS: &str = "__toCommonJS";

/// Whether a helper of that name passes on all that another file exports, and changes nothing of what is there already.
pub(in crate::node::parse) fn passes_on_all(helper: &str) -> bool {
    STARS.contains(&helper) || helper == REEXPORTS
}

/// What was met of a file's `exports`, `module` and outer `this`.
#[derive(Default)]
pub(in crate::node::parse) struct OpenOwnExports<'a> {
    names: HashSet<&'a str>,
    stars: Vec<&'a str>,
    /// Uses of `exports`, `module` and `this` that were understood.
    understood: usize,
    /// Uses of the outer `this` of which no member is taken, and those of them that are only asked whether they are there.
    this: usize,
    asked: usize,
}

impl<'a> OpenOwnExports<'a> {
    /// `exports.a`, `module.exports.a`, `this.a`, be it read or written.
    pub(in crate::node::parse) fn member(
        &mut self,
        it: &StaticMemberExpression<'a>,
        is_outer: bool,
        scoping: &Scoping,
    ) {
        let is_this = is_outer && matches!(it.object, Expression::ThisExpression(_));
        let is_exports = is_exports(&it.object, scoping);
        self.understood += usize::from(is_exports);
        if is_this || is_exports {
            self.names.insert(it.property.name.as_str());
        }
    }

    /// `module.exports = { a, b }`
    pub(in crate::node::parse) fn assignment(&mut self, it: &AssignmentExpression<'a>, scoping: &Scoping) {
        if !replaces_all(it, scoping) {
            return;
        }
        match &it.right {
            Expression::ObjectExpression(object) => self.object(object),
            Expression::CallExpression(call) if call.callee.is_specific_id(TO_COMMONJS) => self.understood += 1,
            _ => {}
        }
    }

    /// `0 && (module.exports = { a, ...require('./b') })`, which is there for Node's scanner alone.
    pub(in crate::node::parse) fn dead_assignment(&mut self, it: &AssignmentExpression<'a>, scoping: &Scoping) {
        self.understood += usize::from(replaces_all(it, scoping));
    }

    /// What compilers' helpers and `Object.defineProperty` are given `exports` for.
    pub(in crate::node::parse) fn call(&mut self, it: &CallExpression<'a>, scoping: &Scoping) {
        let is_bare =
            |argument: &Argument<'a>| argument.as_expression().is_some_and(|it| is_name(it, "exports", scoping));
        match (helper(&it.callee), it.arguments.as_slice()) {
            (Some("defineProperty"), [target, Argument::StringLiteral(name), _]) if is_bare(target) => {
                self.understood += 1;
                self.names.insert(name.value.as_str());
            }
            (Some(name), [Argument::CallExpression(from), target]) if STARS.contains(&name) && is_bare(target) => {
                self.star(from, scoping);
            }
            // esbuild's: what another file exports becomes that of this one.
            (
                Some(REEXPORTS),
                [Argument::Identifier(_), Argument::CallExpression(from), Argument::StaticMemberExpression(target)],
            ) if name_exported(target, scoping) == Some("=") => self.star(from, scoping),
            (Some(GIVEN), [Argument::Identifier(_), Argument::ObjectExpression(object)]) => {
                self.names.extend(names_of(object).into_iter().flatten());
            }
            (Some(MANY), [target, Argument::ObjectExpression(object)]) if is_bare(target) => self.object(object),
            _ => {}
        }
    }

    /// `require('./x')`, of which all is passed on.
    fn star(&mut self, from: &CallExpression<'a>, scoping: &Scoping) {
        if let ([Argument::StringLiteral(specifier)], true) =
            (from.arguments.as_slice(), is_name(&from.callee, "require", scoping))
        {
            self.understood += 1;
            self.stars.push(specifier.value.as_str());
        }
    }

    /// `this && this.__importDefault`, as TypeScript's helpers begin.
    pub(in crate::node::parse) fn logical(&mut self, it: &LogicalExpression<'a>, is_outer: bool) {
        if is_outer && matches!(it.left, Expression::ThisExpression(_)) {
            self.understood += 1;
            self.asked += 1;
        }
    }

    /// The loop that Babel writes for `export * from`: what it passes on, and how often `exports` stands in it.
    pub(in crate::node::parse) fn loops(&mut self, specifier: &'a str, uses: usize) {
        self.understood += uses;
        self.stars.push(specifier);
    }

    /// Whether somebody is given the outer `this`.
    pub(in crate::node::parse) fn hands_on_this(&self) -> bool {
        self.this > self.asked
    }

    /// A `this` outside of functions that have their own, of which no member is taken.
    pub(in crate::node::parse) fn this(&mut self, _: &ThisExpression) {
        self.this += 1;
    }

    fn object(&mut self, object: &ObjectExpression<'a>) {
        let Some(names) = names_of(object) else { return };
        self.understood += 1;
        self.names.extend(names);
    }

    /// All of them; nothing where there may be others.
    pub(in crate::node::parse) fn finish(self, scoping: &Scoping) -> Option<OwnExports> {
        let uses = |name: &str| scoping.root_unresolved_references().get(name).map_or(0, |uses| uses.len());
        if uses("exports") + uses("module") + self.this != self.understood || uses("eval") > 0 {
            return None;
        }
        let mut names: Vec<Box<str>> = self.names.into_iter().map(Into::into).collect();
        names.sort_unstable();
        Some(OwnExports { names: names.into(), stars: self.stars.into_iter().map(Into::into).collect() })
    }
}

/// The keys of an object, where they are written down.
fn names_of<'a>(object: &ObjectExpression<'a>) -> Option<Vec<&'a str>> {
    let name = |property: &ObjectPropertyKind<'a>| match property {
        ObjectPropertyKind::ObjectProperty(property) => match property.key.static_name() {
            Some(std::borrow::Cow::Borrowed(name)) => Some(name),
            _ => None,
        },
        ObjectPropertyKind::SpreadProperty(_) => None,
    };
    object.properties.iter().map(name).collect()
}

/// `f` of `f()`, `o.f()` and `(0, o.f)()`.
pub(in crate::node::parse) fn helper<'a>(callee: &Expression<'a>) -> Option<&'a str> {
    match callee {
        Expression::Identifier(name) => Some(name.name.as_str()),
        Expression::StaticMemberExpression(member) => Some(member.property.name.as_str()),
        Expression::ParenthesizedExpression(inner) => helper(&inner.expression),
        Expression::SequenceExpression(sequence) => sequence.expressions.last().and_then(helper),
        _ => None,
    }
}

/// Whether it is a name that the file does not declare.
fn is_name(expression: &Expression<'_>, name: &str, scoping: &Scoping) -> bool {
    let Expression::Identifier(found) = expression else { return false };
    let reference = found.reference_id.get().map(|id| scoping.get_reference(id));
    found.name == name && reference.is_some_and(|reference| reference.symbol_id().is_none())
}

/// What `exports.a`, `module.exports.a` and `module.exports` stand for: a name that the file exports, or `=` for all of them.
pub(in crate::node::parse) fn name_exported<'a>(
    target: &StaticMemberExpression<'a>,
    scoping: &Scoping,
) -> Option<&'a str> {
    let name = target.property.name.as_str();
    if name == "exports" && is_name(&target.object, "module", scoping) {
        return Some("=");
    }
    is_exports(&target.object, scoping).then_some(name)
}

/// Whether it is `exports` or `module.exports`.
pub(in crate::node::parse) fn is_exports(expression: &Expression<'_>, scoping: &Scoping) -> bool {
    is_name(expression, "exports", scoping) || is_module_exports(expression, scoping)
}

/// Whether it is an assignment to `module.exports`.
fn replaces_all(it: &AssignmentExpression<'_>, scoping: &Scoping) -> bool {
    matches!(&it.left, AssignmentTarget::StaticMemberExpression(target) if name_exported(target, scoping) == Some("="))
}

/// Whether it is `module.exports`.
pub(in crate::node::parse) fn is_module_exports(expression: &Expression<'_>, scoping: &Scoping) -> bool {
    matches!(expression, Expression::StaticMemberExpression(member)
        if member.property.name == "exports" && is_name(&member.object, "module", scoping))
}

#[cfg(test)]
mod tests {
    use crate::node::modules::JudgedScript;
    use crate::node::parse::parsed_address;

    fn own(text: &str) -> Option<(Vec<String>, Vec<String>)> {
        let Some(JudgedScript::Parsed(module)) = parsed_address(text) else { panic!("not parsed: {text}") };
        let owned = |list: &[Box<str>]| list.iter().map(ToString::to_string).collect();
        module.commonjs.own.as_ref().map(|own| (owned(&own.names), owned(&own.stars)))
    }

    #[test]
    fn names_that_can_all_be_told_are() {
        for (text, names, stars) in [
            ("", "", ""),
            ("exports.b = 1; exports.a = exports.c = void 0;", "a b c", ""),
            (
                "Object.defineProperty(exports, '__esModule', { value: true }); module.exports.a = 1;",
                "__esModule a",
                "",
            ),
            ("module.exports = { a, 'b': 1, c() {} };", "a b c", ""),
            (
                "__exportStar(require('./b'), exports); (0, tslib_1.__exportStar)(require('./c'), exports)",
                "",
                "./b ./c",
            ),
            (
                "_export(exports, { a: function() { return a }, b: () => b }); _export_star(require('./b'), exports)",
                "a b",
                "./b",
            ),
            ("var __x = (this && this.__x) || function (m) { return m }; exports.a = 1", "__x a", ""),
            ("this.a = 1; class B { c = this; d() { this.e = 1 } } function f() { this.g = 1 }", "a", ""),
            ("function f(exports) { exports.x = 1; return exports } exports.a = f", "a", ""),
            ("if (exports.a) { delete exports.b } [exports.c] = [1]", "a b c", ""),
        ] {
            let words = |list: &str| list.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(own(text), Some((words(names), words(stars))), "{text}");
        }
    }

    #[test]
    fn nothing_is_told_where_there_may_be_others() {
        for text in [
            "exports[name] = 1",
            "module['exports'] = {}",
            "module.exports = make()",
            "module.exports = { ...a }",
            "module.exports = { [a]: 1 }",
            "module.exports = class {}",
            "Object.assign(exports, a)",
            "Object.defineProperty(exports, name, {})",
            "Object.defineProperties(exports, {})",
            "(function (root) { root.a = 1 })(this)",
            "(() => { f(this) })()",
            "f(exports)",
            "f(module)",
            "const e = exports; e.a = 1",
            "const { exports: e } = module",
            "exports = module.exports = {}",
            "typeof exports === 'object' ? factory(exports) : 0",
            "__exportStar(b, exports)",
            "Object.keys(b).forEach(k => { exports[k] = b[k] })",
            "eval('exports.a = 1')",
            "g({ exports })",
        ] {
            assert_eq!(own(text), None, "{text}");
        }
    }
}
