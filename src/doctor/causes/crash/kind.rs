//! What an error says, by the words of Node 12 to 24 and of libuv.
//!
//! Node 12 knows fewer of its own modules, and says of the others what it says of packages: measured with 12.22.
//!
//! An error's own words stand right behind its name; what it quotes of others stands further behind, and counts for nothing.

use crate::node::builtins;

/// What an error says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum CrashKind {
    /// A package is not installed: its name.
    Package(String),
    /// A file is not there: its path, or the words that name it.
    File(String),
    /// What is not there was not asked for by the bundle: its name or path.
    Outside(String),
    /// A name is imported that the module of this name does not export.
    Export(String),
    /// A file does not parse.
    Syntax,
    /// A file was loaded as the other kind of module.
    Format,
    /// Something only a newer Node has.
    OldNode,
    /// Someone else listens there.
    PortInUse(Option<u16>),
    /// The disk is full.
    NoSpace,
    /// The file system is mounted so that nobody may write to it.
    ReadOnly,
    /// The kernel watches as many files as it may (inotify(7)): libuv says ENOSPC for that, too.
    NoWatches,
    /// A file may not be read.
    Denied,
    /// JavaScript's heap is used up.
    Heap,
    /// A `package.json` that is none.
    PackageJson,
    /// The working directory is gone.
    NoDirectory,
    /// Node refuses one of its options, or does not find the file that one names.
    Option,
    /// Node was told to forbid what the agent does (`--permission`).
    Restricted,
    /// A module waits for ever (exit code 13).
    Unsettled,
    /// Anything else.
    Other,
}

/// What the first line of an error says.
pub(crate) fn kind(line: &str) -> CrashKind {
    let line = line.strip_prefix("Uncaught ").unwrap_or(line);
    let (name, said) = parts(line);
    // What was thrown or rejected with is quoted in it.
    if name.contains("UnhandledPromiseRejection") {
        return CrashKind::Other;
    }
    of_modules(said)
        .or_else(|| of_syntax(name, said))
        .or_else(|| of_system(said))
        .unwrap_or_else(|| if line.contains("ERR_MODULE_NOT_FOUND") { file("a module") } else { CrashKind::Other })
}

/// What a line says that quotes an error somewhere, as a logger does: the last that it names.
pub(crate) fn quoted(line: &str) -> CrashKind {
    let starts = line.match_indices([' ', '"', '\'']).map(|(at, mark)| at + mark.len());
    let ends = starts.chain([0]).filter_map(|at| line.get(at..));
    ends.map(kind).find(|kind| *kind != CrashKind::Other).unwrap_or(CrashKind::Other)
}

/// The name of an error with its code, and what it says: `Error [CODE]: …`. Without a name, all of it.
fn parts(line: &str) -> (&str, &str) {
    let name_ends = line.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$' | '.'))).unwrap_or(line.len());
    let rest = line.get(name_ends..).unwrap_or_default();
    let behind = match rest.strip_prefix(" [").and_then(|rest| rest.split_once(']')) {
        Some((_, behind)) => behind,
        None => rest,
    };
    match behind.strip_prefix(':') {
        Some(said) if name_ends > 0 => (line.get(..line.len() - said.len()).unwrap_or(line), said.trim_start()),
        _ => ("", line),
    }
}

/// Node's own modules that have got others below them since 12: what says that there is no package of that name was asked for one
/// of these, since the module itself is there.
const PARENTS: [&str; 10] =
    ["assert", "dns", "fs", "inspector", "path", "readline", "stream", "timers", "util", "diagnostics_channel"];

fn file(path: &str) -> CrashKind {
    CrashKind::File(path.to_owned())
}

fn of_modules(said: &str) -> Option<CrashKind> {
    if let Some(name) = quoted_after(said, "Cannot find package ") {
        return Some(match name {
            name if name.starts_with('/') => CrashKind::File(name),
            // `import 'timers/promises'`: only a newer Node has a module of that kind.
            name if PARENTS.contains(&name.as_str()) => CrashKind::OldNode,
            name => CrashKind::Package(name),
        });
    }
    if said.starts_with("No such built-in module") || said.starts_with("Unknown builtin module") {
        return Some(CrashKind::OldNode);
    }
    if let Some(name) = quoted_after(said, "Cannot find module ") {
        // `require('node:sqlite')` before Node 16, `require('timers/promises')` before 15.
        if name.starts_with("node:") || builtins::known_as(&name).is_some() {
            return Some(CrashKind::OldNode);
        }
        let is_path = name.starts_with(['/', '.']) || name.starts_with("file:");
        return Some(if is_path { CrashKind::File(name) } else { CrashKind::Package(name) });
    }
    if let Some(path) = not_exported(said) {
        return Some(file(&path));
    }
    let export = quoted_after(said, "The requested module ")
        .filter(|_| said.contains("does not provide an export named"))
        .or_else(|| {
            quoted_after(said, "Named export ")
                .map(|_| quoted_anywhere(said, "The requested module ").unwrap_or_default())
        });
    export.map(|module| match builtins::known_as(&module) {
        None if !module.starts_with("node:") => CrashKind::Export(module),
        _ => CrashKind::OldNode,
    })
}

/// What a package does not offer under the path by which it is asked for, or has set wrongly (esm.md, "Package entry points").
fn not_exported(said: &str) -> Option<String> {
    let of_package = || {
        let manifest = said.split(['"', ' ', ';']).find(|word| word.ends_with("/package.json"))?;
        let (_, name) = manifest.strip_suffix("/package.json")?.rsplit_once("/node_modules/")?;
        Some(name.to_owned())
    };
    if let Some(path) =
        quoted_after(said, "Package subpath ").filter(|_| said.contains("is not defined by \"exports\""))
    {
        return Some(format!("{}/{}", of_package()?, path.trim_start_matches("./")));
    }
    let of_main = said.starts_with("No \"exports\" main defined in ") || said.starts_with("Invalid \"exports\" ");
    if of_main {
        return of_package();
    }
    quoted_after(said, "Package import specifier ").filter(|_| said.contains(" is not defined"))
}

fn of_syntax(name: &str, said: &str) -> Option<CrashKind> {
    let format = [
        "Cannot use import statement outside a module",
        "is not defined in ES module scope",
        "Cannot use 'import.meta' outside a module",
        "Unexpected token 'export'",
        "Must use import to load ES Module",
    ];
    if format.iter().any(|words| said.contains(words)) && (name.contains("Error") || name.is_empty())
        || name.contains("ERR_REQUIRE_ESM")
    {
        return Some(CrashKind::Format);
    }
    let manifest = said.starts_with("Error parsing ") && said.contains("package.json");
    if manifest || said.starts_with("Invalid package config") || name.contains("ERR_INVALID_PACKAGE_CONFIG") {
        return Some(CrashKind::PackageJson);
    }
    // `JSON.parse` and `new WebSocket` throw a SyntaxError as well. It is about data, and every file of the agent may be sound.
    let of_data = said.contains("JSON") || said.starts_with("Invalid URL");
    (name.contains("SyntaxError") && !of_data).then_some(CrashKind::Syntax)
}

/// libuv's words: `EACCES: permission denied, open '/x'`, `listen EADDRINUSE: address already in use :::3001`.
fn of_system(said: &str) -> Option<CrashKind> {
    let heap = ["Reached heap limit", "# Fatal javascript OOM in ", "# Fatal JavaScript out of memory: "];
    if heap.iter().any(|words| said.starts_with(words)) || said.ends_with("JavaScript heap out of memory") {
        return Some(CrashKind::Heap);
    }
    if said.starts_with("Access to this API has been restricted") {
        return Some(CrashKind::Restricted);
    }
    if said.contains("uv_cwd") || said.starts_with("getcwd") {
        return Some(CrashKind::NoDirectory);
    }
    let mut words = said.split(' ');
    let first = words.next().unwrap_or_default();
    let code = [Some(first), words.next()].into_iter().flatten().find_map(|word| word.strip_suffix(':'))?;
    Some(match code {
        // Behind the last colon, since the address before it may be of IPv6: `address already in use :::3001`.
        "EADDRINUSE" => {
            let digits = said.rsplit(':').next().unwrap_or_default().trim();
            let digits: String = digits.chars().take_while(char::is_ascii_digit).collect();
            CrashKind::PortInUse(digits.parse().ok())
        }
        "ENOSPC" if said.contains("watch") => CrashKind::NoWatches,
        "ENOSPC" | "EDQUOT" => CrashKind::NoSpace,
        "EROFS" => CrashKind::ReadOnly,
        "EACCES" | "EPERM" => CrashKind::Denied,
        _ => return None,
    })
}

fn quoted_anywhere(line: &str, words: &str) -> Option<String> {
    quoted_after(line.get(line.find(words)?..)?, words)
}

/// What stands in quotes behind the words that a line begins with.
fn quoted_after(line: &str, words: &str) -> Option<String> {
    let rest = line.strip_prefix(words)?;
    let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    rest.get(1..)?.split_once(quote).map(|(name, _)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_apart_by_nodes_own_words() {
        let package = |name: &str| CrashKind::Package(name.into());
        for (line, wanted) in [
            (
                "Error [ERR_PACKAGE_PATH_NOT_EXPORTED]: Package subpath './lib/a.js' is not defined by \"exports\" in /b/node_modules/zod/package.json imported from /b/dist/index.js",
                CrashKind::File("zod/lib/a.js".into()),
            ),
            (
                "Error [ERR_PACKAGE_PATH_NOT_EXPORTED]: No \"exports\" main defined in /b/node_modules/@a/b/package.json imported from /b/dist/index.js",
                CrashKind::File("@a/b".into()),
            ),
            (
                "Error [ERR_INVALID_PACKAGE_TARGET]: Invalid \"exports\" main target \"dist/i.js\" defined in the package config /b/node_modules/c/package.json imported from /b/dist/index.js; targets must start with \"./\"",
                CrashKind::File("c".into()),
            ),
            (
                "TypeError [ERR_PACKAGE_IMPORT_NOT_DEFINED]: Package import specifier \"#config\" is not defined in package /b/package.json imported from /b/dist/index.js",
                CrashKind::File("#config".into()),
            ),
            (
                "Error [ERR_MODULE_NOT_FOUND]: Cannot find package '@server-flow/shared' imported from /root/x/dist/index.js",
                package("@server-flow/shared"),
            ),
            (
                "Error: Cannot find package '/root/x/node_modules/ws/dist/index.js'",
                file("/root/x/node_modules/ws/dist/index.js"),
            ),
            ("Error: Cannot find module '/root/x/dist/index.js'", file("/root/x/dist/index.js")),
            ("Error: Cannot find module 'ws'", package("ws")),
            ("Error [ERR_UNKNOWN_BUILTIN_MODULE]: No such built-in module: node:sqlite", CrashKind::OldNode),
            ("Error: Cannot find module 'node:fs/promises'", CrashKind::OldNode),
            ("Error: Cannot find module 'timers/promises'", CrashKind::OldNode),
            ("Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'timers' imported from /x.js", CrashKind::OldNode),
            ("Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'events' imported from /x.js", package("events")),
            ("SyntaxError: The requested module 'fs' does not provide an export named 'cp'", CrashKind::OldNode),
            (
                "SyntaxError: The requested module '@server-flow/shared' does not provide an export named 'PROTOCOL'",
                CrashKind::Export("@server-flow/shared".into()),
            ),
            (
                "SyntaxError: Named export 'a' not found. The requested module 'b' is a CommonJS module, which may not",
                CrashKind::Export("b".into()),
            ),
            (
                "SyntaxError: The requested module 'node:util' does not provide an export named 'styleText'",
                CrashKind::OldNode,
            ),
            ("SyntaxError: Cannot use import statement outside a module", CrashKind::Format),
            (
                "ReferenceError: require is not defined in ES module scope, you can use import instead",
                CrashKind::Format,
            ),
            ("Error [ERR_REQUIRE_ESM]: require() of ES Module /x.js from /y.js not supported.", CrashKind::Format),
            ("SyntaxError: Unexpected token '='", CrashKind::Syntax),
            ("Error: listen EADDRINUSE: address already in use 0.0.0.0:3001", CrashKind::PortInUse(Some(3001))),
            ("Error: listen EADDRINUSE: address already in use :::3001", CrashKind::PortInUse(Some(3001))),
            ("Error: ENOSPC: no space left on device, write", CrashKind::NoSpace),
            ("Error: ENOSPC: System limit for number of file watchers reached, watch '/x'", CrashKind::NoWatches),
            ("Error: EDQUOT: disk quota exceeded, write", CrashKind::NoSpace),
            ("Error: EROFS: read-only file system, open '/x'", CrashKind::ReadOnly),
            ("Error: EACCES: permission denied, open '/x'", CrashKind::Denied),
            ("Error: listen EACCES: permission denied 0.0.0.0:80", CrashKind::Denied),
            ("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", CrashKind::Heap),
            ("# Fatal javascript OOM in GC during deserialization", CrashKind::Heap),
            ("# Fatal JavaScript out of memory: GC during deserialization", CrashKind::Heap),
            ("Error: Access to this API has been restricted. Use --allow-fs-read to …", CrashKind::Restricted),
            ("Error: ENOENT: no such file or directory, uv_cwd", CrashKind::NoDirectory),
            ("TypeError: x is not a function", CrashKind::Other),
            ("SyntaxError: Unexpected end of JSON input", CrashKind::Other),
            ("SyntaxError: Invalid URL: 127.0.0.1:4000/api/connect", CrashKind::Other),
            ("SyntaxError: Error parsing /root/x/package.json: Unexpected token", CrashKind::PackageJson),
            ("Error [ERR_INVALID_PACKAGE_CONFIG]: Invalid package config /x/package.json.", CrashKind::PackageJson),
        ] {
            assert_eq!(kind(line), wanted, "{line}");
        }
    }

    #[test]
    fn what_an_error_quotes_is_not_what_it_says() {
        for line in [
            "Error: gave up after Error: listen EADDRINUSE: address already in use 0.0.0.0:3001",
            "TelemetryFailure: the last run said: Cannot find package 'ws' imported from /x",
            "UnhandledPromiseRejection: This error originated either by … The promise rejected with the reason \"Error: ENOSPC: no space left on device, write\".",
            "[UnhandledPromiseRejection: This error … with the reason \"Cannot find module 'ws'\".] {",
            "{ code: 'EADDRINUSE' }",
            "the port is taken (EADDRINUSE)",
        ] {
            assert_eq!(kind(line), CrashKind::Other, "{line}");
        }
        for (line, wanted) in [
            (
                "[agent] fatal: Error: listen EADDRINUSE: address already in use 0.0.0.0:3001",
                CrashKind::PortInUse(Some(3001)),
            ),
            ("[agent] cannot start: Cannot find package 'ws' imported from /x", CrashKind::Package("ws".into())),
            ("[agent] bye", CrashKind::Other),
        ] {
            assert_eq!(quoted(line), wanted, "{line}");
        }
    }
}
