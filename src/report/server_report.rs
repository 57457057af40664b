//! What `doctor` says of a server, as plain data: the JSON document of `docs/doctor.schema.json`, and all that any format
//! shows. One definition writes it and reads it back, so that a saved report is rendered as the server's own was.

use super::finding::{Finding, Severity};
use super::id::{self, Id};
use super::moment::{self, Moment};
use super::server::{Health, NotChecked, ServerCheck};
use super::subject::{FolderReport, PackageId};
use super::timeline::TimelineEvent;
use super::verdict::FailOn;
use serde::{Deserialize, Serialize};

/// The report of `doctor`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct ServerReport {
    /// How the server fares; the document's `verdict`, which every document begins with.
    #[serde(rename = "verdict", skip_serializing)]
    pub health: Health,
    /// What the service does, in a few words to stand behind the verdict; empty where there is nothing to say.
    #[serde(default)]
    pub state: String,
    /// Whether anything of an agent is on the machine.
    #[serde(default = "present")]
    pub agent_present: bool,
    /// The machine.
    pub host: HostReport,
    /// The service.
    pub service: ServiceReport,
    /// The deployed bundle.
    pub deployment: DeploymentReport,
    /// The backup of the last update.
    pub backup: DeploymentReport,
    /// What an update left in the temporary folder.
    pub download: Option<DownloadReport>,
    /// The main process.
    pub process: Option<ProcessReport>,
    /// Who listens on the agent's ports.
    pub listeners: Vec<ListenerReport>,
    /// The address of the control plane, as far as it is known.
    pub control_plane: Option<String>,
    /// Each thing that was looked at.
    pub checks: Vec<ServerCheck>,
    /// The root causes, the first first.
    pub diagnoses: Vec<DiagnosisReport>,
    /// Causes that were recognised and are allowed: they do not fail.
    #[serde(default)]
    pub allowed: Vec<String>,
    /// The command that repairs it, where one does.
    #[serde(default)]
    pub repair: Option<RepairOffer>,
    /// What happened, oldest first, as far as the journal and the disk tell.
    #[serde(default)]
    pub timeline: Vec<TimelineEvent>,
    /// What could not be learnt.
    pub not_checked: Vec<NotChecked>,
    /// The commands that were run.
    pub commands: Vec<CommandReport>,
    /// Where it was judged from a capture: by which version that was made, and what is another conclusion now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture: Option<CaptureNote>,
}

/// What is to be known of the capture that was judged.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct CaptureNote {
    /// The version of the program that made it.
    pub made_by: String,
    /// What that version concluded in another way, in words.
    pub changed: Vec<String>,
}

const fn present() -> bool {
    true
}

impl ServerReport {
    /// Whether a diagnosis is at or above `--fail-on`; where there is none at all and none was allowed, the verdict.
    #[must_use]
    pub(crate) fn fails(&self, fail_on: FailOn) -> bool {
        let unexplained = self.diagnoses.is_empty() && self.allowed.is_empty();
        let severity = match self.health {
            Health::Broken if unexplained => Some(Severity::Error),
            Health::Degraded if unexplained => Some(Severity::Warning),
            _ => None,
        };
        self.diagnoses.iter().map(|one| one.severity).chain(severity).any(|severity| fail_on.is_reached_by(severity))
    }

    /// The file that the service is made of, or the bundle where none is known.
    #[must_use]
    pub(crate) fn file(&self) -> &str {
        self.service.unit_file.as_deref().unwrap_or(&self.deployment.path)
    }

    /// A time as this report shows it: of the day on which the server was looked at, or with its date.
    #[must_use]
    pub(crate) fn time(&self, at: Moment) -> String {
        at.beside(self.host.at)
    }
}

/// The machine, and who asked.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct HostReport {
    /// What whoever looks after many servers calls it, such as the name in an inventory: put into the report afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its own name.
    pub hostname: Option<String>,
    /// `PRETTY_NAME` of os-release(5).
    pub os: Option<String>,
    /// The version of systemd.
    pub systemd: Option<String>,
    /// The version of the Node that the unit starts.
    pub node: Option<String>,
    /// Its path.
    pub node_path: Option<String>,
    /// When it was looked at.
    #[serde(with = "moment::rfc3339")]
    pub at: Option<Moment>,
    /// The folder of `--root`.
    pub root: Option<String>,
    /// The user who asked.
    pub user: Option<String>,
    /// Whether that was root.
    #[serde(default)]
    pub as_root: bool,
}

impl HostReport {
    /// What it is called among others. Two servers may give themselves one name.
    #[must_use]
    pub(crate) fn called(&self) -> Option<&str> {
        [&self.name, &self.hostname].into_iter().flatten().map(String::as_str).find(|name| !name.is_empty())
    }
}

/// The service: the manager's words where it was asked, the files' where it was not.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ServiceReport {
    /// The unit, with its suffix.
    pub unit: String,
    /// `LoadState`.
    pub load_state: Option<String>,
    /// `ActiveState`.
    pub active_state: Option<String>,
    /// `SubState`.
    pub sub_state: Option<String>,
    /// `UnitFileState`.
    pub unit_file_state: Option<String>,
    /// `Result`.
    pub result: Option<String>,
    /// The exit code of the last main process, or the signal that ended it.
    pub exec_main_status: Option<u32>,
    /// Its name, such as `CHDIR`.
    #[serde(deserialize_with = "id::read_one")]
    pub exec_main_status_name: Option<Id>,
    /// How often systemd restarted it.
    pub restarts: Option<u32>,
    /// Whether its files changed since systemd read them.
    pub need_daemon_reload: Option<bool>,
    /// The unit file.
    pub fragment_path: Option<String>,
    /// Its drop-ins.
    pub drop_ins: Vec<String>,
    /// Where it is started.
    pub working_directory: Option<String>,
    /// What is started.
    pub exec_start: Vec<String>,
    /// Its process.
    pub main_pid: Option<u32>,
    /// Since when it is up.
    #[serde(with = "moment::rfc3339")]
    pub active_since: Option<Moment>,
    /// When its process was started.
    #[serde(default, with = "moment::rfc3339")]
    pub started: Option<Moment>,
    /// Why it is not known.
    pub unknown: Option<String>,
    /// The unit file that was found on the disk.
    #[serde(default)]
    pub unit_file: Option<String>,
}

/// The place of a bundle.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct DeploymentReport {
    /// On the server.
    pub path: String,
    /// `present`, `absent`, `empty`, `not-a-directory`, `unknown`.
    #[serde(deserialize_with = "id::read")]
    pub state: Id,
    /// Flat, nested, mixed, unknown.
    #[serde(deserialize_with = "id::read_one")]
    pub layout: Option<Id>,
    /// What its `package.json` says it is.
    pub package: Option<PackageId>,
    /// Whether Node would start it.
    pub would_start: Option<bool>,
    /// When it was last changed.
    #[serde(with = "moment::rfc3339")]
    pub changed: Option<Moment>,
    /// Its folders down to the second level, by path.
    #[serde(default)]
    pub folders: Vec<FolderReport>,
    /// What the rules say of it.
    pub findings: Vec<Finding>,
    /// Why it is not known.
    pub unknown: Option<String>,
}

/// What an update left in the temporary folder.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct DownloadReport {
    /// On the server.
    pub path: String,
    /// In bytes.
    pub size: u64,
    /// When it was last changed.
    #[serde(with = "moment::rfc3339")]
    pub changed: Option<Moment>,
    /// What the rules say of it.
    pub findings: Vec<Finding>,
}

/// The main process.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct ProcessReport {
    /// Its number.
    pub pid: u32,
    /// Where it works.
    pub directory: Option<String>,
    /// Whether that is gone.
    pub directory_deleted: bool,
    /// Its command line.
    pub command: Vec<String>,
    /// Whether it is connected to its control plane.
    pub connected: Option<bool>,
}

/// Who listens on a port.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct ListenerReport {
    /// The port.
    pub port: u16,
    /// The process.
    pub pid: Option<u32>,
    /// Its command.
    pub command: Option<String>,
    /// Its unit.
    pub unit: Option<String>,
}

/// A cause that was found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct DiagnosisReport {
    /// The id of the cause, or of the rule whose finding is the cause.
    #[serde(deserialize_with = "id::read")]
    pub cause: Id,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence.
    pub summary: String,
    /// What was seen, the strongest first.
    pub evidence: Vec<EvidenceReport>,
    /// Causes that merely follow from it.
    pub consequences: Vec<String>,
    /// What to type, in order.
    pub fix: Vec<StepReport>,
    /// How to see that it worked.
    pub verify: Vec<String>,
}

impl DiagnosisReport {
    /// Whether its fix changes something, beyond looking.
    #[must_use]
    pub(crate) fn has_changes(&self) -> bool {
        self.fix.iter().any(|step| !step.safe && !step.commands.is_empty())
    }

    /// The one command of its fix, where it has only one, of one line.
    #[must_use]
    pub(crate) fn only_command(&self) -> Option<&str> {
        let mut commands = self.fix.iter().flat_map(|step| &step.commands);
        let only = commands.next().filter(|command| !command.contains('\n'))?;
        commands.next().is_none().then_some(only)
    }
}

/// One piece of evidence.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct EvidenceReport {
    /// `systemctl`, `journal`, `unit-file`, `filesystem`, `archive`.
    #[serde(deserialize_with = "id::read")]
    pub source: Id,
    /// What was seen, with its place.
    pub detail: String,
    /// When it was said.
    #[serde(with = "moment::rfc3339")]
    pub at: Option<Moment>,
}

impl EvidenceReport {
    /// The word that people read.
    #[must_use]
    pub(crate) fn source_in_words(&self) -> &'static str {
        match self.source {
            "unit-file" => "unit",
            "filesystem" => "disk",
            other => other,
        }
    }
}

/// One step of a fix.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct StepReport {
    /// What it does.
    pub text: String,
    /// What to type, in order; one with lines that it reads is of several lines.
    pub commands: Vec<String>,
    /// Whether it only looks.
    pub safe: bool,
}

/// The command that repairs what was found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct RepairOffer {
    /// As it is typed.
    pub command: String,
    /// The causes that it mends.
    pub causes: Vec<String>,
}

/// One command that was run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct CommandReport {
    /// What it is for.
    #[serde(deserialize_with = "id::read")]
    pub id: Id,
    /// As it would be typed.
    pub command: String,
    /// Its exit code.
    pub exit: Option<i32>,
    /// How long it took.
    pub duration_ms: u64,
    /// What went wrong.
    pub error: Option<String>,
    /// What it printed: for `-v`, and not in the document, which would be mostly journal.
    #[serde(skip)]
    pub output: Vec<String>,
}
