//! How text is laid out for people. The only user of colour: error, warning and the verdict, nothing else.

use crate::report::finding::Severity;
use crate::report::server::Health;
use crate::report::verdict::Verdict;
use owo_colors::OwoColorize;

/// The reader's terminal and wishes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Style {
    /// Whether colour is used.
    pub colour: bool,
    /// Columns that text is wrapped to.
    pub width: usize,
    /// Whether the reader is a terminal, which cannot scroll sideways.
    pub terminal: bool,
    /// Every place, full digests.
    pub verbose: bool,
    /// Verdicts only.
    pub quiet: bool,
}

impl Style {
    /// A severity's word, coloured.
    #[must_use]
    pub(crate) fn severity(self, severity: Severity) -> String {
        self.mark(severity, severity.name())
    }

    /// A word in the colour of a severity.
    #[must_use]
    pub(crate) fn mark(self, severity: Severity, word: &str) -> String {
        match severity {
            _ if !self.colour => word.to_owned(),
            Severity::Error => word.red().bold().to_string(),
            Severity::Warning => word.yellow().bold().to_string(),
            Severity::Info => word.to_owned(),
        }
    }

    /// How a server fares, coloured.
    #[must_use]
    pub(crate) fn health(self, health: Health) -> String {
        let word = health.name();
        match health {
            _ if !self.colour => word.to_owned(),
            Health::Healthy => word.green().bold().to_string(),
            Health::Broken => word.red().bold().to_string(),
            Health::Degraded | Health::Inconclusive => word.yellow().bold().to_string(),
        }
    }

    /// A verdict's words, coloured.
    #[must_use]
    pub(crate) fn verdict(self, verdict: Verdict, words: &str) -> String {
        match verdict {
            _ if !self.colour => words.to_owned(),
            Verdict::Pass => words.green().bold().to_string(),
            Verdict::Fail => words.red().bold().to_string(),
        }
    }
}

/// A text shortened in its middle to a number of characters.
#[must_use]
pub(super) fn shortened(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length <= most || most < 8 {
        return text.to_owned();
    }
    let head = most / 2;
    let tail = most - head - 1;
    let start: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(length - tail).collect();
    format!("{start}…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_loses_its_middle() {
        assert_eq!(shortened("abcdefghijkl", 12), "abcdefghijkl");
        assert_eq!(shortened("abcdefghijklm", 9), "abcd…jklm");
        assert_eq!(shortened("ééééééééééé", 8), "éééé…ééé");
    }
}
