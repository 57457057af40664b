//! What stands on the server's disk: the deployed bundle, its backup, the leftover download, and whether they would start.

use super::fact::Fact;
use crate::check::rules::{self, StopsStart};
use crate::report::bundle_layout::BundleLayout;
use crate::report::finding::{Detail, Finding, Severity};
use crate::report::moment::Moment;
use crate::report::subject::SubjectReport;

/// A folder that holds a bundle, or should.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Deployment {
    /// Its path on the server.
    pub path: String,
    /// What is there.
    pub state: Fact<DeploymentState>,
}

/// What is at the place of a bundle.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum DeploymentState {
    /// Nothing.
    Absent,
    /// An empty folder.
    Empty,
    /// Something that is no folder, in words.
    NotADirectory(&'static str),
    /// A folder with something in it.
    Present(Box<DeployedBundle>),
}

/// A bundle's folder, judged by the rules of `check`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct DeployedBundle {
    /// What the rules say, with their default severities.
    pub report: SubjectReport,
    /// When the folder, its `package.json` or its entry point was last changed (ctime: what tar wrote keeps old mtimes).
    pub changed: Option<Moment>,
    /// When another bundle came into its place, as far as that can be told: its owner may change, and the agent may write
    /// into its folder, without that.
    pub replaced: Option<Moment>,
    /// Whether there is a `node_modules`.
    pub has_modules: bool,
    /// Whether anything but the shared package is installed in it.
    pub has_dependencies: bool,
    /// The Node that its `package.json` asks for (`engines.node`), as it stands there.
    pub engines: Option<String>,
    /// The dependencies that are declared, would be installed by step 5, and are not there.
    pub absent_dependencies: Vec<String>,
    /// Whether there is a `packages/shared` that step 6 can copy.
    pub ships_shared: bool,
    /// The script that the unit starts, relative to the bundle, by which it was judged.
    pub entry: String,
    /// Whether only folders are left in it, and no file.
    pub is_bare: bool,
    /// Files of no bytes where a package manager writes none: `package.json` and code below `node_modules`.
    pub emptied: Vec<String>,
    /// What there is of a signed manifest in it.
    pub manifest: ManifestParts,
}

/// What there is of a signed manifest. Who takes a part away leaves the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ManifestParts {
    /// Nothing: it was never signed, or all of it was taken away.
    Neither,
    /// A manifest without its signature.
    ManifestAlone,
    /// A signature without its manifest.
    SignatureAlone,
    /// Both.
    Both,
}

impl Deployment {
    /// The inspected folder, if there is one.
    #[must_use]
    pub(crate) fn inspected(&self) -> Option<&DeployedBundle> {
        match self.state.known()? {
            DeploymentState::Present(inspected) => Some(inspected),
            _ => None,
        }
    }

    /// Whether Node would start what is there: nothing where that is not known.
    #[must_use]
    pub(crate) fn would_start(&self) -> Option<bool> {
        Some(match self.state.known()? {
            DeploymentState::Present(inspected) => inspected.stoppers().next().is_none() && inspected.has_entry(),
            _ => false,
        })
    }
}

impl DeployedBundle {
    /// Whether the agent in it lies in the old layout, as the script by which it was judged says.
    #[must_use]
    pub(crate) fn is_nested(&self) -> bool {
        self.entry.starts_with("apps/agent/") || self.report.layout == BundleLayout::Nested
    }

    /// Whether the script by which it was judged is there. Below `apps/agent/` what the rules miss at the root follows from
    /// `nested-layout`, so they are silent about it.
    #[must_use]
    pub(crate) fn has_entry(&self) -> bool {
        match self.report.layout {
            BundleLayout::Nested => self.entry.starts_with("apps/agent/"),
            _ => self.stopper("entry-point-missing").is_none(),
        }
    }

    /// The findings that stop Node at the start, the rules' own order kept. Each rule's file says whether its errors do.
    pub(crate) fn stoppers(&self) -> impl Iterator<Item = &Finding> {
        self.errors().filter(|finding| self.stops(finding))
    }

    fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.report.findings.iter().filter(|finding| finding.severity == Severity::Error)
    }

    fn stops(&self, finding: &Finding) -> bool {
        match rules::find(finding.rule).map_or(StopsStart::Never, |rule| rule.stops_start) {
            StopsStart::Always => true,
            StopsStart::AsFound => match &finding.detail {
                Detail::StopsNode => true,
                // Many a link is left over in `node_modules` through which nothing is imported.
                Detail::PackageLinked { name } => self.misses(name),
                Detail::None | Detail::PackageAbsent { .. } | Detail::FileAbsent | Detail::WritableByAll => false,
            },
            StopsStart::Never => false,
        }
    }

    /// Whether the agent imports a package that cannot be found.
    fn misses(&self, package: &str) -> bool {
        self.errors().any(|finding| matches!(&finding.detail, Detail::PackageAbsent { name } if name == package))
    }

    /// Whether a package that cannot be found is a link that leads nowhere here.
    #[must_use]
    pub(crate) fn is_linked(&self, package: &str) -> bool {
        self.stoppers().any(|finding| matches!(&finding.detail, Detail::PackageLinked { name } if name == package))
    }

    /// The stopper of that rule.
    #[must_use]
    pub(crate) fn stopper(&self, rule: &str) -> Option<&Finding> {
        self.stoppers().find(|finding| finding.rule == rule)
    }
}

/// The archive that an update leaves in the temporary folder when it stops before extraction is done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Download {
    /// Its path.
    pub path: String,
    /// When it was last written.
    pub changed: Option<Moment>,
    /// What `check` says of it.
    pub report: SubjectReport,
}
