//! What `-o` and the commands that make files write over, and what they leave alone.

use crate::program::{Run, run, run_in};
use std::fs;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
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
        assert_eq!(place.run(&["keygen", "-o", "release"]).code, 0);
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
    for words in
        [&["sign", "bundle.txt", "--key", "release.key", "--force"][..], &["keygen", "-o", "bundle", "--force"]]
    {
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
}
