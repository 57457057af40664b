//! Versions, which two lines look at.

use crate::node::package_file::PackageFile;
use crate::release::workspace::Previous;
use crate::report::release::Judgement;
use semver::Version;

/// The version that a `package.json` states, or why there is none.
pub(super) fn stated(file: &PackageFile, path: &str) -> Result<Version, Judgement> {
    let fail = |message: String| Judgement::fail(message, format!("state the version to be released in `{path}`"));
    let package = match file {
        PackageFile::Missing => return Err(fail(format!("{path} is not there"))),
        PackageFile::Invalid(fault) => return Err(fail(format!("{path} cannot be used: {fault}"))),
        PackageFile::Read(package) => package,
    };
    package.version().ok_or_else(|| match package.string("version") {
        Some(words) => fail(format!("{path} states `{words}`, which is no version")),
        None => fail(format!("{path} states no version")),
    })
}

/// Whether a version is higher than that of the last release. What counts is its precedence: build metadata does not.
pub(super) fn raised(version: &Version, previous: &Previous, path: &str) -> Judgement {
    match previous {
        Previous::Unknown => Judgement::open(
            format!("{path} is {version}; no earlier release is known to compare it with"),
            "name the last release: --previous VERSION, or --previous ARCHIVE",
        ),
        Previous::Known { version: before, from } if version.cmp_precedence(before).is_gt() => {
            Judgement::pass(format!("{path} is {version}, after {before} ({from})"))
        }
        Previous::Known { version: before, from } => Judgement::fail(
            format!("{path} is {version}, which is not higher than the last release: {before} ({from})"),
            format!("raise `version` in `{path}`"),
        ),
    }
}
