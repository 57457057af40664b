//! Fixes of the bundle: made and proven in a private folder beside it, then swapped in by renames. What was there is kept.

use super::fix::{self, Ground, Hands};
use super::started;
use crate::doctor::facts::{DeployedBundle, Deployment, DeploymentState, Facts};
use crate::report::action::{Action, Kept, Replace, StagedAction, Was};
use crate::report::diagnosis::{FixCommand, FixStep, command};
use crate::report::words::{AbsolutePath, CheckedWord, HttpUrl, NodeProgram, RefusedWord};
use crate::systemd::normal;

/// The bundle in the block's own folder.
pub(super) const STAGED: CheckedWord = CheckedWord::Work("bundle");
/// The archive in the block's own folder.
pub(super) const ARCHIVE: CheckedWord = CheckedWord::Work("agent-bundle.tar.gz");
/// `node_modules` of the staged bundle.
const MODULES: CheckedWord = CheckedWord::Work("bundle/node_modules");
/// The scope of the shared package in it.
const SCOPE: CheckedWord = CheckedWord::Work("bundle/node_modules/@server-flow");
/// The shared package in it.
const SHARED: CheckedWord = CheckedWord::Work("bundle/node_modules/@server-flow/shared");
/// What was installed before.
const OLD_MODULES: CheckedWord = CheckedWord::Work("node_modules");

/// The newest folder that would start as the unit is now: a second update moves the bundle into the backup, and a fix
/// moves it aside.
pub(crate) fn good_backup(facts: &Facts) -> Option<&Deployment> {
    // What people have kept counts where a fix may touch it; else the published bundle is as good.
    let usable = |kept: &&Deployment| Ground::of(facts).and_then(|ground| ground.also(facts, kept)).is_ok();
    let kept = facts.kept.iter().filter(usable);
    let backups = facts.nested_backup.iter().chain([&facts.backup]).chain(&facts.put_aside).chain(kept);
    backups.into_iter().find(|backup| started::would_start(facts, backup))
}

/// Puts the backup back, if it would start.
pub(crate) fn rollback(facts: &Facts) -> Option<FixStep> {
    let backup = good_backup(facts)?;
    let commands = Ground::of(facts).and_then(|ground| {
        let from = ground.also(facts, backup)?;
        Ok(swap(facts, &ground, &from.into()))
    });
    let version = backup.inspected().and_then(|inspected| inspected.report.package.as_ref()?.version.clone());
    let version = version.map(|version| format!(" ({version})")).unwrap_or_default();
    let what = if backup.path == facts.backup.path {
        "the backup".to_owned()
    } else if facts.kept.contains(backup) {
        format!("`{}`", backup.path)
    } else {
        "what was put aside".to_owned()
    };
    Some(match commands {
        Ok(commands) => {
            let kept = if was(facts) == Was::Present { "; what is there is kept" } else { "" };
            FixStep::changes(format!("put {what}{version} back: it would start{kept}"), commands)
        }
        Err(refused) => FixStep::refused(&refused),
    })
}

/// Makes the bundle one that starts: the backup, else the published one; then starts the agent.
pub(crate) fn mend(facts: &Facts) -> Vec<FixStep> {
    let steps = match rollback(facts) {
        Some(step) => vec![step],
        None => fix::or_told(renew(facts)),
    };
    started_after(steps, facts)
}

/// With the start of the agent, if anything was done.
pub(crate) fn started_after(mut steps: Vec<FixStep>, facts: &Facts) -> Vec<FixStep> {
    if steps.iter().any(|step| !step.commands.is_empty()) {
        steps.push(fix::restart(facts));
    }
    steps
}

/// What is in the bundle's place.
pub(super) fn was(facts: &Facts) -> Was {
    match facts.deployment.state.known() {
        Some(DeploymentState::Absent) => Was::Absent,
        Some(DeploymentState::Empty) => Was::Empty,
        _ => Was::Present,
    }
}

/// What puts a folder into the bundle's place: what is there is kept.
pub(super) fn swap(facts: &Facts, ground: &Ground, new: &CheckedWord) -> Vec<Action> {
    let place = ground.bundle.path().clone();
    let was = was(facts);
    let kept = Kept::Aside(place.beside(&fix::aside(facts)));
    vec![Replace::Folder { place, new: new.clone(), kept, was, by: ground.around.clone() }.into()]
}

/// What [`swap`] does of a bundle that was made.
fn put_in_place(facts: &Facts) -> &'static str {
    match was(facts) {
        Was::Present => "put it in the place of what is there, which is kept",
        Was::Absent | Was::Empty => "put it in the bundle's place, where nothing is",
    }
}

/// The fix's own folder, beside the bundle and therefore on its file system. It is gone with the block.
pub(super) fn workshop(ground: &Ground) -> Vec<Action> {
    let owner = match (&ground.hands, &ground.around) {
        (Hands::User(user), Hands::Root) => Some(user.clone()),
        _ => None,
    };
    vec![StagedAction::Folder { name: ground.bundle.path().clone(), by: ground.around.clone(), owner }.into()]
}

/// Fetches the published bundle, judges it, and puts it in the place of what is there; words where the control plane's
/// address is not known. What an update left in `/tmp`, anyone may have put there.
///
/// # Errors
/// Where a word of it is none.
pub(crate) fn renew(facts: &Facts) -> Result<Vec<FixStep>, RefusedWord> {
    let ground = Ground::of(facts)?;
    let Some(url) = started::url(facts) else {
        let bundle = normal(&facts.places.bundle);
        return Ok(vec![FixStep::told(format!(
            "put a bundle into `{bundle}`: no backup here would start, and the control plane's address is not known"
        ))]);
    };
    let published = HttpUrl::new(&url)?.below("agent-bundle.tar.gz");
    let mut fetch = workshop(&ground);
    // `-f`, unlike step 1 of the update: without it an error page is saved as the archive
    // (docs/reference/field-facts.md, "The update, as executed by agents in the field").
    let download = command!("curl", "-fsSLg", "-o", ARCHIVE, "--", &published);
    fetch.push(StagedAction::Run(ground.hands.run(&download)).into());
    let judged = command!("bundle-doctor", "check").with(facts.policy.words()?).with(["--".into(), ARCHIVE]);
    fetch.push(StagedAction::Judge(judged).into());
    Ok(vec![
        FixStep::changes("fetch the published bundle and judge it", fetch),
        FixStep::changes(
            "extract it beside what is there, install, and judge what came of it",
            installed(facts, &ground)?,
        ),
        FixStep::changes(put_in_place(facts), swap(facts, &ground, &STAGED)),
    ])
}

/// Makes a bundle of the archive in the fix's own folder, and judges it.
///
/// # Errors
/// Where a word of it is none.
pub(super) fn installed(facts: &Facts, ground: &Ground) -> Result<Vec<Action>, RefusedWord> {
    let by = |command: FixCommand| Action::from(StagedAction::Run(ground.hands.run(&command)));
    // Root's tar would give the files to whoever has the number of the machine that packed them
    // (docs/reference/field-facts.md, "Released bundles").
    let extract = by(command!("tar", "--no-same-owner", "-xzf", ARCHIVE, "-C", STAGED));
    let mut make = vec![by(command!("mkdir", "--", STAGED)), extract.clone()];
    make.extend(installer(facts, ground)?);
    // Once more: the installation removes the shared package's copy, which no manifest declares.
    make.extend([extract, judge(facts)]);
    Ok(make)
}

/// Judges the staged bundle. What the next update will make of it is not the question here, and its signature was that of
/// the archive.
pub(super) fn judge(facts: &Facts) -> Action {
    let node = facts.node.known().and_then(Option::as_ref).and_then(|node| node.version.as_deref());
    let version = node.and_then(CheckedWord::version).map(|version| ["--node".into(), version]);
    let command = command!("bundle-doctor", "check", "--no-config", "-A", "update-drops-shared");
    StagedAction::Judge(command.with(version.into_iter().flatten()).with(["--".into(), STAGED])).into()
}

/// The commands that install what the staged bundle declares (step 5 of the update), with what is on this server.
fn installer(facts: &Facts, ground: &Ground) -> Result<Vec<Action>, RefusedWord> {
    let found = |name: &str| {
        let path = facts.package_managers.iter().find(|path| path.rsplit('/').next() == Some(name));
        path.map(|path| NodeProgram::new(path)).transpose()
    };
    let by = |program: CheckedWord, words: Vec<CheckedWord>| {
        let command = at_home(facts, ground).map_or_else(
            || FixCommand::new([program.clone()]),
            |home| command!("env", CheckedWord::option("HOME", &home), program.clone()),
        );
        ground.hands.run(&command.with(words))
    };
    let run = |command: FixCommand| Action::from(StagedAction::Run(command));
    let [install, no_scripts] = ["install", "--ignore-scripts"].map(CheckedWord::from);
    // Without it pnpm installs into whatever workspace is found in a folder above.
    let [prod, alone] = ["--prod", "--ignore-workspace"].map(CheckedWord::from);
    let with_npm = vec!["--prefix".into(), STAGED, install.clone(), "--omit=dev".into(), no_scripts.clone()];
    let with_pnpm = vec!["-C".into(), STAGED, install, prod, no_scripts, alone];
    Ok(match (found("pnpm")?, found("npm")?) {
        (Some(pnpm), Some(npm)) => {
            let (pnpm, npm) = (by(CheckedWord::from(&pnpm), with_pnpm), by(CheckedWord::from(&npm), with_npm));
            vec![StagedAction::Either(pnpm, npm).into()]
        }
        (Some(pnpm), None) => vec![run(by(CheckedWord::from(&pnpm), with_pnpm))],
        (None, Some(npm)) => vec![run(by(CheckedWord::from(&npm), with_npm))],
        (None, None) => {
            vec![command!("apt-get", "install", "-y", "npm").into(), run(by("/usr/bin/npm".into(), with_npm))]
        }
    })
}

/// The home of the user who installs, where it is not root: runuser leaves root's (runuser(1), `-u`), in which that user may
/// not write, and package managers do.
fn at_home(facts: &Facts, ground: &Ground) -> Option<AbsolutePath> {
    let account = started::unit(facts)?.account.known()?.as_ref()?;
    let home = || AbsolutePath::new(&account.home).ok();
    matches!(ground.hands, Hands::User(_)).then(home).flatten()
}

/// Copies the bundle into the block's own folder: what is changed there cannot harm what is in use.
fn copied(ground: &Ground) -> Vec<Action> {
    let mut commands = workshop(ground);
    commands.extend(copy(ground, &ground.hands));
    commands
}

/// [`copied`], by root into a folder of its own: what the unit's user may not read.
pub(super) fn copied_by_root(ground: &Ground) -> Vec<Action> {
    let folder = StagedAction::Folder { name: ground.bundle.path().clone(), by: Hands::Root, owner: None };
    core::iter::once(folder.into()).chain(copy(ground, &Hands::Root)).collect()
}

fn copy(ground: &Ground, hands: &Hands) -> [Action; 2] {
    let copy = hands.run(&command!("cp", "-a", "--", &ground.bundle, STAGED));
    [StagedAction::Run(copy).into(), StagedAction::NoLink(MODULES).into()]
}

/// Steps 4 to 6 of the update on a copy: installs anew, and keeps or makes the shared package's copy. What is there is
/// left out, as pnpm believes its own notes of it (`node_modules/.modules.yaml`) and would change nothing.
///
/// # Errors
/// Where a word of it is none.
pub(crate) fn install(facts: &Facts) -> Result<Vec<FixStep>, RefusedWord> {
    let ground = Ground::of(facts)?;
    let by = |command: FixCommand| Action::from(StagedAction::Run(ground.hands.run(&command)));
    let inspected = facts.deployment.inspected();
    let has_modules = inspected.is_some_and(|inspected| inspected.has_modules);
    let has_copy = inspected.is_some_and(|inspected| inspected.has_modules && !lost_shared(inspected));
    let mut commands = copied(&ground);
    if has_modules {
        commands.push(by(command!("mv", "-T", "--", MODULES, OLD_MODULES)));
    }
    commands.extend(installer(facts, &ground)?);
    if has_copy {
        commands.push(by(command!("mkdir", "-p", "--", SCOPE)));
        commands.push(by(command!("rm", "-rf", "--", SHARED)));
        commands.push(by(command!("cp", "-a", "--", CheckedWord::Work("node_modules/@server-flow/shared"), SHARED)));
    } else if inspected.is_some_and(|inspected| inspected.ships_shared) {
        commands.extend(shared_from_source(&ground));
    }
    commands.push(judge(facts));
    Ok(vec![
        FixStep::changes("install what `package.json` declares in a copy (needs the network), and judge it", commands),
        FixStep::changes("put the copy in the place of what is there, which is kept", swap(facts, &ground, &STAGED)),
    ])
}

/// Installs anew and starts, where that makes the bundle whole and no good backup stands; else [`mend`].
#[must_use]
pub(crate) fn install_or_mend(facts: &Facts) -> Vec<FixStep> {
    if good_backup(facts).is_some() || !can_install(facts) {
        return mend(facts);
    }
    started_after(fix::or_told(install(facts)), facts)
}

/// Whether an installation makes the bundle whole: it cannot bring back a shared package that nothing here has.
pub(crate) fn can_install(facts: &Facts) -> bool {
    facts
        .deployment
        .inspected()
        .is_some_and(|inspected| inspected.ships_shared || (!lost_shared(inspected) && inspected.has_modules))
}

fn lost_shared(inspected: &DeployedBundle) -> bool {
    ["shared-package-missing", "shared-package-linked"].iter().any(|rule| inspected.stopper(rule).is_some())
}

/// Step 6 of the update on a copy, which also makes the folder that `cp` needs.
///
/// # Errors
/// Where a word of it is none.
pub(crate) fn copy_shared(facts: &Facts) -> Result<Vec<FixStep>, RefusedWord> {
    let ground = Ground::of(facts)?;
    let mut commands = copied(&ground);
    commands.extend(shared_from_source(&ground));
    commands.push(judge(facts));
    Ok(vec![
        FixStep::changes("do step 6 of the update in a copy of the bundle, and judge it", commands),
        FixStep::changes("put the copy in the place of what is there, which is kept", swap(facts, &ground, &STAGED)),
    ])
}

fn shared_from_source(ground: &Ground) -> Vec<Action> {
    let by = |command: FixCommand| Action::from(StagedAction::Run(ground.hands.run(&command)));
    vec![
        StagedAction::Unlink { link: SCOPE, by: ground.hands.clone() }.into(),
        by(command!("mkdir", "-p", "--", SCOPE)),
        by(command!("rm", "-rf", "--", SHARED)),
        // `cp -r` onto a folder that is there would copy into it, hence the line before.
        by(command!("cp", "-r", "--", CheckedWord::Work("bundle/packages/shared"), SHARED)),
    ]
}

/// Has the newer of two backups, one in the other, take the older one's place; the older one is kept.
///
/// # Errors
/// Where a word of it is none.
pub(crate) fn unnest_backup(facts: &Facts, nested: &Deployment) -> Result<FixStep, RefusedWord> {
    let ground = Ground::of(facts)?;
    let inner = ground.also(facts, nested)?;
    let backup = ground.also(facts, &facts.backup)?;
    let ending = fix::aside(facts);
    let (newer, older) = (backup.beside(".newer"), backup.beside(&ending));
    let by = &ground.around;
    let rename =
        |from: &AbsolutePath, to: &AbsolutePath| Replace::Rename { from: from.clone(), to: to.clone(), by: by.clone() };
    Ok(FixStep::changes(
        "keep the newer one, which is the bundle from before the last update, as the backup, and the older one beside it",
        vec![rename(&inner, &newer), rename(&backup, &older), rename(&newer, &backup)],
    ))
}
