//! `secret-file`: a private key, credentials or an agent's identity.

use super::bounded;
use super::rule::{Judges, Rule, StopsStart};
use crate::check::bundle::Bundle;
use crate::report::finding::{Observation, Severity};
use crate::tree::nodes::{Content, NodeId};

pub static RULE: Rule = Rule {
    id: "secret-file",
    severity: Severity::Error,
    summary: "a private key, credentials or an agent's identity",
    page: include_str!("../../../docs/rules/secret-file.md"),
    judges: Judges::Tree,
    stops_start: StopsStart::Never,
    follows_from: &[],
    check,
};

/// The agent's own files that only belong on the server it runs on.
const IDENTITY: [&[u8]; 2] = [b"registration.json", b"agent-key.json"];
/// Endings of an `.env` file that is meant to be shared.
const HARMLESS_ENV: [&str; 5] = ["example", "sample", "template", "defaults", "dist"];
const KEY_NAMES: [&str; 6] = ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", ".netrc", ".git-credentials"];
const KEY_STORES: [&str; 4] = [".p12", ".pfx", ".jks", ".keystore"];

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let tree = bundle.tree();
    let message = "A secret in an archive that anyone can download; whoever has it can act as its owner";
    let help = "take it out of the bundle, and replace the secret if an archive with it was ever published";
    let ours = bundle.nodes().filter(|(_, ownership)| ownership.is_ours()).map(|(id, _)| id);
    let secrets = ours.filter(|id| tree.file(*id).is_some()).filter_map(|id| {
        let what = by_content(bundle, id).or_else(|| by_name(tree.name(id)).map(str::to_owned))?;
        Some((id, what))
    });
    bounded::each(secrets, |(id, what)| Observation::new(message).at(tree.path(id)).evidence(what).help(help))
}

fn by_name(name: &[u8]) -> Option<&'static str> {
    if IDENTITY.contains(&name) {
        return Some("an agent's identity");
    }
    let name = std::str::from_utf8(name).ok()?;
    let lower = name.to_ascii_lowercase();
    let harmless = |suffix: &str| HARMLESS_ENV.iter().any(|ending| suffix.split('.').any(|part| part == *ending));
    if lower == ".env" || lower.strip_prefix(".env.").is_some_and(|suffix| !harmless(suffix)) {
        return Some("environment variables of a deployment");
    }
    if KEY_NAMES.contains(&lower.as_str()) {
        return Some("a private key or password, by its name");
    }
    KEY_STORES.iter().any(|ending| lower.ends_with(ending)).then_some("a key store")
}

fn by_content(bundle: &Bundle<'_>, id: NodeId) -> Option<String> {
    let tree = bundle.tree();
    if let Some(secret) = bundle.contents.secret(tree, id) {
        return Some(secret.name().to_owned());
    }
    let Content::Whole(bytes) = tree.content(id) else {
        return None;
    };
    let text = String::from_utf8_lossy(bytes);
    let keys: &[&str] = match tree.name(id) {
        b".npmrc" => &["_authToken", "_auth", "_password"],
        b".yarnrc.yml" => &["npmAuthToken", "npmAuthIdent"],
        _ => return None,
    };
    let line = text.lines().position(|line| sets_secret(line, keys))?;
    Some(format!("a registry token, line {}", line + 1))
}

/// Whether a line gives one of the keys a value of its own: a reference to an environment variable is none. In .npmrc a
/// key may stand behind its registry: `//registry.example/:_authToken=…`.
fn sets_secret(line: &str, keys: &[&str]) -> bool {
    let line = line.trim();
    let settings = [line.split_once('='), line.split_once(": ")];
    !line.starts_with(['#', ';'])
        && settings.into_iter().flatten().any(|(key, value)| {
            let key = key.rsplit(':').next().unwrap_or(key).trim();
            let value = value.trim().trim_matches(['"', '\'']);
            keys.contains(&key) && !value.is_empty() && !value.starts_with('$')
        })
}
