//! Completion scripts: what may stand where, taken from the command line's own definition.
//!
//! zsh's and the other shells' are `clap_complete`'s. Its script for bash finds no subcommand of a program with a hyphen in
//! its name (it looks for `bundle__doctor__subcmd__check` and has `bundle__subcmd__doctor__subcmd__check`), takes the value
//! of an option for a subcommand, and leaves all that it does not know to the completion of files: bash's is our own. Its
//! script for fish has no positional arguments, which are added.

mod bash;
mod fish;
mod value;

use super::Cli;
use super::help::HELP;
use crate::check::rules::RULES;
use crate::doctor::causes::CAUSES;
use crate::release::checklist::LINES;
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, Command, CommandFactory, ValueHint};
use clap_complete::Shell;
use value::NAME;

/// The script that completes the program's command line in a shell.
#[must_use]
pub(crate) fn script(shell: Shell) -> Vec<u8> {
    let mut command = completed();
    if shell == Shell::Bash {
        return bash::script(&command).into_bytes();
    }
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, NAME, &mut script);
    if shell == Shell::Fish {
        script = fish::amended(&String::from_utf8_lossy(&script)).into_bytes();
        script.extend(fish::positionals(&command).into_bytes());
    }
    script
}

/// The command line with every value known that can be completed. It is for scripts, not for reading arguments: an id that
/// is unknown is told of with the nearest one, where the rules are read.
fn completed() -> Command {
    let mut command = Cli::command().mut_args(known);
    let names: Vec<_> = command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    for name in &names {
        command = command.mut_subcommand(name, |command| command.mut_args(known));
    }
    command.build();
    command
}

/// An argument with the values that it takes.
fn known(arg: Arg) -> Arg {
    let ids = match arg.get_id().as_str() {
        "allow" | "warn" | "deny" => rules().chain([("all", "every rule and cause")]).collect(),
        "asked" => rules().chain(LINES.iter().map(|line| (line.id, line.summary))).collect(),
        _ => Vec::new(),
    };
    if arg.get_id().as_str() == "command" {
        let names = HELP.iter().map(|help| help.name).filter(|name| !name.is_empty());
        return arg.value_parser(PossibleValuesParser::new(names));
    }
    if !ids.is_empty() {
        return arg.value_parser(PossibleValuesParser::new(distinct(ids)));
    }
    // Else the shells take it for a path.
    let is_text = arg.get_value_hint() == ValueHint::Unknown && arg.get_action().takes_values();
    if is_text { arg.value_hint(ValueHint::Other) } else { arg }
}

fn rules() -> impl Iterator<Item = (&'static str, &'static str)> {
    let rules = RULES.iter().map(|rule| (rule.id, rule.summary));
    rules.chain(CAUSES.iter().map(|cause| (cause.id, cause.summary)))
}

/// A fault that is both a rule and a cause has one id.
fn distinct(ids: Vec<(&'static str, &'static str)>) -> Vec<PossibleValue> {
    let mut seen = std::collections::BTreeSet::new();
    let ids = ids.into_iter().filter(|(id, _)| seen.insert(*id));
    ids.map(|(id, summary)| PossibleValue::new(id).help(summary)).collect()
}
