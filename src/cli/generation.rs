//! The command line's words for generations of deployed agents.

use crate::update::generation::Generation;
use clap::ValueEnum;

/// A generation of deployed agents.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum GenerationWord {
    /// The eight steps to the letter of the document
    Documented,
    /// The same, with the folder made that step 6 copies into
    DocumentedMkdir,
    /// The shared package is put aside and put back
    Preserving,
    /// Over SSH and by the installer: installed over the shipped node_modules, and no unit is written
    InPlace,
}

impl From<GenerationWord> for Generation {
    fn from(word: GenerationWord) -> Self {
        match word {
            GenerationWord::Documented => Self::Documented,
            GenerationWord::DocumentedMkdir => Self::DocumentedMkdir,
            GenerationWord::Preserving => Self::Preserving,
            GenerationWord::InPlace => Self::InPlace,
        }
    }
}
