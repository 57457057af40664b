//! Signs content that is too large for memory: prehashed in one pass, pure Ed25519 in two.

use std::cell::RefCell;
use std::io::{self, Read, Seek, SeekFrom};

use blake2::{Blake2b512, Digest};
use ed25519_dalek::hazmat::{ExpandedSecretKey, raw_sign_byupdate};
use ed25519_dalek::{SignatureError, Signer};
use sha2::{Sha256, Sha512};
use thiserror::Error;

use super::comment::TrustedComment;
use super::keys::SecretKey;
use super::{minisign, text};

/// Bytes read at a time.
const CHUNK: usize = 64 * 1024;

/// Why signing failed. No signature, nor any part of one, is left behind.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum SignError {
    /// The content could not be read.
    #[error("the content to sign could not be read")]
    Read(#[from] io::Error),
    /// The two passes over the content saw different bytes. Sizes are in bytes.
    #[error(
        "the content changed while it was being signed ({first} bytes in the first pass, {second} in the second); sign again when nothing writes to it"
    )]
    ContentChanged {
        /// Bytes of the first pass.
        first: u64,
        /// Bytes of the second pass.
        second: u64,
    },
    /// The library refused, without saying why.
    #[error("the signature could not be made")]
    Failed,
}

/// A minisign signature (prehashed) under way: content in chunks, one pass.
pub(crate) struct PrehashedSigner<'k> {
    key: &'k SecretKey,
    hash: Blake2b512,
}

impl<'k> PrehashedSigner<'k> {
    /// Starts.
    pub(crate) fn begin(key: &'k SecretKey) -> Self {
        Self { key, hash: Blake2b512::new() }
    }

    /// Takes the next bytes of the content.
    pub(crate) fn update(&mut self, chunk: &[u8]) {
        self.hash.update(chunk);
    }

    /// The text of the `.minisig` file.
    pub(crate) fn finish(self, comment: &TrustedComment) -> String {
        let digest: [u8; 64] = self.hash.finalize().into();
        let signature = sign_bytes(self.key, &digest);
        minisign_text(self.key, signature, comment, true)
    }
}

/// Signs all that a reader gives, prehashed; the text of the `.minisig` file.
///
/// # Errors
/// [`SignError::Read`].
pub(crate) fn sign_prehashed(
    key: &SecretKey,
    reader: &mut impl Read,
    comment: &TrustedComment,
) -> Result<String, SignError> {
    let mut signer = PrehashedSigner::begin(key);
    each_chunk(reader, &mut |chunk| signer.update(chunk))?;
    Ok(signer.finish(comment))
}

/// Pure Ed25519 (RFC 8032, section 5.1.6) over content in memory.
pub fn sign_bytes(key: &SecretKey, content: &[u8]) -> [u8; 64] {
    key.signing().sign(content).to_bytes()
}

/// Pure Ed25519 over content of any size, read twice.
///
/// `pass` hands all of the content to the sink it is given; it is called twice, because the nonce is a hash of the
/// content and so is the challenge. If the two calls saw different content, the nonce of the one would be used for
/// the other, and a later signature over the first content would have the same nonce for another challenge: from
/// those two anyone can compute the private key. So both passes are hashed with SHA-256 as well, and on any difference there is
/// no signature.
///
/// # Errors
/// [`SignError::Read`] with the error of `pass`; [`SignError::ContentChanged`].
pub(crate) fn sign_pure<F>(key: &SecretKey, pass: F) -> Result<[u8; 64], SignError>
where
    F: FnMut(&mut dyn FnMut(&[u8])) -> io::Result<()>,
{
    /// What went by, to compare.
    struct Passes<F> {
        pass: F,
        first: Option<(u64, [u8; 32])>,
        failure: Option<SignError>,
    }
    let state = RefCell::new(Passes { pass, first: None, failure: None });
    let one_pass = |hash: &mut Sha512| {
        let mut state = state.borrow_mut();
        let mut check = Sha256::new();
        let mut size = 0_u64;
        let read = (state.pass)(&mut |chunk| {
            hash.update(chunk);
            check.update(chunk);
            size = size.saturating_add(chunk.len() as u64);
        });
        if let Err(error) = read {
            state.failure = Some(SignError::Read(error));
            return Err(SignatureError::new());
        }
        let seen = (size, check.finalize().into());
        match state.first {
            None => state.first = Some(seen),
            Some(first) if first == seen => {}
            Some((first, _)) => {
                state.failure = Some(SignError::ContentChanged { first, second: size });
                return Err(SignatureError::new());
            }
        }
        Ok(())
    };
    let expanded = ExpandedSecretKey::from(key.signing().as_bytes());
    let signature = raw_sign_byupdate::<Sha512, _>(&expanded, one_pass, &key.signing().verifying_key());
    match signature {
        Ok(signature) => Ok(signature.to_bytes()),
        Err(_) => Err(state.into_inner().failure.unwrap_or(SignError::Failed)),
    }
}

/// Pure Ed25519 over all that a reader holds from where it stands, read twice.
///
/// # Errors
/// As [`sign_pure`].
pub(crate) fn sign_pure_reader(key: &SecretKey, reader: &mut (impl Read + Seek)) -> Result<[u8; 64], SignError> {
    let start = reader.stream_position()?;
    sign_pure(key, |sink| {
        reader.seek(SeekFrom::Start(start))?;
        each_chunk(reader, sink)
    })
}

/// The text of a legacy `.minisig` file, for a pure signature of the same key.
pub fn minisign_legacy(key: &SecretKey, signature: [u8; 64], comment: &TrustedComment) -> String {
    minisign_text(key, signature, comment, false)
}

/// A pure signature as base64 with a final newline, for a `.sig` file.
pub(crate) fn to_base64(signature: &[u8; 64]) -> String {
    let mut text = text::to_base64(signature);
    text.push('\n');
    text
}

fn minisign_text(key: &SecretKey, signature: [u8; 64], comment: &TrustedComment, prehashed: bool) -> String {
    let message = minisign::global_message(&signature, comment);
    minisign::write_signature(&minisign::Parts {
        prehashed,
        key_id: key.id(),
        signature,
        comment: comment.clone(),
        global: sign_bytes(key, &message),
    })
}

fn each_chunk(reader: &mut impl Read, sink: &mut dyn FnMut(&[u8])) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => sink(buffer.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
