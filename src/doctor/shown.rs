//! All of a [`DoctorReport`] that is shown, as plain data.

use super::facts::service::{exit_name, signal_name};
use super::facts::{ControlPlane, Deployment, DeploymentState, Exit, Fact, Facts, Listener, Ran, Reach, Service};
use super::repair::plan;
use super::report::DoctorReport;
use super::state;
use super::timeline::timeline;
use crate::report::diagnosis::{Diagnosis, Effect, FixCommand};
use crate::report::server_report::{
    CommandReport, DeploymentReport, DiagnosisReport, DownloadReport, EvidenceReport, HostReport, ListenerReport,
    ProcessReport, RepairOffer, ServerReport, ServiceReport, StepReport,
};

/// What is shown of a server.
#[must_use]
pub(crate) fn of(report: &DoctorReport) -> ServerReport {
    let facts = &report.facts;
    let download = facts.download.known().and_then(Option::as_ref).map(|download| DownloadReport {
        path: download.path.clone(),
        size: download.report.size,
        changed: download.changed,
        findings: download.report.findings.clone(),
    });
    let process = facts.process.known().and_then(Option::as_ref).map(|process| ProcessReport {
        pid: process.pid,
        directory: process.directory.clone(),
        directory_deleted: process.directory_deleted,
        command: process.command.clone(),
        connected: process.is_connected(),
    });
    let plane = facts.control_plane.known().and_then(Option::as_ref);
    ServerReport {
        health: report.health,
        state: state::in_words(report),
        agent_present: !facts.has_no_agent(),
        host: host(facts),
        service: service(facts),
        deployment: deployment(&facts.deployment),
        backup: deployment(&facts.backup),
        download,
        process,
        listeners: facts.listeners.known().into_iter().flatten().map(listener).collect(),
        control_plane: plane.map(|ControlPlane { url, .. }| url.clone()),
        checks: report.checks.clone(),
        diagnoses: report.diagnoses.iter().map(diagnosis).collect(),
        allowed: report.allowed.iter().map(|cause| (*cause).to_owned()).collect(),
        repair: plan::command(report).map(|(command, plan)| RepairOffer {
            command: command.typed(),
            causes: plan.causes.iter().map(|cause| (*cause).to_owned()).collect(),
        }),
        timeline: timeline(facts),
        not_checked: report.not_checked.clone(),
        commands: facts.ran.iter().map(ran).collect(),
        capture: None,
    }
}

fn host(facts: &Facts) -> HostReport {
    let node = facts.node.known().and_then(Option::as_ref);
    HostReport {
        name: None,
        hostname: facts.host.name.clone(),
        os: facts.host.os.clone(),
        systemd: facts.host.systemd.clone(),
        node: node.and_then(|node| node.version.clone()),
        node_path: node.map(|node| node.path.clone()),
        at: Some(facts.at),
        root: match &facts.reach {
            Reach::Live => None,
            Reach::Mounted(root) => Some(root.clone()),
        },
        user: facts.caller.name.clone(),
        as_root: facts.is_root(),
    }
}

/// The manager's words where it was asked, the files' where it was not.
fn service(facts: &Facts) -> ServiceReport {
    let known = facts.service.known();
    let unit = facts.unit.known();
    let files = unit.map(|unit| unit.unit.files.as_slice()).unwrap_or_default();
    let on_disk = |at: usize| files.get(at).map(|file| file.path.clone());
    let word = |of: fn(&Service) -> &String| known.map(of).filter(|word| !word.is_empty()).cloned();
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
    ServiceReport {
        unit: facts.places.unit.clone(),
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
        active_since: known.and_then(|service| service.active_since),
        started: known.and_then(|service| service.started),
        unknown: why(&facts.service),
        unit_file: on_disk(0),
    }
}

fn why<T>(fact: &Fact<T>) -> Option<String> {
    fact.why_unknown().map(|unknown| unknown.because.clone())
}

fn deployment(deployment: &Deployment) -> DeploymentReport {
    let inspected = deployment.inspected();
    let state = match deployment.state.known() {
        None => "unknown",
        Some(DeploymentState::Absent) => "absent",
        Some(DeploymentState::Empty) => "empty",
        Some(DeploymentState::NotADirectory(_)) => "not-a-directory",
        Some(DeploymentState::Present(_)) => "present",
    };
    DeploymentReport {
        path: deployment.path.clone(),
        state,
        layout: inspected.map(|inspected| inspected.report.layout.name()),
        package: inspected.and_then(|inspected| inspected.report.package.clone()),
        would_start: deployment.would_start(),
        changed: inspected.and_then(|inspected| inspected.changed),
        folders: inspected.map(|inspected| inspected.report.folders.clone()).unwrap_or_default(),
        findings: inspected.map(|inspected| inspected.report.findings.clone()).unwrap_or_default(),
        unknown: why(&deployment.state),
    }
}

fn listener(listener: &Listener) -> ListenerReport {
    let Listener { port, pid, command, unit } = listener;
    ListenerReport { port: *port, pid: *pid, command: command.clone(), unit: unit.clone() }
}

fn diagnosis(diagnosis: &Diagnosis) -> DiagnosisReport {
    let evidence = diagnosis.evidence().iter().map(|evidence| EvidenceReport {
        source: evidence.source.id(),
        detail: evidence.detail.clone(),
        at: evidence.at,
    });
    let fix = diagnosis.fix.iter().map(|step| StepReport {
        text: step.text.clone(),
        commands: step.commands.iter().map(FixCommand::typed).collect(),
        safe: step.effect == Effect::Looks,
    });
    DiagnosisReport {
        cause: diagnosis.cause,
        severity: diagnosis.severity,
        summary: diagnosis.summary.clone(),
        evidence: evidence.collect(),
        consequences: diagnosis.consequences.iter().map(|cause| (*cause).to_owned()).collect(),
        fix: fix.collect(),
        verify: diagnosis.verify.iter().map(FixCommand::typed).collect(),
    }
}

fn ran(ran: &Ran) -> CommandReport {
    let Ran { id, command, status, took, fault, output } = ran;
    CommandReport {
        id,
        command: command.clone(),
        exit: *status,
        duration_ms: *took,
        error: fault.clone(),
        output: output.clone(),
    }
}
