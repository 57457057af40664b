//! Evidence that several causes quote, each in the machine's own words and with its place.

use crate::doctor::facts::{
    Condition, Deployment, DeploymentState, Exit, Facts, JournalEntry, Presence, ReachedPath, Service, Speaker, service,
};
use crate::report::diagnosis::{Evidence, EvidenceSource};
use crate::systemd::Setting;

/// A line of the unit: `FILE:8  WorkingDirectory=…`.
pub(crate) fn unit_line(key: &str, setting: &Setting<'_>) -> Evidence {
    Evidence::new(EvidenceSource::UnitFile, format!("{}  {key}={}", setting.place(), setting.value))
}

/// The line of the unit that counts for a key of its `[Service]`.
pub(crate) fn unit_setting(facts: &Facts, key: &str) -> Option<Evidence> {
    unit_setting_where(facts, key, |_| true)
}

/// The same, if its value is of a kind.
pub(crate) fn unit_setting_where(facts: &Facts, key: &str, is_it: impl Fn(&str) -> bool) -> Option<Evidence> {
    let unit = &facts.unit.known()?.unit;
    let setting = if key == "ExecStart" { unit.exec_start() } else { unit.setting("Service", key) };
    setting.filter(|setting| is_it(setting.value)).map(|setting| unit_line(key, &setting))
}

/// A line of the journal with its time.
pub(crate) fn journal(entry: &JournalEntry) -> Evidence {
    match &entry.file {
        Some(file) => Evidence::new(EvidenceSource::Filesystem, format!("{file}  {}", entry.message)).at(entry.at),
        None => Evidence::new(EvidenceSource::Journal, &entry.message).at(entry.at),
    }
}

/// What is, or is not, on the disk.
pub(crate) fn disk(words: impl AsRef<str>) -> Evidence {
    Evidence::new(EvidenceSource::Filesystem, words)
}

/// What the service manager says.
pub(crate) fn systemctl(words: impl AsRef<str>) -> Evidence {
    Evidence::new(EvidenceSource::Systemctl, words)
}

/// The newest entry of the present in which the manager, or its child before exec, says one of these words: nothing
/// where the agent runs. What the agent and its applications print may quote anything.
pub(crate) fn manager_line<'a>(facts: &'a Facts, words: &[&str]) -> Option<&'a JournalEntry> {
    of_manager(facts).into_iter().find(|entry| words.iter().any(|word| entry.says(word)))
}

/// The newest such entry that says the first of these words that any of them says: the most telling stand first.
pub(crate) fn deciding_line<'a>(facts: &'a Facts, words: &[&str]) -> Option<&'a JournalEntry> {
    let entries = of_manager(facts);
    words.iter().find_map(|word| entries.iter().copied().find(|entry| entry.says(word)))
}

fn of_manager(facts: &Facts) -> Vec<&JournalEntry> {
    let dies = matches!(facts.condition(), Condition::Looping | Condition::Down | Condition::Unknown);
    // `journalctl -u` loses such lines at times, so that entries about the unit (`UNIT=`) are asked for as well
    // (docs/reference/field-facts.md, "What systemd shows").
    facts.present().into_iter().filter(|entry| dies && entry.speaker != Speaker::Agent).collect()
}

/// The path of `Failed at step EXEC spawning PATH: …`, or of `Failed to locate executable PATH: …`: of the agent, or of a command that the unit runs before it.
pub(crate) fn spawned(entry: &JournalEntry) -> Option<&str> {
    let path =
        [" spawning ", "Failed to locate executable "].iter().find_map(|words| entry.message.split_once(words))?.1;
    Some(path.rsplit_once(": ").map_or(path, |(path, _)| path))
}

/// What the agent, or anything that it had started, wrote last in the present.
pub(crate) fn last_words(facts: &Facts) -> Option<&JournalEntry> {
    facts.present().into_iter().filter(|entry| entry.speaker == Speaker::Agent).max_by_key(|entry| entry.at)
}

/// The manager's words without the name of the unit that it begins them with.
pub(crate) fn without_unit<'a>(facts: &Facts, words: &'a str) -> &'a str {
    words.strip_prefix(facts.places.unit.as_str()).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(words)
}

/// How the service fares, in the properties of `systemctl show`.
pub(crate) fn state(facts: &Facts) -> Option<Evidence> {
    facts.service.known().map(|service| systemctl(state_words(service)))
}

fn state_words(service: &Service) -> String {
    let mut words = format!("ActiveState={} SubState={}", service.active_state, service.sub_state);
    if !service.result.is_empty() {
        words.push_str(&format!(" Result={}", service.result));
    }
    match service.exit {
        Some(Exit::Code(code)) => {
            let name = service::exit_name(code).map(|name| format!("/{name}")).unwrap_or_default();
            words.push_str(&format!(" ExecMainStatus={code}{name}"));
        }
        Some(Exit::Signal(signal)) => {
            let name = service::signal_name(signal).map(|name| format!("/{name}")).unwrap_or_default();
            words.push_str(&format!(" ExecMainStatus={signal}{name}"));
        }
        None => {}
    }
    if let Some(restarts) = service.restarts {
        words.push_str(&format!(" NRestarts={restarts}"));
    }
    words
}

/// What is at a path that the unit names.
pub(crate) fn reached(reached: &ReachedPath) -> Evidence {
    let path = &reached.path;
    disk(match &reached.presence {
        Presence::Missing { link: Some(link), .. } if link.is_circle => {
            format!("{} → {}: a link that leads back to itself", link.path, link.target)
        }
        Presence::Missing { link: Some(link), .. } => {
            format!("{} → {}: a link to where nothing is", link.path, link.target)
        }
        Presence::Missing { above, link: None } => format!("{path}: no such file or directory; {above} is there"),
        Presence::Directory => format!("{path}: a directory"),
        Presence::File { size: 0, .. } => format!("{path}: 0 bytes"),
        Presence::File { executable: false, .. } => format!("{path}: a file that may not be executed"),
        Presence::File { .. } => format!("{path}: a file"),
        Presence::Other => format!("{path}: neither a file nor a directory"),
        Presence::Denied { at, why } => format!("{path}: permission denied at {at} ({why})"),
    })
}

/// What is at the place of a bundle.
pub(crate) fn deployment(deployment: &Deployment) -> Evidence {
    let path = &deployment.path;
    disk(match &deployment.state {
        crate::doctor::facts::Fact::Unknown(why) => format!("{path}: {}", why.because),
        crate::doctor::facts::Fact::Known(DeploymentState::Absent) => format!("{path}: no such directory"),
        crate::doctor::facts::Fact::Known(DeploymentState::Empty) => format!("{path}: an empty directory"),
        crate::doctor::facts::Fact::Known(DeploymentState::NotADirectory(what)) => format!("{path}: {what}"),
        crate::doctor::facts::Fact::Known(DeploymentState::Present(inspected)) => {
            let report = &inspected.report;
            let version = report.package.as_ref().and_then(|package| package.version.as_deref());
            format!("{path}: {} layout, {}", report.layout.name(), version.unwrap_or("without a version"))
        }
    })
}

/// The running process: `PID 4711, started 03:12:34, working directory …`.
pub(crate) fn process(facts: &Facts) -> Option<Evidence> {
    let process = facts.process.known()?.as_ref()?;
    let directory = match (&process.directory, process.directory_deleted) {
        (Some(path), true) => format!(", in {path} (deleted)"),
        (Some(path), false) => format!(", in {path}"),
        (None, true) => ", in a directory that is deleted".to_owned(),
        (None, false) => String::new(),
    };
    let evidence = disk(format!("/proc/{}: the agent{directory}", process.pid));
    Some(match process.started {
        Some(started) => evidence.at(started),
        None => evidence,
    })
}
