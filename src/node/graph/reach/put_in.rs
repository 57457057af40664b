//! Loads and reads of what functions are given by other files, and calls of such functions.

use super::frames::{Arguments, FoundValue, Frame, GivenValue};
use super::given_paths::PathKind;
use super::{Failing, ReachRun};
use crate::node::bodies::{BodyStep, Call, CallKind, NamedValue};
use crate::node::graph::reached::Way;
use crate::node::modules::{Asset, AssetUse, FolderName, Form, Import, Located};
use crate::node::templates::{AssetTemplate, CallTemplate, LoadTemplate};
use crate::tree::nodes::NodeId;
use std::borrow::Cow;
use std::collections::HashSet;
use std::rc::Rc;

/// Loads and reads that are made in this way.
const MAX_MADE: usize = 4_096;
/// Bodies that are looked into without being run.
const MAX_LOOKED_AT: usize = 20_000;
/// Calls that are followed from one to the next there.
const MAX_DEPTH: u32 = 32;

impl<'b> ReachRun<'_, 'b> {
    /// An import of a file, also where what it names was given by another one.
    pub(super) fn import_at(&self, file: NodeId, number: u32) -> Option<Cow<'b, Import>> {
        let own = &self.walk.module(file)?.imports;
        match (number as usize).checked_sub(own.len()) {
            None => own.get(number as usize).map(Cow::Borrowed),
            Some(number) => self.found.given.get(&file)?.imports.get(number).cloned().map(Cow::Owned),
        }
    }

    /// Something is loaded that was given.
    pub(super) fn open_load(&mut self, file: NodeId, number: u32, way: Way) {
        let Some(template) = self.templates(file).and_then(|templates| templates.loads.get(number as usize)) else {
            return;
        };
        self.is_perhaps_other = false;
        let value = self.filled(file, &template.named);
        let way = if self.is_perhaps_other { Way::None } else { way };
        if let Some(import) = self.import_of(file, template, &value)
            && let Some(number) = self.add_import(file, import)
        {
            self.may_fail(file, Failing::Import(number), way);
        }
    }

    /// What is loaded by a value.
    fn import_of(&self, file: NodeId, load: &LoadTemplate, value: &GivenValue) -> Option<Import> {
        let is_import = matches!(load.form, Form::Call | Form::FindImported);
        let (specifier, located) = match value {
            GivenValue::Text(text) if !text.is_empty() && !text.starts_with('/') && !text.starts_with("file:") => {
                (text.to_string(), None)
            }
            GivenValue::Path(path) if !path.is_of_start && (path.kind == PathKind::Plain || is_import) => {
                let tree = self.walk.sources.tree;
                let folder = tree.parent(file).map(|folder| tree.path(folder).to_string())?;
                let (specifier, up, behind) = path.seen_from(&folder);
                let located = Located { up, behind: behind.into(), folder: path.folder };
                (specifier, (path.kind == PathKind::Plain).then(|| Box::new(located)))
            }
            _ => return None,
        };
        Some(Import {
            specifier: specifier.into(),
            located,
            line: load.line,
            form: load.form,
            names: Box::default(),
            attributes: load.attributes.clone(),
        })
    }

    fn add_import(&mut self, file: NodeId, import: Import) -> Option<u32> {
        let own = self.walk.module(file)?.imports.len();
        let given = self.found.given.entry(file).or_default();
        let place = match given.imports.iter().position(|known| *known == import) {
            Some(known) => known,
            None if self.made >= MAX_MADE => return None,
            None => {
                self.made += 1;
                given.imports.push(import);
                given.imports.len() - 1
            }
        };
        u32::try_from(own + place).ok()
    }

    /// A file is named that was given.
    pub(super) fn open_asset(&mut self, file: NodeId, number: u32, way: Way) {
        let Some(template) = self.templates(file).and_then(|templates| templates.assets.get(number as usize)) else {
            return;
        };
        self.is_perhaps_other = false;
        let value = self.filled(file, &template.path);
        let is_of_start = matches!(&value, GivenValue::Path(path) if path.is_of_start);
        let changes_folder = |file: &NodeId| self.walk.module(*file).is_some_and(|module| module.changes_folder);
        let is_elsewhere = is_of_start && self.loaded.iter().any(changes_folder);
        let way = if self.is_perhaps_other || is_elsewhere { Way::None } else { way };
        let Some(asset) = asset_of(template, &value) else { return };
        let Some(own) = self.walk.module(file).map(|module| module.assets.len()) else { return };
        if self.made >= MAX_MADE {
            return;
        }
        let given = self.found.given.entry(file).or_default();
        if template.how.is_none() {
            if !given.made.contains(&asset.path) {
                given.made.push(asset.path);
                self.made += 1;
            }
            return;
        }
        let place = given.assets.iter().position(|known| *known == asset).unwrap_or_else(|| {
            given.assets.push(asset);
            self.made += 1;
            given.assets.len() - 1
        });
        if let Ok(number) = u32::try_from(own + place) {
            self.may_fail(file, Failing::Asset(number), way);
        }
    }

    fn call_template(&self, file: NodeId, call: &Call) -> Option<&'b CallTemplate> {
        self.templates(file)?.calls.get(call.template? as usize)
    }

    /// The function that a call runs where that was given.
    pub(super) fn given_callee(&mut self, file: NodeId, call: &Call) -> Option<(NodeId, u32)> {
        let callee = self.call_template(file, call)?.callee.as_ref()?;
        match (self.filled(file, callee), call.how) {
            (GivenValue::Function(of, body, _), how) if !matches!(how, CallKind::Get | CallKind::Extend) => {
                Some((of, body))
            }
            (GivenValue::Found(FoundValue::Class(of, class)), CallKind::New) => {
                let class = self.walk.module(of)?.bodies.classes.get(class as usize)?;
                class.construct.map(|body| (of, body))
            }
            _ => None,
        }
    }

    /// What a body is given by a call, where something in it depends on that.
    pub(super) fn frame_of(&mut self, file: NodeId, call: &Call, of: NodeId, number: u32) -> Option<Rc<Frame>> {
        let body = self.templates(of)?.body(number).filter(|body| body.wants)?;
        let template = self.call_template(file, call);
        let running = self.frame.clone();
        // What an object is made of is given to its constructor, and to that of the class which its own one extends.
        let given = match template.and_then(|template| template.given.as_ref()) {
            Some(given) => Rc::new(self.filled_arguments(file, given)),
            None => match &running {
                Some(frame) if call.arguments == u8::MAX && template.is_some() => Rc::clone(&frame.given),
                _ => Rc::default(),
            },
        };
        let object = template.and_then(|template| template.this.as_ref()).map(|this| self.filled(file, this));
        // A function of an object may see what the one was given that made the object.
        let within = object.as_ref().and_then(|object| object.function_at(&call.callee, of, number));
        let this = object.filter(|object| matches!(object, GivenValue::Instance(..)));
        // Of any other object it is not told which one that is.
        let keeps_this = call.how == CallKind::Super
            || template.is_some_and(|template| template.given.is_none())
            || matches!(&call.callee, NamedValue::Member(of, _) if matches!(**of, NamedValue::This(_)));
        let this = match call.how {
            CallKind::New => self.made_by(file, call, &given),
            _ if this.is_none() && keeps_this => running.as_ref().and_then(|frame| frame.this.clone()),
            _ => this,
        };
        let around = match template.and_then(|template| template.callee.as_ref()) {
            Some(callee) => match self.filled(file, callee) {
                GivenValue::Function(_, _, around) => around,
                _ => None,
            },
            None if within.is_some() => within,
            None if of == file && !body.is_construct => running,
            None => None,
        };
        Frame::new(of, number, given, this).within(around.as_ref(), body.is_method).kept()
    }

    /// The object that `new` makes.
    fn made_by(&mut self, file: NodeId, call: &Call, given: &Rc<Arguments>) -> Option<GivenValue> {
        let found = match self.value(file, &call.callee, 0)? {
            FoundValue::Exports(target) => self.exported(target, "=", 0)?,
            found => found,
        };
        match found {
            FoundValue::Class(of, class) => Some(GivenValue::Instance(of, class, Rc::clone(given))),
            _ => None,
        }
    }

    /// Looks at what may happen, in functions that nothing calls and behind conditions.
    pub(super) fn look_around(&mut self, entry: NodeId) {
        let (mut pending, mut seen) = (vec![entry], HashSet::from([entry]));
        pending.extend(self.loaded.iter().filter(|file| seen.insert(**file)));
        let mut files = Vec::new();
        while let Some(file) = pending.pop() {
            files.push(file);
            let own = self.walk.module(file).map_or(0, |module| module.imports.len());
            for number in 0..u32::try_from(own).unwrap_or(u32::MAX) {
                pending.extend(self.link(file, number).filter(|target| seen.insert(*target)));
            }
            self.note_changes(file);
        }
        files.sort_unstable();
        self.frame = None;
        let mut looked = HashSet::new();
        for file in files {
            let bodies = self.walk.module(file).filter(|module| module.templates.is_some());
            for number in 0..bodies.map_or(0, |module| module.bodies.all.len()) {
                self.look_at(file, u32::try_from(number).unwrap_or(u32::MAX), &mut looked, MAX_DEPTH);
            }
        }
    }

    fn look_at(
        &mut self,
        file: NodeId,
        number: u32,
        looked: &mut HashSet<(NodeId, u32, Option<Rc<Frame>>)>,
        depth: u32,
    ) {
        let (walk, Some(depth)) = (self.walk, depth.checked_sub(1)) else { return };
        let Some(body) = walk.module(file).and_then(|module| module.bodies.all.get(number as usize)) else { return };
        if looked.len() > MAX_LOOKED_AT || !looked.insert((file, number, self.frame.clone())) {
            return;
        }
        for step in &body.steps {
            match step {
                BodyStep::OpenLoad(load, _) => self.open_load(file, *load, Way::None),
                BodyStep::OpenAsset(asset, _) => self.open_asset(file, *asset, Way::None),
                BodyStep::Call(call) if call.template.is_some() => {
                    let found = self.callee(file, &call.callee, call.how);
                    if let Some((of, number)) = found.or_else(|| self.given_callee(file, call))
                        && let Some(frame) = self.frame_of(file, call, of, number)
                    {
                        let outer = self.frame.replace(frame);
                        self.look_at(of, number, looked, depth);
                        self.frame = outer;
                    }
                }
                _ => {}
            }
        }
    }

    /// Notes what a file may change of what others have.
    pub(super) fn note_changes(&mut self, file: NodeId) {
        if let Some(templates) = self.templates(file) {
            self.changed.extend(templates.changes.iter().map(|name| &**name));
            self.handed_on.extend(templates.handed_on.iter().map(|name| &**name));
        }
    }
}

/// The file that a value names.
fn asset_of(template: &AssetTemplate, value: &GivenValue) -> Option<Asset> {
    let (path, said, folder) = match value {
        GivenValue::Path(path) if path.is_of_start && !template.is_of_start => return None,
        GivenValue::Path(path) => (path.path.clone(), None, path.folder),
        GivenValue::Text(text) if template.is_of_start && !text.is_empty() && !text.starts_with('/') => {
            let is_code = matches!(template.how, Some(AssetUse::Worker | AssetUse::Child))
                && !text.starts_with("./")
                && !text.starts_with("../");
            if is_code || text.contains(['\\', '\0', ':']) {
                return None;
            }
            (format!("/{text}"), Some(Box::from(&**text)), FolderName::Plain)
        }
        _ => return None,
    };
    Some(Asset { path: path.into(), said, line: template.line, how: template.how.unwrap_or_default(), folder })
}
