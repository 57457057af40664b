//! The picture of the README is what the program prints today.

use crate::drawing;
use crate::program::run;
use crate::tree::Fixture;
use std::fs;
use std::path::Path;

#[test]
fn the_picture_shows_what_is_printed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    let archive = Fixture::load(&root.join("fixtures/try/linked-shared-package.tree")).archive();
    fs::write(folder.path().join("agent-bundle.tar.gz"), archive).unwrap();
    let done = run(folder.path(), &["check", "agent-bundle.tar.gz", "--no-config", "--color", "always"]);
    let drawn = drawing::of("bundle-doctor check agent-bundle.tar.gz", &done.stdout);
    let kept = fs::read_to_string(root.join("docs/report.svg")).unwrap_or_default();
    assert!(drawn == kept, "draw docs/report.svg anew: cargo run --example picture");
}

#[test]
fn text_is_escaped_and_colours_end_where_they_end() {
    let drawn = drawing::of("a && b", "\x1b[31m\x1b[1merror\x1b[0m\x1b[39m: <script>&\nplain\n");
    for expected in [
        "$ a &amp;&amp; b</tspan>",
        r#"<tspan class="red bold">error</tspan>: &lt;script&gt;&amp;</text>"#,
        r#"xml:space="preserve">plain</text>"#,
    ] {
        assert!(drawn.contains(expected), "{expected}\n{drawn}");
    }
}
