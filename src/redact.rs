//! Secrets taken out of text before anyone sees it: command lines, journal lines, unit files, errors.
//!
//! What looks like a secret goes, and so does every repetition of a value that was seen to be one.

use regex_lite::{Captures, Regex};
use std::sync::LazyLock;

/// What stands in a secret's place.
pub(crate) const REDACTED: &str = "[redacted]";

/// Shorter values are not sought elsewhere: `1` or `yes` would be found everywhere.
const SHORTEST: usize = 6;

/// Words that say that what is named so is secret.
const NAMES: &str =
    "token|secret|passwd|password|passphrase|api[_-]?key|private[_-]?key|access[_-]?key|credential|auth[_-]?key|bearer";

static OPTION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(&format!(
        r#"(?i)(^|[\s"'])(--?[a-z0-9_-]*(?:{NAMES})[a-z0-9_-]*)(=|\s+|"\s*,\s*")("[^"]*"|'[^']*'|[^\s"']+)"#
    ))
});
static ASSIGNMENT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(&format!(
        r#"(?i)([a-z0-9_.-]*(?:{NAMES})[a-z0-9_.-]*)(\\?["']?\s*[=:]\s*)(\\?"[^"]*"|'[^']*'|[^\s,;&}}"']+)"#
    ))
});
static AUTHORIZATION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(r#"(?i)(authorization\\?["']?\s*[:=]\s*\\?["']?)(?:(?:bearer|basic|digest|token)\s+)?[^\s"',;]+"#)
});
static BEARER: LazyLock<Option<Regex>> = LazyLock::new(|| regex(r"(?i)\b(bearer\s+)[a-z0-9._~+/=-]{8,}"));
static CREDENTIALS: LazyLock<Option<Regex>> = LazyLock::new(|| regex(r#"(?i)\b([a-z][a-z0-9+.-]*://)[^\s/?#"'<>]*@"#));
static KEY_BLOCK: LazyLock<Option<Regex>> =
    LazyLock::new(|| regex(r"(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)"));

/// The patterns are constants; one that did not compile would take nothing out, which the tests below would show.
fn regex(pattern: &str) -> Option<Regex> {
    Regex::new(pattern).ok()
}

/// Takes secrets out of text, and remembers those it was told.
#[derive(Clone, Default, Debug)]
pub struct Redactor {
    known: Vec<String>,
}

impl Redactor {
    /// One that knows no particular secret.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Remembers every secret that stands in a text, so that it is found wherever else it stands.
    pub fn learn(&mut self, text: &str) {
        for (pattern, group) in [(&*OPTION, 4), (&*ASSIGNMENT, 3)] {
            let Some(pattern) = pattern else { continue };
            for found in pattern.captures_iter(text) {
                let Some(value) = found.get(group) else { continue };
                self.know(value.as_str());
            }
        }
        if let Some(pattern) = &*CREDENTIALS {
            for found in pattern.find_iter(text) {
                let credentials = found.as_str().split_once("://").map_or("", |(_, rest)| rest).trim_end_matches('@');
                self.know(credentials.split_once(':').map_or(credentials, |(_, password)| password));
            }
        }
    }

    /// Remembers one secret.
    pub fn know(&mut self, secret: &str) {
        let secret = secret.trim_matches(['"', '\'', '\\']);
        let is_new = secret.len() >= SHORTEST && secret != REDACTED && !self.known.iter().any(|known| known == secret);
        if is_new {
            self.known.push(secret.to_owned());
            // The longest first: one may be the beginning of another.
            self.known.sort_by_key(|known| std::cmp::Reverse(known.len()));
        }
    }

    /// The text without its secrets.
    #[must_use]
    pub fn clean(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for known in &self.known {
            if text.contains(known.as_str()) {
                text = text.replace(known.as_str(), REDACTED);
            }
        }
        let replace = |pattern: &Option<Regex>, text: String, with: &dyn Fn(&Captures<'_>) -> String| match pattern {
            Some(pattern) if pattern.is_match(&text) => pattern.replace_all(&text, with).into_owned(),
            _ => text,
        };
        let group =
            |found: &Captures<'_>, at: usize| found.get(at).map_or(String::new(), |found| found.as_str().to_owned());
        text = replace(&KEY_BLOCK, text, &|_| REDACTED.to_owned());
        text = replace(&CREDENTIALS, text, &|found| format!("{}{REDACTED}@", group(found, 1)));
        text = replace(&AUTHORIZATION, text, &|found| format!("{}{REDACTED}", group(found, 1)));
        text = replace(&BEARER, text, &|found| format!("{}{REDACTED}", group(found, 1)));
        text = replace(&OPTION, text, &|found| {
            format!("{}{}{}{REDACTED}", group(found, 1), group(found, 2), group(found, 3))
        });
        replace(&ASSIGNMENT, text, &|found| {
            let value = group(found, 3);
            // A closing quote that belongs to the text around is kept.
            let close = if value.starts_with("\\\"") && value.ends_with("\\\"") { "\\\"" } else { "" };
            if value.contains(REDACTED) {
                group(found, 0)
            } else {
                format!("{}{}{REDACTED}{close}", group(found, 1), group(found, 2))
            }
        })
    }

    /// [`Redactor::clean`] of lines that follow each other: a key that is printed line by line goes whole.
    #[must_use]
    pub fn clean_lines<'a>(&self, lines: impl IntoIterator<Item = &'a str>) -> Vec<String> {
        let mut block = KeyBlock::default();
        lines.into_iter().map(|line| if block.hides(line) { REDACTED.to_owned() } else { self.clean(line) }).collect()
    }

    /// Whether a text names an option or a variable that holds a secret, and which.
    #[must_use]
    pub fn secret_in(text: &str) -> Option<String> {
        let option = OPTION.as_ref().and_then(|pattern| pattern.captures(text)).and_then(|found| found.get(2));
        let assignment =
            || ASSIGNMENT.as_ref().and_then(|pattern| pattern.captures(text)).and_then(|found| found.get(1));
        let found = option.or_else(assignment).map(|found| found.as_str().to_owned());
        found.or_else(|| {
            let has = CREDENTIALS.as_ref().is_some_and(|pattern| pattern.is_match(text));
            has.then(|| "credentials in a URL".to_owned())
        })
    }
}

/// Whether lines are inside a private key in PEM.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct KeyBlock {
    inside: bool,
}

impl KeyBlock {
    /// Whether this line, which follows the last one given, is part of a key.
    pub(crate) fn hides(&mut self, line: &str) -> bool {
        let begins = line.contains("-----BEGIN ") && line.contains("PRIVATE KEY-----");
        let ends = line.contains("-----END ") && line.contains("PRIVATE KEY-----");
        let hidden = self.inside || begins;
        self.inside = hidden && !ends;
        hidden
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_and_the_rest_stays() {
        let redactor = Redactor::new();
        for (text, clean) in [
            (
                "node dist/index.js --token s3cr3t --url http://cp",
                "node dist/index.js --token [redacted] --url http://cp",
            ),
            ("--token=s3cr3t --url=http://cp", "--token=[redacted] --url=http://cp"),
            (
                "argv[]=/usr/bin/node x --api-key \"a b\" ; ignore",
                "argv[]=/usr/bin/node x --api-key [redacted] ; ignore",
            ),
            ("http://user:pass@cp:3000/x", "http://[redacted]@cp:3000/x"),
            ("wss://ghp_abc@cp/api", "wss://[redacted]@cp/api"),
            ("Authorization: Bearer abc.def.ghi", "Authorization: [redacted]"),
            ("{\"authorization\":\"Bearer abc\"}", "{\"authorization\":\"[redacted]\"}"),
            ("sent bearer abcdefgh12", "sent bearer [redacted]"),
            (
                "Environment=AGENT_TOKEN=abc NODE_ENV=production",
                "Environment=AGENT_TOKEN=[redacted] NODE_ENV=production",
            ),
            ("{\"token\":\"abc\",\"id\":7}", "{\"token\":[redacted],\"id\":7}"),
            ("GET /api?token=abc&x=1", "GET /api?token=[redacted]&x=1"),
            ("-----BEGIN PRIVATE KEY-----\\nMC4C\\n-----END PRIVATE KEY----- after", "[redacted] after"),
            ("SyntaxError: Unexpected token 'export'", "SyntaxError: Unexpected token 'export'"),
            ("Cannot find package '@server-flow/shared'", "Cannot find package '@server-flow/shared'"),
            ("connect ECONNREFUSED 127.0.0.1:3000", "connect ECONNREFUSED 127.0.0.1:3000"),
        ] {
            assert_eq!(redactor.clean(text), clean);
        }
    }

    #[test]
    fn a_secret_that_was_seen_goes_everywhere() {
        let mut redactor = Redactor::new();
        redactor.learn("ExecStart=/usr/bin/node dist/index.js --token abcdef123 --url http://u:hunter22@cp");
        assert_eq!(redactor.clean("registering with abcdef123 (hunter22)"), "registering with [redacted] ([redacted])");
    }

    #[test]
    fn a_key_printed_line_by_line_goes_whole() {
        let lines =
            ["key:", "-----BEGIN PRIVATE KEY-----", "MC4CAQAwBQYDK2VwBCIEIA", "-----END PRIVATE KEY-----", "ok"];
        let clean = Redactor::new().clean_lines(lines);
        assert_eq!(clean, ["key:", REDACTED, REDACTED, REDACTED, "ok"]);
    }

    #[test]
    fn what_holds_a_secret_is_named() {
        for (text, name) in [
            ("/usr/bin/node x --token abc", Some("--token")),
            ("API_KEY=abc", Some("API_KEY")),
            ("NODE_ENV=production", None),
            ("/usr/bin/node x --url http://u:p@cp", Some("credentials in a URL")),
        ] {
            assert_eq!(Redactor::secret_in(text).as_deref(), name, "{text}");
        }
    }
}
