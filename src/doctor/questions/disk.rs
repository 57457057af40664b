//! This machine, or the files of another below a folder.

use super::diagnostic::Diagnostic;
use super::journal_files::JournalFiles;
use super::server::{AnsweredEnd, Effort, Look, Server, Situation, Space, Spoken, Unanswered};
use crate::host::paths::{self, FileKind, FileSystem};
use crate::host::process::{self, Environment, Keep, Request};
use crate::host::rooted::{self, Last, Rooted};
use crate::host::{self, effort, file_end, files};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Each command ends within this, or is ended.
const TIMEOUT: Duration = Duration::from_secs(8);
/// Most bytes of what a command prints.
const MAX_OUTPUT: usize = 4 << 20;
/// Where root's programs are (systemd.exec(5), "Environment Variables in Spawned Processes"): the caller's own PATH does not count
/// for root's questions.
pub(crate) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// Most names of one folder of a mounted disk: many times those of any that is listed.
const MAX_NAMES: usize = 20_000;
/// Memory that journalctl may take for a mounted disk's journal, whose entries may be packed to many times their size. The files
/// themselves, which it maps, do not count.
const MAX_MEMORY: u64 = 512 << 20;

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

    /// What is at a path of a mounted disk; nothing where it is this machine's.
    fn rooted(&self, path: &str, last: Last) -> Result<Option<Rooted>, Unanswered> {
        Ok(self.root.as_deref().map(|root| Rooted::find(root, path, last)).transpose()?)
    }
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

    fn run(&self, diagnostic: &Diagnostic<'_>) -> Result<Spoken, Unanswered> {
        let directory = match diagnostic {
            Diagnostic::Journal { directory, .. }
            | Diagnostic::ManagerJournal { directory, .. }
            | Diagnostic::MachineJournal { directory, .. } => *directory,
            _ => None,
        };
        let files = match (&self.root, directory) {
            (None, _) => None,
            (Some(_), None) => return Err(Unanswered::NotLive),
            (Some(root), Some(directory)) => Some(journal_files(root, directory)?),
        };
        let mut words = diagnostic.words();
        if let Some(files) = &files {
            let ours = |word: &mut String| *word = format!("--directory={}", files.folder().display());
            words.iter_mut().filter(|word| word.starts_with("--directory=")).for_each(ours);
        }
        let mut words = words.iter().map(String::as_str);
        let program = words.next().and_then(found).ok_or(Unanswered::NotFound)?;
        let arguments: Vec<_> = words.collect();
        let variables =
            [("PATH", PATH), ("LC_ALL", "C"), ("TZ", "UTC"), ("SYSTEMD_PAGER", ""), ("SYSTEMD_COLORS", "0")];
        let request = Request {
            environment: Environment::Only(variables.map(|(name, value)| (name.into(), value.into())).to_vec()),
            timeout: TIMEOUT,
            most_output: MAX_OUTPUT,
            keep: Keep::End,
            most_memory: files.is_some().then_some(MAX_MEMORY),
            ..Request::new(program, &arguments)
        };
        let done = process::run(&request).map_err(|error| match error.kind() {
            // EAGAIN and ENOMEM of fork(2).
            io::ErrorKind::WouldBlock | io::ErrorKind::OutOfMemory => Unanswered::Exhausted,
            _ => error.into(),
        })?;
        let status = match done.end {
            process::ProcessEnd::TimedOut | process::ProcessEnd::Stopped => return Err(Unanswered::TimedOut),
            process::ProcessEnd::Exit(status) => Some(status),
            process::ProcessEnd::Signal(_) => None,
        };
        let stderr = done.stderr.text();
        Ok(Spoken {
            status,
            stdout: diagnostic.kept(done.stdout.text()),
            stderr: files.as_ref().map_or_else(|| stderr.clone(), |files| files.told(&stderr)),
            took: u64::try_from(done.took.as_millis()).unwrap_or(u64::MAX),
        })
    }

    fn read(&self, path: &str, most: usize) -> Result<Vec<u8>, Unanswered> {
        let Some(found) = self.rooted(path, Last::Followed)? else {
            return Ok(files::read_start(Path::new(path), most)?);
        };
        let mut content = Vec::new();
        found.open()?.take(most as u64).read_to_end(&mut content)?;
        Ok(content)
    }

    fn end(&self, path: &str, most: usize) -> Result<AnsweredEnd, Unanswered> {
        let root = self.root.as_deref().unwrap_or(Path::new("/"));
        let end = file_end::read_end(root, path, most)?;
        let text = String::from_utf8_lossy(&end.bytes).into_owned();
        // The line that was cut is none.
        let whole = text.split_once('\n').filter(|_| end.is_cut).map(|(_, rest)| rest.to_owned());
        Ok(AnsweredEnd { text: whole.unwrap_or(text), modified: end.modified })
    }

    fn look(&self, path: &str) -> Result<Look, Unanswered> {
        let stat = self.rooted(path, Last::Kept)?.map_or_else(|| paths::look(Path::new(path)), |found| found.stat())?;
        let paths::Stat { kind, mode, uid, gid, size, changed, modified } = stat;
        let kind = match kind {
            FileKind::File => 'f',
            FileKind::Directory => 'd',
            FileKind::Link => 'l',
            FileKind::Other => 'o',
        };
        // The bits of the group are those of the list, where there is one.
        let may_be_shared = self.root.is_none() && kind != 'l' && mode & 0o020 != 0;
        let is_shared_by_list = may_be_shared && paths::has_access_list(Path::new(path));
        Ok(Look { kind, mode, uid, gid, size, changed, modified: Some(modified), is_shared_by_list })
    }

    fn target(&self, path: &str) -> Result<String, Unanswered> {
        let found = self.rooted(path, Last::Kept)?;
        let target = found.map_or_else(|| paths::target(Path::new(path)), |found| found.target())?;
        Ok(target.to_string_lossy().into_owned())
    }

    fn list(&self, path: &str) -> Result<Vec<String>, Unanswered> {
        let names = match self.rooted(path, Last::Followed)? {
            None => paths::names(Path::new(path))?,
            Some(found) => found.names(MAX_NAMES)?.ok_or(Unanswered::TooMuch)?,
        };
        let mut names: Vec<_> = names.iter().map(|name| name.to_string_lossy().into_owned()).collect();
        names.sort();
        Ok(names)
    }

    fn space(&self, path: &str) -> Result<Space, Unanswered> {
        let found = self.rooted(path, Last::Followed)?;
        let system = found.map_or_else(|| paths::file_system(Path::new(path)), |found| found.file_system())?;
        let FileSystem { free, size, inodes, free_inodes } = system;
        Ok(Space { free, size, inodes, free_inodes })
    }

    fn effort(&self, pid: u32, least: u64) -> Result<Effort, Unanswered> {
        if !self.is_live() {
            return Err(Unanswered::NotLive);
        }
        let watched = effort::watch(pid, Duration::from_millis(least)).ok_or(Unanswered::NotFound)?;
        Ok(Effort { ran: u64::try_from(watched.ran.as_millis()).unwrap_or(u64::MAX), paused: watched.paused })
    }

    fn place(&self, path: &str) -> PathBuf {
        self.root.as_deref().map_or_else(|| PathBuf::from(path), |root| rooted::place(root, path))
    }
}

/// Where a program of that name may be, the first place first.
pub(crate) fn places_of(program: &str) -> impl Iterator<Item = String> {
    PATH.split(':').map(move |folder| format!("{folder}/{program}"))
}

/// The path of a program. By its name it would be looked for by a copy of this process, which takes longer to make than most
/// commands take; by a path it is started without one (posix_spawn(3)).
fn found(program: &str) -> Option<String> {
    if program.contains('/') {
        return Some(program.to_owned());
    }
    let may_be_run = |stat: paths::Stat| stat.kind == FileKind::File && stat.mode & 0o111 != 0;
    places_of(program).find(|path| paths::look_through(Path::new(path)).is_ok_and(may_be_run))
}

/// The files of a folder of journals that is below the root.
fn journal_files(root: &Path, directory: &str) -> Result<JournalFiles, Unanswered> {
    let below = Path::new(directory).strip_prefix(root).ok().and_then(Path::to_str).ok_or(Unanswered::Failed)?;
    JournalFiles::hold(root, &format!("/{below}"))
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
        assert_eq!(disk.run(&Diagnostic::Version), Err(Unanswered::NotLive));
    }
}
