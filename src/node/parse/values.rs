//! What expressions stand for, as far as it can be told without running them: functions, classes, modules, paths. Names are
//! looked up when the whole file was seen, since a function may be called above the line that defines it.

use super::bodies::constructor_of;
use super::open::{OpenBody, OpenClass, OpenMembers, Val};
use super::reader::Reader;
use crate::node::builtins;
use oxc_ast::ast::{
    Argument, BinaryOperator, BindingPattern, CallExpression, ChainElement, Class, ClassElement, Expression,
    LogicalOperator, MethodDefinitionKind, NewExpression, ObjectExpression, ObjectPropertyKind, PropertyKey,
    PropertyKind,
};
use oxc_span::Span;
use oxc_syntax::symbol::SymbolId;
use std::borrow::Cow;

/// How many names and members are followed for one expression.
pub(super) const MAX_DEPTH: u32 = 24;

/// Members of an object up to which texts are kept among them.
const MAX_TEXTS: usize = 32;

/// A member of a builtin module, by the module's name and the member's path (empty for the module itself):
/// `("fs", "promises.readFile")`.
pub(super) type BuiltinMember<'a> = (&'static str, Cow<'a, str>);

/// What a member is taken from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    /// The class itself, or an object.
    Class,
    /// An object that `new` makes of the class.
    Instance,
}

impl<'a> Reader<'a, '_> {
    /// The number of the body of the function that stands there.
    pub(super) fn body_at(&mut self, span: Span) -> u32 {
        let next = u32::try_from(self.bodies_made.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(span).or_insert(next);
        if number == next {
            self.bodies_made.push(OpenBody::default());
        }
        number
    }

    /// What an expression stands for.
    pub(super) fn value(&mut self, expression: &Expression<'a>) -> Val<'a> {
        if self.depth >= MAX_DEPTH {
            self.is_cut = true;
            return Val::Unknown;
        }
        self.depth += 1;
        let value = self.value_within(expression);
        self.depth -= 1;
        value
    }

    /// The same, to be part of another value.
    fn kept_value(&mut self, expression: &Expression<'a>) -> &'a Val<'a> {
        let value = self.value(expression);
        self.keep(value)
    }

    /// Keeps a value for as long as the tree is there.
    pub(super) fn keep(&self, value: Val<'a>) -> &'a Val<'a> {
        self.memory.alloc(value)
    }

    pub(super) fn keep_all(&self, values: &[Val<'a>]) -> &'a [Val<'a>] {
        if values.is_empty() { &[] } else { self.memory.alloc_slice_copy(values) }
    }

    fn value_within(&mut self, expression: &Expression<'a>) -> Val<'a> {
        match expression {
            Expression::Identifier(name) => match self.symbol(name) {
                Some(symbol) => Val::Symbol(symbol),
                None => Val::Global(name.name.as_str()),
            },
            Expression::StringLiteral(text) => Val::Text(text.value.as_str()),
            Expression::TemplateLiteral(template) => {
                let mut parts = Vec::new();
                let mut expressions = template.expressions.iter();
                for quasi in &template.quasis {
                    parts.push(quasi.value.cooked.as_ref().map_or(Val::Unknown, |text| Val::Text(text.as_str())));
                    parts.extend(expressions.next().map(|part| self.value(part)));
                }
                if let [Val::Text(text)] = parts.as_slice() {
                    Val::Text(text)
                } else {
                    Val::Joined(self.keep_all(&parts))
                }
            }
            Expression::BinaryExpression(sum) if sum.operator == BinaryOperator::Addition => {
                let sum = [self.value(&sum.left), self.value(&sum.right)];
                Val::Joined(self.keep_all(&sum))
            }
            Expression::FunctionExpression(function) => Val::Body(self.body_at(function.span)),
            Expression::ArrowFunctionExpression(arrow) => Val::Body(self.body_at(arrow.span)),
            Expression::ClassExpression(class) => Val::Class(self.class_at(class)),
            Expression::ObjectExpression(object) => self.object(object),
            Expression::ArrayExpression(array) => match array.elements.first() {
                Some(first) if first.as_expression().is_some() => {
                    Val::Filled(array.elements.iter().filter(|element| element.as_expression().is_some()).count())
                }
                _ => Val::Unknown,
            },
            Expression::StaticMemberExpression(member) => {
                Val::Member(self.kept_value(&member.object), member.property.name.as_str())
            }
            Expression::ComputedMemberExpression(member) => {
                let name = match &member.expression {
                    Expression::StringLiteral(name) => name.value.as_str(),
                    _ => "*",
                };
                Val::Member(self.kept_value(&member.object), name)
            }
            Expression::PrivateFieldExpression(member) => {
                // Whatever extends the class has no say in it.
                let of = match self.value(&member.object) {
                    Val::This(class) => self.instance_of(class),
                    Val::ThisClass(class) => Val::Class(class),
                    of => of,
                };
                Val::Member(self.keep(of), member.field.name.as_str())
            }
            Expression::CallExpression(call) => self.value_of_call(call),
            Expression::NewExpression(new) => self.value_of_new(new),
            Expression::ImportExpression(import) => {
                let source = self.value(&import.source);
                Val::Call(&Val::Global("import"), self.keep_all(&[source]))
            }
            Expression::AwaitExpression(awaited) => self.value(&awaited.argument),
            Expression::LogicalExpression(either) if either.operator != LogicalOperator::And => {
                self.same_path(&either.left, &either.right)
            }
            Expression::ConditionalExpression(either) => self.same_path(&either.consequent, &either.alternate),
            Expression::SequenceExpression(sequence) => {
                sequence.expressions.last().map_or(Val::Unknown, |last| self.value(last))
            }
            Expression::AssignmentExpression(assignment) => self.value(&assignment.right),
            Expression::ChainExpression(chain) => match &chain.expression {
                ChainElement::CallExpression(call) => self.value_of_call(call),
                ChainElement::StaticMemberExpression(member) => {
                    Val::Member(self.kept_value(&member.object), member.property.name.as_str())
                }
                _ => Val::Unknown,
            },
            Expression::ThisExpression(_) => self.this,
            // `super.run()`
            Expression::Super(_) => match (self.this, self.base) {
                (Val::This(_), Some(base)) => Val::New(base, &[]),
                (Val::ThisClass(_), Some(base)) => *base,
                _ => Val::Unknown,
            },
            Expression::ImportMeta(_) => Val::Meta,
            _ => Val::Unknown,
        }
    }

    /// What a call stands for. Each is put together once: in `a().b().c()` the first is part of all the others.
    pub(super) fn value_of_call(&mut self, call: &CallExpression<'a>) -> Val<'a> {
        if let Some(known) = self.called_values.get(&call.span) {
            return *known;
        }
        let outer = std::mem::replace(&mut self.is_cut, false);
        let value = Val::Call(self.kept_value(&call.callee), self.arguments(&call.arguments));
        if !self.is_cut {
            self.called_values.insert(call.span, value);
        }
        self.is_cut |= outer;
        value
    }

    pub(super) fn value_of_new(&mut self, new: &NewExpression<'a>) -> Val<'a> {
        Val::New(self.kept_value(&new.callee), self.arguments(&new.arguments))
    }

    pub(super) fn arguments(&mut self, arguments: &[Argument<'a>]) -> &'a [Val<'a>] {
        let value = |argument: &Argument<'a>| match argument {
            Argument::SpreadElement(spread) => Val::Spread(self.kept_value(&spread.argument)),
            argument => argument.as_expression().map_or(Val::Unknown, |one| self.value(one)),
        };
        let values: Vec<_> = arguments.iter().map(value).collect();
        self.keep_all(&values)
    }

    /// An object; unknown where it has nothing that could be called.
    fn object(&mut self, object: &ObjectExpression<'a>) -> Val<'a> {
        if let Some(number) = self.numbers.get(&object.span) {
            return Val::Class(*number);
        }
        let mut members = OpenMembers::default();
        for property in &object.properties {
            let ObjectPropertyKind::ObjectProperty(property) = property else {
                // What is spread takes the place of what stands before it.
                members = OpenMembers::default();
                if let ObjectPropertyKind::SpreadProperty(spread) = property {
                    let of = self.value(&spread.argument);
                    self.writes_unknown |= self.may_make(&of);
                }
                continue;
            };
            let Some(name) = name_of_key(&property.key) else { continue };
            let value = match (&property.value, property.kind) {
                (Expression::FunctionExpression(function), PropertyKind::Get) => {
                    self.has_getters = true;
                    Val::Getter(self.body_at(function.span))
                }
                (_, PropertyKind::Set) => continue,
                (value, _) => self.value(value),
            };
            let is_kept = match value {
                Val::Unknown => false,
                Val::Text(_) => object.properties.len() <= MAX_TEXTS,
                _ => true,
            };
            if is_kept {
                members.push(name, value);
            }
        }
        if members.as_slice().is_empty() {
            return Val::Unknown;
        }
        let number = self.add_class(OpenClass { statics: members, ..OpenClass::default() });
        self.numbers.insert(object.span, number);
        Val::Class(number)
    }

    /// Adds a class, or an object that is kept as one, and gives its number.
    pub(super) fn add_class(&mut self, class: OpenClass<'a>) -> u32 {
        self.classes.push(class);
        u32::try_from(self.classes.len() - 1).unwrap_or(u32::MAX)
    }

    /// The number of the class that stands there.
    pub(super) fn class_at(&mut self, class: &Class<'a>) -> u32 {
        if let Some(number) = self.numbers.get(&class.body.span) {
            return *number;
        }
        let number = self.add_class(OpenClass::default());
        self.numbers.insert(class.body.span, number);
        let mut made = OpenClass {
            construct: Some(self.body_at(class.span)),
            constructor: constructor_of(class).map(|span| self.body_at(span)),
            base: class.heritage.as_ref().map(|heritage| self.kept_value(&heritage.expression)),
            ..OpenClass::default()
        };
        for element in &class.body.body {
            let (key, is_static, value) = match element {
                ClassElement::MethodDefinition(method) => {
                    let body = self.body_at(method.value.span);
                    let value = match method.kind {
                        MethodDefinitionKind::Get => {
                            self.has_getters = true;
                            Val::Getter(body)
                        }
                        MethodDefinitionKind::Method => Val::Body(body),
                        MethodDefinitionKind::Constructor | MethodDefinitionKind::Set => continue,
                    };
                    (&method.key, method.r#static, value)
                }
                ClassElement::PropertyDefinition(field) => {
                    let Some(value) = &field.value else { continue };
                    // What `this` is in there is known to whoever visits it.
                    let of = if field.r#static { Val::ThisClass(number) } else { Val::This(number) };
                    let outer = std::mem::replace(&mut self.this, of);
                    let value = self.value(value);
                    self.this = outer;
                    (&field.key, field.r#static, value)
                }
                _ => continue,
            };
            if let Some(name) = name_of_key(key) {
                if is_static { &mut made.statics } else { &mut made.members }.push(name, value);
            }
        }
        if let Some(class) = self.classes.get_mut(number as usize) {
            made.is_open = class.is_open;
            made.given = std::mem::take(&mut class.given);
            *class = made;
        }
        number
    }

    /// An object of a class.
    pub(super) fn instance_of(&self, class: u32) -> Val<'a> {
        Val::New(self.keep(Val::Class(class)), &[])
    }

    /// Notes what the names of a pattern stand for.
    pub(super) fn bind(&mut self, pattern: &BindingPattern<'a>, value: Val<'a>) {
        match pattern {
            BindingPattern::BindingIdentifier(name) => {
                if let Some(symbol) = name.symbol_id.get() {
                    let value = if self.inits.contains_key(&symbol) { Val::Unknown } else { value };
                    self.inits.insert(symbol, value);
                }
            }
            BindingPattern::ObjectPattern(object) => {
                let of = self.keep(value);
                for property in &object.properties {
                    if let Some(name) = name_of_key(&property.key) {
                        self.bind(&property.value, Val::Member(of, name));
                    }
                }
            }
            _ => {}
        }
    }

    /// What an expression stands for once its names are looked up. What it is made of is as it was: whoever looks into it
    /// asks for that in turn.
    pub(super) fn plain(&self, value: &Val<'a>) -> Val<'a> {
        self.looked_up(value, MAX_DEPTH)
    }

    pub(super) fn looked_up(&self, value: &Val<'a>, depth: u32) -> Val<'a> {
        let Some(depth) = depth.checked_sub(1) else { return Val::Unknown };
        match value {
            Val::Symbol(symbol) => match self.inits.get(symbol) {
                Some(init) if !self.is_mutated(*symbol) => self.looked_up(init, depth),
                _ => Val::Unknown,
            },
            Val::Member(of, name) => self.looked_up_member(of, &self.looked_up(of, depth), name, depth),
            Val::Call(callee, arguments) => self.given(callee, arguments, depth).unwrap_or(*value),
            Val::Parameter(..) => Val::Unknown,
            other => *other,
        }
    }

    /// The member of an expression, by what that stands for.
    pub(super) fn looked_up_member(&self, of: &'a Val<'a>, object: &Val<'a>, name: &'a str, depth: u32) -> Val<'a> {
        if let Some(own) = self.own_value(of, name) {
            return self.looked_up(own, depth);
        }
        match (*object, name) {
            (Val::Class(class), name) => match self.member(class, Of::Class, name, depth) {
                Val::Text(_) if !self.is_whole || self.is_handed_on(of) => Val::Unknown,
                _ if self.is_filled_by_others(class) => Val::Unknown,
                member => member,
            },
            (Val::New(class, arguments), name) => self.member_of_new(class, arguments, name, depth),
            (Val::This(class), name) => self.member_of_this(class, Of::Instance, of, name, depth),
            (Val::ThisClass(class), name) => self.member_of_this(class, Of::Class, of, name, depth),
            (function @ Val::Body(_), "call" | "apply") => function,
            (Val::Global("globalThis" | "global"), name) => Val::Global(name),
            (Val::Unknown, _) => Val::Unknown,
            _ => Val::Member(of, name),
        }
    }

    /// Whether a variable is given another value somewhere.
    pub(super) fn is_mutated(&self, symbol: SymbolId) -> bool {
        self.mutated.get(symbol.index()).copied().unwrap_or(true)
    }

    fn member_of_new(&self, class: &'a Val<'a>, arguments: &'a [Val<'a>], name: &'a str, depth: u32) -> Val<'a> {
        match self.looked_up(class, depth) {
            Val::Class(number) => match self.given_member(number, name) {
                Some((value, constructor, made)) => {
                    let with = self.replacement(constructor, made, arguments);
                    self.looked_up(&self.with_given(value, &with), depth)
                }
                _ => self.member(number, Of::Instance, name, depth),
            },
            _ => Val::Member(self.keep(Val::New(class, arguments)), name),
        }
    }

    /// `this.x`: a method may be another one in what extends the class, which is known only where the object is made.
    fn member_of_this(&self, class: u32, of: Of, this: &'a Val<'a>, name: &'a str, depth: u32) -> Val<'a> {
        match self.member(class, of, name, depth) {
            Val::Unknown if self.assigned.contains(name) => Val::Unknown,
            Val::Body(_) | Val::Getter(_) | Val::Unknown => Val::Member(this, name),
            other => other,
        }
    }

    fn member(&self, class: u32, of: Of, name: &'a str, depth: u32) -> Val<'a> {
        let Some(depth) = depth.checked_sub(1) else { return Val::Unknown };
        if self.assigned.contains(name) {
            return Val::Unknown;
        }
        let Some(class) = self.classes.get(class as usize) else { return Val::Unknown };
        if class.is_open && of == Of::Instance {
            return Val::Unknown;
        }
        let members = match of {
            Of::Class => &class.statics,
            Of::Instance => &class.members,
        };
        if let Some(found) = members.get(name) {
            return self.looked_up(found, depth);
        }
        match (class.base, of) {
            (None, _) => Val::Unknown,
            (Some(base), Of::Instance) => self.member_of_new(base, &[], name, depth),
            (Some(base), Of::Class) => match self.looked_up(base, depth) {
                Val::Class(base) => self.member(base, Of::Class, name, depth),
                Val::Unknown => Val::Unknown,
                _ => Val::Member(base, name),
            },
        }
    }

    /// The builtin module's member that a value is.
    pub(super) fn builtin(&self, value: &Val<'a>) -> Option<BuiltinMember<'a>> {
        self.builtin_within(value, MAX_DEPTH)
    }

    fn builtin_within(&self, value: &Val<'a>, depth: u32) -> Option<BuiltinMember<'a>> {
        let depth = depth.checked_sub(1)?;
        match self.plain(value) {
            Val::Import(number) => {
                let specifier = &self.imports.get(number as usize)?.specifier;
                Some((builtins::known_as(specifier)?, Cow::Borrowed("")))
            }
            Val::Call(callee, [Val::Text(specifier), ..]) => {
                let module = builtins::known_as(specifier)?;
                self.loads_anything(callee, depth).then_some((module, Cow::Borrowed("")))
            }
            Val::Global("URL") => Some(("url", Cow::Borrowed("URL"))),
            Val::Global("process") => Some(("process", Cow::Borrowed(""))),
            Val::Member(of, name) => {
                let (module, path) = self.builtin_within(of, depth)?;
                Some(match (&*path, name) {
                    (_, "default") => (module, path),
                    ("", name) => (module, Cow::Borrowed(name)),
                    (path, name) => (module, Cow::Owned(format!("{path}.{name}"))),
                })
            }
            _ => None,
        }
    }

    /// Whether a call with a module's name loads it.
    pub(super) fn loads_anything(&self, callee: &Val<'a>, depth: u32) -> bool {
        let callee = self.plain(callee);
        matches!(callee, Val::Global("import" | "require"))
            || matches!(callee, Val::Member(module, "require") if matches!(self.plain(module), Val::Global("module")))
            || self.is_own_require_within(&callee, depth)
    }

    /// `createRequire(import.meta.url)` and its like: a `require` of this very file.
    pub(super) fn is_own_require(&self, value: &Val<'a>) -> bool {
        self.is_own_require_within(value, MAX_DEPTH)
    }

    fn is_own_require_within(&self, value: &Val<'a>, depth: u32) -> bool {
        let Val::Call(callee, [from, ..]) = self.plain(value) else { return false };
        let named = match self.plain(callee) {
            Val::Member(_, "createRequire") | Val::Global("createRequire") => true,
            callee => {
                matches!(self.builtin_within(&callee, depth), Some(("module", name)) if name.ends_with("createRequire"))
            }
        };
        named && self.path(from).is_some_and(|path| path.is_beside_file())
    }
}

/// The name of a property that is not computed.
pub(super) fn name_of_key<'a>(key: &PropertyKey<'a>) -> Option<&'a str> {
    match key {
        PropertyKey::PrivateIdentifier(name) => Some(name.name.as_str()),
        key => match key.static_name() {
            Some(Cow::Borrowed(name)) => Some(name),
            _ => None,
        },
    }
}
