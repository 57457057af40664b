//! Looks at a server: asks [`crate::doctor::questions`], reads the answers with free functions, and gives [`Facts`].
//!
//! What does not depend on each other is asked at the same time. Secrets are taken out here, before anything is judged.

mod agent_paths;
mod ask;
mod beside;
mod bonds;
mod control_plane;
mod deployment;
pub(crate) mod guard;
pub mod journal;
mod journalctl;
mod load_path;
mod logs;
mod machine;
mod node;
mod node_on_disk;
mod process;
mod reach;
mod restored;
mod similar;
mod sockets;
mod systemctl;
mod unit_files;
mod unit_on_disk;

pub(crate) use agent_paths::ProbeOptions;
pub(crate) use deployment::{BundleJudge, BundleQuestion, HearsTree, JudgedBundle, RulesJudge};

use crate::doctor::facts::{
    Account, AgentPlaces, Caller, ControlPlane, Deployment, Download, EXHAUSTED, Fact, Facts, Guard, HostFacts,
    Journal, Listener, OWN_DROP_IN, Process, Reach, ServerNode, Service, UnitOnDisk,
};
use crate::doctor::questions::{Diagnostic, Server, Situation, Spoken, Unanswered};
use crate::redact::Redactor;
use crate::tree::names::ConfiguredNames;
use agent_paths::last_part;
use ask::Probe;
use beside::{beside, joined};
use control_plane::FoundUrl;
use deployment::Inspection;
use process::{AroundProcess, Processes};
use sockets::{Sockets, ToldConnections};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::thread;

/// The port the agent listens on (it is not in the source document; docs/reference/field-facts.md, "On the server").
const AGENT_PORT: u16 = 3001;

/// Looks at a server. The redactor that comes with the facts knows the secrets that were seen.
#[must_use]
pub(crate) fn examine(
    server: &dyn Server,
    options: &ProbeOptions,
    names: &ConfiguredNames,
    judge: &dyn BundleJudge,
) -> (Facts, Redactor) {
    let situation = server.situation();
    let shown = server.run(&Diagnostic::Show(&options.unit));
    let loaded = shown.as_ref().ok().and_then(|spoken| systemctl::loaded(&spoken.stdout));
    let found = unit_files::find(server, &options.unit, loaded.as_ref());
    // Everything else is asked by the unit's own name: the journal knows no other (systemd.unit(5), "Alias=").
    let own = found.known().map(|found| &found.unit.name).or(loaded.as_ref().map(|loaded| &loaded.id));
    let shown = ShownUnit { asked: &options.unit, spoken: shown };
    let options = &ProbeOptions { unit: own.unwrap_or(&options.unit).clone(), ..options.clone() };
    let mut redactor = Redactor::new();
    let mut variables = BTreeMap::new();
    if let Some(found) = found.known() {
        for assignment in found.unit.files.iter().flat_map(|file| &file.assignments) {
            redactor.learn(&format!("{}={}", assignment.key, assignment.value));
        }
        for (name, value) in found.unit.environment() {
            if Redactor::is_secret_name(&name) {
                redactor.know_all(&value);
            }
        }
        variables = control_plane::variables(server, &found.unit, &mut redactor);
    }
    let probe = Probe::new(server, redactor);
    let account = probe.account(found.known().map_or("root".to_owned(), |found| found.unit.user()));
    let places = agent_paths::of(
        server,
        options,
        found.known().map(|found| &found.unit),
        account.known().and_then(Option::as_ref),
    );
    let told = Urls {
        unit: found
            .known()
            .and_then(|found| found.unit.command()?.ok())
            .and_then(|command| control_plane::in_command(&command.arguments, &variables, "ExecStart")),
        registered: control_plane::in_registration(server, &places.home),
        variables,
    };
    let unit = found.map(|found| probe.unit(found, &account));
    let script = unit.known().and_then(|unit| unit.script.known()).map(|script| script.path.clone());
    let facts = probe.gather(&situation, options, places, unit, &shown, &told, script.as_deref(), names, judge);
    let Probe { redactor, .. } = probe;
    (facts, redactor)
}

impl Probe<'_> {
    #[expect(clippy::too_many_arguments, reason = "what was found out before the rest can be asked at once")]
    fn gather(
        &self,
        situation: &Situation,
        options: &ProbeOptions,
        places: AgentPlaces,
        unit: Fact<UnitOnDisk>,
        shown: &ShownUnit<'_>,
        told: &Urls,
        script: Option<&str>,
        names: &ConfiguredNames,
        judge: &dyn BundleJudge,
    ) -> Facts {
        let server = self.server;
        let name = options.unit.as_str();
        let program = unit.known().and_then(|unit| unit.program.known()).cloned();
        let places = &places;
        let logs = unit.known().map(|unit| logs::places(&unit.unit)).unwrap_or_default();
        let logs = logs.as_slice();
        let user =
            unit.known().and_then(|unit| unit.account.known()).and_then(Option::as_ref).map(|account| account.uid);
        // What would start depends on the Node that starts it; bundles are read meanwhile.
        let noexec = unit.known().and_then(|unit| unit.noexec.clone());
        // 203: the program could not be executed (systemd.exec(5), "Process Exit Codes").
        let refused =
            shown.spoken.as_ref().is_ok_and(|shown| shown.stdout.lines().any(|line| line == "ExecMainStatus=203"));
        let nodes = LazyLock::new(|| self.logged(self.node(program.as_ref(), noexec.as_deref(), refused), options));
        let facts = thread::scope(|scope| {
            let service = self.service(shown, situation).map(|service| self.queued(service));
            let journal = beside(scope, || self.journal(options, situation, user, logs));
            let version = beside(scope, || self.run(&Diagnostic::Version).ok());
            if server.is_live() {
                beside(scope, || self.run(&Diagnostic::Status(name)));
                beside(scope, || self.run(&Diagnostic::Cat(name)));
                beside(scope, || self.run(&Diagnostic::Listing(&places.bundle)));
            }
            let nodes = &nodes;
            beside(scope, || LazyLock::force(nodes));
            let bundles = beside(scope, move || {
                let version = || node::node_version(&nodes.0);
                self.bundles(places, script, names, &Inspection { server, judge, node: &version })
            });
            let sockets = if server.is_live() { Sockets::read(server) } else { Sockets::default() };
            let main = service.known().and_then(|service| service.main_pid);
            let control_plane = self.plane(&service, told);
            let processes = Processes::read(server);
            let process = self.process(name, service.known(), &control_plane, &sockets, &processes);
            let journal = joined(journal, Fact::unknown("it could not be read"));
            let journal = journal.map(|mut journal| {
                logs::add(server, &self.redactor, service.known(), &mut journal);
                journal
            });
            let listeners = self.listeners(journal.known(), main, &sockets);
            let strays = process::strays(server, name, &places.bundle, &processes, &self.redactor);
            let dependencies = bonds::of(self, service.known(), unit.known());
            let restored = journal.known().map(|journal| restored::restored(server, journal, &places.bundle));
            let (node, other_nodes) = (**nodes).clone();
            let systemd = joined(version, None).and_then(|spoken| systemctl::version(&spoken.stdout));
            let volumes = self.volumes(places);
            let account = unit.known().and_then(|unit| unit.account.known()).and_then(Option::as_ref);
            let package_managers = self.package_managers(node.known().and_then(Option::as_ref), account);
            let os = self.os();
            let target = default_target(server);
            let host = HostFacts { name: self.host_name(situation), os, systemd, boot: boot(server), target };
            let caller = Caller { uid: situation.uid, name: self.user_name(situation.uid) };
            let (deployment, backup, nested_backup, put_aside, download) = joined(bundles, lost(places));
            let none = unit.known().is_some_and(|unit| unit.unit.files.is_empty());
            let similar = if none { similar::units(server, name, &places.bundle) } else { Vec::new() };
            let guards = self.guards(places, &unit, &put_aside, account);
            let reach =
                if server.is_live() { Reach::Live } else { Reach::Mounted(server.place("/").display().to_string()) };
            Facts {
                at: crate::report::moment::Moment(situation.now),
                reach,
                caller,
                places: places.clone(),
                host,
                unit,
                service,
                journal,
                process,
                node,
                other_nodes,
                package_managers,
                deployment,
                backup,
                nested_backup,
                put_aside,
                guards,
                policy: options.policy.clone(),
                download,
                volumes,
                listeners,
                control_plane,
                strays,
                dependencies,
                restored: restored.unwrap_or_default(),
                similar,
                ran: Vec::new(),
            }
        });
        // Some of the commands are over with the scope only.
        Facts { ran: self.commands(), ..facts }
    }

    /// The deployed bundle, its backup, a bundle inside that, and a leftover download, all judged at the same time.
    fn bundles(
        &self,
        places: &AgentPlaces,
        script: Option<&str>,
        names: &ConfiguredNames,
        inspection: &Inspection<'_>,
    ) -> Bundles {
        let server = self.server;
        let at = |folder: &str| agent_paths::names_for(server, folder, &places.bundle, script, names);
        let inspect = |folder: &str| deployment::inspect(inspection, folder, &at(folder));
        let nested = format!("{}/{}", places.backup, last_part(&places.bundle));
        let (no_deployment, no_backup, _, _, no_download) = lost(places);
        thread::scope(|scope| {
            let deployed = beside(scope, || inspect(&places.bundle));
            let backed_up = beside(scope, || inspect(&places.backup));
            let download = beside(scope, || deployment::download(inspection, &places.download, names));
            let is_there = server.look(&nested).is_ok_and(|look| look.kind == 'd');
            let nested = is_there.then(|| inspect(&nested));
            let put_aside = put_aside(server, places).iter().map(|path| inspect(path)).collect();
            let (deployed, backed_up) = (joined(deployed, no_deployment), joined(backed_up, no_backup));
            (deployed, backed_up, nested, put_aside, joined(download, no_download))
        })
    }

    /// Who may change what is at the paths that a fix could touch.
    fn guards(
        &self,
        places: &AgentPlaces,
        unit: &Fact<UnitOnDisk>,
        put_aside: &[Deployment],
        account: Option<&Account>,
    ) -> Vec<Guard> {
        let above = places.bundle.rsplit_once('/').map_or("/", |(above, _)| if above.is_empty() { "/" } else { above });
        let nested = format!("{}/{}", places.backup, last_part(&places.bundle));
        let own = format!("/etc/systemd/system/{}", places.unit);
        let drop_in = format!("{own}.d/{OWN_DROP_IN}");
        let on_disk = unit.known();
        let files = on_disk.into_iter().flat_map(|unit| unit.unit.files.iter().chain(&unit.variables));
        let files = files.map(|file| file.path.clone());
        let program = on_disk.and_then(|unit| unit.program.known()).map(|program| program.path.clone());
        let mut paths: Vec<String> =
            [places.bundle.clone(), above.to_owned(), places.backup.clone(), nested, own, drop_in]
                .into_iter()
                .chain(put_aside.iter().map(|aside| aside.path.clone()))
                .chain(files)
                .chain(program)
                .collect();
        paths.sort();
        paths.dedup();
        paths.iter().map(|path| guard::guard(self.server, path, account)).collect()
    }

    /// With what its start waits behind, where that waits.
    fn queued(&self, service: Service) -> Service {
        if !service.is_queued() {
            return service;
        }
        let jobs = self.run(&Diagnostic::Jobs).map(|spoken| spoken.stdout).unwrap_or_default();
        Service { at_work: systemctl::at_work(&jobs), ..service }
    }

    fn service(&self, shown: &ShownUnit<'_>, situation: &Situation) -> Fact<Service> {
        match self.noted(&Diagnostic::Show(shown.asked), shown.spoken.clone()) {
            Err(Unanswered::NotLive) => Fact::unknown("a mounted disk does not run"),
            Err(Unanswered::NotFound) => Fact::unknown("there is no `systemctl`"),
            Err(Unanswered::Exhausted) => Fact::unless(EXHAUSTED, "there are too many, or too little memory is left"),
            Err(refusal) => Fact::unknown(format!("systemctl: {refusal}")),
            Ok(spoken) if spoken.status != Some(0) || !spoken.stdout.contains("LoadState=") => {
                let first = spoken.stderr.lines().find(|line| !line.trim().is_empty());
                Fact::unknown(first.map_or_else(|| "systemctl said nothing".to_owned(), |line| self.shown(line)))
            }
            Ok(spoken) => {
                let mut service = systemctl::service(&spoken.stdout, situation);
                service.exec_start = self.redactor.clean_words(&service.exec_start);
                Fact::Known(service)
            }
        }
    }

    /// Where the agent connects to: what the process that runs was told counts, then what the unit says, then what is
    /// loaded, then the environment and the registration.
    fn plane(&self, service: &Fact<Service>, told: &Urls) -> Fact<Option<ControlPlane>> {
        let of = |words: &[String]| control_plane::in_command(words, &told.variables, "ExecStart");
        let pid = service.known().and_then(|service| service.main_pid);
        let running = pid.and_then(|pid| {
            let found = of(&process::command_line(self.server, pid, &self.redactor))?;
            // Where the unit says the same, its place is the one to look at.
            Some(told.unit.clone().filter(|unit| unit.url == found.url).unwrap_or(found))
        });
        let loaded = || service.known().and_then(|service| of(&service.exec_start));
        let named = running.or_else(|| told.unit.clone()).or_else(loaded);
        if let Some(found) = named.or_else(|| control_plane::in_variables(&told.variables)) {
            return Fact::Known(self.control_plane(&found));
        }
        match &told.registered {
            Ok(found) => Fact::Known(found.as_ref().and_then(|found| self.control_plane(found))),
            Err(Unanswered::Denied) => Fact::unless("permission denied", "run it as root"),
            Err(refusal) => Fact::unknown(refusal.to_string()),
        }
    }

    fn process(
        &self,
        unit: &str,
        service: Option<&Service>,
        plane: &Fact<Option<ControlPlane>>,
        sockets: &Sockets,
        processes: &Processes,
    ) -> Fact<Option<Process>> {
        let Some(service) = service else { return Fact::unknown("the service is not known") };
        let Some(pid) = service.main_pid else { return Fact::Known(None) };
        let plane = plane.known().and_then(Option::as_ref);
        let spoken = plane.and_then(|plane| self.run(&Diagnostic::Connections(plane.port)).ok());
        let told = spoken.map(|spoken| ToldConnections::by(&spoken.stdout)).unwrap_or_default();
        let around = AroundProcess { unit, plane, sockets, told: &told, processes };
        let process = process::main_process(self.server, pid, &around, &self.redactor);
        process.map(|process| Some(Process { started: service.started, ..process }))
    }

    /// The units that this one needs, where it does not run.
    fn listeners(&self, journal: Option<&Journal>, main: Option<u32>, sockets: &Sockets) -> Fact<Vec<Listener>> {
        if !self.server.is_live() {
            return Fact::unknown("a mounted disk does not run");
        }
        let mut ports = vec![AGENT_PORT];
        // `Error: listen EADDRINUSE: address already in use 0.0.0.0:3001`
        let lines = journal.into_iter().flat_map(|journal| &journal.entries).filter(|entry| entry.says("EADDRINUSE"));
        let taken = lines
            .map(|entry| &*entry.message)
            .filter_map(|line| line.trim_end().rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok()));
        ports.extend(taken);
        process::listeners(self.server, &ports, main, sockets, &self.redactor)
    }
}

/// What the manager said of the unit, by the name that it was asked for.
struct ShownUnit<'a> {
    asked: &'a str,
    spoken: Result<Spoken, Unanswered>,
}

/// The instances of a template that are known on a server.
#[must_use]
pub(crate) fn instances(server: &dyn Server, template: &str) -> Vec<String> {
    similar::instances(&load_path::services(server), template)
}

/// The Node that the unit starts, and others.
type Nodes = (Fact<Option<ServerNode>>, Vec<ServerNode>);

/// The deployed bundle, its backup, a bundle inside that, what was put aside, and a leftover download.
type Bundles = (Deployment, Deployment, Option<Deployment>, Vec<Deployment>, Fact<Option<Download>>);

/// Most folders that are judged of those which fixes have put aside.
const MAX_ASIDE: usize = 2;

/// What fixes have put aside beside the bundle, the newest first: their names end in the time.
fn put_aside(server: &dyn Server, places: &AgentPlaces) -> Vec<String> {
    let Some((folder, name)) = places.bundle.rsplit_once('/') else { return Vec::new() };
    let start = format!("{name}{}", crate::update::documented_paths::PUT_ASIDE);
    let names = server.list(folder).unwrap_or_default();
    let mut paths: Vec<String> =
        names.iter().filter(|name| name.starts_with(&start)).map(|name| format!("{folder}/{name}")).collect();
    paths.retain(|path| server.look(path).is_ok_and(|look| look.kind == 'd'));
    paths.sort();
    paths.reverse();
    paths.truncate(MAX_ASIDE);
    paths
}

/// What is known of them where whoever reads them comes to grief.
fn lost(places: &AgentPlaces) -> Bundles {
    let at = |path: &str| Deployment { path: path.to_owned(), state: Fact::unknown("it could not be read") };
    (at(&places.bundle), at(&places.backup), None, Vec::new(), Fact::unknown("it could not be read"))
}

/// What says where the control plane is, beside what runs and what is loaded.
struct Urls {
    /// The unit's command.
    unit: Option<FoundUrl>,
    /// The agent's registration.
    registered: Result<Option<FoundUrl>, Unanswered>,
    /// The unit's variables, each with its place.
    variables: BTreeMap<String, (String, String)>,
}

/// What `systemctl get-default` says: the name of the file that the link `default.target` leads to (bootup(7)).
fn default_target(server: &dyn Server) -> Option<String> {
    let places = ["/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"];
    let target = places.iter().find_map(|place| server.target(&format!("{place}/default.target")).ok())?;
    let name = target.rsplit('/').next()?;
    name.ends_with(".target").then(|| crate::text::printable(name).into_owned())
}

/// The id of the boot that runs, without the dashes that the journal does not write.
fn boot(server: &dyn Server) -> Option<String> {
    let bytes = server.is_live().then(|| server.read("/proc/sys/kernel/random/boot_id", 64).ok()).flatten()?;
    let id: String = String::from_utf8_lossy(&bytes).chars().filter(char::is_ascii_hexdigit).collect();
    (id.len() == 32).then_some(id)
}
