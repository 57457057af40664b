//! What Node prints where an import leads to nothing.

use super::failure::{ResolveFailure, ResolveRefusal};
use super::{Loader, ResolveRequest, Resolver};

impl Resolver<'_> {
    /// ` imported from …`, which `import` appends.
    pub(super) fn imported_from(&self, asked: &ResolveRequest<'_>) -> String {
        format!(" imported from {}", self.shown(asked.from))
    }

    pub(super) fn not_found(&self, asked: &ResolveRequest<'_>, path: &[u8]) -> ResolveRefusal {
        let shown = self.shown_path(path);
        let message = match asked.loader {
            Loader::Import => {
                format!("Error [ERR_MODULE_NOT_FOUND]: Cannot find module '{shown}'{}", self.imported_from(asked))
            }
            Loader::Require => format!("Error: Cannot find module '{}'", asked.specifier),
        };
        ResolveRefusal {
            failure: ResolveFailure::NotFound { path: String::from_utf8_lossy(path).into_owned() },
            message,
        }
    }

    pub(super) fn no_package(&self, asked: &ResolveRequest<'_>, name: &str) -> ResolveRefusal {
        let message = match asked.loader {
            Loader::Import => {
                format!("Error [ERR_MODULE_NOT_FOUND]: Cannot find package '{name}'{}", self.imported_from(asked))
            }
            Loader::Require => format!("Error: Cannot find module '{}'", asked.specifier),
        };
        ResolveRefusal { failure: ResolveFailure::NoPackage { name: name.to_owned() }, message }
    }

    pub(super) fn invalid_specifier(&self, asked: &ResolveRequest<'_>, specifier: &str, why: &str) -> ResolveRefusal {
        let message = format!(
            "TypeError [ERR_INVALID_MODULE_SPECIFIER]: Invalid module \"{specifier}\" {why}{}",
            self.imported_from(asked)
        );
        ResolveRefusal { failure: ResolveFailure::InvalidSpecifier, message }
    }
}
