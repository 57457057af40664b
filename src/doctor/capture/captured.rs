//! What a capture holds.

use super::about::About;
use super::bundles::BundleOutcome;
use crate::report::server_report::ServerReport;
use std::collections::BTreeMap;

/// A server, captured.
#[derive(Clone, Debug)]
pub(crate) struct Capture {
    /// What it is, and how it was asked for.
    pub about: About,
    /// What was asked and answered, a line of JSON each.
    pub answers: String,
    /// What the rules said of its bundles.
    pub bundles: BTreeMap<String, BundleOutcome>,
    /// What stands in the deployed bundle, for people.
    pub listing: String,
    /// What was concluded where it was made.
    pub report: Option<ServerReport>,
}
