//! Names that can stand in a command: addresses, units, users.

use super::paths::AbsolutePath;
use super::refused::{RefusedWord, sound};
use super::word::CheckedWord;

/// An `http` or `https` address without credentials.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct HttpUrl(String);

impl HttpUrl {
    /// Checks an address.
    ///
    /// # Errors
    /// Where it is none that a shell, curl and a unit file take as it is shown.
    pub(crate) fn new(url: &str) -> Result<Self, RefusedWord> {
        sound(url)?;
        let refuse = || Err(RefusedWord::new(url, "is no plain http or https address"));
        let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) else { return refuse() };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        // `[`, `{` and `*` are curl's globbing, `%` and `$` a unit's specifiers and variables.
        let in_path = |byte: u8| byte.is_ascii_alphanumeric() || b"/._~-".contains(&byte);
        if !is_authority(authority) || !path.bytes().all(in_path) || path.split('/').any(|part| part == "..") {
            return refuse();
        }
        Ok(Self(url.trim_end_matches('/').to_owned()))
    }

    /// The address, without a `/` at its end.
    #[must_use]
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The host in it.
    #[must_use]
    pub(crate) fn host(&self) -> CheckedWord {
        let rest = self.0.split_once("://").map_or("", |(_, rest)| rest);
        let authority = rest.split('/').next().unwrap_or_default();
        let host = match authority.strip_prefix('[') {
            Some(rest) => rest.split(']').next(),
            None => authority.split(':').next(),
        };
        CheckedWord::checked(host.unwrap_or_default().to_owned())
    }

    /// Another file beside it: its own name and an ending.
    #[must_use]
    pub(crate) fn with_ending(&self, ending: &'static str) -> Self {
        Self(format!("{}.{ending}", self.0))
    }

    /// A file of the server's.
    #[must_use]
    pub(crate) fn below(&self, name: &'static str) -> Self {
        Self(format!("{}/{name}", self.0))
    }
}

/// A host's name or address, and a port (RFC 3986, 3.2). Docker's names have `_`.
fn is_authority(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) => match (address.parse::<core::net::Ipv6Addr>(), rest.strip_prefix(':')) {
            (Ok(_), port) if rest.is_empty() || port.is_some() => (None, port),
            _ => return false,
        },
        None => match text.split_once(':') {
            Some((host, port)) => (Some(host), Some(port)),
            None => (Some(text), None),
        },
    };
    let in_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    let is_host = |host: &str| {
        host.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric())
            && host.len() <= 253
            && host.bytes().all(in_host)
    };
    host.is_none_or(is_host)
        && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
        && port.is_none_or(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A unit's name with its suffix (systemd.unit(5)).
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct UnitName(String);

impl UnitName {
    /// Checks a name.
    ///
    /// # Errors
    /// Where it is no service's.
    pub(crate) fn new(name: &str) -> Result<Self, RefusedWord> {
        let in_name = |byte: u8| byte.is_ascii_alphanumeric() || b":-_.\\@".contains(&byte);
        let sound = name.len() < 256 && !name.starts_with(['-', '.']) && name.bytes().all(in_name);
        if !sound || !name.ends_with(".service") || name == ".service" {
            return Err(RefusedWord::new(name, "is no name of a service"));
        }
        Ok(Self(name.to_owned()))
    }

    /// The unit file of the administrator's.
    #[must_use]
    pub(crate) fn file(&self) -> AbsolutePath {
        AbsolutePath::of_unit(&self.0)
    }
}

/// A user's or a group's name (useradd(8), "Caveats").
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct UserName(String);

impl UserName {
    /// Checks a name.
    ///
    /// # Errors
    /// Where useradd would not take it.
    pub(crate) fn new(name: &str) -> Result<Self, RefusedWord> {
        let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase() || byte == b'_');
        let in_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.".contains(&byte);
        if !first || name.len() > 32 || !name.bytes().all(in_name) {
            return Err(RefusedWord::new(name, "is no user's name"));
        }
        Ok(Self(name.to_owned()))
    }

    /// The name.
    #[must_use]
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is root.
    #[must_use]
    pub(crate) fn is_root(&self) -> bool {
        self.0 == "root"
    }
}

impl From<&HttpUrl> for CheckedWord {
    fn from(url: &HttpUrl) -> Self {
        Self::checked(url.0.clone())
    }
}

impl From<&UnitName> for CheckedWord {
    fn from(name: &UnitName) -> Self {
        Self::checked(name.0.clone())
    }
}

impl From<&UserName> for CheckedWord {
    fn from(name: &UserName) -> Self {
        Self::checked(name.0.clone())
    }
}

impl CheckedWord {
    /// `NAME:`, the user with its own group, as chown(1) takes it.
    #[must_use]
    pub(crate) fn owner(user: &UserName) -> Self {
        Self::checked(format!("{}:", user.0))
    }

    /// A user of systemd's: `User=agent`.
    #[must_use]
    pub(crate) fn user(name: &'static str, user: &UserName) -> Self {
        Self::checked(format!("{name}{}", user.0))
    }
}
