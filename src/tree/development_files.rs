//! What no server needs of a bundle: sources, compiler settings, caches, tests, workspace files.

use super::nodes::{NodeId, NodeKind, Tree};
use super::ownership::Ownership;

/// What a file is that no server needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum DevelopmentFile {
    /// What the code was compiled from.
    Source,
    /// A compiler's settings, or its record of a build.
    CompilerSettings,
    /// Files of version control.
    VersionControl,
    /// A file that makes its folder the root of a workspace.
    Workspace,
    /// A cache.
    Cache,
    /// Tests.
    Test,
    /// Settings or leftovers of an editor, a linter or an operating system.
    Tooling,
    /// Start scripts for Windows.
    WindowsShim,
}

impl DevelopmentFile {
    /// Every kind, in the order in which they are reported.
    pub(crate) const ALL: [Self; 8] = [
        Self::Source,
        Self::CompilerSettings,
        Self::VersionControl,
        Self::Workspace,
        Self::Cache,
        Self::Test,
        Self::Tooling,
        Self::WindowsShim,
    ];

    /// What a node is that no server needs; nothing where it may be needed. A folder stands for all that is in it.
    #[must_use]
    pub(crate) fn of(tree: &Tree, id: NodeId, ownership: Ownership) -> Option<Self> {
        if ownership.is_ours() { of_ours(tree, id) } else { of_third_parties(tree, id) }
    }
}

fn of_ours(tree: &Tree, id: NodeId) -> Option<DevelopmentFile> {
    let name = std::str::from_utf8(tree.name(id)).ok()?.to_ascii_lowercase();
    let directory = tree.kind(id) == NodeKind::Directory;
    let has = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    let starts = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
    match name.as_str() {
        ".git" | ".gitignore" | ".gitattributes" | ".gitmodules" | ".github" | ".svn" | ".hg" => {
            return Some(DevelopmentFile::VersionControl);
        }
        "pnpm-workspace.yaml" | "turbo.json" | "lerna.json" | "nx.json" | "rush.json" => {
            return Some(DevelopmentFile::Workspace);
        }
        ".turbo" | ".cache" | ".eslintcache" | ".nyc_output" | "coverage" | ".swc" => {
            return Some(DevelopmentFile::Cache);
        }
        "__tests__" | "__mocks__" if directory => return Some(DevelopmentFile::Test),
        "test" | "tests" if directory && is_top_of_a_package(tree, id) => return Some(DevelopmentFile::Test),
        ".vscode" | ".idea" | ".husky" | ".ds_store" | "thumbs.db" | "desktop.ini" | ".editorconfig" | "biome.json" => {
            return Some(DevelopmentFile::Tooling);
        }
        _ => {}
    }
    if directory {
        return None;
    }
    if has(&[".test.js", ".spec.js", ".test.mjs", ".spec.mjs", ".test.cjs", ".spec.cjs", ".test.ts", ".spec.ts"]) {
        return Some(DevelopmentFile::Test);
    }
    if has(&[".ts", ".tsx", ".mts", ".cts"]) && !has(&[".d.ts", ".d.mts", ".d.cts"]) {
        return Some(DevelopmentFile::Source);
    }
    if has(&[".tsbuildinfo"]) || (starts(&["tsconfig"]) && has(&[".json"])) {
        return Some(DevelopmentFile::CompilerSettings);
    }
    let settings = [".eslintrc", "eslint.config.", ".prettierrc", "jest.config.", "vitest.config.", "._"];
    (starts(&settings) || has(&[".swp"])).then_some(DevelopmentFile::Tooling)
}

/// Whether a folder stands beside a package.json.
fn is_top_of_a_package(tree: &Tree, id: NodeId) -> bool {
    tree.parent(id).is_some_and(|parent| tree.child(parent, b"package.json").is_some())
}

/// Package managers on Windows write these beside every command.
fn of_third_parties(tree: &Tree, id: NodeId) -> Option<DevelopmentFile> {
    let in_bin = tree.parent(id).is_some_and(|parent| tree.name(parent) == b".bin");
    let name = tree.name(id).to_ascii_lowercase();
    (in_bin && (name.ends_with(b".cmd") || name.ends_with(b".ps1"))).then_some(DevelopmentFile::WindowsShim)
}
