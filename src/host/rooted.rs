//! Paths of another machine whose disk is mounted below a folder, resolved as that machine would: an absolute link starts at its
//! root, and `..` never leads above it. Every part is opened from the one before it, and none by a path, so that nobody who
//! changes links meanwhile leads out of the folder (openat(2); openat2(2) with `RESOLVE_IN_ROOT` is of Linux 5.6).

use super::files::NOT_REGULAR;
use super::paths::{self, Stat};
use rustix::fs::{FileType, Mode, OFlags, fstat, open, openat, readlinkat};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// As many links are followed as the kernel would (path_resolution(7)).
const MAX_LINKS: usize = 40;
/// More folders in each other than any path of a server's has. Each is a descriptor, of which there are 1024.
const MAX_DEPTH: usize = 100;

/// Whether the last component of a path is followed if it is a link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Last {
    /// The link itself is meant.
    Kept,
    /// What it leads to is meant.
    Followed,
}

/// What was found at a path, held by a descriptor that neither reads nor waits (`O_PATH`).
pub(crate) struct Rooted {
    fd: OwnedFd,
}

impl Rooted {
    /// Finds what is at a path below a root.
    ///
    /// # Errors
    /// Where there is nothing, or it may not be looked at.
    pub(crate) fn find(root: &Path, path: &str, last: Last) -> io::Result<Self> {
        let mut walk = Walk::begin(root, path)?;
        walk.go_through(last)?;
        Ok(Self { fd: walk.folders.pop().map_or(walk.root, |(fd, _)| fd) })
    }

    /// What is there.
    ///
    /// # Errors
    /// Whatever looking gives.
    pub(crate) fn stat(&self) -> io::Result<Stat> {
        Ok(paths::stat(&File::from(self.fd.try_clone()?).metadata()?))
    }

    /// What the link that is there says.
    ///
    /// # Errors
    /// Where it is none.
    pub(crate) fn target(&self) -> io::Result<PathBuf> {
        Ok(target(&self.fd)?.into())
    }

    /// The regular file that is there, opened to be read.
    ///
    /// # Errors
    /// Where it is none: nothing else is ever opened.
    pub(crate) fn open(&self) -> io::Result<File> {
        if !self.is(FileType::RegularFile)? {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, NOT_REGULAR));
        }
        File::open(self.through())
    }

    /// The regular file that is there, for a program that is run to open as well.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub(crate) fn share(&self) -> io::Result<SharedFile> {
        self.open().map(SharedFile)
    }

    /// The names in the folder that is there; nothing where there are more than so many.
    ///
    /// # Errors
    /// Where it is none, or cannot be read to its end.
    pub(crate) fn names(&self, most: usize) -> io::Result<Option<Vec<OsString>>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(self.through())? {
            if names.len() >= most {
                return Ok(None);
            }
            names.push(entry?.file_name());
        }
        Ok(Some(names))
    }

    /// What has that name in the folder that is there; a link is not followed.
    ///
    /// # Errors
    /// Where nothing has.
    pub(crate) fn entry(&self, name: &OsStr) -> io::Result<Self> {
        Ok(Self { fd: openat(&self.fd, name, HELD, Mode::empty())? })
    }

    /// The room on the file system of what is there.
    ///
    /// # Errors
    /// Whatever asking gives.
    pub(crate) fn file_system(&self) -> io::Result<paths::FileSystem> {
        paths::file_system(&self.through())
    }

    fn is(&self, kind: FileType) -> io::Result<bool> {
        Ok(FileType::from_raw_mode(fstat(&self.fd)?.st_mode) == kind)
    }

    /// A path by which this process comes to what is held, whatever stands in its place by now (proc_pid_fd(5)).
    fn through(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.fd.as_raw_fd()))
    }
}

/// A file that is held open so that another program can open it, whatever stands in its place by now.
pub(crate) struct SharedFile(File);

impl SharedFile {
    /// A path by which other programs of this user come to it, as long as it is held (proc_pid_fd(5)).
    #[must_use]
    pub(crate) fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/fd/{}", std::process::id(), self.0.as_raw_fd()))
    }
}

/// Where a path below a root leads, as a path of this machine: with every link followed that is there now. What is not there
/// is where it would be made; what cannot be followed is no path at all.
#[must_use]
pub(crate) fn place(root: &Path, path: &str) -> PathBuf {
    let walked = Walk::begin(root, path).and_then(|mut walk| match walk.go_through(Last::Followed) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(walk),
    });
    let Ok(walk) = walked else { return Path::new("/dev/null").join(path.trim_start_matches('/')) };
    let names = walk.folders.into_iter().map(|(_, name)| name).chain(walk.pending.into_iter().rev());
    std::iter::once(root.as_os_str().to_owned()).chain(names).collect()
}

const HELD: OFlags = OFlags::PATH.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// A path on the way.
struct Walk {
    root: OwnedFd,
    /// What was come through below the root, the outermost first.
    folders: Vec<(OwnedFd, OsString)>,
    /// What is still to be gone, last first.
    pending: Vec<OsString>,
    links: usize,
}

impl Walk {
    fn begin(root: &Path, path: &str) -> io::Result<Self> {
        let root = open(root, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Self { root, folders: Vec::new(), pending: parts(path.as_bytes()), links: 0 })
    }

    /// Goes all of it; where a part cannot be gone, that part is the last of what is pending.
    fn go_through(&mut self, last: Last) -> io::Result<()> {
        while let Some(part) = self.pending.pop() {
            if part == ".." {
                self.folders.pop();
                continue;
            }
            let gone = self.enter(&part, last);
            if gone.is_err() {
                self.pending.push(part);
            }
            gone?;
        }
        Ok(())
    }

    fn enter(&mut self, part: &OsStr, last: Last) -> io::Result<()> {
        let above = self.folders.last().map_or(&self.root, |(fd, _)| fd);
        let fd = openat(above, part, HELD, Mode::empty())?;
        let is_link = FileType::from_raw_mode(fstat(&fd)?.st_mode) == FileType::Symlink;
        if is_link && (last == Last::Followed || !self.pending.is_empty()) {
            self.links += 1;
            if self.links > MAX_LINKS {
                return Err(io::Error::other("too many links"));
            }
            let target = target(&fd)?;
            if target.as_bytes().first() == Some(&b'/') {
                self.folders.clear();
            }
            self.pending.extend(parts(target.as_bytes()));
            return Ok(());
        }
        if self.folders.len() >= MAX_DEPTH {
            return Err(io::Error::other("too many folders in each other"));
        }
        self.folders.push((fd, part.to_owned()));
        Ok(())
    }
}

/// What a link that is held says (readlinkat(2), "empty pathname").
fn target(link: &OwnedFd) -> io::Result<OsString> {
    Ok(OsString::from_vec(readlinkat(link, "", Vec::new())?.into_bytes()))
}

/// The names of a path, last first.
fn parts(path: &[u8]) -> Vec<OsString> {
    let names = path.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".");
    let mut parts: Vec<_> = names.map(|part| OsStr::from_bytes(part).to_owned()).collect();
    parts.reverse();
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Read;
    use std::os::unix::fs::symlink;

    fn read(root: &Path, path: &str) -> io::Result<String> {
        let mut text = String::new();
        Rooted::find(root, path, Last::Followed)?.open()?.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn every_way_ends_below_the_root() {
        let top = tempfile::tempdir().unwrap();
        let root = top.path().join("root");
        fs::create_dir_all(root.join("etc/real")).unwrap();
        fs::write(top.path().join("file"), "outside").unwrap();
        fs::write(root.join("file"), "root's").unwrap();
        fs::write(root.join("etc/real/file"), "inside").unwrap();
        let outside = top.path().join("file");
        for (name, target) in [
            ("absolute", "/etc/real"),
            ("relative", "etc/real"),
            ("up", "../../../etc/real"),
            ("chain", "up"),
            ("loop", "loop"),
            ("outside", outside.to_str().unwrap()),
            ("above", "../file"),
            ("proc", "/proc/self/root"),
        ] {
            symlink(target, root.join(name)).unwrap();
        }
        for name in ["absolute", "relative", "up", "chain", "etc/../etc/real", "up/../real"] {
            assert_eq!(read(&root, &format!("/{name}/file")).unwrap(), "inside", "{name}");
        }
        for (path, found) in [
            ("/above", Some("root's")),
            ("/../../file", Some("root's")),
            ("/outside", None),
            ("/proc/etc/passwd", None),
            ("/loop/file", None),
            ("/etc", None),
            ("/file/x", None),
        ] {
            assert_eq!(read(&root, path).ok().as_deref(), found, "{path}");
        }
        let link = Rooted::find(&root, "/chain/../above", Last::Kept).and_then(|link| link.target());
        assert!(link.is_err(), "`/etc/above` is not there: `..` is that of the target");
        let link = Rooted::find(&root, "/above", Last::Kept).unwrap();
        assert_eq!(link.target().unwrap(), Path::new("../file"));
        assert_eq!(link.stat().unwrap().kind, paths::FileKind::Link);
    }

    #[test]
    fn a_place_is_below_the_root_or_nowhere() {
        let top = tempfile::tempdir().unwrap();
        let root = top.path();
        fs::create_dir_all(root.join("srv/agent")).unwrap();
        for (name, target) in [("opt", "/srv"), ("loop", "/loop"), ("gone", "/nowhere/x")] {
            symlink(target, root.join(name)).unwrap();
        }
        for (path, place_) in [
            ("/opt/agent", "srv/agent"),
            ("/opt/agent/dist/index.js", "srv/agent/dist/index.js"),
            ("/gone/y", "nowhere/x/y"),
            ("/", ""),
        ] {
            assert_eq!(place(root, path), root.join(place_), "{path}");
        }
        assert_eq!(place(root, "/loop/etc"), Path::new("/dev/null/loop/etc"));
    }

    #[test]
    fn nothing_but_a_file_is_opened_and_nothing_is_endless() {
        let top = tempfile::tempdir().unwrap();
        let root = top.path();
        rustix::fs::mknodat(rustix::fs::CWD, root.join("pipe"), FileType::Fifo, Mode::RUSR, 0).unwrap();
        assert!(read(root, "/pipe").is_err(), "a FIFO that nobody writes to");
        for name in 0..5 {
            fs::write(root.join(name.to_string()), "").unwrap();
        }
        let folder = Rooted::find(root, "/", Last::Followed).unwrap();
        assert_eq!(folder.names(6).unwrap().map(|names| names.len()), Some(6));
        assert_eq!(folder.names(5).unwrap(), None);
        let deep = "d/".repeat(MAX_DEPTH + 1);
        fs::create_dir_all(root.join(&deep)).unwrap();
        assert!(Rooted::find(root, &deep, Last::Followed).is_err());
    }
}
