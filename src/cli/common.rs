//! The options of every command.

use super::format::{AnyFormat, parser};
use crate::config::{Config, ConfigError, rule_id};
use crate::report::finding::Severity;
use crate::report::format::ReportFormat;
use crate::report::policy::{Level, Override, Policy, Selector};
use crate::report::verdict::FailOn;
use clap::{ArgMatches, Args, ValueEnum};
use std::path::PathBuf;

/// When colour is used.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Color {
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
pub(crate) struct Common {
    /// How the report is written
    #[arg(long, global = true, value_parser = parser::<AnyFormat>(), default_value = "human", help_heading = "Output")]
    format: ReportFormat,
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
    /// Print what of the configuration is in effect, and from where, and do nothing else
    #[arg(long, global = true, help_heading = "Configuration")]
    show_config: bool,
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

impl Common {
    /// How the report is written.
    #[must_use]
    pub(crate) const fn format(&self) -> ReportFormat {
        if self.json { ReportFormat::Json } else { self.format }
    }

    /// Adds what clap does not keep: in which order `-A`, `-W` and `-D` were given.
    pub(super) fn complete(&mut self, matches: &ArgMatches) {
        let mut levels = Vec::new();
        for (name, level, flag, values) in [
            ("allow", Level::Allow, "--allow", &self.allow),
            ("warn", Level::At(Severity::Warning), "--warn", &self.warn),
            ("deny", Level::At(Severity::Error), "--deny", &self.deny),
        ] {
            let positions = matches.indices_of(name).into_iter().flatten();
            levels.extend(positions.zip(values).map(|(position, id)| (position, (level, flag, id.clone()))));
        }
        levels.sort_by_key(|(position, _)| *position);
        self.levels = levels.into_iter().map(|(_, level)| level).collect();
    }

    /// The id (or `all`), the level and the flag of each `-A`, `-W` and `-D`, in their order.
    ///
    /// # Errors
    /// A [`ConfigError`] for an unknown rule.
    pub(crate) fn levels(&self) -> Result<Vec<(String, &'static str, &'static str)>, ConfigError> {
        let levels = self.levels.iter().map(|(level, flag, id)| {
            let id = if id == "all" { "all" } else { rule_id(id)? };
            let level = match level {
                Level::Allow => "allow",
                Level::At(severity) => severity.name(),
            };
            Ok((id.to_owned(), level, *flag))
        });
        levels.collect()
    }

    /// What the user wants of the rules: the configuration, then the flags, which win; and the rules that the
    /// configuration would have softened. It softens none that the command line demands: those named here, and those
    /// of `-D`.
    ///
    /// # Errors
    /// A [`ConfigError`] for an unknown rule.
    pub(crate) fn policy(
        &self,
        config: &Config,
        demanded: &[&'static str],
    ) -> Result<(Policy, Vec<&'static str>), ConfigError> {
        let mut flags = Vec::new();
        for (level, flag, id) in &self.levels {
            let selector = if id == "all" { Selector::All } else { Selector::Rule(rule_id(id)?) };
            flags.push(Override { selector, level: *level, origin: (*flag).to_owned() });
        }
        let fail_on = match self.fail_on {
            FailOnWord::Error => FailOn::At(Severity::Error),
            FailOnWord::Warning => FailOn::At(Severity::Warning),
            FailOnWord::Info => FailOn::At(Severity::Info),
            FailOnWord::Never => FailOn::Never,
        };
        Ok(Policy::of(config.overrides()?, config.allowances()?, flags, fail_on, demanded))
    }
}
