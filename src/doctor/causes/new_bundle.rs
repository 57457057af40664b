//! What an update needs of a server: the offered bundle made and proven as a published one is, the old one kept as the
//! backup, and a unit that starts what is there then.

use super::bundle_fix::{ARCHIVE, STAGED, installed, was, workshop};
use super::fix::{self, Ground};
use super::{started, unit_other_command};
use crate::doctor::facts::{
    Condition, DeployedBundle, Deployment, DeploymentState, Fact, Facts, ManifestParts, Presence, ReachedPath,
    SignatureDemand,
};
use crate::report::action::{Action, Hands, Kept, Others, Replace, StagedAction, Was};
use crate::report::diagnosis::{FixStep, command};
use crate::report::subject::SubjectReport;
use crate::report::words::{AbsolutePath, CheckedWord, HttpUrl, RefusedWord};
use crate::systemd::normal;
use crate::tree::snapshot::SubjectKind;
use crate::update::documented_paths::ENTRY_POINT;

/// Where the bundle of an update is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Offered {
    /// At an address.
    At(HttpUrl),
    /// In a file, which is open already.
    File(AbsolutePath),
}

/// The most bytes of an archive that is fetched: more than `check` would unpack of it.
const MAX_ARCHIVE: &str = "--fsize=2147483648";
/// What a signature's name has behind the archive's, in the order in which `check` looks.
pub(crate) const SIGNATURES: [(&str, &str); 2] =
    [("minisig", "agent-bundle.tar.gz.minisig"), ("sig", "agent-bundle.tar.gz.sig")];

/// What brings the offered bundle into the place of the deployed one.
///
/// # Errors
/// Where a word of it is none, or another may change what is there.
pub(crate) fn actions(facts: &Facts, offered: &Offered, others: Others) -> Result<Vec<Action>, RefusedWord> {
    let ground = Ground::of(facts)?;
    let mut actions = workshop(&ground);
    actions.extend(obtained(facts, &ground.hands, offered));
    // What the agents' own updates would lose of it, this one does not.
    let judged = command!("bundle-doctor", "check").with(facts.policy.words()?);
    let judged = judged.with(["-A".into(), "update-drops-shared".into(), "--".into(), ARCHIVE]);
    actions.push(StagedAction::Judge(judged).into());
    if let Some(than) = deployed_version(facts) {
        actions.push(StagedAction::Newer { archive: ARCHIVE, than, others }.into());
    }
    actions.extend(installed(facts, &ground)?);
    actions.extend(put(facts, &ground));
    Ok(actions)
}

/// The version that is deployed, where there is one that could be compared.
pub(crate) fn deployed_version(facts: &Facts) -> Option<String> {
    let version = facts.deployment.inspected()?.report.package.as_ref()?.version.clone()?;
    semver::Version::parse(&version).is_ok().then_some(version)
}

/// Brings the archive into the folder, and its signature where one is looked for.
fn obtained(facts: &Facts, hands: &Hands, offered: &Offered) -> Vec<Action> {
    let url = match offered {
        Offered::File(from) => return vec![StagedAction::Take { from: from.clone(), to: ARCHIVE }.into()],
        Offered::At(url) => url,
    };
    let fetched = |url: &HttpUrl, to: CheckedWord| {
        let limited = command!("prlimit", MAX_ARCHIVE, "--", "curl", "--proto", "=http,https", "-fsSLg", "-o", to);
        hands.run(&limited.with(["--".into(), CheckedWord::from(url)]))
    };
    let mut actions = vec![StagedAction::Run(fetched(url, ARCHIVE)).into()];
    if facts.policy.signed != SignatureDemand::None {
        let try_at = |(ending, to)| StagedAction::Try(fetched(&url.with_ending(ending), CheckedWord::Work(to))).into();
        actions.extend(SIGNATURES.map(try_at));
    }
    actions
}

/// Puts the staged bundle into its place. What is there becomes the backup, as in step 2 of the update, and the backup
/// before it is put aside; a bundle that would not start is put aside, so that no good backup is lost for it.
fn put(facts: &Facts, ground: &Ground) -> Vec<Action> {
    let place = ground.bundle.path().clone();
    let (was, ending) = (was(facts), fix::aside(facts));
    let worth = was == Was::Present && facts.deployment.would_start() != Some(false);
    let backup = AbsolutePath::new(&normal(&facts.places.backup)).ok().filter(|_| worth);
    let (aside, kept) = match (backup, facts.backup.state.known()) {
        (Some(backup), Some(DeploymentState::Absent)) => (None, Kept::Backup(backup)),
        (Some(backup), Some(DeploymentState::Present(_) | DeploymentState::Empty))
            if ground.also(facts, &facts.backup).is_ok() =>
        {
            let to = backup.beside(&ending);
            let aside = Replace::Rename { from: backup.clone(), to, by: ground.around.clone() };
            (Some(aside), Kept::Backup(backup))
        }
        _ => (None, Kept::Aside(place.beside(&ending))),
    };
    let new = Replace::Folder { place, new: STAGED, kept, was, by: ground.around.clone() };
    aside.into_iter().chain([new]).map(Action::from).collect()
}

/// The server as it would be with a good bundle of today's layout in place: what is still wrong with it then is not the
/// bundle's.
pub(crate) fn with_a_good_one(facts: &Facts) -> Facts {
    let mut facts = facts.clone();
    let good = good(&facts);
    facts.deployment.state = Fact::Known(DeploymentState::Present(Box::new(good)));
    facts.download = Fact::Known(None);
    let (bundle, nested) = (normal(&facts.places.bundle), started::nested_folder(&facts));
    if let Fact::Known(unit) = &mut facts.unit {
        for reached in [&mut unit.working_directory, &mut unit.script] {
            if let Fact::Known(reached) = reached {
                predict(reached, &bundle, &nested);
            }
        }
    }
    facts
}

/// What will be at a path of the unit: nothing of the old layout.
fn predict(reached: &mut ReachedPath, bundle: &str, nested: &str) {
    if !started::is_below(&reached.path, bundle) || matches!(reached.presence, Presence::Denied { .. }) {
        return;
    }
    reached.presence = if started::is_below(&reached.path, nested) {
        Presence::Missing { above: bundle.to_owned(), link: None }
    } else if reached.path == bundle {
        Presence::Directory
    } else {
        Presence::File { size: 1, executable: false }
    };
}

fn good(facts: &Facts) -> DeployedBundle {
    let report = SubjectReport::sound(&facts.places.bundle, SubjectKind::Directory);
    DeployedBundle {
        report,
        changed: None,
        // What was said before it came says nothing of it.
        replaced: Some(facts.at),
        has_modules: true,
        has_dependencies: true,
        engines: None,
        absent_dependencies: Vec::new(),
        ships_shared: true,
        entry: ENTRY_POINT.to_owned(),
        is_bare: false,
        emptied: Vec::new(),
        manifest: ManifestParts::Neither,
    }
}

/// The documented command, where the unit starts something else by which no flat bundle is known to run.
pub(crate) fn documented_command(facts: &Facts) -> Vec<FixStep> {
    let is_flat = |deployed: &Deployment| deployed.inspected().is_some_and(|inspected| !inspected.is_nested());
    if facts.condition() == Condition::Running && is_flat(&facts.deployment) {
        return Vec::new();
    }
    unit_other_command::to_documented(facts).unwrap_or_default()
}
