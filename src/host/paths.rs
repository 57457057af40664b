//! What is at a path: looked at without being opened, listed, and the room on its file system.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What is at a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FileKind {
    /// A regular file.
    File,
    /// A folder.
    Directory,
    /// A symbolic link.
    Link,
    /// A pipe, a socket or a device.
    Other,
}

/// What the file system says of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Stat {
    /// What it is.
    pub kind: FileKind,
    /// Permission bits.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Bytes.
    pub size: u64,
    /// Microseconds since 1970 at which the inode was last changed (ctime).
    pub changed: u64,
    /// Microseconds since 1970 at which the content was last changed (mtime).
    pub modified: u64,
}

/// The room on a file system.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct FileSystem {
    /// Bytes that root may still write.
    pub free: u64,
    /// Bytes in all.
    pub size: u64,
    /// Inodes in all; 0 where there is no fixed number.
    pub inodes: u64,
    /// Inodes that are left.
    pub free_inodes: u64,
}

/// What is there; a link at the end of the path is not followed (lstat(2)).
///
/// # Errors
/// Where there is nothing, or it may not be looked at.
pub(crate) fn look(path: &Path) -> io::Result<Stat> {
    fs::symlink_metadata(path).map(|found| stat(&found))
}

/// [`look`], with links followed (stat(2)).
///
/// # Errors
/// As [`look`].
pub(crate) fn look_through(path: &Path) -> io::Result<Stat> {
    fs::metadata(path).map(|found| stat(&found))
}

/// Whether a list names further users or groups (acl(5)). Where there is one, the group's bits are what it grants at most, and
/// say nothing of the group. An answer that is not understood counts as one.
pub(crate) fn has_access_list(path: &Path) -> bool {
    let asked = rustix::fs::getxattr(path, "system.posix_acl_access", &mut [0_u8; 0][..]);
    !matches!(asked, Err(rustix::io::Errno::NODATA | rustix::io::Errno::OPNOTSUPP))
}

/// What the system's own answer says.
pub(super) fn stat(found: &fs::Metadata) -> Stat {
    let kind = match found.file_type() {
        kind if kind.is_file() => FileKind::File,
        kind if kind.is_dir() => FileKind::Directory,
        kind if kind.is_symlink() => FileKind::Link,
        _ => FileKind::Other,
    };
    let unsigned = |time: i64| u64::try_from(time).unwrap_or_default();
    let moment = |seconds: i64, nanoseconds: i64| {
        unsigned(seconds).saturating_mul(1_000_000).saturating_add(unsigned(nanoseconds) / 1000)
    };
    Stat {
        kind,
        mode: found.mode() & 0o7777,
        uid: found.uid(),
        gid: found.gid(),
        size: found.size(),
        changed: moment(found.ctime(), found.ctime_nsec()),
        modified: moment(found.mtime(), found.mtime_nsec()),
    }
}

/// What a link says.
///
/// # Errors
/// Where there is none, or it may not be read.
pub(crate) fn target(link: &Path) -> io::Result<PathBuf> {
    fs::read_link(link)
}

/// Whether two paths name the same regular file, or would name the same one if there were any.
#[must_use]
pub(crate) fn is_same_file(one: &Path, other: &Path) -> bool {
    let found = |path: &Path| fs::metadata(path).ok();
    match (found(one), found(other)) {
        (Some(one), Some(other)) => one.is_file() && (one.dev(), one.ino()) == (other.dev(), other.ino()),
        (None, None) => place(one).is_some_and(|at| Some(at) == place(other)),
        _ => false,
    }
}

/// A name in a folder that is there.
fn place(path: &Path) -> Option<(PathBuf, OsString)> {
    let path = std::path::absolute(path).ok()?;
    Some((path.parent()?.canonicalize().ok()?, path.file_name()?.to_owned()))
}

/// The names in a folder, in the order in which the file system has them.
///
/// # Errors
/// Where there is no folder, or it cannot be read to its end.
pub(crate) fn names(folder: &Path) -> io::Result<Vec<OsString>> {
    fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.file_name())).collect()
}

/// The room on the file system of a path (statvfs(3)).
///
/// # Errors
/// Where there is no such path.
pub(crate) fn file_system(path: &Path) -> io::Result<FileSystem> {
    let found = rustix::fs::statvfs(path)?;
    let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
    Ok(FileSystem {
        free: bytes(found.f_bfree),
        size: bytes(found.f_blocks),
        inodes: found.f_files,
        free_inodes: found.f_ffree,
    })
}
/// Whether what is at a path, or would be made there, is in a folder, links followed.
///
/// # Errors
/// Where the folder, or what is there, cannot be followed to its end.
pub(crate) fn stays_in(folder: &Path, path: &Path) -> io::Result<bool> {
    let folder = folder.canonicalize()?;
    for at in path.ancestors() {
        let at = if at.as_os_str().is_empty() { Path::new(".") } else { at };
        if at.symlink_metadata().is_ok() {
            let rest = path.strip_prefix(at).unwrap_or(Path::new(""));
            // What is not there yet has no links, but may have `..`.
            let plain = rest.components().all(|part| matches!(part, std::path::Component::Normal(_)));
            return Ok(plain && at.canonicalize()?.starts_with(&folder));
        }
    }
    Ok(false)
}

#[cfg(test)]
pub(crate) mod tested {
    //! Access lists, for the tests of those who ask for them.

    use std::path::Path;

    /// Lets user 65534 write there beside its owner, by a list (as `setfacl -m u:65534:rwx` does); whether the file system
    /// has lists.
    pub(crate) fn share(path: &Path) -> bool {
        let mut list = 2_u32.to_le_bytes().to_vec();
        for (tag, bits, whose) in
            [(1_u16, 7_u16, u32::MAX), (2, 7, 65_534), (4, 5, u32::MAX), (0x10, 7, u32::MAX), (0x20, 5, u32::MAX)]
        {
            list.extend(tag.to_le_bytes().into_iter().chain(bits.to_le_bytes()).chain(whose.to_le_bytes()));
        }
        rustix::fs::setxattr(path, "system.posix_acl_access", &list, rustix::fs::XattrFlags::empty()).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_names_another_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!has_access_list(folder.path()));
        // A file system without lists has none to be seen.
        if tested::share(folder.path()) {
            assert!(has_access_list(folder.path()));
        }
    }
}
