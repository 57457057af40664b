//! What `check` found, ready to be rendered.

use super::bundle::Layout;
use super::finding::{Allowed, Finding, Severity};
use super::snapshot::SubjectKind;
use serde::Serialize;

/// How a report is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// For people.
    Human,
    /// JSON, version 1.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// JUnit XML.
    Junit,
    /// GitHub Actions' workflow commands.
    Github,
}

/// Whether a subject, or the whole run, has something at or above `--fail-on`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing at or above `--fail-on`.
    Pass,
    /// Something at or above it.
    Fail,
}

/// What `--fail-on` was set to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FailOn {
    /// At and above this severity.
    At(Severity),
    /// Whatever was found.
    Never,
}

impl FailOn {
    /// The verdict on these findings.
    pub fn verdict<'a>(self, findings: impl IntoIterator<Item = &'a Finding>) -> Verdict {
        let fails = findings.into_iter().any(|finding| self.is_reached_by(finding.severity));
        if fails { Verdict::Fail } else { Verdict::Pass }
    }

    /// Whether something of this severity fails.
    #[must_use]
    pub fn is_reached_by(self, severity: Severity) -> bool {
        matches!(self, Self::At(limit) if severity >= limit)
    }
}

/// How many findings of each severity there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Summary {
    /// Errors.
    pub error: usize,
    /// Warnings.
    pub warning: usize,
    /// Infos.
    pub info: usize,
    /// Findings that the configuration or a flag allowed.
    pub allowed: usize,
}

/// The `name` and `version` that the root `package.json` states.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PackageId {
    /// `name`, if it is a string.
    pub name: Option<String>,
    /// `version`, if it is a string.
    pub version: Option<String>,
}

/// What became of looking at a subject's signature.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureStatus {
    /// A trusted key made it, over these very bytes.
    Verified,
    /// There is none.
    #[default]
    Missing,
    /// It does not fit the bytes.
    Invalid,
    /// It was made by a key that is not trusted.
    Untrusted,
    /// There is one, but no key to check it with.
    NotChecked,
}

impl SignatureStatus {
    /// The word used in every format.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Missing => "missing",
            Self::Invalid => "invalid",
            Self::Untrusted => "untrusted",
            Self::NotChecked => "not-checked",
        }
    }
}

/// A subject's signature.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct SignatureReport {
    /// What became of it.
    pub status: SignatureStatus,
    /// `minisign`, `minisign-legacy`, `raw` or `base64`.
    pub format: Option<String>,
    /// The id of the key that made it, as far as that is known.
    pub key_id: Option<String>,
    /// The trusted comment, printable; only ever one that was verified.
    pub comment: Option<String>,
}

/// How much of a bundle its manifest covers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Coverage {
    /// Files that the manifest lists.
    pub listed: usize,
    /// Of these, those that are as listed.
    pub verified: usize,
    /// Files that it does not list and need not: what package managers installed.
    pub outside: usize,
}

/// What became of one subject.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SubjectReport {
    /// The path as the user gave it, printable.
    pub path: String,
    /// Archive or directory.
    pub kind: SubjectKind,
    /// SHA-256 of the archive in hex; nothing for a directory.
    pub sha256: Option<String>,
    /// Bytes of the archive, or of a directory's files.
    pub size: u64,
    /// Sum of file contents, in bytes; nothing when the tree is not known.
    pub unpacked_size: Option<u64>,
    /// Entries that make a path; nothing when the tree is not known.
    pub entries: Option<u64>,
    /// Flat, nested, mixed.
    pub layout: Layout,
    /// The root `package.json`'s identity; nothing when there is none that parses.
    pub package: Option<PackageId>,
    /// Its detached signature, or its manifest's.
    pub signature: SignatureReport,
    /// How much of it its manifest covers; nothing where there is none.
    pub manifest: Option<Coverage>,
    /// By itself.
    pub verdict: Verdict,
    /// Whether only the archive itself was judged, because its tree is not known.
    pub tree_unknown: bool,
    /// What the rules found, worst first.
    pub findings: Vec<Finding>,
    /// What was found and allowed.
    pub allowed: Vec<Allowed>,
}

/// What `check` found in all its subjects.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CheckReport {
    /// The worst of the subjects'.
    pub verdict: Verdict,
    /// Over all subjects.
    pub summary: Summary,
    /// In the order of the command line.
    pub subjects: Vec<SubjectReport>,
    /// What the user should know of the run itself: an allowance that matched nothing.
    pub notes: Vec<String>,
}

/// Why a run could not judge (exit code 2).
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RunError {
    /// What was tried and what was found, printable.
    pub message: String,
    /// On which path, printable.
    pub path: Option<String>,
    /// What to do.
    pub help: Option<String>,
}
