//! One command of a fix: a program and its words, each fixed or checked.

use super::words::{CheckedDocument, CheckedWord, WordPlace};

/// One command of a fix: checked words, never a string.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct FixCommand {
    words: Vec<CheckedWord>,
    input: Option<CheckedDocument>,
}

impl FixCommand {
    /// A command of these words.
    pub(crate) fn new(words: impl IntoIterator<Item = CheckedWord>) -> Self {
        Self { words: words.into_iter().collect(), input: None }
    }

    /// That reads these lines.
    #[must_use]
    pub(crate) fn reading(mut self, lines: CheckedDocument) -> Self {
        self.input = Some(lines);
        self
    }

    /// With more words.
    #[must_use]
    pub(crate) fn with(mut self, more: impl IntoIterator<Item = CheckedWord>) -> Self {
        self.words.extend(more);
        self
    }

    /// The program and its arguments.
    #[must_use]
    pub(crate) fn words(&self) -> &[CheckedWord] {
        &self.words
    }

    /// The same with other words.
    #[must_use]
    pub(crate) fn of_words(&self, words: Vec<CheckedWord>) -> Self {
        Self { words, input: self.input.clone() }
    }

    /// As it is typed: each word quoted where a POSIX shell would take it apart.
    #[must_use]
    pub(crate) fn typed(&self) -> String {
        let place = |at: usize| if at == 0 { WordPlace::First } else { WordPlace::Later };
        let words: Vec<_> = self.words.iter().enumerate().map(|(at, word)| word.typed(place(at))).collect();
        let line = words.join(" ");
        match &self.input {
            None => line,
            Some(lines) => format!("{line} <<'END'\n{}\nEND", lines.lines()),
        }
    }
}

/// A command of words, each of which is fixed or was checked.
macro_rules! command {
    ($($word:expr),+ $(,)?) => {
        $crate::report::fix_command::FixCommand::new([$($crate::report::words::CheckedWord::from($word)),+])
    };
}
pub(crate) use command;
