//! The command line of `release`.

use super::signing::KeyArgs;
use clap::Args;

/// `release`.
#[derive(Args, Debug)]
pub struct Release {
    /// The repository
    #[arg(value_name = "REPO", default_value = ".")]
    pub repo: String,
    /// The last release: its version, its archive or its folder [default: the latest git tag, else the archive at HEAD]
    #[arg(long, value_name = "VERSION|ARCHIVE")]
    pub previous: Option<String>,
    /// Compile the agent and the shared package again, in a temporary copy, and compare what comes of it
    #[arg(long)]
    pub build: bool,
    /// Which keys are trusted.
    #[command(flatten)]
    pub keys: KeyArgs,
    /// Where reading stops.
    #[command(flatten)]
    pub limits: super::LimitArgs,
}
