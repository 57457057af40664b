//! `ends-at-start`: the agent throws, or ends its own process, whenever it is loaded.

use super::rule::{Judges, Rule, StopsStart};
use super::{bounded, faults};
use crate::check::bundle::Bundle;
use crate::node::ends::EndsBy;
use crate::node::faults::{EndFault, ModuleFault};
use crate::node::modules::Need;
use crate::report::finding::{Observation, Severity};

pub(super) static RULE: Rule = Rule {
    id: "ends-at-start",
    // Code that ends itself may be meant to: what keeps Node from running it is told by the other rules.
    severity: Severity::Warning,
    summary: "the agent throws, or ends its own process with a failure, whenever it is started",
    page: include_str!("../../../docs/rules/ends-at-start.md"),
    judges: Judges::Tree,
    stops_start: StopsStart::Never,
    follows_from: faults::EXPLAINED_BY,
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let ends = bundle.modules.faults.iter().filter_map(|fault| match fault {
        ModuleFault::Ends(fault) => Some(fault),
        _ => None,
    });
    bounded::each(ends, |fault| word(bundle, fault))
}

fn word(bundle: &Bundle<'_>, fault: &EndFault) -> Observation {
    let EndFault { file, ending, need } = fault;
    let when = match need {
        Need::Certain => "No condition stands before that, and nothing catches it",
        Need::Optional => {
            "It is reached unless what is awaited before it never comes, or what is called or said there is replaced"
        }
    };
    let what = match ending.how {
        EndsBy::Exit => "It ends the process with a status that is a failure".to_owned(),
        EndsBy::Signal | EndsBy::HandledSignal => "It ends its own process by a signal".to_owned(),
        EndsBy::Status => {
            "It leaves a status that is a failure for the end, and may have nothing else to do".to_owned()
        }
        EndsBy::Throw => match &ending.said {
            Some(said) => format!("It throws, and node stops with {said}"),
            None => "It throws, and node stops with that".to_owned(),
        },
    };
    let help = "take the line out, or put it behind the condition that it is meant for";
    faults::at_file(bundle, *file, ending.line, format!("{what}. {when}")).evidence(&*ending.written).help(help)
}
