//! Values as they are kept for other files: with holes for parameters, and with what other files give in them.

use super::open::{OpenBody, Val};
use super::reader::Reader;
use crate::node::bodies::NamedValue;
use crate::node::builtins;
use crate::node::modules::FolderName;
use crate::node::templates::{OwnPath, PathCall, Template};
use hashbrown::HashMap;
use oxc_syntax::symbol::SymbolId;
use std::cell::Cell;

/// Names, members and calls that are followed for one value.
const MAX_DEPTH: u32 = 12;
/// Parts of values that are kept of one file.
const MAX_PARTS: usize = 16 << 10;
/// Members of an object that is kept.
const MAX_MEMBERS: usize = 64;
/// Bytes of a text that is kept: longer ones name no file.
const MAX_TEXT: usize = 1_024;

/// Names that stand for what a body is given.
pub(super) struct Holes {
    parameters: HashMap<SymbolId, (u32, u8)>,
    rests: HashMap<SymbolId, u32>,
    /// Parts that may still be kept.
    left: Cell<usize>,
}

impl Holes {
    pub(super) fn of(bodies: &[OpenBody<'_>]) -> Self {
        let mut holes = Self { parameters: HashMap::new(), rests: HashMap::new(), left: Cell::new(MAX_PARTS) };
        for (body, number) in bodies.iter().zip(0..) {
            for (parameter, place) in body.parameters.iter().zip(0..=u8::MAX) {
                holes.parameters.extend(parameter.map(|name| (name, (number, place))));
            }
            holes.rests.extend(body.rest.map(|name| (name, number)));
        }
        holes
    }

    /// How many parts are kept.
    pub(super) fn parts(&self) -> usize {
        MAX_PARTS - self.left.get()
    }
}

impl<'a> Reader<'a, '_> {
    /// A value as it is kept.
    pub(super) fn template(&self, value: &Val<'a>, holes: &Holes) -> Template {
        self.template_within(value, holes, MAX_DEPTH)
    }

    pub(super) fn templates(&self, values: &[Val<'a>], holes: &Holes) -> Box<[Template]> {
        values.iter().map(|value| self.template(value, holes)).collect()
    }

    fn template_within(&self, value: &Val<'a>, holes: &Holes, depth: u32) -> Template {
        let (Some(depth), Some(left)) = (depth.checked_sub(1), holes.left.get().checked_sub(1)) else {
            return Template::Unknown;
        };
        holes.left.set(left);
        let of = |value: &Val<'a>| self.template_within(value, holes, depth);
        let all = |values: &[Val<'a>]| values.iter().map(of).collect();
        match value {
            Val::Symbol(symbol) => self.template_of_name(*symbol, holes, depth),
            Val::Text(text) if text.len() <= MAX_TEXT => Template::Text((*text).into()),
            Val::Global("undefined") => Template::Undefined,
            Val::Global("__dirname") => Template::Own(OwnPath::Folder, FolderName::Plain),
            Val::Global("__filename") => Template::Own(OwnPath::File, FolderName::Plain),
            Val::Parameter(body, place) => Template::Parameter(*body, *place),
            Val::Body(body) => Template::Named(NamedValue::Function(*body)),
            Val::Class(number) => self.template_of_class(*number, holes, depth),
            Val::This(class) => Template::This(*class),
            Val::Import(_) => named(self.kept(value)),
            Val::Spread(spread) => Template::Spread(Box::new(of(spread))),
            Val::Joined(parts) => Template::Joined(all(parts)),
            Val::Member(object, name) => self.template_of_member(value, object, name, holes, depth),
            Val::Call(callee, given) => self.template_of_call(value, callee, given, holes, depth),
            Val::New(class, given) => match self.builtin(class) {
                Some(("url", name)) if name == "URL" => Template::Path(PathCall::Url, all(given)),
                Some(_) => Template::Unknown,
                None => match of(class) {
                    class @ (Template::Named(_) | Template::Parameter(..)) => {
                        Template::New(Box::new(class), all(given))
                    }
                    _ => Template::Unknown,
                },
            },
            _ => Template::Unknown,
        }
    }

    fn template_of_name(&self, symbol: SymbolId, holes: &Holes, depth: u32) -> Template {
        if self.is_mutated(symbol) || self.changes_arguments {
            return Template::Unknown;
        }
        if let Some((body, place)) = holes.parameters.get(&symbol) {
            return Template::Parameter(*body, *place);
        }
        if let Some(body) = holes.rests.get(&symbol) {
            return Template::Rest(*body);
        }
        match self.inits.get(&symbol) {
            // Whoever else has an object may give it other members.
            Some(Val::Class(number)) if self.is_single_object(*number) && self.is_given_away(symbol) => {
                Template::Unknown
            }
            Some(init) => self.template_within(init, holes, depth),
            None => Template::Unknown,
        }
    }

    fn is_single_object(&self, class: u32) -> bool {
        self.classes.get(class as usize).is_some_and(|class| class.construct.is_none())
    }

    /// Whether a name is used for more than its members, and more than once by what exports it.
    fn is_given_away(&self, symbol: SymbolId) -> bool {
        let uses = self.scoping.get_resolved_references(symbol).count();
        let members = self.member_uses.get(symbol.index()).map_or(0, |members| *members as usize);
        let exporting = usize::from(!self.exported_where_declared.contains(&symbol));
        uses.saturating_sub(members) > self.exporting_uses.get(&symbol).map_or(exporting, |uses| exporting.max(*uses))
    }

    fn template_of_class(&self, number: u32, holes: &Holes, depth: u32) -> Template {
        if !self.is_single_object(number) {
            return Template::Named(NamedValue::Class(number));
        }
        let Some(object) = self.classes.get(number as usize) else { return Template::Unknown };
        let mut members: Vec<(Box<str>, Template)> = Vec::new();
        for (name, value) in object.statics.as_slice().iter().rev() {
            let is_there = members.iter().any(|(known, _)| **known == **name);
            if members.len() >= MAX_MEMBERS || is_there || self.assigned.contains(name) {
                continue;
            }
            let value = self.template_within(value, holes, depth);
            if value != Template::Unknown {
                members.push(((*name).into(), value));
            }
        }
        if members.is_empty() { Template::Unknown } else { Template::Object(members.into()) }
    }

    fn template_of_member(
        &self,
        value: &Val<'a>,
        object: &Val<'a>,
        name: &'a str,
        holes: &Holes,
        depth: u32,
    ) -> Template {
        let of = |value: &Val<'a>| self.template_within(value, holes, depth);
        match (object, name) {
            (Val::Global("module"), "path") => return Template::Own(OwnPath::Folder, FolderName::Plain),
            (Val::Global("module"), "filename") => return Template::Own(OwnPath::File, FolderName::Plain),
            (Val::This(_) | Val::Parameter(..), name) => {
                return Template::Member(Box::new(of(object)), name.into());
            }
            _ => {}
        }
        if name == "*" || self.builtin(value).is_some() {
            return Template::Unknown;
        }
        match (self.plain(object), name) {
            (Val::Meta, "dirname") => return Template::Own(OwnPath::Folder, FolderName::Meta),
            (Val::Meta, "filename") => return Template::Own(OwnPath::File, FolderName::Meta),
            (Val::Meta, "url") => return Template::Own(OwnPath::Url, FolderName::Plain),
            _ => {}
        }
        let member = |object: Template| match object {
            Template::Unknown | Template::Object(_) => Template::Unknown,
            object => Template::Member(Box::new(object), name.into()),
        };
        match self.plain(value) {
            Val::Unknown => match object.root() {
                Val::Symbol(symbol) if holes.parameters.contains_key(&symbol) => member(of(object)),
                _ => Template::Unknown,
            },
            plain @ Val::Member(inner, name) => match named(self.kept(&plain)) {
                Template::Unknown => {
                    let inner = of(inner);
                    match inner {
                        Template::Unknown | Template::Object(_) => Template::Unknown,
                        inner => Template::Member(Box::new(inner), name.into()),
                    }
                }
                named => named,
            },
            plain => of(&plain),
        }
    }

    fn template_of_call(
        &self,
        value: &Val<'a>,
        callee: &Val<'a>,
        given: &'a [Val<'a>],
        holes: &Holes,
        depth: u32,
    ) -> Template {
        let of = |value: &Val<'a>| self.template_within(value, holes, depth);
        let all = |values: &[Val<'a>]| values.iter().map(of).collect();
        match (callee, given) {
            (Val::Member(url, "toString"), []) => return Template::Path(PathCall::Text, Box::new([of(url)])),
            (Val::Global("String"), [url]) => return Template::Path(PathCall::Text, Box::new([of(url)])),
            (Val::Global("import"), [_]) => return named(self.kept(value)),
            _ => {}
        }
        if let Some((module, name)) = self.builtin(callee) {
            let call = match (module, name.rsplit('.').next().unwrap_or_default()) {
                ("process", "cwd") if !self.module.changes_folder => return Template::Start,
                ("path" | "path/posix", "join") => PathCall::Join,
                ("path" | "path/posix", "resolve") => PathCall::Resolve,
                ("path" | "path/posix", "dirname") => PathCall::Dirname,
                ("path" | "path/posix", "normalize") => PathCall::Normalize,
                ("url", "fileURLToPath") => PathCall::ToPath,
                ("url", "pathToFileURL") => PathCall::ToUrl,
                _ => return Template::Unknown,
            };
            return Template::Path(call, all(given));
        }
        match self.plain(value) {
            Val::Unknown | Val::Call(..) => {}
            plain => return of(&plain),
        }
        if let named @ NamedValue::Import(_) = self.kept(value) {
            return Template::Named(named);
        }
        if let Val::Body(number) = self.plain(callee)
            && let Some(body) = self.bodies_made.get(number as usize)
        {
            let Some(gives) = body.gives.as_ref().filter(|_| body.returns == 1) else { return Template::Unknown };
            let is_free = !body.is_given_something();
            return of(&if is_free { *gives } else { self.with_given(gives, &self.replacement(number, body, given)) });
        }
        match of(callee) {
            callee @ (Template::Named(_) | Template::Parameter(..) | Template::Member(..) | Template::Call(..)) => {
                Template::Call(Box::new(callee), all(given))
            }
            _ => Template::Unknown,
        }
    }

    /// Whether a specifier may lead to a file of the agent, or of the shared package.
    pub(super) fn may_be_ours(specifier: &str) -> bool {
        builtins::known_as(specifier).is_none()
    }
}

/// What has a name; nothing where that is not known.
fn named(value: NamedValue) -> Template {
    if value == NamedValue::Unknown { Template::Unknown } else { Template::Named(value) }
}

/// Whether a value is of another file.
pub(super) fn is_of_import(value: &NamedValue) -> bool {
    match value {
        NamedValue::Import(_) => true,
        NamedValue::Instance(of) | NamedValue::Member(of, _) | NamedValue::Given(of) => is_of_import(of),
        _ => false,
    }
}

/// What there is in templates.
#[derive(Default)]
pub(super) struct HolesSeen {
    /// Something that a body is given, or `this`.
    pub(super) given: bool,
    /// The bodies that are given it.
    pub(super) of: Vec<u32>,
    /// Something of another file.
    pub(super) imported: bool,
}

impl HolesSeen {
    pub(super) fn in_all<'t>(templates: impl IntoIterator<Item = &'t Template>) -> Self {
        let mut seen = Self::default();
        templates.into_iter().for_each(|template| seen.look_into(template));
        seen
    }

    /// Whether there is anything that is known elsewhere.
    pub(super) const fn any(&self) -> bool {
        self.given || self.imported
    }

    fn look_into(&mut self, template: &Template) {
        match template {
            Template::Parameter(body, _) | Template::Rest(body) => {
                self.given = true;
                self.of.push(*body);
            }
            Template::This(_) => self.given = true,
            Template::Named(value) => self.imported |= is_of_import(value),
            Template::Member(of, _) | Template::Spread(of) => self.look_into(of),
            Template::Joined(parts) | Template::Path(_, parts) => parts.iter().for_each(|part| self.look_into(part)),
            Template::Call(of, parts) | Template::New(of, parts) => {
                self.look_into(of);
                parts.iter().for_each(|part| self.look_into(part));
            }
            Template::Object(members) => members.iter().for_each(|(_, member)| self.look_into(member)),
            Template::Unknown | Template::Undefined | Template::Text(_) | Template::Own(..) | Template::Start => {}
        }
    }
}
