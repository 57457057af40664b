//! Keys, signatures and manifests, in every form that is read.
#![no_main]

use bundle_doctor::internals::{Manifest, PublicKey, SecretKey, SignatureFile, TrustStore, Verifier};
use libfuzzer_sys::fuzz_target;

const CONTENT: &[u8] = b"agent bundle\n";

fuzz_target!(|input: &[u8]| {
    if let Ok(manifest) = Manifest::parse(input) {
        let again = Manifest::parse(&manifest.to_bytes()).expect("what was written is read");
        // Not the lines: what is written is sorted.
        let pairs = |manifest: &Manifest| -> Vec<_> {
            manifest.entries().iter().map(|entry| (entry.path.clone(), entry.digest)).collect()
        };
        assert_eq!(pairs(&again), pairs(&manifest));
    }
    let mut trust = TrustStore::new();
    if let Ok(key) = PublicKey::read(input) {
        assert_eq!(PublicKey::read(key.to_spki_pem().as_bytes()).expect("what was written is read").as_bytes(), key.as_bytes());
        trust.add(key, "fuzz");
    }
    // A passphrase costs time on purpose, so files that need one are only recognised.
    if SecretKey::needs_passphrase(input).is_ok_and(|needs| !needs)
        && let Ok(key) = SecretKey::read(input, None)
    {
        trust.add(key.public(), "fuzz");
    }
    trust.add(PublicKey::from_bytes(&BASE_POINT).expect("a key"), "fuzz");
    if let Ok(file) = SignatureFile::parse(input) {
        let _ = file.claimed_key_id();
        let _ = Verifier::verify(&file, &trust, CONTENT);
    }
});

/// Any point of the curve's large subgroup is a public key; this one is its base point.
const BASE_POINT: [u8; 32] = {
    let mut bytes = [0x66; 32];
    bytes[0] = 0x58;
    bytes
};
