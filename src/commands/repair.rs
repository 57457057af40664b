//! `repair`: what doctor would print, planned, agreed to, carried out, and taken back where it does not help.

use super::doctor::Prepared;
use super::failure::Failure;
use super::session::Session;
use super::transaction::{self, Consent, Resumed, TransactionRun};
use crate::cli::repair::Repair;
use crate::doctor::repair::journal::{Journals, Record};
use crate::doctor::repair::plan::{Planned, plan};
use crate::doctor::report::DoctorReport;
use crate::exit_code;
use crate::render::repair::RepairReport;
use crate::report::server::Health;
use crate::report::transaction::{Deed, RepairVerdict};
use anyhow::{Result, bail};

/// Repairs this server.
pub(super) fn run(options: &Repair, session: &Session<'_>) -> Result<u8> {
    let consent = Consent::of(&options.change);
    if !options.dry_run {
        transaction::may_begin(Deed::Repair, consent)?;
    }
    let prepared = Prepared::new(&options.change.examination(&options.keys), session)?;
    let run = TransactionRun::new(Deed::Repair, consent, session, prepared);
    if options.dry_run {
        return planned(&run);
    }
    let unit = run.prepared.unit().to_owned();
    if transaction::is_within(&run.prepared) {
        let help = "systemd-run --wait --pipe --collect bundle-doctor repair --yes";
        bail!(Failure::new(format!("it runs inside {unit}, and would be ended by the restart")).help(help));
    }
    let journals = transaction::journals()?;
    let last = transaction::last(&journals)?;
    let done = if options.undo { run.undo(&journals, last) } else { repair(&run, &journals, last) };
    run.obey();
    done
}

fn planned(run: &TransactionRun<'_>) -> Result<u8> {
    let report = run.looked();
    match plan(&report) {
        Planned::Nothing(left) => nothing(run, &report, &left),
        Planned::Refused { cause, why, by_hand } => Err(refused(cause, &why, &by_hand)),
        Planned::Plan(plan) => {
            run.show_plan(&plan)?;
            run.tell(&RepairReport { plan: Some(&plan), ..run.told(RepairVerdict::Planned) })?;
            Ok(exit_code::PASS)
        }
    }
}

fn nothing(run: &TransactionRun<'_>, report: &DoctorReport, left: &[&str]) -> Result<u8> {
    let mut told = RepairReport { health: Some(report.health), ..run.told(RepairVerdict::NothingToDo) };
    if !left.is_empty() {
        told.why.push(format!("left to you: {}", left.join(", ")));
        told.next = Some("bundle-doctor doctor".to_owned());
    }
    run.tell(&told)?;
    Ok(if report.health == Health::Inconclusive { exit_code::INCONCLUSIVE } else { exit_code::PASS })
}

fn repair(run: &TransactionRun<'_>, journals: &Journals, last: Option<Record>) -> Result<u8> {
    let mut last = last;
    if let Some(open) = last.as_mut().filter(|last| last.is_open()) {
        match run.resumed(journals, open)? {
            Resumed::TakenBack => {}
            Resumed::Declined => return Ok(exit_code::FAIL),
            Resumed::Finished(report) => {
                run.tell(&RepairReport { health: Some(report.health), ..run.told(RepairVerdict::Repaired) })?;
                return Ok(exit_code::PASS);
            }
        }
    }
    let report = run.looked();
    let plan = match plan(&report) {
        Planned::Nothing(left) => return nothing(run, &report, &left),
        Planned::Refused { cause, why, by_hand } => return Err(refused(cause, &why, &by_hand)),
        Planned::Plan(plan) => plan,
    };
    run.show_plan(&plan)?;
    if !run.is_wanted("carry it out?")? {
        run.tell(&RepairReport { plan: Some(&plan), ..run.told(RepairVerdict::Declined) })?;
        return Ok(exit_code::FAIL);
    }
    let last = last.filter(|last| !last.is_open());
    let outcome = run.carried_out(&plan, &report, journals, last.as_ref(), &[])?;
    run.finished(outcome, &plan, None)
}

fn refused(cause: &str, why: &str, by_hand: &[String]) -> anyhow::Error {
    let help = match by_hand {
        [] => "bundle-doctor doctor says what to do by hand".to_owned(),
        block => {
            // Lines of a here-document stand at the margin, where the shell wants its end.
            let indent = |line: &String| if line.contains('\n') { line.clone() } else { format!("  {line}") };
            let lines: Vec<String> = block.iter().map(indent).collect();
            format!("by hand, as one block: it stops at the first failure\n{}", lines.join("\n"))
        }
    };
    Failure::new(format!("{cause} is not repaired here: {why}")).help(help).into()
}
