//! The pages of one id, which `explain` prints.

use crate::check::rules::Rule;
use crate::doctor::causes::Cause;
use crate::release::checklist::ChecklistLine;
use crate::report::finding::Severity;

/// What there is to read of one id.
pub(crate) struct Pages {
    /// The rule of that name.
    pub rule: Option<&'static Rule>,
    /// The cause of that name.
    pub cause: Option<&'static Cause>,
    /// The line of the checklist of that name.
    pub line: Option<&'static ChecklistLine>,
}

impl Pages {
    /// Its severity, id and summary: the cause's first, where the fault is both.
    #[must_use]
    pub(crate) fn entry(&self) -> Option<(Severity, &'static str, &'static str)> {
        let cause = self.cause.map(|cause| (cause.severity, cause.id, cause.summary));
        let rule = self.rule.map(|rule| (rule.severity, rule.id, rule.summary));
        cause.or(rule).or_else(|| self.line.map(|line| (Severity::Error, line.id, line.summary)))
    }

    /// All pages, the rule's first, a blank line between.
    #[must_use]
    pub(crate) fn text(&self) -> String {
        let pages =
            [self.rule.map(|rule| rule.page), self.cause.map(|cause| cause.page), self.line.map(|line| line.page)];
        pages.into_iter().flatten().collect::<Vec<_>>().join("\n")
    }
}
