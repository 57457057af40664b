//! A plan for a server whose disk is mounted: every path is below the folder where it is, `systemctl` works on its files,
//! and what needs the running server is left for it, and said.

use crate::doctor::facts::{Facts, Reach};
use crate::report::diagnosis::{Diagnosis, Effect, FixCommand, FixStep};
use crate::report::words::{AbsolutePath, CheckedWord};

/// Programs that do on a mounted disk what they would do on the server itself.
const ON_FILES: [&str; 15] =
    ["chmod", "cmp", "cp", "du", "if", "ls", "mkdir", "mv", "rm", "rmdir", "sed", "systemctl", "tail", "tee", "test"];
/// What `systemctl --root` can do (systemctl(1)); starting and reloading are left for the boot.
const WITHOUT_A_MANAGER: [&str; 4] = ["enable", "unmask", "disable", "mask"];

/// The diagnosis with its fix as it is carried out from outside.
pub(super) fn from_outside(diagnosis: &mut Diagnosis, facts: &Facts) {
    let Reach::Mounted(root) = &facts.reach else { return };
    match AbsolutePath::new(root) {
        Err(refused) => diagnosis.fix = vec![FixStep::refused(&refused)],
        Ok(root) => {
            diagnosis.fix = steps(&diagnosis.fix, &root).unwrap_or_else(|| vec![FixStep::told(NEEDS_THE_SERVER)]);
            let look = |command: &FixCommand| command.clone().with(["--root".into(), CheckedWord::from(&root)]);
            diagnosis.verify = diagnosis.verify.iter().map(look).collect();
        }
    }
}

const NEEDS_THE_SERVER: &str =
    "this fix needs the running server: start it, and type there what `bundle-doctor doctor` prints";
const AT_BOOT: &str = "the agent is started when the server boots";

/// The steps on the disk: nothing where one of them needs the running server, as they are one block.
fn steps(steps: &[FixStep], root: &AbsolutePath) -> Option<Vec<FixStep>> {
    let mut done = Vec::new();
    for step in steps {
        let commands: Option<Vec<Option<FixCommand>>> = step.commands.iter().map(|one| command(one, root)).collect();
        let commands: Vec<FixCommand> = match (commands, step.effect) {
            (Some(commands), _) => commands.into_iter().flatten().collect(),
            // Nothing is to be seen from outside: the words stay.
            (None, Effect::Looks) => Vec::new(),
            (None, Effect::Changes) => return None,
        };
        done.push(match (step.commands.is_empty(), commands.is_empty()) {
            (false, true) if step.effect == Effect::Changes => FixStep::told(AT_BOOT),
            // `repair` mends the server that runs.
            _ => FixStep { text: step.text.clone(), commands, actions: Vec::new(), effect: step.effect },
        });
    }
    Some(done)
}

/// A command on the disk; nothing inside where the boot does it, nothing at all where it needs the running server.
fn command(command: &FixCommand, root: &AbsolutePath) -> Option<Option<FixCommand>> {
    let program = match command.words().first()? {
        CheckedWord::Fixed(program) | CheckedWord::Shell(program) => *program,
        CheckedWord::Path(_) | CheckedWord::Work(_) | CheckedWord::Checked(_) => return None,
    };
    if !ON_FILES.contains(&program) {
        return None;
    }
    let below = |word: &CheckedWord| match word {
        CheckedWord::Path(path) => CheckedWord::Path(path.on(root)),
        other => other.clone(),
    };
    let mut words: Vec<CheckedWord> = command.words().iter().map(below).collect();
    if program == "systemctl" {
        let verb = |word: &CheckedWord| matches!(word, CheckedWord::Fixed(verb) if WITHOUT_A_MANAGER.contains(verb));
        if !words.iter().any(verb) {
            return Some(None);
        }
        words.insert(1, CheckedWord::option("--root", root));
    }
    Some(Some(command.of_words(words)))
}
