//! The command line of `rehearse`.

use super::format::{FindingsFormat, FormatArgs};
use super::generation::GenerationWord;
use super::values::number_in;
use crate::update::generation::{Generation, UpdateScope};
use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

/// `rehearse`.
#[derive(Args, Debug)]
pub(crate) struct Rehearse {
    /// An archive, a bundle's folder, or the address (http://…) of an archive that is published
    #[arg(value_name = "BUNDLE", value_hint = ValueHint::AnyPath)]
    pub bundle: String,
    /// Update from this bundle (an archive or a deployed folder) instead of from an empty folder
    #[arg(long, value_name = "BUNDLE")]
    pub from: Option<PathBuf>,
    /// Update as this generation of agents does (repeatable) [default: all]
    #[arg(long = "generation", value_enum, value_name = "NAME")]
    generations: Vec<GenerationWord>,
    /// Install with this one only [default: pnpm, or npm where the generation tries it]
    #[arg(long, value_enum, value_name = "NAME")]
    pub package_manager: Option<ManagerWord>,
    /// How long the agent has to stay up once it has connected
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = number_in(0..=86_400_u64), allow_negative_numbers = true)]
    pub hold: u64,
    /// How long the agent has to connect
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = number_in(1..=3_600_u64), allow_negative_numbers = true)]
    pub connect_within: u64,
    /// Install from the package managers' caches only, which are read and not written
    #[arg(long)]
    pub offline: bool,
    /// Let the update's commands, and with them the bundle's install scripts, see this variable of the environment, such
    /// as the token of a registry (repeatable) [default: what leads to the registry, and nothing secret]
    #[arg(long = "pass-env", value_name = "NAME")]
    pub shown_variables: Vec<String>,
    /// Leave the throw-away folder, and say where it is
    #[arg(long)]
    pub keep: bool,
    /// How the report is written.
    #[command(flatten)]
    pub format: FormatArgs<FindingsFormat>,
}

impl Rehearse {
    /// Whose updates are rehearsed, and whose outcome is an error; the configuration says which generations are deployed.
    #[must_use]
    pub(crate) fn updates(&self, configured: UpdateScope) -> UpdateScope {
        configured.or_chosen(self.generations.iter().map(|word| Generation::from(*word)))
    }
}

/// What step 5 installs with.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ManagerWord {
    /// `pnpm install --prod --ignore-scripts`
    Pnpm,
    /// `npm install --omit=dev`
    Npm,
}
