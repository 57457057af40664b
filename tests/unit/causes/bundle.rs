//! The deployed bundle, and the Node that runs it.

use super::*;
use Health::{Broken, Degraded, Healthy};

pub(super) static CASES: &[Case] = &[
    (
        "deployment-nested",
        "nested, and the unit flat",
        |f| {
            f.inspected().report.layout = BundleLayout::Nested;
            f.crashes(&["Error: Cannot find module '/root/.server-flow/agent-bundle/dist/index.js'"]);
        },
        Broken,
        &["deployment-nested"],
    ),
    (
        "deployment-nested",
        "nested, and the unit as well",
        |f| {
            let inspected = f.inspected();
            inspected.report.layout = BundleLayout::Mixed;
            inspected.entry = "apps/agent/dist/index.js".into();
            f.unit_says("agent-bundle/dist", "agent-bundle/apps/agent/dist");
            f.service().exec_start = vec!["/usr/bin/node".into(), format!("{BUNDLE}/apps/agent/dist/index.js")];
        },
        Degraded,
        &["deployment-nested"],
    ),
    (
        "entry-point-missing",
        "no entry point",
        |f| {
            f.found("entry-point-missing", "dist/index.js");
            f.unit().script = reached(&format!("{BUNDLE}/dist/index.js"), missing());
            f.crashes(&["Error: Cannot find module '/root/.server-flow/agent-bundle/dist/index.js'"]);
        },
        Broken,
        &["entry-point-missing"],
    ),
    (
        "entry-point-missing",
        "an empty entry point ends with success",
        |f| {
            f.found("entry-point-missing", "dist/index.js");
            f.unit().script =
                reached(&format!("{BUNDLE}/dist/index.js"), Presence::File { size: 0, executable: false });
            f.dies(Speaker::Agent, &[], Exit::Code(0));
        },
        Broken,
        &["entry-point-missing"],
    ),
    (
        "dependencies-not-installed",
        "a declared package that nothing imports",
        |f| f.inspected().absent_dependencies = vec!["pm2".into()],
        Healthy,
        &[],
    ),
    (
        "dependencies-not-installed",
        "one that is imported",
        |f| {
            f.not_installed(&["ws"]);
            let inspected = f.inspected();
            (inspected.has_modules, inspected.has_dependencies) = (true, true);
            f.crashes(&["Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'ws' imported from x"]);
        },
        Broken,
        &["dependencies-not-installed"],
    ),
    (
        "package-json-invalid",
        "a version that is none stops no start",
        |f| {
            let mut odd = finding("package-json-invalid", "package.json");
            odd.detail = Detail::None;
            f.inspected().report.findings.push(odd);
        },
        Healthy,
        &[],
    ),
    (
        "package-json-invalid",
        "a manifest that is no JSON does",
        |f| {
            f.found("package-json-invalid", "package.json");
            f.crashes(&["SyntaxError: Error parsing /root/.server-flow/agent-bundle/package.json: Unexpected token"]);
        },
        Broken,
        &["package-json-invalid"],
    ),
    (
        "shared-entry-missing",
        "a shared package that node finds at its root",
        |f| {
            let mut odd = finding("shared-entry-missing", SHARED);
            odd.detail = Detail::None;
            f.inspected().report.findings.push(odd);
        },
        Healthy,
        &[],
    ),
    ("workspace-link", "a link that nothing is imported through", |f| f.linked("left-over"), Healthy, &[]),
    (
        "workspace-link",
        "a link in the place of a package that is imported",
        |f| {
            f.linked("ws");
            f.not_installed(&["ws"]);
            let inspected = f.inspected();
            (inspected.has_modules, inspected.has_dependencies) = (true, true);
            f.crashes(&["Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'ws' imported from x"]);
        },
        Broken,
        &["workspace-link"],
    ),
    (
        "undeclared-dependency",
        "a package that is not declared",
        |f| {
            f.found("undeclared-dependency", "dist/execution.js");
            f.crashes(&["Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'chalk' imported from x"]);
        },
        Broken,
        &["undeclared-dependency"],
    ),
    (
        "shared-package-linked",
        "a linked shared package",
        |f| {
            f.found("shared-package-linked", SHARED);
            f.crashes(&[NOT_FOUND]);
        },
        Broken,
        &["shared-package-linked"],
    ),
    (
        "shared-entry-missing",
        "a rule that is no cause",
        |f| {
            f.found("shared-entry-missing", SHARED);
            f.crashes(&["Error: Cannot find package '/root/.server-flow/agent-bundle/node_modules/@server-flow/shared/dist/index.js' imported from x"]);
        },
        Broken,
        &["shared-entry-missing"],
    ),
    (
        "workspace-protocol",
        "a rule that stops no start",
        |f| f.found("workspace-protocol", "package.json"),
        Healthy,
        &[],
    ),
    (
        "module-not-found",
        "a package of a package",
        |f| f.crashes(&["Error: Cannot find module 'avvio'"]),
        Broken,
        &["module-not-found"],
    ),
    (
        "missing-export",
        "a name that is not exported",
        |f| {
            f.crashes(&["SyntaxError: The requested module '@server-flow/shared' does not provide an export named 'X'"])
        },
        Broken,
        &["missing-export"],
    ),
    (
        "module-syntax-error",
        "a file that does not parse",
        |f| {
            f.found("module-syntax-error", "dist/execution.js");
            f.crashes(&[
                "file:///root/.server-flow/agent-bundle/dist/execution.js:5",
                "SyntaxError: Unexpected end of input",
            ]);
        },
        Broken,
        &["module-syntax-error"],
    ),
    (
        "module-syntax-error",
        "JSON that does not parse is no module",
        |f| {
            f.dies(
                Speaker::Agent,
                &[
                    "<anonymous_script>:1",
                    "SyntaxError: Unexpected end of JSON input",
                    "    at JSON.parse (<anonymous>)",
                    "Node.js v20.20.2",
                ],
                Exit::Code(1),
            );
        },
        Broken,
        &["unknown-crash"],
    ),
    (
        "module-format-mismatch",
        "the other kind of module",
        |f| {
            f.crashes(&[
                "/root/.server-flow/agent-bundle/dist/index.js:1",
                "SyntaxError: Cannot use import statement outside a module",
            ])
        },
        Broken,
        &["module-format-mismatch"],
    ),
    (
        "node-too-old",
        "an old node",
        |f| {
            f.node = Fact::Known(Some(ServerNode {
                path: "/usr/bin/node".into(),
                version: Some("16.20.2".into()),
                fault: None,
            }));
            f.crashes(&["TypeError: words.findLastIndex is not a function"]);
        },
        Broken,
        &["node-too-old"],
    ),
    (
        "node-too-old",
        "an old node on which the agent runs",
        |f| {
            f.node = Fact::Known(Some(ServerNode {
                path: "/usr/bin/node".into(),
                version: Some("16.20.2".into()),
                fault: None,
            }))
        },
        Healthy,
        &[],
    ),
    (
        "node-too-old",
        "engines that the node does not meet",
        |f| {
            f.inspected().engines = Some(">=22".into());
            f.crashes(&["TypeError: x.y is not a function"]);
        },
        Broken,
        &["node-too-old"],
    ),
    (
        "tampered-files",
        "changed files of a signed bundle",
        |f| {
            f.found("checksum-mismatch", "dist/execution.js");
        },
        Degraded,
        &["tampered-files"],
    ),
    (
        "tampered-files",
        "the copy that step 4 deleted is no tampering",
        |f| {
            let mut gone = finding("checksum-mismatch", "node_modules/@server-flow/shared/package.json");
            gone.detail = Detail::FileAbsent;
            f.inspected().report.findings.push(gone);
        },
        Healthy,
        &[],
    ),
    (
        "deployment-nested",
        "both layouts, and the unit starts the flat one",
        |f| f.inspected().report.layout = BundleLayout::Mixed,
        Healthy,
        &[],
    ),
    (
        "missing-export",
        "a name that only a newer node exports",
        |f| f.crashes(&["SyntaxError: The requested module 'node:util' does not provide an export named 'styleText'"]),
        Broken,
        &["node-too-old"],
    ),
    (
        "module-format-mismatch",
        "a file of the other kind that is met at some starts only",
        |f| f.warned("module-format-mismatch", "dist/late.js"),
        Healthy,
        &[],
    ),
    (
        "module-not-found",
        "a module that an application misses",
        |f| {
            let line = "Error: Cannot find module '/srv/app/index.js'";
            f.journal().entries.push(entry(ago(3), Speaker::Agent, "now", line));
        },
        Healthy,
        &[],
    ),
    (
        "shared-package-linked",
        "a link that the next installation makes again",
        |f| f.warned("shared-package-linked", SHARED),
        Healthy,
        &[],
    ),
    (
        "shared-package-missing",
        "a package whose name begins like the shared one's",
        |f| {
            f.crashes(&["Error: Cannot find package '@server-flow/shared-utils' imported from /root/.server-flow/agent-bundle/dist/index.js"])
        },
        Broken,
        &["module-not-found"],
    ),
];
