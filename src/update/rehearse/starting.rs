//! Why the agent did not start, told from the words of node (docs/reference/field-facts.md, "What Node says").

use super::failure::{AgentDeath, RehearsalDiagnosis, Shape, ShippedPackage, machine, rule};
use super::key_line::key_line;
use crate::update::documented_paths::{ENTRY_POINT, SHARED_PACKAGE, SHARED_SOURCE};

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

/// Why it did not.
#[must_use]
pub(super) fn starting(failure: &AgentDeath<'_>) -> RehearsalDiagnosis {
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
    // A build that came in the place of the copy that was shipped, and fails by itself.
    if failure.replaced && blamed(failure).is_some_and(|file| is_of_shared(&file)) {
        return rule("update-drops-shared");
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
    let of_a_name = |line: &str| line.contains(" is not defined") || line.contains(" before initialization");
    let of_a_constant = says(&["TypeError: Assignment to constant variable."]);
    if of_a_constant || output.lines().any(|line| line.starts_with("ReferenceError: ") && of_a_name(line)) {
        return RehearsalDiagnosis::Rule { id: "undefined-name", path: path() };
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
        // Without one, whatever is installed over the shipped node_modules takes away what is there.
        return Some(rule(match failure.shipped {
            _ if failure.no_manifest => "package-json-missing",
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

/// The file that node says fails: the one that imports what is not there, or the one that it points to.
fn blamed(failure: &AgentDeath<'_>) -> Option<String> {
    let importer = failure.output.lines().find_map(|line| line.split_once("' imported from "));
    match importer {
        Some((_, file)) => inside(failure, file.trim().trim_end_matches(" {")),
        None => stack_path(failure),
    }
}

/// Whether a file of the bundle is one of the shared package, wherever that was installed.
fn is_of_shared(file: &str) -> bool {
    names_shared(file) || file.starts_with(&format!("{SHARED_SOURCE}/"))
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
