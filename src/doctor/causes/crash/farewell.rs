//! What a process wrote last that ended by itself: a handler that prints the error and exits, a line of a logger.
//!
//! Nothing proves that the words are about the end; they are quoted, and name a cause only where the server bears them out.

use super::block::is_tail;
use serde_json::{Map, Value};

/// The last words of a process, as places among its lines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct LastWords {
    /// The line.
    pub at: usize,
    /// What it says, out of a logger's JSON.
    pub text: String,
}

/// The line with which the output of a process ends, its stack and properties left out.
pub(super) fn farewell(lines: &[&str]) -> Option<LastWords> {
    let first = lines.len().saturating_sub(MAX_OF_A_STACK);
    let at =
        (first..lines.len()).rev().find(|at| lines.get(*at).is_some_and(|line| !is_tail(line) || is_json(line)))?;
    let at = if is_fatal(lines.get(at)?) { at } else { louder(lines, at).unwrap_or(at) };
    let line = lines.get(at)?;
    Some(LastWords { at, text: logged(line).unwrap_or_else(|| (*line).to_owned()) })
}

/// So many lines may follow the one that says why: `shutting down`, `bye`.
const MAX_OF_GOODBYES: usize = 5;
/// The level of pino and bunyan for what ends a program (getpino.io, "level").
const FATAL: u64 = 60;

/// The line shortly before the last that a logger marks as fatal, where the last is none: a process says goodbye. An error alone
/// would not do, since an agent lives with those; nor does what stands before the end of another process's output.
fn louder(lines: &[&str], last: usize) -> Option<usize> {
    let spoken = (0..last).rev().filter(|at| lines.get(*at).is_some_and(|line| !is_tail(line) || is_json(line)));
    let near = spoken.take(MAX_OF_GOODBYES);
    let own = |at: &usize| lines.get(*at).is_some_and(|line| super::block::version_in(line).is_none());
    near.take_while(own).find(|at| lines.get(*at).is_some_and(|line| is_fatal(line)))
}

/// Whether a logger's line is of the level at which programs end.
fn is_fatal(line: &str) -> bool {
    let fields = serde_json::from_str::<Map<String, Value>>(line).ok().filter(|_| line.starts_with('{'));
    let level = fields.as_ref().and_then(|fields| fields.get("level"));
    match level {
        Some(Value::Number(level)) => level.as_u64().is_some_and(|level| level >= FATAL),
        Some(Value::String(level)) => ["fatal", "emerg", "alert", "crit"].iter().any(|word| level.starts_with(word)),
        _ if fields.is_some() => false,
        // `[FATAL] agent - …`, `[agent] fatal: …`; `FATAL ERROR:` is V8's, and has a form of its own.
        _ => {
            line.split(|c: char| !c.is_ascii_alphabetic()).any(|word| word.eq_ignore_ascii_case("fatal"))
                && !line.starts_with("FATAL ERROR: ")
        }
    }
}

/// Lines of one error: its stack, its properties, and those of its cause.
const MAX_OF_A_STACK: usize = 80;

fn is_json(line: &str) -> bool {
    line.starts_with('{') && serde_json::from_str::<Map<String, Value>>(line).is_ok()
}

/// What a line of a logger says (pino, bunyan, winston): its error's words, else its message.
fn logged(line: &str) -> Option<String> {
    let fields = serde_json::from_str::<Map<String, Value>>(line).ok().filter(|_| line.starts_with('{'))?;
    let text = |value: &Value| value.as_str().map(|text| text.lines().next().unwrap_or_default().to_owned());
    let error = ["err", "error", "exception"].iter().find_map(|name| match fields.get(*name)? {
        Value::Object(error) => {
            let words = error.get("message").and_then(text)?;
            let name = ["type", "name"].iter().find_map(|name| error.get(*name).and_then(text));
            Some(match name {
                Some(name) => format!("{name}: {words}"),
                None => words,
            })
        }
        other => text(other),
    });
    let stack = fields.get("stack").and_then(text);
    error.or(stack).or_else(|| ["msg", "message"].iter().find_map(|name| fields.get(*name).and_then(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_words_are_the_errors_and_not_its_stack() {
        for (text, wanted) in [
            (
                "[agent] hello\nError: quota is used up\n    at run (file:///x.js:1:1)\n  code: 'QUOTA'\n}",
                "Error: quota is used up",
            ),
            (
                "Error: listen EADDRINUSE: address already in use 0.0.0.0:3001\n    at x\n[agent] fatal: no licence",
                "[agent] fatal: no licence",
            ),
            (
                r#"{"level":60,"time":1,"err":{"type":"Error","message":"quota is used up","stack":"Error: …\n at"},"msg":"cannot start"}"#,
                "Error: quota is used up",
            ),
            (r#"{"level":"error","message":"no licence","timestamp":"x"}"#, "no licence"),
            (r#"{"level":60,"msg":"no licence"}"#, "no licence"),
            ("[agent] fatal: no licence\n[agent] shutting down\n[agent] bye", "[agent] fatal: no licence"),
            ("{\"level\":60,\"msg\":\"no licence\"}\n{\"level\":30,\"msg\":\"bye\"}", "no licence"),
            ("{\"level\":50,\"msg\":\"lived with\"}\n{\"level\":30,\"msg\":\"bye\"}", "bye"),
            ("FATAL ERROR: Reached heap limit\n[agent] bye", "[agent] bye"),
            ("[app] fatal: gone\nNode.js v20.20.2\n[agent] bye", "[agent] bye"),
            ("[agent] fatal: a\nb\nc\nd\ne\nf\ng", "g"),
            (r#"{"level":"error","stack":"Error: a\n    at b"}"#, "Error: a"),
        ] {
            let lines: Vec<&str> = text.lines().collect();
            assert_eq!(farewell(&lines).map(|last| last.text).as_deref(), Some(wanted), "{text}");
        }
        assert_eq!(farewell(&[]), None);
    }
}
