//! The command line of `pack`.

use super::format::{FormatArgs, PlainFormat};
use super::limits::LimitArgs;
use super::signing::PassphraseArgs;
use crate::release::pack::PackLayout;
use clap::{ArgGroup, Args, ValueEnum, ValueHint};
use std::path::PathBuf;

/// `pack`.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("what").required(true).args(["folder", "from_repo"]))]
pub(crate) struct Pack {
    /// The folder of the bundle
    #[arg(value_name = "SRC", value_hint = ValueHint::DirPath)]
    pub folder: Option<String>,
    /// Copy the compiled agent and the shared package first, from the repository REPO into a temporary folder
    #[arg(long, value_name = "REPO", value_hint = ValueHint::DirPath)]
    pub from_repo: Option<PathBuf>,
    /// Write the archive to OUT, whole or not at all [with --from-repo, default: the published archive]
    // The same id as the option of every command, which it takes the place of.
    #[arg(short, long, value_name = "OUT", required_unless_present = "from_repo")]
    pub output: Option<PathBuf>,
    /// Also put the copies into the repository's own bundle folder
    #[arg(long, requires = "from_repo")]
    pub update_bundle_dir: bool,
    /// How the bundle is arranged
    #[arg(long, value_enum, default_value = "survivor", value_name = "LAYOUT")]
    layout: LayoutWord,
    /// Sign with this private key: a manifest inside the archive, and OUT.minisig beside it
    #[arg(long, value_name = "KEY", help_heading = "Signature")]
    pub sign: Option<PathBuf>,
    /// Where the passphrase of the private key comes from.
    #[command(flatten)]
    pub passphrase: PassphraseArgs,
    /// Where reading stops.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// How the report is written.
    #[command(flatten)]
    pub format: FormatArgs<PlainFormat>,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum LayoutWord {
    /// Ship packages/shared too, and depend on it by path: starts after the update of every generation of agents
    Survivor,
    /// Exactly the folder, as the document's tar packs it
    Documented,
}

impl Pack {
    /// How the bundle is arranged.
    #[must_use]
    pub(crate) const fn layout(&self) -> PackLayout {
        match self.layout {
            LayoutWord::Survivor => PackLayout::Survivor,
            LayoutWord::Documented => PackLayout::Documented,
        }
    }
}
