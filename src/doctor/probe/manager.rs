//! What the service manager is told for all services, in files of its own and by hand (systemd-system.conf(5), systemctl(1)).

use super::ask::Probe;
use crate::doctor::questions::Diagnostic;
use crate::systemd::UnitFile;
use std::collections::BTreeMap;

/// Most bytes of one of its files, and most files.
const MAX_OF_A_FILE: usize = 256 << 10;
const MAX_FILES: usize = 100;
/// Folders of drop-ins, the first winning over the later ones for one name.
const FOLDERS: [&str; 4] = [
    "/etc/systemd/system.conf.d",
    "/run/systemd/system.conf.d",
    "/usr/local/lib/systemd/system.conf.d",
    "/usr/lib/systemd/system.conf.d",
];
const MAIN: &str = "/etc/systemd/system.conf";

impl Probe<'_> {
    /// The manager's own files, the one that counts least first; values have their secrets taken out.
    pub(super) fn manager_files(&self) -> Vec<UnitFile> {
        let mut drop_ins: BTreeMap<String, String> = BTreeMap::new();
        for folder in FOLDERS {
            let listed = self.server.list(folder).unwrap_or_default();
            for name in listed.into_iter().filter(|name| name.ends_with(".conf")) {
                let path = format!("{folder}/{name}");
                drop_ins.entry(name).or_insert(path);
            }
        }
        let paths = std::iter::once(MAIN.to_owned()).chain(drop_ins.into_values().take(MAX_FILES));
        let files = paths.filter_map(|path| {
            let bytes = self.server.read(&path, MAX_OF_A_FILE).ok()?;
            let mut file = UnitFile::parse(&path, &String::from_utf8_lossy(&bytes));
            file.text.clear();
            file.assignments.iter_mut().for_each(|found| found.value = self.shown(&found.value));
            (!file.assignments.is_empty()).then_some(file)
        });
        files.collect()
    }

    /// What every service is given as `NODE_OPTIONS`.
    pub(super) fn manager_options(&self) -> Option<String> {
        let spoken = self.run(&Diagnostic::ManagerEnvironment).ok()?;
        let value = spoken.stdout.lines().find_map(|line| line.strip_prefix("NODE_OPTIONS="))?;
        // What a shell would take for more than a word is quoted (`$'--require x'`).
        let plain = value.strip_prefix("$'").and_then(|value| value.strip_suffix('\'')).unwrap_or(value);
        Some(self.shown(plain))
    }
}
