//! Small files read with a bound, and files written so that nothing is overwritten unasked and nothing is left half.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// What is said of a FIFO, a device, a socket or a folder.
pub(crate) const NOT_REGULAR: &str = "it is not a regular file";

/// What becomes of a link where a file was looked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Links {
    /// What it leads to is opened.
    Followed,
    /// It is an error.
    Refused,
}

/// What becomes of a file that is there already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Existing {
    /// It stays, and that is an error.
    Kept,
    /// It is overwritten.
    Replaced,
}

/// The start of a file, and how long the file is.
pub(crate) struct Bounded {
    /// At most one byte more than the bound. Wiped when dropped, for it may be a key.
    pub bytes: Zeroizing<Vec<u8>>,
    /// Bytes in the file, as far as is known: above the bound where there is more than was read.
    pub size: usize,
}

/// Reads a file that the user named, up to a bound: a regular one, or a pipe that the program was started with
/// (`--signature <(…)`). A FIFO that nobody writes to would hold the run up, and a device could have no end.
///
/// # Errors
/// Whatever opening or reading gives; also where it is neither.
pub(crate) fn read_named(path: &Path, most: usize) -> io::Result<Bounded> {
    bounded(open_named(path)?, most)
}

fn open_named(path: &Path) -> io::Result<File> {
    if is_inherited(path) { open_inherited(path) } else { open_regular(path, Links::Followed) }
}

/// [`read_named`] of what holds no key, and may be large: nothing is set aside for it before it is there, and nothing is wiped.
/// The second value is the file's size, as in [`Bounded`].
///
/// # Errors
/// As [`read_named`].
pub(crate) fn read_large(path: &Path, most: usize) -> io::Result<(Vec<u8>, usize)> {
    let file = open_named(path)?;
    // One byte more than it says it has, so that it does not grow when its end is found.
    let mut bytes = Vec::with_capacity(stated(&file).min(most).saturating_add(1));
    let size = fill(file, most, &mut bytes)?;
    Ok((bytes, size))
}

/// Whether a path names a descriptor that the program was started with (proc_pid_fd(5)).
#[must_use]
pub(super) fn is_inherited(path: &Path) -> bool {
    path == Path::new("/dev/stdin") || ["/dev/fd", "/proc/self/fd"].iter().any(|folder| path.starts_with(folder))
}

/// Whether a path leads to a FIFO (fifo(7)): opening it waits until somebody opens the other end.
#[must_use]
pub(crate) fn is_fifo(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    fs::metadata(path).is_ok_and(|found| found.file_type().is_fifo())
}

/// Opens such a path: a pipe or a regular file. What a pipe brings is waited for, since its writer is at work.
///
/// # Errors
/// Whatever opening gives; also where it is anything else.
pub(super) fn open_inherited(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::FileTypeExt;
    let nonblocking = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = OpenOptions::new().read(true).custom_flags(nonblocking).open(path)?;
    let kind = file.metadata()?.file_type();
    if !kind.is_fifo() {
        return if kind.is_file() { Ok(file) } else { Err(io::Error::other(NOT_REGULAR)) };
    }
    let flags = rustix::fs::fcntl_getfl(&file)?;
    rustix::fs::fcntl_setfl(&file, flags - rustix::fs::OFlags::NONBLOCK)?;
    Ok(file)
}

/// Reads a file that was found and not named, up to a bound: nothing but a regular file is opened for long, so that
/// a FIFO of that name holds nobody up.
///
/// # Errors
/// As opening and reading give them; also where it is no regular file.
pub(crate) fn read_regular(path: &Path, most: usize, links: Links) -> io::Result<Bounded> {
    bounded(open_regular(path, links)?, most)
}

/// Bytes that are asked for at once where the size is not known.
const ONE_READ: usize = 8 << 10;

/// The start of a regular file, at most that many bytes of it, links followed.
///
/// # Errors
/// Whatever looking, opening or reading gives; `InvalidInput` where it is no regular file.
pub(crate) fn read_start(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, NOT_REGULAR));
    }
    // Files of /proc say no size, and would be read in small pieces.
    let mut content = Vec::with_capacity(most.min(ONE_READ));
    // Between the two looks it may have become a FIFO, which must not hold us up.
    open_regular(path, Links::Followed)?.take(most as u64).read_to_end(&mut content)?;
    Ok(content)
}

/// The content of a file of our own making, or of a bundle that runs here anyway: there is no bound.
///
/// # Errors
/// Whatever opening or reading gives.
pub(crate) fn read_whole(path: &Path) -> io::Result<Vec<u8>> {
    fs::read(path)
}

/// Opens a file that was found and not named, as [`read_regular`] does.
///
/// # Errors
/// Whatever opening gives; also where it is no regular file.
pub(crate) fn open_regular(path: &Path, links: Links) -> io::Result<File> {
    let mut flags = rustix::fs::OFlags::NONBLOCK;
    if links == Links::Refused {
        flags |= rustix::fs::OFlags::NOFOLLOW;
    }
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other(NOT_REGULAR));
    }
    Ok(file)
}

/// Reads what is open, up to a bound.
///
/// # Errors
/// Whatever reading gives.
pub(super) fn bounded(file: File, most: usize) -> io::Result<Bounded> {
    // All the room at once: a buffer that grows would leave copies of a key behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(most.saturating_add(1)));
    let size = fill(file, most, &mut bytes)?;
    Ok(Bounded { bytes, size })
}

/// The size that a file says it has.
fn stated(file: &File) -> usize {
    file.metadata().map_or(0, |metadata| usize::try_from(metadata.len()).unwrap_or(usize::MAX))
}

/// Reads at most one byte more than the bound, and gives the file's size as in [`Bounded`].
fn fill(file: File, most: usize, bytes: &mut Vec<u8>) -> io::Result<usize> {
    let stated = stated(&file);
    file.take((most as u64).saturating_add(1)).read_to_end(bytes)?;
    Ok(if bytes.len() > most { stated.max(bytes.len()) } else { bytes.len() })
}

/// A file that is written and synced, and not in its place yet. Dropped, it is gone again; where the file system can,
/// it has no name until then, so that not even a killed program leaves it behind.
pub(crate) struct Staged {
    /// The file, while it has no name.
    nameless: Option<File>,
    beside: PathBuf,
    place: PathBuf,
}

impl Staged {
    /// Writes the content beside `place`, with these permission bits less the umask.
    ///
    /// # Errors
    /// Whatever creating, writing or syncing gives; nothing is left then.
    pub(crate) fn write(place: &Path, content: &[u8], mode: u32) -> io::Result<Self> {
        Self::with(place, mode, |out| out.write_all(content))
    }

    /// [`Staged::write`] of what is made as it is written. Nothing is buffered here: a buffer would keep a copy of a key.
    ///
    /// # Errors
    /// As [`Staged::write`], and whatever `write` gives.
    pub(crate) fn with(
        place: &Path,
        mode: u32,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<Self> {
        let name = place.file_name().ok_or_else(|| io::Error::other("it has no file name"))?;
        let mut beside = OsString::from(".");
        beside.push(name);
        beside.push(format!(".{}.tmp", std::process::id()));
        let beside = place.with_file_name(beside);
        let place = place.to_path_buf();
        if let Some(file) = nameless(&beside, mode) {
            write(&mut &file)?;
            file.sync_all()?;
            return Ok(Self { nameless: Some(file), beside, place });
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside)?;
        let staged = Self { nameless: None, beside, place };
        write(&mut &file)?;
        file.sync_all()?;
        Ok(staged)
    }

    /// Where this process finds it until it takes its place.
    #[must_use]
    pub(crate) fn path(&self) -> PathBuf {
        self.nameless.as_ref().map_or_else(|| self.beside.clone(), proc_path)
    }

    /// Where it will be.
    #[must_use]
    pub(crate) fn place(&self) -> &Path {
        &self.place
    }

    pub(super) fn commit(&self, existing: Existing) -> io::Result<()> {
        if let Some(file) = &self.nameless {
            if existing == Existing::Kept {
                return name(file, &self.place);
            }
            name(file, &self.beside)?;
        }
        match existing {
            Existing::Kept => rename_to_nothing(&self.beside, &self.place),
            Existing::Replaced => fs::rename(&self.beside, &self.place),
        }
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // After a commit there is nothing of that name.
        let _ = fs::remove_file(&self.beside);
    }
}

/// Puts all files in their places, or none of them. Where existing ones are kept, nothing is overwritten, whoever else is
/// writing; otherwise, a file that was replaced stays replaced when a later one cannot be.
///
/// # Errors
/// The place that could not be taken, and why.
pub(crate) fn commit(files: &[Staged], existing: Existing) -> Result<(), (PathBuf, io::Error)> {
    for (at, file) in files.iter().enumerate() {
        if let Err(error) = file.commit(existing) {
            if existing == Existing::Kept {
                for done in files.iter().take(at) {
                    let _ = fs::remove_file(&done.place);
                }
            }
            return Err((file.place.clone(), error));
        }
    }
    Ok(())
}

/// A file in that folder that has no name yet (open(2), `O_TMPFILE`); nothing where the file system has none, or where
/// there is no /proc to name it through.
fn nameless(beside: &Path, mode: u32) -> Option<File> {
    let folder = beside.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let flags = i32::try_from(rustix::fs::OFlags::TMPFILE.bits()).ok()?;
    let file = OpenOptions::new().write(true).mode(mode).custom_flags(flags).open(folder).ok()?;
    proc_path(&file).exists().then_some(file)
}

fn proc_path(file: &File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

/// Gives a nameless file its name, if nothing of that name is there.
fn name(file: &File, place: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, linkat};
    Ok(linkat(CWD, proc_path(file), CWD, place, AtFlags::SYMLINK_FOLLOW)?)
}

/// rename(2) that fails where something is there already. File systems that cannot (NFS) get a link and an unlink.
fn rename_to_nothing(from: &Path, to: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS) => fs::hard_link(from, to),
        done => done.map_err(io::Error::from),
    }
}

/// `agent-bundle.tar.gz` and `minisig` make `agent-bundle.tar.gz.minisig`.
#[must_use]
pub(crate) fn with_extension(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    name.into()
}

/// Whether an error says that there is nothing at a path.
#[must_use]
pub(crate) fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn several_files_are_there_together_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        let stage =
            |words: &[u8]| [Staged::write(&one, words, 0o600).unwrap(), Staged::write(&two, words, 0o644).unwrap()];
        fs::write(&two, "old").unwrap();
        let (place, error) = commit(&stage(b"new"), Existing::Kept).unwrap_err();
        assert_eq!((place, error.kind()), (two.clone(), io::ErrorKind::AlreadyExists));
        assert_eq!((one.exists(), fs::read(&two).unwrap()), (false, b"old".to_vec()));
        commit(&stage(b"new"), Existing::Replaced).unwrap();
        assert_eq!((fs::read(&one).unwrap(), fs::read(&two).unwrap()), (b"new".to_vec(), b"new".to_vec()));
        assert_eq!(fs::metadata(&one).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside");
    }

    #[test]
    fn reading_stops_at_the_bound_and_opens_nothing_strange() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, [7; 100]).unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let read = read_named(&file, 10).unwrap();
        assert_eq!((read.bytes.len(), read.size), (11, 100));
        assert_eq!(read_regular(&link, 100, Links::Followed).unwrap().size, 100);
        assert!(read_regular(&link, 100, Links::Refused).is_err());
        assert!(read_regular(folder.path(), 100, Links::Followed).is_err());
        let pipe = folder.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0).unwrap();
        assert!(read_regular(&pipe, 100, Links::Followed).is_err(), "a FIFO that nobody writes to");
        for strange in [pipe.as_path(), folder.path(), Path::new("/dev/zero"), Path::new("/dev/null")] {
            assert!(read_named(strange, 100).is_err(), "{}", strange.display());
        }
    }
}
