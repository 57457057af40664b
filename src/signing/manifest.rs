//! `SHA256SUMS`: the manifest that lets a deployed directory be verified after extraction.
//!
//! It is written as GNU coreutils' `sha256sum` writes it (manual, "md5sum invocation"): 64 hex digits, two spaces, the
//! name; when the name holds a backslash, a newline or a carriage return, those are `\\`, `\n`, `\r` and the line starts
//! with a backslash. It is read as [`super::sums`] tells.
//!
//! `sha256sum` knows no links, and Node follows them. So each has a line that `sha256sum -c` takes for a comment: `#link `,
//! and then a line as of a file whose content is the link's target (`readlink -n LINK | sha256sum`).

use std::fmt;

use super::sums::{LineFault, Sum, SumReader};
use crate::signing::manifest_files::UNLISTED;
use sha2::{Digest, Sha256};
use thiserror::Error;

/// The largest manifest read, in bytes: some 60,000 files, and few enough to stay within the tool's memory.
pub(crate) const MAX_MANIFEST: usize = 8 * 1024 * 1024;

/// How the line of a link starts.
const LINK: &[u8] = b"#link ";

/// One file or link of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestEntry {
    /// The path below the bundle's root, as bytes, without `./`.
    pub path: Vec<u8>,
    /// The SHA-256 of the content; of a link, of its target.
    pub digest: [u8; 32],
    /// The line it stands on, counted from 1.
    pub line: usize,
}

/// A manifest: files and links in the byte order of their paths, each path once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    entries: Vec<ManifestEntry>,
    links: Vec<ManifestEntry>,
}

/// Why a path cannot stand in a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ManifestPathFault {
    /// No name.
    #[error("the name is empty")]
    Empty,
    /// It starts with `/`.
    #[error("the path is absolute")]
    Absolute,
    /// It has a `..` part.
    #[error("the path has a `..` part")]
    Parent,
    /// A slash or `.` at the end: no file has such a name.
    #[error("the path ends in a slash or `.`, as no file's does")]
    NotPlain,
    /// A NUL byte, which no file name can hold.
    #[error("the path holds a NUL byte")]
    Nul,
    /// The manifest itself or its signature.
    #[error("the manifest cannot list itself or its signature")]
    Itself,
}

/// Why bytes are not a manifest, or files cannot make one. Paths are given as bytes and never appear in the message:
/// the caller makes them printable.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// Larger than [`MAX_MANIFEST`]. Sizes are in bytes.
    #[error("a manifest of {size} bytes is too large (at most {MAX_MANIFEST})")]
    TooLarge {
        /// Bytes given.
        size: usize,
    },
    /// None of the forms that `sha256sum` writes.
    #[error(
        "line {line} is not a line of `sha256sum` (64 hex digits, two spaces, a name; or `SHA256 (name) = digits`)"
    )]
    BadLine {
        /// The line, counted from 1.
        line: usize,
    },
    /// What stands where the digest should is not 64 hex digits.
    #[error("line {line} does not start with a SHA-256 in 64 hex digits")]
    BadDigest {
        /// The line, counted from 1.
        line: usize,
    },
    /// A backslash in an escaped name that starts none of the known escapes.
    #[error("line {line} has an escape that `sha256sum` does not write")]
    BadEscape {
        /// The line, counted from 1.
        line: usize,
    },
    /// A path that a manifest cannot list.
    #[error("line {line}: {fault}")]
    BadPath {
        /// The line, counted from 1; for files to be listed, the place in the given order.
        line: usize,
        /// The path.
        path: Vec<u8>,
        /// What is wrong with it.
        fault: ManifestPathFault,
    },
    /// The same path twice, with two digests.
    #[error("line {line} lists the same path as line {first}, with another SHA-256")]
    Duplicate {
        /// The later line, counted from 1; for files to be listed, the place in the given order.
        line: usize,
        /// The earlier one.
        first: usize,
        /// The path.
        path: Vec<u8>,
    },
}

impl Manifest {
    /// The manifest of the given files (path, SHA-256), in any order.
    ///
    /// # Errors
    /// [`ManifestError::BadPath`] and [`ManifestError::Duplicate`].
    pub fn from_files(files: impl IntoIterator<Item = (Vec<u8>, [u8; 32])>) -> Result<Self, ManifestError> {
        let mut entries = Vec::new();
        for (index, (path, digest)) in files.into_iter().enumerate() {
            entries.push(entry(&path, digest, index + 1)?);
        }
        let mut manifest = Self { entries: sorted(entries)?, links: Vec::new() };
        for (index, entry) in manifest.entries.iter_mut().enumerate() {
            entry.line = index + 1;
        }
        Ok(manifest)
    }

    /// Reads a manifest. A name that ends in a bare carriage return loses it: written by a `sha256sum` that does not
    /// escape it, it cannot be told from CRLF.
    ///
    /// # Errors
    /// [`ManifestError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        if bytes.len() > MAX_MANIFEST {
            return Err(ManifestError::TooLarge { size: bytes.len() });
        }
        let (mut entries, mut links) = (Vec::new(), Vec::new());
        let mut reader = SumReader::new();
        for (index, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
            let number = index + 1;
            let fault = |fault: LineFault| at_line(fault, number);
            if let Some(Sum { name, digest }) = reader.line(line).map_err(fault)? {
                entries.push(entry(&name, digest, number)?);
            } else if let Some(link) = line.strip_prefix(LINK) {
                // Anything else behind these letters is a comment like others.
                if let Ok(Some(Sum { name, digest })) = SumReader::new().line(link) {
                    links.push(entry(&name, digest, number)?);
                }
            }
        }
        Ok(Self { links: sorted(links)?, entries: sorted(entries)? })
    }

    /// The text, as `sha256sum` would write it for the same files in the same order.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for entry in &self.entries {
            push_line(&mut out, &entry.path, &entry.digest);
        }
        for link in &self.links {
            out.extend_from_slice(LINK);
            push_line(&mut out, &link.path, &link.digest);
        }
        out
    }

    /// The files in the byte order of their paths.
    pub fn entries(&self) -> &[ManifestEntry] {
        &self.entries
    }

    /// The links in the byte order of their paths.
    pub fn links(&self) -> &[ManifestEntry] {
        &self.links
    }

    /// The entry of a file's path, given without `./`.
    pub fn get(&self, path: &[u8]) -> Option<&ManifestEntry> {
        let index = self.entries.binary_search_by(|entry| entry.path.as_slice().cmp(path)).ok()?;
        self.entries.get(index)
    }
}

/// By path, each once. `sha256sum -c` checks a file as often as it is listed: twice with one digest is the same as once.
fn sorted(mut entries: Vec<ManifestEntry>) -> Result<Vec<ManifestEntry>, ManifestError> {
    entries.sort_by(|a, b| a.path.cmp(&b.path).then(a.line.cmp(&b.line)));
    for (first, second) in entries.iter().zip(entries.iter().skip(1)) {
        if first.path == second.path && first.digest != second.digest {
            return Err(ManifestError::Duplicate { line: second.line, first: first.line, path: second.path.clone() });
        }
    }
    entries.dedup_by(|later, first| later.path == first.path);
    Ok(entries)
}

const fn at_line(fault: LineFault, line: usize) -> ManifestError {
    match fault {
        LineFault::Form => ManifestError::BadLine { line },
        LineFault::Digest => ManifestError::BadDigest { line },
        LineFault::Escape => ManifestError::BadEscape { line },
    }
}

/// A digest as lower-case hex.
struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The letter that stands for a byte after a backslash.
const fn escape(byte: u8) -> Option<u8> {
    match byte {
        b'\\' => Some(b'\\'),
        b'\n' => Some(b'n'),
        b'\r' => Some(b'r'),
        _ => None,
    }
}

fn entry(path: &[u8], digest: [u8; 32], line: usize) -> Result<ManifestEntry, ManifestError> {
    match fault(path) {
        Some(fault) => Err(ManifestError::BadPath { line, path: path.to_vec(), fault }),
        None => Ok(ManifestEntry { path: plain(path), digest, line }),
    }
}

/// A path without what the kernel passes over: `find . | xargs sha256sum` writes `./`.
fn plain(path: &[u8]) -> Vec<u8> {
    let parts: Vec<_> = path.split(|&byte| byte == b'/').filter(|part| !matches!(*part, b"" | b".")).collect();
    parts.join(&b'/')
}

fn fault(path: &[u8]) -> Option<ManifestPathFault> {
    let mut parts = path.split(|&byte| byte == b'/');
    if path.is_empty() {
        Some(ManifestPathFault::Empty)
    } else if path.starts_with(b"/") {
        Some(ManifestPathFault::Absolute)
    } else if path.contains(&0) {
        Some(ManifestPathFault::Nul)
    } else if parts.clone().any(|part| part == b"..") {
        Some(ManifestPathFault::Parent)
    } else if matches!(parts.next_back(), Some(b"" | b".")) {
        Some(ManifestPathFault::NotPlain)
    } else if UNLISTED.iter().any(|name| name.as_bytes() == plain(path)) {
        Some(ManifestPathFault::Itself)
    } else {
        None
    }
}

/// Appends the line of a link.
pub(crate) fn push_link(out: &mut Vec<u8>, path: &[u8], target: &[u8]) {
    out.extend_from_slice(LINK);
    push_line(out, path, &target_digest(target));
}

/// What stands for a link's target.
pub(crate) fn target_digest(target: &[u8]) -> [u8; 32] {
    Sha256::digest(target).into()
}

/// Appends one line, as `sha256sum` would write it (coreutils manual, "md5sum invocation", for the escapes).
pub(crate) fn push_line(out: &mut Vec<u8>, path: &[u8], digest: &[u8; 32]) {
    if path.iter().any(|byte| escape(*byte).is_some()) {
        out.push(b'\\');
    }
    out.extend_from_slice(format!("{}  ", Hex(digest)).as_bytes());
    for &byte in path {
        match escape(byte) {
            Some(letter) => out.extend_from_slice(&[b'\\', letter]),
            None => out.push(byte),
        }
    }
    out.push(b'\n');
}
