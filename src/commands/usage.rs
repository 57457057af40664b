//! What the command line says of itself: help, wrong usage, completion scripts.

use super::session::Session;
use crate::cli::{Cli, completions, format};
use crate::report::format::Format;
use crate::report::run_error::RunError;
use crate::{exit_code, render, text};
use anyhow::Result;
use clap::CommandFactory;
use std::ffi::OsString;
use std::io::{self, Write};

/// Help and version go to stdout and are no failure. Wrong usage goes to stderr, and a machine format gets its document.
pub(super) fn told(args: &[OsString], error: &clap::Error) -> u8 {
    if !error.use_stderr() {
        return match error.print() {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => exit_code::NOT_JUDGED,
            _ => exit_code::PASS,
        };
    }
    let _ = error.print();
    let format = format::wanted(args);
    if format != Format::Human {
        let rendered = error.render().to_string();
        let message = rendered.lines().next().unwrap_or_default().trim_start_matches("error: ");
        let run_error = RunError {
            message: text::printable(message).into_owned(),
            path: None,
            help: Some("see `bundle-doctor --help`".to_owned()),
        };
        let known = Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect::<Vec<_>>();
        let command =
            args.iter().skip(1).filter_map(|arg| arg.to_str()).find(|arg| known.iter().any(|name| name == arg));
        let mut out = Vec::new();
        if render::error(format, command.unwrap_or("bundle-doctor"), &run_error, &mut out).is_ok() {
            let _ = io::stdout().write_all(&out);
        }
    }
    exit_code::NOT_JUDGED
}

/// Prints the completion script of a shell.
pub(super) fn complete(shell: clap_complete::Shell, session: &Session<'_>) -> Result<u8> {
    session.print(&completions::script(shell))?;
    Ok(exit_code::PASS)
}
