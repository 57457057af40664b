//! Whether a unit is started at boot: because a target wants it, or with another unit that is started then, by `Wants=`,
//! `Requires=`, `BindsTo=` or `Upholds=` of a target or a service of the administrator's own (systemd.unit(5)).

use super::load_path;
use crate::doctor::questions::Server;
use crate::systemd::{Unit, UnitFile};

/// Folders with units that people and their tools write. Units of the system's packages name no agent.
const FOLDERS: [&str; 4] =
    ["/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system"];
/// Most bytes of a unit's file, and most files that are read.
const MAX_OF_A_FILE: usize = 64 << 10;
const MAX_FILES: usize = 2000;
/// Targets that are reached at boot whatever is installed (bootup(7)).
const REACHED: [&str; 9] = [
    "default.target",
    "multi-user.target",
    "basic.target",
    "sysinit.target",
    "local-fs.target",
    "network.target",
    "network-online.target",
    "timers.target",
    "sockets.target",
];
const KEYS: [&str; 4] = ["Wants", "Requires", "BindsTo", "Upholds"];

/// Whether a unit with these names is started at boot.
#[must_use]
pub(super) fn is_at_boot(server: &dyn Server, names: &[String], unit: &Unit) -> bool {
    load_path::is_wanted(server, names, &wanting(unit)) || comes_with_another(server, names)
}

/// Whether a unit of one of these names is started at boot with another unit.
fn comes_with_another(server: &dyn Server, names: &[String]) -> bool {
    let units = FOLDERS.iter().flat_map(|folder| {
        let listed = server.list(folder).unwrap_or_default().into_iter();
        let units = listed.filter(|name| name.ends_with(".target") || name.ends_with(".service"));
        units.map(move |name| (*folder, name))
    });
    units.take(MAX_FILES).any(|(folder, name)| !names.contains(&name) && starts(server, folder, &name, names))
}

/// Whether a unit names one of these, and is itself started at boot.
fn starts(server: &dyn Server, folder: &str, name: &str, names: &[String]) -> bool {
    let path = format!("{folder}/{name}");
    let Ok(bytes) = server.read(&path, MAX_OF_A_FILE) else { return false };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    if !names.iter().any(|wanted| text.contains(wanted.as_str())) {
        return false;
    }
    let unit = Unit { name: name.to_owned(), files: vec![UnitFile::parse(&path, &text)] };
    let wants = KEYS
        .iter()
        .flat_map(|key| unit.settings("Unit", key))
        .any(|setting| setting.value.split_whitespace().any(|word| names.contains(&unit.expand(word))));
    wants && (REACHED.contains(&name) || load_path::is_wanted(server, &[name.to_owned()], &wanting(&unit)))
}

/// The folders of links of the targets that its `[Install]` names.
fn wanting(unit: &Unit) -> Vec<String> {
    let wanted = unit.settings("Install", "WantedBy").into_iter().map(|setting| (setting.value, "wants"));
    let required = unit.settings("Install", "RequiredBy").into_iter().map(|setting| (setting.value, "requires"));
    let folders = wanted.chain(required).flat_map(|(value, kind)| {
        value.split_whitespace().map(move |target| format!("{}.{kind}", unit.expand(target)))
    });
    folders.collect()
}
