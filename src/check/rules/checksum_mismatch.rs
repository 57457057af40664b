//! `checksum-mismatch`: a file differs from, is absent from, or is not listed in the manifest.

use super::bounded;
use super::rule::{Judges, Rule, StopsStart};
use crate::check::bundle::Bundle;
use crate::report::finding::{Detail, Observation, Severity};
use crate::signing::authenticity::ManifestFile;
use crate::signing::checksums::MismatchKind;
use crate::signing::manifest_files::MANIFEST;

pub static RULE: Rule = Rule {
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
    bounded::each(&comparison.mismatches, |mismatch| {
        let message = match mismatch.kind {
            MismatchKind::Missing => "The manifest lists a file that is not there",
            MismatchKind::Different => "A file is not the one that the manifest lists: its SHA-256 differs",
            MismatchKind::Unlisted => "A file that the manifest does not list",
        };
        let seen = Observation::new(message).at(crate::text::printable_bytes(&mismatch.path)).help(help);
        // What an update deletes is missing for a reason of its own, which `doctor` knows.
        if mismatch.kind == MismatchKind::Missing { seen.detail(Detail::FileAbsent) } else { seen }
    })
}
