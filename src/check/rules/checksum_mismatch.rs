//! `checksum-mismatch`: a file differs from, is absent from, or is not listed in the manifest.

use super::bounded;
use super::rule::{Judges, Rule, StopsStart};
use crate::check::bundle::Bundle;
use crate::report::finding::{Detail, Observation, Severity};
use crate::signing::authenticity::ManifestFile;
use crate::signing::checksums::{MismatchKind, ModeFault, ModeFaultKind};
use crate::signing::manifest_files::MANIFEST;

pub(super) static RULE: Rule = Rule {
    id: "checksum-mismatch",
    severity: Severity::Error,
    summary: "a file differs from, is absent from, or is not listed in the manifest",
    page: include_str!("../../../docs/rules/checksum-mismatch.md"),
    judges: Judges::Tree,
    stops_start: StopsStart::Never,
    follows_from: &[],
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let help = "do not install it; fetch the released bundle again. If the change was yours, sign the folder again: `bundle-doctor sign --help`";
    let comparison = match &bundle.authenticity.manifest {
        None => return Vec::new(),
        Some(ManifestFile::Invalid(why)) => {
            let message = format!("The manifest cannot be used: {why}");
            return vec![Observation::new(message).at(MANIFEST).help(help)];
        }
        Some(ManifestFile::Compared(comparison)) => comparison,
    };
    let mut found = bounded::each(&comparison.mismatches, |mismatch| {
        let message = match mismatch.kind {
            MismatchKind::Missing => "The manifest lists a file that is not there",
            MismatchKind::Different => "A file is not the one that the manifest lists: its SHA-256 differs",
            MismatchKind::Unlisted => "A file that the manifest does not list",
            MismatchKind::UnlistedLink => "A link that the manifest does not list: Node would follow it",
        };
        let seen = Observation::new(message).at(crate::text::printable_bytes(&mismatch.path)).help(help);
        // What an update deletes is missing for a reason of its own, which `doctor` knows.
        if mismatch.kind == MismatchKind::Missing { seen.detail(Detail::FileAbsent) } else { seen }
    });
    let authenticity = bundle.authenticity;
    // Where the archive itself is signed, its modes are as signed, and have rules of their own.
    if authenticity.manifest_signature.is_verified() && !authenticity.detached.is_verified() {
        found.extend(comparison.modes.iter().map(mode));
    }
    found
}

/// Modes are not in the manifest, and decide who may change what is.
fn mode(fault: &ModeFault) -> Observation {
    let ModeFault { kind, first, mode, count } = fault;
    let (message, help, detail) = match kind {
        ModeFaultKind::SetId => (
            "Signed, but with the set-uid or set-gid bit, which nobody signed: anyone on the server can run it with its owner's rights",
            "take the bits away, in the folder of the bundle: `chmod -R u-s,g-s .`",
            Detail::None,
        ),
        ModeFaultKind::WorldWritable => (
            "Signed, but everyone may write it: what root runs can be another file a moment later",
            "take the right away, in the folder of the bundle: `chmod -R o-w .`",
            Detail::WritableByAll,
        ),
    };
    let path = if first.is_empty() { ".".into() } else { crate::text::printable_bytes(first) };
    let seen = Observation::new(message).at(path).first_of(&format!("mode {mode:04o}"), *count, "such entries");
    seen.help(help).detail(detail)
}
