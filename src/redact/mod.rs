//! Secrets taken out of text before anyone sees it: command lines, journal lines, unit files, errors.
//!
//! What looks like a secret goes, and so does every repetition of a value that was seen to be one. A text is looked at as
//! it stands, and as it reads behind its colours and encodings (`view`). What is found there, by whom:
//!
//! | | |
//! | --- | --- |
//! | `named` | values behind names: `DB_PASS=`, `"pass":`, `--token x`, `Cookie:`, `password is x` |
//! | `tokens` | what has a form of its own: `ghp_…`, `AKIA…`, JSON Web Tokens, hashes of passwords |
//! | `urls` | `user:password@` of addresses |
//! | `commands`, `programs` | options and places that say nothing by themselves: `curl -u`, `mysql -p`, `-t` |
//! | `enclosed` | what stands in brackets behind a name: objects, bytes, keys as JSON |
//! | `calls`, `markup` | what a function is given, and what stands between tags |
//! | `blocks` | private keys over several lines |
//! | `known` | what was seen before |
//! | `patterns` | what somebody else wants out of a capture, in words and in values of any encoding |
//!
//! Everything is one pass over the text, so that a log of one long line costs no more than one of many.

mod blocks;
mod calls;
mod commands;
mod enclosed;
mod fixed_words;
mod known;
mod looks;
mod marks;
mod markup;
mod named;
mod names;
mod patterns;
mod programs;
mod scan;
mod sentences;
mod tokens;
mod urls;
mod view;

pub(crate) use blocks::Follows;
pub(crate) use marks::REDACTED;
pub(crate) use patterns::GivenPatterns;

use known::KnownSecrets;
use marks::{bytes_of, without};
use named::AwaitedLine;
use names::NameStrength;
use scan::{ByteScan, TextSpan};
use serde_json::Value;
use std::borrow::Cow;

/// What is said of a secret that has no name but its place.
const IN_A_URL: &str = "credentials in a URL";

/// Takes secrets out of text, and remembers those it was told.
#[derive(Clone, Default, Debug)]
pub struct Redactor {
    known: KnownSecrets,
}

/// A secret's place in a text, and the name it stands behind.
struct FoundSecret {
    span: TextSpan,
    name: Option<String>,
}

/// What a line holds.
struct LineContent {
    found: Vec<FoundSecret>,
    /// What it says of the next one.
    awaited: AwaitedLine,
}

impl Redactor {
    /// Whether something was taken out of it.
    #[must_use]
    pub(crate) fn is_redacted(text: &str) -> bool {
        text.contains(REDACTED)
    }

    /// One that knows no particular secret.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Remembers every secret that stands in a text, so that it is found wherever else it stands.
    pub fn learn(&mut self, text: &str) {
        for line in text.split('\n') {
            for found in look(line, AwaitedLine::Nothing, None).found {
                let secret = line.get(found.span.start..found.span.end).unwrap_or_default();
                self.know(secret);
                // `user:password@`, `Bearer x`, `a=1; b=2`: each by itself.
                let password = secret.split_once(':').map(|(_, password)| password);
                let parts =
                    secret.split([' ', ';', ',']).map(|part| part.split_once('=').map_or(part, |(_, value)| value));
                let parts: Vec<_> = parts.filter(|part| looks::is_random(part)).chain(password).collect();
                for part in parts {
                    self.know(part);
                }
            }
        }
    }

    /// Remembers one secret.
    pub fn know(&mut self, secret: &str) {
        let secret = secret.trim().trim_matches(['"', '\'', '\\']);
        if !secret.contains(REDACTED) && !looks::is_harmless(secret) {
            self.known.add(secret);
        }
    }

    /// Remembers one secret and its parts, which stand on lines of their own where it is written over several.
    pub(crate) fn know_all(&mut self, secret: &str) {
        /// Characters that a part has at least to be taken for one.
        const MIN_PART: usize = 8;
        self.know(secret);
        let parts = secret.split(char::is_whitespace).filter(|part| part.len() < secret.trim().len());
        parts
            .filter(|part| part.chars().count() >= MIN_PART || looks::is_random(part))
            .for_each(|part| self.know(part));
    }

    /// The text without its secrets.
    #[must_use]
    pub fn clean(&self, text: &str) -> String {
        if text.contains('\n') {
            return self.clean_lines(text.split('\n')).join("\n");
        }
        self.line(text, &mut Follows::default()).into_owned()
    }

    /// [`Redactor::clean`] of lines that follow each other: a key that is printed line by line goes whole, and so does
    /// a secret on the line after its name.
    #[must_use]
    pub fn clean_lines<'a>(&self, lines: impl IntoIterator<Item = &'a str>) -> Vec<String> {
        let mut follows = Follows::default();
        lines.into_iter().map(|line| self.line(line, &mut follows).into_owned()).collect()
    }

    /// A line that follows those which made `follows`, without its secrets.
    pub(crate) fn line<'a>(&self, line: &'a str, follows: &mut Follows) -> Cow<'a, str> {
        let awaited = std::mem::take(&mut follows.awaited);
        if follows.hides(line) {
            return Cow::Owned(hidden(line));
        }
        let is_rule =
            |line: &str| line.len() > 3 && line.bytes().all(|byte| matches!(byte, b'-' | b'=' | b'+' | b'|' | b' '));
        if line.trim().is_empty() || is_rule(line) {
            // A blank line, or a table's, may stand between a name and its value.
            follows.awaited = awaited;
            return Cow::Borrowed(line);
        }
        let looked = look(line, awaited, Some(&self.known));
        follows.awaited = looked.awaited;
        without(line, looked.found.into_iter().map(|found| found.span).collect())
    }

    /// The words of a command without its secrets: each word is one argument, whatever it holds.
    #[must_use]
    pub(crate) fn clean_words(&self, words: &[String]) -> Vec<String> {
        // As the kernel has them: a zero between, which no argument can hold.
        let joined = words.join("\0");
        self.line(&joined, &mut Follows::default()).split('\0').map(str::to_owned).collect()
    }

    /// A text that may be lines of JSON, such as `journalctl -o json` prints, and stays that: what stands in its fields
    /// is cleaned field by field.
    #[must_use]
    pub(crate) fn clean_document(&self, text: &str) -> String {
        let mut follows = Follows::default();
        let clean = |line: &str, follows: &mut Follows| {
            let value = line.starts_with('{').then(|| serde_json::from_str::<Value>(line).ok()).flatten();
            match value {
                Some(value) => serde_json::to_string(&self.clean_value(None, value, follows)).unwrap_or_default(),
                None => self.line(line, follows).into_owned(),
            }
        };
        text.split('\n').map(|line| clean(line, &mut follows)).collect::<Vec<_>>().join("\n")
    }

    /// A value of JSON without its secrets; bytes that stand as numbers are text too.
    fn clean_value(&self, name: Option<&str>, value: Value, follows: &mut Follows) -> Value {
        let is_secret = name.is_some_and(|name| names::named(name) == NameStrength::Secret);
        match value {
            Value::String(text) if is_secret && !looks::is_harmless(&text) => Value::String(REDACTED.to_owned()),
            Value::Number(_) if is_secret => Value::String(REDACTED.to_owned()),
            Value::String(text) => Value::String(self.following(&text, follows)),
            Value::Array(values) => match bytes(&values).map(|text| (self.following(&text, follows), text)) {
                Some((_, text)) if is_secret && !looks::is_harmless(&text) => Value::String(REDACTED.to_owned()),
                Some((clean, text)) if clean != text => Value::String(clean),
                Some(_) => Value::Array(values),
                None => Value::Array(values.into_iter().map(|value| self.clean_value(name, value, follows)).collect()),
            },
            Value::Object(fields) => Value::Object(
                fields
                    .into_iter()
                    .map(|(name, value)| {
                        // Only what a process said goes on in the next entry.
                        let mut own = Follows::default();
                        let follows = if name == "MESSAGE" { &mut *follows } else { &mut own };
                        let value = self.clean_value(Some(&name), value, follows);
                        (self.line(&name, &mut Follows::default()).into_owned(), value)
                    })
                    .collect(),
            ),
            other => other,
        }
    }

    /// The lines of one field, which follow each other and those of the entry before.
    fn following(&self, text: &str, follows: &mut Follows) -> String {
        text.split('\n').map(|line| self.line(line, follows).into_owned()).collect::<Vec<_>>().join("\n")
    }

    /// Whether a text names an option or a variable that holds a secret, and which.
    #[must_use]
    pub fn secret_in(text: &str) -> Option<String> {
        let names = || look(text, AwaitedLine::Nothing, None).found.into_iter().filter_map(|found| found.name);
        // A name is part of a printed command: it is one of a variable or of an option, and nothing else.
        let is_word = |name: &String| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
        names().find(is_word).or_else(|| names().find(|name| name == IN_A_URL))
    }

    /// Whether a variable's name says that its value is secret.
    pub(crate) fn is_secret_name(name: &str) -> bool {
        names::named(name) == NameStrength::Secret
    }
}

/// The text that an array of bytes is, as journalctl prints what is no UTF-8, or holds control characters.
fn bytes(values: &[Value]) -> Option<String> {
    bytes_of(values).filter(|bytes| bytes.len() > 3).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// The text of the caller's without what looks like a secret.
#[must_use]
pub(crate) fn clean(text: &str) -> String {
    Redactor::new().clean(text)
}

/// The text of the caller's without what has the form of a secret, `token=x` among them. Names decide nothing else: in our own
/// words `private key: it is encrypted` gives no secret away, and a command that is printed to be typed must stay one.
#[must_use]
pub(crate) fn clean_by_form(text: &str) -> String {
    let clean = |line| {
        let mut spans = Vec::new();
        forms(line, &mut |span, _| spans.push(span));
        named::find(ByteScan::new(line), AwaitedLine::Nothing, &mut |secret| {
            let before = line.get(..secret.value.start).unwrap_or_default().trim_end_matches(['"', '\'']);
            if before.ends_with('=') {
                spans.push(secret.value);
            }
        });
        without(line, spans)
    };
    text.split('\n').map(clean).collect::<Vec<_>>().join("\n")
}

/// What has the form of a secret, and the name of what has none of its own.
fn forms(text: &str, found: &mut dyn FnMut(TextSpan, Option<&str>)) {
    let scan = ByteScan::new(text);
    tokens::find(scan, &mut |span| found(span, None));
    if let Some(start) = text.find("-----BEGIN ").filter(|_| blocks::begins(text)) {
        found(TextSpan { start, end: blocks::end(text).unwrap_or(text.len()).max(start) }, None);
    }
    urls::find(scan, &mut |span| found(span, Some(IN_A_URL)));
}

/// Every secret on a line, as it stands and behind its encodings; those that are known among them.
fn look(line: &str, awaited: AwaitedLine, known: Option<&KnownSecrets>) -> LineContent {
    let mut looked = LineContent { found: Vec::new(), awaited: AwaitedLine::Nothing };
    let seek = |text: &str, original: &dyn Fn(TextSpan) -> TextSpan, found: &mut Vec<FoundSecret>| {
        if let Some(known) = known {
            known.find(text, &mut |span| found.push(FoundSecret { span: original(span), name: None }));
        }
        look_at(text, awaited, original, found)
    };
    looked.awaited = seek(line, &|span| span, &mut looked.found);
    for view in view::views(line) {
        seek(&view.text, &|span| view.original(span), &mut looked.found);
    }
    if matches!(awaited, AwaitedLine::Value | AwaitedLine::Perhaps) {
        looked.found.extend(next_line(line, awaited, !looked.found.is_empty()));
    }
    looked
}

/// Every secret in one reading of a line.
fn look_at(
    text: &str,
    awaited: AwaitedLine,
    original: &dyn Fn(TextSpan) -> TextSpan,
    found: &mut Vec<FoundSecret>,
) -> AwaitedLine {
    let scan = ByteScan::new(text);
    forms(text, &mut |span, name| found.push(FoundSecret { span: original(span), name: name.map(str::to_owned) }));
    let mut nameless = |span: TextSpan| found.push(FoundSecret { span: original(span), name: None });
    tokens::find_schemes(scan, &mut nameless);
    commands::find(scan, &mut nameless);
    calls::find(scan, &mut nameless);
    let tagged = markup::find(scan, awaited, &mut nameless);
    enclosed::find_json_keys(scan, &mut nameless);
    urls::find_parameters(scan, &mut nameless);
    if awaited != AwaitedLine::Pair && !names::may_be_named(text) {
        return tagged;
    }
    let next = named::find(scan, awaited, &mut |secret| {
        found.push(FoundSecret { span: original(secret.value), name: Some(secret.name.to_owned()) });
    });
    if next == AwaitedLine::Nothing { tagged } else { next }
}

/// What a line is that comes after a name: the value, unless it is a setting, or a message, of its own.
fn next_line(line: &str, awaited: AwaitedLine, has_own: bool) -> Option<FoundSecret> {
    let scan = ByteScan::new(line);
    let start = scan.find(0, |byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'"' | b'\'' | b'-' | b'|' | b'>'));
    let value = line.get(start..)?.trim_end_matches([' ', '\t', '\r', '"', '\'', ',']);
    let first = value.split_whitespace().next()?;
    let is_message = first.ends_with(':')
        || value.contains(": ")
        || value.starts_with("at ")
        || value.starts_with(['[', '{', '(', '}', ']', ')']);
    let is_setting = first.split_once(['=', ':']).is_some_and(|(name, rest)| {
        // `USER=x`, `user: x`; capitals among small letters are more likely a password's.
        let letters = name.get(1..).unwrap_or_default();
        let is_sign = |byte: u8| matches!(byte, b'_' | b'-');
        let is_small = letters.bytes().all(|byte| byte.is_ascii_lowercase() || is_sign(byte));
        let is_large = letters.bytes().all(|byte| byte.is_ascii_uppercase() || is_sign(byte));
        !rest.is_empty()
            && name.len() > 1
            && name.bytes().all(|byte| byte.is_ascii_alphabetic() || is_sign(byte))
            && (is_small || is_large)
    });
    let is_one = !value.contains(char::is_whitespace);
    let is_it = match awaited {
        AwaitedLine::Value => is_one || value.split_whitespace().count() <= 12,
        _ => is_one && looks::is_random(value),
    };
    let secret = is_it && !is_message && !is_setting && !has_own && !looks::is_harmless(first);
    secret.then(|| FoundSecret { span: TextSpan { start, end: start + value.len() }, name: None })
}

/// A line of a key: what a log put before it stays.
fn hidden(line: &str) -> String {
    match line.find("--").filter(|_| blocks::begins(line)) {
        Some(at) => {
            let before = line.get(..at).unwrap_or_default();
            let after = blocks::end(line).and_then(|end| line.get(end..)).unwrap_or_default();
            format!("{}{REDACTED}{after}", clean(before))
        }
        None => REDACTED.to_owned(),
    }
}
