//! `archive-unreadable`: the file is not a gzip-compressed tar archive, or not a whole one.

use super::rule::{Judges, Rule, StopsStart};
use crate::check::bundle::Bundle;
use crate::report::finding::{Observation, Severity};
use crate::tree::defect::{DefectKind, FileFormat, Unreadable};
use crate::update::documented_paths;

pub static RULE: Rule = Rule {
    id: "archive-unreadable",
    severity: Severity::Error,
    summary: "the file is not a gzip-compressed tar archive, or it is cut off or damaged",
    page: include_str!("../../../docs/rules/archive-unreadable.md"),
    judges: Judges::Archive,
    stops_start: StopsStart::Never,
    follows_from: &[],
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let defects = bundle.snapshot.defects.iter();
    defects
        .filter_map(|defect| match &defect.kind {
            DefectKind::Unreadable(how) => {
                let observation = Observation::new(message(how)).help(help(how));
                Some(match how {
                    Unreadable::Instead { excerpt: Some(words), .. } => observation.evidence(words),
                    _ => observation,
                })
            }
            _ => None,
        })
        .collect()
}

fn message(how: &Unreadable) -> String {
    match how {
        Unreadable::Instead { found: FileFormat::Unknown, .. } => {
            "It is not a gzip file (it does not start with 1f 8b), nor any format known here; `tar -xzf` fails on it"
                .to_owned()
        }
        Unreadable::Instead { found: FileFormat::Zip, .. } => {
            "It is a zip archive, not a gzip-compressed tar archive; of a small one `tar -xzf` leaves nothing, without an error".to_owned()
        }
        Unreadable::Instead { found: FileFormat::Zeros, .. } => {
            "It holds nothing but zero bytes; `tar -xzf` fails on it".to_owned()
        }
        Unreadable::Instead { found, .. } => {
            format!("It is {}, not a gzip-compressed tar archive; `tar -xzf` fails on it", found.name())
        }
        Unreadable::Inside { found: FileFormat::Gzip } => {
            "It is gzip in gzip: compressed twice. `tar -xzf` unpacks one layer and finds no tar archive in it"
                .to_owned()
        }
        Unreadable::Inside { found: FileFormat::Unknown } => {
            "It is gzip, but what it holds is not a tar archive".to_owned()
        }
        Unreadable::Inside { found: FileFormat::Empty } => {
            "It is gzip, but holds no byte at all; `tar -xzf` exits 0 and leaves an empty bundle".to_owned()
        }
        Unreadable::Inside { found } => format!("It is gzip, but what it holds is {}, not a tar archive", found.name()),
        Unreadable::Truncated { at, reading } => {
            format!("It is cut off at byte {at}, while reading {reading}; `tar -xzf` fails and leaves half a bundle")
        }
        Unreadable::Damaged { at, what } => format!("It is damaged near byte {at}: {what}; `tar -xzf` fails"),
        Unreadable::TrailingGarbage { at } => {
            format!(
                "Something other than zeros follows the gzip stream at byte {at}; `tar -xzf` extracts everything and still exits 2, so the update stops"
            )
        }
        Unreadable::BadTar { at, what } => format!("The unpacked archive is damaged at byte {at}: {what}"),
        Unreadable::NoEntries => "The archive has no entries; `tar -xzf` exits 0 and leaves an empty bundle".to_owned(),
    }
}

fn help(how: &Unreadable) -> String {
    let make_again = format!("make the archive again, from the repository's root:\n{}", documented_paths::MAKE_ARCHIVE);
    match how {
        Unreadable::Instead { found: FileFormat::Html | FileFormat::Json | FileFormat::Text, .. } => {
            "this is what the server answered instead of the archive: see that the archive is published at that address, and fetch with `curl -f`, which fails on an error page".to_owned()
        }
        Unreadable::Instead { found: FileFormat::GitLfsPointer, .. } => "fetch the file that the pointer stands for:\ngit lfs pull".to_owned(),
        Unreadable::Truncated { .. } | Unreadable::Damaged { .. } | Unreadable::TrailingGarbage { .. } => {
            format!("fetch it again, or {make_again}")
        }
        _ => make_again,
    }
}
