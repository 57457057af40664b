//! `--show-config`: what of the command line overrides the configuration. What the command needs beside may be missing.

use super::Cli;
use super::common::Common;
use super::signing::SIGNATURE_RULES;
use crate::config::keys::KEYS;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, FromArgMatches};
use std::collections::BTreeMap;
use std::ffi::OsString;

/// What the command line says.
pub(crate) struct ShownValue {
    /// The options of every command.
    pub common: Common,
    /// Options that take the place of a key, with what was given.
    pub options: BTreeMap<&'static str, Vec<String>>,
    /// Rules that it demands.
    pub demanded: Vec<&'static str>,
    /// The repository whose configuration is read; without one, that of the working directory.
    pub repo: Option<String>,
}

/// Reads the command line where `--show-config` is on it.
///
/// # Errors
/// clap's error: wrong usage, or the text of `--help`.
pub(crate) fn shown(args: &[OsString]) -> Option<Result<ShownValue, clap::Error>> {
    args.iter().take_while(|arg| *arg != "--").any(|arg| arg == "--show-config").then(|| read(args))
}

fn read(args: &[OsString]) -> Result<ShownValue, clap::Error> {
    let matches = match Cli::described().try_get_matches_from(args) {
        Err(error) if is_missing(&error) => Cli::described().ignore_errors(true).try_get_matches_from(args)?,
        read => read?,
    };
    let (name, command) = matches.subcommand().unwrap_or(("", &matches));
    let mut common = Common::from_arg_matches(&matches)?;
    common.complete(command);
    if super::names_its_output(name) {
        common.output = None;
    }
    let of_command = KEYS.iter().filter_map(|key| Some((key.table, key.option?)));
    let given = of_command.filter_map(|(table, option)| Some((option, given(command, (name, table), option)?)));
    let options: BTreeMap<_, _> = given.collect();
    let mut demanded = Vec::new();
    if options.contains_key("--key") || options.contains_key("--require-signature") {
        demanded.extend(SIGNATURE_RULES);
    }
    if options.contains_key("--generation") {
        demanded.push("update-drops-shared");
    }
    let repo = match name {
        "release" => texts(command, "repo"),
        "pack" => texts(command, "from_repo"),
        _ => None,
    };
    Ok(ShownValue { common, options, demanded, repo: repo.and_then(|repos| repos.into_iter().next()) })
}

/// Whether nothing is wrong but that something is not there.
fn is_missing(error: &clap::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::MissingRequiredArgument
            | ErrorKind::MissingSubcommand
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    )
}

/// What an option was given, where this command's takes the place of the key.
fn given(command: &ArgMatches, (name, table): (&str, &str), option: &str) -> Option<Vec<String>> {
    // `check --unit` is a file to compare with.
    if table == "server" && !["doctor", "repair", "update"].contains(&name) {
        return None;
    }
    let id = match option {
        "--key" => "keys".to_owned(),
        option => option.trim_start_matches('-').replace('-', "_"),
    };
    let is_given = command.try_contains_id(&id).is_ok() && command.value_source(&id) == Some(ValueSource::CommandLine);
    is_given.then(|| texts(command, &id))?
}

fn texts(command: &ArgMatches, id: &str) -> Option<Vec<String>> {
    let raw = command.try_get_raw(id).ok()??;
    let texts: Vec<_> = raw.map(|text| text.to_string_lossy().into_owned()).collect();
    // A flag has no value of its own: that it is there is all.
    Some(if texts.is_empty() { vec!["true".to_owned()] } else { texts })
}
