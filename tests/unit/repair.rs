//! Plans of `repair`, made of what doctor finds: what it carries out, in which order, and what it leaves to people.

use super::server::*;
use crate::doctor::diagnose::diagnose;
use crate::doctor::facts::journal::Speaker;
use crate::doctor::facts::{DeploymentState, Exit, Fact, Facts, Presence};
use crate::doctor::repair::carry::is_as_seen;
use crate::doctor::repair::plan::{Planned, RepairPlan, command, plan};
use crate::report::action::{Action, Hands, Manage, Replace, StagedAction, WasFile};
use crate::report::diagnosis::Effect;
use crate::report::words::{AbsolutePath, CheckedDocument};

fn planned(make: impl Fn(&mut Facts)) -> Planned {
    let mut facts = healthy();
    make(&mut facts);
    plan(&diagnose(facts, &policy()))
}

fn carried_out(make: impl Fn(&mut Facts)) -> RepairPlan {
    match planned(make) {
        Planned::Plan(plan) => *plan,
        other => panic!("{other:?}"),
    }
}

fn no_bundle(facts: &mut Facts) {
    facts.deployment.state = Fact::Known(DeploymentState::Absent);
    facts.unit().working_directory =
        reached(BUNDLE, Presence::Missing { above: "/root/.server-flow".to_owned(), link: None });
    facts.dies(
        Speaker::Child,
        &["Failed at step CHDIR spawning /usr/bin/node: No such file or directory"],
        Exit::Code(200),
    );
}

#[test]
fn a_server_that_is_well_needs_nothing() {
    assert_eq!(planned(|_| {}), Planned::Nothing(Vec::new()));
}

#[test]
fn what_is_made_is_proven_before_anything_is_replaced() {
    let plan = carried_out(no_bundle);
    assert!(matches!(plan.stages.first(), Some(StagedAction::Folder { .. })), "{plan:?}");
    assert!(matches!(plan.stages.last(), Some(StagedAction::Judge(_))), "{plan:?}");
    assert!(matches!(plan.replaces.as_slice(), [Replace::Folder { .. }]), "{plan:?}");
    assert!(matches!(plan.starts, Some(Manage::Restart(_))), "{plan:?}");
    let shown: Vec<_> = plan.steps.iter().map(|step| step.what.as_str()).collect();
    let at = |words: &str| shown.iter().position(|what| what.contains(words)).unwrap_or_else(|| panic!("{shown:?}"));
    assert!(at("curl") < at("bundle-doctor check") && at("bundle-doctor check") < at("start it once"));
    assert!(at("start it once") < at("in the bundle's place") && at("in the bundle's place") < at("watch"));
    assert!(plan.steps.iter().all(|step| !step.undone.is_empty()));
}

#[test]
fn what_is_not_the_agents_is_left_to_people() {
    let without_node = planned(|facts| {
        facts.unit().program = reached("/usr/bin/node", Presence::Missing { above: "/usr/bin".to_owned(), link: None });
        facts.node = Fact::Known(None);
        facts.other_nodes = Vec::new();
        facts.dies(
            Speaker::Child,
            &["Failed at step EXEC spawning /usr/bin/node: No such file or directory"],
            Exit::Code(203),
        );
    });
    assert!(matches!(&without_node, Planned::Refused { why, .. } if why.contains("apt-get")), "{without_node:?}");
}

/// What is typed and what is carried out are one value: no step that changes something has commands of its own.
#[test]
fn the_block_is_derived_from_the_actions() {
    let mut facts = healthy();
    no_bundle(&mut facts);
    let report = diagnose(facts, &policy());
    let steps: Vec<_> = report.diagnoses.iter().flat_map(|one| &one.fix).collect();
    let changing: Vec<_> = steps.iter().filter(|step| step.effect == Effect::Changes).collect();
    assert!(!changing.is_empty());
    for step in changing {
        let derived: Vec<_> = step.actions.iter().flat_map(Action::commands).collect();
        assert_eq!(step.commands, derived);
    }
    let (command, _) = command(&report).unwrap();
    assert_eq!(command.typed(), "bundle-doctor repair");
}

fn disabled(facts: &mut Facts) {
    facts.service().unit_file_state = "disabled".into();
    facts.unit().enabled = false;
}

/// To take the enabling back would disable what was enabled before.
#[test]
fn what_would_be_enabled_along_is_left_to_people() {
    assert!(carried_out(disabled).enables.is_some());
    let along = |also: &str| {
        planned(|facts| {
            disabled(facts);
            facts.unit_says("WantedBy=multi-user.target", &format!("WantedBy=multi-user.target\nAlso={also}"));
        })
    };
    assert!(matches!(along("other.socket"), Planned::Nothing(left) if left == ["unit-disabled"]));
    assert!(matches!(along("server-flow-agent.service"), Planned::Plan(_)));
}

/// A unit that is written anew is written as it was seen: what somebody has added meanwhile is not lost.
#[test]
fn a_unit_that_was_edited_meanwhile_is_not_written() {
    let mut facts = healthy();
    facts.unit_says("/usr/bin/node /root/.server-flow/agent-bundle/dist/index.js", "/usr/bin/pnpm start");
    let seen = facts.clone();
    facts.unit_says("RestartSec=10", "RestartSec=10\nNice=5");
    let now = diagnose(facts, &policy());
    let file = AbsolutePath::new("/etc/systemd/system/server-flow-agent.service").unwrap();
    let writes = Replace::Write { file: file.clone(), was: WasFile::Absent, lines: CheckedDocument::default() };
    let removes = Replace::Rename { to: file.beside(".old"), from: file, by: Hands::Root };
    for (replace, wanted) in [(writes, false), (removes, true)] {
        let plan = RepairPlan { replaces: vec![replace], ..RepairPlan::default() };
        assert_eq!(is_as_seen(&plan, &seen, &|| now.clone()), wanted);
        assert!(is_as_seen(&plan, &now.facts, &|| now.clone()));
    }
}
