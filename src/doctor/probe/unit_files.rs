//! The unit's files on the disk, found as the manager finds them (systemd.unit(5), "Unit File Load Path").

use crate::doctor::facts::Fact;
use crate::doctor::questions::{Refusal, Server};
use crate::report::moment::Moment;
use crate::systemd::{Unit, UnitFile};
use std::collections::BTreeMap;

/// Folders of the system's manager, the first winning over the later ones.
const LOAD_PATH: [&str; 8] = [
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/run/systemd/transient",
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];
/// Most bytes of one unit file: systemd itself takes lines of 1 MiB.
const MAX_OF_A_FILE: usize = 1 << 20;
/// Most bytes of a unit's drop-ins together, and most of them: beyond that the unit is not judged.
const MAX_OF_DROP_INS: usize = 4 << 20;
const MAX_DROP_INS: usize = 1000;

/// A unit as it stands on the disk.
pub(super) struct FoundUnit {
    /// Its file and drop-ins, with secrets; no files where there is none.
    pub unit: Unit,
    /// The path that masks it: a link to `/dev/null`, or an empty file.
    pub masked_by: Option<String>,
    /// When the file was last changed.
    pub changed: Option<Moment>,
    /// Whether a target wants it.
    pub enabled: bool,
}

/// Finds and reads the files of a unit.
#[must_use]
pub(super) fn find(server: &dyn Server, name: &str) -> Fact<FoundUnit> {
    let mut found = FoundUnit {
        unit: Unit { name: name.to_owned(), files: Vec::new() },
        masked_by: None,
        changed: None,
        enabled: false,
    };
    for folder in LOAD_PATH {
        let path = format!("{folder}/{name}");
        let look = match server.look(&path) {
            Ok(look) => look,
            Err(Refusal::NotFound | Refusal::Unlike) => continue,
            Err(refusal) => return Fact::unless(format!("{path}: {refusal}"), "run it as root"),
        };
        let leads_to_null = look.kind == 'l' && server.target(&path).is_ok_and(|target| target == "/dev/null");
        found.changed.get_or_insert(Moment(look.changed));
        if leads_to_null || (look.kind == 'f' && look.size == 0) {
            // A file further down is what unmasking would bring back.
            found.masked_by.get_or_insert(path);
            continue;
        }
        match server.read(&path, MAX_OF_A_FILE) {
            Ok(bytes) => found.unit.files.push(UnitFile::parse(&path, &String::from_utf8_lossy(&bytes))),
            Err(refusal) => return Fact::unless(format!("{path}: {refusal}"), "run it as root"),
        }
        break;
    }
    if !found.unit.files.is_empty() {
        if let Err((path, refusal)) = add_drop_ins(server, &mut found.unit) {
            let help = match refusal {
                Refusal::TooMuch => {
                    "look at the drop-ins (`systemctl cat` lists them) and take away what is not the agent's"
                }
                _ => "run it as root",
            };
            return Fact::unless(format!("{path}: {refusal}"), help);
        }
        found.enabled = is_wanted(server, name, &found.unit);
    }
    Fact::Known(found)
}

/// Drop-ins: the folders of the type, of each dash-separated beginning of the name, and of the name itself. Of files
/// with the same name the one of the first folder counts; they are read in the order of their names.
fn add_drop_ins(server: &dyn Server, unit: &mut Unit) -> Result<(), (String, Refusal)> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let stem = unit.name.rsplit_once('.').map_or(unit.name.as_str(), |(stem, _)| stem);
    let kind = unit.name.rsplit_once('.').map_or("service", |(_, kind)| kind);
    let dashes = stem.char_indices().filter(|(_, c)| *c == '-').filter_map(|(at, _)| stem.get(..=at));
    let mut names: Vec<String> = vec![format!("{}.d", unit.name)];
    // The most particular first.
    let mut prefixes: Vec<_> = dashes.map(|prefix| format!("{prefix}.{kind}.d")).collect();
    prefixes.reverse();
    names.extend(prefixes);
    names.push(format!("{kind}.d"));
    for name in names {
        for folder in LOAD_PATH {
            let folder = format!("{folder}/{name}");
            let listed = match server.list(&folder) {
                Ok(listed) => listed,
                Err(Refusal::NotFound | Refusal::Unlike) => continue,
                Err(refusal) => return Err((folder, refusal)),
            };
            for file in listed.into_iter().filter(|file| file.ends_with(".conf")) {
                let path = format!("{folder}/{file}");
                files.entry(file).or_insert(path);
            }
        }
    }
    if let Some(path) = files.values().nth(MAX_DROP_INS) {
        return Err((path.clone(), Refusal::TooMuch));
    }
    let mut left = MAX_OF_DROP_INS;
    for path in files.into_values() {
        let leads_to_null = server.target(&path).is_ok_and(|target| target == "/dev/null");
        if leads_to_null {
            continue;
        }
        match server.read(&path, MAX_OF_A_FILE) {
            Ok(bytes) => {
                left = left.checked_sub(bytes.len()).ok_or_else(|| (path.clone(), Refusal::TooMuch))?;
                unit.files.push(UnitFile::parse(&path, &String::from_utf8_lossy(&bytes)));
            }
            // A link to nothing is not loaded.
            Err(Refusal::NotFound) => {}
            Err(refusal) => return Err((path, refusal)),
        }
    }
    Ok(())
}

/// Whether a target wants it: a link in the `.wants` or `.requires` folder of a target that its `[Install]` names.
fn is_wanted(server: &dyn Server, name: &str, unit: &Unit) -> bool {
    let wanted = unit.settings("Install", "WantedBy").into_iter().map(|setting| (setting.value, "wants"));
    let required = unit.settings("Install", "RequiredBy").into_iter().map(|setting| (setting.value, "requires"));
    let targets: Vec<_> = wanted
        .chain(required)
        .flat_map(|(value, kind)| value.split_whitespace().map(move |target| (target, kind)))
        .collect();
    targets.into_iter().any(|(target, kind)| {
        LOAD_PATH.iter().any(|folder| server.look(&format!("{folder}/{target}.{kind}/{name}")).is_ok())
    })
}
