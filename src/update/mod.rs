//! The documented update: its eight steps as data, for each generation of deployed agents, and what they make of a
//! bundle, predicted without running them. `crate::update::rehearse` runs them.

pub mod documented_paths;
pub mod generation;
mod predict;
pub mod rehearsal;
pub mod rehearse;
mod steps;

pub use predict::{Fate, Manager, Shipped, UpdateOutcome, predict, predict_repaired};
pub use steps::{Fallback, StepCommand, StepCondition, StepLine, StepPlace, UpdateStep, Word};
