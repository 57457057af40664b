//! Wrong usage, and what is asked for in a user's words: what is expected is said, and what was meant is found.

use crate::program::{Run, run, run_in};
use crate::schemas::{assert_valid, schema};
use crate::tree::Fixture;
use serde_json::Value;
use std::fs;
use std::path::Path;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let fixture = Fixture::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/base/survivor.tree"));
    fs::write(folder.path().join("agent-bundle.tar.gz"), fixture.archive()).unwrap();
    fs::create_dir(folder.path().join("bundle")).unwrap();
    fixture.directory(&folder.path().join("bundle"));
    folder
}

/// Every error says what to do, and none has a number of the system's in it.
#[test]
fn what_cannot_be_done_says_what_is_expected() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("rules.toml"), "# ours\n[rules]\nforeign-owner = \"allow\"\nnested-layuot = \"error\"\n").unwrap();
    fs::write(at("plain"), "x").unwrap();
    let cases: &[(&[&str], &[&str])] = &[
        (&["doctor", "--since", "yesterdayy"], &["expected a time such as `yesterday`", "did you mean `yesterday`?"]),
        (&["doctor", "--lines", "x"], &["expected a whole number from 1 to 100000"]),
        (&["doctor", "--lines", "-3"], &["expected a whole number from 1 to 100000"]),
        (&["doctor", "--wait", "abc"], &["expected a time such as `15s`"]),
        (&["doctor", "--wait", "-1"], &["expected a time such as `15s`"]),
        (&["rehearse", "--hold", "-1", "bundle"], &["expected a whole number from 0"]),
        (&["explain", "shraed"], &["did you mean `shared`?"]),
        (&["check", "--expect-version", "abc", "bundle"], &["expected a version such as 0.1.27"]),
        (&["check", "--newer-than", "v1.2.3", "bundle"], &["without the `v` it is 1.2.3"]),
        (&["verify", "--newer-than", "1", "bundle"], &["expected a version such as 0.1.27: three numbers"]),
        (&["check", "--max-entries", "many", "bundle"], &["expected a whole number"]),
        (
            &["check", "http://cp.example/agent-bundle.tar.gz"],
            &["curl -fsSL -- http://cp.example/agent-bundle.tar.gz | bundle-doctor check -"],
        ),
        (&["manifest", "https://cp.example/a"], &["| bundle-doctor manifest -"]),
        (&["sign", "--key", "x", "https://cp.example/a"], &["addresses are not fetched"]),
        (&["check", "agent-bundel.tar.gz"], &["did you mean agent-bundle.tar.gz?"]),
        (&["check", "nowhere/agent-bundle.tar.gz"], &["there is no nowhere"]),
        (&["check", "bundel/dist"], &["did you mean bundle/dist?"]),
        (&["diff", "agent-bundle.tar.gz", "bundel"], &["did you mean bundle?"]),
        (&["check", "zzz"], &["give the path of an archive or of a bundle's folder, or `-` for stdin"]),
        (&["check", "--config", "rules.toml", "bundle"], &["rules.toml: line 4", "did you mean `nested-layout`?"]),
        (&["check", "--config", "rule.toml", "bundle"], &["did you mean rules.toml?"]),
        (
            &["check", "--signature", "gone.minisig", "bundle"],
            &["get the signature from where the bundle was released"],
        ),
        (&["check", "--unit", "gone.service", "bundle"], &["give the unit's file"]),
        (&["check", "--key", "gone.pem", "bundle"], &["give the path of a public key"]),
        (&["sign", "--key", "gone.key", "bundle"], &["`bundle-doctor keygen -o NAME` makes one"]),
        (&["keygen", "-o", "new", "--passphrase-file", "gone"], &["write the passphrase into it"]),
        (&["keygen", "-o", "nowhere/new", "--no-passphrase"], &["mkdir -p -- nowhere"]),
        (&["check", "bundle", "-o", "nowhere/report"], &["mkdir -p -- nowhere"]),
        (&["check", "bundle", "-o", "/proc/report"], &["takes no new files"]),
        (&["check", "bundle", "-o", "/nowhere/at/all/report"], &["mkdir -p -- /nowhere/at/all"]),
        (&["check", "bundle", "-o", "bundle"], &["it is a folder: give the name of a file in it"]),
        (&["pack", "bundle", "-o", "nowhere/a.tar.gz"], &["make the folder, or name another with -o"]),
        (&["pack", "bundel", "-o", "a.tar.gz"], &["did you mean bundle?"]),
        (&["rehearse", "bundel"], &["did you mean bundle?"]),
        (&["release", "gone"], &["give the repository's root"]),
        (&["doctor", "--root", "bundel"], &["did you mean bundle?"]),
        (&["check", "plain/x"], &["give the path"]),
    ];
    for (args, words) in cases {
        let Run { code, stderr, .. } = run(folder.path(), args);
        assert_eq!(code, 2, "{args:?}: {stderr}");
        assert!(!stderr.contains("os error"), "{args:?}: {stderr}");
        for words in *words {
            assert!(stderr.contains(words), "{args:?}: {words}: {stderr}");
        }
        if args.starts_with(&["check", "bundle", "-o"]) {
            // The document would go where nothing can be written.
            continue;
        }
        let document = run(folder.path(), &[args, &["--json"][..]].concat()).stdout;
        let document: Value = serde_json::from_str(&document).unwrap_or_else(|error| panic!("{args:?}: {error}"));
        assert!(document["error"]["help"].is_string(), "{args:?}: {document}");
    }
}

fn listed(done: &Run) -> Vec<String> {
    assert_valid(&schema("docs/explain.schema.json"), &done.stdout, "explain");
    let document: Value =
        serde_json::from_str(&done.stdout).unwrap_or_else(|_| panic!("{}{}", done.stdout, done.stderr));
    document["matches"].as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap().to_owned()).collect()
}

/// The first that an error can mean, which is the likeliest, and some that it can mean as well.
#[test]
fn explain_takes_an_error_as_it_stands_in_a_log() {
    let folder = tempfile::tempdir().unwrap();
    let cases: &[(&str, &[&str])] = &[
        ("ERR_MODULE_NOT_FOUND", &["shared-package-missing", "dependencies-not-installed", "unresolved-import"]),
        ("200/CHDIR", &["unit-nested-paths", "working-directory-missing"]),
        ("CHDIR", &["unit-nested-paths"]),
        ("200", &["unit-nested-paths"]),
        ("203/EXEC", &["executable-missing"]),
        ("217/USER", &["user-missing"]),
        ("226/NAMESPACE", &["unit-confinement"]),
        ("Cannot find package", &["shared-package-missing"]),
        ("Cannot find package 'ws' imported from /x/dist/index.js", &["dependencies-not-installed"]),
        (
            "Nov 23 03:36:04 srv node[811]: Error [ERR_MODULE_NOT_FOUND]: Cannot find package '@server-flow/shared' imported from /root/.server-flow/agent-bundle/dist/index.js",
            &["shared-package-missing", "shared-package-linked"],
        ),
        (
            "Nov 23 03:36:04 srv systemd[1]: server-flow-agent.service: Main process exited, code=exited, status=200/CHDIR",
            &["unit-nested-paths"],
        ),
        (
            "Nov 23 03:36:04 srv (node)[812]: server-flow-agent.service: Failed at step EXEC spawning /usr/bin/node: No such file or directory",
            &["executable-missing"],
        ),
        ("server-flow-agent.service: Start request repeated too quickly.", &["start-limit-hit"]),
        ("Unit server-flow-agent.service could not be found.", &["unit-missing"]),
        ("server-flow-agent.service: A process of this unit has been killed by the OOM killer.", &["out-of-memory"]),
        ("Error: listen EADDRINUSE: address already in use :::3001", &["port-in-use"]),
        ("EADDRINUSE", &["port-in-use"]),
        ("curl: (22) The requested URL returned error: 404", &["control-plane-unreachable", "update-interrupted"]),
        ("curl: (60) SSL certificate problem: certificate has expired", &["control-plane-unreachable"]),
        ("/usr/bin/node: bad option: --foo", &["unit-confinement"]),
        ("node: --foo is not allowed in NODE_OPTIONS", &["unit-confinement", "drop-in-overrides"]),
        ("TypeError [ERR_UNKNOWN_FILE_EXTENSION]: Unknown file extension \".ts\" for /x/a.ts", &["unresolved-import"]),
        ("code=killed, signal=KILL", &["out-of-memory"]),
        ("Main process exited, code=dumped, status=6/ABRT", &["out-of-memory", "unknown-crash"]),
        ("npm error code E404", &["dependencies-not-installed"]),
        ("npm ERR! code ERESOLVE", &["dependencies-not-installed"]),
        (" ERR_PNPM_NO_MATCHING_VERSION  No matching version found for ws@^99", &["dependencies-not-installed"]),
        ("npm error code EUNSUPPORTEDPROTOCOL", &["workspace-protocol"]),
        ("Error: /x/node_modules/a/b.node: invalid ELF header", &["dependencies-not-installed"]),
        ("Failed to execute /usr/local/bin/start: Exec format error", &["executable-missing"]),
        ("Error: EMFILE: too many open files, open '/x'", &["unit-confinement"]),
        ("Watchdog timeout (limit 30s)!", &["unit-confinement"]),
        ("Error: connect ECONNREFUSED 10.0.0.2:3000", &["control-plane-unreachable"]),
        ("ENOSPC", &["disk-full"]),
        ("SyntaxError: Unexpected token '='", &["module-syntax-error"]),
        ("does not provide an export named 'PROTOCOL'", &["missing-export"]),
        ("gzip: stdin: not in gzip format", &["download-not-an-archive", "archive-unreadable"]),
        ("npm error code EUNSUPPORTEDPROTOCOL", &["workspace-protocol"]),
        ("ERR_PNPM_WORKSPACE_PKG_NOT_FOUND", &["workspace-protocol"]),
        ("npm ERR! Unsupported URL Type \"workspace:\": workspace:*", &["workspace-protocol"]),
        ("tar: some/other.js: Cannot open: File exists", &["archive-ambiguous"]),
        ("TypeError: Cannot read properties of undefined (reading 'x')", &["unknown-crash"]),
        ("TypeError: structuredClone is not a function", &["node-too-old"]),
    ];
    for (asked, wanted) in cases {
        let done = run(folder.path(), &["explain", "--json", asked]);
        assert_eq!(done.code, 0, "{asked}: {}", done.stderr);
        let listed = listed(&done);
        assert_eq!(listed.first().map(String::as_str), wanted.first().copied(), "{asked}: {listed:?}");
        for id in *wanted {
            assert!(listed.iter().any(|listed| listed == id), "{asked}: {id} of {listed:?}");
        }
        // A log on stdin is the same.
        let log = format!("-- Boot --\n{asked}\n");
        for args in [&["explain", "--json"][..], &["explain", "--json", "-"]] {
            let piped = run_in(folder.path(), args, &[], log.as_bytes());
            assert_eq!(self::listed(&piped).first(), listed.first(), "{asked}");
        }
    }
    insta::assert_snapshot!("explain-error", run(folder.path(), &["explain", "ERR_MODULE_NOT_FOUND"]).stdout);
    insta::assert_snapshot!("explain-name", run(folder.path(), &["explain", "shared"]).stdout);
}

#[test]
fn explain_offers_all_that_has_it_in_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let shared = listed(&run(folder.path(), &["explain", "--json", "shared"]));
    assert!(shared.len() >= 6 && shared.iter().all(|id| id.contains("shared")), "{shared:?}");
    for args in [["explain", "--json", "unit-missing"], ["explain", "--json", "dist-copied"]] {
        let page = run(folder.path(), &args).stdout;
        assert_valid(&schema("docs/explain.schema.json"), &page, "a page");
    }
    for (asked, words) in [
        (&["explain", "nested-layuot"][..], "did you mean `nested-layout`?"),
        (&["explain", "quite", "another", "thing"], "no rule and no cause is known by these words"),
    ] {
        let done = run(folder.path(), asked);
        assert!(done.code == 2 && done.stderr.contains(words), "{}", done.stderr);
    }
    let empty = run_in(folder.path(), &["explain"], &[], b" \n");
    assert!(empty.code == 2 && empty.stderr.contains("stdin is empty"), "{}", empty.stderr);
    // Of bytes that are no text nothing gets through.
    let odd = run_in(folder.path(), &["explain", "\u{202e}\x1b[31mx"], &[], b"");
    assert!(odd.code == 2 && !odd.stderr.contains('\x1b') && !odd.stderr.contains('\u{202e}'), "{}", odd.stderr);
}

/// Ctrl-C ends what waits with one line, and a machine gets its document.
#[test]
fn ctrl_c_is_one_line_and_its_own_exit_code() {
    use std::io::Read as _;
    let folder = folder();
    for args in [&["check", "-"][..], &["manifest", "-"], &["explain", "-"], &["check", "-", "--json"]] {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_bundle-doctor"))
            .args(args)
            .current_dir(folder.path())
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let status = format!("/proc/{}/status", child.id());
        // Once it is prepared for it (proc_pid_status(5): the bit of SIGINT in what is caught).
        let is_prepared = || {
            let status = fs::read_to_string(&status).unwrap();
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap().trim();
            u64::from_str_radix(caught, 16).unwrap() & 2 != 0
        };
        for _ in 0..500 {
            if is_prepared() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        if !is_prepared() {
            child.kill().unwrap();
            panic!(
                "{args:?}: SIGINT is not heard; where it was ignored when the tests were started (`… &` in a script) it stays so"
            );
        }
        let id = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        let mut stdout = String::new();
        child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{args:?}: {stderr}");
        assert_eq!(stderr, "error: interrupted: nothing was changed, and nothing is left behind\n", "{args:?}");
        if args.contains(&"--json") {
            let document: Value = serde_json::from_str(&stdout).unwrap();
            assert_eq!(document["verdict"], "error", "{document}");
        } else {
            assert_eq!(stdout, "", "{args:?}");
        }
    }
}

/// In one line, for a machine: where clap names what is missing below, its name is in it.
#[test]
fn wrong_usage_is_named_in_a_machines_document() {
    for (words, named) in [
        (&["check"][..], "the following required arguments were not provided: <PATH>..."),
        (&["diff", "a"], "the following required arguments were not provided: <B>"),
        (&["check", "--nothing", "a"], "unexpected argument '--nothing' found"),
    ] {
        let done = run(Path::new("/"), &[words, &["--json"]].concat());
        let document: Value = serde_json::from_str(&done.stdout).unwrap();
        assert_eq!((done.code, document["error"]["message"].as_str()), (2, Some(named)), "{words:?}");
    }
}

/// The first line of a page of the manual is for five things, and each stands in its place.
#[test]
fn a_page_of_the_manual_has_its_title() {
    for (words, name) in [(&["man"][..], "BUNDLE\\-DOCTOR"), (&["man", "rehearse"], "BUNDLE\\-DOCTOR\\-REHEARSE")] {
        let page = run(Path::new("/"), words).stdout;
        let title = page.lines().find(|line| line.starts_with(".TH ")).unwrap().to_owned();
        let version = env!("CARGO_PKG_VERSION");
        assert!(title.starts_with(&format!(".TH {name} 1 \"")), "{title}");
        assert!(title.ends_with(&format!(" \"bundle\\-doctor {version}\" \"Manual of bundle\\-doctor\"")), "{title}");
        assert!(!page.contains(".br\n\n.br\n"));
        assert!(page.is_ascii());
    }
}
