//! Where a path or a `file:` address leads: into the bundle, or past it.

use super::failure::{ResolveFailure, ResolveRefusal};
use super::specifier::normal;
use super::{Loader, ResolveRequest, Resolver};

/// Where something leads.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum OnDisk {
    /// A path from the bundle's root; with a slash at the end where one was written.
    Inside(Vec<u8>),
    /// An absolute path past it.
    Outside(String),
}

impl Resolver<'_> {
    /// An absolute path as one from the bundle's root, if it leads there.
    pub(super) fn inside<'p>(&self, path: &'p str) -> Option<&'p str> {
        let below = |folder: &str| path.strip_prefix(folder)?.strip_prefix('/');
        below(&self.here).or_else(|| self.stands_at.as_deref().and_then(below))
    }

    /// Where a path leads that is absolute, or relative to a folder of the bundle.
    pub(super) fn place(&self, base: &[u8], path: &[u8]) -> OnDisk {
        if let Some(inside) = (!path.starts_with(b"/")).then(|| super::specifier::join(base, path)).flatten() {
            return OnDisk::Inside(inside);
        }
        let path = String::from_utf8_lossy(path);
        let base = String::from_utf8_lossy(base);
        let whole = if path.starts_with('/') { path.into_owned() } else { format!("{}/{base}/{path}", self.here) };
        let is_folder = ["/", "/.", "/.."].iter().any(|ending| whole.ends_with(ending));
        let whole = normal(&whole);
        match self.inside(&whole) {
            Some(inside) => OnDisk::Inside(format!("{inside}{}", if is_folder { "/" } else { "" }).into_bytes()),
            None if whole == self.here => OnDisk::Inside(Vec::new()),
            None => OnDisk::Outside(whole),
        }
    }

    /// What Node says of a path past the bundle, where nothing of the bundle is.
    pub(super) fn outside(&self, asked: &ResolveRequest<'_>, path: String) -> ResolveRefusal {
        let message = match asked.loader {
            Loader::Import => {
                format!("Error [ERR_MODULE_NOT_FOUND]: Cannot find module '{path}'{}", self.imported_from(asked))
            }
            Loader::Require => format!("Error: Cannot find module '{}'", asked.specifier),
        };
        ResolveRefusal { failure: ResolveFailure::Outside { path }, message }
    }
}
