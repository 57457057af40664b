//! What the scripts of every shell are made of: the commands, and what is completed where a value stands.

use clap::builder::PossibleValue;
use clap::{Arg, Command, ValueHint};

/// The program's name, as it is typed.
pub(super) const NAME: &str = "bundle-doctor";

/// What is completed where a value stands.
pub(super) enum CompletedValue {
    /// One of these.
    Words(Vec<PossibleValue>),
    /// A path.
    Files,
    /// A folder.
    Folders,
    /// Nothing: what only the user can know.
    Text,
}

impl CompletedValue {
    /// The value of an argument of the program; nothing for an option that takes none.
    pub(super) fn of(arg: &Arg) -> Option<Self> {
        if !arg.get_num_args().is_none_or(|many| many.takes_values()) {
            return None;
        }
        let words: Vec<_> = arg.get_possible_values().into_iter().filter(|word| !word.is_hide_set()).collect();
        Some(match arg.get_value_hint() {
            _ if !words.is_empty() => Self::Words(words),
            ValueHint::AnyPath | ValueHint::FilePath => Self::Files,
            ValueHint::DirPath => Self::Folders,
            _ => Self::Text,
        })
    }
}

/// The commands with their names, the program's own first, under an empty name.
pub(super) fn commands(root: &Command) -> Vec<(&str, &Command)> {
    let commands = root.get_subcommands().map(|command| (command.get_name(), command));
    [("", root)].into_iter().chain(commands).collect()
}
