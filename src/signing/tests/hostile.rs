//! Every bit flipped, every length cut, and arbitrary bytes: nothing verifies that should not, nothing panics.

use super::vectors::*;
use super::{accepts, trusting};
use crate::signing::{Manifest, PublicKey, SecretKey, SignatureFile, TrustStore};

/// Every copy of the bytes with one bit changed, and where.
fn flips(bytes: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> {
    (0..bytes.len() * 8).map(|bit| {
        let mut copy = bytes.to_vec();
        copy[bit / 8] ^= 1 << (bit % 8);
        (bit / 8, copy)
    })
}

/// Whether a place belongs to the words of the untrusted comment, which nothing protects.
fn in_untrusted_comment(text: &[u8], place: usize) -> bool {
    let prefix = b"untrusted comment:";
    let end = text.iter().position(|&byte| byte == b'\n').unwrap_or(0);
    text.starts_with(prefix) && (prefix.len()..end).contains(&place)
}

fn raw() -> Vec<u8> {
    use base64ct::Encoding;
    base64ct::Base64::decode_vec(O_BASE64.trim()).unwrap()
}

fn signatures() -> [(&'static str, Vec<u8>, TrustStore); 6] {
    [
        ("minisign", W_PREHASHED.into(), trusting(&[W_PUB, E_PUB])),
        ("legacy", W_LEGACY.into(), trusting(&[W_PUB, E_PUB])),
        ("raw", raw(), trusting(&[O_PUB, W_PUB])),
        ("base64", O_BASE64.into(), trusting(&[O_PUB])),
        ("wrapped", O_BASE64_WRAPPED.into(), trusting(&[O_PUB])),
        ("node", N_BASE64.into(), trusting(&[N_PUB])),
    ]
}

#[test]
fn every_bit_of_a_signature_counts() {
    for (case, signature, trust) in signatures() {
        assert!(accepts(&signature, &trust, PAYLOAD), "{case}");
        for (place, flipped) in flips(&signature) {
            // The first line is free, except that a new line end moves all the others.
            let free = in_untrusted_comment(&signature, place) && flipped[place] != b'\n';
            assert_eq!(accepts(&flipped, &trust, PAYLOAD), free, "{case}: byte {place} is {:#x}", flipped[place]);
        }
    }
}

#[test]
fn every_bit_of_the_content_counts() {
    for (case, signature, trust) in signatures() {
        for (place, flipped) in flips(PAYLOAD) {
            assert!(!accepts(&signature, &trust, &flipped), "{case}: {place}");
        }
        for end in 0..PAYLOAD.len() {
            assert!(!accepts(&signature, &trust, &PAYLOAD[..end]), "{case}: {end}");
        }
        assert!(!accepts(&signature, &trust, b"agent bundle\n\n"), "{case}");
    }
}

#[test]
fn every_bit_of_a_public_key_counts() {
    let cases = [(W_PUB, W_PREHASHED), (W_PUB, W_LEGACY), (O_PUB, O_BASE64), (N_PUB, N_BASE64)];
    for (public, signature) in cases {
        for (place, flipped) in flips(public.as_bytes()) {
            let verifies = PublicKey::read(&flipped).is_ok_and(|key| {
                let mut trust = TrustStore::new();
                trust.add(key, "flipped");
                accepts(signature.as_bytes(), &trust, PAYLOAD)
            });
            let free = in_untrusted_comment(public.as_bytes(), place) && flipped[place] != b'\n';
            assert_eq!(verifies, free, "{public}: byte {place}");
        }
    }
}

/// A minisign key holds its public half, so a changed one is refused, or is the same key (the comment, the fields that matter only
/// when it is encrypted, and the id where the checksum is unset are all that can differ). PKCS#8 version 1 has nothing to compare with.
#[test]
fn every_bit_of_a_private_key_counts() {
    let public = PublicKey::read(W_PUB.as_bytes()).unwrap();
    for (secret, id_is_protected) in [(W_KEY_SUMMED, true), (W_KEY, false)] {
        for (place, flipped) in flips(secret.as_bytes()) {
            let Ok(key) = SecretKey::read(&flipped, None) else {
                continue;
            };
            assert_eq!(key.public().as_bytes(), public.as_bytes(), "byte {place}");
            assert!(!id_is_protected || key.id() == public.id(), "byte {place}");
        }
    }
}

#[test]
fn every_length_of_every_file() {
    for (case, signature, trust) in signatures() {
        for end in 0..signature.len() {
            let only_line_end_missing = signature[end..] == *b"\n";
            assert_eq!(accepts(&signature[..end], &trust, PAYLOAD), only_line_end_missing, "{case}: {end}");
        }
    }
    let keys = [
        W_PUB,
        W_KEY,
        W_KEY_SUMMED,
        W_KEY_LOW,
        E_PUB,
        O_KEY,
        O_PUB,
        O_KEY_PBKDF2,
        O_KEY_SCRYPT,
        N_KEY,
        N_PUB,
        RSA_PUB,
        X25519_KEY,
    ];
    for file in keys {
        for end in 0..file.len() {
            let complete = file[end..] == *"\n";
            let cut = &file.as_bytes()[..end];
            assert!(complete || PublicKey::read(cut).is_err(), "{cut:?}");
            assert!(complete || SecretKey::read(cut, Some(PASSPHRASE)).is_err(), "{cut:?}");
        }
    }
}

/// Bytes from a small generator (the multiplier of Knuth's MMIX), so that the test is the same everywhere.
fn noise(seed: &mut u64, length: usize) -> Vec<u8> {
    (0..length)
        .map(|_| {
            *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            seed.to_be_bytes()[0]
        })
        .collect()
}

#[test]
fn arbitrary_bytes_never_panic() {
    let starts =
        ["", "untrusted comment: x\n", "-----BEGIN PUBLIC KEY-----\n", "-----BEGIN ENCRYPTED PRIVATE KEY-----\n", "\\"];
    let mut seed = 1;
    for round in 0..2000 {
        let start = starts[round % starts.len()].as_bytes();
        let bytes = [start, &noise(&mut seed, round % 300)].concat();
        let _ = PublicKey::read(&bytes);
        let _ = SecretKey::read(&bytes, Some(PASSPHRASE));
        let _ = SignatureFile::parse(&bytes);
        let _ = Manifest::parse(&bytes);
    }
    // Damage inside the DER, below a PEM frame that holds.
    for text in [O_KEY_PBKDF2, O_KEY_SCRYPT, O_KEY, O_PUB, RSA_PUB] {
        let (begin, rest) = text.split_once('\n').unwrap();
        let (body, end) = rest.split_once("-----END").unwrap();
        use base64ct::{Base64, Encoding};
        let der = Base64::decode_vec(&body.replace('\n', "")).unwrap();
        let header = der.len().min(100);
        for (place, flipped) in flips(&der).filter(|(place, _)| *place < header) {
            let file = format!("{begin}\n{}\n-----END{end}", Base64::encode_string(&flipped));
            let _ = PublicKey::read(file.as_bytes());
            // The cost fields would make a slow test; the limits have a test of their own.
            let passphrase = (!text.contains("ENCRYPTED")).then_some(PASSPHRASE);
            let _ = SecretKey::read(file.as_bytes(), passphrase);
            assert!(place < der.len());
        }
    }
}
