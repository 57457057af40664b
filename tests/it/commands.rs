//! The command line: options, configuration, streams.

use crate::program::{run, run_in};
use crate::tree::Fixture;
use serde_json::Value;
use std::fs;
use std::path::Path;

fn fixture(path: &str) -> Fixture {
    Fixture::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path))
}

fn folder_with(archive: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.tar.gz"), fixture(archive).archive()).unwrap();
    folder
}

fn json(folder: &Path, args: &[&str]) -> Value {
    let done = run(folder, &[args, &["--json"]].concat());
    serde_json::from_str(&done.stdout).unwrap_or_else(|error| panic!("{error}: {} {}", done.stdout, done.stderr))
}

fn broken() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.tar.gz"), fixture("try/linked-on-windows.tree").archive()).unwrap();
    folder
}

#[test]
fn stdin_is_an_archive_plain_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let good = fixture("base/survivor.tree");
    let done = run_in(folder.path(), &["check", "-"], &[], &good.archive());
    assert_eq!((done.code, done.stderr.as_str()), (0, ""));
    assert!(done.stdout.starts_with("-  accepted\n"), "{}", done.stdout);
    let plain = fixture("rules/archive-unreadable/good-plain-tar.tree").archive();
    assert_eq!(run_in(folder.path(), &["check", "-"], &[], &plain).code, 0);
    assert_eq!(run_in(folder.path(), &["check", "-"], &[], b"").code, 1, "an empty stdin is judged");
}

/// A file is read once more where a manifest or a path that comes twice asks for digests; a pipe passes once.
#[test]
fn a_file_and_a_pipe_are_judged_alike() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rules");
    let mut compared = 0;
    for rule in ["archive-ambiguous", "archive-too-large", "foreign-owner"] {
        for file in fs::read_dir(fixtures.join(rule)).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            if !name.ends_with(".tree") {
                continue;
            }
            let archive = fixture(&format!("rules/{rule}/{name}")).archive();
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("a.tar.gz"), &archive).unwrap();
            let words = ["--json", "--no-config"];
            let findings = |done: crate::program::Run| -> Value {
                let report: Value = serde_json::from_str(&done.stdout).unwrap();
                let said = report["subjects"][0]["findings"].to_string();
                serde_json::json!([done.code, said, report["subjects"][0]["unpacked_size"]])
            };
            let path = findings(run(folder.path(), &[&["check", "a.tar.gz"], &words[..]].concat()));
            let pipe = findings(run_in(folder.path(), &[&["check", "-"], &words[..]].concat(), &[], &archive));
            assert_eq!(path, pipe, "{rule}/{name}");
            compared += 1;
        }
    }
    assert!(compared > 60, "{compared}");
}

#[test]
fn flags_change_severities_and_the_last_one_decides() {
    let folder = broken();
    // Behind the link there is nothing, which follows from it only while the link itself stands.
    let ids = "shared-package-linked shared-entry-missing shared-package-json-invalid workspace-link \
               workspace-protocol foreign-owner world-writable";
    let allow_all: Vec<_> = ids.split(' ').flat_map(|id| ["-A", id]).collect();
    let check = |flags: &[&str]| run(folder.path(), &[&["check", "a.tar.gz"][..], flags].concat()).code;
    assert_eq!(check(&[]), 1);
    assert_eq!(check(&allow_all), 0);
    assert_eq!(check(&["-W", "all"]), 0);
    assert_eq!(check(&["-W", "all", "-D", "workspace-link"]), 1);
    assert_eq!(check(&["-D", "workspace-link", "-W", "all"]), 0);
    assert_eq!(check(&["-A", "all"]), 0);
    assert_eq!(check(&["-W", "all", "--fail-on", "warning"]), 1);
    let report = json(folder.path(), &["check", "a.tar.gz", "-A", "all"]);
    assert_eq!(report["summary"]["error"], 0);
    assert!(report["summary"]["allowed"].as_u64().unwrap() > 3, "{report}");
    assert_eq!(report["subjects"][0]["findings"], Value::Array(Vec::new()));
    assert_eq!(report["subjects"][0]["allowed"][0]["reason"], "allowed by --allow");
}

#[test]
fn a_finding_made_harmless_explains_no_error_away() {
    let folder = folder_with("base/nested.tree");
    let check = |flags: &[&str]| json(folder.path(), &[&["check", "a.tar.gz"][..], flags].concat());
    assert_eq!(check(&[])["summary"]["error"], 1, "the old layout explains what is missing at the root");
    for flags in [&["-W", "nested-layout"][..], &["-A", "nested-layout"]] {
        let report = check(flags);
        assert_eq!(report["verdict"], "fail", "{flags:?}");
        let rules: Vec<_> =
            report["subjects"][0]["findings"].as_array().unwrap().iter().map(|finding| &finding["rule"]).collect();
        assert!(rules.iter().any(|rule| *rule == "entry-point-missing"), "{flags:?}: {rules:?}");
    }
}

#[test]
fn an_unknown_rule_is_wrong_usage_and_the_nearest_is_named() {
    let folder = broken();
    let done = run(folder.path(), &["check", "a.tar.gz", "-A", "nested-layuot"]);
    assert_eq!(done.code, 2);
    assert!(done.stderr.contains("did you mean `nested-layout`?"), "{}", done.stderr);
    assert_eq!(run(folder.path(), &["explain", "nestedness"]).code, 2);
}

#[test]
fn the_configuration_is_found_upwards_and_can_be_left_out() {
    let folder = broken();
    let inner = folder.path().join("a/b");
    fs::create_dir_all(&inner).unwrap();
    let levels = "[rules]\nshared-package-linked = \"warning\"\nshared-entry-missing = \"warning\"\nshared-package-json-invalid = \"warning\"\nworkspace-protocol = \"info\"\nworkspace-link = \"warning\"\n";
    fs::write(folder.path().join("bundle-doctor.toml"), levels).unwrap();
    assert_eq!(run(&inner, &["check", "../../a.tar.gz"]).code, 0);
    assert_eq!(run(&inner, &["check", "../../a.tar.gz", "--no-config"]).code, 1);
    assert_eq!(run(&inner, &["check", "../../a.tar.gz", "-D", "workspace-link"]).code, 1, "a flag wins");
    fs::write(inner.join("other.toml"), "").unwrap();
    assert_eq!(run(&inner, &["check", "../../a.tar.gz", "--config", "other.toml"]).code, 1);
    fs::write(inner.join("other.toml"), "[bundle]\nentrypoint = \"x\"\n").unwrap();
    let wrong = run(&inner, &["check", "../../a.tar.gz", "--config", "other.toml"]);
    assert_eq!(wrong.code, 2);
    for words in ["other.toml", "line 2", "unknown field `entrypoint`", "did you mean `entry`?"] {
        assert!(wrong.stderr.contains(words), "{words}: {}", wrong.stderr);
    }
}

#[test]
fn allowances_need_a_reason_and_tell_when_they_match_nothing() {
    let folder = broken();
    let allow = "[[allow]]\nrule = \"workspace-link\"\npath = \"node_modules/*\"\nreason = \"known\"\n\
                 [[allow]]\nrule = \"nested-layout\"\nreason = \"never there\"\n";
    fs::write(folder.path().join("bundle-doctor.toml"), allow).unwrap();
    let report = json(folder.path(), &["check", "a.tar.gz"]);
    assert_eq!(report["subjects"][0]["allowed"][0]["rule"], "workspace-link");
    assert_eq!(report["subjects"][0]["allowed"][0]["reason"], "known");
    assert!(report["notes"][0].as_str().unwrap().contains("`nested-layout`"), "{report}");
    let human = run(folder.path(), &["check", "a.tar.gz"]);
    assert!(human.stderr.starts_with("note: the allowance of `nested-layout` matched nothing"), "{}", human.stderr);
}

#[test]
fn names_come_from_the_configuration() {
    let folder = folder_with("base/survivor.tree");
    fs::write(
        folder.path().join("bundle-doctor.toml"),
        "[bundle]\nentry = \"dist/main.js\"\nrequired-dependencies = [\"ws\", \"express\"]\n",
    )
    .unwrap();
    let report = json(folder.path(), &["check", "a.tar.gz"]);
    let found: Vec<_> = report["subjects"][0]["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| (finding["rule"].as_str().unwrap(), finding["path"].as_str().unwrap()))
        .collect();
    assert_eq!(found, [("entry-point-missing", "dist/main.js"), ("runtime-dependency-missing", "package.json")]);
}

#[test]
fn limits_are_options_and_settings() {
    let folder = folder_with("base/survivor.tree");
    let rule = |args: &[&str]| {
        json(folder.path(), &[&["check", "a.tar.gz"][..], args].concat())["subjects"][0]["findings"][0]["rule"].clone()
    };
    assert_eq!(rule(&["--max-entries", "3"]), "archive-too-large");
    assert_eq!(rule(&["--max-size", "1kB"]), "archive-too-large");
    assert_eq!(rule(&["--max-depth", "2"]), "archive-too-large");
    assert_eq!(rule(&[]), Value::Null);
    fs::write(folder.path().join("bundle-doctor.toml"), "[limits]\nmax-entries = 3\n").unwrap();
    assert_eq!(rule(&[]), "archive-too-large");
    assert_eq!(rule(&["--max-entries", "100"]), Value::Null, "a flag wins");
    assert_eq!(run(folder.path(), &["check", "a.tar.gz", "--max-size", "lots"]).code, 2);
}

#[test]
fn the_report_goes_to_a_file_whole_or_not_at_all() {
    let folder = broken();
    let done = run(folder.path(), &["check", "a.tar.gz", "-o", "report.json", "--json"]);
    assert_eq!((done.code, done.stdout.as_str()), (1, ""));
    let report: Value = serde_json::from_str(&fs::read_to_string(folder.path().join("report.json")).unwrap()).unwrap();
    assert_eq!(report["verdict"], "fail");
    let done = run(folder.path(), &["check", "a.tar.gz", "-o", "absent/report.json"]);
    assert_eq!(done.code, 2);
    assert!(done.stderr.contains("absent/report.json"), "{}", done.stderr);
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn quiet_and_verbose() {
    let folder = broken();
    let quiet = run(folder.path(), &["check", "a.tar.gz", "-q"]);
    assert_eq!((quiet.code, quiet.stdout.as_str()), (1, "a.tar.gz  refused\n"));
    let verbose = run(folder.path(), &["check", "a.tar.gz", "-v", "-A", "workspace-link"]);
    assert!(
        verbose.stdout.contains("  allowed: workspace-link in node_modules/fastify: allowed by --allow"),
        "{}",
        verbose.stdout
    );
}

#[test]
fn the_manifest_is_sha256sums_and_nothing_of_a_refused_archive() {
    let folder = folder_with("base/flat.tree");
    let done = run(folder.path(), &["manifest", "a.tar.gz"]);
    assert_eq!((done.code, done.stderr.as_str()), (0, ""));
    insta::assert_snapshot!("manifest-flat", done.stdout);
    fs::create_dir(folder.path().join("d")).unwrap();
    fixture("base/flat.tree").directory(&folder.path().join("d"));
    assert_eq!(run(folder.path(), &["manifest", "d"]).stdout, done.stdout, "a directory gives the same");
    let document = json(folder.path(), &["manifest", "a.tar.gz"]);
    assert_eq!(document["files"].as_array().unwrap().len(), done.stdout.lines().count());
    let refused = folder_with("rules/archive-ambiguous/bad-duplicate-content.tree");
    let done = run(refused.path(), &["manifest", "a.tar.gz"]);
    assert_eq!((done.code, done.stdout.as_str()), (1, ""));
    assert!(done.stderr.contains("archive-ambiguous"), "{}", done.stderr);
}

#[test]
fn explain_prints_the_page_and_rules_lists_them_all() {
    let folder = tempfile::tempdir().unwrap();
    let human = run(folder.path(), &["rules"]);
    insta::assert_snapshot!("rules", human.stdout);
    let catalogue = json(folder.path(), &["rules"]);
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let page = |kind: &str, id: &str| std::fs::read_to_string(docs.join(kind).join(format!("{id}.md"))).ok();
    let pages = |kind| std::fs::read_dir(docs.join(kind)).unwrap().count();
    assert_eq!(
        catalogue["rules"].as_array().unwrap().len(),
        ["rules", "causes", "checklist"].map(pages).iter().sum::<usize>()
    );
    for entry in catalogue["rules"].as_array().unwrap() {
        let id = entry["id"].as_str().unwrap();
        let done = run(folder.path(), &["explain", id]);
        let pages: Vec<_> = ["rules", "causes", "checklist"].iter().filter_map(|kind| page(kind, id)).collect();
        assert_eq!((done.code, done.stdout.as_str()), (0, pages.join("\n").as_str()), "{id}");
    }
    let lost = run(folder.path(), &["explain", "dist-copyed"]);
    assert!(lost.code == 2 && lost.stderr.contains("did you mean `dist-copied`?"), "{}", lost.stderr);
}

#[test]
fn completions_and_the_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let done = run(folder.path(), &["completions", shell]);
        assert!(done.code == 0 && done.stdout.contains("bundle-doctor") && done.stdout.contains("fail-on"), "{shell}");
    }
    // What `man` takes are the commands.
    let bash = run(folder.path(), &["completions", "bash"]).stdout;
    let typed =
        "COMP_WORDS=(bundle-doctor man re) COMP_CWORD=2\n_bundle_doctor bundle-doctor re man\necho ${COMPREPLY[*]}";
    let script = format!("{bash}\n{typed}");
    let offered = std::process::Command::new("bash").args(["-c", &script]).output().unwrap();
    let mut names: Vec<_> = str::from_utf8(&offered.stdout).unwrap().split_whitespace().collect();
    names.sort_unstable();
    assert_eq!(names, ["rehearse", "release", "repair", "report"], "{offered:?}");
    let man = run(folder.path(), &["man"]);
    assert!(man.code == 0 && man.stdout.contains(".TH") && man.stdout.contains("manifest"), "{}", man.stdout);
    let lost = run(folder.path(), &["man", "docter"]);
    assert!(lost.code == 2 && lost.stderr.contains("did you mean `doctor`?"), "{}", lost.stderr);
    let version = run(folder.path(), &["--version"]).stdout;
    // In a release build the commit and its date follow.
    assert!(version.starts_with(concat!("bundle-doctor ", env!("CARGO_PKG_VERSION"))), "{version}");
    assert_eq!(version.lines().count(), 1);
    for words in [&["--version", "-v"][..], &["-vV"], &["check", "--version", "--verbose"]] {
        let more = run(folder.path(), words);
        let lines: Vec<_> = more.stdout.lines().skip(1).filter_map(|line| line.split(' ').next()).collect();
        assert_eq!((more.code, lines), (0, vec!["target", "formats", "node", "judges"]), "{words:?}: {}", more.stdout);
    }
}

#[test]
fn init_writes_a_configuration_that_changes_nothing_and_never_over_one_that_is_there() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bundle-doctor.toml");
    let done = run(folder.path(), &["init"]);
    assert_eq!((done.code, done.stdout.as_str()), (0, ""), "{}", done.stderr);
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(written.contains("#entry = \"dist/index.js\""), "{written}");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o133, 0);
    // It is read, and nothing differs.
    let (with, without) = (run(folder.path(), &["rules"]), run(folder.path(), &["rules", "--no-config"]));
    assert_eq!((with.code, with.stdout), (0, without.stdout));
    for (name, words) in [("file", "ours"), ("empty", "")] {
        std::fs::write(folder.path().join(name), words).unwrap();
    }
    symlink("nowhere", folder.path().join("link")).unwrap();
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    for args in [vec!["init"], vec!["init", "--json"]] {
        for name in ["bundle-doctor.toml", "file", "empty", "link", "folder"] {
            let done = run(folder.path(), &[args.as_slice(), &["-o", name]].concat());
            assert!(done.code == 2 && done.stderr.contains("is there already"), "{name}: {}", done.stderr);
        }
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), written);
    assert_eq!(std::fs::read_to_string(folder.path().join("file")).unwrap(), "ours");
    assert_eq!(std::fs::read_to_string(folder.path().join("empty")).unwrap(), "");
    assert!(!folder.path().join("nowhere").exists());
    let lost = run(folder.path(), &["init", "-o", "nowhere/a.toml"]);
    assert!(lost.code == 2 && lost.stderr.contains("cannot write nowhere/a.toml"), "{}", lost.stderr);
}

#[test]
fn the_configuration_in_effect_is_shown_with_where_it_is_from() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("bundle-doctor.toml"), "[limits]\nmax-ratio = 7\nmax-depth = 9\n").unwrap();
    let line = |args: &[&str], start: &str| {
        let done = run(folder.path(), args);
        assert_eq!(done.code, 0, "{args:?}: {}", done.stderr);
        let line = done.stdout.lines().find(|line| line.starts_with(start)).unwrap_or_default().to_owned();
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    for (args, start, wanted) in [
        (vec!["--show-config"], "max-ratio", "max-ratio = 7 # bundle-doctor.toml:2"),
        (vec!["check", "--show-config"], "max-depth", "max-depth = 9 # bundle-doctor.toml:3"),
        (vec!["check", "--show-config", "--max-ratio=5"], "max-ratio", "max-ratio = 5 # --max-ratio"),
        (vec!["check", "nowhere.tar", "--max-ratio", "5", "--show-config"], "max-ratio", "max-ratio = 5 # --max-ratio"),
        (vec!["check", "--require-signature", "--show-config"], "required =", "required = true # --require-signature"),
        (vec!["--show-config", "doctor", "-u", "a.service"], "unit", "unit = \"a.service\" # --unit"),
        (vec!["update", "--show-config", "--key", "a", "--key=b"], "keys", "keys = [\"a\", \"b\"] # --key"),
        // These mean something else.
        (vec!["check", "--unit", "f", "--show-config"], "unit", "unit = \"server-flow-agent.service\" # default"),
        (vec!["sign", "x", "--key", "k", "--show-config"], "keys", "keys = [] # default"),
        (
            vec!["--show-config", "--no-config"],
            "# there is no",
            "# there is no configuration file: all of it is as it is without one",
        ),
        (vec!["check", "-Dforeign-owner", "--show-config"], "foreign", "foreign-owner = \"error\" # --deny"),
        (vec!["keygen", "-o", "made", "--show-config"], "max-ratio", "max-ratio = 7 # bundle-doctor.toml:2"),
        (vec!["init", "--show-config"], "max-ratio", "max-ratio = 7 # bundle-doctor.toml:2"),
    ] {
        assert_eq!(line(&args, start), wanted, "{args:?}");
    }
    // Nothing was made, and what is wrong stays wrong.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    for args in [
        vec!["check", "--show-config", "--max-ratioo", "5"],
        vec!["check", "--show-config", "--max-ratio", "x"],
        vec!["chekc", "--show-config"],
        vec!["check", "--show-config", "--json"],
        vec!["check", "--show-config", "-D", "nested-layuot"],
        vec!["--show-config", "--config", "nowhere.toml"],
    ] {
        let done = run(folder.path(), &args);
        assert_eq!(done.code, 2, "{args:?}: {}{}", done.stdout, done.stderr);
        assert!(!done.stderr.is_empty() && !done.stdout.contains("max-ratio ="), "{args:?}: {}", done.stdout);
    }
    std::fs::write(folder.path().join("bundle-doctor.toml"), "[limits]\nmax-ratoi = 7\n").unwrap();
    let lost = run(folder.path(), &["--show-config"]);
    assert!(lost.code == 2 && lost.stderr.contains("line 2"), "{}", lost.stderr);
}

#[test]
fn every_command_has_a_page_of_the_manual() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man1");
    std::fs::create_dir(&pages).unwrap();
    assert_eq!(run(folder.path(), &["man", "--output-dir", "man1"]).code, 0);
    let help = run(folder.path(), &["--help"]).stdout;
    let listed = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let names = listed.lines().filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with(' '));
    let names: Vec<_> = names.filter_map(|line| line.split(' ').next()).filter(|name| *name != "help").collect();
    assert!(names.len() > 15, "{names:?}");
    assert_eq!(std::fs::read_dir(&pages).unwrap().count(), names.len() + 1);
    for (name, asked) in
        names.iter().map(|name| (format!("-{name}"), vec!["man", name])).chain([(String::new(), vec!["man"])])
    {
        let page = std::fs::read_to_string(pages.join(format!("bundle-doctor{name}.1"))).unwrap();
        for section in ["NAME", "SYNOPSIS", "OPTIONS", "\"EXIT STATUS\"", "ENVIRONMENT", "FILES", "EXAMPLES"] {
            assert_eq!(page.matches(&format!(".SH {section}\n")).count(), 1, "{name}: {section}\n{page}");
        }
        let title = format!("bundle-doctor{name}").to_uppercase().replace('-', "\\-");
        assert!(page.contains(&format!(".TH {title} 1 ")), "{name}: {page}");
        assert_eq!(run(folder.path(), &asked).stdout, page, "{name}");
    }
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let folder = folder_with("base/flat.tree");
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_bundle-doctor"))
        .args(["rules"])
        .current_dir(folder.path())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}
