//! Tests of the signing core: fixed vectors, hostile input, and round trips.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod costs;
mod foreign;
mod hostile;
mod keys;
mod manifest;
mod signatures;
mod signing;
mod strict;
mod vectors;

use base64ct::{Base64, Encoding};

use super::{PublicKey, SignatureFile, SignatureVerdict, TrustStore, Verifier, pem};
use crate::signing::keys::KeyId;
use crate::signing::verify::{SignatureOutcome, Verified};

/// A store that trusts the given key files.
fn trusting(files: &[&str]) -> TrustStore {
    let mut store = TrustStore::new();
    for (index, file) in files.iter().enumerate() {
        store.add(PublicKey::read(file.as_bytes()).unwrap(), format!("key {index}"));
    }
    store
}

fn judge(signature: impl AsRef<[u8]>, trust: &TrustStore, content: &[u8]) -> SignatureOutcome {
    let file = SignatureFile::parse(signature.as_ref()).unwrap();
    Verifier::verify(&file, trust, content).unwrap()
}

fn verified(outcome: SignatureOutcome) -> Verified {
    match outcome.status {
        SignatureVerdict::Verified(verified) => verified,
        other => panic!("not verified: {other:?}"),
    }
}

/// Whether these bytes are a signature file that verifies.
fn accepts(signature: &[u8], trust: &TrustStore, content: &[u8]) -> bool {
    SignatureFile::parse(signature).is_ok_and(|file| {
        matches!(Verifier::verify(&file, trust, content).unwrap().status, SignatureVerdict::Verified(_))
    })
}

/// The id as the tools print it.
fn id(hex: &str) -> KeyId {
    KeyId::from_bytes(u64::from_str_radix(hex, 16).unwrap().to_le_bytes())
}

fn unhex<const N: usize>(text: &str) -> [u8; N] {
    unhex_vec(text).try_into().unwrap()
}

fn unhex_vec(text: &str) -> Vec<u8> {
    text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// An encrypted PKCS#8 file with any parameters and content.
fn encrypted_pem(params: pkcs8::pkcs5::pbes2::Parameters, data: &[u8]) -> String {
    let der = pkcs8::der::Encode::to_der(&pkcs8::EncryptedPrivateKeyInfoRef {
        encryption_algorithm: params.into(),
        encrypted_data: pkcs8::der::asn1::OctetStringRef::new(data).unwrap(),
    });
    pem::write("ENCRYPTED PRIVATE KEY", &der.unwrap())
}

/// The bytes inside a minisign key.
fn minisign_bytes(file: &str) -> Vec<u8> {
    Base64::decode_vec(file.lines().nth(1).unwrap()).unwrap()
}

fn minisign_text(bytes: &[u8]) -> String {
    format!("untrusted comment: x\n{}\n", Base64::encode_string(bytes))
}
