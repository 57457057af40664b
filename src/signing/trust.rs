//! The public keys that are trusted, and where each came from.

use super::keys::{KeyId, PublicKey};

/// A trusted key and its origins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedKey {
    /// The key.
    pub key: PublicKey,
    /// Where it was found, for people: a path, a flag, a line of the configuration. At least one.
    pub origins: Vec<String>,
}

/// The trusted keys. Any one of them suffices, so rotation is: trust both, sign with the new one, drop the old one.
#[derive(Debug, Clone, Default)]
pub struct TrustStore {
    keys: Vec<TrustedKey>,
}

impl TrustStore {
    /// A store that trusts nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts a key. The same key under the same id is kept once, with all its origins.
    ///
    /// One key under two ids (a minisign file and a PEM file of it) is two entries: both ids are names of it.
    pub fn add(&mut self, key: PublicKey, origin: impl Into<String>) {
        let origin = origin.into();
        match self.keys.iter_mut().find(|known| known.key == key) {
            Some(known) if known.origins.contains(&origin) => {}
            Some(known) => known.origins.push(origin),
            None => self.keys.push(TrustedKey { key, origins: vec![origin] }),
        }
    }

    /// The keys in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = &TrustedKey> {
        self.keys.iter()
    }

    /// The keys of that id: minisign picks ids at random, so there can be more than one.
    pub fn by_id(&self, id: KeyId) -> impl Iterator<Item = &TrustedKey> {
        self.keys.iter().filter(move |known| known.key.id() == id)
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether nobody is trusted.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}
