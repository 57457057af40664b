//! `development-file`: sources, compiler settings, caches, tests or workspace files that no server needs.

use super::rule::{Judges, Rule, StopsStart};
use crate::check::bundle::Bundle;
use crate::report::finding::{Observation, Severity};
use crate::tree::development_files::DevelopmentFile;
use crate::tree::nodes::{Content, NodeId};
use crate::tree::ownership::Ownership;

pub(super) static RULE: Rule = Rule {
    id: "development-file",
    severity: Severity::Warning,
    summary: "sources, compiler settings, caches, tests or workspace files that no server needs",
    page: include_str!("../../../docs/rules/development-file.md"),
    judges: Judges::Tree,
    stops_start: StopsStart::Never,
    follows_from: &[],
    check,
};

const fn message(unneeded: DevelopmentFile) -> &'static str {
    match unneeded {
        DevelopmentFile::Source => "TypeScript sources: the server runs what was compiled from them",
        DevelopmentFile::CompilerSettings => "The compiler's settings or its record of a build",
        DevelopmentFile::VersionControl => "Version control files: with `.git` the whole history may be published",
        DevelopmentFile::Workspace => "A workspace file: pnpm takes the bundle for the root of a workspace",
        DevelopmentFile::Cache => "A cache of the machine that built the bundle",
        DevelopmentFile::Test => "Tests, which no server runs",
        DevelopmentFile::Tooling => "Settings or leftovers of an editor, a linter or an operating system",
        DevelopmentFile::WindowsShim => "Windows start scripts, written on the machine that built the bundle",
    }
}

const HELP: &str =
    "leave it out of the archive, with `--exclude` on tar's command line or by removing it from the bundle's folder";

/// `pack` leaves behind what no server needs of the shared package.
const HELP_IN_SHARED: &str = "leave it out of the archive, with `--exclude` on tar's command line, or from the repository's root all of this kind at once: `bundle-doctor pack --from-repo .`";

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let tree = bundle.tree();
    let mut found: Vec<(DevelopmentFile, NodeId)> = Vec::new();
    for (id, ownership) in bundle.nodes() {
        found.extend(DevelopmentFile::of(tree, id, ownership).map(|unneeded| (unneeded, id)));
    }
    let kinds = DevelopmentFile::ALL.into_iter().filter_map(|unneeded| {
        let of_this_kind = || found.iter().filter(|(kind, _)| *kind == unneeded);
        let mut paths: Vec<_> = of_this_kind().map(|(_, id)| tree.path(*id)).collect();
        paths.sort_unstable();
        let first = paths.first()?;
        let observation = Observation::new(message(unneeded)).at(first).first_of("", paths.len(), "");
        let observation = match broken_workspace(bundle).filter(|_| unneeded == DevelopmentFile::Workspace) {
            Some(message) => Observation { message: message.to_owned(), ..observation.only(Severity::Error) },
            None => observation,
        };
        let only_in_shared =
            of_this_kind().all(|(_, id)| Ownership::of(tree.path(*id).as_bytes(), bundle.names) == Ownership::Shared);
        Some(observation.help(if only_in_shared { HELP_IN_SHARED } else { HELP }))
    });
    kinds.collect()
}

/// pnpm 9 refuses a workspace file that names no packages, unless it is empty (measured, `tests/lab/specs.py`).
fn broken_workspace(bundle: &Bundle<'_>) -> Option<&'static str> {
    let tree = bundle.tree();
    let Content::Whole(bytes) = tree.content(tree.find(b"pnpm-workspace.yaml")?) else { return None };
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty() && !line.trim_start().starts_with('#'))
        .peekable();
    lines.peek()?;
    let mut after = lines.skip_while(|line| !line.starts_with("packages:"));
    let named = after.next().map_or("", |line| line.trim_start_matches("packages:").trim());
    let listed = after.next().is_some_and(|line| line.trim_start().starts_with('-'));
    let names_some = (!named.is_empty() && !matches!(named, "[]" | "~" | "null") && !named.starts_with('#')) || listed;
    (!names_some).then_some("A workspace file that names no packages: pnpm stops with `packages field missing or empty`, and step 5 of the update fails")
}
