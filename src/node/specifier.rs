//! A specifier in a `package.json`, by what the package managers make of it, measured with pnpm 9 and npm 10
//! (`tests/lab/specs.py` repeats the measurement).

/// A specifier, by what it refers to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Refers {
    /// A workspace that the server does not have.
    Workspace,
    /// Something by `link:`, `portal:`, `catalog:` or another protocol that npm does not know: the protocol.
    Local(String),
    /// A folder or tarball by its path, relative to the package, with or without `file:`.
    Path {
        /// As written, without the protocol.
        path: String,
        /// Whether `file:` was written: without it pnpm does not fail on a missing folder.
        with_protocol: bool,
    },
    /// A repository, an address or an alias: whether it can be had is not for the bundle to tell.
    Elsewhere,
    /// A version or tag in the registry.
    Registry,
}

/// What npm resolves (npm's `package-spec` page, and hosted-git-info's shortcuts).
const KNOWN_PROTOCOLS: [&str; 14] = [
    "npm",
    "http",
    "https",
    "git",
    "git+ssh",
    "git+https",
    "git+http",
    "git+file",
    "git+rsync",
    "ssh",
    "github",
    "gitlab",
    "bitbucket",
    "gist",
];

impl Refers {
    /// Reads a specifier.
    #[must_use]
    pub(crate) fn of(spec: &str) -> Self {
        let spec = spec.trim();
        let lower = spec.to_ascii_lowercase();
        // An alias can hold it: `npm:@server-flow/shared@workspace:*`.
        if lower.starts_with("workspace:") || lower.contains("@workspace:") {
            return Self::Workspace;
        }
        if lower.starts_with("file:") {
            let path = spec.get("file:".len()..).unwrap_or_default();
            let path = path.strip_prefix("//").unwrap_or(path);
            // Written otherwise, both managers make a link to a folder of that odd name.
            let path = if spec.starts_with("file:") { path.to_owned() } else { spec.to_owned() };
            return Self::Path { path, with_protocol: true };
        }
        let drive =
            lower.as_bytes().get(1) == Some(&b':') && lower.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
        if drive || [".", "/", "~/"].iter().any(|start| spec.starts_with(start)) {
            return Self::Path { path: spec.to_owned(), with_protocol: false };
        }
        let protocol = spec.split_once(':').map_or("", |(protocol, _)| protocol);
        if spec.contains(':') && !KNOWN_PROTOCOLS.contains(&protocol) {
            return Self::Local(format!("{protocol}:"));
        }
        // `packages/shared` without `./` before it is a repository of GitHub, by its owner and name, to both managers.
        let repository = spec.split_once('/').is_some_and(|(owner, name)| !owner.contains('@') && !name.is_empty());
        if spec.contains(':') || repository || lower.ends_with(".tgz") {
            return Self::Elsewhere;
        }
        Self::Registry
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specifiers_are_told_apart_as_the_package_managers_do() {
        let path = |path: &str, with_protocol| Refers::Path { path: path.into(), with_protocol };
        for (spec, expected) in [
            ("workspace:*", Refers::Workspace),
            ("WORKSPACE:^", Refers::Workspace),
            ("npm:@server-flow/shared@workspace:*", Refers::Workspace),
            ("link:../shared", Refers::Local("link:".into())),
            ("portal:../shared", Refers::Local("portal:".into())),
            ("catalog:", Refers::Local("catalog:".into())),
            ("patch:zod@npm%3A3", Refers::Local("patch:".into())),
            ("jsr:@std/path", Refers::Local("jsr:".into())),
            ("File:./x", path("File:./x", true)),
            ("github:o/r", Refers::Elsewhere),
            ("file:./packages/shared", path("./packages/shared", true)),
            ("file:packages/shared", path("packages/shared", true)),
            ("file://./packages/shared", path("./packages/shared", true)),
            ("file:///root/shared", path("/root/shared", true)),
            ("./packages/shared", path("./packages/shared", false)),
            ("../shared", path("../shared", false)),
            ("~/shared", path("~/shared", false)),
            ("C:\\shared", path("C:\\shared", false)),
            ("packages/shared", Refers::Elsewhere),
            ("shared.tgz", Refers::Elsewhere),
            ("git+ssh://git@host/x.git", Refers::Elsewhere),
            ("npm:zod@^3", Refers::Elsewhere),
            ("~4.1.0", Refers::Registry),
            ("^4.0.0", Refers::Registry),
            (">=1 <2 || 3", Refers::Registry),
            ("latest", Refers::Registry),
            ("*", Refers::Registry),
            ("", Refers::Registry),
        ] {
            assert_eq!(Refers::of(spec), expected, "{spec}");
        }
    }
}
