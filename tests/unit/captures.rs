//! Captures: of every recorded server one is made, written, read and judged again, and nothing is lost on the way.

use super::servers;
use crate::commands::in_every_format;
use crate::doctor::capture;
use crate::doctor::recording::FIELDS;
use crate::doctor::shown;
use crate::redact::{GivenPatterns, Redactor};
use crate::render::{self, Style};
use crate::report::format::ReportFormat;
use crate::report::server_report::ServerReport;
use crate::report::verdict::FailOn;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn rendered(report: &ServerReport, format: ReportFormat) -> String {
    let style = Style { colour: false, width: 80, terminal: false, verbose: true, quiet: false };
    let mut out = Vec::new();
    render::doctor(format, report, FailOn::Never, style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn what_is_captured_is_judged_as_the_server_was() {
    let mut judged = 0;
    servers::each_captured(|name, captured, live, expected| {
        let report = captured.report.clone().unwrap();
        let json = rendered(&report, ReportFormat::Json);
        let written = capture::write(&captured, &[("report.json", json.as_bytes())]).unwrap();
        let read = capture::read(written.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let again = read.shown(&[]).unwrap();
        for format in
            [ReportFormat::Json, ReportFormat::Human, ReportFormat::Sarif, ReportFormat::Junit, ReportFormat::Github]
        {
            assert_eq!(rendered(&again, format), rendered(&report, format), "{name}");
        }
        // But for what a capture is, it is the report of the server itself.
        let without = ServerReport { capture: None, ..report };
        assert_eq!(rendered(&without, ReportFormat::Json), rendered(&shown::of(live), ReportFormat::Json), "{name}");
        assert!(written.len() < 1 << 20, "{name}: {} bytes", written.len());
        let texts = [&read.answers, &read.listing, &json];
        for secret in &expected.secrets {
            assert!(texts.iter().all(|text| !text.contains(secret)), "{name}: `{secret}` is in the capture");
        }
        judged += usize::from(!read.bundles.is_empty());
    });
    assert!(judged > 50, "{judged} captures have a bundle");
}

/// Every text that a program can read in a file of a capture, by decoding all that it knows of: JSON, also in texts of JSON,
/// bytes written as numbers, names of fields, colours. It knows nothing of how this program redacts.
fn readable(text: &str, all: &mut Vec<String>) {
    let mut plain = String::new();
    let mut colour = false;
    for c in text.chars() {
        match c {
            '\u{1b}' => colour = true,
            'A'..='Z' | 'a'..='z' if colour => colour = false,
            _ if !colour => plain.push(c),
            _ => {}
        }
    }
    all.extend([text.to_owned(), plain]);
    for line in text.lines().chain([text]) {
        if let Ok(value @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(line) {
            values(&value, all);
        }
    }
}

fn values(value: &Value, all: &mut Vec<String>) {
    match value {
        Value::String(text) => readable(text, all),
        Value::Array(items) => {
            let byte = |item: &Value| item.as_u64().and_then(|byte| u8::try_from(byte).ok());
            if let Some(bytes) = items.iter().map(byte).collect::<Option<Vec<_>>>() {
                readable(&String::from_utf8_lossy(&bytes), all);
                readable(&bytes.iter().map(|byte| char::from(*byte)).collect::<String>(), all);
            }
            items.iter().for_each(|item| values(item, all));
        }
        Value::Object(fields) => fields.iter().for_each(|(name, field)| {
            readable(name, all);
            values(field, all);
        }),
        other => all.push(other.to_string()),
    }
}

/// The files of a capture by name, and everything that can be read in them.
fn unpacked(bytes: &[u8]) -> Vec<(String, Vec<String>)> {
    let mut archive = tar::Archive::new(flate2::read::MultiGzDecoder::new(bytes));
    let file = |mut entry: tar::Entry<'_, _>| {
        let (mut text, mut all) = (String::new(), Vec::new());
        std::io::Read::read_to_string(&mut entry, &mut text).unwrap();
        readable(&text, &mut all);
        (entry.path().unwrap().display().to_string(), all)
    };
    archive.entries().unwrap().map(|entry| file(entry.unwrap())).collect()
}

/// The journal of a capture with a word in every message, each time written in another way.
fn planted(answers: &str, word: &str) -> String {
    let bytes = |text: String| json!(text.as_bytes());
    let (start, end) = word.split_at(word.len() / 2);
    let mut at = 0;
    let mut entry = |line: &str| {
        let Ok(mut entry) = serde_json::from_str::<Value>(line) else { return line.to_owned() };
        at += 1;
        entry["MESSAGE"] = match at % 7 {
            0 => bytes(format!("\u{1b}[31mby {word}\u{1b}[0m")),
            1 => bytes(format!("by {start}\u{1b}[1m{end}")),
            2 => json!([&b"caf\xe9 "[..], word.as_bytes()].concat()),
            3 => json!(json!({"level": 30, "msg": format!("by {word}")}).to_string()),
            4 => json!(format!("by \\u{:04x}{}", u32::from(word.as_bytes()[0]), &word[1..])),
            5 => json!([format!("by {word}"), bytes(format!("\u{1b}[31m{word}"))]),
            _ => entry["MESSAGE"].take(),
        };
        entry[format!("FIELD_{word}")] = json!(at);
        entry.to_string()
    };
    let mut line = |line: &str| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        if line["ask"].as_str().unwrap().starts_with("run journalctl") && line["ok"]["stdout"].is_string() {
            let journal: Vec<_> = line["ok"]["stdout"].as_str().unwrap().lines().map(&mut entry).collect();
            line["ok"]["stdout"] = json!(journal.join("\n"));
        }
        line.to_string()
    };
    answers.lines().map(&mut line).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_a_pattern_matches_is_readable_nowhere() {
    let patterns = GivenPatterns::new(vec![regex_lite::Regex::new("ACME-[0-9]+").unwrap()]);
    let (word, mut seen) = ("ACME-1729", 0);
    servers::each_captured(|name, captured, _, _| {
        let answers = planted(&captured.answers, word);
        let bundles = captured.bundles.into_iter().map(|(path, bundle)| (format!("{path}/{word}"), bundle)).collect();
        let listing = format!("{}{word}\n", captured.listing);
        let mut capture = capture::Capture { answers, bundles, listing, ..captured };
        capture.about.options.since = Some(word.to_owned());
        capture.about.redacted.insert(word.to_owned(), 1);
        let before = capture::write(&capture, &[]).unwrap();
        let holds = |(_, texts): &(String, Vec<String>)| texts.iter().any(|text| text.contains(word));
        seen += unpacked(&before).iter().filter(|file| holds(file)).count();
        let redacted = capture.redacted(&patterns).unwrap_or_else(|error| panic!("{name}: {error}"));
        let report = rendered(redacted.report.as_ref().unwrap(), ReportFormat::Json);
        let after = capture::write(&redacted, &[("report.json", report.as_bytes())]).unwrap();
        for (file, texts) in unpacked(&after) {
            assert_eq!(texts.iter().find(|text| text.contains(word)), None, "{name}: {file}");
        }
        capture::read(after).unwrap_or_else(|error| panic!("{name}: {error}"));
    });
    assert!(seen > 300, "the word was planted in {seen} files");
}

#[test]
fn a_secret_that_is_known_is_readable_nowhere() {
    let secret = "Xy7-quite/unlike";
    servers::first(|report| {
        let mut redactor = Redactor::new();
        redactor.know(secret);
        let answers =
            fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/servers/healthy/answers.jsonl"));
        let mut all = Vec::new();
        for line in planted(&answers.unwrap(), secret).lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            readable(&redactor.clean_document(line["ok"]["stdout"].as_str().unwrap_or_default()), &mut all);
        }
        assert!(all.len() > 100, "{}", report.health.name());
        assert_eq!(all.iter().find(|text| text.contains(secret)), None);
        assert!(all.iter().any(|text| text.contains("[redacted]")));
    });
}

/// A name of a field that is not known would be taken for one of a stranger's.
#[test]
fn the_names_that_answers_are_made_of_are_known() {
    servers::each_captured(|name, captured, _, _| {
        for line in captured.answers.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let fields = line["ok"].as_object().into_iter().chain(line.as_object()).flatten();
            let unknown: Vec<_> =
                fields.map(|(name, _)| name).filter(|name| !FIELDS.contains(&name.as_str())).collect();
            assert!(unknown.is_empty(), "{name}: {unknown:?}");
        }
    });
}

/// What a stranger may put in the place of any value.
fn hostile(seed: u64, old: &Value) -> Value {
    let text = match seed % 7 {
        0 => "\u{1b}]0;x\u{7}\u{1b}[2J\r\n\0",
        1 => "\u{202e}gnp.exe\u{2066}\u{feff}\u{e0041}",
        2 => "<script>alert(1)</script>\" onload=x \u{2028}",
        3 => "$(rm -rf /); `id` 'x\n::error::x\n##[error]y",
        4 => "",
        5 => "/../../..//\u{85}\u{9b}31m",
        _ => "18446744073709551615",
    };
    match old {
        Value::Number(_) => {
            [json!(u64::MAX), json!(0), json!(-1), json!(1_u64 << 53), json!(i64::MIN)][(seed % 5) as usize].clone()
        }
        Value::String(_) => json!(text),
        Value::Bool(is) => json!(!is),
        _ => Value::Null,
    }
}

/// A value in which about one of `rare` parts is hostile.
fn spoilt(value: Value, seed: &mut u64, rare: u64) -> Value {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    let chance = *seed >> 33;
    match value {
        Value::Array(values) => Value::Array(values.into_iter().map(|one| spoilt(one, seed, rare)).collect()),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, one)| (name, spoilt(one, seed, rare))).collect())
        }
        other if chance.is_multiple_of(rare) => hostile(chance / rare, &other),
        Value::String(text) if text.starts_with('{') => {
            let lines = text.lines().map(|line| match serde_json::from_str(line) {
                Ok(value) => spoilt(value, seed, rare).to_string(),
                Err(_) => line.to_owned(),
            });
            Value::String(lines.collect::<Vec<_>>().join("\n"))
        }
        other => other,
    }
}

fn is_harmless(written: &str) {
    let hidden = |c: char| {
        (c.is_control() && c != '\n')
            || ('\u{202a}'..='\u{202e}').contains(&c)
            || ['\u{2028}', '\u{2066}', '\u{feff}', '\u{e0041}'].contains(&c)
    };
    let around = |at: usize| {
        written.chars().skip(written[..at].chars().count().saturating_sub(80)).take(160).collect::<String>()
    };
    assert_eq!(written.find(hidden).map(around), None);
    // Of what a runner carries out there are our own annotations, and nothing else.
    let ours = ["::error ", "::warning ", "::notice "];
    let is_command = |line: &&str| {
        let start = line.trim_start();
        let commands = line.contains("##[") || start.starts_with("::");
        commands && !ours.iter().any(|own| line.starts_with(own) && !line.contains("##["))
    };
    assert_eq!(written.lines().find(is_command), None);
    if written.starts_with("# HELP") {
        let samples: Vec<_> = written.lines().filter(|line| !line.starts_with('#')).collect();
        let names: BTreeSet<_> =
            samples.iter().filter_map(|line| line.rsplit_once(' ')).map(|(name, _)| name).collect();
        assert_eq!(names.len(), samples.len(), "a series comes twice");
        assert!(!written.contains("\\x23") || written.contains("\\\\x23"), "an escape that the format does not have");
    }
    // JSON and plain text may hold it; HTML and XML may not.
    let is_marked_up = written.starts_with("<!DOCTYPE") || written.starts_with("<?xml");
    let marked_up = is_marked_up.then_some(written).and_then(|written| written.find("<script>alert"));
    assert_eq!(marked_up.map(around), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever a stranger writes into the answers of a server: it is judged, and every format of it is harmless.
    #[test]
    fn hostile_answers_are_only_answers(seed: u64, rare in 2_u64..60) {
        let cases = ["healthy", "crash-loop", "update-stopped-at-5", "port-held-by-another", "disk-full", "drop-in-nested"];
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/servers");
        let name = cases[(seed % 6) as usize];
        let file = folder.join(name).join("answers.jsonl");
        let text = fs::read_to_string(&file).unwrap();
        let mut seed = seed;
        let answers: String = text
            .lines()
            .map(|line| {
                let mut line: Value = serde_json::from_str(line).unwrap();
                let ok = line["ok"].take();
                line["ok"] = spoilt(ok, &mut seed, rare);
                format!("{line}\n")
            })
            .collect();
        in_every_format(answers.as_bytes()).iter().for_each(|written| is_harmless(written));
    }

    /// The same of saved reports, which are believed in what they say, and in nothing else.
    #[test]
    fn hostile_reports_are_only_words(seed: u64, rare in 2_u64..60) {
        servers::first(|report| {
            let document: Value = serde_json::from_str(&rendered(&shown::of(report), ReportFormat::Json)).unwrap();
            let mut seed = seed;
            let mut spoilt = spoilt(document.clone(), &mut seed, rare);
            for kept in ["schema_version", "command", "verdict"] {
                spoilt[kept] = document[kept].clone();
            }
            // Whoever writes a report may say everything twice.
            if let Some(diagnoses) = spoilt["diagnoses"].as_array_mut() {
                diagnoses.extend(diagnoses.clone());
                diagnoses.extend(diagnoses.clone());
            }
            in_every_format(spoilt.to_string().as_bytes()).iter().for_each(|written| is_harmless(written));
        });
    }

    #[test]
    fn bytes_are_no_capture(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        in_every_format(&bytes).iter().for_each(|written| is_harmless(written));
        let magic = [&[0x1f, 0x8b, 8, 0][..], &bytes].concat();
        prop_assert!(in_every_format(&magic).is_empty());
    }
}
