//! The graph itself: what is reached from the entry point, and what Node would say on the way.
//!
//! Node first loads everything that is imported statically, level by level and in the order of the statements; then it binds
//! names; then it runs the code, which may `require()` and `import()` more. Faults are put in that order, since Node stops at
//! the first one.

mod addresses;
mod assets;
mod attributes;
mod checks;
mod circles;
mod ends;
mod exported;
mod load;
mod names;
mod reach;
mod reached;
mod unset;

use self::reached::ReachedNames;
use super::scripts::Scripts;
use crate::node::faults::{FormatFault, Graph, ImportPlace, ModuleFault, WrongFormat};
use crate::node::features::Feature;
use crate::node::modules::{Form, Import, JudgedScript, Module, Need, NewSyntax, NotParsed, OwnExports, SyntaxFault};
use crate::node::node_version::NodeVersion;
use crate::node::package_file::PackageFile;
use crate::node::parse::kind_of;
use crate::node::resolve::{Loader, Resolver, Target};
use crate::tree::names::ConfiguredNames;
use crate::tree::nodes::{Content, NodeId, NodeKind, Tree};
use crate::tree::ownership::OwnershipMap;
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet, VecDeque};

/// Faults that are told apart; a bundle with more is refused all the same.
pub(super) const MAX_FAULTS: usize = 2000;

/// What imports are followed through.
#[derive(Clone, Copy)]
pub struct ModuleSources<'a> {
    /// The bundle's tree.
    pub tree: &'a Tree,
    /// What was made of its code.
    pub scripts: &'a Scripts,
    /// The names it is judged by.
    pub names: &'a ConfiguredNames,
    /// Whose each of its nodes is.
    pub ownership: &'a OwnershipMap,
    /// The root `package.json`.
    pub package: &'a PackageFile,
    /// The one of the shared package's copy.
    pub shared_package: &'a PackageFile,
    /// Who runs it.
    pub node: NodeVersion,
    /// The folder that the tree stands in on the server, for messages.
    pub here: &'a str,
    /// Where it stands now, if it is judged as it stands: absolute paths may lead there.
    pub stands_at: Option<&'a str>,
    /// Whether its dependencies are there.
    pub dependencies: Dependencies,
}

/// Whether what `node_modules` holds is all that will be there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dependencies {
    /// A package manager has been there: what is missing stays missing.
    Installed,
    /// The update deletes it and installs what is declared.
    ToBeInstalled,
}

/// Which loader reads the entry point.
const fn main_loader(loaded_as: LoadedAs) -> Loader {
    match loaded_as {
        LoadedAs::Module => Loader::Import,
        LoadedAs::CommonJs => Loader::Require,
    }
}

/// Follows the imports of a bundle from its entry point, the shared package being its copy in `node_modules`.
#[must_use]
pub(crate) fn follow(sources: &ModuleSources<'_>) -> Graph {
    entry(sources).map_or_else(Graph::default, |entry| follow_with(sources, entry, None))
}

/// What is followed with the shared package taken from its shipped sources alone, from which an update may restore it;
/// nothing where there are none.
#[must_use]
pub(crate) fn follow_restored(sources: &ModuleSources<'_>) -> Option<Graph> {
    let tree = sources.tree;
    let source = tree.resolve(sources.names.shared_source.as_bytes()).ok()?;
    let source = (tree.kind(source) == NodeKind::Directory).then_some(source)?;
    Some(entry(sources).map_or_else(Graph::default, |entry| follow_with(sources, entry, Some(source))))
}

/// Where following starts: without an entry point nothing starts, and on the bundle's package.json everything depends;
/// both have rules of their own.
fn entry(sources: &ModuleSources<'_>) -> Option<NodeId> {
    let tree = sources.tree;
    let entry = tree.resolve(sources.names.entry.as_bytes()).ok();
    let sound = !matches!(sources.package, PackageFile::Invalid(_));
    entry.filter(|id| sound && tree.file(*id).is_some_and(|file| file.size > 0))
}

fn follow_with(sources: &ModuleSources<'_>, entry: NodeId, installed: Option<NodeId>) -> Graph {
    let ModuleSources { tree, node, here, stands_at, names, ownership, .. } = *sources;
    let is_ours = |id: NodeId| ownership.at(id).runs_as_shipped();
    let mut empty = Module::default();
    empty.commonjs.own = Some(OwnExports::default());
    let resolver = Resolver::new(tree, node, here, &is_ours).standing_at(stands_at);
    let mut walk = GraphWalk {
        sources: *sources,
        node,
        resolver: match installed {
            Some(folder) => resolver.with_installed(&names.shared, folder),
            None => resolver,
        },
        is_ours: &is_ours,
        empty: &empty,
        reached: ReachedNames::default(),
        assets: Vec::new(),
        order: Vec::new(),
        visited: HashMap::new(),
        links: HashMap::new(),
        sure: VecDeque::new(),
        unsure: VecDeque::new(),
        required: Vec::new(),
        entry: Some(entry),
        faults: Vec::new(),
        suggestions: 0,
        told: HashSet::new(),
        defined: HashSet::new(),
        foreign: HashSet::new(),
        installed_shared: OnceCell::new(),
        graph: Graph::default(),
    };
    walk.start(entry);
    walk.reached = walk.reach(entry);
    walk.run();
    walk.finish()
}

/// When Node meets a fault.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum LoadPhase {
    /// While everything is loaded.
    Load,
    /// While names are bound.
    Link,
    /// While the code runs.
    Run,
}

/// A file to visit.
#[derive(Clone, Copy)]
pub(super) struct GraphStep {
    file: NodeId,
    need: Need,
    when: LoadPhase,
    loaded_as: LoadedAs,
    loader: Loader,
}

/// How Node loads a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum LoadedAs {
    Module,
    CommonJs,
}

/// What an import was found to lead to, as far as it is followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Linked {
    Module(NodeId),
    CommonJs(NodeId),
    Json(NodeId),
    /// Nothing that is looked into, or nothing at all.
    Nothing,
}

/// An import that leads to a file.
#[derive(Clone, Copy)]
pub(super) struct FileLoad<'a> {
    pub import: &'a Import,
    pub place: &'a ImportPlace,
    pub target: NodeId,
    pub loader: Loader,
    pub when: LoadPhase,
}

/// An ES module that is required.
#[derive(Clone, Copy)]
pub(super) struct RequiredModule {
    pub from: NodeId,
    pub line: u32,
    pub target: NodeId,
    pub need: Need,
}

/// The walk.
pub(super) struct GraphWalk<'b> {
    pub(super) sources: ModuleSources<'b>,
    pub(super) node: NodeVersion,
    pub(super) resolver: Resolver<'b>,
    is_ours: &'b dyn Fn(NodeId) -> bool,
    /// What an empty file is.
    empty: &'b Module,
    /// What happens for certain while the agent is loaded.
    reached: ReachedNames,
    /// Files that are named by a path: by which file, and the number of the asset there.
    assets: Vec<(NodeId, u32, Need)>,
    order: Vec<NodeId>,
    pub(super) visited: HashMap<NodeId, (Need, LoadPhase, LoadedAs)>,
    links: HashMap<NodeId, Vec<Linked>>,
    /// What is reached for certain is visited before all that may be.
    pub(super) sure: VecDeque<GraphStep>,
    pub(super) unsure: VecDeque<GraphStep>,
    /// ES modules that are required.
    pub(super) required: Vec<RequiredModule>,
    /// The entry point.
    pub(super) entry: Option<NodeId>,
    pub(super) faults: Vec<(LoadPhase, ModuleFault)>,
    /// Missing names for which the nearest one was looked for.
    suggestions: u32,
    /// Files of JSON that were reported.
    pub(super) told: HashSet<NodeId>,
    /// What a file that is reached brings along for versions of Node that do not have it.
    defined: HashSet<&'b Feature>,
    /// Packages that are loaded and not looked into.
    foreign: HashSet<String>,
    /// What installing the bundle installs of the shared package's folder, where it does; asked for every import of it,
    /// looked up once.
    pub(super) installed_shared: OnceCell<Option<PackageFile>>,
    graph: Graph,
}

impl<'b> GraphWalk<'b> {
    /// Begins with the entry point, which Node takes as `require` would: only that an ES module may be it in every version.
    fn start(&mut self, entry: NodeId) {
        match self.resolver.format(entry, Loader::Require) {
            Ok(format) => {
                let loaded_as = self.loaded_as(entry, &format);
                let step = GraphStep {
                    file: entry,
                    need: Need::Certain,
                    when: LoadPhase::Load,
                    loaded_as,
                    loader: main_loader(loaded_as),
                };
                self.sure.push_back(step);
            }
            Err(refusal) => {
                let specifier = self.sources.names.entry.clone();
                let place = ImportPlace { file: entry, line: 1, specifier, need: Need::Certain };
                self.refused(place, refusal, LoadPhase::Load);
            }
        }
    }

    fn run(&mut self) {
        // A file is visited once. One that is reached in both ways has to be judged as what is reached for certain.
        while let Some(step) = self.sure.pop_front().or_else(|| self.unsure.pop_front()) {
            if !self.visited.contains_key(&step.file) && self.faults.len() < MAX_FAULTS {
                self.visit(&step);
            }
        }
        for file in std::mem::take(&mut self.order) {
            self.bind(file);
        }
        for required in std::mem::take(&mut self.required) {
            self.check_required(required.from, required.line, required.target);
            self.check_circle(&required);
        }
        self.check_assets();
        self.check_unset_names();
        self.check_absent_members();
        self.check_unsettled();
        self.check_ends();
    }

    fn finish(mut self) -> Graph {
        // Node reports only the first missing import, in the order of the statements (docs/reference/field-facts.md,
        // "What Node says"). The sort is stable, so within a phase the order in which files were visited stays.
        self.faults.sort_by_key(|(when, fault)| (fault.need() == Need::Optional, *when));
        self.graph.faults = self.faults.into_iter().map(|(_, fault)| fault).collect();
        self.graph.lacking.retain(|(_, used)| !self.defined.contains(&used.feature));
        self.graph
    }

    /// What was kept of a file, if it was parsed.
    pub(super) fn module(&self, id: NodeId) -> Option<&'b Module> {
        let ModuleSources { tree, scripts, .. } = self.sources;
        match scripts.of(tree, id) {
            Some(JudgedScript::Parsed(module)) => Some(module),
            _ => tree.file(id).filter(|file| file.size == 0).map(|_| self.empty),
        }
    }

    /// What an import of a visited file leads to.
    pub(super) fn linked(&self, file: NodeId, import: u32) -> Linked {
        let links = self.links.get(&file);
        links.and_then(|links| links.get(import as usize)).copied().unwrap_or(Linked::Nothing)
    }

    /// Whether a file is the agent's own, or of the shared package.
    pub(super) fn is_ours(&self, id: NodeId) -> bool {
        (self.is_ours)(id)
    }

    fn visit(&mut self, step: &GraphStep) {
        let GraphStep { file, need, when, loaded_as, .. } = *step;
        // CommonJS is run when its turn comes, also where it is imported statically.
        let when = if loaded_as == LoadedAs::CommonJs { LoadPhase::Run } else { when };
        self.visited.insert(file, (need, when, loaded_as));
        self.order.push(file);
        let Some(module) = self.module(file) else {
            let ModuleSources { tree, scripts, .. } = self.sources;
            let why = match (scripts.of(tree, file), tree.content(file)) {
                (Some(JudgedScript::NotParsed(why)), _) => *why,
                (None, Content::TooLarge) => NotParsed::TooLarge,
                (None, _) if kind_of(tree.name(file)).is_none() => NotParsed::NotCode,
                _ => return,
            };
            self.graph.not_parsed.push((file, why));
            return;
        };
        if let Some(why) = module.not_parsed {
            self.graph.not_parsed.push((file, why));
        }
        if let [first, ..] = &*module.computed {
            self.graph.computed.push((file, *first, module.computed.len()));
        }
        if !self.parses(&GraphStep { when, ..*step }, module) {
            return;
        }
        for fault in &module.texts {
            let fault = ModuleFault::Syntax { file, fault: fault.clone(), need: Need::Optional, node: None };
            self.faults.push((LoadPhase::Run, fault));
        }
        let uses = module.features.uses.iter().filter(|used| used.feature.is_lacked_by(self.node));
        self.graph.lacking.extend(uses.map(|used| (file, used.clone())));
        self.defined.extend(&module.features.defined);
        // What others give it stands behind its own.
        let given = self.reached.given.get_mut(&file).map(|given| std::mem::take(&mut given.imports));
        let imports = module.imports.iter().chain(given.iter().flatten()).zip(0..);
        let links = imports.map(|(import, number)| self.link(file, number, import, loaded_as, need, when)).collect();
        self.links.insert(file, links);
        self.find_assets(file, module);
        self.graph.read += 1;
        let shared = &*self.sources.names.shared;
        self.graph.imports_shared |= module.imports.iter().any(|import| &*import.specifier == shared);
    }

    /// Whether Node can parse a file as what it loads it; otherwise that is noted.
    fn parses(&mut self, step: &GraphStep, module: &Module) -> bool {
        let GraphStep { file, need, when, loaded_as, loader } = *step;
        let fault = match loaded_as {
            LoadedAs::Module => &module.as_module,
            LoadedAs::CommonJs => &module.as_commonjs,
        };
        let is_new = |syntax: NewSyntax| match syntax {
            // `import` takes the mark off, of CommonJS from 22 on only; `require` never does before it compiles (measured).
            NewSyntax::MarkedHashbang => {
                loader == Loader::Require
                    || (loaded_as == LoadedAs::CommonJs && !self.node.reads_hashbang_behind_mark())
            }
            syntax => !syntax.is_read_by(self.node),
        };
        let new = module.new_syntax.iter().find(|(syntax, _)| is_new(*syntax));
        match (fault, module.module_syntax) {
            _ if self.awaits_by_name(step, module) => return false,
            (Some(fault), Some((_, line))) if loaded_as == LoadedAs::CommonJs && module.as_module.is_none() => {
                let message = format!("SyntaxError: {}", fault.message);
                self.format_fault(file, line, need, when, WrongFormat::ModuleAsCommonJs, message);
                return false;
            }
            (Some(fault), _) => {
                self.faults.push((when, ModuleFault::Syntax { file, fault: fault.clone(), need, node: None }));
                return false;
            }
            (None, _) => {}
        }
        if let Some((syntax, line)) = new {
            let fault = SyntaxFault { message: syntax.message().into(), exact: syntax.is_quoted(), line: *line };
            self.faults.push((when, ModuleFault::Syntax { file, fault, need, node: Some(self.node) }));
            return false;
        }
        if loaded_as == LoadedAs::Module {
            self.check_names(file, module);
        }
        true
    }

    pub(super) fn format_fault(
        &mut self,
        file: NodeId,
        line: u32,
        need: Need,
        when: LoadPhase,
        how: WrongFormat,
        message: String,
    ) {
        let name = self.sources.tree.name(file);
        let decided = !name.ends_with(b".mjs") && !name.ends_with(b".cjs");
        let decided_by = decided.then(|| self.resolver.deciding_package(file)).flatten();
        self.faults.push((when, ModuleFault::Format(FormatFault { file, line, need, how, message, decided_by })));
    }

    /// Resolves one import, notes what is wrong with it, and sees to it that its target is visited.
    fn link(
        &mut self,
        file: NodeId,
        number: u32,
        import: &Import,
        loaded_as: LoadedAs,
        need: Need,
        when: LoadPhase,
    ) -> Linked {
        let (loader, when) = match import.form {
            Form::Static | Form::Star => (Loader::Import, when),
            Form::Call => (Loader::Import, LoadPhase::Run),
            // A module has no `require` but one it makes itself.
            Form::Require | Form::FindRequired if loaded_as == LoadedAs::Module => return Linked::Nothing,
            // It gives the URL of a file that is not there, too (measured with 20, 22 and 24).
            Form::FindImported if import.specifier.starts_with(['.', '/']) => return Linked::Nothing,
            Form::FindImported => (Loader::Import, LoadPhase::Run),
            Form::Require | Form::CreatedRequire | Form::MainRequire | Form::FindRequired | Form::FindCreated => {
                (Loader::Require, LoadPhase::Run)
            }
        };
        let only_found = matches!(import.form, Form::FindImported | Form::FindRequired | Form::FindCreated);
        // What catches the failure of `import('./a.js')` catches that of everything `a.js` imports, too: Node then
        // starts (measured with 20.20).
        let need = match import.form {
            Form::Static | Form::Star => need,
            _ if self.reached.imports.contains(&(file, number)) => Need::Certain,
            _ => Need::Optional,
        };
        if !self.knows_folder(import) {
            return Linked::Nothing;
        }
        let specifier = self.specifier_of(file, import).into_owned();
        let place = ImportPlace { file, line: import.line, specifier, need };
        let from = match import.form {
            Form::MainRequire if self.has_no_main_module() => {
                self.main_module_is_missing(place, when);
                return Linked::Nothing;
            }
            Form::MainRequire => self.entry.unwrap_or(file),
            _ => file,
        };
        let target = match self.resolver.resolve(&place.specifier, from, loader) {
            Ok(Target::File(id)) => id,
            Ok(Target::Fallback(id)) => {
                self.fell_back(place.clone(), id);
                id
            }
            Ok(Target::Package { name, folder }) => {
                self.foreign.insert(name.clone());
                self.check_survives(place, &name, folder, when);
                return Linked::Nothing;
            }
            Ok(Target::Outside) => {
                self.builtin(&place, import, loader, when);
                return Linked::Nothing;
            }
            Ok(Target::Data(format)) => {
                self.foreign.insert(import.specifier.to_string());
                if self.data(&place, import, &format, when) && !only_found {
                    self.check_address(&place, import, &format, when);
                }
                return Linked::Nothing;
            }
            Ok(Target::Unknown) => return Linked::Nothing,
            Err(refusal) => {
                self.refused(place, refusal, when);
                return Linked::Nothing;
            }
        };
        if only_found {
            return Linked::Nothing;
        }
        if import.located.is_none() {
            self.stands_elsewhere(&place, when);
        }
        if !(self.is_ours)(target) {
            self.foreign.insert(package_of(&import.specifier).to_owned());
            return Linked::Nothing;
        }
        self.load(&FileLoad { import, place: &place, target, loader, when })
    }
}

/// The package that a specifier names: `ws` of `ws/wrapper.mjs`.
fn package_of(specifier: &str) -> &str {
    let slashes = if specifier.starts_with('@') { 2 } else { 1 };
    let mut ends = specifier.match_indices('/').map(|(at, _)| at);
    ends.nth(slashes - 1).and_then(|end| specifier.get(..end)).unwrap_or(specifier)
}
