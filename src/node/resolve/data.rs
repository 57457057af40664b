//! `data:` addresses: as what Node takes the module that such an address holds.

use super::failure::{ResolveFailure, ResolveRefusal};
use super::specifier::percent_decoded;
use super::{Resolved, Resolver, Target};
use crate::node::format::Format;
use crate::node::node_version::NodeVersion;
use base64ct::{Base64Unpadded, Base64UrlUnpadded, Encoding};

impl Resolver<'_> {
    /// What a `data:` address holds; `rest` is what stands behind its colon (`mimeToFormat`; `DATA_URL_PATTERN`).
    pub(super) fn data(&self, rest: &str) -> Resolved {
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
            "text/javascript" | "application/javascript" => Format::Module,
            _ if kind == "application/json" => Format::Json,
            _ if kind == "application/wasm" && self.node.imports_wasm() => Format::Wasm,
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

/// The text that a `data:` address holds (`DATA_URL_PATTERN`).
///
/// # Errors
/// With what Node stops where it cannot be read.
pub(crate) fn held_by(address: &str, node: NodeVersion) -> Result<String, String> {
    let body = address.split_once(',').map_or("", |(_, body)| body);
    let (head, body) =
        (address.split_once(',').map_or("", |(head, _)| head), body.split('#').next().unwrap_or_default());
    let text = match percent_decoded(body) {
        Some(text) => text,
        None if node.reads_packages_natively() => body.to_owned(),
        None => return Err("URIError: URI malformed".to_owned()),
    };
    if !head.ends_with(";base64") {
        return Ok(text);
    }
    let letters: String = text.chars().filter(|c| !c.is_whitespace() && *c != '=').collect();
    let bytes = Base64Unpadded::decode_vec(&letters).or_else(|_| Base64UrlUnpadded::decode_vec(&letters));
    Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default())
}
