//! Many servers as one report: counters and short lists, which do not grow with the number of servers.

use super::finding::Severity;
use super::server::Health;
use super::server_report::ServerReport;
use super::verdict::FailOn;
use crate::text::beginning;
use serde::Serialize;
use std::collections::BTreeMap;

/// Servers that are named of one group.
const MAX_NAMES: usize = 10;
/// Groups, and versions, that are told apart.
const MAX_GROUPS: usize = 500;
/// Servers that are the worst.
const MAX_WORST: usize = 20;
/// Servers that were not reached and are named.
const MAX_UNREACHED: usize = 50;
/// Characters that are kept of what a report says of its server.
const MAX_TEXT: usize = 200;
/// What stands for groups and versions beyond these.
const OTHERS: &str = "(others)";

/// One server, as far as a fleet has use for it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct FleetServer {
    /// What it is called, its hostname, or the name of its file.
    pub name: String,
    /// How it fares.
    pub verdict: Health,
    /// The root cause.
    pub cause: Option<String>,
    /// How bad that is.
    pub severity: Option<Severity>,
    /// The version of the deployed bundle.
    pub version: Option<String>,
    /// How often systemd restarted it.
    pub restarts: Option<u32>,
    /// What its service does, in a few words.
    pub state: String,
}

impl FleetServer {
    /// What a report says of its server; `file` names it where it does not say its name itself.
    #[must_use]
    pub(crate) fn of(report: &ServerReport, file: &str) -> Self {
        let root = report.diagnoses.first();
        let name = report.host.called().unwrap_or(file);
        Self {
            name: kept(name),
            verdict: report.health,
            cause: root.map(|root| kept(root.cause)),
            severity: root.map(|root| root.severity),
            version: report.deployment.package.as_ref().and_then(|package| package.version.as_deref()).map(kept),
            restarts: report.service.restarts,
            state: kept(&report.state),
        }
    }
}

/// The servers with one verdict and one root cause.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct FleetGroup {
    /// How they fare.
    pub verdict: Health,
    /// The root cause; none where nothing is wrong.
    pub cause: Option<String>,
    /// How bad it is, at its worst.
    pub severity: Option<Severity>,
    /// How many.
    pub servers: usize,
    /// The first of them.
    pub names: Vec<String>,
}

/// The servers with one version of the bundle.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct FleetVersion {
    /// The version; none where it is not known.
    pub version: Option<String>,
    /// How many.
    pub servers: usize,
}

/// A server that was not judged.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Unreached {
    /// What it is called, its hostname, or the name of its file.
    pub name: String,
    /// Why.
    pub because: String,
}

/// How many there are of each verdict.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub(crate) struct FleetCounts {
    /// Healthy.
    pub healthy: usize,
    /// Degraded.
    pub degraded: usize,
    /// Broken.
    pub broken: usize,
    /// Inconclusive.
    pub inconclusive: usize,
    /// Not reached, or without a report that can be read.
    pub not_reached: usize,
}

/// What a fleet comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FleetVerdict {
    /// Every server was judged, and nothing is at or above `--fail-on`.
    Pass,
    /// A server has something at or above it.
    Fail,
    /// Of none that is known, but not all are.
    Inconclusive,
}

impl FleetVerdict {
    /// The word used in every format.
    #[must_use]
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Inconclusive => "inconclusive",
        }
    }
}

/// Many servers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct FleetReport {
    /// What it comes to; every document begins with it.
    #[serde(skip)]
    pub verdict: FleetVerdict,
    /// How many servers there are.
    pub servers: usize,
    /// By verdict.
    pub verdicts: FleetCounts,
    /// By verdict and root cause, the worst and most frequent first.
    pub groups: Vec<FleetGroup>,
    /// The versions deployed, the most frequent first.
    pub versions: Vec<FleetVersion>,
    /// The worst, the worst first.
    pub worst: Vec<FleetServer>,
    /// Those that were not reached, as far as they are named.
    pub not_reached: Vec<Unreached>,
    /// Reports that were left out, since there is a newer one of the same server.
    pub older: usize,
    /// Files of a folder that are reports of something else than a server, such as of a bundle.
    pub of_no_server: usize,
    /// The first of them.
    pub of_no_server_names: Vec<String>,
}

impl FleetReport {
    /// What was left out, in words, a line each.
    pub(crate) fn left_out(&self) -> impl Iterator<Item = String> {
        let older = (self.older > 0).then(|| {
            let count = crate::text::plural(self.older as u64, "older report");
            format!("{count} of the same servers left out")
        });
        let others = (self.of_no_server > 0).then(|| {
            let count = crate::text::plural(self.of_no_server as u64, "report");
            let more = if self.of_no_server > self.of_no_server_names.len() { ", …" } else { "" };
            format!("{count} of no server left out: {}{more}", self.of_no_server_names.join(", "))
        });
        older.into_iter().chain(others)
    }
}

/// Takes in servers one by one, and keeps of each only what counts.
pub(crate) struct Fleet {
    fail_on: FailOn,
    fails: usize,
    counts: FleetCounts,
    groups: BTreeMap<(u8, Option<String>), FleetGroup>,
    versions: BTreeMap<Option<String>, usize>,
    worst: Vec<FleetServer>,
    unreached: Vec<Unreached>,
    older: usize,
    of_no_server: usize,
    of_no_server_names: Vec<String>,
}

impl Fleet {
    /// No server yet.
    #[must_use]
    pub(crate) const fn new(fail_on: FailOn) -> Self {
        Self {
            fail_on,
            fails: 0,
            counts: FleetCounts { healthy: 0, degraded: 0, broken: 0, inconclusive: 0, not_reached: 0 },
            groups: BTreeMap::new(),
            versions: BTreeMap::new(),
            worst: Vec::new(),
            unreached: Vec::new(),
            older: 0,
            of_no_server: 0,
            of_no_server_names: Vec::new(),
        }
    }

    /// Takes in the report of a server.
    pub(crate) fn take(&mut self, report: &ServerReport, file: &str) {
        self.fails += usize::from(report.fails(self.fail_on));
        let server = FleetServer::of(report, file);
        *match server.verdict {
            Health::Healthy => &mut self.counts.healthy,
            Health::Degraded => &mut self.counts.degraded,
            Health::Broken => &mut self.counts.broken,
            Health::Inconclusive => &mut self.counts.inconclusive,
        } += 1;
        self.group(&server);
        let mut version = server.version.clone();
        if self.versions.len() >= MAX_GROUPS && !self.versions.contains_key(&version) {
            version = Some(OTHERS.to_owned());
        }
        *self.versions.entry(version).or_default() += 1;
        if server.verdict != Health::Healthy {
            self.worst.push(server);
            self.worst.sort_by_key(badness);
            self.worst.truncate(MAX_WORST);
        }
    }

    fn group(&mut self, server: &FleetServer) {
        let rank = rank(server.verdict);
        let mut key = (rank, server.cause.clone());
        if self.groups.len() >= MAX_GROUPS && !self.groups.contains_key(&key) {
            key.1 = Some(OTHERS.to_owned());
        }
        let cause = key.1.clone();
        let group = self.groups.entry(key).or_insert_with(|| FleetGroup {
            verdict: server.verdict,
            cause,
            severity: None,
            servers: 0,
            names: Vec::new(),
        });
        group.servers += 1;
        group.severity = group.severity.max(server.severity);
        if group.names.len() < MAX_NAMES {
            group.names.push(server.name.clone());
        }
    }

    /// Takes in a server that was not judged.
    pub(crate) fn miss(&mut self, name: String, because: String) {
        self.counts.not_reached += 1;
        if self.unreached.len() < MAX_UNREACHED {
            self.unreached.push(Unreached { name: kept(&name), because: kept(&because) });
        }
    }

    /// Leaves out a report, since there is a newer one of the same server.
    pub(crate) const fn leave_out_older(&mut self) {
        self.older += 1;
    }

    /// Leaves out a file, since it is a report of something else than a server.
    pub(crate) fn leave_out_of_no_server(&mut self, file: &str) {
        self.of_no_server += 1;
        if self.of_no_server_names.len() < MAX_NAMES {
            self.of_no_server_names.push(kept(file));
        }
    }

    /// The report of all of them.
    #[must_use]
    pub(crate) fn report(self) -> FleetReport {
        let FleetCounts { healthy, degraded, broken, inconclusive, not_reached } = self.counts;
        let mut groups: Vec<_> = self.groups.into_values().collect();
        groups.sort_by_key(|group| (rank(group.verdict), std::cmp::Reverse(group.servers)));
        let mut versions: Vec<_> =
            self.versions.into_iter().map(|(version, servers)| FleetVersion { version, servers }).collect();
        versions.sort_by_key(|version| std::cmp::Reverse(version.servers));
        let verdict = match (self.fails, inconclusive + not_reached) {
            (0, 0) => FleetVerdict::Pass,
            (0, _) => FleetVerdict::Inconclusive,
            _ => FleetVerdict::Fail,
        };
        FleetReport {
            verdict,
            servers: healthy + degraded + broken + inconclusive + not_reached,
            verdicts: self.counts,
            groups,
            versions,
            worst: self.worst,
            not_reached: self.unreached,
            older: self.older,
            of_no_server: self.of_no_server,
            of_no_server_names: self.of_no_server_names,
        }
    }
}

/// What is kept of a text: all of it, or its beginning with `…` behind it, so that memory is bounded whatever reports say.
fn kept(text: &str) -> String {
    match text.char_indices().nth(MAX_TEXT) {
        None => text.to_owned(),
        Some(_) => beginning(text, MAX_TEXT - 1),
    }
}

/// The worst first.
const fn rank(verdict: Health) -> u8 {
    match verdict {
        Health::Broken => 0,
        Health::Degraded => 1,
        Health::Inconclusive => 2,
        Health::Healthy => 3,
    }
}

/// By what the worst are found: the verdict, then how often it died, then its name so that the order is always the same.
fn badness(server: &FleetServer) -> (u8, std::cmp::Reverse<u32>, String) {
    (rank(server.verdict), std::cmp::Reverse(server.restarts.unwrap_or(0)), server.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_a_server_is_bounded() {
        for text in ["", "web1", &"ä".repeat(200)] {
            assert_eq!(kept(text), text);
        }
        let long = kept(&"ä".repeat(200_000));
        assert_eq!((long.chars().count(), long.ends_with("ä…")), (200, true));
        let mut fleet = Fleet::new(FailOn::Never);
        (0..100).for_each(|_| fleet.miss("n".repeat(200_000), "b".repeat(200_000)));
        let told = fleet.report();
        assert!(told.not_reached.iter().all(|one| one.name.len() < 300 && one.because.len() < 300));
        assert_eq!(told.verdicts.not_reached, 100);
    }
}
