//! The bundle on the disk, its backup and the leftover download: what is there, and what the rules say of it.

use crate::check::authentication::{SignatureCheck, Trust};
use crate::check::bundle::Expectations;
use crate::check::contents::Depth;
use crate::check::inspect::{self, InspectOptions};
use crate::doctor::facts::{DeployedBundle, Deployment, DeploymentState, Download, Fact, ManifestParts};
use crate::doctor::questions::{Look, Refusal, Server};
use crate::node::node_version::NodeVersion;
use crate::node::package_file::PackageFile;
use crate::node::package_file::read_package;
use crate::report::moment::Moment;
use crate::report::policy::Policy;
use crate::report::subject::SubjectReport;
use crate::signing::manifest_files::{MANIFEST, MANIFEST_SIGNATURE, PLAIN_MANIFEST_SIGNATURE};
use crate::text;
use crate::tree::limits::Limits;
use crate::tree::names::Names;
use crate::tree::nodes::{Kind, Tree};
use crate::tree::reading::ArchiveSum;
use crate::tree::snapshot::Snapshot;

/// What bundles on a server are judged by, beside their names and its Node.
#[derive(Clone, Copy)]
pub(crate) struct BundleJudge<'a> {
    /// Where reading stops.
    pub limits: Limits,
    /// The keys that are trusted.
    pub trust: &'a Trust,
}

/// One look at the bundles of a server.
pub(super) struct Inspection<'a> {
    /// Where they are.
    pub server: &'a dyn Server,
    /// What they are judged by.
    pub judge: BundleJudge<'a>,
    /// The Node that would start them, asked for once a bundle is read.
    pub node: &'a (dyn Fn() -> NodeVersion + Sync),
}

impl Inspection<'_> {
    /// Reads and judges what stands at a path of the server's by the rules' own severities: what the user allows does
    /// not change whether Node would start.
    fn judged(&self, path: &str, names: &Names, stands: BundlePlace) -> Result<(Snapshot, SubjectReport), String> {
        let place = self.server.place(path);
        let below = place.strip_prefix(self.server.place("/")).ok().filter(|_| stands == BundlePlace::Deployed);
        let deployed_at = below.map(|below| format!("/{}", below.to_string_lossy()));
        let place = place.to_str().ok_or("its path is not UTF-8")?;
        let options = InspectOptions {
            archive_sum: ArchiveSum::Made,
            names,
            limits: self.judge.limits,
            depth: Depth::JudgeAndCompare,
            authentication: &SignatureCheck::new(self.judge.trust, place, None),
            expectations: &|| Expectations {
                node: (self.node)(),
                deployed_at: deployed_at.clone(),
                ..Expectations::default()
            },
            progress: &|_, _| (),
        };
        let inspected = inspect::inspect(place, &options).map_err(|error| error.words())?;
        let report = inspected.judge(&Policy::plain());
        Ok((inspected.snapshot, report))
    }
}

/// What a bundle is on the server.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BundlePlace {
    /// A folder, where the unit starts it.
    Deployed,
    /// An archive.
    ToBeInstalled,
}

/// Most files without content that are named.
const MAX_EMPTIED: usize = 20;

/// Looks at the folder of a bundle.
#[must_use]
pub(super) fn inspect(inspection: &Inspection<'_>, path: &str, names: &Names) -> Deployment {
    let server = inspection.server;
    let path_owned = path.to_owned();
    let state = match super::reach::through(server, path) {
        Err(Refusal::NotFound | Refusal::Unlike) => Fact::Known(DeploymentState::Absent),
        Err(refusal) => because(refusal),
        Ok((_, look)) if look.kind == 'f' => Fact::Known(DeploymentState::NotADirectory("a file")),
        Ok((_, look)) if look.kind != 'd' => Fact::Known(DeploymentState::NotADirectory("neither a folder nor a file")),
        Ok((real, _)) => match server.list(&real) {
            Ok(entries) if entries.is_empty() => Fact::Known(DeploymentState::Empty),
            Ok(_) => judged(inspection, &real, names),
            Err(refusal) => because(refusal),
        },
    };
    Deployment { path: path_owned, state }
}

fn because<T>(refusal: Refusal) -> Fact<T> {
    match refusal {
        Refusal::Denied => Fact::unless("permission denied", "run it as root"),
        other => Fact::unknown(other.to_string()),
    }
}

fn judged(inspection: &Inspection<'_>, path: &str, names: &Names) -> Fact<DeploymentState> {
    let server = inspection.server;
    match inspection.judged(path, names, BundlePlace::Deployed) {
        Err(why) => Fact::unless(why, "run it as root"),
        Ok((snapshot, mut report)) => {
            report.path = path.to_owned();
            let changed = [path.to_owned(), format!("{path}/package.json"), format!("{path}/{}", names.entry)]
                .iter()
                .filter_map(|path| server.look(path).ok())
                .map(|look| Moment(look.changed))
                .max();
            let replaced = replaced(server, path, names).or(changed);
            let tree = &snapshot.tree;
            let modules = tree.resolve(b"node_modules").ok().filter(|id| tree.kind(*id) == Kind::Directory);
            Fact::Known(DeploymentState::Present(Box::new(DeployedBundle {
                changed,
                replaced,
                has_modules: modules.is_some(),
                has_dependencies: crate::check::bundle::stage(&snapshot, names)
                    == crate::check::bundle::Stage::Deployed,
                absent_dependencies: absent_dependencies(&snapshot, names),
                ships_shared: is_directory(tree, &names.shared_source),
                engines: engines(tree),
                entry: names.entry.clone(),
                emptied: emptied(tree),
                manifest: manifest(tree),
                report,
            })))
        }
    }
}

/// When another bundle came into this place: its files were written, or were installed, or its folder was moved here.
fn replaced(server: &dyn Server, path: &str, names: &Names) -> Option<Moment> {
    let folder = server.look(path).ok()?;
    let at = |name: &str| server.look(&format!("{path}/{name}")).ok();
    let package = at("package.json");
    let parts = [package.clone(), at(&names.entry), at("node_modules")].into_iter().flatten();
    let written = parts.filter_map(|look| look.modified).max()?;
    // rename(2) changes the folder's inode and not its content; a new owner for all of it changes its files' as well.
    let alone = |other: &Look| folder.changed.abs_diff(other.changed) > AT_ONCE;
    let moved = folder.changed.saturating_sub(folder.modified?) > AT_ONCE && package.as_ref().is_none_or(alone);
    Some(Moment(if moved { written.max(folder.changed) } else { written }))
}

/// Microseconds within which two changes are one.
const AT_ONCE: u64 = 2_000_000;

fn is_directory(tree: &Tree, path: &str) -> bool {
    tree.resolve(path.as_bytes()).is_ok_and(|id| tree.kind(id) == Kind::Directory)
}

/// What step 5 would have installed and is not there. The shared package is judged by its own rules.
fn absent_dependencies(snapshot: &Snapshot, names: &Names) -> Vec<String> {
    let PackageFile::Read(package) = read_package(&snapshot.tree, "package.json") else { return Vec::new() };
    let mut absent: Vec<String> = package
        .declared()
        .into_iter()
        .filter(|dependency| dependency.field == "dependencies" && dependency.name != names.shared)
        .map(|dependency| dependency.name)
        .filter(|name| package.installs(name) && !is_directory(&snapshot.tree, &format!("node_modules/{name}")))
        .collect();
    absent.sort();
    absent.dedup();
    absent
}

/// What there is of a signed manifest.
fn manifest(tree: &Tree) -> ManifestParts {
    let has = |name: &str| tree.find(name.as_bytes()).is_some();
    match (has(MANIFEST), has(MANIFEST_SIGNATURE) || has(PLAIN_MANIFEST_SIGNATURE)) {
        (false, false) => ManifestParts::Neither,
        (true, false) => ManifestParts::ManifestAlone,
        (false, true) => ManifestParts::SignatureAlone,
        (true, true) => ManifestParts::Both,
    }
}

/// The Node that the bundle asks for.
fn engines(tree: &Tree) -> Option<String> {
    let PackageFile::Read(package) = read_package(tree, "package.json") else { return None };
    let range = package.get("engines")?.get("node")?.as_str()?;
    Some(text::printable(range).into_owned())
}

/// Manifests and code without content in `node_modules`: what a full disk leaves behind.
fn emptied(tree: &Tree) -> Vec<String> {
    let is_empty = |id| tree.file(id).is_some_and(|file| file.size == 0);
    let manifests = tree.ids().filter(|id| tree.name(*id) == b"package.json" && is_empty(*id));
    manifests.map(|id| tree.path(id).to_string()).take(MAX_EMPTIED).collect()
}

/// Looks at what an update left in the temporary folder.
#[must_use]
pub(super) fn download(inspection: &Inspection<'_>, path: &str, names: &Names) -> Fact<Option<Download>> {
    let look = match inspection.server.look(path) {
        Err(Refusal::NotFound | Refusal::Unlike) => return Fact::Known(None),
        Err(refusal) => return because(refusal),
        Ok(look) if look.kind != 'f' => return Fact::Known(None),
        Ok(look) => look,
    };
    match inspection.judged(path, names, BundlePlace::ToBeInstalled) {
        Err(why) => Fact::unless(why, "run it as root"),
        Ok((_, mut report)) => {
            report.path = path.to_owned();
            Fact::Known(Some(Download { path: path.to_owned(), changed: Some(Moment(look.changed)), report }))
        }
    }
}
