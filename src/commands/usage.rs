//! What the command line says of itself: help, wrong usage, completion scripts.

use super::session::Session;
use crate::check::rules::RULES;
use crate::cli::format::AnyFormat;
use crate::cli::{Cli, completions, format};
use crate::doctor::causes::CAUSES;
use crate::node::builtins::MEASURED;
use crate::report::format::ReportFormat;
use crate::report::run_error::RunError;
use crate::{exit_code, render, text};
use anyhow::Result;
use clap::error::ErrorKind;
use clap::{CommandFactory, ValueEnum};
use std::ffi::OsString;
use std::io::{self, Write};

/// Help and version go to stdout and are no failure. Wrong usage goes to stderr, and a machine format gets its document.
pub(super) fn told(args: &[OsString], error: &clap::Error) -> u8 {
    if !error.use_stderr() {
        let is_verbose = error.kind() == ErrorKind::DisplayVersion && args.iter().any(asks_for_more);
        let printed = error.print();
        return match if is_verbose { printed.and_then(|()| features(&mut io::stdout())) } else { printed } {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => exit_code::NOT_JUDGED,
            _ => exit_code::PASS,
        };
    }
    let _ = error.print();
    let format = format::wanted(args);
    if format != ReportFormat::Human {
        let rendered = error.render().to_string();
        let message = message(&rendered);
        let run_error = RunError {
            message: text::printable(&message).into_owned(),
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

/// What was wrong, in one line. Where the first line of clap's text ends with a colon, what it is about stands below it, a
/// line each.
fn message(rendered: &str) -> String {
    let mut lines = rendered.lines();
    let first = lines.next().unwrap_or_default().trim_start_matches("error: ");
    if !first.ends_with(':') {
        return first.to_owned();
    }
    let named: Vec<_> = lines.map_while(|line| line.strip_prefix("  ")).map(str::trim).collect();
    format!("{first} {}", named.join(", "))
}

/// Whether a word of the command line is `-v`, alone or among others as in `-vV`.
fn asks_for_more(arg: &OsString) -> bool {
    let short =
        |arg: &str| arg.strip_prefix('-').is_some_and(|letters| !letters.starts_with('-') && letters.contains('v'));
    arg.to_str().is_some_and(|arg| arg == "--verbose" || short(arg))
}

/// What this program was built for, and what it knows.
fn features(out: &mut dyn Write) -> io::Result<()> {
    let formats = AnyFormat::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    let formats: Vec<_> = formats.map(|format| format.get_name().to_owned()).collect();
    let lines = MEASURED.map(|line| line.to_string());
    writeln!(out, "target   {}", env!("BUNDLE_DOCTOR_TARGET"))?;
    writeln!(out, "formats  {}", formats.join(" "))?;
    writeln!(out, "node     {}", lines.join(" "))?;
    writeln!(out, "judges   by {} rules, and {} causes", RULES.len(), CAUSES.len())
}

/// Prints the completion script of a shell.
pub(super) fn complete(shell: clap_complete::Shell, session: &Session<'_>) -> Result<u8> {
    session.print(&completions::script(shell))?;
    Ok(exit_code::PASS)
}
