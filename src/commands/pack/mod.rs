//! `pack`: judge the folder, write the archive beside its place, judge the very bytes that were written, and only then
//! let them take the place of what is published.

mod staging;

use super::failure::Failure;
use super::session::{Configured, Session, watch};
use super::{keys, sign};
use crate::archive::write::gzip::Compressor;
use crate::archive::write::tar::{self, PackedNode, WriteError};
use crate::check::authentication::{NotAsked, manifest_inside};
use crate::check::bundle::{Bundle, Expectations};
use crate::check::contents::Depth;
use crate::check::inspect::{InspectOptions, Inspected, inspect};
use crate::check::{engine, rules};
use crate::cli::format::PlainFormat;
use crate::cli::pack::Pack;
use crate::host::files::{self, Existing, Links, Staged};
use crate::host::interrupt::{Interrupt, Second};
use crate::host::outputs;
use crate::release::pack::plan::{PackPlan, PlanError, Survivor};
use crate::render::pack::{PackReport, TimeSource};
use crate::report::finding::{Finding, Severity};
use crate::report::policy::Policy;
use crate::report::signature::{SignatureReport, SignatureStatus};
use crate::report::subject::SubjectReport;
use crate::report::verdict::Verdict;
use crate::signing::authenticity::Authenticity;
use crate::signing::manifest::{MAX_MANIFEST, push_line, push_link};
use crate::signing::manifest_files::{MANIFEST, MANIFEST_SIGNATURE};
use crate::signing::sign::sign_prehashed;
use crate::signing::{CommentFields, PrehashedSigner, SecretKey, TrustStore};
use crate::tree::limits::Limits;
use crate::tree::names::ConfiguredNames;
use crate::{exit_code, host, render, text};
use anyhow::{Context, Error, Result, bail};
use staging::Staging;
use std::cell::RefCell;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

struct PackJob<'a> {
    options: &'a Pack,
    session: &'a Session<'a>,
    configured: &'a Configured,
    names: ConfiguredNames,
    limits: Limits,
    policy: Policy,
    interrupt: &'a Interrupt,
    /// What lies about while the work goes on.
    temporary: RefCell<Vec<PathBuf>>,
}

/// The folder that is packed: as the user calls it, and where it is.
struct PackedFolder {
    shown: String,
    path: PathBuf,
    /// The folder whose repository's last commit gives the time.
    commits: PathBuf,
}

/// The time of all entries.
#[derive(Clone, Copy)]
struct Time {
    seconds: u64,
    from: TimeSource,
}

/// What became of the folder.
enum FolderOutcome {
    Refused(Box<SubjectReport>),
    Written { archive: Staged, survivor: Survivor, left_out: Vec<String> },
}

/// The latest time that eleven octal digits hold, in the year 2242: the form of the archive has no room for more.
const LATEST: u64 = 0o777_7777_7777;

/// Packs one folder.
pub(super) fn run(options: &Pack, session: &Session<'_>) -> Result<u8> {
    let configured = match &options.from_repo {
        Some(repo) => session.configuration_of(repo)?,
        None => session.configuration()?,
    };
    // Somebody may be asked for its passphrase, which has a way of its own with signals.
    let key = options.sign.as_ref().map(|path| keys::secret(path, &options.passphrase)).transpose()?;
    let interrupt = watch(Second::Ends)?;
    let job = PackJob {
        options,
        session,
        configured: &configured,
        names: configured.config.names(),
        limits: options.limits.over(configured.config.limits()?),
        policy: session.policy(&configured, &[])?,
        interrupt: &interrupt,
        temporary: RefCell::default(),
    };
    let done = job.run(key.as_ref());
    // By now everything that was half-written is gone.
    interrupt.take_leave();
    let report = done?;
    session.write(|out| match options.format.word {
        PlainFormat::Json => render::pack::json(&report, out),
        PlainFormat::Human => render::pack::human(&report, session.style(), out),
    })?;
    Ok(exit_code::of(report.subject.verdict))
}

impl PackJob<'_> {
    fn run(&self, key: Option<&SecretKey>) -> Result<PackReport> {
        let staging = self.staging()?;
        self.temporary.borrow_mut().extend(staging.iter().map(|staging| staging.home().to_path_buf()));
        let folder = self.folder(staging.as_ref())?;
        let place = self.place()?;
        self.not_inside(&place, &folder)?;
        let time = time(&folder)?;
        let report = |subject| PackReport {
            source: text::printable(&folder.shown).into_owned(),
            output: text::printable_path(&place),
            subject,
            layout: self.options.layout(),
            survivor: None,
            left_out: Vec::new(),
            time: time.seconds,
            time_from: time.from,
            written: Vec::new(),
            updated: Vec::new(),
        };
        let (archive, survivor, left_out) = match self.write_beside(&folder, &place, time, key)? {
            FolderOutcome::Refused(subject) => return Ok(report(*subject)),
            FolderOutcome::Written { archive, survivor, left_out } => (archive, survivor, left_out),
        };
        self.temporary.borrow_mut().push(archive.path());
        let (subject, signature) = self.judge_written(&archive, key)?;
        let mut report = PackReport { survivor: Some(survivor), left_out, ..report(subject) };
        if report.subject.verdict == Verdict::Fail {
            return Ok(report);
        }
        self.no_stale_signature(&archive, signature.as_deref())?;
        let mut all = vec![archive];
        if let Some(signature) = signature {
            let beside = files::with_extension(&place, "minisig");
            keys::may_write(&beside, Existing::Replaced)?;
            all.push(Staged::write(&beside, &signature, 0o666).map_err(|error| keys::unwritten(&beside, error))?);
        }
        for staged in &all {
            outputs::keep_mode(staged).map_err(|error| keys::unwritten(staged.place(), error))?;
        }
        if let Some(staging) = staging.filter(|_| self.options.update_bundle_dir) {
            report.updated = staging.update(
                self.options.from_repo.as_deref().unwrap_or(Path::new(".")),
                &self.names,
                self.interrupt,
            )?;
        }
        self.interrupt.check().context("nothing was written")?;
        report.written = all.iter().map(|staged| text::printable_path(staged.place())).collect();
        keys::commit(&all, Existing::Replaced)?;
        Ok(report)
    }

    fn staging(&self) -> Result<Option<Staging>> {
        let make = |repo: &PathBuf| Staging::make(repo, &self.configured.config.places(), &self.names, self.interrupt);
        self.options.from_repo.as_ref().map(make).transpose()
    }

    fn folder(&self, staging: Option<&Staging>) -> Result<PackedFolder> {
        if let Some(staging) = staging {
            let (path, commits) = (staging.path().to_path_buf(), staging.bundle());
            return Ok(PackedFolder { shown: text::printable_path(&commits), path, commits });
        }
        let given = self.options.folder.clone().unwrap_or_default();
        let path = PathBuf::from(&given);
        let found = fs::metadata(&path).with_context(|| {
            let help = "give the path of a bundle's folder";
            Failure::new(format!("cannot open {}", text::printable(&given))).at(&given).help(help)
        })?;
        if !found.is_dir() {
            let help = "give the folder that the archive is made of";
            bail!(Failure::new("only a folder can be packed").at(&given).help(help));
        }
        Ok(PackedFolder { shown: given, commits: path.clone(), path })
    }

    /// Where the archive will be.
    fn place(&self) -> Result<PathBuf> {
        let published = || {
            let repo = self.options.from_repo.clone().unwrap_or_default();
            repo.join(self.configured.config.places().published)
        };
        let place = self.options.output.clone().unwrap_or_else(published);
        let shown = text::printable_path(&place);
        let failure = |what: String, help: &str| Failure::new(what).at(&shown).help(help);
        if place.is_dir() {
            bail!(failure(format!("{shown} is a folder"), "name the archive: -o FILE"));
        }
        if let (None, Some(repo)) = (&self.options.output, &self.options.from_repo) {
            staging::inside(repo, place.parent().unwrap_or(repo), "published")?;
        }
        outputs::must_be_file(&place).with_context(|| {
            let help = "name a file: the archive is judged once more after it was written";
            failure(format!("cannot write {shown}"), help)
        })?;
        let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty());
        match folder {
            Some(folder) if !folder.is_dir() => {
                let what = format!("cannot write {shown}: there is no folder {}", text::printable_path(folder));
                bail!(failure(what, "make the folder, or name another with -o"))
            }
            _ => Ok(place),
        }
    }

    /// An archive inside its own folder would pack the one before it.
    fn not_inside(&self, place: &Path, folder: &PackedFolder) -> Result<()> {
        let parent = place.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let (Ok(parent), Ok(root)) = (parent.canonicalize(), folder.path.canonicalize()) else { return Ok(()) };
        if parent.starts_with(root) {
            let shown = text::printable_path(place);
            let help = "write it to another folder: the next archive would hold this one";
            bail!(Failure::new(format!("{shown} lies inside the folder that is packed")).at(&shown).help(help));
        }
        Ok(())
    }

    /// Judges the folder, and writes its archive beside its place unless the folder is refused. The folder's tree is
    /// gone from memory when the archive's is read.
    fn write_beside(
        &self,
        folder: &PackedFolder,
        place: &Path,
        time: Time,
        key: Option<&SecretKey>,
    ) -> Result<FolderOutcome> {
        let mut inspected = self.read(&folder.path, Depth::Digests, &|_| ())?;
        inspected.snapshot.path = folder.shown.clone();
        let bundle = inspected.bundle();
        let mut subject = engine::judge(&bundle, &self.policy);
        subject.findings.retain(is_never_mended);
        subject.verdict = self.policy.fail_on.verdict(&subject.findings);
        if subject.verdict == Verdict::Fail {
            return Ok(FolderOutcome::Refused(Box::new(subject)));
        }
        if let Some(defect) = inspected.hiding_defect() {
            bail!(Failure::new(format!("the folder was not read to its end: {}", defect.what)).at(&folder.shown));
        }
        let mut plan = PackPlan::new(&bundle, self.options.layout()).map_err(|error| unplanned(&error, folder))?;
        if let Some(key) = key {
            self.sign_inside(&mut plan, &bundle, time, key)?;
        }
        let archive = self.write(&plan, &folder.path, place, time)?;
        let left_out = plan.left_out.iter().map(ToString::to_string).collect();
        Ok(FolderOutcome::Written { archive, survivor: plan.survivor, left_out })
    }

    /// Adds the manifest of what is packed, and its signature: its time is the archive's, as its bytes are part of it.
    fn sign_inside(&self, plan: &mut PackPlan<'_>, bundle: &Bundle<'_>, time: Time, key: &SecretKey) -> Result<()> {
        plan.drop_manifest();
        let mut manifest = Vec::new();
        for item in plan.items() {
            match item.node {
                PackedNode::File { sha256, .. } => push_line(&mut manifest, item.path.as_bytes(), &sha256),
                PackedNode::Link(target) => push_link(&mut manifest, item.path.as_bytes(), target),
                PackedNode::Directory => {}
            }
        }
        if manifest.len() > MAX_MANIFEST {
            bail!("the manifest would be too large (at most {MAX_MANIFEST} bytes)");
        }
        let timestamp = (time.from != TimeSource::None).then_some(time.seconds);
        let version = bundle.package.package().and_then(|package| package.string("version")).map(str::to_owned);
        let comment = CommentFields { timestamp, file: Some(MANIFEST.to_owned()), version }.to_comment(true);
        let comment = comment.context("cannot make the trusted comment")?;
        let signature = sign_prehashed(key, &mut manifest.as_slice(), &comment)?;
        plan.add_file(MANIFEST, manifest);
        plan.add_file(MANIFEST_SIGNATURE, signature.into_bytes());
        Ok(())
    }

    fn write(&self, plan: &PackPlan<'_>, folder: &Path, place: &Path, time: Time) -> Result<Staged> {
        let mut fault = None;
        let open = |path: &crate::tree::path::RelPath| {
            use std::os::unix::ffi::OsStrExt;
            let path = folder.join(std::ffi::OsStr::from_bytes(path.as_bytes()));
            Ok(Box::new(files::open_regular(&path, Links::Refused)?) as Box<dyn io::Read>)
        };
        let staged = Staged::with(place, 0o666, |out| {
            let out = Heeding { out: BufWriter::with_capacity(128 * 1024, out), interrupt: self.interrupt };
            let mut compressor = Compressor::new(out);
            match tar::write(plan.items(), time.seconds, &open, &mut compressor) {
                Ok(()) => compressor.finish()?.out.flush(),
                Err(WriteError::Write(error)) => Err(error),
                Err(error) => {
                    fault = Some(error);
                    Err(io::Error::other("a file could not be packed"))
                }
            }
        });
        staged.map_err(|error| match fault {
            Some(fault) => unpacked(fault),
            None => keys::unwritten(place, error),
        })
    }

    /// Judges the archive as `check` would, and signs the very bytes that were judged.
    fn judge_written(&self, staged: &Staged, key: Option<&SecretKey>) -> Result<(SubjectReport, Option<Vec<u8>>)> {
        let signer = RefCell::new(key.map(PrehashedSigner::begin));
        let mut inspected = self.read(&staged.path(), Depth::Digests, &|chunk| {
            if let Some(signer) = signer.borrow_mut().as_mut() {
                signer.update(chunk);
            }
        })?;
        inspected.snapshot.path = text::printable_path(staged.place());
        let mut trust = TrustStore::new();
        if let Some(key) = key {
            trust.add(key.public(), "--sign".to_owned());
        }
        let (manifest, manifest_signature) =
            manifest_inside(&inspected.snapshot, &inspected.ownership, &self.names, &trust);
        let mut authenticity = Authenticity { manifest, manifest_signature, ..Authenticity::default() };
        let mut signature = None;
        if let Some(signer) = signer.into_inner() {
            let version = inspected.version();
            let file = staged.place().file_name().map(|name| name.to_string_lossy().into_owned());
            let comment = CommentFields { timestamp: sign::now()?, file, version }.to_comment(true);
            let comment = comment.context("cannot make the trusted comment")?;
            signature = Some(signer.finish(&comment).into_bytes());
            authenticity.detached.report = SignatureReport {
                status: SignatureStatus::Verified,
                format: Some("minisign".to_owned()),
                key_id: key.map(|key| key.id().to_string()),
                comment: Some(text::printable(&comment.text()).into_owned()),
            };
        }
        inspected.authenticity = authenticity;
        Ok((inspected.judge(&self.policy), signature))
    }

    /// Refuses to leave a signature of the old archive beside a new one.
    fn no_stale_signature(&self, staged: &Staged, signature: Option<&[u8]>) -> Result<()> {
        for extension in ["minisig", "sig"] {
            let other = files::with_extension(staged.place(), extension);
            let made_anew = signature.is_some() && extension == "minisig";
            if !made_anew && fs::symlink_metadata(&other).is_ok() && !same_content(&staged.path(), staged.place()) {
                let shown = text::printable_path(&other);
                let message = format!("{shown} signs the archive that is there now, and would stay beside another");
                let help = "nothing was written; remove it first, or sign the new archive with --sign KEY";
                bail!(Failure::new(message).at(&shown).help(help));
            }
        }
        Ok(())
    }

    /// Reading cannot be stopped half-way: a signal that comes meanwhile is obeyed from within.
    fn heed(&self) {
        if self.interrupt.check().is_err() {
            self.temporary.borrow().iter().for_each(|path| host::folders::discard(path));
            self.interrupt.take_leave();
        }
    }

    fn read(&self, path: &Path, depth: Depth<'_>, raw: &dyn Fn(&[u8])) -> Result<Inspected> {
        self.interrupt.check().context("nothing was written")?;
        let progress = self.session.progress();
        let show = |read, length| {
            progress.show(read, length);
            self.heed();
        };
        let plain = InspectOptions::plain(&self.names, self.limits, depth);
        let expectations = || Expectations { updates: self.configured.config.updates(), ..Expectations::default() };
        let options =
            InspectOptions { authentication: &NotAsked(raw), progress: &show, expectations: &expectations, ..plain };
        Ok(inspect(&path.to_string_lossy(), &options)?)
    }
}

/// What packing cannot put right. What a rule only warns of by default, such as what only developers need of the shared
/// package, is judged in the archive.
fn is_never_mended(finding: &Finding) -> bool {
    rules::find(finding.rule).is_none_or(|rule| rule.severity == Severity::Error)
}

fn unplanned(error: &PlanError, folder: &PackedFolder) -> Failure {
    let help = match error {
        PlanError::NotEditable(_) => "write it in UTF-8, or keep to the folder with --layout documented",
        PlanError::Special { .. } => "take it out of the folder",
        PlanError::NotRead(_) => "pack again when nothing writes to the folder",
    };
    Failure::new(error.to_string()).at(&folder.shown).help(help)
}

/// Why a file of the folder did not get into the archive.
fn unpacked(error: WriteError) -> Error {
    let failure = Failure::new(error.to_string());
    let failure = failure.help("nothing was written; pack again when nothing writes to the folder");
    match error {
        WriteError::Read { source, .. } => Error::new(source).context(failure),
        WriteError::Changed(_) | WriteError::Write(_) => failure.into(),
    }
}

/// The time of all entries: SOURCE_DATE_EPOCH (reproducible-builds.org), else the last commit's, else the epoch.
fn time(folder: &PackedFolder) -> Result<Time> {
    if host::env("SOURCE_DATE_EPOCH").is_some() {
        let seconds = sign::now()?.unwrap_or_default().min(LATEST);
        return Ok(Time { seconds, from: TimeSource::SourceDateEpoch });
    }
    Ok(match host::git::last_commit_time(&folder.commits) {
        Some(seconds) => Time { seconds, from: TimeSource::LastCommit },
        None => Time { seconds: 0, from: TimeSource::None },
    })
}

fn same_content(one: &Path, other: &Path) -> bool {
    let (Ok(mut one), Ok(mut other)) = (fs::File::open(one), fs::File::open(other)) else { return false };
    let (mut left, mut right) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    loop {
        let (Ok(a), Ok(b)) = (fill(&mut one, &mut left), fill(&mut other, &mut right)) else { return false };
        if left.get(..a) != right.get(..b) {
            return false;
        }
        if a == 0 {
            return true;
        }
    }
}

fn fill(file: &mut impl io::Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while let Some(room) = buffer.get_mut(length..).filter(|room| !room.is_empty()) {
        match file.read(room)? {
            0 => break,
            count => length += count,
        }
    }
    Ok(length)
}

/// A writer that gives up once the program was asked to end.
struct Heeding<'a, W> {
    out: W,
    interrupt: &'a Interrupt,
}

impl<W: Write> Write for Heeding<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.interrupt.check()?;
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
