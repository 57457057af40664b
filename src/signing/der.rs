//! The DER of Ed25519 keys (RFC 8410): all of it is fixed but the 32 bytes of the key.

use zeroize::Zeroizing;

/// SPKI of an Ed25519 key up to the 32 bytes of the key: everything before them is fixed (RFC 8410, section 4).
const SPKI_PREFIX: [u8; 12] = *b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";

/// PKCS#8 version 1 of an Ed25519 key up to the 32 secret bytes (RFC 8410, section 7).
const PKCS8_PREFIX: [u8; 16] = *b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";

/// The public key as SPKI DER.
pub(super) fn spki_der(key: &[u8; 32]) -> [u8; 44] {
    let mut der = [0; 44];
    for (to, from) in der.iter_mut().zip(SPKI_PREFIX.iter().chain(key)) {
        *to = *from;
    }
    der
}

/// The private key as PKCS#8 version 1 DER.
pub(super) fn pkcs8_der(seed: &[u8; 32]) -> Zeroizing<[u8; 48]> {
    let mut der = Zeroizing::new([0; 48]);
    for (to, from) in der.iter_mut().zip(PKCS8_PREFIX.iter().chain(seed)) {
        *to = *from;
    }
    der
}
