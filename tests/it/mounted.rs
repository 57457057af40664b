//! `doctor --root` of a disk whose maker is hostile: nothing outside it is read, and nothing on it is read without end.

use crate::program::run;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};

const UNIT: &str = "[Service]\nExecStart=/usr/bin/node /root/.server-flow/agent-bundle/dist/index.js --url http://cp\n";
const UNITS: &str = "disk/etc/systemd/system";
const MOST: Duration = Duration::from_secs(20);

/// A disk in that folder, with the agent's unit on it, and a secret beside it.
fn disk(top: &Path) {
    fs::create_dir_all(top.join(UNITS)).unwrap();
    fs::write(top.join(UNITS).join("server-flow-agent.service"), UNIT).unwrap();
    fs::write(top.join("outside"), "[Service]\nExecStart=/usr/bin/telltale\nEnvironment=A=telltale\n").unwrap();
}

/// What is said of the disk in every format, and how long that took.
fn said(top: &Path) -> (String, Duration) {
    let started = Instant::now();
    let formats = [&["--json"][..], &["-v"], &["--format", "sarif"]];
    let all = formats.map(|format| {
        let ran = run(top, &[&["doctor", "--root", "disk", "--no-config"], format].concat());
        assert!([1, 3].contains(&ran.code), "{}{}", ran.stdout, ran.stderr);
        ran.stdout + &ran.stderr
    });
    (all.concat(), started.elapsed())
}

/// Makes a link on the disk.
type Link = fn(&Path, &Path);

#[test]
fn links_out_of_the_disk_lead_nowhere() {
    let links: [(&str, Link); 6] = [
        ("the unit", |top, outside| {
            fs::remove_file(top.join(UNITS).join("server-flow-agent.service")).unwrap();
            symlink(outside, top.join(UNITS).join("server-flow-agent.service")).unwrap();
        }),
        ("the unit, by dots", |top, _| {
            fs::remove_file(top.join(UNITS).join("server-flow-agent.service")).unwrap();
            symlink("../../../../outside", top.join(UNITS).join("server-flow-agent.service")).unwrap();
        }),
        ("a drop-in", |top, outside| {
            let folder = top.join(UNITS).join("server-flow-agent.service.d");
            fs::create_dir(&folder).unwrap();
            symlink(outside, folder.join("a.conf")).unwrap();
        }),
        ("the folder of drop-ins", |top, outside| {
            symlink(outside.parent().unwrap(), top.join(UNITS).join("server-flow-agent.service.d")).unwrap();
            fs::copy(outside, outside.with_file_name("a.conf")).unwrap();
        }),
        ("the folder of units", |top, outside| {
            fs::remove_dir_all(top.join(UNITS)).unwrap();
            fs::copy(outside, outside.with_file_name("server-flow-agent.service")).unwrap();
            symlink(outside.parent().unwrap(), top.join(UNITS)).unwrap();
            fs::write(top.join("disk/etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n").unwrap();
        }),
        ("the bundle and its manifest", |top, outside| {
            let home = top.join("disk/root/.server-flow");
            fs::create_dir_all(&home).unwrap();
            fs::create_dir(outside.with_file_name("bundle")).unwrap();
            for name in ["package.json", "SHA256SUMS", "SHA256SUMS.minisig"] {
                fs::copy(outside, outside.with_file_name("bundle").join(name)).unwrap();
            }
            symlink(outside.with_file_name("bundle"), home.join("agent-bundle")).unwrap();
            symlink(outside, home.join("registration.json")).unwrap();
        }),
    ];
    for (name, make) in links {
        let top = tempfile::tempdir().unwrap();
        disk(top.path());
        make(top.path(), &top.path().join("outside"));
        let (said, _) = said(top.path());
        assert!(!said.contains("telltale"), "{name}: {said}");
    }
}

#[test]
fn a_folder_of_units_without_end_is_refused() {
    let top = tempfile::tempdir().unwrap();
    disk(top.path());
    let many = |count: u32, name: &dyn Fn(u32) -> String| {
        for number in 0..count {
            fs::create_dir_all(top.path().join(UNITS).join(name(number))).unwrap();
        }
    };
    many(1200, &|number| format!("a{number}.service.d"));
    let (words, took) = said(top.path());
    assert!(words.contains("there is more than is read of one"), "{words}");
    assert!(took < MOST, "{took:?}");
}

#[test]
fn where_no_agent_is_the_first_line_says_so() {
    let top = tempfile::tempdir().unwrap();
    fs::create_dir_all(top.path().join("disk/etc")).unwrap();
    fs::write(top.path().join("disk/etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n").unwrap();
    let ran = run(top.path(), &["doctor", "--root", "disk", "--no-config"]);
    let first = ran.stdout.lines().next().unwrap();
    assert!(first.starts_with("server-flow-agent is not here: there is no agent on the disk at /"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("on this machine"), "{}", ran.stdout);
    assert_eq!(ran.code, 1);
}

/// A file system of its own is not mounted with the disk: what systemd said of the node on it is no second fault.
#[test]
fn a_node_that_is_not_on_the_disk_is_one_fault() {
    let top = tempfile::tempdir().unwrap();
    disk(top.path());
    let unit = UNIT.replace("/usr/bin/node", "/opt/n/node");
    fs::write(top.path().join(UNITS).join("server-flow-agent.service"), unit).unwrap();
    let ran = run(top.path(), &["doctor", "--root", "disk", "--no-config", "--json"]);
    assert!(ran.stdout.contains("\"executable-missing\""), "{}", ran.stdout);
    assert!(!ran.stdout.contains("\"permission-denied\""), "{}", ran.stdout);
}
