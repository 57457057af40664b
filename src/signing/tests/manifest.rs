//! The manifest: GNU's format to the byte, and what is refused.

use super::unhex;
use crate::signing::Manifest;
use crate::signing::manifest::MAX_MANIFEST;
use crate::signing::manifest::{ManifestError, ManifestPathFault};
use crate::signing::manifest_files::UNLISTED;

/// What `sha256sum -- *` of coreutils 9.1 printed for `a<CR>b` holding `x`, `c<LF>d` holding `y`, `e\f` holding `z`.
const GNU: &str = "\\2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881  a\\rb
\\a1fce4363854ff888cff4b8e7875d600c2682390412a8cf79b37d0b11148b0fa  c\\nd
\\594e519ae499312b29433b7dd8a97ff068defcba9755b6d5d00e84c524d67b06  e\\\\f
";

const X: &str = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";

fn parse(text: impl AsRef<[u8]>) -> Result<Manifest, ManifestError> {
    Manifest::parse(text.as_ref())
}

fn paths(manifest: &Manifest) -> Vec<&[u8]> {
    manifest.entries().iter().map(|e| e.path.as_slice()).collect()
}

#[test]
fn gnu_escapes_both_ways() {
    let manifest = parse(GNU).unwrap();
    let expected: [&[u8]; 3] = [b"a\rb", b"c\nd", b"e\\f"];
    assert_eq!(paths(&manifest), expected);
    assert_eq!(String::from_utf8(manifest.to_bytes()).unwrap(), GNU);
}

#[test]
fn entries_are_sorted_by_bytes_and_found() {
    let names: [&[u8]; 6] = [b"b", b"a/z", b"a.js", b"\xff\xfe", b"B", b"a b"];
    let files = names.map(|name| (name.to_vec(), unhex(X)));
    let manifest = Manifest::from_files(files).unwrap();
    let expected: [&[u8]; 6] = [b"B", b"a b", b"a.js", b"a/z", b"b", b"\xff\xfe"];
    assert_eq!(paths(&manifest), expected);
    let lines: Vec<_> = manifest.entries().iter().map(|e| e.line).collect();
    assert_eq!(lines, [1, 2, 3, 4, 5, 6]);
    assert_eq!(Manifest::parse(&manifest.to_bytes()), Ok(manifest.clone()));
    assert_eq!(manifest.get(b"a/z").unwrap().digest, unhex(X));
    assert!(manifest.get(b"a").is_none());
    let text = manifest.to_bytes();
    assert!(text.starts_with(format!("{X}  B\n").as_bytes()));
}

#[test]
fn what_is_read_beside_the_plain_form() {
    let upper = X.to_uppercase();
    let cases = [
        format!("{X}  dist/index.js\n"),
        format!("{X}  dist/index.js"),
        format!("{X}  dist/index.js\r\n"),
        format!("{X} *dist/index.js\n"),
        format!("{X}  ./dist/index.js\n"),
        format!("{upper}  dist/index.js\n"),
        format!("\\{X}  dist/index.js\n"),
        format!("# made by hand\n{X}  dist/index.js\n"),
        format!("#link not one\n{X}  dist/index.js\n"),
        // What coreutils 9.1 takes with `--strict` (tests/lab/signing.py has the same table).
        format!("{X} dist/index.js\n"),
        format!("{X}\tdist/index.js\n"),
        format!("{X}\t dist/index.js\n"),
        format!("SHA256 (dist/index.js) = {X}\n"),
        format!("SHA256(dist/index.js)= {X}\r\n"),
        format!("\\SHA256 (dist/index.js)  =\t{X}\n"),
        format!(" \t{X}  dist/index.js\n"),
        format!("{X}  .//dist/./index.js\n"),
        format!("\n\r\n{X}  dist/index.js\n\n"),
        format!("{X}  dist/index.js\n{X}  ./dist/index.js\n"),
        format!("SHA256 (dist/index.js) = {X}\n{X} dist/index.js\n"),
    ];
    for text in cases {
        let manifest = parse(&text).unwrap();
        assert_eq!(paths(&manifest), [b"dist/index.js"], "{text}");
        assert_eq!(manifest.entries()[0].digest, unhex(X), "{text}");
    }
    // Without the leading backslash, a backslash is only a backslash.
    let literal = parse(format!("{X}  a\\nb\n")).unwrap();
    assert_eq!(paths(&literal), [b"a\\nb"]);
    // One space in the first line makes everything after it the name, in all of them.
    assert_eq!(paths(&parse(format!("{X} a\n{X}  b\n{X} *c\n")).unwrap()), [&b" b"[..], b"*c", b"a"]);
    assert_eq!(paths(&parse(format!("SHA256 (a) = b) = {X}\n")).unwrap()), [b"a) = b"]);
    for empty in ["", "\n"] {
        assert_eq!(parse(empty), Ok(Manifest::default()));
    }
}

#[test]
fn what_is_refused() {
    let short = &X[1..];
    let bad_hex = X.replacen('2', "g", 1);
    let cases = [
        (format!("{short}  a\n"), ManifestError::BadDigest { line: 1 }),
        (format!("{bad_hex}  a\n"), ManifestError::BadDigest { line: 1 }),
        (format!("{X}  a\n{X} b\n"), ManifestError::BadLine { line: 2 }),
        (format!("{X}0  a\n"), ManifestError::BadDigest { line: 1 }),
        (format!(" # {X}  a\n"), ManifestError::BadDigest { line: 1 }),
        (format!("SHA256 (a) = {X} \n"), ManifestError::BadDigest { line: 1 }),
        (format!("SHA256  (a) = {X}\n"), ManifestError::BadLine { line: 1 }),
        (format!("SHA512 (a) = {X}\n"), ManifestError::BadDigest { line: 1 }),
        (format!("{X}\n"), ManifestError::BadLine { line: 1 }),
        (format!("{X}  a\n\\{X}  b\\t\n"), ManifestError::BadEscape { line: 2 }),
        (format!("\\{X}  b\\\n"), ManifestError::BadEscape { line: 1 }),
        ("<html>\n".to_owned(), ManifestError::BadLine { line: 1 }),
    ];
    for (text, expected) in cases {
        assert_eq!(parse(&text), Err(expected), "{text}");
    }
    let large = vec![b'#'; MAX_MANIFEST + 1];
    assert!(matches!(Manifest::parse(&large), Err(ManifestError::TooLarge { .. })));
}

#[test]
fn paths_that_cannot_be_listed() {
    let mut cases: Vec<(&str, ManifestPathFault)> = vec![
        ("", ManifestPathFault::Empty),
        ("/etc/passwd", ManifestPathFault::Absolute),
        ("..", ManifestPathFault::Parent),
        ("a/../../b", ManifestPathFault::Parent),
        ("a/.", ManifestPathFault::NotPlain),
        ("a/", ManifestPathFault::NotPlain),
        ("a\0b", ManifestPathFault::Nul),
    ];
    cases.extend(UNLISTED.map(|name| (name, ManifestPathFault::Itself)));
    cases.push((".//SHA256SUMS", ManifestPathFault::Itself));
    for (path, expected) in cases {
        let fault = |result: Result<Manifest, ManifestError>| match result {
            Err(ManifestError::BadPath { fault, line: 2, .. }) => fault,
            other => panic!("{path:?}: {other:?}"),
        };
        if !path.is_empty() {
            assert_eq!(fault(parse(format!("{X}  fine\n{X}  {path}\n"))), expected);
        }
        let files = [b"fine".to_vec(), path.as_bytes().to_vec()];
        let files = files.map(|path| (path, unhex(X)));
        assert_eq!(fault(Manifest::from_files(files)), expected);
    }
    // Only in the root: a package may ship a manifest of its own.
    assert!(parse(format!("{X}  node_modules/x/SHA256SUMS\n{X}  ..a\n")).is_ok());
}

#[test]
fn the_same_path_twice() {
    for second in ["a", "./a"] {
        let other = X.replacen('2', "3", 1);
        let text = format!("{X}  a\n{X}  b\n{other}  {second}\n");
        assert_eq!(parse(text), Err(ManifestError::Duplicate { line: 3, first: 1, path: b"a".to_vec() }));
    }
}
