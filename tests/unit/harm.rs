//! What was done to servers by fixes that were pasted, each as facts: the fix does it no more, nor its kin.

use super::server::*;
use crate::doctor::diagnose::diagnose;
use crate::doctor::facts::journal::Speaker;
use crate::doctor::facts::{
    Account, DeploymentState, Exit, Fact, Facts, Guard, Hold, Listener, Presence, Reach, ServerNode, UnitOnDisk,
};
use crate::doctor::report::DoctorReport;
use crate::report::diagnosis::Effect;
use crate::systemd::Unit;

const CHDIR: &str = "Failed at step CHDIR spawning /usr/bin/node: No such file or directory";
const NO_SHARED: &str =
    "Error [ERR_MODULE_NOT_FOUND]: Cannot find package '@server-flow/shared' imported from /root/x/dist/index.js";

fn judged(make: impl Fn(&mut Facts)) -> DoctorReport {
    let mut facts = healthy();
    make(&mut facts);
    diagnose(facts, &policy())
}

/// Every command of the report, those that only look left out.
fn changes(report: &DoctorReport) -> Vec<String> {
    let steps = report.diagnoses.iter().flat_map(|one| &one.fix).filter(|step| step.effect == Effect::Changes);
    steps.flat_map(|step| &step.commands).map(|command| command.typed()).collect()
}

fn texts(report: &DoctorReport) -> String {
    report.diagnoses.iter().flat_map(|one| &one.fix).map(|step| format!("{}\n", step.text)).collect()
}

fn hold(facts: &mut Facts, path: &str, hold: Hold) {
    facts.guards.retain(|guard| guard.path != path);
    facts.guards.push(Guard { path: path.to_owned(), hold });
}

/// The agent runs as this user, from this folder, whose folder above is root's.
fn runs_as(facts: &mut Facts, user: &str, bundle: &str) {
    facts.places.bundle = bundle.to_owned();
    facts.places.backup = format!("{bundle}-backup");
    facts.places.home = bundle.rsplit_once('/').unwrap().0.to_owned();
    facts.deployment.path = bundle.to_owned();
    facts.backup.path = facts.places.backup.clone();
    let text = DOCUMENTED.replace("User=root", &format!("User={user}")).replace(BUNDLE, bundle);
    let unit: &mut UnitOnDisk = facts.unit();
    unit.unit = Unit::of_text(UNIT, FILE, &text);
    unit.working_directory = reached(bundle, Presence::Directory);
    unit.script = reached(&format!("{bundle}/dist/index.js"), Presence::File { size: 900, executable: false });
    let home = format!("/home/{user}");
    unit.account = Fact::Known(Some(Account { name: user.to_owned(), uid: 1000, gid: 1000, home }));
    let (above, backup) = (facts.places.home.clone(), facts.places.backup.clone());
    for path in [bundle, &above, &backup] {
        hold(facts, path, Hold::Roots);
    }
}

/// Nothing is opened that a link leads to, nor what is not the agent's.
#[test]
fn no_mode_is_changed_through_a_link_or_outside_of_the_bundle() {
    for (program, held) in [
        ("/usr/bin/node", Hold::Link("/usr/bin/node".to_owned())),
        ("/usr/bin/node", Hold::UnitsUser),
        ("/usr/bin/node", Hold::Unseen),
        ("/etc/shadow", Hold::Roots),
        ("/usr/bin/sudo", Hold::Roots),
    ] {
        let report = judged(|f| {
            f.unit().program = reached(program, Presence::File { size: 1, executable: false });
            hold(f, program, held.clone());
            f.dies(Speaker::Child, &["Failed at step EXEC spawning x: Permission denied"], Exit::Code(203));
        });
        assert!(!changes(&report).iter().any(|typed| typed.starts_with("ch")), "{program}: {:#?}", changes(&report));
        assert!(texts(&report).contains("no command is given"), "{program}: {}", texts(&report));
    }
    for at in ["/etc", "/opt", "/srv/other", "/opt/agent-bundle-of-another"] {
        let report = judged(|f| {
            runs_as(f, "agent", "/opt/agent-bundle");
            let denied = Presence::Denied { at: at.to_owned(), why: "owner 0:0, mode 0700".into() };
            f.unit().script = reached("/opt/agent-bundle/dist/index.js", denied);
            f.crashes(&["Error: Cannot find module '/opt/agent-bundle/dist/index.js'"]);
        });
        let typed = changes(&report);
        assert!(!typed.iter().any(|typed| typed.contains("chown") || typed.contains("chmod")), "{at}: {typed:#?}");
    }
}

/// What is given to the user is the bundle, never the folder that it stands in.
#[test]
fn the_folder_above_the_bundle_is_nobodys_to_give() {
    let report = judged(|f| {
        runs_as(f, "agent", "/opt/agent-bundle");
        let denied = Presence::Denied { at: "/opt/agent-bundle/dist".into(), why: "owner 0:0, mode 0700".into() };
        f.unit().script = reached("/opt/agent-bundle/dist/index.js", denied);
        f.crashes(&["Error: Cannot find module '/opt/agent-bundle/dist/index.js'"]);
    });
    let typed = changes(&report);
    let chown: Vec<_> = typed.iter().filter(|typed| typed.starts_with("chown") || typed.starts_with("chmod")).collect();
    let of_the_copy = |typed: &&&String| typed.contains("-- \"$work\"");
    assert!(!chown.is_empty() && chown.iter().all(|typed| of_the_copy(&typed)), "{typed:#?}");
}

/// An address that is none, wherever it was said, is no word of a command or a unit.
#[test]
fn no_forged_address_is_fetched_from() {
    for url in
        ["-K/home/agent/c://h", "http://h/$(touch X)", "file:///etc/passwd", "http://h/x\u{202e}y", "http://h' ; id; '"]
    {
        for unit in [true, false] {
            let report = judged(|f| {
                f.deployment = absent(BUNDLE);
                f.control_plane = Fact::Known(None);
                f.service().exec_start.clear();
                f.process = Fact::Known(None);
                f.stopped();
                if unit {
                    f.unit().unit.files.clear();
                }
                f.journal().command = ["/usr/bin/node", "dist/index.js", "--url", url].map(str::to_owned).to_vec();
            });
            let typed = changes(&report).join("\n");
            assert!(!typed.contains("curl") && !typed.contains("tee"), "{url}: {typed}");
        }
    }
}

/// A folder of the system's is moved by nobody, nor one that holds something else.
#[test]
fn what_is_no_bundle_is_not_moved() {
    for bundle in ["/etc", "/usr/lib", "/var/lib", "/home/agent", "/opt", "/srv/customer"] {
        let report = judged(|f| {
            f.backed_up();
            runs_as(f, "root", bundle);
            f.unit().account = Fact::Known(Some(Account { name: "root".into(), uid: 0, gid: 0, home: "/root".into() }));
            let inspected = f.inspected();
            inspected.report.package = None;
            inspected.report.layout = crate::report::bundle_layout::BundleLayout::Unknown;
            f.found("entry-point-missing", "dist/index.js");
            f.found("shared-package-missing", SHARED);
            f.crashes(&[NO_SHARED]);
        });
        let typed = changes(&report);
        assert!(!typed.iter().any(|typed| typed.contains("mv ") || typed.contains("rm ")), "{bundle}: {typed:#?}");
        assert!(texts(&report).contains("no command is given"), "{bundle}: {}", texts(&report));
    }
}

/// Where another than root and the unit's user may change the place, nothing is done there.
#[test]
fn nothing_is_done_where_another_may_rearrange_it() {
    let holds = [
        Hold::Link(BUNDLE.to_owned()),
        Hold::Link("/root/.server-flow".to_owned()),
        Hold::Anyones { at: HOME.to_owned(), why: "owner 0:0, mode 0777".to_owned() },
        Hold::UnitsUser,
        Hold::Unseen,
    ];
    for held in holds {
        let report = judged(|f| {
            f.backed_up();
            hold(f, BUNDLE, held.clone());
            f.found("shared-package-missing", SHARED);
            f.crashes(&[NO_SHARED]);
        });
        let typed = changes(&report);
        assert!(typed.is_empty(), "{held:?}: {typed:#?}");
    }
    let report = judged(|f| {
        f.nested_unit();
        hold(f, FILE, Hold::Link(FILE.to_owned()));
        f.dies(Speaker::Child, &[CHDIR], Exit::Code(200));
    });
    assert!(changes(&report).is_empty(), "{:#?}", changes(&report));
}

/// All that is made is made in a folder of the block's own; the bundle is only renamed.
#[test]
fn what_is_in_use_is_never_changed_in_its_place() {
    type Make = fn(&mut Facts);
    for (name, make) in [
        ("installed", (|f| f.not_installed(&["fastify", "ws"])) as Make),
        ("copied", |f| {
            f.inspected().ships_shared = true;
            f.found("shared-package-missing", SHARED);
        }),
        ("linked", |f| {
            f.inspected().ships_shared = true;
            f.found("shared-package-linked", SHARED);
            f.linked("@server-flow/shared");
        }),
        ("renewed", |f| f.found("shared-package-missing", SHARED)),
        ("put back", Break::backed_up),
    ] {
        let report = judged(|f| {
            make(f);
            f.crashes(&[NO_SHARED]);
        });
        for typed in changes(&report) {
            let program = typed.split(' ').next().unwrap();
            let touches = typed.contains(BUNDLE) && !typed.starts_with("work=$( mktemp -d -- ");
            let moves = program == "mv" || typed.starts_with(&format!("cp -a -- {BUNDLE} \"$work\"/bundle"));
            assert!(!touches || moves, "{name}: {typed}");
            assert!(program != "rm" || typed.contains("\"$work\"/bundle/"), "{name}: {typed}");
        }
    }
}

/// What lies in `/tmp`, anyone may have put there.
#[test]
fn what_an_update_left_in_tmp_is_not_deployed() {
    let report = judged(|f| {
        f.downloaded(None);
        f.found("entry-point-missing", "dist/index.js");
        f.policy.keys = vec!["/root/release.pub.pem".to_owned()];
        f.policy.config = Some("/etc/x/bundle-doctor.toml".to_owned());
        f.crashes(&[NO_SHARED]);
    });
    let typed = changes(&report);
    assert!(!typed.iter().any(|typed| typed.contains("/tmp")), "{typed:#?}");
    let check = "bundle-doctor check --config /etc/x/bundle-doctor.toml --key /root/release.pub.pem --require-signature -- \
                 \"$work\"/agent-bundle.tar.gz";
    let at =
        |words: &str| typed.iter().position(|typed| typed.starts_with(words)).unwrap_or_else(|| panic!("{typed:#?}"));
    assert!(at("curl") < at(check) && at(check) < at("tar") && at("tar") < at("mv"), "{typed:#?}");
}

/// Someone else's program is named, and never stopped.
#[test]
fn what_holds_the_port_is_not_stopped() {
    for (unit, command) in [
        (Some("ssh.service"), "/home/eve/evil"),
        (Some("customer.service"), "/usr/bin/python3 -m http.server"),
        (None, "/usr/bin/node /root/.server-flow/agent-bundle/dist/index.js"),
    ] {
        let report = judged(|f| {
            f.crashes(&["Error: listen EADDRINUSE: address already in use 0.0.0.0:3001"]);
            let listener =
                Listener { port: 3001, pid: Some(4711), command: Some(command.into()), unit: unit.map(str::to_owned) };
            f.listeners = Fact::Known(vec![listener]);
        });
        assert_eq!(report.diagnoses[0].cause, "port-in-use");
        assert!(changes(&report).is_empty(), "{:#?}", changes(&report));
        assert!(!report.diagnoses[0].fix.is_empty());
    }
}

/// Whatever a path has in it, it is one word, or none.
#[test]
fn paths_are_words_or_nothing() {
    for (bundle, fits) in [
        ("/opt/a'; touch X; 'b/agent-bundle", true),
        ("/opt/$(touch X)/agent-bundle", true),
        ("/opt/a b/agent-bundle", true),
        ("/opt/a\nEND\ntouch X/agent-bundle", false),
        ("/opt/a\u{1b}]0;x\u{7}/agent-bundle", false),
        ("/opt/a\u{202e}b/agent-bundle", false),
        ("/opt/a\u{200b}b/agent-bundle", false),
    ] {
        let report = judged(|f| {
            f.backed_up();
            runs_as(f, "root", bundle);
            f.found("entry-point-missing", "dist/index.js");
            f.crashes(&[NO_SHARED]);
        });
        let typed = changes(&report);
        assert_eq!(!typed.is_empty(), fits, "{bundle:?}: {typed:#?}");
        let quoted = crate::text::quoted(bundle, false);
        assert!(!fits || typed.iter().any(|typed| typed.contains(&quoted)), "{typed:#?}");
        assert!(!texts(&report).contains(['\u{1b}', '\u{202e}', '\u{200b}']), "{}", texts(&report));
    }
}

/// From outside, every path is below the disk, and nothing is typed to this machine's own manager.
#[test]
fn a_mounted_disk_is_mended_and_not_this_machine() {
    type Make = fn(&mut Facts);
    for (name, make, has) in [
        (
            "rollback",
            (|f| {
                f.backed_up();
                f.found("entry-point-missing", "dist/index.js");
            }) as Make,
            true,
        ),
        ("unit", |f| f.nested_unit(), true),
        ("masked", |f| f.unit().masked_by = Some(FILE.into()), true),
        ("fetched", |f| f.found("entry-point-missing", "dist/index.js"), false),
        ("installed", |f| f.not_installed(&["ws"]), false),
        (
            "node",
            |f| {
                f.unit().program = reached("/usr/bin/node", Presence::Missing { above: "/usr/bin".into(), link: None });
            },
            false,
        ),
    ] {
        for root in ["/mnt", "/mnt/a b", "/mnt/\u{1b}[31m"] {
            let report = judged(|f| {
                make(f);
                f.reach = Reach::Mounted(root.to_owned());
                f.service = Fact::unknown("a mounted disk does not run");
                f.process = Fact::unknown("the service is not known");
                f.journal = Fact::unknown("the disk holds none");
            });
            assert!(!report.diagnoses.is_empty(), "{name}");
            let typed = changes(&report);
            assert_eq!(!typed.is_empty(), has && !root.contains('\u{1b}'), "{name} {root:?}: {typed:#?}");
            for typed in typed {
                // What sed replaces is text of the unit, where paths are the server's own.
                let typed = typed.split_once("#' -- ").map_or(typed.as_str(), |(_, files)| files);
                for path in ["/root/", "/etc/", "/usr/"] {
                    let below = typed.matches(&format!("{root}{path}")).count();
                    assert_eq!(typed.matches(path).count(), below, "{name}: {typed}");
                }
                assert!(!typed.starts_with("systemctl ") || typed.contains("--root="), "{name}: {typed}");
            }
            for command in report.diagnoses.iter().flat_map(|one| &one.verify) {
                assert!(root.contains('\u{1b}') || command.typed().contains("--root"), "{}", command.typed());
            }
        }
    }
}

/// Only the wrong word of the unit becomes another, however the line is written; where that is not sure, nothing does.
#[test]
fn a_units_line_keeps_what_is_not_wrong_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("unit");
    let exec = format!("ExecStart=/usr/bin/node {BUNDLE}/dist/index.js --url http://cp.example:4000");
    for (line, wanted) in [
        (
            format!(
                "ExecStart=\"/usr/bin/node\" \"{BUNDLE}/dist/index.js\" --token \"a b\" --url http://cp.example:4000"
            ),
            true,
        ),
        (
            format!(
                "ExecStart=-/usr/bin/node --max-http-header-size=9 {BUNDLE}/dist/index.js --token s3 --url http://h"
            ),
            true,
        ),
        (
            format!("ExecStart=/usr/bin/node \\\n  {BUNDLE}/dist/index.js \\\n# why\n  --url http://cp.example:4000"),
            true,
        ),
        (format!("ExecStart=/usr/bin/nod\\x65 {BUNDLE}/dist/index.js --url http://h"), false),
        (format!("  ExecStart = /usr/bin/node {BUNDLE}/dist/index.js /usr/bin/node"), true),
        (format!("ExecStart=/opt/x --token [redacted] /usr/bin/node {BUNDLE}/dist/index.js"), false),
    ] {
        let text = DOCUMENTED.replace(&exec, &line);
        std::fs::write(&path, &text).unwrap();
        let report = judged(|f| {
            f.unit().unit = Unit::of_text(UNIT, FILE, &text);
            f.unit().program = reached("/usr/bin/node", Presence::Missing { above: "/usr/bin".into(), link: None });
            f.other_nodes =
                vec![ServerNode { path: "/usr/local/bin/node".into(), version: Some("20.20.2".into()), fault: None }];
        });
        let edits: Vec<_> = changes(&report).into_iter().filter(|typed| typed.starts_with("sed ")).collect();
        assert_eq!(edits.len(), usize::from(wanted), "{line}: {:#?} {}", changes(&report), texts(&report));
        for edit in edits {
            let edit = edit.replace(FILE, path.to_str().unwrap());
            assert!(std::process::Command::new("sh").args(["-c", &edit]).status().unwrap().success());
            let after = std::fs::read_to_string(&path).unwrap();
            assert_eq!(after, text.replacen("/usr/bin/node", "/usr/local/bin/node", 1), "{edit}");
        }
    }
}

/// A unit that is written anew keeps its own lines, and is not written where a secret of it would be lost.
#[test]
fn a_unit_that_is_written_anew_keeps_its_own_lines() {
    let own = "[Service]\nEnvironmentFile=/etc/agent.env\nLimitNOFILE=9000\nUser=root\nRestartSec=5\n";
    for (exec, written) in
        [("", true), ("ExecStart=\"/usr/bin/node\n", true), ("ExecStart=\"/usr/bin/node --token [redacted]\n", false)]
    {
        let report = judged(|f| {
            f.unit().unit = Unit::of_text(UNIT, FILE, &format!("{own}{exec}"));
            f.dies(Speaker::Manager, &["server-flow-agent.service: Service has no ExecStart= setting."], Exit::Code(1));
        });
        assert_eq!(report.diagnoses[0].cause, "unit-invalid");
        let typed = changes(&report).join("\n");
        assert_eq!(typed.contains("tee"), written, "{typed}");
        for line in own.lines().skip(1).filter(|_| written) {
            assert!(typed.contains(line), "{line}: {typed}");
        }
        assert!(!typed.contains("RestartSec=10"), "{typed}");
    }
}

/// A full file system is shown, and nothing on another is removed.
#[test]
fn a_full_file_system_is_not_emptied_for_its_owner() {
    let report = judged(|f| {
        f.volumes[0].path = "/srv/data/agent-bundle".into();
        f.volumes[0].free = 0;
    });
    assert_eq!(report.diagnoses[0].cause, "disk-full");
    assert!(changes(&report).is_empty(), "{:#?}", changes(&report));
    let all = report.diagnoses[0].fix.iter().flat_map(|step| &step.commands).map(|command| command.typed());
    assert!(all.into_iter().any(|typed| typed.contains("/srv/data/agent-bundle") && typed.contains("sort -rh")));
}

/// The folder that an earlier fix moved away is a way back.
#[test]
fn what_a_fix_put_aside_is_offered() {
    let aside = format!("{BUNDLE}.broken-20261118T110640Z");
    let report = judged(|f| {
        f.put_aside = vec![bundle(&aside)];
        hold(f, &aside, Hold::Roots);
        f.deployment.state = Fact::Known(DeploymentState::Absent);
        f.dies(Speaker::Child, &[CHDIR], Exit::Code(200));
    });
    let typed = changes(&report);
    assert_eq!(typed.first(), Some(&format!("mv -T -- {aside} {BUNDLE}")), "{typed:#?}");
}

/// `safe` says of a step that it changes nothing, and of no other.
#[test]
fn a_step_that_looks_changes_nothing() {
    let look = [
        "journalctl",
        "systemctl cat",
        "systemctl status",
        "ps ",
        "free",
        "du ",
        "ss ",
        "getent",
        "curl -sSg -o /dev/null",
    ];
    type Make = fn(&mut Facts);
    let all: [Make; 6] = [
        |f| f.crashes(&["Error: boom"]),
        |f| f.crashes(&["Error: listen EADDRINUSE: address already in use :::3001"]),
        |f| f.volumes[0].free = 0,
        |f| f.connections().own.clear(),
        |f| f.service = Fact::unknown("there is no `systemctl`"),
        |f| f.stopped(),
    ];
    for make in all {
        let report = judged(make);
        for step in report.diagnoses.iter().flat_map(|one| &one.fix).filter(|step| step.effect == Effect::Looks) {
            for typed in step.commands.iter().map(|command| command.typed()) {
                assert!(look.iter().any(|look| typed.starts_with(look)), "{typed}");
            }
        }
    }
}

/// What root did not run is said.
#[test]
fn a_node_that_another_may_change_is_said_not_to_have_been_run() {
    for (held, said) in [(Hold::UnitsUser, true), (Hold::Roots, false)] {
        let report = judged(|f| {
            f.node = Fact::Known(Some(ServerNode { path: "/usr/bin/node".into(), version: None, fault: None }));
            hold(f, "/usr/bin/node", held.clone());
        });
        let is_said = report.not_checked.iter().any(|missing| missing.because.ends_with("so it was not run"));
        assert_eq!(is_said, said, "{:#?}", report.not_checked);
    }
}

/// The mask is a link of its own kind: the unit is written once it is gone. Any other link in its place is left alone.
#[test]
fn a_unit_is_written_in_the_place_of_its_mask_and_of_no_other_link() {
    for masked in [true, false] {
        let report = judged(|f| {
            f.stopped();
            f.unit().unit.files.clear();
            f.unit().masked_by = masked.then(|| FILE.to_owned());
            f.service().load_state = if masked { "masked" } else { "not-found" }.into();
            hold(f, FILE, Hold::Link(FILE.to_owned()));
        });
        let typed = changes(&report);
        assert_eq!(typed.iter().any(|typed| typed.starts_with("tee ")), masked, "{typed:#?}");
    }
}
