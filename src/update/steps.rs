//! The eight steps (docs/reference/update-mechanism.md, "Processus de Mise à Jour Automatique"), as each generation of
//! deployed agents runs them (docs/reference/field-facts.md, "The update, as executed by agents in the field").
//!
//! The code that runs an update is the *old* agent's: a bundle has to survive every generation that is still deployed.

use crate::update::documented_paths;
use crate::update::generation::Generation;

/// A path or address of the update; the rehearsal puts others in their place than a server has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum StepPlace {
    /// The control plane's address, without a slash at its end.
    ControlPlane,
    /// The downloaded archive.
    Download,
    /// The deployed bundle.
    Bundle,
    /// What step 2 makes of it.
    Backup,
    /// Where generation `preserving` keeps the shared package between steps 4 and 5.
    Aside,
}

impl StepPlace {
    /// What stands there on a server, as the source document writes it.
    #[must_use]
    pub(crate) const fn documented(self) -> &'static str {
        match self {
            Self::ControlPlane => "http://CONTROL_PLANE",
            Self::Download => documented_paths::DOWNLOAD,
            Self::Bundle => documented_paths::DEPLOYED_BUNDLE,
            Self::Backup => documented_paths::BACKUP,
            // docs/reference/field-facts.md, "The update, as executed by agents in the field".
            Self::Aside => "/tmp/server-flow-shared-backup",
        }
    }
}

/// A word of a command line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum StepWord {
    /// As it stands.
    Is(&'static str),
    /// A place, and what follows it.
    At(StepPlace, &'static str),
}

/// What a line depends on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum StepCondition {
    /// Nothing.
    Always,
    /// The bundle has a copy of the shared package in `node_modules`.
    Copied,
    /// A copy was put aside.
    Aside,
    /// The bundle has the shared package's sources, and no copy of it in `node_modules`.
    OnlySource,
}

/// What a line does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum StepCommand {
    /// A command line.
    Command(&'static [StepWord]),
    /// The installation of the dependencies, with the one or the other.
    Install {
        /// With pnpm.
        pnpm: &'static [StepWord],
        /// With npm.
        npm: &'static [StepWord],
        /// What happens where pnpm is there and fails.
        fallback: Fallback,
    },
    /// The unit's file is written: [`documented_paths::unit_file`].
    WriteUnit,
    /// systemd reads its units again.
    Reload,
    /// systemd restarts the agent.
    Restart,
}

/// What happens where pnpm is there and fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fallback {
    /// The update stops.
    Stop,
    /// npm is tried.
    Npm,
}

/// One line of a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct StepLine {
    /// What it does.
    pub run: StepCommand,
    /// Whether it is run.
    pub when: StepCondition,
    /// Its working directory, where it has one of its own.
    pub directory: Option<StepPlace>,
}

const fn line(words: &'static [StepWord]) -> StepLine {
    StepLine { run: StepCommand::Command(words), when: StepCondition::Always, directory: None }
}

const fn line_if(when: StepCondition, words: &'static [StepWord]) -> StepLine {
    StepLine { run: StepCommand::Command(words), when, directory: None }
}

const fn inside(when: StepCondition, words: &'static [StepWord]) -> StepLine {
    StepLine { run: StepCommand::Command(words), when, directory: Some(StepPlace::Bundle) }
}

const fn other(run: StepCommand) -> StepLine {
    StepLine { run, when: StepCondition::Always, directory: None }
}

const fn install(npm: &'static [StepWord], fallback: Fallback) -> StepLine {
    let pnpm = &[Is("pnpm"), Is("install"), Is("--prod"), Is("--ignore-scripts")];
    StepLine {
        run: StepCommand::Install { pnpm, npm, fallback },
        when: StepCondition::Always,
        directory: Some(StepPlace::Bundle),
    }
}

/// A step of the update, in its order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum UpdateStep {
    /// The archive is fetched.
    Download,
    /// The deployed bundle is moved away.
    Backup,
    /// The archive is extracted.
    Extract,
    /// `node_modules` is deleted.
    Clean,
    /// The dependencies are installed.
    Install,
    /// The shared package is copied from its sources.
    Shared,
    /// The unit is written.
    Unit,
    /// The agent is restarted.
    Restart,
}

use StepPlace::{Aside, Backup, Bundle, ControlPlane, Download};
use StepWord::{At, Is};

const COPY: &str = "/node_modules/@server-flow/shared";
const SCOPE: &str = "/node_modules/@server-flow";

impl UpdateStep {
    /// In the order in which they are run.
    pub(crate) const ALL: [Self; 8] = [
        Self::Download,
        Self::Backup,
        Self::Extract,
        Self::Clean,
        Self::Install,
        Self::Shared,
        Self::Unit,
        Self::Restart,
    ];

    /// The source document's number, from 1.
    #[must_use]
    pub(crate) const fn number(self) -> u8 {
        self as u8 + 1
    }

    /// Its name in machine-readable reports.
    #[must_use]
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::Download => "download",
            Self::Backup => "backup",
            Self::Extract => "extract",
            Self::Clean => "clean",
            Self::Install => "install",
            Self::Shared => "shared",
            Self::Unit => "unit",
            Self::Restart => "restart",
        }
    }

    /// What it does, for people.
    #[must_use]
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Download => "download the archive",
            Self::Backup => "move the old bundle to the backup",
            Self::Extract => "extract the archive",
            Self::Clean => "delete node_modules",
            Self::Install => "install the dependencies",
            Self::Shared => "copy the shared package if it is missing",
            Self::Unit => "write the systemd unit",
            Self::Restart => "restart the agent",
        }
    }

    /// What a server has when the update stops in this step: nothing is rolled back (docs/reference/field-facts.md,
    /// "A failed update is a time bomb").
    #[must_use]
    pub(crate) const fn stopped(self) -> &'static str {
        match self {
            Self::Download | Self::Backup => "the old bundle is still in its place, and the old agent runs on",
            Self::Extract | Self::Clean | Self::Install | Self::Shared => {
                "the old agent runs on from memory, its bundle is in the backup only, and the next restart fails"
            }
            Self::Unit => {
                "the old agent runs on from memory, and the next restart starts the new one with the old unit"
            }
            Self::Restart => "the agent is down, and systemd starts it in vain every 10 seconds",
        }
    }

    /// Its lines, as agents of a generation run them.
    #[must_use]
    pub(crate) const fn lines(self, generation: Generation) -> &'static [StepLine] {
        match (self, generation) {
            (Self::Download, _) => DOWNLOAD,
            (Self::Backup, Generation::Preserving | Generation::InPlace) => BACKUP_ANEW,
            (Self::Backup, _) => BACKUP,
            (Self::Extract, Generation::Preserving | Generation::InPlace) => EXTRACT_AS_ROOT,
            (Self::Extract, _) => EXTRACT,
            (Self::Clean | Self::Shared | Self::Unit, Generation::InPlace) => &[],
            (Self::Clean, Generation::Preserving) => PUT_ASIDE,
            (Self::Clean, _) => CLEAN,
            (Self::Install, Generation::Preserving) => INSTALL_AND_PUT_BACK,
            (Self::Install, Generation::InPlace) => INSTALL_OVER,
            (Self::Install, _) => INSTALL,
            (Self::Shared, Generation::Documented) => SHARED,
            (Self::Shared, _) => SHARED_WITH_MKDIR,
            (Self::Unit, _) => UNIT,
            (Self::Restart, _) => RESTART,
        }
    }
}

const DOWNLOAD: &[StepLine] =
    &[line(&[Is("curl"), Is("-L"), At(ControlPlane, documented_paths::PUBLISHED), Is("-o"), At(Download, "")])];

const BACKUP: &[StepLine] = &[line(&[Is("mv"), At(Bundle, ""), At(Backup, "")])];
// The previous backup is deleted first (docs/reference/field-facts.md, "The update, as executed by agents in the field").
const BACKUP_ANEW: &[StepLine] =
    &[line(&[Is("rm"), Is("-rf"), At(Backup, "")]), line(&[Is("mv"), At(Bundle, ""), At(Backup, "")])];

const EXTRACT: &[StepLine] = &[
    line(&[Is("mkdir"), Is("-p"), At(Bundle, "")]),
    line(&[Is("tar"), Is("-xzf"), At(Download, ""), Is("-C"), At(Bundle, "")]),
];
// tar with `--no-same-owner`, and the temporary archive is removed after extraction (docs/reference/field-facts.md,
// "The update, as executed by agents in the field").
const EXTRACT_AS_ROOT: &[StepLine] = &[
    line(&[Is("mkdir"), Is("-p"), At(Bundle, "")]),
    line(&[Is("tar"), Is("-xzf"), At(Download, ""), Is("--no-same-owner"), Is("-C"), At(Bundle, "")]),
    line(&[Is("rm"), Is("-f"), At(Download, "")]),
];

const CLEAN: &[StepLine] = &[line(&[Is("rm"), Is("-rf"), At(Bundle, "/node_modules")])];
const PUT_ASIDE: &[StepLine] = &[
    line_if(StepCondition::Copied, &[Is("cp"), Is("-r"), At(Bundle, COPY), At(Aside, "")]),
    line(&[Is("rm"), Is("-rf"), At(Bundle, "/node_modules")]),
];

const INSTALL: &[StepLine] = &[install(&[Is("npm"), Is("install"), Is("--omit=dev")], Fallback::Stop)];
const PNPM_OR_NPM: StepLine =
    install(&[Is("npm"), Is("install"), Is("--omit=dev"), Is("--ignore-scripts")], Fallback::Npm);
const INSTALL_OVER: &[StepLine] = &[PNPM_OR_NPM];
const INSTALL_AND_PUT_BACK: &[StepLine] = &[
    PNPM_OR_NPM,
    line_if(StepCondition::Aside, &[Is("mkdir"), Is("-p"), At(Bundle, SCOPE)]),
    line_if(StepCondition::Aside, &[Is("rm"), Is("-rf"), At(Bundle, COPY)]),
    line_if(StepCondition::Aside, &[Is("cp"), Is("-r"), At(Aside, ""), At(Bundle, COPY)]),
];

const COPY_SOURCE: StepLine = inside(
    StepCondition::OnlySource,
    &[Is("cp"), Is("-r"), Is("packages/shared"), Is("node_modules/@server-flow/shared")],
);
const SHARED: &[StepLine] = &[COPY_SOURCE];
const SHARED_WITH_MKDIR: &[StepLine] =
    &[inside(StepCondition::OnlySource, &[Is("mkdir"), Is("-p"), Is("node_modules/@server-flow")]), COPY_SOURCE];

const UNIT: &[StepLine] = &[other(StepCommand::WriteUnit), other(StepCommand::Reload)];
const RESTART: &[StepLine] = &[other(StepCommand::Restart)];

#[cfg(test)]
mod tests {
    use super::*;

    fn documented(generation: Generation) -> Vec<String> {
        let word = |word: &StepWord| match word {
            Is(text) => (*text).to_owned(),
            At(place, rest) => format!("{}{rest}", place.documented()),
        };
        let words = |words: &[StepWord]| words.iter().map(word).collect::<Vec<_>>().join(" ");
        let lines = UpdateStep::ALL.into_iter().flat_map(|step| step.lines(generation));
        lines
            .map(|line| match line.run {
                StepCommand::Command(command) => words(command),
                StepCommand::Install { pnpm, npm, .. } => format!("{}  # ou {}", words(pnpm), words(npm)),
                StepCommand::WriteUnit => "tee".to_owned(),
                StepCommand::Reload => "daemon-reload".to_owned(),
                StepCommand::Restart => "restart".to_owned(),
            })
            .collect()
    }

    #[test]
    fn the_documented_generation_is_the_document() {
        // docs/reference/update-mechanism.md, "Processus de Mise à Jour Automatique", its fences joined.
        let expected = [
            "curl -L http://CONTROL_PLANE/agent-bundle.tar.gz -o /tmp/agent-bundle-update.tar.gz",
            "mv ~/.server-flow/agent-bundle ~/.server-flow/agent-bundle-backup",
            "mkdir -p ~/.server-flow/agent-bundle",
            "tar -xzf /tmp/agent-bundle-update.tar.gz -C ~/.server-flow/agent-bundle",
            "rm -rf ~/.server-flow/agent-bundle/node_modules",
            "pnpm install --prod --ignore-scripts  # ou npm install --omit=dev",
            "cp -r packages/shared node_modules/@server-flow/shared",
            "tee",
            "daemon-reload",
            "restart",
        ];
        assert_eq!(documented(Generation::Documented), expected);
        let with_mkdir = documented(Generation::DocumentedMkdir);
        let added: Vec<_> = with_mkdir.iter().filter(|line| !expected.contains(&line.as_str())).collect();
        assert_eq!(added, ["mkdir -p node_modules/@server-flow"]);
    }

    #[test]
    fn in_place_deletes_and_restores_nothing_and_writes_no_unit() {
        // docs/reference/field-facts.md, "The update, as executed by agents in the field".
        let expected = [
            "curl -L http://CONTROL_PLANE/agent-bundle.tar.gz -o /tmp/agent-bundle-update.tar.gz",
            "rm -rf ~/.server-flow/agent-bundle-backup",
            "mv ~/.server-flow/agent-bundle ~/.server-flow/agent-bundle-backup",
            "mkdir -p ~/.server-flow/agent-bundle",
            "tar -xzf /tmp/agent-bundle-update.tar.gz --no-same-owner -C ~/.server-flow/agent-bundle",
            "rm -f /tmp/agent-bundle-update.tar.gz",
            "pnpm install --prod --ignore-scripts  # ou npm install --omit=dev --ignore-scripts",
            "restart",
        ];
        assert_eq!(documented(Generation::InPlace), expected);
    }

    #[test]
    fn steps_are_numbered_as_in_the_document() {
        let numbers: Vec<_> = UpdateStep::ALL.into_iter().map(UpdateStep::number).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8]);
    }
}
