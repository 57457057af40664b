//! The pages of one id, which `explain` prints.

use crate::check::rules::Rule;
use crate::doctor::causes::Cause;
use crate::release::checklist::Line;

/// What there is to read of one id.
pub struct Pages {
    /// The rule of that name.
    pub rule: Option<&'static Rule>,
    /// The cause of that name.
    pub cause: Option<&'static Cause>,
    /// The line of the checklist of that name.
    pub line: Option<&'static Line>,
}

impl Pages {
    /// All pages, the rule's first, a blank line between.
    #[must_use]
    pub fn text(&self) -> String {
        let pages =
            [self.rule.map(|rule| rule.page), self.cause.map(|cause| cause.page), self.line.map(|line| line.page)];
        pages.into_iter().flatten().collect::<Vec<_>>().join("\n")
    }
}
