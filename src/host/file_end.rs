//! The end of a file that may grow while it is read, by a path on which no link is followed: root opens what the path says and
//! nothing that somebody else has put in its place meanwhile.

use rustix::fs::{Mode, OFlags, open, openat};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The end of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct EndOfFile {
    /// Its last bytes.
    pub bytes: Vec<u8>,
    /// Whether there is more before them.
    pub is_cut: bool,
    /// Microseconds since 1970 at which it was last written.
    pub modified: u64,
}

/// Reads the last bytes of a regular file below a folder, whose own path is trusted.
///
/// # Errors
/// Where there is none, it may not be read, or a link is on the way (`ELOOP`, `ENOTDIR`).
pub(crate) fn read_end(root: &Path, path: &str, most: usize) -> io::Result<EndOfFile> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let Some((last, folders)) = parts.split_last().filter(|_| !parts.contains(&"..")) else {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    };
    let on_the_way = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut folder = open(root, on_the_way, Mode::empty())?;
    for part in folders {
        folder = openat(&folder, OsStr::from_bytes(part.as_bytes()), on_the_way | OFlags::NOFOLLOW, Mode::empty())?;
    }
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let mut file = File::from(openat(&folder, OsStr::from_bytes(last.as_bytes()), flags, Mode::empty())?);
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, super::files::NOT_REGULAR));
    }
    let skipped = found.len().saturating_sub(most as u64);
    file.seek(SeekFrom::Start(skipped))?;
    let mut bytes = Vec::new();
    file.take(most as u64).read_to_end(&mut bytes)?;
    let seconds = u64::try_from(found.mtime()).unwrap_or_default();
    let modified =
        seconds.saturating_mul(1_000_000).saturating_add(u64::try_from(found.mtime_nsec() / 1000).unwrap_or(0));
    Ok(EndOfFile { bytes, is_cut: skipped > 0, modified })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn the_end_is_read_and_no_link_followed() {
        let root = tempfile::tempdir().unwrap();
        let below = |name: &str| root.path().join(name);
        std::fs::create_dir(below("log")).unwrap();
        std::fs::write(below("log/agent.log"), "first\nlast\n").unwrap();
        symlink("agent.log", below("log/link")).unwrap();
        symlink("log", below("logs")).unwrap();
        let read = |path: &str| read_end(root.path(), path, 5);
        let end = read("/log/agent.log").unwrap();
        assert_eq!((end.bytes.as_slice(), end.is_cut), (b"last\n".as_slice(), true));
        for refused in ["/log/link", "/logs/agent.log", "/log", "/log/../log/agent.log", "/log/none", "/"] {
            assert!(read(refused).is_err(), "{refused}");
        }
    }
}
