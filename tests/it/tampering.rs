//! What was added, taken away or put back below a valid signature: by `verify` of a folder, `check --require-signature` of
//! an archive, and `doctor` of a server's disk.

use crate::program::{Run, run};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

/// Where the bundle is deployed, below the root of the server's disk.
const DEPLOYED: &str = "root/.server-flow/agent-bundle";
const BACKUP: &str = "root/.server-flow/agent-bundle-backup";

/// A disk of a server with a signed bundle, and the key that signed it beside.
struct Server(tempfile::TempDir);

impl Server {
    fn new() -> Self {
        let server = Self(tempfile::tempdir().unwrap());
        for name in ["release", "evil"] {
            assert_eq!(server.run(&["keygen", "-o", name]).code, 0);
        }
        server.write("disk/etc/os-release", "ID=debian\n");
        let unit = format!("[Service]\nWorkingDirectory=/{DEPLOYED}\nExecStart=/usr/bin/node dist/index.js\n");
        server.write("disk/etc/systemd/system/server-flow-agent.service", &unit);
        server.deploy(DEPLOYED, "0.1.27", Some("release"));
        server
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: &str) {
        fs::create_dir_all(self.at(name).parent().unwrap()).unwrap();
        fs::write(self.at(name), content).unwrap();
    }

    fn run(&self, words: &[&str]) -> Run {
        run(self.0.path(), words)
    }

    /// A bundle on the disk, signed before its dependencies are installed.
    fn deploy(&self, place: &str, version: &str, key: Option<&str>) {
        let place = format!("disk/{place}");
        let package = format!(
            r#"{{"name":"server-flow-agent","version":"{version}","type":"module","dependencies":{{"zod":"^3.0.0"}}}}"#
        );
        self.write(&format!("{place}/package.json"), &package);
        self.write(&format!("{place}/dist/index.js"), "import '@server-flow/shared'\nimport 'zod'\n");
        let shared = format!("{place}/node_modules/@server-flow/shared");
        self.write(&format!("{shared}/package.json"), r#"{"name":"@server-flow/shared","main":"dist/index.js"}"#);
        self.write(&format!("{shared}/dist/index.js"), "module.exports = {}\n");
        if let Some(key) = key {
            assert_eq!(self.run(&["sign", &place, "--key", &format!("{key}.key")]).code, 0);
        }
        self.write(&format!("{place}/node_modules/zod/package.json"), r#"{"name":"zod","version":"3.0.0"}"#);
        self.write(&format!("{place}/node_modules/zod/index.js"), "module.exports = {}\n");
    }

    fn deployed(&self) -> PathBuf {
        self.at("disk").join(DEPLOYED)
    }

    /// The words of `doctor`'s report, its lines joined.
    fn doctor(&self, words: &[&str]) -> String {
        let ran = self.run(&[&["doctor", "--root", "disk", "--no-config"], words].concat());
        ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The findings of `verify` of the deployed folder.
    fn verify(&self, words: &[&str]) -> (i32, Vec<String>) {
        let folder = format!("disk/{DEPLOYED}");
        let ran = self.run(&[&["verify", &folder, "--json", "--key", "release.pub.pem"], words].concat());
        let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        let findings = document["findings"].as_array().cloned().unwrap_or_default();
        let shown = |finding: &serde_json::Value| {
            format!("{} {}", finding["rule"].as_str().unwrap(), finding["path"].as_str().unwrap_or("-"))
        };
        (ran.code, findings.iter().map(shown).collect())
    }
}

/// A change to a bundle's folder.
type Change = fn(&Path);

fn mode(path: PathBuf, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn file(path: PathBuf) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, "evil\n").unwrap();
}

fn link(target: &str, path: PathBuf) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    symlink(target, path).unwrap();
}

/// What runs other code than was signed, or lets others change it, and what is found.
const CHANGES: [(&str, Change); 10] = [
    ("checksum-mismatch dist/node_modules/zod/index.js", |at| file(at.join("dist/node_modules/zod/index.js"))),
    ("checksum-mismatch dist/node_modules/@server-flow/shared", |at| {
        link("../../../node_modules/zod", at.join("dist/node_modules/@server-flow/shared"));
    }),
    ("checksum-mismatch dist/node_modules", |at| link("/opt/evil", at.join("dist/node_modules"))),
    ("checksum-mismatch node_modules/ws", |at| link("/opt/evil", at.join("node_modules/ws"))),
    ("checksum-mismatch node_modules/@server-flow/shared.js", |at| {
        file(at.join("node_modules/@server-flow/shared.js"));
    }),
    ("checksum-mismatch dist/index.js", |at| mode(at.join("dist/index.js"), 0o4755)),
    ("checksum-mismatch dist", |at| mode(at.join("dist"), 0o2755)),
    ("checksum-mismatch dist/index.js", |at| mode(at.join("dist/index.js"), 0o666)),
    ("checksum-mismatch node_modules/zod/index.js", |at| mode(at.join("node_modules/zod/index.js"), 0o646)),
    ("checksum-mismatch .", |at| mode(at.to_path_buf(), 0o777)),
];

#[test]
fn a_folder_holds_nothing_that_node_could_load_and_nobody_signed() {
    let server = Server::new();
    assert_eq!(server.verify(&[]), (0, vec![]));
    assert!(!server.doctor(&["--key", "release.pub.pem"]).contains("tampered-files"));
    for (expected, change) in CHANGES {
        let server = Server::new();
        change(&server.deployed());
        assert_eq!(server.verify(&[]), (1, vec![expected.to_owned()]));
        let said = server.doctor(&["--key", "release.pub.pem"]);
        assert!(said.contains("tampered-files"), "{expected}: {said}");
    }
}

#[test]
fn an_archive_holds_no_link_that_nobody_signed() {
    for signed in [true, false] {
        let server = Server::new();
        let bundle = server.deployed();
        fs::remove_dir_all(bundle.join("node_modules/zod")).unwrap();
        let add = || link("../package.json", bundle.join("node_modules/.bin/x"));
        if signed {
            add();
            assert_eq!(server.run(&["sign", &format!("disk/{DEPLOYED}"), "--key", "release.key", "--force"]).code, 0);
        } else {
            add();
        }
        let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        archive.follow_symlinks(false);
        archive.append_dir_all(".", &bundle).unwrap();
        fs::write(server.at("a.tar.gz"), archive.into_inner().unwrap().finish().unwrap()).unwrap();
        let ran = server.run(&["check", "a.tar.gz", "--require-signature", "--key", "release.pub.pem", "--json"]);
        let refused = ran.stdout.contains("checksum-mismatch");
        assert_eq!(refused, !signed, "{}", ran.stdout);
    }
}

#[test]
fn links_that_are_packed_are_signed() {
    let server = Server::new();
    server.deploy("packed", "0.1.27", None);
    link("../zod/index.js", server.at("disk/packed/node_modules/.bin/zod"));
    let ran = server.run(&["pack", "disk/packed", "-o", "a.tar.gz", "--sign", "release.key", "-A", "all"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(!ran.stdout.contains("checksum-mismatch"), "{}", ran.stdout);
    fs::remove_file(server.at("a.tar.gz.minisig")).unwrap();
    let ran = server.run(&["check", "a.tar.gz", "--require-signature", "--key", "release.pub.pem"]);
    assert!(!ran.stdout.contains("checksum-mismatch"), "{}", ran.stdout);
    let unpacked = server.at("out");
    fs::create_dir(&unpacked).unwrap();
    let tar = flate2::read::GzDecoder::new(fs::File::open(server.at("a.tar.gz")).unwrap());
    tar::Archive::new(tar).unpack(&unpacked).unwrap();
    assert!(unpacked.join("node_modules/.bin/zod").is_symlink());
    assert_eq!(server.run(&["verify", "out", "--key", "release.pub.pem"]).code, 0);
}

#[test]
fn a_manifest_that_is_gone_or_strange_is_told_of() {
    let key = ["--key", "release.pub.pem"];
    let remove = |server: &Server, name: &str| fs::remove_file(server.deployed().join(name)).unwrap();

    // Never signed, as far as anybody can tell: not a fault, and not silence.
    let server = Server::new();
    remove(&server, "SHA256SUMS");
    remove(&server, "SHA256SUMS.minisig");
    let said = server.doctor(&key);
    assert!(!said.contains("tampered-files"), "{said}");
    assert!(said.contains("not checked: whether the bundle is as it was signed"), "{said}");
    assert!(!server.doctor(&[]).contains("as it was signed"), "no key was named");
    // It was signed before.
    server.deploy(BACKUP, "0.1.26", Some("release"));
    assert!(server.doctor(&key).contains("tampered-files"));

    for name in ["SHA256SUMS", "SHA256SUMS.minisig"] {
        let server = Server::new();
        remove(&server, name);
        let said = server.doctor(&key);
        assert!(said.contains("tampered-files"), "{name}: {said}");
    }

    let server = Server::new();
    let folder = format!("disk/{DEPLOYED}");
    file(server.deployed().join("dist/more.js"));
    assert_eq!(server.run(&["sign", &folder, "--force", "--key", "evil.key"]).code, 0);
    let said = server.doctor(&key);
    assert!(said.contains("tampered-files") && said.contains("not trusted here"), "{said}");

    let server = Server::new();
    remove(&server, "SHA256SUMS");
    remove(&server, "SHA256SUMS.minisig");
    server.write("required.toml", "[signature]\nrequired = true\nkeys = [\"release.pub.pem\"]\n");
    let ran = server.run(&["doctor", "--root", "disk", "--config", "required.toml"]);
    assert!(ran.stdout.contains("tampered-files"), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn an_older_signed_release_is_told_of() {
    let server = Server::new();
    server.deploy(BACKUP, "0.1.26", Some("release"));
    assert!(!server.doctor(&["--key", "release.pub.pem"]).contains("tampered-files"));
    for (version, refused) in [("0.1.26", false), ("0.1.27", true), ("0.1.28", true), ("0.2.0-rc.1", true)] {
        let (code, found) = server.verify(&["--newer-than", version]);
        assert_eq!((code, found.len()), (i32::from(refused), usize::from(refused)), "{version}: {found:?}");
        // No option lets it through.
        let (lenient, _) = server.verify(&["--newer-than", version, "-A", "all", "--fail-on", "never"]);
        assert_eq!(lenient, code, "{version}");
    }
    fs::remove_dir_all(server.at("disk").join(BACKUP)).unwrap();
    server.deploy(BACKUP, "0.1.28", Some("release"));
    let said = server.doctor(&["--key", "release.pub.pem"]);
    assert!(said.contains("tampered-files") && said.contains("older than the one it replaced, 0.1.28"), "{said}");
    // What nobody signed says nothing.
    fs::remove_dir_all(server.at("disk").join(BACKUP)).unwrap();
    server.deploy(BACKUP, "0.1.28", Some("evil"));
    assert!(!server.doctor(&["--key", "release.pub.pem"]).contains("tampered-files"));

    // A file that is no bundle has no version to compare.
    server.write("notes.txt", "notes");
    assert_eq!(server.run(&["sign", "notes.txt", "--key", "release.key"]).code, 0);
    let verify =
        |words: &[&str]| server.run(&[&["verify", "notes.txt", "--key", "release.pub.pem"], words].concat()).code;
    assert_eq!((verify(&[]), verify(&["--newer-than", "0.1.0"])), (0, 1));
}
