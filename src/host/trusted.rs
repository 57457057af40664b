//! Files that decide what is believed: configuration, keys, passphrases. They are read only where nobody but root and
//! the user who runs the program could have written them, and only if they are regular.

use super::files::{self, Bounded};
use super::groups;
use super::paths;
use rustix::fs::OFlags;
use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

/// How many links a path may go through (path_resolution(7)).
const MAX_LINKS: usize = 40;
/// Others may write: the group's bit, and everybody's.
const GROUP_WRITES: u32 = 0o020;
const ALL_WRITE: u32 = 0o002;
/// Everybody may read.
const ALL_READ: u32 = 0o004;
/// In such a folder everybody may add names, and only take away their own (/tmp).
const STICKY: u32 = 0o1000;

/// Why a file is not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RefusedFile {
    /// It cannot be.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Somebody else owns it, or a folder or link on the way to it.
    #[error("{} belongs to user {owner}; only what root or you own is trusted", shown(.path))]
    Owner {
        /// What is owned.
        path: PathBuf,
        /// By whom.
        owner: u32,
    },
    /// Somebody else may write it, or a folder on the way to it.
    #[error("{} may be written by others (mode {mode:04o}); what it holds is not trusted", shown(.path))]
    Writable {
        /// What can be written.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It was found by walking up, beyond what surely belongs together.
    #[error("{} was found by walking up from {}, and {why}", shown(.path), shown(.from))]
    Beyond {
        /// What was found.
        path: PathBuf,
        /// From where.
        from: PathBuf,
        /// What lies between.
        why: &'static str,
    },
}

impl RefusedFile {
    /// What makes it readable, where a command does.
    #[must_use]
    pub(crate) fn help(&self) -> Option<String> {
        match self {
            Self::Io(_) => None,
            Self::Owner { .. } => Some("look at who put it there; if you trust it, take a copy of your own".to_owned()),
            Self::Writable { path, mode } if mode & STICKY != 0 => {
                let folder = shown(path);
                Some(format!("look at what it says; if you trust it, take it out of {folder}"))
            }
            Self::Writable { path, .. } => Some(format!(
                "look at what it says; if you trust it: chmod go-w {}",
                crate::text::typed([shown(path).as_str()])
            )),
            Self::Beyond { .. } => Some("name it with --config FILE if it is meant, or give --no-config".to_owned()),
        }
    }
}

fn shown(path: &Path) -> String {
    crate::text::printable_path(path)
}

/// Reads a file that somebody named, up to a bound. A pipe that the program was started with is all right
/// (`--key <(…)`, `--key /dev/stdin`): nobody else has its other end.
///
/// # Errors
/// [`RefusedFile`].
pub(crate) fn read(path: &Path, most: usize) -> Result<Bounded, RefusedFile> {
    let (file, place) =
        if files::is_inherited(path) { (files::open_inherited(path)?, path.to_path_buf()) } else { open(path)? };
    let found = file.metadata()?;
    if found.is_file() {
        judge(&place, &found, Role::File)?;
    }
    Ok(files::bounded(file, most)?)
}

/// [`read`] of a file that was found by walking up from a folder. It must also lie on the same file system, and all folders
/// between must have the owner of the file: a walk that leaves the user's own project may end at a stranger's file.
///
/// # Errors
/// [`RefusedFile`].
pub(crate) fn read_above(path: &Path, from: &Path, most: usize) -> Result<Bounded, RefusedFile> {
    let read = read(path, most)?;
    let found = fs::metadata(path)?;
    let beyond = |why| RefusedFile::Beyond { path: path.to_path_buf(), from: from.to_path_buf(), why };
    let top = path.parent().unwrap_or(Path::new("/"));
    for folder in from.ancestors() {
        let between = fs::metadata(folder)?;
        if between.dev() != found.dev() {
            return Err(beyond("it lies on another file system"));
        }
        if between.uid() != found.uid() {
            return Err(beyond("a folder between has another owner than the file"));
        }
        if folder == top {
            break;
        }
    }
    Ok(read)
}

/// Whether a folder is one whose files may be believed.
///
/// # Errors
/// [`RefusedFile`]; also where there is none.
pub(crate) fn folder(path: &Path) -> Result<PathBuf, RefusedFile> {
    let (place, found) = resolve(path)?;
    judge(&place, &found, Role::LastFolder)?;
    Ok(place)
}

fn open(path: &Path) -> Result<(File, PathBuf), RefusedFile> {
    let (place, found) = resolve(path)?;
    if !found.is_file() {
        return Err(io::Error::other(files::NOT_REGULAR).into());
    }
    if let Some(folder) = place.parent() {
        judge(folder, &fs::symlink_metadata(folder)?, Role::LastFolder)?;
    }
    // Looked at already, and nobody else may change it: the flags are for what root's own hand does meanwhile.
    let flags = i32::try_from((OFlags::NONBLOCK | OFlags::NOFOLLOW).bits()).unwrap_or_default();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(&place)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other(files::NOT_REGULAR).into());
    }
    Ok((file, place))
}

/// Whether others may get what an open file holds, that root was asked for by a path: not where somebody who owns a part of the
/// path, or may change one, would get to read what they may not read by themselves.
///
/// # Errors
/// Where that is so, or the path cannot be looked at.
pub(crate) fn may_be_handed_on(path: &Path, file: &File) -> io::Result<()> {
    let found = file.metadata()?;
    if found.mode() & ALL_READ != 0 {
        return Ok(());
    }
    for part in std::path::absolute(path)?.ancestors() {
        let looked = fs::symlink_metadata(part)?;
        let mode = looked.mode();
        let by_group = looked.gid() != 0 && may_group_write(part, &looked);
        let is_open = looked.is_dir() && mode & STICKY == 0 && (mode & ALL_WRITE != 0 || by_group);
        let is_anothers = looked.uid() != 0 && looked.uid() != found.uid();
        if is_anothers || is_open {
            let whose = format!("owner {}:{}, mode {:04o}", looked.uid(), looked.gid(), mode & 0o7777);
            let words = format!(
                "only its owner may read it, and {} may be changed by another ({whose}): copy it to a folder of root's",
                shown(part)
            );
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, words));
        }
    }
    Ok(())
}

/// Follows a path as the kernel does, and judges every folder and link on the way. What stands at its end is given back.
fn resolve(path: &Path) -> Result<(PathBuf, Metadata), RefusedFile> {
    let absolute = std::path::absolute(path)?;
    let mut place = PathBuf::from("/");
    let mut found = fs::symlink_metadata(&place)?;
    let mut pending: VecDeque<OsString> = parts(&absolute);
    let mut links = 0;
    while let Some(part) = pending.pop_front() {
        judge(&place, &found, Role::Folder)?;
        let next =
            if part == ".." { place.parent().map_or(place.clone(), Path::to_path_buf) } else { place.join(&part) };
        let looked = fs::symlink_metadata(&next)?;
        if !looked.is_symlink() {
            (place, found) = (next, looked);
            continue;
        }
        judge(&next, &looked, Role::Link)?;
        links += 1;
        if links > MAX_LINKS {
            return Err(io::Error::from(rustix::io::Errno::LOOP).into());
        }
        let target = fs::read_link(&next)?;
        if target.is_absolute() {
            place = PathBuf::from("/");
            found = fs::symlink_metadata(&place)?;
        }
        for part in parts(&target).into_iter().rev() {
            pending.push_front(part);
        }
    }
    Ok((place, found))
}

fn parts(path: &Path) -> VecDeque<OsString> {
    let named = path.components().filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir));
    named.map(|part| part.as_os_str().to_owned()).collect()
}

/// What something is to the file that is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// The file itself.
    File,
    /// The folder it stands in, where others may add nothing.
    LastFolder,
    /// A folder further up: others may add names there, as long as they cannot take away ours.
    Folder,
    /// A link on the way; its own mode says nothing.
    Link,
}

fn judge(path: &Path, found: &Metadata, role: Role) -> Result<(), RefusedFile> {
    let owner = found.uid();
    if owner != 0 && owner != crate::host::effective_user() {
        return Err(RefusedFile::Owner { path: path.to_path_buf(), owner });
    }
    let mode = found.mode() & 0o7777;
    let is_shared = mode & ALL_WRITE != 0 || may_group_write(path, found);
    let is_open = match role {
        Role::Link => false,
        Role::Folder => is_shared && mode & STICKY == 0,
        Role::File | Role::LastFolder => is_shared,
    };
    if is_open {
        return Err(RefusedFile::Writable { path: path.to_path_buf(), mode });
    }
    Ok(())
}

/// Whether a group may write that has others in it than the owner.
fn may_group_write(path: &Path, found: &Metadata) -> bool {
    found.mode() & GROUP_WRITES != 0 && !is_private_group(path, found)
}

/// Whether the group that may write is the owner's alone, as distributions with `umask 002` make one for each user. Where
/// there is a list of further users (acl(5)), the group's bits are those of the list, and say nothing of the group.
fn is_private_group(path: &Path, found: &Metadata) -> bool {
    !paths::has_access_list(path) && groups::is_private(found.gid(), found.uid())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// A folder in a folder with a file, and what became of reading it.
    fn place() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let top = tempfile::tempdir().unwrap();
        let folder = top.path().canonicalize().unwrap().join("folder");
        fs::create_dir(&folder).unwrap();
        let file = folder.join("file");
        fs::write(&file, "content").unwrap();
        (top, folder, file)
    }

    #[test]
    fn what_others_may_write_is_refused_wherever_the_door_is() {
        for (file_mode, folder_mode, top_mode, expected) in [
            (0o644, 0o755, 0o755, true),
            (0o600, 0o700, 0o700, true),
            (0o444, 0o555, 0o1777, true),
            (0o646, 0o755, 0o755, false),
            (0o666, 0o755, 0o755, false),
            (0o644, 0o757, 0o755, false),
            (0o644, 0o1777, 0o755, false),
            (0o644, 0o755, 0o757, false),
        ] {
            let (top, folder, file) = place();
            mode(&file, file_mode);
            mode(&folder, folder_mode);
            mode(top.path(), top_mode);
            let read = read(&file, 100);
            assert_eq!(read.is_ok(), expected, "{file_mode:o} {folder_mode:o} {top_mode:o}");
            if let Err(error) = read {
                assert!(matches!(error, RefusedFile::Writable { .. }), "{error}");
                assert!(error.help().is_some());
            }
            let is_closed = folder_mode & 0o002 == 0 && top_mode != 0o757;
            assert_eq!(super::folder(&folder).is_ok(), is_closed, "{folder_mode:o} {top_mode:o}");
        }
    }

    #[test]
    fn a_group_that_may_write_is_judged_by_who_is_in_it() {
        let (_top, folder, file) = place();
        mode(&file, 0o664);
        let group = fs::metadata(&file).unwrap().gid();
        let is_private = groups::is_private(group, crate::host::effective_user());
        assert_eq!(read(&file, 100).is_ok(), is_private);
        // A group that nobody knows of may have anybody in it.
        if std::os::unix::fs::chown(&folder, None, Some(54_321)).is_ok() {
            mode(&folder, 0o775);
            assert!(matches!(read(&file, 100), Err(RefusedFile::Writable { .. })));
        }
    }

    #[test]
    fn links_are_followed_only_where_every_step_is_trusted() {
        let (top, folder, file) = place();
        let link = folder.join("link");
        symlink("../folder/./file", &link).unwrap();
        assert_eq!(read(&link, 100).unwrap().bytes.as_slice(), b"content");
        let open = top.path().canonicalize().unwrap().join("open");
        fs::create_dir(&open).unwrap();
        symlink(&file, open.join("in")).unwrap();
        fs::write(open.join("file"), "evil").unwrap();
        symlink(open.join("file"), folder.join("out")).unwrap();
        assert!(read(&open.join("in"), 100).is_ok() && read(&folder.join("out"), 100).is_ok());
        mode(&open, 0o777);
        for path in [open.join("in"), folder.join("out"), open.join("../folder/file")] {
            assert!(matches!(read(&path, 100), Err(RefusedFile::Writable { .. })), "{}", path.display());
        }
        symlink("round", folder.join("round")).unwrap();
        assert!(matches!(read(&folder.join("round"), 100), Err(RefusedFile::Io(_))));
    }

    #[test]
    fn another_owner_is_refused_for_the_file_its_folder_and_a_link() {
        let stranger = Some(65_534);
        for at in ["folder/file", "folder", "folder/link"] {
            let (top, folder, file) = place();
            let link = folder.join("link");
            symlink(&file, &link).unwrap();
            let changed = top.path().canonicalize().unwrap().join(at);
            // Only root may give files away; for others the lab has this case.
            if std::os::unix::fs::lchown(&changed, stranger, None).is_err() {
                return;
            }
            let read = read(&link, 100);
            assert!(
                matches!(&read, Err(RefusedFile::Owner { path, .. }) if *path == changed),
                "{at}: {:?}",
                read.err()
            );
        }
    }

    #[test]
    fn what_is_found_by_walking_up_must_belong_to_the_folder_it_was_found_from() {
        let (_top, folder, file) = place();
        let deep = folder.join("a/b");
        fs::create_dir_all(&deep).unwrap();
        assert!(read_above(&file, &deep, 100).is_ok());
        if std::os::unix::fs::chown(folder.join("a"), Some(65_534), None).is_ok() {
            assert!(matches!(read_above(&file, &deep, 100), Err(RefusedFile::Beyond { .. })));
        }
    }

    #[test]
    fn what_only_its_owner_may_read_is_not_handed_on_through_what_is_anothers() {
        let (top, folder, file) = place();
        mode(top.path(), 0o755);
        mode(&folder, 0o755);
        // Other folders above may be anybody's where the tests run: the path's own part is what is looked at.
        let link = folder.join("link");
        symlink(&file, &link).unwrap();
        let open = File::open(&link).unwrap();
        mode(&file, 0o600);
        assert!(may_be_handed_on(&link, &open).is_ok());
        for (owner, readable, expected) in
            [(Some(65_534), 0o600, false), (Some(65_534), 0o644, true), (Some(0), 0o600, true)]
        {
            // Only root may give a link away; for others the lab has this case.
            if std::os::unix::fs::lchown(&link, owner, None).is_err() {
                return;
            }
            mode(&file, readable);
            assert_eq!(may_be_handed_on(&link, &open).is_ok(), expected, "{owner:?} {readable:o}");
        }
        mode(&folder, 0o777);
        mode(&file, 0o600);
        assert!(may_be_handed_on(&file, &open).is_err());
    }

    #[test]
    fn only_regular_files_are_read_and_only_up_to_the_bound() {
        let (_top, folder, file) = place();
        let pipe = folder.join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0).unwrap();
        for strange in [pipe.as_path(), folder.as_path(), Path::new("/dev/zero"), Path::new("/dev/fd/987654")] {
            assert!(matches!(read(strange, 100), Err(RefusedFile::Io(_))), "{}", strange.display());
        }
        assert_eq!((read(&file, 3).unwrap().bytes.len(), read(&file, 3).unwrap().size), (4, 7));
    }
}
