//! `diff`: both bundles are read and judged as `check` does, then compared.

use super::failure::Failure;
use super::keys::{self, Unsigned};
use super::session::{Configured, Session};
use crate::check::authentication::{Authentication, NotAsked, SignatureCheck, Trust};
use crate::check::bundle::{Bundle, Expectations};
use crate::check::contents::Depth;
use crate::check::inspect::{InspectOptions, Inspected, inspect};
use crate::cli::diff::Diff;
use crate::cli::signing::KeyArgs;
use crate::release::diff::{self, ChangedNode, Difference};
use crate::report::bundle_layout::BundleLayout;
use crate::report::finding::Finding;
use crate::report::policy::Policy;
use crate::tree::limits::{Limits, MAX_KEPT_OF_A_TEXT};
use crate::tree::names::ConfiguredNames;
use crate::tree::nodes::Content;
use crate::tree::snapshot::Snapshot;
use crate::update::generation::UpdateScope;
use crate::{exit_code, render, text};
use anyhow::{Result, bail};
use std::collections::{BTreeMap, BTreeSet};

/// Most bytes of texts that are compared, on either side.
const MAX_TEXT: u64 = 8 << 20;

struct DiffJob<'a> {
    session: &'a Session<'a>,
    names: ConfiguredNames,
    limits: Limits,
    policy: Policy,
    updates: UpdateScope,
    trust: Trust,
}

/// One side of the comparison.
struct Side {
    inspected: Inspected,
    findings: Vec<Finding>,
}

/// Compares two bundles.
pub(super) fn run(options: &Diff, session: &Session<'_>) -> Result<u8> {
    if options.a == "-" && options.b == "-" {
        bail!(Failure::new("stdin can be read once only").help("give a path for one of them"));
    }
    if options.text && (options.a == "-" || options.b == "-") {
        let help = "save it to a file, and give its path";
        bail!(Failure::new("--text reads each bundle twice, and stdin can be read once only").help(help));
    }
    let configured = session.configuration()?;
    let job = DiffJob::new(options, session, &configured)?;
    let (a, b) = (job.side(&options.a)?, job.side(&options.b)?);
    let mut difference = job.compare(&a, &b);
    drop((a, b));
    if options.text {
        job.add_texts(options, &mut difference.changed)?;
    }
    let subjects = [&options.a, &options.b].map(|path| text::printable(path).into_owned());
    let format = session.common.format();
    session.write(|out| render::diff(format, &subjects, &difference, session.style(), out))?;
    Ok(if difference.identical { exit_code::PASS } else { exit_code::FAIL })
}

impl<'a> DiffJob<'a> {
    fn new(options: &Diff, session: &'a Session<'a>, configured: &Configured) -> Result<Self> {
        Ok(Self {
            session,
            names: configured.config.names(),
            limits: options.limits.over(configured.config.limits()?.of_two()),
            policy: session.policy(configured, &[])?,
            updates: configured.config.updates(),
            trust: keys::trust(&KeyArgs::default(), Unsigned::AsConfigured, configured)?,
        })
    }

    /// Reads and judges one of them.
    fn side(&self, path: &str) -> Result<Side> {
        let inspected = self.read(path, Depth::Digests, &SignatureCheck::new(&self.trust, path, None))?;
        let findings = inspected.judge(&self.policy).findings;
        Ok(Side { inspected, findings })
    }

    fn compare(&self, a: &Side, b: &Side) -> Difference {
        let [first, second] = [a, b].map(|side| side.inspected.bundle_unfollowed());
        let [before, after] = [a, b].map(|side| &side.inspected.snapshot);
        let known = [before, after].map(Snapshot::tree_is_known);
        let compared = known == [true; 2];
        // Of two archives that are no archives, the same bytes are the same.
        let same_bytes = before.sha256.is_some() && before.sha256 == after.sha256;
        let (added, removed, changed) =
            if compared { diff::compare(first.tree(), second.tree()) } else { Default::default() };
        let version = |bundle: &Bundle<'_>| {
            let package = bundle.package.package()?;
            package.string("version").map(|version| text::printable(version).into_owned())
        };
        Difference {
            identical: same_bytes || (compared && added.is_empty() && removed.is_empty() && changed.is_empty()),
            compared,
            version: if compared { [version(&first), version(&second)] } else { [None, None] },
            layout: if compared {
                [first.layout.name(), second.layout.name()]
            } else {
                [BundleLayout::Unknown.name(); 2]
            },
            dependencies: if compared { diff::dependencies(&first, &second) } else { Vec::new() },
            added,
            removed,
            changed,
            findings_new: diff::findings_beside(&b.findings, &a.findings),
            findings_gone: diff::findings_beside(&a.findings, &b.findings),
        }
    }

    /// Reads both again for the files that changed, as far as they are small, and compares them line by line.
    fn add_texts(&self, options: &Diff, changed: &mut [ChangedNode]) -> Result<()> {
        let mut room = MAX_TEXT;
        let mut wanted = BTreeSet::new();
        for change in changed.iter().filter(|change| change.is_of_content()) {
            let largest = change.before.size.max(change.after.size).unwrap_or(u64::MAX);
            if largest <= MAX_KEPT_OF_A_TEXT && largest <= room {
                room -= largest;
                wanted.insert(change.raw.as_bytes().to_vec());
            }
        }
        let before = self.contents(&options.a, &wanted)?;
        let after = self.contents(&options.b, &wanted)?;
        for change in changed.iter_mut() {
            let path = change.raw.as_bytes();
            if let (Some(before), Some(after)) = (before.get(path), after.get(path)) {
                change.text = diff::text::unified(&change.path, before, after);
            }
        }
        Ok(())
    }

    fn contents(&self, path: &str, wanted: &BTreeSet<Vec<u8>>) -> Result<BTreeMap<Vec<u8>, Box<[u8]>>> {
        let inspected = self.read(path, Depth::Contents(wanted), &NotAsked(&|_| ()))?;
        let tree = inspected.tree();
        let content = |path: &Vec<u8>| match tree.content(tree.find(path)?) {
            Content::Whole(bytes) => Some((path.clone(), bytes.clone())),
            Content::NotKept | Content::TooLarge => None,
        };
        Ok(wanted.iter().filter_map(content).collect())
    }

    fn read(&self, path: &str, depth: Depth<'_>, authentication: &dyn Authentication) -> Result<Inspected> {
        let progress = self.session.progress_of(path);
        let show = |read, length| progress.show(read, length);
        let plain = InspectOptions::plain(&self.names, self.limits, depth);
        let expectations = || Expectations { updates: self.updates.clone(), ..Expectations::default() };
        let options = InspectOptions { authentication, progress: &show, expectations: &expectations, ..plain };
        Ok(inspect(path, &options)?)
    }
}
