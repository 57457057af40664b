//! Whose bundle it is: the signature verified over the bytes as they are read, and the manifest compared with the tree.

use super::failure::Failure;
use super::keys::{self, Recognised};
use crate::check::bundle::{Stage, stage};
use crate::cli::signing::KeyArgs;
use crate::commands::session::Configured;
use crate::report::signature::{SignatureReport, SignatureStatus};
use crate::signing::authenticity::{
    Authenticity, Binding, MANIFEST, MANIFEST_SIGNATURE, ManifestFile, PLAIN_MANIFEST_SIGNATURE, Signature,
};
use crate::signing::checksums;
use crate::signing::{Manifest, SignatureFile, Status, TrustStore, Verifier};
use crate::text;
use crate::tree::names::Names;
use crate::tree::nodes::{Content, Tree};
use crate::tree::snapshot::Snapshot;
use anyhow::{Result, bail};
use std::cell::RefCell;
use std::path::Path;

/// What is thought of a bundle without a signature.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unsigned {
    /// It is refused, whatever the configuration says.
    Refused,
    /// It is refused where the configuration says so.
    AsConfigured,
}

/// The keys that are trusted, and whether a signature is required.
pub struct Trust {
    keys: TrustStore,
    required: bool,
}

impl Trust {
    /// Gathers the trusted keys.
    ///
    /// # Errors
    /// For a key that cannot be read, and where a signature is required and no key is known.
    pub fn gather(options: &KeyArgs, unsigned: Unsigned, configured: &Configured) -> Result<Self> {
        let keys = keys::trusted(options, configured)?;
        let required = unsigned == Unsigned::Refused || configured.config.signature.required;
        if required && keys.is_empty() {
            let help = "give one with `--key FILE`, in `[signature] keys`, or in BUNDLE_DOCTOR_KEYS";
            bail!(Failure::new("a signature is required, and no trusted key is known").help(help));
        }
        Ok(Self { keys, required })
    }

    /// Prepares to hear the bytes of a path.
    ///
    /// # Errors
    /// Where a signature that is there cannot be read.
    pub fn listen(&self, path: &str, options: &KeyArgs) -> Result<Listener<'_>> {
        let is_directory = Path::new(path).is_dir();
        let found = if is_directory { None } else { keys::detached(path, options.signature.as_deref())? };
        let (found_in, recognised) = match found {
            None => (None, None),
            Some((file, recognised)) => (Some(keys::printable(&file)), Some(recognised)),
        };
        let verifier = match &recognised {
            Some(Ok(file)) => Verifier::begin(file, &self.keys).ok(),
            _ => None,
        };
        let signs = Path::new(path).file_name().map(|name| keys::printable(Path::new(name)));
        Ok(Listener { trust: self, found_in, recognised, signs, verifier: RefCell::new(verifier) })
    }
}

/// Hears the bytes of one archive pass.
pub struct Listener<'a> {
    trust: &'a Trust,
    found_in: Option<String>,
    recognised: Option<Recognised>,
    signs: Option<String>,
    verifier: RefCell<Option<Verifier>>,
}

impl Listener<'_> {
    /// The next bytes.
    pub fn hear(&self, bytes: &[u8]) {
        if let Some(verifier) = self.verifier.borrow_mut().as_mut() {
            verifier.update(bytes);
        }
    }

    /// What is known once the subject was read.
    pub fn conclude(self, snapshot: &Snapshot, names: &Names) -> Authenticity {
        let trust = self.trust;
        let detached = self.detached(snapshot);
        let mut done = Authenticity { required: trust.required, detached, ..Authenticity::default() };
        if snapshot.tree_is_known() {
            (done.manifest, done.manifest_signature) = inside(snapshot, names, &trust.keys);
        }
        done
    }

    fn detached(self, snapshot: &Snapshot) -> Signature {
        let Self { found_in, recognised, signs, verifier, .. } = self;
        let Some(recognised) = recognised else { return Signature::default() };
        // Only a subject that was read to its end has been heard whole.
        let heard_whole = snapshot.sha256.is_some();
        let verifier = verifier.into_inner().filter(|_| heard_whole);
        Signature { found_in, signs: signs.filter(|_| snapshot.path != "-"), ..judge(&recognised, verifier) }
    }
}

/// The manifest in a bundle whose tree is known, compared with it, and the manifest's signature.
pub fn inside(snapshot: &Snapshot, names: &Names, trust: &TrustStore) -> (Option<ManifestFile>, Signature) {
    let manifest = kept(&snapshot.tree, MANIFEST).map(|content| match content {
        Ok(bytes) => compare(snapshot, bytes, names),
        Err(why) => ManifestFile::Invalid(why.to_owned()),
    });
    let signature = if manifest.is_some() { manifest_signature(&snapshot.tree, trust) } else { Signature::default() };
    (manifest, signature)
}

/// What became of a signature: not checked where there was no key, or nothing whole to check.
pub fn judge(recognised: &Recognised, verifier: Option<Verifier>) -> Signature {
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
        Status::Verified(verified) => {
            let fields = verified.comment.as_ref().map(crate::signing::TrustedComment::fields).unwrap_or_default();
            let comment = verified.comment.map(|comment| text::printable(&comment.text()).into_owned());
            let key_id = Some(verified.key_id.to_string());
            let report = SignatureReport { status: SignatureStatus::Verified, format, key_id, comment };
            let binding = Binding { file: fields.file, version: fields.version };
            Signature { report, binding, ..Signature::default() }
        }
        Status::Untrusted { key_id } => {
            let key_id = Some(key_id.to_string());
            let report = SignatureReport { status: SignatureStatus::Untrusted, format, key_id, comment: None };
            Signature { report, ..Signature::default() }
        }
        Status::Invalid(reason) => {
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
        Content::NotKept | Content::Script(_) => Err("it is not a regular file"),
    })
}

/// The manifest's bytes compared with the tree.
pub fn compare(snapshot: &Snapshot, manifest: &[u8], names: &Names) -> ManifestFile {
    match Manifest::parse(manifest) {
        Err(error) => ManifestFile::Invalid(text::printable(&error.to_string()).into_owned()),
        Ok(manifest) => {
            let entries = manifest.entries().iter().map(|entry| (entry.path.as_slice(), &entry.digest));
            let deployed = stage(snapshot, names) == Stage::Deployed;
            ManifestFile::Compared(checksums::compare(&snapshot.tree, entries, deployed, names))
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
    Signature { found_in, signs, ..judge(&recognised, verifier) }
}
