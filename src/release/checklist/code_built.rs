//! `code-built`: the agent is compiled, from the sources that are there now.

use super::compared;
use super::copied_sources::{self, Copies};
use super::line::ChecklistLine;
use crate::release::workspace::{Build, Published, Workspace};
use crate::report::finding::Severity;
use crate::report::release::Judgement;

pub(super) static LINE: ChecklistLine = ChecklistLine {
    id: "code-built",
    summary: "the agent is compiled, from the sources that are there now",
    page: include_str!("../../../docs/checklist/code-built.md"),
    judge,
};

fn judge(workspace: &Workspace) -> Judgement {
    let agent = &workspace.places.agent;
    let place = workspace.places.agent_dist();
    let build = format!("build it:\n(cd {agent} && pnpm build)");
    let entry = workspace.names.entry.strip_prefix("dist/").unwrap_or(&workspace.names.entry);
    let Some(dist) = &workspace.dist else {
        return Judgement::fail(format!("{place} is not there"), build);
    };
    if dist.tree.resolved_size(entry.as_bytes()).is_none_or(|size| size == 0) {
        return Judgement::fail(format!("{place}/{entry} is not there, or empty"), build);
    }
    match &workspace.dist_build {
        Build::Failed(words) => {
            Judgement::fail(format!("the build of {agent} fails"), "repair it, and build again").evidence(words.lines())
        }
        Build::Again(rebuilt) => {
            let differences = compared::trees(&rebuilt.tree, &dist.tree);
            if differences.is_empty() {
                return Judgement::pass(format!("{place} is what a build of the sources gives"));
            }
            Judgement::fail(format!("{place} is not what a build of the sources gives"), build).evidence(differences)
        }
        Build::CheckedOut => uncopied(workspace, Times::SayNothing).unwrap_or_else(|| {
            Judgement::open(
                format!("{place} is as git checked it out, so its times say nothing of its sources"),
                "compile it again and compare: `bundle-doctor release --build`",
            )
        }),
        Build::Times { source: Some(source), built: Some(built) } if source.time > built.time => {
            Judgement::fail(format!("{} is newer than everything in {place}", source.path), build)
        }
        Build::Times { source: None, .. } => Judgement::open(
            format!("{agent}/src is not there, so {place} cannot be compared with it"),
            "run it where the sources are",
        ),
        Build::Times { .. } => uncopied(workspace, Times::AreKnown)
            .or_else(|| unread(workspace))
            .unwrap_or_else(|| Judgement::pass(format!("{place} is not older than its sources"))),
    }
}

/// What the times of files are worth.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Times {
    /// They tell which was written later.
    AreKnown,
    /// git wrote both.
    SayNothing,
}

/// Sources that are not TypeScript and have no copy in the compiled code, or an old one.
fn uncopied(workspace: &Workspace, times: Times) -> Option<Judgement> {
    let (agent, place) = (&workspace.places.agent, workspace.places.agent_dist());
    let Copies { missing, stale, is_bundled } = copied_sources::judge(workspace);
    let help = format!(
        "build it whole (a type error stops `tsc && …` before the copy):\n(cd {agent} && {})\n\
         what no agent reads is named in `[release] not-copied` of bundle-doctor.toml",
        workspace.places.build
    );
    if !missing.is_empty() && is_bundled {
        let message =
            format!("{place} is one file for all modules: whether it holds every file of {agent}/src cannot be told");
        return Some(Judgement::open(message, help).evidence(compared::bounded(missing)));
    }
    if !missing.is_empty() {
        let message = format!("{place} lacks files of {agent}/src that a build copies");
        return Some(Judgement::fail(message, help).evidence(compared::bounded(missing)));
    }
    (!stale.is_empty() && times == Times::AreKnown).then(|| {
        let message = format!("{place} holds older copies of files of {agent}/src");
        Judgement::fail(message, help).evidence(compared::bounded(stale))
    })
}

/// Files that the code reads by a literal path and that are not there, as `check` finds them in the published archive.
fn unread(workspace: &Workspace) -> Option<Judgement> {
    let Published::Read { report, .. } = &workspace.published else { return None };
    let absent =
        report.findings.iter().filter(|found| found.rule == "asset-missing" && found.severity == Severity::Error);
    let lines: Vec<_> = absent.map(|found| found.message.clone()).collect();
    let help = "`bundle-doctor explain asset-missing` says how to mend it";
    (!lines.is_empty()).then(|| Judgement::fail("the code reads files that are not there", help).evidence(lines))
}
