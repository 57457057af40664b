//! `sign`: a detached signature for a file, or a signed manifest for a bundle's folder.

use super::failure::Failure;
use super::keys;
use super::session::Session;
use crate::check::authentication::NotAsked;
use crate::check::contents::Depth;
use crate::check::inspect::{InspectOptions, Inspected, inspect};
use crate::cli::format::PlainFormat;
use crate::cli::signing::{Sign, SignatureWord};
use crate::host::files;
use crate::host::files::Staged;
use crate::render::signing::{self, SignedManifest, SignedReport};
use crate::report::signature::{SignatureReport, SignatureStatus};
use crate::signing::manifest::{MAX_MANIFEST, push_line, push_link};
use crate::signing::manifest_files::{MANIFEST, UNLISTED};
use crate::signing::sign::{sign_bytes, sign_prehashed, sign_pure_reader, to_base64};
use crate::signing::{CommentFields, PrehashedSigner, SecretKey, SignError, TrustedComment};
use crate::tree::limits::Limits;
use crate::tree::names::ConfiguredNames;
use crate::tree::nodes::NodeKind;
use crate::tree::nodes::Tree;
use crate::{exit_code, host, text};
use anyhow::{Context, Error, Result, bail};
use std::cell::RefCell;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// What the signing of a file and of a folder share.
struct SignJob<'a> {
    options: &'a Sign,
    session: &'a Session<'a>,
    names: ConfiguredNames,
    limits: Limits,
}

/// What was signed, before it is written.
struct Signed {
    /// The content of the signature file.
    signature: Vec<u8>,
    comment: Option<TrustedComment>,
}

/// Signs one path.
pub(super) fn run(options: &Sign, session: &Session<'_>) -> Result<u8> {
    if options.comment.is_some() && options.signature_format != SignatureWord::Minisign {
        bail!("--comment needs a minisign signature: the others have no room for one");
    }
    let path = Path::new(&options.path);
    let metadata = fs::metadata(path).with_context(|| cannot_read(&options.path))?;
    let configured = session.configuration()?;
    let limits = options.limits.over(configured.config.limits()?);
    let job = SignJob { options, session, names: configured.config.names(), limits };
    if metadata.is_dir() {
        job.folder(path)
    } else if metadata.is_file() {
        job.file(path)
    } else {
        bail!(Failure::new("only files and folders can be signed").at(&options.path))
    }
}

impl SignJob<'_> {
    fn file(&self, path: &Path) -> Result<u8> {
        let place = self.place(path);
        keys::may_write(&place, self.options.force.existing())?;
        let key = keys::secret(&self.options.key, &self.options.passphrase)?;
        let signed = match self.options.signature_format {
            SignatureWord::Minisign => self.prehashed(&key)?,
            form => {
                let mut file = File::open(path).with_context(|| cannot_read(&self.options.path))?;
                let signature = sign_pure_reader(&key, &mut file).map_err(|error| self.unsigned(error))?;
                Signed { signature: plain(form, signature), comment: None }
            }
        };
        let staged = [stage(&place, &signed.signature)?];
        keys::commit(&staged, self.options.force.existing())?;
        self.report(&key, signed.comment.as_ref(), &[place], None)
    }

    /// Signs the very bytes in which the version was found. A file that reading gave up on is signed all the same, from
    /// a second and full read, and without a version.
    fn prehashed(&self, key: &SecretKey) -> Result<Signed> {
        let signer = RefCell::new(PrehashedSigner::begin(key));
        let inspected = self.read(Depth::Judge, &|chunk| signer.borrow_mut().update(chunk))?;
        let name = Path::new(&self.options.path).file_name().map(|name| name.to_string_lossy().into_owned());
        let read_whole = inspected.snapshot.read_to_its_end;
        let version = read_whole.then(|| version(&inspected)).flatten();
        let comment = self.comment(name, version)?;
        let signature = if read_whole {
            signer.into_inner().finish(&comment)
        } else {
            let mut file = File::open(&self.options.path).with_context(|| cannot_read(&self.options.path))?;
            sign_prehashed(key, &mut file, &comment).map_err(|error| self.unsigned(error))?
        };
        Ok(Signed { signature: signature.into_bytes(), comment: Some(comment) })
    }

    fn folder(&self, path: &Path) -> Result<u8> {
        let manifest_place = path.join(MANIFEST);
        let place = self.place(&manifest_place);
        for place in [&manifest_place, &place] {
            keys::may_write(place, self.options.force.existing())?;
        }
        let key = keys::secret(&self.options.key, &self.options.passphrase)?;
        let inspected = self.read(Depth::Digests, &|_| ())?;
        if let Some(defect) = inspected.hiding_defect() {
            let help = "raise the limit that stopped it: --max-size, --max-entries or --max-depth";
            let message = format!("the folder was not read to its end: {}", defect.what);
            bail!(Failure::new(message).at(&self.options.path).help(help));
        }
        let (manifest, counts) = self.manifest(inspected.tree())?;
        self.no_stale_signature(&manifest_place, &place, &manifest)?;
        let signed = match self.options.signature_format {
            SignatureWord::Minisign => {
                let comment = self.comment(Some(MANIFEST.to_owned()), version(&inspected))?;
                let signature =
                    sign_prehashed(&key, &mut manifest.as_slice(), &comment).map_err(|error| self.unsigned(error))?;
                Signed { signature: signature.into_bytes(), comment: Some(comment) }
            }
            form => Signed { signature: plain(form, sign_bytes(&key, &manifest)), comment: None },
        };
        let staged = [stage(&manifest_place, &manifest)?, stage(&place, &signed.signature)?];
        keys::commit(&staged, self.options.force.existing())?;
        self.report(&key, signed.comment.as_ref(), &[manifest_place, place], Some(counts))
    }

    /// The manifest of a folder. What `verify` would refuse for ever is refused here.
    fn manifest(&self, tree: &Tree) -> Result<(Vec<u8>, SignedManifest)> {
        let mut manifest = Vec::new();
        let mut counts = SignedManifest { listed: 0, links: 0 };
        for id in tree.sorted() {
            let path = tree.path(id);
            let refuse = |what: &str| {
                let message = format!("{path} is {what}, which a manifest cannot cover");
                let help = "replace it with a regular file, or take it out of the folder";
                bail!(Failure::new(message).at(&self.options.path).help(help))
            };
            match tree.kind(id) {
                NodeKind::Directory => {}
                NodeKind::Special(special) => return refuse(special.name()),
                NodeKind::Link if path.components().any(|name| name == b"node_modules") => {
                    push_link(&mut manifest, path.as_bytes(), tree.target(id));
                    counts.links += 1;
                }
                NodeKind::Link => return refuse("a symbolic link"),
                NodeKind::File(_) if UNLISTED.iter().any(|name| name.as_bytes() == path.as_bytes()) => {}
                NodeKind::File(_) => {
                    let Some(digest) = tree.sha256(id) else { return refuse("not read") };
                    push_line(&mut manifest, path.as_bytes(), digest);
                    counts.listed += 1;
                }
            }
        }
        if manifest.len() > MAX_MANIFEST {
            let message =
                format!("the manifest of {} files is too large (at most {MAX_MANIFEST} bytes)", counts.listed);
            bail!(Failure::new(message).at(&self.options.path));
        }
        Ok((manifest, counts))
    }

    /// Refuses to leave a signature of the old manifest beside the new one.
    fn no_stale_signature(&self, manifest: &Path, place: &Path, content: &[u8]) -> Result<()> {
        for extension in ["minisig", "sig"] {
            let other = files::with_extension(manifest, extension);
            let unchanged = || fs::read(manifest).is_ok_and(|old| old == content);
            if other != place && fs::symlink_metadata(&other).is_ok() && !unchanged() {
                let shown = text::printable_path(&other);
                let message = format!("{shown} signs another manifest, and would stay beside the new one");
                bail!(Failure::new(message).at(&shown).help("remove it, then sign again"));
            }
        }
        Ok(())
    }

    fn read(&self, depth: Depth<'_>, raw: &dyn Fn(&[u8])) -> Result<Inspected> {
        let progress = self.session.progress_of(&self.options.path);
        let show = |read, length| progress.show(read, length);
        let plain = InspectOptions::plain(&self.names, self.limits, depth);
        Ok(inspect(&self.options.path, &InspectOptions { authentication: &NotAsked(raw), progress: &show, ..plain })?)
    }

    fn comment(&self, file: Option<String>, version: Option<String>) -> Result<TrustedComment> {
        let made = match &self.options.comment {
            Some(words) => TrustedComment::new(words),
            None => CommentFields { timestamp: now()?, file, version }.to_comment(true),
        };
        made.with_context(|| {
            let help = "give another with --comment TEXT";
            Failure::new("cannot make the trusted comment").at(&self.options.path).help(help)
        })
    }

    fn place(&self, signed: &Path) -> PathBuf {
        let extension = match self.options.signature_format {
            SignatureWord::Minisign => "minisig",
            SignatureWord::Raw | SignatureWord::Base64 => "sig",
        };
        files::with_extension(signed, extension)
    }

    /// Why nothing was signed, with the path that was to be.
    fn unsigned(&self, error: SignError) -> Error {
        let failure = Failure::new(error.to_string()).at(&self.options.path);
        match error {
            SignError::Read(cause) => Error::new(cause).context(failure),
            _ => failure.into(),
        }
    }

    fn report(
        &self,
        key: &SecretKey,
        comment: Option<&TrustedComment>,
        written: &[PathBuf],
        manifest: Option<SignedManifest>,
    ) -> Result<u8> {
        let format = match self.options.signature_format {
            SignatureWord::Minisign => "minisign",
            SignatureWord::Raw => "raw",
            SignatureWord::Base64 => "base64",
        };
        let report = SignedReport {
            file: text::printable(&self.options.path).into_owned(),
            signature: SignatureReport {
                status: SignatureStatus::Verified,
                format: Some(format.to_owned()),
                key_id: Some(key.id().to_string()),
                comment: comment.map(|comment| text::printable(&comment.text()).into_owned()),
            },
            written: written.iter().map(|place| text::printable_path(place)).collect(),
            manifest,
        };
        self.session.write(|out| match self.options.format.word {
            PlainFormat::Json => signing::signed_json(&report, out),
            PlainFormat::Human => signing::signed(&report, self.session.style(), out),
        })?;
        Ok(exit_code::PASS)
    }
}

/// The version that the bundle's package.json states, where there is a bundle.
fn version(inspected: &Inspected) -> Option<String> {
    inspected.version().filter(|_| inspected.snapshot.tree_is_known())
}

fn stage(place: &Path, content: &[u8]) -> Result<Staged> {
    Staged::write(place, content, 0o644).map_err(|error| keys::unwritten(place, error))
}

fn plain(form: SignatureWord, signature: [u8; 64]) -> Vec<u8> {
    match form {
        SignatureWord::Raw => signature.to_vec(),
        _ => to_base64(&signature).into_bytes(),
    }
}

fn cannot_read(path: &str) -> Failure {
    let shown = text::printable(path);
    Failure::new(format!("cannot read {shown}")).at(path)
}

/// Seconds since 1970: what SOURCE_DATE_EPOCH says (reproducible-builds.org), else the clock; nothing for a clock that
/// stands before that.
pub(super) fn now() -> Result<Option<u64>> {
    if let Some(value) = host::env("SOURCE_DATE_EPOCH") {
        let seconds = value.to_str().and_then(|value| value.parse().ok());
        return seconds.map(Some).context("SOURCE_DATE_EPOCH is not a number of seconds since 1970");
    }
    Ok(host::seconds_since_1970())
}
