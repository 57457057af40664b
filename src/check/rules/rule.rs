//! What a rule is. Rules name this file; the table in `mod.rs` names the rules.

use crate::check::bundle::Bundle;
use crate::report::finding::{Observation, Severity};

/// One rule.
pub struct Rule {
    /// Its name, which is also its file's, its page's and its fixtures'.
    pub id: &'static str,
    /// How bad it is unless the user says otherwise.
    pub severity: Severity,
    /// One sentence, for `rules`, SARIF and shell completion.
    pub summary: &'static str,
    /// Its page in `docs/rules/`, which `explain` prints.
    pub page: &'static str,
    /// Whether it judges the tree, and so stays silent where the tree is not known.
    pub judges: Judges,
    /// Whether what it finds keeps Node from starting the bundle.
    pub stops_start: StopsStart,
    /// Rules that explain it away: where one of them fires, this one is not reported.
    pub follows_from: &'static [&'static str],
    /// What it sees in a bundle.
    pub check: fn(&Bundle<'_>) -> Vec<Observation>,
}

/// What a rule looks at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Judges {
    /// The archive itself, whether or not its tree is known.
    Archive,
    /// The tree.
    Tree,
}

/// Whether what a rule finds keeps Node from starting the bundle. Only errors do: what is milder is met at some starts,
/// or at none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StopsStart {
    /// Whatever it finds: Node cannot run the agent.
    Always,
    /// Where the finding's [`Detail`](crate::report::finding::Detail) says so: the rule also says what a release must not
    /// have and Node does not notice.
    AsFound,
    /// Never: it speaks of the archive, of the next update, of who made the bundle, or of what should not be shipped.
    Never,
}

/// Rules that say that the files are not where they belong: what is missing at the root follows from them.
pub const MISPLACED: &[&str] = &["archive-wrapped", "nested-layout"];
