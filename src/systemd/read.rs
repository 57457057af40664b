//! A systemd unit given by its files.

use crate::host::files::read_named;
use crate::systemd::{Unit, UnitFile};
use crate::tree::reading::SourceError;
use std::path::{Path, PathBuf};

/// Bytes of a unit's file.
const MAX: usize = 1 << 20;

/// Reads the unit's file and its drop-ins, in that order; nothing where there is no file.
///
/// # Errors
/// The first that cannot be read.
pub(crate) fn read(paths: &[PathBuf]) -> Result<Option<Unit>, SourceError> {
    let Some(first) = paths.first() else {
        return Ok(None);
    };
    let name = first.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let files = paths.iter().map(|path| file(path)).collect::<Result<_, _>>()?;
    Ok(Some(Unit { name, files }))
}

fn file(path: &Path) -> Result<UnitFile, SourceError> {
    let read = read_named(path, MAX).map_err(|error| SourceError {
        help: Some("give the unit's file, as `systemctl show -p FragmentPath` names it on the server"),
        ..SourceError::new("cannot read the unit", path, error)
    })?;
    let bytes = read.bytes.get(..MAX).unwrap_or(&read.bytes);
    Ok(UnitFile::parse(&path.display().to_string(), &String::from_utf8_lossy(bytes)))
}
