//! Looks at each part of a path for links, and for who may change it (inode(7), path_resolution(7)).

use crate::doctor::facts::{Account, Guard, Hold};
use crate::doctor::questions::{Look, Refusal, Server};

/// Debian's group `staff` may write below `/usr/local`, and is trusted as root is (Debian Policy, 9.1.2).
const STAFF: u32 = 50;

/// Who may change what a path leads to. What is not there is as safe as the folder that it would be made in.
pub(super) fn guard(server: &dyn Server, path: &str, account: Option<&Account>) -> Guard {
    Guard { path: path.to_owned(), hold: hold(server, path, account) }
}

fn hold(server: &dyn Server, path: &str, account: Option<&Account>) -> Hold {
    let mut held = Hold::Roots;
    let mut here = String::new();
    for part in std::iter::once("").chain(path.split('/').filter(|part| !part.is_empty())) {
        if !part.is_empty() {
            here = format!("{here}/{part}");
        }
        let shown = if here.is_empty() { "/" } else { here.as_str() };
        let look = match server.look(shown) {
            Ok(look) => look,
            // Nothing is there; a recorded server may not have been asked about its root.
            Err(Refusal::NotFound) if here.is_empty() => continue,
            Err(Refusal::NotFound | Refusal::Unlike) => return held,
            Err(_) => return Hold::Unseen,
        };
        if look.kind == 'l' {
            return Hold::Link(here);
        }
        match writer(shown, &look, account) {
            Writer::Root => {}
            Writer::UnitsUser => held = Hold::UnitsUser,
            Writer::Other => {
                let why = format!("owner {}:{}, mode {:04o}", look.uid, look.gid, look.mode & 0o7777);
                return Hold::Anyones { at: shown.to_owned(), why };
            }
        }
    }
    held
}

enum Writer {
    Root,
    UnitsUser,
    Other,
}

fn writer(path: &str, look: &Look, account: Option<&Account>) -> Writer {
    let is_users = |uid: u32| account.is_some_and(|account| account.uid == uid);
    let is_groups = |gid: u32| account.is_some_and(|account| account.gid == gid);
    let by_group = look.mode & 0o020 != 0 && look.gid != 0;
    let staff = look.gid == STAFF && (path == "/usr/local" || path.starts_with("/usr/local/"));
    if look.mode & 0o002 != 0
        || (look.uid != 0 && !is_users(look.uid))
        || (by_group && !staff && !is_groups(look.gid))
    {
        return Writer::Other;
    }
    if look.uid != 0 || (by_group && !staff) { Writer::UnitsUser } else { Writer::Root }
}

/// Whether root may run a program: neither it, nor a folder above it, nor a link on the way may be changed by another.
/// The links are followed, as `/usr/bin/node` may be one of root's own; each target is looked at like the path itself.
pub(super) fn root_may_run(server: &dyn Server, path: &str) -> bool {
    let mut path = path.to_owned();
    for _ in 0..40 {
        match hold(server, &path, None) {
            Hold::Roots => return true,
            // A link's own owner may change it only with the folder it stands in, and that was looked at.
            Hold::Link(link) => {
                let Ok(target) = server.target(&link) else { return false };
                let folder = link.rsplit_once('/').map_or("", |(folder, _)| folder);
                let rest = path.strip_prefix(&link).unwrap_or_default();
                path = super::reach::resolved(&format!("{}{rest}", crate::systemd::from_directory(folder, &target)));
            }
            Hold::UnitsUser | Hold::Anyones { .. } | Hold::Unseen => return false,
        }
    }
    false
}
