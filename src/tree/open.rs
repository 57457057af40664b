//! Opening a subject, once: what it is decides how it is read.

use super::reading::SourceError;
use rustix::fs::{AtFlags, FileType};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// A subject that was opened.
pub(crate) enum OpenedSubject {
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
    /// The file that they are read from, where it is a regular one: then they can be read once more.
    file: Option<Arc<File>>,
}

impl Stream {
    /// The bytes of a regular file.
    fn of_file(file: Arc<File>, length: Option<u64>, may_be_plain: bool) -> Self {
        let reader = FromStart { file: Arc::clone(&file), offset: 0 };
        Self { reader: Box::new(reader), length, may_be_plain, file: Some(file) }
    }

    /// The same bytes from their start; nothing where they pass only once.
    pub(crate) fn again(&self) -> Option<Self> {
        let file = self.file.as_ref()?;
        Some(Self::of_file(Arc::clone(file), self.length, self.may_be_plain))
    }
}

/// A file that is read by its own offset: the one of the descriptor is shared with who else holds it.
struct FromStart {
    file: Arc<File>,
    offset: u64,
}

impl Read for FromStart {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}

/// Opens a path, or stdin for `-`.
///
/// # Errors
/// A [`SourceError`] where it cannot be opened or looked at.
pub(crate) fn open(path: &str) -> Result<OpenedSubject, SourceError> {
    if path == "-" {
        return Ok(OpenedSubject::Stream(Stream {
            reader: Box::new(io::stdin()),
            length: None,
            may_be_plain: true,
            file: None,
        }));
    }
    let file = File::open(path).map_err(|error| SourceError::new("cannot open", path, error))?;
    let metadata = file.metadata().map_err(|error| SourceError::new("cannot look at", path, error))?;
    if metadata.is_dir() {
        return Ok(OpenedSubject::Directory(Directory(file.into())));
    }
    let regular = metadata.is_file();
    // The update's `tar -xzf` fails on a plain tar, so under the name of a compressed one it is a fault. A pipe has no
    // name.
    let may_be_plain = !regular || path.to_ascii_lowercase().ends_with(".tar");
    Ok(OpenedSubject::Stream(if regular {
        Stream::of_file(Arc::new(file), Some(metadata.len()), may_be_plain)
    } else {
        Stream { reader: Box::new(file), length: None, may_be_plain, file: None }
    }))
}
