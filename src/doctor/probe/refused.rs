//! What the agent's errors name and its user may not use: Node says of a package that it may not read that there is none.

use super::reach::{ReachNeed, reached, through};
use super::restored::named;
use crate::doctor::facts::{Account, Journal, Presence, RefusedPath, Speaker};
use crate::doctor::questions::Server;
use std::collections::BTreeSet;

/// Errors whose paths are looked at: the newest say the same.
const MAX_ERRORS: usize = 20;

/// The paths and packages that errors of the agent's name, that are there, and that this user may not use.
#[must_use]
pub(super) fn refused(
    server: &dyn Server,
    journal: &Journal,
    bundle: &str,
    account: Option<&Account>,
) -> Vec<RefusedPath> {
    let Some(account) = account.filter(|account| account.uid != 0) else { return Vec::new() };
    let own = journal.entries.iter().rev().filter(|entry| entry.speaker == Speaker::Agent);
    let found: BTreeSet<(String, String)> = own
        .filter_map(|entry| refused_path(&entry.message).or_else(|| named(&entry.message, bundle)))
        .take(MAX_ERRORS)
        .collect();
    found.into_iter().filter_map(|(named, path)| at(server, named, &path, account)).collect()
}

/// `Error: EACCES: permission denied, open '/x'`.
fn refused_path(line: &str) -> Option<(String, String)> {
    let (_, rest) = line.split_once(": permission denied, ")?;
    let path = rest.split_once('\'')?.1.split('\'').next().filter(|path| path.starts_with('/'))?;
    Some((path.to_owned(), path.to_owned()))
}

/// Where it is refused: on the way to it, on the way to what its links lead to, or in the folder that it is to be made in.
fn at(server: &dyn Server, named: String, path: &str, account: &Account) -> Option<RefusedPath> {
    let real = through(server, path).ok().map(|(real, _)| real);
    let manifest = real.as_ref().map(|real| format!("{real}/package.json"));
    for way in [Some(path.to_owned()), real, manifest].into_iter().flatten() {
        let need = if way.ends_with("/package.json") { ReachNeed::Read } else { ReachNeed::Enter };
        if let Ok(reached) = reached(server, &way, need, Some(account))
            && let Presence::Denied { at, why } = reached.presence
        {
            let owner = server.look(&at).ok()?.uid;
            return Some(RefusedPath { named, at, why, is_users: owner == account.uid });
        }
    }
    let mut there = path;
    let look = loop {
        match server.look(there) {
            Ok(look) => break look,
            Err(_) => there = there.rsplit_once('/').map(|(above, _)| above).filter(|above| !above.is_empty())?,
        }
    };
    let why = format!("owner {}:{}, mode {:04o}", look.uid, look.gid, look.mode);
    (look.uid != account.uid && named.starts_with('/') && !named.ends_with(".js")).then(|| RefusedPath {
        named,
        at: there.to_owned(),
        why,
        is_users: false,
    })
}
