//! Small files read with a bound, and files written so that nothing is overwritten unasked and nothing is left half.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The start of a file, and how long the file is.
pub struct Bounded {
    /// At most one byte more than the bound. Wiped when dropped, for it may be a key.
    pub bytes: Zeroizing<Vec<u8>>,
    /// Bytes in the file, as far as is known: above the bound where there is more than was read.
    pub size: usize,
}

/// Reads a file that the user named, up to a bound. A pipe is all right: `--key <(…)` is one.
///
/// # Errors
/// Whatever opening or reading gives.
pub fn read_bounded(path: &Path, most: usize) -> io::Result<Bounded> {
    bounded(File::open(path)?, most)
}

/// Reads a file that was found and not named, up to a bound: nothing but a regular file is opened for long, so that
/// a FIFO of that name holds nobody up. A link is followed only if `links` says so.
///
/// # Errors
/// As [`read_bounded`]; also where it is no regular file.
pub fn read_regular(path: &Path, most: usize, links: bool) -> io::Result<Bounded> {
    let mut flags = rustix::fs::OFlags::NONBLOCK;
    if !links {
        flags |= rustix::fs::OFlags::NOFOLLOW;
    }
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    bounded(file, most)
}

fn bounded(file: File, most: usize) -> io::Result<Bounded> {
    let stated = file.metadata().map_or(0, |metadata| usize::try_from(metadata.len()).unwrap_or(usize::MAX));
    let room = most.saturating_add(1);
    // All the room at once: a buffer that grows would leave copies of a key behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    file.take(room as u64).read_to_end(&mut bytes)?;
    let size = if bytes.len() > most { stated.max(bytes.len()) } else { bytes.len() };
    Ok(Bounded { bytes, size })
}
