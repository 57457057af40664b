//! The bodies that are kept once the whole file was read: those in which something can fail, and those that call one.

use super::kept_templates::KeptTemplates;
use super::open::{Fated, OpenAct, OpenClass, OpenStep, RunFolder, Val};
use super::reader::Reader;
use crate::node::bodies::{
    self, Bodies, Body, BodyKind, BodyStep, Call, CallKind, Class as KeptClass, FailureFate, NamedValue,
};
use crate::node::ends::{AgentEnd, EndsBy, FileEnds};
use crate::node::modules::{Asset, Waits};
use crate::node::templates::Templates;
use hashbrown::{HashMap, HashSet};
use oxc_syntax::symbol::SymbolId;

/// What becomes of a promise by the variable that holds it, and the body in which that is done.
type HeldPromises = HashMap<SymbolId, (FailureFate, Option<u32>)>;

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
    /// What is kept for other files.
    templates: KeptTemplates,
}

impl<'a> Reader<'a, '_> {
    /// Imports in variables that are used for more than their members.
    fn handed_on(&self) -> Box<[u32]> {
        let held = self.inits.iter().filter(|(_, value)| value.may_be_exports());
        let handed_on = held.filter(|(symbol, _)| self.is_used_beyond_members(**symbol));
        let imports = handed_on.filter_map(|(_, value)| match self.kept(value) {
            NamedValue::Import(number) => Some(number),
            NamedValue::Member(of, name) if &*name == "default" => match *of {
                NamedValue::Import(number) => Some(number),
                _ => None,
            },
            _ => None,
        });
        imports.collect()
    }

    /// The fate of a failure, now that the whole file was seen.
    fn fate(&self, fated: &Fated<'a>, body: u32, held: &HeldPromises) -> FailureFate {
        match fated {
            Fated::Is(fate) => *fate,
            Fated::Caught(handler, fate) => match self.plain(handler) {
                Val::Body(handler) if self.bodies_made.get(handler as usize).is_some_and(|body| body.is_deadly) => {
                    *fate
                }
                _ => FailureFate::Nothing,
            },
            Fated::Held(symbol) => match held.get(symbol) {
                Some((fate, within)) if within.is_none_or(|within| within == body) => *fate,
                _ => FailureFate::Nothing,
            },
        }
    }

    /// The bodies that throw or end the process with a failure, themselves or in what they call. Only handlers of failures are
    /// asked for that; where there is none, it is not worked out.
    fn deadly_bodies(&self) -> HashSet<u32> {
        let mut deadly = HashSet::new();
        let is_handler = |step: &OpenStep<'a>| matches!(step.what, OpenAct::Handles(..));
        if !self.bodies_made.iter().any(|body| body.steps.iter().any(is_handler)) {
            return deadly;
        }
        let mut callers: HashMap<u32, Vec<u32>> = HashMap::new();
        let mut pending = Vec::new();
        for (body, number) in self.bodies_made.iter().zip(0..) {
            if body.is_deadly {
                pending.push(number);
            }
            for step in body.steps.iter().filter(|step| !matches!(step.thrown, Fated::Is(FailureFate::Nothing))) {
                let called = match &step.what {
                    OpenAct::Call { callee, how: CallKind::Call, .. } => self.plain(callee),
                    OpenAct::Copy { body, how: CallKind::Call, .. } => Val::Body(*body),
                    _ => continue,
                };
                if let Val::Body(called) = called {
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
    fn held(&self, symbol: SymbolId) -> (FailureFate, Option<u32>) {
        let uses = self.uses.get(&symbol).map(Vec::as_slice).unwrap_or_default();
        let read = self.scoping.get_resolved_references(symbol).filter(|reference| reference.is_read()).count();
        let within = uses.first().map(|(_, within)| *within);
        // Whoever else has it may look after it.
        if read != uses.len()
            || self.exports_variable.contains(&symbol)
            || uses.iter().any(|(_, other)| Some(*other) != within)
        {
            return (FailureFate::Nothing, within);
        }
        let mut fates = uses.iter().map(|(fated, _)| match fated {
            Fated::Is(fate) => *fate,
            _ => FailureFate::Nothing,
        });
        let fate = match fates.next() {
            None => FailureFate::Stops,
            Some(first) if first != FailureFate::Nothing && fates.all(|fate| fate != FailureFate::Nothing) => first,
            Some(_) => FailureFate::Nothing,
        };
        (fate, within)
    }

    /// Puts what was read of bodies in the form in which it is kept.
    pub(super) fn finish_bodies(&mut self) {
        self.has_own_require = self
            .scoping
            .get_root_binding("require".into())
            .is_some_and(|symbol| self.is_own_require(&Val::Symbol(symbol)));
        self.specialize();
        self.note_endless();
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
                && self.path(path).is_none_or(|path| path.is_of_start() && matches!(self.folder, RunFolder::Unknown))
        };
        self.module.writes_unknown = self.writes_unknown || self.written.iter().any(is_unknown);
        self.module.makes_folders = self.makes_folders;
        self.module.runs_programs = self.runs_programs;
        self.module.handed_on = self.handed_on();
        self.module.texts = std::mem::take(&mut self.texts).into();
        self.module.waits =
            Some(std::mem::take(&mut self.waits)).filter(|waits| *waits != Waits::default()).map(Box::new);
        self.module.ends =
            Some(std::mem::take(&mut self.ends)).filter(|ends| *ends != FileEnds::default()).map(Box::new);
        let (names, uses) = self.finish_names();
        self.module.names = uses;
        let known = Finished {
            requires,
            assets,
            names,
            held: self.held_promises(),
            deadly: self.deadly_bodies(),
            templates: self.finish_templates(),
        };
        let mut places = Vec::new();
        let mut all = Vec::with_capacity(self.bodies_made.len());
        for (number, body) in self.bodies_made.iter().enumerate() {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            let mut steps = Vec::new();
            let source = body.copy_of.unwrap_or(number);
            for (at, step) in body.steps.iter().enumerate() {
                self.keep_step((number, at), step, source, &known, &mut steps);
                if number == 0 {
                    places.resize(steps.len(), step.at);
                }
            }
            let gives = body.gives.as_ref().filter(|_| body.returns == 1).map(|value| self.kept(value));
            let gives = gives.filter(|value| *value != NamedValue::Unknown);
            let (defaults, steps) = (body.defaults.as_slice().into(), steps.into());
            all.push(Body { kind: body.kind, defaults, steps, gives, reads_this: body.reads_this });
        }
        let classes: Vec<_> = self.classes.iter().map(|class| self.kept_class(class)).collect();
        let exports = self.exported.iter().filter(|(name, _)| !self.exported_anew.contains(&**name));
        let exports = exports.map(|(name, value)| (name.clone(), self.kept(value)));
        let exports = bodies::sorted(exports.filter(|(_, value)| *value != NamedValue::Unknown).collect());
        let mut patched: Vec<Box<str>> = self.assigned.iter().map(|name| (*name).into()).collect();
        patched.sort_unstable();
        let patched = patched.into();
        let mut replaced: Vec<Box<str>> = self.replaced_in_imports.iter().map(|name| (*name).into()).collect();
        replaced.sort_unstable();
        let (replaced, taken) = (replaced.into(), self.names_taken());
        let (all, places, classes) = (all.into(), places.into(), classes.into());
        let mut kept = Bodies { all, places, classes, exports, patched, replaced, taken };
        prune(&mut kept);
        self.module.bodies = kept;
        self.module.templates = Some(known.templates.kept).filter(|kept| *kept != Templates::default()).map(Box::new);
        self.module.assets = known.assets.into_iter().map(Option::unwrap_or_default).collect();
        self.module.made = made.into();
        self.module.handed = self.finish_handed().into();
    }

    /// Notes functions that call themselves whatever happens: `function f() { return f(); }`.
    fn note_endless(&mut self) {
        let mut endless = Vec::new();
        for (body, number) in self.bodies_made.iter().zip(0u32..) {
            let mut calls = body.steps.iter().enumerate();
            let first = calls.find(|(_, step)| matches!(step.what, OpenAct::Call { .. } | OpenAct::Copy { .. }));
            if let (BodyKind::Sync, Some((at, step))) = (body.kind, first)
                && let OpenAct::Call { callee: callee @ Val::Symbol(_), how: CallKind::Call, .. } = &step.what
                && step.is_certain
                && !step.is_caught
                && matches!(self.plain(callee), Val::Body(called) if called == number)
            {
                endless.push((number, at, step.at));
            }
        }
        for (number, at, place) in endless {
            let said = Some("RangeError: Maximum call stack size exceeded".into());
            let (line, written) = (self.lines.of(place), "f()".into());
            self.ends.all.push(AgentEnd { line, how: EndsBy::Throw, written, said, needs_strict: false });
            let ending = u32::try_from(self.ends.all.len() - 1).unwrap_or(u32::MAX);
            let body = self.bodies_made.get_mut(number as usize);
            if let Some(step) = body.and_then(|body| body.steps.get_mut(at)) {
                step.what = OpenAct::Ends(ending);
            }
        }
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
    fn keep_step(
        &self,
        place: (u32, usize),
        step: &OpenStep<'a>,
        body: u32,
        known: &Finished,
        kept: &mut Vec<BodyStep>,
    ) {
        let fate = |fated| self.fate(fated, body, &known.held);
        match &step.what {
            OpenAct::Import(number) => kept.push(BodyStep::Import(*number, fate(&step.thrown))),
            OpenAct::Require(number) => {
                let (import, mention) = known.requires.get(*number as usize).copied().unwrap_or_default();
                kept.extend(import.map(|import| BodyStep::Import(import, fate(&step.thrown))));
                kept.extend(mention.map(|mention| BodyStep::Mention(mention, fate(&step.thrown))));
            }
            OpenAct::Mention(number) => kept.push(BodyStep::Mention(*number, fate(&step.thrown))),
            OpenAct::Waits(number) => kept.push(BodyStep::Waits(*number, fate(&step.thrown))),
            OpenAct::Ends(number) if self.is_heard(*number) || self.is_given_something(*number) => {}
            OpenAct::Ends(number) => kept.push(BodyStep::Ends(*number, fate(&step.thrown))),
            OpenAct::Pauses => kept.push(BodyStep::Pauses),
            OpenAct::Name(number) => {
                if let Some(Some(number)) = known.names.get(*number as usize) {
                    kept.push(BodyStep::Name(*number, fate(&step.thrown)));
                }
            }
            OpenAct::Asset(number) => {
                if let Some(Some(_)) = known.assets.get(*number as usize) {
                    kept.push(BodyStep::Asset(*number, fate(&step.thrown)));
                }
                if let Some(Some(number)) = known.templates.assets.get(*number as usize) {
                    kept.push(BodyStep::OpenAsset(*number, fate(&step.thrown)));
                }
            }
            OpenAct::Load(number) => {
                if let Some(Some(number)) = known.templates.loads.get(*number as usize) {
                    kept.push(BodyStep::OpenLoad(*number, fate(&step.thrown)));
                }
            }
            OpenAct::Copy { body, how, arguments, is_doubtful } => kept.push(BodyStep::Call(Box::new(Call {
                callee: NamedValue::Function(*body),
                how: *how,
                arguments: *arguments,
                thrown: fate(&step.thrown),
                rejected: fate(&step.rejected),
                is_certain: step.is_certain,
                is_doubtful: *is_doubtful,
                template: None,
            }))),
            OpenAct::Leaves => kept.push(BodyStep::Leaves),
            OpenAct::Handles(handled, handler) => match self.plain(handler) {
                Val::Body(handler) if known.deadly.contains(&handler) => {}
                _ => kept.push(BodyStep::Handles(*handled)),
            },
            OpenAct::Call { callee, how, arguments, .. } => {
                let is_doubtful = self.is_doubtful(callee);
                let template = known.templates.calls.get(&place).copied();
                let callee = match (self.kept(callee), how) {
                    (NamedValue::Unknown, _) if template.is_none() => return,
                    (NamedValue::Function(_) | NamedValue::Class(_) | NamedValue::Instance(_), CallKind::Get) => {
                        return;
                    }
                    (callee, _) => callee,
                };
                let (thrown, rejected) = (fate(&step.thrown), fate(&step.rejected));
                kept.push(BodyStep::Call(Box::new(Call {
                    callee,
                    how: *how,
                    arguments: *arguments,
                    thrown,
                    rejected,
                    is_certain: step.is_certain,
                    is_doubtful,
                    template,
                })));
            }
        }
    }
}

/// Takes out calls of bodies in which nothing happens that matters.
fn prune(bodies: &mut Bodies) {
    let live = live(bodies);
    for (number, body) in bodies.all.iter_mut().enumerate() {
        let keep = |step: &BodyStep| match target(step, &bodies.classes) {
            _ if matches!(step, BodyStep::Pauses) => true,
            StepTarget::Matters => true,
            StepTarget::Body(called) => live.contains(&called),
            StepTarget::Nothing => false,
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
                StepTarget::Matters => pending.push(number),
                StepTarget::Body(called) => callers.entry(called).or_default().push(number),
                StepTarget::Nothing => {}
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
enum StepTarget {
    /// It matters by itself.
    Matters,
    /// A body of this file.
    Body(u32),
    Nothing,
}

fn target(step: &BodyStep, classes: &[KeptClass]) -> StepTarget {
    let call = match step {
        BodyStep::Call(call) => call,
        BodyStep::Pauses => return StepTarget::Nothing,
        _ => return StepTarget::Matters,
    };
    if call.template.is_some() {
        return StepTarget::Matters;
    }
    let of_class = |class: u32| classes.get(class as usize).and_then(|class| class.construct);
    match &call.callee {
        NamedValue::Function(body) | NamedValue::Getter(body) => StepTarget::Body(*body),
        NamedValue::Class(class) => of_class(*class).map_or(StepTarget::Nothing, StepTarget::Body),
        // What another file has is not known here.
        _ if call.thrown != FailureFate::Nothing || call.rejected != FailureFate::Nothing => StepTarget::Matters,
        _ => StepTarget::Nothing,
    }
}
