//! The words that alone can stand in a command which someone pastes as root: each is checked for what it is for, printable,
//! and quoted in one place. What fails its check is said as text, with the reason.

use crate::text::{printable, quoted};
use std::fmt;

/// A word that is no command's: what it is, fit to be shown, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Refused {
    shown: String,
    why: &'static str,
}

impl Refused {
    /// That text, for that reason.
    #[must_use]
    pub(crate) fn new(text: &str, why: &'static str) -> Self {
        Self { shown: printable(&crate::redact::clean(text)).into_owned(), why }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}` {}", self.shown, self.why)
    }
}

/// Text that is what it looks like: nothing a terminal or a shell's editor acts on, nothing that was taken out of it, no
/// byte that was not UTF-8.
fn sound(text: &str) -> Result<(), Refused> {
    let refuse = |why| Err(Refused::new(text, why));
    if printable(text) != text || text.contains(char::REPLACEMENT_CHARACTER) {
        return refuse("has characters that cannot be typed as they are shown");
    }
    if text.contains(crate::redact::REDACTED) {
        return refuse("holds a secret, which is not shown");
    }
    Ok(())
}

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
    pub(crate) fn new(path: &str) -> Result<Self, Refused> {
        sound(path)?;
        if !path.starts_with('/') || path.len() >= PATH_MAX {
            return Err(Refused::new(path, "is no absolute path"));
        }
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        if parts.contains(&"..") {
            return Err(Refused::new(path, "goes through `..`"));
        }
        Ok(Self(format!("/{}", parts.join("/"))))
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

    /// Whether it can stand in a unit file without quotes and without what systemd expands (systemd.service(5), "Command
    /// lines").
    #[must_use]
    pub(crate) fn is_plain(&self) -> bool {
        self.0.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._+:@-".contains(&byte))
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
    pub(crate) fn new(path: &str, marks: BundleMarks) -> Result<Self, Refused> {
        let path = AbsolutePath::new(path)?;
        let text = path.as_str();
        let below =
            |folder: &str| text.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        // `/usr/local` and `/opt` are the administrator's own, but only the latter is for whole programs.
        let shallow = text.matches('/').count() < 2;
        let home_of_a_user = text.strip_prefix("/home/").is_some_and(|rest| !rest.contains('/'));
        if shallow || home_of_a_user || OF_THE_SYSTEM.iter().any(|folder| below(folder)) || OF_MANY.contains(&text) {
            return Err(Refused::new(text, "is a folder of the system's, not of a bundle"));
        }
        match marks {
            BundleMarks::Seen | BundleMarks::Vacant => Ok(Self(path)),
            BundleMarks::Missing => Err(Refused::new(text, "holds something that is no bundle")),
        }
    }

    /// Its path.
    #[must_use]
    pub(crate) const fn path(&self) -> &AbsolutePath {
        &self.0
    }
}

/// An `http` or `https` address without credentials.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct HttpUrl(String);

impl HttpUrl {
    /// Checks an address.
    ///
    /// # Errors
    /// Where it is none that a shell, curl and a unit file take as it is shown.
    pub(crate) fn new(url: &str) -> Result<Self, Refused> {
        sound(url)?;
        let refuse = || Err(Refused::new(url, "is no plain http or https address"));
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
    pub(crate) fn host(&self) -> Word {
        let rest = self.0.split_once("://").map_or("", |(_, rest)| rest);
        let authority = rest.split('/').next().unwrap_or_default();
        let host = match authority.strip_prefix('[') {
            Some(rest) => rest.split(']').next(),
            None => authority.split(':').next(),
        };
        Word::Checked(host.unwrap_or_default().to_owned())
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
    pub(crate) fn new(name: &str) -> Result<Self, Refused> {
        let in_name = |byte: u8| byte.is_ascii_alphanumeric() || b":-_.\\@".contains(&byte);
        let sound = name.len() < 256 && !name.starts_with(['-', '.']) && name.bytes().all(in_name);
        if !sound || !name.ends_with(".service") || name == ".service" {
            return Err(Refused::new(name, "is no name of a service"));
        }
        Ok(Self(name.to_owned()))
    }

    /// The unit file of the administrator's.
    #[must_use]
    pub(crate) fn file(&self) -> AbsolutePath {
        AbsolutePath(format!("/etc/systemd/system/{}", self.0))
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
    pub(crate) fn new(name: &str) -> Result<Self, Refused> {
        let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase() || byte == b'_');
        let in_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.".contains(&byte);
        if !first || name.len() > 32 || !name.bytes().all(in_name) {
            return Err(Refused::new(name, "is no user's name"));
        }
        Ok(Self(name.to_owned()))
    }

    /// Whether it is root.
    #[must_use]
    pub(crate) fn is_root(&self) -> bool {
        self.0 == "root"
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
    pub(crate) fn new(path: &str) -> Result<Self, Refused> {
        let path = AbsolutePath::new(path)?;
        let name = path.as_str().rsplit('/').next().unwrap_or_default();
        if !matches!(name, "node" | "nodejs" | "pnpm" | "npm") {
            return Err(Refused::new(path.as_str(), "is no program of Node's"));
        }
        Ok(Self(path))
    }

    /// Its path.
    #[must_use]
    pub(crate) const fn path(&self) -> &AbsolutePath {
        &self.0
    }
}

/// A change of some lines of a unit file, as sed(1) carries it out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct LineEdit(String);

impl LineEdit {
    /// In these lines, the first `old` of each becomes `new`: both as they stand in the file.
    ///
    /// # Errors
    /// Where one of them cannot be typed as it is shown.
    pub(crate) fn replace(lines: (u32, u32), old: &str, new: &str) -> Result<Self, Refused> {
        sound(old)?;
        sound(new)?;
        Ok(Self(format!("{}s#{}#{}#", address(lines), pattern(old), replacement(new))))
    }

    /// An option with its value is taken out of these lines, if the value is one plain word.
    #[must_use]
    pub(crate) fn without_option(lines: (u32, u32), option: &str) -> Option<Self> {
        let is_name =
            option.starts_with("--") && option.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let value = "[A-Za-z0-9._~+/=-]\\{1,\\}\\([[:space:]]\\|$\\)";
        let address = address(lines);
        is_name.then(|| Self(format!("{address}s#[[:space:]]\\{{1,\\}}{option}[=[:space:]][[:space:]]*{value}#\\1#")))
    }

    /// These lines become comments.
    #[must_use]
    pub(crate) fn comment(lines: (u32, u32)) -> Self {
        Self(format!("{}s/^/# /", address(lines)))
    }
}

fn address((first, last): (u32, u32)) -> String {
    if first == last { format!("{first}") } else { format!("{first},{last}") }
}

/// Text as it stands in the replacement of `s###`.
fn replacement(text: &str) -> String {
    text.replace('\\', "\\\\").replace('#', "\\#").replace('&', "\\&")
}

/// Text as it stands in the pattern of `s###` (a basic regular expression).
fn pattern(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '.' | '*' | '[' | ']' | '^' | '$' | '\\' | '#') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A word of a command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Word {
    /// One of the program's own.
    Fixed(&'static str),
    /// The shell's own: `|`, `work=$(`, never quoted.
    Shell(&'static str),
    /// A path of the server's.
    Path(AbsolutePath),
    /// Below the folder that the block makes for itself.
    Work(&'static str),
    /// Any other word that was checked.
    Checked(String),
}

impl From<&'static str> for Word {
    fn from(word: &'static str) -> Self {
        Self::Fixed(word)
    }
}

impl From<&AbsolutePath> for Word {
    fn from(path: &AbsolutePath) -> Self {
        Self::Path(path.clone())
    }
}

impl From<AbsolutePath> for Word {
    fn from(path: AbsolutePath) -> Self {
        Self::Path(path)
    }
}

impl From<&BundleDir> for Word {
    fn from(folder: &BundleDir) -> Self {
        Self::Path(folder.0.clone())
    }
}

impl From<&NodeProgram> for Word {
    fn from(program: &NodeProgram) -> Self {
        Self::Path(program.0.clone())
    }
}

impl From<&HttpUrl> for Word {
    fn from(url: &HttpUrl) -> Self {
        Self::Checked(url.0.clone())
    }
}

impl From<&UnitName> for Word {
    fn from(name: &UnitName) -> Self {
        Self::Checked(name.0.clone())
    }
}

impl From<&UserName> for Word {
    fn from(name: &UserName) -> Self {
        Self::Checked(name.0.clone())
    }
}

impl From<LineEdit> for Word {
    fn from(edit: LineEdit) -> Self {
        Self::Checked(edit.0)
    }
}

impl From<u32> for Word {
    fn from(number: u32) -> Self {
        Self::Checked(number.to_string())
    }
}

impl Word {
    /// A version of three numbers.
    #[must_use]
    pub(crate) fn version(text: &str) -> Option<Self> {
        let parts: Vec<_> = text.split('.').collect();
        let is_number =
            |part: &&str| !part.is_empty() && part.len() < 6 && part.bytes().all(|byte| byte.is_ascii_digit());
        (parts.len() == 3 && parts.iter().all(is_number)).then(|| Self::Checked(text.to_owned()))
    }

    /// `NAME:`, the user with its own group, as chown(1) takes it.
    #[must_use]
    pub(crate) fn owner(user: &UserName) -> Self {
        Self::Checked(format!("{}:", user.0))
    }

    /// An option with its value: `--root=/mnt`.
    #[must_use]
    pub(crate) fn option(name: &'static str, path: &AbsolutePath) -> Self {
        Self::Checked(format!("{name}={}", path.0))
    }

    /// As it is typed.
    #[must_use]
    pub(crate) fn typed(&self, place: Place) -> String {
        match self {
            Self::Fixed(word) => quoted(word, place == Place::First),
            Self::Shell(word) => (*word).to_owned(),
            Self::Path(path) => quoted(&path.0, place == Place::First),
            Self::Work("") => "\"$work\"".to_owned(),
            Self::Work(below) => format!("\"$work\"/{below}"),
            Self::Checked(word) => quoted(word, place == Place::First),
        }
    }
}

/// Where a word stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// It names the program.
    First,
    /// Behind it.
    Later,
}

/// Lines that a command reads, made of fixed text and checked words.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Document(String);

impl Document {
    /// With this text.
    #[must_use]
    pub(crate) fn fixed(mut self, text: &'static str) -> Self {
        self.0.push_str(text);
        self
    }

    /// With a path, if it needs no quotes in a unit file.
    ///
    /// # Errors
    /// Where it does.
    pub(crate) fn path(mut self, path: &AbsolutePath) -> Result<Self, Refused> {
        if !path.is_plain() {
            return Err(Refused::new(path.as_str(), "cannot stand in a unit without quotes"));
        }
        self.0.push_str(path.as_str());
        Ok(self)
    }

    /// With an address.
    #[must_use]
    pub(crate) fn url(mut self, url: &HttpUrl) -> Self {
        self.0.push_str(url.as_str());
        self
    }

    /// With a line of a unit file as it stands there.
    ///
    /// # Errors
    /// Where it cannot be typed as it is shown.
    pub(crate) fn line(mut self, key: &str, value: &str) -> Result<Self, Refused> {
        sound(key)?;
        sound(value)?;
        self.0.push_str(&format!("{key}={value}\n"));
        Ok(self)
    }

    /// The lines, without a newline at their end.
    #[must_use]
    pub(crate) fn lines(&self) -> &str {
        self.0.trim_end_matches('\n')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words of a line, by the rules of the Shell Command Language, 2.2 and 2.6.5: a shell that knows quotes only.
    fn read(line: &str) -> Vec<String> {
        let mut words = Vec::new();
        let mut word: Option<String> = None;
        let mut rest = line.chars();
        while let Some(c) = rest.next() {
            match c {
                ' ' | '\t' | '\n' => words.extend(word.take()),
                '\'' => {
                    let word = word.get_or_insert_default();
                    word.extend(rest.by_ref().take_while(|c| *c != '\''));
                }
                '\\' => word.get_or_insert_default().extend(rest.next()),
                '|' | '&' | ';' | '<' | '>' | '(' | ')' | '$' | '`' | '"' | '*' | '?' | '[' | '#' | '~' | '!' | '{' => {
                    panic!("the shell acts on `{c}` in {line}")
                }
                c => word.get_or_insert_default().push(c),
            }
        }
        words.extend(word);
        words
    }

    /// Words of which each shell would make something else.
    fn hostile() -> Vec<String> {
        let pieces = [
            "'",
            "\"",
            "\\",
            "$",
            "$(id)",
            "`id`",
            ";",
            "&&",
            "|",
            ">x",
            "<x",
            " ",
            "*",
            "?",
            "[a]",
            "~",
            "#",
            "!",
            "{a,b}",
            "=",
            "-",
            "--",
            "a",
            "/",
            "%",
            "^",
            "if",
            "done",
            "é",
            "\u{1f600}",
            "\u{a0}",
            "(",
            ")",
            "!!",
            ":",
            "=ls",
        ];
        let mut words: Vec<String> = pieces.map(str::to_owned).to_vec();
        words.push(String::new());
        let mut state = 0x2545_f491_u32;
        for length in (1..7).cycle().take(3000) {
            let mut word = String::new();
            for _ in 0..length {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                word.push_str(pieces[(state >> 16) as usize % pieces.len()]);
            }
            words.push(word);
        }
        words
    }

    #[test]
    fn each_word_arrives_as_it_was() {
        for word in hostile() {
            let line = crate::text::typed([word.as_str(), word.as_str()]);
            assert_eq!(read(&line), [word.clone(), word], "{line}");
        }
    }

    /// The same by the shells themselves; the lab runs it (tests/lab/harm.py).
    #[test]
    #[ignore = "needs sh, bash and dash"]
    fn each_word_arrives_in_each_shell() {
        for shell in ["sh", "bash", "dash"] {
            let words = hostile();
            for some in words.chunks(200) {
                let line = crate::text::typed(["printf", "%s\\0"].into_iter().chain(some.iter().map(String::as_str)));
                let out = std::process::Command::new(shell).args(["-c", &line]).output().unwrap();
                let came: Vec<_> =
                    String::from_utf8(out.stdout).unwrap().split_terminator('\0').map(str::to_owned).collect();
                assert_eq!(came, some, "{shell}");
            }
        }
    }

    #[test]
    fn paths_are_what_they_look_like() {
        for path in ["/opt/agent-bundle", "/srv/a b/agent-bundle", "/opt/a'; touch X; 'b/agent-bundle", "/opt/données"]
        {
            assert_eq!(AbsolutePath::new(path).unwrap().as_str(), path);
        }
        for path in [
            "",
            "opt/x",
            "-rf",
            "/opt/../etc",
            "/a/..",
            "/a\nb",
            "/a\tb",
            "/a\u{1b}[2Jb",
            "/a\u{202e}b",
            "/a\u{200b}b",
            "/a\u{fffd}b",
            "/a\0b",
            "/a/[redacted]/b",
            "/a\u{7f}",
        ] {
            let refused = AbsolutePath::new(path).unwrap_err().to_string();
            assert_eq!(printable(&refused), refused, "{path:?}");
        }
        assert_eq!(AbsolutePath::new("//a//./b/").unwrap().as_str(), "/a/b");
    }

    #[test]
    fn a_bundle_is_no_folder_of_the_system() {
        for path in [
            "/",
            "/etc",
            "/etc/x/agent-bundle",
            "/usr/lib/x",
            "/opt",
            "/srv",
            "/home",
            "/home/agent",
            "/root",
            "/var",
            "/var/lib",
            "/var/log",
            "/tmp",
            "/tmp/agent-bundle",
            "/boot/x",
            "/proc/1/root",
            "/bin",
            "/agent-bundle",
            "/run/x/y",
            "/mnt",
        ] {
            for marks in [BundleMarks::Seen, BundleMarks::Vacant] {
                assert!(BundleDir::new(path, marks).is_err(), "{path}");
            }
        }
        for path in ["/root/.server-flow/agent-bundle", "/opt/agent-bundle", "/srv/x/y", "/home/agent/agent-bundle"] {
            assert!(BundleDir::new(path, BundleMarks::Seen).is_ok(), "{path}");
            assert!(BundleDir::new(path, BundleMarks::Missing).is_err(), "{path}");
        }
    }

    #[test]
    fn addresses_are_of_http_and_nothing_else() {
        for url in
            ["http://127.0.0.1:4000", "https://cp.example/panel", "http://control_plane:3000", "http://[::1]:4000/x"]
        {
            assert_eq!(HttpUrl::new(url).unwrap().as_str(), url);
        }
        for url in [
            "-K/home/agent/c://h",
            "file:///etc/shadow",
            "http://",
            "http://-K",
            "http://a b",
            "http://u:p@h",
            "http://h:99999",
            "http://h:",
            "http://h/$(id)",
            "http://h/%2e",
            "http://h/../x",
            "http://h?x",
            "http://h#x",
            "HTTP://h",
            "http://h/{a,b}",
            "http://[::1",
            "http://[x]",
            "http://[::1]x",
            "http://h\n",
            "http://h'",
            "ftp://h",
            "http://é",
            "http://h:+80",
        ] {
            assert!(HttpUrl::new(url).is_err(), "{url}");
        }
        let host = |url: &str| HttpUrl::new(url).unwrap().host().typed(Place::Later);
        assert_eq!([host("http://a.b:1/c"), host("http://[::1]:4000")], ["a.b", "::1"]);
    }

    #[test]
    fn names_are_names() {
        for name in ["a.service", "server-flow-agent.service", "a@b.service", "a\\x2db.service"] {
            assert!(UnitName::new(name).is_ok(), "{name}");
        }
        for name in
            ["", ".service", "-a.service", "a b.service", "a.socket", "a/b.service", "a;b.service", "../x.service"]
        {
            assert!(UnitName::new(name).is_err(), "{name}");
        }
        for name in ["root", "agent", "_apt", "a-b_c.d"] {
            assert!(UserName::new(name).is_ok(), "{name}");
        }
        for name in ["", "-x", "a:b", "a b", "1000", "Root", "a;b", "a\n", "é", "0"] {
            assert!(UserName::new(name).is_err(), "{name}");
        }
        assert!(NodeProgram::new("/usr/bin/node").is_ok() && NodeProgram::new("/usr/bin/sh").is_err());
    }
}
