//! POSIX access lists in words, as `SCHILY.acl.access` has them: bsdtar gives a file the mode that its list says.
//!
//! UnpackedSource: acl(5), "ACL TEXT FORMS". star and bsdtar put commas between the entries, and a number behind them; GNU tar
//! puts each on a line, with what comes of it as a comment.

/// The permission bits of a file with this list, as the kernel shows them and as bsdtar writes them, if it is a whole and
/// plainly written one. They part where others are named: the kernel shows the mask, bsdtar writes what the group has.
pub(crate) fn modes(list: &[u8]) -> Option<[u16; 2]> {
    let (mut user, mut group, mut mask, mut other) = (None, None, None, None);
    let mut names_others = false;
    for entry in list.split(|byte| matches!(byte, b',' | b'\n')) {
        let entry = entry.split(|byte| *byte == b'#').next().unwrap_or_default().trim_ascii();
        if entry.is_empty() {
            continue;
        }
        let mut fields = entry.split(|byte| *byte == b':');
        let (tag, whose, bits) = (fields.next()?, fields.next()?, bits(fields.next()?)?);
        let slot = match (tag, whose) {
            (b"user", b"") => &mut user,
            (b"group", b"") => &mut group,
            (b"mask", b"") => &mut mask,
            (b"other", b"") => &mut other,
            (b"user" | b"group", _) => {
                names_others = true;
                continue;
            }
            _ => return None,
        };
        if slot.replace(bits).is_some() {
            return None;
        }
    }
    if names_others && mask.is_none() {
        return None;
    }
    let around = user? << 6 | other?;
    Some([around | mask.or(group)? << 3, around | group? << 3])
}

fn bits(word: &[u8]) -> Option<u16> {
    let [read, write, execute] = word else { return None };
    [(read, b'r', 4), (write, b'w', 2), (execute, b'x', 1)].into_iter().try_fold(0, |sum, (found, letter, bit)| {
        match *found {
            b'-' => Some(sum),
            found if found == letter => Some(sum + bit),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_gives_modes() {
        for (list, expected) in [
            (&b"user::rw-,group::r--,other::r--"[..], Some([0o644, 0o644])),
            (b"user::rwx,user:dev:rwx:1000,group::r-x,mask::rwx,other::r-x", Some([0o775, 0o755])),
            (b"user::rw-\nuser:1000:rwx\t#effective:rw-\ngroup::r--\nmask::rw-\nother::---\n", Some([0o660, 0o640])),
            (b"user::rw-,user:1000:rw-,group::r--,other::r--", None),
            (b"user::rw-,group::r--", None),
            (b"user::rw-,user::r--,group::r--,other::r--", None),
            (b"u::rw-,g::r--,o::r--", None),
            (b"", None),
        ] {
            assert_eq!(modes(list), expected, "{}", list.escape_ascii());
        }
    }
}
