//! Keys and signatures of other tools are named for what they are: samples as those tools write them, keys of nobody's.

use crate::signing::pem;
use crate::signing::text::to_base64;
use crate::signing::{KeyError, PublicKey, SecretKey, SignatureFile, SignatureFileError};

/// `ssh-keygen -t ed25519`, OpenSSH 9.2.
const SSH: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMtk21gYn9xdrzkUBw2j3xMb/qk2AIy7aTI+Ya8UtiKd x\n";

fn block(label: &str) -> Vec<u8> {
    pem::write(label, b"body").into_bytes()
}

/// minisign's and signify's frame: a comment, and a line of base64.
fn framed(comment: &str, bytes: &[u8]) -> Vec<u8> {
    format!("untrusted comment: {comment}\n{}\n", to_base64(bytes)).into_bytes()
}

fn padded(start: &[u8], length: usize) -> Vec<u8> {
    let mut bytes = start.to_vec();
    bytes.resize(length, 7);
    bytes
}

#[test]
fn keys_of_other_tools() {
    let spki = padded(b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", 44);
    let pkcs8 = padded(b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20", 48);
    let rsa = padded(b"\x30\x82\x01\x00", 260);
    let options = format!("# mine\nno-pty,command=\"x\" {SSH}");
    let cases: [(&str, Vec<u8>); 17] = [
        ("an OpenSSH public key", SSH.into()),
        ("an OpenSSH public key", SSH.replace("ssh-ed25519", "ecdsa-sha2-nistp256").into()),
        ("an OpenSSH public key", SSH.replace("ssh-ed25519", "sk-ssh-ed25519@openssh.com").into()),
        ("an OpenSSH public key", options.into()),
        ("an OpenSSH private key", block("OPENSSH PRIVATE KEY")),
        ("an SSH public key (RFC 4716)", b"---- BEGIN SSH2 PUBLIC KEY ----\nComment: x\n".to_vec()),
        ("a private key of PuTTY", b"PuTTY-User-Key-File-3: ssh-ed25519\n".to_vec()),
        ("a key of OpenPGP", block("PGP PUBLIC KEY BLOCK")),
        ("a signature of OpenSSH", block("SSH SIGNATURE")),
        ("a key in DER", spki),
        ("a key in DER", pkcs8),
        ("a key in DER", rsa),
        ("a JSON Web Key", br#"{"kty":"OKP","crv":"Ed25519","x":"x"}"#.to_vec()),
        ("a secret key of signify", framed("signify secret key", &padded(b"EdBK", 104))),
        ("32 bytes alone", vec![7; 32]),
        ("32 bytes alone", to_base64(&[7; 32]).into_bytes()),
        ("32 bytes alone", "07".repeat(32).into_bytes()),
    ];
    for (expected, file) in cases {
        let shown = String::from_utf8_lossy(&file).into_owned();
        for error in [PublicKey::read(&file).err(), SecretKey::read(&file, None).err()] {
            let is_named = matches!(&error, Some(KeyError::Foreign { what, .. }) if what.starts_with(expected));
            assert!(is_named, "{expected}: {error:?}: {shown}");
        }
    }
    // A public key of signify's is one of minisign's, to the byte (signify(1), minisign's own page).
    let point = *SecretKey::from_seed(&[3; 32]).public().as_bytes();
    let signify = framed("signify public key", &[&b"Ed12345678"[..], &point].concat());
    assert_eq!(PublicKey::read(&signify).unwrap().as_bytes(), &point);
}

#[test]
fn signatures_of_other_tools() {
    let ecdsa = [&b"\x30\x45\x02\x20"[..], &[7; 32], b"\x02\x21", &[7; 33]].concat();
    let spki = padded(b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", 44);
    let cases: [(&str, Vec<u8>); 11] = [
        ("a signature of signify", framed("verify with key.pub", &padded(b"Ed", 74))),
        ("a signature of OpenSSH", block("SSH SIGNATURE")),
        ("a signature of OpenPGP (GnuPG)", block("PGP SIGNATURE")),
        ("a signature of OpenPGP (GnuPG), without its armour", padded(b"\x88\x75\x04", 119)),
        ("a signature of CMS", block("PKCS7")),
        ("an ECDSA signature in DER", ecdsa.clone()),
        ("an ECDSA signature in DER", to_base64(&ecdsa).into_bytes()),
        ("a key in DER", spki),
        ("an OpenSSH public key", SSH.into()),
        ("an OpenSSH private key", block("OPENSSH PRIVATE KEY")),
        ("64 bytes in hex", format!("{}\n", "0a".repeat(64)).into_bytes()),
    ];
    for (expected, file) in cases {
        let error = SignatureFile::parse(&file).err();
        let is_named = matches!(&error, Some(SignatureFileError::Foreign { what, .. }) if what.starts_with(expected));
        assert!(is_named, "{expected}: {error:?}");
    }
}
