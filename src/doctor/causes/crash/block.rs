//! Node's last words: the block that it prints of what nobody caught, and nothing that only looks like one.
//!
//! Measured with Node 12 to 24: the place (`file:///x.js:3`), the line of source, a line of `^`, then what was thrown in
//! Node's own form, its stack and properties, and from 17 on the version. journald drops the empty lines between them.

/// Where the parts of a block are, as places among the lines of one process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct FatalBlock {
    /// What was thrown, its first line.
    pub headline: usize,
    /// The place that Node names.
    pub place: Option<usize>,
    /// Node's version.
    pub version: Option<usize>,
}

/// As far above the `^` as the place stands: one line of source lies between, which may be empty.
const MAX_OF_SOURCE: usize = 2;

/// The block with which the lines of a process end.
pub(super) fn block(lines: &[&str]) -> Option<FatalBlock> {
    let version =
        lines.len().checked_sub(1).filter(|last| lines.get(*last).is_some_and(|line| version_in(line).is_some()));
    if let Some(refused) = refused_option(lines) {
        return Some(FatalBlock { headline: refused, place: None, version: None });
    }
    let above = lines.get(..version.unwrap_or(lines.len()))?;
    let found = [marked(above), unmarked(above)].into_iter().flatten().max();
    match (found, version) {
        (Some((headline, place)), Some(_)) => Some(FatalBlock { headline, place, version }),
        // Without the version below it, as before Node 17, it must reach to the end: an error that was only logged has
        // something after it.
        (Some((headline, place)), None) => {
            let rest = above.get(headline + 1..).unwrap_or_default();
            let rest = rest.get(of_message(lines.get(headline), rest)..).unwrap_or_default();
            rest.iter().all(|line| is_tail(line)).then_some(FatalBlock { headline, place, version })
        }
        (None, Some(_)) => {
            let headline = above.iter().rposition(|line| is_headline(line))?;
            Some(FatalBlock { headline, place: None, version })
        }
        (None, None) => None,
    }
}

/// More lines than an error's message has. That of Node 12 of `ERR_REQUIRE_ESM` has four.
const MAX_OF_MESSAGE: usize = 12;

/// The lines that go on with what an error says: those before its stack, where it has one soon.
fn of_message(headline: Option<&&str>, rest: &[&str]) -> usize {
    let stack = rest.iter().take(MAX_OF_MESSAGE).position(|line| line.starts_with("    at "));
    stack.filter(|_| headline.is_some_and(|line| is_headline(line))).unwrap_or(0)
}

/// The end of a heap, or of V8 itself: `FATAL ERROR: …`, or `# Fatal …` between lines of `#`, below which only addresses stand.
pub(super) fn fatal(lines: &[&str]) -> Option<usize> {
    let ends = |line: &&str| {
        let by_v8 = ["FATAL ERROR: ", "# Fatal "].iter().any(|words| line.starts_with(words));
        // assert(3), and Node's own CHECK: `node[7]: ../src/node_file.cc:12:void f(): Assertion `x' failed.`
        // From 22 on, and in late 20: `  #  Assertion failed: (argc) >= (3)`.
        let by_node = line.trim_start().starts_with("#  Assertion failed: ");
        by_v8 || by_node || line.contains(": Assertion `") && line.ends_with(" failed.")
    };
    let at = lines.iter().rposition(ends)?;
    let native = |line: &&str| {
        let bare = line.trim_start();
        let numbered = bare.split_once(": ").is_some_and(|(number, _)| number.bytes().all(|c| c.is_ascii_digit()));
        numbered
            || bare.starts_with(['#', '-'])
            || bare.starts_with("0x")
            || bare.is_empty()
            || bare.starts_with("Aborted")
    };
    if !lines.get(at + 1..).unwrap_or_default().iter().all(native) {
        return None;
    }
    // Below the place in V8's own source stands what it is about: `# Check failed: …`.
    let about = lines.get(at + 1).filter(|line| line.starts_with("# "));
    let has_place = lines.get(at).is_some_and(|line| line.starts_with("# Fatal error in "));
    Some(if has_place && about.is_some() { at + 1 } else { at })
}

/// What Node, or V8 in its place, says before it aborts at an error that nobody caught (`--abort-on-uncaught-exception`): the
/// usual block above a native stack, or `Uncaught Error: …` above a line `FROM` (isolate.cc).
pub(super) fn aborted(lines: &[&str]) -> Option<FatalBlock> {
    if let Some(trace) = lines.iter().rposition(|line| line.starts_with("----- Native stack trace -----")) {
        let (before, after) = lines.split_at_checked(trace)?;
        return block(before).filter(|block| block.version.is_some() && is_by_node(after));
    }
    let from = lines.iter().rposition(|line| *line == "FROM")?;
    let headline = (0..from).rev().find(|at| lines.get(*at).is_some_and(|line| line.starts_with("Uncaught ")))?;
    Some(FatalBlock { headline, place: None, version: None })
}

/// Whether it is Node that aborts, at a promise that is rejected: with `process.abort()` the agent's own code stands first in the
/// stack, whatever it has printed before.
fn is_by_node(trace: &[&str]) -> bool {
    let mut frames = trace.iter().skip_while(|line| !line.starts_with("----- JavaScript stack trace -----")).skip(1);
    let first = frames.find(|line| !line.trim().is_empty());
    let rejects = ["(node:internal/modules/", "(node:internal/process/promises"];
    first.is_some_and(|frame| rejects.iter().any(|place| frame.contains(place)))
}

/// Whether Node says something under its own name.
pub(super) fn is_of_node(line: &str) -> bool {
    said_by_node(line).is_some()
}

/// The version that Node prints as the last thing before it ends.
pub(super) fn version_in(line: &str) -> Option<&str> {
    line.strip_prefix("Node.js v")
}

/// What Node says below what was thrown without a stack; right below the `^` of what has no text, such as a symbol.
pub(super) const HINT: &str = "(Use `node";

/// What follows the last line of `^` that stands below a place.
fn marked(lines: &[&str]) -> Option<(usize, Option<usize>)> {
    let place_above = |mark: usize| {
        let first = mark.saturating_sub(MAX_OF_SOURCE);
        (first..mark).rev().find(|at| lines.get(*at).is_some_and(|line| is_place(line)))
    };
    let mark = (0..lines.len())
        .rev()
        .find(|at| lines.get(*at).is_some_and(|line| is_mark(line)) && place_above(*at).is_some())?;
    let mut headline = mark + 1;
    // Of `null` and `undefined` some versions say so first.
    if lines.get(headline) == Some(&"Uncaught:") {
        headline += 1;
    }
    // Of a worker's error its own place stands below that of the thread that it was thrown in.
    let inner = lines.get(headline..).unwrap_or_default();
    if let [place, _, mark, _, ..] = inner
        && is_place(place)
        && is_mark(mark)
    {
        headline += 3;
    }
    lines.get(headline).map(|_| (headline, place_above(mark)))
}

/// Without a mark: as of `JSON.parse` the place, and right below it the error; of a file that ends too early, a line of its source
/// between them, and blanks where the mark would be.
fn unmarked(lines: &[&str]) -> Option<(usize, Option<usize>)> {
    let error_below = |place: usize| {
        let below = lines.get(place + 1..)?;
        let at = below.iter().take(MAX_OF_SOURCE + 3).position(|line| is_headline(line))?;
        let source = below.get(..at)?.iter().filter(|line| !line.trim().is_empty());
        (source.count() <= 1).then_some(place + 1 + at)
    };
    let places = (0..lines.len()).rev().filter(|at| lines.get(*at).is_some_and(|line| is_place(line)));
    places.filter_map(|place| Some((error_below(place)?, Some(place)))).next()
}

const BAD: &str = "bad option: ";

/// `/usr/bin/node: bad option: --x`, `node: --x is not allowed in NODE_OPTIONS`: all that Node says then.
fn refused_option(lines: &[&str]) -> Option<usize> {
    let last = lines.len().checked_sub(1)?;
    let is_bad =
        |at: usize| lines.get(at).and_then(|line| said_by_node(line)).is_some_and(|said| said.starts_with(BAD));
    if is_bad(last) {
        // Of what V8 refuses Node names its own options behind that, which nobody has given (measured with 16 to 20).
        return (0..=last).rev().take_while(|at| is_bad(*at)).last();
    }
    let said = said_by_node(lines.get(last)?)?;
    let refused = [BAD, "invalid value for "].iter().any(|words| said.starts_with(words))
        || said.ends_with("is not allowed in NODE_OPTIONS")
        || said.contains(" requires an argument")
        || absent_file(lines.get(last)?).is_some();
    refused.then_some(last)
}

/// What Node says under its own name, without that: `/usr/bin/node: …`.
fn said_by_node(line: &str) -> Option<&str> {
    let (program, said) = line.split_once(": ")?;
    let is_node = program.rsplit('/').next().is_some_and(|name| name.starts_with("node")) && !program.contains(' ');
    is_node.then_some(said)
}

/// The file of an option that is not there: `node: /etc/agent.env: not found` (`--env-file`). What a shell says of a program
/// has more parts.
pub(crate) fn absent_file(line: &str) -> Option<&str> {
    let path = said_by_node(line)?.strip_suffix(": not found")?;
    (!path.contains(": ")).then_some(path)
}

fn is_mark(line: &str) -> bool {
    line.contains('^') && line.chars().all(|c| matches!(c, '^' | ' ' | '\t'))
}

/// `file:///…/index.js:3`, `/…/index.js:3`, `node:events:502`, `<anonymous_script>:1`.
pub(super) fn is_place(line: &str) -> bool {
    let Some((place, number)) = line.rsplit_once(':') else { return false };
    let starts = [
        "file:///",
        "/",
        "node:",
        "internal/",
        "<anonymous",
        "undefined",
        "evalmachine",
        "[eval",
        "[stdin",
        "[worker eval",
    ];
    let numbered = !number.is_empty() && number.bytes().all(|c| c.is_ascii_digit());
    numbered && (place == "events.js" || starts.iter().any(|start| place.starts_with(start)))
}

/// The file of a program that a line of a block names: its place, a line of its stack, who imported what is not there.
pub(super) fn path_in(line: &str) -> Option<&str> {
    let found = match line.trim_start().strip_prefix("at ") {
        Some(frame) => frame.rsplit_once('(').map_or(frame, |(_, place)| place.trim_end_matches(')')),
        None if is_place(line) => line,
        None => line.split_once(" imported from ")?.1.trim_end(),
    };
    let found = found.trim_start_matches("async ");
    let path = found.strip_prefix("file://").unwrap_or(found);
    let end = path.find(|c: char| c == ':' || c.is_ascii_whitespace()).unwrap_or(path.len());
    path.get(..end).filter(|path| path.starts_with('/'))
}

/// `Error: …`, `Error [CODE]: …`, `TelemetryFailure: …`, at the start of a line: a stack is indented.
pub(super) fn is_headline(line: &str) -> bool {
    let line = line.strip_prefix("Uncaught ").unwrap_or(line);
    let name: String = line.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$')).collect();
    let rest = line.get(name.len()..).unwrap_or_default();
    let named = ["Error", "Exception", "Failure", "Rejection", "Fault"].iter().any(|end| name.ends_with(end));
    named && (rest.starts_with(':') || rest.starts_with(" [")) || line.starts_with("[UnhandledPromiseRejection")
}

/// What stands below an error's first line: its stack, its properties, the modules that asked for it.
pub(super) fn is_tail(line: &str) -> bool {
    line.starts_with([' ', '\t', '}', ']', '{'])
        || line.starts_with("Require stack:")
        || line.starts_with("- ")
        || line.starts_with(HINT)
        || line.starts_with("Emitted 'error' event")
        || line.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_node_itself_misses_the_file_of_an_option() {
        for (line, wanted) in [
            ("/usr/bin/node: /etc/agent.env: not found", Some("/etc/agent.env")),
            ("node: .env: not found", Some(".env")),
            ("Error: agent: not found", None),
            ("sh: 1: node: not found", None),
            ("/usr/bin/node: 3: exec: /x/node: not found", None),
        ] {
            assert_eq!(absent_file(line), wanted, "{line}");
        }
    }

    const NOISE: &str = "Error: listen EADDRINUSE: address already in use 0.0.0.0:3001";

    fn headline(text: &str) -> Option<&str> {
        let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
        block(&lines).and_then(|block| lines.get(block.headline).copied())
    }

    #[test]
    fn the_block_is_what_node_printed_last() {
        for (case, text, wanted) in [
            (
                "a string",
                "file:///a.js:1\nthrow 'text'\n^\ntext\n(Use `node --trace-uncaught ...` to show where)\nNode.js v20.20.2",
                Some("text"),
            ),
            (
                "a string, from Node's own place",
                "node:internal/modules/run_main:123\n    triggerUncaughtException(\n    ^\ntext\n(Use `node …)\nNode.js v24.1.0",
                Some("text"),
            ),
            (
                "of a worker",
                "node:internal/event_target:1105\n  process.nextTick(() => { throw err; });\n                           ^\n[worker eval]:1\nthrow new Error('q')\n^\nError: q\n    at [worker eval]:1:7\nEmitted 'error' event on Worker instance at:\n    at x\nNode.js v20.20.2",
                Some("Error: q"),
            ),
            ("null", "/x.cjs:1\nthrow null\n^\nUncaught:\nnull\nNode.js v18.20.8", Some("null")),
            (
                "an object",
                "node:internal/modules/run_main:123\n    triggerUncaughtException(\n    ^\n{ code: 'X', a: 1 }\nNode.js v20.20.2",
                Some("{ code: 'X', a: 1 }"),
            ),
            (
                "a rejection",
                "node:internal/process/promises:389\n      new UnhandledPromiseRejection(reason);\n      ^\nUnhandledPromiseRejection: …\"boom\".\n    at x\n  code: 'ERR_UNHANDLED_REJECTION'\n}\nNode.js v20.20.2",
                Some("UnhandledPromiseRejection: …\"boom\"."),
            ),
            (
                "a file that ends too early",
                "/b/x.cjs:2\n  return { a: foo(1, \n                     \nSyntaxError: Unexpected end of input\n    at wrapSafe (node:internal/x:1:2)\nNode.js v20.20.2",
                Some("SyntaxError: Unexpected end of input"),
            ),
            (
                "JSON",
                "<anonymous_script>:1\n\n\nSyntaxError: Unexpected end of JSON input\n    at JSON.parse (<anonymous>)\nNode.js v20.20.2",
                Some("SyntaxError: Unexpected end of JSON input"),
            ),
            (
                "JSON in Node 16",
                "undefined:1\n\n\nSyntaxError: Unexpected end of JSON input\n    at JSON.parse (<anonymous>)",
                Some("SyntaxError: Unexpected end of JSON input"),
            ),
            (
                "a class of its own",
                "file:///a.js:1\nthrow new Quota('q')\n      ^\nQuota [Error]: q\nsecond line\n    at x\nNode.js v20.20.2",
                Some("Quota [Error]: q"),
            ),
            (
                "before 17",
                "internal/modules/cjs/loader.js:818\n  throw err;\n  ^\nError: Cannot find module 'ws'\nRequire stack:\n- /x/index.js\n    at x {\n  code: 'MODULE_NOT_FOUND'\n}",
                Some("Error: Cannot find module 'ws'"),
            ),
            (
                "an event",
                "node:events:502\n      throw er; // Unhandled 'error' event\n      ^\nError: spawn /nonexistent ENOENT\n    at x\nEmitted 'error' event on ChildProcess instance at:\n    at y {\n  errno: -2\n}\nNode.js v20.20.2",
                Some("Error: spawn /nonexistent ENOENT"),
            ),
            (
                "a message of several lines, before 17",
                "internal/modules/cjs/loader.js:1015\n      throw new ERR_REQUIRE_ESM(filename, parentPath);\n      ^\nError [ERR_REQUIRE_ESM]: Must use import to load ES Module: /x/o.js\nrequire() of ES modules is not supported.\nInstead rename o.js to end in .cjs, or remove \"type\".\n    at Object.Module._extensions..js (internal/modules/cjs/loader.js:1015:13)\n    at x {\n  code: 'ERR_REQUIRE_ESM'\n}",
                Some("Error [ERR_REQUIRE_ESM]: Must use import to load ES Module: /x/o.js"),
            ),
            (
                "an error of a module that cannot be linked, in 12",
                "internal/process/esm_loader.js:74\n    internalBinding('errors').triggerUncaughtException(\n                              ^\nError [ERR_MODULE_NOT_FOUND]: Cannot find package 'fastify' imported from /x/dist/index.js\n    at packageResolve (internal/modules/esm/resolve.js:664:9)\n    at link (internal/modules/esm/module_job.js:46:36) {\n  code: 'ERR_MODULE_NOT_FOUND'\n}",
                Some("Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'fastify' imported from /x/dist/index.js"),
            ),
            (
                "a string, in 12",
                "internal/process/esm_loader.js:74\n    internalBinding('errors').triggerUncaughtException(\n                              ^\ntext\n(Use `node --trace-uncaught ...` to show where the exception was thrown)",
                Some("text"),
            ),
            (
                "syntax that is too new for 12",
                "file:///x/dist/index.js:1\nlet a; a ??= 1\n          ^\nSyntaxError: Unexpected token '?'\n    at Loader.moduleStrategy (internal/modules/esm/translators.js:140:18)\n    at async link (internal/modules/esm/module_job.js:42:21)",
                Some("SyntaxError: Unexpected token '?'"),
            ),
            (
                "a rejection in 12, which goes on",
                "(node:26997) UnhandledPromiseRejectionWarning: Error: x\n    at file:///x/dist/index.js:1:16\n(node:26997) [DEP0018] DeprecationWarning: Unhandled promise rejections are deprecated.",
                None,
            ),
            ("an option", "/usr/bin/node: bad option: --bogus", Some("/usr/bin/node: bad option: --bogus")),
            (
                "an option of the variable",
                "/usr/bin/node: --bogus is not allowed in NODE_OPTIONS",
                Some("/usr/bin/node: --bogus is not allowed in NODE_OPTIONS"),
            ),
            ("logged only", "Error: x\n    at y\n[agent] goes on", None),
            (
                "a block that is not the end",
                "file:///a.js:1\nthrow 'text'\n^\ntext\nNode.js v20.20.2\n[app] exited with 1",
                None,
            ),
            (
                "a block before 17 that is not the end",
                "/a.js:1\nthrow x\n^\nError: x\n    at y\n[app] exited with 1",
                None,
            ),
        ] {
            assert_eq!(headline(text), wanted, "{case}");
            // Whatever was said before makes no difference.
            let after = format!(
                "{NOISE}\n    at Server (node:net:1:1) {{\n  code: 'EADDRINUSE'\n}}\n/app.js:2\nx\n^\n{NOISE}\nNode.js v20.20.2\n[app] gone\n{text}"
            );
            assert_eq!(headline(&after), wanted, "{case}, after something that looks like it");
        }
    }

    #[test]
    fn the_end_of_the_heap_has_nothing_but_addresses_below_it() {
        let heap = "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory";
        assert_eq!(fatal(&[heap, "----- Native stack trace -----", " 1: 0xca5580 node::Abort()", "12: 0x7f"]), Some(0));
        assert_eq!(fatal(&["x", heap]), Some(1));
        assert_eq!(fatal(&[heap, "[app] gone"]), None);
        assert_eq!(fatal(&["Error: x"]), None);
        let check = "/usr/bin/node[7]: ../src/node_file.cc:12:void node::f(): Assertion `(argc) >= (3)' failed.";
        assert_eq!(fatal(&[check, " 1: 0xca5580 node::Abort() [/usr/bin/node]"]), Some(0));
        assert_eq!(fatal(&[check, "[app] gone"]), None);
        let place = "  #  /usr/bin/node[242]: std::unique_ptr<x> node::f() at ../src/node.cc:1183";
        let assertion = "  #  Assertion failed: crypto::CSPRNG(nullptr, 0).is_ok()";
        let trace = [
            "----- Native stack trace -----",
            " 1: 0xcb5167 node::Assert() [/usr/bin/node]",
            "11: 0x7f  [/lib/libc.so.6]",
        ];
        assert_eq!(fatal(&[&[place, assertion], trace.as_slice()].concat()), Some(1));
        assert_eq!(fatal(&[assertion, "[app] gone"]), None);
    }

    #[test]
    fn headlines_are_not_stacks_or_logs() {
        for (line, wanted) in [
            ("Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'x'", true),
            ("TypeError: x is not a function", true),
            ("Uncaught Error: x", true),
            ("TelemetryFailure: x", true),
            ("    at Object.<anonymous> (/x.js:1:7)", false),
            ("[app] Error: connect ECONNREFUSED 127.0.0.1:5432", false),
            ("  code: 'ERR_MODULE_NOT_FOUND'", false),
        ] {
            assert_eq!(is_headline(line), wanted, "{line}");
        }
    }

    #[test]
    fn a_line_of_a_block_names_the_file_of_a_program() {
        for (line, wanted) in [
            ("file:///srv/app/index.js:3", Some("/srv/app/index.js")),
            ("/srv/app/index.js:3", Some("/srv/app/index.js")),
            ("    at Object.<anonymous> (/srv/app/index.js:1:7)", Some("/srv/app/index.js")),
            ("    at async file:///srv/app/index.js:1:7", Some("/srv/app/index.js")),
            ("    at run (file:///srv/app/index.js:1:7)", Some("/srv/app/index.js")),
            ("Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'x' imported from /srv/a.js", Some("/srv/a.js")),
            ("node:internal/modules/esm/resolve:255", None),
            ("    at packageResolve (node:internal/modules/esm/resolve:255:9) {", None),
            ("Node.js v20.20.2", None),
        ] {
            assert_eq!(path_in(line), wanted, "{line}");
        }
    }
}
