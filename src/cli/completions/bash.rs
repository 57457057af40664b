//! bash's script. It needs nothing of the package `bash-completion`, and leaves paths to bash itself, which knows `~`, blanks
//! and quotes (bash(1), "Programmable Completion").

use super::value::{CompletedValue, NAME, commands};
use clap::{Arg, Command};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What reads the line. The tables that it asks are generated: [`script`] puts them below.
///
/// `=` parts words (`COMP_WORDBREAKS`): `--format=json` comes as three. `$2` is what is completed, and empty behind `=`.
const READER: &str = r#"_bundle_doctor() {
    local command= kind= words= word i place=0 only_places= value_of=
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ -n $value_of ]]; then
            [[ $word == = ]] || value_of=
        elif [[ -z $only_places && $word == -- ]]; then
            only_places=1
        elif [[ -z $only_places && $word == -?* ]]; then
            _bundle_doctor_option "$command" "$word" && value_of=$word
        elif [[ -z $command ]]; then
            command=$word
        else
            place=$((place + 1))
        fi
    done
    if [[ -n $value_of ]]; then
        _bundle_doctor_option "$command" "$value_of"
    elif [[ -z $only_places && $2 == -* ]]; then
        _bundle_doctor_options "$command"
    else
        _bundle_doctor_place "$command" "$place"
    fi
    case $kind in
        words) COMPREPLY=($(compgen -W "$words" -- "$2")) ;;
        files) compopt -o default 2>/dev/null || COMPREPLY=($(compgen -f -- "$2")) ;;
        folders) compopt -o dirnames 2>/dev/null || COMPREPLY=($(compgen -d -- "$2")) ;;
    esac
}
"#;

/// The whole script.
pub(super) fn script(root: &Command) -> String {
    let mut script = format!("# Completes {NAME} in bash.\n\n{READER}\n");
    script.push_str("# What an option's value is; fails where it takes none.\n");
    table(&mut script, "_bundle_doctor_option", "\"$1,$2\"", "return 1", option_values(root));
    script.push_str("\n# A command's options.\n");
    table(&mut script, "_bundle_doctor_options", "$1", "", options(root));
    script.push_str("\n# What stands at a command's place, counted from 0.\n");
    table(&mut script, "_bundle_doctor_place", "\"$1,$2\"", "", places(root));
    let _ = writeln!(script, "\ncomplete -F _bundle_doctor {NAME}");
    script
}

/// A function that sets `kind` and `words`: what is to be set, with the patterns for which it is.
fn table(script: &mut String, name: &str, asked: &str, otherwise: &str, cases: BTreeMap<String, Vec<String>>) {
    let _ = writeln!(script, "{name}() {{\n    case {asked} in");
    for (set, patterns) in cases {
        let _ = writeln!(script, "        {})\n            {set} ;;", patterns.join(" | "));
    }
    if !otherwise.is_empty() {
        let _ = writeln!(script, "        *) {otherwise} ;;");
    }
    script.push_str("    esac\n}\n");
}

fn option_values(root: &Command) -> BTreeMap<String, Vec<String>> {
    let mut cases: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (command, arg) in each_option(root) {
        let Some(value) = CompletedValue::of(arg) else { continue };
        let names = names(arg).into_iter().map(|name| format!("{command},{name}"));
        cases.entry(set(&value)).or_default().extend(names);
    }
    cases
}

fn options(root: &Command) -> BTreeMap<String, Vec<String>> {
    let named = |command: &Command| command.get_arguments().flat_map(names).collect::<Vec<_>>().join(" ");
    let mut cases: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (name, command) in commands(root) {
        let pattern = if name.is_empty() { "''".to_owned() } else { name.to_owned() };
        cases.entry(format!("kind=words words='{}'", named(command))).or_default().push(pattern);
    }
    cases
}

fn places(root: &Command) -> BTreeMap<String, Vec<String>> {
    let all: Vec<_> = root.get_subcommands().map(Command::get_name).collect();
    // `help` is clap's own, and takes a command.
    let any_command = format!("kind=words words='{}'", all.join(" "));
    let mut cases = BTreeMap::from([(any_command, vec![",*".to_owned(), "help,0".to_owned()])]);
    for (name, command) in commands(root) {
        for (at, arg) in command.get_positionals().enumerate() {
            let Some(value) = CompletedValue::of(arg).filter(|_| name != "help") else { continue };
            let is_last = arg.get_num_args().is_some_and(|many| many.max_values() > 1);
            let pattern = if is_last { format!("{name},*") } else { format!("{name},{at}") };
            cases.entry(set(&value)).or_default().push(pattern);
        }
    }
    cases
}

fn set(value: &CompletedValue) -> String {
    match value {
        CompletedValue::Words(words) => {
            let words: Vec<_> = words.iter().map(|word| word.get_name()).collect();
            format!("kind=words words='{}'", words.join(" "))
        }
        CompletedValue::Files => "kind=files".to_owned(),
        CompletedValue::Folders => "kind=folders".to_owned(),
        CompletedValue::Text => "kind=text".to_owned(),
    }
}

fn each_option(root: &Command) -> impl Iterator<Item = (&str, &Arg)> {
    let commands = commands(root).into_iter();
    let options = commands.flat_map(|(name, command)| command.get_arguments().map(move |arg| (name, arg)));
    options.filter(|(_, arg)| !names(arg).is_empty())
}

/// As an option is typed: nothing for what has a place of its own, or is not shown.
fn names(arg: &Arg) -> Vec<String> {
    if arg.is_hide_set() {
        return Vec::new();
    }
    let short = arg.get_short_and_visible_aliases().unwrap_or_default().into_iter().map(|short| format!("-{short}"));
    let long = arg.get_long_and_visible_aliases().unwrap_or_default().into_iter().map(|long| format!("--{long}"));
    short.chain(long).collect()
}
