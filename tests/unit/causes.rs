//! The causes on servers made of facts: each fires on its fault, and on nothing that looks like it.

mod bundle;
mod ends;
mod health;
mod machine;
mod running;
mod seen;
mod strange;
mod unit;
mod update;

use crate::doctor::diagnose::diagnose;
use crate::doctor::facts::journal::{Speaker, id};
use crate::doctor::facts::{
    DeploymentState, Exit, Fact, Facts, JournalEntry, Listener, Presence, Reach, SecretInUnit, ServerNode, Volume,
};
use crate::doctor::facts::{Guard, Hold, Motion, Stuck};
use crate::doctor::report::DoctorReport;
use crate::report::bundle_layout::BundleLayout;
use crate::report::finding::Detail;
use crate::report::server::Health;
use crate::systemd::Unit;
use crate::tests::server::*;

type Make = fn(&mut Facts);

/// The cause, or the rule, that it is about; a name; how the server is broken, how it fares, and the roots in order. Where
/// the cause is found it is a bad server, otherwise a good one that looks like it.
pub(super) type Case = (&'static str, &'static str, Make, Health, &'static [&'static str]);

/// Every server of the tables.
pub(super) fn cases() -> impl Iterator<Item = &'static Case> {
    [unit::CASES, update::CASES, bundle::CASES, running::CASES, health::CASES].into_iter().flatten()
}

/// Whether the cause that a server is about is found, as a root or as a consequence.
pub(super) fn is_bad((about, _, make, ..): &Case) -> bool {
    judged(*make).diagnoses.iter().any(|one| one.cause == *about || one.consequences.contains(about))
}

fn judged(make: Make) -> DoctorReport {
    let mut facts = healthy();
    make(&mut facts);
    // Every file of the unit is root's, unless the case says otherwise.
    let files: Vec<String> = match &facts.unit {
        Fact::Known(unit) => unit.unit.files.iter().map(|file| file.path.clone()).collect(),
        Fact::Unknown(_) => Vec::new(),
    };
    for path in files {
        if !facts.guards.iter().any(|guard| guard.path == path) {
            facts.guards.push(Guard { path, hold: Hold::Roots });
        }
    }
    diagnose(facts, &policy())
}

fn roots(report: &DoctorReport) -> Vec<&'static str> {
    report.diagnoses.iter().map(|diagnosis| diagnosis.cause).collect()
}

fn all(cases: &[Case]) {
    for (_, name, make, health, wanted) in cases {
        let report = judged(*make);
        assert_eq!(roots(&report), *wanted, "{name}: {:#?}", report.diagnoses);
        assert_eq!(report.health, *health, "{name}");
        for diagnosis in &report.diagnoses {
            assert!(!diagnosis.summary.ends_with('.'), "{name}: {}", diagnosis.summary);
            assert!(!diagnosis.verify.is_empty(), "{name}: {} has no way to verify", diagnosis.cause);
        }
    }
}

const NOT_FOUND: &str = "Error [ERR_MODULE_NOT_FOUND]: Cannot find package '@server-flow/shared' imported from /root/.server-flow/agent-bundle/dist/index.js";
const CHDIR: &str = "server-flow-agent.service: Failed at step CHDIR spawning /usr/bin/node: No such file or directory";

#[test]
fn the_unit() {
    all(unit::CASES);
}

#[test]
fn the_update() {
    all(update::CASES);
}

#[test]
fn the_bundle() {
    all(bundle::CASES);
}

#[test]
fn the_running_agent() {
    all(running::CASES);
}

#[test]
fn the_health_of_the_agent() {
    all(health::CASES);
}

#[test]
fn two_independent_faults_are_two_diagnoses_and_the_first_is_what_it_dies_of() {
    let report = judged(|f| {
        f.nested_unit();
        f.found("shared-package-missing", SHARED);
        f.dies(Speaker::Child, &[CHDIR], Exit::Code(200));
    });
    assert_eq!(roots(&report), ["unit-nested-paths", "shared-package-missing"]);
    assert_eq!(report.diagnoses[0].consequences, ["working-directory-missing", "service-crash-loop"]);
    assert!(report.diagnoses[1].consequences.is_empty());
    // A step that is in both fixes is typed once.
    let report = judged(|f| {
        f.backed_up();
        f.found("shared-entry-missing", SHARED);
        f.found("module-syntax-error", "dist/execution.js");
        f.crashes(&["SyntaxError: Unexpected end of input"]);
    });
    assert_eq!(roots(&report), ["module-syntax-error", "shared-entry-missing"]);
    let moves = report.diagnoses.iter().flat_map(|diagnosis| &diagnosis.fix).flat_map(|step| &step.commands);
    assert_eq!(moves.filter(|command| command.typed().starts_with("mv ")).count(), 2);
}

#[test]
fn a_time_bomb_names_what_would_stop_the_start_and_how_to_get_back() {
    let report = judged(|f| {
        f.backed_up();
        f.process().directory = Some(BACKUP.into());
        f.not_installed(&["fastify"]);
    });
    let [bomb] = report.diagnoses.as_slice() else { panic!("{:#?}", report.diagnoses) };
    assert_eq!(bomb.consequences, ["update-interrupted", "dependencies-not-installed"]);
    let typed: Vec<_> = bomb.fix.iter().flat_map(|step| &step.commands).map(|command| command.typed()).collect();
    let aside = format!("{BUNDLE}.broken-20261118T110640Z");
    assert_eq!(
        typed,
        [
            format!("mv -T -- {BUNDLE} {aside}"),
            format!("mv -T -- {BACKUP} {BUNDLE} || {{ mv -T -- {aside} {BUNDLE} ; exit 1; }}"),
            format!("systemctl restart {UNIT}")
        ]
    );
    assert!(bomb.evidence().iter().any(|seen| seen.detail.contains(&format!("in {BACKUP}"))), "{:#?}", bomb.evidence());
}

#[test]
fn no_way_back_to_a_backup_that_would_not_start() {
    let report = judged(|f| {
        f.backed_up();
        if let Fact::Known(DeploymentState::Present(backup)) = &mut f.backup.state {
            backup.report.findings.push(finding("shared-package-missing", SHARED));
        }
        f.deployment = absent(BUNDLE);
        f.dies(Speaker::Child, &[CHDIR], Exit::Code(200));
    });
    assert_eq!(roots(&report), ["update-interrupted"]);
    let typed: Vec<_> =
        report.diagnoses[0].fix.iter().flat_map(|step| &step.commands).map(|command| command.typed()).collect();
    assert!(!typed.iter().any(|command| command.starts_with(&format!("mv -T -- {BACKUP}"))), "{typed:#?}");
    let fetch = "curl -fsSLg -o \"$work\"/agent-bundle.tar.gz -- http://cp.example:4000/agent-bundle.tar.gz";
    let at = |start: &str| typed.iter().position(|command| command.starts_with(start));
    assert_eq!(typed[at("curl").unwrap()], fetch);
    assert_eq!(typed[..2], ["umask 022".to_owned(), format!("work=$( mktemp -d -- {BUNDLE}.new-XXXXXX )")]);
    // Judged before anything is extracted, and once more before anything is replaced.
    assert!(at("bundle-doctor check") < at("tar") && at("bundle-doctor check --no-config -A") < at("mv"), "{typed:#?}");
}

#[test]
fn evidence_of_the_past_proves_nothing() {
    // Died this morning of something that is mended since, then started by hand.
    let report = judged(|f| {
        f.crashes(&[NOT_FOUND]);
        let service = f.service();
        service.active_state = "active".into();
        service.sub_state = "running".into();
        service.result = "success".into();
        service.main_pid = Some(700);
        service.started = Some(ago(16));
        service.active_since = Some(ago(16));
        // systemd 252 keeps the counter when it is started by hand in the pause between two runs.
        service.restarts = Some(1);
        service.invocation = Some("after".into());
        f.process = healthy().process;
    });
    assert_eq!((roots(&report), report.health), (Vec::new(), Health::Healthy), "{:#?}", report.diagnoses);
    // Dead, and the bundle was replaced after it died: the words are about another bundle.
    let report = judged(|f| {
        f.crashes(&[NOT_FOUND]);
        f.service().active_state = "failed".into();
        f.service().sub_state = "failed".into();
        f.inspected().replaced = Some(ago(5));
    });
    assert_eq!(roots(&report), ["unknown-crash"], "{:#?}", report.diagnoses);
}

#[test]
fn a_loop_is_seen_while_it_shows_active() {
    let report = judged(|f| {
        f.crashes(&["Error: telemetry queue is corrupt"]);
        let service = f.service();
        service.active_state = "active".into();
        service.sub_state = "running".into();
        service.main_pid = Some(900);
        service.started = Some(ago(0));
        service.invocation = Some("run 3".into());
        f.journal().entries.push(JournalEntry {
            message_id: Some(id::RESTART_SCHEDULED.into()),
            ..entry(ago(0), Speaker::Manager, "run 2", "Scheduled restart job, restart counter is at 12.")
        });
    });
    assert_eq!((roots(&report), report.health), (vec!["unknown-crash"], Health::Broken), "{:#?}", report.diagnoses);
}

#[test]
fn what_is_not_known_is_said_and_never_called_healthy() {
    for (name, make, health, wanted) in [
        (
            "no systemd",
            (|f: &mut Facts| {
                f.service = Fact::unknown("there is no `systemctl`");
                f.process = Fact::unknown("the service is not known");
            }) as Make,
            Health::Inconclusive,
            "the service",
        ),
        (
            "the bundle may not be read",
            |f| f.deployment.state = Fact::unless("permission denied", "run it as root"),
            Health::Inconclusive,
            "the deployed bundle",
        ),
        (
            "the journal may not be read, and the agent runs",
            |f| f.journal = Fact::unless("permission denied", "run it as root"),
            Health::Inconclusive,
            "the journal",
        ),
        (
            "the journal is empty, and the agent runs",
            |f| f.journal().entries.clear(),
            Health::Inconclusive,
            "the journal",
        ),
        (
            "just started",
            |f| {
                f.service().started = Some(ago(3));
                f.service().active_since = Some(ago(3));
            },
            Health::Inconclusive,
            "whether the agent stays up",
        ),
        (
            "it computes without a pause, and may turn",
            |f| {
                let stuck = Stuck { pid: 4711, ran: Some(2000), unread: None, waits: None };
                f.process().motion = Motion::Stuck(stuck);
            },
            Health::Healthy,
            "whether the agent's event loop turns",
        ),
        (
            "a mounted disk on which nothing is wrong",
            |f| {
                f.reach = Reach::Mounted("/mnt".into());
                f.service = Fact::unknown("a mounted disk does not run");
                f.process = Fact::unknown("the service is not known");
                let words = ["npm error code ENOSPC", CHDIR, NOT_FOUND];
                f.journal().entries.extend(words.map(|line| entry(ago(100), Speaker::Agent, "now", line)));
            },
            Health::Inconclusive,
            "the service",
        ),
        (
            "a dead agent and an empty journal",
            |f| {
                f.dies(Speaker::Agent, &[], Exit::Code(1));
                f.journal().entries.clear();
            },
            Health::Broken,
            "the journal",
        ),
    ] {
        let report = judged(make);
        assert_eq!(report.health, health, "{name}: {:#?}", report.diagnoses);
        assert!(report.not_checked.iter().any(|missing| missing.what == wanted), "{name}: {:#?}", report.not_checked);
    }
}

#[test]
fn a_mounted_disk_gives_the_cause_that_the_live_server_gives() {
    for (name, make, wanted) in [
        ("nested unit", Break::nested_unit as Make, "unit-nested-paths"),
        ("no shared package", |f| f.found("shared-package-missing", SHARED), "shared-package-missing"),
        (
            "no bundle",
            |f| {
                f.backed_up();
                f.deployment = absent(BUNDLE);
            },
            "update-interrupted",
        ),
    ] {
        let mut facts = healthy();
        make(&mut facts);
        facts.reach = Reach::Mounted("/mnt".into());
        facts.service = Fact::unknown("a mounted disk does not run");
        facts.process = Fact::unknown("the service is not known");
        facts.journal = Fact::unknown("the disk holds none");
        let report = diagnose(facts, &policy());
        assert_eq!((roots(&report), report.health), (vec![wanted], Health::Broken), "{name}");
    }
}

/// What a fix changes by sed is really changed by it, and nothing else.
#[test]
fn edits_of_units_do_what_they_say() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text, make, wanted) in [
        (
            "nested paths, with a token",
            DOCUMENTED
                .replace("agent-bundle\nExec", "agent-bundle/apps/agent\nExec")
                .replace("agent-bundle/dist/index.js", "agent-bundle/apps/agent/dist/index.js --token s3cr3t"),
            (|f: &mut Facts| {
                f.nested_unit();
                let text = &f.unit().unit.files[0].text;
                let text = text.replace("bundle/dist/index.js", "bundle/apps/agent/dist/index.js --token [redacted]");
                f.unit().unit = Unit::of_text(UNIT, FILE, &text);
                f.dies(Speaker::Child, &[CHDIR], Exit::Code(200));
            }) as Make,
            DOCUMENTED.replace("dist/index.js", "dist/index.js --token s3cr3t"),
        ),
        (
            "another directory",
            DOCUMENTED.replace("WorkingDirectory=/root/.server-flow/agent-bundle", "WorkingDirectory=/opt/agent"),
            |f| {
                f.unit_says("WorkingDirectory=/root/.server-flow/agent-bundle", "WorkingDirectory=/opt/agent");
                f.unit().working_directory = reached("/opt/agent", missing());
            },
            DOCUMENTED.to_owned(),
        ),
        (
            "a secret",
            DOCUMENTED.replace("--url", "--token s3cr3t --url"),
            |f| f.unit().secrets.push(SecretInUnit { what: "--token".into(), place: format!("{FILE}:9") }),
            DOCUMENTED.to_owned(),
        ),
        (
            "a node elsewhere",
            DOCUMENTED.to_owned(),
            |f| {
                f.unit().program = reached("/usr/bin/node", missing());
                f.other_nodes = vec![ServerNode {
                    path: "/usr/local/bin/node".into(),
                    version: Some("20.20.2".into()),
                    fault: None,
                }];
            },
            DOCUMENTED.replace("/usr/bin/node", "/usr/local/bin/node"),
        ),
        (
            "another user",
            DOCUMENTED.replace("User=root", "User=agent"),
            |f| {
                f.unit_says("User=root", "User=agent");
                f.unit().account = Fact::Known(None);
            },
            DOCUMENTED.to_owned(),
        ),
    ] {
        let path = folder.path().join("unit");
        std::fs::write(&path, text).unwrap();
        let report = judged(make);
        let steps = report.diagnoses.iter().flat_map(|diagnosis| &diagnosis.fix);
        let edits: Vec<_> = steps
            .flat_map(|step| &step.commands)
            .filter(|command| command.typed().starts_with("sed "))
            .map(|command| command.typed().replace(FILE, path.to_str().unwrap()))
            .collect();
        assert!(!edits.is_empty(), "{name}: {:#?}", report.diagnoses);
        for edit in &edits {
            let status = std::process::Command::new("sh").args(["-c", edit]).status().unwrap();
            assert!(status.success(), "{name}: {edit}");
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), wanted, "{name}: {edits:?}");
    }
}

/// A backup of the other layout would not start as the unit is now.
#[test]
fn a_nested_backup_is_no_way_back_under_a_flat_unit() {
    let report = judged(|f| {
        f.backed_up();
        if let Fact::Known(DeploymentState::Present(backup)) = &mut f.backup.state {
            backup.report.layout = BundleLayout::Nested;
        }
        f.found("shared-entry-missing", SHARED);
        f.crashes(&["Error: Cannot find package '/root/x/dist/index.js' imported from y"]);
    });
    assert_eq!(roots(&report), ["shared-entry-missing"]);
    let typed: Vec<_> =
        report.diagnoses[0].fix.iter().flat_map(|step| &step.commands).map(|command| command.typed()).collect();
    assert!(!typed.iter().any(|command| command.contains(BACKUP)), "{typed:#?}");
    let backup = report.checks.iter().find(|check| check.id == "backup").unwrap();
    assert!(backup.message.ends_with("would not start"), "{}", backup.message);
}

/// Without a unit, the documented one is written with the address that the server still knows.
#[test]
fn a_unit_is_written_with_the_address_that_is_known() {
    let report = judged(|f| {
        f.stopped();
        f.service().load_state = "not-found".into();
        f.service().exec_start.clear();
        f.unit().unit.files.clear();
        f.control_plane = Fact::Known(None);
        f.journal().command =
            ["/usr/bin/node", "dist/index.js", "--url=http://cp.example:4000"].map(str::to_owned).to_vec();
    });
    let written = report.diagnoses[0].fix.iter().flat_map(|step| &step.commands).map(|command| command.typed());
    let written = written
        .filter_map(|typed| typed.split_once("<<'END'\n").map(|(_, text)| text.trim_end_matches("END").to_owned()))
        .next();
    let unit = Unit::of_text(UNIT, FILE, &written.unwrap());
    let documented = Unit::of_text(UNIT, FILE, DOCUMENTED);
    let sorted = |unit: &Unit| {
        let mut all: Vec<_> = unit.files[0]
            .assignments
            .iter()
            .map(|found| format!("{}.{}={}", found.section, found.key, found.value))
            .collect();
        all.sort();
        all
    };
    assert_eq!(sorted(&unit), sorted(&documented));
    assert!(unit.command().unwrap().is_ok());
}
