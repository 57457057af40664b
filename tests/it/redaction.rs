//! No secret comes out of a command, in whichever format and on whichever stream: each is given one where it quotes what
//! others wrote.

use crate::program::{Run, run, run_in};
use crate::tree::Fixture;
use std::fs;
use std::path::Path;

/// A bundle with a secret wherever `check` and `diff` quote it.
fn bundle(folder: &Path, secret: &str) {
    fs::create_dir_all(folder).unwrap();
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/base/flat.tree");
    Fixture::load(&base).directory(folder);
    let package = fs::read_to_string(folder.join("package.json")).unwrap();
    let dependency = format!("\"undici\": \"link:https://u:{secret}@example.com/x\",\n    \"zod\":");
    fs::write(folder.join("package.json"), package.replace("\"zod\":", &dependency)).unwrap();
    let code = format!("import 'https://u:{secret}@example.com/a.js';\nimport './x?token={secret}';\n");
    fs::write(folder.join("dist/index.js"), code).unwrap();
    fs::write(folder.join(".npmrc"), format!("//example.com/:_authToken={secret}\n_password={secret}\n")).unwrap();
    fs::write(folder.join("data.txt"), format!("password:\n{secret}\ncurl -u me:{secret} https://example.com\n"))
        .unwrap();
    let unit = format!(
        "[Service]\nWorkingDirectory=/nowhere\nExecStart=/usr/bin/node x.js -t {secret} --url http://u:{secret}@cp\n"
    );
    fs::write(folder.with_extension("service"), unit).unwrap();
}

fn assert_kept(secret: &str, args: &[&str], done: &Run) {
    for (stream, words) in [("stdout", &done.stdout), ("stderr", &done.stderr)] {
        assert!(!words.contains(secret), "{args:?} tells it on {stream}:\n{words}");
    }
}

#[test]
fn no_command_tells_a_secret_of_a_bundle() {
    let secret = "s3cr3tHunter22xyz";
    let folder = tempfile::tempdir().unwrap();
    bundle(&folder.path().join("a"), secret);
    bundle(&folder.path().join("b"), "0therSecret99abc");
    let mut seen = 0;
    for format in ["human", "json", "sarif", "junit", "github", "html", "markdown"] {
        let args = ["check", "a", "--unit", "a.service", "--no-config", "-v", "--format", format];
        let done = run(folder.path(), &args);
        assert_eq!(done.code, 1, "{}", done.stderr);
        assert_kept(secret, &args, &done);
        seen += usize::from(done.stdout.contains("[redacted]"));
    }
    assert_eq!(seen, 7, "the evidence is there, without its secret");
    for format in ["human", "json", "html", "markdown"] {
        let args = ["diff", "a", "b", "--text", "--no-config", "--format", format];
        let done = run(folder.path(), &args);
        assert_eq!(done.code, 1, "{}", done.stderr);
        assert!(done.stdout.contains("data.txt") && done.stdout.contains("[redacted]"), "{}", done.stdout);
        assert_kept(secret, &args, &done);
        assert_kept("0therSecret99abc", &args, &done);
    }
}

/// The runner takes `::name::` behind blanks at the beginning of a line, and `##[name]` anywhere in one.
#[test]
fn nothing_that_is_printed_is_a_command_of_the_runner() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("a")).unwrap();
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/base/flat.tree");
    Fixture::load(&base).directory(&folder.path().join("a"));
    let line = "import './x ::stop-commands::t';\nimport './##[set-env name=A]b';\nimport './\u{fffe}';\n";
    fs::write(folder.path().join("a/dist/index.js"), line).unwrap();
    fs::create_dir(folder.path().join("::add-mask::x")).unwrap();
    for format in ["human", "json", "sarif", "junit", "html", "markdown"] {
        for path in ["a", "::add-mask::x", "::add-mask::none"] {
            let args = ["check", path, "--no-config", "-v", "--format", format];
            let done = run_in(folder.path(), &args, &[("GITHUB_ACTIONS", "true")], b"");
            for line in done.stdout.lines().chain(done.stderr.lines()) {
                assert!(!line.trim_start().starts_with("::"), "{args:?}: {line}");
                assert!(!line.contains("##[") && !line.contains('\u{fffe}'), "{args:?}: {line}");
            }
            if format == "json" {
                serde_json::from_str::<serde_json::Value>(&done.stdout).unwrap();
            }
        }
    }
}

#[test]
fn no_error_tells_a_secret() {
    let secret = "s3cr3tHunter22xyz";
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("bad.toml"), format!("token = \"{secret}\"\n")).unwrap();
    for args in [
        ["check", ".", "--config", "bad.toml", "--json"].as_slice(),
        &["check", &format!("https://u:{secret}@example.com/a.tar.gz"), "--no-config"],
        &["doctor", "--unit", &format!("a --token={secret}"), "--no-config"],
    ] {
        let done = run(folder.path(), args);
        assert_eq!(done.code, 2, "{}", done.stdout);
        assert_kept(secret, args, &done);
    }
}
