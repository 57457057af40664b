//! `.tree` fixtures: a bundle as text, from which the archive and the directory are both made.
//!
//! The format is described in `docs/contributing.md`. What is not understood panics with its line: a fixture that says
//! something else than its author meant would test nothing.

#![allow(
    dead_code,
    clippy::cast_possible_wrap,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "it is test code, of which nobody who shares it uses all"
)]

use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

/// One entry.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    mode: u32,
    owner: Owner,
    kind: Kind,
    name: Vec<u8>,
    target: Vec<u8>,
    content: Vec<u8>,
    patches: Vec<(String, Vec<u8>)>,
}

#[derive(Clone, Debug, Default)]
struct Owner {
    uid: u64,
    gid: u64,
    user: String,
    group: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Directory,
    File,
    Link,
    Hard,
    Fifo,
    Character,
    Block,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Gzip {
    Once,
    Off,
    Twice,
    Members,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    Marker,
    Missing,
    Lone,
}

/// A parsed fixture.
#[derive(Clone, Debug)]
pub(crate) struct Fixture {
    pub options: Vec<String>,
    pub expect: Option<Vec<String>>,
    pub as_archive: bool,
    pub as_directory: bool,
    pub archive_name: String,
    entries: Vec<Entry>,
    bytes: Option<Vec<u8>>,
    gzip: Gzip,
    end: End,
    cut: usize,
    append: Vec<u8>,
    flips: Vec<(i64, u8)>,
    prefix: Vec<u8>,
    dot: bool,
    tail: Vec<u8>,
}

impl Fixture {
    /// Reads a fixture and what it builds on.
    pub(crate) fn load(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut fixture = Self {
            options: Vec::new(),
            expect: None,
            as_archive: true,
            as_directory: true,
            archive_name: "agent-bundle.tar.gz".into(),
            entries: Vec::new(),
            bytes: None,
            gzip: Gzip::Once,
            end: End::Marker,
            cut: 0,
            append: Vec::new(),
            flips: Vec::new(),
            prefix: Vec::new(),
            dot: false,
            tail: Vec::new(),
        };
        let mut lines = text.lines().enumerate();
        while let Some((number, line)) = lines.next() {
            let place = format!("{}:{}", path.display(), number + 1);
            fixture.line(line, &place, &mut lines);
        }
        fixture
    }

    fn line<'a>(&mut self, line: &str, place: &str, lines: &mut impl Iterator<Item = (usize, &'a str)>) {
        let tokens = tokens(line, place);
        let words: Vec<&[u8]> = tokens.iter().map(|token| &token.bytes[..]).collect();
        match words.as_slice() {
            [] => {}
            [b"base", name] => {
                let base = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/base/{}.tree", text(name)));
                self.entries = Self::load(&base).entries;
            }
            [b"-", name] => {
                let below = |entry: &Entry| {
                    let path = normal(&entry.name);
                    path == normal(name) || path.starts_with(&[normal(name), b"/".to_vec()].concat())
                };
                assert!(self.entries.iter().any(below), "{place}: there is no `{}` to take away", text(name));
                self.entries.retain(|entry| !below(entry));
            }
            [directive, arguments @ ..] if directive.starts_with(b"!") => {
                self.directive(&text(directive), arguments, place)
            }
            _ => {
                let mut entry = entry(&words, place);
                if let [.., b"<<", tag] = words.as_slice() {
                    let tag = text(tag);
                    for (_, line) in lines.by_ref().take_while(|(_, line)| *line != tag) {
                        entry.content.extend_from_slice(line.as_bytes());
                        entry.content.push(b'\n');
                    }
                }
                // Making a device takes root, which the tests need not have.
                self.as_directory &= !matches!(entry.kind, Kind::Character | Kind::Block);
                self.entries.push(entry);
            }
        }
    }

    fn directive(&mut self, directive: &str, arguments: &[&[u8]], place: &str) {
        match (directive, arguments) {
            ("!options", options) => self.options = options.iter().map(|option| text(option)).collect(),
            ("!expect", ids) => self.expect = Some(ids.iter().map(|id| text(id)).collect()),
            ("!archive-only", []) => self.as_directory = false,
            ("!directory-only", []) => self.as_archive = false,
            ("!name", [name]) => self.archive_name = text(name),
            ("!bytes", content) => self.bytes = Some(repeated(content, place)),
            ("!gzip", [b"off"]) => self.gzip = Gzip::Off,
            ("!gzip", [b"twice"]) => self.gzip = Gzip::Twice,
            ("!gzip", [b"members"]) => self.gzip = Gzip::Members,
            ("!cut", [count]) => self.cut = number(count, place),
            ("!append", content) => self.append = repeated(content, place),
            ("!flip", [at, mask]) => {
                let mask = u8::from_str_radix(text(mask).trim_start_matches("0x"), 16).unwrap();
                self.flips.push((text(at).parse().unwrap(), mask));
            }
            ("!prefix", [prefix]) => self.prefix = prefix.to_vec(),
            ("!dot", []) => self.dot = true,
            ("!tail", content) => self.tail = repeated(content, place),
            ("!end", [b"none"]) => self.end = End::Missing,
            ("!end", [b"lone"]) => self.end = End::Lone,
            ("!header", [name, patch @ ..]) => {
                let [assignment, value @ ..] = patch else { panic!("{place}: a patch is FIELD=VALUE") };
                assert!(value.len() <= 1, "{place}: one patch a line");
                let assignment = text(assignment);
                let (field, bare) =
                    assignment.split_once('=').unwrap_or_else(|| panic!("{place}: a patch is FIELD=VALUE"));
                let value =
                    if bare.is_empty() && !value.is_empty() { value[0].to_vec() } else { bare.as_bytes().to_vec() };
                let entry = self.entries.iter_mut().rev().find(|entry| entry.name == *name);
                let entry = entry.unwrap_or_else(|| panic!("{place}: there is no entry `{}`", text(name)));
                entry.patches.push((field.to_owned(), value));
            }
            _ => panic!("{place}: `{directive}` is not understood"),
        }
        if !matches!(directive, "!options" | "!expect" | "!archive-only" | "!directory-only") {
            self.as_directory = false;
        }
    }

    /// The archive's bytes.
    pub(crate) fn archive(&self) -> Vec<u8> {
        let mut bytes = self.bytes.clone().unwrap_or_else(|| {
            let tar = self.tar();
            match self.gzip {
                Gzip::Off => tar,
                Gzip::Once => gzip(&tar),
                Gzip::Twice => gzip(&gzip(&tar)),
                Gzip::Members => {
                    let (first, second) = tar.split_at(tar.len() / 2);
                    [gzip(first), gzip(second)].concat()
                }
            }
        });
        bytes.truncate(bytes.len() - self.cut);
        bytes.extend_from_slice(&self.append);
        for (at, mask) in &self.flips {
            let at = if *at < 0 { bytes.len() as i64 + at } else { *at };
            bytes[usize::try_from(at).unwrap()] ^= mask;
        }
        bytes
    }

    fn tar(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if self.dot {
            let root = Entry { name: b"./".to_vec(), content: Vec::new(), patches: Vec::new(), ..directory() };
            root.write(&[], &mut out);
        }
        let prefix = [if self.dot { b"./" } else { &b""[..] }, &self.prefix].concat();
        let last = self.entries.len().saturating_sub(1);
        for (at, entry) in self.entries.iter().enumerate() {
            if self.end == End::Lone && at == last {
                out.extend_from_slice(&[0; 512]);
            }
            entry.write(&prefix, &mut out);
        }
        if self.end != End::Missing {
            out.extend_from_slice(&[0; 1024]);
        }
        out.extend_from_slice(&self.tail);
        out
    }

    /// Writes the directory below `root`, which must be empty. Owners are not set, as that takes root.
    pub(crate) fn directory(&self, root: &Path) {
        let at = |name: &[u8]| root.join(std::ffi::OsStr::from_bytes(&normal(name)));
        for entry in &self.entries {
            let path = at(&entry.name);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent).unwrap();
            }
            match entry.kind {
                Kind::Directory => fs::create_dir_all(&path).unwrap(),
                Kind::File => fs::write(&path, &entry.content).unwrap(),
                Kind::Link => symlink(std::ffi::OsStr::from_bytes(&entry.target), &path).unwrap(),
                Kind::Hard => fs::hard_link(at(&entry.target), &path).unwrap(),
                Kind::Fifo => {
                    let mode = rustix::fs::Mode::from_raw_mode(0o644);
                    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
                }
                Kind::Character | Kind::Block => panic!("a device is never made in a directory"),
            }
        }
        for entry in self.entries.iter().rev().filter(|entry| matches!(entry.kind, Kind::Directory | Kind::File)) {
            fs::set_permissions(at(&entry.name), fs::Permissions::from_mode(entry.mode)).unwrap();
        }
    }
}

fn directory() -> Entry {
    Entry {
        mode: 0o755,
        owner: Owner::default(),
        kind: Kind::Directory,
        name: Vec::new(),
        target: Vec::new(),
        content: Vec::new(),
        patches: Vec::new(),
    }
}

impl Entry {
    fn write(&self, prefix: &[u8], out: &mut Vec<u8>) {
        let strip = if prefix.is_empty() { &self.name } else { self.name.strip_prefix(b"./").unwrap_or(&self.name) };
        let mut name = [prefix, strip].concat();
        if self.kind == Kind::Directory && !name.ends_with(b"/") {
            name.push(b'/');
        }
        for (kind, long) in [(b'L', &name), (b'K', &self.target)] {
            if long.len() > 100 {
                let body = [&long[..], b"\0"].concat();
                let header = header(b"././@LongLink", 0, &Owner::default(), body.len() as u64, kind, b"", true);
                push(&header, &body, out);
            }
        }
        let size = if self.kind == Kind::File { self.content.len() as u64 } else { 0 };
        let kind = match self.kind {
            Kind::Directory => b'5',
            Kind::File => b'0',
            Kind::Link => b'2',
            Kind::Hard => b'1',
            Kind::Fifo => b'6',
            Kind::Character => b'3',
            Kind::Block => b'4',
        };
        let mut header = header(&name, self.mode, &self.owner, size, kind, &self.target, false);
        for (field, value) in &self.patches {
            let range = match field.as_str() {
                "name" => 0..100,
                "mode" => 100..108,
                "mtime" => 136..148,
                "uid" => 108..116,
                "size" => 124..136,
                "typeflag" => 156..157,
                "linkname" => 157..257,
                "magic" => 257..265,
                other => panic!("`{other}` is no header field that can be patched"),
            };
            let slot = &mut header.as_mut_bytes()[range];
            slot.fill(0);
            slot[..value.len()].copy_from_slice(value);
        }
        header.set_cksum();
        push(&header, &self.content, out);
    }
}

fn push(header: &tar::Header, content: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(header.as_bytes());
    out.extend_from_slice(content);
    out.resize(out.len().next_multiple_of(512), 0);
}

fn header(name: &[u8], mode: u32, owner: &Owner, size: u64, kind: u8, link: &[u8], gnu: bool) -> tar::Header {
    let mut header = if gnu { tar::Header::new_gnu() } else { tar::Header::new_ustar() };
    header.set_mode(mode);
    header.set_uid(owner.uid);
    header.set_gid(owner.gid);
    header.set_size(size);
    header.set_mtime(0);
    header.set_entry_type(tar::EntryType::new(kind));
    header.set_username(&owner.user).unwrap();
    header.set_groupname(&owner.group).unwrap();
    let bytes = header.as_mut_bytes();
    let short = name.len().min(100);
    bytes[..short].copy_from_slice(&name[..short]);
    let short = link.len().min(100);
    bytes[157..157 + short].copy_from_slice(&link[..short]);
    header.set_cksum();
    header
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

struct Token {
    bytes: Vec<u8>,
}

/// Splits a line at blanks; a quoted token may have blanks and escapes, `#` starts a comment, and a quote directly
/// behind `=` belongs to the same assignment.
fn tokens(line: &str, place: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.peek().copied() {
        if c.is_whitespace() {
            chars.next();
        } else if c == '#' {
            break;
        } else if c == '"' {
            chars.next();
            found.push(Token { bytes: quoted(&mut chars, place) });
        } else {
            let mut word = String::new();
            while let Some(c) = chars.peek().copied().filter(|c| !c.is_whitespace() && *c != '"') {
                word.push(c);
                chars.next();
            }
            found.push(Token { bytes: word.into_bytes() });
        }
    }
    found
}

fn quoted(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, place: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let push = |bytes: &mut Vec<u8>, c: char| bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    loop {
        match chars.next() {
            None => panic!("{place}: a quote is not closed"),
            Some('"') => return bytes,
            Some('\\') => match chars.next() {
                Some('n') => bytes.push(b'\n'),
                Some('r') => bytes.push(b'\r'),
                Some('t') => bytes.push(b'\t'),
                Some('b') => bytes.push(8),
                Some('f') => bytes.push(12),
                Some('x') => {
                    let hex: String = chars.by_ref().take(2).collect();
                    bytes.push(u8::from_str_radix(&hex, 16).unwrap_or_else(|_| panic!("{place}: \\x{hex}")));
                }
                Some('u') => {
                    let hex: String = chars.by_ref().take(4).collect();
                    let code = u32::from_str_radix(&hex, 16).unwrap_or_else(|_| panic!("{place}: \\u{hex}"));
                    push(&mut bytes, char::from_u32(code).unwrap_or_else(|| panic!("{place}: \\u{hex}")));
                }
                Some(c @ ('"' | '\\' | '/')) => push(&mut bytes, c),
                other => panic!("{place}: the escape \\{other:?} is not understood"),
            },
            Some(c) => push(&mut bytes, c),
        }
    }
}

fn entry(words: &[&[u8]], place: &str) -> Entry {
    let [mode, rest @ ..] = words else { panic!("{place}: an entry is MODE [OWNER] KIND NAME …") };
    let mode = u32::from_str_radix(&text(mode), 8).unwrap_or_else(|_| panic!("{place}: `{}` is no mode", text(mode)));
    let (owner, rest) = match rest {
        [first, rest @ ..] if first.contains(&b':') => (owner(&text(first), place), rest),
        rest => (Owner::default(), rest),
    };
    let [kind, rest @ ..] = rest else { panic!("{place}: a kind is missing") };
    let kind = match *kind {
        b"dir" => Kind::Directory,
        b"file" => Kind::File,
        b"link" => Kind::Link,
        b"hard" => Kind::Hard,
        b"fifo" => Kind::Fifo,
        b"char" => Kind::Character,
        b"block" => Kind::Block,
        other => panic!("{place}: `{}` is no kind", text(other)),
    };
    let (name, rest) = match rest {
        [name, b"*", count, rest @ ..] => (name.repeat(number(count, place)), rest),
        [name, rest @ ..] => (name.to_vec(), rest),
        [] => panic!("{place}: a name is missing"),
    };
    let (target, content) = match rest {
        [b"->", target] => (target.to_vec(), Vec::new()),
        [b"->", target, b"*", count] => (target.repeat(number(count, place)), Vec::new()),
        [b"=", content @ ..] => (Vec::new(), repeated(content, place)),
        [] | [b"<<", _] => (Vec::new(), Vec::new()),
        _ => panic!("{place}: what follows the name is not understood"),
    };
    Entry { mode, owner, kind, name, target, content, patches: Vec::new() }
}

fn owner(word: &str, place: &str) -> Owner {
    let (user, group) = word.split_once(':').unwrap_or_else(|| panic!("{place}: an owner is USER:GROUP"));
    let part = |word: &str| match word.split_once('(') {
        Some((name, id)) => {
            (name.to_owned(), id.trim_end_matches(')').parse().unwrap_or_else(|_| panic!("{place}: {word}")))
        }
        None => (String::new(), word.parse().unwrap_or_else(|_| panic!("{place}: {word}"))),
    };
    let ((user, uid), (group, gid)) = (part(user), part(group));
    Owner { uid, gid, user, group }
}

/// `"string"` or `"string" * N`.
fn repeated(words: &[&[u8]], place: &str) -> Vec<u8> {
    match words {
        [content] => content.to_vec(),
        [content, b"*", count] => content.repeat(number(count, place)),
        _ => panic!("{place}: a content is \"…\" or \"…\" * N"),
    }
}

fn number(word: &[u8], place: &str) -> usize {
    text(word).parse().unwrap_or_else(|_| panic!("{place}: `{}` is no number", text(word)))
}

fn text(word: &[u8]) -> String {
    String::from_utf8_lossy(word).into_owned()
}

/// A name without `./` and trailing slashes.
fn normal(name: &[u8]) -> Vec<u8> {
    let name = name.strip_prefix(b"./").unwrap_or(name);
    let end = name.iter().rposition(|byte| *byte != b'/').map_or(0, |last| last + 1);
    name[..end].to_vec()
}

/// Gives files and folders the modes that they have with umask 022, whatever that of the tests is.
pub(crate) fn with_ordinary_modes(path: &Path) {
    let found = fs::symlink_metadata(path).unwrap();
    if found.is_symlink() {
        return;
    }
    let mode = found.permissions().mode() & 0o755;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    if found.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            with_ordinary_modes(&entry.unwrap().path());
        }
    }
}
