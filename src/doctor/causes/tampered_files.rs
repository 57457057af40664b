//! `tampered-files`: files of the bundle are not those that were signed.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::fix::{self, Ground};
use super::{bundle_fix, evidence, findings};
use crate::doctor::facts::{DeployedBundle, Deployment, Facts, ManifestParts, SignatureDemand};
use crate::report::diagnosis::{Diagnosis, Evidence, EvidenceSource, FixStep, command};
use crate::report::finding::{Detail, Finding, Severity};
use crate::report::signature::SignatureStatus;
use crate::report::words::RefusedWord;
use crate::signing::manifest_files::{MANIFEST, MANIFEST_SIGNATURE};
use semver::Version;

pub(super) static CAUSE: Cause = Cause {
    id: "tampered-files",
    severity: Severity::Error,
    summary: "files of the bundle are not those that were signed",
    page: include_str!("../../../docs/causes/tampered-files.md"),
    stands: Stands::Beside,
    areas: &[Area::Deployment],
    follows_from: &[
        "disk-full",
        "update-interrupted",
        "download-not-an-archive",
        "deployment-missing",
        "deployment-nested",
    ],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    let bundle = facts.deployment.inspected()?;
    let differs = |finding: &&Finding| match finding.rule {
        // What the update deletes and installs below `node_modules` is gone for a reason of its own.
        "checksum-mismatch" => !(finding.detail == Detail::FileAbsent && is_installed(finding)),
        "signature-invalid" => true,
        // Every agent has the control plane's key; it need not be the one that releases are signed with.
        "signature-untrusted" | "signature-missing" => facts.policy.signed != SignatureDemand::None,
        _ => false,
    };
    let found: Vec<&Finding> = bundle.report.findings.iter().filter(differs).collect();
    let Some(first) = found.first() else { return stripped(facts, bundle).or_else(|| older(facts, bundle)) };
    let words = words(&found);
    let more = found.iter().skip(1).take(2).map(|finding| findings::quote(facts, finding));
    let mut diagnosis = CAUSE.found(facts, words, findings::quote(facts, first)).and(more).and(evidence::state(facts));
    if words == WRITABLE {
        // Nothing was changed yet.
        diagnosis.severity = Severity::Warning;
        return Some(diagnosis.steps(fix::or_told(closed(facts).map(|step| vec![step]))));
    }
    Some(diagnosis.steps(bundle_fix::mend(facts)))
}

const WRITABLE: &str = "Everyone on this server may write to files of the bundle, which were signed";

/// What was found, in one line.
fn words(found: &[&Finding]) -> &'static str {
    let any = |rule: &str| found.iter().any(|finding| finding.rule == rule);
    if found.iter().all(|finding| finding.detail == Detail::WritableByAll) {
        WRITABLE
    } else if any("signature-untrusted") {
        "The bundle was signed by a key that is not trusted here"
    } else if any("signature-missing") {
        "A signature is required, and the bundle has none: nobody can say whose files these are"
    } else {
        "Files of the bundle are not those that were signed"
    }
}

/// A bundle of which a part of the signed manifest was taken away, or all of it while the backup has one.
fn stripped(facts: &Facts, bundle: &DeployedBundle) -> Option<Diagnosis> {
    let is_missing = bundle.report.signature.status == SignatureStatus::Missing;
    if facts.policy.signed == SignatureDemand::None || !is_missing {
        return None;
    }
    let at = |name: &str| format!("{}/{name}", facts.deployment.path);
    let signed_before = || facts.backup.inspected().filter(|backup| is_verified(backup));
    let (words, seen) = match bundle.manifest {
        ManifestParts::ManifestAlone => (
            "The signature of the bundle's manifest is gone",
            format!("{}: no such file; {MANIFEST} is there", at(MANIFEST_SIGNATURE)),
        ),
        ManifestParts::SignatureAlone => (
            "The manifest that the bundle's signature is over is gone",
            format!("{}: no such file; its signature is there", at(MANIFEST)),
        ),
        ManifestParts::Neither | ManifestParts::Both => {
            signed_before()?;
            (
                "The bundle is not signed, and the one that it replaced is",
                format!("{}: no such file; the backup has one, signed by a trusted key", at(MANIFEST)),
            )
        }
    };
    let seen = Evidence::new(EvidenceSource::Filesystem, seen);
    Some(CAUSE.found(facts, words, seen).and(evidence::state(facts)).steps(bundle_fix::mend(facts)))
}

/// A release that is signed, and older than the signed one that it replaced: an old signature stays valid for ever.
fn older(facts: &Facts, bundle: &DeployedBundle) -> Option<Diagnosis> {
    let here = version(bundle)?;
    let others = [Some(&facts.backup), facts.nested_backup.as_ref()];
    let newer = |other: &Deployment| {
        Some((other.path.clone(), version(other.inspected()?)?)).filter(|(_, v)| v.cmp_precedence(&here).is_gt())
    };
    let (path, before) = others.into_iter().flatten().find_map(newer)?;
    let words = format!("The bundle is a signed release, {here}, that is older than the one it replaced, {before}");
    let seen = |path: &str, version: &Version| {
        Evidence::new(EvidenceSource::Filesystem, format!("{path}/package.json  {version}, signed"))
    };
    let diagnosis = CAUSE.found(facts, words, seen(&facts.deployment.path, &here)).and([seen(&path, &before)]);
    Some(diagnosis.and(evidence::state(facts)).steps(bundle_fix::mend(facts)))
}

/// The version of a bundle that a trusted key signed.
fn version(bundle: &DeployedBundle) -> Option<Version> {
    let package = bundle.report.package.as_ref().filter(|_| is_verified(bundle))?;
    package.version.as_deref()?.parse().ok()
}

fn is_verified(bundle: &DeployedBundle) -> bool {
    bundle.report.signature.status == SignatureStatus::Verified
}

/// Takes from everyone the right to write. chmod(1) follows no link below what it is given with `-R`.
fn closed(facts: &Facts) -> Result<FixStep, RefusedWord> {
    let Ground { bundle, hands, .. } = Ground::of(facts)?;
    Ok(FixStep::changes("let nobody else write to it", vec![hands.run(&command!("chmod", "-R", "o-w", "--", &bundle))]))
}

fn is_installed(finding: &Finding) -> bool {
    finding.path.as_deref().is_some_and(|path| path.starts_with("node_modules/"))
}
