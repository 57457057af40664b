//! Forgeries that lenient verifiers take, built from the facts of the curve; each is refused in streaming form too.

use curve25519_dalek::Scalar;
use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use ed25519_dalek::{Signature, Verifier as _, VerifyingKey};
use sha2::{Digest, Sha512};

use super::vectors::*;
use super::{accepts, judge};
use crate::signing::verify::InvalidReason;
use crate::signing::{KeyError, PublicKey, SecretKey, SignatureVerdict, TrustStore, sign};

const MESSAGE: &[u8] = b"the message";

/// The order of the group, little-endian (RFC 8032, section 5.1).
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

fn key() -> SecretKey {
    SecretKey::read(O_KEY.as_bytes(), None).unwrap()
}

fn trust() -> TrustStore {
    let mut trust = TrustStore::new();
    trust.add(key().public(), "test");
    trust
}

/// The challenge: SHA-512 of R, A and the message.
fn challenge(r: &[u8; 32], a: &[u8; 32], message: &[u8]) -> Scalar {
    let hash = Sha512::new().chain_update(r).chain_update(a).chain_update(message).finalize();
    Scalar::from_bytes_mod_order_wide(&hash.into())
}

fn pack(r: &[u8; 32], s: &Scalar) -> [u8; 64] {
    [*r, s.to_bytes()].concat().try_into().unwrap()
}

/// Encodings of y + p for the small y that leave room for it below 2^255, with both signs.
fn unreduced() -> Vec<[u8; 32]> {
    let mut found = Vec::new();
    for y in 0..19_u8 {
        for sign in [0, 0x80] {
            let mut bytes = [0xff; 32];
            bytes[0] = 0xed + y;
            bytes[31] = 0x7f | sign;
            found.push(bytes);
        }
    }
    found
}

#[test]
fn keys_of_small_order_are_refused() {
    for point in EIGHT_TORSION {
        let bytes = point.compress().to_bytes();
        assert!(matches!(PublicKey::from_bytes(&bytes), Err(KeyError::UnsafePublicKey { .. })));
    }
    // The neutral element with the sign of its x = 0 set, and (0, -1) likewise.
    let mut minus_zero = EIGHT_TORSION[0].compress().to_bytes();
    minus_zero[31] |= 0x80;
    let mut minus_one = EIGHT_TORSION[4].compress().to_bytes();
    minus_one[31] |= 0x80;
    for bytes in [minus_zero, minus_one] {
        assert!(PublicKey::from_bytes(&bytes).is_err());
    }
}

#[test]
fn keys_not_in_canonical_form_are_refused() {
    let mut that_dalek_takes = 0;
    for bytes in unreduced() {
        assert!(PublicKey::from_bytes(&bytes).is_err(), "{bytes:x?}");
        that_dalek_takes += usize::from(VerifyingKey::from_bytes(&bytes).is_ok_and(|key| !key.is_weak()));
    }
    // The check of our own is needed: the library lets some of them through.
    assert!(that_dalek_takes > 0);
    // And y = 2 is not on the curve at all.
    let mut off = [0; 32];
    off[0] = 2;
    assert!(matches!(
        PublicKey::from_bytes(&off),
        Err(KeyError::UnsafePublicKey { why }) if why.contains("point")
    ));
}

/// R of small order and S = k·a: holds by the plain equation, for any message the key's owner likes to deny.
#[test]
fn an_r_of_small_order_is_refused() {
    let key = key();
    let a = key.signing().to_scalar();
    let public = *key.public().as_bytes();
    let neutral = EIGHT_TORSION[0].compress().to_bytes();
    let forged = pack(&neutral, &(challenge(&neutral, &public, MESSAGE) * a));
    let lenient = VerifyingKey::from_bytes(&public).unwrap();
    assert!(lenient.verify(MESSAGE, &Signature::from_bytes(&forged)).is_ok());
    assert_eq!(judge(forged, &trust(), MESSAGE).status, SignatureVerdict::Invalid(InvalidReason::NotStrict));
    for point in EIGHT_TORSION {
        let r = point.compress().to_bytes();
        let forged = pack(&r, &(challenge(&r, &public, MESSAGE) * a));
        assert!(!accepts(&forged, &trust(), MESSAGE));
    }
}

#[test]
fn an_r_not_in_canonical_form_is_refused() {
    let key = key();
    let a = key.signing().to_scalar();
    let public = *key.public().as_bytes();
    for r in unreduced() {
        let forged = pack(&r, &(challenge(&r, &public, MESSAGE) * a));
        assert_eq!(judge(forged, &trust(), MESSAGE).status, SignatureVerdict::Invalid(InvalidReason::NotStrict));
    }
}

/// S and S + L stand for the same number: only the reduced one is a signature.
#[test]
fn an_s_that_is_not_reduced_is_refused() {
    let mut signature = sign::sign_bytes(&key(), MESSAGE);
    assert!(accepts(&signature, &trust(), MESSAGE));
    let mut carry = 0;
    for (byte, order) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    assert_eq!(judge(signature, &trust(), MESSAGE).status, SignatureVerdict::Invalid(InvalidReason::NotStrict));
    let high = [&signature[..32], &[0xff; 32]].concat();
    assert!(!accepts(&high, &trust(), MESSAGE));
}

/// R with a torsion part: the cofactored equation holds, the strict one does not.
#[test]
fn an_r_with_torsion_is_refused() {
    let key = key();
    let a = key.signing().to_scalar();
    let public = *key.public().as_bytes();
    let nonce = Scalar::from(12_345_u64);
    for torsion in EIGHT_TORSION.iter().skip(1) {
        let r = (ED25519_BASEPOINT_POINT * nonce + torsion).compress().to_bytes();
        let k = challenge(&r, &public, MESSAGE);
        let forged = pack(&r, &(nonce + k * a));
        assert!(cofactored(&forged, &public, k), "the forgery is as meant");
        assert!(!accepts(&forged, &trust(), MESSAGE));
    }
}

/// 8·S·B = 8·R + 8·k·A.
fn cofactored(signature: &[u8; 64], public: &[u8; 32], k: Scalar) -> bool {
    let point = |bytes: &[u8]| -> EdwardsPoint {
        let bytes = CompressedEdwardsY::from_slice(bytes).unwrap();
        bytes.decompress().unwrap()
    };
    let s = Scalar::from_canonical_bytes(signature[32..].try_into().unwrap()).unwrap();
    let left = ED25519_BASEPOINT_POINT * s;
    let right = point(&signature[..32]) + point(public) * k;
    left.mul_by_cofactor() == right.mul_by_cofactor()
}

/// The same refusals where a minisign file carries the signature, prehashed and legacy, and in the comment's signature.
#[test]
fn minisign_files_are_as_strict() {
    use crate::signing::Verifier;
    use crate::signing::detached::SignatureFile;
    let mut trust = TrustStore::new();
    trust.add(PublicKey::read(W_PUB.as_bytes()).unwrap(), "test");
    let secret = SecretKey::read(W_KEY.as_bytes(), None).unwrap();
    let a = secret.signing().to_scalar();
    let public = *secret.public().as_bytes();
    let neutral = EIGHT_TORSION[0].compress().to_bytes();
    let forge = |message: &[u8]| pack(&neutral, &(challenge(&neutral, &public, message) * a));

    for (text, message) in [(W_LEGACY, PAYLOAD.to_vec()), (W_PREHASHED, blake2::Blake2b512::digest(PAYLOAD).to_vec())] {
        let mut file = SignatureFile::parse(text.as_bytes()).unwrap();
        file.signature = forge(&message);
        let outcome = Verifier::verify(&file, &trust, PAYLOAD).unwrap();
        assert_eq!(outcome.status, SignatureVerdict::Invalid(InvalidReason::NotStrict));

        let mut file = SignatureFile::parse(text.as_bytes()).unwrap();
        let parts = file.minisign.as_mut().unwrap();
        let signed = [&parts.signature[..], parts.comment.as_bytes()].concat();
        parts.global = forge(&signed);
        let outcome = Verifier::verify(&file, &trust, PAYLOAD).unwrap();
        assert!(matches!(outcome.status, SignatureVerdict::Invalid(InvalidReason::WrongComment { .. })));
    }
}
