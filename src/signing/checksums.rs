//! A tree against its manifest, both ways: what is listed must be there as listed, and what is there must be listed.
//!
//! A deployed directory holds more than was shipped: what the package manager installed is counted, not judged.

use super::installed::InstalledByUpdate;
use super::manifest::{Manifest, target_digest};
use super::manifest_files::UNLISTED;
use crate::tree::names::ConfiguredNames;
use crate::tree::nodes::{NodeId, NodeKind, Tree};
use crate::tree::ownership::OwnershipMap;
use hashbrown::{HashMap, HashSet};

/// What became of comparing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Comparison {
    /// Files that the manifest lists.
    pub listed: usize,
    /// Those of them that are there as listed.
    pub verified: usize,
    /// Files and links that it does not list and need not: nothing is known of them.
    pub outside: usize,
    /// What does not fit, by path.
    pub mismatches: Vec<Mismatch>,
    /// Modes that let others change what was signed, or run it with its owner's rights: no manifest lists modes.
    pub modes: Vec<ModeFault>,
}

/// Files and directories whose mode undoes what a signature is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModeFault {
    /// What is wrong with it.
    pub kind: ModeFaultKind,
    /// The first by path; empty for the bundle's own folder.
    pub first: Vec<u8>,
    /// That one's mode.
    pub mode: u16,
    /// How many there are.
    pub count: usize,
}

/// What is wrong with a mode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ModeFaultKind {
    /// The set-uid or set-gid bit.
    SetId,
    /// Everyone may write.
    WorldWritable,
}

impl ModeFaultKind {
    const fn is_in(self, mode: u16) -> bool {
        match self {
            Self::SetId => mode & 0o6000 != 0,
            Self::WorldWritable => mode & 0o002 != 0,
        }
    }
}

/// A path that does not fit the manifest.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Mismatch {
    /// The path below the bundle's root, in bytes as they are.
    pub path: Vec<u8>,
    /// How it does not fit.
    pub kind: MismatchKind,
}

/// How a path does not fit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum MismatchKind {
    /// Listed, and it leads to nothing in the tree.
    Missing,
    /// Listed, and something else is there.
    Different,
    /// There, and not listed.
    Unlisted,
    /// A link that is not listed with this target.
    UnlistedLink,
}

/// Compares a tree that was read with digests to its manifest.
///
/// A listed path may lead through links that stay in the tree: after installation npm and pnpm link a `file:`
/// dependency, and Node follows. Only a file's own path lists it, though, not one that leads to it. A listed link that is
/// gone is no mismatch: package managers tidy theirs away, and Node loads nothing by it.
#[must_use]
pub(crate) fn compare(
    tree: &Tree,
    ownership: &OwnershipMap,
    manifest: &Manifest,
    deployed: bool,
    names: &ConfiguredNames,
) -> Comparison {
    let mut done = Comparison { modes: modes(tree), ..Comparison::default() };
    let mut own = HashSet::new();
    for entry in manifest.entries() {
        done.listed += 1;
        own.extend(tree.find(&entry.path));
        match judge(tree, &entry.path, &entry.digest) {
            None => done.verified += 1,
            Some(kind) => done.mismatches.push(Mismatch { path: entry.path.clone(), kind }),
        }
    }
    let files = manifest.entries().iter().map(|entry| (entry.path.as_slice(), &entry.digest));
    let installed = deployed.then(|| InstalledByUpdate::beside(tree, names, ownership, &own, files));
    let links: HashMap<_, _> = manifest.links().iter().map(|link| (link.path.as_slice(), &link.digest)).collect();
    for id in tree.ids().filter(|id| tree.kind(*id) != NodeKind::Directory && !own.contains(id)) {
        let path = tree.path(id);
        let path = path.as_bytes();
        let is_link = tree.kind(id) == NodeKind::Link;
        let is_manifests =
            matches!(tree.kind(id), NodeKind::File(_)) && UNLISTED.iter().any(|name| name.as_bytes() == path);
        if is_manifests || (is_link && links.get(path) == Some(&&target_digest(tree.target(id)))) {
            continue;
        }
        if installed.as_ref().is_some_and(|installed| installed.is(id, path)) {
            done.outside += 1;
            continue;
        }
        let kind = if is_link { MismatchKind::UnlistedLink } else { MismatchKind::Unlisted };
        done.mismatches.push(Mismatch { path: path.to_vec(), kind });
    }
    done.mismatches.sort();
    done
}

fn judge(tree: &Tree, path: &[u8], digest: &[u8; 32]) -> Option<MismatchKind> {
    let Ok(id) = tree.resolve(path) else { return Some(MismatchKind::Missing) };
    (tree.sha256(id) != Some(digest)).then_some(MismatchKind::Different)
}

/// What is wrong with the modes of the tree, its root included. A link's mode means nothing on Linux.
fn modes(tree: &Tree) -> Vec<ModeFault> {
    let of = |kind: ModeFaultKind| {
        let has_mode = |id: &NodeId| matches!(tree.kind(*id), NodeKind::Directory | NodeKind::File(_));
        let all = std::iter::once(tree.root()).chain(tree.ids()).filter(has_mode);
        let bad: Vec<_> = all.filter(|id| kind.is_in(tree.meta(*id).mode)).collect();
        let first = bad.iter().copied().min_by_key(|id| tree.path(*id))?;
        let path = tree.path(first).as_bytes().to_vec();
        Some(ModeFault { kind, first: path, mode: tree.meta(first).mode, count: bad.len() })
    };
    [ModeFaultKind::SetId, ModeFaultKind::WorldWritable].into_iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::nodes::{Content, FileData, Meta, Special};

    const DIST: (&str, u8) = ("dist/index.js", 1);
    const COPY: (&str, u8) = ("node_modules/@server-flow/shared/dist/index.js", 2);
    const SOURCE: (&str, u8) = ("packages/shared/dist/index.js", 2);
    const PNPM: &str = "node_modules/.pnpm/@server-flow+shared@file+packages+shared/node_modules/@server-flow/shared";

    fn parent(tree: &mut Tree, path: &str) -> (NodeId, String) {
        let mut parts: Vec<_> = path.split('/').collect();
        let name = parts.pop().unwrap().to_owned();
        let folder = parts.iter().fold(tree.root(), |at, part| {
            tree.child(at, part.as_bytes())
                .unwrap_or_else(|| tree.insert(at, part.as_bytes(), NodeKind::Directory, Meta::IMPLIED))
        });
        (folder, name)
    }

    /// A tree of files, each with the digest that its number stands for, and of links.
    fn tree(files: &[(&str, u8)], links: &[(&str, &str)]) -> Tree {
        let mut tree = Tree::new();
        for (path, number) in files {
            let (folder, name) = parent(&mut tree, path);
            let file = tree.add_file(FileData::of_size(1));
            tree.set_file(file, FileData::of_size(1), Content::NotKept, Some([*number; 32]));
            tree.insert(folder, name.as_bytes(), NodeKind::File(file), Meta::IMPLIED);
        }
        for (path, target) in links {
            let (folder, name) = parent(&mut tree, path);
            tree.insert_link(folder, name.as_bytes(), target.as_bytes(), Meta::IMPLIED);
        }
        tree
    }

    fn compared(tree: &Tree, listed: &[(&str, u8)], deployed: bool) -> (usize, usize, usize, Vec<String>) {
        let digests = listed.iter().map(|(path, number)| (path.as_bytes().to_vec(), [*number; 32]));
        let manifest = Manifest::from_files(digests).unwrap();
        let names = crate::update::documented_paths::names();
        let done = compare(tree, &OwnershipMap::of(tree, &names), &manifest, deployed, &names);
        let shown = |m: &Mismatch| format!("{:?} {}", m.kind, String::from_utf8_lossy(&m.path));
        (done.listed, done.verified, done.outside, done.mismatches.iter().map(shown).collect())
    }

    #[test]
    fn what_is_listed_must_be_there_and_what_is_there_must_be_listed() {
        let bundle = tree(&[DIST, COPY, ("SHA256SUMS", 9), ("SHA256SUMS.minisig", 9), ("SHA256SUMS.sig", 9)], &[]);
        assert_eq!(compared(&bundle, &[DIST, COPY], false), (2, 2, 0, vec![]));
        assert_eq!(compared(&bundle, &[DIST, COPY], true), (2, 2, 0, vec![]));
        let (listed, verified, outside, wrong) =
            compared(&bundle, &[("dist/index.js", 7), ("dist/gone.js", 1), ("dist", 1)], false);
        assert_eq!((listed, verified, outside), (3, 0, 0));
        let expected = [
            "Different dist",
            "Missing dist/gone.js",
            "Different dist/index.js",
            "Unlisted node_modules/@server-flow/shared/dist/index.js",
        ];
        assert_eq!(wrong, expected);
        // Only at the root are these names the manifest's own, and only as files.
        let elsewhere = tree(&[("dist/SHA256SUMS", 9)], &[("SHA256SUMS", "dist/SHA256SUMS")]);
        assert_eq!(compared(&elsewhere, &[], true).3, ["UnlistedLink SHA256SUMS", "Unlisted dist/SHA256SUMS"]);
    }

    #[test]
    fn what_an_update_installs_is_outside_in_a_deployed_directory_only() {
        let installed = [
            DIST,
            ("node_modules/fastify/index.js", 5),
            ("node_modules/.modules.yaml", 5),
            ("package-lock.json", 5),
            ("pnpm-lock.yaml", 5),
        ];
        let bundle = tree(&installed, &[]);
        assert_eq!(compared(&bundle, &[DIST], true), (1, 1, 4, vec![]));
        let (_, verified, outside, wrong) = compared(&bundle, &[DIST], false);
        assert_eq!((verified, outside, wrong.len()), (1, 0, 4));
        // A file of the agent's own, or of the shared package, has no excuse anywhere.
        let own = tree(&[DIST, COPY, ("dist/package-lock.json", 5), ("evil.js", 5)], &[]);
        let expected = [
            "Unlisted dist/package-lock.json",
            "Unlisted evil.js",
            "Unlisted node_modules/@server-flow/shared/dist/index.js",
        ];
        assert_eq!(compared(&own, &[DIST], true).3, expected);
        // Shipped third-party files that are listed are judged like any other.
        let shipped = tree(&[("node_modules/zod/index.js", 5)], &[]);
        assert_eq!(compared(&shipped, &[("node_modules/zod/index.js", 6)], true).3.len(), 1);
    }

    #[test]
    fn a_linked_shared_package_is_verified_through_its_links() {
        let npm = tree(&[DIST, SOURCE], &[("node_modules/@server-flow/shared", "../../packages/shared")]);
        assert_eq!(compared(&npm, &[DIST, SOURCE, COPY], true), (3, 3, 1, vec![]));
        let stored = format!("{PNPM}/dist/index.js");
        let links = [("node_modules/@server-flow/shared", PNPM.strip_prefix("node_modules/").unwrap())];
        let target = format!("../{}", links[0].1);
        let pnpm = |number| tree(&[DIST, SOURCE, (&stored, number)], &[(links[0].0, &target)]);
        assert_eq!(compared(&pnpm(2), &[DIST, SOURCE, COPY], true), (3, 3, 2, vec![]));
        let changed = compared(&pnpm(3), &[DIST, SOURCE, COPY], true);
        let expected =
            [format!("Unlisted {stored}"), "Different node_modules/@server-flow/shared/dist/index.js".to_owned()];
        assert_eq!(changed.3, expected);
    }

    #[test]
    fn a_copy_of_the_listed_shared_source_is_outside_and_a_changed_one_is_not() {
        let copied = tree(&[DIST, SOURCE, COPY], &[]);
        assert_eq!(compared(&copied, &[DIST, SOURCE], true), (2, 2, 1, vec![]));
        assert_eq!(compared(&copied, &[DIST, SOURCE], false).3.len(), 1);
        let changed = tree(&[DIST, SOURCE, (COPY.0, 3)], &[]);
        assert_eq!(compared(&changed, &[DIST, SOURCE], true).3.len(), 1);
    }

    #[test]
    fn links_and_special_files_that_are_not_listed() {
        let links = [("node_modules/.bin/x", "../x/cli.js"), ("apps/agent/node_modules/y", "../z"), ("dist", "lib")];
        let mut bundle = tree(&[("lib/index.js", 1)], &links);
        let root = bundle.root();
        bundle.insert(root, b"pipe", NodeKind::Special(Special::Fifo), Meta::IMPLIED);
        // A file does not become listed because a listed path leads to it.
        let (listed, verified, outside, wrong) = compared(&bundle, &[DIST], false);
        assert_eq!((listed, verified, outside), (1, 1, 0));
        let expected = [
            "UnlistedLink apps/agent/node_modules/y",
            "UnlistedLink dist",
            "Unlisted lib/index.js",
            "UnlistedLink node_modules/.bin/x",
            "Unlisted pipe",
        ];
        assert_eq!(wrong, expected);
        // A path that leaves the bundle, or goes round in circles, leads to nothing.
        let lost = tree(&[], &[("node_modules/a", "../../../etc/passwd"), ("node_modules/b", "b")]);
        let wrong = compared(&lost, &[("node_modules/a", 1), ("node_modules/b", 1)], true).3;
        assert_eq!(wrong, ["Missing node_modules/a", "Missing node_modules/b"]);
    }
    /// A deployed folder of a signed agent, with what was added to it: what is wrong, besides nothing.
    fn added(files: &[&str], links: &[(&str, &str)]) -> Vec<String> {
        let installed = ["node_modules/zod/index.js", "node_modules/.pnpm/ws@8/node_modules/ws/index.js"];
        let mut all = vec![DIST, COPY, SOURCE, ("packages/x/package.json", 4), ("node_modules/own/index.js", 6)];
        let listed = all.clone();
        all.extend(installed.iter().chain(files).map(|path| (*path, 9)));
        let mut tree = tree(&all, links);
        let package = tree.find(b"packages/x/package.json").unwrap();
        let NodeKind::File(file) = tree.kind(package) else { panic!() };
        let content = Content::Whole(br#"{"name":"x"}"#.to_vec().into_boxed_slice());
        tree.set_file(file, FileData::of_size(12), content, Some([4; 32]));
        compared(&tree, &listed, true).3
    }

    #[test]
    fn nothing_is_added_where_no_package_manager_installs() {
        for path in [
            "dist/node_modules/zod/index.js",
            "node_modules/@server-flow/shared/dist/node_modules/zod/index.js",
            "node_modules/@server-flow/shared.js",
            "node_modules/zod.js",
            "node_modules/own/extra.js",
            "node_modules/own/lib/node_modules/zod/index.js",
            "packages/node_modules/zod/index.js",
            "packages/x/node_modules/zod/index.js",
            "node_modules/.pnpm/a/node_modules/@server-flow/shared/dist/index.js",
            "node_modules/zod/node_modules/@server-flow/shared/dist/index.js",
            "node_modules/@server-flow/shared/dist/index",
        ] {
            assert_eq!(added(&[path], &[]), [format!("Unlisted {path}")], "{path}");
        }
        for path in [
            "node_modules/@server-flow/other/index.js",
            "node_modules/@server-flow/shared/node_modules/zod/index.js",
            "node_modules/own/node_modules/zod/index.js",
            "packages/shared/node_modules/zod/index.js",
            "node_modules/zod/node_modules/ws/lib/node_modules/x/index.js",
            "node_modules/.package-lock.json",
        ] {
            assert_eq!(added(&[path], &[]), [""; 0], "{path}");
        }
    }

    #[test]
    fn a_link_in_a_deployed_folder_leads_to_what_is_known_or_was_installed() {
        let ws = ".pnpm/ws@8/node_modules/ws";
        for (path, target) in [
            ("dist/node_modules/@server-flow/shared", "../../../node_modules/zod"),
            ("dist/node_modules", "../node_modules"),
            ("node_modules/x", "/opt/x"),
            ("node_modules/x", "../../x"),
            ("node_modules/x", "../dist"),
            ("node_modules/fastify", "../packages/x"),
            ("node_modules/fastify", "../packages/shared"),
            ("node_modules/fastify", "own"),
            ("node_modules/@scope", "zod"),
            ("node_modules/zod.js", "zod/index.js"),
            ("node_modules/@server-flow/shared.js", "../zod/index.js"),
            ("node_modules/@server-flow/shared/dist/link.js", "index.js"),
            ("packages/node_modules", "../node_modules"),
            ("link", "dist"),
        ] {
            assert_eq!(added(&[], &[(path, target)]), [format!("UnlistedLink {path}")], "{path} -> {target}");
        }
        for (path, target) in [
            ("node_modules/ws", ws),
            ("node_modules/x", "../packages/x"),
            ("node_modules/.pnpm/ws@8/node_modules/zod", "../../../zod"),
            ("node_modules/.bin/zod", "../zod/index.js"),
            ("node_modules/.bin/agent", "../../dist/index.js"),
            ("node_modules/zod/node_modules/@server-flow/shared", "../../../../packages/shared"),
            ("node_modules/@server-flow/shared/node_modules/gone", "../../../node_modules/.pnpm/gone"),
        ] {
            assert_eq!(added(&[], &[(path, target)]), [""; 0], "{path} -> {target}");
        }
    }

    #[test]
    fn a_shared_package_that_is_a_link_is_the_signed_one() {
        let shared = "node_modules/@server-flow/shared";
        for (target, expected) in [
            ("../../packages/shared", vec![]),
            ("../zod", vec!["UnlistedLink node_modules/@server-flow/shared"]),
            ("../.pnpm/evil/node_modules/x", vec!["UnlistedLink node_modules/@server-flow/shared"]),
        ] {
            let files =
                [DIST, SOURCE, ("node_modules/zod/index.js", 5), ("node_modules/.pnpm/evil/node_modules/x/i.js", 5)];
            let found = compared(&tree(&files, &[(shared, target)]), &[DIST, SOURCE], true);
            assert_eq!(found.3, expected, "{target}");
        }
        let files = [DIST, SOURCE, ("node_modules/zod/shared/dist/index.js", 5)];
        let scope = tree(&files, &[("node_modules/@server-flow", "zod")]);
        assert_eq!(compared(&scope, &[DIST, SOURCE], true).3, ["UnlistedLink node_modules/@server-flow"]);
    }

    #[test]
    fn a_listed_link_is_known_by_its_target() {
        let bundle = tree(&[DIST], &[("node_modules/.bin/x", "../x/cli.js"), ("node_modules/y", "../dist")]);
        let mut manifest = Manifest::from_files([(b"dist/index.js".to_vec(), [1; 32])]).unwrap().to_bytes();
        super::super::manifest::push_link(&mut manifest, b"node_modules/.bin/x", b"../x/cli.js");
        super::super::manifest::push_link(&mut manifest, b"node_modules/y", b"../lib");
        super::super::manifest::push_link(&mut manifest, b"node_modules/gone", b"../lib");
        let names = crate::update::documented_paths::names();
        let manifest = Manifest::parse(&manifest).unwrap();
        let done = compare(&bundle, &OwnershipMap::of(&bundle, &names), &manifest, false, &names);
        let wrong: Vec<_> = done.mismatches.iter().map(|wrong| (wrong.path.as_slice(), wrong.kind)).collect();
        assert_eq!(wrong, [(b"node_modules/y".as_slice(), MismatchKind::UnlistedLink)]);
    }

    #[test]
    fn modes_that_undo_a_signature_are_counted() {
        let mut bundle = tree(&[DIST, ("evil.js", 2)], &[("node_modules/x", "y")]);
        let set = |tree: &mut Tree, path: &[u8], mode: u16| {
            let id = tree.find(path).unwrap();
            tree.set_meta(id, Meta { mode, ..tree.meta(id) });
        };
        for (path, mode) in
            [(&b"dist"[..], 0o2755), (b"dist/index.js", 0o4755), (b"evil.js", 0o646), (b"node_modules/x", 0o777)]
        {
            set(&mut bundle, path, mode);
        }
        let found = modes(&bundle);
        let shown: Vec<_> = found.iter().map(|one| (one.kind, one.first.as_slice(), one.mode, one.count)).collect();
        let set_id = (ModeFaultKind::SetId, b"dist".as_slice(), 0o2755, 2);
        assert_eq!(shown, [set_id, (ModeFaultKind::WorldWritable, b"evil.js".as_slice(), 0o646, 1)]);
        set(&mut bundle, b"", 0o777);
        assert_eq!(modes(&bundle).last().map(|one| (one.first.as_slice(), one.count)), Some((&b""[..], 2)));
    }
}
