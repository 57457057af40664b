//! Calls: which body each runs, with what, and what comes of what that throws.

use super::{FoundValue, MAX_DEPTH, ReachRun};
use crate::node::bodies::{BodyKind, BodyStep, Call, CallKind, NamedValue};
use crate::node::graph::reached::Way;
use crate::tree::nodes::NodeId;
use std::collections::HashSet;

impl ReachRun<'_, '_> {
    pub(super) fn call(&mut self, file: NodeId, call: &Call, thrown: Way, rejected: Way) {
        if call.how == CallKind::Main && self.walk.entry != Some(file) {
            return;
        }
        let ways = (self.way(call.thrown, thrown, rejected), self.way(call.rejected, thrown, rejected));
        if self.note_no_function(file, call, ways.0) {
            return;
        }
        let found = self.callee(file, &call.callee, call.how).or_else(|| self.given_callee(file, call));
        let Some((of, number)) = found else {
            self.note_absent_member(file, call, ways.0);
            return;
        };
        let this = self.this_of(file, call);
        if ways == (Way::None, Way::None) && !call.is_certain {
            self.has_left |= self.may_leave(of, number, &mut HashSet::new());
            return;
        }
        let Some(body) = self.walk.module(of).and_then(|module| module.bodies.all.get(number as usize)) else { return };
        let waits =
            matches!(body.kind, BodyKind::Generator | BodyKind::AsyncGenerator) && call.how != CallKind::Iterate;
        if waits || self.depth >= MAX_DEPTH {
            return;
        }
        if call.how == CallKind::Later && self.is_in_worker {
            return;
        }
        let frame = self.frame_of(file, call, of, number);
        if call.how == CallKind::Later {
            self.later.push_back((of, number, ways.0, ways.1, this, self.is_unsure, frame));
            return;
        }
        let was_unsure = self.is_unsure;
        self.is_unsure |= call.is_doubtful;
        // What a generator throws comes out of whoever takes from it.
        let rejected = if body.kind == BodyKind::Generator { ways.0 } else { ways.1 };
        let outer = (std::mem::replace(&mut self.this, this), std::mem::replace(&mut self.frame, frame));
        self.depth += 1;
        for (at, default) in &body.defaults {
            if *at >= call.arguments {
                let thrown = if body.kind == BodyKind::Sync { ways.0 } else { rejected };
                self.body(of, *default, thrown, rejected);
            }
        }
        self.body(of, number, ways.0, rejected);
        self.depth -= 1;
        ((self.this, self.frame), self.is_unsure) = (outer, was_unsure);
    }

    /// What `this` is in what is called. A function that has none of its own sees the one around it.
    fn this_of(&mut self, file: NodeId, call: &Call) -> Option<FoundValue> {
        let found = match (&call.callee, call.how) {
            (_, CallKind::Super) => None,
            (callee, CallKind::New) => match self.value(file, callee, 0)? {
                FoundValue::Class(of, class) => Some(FoundValue::Instance(of, class)),
                FoundValue::Exports(target) => match self.exported(target, "=", 0)? {
                    FoundValue::Class(of, class) => Some(FoundValue::Instance(of, class)),
                    _ => None,
                },
                _ => None,
            },
            (NamedValue::Member(of, _), _) => self.value(file, of, 0),
            _ => None,
        };
        found.filter(|found| matches!(found, FoundValue::Class(..) | FoundValue::Instance(..))).or(self.this)
    }

    /// Whether the process may end in a body that is perhaps called.
    fn may_leave(&self, file: NodeId, number: u32, seen: &mut HashSet<u32>) -> bool {
        let body = self.walk.module(file).and_then(|module| module.bodies.all.get(number as usize));
        seen.insert(number)
            && seen.len() < MAX_DEPTH as usize
            && body.is_some_and(|body| {
                body.steps.iter().any(|step| match step {
                    BodyStep::Leaves => true,
                    BodyStep::Call(call) => match &call.callee {
                        NamedValue::Function(callee) | NamedValue::Getter(callee) => {
                            self.may_leave(file, *callee, seen)
                        }
                        _ => false,
                    },
                    _ => false,
                })
            })
    }
}
