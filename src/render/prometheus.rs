//! Prometheus' text exposition format 0.0.4, for the textfile collector of the node exporter: how a server fares, as numbers.
//!
//! Names, units and types follow Prometheus' conventions: base units, times as timestamps, states as one series each that is 0
//! or 1, texts as labels of a series that is 1. What is not known has no series.

use crate::report::finding::Severity;
use crate::report::fleet::{FleetCounts, FleetReport};
use crate::report::moment::Moment;
use crate::report::server::Health;
use crate::report::server_report::ServerReport;
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Write};
use std::time::Duration;

/// The states of `bundle_doctor_verdict`: a server's, and that of a run that could not judge.
const VERDICTS: [&str; 5] =
    [Health::Healthy.name(), Health::Degraded.name(), Health::Broken.name(), Health::Inconclusive.name(), NOT_JUDGED];
const NOT_JUDGED: &str = "error";

/// Characters of a label's value: it is told by others, and a series is made of it.
const MAX_VALUE: usize = 120;

/// What kind of number it is.
#[derive(Clone, Copy)]
enum MetricKind {
    /// It goes up and down.
    Gauge,
    /// It goes up only, but for a new start.
    Counter,
}

/// One series: its labels and its number.
struct Sample<'a> {
    labels: Vec<(&'static str, Cow<'a, str>)>,
    value: String,
}

impl<'a> Sample<'a> {
    fn new(value: impl ToString) -> Self {
        Self { labels: Vec::new(), value: value.to_string() }
    }

    /// A series whose labels are all there is to it.
    fn info() -> Self {
        Self::new(1)
    }

    /// With a label, if its value is known.
    fn with(mut self, name: &'static str, value: Option<impl Into<Cow<'a, str>>>) -> Self {
        self.labels.extend(value.map(|value| (name, value.into())));
        self
    }
}

/// Writes how a server fares; `took` is how long it took to tell, where that was measured.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn doctor(report: &ServerReport, took: Option<Duration>, out: &mut dyn Write) -> io::Result<()> {
    judgement(report, out)?;
    service(report, out)?;
    let text = "The bundle that is deployed, as its package.json states it.";
    let bundle = report.deployment.package.as_ref().map(|package| {
        Sample::info().with("name", package.name.as_deref()).with("version", package.version.as_deref())
    });
    metric("bundle_info", MetricKind::Gauge, text, bundle, out)?;
    let text = "How long it took to judge the server, waiting included.";
    let took = took.map(|took| Sample::new(seconds(took)));
    metric("run_duration_seconds", MetricKind::Gauge, text, took, out)?;
    let text = "When the server was judged, in seconds since 1970.";
    metric("run_timestamp_seconds", MetricKind::Gauge, text, report.host.at.map(|at| Sample::new(timestamp(at))), out)
}

/// Writes that nothing could be judged. When it was tried, the file's own time tells.
///
/// # Errors
/// Whatever `out` gives.
pub(super) fn error(out: &mut dyn Write) -> io::Result<()> {
    program(out)?;
    verdict(NOT_JUDGED, out)
}

/// Writes how many servers fare how, why, and with which version. When they were judged, each of their reports tells.
///
/// # Errors
/// Whatever `out` gives.
pub(super) fn fleet(report: &FleetReport, out: &mut dyn Write) -> io::Result<()> {
    program(out)?;
    let FleetCounts { healthy, degraded, broken, inconclusive, not_reached } = report.verdicts;
    let counts = VERDICTS.into_iter().zip([healthy, degraded, broken, inconclusive, not_reached]);
    let counts = counts.map(|(verdict, count)| Sample::new(count).with("verdict", Some(verdict)));
    metric(
        "fleet_servers",
        MetricKind::Gauge,
        "How many servers fare so; error are those without a report.",
        counts,
        out,
    )?;
    let causes = report.groups.iter().filter(|group| group.cause.is_some()).map(|group| {
        let sample = Sample::new(group.servers).with("verdict", Some(group.verdict.name()));
        sample.with("cause", group.cause.as_deref())
    });
    metric("fleet_causes", MetricKind::Gauge, "How many servers have that root cause.", causes, out)?;
    let versions = report.versions.iter().map(|version| {
        let name = version.version.as_deref().unwrap_or_default();
        Sample::new(version.servers).with("version", Some(name))
    });
    metric("fleet_versions", MetricKind::Gauge, "How many servers have that version of the bundle.", versions, out)
}

fn program(out: &mut dyn Write) -> io::Result<()> {
    let version = Sample::info().with("version", Some(env!("CARGO_PKG_VERSION")));
    metric("build_info", MetricKind::Gauge, "The program that judged.", [version], out)
}

fn verdict(found: &str, out: &mut dyn Write) -> io::Result<()> {
    let text = "1 for how the server fares, 0 for what it is not; error where it could not be judged.";
    let states = VERDICTS.map(|state| Sample::new(u8::from(state == found)).with("verdict", Some(state)));
    metric("verdict", MetricKind::Gauge, text, states, out)
}

/// The verdict, and what it is for.
fn judgement(report: &ServerReport, out: &mut dyn Write) -> io::Result<()> {
    program(out)?;
    verdict(report.health.name(), out)?;
    let causes = report.diagnoses.iter().enumerate().map(|(at, diagnosis)| {
        let cause = Sample::info().with("cause", Some(diagnosis.cause));
        cause
            .with("severity", Some(diagnosis.severity.name()))
            .with("root", Some(if at == 0 { "true" } else { "false" }))
    });
    let text = "What is wrong with the server; the root cause has root=\"true\".";
    metric("cause_info", MetricKind::Gauge, text, causes, out)?;
    let severities = [Severity::Error, Severity::Warning, Severity::Info].map(|severity| {
        let count = report.diagnoses.iter().filter(|diagnosis| diagnosis.severity == severity).count();
        Sample::new(count).with("severity", Some(severity.name()))
    });
    metric("causes", MetricKind::Gauge, "How many causes there are of each severity.", severities, out)?;
    let unseen = [Sample::new(report.not_checked.len())];
    metric("not_checked", MetricKind::Gauge, "How many things could not be looked at.", unseen, out)
}

/// The service and its process.
fn service(report: &ServerReport, out: &mut dyn Write) -> io::Result<()> {
    let known = Some(&report.service).filter(|service| service.unknown.is_none());
    let states = known.map(|service| {
        let word = |word: &'_ Option<String>| word.clone().unwrap_or_default();
        let unit = Sample::info().with("unit", Some(service.unit.as_str()));
        let unit = unit.with("active_state", Some(word(&service.active_state)));
        unit.with("sub_state", Some(word(&service.sub_state))).with("result", Some(word(&service.result)))
    });
    metric("service_info", MetricKind::Gauge, "The service, in the words of systemd.", states, out)?;
    let text = "How often systemd has started the agent again by itself since somebody last did.";
    let restarts = known.and_then(|service| service.restarts).map(Sample::new);
    metric("service_restarts_total", MetricKind::Counter, text, restarts, out)?;
    let text = "When the agent was last started, in seconds since 1970.";
    let started = known.and_then(|service| service.started.or(service.active_since));
    let started = started.map(|started| Sample::new(timestamp(started)));
    metric("service_start_timestamp_seconds", MetricKind::Gauge, text, started, out)?;
    let connected = match &report.process {
        Some(process) => process.connected,
        // Without a process nothing is connected; one that could not be looked at may be.
        None => known.filter(|service| service.main_pid.is_none()).map(|_| false),
    };
    let text = "1 where the agent is connected to its own control plane, 0 where it is not.";
    metric("connected", MetricKind::Gauge, text, connected.map(|is| Sample::new(u8::from(is))), out)
}

/// Writes a metric with its help and its type; one without series is left out.
fn metric<'a>(
    name: &str,
    kind: MetricKind,
    help: &str,
    samples: impl IntoIterator<Item = Sample<'a>>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut samples = samples.into_iter().peekable();
    if samples.peek().is_none() {
        return Ok(());
    }
    let kind = match kind {
        MetricKind::Gauge => "gauge",
        MetricKind::Counter => "counter",
    };
    writeln!(out, "# HELP bundle_doctor_{name} {help}\n# TYPE bundle_doctor_{name} {kind}")?;
    let mut written: Vec<(String, String)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for Sample { labels, value } in samples {
        let labels: Vec<_> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        match places.get(&labels).and_then(|at| written.get_mut(*at)) {
            None => {
                places.insert(labels.clone(), written.len());
                written.push((labels, value));
            }
            Some((_, before)) if !name.ends_with("_info") => *before = together(before, &value),
            // That there is one is all that it says.
            Some(_) => {}
        }
    }
    written.iter().try_for_each(|(labels, value)| writeln!(out, "bundle_doctor_{name}{labels} {value}"))
}

/// The count of two series that are one as they are written: names that differ only beyond what is written of them. Whoever
/// reads a series twice refuses all of them.
fn together(before: &str, value: &str) -> String {
    match (before.parse::<u64>(), value.parse::<u64>()) {
        (Ok(before), Ok(value)) => before.saturating_add(value).to_string(),
        _ => before.to_owned(),
    }
}

/// A label's value: printable, not too long, and with what would end it escaped ("Exposition formats", text format).
fn escaped(value: &str) -> String {
    let printable = crate::text::printable(value);
    // The escapes of a report for people would be none here.
    let line = format!(" {printable}");
    let plain = crate::text::without_workflow_commands(&line);
    let short: String = plain.chars().skip(1).take(MAX_VALUE).collect();
    short.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// Seconds with their milliseconds, and no number whose digits are made up.
fn seconds(time: Duration) -> String {
    format!("{}.{:03}", time.as_secs(), time.subsec_millis())
}

fn timestamp(moment: Moment) -> String {
    seconds(Duration::from_micros(moment.0))
}
