//! What a private key file may cost to open: honest costs pass, absurd ones are refused before any work.

use super::vectors::*;
use super::{encrypted_pem, minisign_bytes, minisign_text};
use crate::signing::{KeyError, PublicKey, SecretKey, kdf};

/// What minisign writes by default: 1 GiB and a few seconds.
#[test]
fn minisign_default_cost_is_within_the_limits() {
    let key = SecretKey::read(E_KEY.as_bytes(), Some(PASSPHRASE)).unwrap();
    assert_eq!(Ok(key.public()), PublicKey::read(E_PUB.as_bytes()));
}

/// The cost stated in a file is refused before any of it is spent.
#[test]
fn absurd_costs_are_refused() {
    let scrypt = |n: u64, r: u16, p: u16| {
        let params = pkcs8::pkcs5::pbes2::ScryptParams {
            salt: b"saltsalt"[..].try_into().unwrap(),
            cost_parameter: n,
            block_size: r,
            parallelization: p,
            key_length: None,
        };
        kdf::check_pbes2(&params.into())
    };
    let too_high = [
        (1 << 40, 8, 1),
        (1 << 63, 8, 1),
        (1 << 21, 8, 1),
        (1 << 20, u16::MAX, u16::MAX),
        (1 << 14, 8, u16::MAX),
        (2, u16::MAX, u16::MAX),
    ];
    for (n, r, p) in too_high {
        let verdict = scrypt(n, r, p);
        assert!(matches!(verdict, Err(KeyError::CostTooHigh { .. })), "{n} {r} {p}: {verdict:?}");
    }
    for n in [0, 1, 3, u64::MAX] {
        assert_eq!(scrypt(n, 8, 1), Err(KeyError::UnsupportedEncryption), "{n}");
    }
    assert_eq!(scrypt(1 << 20, 8, 1), Ok(()));

    let rounds = |count| {
        let params = pkcs8::pkcs5::pbes2::Pbkdf2Params::hmac_sha256(count, b"saltsalt").unwrap();
        kdf::check_pbes2(&params.into())
    };
    assert!(matches!(rounds(100_000_000), Err(KeyError::CostTooHigh { .. })));
    assert_eq!(rounds(600_000), Ok(()));

    let limits = [(1 << 30, 1 << 40), (u64::MAX, u64::MAX), (u64::MAX, 0), (1 << 30, 1 << 30)];
    for (ops, memory) in limits {
        let verdict = kdf::ScryptCost::from_libsodium_limits(ops, memory).checked();
        assert!(matches!(verdict, Err(KeyError::CostTooHigh { .. })), "{ops} {memory}: {verdict:?}");
    }
}

/// The same through the whole reader, in both kinds of file: the limits stand before the work.
#[test]
fn files_with_absurd_costs_are_refused() {
    let pem_error = |n: u64| {
        let scrypt = pkcs8::pkcs5::pbes2::ScryptParams {
            salt: b"saltsalt"[..].try_into().unwrap(),
            cost_parameter: n,
            block_size: 8,
            parallelization: 1,
            key_length: None,
        };
        let params = pkcs8::pkcs5::pbes2::Parameters {
            kdf: scrypt.into(),
            encryption: pkcs8::pkcs5::pbes2::EncryptionScheme::Aes256Cbc { iv: [1; 16] },
        };
        let file = encrypted_pem(params, &[7; 64]);
        SecretKey::read(file.as_bytes(), Some(PASSPHRASE)).unwrap_err()
    };
    assert!(matches!(pem_error(1 << 40), KeyError::CostTooHigh { .. }));
    for n in [0, 1, 3] {
        assert_eq!(pem_error(n), KeyError::UnsupportedEncryption, "{n}");
    }

    let mut bytes = minisign_bytes(W_KEY_LOW);
    bytes[38..54].fill(0xff);
    assert!(matches!(
        SecretKey::read(minisign_text(&bytes).as_bytes(), Some(PASSPHRASE)),
        Err(KeyError::CostTooHigh { .. })
    ));
}

/// libsodium's numbers: `SENSITIVE`, which minisign uses; `INTERACTIVE`; the least.
#[test]
fn libsodium_limits_become_scrypt_numbers() {
    let cases = [
        ((1 << 25, 1 << 30), (20, 8, 1)),
        ((1 << 19, 1 << 24), (14, 8, 1)),
        ((0, 1 << 24), (10, 8, 1)),
        // minisign halves the memory when it cannot have it, and keeps the work.
        ((1 << 25, 1 << 29), (19, 8, 2)),
    ];
    for ((ops, memory), expected) in cases {
        let cost = kdf::ScryptCost::from_libsodium_limits(ops, memory);
        assert_eq!((cost.log_n, cost.r, cost.p), expected, "{ops} {memory}");
        assert!(cost.checked().is_ok());
    }
}
