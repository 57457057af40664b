//! `permission-denied`: the user of the unit may not read what it must start.

use super::bundle_fix::{self, STAGED};
use super::cause::{Area, Cause, Stands, ToldBy};
use super::crash::{Crash, CrashKind};
use super::{crash, evidence, fix, started, told_of, unit_fix};
use crate::doctor::facts::{Condition, Facts, Hold, JournalEntry, Presence, ReachedPath, RefusedPath};
use crate::report::action::{Action, Replace, StagedAction};
use crate::report::diagnosis::{Diagnosis, FixCommand, FixStep, command};
use crate::report::finding::Severity;
use crate::report::words::{AbsolutePath, CheckedWord, NodeProgram, RefusedWord, UserName};
use crate::systemd::normal;

pub(super) static CAUSE: Cause = Cause {
    id: "permission-denied",
    severity: Severity::Error,
    summary: "the user of the unit may not read what it must start",
    page: include_str!("../../../docs/causes/permission-denied.md"),
    stands: Stands::InTheWay,
    areas: &[Area::User],
    follows_from: &[
        "unit-masked",
        "unit-missing",
        "unit-invalid",
        "drop-in-overrides",
        "user-missing",
        "unit-confinement",
    ],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    let user = started::unit(facts).map_or_else(|| "root".to_owned(), |unit| unit.unit.user());
    if let Some(found) = read_only(facts, &user) {
        return Some(found);
    }
    let denied = [started::directory(facts), started::script(facts), started::program(facts)]
        .into_iter()
        .flatten()
        .find(|reached| matches!(reached.presence, Presence::Denied { .. }));
    let program =
        started::program(facts).filter(|program| matches!(program.presence, Presence::File { executable: false, .. }));
    let denied = denied.or(program);
    let dead = !matches!(facts.condition(), Condition::Running | Condition::Starting | Condition::Stopped);
    let child = evidence::manager_line(facts, &["Failed at step CHDIR", "Failed at step EXEC"])
        .filter(|entry| dead && entry.says("Permission denied"))
        .filter(|entry| !is_of_a_helper(facts, entry) && !is_of_a_program_elsewhere(facts, entry));
    let crash = crash::crash(facts).filter(|crash| crash.kind == CrashKind::Denied && is_ours(facts, crash));
    let refused = refused(facts);
    // What a path of the unit's shows by itself needs no word of node's.
    let unread = refused.as_ref().filter(|_| denied.is_none()).map(|(crash, _)| crash.headline);
    let said = child.or(crash.as_ref().map(|crash| crash.headline)).or(unread);
    let refused = refused.as_ref().map(|(_, refused)| *refused);
    if denied.is_none() && said.is_none() {
        return None;
    }
    if let Some(found) = by_policy(facts, denied.is_some(), child, &user) {
        return Some(found);
    }
    let told = crash.as_ref().filter(|_| denied.is_none()).and_then(|crash| refused_to(&crash.headline.message));
    let words = match (&told, denied) {
        (Some(RefusedUse::Port(place)), _) => {
            format!("The agent runs as `{user}`, who may not listen on `{place}`: ports below 1024 are for root")
        }
        (Some(RefusedUse::Path(path)), _) => format!("The agent runs as `{user}`, who may not use `{path}`"),
        (None, None) if refused.is_some() => {
            let at = refused.map_or("", |refused| refused.at.as_str());
            format!("The agent runs as `{user}`, who may not use `{at}`, so that node finds nothing there")
        }
        (None, Some(reached)) => format!("The agent runs as `{user}`, who may not use `{}`", reached.path),
        (None, None) => format!("The agent runs as `{user}`, who may not use `{}`", facts.places.bundle),
    };
    let mut seen = denied
        .map(evidence::reached)
        .into_iter()
        .chain(said.map(evidence::journal))
        .chain(
            refused
                .filter(|_| denied.is_none())
                .map(|refused| evidence::disk(format!("{}: {}", refused.at, refused.why))),
        )
        .chain(evidence::unit_setting(facts, "User"))
        .chain(evidence::state(facts));
    let first = seen.next()?;
    let steps = match told {
        Some(RefusedUse::Port(_)) => vec![FixStep::told(
            "have the agent listen on a port from 1024 on, or give its unit `AmbientCapabilities=CAP_NET_BIND_SERVICE`",
        )],
        Some(RefusedUse::Path(path)) if !started::is_below(&normal(path), &normal(&facts.places.bundle)) => {
            vec![FixStep::told(format!(
                "see who owns `{path}` and the folders above it, and let `{user}` use it; then start the agent"
            ))]
        }
        _ if refused.is_some_and(|refused| !refused.is_users && is_the_users_ground(facts)) => {
            let at = refused.map_or("", |refused| refused.at.as_str());
            vec![FixStep::told(format!(
                "`{at}` belongs to another than `{user}`, as what root has installed or written there does: give what is below \
                 the bundle to `{user}` (`chown -hR`), then start the agent. `{user}` itself may change the folders around it, so \
                 that root does nothing there by itself"
            ))]
        }
        _ => remedy(facts, denied, &user),
    };
    Some(CAUSE.found(facts, words, first).and(seen).steps(steps))
}

/// systemd was refused what the modes on the disk allow: a policy of the machine forbids it, as of SELinux or AppArmor.
fn by_policy(facts: &Facts, denied: bool, child: Option<&JournalEntry>, user: &str) -> Option<Diagnosis> {
    let child = child.filter(|_| !denied)?;
    let is_there = |reached: &&ReachedPath| match reached.presence {
        Presence::File { executable, .. } => executable,
        Presence::Directory => true,
        _ => false,
    };
    let reached = match child.says("Failed at step EXEC") {
        true => started::program(facts).filter(is_there)?,
        false => started::directory(facts).filter(is_there)?,
    };
    let words = format!(
        "The agent runs as `{user}`, who may not use `{}`, although its mode allows it: a policy of this machine (SELinux, \
         AppArmor) forbids it",
        reached.path
    );
    let look = AbsolutePath::new(&reached.path).map(|path| {
        vec![
            command!("ls", "-ldZ", "--", path),
            command!("journalctl", "--no-pager", "-n", "50", "-k", "-g", "denied", CheckedWord::Shell("|| true")),
        ]
    });
    let text = "see which policy it is, and have whoever keeps it allow this; a file that was moved keeps the label of where it was";
    let look = look.map(|look| vec![FixStep::looks(text, look)]);
    Some(
        CAUSE
            .found(facts, words, evidence::journal(child))
            .and(told_of::seen(facts, &told_of::POLICIES))
            .and([evidence::reached(reached)])
            .and(evidence::unit_setting(facts, "User"))
            .and(evidence::state(facts))
            .steps(fix::or_told(look)),
    )
}

/// What the agent itself was refused, by libuv's words for it.
enum RefusedUse<'a> {
    /// `EACCES: permission denied, open '/x'`.
    Path(&'a str),
    /// `listen EACCES: permission denied 0.0.0.0:80`.
    Port(&'a str),
}

fn refused_to(line: &str) -> Option<RefusedUse<'_>> {
    if let Some((_, place)) = line.split_once("listen EACCES: permission denied ") {
        let port = place.rsplit(':').next().and_then(|port| port.trim().parse::<u16>().ok());
        return Some(RefusedUse::Port(place.trim())).filter(|_| port.is_some_and(|port| port < 1024));
    }
    let quoted = line.rsplit_once(", ")?.1.split_once('\'')?.1;
    let path = quoted.split('\'').next()?;
    path.starts_with('/').then_some(RefusedUse::Path(path))
}

/// Nobody may write there, as on a disk that turned read-only for its errors. What a line of the unit makes so is `unit-confinement`.
fn read_only(facts: &Facts, user: &str) -> Option<Diagnosis> {
    let crash = crash::crash(facts).filter(|crash| crash.kind == CrashKind::ReadOnly && is_ours(facts, crash))?;
    let path = match refused_to(&crash.headline.message) {
        Some(RefusedUse::Path(path)) => path,
        _ => &facts.places.home,
    };
    let words = format!("The agent runs as `{user}`, and may not write `{path}`: its file system is mounted read-only");
    let look = AbsolutePath::new(normal(path).rsplit_once('/').map_or("/", |(above, _)| above)).map(|path| {
        vec![
            command!("findmnt", "-T", path),
            command!(
                "journalctl",
                "--no-pager",
                "-n",
                "50",
                "-k",
                "-g",
                "error|remount",
                CheckedWord::Shell("|| true")
            ),
        ]
    });
    let text = "see which file system it is, and why: one with errors turns read-only by itself, and is checked (`fsck`) before it \
                is written to again";
    let then =
        format!("then have it mounted for writing, and start the agent: systemctl restart {}", facts.places.unit);
    Some(
        CAUSE
            .found(facts, words, evidence::journal(crash.headline))
            .and(crash.place.map(evidence::journal))
            .and(evidence::state(facts))
            .steps(fix::or_told(look.map(|look| vec![FixStep::looks(text, look)])))
            .step(FixStep::told(then)),
    )
}

/// The error of a package or a file that is there, and that the unit's user may not use.
fn refused(facts: &Facts) -> Option<(Crash<'_>, &RefusedPath)> {
    let crash = crash::crash(facts)?;
    let of = |refused: &&RefusedPath| match &crash.kind {
        CrashKind::Package(name) | CrashKind::File(name) => refused.named == *name,
        CrashKind::Denied => crash.text.contains(&format!("'{}'", refused.named)),
        _ => false,
    };
    let refused = facts.refused.iter().find(of)?;
    Some((crash, refused))
}

/// Whether the unit's user may rearrange what root would walk through.
fn is_the_users_ground(facts: &Facts) -> bool {
    fix::Ground::of(facts).is_ok_and(|ground| {
        fix::held(facts, ground.bundle.path(), &ground.hands).is_ok_and(|hold| hold != &Hold::Roots)
    })
}

/// Whether systemd could not execute a command that the unit runs before the agent.
fn is_of_a_helper(facts: &Facts, entry: &JournalEntry) -> bool {
    let program = started::program(facts).map(|program| program.path.as_str());
    let spawned = evidence::spawned(entry).filter(|_| entry.says("Failed at step EXEC"));
    spawned.is_some_and(|spawned| program.is_some_and(|program| program != spawned))
}

/// Whether it is about a program that is not there any more, or that nobody may execute where it is: `executable-missing`. Of a
/// mounted disk that is also one on a file system that is not mounted with it.
fn is_of_a_program_elsewhere(facts: &Facts, entry: &JournalEntry) -> bool {
    let gone = started::program(facts).is_some_and(|program| matches!(program.presence, Presence::Missing { .. }));
    entry.says("Failed at step EXEC") && gone || started::unit(facts).is_some_and(|unit| unit.noexec.is_some())
}

/// An error of the agent's own: Node says so of it, or it is about the agent's files. What a handler quotes may be about one of
/// its applications.
fn is_ours(facts: &Facts, crash: &Crash<'_>) -> bool {
    let line = &crash.headline.message;
    let told = crash.told_by == crash::CrashToldBy::Node && refused_to(line).is_some();
    told || line.contains(&facts.places.home) || line.contains(&facts.places.bundle)
}

/// Below root's home, which nobody else may enter, the documented user is the remedy; elsewhere the bundle is given to the
/// user. What is not the agent's is named, and left as it is.
fn remedy(facts: &Facts, denied: Option<&ReachedPath>, user: &str) -> Vec<FixStep> {
    let program = started::program(facts).map(|program| &program.path);
    let is_program = |reached: &&ReachedPath| Some(&reached.path) == program;
    // A node of root's nvm, for another user: one that all may use is nearer than root's home opened.
    if let (Some(ReachedPath { path, presence: Presence::Denied { .. } }), Some(node)) =
        (denied.filter(is_program), facts.other_nodes.first())
    {
        let commands = unit_fix::start_other(facts, path, &node.path);
        return unit_fix::step_and_restart(facts, "start the node that is there for all", commands);
    }
    if let Some(ReachedPath { path, presence: Presence::File { .. } }) = denied {
        let open = NodeProgram::new(path).and_then(|_| fix::roots(facts, path));
        return match open {
            Ok(path) => {
                let open = vec![command!("chmod", "a+x", "--", path)];
                vec![FixStep::changes("let it be executed", open), fix::restart(facts)]
            }
            Err(refused) => vec![FixStep::refused(&refused)],
        };
    }
    let bundle = normal(&facts.places.bundle);
    let at = match denied.map(|reached| &reached.presence) {
        Some(Presence::Denied { at, .. }) => normal(at),
        _ => bundle.clone(),
    };
    let setting = started::unit(facts).and_then(|unit| unit.unit.setting("Service", "User"));
    let of_root =
        started::is_below(&bundle, "/root") && started::is_below(&at, "/root") && !started::is_below(&at, &bundle);
    if let Some(setting) = setting.filter(|_| of_root) {
        let commands = unit_fix::set(facts, &setting, "root");
        return unit_fix::step_and_restart(facts, "have the agent run as root, as documented", commands);
    }
    if !started::is_below(&at, &bundle) {
        return vec![FixStep::told(format!(
            "`{at}` is not the agent's: let its owner open it to `{user}`, or put the bundle where `{user}` may read it"
        ))];
    }
    fix::or_told(UserName::new(user).and_then(|user| given(facts, &user)))
}

/// The agent's own files beside its bundle (section 1 of the source document).
const BESIDE: [&str; 3] = ["registration.json", "agent-key.json", "cp-public-key.pem"];

/// Gives the bundle, and the agent's own files beside it, to a user: as long as nobody but root may change what is there,
/// so that no link leads away from it while that is done.
fn given(facts: &Facts, user: &UserName) -> Result<Vec<FixStep>, RefusedWord> {
    let ground = fix::Ground::of(facts)?;
    if fix::held(facts, ground.bundle.path(), &ground.hands)? != &Hold::Roots {
        // Where the user may rearrange what root walks through, its own hands do it.
        let open = ground.hands.run(&command!("chmod", "-R", "u+rwX", "--", &ground.bundle));
        let words = format!("give the agent's files to `{}`", user.as_str());
        return Ok(vec![FixStep::changes(words, vec![open]), fix::restart(facts)]);
    }
    let run = |command: FixCommand| Action::from(StagedAction::Run(command));
    // A copy, in a folder of root's until it is as it should be: nobody moves anything in it meanwhile.
    let mut make = bundle_fix::copied_by_root(&ground);
    make.push(run(command!("chown", "-hR", CheckedWord::owner(user), "--", STAGED)));
    make.push(run(command!("chmod", "-R", "u+rwX", "--", STAGED)));
    make.push(bundle_fix::judge(facts));
    // Its user enters the folder to start it once, and may change nothing in it but the copy.
    make.push(run(command!("chmod", "0711", "--", CheckedWord::Work(""))));
    let home = ground.bundle.path().folder();
    // In a folder that holds those of others, a file of that name may be another's.
    let beside = (!home.is_of_many()).then(|| Replace::Give { folder: home, names: &BESIDE, to: user.clone() }.into());
    let mut put = bundle_fix::swap(facts, &ground, &STAGED);
    put.extend(beside);
    Ok(vec![
        FixStep::changes(format!("give a copy of the bundle to `{}`, and judge it", user.as_str()), make),
        FixStep::changes("put the copy in the place of what is there, which is kept", put),
        fix::restart(facts),
    ])
}
