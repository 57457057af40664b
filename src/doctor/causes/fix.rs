//! Steps of fixes that several causes share, and the ground that all of them stand on: whose the agent's folders are.
//!
//! A fix is a plan of checked words. What someone other than root or the unit's user may change, what goes through a link
//! and what is no bundle is left alone, and the reason is said instead.

use super::started;
use crate::doctor::facts::{Bond, Deployment, DeploymentState, Facts, Hold, LogKind, UnitDependency};
use crate::report::action::{Action, Manage};
use crate::report::bundle_layout::BundleLayout;
use crate::report::diagnosis::{FixCommand, FixStep, command};
use crate::report::words::{AbsolutePath, BundleDir, BundleMarks, CheckedWord, RefusedWord, UnitName, UserName};
use crate::systemd::normal;
use crate::update::documented_paths;

pub(crate) use crate::report::action::Hands;

/// The steps, or why there are none.
pub(crate) fn or_told(steps: Result<Vec<FixStep>, RefusedWord>) -> Vec<FixStep> {
    steps.unwrap_or_else(|refused| vec![FixStep::refused(&refused)])
}

/// `systemctl VERB UNIT`.
pub(crate) fn systemctl(verb: &'static str, facts: &Facts) -> Option<FixCommand> {
    // Whose name this is was checked when it was asked for; a name that is none is no command's.
    UnitName::new(&facts.places.unit).ok().map(|unit| command!("systemctl", verb, &unit))
}

/// Asks the service manager for something about the unit.
pub(crate) fn service(what: fn(UnitName) -> Manage, facts: &Facts) -> Option<Action> {
    UnitName::new(&facts.places.unit).ok().map(|unit| what(unit).into())
}

/// Starts the agent anew with what is on the disk.
pub(crate) fn restart(facts: &Facts) -> FixStep {
    if let Some(rival) = rival(facts) {
        return not_started(facts, &rival.unit);
    }
    refused(facts).unwrap_or_else(|| FixStep::changes("start the agent", restarting(facts)))
}

/// Has systemd read the unit again, and starts the agent.
pub(crate) fn reload_and_restart(facts: &Facts) -> FixStep {
    if let Some(rival) = rival(facts) {
        return not_started(facts, &rival.unit);
    }
    if let Some(refused) = refused(facts) {
        return refused;
    }
    let mut actions = vec![Manage::Reload.into()];
    actions.extend(restarting(facts));
    FixStep::changes("have systemd read the unit again, and start the agent", actions)
}

/// What is said where the unit lets nobody start it by hand (systemd.unit(5), `RefuseManualStart=`).
fn refused(facts: &Facts) -> Option<FixStep> {
    let setting = started::unit(facts)?.unit.setting("Unit", "RefuseManualStart")?;
    let holds = matches!(setting.value.to_ascii_lowercase().as_str(), "yes" | "true" | "on" | "1");
    let text = format!(
        "take `RefuseManualStart={}` out, at {}, and start the agent: with it nobody can, but another unit",
        setting.value,
        setting.place()
    );
    holds.then(|| FixStep::looks(text, systemctl("cat", facts).into_iter().collect()))
}

/// A unit that runs and that systemd would stop with the start of this one (`Conflicts=`): it is somebody's.
pub(crate) fn rival(facts: &Facts) -> Option<&UnitDependency> {
    facts.dependencies.iter().find(|unit| unit.bond == Bond::Rival && unit.active_state == "active")
}

fn not_started(facts: &Facts, rival: &str) -> FixStep {
    let text = format!("say whether the agent or `{rival}` is to run: they conflict, and a start would stop the other");
    FixStep::looks(text, systemctl("cat", facts).into_iter().collect())
}

fn restarting(facts: &Facts) -> Vec<Action> {
    // A start limit that was hit refuses every further start (systemd.unit(5), `StartLimitBurst=`).
    let failed = facts.service.known().is_some_and(|service| service.active_state == "failed");
    let reset = failed.then(|| service(Manage::ResetFailed, facts)).flatten();
    reset.into_iter().chain(service(Manage::Restart, facts)).collect()
}

/// The newest lines of the unit in the journal, and where else the unit sends what the agent prints.
pub(crate) fn journal(facts: &Facts) -> Vec<FixCommand> {
    let elsewhere = facts.journal.known().map(|journal| journal.elsewhere.as_slice()).unwrap_or_default();
    let in_namespace = elsewhere.iter().any(|place| matches!(place.kind, LogKind::Namespace(_)));
    let unit = UnitName::new(&facts.places.unit).ok();
    let all = unit.map(|unit| {
        let all = in_namespace.then(|| CheckedWord::from("--namespace=*"));
        command!("journalctl", "--no-pager", "-n", "100", "-u", &unit).with(all)
    });
    let files = elsewhere.iter().filter_map(|place| match &place.kind {
        LogKind::File(path) => AbsolutePath::new(path).ok().map(|path| command!("tail", "-n", "100", "--", path)),
        LogKind::Namespace(_) | LogKind::Nowhere(_) | LogKind::Dropped(_) => None,
    });
    all.into_iter().chain(files).collect()
}

/// How to see that a fix worked.
pub(crate) fn verify(facts: &Facts) -> Vec<FixCommand> {
    let command = command!("bundle-doctor", "doctor");
    if facts.places.unit == documented_paths::UNIT {
        return vec![command];
    }
    let unit = UnitName::new(&facts.places.unit).ok();
    unit.map(|unit| command.with(["--unit".into(), CheckedWord::from(&unit)])).into_iter().collect()
}

/// The ending of a name beside something that is put away: with the time of the diagnosis.
pub(crate) fn aside(facts: &Facts) -> String {
    let stamp = facts.at.rfc3339().unwrap_or_default();
    format!("{}{}", documented_paths::PUT_ASIDE, stamp.chars().filter(char::is_ascii_alphanumeric).collect::<String>())
}

/// The bundle's place, checked, and whose hands may work on it.
pub(crate) struct Ground {
    /// The bundle's folder.
    pub bundle: BundleDir,
    /// Who works below it.
    pub hands: Hands,
    /// Who works in the folder that it stands in.
    pub around: Hands,
}

impl Ground {
    /// Checks the place of the deployed bundle.
    ///
    /// # Errors
    /// Where it is no bundle's, or another may change it.
    pub(crate) fn of(facts: &Facts) -> Result<Self, RefusedWord> {
        let bundle = BundleDir::new(&normal(&facts.places.bundle), marks(&facts.deployment))?;
        let user = unit_user(facts)?;
        let hands = if user.is_root() { Hands::Root } else { Hands::User(user) };
        held(facts, bundle.path(), &hands)?;
        let around = match held(facts, &bundle.path().folder(), &hands)? {
            Hold::Roots => Hands::Root,
            _ => hands.clone(),
        };
        Ok(Self { bundle, hands, around })
    }

    /// Another folder of the agent's beside it, checked likewise.
    ///
    /// # Errors
    /// As for the bundle.
    pub(crate) fn also(&self, facts: &Facts, deployment: &Deployment) -> Result<AbsolutePath, RefusedWord> {
        let folder = BundleDir::new(&normal(&deployment.path), marks(deployment))?;
        held(facts, folder.path(), &self.hands)?;
        Ok(folder.path().clone())
    }
}

/// The user that the unit runs as, root where there is no unit.
///
/// # Errors
/// Where that is none.
pub(crate) fn unit_user(facts: &Facts) -> Result<UserName, RefusedWord> {
    let unit = started::unit(facts);
    let account = unit.and_then(|unit| unit.account.known()).and_then(Option::as_ref);
    let name = account.map(|account| account.name.clone()).or_else(|| unit.map(|unit| unit.unit.user()));
    UserName::new(name.as_deref().unwrap_or("root"))
}

/// Who may change what is at a path, if it is nobody but root and these hands.
///
/// # Errors
/// Where another may, or the path goes through a link.
pub(crate) fn held<'a>(facts: &'a Facts, path: &AbsolutePath, hands: &Hands) -> Result<&'a Hold, RefusedWord> {
    let hold = facts.guards.iter().find(|guard| normal(&guard.path) == path.as_str()).map(|guard| &guard.hold);
    match (hold, hands) {
        (Some(hold @ Hold::Roots), _) | (Some(hold @ Hold::UnitsUser), Hands::User(_)) => Ok(hold),
        (Some(Hold::Link(link)), _) => Err(RefusedWord::new(link, "is a link, and no fix goes through one")),
        (Some(Hold::ShownElsewhere(line)), _) => Err(RefusedWord::new(line, SHOWN_ELSEWHERE)),
        (Some(Hold::UnitsUser | Hold::Anyones { .. }), _) => {
            Err(RefusedWord::new(path.as_str(), "may be changed by another than root and the unit's user"))
        }
        (Some(Hold::Unseen) | None, _) => Err(RefusedWord::new(path.as_str(), "could not be looked at")),
    }
}

/// What is said of a path at which the agent sees something else than everybody.
const SHOWN_ELSEWHERE: &str =
    "shows the agent something else at its path than everybody sees there: mend what it leads to by hand";

/// A file that nobody but root may change.
///
/// # Errors
/// Where another may, or it is reached through a link.
pub(crate) fn roots(facts: &Facts, path: &str) -> Result<AbsolutePath, RefusedWord> {
    let path = AbsolutePath::new(path)?;
    held(facts, &path, &Hands::Root)?;
    Ok(path)
}

/// What only a bundle of the agent has.
fn marks(deployment: &Deployment) -> BundleMarks {
    let named = deployment.path.trim_end_matches('/').ends_with("/agent-bundle");
    match deployment.state.known() {
        Some(DeploymentState::Absent | DeploymentState::Empty) => BundleMarks::Vacant,
        _ if named => BundleMarks::Seen,
        Some(DeploymentState::Present(inspected)) => {
            let report = &inspected.report;
            let name = report.package.as_ref().and_then(|package| package.name.as_deref());
            let ours = name.is_some_and(|name| name.starts_with("@server-flow/"));
            let has_shared = !report.findings.iter().any(|finding| finding.rule == "shared-package-missing");
            let laid_out = report.layout != BundleLayout::Unknown;
            if ours || inspected.ships_shared || (has_shared && laid_out) {
                BundleMarks::Seen
            } else {
                BundleMarks::Missing
            }
        }
        Some(DeploymentState::NotADirectory(_)) | None => BundleMarks::Missing,
    }
}
