//! `repair`: what it refuses before it looks at anything.

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
