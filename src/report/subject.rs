//! What `check` found, ready to be rendered.

use super::baseline::BaselineReport;
use super::bundle_layout::BundleLayout;
use super::finding::{Allowed, Finding};
use super::signature::{Coverage, SignatureReport};
use super::verdict::Verdict;
use crate::tree::snapshot::SubjectKind;
use serde::{Deserialize, Serialize};

/// How many findings of each severity there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Summary {
    /// Errors.
    pub error: usize,
    /// Warnings.
    pub warning: usize,
    /// Infos.
    pub info: usize,
    /// Findings that the configuration or a flag allowed.
    pub allowed: usize,
    /// Findings that the baseline holds.
    #[serde(default)]
    pub known: usize,
}

/// The `name` and `version` that the root `package.json` states.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PackageId {
    /// `name`, if it is a string.
    pub name: Option<String>,
    /// `version`, if it is a string.
    pub version: Option<String>,
}

/// What lies below a folder.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FolderReport {
    /// Relative to the bundle, printable.
    pub path: String,
    /// Files below it, at any depth.
    pub files: u64,
    /// Their bytes.
    pub size: u64,
}

/// What became of one subject.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
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
    pub layout: BundleLayout,
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
    /// Its folders down to the second level, the largest where there are many, by path.
    #[serde(default)]
    pub folders: Vec<FolderReport>,
    /// What the rules found, worst first.
    pub findings: Vec<Finding>,
    /// What was found and allowed.
    pub allowed: Vec<Allowed>,
    /// What was found and stands in the baseline.
    #[serde(default)]
    pub known: Vec<Finding>,
}

impl SubjectReport {
    /// Of a flat bundle of which no more is known than that nothing is wrong with it.
    pub(crate) fn sound(path: &str, kind: SubjectKind) -> Self {
        Self {
            path: path.to_owned(),
            kind,
            sha256: None,
            size: 0,
            unpacked_size: None,
            entries: None,
            layout: BundleLayout::Flat,
            package: None,
            signature: SignatureReport::default(),
            manifest: None,
            verdict: Verdict::Pass,
            tree_unknown: false,
            folders: Vec::new(),
            findings: Vec::new(),
            allowed: Vec::new(),
            known: Vec::new(),
        }
    }
}

/// What `check` found in all its subjects.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct CheckReport {
    /// The worst of the subjects'; every document begins with it.
    #[serde(skip_serializing)]
    pub verdict: Verdict,
    /// Over all subjects.
    pub summary: Summary,
    /// In the order of the command line.
    pub subjects: Vec<SubjectReport>,
    /// What became of the baseline, where there is one.
    #[serde(default)]
    pub baseline: Option<BaselineReport>,
    /// What the user should know of the run itself: an allowance that matched nothing.
    pub notes: Vec<String>,
}
