//! The command line of `release`.

use super::format::{ChecklistFormat, FormatArgs};
use super::generation::GenerationWord;
use super::limits::LimitArgs;
use super::signing::KeyArgs;
use crate::update::generation::{Generation, UpdateScope};
use clap::{Args, ValueHint};

/// `release`.
#[derive(Args, Debug)]
pub(crate) struct Release {
    /// The repository
    #[arg(value_name = "REPO", default_value = ".", value_hint = ValueHint::DirPath)]
    pub repo: String,
    /// The last release: its version, its archive or its folder [default: the latest git tag, else the archive at HEAD]
    #[arg(long, value_name = "VERSION|ARCHIVE", value_hint = ValueHint::AnyPath)]
    pub previous: Option<String>,
    /// Compile the agent and the shared package again, in a temporary copy, and compare what comes of it
    #[arg(long)]
    pub build: bool,
    /// Run the update for real in a throw-away home, with the published archive
    #[arg(long)]
    pub rehearse: bool,
    /// Rehearse the update of this generation of agents (repeatable) [default: all]
    #[arg(long = "generation", value_enum, value_name = "NAME", requires = "rehearse")]
    generations: Vec<GenerationWord>,
    /// Rehearse with the package managers' caches only
    #[arg(long, requires = "rehearse")]
    pub offline: bool,
    /// Which keys are trusted.
    #[command(flatten)]
    pub keys: KeyArgs,
    /// Where reading stops.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// How the report is written.
    #[command(flatten)]
    pub format: FormatArgs<ChecklistFormat>,
}

impl Release {
    /// Whose updates are rehearsed, and whose outcome is an error; the configuration says which generations are deployed.
    #[must_use]
    pub(crate) fn updates(&self, configured: UpdateScope) -> UpdateScope {
        configured.or_chosen(self.generations.iter().map(|word| Generation::from(*word)))
    }
}
