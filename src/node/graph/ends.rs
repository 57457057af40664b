//! Where the agent ends by itself while it is loaded.

use super::unset::KeptRunning;
use super::{GraphWalk, LoadPhase, MAX_FAULTS};
use crate::node::ends::EndsBy;
use crate::node::faults::{EndFault, ModuleFault};
use crate::node::modules::Need;
use std::collections::HashSet;

impl GraphWalk<'_> {
    /// Notes where the agent was found to end by itself: each place once.
    pub(super) fn check_ends(&mut self) {
        let mut ends = std::mem::take(&mut self.reached.ends);
        if ends.is_empty() {
            return;
        }
        ends.sort_by_key(|(.., need)| *need == Need::Optional);
        let kept_running = self.kept_running();
        let mut files = self.visited.keys().filter_map(|file| self.module(*file));
        let changes_status = files.any(|module| module.ends.as_ref().is_some_and(|ends| ends.changes_status));
        let mut told = HashSet::new();
        for (file, number, need) in ends {
            // What does not parse, or not as what it is loaded as, never runs.
            let module = self.module(file).filter(|_| self.links.contains_key(&file));
            let Some(ending) = module.and_then(|module| module.ends.as_ref()?.all.get(number as usize)) else {
                continue;
            };
            if !told.insert((file, number)) || self.faults.len() >= MAX_FAULTS {
                continue;
            }
            let need = match ending.how {
                EndsBy::Status if changes_status || kept_running == KeptRunning::Surely => continue,
                EndsBy::Status if kept_running == KeptRunning::Perhaps => Need::Optional,
                _ => need,
            };
            let fault = EndFault { file, ending: ending.clone(), need };
            self.faults.push((LoadPhase::Run, ModuleFault::Ends(fault)));
        }
    }
}
