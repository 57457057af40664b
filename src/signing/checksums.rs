//! A tree against its manifest, both ways: what is listed must be there as listed, and what is there must be listed.
//!
//! A deployed directory holds more than was shipped: what the package manager installed is counted, not judged.

use super::manifest_files::UNLISTED;
use crate::tree::names::Names;
use crate::tree::nodes::{Kind, NodeId, Tree};
use crate::tree::ownership::{Ownership, OwnershipMap};
use hashbrown::{HashMap, HashSet};

/// What `pnpm install` and `npm install` write beside the manifest, at the root of a deployed directory.
const LOCK_FILES: [&[u8]; 2] = [b"pnpm-lock.yaml", b"package-lock.json"];

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
}

/// Compares a tree that was read with digests to the entries of its manifest (paths as `Manifest` has them: plain,
/// each once).
///
/// A listed path may lead through links that stay in the tree: after installation npm and pnpm link a `file:`
/// dependency, and Node follows. Only a file's own path lists it, though, not one that leads to it.
#[must_use]
pub(crate) fn compare<'m>(
    tree: &Tree,
    ownership: &OwnershipMap,
    manifest: impl IntoIterator<Item = (&'m [u8], &'m [u8; 32])>,
    deployed: bool,
    names: &Names,
) -> Comparison {
    let mut done = Comparison::default();
    let mut own = HashSet::new();
    let mut shared_source = HashMap::new();
    for (path, digest) in manifest {
        done.listed += 1;
        own.extend(tree.find(path));
        if let Some(inside) = below(path, &names.shared_source) {
            shared_source.insert(inside, digest);
        }
        match judge(tree, path, digest) {
            None => done.verified += 1,
            Some(kind) => done.mismatches.push(Mismatch { path: path.to_vec(), kind }),
        }
    }
    let known = Known { deployed, names, ownership, shared_source };
    for id in tree.ids().filter(|id| tree.kind(*id) != Kind::Directory && !own.contains(id)) {
        let path = tree.path(id);
        match known.excuse(tree, id, path.as_bytes()) {
            Excuse::Manifest => {}
            Excuse::Outside => done.outside += 1,
            Excuse::None => {
                done.mismatches.push(Mismatch { path: path.as_bytes().to_vec(), kind: MismatchKind::Unlisted });
            }
        }
    }
    done.mismatches.sort();
    done
}

fn judge(tree: &Tree, path: &[u8], digest: &[u8; 32]) -> Option<MismatchKind> {
    let Ok(id) = tree.resolve(path) else { return Some(MismatchKind::Missing) };
    (tree.sha256(id) != Some(digest)).then_some(MismatchKind::Different)
}

/// Why something that is not listed is no mismatch.
enum Excuse {
    /// It is the manifest or its signature.
    Manifest,
    /// It was not shipped.
    Outside,
    /// There is no excuse.
    None,
}

struct Known<'a> {
    deployed: bool,
    names: &'a Names,
    ownership: &'a OwnershipMap,
    /// The listed digests of the shared package's sources, by their paths in it.
    shared_source: HashMap<&'a [u8], &'a [u8; 32]>,
}

impl Known<'_> {
    fn excuse(&self, tree: &Tree, id: NodeId, path: &[u8]) -> Excuse {
        let kind = tree.kind(id);
        if matches!(kind, Kind::File(_)) && UNLISTED.iter().any(|name| name.as_bytes() == path) {
            return Excuse::Manifest;
        }
        let link_of_a_package_manager = kind == Kind::Link && below_node_modules(path);
        if link_of_a_package_manager || (self.deployed && self.installed(tree, id, path)) {
            return Excuse::Outside;
        }
        Excuse::None
    }

    /// Whether an update brings this along, beside what was shipped.
    fn installed(&self, tree: &Tree, id: NodeId, path: &[u8]) -> bool {
        self.ownership.at(id) == Ownership::ThirdParty
            || LOCK_FILES.contains(&path)
            // pnpm keeps its copy of a `file:` dependency here, and links to it.
            || path.starts_with(b"node_modules/.pnpm/")
            || self.is_copy_of_the_shared_source(tree, id, path)
    }

    /// Step 6 of the update copies the shared package to where Node looks for it: the same bytes, listed elsewhere.
    fn is_copy_of_the_shared_source(&self, tree: &Tree, id: NodeId, path: &[u8]) -> bool {
        let listed = below(path, &self.names.shared_copy()).and_then(|inside| self.shared_source.get(inside));
        listed.is_some_and(|digest| tree.sha256(id) == Some(*digest))
    }
}

/// What follows `folder/` in `path`.
fn below<'p>(path: &'p [u8], folder: &str) -> Option<&'p [u8]> {
    path.strip_prefix(folder.as_bytes())?.strip_prefix(b"/")
}

fn below_node_modules(path: &[u8]) -> bool {
    let mut components = path.rsplit(|byte| *byte == b'/');
    components.next();
    components.any(|component| component == b"node_modules")
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
                .unwrap_or_else(|| tree.insert(at, part.as_bytes(), Kind::Directory, Meta::IMPLIED))
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
            tree.insert(folder, name.as_bytes(), Kind::File(file), Meta::IMPLIED);
        }
        for (path, target) in links {
            let (folder, name) = parent(&mut tree, path);
            tree.insert_link(folder, name.as_bytes(), target.as_bytes(), Meta::IMPLIED);
        }
        tree
    }

    fn compared(tree: &Tree, listed: &[(&str, u8)], deployed: bool) -> (usize, usize, usize, Vec<String>) {
        let digests: Vec<_> = listed.iter().map(|(path, number)| (path.as_bytes(), [*number; 32])).collect();
        let entries = digests.iter().map(|(path, digest)| (*path, digest));
        let names = crate::update::documented_paths::names();
        let done = compare(tree, &OwnershipMap::of(tree, &names), entries, deployed, &names);
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
        assert_eq!(compared(&elsewhere, &[], true).3, ["Unlisted SHA256SUMS", "Unlisted dist/SHA256SUMS"]);
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
        assert_eq!(changed.3, ["Different node_modules/@server-flow/shared/dist/index.js"]);
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
        bundle.insert(root, b"pipe", Kind::Special(Special::Fifo), Meta::IMPLIED);
        // A file does not become listed because a listed path leads to it.
        let (listed, verified, outside, wrong) = compared(&bundle, &[DIST], false);
        assert_eq!((listed, verified, outside), (1, 1, 2));
        assert_eq!(wrong, ["Unlisted dist", "Unlisted lib/index.js", "Unlisted pipe"]);
        // A path that leaves the bundle, or goes round in circles, leads to nothing.
        let lost = tree(&[], &[("node_modules/a", "../../../etc/passwd"), ("node_modules/b", "b")]);
        let wrong = compared(&lost, &[("node_modules/a", 1), ("node_modules/b", 1)], true).3;
        assert_eq!(wrong, ["Missing node_modules/a", "Missing node_modules/b"]);
    }
}
