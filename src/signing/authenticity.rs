//! What is known of a bundle's signature and manifest, before the rules judge it.

use super::checksums::Comparison;
use crate::report::signature::{Coverage, SignatureReport, SignatureStatus};

/// What a verified trusted comment says of the file it signs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CommentBinding {
    /// The signed file's name, without directories.
    pub file: Option<String>,
    /// The bundle's version.
    pub version: Option<String>,
}

/// A signature and what became of checking it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Signature {
    /// As it is reported.
    pub report: SignatureReport,
    /// The file it stands in, as it was found; nothing where there is none.
    pub found_in: Option<String>,
    /// The name that the signed file has here.
    pub signs: Option<String>,
    /// Why it is invalid.
    pub fault: Option<String>,
    /// What its trusted comment says.
    pub binding: CommentBinding,
}

impl Signature {
    /// Whether a trusted key made it, over these very bytes.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.report.status == SignatureStatus::Verified
    }
}

/// The manifest in a bundle's root.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ManifestFile {
    /// It cannot be read: why.
    Invalid(String),
    /// It was compared with the tree.
    Compared(Comparison),
}

/// Everything known of a bundle's authenticity.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Authenticity {
    /// Whether a bundle without a signature is refused.
    pub required: bool,
    /// The archive's detached signature.
    pub detached: Signature,
    /// The manifest, if there is one.
    pub manifest: Option<ManifestFile>,
    /// The manifest's signature.
    pub manifest_signature: Signature,
}

impl Authenticity {
    /// The signature that speaks for the bundle: the detached one, or else the manifest's.
    #[must_use]
    pub fn signature(&self) -> &Signature {
        let detached_is_there = self.detached.report.status != SignatureStatus::Missing;
        let prefer_manifest = self.manifest_signature.is_verified() && !self.detached.is_verified();
        if detached_is_there && !prefer_manifest { &self.detached } else { &self.manifest_signature }
    }

    /// How much of the bundle its manifest covers, where there is one that can be read.
    #[must_use]
    pub fn coverage(&self) -> Option<Coverage> {
        match &self.manifest {
            Some(ManifestFile::Compared(Comparison { listed, verified, outside, .. })) => {
                Some(Coverage { listed: *listed, verified: *verified, outside: *outside })
            }
            _ => None,
        }
    }

    /// Both signatures that are there.
    pub fn signatures(&self) -> impl Iterator<Item = &Signature> {
        [&self.detached, &self.manifest_signature]
            .into_iter()
            .filter(|one| one.report.status != SignatureStatus::Missing)
    }
}
