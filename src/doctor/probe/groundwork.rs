//! What has to be known before the rest of a server can be asked at the same time: the unit's files, and what follows from them.

use super::agent_paths::{self, ProbeOptions};
use super::ask::Probe;
use super::bundles::Bundles;
use super::control_plane::{self, FoundUrl};
use super::deployment::{BundleJudge, Inspection};
use super::node;
use super::seen::ServiceView;
use super::systemctl::LoadedUnit;
use super::unit_files::{self, FoundUnit};
use crate::doctor::facts::{AgentPlaces, Fact, ServerNode, UnitOnDisk};
use crate::doctor::questions::{Server, Unanswered};
use crate::redact::Redactor;
use crate::systemd::Unit;
use crate::systemd::seen_paths::SeenPaths;
use crate::tree::names::ConfiguredNames;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// What the rest is asked by.
pub(super) struct Groundwork<'a> {
    /// Knows the secrets of the unit.
    pub probe: Probe<'a>,
    /// What the user asks for, by the unit's own name.
    pub options: ProbeOptions,
    pub places: AgentPlaces,
    pub unit: Fact<UnitOnDisk>,
    pub told: Urls,
    /// The unit's files, as they were found.
    found: Fact<FoundUnit>,
    /// The Node that would start the bundle, once it was asked.
    node: OnceLock<Fact<Option<ServerNode>>>,
}

/// What says where the control plane is, beside what runs and what is loaded.
pub(super) struct Urls {
    /// The unit's command.
    pub unit: Option<FoundUrl>,
    /// The agent's registration.
    pub registered: Result<Option<FoundUrl>, Unanswered>,
    /// The unit's variables, each with its place.
    pub variables: BTreeMap<String, (String, String)>,
}

impl<'a> Groundwork<'a> {
    /// Reads it, with the unit's files as the manager has them loaded, or as it would find them.
    pub(super) fn of(server: &'a dyn Server, options: &ProbeOptions, loaded: Option<&LoadedUnit>) -> Self {
        let found = unit_files::find(server, &options.unit, loaded);
        let options = ProbeOptions { unit: own_name(options, &found, loaded).to_owned(), ..options.clone() };
        let mut redactor = Redactor::new();
        let mut variables = BTreeMap::new();
        if let Some(found) = found.known() {
            let files = found.unit.files.iter().chain(&found.left);
            for assignment in files.flat_map(|file| &file.assignments) {
                redactor.learn(&format!("{}={}", assignment.key, assignment.value));
            }
            for (name, value) in found.unit.environment() {
                if Redactor::is_secret_name(&name) {
                    redactor.know_all(&value);
                }
            }
            variables = control_plane::variables(server, &found.unit, &mut redactor);
        }
        let unit = found.known().map(|found| &found.unit);
        let probe = Probe::new(server, unit.map(|unit| seen_paths(server, unit)).unwrap_or_default(), redactor);
        let account = probe.account(unit.map_or("root".to_owned(), |unit| unit.user()));
        let places = agent_paths::of(&probe.seen, &options, unit, account.known().and_then(Option::as_ref));
        let told = Urls {
            unit: unit
                .and_then(|unit| unit.command()?.ok())
                .and_then(|command| control_plane::in_command(&command.arguments, &variables, "ExecStart")),
            registered: control_plane::in_registration(&probe.seen, &places.home),
            variables,
        };
        let unit = found.clone().map(|found| probe.unit(found, &account, &told.variables));
        Self { probe, options, places, unit, told, found, node: OnceLock::new() }
    }

    /// Whether it is the same with what the manager has loaded: everything follows from the unit's files and its name.
    pub(super) fn holds_with(&self, options: &ProbeOptions, loaded: Option<&LoadedUnit>) -> bool {
        let found = unit_files::find(self.probe.server, &options.unit, loaded);
        own_name(options, &found, loaded) == self.options.unit && found == self.found
    }

    /// The Node that the unit starts.
    pub(super) fn node(&self) -> &Fact<Option<ServerNode>> {
        let program = || self.unit.known().and_then(|unit| unit.program.known());
        self.node.get_or_init(|| self.probe.logged(self.probe.own_node(program()), &self.options))
    }

    /// What stands in the places of bundles, judged.
    pub(super) fn bundles(&self, names: &ConfiguredNames, judge: &dyn BundleJudge) -> Bundles {
        let script = self.unit.known().and_then(|unit| unit.script.known()).map(|script| script.path.as_str());
        // What would start depends on the Node that starts it; bundles are read meanwhile.
        let version = || node::node_version(self.node());
        let inspection = Inspection { server: &self.probe.seen, judge, node: &version };
        self.probe.bundles(&self.places, script, names, &inspection)
    }
}

/// What the unit shows its service. A root folder without the program in it is what keeps the unit from starting (226/NAMESPACE,
/// 203/EXEC), and nothing to judge a bundle in.
fn seen_paths(server: &dyn Server, unit: &Unit) -> SeenPaths {
    let paths = SeenPaths::of(unit);
    let program = unit.command().and_then(Result::ok).map(|command| command.program);
    let seen = ServiceView::new(server, paths.clone());
    match program.is_some_and(|program| program.starts_with('/') && seen.look(&program).is_err_and(is_absent)) {
        true => paths.without_root(),
        false => paths,
    }
}

const fn is_absent(refusal: Unanswered) -> bool {
    matches!(refusal, Unanswered::NotFound | Unanswered::Unlike)
}

/// The unit's own name. Everything else is asked by it: the journal knows no other (systemd.unit(5), "Alias=").
fn own_name<'n>(options: &'n ProbeOptions, found: &'n Fact<FoundUnit>, loaded: Option<&'n LoadedUnit>) -> &'n str {
    let own = found.known().map(|found| &found.unit.name).or(loaded.map(|loaded| &loaded.id));
    own.unwrap_or(&options.unit)
}
