//! `release`: reads a repository and walks the checklist over it.

mod build;
mod installers;
mod previous;
mod trial;

use super::failure::Failure;
use super::keys;
use super::session::{Configured, Session, watch};
use crate::check::authentication::{Authentication, NotAsked, SignatureCheck};
use crate::check::bundle::Expectations;
use crate::check::contents::Depth;
use crate::check::inspect::{InspectOptions, Inspected, inspect};
use crate::cli::release::Release;
use crate::commands::keys::Unsigned;
use crate::exit_code;
use crate::host::interrupt::{Interrupt, Second};
use crate::host::{folders, git};
use crate::node::package_file::{PackageFile, read_package};
use crate::release::checklist;
use crate::release::workspace::{Build, Demand, Published, Stamp, Workspace};
use crate::render;
use crate::report::format::ReportFormat;
use crate::report::policy::Policy;
use crate::text;
use crate::tree::limits::{Limits, MAX_KEPT_OF_A_FILE};
use crate::tree::names::{ConfiguredNames, ReleasePlaces};
use crate::tree::reading::ProgressObserver;
use crate::tree::snapshot::Snapshot;
use crate::update::generation::UpdateScope;
use anyhow::{Context, Error, Result, bail};
use std::path::{Path, PathBuf};

/// What reading a repository takes.
struct ReleaseJob<'a> {
    options: &'a Release,
    session: &'a Session<'a>,
    configured: &'a Configured,
    repo: PathBuf,
    names: ConfiguredNames,
    places: ReleasePlaces,
    limits: Limits,
    policy: Policy,
    interrupt: &'a Interrupt,
}

/// Walks the checklist over one repository.
pub(super) fn run(options: &Release, session: &Session<'_>) -> Result<u8> {
    let repo = PathBuf::from(&options.repo);
    let configured = session.configuration_of(&repo)?;
    let interrupt = watch(Second::Ends)?;
    let job = ReleaseJob {
        options,
        session,
        configured: &configured,
        names: configured.config.names(),
        places: configured.config.places(),
        limits: options.limits.over(configured.config.limits()?),
        policy: session.policy(&configured, options.keys.demands())?,
        interrupt: &interrupt,
        repo,
    };
    let workspace = job.workspace();
    // What was temporary is gone by now.
    interrupt.take_leave();
    let report = checklist::walk(&workspace?, &options.repo, &job.policy);
    session.write(|out| render::release(session.common.format(), &report, session.style(), out))?;
    session.append_summary(|out| render::release(ReportFormat::Markdown, &report, session.style(), out));
    Ok(exit_code::of(report.verdict))
}

impl ReleaseJob<'_> {
    fn workspace(&self) -> Result<Workspace> {
        let ReleasePlaces { agent, bundle, shared, .. } = &self.places;
        std::fs::metadata(&self.repo).with_context(|| {
            let shown = text::printable_path(&self.repo);
            Failure::new(format!("cannot open {shown}")).at(&shown).help("give the repository's root")
        })?;
        if !self.repo.join(agent).is_dir() {
            let shown = text::printable_path(&self.repo);
            let help = "give the repository's root, or name the agent's folder in `[release] agent`";
            bail!(Failure::new(format!("{shown} has no folder {agent}")).at(&shown).help(help));
        }
        let bundle_folder = self.inspected(bundle)?;
        let bundle_package =
            bundle_folder.as_ref().map_or(PackageFile::Missing, |folder| read_package(folder.tree(), "package.json"));
        let agent_package = self.package_of(agent)?;
        Ok(Workspace {
            previous: self.previous(&agent_package)?,
            dist: self.folder(&self.places.agent_dist())?,
            dist_build: self.build(agent)?,
            sources: self.folder(&format!("{agent}/src"))?,
            newer_sources: self.newer_sources(agent)?,
            not_copied: self.configured.config.not_copied()?,
            installers: self.installers()?,
            bundle_dist: self.folder(&self.places.bundle_dist())?,
            shared: self.folder(shared)?,
            shared_build: self.build(shared)?,
            shared_copy: self.folder(&format!("{bundle}/{}", self.names.shared_copy()))?,
            published: self.published()?,
            trial: self.trial()?,
            names: self.names.clone(),
            places: self.places.clone(),
            agent_package,
            bundle_package,
            bundle: bundle_folder,
        })
    }

    /// Whose updates are looked at, and whose outcome is an error.
    fn updates(&self) -> UpdateScope {
        self.options.updates(self.configured.config.updates())
    }

    /// A folder of the repository with the digests of its files; nothing where there is none.
    fn folder(&self, path: &str) -> Result<Option<Snapshot>> {
        Ok(self.inspected(path)?.map(|inspected| inspected.snapshot))
    }

    fn inspected(&self, path: &str) -> Result<Option<Inspected>> {
        let place = self.repo.join(path);
        if !place.is_dir() {
            return Ok(None);
        }
        let inspected = self.read(&place, Depth::Digests)?;
        whole(&inspected, path)?;
        Ok(Some(inspected))
    }

    fn read(&self, place: &Path, depth: Depth<'_>) -> Result<Inspected> {
        let progress = self.session.progress();
        let show = |read, length| {
            progress.show(read, length);
            // Nothing temporary lies about while something is read.
            self.interrupt.take_leave();
        };
        self.inspect(&place.to_string_lossy(), depth, &NotAsked(&|_| ()), &show)
    }

    /// [`ReleaseJob::read`] of something temporary: a signal waits until that is gone again.
    fn read_quietly(&self, place: &Path, depth: Depth<'_>) -> Result<Inspected> {
        self.inspect(&place.to_string_lossy(), depth, &NotAsked(&|_| ()), &|_, _| ())
    }

    fn inspect(
        &self,
        path: &str,
        depth: Depth<'_>,
        authentication: &dyn Authentication,
        progress: ProgressObserver<'_>,
    ) -> Result<Inspected> {
        let plain = InspectOptions::plain(&self.names, self.limits, depth);
        let expectations = || Expectations { updates: self.updates(), ..Expectations::default() };
        Ok(inspect(path, &InspectOptions { authentication, progress, expectations: &expectations, ..plain })?)
    }

    /// The `package.json` of a folder that may be large beside it.
    fn package_of(&self, folder: &str) -> Result<PackageFile> {
        use crate::host::files::{Links, read_regular};
        use crate::node::package::{Package, PackageFault};
        let place = self.repo.join(folder).join("package.json");
        let most = usize::try_from(MAX_KEPT_OF_A_FILE).unwrap_or(usize::MAX);
        match read_regular(&place, most, Links::Followed) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(PackageFile::Missing),
            Err(error) => {
                let shown = text::printable_path(&place);
                Err(Error::new(error).context(Failure::new(format!("cannot read {shown}")).at(&shown)))
            }
            Ok(read) if read.size > most => Ok(PackageFile::Invalid(PackageFault::TooLarge)),
            Ok(read) => Ok(Package::parse(&read.bytes).map_or_else(PackageFile::Invalid, PackageFile::Read)),
        }
    }

    /// What is known of a package's compiled code and its sources.
    fn build(&self, folder: &str) -> Result<Build> {
        let scripts = self.package_of(folder)?;
        let has_build = scripts.package().and_then(|package| package.get("scripts")?.get("build")).is_some();
        if self.options.build && has_build {
            return self.build_again(folder);
        }
        let (sources, built) = (format!("{folder}/src"), format!("{folder}/dist"));
        if git::are_as_committed(&self.repo, &[&sources, &built]) {
            return Ok(Build::CheckedOut);
        }
        let records_a_build = |path: &Path| path.extension().is_some_and(|extension| extension == "tsbuildinfo");
        let beside =
            self.newest(folder, &|path| records_a_build(path) && path.parent() == Some(&self.repo.join(folder)))?;
        let built = [self.newest(&built, &|_| true)?, beside].into_iter().flatten().max_by_key(|stamp| stamp.time);
        Ok(Build::Times { source: self.newest(&sources, &|_| true)?, built })
    }

    /// The sources, relative to their folder, that were written later than what has their path in the compiled code.
    fn newer_sources(&self, agent: &str) -> Result<Vec<String>> {
        let (sources, compiled) = (self.repo.join(agent).join("src"), self.repo.join(agent).join("dist"));
        folders::newer_than_counterparts(&sources, &compiled)
            .with_context(|| Failure::new(format!("cannot look into {agent}/src")).at(agent))
    }

    fn newest(&self, folder: &str, counts: &dyn Fn(&Path) -> bool) -> Result<Option<Stamp>> {
        let found = folders::newest(&self.repo.join(folder), counts)
            .with_context(|| Failure::new(format!("cannot look into {folder}")).at(folder))?;
        Ok(found.map(|(path, time)| {
            let path = path.strip_prefix(&self.repo).map_or(path.clone(), Path::to_path_buf);
            Stamp { path: text::printable_path(&path), time }
        }))
    }

    /// The published archive, judged as `check` does with the keys that are configured.
    fn published(&self) -> Result<Published> {
        let place = self.repo.join(&self.places.published);
        if !place.exists() {
            return Ok(Published::Missing);
        }
        let path = place.to_string_lossy().into_owned();
        let trust = keys::trust(&self.options.keys, Unsigned::AsConfigured, self.configured)?;
        let signatures = SignatureCheck::new(&trust, &path, self.options.keys.signature.as_deref());
        let progress = self.session.progress();
        let show = |read, length| progress.show(read, length);
        let inspected = self.inspect(&path, Depth::Digests, &signatures, &show)?;
        let report = inspected.judge(&self.policy);
        let configured = &self.configured.config.signature;
        let named = !configured.keys.is_empty() || configured.required || !self.options.keys.keys.is_empty();
        let signature = if named { Demand::Verified } else { Demand::Nothing };
        Ok(Published::Read { snapshot: Box::new(inspected.snapshot), report: Box::new(report), signature })
    }
}

/// Refuses a folder that reading gave up on.
fn whole(inspected: &Inspected, path: &str) -> Result<()> {
    let Some(defect) = inspected.hiding_defect() else { return Ok(()) };
    let help = "raise the limit that stopped it: --max-size, --max-entries or --max-depth";
    bail!(Failure::new(format!("{path} was not read to its end: {}", defect.what)).at(path).help(help))
}
