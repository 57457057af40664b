//! The Node version that a bundle is judged for, and what changed between versions.
//!
//! Each threshold is from the "History" table or the changelog of Node's documentation that is named beside it, and was
//! measured with 18.20, 20.20, 22.23 and 24.22 (`tests/lab/imports.py`).

use super::builtins::{self, MEASURED};
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

/// A version that nothing can be judged for.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NodeVersionRefusal {
    /// It is none.
    #[error(transparent)]
    NotAVersion(#[from] NotANodeVersion),
    /// It was not measured.
    #[error("what Node {given} does was not measured, only {}: the nearest of them is {nearest}", MEASURED.map(|line| line.to_string()).join(", "))]
    NotMeasured {
        /// The version.
        given: NodeVersion,
        /// The nearest release line that was.
        nearest: u32,
    },
}

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

    /// Whether it has `process.loadEnvFile` (process.md: 20.12, 21.7).
    #[must_use]
    pub(crate) const fn loads_env_files(self) -> bool {
        self.major > 21 || (self.major == 21 && self.minor >= 7) || (self.major == 20 && self.minor >= 12)
    }

    /// A version that a user names, of one of the measured release lines.
    ///
    /// # Errors
    /// Where it is none, or of another line.
    pub fn measured(text: &str) -> Result<Self, NodeVersionRefusal> {
        let given: Self = text.parse()?;
        let nearest = MEASURED.into_iter().min_by_key(|line| line.abs_diff(given.major)).unwrap_or(MEASURED[0]);
        let refusal = NodeVersionRefusal::NotMeasured { given, nearest };
        if nearest == given.major { Ok(given) } else { Err(refusal) }
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

    /// `import source` and `import.source()` (V8 13.6, Node 24; measured).
    #[must_use]
    pub const fn parses_import_source(self) -> bool {
        self.major >= 24
    }

    /// `(?i:a)` and `(?<y>a)|(?<y>b)` in regular expressions (V8 12.5, Node 23; measured with 22 and 24).
    #[must_use]
    pub const fn parses_modifiers(self) -> bool {
        self.major >= 23
    }

    /// The scripts of Unicode 16 and 17 (measured with the last versions of 18, 20, 22 and 24).
    #[must_use]
    pub const fn knows_new_scripts(self) -> bool {
        self.major >= 20
    }

    /// Types in `.ts` files are stripped (typescript.md: no longer behind a flag since v23.6.0 and v22.18.0).
    #[must_use]
    pub fn strips_types(self) -> bool {
        self.has(&[(22, 18), (23, 6)])
    }

    /// Names such as `#/x` in `imports` (packages.md: v25.4.0; v24.14.0, and measured with 24.22).
    #[must_use]
    pub fn imports_slash_names(self) -> bool {
        self.has(&[(24, 14), (25, 4)])
    }

    /// `import` of a native addon (measured: 24.22 loads it, 22.23 knows no such extension).
    #[must_use]
    pub const fn imports_addons(self) -> bool {
        self.major >= 24
    }

    /// `import` of WebAssembly (esm.md, "Wasm modules": without a flag since v24.5.0 and v22.19.0).
    #[must_use]
    pub fn imports_wasm(self) -> bool {
        self.has(&[(22, 19), (24, 5)])
    }

    /// A hashbang behind a byte order mark in CommonJS (measured: an error on 18 and 20, none on 22).
    #[must_use]
    pub const fn reads_hashbang_behind_mark(self) -> bool {
        self.major >= 22
    }

    /// package.json read in C++, which says less of what is wrong with it (measured: 22 and 24; 20 reads it in JavaScript).
    #[must_use]
    pub const fn reads_packages_natively(self) -> bool {
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

    /// The measured release line whose table it is judged by: its own, or the newest before it.
    #[must_use]
    pub fn line(self) -> u32 {
        let before = MEASURED.into_iter().rev().find(|line| *line <= self.major);
        before.unwrap_or(MEASURED[0])
    }

    /// Whether a module of that name, with or without `node:`, is Node's own.
    #[must_use]
    pub fn has_builtin(self, specifier: &str) -> bool {
        let has = |name: &str| builtins::module(name).is_some_and(|lines| lines.has(self.line()));
        has(specifier) && self.has_prefixed(specifier) || specifier.strip_prefix("node:").is_some_and(has)
    }

    /// Whether one of Node's own modules exports a name; nothing where that is not known.
    ///
    /// What a line got in its middle is only known to be there at its end, so it is never said to be missing.
    #[must_use]
    pub fn builtin_exports(self, specifier: &str, name: &str) -> Option<bool> {
        let module = builtins::known_as(specifier)?;
        if name == "default" {
            return Some(true);
        }
        match builtins::export(module, name) {
            Some(lines) => Some(lines.has(self.line())),
            None => builtins::is_complete(module).then_some(false),
        }
    }

    /// Modules that only have a name with `node:` and came in the middle of a line (modules.md, "Built-in modules with
    /// mandatory `node:` prefix").
    fn has_prefixed(self, specifier: &str) -> bool {
        match specifier {
            "node:test/reporters" => self.has(&[(18, 17), (19, 9)]),
            "node:sea" => self.has(&[(20, 12), (21, 7)]),
            "node:sqlite" => self.has(&[(22, 13), (23, 4)]),
            _ => true,
        }
    }

    /// Properties of `import.meta` (esm.md): `resolve` without a flag, `dirname` and `filename`, `main`; those of others are
    /// everywhere.
    #[must_use]
    pub fn has_import_meta(self, name: &str) -> bool {
        match name {
            "resolve" => self.has(&[(18, 19), (20, 6)]),
            "dirname" | "filename" => self.has(&[(20, 11), (21, 2)]),
            "main" => self.has(&[(22, 18), (24, 2)]),
            _ => true,
        }
    }
}

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
    fn a_line_that_was_not_measured_is_refused_with_the_nearest() {
        for (text, expected) in [
            ("18", Ok(18)),
            ("24.2", Ok(24)),
            ("16", Err("the nearest of them is 18")),
            ("19.9.0", Err("what Node 19.9.0 does was not measured, only 18, 20, 22, 24: the nearest of them is 18")),
            ("23", Err("the nearest of them is 22")),
            ("26", Err("the nearest of them is 24")),
            ("4294967295", Err("the nearest of them is 24")),
            ("x", Err("is not a version of Node")),
        ] {
            match (NodeVersion::measured(text), expected) {
                (Ok(version), Ok(major)) => assert_eq!(version.line(), major, "{text}"),
                (Err(said), Err(part)) => assert!(said.to_string().contains(part), "{said}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
        // A server's own Node is judged by the line before it.
        let line = |text: &str| text.parse::<NodeVersion>().unwrap().line();
        assert_eq!(["16.20.2", "21.7.3", "22.1.0", "26.0.0"].map(line), [18, 20, 22, 24]);
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
            ("24", "fs", "nope", Some(false)),
            ("22", "fs", "F_OK", Some(true)),
            ("24", "fs", "F_OK", Some(false)),
            ("24", "node:util", "isBoolean", Some(false)),
            ("24", "node:test", "describe", Some(true)),
            ("18", "node:test", "suite", Some(false)),
            ("24", "constants", "SSL_OP_SINGLE_DH_USE", Some(false)),
            ("18", "constants", "nope", None),
        ] {
            assert_eq!(at(version).builtin_exports(module, name), expected, "{name} of {module} on {version}");
        }
    }
}
