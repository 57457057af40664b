//! Private keys over several lines, and names at the end of a line whose value is the next one.

use super::named::Awaited;
use super::names::{self, Named};

/// Whether lines that follow each other are inside a private key, and what the last one said of the next.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Follows {
    inside: Inside,
    open: Open,
    pub(super) awaited: Awaited,
}

/// A secret setting whose value goes on in the next line (systemd.exec(5), "EnvironmentFile="; systemd.syntax(7)).
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum Open {
    /// None.
    #[default]
    Nothing,
    /// Up to this quote, so many more lines.
    Quote(u8, usize),
    /// As long as lines end with a backslash.
    Continued,
}

/// More lines than a value has.
const MAX_OF_A_VALUE: usize = 400;

/// Which kind of key the lines are inside of.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum Inside {
    /// None.
    #[default]
    Nothing,
    /// A block that ends with `END`.
    Pem,
    /// So many more lines: PuTTY says how many, minisign and signify have one.
    Lines(usize),
}

/// More lines than a key of 16,384 bits has.
const MAX_OF_A_KEY: usize = 400;

impl Follows {
    /// Whether this line, which follows the last one given, is part of a key.
    pub(super) fn hides(&mut self, line: &str) -> bool {
        let line = line.trim_end();
        let begins = begins(line);
        let ends = line.contains("---- END ") || line.contains("-----END ");
        if begins {
            self.inside = if ends { Inside::Nothing } else { Inside::Pem };
            return true;
        }
        match self.inside {
            Inside::Pem if ends => {
                self.inside = Inside::Nothing;
                return true;
            }
            Inside::Pem if is_of_a_key(line) => return true,
            // A key that was cut: what follows is something else.
            Inside::Pem => self.inside = Inside::Nothing,
            Inside::Lines(left) => {
                self.inside = if left > 1 { Inside::Lines(left - 1) } else { Inside::Nothing };
                return true;
            }
            Inside::Nothing => {}
        }
        self.opens(line);
        false
    }

    /// Where the part of this line ends that is the rest of a setting's secret value: what follows the settings before.
    pub(super) fn goes_on(&mut self, line: &str) -> Option<usize> {
        match self.open {
            Open::Nothing => {
                self.open = opened(line);
                None
            }
            Open::Quote(quote, left) => {
                let end = end_of_quote(line, quote);
                self.open = match end {
                    Some(_) if is_continued(line) => Open::Continued,
                    Some(_) => Open::Nothing,
                    None if left > 1 => Open::Quote(quote, left - 1),
                    None => Open::Nothing,
                };
                Some(end.unwrap_or(line.len()))
            }
            Open::Continued => {
                if !is_continued(line) {
                    self.open = Open::Nothing;
                }
                Some(line.len())
            }
        }
    }

    /// A line that says that a key follows.
    fn opens(&mut self, line: &str) {
        let count = line.rsplit_once("Private-Lines:").and_then(|(_, count)| count.trim().parse::<usize>().ok());
        if let Some(count) = count.filter(|count| *count > 0) {
            self.inside = Inside::Lines(count.min(MAX_OF_A_KEY));
        } else if line.contains("untrusted comment:") && line.contains("secret key") {
            self.inside = Inside::Lines(1);
        }
    }
}

/// Whether a line is a setting of a secret whose value goes on in the next one.
fn opened(line: &str) -> Open {
    let line = line.trim();
    let line = ["export ", "Environment="].iter().find_map(|before| line.strip_prefix(before)).unwrap_or(line);
    let (outer, inside) = match line.as_bytes().first() {
        Some(quote @ (b'"' | b'\'')) => (Some(*quote), line.get(1..).unwrap_or_default()),
        _ => (None, line),
    };
    let Some((name, value)) = inside.split_once('=') else { return Open::Nothing };
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'));
    if !is_name || names::named(name) != Named::Secret {
        return Open::Nothing;
    }
    let quote = match value.as_bytes().first() {
        _ if outer.is_some() => outer,
        Some(quote @ (b'"' | b'\'')) => Some(*quote),
        _ => None,
    };
    let value = if outer.is_none() && quote.is_some() { value.get(1..).unwrap_or_default() } else { value };
    match quote {
        Some(quote) if end_of_quote(value, quote).is_none() => Open::Quote(quote, MAX_OF_A_VALUE),
        _ if is_continued(line) => Open::Continued,
        _ => Open::Nothing,
    }
}

/// Whether a backslash at its end says that the next line belongs to this one.
fn is_continued(line: &str) -> bool {
    let line = line.trim_end_matches('\r');
    line.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

/// Where this quote stands, without a backslash before it.
fn end_of_quote(line: &str, quote: u8) -> Option<usize> {
    let mut is_escaped = false;
    line.bytes().position(|byte| {
        let is_end = byte == quote && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    })
}

/// Whether a private key begins here: PEM (RFC 7468), OpenSSH, PGP, SSH2.
pub(super) fn begins(line: &str) -> bool {
    line.contains("-- BEGIN ") && line.contains("PRIVATE KEY")
        || line.contains("--BEGIN ") && line.contains("PRIVATE KEY")
}

/// Where the last line of a key ends in a text: behind `-----END … -----`.
pub(super) fn end(text: &str) -> Option<usize> {
    const MARK: &str = "-----END ";
    const DASHES: &str = "-----";
    let label = text.find(MARK)? + MARK.len();
    Some(label + text.get(label..)?.find(DASHES)? + DASHES.len())
}

/// Whether a line can be one of a key: Base64, a header of it, or nothing; what logs put before each line is allowed for.
fn is_of_a_key(line: &str) -> bool {
    let is_base64 = |word: &str| {
        word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'\\'))
    };
    let trimmed = line.trim_matches(|letter: char| matches!(letter, ' ' | '\t' | '"' | '\'' | ',' | '+' | '|' | '>'));
    let last = trimmed.rsplit([' ', '\t']).next().unwrap_or_default();
    let is_header = ["Proc-Type:", "DEK-Info:", "Comment:", "Version:", "Hash:", "Subject:", "x-"]
        .iter()
        .any(|header| trimmed.starts_with(header));
    is_base64(trimmed)
        || is_header
        || (last.len() >= 40 && is_base64(last))
        || (trimmed.ends_with(last)
            && trimmed.contains("]: ")
            && is_base64(last)
            && trimmed.rsplit("]: ").next() == Some(last))
}

#[cfg(test)]
mod tests {
    use crate::redact::Redactor;

    #[test]
    fn a_value_of_several_lines_goes_whole_and_is_known_elsewhere() {
        for text in [
            "CREDS_PASSWORD=\"line1\nsecondPart12345\nthirdPart12345\"\nPORT=3001",
            "A_TOKEN=abc\\\nsecondPart12345\\\nthirdPart12345\nPORT=3001",
            "Environment=\"TOKEN=abc\\\nsecondPart12345 \\\n  thirdPart12345\"\nPORT=3001",
        ] {
            let mut redactor = Redactor::new();
            redactor.learn_settings(text);
            for clean in [Redactor::new().clean(text), redactor.clean("got secondPart12345, thirdPart12345; PORT=3001")]
            {
                assert!(!clean.contains("Part12345") && clean.ends_with("PORT=3001"), "{clean}");
            }
        }
    }

    #[test]
    fn commands_in_quotes_and_tokens_of_their_own_form_are_taken_out() {
        for (text, secret) in [
            ("\"postinstall\": \"curl -u admin:hunter2Hunter http://x\"", "hunter2"),
            ("\"postinstall\": \"sshpass -p hunter3Hunter ssh x\"", "hunter3"),
            ("\"postinstall\": \"sh -c 'mysql -u root -phunter4Hunter app'\"", "hunter4"),
            ("sent key-0123456789abcdef0123456789abcdef", "0123456789abcdef"),
            ("sent CFPAT-aB3dE6gH9jK2mN5pQ8sT1vW4", "aB3dE6gH"),
        ] {
            let clean = Redactor::new().clean(text);
            assert!(!clean.contains(secret), "{clean}");
        }
    }
}
