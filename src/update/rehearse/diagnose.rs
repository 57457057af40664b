//! What failed, under the name of the rule that knows this fault: told from the words of node, the package managers and
//! tar, which the lab measures (`tests/lab/rehearse.py`; docs/reference/field-facts.md,
//! "What the package managers make of a dependency on the shared package", "What Node says").

use super::failure::{AgentDeath, RehearsalDiagnosis, machine, rule};
use super::installing::installing;
use super::starting::starting;
use crate::update::UpdateStep;

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

#[cfg(test)]
mod tests {
    use super::super::failure::{Shape, ShippedPackage};
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
            package: Some("server-flow-agent"),
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
            (
                UpdateStep::Restart,
                format!("file://{b}/dist/a.js:1\nReferenceError: Cannot access 'b' before initialization"),
                "undefined-name dist/a.js",
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
            (
                UpdateStep::Install,
                " ERROR  This project is configured to use yarn".to_owned(),
                "package-json-invalid",
            ),
            (UpdateStep::Install, "npm error code EBADDEVENGINES".to_owned(), "package-json-invalid"),
            (
                UpdateStep::Install,
                "npm error notsup Unsupported platform for server-flow-agent@0.1.27: wanted {\"os\":\"win32\"}".to_owned(),
                "package-json-invalid",
            ),
            (
                UpdateStep::Install,
                "npm error notsup Unsupported platform for fsevents@2.3.3: wanted {\"os\":\"darwin\"}".to_owned(),
                "other",
            ),
            (
                UpdateStep::Install,
                format!(" Your Node version is incompatible with \"{b}\"."),
                "package-json-invalid",
            ),
            (UpdateStep::Install, " Your Node version is incompatible with \"zod@3.0.0\".".to_owned(), "other"),
            (
                UpdateStep::Install,
                format!("npm error enoent Could not read package.json: Error: ENOENT: no such file or directory, open '{b}/packages/x/package.json'"),
                "local-protocol",
            ),
            (
                UpdateStep::Install,
                format!("npm error enoent Could not read package.json: Error: ENOENT: no such file or directory, open '{b}/package.json'"),
                "package-json-missing",
            ),
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
        for output in [
            format!(
                "file://{BUNDLE}/packages/shared/dist/index.js:1\nexport const Id = ;\nSyntaxError: Unexpected token ';'"
            ),
            format!(
                "Error [ERR_MODULE_NOT_FOUND]: Cannot find module '{BUNDLE}/packages/shared/dist/gone.js' imported from {BUNDLE}/packages/shared/dist/index.js"
            ),
            format!(
                "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'ms' imported from {BUNDLE}/node_modules/@server-flow/shared/dist/index.js"
            ),
        ] {
            let found = diagnose(&AgentDeath { replaced: true, ..failure(UpdateStep::Restart, &output) });
            assert_eq!(name(&found), "update-drops-shared", "{output}");
            let found = diagnose(&AgentDeath { replaced: false, ..failure(UpdateStep::Restart, &output) });
            assert_ne!(name(&found), "update-drops-shared", "{output}");
        }
        let own = "SyntaxError: The requested module './a.js' does not provide an export named 'a'";
        assert_eq!(
            name(&diagnose(&AgentDeath { replaced: true, ..failure(UpdateStep::Restart, own) })),
            "missing-export"
        );
    }
}
