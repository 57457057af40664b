//! What expressions stand for, as far as it can be told without running them: functions, classes, modules, paths. Names are
//! looked up when the whole file was seen, since a function may be called above the line that defines it.

use super::open::{OpenBody, OpenClass, Val};
use super::reader::Reader;
use crate::node::bodies::{Members, Value};
use crate::node::builtins;
use oxc_ast::ast::{
    Argument, ArrayExpressionElement, BinaryOperator, BindingPattern, CallExpression, ChainElement, Class,
    ClassElement, Expression, MethodDefinitionKind, NewExpression, ObjectExpression, ObjectPropertyKind, PropertyKey,
    PropertyKind,
};
use oxc_span::Span;
use std::borrow::Cow;
use std::rc::Rc;

/// How many names and members are followed for one expression.
const MAX_DEPTH: u32 = 24;

/// What helpers of compilers pass on as it is: TypeScript's, Babel's, swc's and esbuild's.
const PASSING_ON: [&str; 7] = [
    "__importDefault",
    "__importStar",
    "__toESM",
    "_interopRequireDefault",
    "_interopRequireWildcard",
    "_interop_require_default",
    "_interop_require_wildcard",
];

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
            return Val::Unknown;
        }
        self.depth += 1;
        let value = self.value_within(expression);
        self.depth -= 1;
        value
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
                if let [Val::Text(text)] = parts.as_slice() { Val::Text(text) } else { Val::Joined(parts.into()) }
            }
            Expression::BinaryExpression(sum) if sum.operator == BinaryOperator::Addition => {
                Val::Joined([self.value(&sum.left), self.value(&sum.right)].into())
            }
            Expression::FunctionExpression(function) => Val::Body(self.body_at(function.span)),
            Expression::ArrowFunctionExpression(arrow) => Val::Body(self.body_at(arrow.span)),
            Expression::ClassExpression(class) => Val::Class(self.class_at(class)),
            Expression::ObjectExpression(object) => self.object(object),
            Expression::ArrayExpression(array) => match array.elements.first() {
                Some(first) if !matches!(first, ArrayExpressionElement::SpreadElement(_)) => Val::Filled,
                _ => Val::Unknown,
            },
            Expression::StaticMemberExpression(member) => {
                Val::Member(Rc::new(self.value(&member.object)), member.property.name.as_str())
            }
            Expression::ComputedMemberExpression(member) => {
                let name = match &member.expression {
                    Expression::StringLiteral(name) => name.value.as_str(),
                    _ => "*",
                };
                Val::Member(Rc::new(self.value(&member.object)), name)
            }
            Expression::PrivateFieldExpression(member) => {
                Val::Member(Rc::new(self.value(&member.object)), member.field.name.as_str())
            }
            Expression::CallExpression(call) => self.value_of_call(call),
            Expression::NewExpression(new) => self.value_of_new(new),
            Expression::ImportExpression(import) => {
                Val::Call(Rc::new(Val::Global("import")), [self.value(&import.source)].into())
            }
            Expression::AwaitExpression(awaited) => self.value(&awaited.argument),
            Expression::SequenceExpression(sequence) => {
                sequence.expressions.last().map_or(Val::Unknown, |last| self.value(last))
            }
            Expression::AssignmentExpression(assignment) => self.value(&assignment.right),
            Expression::ChainExpression(chain) => match &chain.expression {
                ChainElement::CallExpression(call) => self.value_of_call(call),
                ChainElement::StaticMemberExpression(member) => {
                    Val::Member(Rc::new(self.value(&member.object)), member.property.name.as_str())
                }
                _ => Val::Unknown,
            },
            Expression::ThisExpression(_) => self.this.clone(),
            Expression::ImportMeta(_) => Val::Meta,
            _ => Val::Unknown,
        }
    }

    pub(super) fn value_of_call(&mut self, call: &CallExpression<'a>) -> Val<'a> {
        Val::Call(Rc::new(self.value(&call.callee)), self.arguments(&call.arguments))
    }

    pub(super) fn value_of_new(&mut self, new: &NewExpression<'a>) -> Val<'a> {
        Val::New(Rc::new(self.value(&new.callee)), self.arguments(&new.arguments))
    }

    fn arguments(&mut self, arguments: &[Argument<'a>]) -> Rc<[Val<'a>]> {
        arguments.iter().map(|argument| argument.as_expression().map_or(Val::Unknown, |one| self.value(one))).collect()
    }

    /// An object; unknown where it has nothing that could be called.
    fn object(&mut self, object: &ObjectExpression<'a>) -> Val<'a> {
        if let Some(number) = self.numbers.get(&object.span) {
            return Val::Class(*number);
        }
        let mut members = Vec::new();
        for property in &object.properties {
            let ObjectPropertyKind::ObjectProperty(property) = property else { continue };
            let Some(name) = name_of_key(&property.key) else { continue };
            let value = match (&property.value, property.kind) {
                (Expression::FunctionExpression(function), PropertyKind::Get) => {
                    self.has_getters = true;
                    Val::Getter(self.body_at(function.span))
                }
                (_, PropertyKind::Set) => continue,
                (value, _) => self.value(value),
            };
            if !matches!(value, Val::Unknown | Val::Text(_)) {
                members.push((name, value));
            }
        }
        if members.is_empty() {
            return Val::Unknown;
        }
        let number = self.add_class(OpenClass { statics: members, ..OpenClass::default() });
        self.numbers.insert(object.span, number);
        Val::Class(number)
    }

    fn add_class(&mut self, class: OpenClass<'a>) -> u32 {
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
            base: class.heritage.as_ref().map(|heritage| self.value(&heritage.expression)),
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
                    let of = if field.r#static { Val::Class(number) } else { instance_of(number) };
                    let outer = std::mem::replace(&mut self.this, of);
                    let value = self.value(value);
                    self.this = outer;
                    (&field.key, field.r#static, value)
                }
                _ => continue,
            };
            if let Some(name) = name_of_key(key) {
                if is_static { &mut made.statics } else { &mut made.members }.push((name, value));
            }
        }
        if let Some(class) = self.classes.get_mut(number as usize) {
            *class = made;
        }
        number
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
                let of = Rc::new(value);
                for property in &object.properties {
                    if let Some(name) = name_of_key(&property.key) {
                        self.bind(&property.value, Val::Member(Rc::clone(&of), name));
                    }
                }
            }
            _ => {}
        }
    }

    /// What an expression stands for once names and members are looked up.
    pub(super) fn plain(&self, value: &Val<'a>) -> Val<'a> {
        self.looked_up(value, MAX_DEPTH)
    }

    fn looked_up(&self, value: &Val<'a>, depth: u32) -> Val<'a> {
        let Some(depth) = depth.checked_sub(1) else { return Val::Unknown };
        match value {
            Val::Symbol(symbol) => match self.inits.get(symbol) {
                Some(init) if !self.scoping.symbol_is_mutated(*symbol) => self.looked_up(init, depth),
                _ => Val::Unknown,
            },
            Val::Member(of, name) => match (self.looked_up(of, depth), *name) {
                (Val::Class(class), name) => self.member(&Val::Class(class), name, depth),
                (Val::New(class, arguments), name) => match self.looked_up(&class, depth) {
                    found @ Val::Class(_) => self.member(&Val::New(Rc::new(found), arguments), name, depth),
                    found => Val::Member(Rc::new(Val::New(Rc::new(found), arguments)), name),
                },
                (function @ Val::Body(_), "call" | "apply") => function,
                (Val::Global("globalThis" | "global"), name) => Val::Global(name),
                (of, name) => Val::Member(Rc::new(of), name),
            },
            Val::Call(callee, arguments) => self.given(callee, arguments, depth),
            Val::New(class, arguments) => Val::New(Rc::new(self.looked_up(class, depth)), Rc::clone(arguments)),
            other => other.clone(),
        }
    }

    fn member(&self, of: &Val<'a>, name: &'a str, depth: u32) -> Val<'a> {
        let (number, instance) = match of {
            Val::Class(number) => (*number, false),
            Val::New(class, _) => match &**class {
                Val::Class(number) => (*number, true),
                _ => return Val::Unknown,
            },
            _ => return Val::Unknown,
        };
        if self.assigned.contains(name) {
            return Val::Unknown;
        }
        let Some(class) = self.classes.get(number as usize) else { return Val::Unknown };
        let members = if instance { &class.members } else { &class.statics };
        if let Some((_, found)) = members.iter().rev().find(|(known, _)| *known == name) {
            return self.looked_up(found, depth);
        }
        let Some(base) = &class.base else { return Val::Unknown };
        let base = Rc::new(base.clone());
        let of = if instance { Val::New(base, [].into()) } else { (*base).clone() };
        self.looked_up(&Val::Member(Rc::new(of), name), depth)
    }

    /// What a call gives.
    fn given(&self, callee: &Val<'a>, arguments: &Rc<[Val<'a>]>, depth: u32) -> Val<'a> {
        if let Val::Symbol(symbol) = callee
            && PASSING_ON.contains(&self.scoping.symbol_name(*symbol))
            && let Some(passed) = arguments.first()
        {
            return self.looked_up(passed, depth);
        }
        let plain = self.looked_up(callee, depth);
        if let Val::Body(body) = plain
            && let Some(made) = self.bodies_made.get(body as usize)
        {
            if let (true, Some(wrapped)) = (self.wraps(body), arguments.first()) {
                return match self.looked_up(wrapped, depth) {
                    Val::Class(object) => self
                        .classes
                        .get(object as usize)
                        .and_then(|object| object.statics.first())
                        .map_or(Val::Unknown, |(_, first)| self.looked_up(first, depth)),
                    other => other,
                };
            }
            if let (1, Some(value)) = (made.returns, &made.gives) {
                return self.looked_up(value, depth);
            }
            return Val::Unknown;
        }
        if let Val::Member(function, "bind") = &plain
            && let Val::Body(_) = **function
        {
            return (**function).clone();
        }
        Val::Call(Rc::new(plain), Rc::clone(arguments))
    }

    /// Whether a function gives another one that calls the first one's parameter: what bundlers put around the modules they
    /// bring, so that each runs when it is asked for (esbuild's `__commonJS` and `__esm`).
    fn wraps(&self, body: u32) -> bool {
        let Some(outer) = self.bodies_made.get(body as usize) else { return false };
        let (Some(parameter), Some(Val::Body(inner))) = (outer.parameter, &outer.gives) else { return false };
        self.bodies_made.get(*inner as usize).is_some_and(|inner| inner.calls_symbol(parameter))
    }

    /// A builtin module's member by the module's name and the member's path: `("fs", "promises.readFile")`.
    pub(super) fn builtin(&self, value: &Val<'a>) -> Option<(&str, String)> {
        match value {
            Val::Import(number) => {
                let specifier = &self.imports.get(*number as usize)?.specifier;
                Some((builtins::known_as(specifier)?, String::new()))
            }
            Val::Call(callee, arguments) => {
                let [Val::Text(specifier), ..] = &**arguments else { return None };
                let loads = matches!(&**callee, Val::Global("import" | "require")) || self.is_own_require(callee);
                loads.then(|| builtins::known_as(specifier))?.map(|module| (module, String::new()))
            }
            Val::Global(name @ ("process" | "URL")) => Some((
                if *name == "URL" { "url" } else { name },
                if *name == "URL" { "URL".to_owned() } else { String::new() },
            )),
            Val::Member(of, name) => {
                let (module, path) = self.builtin(of)?;
                Some(match (path.as_str(), *name) {
                    (_, "default") => (module, path),
                    ("", name) => (module, name.to_owned()),
                    (path, name) => (module, format!("{path}.{name}")),
                })
            }
            _ => None,
        }
    }

    /// `createRequire(import.meta.url)` and its like: a `require` of this very file.
    pub(super) fn is_own_require(&self, value: &Val<'a>) -> bool {
        let Val::Call(callee, arguments) = value else { return false };
        let Some(from) = arguments.first() else { return false };
        let named = match &**callee {
            Val::Member(_, "createRequire") | Val::Global("createRequire") => true,
            callee => matches!(self.builtin(callee), Some(("module", name)) if name.ends_with("createRequire")),
        };
        named && self.path(from).is_some_and(|path| path.is_beside_file())
    }

    /// As it is kept.
    pub(super) fn kept(&self, value: &Val<'a>) -> Value {
        self.kept_plain(&self.plain(value))
    }

    fn kept_plain(&self, value: &Val<'a>) -> Value {
        match value {
            Val::Body(body) => Value::Function(*body),
            Val::Getter(body) => Value::Getter(*body),
            Val::Class(class) => Value::Class(*class),
            Val::New(class, _) => match self.kept_plain(class) {
                Value::Unknown => Value::Unknown,
                class => Value::Instance(Box::new(class)),
            },
            Val::Import(number) => match self.imports.get(*number as usize) {
                Some(import) if builtins::known_as(&import.specifier).is_none() => Value::Import(*number),
                _ => Value::Unknown,
            },
            Val::Member(of, name) => match self.kept_plain(of) {
                Value::Unknown => Value::Unknown,
                of => Value::Member(Box::new(of), (*name).into()),
            },
            Val::Call(callee, arguments) => match (&**callee, &**arguments) {
                (callee, [Val::Text(specifier)])
                    if matches!(callee, Val::Global("import" | "require")) || self.is_own_require(callee) =>
                {
                    self.numbered.get(specifier).map_or(Value::Unknown, |number| self.kept_plain(&Val::Import(*number)))
                }
                (callee, _) => match self.kept_plain(callee) {
                    Value::Unknown => Value::Unknown,
                    callee => Value::Given(Box::new(callee)),
                },
            },
            _ => Value::Unknown,
        }
    }

    /// Members as they are kept.
    pub(super) fn kept_members(&self, members: &[(&'a str, Val<'a>)]) -> Members {
        let members = members.iter().filter(|(name, _)| !self.assigned.contains(name));
        let kept = members.map(|(name, value)| ((*name).into(), self.kept(value)));
        kept.filter(|(_, value)| *value != Value::Unknown).collect()
    }
}

/// An object of a class.
pub(super) fn instance_of<'a>(class: u32) -> Val<'a> {
    Val::New(Rc::new(Val::Class(class)), [].into())
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
