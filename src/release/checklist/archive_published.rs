//! `archive-published`: what the control plane serves is this bundle, and is fit to be served.

use super::compared;
use super::installers_fit;
use super::line::ChecklistLine;
use crate::archive::write::tar::PackedNode;
use crate::check::inspect::Inspected;
use crate::release::pack::PackLayout;
use crate::release::pack::plan::{PackPlan, PlanError};
use crate::release::workspace::{Published, Workspace};
use crate::report::finding::Severity;
use crate::report::release::Judgement;
use crate::report::subject::SubjectReport;
use crate::report::verdict::Verdict;
use crate::signing::manifest_files::UNLISTED;
use crate::tree::nodes::{NodeKind, Tree};
use std::collections::HashSet;

pub(super) static LINE: ChecklistLine = ChecklistLine {
    id: "archive-published",
    summary: "the published archive holds exactly the bundle, passes check, and is signed where keys are configured",
    page: include_str!("../../../docs/checklist/archive-published.md"),
    judge,
};

fn judge(workspace: &Workspace) -> Judgement {
    let places = &workspace.places;
    let place = &places.published;
    let help = format!("make it, from the repository's root:\nbundle-doctor pack {} -o {place}", places.bundle);
    let Published::Read { snapshot, report, signature } = &workspace.published else {
        return Judgement::fail(format!("{place} is not there"), help);
    };
    if report.verdict == Verdict::Fail {
        let explain = report.findings.first().map_or("", |finding| finding.rule);
        let help = format!("repair what is named, and make it again: `bundle-doctor explain {explain}`");
        return Judgement::fail(format!("{place} is refused by check"), help).evidence(findings(report));
    }
    if !snapshot.tree_is_known() {
        return Judgement::fail(format!("what is in {place} cannot be told for certain"), help);
    }
    let Some(bundle) = &workspace.bundle else {
        return Judgement::fail(format!("{} is not there to be compared with {place}", places.bundle), help);
    };
    let (layout, differences) = match nearest(bundle, &snapshot.tree) {
        Ok(found) => found,
        Err(error) => return Judgement::fail(format!("{} cannot be packed: {error}", places.bundle), help),
    };
    if !differences.is_empty() {
        let message = format!("{place} does not hold what {} holds", places.bundle);
        return Judgement::fail(message, help).evidence(compared::bounded(differences));
    }
    if !signature.is_met(report.signature.status) {
        let help = format!("sign it: `bundle-doctor sign {place} --key FILE`, or `bundle-doctor pack --sign FILE`");
        let message = format!("{place} is not signed by a configured key: {}", report.signature.status.name());
        return Judgement::fail(message, help);
    }
    let signed = match &report.signature.key_id {
        Some(id) if report.signature.status.name() == "verified" => format!(", and is signed by {id}"),
        _ => String::new(),
    };
    installers_fit::judge(workspace, bundle).unwrap_or_else(|evidence| {
        Judgement::pass(format!("{place} holds {} in the {} layout{signed}", places.bundle, layout.name()))
            .evidence(evidence)
    })
}

fn findings(report: &SubjectReport) -> Vec<String> {
    let errors = report.findings.iter().filter(|finding| finding.severity == Severity::Error);
    let line = |finding: &crate::report::finding::Finding| {
        let at = finding.path.as_ref().map_or_else(String::new, |path| format!("{path}: "));
        format!("{}  {at}{}", finding.rule, finding.message)
    };
    compared::bounded(errors.map(line).collect())
}

/// The layout of `pack` that the archive comes nearest to, and how it differs from it.
fn nearest(folder: &Inspected, archive: &Tree) -> Result<(PackLayout, Vec<String>), PlanError> {
    let bundle = folder.bundle_unfollowed();
    let survivor = differences(&PackPlan::new(&bundle, PackLayout::Survivor)?, archive);
    if survivor.is_empty() {
        return Ok((PackLayout::Survivor, survivor));
    }
    let documented = differences(&PackPlan::new(&bundle, PackLayout::Documented)?, archive);
    Ok(if documented.len() <= survivor.len() {
        (PackLayout::Documented, documented)
    } else {
        (PackLayout::Survivor, survivor)
    })
}

/// What the archive lacks, has otherwise, or has beside. The manifest of a signed archive is none of the folder's.
fn differences(plan: &PackPlan<'_>, archive: &Tree) -> Vec<String> {
    let mut lines = Vec::new();
    let mut known = HashSet::new();
    for item in plan.items() {
        let found = archive.find(item.path.as_bytes());
        let same = found.is_some_and(|id| match (&item.node, archive.kind(id)) {
            (PackedNode::Directory, NodeKind::Directory) => true,
            (PackedNode::File { sha256, .. }, NodeKind::File(_)) => archive.sha256(id) == Some(sha256),
            (PackedNode::Link(target), NodeKind::Link) => archive.target(id) == *target,
            _ => false,
        });
        let manifest = is_manifest(item.path.as_bytes());
        match found {
            None if !manifest => lines.push(format!("missing  {}", item.path)),
            Some(_) if !same && !manifest => lines.push(format!("stale    {}", item.path)),
            _ => {}
        }
        known.extend(found);
    }
    let beside = archive.sorted().filter(|id| archive.kind(*id) != NodeKind::Directory && !known.contains(id));
    let beside = beside.map(|id| archive.path(id)).filter(|path| !is_manifest(path.as_bytes()));
    lines.extend(beside.map(|path| format!("extra    {path}")));
    lines
}

fn is_manifest(path: &[u8]) -> bool {
    UNLISTED.iter().any(|name| name.as_bytes() == path)
}
