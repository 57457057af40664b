//! `data:` addresses: as what Node takes the module that such an address holds.

use super::failure::{ResolveFailure, ResolveRefusal};
use super::{ResolvedTarget, Resolver, Target};
use crate::node::format::ModuleFormat;

impl Resolver<'_> {
    /// What a `data:` address holds; `rest` is what stands behind its colon (`mimeToFormat`; `DATA_URL_PATTERN`).
    pub(super) fn data(&self, rest: &str) -> ResolvedTarget {
        let rest = rest.trim_matches(|c: char| c <= ' ');
        let invalid = || {
            let message = "TypeError [ERR_INVALID_URL]: Invalid URL".to_owned();
            Err(ResolveRefusal { failure: ResolveFailure::Scheme, message })
        };
        let Some((head, _)) = rest.split_once(',') else { return invalid() };
        let kind = head.split(';').next().unwrap_or(head);
        let is_type = kind.split_once('/').is_some_and(|(main, sub)| !main.is_empty() && !sub.is_empty());
        if !is_type && !self.node.reads_packages_natively() {
            return invalid();
        }
        let format = match kind.trim().to_ascii_lowercase().as_str() {
            "text/javascript" | "application/javascript" => ModuleFormat::Module,
            _ if kind == "application/json" => ModuleFormat::Json,
            _ if kind == "application/wasm" && self.node.imports_wasm() => ModuleFormat::Wasm,
            _ => {
                let kind = if is_type { kind } else { "null" };
                let message = format!(
                    "RangeError [ERR_UNKNOWN_MODULE_FORMAT]: Unknown module format: {kind} for URL data:{rest}"
                );
                return Err(ResolveRefusal { failure: ResolveFailure::Scheme, message });
            }
        };
        Ok(Target::Data(format))
    }
}
