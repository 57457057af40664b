//! What is mounted on the running server.

use crate::doctor::questions::Server;

/// Bytes of the list.
const MAX: usize = 1 << 20;

/// A line of `/proc/PID/mounts` (proc(5)).
pub(super) struct Mount {
    /// Where it is mounted: `/srv/my flow`.
    pub(super) point: String,
    /// With which options: `rw,noexec`.
    options: String,
}

impl Mount {
    /// Whether nothing on it may be executed.
    pub(super) fn forbids_execution(&self) -> bool {
        self.options.split(',').any(|option| option == "noexec")
    }
}

/// All of them, in the order in which they were mounted; none where that cannot be read.
pub(super) fn read(server: &dyn Server) -> Vec<Mount> {
    let list = server.read("/proc/self/mounts", MAX).unwrap_or_default();
    listed(&String::from_utf8_lossy(&list))
}

fn listed(list: &str) -> Vec<Mount> {
    let mount = |line: &str| {
        let mut fields = line.split(' ').skip(1);
        let point = unescaped(fields.next()?);
        Some(Mount { point, options: fields.nth(1)?.to_owned() })
    };
    list.lines().filter_map(mount).collect()
}

/// Blanks and backslashes as fstab(5) and the kernel write them: `\040`.
pub(super) fn unescaped(field: &str) -> String {
    let codes = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")];
    codes.into_iter().fold(field.to_owned(), |field, (code, c)| field.replace(code, c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_mounted_is_read_with_its_blanks() {
        let list = "/dev/b /srv/my\\040flow ext4 rw,noexec 0 0\nproc /proc proc rw 0 0\n";
        let found: Vec<(String, bool)> =
            listed(list).into_iter().map(|mount| (mount.point.clone(), mount.forbids_execution())).collect();
        assert_eq!(found, [("/srv/my flow".to_owned(), true), ("/proc".to_owned(), false)]);
    }
}
