//! Every path, name and command of the source document (the agent's update mechanism), once, with its section as
//! docs/reference/update-mechanism.md has it.
//!
//! Configuration may change the names a bundle is judged by; these are ServerFlow's, and the defaults.

use crate::tree::names::{ConfiguredNames, ReleasePlaces};

/// The file systemd starts (section "Structure du Bundle Agent").
pub const ENTRY_POINT: &str = "dist/index.js";
/// The package that is copied into the bundle by hand (section "Fichiers Clés", 1).
pub const SHARED_PACKAGE: &str = "@server-flow/shared";
/// The shared package's own entry point (section "Erreurs Courantes", 1).
pub const SHARED_ENTRY_POINT: &str = "dist/index.js";
/// Dependencies that the bundle's `package.json` must declare (section "Création du Bundle", 4).
pub const REQUIRED_DEPENDENCIES: [&str; 4] = ["fastify", "ws", "pm2", "zod"];
/// The folder of the agent in the old layout (section "Structure ANCIENNE").
pub const NESTED_AGENT: &str = "apps/agent";
/// The shared package's sources, in the repository and in bundles that ship them (section "Étape 6").
pub const SHARED_SOURCE: &str = "packages/shared";
/// The bundle's folder in the repository (section "Fichiers Clés", 1).
pub const BUNDLE_SOURCE: &str = "apps/agent/bundle";
/// The agent's folder in the repository (section "Résumé des Chemins Importants").
pub const AGENT_SOURCE: &str = "apps/agent";
/// The archive that the control plane serves, in the repository (section "Fichiers Clés", 2).
pub const PUBLISHED_SOURCE: &str = "apps/control-plane/public/agent-bundle.tar.gz";
/// The systemd unit (section "Fichiers Clés", 4).
pub const UNIT: &str = "server-flow-agent.service";
/// The agent's home on a server, below the unit's user's home (section "Résumé des Chemins Importants").
pub const SERVER_HOME: &str = "~/.server-flow";
/// The deployed bundle (section "Fichiers Clés", 3).
pub const DEPLOYED_BUNDLE: &str = "~/.server-flow/agent-bundle";
/// What stands behind the name of something that a fix has put aside, before the time.
pub(crate) const PUT_ASIDE: &str = ".broken-";
/// What stands behind the name of a bundle that was tried in vain, before the time.
pub(crate) const FAILED: &str = ".failed-";
/// Where step 1 of the update puts the archive (section "Étape 1").
pub const DOWNLOAD: &str = "/tmp/agent-bundle-update.tar.gz";
/// Where step 2 of the update moves the deployed bundle (section "Étape 2").
pub const BACKUP: &str = "~/.server-flow/agent-bundle-backup";
/// The archive's path on the control plane (section "Étape 1").
pub const PUBLISHED: &str = "/agent-bundle.tar.gz";
/// The unit's file (section "Fichiers Clés", 4).
pub const UNIT_FILE: &str = "/etc/systemd/system/server-flow-agent.service";
/// The node that the documented unit starts (section "Fichiers Clés", 4).
pub const NODE: &str = "/usr/bin/node";
/// Where the agent opens its WebSocket on the control plane (docs/reference/field-facts.md, "On the server").
pub const CONNECT: &str = "/api/connect";

/// The unit as step 7 of the update writes it (sections "Fichiers Clés", 4, and "Étape 7"), for a user, the bundle's
/// folder, node's path and the control plane's address.
#[must_use]
pub fn unit_file(user: &str, bundle: &str, node: &str, address: &str) -> String {
    format!(
        "[Unit]\nDescription=ServerFlow Agent\nAfter=network.target\n\n\
         [Service]\nType=simple\nUser={user}\nWorkingDirectory={bundle}\n\
         ExecStart={node} {bundle}/{ENTRY_POINT} --url {address}\n\
         Restart=always\nRestartSec=10\nEnvironment=NODE_ENV=production\n\n\
         [Install]\nWantedBy=multi-user.target\n"
    )
}

/// [`DEPLOYED_BUNDLE`] as Node prints it on a server that runs the agent as root, which the document's unit does.
pub const DEPLOYED_AT: &str = "/root/.server-flow/agent-bundle";

/// The names a bundle is judged by when the configuration says nothing.
#[must_use]
pub fn names() -> ConfiguredNames {
    ConfiguredNames {
        entry: ENTRY_POINT.into(),
        shared: SHARED_PACKAGE.into(),
        shared_entry: SHARED_ENTRY_POINT.into(),
        shared_source: SHARED_SOURCE.into(),
        nested_agent: NESTED_AGENT.into(),
        required_dependencies: REQUIRED_DEPENDENCIES.map(str::to_owned).to_vec(),
    }
}

/// The command that compiles a package, in its folder (section "Création du Bundle", 1).
pub const BUILD: &str = "pnpm build";

/// The places of a release in the repository when the configuration says nothing.
#[must_use]
pub fn places() -> ReleasePlaces {
    ReleasePlaces {
        agent: AGENT_SOURCE.into(),
        bundle: BUNDLE_SOURCE.into(),
        shared: SHARED_SOURCE.into(),
        published: PUBLISHED_SOURCE.into(),
        tag_prefix: None,
        build: BUILD.into(),
    }
}

/// The commands that build the agent and copy `dist/` into the bundle (section "Création du Bundle", 1 and 2),
/// typed at the repository's root.
pub const COPY_DIST: &str =
    "(cd apps/agent && pnpm build)\nrm -rf apps/agent/bundle/dist\ncp -r apps/agent/dist apps/agent/bundle/";

/// The commands that copy the shared package into the bundle (section "Création du Bundle", 3), typed at the
/// repository's root.
#[must_use]
pub fn copy_shared(names: &ConfiguredNames) -> String {
    let copy = format!("{BUNDLE_SOURCE}/{}", names.shared_copy());
    let scope = copy.rsplit_once('/').map_or(copy.as_str(), |(scope, _)| scope);
    format!("mkdir -p {scope}\nrm -rf {copy}\ncp -r {} {copy}", names.shared_source)
}

/// Where a fix is typed that copies or packs anew: what such fixes mend, `pack` mends in one go.
pub(crate) const FROM_ROOT: &str =
    "from the repository's root (or all of this kind at once: `bundle-doctor pack --from-repo .`)";

/// [`MAKE_ARCHIVE`] with root as the owner and plain modes, whoever packs and wherever.
pub const MAKE_CLEAN_ARCHIVE: &str = "tar -czf apps/control-plane/public/agent-bundle.tar.gz \\\n  \
     --owner=root:0 --group=root:0 --mode=u=rwX,go=rX -C apps/agent/bundle .";

/// The command that makes the archive (section "Création du Bundle", 5), typed at the repository's root: `-C` stands
/// for the document's `cd`, and the folder is the one that the control plane serves.
pub const MAKE_ARCHIVE: &str = "tar -czf apps/control-plane/public/agent-bundle.tar.gz -C apps/agent/bundle .";
