//! What a CommonJS file exports, as compilers write it: by assignments, by getters, by the helpers of esbuild and swc; and
//! what it takes of its own exports again, as TypeScript does with every constant that it exports.

use super::commonjs::{GIVEN, MANY, TO_COMMONJS, helper, is_exports, is_module_exports, passes_on_all};
use super::open::{OpenClass, OpenMembers, Val};
use super::reader::Reader;
use super::values::name_of_key;
use oxc_ast::ast::{
    Argument, AssignmentExpression, BinaryExpression, CallExpression, ComputedMemberExpression, Expression,
    IdentifierReference, ObjectExpression, ObjectPropertyKind, SimpleAssignmentTarget, Statement,
    StaticMemberExpression,
};
use oxc_ast_visit::Visit;
use oxc_syntax::operator::UnaryOperator;

impl<'a> Reader<'a, '_> {
    /// Notes what a name of `exports` stands for; `module.exports` by the name `=`.
    pub(super) fn note_exported(&mut self, name: &'a str, value: Val<'a>) {
        // One of two that it may be given, later or under a condition.
        if (self.body != 0 || self.flow.is_unsure()) && self.exported_names.contains(name) {
            self.exported_anew.insert(name);
        }
        self.export_as(name, value);
    }

    /// Adds a name of `exports`.
    pub(super) fn export_as(&mut self, name: &'a str, value: Val<'a>) {
        self.exported_names.insert(name);
        self.exported.push((name.into(), value));
    }

    /// Notes the names that an assignment gives to `module.exports`.
    pub(super) fn note_own_assignment(&mut self, it: &AssignmentExpression<'a>) {
        if self.dead > 0 {
            self.own_exports.dead_assignment(it, self.scoping);
        } else {
            self.own_exports.assignment(it, self.scoping);
        }
    }

    /// `exports.a = …`, `module.exports = …`
    pub(super) fn note_exported_by_assignment(&mut self, name: &'a str, right: &Expression<'a>) {
        if name == "=" {
            self.own.understood[2] -= 1;
        } else {
            *self.own.uses.entry(name).or_default() -= 1;
            *self.own.reads.entry(name).or_default() -= 1;
            *self.own.targets.entry(name).or_default() -= 1;
        }
        // `0 && (module.exports = { a })`, by which esbuild tells Node of its names.
        if let (Expression::ObjectExpression(object), true) = (right, self.dead > 0) {
            for property in &object.properties {
                if let ObjectPropertyKind::ObjectProperty(property) = property
                    && let Expression::Identifier(name) = &property.value
                    && let Some(symbol) = self.symbol(name)
                {
                    *self.exporting_uses.entry(symbol).or_default() += 1;
                }
            }
            return;
        }
        if self.fillings.exports.remove(name) {
            return;
        }
        if let (Some(target), "=") = (helped(right, TO_COMMONJS), name)
            && let Argument::Identifier(target) = target
            && let Some(given) = self.symbol(target).and_then(|symbol| self.given_getters.remove(&symbol))
        {
            given.into_iter().for_each(|(name, value)| self.note_exported(name, value));
            return;
        }
        if let Some(filled) = self.filled_name(right) {
            self.export_as(name, Val::Symbol(filled));
            return;
        }
        self.note_exported_list(name, right);
        // What TypeScript, Babel and swc begin with.
        let value = if is_void(right) { Val::Global("undefined") } else { self.value(right) };
        self.note_exported(name, value);
    }

    /// Notes what a call gives to `exports`, and gives whether it gave them anything.
    pub(super) fn note_exported_by_call(&mut self, it: &CallExpression<'a>) -> bool {
        let Some(helper) = helper(&it.callee) else { return false };
        let of = match &it.callee {
            Expression::StaticMemberExpression(member) => Some(&member.object),
            _ => None,
        };
        // `Object.keys(x).forEach(function (key) { … })`
        if let (Some(of), "forEach") = (of, helper) {
            self.note_loop(of, &it.arguments);
            return false;
        }
        let is_of_object = of.is_some_and(|of| of.is_specific_id("Object"));
        if matches!(helper, "defineProperty" | "assign") && !is_of_object {
            return false;
        }
        // `(0, tslib_1.__exportStar)(require('./x'), exports)`
        if it.arguments.first().is_some_and(|target| self.is_own_exports(target)) || passes_on_all(helper) {
            let is_known = matches!(helper, "defineProperty" | MANY | "assign") || passes_on_all(helper);
            for argument in it.arguments.iter().filter(|_| is_known).filter_map(Argument::as_expression) {
                match argument {
                    Expression::Identifier(_) if self.is_exports(argument) => self.own.understood[0] += 1,
                    Expression::StaticMemberExpression(_) if self.is_exports(argument) => self.own.understood[2] -= 1,
                    _ => {}
                }
            }
        }
        match (helper, it.arguments.as_slice()) {
            (GIVEN, [Argument::Identifier(target), Argument::ObjectExpression(object)]) => {
                let Some(symbol) = self.symbol(target) else { return false };
                let getters = self.getters_of(object);
                let mut statics = OpenMembers::default();
                getters.iter().for_each(|(name, value)| statics.push(name, *value));
                let number = self.add_class(OpenClass { statics, ..OpenClass::default() });
                self.inits.entry(symbol).or_insert(Val::Class(number));
                self.given_getters.insert(symbol, getters);
                false
            }
            ("defineProperty", [target, Argument::StringLiteral(name), Argument::ObjectExpression(how)])
                if self.is_own_exports(target) =>
            {
                let value = self.value_of_descriptor(how);
                self.note_exported(name.value.as_str(), value);
                true
            }
            (MANY, [target, Argument::ObjectExpression(object)]) if self.is_own_exports(target) => {
                let getters = self.getters_of(object);
                getters.into_iter().for_each(|(name, value)| self.note_exported(name, value));
                true
            }
            ("assign", [target, Argument::ObjectExpression(object)])
                if self.is_own_exports(target) && object.properties.iter().all(|property| !property.is_spread()) =>
            {
                for property in &object.properties {
                    if let ObjectPropertyKind::ObjectProperty(property) = property
                        && let Some(name) = name_of_key(&property.key)
                    {
                        let value = self.value(&property.value);
                        self.note_exported(name, value);
                    }
                }
                true
            }
            // What is not told may be any of them.
            ("defineProperty", [target, key, _]) if self.is_own_exports(target) => {
                self.own.is_open |= !matches!(key, Argument::Identifier(_));
                true
            }
            ("assign" | "defineProperties", [target, ..]) if self.is_own_exports(target) => {
                self.own.is_open = true;
                true
            }
            _ => false,
        }
    }

    /// `exports[name] = …`
    pub(super) fn note_exported_by_any_name(&mut self, member: &ComputedMemberExpression<'a>) {
        self.own.is_open |= self.is_exports(&member.object);
    }

    /// `exports.a`, and `exports.a.b`.
    pub(super) fn note_own_use(&mut self, it: &StaticMemberExpression<'a>) {
        match &it.object {
            Expression::Identifier(name) if self.symbol(name).is_none() => match name.name.as_str() {
                "exports" => self.own.understood[0] += 1,
                "module" => {
                    self.own.understood[1] += 1;
                    self.own.understood[2] += i64::from(it.property.name == "exports");
                }
                _ => return,
            },
            object if is_module_exports(object, self.scoping) => self.own.understood[2] -= 1,
            _ => {}
        }
        if self.is_exports(&it.object) {
            *self.own.uses.entry(it.property.name.as_str()).or_default() += 1;
            *self.own.reads.entry(it.property.name.as_str()).or_default() += 1;
        } else if let Expression::StaticMemberExpression(of) = &it.object
            && self.is_exports(&of.object)
        {
            *self.own.uses.entry(of.property.name.as_str()).or_default() -= 1;
        }
    }

    /// `require.main === module`
    pub(super) fn note_compared(&mut self, it: &BinaryExpression<'a>) {
        let is_module = |side: &Expression<'a>| side.is_specific_id("module");
        self.own.understood[1] += i64::from(is_module(&it.left)) + i64::from(is_module(&it.right));
    }

    /// `[exports.a] = …`, `exports.a++`, `exports.a = …`
    pub(super) fn note_own_target(&mut self, it: &SimpleAssignmentTarget<'a>) {
        if let SimpleAssignmentTarget::StaticMemberExpression(member) = it
            && self.is_exports(&member.object)
        {
            *self.own.targets.entry(member.property.name.as_str()).or_default() += 1;
        }
    }

    /// `imported.a = …`, `require('./x').a.b = …`
    pub(super) fn note_replaced_in_import(&mut self, member: &StaticMemberExpression<'a>) {
        let of = self.value(&member.object);
        let root = match of.root() {
            Val::Symbol(symbol) => self.inits.get(&symbol).copied().unwrap_or(Val::Unknown).root(),
            root => root,
        };
        if root.may_be_exports() {
            self.replaced_in_imports.insert(member.property.name.as_str());
            let mut of = of;
            while let Val::Member(inner, name) = of {
                self.replaced_in_imports.insert(name);
                of = *inner;
            }
        }
    }

    /// The loop that Babel writes for `export * from`:
    /// `Object.keys(x).forEach(function (key) { … Object.defineProperty(exports, key, { … }) })`.
    fn note_loop(&mut self, keys: &Expression<'a>, arguments: &[Argument<'a>]) {
        let (Expression::CallExpression(keys), [Argument::FunctionExpression(function)]) = (keys, arguments) else {
            return;
        };
        let (Expression::StaticMemberExpression(of), [Argument::Identifier(from)]) =
            (&keys.callee, keys.arguments.as_slice())
        else {
            return;
        };
        let is_keys = of.object.is_specific_id("Object") && of.property.name == "keys";
        let init = self.symbol(from).and_then(|symbol| self.inits.get(&symbol));
        let (true, Some(Val::Call(callee, [Val::Text(specifier)])), Some(body)) = (is_keys, init, &function.body)
        else {
            return;
        };
        let Some(Statement::ExpressionStatement(last)) = body.statements.last() else { return };
        let is_given = match &last.expression {
            Expression::CallExpression(call) => {
                call.arguments.first().is_some_and(|target| self.is_own_exports(target))
                    && matches!(call.arguments.get(1), Some(Argument::Identifier(_)))
            }
            _ => false,
        };
        if is_given && matches!(callee, Val::Global("require")) {
            let mut uses = ExportsUses(0);
            uses.visit_function_body(body);
            self.own_exports.loops(specifier, uses.0);
        }
    }

    /// Whether a name that the file exports is used for more than its members.
    pub(super) fn is_own_handed_on(&self, of: &Val<'a>) -> bool {
        let Val::Member(exports, name) = of else { return false };
        is_own(exports) && self.own.uses.get(name).is_some_and(|uses| *uses > 0)
    }

    /// Works out what the names of `exports` stand for, now that the whole file was seen.
    pub(super) fn finish_own_values(&mut self) {
        let uses = |name: &str| self.scoping.root_unresolved_references().get(name).map_or(0, |uses| uses.len());
        let uses = |name: &str| i64::try_from(uses(name)).unwrap_or(i64::MAX);
        let [exports, module, all] = self.own.understood;
        let is_open = self.own.is_open
            || uses("exports") != exports
            || uses("module") != module
            || all > 0
            || uses("eval") > 0
            || self.own_exports.hands_on_this();
        if is_open {
            return;
        }
        let is_replaced = self.exported.iter().any(|(name, _)| &**name == "=");
        for (name, value) in &self.exported {
            let is_another = self.exported_anew.contains(&**name)
                || self.own.targets.get(&**name).is_some_and(|targets| *targets != 0)
                || (is_replaced && &**name != "=");
            if matches!(value, Val::Global("undefined")) || is_another {
                continue;
            }
            // One of two that are given one after the other.
            let known = self.own.values.entry(name.clone());
            known.and_modify(|known| *known = Val::Unknown).or_insert(*value);
        }
    }

    /// Names that the file takes of its own exports, or fills for others: whoever imports it may give them other values.
    pub(super) fn names_taken(&self) -> Box<[Box<str>]> {
        let is_read = |name: &str| self.own.reads.get(name).is_some_and(|reads| *reads > 0);
        let is_filled = |value: &Val<'a>| match value {
            Val::Symbol(symbol) => self.fillings.names.contains_key(symbol),
            _ => false,
        };
        let taken = self.exported.iter().filter(|(name, value)| is_read(name) || is_filled(value));
        let mut names: Vec<Box<str>> = taken.map(|(name, _)| name.clone()).collect();
        names.sort_unstable();
        names.dedup();
        names.into()
    }

    /// What the file's own `exports.a`, `module.exports.a` or `module.exports` stands for.
    pub(super) fn own_value(&self, of: &Val<'a>, name: &str) -> Option<&Val<'a>> {
        let name = match of {
            Val::Global("module") if name == "exports" => "=",
            of if is_own(of) => name,
            _ => return None,
        };
        self.own.values.get(name).filter(|value| !matches!(value, Val::Unknown))
    }

    fn is_own_exports(&self, argument: &Argument<'a>) -> bool {
        argument.as_expression().is_some_and(|argument| self.is_exports(argument))
    }

    fn is_exports(&self, expression: &Expression<'a>) -> bool {
        is_exports(expression, self.scoping)
    }

    /// What the getters of an object give, by their names: `{ a: () => a }`, `{ a: function () { return a } }`,
    /// `{ get a() { return a } }`.
    fn getters_of(&mut self, object: &ObjectExpression<'a>) -> Vec<(&'a str, Val<'a>)> {
        let mut getters = Vec::with_capacity(object.properties.len());
        for property in &object.properties {
            if let ObjectPropertyKind::ObjectProperty(property) = property
                && let Some(name) = name_of_key(&property.key)
            {
                getters.push((name, self.given_by_getter(&property.value)));
            }
        }
        getters
    }

    /// `{ enumerable: true, get: function () { return a } }`, `{ value: a }`
    fn value_of_descriptor(&mut self, how: &ObjectExpression<'a>) -> Val<'a> {
        for property in &how.properties {
            let ObjectPropertyKind::ObjectProperty(property) = property else { return Val::Unknown };
            match name_of_key(&property.key) {
                Some("get") => return self.given_by_getter(&property.value),
                Some("value") => return self.value(&property.value),
                _ => {}
            }
        }
        Val::Unknown
    }

    fn given_by_getter(&mut self, getter: &Expression<'a>) -> Val<'a> {
        let Val::Body(body) = self.value(getter) else { return Val::Unknown };
        let given = self.bodies_made.get(body as usize).filter(|body| body.returns == 1);
        let given = given.and_then(|body| body.gives).unwrap_or(Val::Unknown);
        if let Val::Symbol(symbol) = given {
            *self.exporting_uses.entry(symbol).or_default() += 1;
        }
        given
    }
}

/// Whether a value is the file's `exports` or `module.exports`.
pub(super) fn is_own(value: &Val<'_>) -> bool {
    matches!(value, Val::Global("exports") | Val::Member(Val::Global("module"), "exports"))
}

/// What a helper is given first.
fn helped<'e, 'a>(call: &'e Expression<'a>, helper: &str) -> Option<&'e Argument<'a>> {
    match call {
        Expression::CallExpression(call) if call.callee.is_specific_id(helper) => call.arguments.first(),
        _ => None,
    }
}

/// `void 0`, be it given to others on the way.
fn is_void(value: &Expression<'_>) -> bool {
    match value {
        Expression::UnaryExpression(it) => it.operator == UnaryOperator::Void,
        Expression::AssignmentExpression(it) => is_void(&it.right),
        _ => false,
    }
}

/// How often `exports` stands in something.
struct ExportsUses(usize);

impl<'a> Visit<'a> for ExportsUses {
    fn visit_identifier_reference(&mut self, it: &IdentifierReference<'a>) {
        self.0 += usize::from(it.name == "exports");
    }
}
