//! Paths inside a bundle. Names from an archive live in [`RelPath`], which has one fallible constructor.

use crate::text;
use memchr::memchr_iter;
use std::fmt;

/// A path relative to the bundle's root, in bytes as Linux keeps them: no leading `/`, no empty,
/// `.` or `..` component, no NUL. The empty path is the root itself.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RelPath(Vec<u8>);

/// Why a name cannot be a path inside the bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RelPathFault {
    /// No byte at all.
    #[error("an empty name")]
    Empty,
    /// Starts with `/`.
    #[error("an absolute name")]
    Absolute,
    /// Has a `..` component.
    #[error("a name with `..`")]
    ParentDirectory,
    /// Has a NUL byte.
    #[error("a name with a NUL byte")]
    Nul,
}

impl RelPath {
    /// The bundle's root.
    #[must_use]
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    /// The root, with room for a path of so many bytes.
    pub(super) fn with_room(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    /// Reads a raw name. `./`, doubled and trailing slashes vanish, as they do for the kernel.
    ///
    /// # Errors
    /// A [`RelPathFault`] where the name is empty, absolute, has a `..` component or a NUL.
    pub fn parse(raw: &[u8]) -> Result<Self, RelPathFault> {
        let mut path = Self::root();
        path.assign(raw)?;
        Ok(path)
    }

    /// [`RelPath::parse`] into an existing value, so that a reader of many names allocates once.
    ///
    /// # Errors
    /// As [`RelPath::parse`]; the value is then the root.
    pub fn assign(&mut self, raw: &[u8]) -> Result<(), RelPathFault> {
        self.0.clear();
        if raw.is_empty() {
            return Err(RelPathFault::Empty);
        }
        if raw.contains(&0) {
            return Err(RelPathFault::Nul);
        }
        if raw.starts_with(b"/") {
            return Err(RelPathFault::Absolute);
        }
        for component in raw.split(|byte| *byte == b'/') {
            match component {
                b"" | b"." => {}
                b".." => {
                    self.0.clear();
                    return Err(RelPathFault::ParentDirectory);
                }
                name => self.push(name),
            }
        }
        Ok(())
    }

    /// Adds one component, which must be a plain name (a tree's own names are).
    pub(crate) fn push(&mut self, name: &[u8]) {
        if !self.0.is_empty() {
            self.0.push(b'/');
        }
        self.0.extend_from_slice(name);
    }

    /// The components from the root down.
    pub fn components(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split(|byte| *byte == b'/').filter(|component| !component.is_empty())
    }

    /// How many components there are, and the bytes of the longest.
    #[must_use]
    pub fn measures(&self) -> (usize, usize) {
        let (mut count, mut longest, mut start) = (usize::from(!self.is_root()), 0, 0);
        for slash in memchr_iter(b'/', &self.0) {
            longest = longest.max(slash - start);
            start = slash + 1;
            count += 1;
        }
        (count, longest.max(self.0.len() - start))
    }

    /// The last component; nothing for the root.
    #[must_use]
    pub fn name(&self) -> Option<&[u8]> {
        self.components().last()
    }

    /// The bytes, with `/` between components.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether this is the bundle's root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }
}

/// Shows the path with everything unprintable escaped; the root shows as `.`.
/// The names of a path that stands behind a folder, without `.`; `..` takes the name before it away, and stays where there is none.
pub(crate) fn parts_behind<'p>(folder: &'p str, path: &'p str) -> Vec<&'p str> {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { f.write_str(".") } else { f.write_str(&text::printable_bytes(&self.0)) }
    }
}

impl fmt::Debug for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_paths_as_the_kernel_reads_them_or_are_refused() {
        let ok = |raw: &[u8]| RelPath::parse(raw).map(|path| path.to_string());
        for (raw, expected) in [
            (&b"dist/index.js"[..], Ok("dist/index.js")),
            (b"./dist//index.js", Ok("dist/index.js")),
            (b"dist/", Ok("dist")),
            (b"./", Ok(".")),
            (b"a/./b", Ok("a/b")),
            (b"..a/b..", Ok("..a/b..")),
            (b"", Err(RelPathFault::Empty)),
            (b"/etc/passwd", Err(RelPathFault::Absolute)),
            (b"a/../b", Err(RelPathFault::ParentDirectory)),
            (b"..", Err(RelPathFault::ParentDirectory)),
            (b"a\0b", Err(RelPathFault::Nul)),
        ] {
            assert_eq!(ok(raw), expected.map(str::to_owned), "{raw:?}");
        }
    }

    #[test]
    fn a_path_is_measured_as_its_components_are() {
        for (raw, expected) in [("./", (0, 0)), ("a", (1, 1)), ("a/bcd/e", (3, 3)), ("dist/index.js", (2, 8))] {
            assert_eq!(RelPath::parse(raw.as_bytes()).unwrap().measures(), expected, "{raw}");
        }
    }
}
