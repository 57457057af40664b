//! `repair`: what doctor would print, planned, agreed to, carried out, and taken back where it does not help.

use super::doctor::Prepared;
use super::failure::Failure;
use super::session::{self, Session};
use super::waiting::Patience;
use crate::cli::repair::Repair;
use crate::doctor::facts::Facts;
use crate::doctor::repair::carry::{self, Outcome, Workplace};
use crate::doctor::repair::journal::{Journals, Opened, Record, State};
use crate::doctor::repair::plan::{Plan, Planned, plan};
use crate::doctor::repair::tools::Tools;
use crate::doctor::repair::{undo, watch};
use crate::doctor::report::DoctorReport;
use crate::host::interrupt::{Interrupt, Second};
use crate::render::repair::{RepairReport, RepairVerdict};
use crate::report::format::Format;
use crate::report::server::Health;
use crate::{exit_code, host, render, text};
use anyhow::{Context, Result, bail};
use std::cell::OnceCell;
use std::io::{self, BufRead, IsTerminal};
use std::time::Duration;

/// One run of `repair`.
struct Run<'a> {
    options: &'a Repair,
    session: &'a Session<'a>,
    prepared: Prepared,
    interrupt: Interrupt,
}

/// Repairs this server.
pub(super) fn run(options: &Repair, session: &Session<'_>) -> Result<u8> {
    if !options.dry_run {
        may_begin(options)?;
    }
    let prepared = Prepared::new(&options.examination(), session)?;
    let run = Run { options, session, prepared, interrupt: session::watch(Second::Waits)? };
    if options.dry_run {
        return run.planned();
    }
    let unit = run.prepared.unit().to_owned();
    if is_within(&unit) {
        let help = "systemd-run --wait --pipe --collect bundle-doctor repair --yes";
        bail!(Failure::new(format!("it runs inside {unit}, and would be ended by the restart")).help(help));
    }
    let journals = match Journals::open()? {
        Opened::Ours(journals) => journals,
        Opened::Taken => bail!(Failure::new("another repair of this server is at work").help("wait until it is done")),
    };
    let last = journals.last()?;
    let done = if options.undo { run.undo(&journals, last) } else { run.repair(&journals, last) };
    run.interrupt.obey();
    done
}

/// What has to be so before anything is looked at.
fn may_begin(options: &Repair) -> Result<()> {
    if host::effective_user() != 0 {
        bail!(Failure::new("only root can repair a server").help("run it as root, or with --dry-run"));
    }
    let is_asked = io::stdin().is_terminal() && io::stderr().is_terminal();
    if !is_asked && !options.yes {
        bail!(Failure::new("there is no terminal to ask on").help("give --yes, or --dry-run to see the plan"));
    }
    Ok(())
}

/// Whether this process is of the unit's own control group: a restart of the unit would end it (systemd.kill(5)).
fn is_within(unit: &str) -> bool {
    let groups = host::files::read_start(std::path::Path::new("/proc/self/cgroup"), 64 * 1024).unwrap_or_default();
    let groups = String::from_utf8_lossy(&groups).into_owned();
    groups.lines().any(|line| line.split('/').any(|part| part == unit))
}

impl Run<'_> {
    /// The report that the plan is made of, once time has told.
    fn looked(&self) -> DoctorReport {
        let patience = Patience::new(Duration::from_secs(30), self.session.shows_progress());
        self.prepared.settled(&patience)
    }

    fn tools(&self, facts: &Facts) -> Result<Tools<'_>> {
        let account = facts.unit.known().and_then(|unit| unit.account.known()).and_then(Option::as_ref);
        let program = std::env::current_exe().context("cannot find this program")?;
        let home = account.map_or("/root", |account| account.home.as_str()).to_owned();
        Ok(Tools { program: program.into_os_string(), home, stop: self.interrupt.stop(), mark: OnceCell::new() })
    }

    fn say(&self, words: &str) {
        if !self.session.common.quiet {
            let lines: Vec<_> = words.lines().map(|line| text::printable(line).into_owned()).collect();
            self.session.say(|out| lines.iter().try_for_each(|line| writeln!(out, "  {line}")));
        }
    }

    /// Asks, unless that is answered already.
    fn is_wanted(&self, question: &str) -> Result<bool> {
        if self.options.yes {
            return Ok(true);
        }
        self.session.say(|out| write!(out, "{question} [y/N] "));
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer).context("cannot read the answer")?;
        Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
    }

    fn planned(&self) -> Result<u8> {
        let report = self.looked();
        match plan(&report) {
            Planned::Nothing(left) => self.nothing(&report, &left),
            Planned::Refused { cause, why } => Err(refused(cause, &why)),
            Planned::Plan(plan) => {
                self.show_plan(&plan)?;
                self.tell(&RepairReport { plan: Some(&plan), ..self.told(RepairVerdict::Planned) })?;
                Ok(exit_code::PASS)
            }
        }
    }

    fn show_plan(&self, plan: &Plan) -> Result<()> {
        if self.session.common.format() != Format::Human || self.session.common.quiet {
            return Ok(());
        }
        let mut words = Vec::new();
        render::repair::plan(plan, self.session.style(), &mut words)?;
        words.push(b'\n');
        self.session.say(|out| out.write_all(&words));
        Ok(())
    }

    fn told(&self, verdict: RepairVerdict) -> RepairReport<'_> {
        let unit = self.prepared.unit();
        RepairReport { verdict, unit, plan: None, health: None, why: Vec::new(), kept: Vec::new(), next: None }
    }

    fn tell(&self, report: &RepairReport<'_>) -> Result<()> {
        let (format, style) = (self.session.common.format(), self.session.style());
        self.session.write(|out| render::repair::repair(format, report, style, out))
    }

    fn nothing(&self, report: &DoctorReport, left: &[&str]) -> Result<u8> {
        let mut told = RepairReport { health: Some(report.health), ..self.told(RepairVerdict::NothingToDo) };
        if !left.is_empty() {
            told.why.push(format!("left to you: {}", left.join(", ")));
            told.next = Some("bundle-doctor doctor".to_owned());
        }
        self.tell(&told)?;
        Ok(if report.health == Health::Inconclusive { exit_code::INCONCLUSIVE } else { exit_code::PASS })
    }

    fn repair(&self, journals: &Journals, last: Option<Record>) -> Result<u8> {
        let mut last = last;
        if let Some(open) = last.as_mut().filter(|last| last.is_open())
            && let Some(code) = self.resumed(journals, open)?
        {
            return Ok(code);
        }
        let report = self.looked();
        let plan = match plan(&report) {
            Planned::Nothing(left) => return self.nothing(&report, &left),
            Planned::Refused { cause, why } => return Err(refused(cause, &why)),
            Planned::Plan(plan) => plan,
        };
        self.show_plan(&plan)?;
        if !self.is_wanted("carry it out?")? {
            self.tell(&RepairReport { plan: Some(&plan), ..self.told(RepairVerdict::Declined) })?;
            return Ok(exit_code::FAIL);
        }
        let last = last.filter(|last| !last.is_open());
        let look = || self.prepared.look();
        let say = |words: &str| self.say(words);
        let place = Workplace { tools: self.tools(&report.facts)?, look: &look, say: &say };
        let outcome = carry::carry_out(&plan, &report, journals, last.as_ref(), &place)?;
        self.finished(outcome, Some(&plan))
    }

    /// What an earlier repair left half-done: finished where the agent is well, else taken back.
    fn resumed(&self, journals: &Journals, open: &mut Record) -> Result<Option<u8>> {
        self.is_of_this_unit(open)?;
        self.say("an earlier repair was interrupted");
        let look = || self.prepared.look();
        let say = |words: &str| self.say(words);
        let first = self.prepared.look();
        let place = Workplace { tools: self.tools(&first.facts)?, look: &look, say: &say };
        if open.state == State::Watching
            && let Some(report) = watch::well(&look, self.interrupt.stop())?
        {
            open.state = State::Repaired;
            journals.write(open)?;
            let told = RepairReport { health: Some(report.health), ..self.told(RepairVerdict::Repaired) };
            self.tell(&told)?;
            return Ok(Some(exit_code::PASS));
        }
        if !self.is_wanted("take it back?")? {
            self.tell(&self.told(RepairVerdict::Declined))?;
            return Ok(Some(exit_code::FAIL));
        }
        undo::take_back(open, journals, &place.tools, &say)?;
        Ok(None)
    }

    /// Whether it is this unit's repair that is finished or taken back: another's service would be watched in its place.
    fn is_of_this_unit(&self, record: &Record) -> Result<()> {
        if record.unit != self.prepared.unit() {
            bail!(Failure::new(format!("the last repair was of {}", record.unit)).help("name it with --unit"));
        }
        Ok(())
    }

    fn undo(&self, journals: &Journals, last: Option<Record>) -> Result<u8> {
        let Some(mut record) = last.filter(|last| last.state != State::TakenBack) else {
            let mut told = self.told(RepairVerdict::NothingToDo);
            told.why.push("there is no repair that could be taken back".to_owned());
            self.tell(&told)?;
            return Ok(exit_code::PASS);
        };
        self.is_of_this_unit(&record)?;
        self.say(&format!("the last repair was for {}", record.causes.join(", ")));
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
        let first = self.prepared.look();
        let place = Workplace { tools: self.tools(&first.facts)?, look: &look, say: &say };
        let was_started = record.starts && record.was_started;
        if let Err(error) = undo::take_back(&mut record, journals, &place.tools, &say) {
            let mut told = self.told(RepairVerdict::Stuck);
            told.why.push(error.to_string());
            self.tell(&told)?;
            return Ok(exit_code::FAIL);
        }
        let report = was_started.then(|| carry::looked(&place)).flatten();
        let health = report.as_ref().map(|report| report.health);
        let is_as_before = health.is_none_or(|health| health.name() == record.health || health == Health::Healthy);
        let mut told = RepairReport { health, ..self.told(RepairVerdict::Undone) };
        if !is_as_before {
            told.why.push(format!("before the repair the server was {}", record.health));
        }
        self.tell(&told)?;
        Ok(if is_as_before { exit_code::PASS } else { exit_code::FAIL })
    }

    fn finished(&self, outcome: Outcome, plan: Option<&Plan>) -> Result<u8> {
        let (told, code) = match outcome {
            Outcome::Repaired { report, kept } => {
                let mut told = RepairReport { health: Some(report.health), kept, ..self.told(RepairVerdict::Repaired) };
                let left: Vec<_> = report.diagnoses.iter().map(|one| one.cause).collect();
                if !left.is_empty() {
                    told.why.push(format!("left: {}", left.join(", ")));
                }
                told.next = Some("bundle-doctor repair --undo takes it back".to_owned());
                (told, exit_code::PASS)
            }
            Outcome::TakenBack { why, report, kept } => {
                let health = report.map(|report| report.health);
                let why = vec![why];
                (RepairReport { health, kept, why, ..self.told(RepairVerdict::NotRepaired) }, exit_code::FAIL)
            }
            Outcome::Stuck { why, and } => {
                let mut told = self.told(RepairVerdict::Stuck);
                told.why = vec![why, and];
                told.next = Some("bundle-doctor repair --undo tries again to take it back".to_owned());
                (told, exit_code::FAIL)
            }
        };
        self.tell(&RepairReport { plan, ..told })?;
        Ok(code)
    }
}

fn refused(cause: &str, why: &str) -> anyhow::Error {
    let help = "bundle-doctor doctor says what to do by hand";
    Failure::new(format!("{cause} is not repaired here: {why}")).help(help).into()
}
