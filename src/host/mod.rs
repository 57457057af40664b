//! What the outside world is asked for: the environment, the clock, files read and written safely, and programs run.

mod clock;
pub(crate) mod descendants;
pub(crate) mod effort;
pub(crate) mod file_end;
pub(crate) mod files;
pub(crate) mod folders;
mod follow;
pub(crate) mod git;
mod groups;
pub(crate) mod held;
pub(crate) mod interrupt;
pub(crate) mod nearest;
pub(crate) mod outputs;
pub(crate) mod paths;
pub(crate) mod process;
pub(crate) mod rooted;
pub(crate) mod stragglers;
pub(crate) mod terminal;
pub(crate) mod trusted;

pub(crate) use clock::{microseconds_since_1970, monotonic_microseconds, seconds_since_1970};
pub(crate) use follow::follow;

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// An environment variable that is set and not empty.
#[must_use]
pub(crate) fn env(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Whether an environment variable is set, be it to nothing.
#[must_use]
pub(crate) fn env_is_set(name: &str) -> bool {
    std::env::var_os(name).is_some()
}

/// The whole environment.
#[must_use]
pub(crate) fn environment() -> Vec<(OsString, OsString)> {
    std::env::vars_os().collect()
}

/// The name of this machine (uname(2)).
#[must_use]
pub(crate) fn machine_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// The user whose rights this process has.
#[must_use]
pub(crate) fn effective_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// From now on files and folders that this process and its children make are nobody else's to write (umask(2)).
pub(crate) fn write_for_oneself_alone() {
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
}

/// The program of that name, found in PATH as execvp(3) does.
#[must_use]
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let path = env("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|candidate| {
        candidate.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
    })
}

/// The nearest file of that name, from a folder upwards.
///
/// # Errors
/// Where a folder cannot be looked into.
pub(crate) fn find_upwards_from(folder: &Path, name: &str) -> io::Result<Option<PathBuf>> {
    for folder in folder.ancestors() {
        let candidate = folder.join(name);
        // Whatever is there is the nearest: a link that leads nowhere is told of, not passed over.
        match candidate.symlink_metadata() {
            Ok(_) => return Ok(Some(candidate)),
            Err(error) if files::is_absent(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Writes a file so that it is there whole or not at all: beside its place, synced, then renamed over it, with the mode
/// of the one that was there. What is no file is written into, or refused ([`outputs`]).
///
/// # Errors
/// Whatever writing, syncing or renaming gives; the file beside is removed again.
pub(crate) fn write_whole(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let buffered = |out: &mut dyn Write| {
        let mut out = io::BufWriter::new(out);
        write(&mut out)?;
        out.flush()
    };
    match outputs::look(path)? {
        outputs::OutputPlace::Stream(mut stream) => buffered(&mut stream),
        outputs::OutputPlace::File => {
            let staged = files::Staged::with(path, 0o666, buffered)?;
            outputs::keep_mode(&staged)?;
            staged.commit(files::Existing::Replaced)
        }
    }
}

/// Writes a file that only its owner may read so that it is there whole or not at all, whatever was there before.
///
/// # Errors
/// Where something other than a file is there, and whatever writing, syncing or renaming gives.
pub(crate) fn write_secret(path: &Path, content: &[u8]) -> io::Result<()> {
    outputs::must_be_file(path)?;
    files::Staged::write(path, content, 0o600)?.commit(files::Existing::Replaced)
}

/// Appends to a file, which is made if it is not there.
///
/// # Errors
/// Whatever opening or writing gives.
pub(crate) fn append(path: &Path, content: &[u8]) -> io::Result<()> {
    OpenOptions::new().append(true).create(true).open(path)?.write_all(content)
}
