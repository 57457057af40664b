//! The names a bundle is judged by: its entry point, its shared package, what it must depend on; and the places in the
//! repository that it comes from.

/// Names that the configuration may change; `documented_paths::names` has the defaults.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ConfiguredNames {
    /// The file that systemd starts, relative to the bundle.
    pub entry: String,
    /// The package that is copied into the bundle by hand.
    pub shared: String,
    /// The shared package's own entry point, relative to that package.
    pub shared_entry: String,
    /// Where a bundle ships the shared package's sources, if it does.
    pub shared_source: String,
    /// The folder of the agent in the old nested layout.
    pub nested_agent: String,
    /// Packages that the bundle's `package.json` must declare.
    pub required_dependencies: Vec<String>,
}

/// Where a release is made, relative to the repository; `documented_paths::places` has the defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleasePlaces {
    /// The agent's folder, with its `src/`, `dist/` and `package.json`.
    pub agent: String,
    /// The bundle's folder.
    pub bundle: String,
    /// The shared package's folder.
    pub shared: String,
    /// The archive that the control plane serves.
    pub published: String,
    /// What the names of the agent's tags start with, before the version; without it `v`, or something with `agent`.
    pub tag_prefix: Option<String>,
    /// The command that compiles a package, in its folder.
    pub build: String,
}

impl ReleasePlaces {
    /// The agent's compiled code.
    #[must_use]
    pub fn agent_dist(&self) -> String {
        format!("{}/dist", self.agent)
    }

    /// The bundle's copy of it.
    #[must_use]
    pub fn bundle_dist(&self) -> String {
        format!("{}/dist", self.bundle)
    }
}

impl ConfiguredNames {
    /// The folder of the shared package's copy: `node_modules/@server-flow/shared`.
    #[must_use]
    pub fn shared_copy(&self) -> String {
        format!("node_modules/{}", self.shared)
    }

    /// The entry point of the shared package's copy.
    #[must_use]
    pub fn shared_copy_entry(&self) -> String {
        format!("node_modules/{}/{}", self.shared, self.shared_entry)
    }
}
