//! A word of a command, and how it is typed.

use super::paths::{AbsolutePath, BundleDir, NodeProgram};
use crate::text::quoted;

/// A word of a command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum CheckedWord {
    /// One of the program's own.
    Fixed(&'static str),
    /// The shell's own: `|`, `work=$(`, never quoted.
    Shell(&'static str),
    /// A path of the server's.
    Path(AbsolutePath),
    /// Below the folder that the block makes for itself.
    Work(&'static str),
    /// Any other word that was checked.
    Checked(Checked),
}

/// Bytes of a variable's value.
const MAX_VALUE: usize = 32 << 10;

/// A word that was checked: only what checks words makes one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Checked(String);

impl From<&'static str> for CheckedWord {
    fn from(word: &'static str) -> Self {
        Self::Fixed(word)
    }
}

impl From<&AbsolutePath> for CheckedWord {
    fn from(path: &AbsolutePath) -> Self {
        Self::Path(path.clone())
    }
}

impl From<AbsolutePath> for CheckedWord {
    fn from(path: AbsolutePath) -> Self {
        Self::Path(path)
    }
}

impl From<&BundleDir> for CheckedWord {
    fn from(folder: &BundleDir) -> Self {
        Self::Path(folder.path().clone())
    }
}

impl From<&NodeProgram> for CheckedWord {
    fn from(program: &NodeProgram) -> Self {
        Self::Path(program.path().clone())
    }
}

impl From<u32> for CheckedWord {
    fn from(number: u32) -> Self {
        Self::checked(number.to_string())
    }
}

impl CheckedWord {
    /// What was checked by whoever calls this.
    pub(super) fn checked(text: String) -> Self {
        Self::Checked(Checked(text))
    }

    /// A version of three numbers.
    #[must_use]
    pub(crate) fn version(text: &str) -> Option<Self> {
        let parts: Vec<_> = text.split('.').collect();
        let is_number =
            |part: &&str| !part.is_empty() && part.len() < 6 && part.bytes().all(|byte| byte.is_ascii_digit());
        (parts.len() == 3 && parts.iter().all(is_number)).then(|| Self::checked(text.to_owned()))
    }

    /// An option with its value: `--root=/mnt`.
    #[must_use]
    pub(crate) fn option(name: &'static str, path: &AbsolutePath) -> Self {
        Self::checked(format!("{name}={}", path.as_str()))
    }

    /// systemd's setting for a file of variables, which need not be there (systemd.exec(5), `EnvironmentFile=`).
    #[must_use]
    pub(crate) fn environment_file(path: &AbsolutePath) -> Self {
        Self::checked(format!("EnvironmentFile=-{}", path.as_str()))
    }

    /// A variable with its value, `A=b`: one of a name that shells know (environ(7)) and a value that can be shown.
    #[must_use]
    pub(crate) fn variable(name: &str, value: &str) -> Option<Self> {
        let starts = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        let is_name = starts && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let is_shown = crate::text::printable(value) == value && value.len() < MAX_VALUE;
        (is_name && is_shown).then(|| Self::checked(format!("{name}={value}")))
    }

    /// A value of systemd's in seconds: `RuntimeMaxSec=8`.
    #[must_use]
    pub(crate) fn seconds(name: &'static str, seconds: u32) -> Self {
        Self::checked(format!("{name}{seconds}"))
    }

    /// As the program gets it, where it does not depend on the block.
    #[must_use]
    pub(crate) fn plain(&self) -> Option<&str> {
        match self {
            Self::Fixed(word) => Some(word),
            Self::Path(path) => Some(path.as_str()),
            Self::Checked(Checked(word)) => Some(word),
            Self::Shell(_) | Self::Work(_) => None,
        }
    }

    /// As it is typed.
    #[must_use]
    pub(crate) fn typed(&self, place: WordPlace) -> String {
        match self {
            Self::Fixed(word) => quoted(word, place == WordPlace::First),
            Self::Shell(word) => (*word).to_owned(),
            Self::Path(path) => quoted(path.as_str(), place == WordPlace::First),
            Self::Work("") => "\"$work\"".to_owned(),
            Self::Work(below) => format!("\"$work\"/{below}"),
            Self::Checked(Checked(word)) => quoted(word, place == WordPlace::First),
        }
    }
}

/// Where a word stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum WordPlace {
    /// It names the program.
    First,
    /// Behind it.
    Later,
}
