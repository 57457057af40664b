//! Whether a group is one user's alone, by what /etc/passwd and /etc/group say (passwd(5), group(5)).

use super::files::{Links, read_regular};
use std::path::Path;

/// Bytes of either file. Where there is more, or another source of users, nothing is known and the answer is no.
const MAX_LIST: usize = 4 << 20;

/// Whether nobody but root and this user is in the group.
#[must_use]
pub(super) fn is_private(group: u32, user: u32) -> bool {
    let text = |path: &str| {
        let read = read_regular(Path::new(path), MAX_LIST, Links::Followed).ok()?;
        (read.size <= MAX_LIST).then(|| String::from_utf8_lossy(&read.bytes).into_owned())
    };
    match (text("/etc/passwd"), text("/etc/group")) {
        (Some(users), Some(groups)) => is_private_in(&users, &groups, group, user),
        _ => false,
    }
}

/// [`is_private`], by the text of both files.
fn is_private_in(users: &str, groups: &str, group: u32, user: u32) -> bool {
    let is_ours = |id: u32| id == 0 || id == user;
    // Name, password, user, group; more than one name may stand for one user.
    let users: Vec<(&str, u32, u32)> = users
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(':');
            Some((fields.next()?, fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?))
        })
        .collect();
    let has_strangers = users.iter().any(|(_, id, primary)| *primary == group && !is_ours(*id));
    let mut known = false;
    for line in groups.lines() {
        let mut fields = line.split(':').skip(2);
        if fields.next().and_then(|id| id.parse().ok()) != Some(group) {
            continue;
        }
        known = true;
        let mut members = fields.next().unwrap_or_default().split(',').filter(|name| !name.is_empty());
        let is_member_ours = |name: &str| {
            users.iter().any(|(known, ..)| *known == name)
                && users.iter().all(|(known, id, _)| *known != name || is_ours(*id))
        };
        if !members.all(is_member_ours) {
            return false;
        }
    }
    known && !has_strangers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_private_where_its_user_alone_is_in_it() {
        let users = "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\nbob:x:1001:1001::/:/bin/sh\n\
                     eve:x:1002:50::/:/bin/sh\n";
        let groups = "root:x:0:\nann:x:1000:\nbob:x:1001:eve\nstaff:x:50:\ntwo:x:60:ann,root\nbad:x:70:ann,gone\n";
        for (group, user, expected) in [
            (0, 0, true),
            (1000, 1000, true),
            (1001, 1001, false),
            (50, 1000, false),
            (60, 1000, true),
            (70, 1000, false),
            (80, 1000, false),
            (1000, 1001, false),
            (0, 1000, true),
        ] {
            assert_eq!(is_private_in(users, groups, group, user), expected, "{group} {user}");
        }
    }
}
