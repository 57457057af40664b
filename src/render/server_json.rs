//! The JSON document of `doctor`, version 1: `docs/doctor.schema.json`.

use super::json::write;
use crate::doctor::facts::service::{exit_name, signal_name};
use crate::doctor::facts::{
    ControlPlane, Deployment, DeploymentState, Exit, Fact, Facts, Listener, Ran, Reach, Service,
};
use crate::doctor::report::DoctorReport;
use crate::report::diagnosis::{Diagnosis, Effect, FixCommand, Source};
use crate::report::finding::{Finding, Severity};
use crate::report::moment::Moment;
use crate::report::server::{NotChecked, ServerCheck};
use crate::report::subject::PackageId;
use serde::Serialize;
use std::io::{self, Write};

#[derive(Serialize)]
struct ServerBody<'a> {
    host: HostBody<'a>,
    service: ServiceBody<'a>,
    deployment: DeploymentBody<'a>,
    backup: DeploymentBody<'a>,
    download: Option<DownloadBody<'a>>,
    process: Option<ProcessBody<'a>>,
    listeners: Vec<ListenerBody<'a>>,
    control_plane: Option<&'a str>,
    checks: &'a [ServerCheck],
    diagnoses: Vec<DiagnosisBody<'a>>,
    not_checked: &'a [NotChecked],
    commands: Vec<RanBody<'a>>,
}

#[derive(Serialize)]
struct HostBody<'a> {
    hostname: Option<&'a str>,
    os: Option<&'a str>,
    systemd: Option<&'a str>,
    node: Option<&'a str>,
    node_path: Option<&'a str>,
    at: Option<String>,
    root: Option<&'a str>,
    user: Option<&'a str>,
}

#[derive(Serialize)]
struct ServiceBody<'a> {
    unit: &'a str,
    load_state: Option<&'a str>,
    active_state: Option<&'a str>,
    sub_state: Option<&'a str>,
    unit_file_state: Option<&'a str>,
    result: Option<&'a str>,
    exec_main_status: Option<u32>,
    exec_main_status_name: Option<&'static str>,
    restarts: Option<u32>,
    need_daemon_reload: Option<bool>,
    fragment_path: Option<String>,
    drop_ins: Vec<String>,
    working_directory: Option<String>,
    exec_start: Vec<String>,
    main_pid: Option<u32>,
    active_since: Option<String>,
    unknown: Option<&'a str>,
}

#[derive(Serialize)]
struct DeploymentBody<'a> {
    path: &'a str,
    state: &'static str,
    layout: Option<&'static str>,
    package: Option<&'a PackageId>,
    would_start: Option<bool>,
    changed: Option<String>,
    findings: &'a [Finding],
    unknown: Option<&'a str>,
}

#[derive(Serialize)]
struct DownloadBody<'a> {
    path: &'a str,
    size: u64,
    changed: Option<String>,
    findings: &'a [Finding],
}

#[derive(Serialize)]
struct ProcessBody<'a> {
    pid: u32,
    directory: Option<&'a str>,
    directory_deleted: bool,
    command: &'a [String],
    connected: Option<bool>,
}

#[derive(Serialize)]
struct ListenerBody<'a> {
    port: u16,
    pid: Option<u32>,
    command: Option<&'a str>,
    unit: Option<&'a str>,
}

#[derive(Serialize)]
struct DiagnosisBody<'a> {
    cause: &'static str,
    severity: Severity,
    summary: &'a str,
    evidence: Vec<EvidenceBody<'a>>,
    consequences: &'a [&'static str],
    fix: Vec<StepBody<'a>>,
    verify: Vec<String>,
}

#[derive(Serialize)]
struct EvidenceBody<'a> {
    source: Source,
    detail: &'a str,
    at: Option<String>,
}

#[derive(Serialize)]
struct StepBody<'a> {
    text: &'a str,
    commands: Vec<String>,
    safe: bool,
}

#[derive(Serialize)]
struct RanBody<'a> {
    id: &'static str,
    command: &'a str,
    exit: Option<i32>,
    duration_ms: u64,
    error: Option<&'a str>,
}

/// The document of `doctor`.
///
/// # Errors
/// Whatever `out` gives.
pub(super) fn doctor(report: &DoctorReport, out: &mut dyn Write) -> io::Result<()> {
    let facts = &report.facts;
    let download = facts.download.known().and_then(Option::as_ref).map(|download| DownloadBody {
        path: &download.path,
        size: download.report.size,
        changed: download.changed.and_then(Moment::rfc3339),
        findings: &download.report.findings,
    });
    let process = facts.process.known().and_then(Option::as_ref).map(|process| ProcessBody {
        pid: process.pid,
        directory: process.directory.as_deref(),
        directory_deleted: process.directory_deleted,
        command: &process.command,
        connected: process.is_connected(),
    });
    let body = ServerBody {
        host: host(facts),
        service: service(facts),
        deployment: deployment(&facts.deployment),
        backup: deployment(&facts.backup),
        download,
        process,
        listeners: facts.listeners.known().into_iter().flatten().map(listener).collect(),
        control_plane: facts
            .control_plane
            .known()
            .and_then(Option::as_ref)
            .map(|ControlPlane { url, .. }| url.as_str()),
        checks: &report.checks,
        diagnoses: report.diagnoses.iter().map(diagnosis).collect(),
        not_checked: &report.not_checked,
        commands: facts.ran.iter().map(ran).collect(),
    };
    write("doctor", report.health.name(), body, out)
}

fn host(facts: &Facts) -> HostBody<'_> {
    let node = facts.node.known().and_then(Option::as_ref);
    HostBody {
        hostname: facts.host.name.as_deref(),
        os: facts.host.os.as_deref(),
        systemd: facts.host.systemd.as_deref(),
        node: node.and_then(|node| node.version.as_deref()),
        node_path: node.map(|node| node.path.as_str()),
        at: facts.at.rfc3339(),
        root: match &facts.reach {
            Reach::Live => None,
            Reach::Mounted(root) => Some(root),
        },
        user: facts.caller.name.as_deref(),
    }
}

/// The manager's words where it was asked, the files' where it was not.
fn service(facts: &Facts) -> ServiceBody<'_> {
    let known = facts.service.known();
    let unit = facts.unit.known();
    let files = unit.map(|unit| unit.unit.files.as_slice()).unwrap_or_default();
    let on_disk = |at: usize| files.get(at).map(|file| file.path.clone());
    let word = |of: fn(&Service) -> &String| known.map(of).map(String::as_str).filter(|word| !word.is_empty());
    let exit = known.and_then(|service| service.exit);
    let (status, name) = match exit {
        Some(Exit::Code(code)) => (Some(code), exit_name(code)),
        Some(Exit::Signal(signal)) => (Some(signal), signal_name(signal)),
        None => (None, None),
    };
    let directory = unit.and_then(|unit| unit.working_directory.known()).map(|reached| reached.path.clone());
    let exec_start = match known {
        Some(service) => service.exec_start.clone(),
        None => {
            let setting = unit.and_then(|unit| unit.unit.exec_start());
            setting.map(|setting| setting.value.split_whitespace().map(str::to_owned).collect()).unwrap_or_default()
        }
    };
    ServiceBody {
        unit: &facts.places.unit,
        load_state: word(|service| &service.load_state),
        active_state: word(|service| &service.active_state),
        sub_state: word(|service| &service.sub_state),
        unit_file_state: word(|service| &service.unit_file_state),
        result: word(|service| &service.result),
        exec_main_status: status,
        exec_main_status_name: name,
        restarts: known.and_then(|service| service.restarts),
        need_daemon_reload: known.map(|service| service.need_daemon_reload),
        fragment_path: known.map_or_else(|| on_disk(0), |service| service.fragment_path.clone()),
        drop_ins: match known {
            Some(service) => service.drop_in_paths.clone(),
            None => files.iter().skip(1).map(|file| file.path.clone()).collect(),
        },
        working_directory: known.map_or(directory, |service| service.working_directory.clone()),
        exec_start,
        main_pid: known.and_then(|service| service.main_pid),
        active_since: known.and_then(|service| service.active_since).and_then(Moment::rfc3339),
        unknown: why(&facts.service),
    }
}

fn why<T>(fact: &Fact<T>) -> Option<&str> {
    fact.why_unknown().map(|unknown| unknown.because.as_str())
}

fn deployment(deployment: &Deployment) -> DeploymentBody<'_> {
    let inspected = deployment.inspected();
    let state = match deployment.state.known() {
        None => "unknown",
        Some(DeploymentState::Absent) => "absent",
        Some(DeploymentState::Empty) => "empty",
        Some(DeploymentState::NotADirectory(_)) => "not-a-directory",
        Some(DeploymentState::Present(_)) => "present",
    };
    DeploymentBody {
        path: &deployment.path,
        state,
        layout: inspected.map(|inspected| inspected.report.layout.name()),
        package: inspected.and_then(|inspected| inspected.report.package.as_ref()),
        would_start: deployment.would_start(),
        changed: inspected.and_then(|inspected| inspected.changed).and_then(Moment::rfc3339),
        findings: inspected.map(|inspected| inspected.report.findings.as_slice()).unwrap_or_default(),
        unknown: why(&deployment.state),
    }
}

fn listener(listener: &Listener) -> ListenerBody<'_> {
    let Listener { port, pid, command, unit } = listener;
    ListenerBody { port: *port, pid: *pid, command: command.as_deref(), unit: unit.as_deref() }
}

fn diagnosis(diagnosis: &Diagnosis) -> DiagnosisBody<'_> {
    let evidence = diagnosis.evidence().iter().map(|evidence| EvidenceBody {
        source: evidence.source,
        detail: &evidence.detail,
        at: evidence.at.and_then(Moment::rfc3339),
    });
    let fix = diagnosis.fix.iter().map(|step| StepBody {
        text: &step.text,
        commands: step.commands.iter().map(FixCommand::typed).collect(),
        safe: step.effect == Effect::Looks,
    });
    DiagnosisBody {
        cause: diagnosis.cause,
        severity: diagnosis.severity,
        summary: &diagnosis.summary,
        evidence: evidence.collect(),
        consequences: &diagnosis.consequences,
        fix: fix.collect(),
        verify: diagnosis.verify.iter().map(FixCommand::typed).collect(),
    }
}

fn ran(ran: &Ran) -> RanBody<'_> {
    let Ran { id, command, status, took, fault, .. } = ran;
    RanBody { id, command, exit: *status, duration_ms: *took, error: fault.as_deref() }
}
