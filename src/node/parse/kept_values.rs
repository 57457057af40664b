//! What expressions stand for, as it is kept of a file that was read.

use super::open::{OpenMembers, Val};
use super::reader::Reader;
use super::values::MAX_DEPTH;
use crate::node::bodies::{self, NamedMembers, NamedValue};
use crate::node::builtins;

impl<'a> Reader<'a, '_> {
    /// As it is kept.
    pub(super) fn kept(&self, value: &Val<'a>) -> NamedValue {
        self.kept_within(value, MAX_DEPTH)
    }

    fn kept_within(&self, value: &Val<'a>, depth: u32) -> NamedValue {
        let Some(depth) = depth.checked_sub(1) else { return NamedValue::Unknown };
        let plain = match value {
            // `p.then(f)` is a member of the promise, and not of what it is settled with.
            Val::Member(promise, "then" | "catch" | "finally") if self.settles(promise) => return NamedValue::Unknown,
            Val::Member(of, name) => {
                let object = self.plain(of);
                let plain = self.looked_up_member(of, &object, name, MAX_DEPTH);
                if self.has_methods(&object) && !matches!(plain, Val::Unknown) {
                    // What `this` is in a method is told by what it is called of.
                    return match self.kept_within(of, depth) {
                        NamedValue::Unknown => NamedValue::Unknown,
                        of => NamedValue::Member(Box::new(of), (*name).into()),
                    };
                }
                plain
            }
            value => self.plain(value),
        };
        match plain {
            Val::Body(body) => NamedValue::Function(body),
            Val::Getter(body) => NamedValue::Getter(body),
            Val::Class(class) => NamedValue::Class(class),
            Val::This(class) => NamedValue::This(class),
            Val::ThisClass(class) => NamedValue::ThisClass(class),
            Val::New(class, _) => match self.kept_within(class, depth) {
                NamedValue::Unknown => NamedValue::Unknown,
                class => NamedValue::Instance(Box::new(class)),
            },
            Val::Import(number) => match self.imports.get(number as usize) {
                Some(import) if builtins::known_as(&import.specifier).is_none() => NamedValue::Import(number),
                _ => NamedValue::Unknown,
            },
            Val::Member(of, name) => match self.kept_within(of, depth) {
                NamedValue::Unknown => NamedValue::Unknown,
                of => NamedValue::Member(Box::new(of), name.into()),
            },
            Val::Call(callee, arguments) => match arguments {
                [given] if self.loads_anything(callee, depth) => self
                    .number_of(given)
                    .map_or(NamedValue::Unknown, |number| self.kept_within(&Val::Import(number), depth)),
                _ => match self.kept_within(callee, depth) {
                    NamedValue::Unknown => NamedValue::Unknown,
                    callee => NamedValue::Given(Box::new(callee)),
                },
            },
            _ => NamedValue::Unknown,
        }
    }

    /// Whether it cannot be told for certain what is called: a member of an object may have been replaced.
    pub(super) fn is_doubtful(&self, callee: &Val<'a>) -> bool {
        match callee {
            Val::Member(of, "call" | "apply") => self.is_doubtful(of),
            Val::Member(of, _) => !matches!(self.plain(of), Val::Import(_) | Val::Call(..)),
            Val::Symbol(symbol) => match self.inits.get(symbol) {
                Some(init @ Val::Member(..)) => self.is_doubtful(init),
                Some(init @ Val::Call(..)) => !matches!(self.kept(init), NamedValue::Import(_)),
                _ => false,
            },
            Val::Call(..) | Val::Getter(_) => true,
            _ => false,
        }
    }

    /// Whether something is a class or an object that `new` makes of one of this file, and not a single object.
    fn has_methods(&self, value: &Val<'a>) -> bool {
        let class = match value {
            Val::New(class, _) => self.plain(class),
            other => *other,
        };
        match class {
            Val::Class(class) => self.classes.get(class as usize).is_some_and(|class| class.construct.is_some()),
            _ => false,
        }
    }

    /// Members as they are kept.
    pub(super) fn kept_members(&self, members: &OpenMembers<'a>) -> NamedMembers {
        let members = members.as_slice().iter().filter(|(name, _)| !self.assigned.contains(name));
        let kept = members.map(|(name, value)| ((*name).into(), self.kept(value)));
        bodies::sorted(kept.filter(|(_, value)| *value != NamedValue::Unknown).collect())
    }
}
