//! What `import '@server-flow/shared'` would load: `exports` and `main`, resolved as Node resolves them.
//!
//! Source: Node.js documentation, "Modules: ECMAScript modules", section "Resolution Algorithm Specification"
//! (`PACKAGE_EXPORTS_RESOLVE`, `PACKAGE_TARGET_RESOLVE`), and `legacyMainResolve` for packages without `exports`.

use super::package::Package;
use super::tree::Tree;
use serde_json::Value;

/// What Node tries for `main`, in its order; without `main` only the last three.
const MAIN_SUFFIXES: [&str; 7] = ["", ".js", ".json", ".node", "/index.js", "/index.json", "/index.node"];
const FALLBACKS: [&str; 3] = ["index.js", "index.json", "index.node"];

/// What a package's own name resolves to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Entry {
    /// A file that is there; the path is relative to the package.
    File(String),
    /// `main` leads nowhere, but Node falls back to this file.
    Fallback(String),
    /// Nothing.
    Nothing {
        /// The field that leads nowhere: `exports` or `main`.
        field: &'static str,
        /// What the field says, as JSON; nothing if it is absent.
        value: Option<String>,
    },
}

/// How a package is loaded: it selects the conditions of `exports`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Loader {
    /// `import`.
    Import,
    /// `require`.
    Require,
}

impl Loader {
    fn accepts(self, condition: &str) -> bool {
        match condition {
            "default" | "node" | "node-addons" => true,
            "import" => self == Self::Import,
            "require" => self == Self::Require,
            _ => false,
        }
    }
}

/// What Node loads for the bare name of the package whose folder is `folder` (relative to the tree's root), taking the
/// file `assumed` for there: whether it is, is another rule's business.
#[must_use]
pub fn package_entry(tree: &Tree, folder: &str, package: &Package, loader: Loader, assumed: &str) -> Entry {
    let exists =
        |relative: &str| relative == assumed || tree.resolved_size(format!("{folder}/{relative}").as_bytes()).is_some();
    if let Some(exports) = package.get("exports").filter(|exports| !exports.is_null()) {
        let target = main_export(exports).and_then(|target| export_target(target, loader));
        return match target.filter(|target| exists(target)) {
            Some(target) => Entry::File(target),
            None => Entry::Nothing { field: "exports", value: Some(exports.to_string()) },
        };
    }
    let main = package.string("main");
    if let Some(main) = main {
        // `import` reads `main` as a URL, in which a backslash counts as a slash.
        let main = if loader == Loader::Import { main.replace('\\', "/") } else { main.to_owned() };
        let trimmed = main.strip_prefix("./").unwrap_or(&main);
        let found = MAIN_SUFFIXES.iter().map(|suffix| format!("{trimmed}{suffix}")).find(|candidate| exists(candidate));
        if let Some(found) = found {
            return Entry::File(found);
        }
    }
    match (main, FALLBACKS.into_iter().find(|candidate| exists(candidate))) {
        (Some(_), Some(found)) => Entry::Fallback(found.to_owned()),
        (None, Some(found)) => Entry::File(found.to_owned()),
        (main, None) => Entry::Nothing { field: "main", value: main.map(|main| Value::from(main).to_string()) },
    }
}

/// The part of `exports` that stands for the package's bare name.
fn main_export(exports: &Value) -> Option<&Value> {
    match exports {
        Value::Object(map) if map.keys().any(|key| key.starts_with('.')) => {
            // Conditions beside subpaths are ERR_INVALID_PACKAGE_CONFIG.
            map.keys().all(|key| key.starts_with('.')).then(|| map.get("."))?
        }
        other => Some(other),
    }
}

/// The file that a target names, if it is one that Node accepts; nothing for `null`, for a target outside the
/// package and for conditions none of which applies.
fn export_target(target: &Value, loader: Loader) -> Option<String> {
    match target {
        Value::String(path) => {
            let inside = path.strip_prefix("./")?;
            let valid = inside.split(['/', '\\']).all(|segment| !matches!(segment, ".." | "." | "node_modules"));
            valid.then(|| inside.to_owned())
        }
        Value::Array(targets) => targets.iter().find_map(|target| export_target(target, loader)),
        Value::Object(conditions) => {
            conditions.iter().filter(|(condition, _)| loader.accepts(condition)).find_map(
                |(_, target)| match target {
                    // `null` ends the search, it does not pass it on.
                    Value::Null => Some(None),
                    target => export_target(target, loader).map(Some),
                },
            )?
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tree::{FileData, Kind, Meta};

    fn tree(files: &[&str]) -> Tree {
        let mut tree = Tree::new();
        for file in files {
            let mut at = tree.root();
            let (folders, name) = file.rsplit_once('/').unwrap_or(("", file));
            for folder in ["p"].into_iter().chain(folders.split('/').filter(|folder| !folder.is_empty())) {
                at = tree
                    .child(at, folder.as_bytes())
                    .unwrap_or_else(|| tree.insert(at, folder.as_bytes(), Kind::Directory, Meta::IMPLIED));
            }
            let data = tree.add_file(FileData::of_size(1));
            tree.insert(at, name.as_bytes(), Kind::File(data), Meta::IMPLIED);
        }
        tree
    }

    #[test]
    fn resolves_as_node_does() {
        let file = |path: &str| Entry::File(path.into());
        let nothing = |field, value: &str| Entry::Nothing { field, value: (!value.is_empty()).then(|| value.into()) };
        for (case, json, files, expected) in [
            ("main", r#"{"main":"dist/index.js"}"#, &["dist/index.js"][..], file("dist/index.js")),
            ("main with ./", r#"{"main":"./dist/index.js"}"#, &["dist/index.js"], file("dist/index.js")),
            ("main without its extension", r#"{"main":"dist/index"}"#, &["dist/index.js"], file("dist/index.js")),
            ("main written on Windows", r#"{"main":"dist\\index.js"}"#, &["dist/index.js"], file("dist/index.js")),
            ("main is a folder", r#"{"main":"dist"}"#, &["dist/index.js"], file("dist/index.js")),
            ("no main", "{}", &["index.js"], file("index.js")),
            (
                "main leads nowhere, index.js does not",
                r#"{"main":"x.js"}"#,
                &["index.js"],
                Entry::Fallback("index.js".into()),
            ),
            ("main leads nowhere", r#"{"main":"x.js"}"#, &["a.js"], nothing("main", "\"x.js\"")),
            ("no main and no index.js", "{}", &["a.js"], nothing("main", "")),
            ("exports is a string", r#"{"exports":"./a.js","main":"x"}"#, &["a.js"], file("a.js")),
            (
                "exports by condition",
                r#"{"exports":{"types":"./a.d.ts","import":"./a.js","require":"./b.cjs"}}"#,
                &["a.js"],
                file("a.js"),
            ),
            (
                "exports with subpaths",
                r#"{"exports":{".":{"default":"./a.js"},"./x":"./x.js"}}"#,
                &["a.js"],
                file("a.js"),
            ),
            (
                "exports only for require",
                r#"{"exports":{"require":"./a.js"}}"#,
                &["a.js"],
                nothing("exports", r#"{"require":"./a.js"}"#),
            ),
            (
                "the first condition that applies decides",
                r#"{"exports":{"node":null,"default":"./a.js"}}"#,
                &["a.js"],
                nothing("exports", r#"{"node":null,"default":"./a.js"}"#),
            ),
            (
                "exports without the bare name",
                r#"{"exports":{"./x":"./a.js"}}"#,
                &["a.js"],
                nothing("exports", r#"{"./x":"./a.js"}"#),
            ),
            ("exports never falls back", r#"{"exports":"./x.js"}"#, &["index.js"], nothing("exports", "\"./x.js\"")),
            ("exports outside", r#"{"exports":"./../a.js"}"#, &["a.js"], nothing("exports", "\"./../a.js\"")),
            (
                "subpaths and conditions mixed",
                r#"{"exports":{".":"./a.js","import":"./a.js"}}"#,
                &["a.js"],
                nothing("exports", r#"{".":"./a.js","import":"./a.js"}"#),
            ),
            ("a file that is taken for there", r#"{"main":"assumed.js"}"#, &[], file("assumed.js")),
            ("an array takes the first valid target", r#"{"exports":["a.js","./a.js"]}"#, &["a.js"], file("a.js")),
        ] {
            let package = Package::parse(json.as_bytes()).unwrap();
            assert_eq!(package_entry(&tree(files), "p", &package, Loader::Import, "assumed.js"), expected, "{case}");
        }
    }
}
