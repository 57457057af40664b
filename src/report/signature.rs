//! What became of looking at a signature, and at the manifest that it is over.

use serde::{Deserialize, Serialize};

/// What became of looking at a subject's signature.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureStatus {
    /// A trusted key made it, over these very bytes.
    Verified,
    /// There is none.
    #[default]
    Missing,
    /// It does not fit the bytes.
    Invalid,
    /// It was made by a key that is not trusted.
    Untrusted,
    /// There is one, but no key to check it with.
    NotChecked,
}

impl SignatureStatus {
    /// The word used in every format.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Missing => "missing",
            Self::Invalid => "invalid",
            Self::Untrusted => "untrusted",
            Self::NotChecked => "not-checked",
        }
    }
}

/// A subject's signature.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct SignatureReport {
    /// What became of it.
    pub status: SignatureStatus,
    /// `minisign`, `minisign-legacy`, `raw` or `base64`.
    pub format: Option<String>,
    /// The id of the key that made it, as far as that is known.
    pub key_id: Option<String>,
    /// The trusted comment, printable; only ever one that was verified.
    pub comment: Option<String>,
}

/// How much of a bundle its manifest covers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Coverage {
    /// Files that the manifest lists.
    pub listed: usize,
    /// Of these, those that are as listed.
    pub verified: usize,
    /// Files that it does not list and need not: what package managers installed.
    pub outside: usize,
}
