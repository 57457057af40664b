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
        (&["rehearse", "a.tar.gz", "--hold", "-1"], "unexpected argument"),
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
