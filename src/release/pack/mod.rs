//! What goes into the archive, and its bytes: docs/reference/update-mechanism.md, "Création du Bundle", step 5, made
//! repeatable.
//!
//! ```text
//! Bundle ──► plan::Plan ──► archive::write::tar ──► archive::write::gzip ──► the archive's bytes
//! ```
//!
//! The same tree gives the same bytes, whoever packs it, where and when: sorted, owned by 0:0 without names, plain
//! modes, one time for all, nothing of the machine. Nothing here opens a file.

pub(crate) mod edit;
pub(crate) mod plan;

/// Which of a bundle's two arrangements is packed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PackLayout {
    /// The one that starts after the update of every generation: the shared package also in `packages/shared`, and
    /// depended on by that path, without what only developers need of it.
    Survivor,
    /// Exactly the folder, as the document's `tar` packs it.
    Documented,
}

impl PackLayout {
    /// The word used in every format.
    #[must_use]
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Survivor => "survivor",
            Self::Documented => "documented",
        }
    }
}
