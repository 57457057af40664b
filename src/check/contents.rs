//! What `check` looks for in files while they are read: what they import, and whether their heads show a secret.

use super::secret::{self, SecretKind};
use crate::node::modules::{JudgedScript, NotParsed};
use crate::node::parse::{Parsing, SourceKind, kind_of, may_be_code};
use crate::node::scripts::Scripts;
use crate::tree::limits::{
    MAX_KEPT_OF_A_FILE, MAX_KEPT_OF_A_TEXT, MAX_KEPT_OF_THE_MANIFEST, MAX_PARSED_OF_A_FILE, MAX_PARSED_OF_OTHERS,
};
use crate::tree::names::ConfiguredNames;
use crate::tree::nodes::{FileId, NodeId, NodeKind, Tree};
use crate::tree::ownership::Ownership;
use crate::tree::reading::{ContentObserver, Digests, Wanted};
use std::collections::{BTreeSet, HashMap};
use std::io;

/// How much of a subject is read beside its structure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Depth<'a> {
    /// What the rules look into.
    Judge,
    /// The same, and the SHA-256 of every regular file where there is a manifest: a folder is asked for it first, an
    /// archive is read once more if it turns out to have one, and hashed as it comes where it passes only once.
    JudgeAndCompare,
    /// What the rules look into, and the SHA-256 of every regular file.
    Digests,
    /// Only the SHA-256 of every regular file, beside what decides whether the tree is known.
    Sums,
    /// Only the content of the files of these paths, up to [`MAX_KEPT_OF_A_TEXT`] of each, beside that.
    Contents(&'a BTreeSet<Vec<u8>>),
}

impl Depth<'_> {
    /// Of which files of an archive the SHA-256 is wanted, as long as it is not known what is in it.
    #[must_use]
    pub fn digests(self) -> Digests {
        match self {
            Self::Digests | Self::Sums | Self::JudgeAndCompare => Digests::All,
            Self::Judge | Self::Contents(_) => Digests::OfContents,
        }
    }

    /// Whether all digests are wanted, whatever is in it.
    #[must_use]
    pub fn wants_all_digests(self) -> bool {
        matches!(self, Self::Digests | Self::Sums)
    }
}

/// What was found in the files of a tree.
#[derive(Default)]
pub struct Contents {
    /// What was made of code and JSON.
    pub scripts: Scripts,
    secrets: HashMap<FileId, SecretKind>,
}

impl Contents {
    /// The kind of secret that a file's head shows.
    #[must_use]
    pub fn secret(&self, tree: &Tree, id: NodeId) -> Option<SecretKind> {
        match tree.kind(id) {
            NodeKind::File(file) => self.secrets.get(&file).copied(),
            _ => None,
        }
    }
}

/// Looks into files as they pass.
pub(crate) struct Observer<'a> {
    names: &'a ConfiguredNames,
    depth: Depth<'a>,
    parsing: Parsing,
    contents: Contents,
}

impl<'a> Observer<'a> {
    /// Has seen nothing yet.
    #[must_use]
    pub(crate) fn new(names: &'a ConfiguredNames, depth: Depth<'a>) -> Self {
        Self { names, depth, parsing: Parsing::default(), contents: Contents::default() }
    }

    /// What was found, once everything was read.
    ///
    /// # Errors
    /// Where no thread could be started to parse with, so that nothing is known of the code.
    pub(crate) fn finish(self) -> io::Result<Contents> {
        let Self { parsing, mut contents, .. } = self;
        for (file, script) in parsing.finish()? {
            contents.scripts.insert(file, script);
        }
        Ok(contents)
    }

    /// What a file is parsed as, if it is: code and JSON of our own, and the entry point whatever its name.
    fn source_kind(&self, path: &[u8]) -> Option<SourceKind> {
        if path == self.names.entry.as_bytes() || may_be_code(path) { Some(SourceKind::Script) } else { kind_of(path) }
    }
}

impl ContentObserver for Observer<'_> {
    /// What the rules look into: the manifests and settings of our own packages, what our own files import, and their
    /// heads.
    fn wants(&self, path: &[u8]) -> Wanted {
        if let Depth::Contents(paths) = self.depth
            && paths.contains(path)
        {
            return Wanted::Kept(MAX_KEPT_OF_A_TEXT);
        }
        let ownership = Ownership::of(path, self.names);
        if !ownership.runs_as_shipped() {
            return Wanted::Nothing;
        }
        if ownership == Ownership::Bundled && self.source_kind(path).is_none() {
            // Its keys and settings are a third party's.
            return Wanted::Nothing;
        }
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
        match name {
            b"SHA256SUMS" if path == name => Wanted::Kept(MAX_KEPT_OF_THE_MANIFEST),
            b"SHA256SUMS.minisig" | b"SHA256SUMS.sig" | b"pnpm-workspace.yaml" if path == name => {
                Wanted::Kept(MAX_KEPT_OF_A_FILE)
            }
            b"package.json" | b".npmrc" | b".yarnrc.yml" => Wanted::Kept(MAX_KEPT_OF_A_FILE),
            _ if matches!(self.depth, Depth::Sums | Depth::Contents(_)) => Wanted::Head,
            _ if may_be_code(path) && path != self.names.entry.as_bytes() => Wanted::Given(MAX_PARSED_OF_OTHERS),
            _ => self.source_kind(path).map_or(Wanted::Head, |_| Wanted::Given(MAX_PARSED_OF_A_FILE)),
        }
    }

    fn head(&mut self, file: FileId, head: &[u8]) {
        if let Some(secret) = secret::in_head(head) {
            self.contents.secrets.insert(file, secret);
        }
    }

    fn content(&mut self, file: FileId, path: &[u8], content: Option<Vec<u8>>) {
        match (content, self.source_kind(path)) {
            (Some(source), Some(kind)) => self.parsing.parse(file, kind, source),
            _ => self.contents.scripts.insert(file, JudgedScript::NotParsed(NotParsed::TooLarge)),
        }
    }
}
