//! Signing: RFC 8032's vectors, round trips, and content that changes under our hands.

use std::io::{self, Cursor};

use super::vectors::*;
use super::{judge, trusting, unhex, unhex_vec, verified};
use crate::signing::comment::CommentError;
use crate::signing::comment::MAX_COMMENT;
use crate::signing::detached::SignatureFormat;
use crate::signing::sign::{minisign_legacy, sign_bytes, sign_prehashed, sign_pure, sign_pure_reader, to_base64};
use crate::signing::{CommentFields, PublicKey, SecretKey, SignError, TrustStore, TrustedComment};

/// RFC 8032, section 7.1: TEST 1, 2, 3 and SHA(abc): secret, public, message, signature.
const RFC_8032: [[&str; 4]; 4] = [
    [
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ],
    [
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ],
    [
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ],
    [
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ],
];

#[test]
fn rfc_8032_vectors() {
    for [secret, public, message, signature] in RFC_8032 {
        let key = SecretKey::from_seed(&unhex(secret));
        let message = unhex_vec(message);
        let signature: [u8; 64] = unhex(signature);
        assert_eq!(key.public().as_bytes(), &unhex(public));
        assert_eq!(sign_bytes(&key, &message), signature);
        let in_passes = sign_pure_reader(&key, &mut Cursor::new(&message)).unwrap();
        assert_eq!(in_passes, signature);
        let mut trust = TrustStore::new();
        trust.add(PublicKey::from_bytes(&unhex(public)).unwrap(), "RFC 8032");
        verified(judge(signature, &trust, &message));
    }
}

fn comment() -> TrustedComment {
    TrustedComment::new("timestamp:1\tfile:agent bundle.tar.gz\tversion:0.1.27").unwrap()
}

/// Content of several chunks and a part, so that every loop turns.
fn large() -> Vec<u8> {
    (0..200_001_u32).map(|n| n.to_le_bytes()[0]).collect()
}

#[test]
fn what_we_sign_verifies_in_every_form() {
    let files = [(W_KEY, W_PUB), (O_KEY, O_PUB)];
    for (file, public) in files {
        let key = SecretKey::read(file.as_bytes(), None).unwrap();
        let trust = trusting(&[public]);
        for content in [Vec::new(), PAYLOAD.to_vec(), large()] {
            let text = sign_prehashed(&key, &mut Cursor::new(&content), &comment()).unwrap();
            let outcome = judge(&text, &trust, &content);
            assert_eq!(outcome.format, SignatureFormat::Minisign);
            let signer = verified(outcome);
            assert_eq!(signer.comment, Some(comment()));
            assert_eq!(signer.key_id, key.id());

            let pure = sign_pure_reader(&key, &mut Cursor::new(&content)).unwrap();
            assert_eq!(pure, sign_bytes(&key, &content));
            let legacy = minisign_legacy(&key, pure, &comment());
            let outcome = judge(&legacy, &trust, &content);
            assert_eq!(outcome.format, SignatureFormat::MinisignLegacy);
            assert_eq!(verified(outcome).comment, Some(comment()));
            assert_eq!(judge(pure, &trust, &content).format, SignatureFormat::Raw);
            verified(judge(pure, &trust, &content));
            verified(judge(to_base64(&pure), &trust, &content));
        }
    }
}

/// Ed25519 is deterministic, so the same key gives the tools' own bytes.
#[test]
fn our_signatures_are_the_tools_own_bytes() {
    let tools = [(W_KEY, W_PREHASHED), (W_KEY, W_LEGACY)];
    for (file, theirs) in tools {
        let key = SecretKey::read(file.as_bytes(), None).unwrap();
        let comment = theirs.lines().nth(2).unwrap();
        let comment = TrustedComment::new(comment.strip_prefix("trusted comment: ").unwrap()).unwrap();
        let ours = if theirs == W_PREHASHED {
            sign_prehashed(&key, &mut &PAYLOAD[..], &comment).unwrap()
        } else {
            minisign_legacy(&key, sign_bytes(&key, PAYLOAD), &comment)
        };
        let rest = |text: &str| text.split_once('\n').unwrap().1.to_owned();
        assert_eq!(rest(&ours), rest(theirs));
    }
    for (file, theirs) in [(O_KEY, O_BASE64), (N_KEY, N_BASE64)] {
        let key = SecretKey::read(file.as_bytes(), None).unwrap();
        assert_eq!(to_base64(&sign_bytes(&key, PAYLOAD)).trim(), theirs.trim());
    }
}

/// A reader stands somewhere; the signature covers what comes after.
#[test]
fn a_reader_is_signed_from_where_it_stands() {
    let key = SecretKey::read(O_KEY.as_bytes(), None).unwrap();
    let mut reader = Cursor::new(b"header|content");
    reader.set_position(7);
    let signature = sign_pure_reader(&key, &mut reader).unwrap();
    assert_eq!(signature, sign_bytes(&key, b"content"));
}

#[test]
fn content_that_changes_between_the_passes_is_not_signed() {
    let key = SecretKey::read(O_KEY.as_bytes(), None).unwrap();
    let cases: [(&[u8], &[u8]); 4] =
        [(b"first", b"other"), (b"first", b"first and more"), (b"first", b""), (b"", b"x")];
    for (first, second) in cases {
        let mut passes = [first, second].into_iter();
        let error = sign_pure(&key, |sink| {
            sink(passes.next().unwrap());
            Ok(())
        })
        .unwrap_err();
        let sizes = (first.len() as u64, second.len() as u64);
        assert!(matches!(error, SignError::ContentChanged { first, second } if (first, second) == sizes), "{error}");
    }
}

#[test]
fn read_errors_come_through() {
    let key = SecretKey::read(O_KEY.as_bytes(), None).unwrap();
    for failing in [1, 2] {
        let mut pass = 0;
        let error = sign_pure(&key, |sink| {
            pass += 1;
            sink(b"x");
            if pass == failing {
                return Err(io::Error::other("disk on fire"));
            }
            Ok(())
        })
        .unwrap_err();
        assert!(matches!(&error, SignError::Read(cause) if cause.to_string() == "disk on fire"));
        assert_eq!(pass, failing);
    }
}

#[test]
fn comments_are_built_and_read_back() {
    let fields = CommentFields {
        timestamp: Some(1_700_000_000),
        file: Some("agent-bundle.tar.gz".to_owned()),
        version: Some("0.1.27".to_owned()),
    };
    let text = "timestamp:1700000000\tfile:agent-bundle.tar.gz\tversion:0.1.27";
    let plain = fields.to_comment(false).unwrap();
    assert_eq!(plain.text(), text);
    assert_eq!(plain.fields(), fields);
    let hashed = fields.to_comment(true).unwrap();
    assert_eq!(hashed.text(), format!("{text}\thashed"));
    assert_eq!(hashed.fields(), fields);
    assert_eq!(CommentFields::default().to_comment(false).unwrap().text(), "");

    let odd = TrustedComment::new("timestamp:soon\tfile:a:b\tfile:c\tnote").unwrap();
    let read = odd.fields();
    assert_eq!(read.timestamp, None);
    assert_eq!(read.file.as_deref(), Some("a:b"));
    assert_eq!(read.version, None);
}

#[test]
fn comments_that_cannot_be_signed() {
    let unprintable = [
        "a\nb",
        "a\rb",
        "a\0b",
        "\u{1b}[31m",
        "\u{7f}",
        "\u{9b}31m",
        "\u{202e}gpj",
        "\u{2066}x",
        "a\u{2028}b",
        "\u{feff}x",
    ];
    for text in unprintable {
        assert!(
            matches!(TrustedComment::new(text), Err(CommentError::NotPrintable { escaped }) if escaped.is_ascii()),
            "{text:?}"
        );
        let fields = CommentFields { file: Some(text.to_owned()), ..CommentFields::default() };
        assert!(fields.to_comment(true).is_err(), "{text:?}");
    }
    // A tab in a name would start a field of its own.
    let sly = CommentFields { file: Some("a\tversion:9".to_owned()), ..CommentFields::default() };
    assert!(sly.to_comment(true).is_err());
    assert!(TrustedComment::new("a\tb").is_ok());
    assert_eq!(TrustedComment::new(&"x".repeat(MAX_COMMENT + 1)), Err(CommentError::TooLong { size: MAX_COMMENT + 1 }));
}
