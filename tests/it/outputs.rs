//! What `-o` and the commands that make files write over, and what they leave alone.

use crate::program::{Run, run, run_in};
use std::fs;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        place.write("bundle/package.json", r#"{"name":"server-flow-agent","version":"0.1.27","type":"module"}"#);
        place.write("bundle/dist/index.js", "import '@server-flow/shared'\n");
        let shared = "bundle/node_modules/@server-flow/shared";
        place.write(&format!("{shared}/package.json"), r#"{"name":"@server-flow/shared","main":"dist/index.js"}"#);
        place.write(&format!("{shared}/dist/index.js"), "module.exports = {}\n");
        assert_eq!(place.run(&["keygen", "--no-passphrase", "-o", "release"]).code, 0);
        place
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: &str) {
        fs::create_dir_all(self.at(name).parent().unwrap()).unwrap();
        fs::write(self.at(name), content).unwrap();
    }

    fn run(&self, words: &[&str]) -> Run {
        run(self.0.path(), words)
    }

    fn fifo(&self, name: &str) {
        assert!(Command::new("mkfifo").arg(self.at(name)).status().unwrap().success());
    }

    fn mode(&self, name: &str) -> u32 {
        fs::metadata(self.at(name)).unwrap().permissions().mode() & 0o7777
    }
}

fn is_fifo(path: &Path) -> bool {
    fs::symlink_metadata(path).unwrap().file_type().is_fifo()
}

#[test]
fn what_is_no_file_is_written_into_or_refused() {
    let place = Place::new();
    // A device of the test's own cannot be made by everyone: the link to one is followed, and stays.
    std::os::unix::fs::symlink("/dev/null", place.at("null")).unwrap();
    let report = place.run(&["check", "bundle", "-o", "null"]);
    assert!(report.stdout.is_empty() && report.code < 2, "{}", report.stderr);
    assert!(place.at("null").is_symlink());

    place.fifo("fifo");
    assert_eq!(place.run(&["check", "bundle", "-o", "fifo"]).code, 2, "nobody reads it");
    assert!(is_fifo(&place.at("fifo")));
    let mut reader = Command::new("cat").arg(place.at("fifo")).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let code = loop {
        // Until the reader has opened it.
        let ran = place.run(&["check", "bundle", "--json", "-o", "fifo"]);
        if ran.code != 2 {
            break ran.code;
        }
    };
    let mut said = String::new();
    std::io::Read::read_to_string(reader.stdout.as_mut().unwrap(), &mut said).unwrap();
    reader.wait().unwrap();
    assert!(code < 2 && said.contains("\"command\": \"check\"") || said.contains("\"command\":\"check\""), "{said}");
    assert!(is_fifo(&place.at("fifo")));

    let _socket = std::os::unix::net::UnixListener::bind(place.at("socket")).unwrap();
    for target in ["socket", "fifo", "null"] {
        let ran = place.run(&["pack", "bundle", "-A", "all", "-o", target]);
        assert_eq!(ran.code, 2, "{target}: {}", ran.stdout);
        assert!(ran.stderr.contains("it is not a regular file"), "{}", ran.stderr);
    }
    assert_eq!(place.run(&["check", "bundle", "-o", "socket"]).code, 2);
    assert!(fs::symlink_metadata(place.at("socket")).unwrap().file_type().is_socket());
    assert!(place.at("null").is_symlink() && is_fifo(&place.at("fifo")));

    place.fifo("bundle.minisig");
    fs::write(place.at("bundle.txt"), "x").unwrap();
    place.fifo("bundle.txt.minisig");
    for words in [
        &["sign", "bundle.txt", "--key", "release.key", "--force"][..],
        &["keygen", "--no-passphrase", "-o", "bundle", "--force"],
    ] {
        if words[0] == "keygen" {
            place.fifo("bundle.key");
        }
        let ran = place.run(words);
        assert_eq!(ran.code, 2, "{words:?}: {}", ran.stdout);
        assert!(ran.stderr.contains("it is not a regular file"), "{}", ran.stderr);
    }
    assert!(is_fifo(&place.at("bundle.txt.minisig")) && is_fifo(&place.at("bundle.key")));
}

#[test]
fn a_file_that_is_replaced_keeps_its_mode() {
    let place = Place::new();
    for (name, words) in [
        ("a.tar.gz", &["pack", "bundle", "-A", "all", "-o", "a.tar.gz", "--sign", "release.key"][..]),
        ("a.tar.gz.minisig", &["pack", "bundle", "-A", "all", "-o", "a.tar.gz", "--sign", "release.key"]),
        ("report.json", &["check", "bundle", "-A", "all", "--json", "-o", "report.json"]),
    ] {
        place.write(name, "before");
        fs::set_permissions(place.at(name), fs::Permissions::from_mode(0o604)).unwrap();
        let ran = place.run(words);
        assert_eq!(ran.code, 0, "{name}: {}{}", ran.stdout, ran.stderr);
        assert_eq!(place.mode(name), 0o604, "{name}");
        assert_ne!(fs::read(place.at(name)).unwrap(), b"before");
        fs::remove_file(place.at(name)).unwrap();
    }
    // What is new has the mode of new files.
    place.write("plain", "");
    assert_eq!(place.run(&["check", "bundle", "-A", "all", "-o", "new"]).code, 0);
    assert_eq!(place.mode("new"), place.mode("plain"));
    let piped = run_in(place.0.path(), &["check", "bundle", "-A", "all", "-o", "/dev/stdout"], &[], b"");
    assert!(piped.code == 0 && piped.stdout.starts_with("bundle"), "{}{}", piped.stdout, piped.stderr);
    // The link that every program uses stays, also where stdout is a file.
    symlink("/proc/self/fd/1", place.at("stdout")).unwrap();
    for (name, words, code) in [
        ("checked", &["check", "bundle", "-A", "all", "-o", "stdout"][..], 0),
        ("packed", &["pack", "bundle", "-A", "all", "-o", "stdout"], 2),
        ("captured", &["doctor", "--root", "/", "--capture", "stdout", "--no-config"], 2),
    ] {
        let stdout = fs::File::create(place.at(name)).unwrap();
        let program = Command::new(env!("CARGO_BIN_EXE_bundle-doctor"))
            .args(words)
            .current_dir(place.0.path())
            .stdout(stdout)
            .output();
        assert_eq!(program.unwrap().status.code(), Some(code), "{name}");
        assert!(place.at("stdout").is_symlink(), "{name}");
    }
    assert!(fs::read_to_string(place.at("checked")).unwrap().starts_with("bundle  accepted"));
}

/// What is written is never what is read, and two reports do not go into one file; nothing is touched then.
#[test]
fn nothing_is_written_over_what_is_read() {
    let place = Place::new();
    assert_eq!(place.run(&["pack", "bundle", "-A", "all", "-o", "a.tar.gz", "--no-config"]).code, 0);
    let archive = fs::read(place.at("a.tar.gz")).unwrap();
    fs::hard_link(place.at("a.tar.gz"), place.at("same.tar.gz")).unwrap();
    place.write("saved.json", "{}");
    place.write("bundle-doctor.toml", "");
    for words in [
        &["check", "a.tar.gz", "-o", "a.tar.gz"][..],
        &["check", "a.tar.gz", "-o", "./a.tar.gz"],
        &["check", "a.tar.gz", "-o", "same.tar.gz"],
        &["check", "a.tar.gz", "--json", "--output=bundle/../a.tar.gz"],
        &["check", "a.tar.gz", "--write-baseline", "a.tar.gz"],
        &["check", "a.tar.gz", "--write-baseline", "new.json", "-o", "new.json"],
        &["check", "a.tar.gz", "--config", "bundle-doctor.toml", "-o", "bundle-doctor.toml"],
        &["diff", "a.tar.gz", "bundle", "-o", "a.tar.gz"],
        &["manifest", "a.tar.gz", "-o", "a.tar.gz"],
        &["report", "saved.json", "-o", "saved.json"],
        &["report", "a.tar.gz", "--redact", "x", "--capture", "a.tar.gz"],
        &["report", "a.tar.gz", "--redact", "x", "--capture", "new", "-o", "new"],
        &["doctor", "--root", "/", "--capture", "new", "-o", "bundle/../new"],
    ] {
        let done = place.run(words);
        assert_eq!(done.code, 2, "{words:?}: {}{}", done.stdout, done.stderr);
        assert!(done.stderr.contains("are the same file"), "{words:?}: {}", done.stderr);
        assert_eq!(fs::read(place.at("a.tar.gz")).unwrap(), archive, "{words:?}");
        assert!(!place.at("new.json").exists() && !place.at("new").exists(), "{words:?}");
    }
    assert_eq!(fs::read_to_string(place.at("saved.json")).unwrap(), "{}");
    let done = place.run(&["manifest", "a.tar.gz", "-o", "sums"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
}
