//! Files that code names by a literal path relative to itself: whether they are in the bundle.

use super::{Dependencies, GraphStep, GraphWalk, LoadPhase, main_loader};
use crate::node::faults::{AssetFault, ModuleFault};
use crate::node::modules::{Asset, AssetUse, Module, Need};
use crate::node::resolve::{Loader, ResolveFailure};
use crate::tree::nodes::NodeId;
use crate::tree::path::parts_behind;
use std::collections::HashSet;

/// Endings of files that only people and compilers write: the programs that an agent runs make none of them.
const OF_A_BUILD: [&str; 14] =
    ["js", "mjs", "cjs", "html", "ejs", "hbs", "pug", "mustache", "sql", "wasm", "node", "proto", "graphql", "css"];

/// The folders that a path leads through.
fn folders_above(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| path.get(..at).unwrap_or_default())
}

/// The path of a file that is imported and not there.
fn missing_file(fault: &ModuleFault) -> Option<String> {
    match fault {
        ModuleFault::Unresolved { failure: ResolveFailure::NotFound { path }, .. } => Some(path.clone()),
        _ => None,
    }
}

fn is_of_a_build(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, ending)| OF_A_BUILD.contains(&ending))
}

impl GraphWalk<'_> {
    /// The path in the bundle of what a file names; nothing for one that leads out of it.
    fn asset_path(&self, file: NodeId, path: &str) -> Result<String, String> {
        let tree = self.sources.tree;
        let folder = match tree.parent(file) {
            Some(folder) if !path.starts_with('/') => tree.path(folder).to_string(),
            _ => String::new(),
        };
        let path = parts_behind(&folder, path).join("/");
        if path.starts_with("..") { Err(path) } else { Ok(path) }
    }

    /// What is there of what a file names.
    pub(super) fn asset_at(&self, file: NodeId, path: &str) -> Option<NodeId> {
        let path = self.asset_path(file, path).ok()?;
        self.sources.tree.resolve(path.as_bytes()).ok()
    }

    /// Notes what a file names, and follows what is run in a thread or a process of its own.
    pub(super) fn find_assets(&mut self, file: NodeId, module: &Module) {
        let given = self.reached.given.get(&file).map(|given| given.assets.clone()).unwrap_or_default();
        for (number, asset) in (0..).zip(module.assets.iter().chain(&given)) {
            if !self.has_folder_name(asset.folder) {
                continue;
            }
            let certain = self.reached.assets.contains(&(file, number));
            let need = if certain { Need::Certain } else { Need::Optional };
            if matches!(asset.how, AssetUse::Worker | AssetUse::Child | AssetUse::Awaited)
                && let Some(target) = self.asset_at(file, &asset.path)
                && self.is_ours(target)
                && let Ok(format) = self.resolver.format(target, Loader::Require)
            {
                let loaded_as = self.loaded_as(target, &format);
                let step =
                    GraphStep { file: target, need, when: LoadPhase::Run, loaded_as, loader: main_loader(loaded_as) };
                match need {
                    Need::Certain => self.sure.push_back(step),
                    Need::Optional => self.unsure.push_back(step),
                }
            }
            if !asset.path.is_empty() {
                self.assets.push((file, number, need));
            }
        }
    }

    /// Reports what is not there, and is neither made nor looked for by any file that is reached.
    pub(super) fn check_assets(&mut self) {
        let assets = std::mem::take(&mut self.assets);
        let mut made: HashSet<String> = self.paths_of(|module| &module.made);
        for (file, given) in &self.reached.given {
            let paths = given.made.iter().map(|path| self.asset_path(*file, path).unwrap_or_else(|outside| outside));
            made.extend(paths);
        }
        // Whoever makes a file has made the folders above it.
        let above: HashSet<&str> = made.iter().flat_map(|path| folders_above(path)).collect();
        self.soften_imports_of(&made);
        let unresolved: HashSet<String> = self.faults.iter().filter_map(|(_, fault)| missing_file(fault)).collect();
        let modules = || self.visited.keys().filter_map(|file| self.module(*file));
        // What another program is given it may make.
        let handed: HashSet<String> = self.paths_of(|module| &module.handed);
        let changes_folder = modules().filter(|module| module.changes_folder).count();
        let writes_unknown = modules().any(|module| module.writes_unknown);
        let runs_programs = modules().any(|module| module.runs_programs);
        let makes_folders = writes_unknown || runs_programs || modules().any(|module| module.makes_folders);
        let how = |(file, number, _): &(NodeId, u32, Need)| Some(self.asset(*file, *number)?.how);
        let (written, mut assets): (Vec<_>, Vec<_>) =
            assets.into_iter().partition(|asset| matches!(how(asset), Some(AssetUse::Made(_))));
        if makes_folders {
            assets.retain(|asset| how(asset) != Some(AssetUse::ReadFrom));
        } else {
            self.check_folders(written, &made, &handed);
        }
        let mut told = HashSet::new();
        // What is done with a file says more than that it is named.
        let (used, named): (Vec<_>, Vec<_>) = assets
            .into_iter()
            .partition(|(file, number, _)| self.asset(*file, *number).map(|asset| asset.how) != Some(AssetUse::Named));
        let (certain, perhaps): (Vec<_>, Vec<_>) = used.into_iter().partition(|(.., need)| *need == Need::Certain);
        for (file, number, need) in certain.into_iter().chain(perhaps).chain(named) {
            let Some(asset) = self.asset(file, number) else { continue };
            let (path, is_outside) = match self.asset_path(file, &asset.path) {
                Ok(path) => (path, false),
                Err(path) => (path, true),
            };
            let is_made = folders_above(&path).chain([path.as_str()]).any(|part| made.contains(part));
            if is_made
                || above.contains(path.as_str())
                || (asset.how == AssetUse::Read("env") && !self.node.loads_env_files())
                || (asset.how == AssetUse::Named && unresolved.contains(&path))
                || !told.insert((file, path.clone()))
                || !self.is_absent(&path, is_outside, asset.how)
            {
                continue;
            }
            let (line, how) = (asset.line, asset.how);
            let may_make = writes_unknown || (runs_programs && !is_of_a_build(&path));
            let is_handed = folders_above(&path).chain([path.as_str()]).any(|part| handed.contains(part));
            // The folder in which the agent runs is known where no other file than the one that reads changes it.
            let own = usize::from(self.module(file).is_some_and(|module| module.changes_folder));
            let is_elsewhere = asset.said.is_some() && changes_folder > own;
            // What stands beside the bundle's own folders in the one where the agent runs may have been put there by hand.
            let is_beside = asset.said.is_some() && !self.is_in_a_folder(&path);
            let may_be_made = (may_make || is_handed || is_elsewhere || is_beside) && matches!(how, AssetUse::Read(_));
            // What lies beside the bundle on the server is not known.
            let need = if is_outside || may_be_made || how == AssetUse::ReadFrom { Need::Optional } else { need };
            let slash = if asset.path.ends_with('/') { "/" } else { "" };
            let message = self.asset_message(&format!("{path}{slash}"), asset.said.as_deref(), how);
            let fault = AssetFault { file, line, path, how, need, message };
            self.faults.push((LoadPhase::Run, ModuleFault::Asset(fault)));
        }
    }

    /// What some file makes before it is imported, or looks for, need not be in the bundle.
    fn soften_imports_of(&mut self, made: &HashSet<String>) {
        let endings = ["", ".js", ".json", ".node", "/index.js", "/index.json"];
        let is_made = |path: &str| endings.iter().any(|ending| made.contains(&format!("{path}{ending}")));
        let mut faults = std::mem::take(&mut self.faults);
        for (_, fault) in &mut faults {
            let Some(path) = missing_file(fault) else { continue };
            let ModuleFault::Unresolved { place, .. } = fault else { continue };
            // A path that is put together may be handed to what makes the file.
            let may_be_made =
                place.specifier.starts_with('/') && self.module(place.file).is_some_and(|module| module.writes_unknown);
            if may_be_made || is_made(&path) {
                place.need = Need::Optional;
            }
        }
        self.faults = faults;
    }

    /// Paths in the bundle that files name.
    fn paths_of(&self, paths: fn(&Module) -> &[Box<str>]) -> HashSet<String> {
        let modules = self.visited.keys().filter_map(|file| self.module(*file).map(|module| (*file, module)));
        let named = modules.flat_map(|(file, module)| paths(module).iter().map(move |path| (file, path)));
        named.map(|(file, path)| self.asset_path(file, path).unwrap_or_else(|outside| outside)).collect()
    }

    /// Reports what is made in a folder that neither is there nor is made by anybody.
    fn check_folders(&mut self, written: Vec<(NodeId, u32, Need)>, made: &HashSet<String>, handed: &HashSet<String>) {
        let mut paths = Vec::new();
        for (file, number, _) in written {
            let asset = self.asset(file, number);
            // What stands beside the bundle, or in the folder in which the agent runs, may have been put there by hand.
            if let Some(asset) = asset.filter(|asset| asset.said.is_none())
                && let Ok(path) = self.asset_path(file, &asset.path)
            {
                paths.push((file, asset.line, asset.how, path));
            }
        }
        // Whoever makes a folder has made those above it; whoever makes a file has not.
        let files: HashSet<&str> = paths.iter().map(|(.., path)| path.as_str()).collect();
        let others_made = made.iter().filter(|path| !files.contains(path.as_str()));
        let above: HashSet<&str> = others_made.flat_map(|path| folders_above(path)).collect();
        let mut faults = Vec::new();
        for (file, line, how, path) in &paths {
            let Some((folder, _)) = path.rsplit_once('/') else { continue };
            let may_be_made = above.contains(folder)
                || folders_above(path).any(|part| made.contains(part) || handed.contains(part))
                || folder.split('/').any(|part| part == "node_modules");
            if !may_be_made && self.sources.tree.resolve(folder.as_bytes()).is_err() {
                let message = self.asset_message(path, None, *how);
                let (path, need) = (path.clone(), Need::Optional);
                faults.push(AssetFault { file: *file, line: *line, path, how: *how, need, message });
            }
        }
        self.faults.extend(faults.into_iter().map(|fault| (LoadPhase::Run, ModuleFault::Asset(fault))));
    }

    /// A file that one names, also by what another one gives it.
    fn asset(&self, file: NodeId, number: u32) -> Option<&Asset> {
        let own = &self.module(file)?.assets;
        match (number as usize).checked_sub(own.len()) {
            None => own.get(number as usize),
            Some(number) => self.reached.given.get(&file)?.assets.get(number),
        }
    }

    fn is_absent(&self, path: &str, is_outside: bool, how: AssetUse) -> bool {
        if is_outside {
            return how != AssetUse::Named;
        }
        // What is to be installed is not there yet.
        let installed = path.split('/').any(|part| part == "node_modules");
        if installed && self.sources.dependencies == Dependencies::ToBeInstalled {
            return false;
        }
        self.sources.tree.resolve(path.as_bytes()).is_err()
    }

    /// Whether a path stands below a folder that the bundle has.
    fn is_in_a_folder(&self, path: &str) -> bool {
        path.split_once('/').is_some_and(|(folder, _)| self.sources.tree.resolve(folder.as_bytes()).is_ok())
    }

    fn asset_message(&self, path: &str, said: Option<&str>, how: AssetUse) -> String {
        let here = self.sources.here;
        let shown = said.map_or_else(|| format!("{here}/{path}"), str::to_owned);
        match how {
            AssetUse::Read("chdir") => {
                format!("Error: ENOENT: no such file or directory, chdir '{here}' -> '{shown}'")
            }
            AssetUse::Read("env") => format!("Error: ENOENT: no such file or directory, open '{shown}'"),
            AssetUse::Read(call) | AssetUse::Made(call) => {
                format!("Error: ENOENT: no such file or directory, {call} '{shown}'")
            }
            AssetUse::ReadFrom => format!("Error: ENOENT: no such file or directory, open '{here}/{path}/…'"),
            // It is the child that says what is missing, if anybody hears it.
            AssetUse::Awaited => format!("the child's failure, as that finds no '{here}/{path}'"),
            AssetUse::Named | AssetUse::Worker | AssetUse::Child => {
                format!("Error: Cannot find module '{here}/{path}'")
            }
        }
    }
}
