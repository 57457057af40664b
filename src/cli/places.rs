//! What is written is not what is read: a path that a command writes to is no other path of the same command line.

use crate::host::paths::is_same_file;
use crate::text;
use clap::builder::ValueHint;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};
use std::any::TypeId;
use std::path::{Path, PathBuf};

/// The options that name a file which is written.
const WRITTEN: [&str; 4] = ["output", "capture", "write_baseline", "record"];

/// Looks whether a command would write over what it reads, or twice into one file.
///
/// # Errors
/// Wrong usage, with both of the options.
pub(super) fn must_differ(program: fn() -> Command, name: &str, matches: &ArgMatches) -> Result<(), clap::Error> {
    // Most command lines write no file, and need not be looked at.
    if !WRITTEN.iter().any(|id| matches!(matches.try_contains_id(id), Ok(true))) {
        return Ok(());
    }
    let program = program();
    let own = program.find_subcommand(name).into_iter().flat_map(Command::get_arguments);
    let named: Vec<_> = own.chain(program.get_arguments()).filter(|arg| is_path(arg)).collect();
    let mut places: Vec<(&Arg, PathBuf)> = Vec::new();
    for arg in named {
        let id = arg.get_id().as_str();
        let is_typed = matches!(matches.try_contains_id(id), Ok(true))
            && matches.value_source(id) == Some(ValueSource::CommandLine)
            && !places.iter().any(|(known, _)| known.get_id() == arg.get_id());
        if is_typed && let Ok(Some(values)) = matches.try_get_raw(id) {
            places.extend(values.filter(|value| *value != "-").map(|value| (arg, PathBuf::from(value))));
        }
    }
    for (at, (arg, path)) in places.iter().enumerate() {
        for (other, read) in places.iter().skip(at + 1) {
            if (is_written(arg) || is_written(other)) && is_same_file(path, read) {
                return Err(told(&program, arg, other, path));
            }
        }
    }
    Ok(())
}

fn is_path(arg: &Arg) -> bool {
    arg.get_value_parser().type_id() == TypeId::of::<PathBuf>()
        || matches!(arg.get_value_hint(), ValueHint::AnyPath | ValueHint::FilePath | ValueHint::DirPath)
}

fn is_written(arg: &Arg) -> bool {
    WRITTEN.contains(&arg.get_id().as_str())
}

fn told(program: &Command, one: &Arg, other: &Arg, path: &Path) -> clap::Error {
    let name = |arg: &Arg| match (arg.get_long(), arg.get_value_names()) {
        (Some(long), _) => format!("--{long}"),
        (None, Some([value, ..])) => value.to_string(),
        _ => arg.get_id().to_string(),
    };
    let message = format!(
        "'{}' and '{}' are the same file, {}, which would be lost; give another name to what is written",
        name(one),
        name(other),
        text::printable_path(path)
    );
    program.clone().error(ErrorKind::ArgumentConflict, message)
}
