//! What `clap_complete`'s script for fish lacks: positional arguments. Where none is a path, files are not offered.

use super::value::{CompletedValue, NAME, commands};
use clap::Command;
use clap::builder::PossibleValue;
use std::fmt::Write as _;

/// The script with options before the command completed, too: while the value of the last one is missing, its reader of
/// the line gives up, and so does every condition that asks it.
pub(super) fn amended(script: &str) -> String {
    let reads = "argparse -s (__fish_bundle_doctor_global_optspecs) -- $cmd 2>/dev/null\n";
    let goes_on = "    or argparse -s (__fish_bundle_doctor_global_optspecs) -- $cmd[1..-2] 2>/dev/null\n";
    script.replace(reads, &format!("{reads}{goes_on}"))
}

/// One line for each command, to be put below the script, which defines what the conditions ask.
pub(super) fn positionals(root: &Command) -> String {
    let mut lines = String::new();
    for (name, command) in commands(root).into_iter().filter(|(name, _)| !name.is_empty() && *name != "help") {
        let values: Vec<_> = command.get_positionals().filter_map(CompletedValue::of).collect();
        let completed = match values.first() {
            // fish offers files unless it is told not to.
            Some(CompletedValue::Files) => continue,
            Some(CompletedValue::Folders) => " -a '(__fish_complete_directories)'".to_owned(),
            Some(CompletedValue::Words(words)) => {
                format!(" -a '{}'", words.iter().map(candidate).collect::<Vec<_>>().join("\n"))
            }
            Some(CompletedValue::Text) | None => String::new(),
        };
        let _ = writeln!(lines, "complete -c {NAME} -n '__fish_bundle_doctor_using_subcommand {name}' -f{completed}");
    }
    lines
}

/// A word and what it means. fish reads the list twice: as a string, and then as words (complete(1), `-a`), where a tab
/// begins a description.
fn candidate(word: &PossibleValue) -> String {
    let help = word.get_help().map(ToString::to_string).unwrap_or_default();
    let once = help.replace('\\', "\\\\").replace('\'', "\\'");
    let twice = once.replace('\\', "\\\\").replace('\'', "\\'");
    format!("{}\\t\\'{twice}\\'", word.get_name())
}
