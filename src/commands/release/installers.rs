//! The shell scripts of a repository that install the agent, and the units that they write.

use super::ReleaseJob;
use crate::commands::failure::Failure;
use crate::host::files::{Links, read_regular};
use crate::host::folders;
use crate::release::installer::{KnownUnit, unit_of_file, units};
use crate::release::workspace::InstallerUnit;
use crate::text;
use anyhow::{Context, Result};
use std::path::Path;

/// Bytes of a script or unit that are read.
const MAX_SCRIPT: usize = 256 << 10;
/// Folders that a script may be below.
const MAX_DEPTH: usize = 5;

/// What scripts are named after that put the agent on a server. Each is read, and says nothing unless it writes a unit.
const INSTALLERS: [&str; 5] = ["install", "setup", "deploy", "provision", "bootstrap"];

fn is_installer(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_script = !name.contains('.') || name.ends_with(".sh") || name.ends_with(".bash");
    is_script && !name.contains("uninstall") && INSTALLERS.iter().any(|word| name.contains(word))
}

impl ReleaseJob<'_> {
    /// The units that the repository's installers write.
    pub(super) fn installers(&self) -> Result<Vec<InstallerUnit>> {
        let scripts = folders::named(&self.repo, MAX_DEPTH, &is_installer)
            .with_context(|| Failure::new("cannot look for installers in the repository"))?;
        Ok(scripts.iter().flat_map(|script| self.units_of(script)).collect())
    }

    fn units_of(&self, script: &Path) -> Vec<InstallerUnit> {
        let shown = text::printable_path(script.strip_prefix(&self.repo).unwrap_or(script));
        let Some(words) = read(script) else {
            let why = format!("{shown} cannot be read, or is too large");
            return vec![InstallerUnit { place: shown, unit: Err(why) }];
        };
        let found = units(&shown, &words).into_iter();
        let named = found.map(|written| InstallerUnit {
            place: format!("{shown}:{}", written.line),
            unit: match written.known {
                KnownUnit::Unit(unit) => Ok(*unit),
                KnownUnit::Unclear(why) => Err(text::printable(&why).into_owned()),
                KnownUnit::File(path) => self.unit_file(script, &path),
            },
        });
        named.collect()
    }

    /// A unit that a script copies: its path is relative to the script, or to the repository.
    fn unit_file(&self, script: &Path, path: &str) -> Result<crate::systemd::Unit, String> {
        let beside = script.parent().unwrap_or(&self.repo);
        let name = path.rsplit('/').next().unwrap_or(path);
        let places = [beside.join(path), self.repo.join(path), beside.join(name)];
        let found = places.iter().find_map(|place| read(place));
        found.and_then(|words| unit_of_file(name, &words)).ok_or_else(|| {
            format!("the unit is {}, which is not in the repository, or is no unit of the agent", text::printable(path))
        })
    }
}

fn read(path: &Path) -> Option<String> {
    let read = read_regular(path, MAX_SCRIPT, Links::Followed).ok()?;
    (read.size <= MAX_SCRIPT).then(|| String::from_utf8_lossy(&read.bytes).into_owned())
}
