//! Bytes to trees: the only place that opens bundles. Nothing is ever extracted or written.

use super::limits;
use crate::node::parse::{SourceKind, kind_of};
use crate::tree::limits::Limits;
use crate::tree::names::Names;
use crate::tree::territory::Territory;
use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

/// How much of a subject is read beside its structure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Depth<'a> {
    /// What the rules look into.
    Judge,
    /// Also the SHA-256 of every regular file.
    Digests,
    /// Only the SHA-256 of every regular file, beside what decides whether the tree is known.
    Sums,
    /// Only the content of the files of these paths, up to [`limits::MOST_KEPT_OF_A_TEXT`] of each, beside that.
    Contents(&'a BTreeSet<Vec<u8>>),
}

/// Called now and then with the bytes read so far and, where known, how many there are.
pub type Progress<'a> = &'a dyn Fn(u64, Option<u64>);

impl Depth<'_> {
    /// Whether every file's SHA-256 is wanted.
    pub const fn digests(self) -> bool {
        matches!(self, Self::Digests | Self::Sums)
    }
}

/// How to read a subject.
pub struct Reading<'a> {
    /// Where reading stops.
    pub limits: Limits,
    /// The names that decide whose a file is.
    pub names: &'a Names,
    /// How much is read.
    pub depth: Depth<'a>,
    /// Who is told how far it is.
    pub progress: Progress<'a>,
    /// Who is given an archive's raw bytes, each once and in order, as they are read: a signature is verified over the
    /// very bytes that are judged.
    pub tap: &'a dyn Fn(&[u8]),
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

/// What is wanted of a file's content.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Interest {
    /// Nothing.
    Nothing,
    /// Whether its head shows a secret.
    Head,
    /// All of it, up to [`limits::MOST_KEPT_OF_A_FILE`].
    Whole,
    /// All of it, up to [`limits::MOST_KEPT_OF_THE_MANIFEST`].
    Manifest,
    /// All of it, up to [`limits::MOST_KEPT_OF_A_TEXT`].
    Text,
    /// What it imports and exports, or whether it parses.
    Source(SourceKind),
}

impl Interest {
    /// Most bytes that are kept whole.
    pub const fn most_kept(self) -> u64 {
        match self {
            Self::Nothing | Self::Head | Self::Source(_) => 0,
            Self::Whole => limits::MOST_KEPT_OF_A_FILE,
            Self::Manifest => limits::MOST_KEPT_OF_THE_MANIFEST,
            Self::Text => limits::MOST_KEPT_OF_A_TEXT,
        }
    }

    /// Most bytes that are held while the file is read.
    pub fn most_held(self, size: u64) -> u64 {
        match self {
            Self::Nothing => 0,
            Self::Source(_) if size <= limits::MOST_PARSED_OF_A_FILE => size,
            _ if size <= self.most_kept() => size,
            _ => crate::check::secret::HEAD as u64,
        }
    }

    /// Whether the whole content is asked for.
    pub const fn is_whole(self) -> bool {
        matches!(self, Self::Whole | Self::Manifest | Self::Text)
    }
}

/// What the rules look into: the manifests and settings of our own packages, what our own files import, and their heads.
pub fn interest(path: &[u8], names: &Names, depth: Depth<'_>) -> Interest {
    if let Depth::Contents(paths) = depth
        && paths.contains(path)
    {
        return Interest::Text;
    }
    if !Territory::of(path, names).is_ours() {
        return Interest::Nothing;
    }
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
    match name {
        b"SHA256SUMS" if path == name => Interest::Manifest,
        b"SHA256SUMS.minisig" | b"SHA256SUMS.sig" | b"pnpm-workspace.yaml" if path == name => Interest::Whole,
        b"package.json" | b".npmrc" | b".yarnrc.yml" => Interest::Whole,
        _ if matches!(depth, Depth::Sums | Depth::Contents(_)) => Interest::Head,
        _ if path == names.entry.as_bytes() => Interest::Source(SourceKind::Script),
        _ => kind_of(path).map_or(Interest::Head, Interest::Source),
    }
}

/// Whoever may not start a thread has not judged the code, which must not look as if it were sound.
pub fn no_thread(path: &str, error: io::Error) -> SourceError {
    let help =
        "allow it more threads (`ulimit -u`, the limit of the container or service on tasks) or memory (`ulimit -v`)";
    SourceError { help: Some(help), ..SourceError::new("no thread can be started to parse the code of", path, error) }
}
