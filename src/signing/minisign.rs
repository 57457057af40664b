//! minisign's three texts: public key, secret key, signature.
//!
//! Source: the format description on minisign's own page, and for the secret key (which that page
//! describes without the arithmetic) what minisign 0.11 writes. All numbers are little-endian.

use blake2::digest::consts::U32;
use blake2::{Blake2b, Digest};
use zeroize::Zeroizing;

use super::comment::TrustedComment;
use super::error::KeyError;
use super::kdf::{self, ScryptCost};
use super::keys::{KeyId, PublicKey, SecretKey};
use super::text;

/// How an untrusted first line starts.
pub(super) const UNTRUSTED: &[u8] = b"untrusted comment:";
const TRUSTED: &[u8] = b"trusted comment: ";

/// `Ed`: an Ed25519 key, or a signature of the content itself (minisign calls it legacy).
const ED: [u8; 2] = *b"Ed";
/// `ED`: a signature of the BLAKE2b-512 of the content.
const ED_PREHASHED: [u8; 2] = *b"ED";

const PUBLIC_LEN: usize = 2 + 8 + 32;
const SIGNATURE_LEN: usize = 2 + 8 + 64;
const SECRET_LEN: usize = 2 + 2 + 2 + 32 + 8 + 8 + SECRET_BODY_LEN;
/// Key id, secret bytes, public key, checksum: the part that is encrypted.
const SECRET_BODY_LEN: usize = 8 + 32 + 32 + 32;

/// What stands in a minisign signature, none of it verified.
#[derive(Clone)]
pub(super) struct Parts {
    pub(super) prehashed: bool,
    pub(super) key_id: KeyId,
    pub(super) signature: [u8; 64],
    pub(super) comment: TrustedComment,
    pub(super) global: [u8; 64],
}

/// Which line of a signature is wrong, counted from 1, and how.
pub(super) struct Fault {
    pub(super) line: usize,
    pub(super) what: &'static str,
}

/// Reads a public key file, or the bare line of one.
pub(super) fn public_key(file: &[u8]) -> Result<PublicKey, KeyError> {
    let bytes = key_bytes(file)?;
    match bytes.len() {
        PUBLIC_LEN => {}
        SECRET_LEN => return Err(KeyError::PrivateGivenAsPublic),
        SIGNATURE_LEN => return Err(KeyError::SignatureGivenAsKey),
        _ => return Err(damaged("it is not as long as a public key")),
    }
    // A secret key cut off after 42 bytes would pass for a public one made of its salt: in the place of the id stand
    // the names of its key derivation and its checksum. A random id starts so once in two thousand million.
    if [*b"EdScB2", *b"Ed\0\0B2"].iter().any(|start| bytes.starts_with(start)) {
        return Err(damaged("it is a secret key, cut off"));
    }
    parse_public(&bytes).ok_or_else(|| damaged("it is not for Ed25519"))?
}

fn parse_public(mut bytes: &[u8]) -> Option<Result<PublicKey, KeyError>> {
    let algorithm = text::take::<2>(&mut bytes)?;
    let id = KeyId::from_bytes(*text::take(&mut bytes)?);
    let key = text::take::<32>(&mut bytes)?;
    (*algorithm == ED).then(|| PublicKey::with_id(key, id))
}

/// The `RW…` line of a public key.
pub(super) fn public_line(key: &PublicKey) -> String {
    let id = key.id();
    text::to_base64(&[&ED[..], id.as_bytes(), key.as_bytes()].concat())
}

/// Reads a secret key file.
pub(super) fn secret_key(file: &[u8], passphrase: Option<&[u8]>) -> Result<SecretKey, KeyError> {
    let bytes = key_bytes(file)?;
    match bytes.len() {
        SECRET_LEN => {}
        PUBLIC_LEN => return Err(KeyError::PublicGivenAsPrivate),
        SIGNATURE_LEN => return Err(KeyError::SignatureGivenAsKey),
        _ => return Err(damaged("it is not as long as a secret key")),
    }
    parse_secret(&bytes, passphrase).ok_or_else(|| damaged("it is too short"))?
}

/// `None` cannot happen for `SECRET_LEN` bytes; it saves a panic.
fn parse_secret(mut bytes: &[u8], passphrase: Option<&[u8]>) -> Option<Result<SecretKey, KeyError>> {
    let algorithm = text::take::<2>(&mut bytes)?;
    let kdf = text::take::<2>(&mut bytes)?;
    let checksum = text::take::<2>(&mut bytes)?;
    let salt = text::take::<32>(&mut bytes)?;
    let ops = u64::from_le_bytes(*text::take(&mut bytes)?);
    let memory = u64::from_le_bytes(*text::take(&mut bytes)?);
    let mut body = Zeroizing::new(*text::take::<SECRET_BODY_LEN>(&mut bytes)?);
    if *algorithm != ED {
        return Some(Err(damaged("it is not for Ed25519")));
    }
    if checksum != b"B2" {
        return Some(Err(damaged("its checksum is of an unknown kind")));
    }
    let encrypted = match kdf {
        b"Sc" => true,
        b"\0\0" => false,
        _ => return Some(Err(KeyError::UnsupportedEncryption)),
    };
    if encrypted {
        let Some(passphrase) = passphrase else {
            return Some(Err(KeyError::PassphraseMissing));
        };
        let cost = ScryptCost::from_libsodium_limits(ops, memory);
        match kdf::scrypt::<SECRET_BODY_LEN>(passphrase, salt, cost) {
            Ok(stream) => body.iter_mut().zip(stream.iter()).for_each(|(b, s)| *b ^= s),
            Err(error) => return Some(Err(error)),
        }
    }
    secret_body(body.as_slice(), encrypted)
}

fn secret_body(mut body: &[u8], encrypted: bool) -> Option<Result<SecretKey, KeyError>> {
    let id = text::take::<8>(&mut body)?;
    let seed = text::take::<32>(&mut body)?;
    let public = text::take::<32>(&mut body)?;
    let stored = text::take::<32>(&mut body)?;
    let sum: [u8; 32] = Blake2b::<U32>::new()
        .chain_update(ED)
        .chain_update(id)
        .chain_update(seed)
        .chain_update(public)
        .finalize()
        .into();
    // minisign 0.11 leaves the checksum zero when it writes a key without a passphrase (`-W`).
    let unset = !encrypted && *stored == [0; 32];
    if !unset && sum != *stored {
        return Some(Err(if encrypted { KeyError::PassphraseWrong } else { damaged("its checksum does not fit") }));
    }
    let key = SecretKey::with_id(seed, KeyId::from_bytes(*id));
    if key.public().as_bytes() != public {
        return Some(Err(KeyError::HalvesDisagree));
    }
    Some(Ok(key))
}

/// Whether so many bytes are a key of minisign's.
pub(super) fn is_key_length(length: usize) -> bool {
    [PUBLIC_LEN, SECRET_LEN].contains(&length)
}

/// The bytes of the base64 line: the only line, or the one below the comment.
fn key_bytes(file: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let mut lines = text::lines(file).map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let first = lines.next().ok_or(KeyError::NotAKey)?;
    let commented = first.starts_with(UNTRUSTED);
    let line = if commented { lines.next().ok_or(damaged("the line below the comment is missing"))? } else { first };
    let not_base64 = if commented { damaged("the line below the comment is not base64") } else { KeyError::NotAKey };
    let bytes = text::base64(line).ok_or(not_base64.clone())?;
    if bytes.len() == SIGNATURE_LEN {
        return Err(KeyError::SignatureGivenAsKey);
    }
    if lines.next().is_some() {
        return Err(if commented { damaged("there is more in the file than one key") } else { not_base64 });
    }
    // A bare line of base64 that is not as long as any key is most likely something else.
    if !commented && !is_key_length(bytes.len()) {
        return Err(KeyError::NotAKey);
    }
    Ok(bytes)
}

/// Reads a signature file; the caller has seen the first line's `untrusted comment:`.
pub(super) fn signature(file: &[u8]) -> Result<Parts, Fault> {
    let fault = |line, what| Fault { line, what };
    let mut lines = text::lines(file).skip(1);
    let packed = lines.next().filter(|line| !line.is_empty()).ok_or(fault(2, "the signature is missing"))?;
    let packed = text::base64(packed).ok_or(fault(2, "the signature is not base64"))?;
    let (algorithm, key_id, signature) =
        parse_signature(&packed).ok_or(fault(2, "the signature is not 74 bytes long"))?;
    let prehashed = match algorithm {
        ED => false,
        ED_PREHASHED => true,
        _ => return Err(fault(2, "the signature is of an unknown kind")),
    };
    let comment =
        lines.next().and_then(|line| line.strip_prefix(TRUSTED)).ok_or(fault(3, "the trusted comment is missing"))?;
    let global = lines
        .next()
        .filter(|line| !line.is_empty())
        .ok_or(fault(4, "the signature of the trusted comment is missing"))?;
    let global = text::base64(global)
        .and_then(|bytes| <[u8; 64]>::try_from(bytes.as_slice()).ok())
        .ok_or(fault(4, "the signature of the trusted comment is not base64 of 64 bytes"))?;
    if lines.any(|line| !line.is_empty()) {
        return Err(fault(5, "there is more in the file than one signature"));
    }
    Ok(Parts { prehashed, key_id, signature, comment: TrustedComment::from_signed(comment), global })
}

fn parse_signature(mut packed: &[u8]) -> Option<([u8; 2], KeyId, [u8; 64])> {
    let algorithm = *text::take(&mut packed)?;
    let key_id = KeyId::from_bytes(*text::take(&mut packed)?);
    let signature = *text::take(&mut packed)?;
    packed.is_empty().then_some((algorithm, key_id, signature))
}

/// The text of a signature file.
pub(super) fn write_signature(parts: &Parts) -> String {
    let algorithm = if parts.prehashed { ED_PREHASHED } else { ED };
    let packed = [&algorithm[..], parts.key_id.as_bytes(), &parts.signature].concat();
    format!(
        "untrusted comment: signature by key {}\n{}\ntrusted comment: {}\n{}\n",
        parts.key_id,
        text::to_base64(&packed),
        parts.comment.text(),
        text::to_base64(&parts.global),
    )
}

/// What the second signature of a minisign file covers.
pub(super) fn global_message(signature: &[u8; 64], comment: &TrustedComment) -> Vec<u8> {
    [&signature[..], comment.as_bytes()].concat()
}

fn damaged(what: &'static str) -> KeyError {
    KeyError::DamagedMinisign { what }
}
