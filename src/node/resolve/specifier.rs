//! Specifiers taken apart: paths, addresses and names of packages.

/// What kind of specifier it is (esm.md, `ESM_RESOLVE`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Specifier<'s> {
    /// Begins with `./`, `../` or `/`, or is `.` or `..`.
    Path(&'s str),
    /// Begins with `#`.
    Internal(&'s str),
    /// Has a scheme: the scheme, without its colon, and what follows it.
    Address(&'s str, &'s str),
    /// Anything else: the name of a package and what follows it.
    Bare(&'s str),
}

impl<'s> Specifier<'s> {
    /// Tells what kind it is.
    pub(super) fn of(text: &'s str) -> Self {
        if text.starts_with('/') || matches!(text, "." | "..") || text.starts_with("./") || text.starts_with("../") {
            return Self::Path(text);
        }
        if text.starts_with('#') {
            return Self::Internal(text);
        }
        match text.split_once(':') {
            Some((scheme, rest))
                if scheme.bytes().next().is_some_and(|first| first.is_ascii_alphabetic())
                    && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)) =>
            {
                Self::Address(scheme, rest)
            }
            _ => Self::Bare(text),
        }
    }
}

/// The name of a package and the subpath behind it, which begins with `.`; nothing where the name is none
/// (`lib/internal/modules/package_json_reader.js`, `parsePackageName`).
pub(super) fn package_name(specifier: &str) -> Option<(&str, String)> {
    let mut slashes = specifier.match_indices('/').map(|(at, _)| at);
    let end = if specifier.starts_with('@') {
        slashes.next()?;
        slashes.next()
    } else {
        slashes.next()
    };
    let (name, rest) = specifier.split_at(end.unwrap_or(specifier.len()));
    let valid = !name.starts_with('.') && !name.contains(['\\', '%']);
    valid.then(|| (name, format!(".{rest}")))
}

/// A path that a URL states, without its query and fragment and with its escapes read: nothing where an escaped slash
/// makes it invalid.
pub(super) fn url_path(text: &str) -> Option<Vec<u8>> {
    if !text.contains(['?', '#', '%', '\\', '\t', '\n', '\r']) {
        return Some(text.as_bytes().to_vec());
    }
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let path = text.get(..end).unwrap_or_default();
    let lower = path.to_ascii_lowercase();
    if lower.contains("%2f") || lower.contains("%5c") {
        return None;
    }
    // A URL's parser takes out tabs and line ends, and reads a backslash as a slash (URL standard, "special scheme").
    let path: String =
        path.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).map(|c| if c == '\\' { '/' } else { c }).collect();
    Some(decode(path.as_bytes()))
}

/// Percent escapes read.
fn decode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if *first == b'%' => {
                out.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                out.push(*first);
                rest = after;
            }
        }
    }
    out
}

/// A path with its escapes read, as `decodeURIComponent` reads them; nothing where one is none, or gives no UTF-8.
pub(super) fn percent_decoded(text: &str) -> Option<String> {
    let digit = |byte: &u8| byte.is_ascii_hexdigit();
    let sound = text.split('%').skip(1).all(|after| after.as_bytes().get(..2).is_some_and(|two| two.iter().all(digit)));
    sound.then(|| String::from_utf8(decode(text.as_bytes())).ok()).flatten()
}

/// `path` as seen from the folder `base`, with `.` and `..` taken out before anything is looked up; a slash at the end
/// is kept. Nothing for a path that leaves the bundle, whose root is the empty path.
pub(super) fn join(base: &[u8], path: &[u8]) -> Option<Vec<u8>> {
    let mut parts: Vec<&[u8]> = base.split(|byte| *byte == b'/').filter(|part| !part.is_empty()).collect();
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    let mut joined = parts.join(&b'/');
    if (path.ends_with(b"/") || path.ends_with(b"/..") || path.ends_with(b"/.") || matches!(path, b"." | b".."))
        && !joined.is_empty()
    {
        joined.push(b'/');
    }
    Some(joined)
}

/// An absolute path with `.` and `..` taken out; at the root `..` leads nowhere else. A slash at the end goes.
pub(super) fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specifiers_are_told_apart() {
        for (text, expected) in [
            ("./a.js", Specifier::Path("./a.js")),
            ("..", Specifier::Path("..")),
            ("/a", Specifier::Path("/a")),
            (".a", Specifier::Bare(".a")),
            ("#a", Specifier::Internal("#a")),
            ("node:fs", Specifier::Address("node", "fs")),
            ("data:text/javascript,1", Specifier::Address("data", "text/javascript,1")),
            ("a:b", Specifier::Address("a", "b")),
            ("@a/b:c", Specifier::Bare("@a/b:c")),
            ("fastify", Specifier::Bare("fastify")),
            ("", Specifier::Bare("")),
        ] {
            assert_eq!(Specifier::of(text), expected, "{text}");
        }
    }

    #[test]
    fn package_names_are_cut_off() {
        for (text, expected) in [
            ("a", Some(("a", "."))),
            ("a/b/c.js", Some(("a", "./b/c.js"))),
            ("a/", Some(("a", "./"))),
            ("@a/b", Some(("@a/b", "."))),
            ("@a/b/c", Some(("@a/b", "./c"))),
            ("@a", None),
            (".a", None),
            ("a%b", None),
            ("a\\b", None),
        ] {
            assert_eq!(package_name(text), expected.map(|(name, rest)| (name, rest.to_owned())), "{text}");
        }
    }

    #[test]
    fn paths_are_joined_before_they_are_looked_up() {
        for (base, path, expected) in [
            ("dist", "./a.js", Some("dist/a.js")),
            ("dist", "../a.js", Some("a.js")),
            ("dist", "../../a.js", None),
            ("dist", "./x/../a.js", Some("dist/a.js")),
            ("dist", "./x/", Some("dist/x/")),
            ("dist", ".", Some("dist/")),
            ("", "./a", Some("a")),
        ] {
            let joined = join(base.as_bytes(), path.as_bytes());
            assert_eq!(joined, expected.map(|path| path.as_bytes().to_vec()), "{base} {path}");
        }
        assert_eq!(url_path("./a%20b.js?x#y"), Some(b"./a b.js".to_vec()));
        assert_eq!(url_path("./a%2fb.js"), None);
        assert_eq!(url_path("./a%zz"), Some(b"./a%zz".to_vec()));
    }
}
