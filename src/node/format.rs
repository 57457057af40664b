//! As what Node takes a file, however it came to it: by its extension, the `type` of the nearest package.json, how it is
//! asked for, and the version.
//!
//! Source: Node's `lib/internal/modules/esm/get_format.js` and `lib/internal/modules/cjs/loader.js` of 18.20, 20.20, 22.23
//! and 24.22; every combination is measured (`tests/lab/imports_grid.py`).

use super::node_version::NodeVersion;

/// How a module is asked for: it selects the conditions of `exports`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Loader {
    /// `import`.
    Import,
    /// `require`.
    Require,
}

/// What `type` of a package.json says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PackageType {
    /// `"type": "module"`.
    Module,
    /// `"type": "commonjs"`.
    CommonJs,
    /// Nothing, or something else.
    Unstated,
}

/// As what a file is taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum ModuleFormat {
    /// An ES module.
    Module,
    /// CommonJS, whatever is in it.
    CommonJs,
    /// CommonJS, or an ES module where it only parses as one.
    Detected,
    /// CommonJS to whoever imports it; once its turn comes it is run as an ES module where it only parses as one.
    DetectedLate,
    /// JSON.
    Json,
    /// WebAssembly.
    Wasm,
    /// A native addon.
    Addon,
    /// TypeScript, whose types are stripped.
    TypeScript,
    /// TypeScript below `node_modules`, whose types are never stripped.
    ForeignTypeScript,
    /// Nothing that it loads: the extension, with its dot.
    Unknown(String),
}

/// What is asked about.
#[derive(Clone, Copy)]
pub(crate) struct FormatQuestion<'a> {
    /// The file's path from the root.
    pub path: &'a [u8],
    /// Whether it begins as WebAssembly does, and has no extension.
    pub is_wasm: bool,
    /// What the nearest package.json says.
    pub package_type: PackageType,
    /// Who asks.
    pub loader: Loader,
    /// Who runs it.
    pub node: NodeVersion,
}

/// As what Node takes a file.
#[must_use]
pub(crate) fn format_of(question: &FormatQuestion<'_>) -> ModuleFormat {
    match question.loader {
        Loader::Import => imported(question),
        Loader::Require => required(question),
    }
}

/// Whether the nearest package.json decides about a file of that name, so that Node reads it.
#[must_use]
pub(crate) fn asks_package(name: &[u8], loader: Loader, node: NodeVersion) -> bool {
    match (extension_of(name), loader) {
        (".js", _) => true,
        ("", Loader::Import) => true,
        (".ts", _) => node.strips_types(),
        _ => name.ends_with(b".js"),
    }
}

fn imported(question: &FormatQuestion<'_>) -> ModuleFormat {
    let FormatQuestion { package_type, node, .. } = *question;
    let extension = extension_of(name_of(question.path));
    match extension {
        ".js" => by_type(package_type, node),
        "" if question.is_wasm && node.imports_wasm() && package_type != PackageType::CommonJs => ModuleFormat::Wasm,
        "" if package_type == PackageType::CommonJs => late(node),
        "" => by_type(package_type, node),
        ".mjs" => ModuleFormat::Module,
        ".cjs" => ModuleFormat::CommonJs,
        ".json" => ModuleFormat::Json,
        ".wasm" if node.imports_wasm() => ModuleFormat::Wasm,
        ".node" if node.imports_addons() => ModuleFormat::Addon,
        ".ts" | ".mts" | ".cts" if node.strips_types() => typescript(question.path),
        other => ModuleFormat::Unknown(other.to_owned()),
    }
}

fn required(question: &FormatQuestion<'_>) -> ModuleFormat {
    let FormatQuestion { path, package_type, node, .. } = *question;
    let name = name_of(path);
    // `findLongestRegisteredExtension`: of `.js`, `.json` and `.node` the longest that the name ends with; whatever has
    // none of them is code. A name that begins with its only dot has none.
    match extension_of(name) {
        ".json" => return ModuleFormat::Json,
        ".node" => return ModuleFormat::Addon,
        _ => {}
    }
    if name.ends_with(b".mjs") {
        return ModuleFormat::Module;
    }
    if name.ends_with(b".cjs") {
        return ModuleFormat::CommonJs;
    }
    if name.ends_with(b".js") {
        return by_type(package_type, node);
    }
    if node.strips_types() && [&b".ts"[..], b".mts", b".cts"].iter().any(|ending| name.ends_with(ending)) {
        return typescript(path);
    }
    // `type` is not asked about any other: it is detected, even where `type` says "commonjs".
    if node.requires_modules() { ModuleFormat::Detected } else { ModuleFormat::CommonJs }
}

fn by_type(package_type: PackageType, node: NodeVersion) -> ModuleFormat {
    match package_type {
        PackageType::Module => ModuleFormat::Module,
        PackageType::Unstated if node.detects_module_syntax() => ModuleFormat::Detected,
        PackageType::CommonJs | PackageType::Unstated => ModuleFormat::CommonJs,
    }
}

/// A file without an extension in a package of CommonJS: `import` takes it for CommonJS, and hands it to the loader of
/// `require`, which detects.
fn late(node: NodeVersion) -> ModuleFormat {
    if node.requires_modules() { ModuleFormat::DetectedLate } else { ModuleFormat::CommonJs }
}

fn typescript(path: &[u8]) -> ModuleFormat {
    let foreign = path.split(|byte| *byte == b'/').any(|part| part == b"node_modules");
    if foreign { ModuleFormat::ForeignTypeScript } else { ModuleFormat::TypeScript }
}

fn name_of(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)
}

/// The extension as Node takes it, with its dot; empty for none.
#[must_use]
pub(crate) fn extension_of(name: &[u8]) -> &str {
    let dot = name.iter().rposition(|byte| *byte == b'.').filter(|dot| *dot > 0);
    dot.and_then(|dot| std::str::from_utf8(name.get(dot..)?).ok()).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_taken_for_what_node_takes_it() {
        let unknown = |extension: &str| ModuleFormat::Unknown(extension.to_owned());
        let (import, require) = (Loader::Import, Loader::Require);
        let (module, commonjs, unstated) = (PackageType::Module, PackageType::CommonJs, PackageType::Unstated);
        for (path, loader, package_type, expected) in [
            (
                "dist/a.js",
                import,
                module,
                [ModuleFormat::Module, ModuleFormat::Module, ModuleFormat::Module, ModuleFormat::Module],
            ),
            (
                "dist/a.js",
                require,
                unstated,
                [ModuleFormat::CommonJs, ModuleFormat::Detected, ModuleFormat::Detected, ModuleFormat::Detected],
            ),
            (
                "dist/a",
                import,
                commonjs,
                [
                    ModuleFormat::CommonJs,
                    ModuleFormat::DetectedLate,
                    ModuleFormat::DetectedLate,
                    ModuleFormat::DetectedLate,
                ],
            ),
            (
                "dist/a",
                require,
                module,
                [ModuleFormat::CommonJs, ModuleFormat::Detected, ModuleFormat::Detected, ModuleFormat::Detected],
            ),
            (
                "dist/a.ts",
                import,
                module,
                [unknown(".ts"), unknown(".ts"), ModuleFormat::TypeScript, ModuleFormat::TypeScript],
            ),
            (
                "node_modules/x/a.mts",
                import,
                module,
                [unknown(".mts"), unknown(".mts"), ModuleFormat::ForeignTypeScript, ModuleFormat::ForeignTypeScript],
            ),
            (
                "dist/a.txt",
                require,
                commonjs,
                [ModuleFormat::CommonJs, ModuleFormat::Detected, ModuleFormat::Detected, ModuleFormat::Detected],
            ),
            (
                "dist/a.x.json",
                require,
                module,
                [ModuleFormat::Json, ModuleFormat::Json, ModuleFormat::Json, ModuleFormat::Json],
            ),
            (
                "dist/a.wasm",
                import,
                module,
                [unknown(".wasm"), unknown(".wasm"), ModuleFormat::Wasm, ModuleFormat::Wasm],
            ),
            (
                "dist/a.node",
                import,
                module,
                [unknown(".node"), unknown(".node"), unknown(".node"), ModuleFormat::Addon],
            ),
        ] {
            for (line, expected) in [18, 20, 22, 24].into_iter().zip(expected) {
                let node = NodeVersion::newest(line);
                let question = FormatQuestion { path: path.as_bytes(), is_wasm: false, package_type, loader, node };
                assert_eq!(format_of(&question), expected, "{path} {loader:?} {package_type:?} on {line}");
            }
        }
    }
}
