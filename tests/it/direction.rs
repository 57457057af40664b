//! The direction of dependencies, file by file: what a file names stands below it, and no files name each other in a circle.
//!
//! This is the one test that reads source code, since the compiler lets modules of a crate name each other as they like.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms of the house from the ground up (`docs/architecture.md`). A file may name its own room and those before it.
const ORDER: [&[&str]; 4] = [
    // the ground
    &["text", "redact", "host", "tree", "report"],
    // what the jobs know
    &["signing", "archive", "node", "systemd", "update"],
    // the jobs
    &["check", "release", "doctor"],
    // the edge
    &["exit_code", "render", "config", "cli", "commands"],
];

/// Who may touch files, processes, sockets or the clock by themselves, and why. All others ask `host`.
const EFFECTS: [(&str, &str); 8] = [
    ("host", "it is what the others ask"),
    ("tree/open", "opens the subject, once"),
    ("tree/directory", "reads a folder relative to held descriptors"),
    ("tree/hashing", "reads files on threads of its own"),
    ("tree/listing", "lists folders ahead of the walk"),
    ("update/rehearse", "runs the update for real"),
    ("commands", "opens what the user named"),
    ("cli", "reads the program's own arguments"),
];
const WORLD: [&str; 6] = ["std::fs", "std::process", "std::env", "std::net", "SystemTime", "Instant::now"];

/// A module's path below the crate: `["check", "rules"]`.
type Module = Vec<String>;

/// A path that a file names, with the line it stands in.
struct Named {
    line: usize,
    path: Vec<String>,
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // What the fuzz targets' own build leaves beside them is nobody's house.
        if path.is_dir() && !path.ends_with("target") {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn module_of(file: &Path) -> Module {
    let mut parts: Vec<_> =
        file.with_extension("").components().map(|part| part.as_os_str().to_str().unwrap().to_owned()).collect();
    if parts.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
        parts.pop();
    }
    parts
}

/// The code of a file without comments and unit tests; every line stays where it is.
fn code(text: &str) -> String {
    let lines = text.lines().take_while(|line| !line.starts_with("#[cfg(test)]"));
    lines.map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// Every file of the program but tests, with its code.
fn sources() -> BTreeMap<Module, String> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = rust_files(&src).into_iter().filter(|path| {
        let inside = path.strip_prefix(&src).unwrap();
        inside.components().all(|part| part.as_os_str() != "tests" && part.as_os_str() != "tests.rs")
    });
    files.map(|path| (module_of(path.strip_prefix(&src).unwrap()), code(&fs::read_to_string(&path).unwrap()))).collect()
}

/// The paths of a `use` tree, its groups taken apart.
fn flattened(tree: &str, before: &[String], found: &mut Vec<Vec<String>>) {
    let tree = tree.trim();
    let parts = |text: &str| -> Vec<String> {
        text.split("::").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let Some(open) = tree.find('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        found.push([before, &parts(path)].concat());
        return;
    };
    let prefix = [before, &parts(&tree[..open])].concat();
    let (mut depth, mut start) = (0, 0);
    let inside = &tree[open + 1..tree.rfind('}').expect("a group that is closed")];
    for (at, c) in inside.char_indices().chain([(inside.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                if !inside[start..at].trim().is_empty() {
                    flattened(&inside[start..at], &prefix, found);
                }
                start = at + 1;
            }
            _ => {}
        }
    }
}

/// What a file names: in its `use` lines, and in paths that start with `crate`, `super` or a child's name.
fn named(code: &str, children: &BTreeSet<String>) -> Vec<Named> {
    let mut found = Vec::new();
    let mut using: Option<(usize, String)> = None;
    for (number, line) in code.lines().enumerate() {
        let statement = line.trim_start().trim_start_matches("pub(crate) ").trim_start_matches("pub(super) ");
        let is_use = statement.trim_start_matches("pub ").starts_with("use ");
        match &mut using {
            Some((_, text)) => text.push_str(line),
            None if is_use => using = Some((number + 1, line[line.find("use ").unwrap() + 4..].to_owned())),
            None => {
                for path in inline_paths(line, children) {
                    found.push(Named { line: number + 1, path });
                }
            }
        }
        if let Some((line, text)) = using.take_if(|(_, text)| text.contains(';')) {
            let mut paths = Vec::new();
            flattened(text.split(';').next().unwrap(), &[], &mut paths);
            found.extend(paths.into_iter().map(|path| Named { line, path }));
        }
    }
    found
}

fn inline_paths(line: &str, children: &BTreeSet<String>) -> Vec<Vec<String>> {
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let words = line.split(|c: char| !is_path(c)).filter(|word| word.contains("::"));
    let paths = words.map(|word| word.split("::").map(str::to_owned).collect::<Vec<_>>());
    paths.filter(|path| ["crate", "super"].contains(&path[0].as_str()) || children.contains(&path[0])).collect()
}

/// The file that a named path leads to, seen from another; nothing for what is not of this crate.
fn target(from: &Module, path: &[String], all: &BTreeMap<Module, String>) -> Option<Module> {
    let above = path.iter().take_while(|part| *part == "super").count();
    let absolute: Vec<String> = match path.first()?.as_str() {
        "crate" => path[1..].to_vec(),
        "super" => [&from[..from.len().checked_sub(above)?], &path[above..]].concat(),
        "self" => [from, &path[1..]].concat(),
        child if all.contains_key(&[from.as_slice(), &[child.to_owned()]].concat()) => [from, path].concat(),
        _ => return None,
    };
    let file = (1..=absolute.len()).rev().map(|length| absolute[..length].to_vec()).find(|path| all.contains_key(path));
    file.filter(|file| file != from)
}

/// Who names whom, with the line.
fn imports() -> BTreeMap<Module, BTreeMap<Module, usize>> {
    let all = sources();
    let mut imports: BTreeMap<Module, BTreeMap<Module, usize>> = BTreeMap::new();
    for (module, code) in &all {
        let children = all.keys().filter(|other| other.len() == module.len() + 1 && other.starts_with(module));
        let children = children.map(|other| other.last().unwrap().clone()).collect();
        let edges = imports.entry(module.clone()).or_default();
        for Named { line, path } in named(code, &children) {
            if let Some(file) = target(module, &path, &all) {
                edges.entry(file).or_insert(line);
            }
        }
    }
    imports
}

fn shown(module: &Module) -> String {
    if module.is_empty() { "lib".to_owned() } else { module.join("/") }
}

#[test]
fn every_file_names_only_what_stands_below_it() {
    let rank =
        |module: &Module| ORDER.concat().iter().position(|room| Some(*room) == module.first().map(String::as_str));
    let mut offending = Vec::new();
    for (from, edges) in imports().iter().filter(|(from, _)| !from.is_empty()) {
        let Some(own) = rank(from) else {
            offending.push(format!("src/{} is in no room of the order", shown(from)));
            continue;
        };
        for (to, line) in edges {
            if rank(to).is_none_or(|named| named > own) {
                offending.push(format!("{}:{line} names {}, which stands above it", shown(from), shown(to)));
            }
        }
    }
    assert!(offending.is_empty(), "{} imports run up:\n{}", offending.len(), offending.join("\n"));
}

#[test]
fn no_files_name_each_other_in_a_circle() {
    let imports = imports();
    let reached = |from: &Module| {
        let (mut seen, mut pending) = (BTreeSet::new(), vec![from.clone()]);
        while let Some(next) = pending.pop() {
            for module in imports.get(&next).into_iter().flat_map(BTreeMap::keys) {
                if seen.insert(module.clone()) {
                    pending.push(module.clone());
                }
            }
        }
        seen
    };
    let mut circles = Vec::new();
    for (from, edges) in &imports {
        let back = edges.iter().filter(|(to, _)| reached(to).contains(from));
        circles.extend(back.map(|(to, line)| format!("{}:{line} names {}, which leads back", shown(from), shown(to))));
    }
    assert!(circles.is_empty(), "circles of files:\n{}", circles.join("\n"));
}

#[test]
fn effects_stand_where_they_are_expected() {
    let mut offending = Vec::new();
    for (module, code) in sources().iter().filter(|(module, _)| !module.is_empty()) {
        let name = shown(module);
        if EFFECTS.iter().any(|(part, _)| name == *part || name.starts_with(&format!("{part}/"))) {
            continue;
        }
        for (number, line) in code.lines().enumerate() {
            let words = WORLD.iter().filter(|word| line.contains(*word));
            offending.extend(words.map(|word| format!("{name}:{} touches the world: {word}", number + 1)));
        }
    }
    assert!(offending.is_empty(), "{}", offending.join("\n"));
}

/// Only `host` asks for the time, the environment or another process.
#[test]
fn commands_ask_the_world_through_host() {
    let words = ["std::process", "env::var", "SystemTime", "std::net"];
    let all = sources();
    let lines = all.iter().filter(|(module, _)| module.first().is_some_and(|room| room == "commands")).flat_map(
        |(module, code)| {
            code.lines()
                .enumerate()
                .filter(|(_, line)| words.iter().any(|word| line.contains(word)))
                .map(|(number, line)| format!("{}:{}: {}", shown(module), number + 1, line.trim()))
        },
    );
    let offending: Vec<_> = lines.collect();
    assert!(offending.is_empty(), "{}", offending.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for part in ["src", "tests", "examples"] {
        for path in rust_files(&root.join(part)) {
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.starts_with("//!"), "{} does not open with `//!`", path.display());
        }
    }
}

/// The reader of `use` lines is code too.
#[test]
fn imports_are_read_as_they_are_written() {
    let code = "use crate::a::{self, b::{C, d as e}, f};\npub use super::g;\nuse std::fs::File;\nfn h() {\n    \
                crate::i::j();\n    child::k();\n    other::l();\n}\nuse crate::m::{\n    n,\n    o,\n};\n";
    let children = BTreeSet::from(["child".to_owned()]);
    let found: Vec<_> =
        named(code, &children).iter().map(|one| format!("{} {}", one.line, one.path.join("::"))).collect();
    let expected = [
        "1 crate::a::self",
        "1 crate::a::b::C",
        "1 crate::a::b::d",
        "1 crate::a::f",
        "2 super::g",
        "3 std::fs::File",
        "5 crate::i::j",
        "6 child::k",
        "9 crate::m::n",
        "9 crate::m::o",
    ];
    assert_eq!(found, expected);
}

/// The types that a file declares at its top.
fn declared(code: &str) -> Vec<&str> {
    let names = code.lines().filter_map(|line| {
        let mut words = line.split_whitespace().skip_while(|word| word.starts_with("pub"));
        let is_type = ["struct", "enum", "trait", "type"].contains(&words.next()?);
        (is_type && !line.starts_with(char::is_whitespace)).then(|| words.next()).flatten()
    });
    names.map(|name| name.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()).collect()
}

#[test]
fn the_name_of_a_type_says_which() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (module, code) in &sources() {
        for name in declared(code) {
            places.entry(name.to_owned()).or_default().push(module.join("/"));
        }
    }
    assert!(places.len() > 500, "only {} types are found", places.len());
    let twice: Vec<_> = places.iter().filter(|(_, places)| places.len() > 1).collect();
    assert!(twice.is_empty(), "one name for several types; give each a qualifier: {twice:#?}");
}
