//! Carries a plan out: each step is written down before it is done, and all of it is taken back where it does not help.

use super::error::RepairError;
use super::journal::{Journals, Record, State};
use super::plan::RepairPlan;
use super::prove::{self, TrialStart};
use super::replace::{self, Site};
use super::stage::Shop;
use super::tools::Tools;
use super::watch::{Fares, runs, watch};
use super::{stage, swap, undo};
use crate::doctor::causes::started;
use crate::doctor::facts::{Condition, Facts};
use crate::doctor::report::DoctorReport;
use crate::host::held::{OpenFile, UserOwner};
use crate::report::action::{Manage, Replace, StagedAction};
use crate::report::words::{AbsolutePath, CheckedWord, NodeProgram, RefusedWord, UnitName, UserName};
use crate::update::documented_paths::ENTRY_POINT;

/// What a repair works with.
pub(crate) struct Workplace<'a> {
    /// Runs the commands.
    pub tools: Tools<'a>,
    /// Files that were opened before anything was looked at, each with its name in the folder of the repair's own.
    pub files: &'a [(&'static str, OpenFile)],
    /// Looks at the server anew.
    pub look: &'a dyn Fn() -> DoctorReport,
    /// Tells the user what is done.
    pub say: &'a dyn Fn(&str),
}

/// What came of it.
pub(crate) enum CarryOutcome {
    /// The agent is up and connected; what was replaced is kept at these paths.
    Repaired {
        /// How the server fares.
        report: Box<DoctorReport>,
        /// What was replaced.
        kept: Vec<String>,
    },
    /// There was nothing to gain: everything is as it was.
    NotNeeded {
        /// Why.
        why: String,
    },
    /// It is not, and everything is as it was.
    TakenBack {
        /// Why it did not help.
        why: String,
        /// How the server fares, where the service was touched.
        report: Option<Box<DoctorReport>>,
        /// What was tried, where it is kept.
        kept: Vec<String>,
    },
    /// Everything is as it was, and the agent, which was well before, is not.
    Down {
        /// Why it did not help.
        why: String,
        /// How the agent fares, and where both bundles are.
        and: String,
    },
    /// Not everything could be put back.
    Stuck {
        /// Why it did not help.
        why: String,
        /// Why it was not put back.
        and: String,
        /// Whether another try may put it back.
        is_open: bool,
    },
}

/// Carries out a plan for the server that was looked at.
///
/// # Errors
/// Where the journal cannot be written: nothing has changed then.
pub(crate) fn carry_out(
    plan: &RepairPlan,
    report: &DoctorReport,
    journals: &Journals,
    before: Option<&Record>,
    place: &Workplace<'_>,
) -> Result<CarryOutcome, RepairError> {
    let facts = &report.facts;
    let mut record = Record::new(facts.at, &facts.places.unit, &plan.causes, report.health.name());
    record.was_started = !matches!(facts.condition(), Condition::Stopped | Condition::Down | Condition::Unknown);
    record.user = owner(facts);
    journals.begin(&mut record)?;
    place.tools.mark(&record.id);
    let fares = steps(plan, facts, journals, &mut record, place);
    match fares {
        Ok(Fares::Well(report)) => {
            record.state = State::Repaired;
            journals.write(&record)?;
            if let Some(before) = before {
                undo::remove_kept(before);
            }
            let kept = record.puts.iter().filter_map(|put| put.old.as_ref()).map(|old| old.path.clone()).collect();
            Ok(CarryOutcome::Repaired { report, kept })
        }
        Ok(Fares::Badly(worse)) => Ok(back(&mut record, journals, place, report, fault(&worse))),
        Err(RepairError::NotNeeded(why)) => {
            undo::take_back(&mut record, journals, &place.tools.heedless(), place.say)?;
            Ok(CarryOutcome::NotNeeded { why })
        }
        Err(error) => Ok(back(&mut record, journals, place, report, error.to_string())),
    }
}

/// What keeps it from working, in words.
fn fault(report: &DoctorReport) -> String {
    let first = report.diagnoses.first();
    first.map_or_else(
        || "it is not shown to be connected to its control plane".to_owned(),
        |one| format!("{}: {}", one.cause, one.summary),
    )
}

/// Takes a repair back, and looks whether the service is what it was.
fn back(
    record: &mut Record,
    journals: &Journals,
    place: &Workplace<'_>,
    before: &DoctorReport,
    why: String,
) -> CarryOutcome {
    (place.say)(&format!("it did not help: {why}"));
    let was_touched = record.starts;
    if let Err(error) = undo::take_back(record, journals, &place.tools.heedless(), place.say) {
        return CarryOutcome::Stuck { why, and: error.to_string(), is_open: record.is_open() };
    }
    let tried = record.puts.iter().filter_map(|put| put.back_to.clone()).collect::<Vec<_>>();
    let report = was_touched.then(|| looked(place)).flatten();
    let is_there = |path: &String| swap::identity(path, record.user).is_ok_and(|found| found.is_some());
    let kept: Vec<String> = tried.into_iter().filter(is_there).collect();
    match report.as_ref().filter(|after| runs(before) && !runs(after)) {
        // It ran from memory, or what it needs has gone meanwhile: nobody is told that all is as it was.
        Some(after) => {
            let bundle = &before.facts.places.bundle;
            let and = format!("what was there is back at {bundle}, and does not come up again: {}", fault(after));
            let tried = kept.first().map(|path| format!("; what was tried is kept at {path}")).unwrap_or_default();
            CarryOutcome::Down { why, and: format!("{and}{tried}") }
        }
        None => CarryOutcome::TakenBack { why, report, kept },
    }
}

/// How the service fares once it was started again.
pub(crate) fn looked(place: &Workplace<'_>) -> Option<Box<DoctorReport>> {
    (place.say)("watching what was there before");
    watch(place.look, place.tools.heedless().stop).ok().map(|fares| match fares {
        Fares::Well(report) | Fares::Badly(report) => report,
    })
}

fn steps(
    plan: &RepairPlan,
    facts: &Facts,
    journals: &Journals,
    record: &mut Record,
    place: &Workplace<'_>,
) -> Result<Fares, RepairError> {
    let Workplace { tools, look, say, .. } = place;
    let work = prepare(plan, facts, journals, record, place)?;
    if !is_as_seen(plan, facts, *look) {
        let why = "the unit's files were changed meanwhile: what was to be written in their place is of what they said before";
        return Err(RepairError::Changed(why.to_owned()));
    }
    record.state = State::Replacing;
    for replace in &plan.replaces {
        let site = Site { id: &record.id, work: work.as_deref().unwrap_or_default(), user: record.user };
        record.scratch.extend(replace::scratch(replace, &site));
        journals.write(record)?;
        let site = Site { id: &record.id, work: work.as_deref().unwrap_or_default(), user: record.user };
        for put in replace::plan(replace, &site, tools)? {
            let what = if put.new.is_some() { "the new one" } else { "aside what is" };
            say(&format!("putting {what} at {}", put.place));
            record.puts.push(put.clone());
            journals.write(record)?;
            put.carry_out(record.user)?;
        }
    }
    if plan.reloads {
        tools.run(&Manage::Reload.command(), "")?;
    }
    if let Some(enable) = &plan.enables {
        record.enables = !facts.unit.known().is_some_and(|unit| unit.enabled);
        journals.write(record)?;
        tools.run(&enable.command(), "")?;
    }
    undo::remove_work(record)?;
    for manage in &plan.moves {
        tools.run(&manage.command(), "")?;
    }
    if let Some(start) = &plan.starts {
        let unit = UnitName::new(&record.unit).map_err(told)?;
        say(&format!("starting {}", record.unit));
        (record.state, record.starts) = (State::Watching, true);
        journals.write(record)?;
        // It fails for a unit that has not failed; then there is nothing to forget.
        let _ = tools.run(&Manage::ResetFailed(unit).command(), "");
        tools.run(&start.command(), "")?;
    }
    record.state = State::Watching;
    journals.write(record)?;
    say("watching whether it stays up and connects");
    watch(*look, tools.stop)
}

/// Whether the files of the unit still say what the plan was made of, where one of them is written anew: an answer, a download
/// and an installation take their time, and somebody may have edited them.
pub(crate) fn is_as_seen(plan: &RepairPlan, facts: &Facts, look: &dyn Fn() -> DoctorReport) -> bool {
    let writes = plan.replaces.iter().any(|replace| matches!(replace, Replace::Write { .. }));
    let said = |facts: &Facts| facts.unit.known().map(|unit| unit.unit.files.clone());
    !writes || said(facts) == said(&look().facts)
}

/// Makes what is to come in place, and starts it once.
fn prepare(
    plan: &RepairPlan,
    facts: &Facts,
    journals: &Journals,
    record: &mut Record,
    place: &Workplace<'_>,
) -> Result<Option<String>, RepairError> {
    let Workplace { tools, say, .. } = place;
    let mut work = None;
    if let Some((bundle, _)) = plan.bundle()
        && swap::is_mount_point(bundle.as_str(), record.user)?
    {
        // Said before anything is fetched: in the end no rename could replace it.
        let why =
            format!("{} is where a file system is mounted, which no bundle can take the place of", bundle.as_str());
        return Err(RepairError::NotProven(why));
    }
    for one in &plan.stages {
        if let StagedAction::Folder { name, by, owner } = one {
            let made = stage::place(name, &record.id);
            if swap::identity(made.as_str(), record.user)?.is_some() {
                return Err(RepairError::Changed(format!("{} is there already", made.as_str())));
            }
            record.work = Some(made.as_str().to_owned());
            journals.write(record)?;
            stage::folder(&made, by, owner.as_ref(), tools)?;
            work = Some(made.as_str().to_owned());
            continue;
        }
        if let StagedAction::Run(command) | StagedAction::Judge(command) | StagedAction::Either(command, _) = one {
            say(&command.typed());
        }
        let shop = Shop { work: work.as_deref().unwrap_or_default(), user: record.user, files: place.files };
        stage::carry_out(one, &shop, tools, *say)?;
    }
    if let Some((bundle, new)) = plan.bundle() {
        let folder = super::tools::spoken(new, work.as_deref().unwrap_or_default()).unwrap_or_default();
        say("starting it once, without a control plane");
        let variables = variables(facts, plan);
        prove(facts, bundle, &folder, &record.id, variables, tools)?;
    }
    Ok(work)
}

/// Starts a bundle once, by the script that the unit will start.
fn prove(
    facts: &Facts,
    bundle: &AbsolutePath,
    folder: &str,
    id: &str,
    UnitVariables { variables, files }: UnitVariables,
    tools: &Tools<'_>,
) -> Result<(), RepairError> {
    let script = started::script_path(facts);
    let inside = script.as_deref().and_then(|path| path.strip_prefix(bundle.as_str())?.strip_prefix('/'));
    let found = |entry: &str| {
        let path = AbsolutePath::new(&format!("{folder}/{entry}")).ok()?;
        crate::host::paths::look(std::path::Path::new(path.as_str())).is_ok().then_some(path)
    };
    let entry = inside.and_then(found).or_else(|| found(ENTRY_POINT));
    let entry = entry.ok_or_else(|| RepairError::NotProven(format!("{folder} has no {ENTRY_POINT}")))?;
    let folder = AbsolutePath::new(folder).map_err(told)?;
    // systemd-run would expand what a unit expands; blanks part nothing there, as each word is handed over by itself.
    if entry.as_str().contains(['%', '$', '\\', '"', '\'']) {
        entry.in_unit().map_err(told)?;
    }
    let node = facts.node.known().and_then(Option::as_ref).or(facts.other_nodes.first());
    let node = NodeProgram::new(node.map_or("/usr/bin/node", |node| node.path.as_str())).map_err(told)?;
    let user = started::unit(facts).map_or_else(|| "root".to_owned(), |unit| unit.unit.user());
    let user = UserName::new(&user).map_err(told)?;
    prove::start(&TrialStart { id, folder: &folder, entry: &entry, node: &node, user: &user, variables, files }, tools)
}

/// What the unit gives its process as variables.
struct UnitVariables {
    variables: Vec<CheckedWord>,
    files: Vec<CheckedWord>,
}

/// Those of the unit as it is: where a repair changes it, they may be what is wrong.
fn variables(facts: &Facts, plan: &RepairPlan) -> UnitVariables {
    let usual = || UnitVariables { variables: vec!["NODE_ENV=production".into()], files: Vec::new() };
    let Some(unit) = started::unit(facts).map(|unit| &unit.unit).filter(|_| !plan.reloads) else { return usual() };
    let mut named = unit.environment();
    // As documented, where it says nothing of it. Twice the same name is refused (systemd 247: "Invalid environment block").
    if named.iter().all(|(name, _)| name != "NODE_ENV") {
        named.push(("NODE_ENV".to_owned(), "production".to_owned()));
    }
    let variables = named.iter().filter_map(|(name, value)| CheckedWord::variable(name, value)).collect();
    let file = |value: &str| {
        let path = unit.expand(value.strip_prefix('-').unwrap_or(value));
        AbsolutePath::new(&path).ok().map(|path| CheckedWord::environment_file(&path))
    };
    let files = unit.settings("Service", "EnvironmentFile").iter().filter_map(|setting| file(setting.value)).collect();
    UnitVariables { variables, files }
}

fn told(refused: RefusedWord) -> RepairError {
    RepairError::NotProven(refused.to_string())
}

/// Who owns the agent's folders beside root: the user that the unit runs as.
fn owner(facts: &Facts) -> Option<UserOwner> {
    let account = facts.unit.known()?.account.known()?.as_ref()?;
    (account.uid != 0).then_some(UserOwner { uid: account.uid, gid: account.gid })
}
