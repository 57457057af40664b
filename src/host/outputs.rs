//! Where a report or an archive goes that the user named: into a file, which is replaced whole, or into what is no file and
//! must stay what it is.

use super::files::Staged;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// What is at such a place.
pub(crate) enum OutputPlace {
    /// Nothing, a regular file, or a link to one: it is replaced. A link is not followed, since another may have made it.
    File,
    /// A character device, a FIFO, or what a process has open, opened: it is written into.
    Stream(File),
}

/// Looks at a place.
///
/// # Errors
/// Where there is something that is neither replaced nor written into: a folder, a socket, a block device, or a FIFO that
/// nobody reads.
pub(crate) fn look(path: &Path) -> io::Result<OutputPlace> {
    let found = match fs::metadata(path) {
        Ok(found) => found.file_type(),
        // A link that leads nowhere is replaced, as one that leads to a file is.
        Err(_) if fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink()) => return Ok(OutputPlace::File),
        Err(error) if super::files::is_absent(&error) => return Ok(OutputPlace::File),
        Err(error) => return Err(error),
    };
    if found.is_file() {
        if !is_descriptor(path) {
            return Ok(OutputPlace::File);
        }
        // Root's `-o /dev/stdout >FILE` would replace the link that every program uses.
        return OpenOptions::new().append(true).open(path).map(OutputPlace::Stream);
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
    Ok(OutputPlace::Stream(file))
}

/// Whether nothing but a file is, or would be, at a place: for what is read again before it is let there.
///
/// # Errors
/// What is there instead, and whatever looking gives.
pub(crate) fn must_be_file(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(found) if !found.is_file() => Err(io::Error::other(super::files::NOT_REGULAR)),
        Ok(_) if is_descriptor(path) => Err(io::Error::other("it is an open descriptor, and not a name of a file")),
        _ => Ok(()),
    }
}

/// Whether a path leads to what a process has open: `/dev/stdout`, `/dev/fd/1`, `/proc/self/fd/1` (proc_pid_fd(5)). What is at
/// its end may be a regular file, and the path is no place of its own all the same.
fn is_descriptor(path: &Path) -> bool {
    /// Links that the system follows in a path at most (path_resolution(7)).
    const MAX_LINKS: usize = 40;
    let mut path = path.to_path_buf();
    for _ in 0..MAX_LINKS {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let Ok(folder) = folder.canonicalize() else { return false };
        if folder.starts_with("/proc") {
            return true;
        }
        let Some(name) = path.file_name() else { return false };
        let Ok(target) = fs::read_link(folder.join(name)) else { return false };
        path = folder.join(target);
    }
    false
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
        // What leads to an open descriptor is written into, behind what is there, although a file is at its end.
        let open = fs::File::options().append(true).open(at("file")).unwrap();
        let descriptor = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&open));
        symlink(&descriptor, at("stdout")).unwrap();
        symlink(at("stdout"), at("to-stdout")).unwrap();
        for path in [at("stdout"), at("to-stdout"), descriptor.into()] {
            let Ok(OutputPlace::Stream(mut stream)) = look(&path) else { panic!("{}", path.display()) };
            io::Write::write_all(&mut stream, b"x").unwrap();
            assert!(must_be_file(&path).is_err(), "{}", path.display());
        }
        assert_eq!(fs::read(at("file")).unwrap(), b"xxx");
        for name in ["none", "file", "to-file", "to-nothing"] {
            assert!(matches!(look(&at(name)), Ok(OutputPlace::File)), "{name}");
            assert!(must_be_file(&at(name)).is_ok(), "{name}");
        }
        assert!(matches!(look(&at("to-null")), Ok(OutputPlace::Stream(_))));
        for name in ["socket", "fifo", "to-fifo", "."] {
            assert!(look(&at(name)).is_err(), "{name}");
        }
        for name in ["socket", "fifo", "to-fifo", ".", "to-null"] {
            assert!(must_be_file(&at(name)).is_err(), "{name}");
        }
    }
}
