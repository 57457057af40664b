//! A server's answers written down, and a server that is made of them: what the lab sees once, tests see for ever.
//!
//! Lines of JSON, one an answer: `{"ask": "look /etc/x", "ok": {…}}` or `{"ask": …, "refused": "not-found"}`.

use super::questions::{AnsweredEnd, Diagnostic, Effort, Look, Server, Situation, Space, Spoken, Unanswered};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// The names of fields that answers are made of.
pub(crate) const FIELDS: [&str; 23] = [
    "ask",
    "ok",
    "refused",
    "status",
    "stdout",
    "stderr",
    "took",
    "size",
    "uid",
    "gid",
    "kind",
    "mode",
    "changed",
    "modified",
    "free",
    "inodes",
    "free_inodes",
    "now",
    "monotonic",
    "name",
    "text",
    "ran",
    "paused",
];

/// What every line says, whatever the answer is: that is only skipped.
#[derive(Deserialize)]
struct RecordedLine {
    ask: String,
    #[serde(default, rename = "ok")]
    _ok: IgnoredAny,
    #[serde(default, rename = "refused")]
    _refused: Option<Unanswered>,
}

/// A line read for what was asked.
#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
struct Answered<T> {
    #[serde(default = "nothing")]
    ok: Option<T>,
    #[serde(default)]
    refused: Option<Unanswered>,
}

const fn nothing<T>() -> Option<T> {
    None
}

#[derive(Serialize)]
struct RecordedAnswer {
    ask: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ok: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<Unanswered>,
}

/// A server whose answers are written down as they come.
pub(crate) struct Recorder<'a> {
    server: &'a dyn Server,
    answers: Mutex<BTreeMap<String, RecordedAnswer>>,
}

impl<'a> Recorder<'a> {
    /// Writes down what this server answers.
    #[must_use]
    pub(crate) const fn new(server: &'a dyn Server) -> Self {
        Self { server, answers: Mutex::new(BTreeMap::new()) }
    }

    fn note<T: Serialize>(&self, ask: String, answer: Result<T, Unanswered>) -> Result<T, Unanswered> {
        let ok = answer.as_ref().ok().and_then(|value| serde_json::to_value(value).ok());
        let refused = answer.as_ref().err().copied();
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.insert(ask.clone(), RecordedAnswer { ask, ok, refused });
        answer
    }

    /// Everything that was asked and answered, sorted by question, each text run through `clean`. That there is no such
    /// thing is what is answered to every question that is not written down.
    #[must_use]
    pub(crate) fn written(&self, clean: &dyn Fn(&str) -> String) -> String {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = String::new();
        for line in answers.values().filter(|line| line.refused != Some(Unanswered::NotFound)) {
            let ok = line.ok.clone().map(|value| cleaned(value, clean));
            let line = RecordedAnswer { ask: clean(&line.ask), ok, refused: line.refused };
            all.extend(serde_json::to_string(&line).ok());
            all.push('\n');
        }
        all
    }
}

/// A value with every text in it run through `clean`.
fn cleaned(value: serde_json::Value, clean: &dyn Fn(&str) -> String) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::String(text) => Value::String(clean(&text)),
        Value::Array(values) => Value::Array(values.into_iter().map(|value| cleaned(value, clean)).collect()),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, value)| (name, cleaned(value, clean))).collect())
        }
        other => other,
    }
}

fn command(diagnostic: &Diagnostic<'_>) -> String {
    format!("run {}", diagnostic.words().join(" "))
}

/// A question without which properties and fields it asks for: a later program asks for more of them, and whoever wrote
/// down the answers did not.
fn key(ask: &str) -> String {
    let fields = |word: &&str| !word.starts_with("--property=") && !word.starts_with("--output-fields=");
    match ask.starts_with("run ") {
        true => ask.split(' ').filter(fields).collect::<Vec<_>>().join(" "),
        false => ask.to_owned(),
    }
}

impl Server for Recorder<'_> {
    fn is_live(&self) -> bool {
        let live = self.server.is_live();
        let _ = self.note("is-live".to_owned(), Ok(live));
        live
    }

    fn situation(&self) -> Situation {
        let situation = self.server.situation();
        let _ = self.note("situation".to_owned(), Ok(situation.clone()));
        situation
    }

    fn run(&self, diagnostic: &Diagnostic<'_>) -> Result<Spoken, Unanswered> {
        self.note(command(diagnostic), self.server.run(diagnostic))
    }

    fn read(&self, path: &str, most: usize) -> Result<Vec<u8>, Unanswered> {
        let content = self.server.read(path, most);
        let text =
            content.as_ref().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).map_err(|refusal| *refusal);
        let _ = self.note(format!("read {path}"), text);
        content
    }

    fn end(&self, path: &str, most: usize) -> Result<AnsweredEnd, Unanswered> {
        self.note(format!("end {path}"), self.server.end(path, most))
    }

    fn look(&self, path: &str) -> Result<Look, Unanswered> {
        self.note(format!("look {path}"), self.server.look(path))
    }

    fn target(&self, path: &str) -> Result<String, Unanswered> {
        self.note(format!("target {path}"), self.server.target(path))
    }

    fn list(&self, path: &str) -> Result<Vec<String>, Unanswered> {
        self.note(format!("list {path}"), self.server.list(path))
    }

    fn space(&self, path: &str) -> Result<Space, Unanswered> {
        self.note(format!("space {path}"), self.server.space(path))
    }

    fn effort(&self, pid: u32, least: u64) -> Result<Effort, Unanswered> {
        self.note(format!("effort {pid}"), self.server.effort(pid, least))
    }

    fn place(&self, path: &str) -> PathBuf {
        self.server.place(path)
    }
}

/// A server that is made of written answers. Bundles are read from folders that stand in for the server's own.
#[derive(Default)]
pub(crate) struct Recorded<'a> {
    /// The lines.
    text: Cow<'a, str>,
    /// Where they stand, by what was asked: they are read when that is asked again, as what the question wants.
    answers: BTreeMap<String, Range<usize>>,
    places: BTreeMap<String, PathBuf>,
    root: Option<String>,
}

impl<'a> Recorded<'a> {
    /// Reads what [`Recorder::written`] wrote.
    ///
    /// # Errors
    /// For a line that is none, with its number.
    pub(crate) fn parse(text: impl Into<Cow<'a, str>>) -> Result<Self, (usize, serde_json::Error)> {
        let text = text.into();
        let mut answers = BTreeMap::new();
        let mut start = 0;
        for (number, line) in (1..).zip(text.split('\n')) {
            let place = start..start + line.len();
            start = place.end + 1;
            if !line.trim().is_empty() {
                let asked: RecordedLine = serde_json::from_str(line).map_err(|error| (number, error))?;
                answers.insert(key(&asked.ask), place);
            }
        }
        Ok(Self { text, answers, ..Self::default() })
    }

    /// Lets a folder, or a file, stand in for a path of the server's.
    #[cfg(test)]
    pub(crate) fn stand_in(&mut self, path: &str, place: PathBuf) {
        self.places.insert(path.to_owned(), place);
    }

    /// A server whose disk was mounted below that folder.
    #[must_use]
    pub(crate) fn mounted(self, root: Option<String>) -> Self {
        Self { root, ..self }
    }

    fn answer<T: DeserializeOwned>(&self, ask: &str) -> Result<T, Unanswered> {
        let place = self.answers.get(&key(ask)).ok_or(Unanswered::NotFound)?;
        let line = self.text.get(place.clone()).unwrap_or_default();
        let answered: Answered<T> = serde_json::from_str(line).map_err(|_| Unanswered::Failed)?;
        answered.ok.ok_or(answered.refused.unwrap_or(Unanswered::NotFound))
    }
}

impl Server for Recorded<'_> {
    fn is_live(&self) -> bool {
        self.answer("is-live").unwrap_or(true)
    }

    fn situation(&self) -> Situation {
        self.answer("situation").unwrap_or_default()
    }

    fn run(&self, diagnostic: &Diagnostic<'_>) -> Result<Spoken, Unanswered> {
        self.answer(&command(diagnostic))
    }

    fn read(&self, path: &str, most: usize) -> Result<Vec<u8>, Unanswered> {
        let text: String = self.answer(&format!("read {path}"))?;
        Ok(text.into_bytes().into_iter().take(most).collect())
    }

    fn end(&self, path: &str, _: usize) -> Result<AnsweredEnd, Unanswered> {
        self.answer(&format!("end {path}"))
    }

    fn look(&self, path: &str) -> Result<Look, Unanswered> {
        self.answer(&format!("look {path}"))
    }

    fn target(&self, path: &str) -> Result<String, Unanswered> {
        self.answer(&format!("target {path}"))
    }

    fn list(&self, path: &str) -> Result<Vec<String>, Unanswered> {
        self.answer(&format!("list {path}"))
    }

    fn space(&self, path: &str) -> Result<Space, Unanswered> {
        self.answer(&format!("space {path}"))
    }

    fn effort(&self, pid: u32, _: u64) -> Result<Effort, Unanswered> {
        self.answer(&format!("effort {pid}"))
    }

    fn place(&self, path: &str) -> PathBuf {
        // What is shown of a mounted disk is its folder, without a slash at the end. Of a server that ran there is none.
        let below = || match self.root.as_deref() {
            Some(root) if path == "/" => PathBuf::from(root),
            Some(root) => PathBuf::from(format!("{root}{path}")),
            None => PathBuf::from(format!("/nonexistent{path}")),
        };
        self.places.get(path).cloned().unwrap_or_else(below)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_as_what_was_asked_for() {
        let text = "{\"ask\":\"read /x\",\"ok\":[{\"\":0}]}\n{\"ask\":\"target /y\",\"ok\":\"z\",\"new\":[1]}\n";
        let server = Recorded::parse(text).unwrap();
        assert_eq!(server.read("/x", 10), Err(Unanswered::Failed));
        assert_eq!(server.target("/y"), Ok("z".to_owned()));
        assert_eq!(server.target("/none"), Err(Unanswered::NotFound));
        assert!(Recorded::parse("{\"ok\":1}").is_err());
    }
}
