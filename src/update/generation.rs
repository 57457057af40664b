//! The generations of deployed agents: which code runs the update (docs/reference/field-facts.md, "The update, as
//! executed by agents in the field"). `crate::update` has what each of them does.

/// How the agents of one time run the update.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Generation {
    /// The steps to the letter of the source document.
    Documented,
    /// The same, with the scope's folder made before step 6 copies into it.
    DocumentedMkdir,
    /// The copied shared package is put aside before step 4 and put back after step 5.
    Preserving,
    /// No agent runs it, but the control plane over SSH, and the installer: the dependencies are installed over the
    /// shipped `node_modules`, nothing is restored, and the unit is not written.
    InPlace,
}

impl Generation {
    /// From the oldest to the newest.
    pub const ALL: [Self; 4] = [Self::Documented, Self::DocumentedMkdir, Self::Preserving, Self::InPlace];

    /// The word that `--generation` takes and every report uses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::DocumentedMkdir => "documented-mkdir",
            Self::Preserving => "preserving",
            Self::InPlace => "in-place",
        }
    }

    /// Whether npm is tried where pnpm is there and fails: step 5 is `pnpm … || npm …`.
    #[must_use]
    pub(crate) const fn tries_npm(self) -> bool {
        matches!(self, Self::Preserving | Self::InPlace)
    }
}

/// Whose updates are looked at, and whose outcome is an error. What becomes of other generations is a warning.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum UpdateScope {
    /// `--generation`: only these, and each of them decides.
    Chosen(Vec<Generation>),
    /// All of them, of which those decide that are deployed.
    Every {
        /// `[update] generations`.
        deployed: Vec<Generation>,
    },
}

impl Default for UpdateScope {
    /// In the field today are `preserving` and `in-place` (docs/reference/contract.md, "Rules of check").
    fn default() -> Self {
        Self::Every { deployed: vec![Generation::Preserving, Generation::InPlace] }
    }
}

impl UpdateScope {
    /// The same, unless `--generation` names some.
    #[must_use]
    pub(crate) fn or_chosen(self, chosen: impl IntoIterator<Item = Generation>) -> Self {
        let chosen: Vec<_> = chosen.into_iter().collect();
        if chosen.is_empty() { self } else { Self::Chosen(chosen) }
    }

    /// The generations that are looked at, each once, from the oldest to the newest.
    #[must_use]
    pub(crate) fn generations(&self) -> Vec<Generation> {
        let wanted = |generation: &Generation| match self {
            Self::Chosen(chosen) => chosen.contains(generation),
            Self::Every { .. } => true,
        };
        Generation::ALL.into_iter().filter(wanted).collect()
    }

    /// Whether what becomes of this generation's update is an error.
    #[must_use]
    pub(crate) fn decides(&self, generation: Generation) -> bool {
        let (Self::Chosen(decisive) | Self::Every { deployed: decisive }) = self;
        decisive.contains(&generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Generation::{Documented, DocumentedMkdir, InPlace, Preserving};

    #[test]
    fn what_is_chosen_decides_and_else_what_is_deployed() {
        let all = Generation::ALL.to_vec();
        let deployed = UpdateScope::Every { deployed: vec![Documented] };
        for (case, scope, looked_at, decisive) in [
            ("nothing said", UpdateScope::default(), all.clone(), vec![Preserving, InPlace]),
            ("configured", deployed.clone(), all, vec![Documented]),
            (
                "chosen",
                deployed.or_chosen([InPlace, DocumentedMkdir]),
                vec![DocumentedMkdir, InPlace],
                vec![DocumentedMkdir, InPlace],
            ),
        ] {
            assert_eq!(scope.generations(), looked_at, "{case}");
            let decides: Vec<_> = Generation::ALL.into_iter().filter(|one| scope.decides(*one)).collect();
            assert_eq!(decides, decisive, "{case}");
        }
    }
}
