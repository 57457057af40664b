//! Folders copied as `cp -r` does, and folders of our own that are gone when they are no longer needed.

use super::interrupt::Interrupt;
use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// Copies a file, a link as the link it is, or a folder with all that is in it, to where nothing is yet.
///
/// # Errors
/// Whatever reading or writing gives; what is no file, folder or link; an interruption.
pub fn copy(from: &Path, to: &Path, interrupt: &Interrupt) -> io::Result<()> {
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
pub fn newest(folder: &Path, counts: &dyn Fn(&Path) -> bool) -> io::Result<Option<(PathBuf, u128)>> {
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

/// Puts a folder in the place of another one, which is gone afterwards. Between the two renames neither is there; a
/// crash in between leaves the old one beside its place, with `.old` behind its name.
///
/// # Errors
/// Whatever renaming or removing gives; the old one is put back where the new one cannot take its place.
pub fn replace(new: &Path, place: &Path) -> io::Result<()> {
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

/// Removes what was temporary. Nothing can be done where that fails.
pub fn discard(path: &Path) {
    let _ = remove(path);
}

/// Removes whatever is there, if anything is.
fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}
