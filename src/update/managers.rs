//! Which package managers refuse a bundle whatever it depends on, because its `package.json` asks for another one.
//!
//! Measured with pnpm 9 and 10, and npm 10 and 11: pnpm heeds `packageManager` and `engines.pnpm`, npm heeds
//! `devEngines` (from 10.9 on), and neither heeds the other's.

use super::shipped::Manager;
use crate::node::package::Package;
use node_semver::{Range, Version};
use serde_json::Value;

/// The pnpm of the field (docs/reference/field-facts.md, "What survives the update"), which `engines.pnpm` is held against.
const PNPM: (u64, u64, u64) = (9, 15, 9);

/// Why a package manager refuses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Refusal {
    /// Which one.
    pub manager: Manager,
    /// The keys of `package.json` that lead to the reason.
    pub keys: &'static [&'static str],
    /// What stands there.
    pub value: String,
    /// What the package manager says.
    pub says: String,
}

/// The refusals that a `package.json` causes.
#[must_use]
pub(crate) fn refusals(package: &Package) -> Vec<Refusal> {
    [package_manager(package), pnpm_engine(package), dev_engines(package)].into_iter().flatten().collect()
}

/// Whether a package manager refuses.
#[must_use]
pub(super) fn refuses(package: Option<&Package>, manager: Manager) -> bool {
    package.is_some_and(|package| refusals(package).iter().any(|refusal| refusal.manager == manager))
}

/// pnpm goes on where it is named, and where there is nothing before the first `@`; what is no text at all it stumbles
/// over, unless JavaScript takes it for false.
fn package_manager(package: &Package) -> Option<Refusal> {
    let value = package.get("packageManager")?;
    let says = match value {
        Value::Null | Value::Bool(false) => return None,
        Value::Number(number) if number.as_f64() == Some(0.0) => return None,
        Value::String(text) => match text.split('@').next().unwrap_or_default() {
            "" | "pnpm" => return None,
            name => format!("This project is configured to use {name}"),
        },
        Value::Array(_) => "This project is configured to use".to_owned(),
        _ => "packageManager.includes is not a function".to_owned(),
    };
    Some(Refusal { manager: Manager::Pnpm, keys: &["packageManager"], value: value.to_string(), says })
}

fn pnpm_engine(package: &Package) -> Option<Refusal> {
    let value = package.get("engines")?.get("pnpm")?;
    let wanted = value.as_str()?;
    let fits = wanted.is_empty() || Range::parse(wanted).is_ok_and(|range| range.satisfies(&Version::from(PNPM)));
    (!fits).then(|| Refusal {
        manager: Manager::Pnpm,
        keys: &["engines", "pnpm"],
        value: value.to_string(),
        says: "ERR_PNPM_UNSUPPORTED_ENGINE".to_owned(),
    })
}

/// One of several will do; `onFail` is an error unless it says otherwise, and of several the last one's counts.
fn dev_engines(package: &Package) -> Option<Refusal> {
    let value = package.get("devEngines")?.get("packageManager")?;
    let wanted = match value {
        Value::Object(_) => std::slice::from_ref(value),
        Value::Array(several) => several.as_slice(),
        _ => return None,
    };
    let text = |one: &Value, key: &str| one.get(key).and_then(Value::as_str).map(str::to_owned);
    let mild = matches!(text(wanted.last()?, "onFail").as_deref(), Some("warn" | "ignore"));
    let named = wanted.iter().any(|one| text(one, "name").is_none_or(|name| name == "npm"));
    (!mild && !named).then(|| Refusal {
        manager: Manager::Npm,
        keys: &["devEngines", "packageManager"],
        value: value.to_string(),
        says: "EBADDEVENGINES".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::update::shipped::Manager::{Npm, Pnpm};

    #[test]
    fn each_manager_heeds_its_own_fields() {
        for (fields, expected) in [
            (r#""packageManager": "yarn@4.1.0""#, vec![Pnpm]),
            (r#""packageManager": "Yarn@4.1.0""#, vec![Pnpm]),
            (r#""packageManager": "yarn@1.22.22+sha512.a1""#, vec![Pnpm]),
            (r#""packageManager": "npm@10.0.0""#, vec![Pnpm]),
            (r#""packageManager": "bun@1.1.0""#, vec![Pnpm]),
            (r#""packageManager": "garbage""#, vec![Pnpm]),
            (r#""packageManager": "https://x""#, vec![Pnpm]),
            (r#""packageManager": " yarn@4""#, vec![Pnpm]),
            (r#""packageManager": 4"#, vec![Pnpm]),
            (r#""packageManager": true"#, vec![Pnpm]),
            (r#""packageManager": {"name": "yarn"}"#, vec![Pnpm]),
            (r#""packageManager": ["yarn@4"]"#, vec![Pnpm]),
            (r#""packageManager": "pnpm@9.0.0+sha256.00""#, vec![]),
            (r#""packageManager": "pnpm@^8""#, vec![]),
            (r#""packageManager": "pnpm""#, vec![]),
            (r#""packageManager": "@yarnpkg/cli@4""#, vec![]),
            (r#""packageManager": """#, vec![]),
            (r#""packageManager": null"#, vec![]),
            (r#""packageManager": 0"#, vec![]),
            (r#""engines": {"pnpm": ">=99"}"#, vec![Pnpm]),
            (r#""engines": {"pnpm": "please-use-yarn"}"#, vec![Pnpm]),
            (r#""engines": {"pnpm": ">=8"}"#, vec![]),
            (r#""engines": {"npm": ">=99", "yarn": "1", "node": ">=99"}"#, vec![]),
            (r#""devEngines": {"packageManager": {"name": "yarn"}}"#, vec![Npm]),
            (r#""devEngines": {"packageManager": {"name": "pnpm", "onFail": "error"}}"#, vec![Npm]),
            (r#""devEngines": {"packageManager": {"name": "pnpm", "onFail": "warn"}}"#, vec![]),
            (r#""devEngines": {"packageManager": [{"name": "yarn"}, {"name": "npm"}]}"#, vec![]),
            (r#""devEngines": {"packageManager": {"name": "npm"}}"#, vec![]),
            (r#""devEngines": {}"#, vec![]),
        ] {
            let package = Package::parse(format!("{{{fields}}}").as_bytes()).unwrap();
            let managers: Vec<_> = refusals(&package).into_iter().map(|refusal| refusal.manager).collect();
            assert_eq!(managers, expected, "{fields}");
        }
    }
}
