//! `file:` addresses, and the paths that `import` takes for such, read as the URL standard says.

use super::failure::{ResolveFailure, ResolveRefusal};
use super::place::OnDisk;
use super::specifier::percent_decoded;
use super::{ResolveRequest, ResolvedTarget, Resolver};

impl Resolver<'_> {
    /// A path from a folder of the bundle, or what stands behind `file:`, as `import` reads it.
    pub(super) fn import_url(&self, asked: &ResolveRequest<'_>, base: &[u8], text: &str) -> ResolvedTarget {
        let url = FileUrl::read(&self.shown_path(base), text);
        if !matches!(url.host.as_str(), "" | "localhost") {
            let message =
                "TypeError [ERR_INVALID_FILE_URL_HOST]: File URL host must be \"localhost\" or empty on linux"
                    .to_owned();
            return Err(ResolveRefusal { failure: ResolveFailure::Scheme, message });
        }
        let lower = url.path.to_ascii_lowercase();
        if lower.contains("%2f") || lower.contains("%5c") {
            let why = "must not include encoded \"/\" or \"\\\" characters";
            return Err(self.invalid_specifier(asked, &url.path, why));
        }
        let Some(path) = percent_decoded(&url.path) else {
            let message = "URIError: URI malformed".to_owned();
            return Err(ResolveRefusal { failure: ResolveFailure::InvalidSpecifier, message });
        };
        match self.place(b"", path.as_bytes()) {
            OnDisk::Inside(path) => self.finalize(asked, &path),
            OnDisk::Outside(path) => Err(self.outside(asked, path)),
        }
    }
}

/// What counts of a `file:` address.
#[derive(PartialEq, Eq, Debug)]
struct FileUrl {
    host: String,
    /// Absolute, without `.` and `..`, and with its escapes as they were written.
    path: String,
}

impl FileUrl {
    /// Reads what stands behind `file:`, or a path from an absolute folder.
    fn read(base: &str, text: &str) -> Self {
        // The parser takes out tabs and line ends everywhere, and blanks at both ends; a backslash is a slash to it.
        let text: String = text
            .trim_matches(|c: char| c <= ' ')
            .chars()
            .filter(|c| !matches!(c, '\t' | '\n' | '\r'))
            .map(|c| if c == '\\' { '/' } else { c })
            .collect();
        let end = text.find(['?', '#']).unwrap_or(text.len());
        let text = text.get(..end).unwrap_or_default();
        let (host, path) = match text.strip_prefix("//") {
            Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
            None => ("", text),
        };
        let whole = if path.starts_with('/') || !host.is_empty() {
            path.to_owned()
        } else {
            format!("{}/{path}", escaped(base))
        };
        Self { host: host.to_ascii_lowercase(), path: without_dots(&whole) }
    }
}

/// A path as it stands in an address.
fn escaped(path: &str) -> String {
    path.replace('%', "%25").replace('?', "%3F").replace('#', "%23").replace('\\', "%5C")
}

/// `.` and `..` taken out, also where they are written as `%2e`; a slash at the end is kept.
fn without_dots(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let mut is_folder = false;
    for part in path.split('/') {
        let plain = part.to_ascii_lowercase().replace("%2e", ".");
        is_folder = matches!(plain.as_str(), "" | "." | "..");
        match plain.as_str() {
            "" | "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    format!("/{}{}", parts.join("/"), if is_folder && !parts.is_empty() { "/" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_the_standard_says() {
        for (text, host, path) in [
            ("./a.js", "", "/b/dist/a.js"),
            ("./a.js?x#y", "", "/b/dist/a.js"),
            ("./a.js ", "", "/b/dist/a.js"),
            ("./x/%2E%2e/a.js", "", "/b/dist/a.js"),
            (".\\sub\\a.js", "", "/b/dist/sub/a.js"),
            ("../../../a%20b.js", "", "/a%20b.js"),
            ("/a.js", "", "/a.js"),
            ("///a.js", "", "/a.js"),
            ("//Host/a.js", "host", "/a.js"),
            ("./sub/", "", "/b/dist/sub/"),
            ("..", "", "/b/"),
        ] {
            assert_eq!(FileUrl::read("/b/dist", text), FileUrl { host: host.into(), path: path.into() }, "{text}");
        }
        assert_eq!(FileUrl::read("/100%/x", "./a.js").path, "/100%25/x/a.js");
    }
}
