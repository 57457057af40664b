//! Private keys over several lines, and names at the end of a line whose value is the next one.

use super::named::AwaitedLine;

/// Whether lines that follow each other are inside a private key, and what the last one said of the next.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Follows {
    inside: Inside,
    pub(super) awaited: AwaitedLine,
}

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
