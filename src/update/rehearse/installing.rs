//! Why step 5 failed, told from the words of pnpm and npm (docs/reference/field-facts.md, "What the package managers make of
//! a dependency on the shared package").

use super::failure::{AgentDeath, RehearsalDiagnosis, Shape, machine, rule};

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

/// What they say where `package.json` asks for another package manager, or another machine (`crate::update::managers`).
const REFUSES: [&str; 10] = [
    "This project is configured to use",
    "packageManager.includes is not a function",
    "Your pnpm version is incompatible with",
    "EBADDEVENGINES",
    "npm error Invalid property \"",
    "npm error Invalid non-object value for \"",
    "npm error Invalid non-string value for \"",
    "npm error Invalid onFail value \"",
    "npm error Missing \"name\" property for \"",
    // The bundle itself is named by its path, what it depends on by name and version.
    "Your Node version is incompatible with \"/",
];
/// What npm says of a package that wants another machine: this before its name.
const NOT_HERE: [&str; 2] = ["Unsupported platform for ", "Not compatible with your version of node/npm: "];

/// Whether that is why it was not installed.
#[must_use]
pub(super) fn is_refused(output: &str, package: Option<&str>) -> bool {
    REFUSES.iter().any(|words| output.contains(words)) || wants_another_machine(output, package)
}

/// Whether npm refuses the bundle for the machine that it names.
#[must_use]
pub(super) fn wants_another_machine(output: &str, package: Option<&str>) -> bool {
    package.is_some_and(|name| NOT_HERE.iter().any(|words| output.contains(&format!("{words}{name}@"))))
}

/// Why the dependencies could not be installed.
#[must_use]
pub(super) fn installing(failure: &AgentDeath<'_>) -> RehearsalDiagnosis {
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
    // npm reads that of a folder which is depended on, too.
    let own = format!("open '{}/package.json'", failure.bundle);
    let reads_another = says(&["ENOENT: no such file or directory, open"]) && !output.contains(&own);
    if reads_another && output.contains("/package.json'") {
        return rule("local-protocol");
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
    if is_refused(output, failure.package) {
        return rule("package-json-invalid");
    }
    RehearsalDiagnosis::Other
}
