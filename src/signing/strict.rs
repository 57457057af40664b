//! What makes a signature acceptable, in one place, and in a form that can stream; `point` says it of a key.
//!
//! `VerifyingKey::verify_strict` wants the whole message in memory. The `StreamVerifier` of ed25519-dalek 3
//! (its `hazmat` feature) does not, but it is the *lenient* check: it refuses an S that is not reduced and
//! compares the recomputed R byte by byte (which refuses every R that is not canonical), yet it lets a key or an R
//! of small order through, and with those a signature holds for more than one message. So the points are
//! judged here before the stream starts; strict is the lenient equation plus these checks.

use ed25519_dalek::{Signature, StreamVerifier, VerifyingKey};

use super::keys::PublicKey;
use super::point::is_canonical;

/// Why a signature is refused before any key is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotStrict;

/// A signature whose R can be accepted. S is checked where a verifier is made of it.
///
/// R is decoded with `VerifyingKey` because a public key and R are the same kind of point.
pub(super) fn signature(bytes: &[u8; 64]) -> Result<Signature, NotStrict> {
    let signature = Signature::from_bytes(bytes);
    let r = VerifyingKey::from_bytes(signature.r_bytes()).map_err(|_| NotStrict)?;
    if r.is_weak() || !is_canonical(&r) {
        return Err(NotStrict);
    }
    Ok(signature)
}

/// Pure Ed25519 over a message that comes in chunks, as strict as `verify_strict`.
pub(super) struct StrictStream(StreamVerifier);

impl StrictStream {
    /// Starts one; refuses an S that is not reduced (RFC 8032, section 5.1.7). The key was judged when it was read.
    pub(super) fn begin(key: &PublicKey, signature: &Signature) -> Result<Self, NotStrict> {
        key.point().verify_stream(signature).map(Self).map_err(|_| NotStrict)
    }

    pub(super) fn update(&mut self, chunk: &[u8]) {
        self.0.update(chunk);
    }

    pub(super) fn holds(self) -> bool {
        self.0.finalize_and_verify().is_ok()
    }
}

/// The same over a message that is in memory anyway.
pub(super) fn holds(key: &PublicKey, message: &[u8], signature: &Signature) -> bool {
    key.point().verify_strict(message, signature).is_ok()
}
