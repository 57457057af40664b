//! `keygen`, `sign` and `verify` as a user runs them: the binary, in a folder of its own, with no keys of the machine's.

use bundle_doctor::internals::{SecretKey, TrustedComment, minisign_legacy, sign_bytes};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const ARCHIVE: &str = "agent-bundle.tar.gz";

/// A name, the options and the environment that give the passphrase.
type Way<'a> = (&'a str, &'a [&'a str], &'a [(&'a str, &'a str)]);

struct Lab {
    folder: tempfile::TempDir,
}

struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    /// The document, which must fit the schema of its command where there is one.
    fn document(&self) -> Value {
        let document: Value =
            serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {} {}", self.out, self.err));
        if let Some(command @ ("check" | "verify")) = document["command"].as_str() {
            crate::schemas::assert_valid(
                &crate::schemas::schema(&format!("docs/{command}.schema.json")),
                &self.out,
                command,
            );
        }
        document
    }

    fn status(&self) -> String {
        self.document()["signature"]["status"].as_str().unwrap().to_owned()
    }

    fn rules(&self) -> Vec<String> {
        let document = self.document();
        let findings = document["findings"].as_array().unwrap();
        findings.iter().map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect()
    }

    #[track_caller]
    fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self
    }

    #[track_caller]
    fn refused(self) -> Self {
        assert_eq!(self.code, 1, "{}{}", self.out, self.err);
        self
    }

    #[track_caller]
    fn not_judged(self, words: &str) -> Self {
        assert_eq!(self.code, 2, "{}{}", self.out, self.err);
        assert!(self.err.contains(words), "{}", self.err);
        self
    }
}

impl Lab {
    /// A folder with a key pair, a bundle's folder and its archive.
    fn new() -> Self {
        let lab = Self { folder: tempfile::tempdir().unwrap() };
        lab.run(&["keygen", "--no-passphrase", "-o", "release"]).ok();
        lab.bundle("bundle", "0.1.27");
        fs::write(lab.at(ARCHIVE), lab.packed("0.1.27")).unwrap();
        lab
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.at(name)).unwrap()
    }

    fn run(&self, words: &[&str]) -> Ran {
        self.run_with(words, &[])
    }

    fn run_with(&self, words: &[&str], environment: &[(&str, &str)]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bundle-doctor"));
        command.args(words).arg("--no-config").current_dir(self.folder.path()).stdin(Stdio::null());
        for name in ["BUNDLE_DOCTOR_KEYS", "BUNDLE_DOCTOR_PASSPHRASE", "SOURCE_DATE_EPOCH", "GITHUB_STEP_SUMMARY"] {
            command.env_remove(name);
        }
        command.env("HOME", self.at("no-home")).envs(environment.iter().copied());
        let done = command.output().unwrap();
        Ran {
            code: done.status.code().unwrap(),
            out: String::from_utf8(done.stdout).unwrap(),
            err: String::from_utf8(done.stderr).unwrap(),
        }
    }

    fn sign(&self, words: &[&str]) -> Ran {
        self.run(&[&["sign", "--key", "release.key"], words].concat())
    }

    fn verify(&self, words: &[&str]) -> Ran {
        self.run(&[&["verify", "--json", "--key", "release.pub.pem"], words].concat())
    }

    fn bundle(&self, name: &str, version: &str) {
        for (path, content) in files(version) {
            let path = self.at(name).join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
    }

    fn packed(&self, version: &str) -> Vec<u8> {
        let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (path, content) in files(version) {
            let mut header = tar::Header::new_ustar();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            archive.append_data(&mut header, path, content.as_bytes()).unwrap();
        }
        archive.into_inner().unwrap().finish().unwrap()
    }

    /// What is in the folder, so that nothing half is left unseen.
    fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.at(folder)).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn files(version: &str) -> Vec<(&'static str, String)> {
    vec![
        ("package.json", format!("{{\"name\":\"server-flow-agent\",\"version\":\"{version}\"}}\n")),
        ("dist/index.js", "import '@server-flow/shared'\n".to_owned()),
        ("node_modules/@server-flow/shared/dist/index.js", "export {}\n".to_owned()),
    ]
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn what_is_signed_verifies_in_every_form() {
    let lab = Lab::new();
    for (form, extension, named) in
        [("minisign", "minisig", "minisign"), ("raw", "sig", "raw"), ("base64", "sig", "base64")]
    {
        let made = lab.sign(&[ARCHIVE, "--signature-format", form, "--json"]).ok().document();
        assert_eq!(made["written"][0], format!("{ARCHIVE}.{extension}"), "{form}");
        let found = lab.verify(&[ARCHIVE]).ok().document();
        assert_eq!(found["verdict"], "pass");
        assert_eq!(found["file"], ARCHIVE);
        assert_eq!(found["signature"]["status"], "verified");
        assert_eq!(found["signature"]["format"], named);
        assert_eq!(found["signature"]["key_id"], made["signature"]["key_id"]);
        assert_eq!(found["signature"]["comment"].is_string(), form == "minisign");
        assert_eq!(found["manifest"], Value::Null);
        fs::remove_file(lab.at(&format!("{ARCHIVE}.{extension}"))).unwrap();
    }
    let human = {
        lab.sign(&[ARCHIVE]).ok();
        lab.run(&["verify", ARCHIVE, "--key", "release.pub.pem"]).ok().out
    };
    let first = human.lines().next().unwrap();
    assert!(first.starts_with(&format!("{ARCHIVE}  verified: signed by ")), "{first}");
    assert!(first.ends_with(" (release.pub.pem)"), "{first}");
}

#[test]
fn the_comment_says_time_name_and_version() {
    let lab = Lab::new();
    let signed = |words: &[&str], environment: &[(&str, &str)]| {
        let ran = lab.run_with(&[&["sign", "--key", "release.key", "--json", "--force"], words].concat(), environment);
        ran.ok().document()["signature"]["comment"].as_str().unwrap().to_owned()
    };
    let at = [("SOURCE_DATE_EPOCH", "1700000000")];
    let expected = format!("timestamp:1700000000\\tfile:{ARCHIVE}\\tversion:0.1.27\\thashed");
    assert_eq!(signed(&[ARCHIVE], &at), expected);
    let again = lab.read(&format!("{ARCHIVE}.minisig"));
    signed(&[ARCHIVE], &at);
    assert_eq!(lab.read(&format!("{ARCHIVE}.minisig")), again, "the same signature for the same time");
    fs::write(lab.at("notes.txt"), "no archive").unwrap();
    assert_eq!(signed(&["notes.txt"], &at), "timestamp:1700000000\\tfile:notes.txt\\thashed");
    assert_eq!(signed(&[ARCHIVE, "--comment", "mine"], &at), "mine");
    let seconds: u64 = signed(&["notes.txt"], &[]).split(['\\', ':']).nth(1).unwrap().parse().unwrap();
    assert!(seconds > 1_700_000_000);
    lab.run_with(&["sign", ARCHIVE, "--key", "release.key", "--force"], &[("SOURCE_DATE_EPOCH", "soon")])
        .not_judged("SOURCE_DATE_EPOCH");
    lab.sign(&[ARCHIVE, "--force", "--comment", "a\u{1b}[2Jb"]).not_judged("printable");
    lab.sign(&[ARCHIVE, "--comment", "x", "--signature-format", "raw"]).not_judged("--comment");
}

#[test]
fn nothing_is_overwritten_without_force() {
    let lab = Lab::new();
    let before = (lab.read("release.key"), lab.read("release.pub.pem"));
    assert_eq!((mode(&lab.at("release.key")), mode(&lab.at("release.pub.pem"))), (0o600, 0o644));
    lab.run(&["keygen", "--no-passphrase", "-o", "release"]).not_judged("release.key is there already");
    assert_eq!((lab.read("release.key"), lab.read("release.pub.pem")), before);

    // Half a pair is in the way as well, and then the other half is not written.
    fs::write(lab.at("half.pub.pem"), "mine").unwrap();
    lab.run(&["keygen", "--no-passphrase", "-o", "half"]).not_judged("half.pub.pem is there already");
    assert!(!lab.at("half.key").exists());
    symlink("/nowhere/at/all", lab.at("dangling.key")).unwrap();
    lab.run(&["keygen", "--no-passphrase", "-o", "dangling"]).not_judged("dangling.key is there already");
    fs::set_permissions(lab.at("release.key"), fs::Permissions::from_mode(0o644)).unwrap();
    lab.run(&["keygen", "--no-passphrase", "-o", "release", "--force"]).ok();
    assert_ne!(lab.read("release.key"), before.0);
    assert_eq!(mode(&lab.at("release.key")), 0o600);

    for form in [&["--signature-format", "raw"][..], &[]] {
        lab.sign(&[&[ARCHIVE], form].concat()).ok();
        lab.sign(&[&[ARCHIVE], form].concat()).not_judged("is there already");
        lab.sign(&[&[ARCHIVE, "--force"], form].concat()).ok();
    }
    lab.sign(&["bundle"]).ok();
    lab.sign(&["bundle"]).not_judged("SHA256SUMS is there already");
    lab.sign(&["bundle", "--force"]).ok();
    fs::remove_file(lab.at("bundle/SHA256SUMS")).unwrap();
    lab.sign(&["bundle"]).not_judged("SHA256SUMS.minisig is there already");
    assert!(!lab.at("bundle/SHA256SUMS").exists());
}

#[test]
fn a_passphrase_comes_from_three_places_and_is_shown_nowhere() {
    let lab = Lab::new();
    let secret = "correct horse 🐴";
    fs::write(lab.at("passphrase"), format!("{secret}\n")).unwrap();
    let variable = [("BUNDLE_DOCTOR_PASSPHRASE", secret)];
    let ways: [Way<'_>; 3] = [
        ("a", &["--passphrase", secret], &[]),
        ("b", &["--passphrase-file", "passphrase"], &[]),
        ("c", &[], &variable),
    ];
    for (name, words, environment) in ways {
        let made = lab.run_with(&[&["keygen", "--json", "-o", name], words].concat(), environment).ok();
        assert_eq!(made.document()["encrypted"], true);
        assert!(!made.out.contains(secret) && !made.err.contains(secret));
        assert!(String::from_utf8(lab.read(&format!("{name}.key"))).unwrap().contains("ENCRYPTED PRIVATE KEY"));
    }
    for (name, _, _) in ways {
        for (_, words, environment) in ways {
            let key = format!("{name}.key");
            let signed =
                lab.run_with(&[&["sign", ARCHIVE, "--force", "--key", &key], words].concat(), environment).ok();
            assert!(!signed.out.contains(secret) && !signed.err.contains(secret));
        }
    }
    fs::remove_file(lab.at(&format!("{ARCHIVE}.minisig"))).unwrap();
    let none = lab.run(&["sign", ARCHIVE, "--key", "a.key"]).not_judged("a passphrase is needed");
    for way in ["--passphrase-file", "BUNDLE_DOCTOR_PASSPHRASE", "--passphrase TEXT"] {
        assert!(none.err.contains(way), "{}", none.err);
    }
    let wrong =
        lab.run(&["sign", ARCHIVE, "--key", "a.key", "--passphrase", "battery staple", "--json"]).not_judged("");
    assert!(!wrong.err.contains("battery") && !wrong.out.contains("battery"));
    assert_eq!(wrong.document()["verdict"], "error");
    lab.run(&["keygen", "-o", "d", "--passphrase", ""]).not_judged("empty passphrase");
    lab.run_with(&["keygen", "-o", "d"], &[("BUNDLE_DOCTOR_PASSPHRASE", "")]).not_judged("set and empty");
    assert!(!lab.names(".").iter().any(|name| name.starts_with("d.") || name.contains(".minisig")));
}

#[test]
fn a_change_anywhere_is_seen() {
    let lab = Lab::new();
    let signature = format!("{ARCHIVE}.minisig");
    lab.sign(&[ARCHIVE]).ok();
    let (archive, minisig) = (lab.read(ARCHIVE), lab.read(&signature));

    // Every byte of the archive matters, sound gzip or not.
    for at in [0, 12, archive.len() / 2, archive.len() - 1] {
        let mut changed = archive.clone();
        changed[at] ^= 1;
        fs::write(lab.at(ARCHIVE), &changed).unwrap();
        assert_eq!(lab.verify(&[ARCHIVE]).refused().rules(), ["signature-invalid"], "byte {at}");
    }
    fs::write(lab.at(ARCHIVE), &archive[..archive.len() - 1]).unwrap();
    assert_eq!(lab.verify(&[ARCHIVE]).refused().status(), "invalid");
    fs::write(lab.at(ARCHIVE), [&archive[..], b"\0"].concat()).unwrap();
    assert_eq!(lab.verify(&[ARCHIVE]).refused().status(), "invalid");
    fs::write(lab.at(ARCHIVE), &archive).unwrap();

    // Every line of the signature matters, but for the first, which nobody signed.
    let text = String::from_utf8(minisig.clone()).unwrap();
    let starts: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
    for (line, start) in starts.iter().take(3).enumerate() {
        for offset in [20, 40, 60] {
            let mut changed = minisig.clone();
            changed[start + offset] ^= 1;
            fs::write(lab.at(&signature), &changed).unwrap();
            let ran = lab.verify(&[ARCHIVE]).refused();
            assert_eq!(ran.status(), "invalid", "line {}, byte {offset}", line + 2);
            assert_eq!(ran.document()["signature"]["comment"], Value::Null, "a comment that was not verified is shown");
        }
    }
    for (case, content, code) in [
        ("CRLF", text.replace('\n', "\r\n"), 0),
        ("no final newline", text.trim_end().to_owned(), 0),
        ("another untrusted comment", text.replacen("signature by key", "whatever", 1), 0),
        ("cut off", text[..100].to_owned(), 1),
        ("empty", String::new(), 1),
        ("too large", "x".repeat(100_000), 1),
    ] {
        fs::write(lab.at(&signature), content).unwrap();
        assert_eq!(lab.verify(&[ARCHIVE]).code, code, "{case}");
    }
    // No option lets a bad signature through.
    let lenient = ["--fail-on", "never", "-A", "all"];
    assert_eq!(lab.verify(&[&[ARCHIVE][..], &lenient].concat()).refused().rules(), ["signature-invalid"]);
}

#[test]
fn a_good_signature_of_something_else_is_bound_to_it() {
    let lab = Lab::new();
    lab.sign(&[ARCHIVE]).ok();
    fs::rename(lab.at(ARCHIVE), lab.at("other.tar.gz")).unwrap();
    fs::rename(lab.at(&format!("{ARCHIVE}.minisig")), lab.at("other.tar.gz.minisig")).unwrap();
    let renamed = lab.verify(&["other.tar.gz"]).ok();
    assert_eq!(renamed.rules(), ["signature-binding"]);
    assert_eq!(renamed.status(), "verified");
    lab.verify(&["other.tar.gz", "--fail-on", "warning"]).refused();
    lab.verify(&["other.tar.gz", "-D", "signature-binding"]).refused();
    assert!(lab.verify(&["other.tar.gz", "-A", "signature-binding", "--fail-on", "info"]).ok().rules().is_empty());

    fs::write(lab.at(ARCHIVE), lab.packed("0.1.28")).unwrap();
    let comment = format!("timestamp:1\tfile:{ARCHIVE}\tversion:0.1.27\thashed");
    lab.sign(&[ARCHIVE, "--comment", &comment]).ok();
    let older = lab.verify(&[ARCHIVE]).ok();
    assert_eq!(older.rules(), ["signature-binding"]);
    assert!(older.out.contains("0.1.28") && older.out.contains("0.1.27"));

    // Swapped signatures: each is somebody's, neither is its neighbour's.
    lab.sign(&[ARCHIVE, "--force"]).ok();
    let (one, two) = (format!("{ARCHIVE}.minisig"), "other.tar.gz.minisig");
    let swapped = lab.read(two);
    fs::copy(lab.at(&one), lab.at(two)).unwrap();
    fs::write(lab.at(&one), swapped).unwrap();
    for name in [ARCHIVE, "other.tar.gz"] {
        assert_eq!(lab.verify(&[name]).refused().rules(), ["signature-invalid"]);
    }
}

#[test]
fn any_one_trusted_key_suffices_and_a_strange_one_is_named() {
    let lab = Lab::new();
    let id = |ran: Ran| ran.document()["key_id"].as_str().unwrap().to_owned();
    let next = id(lab.run(&["keygen", "--no-passphrase", "-o", "next", "--json"]).ok());
    lab.run(&["sign", ARCHIVE, "--key", "next.key"]).ok();
    let strange = lab.verify(&[ARCHIVE]).refused();
    assert_eq!(strange.rules(), ["signature-untrusted"]);
    assert_eq!(strange.document()["signature"]["key_id"], next.as_str());
    assert_eq!(strange.document()["signature"]["comment"], Value::Null);
    assert!(strange.document()["findings"][0]["message"].as_str().unwrap().contains(&next));
    let both = lab.verify(&[ARCHIVE, "--key", "next.pub.pem"]).ok();
    assert_eq!(both.document()["signature"]["key_id"], next.as_str());

    // Trusted without a flag: by the variable, the configuration, and the control plane's key at home.
    let bare = ["verify", ARCHIVE, "--json"];
    let list = format!("{}:{}", lab.at("release.pub.pem").display(), lab.at("next.pub.pem").display());
    assert_eq!(lab.run_with(&bare, &[("BUNDLE_DOCTOR_KEYS", &list)]).ok().status(), "verified");
    fs::create_dir_all(lab.at("home/.server-flow")).unwrap();
    fs::copy(lab.at("next.pub.pem"), lab.at("home/.server-flow/cp-public-key.pem")).unwrap();
    assert_eq!(lab.run_with(&bare, &[("HOME", lab.at("home").to_str().unwrap())]).ok().status(), "verified");

    // Raw and base64 name no key: the content and the key cannot be told apart.
    lab.run(&["sign", ARCHIVE, "--key", "next.key", "--signature-format", "raw"]).ok();
    let raw = lab.verify(&[ARCHIVE, "--signature", &format!("{ARCHIVE}.sig")]).refused();
    assert_eq!(raw.rules(), ["signature-invalid"]);
}

#[test]
fn without_a_key_or_a_signature_nothing_is_judged() {
    let lab = Lab::new();
    lab.verify(&[ARCHIVE]).not_judged("so nothing was verified");
    lab.verify(&["bundle"]).not_judged("SHA256SUMS");
    lab.verify(&["nothing.tar.gz"]).not_judged("cannot open nothing.tar.gz");
    lab.sign(&[ARCHIVE]).ok();
    lab.run(&["verify", ARCHIVE]).not_judged("no trusted key is known");
    lab.run(&["verify", ARCHIVE, "--key", "release.key"]).not_judged("a private key where a public key is needed");
    lab.run(&["verify", ARCHIVE, "--key", "gone.pem"]).not_judged("gone.pem");
    lab.run(&["sign", ARCHIVE, "--force", "--key", "release.pub.pem"]).not_judged("a public key where a private key");
    lab.sign(&["-"]).not_judged("cannot read -");

    // Each failure is one document in a machine format, and only json is verify's.
    for words in [
        &["verify", ARCHIVE][..],
        &["sign", "gone", "--key", "release.key"],
        &["keygen", "--no-passphrase", "-o", "release"],
    ] {
        let ran = lab.run(&[words, &["--format", "json"]].concat()).not_judged("");
        let document = ran.document();
        assert_eq!((document["verdict"].as_str(), document["command"].as_str()), (Some("error"), Some(words[0])));
        assert!(document["error"]["message"].is_string());
        let ran = lab.run(&[words, &["--format", "sarif"]].concat()).not_judged("[possible values: human, json]");
        assert_eq!(ran.document()["version"], "2.1.0");
    }
}

#[test]
fn minisigns_legacy_form_and_any_size_are_verified() {
    let lab = Lab::new();
    let key = SecretKey::read(&lab.read("release.key"), None).unwrap();
    let comment = TrustedComment::new(&format!("timestamp:1\tfile:{ARCHIVE}")).unwrap();
    let legacy = minisign_legacy(&key, sign_bytes(&key, &lab.read(ARCHIVE)), &comment);
    fs::write(lab.at(&format!("{ARCHIVE}.minisig")), legacy).unwrap();
    let document = lab.verify(&[ARCHIVE]).ok().document();
    assert_eq!(document["signature"]["format"], "minisign-legacy");

    // Far beyond the limits, and no bundle: signed and verified all the same, from its first byte to its last.
    let mut zeros = GzEncoder::new(Vec::new(), Compression::best());
    std::io::copy(&mut std::io::Read::take(std::io::repeat(0), 64 << 20), &mut zeros).unwrap();
    let mut bomb = zeros.finish().unwrap();
    for form in ["minisign", "raw"] {
        fs::write(lab.at("bomb.tar.gz"), &bomb).unwrap();
        lab.sign(&["bomb.tar.gz", "--signature-format", form]).ok();
        lab.verify(&["bomb.tar.gz"]).ok();
        let last = bomb.len() - 1;
        bomb[last] ^= 1;
        fs::write(lab.at("bomb.tar.gz"), &bomb).unwrap();
        lab.verify(&["bomb.tar.gz"]).refused();
        let _ = fs::remove_file(lab.at("bomb.tar.gz.minisig"));
    }
}

#[test]
fn a_signed_folder_is_verified_both_ways() {
    let lab = Lab::new();
    let made = lab.sign(&["bundle", "--json"]).ok().document();
    assert_eq!(made["manifest"]["listed"], 3);
    let good = lab.verify(&["bundle"]).ok().document();
    assert_eq!(good["manifest"], serde_json::json!({"listed": 3, "verified": 3, "outside": 0}));
    assert!(good["signature"]["comment"].as_str().unwrap().contains("file:SHA256SUMS\\tversion:0.1.27"));

    let found = |change: &dyn Fn(&Path)| {
        let bundle = lab.at("changed");
        let _ = fs::remove_dir_all(&bundle);
        lab.bundle("changed", "0.1.27");
        for name in ["SHA256SUMS", "SHA256SUMS.minisig"] {
            fs::copy(lab.at("bundle").join(name), bundle.join(name)).unwrap();
        }
        change(&bundle);
        let ran = lab.verify(&["changed"]).refused();
        let document = ran.document();
        let findings = document["findings"].as_array().unwrap();
        let shown = |finding: &Value| {
            format!("{} {}", finding["rule"].as_str().unwrap(), finding["path"].as_str().unwrap_or("-"))
        };
        findings.iter().map(shown).collect::<Vec<_>>()
    };
    assert_eq!(
        found(&|bundle| fs::write(bundle.join("dist/index.js"), "import 'evil'\n").unwrap()),
        ["checksum-mismatch dist/index.js"]
    );
    assert_eq!(
        found(&|bundle| fs::remove_file(bundle.join("dist/index.js")).unwrap()),
        ["checksum-mismatch dist/index.js"]
    );
    assert_eq!(
        found(&|bundle| fs::write(bundle.join("dist/evil.js"), "").unwrap()),
        ["checksum-mismatch dist/evil.js"]
    );
    assert_eq!(found(&|bundle| symlink("dist", bundle.join("lib")).unwrap()), ["checksum-mismatch lib"]);
    let rewritten = |bundle: &Path| {
        let mut sums = fs::read(bundle.join("SHA256SUMS")).unwrap();
        sums[0] ^= 1;
        fs::write(bundle.join("SHA256SUMS"), sums).unwrap();
    };
    assert_eq!(found(&rewritten), ["signature-invalid -"]);
    assert_eq!(lab.verify(&["changed"]).document()["manifest"], Value::Null, "nobody vouches for it");

    // What an update installs is not covered, and said to be so.
    for (path, content) in [("node_modules/zod/index.js", "1"), ("pnpm-lock.yaml", "1")] {
        let path = lab.at("bundle").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let deployed = lab.verify(&["bundle"]).ok().document();
    assert_eq!(deployed["manifest"], serde_json::json!({"listed": 3, "verified": 3, "outside": 2}));
    let human = lab.run(&["verify", "bundle", "--key", "release.pub.pem"]).ok().out;
    assert!(human.contains("3 of 3 files as listed · 2 outside the manifest, not verified"), "{human}");
}

#[test]
fn a_failed_sign_leaves_nothing() {
    let lab = Lab::new();
    let before = lab.names(".");
    lab.run(&["sign", ARCHIVE, "--key", "gone.key"]).not_judged("gone.key");
    fs::write(lab.at("no.key"), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n").unwrap();
    let bad = lab.run(&["sign", "bundle", "--key", "no.key"]).not_judged("cannot use no.key");
    assert!(!bad.err.contains("AAAA"));
    fs::remove_file(lab.at("no.key")).unwrap();
    assert_eq!(lab.names("."), before);
    let untouched = lab.names("bundle");

    // What no manifest can cover is refused before anything is written.
    symlink("dist", lab.at("bundle/lib")).unwrap();
    lab.sign(&["bundle"]).not_judged("lib is a symbolic link");
    fs::remove_file(lab.at("bundle/lib")).unwrap();
    let status = Command::new("mkfifo").arg(lab.at("bundle/pipe")).status().unwrap();
    assert!(status.success());
    lab.sign(&["bundle"]).not_judged("pipe is a FIFO");
    fs::remove_file(lab.at("bundle/pipe")).unwrap();
    assert_eq!(lab.names("bundle"), untouched);

    // A place that cannot be written: a folder in its way, whoever runs this.
    fs::create_dir(lab.at("bundle/SHA256SUMS.minisig")).unwrap();
    lab.sign(&["bundle", "--force"]).not_judged("cannot write bundle/SHA256SUMS.minisig");
    fs::remove_dir(lab.at("bundle/SHA256SUMS.minisig")).unwrap();
    assert_eq!(lab.names("bundle"), untouched);
    lab.run(&["keygen", "--no-passphrase", "-o", "none/release"]).not_judged("cannot write none/release.key");

    // Links that package managers make are counted, not listed.
    symlink("../zod", lab.at("bundle/node_modules/@server-flow/zod")).unwrap();
    let made = lab.sign(&["bundle", "--json"]).ok().document();
    assert_eq!(made["manifest"], serde_json::json!({"listed": 3, "links": 1}));

    // A signature of the old manifest does not stay beside a new one.
    fs::write(lab.at("bundle/dist/new.js"), "").unwrap();
    let before = lab.read("bundle/SHA256SUMS");
    lab.sign(&["bundle", "--force", "--signature-format", "raw"])
        .not_judged("SHA256SUMS.minisig signs another manifest");
    assert_eq!(lab.read("bundle/SHA256SUMS"), before);
}

/// An archive of these files, in this order.
fn archive_of<'f>(files: impl IntoIterator<Item = (&'f str, &'f [u8])>) -> Vec<u8> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, content) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, path, content).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}

/// Wherever the manifest stands in an archive, and however large the files are, each file is compared with it.
#[test]
fn a_manifest_counts_wherever_it_stands() {
    let lab = Lab::new();
    let mut contents: Vec<(String, Vec<u8>)> =
        files("0.1.27").into_iter().map(|(path, content)| (path.to_owned(), content.into_bytes())).collect();
    for number in 0_u32..60 {
        let size = [10, 0, 5_000, 300_000][number as usize % 4] + number as usize;
        let content = (0..size).map(|at| (at as u32).wrapping_mul(number + 3).to_le_bytes()[1]).collect();
        contents.push((format!("dist/data-{number:02}.bin"), content));
    }
    for (path, content) in &contents {
        fs::write(lab.at("bundle").join(path), content).unwrap();
    }
    lab.sign(&["bundle"]).ok();
    let list = ["SHA256SUMS", "SHA256SUMS.minisig"].map(|name| (name, lab.read(&format!("bundle/{name}"))));
    let places = [0, 3, 20, contents.len()];
    for (place, changed) in places.into_iter().flat_map(|place| [None, Some(3), Some(62)].map(|at| (place, at))) {
        let mut contents = contents.clone();
        let expected: Vec<String> = changed.map(|at: usize| contents[at].0.clone()).into_iter().collect();
        if let Some((_, content)) = changed.and_then(|at| contents.get_mut(at)) {
            let last = content.len() - 1;
            content[last] ^= 1;
        }
        let mut entries: Vec<_> = contents.iter().map(|(path, content)| (path.as_str(), content.as_slice())).collect();
        entries.splice(place..place, list.iter().map(|(path, content)| (*path, content.as_slice())));
        // A file that comes once more, and is the same.
        let again = entries.iter().find(|(path, _)| *path == "dist/data-03.bin").copied();
        for entries in [entries.clone(), entries.into_iter().chain(again).collect()] {
            fs::write(lab.at("signed.tar.gz"), archive_of(entries)).unwrap();
            for (key, status) in
                [(&["--key", "release.pub.pem", "--require-signature"][..], "verified"), (&[], "not-checked")]
            {
                let document = lab.run(&[&["check", "signed.tar.gz", "--json"], key].concat()).document();
                let subject = &document["subjects"][0];
                let differ = subject["findings"].as_array().unwrap().iter();
                let differ: Vec<_> = differ
                    .filter(|finding| finding["rule"] == "checksum-mismatch")
                    .map(|finding| finding["path"].as_str().unwrap().to_owned())
                    .collect();
                assert_eq!(differ, expected, "the manifest is entry {place}, {key:?}");
                assert_eq!(subject["signature"]["status"], status);
            }
        }
    }
}

/// A quiet run does not tell the archive's sum and does not make it; the signature counts all the same.
#[test]
fn a_quiet_check_verifies_the_signature() {
    let lab = Lab::new();
    lab.sign(&[ARCHIVE]).ok();
    let words = ["check", ARCHIVE, "--key", "release.pub.pem", "-A", "all", "-D", "signature-invalid"];
    let quiet = |lab: &Lab| lab.run(&[&words[..], &["-D", "signature-missing", "--require-signature", "-q"]].concat());
    quiet(&lab).ok();
    let mut changed = lab.read(ARCHIVE);
    changed[4] ^= 1;
    fs::write(lab.at(ARCHIVE), changed).unwrap();
    quiet(&lab).refused();
}
