//! Ed25519 keys and their ids. `key_files` reads and writes the forms that people have them in.

use std::fmt;

use ed25519_dalek::{SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use super::error::KeyError;
use super::{der, point};

/// The name of a key: eight bytes, shown as minisign shows them.
///
/// minisign picks them at random and stores them in the key and in every signature. A PEM key has no
/// room for them, so its id is derived: the first 16 hex digits of the SHA-256 of the public key as
/// SPKI DER, which `openssl pkey -pubin -outform DER | sha256sum` prints. An id is a label, not a proof:
/// nothing is ever trusted for its id alone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 8]);

impl KeyId {
    /// Whether it is all zeros, and so names no key: minisign picks ids at random, and a file that has none has zeros.
    pub(super) fn is_unset(self) -> bool {
        self.0 == [0; 8]
    }

    fn or_derived(self, key: &VerifyingKey) -> Self {
        if self.is_unset() { Self::derived(key) } else { self }
    }

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
        let digest: [u8; 32] = Sha256::digest(der::spki_der(key.as_bytes())).into();
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
        let point = point::public_point(bytes)?;
        let id = KeyId::derived(&point);
        Ok(Self { point, id })
    }

    /// The same, with the id a minisign file gave it.
    pub(super) fn with_id(bytes: &[u8; 32], id: KeyId) -> Result<Self, KeyError> {
        let point = point::public_point(bytes)?;
        Ok(Self { point, id: id.or_derived(&point) })
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
        let signing = SigningKey::from_bytes(seed);
        let id = id.or_derived(&signing.verifying_key());
        Self { signing, id }
    }

    /// The public half, with the same id.
    pub fn public(&self) -> PublicKey {
        PublicKey { point: self.signing.verifying_key(), id: self.id }
    }

    /// The id that signatures made with this key will carry.
    pub const fn id(&self) -> KeyId {
        self.id
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
