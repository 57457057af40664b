//! Which bodies run while the agent is loaded, and what stops it when it fails there: the calls of all files followed from
//! the top level of the entry point, in the order in which Node runs them.
//!
//! Only what happens for certain is followed. Once the process may have ended, or somebody takes what nobody caught, nothing
//! further is certain.

mod absent;
mod callable;
mod calls;
mod ends;
mod frames;
mod given;
mod given_paths;
mod names;
mod put_in;
mod stars;
mod values;

use self::frames::{FoundValue, Frame};
use super::reached::{AbsentMember, ReachedNames, Way};
use super::{GraphWalk, LoadedAs};
use crate::node::bodies::{BodyKind, BodyStep, FailureFate, Handled};
use crate::node::faults::WhyUnsettled;
use crate::node::modules::{AssetUse, Form, Import};
use crate::node::names::WhyUnset;
use crate::node::resolve::{Loader, Target};
use crate::tree::nodes::NodeId;
use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

/// Calls and files that are open at once; no real code has as many before it is loaded.
const MAX_DEPTH: u32 = 200;
/// Files that are looked into for what one passes on, or waits for; no real code has as many.
const MAX_LOOKED_INTO: usize = 500;
/// Bodies that are looked into.
const MAX_BODIES: usize = 100_000;
/// Parts of values that are put together of what functions are given.
const MAX_FILLED: u32 = 400_000;

/// What runs: a body, what comes of what it throws and of its rejection, what `this` is, whether that may all be otherwise, and what
/// it was given.
type RunningBody = (NodeId, u32, Way, Way, Option<FoundValue>, bool, Option<Rc<Frame>>);

/// A file, and all whose exports it passes on, in the order of the statements.
struct Stars {
    files: Vec<NodeId>,
    /// Whether these are all.
    are_all: bool,
}

/// The run.
struct ReachRun<'w, 'b> {
    walk: &'w GraphWalk<'b>,
    found: ReachedNames,
    loaded: HashSet<NodeId>,
    done: HashSet<RunningBody>,
    later: VecDeque<RunningBody>,
    /// What `this` is in the body that runs, as far as that is known.
    this: Option<FoundValue>,
    /// What the body that runs was given, where something in it depends on that.
    frame: Option<Rc<Frame>>,
    /// Whether what was put together last may be something else.
    is_perhaps_other: bool,
    /// Parts of values that may still be put together, and loads and reads that were.
    fills_left: u32,
    made: usize,
    /// Names of members that files give other values, and names of what they import and hand on.
    changed: HashSet<&'b str>,
    handed_on: HashSet<&'b str>,
    /// Whether what runs now is called for certain, but for what it is or for what was awaited before it.
    is_unsure: bool,
    /// Whether what runs now has a thread of its own, and ends no more than that.
    is_in_worker: bool,
    /// Names of members that a file which runs gives to what is made already, and to what it imports.
    patched: HashSet<&'w str>,
    replaced: HashSet<&'w str>,
    links: HashMap<(NodeId, u32), Option<NodeId>>,
    /// Files that are being loaded and are not done, with how far they have run, in bytes from their start.
    unfinished: HashMap<NodeId, u32>,
    /// What files pass on.
    stars: HashMap<NodeId, Rc<Stars>>,
    /// What may be called and is not exported.
    absent: Vec<AbsentMember>,
    /// How files are run that something leads to.
    formats: HashMap<NodeId, LoadedAs>,
    depth: u32,
    /// How the file fails that Node was asked for, if it is an ES module.
    asked: Way,
    /// The process may have ended.
    has_left: bool,
    handles: Option<Handled>,
    /// What was rejected and nobody took. Node stops for it when what runs now is done: by then the process may have ended
    /// well, or somebody may take what nobody took.
    rejected: Vec<(NodeId, Failing)>,
}

/// What fails at one place of a file, by its number.
#[derive(Clone, Copy)]
enum Failing {
    /// An import, or what it leads to.
    Import(u32),
    /// A name of CommonJS.
    Mention(u32),
    /// A file that is named.
    Asset(u32),
    /// A name that stands for nothing.
    Name(u32, WhyUnset),
    /// What is called and not exported, by its number in the run.
    Absent(usize),
    /// Something is thrown, by the number of that, and whether that is unsure.
    Ends(u32, bool),
}

impl GraphWalk<'_> {
    /// Follows what runs from the entry point.
    pub(super) fn reach(&self, entry: NodeId) -> ReachedNames {
        let mut run = ReachRun {
            walk: self,
            found: ReachedNames::default(),
            loaded: HashSet::new(),
            done: HashSet::new(),
            later: VecDeque::new(),
            this: None,
            frame: None,
            is_perhaps_other: false,
            fills_left: MAX_FILLED,
            made: 0,
            changed: HashSet::new(),
            handed_on: HashSet::new(),
            is_unsure: false,
            is_in_worker: false,
            patched: HashSet::new(),
            replaced: HashSet::new(),
            links: HashMap::new(),
            unfinished: HashMap::new(),
            stars: HashMap::new(),
            absent: Vec::new(),
            formats: HashMap::new(),
            depth: 0,
            asked: Way::Module,
            has_left: false,
            handles: None,
            rejected: Vec::new(),
        };
        run.knows_format(entry, Loader::Require);
        run.ask_for(entry);
        run.settle();
        while let Some((file, body, thrown, rejected, this, is_unsure, frame)) = run.later.pop_front() {
            (run.this, run.is_unsure, run.frame) = (this, is_unsure, frame);
            run.body(file, body, thrown, rejected);
            run.settle();
        }
        run.look_around(entry);
        run.found
    }
}

impl ReachRun<'_, '_> {
    /// Loads the entry point, or what `import()` names.
    fn ask_for(&mut self, file: NodeId) {
        let asked = if self.awaits(file) { Way::AwaitingModule } else { Way::Module };
        let outer = std::mem::replace(&mut self.asked, asked);
        self.load(file);
        self.asked = outer;
    }

    /// Whether a module that Node was asked for awaits, as it then says where a name of CommonJS is missing: 24 looks at that
    /// file alone, 22 at all that it imports as well (`explainCommonJSGlobalLikeNotDefinedError`; measured with both).
    fn awaits(&mut self, file: NodeId) -> bool {
        let (mut pending, mut seen) = (vec![file], HashSet::from([file]));
        while let Some(file) = pending.pop() {
            if self.walk.module(file).is_some_and(|module| module.awaits) {
                return true;
            }
            if self.walk.node.major < 24 {
                pending.extend(self.static_imports(file).filter(|target| seen.insert(*target)));
            }
        }
        false
    }

    /// Loads a file: first what it imports, in order, then itself.
    fn load(&mut self, file: NodeId) {
        if self.depth >= MAX_DEPTH || !self.loaded.insert(file) {
            return;
        }
        self.depth += 1;
        self.unfinished.insert(file, 0);
        let mut open = vec![(file, self.static_imports(file))];
        while let Some((file, targets)) = open.last_mut() {
            let file = *file;
            match targets.next() {
                Some(target) if self.loaded.insert(target) => {
                    self.unfinished.insert(target, 0);
                    let targets = self.static_imports(target);
                    open.push((target, targets));
                }
                Some(_) => {}
                None => {
                    open.pop();
                    self.run_file(file);
                    self.unfinished.remove(&file);
                }
            }
        }
        self.depth -= 1;
    }

    fn static_imports(&mut self, file: NodeId) -> std::vec::IntoIter<NodeId> {
        let walk = self.walk;
        let imports = walk.module(file).map(|module| &*module.imports).unwrap_or_default();
        if !self.is_module(file) {
            return Vec::new().into_iter();
        }
        let of_statements =
            imports.iter().zip(0..).filter(|(import, _)| matches!(import.form, Form::Static | Form::Star));
        let targets: Vec<_> = of_statements.filter_map(|(_, number)| self.link(file, number)).collect();
        targets.into_iter()
    }

    fn run_file(&mut self, file: NodeId) {
        let walk = self.walk;
        if let Some(module) = walk.module(file) {
            self.found.sets.extend(module.sets.iter());
            self.patched.extend(module.bodies.patched.iter().map(|name| &**name));
            self.replaced.extend(module.bodies.replaced.iter().map(|name| &**name));
            self.note_changes(file);
            let outer = (self.this.take(), self.frame.take());
            self.body(file, 0, self.asked, Way::None);
            (self.this, self.frame) = outer;
        }
    }

    /// By what a failure at one place stops Node.
    fn way(&self, fate: FailureFate, thrown: Way, rejected: Way) -> Way {
        match (fate, self.handles) {
            _ if self.has_left => Way::None,
            (FailureFate::Nothing, _)
            | (_, Some(Handled::Everything))
            | (FailureFate::Stops | FailureFate::StopsAfter, Some(Handled::Rejections)) => Way::None,
            // Whoever catches what is thrown before it goes on without it.
            (FailureFate::StopsAfter, None) if thrown == Way::None => Way::None,
            (FailureFate::Stops | FailureFate::StopsAfter, None) => Way::Nobody,
            (FailureFate::Throws, _) => thrown,
            (FailureFate::Rejects, _) => rejected,
        }
    }

    /// Runs a body: what is thrown in it goes this way, what rejects its promise that one.
    fn body(&mut self, file: NodeId, number: u32, thrown: Way, rejected: Way) {
        if self.has_left
            || self.done.len() > MAX_BODIES
            || !self.done.insert((file, number, thrown, rejected, self.this, self.is_unsure, self.frame.clone()))
        {
            return;
        }
        let walk = self.walk;
        let Some(body) = walk.module(file).and_then(|module| module.bodies.all.get(number as usize)) else { return };
        let thrown = if body.kind == BodyKind::Sync { thrown } else { rejected };
        let places = walk.module(file).filter(|_| number == 0).map(|module| &*module.bodies.places).unwrap_or_default();
        let number_at_top = number == 0;
        let may_be_others = body.reads_this && self.is_of_another_file(file);
        for (at, step) in body.steps.iter().enumerate() {
            if self.has_left {
                return;
            }
            if let (Some(place), Some(progress)) = (places.get(at), self.unfinished.get_mut(&file)) {
                *progress = *place;
            }
            match step {
                BodyStep::Leaves => self.has_left = true,
                BodyStep::Pauses => self.is_unsure = true,
                BodyStep::Ends(number, fate) => self.ends(file, *number, *fate, thrown, rejected),
                BodyStep::Handles(handled) if self.handles != Some(Handled::Everything) => {
                    self.handles = Some(*handled)
                }
                BodyStep::Handles(_) => {}
                // Paths may be made of members that the object's class has otherwise.
                BodyStep::Import(..) | BodyStep::Asset(..) if may_be_others => {}
                BodyStep::Import(number, fate) => {
                    if number_at_top && *fate == FailureFate::Throws {
                        self.waits_for(file, *number);
                    }
                    self.may_fail(file, Failing::Import(*number), self.way(*fate, thrown, rejected));
                }
                BodyStep::Mention(number, fate) => {
                    self.may_fail(file, Failing::Mention(*number), self.way(*fate, thrown, rejected));
                }
                BodyStep::Asset(number, fate) => {
                    self.may_fail(file, Failing::Asset(*number), self.way(*fate, thrown, rejected));
                }
                BodyStep::OpenLoad(number, fate) => {
                    self.open_load(file, *number, self.way(*fate, thrown, rejected));
                }
                BodyStep::OpenAsset(number, fate) => {
                    self.open_asset(file, *number, self.way(*fate, thrown, rejected));
                }
                BodyStep::Waits(number, fate) => {
                    if matches!(self.way(*fate, thrown, rejected), Way::Module | Way::AwaitingModule) {
                        let line =
                            walk.module(file).and_then(|module| module.waits.as_ref()?.forever.get(*number as usize));
                        self.found.unsettled.push((file, line.copied().unwrap_or(1), WhyUnsettled::Idle));
                    }
                }
                BodyStep::Name(name, fate) => {
                    if let Some(why) = self.unset(file, *name) {
                        let way = self.way(*fate, thrown, rejected);
                        if way == Way::None && number == 0 {
                            self.found.unsure_names.entry(file).or_default().insert(*name, why);
                        }
                        self.may_fail(file, Failing::Name(*name, why), way);
                    } else {
                        self.note_absent_name(file, *name, self.way(*fate, thrown, rejected));
                    }
                }
                BodyStep::Call(call) => self.call(file, call, thrown, rejected),
            }
        }
    }

    /// Whether `this` is of a class of another file.
    fn is_of_another_file(&self, file: NodeId) -> bool {
        matches!(self.this, Some(FoundValue::Class(of, _) | FoundValue::Instance(of, _)) if of != file)
    }

    /// What may fail here. Where a file awaits meanwhile it can't be told which comes first, and nothing is held to be certain.
    fn may_fail(&mut self, file: NodeId, failing: Failing, way: Way) {
        // What it takes of its own exports another file has given it.
        let taken = self.walk.module(file).map(|module| &module.bodies.taken);
        if !self.replaced.is_empty()
            && taken.is_some_and(|taken| taken.iter().any(|name| self.replaced.contains(&**name)))
        {
            return;
        }
        match way {
            Way::None => {}
            Way::Nobody => self.rejected.push((file, failing)),
            way => self.fails(file, failing, way),
        }
    }

    fn fails(&mut self, file: NodeId, failing: Failing, way: Way) {
        match failing {
            Failing::Import(number) => {
                self.found.imports.insert((file, number));
                if let Some(target) = self.link(file, number) {
                    let import = self.import_at(file, number);
                    if import.is_some_and(|import| import.form == Form::Call) {
                        self.apart(|run| run.ask_for(target));
                    } else {
                        self.ask_for(target);
                    }
                }
            }
            Failing::Ends(number, is_unsure) => self.end_met(file, number, is_unsure),
            Failing::Absent(number) => self.found.absent.extend(self.absent.get(number).cloned()),
            Failing::Name(number, why) => {
                self.found.names.entry(file).or_default().push((number, why));
            }
            Failing::Mention(number) => self.found.mentions.entry(file).or_default().push((number, way)),
            Failing::Asset(number) => {
                self.found.assets.insert((file, number));
                self.worker(file, number);
            }
        }
    }

    /// What runs is done: rejections that nobody takes stop Node.
    fn settle(&mut self) {
        while !self.has_left && self.handles.is_none() && !self.rejected.is_empty() {
            for (file, failing) in std::mem::take(&mut self.rejected) {
                self.fails(file, failing, Way::Nobody);
            }
        }
        self.rejected.clear();
    }

    fn worker(&mut self, file: NodeId, number: u32) {
        let own = self.walk.module(file).map_or(0, |module| module.assets.len());
        let asset = match (number as usize).checked_sub(own) {
            None => self.walk.module(file).and_then(|module| module.assets.get(number as usize)).cloned(),
            Some(number) => self.found.given.get(&file).and_then(|given| given.assets.get(number)).cloned(),
        };
        if let Some(asset) = asset.filter(|asset| asset.how == AssetUse::Worker)
            && let Some(target) = self.walk.asset_at(file, &asset.path)
            && self.walk.is_ours(target)
            && self.knows_format(target, Loader::Require)
        {
            let outer = std::mem::replace(&mut self.is_in_worker, true);
            self.apart(|run| run.ask_for(target));
            self.is_in_worker = outer;
        }
    }

    /// Runs what begins only once everything that is being loaded is done.
    fn apart(&mut self, load: impl FnOnce(&mut Self)) {
        let unfinished = std::mem::take(&mut self.unfinished);
        load(self);
        self.unfinished = unfinished;
    }

    /// The file of the agent that an import leads to.
    fn link(&mut self, file: NodeId, number: u32) -> Option<NodeId> {
        if let Some(known) = self.links.get(&(file, number)) {
            return *known;
        }
        let target = self.import_at(file, number).and_then(|import| self.resolved(file, &import));
        self.links.insert((file, number), target);
        target
    }

    fn resolved(&mut self, file: NodeId, import: &Import) -> Option<NodeId> {
        let loader = match import.form {
            Form::Static | Form::Star | Form::Call => Loader::Import,
            Form::Require if self.is_module(file) => return None,
            Form::MainRequire if self.walk.entry.is_some_and(|entry| self.is_module(entry)) => return None,
            Form::Require | Form::CreatedRequire | Form::MainRequire => Loader::Require,
            Form::FindImported | Form::FindRequired | Form::FindCreated => return None,
        };
        let from = if import.form == Form::MainRequire { self.walk.entry.unwrap_or(file) } else { file };
        let walk = self.walk;
        if !walk.knows_folder(import) {
            return None;
        }
        self.resolved_file(&walk.specifier_of(file, import), from, loader)
    }

    /// The file of the agent that a specifier leads to.
    fn resolved_file(&mut self, specifier: &str, from: NodeId, loader: Loader) -> Option<NodeId> {
        match self.walk.resolver.resolve(specifier, from, loader) {
            Ok(Target::File(id) | Target::Fallback(id)) if self.walk.is_ours(id) => {
                self.knows_format(id, loader).then_some(id)
            }
            _ => None,
        }
    }

    /// Whether a file is loaded at all; how it is run is then known.
    fn knows_format(&mut self, file: NodeId, loader: Loader) -> bool {
        let Ok(format) = self.walk.resolver.format(file, loader) else { return false };
        let loaded_as = self.walk.loaded_as(file, &format);
        self.formats.entry(file).or_insert(loaded_as);
        true
    }

    fn is_module(&self, file: NodeId) -> bool {
        self.formats.get(&file) == Some(&LoadedAs::Module)
    }
}
