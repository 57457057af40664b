//! Folders with everything odd in them, and folders that change while they are read.

use crate::program::run;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

fn write(path: &Path, content: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// A folder `bundle` with some third-party files, and enough other packages that threads look at them ahead of the walk.
fn bundle(folder: &Path, files: usize) {
    for number in 0..40 {
        fs::create_dir_all(folder.join(format!("bundle/node_modules/a{number}/lib"))).unwrap();
        fs::create_dir_all(folder.join(format!("bundle/node_modules/z{number}/lib"))).unwrap();
    }
    for number in 0..files {
        write(&folder.join(format!("bundle/node_modules/p/lib/{number}.js")), &format!("// {number}\n").repeat(200));
    }
    write(&folder.join("bundle/package.json"), r#"{"name":"agent","version":"1.0.0"}"#);
}

#[test]
fn pipes_and_sockets_hold_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    bundle(folder.path(), 1);
    let pipe = folder.path().join("bundle/node_modules/p/pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0).unwrap();
    let _listener = UnixListener::bind(folder.path().join("bundle/socket")).unwrap();
    let checked = run(folder.path(), &["check", "bundle"]);
    assert_eq!(checked.code, 1, "{}", checked.stderr);
    for words in ["a FIFO", "a socket"] {
        assert!(checked.stdout.contains(words), "{}", checked.stdout);
    }
}

#[test]
fn links_are_never_followed_and_names_are_bytes() {
    let folder = tempfile::tempdir().unwrap();
    bundle(folder.path(), 1);
    let packages = folder.path().join("bundle/node_modules/p");
    for (name, target) in [("self", "self"), ("a", "b"), ("b", "a"), ("up", ".."), ("out", "/etc")] {
        symlink(target, packages.join(name)).unwrap();
    }
    for name in [&b"caf\xe9"[..], b"new\nline", b"esc\x1b[2J"] {
        fs::write(packages.join(OsStr::from_bytes(name)), "x").unwrap();
    }
    let sums = run(folder.path(), &["manifest", "--json", "bundle"]);
    assert_eq!(sums.code, 0, "{}", sums.stderr);
    // lib/0.js, package.json and the three odd names.
    assert_eq!(sums.stdout.matches("sha256").count(), 5, "{}", sums.stdout);
    assert!(!run(folder.path(), &["check", "bundle"]).stdout.contains('\u{1b}'));
}

/// Changes something again and again while `look` runs.
fn meanwhile(change: impl Fn(usize) + Sync, look: impl FnOnce()) {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for turn in 0.. {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                change(turn);
            }
        });
        // Stops the other thread when a look fails, too: its panic goes on afterwards.
        let looked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(look));
        stop.store(true, Ordering::Relaxed);
        if let Err(failure) = looked {
            std::panic::resume_unwind(failure);
        }
    });
}

#[test]
fn a_link_swapped_in_leads_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    bundle(folder.path(), 60);
    write(&folder.path().join("outside/0.js"), "a secret of the machine\n");
    let packages = folder.path().join("bundle/node_modules/p");
    let [lib, kept, link] = ["lib", "kept", "link"].map(|name| packages.join(name));
    symlink(folder.path().join("outside"), &link).unwrap();
    let outside = run(folder.path(), &["manifest", "outside"]).stdout;
    let secret = outside.split_whitespace().next().unwrap();
    let swap = |_| {
        for (from, to) in [(&lib, &kept), (&link, &lib), (&lib, &link), (&kept, &lib)] {
            fs::rename(from, to).unwrap();
        }
    };
    meanwhile(swap, || {
        for _ in 0..25 {
            let sums = run(folder.path(), &["manifest", "bundle"]);
            assert!(matches!(sums.code, 0 | 2), "{}", sums.stderr);
            assert!(!sums.stdout.contains(secret), "a file outside was read");
        }
    });
}

#[test]
fn files_that_change_are_told_or_read_whole() {
    let folder = tempfile::tempdir().unwrap();
    bundle(folder.path(), 20);
    let lib = folder.path().join("bundle/node_modules/p/lib");
    let change = |turn: usize| {
        let path = lib.join(format!("{}.js", turn % 20));
        let _ = fs::remove_file(&path);
        fs::write(&path, "// other\n".repeat(turn % 500)).unwrap();
    };
    meanwhile(change, || {
        for _ in 0..25 {
            let sums = run(folder.path(), &["manifest", "bundle"]);
            let told = ["changed while", "No such file"].iter().any(|words| sums.stderr.contains(words));
            assert!(sums.code == 0 || (sums.code == 2 && told), "{}: {}", sums.code, sums.stderr);
        }
    });
}

#[test]
fn few_files_may_be_open_at_once() {
    let folder = tempfile::tempdir().unwrap();
    bundle(folder.path(), 3);
    let program = env!("CARGO_BIN_EXE_bundle-doctor");
    let said = |limit: &str| {
        let script = format!("ulimit -n {limit} && exec \"$0\" check --json bundle");
        let ran = Command::new("sh").args(["-c", &script, program]).current_dir(folder.path()).output().unwrap();
        assert_eq!(ran.status.code(), Some(1), "{}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap()
    };
    // The three that every process has, and the folders on the way down.
    assert_eq!(said("8"), said("1000"));
}
