//! Key files: every form that people have keys in is read, and those that we make are written.

use zeroize::Zeroizing;

use super::error::KeyError;
use super::foreign::{self, Foreign};
use super::keys::{PublicKey, SecretKey};
use super::{der, minisign, pem, text};

/// The largest key file that is looked at, in bytes. The longest honest one is an RSA key that gets
/// a clear refusal (16384 bits: about 13 kB); Ed25519 needs a few hundred.
pub(crate) const MAX_KEY_FILE: usize = 32 * 1024;

impl PublicKey {
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

    /// SPKI PEM (RFC 8410), as `openssl pkey -pubout` writes it. The id is not in it: a minisign key written so has
    /// the derived id when it is read back.
    pub fn to_spki_pem(&self) -> String {
        pem::write("PUBLIC KEY", &der::spki_der(self.as_bytes()))
    }

    /// minisign's `RW…` line, which `minisign -P` takes. No newline.
    pub fn to_minisign_line(&self) -> String {
        minisign::public_line(self)
    }

    /// A minisign `.pub` file: comment line and key line.
    pub fn to_minisign_file(&self) -> String {
        format!("untrusted comment: minisign public key {}\n{}\n", self.id(), self.to_minisign_line())
    }
}

impl SecretKey {
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

    /// PKCS#8 version 1 PEM, byte for byte as `openssl genpkey` writes it. To be kept in a file of mode 0600.
    pub fn to_pkcs8_pem(&self) -> Zeroizing<String> {
        Zeroizing::new(pem::write("PRIVATE KEY", &*der::pkcs8_der(self.signing().as_bytes())))
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
        pem::encrypted_pkcs8(self.signing().as_bytes(), passphrase, salt, iv)
    }
}

fn bounded(file: &[u8]) -> Result<&[u8], KeyError> {
    if file.len() > MAX_KEY_FILE {
        return Err(KeyError::TooLarge { size: file.len(), limit: MAX_KEY_FILE });
    }
    if let Some(Foreign { what, help }) = foreign::key(file) {
        return Err(KeyError::Foreign { what, help });
    }
    Ok(text::without_bom(file))
}
