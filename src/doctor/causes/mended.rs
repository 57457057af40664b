//! What the journal tells, held against the disk and the service as they are now: a package that was missing and is there
//! again is history.

use crate::doctor::facts::{Condition, Facts, Moment};
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
