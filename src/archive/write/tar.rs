//! The archive's bytes, in the form that GNU tar writes by default and that every extractor reads alike: `ustar  `
//! headers, names of more than 100 bytes as `L` and `K` entries, two blocks of zeros at the
//! end. There is no entry for the root: root's tar would give its mode to the folder it extracts into.

use crate::release::pack::plan::{Item, Node, Plan, Source};
use crate::tree::path::RelPath;
use sha2::{Digest, Sha256};
use std::io::{self, Read, Write};

const BLOCK: usize = 512;
/// Bytes of a name that fit a header.
const NAME: usize = 100;
/// Bytes read of a file at a time.
const CHUNK: usize = 128 * 1024;

/// Why an archive was not written to its end.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A file of the folder could not be read.
    #[error("cannot read {path}")]
    Read {
        /// Its path in the folder, printable.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A file of the folder is another than the one that was judged.
    #[error("{0} changed while it was packed")]
    Changed(String),
    /// The archive could not be written.
    #[error(transparent)]
    Write(#[from] io::Error),
}

/// Writes a plan as a tar archive in which everything has the same time, in seconds since 1970. `open` opens a file of
/// the folder; what it gives must be what was judged.
///
/// # Errors
/// A [`WriteError`].
pub fn write(
    plan: &Plan<'_>,
    time: u64,
    open: &dyn Fn(&RelPath) -> io::Result<Box<dyn Read>>,
    out: &mut dyn Write,
) -> Result<(), WriteError> {
    for item in plan.items() {
        out.write_all(&headers(&item, time))?;
        if let Node::File { size, sha256, content, .. } = &item.node {
            match content {
                Source::Made(bytes) => out.write_all(bytes)?,
                Source::Kept(from) => copy(from, *size, sha256, open, out)?,
            }
            out.write_all(padding(*size))?;
        }
    }
    out.write_all(&[0; 2 * BLOCK])?;
    Ok(())
}

fn copy(
    from: &RelPath,
    size: u64,
    sha256: &[u8; 32],
    open: &dyn Fn(&RelPath) -> io::Result<Box<dyn Read>>,
    out: &mut dyn Write,
) -> Result<(), WriteError> {
    let unread = |source| WriteError::Read { path: from.to_string(), source };
    let mut file = open(from).map_err(unread)?;
    let mut buffer = vec![0; CHUNK];
    let mut hasher = Sha256::new();
    let mut read = 0_u64;
    loop {
        let count = match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(unread(error)),
        };
        read += count as u64;
        if read > size {
            break;
        }
        let chunk = buffer.get(..count).unwrap_or_default();
        hasher.update(chunk);
        out.write_all(chunk)?;
    }
    let digest: [u8; 32] = hasher.finalize().into();
    if read != size || digest != *sha256 {
        return Err(WriteError::Changed(from.to_string()));
    }
    Ok(())
}

fn padding(size: u64) -> &'static [u8] {
    const ZEROS: [u8; BLOCK] = [0; BLOCK];
    let rest = usize::try_from(size % BLOCK as u64).unwrap_or_default();
    let missing = if rest == 0 { 0 } else { BLOCK - rest };
    ZEROS.get(..missing).unwrap_or_default()
}

/// The header of an entry, behind those that carry a long name or target.
fn headers(item: &Item<'_>, time: u64) -> Vec<u8> {
    let mut name = item.path.as_bytes().to_vec();
    let (kind, mode, size, target) = match &item.node {
        Node::Directory => {
            name.push(b'/');
            (b'5', 0o755, 0, &[][..])
        }
        Node::File { executable, size, .. } => (b'0', if *executable { 0o755 } else { 0o644 }, *size, &[][..]),
        Node::Link(target) => (b'2', 0o777, 0, *target),
    };
    let mut out = Vec::new();
    for (kind, long) in [(b'K', target), (b'L', name.as_slice())] {
        if long.len() > NAME {
            let size = long.len() as u64 + 1;
            out.extend_from_slice(&Header::new(b"././@LongLink", b"", kind, 0o644, size, 0).finish());
            out.extend_from_slice(long);
            out.push(0);
            out.extend_from_slice(padding(size));
        }
    }
    out.extend_from_slice(&Header::new(&name, target, kind, mode, size, time).finish());
    out
}

/// One block, in the form that GNU tar calls `gnu` (its manual, "Basic Tar Format").
struct Header([u8; BLOCK]);

impl Header {
    fn new(name: &[u8], target: &[u8], kind: u8, mode: u64, size: u64, time: u64) -> Self {
        let mut header = Self([0; BLOCK]);
        header.put(0, name.get(..NAME).unwrap_or(name));
        header.octal(100, 7, mode);
        header.octal(108, 7, 0);
        header.octal(116, 7, 0);
        header.size(size);
        header.octal(136, 11, time.min(0o777_7777_7777));
        header.put(156, &[kind]);
        header.put(157, target.get(..NAME).unwrap_or(target));
        header.put(257, b"ustar  \0");
        header
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        for (slot, byte) in self.0.iter_mut().skip(at).zip(bytes) {
            *slot = *byte;
        }
    }

    fn octal(&mut self, at: usize, digits: usize, number: u64) {
        self.put(at, format!("{number:0digits$o}").as_bytes());
    }

    /// Eleven octal digits hold 8 GiB; beyond that all extractors read base-256.
    fn size(&mut self, size: u64) {
        if size > 0o777_7777_7777 {
            self.put(124, &[0x80, 0, 0, 0]);
            self.put(128, &size.to_be_bytes());
        } else {
            self.octal(124, 11, size);
        }
    }

    /// The checksum counts its own field as blanks.
    fn finish(mut self) -> [u8; BLOCK] {
        self.put(148, b"        ");
        let sum: u64 = self.0.iter().map(|byte| u64::from(*byte)).sum();
        self.octal(148, 6, sum);
        self.put(154, b"\0 ");
        self.0
    }
}
