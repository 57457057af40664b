//! What `[bundle]` may name: a package, and a file in the bundle. Both become parts of paths that are written to.

use std::path::{Component, Path};

/// Characters of a package's name at most (npm's own bound).
const MAX_OF_A_PACKAGE: usize = 214;

/// Whether a text is the name of a package, with a scope or without, as npm knows them.
pub(super) fn is_package(name: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part != "node_modules"
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~'))
    };
    let is_name = match name.strip_prefix('@') {
        Some(scoped) => scoped.split_once('/').is_some_and(|(scope, own)| is_part(scope) && is_part(own)),
        None => is_part(name),
    };
    is_name && name.len() <= MAX_OF_A_PACKAGE
}

/// Whether a text is the path of a file below the bundle's folder.
pub(super) fn is_file_below(path: &str) -> bool {
    let mut parts = Path::new(path).components().peekable();
    let is_plain = parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)));
    is_plain && !path.ends_with('/') && !path.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_has_the_name_of_one() {
        for good in ["zod", "@server-flow/shared", "JSONStream", "@a/b.c_d~e-f"] {
            assert!(is_package(good), "{good}");
        }
        for bad in [
            "",
            ".",
            "..",
            "../x",
            "/x",
            "a/b",
            "@a",
            "@a/",
            "@/b",
            "@a/../b",
            "@a/b/c",
            "@../b",
            "a b",
            "a\\b",
            "node_modules",
        ] {
            assert!(!is_package(bad), "{bad}");
        }
    }

    #[test]
    fn a_file_stands_below_the_bundle() {
        for (path, is_one) in [
            ("dist/index.js", true),
            ("index.js", true),
            ("", false),
            (".", false),
            ("../index.js", false),
            ("dist/../../x", false),
            ("/x", false),
            ("dist/", false),
            ("a\nb", false),
        ] {
            assert_eq!(is_file_below(path), is_one, "{path}");
        }
    }
}
