//! Which package managers refuse a bundle whatever it depends on, because its `package.json` asks for another one, or for
//! another machine.
//!
//! Measured with pnpm 9 and 10, and npm 10 and 11: pnpm heeds `packageManager` and `engines.pnpm`, npm heeds
//! `devEngines` (from 10.9 on), `os`, `cpu` and `libc`, and neither heeds the other's. Both heed `engines.node`, and npm
//! `engines.npm`, where the bundle's `.npmrc` says `engine-strict`.

use super::shipped::{Manager, Shipped};
use crate::node::node_version::NodeVersion;
use crate::node::package::Package;
use crate::tree::nodes::{Content, Tree};
use node_semver::{Range, Version};
use serde_json::Value;

/// The pnpm of the field (docs/reference/field-facts.md, "What survives the update"), which `engines.pnpm` is held against.
const PNPM: (u64, u64, u64) = (9, 15, 9);
/// And the npm, for `engines.npm`.
const NPM: (u64, u64, u64) = (10, 9, 9);

/// Why a package manager refuses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ManagerRefusal {
    /// Which one.
    pub manager: Manager,
    /// The keys of `package.json` that lead to the reason.
    pub keys: &'static [&'static str],
    /// What stands there.
    pub value: String,
    /// What the package manager says.
    pub says: String,
}

/// The refusals that what is shipped causes.
#[must_use]
pub(crate) fn refusals(shipped: &Shipped<'_>) -> Vec<ManagerRefusal> {
    let Some(package) = shipped.package else { return Vec::new() };
    refusals_of(package, &Settings::of(shipped.tree), shipped.node)
}

fn refusals_of(package: &Package, settings: &Settings, node: NodeVersion) -> Vec<ManagerRefusal> {
    let mut found: Vec<_> = [package_manager(package, settings), pnpm_engine(package), dev_engines(package, node)]
        .into_iter()
        .flatten()
        .collect();
    found.extend(PLATFORM.iter().filter_map(|place| other_platform(package, place)));
    if settings.engine_strict {
        found.extend(strict_engines(package, node));
    }
    found
}

/// Whether a package manager refuses.
#[must_use]
pub(super) fn refuses(shipped: &Shipped<'_>, manager: Manager) -> bool {
    refusals(shipped).iter().any(|refusal| refusal.manager == manager)
}

/// What the bundle's own `.npmrc` sets of this.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Settings {
    /// `engine-strict`.
    engine_strict: bool,
    /// pnpm's `package-manager-strict`.
    package_manager_strict: bool,
}

impl Settings {
    fn of(tree: &Tree) -> Self {
        let text = tree.resolve(b".npmrc").map(|id| match tree.content(id) {
            Content::Whole(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            _ => String::new(),
        });
        Self::read(&text.unwrap_or_default())
    }

    fn read(text: &str) -> Self {
        let mut settings = Self { engine_strict: false, package_manager_strict: true };
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])) {
            // A key alone is one that is set.
            let (key, value) = line.split_once('=').unwrap_or((line, "true"));
            let set = value.trim().trim_matches(['"', '\'']) == "true";
            match key.trim() {
                "engine-strict" => settings.engine_strict = set,
                "package-manager-strict" => settings.package_manager_strict = set,
                _ => {}
            }
        }
        settings
    }
}

/// A key that names machines, and the names that a server may have of it.
type Platform = (&'static [&'static str], &'static [&'static str]);

const PLATFORM: [Platform; 3] = [(&["os"], &["linux"]), (&["cpu"], &["x64", "arm64"]), (&["libc"], &["glibc"])];

/// npm refuses where no name is listed that a server has, and where its own is listed behind a `!`.
fn other_platform(package: &Package, (keys, names): &Platform) -> Option<ManagerRefusal> {
    let value = package.get(keys.first()?)?;
    let listed: Vec<&str> = match value {
        Value::String(one) => vec![one.as_str()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    let fits = |name: &str| {
        let denied = listed.iter().filter(|entry| entry.starts_with('!')).count();
        let is_denied = listed.iter().any(|entry| entry.strip_prefix('!') == Some(name));
        listed == ["any"] || (!is_denied && (denied == listed.len() || listed.contains(&name)))
    };
    (!names.iter().any(|name| fits(name))).then(|| ManagerRefusal {
        manager: Manager::Npm,
        keys,
        value: value.to_string(),
        says: "EBADPLATFORM".to_owned(),
    })
}

/// `engines` under `engine-strict`.
fn strict_engines(package: &Package, node: NodeVersion) -> Vec<ManagerRefusal> {
    let wanted = |name: &str| Some(package.get("engines")?.get(name)?.as_str()?.to_owned());
    let refusal = |manager, keys, value: &str, says: &str| ManagerRefusal {
        manager,
        keys,
        value: format!("{value:?}"),
        says: says.to_owned(),
    };
    let mut found = Vec::new();
    if let Some(value) = wanted("node").filter(|value| !has_node(value, node)) {
        found.push(refusal(Manager::Pnpm, &["engines", "node"], &value, "ERR_PNPM_UNSUPPORTED_ENGINE"));
        found.push(refusal(Manager::Npm, &["engines", "node"], &value, "EBADENGINE"));
    }
    if let Some(value) = wanted("npm").filter(|value| !satisfies(value, Version::from(NPM))) {
        found.push(refusal(Manager::Npm, &["engines", "npm"], &value, "EBADENGINE"));
    }
    found
}

/// Whether a range has that Node: some version of the line, where the newest of it is meant.
fn has_node(wanted: &str, node: NodeVersion) -> bool {
    if node != NodeVersion::newest(node.major) {
        return satisfies(wanted, Version::from((u64::from(node.major), u64::from(node.minor), u64::from(node.patch))));
    }
    match (Range::parse(wanted), Range::parse(format!("^{}.0.0", node.major))) {
        (Ok(wanted), Ok(line)) => wanted.allows_any(&line),
        _ => wanted.trim().is_empty(),
    }
}

fn satisfies(wanted: &str, version: Version) -> bool {
    wanted.is_empty() || Range::parse(wanted).is_ok_and(|range| range.satisfies(&version))
}

/// pnpm goes on where it is named, and where there is nothing before the first `@`; what is no text at all it stumbles
/// over, unless JavaScript takes it for false.
fn package_manager(package: &Package, settings: &Settings) -> Option<ManagerRefusal> {
    if !settings.package_manager_strict {
        return None;
    }
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
    Some(ManagerRefusal { manager: Manager::Pnpm, keys: &["packageManager"], value: value.to_string(), says })
}

fn pnpm_engine(package: &Package) -> Option<ManagerRefusal> {
    let value = package.get("engines")?.get("pnpm")?;
    let wanted = value.as_str()?;
    (!satisfies(wanted, Version::from(PNPM))).then(|| ManagerRefusal {
        manager: Manager::Pnpm,
        keys: &["engines", "pnpm"],
        value: value.to_string(),
        says: "ERR_PNPM_UNSUPPORTED_ENGINE".to_owned(),
    })
}

/// What `devEngines` may name, and what a server has of it.
const ENGINES: [(&str, &[&str]); 5] = [
    ("packageManager", &["npm"]),
    ("runtime", &["node"]),
    ("cpu", &["x64", "arm64"]),
    ("libc", &["glibc"]),
    ("os", &["linux"]),
];

/// npm (npm-install-checks 7.1) throws at what it does not know, and else refuses where nothing fits that is listed.
fn dev_engines(package: &Package, node: NodeVersion) -> Option<ManagerRefusal> {
    let value = package.get("devEngines")?;
    let refusal = |keys, value: &Value, says: &str| {
        Some(ManagerRefusal { manager: Manager::Npm, keys, value: value.to_string(), says: says.to_owned() })
    };
    let Value::Object(engines) = value else {
        return refusal(&["devEngines"], value, "Invalid non-object value for \"devEngines\"");
    };
    for (engine, wanted) in engines {
        if !ENGINES.iter().any(|(known, _)| known == engine) {
            return refusal(&["devEngines"], value, &format!("Invalid property \"devEngines.{engine}\""));
        }
        if let Some(says) = listed(wanted).iter().find_map(|one| malformed(one, engine)) {
            return refusal(&["devEngines"], value, &says);
        }
    }
    let unmet = engines.iter().find(|(engine, wanted)| {
        let listed = listed(wanted);
        let mild = |one: &Value| matches!(text(one, "onFail"), Some("warn" | "ignore"));
        !listed.is_empty() && !listed.last().is_some_and(mild) && !listed.iter().any(|one| is_met(one, engine, node))
    });
    unmet.and_then(|_| refusal(&["devEngines"], value, "EBADDEVENGINES"))
}

/// The entries of one of its keys: one, or several, of which one will do.
fn listed(wanted: &Value) -> &[Value] {
    match wanted {
        Value::Array(several) => several,
        one => std::slice::from_ref(one),
    }
}

fn text<'v>(one: &'v Value, key: &str) -> Option<&'v str> {
    one.get(key).and_then(Value::as_str)
}

/// What npm says of an entry that is none.
fn malformed(one: &Value, engine: &str) -> Option<String> {
    let Value::Object(entry) = one else {
        return Some(format!("Invalid non-object value for \"{engine}\""));
    };
    if let Some(key) = entry.keys().find(|key| !["name", "version", "onFail"].contains(&key.as_str())) {
        return Some(format!("Invalid property \"{key}\" for \"{engine}\""));
    }
    if !entry.contains_key("name") {
        return Some(format!("Missing \"name\" property for \"{engine}\""));
    }
    if let Some(key) = ["name", "onFail"].iter().find(|key| entry.get(**key).is_some_and(|value| !value.is_string())) {
        return Some(format!("Invalid non-string value for \"{key}\" within \"{engine}\""));
    }
    let on_fail = text(one, "onFail").filter(|word| !["ignore", "warn", "error", "download"].contains(word))?;
    Some(format!("Invalid onFail value \"{on_fail}\" for \"{engine}\""))
}

/// Whether a server has what an entry names.
fn is_met(one: &Value, engine: &str, node: NodeVersion) -> bool {
    let known = ENGINES.iter().find(|(name, _)| *name == engine);
    let named = text(one, "name").is_some_and(|name| known.is_some_and(|(_, names)| names.contains(&name)));
    let has_version = match (engine, text(one, "version")) {
        ("packageManager", Some(wanted)) => satisfies(wanted, Version::from(NPM)),
        ("runtime", Some(wanted)) => has_node(wanted, node),
        _ => true,
    };
    named && has_version
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
            (r#""devEngines": null"#, vec![Npm]),
            (r#""devEngines": []"#, vec![Npm]),
            (r#""devEngines": {"packageManager": {"name": "npm", "version": ">=99"}}"#, vec![Npm]),
            (r#""devEngines": {"packageManager": {"name": "npm", "version": "10.x"}}"#, vec![]),
            (r#""devEngines": {"packageManager": {"name": "pnpm", "onFail": "download"}}"#, vec![Npm]),
            (r#""devEngines": {"packageManager": {"name": "npm", "onFail": "explode"}}"#, vec![Npm]),
            (r#""devEngines": {"packageManager": {"name": "npm", "other": 1}}"#, vec![Npm]),
            (r#""devEngines": {"packageManager": []}"#, vec![]),
            (r#""devEngines": {"packageManager": {}}"#, vec![Npm]),
            (r#""devEngines": {"packageManager": "npm"}"#, vec![Npm]),
            (r#""devEngines": {"runtime": {"name": "bun"}}"#, vec![Npm]),
            (r#""devEngines": {"runtime": {"name": "node", "version": ">=99", "onFail": "warn"}}"#, vec![]),
            (r#""devEngines": {"runtime": {"name": "node", "version": ">=18.5 <21"}}"#, vec![]),
            (r#""devEngines": {"os": {"name": "darwin"}}"#, vec![Npm]),
            (r#""devEngines": {"cpu": [{"name": "arm"}, {"name": "arm64"}]}"#, vec![]),
            (r#""devEngines": {"other": {"name": "x"}}"#, vec![Npm]),
            (r#""os": ["win32"]"#, vec![Npm]),
            (r#""os": ["linux", "darwin"]"#, vec![]),
            (r#""os": "linux""#, vec![]),
            (r#""os": ["!win32"]"#, vec![]),
            (r#""os": ["!linux"]"#, vec![Npm]),
            (r#""os": ["any"]"#, vec![]),
            (r#""os": []"#, vec![]),
            (r#""cpu": ["arm"]"#, vec![Npm]),
            (r#""cpu": ["arm64"]"#, vec![]),
            (r#""libc": ["musl"]"#, vec![Npm]),
        ] {
            assert_eq!(managers(fields, ""), expected, "{fields}");
        }
    }

    fn managers(fields: &str, settings: &str) -> Vec<Manager> {
        let package = Package::parse(format!("{{{fields}}}").as_bytes()).unwrap();
        let refusals = refusals_of(&package, &Settings::read(settings), NodeVersion::newest(18));
        refusals.into_iter().map(|refusal| refusal.manager).collect()
    }

    #[test]
    fn the_bundles_own_settings_count() {
        let strict = "engine-strict=true\n";
        for (fields, settings, expected) in [
            (r#""engines": {"node": ">=99"}"#, "", vec![]),
            (r#""engines": {"node": ">=99"}"#, strict, vec![Pnpm, Npm]),
            (r#""engines": {"node": ">=99"}"#, "# engine-strict=true\nengine-strict = false\n", vec![]),
            (r#""engines": {"node": ">=99"}"#, "engine-strict", vec![Pnpm, Npm]),
            (r#""engines": {"node": ">=18.12"}"#, strict, vec![]),
            (r#""engines": {"node": "18.20.4"}"#, strict, vec![]),
            (r#""engines": {"node": "20 || 22"}"#, strict, vec![Pnpm, Npm]),
            (r#""engines": {"npm": ">=99"}"#, strict, vec![Npm]),
            (r#""engines": {"npm": ">=10"}"#, strict, vec![]),
            (r#""packageManager": "yarn@4.0.0""#, "package-manager-strict=false", vec![]),
        ] {
            assert_eq!(managers(fields, settings), expected, "{fields} {settings}");
        }
    }
}
