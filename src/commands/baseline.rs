//! The file of `check --baseline` and `--write-baseline`: read before anything is judged, written when all is.

use super::failure::{Failure, refused};
use super::session::Session;
use crate::check::baseline::{self, Baseline, MAX_BASELINE};
use crate::cli::check::CheckArgs;
use crate::host::files::{self, Links};
use crate::host::{self, trusted};
use crate::report::baseline::BaselineReport;
use crate::report::policy::Policy;
use crate::report::subject::SubjectReport;
use crate::text;
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::path::Path;

/// What is taken as known, and what is not, whatever a file says.
pub(super) struct Accepted<'a> {
    source: BaselineSource<'a>,
    policy: &'a Policy,
    demands: Vec<&'static str>,
}

/// Where what is known comes from.
enum BaselineSource<'a> {
    /// There is nothing of the kind.
    Nowhere,
    /// From a file, which was read.
    Read(&'a Path, Baseline),
    /// From the run itself, which writes it to that file.
    Written(&'a Path),
}

impl<'a> Accepted<'a> {
    /// Reads the file that is to be heeded, and looks at the place of the one that is to be written.
    pub(super) fn of(options: &'a CheckArgs, policy: &'a Policy) -> Result<Self> {
        let source = match (&options.baseline, &options.write_baseline) {
            (Some(path), _) => BaselineSource::Read(path, read(path)?),
            (None, Some(path)) => {
                may_be_written(path)?;
                BaselineSource::Written(path)
            }
            (None, None) => BaselineSource::Nowhere,
        };
        Ok(Self { source, policy, demands: options.demands() })
    }

    /// Takes what is known out of the findings, once the file is written where one is to be.
    pub(super) fn apply(
        &self,
        subjects: &mut [SubjectReport],
        session: &Session<'_>,
    ) -> Result<Option<BaselineReport>> {
        let is_demanded = |rule: &str| baseline::is_demanded(rule, &self.demands, self.policy);
        let written;
        let (path, known) = match &self.source {
            BaselineSource::Nowhere => return Ok(None),
            BaselineSource::Read(path, known) => (path, known),
            BaselineSource::Written(path) => {
                written = Baseline::of(subjects, is_demanded);
                write(path, &written, session)?;
                let found = subjects.iter().flat_map(|subject| &subject.findings).map(|finding| finding.rule);
                let left: BTreeSet<_> =
                    found.filter(|rule| is_demanded(rule) || !baseline::can_be_known(rule)).collect();
                for rule in left {
                    session.note(&format!("`{rule}` is not in the baseline: it cannot be taken as known"));
                }
                (path, &written)
            }
        };
        for rule in known.overruled(is_demanded) {
            session.note(&format!("the baseline holds `{rule}`; the command line demands it, so that is not heeded"));
        }
        Ok(Some(known.apply(&path.to_string_lossy(), subjects, self.policy, is_demanded)))
    }
}

fn read(path: &Path) -> Result<Baseline> {
    let shown = path.to_string_lossy().into_owned();
    let failure = || Failure::new(format!("cannot read the baseline {shown}")).at(&shown);
    let read = trusted::read(path, MAX_BASELINE).map_err(|error| {
        refused(error, failure().help("`bundle-doctor check --write-baseline FILE PATH` makes one"))
    })?;
    if read.size > MAX_BASELINE {
        bail!("{}: it is larger than any baseline ({MAX_BASELINE} bytes)", failure());
    }
    Baseline::parse(&read.bytes).map_err(|error| {
        let failure = failure().help(error.help);
        anyhow::Error::new(error).context(failure)
    })
}

/// A baseline that is there may be replaced; any other file was named by mistake.
fn may_be_written(path: &Path) -> Result<()> {
    let shown = path.to_string_lossy().into_owned();
    let failure = || Failure::new(format!("cannot write the baseline {shown}")).at(&shown);
    // What is no file is written into or refused by whoever writes.
    if !std::fs::metadata(path).is_ok_and(|found| found.is_file()) {
        return Ok(());
    }
    let found = files::read_regular(path, MAX_BASELINE, Links::Followed).with_context(failure)?;
    if !baseline::is_baseline(&found.bytes) {
        let help = "give another name, or remove that file first";
        bail!(Failure::new(format!("{shown} is there, and is no baseline")).at(&shown).help(help));
    }
    Ok(())
}

fn write(path: &Path, known: &Baseline, session: &Session<'_>) -> Result<()> {
    let shown = path.to_string_lossy().into_owned();
    host::write_whole(path, |out| known.write(out))
        .with_context(|| Failure::new(format!("cannot write the baseline {shown}")).at(&shown))?;
    let count = text::plural(known.len() as u64, "known finding");
    session.note(&format!("{} has {count}; look through them before you commit it", text::printable(&shown)));
    Ok(())
}
