//! Draws the picture of the README, `docs/report.svg`, of what the program prints: `cargo run --example picture`.

#[path = "../tests/support/picture.rs"]
mod picture;
#[path = "../tests/support/tree.rs"]
mod tree;

use std::ffi::OsString;
use std::fs;
use std::path::Path;

/// The command that is shown, and the bundle that is judged by it.
const COMMAND: &str = "bundle-doctor check agent-bundle.tar.gz";
const BUNDLE: &str = "fixtures/try/linked-shared-package.tree";

fn main() -> std::io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("target/picture");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("agent-bundle.tar.gz"), tree::Fixture::load(&root.join(BUNDLE)).archive())?;
    std::env::set_current_dir(&folder)?;
    let words: Vec<OsString> =
        COMMAND.split(' ').chain(["--no-config", "--color", "always", "-o", "report"]).map(OsString::from).collect();
    let code = bundle_doctor::run(&words);
    if code != 1 {
        return Err(std::io::Error::other(format!("{COMMAND}: expected exit code 1, found {code}")));
    }
    fs::write(root.join("docs/report.svg"), picture::of(COMMAND, &fs::read_to_string("report")?))
}
