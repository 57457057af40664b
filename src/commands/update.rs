//! `update`: another bundle in the place of the deployed one, by the same transaction as `repair`.

use super::doctor::Prepared;
use super::failure::Failure;
use super::moved;
use super::session::Session;
use super::transaction::{self, Consent, OpenedFiles, Resumed, TransactionRun};
use crate::cli::update::Update;
use crate::doctor::repair::journal::{Journals, Record};
use crate::doctor::repair::plan::RepairPlan;
use crate::doctor::repair::update::{self, Downgrade, Offered, SIGNATURES};
use crate::doctor::report::DoctorReport;
use crate::host::files::{self, Links};
use crate::host::trusted;
use crate::render::repair::RepairReport;
use crate::report::transaction::{Deed, RepairVerdict};
use crate::report::words::{AbsolutePath, HttpUrl};
use crate::{exit_code, text};
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;

/// Updates this server.
pub(super) fn run(options: &Update, session: &Session<'_>) -> Result<u8> {
    let consent = Consent::of(&options.change);
    if !options.dry_run {
        transaction::may_begin(Deed::Update, consent)?;
    }
    let source = options.source.as_deref().filter(|_| !options.undo).map(opened).transpose()?;
    let prepared = Prepared::new(&options.change.examination(&options.keys), session)?;
    if !options.dry_run && transaction::is_within(&prepared) {
        return moved::onward(prepared.unit(), session);
    }
    let run = TransactionRun::new(Deed::Update, consent, session, prepared);
    let downgrade = if options.allow_downgrade { Downgrade::Allowed } else { Downgrade::Refused };
    if options.dry_run {
        let Some((offered, _)) = source else { bail!(Failure::new("no bundle is named")) };
        return planned(&run, &offered, downgrade);
    }
    let journals = transaction::journals()?;
    let last = transaction::last(&journals)?;
    let done = match source {
        Some((offered, files)) => update(&run, &journals, last, &offered, &files, downgrade),
        None => run.undo(&journals, last),
    };
    run.obey();
    done
}

/// What is offered: an address, or a file, which is opened here and nowhere else.
fn opened(source: &str) -> Result<(Offered, Vec<(&'static str, File)>)> {
    if source.contains("://") {
        let url = HttpUrl::new(source).map_err(|refused| {
            Failure::new(refused.to_string()).help("give a plain http or https address, or fetch it and give its path")
        })?;
        return Ok((Offered::At(url), Vec::new()));
    }
    let shown = text::printable(source).into_owned();
    let failure = || {
        let help =
            "give the path of an archive, or its http or https address; `bundle-doctor pack` makes one of a folder";
        Failure::new(format!("cannot open {shown}")).at(&shown).help(help)
    };
    let path = std::fs::canonicalize(source).with_context(failure)?;
    let checked = AbsolutePath::new(&path.to_string_lossy())
        .map_err(|refused| Failure::new(refused.to_string()).at(&shown).help("give it a plain name"))?;
    let open = |named: &Path, place: &Path| -> io::Result<File> {
        let file = files::open_regular(place, Links::Refused)?;
        // The unit's user reads the copy: what only root may read is not handed on because somebody's link led there.
        trusted::may_be_handed_on(named, &file).and_then(|()| trusted::may_be_handed_on(place, &file))?;
        Ok(file)
    };
    let mut files = vec![("agent-bundle.tar.gz", open(Path::new(source), &path).with_context(failure)?)];
    for (ending, name) in SIGNATURES {
        let mut beside = path.clone().into_os_string();
        beside.push(format!(".{ending}"));
        let beside = Path::new(&beside);
        match std::fs::canonicalize(beside).and_then(|place| open(beside, &place)) {
            Ok(file) => files.push((name, file)),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(failure),
        }
    }
    Ok((Offered::File(checked), files))
}

fn plan(
    run: &TransactionRun<'_>,
    report: &DoctorReport,
    offered: &Offered,
    downgrade: Downgrade,
) -> Result<Box<RepairPlan>> {
    update::plan(report, run.prepared.policy(), offered, downgrade).map_err(|why| {
        let why = format!("{} is not updated: {why}", run.prepared.unit());
        Failure::new(why).help("bundle-doctor doctor says more").into()
    })
}

fn planned(run: &TransactionRun<'_>, offered: &Offered, downgrade: Downgrade) -> Result<u8> {
    let report = run.looked();
    let plan = plan(run, &report, offered, downgrade)?;
    run.show_plan(&plan)?;
    let versions = [update::deployed_version(&report.facts), None];
    run.tell(&RepairReport { plan: Some(&plan), versions, ..run.told(RepairVerdict::Planned) })?;
    Ok(exit_code::PASS)
}

fn update(
    run: &TransactionRun<'_>,
    journals: &Journals,
    last: Option<Record>,
    offered: &Offered,
    files: &OpenedFiles,
    downgrade: Downgrade,
) -> Result<u8> {
    let mut last = last;
    if let Some(open) = last.as_mut().filter(|last| last.is_open())
        && let Resumed::Declined = run.resumed(journals, open)?
    {
        return Ok(exit_code::FAIL);
    }
    let report = run.looked();
    let plan = plan(run, &report, offered, downgrade)?;
    run.show_plan(&plan)?;
    let from = update::deployed_version(&report.facts);
    if !run.is_wanted("carry it out?")? {
        let told = run.told(RepairVerdict::Declined);
        run.tell(&RepairReport { plan: Some(&plan), versions: [from, None], ..told })?;
        return Ok(exit_code::FAIL);
    }
    let last = last.filter(|last| !last.is_open());
    let outcome = run.carried_out(&plan, &report, journals, last.as_ref(), files)?;
    run.finished(outcome, &plan, from)
}
