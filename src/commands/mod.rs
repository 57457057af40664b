//! The commands: each wires reading, judging and rendering together, and decides nothing itself.

mod authenticity;
mod check;
mod diff;
mod doctor;
mod keygen;
mod keys;
mod manifest;
mod pack;
mod pages;
mod progress;
mod rehearse;
mod release;
mod session;
mod sign;
mod verify;

use crate::cli::{Cli, Command, format};
use crate::exit_code;
use crate::host::interrupt::{Interrupt, Second};
use crate::render;
use crate::report::format::Format;
use crate::report::run_error::RunError;
use crate::text;
use clap::CommandFactory;
use session::Session;
use std::ffi::OsString;
use std::io::{self, Write};

/// Why a command could not do its work: exit code 2.
#[derive(Debug)]
pub struct Failure(RunError);

impl Failure {
    fn new(message: impl Into<String>) -> Self {
        Self(RunError { message: message.into(), path: None, help: None })
    }

    fn at(mut self, path: &str) -> Self {
        self.0.path = Some(text::printable(path).into_owned());
        self
    }

    /// What was tried and what was found, in one line.
    fn words(self) -> String {
        self.0.message
    }

    fn help(mut self, help: Option<String>) -> Self {
        self.0.help = help;
        self
    }
}

/// Notes signals from now on, for a command that has something to take away before it ends.
fn watch(second: Second) -> Result<Interrupt, Failure> {
    Interrupt::watch(second).map_err(|error| Failure::new(format!("cannot prepare for signals: {error}")))
}

impl From<crate::tree::reading::SourceError> for Failure {
    fn from(error: crate::tree::reading::SourceError) -> Self {
        let of_kind = || match error.source.kind() {
            io::ErrorKind::NotFound => {
                Some("give the path of an archive or of a bundle's folder, or `-` for stdin".to_owned())
            }
            io::ErrorKind::PermissionDenied => Some("run it as a user who may read it".to_owned()),
            _ => None,
        };
        let help = error.help.map(str::to_owned).or_else(of_kind);
        let path = error.path.clone();
        Self::new(error.to_string()).at(&path).help(help)
    }
}

impl From<crate::config::ConfigError> for Failure {
    fn from(error: crate::config::ConfigError) -> Self {
        Self::new(error.to_string()).help(error.help)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new(format!("cannot write the report: {error}"))
    }
}

/// Runs the program with its arguments, the first being its name, and gives the exit code.
#[must_use]
pub fn run(args: &[OsString]) -> u8 {
    let cli = match Cli::read(args) {
        Ok(cli) => cli,
        Err(error) => return usage(args, &error),
    };
    let session = Session::new(&cli.common);
    let done = match &cli.command {
        Command::Check(options) => check::run(options, &session),
        Command::Doctor(options) => doctor::run(options, &session),
        Command::Manifest(options) => manifest::run(options, &session),
        Command::Release(options) => release::run(options, &session),
        Command::Pack(options) => pack::run(options, &session),
        Command::Diff(options) => diff::run(options, &session),
        Command::Keygen(options) => keygen::run(options, &session),
        Command::Sign(options) => sign::run(options, &session),
        Command::Verify(options) => verify::run(options, &session),
        Command::Rehearse(options) => rehearse::run(options, &session),
        Command::Explain { id, format } => pages::explain(id, format.word, &session),
        Command::Rules { format } => pages::rules(format.word, &session),
        Command::Completions { shell } => completions(*shell, &session),
        Command::Man => man(&session),
    };
    done.unwrap_or_else(|failure| {
        session.fail(cli.command.name(), &failure.0);
        exit_code::NOT_JUDGED
    })
}

/// Help and version go to stdout and are no failure. Wrong usage goes to stderr, and a machine format gets its document.
fn usage(args: &[OsString], error: &clap::Error) -> u8 {
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

fn completions(shell: clap_complete::Shell, session: &Session<'_>) -> Result<u8, Failure> {
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "bundle-doctor", &mut out);
    session.print(&out)?;
    Ok(exit_code::PASS)
}

fn man(session: &Session<'_>) -> Result<u8, Failure> {
    let mut out = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut out)?;
    for command in Cli::command().get_subcommands() {
        let title = format!("bundle-doctor-{}", command.get_name());
        clap_mangen::Man::new(command.clone().name(title)).render(&mut out)?;
    }
    session.print(&out)?;
    Ok(exit_code::PASS)
}
