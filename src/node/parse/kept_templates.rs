//! What is kept of a file for those that call its functions and read its constants, and of what it gives to theirs.

use super::open::{OpenAct, OpenStep, RunFolder, Val};
use super::reader::Reader;
use super::templates::{Holes, HolesSeen, is_of_import};
use crate::node::bodies::{CallKind, NamedValue};
use crate::node::modules::AssetUse;
use crate::node::templates::{
    AssetTemplate, BodyTemplate, CallTemplate, ClassTemplate, LoadTemplate, Template, Templates,
};
use hashbrown::{HashMap, HashSet};

/// Calls of a file that are kept.
const MAX_CALLS: usize = 4_096;
/// Classes that are followed from one to what it extends, with what they are members of.
const MAX_BASES: usize = 32;

/// What is kept, and by which numbers.
#[derive(Default)]
pub(super) struct KeptTemplates {
    /// The template of each load.
    pub(super) loads: Vec<Option<u32>>,
    /// That of each asset.
    pub(super) assets: Vec<Option<u32>>,
    /// That of calls, by their bodies and places in them.
    pub(super) calls: HashMap<(u32, usize), u32>,
    pub(super) kept: Templates,
}

/// What is found on the way.
struct Gathering {
    holes: Holes,
    loads: Vec<LoadTemplate>,
    assets: Vec<AssetTemplate>,
    calls: Vec<CallTemplate>,
    found: KeptTemplates,
    /// Bodies in which something depends on what they are given.
    wanting: HashSet<u32>,
}

impl Gathering {
    fn keep_call(&mut self, place: (u32, usize), call: CallTemplate) {
        if self.calls.len() < MAX_CALLS {
            let number = number_of(self.calls.len());
            self.calls.push(call);
            self.found.calls.insert(place, number);
        }
    }
}

fn number_of(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Whether something is known of what is given.
fn says_something(given: &[Template]) -> bool {
    given.iter().any(|given| *given != Template::Unknown)
}

impl<'a> Reader<'a, '_> {
    /// What is kept for other files; nothing of a file that neither imports nor exports anything.
    pub(super) fn finish_templates(&self) -> KeptTemplates {
        let imports = self.imports.iter().any(|import| Self::may_be_ours(&import.specifier));
        if !imports && self.exported.is_empty() {
            return KeptTemplates::default();
        }
        let mut gathering = Gathering {
            holes: Holes::of(&self.bodies_made),
            loads: Vec::new(),
            assets: Vec::new(),
            calls: Vec::new(),
            found: KeptTemplates::default(),
            wanting: HashSet::new(),
        };
        self.gather_loads(&mut gathering);
        self.gather_assets(&mut gathering);
        self.gather_steps(&mut gathering);
        self.gather_own_calls(&mut gathering);
        let exports = self.gather_exports(&gathering.holes);
        let bodies = self.gather_bodies(&gathering);
        let classes = self.gather_classes(&gathering.holes);
        let Gathering { holes, loads, assets, calls, found, .. } = gathering;
        let kept = Templates {
            loads: loads.into(),
            assets: assets.into(),
            calls: calls.into(),
            bodies,
            classes,
            exports,
            handed_on: self.names_handed_on(),
            changes: self.names_changed(),
            parts: holes.parts(),
        };
        KeptTemplates { kept, ..found }
    }

    fn gather_loads(&self, gathering: &mut Gathering) {
        for load in &self.loads {
            let named = self.template(&load.named, &gathering.holes);
            let is_open = HolesSeen::in_all([&named]).any();
            let kept = self.form_of_load(&load.by).filter(|_| is_open).map(|form| (form, named));
            gathering.found.loads.push(kept.map(|((form, attributes), named)| {
                gathering.loads.push(LoadTemplate { named, form, attributes, line: load.line });
                number_of(gathering.loads.len() - 1)
            }));
        }
    }

    fn gather_assets(&self, gathering: &mut Gathering) {
        for asset in &self.assets {
            let is_used = asset.how != Some(AssetUse::Named);
            let path = is_used.then(|| self.template(&asset.path, &gathering.holes));
            let path = path.filter(|path| HolesSeen::in_all([path]).any());
            gathering.found.assets.push(path.map(|path| {
                let is_of_start = match asset.folder {
                    RunFolder::Start => !matches!(self.folder, RunFolder::Unknown),
                    RunFolder::InFunction => !self.module.changes_folder,
                    RunFolder::At(_) | RunFolder::Unknown => false,
                };
                gathering.assets.push(AssetTemplate { path, how: asset.how, is_of_start, line: asset.line });
                number_of(gathering.assets.len() - 1)
            }));
        }
    }

    /// What each body does with what it is given, by itself.
    fn gather_steps(&self, gathering: &mut Gathering) {
        for (body, number) in self.bodies_made.iter().zip(0..) {
            for (at, step) in body.steps.iter().enumerate() {
                let seen = match &step.what {
                    OpenAct::Load(load) => {
                        let load = gathering.found.loads.get(*load as usize).copied().flatten();
                        let load = load.and_then(|load| gathering.loads.get(load as usize));
                        load.map(|load| HolesSeen::in_all([&load.named]))
                    }
                    OpenAct::Asset(asset) => {
                        let asset = gathering.found.assets.get(*asset as usize).copied().flatten();
                        let asset = asset.and_then(|asset| gathering.assets.get(asset as usize));
                        asset.map(|asset| HolesSeen::in_all([&asset.path]))
                    }
                    // A class without a constructor hands all to that of the class which it extends.
                    OpenAct::Call { callee, how: CallKind::Super, given: None, .. } if body.is_construct => {
                        is_of_import(&self.kept(callee)).then(|| {
                            gathering.keep_call((number, at), CallTemplate { callee: None, this: None, given: None });
                            HolesSeen { given: true, ..HolesSeen::default() }
                        })
                    }
                    OpenAct::Call { callee, given, .. } => self.gather_call((number, at), callee, *given, gathering),
                    _ => None,
                };
                if let Some(seen) = seen.filter(|seen| seen.given) {
                    gathering.wanting.insert(number);
                    // A function within another sees what that is given.
                    gathering.wanting.extend(seen.of);
                }
            }
        }
    }

    /// A call of what another file has, or of what the body is given; and what is open in it.
    fn gather_call(
        &self,
        place: (u32, usize),
        callee: &Val<'a>,
        given: Option<&'a [Val<'a>]>,
        gathering: &mut Gathering,
    ) -> Option<HolesSeen> {
        let values = given?;
        let holes = &gathering.holes;
        let may_be_of_import = match callee.root() {
            Val::Symbol(symbol) => matches!(
                self.inits.get(&symbol),
                Some(Val::Import(_) | Val::Member(..) | Val::Call(..) | Val::New(..) | Val::Symbol(_))
            ),
            Val::Call(..) | Val::New(..) => true,
            _ => false,
        };
        let object = || match callee {
            Val::Member(object, _) => match self.template(object, holes) {
                object @ (Template::New(..) | Template::Parameter(..) | Template::Call(..) | Template::Member(..)) => {
                    Some(object)
                }
                object @ Template::Named(NamedValue::Member(..)) => Some(object),
                _ => None,
            },
            _ => None,
        };
        let call = if may_be_of_import && self.is_of_another_file(callee) {
            // What a function gives may see what that was given.
            let callee = match self.plain(callee) {
                Val::Call(..) => {
                    Some(self.template(callee, holes)).filter(|callee| matches!(callee, Template::Call(..)))
                }
                _ => None,
            };
            CallTemplate { callee, this: object(), given: Some(self.templates(values, holes)) }
        } else if !self.exported.is_empty()
            && let callee @ (Template::Parameter(..) | Template::Member(..)) = self.callee_template(callee, holes)
        {
            CallTemplate { callee: Some(callee), this: object(), given: Some(self.templates(values, holes)) }
        } else {
            return None;
        };
        if !says_something(call.given.as_deref().unwrap_or_default()) && call.this.is_none() && call.callee.is_none() {
            return None;
        }
        let seen = HolesSeen::in_all(call.given.iter().flatten().chain(&call.this).chain(&call.callee));
        gathering.keep_call(place, call);
        Some(seen)
    }

    /// Whether something is of another file, be it a method of a class that a class of this one extends.
    fn is_of_another_file(&self, callee: &Val<'a>) -> bool {
        let mut kept = self.kept(callee);
        if is_of_import(&kept) {
            return true;
        }
        for _ in 0..MAX_BASES {
            let class = match kept {
                NamedValue::Member(of, _) | NamedValue::Instance(of) => {
                    kept = *of;
                    continue;
                }
                NamedValue::Class(class) => class,
                _ => return false,
            };
            let Some(base) = self.classes.get(class as usize).and_then(|class| class.base) else { return false };
            kept = self.kept(base);
            if is_of_import(&kept) {
                return !matches!(self.plain(callee), Val::Body(_));
            }
        }
        false
    }

    /// What is called, where that is something that a body is given.
    fn callee_template(&self, callee: &Val<'a>, holes: &Holes) -> Template {
        match callee.root() {
            Val::Symbol(symbol) if !self.inits.contains_key(&symbol) => self.template(callee, holes),
            Val::Parameter(..) => self.template(callee, holes),
            _ => Template::Unknown,
        }
    }

    /// Calls of bodies of this file that want something.
    fn gather_own_calls(&self, gathering: &mut Gathering) {
        if gathering.wanting.is_empty() {
            return;
        }
        let mut callers: HashMap<u32, Vec<(u32, usize)>> = HashMap::new();
        for (body, number) in self.bodies_made.iter().zip(0..) {
            for (at, step) in body.steps.iter().enumerate() {
                if let Some(called) = self.own_body(step)
                    && !gathering.found.calls.contains_key(&(number, at))
                {
                    callers.entry(called).or_default().push((number, at));
                }
            }
        }
        let mut pending: Vec<u32> = gathering.wanting.iter().copied().collect();
        pending.sort_unstable();
        while let Some(called) = pending.pop() {
            for place @ (number, at) in callers.remove(&called).unwrap_or_default() {
                let Some(body) = self.bodies_made.get(number as usize) else { continue };
                let Some(OpenAct::Call { callee, given, arguments, .. }) = body.steps.get(at).map(|step| &step.what)
                else {
                    continue;
                };
                let hands_all = given.is_none() && body.is_construct && *arguments == 255;
                let this = match callee {
                    Val::Member(object, _) => Some(self.template(object, &gathering.holes)),
                    _ => None,
                };
                let this = this.filter(|this| matches!(this, Template::New(..) | Template::Parameter(..)));
                let given = given.map(|given| self.templates(given, &gathering.holes));
                let call = CallTemplate { callee: None, this, given };
                let seen = HolesSeen::in_all(call.given.iter().flatten().chain(&call.this));
                gathering.keep_call(place, call);
                let is_within = self.bodies_made.get(called as usize).is_some_and(|body| body.is_method);
                let wants = seen.given || hands_all || (is_within && body.is_method);
                for number in seen.of.into_iter().chain(wants.then_some(number)) {
                    if gathering.wanting.insert(number) {
                        pending.push(number);
                    }
                }
            }
        }
    }

    /// The body of this file that a step calls.
    fn own_body(&self, step: &OpenStep<'a>) -> Option<u32> {
        let OpenAct::Call { callee, how, given, .. } = &step.what else { return None };
        if matches!(how, CallKind::Get | CallKind::Extend | CallKind::Read) {
            return None;
        }
        let called = match callee {
            Val::Member(Val::This(class), name) => Val::Member(self.keep(self.instance_of(*class)), name),
            callee => *callee,
        };
        self.target(&called, *how, given.unwrap_or_default(), None).map(|(body, _)| body)
    }

    fn gather_exports(&self, holes: &Holes) -> Box<[(Box<str>, Template)]> {
        let (mut exports, mut kept) = (Vec::new(), HashSet::new());
        for (name, value) in self.exported.iter().rev() {
            if self.exported_anew.contains(&**name) || kept.contains(name) {
                continue;
            }
            let template = self.template(value, holes);
            let is_named = matches!(
                template,
                Template::Named(NamedValue::Function(_) | NamedValue::Class(_) | NamedValue::Getter(_))
            );
            if !matches!(template, Template::Unknown | Template::Undefined) && !is_named {
                kept.insert(name);
                exports.push((name.clone(), template));
            }
        }
        exports.sort_by(|(one, _), (other, _)| one.cmp(other));
        exports.into()
    }

    /// Bodies that are exported, with the methods of classes and objects.
    fn exported_bodies(&self) -> HashSet<u32> {
        let (mut found, mut seen) = (HashSet::new(), HashSet::new());
        let mut pending: Vec<Val<'a>> = self.exported.iter().map(|(_, value)| *value).collect();
        // A class may be made by an exported function.
        let classes = self.classes.iter().zip(0..).filter(|(class, _)| class.construct.is_some());
        pending.extend(classes.map(|(_, number)| Val::Class(number)));
        while let Some(value) = pending.pop() {
            match self.plain(&value) {
                Val::Body(body) if found.insert(body) => {
                    // What it gives may be a function, too.
                    let gives = self.bodies_made.get(body as usize).and_then(|body| body.gives);
                    pending.extend(gives.filter(|gives| matches!(gives, Val::Body(_))));
                }
                Val::Class(number) if seen.insert(number) => {
                    if let Some(class) = self.classes.get(number as usize) {
                        let members = class.statics.as_slice().iter().chain(class.members.as_slice());
                        pending.extend(members.map(|(_, value)| *value));
                    }
                }
                _ => {}
            }
        }
        found
    }

    fn gather_bodies(&self, gathering: &Gathering) -> Box<[BodyTemplate]> {
        let exported = self.exported_bodies();
        let constructors = self.classes.iter().filter_map(|class| class.constructor);
        let constructors: HashSet<u32> = if self.exported.is_empty() { HashSet::new() } else { constructors.collect() };
        let mut numbers: Vec<u32> = gathering.wanting.union(&exported).chain(&constructors).copied().collect();
        numbers.sort_unstable();
        numbers.dedup();
        let holes = &gathering.holes;
        let of = |number: u32| {
            let body = self.bodies_made.get(number as usize)?;
            let wants = gathering.wanting.contains(&number);
            let gives = body.gives.as_ref().filter(|_| body.returns == 1 && exported.contains(&number));
            let gives = gives.map(|gives| self.template(gives, holes)).filter(|gives| *gives != Template::Unknown);
            let is_asked_for =
                wants || gives.is_some() || (constructors.contains(&number) && !body.fallbacks.is_empty());
            is_asked_for.then(|| BodyTemplate {
                body: number,
                parameters: u8::try_from(body.parameters.len()).unwrap_or(u8::MAX),
                fallbacks: body.fallbacks.iter().map(|(place, value)| (*place, self.template(value, holes))).collect(),
                gives,
                wants,
                is_construct: body.is_construct,
                is_method: body.is_method,
            })
        };
        numbers.into_iter().filter_map(of).collect()
    }

    fn gather_classes(&self, holes: &Holes) -> Box<[ClassTemplate]> {
        let classes = self.classes.iter().zip(0..).filter(|(class, _)| class.construct.is_some() && !class.is_open);
        let of = |(class, number): (&super::open::OpenClass<'a>, u32)| {
            let fields = class.members.as_slice().iter();
            let fields = fields.filter(|(_, value)| !matches!(value, Val::Body(_) | Val::Getter(_)));
            let of = |(name, value): &(&str, Val<'a>), is_given: bool| {
                let is_got = matches!(class.members.get(name), Some(Val::Getter(_)));
                let is_other = if is_given { self.assigned_anew.contains(name) } else { self.assigned.contains(name) };
                // What is not known hides what the class that it extends gives.
                let value = if is_got || is_other { Template::Unknown } else { self.template(value, holes) };
                (Box::from(*name), value)
            };
            let given = class.given.iter().map(|given| of(given, true));
            let given: Box<[(Box<str>, Template)]> = fields.map(|field| of(field, false)).chain(given).collect();
            (!given.is_empty() || class.base.is_some()).then_some(ClassTemplate {
                class: number,
                constructor: class.constructor,
                given,
            })
        };
        classes.filter_map(of).collect()
    }

    fn names_changed(&self) -> Box<[Box<str>]> {
        let mut names: Vec<Box<str>> = self.assigned_to_others.iter().map(|name| (*name).into()).collect();
        names.sort_unstable();
        names.into()
    }

    /// Names of what is imported and used for more than its members.
    fn names_handed_on(&self) -> Box<[Box<str>]> {
        let may_be_exports = |of: &Val<'a>| match of {
            Val::Symbol(symbol) => self.inits.get(symbol).is_some_and(Val::may_be_exports),
            of => of.may_be_exports(),
        };
        let named = self.inits.iter().filter_map(|(symbol, value)| match value {
            Val::Member(of, name) if may_be_exports(of) && self.is_used_beyond_members(*symbol) => Some(*name),
            _ => None,
        });
        let names: HashSet<&str> = named.chain(self.given_members.iter().copied()).collect();
        let mut names: Vec<Box<str>> = names.into_iter().map(Into::into).collect();
        names.sort_unstable();
        names.into()
    }
}
