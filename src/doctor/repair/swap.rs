//! What is put where, by renames: each can be taken back by what is on the disk, whenever it was interrupted.

use super::error::RepairError;
use crate::host::held::{FileIdentity, HeldFolder, Rename, UserOwner};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io;
use std::path::Path;

/// Something on the disk: what it is, and where it is or will be.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Thing {
    /// What it is.
    pub id: FileIdentity,
    /// Where: for what is new, before it is put in place; for what is old, where it is kept.
    pub path: String,
}

/// Something takes a place, and what was there is kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Put {
    /// What, in a few words.
    pub what: String,
    /// The place.
    pub place: String,
    /// What comes there, if anything.
    pub new: Option<Thing>,
    /// What was there, if anything.
    pub old: Option<Thing>,
    /// Where the new one goes when this is taken back; nothing where it is removed.
    pub back_to: Option<String>,
    /// What the new one says, where it is a file that was written for it.
    #[serde(default)]
    pub written: Option<WrittenFile>,
}

/// A file that was written, so that what somebody has changed in it since is not taken for it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct WrittenFile {
    /// The SHA-256 of what it said.
    pub sha256: String,
    /// Where it goes when it says something else by the time that it is taken back.
    pub kept_as: String,
}

impl WrittenFile {
    /// Of this content.
    pub(super) fn of(content: &[u8], kept_as: String) -> Self {
        Self { sha256: sha256(content), kept_as }
    }
}

/// Bytes of a file that is compared with what was written: more was not written.
const MAX_WRITTEN: usize = 2 << 20;
/// How many names are tried for what is kept.
const NAMES: u32 = 100;

fn sha256(content: &[u8]) -> String {
    crate::text::hex(&Sha256::digest(content))
}

/// A place: its folder, held, and the name in it.
struct HeldName {
    folder: HeldFolder,
    name: String,
    path: String,
}

impl HeldName {
    fn open(path: &str, user: Option<UserOwner>) -> Result<Self, RepairError> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let shown = if folder.is_empty() { "/" } else { folder };
        let folder = HeldFolder::open(Path::new(shown), user).map_err(RepairError::io("cannot rename"))?;
        Ok(Self { folder, name: name.to_owned(), path: path.to_owned() })
    }

    fn identity(&self) -> Result<Option<FileIdentity>, RepairError> {
        self.folder.identity(&self.name).map_err(RepairError::io("cannot look"))
    }

    /// Whether a file says something else than what has this digest: also where it cannot be read any more.
    fn says_something_else(&self, digest: &str) -> bool {
        self.folder.read(&self.name, MAX_WRITTEN).map_or(true, |(content, _)| sha256(&content) != digest)
    }

    fn rename(&self, to: &Self, how: Rename) -> Result<(), RepairError> {
        let what = || format!("cannot rename {} to {}", self.path, to.path);
        self.folder.rename(&self.name, &to.folder, &to.name, how).map_err(RepairError::io(what()))
    }
}

/// What is at a path.
///
/// # Errors
/// Where its folder is reached through a link, or another may change it.
pub(super) fn identity(path: &str, user: Option<UserOwner>) -> Result<Option<FileIdentity>, RepairError> {
    HeldName::open(path, user)?.identity()
}

/// Whether a folder is at a path, and no link to one.
///
/// # Errors
/// As [`identity`].
pub(super) fn is_folder(path: &str, user: Option<UserOwner>) -> Result<bool, RepairError> {
    let place = HeldName::open(path, user)?;
    place.folder.is_folder(&place.name).map_err(RepairError::io("cannot look"))
}

/// Whether a file system is mounted at a path: what has its name then cannot be renamed (rename(2), `EBUSY`).
///
/// # Errors
/// As [`identity`].
pub(super) fn is_mount_point(path: &str, user: Option<UserOwner>) -> Result<bool, RepairError> {
    let place = HeldName::open(path, user)?;
    place.folder.is_mount_point(&place.name).map_err(RepairError::io("cannot look"))
}

/// What is at a path that will be renamed.
///
/// # Errors
/// As [`identity`].
pub(super) fn lasting_identity(path: &str, user: Option<UserOwner>) -> Result<Option<FileIdentity>, RepairError> {
    let place = HeldName::open(path, user)?;
    place.folder.lasting_identity(&place.name).map_err(RepairError::io("cannot look"))
}

impl Put {
    /// Does it.
    ///
    /// # Errors
    /// Where the disk is not as it was when this was planned, or refuses: nothing has changed then, or can be taken back.
    pub(super) fn carry_out(&self, user: Option<UserOwner>) -> Result<(), RepairError> {
        let place = HeldName::open(&self.place, user)?;
        if place.identity()? != self.old.as_ref().map(|old| old.id) {
            return Err(changed(&self.place));
        }
        let Some(new) = &self.new else {
            let Some(old) = &self.old else { return Ok(()) };
            return place.rename(&HeldName::open(&old.path, user)?, Rename::ToNothing);
        };
        let from = HeldName::open(&new.path, user)?;
        if from.identity()? != Some(new.id) {
            return Err(changed(&new.path));
        }
        // What was built is on the disk before its name is.
        from.folder.sync_all().map_err(RepairError::io(format!("cannot write {}", new.path)))?;
        let Some(old) = &self.old else { return from.rename(&place, Rename::ToNothing) };
        let kept = HeldName::open(&old.path, user)?;
        if kept.identity()?.is_some() {
            return Err(RepairError::Changed(format!("{} is there already", old.path)));
        }
        match from.rename(&place, Rename::Exchange) {
            Ok(()) => from.rename(&kept, Rename::ToNothing),
            Err(RepairError::Io { reason, .. }) if reason.kind() == io::ErrorKind::Unsupported => {
                place.rename(&kept, Rename::ToNothing)?;
                from.rename(&place, Rename::ToNothing)
            }
            Err(error) => Err(error),
        }
    }

    /// Takes it back, wherever it was interrupted; says whether there was anything to take back.
    ///
    /// # Errors
    /// Where someone else has changed what is there: then it is left alone.
    pub(super) fn take_back(&mut self, user: Option<UserOwner>) -> Result<bool, RepairError> {
        let place = HeldName::open(&self.place, user)?;
        let there = place.identity()?;
        let was_put = there.is_some() && there == self.new.as_ref().map(|new| new.id);
        let old = self.old_elsewhere(there, user)?;
        let is_back = old.is_some();
        if let Some(here) = old {
            match there {
                None => here.rename(&place, Rename::ToNothing)?,
                Some(_) => exchanged(&here, &place, self.new.as_ref(), user)?,
            }
        }
        self.store(was_put, user)?;
        Ok(is_back || was_put)
    }

    /// Whether [`Self::take_back`] would find what it needs, once those behind it are taken back.
    ///
    /// # Errors
    /// As it.
    pub(super) fn may_be_taken_back(&self, behind: &[Self], user: Option<UserOwner>) -> Result<(), RepairError> {
        let is_put_over = behind.iter().any(|other| other.place == self.place);
        let is_left_to_others = |other: &Self| other.old.as_ref().is_some_and(|old| old.path == self.place);
        let there = match is_put_over {
            true => self.new.as_ref().map(|new| new.id),
            // The bundle that became the backup in its place goes back from there.
            false if behind.iter().any(is_left_to_others) => None,
            false => HeldName::open(&self.place, user)?.identity()?,
        };
        self.old_elsewhere(there, user).map(|_| ())
    }

    /// Where the old one is, if it is to come back to its place.
    fn old_elsewhere(
        &self,
        there: Option<FileIdentity>,
        user: Option<UserOwner>,
    ) -> Result<Option<HeldName>, RepairError> {
        let Some(old) = self.old.as_ref().filter(|old| there != Some(old.id)) else { return Ok(None) };
        match find(&self.candidates(), old.id, user)? {
            Some(_) if there.is_some() && there != self.new.as_ref().map(|new| new.id) => Err(changed(&self.place)),
            Some(here) => Ok(Some(here)),
            None if self.was_never_put(user)? => Ok(None),
            None => Err(gone(&old.path)),
        }
    }

    /// Whether the new one is where it was made: with one rename or with two, nothing of the place was touched then.
    fn was_never_put(&self, user: Option<UserOwner>) -> Result<bool, RepairError> {
        let Some(new) = &self.new else { return Ok(false) };
        Ok(find(&[new.path.as_str()], new.id, user)?.is_some())
    }

    fn candidates(&self) -> Vec<&str> {
        let things = self.new.iter().chain(&self.old).map(|thing| thing.path.as_str());
        [self.place.as_str()].into_iter().chain(things).collect()
    }

    /// Puts the new one where it belongs when it is not in use.
    fn store(&mut self, was_put: bool, user: Option<UserOwner>) -> Result<(), RepairError> {
        let Some(new) = &self.new else { return Ok(()) };
        let Some(here) = find(&self.candidates(), new.id, user)? else { return Ok(()) };
        let kept = match (&self.back_to, &self.written) {
            // Not in use, and never was: whoever made it takes it away.
            (Some(_), _) if here.path == new.path && !was_put => return Ok(()),
            (Some(back), _) if *back == here.path => return Ok(()),
            (Some(back), _) => back,
            (None, Some(written)) if here.says_something_else(&written.sha256) => &written.kept_as,
            (None, _) => {
                let failed = RepairError::io(format!("cannot remove {}", here.path));
                return here.folder.remove_own(&here.name).map_err(failed);
            }
        };
        // Whoever may write there may have taken its name.
        let kept = free(kept, user)?;
        here.rename(&kept, Rename::ToNothing)?;
        self.back_to = Some(kept.path);
        Ok(())
    }
}

/// The first name of these that nothing has: itself, `…-2`, `…-3`.
pub(super) fn free_name(first: &str, user: Option<UserOwner>) -> Result<String, RepairError> {
    free(first, user).map(|found| found.path)
}

fn free(first: &str, user: Option<UserOwner>) -> Result<HeldName, RepairError> {
    for number in 1..NAMES {
        let name = if number == 1 { first.to_owned() } else { format!("{first}-{number}") };
        let place = HeldName::open(&name, user)?;
        if place.identity()?.is_none() {
            return Ok(place);
        }
    }
    Err(RepairError::Changed(format!("{first} is there already")))
}

/// The old one comes back to its place, and the new one to where that was.
fn exchanged(
    here: &HeldName,
    place: &HeldName,
    new: Option<&Thing>,
    user: Option<UserOwner>,
) -> Result<(), RepairError> {
    match here.rename(place, Rename::Exchange) {
        Err(RepairError::Io { reason, .. }) if reason.kind() == io::ErrorKind::Unsupported => {
            let Some(new) = new else { return Err(gone(&place.path)) };
            place.rename(&HeldName::open(&new.path, user)?, Rename::ToNothing)?;
            here.rename(place, Rename::ToNothing)
        }
        done => done,
    }
}

fn find(paths: &[&str], id: FileIdentity, user: Option<UserOwner>) -> Result<Option<HeldName>, RepairError> {
    for path in paths {
        // A folder of ours may be gone already.
        let Ok(place) = HeldName::open(path, user) else { continue };
        if place.identity()? == Some(id) {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

fn changed(path: &str) -> RepairError {
    RepairError::Changed(format!("{path} is not what it was a moment ago: somebody else works here"))
}

fn gone(path: &str) -> RepairError {
    RepairError::Changed(format!("what was kept at {path} is not there any more"))
}

#[cfg(test)]
mod tests;
