//! Reading and writing keys: every form, every confusion, every limit.

use super::vectors::*;
use super::{encrypted_pem, id, minisign_bytes, minisign_text, trusting};
use crate::signing::key_files::MAX_KEY_FILE;
use crate::signing::{KeyError, PublicKey, SecretKey, der, kdf, pem};

#[test]
fn public_keys_in_every_form() {
    let bare = W_PUB.lines().nth(1).unwrap();
    let same: [(&str, String); 8] = [
        ("file", W_PUB.to_owned()),
        ("crlf", W_PUB.replace('\n', "\r\n")),
        ("no final newline", W_PUB.trim_end().to_owned()),
        ("byte-order mark", format!("\u{feff}{W_PUB}")),
        ("bare line", bare.to_owned()),
        ("bare line, crlf", format!("{bare}\r\n")),
        ("bare line, mark", format!("\u{feff}{bare}\n")),
        ("blank lines", format!("\n{W_PUB}\n\n")),
    ];
    let key = PublicKey::read(W_PUB.as_bytes()).unwrap();
    assert_eq!(key.id(), id("F1D834EE513EDF5F"));
    for (case, text) in same {
        assert_eq!(PublicKey::read(text.as_bytes()), Ok(key), "{case}");
    }

    let key = PublicKey::read(O_PUB.as_bytes()).unwrap();
    assert_eq!(key.id(), id(O_ID));
    let pem: [(&str, String); 5] = [
        ("crlf", O_PUB.replace('\n', "\r\n")),
        ("no final newline", O_PUB.trim_end().to_owned()),
        ("byte-order mark", format!("\u{feff}{O_PUB}")),
        ("text before", format!("Key of the release\n{O_PUB}")),
        ("trailing spaces", O_PUB.replace('\n', "  \n")),
    ];
    for (case, text) in pem {
        assert_eq!(PublicKey::read(text.as_bytes()), Ok(key), "{case}");
    }
}

#[test]
fn public_keys_are_written_as_the_tools_write_them() {
    let minisign = PublicKey::read(W_PUB.as_bytes()).unwrap();
    assert_eq!(minisign.to_minisign_file(), W_PUB);
    assert_eq!(minisign.to_minisign_line(), W_PUB.lines().nth(1).unwrap());
    let openssl = PublicKey::read(O_PUB.as_bytes()).unwrap();
    assert_eq!(openssl.to_spki_pem(), O_PUB);
    assert!(openssl.to_minisign_line().starts_with("RW"));
    assert!(openssl.to_minisign_file().contains(O_ID));
    // The printed form carries the derived id, so what is read back is the same key.
    let again = PublicKey::read(openssl.to_minisign_line().as_bytes());
    assert_eq!(again, Ok(openssl));
}

#[test]
fn private_keys_in_every_form() {
    let pass = Some(PASSPHRASE);
    let cases = [
        ("openssl", O_KEY, None, O_PUB),
        ("openssl, passphrase not needed", O_KEY, pass, O_PUB),
        ("openssl pbkdf2", O_KEY_PBKDF2, pass, O_PUB),
        ("openssl scrypt", O_KEY_SCRYPT, pass, O_PUB),
        ("node", N_KEY, None, N_PUB),
        ("node encrypted", N_KEY_ENCRYPTED, pass, N_PUB),
        ("minisign -W", W_KEY, None, W_PUB),
        ("minisign -W, checksum", W_KEY_SUMMED, None, W_PUB),
        ("minisign, low cost", W_KEY_LOW, pass, W_PUB),
    ];
    for (case, file, passphrase, public) in cases {
        let public = PublicKey::read(public.as_bytes()).unwrap();
        let variants =
            [file.to_owned(), file.replace('\n', "\r\n"), file.trim_end().to_owned(), format!("\u{feff}{file}")];
        for text in variants {
            let key = SecretKey::read(text.as_bytes(), passphrase);
            assert_eq!(key.map(|key| key.public()), Ok(public), "{case}: {text:?}");
        }
    }
}

/// RFC 5958 version 2, as RFC 8410 section 10.3 shows it: with an attribute and with the public key.
#[test]
fn pkcs8_version_2() {
    let key = SecretKey::read(O_KEY.as_bytes(), None).unwrap();
    let public = *key.public().as_bytes();
    let seed = &der::pkcs8_der(key.signing().as_bytes())[16..];
    let attribute = b"\xa0\x1f\x30\x1d\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x09\x09\x14\x31\x0f\x0c\x0dCurdle Chairs";
    for attributes in [&b""[..], attribute] {
        let v2 = |public: &[u8]| {
            let body = [
                b"\x02\x01\x01\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20",
                seed,
                attributes,
                b"\x81\x21\x00",
                public,
            ]
            .concat();
            let der = [&[0x30, u8::try_from(body.len()).unwrap()][..], &body].concat();
            SecretKey::read(pem::write("PRIVATE KEY", &der).as_bytes(), None)
        };
        assert_eq!(v2(&public).map(|key| key.public()), Ok(key.public()));
        let other = PublicKey::read(N_PUB.as_bytes()).unwrap();
        assert_eq!(v2(other.as_bytes()).unwrap_err(), KeyError::HalvesDisagree);
    }
}

#[test]
fn private_keys_are_written_as_openssl_writes_them() {
    let key = SecretKey::read(O_KEY.as_bytes(), None).unwrap();
    assert_eq!(key.to_pkcs8_pem().as_str(), O_KEY);

    let encrypted = key.to_encrypted_pkcs8_pem(PASSPHRASE, &[7; 16], &[9; 16]).unwrap();
    assert!(encrypted.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
    assert!(encrypted.lines().all(|line| line.len() <= 64));
    let opened = SecretKey::read(encrypted.as_bytes(), Some(PASSPHRASE)).unwrap();
    assert_eq!(opened.public(), key.public());
    assert_eq!(key.to_encrypted_pkcs8_pem(b"", &[7; 16], &[9; 16]).unwrap_err(), KeyError::PassphraseEmpty);
}

#[test]
fn passphrases_missing_and_wrong() {
    for file in [O_KEY_PBKDF2, O_KEY_SCRYPT, N_KEY_ENCRYPTED, W_KEY_LOW] {
        assert_eq!(SecretKey::needs_passphrase(file.as_bytes()), Ok(true));
        let read = |passphrase: Option<&[u8]>| SecretKey::read(file.as_bytes(), passphrase).unwrap_err();
        assert_eq!(read(None), KeyError::PassphraseMissing);
        // Enough wrong ones that some leave a valid padding: about one in 256 does.
        let tries = if file == O_KEY_PBKDF2 { 600 } else { 3 };
        for index in 0..tries {
            let wrong = format!("wrong {index}");
            assert_eq!(read(Some(wrong.as_bytes())), KeyError::PassphraseWrong);
        }
        assert_eq!(read(Some(b"")), KeyError::PassphraseWrong);
    }
    for file in [O_KEY, N_KEY, W_KEY, W_KEY_SUMMED] {
        assert_eq!(SecretKey::needs_passphrase(file.as_bytes()), Ok(false));
    }
}

/// A wrong passphrase whose plaintext has a valid padding is still a wrong passphrase.
#[test]
fn encrypted_content_that_is_no_key() {
    let params = pkcs8::pkcs5::pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(1, b"saltsalt", [1; 16]).unwrap();
    let data = params.encrypt(PASSPHRASE, b"not a key").unwrap();
    assert_eq!(
        SecretKey::read(encrypted_pem(params, &data).as_bytes(), Some(PASSPHRASE)).unwrap_err(),
        KeyError::PassphraseWrong
    );
}

#[test]
fn wrong_kinds_of_key() {
    let wrong = |found: &str| KeyError::WrongAlgorithm { found: found.to_owned() };
    let rsa = b"\x30\x1a\x02\x01\x00\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x04\x06secret";
    let rsa = pem::write("PRIVATE KEY", rsa);
    let block = |label: &str| pem::write(label, b"secret");
    let private = [
        (X25519_KEY, wrong("X25519 (key exchange)")),
        (&rsa, wrong("RSA")),
        (&block("RSA PRIVATE KEY"), wrong("RSA")),
        (&block("EC PRIVATE KEY"), wrong("ECDSA or ECDH")),
        (O_PUB, KeyError::PublicGivenAsPrivate),
        (W_PUB, KeyError::PublicGivenAsPrivate),
        (W_PREHASHED, KeyError::SignatureGivenAsKey),
        (O_KEY_3DES, KeyError::UnsupportedEncryption),
        (O_KEY_PBES1, KeyError::UnsupportedEncryption),
        (O_BASE64, KeyError::NotAKey),
        ("", KeyError::NotAKey),
        ("<html>not found</html>", KeyError::NotAKey),
    ];
    for (file, expected) in private {
        let error = SecretKey::read(file.as_bytes(), Some(PASSPHRASE)).unwrap_err();
        assert_eq!(error, expected, "{file}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    let public = [
        (X25519_PUB, wrong("X25519 (key exchange)")),
        (RSA_PUB, wrong("RSA")),
        (EC_PUB, wrong("ECDSA or ECDH")),
        (O_KEY, KeyError::PrivateGivenAsPublic),
        (O_KEY_PBKDF2, KeyError::PrivateGivenAsPublic),
        (W_KEY, KeyError::PrivateGivenAsPublic),
        (E_KEY, KeyError::PrivateGivenAsPublic),
        (W_LEGACY, KeyError::SignatureGivenAsKey),
        (N_BASE64, KeyError::NotAKey),
    ];
    for (file, expected) in public {
        assert_eq!(PublicKey::read(file.as_bytes()).unwrap_err(), expected, "{file}");
    }
    let error = PublicKey::read(block("CERTIFICATE").as_bytes()).unwrap_err();
    assert!(matches!(&error, KeyError::UnsupportedPem { label, .. } if label == "CERTIFICATE"), "{error}");
}

#[test]
fn files_with_several_or_damaged_keys() {
    let several = [format!("{O_PUB}{N_PUB}"), format!("{O_PUB}{O_KEY}")];
    for file in several {
        assert_eq!(PublicKey::read(file.as_bytes()), Err(KeyError::SeveralPemBlocks { count: 2 }));
    }
    assert_eq!(
        SecretKey::read(format!("{O_KEY}{O_PUB}").as_bytes(), None).unwrap_err(),
        KeyError::SeveralPemBlocks { count: 2 }
    );
    let second = PublicKey::read(format!("{W_PUB}{E_PUB}").as_bytes()).unwrap_err();
    assert!(matches!(second, KeyError::DamagedMinisign { .. }), "{second}");
    let cut = PublicKey::read(&O_PUB.as_bytes()[..60]).unwrap_err();
    assert!(matches!(cut, KeyError::UnpairedPem { .. }), "{cut}");
    let large = vec![b'x'; MAX_KEY_FILE + 1];
    assert!(matches!(PublicKey::read(&large), Err(KeyError::TooLarge { .. })));
    assert!(matches!(SecretKey::read(&large, None), Err(KeyError::TooLarge { .. })));
}

/// The zero checksum of `-W` is no way around the checksum of an encrypted key, nor is any other wrong one.
#[test]
fn only_unencrypted_keys_may_lack_the_checksum() {
    let cost = kdf::ScryptCost::from_libsodium_limits(32_768, 16 << 20);
    let mut bytes = minisign_bytes(W_KEY_LOW);
    let salt = bytes[6..38].to_vec();
    let stream = kdf::scrypt::<104>(PASSPHRASE, &salt, cost).unwrap();
    bytes[54 + 72..].copy_from_slice(&stream[72..]);
    assert_eq!(
        SecretKey::read(minisign_text(&bytes).as_bytes(), Some(PASSPHRASE)).unwrap_err(),
        KeyError::PassphraseWrong
    );
}

/// Signing with a public half that is not the private one's gives the private key away; such a file is refused.
#[test]
fn a_minisign_key_with_a_foreign_public_half_is_refused() {
    let mut bytes = minisign_bytes(W_KEY);
    let other = PublicKey::read(E_PUB.as_bytes()).unwrap();
    bytes[54 + 40..54 + 72].copy_from_slice(other.as_bytes());
    assert_eq!(SecretKey::read(minisign_text(&bytes).as_bytes(), None).unwrap_err(), KeyError::HalvesDisagree);
}

/// RFC 8410, section 3: the algorithm stands without parameters, not even NULL.
#[test]
fn parameters_for_ed25519_are_refused() {
    let key = PublicKey::read(O_PUB.as_bytes()).unwrap();
    let der = [b"\x30\x2c\x30\x07\x06\x03\x2b\x65\x70\x05\x00\x03\x21\x00", &key.as_bytes()[..]].concat();
    assert_eq!(
        PublicKey::read(pem::write("PUBLIC KEY", &der).as_bytes()),
        Err(KeyError::DamagedPem { label: "PUBLIC KEY".to_owned(), what: "Ed25519 takes no parameters" })
    );
}

#[test]
fn key_material_is_never_shown() {
    let key = SecretKey::read(W_KEY.as_bytes(), None).unwrap();
    assert_eq!(format!("{key:?}"), "SecretKey(F1D834EE513EDF5F)");
    // An error about a damaged key shows none of it either.
    let mut damaged = W_KEY_SUMMED.to_owned().into_bytes();
    let secret = damaged.len() - 60;
    damaged[secret] = if damaged[secret] == b'A' { b'B' } else { b'A' };
    let error = SecretKey::read(&damaged, None).unwrap_err();
    assert_eq!(error.to_string(), "a damaged minisign key: its checksum does not fit");
}

#[test]
fn a_store_keeps_each_key_once() {
    let mut store = trusting(&[W_PUB, O_PUB]);
    let w = PublicKey::read(W_PUB.as_bytes()).unwrap();
    store.add(w, "configuration");
    store.add(w, "configuration");
    assert_eq!(store.len(), 2);
    let found: Vec<_> = store.by_id(w.id()).collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].origins, ["key 0", "configuration"]);
    assert!(!store.is_empty());
    assert_eq!(store.by_id(id("0000000000000000")).count(), 0);
}
