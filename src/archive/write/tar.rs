//! The archive's bytes, in the form that GNU tar writes by default and that every extractor reads alike: `ustar  `
//! headers, names of more than 100 bytes as `L` and `K` entries, two blocks of zeros at the
//! end. There is no entry for the root: root's tar would give its mode to the folder it extracts into.

use crate::tree::path::RelPath;
use ::tar::{EntryType, Header};
use sha2::{Digest, Sha256};
use std::io::{self, Read, Write};

const BLOCK: usize = 512;
/// Bytes of a name that fit a header.
const NAME: usize = 100;
/// Bytes read of a file at a time.
const CHUNK: usize = 128 * 1024;

/// One entry of an archive that is written.
pub struct PackedEntry<'e> {
    /// Its path in the archive.
    pub path: RelPath,
    /// What it is.
    pub node: PackedNode<'e>,
}

/// What an entry is.
pub enum PackedNode<'e> {
    /// A directory.
    Directory,
    /// A regular file.
    File {
        /// Whether its owner may execute it.
        executable: bool,
        /// Its length in bytes.
        size: u64,
        /// The SHA-256 of its content.
        sha256: [u8; 32],
        /// Where its content comes from.
        content: PackedContent<'e>,
    },
    /// A symbolic link to this target, in bytes as they are.
    Link(&'e [u8]),
}

/// Where a file's content comes from.
pub enum PackedContent<'e> {
    /// The file of that path in the folder.
    Kept(RelPath),
    /// It was made for the archive.
    Made(&'e [u8]),
}

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

/// Writes a tar archive of these entries, in which everything has the same time, in seconds since 1970. `open` opens a
/// file of the folder; what it gives must be what was judged.
///
/// # Errors
/// A [`WriteError`].
pub fn write<'e>(
    entries: impl Iterator<Item = PackedEntry<'e>>,
    time: u64,
    open: &dyn Fn(&RelPath) -> io::Result<Box<dyn Read>>,
    out: &mut dyn Write,
) -> Result<(), WriteError> {
    for entry in entries {
        out.write_all(&headers(&entry, time))?;
        if let PackedNode::File { size, sha256, content, .. } = &entry.node {
            match content {
                PackedContent::Made(bytes) => out.write_all(bytes)?,
                PackedContent::Kept(from) => copy(from, *size, sha256, open, out)?,
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
fn headers(entry: &PackedEntry<'_>, time: u64) -> Vec<u8> {
    let mut name = entry.path.as_bytes().to_vec();
    let (kind, mode, size, target) = match &entry.node {
        PackedNode::Directory => {
            name.push(b'/');
            (EntryType::Directory, 0o755, 0, &[][..])
        }
        PackedNode::File { executable, size, .. } => {
            (EntryType::Regular, if *executable { 0o755 } else { 0o644 }, *size, &[][..])
        }
        PackedNode::Link(target) => (EntryType::Symlink, 0o777, 0, *target),
    };
    let mut out = Vec::new();
    for (kind, long) in [(EntryType::GNULongLink, target), (EntryType::GNULongName, name.as_slice())] {
        if long.len() > NAME {
            let size = long.len() as u64 + 1;
            out.extend_from_slice(header(b"././@LongLink", b"", kind, 0o644, size, 0).as_bytes());
            out.extend_from_slice(long);
            out.push(0);
            out.extend_from_slice(padding(size));
        }
    }
    out.extend_from_slice(header(&name, target, kind, mode, size, time).as_bytes());
    out
}

/// One block, in the form that GNU tar calls `gnu` (its manual, "Basic Tar Format"). Eleven octal digits hold a size of
/// 8 GiB; beyond that it is written in base-256, which all extractors read.
fn header(name: &[u8], target: &[u8], kind: EntryType, mode: u32, size: u64, time: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(size);
    header.set_mtime(time.min(0o777_7777_7777));
    let fields = header.as_old_mut();
    // `Header::set_path` and its like refuse what GNU tar cuts off, and make another path of `././@LongLink`.
    fill(&mut fields.name, name);
    fill(&mut fields.linkname, target);
    header.set_cksum();
    // GNU tar ends the checksum's six digits with NUL and a blank, where the crate has a 0, the six digits, and NUL.
    let checksum = &mut header.as_old_mut().cksum;
    checksum.rotate_left(1);
    let [.., last] = checksum;
    *last = b' ';
    header
}

/// Puts bytes at the start of a field, as far as they fit.
fn fill(field: &mut [u8], bytes: &[u8]) {
    field.iter_mut().zip(bytes).for_each(|(slot, byte)| *slot = *byte);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn octal(digits: &[u8]) -> u64 {
        u64::from_str_radix(str::from_utf8(digits).unwrap(), 8).unwrap()
    }

    /// Every field in turn (GNU tar's manual, "Basic Tar Format"); what is between and behind them is zero.
    #[test]
    fn a_header_has_the_bytes_of_gnu_tar() {
        let long = [b'x'; 101];
        for (case, name, target, kind, mode, size, time, fields) in [
            (
                "a file",
                &b"dist/\xff"[..],
                &b""[..],
                EntryType::Regular,
                0o644,
                (8 << 30) - 1,
                1_700_000_000,
                [&b"0000644\0"[..], b"77777777777\0", b"14524770400\0", b"0"],
            ),
            (
                "a file beyond 8 GiB, and a time beyond what octal digits hold",
                &long[..],
                b"",
                EntryType::Regular,
                0o755,
                8 << 30,
                u64::MAX,
                [b"0000755\0", b"\x80\0\0\0\0\0\0\x02\0\0\0\0", b"77777777777\0", b"0"],
            ),
            (
                "a link",
                b"./a/../b",
                &long[..],
                EntryType::Symlink,
                0o777,
                0,
                0,
                [b"0000777\0", b"00000000000\0", b"00000000000\0", b"2"],
            ),
        ] {
            let [mode_field, size_field, time_field, kind_field] = fields;
            let made = header(name, target, kind, mode, size, time);
            let bytes = made.as_bytes();
            let mut expected = [0; BLOCK];
            for (at, field) in [
                (0, &name[..name.len().min(NAME)]),
                (100, mode_field),
                (108, b"0000000\0"),
                (116, b"0000000\0"),
                (124, size_field),
                (136, time_field),
                (148, b"        "),
                (156, kind_field),
                (157, &target[..target.len().min(NAME)]),
                (257, b"ustar  \0"),
            ] {
                fill(&mut expected[at..], field);
            }
            let sum: u64 = expected.iter().map(|byte| u64::from(*byte)).sum();
            assert_eq!((octal(&bytes[148..154]), &bytes[154..156]), (sum, &b"\0 "[..]), "{case}");
            fill(&mut expected[148..], &bytes[148..156]);
            assert_eq!(*bytes, expected, "{case}");
        }
    }
}
