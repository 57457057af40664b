//! Recognises a detached signature file: minisign's, the plain 64 bytes, or their base64.

use std::fmt;

use thiserror::Error;

use super::foreign::{self, Foreign};
use super::keys::KeyId;
use super::{minisign, text};

/// The largest signature file that is looked at, in bytes. The longest that minisign writes has comments of
/// 1024 and 8192 bytes and two short base64 lines.
pub(crate) const MAX_SIGNATURE_FILE: usize = 10 * 1024;

/// How a signature is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignatureFormat {
    /// minisign's present form: Ed25519 over the BLAKE2b-512 of the content.
    Minisign,
    /// minisign's old form: Ed25519 over the content itself.
    MinisignLegacy,
    /// 64 bytes, as `openssl pkeyutl -sign -rawin` writes them.
    Raw,
    /// The 64 bytes in base64.
    Base64,
}

impl SignatureFormat {
    /// The name used in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Minisign => "minisign",
            Self::MinisignLegacy => "minisign-legacy",
            Self::Raw => "raw",
            Self::Base64 => "base64",
        }
    }
}

/// Why a file is not a signature that can be checked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SignatureFileError {
    /// Nothing in it.
    #[error("the signature file is empty; sign again")]
    Empty,
    /// Larger than [`MAX_SIGNATURE_FILE`]. Sizes are in bytes.
    #[error("{size} bytes are too many for a signature file (at most {MAX_SIGNATURE_FILE}); is this the right file?")]
    TooLarge {
        /// Bytes given.
        size: usize,
    },
    /// None of the known forms.
    #[error(
        "not a signature: expected a minisign signature, 64 bytes, or the base64 of 64 bytes; found {size} bytes of something else"
    )]
    NotASignature {
        /// Bytes given.
        size: usize,
    },
    /// It starts as a minisign signature and does not go on as one.
    #[error("a damaged minisign signature: line {line}: {what}")]
    Damaged {
        /// The line, counted from 1.
        line: usize,
        /// What was expected and not found.
        what: &'static str,
    },
    /// A signature or key of another tool's.
    #[error("{what}, which is not read here; {help}")]
    Foreign {
        /// What it is, with its article.
        what: &'static str,
        /// What to do.
        help: &'static str,
    },
    /// A key where a signature was asked for.
    #[error("a key where a signature is needed")]
    KeyGivenAsSignature,
}

/// A signature that was recognised and is not verified. It shows nothing that only a verified signature may say.
#[derive(Clone)]
pub struct SignatureFile {
    pub(super) format: SignatureFormat,
    pub(super) signature: [u8; 64],
    pub(super) minisign: Option<minisign::Parts>,
}

/// Shows the form only: an unverified comment is not for logs either.
impl fmt::Debug for SignatureFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignatureFile({})", self.format.name())
    }
}

impl SignatureFile {
    /// Recognises the content of a `.minisig` or `.sig` file; the name of the file plays no part.
    /// CRLF, a missing final newline, a byte-order mark before text, and base64 in several lines are all right.
    ///
    /// # Errors
    /// [`SignatureFileError`].
    pub fn parse(file: &[u8]) -> Result<Self, SignatureFileError> {
        if file.len() > MAX_SIGNATURE_FILE {
            return Err(SignatureFileError::TooLarge { size: file.len() });
        }
        let plain = text::without_bom(file);
        // Before the 64 bytes: a minisign file cut off after 64 bytes is damaged, not raw.
        if plain.starts_with(minisign::UNTRUSTED) {
            return Self::parse_minisign(plain);
        }
        if let Ok(signature) = file.try_into() {
            return Ok(Self::plain(SignatureFormat::Raw, signature));
        }
        if file.is_empty() {
            return Err(SignatureFileError::Empty);
        }
        if let Some(Foreign { what, help }) = foreign::signature(file) {
            return Err(SignatureFileError::Foreign { what, help });
        }
        if plain.starts_with(b"-----BEGIN ") {
            return Err(SignatureFileError::KeyGivenAsSignature);
        }
        let joined: Vec<u8> = text::lines(plain).flatten().copied().collect();
        let unknown = SignatureFileError::NotASignature { size: file.len() };
        let bytes = text::base64(&joined).ok_or(unknown.clone())?;
        if minisign::is_key_length(bytes.len()) {
            return Err(SignatureFileError::KeyGivenAsSignature);
        }
        let signature = bytes.as_slice().try_into().map_err(|_| unknown)?;
        Ok(Self::plain(SignatureFormat::Base64, signature))
    }

    fn parse_minisign(file: &[u8]) -> Result<Self, SignatureFileError> {
        // A key file has the same first line and no trusted comment; the second line's length tells.
        let second = text::lines(file).nth(1).and_then(text::base64);
        if second.is_some_and(|bytes| minisign::is_key_length(bytes.len())) {
            return Err(SignatureFileError::KeyGivenAsSignature);
        }
        if foreign::is_signify_signature(file) {
            let Foreign { what, help } = foreign::SIGNIFY;
            return Err(SignatureFileError::Foreign { what, help });
        }
        let parts = minisign::signature(file)
            .map_err(|fault| SignatureFileError::Damaged { line: fault.line, what: fault.what })?;
        Ok(Self {
            format: if parts.prehashed { SignatureFormat::Minisign } else { SignatureFormat::MinisignLegacy },
            signature: parts.signature,
            minisign: Some(parts),
        })
    }

    const fn plain(format: SignatureFormat, signature: [u8; 64]) -> Self {
        Self { format, signature, minisign: None }
    }

    /// How it is written down.
    pub const fn format(&self) -> SignatureFormat {
        self.format
    }

    /// The key id that a minisign signature claims. Nothing vouches for it.
    pub fn claimed_key_id(&self) -> Option<KeyId> {
        self.minisign.as_ref().map(|parts| parts.key_id)
    }
}
