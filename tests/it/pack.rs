//! `pack`: what stands in the archive, that its bytes depend on nothing else, and that nothing is lost when it refuses.

use crate::program::{Run, run, run_in};
use crate::rule_fixtures::{folder as rules_folder, of_rule};
use crate::schemas::{assert_valid, schema};
use crate::tree::{Fixture, with_ordinary_modes};
use flate2::read::GzDecoder;
use serde_json::Value;
use std::fs;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

fn fixture(path: &str) -> Fixture {
    Fixture::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path))
}

/// A folder with the bundle of a fixture in `bundle`.
fn with(path: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("bundle")).unwrap();
    fixture(path).directory(&folder.path().join("bundle"));
    folder
}

const TIME: [(&str, &str); 1] = [("SOURCE_DATE_EPOCH", "1700000000")];

fn pack(folder: &Path, options: &[&str]) -> Run {
    run_in(folder, &[&["pack", "bundle", "-o", "out.tar.gz", "--no-config"], options].concat(), &TIME, b"")
}

fn packed(folder: &Path, options: &[&str]) -> Vec<u8> {
    let done = pack(folder, options);
    assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{}", done.stdout);
    fs::read(folder.join("out.tar.gz")).unwrap()
}

/// A line for each entry: what an archive says of it.
fn listing(archive: &[u8]) -> Vec<String> {
    let mut tar = tar::Archive::new(GzDecoder::new(archive));
    let line = |entry: tar::Entry<'_, GzDecoder<&[u8]>>| {
        let header = entry.header();
        let target = entry.link_name_bytes().map(|target| format!(" -> {}", String::from_utf8_lossy(&target)));
        let owner = (header.uid().unwrap(), header.gid().unwrap(), header.username_bytes().unwrap().len());
        assert_eq!((owner, header.mtime().unwrap()), ((0, 0, 0), 1_700_000_000));
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        format!("{:04o} {:>5} {name}{}", header.mode().unwrap(), entry.size(), target.unwrap_or_default())
    };
    tar.entries().unwrap().map(|entry| line(entry.unwrap())).collect()
}

fn content(archive: &[u8], name: &str) -> String {
    let mut tar = tar::Archive::new(GzDecoder::new(archive));
    let mut text = String::new();
    let mut entries = tar.entries().unwrap().map(Result::unwrap);
    let found = entries.find(|entry| entry.path_bytes().as_ref() == name.as_bytes());
    found.unwrap_or_else(|| panic!("no {name}")).read_to_string(&mut text).unwrap();
    text
}

fn left(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

#[test]
fn the_survivor_ships_the_shared_package_twice_and_depends_on_it() {
    let folder = with("base/flat.tree");
    let archive = packed(folder.path(), &[]);
    insta::assert_snapshot!("pack-survivor", listing(&archive).join("\n"));
    insta::assert_snapshot!("pack-survivor-package", content(&archive, "package.json"));
    let check = run(folder.path(), &["check", "out.tar.gz", "--no-config", "--fail-on", "info"]);
    assert_eq!(check.code, 0, "{}", check.stdout);
    let source = fs::read_to_string(folder.path().join("bundle/package.json")).unwrap();
    assert!(!source.contains("file:"), "the folder stays as it is");
    // What survives already is packed as it stands.
    let survivor = with("base/survivor.tree");
    assert_eq!(listing(&packed(survivor.path(), &[])), listing(&archive));
}

#[test]
fn what_only_developers_need_of_the_shared_package_stays_behind() {
    let folder = with("base/flat.tree");
    let shared = folder.path().join("bundle/node_modules/@server-flow/shared");
    for path in
        ["src/index.ts", "tsconfig.json", ".turbo/log", "node_modules/.bin/tsc", "dist/assets/a.txt", "notes.txt"]
    {
        let place = shared.join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, "x").unwrap();
    }
    symlink("../../../node_modules/.pnpm/zod/node_modules/zod", shared.join("node_modules/zod")).unwrap();
    fs::create_dir(shared.join("empty")).unwrap();
    let package = fs::read_to_string(shared.join("package.json")).unwrap().replace(
        "\"type\"",
        "\"scripts\": { \"prepare\": \"tsc\", \"build\": \"tsc\" }, \"devDependencies\": { \"x\": \"workspace:*\" }, \"type\"",
    );
    fs::write(shared.join("package.json"), package).unwrap();
    let done = pack(folder.path(), &["--json"]);
    let report: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_valid(&schema("docs/pack.schema.json"), &done.stdout, "packed");
    let copy = "node_modules/@server-flow/shared";
    let expected = [".turbo", "node_modules", "src", "tsconfig.json"].map(|name| format!("{copy}/{name}"));
    assert_eq!(report["left_out"], Value::from(expected.to_vec()));
    let archive = fs::read(folder.path().join("out.tar.gz")).unwrap();
    let names: Vec<_> = listing(&archive).into_iter().map(|line| line.get(11..).unwrap().to_owned()).collect();
    for place in [copy, "packages/shared"] {
        for name in ["dist/assets/a.txt", "notes.txt", "empty/"] {
            assert!(names.contains(&format!("{place}/{name}")), "{place}/{name}: {names:#?}");
        }
        let package = content(&archive, &format!("{place}/package.json"));
        assert!(
            package.contains("\"build\"") && !package.contains("prepare") && !package.contains("devDep"),
            "{package}"
        );
    }
    assert_eq!(report["subject"]["findings"], Value::Array(Vec::new()));
    // To the letter, all of it is shipped, and `check` has something to say of it.
    let letter = pack(folder.path(), &["--layout", "documented", "--json"]);
    let report: Value = serde_json::from_str(&letter.stdout).unwrap();
    assert_eq!(letter.code, 0);
    let rules: Vec<_> = report["subject"]["findings"].as_array().unwrap().iter().map(|found| &found["rule"]).collect();
    assert!(rules.iter().any(|rule| *rule == "development-file"), "{rules:?}");
}

#[test]
fn the_bytes_depend_on_names_contents_and_the_owners_x_only() {
    let one = with("base/flat.tree");
    let bytes = packed(one.path(), &[]);
    let other = with("base/flat.tree");
    let index = other.path().join("bundle/dist/index.js");
    fs::set_permissions(&index, fs::Permissions::from_mode(0o666)).unwrap();
    fs::set_permissions(other.path().join("bundle/dist"), fs::Permissions::from_mode(0o777)).unwrap();
    fs::File::options().write(true).open(&index).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
    assert_eq!(packed(other.path(), &[]), bytes);
    fs::set_permissions(&index, fs::Permissions::from_mode(0o700)).unwrap();
    let executable = packed(other.path(), &[]);
    assert!(listing(&executable).iter().any(|line| line.starts_with("0755") && line.ends_with(" dist/index.js")));
    // Without a time from anywhere it is 1970; the program sees no git here.
    let done = run(one.path(), &["pack", "bundle", "-o", "out.tar.gz", "--no-config", "--json"]);
    let report: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!((report["time"].as_str(), report["time_from"].as_str()), (Some("1970-01-01T00:00:00Z"), Some("none")));
    let wrong = [("SOURCE_DATE_EPOCH", "yesterday")];
    assert_eq!(run_in(one.path(), &["pack", "bundle", "-o", "out.tar.gz"], &wrong, b"").code, 2);
}

#[test]
fn odd_names_links_and_long_ones_come_back_as_they_were() {
    let folder = with("base/flat.tree");
    let bundle = folder.path().join("bundle");
    let deep = bundle.join("data").join("long-".repeat(18)).join("name-".repeat(30));
    fs::create_dir_all(deep.parent().unwrap()).unwrap();
    fs::write(&deep, "deep").unwrap();
    fs::write(bundle.join("data").join("n".repeat(95)), "exactly a hundred").unwrap();
    fs::write(bundle.join(std::ffi::OsStr::from_bytes(b"data/caf\xe9")), "").unwrap();
    symlink(format!("./{}", "x/".repeat(70)), bundle.join("data/link")).unwrap();
    fs::create_dir(bundle.join("data/empty")).unwrap();
    with_ordinary_modes(&bundle);
    let options = ["--layout", "documented"];
    let archive = packed(folder.path(), &options);
    let sums =
        |path: &str| run(folder.path(), &["manifest", path, "--json"]).stdout.replace(&format!("\"{path}\""), "");
    assert_eq!(sums("out.tar.gz"), sums("bundle"));
    let lines = listing(&archive);
    assert!(lines.iter().any(|line| line.ends_with(&format!("data/link -> ./{}", "x/".repeat(70)))), "{lines:#?}");
    assert!(lines.iter().any(|line| line.ends_with("data/empty/")), "{lines:#?}");
    let same = run(folder.path(), &["diff", "bundle", "out.tar.gz", "--json", "--no-config"]);
    assert_eq!(same.code, 0, "{}", same.stdout);
}

/// What `check` refuses is refused, and what is published stays; what it only warns of is packed.
#[test]
fn what_check_refuses_is_not_packed() {
    let mut refused = 0;
    let scratch = tempfile::tempdir().unwrap();
    let catalogue = run(scratch.path(), &["rules", "--json"]).stdout;
    let catalogue: serde_json::Value = serde_json::from_str(&catalogue).unwrap();
    let rules = catalogue["rules"].as_array().unwrap().iter().filter(|rule| rule["kind"] == "rule");
    for rule in rules.filter(|rule| rules_folder().join(rule["id"].as_str().unwrap()).exists()) {
        let bad = |path: &&std::path::PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with("bad-");
        for path in of_rule(rule["id"].as_str().unwrap()).iter().filter(bad).take(3) {
            let fixture = Fixture::load(path);
            if !fixture.as_directory || !fixture.options.is_empty() {
                continue;
            }
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir(folder.path().join("bundle")).unwrap();
            fixture.directory(&folder.path().join("bundle"));
            fs::write(folder.path().join("out.tar.gz"), "published").unwrap();
            let check = run(folder.path(), &["check", "bundle", "--no-config"]);
            let done = pack(folder.path(), &[]);
            let name = path.display();
            if check.code == 1 && rule["severity"] == "error" {
                assert_eq!(done.code, 1, "{name}: {}", done.stdout);
                assert!(
                    done.stdout.starts_with("bundle  refused, so nothing was written\n"),
                    "{name}: {}",
                    done.stdout
                );
                refused += 1;
            }
            if done.code != 0 {
                assert_eq!(fs::read(folder.path().join("out.tar.gz")).unwrap(), b"published", "{name}");
            }
            assert_eq!(left(folder.path()), ["bundle", "out.tar.gz"], "{name}");
        }
    }
    assert!(refused > 30, "only {refused} fixtures were refused");
}

#[test]
fn overrides_reach_the_folder_and_the_archive() {
    let folder = with("base/flat.tree");
    fs::write(folder.path().join("bundle/tsconfig.json"), "{}").unwrap();
    assert_eq!(pack(folder.path(), &[]).code, 0);
    assert_eq!(pack(folder.path(), &["--fail-on", "warning"]).code, 1, "a warning of the archive");
    assert_eq!(pack(folder.path(), &["-D", "development-file"]).code, 1);
    fs::remove_file(folder.path().join("bundle/dist/index.js")).unwrap();
    assert_eq!(pack(folder.path(), &[]).code, 1);
    assert_eq!(pack(folder.path(), &["--fail-on", "never"]).code, 0);
    rustix::fs::mknodat(
        rustix::fs::CWD,
        folder.path().join("bundle/pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    let fifo = pack(folder.path(), &["--fail-on", "never"]);
    assert_eq!(fifo.code, 2);
    assert!(fifo.stderr.contains("pipe is a FIFO"), "{}", fifo.stderr);
}

#[test]
fn wrong_usage_is_told_and_nothing_is_written() {
    let folder = with("base/flat.tree");
    fs::write(folder.path().join("old.tar.gz"), fixture("base/flat.tree").archive()).unwrap();
    fs::write(folder.path().join("signed.tar.gz"), "old").unwrap();
    fs::write(folder.path().join("signed.tar.gz.sig"), "old").unwrap();
    let before = left(folder.path());
    for (case, args, words) in [
        ("no OUT", &["bundle"][..], "--output"),
        ("nothing to pack", &["-o", "x.tar.gz"], "SRC"),
        ("an archive", &["old.tar.gz", "-o", "x.tar.gz"], "only a folder can be packed"),
        ("nothing there", &["absent", "-o", "x.tar.gz"], "cannot open absent"),
        ("no folder for OUT", &["bundle", "-o", "absent/x.tar.gz"], "there is no folder absent"),
        ("OUT is a folder", &["bundle", "-o", "bundle"], "bundle is a folder"),
        ("OUT inside the folder", &["bundle", "-o", "bundle/x.tar.gz"], "lies inside the folder"),
        ("a signature of another archive", &["bundle", "-o", "signed.tar.gz"], "would stay beside another"),
        ("no repository", &["--from-repo", "absent"], "the bundle's folder is not there"),
        ("a format", &["bundle", "-o", "x.tar.gz", "--format", "sarif"], "[possible values: human, json]"),
    ] {
        let done = run_in(folder.path(), &[&["pack"], args].concat(), &TIME, b"");
        assert_eq!(done.code, 2, "{case}: {}", done.stdout);
        assert!(done.stderr.contains(words), "{case}: {}", done.stderr);
        assert_eq!(left(folder.path()), before, "{case}");
    }
    let failed = pack(folder.path(), &["--json", "--from-repo", "x"]);
    assert_valid(&schema("docs/pack.schema.json"), &failed.stdout, "wrong usage");
}

#[test]
fn a_signed_archive_verifies_and_holds_its_manifest() {
    let folder = with("base/flat.tree");
    assert_eq!(run(folder.path(), &["keygen", "--no-passphrase", "-o", "k"]).code, 0);
    let bytes = packed(folder.path(), &["--sign", "k.key"]);
    let check = run(
        folder.path(),
        &["check", "out.tar.gz", "--key", "k.pub.pem", "--require-signature", "--json", "--no-config"],
    );
    let report: Value = serde_json::from_str(&check.stdout).unwrap();
    assert_eq!((check.code, &report["subjects"][0]["signature"]["status"]), (0, &Value::from("verified")));
    assert_eq!(report["subjects"][0]["manifest"]["listed"], report["subjects"][0]["manifest"]["verified"]);
    assert_eq!(run(folder.path(), &["verify", "out.tar.gz", "--key", "k.pub.pem"]).code, 0);
    assert_eq!(packed(folder.path(), &["--sign", "k.key"]), bytes, "the manifest's signature has the archive's time");
    // A folder that was signed before is signed anew, not packed with a manifest that no longer fits.
    assert_eq!(run(folder.path(), &["sign", "bundle", "--key", "k.key"]).code, 0);
    assert_eq!(packed(folder.path(), &["--sign", "k.key"]), bytes);
    fs::remove_file(folder.path().join("out.tar.gz.minisig")).unwrap();
    let unsigned = pack(folder.path(), &[]);
    assert_eq!(unsigned.code, 1);
    assert!(unsigned.stdout.contains("checksum-mismatch"), "{}", unsigned.stdout);
}

#[test]
fn from_a_repository_the_copies_are_made_anew_and_the_repository_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let repo = folder.path().join("repo");
    let bundle = repo.join("apps/agent/bundle");
    fs::create_dir_all(&bundle).unwrap();
    fixture("base/flat.tree").directory(&bundle);
    fs::create_dir_all(repo.join("apps/control-plane/public")).unwrap();
    fs::create_dir_all(repo.join("packages")).unwrap();
    fs::rename(bundle.join("dist"), repo.join("apps/agent/dist")).unwrap();
    fs::rename(bundle.join("node_modules/@server-flow/shared"), repo.join("packages/shared")).unwrap();
    fs::create_dir(bundle.join("dist")).unwrap();
    fs::write(bundle.join("dist/stale.js"), "stale").unwrap();
    fs::write(bundle.join("extra.txt"), "kept").unwrap();
    let done = run_in(folder.path(), &["pack", "--from-repo", "repo", "--no-config"], &TIME, b"");
    assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{}", done.stdout);
    let archive = fs::read(repo.join("apps/control-plane/public/agent-bundle.tar.gz")).unwrap();
    let whole = with("base/flat.tree");
    fs::write(whole.path().join("bundle/extra.txt"), "kept").unwrap();
    assert_eq!(archive, packed(whole.path(), &[]), "as if it had been copied by hand");
    assert_eq!(left(&bundle.join("dist")), ["stale.js"]);
    assert_eq!(left(&bundle.join("node_modules/@server-flow")), [""; 0]);
    let args = ["pack", "--from-repo", "repo", "--update-bundle-dir", "--no-config"];
    assert_eq!(run_in(folder.path(), &args, &TIME, b"").code, 0);
    assert_eq!(left(&bundle.join("dist")), ["execution.js", "index.js", "infrastructure.js"]);
    assert_eq!(left(&bundle.join("node_modules/@server-flow")), ["shared"]);
    assert_eq!(fs::read(repo.join("apps/control-plane/public/agent-bundle.tar.gz")).unwrap(), archive);
    let bad = bundle.join("package.json");
    fs::write(&bad, fs::read_to_string(&bad).unwrap().replace("\"ws\": \"", "\"ws\": \"workspace:")).unwrap();
    let refused = run_in(folder.path(), &args, &TIME, b"");
    assert_eq!(refused.code, 1);
    assert!(refused.stdout.starts_with("repo/apps/agent/bundle  refused"), "{}", refused.stdout);
    assert_eq!(fs::read(repo.join("apps/control-plane/public/agent-bundle.tar.gz")).unwrap(), archive);
}

#[test]
fn configured_places_are_where_it_looks() {
    let folder = with("base/flat.tree");
    let repo = folder.path().join("repo");
    for (from, to) in [
        ("dist", "agent/dist"),
        ("node_modules/@server-flow/shared", "lib"),
        ("package.json", "agent/out/package.json"),
    ] {
        fs::create_dir_all(repo.join(to).parent().unwrap()).unwrap();
        fs::rename(folder.path().join("bundle").join(from), repo.join(to)).unwrap();
    }
    let config = "[release]\nagent = \"agent\"\nbundle = \"agent/out\"\nshared = \"lib\"\npublished = \"x.tar.gz\"\n";
    fs::write(folder.path().join("bundle-doctor.toml"), config).unwrap();
    let done = run_in(folder.path(), &["pack", "--from-repo", "repo"], &TIME, b"");
    assert_eq!(done.code, 0, "{} {}", done.stdout, done.stderr);
    assert!(repo.join("x.tar.gz").is_file());
}

/// What a configuration or a link in the repository names outside of it is neither read into an archive nor replaced.
#[test]
fn nothing_outside_of_the_repository_is_touched() {
    let make = || {
        let folder = with("base/flat.tree");
        let at = |name: &str| folder.path().join(name);
        for (from, to) in [
            ("dist", "repo/agent/dist"),
            ("node_modules/@server-flow/shared", "repo/lib"),
            ("package.json", "repo/agent/out/package.json"),
        ] {
            fs::create_dir_all(at(to).parent().unwrap()).unwrap();
            fs::rename(at("bundle").join(from), at(to)).unwrap();
        }
        fs::create_dir_all(at("outside/dist")).unwrap();
        fs::write(at("outside/dist/mine"), "mine").unwrap();
        fs::write(at("outside/package.json"), fs::read(at("repo/agent/out/package.json")).unwrap()).unwrap();
        folder
    };
    let run = |folder: &Path, bundle: &str, published: &str, options: &[&str]| {
        let config = format!(
            "[release]\nagent = \"agent\"\nbundle = \"{bundle}\"\nshared = \"lib\"\npublished = \"{published}\"\n"
        );
        fs::write(folder.join("bundle-doctor.toml"), config).unwrap();
        run_in(folder, &[&["pack", "--from-repo", "repo", "--update-bundle-dir"], options].concat(), &TIME, b"")
    };
    let absolute = |folder: &Path, name: &str| folder.join(name).to_str().unwrap().to_owned();
    let untouched = |folder: &Path| {
        assert_eq!(left(&folder.join("outside")), ["dist", "package.json"]);
        assert_eq!(left(&folder.join("outside/dist")), ["mine"]);
    };
    let good = make();
    let done = run(good.path(), "agent/out", "x.tar.gz", &[]);
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    let folder = make();
    for (bundle, published) in [
        (absolute(folder.path(), "outside").as_str(), "x.tar.gz"),
        ("../outside", "x.tar.gz"),
        ("agent/../../outside", "x.tar.gz"),
        ("agent/out", absolute(folder.path(), "outside/x.tar.gz").as_str()),
        ("agent/out", "../outside/x.tar.gz"),
    ] {
        let done = run(folder.path(), bundle, published, &[]);
        assert_eq!(done.code, 2, "{bundle} {published}: {}", done.stdout);
        assert!(done.stderr.contains("leads out of the repository"), "{}", done.stderr);
        untouched(folder.path());
    }
    for shared in
        [format!("../../../../../..{}", absolute(folder.path(), "outside/x")), "@a/../../../../outside/x".to_owned()]
    {
        fs::write(folder.path().join("bundle-doctor.toml"), format!("[bundle]\nshared = \"{shared}\"\n")).unwrap();
        let done = run_in(folder.path(), &["pack", "--from-repo", "repo", "--update-bundle-dir"], &TIME, b"");
        assert_eq!(done.code, 2, "{shared}: {}", done.stdout);
        assert!(done.stderr.contains("line 2: `[bundle] shared` is"), "{}", done.stderr);
        untouched(folder.path());
    }
    for (bundle, published) in [("agent/out", ".git/config"), (".git", "x.tar.gz")] {
        let folder = make();
        fs::create_dir_all(folder.path().join("repo/.git")).unwrap();
        let done = run(folder.path(), bundle, published, &[]);
        assert_eq!(done.code, 2, "{bundle} {published}: {}", done.stdout);
        assert!(done.stderr.contains("is git's own"), "{}", done.stderr);
    }
    // What the command line names is meant.
    let outside = absolute(folder.path(), "outside/x.tar.gz");
    let done = run(folder.path(), "agent/out", "../outside/y.tar.gz", &["-o", &outside]);
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    fs::remove_file(&outside).unwrap();
    for (link, target) in [
        ("repo/agent/out", "../../outside"),
        ("repo/agent/out/node_modules", "../../../outside"),
        ("repo/agent/out/node_modules", "/outside"),
        ("repo/agent/out/node_modules/@server-flow", "/outside"),
        ("repo/agent/out/node_modules", "dangling"),
        ("repo/public", "../outside"),
    ] {
        let folder = make();
        let at = folder.path().join(link);
        let _ = fs::remove_dir_all(&at);
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        // One that begins with `/` is absolute: the copy is put together elsewhere, and leads there all the same.
        let target = target.strip_prefix('/').map_or(target.to_owned(), |name| absolute(folder.path(), name));
        symlink(target, &at).unwrap();
        let published = if link == "repo/public" { "public/x.tar.gz" } else { "x.tar.gz" };
        let done = run(folder.path(), "agent/out", published, &[]);
        assert_eq!(done.code, 2, "{link}: {}{}", done.stdout, done.stderr);
        untouched(folder.path());
    }
}
