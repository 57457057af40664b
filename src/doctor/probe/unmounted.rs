//! A file system that the bundle is on by the machine's own lists (fstab(5), systemd.mount(5)), and that is not mounted.

use super::mounts;
use crate::doctor::facts::{Deployment, DeploymentState, Fact, UnitOnDisk, UnmountedVolume};
use crate::doctor::questions::Server;
use crate::systemd::normal;
use crate::text;

/// Bytes of a list of file systems.
const MAX: usize = 1 << 20;

/// Where the administrator and packages put units of mounts.
const FOLDERS: [&str; 2] = ["/etc/systemd/system", "/usr/lib/systemd/system"];

/// The file system that a path is on, where nothing is at that path and the file system is not mounted. Of a mounted disk nobody
/// knows what belongs on it: there it is what the lists say.
pub(super) fn unmounted(server: &dyn Server, deployment: &Deployment) -> Option<UnmountedVolume> {
    let is_gone = match deployment.state.known()? {
        DeploymentState::Absent | DeploymentState::Empty => true,
        DeploymentState::Present(inspected) => inspected.is_bare,
        DeploymentState::NotADirectory(_) => false,
    };
    let read = |path: &str| {
        let bytes = server.read(path, MAX).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    if !is_gone {
        return None;
    }
    let path = normal(&deployment.path);
    let listed = in_fstab(&read("/etc/fstab"), &path);
    let found = listed.or_else(|| {
        let units = above(&path).map(|point| (point.to_owned(), format!("{}.mount", escaped(point))));
        let at = |(point, name): (String, String)| {
            let mut paths = FOLDERS.iter().map(|folder| format!("{folder}/{name}"));
            let place = paths.find(|path| server.look(path).is_ok())?;
            Some(UnmountedVolume { line: format!("Where={point}"), point, place })
        };
        units.filter_map(at).next()
    })?;
    let is_mounted = server.is_live() && mounts::read(server).iter().any(|mount| mount.point == found.point);
    (!is_mounted).then(|| UnmountedVolume {
        point: text::printable(&found.point).into_owned(),
        line: text::printable(&found.line).into_owned(),
        ..found
    })
}

/// The line of fstab(5) whose mount point is nearest above a path.
fn in_fstab(list: &str, path: &str) -> Option<UnmountedVolume> {
    let lines = (1..).zip(list.lines()).filter(|(_, line)| !line.trim_start().starts_with('#'));
    let volume = |(number, line): (u32, &str)| {
        let mut fields = line.split_whitespace().skip(1);
        let point = normal(&mounts::unescaped(fields.next()?));
        let is_above = above(path).any(|above| above == point) && fields.next()? != "swap";
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        is_above.then(|| UnmountedVolume { point, place: format!("/etc/fstab:{number}"), line })
    };
    lines.filter_map(volume).max_by_key(|volume| volume.point.len())
}

/// A path and the folders above it, the nearest first, without the root.
fn above(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| Some(path.rsplit_once('/')?.0)).filter(|path| !path.is_empty())
}

/// A path as the name of a unit has it (systemd-escape(1), `--path`).
fn escaped(path: &str) -> String {
    let mut out = String::new();
    for (at, byte) in path.trim_matches('/').bytes().enumerate() {
        match byte {
            b'/' => out.push('-'),
            b'.' if at == 0 => out.push_str("\\x2e"),
            _ if byte.is_ascii_alphanumeric() || b":_.".contains(&byte) => out.push(char::from(byte)),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out
}

/// A mounted disk's bundle on a file system that is not mounted with it: nothing is known of it.
pub(super) fn beyond(volume: &UnmountedVolume, deployment: Deployment) -> Deployment {
    Deployment { state: Fact::unknown(words(volume)), ..deployment }
}

/// The unit whose paths lead there, likewise.
pub(super) fn unit_beyond(volume: &UnmountedVolume, mut unit: UnitOnDisk) -> UnitOnDisk {
    for path in [&mut unit.working_directory, &mut unit.script, &mut unit.program] {
        let leads_there = |path: &str| path.strip_prefix(&volume.point).is_some_and(|rest| rest.starts_with('/'));
        if path.known().is_some_and(|reached| leads_there(&reached.path)) {
            *path = Fact::unknown(words(volume));
        }
    }
    unit
}

fn words(volume: &UnmountedVolume) -> String {
    format!("`{}` is a file system of its own ({}), which is not mounted here", volume.point, volume.place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_line_of_the_list_counts() {
        let list = "# /dev/x /srv/a ext4\nUUID=1 / ext4 defaults 0 1\n/dev/b  /srv  ext4 defaults 0 2\n\
            /dev/c /srv/my\\040flow ext4 nofail 0 2\n/dev/d none swap sw 0 0\n";
        for (path, wanted) in [
            ("/srv/agent-bundle", Some(("/srv", "/etc/fstab:3", "/dev/b /srv ext4 defaults 0 2"))),
            (
                "/srv/my flow/agent-bundle",
                Some(("/srv/my flow", "/etc/fstab:4", "/dev/c /srv/my\\040flow ext4 nofail 0 2")),
            ),
            ("/srvs/agent-bundle", None),
            ("/root/.server-flow/agent-bundle", None),
        ] {
            let found = in_fstab(list, path);
            let found = found.as_ref().map(|found| (found.point.as_str(), found.place.as_str(), found.line.as_str()));
            assert_eq!(found, wanted, "{path}");
        }
    }

    #[test]
    fn a_path_has_the_name_of_its_unit() {
        for (path, name) in
            [("/opt/data", "opt-data"), ("/srv/my-flow", "srv-my\\x2dflow"), ("/.hidden/x y", "\\x2ehidden-x\\x20y")]
        {
            assert_eq!(escaped(path), name, "{path}");
        }
    }
}
