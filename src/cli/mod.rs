//! The command line: clap's types, turned into the model's values here and nowhere else.

pub mod diff;
pub mod doctor;
pub mod pack;
pub mod rehearse;
pub mod release;
pub mod signing;
pub mod update;

use crate::check::bundle::Expectations;
use crate::config::{Config, ConfigError, rule_id, size};
use crate::node::node_version::NodeVersion;
use crate::report::finding::Severity;
use crate::report::format::Format;
use crate::report::policy::{Level, Override, Policy, Selector};
use crate::report::verdict::FailOn;
use crate::tree::limits::Limits;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;

/// Judges ServerFlow agent bundles before they are published.
#[derive(Parser, Debug)]
#[command(name = "bundle-doctor", version, about, max_term_width = 100, propagate_version = true)]
#[command(
    after_help = "Exit codes: 0 nothing at or above --fail-on, 1 something, 2 not judged (usage, configuration, unreadable path)"
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Options of every command.
    #[command(flatten)]
    pub common: Common,
}

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Judge bundles: archives, directories, or `-` for an archive on stdin
    Check(Check),
    /// Diagnose this server: why the agent is down, with the evidence and the commands that mend it
    Doctor(doctor::Doctor),
    /// Print the SHA-256 of every file that `tar -xzf PATH` would leave, as sha256sum does
    Manifest(Manifest),
    /// Walk the checklist before a release over the repository
    Release(release::Release),
    /// Make the archive of a bundle's folder: the same bytes from the same files, on any machine
    Pack(pack::Pack),
    /// Tell what changed between two bundles: archives or directories
    Diff(diff::Diff),
    /// Make an Ed25519 key pair
    Keygen(signing::Keygen),
    /// Sign a file, or a bundle's folder by a manifest of its files
    Sign(signing::Sign),
    /// Verify the signature of a file, or of a folder's manifest and all its files
    Verify(signing::Verify),
    /// Run the documented update for real in a throw-away home, for each generation of deployed agents
    Rehearse(rehearse::Rehearse),
    /// Print the page of one rule or cause, or of one line of the checklist
    Explain {
        /// A rule, a cause or a line, as `rules` lists them
        id: String,
    },
    /// List all rules and causes, and the lines of the checklist
    Rules,
    /// Print a completion script for a shell
    Completions {
        /// For which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, as roff
    Man,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum FormatWord {
    /// For people
    Human,
    /// JSON, version 1 (docs/check.schema.json)
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML, for GitLab and Jenkins
    Junit,
    /// GitHub Actions' workflow commands, and a summary where GITHUB_STEP_SUMMARY says
    Github,
}

impl From<FormatWord> for Format {
    fn from(word: FormatWord) -> Self {
        match word {
            FormatWord::Human => Self::Human,
            FormatWord::Json => Self::Json,
            FormatWord::Sarif => Self::Sarif,
            FormatWord::Junit => Self::Junit,
            FormatWord::Github => Self::Github,
        }
    }
}

/// When colour is used.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Color {
    /// On a terminal; NO_COLOR and CLICOLOR_FORCE are heeded
    Auto,
    /// Everywhere
    Always,
    /// Nowhere
    Never,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum FailOnWord {
    Error,
    Warning,
    Info,
    Never,
}

/// Options of every command.
#[derive(Args, Debug)]
pub struct Common {
    /// How the report is written
    #[arg(long, global = true, value_enum, default_value = "human", help_heading = "Output")]
    format: FormatWord,
    /// Short for --format json
    #[arg(long, global = true, conflicts_with = "format", help_heading = "Output")]
    json: bool,
    /// Write the report to FILE instead of stdout, whole or not at all
    #[arg(short, long, global = true, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,
    /// Exit with 1 at findings of this severity or worse
    #[arg(long, global = true, value_enum, default_value = "error", value_name = "SEVERITY", help_heading = "Rules")]
    fail_on: FailOnWord,
    /// Show the findings of a rule, but do not count them (`all` for every rule; the last of -A -W -D decides)
    #[arg(short = 'A', long, global = true, value_name = "ID", help_heading = "Rules")]
    allow: Vec<String>,
    /// Make a rule's findings warnings
    #[arg(short = 'W', long, global = true, value_name = "ID", help_heading = "Rules")]
    warn: Vec<String>,
    /// Make a rule's findings errors
    #[arg(short = 'D', long, global = true, value_name = "ID", help_heading = "Rules")]
    deny: Vec<String>,
    /// Use this configuration instead of the nearest bundle-doctor.toml from the working directory upwards
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "no_config", help_heading = "Configuration")]
    pub config: Option<PathBuf>,
    /// Use no configuration file
    #[arg(long, global = true, help_heading = "Configuration")]
    pub no_config: bool,
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value = "auto", value_name = "WHEN", help_heading = "Output")]
    pub color: Color,
    /// Print verdicts only
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Output")]
    pub quiet: bool,
    /// Print every place and the full digest
    #[arg(short, long, global = true, help_heading = "Output")]
    pub verbose: bool,
    /// Show no progress
    #[arg(long, global = true, help_heading = "Output")]
    pub no_progress: bool,
    /// `-A`, `-W`, `-D` in the order in which they were given
    #[arg(skip)]
    levels: Vec<(Level, &'static str, String)>,
}

/// `check`.
#[derive(Args, Debug)]
pub struct Check {
    /// Archives (.tar.gz, .tgz, .tar), directories, or `-`
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<String>,
    /// Fail if the bundle's version is another
    #[arg(long, value_name = "VERSION")]
    expect_version: Option<String>,
    /// Fail if the bundle's version is not newer than this one
    #[arg(long, value_name = "VERSION")]
    newer_than: Option<semver::Version>,
    /// The Node of the server, of the lines 18, 20, 22 and 24: a line such as 20, which means its newest, or a version such as 20.10.0
    #[arg(long, value_name = "VERSION", default_value_t, value_parser = NodeVersion::measured)]
    node: NodeVersion,
    /// Fail if this generation's update would drop the shared package, and heed no other generation's
    #[arg(long, value_enum, value_name = "NAME")]
    generation: Option<update::GenerationWord>,
    /// Fail if this systemd unit would not start the bundle (repeatable: the unit first, then its drop-ins)
    #[arg(long = "unit", value_name = "FILE")]
    pub units: Vec<PathBuf>,
    /// Fail if there is no signature
    #[arg(long, help_heading = "Signature")]
    pub require_signature: bool,
    /// Which keys are trusted.
    #[command(flatten)]
    pub keys: signing::KeyArgs,
    /// Where reading stops.
    #[command(flatten)]
    pub limits: LimitArgs,
}

/// `manifest`.
#[derive(Args, Debug)]
pub struct Manifest {
    /// An archive, a directory, or `-`
    #[arg(value_name = "PATH")]
    pub path: String,
    /// Where reading stops.
    #[command(flatten)]
    pub limits: LimitArgs,
}

/// Where reading stops.
#[derive(Args, Debug)]
pub struct LimitArgs {
    /// Most bytes of unpacked files, such as 500MiB [default: 2GiB]
    #[arg(long, value_name = "SIZE", value_parser = size, help_heading = "Limits")]
    max_size: Option<u64>,
    /// Most entries [default: 150000]
    #[arg(long, value_name = "N", help_heading = "Limits")]
    max_entries: Option<u64>,
    /// Most unpacked bytes for each compressed one [default: 200]
    #[arg(long, value_name = "N", help_heading = "Limits")]
    max_ratio: Option<u64>,
    /// Most components of a path [default: 128]
    #[arg(long, value_name = "N", help_heading = "Limits")]
    max_depth: Option<usize>,
}

impl LimitArgs {
    /// The configuration's limits with what the command line says.
    #[must_use]
    pub fn over(&self, limits: Limits) -> Limits {
        Limits {
            max_size: self.max_size.unwrap_or(limits.max_size),
            max_entries: self.max_entries.unwrap_or(limits.max_entries),
            max_ratio: self.max_ratio.unwrap_or(limits.max_ratio),
            max_depth: self.max_depth.unwrap_or(limits.max_depth),
        }
    }
}

impl Check {
    /// What the caller demands of the bundle, but for the unit, which is to be read first.
    #[must_use]
    pub fn expectations(&self) -> Expectations {
        Expectations {
            version: self.expect_version.clone(),
            newer_than: self.newer_than.clone(),
            node: self.node,
            deployed_at: None,
            generation: self.generation.map(Into::into),
            unit: None,
        }
    }
}

impl Common {
    /// How the report is written.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format.into()
    }

    /// What the user wants of the rules: the configuration, then the flags, which win.
    ///
    /// # Errors
    /// A [`ConfigError`] for an unknown rule.
    pub fn policy(&self, config: &Config) -> Result<Policy, ConfigError> {
        let mut overrides = config.overrides()?;
        for (level, flag, id) in &self.levels {
            let selector = if id == "all" { Selector::All } else { Selector::Rule(rule_id(id)?) };
            overrides.push(Override { selector, level: *level, origin: (*flag).to_owned() });
        }
        let fail_on = match self.fail_on {
            FailOnWord::Error => FailOn::At(Severity::Error),
            FailOnWord::Warning => FailOn::At(Severity::Warning),
            FailOnWord::Info => FailOn::At(Severity::Info),
            FailOnWord::Never => FailOn::Never,
        };
        Ok(Policy { overrides, allowances: config.allowances()?, fail_on })
    }
}

impl Cli {
    /// Reads the command line.
    ///
    /// # Errors
    /// clap's error: wrong usage, or the text of `--help` and `--version`.
    pub fn read(args: &[OsString]) -> Result<Self, clap::Error> {
        let matches = Self::command().try_get_matches_from(args)?;
        let mut cli = Self::from_arg_matches(&matches)?;
        if cli.common.json {
            cli.common.format = FormatWord::Json;
        }
        if matches!(cli.command, Command::Keygen(_) | Command::Pack(_)) {
            // There `-o` names what is made, not the report.
            cli.common.output = None;
        }
        let flags = matches.subcommand().map_or(&matches, |(_, matches)| matches);
        let mut levels = Vec::new();
        for (name, level, flag, values) in [
            ("allow", Level::Allow, "--allow", &cli.common.allow),
            ("warn", Level::At(Severity::Warning), "--warn", &cli.common.warn),
            ("deny", Level::At(Severity::Error), "--deny", &cli.common.deny),
        ] {
            let positions = flags.indices_of(name).into_iter().flatten();
            levels.extend(positions.zip(values).map(|(position, id)| (position, (level, flag, id.clone()))));
        }
        levels.sort_by_key(|(position, _)| *position);
        cli.common.levels = levels.into_iter().map(|(_, level)| level).collect();
        Ok(cli)
    }

    /// The format that a command line asks for, also when the rest of it is wrong: a machine reader gets its document
    /// all the same.
    #[must_use]
    pub fn format_wanted(args: &[OsString]) -> Format {
        let words: Vec<_> =
            args.iter().skip(1).map(|arg| arg.to_string_lossy()).take_while(|arg| arg != "--").collect();
        let mut values = words.iter().enumerate().filter_map(|(at, word)| match word.strip_prefix("--format") {
            Some("") => words.get(at + 1).map(AsRef::as_ref),
            Some(value) => value.strip_prefix('='),
            None => (word == "--json").then_some("json"),
        });
        values.next_back().and_then(|value| FormatWord::from_str(value, true).ok()).map_or(Format::Human, Format::from)
    }
}
