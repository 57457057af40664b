//! PEM keys: finds the one block in a file, reads PKCS#8 and SPKI, writes both.
//!
//! Forms: RFC 7468 (PEM), RFC 5958 (PKCS#8), RFC 8018 (PBES2), RFC 8410 (Ed25519 in them).

use pkcs8::der::asn1::{BitStringRef, OctetStringRef};
use pkcs8::der::{Decode, Encode, Reader, SliceReader};
use pkcs8::pkcs5::{EncryptionScheme, pbes2};
use pkcs8::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use pkcs8::{EncryptedPrivateKeyInfoRef, ObjectIdentifier, PrivateKeyInfoRef};
use zeroize::Zeroizing;

use super::error::KeyError;
use super::kdf::{self, ScryptCost};
use super::keys::{PublicKey, SecretKey};
use super::{der, text};

/// `id-Ed25519` (RFC 8410, section 3).
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// The cost of the keys we write. N stays at 2^14 because OpenSSL gives scrypt 32 MiB and no more by default;
/// p makes up for it (16 MiB, five times in a row, is one of the settings OWASP advises).
const WRITTEN_COST: ScryptCost = ScryptCost { log_n: 14, r: 8, p: 5 };

/// One PEM block.
pub(super) struct PemBlock {
    label: String,
    der: Zeroizing<Vec<u8>>,
}

impl PemBlock {
    fn damaged(&self, what: &'static str) -> KeyError {
        damaged(&self.label, what)
    }
}

/// The one PEM block of a file, or `None` when no line starts one. Text around it is ignored, as RFC 7468 allows.
pub(super) fn only_block(file: &[u8]) -> Result<Option<PemBlock>, KeyError> {
    let begins = |line: &[u8]| line.starts_with(b"-----BEGIN ");
    let count = text::lines(file).filter(|line| begins(line)).count();
    if count == 0 {
        return Ok(None);
    }
    if count > 1 {
        return Err(KeyError::SeveralPemBlocks { count });
    }
    let mut lines = text::lines(file).skip_while(|line| !begins(line));
    let label = lines
        .next()
        .and_then(|line| line.trim_ascii_end().strip_prefix(b"-----BEGIN ")?.strip_suffix(b"-----"))
        .and_then(checked_label)
        .ok_or(KeyError::NotAKey)?;
    let end = format!("-----END {label}-----");

    // Room for all of it at once: a growing buffer would leave copies of a private key behind.
    let mut body = Zeroizing::new(Vec::with_capacity(file.len()));
    for line in lines {
        let line = line.trim_ascii_end();
        if line == end.as_bytes() {
            return match text::base64(&body) {
                Some(der) => Ok(Some(PemBlock { label, der })),
                None => Err(damaged(&label, "its content is not base64")),
            };
        }
        body.extend_from_slice(line);
    }
    Err(KeyError::UnpairedPem { label })
}

/// A label that is safe to show and to compare: upper-case words, as in RFC 7468.
fn checked_label(label: &[u8]) -> Option<String> {
    let plain = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b' ';
    let fits = !label.is_empty() && label.len() <= 40 && label.iter().all(plain);
    fits.then(|| String::from_utf8_lossy(label).into_owned())
}

/// Reads an SPKI public key.
pub(super) fn public_key(block: &PemBlock) -> Result<PublicKey, KeyError> {
    match block.label.as_str() {
        "PUBLIC KEY" => {}
        "PRIVATE KEY" | "ENCRYPTED PRIVATE KEY" => return Err(KeyError::PrivateGivenAsPublic),
        label => return Err(unsupported(label)),
    }
    let info =
        SubjectPublicKeyInfoRef::from_der(&block.der).map_err(|_| block.damaged("it is not an SPKI structure"))?;
    only_ed25519(&info.algorithm, block)?;
    let key = point_bytes(&info.subject_public_key).ok_or_else(|| block.damaged("the key is not 32 bytes"))?;
    PublicKey::from_bytes(key)
}

/// Reads a PKCS#8 private key, plain or encrypted.
pub(super) fn secret_key(block: &PemBlock, passphrase: Option<&[u8]>) -> Result<SecretKey, KeyError> {
    match block.label.as_str() {
        "PRIVATE KEY" => pkcs8_key(block),
        "ENCRYPTED PRIVATE KEY" => {
            let opened = PemBlock { label: block.label.clone(), der: decrypt(block, passphrase)? };
            // One wrong passphrase in some 250 leaves a valid padding; what it gives is not PKCS#8 then.
            match pkcs8_key(&opened) {
                Err(KeyError::DamagedPem { .. }) => Err(KeyError::PassphraseWrong),
                other => other,
            }
        }
        "PUBLIC KEY" => Err(KeyError::PublicGivenAsPrivate),
        label => Err(unsupported(label)),
    }
}

fn pkcs8_key(block: &PemBlock) -> Result<SecretKey, KeyError> {
    let info =
        PrivateKeyInfoRef::try_from(block.der.as_slice()).map_err(|_| block.damaged("it is not a PKCS#8 structure"))?;
    only_ed25519(&info.algorithm, block)?;
    // CurvePrivateKey is an octet string inside the octet string (RFC 8410, section 7).
    let seed = <&OctetStringRef>::from_der(info.private_key.as_bytes())
        .ok()
        .and_then(|inner| inner.as_bytes().first_chunk::<32>().filter(|_| inner.as_bytes().len() == 32))
        .ok_or_else(|| block.damaged("the private key is not 32 bytes"))?;
    let key = SecretKey::from_seed(seed);
    if let Some(stored) = info.public_key {
        let stored = point_bytes(&stored).ok_or_else(|| block.damaged("the stored public key is not 32 bytes"))?;
        if stored != key.public().as_bytes() {
            return Err(KeyError::HalvesDisagree);
        }
    }
    Ok(key)
}

fn decrypt(block: &PemBlock, passphrase: Option<&[u8]>) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    // Read in two steps: an unknown scheme and a damaged file need different words.
    let mut reader = SliceReader::new(&block.der).map_err(|_| block.damaged("it is empty"))?;
    let (algorithm, data): (AlgorithmIdentifierRef<'_>, &OctetStringRef) = reader
        .sequence(|inner| Ok::<_, pkcs8::der::Error>((inner.decode()?, inner.decode()?)))
        .map_err(|_| block.damaged("it is not an encrypted PKCS#8 structure"))?;
    let scheme = EncryptionScheme::try_from(algorithm).map_err(|_| KeyError::UnsupportedEncryption)?;
    let params = scheme.pbes2().ok_or(KeyError::UnsupportedEncryption)?;
    let passphrase = passphrase.ok_or(KeyError::PassphraseMissing)?;
    kdf::check_pbes2(&params.kdf)?;

    let mut buffer = Zeroizing::new(data.as_bytes().to_vec());
    let length = match params.decrypt_in_place(passphrase, &mut buffer) {
        Ok(plain) => plain.len(),
        Err(pkcs8::pkcs5::Error::DecryptFailed) => return Err(KeyError::PassphraseWrong),
        Err(_) => return Err(KeyError::UnsupportedEncryption),
    };
    buffer.truncate(length);
    Ok(buffer)
}

/// Encrypted PKCS#8 PEM for the given secret bytes.
pub(super) fn encrypted_pkcs8(
    seed: &[u8; 32],
    passphrase: &[u8],
    salt: &[u8; 16],
    iv: &[u8; 16],
) -> Result<Zeroizing<String>, KeyError> {
    if passphrase.is_empty() {
        return Err(KeyError::PassphraseEmpty);
    }
    let scheme = pbes2::Parameters::generate_scrypt_aes256cbc(WRITTEN_COST.checked()?, salt, *iv)
        .map_err(|_| KeyError::UnsupportedEncryption)?;
    let data = scheme.encrypt(passphrase, &*der::pkcs8_der(seed)).map_err(|_| KeyError::UnsupportedEncryption)?;
    let der = OctetStringRef::new(&data)
        .and_then(|data| {
            EncryptedPrivateKeyInfoRef { encryption_algorithm: scheme.into(), encrypted_data: data }.to_der()
        })
        .map_err(|_| KeyError::UnsupportedEncryption)?;
    Ok(Zeroizing::new(write("ENCRYPTED PRIVATE KEY", &der)))
}

/// A PEM block with lines of 64 characters. The caller wraps it in `Zeroizing` when it holds a secret.
pub(super) fn write(label: &str, der: &[u8]) -> String {
    let body = Zeroizing::new(text::to_base64(der));
    // Room for all of it at once, for the reason given in `only_block`.
    let mut out = String::with_capacity(body.len() + body.len() / 64 + 2 * label.len() + 40);
    out.push_str("-----BEGIN ");
    out.push_str(label);
    out.push_str("-----\n");
    for (column, letter) in body.chars().enumerate() {
        if column > 0 && column % 64 == 0 {
            out.push('\n');
        }
        out.push(letter);
    }
    out.push_str("\n-----END ");
    out.push_str(label);
    out.push_str("-----\n");
    out
}

fn point_bytes<'a>(bits: &BitStringRef<'a>) -> Option<&'a [u8; 32]> {
    bits.as_bytes()?.try_into().ok()
}

fn only_ed25519(algorithm: &AlgorithmIdentifierRef<'_>, block: &PemBlock) -> Result<(), KeyError> {
    if algorithm.oid == ED25519 {
        // RFC 8410, section 3: parameters must be absent.
        return match algorithm.parameters {
            None => Ok(()),
            Some(_) => Err(block.damaged("Ed25519 takes no parameters")),
        };
    }
    let found = match algorithm.oid.to_string().as_str() {
        "1.2.840.113549.1.1.1" => "RSA".to_owned(),
        "1.2.840.113549.1.1.10" => "RSA-PSS".to_owned(),
        "1.2.840.10045.2.1" => "ECDSA or ECDH".to_owned(),
        "1.2.840.10040.4.1" => "DSA".to_owned(),
        "1.3.101.110" => "X25519 (key exchange)".to_owned(),
        "1.3.101.111" => "X448 (key exchange)".to_owned(),
        "1.3.101.113" => "Ed448".to_owned(),
        other => format!("the algorithm {other}"),
    };
    Err(KeyError::WrongAlgorithm { found })
}

fn unsupported(label: &str) -> KeyError {
    let wrong = |found: &str| KeyError::WrongAlgorithm { found: found.to_owned() };
    let help = match label {
        "RSA PRIVATE KEY" | "RSA PUBLIC KEY" => return wrong("RSA"),
        "EC PRIVATE KEY" | "EC PARAMETERS" => return wrong("ECDSA or ECDH"),
        "DSA PRIVATE KEY" => return wrong("DSA"),
        "OPENSSH PRIVATE KEY" => "OpenSSH's own format is not read: make a key with `keygen`",
        "CERTIFICATE" => "take the key out with `openssl x509 -pubkey -noout`",
        _ => "make a key with `keygen`",
    };
    KeyError::UnsupportedPem { label: label.to_owned(), help }
}

fn damaged(label: &str, what: &'static str) -> KeyError {
    KeyError::DamagedPem { label: label.to_owned(), what }
}
