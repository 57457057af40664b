//! The resolver as tables: a tree, a specifier, and what it leads to.

use super::*;
use crate::tree::nodes::{Content, FileData, Meta};

/// A tree of files with their contents; what ends in ` -> x` is a link.
fn tree(files: &[(&str, &str)]) -> Tree {
    let mut tree = Tree::new();
    for (path, content) in files {
        let (path, link) = path.split_once(" -> ").map_or((*path, None), |(path, target)| (path, Some(target)));
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut at = tree.root();
        for folder in folders.split('/').filter(|folder| !folder.is_empty()) {
            let known = tree.child(at, folder.as_bytes());
            at = known.unwrap_or_else(|| tree.insert(at, folder.as_bytes(), NodeKind::Directory, Meta::IMPLIED));
        }
        if let Some(target) = link {
            tree.insert_link(at, name.as_bytes(), target.as_bytes(), Meta::IMPLIED);
            continue;
        }
        let file = tree.add_file(FileData::of_size(1));
        tree.insert(at, name.as_bytes(), NodeKind::File(file), Meta::IMPLIED);
        let kept = Content::Whole(content.as_bytes().into());
        tree.set_file(file, FileData::of_size(content.len().max(1) as u64), kept, None);
    }
    tree
}

/// What a specifier in `dist/index.js` leads to: a path, or a word for what is none.
fn led(tree: &Tree, specifier: &str, loader: Loader, node: &str) -> String {
    let resolver = Resolver::new(tree, node.parse().unwrap(), "/srv/agent", &|_| true);
    let from = tree.resolve(b"dist/index.js").unwrap();
    match resolver.resolve(specifier, from, loader) {
        Ok(Target::File(id)) => tree.path(id).to_string(),
        Ok(Target::Fallback(id)) => format!("fallback {}", tree.path(id)),
        Ok(Target::Outside | Target::Data(_)) => "outside".to_owned(),
        Ok(Target::Package { name, .. }) => format!("package {name}"),
        Ok(Target::Unknown) => "unknown".to_owned(),
        Err(refusal) => refusal.message,
    }
}

const FROM: &str = " imported from /srv/agent/dist/index.js";

#[test]
fn paths_lead_where_node_goes() {
    let tree = tree(&[
        ("dist/index.js", ""),
        ("dist/a.js", ""),
        ("dist/b/index.js", ""),
        ("dist/c.json", ""),
        ("dist/d/package.json", r#"{"main":"gone"}"#),
        ("dist/d/index.js", ""),
        ("dist/e/package.json", r#"{"main":"./lib/"}"#),
        ("dist/e/lib/index.json", ""),
        ("dist/l -> b", ""),
        ("dist/out -> ../../x", ""),
    ]);
    let missing = |path: &str| format!("Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/srv/agent/{path}'{FROM}");
    let folder = |path: &str| {
        format!(
            "Error [ERR_UNSUPPORTED_DIR_IMPORT]: Directory import '/srv/agent/{path}' is not supported resolving ES modules{FROM}"
        )
    };
    let none = |what: &str| format!("Error: Cannot find module '{what}'");
    for (specifier, by_import, by_require) in [
        ("./a.js", "dist/a.js".to_owned(), "dist/a.js".to_owned()),
        ("./a", missing("dist/a"), "dist/a.js".to_owned()),
        ("./b", folder("dist/b"), "dist/b/index.js".to_owned()),
        ("./b/", folder("dist/b/"), "dist/b/index.js".to_owned()),
        ("./c", missing("dist/c"), "dist/c.json".to_owned()),
        ("./d", folder("dist/d"), "fallback dist/d/index.js".to_owned()),
        ("./e", folder("dist/e"), "dist/e/lib/index.json".to_owned()),
        (".", folder("dist/"), "dist/index.js".to_owned()),
        ("./l/index.js", "dist/b/index.js".to_owned(), "dist/b/index.js".to_owned()),
        ("./out", missing("dist/out"), none("./out")),
        ("./a.js?x", "dist/a.js".to_owned(), none("./a.js?x")),
        ("./%61.js", "dist/a.js".to_owned(), none("./%61.js")),
        ("./gone/../a.js", "dist/a.js".to_owned(), "dist/a.js".to_owned()),
        ("/srv/agent/dist/a.js", "dist/a.js".to_owned(), "dist/a.js".to_owned()),
        ("/etc/x.js", format!("Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/etc/x.js'{FROM}"), none("/etc/x.js")),
        (
            "file:///x.js",
            format!("Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/x.js'{FROM}"),
            none("file:///x.js"),
        ),
        ("../../agent/dist/a.js", "dist/a.js".to_owned(), "dist/a.js".to_owned()),
        ("./%zz.js", "URIError: URI malformed".to_owned(), none("./%zz.js")),
        ("file:///srv/agent/dist/a.js", "dist/a.js".to_owned(), none("file:///srv/agent/dist/a.js")),
        ("fs", "outside".to_owned(), "outside".to_owned()),
        ("node:fs", "outside".to_owned(), "outside".to_owned()),
    ] {
        assert_eq!(led(&tree, specifier, Loader::Import, "20"), by_import, "import {specifier}");
        assert_eq!(led(&tree, specifier, Loader::Require, "20"), by_require, "require {specifier}");
    }
    let far = led(&tree, "../../../../x.js", Loader::Import, "20");
    assert_eq!(
        far,
        format!("Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/x.js'{FROM}"),
        "a URL stops at the root"
    );
}

#[test]
fn packages_lead_where_their_manifest_says() {
    let shown = "/srv/agent/node_modules/p";
    let closed = |subpath: &str| {
        format!(
            "Error [ERR_PACKAGE_PATH_NOT_EXPORTED]: Package subpath '{subpath}' is not defined by \"exports\" in {shown}/package.json{FROM}"
        )
    };
    let no_main =
        format!("Error [ERR_PACKAGE_PATH_NOT_EXPORTED]: No \"exports\" main defined in {shown}/package.json{FROM}");
    let gone = |path: &str| format!("Error [ERR_MODULE_NOT_FOUND]: Cannot find module '{shown}/{path}'{FROM}");
    let at = |path: &str| format!("node_modules/p/{path}");
    for (case, json, specifier, expected) in [
        ("main", r#"{"main":"a.js"}"#, "p", at("a.js")),
        ("main without its extension", r#"{"main":"a"}"#, "p", at("a.js")),
        ("main is a folder", r#"{"main":"./d/"}"#, "p", at("d/index.js")),
        ("main written on Windows", r#"{"main":"d\\index.js"}"#, "p", at("d/index.js")),
        ("main with an escape", r#"{"main":"%61.js"}"#, "p", at("a.js")),
        ("no main", "{}", "p", at("index.js")),
        ("main leads nowhere", r#"{"main":"x.js"}"#, "p", format!("fallback {}", at("index.js"))),
        ("a subpath", "{}", "p/d/index.js", at("d/index.js")),
        ("a subpath that is not there", "{}", "p/x.js", gone("x.js")),
        ("exports is a string", r#"{"exports":"./a.js","main":"x"}"#, "p", at("a.js")),
        (
            "exports by condition",
            r#"{"exports":{"types":"./x.d.ts","import":"./a.js","require":"./x.cjs"}}"#,
            "p",
            at("a.js"),
        ),
        (
            "exports with subpaths",
            r#"{"exports":{".":{"default":"./a.js"},"./b":"./d/index.js"}}"#,
            "p/b",
            at("d/index.js"),
        ),
        ("exports only for require", r#"{"exports":{"require":"./a.js"}}"#, "p", no_main.clone()),
        (
            "the first condition that applies decides",
            r#"{"exports":{"node":null,"default":"./a.js"}}"#,
            "p",
            no_main.clone(),
        ),
        (
            "conditions of which none applies pass it on",
            r#"{"exports":{"node":{"x":"./x.js"},"default":"./a.js"}}"#,
            "p",
            at("a.js"),
        ),
        (
            "a condition that is closed within",
            r#"{"exports":{"node":{"import":null},"default":"./a.js"}}"#,
            "p",
            no_main.clone(),
        ),
        ("exports without the bare name", r#"{"exports":{"./x":"./a.js"}}"#, "p", no_main),
        ("exports without the subpath", r#"{"exports":{".":"./a.js"}}"#, "p/a.js", closed("./a.js")),
        ("exports never falls back", r#"{"exports":"./x.js"}"#, "p", gone("x.js")),
        ("a pattern", r#"{"exports":{"./*":"./*.js"}}"#, "p/a", at("a.js")),
        ("the longest pattern", r#"{"exports":{"./*":"./x.js","./d/*":"./d/*.js"}}"#, "p/d/index", at("d/index.js")),
        ("a pattern with an ending", r#"{"exports":{"./*.js":"./*.js"}}"#, "p/d/index.js", at("d/index.js")),
        ("a closed pattern", r#"{"exports":{"./*":"./*.js","./d/*":null}}"#, "p/d/index", closed("./d/index")),
        ("an array takes the first that is valid", r#"{"exports":["a.js","./a.js"]}"#, "p", at("a.js")),
        ("exports is null", r#"{"exports":null,"main":"a.js"}"#, "p", at("a.js")),
        ("another package", "{}", "q", format!("Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'q'{FROM}")),
        (
            "not JSON",
            "{",
            "p",
            format!(
                "ERR_INVALID_PACKAGE_CONFIG: Invalid package config {shown}/package.json while importing \"p\" from /srv/agent/dist/index.js"
            ),
        ),
        (
            "outside",
            r#"{"exports":"./../a.js"}"#,
            "p",
            format!(
                "Error [ERR_INVALID_PACKAGE_TARGET]: Invalid \"exports\" main target \"./../a.js\" defined in the package config {shown}/package.json{FROM}"
            ),
        ),
        (
            "an escape that hides a folder",
            r#"{"exports":"./n%6fde_modules/a.js"}"#,
            "p",
            format!(
                "Error [ERR_INVALID_PACKAGE_TARGET]: Invalid \"exports\" main target \"./n%6fde_modules/a.js\" defined in the package config {shown}/package.json{FROM}"
            ),
        ),
    ] {
        let tree = tree(&[
            ("dist/index.js", ""),
            ("node_modules/p/package.json", json),
            ("node_modules/p/a.js", ""),
            ("node_modules/p/d/index.js", ""),
            ("node_modules/p/index.js", ""),
        ]);
        assert_eq!(led(&tree, specifier, Loader::Import, "20"), expected, "{case}");
    }
}

#[test]
fn versions_differ_where_node_does() {
    let tree = tree(&[
        ("dist/index.js", ""),
        ("node_modules/p/package.json", r#"{"main":"./m.js"}"#),
        ("node_modules/s/package.json", r#"{"exports":{"module-sync":"./a.js"}}"#),
        ("node_modules/s/a.js", ""),
    ]);
    let no_main =
        "Error [ERR_PACKAGE_PATH_NOT_EXPORTED]: No \"exports\" main defined in /srv/agent/node_modules/s/package.json";
    for (node, specifier, expected) in [
        ("18", "p", format!("Error [ERR_MODULE_NOT_FOUND]: Cannot find package '/srv/agent/node_modules/p/'{FROM}")),
        ("20", "p", format!("Error: Cannot find package '/srv/agent/node_modules/p/m.js'{FROM}")),
        ("20.18", "s", format!("{no_main}{FROM}")),
        ("20", "s", "node_modules/s/a.js".to_owned()),
    ] {
        assert_eq!(led(&tree, specifier, Loader::Import, node), expected, "{specifier} on {node}");
    }
}

#[test]
fn a_package_that_will_be_installed_stands_for_the_copy() {
    let tree = tree(&[
        ("dist/index.js", ""),
        ("node_modules/@a/b/package.json", "{}"),
        ("node_modules/@a/b/index.js", ""),
        ("packages/b/package.json", "{}"),
        ("packages/b/index.js", ""),
    ]);
    let folder = tree.resolve(b"packages/b").unwrap();
    let from = tree.resolve(b"dist/index.js").unwrap();
    let resolver = || Resolver::new(&tree, NodeVersion::default(), "/srv/agent", &|_| true);
    for (resolver, expected) in
        [(resolver(), "node_modules/@a/b/index.js"), (resolver().with_installed("@a/b", folder), "packages/b/index.js")]
    {
        for loader in [Loader::Import, Loader::Require] {
            let Ok(Target::File(id)) = resolver.resolve("@a/b", from, loader) else { panic!("{expected}") };
            assert_eq!(tree.path(id).to_string(), expected);
        }
    }
}

/// What asks for more looking up than any real package is refused, not followed for minutes; a key that stands there costs
/// one look, however many stand beside it.
#[test]
fn looking_up_in_exports_is_bounded() {
    let invalid = vec!["\"x\""; 30_000].join(",");
    let keys: Vec<_> = (0..3000).map(|n| format!("\"./k{n}\":\"./a.js\"")).collect();
    let patterns: Vec<_> = (0..3000).map(|n| format!("\"./p{n}/*\":\"./a.js\"")).collect();
    let many = format!("{{\"exports\":{{{},{}}}}}", keys.join(","), patterns.join(","));
    let tree = tree(&[
        ("dist/index.js", ""),
        ("node_modules/p/package.json", &format!("{{\"exports\":[{invalid}]}}")),
        ("node_modules/q/package.json", &many),
        ("node_modules/q/a.js", ""),
    ]);
    let from = tree.resolve(b"dist/index.js").unwrap();
    let is_refused = |resolver: &Resolver<'_>, specifier: &str| {
        let resolved = resolver.resolve(specifier, from, Loader::Import);
        matches!(resolved, Err(ResolveRefusal { failure: ResolveFailure::NotJudged { .. }, .. }))
    };
    let resolver = || Resolver::new(&tree, "20".parse().unwrap(), "/srv/agent", &|_| true);
    let (arrays, exact, patterns) = (resolver(), resolver(), resolver());
    assert!(!is_refused(&arrays, "p"));
    assert!((0..20).any(|_| is_refused(&arrays, "p")));
    assert!((0..10_000).all(|n| exact.resolve(&format!("q/k{}", n % 3000), from, Loader::Import).is_ok()));
    assert!(!is_refused(&patterns, "q/p1/x"));
    assert!((0..4000).any(|n| is_refused(&patterns, &format!("q/none{n}"))));
}
