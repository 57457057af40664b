//! The plan of a repair: what doctor's fixes do, in the order in which nothing is lost: first what is made and proven, then
//! what is replaced, then the service.

use crate::doctor::causes::fix;
use crate::doctor::facts::{Condition, Facts};
use crate::doctor::report::DoctorReport;
use crate::report::action::{Action, Kept, Manage, Others, Replace, StagedAction, Was, WasFile};
use crate::report::diagnosis::{Diagnosis, Effect};
use crate::report::finding::Severity;
use crate::report::fix_command::{FixCommand, command};
use crate::report::words::{AbsolutePath, CheckedWord, UnitName};
use crate::update::documented_paths;

/// What is shown of one step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PlannedStep {
    /// What it does.
    pub what: String,
    /// On which path.
    pub path: Option<String>,
    /// What it replaces, and where that is kept.
    pub replaces: Option<String>,
    /// How it is undone.
    pub undone: String,
}

/// A plan.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct RepairPlan {
    /// What it mends.
    pub causes: Vec<&'static str>,
    /// What is shown.
    pub steps: Vec<PlannedStep>,
    /// What is made and proven.
    pub stages: Vec<StagedAction>,
    /// What is replaced.
    pub replaces: Vec<Replace>,
    /// What lets a process run again.
    pub moves: Vec<Manage>,
    /// Whether the unit's files change.
    pub reloads: bool,
    /// The unit, where it is to be started at boot.
    pub enables: Option<Manage>,
    /// How the service is started.
    pub starts: Option<Manage>,
}

/// What `repair` makes of a report.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Planned {
    /// Nothing is wrong, or nothing that it could mend: warnings by these names are left.
    Nothing(Vec<&'static str>),
    /// That.
    Plan(Box<RepairPlan>),
    /// This cause is not mended by it, for that reason.
    Refused {
        /// The cause.
        cause: &'static str,
        /// Why.
        why: String,
        /// What mends it by hand, as one block for a shell; nothing where no commands do.
        by_hand: Vec<String>,
    },
}

/// The command that repairs what was found, and the plan: with what this run was told to look at and to judge by. None for
/// a mounted disk, and where it would be refused.
#[must_use]
pub(crate) fn command(report: &DoctorReport) -> Option<(FixCommand, Box<RepairPlan>)> {
    let facts = &report.facts;
    let Planned::Plan(plan) = plan(report) else { return None };
    let unit = UnitName::new(&facts.places.unit).ok()?;
    let mut command = command!("bundle-doctor", "repair");
    if facts.places.unit != documented_paths::UNIT {
        command = command.with(["--unit".into(), CheckedWord::from(&unit)]);
    }
    Some((command.with(facts.policy.asked().ok()?), plan)).filter(|_| facts.is_live())
}

/// Plans the repair of what was found: all errors, or where there is none, the warnings that can be mended.
#[must_use]
pub(crate) fn plan(report: &DoctorReport) -> Planned {
    let errors: Vec<&Diagnosis> = report.diagnoses.iter().filter(|one| one.severity == Severity::Error).collect();
    let mut plan = RepairPlan::default();
    for diagnosis in &errors {
        if diagnosis.mended_by.is_some() {
            continue;
        }
        if let Some(why) = unfit(diagnosis, &report.facts) {
            return Planned::Refused { cause: diagnosis.cause, why, by_hand: block(diagnosis) };
        }
        plan.take(diagnosis);
    }
    if errors.is_empty() {
        let fit = |one: &&Diagnosis| one.severity == Severity::Warning && unfit(one, &report.facts).is_none();
        report.diagnoses.iter().filter(fit).for_each(|one| plan.take(one));
    }
    if plan.causes.is_empty() {
        return Planned::Nothing(report.diagnoses.iter().map(|one| one.cause).collect());
    }
    if let Some(rival) = fix::rival(&report.facts) {
        let why = format!("a start would stop `{}`, with which the unit conflicts", rival.unit);
        let cause = plan.causes.first().copied().unwrap_or_default();
        return Planned::Refused { cause, why, by_hand: Vec::new() };
    }
    plan.start_what_waits(&report.facts);
    plan.describe(&report.facts);
    Planned::Plan(Box::new(plan))
}

/// Why a diagnosis is not mended here.
fn unfit(diagnosis: &Diagnosis, facts: &Facts) -> Option<String> {
    let changes: Vec<_> = diagnosis.fix.iter().filter(|step| step.effect == Effect::Changes).collect();
    let by_hand = changes.iter().flat_map(|step| &step.actions).find_map(|action| match action {
        Action::ByHand(command) => Some(command),
        _ => None,
    });
    if let Some(command) = by_hand {
        return Some(format!("`{}` {}", command.typed(), because(command)));
    }
    if changes.is_empty() {
        let told = diagnosis.fix.first().map(|step| step.text.clone());
        return Some(told.unwrap_or_else(|| "nobody but you can mend it".to_owned()));
    }
    let enables = |action: &Action| matches!(action, Action::Manage(Manage::Enable(_)));
    changes.iter().flat_map(|step| &step.actions).any(enables).then(|| enabled_along(facts)).flatten()
}

/// What else `systemctl enable` enables with the unit, and `disable` would disable when it is taken back, be it that it was
/// enabled before (systemd.unit(5), `Also=`).
fn enabled_along(facts: &Facts) -> Option<String> {
    let unit = &facts.unit.known()?.unit;
    let also: Vec<&str> =
        unit.settings("Install", "Also").iter().flat_map(|setting| setting.value.split_whitespace()).collect();
    let is_others = also.iter().any(|name| *name != facts.places.unit);
    is_others.then(|| format!("to enable it enables {} too (`Also=`), which is not the agent's", also.join(", ")))
}

/// Why a command is left to people.
fn because(command: &FixCommand) -> &'static str {
    let words = command.words().iter().filter_map(CheckedWord::plain);
    let program =
        words.skip_while(|word| matches!(*word, "runuser" | "-u" | "--")).find(|word| PROGRAMS.contains(word));
    match program {
        Some("apt-get") => "installs packages of the system, which nothing here takes back",
        Some("useradd" | "groupadd") => "adds to the system's users, which are not the agent's",
        Some("mount") => "changes how a file system is mounted, which is not the agent's",
        Some("sysctl") => "changes a limit of the kernel for every program",
        Some("rm") => "removes what could not be put back",
        Some("chmod") => "changes modes in place, which a rename cannot take back",
        Some("sed") => "edits a program that is not the agent's",
        _ => "changes what is not the agent's, or could not be taken back",
    }
}

/// Programs of commands that are left to people.
const PROGRAMS: [&str; 8] = ["apt-get", "useradd", "groupadd", "mount", "sysctl", "rm", "chmod", "sed"];

/// The commands of a diagnosis as doctor prints them: one block that stops at the first failure.
fn block(diagnosis: &Diagnosis) -> Vec<String> {
    let typed = diagnosis.fix.iter().flat_map(|step| &step.commands).chain(&diagnosis.verify).map(FixCommand::typed);
    let commands: Vec<String> = typed.collect();
    if diagnosis.fix.iter().all(|step| step.effect != Effect::Changes) {
        return Vec::new();
    }
    ["( set -e".to_owned()].into_iter().chain(commands).chain([")".to_owned()]).collect()
}

impl RepairPlan {
    fn take(&mut self, diagnosis: &Diagnosis) {
        self.causes.push(diagnosis.cause);
        let actions: Vec<&Action> = diagnosis.fix.iter().flat_map(|step| &step.actions).collect();
        let stages: Vec<StagedAction> = actions.iter().filter_map(|action| staged(action)).collect();
        // Where a bundle is put in place already, that is judged as a whole: a second one would undo the first.
        let has_bundle = self.replaces.iter().any(|replace| matches!(replace, Replace::Folder { .. }));
        let joins = self.join(stages, has_bundle);
        for action in actions {
            match action {
                Action::Replace(Replace::Folder { .. }) if has_bundle || !joins => {}
                Action::Replace(replace) if self.replaces.contains(replace) => {}
                Action::Replace(replace) => self.replaces.push(replace.clone()),
                Action::Manage(manage) => self.manage(manage),
                Action::Stage(_) | Action::ByHand(_) => {}
            }
        }
        self.reloads |= self.replaces.iter().any(is_of_unit);
    }

    /// Adds what is made; two fixes that both work on a copy of the bundle work on the same copy.
    fn join(&mut self, stages: Vec<StagedAction>, has_bundle: bool) -> bool {
        /// The folder, the copy, and that no link is in it.
        const COPY: usize = 3;
        if !has_bundle {
            self.stages.extend(stages);
            return true;
        }
        if stages.len() > COPY && self.stages.len() > COPY && stages.get(..COPY) == self.stages.get(..COPY) {
            self.stages.retain(|stage| !matches!(stage, StagedAction::Judge(_)));
            let more: Vec<StagedAction> =
                stages.into_iter().skip(COPY).filter(|one| !self.stages.contains(one)).collect();
            self.stages.extend(more);
        }
        false
    }

    pub(super) fn manage(&mut self, manage: &Manage) {
        match manage {
            Manage::Reload => self.reloads = true,
            // Every start begins with that.
            Manage::ResetFailed(_) => {}
            Manage::Restart(_) => self.starts = Some(manage.clone()),
            Manage::Start(_) => self.starts = self.starts.take().or_else(|| Some(manage.clone())),
            Manage::Enable(_) => self.enables = Some(manage.clone()),
            Manage::Thaw(_) | Manage::Continue(_) => self.moves.push(manage.clone()),
        }
    }

    /// A service that systemd starts again by itself after a pause is started at once where something was replaced: what
    /// was put in its place is to be seen at work, and the pause may be longer than anybody watches.
    fn start_what_waits(&mut self, facts: &Facts) {
        if self.starts.is_none() && !self.replaces.is_empty() && facts.condition() == Condition::Looping {
            self.starts = UnitName::new(&facts.places.unit).ok().map(Manage::Restart);
        }
    }

    /// The place of the bundle and what comes there, if one does.
    #[must_use]
    pub(crate) fn bundle(&self) -> Option<(&AbsolutePath, &CheckedWord)> {
        self.replaces.iter().find_map(|replace| match replace {
            Replace::Folder { place, new, .. } => Some((place, new)),
            _ => None,
        })
    }

    pub(super) fn describe(&mut self, facts: &Facts) {
        let mut steps = Vec::new();
        for stage in &self.stages {
            steps.extend(told(stage));
        }
        if let Some((_, new)) = self.bundle() {
            let what = match new {
                CheckedWord::Work(_) => "start it once, as the unit's user and without a control plane".to_owned(),
                other => format!("start {} once, without a control plane", other.plain().unwrap_or_default()),
            };
            steps.push(step(what, None, None, "nothing: it is ended again"));
        }
        steps.extend(self.replaces.iter().map(replaced));
        let unit = &facts.places.unit;
        if self.reloads {
            steps.push(step("have systemd read the units again", None, None, "by doing it again"));
        }
        if self.enables.is_some() {
            steps.push(step(format!("have {unit} started at boot"), None, None, "it is disabled again"));
        }
        for manage in &self.moves {
            let what = format!("let it run again: {}", manage.command().typed());
            steps.push(step(what, None, None, "not: nothing is lost by it"));
        }
        if self.starts.is_some() {
            let what = format!("start {unit}, and watch whether it stays up and connects");
            steps.push(step(what, None, None, "everything goes back where it does not, and it is started anew"));
        }
        self.steps = steps;
    }
}

pub(super) fn staged(action: &Action) -> Option<StagedAction> {
    match action {
        Action::Stage(stage) => Some(stage.clone()),
        _ => None,
    }
}

/// Whether systemd reads what is replaced.
pub(super) fn is_of_unit(replace: &Replace) -> bool {
    match replace {
        Replace::Edit { .. }
        | Replace::Write { .. }
        | Replace::Append { .. }
        | Replace::DropIns { .. }
        | Replace::Unmask { .. } => true,
        Replace::Rename { from, .. } => from.as_str().starts_with("/etc/systemd/"),
        Replace::Folder { .. } | Replace::Give { .. } => false,
    }
}

fn step(what: impl AsRef<str>, path: Option<&AbsolutePath>, replaces: Option<String>, undone: &str) -> PlannedStep {
    PlannedStep {
        what: crate::text::printable(what.as_ref()).into_owned(),
        path: path.map(|path| path.as_str().to_owned()),
        replaces,
        undone: undone.to_owned(),
    }
}

const GONE: &str = "the folder is removed";

fn told(stage: &StagedAction) -> Option<PlannedStep> {
    match stage {
        StagedAction::Folder { name, .. } => {
            let words = "make a private folder beside the bundle, on its file system";
            Some(step(words, Some(&name.beside(".new-XXXXXX")), None, GONE))
        }
        StagedAction::Run(command) => Some(step(format!("in it: {}", command.typed()), None, None, GONE)),
        StagedAction::Either(command, otherwise) => {
            let what = format!("in it: {}, or where that fails: {}", command.typed(), otherwise.typed());
            Some(step(what, None, None, GONE))
        }
        StagedAction::Judge(command) => {
            Some(step(format!("judge what came of it: {}", command.typed()), None, None, "nothing"))
        }
        StagedAction::Take { from, .. } => Some(step("copy the bundle into it", Some(from), None, GONE)),
        StagedAction::Newer { than, others, .. } => {
            let what = match others {
                Others::Left => format!("go on if it is newer than {than}, which is deployed"),
                Others::Mend => format!("go on unless it is older than {than}, which is deployed"),
                Others::OlderToo => format!("go on unless it is {than}, which is deployed"),
                Others::Any => return None,
            };
            Some(step(what, None, None, "nothing"))
        }
        StagedAction::NoLink(_) | StagedAction::Unlink { .. } | StagedAction::Try(_) => None,
    }
}

fn replaced(replace: &Replace) -> PlannedStep {
    let beside = |file: &AbsolutePath| format!("what is there, which is kept beside it as {}.broken-…", file.as_str());
    let back = "what was there is put back";
    match replace {
        Replace::Folder { place, new, was, kept, .. } => {
            let from = new.plain().map_or_else(|| "what was made".to_owned(), str::to_owned);
            let keeps = || match kept {
                Kept::Aside(_) => beside(place),
                Kept::Backup(path) => format!("what is there, which is kept as {}", path.as_str()),
            };
            let replaces = (*was == Was::Present).then(keeps);
            step(format!("put {from} in the bundle's place"), Some(place), replaces, back)
        }
        Replace::Rename { from, to, .. } => {
            step(format!("rename it to {}", to.as_str()), Some(from), None, "it gets its name back")
        }
        Replace::Edit { file, edits, .. } => {
            let edits: Vec<_> = edits
                .iter()
                .cloned()
                .map(|edit| CheckedWord::from(edit).plain().unwrap_or_default().to_owned())
                .collect();
            step(format!("edit the unit: {}", edits.join("; ")), Some(file), Some(beside(file)), back)
        }
        Replace::Write { file, was, .. } => {
            let replaces = (*was != WasFile::Absent).then(|| beside(file));
            let is_unit = file.as_str().ends_with(".service");
            let what = if is_unit { "write the documented unit, its own lines kept" } else { "write a drop-in" };
            step(what, Some(file), replaces, back)
        }
        Replace::DropIns { folder } => {
            let words = "make the folder for drop-ins of this unit, if it is not there";
            step(words, Some(folder), None, "it is removed again, if nothing else is in it by then")
        }
        Replace::Give { folder, names, to } => {
            let words = format!("give to {} what is there of {}", to.as_str(), names.join(", "));
            step(words, Some(folder), Some("the files, each kept beside it as ….broken-…".to_owned()), back)
        }
        Replace::Append { file, lines } => {
            let lines = lines.lines().trim().replace('\n', ", ");
            step(format!("add to the unit: {lines}"), Some(file), Some(beside(file)), back)
        }
        Replace::Unmask { mask, .. } => step("take the mask away", Some(mask), Some(beside(mask)), back),
    }
}
