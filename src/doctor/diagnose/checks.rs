//! Each thing that was looked at, what became of it, and the command that shows it.

use crate::doctor::causes::{self, Area};
use crate::doctor::facts::{Condition, Deployment, DeploymentState, Fact, Facts, Presence, Unknown};
use crate::report::diagnosis::Diagnosis;
use crate::report::finding::Severity;
use crate::report::server::{CheckStatus, ServerCheck};
use crate::text::{plural, size};

/// All of them, in the order in which a person would look.
pub(super) fn checks(facts: &Facts, diagnoses: &[Diagnosis]) -> Vec<ServerCheck> {
    vec![
        unit(facts, diagnoses),
        service(facts),
        journal(facts),
        process(facts, diagnoses),
        deployment(facts),
        backup(facts, diagnoses),
        download(facts, diagnoses),
        node(facts, diagnoses),
        user(facts, diagnoses),
        disk(facts, diagnoses),
        port(facts, diagnoses),
    ]
}

fn check(area: Area, status: CheckStatus, message: impl Into<String>, command: impl Into<String>) -> ServerCheck {
    ServerCheck { id: area.name(), status, message: message.into(), command: Some(command.into()) }
}

fn skipped(area: Area, why: &Unknown, command: impl Into<String>) -> ServerCheck {
    check(area, CheckStatus::Skip, &why.because, command)
}

/// Whether a cause that is about this part was found, as a root or as a consequence, and how bad.
fn found(diagnoses: &[Diagnosis], area: Area) -> CheckStatus {
    let is_about = |id: &str| causes::find(id).is_some_and(|cause| cause.areas.contains(&area));
    let about = |one: &&Diagnosis| is_about(one.cause) || one.consequences.iter().any(|id| is_about(id));
    match diagnoses.iter().filter(about).map(|one| one.severity).max() {
        Some(Severity::Error) => CheckStatus::Fail,
        Some(Severity::Warning) => CheckStatus::Warn,
        _ => CheckStatus::Pass,
    }
}

fn unit(facts: &Facts, diagnoses: &[Diagnosis]) -> ServerCheck {
    let command = format!("systemctl cat {}", facts.places.unit);
    let unit = match &facts.unit {
        Fact::Unknown(why) => return skipped(Area::Unit, why, command),
        Fact::Known(unit) => unit,
    };
    let status = found(diagnoses, Area::Unit);
    let message = match unit.unit.files.split_first() {
        None => "there is no unit file".to_owned(),
        Some((file, [])) => file.path.clone(),
        Some((file, drop_ins)) => format!("{} and {}", file.path, plural(drop_ins.len() as u64, "drop-in")),
    };
    check(Area::Unit, status, message, command)
}

fn service(facts: &Facts) -> ServerCheck {
    let command = format!("systemctl status {}", facts.places.unit);
    let service = match &facts.service {
        Fact::Unknown(why) => return skipped(Area::Service, why, command),
        Fact::Known(service) => service,
    };
    let status = match facts.condition() {
        Condition::Running => CheckStatus::Pass,
        Condition::Starting => CheckStatus::Warn,
        Condition::Unknown => CheckStatus::Skip,
        Condition::Looping | Condition::Down | Condition::Stopped => CheckStatus::Fail,
    };
    let restarts =
        service.restarts.map(|count| format!(", {}", plural(u64::from(count), "restart"))).unwrap_or_default();
    check(Area::Service, status, format!("{} ({}){restarts}", service.active_state, service.sub_state), command)
}

fn journal(facts: &Facts) -> ServerCheck {
    let command = format!("journalctl -u {} -n 50 --no-pager", facts.places.unit);
    let journal = match &facts.journal {
        Fact::Unknown(why) => return skipped(Area::Journal, why, command),
        Fact::Known(journal) => journal,
    };
    let dies = matches!(facts.condition(), Condition::Looping | Condition::Down);
    let (status, message) = match (journal.entries.len() as u64, dies) {
        (0, true) => (CheckStatus::Warn, "no line of the unit, although it ran".to_owned()),
        (0, false) => (CheckStatus::Skip, "no line of the unit".to_owned()),
        (count, _) => {
            let deaths = facts.streak();
            let lines = plural(count, "line");
            match deaths {
                0 => (CheckStatus::Pass, format!("{lines}, none of a death since the last good start")),
                deaths => (CheckStatus::Warn, format!("{lines}, {} in a row", plural(deaths as u64, "death"))),
            }
        }
    };
    check(Area::Journal, status, message, command)
}

fn process(facts: &Facts, diagnoses: &[Diagnosis]) -> ServerCheck {
    let process = match &facts.process {
        Fact::Unknown(why) => return skipped(Area::Process, why, format!("systemctl status {}", facts.places.unit)),
        Fact::Known(None) => {
            let command = format!("systemctl status {}", facts.places.unit);
            return check(Area::Process, CheckStatus::Fail, "the agent does not run", command);
        }
        Fact::Known(Some(process)) => process,
    };
    let mut status = found(diagnoses, Area::Process);
    if status == CheckStatus::Fail && facts.condition() == Condition::Running {
        status = CheckStatus::Warn;
    }
    let connected = match process.is_connected() {
        _ if facts.control_plane.known().is_none_or(Option::is_none) => {
            ", and where its control plane is, is not known"
        }
        Some(true) => ", connected to the control plane",
        Some(false) => ", not connected to the control plane",
        None => ", and whether it is connected could not be seen",
    };
    // What is not shown to be connected is not sound.
    if status == CheckStatus::Pass && process.is_connected() != Some(true) {
        status = if process.is_connected().is_none() { CheckStatus::Skip } else { CheckStatus::Warn };
    }
    let directory = process.directory.as_deref().map(|path| format!(", in {path}")).unwrap_or_default();
    let deleted = if process.directory_deleted { " (deleted)" } else { "" };
    let message = format!("PID {}{directory}{deleted}{connected}", process.pid);
    check(Area::Process, status, message, format!("ls -l /proc/{}/cwd", process.pid))
}

fn deployment(facts: &Facts) -> ServerCheck {
    let command = format!("ls -la {}", facts.deployment.path);
    if let Some(why) = facts.deployment.state.why_unknown() {
        return skipped(Area::Deployment, why, command);
    }
    let status = match facts.deployment.would_start() {
        Some(true) => CheckStatus::Pass,
        _ => CheckStatus::Fail,
    };
    let stoppers = facts.deployment.inspected().map_or(0, |inspected| inspected.stoppers().count());
    let found = if stoppers > 0 { format!(", {}", plural(stoppers as u64, "error")) } else { String::new() };
    check(Area::Deployment, status, format!("{}{found}", in_words(&facts.deployment)), command)
}

fn backup(facts: &Facts, diagnoses: &[Diagnosis]) -> ServerCheck {
    let command = format!("ls -la {}", facts.backup.path);
    if let Some(why) = facts.backup.state.why_unknown() {
        return skipped(Area::Backup, why, command);
    }
    let (status, would) = match (facts.backup.inspected(), facts.backup.would_start()) {
        (Some(_), Some(true)) => (CheckStatus::Pass, ", would start"),
        (Some(_), _) => (CheckStatus::Warn, ", would not start"),
        (None, _) => (CheckStatus::Skip, ""),
    };
    let nested = found(diagnoses, Area::Backup);
    let status = if nested == CheckStatus::Pass { status } else { CheckStatus::Warn };
    check(Area::Backup, status, format!("{}{would}", in_words(&facts.backup)), command)
}

fn in_words(deployment: &Deployment) -> String {
    match &deployment.state {
        Fact::Unknown(why) => why.because.clone(),
        Fact::Known(DeploymentState::Absent) => "not there".to_owned(),
        Fact::Known(DeploymentState::Empty) => "an empty directory".to_owned(),
        Fact::Known(DeploymentState::NotADirectory(what)) => (*what).to_owned(),
        Fact::Known(DeploymentState::Present(inspected)) => {
            let version = inspected.report.package.as_ref().and_then(|package| package.version.as_deref());
            let version = version.map(|version| format!(", {version}")).unwrap_or_default();
            format!("{} layout{version}", inspected.report.layout.name())
        }
    }
}

fn download(facts: &Facts, diagnoses: &[Diagnosis]) -> ServerCheck {
    let command = format!("ls -l {}", facts.places.download);
    match &facts.download {
        Fact::Unknown(why) => skipped(Area::Download, why, command),
        Fact::Known(None) => check(Area::Download, CheckStatus::Pass, "nothing was left by an update", command),
        Fact::Known(Some(download)) => {
            let status = match found(diagnoses, Area::Download) {
                CheckStatus::Pass => CheckStatus::Warn,
                worse => worse,
            };
            check(Area::Download, status, format!("left by an update, {}", size(download.report.size)), command)
        }
    }
}

fn node(facts: &Facts, diagnoses: &[Diagnosis]) -> ServerCheck {
    let status = found(diagnoses, Area::Node);
    match &facts.node {
        Fact::Unknown(why) => skipped(Area::Node, why, "node --version"),
        Fact::Known(None) => check(Area::Node, CheckStatus::Fail, "the unit's program is not there", "node --version"),
        Fact::Known(Some(node)) => {
            let version = node.version.as_deref().unwrap_or("of unknown version");
            check(Area::Node, status, format!("{} {version}", node.path), format!("{} --version", node.path))
        }
    }
}

fn user(facts: &Facts, diagnoses: &[Diagnosis]) -> ServerCheck {
    let unit = match &facts.unit {
        Fact::Unknown(why) => return skipped(Area::User, why, "id"),
        Fact::Known(unit) => unit,
    };
    let name = unit.unit.user();
    let command = format!("id {name}");
    let status = found(diagnoses, Area::User);
    match &unit.account {
        Fact::Unknown(why) => skipped(Area::User, why, command),
        Fact::Known(None) => check(Area::User, status, format!("there is no user `{name}`"), command),
        Fact::Known(Some(account)) => {
            let denied = [&unit.working_directory, &unit.script]
                .into_iter()
                .filter_map(Fact::known)
                .any(|reached| matches!(reached.presence, Presence::Denied { .. }));
            let may = if denied { "may not read what it starts" } else { "exists" };
            check(Area::User, status, format!("{} ({}) {may}", account.name, account.uid), command)
        }
    }
}

fn disk(facts: &Facts, diagnoses: &[Diagnosis]) -> ServerCheck {
    let command = format!("df -h {}", facts.places.home);
    let Some(tightest) = facts.volumes.iter().min_by_key(|volume| volume.free) else {
        return check(Area::Disk, CheckStatus::Skip, "the free space is not known", command);
    };
    let message = format!("{}: {} free of {}", tightest.path, size(tightest.free), size(tightest.size));
    check(Area::Disk, found(diagnoses, Area::Disk), message, command)
}

fn port(facts: &Facts, diagnoses: &[Diagnosis]) -> ServerCheck {
    let command = "ss -ltnp";
    let listeners = match &facts.listeners {
        Fact::Unknown(why) => return skipped(Area::Port, why, command),
        Fact::Known(listeners) => listeners,
    };
    let main = facts.service.known().and_then(|service| service.main_pid);
    let ours = listeners.iter().find(|listener| listener.pid.is_some() && listener.pid == main);
    let message = match ours {
        Some(listener) => format!("the agent listens on {}", listener.port),
        None => "the agent listens on no port".to_owned(),
    };
    check(Area::Port, found(diagnoses, Area::Port), message, command)
}
