//! Arbitrary and mutated bytes: reading never panics, never exceeds its bounds, and never invents a tree.

use crate::check::bundle::Expectations;
use crate::check::contents::Depth;
use crate::check::engine;
use crate::check::inspect::{InspectOptions, Inspected, inspect};
use crate::tests::tree::Fixture;
use crate::text;
use crate::tree::limits::Limits;
use crate::tree::path::RelPath;
use crate::update::documented_paths;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::fs;
use std::io::Write;
use std::path::Path;

fn read(folder: &Path, bytes: &[u8], limits: Limits) -> Inspected {
    read_expecting(folder, bytes, limits, &Expectations::default())
}

fn read_expecting(folder: &Path, bytes: &[u8], limits: Limits, expectations: &Expectations) -> Inspected {
    let path = folder.join("a.tar.gz");
    fs::write(&path, bytes).unwrap();
    let names = documented_paths::names();
    let options = InspectOptions {
        expectations: &|| expectations.clone(),
        ..InspectOptions::plain(&names, limits, Depth::Digests)
    };
    inspect(path.to_str().unwrap(), &options).unwrap()
}

/// Judges, so that rules meet whatever reading let through, and gives whether the tree is known.
fn judge(inspected: &Inspected) -> bool {
    let findings = engine::run_rules(&inspected.bundle());
    let snapshot = &inspected.snapshot;
    for finding in &findings {
        for words in [Some(&finding.message), finding.path.as_ref(), finding.evidence.as_ref()].into_iter().flatten() {
            assert_eq!(text::printable(words), words.as_str(), "{} says something unprintable", finding.rule);
        }
    }
    assert!(
        snapshot.tree_is_known() || findings.iter().any(|finding| finding.rule.starts_with("archive-")),
        "refused without a finding"
    );
    snapshot.tree_is_known()
}

fn sums(inspected: &Inspected) -> String {
    let mut out = Vec::new();
    crate::render::sums(inspected.tree(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn flat() -> Vec<u8> {
    Fixture::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/base/flat.tree")).archive()
}

fn flat_tar() -> Vec<u8> {
    let mut tar = Vec::new();
    std::io::copy(&mut flate2::read::GzDecoder::new(flat().as_slice()), &mut tar).unwrap();
    tar
}

/// A file of an archive: header, content, padding.
fn entry(name: &str, content: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.set_path(name).unwrap();
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(content.len() as u64);
    header.set_cksum();
    let mut block = [header.as_bytes(), content].concat();
    block.resize(block.len().next_multiple_of(512), 0);
    block
}

/// What programs are made of, so that some of those made of it get past the parser.
const WORDS: [&str; 44] = [
    "import ",
    "export ",
    "from ",
    "'./x.js'",
    "'#x'",
    "'a'",
    "{ a }",
    "{ default as b }",
    "* as c ",
    "* ",
    "default ",
    "const ",
    "let ",
    "a",
    "b",
    " = ",
    "require(",
    "import(",
    ")",
    "(",
    "{",
    "}",
    "[",
    "]",
    ";\n",
    ";",
    ",",
    "=>",
    "await ",
    "async ",
    "function ",
    "module.exports",
    "exports.a",
    "class A ",
    "try ",
    "catch ",
    "if (a) ",
    "`",
    "${",
    "/",
    "\"",
    "\u{202e}",
    "\u{feff}",
    "with { type: 'json' }",
];

/// What an `exports` is made of.
const PARTS: [&str; 18] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    "\".\":",
    "\"./*\":",
    "\"./x\":",
    "\"import\":",
    "\"node\":",
    "\"#*\":",
    "\"./x.js\"",
    "\"./*\"",
    "\"../x\"",
    "null",
    "1",
    "\"*\"",
    "\"\\u001b%2f\"",
];

/// Every file that nests as deeply as is parsed, and deeper, is judged: the parser descends recursively.
#[test]
fn a_script_may_nest_as_deeply_as_it_likes() {
    let folder = tempfile::tempdir().unwrap();
    for (unit, end) in [
        ("[", ""),
        ("(", ")"),
        ("{", "}"),
        ("()=>{", "}"),
        ("a=>", ""),
        ("!", ""),
        ("a+", ""),
        ("a?a:", ""),
        ("if(a)", ""),
        ("if(a){}else ", ""),
        ("`${", "}`"),
        ("a={a:", "}"),
        ("class A{a(){", "}}"),
        ("new ", ""),
        ("a.a", ""),
        ("a()", ""),
        ("async a=>", ""),
        ("for(;;)", ""),
        ("a:", ""),
        ("/[/]/,", ""),
        ("export default ", ""),
        ("import(", ")"),
        ("function a(){", "}"),
        ("switch(a){case ", "}"),
        ("try{", "}catch{}"),
        ("a**", ""),
        ("a=", ""),
        ("[a,...", "]"),
    ] {
        for depth in [500, 1400, 2900, 200_000] {
            let source = format!("{}a{}", unit.repeat(depth), end.repeat(depth));
            let entries = [
                entry("package.json", br#"{"name":"a","version":"1.0.0","type":"module"}"#),
                entry("dist/index.js", source.as_bytes()),
                vec![0; 1024],
            ];
            assert!(judge(&read(folder.path(), &gzip(&entries.concat()), Limits::default())), "{unit} {depth}");
        }
    }
}

/// What package.json files say is quoted in messages, and is as hostile as names are.
#[test]
fn words_of_a_package_json_are_printable_wherever_they_are_quoted() {
    let evil = "\\u001b[2J\\u202e\\n";
    let root = format!(
        r#"{{"name":"{evil}","version":"1.0.0{evil}","packageManager":"yarn@{evil}","scripts":{{"install":"{evil}"}},
            "dependencies":{{"{evil}":1,"x":"link:{evil}","y":"{evil}:z","@server-flow/shared":"file:{evil}"}}}}"#
    );
    let shared = format!(r#"{{"name":"{evil}","main":"{evil}.js","exports":{{"{evil}":"./{evil}"}}}}"#);
    let file = |name: &str, content: &str| entry(name, content.as_bytes());
    let entries =
        [file("package.json", &root), file("node_modules/@server-flow/shared/package.json", &shared), vec![0; 1024]];
    let folder = tempfile::tempdir().unwrap();
    let expectations = Expectations { version: Some("2.0.0".into()), ..Expectations::default() };
    let inspected = read_expecting(folder.path(), &gzip(&entries.concat()), Limits::default(), &expectations);
    assert!(judge(&inspected));
    let found = engine::run_rules(&inspected.bundle_unfollowed());
    for rule in
        ["version-mismatch", "package-json-invalid", "install-script", "local-protocol", "shared-package-json-invalid"]
    {
        assert!(found.iter().any(|finding| finding.rule == rule), "{rule}: {found:#?}");
    }
    for words in found
        .iter()
        .flat_map(|finding| {
            [Some(&finding.message), finding.path.as_ref(), finding.evidence.as_ref(), Some(&finding.help)]
        })
        .flatten()
    {
        // A remedy has lines of its own.
        assert!(words.lines().all(|line| text::printable(line) == line), "{words:?}");
    }
}

/// A header like [`entry`]'s, of another type.
fn typed(name: &str, kind: u8, link: &str, content: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.set_path(name).unwrap();
    header.set_entry_type(tar::EntryType::new(kind));
    if !link.is_empty() {
        header.set_link_name(link).unwrap();
    }
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(content.len() as u64);
    header.set_cksum();
    let mut out = header.as_bytes().to_vec();
    out.extend_from_slice(content);
    out.resize(out.len().next_multiple_of(512), 0);
    out
}

#[test]
fn a_finding_names_the_entry_that_a_record_belongs_to() {
    let before = entry("before.js", b"1\n");
    let behind = entry("behind.js", b"2\n");
    let pax = |body: &[u8]| typed("pax", b'x', "", body);
    let mut odd_uid = entry("odd.js", b"3\n");
    odd_uid[108..116].copy_from_slice(b"garbage\0");
    odd_uid[148..156].copy_from_slice(b"        ");
    let sum: u32 = odd_uid[..512].iter().map(|byte| u32::from(*byte)).sum();
    odd_uid[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    for (case, refused, expected) in [
        ("a refused record", [pax(b"18 uid=4294967296\n"), behind.clone()].concat(), Some("behind.js")),
        (
            "with a path of its own",
            [pax(b"15 path=own.js\n18 uid=4294967296\n"), behind.clone()].concat(),
            Some("own.js"),
        ),
        ("a sparse file", [pax(b"26 GNU.sparse.name=own.js\n"), behind.clone()].concat(), Some("own.js")),
        ("what is no record", [pax(b"garbage\n"), behind.clone()].concat(), Some("behind.js")),
        ("two PAX headers", [pax(b"11 mtime=1\n"), pax(b"11 mtime=2\n"), behind.clone()].concat(), Some("behind.js")),
        ("a long name with a NUL", [typed("long", b'L', "", b"a\0b\0"), behind.clone()].concat(), Some("a")),
        ("a long target without a NUL", [typed("long", b'K', "", b"a"), behind.clone()].concat(), Some("behind.js")),
        ("a field of the entry's own header", odd_uid, Some("odd.js")),
        (
            "a global header, which belongs to all",
            [typed("g", b'g', "", b"10 path=a\n"), behind.clone()].concat(),
            None,
        ),
        ("nothing behind it", pax(b"18 uid=4294967296\n"), None),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let archive = [before.as_slice(), &refused, &[0; 1024]].concat();
        let inspected = read(folder.path(), &gzip(&archive), Limits::default());
        let found = engine::run_rules(&inspected.bundle());
        let finding = found.iter().find(|finding| finding.rule.starts_with("archive-")).expect(case);
        assert_eq!(finding.path.as_deref(), expected, "{case}: {}", finding.message);
    }
}

/// The same cases every time, so that a change is judged by what it changed. `PROPTEST_CASES` and `PROPTEST_RNG_SEED`
/// ask for more, and for others.
fn config() -> ProptestConfig {
    let mut config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_RNG_SEED").is_none() {
        config.rng_seed = RngSeed::Fixed(20_250_126);
    }
    config
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_bytes_are_judged(bytes in prop::collection::vec(any::<u8>(), 0..2048)) {
        let folder = tempfile::tempdir().unwrap();
        judge(&read(folder.path(), &bytes, Limits::default()));
        judge(&read(folder.path(), &gzip(&bytes), Limits::default()));
    }

    #[test]
    fn any_headers_are_judged(mut tar in prop::collection::vec(any::<u8>(), 512..4096), kind in any::<u8>()) {
        // With its magic and checksum right a header gets further than noise would.
        for block in tar.chunks_exact_mut(512) {
            block[156] = kind;
            block[257..265].copy_from_slice(b"ustar\x0000");
            block[100..108].copy_from_slice(b"0000644\0");
            block[148..156].fill(b' ');
            let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
            block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }
        let folder = tempfile::tempdir().unwrap();
        judge(&read(folder.path(), &gzip(&tar), Limits::default()));
    }

    #[test]
    fn a_flipped_byte_never_passes_unseen(at in any::<prop::sample::Index>(), mask in 1..=255_u8) {
        let folder = tempfile::tempdir().unwrap();
        let good = flat();
        let mut bad = good.clone();
        let at = at.index(bad.len());
        bad[at] ^= mask;
        // Some bits mean nothing to anyone: the gzip header's time and hints, and the padding of deflate's last byte.
        let inspected = read(folder.path(), &bad, Limits::default());
        if judge(&inspected) {
            prop_assert_eq!(sums(&inspected), sums(&read(folder.path(), &good, Limits::default())));
        }
    }

    #[test]
    fn a_cut_archive_never_passes(at in any::<prop::sample::Index>()) {
        let folder = tempfile::tempdir().unwrap();
        let good = flat();
        let cut = &good[..at.index(good.len())];
        prop_assert!(!judge(&read(folder.path(), cut, Limits::default())));
    }

    #[test]
    fn a_mutated_tar_is_judged(edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let folder = tempfile::tempdir().unwrap();
        let mut tar = flat_tar();
        for (at, byte) in edits {
            let at = at.index(tar.len());
            tar[at] = byte;
        }
        judge(&read(folder.path(), &gzip(&tar), Limits::default()));
    }

    #[test]
    fn limits_hold_whatever_the_archive(max_entries in 0..20_u64, max_size in 0..4096_u64) {
        let folder = tempfile::tempdir().unwrap();
        let limits = Limits { max_entries, max_size, ..Limits::default() };
        let snapshot = read(folder.path(), &flat(), limits).snapshot;
        prop_assert!(snapshot.tree.len() as u64 <= max_entries + 1);
        prop_assert!(!snapshot.tree_is_known() || snapshot.unpacked_size <= max_size);
    }

    #[test]
    fn any_script_is_followed(
        source in prop::collection::vec(prop_oneof![
            prop::sample::select(WORDS.to_vec()).prop_map(|word| word.as_bytes().to_vec()),
            prop::collection::vec(any::<u8>(), 0..4),
        ], 0..60),
        format in prop::sample::select(vec!["module", "commonjs"]),
    ) {
        let source = source.concat();
        let root = format!(r##"{{"name":"a","version":"1.0.0","type":"{format}","imports":{{"#x":"./dist/x.js"}}}}"##);
        let entries = [entry("package.json", root.as_bytes()), entry("dist/index.js", &source), entry("dist/x.js", &source), vec![0; 1024]];
        let folder = tempfile::tempdir().unwrap();
        prop_assert!(judge(&read(folder.path(), &gzip(&entries.concat()), Limits::default())));
    }

    #[test]
    fn any_package_json_is_resolved_by(
        exports in prop::collection::vec(prop::sample::select(PARTS.to_vec()), 1..40),
        specifier in prop::collection::vec(prop::sample::select(vec!["@server-flow/shared", "/", "./", "..", "#", "x", "%2e", "*", ":", "?"]), 1..6),
    ) {
        let value = exports.concat();
        let shared = format!(r#"{{"name":"@server-flow/shared","exports":{value},"imports":{value}}}"#);
        let source = format!("import '{}';\nimport {{ a }} from '@server-flow/shared/x';\n", specifier.concat());
        let entries = [
            entry("package.json", br#"{"name":"a","version":"1.0.0","type":"module"}"#),
            entry("dist/index.js", source.as_bytes()),
            entry("node_modules/@server-flow/shared/package.json", shared.as_bytes()),
            entry("node_modules/@server-flow/shared/x.js", source.as_bytes()),
            vec![0; 1024],
        ];
        let folder = tempfile::tempdir().unwrap();
        prop_assert!(judge(&read(folder.path(), &gzip(&entries.concat()), Limits::default())));
    }

    #[test]
    fn a_path_is_what_its_components_are(raw in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Ok(path) = RelPath::parse(&raw) {
            let joined = path.components().collect::<Vec<_>>().join(&b'/');
            prop_assert_eq!(path.as_bytes(), joined.as_slice());
            prop_assert!(path.components().all(|component| !component.is_empty() && component != b"." && component != b".."));
            prop_assert_eq!(RelPath::parse(&joined).is_ok(), !joined.is_empty());
            let shown = path.to_string();
            prop_assert_eq!(text::printable(&shown), shown.as_str());
        } else {
            let bad = raw.is_empty() || raw.starts_with(b"/") || raw.contains(&0) || raw.split(|byte| *byte == b'/').any(|component| component == b"..");
            prop_assert!(bad);
        }
    }
}
