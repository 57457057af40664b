//! What an update leaves behind.

use super::*;
use Health::{Broken, Degraded, Healthy, Inconclusive};

pub static CASES: &[Case] = &[
    (
        "update-interrupted",
        "stopped after the backup",
        |f| {
            f.backed_up();
            f.deployment = absent(BUNDLE);
            f.unit().working_directory = reached(BUNDLE, missing());
            f.dies(Speaker::Child, &[CHDIR], Exit::Code(200));
        },
        Broken,
        &["update-interrupted"],
    ),
    (
        "deployment-missing",
        "no backup: the bundle is gone",
        |f| {
            f.deployment = absent(BUNDLE);
            f.unit().working_directory = reached(BUNDLE, missing());
            f.dies(Speaker::Child, &[CHDIR], Exit::Code(200));
        },
        Broken,
        &["deployment-missing"],
    ),
    (
        "deployment-missing",
        "an empty folder, no backup",
        |f| {
            f.deployment.state = Fact::Known(DeploymentState::Empty);
            f.crashes(&["Error: Cannot find module '/root/.server-flow/agent-bundle/dist/index.js'"]);
        },
        Broken,
        &["deployment-missing"],
    ),
    (
        "download-not-an-archive",
        "a web page was downloaded",
        |f| {
            f.backed_up();
            f.downloaded(Some("archive-unreadable"));
            f.deployment.state = Fact::Known(DeploymentState::Empty);
            f.crashes(&["Error: Cannot find module '/root/.server-flow/agent-bundle/dist/index.js'"]);
        },
        Broken,
        &["download-not-an-archive"],
    ),
    (
        "download-not-an-archive",
        "a bad download beside a good bundle",
        |f| f.downloaded(Some("archive-unreadable")),
        Healthy,
        &[],
    ),
    (
        "update-interrupted",
        "stopped before the installation",
        |f| {
            f.backed_up();
            f.not_installed(&["fastify", "ws"]);
            f.found("shared-package-missing", SHARED);
            f.crashes(&[NOT_FOUND]);
        },
        Broken,
        &["update-interrupted"],
    ),
    (
        "update-interrupted",
        "cut while it was extracted, and the archive is gone since",
        |f| {
            f.backed_up();
            f.inspected().has_modules = false;
            f.found("package-json-missing", "package.json");
            f.found("shared-package-missing", SHARED);
            f.crashes(&[NOT_FOUND]);
        },
        Broken,
        &["update-interrupted"],
    ),
    (
        "update-interrupted",
        "not installed, and a backup of long ago",
        |f| {
            f.backed_up();
            f.inspected().changed = Some(ago(600));
            if let Fact::Known(DeploymentState::Present(backup)) = &mut f.backup.state {
                backup.changed = Some(ago(900_000));
            }
            f.not_installed(&["fastify"]);
            f.crashes(&["Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'fastify' imported from x"]);
        },
        Broken,
        &["dependencies-not-installed"],
    ),
    (
        "update-interrupted",
        "stopped before the copy",
        |f| {
            f.backed_up();
            f.inspected().ships_shared = true;
            f.found("shared-package-missing", SHARED);
            f.crashes(&[NOT_FOUND]);
        },
        Broken,
        &["update-interrupted"],
    ),
    (
        "shared-package-missing",
        "a whole update of a bundle that loses the copy",
        |f| {
            f.backed_up();
            f.found("shared-package-missing", SHARED);
            f.crashes(&[NOT_FOUND]);
        },
        Broken,
        &["shared-package-missing"],
    ),
    ("update-interrupted", "a backup of a whole update", Break::backed_up, Healthy, &[]),
    (
        "update-interrupted",
        "not restarted",
        |f| {
            f.backed_up();
            f.process().directory = Some(BACKUP.into());
        },
        Degraded,
        &["update-interrupted"],
    ),
    (
        "restart-would-fail",
        "a time bomb",
        |f| {
            f.backed_up();
            f.process().directory = Some(BACKUP.into());
            f.not_installed(&["fastify"]);
            f.found("shared-package-missing", SHARED);
        },
        Degraded,
        &["restart-would-fail"],
    ),
    ("restart-would-fail", "a time bomb of the unit", Break::nested_unit, Degraded, &["restart-would-fail"]),
    (
        "cwd-deleted",
        "a bundle that lost its directory",
        |f| f.process().directory_deleted = true,
        Degraded,
        &["cwd-deleted"],
    ),
    (
        "backup-nested",
        "a bundle in the backup",
        |f| {
            f.backed_up();
            f.nested_backup = Some(bundle(&format!("{BACKUP}/agent-bundle")));
        },
        Degraded,
        &["backup-nested"],
    ),
    (
        "restart-would-fail",
        "an update whose files would start",
        |f| f.inspected().changed = Some(ago(60)),
        Healthy,
        &[],
    ),
    (
        "deployment-missing",
        "a bundle that may not be read is not gone",
        |f| f.deployment.state = Fact::unless("permission denied", "run it as root"),
        Inconclusive,
        &[],
    ),
    (
        "backup-nested",
        "a backup with no bundle in it but its own",
        |f| {
            f.backed_up();
            f.nested_backup = Some(absent(&format!("{BACKUP}/agent-bundle")));
        },
        Healthy,
        &[],
    ),
];
