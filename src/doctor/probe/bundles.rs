//! What stands in the places of bundles: the deployed one, its backup, one inside that, what fixes have put aside, and a leftover
//! download.

use super::agent_paths::{self, last_part};
use super::ask::Probe;
use super::beside::{beside, joined};
use super::deployment::{self, Inspection};
use crate::doctor::facts::{AgentPlaces, Deployment, Download, Fact};
use crate::doctor::questions::Server;
use crate::tree::names::ConfiguredNames;
use std::thread;

impl Probe<'_> {
    /// The deployed bundle, its backup, a bundle inside that, and a leftover download, all judged at the same time.
    pub(super) fn bundles(
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
}

/// The deployed bundle, its backup, a bundle inside that, what was put aside, and a leftover download.
pub(super) type Bundles = (Deployment, Deployment, Option<Deployment>, Vec<Deployment>, Fact<Option<Download>>);

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
pub(super) fn lost(places: &AgentPlaces) -> Bundles {
    let at = |path: &str| Deployment { path: path.to_owned(), state: Fact::unknown("it could not be read") };
    (at(&places.bundle), at(&places.backup), None, Vec::new(), Fact::unknown("it could not be read"))
}
