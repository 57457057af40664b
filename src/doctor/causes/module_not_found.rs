//! `module-not-found`: node cannot find a package or a file that the agent imports.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::crash::CrashKind;
use super::dependencies_not_installed::installed;
use super::{bundle_fix, crash, evidence, started};
use crate::doctor::facts::Facts;
use crate::report::diagnosis::{Diagnosis, FixStep};
use crate::report::finding::Severity;

pub(super) static CAUSE: Cause = Cause {
    id: "module-not-found",
    severity: Severity::Error,
    summary: "node cannot find a package or a file that the agent imports",
    page: include_str!("../../../docs/causes/module-not-found.md"),
    stands: Stands::InTheWay,
    areas: &[Area::Deployment],
    follows_from: &[
        "drop-in-overrides",
        "unit-confinement",
        "unit-other-command",
        "entry-point-missing",
        "unit-nested-paths",
        "shared-package-missing",
        "shared-package-linked",
        "shared-entry-missing",
        "shared-package-json-invalid",
        "workspace-link",
        "package-json-invalid",
        "unresolved-import",
        "undeclared-dependency",
        "dependencies-not-installed",
        "permission-denied",
        "disk-full",
        "deployment-missing",
        "deployment-nested",
        "update-interrupted",
        "download-not-an-archive",
        "tampered-files",
    ],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    let crash = crash::crash(facts)?;
    let what = match &crash.kind {
        CrashKind::Package(name) => format!("the package `{name}`"),
        CrashKind::File(path) => format!("`{path}`"),
        _ => return None,
    };
    let path = match &crash.kind {
        CrashKind::File(path) => Some(path.as_str()),
        _ => None,
    };
    let is_script = path.is_some() && started::script_path(facts).as_deref() == path;
    let who = if is_script { "it is told to start" } else { "the agent imports" };
    let words = format!("Node cannot find {what}, which {who}");
    let diagnosis = CAUSE
        .found(facts, words, evidence::journal(crash.headline))
        .and(crash.place.map(evidence::journal))
        .and([evidence::deployment(&facts.deployment)])
        .and(evidence::state(facts));
    // What was said before the server went down may be so no more, and is on a disk that is not here.
    let beyond = facts.unmounted.as_ref().filter(|_| !facts.is_live());
    if let Some(volume) = beyond.filter(|volume| path.is_some_and(|path| started::is_below(path, &volume.point))) {
        let text = format!("mount what belongs at `{}` ({}) there, too, and ask again", volume.point, volume.place);
        return Some(diagnosis.step(FixStep::told(text)));
    }
    // What is missing of an installed package, an installation brings back; what is missing of the bundle, another bundle.
    let is_of_the_bundle = matches!(&crash.kind, CrashKind::File(path) if installed(facts, path).is_none());
    let steps = if is_of_the_bundle { bundle_fix::mend(facts) } else { bundle_fix::install_or_mend(facts) };
    Some(diagnosis.steps(steps))
}
