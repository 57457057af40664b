//! The records of a PAX extended header, strictly.
//!
//! Source: POSIX.1-2017 pax, section "pax Extended Header". Extractors part over repeated keywords, signs, blanks,
//! newlines and NULs in values, so records that are not plainly written are refused.

use super::access_list;
use super::header::{MAX_OWNER, owner_out_of_range};

/// What the records of an `x` header change about the entry that follows.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Records {
    /// `path`.
    pub path: Option<Vec<u8>>,
    /// `linkpath`.
    pub link: Option<Vec<u8>>,
    /// `size`, in bytes.
    pub size: Option<u64>,
    /// `uid`.
    pub uid: Option<u64>,
    /// `gid`.
    pub gid: Option<u64>,
    /// The permission bits that `SCHILY.acl.access` gives, to one and to another reader.
    pub access: Option<[u16; 2]>,
    /// `hdrcharset`.
    names: NamesIn,
}

/// What the names of a header are written in.
#[derive(Debug, Default, PartialEq, Eq, Clone, Copy)]
enum NamesIn {
    /// UTF-8, as POSIX has it.
    #[default]
    Utf8,
    /// The bytes that the file system has: bsdtar says so where it cannot tell that they are UTF-8.
    Bytes,
}

/// What POSIX calls UTF-8, in `charset` and `hdrcharset`.
const UTF8: &[u8] = b"ISO-IR 10646 2000 UTF-8";

/// Keywords that change nothing about the tree.
fn has_no_effect(keyword: &[u8]) -> bool {
    let plain: [&[u8]; 9] =
        [b"mtime", b"atime", b"ctime", b"comment", b"uname", b"gname", b"SCHILY.dev", b"SCHILY.ino", b"SCHILY.nlink"];
    plain.contains(&keyword) || is_opaque(keyword)
}

/// Keywords of vendors without effect on the tree, whose values may be any bytes: attributes, access lists, flags, labels
/// of SELinux, and what no extractor knows. POSIX leaves words in capitals before a full stop to vendors.
fn is_opaque(keyword: &[u8]) -> bool {
    let Some(dot) = keyword.iter().position(|byte| *byte == b'.') else { return false };
    let (vendor, rest) = keyword.split_at(dot);
    match vendor {
        // GNU tar, Solaris' tar and star describe sparse files, types and sizes with theirs; libarchive follows them.
        b"GNU" | b"SUN" => false,
        b"SCHILY" => rest == b".fflags" || rest.starts_with(b".acl.") || rest.starts_with(b".xattr."),
        [first, others @ ..] => {
            let is_capital =
                |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
            first.is_ascii_uppercase() && others.iter().all(is_capital)
        }
        [] => false,
    }
}

/// Why the records of a header are refused: what was expected and found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PaxFault {
    /// A name with a NUL byte.
    NulInName,
    /// Extractors would not read it alike.
    Odd(String),
}

impl From<String> for PaxFault {
    fn from(what: String) -> Self {
        Self::Odd(what)
    }
}

/// Reads the body of an `x` header.
///
/// # Errors
/// A [`PaxFault`] where extractors would not read it alike.
pub(super) fn parse(body: &[u8]) -> Result<Records, PaxFault> {
    let mut records = Records::default();
    let mut seen: Vec<&[u8]> = Vec::new();
    for record in split(body) {
        let (keyword, value) = record?;
        let shown = crate::text::printable_bytes(keyword).into_owned();
        // GNU tar ends a keyword at its first NUL.
        if keyword.iter().any(u8::is_ascii_control) {
            return Err(format!("the PAX keyword `{shown}` has control characters").into());
        }
        if seen.contains(&keyword) {
            return Err(format!("the PAX keyword `{shown}` stands twice in one header").into());
        }
        // `seen` is searched for each record. Real headers have a handful.
        if seen.len() >= 64 {
            return Err("a PAX header with more than 64 records".to_owned().into());
        }
        seen.push(keyword);
        if matches!(keyword, b"path" | b"linkpath") && value.contains(&0) {
            return Err(PaxFault::NulInName);
        }
        if !is_opaque(keyword) && value.iter().any(|byte| matches!(byte, 0 | b'\n')) {
            return Err(format!("the PAX record `{shown}` has a NUL or a newline in its value").into());
        }
        if value.split(|byte| *byte == b'\n').skip(1).any(looks_like_a_record) {
            return Err(format!("the PAX record `{shown}` has what looks like another record within its value").into());
        }
        if let Some(owner) = number(value).filter(|id| matches!(keyword, b"uid" | b"gid") && *id > MAX_OWNER) {
            return Err(owner_out_of_range(&format!("the PAX record `{shown}`"), owner).into());
        }
        apply(&mut records, keyword, value).ok_or_else(|| {
            let value: String = crate::text::printable_bytes(value).chars().take(40).collect();
            format!("the PAX record `{shown}={value}` is not one that extractors agree on")
        })?;
    }
    // bsdtar stops at names that are not what the header says they are.
    let bare = records.beyond_utf8().next().filter(|_| records.names == NamesIn::Utf8);
    if let Some((keyword, _)) = bare {
        return Err(format!("the PAX record `{keyword}` is not UTF-8").into());
    }
    Ok(records)
}

impl Records {
    /// The names that are not UTF-8, with their keywords. node-tar does not see such records.
    fn beyond_utf8(&self) -> impl Iterator<Item = (&'static str, &[u8])> {
        let names = [("path", self.path.as_deref()), ("linkpath", self.link.as_deref())];
        let names = names.into_iter().filter_map(|(keyword, name)| Some((keyword, name?)));
        names.filter(|(_, name)| std::str::from_utf8(name).is_err())
    }

    /// The keyword of a name that node-tar does not see and that the header behind does not say too.
    pub(crate) fn only_here(&self, name: &[u8], link: &[u8]) -> Option<&'static str> {
        let again = |keyword| if keyword == "path" { name } else { link };
        self.beyond_utf8().find(|(keyword, said)| *said != again(*keyword)).map(|(keyword, _)| keyword)
    }
}

/// The name that records give their entry, for a message, as far as they can be read: also where one is refused.
pub(crate) fn name_in(body: &[u8]) -> Option<Vec<u8>> {
    let mut name = None;
    for record in split(body) {
        let Ok((b"path" | b"GNU.sparse.name", value)) = record else { continue };
        name = Some(value.split(|byte| *byte == 0).next().unwrap_or_default().to_vec());
    }
    name.filter(|name| !name.is_empty())
}

/// Whether node-tar, which reads records line by line, could take this line for one.
fn looks_like_a_record(line: &[u8]) -> bool {
    line.trim_ascii_start().first().is_some_and(u8::is_ascii_digit) && line.contains(&b'=')
}

/// Whether the body of a `g` header, which would change every entry that follows, holds nothing but comments
/// (`git archive` writes one).
pub(super) fn is_comment_only(body: &[u8]) -> bool {
    split(body).all(|record| record.is_ok_and(|(keyword, _)| keyword == b"comment"))
}

fn apply(records: &mut Records, keyword: &[u8], value: &[u8]) -> Option<()> {
    let text = || (!value.is_empty()).then(|| value.to_vec());
    match keyword {
        b"path" => records.path = Some(text()?),
        b"linkpath" => records.link = Some(text()?),
        b"size" => records.size = Some(number(value)?),
        b"uid" => records.uid = Some(number(value)?),
        b"gid" => records.gid = Some(number(value)?),
        // Of no effect on the tree, but GNU tar exits 2 on one that is no number:
        // `Malformed extended header: invalid mtime` (measured with 1.34).
        b"mtime" | b"atime" | b"ctime" => time(value)?,
        b"SCHILY.acl.access" => records.access = Some(access_list::modes(value)?),
        b"charset" if value == UTF8 => {}
        b"hdrcharset" if value == UTF8 => {}
        b"hdrcharset" if value == b"BINARY" => records.names = NamesIn::Bytes,
        keyword if has_no_effect(keyword) => {}
        _ => return None,
    }
    Some(())
}

/// A decimal number without sign or leading zero, below 2^63.
fn number(value: &[u8]) -> Option<u64> {
    let canonical = value == b"0" || value.first().is_some_and(|digit| (b'1'..=b'9').contains(digit));
    let text =
        std::str::from_utf8(value).ok().filter(|text| canonical && text.bytes().all(|byte| byte.is_ascii_digit()))?;
    text.parse().ok().filter(|number| *number < 1 << 63)
}

/// Seconds since the epoch, perhaps negative, perhaps with a fraction.
fn time(value: &[u8]) -> Option<()> {
    let value = value.strip_prefix(b"-").unwrap_or(value);
    let mut parts = value.splitn(2, |byte| *byte == b'.');
    let digits = |part: &[u8]| !part.is_empty() && part.len() <= 18 && part.iter().all(u8::is_ascii_digit);
    let (whole, fraction) = (parts.next()?, parts.next());
    (digits(whole) && fraction.is_none_or(|part| part.is_empty() || digits(part))).then_some(())
}

/// Splits a body into `LENGTH KEYWORD=VALUE\n` records that fill it exactly.
fn split(body: &[u8]) -> impl Iterator<Item = Result<(&[u8], &[u8]), String>> {
    let mut rest = body;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        match record(rest) {
            Some((keyword, value, after)) => {
                rest = after;
                Some(Ok((keyword, value)))
            }
            None => {
                rest = b"";
                Some(Err("a PAX record that is not `LENGTH KEYWORD=VALUE` and a newline".to_owned()))
            }
        }
    })
}

fn record(body: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = body.iter().take(20).position(|byte| *byte == b' ')?;
    let length = usize::try_from(number(body.get(..space)?)?).ok()?;
    let (record, after) = body.split_at_checked(length)?;
    let record = record.get(space + 1..)?.strip_suffix(b"\n")?;
    let equals = record.iter().position(|byte| *byte == b'=')?;
    let (keyword, value) = record.split_at(equals);
    (!keyword.is_empty()).then_some((keyword, value.get(1..)?, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_by_length_and_only_if_plainly_written() {
        let ok = parse(b"11 path=a/b\n22 LIBARCHIVE.x=a\nb\0c\n20 mtime=1700000.125\n").map(|records| records.path);
        assert!(ok.is_err(), "a wrong length is refused");
        let records = parse(b"12 path=a/b\n20 mtime=1700000.25\n10 size=7\n").unwrap();
        assert_eq!((records.path.as_deref(), records.size), (Some(&b"a/b"[..]), Some(7)));
        for (case, body) in [
            ("twice", &b"10 path=a\n10 path=b\n"[..]),
            ("a sign", b"11 size=+7\n"),
            ("minus zero", b"11 size=-0\n"),
            ("a leading zero", b"11 size=07\n"),
            ("a leading zero in the length", b"010 path=a\n"),
            ("a blank before the length", b" 11 path=a\n"),
            ("a newline in the value", b"12 path=a\nb\n"),
            ("a NUL in the value", b"12 path=a\0b\n"),
            ("an empty path", b"8 path=\n"),
            ("no keyword", b"6 =ab\n"),
            ("no newline", b"9 path=a!"),
            ("sparse", b"22 GNU.sparse.major=1\n"),
            ("too long", b"99 path=a\n"),
        ] {
            assert!(parse(body).is_err(), "{case}");
        }
    }

    #[test]
    fn a_global_header_may_only_comment() {
        assert!(is_comment_only(b"16 comment=abcd\n"));
        assert!(!is_comment_only(b"10 path=a\n"));
        assert!(!is_comment_only(b"garbage"));
    }
}
