//! What stands on the server's disk: the deployed bundle, its backup, the leftover download, and whether they would start.

use super::fact::Fact;
use crate::report::bundle_layout::BundleLayout;
use crate::report::finding::{Finding, Severity};
use crate::report::moment::Moment;
use crate::report::subject::SubjectReport;

/// A folder that holds a bundle, or should.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deployment {
    /// Its path on the server.
    pub path: String,
    /// What is there.
    pub state: Fact<DeploymentState>,
}

/// What is at the place of a bundle.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DeploymentState {
    /// Nothing.
    Absent,
    /// An empty folder.
    Empty,
    /// Something that is no folder, in words.
    NotADirectory(&'static str),
    /// A folder with something in it.
    Present(Box<Inspected>),
}

/// A bundle's folder, judged by the rules of `check`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inspected {
    /// What the rules say, with their default severities.
    pub report: SubjectReport,
    /// When the folder, its `package.json` or its entry point was last changed (ctime: what tar wrote keeps old mtimes).
    pub changed: Option<Moment>,
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
    /// Files of no bytes where a package manager writes none: `package.json` and code below `node_modules`.
    pub emptied: Vec<String>,
}

/// Rules that speak of what stops Node at the start, so that an error of theirs means that the agent cannot run. The
/// others speak of the next update, of who made the bundle, or of what should not be shipped.
const STOPS_THE_START: [&str; 12] = [
    "entry-point-missing",
    "shared-package-missing",
    "shared-package-linked",
    "shared-entry-missing",
    "shared-package-json-invalid",
    "workspace-link",
    "package-json-invalid",
    "module-syntax-error",
    "module-format-mismatch",
    "unresolved-import",
    "undeclared-dependency",
    "missing-export",
];

impl Deployment {
    /// The inspected folder, if there is one.
    #[must_use]
    pub fn inspected(&self) -> Option<&Inspected> {
        match self.state.known()? {
            DeploymentState::Present(inspected) => Some(inspected),
            _ => None,
        }
    }

    /// Whether Node would start what is there: nothing where that is not known.
    #[must_use]
    pub fn would_start(&self) -> Option<bool> {
        Some(match self.state.known()? {
            DeploymentState::Present(inspected) => inspected.stoppers().next().is_none() && inspected.has_entry(),
            _ => false,
        })
    }
}

impl Inspected {
    /// Whether the agent in it lies in the old layout, as the script by which it was judged says.
    #[must_use]
    pub fn is_nested(&self) -> bool {
        self.entry.starts_with("apps/agent/") || self.report.layout == BundleLayout::Nested
    }

    /// Whether the script by which it was judged is there. Below `apps/agent/` what the rules miss at the root follows from
    /// `nested-layout`, so they are silent about it.
    #[must_use]
    pub fn has_entry(&self) -> bool {
        match self.report.layout {
            BundleLayout::Nested => self.entry.starts_with("apps/agent/"),
            _ => self.stopper("entry-point-missing").is_none(),
        }
    }

    /// The findings that stop Node at the start, the rules' own order kept.
    pub fn stoppers(&self) -> impl Iterator<Item = &Finding> {
        let errors = self.report.findings.iter().filter(|finding| finding.severity == Severity::Error);
        errors.filter(|finding| STOPS_THE_START.contains(&finding.rule) && self.stops(finding))
    }

    /// Whether this finding of such a rule is one that Node would notice. The rules also say what a release must not have:
    /// a version that is none, a file that Node finds elsewhere, a link that nothing is imported through.
    fn stops(&self, finding: &Finding) -> bool {
        let says = |words: &str| finding.message.contains(words);
        match finding.rule {
            "package-json-invalid" => says("cannot be used"),
            "shared-package-json-invalid" => says("ode stops with") || says("has no package.json"),
            "shared-entry-missing" => !says("Node would load"),
            "workspace-link" => self.link_of(finding).is_some_and(|package| self.misses(package)),
            _ => true,
        }
    }

    /// The package that a finding of `workspace-link` is about.
    fn link_of<'a>(&self, finding: &'a Finding) -> Option<&'a str> {
        finding.path.as_deref()?.strip_prefix("node_modules/")
    }

    /// Whether the agent imports a package that cannot be found: the message begins with its name.
    fn misses(&self, package: &str) -> bool {
        let start = format!("`{package}`");
        let errors = self.report.findings.iter().filter(|finding| finding.severity == Severity::Error);
        errors
            .filter(|finding| finding.rule == "undeclared-dependency")
            .any(|finding| finding.message.starts_with(&start))
    }

    /// Whether a package that cannot be found is a link that leads nowhere here.
    #[must_use]
    pub fn is_linked(&self, package: &str) -> bool {
        let links = self.stoppers().filter(|finding| finding.rule == "workspace-link");
        links.filter_map(|finding| self.link_of(finding)).any(|linked| linked == package)
    }

    /// The stopper of that rule.
    #[must_use]
    pub fn stopper(&self, rule: &str) -> Option<&Finding> {
        self.stoppers().find(|finding| finding.rule == rule)
    }
}

/// The archive that an update leaves in the temporary folder when it stops before extraction is done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Download {
    /// Its path.
    pub path: String,
    /// When it was last written.
    pub changed: Option<Moment>,
    /// What `check` says of it.
    pub report: SubjectReport,
}
