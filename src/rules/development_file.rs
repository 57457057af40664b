//! `development-file`: sources, compiler settings, caches, tests or workspace files that no server needs.

use super::{Judges, Rule};
use crate::model::bundle::Bundle;
use crate::model::finding::{Observation, Severity};
use crate::model::tree::{Content, Kind, NodeId, Tree};

pub static RULE: Rule = Rule {
    id: "development-file",
    severity: Severity::Warning,
    summary: "sources, compiler settings, caches, tests or workspace files that no server needs",
    page: include_str!("../../docs/rules/development-file.md"),
    judges: Judges::Tree,
    follows_from: &[],
    check,
};

/// What a file is that no server needs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Litter {
    Source,
    CompilerSettings,
    VersionControl,
    Workspace,
    Cache,
    Test,
    Tooling,
    WindowsShim,
}

impl Litter {
    const ALL: [Self; 8] = [
        Self::Source,
        Self::CompilerSettings,
        Self::VersionControl,
        Self::Workspace,
        Self::Cache,
        Self::Test,
        Self::Tooling,
        Self::WindowsShim,
    ];

    const fn message(self) -> &'static str {
        match self {
            Self::Source => "TypeScript sources: the server runs what was compiled from them",
            Self::CompilerSettings => "The compiler's settings or its record of a build",
            Self::VersionControl => "Version control files: with `.git` the whole history may be published",
            Self::Workspace => "A workspace file: pnpm takes the bundle for the root of a workspace",
            Self::Cache => "A cache of the machine that built the bundle",
            Self::Test => "Tests, which no server runs",
            Self::Tooling => "Settings or leftovers of an editor, a linter or an operating system",
            Self::WindowsShim => "Windows start scripts, written on the machine that built the bundle",
        }
    }
}

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let tree = bundle.tree();
    let mut found: Vec<(Litter, NodeId)> = Vec::new();
    for (id, territory) in bundle.nodes() {
        let litter = if territory.is_ours() { of_ours(tree, id) } else { of_third_parties(tree, id) };
        found.extend(litter.map(|litter| (litter, id)));
    }
    let kinds = Litter::ALL.into_iter().filter_map(|litter| {
        let mut paths: Vec<_> = found.iter().filter(|(kind, _)| *kind == litter).map(|(_, id)| tree.path(*id)).collect();
        paths.sort_unstable();
        let first = paths.first()?;
        let observation = Observation::new(litter.message()).at(first);
        let observation = if paths.len() > 1 { observation.evidence(format!("the first of {}", paths.len())) } else { observation };
        let observation = match broken_workspace(bundle).filter(|_| litter == Litter::Workspace) {
            Some(message) => Observation { message: message.to_owned(), ..observation.only(Severity::Error) },
            None => observation,
        };
        Some(observation.help("leave it out of the archive, with `--exclude` on tar's command line or by removing it from the bundle's folder"))
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

fn of_ours(tree: &Tree, id: NodeId) -> Option<Litter> {
    let name = std::str::from_utf8(tree.name(id)).ok()?.to_ascii_lowercase();
    let directory = tree.kind(id) == Kind::Directory;
    let has = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    let starts = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
    match name.as_str() {
        ".git" | ".gitignore" | ".gitattributes" | ".gitmodules" | ".github" | ".svn" | ".hg" => {
            return Some(Litter::VersionControl);
        }
        "pnpm-workspace.yaml" | "turbo.json" | "lerna.json" | "nx.json" | "rush.json" => {
            return Some(Litter::Workspace);
        }
        ".turbo" | ".cache" | ".eslintcache" | ".nyc_output" | "coverage" | ".swc" => {
            return Some(Litter::Cache);
        }
        "__tests__" | "__mocks__" if directory => return Some(Litter::Test),
        "test" | "tests" if directory && is_top_of_a_package(tree, id) => return Some(Litter::Test),
        ".vscode" | ".idea" | ".husky" | ".ds_store" | "thumbs.db" | "desktop.ini" | ".editorconfig" | "biome.json" => {
            return Some(Litter::Tooling);
        }
        _ => {}
    }
    if directory {
        return None;
    }
    if has(&[".test.js", ".spec.js", ".test.mjs", ".spec.mjs", ".test.cjs", ".spec.cjs", ".test.ts", ".spec.ts"]) {
        return Some(Litter::Test);
    }
    if has(&[".ts", ".tsx", ".mts", ".cts"]) && !has(&[".d.ts", ".d.mts", ".d.cts"]) {
        return Some(Litter::Source);
    }
    if has(&[".tsbuildinfo"]) || (starts(&["tsconfig"]) && has(&[".json"])) {
        return Some(Litter::CompilerSettings);
    }
    let settings = [".eslintrc", "eslint.config.", ".prettierrc", "jest.config.", "vitest.config.", "._"];
    (starts(&settings) || has(&[".swp"])).then_some(Litter::Tooling)
}

/// Whether a folder stands beside a package.json.
fn is_top_of_a_package(tree: &Tree, id: NodeId) -> bool {
    tree.parent(id).is_some_and(|parent| tree.child(parent, b"package.json").is_some())
}

/// Package managers on Windows write these beside every command.
fn of_third_parties(tree: &Tree, id: NodeId) -> Option<Litter> {
    let in_bin = tree.parent(id).is_some_and(|parent| tree.name(parent) == b".bin");
    let name = tree.name(id).to_ascii_lowercase();
    (in_bin && (name.ends_with(b".cmd") || name.ends_with(b".ps1"))).then_some(Litter::WindowsShim)
}
