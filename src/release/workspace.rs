//! A repository before a release, as the checklist sees it: read once, judged without looking again.

use crate::check::inspect::Inspected;
use crate::node::package_file::PackageFile;
use crate::report::signature::SignatureStatus;
use crate::report::subject::SubjectReport;
use crate::report::verdict::Verdict;
use crate::systemd::Unit;
use crate::tree::names::{ConfiguredNames, ReleasePlaces};
use crate::tree::snapshot::Snapshot;
use crate::update::rehearsal::Rehearsal;

/// Everything the checklist needs to know of a repository.
pub(crate) struct Workspace {
    /// The names a bundle is judged by.
    pub names: ConfiguredNames,
    /// Where everything is, relative to the repository.
    pub places: ReleasePlaces,
    /// The agent's `package.json`.
    pub agent_package: PackageFile,
    /// The bundle's `package.json`.
    pub bundle_package: PackageFile,
    /// The release before this one.
    pub previous: Previous,
    /// The agent's compiled code; nothing where the folder is not there.
    pub dist: Option<Snapshot>,
    /// Whether it is what its sources give.
    pub dist_build: Build,
    /// The agent's sources; nothing where the folder is not there.
    pub sources: Option<Snapshot>,
    /// Those of them, relative to their folder, that were written later than the compiled file of the same path.
    pub newer_sources: Vec<String>,
    /// What of the sources needs no copy in the compiled code, beside what is known to need none (`[release] not-copied`).
    pub not_copied: Vec<glob::Pattern>,
    /// The units that the repository's installers write.
    pub installers: Vec<InstallerUnit>,
    /// The bundle's copy of it; nothing where the folder is not there.
    pub bundle_dist: Option<Snapshot>,
    /// The bundle's folder; nothing where it is not there.
    pub bundle: Option<Inspected>,
    /// The shared package; nothing where the folder is not there.
    pub shared: Option<Snapshot>,
    /// Whether its compiled code is what its sources give.
    pub shared_build: Build,
    /// The bundle's copy of it; nothing where it is not there, or is no folder.
    pub shared_copy: Option<Snapshot>,
    /// The archive that the control plane serves.
    pub published: Published,
    /// Whether the update was tried.
    pub trial: UpdateTrial,
}

/// The release before this one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Previous {
    /// It is known.
    Known {
        /// Its version.
        version: semver::Version,
        /// Who says so: `git tag v0.1.26`.
        from: String,
    },
    /// No release is known.
    Unknown,
}

/// What is known of compiled code and the sources it was compiled from.
pub(crate) enum Build {
    /// It was compiled anew, from the same sources.
    Again(Box<Snapshot>),
    /// It could not be compiled: the last words of the attempt.
    Failed(String),
    /// The newest file of the sources and of the compiled code, where there are any.
    Times {
        /// Of the sources.
        source: Option<Stamp>,
        /// Of the compiled code.
        built: Option<Stamp>,
    },
    /// Both are as git checked them out, so that times say nothing.
    CheckedOut,
}

/// A unit that an installer of the repository writes.
pub(crate) struct InstallerUnit {
    /// The script and its line, relative to the repository, printable: `install.sh:12`.
    pub place: String,
    /// The unit, or why it is not known.
    pub unit: Result<Unit, String>,
}

/// A file and when it was last written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Stamp {
    /// The file, relative to the repository.
    pub path: String,
    /// Nanoseconds since 1970.
    pub time: u128,
}

/// The archive that the control plane serves.
pub(crate) enum Published {
    /// There is none.
    Missing,
    /// It was read and judged as `check` does.
    Read {
        /// What is in it.
        snapshot: Box<Snapshot>,
        /// What the rules say of it.
        report: Box<SubjectReport>,
        /// What its signature must be.
        signature: Demand,
    },
}

/// What is demanded of a signature.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Demand {
    /// No key is configured.
    Nothing,
    /// Keys are configured: it must verify by one of them.
    Verified,
}

impl Demand {
    /// Whether a signature will do.
    #[must_use]
    pub(crate) fn is_met(self, status: SignatureStatus) -> bool {
        self == Self::Nothing || status == SignatureStatus::Verified
    }
}

/// Whether the update was tried.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum UpdateTrial {
    /// It was not asked for.
    NotTried,
    /// It could not be: why.
    Impossible(String),
    /// It was, and whether what was seen fails it, once the user's wishes are applied.
    Tried(Box<Rehearsal>, Verdict),
}
