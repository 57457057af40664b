//! Names keys and signatures of other tools for what they are, where ours cannot use them. Nothing of them is parsed
//! further than that, and nothing of them is shown.
//!
//! Forms: OpenBSD's signify(1), OpenSSH's PROTOCOL.key and PROTOCOL.sshsig, RFC 4716, RFC 5958 and RFC 5280 (DER),
//! RFC 9580 (OpenPGP), RFC 5652 (CMS), RFC 7517 (JWK).

use super::text;

/// What a file is, and what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Foreign {
    /// With its article.
    pub what: &'static str,
    /// What leads to something that can be read.
    pub help: &'static str,
}

const fn foreign(what: &'static str, help: &'static str) -> Foreign {
    Foreign { what, help }
}

const NEW_KEY: &str = "make a key with `keygen`";
const SIGN_AGAIN: &str = "sign with minisign, `openssl pkeyutl -sign -rawin`, or `sign`";
const DER_KEY: Foreign = foreign(
    "a key in DER, without the lines of PEM",
    "write it as PEM: `openssl pkey -inform DER`, and `-pubin` for a public one",
);
const SSH_KEY: Foreign = foreign("an OpenSSH public key", NEW_KEY);

/// How lines and files start that can be told at a glance.
const STARTS: [(&[u8], Foreign, Foreign); 11] = [
    both(b"-----BEGIN SSH SIGNATURE-----", "a signature of OpenSSH (`ssh-keygen -Y sign`)"),
    both(b"-----BEGIN OPENSSH PRIVATE KEY-----", "an OpenSSH private key"),
    both(b"-----BEGIN PGP SIGNATURE-----", "a signature of OpenPGP (GnuPG)"),
    both(b"-----BEGIN PGP SIGNED MESSAGE-----", "a text signed with OpenPGP (GnuPG)"),
    both(b"-----BEGIN PGP ", "a key of OpenPGP (GnuPG)"),
    both(b"-----BEGIN PKCS7-----", "a signature of CMS or S/MIME"),
    both(b"-----BEGIN CMS-----", "a signature of CMS or S/MIME"),
    both(b"---- BEGIN SSH2 PUBLIC KEY ----", "an SSH public key (RFC 4716)"),
    both(b"PuTTY-User-Key-File-", "a private key of PuTTY"),
    both(b"SSHSIG", "a signature of OpenSSH, without its armour"),
    both(b"openssh-key-v1\0", "an OpenSSH private key, without its armour"),
];

const fn both(start: &'static [u8], what: &'static str) -> (&'static [u8], Foreign, Foreign) {
    (start, foreign(what, NEW_KEY), foreign(what, SIGN_AGAIN))
}

/// The types of OpenSSH's public keys, with which their line starts.
const SSH_TYPES: [&[u8]; 5] = [b"ssh-", b"ecdsa-sha2-", b"sk-ssh-", b"sk-ecdsa-", b"rsa-sha2-"];

/// What stands in a file that is to be a key and is none of ours.
pub(super) fn key(file: &[u8]) -> Option<Foreign> {
    let plain = text::without_bom(file);
    if let Some((_, as_key, _)) = STARTS.iter().find(|(start, ..)| starts_a_line(plain, start)) {
        return Some(*as_key);
    }
    if is_ssh_key(plain) {
        return Some(SSH_KEY);
    }
    if is_der(file) {
        return Some(DER_KEY);
    }
    if is_jwk(plain) {
        return Some(foreign(
            "a JSON Web Key",
            "write it as PEM, with `createPublicKey({ key, format: 'jwk' }).export(…)` of Node",
        ));
    }
    if has_signify_comment(plain, b"signify secret key")
        || decoded(plain).is_some_and(|bytes| bytes.starts_with(b"EdBK"))
    {
        return Some(foreign("a secret key of signify", NEW_KEY));
    }
    let bare = decoded(plain).map_or(file.len(), |bytes| bytes.len());
    let hex = plain.trim_ascii();
    if bare == 32 || (hex.len() == 64 && hex.iter().all(u8::is_ascii_hexdigit)) {
        return Some(foreign(
            "32 bytes alone, which may be a public or a private key",
            "write it as PEM: SPKI, or PKCS#8",
        ));
    }
    None
}

/// What stands in a file that is to be a signature and is none of ours.
pub(super) fn signature(file: &[u8]) -> Option<Foreign> {
    let plain = text::without_bom(file);
    if let Some((_, _, as_signature)) = STARTS.iter().find(|(start, ..)| starts_a_line(plain, start)) {
        return Some(*as_signature);
    }
    if is_ssh_key(plain) {
        return Some(foreign("an OpenSSH public key", SIGN_AGAIN));
    }
    let bytes = decoded(plain);
    let bytes = bytes.as_ref().map_or(file, |bytes| bytes.as_slice());
    if is_der(bytes) {
        // An ECDSA signature is two integers as long as the curve's field; a key starts with a version or another sequence.
        let integers = bytes.iter().skip_while(|byte| **byte != 2);
        let ecdsa = bytes.len() < 150 && integers.clone().nth(1).is_some_and(|length| *length >= 0x1c);
        let what = if ecdsa { "an ECDSA signature in DER" } else { "a key in DER" };
        return Some(foreign(what, SIGN_AGAIN));
    }
    // OpenPGP's packets (RFC 9580, section 4.2): a signature is packet 2, in the old or the new form.
    if matches!(file, [0x88..=0x8a, _, 3..=6, ..] | [0x89, _, _, 3..=6, ..] | [0xc2, _, 3..=6, ..]) {
        return Some(foreign("a signature of OpenPGP (GnuPG), without its armour", SIGN_AGAIN));
    }
    if bytes.len() == 128 && bytes.iter().all(u8::is_ascii_hexdigit) {
        return Some(foreign("64 bytes in hex", "write them as bytes: `xxd -r -p`"));
    }
    let hex = plain.trim_ascii();
    if hex.len() == 128 && hex.iter().all(u8::is_ascii_hexdigit) {
        return Some(foreign("64 bytes in hex", "write them as bytes: `xxd -r -p`"));
    }
    None
}

/// A signature of signify: minisign's first two lines, and nothing that names time, file or version (signify(1)).
pub(super) fn is_signify_signature(file: &[u8]) -> bool {
    let mut lines = text::lines(text::without_bom(file));
    let packed = lines.nth(1).and_then(text::base64);
    packed.is_some_and(|bytes| bytes.len() == 74 && bytes.starts_with(b"Ed")) && lines.all(<[u8]>::is_empty)
}

/// The words for it.
pub(super) const SIGNIFY: Foreign =
    foreign("a signature of signify, or the first half of one of minisign's", SIGN_AGAIN);

fn starts_a_line(file: &[u8], start: &[u8]) -> bool {
    file.starts_with(start) || (start.starts_with(b"-") && text::lines(file).any(|line| line.starts_with(start)))
}

fn is_ssh_key(file: &[u8]) -> bool {
    let mut lines =
        text::lines(file).map(<[u8]>::trim_ascii).filter(|line| !line.is_empty() && !line.starts_with(b"#"));
    let Some(line) = lines.next() else { return false };
    let mut words = line.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty());
    // Options, or the name of a host, may come first.
    words.any(|word| SSH_TYPES.iter().any(|kind| word.starts_with(kind)))
        && line.windows(4).any(|letters| letters == b"AAAA")
}

fn has_signify_comment(file: &[u8], comment: &[u8]) -> bool {
    file.strip_prefix(super::minisign::UNTRUSTED).is_some_and(|rest| rest.trim_ascii_start().starts_with(comment))
}

fn is_jwk(file: &[u8]) -> bool {
    file.trim_ascii_start().starts_with(b"{") && file.windows(5).any(|letters| letters == b"\"kty\"")
}

/// Whether it is one DER sequence from its first byte to its last (X.690, section 8.1).
fn is_der(bytes: &[u8]) -> bool {
    let Some((0x30, rest)) = bytes.split_first().map(|(first, rest)| (*first, rest)) else { return false };
    match *rest {
        [length @ 0..=0x7f, ref body @ ..] => body.len() == usize::from(length),
        [0x81, length, ref body @ ..] => body.len() == usize::from(length),
        [0x82, high, low, ref body @ ..] => body.len() == usize::from(u16::from_be_bytes([high, low])),
        _ => false,
    }
}

/// The bytes of a base64 text, with or without a comment above it.
fn decoded(file: &[u8]) -> Option<zeroize::Zeroizing<Vec<u8>>> {
    let lines = text::lines(file).map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    // It may hold a private key: room for all of it at once, and wiped.
    let mut body = zeroize::Zeroizing::new(Vec::with_capacity(file.len()));
    for line in lines.filter(|line| !line.starts_with(super::minisign::UNTRUSTED)) {
        body.extend_from_slice(line);
    }
    text::base64(&body).filter(|bytes| !bytes.is_empty())
}
