//! What the user wants of the rules: changed severities, allowances, and when the run fails.

use super::finding::{Finding, Severity};
use super::verdict::FailOn;

/// What becomes of a rule's findings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    /// They have this severity.
    At(Severity),
    /// They are counted and shown, but do not count.
    Allow,
}

/// Which rules an override is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Selector {
    /// Every rule.
    All,
    /// The rule of that id.
    Rule(&'static str),
}

/// A changed severity.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Override {
    /// Of which rules.
    pub selector: Selector,
    /// To what.
    pub level: Level,
    /// Where it was said: `--allow`, `bundle-doctor.toml`.
    pub origin: String,
}

/// A finding that is expected in some paths, with the reason why.
#[derive(Clone, PartialEq, Debug)]
pub struct Allowance {
    /// The rule's id.
    pub rule: &'static str,
    /// The paths, relative to the bundle; without a pattern, any.
    pub path: Option<glob::Pattern>,
    /// Why.
    pub reason: String,
}

impl Allowance {
    /// Whether it allows this finding. `*` and `?` do not cross a `/`, `**` does.
    #[must_use]
    pub fn covers(&self, finding: &Finding) -> bool {
        let options = glob::MatchOptions {
            case_sensitive: true,
            require_literal_separator: true,
            require_literal_leading_dot: false,
        };
        self.rule == finding.rule
            && match (&self.path, &finding.path) {
                (None, _) => true,
                (Some(pattern), Some(path)) => pattern.matches_with(path, options),
                (Some(_), None) => false,
            }
    }
}

/// Everything the user wants of the rules.
#[derive(Clone, PartialEq, Debug)]
pub struct Policy {
    /// In the order in which they count: the last one that fits decides.
    pub overrides: Vec<Override>,
    /// Expected findings.
    pub allowances: Vec<Allowance>,
    /// When the run fails.
    pub fail_on: FailOn,
}

impl Policy {
    /// The rules' own severities, nothing allowed, errors fail.
    #[must_use]
    pub const fn plain() -> Self {
        Self { overrides: Vec::new(), allowances: Vec::new(), fail_on: FailOn::At(Severity::Error) }
    }

    /// The configuration's wishes and those of the flags, which win; and the rules that the configuration would have
    /// softened although the command line demands them, by name or with `-D`.
    #[must_use]
    pub(crate) fn of(
        configured: Vec<Override>,
        allowances: Vec<Allowance>,
        flags: Vec<Override>,
        fail_on: FailOn,
        demanded: &[&'static str],
    ) -> (Self, Vec<&'static str>) {
        let flags = Self { overrides: flags, allowances: Vec::new(), fail_on };
        let is_error = |found: &Override| found.level == Level::At(Severity::Error);
        let is_denied = |rule: &str| flags.override_of(rule).is_some_and(is_error);
        let mut overruled = Vec::new();
        let overrides = configured.into_iter().filter(|found| {
            let Selector::Rule(rule) = found.selector else { return true };
            let keeps = is_error(found) || !demanded.contains(&rule);
            if !keeps {
                overruled.push(rule);
            }
            keeps
        });
        let mut overrides: Vec<_> = overrides.collect();
        let allowances = allowances.into_iter().filter(|allowance| {
            let keeps = !demanded.contains(&allowance.rule) && !is_denied(allowance.rule);
            if !keeps {
                overruled.push(allowance.rule);
            }
            keeps
        });
        let allowances = allowances.collect();
        overruled.sort_unstable();
        overruled.dedup();
        overrides.extend(flags.overrides);
        (Self { overrides, allowances, fail_on }, overruled)
    }

    /// The override that decides about a rule.
    #[must_use]
    pub fn override_of(&self, rule: &str) -> Option<&Override> {
        self.overrides.iter().rev().find(|candidate| match candidate.selector {
            Selector::All => true,
            Selector::Rule(id) => id == rule,
        })
    }
}
