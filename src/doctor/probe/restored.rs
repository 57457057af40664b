//! What the journal says is missing and is there by now: history, not a fault.

use super::reach::through;
use crate::doctor::facts::{Journal, Moment, Restored, Speaker};
use crate::doctor::questions::Server;
use std::collections::BTreeSet;

/// Errors whose paths are looked at: the newest say the same.
const MAX_ERRORS: usize = 20;

/// The paths and packages that errors of the agent's name, and that are there.
#[must_use]
pub(super) fn restored(server: &dyn Server, journal: &Journal, bundle: &str) -> Vec<Restored> {
    let own = journal.entries.iter().rev().filter(|entry| entry.speaker == Speaker::Agent);
    let named: BTreeSet<(String, String)> =
        own.filter_map(|entry| named(&entry.message, bundle)).take(MAX_ERRORS).collect();
    let there = named.into_iter().filter_map(|(named, path)| {
        // A folder that was moved back has another parent, not another content; what lies in it was copied.
        let link = server.look(&path).ok()?.changed;
        let (_, look) = through(server, &path).ok()?;
        Some(Restored { named, path, changed: Moment(link.max(look.changed)) })
    });
    there.collect()
}

/// What a line of Node's names: a package and where it would be, or a path.
pub(super) fn named(line: &str, bundle: &str) -> Option<(String, String)> {
    let place = line.trim_end();
    if let Some(path) = place.strip_prefix("file://").or_else(|| place.starts_with('/').then_some(place)) {
        // The place above a SyntaxError: `file:///…/index.js:3`.
        let path = path.rsplit_once(':').filter(|(_, line)| line.bytes().all(|c| c.is_ascii_digit()))?.0;
        return path.starts_with(bundle).then(|| (path.to_owned(), path.to_owned()));
    }
    let rest = ["Cannot find package '", "Cannot find module '"].iter().find_map(|words| line.split_once(words))?.1;
    let name = rest.split_once('\'')?.0;
    let path = match name.strip_prefix("file://").unwrap_or(name) {
        path if path.starts_with('/') => path.to_owned(),
        package => format!("{bundle}/node_modules/{package}"),
    };
    Some((name.to_owned(), path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_from_nodes_own_words() {
        for (line, wanted) in [
            (
                "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'ws' imported from /b/dist/x.js",
                Some(("ws", "/b/node_modules/ws")),
            ),
            ("Error: Cannot find module '/b/dist/index.js'", Some(("/b/dist/index.js", "/b/dist/index.js"))),
            ("file:///b/dist/x.js:3", Some(("/b/dist/x.js", "/b/dist/x.js"))),
            ("/srv/app/x.js:3", None),
            ("TypeError: x is not a function", None),
        ] {
            let wanted = wanted.map(|(name, path)| (name.to_owned(), path.to_owned()));
            assert_eq!(named(line, "/b"), wanted, "{line}");
        }
    }
}
