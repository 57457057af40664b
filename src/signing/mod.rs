//! Ed25519 keys, detached signatures and the SHA-256 manifest: bytes in, bytes out.
//!
//! Nothing here opens a file, reads the clock, asks for randomness, starts a process or prints.
//! The caller hands over what a file holds and gets back data, text to write, or a typed error.
//!
//! ```text
//! key file ──► keys::PublicKey ──► trust::TrustStore ─┐
//! signature file ──► detached::SignatureFile ─────────┼─► verify::Verifier ◄── chunks of the content
//!                                                     └─► verify::Outcome
//! key file ──► keys::SecretKey ──► sign::{PrehashedSigner, sign_pure} ──► text or 64 bytes
//! ```
//!
//! What is accepted is `verify_strict` of ed25519-dalek, made a little stricter for keys (`point`
//! says where); what is never trusted is any size, count or cost that a file states about itself.

pub(crate) mod authenticity;
pub(crate) mod checksums;
pub(crate) mod comment;
mod der;
pub(crate) mod detached;
mod error;
mod foreign;
mod installed;
mod kdf;
pub(crate) mod key_files;
pub(crate) mod keys;
pub(crate) mod manifest;
pub(crate) mod manifest_files;
mod minisign;
mod pem;
mod point;
pub(crate) mod sign;
mod strict;
mod sums;
mod text;
pub(crate) mod trust;
pub(crate) mod verify;

pub(crate) use comment::{CommentFields, TrustedComment};
pub(crate) use detached::{SignatureFile, SignatureFileError};
pub(crate) use error::KeyError;
pub(crate) use keys::{PublicKey, SecretKey};
pub(crate) use manifest::Manifest;
pub(crate) use sign::{PrehashedSigner, SignError};
pub(crate) use trust::TrustStore;
pub(crate) use verify::{SignatureVerdict, Verifier};

#[cfg(test)]
mod tests;
