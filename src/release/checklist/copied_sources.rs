//! Files beside the code that a build copies: templates, data, queries. A build such as `tsc && copy-templates` compiles
//! and then skips the copy where `tsc` reports an error (docs/reference/field-facts.md, "How bundles are built").

use crate::release::workspace::Workspace;
use crate::tree::nodes::resolve::Unresolved;
use crate::tree::nodes::{NodeId, NodeKind, Tree};
use std::collections::HashSet;

/// What is wrong with the copies of the agent's sources.
#[derive(Default)]
pub(super) struct Copies {
    /// There is none: a line each.
    pub missing: Vec<String>,
    /// It is of an older state: a line each.
    pub stale: Vec<String>,
    /// Whether the build puts all modules into one file, which may have the others' content in it.
    pub is_bundled: bool,
}

/// Compares the sources that are not TypeScript with what stands in the compiled code. A copy that differs and is newer
/// than its source is what the build makes of it.
pub(super) fn judge(workspace: &Workspace) -> Copies {
    let (Some(sources), Some(dist)) = (&workspace.sources, &workspace.dist) else { return Copies::default() };
    let (sources, dist) = (&sources.tree, &dist.tree);
    let elsewhere: HashSet<_> = files(dist).filter_map(|id| Some((dist.name(id), dist.sha256(id)?))).collect();
    let newer: HashSet<&str> = workspace.newer_sources.iter().map(String::as_str).collect();
    let mut copies = Copies { is_bundled: is_bundled(sources, dist), ..Copies::default() };
    for id in files(sources).chain(links(sources)) {
        let path = sources.path(id).to_string();
        if is_typescript(&path) || needs_no_copy(&path) || is_configured(workspace, &path) {
            continue;
        }
        if let Some(stem) = javascript_stem(&path) {
            if !["js", "mjs", "cjs"].iter().any(|ending| is_file(dist, &format!("{stem}.{ending}"))) {
                copies.missing.push(format!("missing  {path}"));
            }
            continue;
        }
        let same_elsewhere = || sources.sha256(id).is_some_and(|sum| elsewhere.contains(&(sources.name(id), sum)));
        let copy = dist.find(path.as_bytes());
        if sources.kind(id) == NodeKind::Link {
            if copy.is_none() {
                copies.missing.push(format!("missing  {path}"));
            }
            continue;
        }
        let size = |tree: &Tree, id| tree.file(id).map_or(0, |file| file.size);
        match copy.filter(|copy| dist.file(*copy).is_some() || dist.kind(*copy) == NodeKind::Link) {
            None if same_elsewhere() => {}
            None => copies.missing.push(format!("missing  {path}")),
            // A disk that was full, or a copy that was cut off.
            Some(copy) if dist.file(copy).is_some() && size(dist, copy) == 0 && size(sources, id) > 0 => {
                copies.missing.push(format!("empty    {path}"));
            }
            Some(copy) if sources.sha256(id) != dist.sha256(copy) && newer.contains(path.as_str()) => {
                copies.stale.push(format!("stale    {path}"));
            }
            Some(_) => {}
        }
    }
    copies
}

fn files(tree: &Tree) -> impl Iterator<Item = NodeId> {
    tree.sorted().filter(|id| matches!(tree.kind(*id), NodeKind::File(_)))
}

/// Links that a build follows or copies: those to a file, and those that lead out of the sources.
fn links(tree: &Tree) -> impl Iterator<Item = NodeId> {
    tree.sorted().filter(|id| tree.kind(*id) == NodeKind::Link && leads_to_file(tree, *id))
}

fn leads_to_file(tree: &Tree, link: NodeId) -> bool {
    match tree.resolve(tree.path(link).as_bytes()) {
        Ok(target) => tree.file(target).is_some(),
        // One that leads to nothing in the sources themselves is dead in every copy, too.
        Err(failure) => failure == Unresolved::Leaves,
    }
}

fn is_file(tree: &Tree, path: &str) -> bool {
    tree.find(path.as_bytes()).is_some_and(|id| tree.file(id).is_some())
}

fn ending(path: &str) -> Option<(&str, &str)> {
    let name = path.rfind('/').map_or(0, |at| at + 1);
    let dot = path.get(name..)?.rfind('.').filter(|dot| *dot > 0)?;
    path.split_at_checked(name + dot)
}

fn is_typescript(path: &str) -> bool {
    ending(path).is_some_and(|(_, ending)| [".ts", ".tsx", ".mts", ".cts"].contains(&ending))
}

/// JavaScript may be compiled as well, so that only its place is looked at: its path without the ending.
fn javascript_stem(path: &str) -> Option<&str> {
    ending(path).filter(|(_, ending)| [".js", ".jsx", ".mjs", ".cjs"].contains(ending)).map(|(stem, _)| stem)
}

/// None of several modules has a compiled file of its own.
fn is_bundled(sources: &Tree, dist: &Tree) -> bool {
    let paths = files(sources).map(|id| sources.path(id).to_string());
    let modules: Vec<_> = paths
        .filter(|path| !needs_no_copy(path) && !path.contains(".d."))
        .filter(|path| is_typescript(path) && !matches!(path.as_str(), "index.ts" | "index.mts"))
        .collect();
    let compiled = |path: &str| {
        let stem = ending(path).map_or(path, |(stem, _)| stem);
        ["js", "mjs", "cjs", "jsx"].iter().any(|ending| is_file(dist, &format!("{stem}.{ending}")))
    };
    !modules.is_empty() && !modules.iter().any(|path| compiled(path))
}

fn is_configured(workspace: &Workspace, path: &str) -> bool {
    workspace.not_copied.iter().any(|pattern| pattern.matches(path))
}

/// Folders and files that no build copies, as nothing reads them at run time.
fn needs_no_copy(path: &str) -> bool {
    const FOLDERS: [&str; 10] = [
        "__tests__",
        "__mocks__",
        "__fixtures__",
        "__snapshots__",
        "test",
        "tests",
        "fixtures",
        "e2e",
        "node_modules",
        "docs",
    ];
    const PATTERNS: [&str; 27] = [
        "*.test.*",
        "*.spec.*",
        "*.e2e.*",
        "*.stories.*",
        "*.snap",
        "README*",
        "CHANGELOG*",
        "CONTRIBUTING*",
        "NOTICE*",
        "TODO*",
        "NOTES*",
        "*.mdx",
        "*.map",
        "*.tsbuildinfo",
        "*.log",
        "tsconfig*.json",
        "jest.config.*",
        "vitest.config.*",
        "eslint.config.*",
        "LICENSE*",
        "CODEOWNERS",
        "Thumbs.db",
        "desktop.ini",
        "*~",
        "*.swp",
        "*.orig",
        "*.bak",
    ];
    let mut parts = path.split('/').rev();
    let name = parts.next().unwrap_or_default();
    let matches = |pattern: &&str| glob::Pattern::new(pattern).is_ok_and(|pattern| pattern.matches(name));
    // Hidden ones are the tools' own: .eslintrc, .prettierrc, .gitkeep.
    name.starts_with('.')
        || parts.any(|folder| folder.starts_with('.') || FOLDERS.contains(&folder))
        || PATTERNS.iter().any(matches)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_server_reads_needs_no_copy() {
        for path in [
            "a.test.js",
            "a/b.spec.jsx",
            "__tests__/data.json",
            "x/__snapshots__/a.snap",
            "x/__mocks__/fs.js",
            "fixtures/a.html",
            "README.md",
            "x/.eslintrc",
            ".eslintrc.json",
            "tsconfig.json",
            "tsconfig.build.json",
            "a/.gitkeep",
            "jest.config.js",
            "test/setup.js",
            "LICENSE",
            "x/.DS_Store",
        ] {
            assert!(needs_no_copy(path), "{path}");
        }
        for path in [
            "templates/unit.service",
            "a.json",
            "x/query.sql",
            "latest.html",
            "contest/a.css",
            "a.proto",
            "specs/a.yaml",
        ] {
            assert!(!needs_no_copy(path), "{path}");
        }
        for (path, expected) in [
            ("a.ts", true),
            ("a.d.ts", true),
            ("a.tsx", true),
            ("a.mts", true),
            ("a.json", false),
            ("ts", false),
            (".ts", false),
        ] {
            assert_eq!(is_typescript(path), expected, "{path}");
        }
    }
}
