//! The command line of `check`.

use super::format::{FindingsFormat, FormatArgs};
use super::generation::GenerationWord;
use super::limits::LimitArgs;
use super::signing::{KeyArgs, SIGNATURE_RULES};
use super::values::{version, version_text};
use crate::check::bundle::Expectations;
use crate::node::node_version::NodeVersion;
use crate::update::generation::UpdateScope;
use clap::{Args, ValueHint};
use std::path::PathBuf;

/// `check`.
#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// Archives (.tar.gz, .tgz, .tar), directories, or `-`
    #[arg(required = true, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<String>,
    /// Fail if the bundle's version is another
    #[arg(long, value_name = "VERSION", value_parser = version_text)]
    expect_version: Option<String>,
    /// Fail if the bundle's version is not newer than this one
    #[arg(long, value_name = "VERSION", value_parser = version)]
    newer_than: Option<semver::Version>,
    /// The Node of the server, of the lines 18, 20, 22 and 24: a line such as 20, which means its newest, or a version such as 20.10.0
    #[arg(long, value_name = "VERSION", default_value_t, value_parser = NodeVersion::measured)]
    node: NodeVersion,
    /// Fail if this generation's update would drop the shared package, and heed no other generation's
    #[arg(long, value_enum, value_name = "NAME")]
    generation: Option<GenerationWord>,
    /// Fail if this systemd unit would not start the bundle (repeatable: the unit first, then its drop-ins)
    #[arg(long = "unit", value_name = "FILE")]
    pub units: Vec<PathBuf>,
    /// Fail if there is no signature
    #[arg(long, help_heading = "Signature")]
    pub require_signature: bool,
    /// Show the findings that FILE holds as known, and do not fail for them
    #[arg(long, value_name = "FILE", help_heading = "Rules", conflicts_with = "write_baseline")]
    pub baseline: Option<PathBuf>,
    /// Write what is found to FILE, and take it as known; replaces a file of that kind and no other
    #[arg(long, value_name = "FILE", help_heading = "Rules")]
    pub write_baseline: Option<PathBuf>,
    /// Which keys are trusted.
    #[command(flatten)]
    pub keys: KeyArgs,
    /// Where reading stops.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// How the report is written.
    #[command(flatten)]
    pub format: FormatArgs<FindingsFormat>,
}

impl CheckArgs {
    /// The rules that the caller demands, which a configuration does not soften.
    #[must_use]
    pub(crate) fn demands(&self) -> Vec<&'static str> {
        let is_versioned = self.expect_version.is_some() || self.newer_than.is_some();
        let mut demands = self.keys.demands().to_vec();
        for (is_demanded, rules) in [
            (self.require_signature, SIGNATURE_RULES.as_slice()),
            (is_versioned, &["version-mismatch"]),
            (!self.units.is_empty(), &["unit-mismatch"]),
            (self.generation.is_some(), &["update-drops-shared"]),
        ] {
            if is_demanded {
                demands.extend(rules);
            }
        }
        demands
    }

    /// What the caller demands of the bundle, but for the unit, which is to be read first; the configuration says which
    /// generations are deployed.
    #[must_use]
    pub(crate) fn expectations(&self, configured: UpdateScope) -> Expectations {
        Expectations {
            version: self.expect_version.clone(),
            newer_than: self.newer_than.clone(),
            node: self.node,
            deployed_at: None,
            updates: configured.or_chosen(self.generation.map(Into::into)),
            unit: None,
        }
    }
}
