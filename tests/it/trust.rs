//! What is believed: configuration and keys that others could have written are refused, and a configuration softens nothing
//! that the command line demands.

use crate::program::{Run, run, run_in};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

/// A folder with two key pairs, and a bundle that the second, strange one signed.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        for name in ["good", "evil"] {
            assert_eq!(place.run(&["keygen", "--no-passphrase", "-o", name]).code, 0);
        }
        for (path, content) in [
            ("bundle/package.json", r#"{"name":"server-flow-agent","version":"0.1.27","type":"module"}"#),
            ("bundle/dist/index.js", "import '@server-flow/shared'\n"),
            (
                "bundle/node_modules/@server-flow/shared/package.json",
                r#"{"name":"@server-flow/shared","main":"dist/index.js"}"#,
            ),
            ("bundle/node_modules/@server-flow/shared/dist/index.js", "module.exports = {}\n"),
        ] {
            place.write(path, content);
        }
        assert_eq!(place.run(&["sign", "bundle", "--key", "evil.key"]).code, 0);
        place
    }

    fn at(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: &str) {
        fs::create_dir_all(self.at(name).parent().unwrap()).unwrap();
        fs::write(self.at(name), content).unwrap();
    }

    fn mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.at(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    fn fifo(&self, name: &str) {
        assert!(Command::new("mkfifo").arg(self.at(name)).status().unwrap().success());
    }

    fn run(&self, words: &[&str]) -> Run {
        run(self.0.path(), words)
    }

    /// The rules of what `check` of the bundle finds, and its exit code.
    fn check(&self, words: &[&str]) -> (i32, Vec<String>, String) {
        let ran = self.run(&[&["check", "--json", "bundle"], words].concat());
        let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        let findings = document["subjects"][0]["findings"].as_array().cloned().unwrap_or_default();
        let rules = findings.iter().map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect();
        (ran.code, rules, ran.stderr)
    }
}

#[track_caller]
fn refused(ran: &Run, words: &str) {
    assert_eq!(ran.code, 2, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
}

#[test]
fn a_configuration_that_others_may_write_is_refused_found_or_named() {
    let place = Place::new();
    fs::create_dir_all(place.at("open/below")).unwrap();
    let below = place.at("open/below");
    for (file, folder, words) in [
        (0o666, 0o755, "bundle-doctor.toml may be written by others (mode 0666)"),
        (0o644, 0o1777, "open may be written by others"),
    ] {
        place.mode("open", 0o755);
        place.write("open/bundle-doctor.toml", "[rules]\n");
        place.mode("open/bundle-doctor.toml", file);
        place.mode("open", folder);
        for command in [&["check", "../../bundle"][..], &["doctor", "--root", "."], &["verify", "../../bundle"]] {
            refused(&run(&below, command), words);
        }
        refused(&place.run(&["check", "bundle", "--config", "open/bundle-doctor.toml"]), words);
        assert_ne!(run(&below, &["check", "../../bundle", "--no-config"]).code, 2);
    }
    place.mode("open", 0o755);
    place.mode("open/bundle-doctor.toml", 0o644);
    assert_ne!(run(&below, &["check", "../../bundle"]).code, 2, "nobody else may write it now");
}

#[test]
fn a_configuration_that_is_no_regular_file_is_refused_at_once() {
    let place = Place::new();
    for name in ["pipe", "link", "folder", "nowhere", "large", "binary"] {
        fs::create_dir(place.at(name)).unwrap();
    }
    place.fifo("pipe/bundle-doctor.toml");
    symlink("/dev/zero", place.at("link/bundle-doctor.toml")).unwrap();
    fs::create_dir(place.at("folder/bundle-doctor.toml")).unwrap();
    symlink("gone", place.at("nowhere/bundle-doctor.toml")).unwrap();
    place.write("large/bundle-doctor.toml", &"#".repeat((1 << 20) + 1));
    fs::write(place.at("binary/bundle-doctor.toml"), [0xff, 0xfe]).unwrap();
    for (name, words) in [
        ("pipe", "it is not a regular file"),
        ("link", "it is not a regular file"),
        ("folder", "it is not a regular file"),
        ("nowhere", "No such file"),
        ("large", "larger than any configuration"),
        ("binary", "utf-8"),
    ] {
        refused(&run(&place.at(name), &["check", "../bundle"]), words);
        refused(&place.run(&["check", "bundle", "--config", &format!("{name}/bundle-doctor.toml")]), words);
    }
    refused(&place.run(&["check", "bundle", "--config", "/dev/zero"]), "it is not a regular file");
}

#[test]
fn a_key_is_read_from_a_regular_file_that_nobody_else_may_write() {
    let place = Place::new();
    place.fifo("pipe");
    fs::create_dir_all(place.at(".server-flow")).unwrap();
    let home = place.at(".server-flow/cp-public-key.pem");
    for strange in ["pipe", "/dev/zero", "/dev/null", "bundle"] {
        for words in [
            &["check", "bundle", "--key", strange][..],
            &["verify", "bundle", "--key", strange],
            &["sign", "bundle", "--force", "--key", strange],
        ] {
            refused(&place.run(words), "it is not a regular file");
        }
        refused(&place.run(&["check", "bundle", "--unit", strange]), "it is not a regular file");
        refused(&place.run(&["keygen", "-o", "new", "--passphrase-file", strange]), "it is not a regular file");
        let listed = run_in(place.0.path(), &["check", "bundle"], &[("BUNDLE_DOCTOR_KEYS", strange)], b"");
        refused(&listed, "it is not a regular file");
        let target = if strange.starts_with('/') { strange.into() } else { place.at(strange) };
        symlink(target, &home).unwrap();
        refused(&place.run(&["check", "bundle"]), "it is not a regular file");
        fs::remove_file(&home).unwrap();
    }
    place.mode("good.pub.pem", 0o666);
    refused(&place.run(&["check", "bundle", "--key", "good.pub.pem"]), "may be written by others (mode 0666)");
    fs::copy(place.at("good.pub.pem"), &home).unwrap();
    place.mode(".server-flow/cp-public-key.pem", 0o622);
    refused(&place.run(&["check", "bundle"]), "may be written by others (mode 0622)");
}

/// What the shell hands over in `--key <(…)` and `--key /dev/stdin` is nobody else's.
#[test]
fn a_key_may_come_through_a_pipe_that_the_program_was_started_with() {
    let place = Place::new();
    let (key, words) = (fs::read(place.at("evil.pub.pem")).unwrap(), ["verify", "bundle", "--key", "/dev/stdin"]);
    let ran = run_in(place.0.path(), &words, &[], &key);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[test]
fn a_configuration_softens_nothing_that_the_command_line_demands() {
    let place = Place::new();
    let has = |found: &(i32, Vec<String>, String), rule: &str| found.1.iter().any(|found| found == rule);
    // Its keys do not count beside those that were named.
    place.write("bundle-doctor.toml", "[signature]\nkeys = [\"evil.pub.pem\"]\n");
    assert!(!has(&place.check(&[]), "signature-untrusted"));
    let found = place.check(&["--key", "good.pub.pem"]);
    assert!(found.0 == 1 && has(&found, "signature-untrusted"), "{found:?}");
    refused_by_verify(&place, &["verify", "bundle", "--key", "good.pub.pem"]);

    // Nor do its wishes for the rules that are demanded, however it says them.
    place.write("bundle/dist/more.js", "export {}\n");
    let soften = |rule: &str, how: &str| match how {
        "allowance" => format!("[[allow]]\nrule = \"{rule}\"\nreason = \"x\"\n"),
        level => format!("[rules]\n{rule} = \"{level}\"\n"),
    };
    for how in ["allow", "info", "warning", "allowance"] {
        for (rule, flags) in [
            ("checksum-mismatch", &["--key", "evil.pub.pem"][..]),
            ("signature-untrusted", &["--key", "good.pub.pem"]),
            ("version-mismatch", &["--expect-version", "9.9.9"]),
            ("version-mismatch", &["--newer-than", "9.9.9"]),
            ("runtime-dependency-missing", &["-D", "runtime-dependency-missing"]),
            ("runtime-dependency-missing", &["-D", "all"]),
        ] {
            place.write("bundle-doctor.toml", &soften(rule, how));
            let ran = place.run(&[&["check", "--json", "bundle"], flags].concat());
            let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
            let findings = document["subjects"][0]["findings"].as_array().unwrap();
            let mut severities =
                findings.iter().filter(|found| found["rule"] == rule).map(|found| found["severity"].as_str().unwrap());
            assert!(
                severities.clone().count() > 0 && severities.all(|severity| severity == "error"),
                "{rule} {how}: {}",
                ran.stdout
            );
            assert_eq!(ran.code, 1, "{rule} {how}");
        }
        for name in ["SHA256SUMS", "SHA256SUMS.minisig"] {
            fs::rename(place.at("bundle").join(name), place.at(name)).unwrap();
        }
        place.write("bundle-doctor.toml", &soften("signature-missing", how));
        let found = place.check(&["--require-signature", "--key", "good.pub.pem"]);
        assert!(found.0 == 1 && has(&found, "signature-missing"), "{how}: {found:?}");
        assert!(found.2.contains("softens `signature-missing`"), "{}", found.2);
        for name in ["SHA256SUMS", "SHA256SUMS.minisig"] {
            fs::rename(place.at(name), place.at("bundle").join(name)).unwrap();
        }
    }
    // The flags themselves still may: they are the caller's own.
    place.write("bundle-doctor.toml", "[rules]\n");
    let ran = place.run(&["check", "bundle", "--key", "evil.pub.pem", "-A", "all"]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
}

fn refused_by_verify(place: &Place, words: &[&str]) {
    let ran = place.run(words);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
}

/// Only root may give files away; the lab runs these as root.
#[test]
fn what_another_user_owns_is_refused() {
    let place = Place::new();
    place.write("bundle-doctor.toml", "[rules]\n");
    let chown = |name: &str, owner: u32| std::os::unix::fs::chown(place.at(name), Some(owner), None);
    if chown("bundle-doctor.toml", 65_534).is_err() {
        return;
    }
    refused(&place.run(&["check", "bundle"]), "belongs to user 65534");
    chown("bundle-doctor.toml", 0).unwrap();
    chown("good.pub.pem", 65_534).unwrap();
    refused(&place.run(&["check", "bundle", "--key", "good.pub.pem"]), "belongs to user 65534");
    fs::create_dir(place.at("theirs")).unwrap();
    chown("theirs", 65_534).unwrap();
    refused(&run(&place.at("theirs"), &["check", "../bundle"]), "another owner than the file");
}
