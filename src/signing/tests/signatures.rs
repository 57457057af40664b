//! Verifying what the real tools signed, and telling apart what is wrong.

use super::vectors::*;
use super::{id, judge, trusting, verified};
use crate::signing::detached::MAX_SIGNATURE_FILE;
use crate::signing::detached::SignatureFormat;
use crate::signing::verify::{InvalidReason, NoTrustedKey};
use crate::signing::{
    CommentFields, PublicKey, SignatureFile, SignatureFileError, SignatureVerdict, TrustStore, Verifier,
};

fn raw(base64: &str) -> Vec<u8> {
    use base64ct::Encoding;
    base64ct::Base64::decode_vec(base64.trim()).unwrap()
}

#[test]
fn signatures_of_the_real_tools() {
    let cases = [
        ("minisign", W_PREHASHED, W_PUB, SignatureFormat::Minisign),
        ("legacy", W_LEGACY, W_PUB, SignatureFormat::MinisignLegacy),
        ("encrypted", E_SIGNATURE, E_PUB, SignatureFormat::Minisign),
        ("openssl", O_BASE64, O_PUB, SignatureFormat::Base64),
        ("wrapped", O_BASE64_WRAPPED, O_PUB, SignatureFormat::Base64),
        ("node", N_BASE64, N_PUB, SignatureFormat::Base64),
    ];
    for (case, signature, public, format) in cases {
        let trust = trusting(&[public]);
        let forms = [
            signature.to_owned(),
            signature.replace('\n', "\r\n"),
            signature.trim_end().to_owned(),
            format!("\u{feff}{signature}"),
            format!("{}\n\n", signature.trim_end()),
        ];
        for text in forms {
            let outcome = judge(&text, &trust, PAYLOAD);
            assert_eq!(outcome.format, format, "{case}");
            let signer = verified(outcome);
            assert_eq!(signer.origins, ["key 0"], "{case}");
            let key = PublicKey::read(public.as_bytes()).unwrap();
            assert_eq!(signer.key_id, key.id(), "{case}");
        }
    }
    for (base64, public) in [(O_BASE64, O_PUB), (N_BASE64, N_PUB)] {
        let outcome = judge(raw(base64), &trusting(&[public]), PAYLOAD);
        assert_eq!(outcome.format, SignatureFormat::Raw);
        assert_eq!(verified(outcome).comment, None);
    }
}

#[test]
fn content_in_any_chunks() {
    for (signature, public) in [(W_PREHASHED, W_PUB), (W_LEGACY, W_PUB), (O_BASE64, O_PUB)] {
        let file = SignatureFile::parse(signature.as_bytes()).unwrap();
        let trust = trusting(&[public]);
        for size in 1..=PAYLOAD.len() {
            let mut verifier = Verifier::begin(&file, &trust).unwrap();
            verifier.update(b"");
            PAYLOAD.chunks(size).for_each(|chunk| verifier.update(chunk));
            verified(verifier.finish());
        }
    }
}

#[test]
fn trusted_comments_are_given_out_once_verified() {
    let comment = verified(judge(E_SIGNATURE, &trusting(&[E_PUB]), PAYLOAD)).comment;
    let comment = comment.unwrap();
    assert_eq!(comment.text(), "timestamp:1700000000\tfile:agent-bundle.tar.gz\tversion:0.1.27\thashed");
    let fields = CommentFields {
        timestamp: Some(1_700_000_000),
        file: Some("agent-bundle.tar.gz".to_owned()),
        version: Some("0.1.27".to_owned()),
    };
    assert_eq!(comment.fields(), fields);

    let legacy = verified(judge(W_LEGACY, &trusting(&[W_PUB]), PAYLOAD));
    let fields = legacy.comment.unwrap().fields();
    assert_eq!(fields.file.as_deref(), Some("payload.txt"));
    assert_eq!(fields.version, None);

    let forged = E_SIGNATURE.replace("0.1.27", "0.1.28");
    assert_eq!(
        judge(&forged, &trusting(&[E_PUB]), PAYLOAD).status,
        SignatureVerdict::Invalid(InvalidReason::WrongComment { key_id: id("EC099D54F3BAB9CC") })
    );
}

/// A comment moved from another signature of the same key does not pass.
#[test]
fn a_comment_belongs_to_its_signature() {
    let tail = |text: &str| text.lines().skip(2).collect::<Vec<_>>().join("\n");
    let head = |text: &str| text.lines().take(2).collect::<Vec<_>>().join("\n");
    let mixed = format!("{}\n{}\n", head(W_PREHASHED), tail(W_LEGACY));
    assert!(matches!(
        judge(&mixed, &trusting(&[W_PUB]), PAYLOAD).status,
        SignatureVerdict::Invalid(InvalidReason::WrongComment { .. })
    ));
}

#[test]
fn changed_content_strange_keys_and_no_keys() {
    let w = id("F1D834EE513EDF5F");
    for signature in [W_PREHASHED, W_LEGACY] {
        assert_eq!(
            judge(signature, &trusting(&[E_PUB, W_PUB]), b"other").status,
            SignatureVerdict::Invalid(InvalidReason::WrongContent { key_id: w })
        );
        // E has an id of its own; O has none and is tried, in vain.
        assert_eq!(
            judge(signature, &trusting(&[E_PUB, O_PUB]), PAYLOAD).status,
            SignatureVerdict::Untrusted { key_id: w }
        );
    }
    for (trust, content) in [(trusting(&[N_PUB, W_PUB]), PAYLOAD), (trusting(&[O_PUB, W_PUB]), b"other")] {
        assert_eq!(
            judge(O_BASE64, &trust, content).status,
            SignatureVerdict::Invalid(InvalidReason::NoKeyVerifies { tried: 2 })
        );
    }
    let file = SignatureFile::parse(W_PREHASHED.as_bytes()).unwrap();
    assert_eq!(Verifier::begin(&file, &TrustStore::new()).unwrap_err(), NoTrustedKey);
}

#[test]
fn rotation_any_trusted_key_suffices() {
    let trust = trusting(&[N_PUB, W_PUB, E_PUB, O_PUB]);
    let cases =
        [(N_BASE64, "key 0"), (W_PREHASHED, "key 1"), (W_LEGACY, "key 1"), (E_SIGNATURE, "key 2"), (O_BASE64, "key 3")];
    for (signature, origin) in cases {
        let signer = verified(judge(signature, &trust, PAYLOAD));
        assert_eq!(signer.origins, [origin]);
    }
}

/// Two keys of one id: each is tried.
#[test]
fn an_id_is_only_a_hint() {
    let w = PublicKey::read(W_PUB.as_bytes()).unwrap();
    let o = PublicKey::read(O_PUB.as_bytes()).unwrap();
    let mut trust = TrustStore::new();
    trust.add(PublicKey::with_id(o.as_bytes(), w.id()).unwrap(), "another key of this id");
    trust.add(w, "the signer");
    for signature in [W_PREHASHED, W_LEGACY] {
        let signer = verified(judge(signature, &trust, PAYLOAD));
        assert_eq!(signer.origins, ["the signer"]);
    }
}

/// The id of a signature that has none is nobody's, whatever form the trusted key has; and a key of no id gets one.
#[test]
fn a_zeroed_id_is_no_keys() {
    let w = PublicKey::read(W_PUB.as_bytes()).unwrap();
    for signature in [W_PREHASHED, W_LEGACY] {
        let mut lines: Vec<String> = signature.lines().map(str::to_owned).collect();
        let mut packed = crate::signing::text::base64(lines[1].as_bytes()).unwrap();
        packed[2..10].fill(0);
        lines[1] = crate::signing::text::to_base64(&packed);
        let zeroed = lines.join("\n");
        let none = crate::signing::keys::KeyId::from_bytes([0; 8]);
        for key in [W_PUB, &w.to_spki_pem()] {
            let status = judge(&zeroed, &trusting(&[key]), PAYLOAD).status;
            assert_eq!(status, SignatureVerdict::Untrusted { key_id: none });
        }
        let unnamed = PublicKey::with_id(w.as_bytes(), none).unwrap();
        assert_eq!(unnamed.id(), w.derived_id());
        let mut trust = TrustStore::new();
        trust.add(unnamed, "a key of no id");
        assert_eq!(judge(&zeroed, &trust, PAYLOAD).status, SignatureVerdict::Untrusted { key_id: none });
        assert_eq!(verified(judge(signature, &trust, PAYLOAD)).key_id, w.derived_id());
    }
}

/// minisign's key, trusted as PEM: the id differs, the key is the same.
#[test]
fn converted_keys_verify() {
    let w = PublicKey::read(W_PUB.as_bytes()).unwrap();
    let pem = w.to_spki_pem();
    for signature in [W_PREHASHED, W_LEGACY] {
        let signer = verified(judge(signature, &trusting(&[&pem]), PAYLOAD));
        assert_eq!(signer.key_id, w.derived_id());
        // Trusted in both forms, it is reported under the id the signature names.
        let signer = verified(judge(signature, &trusting(&[&pem, W_PUB]), PAYLOAD));
        assert_eq!(signer.key_id, w.id());
    }
}

#[test]
fn duplicate_keys_change_nothing() {
    let pem = PublicKey::read(O_PUB.as_bytes()).unwrap();
    let line = pem.to_minisign_line();
    let trust = trusting(&[O_PUB, &line, O_PUB]);
    assert_eq!(trust.len(), 1);
    assert_eq!(
        judge(O_BASE64, &trust, b"other").status,
        SignatureVerdict::Invalid(InvalidReason::NoKeyVerifies { tried: 1 })
    );
    assert_eq!(verified(judge(O_BASE64, &trust, PAYLOAD)).key_id, id(O_ID));
}

#[test]
fn what_is_not_a_signature_file() {
    let parse = |file: &[u8]| SignatureFile::parse(file).err().unwrap();
    assert_eq!(parse(b""), SignatureFileError::Empty);
    let large = vec![b'A'; MAX_SIGNATURE_FILE + 1];
    assert!(matches!(parse(&large), SignatureFileError::TooLarge { .. }));
    let long = W_PREHASHED.replace("timestamp", &"t".repeat(MAX_SIGNATURE_FILE));
    assert!(matches!(parse(long.as_bytes()), SignatureFileError::TooLarge { .. }));
    for size in [1, 63, 65, 88, 128] {
        assert_eq!(parse(&vec![0xff; size]), SignatureFileError::NotASignature { size });
    }
    let bare = W_PUB.lines().nth(1).unwrap();
    for key in [W_PUB, W_KEY, O_PUB, O_KEY, bare] {
        assert_eq!(parse(key.as_bytes()), SignatureFileError::KeyGivenAsSignature);
    }
    let damaged = [
        (1, 2, "untrusted comment: x\n".to_owned()),
        (2, 2, W_PREHASHED.replacen("RURf", "RVRf", 1)),
        (3, 3, W_PREHASHED.replace("\ntrusted comment: ", "\ncomment: ")),
        (4, 4, W_PREHASHED.lines().take(3).collect::<Vec<_>>().join("\n")),
        (5, 5, format!("{W_PREHASHED}{W_PREHASHED}")),
    ];
    for (case, expected, text) in damaged {
        assert!(
            matches!(parse(text.as_bytes()), SignatureFileError::Damaged { line, .. } if line == expected),
            "{case}"
        );
    }
}

/// Comments of the greatest length minisign writes still fit.
#[test]
fn the_size_limit_leaves_room_for_minisign() {
    let longest = W_PREHASHED.replacen("signature from minisign secret key", &"u".repeat(1024 - 19), 1).replacen(
        "timestamp",
        &"t".repeat(8192 - 64),
        1,
    );
    assert!(SignatureFile::parse(longest.as_bytes()).is_ok());
}
