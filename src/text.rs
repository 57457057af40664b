//! Untrusted text made printable: names from archives and words from logs never reach a terminal raw.
//!
//! A leaf: it imports nothing of ours, so everything may use it.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character can be shown as it is: no control character (C0, DEL, C1), no line or
/// paragraph separator, no bidirectional override that would reorder the line it stands in
/// (Unicode UAX #9), no zero-width or tag character that hides text.
fn is_printable(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
        && !is_no_character(c)
}

/// What will never be a character (the Unicode Standard, 23.7); XML 1.0 has no way to write two of them.
const fn is_no_character(c: char) -> bool {
    let code = c as u32;
    code & 0xfffe == 0xfffe || (0xfdd0 <= code && code <= 0xfdef)
}

/// Lines of a report that a CI runner would carry out, made plain text. GitHub's takes `::name::` at the beginning of a
/// line, blanks before it or not, and `##[name]` anywhere in it; Azure's `##vso[name]`.
#[must_use]
pub(crate) fn without_workflow_commands(text: &str) -> Cow<'_, str> {
    let begins = |line: &str| line.trim_start().starts_with("::");
    // Nearly no text has any, and a report may be large.
    if !text.contains("##[") && !text.contains("##vso[") && !text.lines().any(begins) {
        return Cow::Borrowed(text);
    }
    // As the document can hold it: JSON, XML, or for people.
    let (sign, colon) = match text.as_bytes().first() {
        Some(b'{') => ("\\u0023", "\\u003a"),
        Some(b'<') => ("&#35;", "&#58;"),
        _ => ("\\x23", "\\x3a"),
    };
    let plain = |line: &str| {
        let indent = line.len() - line.trim_start().len();
        let (before, rest) = line.split_at_checked(indent).unwrap_or(("", line));
        let rest = rest.strip_prefix("::").map_or_else(|| rest.to_owned(), |rest| format!("{colon}:{rest}"));
        format!("{before}{}", rest.replace("##[", &format!("#{sign}[")).replace("##vso[", &format!("#{sign}vso[")))
    };
    text.split_inclusive('\n').map(plain).collect()
}

/// Text with everything a terminal could act on written as an escape: `\n`, `\t`, `\x1b`, `\u{202e}`.
/// A backslash is left alone: the result is for reading, not for parsing back.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_printable) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        push_printable(&mut out, c);
    }
    Cow::Owned(out)
}

/// So many characters of a text at most, and `…` in the place of the rest.
#[must_use]
pub(crate) fn beginning(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A path that can be shown.
#[must_use]
pub(crate) fn printable_path(path: &std::path::Path) -> String {
    printable_bytes(path.as_os_str().as_encoded_bytes()).into_owned()
}

/// The same for bytes that should be UTF-8: whatever is not shows as `\xNN`, byte by byte.
#[must_use]
pub(crate) fn printable_bytes(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return printable(text);
    }
    let mut out = String::with_capacity(bytes.len() + 8);
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            push_printable(&mut out, c);
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    Cow::Owned(out)
}

fn push_printable(out: &mut String, c: char) {
    let _ = match c {
        '\n' => write!(out, "\\n"),
        '\r' => write!(out, "\\r"),
        '\t' => write!(out, "\\t"),
        c if is_printable(c) => write!(out, "{c}"),
        c if u32::from(c) < 0x100 => write!(out, "\\x{:02x}", u32::from(c)),
        c => write!(out, "\\u{{{:x}}}", u32::from(c)),
    };
}

/// Words without the numbers of the system's errors: `(os error 2)` says nothing that `No such file or directory` does not.
#[must_use]
pub(crate) fn without_error_numbers(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    let mut rest = words;
    while let Some((before, behind)) = rest.split_once(" (os error ") {
        out.push_str(before);
        let digits = behind.trim_start_matches(|c: char| c.is_ascii_digit());
        rest = match digits.strip_prefix(')') {
            Some(rest) if digits.len() < behind.len() => rest,
            _ => {
                out.push_str(" (os error ");
                behind
            }
        };
    }
    out + rest
}

/// A size in bytes as people read it: `0 bytes`, `46.5 kB`, `2.1 GB` (decimal prefixes, SI).
#[must_use]
pub(crate) fn size(bytes: u64) -> String {
    if bytes < 1000 {
        return plural(bytes, "byte");
    }
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mut value = bytes as f64;
    for unit in ["kB", "MB", "GB", "TB", "PB", "EB"] {
        value /= 1000.0;
        if value < 999.5 {
            return if value < 99.95 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") };
        }
    }
    format!("{bytes} bytes")
}

/// Bytes in lower-case hex, as `sha256sum` writes a digest.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Words as they are typed in a POSIX shell.
#[must_use]
pub(crate) fn typed<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let typed = words.into_iter().enumerate().map(|(at, word)| quoted(word, at == 0));
    typed.collect::<Vec<_>>().join(" ")
}

/// One word as it is typed in a POSIX shell: quoted only where it would be taken apart, so that `--lines=5` stays plain.
/// As the first word, a `=` in it would be an assignment, and a word of the shell's own (`if`) its own.
#[must_use]
pub(crate) fn quoted(word: &str, is_first: bool) -> String {
    let is_plain =
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"@%+=:,./_-".contains(&byte));
    let is_own = is_first && (word.contains('=') || RESERVED.contains(&word));
    // `~` begins nothing here: it is not plain.
    if is_plain && !is_own { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// Reserved words of sh, bash and dash that are made of plain letters (Shell Command Language, 2.4; bash(1)).
const RESERVED: [&str; 19] = [
    "if", "then", "else", "elif", "fi", "do", "done", "case", "esac", "while", "until", "for", "in", "function",
    "select", "time", "coproc", "exit", "exec",
];

/// `1 entry`, `2 entries`: a count with its noun.
#[must_use]
pub(crate) fn plural(count: u64, noun: &str) -> String {
    if count == 1 {
        return format!("1 {noun}");
    }
    match noun.strip_suffix('y') {
        Some(stem) => format!("{count} {stem}ies"),
        None => format!("{count} {noun}s"),
    }
}

/// `a`, `a and b`, `a, b and c`.
#[must_use]
pub(crate) fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// How much alike the nearest one must be: what is farther was not meant.
const MIN_LIKENESS: f64 = 0.55;

/// The candidate nearest to a misspelt word, if one is near enough to be what was meant: by its letters, or by the words
/// that it is made of, whichever order they are in.
#[must_use]
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (likeness(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= MIN_LIKENESS)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// How much alike two names are; 1 if they are the same.
fn likeness(word: &str, candidate: &str) -> f64 {
    /// Letters that a beginning has at least to say which word it is one of.
    const MIN_BEGINNING: usize = 5;
    let letters = strsim::normalized_damerau_levenshtein(word, candidate);
    let parts =
        |name: &str| name.split(['-', '_', ' ']).filter(|part| !part.is_empty()).map(str::to_lowercase).collect();
    let (given, whole): (Vec<String>, Vec<String>) = (parts(word), parts(candidate));
    let (one, other) = (given.concat(), whole.concat());
    let is_beginning =
        one.len().min(other.len()) >= MIN_BEGINNING && (one.starts_with(&other) || other.starts_with(&one));
    let shared = given.iter().filter(|part| whole.iter().any(|other| is_like(part, other) && part.len() > 2)).count();
    #[expect(clippy::cast_precision_loss, reason = "names have a few words")]
    let words = 2.0 * shared as f64 / (given.len() + whole.len()).max(1) as f64;
    // What shares words is a little less sure than what is spelt alike.
    letters.max(words * 0.95).max(if is_beginning { MIN_LIKENESS } else { 0.0 })
}

/// Whether two names are as much alike as a misspelt one is to what was meant.
#[must_use]
pub(crate) fn is_like(word: &str, other: &str) -> bool {
    strsim::normalized_damerau_levenshtein(word, other) >= 0.6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_acts_on_gets_through() {
        for (case, raw, shown) in [
            ("plain", "dist/index.js", "dist/index.js"),
            ("not ASCII", "données/é.js", "données/é.js"),
            ("escape sequence", "a\x1b[31mb", "a\\x1b[31mb"),
            ("newline and tab", "a\nb\tc\r", "a\\nb\\tc\\r"),
            ("C1 control", "a\u{9b}b", "a\\x9bb"),
            ("right-to-left override", "a\u{202e}sj.b", "a\\u{202e}sj.b"),
            ("NUL", "a\0b", "a\\x00b"),
            ("what is no character", "a\u{fffe}b\u{1ffff}", "a\\u{fffe}b\\u{1ffff}"),
        ] {
            assert_eq!(printable(raw), shown, "{case}");
        }
        assert_eq!(printable_bytes(b"caf\xe9\x1b"), "caf\\xe9\\x1b");
    }

    #[test]
    fn words_are_quoted_only_where_a_shell_would_take_them_apart() {
        for (words, typed_) in [
            (&["systemctl", "show", "--lines=5"][..], "systemctl show --lines=5"),
            (&["sed", "-i", "s#^A=.*#B C#", "/etc/x y"], "sed -i 's#^A=.*#B C#' '/etc/x y'"),
            (&["A=b", "it's", ""], "'A=b' 'it'\\''s' ''"),
        ] {
            assert_eq!(typed(words.iter().copied()), typed_);
        }
    }

    #[test]
    fn sizes_read_as_people_write_them() {
        for (bytes, shown) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (46_500, "46.5 kB"),
            (183_000, "183 kB"),
            (999_999, "1.0 MB"),
            (2_147_483_648, "2.1 GB"),
        ] {
            assert_eq!(size(bytes), shown);
        }
    }

    #[test]
    fn the_nearest_word_is_found_and_a_far_one_is_not_offered() {
        let words = ["entry-point-missing", "nested-layout"];
        assert_eq!(nearest("entrypoint-missing", words), Some("entry-point-missing"));
        assert_eq!(nearest("zzz", words), None);
        let ids = ["unit-missing", "shared-package-missing", "missing-export", "archive-wrapped", "secret-file"];
        for (given, meant) in [
            ("nothing", None),
            ("none", None),
            ("anything", None),
            ("missing-shared", Some("shared-package-missing")),
            ("sharedpackage", Some("shared-package-missing")),
            ("wrapped", Some("archive-wrapped")),
            ("secrets", Some("secret-file")),
            ("Missing-Export", Some("missing-export")),
            ("export_missing", Some("missing-export")),
            ("misingexport", Some("missing-export")),
            ("missing-exports-of", Some("missing-export")),
        ] {
            assert_eq!(nearest(given, ids), meant, "{given}");
        }
    }

    #[test]
    fn a_runner_carries_nothing_out() {
        for (report, plain) in [
            ("::stop-commands::x\n", "\\x3a:stop-commands::x\n"),
            ("  ::add-mask::y\n\t::z::", "  \\x3a:add-mask::y\n\t\\x3a:z::"),
            ("\u{a0}::x::", "\u{a0}\\x3a:x::"),
            ("a ##[set-env name=X]b ##vso[task.x]", "a #\\x23[set-env name=X]b #\\x23vso[task.x]"),
            ("{\"a\": \"##[x]\"}", "{\"a\": \"#\\u0023[x]\"}"),
            ("<a b=\"##[x]\"/>", "<a b=\"#&#35;[x]\"/>"),
            ("std::fs at ::1\n", "std::fs at ::1\n"),
        ] {
            assert_eq!(without_workflow_commands(report), plain);
        }
    }
}
