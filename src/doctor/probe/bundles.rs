//! What stands in the places of bundles: the deployed one, its backup, one inside that, what fixes have put aside, and a leftover
//! download.

use super::agent_paths::{self, last_part};
use super::ask::Probe;
use super::beside::{beside, joined};
use super::deployment::{self, Inspection};
use crate::doctor::facts::{AgentPlaces, Deployment, Download, Fact};
use crate::doctor::questions::Server;
use crate::tree::names::ConfiguredNames;
use crate::update::documented_paths::{FAILED, PUT_ASIDE};
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
        let server: &dyn Server = &self.seen;
        let at = |folder: &str| agent_paths::names_for(server, folder, &places.bundle, script, names);
        let inspect = |folder: &str| deployment::inspect(inspection, folder, &at(folder));
        let nested = format!("{}/{}", places.backup, last_part(&places.bundle));
        let (no_deployment, no_backup, _, _, no_download) = lost(places);
        thread::scope(|scope| {
            let deployed = beside(scope, || match self.seen.inside(&places.bundle) {
                Some(line) => Deployment {
                    path: places.bundle.clone(),
                    state: Fact::unknown(format!("`{}` puts something else into it", self.shown(&line.text))),
                },
                None => inspect(&places.bundle),
            });
            let backed_up = beside(scope, || inspect(&places.backup));
            let download = beside(scope, || deployment::download(inspection, &places.download, names));
            let is_there = server.look(&nested).is_ok_and(|look| look.kind == 'd');
            let nested = is_there.then(|| inspect(&nested));
            let put_aside = put_aside(server, places).iter().map(|path| inspect(path)).collect();
            let kept = kept(server, places).iter().map(|path| inspect(path)).collect();
            let (deployed, backed_up) = (joined(deployed, no_deployment), joined(backed_up, no_backup));
            (deployed, backed_up, nested, (put_aside, kept), joined(download, no_download))
        })
    }
}

/// The deployed bundle, its backup, a bundle inside that, what was put aside and what people have kept, and a leftover download.
pub(super) type Bundles =
    (Deployment, Deployment, Option<Deployment>, (Vec<Deployment>, Vec<Deployment>), Fact<Option<Download>>);

/// Most folders that are judged of those which fixes have put aside.
const MAX_ASIDE: usize = 2;

/// What fixes have put aside beside the bundle, the newest first: their names end in the time.
fn put_aside(server: &dyn Server, places: &AgentPlaces) -> Vec<String> {
    let Some((folder, name)) = places.bundle.rsplit_once('/') else { return Vec::new() };
    let start = format!("{name}{PUT_ASIDE}");
    let names = server.list(folder).unwrap_or_default();
    let mut paths: Vec<String> =
        names.iter().filter(|name| name.starts_with(&start)).map(|name| format!("{folder}/{name}")).collect();
    paths.retain(|path| server.look(path).is_ok_and(|look| look.kind == 'd'));
    paths.sort();
    paths.reverse();
    paths.truncate(MAX_ASIDE);
    paths
}

/// What people have kept of the bundle beside it, under a name of their own, the newest first.
fn kept(server: &dyn Server, places: &AgentPlaces) -> Vec<String> {
    let Some((folder, name)) = places.bundle.rsplit_once('/') else { return Vec::new() };
    let names = server.list(folder).unwrap_or_default();
    let named = names.iter().filter(|found| found.strip_prefix(name).is_some_and(is_of_a_backup));
    let paths = named.map(|name| format!("{folder}/{name}")).filter(|path| *path != places.backup);
    let folders = paths.filter_map(|path| Some((server.look(&path).ok()?, path)));
    let mut found: Vec<_> = folders.filter(|(look, _)| look.kind == 'd').collect();
    found.sort_by_key(|(look, _)| std::cmp::Reverse(look.changed));
    found.into_iter().map(|(_, path)| path).take(MAX_ASIDE).collect()
}

/// Words that people put behind the name of what they keep.
const KEPT: [&str; 14] = [
    "old", "bak", "backup", "back", "prev", "previous", "orig", "original", "save", "saved", "copy", "before", "last",
    "good",
];

/// Whether what stands behind the bundle's name makes it one that somebody has kept: `.old`, `_bak`, `-2026-11-01`, `.1`.
fn is_of_a_backup(behind: &str) -> bool {
    if !behind.starts_with(['.', '-', '_', '~', ' ']) || [PUT_ASIDE, FAILED].iter().any(|own| behind.starts_with(own)) {
        return false;
    }
    let mut words = behind.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).peekable();
    let is_one = |word: &str| {
        let word = word.to_ascii_lowercase();
        let bare = word.trim_start_matches('v').trim_end_matches(|c: char| c.is_ascii_digit());
        bare.is_empty() || KEPT.contains(&bare)
    };
    behind == "~" || words.peek().is_some() && words.all(is_one)
}

/// What is known of them where whoever reads them comes to grief.
pub(super) fn lost(places: &AgentPlaces) -> Bundles {
    let at = |path: &str| Deployment { path: path.to_owned(), state: Fact::unknown("it could not be read") };
    (at(&places.bundle), at(&places.backup), None, (Vec::new(), Vec::new()), Fact::unknown("it could not be read"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_keep_is_known_by_its_name() {
        for (behind, is_one) in [
            (".old", true),
            ("-old", true),
            ("_bak", true),
            (".bak2", true),
            ("~", true),
            ("-2026-11-01", true),
            (".20261101", true),
            (".1", true),
            ("-v0.1.25", true),
            ("-prev", true),
            (" (copy)", true),
            ("-old-20261101", true),
            ("-next", false),
            ("-staging", false),
            (".new-x7Gh2k", false),
            ("s", false),
            ("", false),
            (".broken-20261101T000000Z", false),
            (".failed-20261101T000000Z", false),
        ] {
            assert_eq!(is_of_a_backup(behind), is_one, "{behind}");
        }
    }
}
