//! The command line: clap's types, turned into the model's values here and nowhere else.

pub(crate) mod change;
pub(crate) mod check;
pub(crate) mod common;
pub(crate) mod completions;
pub(crate) mod diff;
pub(crate) mod doctor;
pub(crate) mod format;
pub(crate) mod generation;
pub(crate) mod help;
pub(crate) mod limits;
pub(crate) mod manifest;
pub(crate) mod pack;
mod places;
pub(crate) mod rehearse;
pub(crate) mod release;
pub(crate) mod repair;
pub(crate) mod report;
pub(crate) mod shown;
pub(crate) mod signing;
pub(crate) mod update;
mod values;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, ValueHint};
use common::Common;
use format::{FormatArgs, PlainFormat};
use std::ffi::OsString;
use std::path::PathBuf;

/// Judges ServerFlow agent bundles before they are published.
#[derive(Parser, Debug)]
#[command(name = "bundle-doctor", version = env!("BUNDLE_DOCTOR_VERSION"), about, max_term_width = 100, propagate_version = true)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Options of every command.
    #[command(flatten)]
    pub common: Common,
}

/// The commands.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Judge bundles: archives, directories, or `-` for an archive on stdin
    Check(check::CheckArgs),
    /// Diagnose this server: why the agent is down, with the evidence and the commands that mend it
    Doctor(doctor::Doctor),
    /// Carry out what doctor would print: planned, proven, watched, and taken back where it does not help
    Repair(repair::Repair),
    /// Put another bundle in the place of the deployed one: judged, proven, watched, and taken back where it does not come up
    Update(update::Update),
    /// Print the SHA-256 of every file that `tar -xzf PATH` would leave, as sha256sum does
    Manifest(manifest::ManifestArgs),
    /// Walk the checklist before a release over the repository
    Release(release::Release),
    /// Make the archive of a bundle's folder: the same bytes from the same files, on any machine
    Pack(pack::Pack),
    /// Tell what changed between two bundles: archives or directories
    Diff(diff::Diff),
    /// Render saved reports and captures again, in any format; those of several servers as one report of the fleet
    Report(report::Report),
    /// Make an Ed25519 key pair
    Keygen(signing::Keygen),
    /// Sign a file, or a bundle's folder by a manifest of its files
    Sign(signing::Sign),
    /// Verify the signature of a file, or of a folder's manifest and all its files
    Verify(signing::Verify),
    /// Run the documented update for real in a throw-away home, for each generation of deployed agents
    Rehearse(rehearse::Rehearse),
    /// Print the page of a rule, a cause or a line of the checklist; or tell what an error in a log can mean
    Explain {
        /// A rule, a cause or a line, as `rules` lists them; a part of its name; an error as it stands in a log, such as
        /// ERR_MODULE_NOT_FOUND or 200/CHDIR; or `-` for a log on stdin
        #[arg(value_name = "ID|ERROR")]
        asked: Vec<String>,
        /// How it is printed.
        #[command(flatten)]
        format: FormatArgs<PlainFormat>,
    },
    /// List all rules and causes, and the lines of the checklist
    Rules {
        /// How they are printed.
        #[command(flatten)]
        format: FormatArgs<PlainFormat>,
    },
    /// Print a completion script for a shell
    Completions {
        /// For which shell
        shell: clap_complete::Shell,
    },
    /// Write a commented bundle-doctor.toml; never over one that is there
    Init {
        /// Write it to FILE instead of the working directory
        // The same id as the option of every command, which it takes the place of.
        #[arg(short, long, value_name = "FILE", default_value = "bundle-doctor.toml", value_hint = ValueHint::FilePath)]
        output: PathBuf,
    },
    /// Print a page of the manual, as roff: the program's, or a command's
    Man {
        /// The command [default: the program itself]
        command: Option<String>,
        /// Write all pages into this folder: bundle-doctor.1, bundle-doctor-check.1 and so on
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with = "command")]
        output_dir: Option<PathBuf>,
    },
}

impl Command {
    /// The command's name, as it stands in JSON.
    #[must_use]
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Check(_) => "check",
            Self::Doctor(_) => "doctor",
            Self::Repair(_) => "repair",
            Self::Update(_) => "update",
            Self::Manifest(_) => "manifest",
            Self::Release(_) => "release",
            Self::Pack(_) => "pack",
            Self::Diff(_) => "diff",
            Self::Report(_) => "report",
            Self::Keygen(_) => "keygen",
            Self::Sign(_) => "sign",
            Self::Verify(_) => "verify",
            Self::Rehearse(_) => "rehearse",
            Self::Explain { .. } => "explain",
            Self::Rules { .. } => "rules",
            Self::Completions { .. } => "completions",
            Self::Man { .. } => "man",
            Self::Init { .. } => "init",
        }
    }
}

/// Whether the command's `-o` names what it makes, and not the report.
fn names_its_output(command: &str) -> bool {
    ["init", "keygen", "pack"].contains(&command)
}

impl Cli {
    /// The command line with what its help says beside the options.
    #[must_use]
    pub(crate) fn described() -> clap::Command {
        help::described(Self::command())
    }

    /// Reads the command line.
    ///
    /// # Errors
    /// clap's error: wrong usage, or the text of `--help` and `--version`.
    pub(crate) fn read(args: &[OsString]) -> Result<Self, clap::Error> {
        let matches = Self::command().try_get_matches_from(args).or_else(|error| match error.kind() {
            // What help says beside the options is put together only where it is printed.
            ErrorKind::DisplayHelp | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
                Self::described().try_get_matches_from(args)
            }
            _ => Err(error),
        })?;
        if let Some((name, of_command)) = matches.subcommand() {
            places::must_differ(Self::command, name, of_command)?;
        }
        let mut cli = Self::from_arg_matches(&matches).map_err(|error| error.format(&mut Self::command()))?;
        cli.common.complete(matches.subcommand().map_or(&matches, |(_, matches)| matches));
        if names_its_output(cli.command.name()) {
            cli.common.output = None;
        }
        Ok(cli)
    }
}
