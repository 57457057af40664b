//! Paths that code puts together of its own folder or file, as they are seen from the file.

use super::open::{NamedModule, NamedPath, OpenLocated, Val};
use super::reader::Reader;
use crate::node::modules::FolderName;
use crate::tree::path::parts_behind;
use oxc_ast::ast::Expression;
use std::borrow::Cow;

/// Names and calls that are followed for one path.
pub(super) const MAX_DEPTH: u32 = 8;

impl<'a> Reader<'a, '_> {
    /// The path that an expression gives.
    pub(super) fn path(&self, value: &Val<'a>) -> Option<NamedPath> {
        self.path_of(value, MAX_DEPTH)
    }

    /// One path that two expressions give: `import.meta.dirname ?? dirname(fileURLToPath(import.meta.url))`.
    pub(super) fn same_path(&mut self, one: &Expression<'a>, other: &Expression<'a>) -> Val<'a> {
        let (one, other) = (self.value(one), self.value(other));
        match (self.path(&one), self.path(&other)) {
            (Some(path), Some(same)) if path == same => {
                if matches!(other, Val::Global(_)) || self.is_of_meta(&other, MAX_DEPTH) { one } else { other }
            }
            _ => Val::Unknown,
        }
    }

    fn path_of(&self, value: &Val<'a>, depth: u32) -> Option<NamedPath> {
        let depth = depth.checked_sub(1)?;
        let of = |value: &Val<'a>| self.path_of(value, depth);
        match self.plain(value) {
            Val::Text(text) if !text.is_empty() && !text.starts_with('/') => joined("/", text),
            Val::Global("__dirname") => Some(NamedPath::Beside(String::new())),
            Val::Global("__filename") => Some(NamedPath::Itself),
            Val::Member(Val::Global("module"), "path") => Some(NamedPath::Beside(String::new())),
            Val::Member(Val::Global("module"), "filename") => Some(NamedPath::Itself),
            Val::Member(meta, name) if matches!(self.plain(meta), Val::Meta) => match name {
                "dirname" => Some(NamedPath::Beside(String::new())),
                "filename" | "url" => Some(NamedPath::Itself),
                _ => None,
            },
            Val::Member(url, "pathname" | "href") => of(url),
            Val::New(class, arguments) => match (self.builtin(class)?, arguments) {
                // A text alone is a whole address.
                (("url", name), [whole]) if name == "URL" && !matches!(self.plain(whole), Val::Text(_)) => of(whole),
                (("url", name), [path, base]) if name == "URL" => {
                    let path = self.constant_text(path)?;
                    let kind = if self.is_folder(base, depth) { UrlBase::Folder } else { UrlBase::File };
                    let base = of(base).filter(|base| !base.is_of_start())?;
                    (!path.contains(':') && !path.starts_with('/')).then(|| relative(&base, &path, kind))?
                }
                _ => None,
            },
            Val::Joined(parts) => {
                let (first, rest) = parts.split_first()?;
                let (first, rest) = match first {
                    Val::Text("") => rest.split_first()?,
                    first => (first, rest),
                };
                if let Val::Text(text) = self.plain(first) {
                    let rest = self.text_of(rest)?;
                    return of(first).and_then(|_| joined("/", &format!("{text}{rest}")));
                }
                let NamedPath::Beside(folder) = of(first)? else { return None };
                let rest = self.text_of(rest)?;
                let is_behind = rest.starts_with('/') || rest.is_empty() || self.is_folder(first, depth);
                is_behind.then(|| joined(&folder, &rest)).flatten()
            }
            Val::Call(callee, arguments) => {
                match (self.plain(callee), arguments) {
                    (Val::Member(url, "toString"), []) => return of(url),
                    (Val::Global("String"), [url]) => return of(url),
                    _ => {}
                }
                if matches!(self.builtin(callee), Some(("process", name)) if name == "cwd") {
                    return (!self.module.changes_folder).then(|| NamedPath::Beside("/".to_owned()));
                }
                let (module, name) = self.builtin(callee)?;
                let name = name.rsplit('.').next().unwrap_or_default();
                match (module, name, arguments) {
                    ("url", "fileURLToPath" | "pathToFileURL", [path]) => of(path),
                    ("path" | "path/posix", "dirname", [path]) => match of(path)? {
                        NamedPath::Itself => Some(NamedPath::Beside(String::new())),
                        NamedPath::Beside(path) => joined(&path, "/.."),
                    },
                    ("path" | "path/posix", "normalize", [path]) => of(path),
                    ("path" | "path/posix", "join" | "resolve", [first, rest @ ..]) => {
                        let (folder, up, rest) = match (of(first)?, rest) {
                            (NamedPath::Beside(folder), rest) => (folder, "", rest),
                            // `join(import.meta.filename, '../x')`: out of the file, as if it were a folder.
                            (NamedPath::Itself, [Val::Text(up), rest @ ..]) => {
                                (String::new(), up.strip_prefix("..")?, rest)
                            }
                            (NamedPath::Itself, _) => return None,
                        };
                        self.join_rest(&folder, up, rest, name)
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    pub(super) fn text_of(&self, parts: &[Val<'a>]) -> Option<String> {
        let texts = parts.iter().map(|part| match self.plain(part) {
            Val::Text(text) => Some(text),
            _ => None,
        });
        texts.collect::<Option<Vec<_>>>().map(|texts| texts.concat())
    }

    /// Whether a path ends with a slash, so that what is put behind it is in that folder.
    pub(super) fn is_folder(&self, value: &Val<'a>, depth: u32) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let ends = |value: &Val<'a>| matches!(self.plain(value), Val::Text(text) if text.ends_with('/'));
        match self.plain(value) {
            Val::Joined(parts) => parts.last().is_some_and(ends),
            Val::New(_, [path, ..]) => {
                let Some(path) = self.constant_text(path) else { return false };
                matches!(&*path, "." | "..") || ["/", "/.", "/.."].iter().any(|ending| path.ends_with(ending))
            }
            Val::Member(url, "pathname" | "href") => self.is_folder(url, depth),
            Val::Call(callee, arguments) => {
                if let Val::Member(url, "toString") = self.plain(callee) {
                    return self.is_folder(url, depth);
                }
                match self.builtin(callee).as_ref().map(|(module, name)| (*module, &**name)) {
                    Some(("url", "fileURLToPath" | "pathToFileURL")) => {
                        arguments.first().is_some_and(|path| self.is_folder(path, depth))
                    }
                    Some(("path" | "path/posix", "join" | "normalize")) => arguments.last().is_some_and(ends),
                    _ => false,
                }
            }
            _ => false,
        }
    }

    /// What names a module by a path that is made of the file's own folder.
    pub(super) fn named_by_path(&self, value: &Val<'a>) -> Option<NamedModule<'a>> {
        let NamedPath::Beside(path) = self.path(value).filter(|path| !path.is_of_start())? else { return None };
        let (up, behind) = self.stands_behind(value, MAX_DEPTH)?;
        let folder = if self.is_of_meta(value, MAX_DEPTH) { FolderName::Meta } else { FolderName::Plain };
        let specifier = self.memory.alloc_str(&specifier_of(&path));
        let located = OpenLocated { up, behind: self.memory.alloc_str(&behind), folder };
        Some(NamedModule { specifier, located: Some(located) })
    }

    /// What names a module by an address that is relative to the file's own: the text in it.
    pub(super) fn named_by_address(&self, value: &Val<'a>) -> Option<NamedModule<'a>> {
        let text = self.address(value, MAX_DEPTH)?;
        let is_relative = matches!(&*text, "." | "..") || text.starts_with("./") || text.starts_with("../");
        let specifier =
            if is_relative { self.memory.alloc_str(&text) } else { self.memory.alloc_str(&format!("./{text}")) };
        Some(NamedModule::plain(specifier))
    }

    fn address(&self, value: &Val<'a>, depth: u32) -> Option<Cow<'a, str>> {
        let depth = depth.checked_sub(1)?;
        match self.plain(value) {
            Val::New(class, [path, base]) => {
                let path = self.constant_text(path)?;
                let is_url = matches!(self.builtin(class), Some(("url", name)) if name == "URL");
                let is_own =
                    matches!(self.plain(base), Val::Member(meta, "url") if matches!(self.plain(meta), Val::Meta));
                (is_url && is_own && !path.contains(':') && !path.starts_with('/')).then_some(path)
            }
            Val::Member(url, "href") => self.address(url, depth),
            Val::Call(callee, arguments) => match (self.plain(callee), arguments) {
                (Val::Member(url, "toString"), []) => self.address(url, depth),
                (Val::Global("String"), [url]) => self.address(url, depth),
                _ => None,
            },
            Val::Joined([Val::Text(""), url, Val::Text("")]) => self.address(url, depth),
            _ => None,
        }
    }

    /// How many folders a path goes up from the file's own, and what stands behind that as Node prints it: what is added to a
    /// path stands there as it is written.
    fn stands_behind(&self, value: &Val<'a>, depth: u32) -> Option<(u8, String)> {
        let depth = depth.checked_sub(1)?;
        if let Val::Joined(parts) = self.plain(value) {
            let (first, rest) = match parts.split_first()? {
                (Val::Text(""), rest) => rest.split_first()?,
                parts => parts,
            };
            let (up, behind) = self.stands_behind(first, depth)?;
            return Some((up, format!("{behind}{}", self.text_of(rest)?)));
        }
        let NamedPath::Beside(path) = self.path(value)? else { return None };
        let (up, behind) = up_from(&path);
        Some((up, if self.is_folder(value, depth) { format!("{behind}/") } else { behind }))
    }

    /// Whether a path is made of what not every version of Node has: `import.meta.dirname`.
    pub(super) fn is_of_meta(&self, value: &Val<'a>, depth: u32) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let is = |value: &Val<'a>| self.is_of_meta(value, depth);
        match self.plain(value) {
            Val::Member(of, "dirname" | "filename") if matches!(self.plain(of), Val::Meta) => true,
            Val::Member(of, _) => is(of),
            Val::Joined(parts) => parts.first().is_some_and(is) || parts.get(1).is_some_and(is),
            Val::New(_, arguments) => arguments.iter().any(is),
            Val::Call(callee, arguments) => arguments.iter().any(is) || matches!(callee, Val::Member(of, _) if is(of)),
            _ => false,
        }
    }

    /// The folder that is known of a path of which the rest is not: `join(__dirname, 'views', name)`. Nothing for a path that
    /// is relative to where the agent runs.
    pub(super) fn known_part(&self, value: &Val<'a>) -> Option<String> {
        let (first, rest, by_text) = match self.plain(value) {
            Val::Joined([Val::Text(""), first, rest @ ..]) | Val::Joined([first, rest @ ..]) => (first, rest, true),
            Val::Call(callee, [first, rest @ ..]) => match self.builtin(callee)? {
                ("path" | "path/posix", name) if name.ends_with("join") => (first, rest, false),
                _ => return None,
            },
            _ => return None,
        };
        let NamedPath::Beside(mut folder) = self.path(first).filter(|path| !path.is_of_start())? else { return None };
        let known = rest.iter().map_while(|part| self.constant_text(part));
        let texts: Vec<_> = known.collect();
        let texts: Vec<&str> = match (by_text, texts.as_slice()) {
            // What stands behind the last slash is the beginning of a name.
            (true, [text, ..]) if text.starts_with('/') => vec![text.rsplit_once('/')?.0],
            (true, _) => return None,
            (false, texts) => texts.iter().map(AsRef::as_ref).collect(),
        };
        for text in texts {
            let NamedPath::Beside(further) = joined(&folder, text)? else { return None };
            folder = further;
        }
        Some(folder)
    }

    fn join_rest(&self, from: &str, first: &str, rest: &[Val<'a>], how: &str) -> Option<NamedPath> {
        let mut path = joined(from, first)?;
        for part in rest {
            let text = match self.plain(part) {
                Val::Text(text) => Cow::Borrowed(text),
                part => self.constant_text(&part)?,
            };
            // `resolve` begins anew with an absolute path.
            if how == "resolve" && text.starts_with('/') {
                return None;
            }
            let NamedPath::Beside(before) = &path else { return None };
            path = joined(before, &text)?;
        }
        Some(path)
    }
}

/// What the base of an address is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum UrlBase {
    /// It ends with a slash.
    Folder,
    /// What is relative to it stands beside it.
    File,
}

/// A path relative to a file's folder, as a specifier.
fn specifier_of(path: &str) -> String {
    match path {
        "" => ".".to_owned(),
        path if path == ".." || path.starts_with("../") => path.to_owned(),
        path => format!("./{path}"),
    }
}

/// How many folders a path goes up, and the rest of it.
fn up_from(path: &str) -> (u8, String) {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let up = parts.iter().take_while(|part| **part == "..").count();
    let behind = parts.iter().skip(up).map(|part| format!("/{part}")).collect();
    (u8::try_from(up).unwrap_or(u8::MAX), behind)
}

/// What `new URL(path, base)` gives.
fn relative(base: &NamedPath, path: &str, kind: UrlBase) -> Option<NamedPath> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let folder = match base {
        NamedPath::Itself => "",
        NamedPath::Beside(folder) if kind == UrlBase::Folder => folder,
        NamedPath::Beside(base) => base.rsplit_once('/').map_or("", |(folder, _)| folder),
    };
    joined(folder, path)
}

/// One path behind another, without `.` and `..` inside.
pub(super) fn joined(folder: &str, path: &str) -> Option<NamedPath> {
    if path.contains(['\\', '\0', '%']) {
        return None;
    }
    let start = if folder.starts_with('/') { "/" } else { "" };
    Some(NamedPath::Beside(format!("{start}{}", parts_behind(folder, path).join("/"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_put_together_as_node_does_it() {
        for (folder, path, expected) in [
            ("", "./a/b.js", "a/b.js"),
            ("a", "/../b", "b"),
            ("a/b", "../../..", ".."),
            ("/", "./dist/x", "/dist/x"),
            ("/dist", "../../x", "/../x"),
            ("..", "../x", "../../x"),
            ("", ".", ""),
        ] {
            assert_eq!(joined(folder, path), Some(NamedPath::Beside(expected.to_owned())), "{folder} {path}");
        }
        let beside = |path: &str| NamedPath::Beside(path.to_owned());
        assert_eq!(relative(&NamedPath::Itself, "x?y#z", UrlBase::File), Some(beside("x")));
        assert_eq!(relative(&beside("a/b"), "c", UrlBase::File), Some(beside("a/c")));
        assert_eq!(relative(&beside("a/b"), "c", UrlBase::Folder), Some(beside("a/b/c")));
    }

    #[test]
    fn what_stands_behind_a_folder_is_as_node_prints_it() {
        for (path, up, behind, specifier) in [
            ("", 0, "", "."),
            ("a/b.js", 0, "/a/b.js", "./a/b.js"),
            ("../a", 1, "/a", "../a"),
            ("../..", 2, "", "../.."),
        ] {
            let (found, said) = up_from(path);
            assert_eq!((found, said.as_str(), specifier_of(path).as_str()), (up, behind, specifier), "{path}");
        }
    }
}
