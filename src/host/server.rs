//! The server that `doctor` looks at, behind one question at a time: live, on a mounted disk, or recorded.
//!
//! Every question only reads. The commands are those of [`Diagnostic`] and no others, so `doctor` has no way to change
//! anything: a test goes through all of them.

use super::process::{self, Environment, Keep, Request};
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The read-only commands of `doctor`, and all that may vary in them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Diagnostic<'a> {
    /// The properties of a unit (`systemctl show`).
    Show(&'a str),
    /// What the document tells people to look at (`systemctl status`).
    Status(&'a str),
    /// The unit's files as the manager finds them (`systemctl cat`).
    Cat(&'a str),
    /// The version of systemd.
    Version,
    /// The newest entries of the unit (`journalctl -u`).
    Journal {
        /// The unit.
        unit: &'a str,
        /// How many.
        lines: u32,
        /// From when on, as journalctl understands it.
        since: Option<&'a str>,
        /// Read the files below this folder instead of the machine's own.
        directory: Option<&'a str>,
    },
    /// The newest entries about the unit from the manager and its children, which `-u` sometimes loses.
    ManagerJournal {
        /// The unit.
        unit: &'a str,
        /// How many.
        lines: u32,
        /// From when on, as journalctl understands it.
        since: Option<&'a str>,
        /// Read the files below this folder instead of the machine's own.
        directory: Option<&'a str>,
    },
    /// The document's listing of the deployment (`ls -la`).
    Listing(&'a str),
    /// The version of the Node at that path.
    NodeVersion(&'a str),
    /// One user of the system's (`getent passwd`).
    User(&'a str),
}

/// Fields of a journal entry that are asked for: more would be read, sent and thrown away.
const FIELDS: &str = "--output-fields=MESSAGE,MESSAGE_ID,_PID,_UID,_SYSTEMD_UNIT,UNIT,_SYSTEMD_INVOCATION_ID,\
    INVOCATION_ID,SYSLOG_IDENTIFIER,EXIT_CODE,EXIT_STATUS,_BOOT_ID,_COMM,_CMDLINE";

/// The properties that are asked for: all of them are 300 lines.
const PROPERTIES: &str = "--property=LoadState,LoadError,ActiveState,SubState,UnitFileState,Result,ExecMainCode,\
    ExecMainStatus,NRestarts,NeedDaemonReload,FragmentPath,DropInPaths,WorkingDirectory,ExecStart,User,Restart,\
    RestartUSec,MainPID,ActiveEnterTimestampMonotonic,StateChangeTimestampMonotonic,ExecMainStartTimestampMonotonic,\
    ExecMainExitTimestampMonotonic,InvocationID,Type,SourcePath";

impl Diagnostic<'_> {
    /// What it is called in the report.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Show(_) => "systemctl-show",
            Self::Status(_) => "systemctl-status",
            Self::Cat(_) => "systemctl-cat",
            Self::Version => "systemctl-version",
            Self::Journal { .. } => "journalctl-unit",
            Self::ManagerJournal { .. } => "journalctl-manager",
            Self::Listing(_) => "listing",
            Self::NodeVersion(_) => "node-version",
            Self::User(_) => "user",
        }
    }

    /// The command in words.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let words = |fixed: &[&str], last: &str| -> Vec<String> {
            fixed.iter().copied().chain([last]).map(str::to_owned).collect()
        };
        match self {
            Self::Show(unit) => words(&["systemctl", "show", "--no-pager", PROPERTIES, "--"], unit),
            Self::Status(unit) => words(&["systemctl", "status", "--no-pager", "--full", "--lines=20", "--"], unit),
            Self::Cat(unit) => words(&["systemctl", "cat", "--no-pager", "--"], unit),
            Self::Version => words(&["systemctl"], "--version"),
            Self::Journal { unit, lines, since, directory } => {
                journalctl(*lines, *since, *directory, &format!("--unit={unit}"))
            }
            Self::ManagerJournal { unit, lines, since, directory } => {
                let mut words = journalctl(*lines, *since, *directory, "_UID=0");
                words.push(format!("UNIT={unit}"));
                words
            }
            Self::Listing(path) => words(&["ls", "-la", "--"], path),
            Self::NodeVersion(path) => words(&[path], "--version"),
            Self::User(name) => words(&["getent", "passwd", "--"], name),
        }
    }
}

fn journalctl(lines: u32, since: Option<&str>, directory: Option<&str>, of: &str) -> Vec<String> {
    let mut words: Vec<String> = ["journalctl", "--no-pager", "--quiet", "--output=json", "--all", FIELDS]
        .map(str::to_owned)
        .into_iter()
        .chain([format!("--lines={lines}")])
        .collect();
    words.extend(since.map(|since| format!("--since={since}")));
    words.extend(directory.map(|directory| format!("--directory={directory}")));
    words.push(of.to_owned());
    words
}

/// How a question ended that could not be answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// There is no such file or program.
    #[error("not found")]
    NotFound,
    /// The caller may not look.
    #[error("permission denied")]
    Denied,
    /// It was not over in time.
    #[error("timed out")]
    TimedOut,
    /// It is not what was asked for: a folder where a file was expected.
    #[error("not of that kind")]
    Unlike,
    /// A live question, asked of a disk.
    #[error("not a running system")]
    NotLive,
    /// Anything else.
    #[error("input/output error")]
    Failed,
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound,
            io::ErrorKind::PermissionDenied => Self::Denied,
            io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory | io::ErrorKind::InvalidInput => Self::Unlike,
            io::ErrorKind::TimedOut => Self::TimedOut,
            _ => Self::Failed,
        }
    }
}

/// What a command gave.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Spoken {
    /// Its exit code; nothing where a signal ended it.
    pub status: Option<i32>,
    /// What it wrote to stdout, as text.
    pub stdout: String,
    /// What it wrote to stderr, as text.
    pub stderr: String,
    /// Milliseconds.
    pub took: u64,
}

/// What a path is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Look {
    /// `f` regular file, `d` directory, `l` link, `o` other.
    pub kind: char,
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
}

/// Room on a file system.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Space {
    /// Bytes that root may still write.
    pub free: u64,
    /// Bytes in all.
    pub size: u64,
    /// Inodes in all; 0 where there is no fixed number.
    pub inodes: u64,
    /// Inodes that are left.
    pub free_inodes: u64,
}

/// Who asks, and when.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Situation {
    /// Effective user id.
    pub uid: u32,
    /// Microseconds since 1970.
    pub now: u64,
    /// Microseconds of the clock that systemd's monotonic times are in.
    pub monotonic: u64,
    /// The machine's name, where it is this one.
    pub name: Option<String>,
}

/// A server.
pub trait Server: Sync {
    /// Whether commands can be run and `/proc` be read.
    fn is_live(&self) -> bool;
    /// Who asks, and when.
    fn situation(&self) -> Situation;
    /// Runs one of the read-only commands.
    ///
    /// # Errors
    /// A [`Refusal`] where it cannot be run or is not over in time.
    fn run(&self, diagnostic: &Diagnostic<'_>) -> Result<Spoken, Refusal>;
    /// The content of a regular file, at most that many bytes of it, links followed.
    ///
    /// # Errors
    /// A [`Refusal`] where there is none or it may not be read.
    fn read(&self, path: &str, most: usize) -> Result<Vec<u8>, Refusal>;
    /// What a path is, its last component not followed if it is a link.
    ///
    /// # Errors
    /// A [`Refusal`] where there is nothing or it may not be looked at.
    fn look(&self, path: &str) -> Result<Look, Refusal>;
    /// What a link says.
    ///
    /// # Errors
    /// A [`Refusal`] where there is none or it may not be read.
    fn target(&self, path: &str) -> Result<String, Refusal>;
    /// The names in a folder, sorted.
    ///
    /// # Errors
    /// A [`Refusal`] where there is none or it may not be read.
    fn list(&self, path: &str) -> Result<Vec<String>, Refusal>;
    /// The room on the file system of a path.
    ///
    /// # Errors
    /// A [`Refusal`] where there is no such path.
    fn space(&self, path: &str) -> Result<Space, Refusal>;
    /// Where a path of the server's is found by this process, to read a bundle from.
    fn place(&self, path: &str) -> PathBuf;
}

/// Each command ends within this, or is ended.
const TIMEOUT: Duration = Duration::from_secs(8);
/// Most bytes of what a command prints.
const MOST_OUTPUT: usize = 4 << 20;
/// Where commands are found: the caller's own PATH does not count for root's questions.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// As many links are followed as the kernel would (path_resolution(7)).
const MOST_LINKS: usize = 40;

/// This machine, or the files of another below a folder.
#[derive(Debug)]
pub struct Disk {
    root: Option<PathBuf>,
}

impl Disk {
    /// This machine.
    #[must_use]
    pub const fn live() -> Self {
        Self { root: None }
    }

    /// The machine whose root directory is mounted there.
    #[must_use]
    pub const fn mounted(root: PathBuf) -> Self {
        Self { root: Some(root) }
    }

    /// The path with every link on the way followed as the server itself would: an absolute target starts at its own
    /// root, not at ours. The last component is followed if `last` says so.
    fn resolve(&self, path: &str, last: Last) -> Result<PathBuf, Refusal> {
        let Some(root) = &self.root else { return Ok(PathBuf::from(path)) };
        let mut done: Vec<std::ffi::OsString> = Vec::new();
        let mut pending: Vec<std::ffi::OsString> = parts(Path::new(path));
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
            if let Ok(target) = std::fs::read_link(&here) {
                followed += 1;
                if followed > MOST_LINKS {
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
fn parts(path: &Path) -> Vec<std::ffi::OsString> {
    let mut parts: Vec<_> = path
        .as_os_str()
        .as_bytes()
        .split(|byte| *byte == b'/')
        .filter(|part| !part.is_empty() && *part != b".")
        .map(|part| std::ffi::OsStr::from_bytes(part).to_owned())
        .collect();
    parts.reverse();
    parts
}

impl Server for Disk {
    fn is_live(&self) -> bool {
        self.root.is_none()
    }

    fn situation(&self) -> Situation {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let monotonic = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let seconds = u64::try_from(monotonic.tv_sec).unwrap_or_default();
        let name = self.is_live().then(|| rustix::system::uname().nodename().to_string_lossy().into_owned());
        Situation {
            uid: rustix::process::geteuid().as_raw(),
            now: u64::try_from(now.as_micros()).unwrap_or(u64::MAX),
            monotonic: seconds * 1_000_000 + u64::try_from(monotonic.tv_nsec).unwrap_or_default() / 1000,
            name,
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
            most_output: MOST_OUTPUT,
            keep: Keep::End,
            ..Request::new(program, &arguments)
        };
        let done = process::run(&request)?;
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
        let place = self.resolve(path, Last::Followed)?;
        // Looked at first: a FIFO would block, a device could do anything.
        if !std::fs::metadata(&place)?.is_file() {
            return Err(Refusal::Unlike);
        }
        let mut content = Vec::new();
        std::fs::File::open(&place)?.take(most as u64).read_to_end(&mut content)?;
        Ok(content)
    }

    fn look(&self, path: &str) -> Result<Look, Refusal> {
        let meta = std::fs::symlink_metadata(self.resolve(path, Last::Kept)?)?;
        let kind = match meta.file_type() {
            kind if kind.is_file() => 'f',
            kind if kind.is_dir() => 'd',
            kind if kind.is_symlink() => 'l',
            _ => 'o',
        };
        let seconds = u64::try_from(meta.ctime()).unwrap_or_default();
        let changed = seconds * 1_000_000 + u64::try_from(meta.ctime_nsec()).unwrap_or_default() / 1000;
        let (mode, uid, gid) = (meta.mode() & 0o7777, meta.uid(), meta.gid());
        Ok(Look { kind, mode, uid, gid, size: meta.size(), changed })
    }

    fn target(&self, path: &str) -> Result<String, Refusal> {
        let target = std::fs::read_link(self.resolve(path, Last::Kept)?)?;
        Ok(target.to_string_lossy().into_owned())
    }

    fn list(&self, path: &str) -> Result<Vec<String>, Refusal> {
        let entries = std::fs::read_dir(self.resolve(path, Last::Followed)?)?;
        let mut names = Vec::new();
        for entry in entries {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }

    fn space(&self, path: &str) -> Result<Space, Refusal> {
        let found = rustix::fs::statvfs(self.resolve(path, Last::Followed)?).map_err(io::Error::from)?;
        let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
        Ok(Space {
            free: bytes(found.f_bfree),
            size: bytes(found.f_blocks),
            inodes: found.f_files,
            free_inodes: found.f_ffree,
        })
    }

    fn place(&self, path: &str) -> PathBuf {
        self.resolve(path, Last::Followed).unwrap_or_else(|_| PathBuf::from(path))
    }
}

/// The live log of a unit (`journalctl -f`), line by line, until `each` has had enough or it ends.
///
/// # Errors
/// When journalctl cannot be started or read.
pub fn follow(unit: &str, mut each: impl FnMut(&str) -> bool) -> io::Result<()> {
    let mut command = std::process::Command::new("journalctl");
    command.args(["--no-pager", "--follow", "--lines=20", "--output=short-iso"]).arg(format!("--unit={unit}"));
    command.env("PATH", PATH).env("LC_ALL", "C").env("SYSTEMD_COLORS", "0");
    let mut child = command.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::piped()).spawn()?;
    if let Some(lines) = child.stdout.take() {
        for line in io::BufReader::new(lines).split(b'\n') {
            if !each(&String::from_utf8_lossy(&line?)) {
                break;
            }
        }
    }
    let _ = child.kill();
    child.wait().map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every command there is, with values that try to be something else.
    fn all() -> Vec<Vec<String>> {
        let odd = "--now";
        let journal = |directory| Diagnostic::Journal { unit: odd, lines: 5, since: Some("--rotate"), directory };
        let manager = |directory| Diagnostic::ManagerJournal { unit: odd, lines: 5, since: None, directory };
        let all = [
            Diagnostic::Show(odd),
            Diagnostic::Status(odd),
            Diagnostic::Cat(odd),
            Diagnostic::Version,
            journal(None),
            journal(Some("--vacuum-size=1")),
            manager(None),
            manager(Some("/x")),
            Diagnostic::Listing(odd),
            Diagnostic::NodeVersion("/usr/bin/node"),
            Diagnostic::User(odd),
        ];
        // A new variant does not compile until it stands in the list above.
        for diagnostic in &all {
            match diagnostic {
                Diagnostic::Show(_) | Diagnostic::Status(_) | Diagnostic::Cat(_) | Diagnostic::Version => {}
                Diagnostic::Journal { .. } | Diagnostic::ManagerJournal { .. } => {}
                Diagnostic::Listing(_) | Diagnostic::NodeVersion(_) | Diagnostic::User(_) => {}
            }
        }
        all.iter().map(Diagnostic::words).collect()
    }

    #[test]
    fn no_command_can_change_the_server() {
        let fixed: [&[&str]; 8] = [
            &["systemctl", "show", "--no-pager", PROPERTIES, "--"],
            &["systemctl", "status", "--no-pager", "--full", "--lines=20", "--"],
            &["systemctl", "cat", "--no-pager", "--"],
            &["systemctl", "--version"],
            &["journalctl", "--no-pager", "--quiet", "--output=json", "--all"],
            &["ls", "-la", "--"],
            &["/usr/bin/node", "--version"],
            &["getent", "passwd", "--"],
        ];
        for words in all() {
            let start = fixed.iter().find(|start| words.starts_with(&start.map_to_owned()));
            assert!(start.is_some(), "not on the list: {words:?}");
            if words.first().is_some_and(|program| program == "journalctl") {
                // What varies stands behind the `=` of an option, or is a match, so it can be no option of its own.
                let known = ["--output-fields=", "--lines=", "--since=", "--directory=", "--unit=", "_UID=0", "UNIT="];
                for word in words.iter().skip(5) {
                    assert!(known.iter().any(|known| word.starts_with(known)), "{word}");
                }
            }
        }
    }

    trait MapToOwned {
        fn map_to_owned(&self) -> Vec<String>;
    }

    impl MapToOwned for &[&str] {
        fn map_to_owned(&self) -> Vec<String> {
            self.iter().map(|word| (*word).to_owned()).collect()
        }
    }

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
