//! `unit-confinement`: a sandboxing, resource or environment line of the unit itself keeps the agent from starting.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::confinement::{self, LineIn};
use super::of_manager;
use crate::doctor::facts::Facts;
use crate::report::diagnosis::Diagnosis;
use crate::report::finding::Severity;

pub(super) static CAUSE: Cause = Cause {
    id: "unit-confinement",
    severity: Severity::Error,
    summary: "a sandboxing, resource or environment line of the unit keeps the agent from starting",
    page: include_str!("../../../docs/causes/unit-confinement.md"),
    stands: Stands::InTheWay,
    areas: &[Area::Unit],
    follows_from: &["unit-masked", "unit-missing", "unit-invalid", "drop-in-overrides", "unit-not-reloaded"],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    let of = |place| confinement::diagnose(&CAUSE, facts, place);
    of(LineIn::Unit).or_else(|| of_manager::diagnose(&CAUSE, facts).filter(|_| of(LineIn::DropIn).is_none()))
}
