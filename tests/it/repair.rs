//! `repair` and `update`: what they refuse before they look at anything.

use crate::program::run;
use crate::schemas::{assert_valid, schema};

#[test]
fn nothing_is_repaired_where_nobody_can_be_asked() {
    let folder = tempfile::tempdir().unwrap();
    for args in [&["repair", "--no-config", "--json"][..], &["repair", "--no-config", "--undo", "--json"]] {
        let done = run(folder.path(), args);
        assert_eq!(done.code, 2, "{args:?}");
        assert_valid(&schema("docs/repair.schema.json"), &done.stdout, &format!("{args:?}"));
    }
    for args in [&["repair", "--dry-run", "--yes"][..], &["repair", "--dry-run", "--undo"], &["repair", "--root", "/"]]
    {
        assert_eq!(run(folder.path(), args).code, 2, "{args:?}");
    }
}

#[test]
fn nothing_is_updated_where_nobody_can_be_asked() {
    let folder = tempfile::tempdir().unwrap();
    for args in [
        &["update", "--no-config", "--json", "http://127.0.0.1:9/a.tar.gz"][..],
        &["update", "--no-config", "--json", "--undo"],
        &["update", "--no-config", "--json", "--yes", "--unit", "no-such-agent", "file:///etc/passwd"],
        &["update", "--no-config", "--json", "--dry-run", "--unit", "no-such-agent", "http://127.0.0.1:9/a.tar.gz"],
        &["update", "--no-config", "--json", "--dry-run", "no-such-file.tar.gz"],
        &["update", "--no-config", "--json", "--dry-run", "."],
    ] {
        let done = run(folder.path(), args);
        assert_eq!(done.code, 2, "{args:?}");
        assert_valid(&schema("docs/update.schema.json"), &done.stdout, &format!("{args:?}"));
    }
    for args in [&["update"][..], &["update", "a.tar.gz", "--undo"], &["update", "a.tar.gz", "--dry-run", "--yes"]] {
        assert_eq!(run(folder.path(), args).code, 2, "{args:?}");
    }
}
