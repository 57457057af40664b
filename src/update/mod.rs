//! The documented update: its eight steps as data, for each generation of deployed agents, and what they make of a
//! bundle, foreseen without running them. `crate::rehearsal` runs them.

mod foresee;
mod steps;

pub use foresee::{Fate, Manager, Outcome, foresee, foresee_repaired};
pub use steps::{Fallback, Line, Place, Run, Step, When, Word};
