//! What a process wrote last that ended by itself: a handler that prints the error and exits, a line of a logger.
//!
//! Nothing proves that the words are about the end; they are quoted, and name a cause only where the server bears them out.

use super::block::is_tail;
use serde_json::{Map, Value};

/// The last words of a process, as places among its lines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Farewell {
    /// The line.
    pub at: usize,
    /// What it says, out of a logger's JSON.
    pub text: String,
}

/// The line with which the output of a process ends, its stack and properties left out.
pub(super) fn farewell(lines: &[&str]) -> Option<Farewell> {
    let first = lines.len().saturating_sub(MAX_OF_A_STACK);
    let at =
        (first..lines.len()).rev().find(|at| lines.get(*at).is_some_and(|line| !is_tail(line) || is_json(line)))?;
    let line = lines.get(at)?;
    Some(Farewell { at, text: logged(line).unwrap_or_else(|| (*line).to_owned()) })
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
            (r#"{"level":"error","stack":"Error: a\n    at b"}"#, "Error: a"),
        ] {
            let lines: Vec<&str> = text.lines().collect();
            assert_eq!(farewell(&lines).map(|last| last.text).as_deref(), Some(wanted), "{text}");
        }
        assert_eq!(farewell(&[]), None);
    }
}
