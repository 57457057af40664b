//! Paths that files put together for each other, as they are in the bundle.

use crate::node::modules::FolderName;
use crate::tree::path::parts_behind;

/// What a path is written as.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum PathKind {
    /// A path of the file system.
    Plain,
    /// An object of `URL`, or the text of one.
    Url,
}

/// A path in the bundle.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct GivenPath {
    /// From the bundle's folder, with a slash in front.
    pub(super) path: String,
    /// Whether it ends with a slash.
    pub(super) is_folder: bool,
    pub(super) kind: PathKind,
    /// By what the folder of the file is named that it is made of.
    pub(super) folder: FolderName,
    /// Whether it is made of the folder in which the agent runs.
    pub(super) is_of_start: bool,
}

impl GivenPath {
    /// A path of what stands in the bundle at that place.
    pub(super) fn of(path: &str, kind: PathKind, folder: FolderName) -> Self {
        Self {
            path: format!("/{}", parts_behind("", path).join("/")),
            is_folder: false,
            kind,
            folder,
            is_of_start: false,
        }
    }

    /// The folder in which the agent runs.
    pub(super) fn of_start() -> Self {
        Self { is_of_start: true, ..Self::of("", PathKind::Plain, FolderName::Plain) }
    }

    /// What stands behind it as in a folder. Nothing for what Node reads in another way than it is written.
    pub(super) fn behind(&self, path: &str) -> Option<Self> {
        if path.contains(['\\', '\0', '%']) {
            return None;
        }
        let parts = parts_behind(self.path.trim_start_matches('/'), path);
        let is_folder = if path.is_empty() { self.is_folder } else { path.ends_with('/') };
        Some(Self { path: format!("/{}", parts.join("/")), is_folder, ..self.clone() })
    }

    /// `path.join`: of several texts one after the other.
    pub(super) fn joined(&self, texts: &[&str]) -> Option<Self> {
        texts.iter().try_fold(self.clone(), |path, text| path.behind(text))
    }

    /// The folder in which it stands.
    pub(super) fn dirname(&self) -> Option<Self> {
        Some(Self { is_folder: false, ..self.behind("..")? })
    }

    /// `new URL(path, this)`.
    pub(super) fn relative(&self, path: &str) -> Option<Self> {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        if self.kind != PathKind::Url || path.contains(':') || path.starts_with('/') || path.is_empty() {
            return None;
        }
        let is_folder = matches!(path, "." | "..") || ["/", "/.", "/.."].iter().any(|ending| path.ends_with(ending));
        let base = if self.is_folder { self.clone() } else { self.dirname()? };
        Some(Self { is_folder, ..base.behind(path)? })
    }

    /// How a file of a folder names it: by a specifier, and by how many folders up it stands and what stands behind them.
    pub(super) fn seen_from(&self, folder: &str) -> (String, u8, String) {
        let folders = parts_behind("", folder).len();
        let parts: Vec<&str> = self.path.split('/').filter(|part| !part.is_empty()).collect();
        let above = parts.iter().take_while(|part| **part == "..").count();
        let behind: String = parts.iter().skip(above).map(|part| format!("/{part}")).collect();
        let behind = if self.is_folder { format!("{behind}/") } else { behind };
        let up = folders + above;
        let specifier = match up {
            0 => format!(".{behind}"),
            up => format!("{}{behind}", vec![".."; up].join("/")),
        };
        (specifier, u8::try_from(up).unwrap_or(u8::MAX), behind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str) -> GivenPath {
        GivenPath::of(path, PathKind::Plain, FolderName::Plain)
    }

    #[test]
    fn paths_are_put_together_as_node_does_it() {
        for (base, texts, expected) in [
            ("dist", &["x.html"][..], "/dist/x.html"),
            ("dist/a", &["..", "./b/", "c"], "/dist/b/c"),
            ("dist", &["../../x"], "/../x"),
            ("", &["./dist"], "/dist"),
        ] {
            assert_eq!(of(base).joined(texts).unwrap().path, expected, "{base} {texts:?}");
        }
        assert_eq!(of("dist").behind("a%20b"), None);
        assert_eq!(of("dist/index.js").dirname().unwrap().path, "/dist");
        let url = |path: &str| GivenPath { kind: PathKind::Url, ..of(path) };
        assert_eq!(url("dist/index.js").relative("./t/").unwrap().relative("x?y").unwrap().path, "/dist/t/x");
        assert_eq!(url("dist/index.js").relative("./t").unwrap().relative("x").unwrap().path, "/dist/x");
        assert_eq!(of("dist/index.js").relative("./t"), None);
    }

    #[test]
    fn a_file_names_what_stands_elsewhere() {
        for (path, folder, expected) in [
            ("dist/x.js", "dist", ("../dist/x.js", 1, "/dist/x.js")),
            ("x.js", "", ("./x.js", 0, "/x.js")),
            ("../x.js", "dist/lib", ("../../../x.js", 3, "/x.js")),
        ] {
            let (specifier, up, behind) = of(path).seen_from(folder);
            assert_eq!((specifier.as_str(), up, behind.as_str()), expected, "{path} {folder}");
        }
    }
}
