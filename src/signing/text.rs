//! Small steps on untrusted bytes that the readers share: byte-order marks, line ends, base64, fixed-size fields.

use base64ct::{Base64, Encoding};
use zeroize::Zeroizing;

/// The bytes without a UTF-8 byte-order mark, which Windows editors put first.
pub(super) fn without_bom(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// The lines without their ends. Every carriage return before a line end goes, as in minisign's own `trim`.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|&byte| byte == b'\n').map(|mut line| {
        while let Some(shorter) = line.strip_suffix(b"\r") {
            line = shorter;
        }
        line
    })
}

/// Decodes padded standard base64, refusing anything else (also trailing bits that are not zero:
/// otherwise two texts would stand for the same bytes). The buffer is wiped when dropped, for it may hold a key.
pub(super) fn base64(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let text = str::from_utf8(text).ok()?;
    let mut bytes = Zeroizing::new(vec![0; text.len().div_ceil(4) * 3]);
    let length = Base64::decode(text, &mut bytes).ok()?.len();
    bytes.truncate(length);
    Some(bytes)
}

/// Encodes as padded standard base64 on one line.
pub(super) fn to_base64(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

/// Takes a field of `N` bytes off the front.
pub(super) fn take<'a, const N: usize>(bytes: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (field, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(field)
}
