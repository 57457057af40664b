//! `unsettled-await`: an `await` at the top level of a module whose promise is never settled.

use super::rule::{Judges, Rule, StopsStart};
use super::{bounded, faults};
use crate::check::bundle::Bundle;
use crate::node::faults::{ModuleFault, UnsettledFault, WhyUnsettled};
use crate::node::modules::Need;
use crate::report::finding::{Observation, Severity};

pub(super) static RULE: Rule = Rule {
    id: "unsettled-await",
    severity: Severity::Error,
    summary: "an `await` at the top level whose promise is never settled, so that Node exits with 13",
    page: include_str!("../../../docs/rules/unsettled-await.md"),
    judges: Judges::Tree,
    stops_start: StopsStart::Always,
    follows_from: faults::EXPLAINED_BY,
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let unsettled = bundle.modules.faults.iter().filter_map(|fault| match fault {
        ModuleFault::Unsettled(fault) => Some(fault),
        _ => None,
    });
    bounded::each(unsettled, |fault| word(bundle, fault))
}

fn word(bundle: &Bundle<'_>, fault: &UnsettledFault) -> Observation {
    let UnsettledFault { file, line, why, need } = fault;
    let what = match why {
        WhyUnsettled::Idle => "Nothing ever settles the promise that is awaited here".to_owned(),
        WhyUnsettled::Circle(target) => format!(
            "`import()` of `{}`, which is being loaded and waits for this file: neither ever goes on",
            bundle.tree().path(*target)
        ),
    };
    let then = match need {
        Need::Certain => "Node exits with status 13, as nothing else keeps it running",
        Need::Optional => {
            "Node exits with status 13 unless something else keeps it running, and what stands below is never reached"
        }
    };
    faults::at_file(bundle, *file, *line, format!("{what}. {then}"))
        .only(faults::severity(*need))
        .evidence("await")
        .help("await something that is settled; a server that listens keeps Node running without it")
}
