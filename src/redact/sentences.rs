//! Secrets that a sentence tells: what stands before a name, and how far behind it its value may be.

use super::looks;
use super::names;
use super::scan::{ByteScan, TextSpan, is_blank, is_end_of_word};

/// Whether the words before the name set it.
pub(super) fn is_set(scan: ByteScan<'_>, at: usize) -> bool {
    let start = at.saturating_sub(40);
    let start = (start..=at).find(|at| scan.text.is_char_boundary(*at)).unwrap_or(at);
    let before = scan.between(start, at).to_ascii_lowercase();
    ["set ", "setting ", "change", "changing ", "reset"].iter().any(|word| before.contains(word))
}

/// Whether a word is a setting of its own: a name, `=`, a value.
pub(super) fn is_setting(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, value)| {
        !value.trim_matches('=').is_empty()
            && name.len() > 1
            && name.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'.'))
    })
}

/// The word before a name, in small letters.
pub(super) fn word_before(scan: ByteScan<'_>, at: usize) -> String {
    let start = at.saturating_sub(16);
    let start = (start..=at).find(|at| scan.text.is_char_boundary(*at)).unwrap_or(at);
    scan.between(start, at).split_whitespace().last().unwrap_or_default().to_ascii_lowercase()
}

/// Where a phrase ends that began with this word: at the end of the line, before the next setting, or where a bracket or
/// a comma parts it from what follows.
pub(super) fn end_of_phrase(scan: ByteScan<'_>, first: TextSpan) -> usize {
    let mut end = first.end;
    loop {
        let next = scan.find(end, |byte| !is_blank(byte));
        let is_part = scan.at(next).is_ascii_alphanumeric() || scan.at(next) == b'/' && is_blank(scan.at(next + 1));
        if next == end || is_end_of_word(scan.at(next)) || !is_part {
            return end;
        }
        let word = scan.find(next, |byte| is_end_of_word(byte) || matches!(byte, b'=' | b':' | b'"' | b'\''));
        if matches!(scan.at(word), b'=' | b':' | b'"' | b'\'') || matches!(scan.before(word), b',' | b';' | b')' | b'}')
        {
            return end;
        }
        end = word;
    }
}

/// `password for user bob: x`, `token (agent): x`, `password changed from x to y`: a few words, a colon or one of those
/// words, and what looks like a secret.
pub(super) fn later(scan: ByteScan<'_>, at: usize) -> Option<(TextSpan, usize)> {
    const MAX: usize = 60;
    const VERBS: [&str; 3] = [" is ", " was ", " now "];
    const CHANGES: [&str; 8] = [
        "set to ",
        "set as ",
        "changed to ",
        "changed from ",
        "reset to ",
        "updated to ",
        "rotated to ",
        "entered was ",
    ];
    if !(is_blank(scan.before(at)) || scan.before(at) == b'(') {
        return None;
    }
    // How long the word is that a value follows.
    let word = |at: usize, words: &[&str]| {
        let rest = scan.text.get(at..)?;
        words.iter().find(|word| rest.starts_with(**word)).map(|word| word.len() - 1)
    };
    let (end, is_word) = (at..at + MAX).find_map(|at| {
        let sign = matches!(scan.at(at), b':' | b'=' | b'\n' | 0 | b'"' | b';').then_some((at, false));
        let verb = || word(at, &VERBS).or_else(|| word(at, &CHANGES)).map(|length| (at + length, true));
        sign.or_else(verb)
    })?;
    let value_at = scan.find(end + usize::from(!is_word), |byte| !is_blank(byte));
    let is_sign = is_word || matches!(scan.at(end), b':' | b'=') && value_at > end + 1;
    let value = scan.value(value_at);
    let words = scan.of(value.span);
    if !is_sign || !looks::is_random(words) {
        return None;
    }
    // `from x to y`: both.
    let next = scan.value(value.after + " to ".len());
    let is_pair =
        scan.between(value.after, value.after + " to ".len()) == " to " && looks::is_random(scan.of(next.span));
    let last = if is_pair { next } else { value };
    Some((TextSpan { end: last.span.end, ..value.span }, last.after))
}

/// Where a value begins behind one sign or a few, and a blank; nothing where there is none.
pub(super) fn behind_a_sign(scan: ByteScan<'_>, at: usize) -> Option<usize> {
    const MAX: usize = 12;
    let end =
        (at..at + MAX).find(|at| !matches!(scan.at(*at), b'|' | b';' | b',' | b'/' | b'-' | b'~' | b'>' | 0x80..))?;
    (end > at && is_blank(scan.at(end))).then(|| scan.skip_blanks(end))
}

/// Whether a name is of several words, as in `API key: x` and `mot de passe : x`.
pub(super) fn is_second_word(scan: ByteScan<'_>, bare: &str, start: usize) -> bool {
    let of_keys = [
        "api",
        "secret",
        "access",
        "signing",
        "encryption",
        "auth",
        "master",
        "license",
        "shared",
        "private",
        "api-",
        "unseal",
        "recovery",
    ];
    let is_key = bare.eq_ignore_ascii_case("key") && is_blank(scan.before(start));
    let is_code = matches!(&*bare.to_ascii_lowercase(), "code" | "codes") && is_blank(scan.before(start));
    let before = || scan.between(0, start);
    (is_key && of_keys.contains(&&*word_before(scan, start)))
        || (is_code && names::is_of_a_code(&word_before(scan, start)))
        || (matches!(bare, "secrète" | "privée" | "d'accès") && word_before(scan, start) == "clé")
        || (bare.eq_ignore_ascii_case("passe") && word_before(scan, start) == "de")
        // As the reference's language has them.
        || (bare.eq_ignore_ascii_case("api") && ["clé ", "clé d'", "Clé ", "Clé d'"].iter().any(|key| before().ends_with(key)))
        || (bare.eq_ignore_ascii_case("vérification") && before().ends_with("ode de "))
}
