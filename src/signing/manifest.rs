//! `SHA256SUMS`: the manifest that lets a deployed directory be verified after extraction.
//!
//! The form is that of GNU coreutils' `sha256sum` (manual, "md5sum invocation"; checked against coreutils 9.1): 64 hex digits, a space, a space or `*`, the name. When the name holds a backslash, a newline or a
//! carriage return, those are written `\\`, `\n`, `\r` and the line starts with a backslash.

use std::fmt;

use crate::signing::manifest_files::UNLISTED;
use thiserror::Error;

/// The largest manifest read, in bytes: some 60,000 files, and few enough to stay within the tool's memory.
pub(crate) const MAX_MANIFEST: usize = 8 * 1024 * 1024;

/// One file of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestEntry {
    /// The path below the bundle's root, as bytes, without `./`.
    pub path: Vec<u8>,
    /// The SHA-256 of the content.
    pub digest: [u8; 32],
    /// The line it stands on, counted from 1.
    pub line: usize,
}

/// A manifest: entries in the byte order of their paths, each path once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    entries: Vec<ManifestEntry>,
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
    /// A `.` or empty part, or a slash at the end: the same file would have two names.
    #[error("the path has an empty or `.` part")]
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
    /// Not `digest, two spaces, name`.
    #[error("line {line} is not a line of `sha256sum` (64 hex digits, two spaces, a name)")]
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
    /// The same path twice.
    #[error("line {line} lists the same path as line {first}")]
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
        let mut manifest = Self::sorted(entries)?;
        for (index, entry) in manifest.entries.iter_mut().enumerate() {
            entry.line = index + 1;
        }
        Ok(manifest)
    }

    /// Reads a manifest. CRLF, upper-case digits, `*` markers, a leading `./`, lines that start with `#` (which `sha256sum -c` skips)
    /// and a missing final newline are all right. A name that ends in a bare carriage return loses it: written by
    /// a `sha256sum` that does not escape it, it cannot be told from CRLF.
    ///
    /// # Errors
    /// [`ManifestError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        if bytes.len() > MAX_MANIFEST {
            return Err(ManifestError::TooLarge { size: bytes.len() });
        }
        let body = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        if body.is_empty() {
            return Ok(Self::default());
        }
        let mut entries = Vec::new();
        for (index, line) in body.split(|&byte| byte == b'\n').enumerate() {
            if !line.starts_with(b"#") {
                entries.push(parse_line(line, index + 1)?);
            }
        }
        Self::sorted(entries)
    }

    /// The text, as `sha256sum` would write it for the same files in the same order.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for entry in &self.entries {
            push_line(&mut out, &entry.path, &entry.digest);
        }
        out
    }

    /// The entries in the byte order of their paths.
    pub fn entries(&self) -> &[ManifestEntry] {
        &self.entries
    }

    /// The entry of a path, given without `./`.
    pub fn get(&self, path: &[u8]) -> Option<&ManifestEntry> {
        let index = self.entries.binary_search_by(|entry| entry.path.as_slice().cmp(path)).ok()?;
        self.entries.get(index)
    }

    fn sorted(mut entries: Vec<ManifestEntry>) -> Result<Self, ManifestError> {
        entries.sort_by(|a, b| a.path.cmp(&b.path).then(a.line.cmp(&b.line)));
        for (first, second) in entries.iter().zip(entries.iter().skip(1)) {
            if first.path == second.path {
                return Err(ManifestError::Duplicate {
                    line: second.line,
                    first: first.line,
                    path: second.path.clone(),
                });
            }
        }
        Ok(Self { entries })
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

fn parse_line(line: &[u8], number: usize) -> Result<ManifestEntry, ManifestError> {
    let bad_line = ManifestError::BadLine { line: number };
    let bad_digest = ManifestError::BadDigest { line: number };
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let (escaped, line) = match line.strip_prefix(b"\\") {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    let Some((hex, rest)) = line.split_first_chunk::<64>() else {
        return Err(bad_line);
    };
    let digest = parse_hex(hex).ok_or(bad_digest)?;
    let name = rest.strip_prefix(b"  ").or_else(|| rest.strip_prefix(b" *")).ok_or(bad_line)?;
    if escaped {
        let name = unescape(name).ok_or(ManifestError::BadEscape { line: number })?;
        entry(&name, digest, number)
    } else {
        entry(name, digest, number)
    }
}

fn parse_hex(hex: &[u8; 64]) -> Option<[u8; 32]> {
    let nibble = |byte: u8| char::from(byte).to_digit(16).and_then(|n| u8::try_from(n).ok());
    let (pairs, _) = hex.as_chunks::<2>();
    let mut digest = [0; 32];
    for (to, [high, low]) in digest.iter_mut().zip(pairs) {
        *to = nibble(*high)? << 4 | nibble(*low)?;
    }
    Some(digest)
}

fn unescape(name: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(name.len());
    let mut bytes = name.iter();
    while let Some(&byte) = bytes.next() {
        out.push(match byte {
            b'\\' => match bytes.next()? {
                b'\\' => b'\\',
                b'n' => b'\n',
                b'r' => b'\r',
                _ => return None,
            },
            other => other,
        });
    }
    Some(out)
}

fn entry(path: &[u8], digest: [u8; 32], line: usize) -> Result<ManifestEntry, ManifestError> {
    let path = path.strip_prefix(b"./").unwrap_or(path).to_vec();
    match fault(&path) {
        Some(fault) => Err(ManifestError::BadPath { line, path, fault }),
        None => Ok(ManifestEntry { path, digest, line }),
    }
}

fn fault(path: &[u8]) -> Option<ManifestPathFault> {
    let has_part = |wanted: &[u8]| path.split(|&byte| byte == b'/').any(|part| part == wanted);
    if path.is_empty() {
        Some(ManifestPathFault::Empty)
    } else if path.starts_with(b"/") {
        Some(ManifestPathFault::Absolute)
    } else if path.contains(&0) {
        Some(ManifestPathFault::Nul)
    } else if has_part(b"..") {
        Some(ManifestPathFault::Parent)
    } else if has_part(b"") || has_part(b".") {
        Some(ManifestPathFault::NotPlain)
    } else if UNLISTED.iter().any(|name| name.as_bytes() == path) {
        Some(ManifestPathFault::Itself)
    } else {
        None
    }
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
