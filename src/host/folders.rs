//! Folders copied, linked and replaced, and folders of our own that are gone when they are no longer needed.

use super::interrupt::Interrupt;
use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// Copies as `cp -r` does: a file, a link as the link it is, or a folder with all that is in it, to where nothing is yet.
///
/// # Errors
/// Whatever reading or writing gives; what is no file, folder or link; an interruption.
pub(crate) fn copy(from: &Path, to: &Path, interrupt: &Interrupt) -> io::Result<()> {
    interrupt.check()?;
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", from.display()));
    let found = fs::symlink_metadata(from).map_err(named)?;
    if found.is_symlink() {
        return symlink(fs::read_link(from).map_err(named)?, to);
    }
    if found.is_dir() {
        fs::create_dir(to)?;
        for entry in fs::read_dir(from).map_err(named)? {
            let name = entry.map_err(named)?.file_name();
            copy(&from.join(&name), &to.join(&name), interrupt)?;
        }
        return Ok(());
    }
    if !found.is_file() {
        return Err(named(io::Error::other("it is no file, folder or link")));
    }
    fs::copy(from, to).map_err(named)?;
    // What the owner may not read here could not be packed from here.
    fs::set_permissions(to, fs::Permissions::from_mode(found.permissions().mode() | 0o600))
}

/// The newest file below a folder for which `counts` holds, and its time in nanoseconds since 1970; links are not
/// followed.
///
/// # Errors
/// Whatever listing or looking gives.
pub(crate) fn newest(folder: &Path, counts: &dyn Fn(&Path) -> bool) -> io::Result<Option<(PathBuf, u128)>> {
    let mut newest: Option<(PathBuf, u128)> = None;
    let mut pending = vec![folder.to_path_buf()];
    while let Some(folder) = pending.pop() {
        let listing = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            listing => listing?,
        };
        for entry in listing {
            let entry = entry?;
            let found = entry.metadata()?;
            if found.is_dir() {
                pending.push(entry.path());
            } else if counts(&entry.path()) {
                let time = found.modified()?.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
                if newest.as_ref().is_none_or(|(_, known)| time > *known) {
                    newest = Some((entry.path(), time));
                }
            }
        }
    }
    Ok(newest)
}

/// The files below a folder, relative to it, that were written later than the file of the same path below another one.
///
/// # Errors
/// Whatever listing or looking gives.
pub(crate) fn newer_than_counterparts(folder: &Path, other: &Path) -> io::Result<Vec<String>> {
    let mut newer = Vec::new();
    let mut pending = vec![folder.to_path_buf()];
    while let Some(place) = pending.pop() {
        let listing = match fs::read_dir(&place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            listing => listing?,
        };
        for entry in listing {
            let entry = entry?;
            let (path, found) = (entry.path(), entry.metadata()?);
            if found.is_dir() {
                pending.push(path);
                continue;
            }
            let Ok(inside) = path.strip_prefix(folder) else { continue };
            let Ok(counterpart) = fs::metadata(other.join(inside)) else { continue };
            if let Some(inside) = inside.to_str().filter(|_| counterpart.is_file())
                && found.modified()? > counterpart.modified()?
            {
                newer.push(inside.to_owned());
            }
        }
    }
    Ok(newer)
}

/// The files of a name below a folder, not deeper than so many folders, sorted. What is installed, hidden or compiled is
/// passed over, and so are links.
///
/// # Errors
/// Whatever listing or looking gives.
pub(crate) fn named(folder: &Path, depth: usize, is_wanted: &dyn Fn(&str) -> bool) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut pending = vec![(folder.to_path_buf(), 0)];
    while let Some((place, level)) = pending.pop() {
        for entry in fs::read_dir(&place)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let kind = entry.file_type()?;
            let passed_over = name.starts_with('.') || ["node_modules", "dist", "target"].contains(&name.as_ref());
            if kind.is_dir() && level < depth && !passed_over {
                pending.push((entry.path(), level + 1));
            } else if kind.is_file() && is_wanted(&name) {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Puts a folder in the place of another one, which is gone afterwards. Between the two renames neither is there; a
/// crash in between leaves the old one beside its place, with `.old` behind its name.
///
/// # Errors
/// Whatever renaming or removing gives; the old one is put back where the new one cannot take its place.
pub(crate) fn replace(new: &Path, place: &Path) -> io::Result<()> {
    let name = place.file_name().ok_or_else(|| io::Error::other("it has no name"))?;
    let mut old = name.to_os_string();
    old.push(".old");
    let old = place.with_file_name(old);
    remove(&old)?;
    let was_there = match fs::rename(place, &old) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(error),
    };
    if let Err(error) = fs::rename(new, place) {
        if was_there {
            fs::rename(&old, place)?;
        }
        return Err(error);
    }
    remove(&old)
}

/// Makes a folder, where there is nothing yet.
///
/// # Errors
/// Whatever making it gives.
pub(crate) fn make(folder: &Path) -> io::Result<()> {
    fs::create_dir(folder)
}

/// Makes a folder, and those that it is in, where they are not there yet.
///
/// # Errors
/// Whatever making one gives.
pub(crate) fn make_all(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

/// [`make_all`], for this user only.
///
/// # Errors
/// Whatever making one gives.
pub(crate) fn make_private(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Makes a folder of that beginning in the folder for temporary files, for this user only, and gives its path without
/// links. To remove it is the caller's.
///
/// # Errors
/// Whatever making or finding it gives.
pub(crate) fn make_temporary(prefix: &str) -> io::Result<PathBuf> {
    let private = fs::Permissions::from_mode(0o700);
    let made = tempfile::Builder::new().prefix(prefix).permissions(private).tempdir()?;
    let path = made.path().canonicalize()?;
    let _ = made.keep();
    Ok(path)
}

/// Makes a link that says `target`.
///
/// # Errors
/// Whatever making it gives.
pub(crate) fn link(target: &Path, place: &Path) -> io::Result<()> {
    symlink(target, place)
}

/// A folder of links to what is in another, if that is there: what is added to it is not added there.
///
/// # Errors
/// Whatever making, listing or linking gives.
pub(crate) fn link_each(theirs: &Path, ours: &Path) -> io::Result<()> {
    fs::create_dir_all(ours)?;
    if !theirs.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(theirs)? {
        let entry = entry?;
        symlink(entry.path(), ours.join(entry.file_name()))?;
    }
    Ok(())
}

/// Copies a file or a folder with all that is in it, links followed, over what is there.
///
/// # Errors
/// Whatever reading or writing gives.
pub(crate) fn copy_through(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() {
        return fs::copy(from, to).map(|_| ());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy_through(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// Removes a folder, also where an archive made folders in it that may not be written.
///
/// # Errors
/// Whatever removing gives.
pub(crate) fn remove_all(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            open_up(path)?;
            fs::remove_dir_all(path)
        }
        done => done,
    }
}

fn open_up(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open_up(&entry.path())?;
        }
    }
    Ok(())
}

/// Removes what was temporary. Nothing can be done where that fails.
pub(crate) fn discard(path: &Path) {
    let _ = remove(path);
}

/// Removes whatever is there, if anything is.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_not_be_written_is_removed_too() {
        let root = tempfile::tempdir().unwrap();
        let tree = root.path().join("tree");
        fs::create_dir_all(tree.join("a/b")).unwrap();
        fs::write(tree.join("a/b/c"), "c").unwrap();
        fs::set_permissions(tree.join("a/b"), fs::Permissions::from_mode(0o500)).unwrap();
        fs::set_permissions(tree.join("a"), fs::Permissions::from_mode(0o500)).unwrap();
        remove_all(&tree).unwrap();
        assert!(!tree.exists());
    }

    #[test]
    fn what_is_linked_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let (theirs, ours) = (folder.path().join("theirs"), folder.path().join("ours"));
        fs::create_dir_all(theirs.join("files")).unwrap();
        fs::write(theirs.join("files/a"), "a").unwrap();
        link_each(&theirs, &ours).unwrap();
        assert_eq!(fs::read(ours.join("files/a")).unwrap(), b"a");
        fs::create_dir(ours.join("tmp")).unwrap();
        assert_eq!(fs::read_dir(&theirs).unwrap().count(), 1);
        link_each(&folder.path().join("none"), &folder.path().join("empty")).unwrap();
        assert_eq!(fs::read_dir(folder.path().join("empty")).unwrap().count(), 0);
    }
}
