//! Which of the document's two layouts a bundle has.

use serde::{Deserialize, Serialize};

/// Which of the document's two layouts a bundle has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BundleLayout {
    /// The current one: `dist/` at the root.
    Flat,
    /// The old one: everything of the agent below `apps/agent/`.
    Nested,
    /// Both at once.
    Mixed,
    /// Neither.
    Unknown,
}

impl BundleLayout {
    /// The word used in every format.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Flat => "flat",
            Self::Nested => "nested",
            Self::Mixed => "mixed",
            Self::Unknown => "unknown",
        }
    }
}
