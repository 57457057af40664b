//! Opening a subject, once: what it is decides how it is read.

use super::reading::SourceError;
use rustix::fs::{AtFlags, FileType};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;

/// A subject that was opened.
pub(crate) enum Opened {
    /// A directory, held open.
    Directory(Directory),
    /// A file, pipe or stdin.
    Stream(Stream),
}

/// A directory, held open: what is read in it is opened relative to it.
pub(crate) struct Directory(pub OwnedFd);

impl Directory {
    /// Whether a regular file of that name stands in it, links followed.
    #[must_use]
    pub(crate) fn has_file(&self, name: &str) -> bool {
        rustix::fs::statat(&self.0, name, AtFlags::empty())
            .is_ok_and(|found| FileType::from_raw_mode(found.st_mode) == FileType::RegularFile)
    }
}

/// The bytes of an archive, before anything was made of them.
pub(crate) struct Stream {
    /// Where they come from.
    pub reader: Box<dyn Read + Send>,
    /// How many there are, where that is known.
    pub length: Option<u64>,
    /// Whether a plain tar is accepted under this name: stdin, or a name ending in `.tar`.
    pub may_be_plain: bool,
}

/// Opens a path, or stdin for `-`.
///
/// # Errors
/// A [`SourceError`] where it cannot be opened or looked at.
pub(crate) fn open(path: &str) -> Result<Opened, SourceError> {
    if path == "-" {
        return Ok(Opened::Stream(Stream { reader: Box::new(io::stdin()), length: None, may_be_plain: true }));
    }
    let file = File::open(path).map_err(|error| SourceError::new("cannot open", path, error))?;
    let metadata = file.metadata().map_err(|error| SourceError::new("cannot look at", path, error))?;
    if metadata.is_dir() {
        return Ok(Opened::Directory(Directory(file.into())));
    }
    let regular = metadata.is_file();
    // The update's `tar -xzf` fails on a plain tar, so under the name of a compressed one it is a fault. A pipe has no
    // name.
    let may_be_plain = !regular || path.to_ascii_lowercase().ends_with(".tar");
    Ok(Opened::Stream(Stream { reader: Box::new(file), length: regular.then_some(metadata.len()), may_be_plain }))
}
