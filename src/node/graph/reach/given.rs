//! What functions are given by other files: the holes of templates filled in.
//!
//! A body in which something depends on what it is given runs in a frame, which says what that is. Relative specifiers are those
//! of the file in which the load stands; a path that is made of a file's own folder is that file's, whoever has it.

use super::frames::{Arguments, FoundValue, Frame, GivenValue};
use super::given_paths::{GivenPath, PathKind};
use super::{MAX_DEPTH, ReachRun};
use crate::node::bodies::{self, BodyStep, CallKind, NamedValue};
use crate::node::templates::{OwnPath, PathCall, Template, Templates};
use crate::tree::nodes::NodeId;
use std::rc::Rc;

/// Names, members and calls that are followed for one value.
const MAX_FILLED_DEPTH: u32 = 24;
/// Bytes of a text that is put together.
const MAX_TEXT: usize = 4_096;
/// Values that a call gives, with those that are spread.
const MAX_ARGUMENTS: usize = 256;

impl<'b> ReachRun<'_, 'b> {
    pub(super) fn templates(&self, file: NodeId) -> Option<&'b Templates> {
        self.walk.module(file)?.templates.as_deref()
    }

    /// A template of a file with what it is in the frame that runs.
    pub(super) fn filled(&mut self, file: NodeId, template: &Template) -> GivenValue {
        let frame = self.frame.clone();
        self.fill(file, template, frame.as_ref(), MAX_FILLED_DEPTH)
    }

    /// What a call gives its function.
    pub(super) fn filled_arguments(&mut self, file: NodeId, given: &[Template]) -> Arguments {
        let frame = self.frame.clone();
        self.fill_all(file, given, frame.as_ref(), MAX_FILLED_DEPTH)
    }

    fn fill_all(&mut self, file: NodeId, given: &[Template], frame: Option<&Rc<Frame>>, depth: u32) -> Arguments {
        let mut all = Arguments { values: Vec::with_capacity(given.len()), are_all: true };
        for template in given {
            let Template::Spread(of) = template else {
                let value = self.fill(file, template, frame, depth);
                all.values.push(value);
                continue;
            };
            match (&**of, frame) {
                (Template::Rest(body), Some(frame)) if let Some(rest) = self.rest(file, *body, frame) => {
                    let count = u32::try_from(rest.values.len()).unwrap_or(u32::MAX);
                    self.fills_left = self.fills_left.saturating_sub(count);
                    all.values.extend(rest.values);
                    all.are_all = rest.are_all && all.values.len() <= MAX_ARGUMENTS && self.fills_left > 0;
                    all.values.truncate(MAX_ARGUMENTS);
                }
                _ => all.are_all = false,
            }
            if !all.are_all {
                break;
            }
        }
        all
    }

    /// All that a body was given behind its named parameters.
    fn rest(&self, file: NodeId, body: u32, frame: &Rc<Frame>) -> Option<Arguments> {
        let frame = frame.of(file, body)?;
        let named = usize::from(self.templates(file)?.body(body)?.parameters);
        let values = frame.given.values.get(named..).unwrap_or_default().to_vec();
        Some(Arguments { values, are_all: frame.given.are_all })
    }

    fn fill(&mut self, file: NodeId, template: &Template, frame: Option<&Rc<Frame>>, depth: u32) -> GivenValue {
        let (Some(depth), Some(left)) = (depth.checked_sub(1), self.fills_left.checked_sub(1)) else {
            return GivenValue::Unknown;
        };
        self.fills_left = left;
        match template {
            Template::Unknown | Template::Spread(_) | Template::Rest(_) => GivenValue::Unknown,
            Template::Undefined => GivenValue::Undefined,
            Template::Text(text) => GivenValue::Text((**text).into()),
            Template::Own(path, folder) => {
                let tree = self.walk.sources.tree;
                let (of, kind) = match path {
                    OwnPath::Folder => (tree.parent(file), PathKind::Plain),
                    OwnPath::File => (Some(file), PathKind::Plain),
                    OwnPath::Url => (Some(file), PathKind::Url),
                };
                let path = of.map(|of| GivenPath::of(&tree.path(of).to_string(), kind, *folder));
                path.map_or(GivenValue::Unknown, |path| GivenValue::Path(path.into()))
            }
            Template::Start => GivenValue::Path(GivenPath::of_start().into()),
            Template::Parameter(body, place) => self.parameter(file, *body, *place, frame, depth),
            Template::Named(value) => self.named_value(file, value, frame, depth),
            Template::This(_) => frame.and_then(|frame| frame.this.clone()).unwrap_or(GivenValue::Unknown),
            Template::Member(of, name) => {
                let of = self.fill(file, of, frame, depth);
                self.member_of_given(&of, name, depth)
            }
            Template::Joined(parts) => {
                let parts = self.fill_all(file, parts, frame, depth);
                joined_text(&parts.values)
            }
            Template::Call(callee, given) => self.given_by_call(file, callee, given, frame, depth),
            Template::Path(call, given) => {
                let given = self.fill_all(file, given, frame, depth);
                if given.are_all { path_call(*call, &given.values) } else { GivenValue::Unknown }
            }
            Template::New(class, given) => match self.fill(file, class, frame, depth) {
                GivenValue::Found(FoundValue::Class(of, class)) => {
                    let given = self.fill_all(file, given, frame, depth);
                    GivenValue::Instance(of, class, given.into()).bounded()
                }
                _ => GivenValue::Unknown,
            },
            Template::Object(members) => {
                let mut all = Vec::with_capacity(members.len());
                for (name, member) in members {
                    all.push((name.clone(), self.fill(file, member, frame, depth)));
                }
                GivenValue::Object(all.into()).bounded()
            }
        }
    }

    fn parameter(&mut self, file: NodeId, body: u32, place: u8, frame: Option<&Rc<Frame>>, depth: u32) -> GivenValue {
        let Some(of) = frame.and_then(|frame| frame.of(file, body)) else { return GivenValue::Unknown };
        match of.given.values.get(usize::from(place)) {
            None if !of.given.are_all => GivenValue::Unknown,
            None | Some(GivenValue::Undefined) => {
                let fallbacks = self.templates(file).and_then(|templates| templates.body(body));
                let fallback = fallbacks.and_then(|body| body.fallbacks.iter().find(|(at, _)| *at == place));
                match fallback {
                    Some((_, fallback)) => self.fill(file, fallback, frame, depth),
                    None => GivenValue::Undefined,
                }
            }
            Some(value) => value.clone(),
        }
    }

    /// What a name stands for: a function, a class, or a constant of another file.
    fn named_value(&mut self, file: NodeId, value: &NamedValue, frame: Option<&Rc<Frame>>, depth: u32) -> GivenValue {
        match value {
            NamedValue::Member(of, name) => {
                let of = self.named_value(file, of, frame, depth);
                self.member_of_given(&of, name, depth)
            }
            NamedValue::Import(number) => match self.link(file, *number) {
                Some(target) if self.is_module(target) => GivenValue::Found(FoundValue::Exports(target)),
                Some(target) => match self.exported_template(target, "=") {
                    Some(all) => self.fill(target, all, None, depth),
                    None => GivenValue::Found(FoundValue::Exports(target)),
                },
                None => GivenValue::Unknown,
            },
            NamedValue::Function(body) => {
                let wants = self.templates(file).is_some_and(|templates| templates.body(*body).is_some());
                GivenValue::Function(file, *body, frame.filter(|_| wants).cloned())
            }
            value => self.value(file, value, 0).map_or(GivenValue::Unknown, GivenValue::found),
        }
    }

    fn exported_template(&self, file: NodeId, name: &str) -> Option<&'b Template> {
        self.templates(file)?.export(name)
    }

    fn member_of_given(&mut self, of: &GivenValue, name: &str, depth: u32) -> GivenValue {
        match of {
            GivenValue::Found(FoundValue::Exports(target)) => self.exported_value(*target, name, depth),
            GivenValue::Found(FoundValue::Class(file, class)) => {
                let found = self.member(*file, *class, name, |class| &class.statics, 0);
                found.map_or(GivenValue::Unknown, GivenValue::found)
            }
            GivenValue::Object(members) => {
                self.is_perhaps_other |= self.changed.contains(name);
                let found = members.iter().find(|(known, _)| **known == *name);
                // What ES modules import of CommonJS by default is all of it.
                let found = found.map(|(_, member)| member.clone());
                let found = found.inspect(|found| {
                    let may_change = matches!(found, GivenValue::Object(_) | GivenValue::Instance(..));
                    self.is_perhaps_other |= may_change && self.handed_on.contains(name);
                });
                found.unwrap_or_else(|| if name == "default" { of.clone() } else { GivenValue::Unknown })
            }
            GivenValue::Instance(file, class, given) => self.member_of_instance(*file, *class, given, name, depth),
            GivenValue::Path(path) => match (path.kind, name) {
                (PathKind::Url, "pathname") => {
                    GivenValue::Path(GivenPath { kind: PathKind::Plain, ..(**path).clone() }.into())
                }
                (PathKind::Url, "href") => of.clone(),
                _ => GivenValue::Unknown,
            },
            _ => GivenValue::Unknown,
        }
    }

    /// What a file exports by a name.
    fn exported_value(&mut self, file: NodeId, name: &str, depth: u32) -> GivenValue {
        let (walk, Some(depth)) = (self.walk, depth.checked_sub(1)) else { return GivenValue::Unknown };
        let Some(module) = walk.module(file) else { return GivenValue::Unknown };
        let is_module = self.is_module(file);
        if let Some(template) = self.exported_template(file, name) {
            let value = self.fill(file, template, None, depth);
            // Whoever is given an object may change what it holds.
            let may_change = matches!(value, GivenValue::Object(_) | GivenValue::Instance(..));
            self.is_perhaps_other |= may_change && self.handed_on.contains(name);
            self.is_perhaps_other |= !is_module && self.changed.contains(name);
            return value;
        }
        if let Some(found) = self.exported(file, name, 0) {
            return GivenValue::found(found);
        }
        if !is_module {
            return match self.exported_template(file, "=") {
                Some(all) => {
                    let all = self.fill(file, all, None, depth);
                    self.member_of_given(&all, name, depth)
                }
                None if name == "=" => GivenValue::Unknown,
                None => match self.star_exporter(file, name) {
                    Some(exporter) if exporter != file => self.exported_value(exporter, name, depth),
                    _ => GivenValue::Unknown,
                },
            };
        }
        if let Some((number, there)) = module.export(name).and_then(|export| export.from.as_ref()) {
            let all = self.named_value(file, &NamedValue::Import(*number), None, depth);
            return match there {
                Some(there) => self.member_of_given(&all, there, depth),
                None => all,
            };
        }
        match self.star_exporter(file, name) {
            Some(exporter) if exporter != file => self.exported_value(exporter, name, depth),
            _ => GivenValue::Unknown,
        }
    }

    /// What an object has by a name, by what it was made of.
    fn member_of_instance(
        &mut self,
        file: NodeId,
        class: u32,
        given: &Rc<Arguments>,
        name: &str,
        depth: u32,
    ) -> GivenValue {
        let (walk, Some(depth)) = (self.walk, depth.checked_sub(1)) else { return GivenValue::Unknown };
        self.is_perhaps_other |= self.changed.contains(name);
        let Some(made) = walk.module(file).and_then(|module| module.bodies.classes.get(class as usize)) else {
            return GivenValue::Unknown;
        };
        let template = self.templates(file).and_then(|templates| templates.class(class));
        let this = Some(GivenValue::Instance(file, class, Rc::clone(given)));
        let constructor = template.and_then(|template| template.constructor);
        let frame = || Rc::new(Frame::new(file, constructor.unwrap_or(u32::MAX), Rc::clone(given), this.clone()));
        if let Some((_, value)) =
            template.and_then(|class| class.given.iter().rev().find(|(known, _)| **known == *name))
        {
            return self.fill(file, value, Some(&frame()), depth);
        }
        if bodies::member(&made.members, name).is_some() {
            let found = self.member(file, class, name, |class| &class.members, 0);
            return found.map_or(GivenValue::Unknown, GivenValue::found);
        }
        // What its own file gives by that name, nobody knows where.
        let is_assigned = |file| {
            let patched = walk.module(file).map(|module| &module.bodies.patched);
            patched.is_some_and(|patched| patched.binary_search_by(|known| (**known).cmp(name)).is_ok())
        };
        if made.is_open {
            return GivenValue::Unknown;
        }
        let base = made.base.as_ref().and_then(|base| self.value(file, base, 0));
        let Some(FoundValue::Class(of, base)) =
            base.filter(|base| matches!(base, FoundValue::Class(of, _) if *of == file) || !is_assigned(file))
        else {
            return GivenValue::Unknown;
        };
        let given = match constructor {
            None => Rc::clone(given),
            Some(constructor) => match self.given_to_base(file, constructor) {
                Some(handed) => self.fill_all(file, handed, Some(&frame()), depth).into(),
                None => Rc::default(),
            },
        };
        self.member_of_instance(of, base, &given, name, depth)
    }

    /// What a constructor gives that of the class which its own one extends.
    fn given_to_base(&self, file: NodeId, constructor: u32) -> Option<&'b [Template]> {
        let body = self.walk.module(file)?.bodies.all.get(constructor as usize)?;
        let mut calls = body.steps.iter().filter_map(|step| match step {
            BodyStep::Call(call) if call.how == CallKind::Super && call.arguments == u8::MAX => Some(call),
            _ => None,
        });
        // Of two it is not told which one is made.
        let number = calls.next().filter(|call| call.is_certain)?.template.filter(|_| calls.next().is_none())?;
        self.templates(file)?.calls.get(number as usize)?.given.as_deref()
    }

    fn given_by_call(
        &mut self,
        file: NodeId,
        callee: &Template,
        given: &[Template],
        frame: Option<&Rc<Frame>>,
        depth: u32,
    ) -> GivenValue {
        let (called, this) = match callee {
            Template::Member(of, name) => {
                let object = self.fill(file, of, frame, depth);
                (self.member_of_given(&object, name, depth), Some(object))
            }
            callee => (self.fill(file, callee, frame, depth), None),
        };
        let GivenValue::Function(of, body, around) = called else { return GivenValue::Unknown };
        let body_of = self.templates(of).and_then(|templates| templates.body(body));
        let Some((gives, is_method)) = body_of.and_then(|body| Some((body.gives.as_ref()?, body.is_method))) else {
            return GivenValue::Unknown;
        };
        if self.depth >= MAX_DEPTH {
            return GivenValue::Unknown;
        }
        let given = self.fill_all(file, given, frame, depth);
        let this = this.filter(|this| matches!(this, GivenValue::Instance(..)));
        let within = Frame::new(of, body, given.into(), this).within(around.as_ref(), is_method);
        within.kept().map_or(GivenValue::Unknown, |within| self.fill(of, gives, Some(&within), depth))
    }
}

/// The texts that values are; nothing where one of them is none.
fn texts(values: &[GivenValue]) -> Option<Vec<&str>> {
    let texts = values.iter().map(|value| match value {
        GivenValue::Text(text) => Some(text.as_ref()),
        _ => None,
    });
    texts.collect()
}

fn text(text: String) -> GivenValue {
    if text.len() > MAX_TEXT { GivenValue::Unknown } else { GivenValue::Text(text.into()) }
}

/// Values one after the other in one text.
fn joined_text(values: &[GivenValue]) -> GivenValue {
    let values = match values {
        [GivenValue::Text(empty), rest @ ..] if empty.is_empty() => rest,
        values => values,
    };
    if let Some(texts) = texts(values) {
        return text(texts.concat());
    }
    let Some((GivenValue::Path(first), rest)) = values.split_first() else { return GivenValue::Unknown };
    let Some(rest) = texts(rest).map(|texts| texts.concat()) else { return GivenValue::Unknown };
    let is_behind = rest.is_empty() || (first.kind == PathKind::Plain && (rest.starts_with('/') || first.is_folder));
    let path = first.behind(&rest).filter(|_| is_behind);
    path.map_or(GivenValue::Unknown, |path| GivenValue::Path(path.into()))
}

fn path_call(call: PathCall, given: &[GivenValue]) -> GivenValue {
    path_of_call(call, given).unwrap_or(GivenValue::Unknown)
}

fn path_of_call(call: PathCall, given: &[GivenValue]) -> Option<GivenValue> {
    let (first, rest) = given.split_first()?;
    let as_kind = |kind: PathKind, of: PathKind| match first {
        GivenValue::Path(path) if path.kind == of => {
            Some(GivenValue::Path(GivenPath { kind, ..(**path).clone() }.into()))
        }
        _ => None,
    };
    match (call, first) {
        (PathCall::ToPath, _) => as_kind(PathKind::Plain, PathKind::Url),
        (PathCall::ToUrl, _) => as_kind(PathKind::Url, PathKind::Plain),
        (PathCall::Text, GivenValue::Text(_) | GivenValue::Path(_)) => Some(first.clone()),
        (PathCall::Url, GivenValue::Path(path)) => (path.kind == PathKind::Url).then(|| first.clone()),
        (PathCall::Url, GivenValue::Text(path)) => match rest {
            [GivenValue::Path(base)] => Some(GivenValue::Path(base.relative(path)?.into())),
            _ => None,
        },
        (PathCall::Join | PathCall::Resolve, GivenValue::Path(path)) if path.kind == PathKind::Plain => {
            let texts = texts(rest)?;
            if call == PathCall::Resolve && texts.iter().any(|text| text.starts_with('/')) {
                return None;
            }
            let joined = path.joined(&texts)?;
            let is_folder = joined.is_folder && call == PathCall::Join;
            Some(GivenValue::Path(GivenPath { is_folder, ..joined }.into()))
        }
        (PathCall::Resolve, GivenValue::Text(_)) => {
            let texts = texts(given)?;
            let is_absolute = texts.iter().any(|text| text.starts_with('/'));
            let path = GivenPath::of_start().joined(&texts).filter(|_| !is_absolute)?;
            Some(GivenValue::Path(GivenPath { is_folder: false, ..path }.into()))
        }
        // Of relative texts alone it is a relative text.
        (PathCall::Join | PathCall::Normalize, GivenValue::Text(first)) if !first.starts_with('/') => {
            let path = GivenPath::of_start().joined(&texts(given)?)?;
            let slash = if path.is_folder { "/" } else { "" };
            Some(text(match path.path.trim_start_matches('/') {
                "" => ".".to_owned(),
                path => format!("{path}{slash}"),
            }))
        }
        (PathCall::Normalize, GivenValue::Path(path)) if path.kind == PathKind::Plain => Some(first.clone()),
        (PathCall::Dirname, GivenValue::Path(path)) if path.kind == PathKind::Plain => {
            Some(GivenValue::Path(path.dirname()?.into()))
        }
        _ => None,
    }
}
