//! `init`: a configuration to begin with.

use super::failure::Failure;
use super::session::Session;
use crate::config::keys;
use crate::host::files::{self, Existing, Staged};
use crate::{exit_code, text};
use anyhow::{Error, Result, bail};
use std::io::ErrorKind;
use std::path::Path;

/// Who may read it: everybody; who may write it: its owner, or it would not be believed.
const MODE: u32 = 0o644;

/// Writes a commented configuration, whole or not at all, and never over anything that is there.
pub(super) fn run(place: &Path, session: &Session<'_>) -> Result<u8> {
    let shown = text::printable_path(place);
    if place.symlink_metadata().is_ok() {
        bail!(is_there(&shown));
    }
    let staged = Staged::write(place, keys::commented().as_bytes(), MODE);
    let written = staged.and_then(|staged| files::commit(&[staged], Existing::Kept).map_err(|(_, error)| error));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => is_there(&shown).into(),
        _ => Error::new(error).context(Failure::new(format!("cannot write {shown}")).at(&shown)),
    })?;
    session.note(&format!("{shown} is written: every key with its default, behind a `#`"));
    Ok(exit_code::PASS)
}

fn is_there(shown: &str) -> Failure {
    let help = "nothing was written; `bundle-doctor init -o FILE` writes it somewhere else";
    Failure::new(format!("{shown} is there already")).at(shown).help(help)
}
