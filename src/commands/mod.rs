//! The commands: each wires reading, judging and rendering together, and decides nothing itself.

mod baseline;
mod captured;
mod check;
mod diff;
mod doctor;
mod failure;
mod init;
mod keygen;
mod keys;
mod man;
mod manifest;
mod moved;
mod pack;
mod pages;
mod progress;
mod rehearse;
mod release;
mod remedy;
mod repair;
mod report;
mod session;
mod show_config;
mod sign;
mod transaction;
mod update;
mod usage;
mod verify;
mod waiting;

use crate::cli::shown::shown;
use crate::cli::{Cli, Command};
use crate::exit_code;
use crate::update::rehearse::RehearsalError;
use session::Session;
use std::ffi::OsString;

pub use report::in_every_format;

/// Runs the program with its arguments, the first being its name, and gives the exit code.
#[must_use]
pub fn run(args: &[OsString]) -> u8 {
    match shown(args) {
        None => {}
        Some(Ok(shown)) => return show_config::run(&shown),
        Some(Err(error)) => return usage::told(args, &error),
    }
    let cli = match Cli::read(args) {
        Ok(cli) => cli,
        Err(error) => return usage::told(args, &error),
    };
    let session = Session::new(&cli.common);
    session.end_on_ctrl_c(cli.command.name());
    let done = match &cli.command {
        Command::Check(options) => check::run(options, &session),
        Command::Doctor(options) => doctor::run(options, &session),
        Command::Repair(options) => repair::run(options, &session),
        Command::Update(options) => update::run(options, &session),
        Command::Manifest(options) => manifest::run(options, &session),
        Command::Release(options) => release::run(options, &session),
        Command::Pack(options) => pack::run(options, &session),
        Command::Diff(options) => diff::run(options, &session),
        Command::Report(options) => report::run(options, &session),
        Command::Keygen(options) => keygen::run(options, &session),
        Command::Sign(options) => sign::run(options, &session),
        Command::Verify(options) => verify::run(options, &session),
        Command::Rehearse(options) => rehearse::run(options, &session),
        Command::Explain { asked, format } => pages::explain(asked, format.word, &session),
        Command::Rules { format } => pages::rules(format.word, &session),
        Command::Completions { shell } => usage::complete(*shell, &session),
        Command::Init { output } => init::run(output, &session),
        Command::Man { command, output_dir } => man::run(command.as_deref(), output_dir.as_deref(), &session),
    };
    done.unwrap_or_else(|error| {
        session.fail(cli.command.name(), &failure::told(cli.command.name(), &error));
        let is_interrupted =
            error.is::<waiting::Interrupted>() || matches!(error.downcast_ref(), Some(RehearsalError::Interrupted));
        if is_interrupted { exit_code::INTERRUPTED } else { exit_code::NOT_JUDGED }
    })
}
