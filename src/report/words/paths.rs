//! Paths that can stand in a command: any, a bundle's folder, a program of Node's.

use super::refused::{RefusedWord, sound};

/// An absolute path without `..`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct AbsolutePath(String);

/// The longest path that the kernel takes (PATH_MAX, limits.h).
const PATH_MAX: usize = 4096;

impl AbsolutePath {
    /// Checks a path.
    ///
    /// # Errors
    /// Where it is none that can be typed.
    pub(crate) fn new(path: &str) -> Result<Self, RefusedWord> {
        sound(path)?;
        if !path.starts_with('/') || path.len() >= PATH_MAX {
            return Err(RefusedWord::new(path, "is no absolute path"));
        }
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        if parts.contains(&"..") {
            return Err(RefusedWord::new(path, "goes through `..`"));
        }
        Ok(Self(format!("/{}", parts.join("/"))))
    }

    /// The administrator's file of a unit with that name, which was checked.
    pub(super) fn of_unit(name: &str) -> Self {
        Self(format!("/etc/systemd/system/{name}"))
    }

    /// The path.
    #[must_use]
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Something below it.
    #[must_use]
    pub(crate) fn below(&self, name: &'static str) -> Self {
        Self(format!("{}/{name}", self.0.trim_end_matches('/')))
    }

    /// A name beside it: its own with an ending of letters, digits, `.` and `-`.
    #[must_use]
    pub(crate) fn beside(&self, ending: &str) -> Self {
        let kept = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        Self(format!("{}{}", self.0, ending.chars().filter(kept).collect::<String>()))
    }

    /// The folder that it is in.
    #[must_use]
    pub(crate) fn folder(&self) -> Self {
        match self.0.rsplit_once('/') {
            Some(("", _)) | None => Self("/".to_owned()),
            Some((folder, _)) => Self(folder.to_owned()),
        }
    }

    /// Whether it is a folder that holds those of others, such as `/opt`.
    #[must_use]
    pub(crate) fn is_of_many(&self) -> bool {
        OF_MANY.contains(&self.as_str())
    }

    /// The same path on a disk that is mounted there.
    #[must_use]
    pub(crate) fn on(&self, root: &Self) -> Self {
        Self(format!("{}{}", root.0.trim_end_matches('/'), self.0))
    }

    /// As it stands in a unit file, where it needs no quotes and has nothing that systemd expands (systemd.service(5), "Command
    /// lines").
    ///
    /// # Errors
    /// Where it does not.
    pub(crate) fn in_unit(&self) -> Result<&str, RefusedWord> {
        let plain = self.0.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._+:@-".contains(&byte));
        if plain { Ok(&self.0) } else { Err(RefusedWord::new(&self.0, "cannot stand in a unit without quotes")) }
    }
}

/// What was seen in a folder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BundleMarks {
    /// It has what only a bundle has.
    Seen,
    /// It is not there, or empty.
    Vacant,
    /// It has something else, or that is not known.
    Missing,
}

/// A folder that holds a bundle, or is to: never one of the system's, nor one that holds something else.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct BundleDir(AbsolutePath);

/// Folders of the system and all that is below them (hier(7), file-hierarchy(7)).
const OF_THE_SYSTEM: [&str; 16] = [
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/lost+found",
    "/proc",
    "/run",
    "/sbin",
    "/sys",
    "/tmp",
    "/usr",
    "/var/tmp",
];
/// Folders that hold those of others: what is below them may be a bundle.
const OF_MANY: [&str; 14] = [
    "/home",
    "/media",
    "/mnt",
    "/opt",
    "/root",
    "/srv",
    "/var",
    "/var/backups",
    "/var/cache",
    "/var/lib",
    "/var/log",
    "/var/mail",
    "/var/spool",
    "/var/www",
];

impl BundleDir {
    /// Checks a folder.
    ///
    /// # Errors
    /// Where it is the system's, or holds something else.
    pub(crate) fn new(path: &str, marks: BundleMarks) -> Result<Self, RefusedWord> {
        let path = AbsolutePath::new(path)?;
        let text = path.as_str();
        let below =
            |folder: &str| text.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        // `/usr/local` and `/opt` are the administrator's own, but only the latter is for whole programs.
        let shallow = text.matches('/').count() < 2;
        let home_of_a_user = text.strip_prefix("/home/").is_some_and(|rest| !rest.contains('/'));
        if shallow || home_of_a_user || OF_THE_SYSTEM.iter().any(|folder| below(folder)) || OF_MANY.contains(&text) {
            return Err(RefusedWord::new(text, "is a folder of the system's, not of a bundle"));
        }
        match marks {
            BundleMarks::Seen | BundleMarks::Vacant => Ok(Self(path)),
            BundleMarks::Missing => Err(RefusedWord::new(text, "holds something that is no bundle")),
        }
    }

    /// Its path.
    #[must_use]
    pub(crate) const fn path(&self) -> &AbsolutePath {
        &self.0
    }
}

/// A path of Node, pnpm or npm.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct NodeProgram(AbsolutePath);

impl NodeProgram {
    /// Checks a path.
    ///
    /// # Errors
    /// Where it is none of them by its name.
    pub(crate) fn new(path: &str) -> Result<Self, RefusedWord> {
        let path = AbsolutePath::new(path)?;
        let name = path.as_str().rsplit('/').next().unwrap_or_default();
        if !matches!(name, "node" | "nodejs" | "pnpm" | "npm") {
            return Err(RefusedWord::new(path.as_str(), "is no program of Node's"));
        }
        Ok(Self(path))
    }

    /// Its path.
    #[must_use]
    pub(crate) const fn path(&self) -> &AbsolutePath {
        &self.0
    }
}
