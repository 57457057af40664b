//! `doctor --capture`, `doctor --from` and `report`, as a user types them.

use crate::program::{Run, run, run_in};
use crate::schemas::{assert_valid, schema};
use crate::tree::Fixture;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

/// A folder with a server's disk in it: a unit of the old layout, and a flat bundle.
fn server() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    for place in ["etc/systemd/system", "root/.server-flow/agent-bundle"] {
        fs::create_dir_all(root.join(place)).unwrap();
    }
    fs::write(root.join("etc/os-release"), "PRETTY_NAME=\"Debian GNU/Linux 12\"\n").unwrap();
    fs::write(root.join("etc/hostname"), "web1\n").unwrap();
    fs::write(root.join("etc/passwd"), "root:x:0:0:root:/root:/bin/bash\n").unwrap();
    let unit = "[Service]\nWorkingDirectory=/root/.server-flow/agent-bundle/apps/agent\n\
        ExecStart=/usr/bin/node dist/index.js --token tok_8Jx2mQ9vLr4TzW1a --url http://cp.example:4000\n";
    fs::write(root.join("etc/systemd/system/server-flow-agent.service"), unit).unwrap();
    let flat = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/base/flat.tree");
    Fixture::load(&flat).directory(&root.join("root/.server-flow/agent-bundle"));
    folder
}

fn captured(folder: &Path) -> Run {
    let args = ["doctor", "--no-config", "--root", "root", "--capture", "c.tar.gz", "--json"];
    let done = run(folder, &args);
    assert_eq!(done.code, 1, "{}", done.stderr);
    done
}

#[test]
fn a_capture_is_judged_elsewhere_byte_for_byte() {
    let folder = server();
    let done = captured(folder.path());
    assert!(done.stderr.contains("note: captured in c.tar.gz ("), "{}", done.stderr);
    assert_valid(&schema("docs/doctor.schema.json"), &done.stdout, "captured");
    let mode = fs::metadata(folder.path().join("c.tar.gz")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    fs::remove_dir_all(folder.path().join("root")).unwrap();
    for args in [&["doctor", "--from", "c.tar.gz", "--json"][..], &["report", "c.tar.gz", "--json"]] {
        let again = run(folder.path(), args);
        assert_eq!((again.code, &again.stdout), (1, &done.stdout), "{}", again.stderr);
    }
    assert!(done.stdout.contains("unit-nested-paths"), "{}", done.stdout);
    let human = run(folder.path(), &["doctor", "--from", "c.tar.gz"]);
    assert!(human.stdout.contains("cause: unit-nested-paths"), "{}", human.stdout);
    let allowed = run(folder.path(), &["doctor", "--from", "c.tar.gz", "-A", "unit-nested-paths", "-q"]);
    assert_ne!(allowed.stdout, human.stdout, "the reader's flags count");
}

/// As it is after somebody looked into it, and packed what was in it again.
#[test]
fn a_capture_that_was_packed_again_is_read() {
    let folder = server();
    let done = captured(folder.path());
    fs::create_dir(folder.path().join("open")).unwrap();
    for args in ["-xzf c.tar.gz -C open", "-czf again.tar.gz -C open ."] {
        assert!(Command::new("tar").args(args.split(' ')).current_dir(folder.path()).status().unwrap().success());
    }
    let again = run(folder.path(), &["report", "again.tar.gz", "--json"]);
    assert_eq!((again.code, &again.stdout), (1, &done.stdout), "{}", again.stderr);
}

/// What a capture says of itself is compared with what is concluded now.
#[test]
fn what_is_concluded_in_another_way_is_told() {
    let folder = server();
    captured(folder.path());
    let earlier = |change: &dyn Fn(&mut Value)| {
        let whole = fs::read(folder.path().join("c.tar.gz")).unwrap();
        let mut old = tar::Archive::new(flate2::read::MultiGzDecoder::new(whole.as_slice()));
        let mut made = tar::Builder::new(flate2_of());
        for entry in old.entries().unwrap() {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().into_owned();
            let mut text = String::new();
            std::io::Read::read_to_string(&mut entry, &mut text).unwrap();
            if path == Path::new("report.json") {
                let mut report: Value = serde_json::from_str(&text).unwrap();
                change(&mut report);
                text = report.to_string();
            }
            if path == Path::new("capture.json") {
                text = text.replace(env!("CARGO_PKG_VERSION"), "0.0.7");
            }
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            made.append_data(&mut header, path, text.as_bytes()).unwrap();
        }
        fs::write(folder.path().join("old.tar.gz"), made.into_inner().unwrap().finish().unwrap()).unwrap();
        let json = run(folder.path(), &["doctor", "--from", "old.tar.gz", "--json"]);
        assert_eq!(json.code, 1, "{}", json.stderr);
        let human = run(folder.path(), &["report", "old.tar.gz"]);
        let note = serde_json::from_str::<Value>(&json.stdout).unwrap()["capture"].take();
        assert_eq!(note["made_by"], json!("0.0.7"));
        (note["changed"].clone(), human.stdout.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    assert_eq!(earlier(&|_| ()).0, json!([]));
    let (changed, last) = earlier(&|report| {
        report["verdict"] = json!("healthy");
        report["diagnoses"][0]["cause"] = json!("cause-of-yesterday");
    });
    let told = [
        "the verdict was healthy, and is broken",
        "unit-nested-paths was not named before",
        "cause-of-yesterday is not named any more",
    ];
    assert_eq!(changed, json!(told));
    assert!(told.iter().all(|one| last.contains(one)) && last.contains("0.0.7"), "{last}");
    // A report in a form that this version does not know is compared with nothing.
    assert_eq!(earlier(&|report| *report = json!({"later": true})).0, json!([]));
}

#[test]
fn a_verdict_that_nothing_explains_decides() {
    let folder = server();
    let done = captured(folder.path());
    let allowed = run(folder.path(), &["doctor", "--from", "c.tar.gz", "-A", "all", "--json"]);
    let mut document: Value = serde_json::from_str(&allowed.stdout).unwrap();
    assert_eq!((allowed.code, &document["diagnoses"]), (3, &json!([])), "{}", allowed.stderr);
    assert!(document["allowed"].as_array().unwrap().contains(&json!("unit-nested-paths")), "{}", document["allowed"]);
    assert_eq!(serde_json::from_str::<Value>(&done.stdout).unwrap()["allowed"], json!([]));
    for (verdict, names, flags, code) in [
        ("broken", json!(["unit-nested-paths"]), [].as_slice(), 0),
        ("broken", json!([]), &[], 1),
        ("broken", json!([]), &["--fail-on", "never"], 0),
        ("degraded", json!([]), &[], 0),
        ("degraded", json!([]), &["--fail-on", "warning"], 1),
        ("inconclusive", json!([]), &[], 3),
        ("healthy", json!([]), &["--fail-on", "info"], 0),
    ] {
        document["verdict"] = json!(verdict);
        document["allowed"] = names;
        fs::write(folder.path().join("r.json"), document.to_string()).unwrap();
        let args = [&["report", "r.json", "-q"], flags].concat();
        let told = run(folder.path(), &args);
        assert_eq!(told.code, code, "{verdict} {flags:?}: {}", told.stderr);
        let fleet = run(folder.path(), &[&["report", "r.json", "r.json", "-q"], flags].concat());
        assert_eq!(fleet.code, code, "{verdict} {flags:?}, as a fleet: {}", fleet.stderr);
    }
    document["verdict"] = json!("broken");
    document.as_object_mut().unwrap().remove("allowed");
    fs::write(folder.path().join("r.json"), document.to_string()).unwrap();
    assert_eq!(run(folder.path(), &["report", "r.json"]).code, 1, "saved by an earlier version");
}

#[test]
fn a_saved_report_has_every_format_and_its_exit_code() {
    let folder = server();
    let done = captured(folder.path());
    fs::write(folder.path().join("r.json"), &done.stdout).unwrap();
    for format in ["human", "json", "sarif", "junit", "github", "html", "markdown", "prometheus"] {
        let (of_capture, of_json) =
            (["c.tar.gz", "r.json"].map(|file| run(folder.path(), &["report", file, "--format", format]))).into();
        assert_eq!((of_capture.code, of_json.code), (1, 1), "{format}: {}", of_json.stderr);
        assert!(!of_json.stdout.is_empty() && !of_json.stdout.contains("tok_8Jx2mQ9vLr4TzW1a"), "{format}");
        // A document's times are whole seconds, a capture's are as the server's clock had them.
        let shown =
            |text: &str| if format == "prometheus" { text.lines().count().to_string() } else { text.to_owned() };
        assert_eq!(shown(&of_capture.stdout), shown(&of_json.stdout), "{format}");
    }
    let piped = run_in(folder.path(), &["report", "-", "--json"], &[], done.stdout.as_bytes());
    assert_eq!((piped.code, &piped.stdout), (1, &done.stdout));
}

#[test]
fn reports_of_bundles_are_rendered_again() {
    let folder = tempfile::tempdir().unwrap();
    let fixture = |name: &str| Fixture::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name));
    fs::write(folder.path().join("a.tar.gz"), fixture("try/linked-on-windows.tree").archive()).unwrap();
    fs::write(folder.path().join("b.tar.gz"), fixture("base/survivor.tree").archive()).unwrap();
    for (name, args, code, formats) in [
        ("bad", vec!["check", "a.tar.gz"], 1, vec!["human", "json", "sarif", "junit", "github", "html", "markdown"]),
        ("good", vec!["check", "b.tar.gz"], 0, vec!["human", "json", "sarif", "junit", "github", "html", "markdown"]),
        ("diff", vec!["diff", "--text", "a.tar.gz", "b.tar.gz"], 1, vec!["human", "json", "html", "markdown"]),
        ("same", vec!["diff", "b.tar.gz", "b.tar.gz"], 0, vec!["human", "json"]),
        ("none", vec!["check", "absent.tar.gz"], 2, vec!["json", "sarif", "junit", "github", "html", "markdown"]),
    ] {
        let saved = run(folder.path(), &[&args[..], &["--json", "--no-config"]].concat());
        let file = format!("{name}.json");
        fs::write(folder.path().join(&file), &saved.stdout).unwrap();
        for format in formats {
            let own = run(folder.path(), &[&args[..], &["--no-config", "--format", format]].concat());
            let again = run(folder.path(), &["report", &file, "--format", format]);
            assert_eq!((own.code, again.code), (code, code), "{name} {format}: {}", again.stderr);
            assert_eq!(own.stdout, again.stdout, "{name} {format}");
        }
    }
    let refused = run(folder.path(), &["report", "same.json", "--format", "junit"]);
    assert!(refused.code == 2 && refused.stderr.contains("`diff` is not written in that format"), "{}", refused.stderr);
}

/// What is saved of `repair`, `update`, `release` and `rehearse` is rendered in every format that can hold it.
#[test]
fn reports_of_transactions_are_rendered_again() {
    let folder = tempfile::tempdir().unwrap();
    let tool = json!({"name": "bundle-doctor", "version": env!("CARGO_PKG_VERSION")});
    let step = json!({"what": "write the <b>unit</b>", "path": "/etc/systemd/system/a.service", "replaces": "the old one",
        "undone": "put back"});
    for (command, verdict, health, code) in [
        ("repair", "repaired", json!("healthy"), 0),
        ("repair", "nothing-to-do", json!("inconclusive"), 3),
        ("repair", "not-repaired", json!("broken"), 1),
        ("repair", "stuck", Value::Null, 1),
        ("repair", "declined", Value::Null, 1),
        ("repair", "planned", Value::Null, 0),
        ("update", "updated", json!("healthy"), 0),
        ("update", "not-updated", json!("healthy"), 1),
        ("update", "moved", Value::Null, 0),
        ("update", "undone", json!("healthy"), 0),
    ] {
        let mut document = json!({"schema_version": 1, "tool": tool, "command": command, "verdict": verdict,
            "unit": "a.service", "plan": [step], "health": health, "why": ["it said <script>\u{1b}[31m"], "kept": ["/a/kept"]});
        let more = if command == "repair" {
            json!({"causes": ["disk-full"]})
        } else {
            json!({"from": "1.0.0", "to": "1.1.0"})
        };
        document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fs::write(folder.path().join("r.json"), document.to_string()).unwrap();
        for format in ["human", "json", "html", "markdown"] {
            let told = run(folder.path(), &["report", "r.json", "--format", format]);
            assert_eq!(told.code, code, "{command} {verdict} {format}: {}", told.stderr);
            for words in ["/a/kept", "/etc/systemd/system/a.service"] {
                let plain = told.stdout.replace(['\\', '\n'], "").replace("<wbr>", "");
                assert!(plain.contains(words), "{command} {verdict} {format}: {}", told.stdout);
            }
            let is_page = format == "html" || format == "markdown";
            assert!(!told.stdout.contains('\u{1b}'), "{format}");
            assert!(!is_page || !told.stdout.contains("<script>\\x1b"), "{format}");
            if format == "json" {
                assert_valid(&schema(&format!("docs/{command}.schema.json")), &told.stdout, verdict);
                let again: Value = serde_json::from_str(&told.stdout).unwrap();
                document["why"] = json!(["it said <script>\\x1b[31m"]);
                assert_eq!(again, document);
            }
        }
        let refused = run(folder.path(), &["report", "r.json", "--format", "sarif"]);
        let said = format!("`{command}` is not written in that format");
        assert!(refused.code == 2 && refused.stderr.contains(&said), "{}", refused.stderr);
    }
    let odd = json!({"schema_version": 1, "tool": tool, "command": "repair", "verdict": "mended"});
    fs::write(folder.path().join("r.json"), odd.to_string()).unwrap();
    let refused = run(folder.path(), &["report", "r.json"]);
    assert!(refused.code == 2 && refused.stderr.contains("`mended` is no verdict of `repair`"), "{}", refused.stderr);
}

#[test]
fn reports_of_releases_are_rendered_again() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("repo/apps/agent")).unwrap();
    let args = ["release", "repo", "--no-config"];
    let saved = run(folder.path(), &[&args[..], &["--json"]].concat());
    assert!(saved.code < 2, "{}", saved.stderr);
    fs::write(folder.path().join("r.json"), &saved.stdout).unwrap();
    for format in ["human", "json", "junit", "github", "html", "markdown"] {
        let own = run(folder.path(), &[&args[..], &["--format", format]].concat());
        let again = run(folder.path(), &["report", "r.json", "--format", format]);
        assert_eq!((own.code, own.stdout), (again.code, again.stdout), "{format}: {}", again.stderr);
    }
}

#[test]
fn many_servers_are_one_report() {
    let folder = server();
    let done = captured(folder.path());
    let fleet = folder.path().join("fleet");
    fs::create_dir(&fleet).unwrap();
    let mut document: Value = serde_json::from_str(&done.stdout).unwrap();
    for number in 0..30 {
        document["host"]["hostname"] = json!(format!("web{number}"));
        fs::write(fleet.join(format!("{number}.json")), document.to_string()).unwrap();
    }
    document["verdict"] = json!("healthy");
    document["diagnoses"] = json!([]);
    document["host"]["hostname"] = Value::Null;
    fs::write(fleet.join("calm.json"), document.to_string()).unwrap();
    fs::copy(folder.path().join("c.tar.gz"), fleet.join("captured.tar.gz")).unwrap();
    fs::write(fleet.join("empty.json"), "").unwrap();
    fs::write(fleet.join("ignored.txt"), "x").unwrap();
    let stub = json!({"schema_version": 1, "tool": {"name": "ansible", "version": "2"}, "command": "doctor", "verdict": "error",
        "error": {"message": "unreachable: no route", "path": null, "help": null}, "host": {"hostname": "web99"}});
    fs::write(fleet.join("stub.json"), stub.to_string()).unwrap();
    let told = run(folder.path(), &["report", "fleet", "--json"]);
    assert_eq!(told.code, 1, "{}", told.stderr);
    assert_valid(&schema("docs/report.schema.json"), &told.stdout, "fleet");
    let report: Value = serde_json::from_str(&told.stdout).unwrap();
    let counts = json!({"healthy": 1, "degraded": 0, "broken": 30, "inconclusive": 0, "not_reached": 2});
    assert_eq!((&report["verdicts"], &report["servers"], &report["older"]), (&counts, &json!(33), &json!(1)));
    assert_eq!(report["groups"][0]["servers"], json!(30));
    assert_eq!(report["groups"][0]["names"].as_array().unwrap().len(), 10);
    assert_eq!(report["not_reached"][1], json!({"name": "web99", "because": "unreachable: no route"}));
    let human = run(folder.path(), &["report", "fleet"]);
    assert!(
        human.stdout.starts_with(
            "33 servers: 30 broken, 2 not reached, 1 healthy\n1 older report of the same servers left out\n"
        ),
        "{}",
        human.stdout
    );
    assert!(human.stdout.contains("30 servers  broken: unit-nested-paths"), "{}", human.stdout);
    for (args, code) in [
        (vec!["report", "fleet/calm.json", "fleet/calm.json"], 0),
        (vec!["report", "fleet/calm.json", "fleet/stub.json"], 3),
        (vec!["report", "fleet", "--fail-on", "never"], 3),
        (vec!["report", "fleet", "--format", "sarif"], 2),
        (vec!["report", "root"], 2),
    ] {
        assert_eq!(run(folder.path(), &args).code, code, "{args:?}");
    }
}

/// Named by itself it is a mistake; among a folder's reports it must not keep the servers from being counted, nor be taken
/// for a newer report of one.
#[test]
fn reports_of_no_server_are_left_out_of_a_folder() {
    let folder = server();
    let done = captured(folder.path());
    let fleet = folder.path().join("fleet");
    fs::create_dir(&fleet).unwrap();
    fs::write(fleet.join("web.json"), &done.stdout).unwrap();
    let judged = run(folder.path(), &["check", "root/opt/agent-bundle", "--json", "--fail-on", "never"]);
    for number in 0..12 {
        fs::write(fleet.join(format!("check-{number:02}.json")), &judged.stdout).unwrap();
    }
    let other = json!({"schema_version": 1, "tool": {"name": "bundle-doctor", "version": "2"}, "command": "check", "verdict": "error",
        "error": {"message": "no such file", "path": null, "help": null}, "host": {"hostname": "web1", "at": "2099-01-01T00:00:00Z"}});
    fs::write(fleet.join("another.json"), other.to_string()).unwrap();
    let told = run(folder.path(), &["report", "fleet", "--json"]);
    assert_eq!(told.code, 1, "{}", told.stderr);
    assert_valid(&schema("docs/report.schema.json"), &told.stdout, "fleet");
    let report: Value = serde_json::from_str(&told.stdout).unwrap();
    let counts = (&report["servers"], &report["older"], &report["of_no_server"]);
    assert_eq!(counts, (&json!(1), &json!(0), &json!(13)), "{}", told.stdout);
    assert_eq!(report["of_no_server_names"].as_array().unwrap().len(), 10);
    let human = run(folder.path(), &["report", "fleet"]).stdout;
    assert!(human.contains("13 reports of no server left out: another.json, check-00.json, "), "{human}");
    let named = run(folder.path(), &["report", "fleet", "fleet/check-00.json"]);
    assert!(named.code == 2 && named.stderr.contains("check-00.json is no report of a server"), "{}", named.stderr);
}

#[test]
fn a_server_is_counted_once_by_its_newest_report() {
    let folder = server();
    let done = captured(folder.path());
    let mut document: Value = serde_json::from_str(&done.stdout).unwrap();
    let mut save = |name: &str, at: &str, version: &str| {
        document["host"]["at"] = json!(at);
        document["deployment"]["package"]["version"] = json!(version);
        fs::write(folder.path().join(name), document.to_string()).unwrap();
    };
    save("a.json", "2001-01-01T00:00:00Z", "1.0.0");
    save("b.json", "2099-01-01T00:00:00Z", "3.0.0");
    save("c.json", "2050-01-01T00:00:00Z", "2.0.0");
    save("d.json", "2099-01-01T00:00:00Z", "4.0.0");
    for names in
        [["a.json", "b.json", "c.json", "d.json", "c.tar.gz"], ["c.tar.gz", "c.json", "b.json", "d.json", "a.json"]]
    {
        let told = run(folder.path(), &[&["report", "--json"][..], &names].concat());
        let report: Value = serde_json::from_str(&told.stdout).unwrap();
        assert_eq!((&report["servers"], &report["older"]), (&json!(1), &json!(4)), "{}", told.stderr);
        assert_eq!(report["versions"], json!([{"version": "3.0.0", "servers": 1}]), "{names:?}");
    }
}

/// Servers that were made from one image give themselves one name; who looks after them has another for each.
#[test]
fn servers_of_one_hostname_are_told_apart_by_what_they_are_called() {
    let folder = server();
    let done = captured(folder.path());
    let mut document: Value = serde_json::from_str(&done.stdout).unwrap();
    for name in ["rack 1", "rack 2"] {
        document["host"]["name"] = json!(name);
        fs::write(folder.path().join(format!("{name}.json")), document.to_string()).unwrap();
    }
    let alone = run(folder.path(), &["report", "--json", "rack 1.json"]);
    let again: Value = serde_json::from_str(&alone.stdout).unwrap();
    assert_valid(&schema("docs/doctor.schema.json"), &alone.stdout, "a report with a name");
    assert_eq!(again["host"]["name"], json!("rack 1"));
    let gone = json!({"schema_version": 1, "tool": {"name": "x", "version": "1"}, "command": "doctor", "verdict": "error",
        "error": {"message": "not reached", "path": null, "help": null}, "host": {"name": "rack 3", "hostname": "web1"}});
    fs::write(folder.path().join("rack 3.json"), gone.to_string()).unwrap();
    let told = run(folder.path(), &["report", "--json", "rack 1.json", "rack 2.json", "rack 3.json"]);
    let report: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!((&report["servers"], &report["older"]), (&json!(3), &json!(0)), "{}", told.stderr);
    for name in ["rack 1", "rack 2", "rack 3"] {
        assert!(told.stdout.contains(name), "{}", told.stdout);
    }
}

/// A bundle of thousands of files, each with something wrong, makes no larger capture than others have.
#[test]
fn the_capture_of_a_large_bundle_is_small() {
    let folder = server();
    let bundle = folder.path().join("root/root/.server-flow/agent-bundle/dist");
    for number in 0..3000 {
        let file = bundle.join(format!("{number}.ts"));
        fs::write(&file, "x").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    }
    let done = captured(folder.path());
    let size = fs::metadata(folder.path().join("c.tar.gz")).unwrap().len();
    assert!(size < 100_000, "{size} bytes");
    let again = run(folder.path(), &["report", "c.tar.gz", "--json"]);
    assert_eq!(again.stdout, done.stdout);
}

#[test]
fn a_capture_is_redacted_once_more() {
    let folder = server();
    captured(folder.path());
    let args = [
        "report",
        "--redact",
        "cp\\.example",
        "--redact",
        "web[0-9]",
        "--capture",
        "clean.tar.gz",
        "c.tar.gz",
        "--json",
    ];
    let done = run(folder.path(), &args);
    assert_eq!(done.code, 1, "{}", done.stderr);
    assert!(!done.stdout.contains("cp.example") && !done.stdout.contains("web1"), "{}", done.stdout);
    let again = run(folder.path(), &["report", "clean.tar.gz", "--json"]);
    assert_eq!(again.stdout, done.stdout);
    for (args, said) in [
        (vec!["report", "c.tar.gz", "--redact", "(", "--capture", "x"], "`(` is no pattern"),
        (vec!["report", "c.tar.gz", "--redact", "", "--capture", "x"], "`` is no pattern"),
        (vec!["report", "c.tar.gz", "--redact", "x"], "--capture"),
    ] {
        let refused = run(folder.path(), &args);
        assert!(refused.code == 2 && refused.stderr.contains(said), "{args:?}: {}", refused.stderr);
    }
}

#[test]
fn what_is_no_report_is_refused_with_its_reason() {
    let folder = server();
    captured(folder.path());
    let at = |name: &str| folder.path().join(name);
    fs::write(at("words.json"), "hello").unwrap();
    fs::write(at("list.json"), "[]").unwrap();
    fs::write(at("empty.json"), "").unwrap();
    fs::write(at("later.json"), r#"{"schema_version":2,"command":"doctor","verdict":"broken"}"#).unwrap();
    fs::write(at("half.json"), r#"{"schema_version":1,"command":"doctor","verdict":"broken"}"#).unwrap();
    fs::write(at("other.json"), r#"{"schema_version":1,"command":"rules","verdict":"pass"}"#).unwrap();
    fs::write(at("deep.json"), "[".repeat(40_000)).unwrap();
    fs::create_dir(at("bundle")).unwrap();
    let checked = run(folder.path(), &["check", "--no-config", "--json", "bundle"]).stdout;
    for (name, field, value) in [
        ("variant.json", "/subjects/0/findings/0/severity", json!("grave")),
        ("nested.json", "/subjects/0/package", json!({"name": {}, "version": null})),
        ("number.json", "/summary/error", json!("x")),
        ("whole.json", "/subjects", json!({})),
    ] {
        let mut document: Value = serde_json::from_str(&checked).unwrap();
        *document.pointer_mut(field).unwrap() = value;
        fs::write(at(name), document.to_string()).unwrap();
    }
    let whole = fs::read(at("c.tar.gz")).unwrap();
    fs::write(at("cut.tar.gz"), &whole[..whole.len() / 2]).unwrap();
    let mut tar = tar::Builder::new(flate2_of());
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_size(0);
    tar.append_link(&mut header, "capture.json", "/etc/passwd").unwrap();
    fs::write(at("link.tar.gz"), tar.into_inner().unwrap().finish().unwrap()).unwrap();
    symlink("/dev/zero", at("device.json")).unwrap();
    fs::write(at("more.tar.gz"), [&whole[..], b"garbage"].concat()).unwrap();
    let about = r#"{"capture_version": 1,
"made_by": {"name": "bundle-doctor", "version": 7}}"#;
    for (name, parts) in [
        ("twice.tar.gz", [("capture.json", "{}"), ("capture.json", "{}")]),
        ("field.tar.gz", [("capture.json", about), ("answers.jsonl", "")]),
    ] {
        let mut tar = tar::Builder::new(flate2_of());
        for (part, text) in parts {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            tar.append_data(&mut header, part, text.as_bytes()).unwrap();
        }
        fs::write(at(name), tar.into_inner().unwrap().finish().unwrap()).unwrap();
    }
    for (name, part, number) in [("answer.tar.gz", "answers.jsonl", 3), ("bundle.tar.gz", "bundles.jsonl", 2)] {
        let mut old = tar::Archive::new(flate2::read::GzDecoder::new(whole.as_slice()));
        let mut tar = tar::Builder::new(flate2_of());
        for entry in old.entries().unwrap() {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().into_owned();
            let mut text = String::new();
            std::io::Read::read_to_string(&mut entry, &mut text).unwrap();
            if path == Path::new(part) {
                let mut lines: Vec<_> = text.lines().collect();
                lines.insert(number - 1, "{\"ask\": 1, \"path\": 1}");
                text = lines.join("\n");
            }
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            tar.append_data(&mut header, path, text.as_bytes()).unwrap();
        }
        fs::write(at(name), tar.into_inner().unwrap().finish().unwrap()).unwrap();
    }
    for (file, said) in [
        ("words.json", "it is neither JSON nor a capture"),
        ("list.json", "it is JSON, and no report"),
        ("empty.json", "it is empty"),
        ("later.json", "schema version 2"),
        ("half.json", "it is not as its schema has it: there is no `"),
        (
            "variant.json",
            "as its schema has it: `subjects[0].findings[0].severity`: found `grave`, expected one of `info`,",
        ),
        ("nested.json", "as its schema has it: `subjects[0].package.name`: found an object, expected a string"),
        ("number.json", "as its schema has it: `summary.error`: found string \"x\", expected a whole number"),
        ("whole.json", "as its schema has it: `subjects`: found an object, expected a list"),
        ("other.json", "a report of `rules`, which is not rendered again"),
        ("deep.json", "it is neither JSON nor a capture"),
        ("cut.tar.gz", "it is no capture"),
        ("link.tar.gz", "capture.json in it is not a plain file"),
        ("device.json", "it is not a regular file"),
        ("more.tar.gz", "behind the capture, which is whole, stand 7 bytes"),
        ("twice.tar.gz", "capture.json stands there twice"),
        ("field.tar.gz", "line 2, column"),
        ("field.tar.gz", "(`version`)"),
        ("answer.tar.gz", "answers.jsonl in it cannot be read: line 3, column"),
        ("bundle.tar.gz", "bundles.jsonl in it cannot be read: line 2, column"),
        ("absent.json", "No such file"),
    ] {
        let refused = run(folder.path(), &["report", file]);
        assert!(refused.code == 2 && refused.stderr.contains(said), "{file}: {}", refused.stderr);
    }
    let refused = run(folder.path(), &["doctor", "--from", "words.json"]);
    assert!(refused.code == 2 && refused.stderr.contains("doctor --capture"), "{}", refused.stderr);
    let refused = run(folder.path(), &["doctor", "--from", "c.tar.gz", "--root", "root"]);
    assert!(refused.code == 2 && refused.stderr.contains("cannot be used with"), "{}", refused.stderr);
}

fn flate2_of() -> flate2::write::GzEncoder<Vec<u8>> {
    flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast())
}
