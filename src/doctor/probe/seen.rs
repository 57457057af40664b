//! The server's disk as the service sees it: its unit may show it another folder in the place of one (`BindPaths=`), or all of it
//! elsewhere (`RootDirectory=`).

use crate::doctor::questions::{AnsweredEnd, Diagnostic, Effort, Look, Server, Situation, Space, Spoken, Unanswered};
use crate::systemd::seen_paths::{PathLine, SeenPath, SeenPaths};
use std::path::PathBuf;

/// A server by the paths of one of its services.
pub(super) struct ServiceView<'a> {
    server: &'a dyn Server,
    paths: SeenPaths,
}

impl<'a> ServiceView<'a> {
    /// By what the service's unit says.
    pub(super) const fn new(server: &'a dyn Server, paths: SeenPaths) -> Self {
        Self { server, paths }
    }

    fn seen(&self, path: &str) -> SeenPath {
        if self.paths.is_plain() {
            return SeenPath::Same;
        }
        self.paths.of_path(path, |source| self.server.look(source).is_ok())
    }

    /// Where a path of the service's is on the server.
    ///
    /// # Errors
    /// Where it is in an image.
    pub(super) fn on_server(&self, path: &str) -> Result<String, Unanswered> {
        match self.seen(path) {
            // What is hidden is told by the line that hides it, once the agent dies of it.
            SeenPath::Same | SeenPath::Hidden => Ok(path.to_owned()),
            SeenPath::At(found, _) => Ok(found),
            SeenPath::InImage(_) => Err(Unanswered::InImage),
        }
    }

    /// The line by which a part of a bundle that Node loads from is another one than everybody sees.
    pub(super) fn inside(&self, bundle: &str) -> Option<&PathLine> {
        self.paths.inside(bundle)
    }

    /// The line of the unit by which a path of the service's is another of the server's.
    pub(super) fn line(&self, path: &str) -> Option<PathLine> {
        match self.seen(path) {
            SeenPath::Same | SeenPath::Hidden => None,
            SeenPath::At(_, line) | SeenPath::InImage(line) => Some(line),
        }
    }
}

impl Server for ServiceView<'_> {
    fn is_live(&self) -> bool {
        self.server.is_live()
    }

    fn situation(&self) -> Situation {
        self.server.situation()
    }

    fn run(&self, diagnostic: &Diagnostic<'_>) -> Result<Spoken, Unanswered> {
        self.server.run(diagnostic)
    }

    fn read(&self, path: &str, most: usize) -> Result<Vec<u8>, Unanswered> {
        self.server.read(&self.on_server(path)?, most)
    }

    fn end(&self, path: &str, most: usize) -> Result<AnsweredEnd, Unanswered> {
        self.server.end(&self.on_server(path)?, most)
    }

    fn look(&self, path: &str) -> Result<Look, Unanswered> {
        match self.server.look(&self.on_server(path)?) {
            // systemd makes what a mount stands on (systemd.exec(5), `BindPaths=`).
            Err(Unanswered::NotFound) if self.paths.leads_to_a_mount(path) => Ok(MADE),
            found => found,
        }
    }

    fn target(&self, path: &str) -> Result<String, Unanswered> {
        self.server.target(&self.on_server(path)?)
    }

    fn list(&self, path: &str) -> Result<Vec<String>, Unanswered> {
        self.server.list(&self.on_server(path)?)
    }

    fn space(&self, path: &str) -> Result<Space, Unanswered> {
        self.server.space(&self.on_server(path)?)
    }

    fn effort(&self, pid: u32, least: u64) -> Result<Effort, Unanswered> {
        self.server.effort(pid, least)
    }

    fn place(&self, path: &str) -> PathBuf {
        self.server.place(&self.on_server(path).unwrap_or_else(|_| path.to_owned()))
    }
}

/// A folder that systemd makes.
const MADE: Look =
    Look { kind: 'd', mode: 0o755, uid: 0, gid: 0, size: 0, changed: 0, modified: None, is_shared_by_list: false };
