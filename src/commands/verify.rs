//! `verify`: who signed a file or a folder's manifest, and whether it is as they signed it.
//!
//! What is wrong with the signature itself always fails the run, whatever `-A`, `-W` and `--fail-on` say: they reach
//! `signature-binding` only.

use super::failure::Failure;
use super::keys;
use super::session::Session;
use crate::check::authentication::{NotAsked, Recognised, compare, detached_signature, verified};
use crate::check::bundle::Expectations;
use crate::check::contents::Depth;
use crate::check::engine;
use crate::check::inspect::{InspectError, InspectOptions, Inspected, inspect};
use crate::cli::format::PlainFormat;
use crate::cli::signing::Verify;
use crate::host::files::{self, Links};
use crate::render::signing::{self, Verification};
use crate::report::finding::{Detail, Finding, Severity};
use crate::report::policy::{Level, Policy};
use crate::report::verdict::Verdict;
use crate::signing::authenticity::{Authenticity, Signature};
use crate::signing::manifest::MAX_MANIFEST;
use crate::signing::manifest_files::MANIFEST;
use crate::signing::{TrustStore, Verifier};
use crate::tree::limits::Limits;
use crate::tree::names::ConfiguredNames;
use crate::tree::nodes::Tree;
use crate::tree::reading::SourceError;
use crate::{exit_code, text};
use anyhow::{Context, Error, Result, bail};
use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The rules that judge signatures and what they are over. Only the last can be turned into something else than it is.
const RULES: [&str; 5] = ["signature-invalid", "signature-untrusted", "checksum-mismatch", VERSION, BINDING];
const VERSION: &str = "version-mismatch";
const BINDING: &str = "signature-binding";

struct VerifyJob<'a> {
    options: &'a Verify,
    session: &'a Session<'a>,
    names: ConfiguredNames,
    limits: Limits,
    policy: Policy,
    trust: TrustStore,
}

/// Verifies one path.
pub(super) fn run(options: &Verify, session: &Session<'_>) -> Result<u8> {
    let folder = is_folder(&options.path)?;
    let configured = session.configuration()?;
    let job = VerifyJob {
        options,
        session,
        names: configured.config.names(),
        limits: options.limits.over(configured.config.limits()?),
        policy: session.policy(&configured, &[])?,
        trust: keys::trusted(&options.keys, &configured)?,
    };
    if job.trust.is_empty() {
        let help = "give the public key that it must be signed with: --key FILE";
        bail!(Failure::new("no trusted key is known, so nothing was verified").at(&options.path).help(help));
    }
    let verification = if folder { job.folder()? } else { job.file()? };
    session.write(|out| match options.format.word {
        PlainFormat::Json => signing::verification_json(&verification, out),
        PlainFormat::Human => signing::verification(&verification, session.style(), out),
    })?;
    Ok(exit_code::of(verification.verdict))
}

impl VerifyJob<'_> {
    fn file(&self) -> Result<Verification> {
        let (place, recognised) = self.signature(&self.options.path)?;
        let verifier = RefCell::new(self.verifier(&recognised));
        let mut inspected = self.read(Depth::Judge, &|chunk| {
            if let Some(verifier) = verifier.borrow_mut().as_mut() {
                verifier.update(chunk);
            }
        })?;
        let mut verifier = verifier.into_inner();
        let snapshot = &mut inspected.snapshot;
        if verifier.is_some() && !snapshot.read_to_its_end {
            verifier = self.second_read(&recognised)?;
        }
        if !snapshot.tree_is_known() {
            // Any file may be signed. Of one that is no bundle there is nothing to bind a version to.
            snapshot.tree = Tree::new();
            snapshot.defects.clear();
        }
        let name = Path::new(&self.options.path).file_name().filter(|_| self.options.path != "-");
        let detached = Signature {
            found_in: Some(text::printable_path(&place)),
            signs: name.map(|name| text::printable_path(Path::new(name))),
            ..verified(&recognised, verifier)
        };
        inspected.authenticity = Authenticity { detached, ..Authenticity::default() };
        Ok(self.conclude(&inspected))
    }

    /// A file that reading gave up on as a bundle: it is read again from its start to its end, and nothing that the
    /// first reading saw is used.
    fn second_read(&self, recognised: &Recognised) -> Result<Option<Verifier>> {
        let unread = || {
            let shown = text::printable(&self.options.path);
            Failure::new(format!("cannot read {shown}")).at(&self.options.path)
        };
        let mut content = File::open(&self.options.path).with_context(unread)?;
        if !content.metadata().with_context(unread)?.is_file() {
            return Err(Error::msg("it is no sound bundle, and cannot be read twice").context(unread()));
        }
        let mut verifier = self.verifier(recognised);
        let mut buffer = vec![0; 128 * 1024];
        loop {
            match content.read(&mut buffer) {
                Ok(0) => return Ok(verifier),
                Ok(count) => {
                    if let Some(verifier) = &mut verifier {
                        verifier.update(buffer.get(..count).unwrap_or_default());
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::new(error).context(unread())),
            }
        }
    }

    /// The manifest is read once: the bytes that are verified are those that the folder is compared with, and one that
    /// no trusted key signed is compared with nothing.
    fn folder(&self) -> Result<Verification> {
        let bytes = self.manifest()?;
        let place = Path::new(&self.options.path).join(MANIFEST);
        let (signature, recognised) = self.signature(&place.to_string_lossy())?;
        let mut verifier = self.verifier(&recognised);
        if let Some(verifier) = &mut verifier {
            verifier.update(&bytes);
        }
        let manifest_signature = Signature {
            found_in: Some(text::printable_path(&signature)),
            signs: Some(MANIFEST.to_owned()),
            ..verified(&recognised, verifier)
        };
        let is_verified = manifest_signature.is_verified();
        let mut inspected = self.read(if is_verified { Depth::Digests } else { Depth::Judge }, &|_| ())?;
        if let Some(defect) = inspected.hiding_defect() {
            let message = format!("the folder was not read to its end: {}", defect.what);
            let help = "raise the limit that stopped it: --max-size, --max-entries or --max-depth";
            bail!(Failure::new(message).at(&self.options.path).help(help));
        }
        let manifest = is_verified.then(|| compare(&inspected.snapshot, &inspected.ownership, &bytes, &self.names));
        inspected.authenticity = Authenticity { manifest, manifest_signature, ..Authenticity::default() };
        Ok(self.conclude(&inspected))
    }

    fn manifest(&self) -> Result<Vec<u8>> {
        let place = Path::new(&self.options.path).join(MANIFEST);
        let shown = text::printable_path(&place);
        let mut read = files::read_regular(&place, MAX_MANIFEST, Links::Refused).map_err(|error| {
            if error.kind() != io::ErrorKind::NotFound {
                return Error::new(error).context(Failure::new(format!("cannot read {shown}")).at(&shown));
            }
            let help = "`bundle-doctor sign` makes one, in the folder that the bundle is made of";
            let message = format!("the folder has no {MANIFEST}, so nothing was verified");
            Failure::new(message).at(&self.options.path).help(help).into()
        })?;
        if read.size > MAX_MANIFEST {
            bail!(Failure::new(format!("{shown} is larger than any manifest ({MAX_MANIFEST} bytes)")).at(&shown));
        }
        Ok(std::mem::take(&mut *read.bytes))
    }

    fn signature(&self, path: &str) -> Result<(PathBuf, Recognised)> {
        let found =
            detached_signature(path, self.options.keys.signature.as_deref()).map_err(InspectError::Signature)?;
        found.with_context(|| {
            let (message, help) = if path == "-" {
                ("stdin has no signature beside it".to_owned(), "name it with --signature FILE")
            } else {
                let shown = text::printable(path);
                let message = format!("there is no {shown}.minisig and no {shown}.sig, so nothing was verified");
                (message, "get the signature from where the file was released, or name it with --signature FILE")
            };
            Failure::new(message).at(&self.options.path).help(help)
        })
    }

    /// Nothing for a signature file that is none: there is nothing to hear the content for.
    fn verifier(&self, recognised: &Recognised) -> Option<Verifier> {
        recognised.as_ref().ok().and_then(|file| Verifier::begin(file, &self.trust).ok())
    }

    fn read(&self, depth: Depth<'_>, raw: &dyn Fn(&[u8])) -> Result<Inspected> {
        let progress = self.session.progress_of(&self.options.path);
        let show = |read, length| progress.show(read, length);
        let plain = InspectOptions::plain(&self.names, self.limits, depth);
        let expectations = || Expectations { newer_than: self.options.newer_than.clone(), ..Expectations::default() };
        let (authentication, expectations) = (&NotAsked(raw), &expectations);
        let options = InspectOptions { authentication, expectations, progress: &show, ..plain };
        Ok(inspect(&self.options.path, &options)?)
    }

    fn conclude(&self, inspected: &Inspected) -> Verification {
        let authenticity = &inspected.authenticity;
        let found = engine::run_rules(&inspected.bundle_unfollowed())
            .into_iter()
            .filter(|finding| RULES.contains(&finding.rule));
        let mut findings: Vec<_> = found.filter_map(|finding| self.wanted(finding)).collect();
        findings.extend(self.without_version(inspected));
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));

        let signature = authenticity.signature();
        let fixed = findings.iter().any(|finding| finding.rule != BINDING);
        let fails = fixed || !signature.is_verified() || self.policy.fail_on.verdict(&findings) == Verdict::Fail;
        let report = signature.report.clone();
        let known = self.trust.iter().filter(|known| Some(known.key.id().to_string()) == report.key_id);
        Verification {
            file: text::printable(&self.options.path).into_owned(),
            verdict: if fails { Verdict::Fail } else { Verdict::Pass },
            origins: known.flat_map(|known| known.origins.clone()).collect(),
            signature: report,
            manifest: authenticity.coverage(),
            findings,
        }
    }

    /// What states no version is newer than nothing.
    fn without_version(&self, inspected: &Inspected) -> Option<Finding> {
        let newer_than = self.options.newer_than.as_ref()?;
        let stated = inspected.version().filter(|version| semver::Version::parse(version).is_ok());
        stated.is_none().then(|| Finding {
            rule: VERSION,
            severity: Severity::Error,
            message: format!("It states no version, so it cannot be shown to be newer than {newer_than}"),
            path: None,
            line: None,
            evidence: None,
            help: "leave out --newer-than for what is no bundle".to_owned(),
            detail: Detail::None,
            places: 1,
            caveat: None,
        })
    }

    /// What the user wants of a finding.
    fn wanted(&self, mut finding: Finding) -> Option<Finding> {
        if finding.rule != BINDING {
            finding.severity = Severity::Error;
            return Some(finding);
        }
        let allowed = self.policy.allowances.iter().any(|allowance| allowance.covers(&finding));
        match self.policy.override_of(BINDING).map(|found| found.level) {
            _ if allowed => return None,
            Some(Level::Allow) => return None,
            Some(Level::At(severity)) => finding.severity = severity,
            None => {}
        }
        Some(finding)
    }
}

/// Whether the path is a folder. One that leads nowhere is said so before keys and signatures are looked for.
fn is_folder(path: &str) -> Result<bool> {
    if path == "-" {
        return Ok(false);
    }
    let found = fs::metadata(path).map_err(|error| SourceError::new("cannot open", path, error))?;
    Ok(found.is_dir())
}
