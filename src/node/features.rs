//! What a file uses of Node's own that not every version has: properties of its modules, globals, and `import.meta`.

use super::builtins::{self, LineSet};
use super::node_version::NodeVersion;

/// Something of Node's own.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Feature {
    /// A property of a module of Node's: `fs.F_OK`.
    OfModule {
        /// The module, as the table knows it.
        module: Box<str>,
        /// The property.
        name: Box<str>,
        /// What it is taken from.
        access: Access,
    },
    /// A global.
    Global(Box<str>),
    /// A property of a global: `Object.groupBy`.
    OfGlobal(Box<str>, Box<str>),
    /// A property of `import.meta`.
    ImportMeta(Box<str>),
    /// A method of arrays, texts or sets that has a name of its own: `toSorted`.
    Method(&'static str),
}

/// Methods that came with a line of Node, whose names tell of what they are wherever they are called (measured with 18, 20, 22
/// and 24).
const METHODS: [(&str, u32); 9] = [
    ("toSorted", 20),
    ("toReversed", 20),
    ("toSpliced", 20),
    ("isWellFormed", 20),
    ("toWellFormed", 20),
    ("isSubsetOf", 22),
    ("isSupersetOf", 22),
    ("isDisjointFrom", 22),
    ("symmetricDifference", 22),
];

/// A method that not every version has, by its name.
#[must_use]
pub(crate) fn method(name: &str) -> Option<&'static str> {
    METHODS.iter().map(|(known, _)| *known).find(|known| *known == name)
}

fn method_since(name: &str) -> u32 {
    METHODS.iter().find(|(known, _)| *known == name).map_or(0, |(_, since)| *since)
}

/// What the property of a module is taken from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Access {
    /// `import * as`, which has what is exported by name.
    Namespace,
    /// The default import or what `require` gives, which may have more.
    Default,
}

/// A use of something that not every version has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FeatureUse {
    /// What is used.
    pub feature: Feature,
    /// As it is written.
    pub written: Box<str>,
    /// From 1.
    pub line: u32,
}

/// What a file uses, and what it brings along.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Features {
    /// Uses that nothing guards: no `typeof`, condition, `?.` or `try`.
    pub uses: Box<[FeatureUse]>,
    /// What the file sets itself, so that it is there also where Node does not have it.
    pub defined: Box<[Feature]>,
}

impl Feature {
    /// Whether some version does not have it, and it is known which.
    #[must_use]
    pub(crate) fn is_known(&self) -> bool {
        matches!(self, Self::Method(_))
            || matches!(self, Self::ImportMeta(name) if matches!(&**name, "dirname" | "filename" | "main" | "resolve"))
            || self.lines().next().is_some()
    }

    /// Whether a version does not have it.
    #[must_use]
    pub(crate) fn is_lacked_by(&self, node: NodeVersion) -> bool {
        match self {
            Self::ImportMeta(name) => !node.has_import_meta(name),
            Self::Method(name) => node.major < method_since(name),
            Self::OfModule { module, name, .. }
                if builtins::unset(module, name).is_some_and(|lines| lines.has(node.line())) =>
            {
                true
            }
            _ => {
                let mut lines = self.lines().peekable();
                lines.peek().is_some() && !lines.any(|lines| lines.has(node.line()))
            }
        }
    }

    /// Which versions have it, in words.
    #[must_use]
    pub(crate) fn where_it_is(&self) -> String {
        if let Self::ImportMeta(name) = self {
            return match &**name {
                "resolve" => "Node 18.19, 20.6 and newer have it".to_owned(),
                "main" => "Node 22.18, 24.2 and newer have it".to_owned(),
                _ => "Node 20.11 and newer have it".to_owned(),
            };
        }
        if let Self::Method(name) = self {
            return format!("Node {} and newer have it", method_since(name));
        }
        let since = self.lines().map(|lines| lines.since).min().unwrap_or(builtins::MEASURED[0]);
        let goes = self.lines().map(|lines| lines.gone).max_by_key(|gone| gone.unwrap_or(u32::MAX)).flatten();
        match goes {
            Some(gone) => format!("it is gone since Node {gone}"),
            None => format!("Node {since} and newer have it"),
        }
    }

    /// The lines that have it; none where that is not known.
    fn lines(&self) -> impl Iterator<Item = LineSet> {
        let (named, only) = match self {
            Self::OfModule { module, name, access } => (
                builtins::export(module, name),
                (*access == Access::Default).then(|| builtins::only_of_default(module, name)).flatten(),
            ),
            Self::Global(name) => (builtins::export("global", name), None),
            Self::OfGlobal(global, name) => (builtins::export(&format!("global.{global}"), name), None),
            Self::ImportMeta(name) => (builtins::export("import.meta", name), None),
            Self::Method(_) => (None, None),
        };
        named.into_iter().chain(only)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_lack_what_came_later_and_what_is_gone() {
        let of =
            |module: &str, name: &str, access| Feature::OfModule { module: module.into(), name: name.into(), access };
        for (feature, lacking) in [
            // Still a property, and no longer exported.
            (of("fs", "F_OK", Access::Default), ""),
            (of("util", "isBoolean", Access::Default), "24"),
            // Exported by 22, as `undefined`.
            (of("crypto", "Cipher", Access::Default), "22 24"),
            (of("fs", "F_OK", Access::Namespace), "24"),
            (of("fs", "readFile", Access::Default), ""),
            (of("fs", "nope", Access::Default), ""),
            (of("crypto", "createCipher", Access::Default), "22 24"),
            // A namespace never had it, so that nothing is known of it.
            (of("crypto", "createCipher", Access::Namespace), ""),
            (Feature::Global("WebSocket".into()), "18 20"),
            (Feature::Global("fetch".into()), ""),
            (Feature::OfGlobal("Object".into(), "groupBy".into()), "18 20"),
            (Feature::ImportMeta("dirname".into()), "18 20.10"),
            (Feature::ImportMeta("url".into()), ""),
            (Feature::Method("toSorted"), "18"),
            (Feature::Method("isSubsetOf"), "18 20"),
            (Feature::ImportMeta("main".into()), "18 20 20.10"),
        ] {
            let versions = ["18", "20", "20.10", "22", "24"];
            let found = versions.into_iter().filter(|text| feature.is_lacked_by(text.parse().unwrap()));
            assert_eq!(
                found.collect::<Vec<_>>().join(" "),
                match lacking {
                    "18 20" => "18 20 20.10",
                    text => text,
                },
                "{feature:?}"
            );
        }
    }
}
