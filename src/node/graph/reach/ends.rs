//! Where the agent ends by itself: what is thrown, and `process.exit(1)`, which nothing catches.

use super::{Failing, ReachRun};
use crate::node::bodies::{FailureFate, Handled};
use crate::node::ends::EndsBy;
use crate::node::graph::reached::Way;
use crate::node::modules::Need;
use crate::tree::nodes::NodeId;

impl ReachRun<'_, '_> {
    /// Notes that an end is come to.
    pub(super) fn end_met(&mut self, file: NodeId, number: u32, is_unsure: bool) {
        self.found.ends.push((file, number, if is_unsure { Need::Optional } else { Need::Certain }));
    }

    /// The run has come to where a file ends the process, or throws.
    pub(super) fn ends(&mut self, file: NodeId, number: u32, fate: FailureFate, thrown: Way, rejected: Way) {
        let walk = self.walk;
        let Some(module) = walk.module(file).filter(|_| self.parses(file)) else { return };
        let Some(ends) = &module.ends else { return };
        let Some(ending) = ends.all.get(number as usize) else { return };
        if ending.needs_strict && !self.is_module(file) && !module.names.is_strict {
            return;
        }
        if ending.how == EndsBy::Throw {
            let way = self.way(fate, thrown, rejected);
            return self.may_fail(file, Failing::Ends(number, self.is_unsure), way);
        }
        let is_handled = ending.how == EndsBy::HandledSignal && ends.is_watched;
        let is_reached = match fate {
            _ if is_handled || self.has_left || self.is_in_worker => false,
            FailureFate::Nothing => false,
            // Whoever catches what is thrown before it goes on without it.
            FailureFate::StopsAfter => thrown != Way::None,
            FailureFate::Stops | FailureFate::Throws | FailureFate::Rejects => true,
        };
        if is_reached {
            // What is thrown and taken before it leaves the rest of the file out.
            let is_unsure = self.is_unsure || self.handles == Some(Handled::Everything) || ends.is_watched;
            self.end_met(file, number, is_unsure);
            self.has_left |= ending.how.is_at_once() && !is_unsure;
        }
    }
}
