//! Folders that are held open, so that what is renamed, written and read in them is in these very folders: no link is
//! followed on the way, and nobody but root and one other user may change a part of it (openat(2), renameat2(2)).

use rustix::fs::{
    AtFlags, CWD, Mode, OFlags, RenameFlags, Stat, StatxAttributes, StatxFlags, chownat, fchmod, fstat, openat,
    renameat_with, statat,
};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Component, Path, PathBuf};

/// A user beside root who may own what is held.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct UserOwner {
    /// User.
    pub uid: u32,
    /// Group.
    pub gid: u32,
}

/// What something on a disk is, whatever its name is at the moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct FileIdentity {
    /// The file system.
    pub device: u64,
    /// The inode.
    pub inode: u64,
}

/// What a rename does with what has the new name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Rename {
    /// Nothing may have it.
    ToNothing,
    /// The two change places, at once.
    Exchange,
}

/// A file that is held open: what is read of it is of that file, whatever has its name by then.
pub(crate) type OpenFile = File;

/// A folder that is held open.
pub(crate) struct HeldFolder {
    fd: OwnedFd,
    path: PathBuf,
}

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// Debian's group `staff` may write below `/usr/local`, and is trusted as root is (Debian Policy, 9.1.2).
const STAFF: u32 = 50;

impl HeldFolder {
    /// Opens a folder, part by part.
    ///
    /// # Errors
    /// Where a part is a link or no folder, or another may change it: the words name it.
    pub(crate) fn open(path: &Path, user: Option<UserOwner>) -> io::Result<Self> {
        let mut fd = openat(CWD, "/", FOLDER, Mode::empty())?;
        let mut here = PathBuf::from("/");
        judge(&here, &fstat(&fd)?, user)?;
        for part in path.components() {
            match part {
                Component::RootDir => continue,
                Component::Normal(name) => {
                    here.push(name);
                    fd = openat(&fd, name, FOLDER, Mode::empty()).map_err(|error| named(&here, error))?;
                    judge(&here, &fstat(&fd)?, user)?;
                }
                _ => return Err(io::Error::other(format!("{} is no plain path", path.display()))),
            }
        }
        Ok(Self { fd, path: here })
    }

    /// What has that name; nothing where nothing has.
    ///
    /// # Errors
    /// Whatever looking gives.
    pub(crate) fn identity(&self, name: &str) -> io::Result<Option<FileIdentity>> {
        match statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) => Ok(Some(FileIdentity { device: found.st_dev, inode: found.st_ino })),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(named(&self.path.join(name), error)),
        }
    }

    /// Whether a folder has that name, and no link to one.
    ///
    /// # Errors
    /// Whatever looking gives, but for that nothing is there.
    pub(crate) fn is_folder(&self, name: &str) -> io::Result<bool> {
        match statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) => Ok(rustix::fs::FileType::from_raw_mode(found.st_mode).is_dir()),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(named(&self.path.join(name), error)),
        }
    }

    /// Whether a file system is mounted at that name (statx(2), `STATX_ATTR_MOUNT_ROOT`); a kernel before 5.8 does not say so.
    ///
    /// # Errors
    /// Whatever looking gives, but for that nothing is there.
    pub(crate) fn is_mount_point(&self, name: &str) -> io::Result<bool> {
        match rustix::fs::statx(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::empty()) {
            Ok(found) => Ok((found.stx_attributes_mask & found.stx_attributes).contains(StatxAttributes::MOUNT_ROOT)),
            Err(Errno::NOENT | Errno::NOSYS) => Ok(false),
            Err(error) => Err(named(&self.path.join(name), error)),
        }
    }

    /// [`Self::identity`], such that a rename leaves it as it is. On an overlay the first change of what a lower layer holds makes a
    /// copy of it, which may have another number (overlayfs in the kernel's documentation, "Inode properties"): so it is changed
    /// first, in nothing but its ctime, as a rename does.
    ///
    /// # Errors
    /// Whatever looking gives.
    pub(crate) fn lasting_identity(&self, name: &str) -> io::Result<Option<FileIdentity>> {
        // Where that is refused, a rename will be, and says why.
        let _ = chownat(&self.fd, name, None, None, AtFlags::SYMLINK_NOFOLLOW);
        self.identity(name)
    }

    /// Renames what is in this folder to a name in that one.
    ///
    /// # Errors
    /// Whatever renaming gives: `Unsupported` where the file system cannot do it in one step.
    pub(crate) fn rename(&self, from: &str, folder: &Self, to: &str, how: Rename) -> io::Result<()> {
        let flags = match how {
            Rename::ToNothing => RenameFlags::NOREPLACE,
            Rename::Exchange => RenameFlags::EXCHANGE,
        };
        renameat_with(&self.fd, from, &folder.fd, to, flags).map_err(|error| match error {
            Errno::INVAL | Errno::NOSYS => io::ErrorKind::Unsupported.into(),
            error => named(&folder.path.join(to), error),
        })?;
        self.sync()?;
        folder.sync()
    }

    /// Has the folder's names written to the disk.
    ///
    /// # Errors
    /// Whatever that gives.
    pub(crate) fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::fsync(&self.fd)?)
    }

    /// Has everything on its file system written to the disk.
    ///
    /// # Errors
    /// Whatever that gives.
    pub(crate) fn sync_all(&self) -> io::Result<()> {
        Ok(rustix::fs::syncfs(&self.fd)?)
    }

    /// Makes a folder in it that is root's own, if nothing of that name is there.
    ///
    /// # Errors
    /// Whatever making it gives.
    pub(crate) fn make_private(&self, name: &str) -> io::Result<()> {
        match rustix::fs::mkdirat(&self.fd, name, Mode::from_raw_mode(0o700)) {
            Err(Errno::EXIST) => Ok(()),
            made => Ok(made?),
        }
    }

    /// Makes a folder there, with these permission bits whatever the umask.
    ///
    /// # Errors
    /// Whatever that gives; also where something has that name.
    pub(crate) fn make(&self, name: &str, mode: u32) -> io::Result<()> {
        let failed = |error| named(&self.path.join(name), error);
        rustix::fs::mkdirat(&self.fd, name, Mode::from_raw_mode(0o700)).map_err(failed)?;
        let made = openat(&self.fd, name, FOLDER, Mode::empty()).map_err(failed)?;
        fchmod(&made, Mode::from_raw_mode(mode)).map_err(failed)?;
        self.sync()
    }

    /// Gives what has that name to somebody; a link is given away, not what it leads to.
    ///
    /// # Errors
    /// Whatever that gives.
    pub(crate) fn give(&self, name: &str, to: UserOwner) -> io::Result<()> {
        let (uid, gid) = (rustix::fs::Uid::from_raw(to.uid), rustix::fs::Gid::from_raw(to.gid));
        rustix::fs::chownat(&self.fd, name, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|error| named(&self.path.join(name), error))
    }

    /// Whether that is a regular file with no other name, and not theirs.
    ///
    /// # Errors
    /// Whatever looking gives, but for that nothing is there.
    pub(crate) fn is_another_owners_file(&self, name: &str, than: UserOwner) -> io::Result<bool> {
        match statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) => {
                let is_file = rustix::fs::FileType::from_raw_mode(found.st_mode).is_file();
                Ok(is_file && found.st_nlink == 1 && (found.st_uid, found.st_gid) != (than.uid, than.gid))
            }
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(named(&self.path.join(name), error)),
        }
    }

    /// Takes away what has that name: a file, or a folder in which nothing is; one in which somebody has put something stays.
    ///
    /// # Errors
    /// Whatever that gives.
    pub(crate) fn remove_own(&self, name: &str) -> io::Result<()> {
        let failed = |error| named(&self.path.join(name), error);
        match rustix::fs::unlinkat(&self.fd, name, AtFlags::empty()) {
            Err(Errno::ISDIR | Errno::PERM) => match rustix::fs::unlinkat(&self.fd, name, AtFlags::REMOVEDIR) {
                Err(Errno::NOTEMPTY | Errno::EXIST) => Ok(()),
                done => done.map_err(failed),
            },
            Err(Errno::NOENT) => Ok(()),
            done => done.map_err(failed),
        }
    }

    /// Reads a regular file, at most that many bytes, and its permission bits.
    ///
    /// # Errors
    /// Whatever opening or reading gives; also where it is a link, no regular file, or longer.
    pub(crate) fn read(&self, name: &str, most: usize) -> io::Result<(Vec<u8>, u32)> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = openat(&self.fd, name, flags, Mode::empty()).map_err(|error| named(&self.path.join(name), error))?;
        let file = File::from(file);
        let found = fstat(&file)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::other(super::files::NOT_REGULAR));
        }
        let mut content = Vec::new();
        file.take(most as u64 + 1).read_to_end(&mut content)?;
        if content.len() > most {
            return Err(io::Error::other(format!("{} is too large", self.path.join(name).display())));
        }
        Ok((content, found.st_mode & 0o7777))
    }

    /// Writes a file that is not there yet, and has it written to the disk.
    ///
    /// # Errors
    /// Whatever that gives; nothing is left then.
    pub(crate) fn write_new(&self, name: &str, content: &[u8], mode: u32) -> io::Result<()> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = openat(&self.fd, name, flags, Mode::from_raw_mode(0o600))
            .map_err(|error| named(&self.path.join(name), error))?;
        let mut file = File::from(fd);
        let written = file.write_all(content).and_then(|()| {
            fchmod(&file, Mode::from_raw_mode(mode))?;
            file.sync_all()
        });
        if written.is_err() {
            let _ = self.unlink(name);
        }
        written?;
        self.sync()
    }

    /// Copies an open file, from its beginning and at most that many bytes, to a name that nothing has.
    ///
    /// # Errors
    /// Whatever reading or writing gives, and where it is longer; nothing is left then.
    pub(crate) fn copy_new(&self, name: &str, from: &File, most: u64) -> io::Result<()> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = openat(&self.fd, name, flags, Mode::from_raw_mode(0o600))
            .map_err(|error| named(&self.path.join(name), error))?;
        let mut file = File::from(fd);
        let mut from = from;
        let copied = from.rewind().and_then(|()| io::copy(&mut from.take(most + 1), &mut file)).and_then(|copied| {
            // Whoever extracts it may be another user.
            fchmod(&file, Mode::from_raw_mode(0o644))?;
            if copied > most { Err(io::Error::other(format!("it is longer than {most} bytes"))) } else { Ok(()) }
        });
        if copied.is_err() {
            let _ = self.unlink(name);
        }
        copied
    }

    /// Writes a file in the place of the one of that name, which is there whole or not at all.
    ///
    /// # Errors
    /// Whatever that gives; the old one is left then.
    pub(crate) fn write_over(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let beside = format!(".{name}.new");
        let _ = self.unlink(&beside);
        self.write_new(&beside, content, 0o600)?;
        rustix::fs::renameat(&self.fd, &beside, &self.fd, name)?;
        self.sync()
    }

    /// Takes a file's name away.
    ///
    /// # Errors
    /// Whatever that gives.
    pub(crate) fn unlink(&self, name: &str) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.fd, name, AtFlags::empty())?)
    }

    /// Removes what has that name, a folder with all that is in it; no link is followed.
    ///
    /// # Errors
    /// Whatever that gives.
    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        super::folders::remove(&self.through(name))
    }

    /// A path that leads to that name in this very folder, for this process.
    #[must_use]
    pub(crate) fn through(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.fd.as_raw_fd())).join(name)
    }

    /// The names in it.
    ///
    /// # Errors
    /// Whatever listing gives.
    pub(crate) fn names(&self) -> io::Result<Vec<String>> {
        let names = super::paths::names(&self.through("."))?;
        Ok(names.into_iter().filter_map(|name| name.into_string().ok()).collect())
    }

    /// Takes a lock on a file in it, which is made if it is not there; nothing where another process has it.
    ///
    /// # Errors
    /// Whatever opening gives.
    pub(crate) fn lock(&self, name: &str) -> io::Result<Option<Lock>> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(&self.fd, name, flags, Mode::from_raw_mode(0o600))?;
        match rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Lock(file))),
            Err(Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// A lock, for as long as it is there.
pub(crate) struct Lock(#[expect(dead_code, reason = "the lock is the descriptor's")] OwnedFd);

fn named(path: &Path, error: Errno) -> io::Error {
    let error = io::Error::from(error);
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

fn judge(path: &Path, found: &Stat, user: Option<UserOwner>) -> io::Result<()> {
    #[cfg(test)]
    if tested::is_around(path) {
        return Ok(());
    }
    let mode = found.st_mode & 0o7777;
    let staff = found.st_gid == STAFF && path.starts_with("/usr/local");
    let is_users = user.is_some_and(|user| user.uid == found.st_uid);
    let of_its_group = found.st_gid == 0 || staff || user.is_some_and(|user| user.gid == found.st_gid);
    let by_group = mode & 0o020 != 0 && (!of_its_group || super::paths::has_access_list(path));
    if (found.st_uid != 0 && !is_users) || mode & 0o002 != 0 || by_group {
        let whose = format!("owner {}:{}, mode {mode:04o}", found.st_uid, found.st_gid);
        let words = format!("{} may be changed by another than root and the unit's user ({whose})", path.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, words));
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tested {
    //! A folder to try this in, wherever the tests run: those above it may be anybody's (/tmp, a clone with umask 002).

    use super::UserOwner;
    use std::cell::RefCell;
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::path::{Path, PathBuf};

    thread_local! {
        static FOLDERS: RefCell<Vec<PathBuf>> = const { RefCell::new(Vec::new()) };
    }

    /// Whether this is a folder around one that a test of this thread has made, and hence not the test's own.
    pub(super) fn is_around(path: &Path) -> bool {
        FOLDERS.with_borrow(|folders| folders.iter().any(|own| own.starts_with(path) && own != path))
    }

    /// A folder that only this user may change, its path, and who that is.
    pub(crate) fn folder() -> (tempfile::TempDir, PathBuf, Option<UserOwner>) {
        let top = tempfile::tempdir().unwrap();
        fs::set_permissions(top.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let path = top.path().canonicalize().unwrap();
        let found = fs::metadata(&path).unwrap();
        FOLDERS.with_borrow_mut(|folders| folders.push(path.clone()));
        (top, path, Some(UserOwner { uid: found.uid(), gid: found.gid() }))
    }
}

#[cfg(test)]
mod tests {
    use super::tested::folder;
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn names_change_places_or_find_nothing() {
        let (_top, path, user) = folder();
        let held = HeldFolder::open(&path, user).unwrap();
        held.write_new("a", b"one", 0o640).unwrap();
        held.write_new("b", b"two", 0o600).unwrap();
        assert!(held.write_new("b", b"three", 0o600).is_err());
        let ids = (held.identity("a").unwrap(), held.identity("b").unwrap());
        assert!(held.rename("a", &held, "b", Rename::ToNothing).is_err());
        held.rename("a", &held, "b", Rename::Exchange).unwrap();
        assert_eq!((held.identity("b").unwrap(), held.identity("a").unwrap()), ids);
        held.rename("a", &held, "c", Rename::ToNothing).unwrap();
        assert_eq!(held.identity("a").unwrap(), None);
        assert_eq!(held.read("b", 10).unwrap(), (b"one".to_vec(), 0o640));
        assert!(held.read("b", 2).is_err());
        held.write_over("b", b"four").unwrap();
        assert_eq!(fs::read(path.join("b")).unwrap(), b"four");
        let open = File::open(path.join("b")).unwrap();
        assert!(held.copy_new("b", &open, 10).is_err() && held.copy_new("d", &open, 3).is_err());
        assert_eq!(held.identity("d").unwrap(), None);
        held.copy_new("d", &open, 4).unwrap();
        held.copy_new("e", &open, 4).unwrap();
        assert_eq!(fs::read(path.join("e")).unwrap(), b"four", "each copy is from the beginning");
        let lock = held.lock("lock").unwrap();
        assert!(lock.is_some() && held.lock("lock").unwrap().is_none());
    }

    #[test]
    fn no_link_and_no_other_writer_is_on_the_way() {
        let (_top, path, user) = folder();
        fs::create_dir(path.join("in")).unwrap();
        symlink("in", path.join("link")).unwrap();
        assert!(HeldFolder::open(&path.join("in"), user).is_ok());
        assert!(HeldFolder::open(&path.join("link"), user).is_err());
        assert!(HeldFolder::open(&path.join("in/../in"), user).is_err());
        if super::super::paths::tested::share(&path.join("in")) {
            assert!(HeldFolder::open(&path.join("in"), user).is_err(), "a list lets another write");
        }
        fs::set_permissions(path.join("in"), fs::Permissions::from_mode(0o777)).unwrap();
        let refused = HeldFolder::open(&path.join("in"), user).err().unwrap();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
        let held = HeldFolder::open(&path, user).unwrap();
        assert!(held.read("link", 10).is_err());
        held.remove("link").unwrap();
        assert!(path.join("in").exists(), "a link is taken away, not what it leads to");
    }
}
