//! Where a report or an archive goes that the user named: into a file, which is replaced whole, or into what is no file and
//! must stay what it is.

use super::files::Staged;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// What is at such a place.
pub(crate) enum Output {
    /// Nothing, a regular file, or a link to one: it is replaced. A link is not followed, since another may have made it.
    File,
    /// A character device or a FIFO, opened: it is written into.
    Stream(File),
}

/// Looks at a place.
///
/// # Errors
/// Where there is something that is neither replaced nor written into: a folder, a socket, a block device, or a FIFO that
/// nobody reads.
pub(crate) fn look(path: &Path) -> io::Result<Output> {
    let found = match fs::metadata(path) {
        Ok(found) => found.file_type(),
        // A link that leads nowhere is replaced, as one that leads to a file is.
        Err(_) if fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink()) => return Ok(Output::File),
        Err(error) if super::files::is_absent(&error) => return Ok(Output::File),
        Err(error) => return Err(error),
    };
    if found.is_file() {
        return Ok(Output::File);
    }
    let refused =
        |what: &str| Err(io::Error::other(format!("it is {what}, which is neither replaced nor written into")));
    if found.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if found.is_socket() {
        return refused("a socket");
    }
    if found.is_block_device() {
        return refused("a block device");
    }
    // Without a reader a FIFO would hold the run up: that is an error (fifo(7)).
    let nonblocking = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = OpenOptions::new().write(true).custom_flags(nonblocking).open(path)?;
    let flags = rustix::fs::fcntl_getfl(&file)?;
    rustix::fs::fcntl_setfl(&file, flags - rustix::fs::OFlags::NONBLOCK)?;
    Ok(Output::Stream(file))
}

/// Whether nothing but a file is, or would be, at a place: for what is read again before it is let there.
///
/// # Errors
/// What is there instead, and whatever looking gives.
pub(crate) fn must_be_file(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(found) if !found.is_file() => Err(io::Error::other(super::files::NOT_REGULAR)),
        _ => Ok(()),
    }
}

/// Gives a file the permissions of the one that it will replace.
///
/// # Errors
/// Whatever the system gives.
pub(crate) fn keep_mode(staged: &Staged) -> io::Result<()> {
    let Ok(found) = fs::metadata(staged.place()) else { return Ok(()) };
    if !found.is_file() {
        return Ok(());
    }
    fs::set_permissions(staged.path(), fs::Permissions::from_mode(found.permissions().mode() & 0o777))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    #[test]
    fn what_is_no_file_stays_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "").unwrap();
        let _socket = UnixListener::bind(at("socket")).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, at("fifo"), rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        for (name, target) in
            [("to-file", "file"), ("to-nothing", "none"), ("to-null", "/dev/null"), ("to-fifo", "fifo")]
        {
            symlink(target, at(name)).unwrap();
        }
        for name in ["none", "file", "to-file", "to-nothing"] {
            assert!(matches!(look(&at(name)), Ok(Output::File)), "{name}");
            assert!(must_be_file(&at(name)).is_ok(), "{name}");
        }
        assert!(matches!(look(&at("to-null")), Ok(Output::Stream(_))));
        for name in ["socket", "fifo", "to-fifo", "."] {
            assert!(look(&at(name)).is_err(), "{name}");
        }
        for name in ["socket", "fifo", "to-fifo", ".", "to-null"] {
            assert!(must_be_file(&at(name)).is_err(), "{name}");
        }
    }
}
