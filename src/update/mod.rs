//! The documented update: its eight steps as data, for each generation of deployed agents, and what they make of a
//! bundle, predicted without running them. `crate::update::rehearse` runs them.

pub mod documented_paths;
pub(crate) mod generation;
pub(crate) mod managers;
mod predict;
mod provision;
pub(crate) mod rehearsal;
pub(crate) mod rehearse;
mod shipped;
mod steps;

pub(crate) use predict::{Loss, SharedFate, UpdateOutcome, predict_repaired};
pub(crate) use shipped::{Manager, Shipped};
pub(crate) use steps::{Fallback, StepCommand, StepCondition, StepLine, StepPlace, StepWord, UpdateStep};
