//! What a secret looks like in the first bytes of a file.
//!
//! Reading happens at the edge, where only the head of a file is at hand; this is the pure part.

use memchr::{memmem, memrchr};

/// A kind of secret that a file's head gives away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SecretKind {
    /// A PEM block `PRIVATE KEY` of any sort (RFC 7468; OpenSSL's and OpenSSH's older labels too).
    PemPrivateKey,
    /// A minisign secret key.
    MinisignSecretKey,
    /// A PuTTY private key.
    PuttyPrivateKey,
}

impl SecretKind {
    /// The kind in words, with its article.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PemPrivateKey => "a private key in PEM form",
            Self::MinisignSecretKey => "a minisign secret key",
            Self::PuttyPrivateKey => "a PuTTY private key",
        }
    }
}

/// The kind of secret that a file's first [`HEAD`](crate::tree::reading::HEAD) bytes show. A PEM label counts only at the start of a
/// line and followed by one of base64 or of PEM headers: code that merely mentions the label is no key.
#[must_use]
pub(crate) fn in_head(head: &[u8]) -> Option<SecretKind> {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    if text.starts_with(b"PuTTY-User-Key-File-") {
        return Some(SecretKind::PuttyPrivateKey);
    }
    if text.starts_with(b"untrusted comment:") && text.windows(10).any(|words| words == b"secret key") {
        return Some(SecretKind::MinisignSecretKey);
    }
    // Hardly any file has such a line, and every file is asked.
    let first = memmem::find(text, b"-----BEGIN ")?;
    let line = memrchr(b'\n', text.get(..first)?).map_or(0, |end| end + 1);
    let mut lines = text.get(line..)?.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    while let Some(line) = lines.next() {
        let label = line.strip_prefix(b"-----BEGIN ").and_then(|rest| rest.strip_suffix(b"-----"));
        if label.is_some_and(|label| label.ends_with(b"PRIVATE KEY"))
            && lines.clone().next().is_some_and(is_key_material)
        {
            return Some(SecretKind::PemPrivateKey);
        }
    }
    None
}

fn is_key_material(line: &[u8]) -> bool {
    let base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    (line.len() >= 16 && line.iter().all(base64)) || line.starts_with(b"Proc-Type:") || line.starts_with(b"Comment:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_known_by_their_head_and_talk_of_keys_is_not_one() {
        let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAAAAAAAAAAAAAAAAAAAAAAAAAAA\n-----END PRIVATE KEY-----\n";
        let windows = pem.replace('\n', "\r\n");
        let bagged = format!("Bag Attributes\n    localKeyID: 01\nKey Attributes: <No Attributes>\n{pem}");
        for (case, head, expected) in [
            ("PKCS#8", pem, Some(SecretKind::PemPrivateKey)),
            ("CRLF", &windows, Some(SecretKind::PemPrivateKey)),
            ("after PKCS#12 attributes", &bagged, Some(SecretKind::PemPrivateKey)),
            ("public key", "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAAAAAAAAAAAAA\n", None),
            ("a string in code", "const a = '-----BEGIN PRIVATE KEY-----';\n", None),
            ("a template in code", "const a = `\n-----BEGIN PRIVATE KEY-----\n${body}\n`;\n", None),
            (
                "minisign secret",
                "untrusted comment: minisign encrypted secret key\nRWQ=\n",
                Some(SecretKind::MinisignSecretKey),
            ),
            ("minisign public", "untrusted comment: minisign public key 1\nRWQ=\n", None),
            ("nothing", "", None),
        ] {
            assert_eq!(in_head(head.as_bytes()), expected, "{case}");
        }
    }
}
