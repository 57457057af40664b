//! What a fix does, as data: the block that is pasted and `repair` are two ways to carry out the same actions.

use super::fix_command::{FixCommand, command};
use super::words::{AbsolutePath, CheckedDocument, CheckedWord, LineEdit, UnitName, UserName};

/// Whose hands do what is done below the bundle.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Hands {
    /// Root's: nobody else may change anything there.
    Root,
    /// Those of the user that the unit runs as: root follows nobody into a folder that they may change.
    User(UserName),
}

impl Hands {
    /// A command that they carry out.
    pub(crate) fn run(&self, command: &FixCommand) -> FixCommand {
        match self {
            Self::Root => command.clone(),
            Self::User(user) => {
                let start = ["runuser".into(), "-u".into(), CheckedWord::from(user), "--".into()];
                command.of_words(start.into_iter().chain(command.words().iter().cloned()).collect())
            }
        }
    }
}

/// One action of a fix.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Action {
    /// What is only typed: it changes what is not the agent's, or could not be taken back.
    ByHand(FixCommand),
    /// What is done in a folder of the fix's own: nothing that is in use changes.
    Stage(StagedAction),
    /// What is replaced, by a rename that can be taken back.
    Replace(Replace),
    /// What the service manager is asked for.
    Manage(Manage),
}

/// What is done in a folder of the fix's own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum StagedAction {
    /// Makes that folder, beside the bundle and therefore on its file system.
    Folder {
        /// The beginning of its name.
        name: AbsolutePath,
        /// Who makes it.
        by: Hands,
        /// Who it is given to.
        owner: Option<UserName>,
    },
    /// A command that works in it.
    Run(FixCommand),
    /// Fails where this is a link: below one that is somebody else's, nothing is written.
    NoLink(CheckedWord),
    /// Takes a link away; what is no link stays.
    Unlink {
        /// The link.
        link: CheckedWord,
        /// By whom.
        by: Hands,
    },
    /// This program judges what was made.
    Judge(FixCommand),
    /// A file that was opened before anything was looked at is copied into it: nobody changes it between check and use.
    Take {
        /// Where it was found.
        from: AbsolutePath,
        /// Its name in the folder.
        to: CheckedWord,
    },
    /// A command that may fail: what it fetches need not be there.
    Try(FixCommand),
    /// A command, and another one where that fails, as step 5 of the update has pnpm and npm.
    Either(FixCommand, FixCommand),
    /// Goes on only with a bundle that is newer than the deployed one.
    Newer {
        /// The archive.
        archive: CheckedWord,
        /// The version that is deployed.
        than: String,
        /// What becomes of another one.
        others: Others,
    },
}

/// What becomes of a bundle that is not newer than the deployed one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Others {
    /// The same again is not worth a restart of an agent that is well, and an older one is refused.
    Left,
    /// The same again may mend what is broken; an older one is refused.
    Mend,
    /// As [`Others::Left`] for the same; an older one is taken.
    OlderToo,
    /// Any is taken.
    Any,
}

/// What is replaced.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Replace {
    /// A folder takes the place of another one, which is kept.
    Folder {
        /// The place.
        place: AbsolutePath,
        /// The folder that comes there.
        new: CheckedWord,
        /// Where the old one is kept.
        kept: Kept,
        /// What is at the place now.
        was: Was,
        /// Who renames.
        by: Hands,
    },
    /// A file or a folder gets another name, which nothing has.
    Rename {
        /// What.
        from: AbsolutePath,
        /// Its new name.
        to: AbsolutePath,
        /// Who renames.
        by: Hands,
    },
    /// Lines of a unit's file are edited; the old one is kept.
    Edit {
        /// The file.
        file: AbsolutePath,
        /// Where the old one is kept.
        kept: AbsolutePath,
        /// What is edited.
        edits: Vec<LineEdit>,
    },
    /// A unit's file is written.
    Write {
        /// The file.
        file: AbsolutePath,
        /// What has its name now.
        was: WasFile,
        /// What it says.
        lines: CheckedDocument,
    },
    /// The folder for the drop-ins of one unit, which is made where it is not there.
    DropIns {
        /// The folder.
        folder: AbsolutePath,
    },
    /// Files of the agent's own beside its bundle get another owner, those of them that are there.
    Give {
        /// The folder that they stand in.
        folder: AbsolutePath,
        /// Their names.
        names: &'static [&'static str],
        /// Their new owner.
        to: UserName,
    },
    /// Lines are added at the end of a unit's file.
    Append {
        /// The file.
        file: AbsolutePath,
        /// The lines.
        lines: CheckedDocument,
    },
    /// The mask of a unit is taken away.
    Unmask {
        /// The unit.
        unit: UnitName,
        /// The link to `/dev/null`, or the empty file.
        mask: AbsolutePath,
    },
}

/// Where a folder is kept that was replaced.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Kept {
    /// Put aside beside its place, with the time in its name.
    Aside(AbsolutePath),
    /// As the backup of the agent's update, a name that nothing has by then.
    Backup(AbsolutePath),
}

impl Kept {
    /// The path.
    pub(crate) const fn path(&self) -> &AbsolutePath {
        match self {
            Self::Aside(path) | Self::Backup(path) => path,
        }
    }
}

/// What is at the place of a folder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Was {
    /// Nothing.
    Absent,
    /// An empty folder.
    Empty,
    /// Something, which is kept.
    Present,
}

/// What has the name of a file that is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum WasFile {
    /// Nothing.
    Absent,
    /// A file, which is kept there.
    File(AbsolutePath),
    /// A link to nothing, through which the file would be written where it leads, or a folder: moved there.
    Aside(AbsolutePath),
}

/// What the service manager is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Manage {
    /// To read the units again.
    Reload,
    /// To forget the starts that it counted.
    ResetFailed(UnitName),
    /// To start the unit, if it does not run.
    Start(UnitName),
    /// To start the unit anew.
    Restart(UnitName),
    /// To start the unit at boot.
    Enable(UnitName),
    /// To let a frozen unit run.
    Thaw(UnitName),
    /// To let a stopped process run.
    Continue(UnitName),
}

impl From<FixCommand> for Action {
    fn from(command: FixCommand) -> Self {
        Self::ByHand(command)
    }
}

impl From<StagedAction> for Action {
    fn from(stage: StagedAction) -> Self {
        Self::Stage(stage)
    }
}

impl From<Replace> for Action {
    fn from(replace: Replace) -> Self {
        Self::Replace(replace)
    }
}

impl From<Manage> for Action {
    fn from(manage: Manage) -> Self {
        Self::Manage(manage)
    }
}

impl Action {
    /// As it is typed.
    #[must_use]
    pub(crate) fn commands(&self) -> Vec<FixCommand> {
        match self {
            Self::ByHand(command) => vec![command.clone()],
            Self::Stage(stage) => stage.commands(),
            Self::Replace(replace) => replace.commands(),
            Self::Manage(manage) => vec![manage.command()],
        }
    }
}

impl StagedAction {
    fn commands(&self) -> Vec<FixCommand> {
        match self {
            Self::Folder { name, by, owner } => {
                let make = by.run(&command!("mktemp", "-d", "--", name.beside(".new-XXXXXX")));
                let words = [CheckedWord::Shell("work=$(")].into_iter().chain(make.words().iter().cloned());
                let made = FixCommand::new(words.chain([CheckedWord::Shell(")")]));
                let gone = command!("trap", CheckedWord::Shell("'rm -rf -- \"$work\"'"), "EXIT");
                let given =
                    owner.as_ref().map(|user| command!("chown", CheckedWord::owner(user), CheckedWord::Work("")));
                // What root installs is nobody else's to write, whatever the shell was told.
                [command!("umask", "022"), made, gone].into_iter().chain(given).collect()
            }
            Self::Run(command) | Self::Judge(command) => vec![command.clone()],
            Self::Take { from, to } => vec![command!("cp", "--", from, to.clone())],
            Self::Try(command) => vec![command.clone().with([CheckedWord::Shell("|| true")])],
            Self::Either(command, otherwise) => {
                let or = [CheckedWord::Shell("||")].into_iter().chain(otherwise.words().iter().cloned());
                vec![command.clone().with(or)]
            }
            // Its own command reads more than a shell could compare.
            Self::Newer { .. } => Vec::new(),
            Self::NoLink(word) => vec![command!("test", CheckedWord::Shell("!"), "-L", word.clone())],
            Self::Unlink { link, by } => {
                // `rm` without `-r` takes a link away, and fails on a folder: then there is nothing to take away.
                let remove = by.run(&command!("rm", "-f", "--", link.clone()));
                let test = command!("test", CheckedWord::Shell("!"), "-L", link.clone(), CheckedWord::Shell("||"));
                vec![test.with(remove.words().iter().cloned())]
            }
        }
    }
}

impl Replace {
    fn commands(&self) -> Vec<FixCommand> {
        match self {
            Self::Folder { place, new, kept, was, by } => swapped(place, new, kept.path(), *was, by),
            Self::Rename { from, to, by } => vec![by.run(&command!("mv", "-T", "--", from, to))],
            Self::Edit { file, kept, edits } => {
                let options = edits.iter().flat_map(|edit| [CheckedWord::from("-e"), CheckedWord::from(edit.clone())]);
                vec![
                    command!("cp", "-p", "--", file, kept),
                    command!("sed", "-i").with(options).with(["--".into(), CheckedWord::from(file)]),
                    command!(
                        CheckedWord::Shell("if"),
                        "cmp",
                        "-s",
                        "--",
                        file,
                        kept,
                        CheckedWord::Shell("; then exit 1; fi")
                    ),
                ]
            }
            Self::Write { file, was, lines } => {
                let keep = match was {
                    WasFile::Absent => None,
                    WasFile::File(kept) => Some(command!("cp", "-p", "--", file, kept)),
                    WasFile::Aside(kept) => Some(command!("mv", "-T", "--", file, kept)),
                };
                let write = command!("tee", "--", file, CheckedWord::Shell(">/dev/null")).reading(lines.clone());
                keep.into_iter().chain([write]).collect()
            }
            Self::Append { file, lines } => {
                vec![command!("tee", "-a", "--", file, CheckedWord::Shell(">/dev/null")).reading(lines.clone())]
            }
            Self::DropIns { folder } => vec![command!("mkdir", "-p", "--", folder)],
            Self::Give { folder, names, to } => vec![given(folder, names, to)],
            Self::Unmask { unit, mask } => {
                let runtime = mask.as_str().starts_with("/run/").then(|| CheckedWord::from("--runtime"));
                vec![
                    command!("systemctl", "unmask").with(runtime.into_iter().chain([CheckedWord::from(unit)])),
                    // `unmask` removes nothing but a link to /dev/null (systemctl(1)); an empty file masks just as well.
                    command!("test", "-s", mask, CheckedWord::Shell("|| rm -f --"), mask),
                ]
            }
        }
    }
}

/// Plain files of these names, and none that is also elsewhere by a hard link; `-h`: no link is followed.
fn given(folder: &AbsolutePath, names: &[&'static str], to: &UserName) -> FixCommand {
    let mut words: Vec<CheckedWord> = vec!["-maxdepth".into(), "1".into(), "-type".into(), "f".into()];
    words.extend(["-links".into(), "1".into(), "(".into()]);
    for (number, name) in names.iter().enumerate() {
        words.extend((number > 0).then(|| CheckedWord::from("-o")));
        words.extend(["-name".into(), CheckedWord::from(*name)]);
    }
    words.extend([
        ")".into(),
        "-exec".into(),
        "chown".into(),
        "-h".into(),
        CheckedWord::owner(to),
        "{}".into(),
        "+".into(),
    ]);
    command!("find", folder).with(words)
}

/// Two renames in one folder. Where the second fails, the first is taken back.
fn swapped(place: &AbsolutePath, new: &CheckedWord, kept: &AbsolutePath, was: Was, by: &Hands) -> Vec<FixCommand> {
    let rename = |from: &CheckedWord, to: &CheckedWord| by.run(&command!("mv", "-T", "--", from.clone(), to.clone()));
    let (at, aside) = (CheckedWord::from(place), CheckedWord::from(kept));
    match was {
        Was::Absent => vec![rename(new, &at)],
        Was::Empty => vec![by.run(&command!("rmdir", "--", place)), rename(new, &at)],
        Was::Present => {
            let back = rename(&aside, &at);
            let or_back = [CheckedWord::Shell("|| {")].into_iter().chain(back.words().iter().cloned());
            vec![rename(&at, &aside), rename(new, &at).with(or_back.chain([CheckedWord::Shell("; exit 1; }")]))]
        }
    }
}

impl Manage {
    /// As it is typed.
    #[must_use]
    pub(crate) fn command(&self) -> FixCommand {
        match self {
            Self::Reload => command!("systemctl", "daemon-reload"),
            Self::ResetFailed(unit) => command!("systemctl", "reset-failed", unit),
            Self::Start(unit) => command!("systemctl", "start", unit),
            Self::Restart(unit) => command!("systemctl", "restart", unit),
            Self::Enable(unit) => command!("systemctl", "enable", unit),
            Self::Thaw(unit) => command!("systemctl", "thaw", unit),
            Self::Continue(unit) => command!("systemctl", "kill", "-s", "CONT", unit),
        }
    }
}
