//! What is wrong with an archive itself, as its reader found it: facts, not yet findings.

use super::path::RelPath;

/// What a file is instead of a gzip-compressed tar archive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileFormat {
    /// No byte at all.
    Empty,
    /// gzip (RFC 1952).
    Gzip,
    /// A tar archive that is not compressed.
    Tar,
    /// A zip archive.
    Zip,
    /// xz.
    Xz,
    /// Zstandard.
    Zstd,
    /// bzip2.
    Bzip2,
    /// lzip.
    Lzip,
    /// 7-Zip.
    SevenZip,
    /// `compress` (`.Z`).
    Compress,
    /// An HTML page.
    Html,
    /// A JSON document.
    Json,
    /// A Git LFS pointer.
    GitLfsPointer,
    /// Other text.
    Text,
    /// Only zero bytes.
    Zeros,
    /// Anything else.
    Unknown,
}

impl FileFormat {
    /// The format in words, with its article.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "an empty file",
            Self::Gzip => "a gzip file",
            Self::Tar => "a plain tar archive, not compressed",
            Self::Zip => "a zip archive",
            Self::Xz => "an xz file",
            Self::Zstd => "a Zstandard file",
            Self::Bzip2 => "a bzip2 file",
            Self::Lzip => "an lzip file",
            Self::SevenZip => "a 7-Zip archive",
            Self::Compress => "a compress (.Z) file",
            Self::Html => "an HTML page",
            Self::Json => "a JSON document",
            Self::GitLfsPointer => "a Git LFS pointer",
            Self::Text => "a text file",
            Self::Zeros => "nothing but zero bytes",
            Self::Unknown => "of no known format",
        }
    }
}

/// How an archive cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unreadable {
    /// The file is something else.
    Instead {
        /// What it is.
        found: FileFormat,
        /// Its first words, where they are text (an error page's title says what went wrong).
        excerpt: Option<String>,
    },
    /// The gzip stream holds something else than a tar archive.
    Inside {
        /// What it holds.
        found: FileFormat,
    },
    /// The compressed file ends too early.
    Truncated {
        /// Its length in bytes, where it ends.
        at: u64,
        /// What was being read.
        reading: String,
    },
    /// The compressed data is damaged.
    Damaged {
        /// The byte of the compressed file near which it shows.
        at: u64,
        /// What was expected and found.
        what: String,
    },
    /// Bytes follow the compressed stream.
    TrailingGarbage {
        /// The byte of the compressed file where they start.
        at: u64,
    },
    /// A tar header's checksum is wrong, or the archive ends within an entry.
    BadTar {
        /// The byte of the unpacked stream.
        at: u64,
        /// What was expected and found.
        what: String,
    },
    /// The archive has no entries.
    NoEntries,
}

/// The ways in which an archive is defective.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DefectKind {
    /// It cannot be read to its end.
    Unreadable(Unreadable),
    /// A name that is absolute, has `..` or a NUL, or is empty.
    UnsafePath,
    /// A hard link that leaves the bundle, or an entry written through a link.
    LinkEscape,
    /// An entry of a kind no bundle needs, or of an unknown type.
    Special,
    /// Extractors disagree about it.
    Ambiguous,
    /// A name that some extractors change or leave out, however the archive is made.
    Renamed,
    /// Beyond a limit.
    TooLarge,
}

/// One defect, with how often it was met.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Defect {
    /// Which way.
    pub kind: DefectKind,
    /// The entry's name as the archive has it, printable; nothing when it concerns the whole file.
    pub name: Option<String>,
    /// What was expected and found, in one sentence without its final period.
    pub what: String,
    /// How many entries have it; `name` is the first.
    pub count: u64,
    /// Whether the tree beyond it is unknown, so that nothing else may be judged.
    pub hides_tree: bool,
}

impl Defect {
    /// A defect after which the tree is not known.
    #[must_use]
    pub fn hiding(kind: DefectKind, name: Option<String>, what: impl Into<String>) -> Self {
        Self { kind, name, what: what.into(), count: 1, hides_tree: true }
    }

    /// A defect of one entry that leaves the rest of the tree known.
    #[must_use]
    pub fn of_entry(kind: DefectKind, path: &RelPath, what: impl Into<String>) -> Self {
        Self { kind, name: Some(path.to_string()), what: what.into(), count: 1, hides_tree: false }
    }
}
