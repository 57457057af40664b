//! `doctor --format prometheus` on every recorded server, read as strictly as the format is written down, and `monitoring/`,
//! which asks for nothing that is not written.

use super::servers;
use crate::doctor::shown;
use crate::render::{self, Style, prometheus};
use crate::report::fleet::{Fleet, FleetReport, FleetVersion};
use crate::report::format::ReportFormat;
use crate::report::run_error::RunError;
use crate::report::verdict::FailOn;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// A metric's type, and its series: labels and number.
#[derive(Default)]
struct Metric {
    kind: String,
    series: Vec<(BTreeMap<String, String>, f64)>,
}

/// Reads an exposition, or says what is wrong with it.
fn read(text: &str) -> BTreeMap<String, Metric> {
    assert!(text.ends_with('\n'));
    let mut metrics: BTreeMap<String, Metric> = BTreeMap::new();
    let mut helped = String::new();
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, words) = help.split_once(' ').unwrap();
            assert!(words.ends_with('.') && !words.contains('\\'), "{line}");
            assert!(!metrics.contains_key(name), "{name} comes in two pieces");
            name.clone_into(&mut helped);
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            assert_eq!(name, helped, "{line}");
            assert_eq!(name.ends_with("_total"), kind == "counter", "{line}");
            metrics.entry(name.to_owned()).or_default().kind = kind.to_owned();
        } else {
            let (name, rest) = line.split_at(line.find(['{', ' ']).unwrap());
            assert_eq!(name, helped, "{line}");
            let (labels, value) = labels(rest);
            let metric = metrics.get_mut(name).unwrap();
            assert!(metric.series.iter().all(|(known, _)| *known != labels), "{line} comes twice");
            metric.series.push((labels, value.trim().parse().unwrap()));
        }
    }
    metrics
}

/// The labels at the start of the rest of a line, and what follows them.
fn labels(rest: &str) -> (BTreeMap<String, String>, &str) {
    let mut found = BTreeMap::new();
    let Some(mut rest) = rest.strip_prefix('{') else { return (found, rest) };
    while !rest.starts_with('}') {
        let (name, after) = rest.split_once("=\"").unwrap();
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{name}");
        let mut value = String::new();
        let mut letters = after.char_indices();
        let end = loop {
            match letters.next().unwrap() {
                (at, '"') => break at,
                (_, '\\') => value.push(match letters.next().unwrap().1 {
                    'n' => '\n',
                    same @ ('\\' | '"') => same,
                    other => panic!("\\{other} is no escape"),
                }),
                (_, letter) => value.push(letter),
            }
        };
        assert!(found.insert(name.to_owned(), value).is_none(), "{name} comes twice");
        rest = &after[end + 1..];
        rest = rest.strip_prefix(',').unwrap_or(rest);
    }
    (found, &rest[1..])
}

fn of(metrics: &BTreeMap<String, Metric>, name: &str, label: (&str, &str)) -> Option<f64> {
    let series = &metrics.get(&format!("bundle_doctor_{name}"))?.series;
    series.iter().find(|(labels, _)| labels.get(label.0).is_some_and(|value| value == label.1)).map(|(_, value)| *value)
}

#[test]
fn recorded_servers_are_written_as_their_reports_say() {
    let mut connected = BTreeSet::new();
    servers::each(|name, report, expected| {
        let mut out = Vec::new();
        prometheus::doctor(&shown::of(report), Some(Duration::from_millis(1234)), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        for secret in &expected.secrets {
            assert!(!text.contains(secret), "{name}: `{secret}` is in the output");
        }
        let metrics = read(&text);
        for verdict in ["healthy", "degraded", "broken", "inconclusive", "error"] {
            let is_it = f64::from(u8::from(verdict == expected.verdict));
            assert_eq!(of(&metrics, "verdict", ("verdict", verdict)), Some(is_it), "{name}: {verdict}");
        }
        let causes = metrics.get("bundle_doctor_cause_info").map_or(0, |metric| metric.series.len());
        assert_eq!(causes, expected.causes.len(), "{name}");
        if let Some(root) = expected.causes.first() {
            assert_eq!(of(&metrics, "cause_info", ("cause", root)), Some(1.0), "{name}");
            let (labels, _) = &metrics["bundle_doctor_cause_info"].series[0];
            assert_eq!((&labels["cause"], labels["root"].as_str()), (root, "true"), "{name}");
        }
        assert_eq!(metrics["bundle_doctor_run_duration_seconds"].series[0].1.to_bits(), 1.234_f64.to_bits());
        assert!(metrics["bundle_doctor_run_timestamp_seconds"].series[0].1 > 1.7e9, "{name}");
        connected.extend(metrics.get("bundle_doctor_connected").map(|metric| metric.series[0].1.to_bits()));
    });
    assert_eq!(connected.len(), 2, "there are servers of both kinds");
}

#[test]
fn a_run_that_could_not_judge_is_an_error_and_nothing_else() {
    let fault = RunError { message: "no".to_owned(), path: None, help: None };
    let mut out = Vec::new();
    render::error(ReportFormat::Prometheus, "doctor", &fault, &mut out).unwrap();
    let metrics = read(&String::from_utf8(out).unwrap());
    assert_eq!(of(&metrics, "verdict", ("verdict", "error")), Some(1.0));
    assert_eq!(of(&metrics, "verdict", ("verdict", "healthy")), Some(0.0));
    assert_eq!(metrics.len(), 2, "what was not judged has no numbers");
}

/// Every recorded server as one fleet, and one that was not reached.
fn fleet() -> FleetReport {
    let mut fleet = Fleet::new(FailOn::Never);
    servers::each(|name, report, _| fleet.take(&shown::of(report), name));
    fleet.miss("omega".to_owned(), "no route to host".to_owned());
    fleet.report()
}

fn written(fleet: &FleetReport) -> BTreeMap<String, Metric> {
    let style = Style { colour: false, width: 80, terminal: false, verbose: false, quiet: false };
    let mut out = Vec::new();
    render::fleet(ReportFormat::Prometheus, fleet, style, &mut out).unwrap();
    read(&String::from_utf8(out).unwrap())
}

#[test]
fn a_fleet_is_counted() {
    let fleet = fleet();
    let metrics = written(&fleet);
    let sum = |name: &str| metrics[name].series.iter().map(|(_, value)| *value).sum::<f64>();
    assert_eq!(sum("bundle_doctor_fleet_servers").to_string(), fleet.servers.to_string());
    assert_eq!(of(&metrics, "fleet_servers", ("verdict", "error")), Some(1.0));
    let group = fleet.groups.iter().find(|group| group.cause.is_some()).unwrap();
    let found = of(&metrics, "fleet_causes", ("cause", group.cause.as_deref().unwrap())).unwrap();
    assert!(found >= 1.0);
    assert_eq!(sum("bundle_doctor_fleet_versions").to_string(), (fleet.servers - 1).to_string());
}

/// The node exporter refuses a file in which two samples have one name and the same labels.
#[test]
fn what_is_the_same_as_it_is_written_is_one_series() {
    let mut fleet = fleet();
    let long = "1".repeat(130);
    let of = |end: &str, servers| FleetVersion { version: Some(format!("{long}{end}")), servers };
    fleet.versions = vec![of("a", 2), of("b", 3), of("", 4), FleetVersion { version: None, servers: 1 }];
    fleet.groups.truncate(1);
    fleet.groups[0].cause = Some(format!("{long}a"));
    fleet.groups[0].servers = 7;
    let mut other = fleet.groups[0].clone();
    other.cause = Some(format!("{long}b"));
    fleet.groups.push(other);
    let metrics = written(&fleet);
    let values = |name: &str| metrics[name].series.iter().map(|(_, value)| value.to_string()).collect::<Vec<_>>();
    assert_eq!(values("bundle_doctor_fleet_versions"), ["9", "1"]);
    assert_eq!(values("bundle_doctor_fleet_causes"), ["14"]);
    servers::each(|name, report, _| {
        let mut report = shown::of(report);
        report.diagnoses.extend(report.diagnoses.clone());
        report.diagnoses.extend(report.diagnoses.clone());
        let mut out = Vec::new();
        prometheus::doctor(&report, None, &mut out).unwrap();
        let metrics = read(&String::from_utf8(out).unwrap());
        let causes = metrics.get("bundle_doctor_cause_info");
        assert!(
            causes.is_none_or(|metric| metric.series.iter().all(|(_, value)| value.to_bits() == 1_f64.to_bits())),
            "{name}"
        );
    });
}

/// Words of a server cannot end a label, start a line or go on for ever.
#[test]
fn no_word_of_a_server_writes_a_series_of_its_own() {
    for hostile in [
        "a\"} 1\nbundle_doctor_verdict{verdict=\"healthy\"} 1\n#",
        "a\\",
        "a\\\"",
        "\u{1b}[31m\0\u{202e}\u{2028}",
        "\r\n",
        "##[add-mask]x ##vso[task.x]",
        &"ä\"".repeat(10_000),
    ] {
        servers::first(|report| {
            let mut report = report.clone();
            let facts = &mut report.facts;
            facts.places.unit = hostile.to_owned();
            let mut out = Vec::new();
            prometheus::doctor(&shown::of(&report), None, &mut out).unwrap();
            let text = String::from_utf8(out).unwrap();
            assert!(text.len() < 10_000, "{hostile:?}");
            assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{hostile:?}");
            let metrics = read(&text);
            assert_eq!(metrics["bundle_doctor_verdict"].series.len(), 5, "{hostile:?}");
            let unit = &metrics["bundle_doctor_service_info"].series[0].0["unit"];
            assert!(unit.chars().count() <= 120 && !unit.contains('\n'), "{unit:?}");
        });
    }
}

/// Alerts and the dashboard name no metric and no label that nobody writes.
#[test]
fn monitoring_asks_for_what_is_written() {
    let mut written: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    servers::each(|_, report, _| {
        let mut out = Vec::new();
        prometheus::doctor(&shown::of(report), Some(Duration::ZERO), &mut out).unwrap();
        for (name, metric) in read(&String::from_utf8(out).unwrap()) {
            assert!(!metric.kind.is_empty());
            let labels = metric.series.iter().flat_map(|(labels, _)| labels.keys().cloned());
            written.entry(name).or_default().extend(labels);
        }
    });
    for (name, metric) in self::written(&fleet()) {
        let labels = metric.series.iter().flat_map(|(labels, _)| labels.keys().cloned());
        written.entry(name).or_default().extend(labels);
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut asked = BTreeSet::new();
    for file in ["monitoring/rules.yml", "monitoring/rules.test.yml", "monitoring/dashboard.json", "docs/fleet.md"] {
        let text = fs::read_to_string(folder.join(file)).unwrap().replace("\\\"", "\"");
        // Behind it the guide tells of the variables of Ansible's playbooks, which begin alike.
        let text = text.split("\n## Ansible\n").next().unwrap();
        for (at, _) in text.match_indices("bundle_doctor_") {
            let rest = &text[at..];
            let end = rest.find(|c: char| !(c.is_ascii_lowercase() || c == '_')).unwrap_or(rest.len());
            let labels = written.get(&rest[..end]).unwrap_or_else(|| panic!("{file}: nobody writes {}", &rest[..end]));
            asked.insert(rest[..end].to_owned());
            let Some(selector) = rest[end..].strip_prefix('{').and_then(|rest| rest.split('}').next()) else {
                continue;
            };
            for name in selector.split(',').filter_map(|pair| pair.split(['=', '!']).next()).map(str::trim) {
                let is_of_the_target = ["job", "instance"].contains(&name);
                assert!(is_of_the_target || labels.contains(name), "{file}: {} has no label {name}", &rest[..end]);
            }
        }
    }
    let left: Vec<_> = written.keys().filter(|name| !asked.contains(*name)).collect();
    assert!(left.is_empty(), "nobody is told of {left:?}");
}
