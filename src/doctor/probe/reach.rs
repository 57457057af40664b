//! What is at a path for the user that a unit runs as (path_resolution(7)).

use crate::doctor::facts::{Account, DeadLink, Presence, ReachedPath};
use crate::doctor::questions::{Look, Server, Unanswered};
use crate::systemd::{from_directory, without_dots};
use crate::text;

/// What the user needs of the last component.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ReachNeed {
    /// To enter it.
    Enter,
    /// To read it.
    Read,
    /// To execute it.
    Execute,
}

/// As many links are followed as the kernel would.
const MAX_LINKS: usize = 40;

/// What a path leads to, every link followed: the path itself and its look.
///
/// # Errors
/// [`Unanswered`] of the component that stops it.
pub(super) fn through(server: &dyn Server, path: &str) -> Result<(String, Look), Unanswered> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let look = server.look(&path)?;
        if look.kind != 'l' {
            return Ok((path, look));
        }
        let target = server.target(&path)?;
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        path = resolved(&from_directory(folder, &target));
    }
    // ELOOP (path_resolution(7)).
    Err(Unanswered::Unlike)
}

/// `..` taken away with what stands before it: for links, whose folders are no links here.
pub(super) fn resolved(path: &str) -> String {
    without_dots(path)
}

/// What is at an absolute path for that user; without one, for root.
///
/// # Errors
/// [`Unanswered`] where the caller may not look.
pub(super) fn reached(
    server: &dyn Server,
    path: &str,
    need: ReachNeed,
    account: Option<&Account>,
) -> Result<ReachedPath, Unanswered> {
    let at = |presence| Ok(ReachedPath { path: path.to_owned(), presence });
    let mut above = String::from("/");
    let mut parts = path.split('/').filter(|part| !part.is_empty()).peekable();
    while let Some(part) = parts.next() {
        let here = format!("{}/{part}", above.trim_end_matches('/'));
        let (real, look) = match through(server, &here) {
            Ok(found) => found,
            Err(refusal @ (Unanswered::NotFound | Unanswered::Unlike)) => {
                let link = dead_link(server, &here, refusal);
                return at(Presence::Missing { above, link });
            }
            Err(refusal) => return Err(refusal),
        };
        let last = parts.peek().is_none();
        if !last && look.kind != 'd' {
            return at(Presence::Missing { above, link: None });
        }
        let bit = match need {
            ReachNeed::Read if last => 4,
            _ => 1,
        };
        // A missing x on a file is no question of whose it is: even root cannot execute it.
        let asks = look.kind == 'd' || !(last && need == ReachNeed::Execute && look.mode & 0o111 == 0);
        if let Some(account) = account.filter(|account| account.uid != 0 && asks)
            && !may(&look, account, bit)
        {
            let why = format!("owner {}:{}, mode {:04o}", look.uid, look.gid, look.mode);
            return at(Presence::Denied { at: real, why });
        }
        if last {
            return at(match look.kind {
                'd' => Presence::Directory,
                'f' => Presence::File { size: look.size, executable: look.mode & 0o111 != 0 },
                _ => Presence::Other,
            });
        }
        above = here;
    }
    at(Presence::Directory)
}

/// The link that stands at a path which leads to nothing.
fn dead_link(server: &dyn Server, path: &str, refusal: Unanswered) -> Option<DeadLink> {
    server.look(path).ok().filter(|look| look.kind == 'l')?;
    let target = text::printable(&server.target(path).ok()?).into_owned();
    Some(DeadLink { path: path.to_owned(), target, is_circle: refusal == Unanswered::Unlike })
}

/// Whether the mode gives that user the permission bit (4 read, 1 execute or enter). Supplementary groups and ACLs are
/// not known here.
const fn may(look: &Look, account: &Account, bit: u32) -> bool {
    let shift = if look.uid == account.uid {
        6
    } else if look.gid == account.gid {
        3
    } else {
        0
    };
    look.mode >> shift & bit != 0
}
