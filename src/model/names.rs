//! The names a bundle is judged by: its entry point, its shared package, what it must depend on.

/// Names that the configuration may change; `layout::names` has the defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
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

impl Names {
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
