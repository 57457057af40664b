//! The bundle on the disk, its backup and the leftover download: what is there, and what the rules say of it.

use crate::check::authentication::{SignatureCheck, Trust};
use crate::check::bundle::Expectations;
use crate::check::contents::Depth;
use crate::check::inspect::{self, InspectOptions};
use crate::doctor::facts::{DeployedBundle, Deployment, DeploymentState, Download, Fact, ManifestParts};
use crate::doctor::questions::{Look, Server, Unanswered};
use crate::node::node_version::NodeVersion;
use crate::node::package_file::PackageFile;
use crate::node::package_file::read_package;
use crate::report::finding::Detail;
use crate::report::moment::Moment;
use crate::report::policy::Policy;
use crate::report::subject::SubjectReport;
use crate::signing::manifest_files::{MANIFEST, MANIFEST_SIGNATURE, PLAIN_MANIFEST_SIGNATURE};
use crate::text;
use crate::tree::limits::Limits;
use crate::tree::names::ConfiguredNames;
use crate::tree::nodes::{NodeKind, Tree};
use crate::tree::reading::ArchiveSum;
use crate::tree::snapshot::Snapshot;
use serde::{Deserialize, Serialize};

/// Who judges the bundles on a server: the rules, or what they said before.
pub(crate) trait BundleJudge: Sync {
    /// Reads and judges what stands at a path of the server's.
    ///
    /// # Errors
    /// Why it could not be read, in words.
    fn judged(&self, asked: &BundleQuestion<'_>) -> Result<JudgedBundle, String>;
}

/// A bundle that is to be judged.
pub(crate) struct BundleQuestion<'a> {
    /// Where it is.
    pub server: &'a dyn Server,
    /// Its path there.
    pub path: &'a str,
    /// The names it is judged by.
    pub names: &'a ConfiguredNames,
    /// What it is.
    stands: BundlePlace,
    /// The Node that would start it, asked for once it is read.
    node: &'a (dyn Fn() -> NodeVersion + Sync),
}

/// All that is known of a bundle from then on, as data: a capture holds it in the place of the bundle.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct JudgedBundle {
    /// What the rules say.
    pub report: SubjectReport,
    /// What their findings say to those who decide on them, in the same order.
    pub details: Vec<Detail>,
    /// Earlier captures do not have it.
    #[serde(default)]
    is_bare: bool,
    has_modules: bool,
    has_dependencies: bool,
    absent_dependencies: Vec<String>,
    ships_shared: bool,
    engines: Option<String>,
    emptied: Vec<String>,
    manifest: ManifestParts,
}

impl JudgedBundle {
    fn of(snapshot: &Snapshot, report: SubjectReport, names: &ConfiguredNames) -> Self {
        let tree = &snapshot.tree;
        let modules = tree.resolve(b"node_modules").ok().filter(|id| tree.kind(*id) == NodeKind::Directory);
        Self {
            details: report.findings.iter().map(|finding| finding.detail.clone()).collect(),
            is_bare: !tree.ids().any(|id| tree.file(id).is_some()),
            has_modules: modules.is_some(),
            has_dependencies: crate::check::bundle::stage(snapshot, names)
                == crate::check::bundle::BundleStage::Deployed,
            absent_dependencies: absent_dependencies(snapshot, names),
            ships_shared: is_directory(tree, &names.shared_source),
            engines: engines(tree),
            emptied: emptied(tree),
            manifest: manifest(tree),
            report,
        }
    }
}

/// Who hears of the tree of a bundle, by its path.
pub(crate) type HearsTree<'a> = dyn Fn(&str, &Tree) + Sync + 'a;

/// Judges by the rules, what is on the disk.
#[derive(Clone, Copy)]
pub(crate) struct RulesJudge<'a> {
    /// Where reading stops.
    pub limits: Limits,
    /// The keys that are trusted.
    pub trust: &'a Trust,
    /// Hears of the tree of every bundle that was read, by its path.
    pub listing: Option<&'a HearsTree<'a>>,
}

impl BundleJudge for RulesJudge<'_> {
    /// By the rules' own severities: what the user allows does not change whether Node would start.
    fn judged(&self, asked: &BundleQuestion<'_>) -> Result<JudgedBundle, String> {
        let server = asked.server;
        let place = server.place(asked.path);
        let below = place.strip_prefix(server.place("/")).ok().filter(|_| asked.stands == BundlePlace::Deployed);
        let deployed_at = below.map(|below| format!("/{}", below.to_string_lossy()));
        let place = place.to_str().ok_or("its path is not UTF-8")?;
        let options = InspectOptions {
            archive_sum: ArchiveSum::Made,
            names: asked.names,
            limits: self.limits,
            depth: Depth::JudgeAndCompare,
            authentication: &SignatureCheck::new(self.trust, place, None),
            expectations: &|| Expectations {
                node: (asked.node)(),
                deployed_at: deployed_at.clone(),
                ..Expectations::default()
            },
            progress: &|_, _| (),
        };
        let inspected = inspect::inspect(place, &options).map_err(|error| error.words())?;
        let report = inspected.judge(&Policy::plain());
        if let Some(listing) = self.listing.filter(|_| inspected.snapshot.tree_is_known()) {
            listing(asked.path, &inspected.snapshot.tree);
        }
        Ok(JudgedBundle::of(&inspected.snapshot, report, asked.names))
    }
}

/// One look at the bundles of a server.
pub(super) struct Inspection<'a> {
    /// Where they are.
    pub server: &'a dyn Server,
    /// Who judges them.
    pub judge: &'a dyn BundleJudge,
    /// The Node that would start them, asked for once a bundle is read.
    pub node: &'a (dyn Fn() -> NodeVersion + Sync),
}

impl Inspection<'_> {
    fn judged(&self, path: &str, names: &ConfiguredNames, stands: BundlePlace) -> Result<JudgedBundle, String> {
        self.judge.judged(&BundleQuestion { server: self.server, path, names, stands, node: self.node })
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
pub(super) fn inspect(inspection: &Inspection<'_>, path: &str, names: &ConfiguredNames) -> Deployment {
    let server = inspection.server;
    let path_owned = path.to_owned();
    let state = match super::reach::through(server, path) {
        Err(Unanswered::NotFound | Unanswered::Unlike) => Fact::Known(DeploymentState::Absent),
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

fn because<T>(refusal: Unanswered) -> Fact<T> {
    match refusal {
        Unanswered::Denied => Fact::unless("permission denied", "run it as root"),
        other => Fact::unknown(other.to_string()),
    }
}

/// Folders of a bundle in whose place people put links to others, which Node follows.
const LINKED: [&str; 4] = ["dist", "node_modules", "node_modules/@server-flow", "node_modules/@server-flow/shared"];

/// Where a link in the place of a bundle's folder leads, where that is a folder outside of it.
fn leads_out(server: &dyn Server, bundle: &str, part: &str) -> Option<String> {
    let path = format!("{bundle}/{part}");
    server.look(&path).ok().filter(|look| look.kind == 'l')?;
    let (real, look) = super::reach::through(server, &path).ok()?;
    let is_inside = real.strip_prefix(bundle).is_some_and(|rest| rest.starts_with('/'));
    (look.kind == 'd' && !is_inside).then_some(real)
}

fn judged(inspection: &Inspection<'_>, path: &str, names: &ConfiguredNames) -> Fact<DeploymentState> {
    let server = inspection.server;
    if let Some((part, to)) = LINKED.iter().find_map(|part| Some((part, leads_out(server, path, part)?))) {
        let to = text::printable(&to).into_owned();
        let help =
            format!("`bundle-doctor check` judges that folder by itself: what it holds is not the bundle's `{part}`");
        return Fact::unless(format!("its `{part}` is a link out of it, to {to}, which is not followed"), help);
    }
    match inspection.judged(path, names, BundlePlace::Deployed) {
        Err(why) => Fact::unless(why, "run it as root"),
        Ok(judged) => {
            let changed = [path.to_owned(), format!("{path}/package.json"), format!("{path}/{}", names.entry)]
                .iter()
                .filter_map(|path| server.look(path).ok())
                .map(|look| Moment(look.changed))
                .max();
            let replaced = replaced(server, path, names).or(changed);
            Fact::Known(DeploymentState::Present(Box::new(DeployedBundle {
                changed,
                replaced,
                is_bare: judged.is_bare,
                has_modules: judged.has_modules,
                has_dependencies: judged.has_dependencies,
                absent_dependencies: judged.absent_dependencies,
                ships_shared: judged.ships_shared,
                engines: judged.engines,
                entry: names.entry.clone(),
                emptied: judged.emptied,
                manifest: judged.manifest,
                report: SubjectReport { path: path.to_owned(), ..judged.report },
            })))
        }
    }
}

/// When another bundle came into this place: its files were written, or were installed, or its folder was moved here.
fn replaced(server: &dyn Server, path: &str, names: &ConfiguredNames) -> Option<Moment> {
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
    tree.resolve(path.as_bytes()).is_ok_and(|id| tree.kind(id) == NodeKind::Directory)
}

/// What step 5 would have installed and is not there. The shared package is judged by its own rules.
fn absent_dependencies(snapshot: &Snapshot, names: &ConfiguredNames) -> Vec<String> {
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
pub(super) fn download(inspection: &Inspection<'_>, path: &str, names: &ConfiguredNames) -> Fact<Option<Download>> {
    let look = match inspection.server.look(path) {
        Err(Unanswered::NotFound | Unanswered::Unlike) => return Fact::Known(None),
        Err(refusal) => return because(refusal),
        Ok(look) if look.kind != 'f' => return Fact::Known(None),
        Ok(look) => look,
    };
    match inspection.judged(path, names, BundlePlace::ToBeInstalled) {
        Err(why) => Fact::unless(why, "run it as root"),
        Ok(judged) => {
            let report = SubjectReport { path: path.to_owned(), ..judged.report };
            Fact::Known(Some(Download { path: path.to_owned(), changed: Some(Moment(look.changed)), report }))
        }
    }
}
