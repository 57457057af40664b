//! A first look: builds the small but real agent bundle of `fixtures/base/survivor.tree`, judges it, then breaks it as a
//! released bundle once was broken, and judges that.

#[path = "../tests/support/tree.rs"]
mod tree;

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The good bundle, and the one whose shared package is a link to a developer's machine.
const BUNDLES: [(&str, &str, u8); 2] =
    [("a good bundle", "fixtures/base/survivor.tree", 0), ("a broken one", "fixtures/try/linked-on-windows.tree", 1)];

fn main() -> std::io::Result<ExitCode> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("target/try");
    for (what, fixture, expected) in BUNDLES {
        let archive: PathBuf = folder.join(what.replace(' ', "-")).join("agent-bundle.tar.gz");
        fs::create_dir_all(archive.parent().unwrap_or(&folder))?;
        fs::write(&archive, tree::Fixture::load(&root.join(fixture)).archive())?;
        let shown = archive.strip_prefix(std::env::current_dir()?).unwrap_or(&archive).to_path_buf();
        writeln!(std::io::stdout(), "\n$ bundle-doctor check {}        # {what}", shown.display())?;
        let words: [OsString; 4] = ["bundle-doctor".into(), "check".into(), "--no-config".into(), shown.into()];
        let found = bundle_doctor::run(&words);
        if found != expected {
            writeln!(std::io::stderr(), "expected exit code {expected}, found {found}")?;
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}
