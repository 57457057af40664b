//! What a bundle has to satisfy on this server, as the words that ask `check` for it.

use crate::report::words::{AbsolutePath, CheckedWord, RefusedWord};
use serde::{Deserialize, Serialize};

/// The configuration and the keys that `doctor` was given: a fix judges by them, too.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub(crate) struct ServerPolicy {
    /// The configuration that was read.
    pub config: Option<String>,
    /// Keys of the command line: a signature by one of them is then required.
    pub keys: Vec<String>,
    /// The bundle that the command line names.
    pub bundle: Option<String>,
    /// What is thought of a bundle that none of the trusted keys signed.
    pub signed: SignatureDemand,
}

/// What is thought of a bundle that none of the trusted keys signed.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SignatureDemand {
    /// Nothing: no key is trusted, or only the control plane's, which every agent has in its home.
    #[default]
    None,
    /// Somebody named a key for this: without a signature it is not known whose files these are.
    Expected,
    /// The configuration requires a signature.
    Required,
}

impl ServerPolicy {
    /// Options of `check`.
    ///
    /// # Errors
    /// Where a path cannot be typed.
    pub(crate) fn words(&self) -> Result<Vec<CheckedWord>, RefusedWord> {
        let mut words = match &self.config {
            Some(path) => vec!["--config".into(), CheckedWord::from(AbsolutePath::new(path)?)],
            None => vec!["--no-config".into()],
        };
        for key in &self.keys {
            words.extend(["--key".into(), CheckedWord::from(AbsolutePath::new(key)?)]);
        }
        if !self.keys.is_empty() {
            words.push("--require-signature".into());
        }
        Ok(words)
    }

    /// The options with which the same is looked at and demanded again.
    ///
    /// # Errors
    /// Where a path cannot be typed.
    pub(crate) fn asked(&self) -> Result<Vec<CheckedWord>, RefusedWord> {
        let mut words = Vec::new();
        for (option, path) in [("--config", &self.config), ("--bundle", &self.bundle)] {
            if let Some(path) = path {
                words.extend([CheckedWord::from(option), CheckedWord::from(AbsolutePath::new(path)?)]);
            }
        }
        for key in &self.keys {
            words.extend(["--key".into(), CheckedWord::from(AbsolutePath::new(key)?)]);
        }
        Ok(words)
    }
}
