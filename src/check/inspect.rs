//! The pipeline that every command which looks at a bundle goes through: a path is opened once, read once, and what was
//! read is put together for the rules.

use super::authentication::{Authentication, NotAsked};
use super::bundle::{Bundle, Expectations};
use super::contents::{Contents, Depth, Observer};
use super::engine;
use crate::archive;
use crate::node::graph::{follow, follow_restored};
use crate::node::package_file::read_package;
use crate::report::policy::Policy;
use crate::report::subject::SubjectReport;
use crate::signing::authenticity::Authenticity;
use crate::signing::manifest_files::MANIFEST;
use crate::tree::defect::Defect;
use crate::tree::directory;
use crate::tree::limits::Limits;
use crate::tree::names::ConfiguredNames;
use crate::tree::nodes::Tree;
use crate::tree::open::{Directory, OpenedSubject, Stream, open};
use crate::tree::ownership::OwnershipMap;
use crate::tree::reading::{ArchiveSum, Digests, ProgressObserver, ReadOptions, SourceError};
use crate::tree::snapshot::{Snapshot, SubjectKind};
use std::io;

/// How a subject is read, and what it is judged by.
pub struct InspectOptions<'a> {
    /// The names it is judged by.
    pub names: &'a ConfiguredNames,
    /// Where reading stops.
    pub limits: Limits,
    /// How much is read.
    pub depth: Depth<'a>,
    /// Whether an archive's own SHA-256 is made.
    pub archive_sum: ArchiveSum,
    /// Who verifies it, and hears an archive's bytes pass.
    pub authentication: &'a dyn Authentication,
    /// What is demanded of it, asked for once it is read: which Node a server has may be known later than its bundle.
    pub expectations: &'a (dyn Fn() -> Expectations + 'a),
    /// Who is told how far it is.
    pub progress: ProgressObserver<'a>,
}

impl<'a> InspectOptions<'a> {
    /// Read to that depth; nothing is verified, and nothing demanded.
    #[must_use]
    pub fn plain(names: &'a ConfiguredNames, limits: Limits, depth: Depth<'a>) -> Self {
        const NOBODY: NotAsked<'_> = NotAsked(&|_| ());
        Self {
            names,
            limits,
            depth,
            archive_sum: ArchiveSum::Made,
            authentication: &NOBODY,
            expectations: &Expectations::default,
            progress: &|_, _| (),
        }
    }
}

/// Why nothing can be said about a subject.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// It could not be opened or read.
    #[error(transparent)]
    Subject(SourceError),
    /// The signature beside it could not be read.
    #[error(transparent)]
    Signature(SourceError),
}

impl InspectError {
    /// What was tried, on which path, and why it failed, in one line.
    #[must_use]
    pub fn words(&self) -> String {
        let (Self::Subject(error) | Self::Signature(error)) = self;
        crate::text::without_error_numbers(&format!("{error}: {}", error.source))
    }
}

/// A subject that was read, with all that the rules judge.
pub struct Inspected {
    /// The tree, and where it came from.
    pub snapshot: Snapshot,
    /// What was found in its files.
    pub contents: Contents,
    /// What is known of its signature and manifest.
    pub authenticity: Authenticity,
    /// Whose each of its nodes is.
    pub ownership: OwnershipMap,
    names: ConfiguredNames,
    expectations: Expectations,
}

/// Opens and reads one subject: a directory, an archive, or `-` for an archive on stdin.
///
/// # Errors
/// [`InspectError`] where the path or its signature cannot be opened or read. A damaged archive is no error: it is a
/// snapshot with defects.
pub fn inspect(path: &str, options: &InspectOptions<'_>) -> Result<Inspected, InspectError> {
    let (snapshot, contents) = match open(path).map_err(InspectError::Subject)? {
        OpenedSubject::Directory(directory) => read_directory(path, directory, options)?,
        OpenedSubject::Stream(stream) => read_archive(path, stream, options)?,
    };
    let InspectOptions { names, authentication, expectations, .. } = *options;
    let ownership = OwnershipMap::of(&snapshot.tree, names);
    let authenticity = authentication.conclude(&snapshot, &ownership, names);
    let (names, expectations) = (names.clone(), expectations());
    Ok(Inspected { snapshot, contents, authenticity, ownership, names, expectations })
}

/// A directory is asked for its manifest first: nobody wants digests without one.
fn read_directory(path: &str, directory: Directory, options: &InspectOptions<'_>) -> Reading {
    let depth = options.depth;
    let compared = depth == Depth::JudgeAndCompare && directory.has_file(MANIFEST);
    let digests = if depth.wants_all_digests() || compared { Digests::All } else { Digests::None };
    read(path, SubjectKind::Directory, digests, options, |options, observer| {
        directory::read(path, directory, options, observer)
    })
}

/// An archive's manifest may come last, and so may the second of two files of one path: the few archives that have either
/// are read once more, with digests. A manifest mostly comes early, as `pack` writes it: where one is likely, what comes before
/// it is hashed, else reading begins again there. An archive from a pipe is hashed as it comes.
fn read_archive(path: &str, stream: Stream, options: &InspectOptions<'_>) -> Reading {
    let depth = options.depth;
    let archive = |stream, digests| {
        read(path, SubjectKind::Archive, digests, options, |options, observer| {
            archive::walk::read(path, stream, options, observer)
        })
    };
    let Some(again) = stream.again().filter(|_| !depth.wants_all_digests()) else {
        return archive(stream, depth.digests());
    };
    let is_compared = depth == Depth::JudgeAndCompare;
    let digests = match (is_compared, options.authentication.has_keys()) {
        (true, true) => Digests::IfListedEarly(MANIFEST),
        (true, false) => Digests::NoneUnlessListedEarly(MANIFEST),
        (false, _) => Digests::None,
    };
    let first = archive(stream, digests)?;
    let Snapshot { tree, needs_digests, has_all_digests, .. } = &first.0;
    let lacks_digests = is_compared && !has_all_digests && tree.find(MANIFEST.as_bytes()).is_some();
    if !lacks_digests && !needs_digests {
        return Ok(first);
    }
    drop(first);
    archive(again, depth.digests())
}

/// What one read of a subject gives.
type Reading = Result<(Snapshot, Contents), InspectError>;

/// Reads a subject once, by who can read its kind.
fn read(
    path: &str,
    kind: SubjectKind,
    digests: Digests,
    options: &InspectOptions<'_>,
    reader: impl FnOnce(&ReadOptions<'_>, &mut Observer<'_>) -> Result<Snapshot, SourceError>,
) -> Reading {
    let InspectOptions { names, limits, depth, archive_sum, authentication, progress, .. } = *options;
    authentication.begin(kind).map_err(InspectError::Signature)?;
    let raw = |bytes: &[u8]| authentication.raw(bytes);
    let mut observer = Observer::new(names, depth);
    let snapshot = reader(&ReadOptions { limits, digests, archive_sum, progress, raw: &raw }, &mut observer);
    let snapshot = snapshot.map_err(InspectError::Subject)?;
    let contents = observer.finish().map_err(|error| InspectError::Subject(no_thread(path, error)))?;
    Ok((snapshot, contents))
}

/// Whoever may not start a thread has not judged the code, which must not look as if it were sound.
fn no_thread(path: &str, error: io::Error) -> SourceError {
    let help =
        "allow it more threads (`ulimit -u`, the limit of the container or service on tasks) or memory (`ulimit -v`)";
    SourceError { help: Some(help), ..SourceError::new("no thread can be started to parse the code of", path, error) }
}

impl Inspected {
    /// The tree.
    #[must_use]
    pub const fn tree(&self) -> &Tree {
        &self.snapshot.tree
    }

    /// What kept the subject from being read to its end, if anything did.
    #[must_use]
    pub fn hiding_defect(&self) -> Option<&Defect> {
        self.snapshot.defects.iter().find(|defect| defect.hides_tree)
    }

    /// The bundle without its imports being followed: for what asks about the archive, its package and its manifest.
    #[must_use]
    pub fn bundle_unfollowed(&self) -> Bundle<'_> {
        let Self { snapshot, contents, authenticity, ownership, names, expectations } = self;
        Bundle::new(snapshot, contents, ownership, names, expectations, authenticity)
    }

    /// The bundle with everything that the rules judge, what following its imports found included.
    #[must_use]
    pub fn bundle(&self) -> Bundle<'_> {
        let bundle = self.bundle_unfollowed();
        if !self.snapshot.tree_is_known() {
            return bundle;
        }
        let sources = bundle.module_sources();
        let (modules, restored) = (follow(&sources), follow_restored(&sources));
        bundle.with_modules(modules, restored)
    }

    /// The version that its `package.json` states.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        let package = read_package(self.tree(), "package.json");
        package.package().and_then(|package| package.string("version")).map(str::to_owned)
    }

    /// What the rules say of it.
    #[must_use]
    pub fn judge(&self, policy: &Policy) -> SubjectReport {
        engine::judge(&self.bundle(), policy)
    }
}
