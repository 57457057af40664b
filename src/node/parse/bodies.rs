//! Functions, classes and variables while they are read, and the bodies that are kept of them: those in which something
//! can fail, and those that call one.

use super::commonjs::COMMONJS_NAMES;
use super::open::{Fated, Folder, OpenClass, OpenStep, Val, What};
use super::reader::Reader;
use crate::node::bodies::{self, Bodies, Body, BodyKind, Call, Class as KeptClass, Fate, How, Step, Value};
use crate::node::modules::{Asset, Mention};
use hashbrown::{HashMap, HashSet};
use oxc_ast::ast::{
    Argument, AssignmentExpression, AssignmentTarget, BinaryExpression, BindingIdentifier, Class, ClassElement,
    Expression, FormalParameters, MethodDefinitionKind, StaticMemberExpression, VariableDeclarator,
};
use oxc_span::Span;
use oxc_syntax::symbol::SymbolId;

/// What becomes of a promise by the variable that holds it, and the body in which that is done.
type HeldPromises = HashMap<SymbolId, (Fate, Option<u32>)>;

/// What is known once the whole file was seen.
struct Finished {
    /// The import and the mention of each call that may be of `require`.
    requires: Vec<(Option<u32>, Option<u32>)>,
    assets: Vec<Option<Asset>>,
    /// The use of each name that may stand for nothing.
    names: Vec<Option<u32>>,
    held: HeldPromises,
    /// Bodies that throw or end the process with a failure.
    deadly: HashSet<u32>,
}

/// What was open around a class.
pub(super) struct OuterClass<'a> {
    class: Option<u32>,
    base: Option<&'a Val<'a>>,
}

impl<'a> Reader<'a, '_> {
    /// Begins a function.
    pub(super) fn open(&mut self, number: u32, kind: BodyKind, parameters: &FormalParameters<'a>) {
        if let Some(body) = self.bodies_made.get_mut(number as usize) {
            body.kind = kind;
            let first = parameters.items.first().and_then(|first| first.pattern.get_binding_identifier());
            body.parameter = first.and_then(|name| name.symbol_id.get());
        }
    }

    /// Notes what the open body returns.
    pub(super) fn gives(&mut self, value: Val<'a>) {
        if let Some(body) = self.open_body() {
            body.returns += 1;
            body.gives = Some(value);
        }
    }

    pub(super) fn bind_name(&mut self, name: &BindingIdentifier<'a>, value: Val<'a>) {
        if let Some(symbol) = name.symbol_id.get() {
            self.inits.insert(symbol, value);
        }
    }

    /// What stands behind a condition: `truth` where it is known to hold or not to.
    pub(super) fn branch(&mut self, truth: Option<bool>, asks: bool, visit: impl FnOnce(&mut Self)) {
        self.typeofs += u32::from(asks);
        match truth {
            Some(true) => visit(self),
            Some(false) => {
                self.dead += 1;
                self.guarded(visit);
                self.dead -= 1;
            }
            None => self.guarded(visit),
        }
        self.typeofs -= u32::from(asks);
    }

    pub(super) fn note_mention(&mut self, name: &'static str, line: u32) {
        self.mentions.push(Mention { name, line, stand_in: None });
        let number = u32::try_from(self.mentions.len() - 1).unwrap_or(u32::MAX);
        self.step(What::Mention(number), Fated::Is(Fate::Throws), Fated::Is(Fate::Nothing));
    }

    /// `o.x` where `x` may be a getter.
    pub(super) fn note_get(&mut self, it: &StaticMemberExpression<'a>) {
        let value = match &it.object {
            Expression::Identifier(name) => match self.symbol(name) {
                Some(symbol) => Val::Symbol(symbol),
                None => return,
            },
            Expression::NewExpression(_) => self.value(&it.object),
            Expression::ThisExpression(_) => self.this,
            _ => return,
        };
        if self.has_getters && !matches!(value, Val::Unknown) {
            let callee = Val::Member(self.keep(value), it.property.name.as_str());
            let what = What::Call { callee, how: How::Get, arguments: 0 };
            self.step(what, Fated::Is(Fate::Throws), Fated::Is(Fate::Nothing));
        }
    }

    /// `a.b`, where `a` may hold what a file exports, and `a.b.c`, which fails where there is no `a.b`.
    pub(super) fn note_member_use(&mut self, it: &StaticMemberExpression<'a>) {
        let symbol = |reader: &Self, of: &Expression<'a>| match of {
            Expression::Identifier(name) => reader.symbol(name),
            _ => None,
        };
        if let Some(uses) = symbol(self, &it.object).and_then(|symbol| self.member_uses.get_mut(symbol.index())) {
            *uses += 1;
        }
        if let (false, Expression::StaticMemberExpression(of)) = (it.optional, &it.object) {
            // `a.b.c`, and `a.b.c.d`, where `a.b` may hold what a file exports.
            let (named, between) = match &of.object {
                Expression::StaticMemberExpression(inner) if !of.optional && !inner.optional => {
                    (&inner.object, Some(inner.property.name.as_str()))
                }
                named => (named, None),
            };
            let Some(symbol) = symbol(self, named) else { return };
            if !self.inits.get(&symbol).is_some_and(Val::may_be_exports) {
                return;
            }
            let root = self.keep(Val::Symbol(symbol));
            let object = between.map_or(root, |name| self.keep(Val::Member(root, name)));
            let callee = Val::Member(object, of.property.name.as_str());
            let what = What::Call { callee, how: How::Read, arguments: 0 };
            self.step(what, Fated::Is(Fate::Throws), Fated::Is(Fate::Nothing));
        }
    }

    /// Imports in variables that are used for more than their members.
    fn handed_on(&self) -> Box<[u32]> {
        let held = self.inits.iter().filter(|(_, value)| value.may_be_exports());
        let handed_on = held.filter(|(symbol, _)| {
            let uses = self.scoping.get_resolved_references(**symbol).count();
            self.member_uses.get(symbol.index()).is_none_or(|members| uses != *members as usize)
        });
        let imports = handed_on.filter_map(|(_, value)| match self.kept(value) {
            Value::Import(number) => Some(number),
            Value::Member(of, name) if &*name == "default" => match *of {
                Value::Import(number) => Some(number),
                _ => None,
            },
            _ => None,
        });
        imports.collect()
    }

    pub(super) fn enter_class(&mut self, class: &Class<'a>, number: u32) -> OuterClass<'a> {
        let base = self.classes.get(number as usize).and_then(|class| class.base);
        let construct = self.construct_body(number);
        let constructor = class.body.body.iter().find_map(|element| match element {
            ClassElement::MethodDefinition(method) if method.kind == MethodDefinitionKind::Constructor => {
                Some(method.value.span)
            }
            _ => None,
        });
        let callee = match constructor {
            Some(span) => Some((Val::Body(self.body_at(span)), How::Call)),
            None => base.map(|base| (*base, How::Super)),
        };
        if let Some((callee, how)) = callee {
            self.in_body(construct, |reader| {
                let what = What::Call { callee, how, arguments: 255 };
                reader.step(what, Fated::Is(Fate::Throws), Fated::Is(Fate::Nothing));
            });
        }
        if let Some(base @ (Val::Member(..) | Val::Symbol(_))) = base {
            let what = What::Call { callee: *base, how: How::Extend, arguments: 0 };
            self.step(what, Fated::Is(Fate::Throws), Fated::Is(Fate::Nothing));
        }
        let outer = OuterClass { class: self.class, base: self.base.take() };
        (self.class, self.base) = (Some(number), base);
        outer
    }

    pub(super) fn leave_class(&mut self, outer: OuterClass<'a>) {
        (self.class, self.base) = (outer.class, outer.base);
    }

    pub(super) fn construct_body(&self, class: u32) -> u32 {
        self.classes.get(class as usize).and_then(|class| class.construct).unwrap_or(u32::MAX)
    }

    pub(super) fn note_variable(&mut self, declarator: &VariableDeclarator<'a>) {
        let Some(init) = &declarator.init else { return };
        self.note_list(declarator);
        self.note_held(declarator);
        let value = self.value(init);
        if !matches!(value, Val::Unknown) {
            self.bind(&declarator.id, value);
        }
        if let Some(symbol) = declarator.id.get_binding_identifier().and_then(|name| name.symbol_id.get()) {
            self.settle(init, Fated::Held(symbol));
            if self.note_idle(init) && !self.is_mutated(symbol) {
                self.idle_promises.insert(symbol);
            }
        }
    }

    /// `module.exports = …`, `exports.a = …`, `globalThis.require = …`.
    pub(super) fn note_assignment(&mut self, it: &AssignmentExpression<'a>) {
        let AssignmentTarget::StaticMemberExpression(member) = &it.left else { return };
        let name = member.property.name.as_str();
        self.note_exported_at(member, &it.right);
        match &member.object {
            Expression::Identifier(of) if self.symbol(of).is_none() => match of.name.as_str() {
                "globalThis" | "global" => {
                    if let Some(name) = COMMONJS_NAMES.iter().find(|known| **known == name) {
                        let value = self.value(&it.right);
                        self.sets_require |= *name == "require" && self.is_own_require(&value);
                        self.sets.push(name);
                    }
                }
                "module" if name == "exports" => {
                    let value = self.value(&it.right);
                    self.exported.push(("=".into(), value));
                }
                "exports" => {
                    let value = self.value(&it.right);
                    self.exported.push((name.into(), value));
                }
                _ => {}
            },
            Expression::StaticMemberExpression(of)
                if of.property.name == "exports" && of.object.is_specific_id("module") =>
            {
                let value = self.value(&it.right);
                self.exported.push((name.into(), value));
            }
            _ => {
                if let (Expression::Identifier(of), "length") = (&member.object, name)
                    && let Some(symbol) = self.symbol(of)
                {
                    self.is_another(symbol);
                }
                self.assigned.insert(name);
            }
        }
    }

    /// `throw Error('Dynamic require of "' + x + '" is not supported')`: what esbuild, rolldown and bun put in the place of a
    /// `require` that is not there.
    pub(super) fn note_stand_in(&mut self, thrown: &Expression<'a>) {
        let arguments = match thrown {
            Expression::CallExpression(call) if call.callee.is_specific_id("Error") => &call.arguments,
            Expression::NewExpression(new) if new.callee.is_specific_id("Error") => &new.arguments,
            _ => return,
        };
        let Some(Argument::BinaryExpression(sum)) = arguments.first() else { return };
        let BinaryExpression { left, right, .. } = &**sum;
        let (Expression::BinaryExpression(left), Expression::StringLiteral(behind)) = (left, right) else { return };
        let (Expression::StringLiteral(before), Expression::Identifier(_)) = (&left.left, &left.right) else { return };
        if before.value.contains("equire") {
            self.stand_ins.insert(self.body, (before.value.as_str(), behind.value.as_str()));
        }
    }

    pub(super) fn name_stand_in(&mut self, name: Option<&BindingIdentifier<'a>>, body: u32) {
        if let Some(symbol) = name.and_then(|name| name.symbol_id.get())
            && self.stand_ins.contains_key(&body)
        {
            self.named_stand_ins.insert(symbol, body);
        }
    }

    pub(super) fn name_stand_in_of(&mut self, declarator: &VariableDeclarator<'a>) {
        if self.stand_ins.is_empty() {
            return;
        }
        let mut functions: Vec<Span> = Vec::new();
        let mut add = |expression: &Expression<'a>| match expression {
            Expression::FunctionExpression(function) => functions.push(function.span),
            Expression::ArrowFunctionExpression(arrow) => functions.push(arrow.span),
            _ => {}
        };
        match &declarator.init {
            Some(Expression::CallExpression(call)) => {
                call.arguments.iter().filter_map(Argument::as_expression).for_each(&mut add);
            }
            Some(init) => add(init),
            None => {}
        }
        let name = declarator.id.get_binding_identifier();
        for span in functions {
            let body = self.body_at(span);
            self.name_stand_in(name, body);
        }
    }

    /// The fate of a failure, now that the whole file was seen.
    fn fate(&self, fated: &Fated<'a>, body: u32, held: &HeldPromises) -> Fate {
        match fated {
            Fated::Is(fate) => *fate,
            Fated::Caught(handler, fate) => match self.plain(handler) {
                Val::Body(handler) if self.bodies_made.get(handler as usize).is_some_and(|body| body.is_deadly) => {
                    *fate
                }
                _ => Fate::Nothing,
            },
            Fated::Held(symbol) => match held.get(symbol) {
                Some((fate, within)) if within.is_none_or(|within| within == body) => *fate,
                _ => Fate::Nothing,
            },
        }
    }

    /// The bodies that throw or end the process with a failure, themselves or in what they call. Only handlers of failures are
    /// asked for that; where there is none, it is not worked out.
    fn deadly_bodies(&self) -> HashSet<u32> {
        let mut deadly = HashSet::new();
        let is_handler = |step: &OpenStep<'a>| matches!(step.what, What::Handles(..));
        if !self.bodies_made.iter().any(|body| body.steps.iter().any(is_handler)) {
            return deadly;
        }
        let mut callers: HashMap<u32, Vec<u32>> = HashMap::new();
        let mut pending = Vec::new();
        for (body, number) in self.bodies_made.iter().zip(0..) {
            if body.is_deadly {
                pending.push(number);
            }
            for step in body.steps.iter().filter(|step| !matches!(step.thrown, Fated::Is(Fate::Nothing))) {
                if let What::Call { callee, how: How::Call, .. } = &step.what
                    && let Val::Body(called) = self.plain(callee)
                {
                    callers.entry(called).or_default().push(number);
                }
            }
        }
        while let Some(body) = pending.pop() {
            if deadly.insert(body) {
                pending.extend(callers.get(&body).into_iter().flatten());
            }
        }
        deadly
    }

    /// What becomes of the promises that variables hold.
    fn held_promises(&self) -> HeldPromises {
        let steps = self.bodies_made.iter().flat_map(|body| &body.steps);
        let fates = steps.flat_map(|step| [step.thrown, step.rejected]);
        let symbols: HashSet<_> = fates
            .filter_map(|fated| match fated {
                Fated::Held(symbol) => Some(symbol),
                _ => None,
            })
            .collect();
        symbols.into_iter().map(|symbol| (symbol, self.held(symbol))).collect()
    }

    /// What becomes of a promise that a variable holds: what is done with the variable, and in which body.
    fn held(&self, symbol: SymbolId) -> (Fate, Option<u32>) {
        let uses = self.uses.get(&symbol).map(Vec::as_slice).unwrap_or_default();
        let read = self.scoping.get_resolved_references(symbol).filter(|reference| reference.is_read()).count();
        let within = uses.first().map(|(_, within)| *within);
        // Whoever else has it may look after it.
        if read != uses.len()
            || self.exports_variable.contains(&symbol)
            || uses.iter().any(|(_, other)| Some(*other) != within)
        {
            return (Fate::Nothing, within);
        }
        let mut fates = uses.iter().map(|(fated, _)| match fated {
            Fated::Is(fate) => *fate,
            _ => Fate::Nothing,
        });
        let fate = match fates.next() {
            None => Fate::Stops,
            Some(first) if first != Fate::Nothing && fates.all(|fate| fate != Fate::Nothing) => first,
            Some(_) => Fate::Nothing,
        };
        (fate, within)
    }

    /// Puts what was read of bodies in the form in which it is kept.
    pub(super) fn finish_bodies(&mut self) {
        self.has_own_require = self
            .scoping
            .get_root_binding("require".into())
            .is_some_and(|symbol| self.is_own_require(&Val::Symbol(symbol)));
        let requires = self.finish_requires();
        self.exports_variable = self
            .exported
            .iter()
            .filter_map(|(_, value)| match value {
                Val::Symbol(symbol) => Some(*symbol),
                _ => None,
            })
            .collect();
        let (assets, made) = self.finish_assets();
        let is_elsewhere = |path: &Val<'a>| matches!(self.plain(path), Val::Text(text) if text.starts_with('/'));
        // Where the folder changes, a relative path may be of any.
        let is_unknown = |path: &Val<'a>| {
            !is_elsewhere(path)
                && self.path(path).is_none_or(|path| path.is_of_start() && matches!(self.folder, Folder::Unknown))
        };
        self.module.writes_unknown = self.writes_unknown || self.written.iter().any(is_unknown);
        self.module.runs_programs = self.runs_programs;
        self.module.handed_on = self.handed_on();
        let (names, uses) = self.finish_names();
        self.module.names = uses;
        let known = Finished { requires, assets, names, held: self.held_promises(), deadly: self.deadly_bodies() };
        let mut places = Vec::new();
        let mut all = Vec::with_capacity(self.bodies_made.len());
        for (number, body) in self.bodies_made.iter().enumerate() {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            let mut steps = Vec::new();
            for step in &body.steps {
                self.keep_step(step, number, &known, &mut steps);
                if number == 0 {
                    places.resize(steps.len(), step.at);
                }
            }
            let gives = body.gives.as_ref().filter(|_| body.returns == 1).map(|value| self.kept(value));
            let gives = gives.filter(|value| *value != Value::Unknown);
            all.push(Body { kind: body.kind, defaults: body.defaults.as_slice().into(), steps: steps.into(), gives });
        }
        let classes: Vec<_> = self.classes.iter().map(|class| self.kept_class(class)).collect();
        let exports = self.exported.iter().map(|(name, value)| (name.clone(), self.kept(value)));
        let exports = bodies::sorted(exports.filter(|(_, value)| *value != Value::Unknown).collect());
        let mut patched: Vec<Box<str>> = self.assigned.iter().map(|name| (*name).into()).collect();
        patched.sort_unstable();
        let patched = patched.into();
        let mut kept = Bodies { all: all.into(), places: places.into(), classes: classes.into(), exports, patched };
        prune(&mut kept);
        self.module.bodies = kept;
        self.module.assets = known.assets.into_iter().map(Option::unwrap_or_default).collect();
        self.module.made = made.into();
        self.module.handed = self.finish_handed().into();
    }

    fn kept_class(&self, class: &OpenClass<'a>) -> KeptClass {
        KeptClass {
            construct: class.construct,
            is_open: class.is_open,
            base: class.base.as_ref().map(|base| self.kept(base)),
            statics: self.kept_members(&class.statics),
            members: self.kept_members(&class.members),
        }
    }

    /// Adds a step as it is kept, if something can come of it.
    fn keep_step(&self, step: &OpenStep<'a>, body: u32, known: &Finished, kept: &mut Vec<Step>) {
        let fate = |fated| self.fate(fated, body, &known.held);
        match &step.what {
            What::Import(number) => kept.push(Step::Import(*number, fate(&step.thrown))),
            What::Require(number) => {
                let (import, mention) = known.requires.get(*number as usize).copied().unwrap_or_default();
                kept.extend(import.map(|import| Step::Import(import, fate(&step.thrown))));
                kept.extend(mention.map(|mention| Step::Mention(mention, fate(&step.thrown))));
            }
            What::Mention(number) => kept.push(Step::Mention(*number, fate(&step.thrown))),
            What::Waits(number) => kept.push(Step::Waits(*number, fate(&step.thrown))),
            What::Name(number) => {
                if let Some(Some(number)) = known.names.get(*number as usize) {
                    kept.push(Step::Name(*number, fate(&step.thrown)));
                }
            }
            What::Asset(number) => {
                if let Some(Some(_)) = known.assets.get(*number as usize) {
                    kept.push(Step::Asset(*number, fate(&step.thrown)));
                }
            }
            What::Leaves => kept.push(Step::Leaves),
            What::Handles(handled, handler) => match self.plain(handler) {
                Val::Body(handler) if known.deadly.contains(&handler) => {}
                _ => kept.push(Step::Handles(*handled)),
            },
            What::Call { callee, how, arguments } => {
                let callee = match (self.kept(callee), how) {
                    (Value::Unknown, _) => return,
                    (Value::Function(_) | Value::Class(_) | Value::Instance(_), How::Get) => {
                        return;
                    }
                    (callee, _) => callee,
                };
                let (thrown, rejected) = (fate(&step.thrown), fate(&step.rejected));
                kept.push(Step::Call(Box::new(Call { callee, how: *how, arguments: *arguments, thrown, rejected })));
            }
        }
    }
}

/// Takes out calls of bodies in which nothing happens that matters.
fn prune(bodies: &mut Bodies) {
    let live = live(bodies);
    for (number, body) in bodies.all.iter_mut().enumerate() {
        let keep = |step: &Step| match target(step, &bodies.classes) {
            Target::Matters => true,
            Target::Body(called) => live.contains(&called),
            Target::Nothing => false,
        };
        let mut steps = std::mem::take(&mut body.steps).into_vec();
        if number == 0 {
            let places = bodies.places.iter().zip(&steps).filter(|(_, step)| keep(step));
            bodies.places = places.map(|(place, _)| *place).collect();
        }
        steps.retain(keep);
        body.steps = steps.into();
        body.defaults = body.defaults.iter().filter(|(_, default)| live.contains(default)).copied().collect();
    }
}

/// Bodies in which something happens that matters, or that call one.
fn live(bodies: &Bodies) -> HashSet<u32> {
    let mut callers: HashMap<u32, Vec<u32>> = HashMap::new();
    let mut pending = Vec::new();
    for (body, number) in bodies.all.iter().zip(0..) {
        for (_, default) in &body.defaults {
            callers.entry(*default).or_default().push(number);
        }
        for step in &body.steps {
            match target(step, &bodies.classes) {
                Target::Matters => pending.push(number),
                Target::Body(called) => callers.entry(called).or_default().push(number),
                Target::Nothing => {}
            }
        }
    }
    let mut live = HashSet::new();
    while let Some(number) = pending.pop() {
        if live.insert(number) {
            pending.extend(callers.get(&number).into_iter().flatten());
        }
    }
    live
}

/// What a step gets to.
enum Target {
    /// It matters by itself.
    Matters,
    /// A body of this file.
    Body(u32),
    Nothing,
}

fn target(step: &Step, classes: &[KeptClass]) -> Target {
    let Step::Call(call) = step else { return Target::Matters };
    let of_class = |class: u32| classes.get(class as usize).and_then(|class| class.construct);
    match &call.callee {
        Value::Function(body) | Value::Getter(body) => Target::Body(*body),
        Value::Class(class) => of_class(*class).map_or(Target::Nothing, Target::Body),
        // What another file has is not known here.
        _ if call.thrown != Fate::Nothing || call.rejected != Fate::Nothing => Target::Matters,
        _ => Target::Nothing,
    }
}
