//! The generations of deployed agents: which code runs the update (docs/reference/field-facts.md, "The update, as
//! executed by agents in the field"). `crate::update` has what each of them does.

/// How the agents of one time run the update.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Generation {
    /// The steps to the letter of the source document.
    Documented,
    /// The same, with the scope's folder made before step 6 copies into it.
    DocumentedMkdir,
    /// The copied shared package is put aside before step 4 and put back after step 5.
    Preserving,
}

impl Generation {
    /// From the oldest to the newest.
    pub const ALL: [Self; 3] = [Self::Documented, Self::DocumentedMkdir, Self::Preserving];

    /// The word that `--generation` takes and every report uses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::DocumentedMkdir => "documented-mkdir",
            Self::Preserving => "preserving",
        }
    }
}
