//! What was read of one subject of `check`: the tree, and the facts about the file or folder it came from.

use super::defect::Defect;
use super::nodes::Tree;

/// Where a tree came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    /// A tar archive.
    Archive,
    /// A directory.
    Directory,
}

/// One subject, read once.
pub struct Snapshot {
    /// The path as the user gave it; `-` for stdin.
    pub path: String,
    /// Where a directory stands on this machine: its absolute path, links followed.
    pub stands_at: Option<Box<str>>,
    /// Archive or directory.
    pub kind: SubjectKind,
    /// SHA-256 of the archive's bytes, where it was read to its end and the sum was wanted.
    pub sha256: Option<[u8; 32]>,
    /// Whether an archive was read to the end of its file.
    pub read_to_its_end: bool,
    /// Bytes of the archive; for a directory, of all its files.
    pub size: u64,
    /// Sum of all file contents, in bytes.
    pub unpacked_size: u64,
    /// Entries that make a path.
    pub entries: u64,
    /// What `tar -xzf` would leave, or what the directory holds.
    pub tree: Tree,
    /// What is wrong with the archive itself.
    pub defects: Vec<Defect>,
    /// Whether the SHA-256 of every regular file was made.
    pub has_all_digests: bool,
    /// Whether a file came twice in an archive of which not all digests were made, so that the two were not compared.
    pub needs_digests: bool,
}

impl Snapshot {
    /// Whether the tree is what extraction would leave. Otherwise only the defects may be judged.
    #[must_use]
    pub fn tree_is_known(&self) -> bool {
        !self.defects.iter().any(|defect| defect.hides_tree)
    }
}
