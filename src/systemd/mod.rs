//! A systemd service unit: its file and drop-ins as text says it, and what the settings come to together.
//!
//! The syntax is that of systemd.syntax(7), the settings those of systemd.service(5) and systemd.exec(5).

mod command;
mod environment_file;
pub(crate) mod fit;
mod parse;
pub(crate) mod read;
mod refusal;
pub(crate) mod seen_paths;

pub(crate) use command::{CommandLine, split};
pub(crate) use environment_file::{FileVariable, file_variables};

use std::collections::HashSet;

/// One line `Key=value` with its section.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assignment {
    /// The section, such as `Service`.
    pub section: String,
    /// The key, such as `ExecStart`.
    pub key: String,
    /// The value, continuation lines joined by a blank.
    pub value: String,
    /// The line it starts in, from 1.
    pub line: u32,
}

/// A line that systemd logs a complaint about and ignores.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Complaint {
    /// From 1.
    pub line: u32,
    /// What is wrong with it.
    pub what: &'static str,
}

/// One unit file or drop-in.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct UnitFile {
    /// Its path on the server.
    pub path: String,
    /// Its assignments, in order.
    pub assignments: Vec<Assignment>,
    /// Lines that are ignored.
    pub complaints: Vec<Complaint>,
    /// Its text, for whoever changes a line of it.
    pub text: String,
}

/// A value with the place that gave it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Setting<'a> {
    /// The value as it stands, specifiers and quotes included.
    pub value: &'a str,
    /// The file that gave it.
    pub file: &'a UnitFile,
    /// The line in it, from 1.
    pub line: u32,
}

impl Setting<'_> {
    /// `/etc/systemd/system/x.service:8`.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}:{}", self.file.path, self.line)
    }
}

/// A unit: its file, and the drop-ins in the order in which systemd reads them.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Unit {
    /// The unit's name with its suffix, for `%n` and `%p`.
    pub name: String,
    /// The file first, then the drop-ins.
    pub files: Vec<UnitFile>,
}

/// What `WorkingDirectory=` asks for (systemd.exec(5)).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WorkingDirectory {
    /// Nothing is set: `/`.
    Root,
    /// `~`: the home of the user in `User=`.
    Home,
    /// A path, specifiers resolved.
    Path(String),
}

/// What the service manager knows and a unit refers to by specifiers (systemd.unit(5), "Specifiers").
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Context {
    /// The home of the user of `User=`, for `~`; nothing where that is not known.
    pub user_home: Option<String>,
}

impl Unit {
    /// A unit of one file.
    #[must_use]
    pub fn of_text(name: &str, path: &str, text: &str) -> Self {
        Self { name: name.to_owned(), files: vec![UnitFile::parse(path, text)] }
    }

    /// The setting that counts of a key that holds one value: the last one, unless it is empty, which resets.
    #[must_use]
    pub fn setting(&self, section: &str, key: &str) -> Option<Setting<'_>> {
        self.all(section, key).last().filter(|setting| !setting.value.is_empty())
    }

    /// The settings that count of a key that collects values: an empty assignment drops what came before.
    #[must_use]
    pub fn settings(&self, section: &str, key: &str) -> Vec<Setting<'_>> {
        let mut kept = Vec::new();
        for setting in self.all(section, key) {
            if setting.value.is_empty() {
                kept.clear();
            } else {
                kept.push(setting);
            }
        }
        kept
    }

    /// Every assignment of a key, resets included, in the order in which they are read.
    fn all<'a, 'b>(&'a self, section: &'b str, key: &'b str) -> impl Iterator<Item = Setting<'a>> + use<'a, 'b> {
        self.files.iter().flat_map(move |file| {
            let named = file.assignments.iter().filter(move |found| found.section == section && found.key == key);
            named.map(move |found| Setting { value: &found.value, file, line: found.line })
        })
    }

    /// The command that is started: the last `ExecStart=`, since any type but `oneshot` takes one only.
    #[must_use]
    pub fn exec_start(&self) -> Option<Setting<'_>> {
        self.settings("Service", "ExecStart").into_iter().last()
    }

    /// [`Unit::exec_start`] in words, specifiers resolved.
    ///
    /// # Errors
    /// What is wrong with the line, as systemd would say it.
    pub fn command(&self) -> Option<Result<CommandLine, &'static str>> {
        let setting = self.exec_start()?;
        Some(CommandLine::parse(setting.value, |text| self.expand(text)))
    }

    /// The folders in which a program is looked for that the command names without a path, where the unit has its own
    /// (systemd.exec(5), `ExecSearchPath=`, from 250 on): an empty line drops what came before.
    #[must_use]
    pub fn search_path(&self) -> Vec<String> {
        let settings = self.settings("Service", "ExecSearchPath");
        let folders = settings.iter().flat_map(|setting| setting.value.split(':'));
        folders.map(|folder| normal(&self.expand(folder.trim()))).filter(|folder| folder.starts_with('/')).collect()
    }

    /// Where the command is started, and whether a directory that is not there is forgiven (a leading `-`).
    #[must_use]
    pub fn working_directory(&self) -> (WorkingDirectory, bool) {
        let Some(setting) = self.setting("Service", "WorkingDirectory") else {
            return (WorkingDirectory::Root, false);
        };
        let (value, forgiven) = match setting.value.strip_prefix('-') {
            Some(value) => (value, true),
            None => (setting.value, false),
        };
        match value {
            "~" => (WorkingDirectory::Home, forgiven),
            path => (WorkingDirectory::Path(self.expand(path)), forgiven),
        }
    }

    /// The absolute path of the working directory, without a trailing `/`.
    #[must_use]
    pub fn working_path(&self, context: &Context) -> Option<String> {
        match self.working_directory().0 {
            WorkingDirectory::Root => Some("/".to_owned()),
            WorkingDirectory::Home => context.user_home.clone(),
            WorkingDirectory::Path(path) => Some(normal(&path)),
        }
    }

    /// The user the command runs as; root where nothing is set.
    #[must_use]
    pub fn user(&self) -> String {
        self.setting("Service", "User").map_or_else(|| "root".to_owned(), |setting| self.expand(setting.value))
    }

    /// The variables of `Environment=`, in order, the last of a name counting (systemd.exec(5)).
    #[must_use]
    pub fn environment(&self) -> Vec<(String, String)> {
        let mut variables: Vec<(String, String)> = Vec::new();
        for setting in self.settings("Service", "Environment") {
            for word in split(setting.value).unwrap_or_default() {
                let word = self.expand(&word);
                if let Some((name, value)) = word.split_once('=') {
                    variables.push((name.to_owned(), value.to_owned()));
                }
            }
        }
        // Of a name the last counts, where it stands.
        let mut seen = HashSet::new();
        let mut last: Vec<_> = variables.into_iter().rev().filter(|(name, _)| seen.insert(name.clone())).collect();
        last.reverse();
        last
    }

    /// Whether any of the unit's files is a drop-in.
    #[must_use]
    pub fn has_drop_ins(&self) -> bool {
        self.files.len() > 1
    }

    /// Specifiers resolved as the system's service manager does (systemd.unit(5)); those that depend on the machine and
    /// no agent's unit uses stay as they are.
    #[must_use]
    pub fn expand(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            if c != '%' {
                out.push(c);
                continue;
            }
            let stem = self.name.rsplit_once('.').map_or(self.name.as_str(), |(stem, _)| stem);
            let (prefix, instance) = stem.split_once('@').unwrap_or((stem, ""));
            match rest.next() {
                Some('%') => out.push('%'),
                // In the system's manager these are root's, whatever `User=` says.
                Some('h') => out.push_str("/root"),
                Some('u') => out.push_str("root"),
                Some('U' | 'G') => out.push('0'),
                Some('g') => out.push_str("root"),
                Some('s') => out.push_str("/bin/sh"),
                Some('n') => out.push_str(&self.name),
                Some('N') => out.push_str(stem),
                Some('p') => out.push_str(prefix),
                Some('i' | 'I') => out.push_str(instance),
                Some('t') => out.push_str("/run"),
                Some('S') => out.push_str("/var/lib"),
                Some('C') => out.push_str("/var/cache"),
                Some('L') => out.push_str("/var/log"),
                Some('E') => out.push_str("/etc"),
                Some('T') => out.push_str("/tmp"),
                Some('V') => out.push_str("/var/tmp"),
                Some(other) => {
                    out.push('%');
                    out.push(other);
                }
                None => out.push('%'),
            }
        }
        out
    }
}

/// An absolute path without `.`, empty components and a trailing `/`, as systemd simplifies paths; `..` is kept.
#[must_use]
pub fn normal(path: &str) -> String {
    let kept: Vec<_> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let joined = kept.join("/");
    if path.starts_with('/') { format!("/{joined}") } else { joined }
}

/// A path with `..` taken away, as where no folder on the way is a link.
#[must_use]
pub(crate) fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        if part == ".." {
            kept.pop();
        } else {
            kept.push(part);
        }
    }
    format!("/{}", kept.join("/"))
}

/// A path seen from a directory: itself where it is absolute.
#[must_use]
pub(crate) fn from_directory(directory: &str, path: &str) -> String {
    if path.starts_with('/') { normal(path) } else { normal(&format!("{directory}/{path}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENTED: &str = "[Unit]\nDescription=ServerFlow Agent\n\n[Service]\nType=simple\nUser=root\n\
        WorkingDirectory=/root/.server-flow/agent-bundle\n\
        ExecStart=/usr/bin/node /root/.server-flow/agent-bundle/dist/index.js --url http://cp\n\
        Environment=NODE_ENV=production\n";

    fn with(drop_ins: &[&str]) -> Unit {
        let mut unit = Unit::of_text("server-flow-agent.service", "unit", DOCUMENTED);
        unit.files.extend(drop_ins.iter().map(|text| UnitFile::parse("drop-in", text)));
        unit
    }

    #[test]
    fn the_documented_unit_is_understood() {
        let unit = with(&[]);
        assert_eq!(unit.working_directory(), (WorkingDirectory::Path("/root/.server-flow/agent-bundle".into()), false));
        assert_eq!(unit.exec_start().map(|setting| setting.line), Some(8));
        let command = unit.command().unwrap().unwrap();
        assert_eq!(command.program, "/usr/bin/node");
        assert_eq!(command.arguments, ["/root/.server-flow/agent-bundle/dist/index.js", "--url", "http://cp"]);
        assert_eq!(unit.environment(), [("NODE_ENV".to_owned(), "production".to_owned())]);
        assert_eq!(unit.user(), "root");
    }

    #[test]
    fn drop_ins_reset_replace_and_add() {
        let unit = with(&[
            "[Service]\nExecStart=\nExecStart=/usr/local/bin/node x.js\nWorkingDirectory=-%h/x/\n",
            "[Service]\nEnvironment=\"A=b c\" NODE_ENV=test\nUser=\n",
        ]);
        assert_eq!(unit.command().unwrap().unwrap().program, "/usr/local/bin/node");
        assert_eq!(unit.exec_start().unwrap().place(), "drop-in:3");
        assert_eq!(unit.working_directory(), (WorkingDirectory::Path("/root/x/".into()), true));
        assert_eq!(unit.working_path(&Context { user_home: None }).as_deref(), Some("/root/x"));
        assert_eq!(unit.user(), "root");
        let wanted = [("A", "b c"), ("NODE_ENV", "test")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(unit.environment(), wanted);
        let emptied = with(&["[Service]\nExecStart=\n"]);
        assert!(emptied.exec_start().is_none());
    }

    #[test]
    fn folders_of_programs_collect_and_reset() {
        let unit = with(&["[Service]\nExecSearchPath=/old\nExecSearchPath=\nExecSearchPath=%h/bin/:/opt/n\n"]);
        assert_eq!(unit.search_path(), ["/root/bin", "/opt/n"]);
        assert!(with(&[]).search_path().is_empty());
    }

    #[test]
    fn specifiers_are_the_managers() {
        let unit = Unit { name: "agent@blue.service".into(), files: Vec::new() };
        for (text, wanted) in [
            ("%h/x", "/root/x"),
            ("100%%", "100%"),
            ("%n %N %p %i", "agent@blue.service agent@blue agent blue"),
            ("%z %", "%z %"),
        ] {
            assert_eq!(unit.expand(text), wanted);
        }
    }

    #[test]
    fn home_depends_on_the_user() {
        let unit = Unit::of_text("x.service", "x", "[Service]\nWorkingDirectory=~\nUser=agent\n");
        assert_eq!(
            unit.working_path(&Context { user_home: Some("/home/agent".into()) }).as_deref(),
            Some("/home/agent")
        );
        assert_eq!(unit.working_path(&Context { user_home: None }), None);
    }
}
