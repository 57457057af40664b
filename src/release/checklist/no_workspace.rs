//! `no-workspace`: the bundle's dependencies can be installed outside the workspace, and are the agent's.

use super::compared;
use super::line::ChecklistLine;
use crate::node::package::{Package, WrittenDependency};
use crate::node::package_file::PackageFile;
use crate::release::workspace::Workspace;
use crate::report::release::Judgement;
use std::collections::HashMap;

pub(super) static LINE: ChecklistLine = ChecklistLine {
    id: "no-workspace",
    summary: "the bundle's package.json has no workspace: in it, and its dependencies are the agent's",
    page: include_str!("../../../docs/checklist/no-workspace.md"),
    judge,
};

fn judge(workspace: &Workspace) -> Judgement {
    let path = format!("{}/package.json", workspace.places.bundle);
    let bundle = match &workspace.bundle_package {
        PackageFile::Read(package) => package,
        PackageFile::Missing => return Judgement::fail(format!("{path} is not there"), "write one, as the agent's"),
        PackageFile::Invalid(fault) => {
            return Judgement::fail(format!("{path} cannot be used: {fault}"), "write it as JSON in UTF-8");
        }
    };
    let specifiers = bundle.specifiers();
    let of_workspace: Vec<_> = specifiers.iter().filter(|found| found.is_of_workspace()).map(shown).collect();
    if !of_workspace.is_empty() {
        let help = format!("remove the lines from `{path}`, or write published versions: the shared package is copied");
        return Judgement::fail(format!("{path} has `workspace:` in it"), help).evidence(of_workspace);
    }
    let Some(agent) = workspace.agent_package.package() else {
        return Judgement::open(
            format!("{path} has no `workspace:`, but there is no package.json of the agent to compare it with"),
            format!("repair `{}/package.json`", workspace.places.agent),
        );
    };
    let disagreeing = disagreeing(agent, bundle);
    if disagreeing.is_empty() {
        return Judgement::pass(format!("{path} has no `workspace:`, and asks for what the agent asks for"));
    }
    let help = format!("write the same versions in `{path}` and `{}/package.json`", workspace.places.agent);
    Judgement::fail("The bundle's dependencies are not the agent's", help).evidence(compared::bounded(disagreeing))
}

/// What the agent asks for and the bundle does not, or otherwise. What only the bundle asks for may be needed by the
/// shared package.
fn disagreeing(agent: &Package, bundle: &Package) -> Vec<String> {
    let shipped = bundle.declared();
    let of_agent = agent.declared();
    let needed = of_agent.iter().filter(|found| found.field != "devDependencies" && !found.is_of_workspace());
    // The first of a name counts: the fields come in the order in which they are heeded.
    let mut by_name = HashMap::new();
    for found in shipped.iter().filter(|found| found.field != "devDependencies") {
        by_name.entry(&found.name).or_insert(found);
    }
    let line = |wanted: &WrittenDependency| match by_name.get(&wanted.name) {
        None => Some(format!("{}  the agent asks for {}, the bundle not at all", wanted.name, wanted.spec)),
        Some(found) if found.spec != wanted.spec => {
            Some(format!("{}  the agent asks for {}, the bundle for {}", wanted.name, wanted.spec, found.spec))
        }
        Some(_) => None,
    };
    needed.filter_map(line).collect()
}

fn shown(dependency: &WrittenDependency) -> String {
    format!("\"{}\": \"{}\"  ({})", dependency.name, dependency.spec, dependency.field)
}
