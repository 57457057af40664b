//! `package.json`, read as Node and the package managers read it.

use super::specifier::Refers;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::OnceLock;

/// The fields whose values are a map from package name to specifier, in the order in which npm documents them
/// (npm's `package.json` page).
const DEPENDENCY_FIELDS: [&str; 4] = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];

/// Levels of nesting that are read; pnpm overflows its stack at 5,000.
const DEEPEST: usize = 500;

/// A parsed `package.json`.
#[derive(Clone, Debug, Default)]
pub struct Package {
    text: String,
    /// Whether bytes that are no UTF-8 were replaced.
    is_mended: bool,
    fields: Map<String, Value>,
    /// The line of every key, made when the first is asked for.
    lines: OnceLock<HashMap<KeyPlace, u32>>,
}

/// Why a `package.json` cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackageFault {
    /// UTF-16 or UTF-32, by its byte order mark or its zero bytes.
    #[error("it is not UTF-8 but UTF-16; Node, pnpm and npm all refuse it")]
    Utf16,
    /// The JSON does not parse.
    #[error("it is not valid JSON: {what} at line {line}, column {column}")]
    Syntax {
        /// The parser's words.
        what: String,
        /// From 1.
        line: u32,
        /// From 1.
        column: u32,
    },
    /// Valid JSON that is not an object.
    #[error("it holds {0} instead of a JSON object")]
    NotAnObject(&'static str),
    /// Nested deeper than pnpm can read.
    #[error("it is nested more than {DEEPEST} levels deep")]
    TooDeep,
    /// Bytes that are no UTF-8, which Node refuses from 22 on.
    #[error("it holds bytes that are not UTF-8")]
    NotUtf8,
    /// `type` is something else than a string, which Node refuses from 22 on.
    #[error("its `type` is no string")]
    TypeIsNoString,
    /// It stands where only third parties' files are, which are not read.
    #[error("it leads to a third party's file, which was not read")]
    NotRead,
    /// Larger than a `package.json` can reasonably be.
    #[error("it is larger than 1 MiB and was not read")]
    TooLarge,
}

impl PackageFault {
    /// The line it concerns, where there is one.
    #[must_use]
    pub const fn line(&self) -> Option<u32> {
        match self {
            Self::Syntax { line, .. } => Some(*line),
            _ => None,
        }
    }
}

/// One dependency as it is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenDependency {
    /// The field it stands in, as a person would name it: `dependencies`, `pnpm.overrides`.
    pub field: &'static str,
    /// Where it stands in the document.
    pub place: KeyPlace,
    /// The package's name (for an override: its selector).
    pub name: String,
    /// The specifier: `^4.0.0`, `workspace:*`.
    pub spec: String,
}

/// Where a value stands in a document: a digest of the keys that lead to it, so that ten thousand values a hundred levels
/// deep cost what ten thousand values cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct KeyPlace(u64);

impl KeyPlace {
    /// The value of that key in the object that stands here.
    fn of(self, key: &str) -> Self {
        let mut digest = std::hash::DefaultHasher::new();
        (self.0, key).hash(&mut digest);
        Self(digest.finish())
    }
}

impl WrittenDependency {
    /// Whether it can be had inside the workspace only.
    #[must_use]
    pub fn is_of_workspace(&self) -> bool {
        Refers::of(&self.spec) == Refers::Workspace
    }
}

/// npm runs these of a package that is depended on by path, even with --ignore-scripts, and stops without the
/// development dependencies that they need (measured with npm 10, `tests/lab/specs.py`).
pub(crate) const RUN_FOR_A_PATH: [&str; 3] = ["preprepare", "prepare", "postprepare"];

impl Package {
    /// Its fields without what `pack` takes out of a package that is depended on by path.
    #[must_use]
    pub fn as_shipped(&self) -> Map<String, Value> {
        let mut fields = self.fields.clone();
        fields.remove("devDependencies");
        if let Some(Value::Object(scripts)) = fields.get_mut("scripts") {
            RUN_FOR_A_PATH.iter().for_each(|name| drop(scripts.remove(*name)));
        }
        fields
    }

    /// Reads the bytes of a `package.json`. A UTF-8 byte order mark is skipped and CRLF is white space, as for
    /// Node, npm and pnpm; of a key that stands there twice the last counts, as in `JSON.parse`.
    ///
    /// # Errors
    /// A [`PackageFault`] where Node would refuse the file.
    pub fn parse(bytes: &[u8]) -> Result<Self, PackageFault> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        if bytes.starts_with(b"\xff\xfe")
            || bytes.starts_with(b"\xfe\xff")
            // Without a mark too: the first two characters of a JSON text are ASCII, so that one of the first four
            // bytes is 0 in UTF-16 and UTF-32 (RFC 4627, section 3).
            || bytes.iter().take(4).any(|byte| *byte == 0)
        {
            return Err(PackageFault::Utf16);
        }
        let (text, is_mended) = match String::from_utf8_lossy(bytes) {
            Cow::Borrowed(text) => (text.to_owned(), false),
            Cow::Owned(text) => (text, true),
        };
        if nesting(&text) > DEEPEST {
            return Err(PackageFault::TooDeep);
        }
        match read_json(&text) {
            Ok(Value::Object(fields)) => Ok(Self { text, is_mended, fields, lines: OnceLock::new() }),
            Ok(other) => Err(PackageFault::NotAnObject(kind_of(&other))),
            Err(error) => Err(PackageFault::Syntax {
                what: syntax_words(&error),
                line: u32::try_from(error.line()).unwrap_or(u32::MAX),
                column: u32::try_from(error.column()).unwrap_or(u32::MAX),
            }),
        }
    }

    /// Whether it holds bytes that are no UTF-8: Node 18 and 20 read U+FFFD in their place, from 22 on Node refuses the file
    /// (measured).
    #[must_use]
    pub const fn is_mended(&self) -> bool {
        self.is_mended
    }

    /// A top-level field.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.fields.get(field)
    }

    /// A top-level field that is a string.
    #[must_use]
    pub fn string(&self, field: &str) -> Option<&str> {
        self.get(field)?.as_str()
    }

    /// `name`, if it is a string with something in it.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.string("name").filter(|name| !name.trim().is_empty())
    }

    /// `version`, if it is valid semver 2.0.0.
    #[must_use]
    pub fn version(&self) -> Option<semver::Version> {
        semver::Version::parse(self.string("version")?).ok()
    }

    /// Whether Node loads the package's `.js` files as ES modules.
    #[must_use]
    pub fn is_module(&self) -> bool {
        self.string("type") == Some("module")
    }

    /// Every specifier in every dependency field, overrides included.
    #[must_use]
    pub fn specifiers(&self) -> Vec<WrittenDependency> {
        let mut found = self.declared();
        for (field, keys) in [
            ("overrides", &["overrides"][..]),
            ("resolutions", &["resolutions"]),
            ("pnpm.overrides", &["pnpm", "overrides"]),
        ] {
            if let Some(Value::Object(map)) = self.at(keys) {
                let place = keys.iter().fold(KeyPlace::default(), |place, key| place.of(key));
                collect(field, place, map, &mut found);
            }
        }
        found
    }

    /// What the four dependency fields declare, overrides left out.
    #[must_use]
    pub fn declared(&self) -> Vec<WrittenDependency> {
        let mut found = Vec::new();
        for field in DEPENDENCY_FIELDS {
            for (name, spec) in self.get(field).and_then(Value::as_object).into_iter().flatten() {
                if let Value::String(spec) = spec {
                    let place = KeyPlace::default().of(field).of(name);
                    found.push(WrittenDependency { field, place, name: name.clone(), spec: spec.clone() });
                }
            }
        }
        found
    }

    /// Whether `pnpm install --prod` and `npm install --omit=dev` both install the package of that name: it is in
    /// `dependencies`, `optionalDependencies` or a `peerDependencies` that is not optional, and not also in
    /// `devDependencies`, which wins (measured with pnpm 9 and npm 10, `tests/lab/specs.py`).
    #[must_use]
    pub fn installs(&self, name: &str) -> bool {
        let optional_peer = self.at(&["peerDependenciesMeta", name, "optional"]) == Some(&Value::Bool(true));
        !self.declares("devDependencies", name)
            && (self.declares("dependencies", name)
                || self.declares("optionalDependencies", name)
                || (self.declares("peerDependencies", name) && !optional_peer))
    }

    /// Whether that dependency field asks for the package of that name.
    #[must_use]
    pub(crate) fn declares(&self, field: &str, name: &str) -> bool {
        self.at(&[field, name]).is_some_and(Value::is_string)
    }

    fn at(&self, keys: &[&str]) -> Option<&Value> {
        let (first, rest) = keys.split_first()?;
        rest.iter().try_fold(self.get(first)?, |value, key| value.get(key))
    }

    /// The line, from 1, of the key that these keys lead to.
    #[must_use]
    pub fn line_of<'k>(&self, keys: impl IntoIterator<Item = &'k str>) -> Option<u32> {
        self.line_at(keys.into_iter().fold(KeyPlace::default(), KeyPlace::of))
    }

    /// The line, from 1, of the key of what stands there.
    #[must_use]
    pub fn line_at(&self, place: KeyPlace) -> Option<u32> {
        self.lines.get_or_init(|| lines(&self.text)).get(&place).copied()
    }
}

/// The line of every key of a document.
fn lines(text: &str) -> HashMap<KeyPlace, u32> {
    use jsonc_parser::ast::Value as Ast;
    let parsed = jsonc_parser::parse_to_ast(
        text,
        &jsonc_parser::CollectOptions::default(),
        &jsonc_parser::ParseOptions::default(),
    );
    let mut starts = Vec::new();
    let mut pending: Vec<_> =
        parsed.ok().and_then(|parsed| parsed.value).map(|value| (KeyPlace::default(), value)).into_iter().collect();
    while let Some((place, value)) = pending.pop() {
        let Ast::Object(object) = value else { continue };
        let mut seen = HashSet::new();
        // Of a key that stands there twice the last counts, as in `JSON.parse`.
        for property in object.properties.into_iter().rev() {
            let inner = place.of(property.name.as_str());
            if seen.insert(inner) {
                starts.push((property.range.start, inner));
                pending.push((inner, property.value));
            }
        }
    }
    starts.sort_unstable_by_key(|(start, _)| *start);
    let (mut line, mut read) = (1, 0);
    let numbered = starts.into_iter().map(|(start, place)| {
        let between = text.as_bytes().get(read..start).unwrap_or_default();
        line += between.iter().filter(|byte| **byte == b'\n').count();
        read = start;
        (place, u32::try_from(line).unwrap_or(u32::MAX))
    });
    numbered.collect()
}

/// Reads JSON as `JSON.parse` does: an escape of half a surrogate pair, which serde_json refuses, is a character.
fn read_json(text: &str) -> serde_json::Result<Value> {
    let sound = without_lone_surrogates(text);
    let mut reader = serde_json::Deserializer::from_str(&sound);
    reader.disable_recursion_limit();
    let value = serde::Deserialize::deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}

/// Escapes of half a surrogate pair replaced by one of U+FFFD, of the same length.
fn without_lone_surrogates(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let unit = |text: &str| {
            text.strip_prefix('u').and_then(|text| text.get(..4)).and_then(|hex| u16::from_str_radix(hex, 16).ok())
        };
        let low =
            |text: &str| text.strip_prefix('\\').and_then(unit).is_some_and(|unit| (0xdc00..0xe000).contains(&unit));
        let length = match unit(after) {
            Some(0xd800..0xdc00) if after.get(5..).is_some_and(low) => 11,
            Some(0xd800..0xe000) => {
                out.push_str("\\ufffd");
                rest = after.get(5..).unwrap_or_default();
                continue;
            }
            _ => after.chars().next().map_or(0, char::len_utf8),
        };
        out.push('\\');
        out.push_str(after.get(..length).unwrap_or_default());
        rest = after.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// How deep brackets nest, strings left out.
fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn collect(field: &'static str, place: KeyPlace, map: &Map<String, Value>, found: &mut Vec<WrittenDependency>) {
    for (name, value) in map {
        let place = place.of(name);
        match value {
            Value::String(spec) => {
                found.push(WrittenDependency { field, place, name: name.clone(), spec: spec.clone() })
            }
            Value::Object(inner) => collect(field, place, inner, found),
            _ => {}
        }
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// serde_json's message without the position that it appends.
fn syntax_words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let end = text.rfind(" at line ").unwrap_or(text.len());
    text.get(..end).unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_node_reads() {
        for (case, bytes, expected) in [
            ("plain", &b"{\"name\":\"a\"}"[..], Ok(Some("a"))),
            ("byte order mark", b"\xef\xbb\xbf{\"name\":\"a\"}", Ok(Some("a"))),
            ("CRLF", b"{\r\n\"name\":\r\n\"a\"}\r\n", Ok(Some("a"))),
            ("the last of two keys counts", b"{\"name\":\"a\",\"name\":\"b\"}", Ok(Some("b"))),
            ("half a surrogate pair", br#"{"name":"a","x":"\ud800 \ud83d\ude00 \\ud800"}"#, Ok(Some("a"))),
            ("a number beyond doubles", b"{\"name\":\"a\",\"x\":1e999}", Ok(Some("a"))),
            ("Latin-1", b"{\"name\":\"a\",\"x\":\"\xe9\"}", Ok(Some("a"))),
            ("UTF-16", b"\xff\xfe{\0}\0", Err(PackageFault::Utf16)),
            ("UTF-16 without its mark", b"{\0}\0", Err(PackageFault::Utf16)),
            ("an array", b"[]", Err(PackageFault::NotAnObject("an array"))),
        ] {
            let found = Package::parse(bytes).map(|package| package.name().map(str::to_owned));
            assert_eq!(found, expected.map(|name| name.map(str::to_owned)), "{case}");
        }
        assert_eq!(Package::parse(b"{\n \"a\": 1,\n}").unwrap_err().line(), Some(3));
        assert!(Package::parse(b"").is_err());
    }

    #[test]
    fn of_a_key_that_stands_there_twice_the_line_is_that_of_the_last() {
        let text = "{\"dependencies\": {\"x\": \"1\"},\n\"a\": {\"x\": 1,\n\"x\": 2},\n\"dependencies\": {\n\"x\": \"workspace:*\"}}";
        let package = Package::parse(text.as_bytes()).unwrap();
        for (keys, line) in [
            (&["dependencies"][..], Some(4)),
            (&["dependencies", "x"], Some(5)),
            (&["a", "x"], Some(3)),
            (&["x"], None),
            (&["dependencies", "y"], None),
        ] {
            assert_eq!(package.line_of(keys.iter().copied()), line, "{keys:?}");
        }
        assert!(package.declares("dependencies", "x") && !package.declares("a", "x"));
    }

    #[test]
    fn every_specifier_is_found_with_its_line() {
        let text = "{\r\n  \"name\": \"a\",\r\n  \"dependencies\": { \"x\": \"^1\",\r\n    \"y\": \"workspace:*\" },\r\n  \"pnpm\": {\r\n    \"overrides\": { \"z\": \"link:../z\" }\r\n  },\r\n  \"overrides\": { \"p\": { \".\": \"1\", \"q\": \"file:./q\" } }\r\n}";
        let package = Package::parse(text.as_bytes()).unwrap();
        let found: Vec<_> = package
            .specifiers()
            .into_iter()
            .map(|found| (found.field, found.spec, package.line_at(found.place)))
            .collect();
        assert_eq!(
            found,
            [
                ("dependencies", "^1".to_owned(), Some(3)),
                ("dependencies", "workspace:*".to_owned(), Some(4)),
                ("overrides", "1".to_owned(), Some(8)),
                ("overrides", "file:./q".to_owned(), Some(8)),
                ("pnpm.overrides", "link:../z".to_owned(), Some(6)),
            ]
        );
    }
}
