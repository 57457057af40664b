//! Why an import leads to nothing that Node can load.

/// Why an import leads to nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ResolveFailure {
    /// There is no such file.
    NotFound {
        /// Where Node looked, relative to the bundle.
        path: String,
    },
    /// It lies past the bundle.
    Outside {
        /// The absolute path.
        path: String,
    },
    /// It is a folder, which `import` does not look into.
    Directory {
        /// The folder, relative to the bundle.
        path: String,
    },
    /// There is no such package in any `node_modules`.
    NoPackage {
        /// Its name.
        name: String,
    },
    /// The package has no file to begin with.
    NoMain {
        /// Its folder, relative to the bundle.
        folder: String,
    },
    /// `exports` of the package does not have it.
    NotExported {
        /// The package.json, relative to the bundle.
        package_json: String,
    },
    /// What `exports` or `imports` says cannot be a target.
    InvalidTarget {
        /// The package.json, relative to the bundle.
        package_json: String,
    },
    /// The package.json on the way cannot be used.
    InvalidPackage {
        /// The package.json, relative to the bundle.
        package_json: String,
    },
    /// `imports` of the own package.json does not have it.
    NotDefined,
    /// It cannot be a specifier.
    InvalidSpecifier,
    /// Node has no such module of its own.
    NoBuiltin,
    /// An address of a kind that Node does not load from.
    Scheme,
    /// A `data:` address whose own code stops Node.
    InAddress,
    /// It asks the module that the agent begins with, and that is an ES module.
    NoMainModule,
    /// A file that is there, with an extension that Node does not load.
    Extension {
        /// The extension with its dot.
        extension: String,
        /// The file, relative to the bundle.
        path: String,
    },
    /// It is loaded, and was not judged.
    NotJudged {
        /// The file, relative to the bundle.
        path: String,
        /// What it is.
        what: &'static str,
    },
    /// JSON without the attribute that it needs, or anything with one that does not fit.
    Attribute,
    /// JSON that does not parse.
    InvalidJson,
}

impl ResolveFailure {
    /// The file or folder that it is about, relative to the bundle.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::NotFound { path } | Self::Directory { path } | Self::Extension { path, .. } => Some(path),
            Self::NoMain { folder } => Some(folder),
            Self::NotExported { package_json }
            | Self::InvalidTarget { package_json }
            | Self::InvalidPackage { package_json } => Some(package_json),
            _ => None,
        }
    }
}

/// A failure with its message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ResolveRefusal {
    /// Why.
    pub failure: ResolveFailure,
    /// What Node prints, without its stack.
    pub message: String,
}
