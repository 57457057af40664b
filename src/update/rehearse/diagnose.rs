//! What failed, under the name of the rule that knows this fault: told from the words of node, the package managers and
//! tar, which the lab measures (`tests/lab/rehearse.py`; docs/reference/field-facts.md,
//! "What the package managers make of a dependency on the shared package", "What Node says").

use crate::update::UpdateStep;
use crate::update::documented_paths::{ENTRY_POINT, SHARED_PACKAGE, SHARED_SOURCE};

/// What stood at the shared package's place once the archive was extracted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ShippedPackage {
    /// A copy with its entry point.
    Copy,
    /// A copy without it.
    Hollow,
    /// A link.
    Link,
    /// Nothing.
    Nothing,
}

/// What the extracted bundle looked like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    /// With a `package.json` or `dist/` at its root.
    Flat,
    /// With `apps/agent/`.
    Nested,
    /// Everything below one folder.
    Wrapped,
}

/// A step that failed.
#[derive(Clone, Debug)]
pub(super) struct AgentDeath<'a> {
    /// Which.
    pub step: UpdateStep,
    /// What the failing command wrote.
    pub output: &'a str,
    /// The deployed bundle's path.
    pub bundle: &'a str,
    /// The shared package, as shipped.
    pub shipped: ShippedPackage,
    /// The layout, as shipped.
    pub shape: Shape,
    /// Whether the entry point is a file with nothing in it.
    pub empty_entry: bool,
    /// Whether there is no package.json, so that nothing was installed.
    pub no_manifest: bool,
    /// Whether the shared package is another build now than the copy that was shipped.
    pub replaced: bool,
}

/// What a failure is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum RehearsalDiagnosis {
    /// A fault that a rule of `check` knows.
    Rule {
        /// Its id.
        id: &'static str,
        /// Where, relative to the bundle.
        path: Option<String>,
    },
    /// Not the bundle's fault, or not known to be: what stands in the way, and what to do.
    Machine {
        /// What was seen.
        what: String,
        /// What to do.
        help: String,
    },
    /// Something that no rule names.
    Other,
}

const fn rule(id: &'static str) -> RehearsalDiagnosis {
    RehearsalDiagnosis::Rule { id, path: None }
}

/// Names a failure.
#[must_use]
pub(super) fn diagnose(failure: &AgentDeath<'_>) -> RehearsalDiagnosis {
    let output = failure.output;
    if output.contains("ENOSPC") || output.contains("No space left on device") {
        return machine("no space is left on the device", "set TMPDIR to a folder with more room");
    }
    match failure.step {
        UpdateStep::Extract if output.contains("contains '..'") => rule("archive-unsafe-path"),
        UpdateStep::Extract => rule("archive-unreadable"),
        UpdateStep::Install => installing(failure),
        // Step 5 made a link there, which leads to nothing.
        UpdateStep::Shared if output.contains("cannot overwrite non-directory") => rule("local-protocol"),
        UpdateStep::Shared => rule("update-drops-shared"),
        UpdateStep::Restart => starting(failure),
        UpdateStep::Download | UpdateStep::Backup | UpdateStep::Clean | UpdateStep::Unit => RehearsalDiagnosis::Other,
    }
}

fn machine(what: &str, help: &str) -> RehearsalDiagnosis {
    RehearsalDiagnosis::Machine { what: what.to_owned(), help: help.to_owned() }
}

/// What pnpm and npm say when the registry cannot be asked.
const UNREACHABLE: [&str; 14] = [
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ECONNRESET",
    "ETIMEDOUT",
    "ENETUNREACH",
    "EHOSTUNREACH",
    "ERR_SOCKET_TIMEOUT",
    "SELF_SIGNED_CERT",
    "UNABLE_TO_",
    "CERT_HAS_EXPIRED",
    "ERR_PNPM_META_FETCH_FAIL",
    "ERR_PNPM_FETCH_5",
    "npm error code E5",
];
/// What they say when `--offline` forbids asking it.
const NOT_CACHED: [&str; 4] =
    ["ENOTCACHED", "ERR_PNPM_NO_OFFLINE_META", "ERR_PNPM_NO_OFFLINE_TARBALL", "ERR_PNPM_NO_MATCHING_VERSION_OFFLINE"];
/// What they say when it wants another user.
const UNAUTHORISED: [&str; 4] =
    ["ERR_PNPM_FETCH_401", "ERR_PNPM_FETCH_403", "npm error code E401", "npm error code E403"];

fn installing(failure: &AgentDeath<'_>) -> RehearsalDiagnosis {
    let output = failure.output;
    let says = |words: &[&str]| words.iter().any(|word| output.contains(word));
    if says(&["ERR_PNPM_WORKSPACE_PKG_NOT_FOUND", "Unsupported URL Type \"workspace:\""]) {
        return rule("workspace-protocol");
    }
    if says(&[
        "EUNSUPPORTEDPROTOCOL",
        "ERR_PNPM_LINKED_PKG_DIR_NOT_FOUND",
        "ERR_PNPM_CATALOG_ENTRY_",
        "ERR_PNPM_SPEC_NOT_SUPPORTED_BY_ANY_RESOLVER",
    ]) {
        return rule("local-protocol");
    }
    if says(&NOT_CACHED) {
        return machine(
            "a package is not in the package manager's cache, and --offline forbids asking the registry",
            "install the bundle's dependencies once with the network, or leave out --offline",
        );
    }
    if says(&["ERR_PNPM_FETCH_404", "npm error code E404"]) && output.contains("server-flow") {
        return rule("local-protocol");
    }
    if says(&UNAUTHORISED) {
        return machine("the registry wants another user", "log in to it as the server does, then rehearse again");
    }
    if says(&UNREACHABLE) {
        return machine(
            "the registry cannot be reached",
            "try again with the network, or with --offline where the cache has everything",
        );
    }
    if says(&["ERR_PNPM_NO_PKG_MANIFEST", "ENOENT: no such file or directory, open"]) && output.contains("package.json")
    {
        return rule(match failure.shape {
            Shape::Wrapped => "archive-wrapped",
            Shape::Flat | Shape::Nested => "package-json-missing",
        });
    }
    if says(&["ERR_PNPM_JSON_PARSE", "ERR_PNPM_BAD_PACKAGE_JSON", "EJSONPARSE", "is not valid JSON"]) {
        return rule("package-json-invalid");
    }
    if says(&["npm error command sh -c"]) {
        return rule("install-script");
    }
    RehearsalDiagnosis::Other
}

/// What node says that names a file's format.
const FORMAT: [&str; 8] = [
    "Cannot use import statement outside a module",
    "Unexpected token 'export'",
    "Cannot use 'import.meta' outside a module",
    "is not defined in ES module scope",
    "[ERR_REQUIRE_ESM]",
    "[ERR_REQUIRE_ASYNC_MODULE]",
    "[ERR_AMBIGUOUS_MODULE_SYNTAX]",
    "await is only valid in async functions and the top level bodies of modules",
];
/// What it says of a specifier that leads to no module.
const UNRESOLVED: [&str; 9] = [
    "[ERR_IMPORT_ASSERTION_TYPE_",
    "[ERR_IMPORT_ATTRIBUTE_",
    "[ERR_UNSUPPORTED_ESM_URL_SCHEME]",
    "[ERR_UNSUPPORTED_DIR_IMPORT]",
    "[ERR_UNKNOWN_FILE_EXTENSION]",
    "[ERR_INVALID_MODULE_SPECIFIER]",
    "[ERR_UNKNOWN_BUILTIN_MODULE]",
    "[ERR_PACKAGE_IMPORT_NOT_DEFINED]",
    "[ERR_UNSUPPORTED_RESOLVE_REQUEST]",
];

fn starting(failure: &AgentDeath<'_>) -> RehearsalDiagnosis {
    let output = failure.output;
    let says = |words: &[&str]| words.iter().any(|word| output.contains(word));
    if says(&["EADDRINUSE"]) {
        return machine(
            "the agent's port is taken on this machine, so whether it starts cannot be told",
            "end what listens there (`ss -ltnp` names it), then rehearse again",
        );
    }
    if failure.empty_entry {
        return rule("entry-point-missing");
    }
    if let Some(found) = not_found(failure) {
        return found;
    }
    // The shipped copy may well have had what is missed now.
    let of_shared = [format!("'{SHARED_PACKAGE}"), format!("{SHARED_PACKAGE}/"), format!("{SHARED_SOURCE}/")];
    if failure.replaced && key_line(output).is_some_and(|line| of_shared.iter().any(|words| line.contains(words))) {
        return rule("update-drops-shared");
    }
    let path = || stack_path(failure);
    if says(&["does not provide an export named"]) || (says(&["Named export '"]) && says(&["' not found"])) {
        return RehearsalDiagnosis::Rule { id: "missing-export", path: path() };
    }
    if says(&FORMAT) {
        return RehearsalDiagnosis::Rule { id: "module-format-mismatch", path: path() };
    }
    if says(&["[ERR_INVALID_PACKAGE_CONFIG]"]) {
        return rule(if names_shared(output) { "shared-package-json-invalid" } else { "package-json-invalid" });
    }
    if says(&["[ERR_PACKAGE_PATH_NOT_EXPORTED]", "[ERR_INVALID_PACKAGE_TARGET]"]) {
        let main = output.contains("No \"exports\" main defined") || output.contains("[ERR_INVALID_PACKAGE_TARGET]");
        let shared = main && names_shared(output);
        return rule(if shared { "shared-package-json-invalid" } else { "unresolved-import" });
    }
    if says(&UNRESOLVED) {
        return RehearsalDiagnosis::Rule { id: "unresolved-import", path: path() };
    }
    if output.lines().any(|line| line.starts_with("SyntaxError: ")) {
        return RehearsalDiagnosis::Rule { id: "module-syntax-error", path: path() };
    }
    RehearsalDiagnosis::Other
}

/// `Cannot find package 'X' imported from F`, `Cannot find module 'X'`.
fn not_found(failure: &AgentDeath<'_>) -> Option<RehearsalDiagnosis> {
    let line = failure
        .output
        .lines()
        .find(|line| line.contains("Cannot find package '") || line.contains("Cannot find module '"))?;
    let target = between(line, "Cannot find package '", "'").or_else(|| between(line, "Cannot find module '", "'"))?;
    let target = target.strip_prefix("file://").unwrap_or(target);
    let importer = line.split_once("' imported from ").map(|(_, from)| from.trim().trim_end_matches(" {"));
    let importer = importer.and_then(|importer| inside(failure, importer));
    let at = |id| Some(RehearsalDiagnosis::Rule { id, path: importer.clone() });
    if let Some(path) = inside(failure, target) {
        if path == ENTRY_POINT {
            return Some(rule(match failure.shape {
                Shape::Nested => "nested-layout",
                Shape::Wrapped => "archive-wrapped",
                Shape::Flat => "entry-point-missing",
            }));
        }
        if names_shared(&path) || path.starts_with(&format!("{SHARED_SOURCE}/")) {
            let of_its_own = importer
                .as_deref()
                .is_some_and(|importer| names_shared(importer) || importer.starts_with(SHARED_SOURCE));
            return match failure.shipped {
                _ if of_its_own => at("unresolved-import"),
                ShippedPackage::Copy => Some(rule("update-drops-shared")),
                _ => Some(rule("shared-entry-missing")),
            };
        }
        return at("unresolved-import");
    }
    if target == SHARED_PACKAGE || target.starts_with(&format!("{SHARED_PACKAGE}/")) {
        return Some(rule(match failure.shipped {
            ShippedPackage::Copy | ShippedPackage::Hollow => "update-drops-shared",
            ShippedPackage::Link => "shared-package-linked",
            ShippedPackage::Nothing => "shared-package-missing",
        }));
    }
    if target.starts_with('.') || target.starts_with('/') {
        return at("unresolved-import");
    }
    if failure.no_manifest {
        return Some(rule("package-json-missing"));
    }
    at("undeclared-dependency")
}

fn names_shared(text: &str) -> bool {
    text.contains(&format!("node_modules/{SHARED_PACKAGE}/"))
}

/// The file that node points to above its message: `file:///…/dist/index.js:3`.
fn stack_path(failure: &AgentDeath<'_>) -> Option<String> {
    failure.output.lines().find_map(|line| {
        let line = line.strip_prefix("file://").unwrap_or(line);
        let file = line.rsplit_once(':').filter(|(_, number)| number.parse::<u32>().is_ok()).map(|(file, _)| file)?;
        inside(failure, file)
    })
}

/// A path relative to the bundle, if it is in it.
fn inside(failure: &AgentDeath<'_>, path: &str) -> Option<String> {
    let path = path.strip_prefix("file://").unwrap_or(path);
    path.strip_prefix(failure.bundle)?.strip_prefix('/').map(str::to_owned)
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(found, _)| found)
}

/// The line of an output that says what is wrong.
#[must_use]
pub(super) fn key_line(output: &str) -> Option<&str> {
    let lines = || output.lines().map(str::trim).filter(|line| !line.is_empty());
    let is_node = |line: &&str| {
        let head = line.split([':', ' ']).next().unwrap_or_default();
        head.ends_with("Error") && head.starts_with(char::is_uppercase)
    };
    let is_npm = |line: &&str| {
        let words = line.strip_prefix("npm error ").or_else(|| line.strip_prefix("npm ERR! "));
        words.is_some_and(|words| !words.starts_with("code ") && !words.starts_with("A complete log"))
    };
    lines()
        .find(is_node)
        .or_else(|| lines().find(|line| line.contains("ERR_PNPM_")))
        .or_else(|| lines().find(is_npm))
        .or_else(|| lines().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUNDLE: &str = "/tmp/x/.server-flow/agent-bundle";

    fn failure<'a>(step: UpdateStep, output: &'a str) -> AgentDeath<'a> {
        let (shipped, shape) = (ShippedPackage::Copy, Shape::Flat);
        AgentDeath {
            step,
            output,
            bundle: BUNDLE,
            shipped,
            shape,
            empty_entry: false,
            no_manifest: false,
            replaced: false,
        }
    }

    fn name(found: &RehearsalDiagnosis) -> String {
        match found {
            RehearsalDiagnosis::Rule { id, path: Some(path) } => format!("{id} {path}"),
            RehearsalDiagnosis::Rule { id, path: None } => (*id).to_owned(),
            RehearsalDiagnosis::Machine { .. } => "machine".to_owned(),
            RehearsalDiagnosis::Other => "other".to_owned(),
        }
    }

    #[test]
    fn words_lead_to_rules() {
        let b = BUNDLE;
        for (step, output, expected) in [
            (
                UpdateStep::Restart,
                format!(
                    "Error [ERR_MODULE_NOT_FOUND]: Cannot find package '@server-flow/shared' imported from {b}/dist/index.js"
                ),
                "update-drops-shared",
            ),
            (
                UpdateStep::Restart,
                format!("Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'chalk' imported from {b}/dist/index.js"),
                "undeclared-dependency dist/index.js",
            ),
            (
                UpdateStep::Restart,
                format!(
                    "Error [ERR_MODULE_NOT_FOUND]: Cannot find module '{b}/dist/a.js' imported from {b}/dist/index.js"
                ),
                "unresolved-import dist/index.js",
            ),
            (
                UpdateStep::Restart,
                format!("Error: Cannot find module '{b}/dist/index.js'\n  code: 'MODULE_NOT_FOUND'"),
                "entry-point-missing",
            ),
            (
                UpdateStep::Restart,
                format!("Error: Cannot find module './a'\nRequire stack:\n- {b}/dist/index.js"),
                "unresolved-import",
            ),
            (
                UpdateStep::Restart,
                format!(
                    "Error [ERR_MODULE_NOT_FOUND]: Cannot find package '{b}/node_modules/@server-flow/shared/dist/index.js' imported from {b}/dist/index.js"
                ),
                "update-drops-shared",
            ),
            (
                UpdateStep::Restart,
                format!(
                    "Error [ERR_MODULE_NOT_FOUND]: Cannot find package '{b}/packages/shared/dist/index.js' imported from {b}/dist/index.js"
                ),
                "update-drops-shared",
            ),
            (
                UpdateStep::Restart,
                format!(
                    "file://{b}/dist/index.js:4\nimport {{ gone }} from './a.js';\nSyntaxError: The requested module './a.js' does not provide an export named 'gone'"
                ),
                "missing-export dist/index.js",
            ),
            (
                UpdateStep::Restart,
                format!(
                    "{b}/dist/index.js:1\nimport './a.js';\nSyntaxError: Cannot use import statement outside a module"
                ),
                "module-format-mismatch dist/index.js",
            ),
            (
                UpdateStep::Restart,
                format!("file://{b}/dist/a.js:1\nlet = ;\nSyntaxError: Unexpected token ';'"),
                "module-syntax-error dist/a.js",
            ),
            (UpdateStep::Restart, "TypeError [ERR_IMPORT_ATTRIBUTE_MISSING]: Module \"file:///x\" needs an import attribute of \"type: json\"".to_owned(), "unresolved-import"),
            (UpdateStep::Restart, "Error: listen EADDRINUSE: address already in use :::3001".to_owned(), "machine"),
            (UpdateStep::Restart, "Error: boom".to_owned(), "other"),
            (UpdateStep::Install, " ERR_PNPM_WORKSPACE_PKG_NOT_FOUND  In : x".to_owned(), "workspace-protocol"),
            (
                UpdateStep::Install,
                "npm error code EUNSUPPORTEDPROTOCOL\nnpm error Unsupported URL Type \"workspace:\": workspace:*"
                    .to_owned(),
                "workspace-protocol",
            ),
            (
                UpdateStep::Install,
                "npm error code EUNSUPPORTEDPROTOCOL\nnpm error Unsupported URL Type \"link:\": link:../x".to_owned(),
                "local-protocol",
            ),
            (
                UpdateStep::Install,
                " ERR_PNPM_FETCH_404  GET https://r/@server-flow%2Fshared: Not Found - 404".to_owned(),
                "local-protocol",
            ),
            (UpdateStep::Install, " ERR_PNPM_FETCH_404  GET https://r/nosuch: Not Found - 404".to_owned(), "other"),
            (UpdateStep::Install, "npm error code ENOTCACHED".to_owned(), "machine"),
            (UpdateStep::Install, "npm error code EAI_AGAIN".to_owned(), "machine"),
            (
                UpdateStep::Install,
                " ERR_PNPM_NO_PKG_MANIFEST  No package.json found in /x".to_owned(),
                "package-json-missing",
            ),
            (UpdateStep::Shared, "cp: cannot create directory".to_owned(), "update-drops-shared"),
            (UpdateStep::Extract, "gzip: stdin: not in gzip format".to_owned(), "archive-unreadable"),
            (UpdateStep::Extract, "tar: x: Cannot write: No space left on device".to_owned(), "machine"),
        ] {
            assert_eq!(name(&diagnose(&failure(step, &output))), expected, "{output}");
        }
    }

    #[test]
    fn what_was_shipped_decides() {
        let output = format!(
            "Error [ERR_MODULE_NOT_FOUND]: Cannot find package '@server-flow/shared' imported from {BUNDLE}/dist/index.js"
        );
        for (shipped, expected) in [
            (ShippedPackage::Copy, "update-drops-shared"),
            (ShippedPackage::Link, "shared-package-linked"),
            (ShippedPackage::Nothing, "shared-package-missing"),
        ] {
            assert_eq!(name(&diagnose(&AgentDeath { shipped, ..failure(UpdateStep::Restart, &output) })), expected);
        }
        let output = format!("Error: Cannot find module '{BUNDLE}/dist/index.js'");
        for (shape, expected) in [(Shape::Nested, "nested-layout"), (Shape::Wrapped, "archive-wrapped")] {
            assert_eq!(name(&diagnose(&AgentDeath { shape, ..failure(UpdateStep::Restart, &output) })), expected);
        }
    }

    #[test]
    fn another_build_of_the_shared_package_is_the_updates_doing() {
        let output = "SyntaxError: The requested module '@server-flow/shared' does not provide an export named 'Id'";
        for (replaced, expected) in [(true, "update-drops-shared"), (false, "missing-export")] {
            assert_eq!(name(&diagnose(&AgentDeath { replaced, ..failure(UpdateStep::Restart, output) })), expected);
        }
        let own = "SyntaxError: The requested module './a.js' does not provide an export named 'a'";
        assert_eq!(
            name(&diagnose(&AgentDeath { replaced: true, ..failure(UpdateStep::Restart, own) })),
            "missing-export"
        );
    }

    #[test]
    fn the_line_that_counts_is_found() {
        for (output, expected) in [
            ("node:internal/x:1\n    throw e;\n\nError [ERR_X]: no\n    at y", "Error [ERR_X]: no"),
            ("file:///x:1\nSyntaxError: bad", "SyntaxError: bad"),
            ("npm error code E1\nnpm error what it is\nnpm error A complete log", "npm error what it is"),
            ("Progress\n ERR_PNPM_X  no", "ERR_PNPM_X  no"),
            ("cp: no\n", "cp: no"),
        ] {
            assert_eq!(key_line(output), Some(expected));
        }
        assert_eq!(key_line("\n"), None);
    }
}
