//! Looks at each part of a path for links, and for who may change it (inode(7), path_resolution(7)).

use crate::doctor::facts::{Account, Guard, Hold};
use crate::doctor::questions::{Look, Server, Unanswered};

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
            Err(Unanswered::NotFound) if here.is_empty() => continue,
            Err(Unanswered::NotFound | Unanswered::Unlike) => return held,
            Err(_) => return Hold::Unseen,
        };
        if look.kind == 'l' {
            return Hold::Link(here);
        }
        match writer(shown, &look, account) {
            Writer::Root => {}
            Writer::UnitsUser => held = Hold::UnitsUser,
            Writer::Other => {
                let list = if look.is_shared_by_list { ", and an access list" } else { "" };
                let why = format!("owner {}:{}, mode {:04o}{list}", look.uid, look.gid, look.mode & 0o7777);
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
    if look.is_shared_by_list
        || look.mode & 0o002 != 0
        || (look.uid != 0 && !is_users(look.uid))
        || (by_group && !staff && !is_groups(look.gid))
    {
        return Writer::Other;
    }
    if look.uid != 0 || (by_group && !staff) { Writer::UnitsUser } else { Writer::Root }
}

/// Whether root may run a program: neither it, nor a folder above it, nor a link on the way may be changed by another.
/// The links are followed, as `/usr/bin/node` may be one of root's own; each target is looked at like the path itself.
pub(crate) fn root_may_run(server: &dyn Server, path: &str) -> bool {
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
            Hold::UnitsUser | Hold::Anyones { .. } | Hold::ShownElsewhere(_) | Hold::Unseen => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::recording::Recorded;

    /// A server of these paths: kind, owner, mode, and where a link leads.
    fn server(paths: &[(&str, char, u32, u32, &str)]) -> Recorded<'static> {
        let mut lines = Vec::new();
        for (path, kind, uid, mode, target) in paths {
            let look = format!(r#"{{"kind":"{kind}","mode":{mode},"uid":{uid},"gid":{uid},"size":0,"changed":0}}"#);
            lines.push(format!(r#"{{"ask":"look {path}","ok":{look}}}"#));
            if *kind == 'l' {
                lines.push(format!(r#"{{"ask":"target {path}","ok":"{target}"}}"#));
            }
        }
        Recorded::parse(lines.join("\n")).unwrap()
    }

    #[test]
    fn root_runs_only_what_is_roots_all_the_way() {
        let folder = |path, uid, mode| (path, 'd', uid, mode, "");
        let (root, home, bin) = (folder("/", 0, 0o755), folder("/home", 0, 0o755), folder("/home/agent", 1000, 0o755));
        let node = |uid, mode| ("/home/agent/node", 'f', uid, mode, "");
        for (case, paths, path, may) in [
            ("a user's file", vec![root, home, bin, node(1000, 0o755)], "/home/agent/node", false),
            ("root's file in a user's folder", vec![root, home, bin, node(0, 0o755)], "/home/agent/node", false),
            ("root's, writable to all", vec![root, ("/node", 'f', 0, 0o777, "")], "/node", false),
            (
                "root's in /tmp",
                vec![root, folder("/tmp", 0, 0o1777), ("/tmp/node", 'f', 0, 0o755, "")],
                "/tmp/node",
                false,
            ),
            ("root's", vec![root, folder("/usr", 0, 0o755), ("/usr/node", 'f', 0, 0o755, "")], "/usr/node", true),
            (
                "a link of root's to root's",
                vec![
                    root,
                    folder("/usr", 0, 0o755),
                    ("/usr/node", 'l', 0, 0o777, "nodejs"),
                    ("/usr/nodejs", 'f', 0, 0o755, ""),
                ],
                "/usr/node",
                true,
            ),
            (
                "a link of root's to a user's",
                vec![root, home, bin, node(1000, 0o755), ("/node", 'l', 0, 0o777, "/home/agent/node")],
                "/node",
                false,
            ),
            ("a link to itself", vec![root, ("/node", 'l', 0, 0o777, "/node")], "/node", false),
        ] {
            assert_eq!(root_may_run(&server(&paths), path), may, "{case}");
        }
    }

    #[test]
    fn what_an_access_list_opens_to_others_is_not_roots() {
        let look = |kind, shared| {
            format!(
                r#"{{"kind":"{kind}","mode":509,"uid":0,"gid":0,"size":0,"changed":0,"is_shared_by_list":{shared}}}"#
            )
        };
        for shared in [false, true] {
            let folder = format!(r#"{{"ask":"look /","ok":{}}}"#, look('d', false));
            let file = format!(r#"{{"ask":"look /node","ok":{}}}"#, look('f', shared));
            let server = Recorded::parse(format!("{folder}\n{file}")).unwrap();
            assert_eq!(root_may_run(&server, "/node"), !shared);
        }
    }

    #[test]
    fn links_and_other_writers_are_seen() {
        let agent = Account { name: "agent".into(), uid: 1000, gid: 1000, home: "/home/agent".into() };
        let all = server(&[
            ("/", 'd', 0, 0o755, ""),
            ("/opt", 'd', 0, 0o755, ""),
            ("/opt/a", 'd', 1000, 0o755, ""),
            ("/opt/b", 'd', 1001, 0o755, ""),
            ("/opt/c", 'l', 0, 0o777, "/etc"),
            ("/opt/d", 'd', 0, 0o777, ""),
        ]);
        let held = |path: &str, account: Option<&Account>| guard(&all, path, account).hold;
        assert_eq!(held("/opt/new/x", None), Hold::Roots);
        assert_eq!(held("/opt/a/x", Some(&agent)), Hold::UnitsUser);
        assert_eq!(held("/opt/c/x", Some(&agent)), Hold::Link("/opt/c".to_owned()));
        for (path, account) in [("/opt/a", None), ("/opt/b", Some(&agent)), ("/opt/d/x", Some(&agent))] {
            assert!(matches!(held(path, account), Hold::Anyones { .. }), "{path}");
        }
    }
}
