//! `rehearse` as a user calls it, as far as nothing has to be installed for it.

use crate::program::{run, run_in};
use crate::schemas::{assert_valid, schema};

#[test]
fn a_bundle_that_is_not_there_has_its_document() {
    let folder = tempfile::tempdir().unwrap();
    let refused = run(folder.path(), &["rehearse", "none.tar.gz", "--json"]);
    assert_eq!(refused.code, 2);
    assert_valid(&schema("docs/rehearse.schema.json"), &refused.stdout, "a bundle that is not there");
}

#[test]
fn what_cannot_be_begun_is_refused_before_anything_runs() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.tar.gz"), "not an archive").unwrap();
    for (args, words) in [
        (&["rehearse", "none.tar.gz"][..], "cannot open none.tar.gz"),
        (&["rehearse", "a.tar.gz", "--from", "none"], "--from takes an archive or a deployed folder"),
        (&["rehearse", "a.tar.gz", "--generation", "newest"], "invalid value 'newest'"),
        (&["rehearse", "a.tar.gz", "--package-manager", "yarn"], "invalid value 'yarn'"),
        (&["rehearse", "a.tar.gz", "--hold", "-1"], "expected a whole number from 0"),
        (&["rehearse", "no\u{1b}[31m\u{202e}ne"], "cannot open no\\x1b[31m\\u{202e}ne"),
        (&["rehearse", "http://no\u{1b}[31mne/x"], "http://no\\x1b[31mne/x is no address"),
    ] {
        let done = run(folder.path(), args);
        assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{args:?}");
        assert!(done.stderr.contains(words), "{args:?}: {}", done.stderr);
    }
    // A path that would be two words in the unit.
    let odd = folder.path().join("two words");
    std::fs::create_dir(&odd).unwrap();
    let environment = [("TMPDIR", odd.to_str().unwrap())];
    let done = run_in(folder.path(), &["rehearse", "a.tar.gz"], &environment, b"");
    assert_eq!(done.code, 2);
    assert!(done.stderr.contains("cannot stand in a unit") && done.stderr.contains("set TMPDIR"), "{}", done.stderr);
    assert_eq!(std::fs::read_dir(&odd).unwrap().count(), 0, "nothing is left behind");
}

/// A process that leaves its group, its session, its folder and its environment is ended all the same, and what the update
/// runs sees nothing secret of the caller's. The update's programs are stood for by one that does that.
#[test]
fn what_was_started_is_ended_wherever_it_went() {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("bin")).unwrap();
    let script = format!(
        "#!/bin/sh\nPATH=/usr/bin:/bin\nenv >> {0}/seen\ntr '\\0' '\\n' < /proc/$PPID/environ >> {0}/above 2>/dev/null\n\
         cd /\nsetsid --fork env -i /bin/sh -c 'echo $$ >> {0}/ids; exec /bin/sleep 300' < /dev/null > /dev/null 2>&1\n\
         i=0; until [ -s {0}/ids ] || [ $i -gt 200 ]; do i=$((i+1)); sleep 0.02; done\nexit 1\n",
        folder.path().display()
    );
    for program in ["node", "curl", "mkdir", "cp", "rm", "mv"] {
        fs::write(at("bin").join(program), &script).unwrap();
        fs::set_permissions(at("bin").join(program), fs::Permissions::from_mode(0o755)).unwrap();
    }
    fs::create_dir(at("tmp")).unwrap();
    fs::write(at("a.tar.gz"), "not an archive").unwrap();
    let (path, temporary) = (at("bin"), at("tmp"));
    let secrets = ["BUNDLE_DOCTOR_PASSPHRASE", "RELEASE_KEY", "GITHUB_TOKEN"];
    let mut environment = vec![("PATH", path.to_str().unwrap()), ("TMPDIR", temporary.to_str().unwrap())];
    environment.extend(secrets.map(|name| (name, "a-secret-of-the-caller")));
    let arguments = ["rehearse", "a.tar.gz", "--generation", "documented", "--package-manager", "npm"];
    let done = run_in(folder.path(), &arguments, &environment, b"");
    let ids = fs::read_to_string(at("ids")).unwrap_or_else(|error| panic!("{error}: {}{}", done.stdout, done.stderr));
    for id in ids.split_whitespace() {
        let alive = fs::read_to_string(format!("/proc/{id}/cmdline")).is_ok_and(|command| command.contains("sleep"));
        assert!(!alive, "{id} outlived the rehearsal: {}{}", done.stdout, done.stderr);
    }
    let seen = fs::read_to_string(at("seen")).unwrap();
    assert!(seen.contains("NODE_ENV=production"), "{seen}");
    assert!(!seen.contains("a-secret-of-the-caller"), "{seen}");
}
