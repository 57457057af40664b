//! A passphrase that somebody types: on a terminal of the test's own (pts(4)), which `setsid --ctty` makes the program's.

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const BINARY: &str = env!("CARGO_BIN_EXE_bundle-doctor");

/// How it ended, and all that stood on the screen.
struct Sat {
    status: ExitStatus,
    screen: String,
}

/// Sits at a terminal: waits for each prompt, then presses the keys.
fn sit(folder: &Path, words: &[&str], typed: &[(&str, &[u8])]) -> Sat {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    let terminal = || OpenOptions::new().read(true).write(true).open(&name).unwrap();
    let own = terminal();
    let mut child = Command::new("setsid")
        .args(["--ctty", "--wait", BINARY])
        .args(words)
        .current_dir(folder)
        .env_remove("BUNDLE_DOCTOR_PASSPHRASE")
        .env("HOME", folder)
        .stdin(terminal())
        .stdout(terminal())
        .stderr(terminal())
        .spawn()
        .unwrap();
    let mut master = File::from(master);
    let screen = Arc::new(Mutex::new(String::new()));
    let (shown, mut reader) = (Arc::clone(&screen), master.try_clone().unwrap());
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = reader.read(&mut buffer) {
            shown.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..count]));
        }
    });
    let until = Instant::now() + Duration::from_secs(60);
    let mut from = 0;
    for (prompt, keys) in typed {
        loop {
            let seen = screen.lock().unwrap().clone();
            if let Some(at) = seen[from..].find(prompt) {
                from += at + prompt.len();
                break;
            }
            assert!(Instant::now() < until, "no `{prompt}`: {seen}");
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(!tcgetattr(&own).unwrap().local_modes.contains(LocalModes::ECHO), "what is typed is shown");
        master.write_all(keys).unwrap();
    }
    let status = child.wait().unwrap();
    let modes = tcgetattr(&own).unwrap().local_modes;
    assert!(modes.contains(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG), "the terminal is as it was");
    std::thread::sleep(Duration::from_millis(50));
    let screen = screen.lock().unwrap().clone();
    Sat { status, screen }
}

const NEW: &str = "Passphrase for the private key: ";
const AGAIN: &str = "Again, to be sure: ";

#[test]
fn it_is_asked_for_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    // A slip is taken back, a character of two bytes with it.
    let made = sit(at, &["keygen", "-o", "k"], &[(NEW, b"hors\xc3\xa9\x7fe\n"), (AGAIN, b"zzz\x15horse\r")]);
    assert_eq!(made.status.code(), Some(0), "{}", made.screen);
    assert!(fs::read_to_string(at.join("k.key")).unwrap().contains("ENCRYPTED PRIVATE KEY"));
    fs::write(at.join("file"), "content").unwrap();
    let prompt = "Passphrase of k.key: ";
    let signed = sit(at, &["sign", "file", "--key", "k.key"], &[(prompt, b"horse\n")]);
    assert_eq!(signed.status.code(), Some(0), "{}", signed.screen);
    assert!(at.join("file.minisig").exists());
    let wrong = sit(at, &["sign", "file", "--force", "--key", "k.key"], &[(prompt, b"cow\n")]);
    assert_eq!(wrong.status.code(), Some(2), "{}", wrong.screen);
    for sat in [made, signed, wrong] {
        assert!(!sat.screen.contains("hors") && !sat.screen.contains("cow"), "{}", sat.screen);
    }
    fs::create_dir_all(at.join("b/dist")).unwrap();
    fs::write(at.join("b/package.json"), r#"{"name":"a","version":"1.0.0"}"#).unwrap();
    let words = ["pack", "b", "-A", "all", "-o", "a.tar.gz", "--sign", "k.key"];
    let packed = sit(at, &words, &[(prompt, b"horse\n")]);
    assert_eq!(packed.status.code(), Some(0), "{}", packed.screen);
    assert!(at.join("a.tar.gz.minisig").exists());
}

#[test]
fn who_gives_it_up_has_a_terminal_again_and_no_key() {
    for (case, typed, code) in [
        ("two different ones", &[(NEW, &b"one\n"[..]), (AGAIN, b"two\n")][..], Some(2)),
        ("an empty one", &[(NEW, b"\n")], Some(2)),
        ("Ctrl-D", &[(NEW, b"\x04")], Some(2)),
        ("Ctrl-C", &[(NEW, b"on\x03")], Some(130)),
        ("Ctrl-C at the second", &[(NEW, b"one\n"), (AGAIN, b"\x03")], Some(130)),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let sat = sit(folder.path(), &["keygen", "-o", "k"], typed);
        assert_eq!(sat.status.code(), code, "{case}: {}", sat.screen);
        if code == Some(130) {
            assert!(sat.screen.contains("interrupted: nothing was changed"), "{case}: {}", sat.screen);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{case}");
    }
}

#[test]
fn without_a_terminal_a_key_that_is_not_encrypted_is_asked_for_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let none = crate::program::run(folder.path(), &["keygen", "-o", "k"]);
    assert_eq!(none.code, 2);
    assert!(none.stderr.contains("--no-passphrase"), "{}", none.stderr);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    assert_eq!(crate::program::run(folder.path(), &["keygen", "-o", "k", "--no-passphrase"]).code, 0);
    assert!(fs::read_to_string(folder.path().join("k.key")).unwrap().contains("BEGIN PRIVATE KEY"));
}
