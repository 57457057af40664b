//! `--show-config`: what of the configuration is in effect, and from where.

use super::failure::{self, Failure};
use super::session::Session;
use crate::cli::shown::ShownValue;
use crate::config::in_effect::{Overriding, in_effect};
use crate::report::format::ReportFormat;
use crate::{exit_code, text};
use anyhow::{Result, bail};
use std::path::Path;

/// What it is called where it fails.
const NAME: &str = "show-config";

/// Prints it, and gives the exit code.
pub(super) fn run(shown: &ShownValue) -> u8 {
    let session = Session::new(&shown.common);
    print(shown, &session).unwrap_or_else(|error| {
        session.fail(NAME, &failure::told(NAME, &error));
        exit_code::NOT_JUDGED
    })
}

fn print(shown: &ShownValue, session: &Session<'_>) -> Result<u8> {
    if shown.common.format() != ReportFormat::Human {
        let help = "leave --format and --json away; what it prints is TOML, for machines too";
        bail!(Failure::new("--show-config has no other format").help(help));
    }
    let configured = match &shown.repo {
        Some(repo) => session.configuration_of(Path::new(repo))?,
        None => session.configuration()?,
    };
    let path = configured.path.as_deref().map(relative);
    let file = path.as_deref().zip(configured.text.as_deref());
    let levels = shown.common.levels()?;
    let overriding = Overriding { options: &shown.options, levels: &levels, demanded: &shown.demanded };
    session.print(in_effect(&configured.config, file, &overriding).as_bytes())?;
    Ok(exit_code::PASS)
}

/// The path below the working directory, where it is there.
fn relative(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    text::printable_path(here.as_deref().and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path))
}
