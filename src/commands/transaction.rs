//! What `repair` and `update` share: looking, asking, carrying a plan out, finishing what was interrupted, taking back, and
//! telling what came of it.

use super::doctor::Prepared;
use super::failure::Failure;
use super::session::{self, Session};
use super::waiting::Patience;
use crate::cli::change::ChangeOptions;
use crate::doctor::facts::Facts;
use crate::doctor::repair::carry::{self, CarryOutcome, Workplace};
use crate::doctor::repair::journal::{Journals, OpenedJournal, Record, State};
use crate::doctor::repair::plan::RepairPlan;
use crate::doctor::repair::tools::Tools;
use crate::doctor::repair::{undo, update, watch};
use crate::doctor::report::DoctorReport;
use crate::host::interrupt::{Interrupt, Second};
use crate::render::repair::RepairReport;
use crate::report::format::ReportFormat;
use crate::report::server::Health;
use crate::report::transaction::{Deed, RepairVerdict};
use crate::{exit_code, host, render, text};
use anyhow::{Context, Result, bail};
use std::cell::OnceCell;
use std::fs::File;
use std::io::{self, BufRead, IsTerminal};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Whether the user is asked before anything is changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Consent {
    /// On the terminal.
    Asked,
    /// It was given with `--yes`.
    Given,
}

impl Consent {
    /// As the command line has it.
    pub(super) const fn of(change: &ChangeOptions) -> Self {
        if change.yes { Self::Given } else { Self::Asked }
    }
}

/// One run.
pub(super) struct TransactionRun<'a> {
    /// Which it is.
    pub deed: Deed,
    /// Whether the user is asked.
    pub consent: Consent,
    /// What every command shares.
    pub session: &'a Session<'a>,
    /// How the server is looked at.
    pub prepared: Prepared,
    /// The user's wish to stop, from where something is changed on: before that Ctrl-C ends the program at once, also at
    /// a question.
    interrupt: OnceCell<Interrupt>,
}

/// Files that were opened before anything was looked at, each with its name in the folder of the transaction's own.
pub(super) type OpenedFiles = [(&'static str, File)];

/// What became of a transaction that was interrupted.
pub(super) enum Resumed {
    /// The agent is well, and what was begun is done.
    Finished(Box<DoctorReport>),
    /// It is as it was before.
    TakenBack,
    /// The user did not want that.
    Declined,
}

/// What has to be so before anything is looked at.
pub(super) fn may_begin(deed: Deed, consent: Consent) -> Result<()> {
    if host::effective_user() != 0 {
        let what = match deed {
            Deed::Repair => "only root can repair a server",
            Deed::Update => "only root can update a server",
        };
        bail!(Failure::new(what).help("run it as root, or with --dry-run"));
    }
    let is_asked = io::stdin().is_terminal() && io::stderr().is_terminal();
    if !is_asked && consent == Consent::Asked {
        bail!(Failure::new("there is no terminal to ask on").help("give --yes, or --dry-run to see the plan"));
    }
    // What is installed as root is nobody else's to write, whatever the shell was told.
    host::write_for_oneself_alone();
    Ok(())
}

/// The journals, which nobody else may write meanwhile.
pub(super) fn journals() -> Result<Journals> {
    match Journals::open()? {
        OpenedJournal::Ours(journals) => Ok(journals),
        OpenedJournal::Taken => {
            let what = "another repair or update of this server is at work";
            bail!(Failure::new(what).help("wait until it is done"))
        }
    }
}

/// The last repair or update, as its journal has it.
pub(super) fn last(journals: &Journals) -> Result<Option<Record>> {
    let help = "it says what to take back; where nothing of that is wanted any more, move it out of that folder";
    Ok(journals.last().map_err(|error| Failure::new(error.to_string()).help(help))?)
}

/// Whether this process is of the unit's own control group: a restart of the unit would end it (systemd.kill(5)).
pub(super) fn is_within(prepared: &Prepared) -> bool {
    let groups = host::files::read_start(std::path::Path::new("/proc/self/cgroup"), 64 * 1024).unwrap_or_default();
    let groups = String::from_utf8_lossy(&groups).into_owned();
    let parts = || groups.lines().flat_map(|line| line.split('/'));
    // The group has the unit's own name, which may be asked for by another (systemd.unit(5), `Alias=`).
    let is_service = parts().any(|part| part.ends_with(".service"));
    is_service
        && [prepared.unit(), &prepared.look().facts.places.unit].iter().any(|unit| parts().any(|part| part == *unit))
}

impl<'a> TransactionRun<'a> {
    /// One that has changed nothing yet.
    pub(super) const fn new(deed: Deed, consent: Consent, session: &'a Session<'a>, prepared: Prepared) -> Self {
        Self { deed, consent, session, prepared, interrupt: OnceCell::new() }
    }

    /// Ends the program as a signal wanted that came while something was changed.
    pub(super) fn obey(&self) {
        if let Some(interrupt) = self.interrupt.get() {
            interrupt.obey();
        }
    }

    /// Set once a signal came; signals are noted from now on.
    fn stop(&self) -> Result<&AtomicBool> {
        if self.interrupt.get().is_none() {
            let _ = self.interrupt.set(session::watch(Second::Waits)?);
        }
        Ok(self.interrupt.get().context("cannot prepare for signals")?.stop())
    }

    /// The report that the plan is made of, once time has told.
    pub(super) fn looked(&self) -> DoctorReport {
        let patience = Patience::new(Duration::from_secs(30), self.session.shows_progress());
        self.prepared.settled(&patience)
    }

    fn tools(&self, facts: &Facts) -> Result<Tools<'_>> {
        let account = facts.unit.known().and_then(|unit| unit.account.known()).and_then(Option::as_ref);
        let program = std::env::current_exe().context("cannot find this program")?;
        let home = account.map_or("/root", |account| account.home.as_str()).to_owned();
        Ok(Tools { program: program.into_os_string(), home, stop: self.stop()?, mark: OnceCell::new() })
    }

    fn say(&self, words: &str) {
        if !self.session.common.quiet {
            let lines: Vec<_> = words.lines().map(|line| text::printable(line).into_owned()).collect();
            self.session.say(|out| lines.iter().try_for_each(|line| writeln!(out, "  {line}")));
        }
    }

    /// Asks, unless that is answered already.
    pub(super) fn is_wanted(&self, question: &str) -> Result<bool> {
        if self.consent == Consent::Given {
            return Ok(true);
        }
        self.session.say(|out| write!(out, "{question} [y/N] "));
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer).context("cannot read the answer")?;
        Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
    }

    /// Shows a plan to people.
    pub(super) fn show_plan(&self, plan: &RepairPlan) -> Result<()> {
        if self.session.common.format() != ReportFormat::Human || self.session.common.quiet {
            return Ok(());
        }
        let mut words = Vec::new();
        render::repair::plan(plan, self.session.style(), &mut words)?;
        words.push(b'\n');
        self.session.say(|out| out.write_all(&words));
        Ok(())
    }

    /// A report of this run.
    pub(super) fn told(&self, verdict: RepairVerdict) -> RepairReport<'_> {
        RepairReport {
            deed: self.deed,
            versions: [None, None],
            verdict,
            unit: self.prepared.unit(),
            plan: None,
            health: None,
            why: Vec::new(),
            kept: Vec::new(),
            next: None,
        }
    }

    /// Writes it.
    pub(super) fn tell(&self, report: &RepairReport<'_>) -> Result<()> {
        let (format, style) = (self.session.common.format(), self.session.style());
        self.session.write(|out| render::repair::repair(format, report, style, out))
    }

    /// Carries a plan out.
    pub(super) fn carried_out(
        &self,
        plan: &RepairPlan,
        report: &DoctorReport,
        journals: &Journals,
        last: Option<&Record>,
        files: &OpenedFiles,
    ) -> Result<CarryOutcome> {
        let look = || self.prepared.look();
        let say = |words: &str| self.say(words);
        let place = Workplace { tools: self.tools(&report.facts)?, files, look: &look, say: &say };
        Ok(carry::carry_out(plan, report, journals, last, &place)?)
    }

    /// What an earlier one left half-done: finished where the agent is well, else taken back.
    pub(super) fn resumed(&self, journals: &Journals, open: &mut Record) -> Result<Resumed> {
        let first = self.prepared.look();
        self.is_of_this_unit(open, &first.facts)?;
        self.say(&format!("an earlier {} was interrupted", name_of(open)));
        let look = || self.prepared.look();
        let say = |words: &str| self.say(words);
        if open.state == State::Watching
            && let Some(report) = watch::well(&look, &AtomicBool::new(false))?
        {
            open.state = State::Repaired;
            journals.write(open)?;
            return Ok(Resumed::Finished(report));
        }
        if !self.is_wanted("take it back?")? {
            self.tell(&self.told(RepairVerdict::Declined))?;
            return Ok(Resumed::Declined);
        }
        match undo::take_back(open, journals, &self.tools(&first.facts)?, &say) {
            // What could not be put back is somebody else's by now, and the server is looked at as it is.
            Err(_) if !open.is_open() => {}
            done => done?,
        }
        Ok(Resumed::TakenBack)
    }

    /// Whether it is this unit's repair that is finished or taken back, by whatever name it is asked for: another's service
    /// would be watched in its place.
    fn is_of_this_unit(&self, record: &Record, facts: &Facts) -> Result<()> {
        if ![self.prepared.unit(), &facts.places.unit].contains(&record.unit.as_str()) {
            bail!(Failure::new(format!("the last repair was of {}", record.unit)).help("name it with --unit"));
        }
        Ok(())
    }

    /// Takes the last one back.
    pub(super) fn undo(&self, journals: &Journals, last: Option<Record>) -> Result<u8> {
        let Some(mut record) = last.filter(|last| last.state != State::TakenBack) else {
            let mut told = self.told(RepairVerdict::NothingToDo);
            told.why.push("there is nothing that could be taken back".to_owned());
            self.tell(&told)?;
            return Ok(exit_code::PASS);
        };
        let first = self.prepared.look();
        self.is_of_this_unit(&record, &first.facts)?;
        if !record.is_open() {
            undo::may_take_back(&record).map_err(|error| {
                let kept: Vec<_> =
                    record.puts.iter().filter_map(|put| put.old.as_ref()).map(|old| &*old.path).collect();
                let help = format!("nothing was changed; what it replaced was kept as {}", kept.join(", "));
                Failure::new(format!("the last {} cannot be taken back: {error}", name_of(&record))).help(help)
            })?;
        }
        self.say(&match name_of(&record) {
            UPDATE => "the last one was an update".to_owned(),
            _ => format!("the last repair was for {}", record.causes.join(", ")),
        });
        for put in record.puts.iter().rev() {
            let old = put.old.as_ref().map_or("nothing", |old| old.path.as_str());
            self.say(&format!("{} becomes again what it was: {old}", put.place));
        }
        if !self.is_wanted("take it back?")? {
            self.tell(&self.told(RepairVerdict::Declined))?;
            return Ok(exit_code::FAIL);
        }
        let look = || self.prepared.look();
        let say = |words: &str| self.say(words);
        let place = Workplace { tools: self.tools(&first.facts)?, files: &[], look: &look, say: &say };
        let was_started = record.starts && record.was_started;
        if let Err(error) = undo::take_back(&mut record, journals, &place.tools, &say) {
            let mut told = self.told(RepairVerdict::Stuck);
            told.why.push(error.to_string());
            told.next = Some(if record.is_open() { TRY_AGAIN } else { "bundle-doctor doctor" }.to_owned());
            self.tell(&told)?;
            return Ok(exit_code::FAIL);
        }
        let report = was_started.then(|| carry::looked(&place)).flatten();
        let health = report.as_ref().map(|report| report.health);
        let is_as_before = health.is_none_or(|health| health.name() == record.health || health == Health::Healthy);
        let changed = record.puts.iter().filter(|put| put.written.is_some()).filter_map(|put| put.back_to.clone());
        let mut told = RepairReport { health, kept: changed.collect(), ..self.told(RepairVerdict::Undone) };
        if !is_as_before {
            told.why.push(format!("before it the server was {}", record.health));
        }
        self.tell(&told)?;
        Ok(if is_as_before { exit_code::PASS } else { exit_code::FAIL })
    }

    /// Tells what came of a plan.
    pub(super) fn finished(&self, outcome: CarryOutcome, plan: &RepairPlan, from: Option<String>) -> Result<u8> {
        let mut to = None;
        let (told, code) = match outcome {
            CarryOutcome::Repaired { report, kept } => {
                let mut told = RepairReport { health: Some(report.health), kept, ..self.told(RepairVerdict::Repaired) };
                to = update::deployed_version(&report.facts).filter(|_| self.deed == Deed::Update);
                let left: Vec<_> = report.diagnoses.iter().map(|one| one.cause).collect();
                if !left.is_empty() {
                    told.why.push(format!("left: {}", left.join(", ")));
                }
                told.next = Some("bundle-doctor repair --undo takes it back".to_owned());
                (told, exit_code::PASS)
            }
            CarryOutcome::NotNeeded { why } => {
                (RepairReport { why: vec![why], ..self.told(RepairVerdict::NothingToDo) }, exit_code::PASS)
            }
            CarryOutcome::TakenBack { why, report, kept } => {
                let health = report.map(|report| report.health);
                let why = vec![why];
                (RepairReport { health, kept, why, ..self.told(RepairVerdict::NotRepaired) }, exit_code::FAIL)
            }
            CarryOutcome::Down { why, and } => {
                let mut told = self.told(RepairVerdict::Stuck);
                told.why = vec![why, and];
                told.next = Some("bundle-doctor doctor".to_owned());
                (told, exit_code::FAIL)
            }
            CarryOutcome::Stuck { why, and, is_open } => {
                let mut told = self.told(RepairVerdict::Stuck);
                told.why = vec![why, and];
                told.next = Some(if is_open { TRY_AGAIN } else { "bundle-doctor doctor" }.to_owned());
                (told, exit_code::FAIL)
            }
        };
        self.tell(&RepairReport { plan: Some(plan), versions: [from, to], ..told })?;
        Ok(code)
    }
}

/// What is typed next where something may yet be put back.
const TRY_AGAIN: &str = "bundle-doctor repair --undo tries again to take it back";
/// What an update is called.
const UPDATE: &str = update::UPDATE;

/// What a record is one of.
fn name_of(record: &Record) -> &'static str {
    let is_update = record.causes.iter().any(|cause| cause == UPDATE);
    if is_update { UPDATE } else { "repair" }
}
