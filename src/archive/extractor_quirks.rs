//! Names and targets that GNU tar takes as they stand and other extractors on Linux change or leave out.
//!
//! Measured with libarchive 3.6 and node-tar 7.5: both know Windows' drives and backslashes on every system, and
//! node-tar reads names as UTF-8.

/// What becomes of an entry's name, or of a hard link's target, elsewhere; nothing where all take it as it stands.
pub(super) fn name(raw: &[u8]) -> Option<&'static str> {
    if has_windows_root(raw) {
        Some("a name that begins with a drive or a backslash, which bsdtar and node-tar take off")
    } else if climbs_by_backslash(raw) {
        Some("a name with `..` between backslashes: node-tar leaves it out")
    } else {
        None
    }
}

/// What becomes of a symbolic link's target elsewhere; nothing where all take it as it stands.
pub(super) fn target(raw: &[u8]) -> Option<&'static str> {
    if std::str::from_utf8(raw).is_err() {
        Some("a link to a name that is not UTF-8: node-tar writes another one")
    } else if has_windows_root(raw) {
        Some("a link's target that begins with a drive or a backslash, which node-tar takes off")
    } else if climbs_by_backslash(raw) {
        Some("a link's target with `..` between backslashes: node-tar leaves the link out")
    } else {
        None
    }
}

fn has_windows_root(raw: &[u8]) -> bool {
    match raw {
        [b'\\', ..] => true,
        [drive, b':', ..] => drive.is_ascii_alphabetic(),
        _ => false,
    }
}

fn climbs_by_backslash(raw: &[u8]) -> bool {
    raw.contains(&b'\\') && raw.split(|byte| matches!(byte, b'/' | b'\\')).any(|component| component == b"..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_others_change_is_named() {
        for (raw, name_changes, target_changes) in [
            (&b"dist/index.js"[..], false, false),
            (b"a:b/c", true, true),
            (b"ab:c", false, false),
            (b"./C:\\x", false, false),
            (b"\\x", true, true),
            (b"dist\\x", false, false),
            (b"dist\\..\\x", true, true),
            (b"..\\x", true, true),
            (b"../x", false, false),
            (b"..\\\\", true, true),
            (b"caf\xe9", false, true),
        ] {
            let shown = raw.escape_ascii();
            assert_eq!(name(raw).is_some(), name_changes, "the name {shown}");
            assert_eq!(target(raw).is_some(), target_changes, "the target {shown}");
        }
    }
}
