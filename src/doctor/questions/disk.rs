//! This machine, or the files of another below a folder.

use super::diagnostic::Diagnostic;
use super::server::{End, Look, Refusal, Server, Situation, Space, Spoken};
use crate::host::paths::{self, FileKind, FileSystem};
use crate::host::process::{self, Environment, Keep, Request};
use crate::host::{self, file_end, files};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Each command ends within this, or is ended.
const TIMEOUT: Duration = Duration::from_secs(8);
/// Most bytes of what a command prints.
const MAX_OUTPUT: usize = 4 << 20;
/// Where commands are found: the caller's own PATH does not count for root's questions.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// As many links are followed as the kernel would (path_resolution(7)).
const MAX_LINKS: usize = 40;

/// This machine, or the files of another below a folder.
#[derive(Debug)]
pub(crate) struct Disk {
    root: Option<PathBuf>,
}

impl Disk {
    /// This machine.
    #[must_use]
    pub(crate) const fn live() -> Self {
        Self { root: None }
    }

    /// The machine whose root directory is mounted there.
    #[must_use]
    pub(crate) const fn mounted(root: PathBuf) -> Self {
        Self { root: Some(root) }
    }

    /// The path with every link on the way followed as the server itself would: an absolute target starts at its own
    /// root, not at ours. The last component is followed if `last` says so.
    fn resolve(&self, path: &str, last: Last) -> Result<PathBuf, Refusal> {
        let Some(root) = &self.root else { return Ok(PathBuf::from(path)) };
        let mut done: Vec<OsString> = Vec::new();
        let mut pending: Vec<OsString> = parts(Path::new(path));
        let mut followed = 0;
        while let Some(part) = pending.pop() {
            if part == ".." {
                done.pop();
                continue;
            }
            done.push(part);
            let here: PathBuf = std::iter::once(root.clone().into_os_string()).chain(done.iter().cloned()).collect();
            let is_last = pending.is_empty();
            if is_last && last == Last::Kept {
                continue;
            }
            if let Ok(target) = paths::target(&here) {
                followed += 1;
                if followed > MAX_LINKS {
                    return Err(Refusal::Failed);
                }
                if target.is_absolute() {
                    done.clear();
                } else {
                    done.pop();
                }
                pending.extend(parts(&target));
            }
        }
        Ok(std::iter::once(root.clone().into_os_string()).chain(done).collect())
    }
}

/// Whether the last component of a path is followed if it is a link.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Kept,
    Followed,
}

/// The names of a path, last first.
fn parts(path: &Path) -> Vec<OsString> {
    let mut parts: Vec<_> = path
        .as_os_str()
        .as_bytes()
        .split(|byte| *byte == b'/')
        .filter(|part| !part.is_empty() && *part != b".")
        .map(|part| OsStr::from_bytes(part).to_owned())
        .collect();
    parts.reverse();
    parts
}

impl Server for Disk {
    fn is_live(&self) -> bool {
        self.root.is_none()
    }

    fn situation(&self) -> Situation {
        Situation {
            uid: host::effective_user(),
            now: host::microseconds_since_1970(),
            monotonic: host::monotonic_microseconds(),
            name: self.is_live().then(host::machine_name),
        }
    }

    fn run(&self, diagnostic: &Diagnostic<'_>) -> Result<Spoken, Refusal> {
        let reads_files = matches!(
            diagnostic,
            Diagnostic::Journal { directory: Some(_), .. } | Diagnostic::ManagerJournal { directory: Some(_), .. }
        );
        if !self.is_live() && !reads_files {
            return Err(Refusal::NotLive);
        }
        let words = diagnostic.words();
        let mut words = words.iter().map(String::as_str);
        let program = words.next().ok_or(Refusal::NotFound)?;
        let arguments: Vec<_> = words.collect();
        let variables =
            [("PATH", PATH), ("LC_ALL", "C"), ("TZ", "UTC"), ("SYSTEMD_PAGER", ""), ("SYSTEMD_COLORS", "0")];
        let request = Request {
            environment: Environment::Only(variables.map(|(name, value)| (name.into(), value.into())).to_vec()),
            timeout: TIMEOUT,
            most_output: MAX_OUTPUT,
            keep: Keep::End,
            ..Request::new(program, &arguments)
        };
        let done = process::run(&request).map_err(|error| match error.kind() {
            // EAGAIN and ENOMEM of fork(2).
            io::ErrorKind::WouldBlock | io::ErrorKind::OutOfMemory => Refusal::Exhausted,
            _ => error.into(),
        })?;
        let took = u64::try_from(done.took.as_millis()).unwrap_or(u64::MAX);
        match done.end {
            process::End::TimedOut | process::End::Stopped => Err(Refusal::TimedOut),
            process::End::Exit(status) => {
                Ok(Spoken { status: Some(status), stdout: done.stdout.text(), stderr: done.stderr.text(), took })
            }
            process::End::Signal(_) => {
                Ok(Spoken { status: None, stdout: done.stdout.text(), stderr: done.stderr.text(), took })
            }
        }
    }

    fn read(&self, path: &str, most: usize) -> Result<Vec<u8>, Refusal> {
        Ok(files::read_start(&self.resolve(path, Last::Followed)?, most)?)
    }

    fn end(&self, path: &str, most: usize) -> Result<End, Refusal> {
        let root = self.root.as_deref().unwrap_or(Path::new("/"));
        let end = file_end::read_end(root, path, most)?;
        let text = String::from_utf8_lossy(&end.bytes).into_owned();
        // The line that was cut is none.
        let whole = text.split_once('\n').filter(|_| end.is_cut).map(|(_, rest)| rest.to_owned());
        Ok(End { text: whole.unwrap_or(text), modified: end.modified })
    }

    fn look(&self, path: &str) -> Result<Look, Refusal> {
        let paths::Stat { kind, mode, uid, gid, size, changed, modified } =
            paths::look(&self.resolve(path, Last::Kept)?)?;
        let kind = match kind {
            FileKind::File => 'f',
            FileKind::Directory => 'd',
            FileKind::Link => 'l',
            FileKind::Other => 'o',
        };
        Ok(Look { kind, mode, uid, gid, size, changed, modified: Some(modified) })
    }

    fn target(&self, path: &str) -> Result<String, Refusal> {
        let target = paths::target(&self.resolve(path, Last::Kept)?)?;
        Ok(target.to_string_lossy().into_owned())
    }

    fn list(&self, path: &str) -> Result<Vec<String>, Refusal> {
        let names = paths::names(&self.resolve(path, Last::Followed)?)?;
        let mut names: Vec<_> = names.iter().map(|name| name.to_string_lossy().into_owned()).collect();
        names.sort();
        Ok(names)
    }

    fn space(&self, path: &str) -> Result<Space, Refusal> {
        let FileSystem { free, size, inodes, free_inodes } = paths::file_system(&self.resolve(path, Last::Followed)?)?;
        Ok(Space { free, size, inodes, free_inodes })
    }

    fn place(&self, path: &str) -> PathBuf {
        self.resolve(path, Last::Followed).unwrap_or_else(|_| PathBuf::from(path))
    }
}

/// The live log of a unit (`journalctl -f`), line by line, until `each` has had enough or it ends.
///
/// # Errors
/// When journalctl cannot be started or read.
pub(crate) fn follow(unit: &str, each: impl FnMut(&str) -> bool) -> io::Result<()> {
    let unit = format!("--unit={unit}");
    let args = ["--no-pager", "--follow", "--lines=20", "--output=short-iso", unit.as_str()];
    host::follow("journalctl", &args, &[("PATH", PATH), ("LC_ALL", "C"), ("SYSTEMD_COLORS", "0")], each)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_on_a_mounted_disk_stay_on_it() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("etc/real")).unwrap();
        std::fs::write(root.path().join("etc/real/file"), "inside").unwrap();
        for (name, target) in [("abs", "/etc/real"), ("rel", "etc/real"), ("up", "../../../etc/real"), ("loop", "loop")]
        {
            std::os::unix::fs::symlink(target, root.path().join(name)).unwrap();
        }
        let disk = Disk::mounted(root.path().to_path_buf());
        for name in ["abs", "rel", "up"] {
            assert_eq!(disk.read(&format!("/{name}/file"), 100), Ok(b"inside".to_vec()), "{name}");
            assert_eq!(disk.look(&format!("/{name}")).map(|look| look.kind), Ok('l'), "{name}");
        }
        assert_eq!(disk.read("/../../etc/real/file", 3), Ok(b"ins".to_vec()));
        assert_eq!(disk.list("/abs"), Ok(vec!["file".to_owned()]));
        assert!(disk.read("/loop/x", 1).is_err());
        assert_eq!(disk.run(&Diagnostic::Version), Err(Refusal::NotLive));
    }
}
