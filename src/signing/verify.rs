//! Verifies a detached signature over content that passes by once, in chunks, in bounded memory.

use std::fmt;

use blake2::{Blake2b512, Digest};
use ed25519_dalek::Signature;
use thiserror::Error;

use super::comment::TrustedComment;
use super::detached::{SignatureFile, SignatureFormat};
use super::keys::KeyId;
use super::minisign;
use super::strict::{self, StrictStream};
use super::trust::{TrustStore, TrustedKey};

/// Nobody is trusted, so nothing can be verified: the caller reports `not-checked`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no trusted key is known, so the signature was not checked; give one with `--key`")]
pub struct NoTrustedKey;

/// What became of a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct SignatureOutcome {
    /// How the signature was written down.
    pub format: SignatureFormat,
    /// The judgement.
    pub status: SignatureVerdict,
}

/// The judgement over a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureVerdict {
    /// A trusted key signed exactly this content.
    Verified(Verified),
    /// The signature does not hold for this content, or is not acceptable at all.
    Invalid(InvalidReason),
    /// A minisign signature that names a key nobody trusts here. Its comment stays closed: it cannot be verified.
    Untrusted {
        /// The id the signature claims.
        key_id: KeyId,
    },
}

/// Who signed, and what they said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The id of the trusted key that made the signature, as the store knows it: the one to report. It differs from the id that
    /// the signature names when the key was converted between tools.
    pub key_id: KeyId,
    /// Where that key was found (see [`TrustedKey::origins`]).
    pub origins: Vec<String>,
    /// minisign's trusted comment, verified. Not made printable.
    pub comment: Option<TrustedComment>,
}

/// Why a signature is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidReason {
    /// It names a trusted key, which did not sign this.
    #[error(
        "it names the trusted key {key_id}, but that key did not sign this content: the content or the signature was changed"
    )]
    WrongContent {
        /// The id the signature names.
        key_id: KeyId,
    },
    /// A signature without a key id that no trusted key verifies.
    #[error(
        "none of the trusted keys ({tried}) made it for this content; it does not say which key made it, so either the content was changed or another key signed it"
    )]
    NoKeyVerifies {
        /// How many different keys were tried.
        tried: usize,
    },
    /// The content is as signed, the trusted comment is not.
    #[error("the content is as key {key_id} signed it, but the trusted comment was changed")]
    WrongComment {
        /// The key that signed the content.
        key_id: KeyId,
    },
    /// R or S has a form that a strict verifier refuses (RFC 8032, sections 5.1.3 and 5.1.7; small order).
    #[error("it is not in the strict form of Ed25519, which no honest tool leaves: it is damaged or forged")]
    NotStrict,
}

/// A verification under way.
pub struct Verifier {
    file: SignatureFile,
    keys: Vec<TrustedKey>,
    state: VerifierState,
}

enum VerifierState {
    /// Refused before the content was looked at.
    Refused,
    /// One hash serves every key.
    Prehashed(Signature, Box<Blake2b512>),
    /// The hash of pure Ed25519 starts with R and the key, so every key has its own.
    Pure(Vec<StrictStream>),
}

impl Verifier {
    /// Starts verifying.
    ///
    /// Which keys are tried: for raw and base64, all. For minisign, those whose id the signature names, and
    /// those that had no id of their own before (PEM keys), whatever id the signature names: people convert keys
    /// between the tools, and a converted key gets another id. The id alone never decides.
    ///
    /// # Errors
    /// [`NoTrustedKey`] when the store is empty.
    pub fn begin(file: &SignatureFile, trust: &TrustStore) -> Result<Self, NoTrustedKey> {
        if trust.is_empty() {
            return Err(NoTrustedKey);
        }
        let keys = candidates(file.claimed_key_id(), trust);
        let state = Self::start(file, &keys).unwrap_or(VerifierState::Refused);
        Ok(Self { file: file.clone(), keys, state })
    }

    fn start(file: &SignatureFile, keys: &[TrustedKey]) -> Result<VerifierState, strict::NotStrict> {
        let signature = strict::signature(&file.signature)?;
        let streams =
            keys.iter().map(|trusted| StrictStream::begin(&trusted.key, &signature)).collect::<Result<Vec<_>, _>>()?;
        Ok(if file.format == SignatureFormat::Minisign {
            VerifierState::Prehashed(signature, Box::new(Blake2b512::new()))
        } else {
            VerifierState::Pure(streams)
        })
    }

    /// Takes the next bytes of the content.
    pub fn update(&mut self, chunk: &[u8]) {
        match &mut self.state {
            VerifierState::Refused => {}
            VerifierState::Prehashed(_, hash) => hash.update(chunk),
            VerifierState::Pure(streams) => streams.iter_mut().for_each(|stream| stream.update(chunk)),
        }
    }

    /// Judges, after the last byte.
    pub fn finish(self) -> SignatureOutcome {
        let Self { file, keys, state } = self;
        let tried = keys.len();
        let signer = match state {
            VerifierState::Refused => return outcome(&file, SignatureVerdict::Invalid(InvalidReason::NotStrict)),
            VerifierState::Prehashed(signature, hash) => {
                let digest: [u8; 64] = hash.finalize().into();
                keys.iter().find(|trusted| strict::holds(&trusted.key, &digest, &signature))
            }
            VerifierState::Pure(streams) => {
                keys.iter().zip(streams).find_map(|(trusted, stream)| stream.holds().then_some(trusted))
            }
        };
        let status = match (signer, &file.minisign) {
            (Some(signer), None) => verified(signer, None),
            (Some(signer), Some(parts)) => with_comment(signer, parts),
            (None, None) => SignatureVerdict::Invalid(InvalidReason::NoKeyVerifies { tried }),
            (None, Some(parts)) => not_signed(parts.key_id, &keys),
        };
        outcome(&file, status)
    }

    /// Verifies over content that is in memory.
    ///
    /// # Errors
    /// As [`Verifier::begin`].
    pub fn verify(file: &SignatureFile, trust: &TrustStore, content: &[u8]) -> Result<SignatureOutcome, NoTrustedKey> {
        let mut verifier = Self::begin(file, trust)?;
        verifier.update(content);
        Ok(verifier.finish())
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("format", &self.file.format).field("keys", &self.keys).finish_non_exhaustive()
    }
}

fn outcome(file: &SignatureFile, status: SignatureVerdict) -> SignatureOutcome {
    SignatureOutcome { format: file.format, status }
}

/// The keys to try, each point once; among entries of one point, the one whose id the signature names.
fn candidates(claimed: Option<KeyId>, trust: &TrustStore) -> Vec<TrustedKey> {
    let fits = |trusted: &&TrustedKey| claimed.is_none_or(|id| may_have_signed(trusted, id));
    let mut keys: Vec<TrustedKey> = Vec::new();
    for trusted in trust.iter().filter(fits) {
        match keys.iter_mut().find(|known| known.key.as_bytes() == trusted.key.as_bytes()) {
            Some(known) if claimed == Some(trusted.key.id()) => *known = trusted.clone(),
            Some(_) => {}
            None => keys.push(trusted.clone()),
        }
    }
    keys
}

fn may_have_signed(trusted: &TrustedKey, id: KeyId) -> bool {
    // The id is not covered by the signature: one that was wiped out is a signature that was changed.
    if id.is_unset() {
        return false;
    }
    let own = trusted.key.id();
    let derived = trusted.key.derived_id();
    own == id || derived == id || own == derived
}

fn with_comment(signer: &TrustedKey, parts: &minisign::Parts) -> SignatureVerdict {
    let message = minisign::global_message(&parts.signature, &parts.comment);
    let holds = strict::signature(&parts.global).is_ok_and(|global| strict::holds(&signer.key, &message, &global));
    if !holds {
        return SignatureVerdict::Invalid(InvalidReason::WrongComment { key_id: signer.key.id() });
    }
    verified(signer, Some(parts.comment.clone()))
}

fn verified(signer: &TrustedKey, comment: Option<TrustedComment>) -> SignatureVerdict {
    SignatureVerdict::Verified(Verified { key_id: signer.key.id(), origins: signer.origins.clone(), comment })
}

/// Changed content and a strange key are told apart by the id the signature names.
fn not_signed(key_id: KeyId, keys: &[TrustedKey]) -> SignatureVerdict {
    let named = |trusted: &TrustedKey| trusted.key.id() == key_id || trusted.key.derived_id() == key_id;
    if keys.iter().any(named) {
        SignatureVerdict::Invalid(InvalidReason::WrongContent { key_id })
    } else {
        SignatureVerdict::Untrusted { key_id }
    }
}
