//! Names that stand for nothing where they are used: which of them stop the agent, and which might be there after all since
//! something that is loaded may make them.

use super::{GraphWalk, LoadPhase, LoadedAs, MAX_FAULTS};
use crate::node::builtins;
use crate::node::faults::{ModuleFault, NameFault, UnsettledFault};
use crate::node::format::extension_of;
use crate::node::modules::Need;
use crate::node::names::{NameOf, NameUse, UseOf, WhyUnset};
use crate::tree::nodes::NodeId;
use std::collections::HashSet;

/// Packages that agents are made of, and that make no globals. Of any other that is loaded nobody can tell.
const MAKE_NO_GLOBALS: [&str; 34] = [
    "ajv",
    "axios",
    "chalk",
    "commander",
    "cors",
    "debug",
    "dotenv",
    "execa",
    "express",
    "fastify",
    "fastify-plugin",
    "fs-extra",
    "glob",
    "helmet",
    "ioredis",
    "js-yaml",
    "jsonwebtoken",
    "lodash",
    "minimist",
    "ms",
    "nanoid",
    "pg",
    "pino",
    "pino-pretty",
    "pm2",
    "redis",
    "semver",
    "systeminformation",
    "tar",
    "undici",
    "uuid",
    "ws",
    "yaml",
    "zod",
];

/// Names of other places where JavaScript runs. Code for several of them says them where it has seen where it is.
const ELSEWHERE: [&str; 24] = [
    "ActiveXObject",
    "Bun",
    "Deno",
    "DedicatedWorkerGlobalScope",
    "Element",
    "HTMLElement",
    "Image",
    "MutationObserver",
    "Node",
    "ServiceWorkerGlobalScope",
    "WorkerGlobalScope",
    "WorkerLocation",
    "XMLHttpRequest",
    "alert",
    "define",
    "document",
    "importScripts",
    "location",
    "msCrypto",
    "postMessage",
    "requestAnimationFrame",
    "self",
    "window",
    "__webpack_require__",
];

/// What the files that are reached make of globals.
struct MadeGlobals<'b> {
    names: HashSet<&'b str>,
    /// Something of which nobody can tell may make others.
    is_open: bool,
}

/// Whether something keeps the process running, so that a promise may be settled after all.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum KeptRunning {
    /// A server, an interval, a connection.
    Surely,
    /// Something is done of which it cannot be told.
    Perhaps,
    /// Nothing that is known.
    Not,
}

impl<'b> GraphWalk<'b> {
    /// Looks for names that stand for nothing in all files that were visited.
    pub(super) fn check_unset_names(&mut self) {
        let made = self.made();
        let mut files: Vec<NodeId> = self.visited.keys().copied().collect();
        // In the order in which they are loaded, as far as that is known.
        files.sort_unstable();
        for file in files {
            self.check_unset_names_of(file, &made);
        }
    }

    /// Notes what is awaited and never settled, if nothing is known to keep the process running meanwhile.
    pub(super) fn check_unsettled(&mut self) {
        let need = match self.kept_running() {
            KeptRunning::Surely => return,
            KeptRunning::Perhaps => Need::Optional,
            KeptRunning::Not => Need::Certain,
        };
        for (file, line, why) in std::mem::take(&mut self.reached.unsettled) {
            let fault = UnsettledFault { file, line, why, need };
            self.faults.push((LoadPhase::Run, ModuleFault::Unsettled(fault)));
        }
    }

    /// Whether something keeps the process running once everything is loaded.
    pub(super) fn kept_running(&self) -> KeptRunning {
        let mut kept = KeptRunning::Not;
        if !self.foreign.is_empty() || !self.graph.not_parsed.is_empty() {
            kept = KeptRunning::Perhaps;
        }
        for module in self.visited.keys().filter_map(|file| self.module(*file)) {
            let waits = module.waits.as_deref();
            if waits.is_some_and(|waits| waits.keeps_running) {
                return KeptRunning::Surely;
            }
            if waits.is_some_and(|waits| waits.does_something) || !module.computed.is_empty() {
                kept = KeptRunning::Perhaps;
            }
        }
        kept
    }

    fn check_unset_names_of(&mut self, file: NodeId, made: &MadeGlobals<'b>) {
        // What does not parse, or not as what it is loaded as, never runs.
        let Some(module) = self.module(file).filter(|_| self.links.contains_key(&file)) else { return };
        let strict = module.names.is_strict || self.loads_as_module(file);
        let uses = &module.names.uses;
        let is_unset = |used: &NameUse, why: WhyUnset| {
            why != WhyUnset::Undeclared
                || (!made.names.contains(&*used.name)
                    && (strict || (used.how != UseOf::Write && !module.names.is_in_block(&used.name))))
        };
        let certain = self.reached.names.get(&file).into_iter().flatten().filter_map(|(number, why)| {
            let used = uses.get(*number as usize)?;
            is_unset(used, *why).then_some((used, *why))
        });
        let is_half_filled = |(used, _): &(&NameUse, WhyUnset)| matches!(used.of, NameOf::Required(..));
        let found: Vec<_> = certain.collect();
        let first = found.iter().find(|found| !is_half_filled(found)).or(found.first()).copied();
        if let Some((used, why)) = first {
            let is_flagged = builtins::BEHIND_FLAGS.contains(&&*used.name);
            // What `require` gives may be filled by other means.
            let may_be = matches!(used.of, NameOf::Required(..));
            // Another loader may read what has no name of code (`require.extensions`).
            let is_code = matches!(extension_of(self.sources.tree.name(file)), ".js" | ".cjs" | ".mjs");
            let need = if may_be || !is_code || (why == WhyUnset::Undeclared && (made.is_open || is_flagged)) {
                Need::Optional
            } else {
                Need::Certain
            };
            self.name_fault(file, used, why, need);
            return;
        }
        let mut unsure = self.reached.unsure_names.get(&file).into_iter().flatten();
        let in_circle = unsure.find(|(_, why)| **why != WhyUnset::Undeclared);
        let in_circle = in_circle.and_then(|(number, why)| Some((uses.get(*number as usize)?, *why)));
        let below = || {
            uses.iter()
                .find(|used| used.of == NameOf::Below && !used.is_asked_for)
                .map(|used| (used, WhyUnset::NotYet(file)))
        };
        let constant = || {
            uses.iter()
                .find(|used| used.of == NameOf::Constant && !used.is_asked_for)
                .map(|used| (used, WhyUnset::Constant))
        };
        let undeclared = || {
            let is_told = |used: &&NameUse| {
                used.of == NameOf::Nothing && is_unset(used, WhyUnset::Undeclared) && !ELSEWHERE.contains(&&*used.name)
            };
            uses.iter().filter(is_told).find(|used| !used.is_asked_for).map(|used| (used, WhyUnset::Undeclared))
        };
        let in_circle = in_circle.filter(|(used, _)| !used.is_asked_for);
        if let Some((used, why)) = in_circle.or_else(undeclared).or_else(below).or_else(constant) {
            self.name_fault(file, used, why, Need::Optional);
        }
    }

    fn name_fault(&mut self, file: NodeId, used: &NameUse, why: WhyUnset, need: Need) {
        if self.faults.len() >= MAX_FAULTS {
            return;
        }
        let (name, message) = (used.name.clone(), used.message(&why));
        let fault = NameFault { file, line: used.line, name, why, need, message };
        self.faults.push((LoadPhase::Run, ModuleFault::Name(fault)));
    }

    fn loads_as_module(&self, file: NodeId) -> bool {
        self.visited.get(&file).is_some_and(|(.., loaded)| *loaded == LoadedAs::Module)
    }

    fn made(&self) -> MadeGlobals<'b> {
        let quiet = |name: &String| MAKE_NO_GLOBALS.contains(&&**name) || name.starts_with("@fastify/");
        let mut made = MadeGlobals { names: HashSet::new(), is_open: !self.foreign.iter().all(quiet) };
        made.is_open |= !self.graph.computed.is_empty() || !self.graph.not_parsed.is_empty();
        for file in self.visited.keys().copied() {
            let Some(module) = self.module(file) else { continue };
            let names = &module.names;
            let sloppy = !names.is_strict && !self.loads_as_module(file);
            made.is_open |= names.makes_unknown || (sloppy && names.makes_unknown_in_sloppy);
            made.names.extend(names.makes.iter().map(|name| &**name));
            if sloppy {
                made.names.extend(names.assigned());
            }
        }
        made
    }
}
