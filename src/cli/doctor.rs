//! `doctor`'s options.

use super::format::{AnyFormat, FormatArgs};
use super::values::{moment, number_in};
use clap::{Args, ValueHint};
use std::path::PathBuf;
use std::time::Duration;

/// `doctor`.
#[derive(Args, Debug)]
pub(crate) struct Doctor {
    /// The service [default: server-flow-agent.service, or the configuration's]
    #[arg(short, long, value_name = "NAME")]
    pub unit: Option<String>,
    /// The deployed bundle [default: from the unit, else ~/.server-flow/agent-bundle of the unit's user]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub bundle: Option<String>,
    /// Judge the files of the machine below DIR (a mounted disk, a container), and run nothing live
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub root: Option<PathBuf>,
    /// Where only the time since the last start keeps it from a verdict, wait that long and look again (0: answer at once)
    #[arg(long, value_name = "DURATION", default_value = "15s", value_parser = duration, allow_negative_numbers = true)]
    pub wait: Duration,
    /// Read the journal from then on, as journalctl understands it: `yesterday`, `-2h`, `2026-11-23 03:00`
    #[arg(long, value_name = "WHEN", value_parser = moment, help_heading = "Journal", allow_hyphen_values = true)]
    pub since: Option<String>,
    /// Read that many of the journal's newest lines
    #[arg(short = 'n', long, value_name = "N", default_value_t = 400, value_parser = number_in(1..=100_000_u32), allow_negative_numbers = true, help_heading = "Journal")]
    pub lines: u32,
    /// Then go on with the live log (`journalctl -u UNIT -f`), until it is interrupted
    #[arg(short, long, help_heading = "Journal", conflicts_with = "root")]
    pub follow: bool,
    /// Trust the public key in FILE: a manifest it signed tells which files were changed (repeatable)
    #[arg(long = "key", value_name = "FILE", help_heading = "Signature")]
    pub keys: Vec<PathBuf>,
    /// Write all that was asked and answered to FILE (.tar.gz), secrets taken out, so that it can be judged elsewhere
    #[arg(long, value_name = "FILE", help_heading = "Support")]
    pub capture: Option<PathBuf>,
    /// Judge the capture in FILE instead of this machine: without root, anywhere
    #[arg(long, value_name = "FILE", help_heading = "Support", conflicts_with_all = ["root", "follow", "capture", "unit", "bundle", "since", "keys", "record"])]
    pub from: Option<PathBuf>,
    /// Write down what was asked and answered, for the lab
    #[arg(long, value_name = "FILE", hide = true)]
    pub record: Option<PathBuf>,
    /// How the report is written.
    #[command(flatten)]
    pub format: FormatArgs<AnyFormat>,
}

/// `15s`, `1m 30s`; a number alone is seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Ok(Duration::from_secs(seconds.into()));
    }
    humantime::parse_duration(text).map_err(|_| "expected a time such as `15s` or `1m 30s`, or 0".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_a_unit_or_is_seconds() {
        for (text, wanted) in [
            ("0", Some(0)),
            ("15", Some(15)),
            ("15s", Some(15)),
            ("1m 30s", Some(90)),
            ("", None),
            ("soon", None),
            ("-1", None),
        ] {
            assert_eq!(duration(text).ok().map(|duration| duration.as_secs()), wanted, "{text}");
        }
    }
}
