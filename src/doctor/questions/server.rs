//! What a server can be asked, and what its answers look like.

use super::diagnostic::Diagnostic;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::PathBuf;

/// How a question ended that could not be answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Unanswered {
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
    /// There are too many processes, or too little memory for another.
    #[error("no further process can be started")]
    Exhausted,
    /// There is more of it than is read.
    #[error("there is more than is read of one")]
    TooMuch,
    /// It is in an image that the unit mounts for its service.
    #[error("it is in an image that the unit mounts")]
    InImage,
    /// Anything else.
    #[error("input/output error")]
    Failed,
}

impl From<io::Error> for Unanswered {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound,
            io::ErrorKind::PermissionDenied => Self::Denied,
            io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory | io::ErrorKind::InvalidInput => Self::Unlike,
            // A link where none is followed (ELOOP, open(2)).
            _ if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => Self::Unlike,
            io::ErrorKind::TimedOut => Self::TimedOut,
            _ => Self::Failed,
        }
    }
}

/// What a command gave.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Spoken {
    /// Its exit code; nothing where a signal ended it.
    pub status: Option<i32>,
    /// What it wrote to stdout, as text.
    pub stdout: String,
    /// What it wrote to stderr, as text.
    pub stderr: String,
    /// Milliseconds.
    pub took: u64,
}

/// The end of a file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct AnsweredEnd {
    /// Its last bytes as text, whole lines only.
    pub text: String,
    /// Microseconds since 1970 at which it was last written.
    pub modified: u64,
}

/// What a path is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Look {
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
    /// Microseconds since 1970 at which the content was last changed (mtime); older recordings have it not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<u64>,
    /// Whether further users or groups may write there by a list (acl(5)).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_shared_by_list: bool,
}

/// Room on a file system.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Space {
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
pub(crate) struct Situation {
    /// Effective user id.
    pub uid: u32,
    /// Microseconds since 1970.
    pub now: u64,
    /// Microseconds of the clock that systemd's monotonic times are in.
    pub monotonic: u64,
    /// The machine's name, where it is this one.
    pub name: Option<String>,
}

/// What the main thread of a process did while it was watched.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Effort {
    /// Milliseconds on a processor.
    pub ran: u64,
    /// Whether it paused meanwhile, as an event loop does that has nothing to do.
    pub paused: bool,
}

/// A server.
pub(crate) trait Server: Sync {
    /// Whether commands can be run and `/proc` be read.
    fn is_live(&self) -> bool;
    /// Who asks, and when.
    fn situation(&self) -> Situation;
    /// Runs one of the read-only commands.
    ///
    /// # Errors
    /// [`Unanswered`] where it cannot be run or is not over in time.
    fn run(&self, diagnostic: &Diagnostic<'_>) -> Result<Spoken, Unanswered>;
    /// The content of a regular file, at most that many bytes of it, links followed.
    ///
    /// # Errors
    /// [`Unanswered`] where there is none or it may not be read.
    fn read(&self, path: &str, most: usize) -> Result<Vec<u8>, Unanswered>;
    /// The end of a regular file, at most that many bytes of it, no link followed on the way.
    ///
    /// # Errors
    /// [`Unanswered`] where there is none or it may not be read.
    fn end(&self, path: &str, most: usize) -> Result<AnsweredEnd, Unanswered>;
    /// What a path is, its last component not followed if it is a link.
    ///
    /// # Errors
    /// [`Unanswered`] where there is nothing or it may not be looked at.
    fn look(&self, path: &str) -> Result<Look, Unanswered>;
    /// What a link says.
    ///
    /// # Errors
    /// [`Unanswered`] where there is none or it may not be read.
    fn target(&self, path: &str) -> Result<String, Unanswered>;
    /// The names in a folder, sorted.
    ///
    /// # Errors
    /// [`Unanswered`] where there is none or it may not be read.
    fn list(&self, path: &str) -> Result<Vec<String>, Unanswered>;
    /// The room on the file system of a path.
    ///
    /// # Errors
    /// [`Unanswered`] where there is no such path.
    fn space(&self, path: &str) -> Result<Space, Unanswered>;
    /// What the main thread of a process does, watched until it pauses, and for so many milliseconds at least.
    ///
    /// # Errors
    /// [`Unanswered`] where there is no such process, or the kernel does not tell.
    fn effort(&self, pid: u32, least: u64) -> Result<Effort, Unanswered>;
    /// Where a path of the server's is found by this process, to read a bundle from.
    fn place(&self, path: &str) -> PathBuf;
}
