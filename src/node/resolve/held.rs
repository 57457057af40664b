//! The text that a `data:` address holds.

use super::specifier::percent_decoded;
use crate::node::node_version::NodeVersion;
use base64ct::{Base64Unpadded, Base64UrlUnpadded, Encoding};

/// The text that a `data:` address holds (`DATA_URL_PATTERN`).
///
/// # Errors
/// With what Node stops where it cannot be read.
pub(crate) fn held_by(address: &str, node: NodeVersion) -> Result<String, String> {
    let (head, body) = address.split_once(',').unwrap_or_default();
    let body = body.split('#').next().unwrap_or_default();
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
