//! The journal of a capture, cut: the newest lines are what a conclusion is made of, and thousands of them would not fit.

use serde_json::Value;

/// Lines that every capture has of each journal.
const LINES: usize = 400;
/// Bytes of one message.
const MAX_MESSAGE: usize = 4096;

/// The answers with ever more of the journal in them, and at last with all of it: whoever captures takes the first that
/// leads to the same conclusion.
pub(super) fn cuts(answers: &str) -> impl Iterator<Item = String> {
    let longest = answers.lines().filter(|line| is_journal(line)).filter_map(entries).max().unwrap_or(0);
    let mut sizes: Vec<usize> =
        std::iter::successors(Some(LINES), |size| Some(size * 2)).take_while(|size| *size < longest).collect();
    sizes.push(longest.max(LINES));
    sizes
        .into_iter()
        .enumerate()
        .map(move |(at, size)| {
            // The lines before what the conclusion needs are for people.
            let size = if at == 0 { size } else { size + LINES };
            cut(answers, size)
        })
        .chain(std::iter::once(answers.to_owned()))
}

fn is_journal(line: &str) -> bool {
    line.starts_with("{\"ask\":\"run journalctl")
}

fn entries(line: &str) -> Option<usize> {
    let value: Value = serde_json::from_str(line).ok()?;
    Some(value.get("ok")?.get("stdout")?.as_str()?.lines().count())
}

fn cut(answers: &str, size: usize) -> String {
    let mut all = String::with_capacity(answers.len());
    for line in answers.lines() {
        match is_journal(line).then(|| cut_line(line, size)).flatten() {
            Some(cut) => all.push_str(&cut),
            None => all.push_str(line),
        }
        all.push('\n');
    }
    all
}

/// An answer of journalctl with its newest entries, each with what is asked for.
fn cut_line(line: &str, size: usize) -> Option<String> {
    let mut value: Value = serde_json::from_str(line).ok()?;
    let stdout = value.get_mut("ok")?.get_mut("stdout")?;
    let text = stdout.as_str()?;
    let skipped = text.lines().count().saturating_sub(size);
    let mut kept: String = String::new();
    for line in text.lines().skip(skipped) {
        kept.push_str(&entry(line).unwrap_or_else(|| line.to_owned()));
        kept.push('\n');
    }
    *stdout = Value::String(kept);
    serde_json::to_string(&value).ok()
}

/// An entry without what journalctl always sends and nobody asks for, and with a message that is not too long.
fn entry(line: &str) -> Option<String> {
    let mut value: Value = serde_json::from_str(line).ok()?;
    let fields = value.as_object_mut()?;
    for name in ["__CURSOR", "__SEQNUM", "__SEQNUM_ID", "__MONOTONIC_TIMESTAMP"] {
        fields.shift_remove(name);
    }
    if let Some(Value::String(message)) = fields.get_mut("MESSAGE")
        && message.len() > MAX_MESSAGE
    {
        let end = (0..=MAX_MESSAGE).rev().find(|at| message.is_char_boundary(*at)).unwrap_or(0);
        message.truncate(end);
        message.push('…');
    }
    serde_json::to_string(&value).ok()
}
