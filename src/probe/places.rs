//! Where the agent is on this server: what the user says, else the unit, else the source document.

use super::last_part;
use crate::host::server::Server;
use crate::layout;
use crate::model::names::Names;
use crate::model::server::{Account, Places};
use crate::model::unit::{CommandLine, Context, Unit, from_directory, normal};

/// What the user asks for.
#[derive(Clone, Debug)]
pub struct Wishes {
    /// The unit, with its suffix.
    pub unit: String,
    /// The bundle's folder; nothing to take it from the unit.
    pub bundle: Option<String>,
    /// The agent's home, `~` being that of the unit's user; nothing for the document's.
    pub home: Option<String>,
    /// How many lines of the journal.
    pub lines: u32,
    /// From when on, as journalctl understands it.
    pub since: Option<String>,
}

/// Works out the places.
#[must_use]
pub fn of(server: &dyn Server, wishes: &Wishes, unit: Option<&Unit>, account: Option<&Account>) -> Places {
    let user_home = account.map_or("/root", |account| account.home.as_str());
    let expand = |path: &str| match path.strip_prefix('~') {
        Some(rest) => normal(&format!("{user_home}{rest}")),
        None => normal(path),
    };
    let documented = wishes.home.as_deref().map_or_else(
        || expand(layout::DEPLOYED_BUNDLE),
        |home| normal(&format!("{}/{}", expand(home), last_part(layout::DEPLOYED_BUNDLE))),
    );
    let context = Context { user_home: account.map(|account| account.home.clone()) };
    let from_unit = unit.and_then(|unit| bundle_of(unit, &context));
    let bundle = match (&wishes.bundle, from_unit) {
        (Some(said), _) => expand(said),
        (None, Some(found)) if found == documented || is_there(server, &found) || !is_there(server, &documented) => {
            found
        }
        // The unit names a folder that is not there, and the document's is.
        (None, _) => documented,
    };
    let home = match wishes.home.as_deref() {
        Some(home) => expand(home),
        None => bundle.rsplit_once('/').map_or("/", |(home, _)| home).to_owned(),
    };
    let backup = format!("{bundle}-backup");
    Places { unit: wishes.unit.clone(), home, bundle, backup, download: layout::DOWNLOAD.to_owned() }
}

fn is_there(server: &dyn Server, path: &str) -> bool {
    server.look(path).is_ok()
}

/// The bundle that a unit starts: what stands before `dist/index.js` in its script's path, or before the old layout's
/// `apps/agent`.
fn bundle_of(unit: &Unit, context: &Context) -> Option<String> {
    let directory = unit.working_path(context)?;
    let script = unit
        .command()
        .and_then(Result::ok)
        .and_then(|command| CommandLine::script(&command).map(|script| from_directory(&directory, script)));
    let folder = match &script {
        Some(script) => script.strip_suffix(&format!("/{}", layout::ENTRY_POINT)).unwrap_or(&directory),
        None => &directory,
    };
    let folder = folder.strip_suffix(&format!("/{}", layout::NESTED_AGENT)).unwrap_or(folder);
    (folder != "/" && !folder.is_empty()).then(|| folder.to_owned())
}

/// The names by which the bundle in a folder is judged: the unit's script, seen from the bundle, is its entry point if
/// it is there; otherwise the one of the current layout, or of the old one where only that is there.
#[must_use]
pub fn names_for(server: &dyn Server, folder: &str, bundle: &str, script: Option<&str>, names: &Names) -> Names {
    let from_unit = script.and_then(|script| script.strip_prefix(&format!("{bundle}/"))).map(str::to_owned);
    let nested = format!("{}/{}", names.nested_agent, names.entry);
    let candidates = from_unit.into_iter().chain([names.entry.clone(), nested]);
    let there = candidates.into_iter().find(|entry| is_there(server, &format!("{folder}/{entry}")));
    Names { entry: there.unwrap_or_else(|| names.entry.clone()), ..names.clone() }
}
