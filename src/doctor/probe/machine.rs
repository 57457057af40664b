//! The machine: its users, its file systems, its name and system.

use super::ask::Probe;
use super::mounts;
use crate::doctor::facts::{Account, AgentPlaces, Fact, Volume};
use crate::doctor::questions::{Diagnostic, Situation, Unanswered};

impl Probe<'_> {
    /// The user of that name or number.
    pub(super) fn account(&self, user: String) -> Fact<Option<Account>> {
        let parse = |text: &str| {
            let line = |line: &str| {
                let fields: Vec<_> = line.split(':').collect();
                let is_it = fields.first() == Some(&user.as_str()) || fields.get(2) == Some(&user.as_str());
                is_it.then_some(())?;
                let number = |at: usize| fields.get(at)?.parse().ok();
                let name = (*fields.first()?).to_owned();
                Some(Account { name, uid: number(2)?, gid: number(3)?, home: (*fields.get(5)?).to_owned() })
            };
            text.lines().find_map(line)
        };
        match self.server.read("/etc/passwd", 1 << 20) {
            Ok(bytes) => {
                if let Some(account) = parse(&String::from_utf8_lossy(&bytes)) {
                    return Fact::Known(Some(account));
                }
            }
            Err(refusal) if !self.server.is_live() => return Fact::unknown(format!("/etc/passwd: {refusal}")),
            Err(_) => {}
        }
        // Users may come from elsewhere (nsswitch.conf(5)); exit status 2 is `not found` (getent(1)).
        match self.run(&Diagnostic::User(&user)) {
            Ok(spoken) if spoken.status == Some(0) => Fact::Known(parse(&spoken.stdout)),
            Ok(spoken) if spoken.status == Some(2) => Fact::Known(None),
            Err(Unanswered::NotFound | Unanswered::NotLive) => Fact::Known(None),
            Ok(_) | Err(_) => Fact::unknown("getent failed"),
        }
    }

    pub(super) fn volumes(&self, places: &AgentPlaces) -> Vec<Volume> {
        let folders = [&places.bundle, &places.home, "/tmp", "/etc/systemd/system", "/var/log"];
        let mut volumes: Vec<Volume> = Vec::new();
        for folder in folders {
            let mut path = folder;
            let space = loop {
                match self.server.space(path) {
                    Ok(space) => break Some(space),
                    Err(_) => match path.rsplit_once('/') {
                        Some((above, _)) => path = if above.is_empty() { "/" } else { above },
                        None => break None,
                    },
                }
                if path == "/" {
                    break self.server.space("/").ok();
                }
            };
            let Some(space) = space else { continue };
            let free_inodes = (space.inodes > 0).then_some(space.free_inodes);
            let crowded = if free_inodes == Some(0) { self.crowded(path, places) } else { Vec::new() };
            let volume = Volume { path: path.to_owned(), free: space.free, size: space.size, free_inodes, crowded };
            let is_known = volumes.iter().any(|known| (known.size, known.free) == (volume.size, volume.free));
            if !is_known {
                volumes.push(volume);
            }
        }
        volumes
    }

    /// The folders with the most entries on the file system of a folder: those below the agent's home first, as they are
    /// looked through at once, whatever else there is.
    fn crowded(&self, path: &str, places: &AgentPlaces) -> Vec<(u64, String)> {
        let top = self.mount_point(path).unwrap_or_else(|| path.to_owned());
        let mut found: Vec<(u64, String)> = Vec::new();
        for folder in [places.home.as_str(), "/tmp", top.as_str()] {
            let spoken = self.run(&Diagnostic::Crowded(folder)).map(|spoken| spoken.stdout).unwrap_or_default();
            let line = |line: &str| {
                let (count, folder) = line.split_once('\t')?;
                Some((count.parse().ok()?, self.shown(folder)))
            };
            let mut most: Vec<(u64, String)> = spoken.lines().filter_map(line).collect();
            most.sort_by(|a, b| b.cmp(a));
            most.retain(|(_, folder)| found.iter().all(|(_, known)| known != folder));
            // What stands in the agent's home is named whatever its size; of the others, what is worth a look.
            let few = if folder == top && folder != places.home { 1000 } else { 100 };
            found.extend(most.into_iter().filter(|(count, _)| *count >= few).take(2));
        }
        found
    }

    /// Where the file system of a path is mounted (proc(5), `/proc/PID/mounts`).
    fn mount_point(&self, path: &str) -> Option<String> {
        let points = mounts::read(self.server).into_iter().map(|mount| mount.point);
        let is_above = |point: &String| {
            point == "/" || path.strip_prefix(&**point).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        points.filter(is_above).max_by_key(String::len)
    }

    pub(super) fn os(&self) -> Option<String> {
        let bytes = self.server.read("/etc/os-release", 64 << 10).ok()?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let name = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
        Some(self.shown(name.trim_matches('"')))
    }

    pub(super) fn host_name(&self, situation: &Situation) -> Option<String> {
        let on_disk = || {
            let bytes = self.server.read("/etc/hostname", 4096).ok()?;
            Some(String::from_utf8_lossy(&bytes).trim().to_owned()).filter(|name| !name.is_empty())
        };
        situation.name.clone().or_else(on_disk).map(|name| self.shown(&name))
    }

    pub(super) fn user_name(&self, uid: u32) -> Option<String> {
        let bytes = self.server.read("/etc/passwd", 1 << 20).ok()?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let number = uid.to_string();
        let line = text.lines().find(|line| line.split(':').nth(2) == Some(&number))?;
        line.split(':').next().map(|name| self.shown(name))
    }
}
