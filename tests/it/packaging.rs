//! What the packages say of themselves agrees: versions, and names that a package has in several places.

use serde_json::Value;
use std::fs;
use std::path::Path;

fn text(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn every_version_is_that_of_the_program() {
    let version = env!("CARGO_PKG_VERSION");
    let package: Value = serde_json::from_str(&text("package.json")).unwrap();
    assert_eq!(package["version"], version);
    assert!(text("ansible/galaxy.yml").contains(&format!("\nversion: {version}\n")));
    for (name, wanted) in package["optionalDependencies"].as_object().unwrap() {
        assert_eq!(wanted, version, "{name}");
    }
    for path in ["action.yml", "templates/check.yml", "docs/ci.md", "docs/install.md"] {
        let text = text(path);
        let named: Vec<&str> = text
            .match_indices("bundle-doctor")
            .filter_map(|(at, word)| text.get(at + word.len()..)?.strip_prefix(['@', '-', '_']))
            .map(|rest| rest.split(|c: char| !(c.is_ascii_digit() || c == '.')).next().unwrap().trim_end_matches('.'))
            .filter(|digits| digits.contains('.'))
            .collect();
        assert!(!named.is_empty(), "{path} names no version");
        assert!(named.iter().all(|named| *named == version), "{path}: {named:?}");
    }
}

#[test]
fn the_units_run_a_command_that_there_is() {
    let units = ["packaging/systemd/bundle-doctor.service", "packaging/systemd/bundle-doctor-prometheus.service"];
    for unit in units.map(text) {
        let line = unit.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/bin/bundle-doctor ")).unwrap();
        let words = line.split(' ').chain(["--help"]);
        let ran = std::process::Command::new(env!("CARGO_BIN_EXE_bundle-doctor")).args(words).output().unwrap();
        assert!(ran.status.success(), "{line}: {}", String::from_utf8_lossy(&ran.stderr));
    }
    // Where `repair` keeps its journals nothing else is written, and nothing is removed with the package.
    for path in ["packaging/debian/postrm", "packaging/rpm/postun"].into_iter().chain(units) {
        let commands = text(path).lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
        assert!(!commands.contains("/var/lib/bundle-doctor"), "{path}");
    }
}

/// Debian's machine-readable form: paragraphs of fields, in which every other line is indented, the licence's own words whole.
#[test]
fn the_copyright_of_the_debian_package_is_of_its_form() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("packaging/copyright")).unwrap();
    let is_field = |line: &str| {
        line.split_once(": ").is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_alphabetic() || c == '-'))
    };
    for line in text.lines() {
        assert!(line.is_empty() || line.starts_with(' ') || is_field(line), "{line}");
    }
    let own = fs::read_to_string(root.join("LICENSE-MIT")).unwrap();
    let own = own.split("authors\n\n").nth(1).unwrap();
    assert!(text.replace("\n .\n", "\n\n").replace("\n ", "\n").contains(own), "{text}");
    assert!(text.contains("/usr/share/common-licenses/Apache-2.0"));
}
