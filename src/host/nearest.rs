//! The path that was meant by one that leads nowhere.

use crate::text;
use std::path::{Component, Path, PathBuf};

/// Entries of a folder that are compared with a name.
const MAX_ENTRIES: usize = 2000;

/// What a path that leads nowhere lacks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Lacking {
    /// A path that is there, and much like it.
    Meant(PathBuf),
    /// This folder of it is not there.
    Folder(PathBuf),
    /// Its folder is there, and nothing in it has such a name.
    Name,
}

/// What is there instead of a path. A name on its way is taken for a misspelt one where the folder has one that is like it;
/// what comes behind must then be there.
#[must_use]
pub(crate) fn lacking(path: &Path) -> Lacking {
    let mut there = PathBuf::new();
    let mut components = path.components();
    while let Some(component) = components.next() {
        let next = there.join(component);
        // A link that leads nowhere is a name that is there.
        if next.symlink_metadata().is_ok() {
            there = next;
            continue;
        }
        let rest = components.as_path();
        let whole = |found: PathBuf| if rest.as_os_str().is_empty() { found } else { found.join(rest) };
        if let Some(meant) = alike(&there, component).map(whole).filter(|meant| meant.exists()) {
            return Lacking::Meant(meant);
        }
        return if rest.as_os_str().is_empty() { Lacking::Name } else { Lacking::Folder(next) };
    }
    Lacking::Name
}

fn alike(folder: &Path, component: Component<'_>) -> Option<PathBuf> {
    let Component::Normal(wanted) = component else { return None };
    let wanted = wanted.to_str()?;
    let listed = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = std::fs::read_dir(listed)
        .ok()?
        .take(MAX_ENTRIES)
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    // What cannot be shown as it is cannot be typed either.
    let names: Vec<_> = entries.filter(|name| text::is_like(wanted, name) && text::printable(name) == *name).collect();
    text::nearest(wanted, names.iter().map(String::as_str)).map(|name| folder.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_misspelt_path_has_a_nearest_one_and_others_say_what_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        fs::create_dir_all(at("apps/agent/bundle")).unwrap();
        fs::write(at("agent-bundle.tar.gz"), "").unwrap();
        fs::write(at("evil\x1b-bundle.tar.gz"), "").unwrap();
        for (case, given, wanted) in [
            ("letters changed places", "agent-bundel.tar.gz", Lacking::Meant(at("agent-bundle.tar.gz"))),
            ("an ending left out", "agent-bundle.tar", Lacking::Meant(at("agent-bundle.tar.gz"))),
            ("a folder on the way", "app/agent/bundle", Lacking::Meant(at("apps/agent/bundle"))),
            ("a folder on the way, and nothing behind", "app/agent/bund", Lacking::Folder(at("app"))),
            ("no such folder", "x/y", Lacking::Folder(at("x"))),
            ("no such name", "x", Lacking::Name),
            ("only what cannot be typed is like it", "evil-bundle.tar.g", Lacking::Name),
        ] {
            let found = lacking(&at(given));
            if case.starts_with("only") {
                assert_ne!(found, Lacking::Meant(at("evil\x1b-bundle.tar.gz")), "{case}");
                continue;
            }
            assert_eq!(found, wanted, "{case}");
        }
    }
}
