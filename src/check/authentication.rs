//! Whose bundle it is: the signature verified over the bytes as they are read, and the manifest compared with the tree.

use super::bundle::{BundleStage, stage};
use crate::host::files::{self, Links};
use crate::report::signature::{SignatureReport, SignatureStatus};
use crate::signing::authenticity::{Authenticity, CommentBinding, ManifestFile, Signature};
use crate::signing::checksums;
use crate::signing::detached::MAX_SIGNATURE_FILE;
use crate::signing::manifest_files::{MANIFEST, MANIFEST_SIGNATURE, PLAIN_MANIFEST_SIGNATURE};
use crate::signing::{Manifest, SignatureFile, SignatureFileError, SignatureVerdict, TrustStore, Verifier};
use crate::text;
use crate::tree::names::ConfiguredNames;
use crate::tree::nodes::{Content, Tree};
use crate::tree::ownership::OwnershipMap;
use crate::tree::reading::SourceError;
use crate::tree::snapshot::{Snapshot, SubjectKind};
use std::cell::RefCell;
use std::io;
use std::path::{Path, PathBuf};

/// A signature file, or why it is not one.
pub(crate) type Recognised = Result<SignatureFile, SignatureFileError>;

/// The keys that are trusted, and whether a signature is required.
pub(crate) struct Trust {
    /// The keys.
    pub keys: TrustStore,
    /// Whether a bundle without a signature is refused.
    pub required: bool,
}

/// Who authenticates a subject while it is read.
pub trait Authentication {
    /// What the subject is, before its first byte is read.
    ///
    /// # Errors
    /// A [`SourceError`] where a signature that is there cannot be read.
    fn begin(&self, kind: SubjectKind) -> Result<(), SourceError>;

    /// The next bytes of an archive.
    fn raw(&self, bytes: &[u8]);

    /// What is known once the subject was read.
    fn conclude(&self, snapshot: &Snapshot, ownership: &OwnershipMap, names: &ConfiguredNames) -> Authenticity;

    /// Whether there are keys to verify it with.
    fn has_keys(&self) -> bool;
}

/// Nobody asks whose it is; the raw bytes go to somebody who wants them for something else.
pub(crate) struct NotAsked<'a>(pub &'a dyn Fn(&[u8]));

impl Authentication for NotAsked<'_> {
    fn begin(&self, _kind: SubjectKind) -> Result<(), SourceError> {
        Ok(())
    }

    fn raw(&self, bytes: &[u8]) {
        (self.0)(bytes);
    }

    fn conclude(&self, _snapshot: &Snapshot, _territories: &OwnershipMap, _names: &ConfiguredNames) -> Authenticity {
        Authenticity::default()
    }

    fn has_keys(&self) -> bool {
        false
    }
}

/// Verifies a subject's signatures by the keys that are trusted.
pub(crate) struct SignatureCheck<'a> {
    trust: &'a Trust,
    path: &'a str,
    /// The signature's file, where it was named.
    named: Option<&'a Path>,
    heard: RefCell<Heard>,
}

/// What was found beside the subject, and who hears its bytes.
#[derive(Default)]
struct Heard {
    found_in: Option<String>,
    recognised: Option<Recognised>,
    verifier: Option<Verifier>,
}

impl<'a> SignatureCheck<'a> {
    /// Of the subject at this path, whose signature may stand in a file that was named.
    #[must_use]
    pub(crate) fn new(trust: &'a Trust, path: &'a str, named: Option<&'a Path>) -> Self {
        Self { trust, path, named, heard: RefCell::default() }
    }

    fn detached(&self, snapshot: &Snapshot) -> Signature {
        let Heard { found_in, recognised, verifier } = self.heard.take();
        let Some(recognised) = recognised else { return Signature::default() };
        // Only a subject that was read to its end has been heard whole.
        let verifier = verifier.filter(|_| snapshot.read_to_its_end);
        let signs = Path::new(self.path).file_name().map(|name| text::printable_path(Path::new(name)));
        Signature { found_in, signs: signs.filter(|_| snapshot.path != "-"), ..verified(&recognised, verifier) }
    }
}

impl Authentication for SignatureCheck<'_> {
    fn begin(&self, kind: SubjectKind) -> Result<(), SourceError> {
        // A directory's signature is that of its manifest.
        if kind == SubjectKind::Directory {
            return Ok(());
        }
        let Some((file, recognised)) = detached_signature(self.path, self.named)? else { return Ok(()) };
        let verifier = recognised.as_ref().ok().and_then(|file| Verifier::begin(file, &self.trust.keys).ok());
        let found_in = Some(text::printable_path(&file));
        *self.heard.borrow_mut() = Heard { found_in, recognised: Some(recognised), verifier };
        Ok(())
    }

    fn raw(&self, bytes: &[u8]) {
        if let Some(verifier) = self.heard.borrow_mut().verifier.as_mut() {
            verifier.update(bytes);
        }
    }

    fn conclude(&self, snapshot: &Snapshot, ownership: &OwnershipMap, names: &ConfiguredNames) -> Authenticity {
        let detached = self.detached(snapshot);
        let mut done = Authenticity { required: self.trust.required, detached, ..Authenticity::default() };
        if snapshot.tree_is_known() {
            (done.manifest, done.manifest_signature) = manifest_inside(snapshot, ownership, names, &self.trust.keys);
        }
        done
    }

    fn has_keys(&self) -> bool {
        !self.trust.keys.is_empty()
    }
}

/// The detached signature of a file: the one that was named, else the path with `.minisig`, else with `.sig`; nothing
/// where there is none. Stdin has none unless it is named.
///
/// # Errors
/// A [`SourceError`] where the signature that was named, or one that is there, cannot be read. What was read and is no
/// signature is no failure of the run: it is the inner error.
pub(crate) fn detached_signature(
    path: &str,
    named: Option<&Path>,
) -> Result<Option<(PathBuf, Recognised)>, SourceError> {
    let failure = |path: &Path, error: io::Error| SourceError::new("cannot read the signature", path, error);
    if let Some(named) = named {
        let read = files::read_named(named, MAX_SIGNATURE_FILE).map_err(|error| failure(named, error))?;
        return Ok(Some((named.to_path_buf(), recognise(&read))));
    }
    if path == "-" {
        return Ok(None);
    }
    for extension in ["minisig", "sig"] {
        let beside = files::with_extension(Path::new(path), extension);
        match files::read_regular(&beside, MAX_SIGNATURE_FILE, Links::Followed) {
            Ok(read) => return Ok(Some((beside, recognise(&read)))),
            Err(error) if files::is_absent(&error) => {}
            Err(error) => return Err(failure(&beside, error)),
        }
    }
    Ok(None)
}

fn recognise(read: &files::Bounded) -> Recognised {
    if read.size > MAX_SIGNATURE_FILE {
        return Err(SignatureFileError::TooLarge { size: read.size });
    }
    SignatureFile::parse(&read.bytes)
}

/// The manifest in a bundle whose tree is known, compared with it, and the manifest's signature.
#[must_use]
pub(crate) fn manifest_inside(
    snapshot: &Snapshot,
    ownership: &OwnershipMap,
    names: &ConfiguredNames,
    trust: &TrustStore,
) -> (Option<ManifestFile>, Signature) {
    let manifest = kept(&snapshot.tree, MANIFEST).map(|content| match content {
        Ok(bytes) => compare(snapshot, ownership, bytes, names),
        Err(why) => ManifestFile::Invalid(why.to_owned()),
    });
    let signature = if manifest.is_some() { manifest_signature(&snapshot.tree, trust) } else { Signature::default() };
    (manifest, signature)
}

/// What became of a signature: not checked where there was no key, or nothing whole to check.
#[must_use]
pub(crate) fn verified(recognised: &Recognised, verifier: Option<Verifier>) -> Signature {
    let file = match recognised {
        Ok(file) => file,
        Err(error) => return invalid(None, None, error.to_string()),
    };
    let format = Some(file.format().name().to_owned());
    let Some(verifier) = verifier else {
        let report = SignatureReport { status: SignatureStatus::NotChecked, format, ..SignatureReport::default() };
        return Signature { report, ..Signature::default() };
    };
    match verifier.finish().status {
        SignatureVerdict::Verified(verified) => {
            let fields = verified.comment.as_ref().map(crate::signing::TrustedComment::fields).unwrap_or_default();
            let comment = verified.comment.map(|comment| text::printable(&comment.text()).into_owned());
            let key_id = Some(verified.key_id.to_string());
            let report = SignatureReport { status: SignatureStatus::Verified, format, key_id, comment };
            let binding = CommentBinding { file: fields.file, version: fields.version };
            Signature { report, binding, ..Signature::default() }
        }
        SignatureVerdict::Untrusted { key_id } => {
            let key_id = Some(key_id.to_string());
            let report = SignatureReport { status: SignatureStatus::Untrusted, format, key_id, comment: None };
            Signature { report, ..Signature::default() }
        }
        SignatureVerdict::Invalid(reason) => {
            let key_id = file.claimed_key_id().map(|id| id.to_string());
            invalid(format, key_id, reason.to_string())
        }
    }
}

fn invalid(format: Option<String>, key_id: Option<String>, fault: String) -> Signature {
    let report = SignatureReport { status: SignatureStatus::Invalid, format, key_id, comment: None };
    Signature { report, fault: Some(fault), ..Signature::default() }
}

/// The content of a file in the root, if there is one and it was kept.
fn kept<'t>(tree: &'t Tree, name: &str) -> Option<Result<&'t [u8], &'static str>> {
    let id = tree.find(name.as_bytes())?;
    Some(match tree.content(id) {
        Content::Whole(bytes) => Ok(bytes),
        Content::TooLarge => Err("it is too large to be read"),
        Content::NotKept => Err("it is not a regular file"),
    })
}

/// The manifest's bytes compared with the tree.
#[must_use]
pub(crate) fn compare(
    snapshot: &Snapshot,
    ownership: &OwnershipMap,
    manifest: &[u8],
    names: &ConfiguredNames,
) -> ManifestFile {
    match Manifest::parse(manifest) {
        Err(error) => ManifestFile::Invalid(text::printable(&error.to_string()).into_owned()),
        Ok(manifest) => {
            let deployed = stage(snapshot, names) == BundleStage::Deployed;
            ManifestFile::Compared(checksums::compare(&snapshot.tree, ownership, &manifest, deployed, names))
        }
    }
}

fn manifest_signature(tree: &Tree, trust: &TrustStore) -> Signature {
    let found =
        [MANIFEST_SIGNATURE, PLAIN_MANIFEST_SIGNATURE].into_iter().find_map(|name| Some((name, kept(tree, name)?)));
    let (Some((name, signature)), Some(Ok(manifest))) = (found, kept(tree, MANIFEST)) else {
        return Signature::default();
    };
    let recognised = signature.map_or_else(|_| SignatureFile::parse(b""), SignatureFile::parse);
    let verifier = recognised.as_ref().ok().and_then(|file| Verifier::begin(file, trust).ok()).map(|mut verifier| {
        verifier.update(manifest);
        verifier
    });
    let (found_in, signs) = (Some(name.to_owned()), Some(MANIFEST.to_owned()));
    Signature { found_in, signs, ..verified(&recognised, verifier) }
}
