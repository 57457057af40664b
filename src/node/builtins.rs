//! What each release line of Node has of its own: its modules with what they export, globals, `import.meta`. The table is
//! made from real binaries by `tests/lab/builtins_table.py`.

use hashbrown::HashMap;
use std::sync::LazyLock;

/// The release lines that were measured.
pub(crate) const MEASURED: [u32; 4] = [18, 20, 22, 24];

/// The lines that have something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct LineSet {
    /// The first that has it.
    pub since: u32,
    /// The first that has it no more; nothing where the newest has it.
    pub gone: Option<u32>,
}

impl LineSet {
    /// Whether a measured line has it.
    #[must_use]
    pub(crate) fn has(self, line: u32) -> bool {
        self.since <= line && self.gone.is_none_or(|gone| line < gone)
    }

    /// Whether every measured line has it.
    fn is_everywhere(self) -> bool {
        self == Self { since: MEASURED[0], gone: None }
    }

    /// A name of the table with its lines: `name`, `name@20`, `name-24`, `name@20-24`.
    fn read(entry: &str) -> (&str, Self) {
        let (name, gone) = match entry.rsplit_once('-') {
            Some((name, line)) => (name, line.parse().ok()),
            None => (entry, None),
        };
        match name.split_once('@') {
            Some((name, since)) => (name, Self { since: since.parse().unwrap_or(MEASURED[0]), gone }),
            None => (name, Self { since: MEASURED[0], gone }),
        }
    }
}

/// What the names of a row belong to.
struct BuiltinRow {
    lines: LineSet,
    names: &'static str,
}

static TABLE: LazyLock<HashMap<&'static str, BuiltinRow>> = LazyLock::new(|| {
    let rows = include_str!("builtin_exports.txt").lines().filter(|line| !line.starts_with('#'));
    let row = |line: &'static str| {
        let (owner, names) = line.rsplit_once(": ").or_else(|| Some((line.strip_suffix(':')?, "")))?;
        let (owner, lines) = LineSet::read(owner);
        Some((owner, BuiltinRow { lines, names }))
    };
    rows.filter_map(row).collect()
});

/// The lines that have a module, by the name under which it must be imported: `fs`, `node:test`.
#[must_use]
pub(crate) fn module(name: &str) -> Option<LineSet> {
    let is_module = !name.starts_with("global") && name != "import.meta";
    TABLE.get(name).filter(|_| is_module).map(|row| row.lines)
}

/// The name by which the table knows a module that is imported so.
#[must_use]
pub(crate) fn known_as(specifier: &str) -> Option<&'static str> {
    let known = |name: &str| module(name).and_then(|_| TABLE.get_key_value(name)).map(|(name, _)| *name);
    [Some(specifier), specifier.strip_prefix("node:")].into_iter().flatten().find_map(known)
}

/// Whether of a module every name is known. What `constants` exports depends on how Node was built.
#[must_use]
pub(crate) fn is_complete(module: &str) -> bool {
    module != "constants"
}

/// The lines in which a module exports a name, or in which an owner (`global`, `global.Array`, `import.meta`) has it.
#[must_use]
pub(crate) fn export(owner: &str, name: &str) -> Option<LineSet> {
    find(owner, name, |entry| (!entry.starts_with(['.', '~'])).then_some(entry))
}

/// The lines in which only the default export of a module has a name, where not all lines are alike.
#[must_use]
pub(crate) fn only_of_default(module: &str, name: &str) -> Option<LineSet> {
    find(module, name, |entry| entry.strip_prefix('.'))
}

/// The lines in which a module exports a name that is `undefined`.
#[must_use]
pub(crate) fn unset(module: &str, name: &str) -> Option<LineSet> {
    find(module, name, |entry| entry.strip_prefix('~'))
}

fn find(owner: &str, name: &str, of_kind: impl Fn(&'static str) -> Option<&'static str>) -> Option<LineSet> {
    let entries = TABLE.get(owner)?.names.split(' ').filter_map(of_kind);
    entries.map(LineSet::read).find_map(|(known, lines)| (known == name).then_some(lines))
}

/// Globals that a flag of some line brings: whether a server sets it is not known.
pub(crate) const BEHIND_FLAGS: [&str; 8] =
    ["EventSource", "Storage", "Temporal", "ShadowRealm", "gc", "localStorage", "sessionStorage", "AsyncContext"];

/// Whether a name can be said anywhere in some line.
#[must_use]
pub(crate) fn is_global(name: &str) -> bool {
    static NAMES: LazyLock<hashbrown::HashSet<&'static str>> = LazyLock::new(|| {
        let names = TABLE.get("globals").map(|row| row.names.split(' ')).into_iter().flatten();
        names.map(|entry| LineSet::read(entry).0).collect()
    });
    NAMES.contains(name)
}

/// Whether there is anything of this name that some line does not have.
#[must_use]
pub(crate) fn is_ever_absent(name: &str) -> bool {
    static NAMES: LazyLock<hashbrown::HashSet<&'static str>> = LazyLock::new(|| {
        let entries = TABLE.values().flat_map(|row| {
            let is_everywhere = row.lines.is_everywhere();
            row.names.split(' ').filter(move |entry| !is_everywhere || entry.contains(['@', '-']))
        });
        entries.map(|entry| LineSet::read(entry).0).map(|name| name.strip_prefix(['.', '~']).unwrap_or(name)).collect()
    });
    NAMES.contains(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        assert!(TABLE.len() > 90);
        for (name, expected) in [
            ("fs", Some((18, None))),
            ("inspector/promises", Some((20, None))),
            ("node:sqlite", Some((22, None))),
            ("test", None),
            ("global", None),
            ("globals", None),
            ("import.meta", None),
        ] {
            assert_eq!(module(name), expected.map(|(since, gone)| LineSet { since, gone }), "{name}");
        }
        for (owner, name, expected) in [
            ("fs", "readFile", Some((18, None))),
            ("fs", "F_OK", Some((18, Some(24)))),
            ("util", "getCallSite", Some((22, Some(24)))),
            ("global", "WebSocket", Some((22, None))),
            ("global.Promise", "try", Some((24, None))),
            ("import.meta", "dirname", Some((20, None))),
            ("_stream_wrap", "nope", None),
        ] {
            assert_eq!(export(owner, name), expected.map(|(since, gone)| LineSet { since, gone }), "{name} of {owner}");
        }
        assert_eq!(only_of_default("crypto", "createCipher"), Some(LineSet { since: 18, gone: Some(22) }));
        assert!(is_ever_absent("isBoolean") && is_ever_absent("createCipher") && is_ever_absent("navigator"));
        assert!(!is_ever_absent("readFileSync") && !is_ever_absent("nope"));
    }
}
