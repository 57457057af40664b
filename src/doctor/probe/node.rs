//! The Node that the unit starts, others on the server, and the package managers.

use super::agent_paths::last_part;
use super::ask::Probe;
use super::{guard, node_on_disk, reach};
use crate::doctor::facts::{Account, Fact, Presence, ReachedPath, ServerNode};
use crate::doctor::questions::{Diagnostic, PATH, Spoken};
use crate::node::node_version::NodeVersion;

impl Probe<'_> {
    /// The Node that the unit starts.
    pub(super) fn own_node(&self, program: Option<&ReachedPath>) -> Fact<Option<ServerNode>> {
        let Some(program) = program else { return Fact::unknown("the unit starts no program") };
        // One that only the service sees would find other libraries here than there.
        let path = program.path.clone();
        let apart = self.seen.line(&path).is_some();
        Fact::Known(is_there(program).then(|| match apart {
            true => ServerNode { version: node_on_disk::version(&self.seen, &path), path, fault: None },
            false => self.version_of(&path),
        }))
    }

    /// Others, where the unit's own is not there, does not run, is on a file system from which nothing is executed, was refused,
    /// is too old, or is to be found by what the unit starts.
    pub(super) fn nodes_beside(
        &self,
        program: Option<&ReachedPath>,
        own: &Fact<Option<ServerNode>>,
        noexec: Option<&str>,
        unfit: bool,
    ) -> Vec<ServerNode> {
        let Some(program) = program else { return Vec::new() };
        let fails = own.known().and_then(Option::as_ref).is_some_and(|node| node.fault.is_some());
        // `env`, a shell or a package manager finds one by itself, or none.
        let is_node = last_part(&program.path).starts_with("node");
        let is_enough = is_there(program) && is_node && noexec.is_none() && !fails && !unfit;
        if is_enough { Vec::new() } else { self.other_nodes(&program.path) }
    }

    /// pnpm and npm, as root's shell would find them, or beside the unit's Node.
    /// Where the unit runs as root, only those that nobody else may change.
    pub(super) fn package_managers(&self, node: Option<&ServerNode>, account: Option<&Account>) -> Vec<String> {
        let by_root = account.is_none_or(|account| account.uid == 0);
        let beside = node.and_then(|node| node.path.rsplit_once('/')).map(|(folder, _)| folder);
        let folders: Vec<&str> = PATH.split(':').chain(beside).collect();
        let find = |name: &&str| {
            let paths = folders.iter().map(|folder| format!("{folder}/{name}"));
            paths.into_iter().find(|path| reach::through(self.server, path).is_ok_and(|(_, look)| look.kind == 'f'))
        };
        let find = |name: &&str| find(name).filter(|path| !by_root || guard::root_may_run(self.server, path));
        ["pnpm", "npm"].iter().filter_map(find).collect()
    }

    fn version_of(&self, path: &str) -> ServerNode {
        if !self.server.is_live() {
            let version = node_on_disk::version(self.server, path);
            return ServerNode { path: path.to_owned(), version, fault: None };
        }
        // Anything but Node itself could do something else than print its version.
        // What another may have put there is not run at all.
        let is_node = matches!(last_part(path), "node" | "nodejs") && guard::root_may_run(self.server, path);
        let spoken = if is_node { self.run(&Diagnostic::NodeVersion(path)).ok() } else { None };
        let fault = spoken.as_ref().and_then(|spoken| self.fault(spoken));
        let version = spoken.filter(|spoken| spoken.status == Some(0)).and_then(|spoken| {
            let version = spoken.stdout.trim().strip_prefix('v')?.to_owned();
            semver::Version::parse(&version).ok().map(|_| version)
        });
        ServerNode { path: path.to_owned(), version, fault }
    }

    /// How it ended, and the last that it said, where that is no version. With 9 Node refuses an option, which is not of its own.
    fn fault(&self, spoken: &Spoken) -> Option<String> {
        let ended = match spoken.status {
            Some(0 | 9) => return None,
            Some(code) => format!("exit code {code}"),
            None => "ended by a signal".to_owned(),
        };
        let last = spoken.stderr.lines().rev().find(|line| !line.trim().is_empty());
        Some(last.map_or(ended.clone(), |line| format!("{ended}: {}", self.shown(line))))
    }

    fn other_nodes(&self, not: &str) -> Vec<ServerNode> {
        let server = self.server;
        let mut candidates: Vec<String> =
            ["/usr/bin/node", "/usr/local/bin/node", "/usr/bin/nodejs", "/opt/node/bin/node", "/snap/bin/node"]
                .map(str::to_owned)
                .to_vec();
        for home in ["/root", "/usr/local"] {
            let versions = format!("{home}/.nvm/versions/node");
            // The newest last.
            let names = server.list(&versions).unwrap_or_default();
            candidates.extend(names.iter().rev().map(|name| format!("{versions}/{name}/bin/node")));
        }
        let there = |path: &String| {
            path != not
                && reach::through(server, path).is_ok_and(|(_, look)| look.kind == 'f' && look.mode & 0o111 != 0)
        };
        let found = candidates.into_iter().filter(there).take(3).map(|path| self.version_of(&path));
        found.filter(|node| node.fault.is_none()).collect()
    }
}

fn is_there(program: &ReachedPath) -> bool {
    matches!(program.presence, Presence::File { .. } | Presence::Denied { .. })
}

/// The oldest Node that deployed agents run on (docs/reference/field-facts.md, "On the server").
const OLDEST: u64 = 18;

/// Whether a Node is older than agents, or this one, need.
pub(super) fn is_too_old(node: &Fact<Option<ServerNode>>, asked: Option<&str>) -> bool {
    let version = node.known().and_then(Option::as_ref).and_then(|node| node.version.as_deref());
    let Some(version) = version.and_then(|version| node_semver::Version::parse(version).ok()) else { return false };
    let range = asked.and_then(|asked| node_semver::Range::parse(asked).ok());
    version.major < OLDEST || range.is_some_and(|range| !range.satisfies(&version))
}

/// The version by which bundles are judged: the server's own, or where that is not known the oldest that is deployed.
pub(super) fn node_version(node: &Fact<Option<ServerNode>>) -> NodeVersion {
    let version = node.known().and_then(Option::as_ref).and_then(|node| node.version.as_ref());
    version.and_then(|version| version.parse().ok()).unwrap_or_default()
}
