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

pub mod authenticity;
pub mod checksums;
pub mod comment;
mod der;
pub mod detached;
mod error;
mod kdf;
pub mod key_files;
pub mod keys;
pub mod manifest;
pub mod manifest_files;
mod minisign;
mod pem;
mod point;
pub mod sign;
mod strict;
mod text;
pub mod trust;
pub mod verify;

pub use comment::{CommentError, CommentFields, TrustedComment};
pub use detached::{SignatureFile, SignatureFileError, SignatureFormat};
pub use error::KeyError;
pub use keys::{KeyId, PublicKey, SecretKey};
pub use manifest::{Manifest, ManifestEntry, ManifestError, ManifestPathFault};
pub use sign::{PrehashedSigner, SignError};
pub use trust::{TrustStore, TrustedKey};
pub use verify::{InvalidReason, NoTrustedKey, Outcome, SignatureVerdict, Verified, Verifier};

#[cfg(test)]
mod tests;
