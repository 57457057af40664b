//! How a subject is read into a tree, whatever it is, and who is handed the contents of its files.

use super::limits::Limits;
use super::nodes::FileId;
use std::io;
use std::path::PathBuf;

/// How many bytes of a file's head an observer is shown.
pub(crate) const HEAD: usize = 4096;

/// Called now and then with the bytes read so far and, where known, how many there are.
pub(crate) type ProgressObserver<'a> = &'a dyn Fn(u64, Option<u64>);

/// Of which regular files the SHA-256 is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Digests {
    /// Of all.
    All,
    /// Of those that are looked into, so that two of the same path in an archive can be compared.
    OfContents,
    /// Of all, if the file of this path, which lists them, comes early in the archive: those before it are hashed in case
    /// it does. Where it comes late, or not at all, it is as with none.
    IfListedEarly(&'static str),
    /// Of none, but where the file of this path comes early in the archive, reading stops there: it turns out to need them.
    NoneUnlessListedEarly(&'static str),
    /// Of none: an archive that turns out to need them is read once more.
    None,
}

/// Whether the SHA-256 of an archive's own bytes is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ArchiveSum {
    /// It is told in a report, or says whether the file was read to its end.
    Made,
    /// Nobody is told.
    NotMade,
}

/// How to read a subject.
pub(crate) struct ReadOptions<'a> {
    /// Where reading stops.
    pub limits: Limits,
    /// Which files are hashed.
    pub digests: Digests,
    /// Whether the archive itself is.
    pub archive_sum: ArchiveSum,
    /// Who is told how far it is.
    pub progress: ProgressObserver<'a>,
    /// Who is given an archive's raw bytes, each once and in order, as they are read: a signature is verified over the
    /// very bytes that are judged.
    pub raw: &'a dyn Fn(&[u8]),
}

/// What an observer wants of a file's content.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wanted {
    /// Nothing.
    Nothing,
    /// Its first [`HEAD`] bytes.
    Head,
    /// All of it, kept in the tree, if it has no more than so many bytes; its head too.
    Kept(u64),
    /// All of it, handed over, if it has no more than so many bytes; its head too.
    Given(u64),
}

impl Wanted {
    /// Most bytes that are kept in the tree.
    #[must_use]
    pub(crate) const fn max_kept(self) -> u64 {
        match self {
            Self::Kept(most) => most,
            Self::Nothing | Self::Head | Self::Given(_) => 0,
        }
    }

    /// Most bytes that are held while a file of `size` bytes is read.
    #[must_use]
    pub(crate) const fn max_held(self, size: u64) -> u64 {
        match self {
            Self::Nothing => 0,
            Self::Kept(most) | Self::Given(most) if size <= most => size,
            _ => HEAD as u64,
        }
    }
}

/// Who looks into files while they are read: the reader knows of bytes, the observer of what they mean.
pub(crate) trait ContentObserver {
    /// What is wanted of the file at this path.
    fn wants(&self, path: &[u8]) -> Wanted;

    /// The first bytes of a file of which something is wanted, [`HEAD`] at most.
    fn head(&mut self, file: FileId, head: &[u8]);

    /// The whole content of a file that was to be given; nothing where it is longer than wanted.
    fn content(&mut self, file: FileId, path: &[u8], content: Option<Vec<u8>>);
}

/// A subject that could not be read at all, so that nothing can be said about it.
#[derive(Debug, thiserror::Error)]
#[error("{action} {path}")]
pub struct SourceError {
    /// What was tried: `cannot open`.
    pub action: &'static str,
    /// On which path, printable.
    pub path: String,
    /// Why it failed.
    pub source: io::Error,
    /// What to do about it, where that depends on what was tried.
    pub help: Option<&'static str>,
}

impl SourceError {
    /// That this failed on that path.
    pub fn new(action: &'static str, path: impl Into<PathBuf>, source: impl Into<io::Error>) -> Self {
        let path = path.into();
        let path = crate::text::printable_bytes(path.as_os_str().as_encoded_bytes()).into_owned();
        Self { action, path, source: source.into(), help: None }
    }
}
