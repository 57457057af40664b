//! The files in a bundle's root that a manifest and its signature stand in.

/// The manifest's file name, in the bundle's root.
pub(crate) const MANIFEST: &str = "SHA256SUMS";
/// The manifest's signature.
pub(crate) const MANIFEST_SIGNATURE: &str = "SHA256SUMS.minisig";

/// The manifest's signature in raw or base64 form.
pub(crate) const PLAIN_MANIFEST_SIGNATURE: &str = "SHA256SUMS.sig";
/// Files in the root that a manifest cannot list: itself and its signatures.
pub(crate) const UNLISTED: [&str; 3] = [MANIFEST, MANIFEST_SIGNATURE, PLAIN_MANIFEST_SIGNATURE];
