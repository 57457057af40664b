//! The documented update: its eight steps as data, for each generation of deployed agents, and what they make of a
//! bundle, foreseen without running them. `crate::update::rehearse` runs them.

mod foresee;
pub mod generation;
pub mod layout;
pub mod rehearsal;
pub mod rehearse;
mod steps;

pub use foresee::{Fate, Manager, Outcome, Shipped, foresee, foresee_repaired};
pub use steps::{Fallback, Line, Place, Run, Step, When, Word};
