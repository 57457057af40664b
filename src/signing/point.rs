//! What makes a point of the curve acceptable as a public key.
//!
//! One thing goes beyond `verify_strict`: a public key that is not in canonical form is refused, although
//! dalek accepts a few (y not reduced modulo p). RFC 8032, section 5.1.3, asks for it, and no tool makes such keys.

use ed25519_dalek::VerifyingKey;

use super::error::KeyError;

/// A point fit to be a public key.
pub(super) fn public_point(bytes: &[u8; 32]) -> Result<VerifyingKey, KeyError> {
    let refuse = |why| KeyError::UnsafePublicKey { why };
    let point = VerifyingKey::from_bytes(bytes).map_err(|_| refuse("it is not a point of the curve"))?;
    if point.is_weak() {
        return Err(refuse("it has small order, so anyone can sign for it"));
    }
    if !is_canonical(&point) {
        return Err(refuse("it is not in canonical form"));
    }
    Ok(point)
}

/// Whether encoding the decoded point again gives the same bytes (RFC 8032, section 5.1.3).
pub(super) fn is_canonical(point: &VerifyingKey) -> bool {
    point.to_edwards().compress().to_bytes() == point.to_bytes()
}
