//! What the journal tells, held against the disk and the service as they are now: a package that was missing and is there
//! again is history.

use super::started;
use crate::doctor::facts::{Condition, Facts, JournalEntry, Moment, Presence};
use crate::text::size;

/// Bytes that must be free for a disk to have room again: what a package manager writes is some 60 MB.
const ROOM: u64 = 64 << 20;

/// What an error named and is there now, since after it was said; nothing where the bundle would not start all the same.
pub(super) fn restored(facts: &Facts, named: &str, died: Moment) -> Option<String> {
    let found = facts.restored.iter().find(|restored| restored.named == named && restored.changed > died)?;
    let sound = facts.deployment.would_start() == Some(true);
    sound.then(|| format!("{}: is there, changed {} s after that", found.path, found.changed.seconds_since(died)))
}

/// Whether nobody listens any more on the port that was taken. While systemd tries again, its next try tells.
pub(super) fn port_is_free(facts: &Facts, port: u16) -> Option<String> {
    let listeners = facts.listeners.known().filter(|_| facts.condition() == Condition::Down)?;
    let free = listeners.iter().all(|listener| listener.port != port);
    free.then(|| format!("/proc/net/tcp: nothing listens on {port} now"))
}

/// Whether every disk that the agent writes to has room again.
pub(super) fn has_room(facts: &Facts) -> Option<String> {
    let tightest = facts.volumes.iter().min_by_key(|volume| volume.free)?;
    let inodes = facts.volumes.iter().all(|volume| volume.free_inodes.is_none_or(|free| free > 1000));
    let room = facts.condition() == Condition::Down && tightest.free >= ROOM && inodes;
    room.then(|| format!("{}: {} free of {} now", tightest.path, size(tightest.free), size(tightest.size)))
}

/// Whether a step that systemd says has failed would pass with what a mounted disk has by now. On a server that runs,
/// systemd may still hold the unit as it was, and says so itself.
pub(super) fn would_pass(facts: &Facts, said: &JournalEntry) -> bool {
    if facts.is_live() || !said.says("No such file") {
        return false;
    }
    let (directory, program) = (started::directory(facts), started::program(facts));
    let can_enter = || directory.is_some_and(|it| matches!(it.presence, Presence::Directory));
    let can_execute = || program.is_some_and(|it| matches!(it.presence, Presence::File { .. }));
    (said.says("Failed at step CHDIR") && can_enter()) || (said.says("Failed at step EXEC") && can_execute())
}
