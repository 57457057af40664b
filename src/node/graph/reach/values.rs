//! What values are, over all files: which body a call runs, what a member and an export stand for.

use super::{FoundValue, ReachRun};
use crate::node::bodies::{self, CallKind, Class, NamedMembers, NamedValue};
use crate::tree::nodes::NodeId;

impl ReachRun<'_, '_> {
    /// The body that a call runs.
    pub(super) fn callee(&mut self, file: NodeId, value: &NamedValue, how: CallKind) -> Option<(NodeId, u32)> {
        let found = self.value(file, value, 0)?;
        let found = match found {
            FoundValue::Exports(target) => self.exported(target, "=", 0)?,
            found => found,
        };
        match (found, how) {
            // To name a function does not call it, and to name a getter does.
            (FoundValue::Body(..), CallKind::Get | CallKind::Extend | CallKind::Read) => None,
            (FoundValue::Body(of, body), _) | (FoundValue::Getter(of, body), CallKind::Get) => Some((of, body)),
            (FoundValue::Class(of, class), CallKind::New | CallKind::Super) => {
                self.class(of, class)?.construct.map(|body| (of, body))
            }
            _ => None,
        }
    }

    fn class(&self, file: NodeId, number: u32) -> Option<&Class> {
        self.walk.module(file)?.bodies.classes.get(number as usize)
    }

    /// What a value is.
    pub(super) fn value(&mut self, file: NodeId, value: &NamedValue, depth: u32) -> Option<FoundValue> {
        let depth = depth + 1;
        if depth > 32 {
            return None;
        }
        match value {
            NamedValue::Unknown => None,
            NamedValue::Function(body) => Some(FoundValue::Body(file, *body)),
            NamedValue::Getter(body) => Some(FoundValue::Getter(file, *body)),
            NamedValue::Class(class) => Some(FoundValue::Class(file, *class)),
            NamedValue::This(class) => match self.this {
                Some(this @ FoundValue::Instance(..)) => Some(this),
                _ => Some(FoundValue::Instance(file, *class)),
            },
            NamedValue::ThisClass(class) => match self.this {
                Some(this @ FoundValue::Class(..)) => Some(this),
                _ => Some(FoundValue::Class(file, *class)),
            },
            NamedValue::Import(number) => self.link(file, *number).map(FoundValue::Exports),
            NamedValue::Instance(of) => match self.value(file, of, depth)? {
                FoundValue::Class(file, class) => Some(FoundValue::Instance(file, class)),
                FoundValue::Exports(target) => match self.exported(target, "=", depth)? {
                    FoundValue::Class(file, class) => Some(FoundValue::Instance(file, class)),
                    _ => None,
                },
                _ => None,
            },
            NamedValue::Given(of) => match self.value(file, of, depth)? {
                FoundValue::Body(file, body) => {
                    let walk = self.walk;
                    let gives = walk.module(file)?.bodies.all.get(body as usize)?.gives.as_ref()?;
                    self.value(file, gives, depth)
                }
                _ => None,
            },
            NamedValue::Member(of, name) => match self.value(file, of, depth)? {
                FoundValue::Exports(target) => self.exported(target, name, depth),
                FoundValue::Class(file, class) => self.member(file, class, name, |class| &class.statics, depth),
                FoundValue::Instance(file, class) if self.is_open(file, class, depth) => None,
                FoundValue::Instance(file, class) => self.member(file, class, name, |class| &class.members, depth),
                FoundValue::Body(..) | FoundValue::Getter(..) => None,
            },
        }
    }

    pub(super) fn member(
        &mut self,
        file: NodeId,
        number: u32,
        name: &str,
        of: fn(&Class) -> &NamedMembers,
        depth: u32,
    ) -> Option<FoundValue> {
        let walk = self.walk;
        let class = walk.module(file)?.bodies.classes.get(number as usize)?;
        if self.patched.contains(name) || self.patched.contains(bodies::ANY_MEMBER) {
            return None;
        }
        if let Some(value) = bodies::member(of(class), name) {
            return self.value(file, value, depth);
        }
        match self.value(file, class.base.as_ref()?, depth)? {
            FoundValue::Class(file, base) if depth < 32 => self.member(file, base, name, of, depth + 1),
            _ => None,
        }
    }

    /// Whether an object of a class may have members that are not known.
    fn is_open(&mut self, file: NodeId, number: u32, depth: u32) -> bool {
        let walk = self.walk;
        let class = walk.module(file).and_then(|module| module.bodies.classes.get(number as usize));
        let Some(class) = class.filter(|_| depth < 32) else { return true };
        if class.is_open {
            return true;
        }
        match class.base.as_ref().and_then(|base| self.value(file, base, depth + 1)) {
            Some(FoundValue::Class(file, base)) => self.is_open(file, base, depth + 1),
            _ => false,
        }
    }

    /// What a file exports by a name.
    pub(super) fn exported(&mut self, file: NodeId, name: &str, depth: u32) -> Option<FoundValue> {
        let walk = self.walk;
        let module = walk.module(file).filter(|_| depth < 32)?;
        let is_patched = self.patched.contains(name) || self.patched.contains(bodies::ANY_MEMBER);
        if is_patched && !self.is_module(file) {
            return None;
        }
        let known = |name: &str| bodies::member(&module.bodies.exports, name);
        if let Some(value) = known(name) {
            return self.value(file, value, depth + 1);
        }
        if !self.is_module(file) {
            let Some(all) = known("=") else {
                return match name {
                    "default" => Some(FoundValue::Exports(file)),
                    "=" => None,
                    name => self.star_exporter(file, name).and_then(|of| self.exported(of, name, depth + 1)),
                };
            };
            return match (self.value(file, all, depth + 1)?, name) {
                (all, "default") => Some(all),
                (FoundValue::Class(file, class), name) => {
                    self.member(file, class, name, |class| &class.statics, depth + 1)
                }
                (FoundValue::Instance(file, class), name) => {
                    self.member(file, class, name, |class| &class.members, depth + 1)
                }
                (FoundValue::Exports(target), name) if target != file => self.exported(target, name, depth + 1),
                _ => None,
            };
        }
        if let Some((number, there)) = module.export(name).and_then(|export| export.from.as_ref()) {
            let target = self.link(file, *number)?;
            return match there {
                Some(there) => self.exported(target, there, depth + 1),
                None => Some(FoundValue::Exports(target)),
            };
        }
        let exporter = self.star_exporter(file, name)?;
        self.exported(exporter, name, depth + 1)
    }
}
