//! The Node version that a bundle is judged for, and what changed between versions.
//!
//! Each threshold is from the "History" table or the changelog of Node's documentation that is named beside it, and was
//! measured with 18.20, 20.20 and 22.23 (`tests/lab/imports.py`).

use std::fmt;
use std::str::FromStr;

/// A version of Node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct NodeVersion {
    /// The release line.
    pub major: u32,
    /// Minor; `u32::MAX` for the newest of the line.
    pub minor: u32,
    /// Patch; `u32::MAX` for the newest.
    pub patch: u32,
}

/// A text that is no version of Node.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a version of Node: give a release line such as 20, or a version such as 20.10.0")]
pub struct NotANodeVersion(String);

impl Default for NodeVersion {
    /// The newest 18, the oldest line that is deployed.
    fn default() -> Self {
        Self::newest(18)
    }
}

impl NodeVersion {
    /// The newest version of a release line.
    #[must_use]
    pub const fn newest(major: u32) -> Self {
        Self { major, minor: u32::MAX, patch: u32::MAX }
    }

    /// Whether it is at least this version of its own line, or of a later line than all that are named.
    fn has(self, since: &[(u32, u32)]) -> bool {
        let last = since.iter().map(|(major, _)| *major).max().unwrap_or(u32::MAX);
        self.major > last || since.iter().any(|(major, minor)| self.major == *major && self.minor >= *minor)
    }

    /// `import … with { … }` (esm.md: "v21.0.0, v20.10.0, v18.20.0: Add experimental support for import attributes").
    #[must_use]
    pub fn parses_with(self) -> bool {
        self.has(&[(18, 20), (20, 10), (21, 0)])
    }

    /// `import … assert { … }` (esm.md: "v22.0.0: Drop support for import assertions").
    #[must_use]
    pub fn parses_assert(self) -> bool {
        self.major < 22
    }

    /// A typeless `.js` file with ESM syntax is run as an ES module (packages.md, "Syntax detection": v22.7.0 and v20.19.0).
    #[must_use]
    pub fn detects_module_syntax(self) -> bool {
        self.has(&[(20, 19), (22, 7)])
    }

    /// `require()` of an ES module, and with it the condition `module-sync` (modules.md: no longer behind a flag since
    /// v22.12.0 and v20.19.0).
    #[must_use]
    pub fn requires_modules(self) -> bool {
        self.has(&[(20, 19), (22, 12)])
    }

    /// The condition `module-sync` (packages.md: v22.10.0; 20.19.0 has it with `require()` of ES modules).
    #[must_use]
    pub fn knows_module_sync(self) -> bool {
        self.has(&[(20, 19), (22, 10)])
    }

    /// The flag `v` of regular expressions (V8 11.2, Node 20).
    #[must_use]
    pub const fn parses_unicode_sets(self) -> bool {
        self.major >= 20
    }

    /// `using` and `await using` (V8 13.6, Node 24).
    #[must_use]
    pub const fn parses_using(self) -> bool {
        self.major >= 24
    }

    /// Types in `.ts` files are stripped (typescript.md: no longer behind a flag since v23.6.0 and v22.18.0).
    #[must_use]
    pub fn strips_types(self) -> bool {
        self.has(&[(22, 18), (23, 6)])
    }

    /// A hashbang behind a byte order mark in CommonJS (measured: an error on 18 and 20, none on 22).
    #[must_use]
    pub const fn reads_hashbang_behind_mark(self) -> bool {
        self.major >= 22
    }

    /// `legacyMainResolve` in C++, which names the file it looked for (measured: 20 and 22 do, 18 names the folder).
    #[must_use]
    pub const fn names_missing_main(self) -> bool {
        self.major >= 20
    }

    /// "attribute" instead of "assertion" in error codes (errors.md: `ERR_IMPORT_ATTRIBUTE_MISSING` since v21.1.0).
    #[must_use]
    pub fn says_attribute(self) -> bool {
        self.has(&[(21, 1)])
    }

    /// Whether a module of that name, with or without `node:`, is Node's own.
    #[must_use]
    pub fn has_builtin(self, specifier: &str) -> bool {
        match specifier.strip_prefix("node:") {
            Some(name) => self.is_builtin(name) || self.needs_prefix(name),
            None => self.is_builtin(specifier),
        }
    }

    /// Whether one of Node's own modules exports a name; nothing where that is not known for this version.
    #[must_use]
    pub fn builtin_exports(self, module: &str, name: &str) -> Option<bool> {
        // What a line got in its middle is only known to be there at its end, so it is never said to be missing.
        let line = match self.major {
            ..=18 => 18,
            19 | 20 => 20,
            21 | 22 => 22,
            _ => return None,
        };
        let module = module.strip_prefix("node:").unwrap_or(module);
        let names = BUILTIN_EXPORTS.lines().find_map(|line| line.strip_prefix(module)?.strip_prefix(": "))?;
        let since = names.split(' ').find_map(|known| match known.split_once('@') {
            Some((known, since)) => (known == name).then(|| since.parse::<u32>().unwrap_or(u32::MAX)),
            None => (known == name).then_some(18),
        });
        Some(name == "default" || since.is_some_and(|since| since <= line))
    }

    fn is_builtin(self, name: &str) -> bool {
        BUILTINS.contains(&name) || (name == "inspector/promises" && self.major >= 19)
    }

    /// Modules that only have a name with `node:` (modules.md, "Built-in modules with mandatory `node:` prefix").
    fn needs_prefix(self, name: &str) -> bool {
        match name {
            "test" => self.major >= 18,
            "test/reporters" => self.has(&[(18, 17), (19, 9)]),
            "sea" => self.has(&[(20, 12), (21, 7)]),
            "sqlite" => self.has(&[(22, 13), (23, 4)]),
            _ => false,
        }
    }
}

const BUILTIN_EXPORTS: &str = include_str!("builtin_exports.txt");

/// `module.builtinModules` of Node 18.20, which later lines up to 22 have too; `inspector/promises` came with 19.
const BUILTINS: [&str; 67] = [
    "_http_agent",
    "_http_client",
    "_http_common",
    "_http_incoming",
    "_http_outgoing",
    "_http_server",
    "_stream_duplex",
    "_stream_passthrough",
    "_stream_readable",
    "_stream_transform",
    "_stream_wrap",
    "_stream_writable",
    "_tls_common",
    "_tls_wrap",
    "assert",
    "assert/strict",
    "async_hooks",
    "buffer",
    "child_process",
    "cluster",
    "console",
    "constants",
    "crypto",
    "dgram",
    "diagnostics_channel",
    "dns",
    "dns/promises",
    "domain",
    "events",
    "fs",
    "fs/promises",
    "http",
    "http2",
    "https",
    "inspector",
    "module",
    "net",
    "os",
    "path",
    "path/posix",
    "path/win32",
    "perf_hooks",
    "process",
    "punycode",
    "querystring",
    "readline",
    "readline/promises",
    "repl",
    "stream",
    "stream/consumers",
    "stream/promises",
    "stream/web",
    "string_decoder",
    "sys",
    "timers",
    "timers/promises",
    "tls",
    "trace_events",
    "tty",
    "url",
    "util",
    "util/types",
    "v8",
    "vm",
    "wasi",
    "worker_threads",
    "zlib",
];

impl FromStr for NodeVersion {
    type Err = NotANodeVersion;

    /// `18`, `v20.10`, `20.10.0`. What is left out is the newest: `20` is the newest 20, `20.10` is exact but for its
    /// patch.
    fn from_str(text: &str) -> Result<Self, NotANodeVersion> {
        let wrong = || NotANodeVersion(crate::text::printable(text).into_owned());
        let mut numbers = text.strip_prefix('v').unwrap_or(text).split('.');
        let mut next = |required: bool| match numbers.next() {
            Some(number) if number.bytes().all(|byte| byte.is_ascii_digit()) => number.parse().map_err(|_| wrong()),
            None if !required => Ok(u32::MAX),
            _ => Err(wrong()),
        };
        let version = Self { major: next(true)?, minor: next(false)?, patch: next(false)? };
        if numbers.next().is_some() || version.major == 0 { Err(wrong()) } else { Ok(version) }
    }
}

/// `20` for the newest of a line, `20.10` and `20.10.0` for others.
impl fmt::Display for NodeVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.major)?;
        for number in [self.minor, self.patch].into_iter().filter(|number| *number != u32::MAX) {
            write!(f, ".{number}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_shown() {
        let newest = u32::MAX;
        for (text, expected) in [
            ("18", Some((18, newest, newest))),
            ("v20.10", Some((20, 10, newest))),
            ("20.10.0", Some((20, 10, 0))),
            ("", None),
            ("latest", None),
            ("20.x", None),
            ("0", None),
            ("20.10.0.1", None),
            ("99999999999", None),
        ] {
            let expected = expected.map(|(major, minor, patch)| NodeVersion { major, minor, patch });
            assert_eq!(text.parse().ok(), expected, "{text}");
        }
        assert_eq!("v20.10".parse::<NodeVersion>().unwrap().to_string(), "20.10");
    }

    #[test]
    fn what_changed_is_there_from_its_version_on() {
        let at = |text: &str| text.parse::<NodeVersion>().unwrap();
        for (version, detects, requires, with, assert) in [
            ("18", false, false, true, true),
            ("18.19.1", false, false, false, true),
            ("20.9", false, false, false, true),
            ("20.18.3", false, false, true, true),
            ("20.19", true, true, true, true),
            ("21.7", false, false, true, true),
            ("22.6", false, false, true, false),
            ("22.11.0", true, false, true, false),
            ("22.12.0", true, true, true, false),
            ("24", true, true, true, false),
        ] {
            let node = at(version);
            let found =
                (node.detects_module_syntax(), node.requires_modules(), node.parses_with(), node.parses_assert());
            assert_eq!(found, (detects, requires, with, assert), "{version}");
        }
        for (version, name, expected) in [
            ("18", "fs", true),
            ("18", "node:fs/promises", true),
            ("18", "test", false),
            ("18", "node:test", true),
            ("18", "node:sqlite", false),
            ("22", "node:sqlite", true),
            ("18", "inspector/promises", false),
            ("20", "inspector/promises", true),
            ("20", "fastify", false),
            ("20", "", false),
            ("20", "node:", false),
        ] {
            assert_eq!(at(version).has_builtin(name), expected, "{name} on {version}");
        }
        for (version, module, name, expected) in [
            ("18", "node:fs", "readFileSync", Some(true)),
            ("18", "fs", "readFile", Some(true)),
            ("18", "fs/promises", "readFileSync", Some(false)),
            ("18", "fs", "default", Some(true)),
            ("18", "fs", "glob", Some(false)),
            ("22", "fs", "glob", Some(true)),
            ("24", "fs", "nope", None),
            ("18", "constants", "nope", None),
        ] {
            assert_eq!(at(version).builtin_exports(module, name), expected, "{name} of {module} on {version}");
        }
    }
}
