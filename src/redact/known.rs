//! Secrets that were seen somewhere, sought everywhere else.

use super::scan::TextSpan;
use aho_corasick::{AhoCorasick, MatchKind};
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// Shorter values are not sought elsewhere: `1` or `yes` would be found everywhere.
const MIN: usize = 6;

/// Bytes of secrets that are kept; a unit of megabytes has no more than others.
const MAX_BYTES: usize = 4 << 20;

/// The secrets that were seen, in every way that they may be written.
#[derive(Clone, Default, Debug)]
pub(super) struct KnownSecrets {
    forms: BTreeSet<String>,
    bytes: usize,
    finder: OnceLock<Option<AhoCorasick>>,
}

impl KnownSecrets {
    /// Remembers a secret, as it is, as an address has it, and as JSON has it.
    pub(super) fn add(&mut self, secret: &str) {
        for form in
            [secret.to_owned(), encoded(secret), decoded(secret), secret.replace('\\', "\\\\").replace('"', "\\\"")]
        {
            if form.len() >= MIN && self.bytes + form.len() <= MAX_BYTES && !self.forms.contains(&form) {
                self.bytes += form.len();
                self.forms.insert(form);
                self.finder = OnceLock::new();
            }
        }
    }

    /// Every place where one of them stands.
    pub(super) fn find(&self, text: &str, found: &mut dyn FnMut(TextSpan)) {
        if self.forms.is_empty() {
            return;
        }
        let finder = self.finder.get_or_init(|| {
            // The longest first: one may be the beginning of another.
            AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&self.forms).ok()
        });
        for place in finder.iter().flat_map(|finder| finder.find_iter(text)) {
            found(TextSpan { start: place.start(), end: place.end() });
        }
    }
}

/// As `encodeURIComponent` writes it (ECMA-262, 19.2.6.4).
fn encoded(secret: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte);
    secret.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// Without its percent signs, where that is text.
fn decoded(secret: &str) -> String {
    let mut bytes = Vec::with_capacity(secret.len());
    let mut rest = secret.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let digits =
            (*first == b'%').then(|| tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok())).flatten();
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}
