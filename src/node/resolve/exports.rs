//! `exports` and `imports` of a package.json (esm.md, `PACKAGE_EXPORTS_RESOLVE`, `PACKAGE_IMPORTS_RESOLVE` and
//! `PACKAGE_TARGET_RESOLVE`).

use super::failure::{ResolveFailure, ResolveRefusal};
use super::specifier::{Specifier, join, url_path};
use super::{Loader, ResolveRequest, ResolvedTarget, Resolver, Target};
use crate::tree::nodes::NodeId;
use serde_json::Value;

/// Levels of conditions and arrays that are followed.
const DEEPEST: usize = 64;

/// Steps of looking up in all, for one bundle: patterns compared, keys and targets looked at. A package of a thousand
/// patterns that ten thousand imports ask takes ten million; the largest that were met (date-fns, lodash-es, core-js) need
/// no more than thousands. Beyond that nothing is looked up, and the bundle is refused.
const MAX_STEPS: u64 = 20_000_000;
/// What a target costs beside comparing a pattern: it is looked up in the tree, or refused with a message.
const STEPS_OF_A_TARGET: u64 = 40;

/// Where a target stands.
struct ExportsField<'a> {
    asked: &'a ResolveRequest<'a>,
    folder: NodeId,
    /// `exports` or `imports`.
    name: &'static str,
    /// The key: a subpath, or a name with `#`.
    key: &'a str,
    /// What the `*` of the key stands for.
    star: Option<&'a str>,
}

/// Where a target leads.
enum Led {
    To(Target),
    /// It is `null`: there is nothing, and the search ends.
    Closed,
    /// None of its conditions applies: the search goes on.
    Nowhere,
}

impl Led {
    fn target(self) -> Option<Target> {
        match self {
            Self::To(target) => Some(target),
            Self::Closed | Self::Nowhere => None,
        }
    }
}

impl Resolver<'_> {
    /// A subpath of a package that has `exports`.
    pub(super) fn exported(
        &self,
        asked: &ResolveRequest<'_>,
        folder: NodeId,
        exports: &Value,
        subpath: &str,
    ) -> ResolvedTarget {
        let package_json = || self.package_json_of(folder);
        let paths = match exports {
            Value::Object(map) => {
                let dotted = *self
                    .dotted
                    .borrow_mut()
                    .entry(folder)
                    .or_insert_with(|| map.keys().filter(|key| key.starts_with('.')).count());
                if dotted != 0 && dotted != map.len() {
                    let what = "\"exports\" cannot contain some keys starting with '.' and some not.";
                    return Err(self.invalid_config(asked, folder, what));
                }
                (dotted != 0).then_some(map)
            }
            _ => None,
        };
        let found = match paths {
            // Only these three are taken for the target of the package's name (`isConditionalExportsMainSugar`).
            None if subpath == "." && (exports.is_string() || exports.is_array() || exports.is_object()) => {
                let field = ExportsField { asked, folder, name: "exports", key: ".", star: None };
                self.target(&field, exports, 0)
            }
            None => Ok(Led::Nowhere),
            Some(map) => match self.matching(folder, map, subpath)? {
                Some((key, value, star)) => {
                    self.target(&ExportsField { asked, folder, name: "exports", key, star }, value, 0)
                }
                None => Ok(Led::Nowhere),
            },
        };
        found?.target().ok_or_else(|| {
            let from = if asked.loader == Loader::Import { self.imported_from(asked) } else { String::new() };
            let shown = format!("{}/package.json", self.shown(folder));
            let what = match subpath {
                "." => format!("No \"exports\" main defined in {shown}"),
                subpath => format!("Package subpath '{subpath}' is not defined by \"exports\" in {shown}"),
            };
            let message = format!("Error [ERR_PACKAGE_PATH_NOT_EXPORTED]: {what}{from}");
            ResolveRefusal { failure: ResolveFailure::NotExported { package_json: package_json() }, message }
        })
    }

    /// Whether the package that a file belongs to has `imports`.
    pub(super) fn has_imports(&self, asked: &ResolveRequest<'_>) -> Result<bool, ResolveRefusal> {
        let package = self.own_package(asked)?;
        Ok(package.is_some_and(|(_, package)| self.field(&package, "imports").is_some()))
    }

    /// `#name`.
    pub(super) fn internal(&self, asked: &ResolveRequest<'_>, name: &str) -> ResolvedTarget {
        let is_closed = name.starts_with("#/") && !self.node.imports_slash_names();
        if name == "#" || is_closed || name.ends_with('/') {
            return Err(self.invalid_specifier(asked, name, "is not a valid internal imports specifier name"));
        }
        let (scope, package) = self.own_package(asked)?.unzip();
        let imports = package.as_deref().and_then(|package| self.field(package, "imports")).and_then(Value::as_object);
        let entry = match (scope, imports) {
            (Some(folder), Some(imports)) => self.matching(folder, imports, name)?,
            _ => None,
        };
        let found = match (scope, entry) {
            (Some(folder), Some((key, value, star))) => {
                self.target(&ExportsField { asked, folder, name: "imports", key, star }, value, 0)?.target()
            }
            _ => None,
        };
        found.ok_or_else(|| {
            let of =
                scope.map_or_else(String::new, |folder| format!(" in package {}/package.json", self.shown(folder)));
            let message = format!(
                "TypeError [ERR_PACKAGE_IMPORT_NOT_DEFINED]: Package import specifier \"{name}\" is not defined{of}{}",
                self.imported_from(asked)
            );
            ResolveRefusal { failure: ResolveFailure::NotDefined, message }
        })
    }

    /// The entry for a key: the exact one, or the pattern that fits best.
    fn matching<'m, 'k: 'm>(
        &self,
        folder: NodeId,
        map: &'m serde_json::Map<String, Value>,
        key: &'k str,
    ) -> Result<Option<Entry<'m>>, ResolveRefusal> {
        if let Some(found) = exact(map, key) {
            return Ok(Some(found));
        }
        self.takes(folder, map.len() as u64)?;
        Ok(by_pattern(map, key))
    }

    /// Takes so many steps, if so many are left.
    fn takes(&self, folder: NodeId, steps: u64) -> Result<(), ResolveRefusal> {
        let taken = self.steps.get().saturating_add(steps);
        self.steps.set(taken);
        if taken <= MAX_STEPS {
            return Ok(());
        }
        let what = "one whose `exports` or `imports` take more looking up than any real ones";
        let failure = ResolveFailure::NotJudged { path: self.package_json_of(folder), what };
        Err(ResolveRefusal { failure, message: String::new() })
    }

    /// What a target leads to.
    fn target(&self, field: &ExportsField<'_>, target: &Value, depth: usize) -> Result<Led, ResolveRefusal> {
        if depth > DEEPEST {
            return Ok(Led::To(Target::Unknown));
        }
        match target {
            Value::String(path) => self.target_path(field, path).map(Led::To),
            Value::Array(targets) => {
                let mut last = Ok(if targets.is_empty() { Led::Closed } else { Led::Nowhere });
                for target in targets {
                    self.takes(field.folder, STEPS_OF_A_TARGET)?;
                    match self.target(field, target, depth + 1) {
                        Err(refusal) if matches!(refusal.failure, ResolveFailure::InvalidTarget { .. }) => {
                            last = Err(refusal)
                        }
                        Ok(Led::Nowhere) => {}
                        Ok(Led::Closed) => last = Ok(Led::Closed),
                        done => return done,
                    }
                }
                last
            }
            Value::Object(conditions) => {
                self.takes(field.folder, conditions.len() as u64)?;
                if conditions.keys().any(|key| is_index(key)) {
                    let what = "\"exports\" cannot contain numeric property keys.";
                    return Err(self.invalid_config(field.asked, field.folder, what));
                }
                // The first in the order of the file wins, whatever is more special: `default` before `import` hides it
                // (packages.md, "Conditional exports"). So serde_json has to keep the order.
                for (_, target) in conditions.iter().filter(|(condition, _)| self.applies(field, condition)) {
                    match self.target(field, target, depth + 1)? {
                        Led::Nowhere => {}
                        led => return Ok(led),
                    }
                }
                Ok(Led::Nowhere)
            }
            Value::Null => Ok(Led::Closed),
            other => Err(self.invalid_target(field, &format!("\"{other}\""))),
        }
    }

    /// Whether a condition applies (packages.md, "Conditional exports").
    fn applies(&self, field: &ExportsField<'_>, condition: &str) -> bool {
        match condition {
            "default" | "node" | "node-addons" => true,
            "import" => field.asked.loader == Loader::Import,
            "require" => field.asked.loader == Loader::Require,
            "module-sync" => self.node.knows_module_sync(),
            _ => false,
        }
    }

    fn target_path(&self, field: &ExportsField<'_>, path: &str) -> ResolvedTarget {
        let asked = field.asked;
        let whole = field.star.map_or_else(|| path.to_owned(), |star| path.replace('*', star));
        let Some(inside) = path.strip_prefix("./") else {
            let elsewhere = field.name == "imports" && !path.starts_with("../") && !path.starts_with('/');
            if !elsewhere {
                return Err(self.invalid_target(field, &format!("\"{path}\"")));
            }
            let package_json = self.file_in(field.folder, b"package.json").unwrap_or(field.folder);
            // An address is refused, one with `node:` too.
            if matches!(Specifier::of(&whole), Specifier::Address(..)) {
                return Err(self.invalid_target(field, &format!("\"{path}\"")));
            }
            if self.node.has_builtin(&whole) {
                return Ok(Target::Outside);
            }
            // The package is looked for from the package.json, which the message names too.
            let asked = ResolveRequest { specifier: &whole, from: package_json, loader: Loader::Import };
            return self.import_package(&asked, &whole, package_json);
        };
        if has_invalid_segment(inside) {
            return Err(self.invalid_target(field, &format!("\"{path}\"")));
        }
        if field.star.is_some_and(has_invalid_segment) {
            let why = format!("request is not a valid match in pattern \"{}\"", field.key);
            return Err(self.invalid_specifier(asked, asked.specifier, &why));
        }
        let base = self.tree.path(field.folder);
        match asked.loader {
            Loader::Import => self.import_url(asked, base.as_bytes(), &whole),
            Loader::Require => {
                let path = url_path(&whole).and_then(|path| join(base.as_bytes(), &path));
                // A target names its file in full. `require` adds no extension here, and does not look for an
                // `index.js` (measured with 20.20).
                let id = path.as_ref().and_then(|path| self.at(path)).filter(|id| self.tree.file(*id).is_some());
                id.map(Target::File).ok_or_else(|| {
                    let path = path.unwrap_or_default();
                    let message = format!("Error: Cannot find module '{}'", self.shown_path(&path));
                    ResolveRefusal {
                        failure: ResolveFailure::NotFound { path: String::from_utf8_lossy(&path).into_owned() },
                        message,
                    }
                })
            }
        }
    }

    /// Keys that cannot stand where they do.
    fn invalid_config(&self, asked: &ResolveRequest<'_>, folder: NodeId, what: &str) -> ResolveRefusal {
        let importing = match asked.loader {
            Loader::Import => format!(" while importing file://{}", self.shown(asked.from)),
            Loader::Require => String::new(),
        };
        let message = format!(
            "Error [ERR_INVALID_PACKAGE_CONFIG]: Invalid package config {}/package.json{importing}. {what}",
            self.shown(folder)
        );
        let package_json = self.package_json_of(folder);
        ResolveRefusal { failure: ResolveFailure::InvalidPackage { package_json }, message }
    }

    fn invalid_target(&self, field: &ExportsField<'_>, target: &str) -> ResolveRefusal {
        let plain = target.trim_matches('"');
        let relative = field.name == "exports" && !plain.is_empty() && !plain.starts_with("./");
        let hint = if relative { "; targets must start with \"./\"" } else { "" };
        let what = match (field.name, field.key) {
            ("exports", ".") => format!("Invalid \"exports\" main target {target} defined"),
            (name, key) => format!("Invalid \"{name}\" target {target} defined for '{key}'"),
        };
        let from = match (field.asked.loader, field.name) {
            (Loader::Require, "exports") => String::new(),
            _ => self.imported_from(field.asked),
        };
        let message = format!(
            "Error [ERR_INVALID_PACKAGE_TARGET]: {what} in the package config {}/package.json{from}{hint}",
            self.shown(field.folder)
        );
        ResolveRefusal {
            failure: ResolveFailure::InvalidTarget { package_json: self.package_json_of(field.folder) },
            message,
        }
    }
}

/// A key, its value, and what the `*` of the key stands for.
type Entry<'m> = (&'m str, &'m Value, Option<&'m str>);

/// The entry for a key, by the key itself.
fn exact<'m>(map: &'m serde_json::Map<String, Value>, key: &str) -> Option<Entry<'m>> {
    if !key.contains('*')
        // A key with a slash at its end once mapped a folder; Node 17 took that out (deprecations.md, DEP0148), and now
        // it fits nothing (measured with 20.20).
        && !key.ends_with('/')
        && let Some((known, value)) = map.get_key_value(key)
    {
        return Some((known, value, None));
    }
    None
}

/// The entry whose pattern fits a key and is longest before its `*` (`PATTERN_KEY_COMPARE`).
fn by_pattern<'m, 'k: 'm>(map: &'m serde_json::Map<String, Value>, key: &'k str) -> Option<Entry<'m>> {
    let patterns = map.iter().filter_map(|(pattern, value)| {
        let (before, after) = pattern.split_once('*')?;
        let star = key.strip_prefix(before)?.strip_suffix(after)?;
        // `*` stands for at least one character: `./x*` does not have `./x` (measured with 20.20).
        let fits = !after.contains('*') && key.len() >= pattern.len() && !star.is_empty();
        fits.then_some((before.len(), pattern.as_str(), value, star))
    });
    let best = patterns.max_by_key(|(before, pattern, ..)| (*before, pattern.len()))?;
    Some((best.1, best.2, Some(best.3)))
}

/// Whether a key is a number as JavaScript writes it, below 2^32 - 1 (`isArrayIndex`).
fn is_index(key: &str) -> bool {
    key.parse::<f64>().is_ok_and(|number| (0.0..4_294_967_295.0).contains(&number) && number.to_string() == key)
}

/// Whether a path has a segment that could lead outside its package (`invalidSegmentRegEx`).
fn has_invalid_segment(path: &str) -> bool {
    path.split(['/', '\\']).any(|segment| {
        let plain = segment.to_ascii_lowercase().replace("%2e", ".");
        let spelt = url_path(&plain).map_or(plain.clone(), |bytes| String::from_utf8_lossy(&bytes).into_owned());
        matches!(plain.as_str(), "." | "..") || spelt == "node_modules"
    })
}
