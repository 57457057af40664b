//! What an input may cost: what is asked of each of many things is looked up once for all of them.

use crate::program::run;
use std::fs;
use std::time::{Duration, Instant};

/// A minute and more where each line was looked for in the whole text, and each finding compared with all others.
const MOST: Duration = Duration::from_secs(20);

#[test]
fn thousands_of_dependencies_are_judged_in_the_time_of_thousands() {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<_> = (0..3000).map(|n| format!("\"d{n}\":\"workspace:*\"")).collect();
    let all = names.join(",");
    let package = format!(
        "{{\"name\":\"a\",\"version\":\"1.0.0\",\n\"dependencies\":{{{all}}},\n\"peerDependencies\":{{{all}}}}}"
    );
    fs::create_dir(folder.path().join("bundle")).unwrap();
    fs::write(folder.path().join("bundle/package.json"), package).unwrap();
    let started = Instant::now();
    let ran = run(folder.path(), &["check", "--json", "bundle"]);
    let took = started.elapsed();
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert_eq!(ran.stdout.matches("\"workspace-protocol\"").count(), 6_000);
    assert!(took < MOST, "{took:?}");
}

/// A unit that nobody would read is not read either, and that is said.
#[test]
fn drop_ins_without_end_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let units = folder.path().join("etc/systemd/system");
    fs::create_dir_all(units.join("server-flow-agent.service.d")).unwrap();
    let unit = "[Service]\nExecStart=/usr/bin/node dist/index.js\n";
    fs::write(units.join("server-flow-agent.service"), unit).unwrap();
    let large = format!("[Service]\n#{}\n", "x".repeat(900_000));
    for (count, refused) in [(2, false), (6, true)] {
        for n in 0..count {
            fs::write(units.join(format!("server-flow-agent.service.d/{n}.conf")), &large).unwrap();
        }
        let ran = run(folder.path(), &["doctor", "--root", "."]);
        // The report breaks its lines.
        let said = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(said.contains("there is more than is read of one"), refused, "{count}: {}", ran.stdout);
    }
}

/// Each line is looked at more than once, and each secret's by a fix.
#[test]
fn a_unit_of_very_many_lines_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let units = folder.path().join("etc/systemd/system");
    fs::create_dir_all(&units).unwrap();
    let secrets = (0..20_000).map(|n| format!("Environment=TOKEN_{n}=q7XfR2mPz9LwKd41{n}\n")).collect::<String>();
    for (name, lines, refused) in [
        ("secrets", secrets, true),
        ("short lines", "A=\n".repeat(300_000), true),
        ("some", "A=\n".repeat(1000), false),
    ] {
        let unit = format!("[Service]\nExecStart=/usr/bin/node dist/index.js\n{lines}");
        fs::write(units.join("server-flow-agent.service"), unit).unwrap();
        let started = Instant::now();
        let ran = run(folder.path(), &["doctor", "--root", "."]);
        let said = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(said.contains("there is more than is read of one"), refused, "{name}: {}", ran.stdout);
        assert!(started.elapsed() < MOST, "{name}: {:?}", started.elapsed());
    }
}
