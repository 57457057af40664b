//! What Node prints where an import leads to nothing.

use super::failure::{ResolveFailure, ResolveRefusal};
use super::{Loader, ResolveRequest, Resolver};
use crate::tree::nodes::NodeId;

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

    /// A package.json on the way to a file that cannot be read as one.
    ///
    /// What is wrong with the JSON is added in V8's words by 18 and 20, which are not foretold, so that this is only a part of
    /// what they print.
    pub(super) fn broken_package(&self, folder: NodeId, importing: Option<&str>) -> ResolveRefusal {
        let package_json = format!("{}/package.json", self.shown(folder));
        let message = match importing {
            Some(importing) if self.node.reads_packages_natively() && importing.starts_with('"') => {
                format!("Error: Invalid package config {package_json} while importing {importing}.")
            }
            _ if self.node.reads_packages_natively() => format!("Error: Invalid package config {package_json}."),
            Some(importing) => {
                format!("ERR_INVALID_PACKAGE_CONFIG: Invalid package config {package_json} while importing {importing}")
            }
            None => format!("Error parsing {package_json}"),
        };
        ResolveRefusal {
            failure: ResolveFailure::InvalidPackage { package_json: self.package_json_of(folder) },
            message,
        }
    }

    pub(super) fn invalid_specifier(&self, asked: &ResolveRequest<'_>, specifier: &str, why: &str) -> ResolveRefusal {
        let message = format!(
            "TypeError [ERR_INVALID_MODULE_SPECIFIER]: Invalid module \"{specifier}\" {why}{}",
            self.imported_from(asked)
        );
        ResolveRefusal { failure: ResolveFailure::InvalidSpecifier, message }
    }
}
