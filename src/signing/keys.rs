//! Ed25519 keys: reading every form people have them in, and writing the ones we make.

use std::fmt;

use ed25519_dalek::{SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::error::KeyError;
use super::{minisign, pem, strict, text};

/// The largest key file that is looked at, in bytes. The longest honest one is an RSA key that gets
/// a clear refusal (16384 bits: about 13 kB); Ed25519 needs a few hundred.
pub const MAX_KEY_FILE: usize = 32 * 1024;

/// The name of a key: eight bytes, shown as minisign shows them.
///
/// minisign picks them at random and stores them in the key and in every signature. A PEM key has no
/// room for them, so its id is derived: the first 16 hex digits of the SHA-256 of the public key as
/// SPKI DER, which `openssl pkey -pubin -outform DER | sha256sum` prints. An id is a label, not a proof:
/// nothing is ever trusted for its id alone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 8]);

impl KeyId {
    /// The id from the eight bytes as they stand in a minisign file.
    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }

    /// The eight bytes as they stand in a minisign file.
    pub const fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }

    /// The id of a key that brings none (see [`KeyId`]). The bytes are stored reversed because minisign
    /// prints them as a little-endian number, and the printed form is the one people compare.
    fn derived(key: &VerifyingKey) -> Self {
        let digest: [u8; 32] = Sha256::digest(pem::spki_der(key.as_bytes())).into();
        let mut id = [0; 8];
        for (to, from) in id.iter_mut().rev().zip(digest) {
            *to = from;
        }
        Self(id)
    }
}

/// Sixteen upper-case hex digits, as in minisign's own comment lines.
impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016X}", u64::from_le_bytes(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// A public key that passed the checks of [`PublicKey::from_bytes`], and its id.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey {
    point: VerifyingKey,
    id: KeyId,
}

impl PublicKey {
    /// A key from its 32 bytes (RFC 8032, section 5.1.2), with the derived id.
    ///
    /// # Errors
    /// [`KeyError::UnsafePublicKey`]: not a point of the curve, of small order, or not in canonical form.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let point = strict::public_point(bytes)?;
        let id = KeyId::derived(&point);
        Ok(Self { point, id })
    }

    /// The same, with the id a minisign file gave it.
    pub(super) fn with_id(bytes: &[u8; 32], id: KeyId) -> Result<Self, KeyError> {
        let point = strict::public_point(bytes)?;
        Ok(Self { point, id })
    }

    /// Reads a public key: SPKI PEM, a minisign `.pub` file, or minisign's bare `RW…` line.
    /// A byte-order mark, CRLF and a missing final newline are all right.
    ///
    /// # Errors
    /// Any [`KeyError`] except those about passphrases.
    pub fn read(file: &[u8]) -> Result<Self, KeyError> {
        let file = bounded(file)?;
        match pem::only_block(file)? {
            Some(block) => pem::public_key(&block),
            None => minisign::public_key(file),
        }
    }

    /// The id: minisign's own when the key came from minisign, else the derived one.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The id this key would have had it come from a PEM file.
    pub fn derived_id(&self) -> KeyId {
        KeyId::derived(&self.point)
    }

    /// The 32 bytes of the point (RFC 8032, section 5.1.2).
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.point.as_bytes()
    }

    /// SPKI PEM (RFC 8410), as `openssl pkey -pubout` writes it. The id is not in it: a minisign key written so has
    /// the derived id when it is read back.
    pub fn to_spki_pem(&self) -> String {
        pem::write("PUBLIC KEY", &pem::spki_der(self.as_bytes()))
    }

    /// minisign's `RW…` line, which `minisign -P` takes. No newline.
    pub fn to_minisign_line(&self) -> String {
        minisign::public_line(self)
    }

    /// A minisign `.pub` file: comment line and key line.
    pub fn to_minisign_file(&self) -> String {
        format!("untrusted comment: minisign public key {}\n{}\n", self.id, self.to_minisign_line())
    }

    pub(super) const fn point(&self) -> &VerifyingKey {
        &self.point
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.id)
    }
}

/// A private key. Wiped from memory when dropped; `Debug` shows the id only.
pub struct SecretKey {
    signing: SigningKey,
    id: KeyId,
}

impl SecretKey {
    /// The key that 32 secret bytes stand for (RFC 8032, section 5.1.5). To generate a key, the caller fills them from the
    /// operating system's random source, and wipes them afterwards.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let signing = SigningKey::from_bytes(seed);
        let id = KeyId::derived(&signing.verifying_key());
        Self { signing, id }
    }

    pub(super) fn with_id(seed: &[u8; 32], id: KeyId) -> Self {
        Self { signing: SigningKey::from_bytes(seed), id }
    }

    /// Reads a private key: PKCS#8 PEM version 1 or 2, plain or encrypted (PBES2 with PBKDF2-HMAC-SHA-2 or scrypt, AES-CBC or AES-GCM),
    /// or a minisign secret key, encrypted or written with `-W`.
    ///
    /// `passphrase` is used only when the key is encrypted; giving one for a plain key is no error, so
    /// that one environment variable serves both.
    ///
    /// Opening a minisign key takes about 1 GiB of memory and some seconds, because minisign asks for that.
    ///
    /// # Errors
    /// Any [`KeyError`].
    pub fn read(file: &[u8], passphrase: Option<&[u8]>) -> Result<Self, KeyError> {
        let file = bounded(file)?;
        match pem::only_block(file)? {
            Some(block) => pem::secret_key(&block, passphrase),
            None => minisign::secret_key(file, passphrase),
        }
    }

    /// Whether [`SecretKey::read`] needs a passphrase for this file, so that a person is asked only then.
    ///
    /// # Errors
    /// As [`SecretKey::read`], as far as can be told without opening the key.
    pub fn needs_passphrase(file: &[u8]) -> Result<bool, KeyError> {
        match Self::read(file, None) {
            Ok(_) => Ok(false),
            Err(KeyError::PassphraseMissing) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// The public half, with the same id.
    pub fn public(&self) -> PublicKey {
        PublicKey { point: self.signing.verifying_key(), id: self.id }
    }

    /// The id that signatures made with this key will carry.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// PKCS#8 version 1 PEM, byte for byte as `openssl genpkey` writes it. To be kept in a file of mode 0600.
    pub fn to_pkcs8_pem(&self) -> Zeroizing<String> {
        Zeroizing::new(pem::write("PRIVATE KEY", &*pem::pkcs8_der(self.signing.as_bytes())))
    }

    /// PKCS#8 PEM encrypted with PBES2, scrypt and AES-256-CBC, which OpenSSL 3 and Node open.
    ///
    /// `salt` and `iv` are fresh random bytes, never used for another key or passphrase.
    ///
    /// # Errors
    /// [`KeyError::PassphraseEmpty`]; [`KeyError::NotEnoughMemory`] (16 MiB are needed).
    pub fn to_encrypted_pkcs8_pem(
        &self,
        passphrase: &[u8],
        salt: &[u8; 16],
        iv: &[u8; 16],
    ) -> Result<Zeroizing<String>, KeyError> {
        pem::encrypted_pkcs8(self.signing.as_bytes(), passphrase, salt, iv)
    }

    pub(super) const fn signing(&self) -> &SigningKey {
        &self.signing
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({})", self.id)
    }
}

fn bounded(file: &[u8]) -> Result<&[u8], KeyError> {
    if file.len() > MAX_KEY_FILE {
        return Err(KeyError::TooLarge { size: file.len(), limit: MAX_KEY_FILE });
    }
    Ok(text::without_bom(file))
}
