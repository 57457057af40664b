//! `release`: every line of the checklist ticked on a repository that is right, and each broken by itself.

use crate::program::{Run, run, run_in};
use crate::schemas::{assert_valid, schema};
use crate::tree::Fixture;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

const BUNDLE: &str = "apps/agent/bundle";
const COPY: &str = "apps/agent/bundle/node_modules/@server-flow/shared";
const PUBLISHED: &str = "apps/control-plane/public/agent-bundle.tar.gz";

/// A repository before a release: everything is built, copied and published.
struct Repository(tempfile::TempDir);

impl Repository {
    fn ready() -> Self {
        let repo = Self(tempfile::tempdir().unwrap());
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/base/flat.tree");
        fs::create_dir_all(repo.at(BUNDLE)).unwrap();
        Fixture::load(&fixture).directory(&repo.at(BUNDLE));
        let package = fs::read_to_string(repo.at("apps/agent/bundle/package.json")).unwrap();
        repo.write(
            "apps/agent/package.json",
            &package.replace(
                "  \"dependencies\": {",
                "  \"dependencies\": {\n    \"@server-flow/shared\": \"workspace:*\",",
            ),
        );
        repo.copy("apps/agent/bundle/dist", "apps/agent/dist");
        repo.copy(COPY, "packages/shared");
        repo.write("apps/agent/src/index.ts", "export {};\n");
        repo.write("packages/shared/src/index.ts", "export {};\n");
        repo.write("packages/shared/tsconfig.json", "{}");
        let past = SystemTime::now() - Duration::from_secs(60);
        for source in ["apps/agent/src/index.ts", "packages/shared/src/index.ts"] {
            fs::File::options().write(true).open(repo.at(source)).unwrap().set_modified(past).unwrap();
        }
        fs::create_dir_all(repo.at(PUBLISHED).parent().unwrap()).unwrap();
        repo.pack(&[]);
        repo
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, content: &str) {
        fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        fs::write(self.at(path), content).unwrap();
    }

    /// Writes a file that is older than what was built, and newer than the one of that name that was written before.
    fn write_older(&self, path: &str, content: &str) {
        self.write(path, content);
        let age = if path.contains("/src/") { 40 } else { 50 };
        let past = SystemTime::now() - Duration::from_secs(age);
        fs::File::options().write(true).open(self.at(path)).unwrap().set_modified(past).unwrap();
    }

    fn change(&self, path: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.at(path)).unwrap();
        assert!(text.contains(from), "{path} has no {from}");
        self.write(path, &text.replace(from, to));
    }

    fn copy(&self, from: &str, to: &str) {
        fs::create_dir_all(self.at(to)).unwrap();
        for entry in fs::read_dir(self.at(from)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let (from, to) = (format!("{from}/{name}"), format!("{to}/{name}"));
            if self.at(&from).is_dir() {
                self.copy(&from, &to)
            } else {
                fs::copy(self.at(&from), self.at(&to)).map(|_| ()).unwrap()
            }
        }
    }

    fn pack(&self, options: &[&str]) {
        let done = run(self.0.path(), &[&["pack", BUNDLE, "-o", PUBLISHED], options].concat());
        assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    }

    fn release(&self, options: &[&str]) -> Run {
        run(self.0.path(), &[&["release"], options].concat())
    }

    /// Each line's id and status, and the code.
    fn statuses(&self, options: &[&str]) -> (i32, Vec<(String, String)>, Value) {
        let done = self.release(&[&["--json"], options].concat());
        assert_valid(&schema("docs/release.schema.json"), &done.stdout, &format!("{options:?}"));
        let report: Value = serde_json::from_str(&done.stdout).unwrap();
        let word = |line: &Value, field: &str| line[field].as_str().unwrap().to_owned();
        let lines = report["lines"].as_array().unwrap().iter().map(|line| (word(line, "id"), word(line, "status")));
        (done.code, lines.collect(), report.clone())
    }

    fn failing(&self, options: &[&str]) -> Vec<String> {
        let (code, lines, _) = self.statuses(options);
        let failing: Vec<_> = lines.into_iter().filter(|(_, status)| status == "fail").map(|(id, _)| id).collect();
        assert_eq!(code, i32::from(!failing.is_empty()));
        failing
    }
}

const BEFORE: [&str; 2] = ["--previous", "0.1.26"];

#[test]
fn a_repository_that_is_ready_has_every_line_ticked_but_the_one_nobody_did() {
    let repo = Repository::ready();
    let done = repo.release(&BEFORE);
    assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{}", done.stdout);
    insta::assert_snapshot!("release-ready", done.stdout);
    let (_, lines, _) = repo.statuses(&BEFORE);
    let open: Vec<_> = lines.iter().filter(|(_, status)| status != "pass").collect();
    assert_eq!(open, [&("update-tried".to_owned(), "open".to_owned())]);
    // The documented archive is right, too.
    repo.pack(&["--layout", "documented"]);
    assert_eq!(repo.failing(&BEFORE), [""; 0]);
    // Without a release before, nothing can be told of the version.
    let (code, lines, _) = repo.statuses(&[]);
    let open = lines.iter().filter(|(_, status)| status == "open").count();
    assert_eq!((code, open), (0, 3));
}

#[test]
fn each_line_is_broken_and_named() {
    type Break = fn(&Repository);
    let cases: [(&str, Break, &[&str]); 24] = [
        ("no version", |r| r.change("apps/agent/package.json", "0.1.27", "x"), &["version-agent"]),
        (
            "no package.json of the agent",
            |r| fs::remove_file(r.at("apps/agent/package.json")).unwrap(),
            &["version-agent"],
        ),
        ("another version", |r| r.change("apps/agent/package.json", "0.1.27", "0.1.28"), &["version-bundle"]),
        ("nothing compiled", |r| fs::remove_dir_all(r.at("apps/agent/dist")).unwrap(), &["code-built", "dist-copied"]),
        ("sources changed since", |r| r.write("apps/agent/src/new.ts", ""), &["code-built"]),
        (
            "a template that was not copied",
            |r| r.write_older("apps/agent/src/templates/unit.txt", "unit"),
            &["code-built"],
        ),
        (
            "a template that was changed since its copy",
            |r| {
                for (path, words) in [("dist", "old"), ("bundle/dist", "old")] {
                    r.write_older(&format!("apps/agent/{path}/a.txt"), words);
                }
                r.write_older("apps/agent/src/a.txt", "new");
                r.pack(&[]);
            },
            &["code-built"],
        ),
        (
            "an installer's unit with the old paths",
            |r| {
                r.write("scripts/install.sh", &installer("$HOME/.server-flow/agent-bundle/apps/agent", "dist/index.js"))
            },
            &["archive-published"],
        ),
        (
            "an installer's unit that starts what is not there",
            |r| r.write("install.sh", &installer("/root/.server-flow/agent-bundle", "dist/main.js")),
            &["archive-published"],
        ),
        (
            "an installer that copies a unit with the old paths",
            |r| {
                r.write("deploy/install-agent.sh", "cp server-flow-agent.service /etc/systemd/system/\n");
                let unit = installer("/root/.server-flow/agent-bundle/apps/agent", "dist/index.js");
                r.write("deploy/server-flow-agent.service", unit.split("<<EOF\n").nth(1).unwrap());
            },
            &["archive-published"],
        ),
        (
            "one generation's loss, where it is said to be deployed",
            |r| {
                r.pack(&["--layout", "documented"]);
                r.write("bundle-doctor.toml", "[update]\ngenerations = [\"documented\"]\n");
            },
            &["archive-published"],
        ),
        ("compiled again", |r| r.write("apps/agent/dist/index.js", "new"), &["dist-copied"]),
        ("one more compiled", |r| r.write("apps/agent/dist/new.js", "new"), &["dist-copied"]),
        ("one left over", |r| r.write("apps/agent/bundle/dist/old.js", "old"), &["dist-copied", "archive-published"]),
        ("not copied", |r| fs::remove_dir_all(r.at(COPY)).unwrap(), &["shared-copied", "archive-published"]),
        (
            "linked",
            |r| {
                fs::remove_dir_all(r.at(COPY)).unwrap();
                symlink("../../../../../packages/shared", r.at(COPY)).unwrap();
            },
            &["shared-copied", "archive-published"],
        ),
        (
            "the shared package not built",
            |r| fs::remove_dir_all(r.at("packages/shared/dist")).unwrap(),
            &["shared-copied"],
        ),
        ("the shared package's sources changed", |r| r.write("packages/shared/src/new.ts", ""), &["shared-copied"]),
        ("the shared package built again", |r| r.write("packages/shared/dist/index.js", "new"), &["shared-copied"]),
        (
            "workspace:",
            |r| r.change("apps/agent/bundle/package.json", "\"^8.18.0\"", "\"workspace:*\""),
            &["no-workspace", "archive-published"],
        ),
        (
            "another dependency",
            |r| r.change("apps/agent/package.json", "\"^8.18.0\"", "\"^8.19.0\""),
            &["no-workspace"],
        ),
        ("nothing published", |r| fs::remove_file(r.at(PUBLISHED)).unwrap(), &["archive-published"]),
        ("a page published", |r| r.write(PUBLISHED, "<!DOCTYPE html>"), &["archive-published"]),
        (
            "the archive before",
            |r| {
                r.write("apps/agent/bundle/notes.txt", "new");
            },
            &["archive-published"],
        ),
    ];
    for (case, break_it, expected) in cases {
        let repo = Repository::ready();
        break_it(&repo);
        assert_eq!(repo.failing(&BEFORE), expected, "{case}: {}", repo.release(&BEFORE).stdout);
    }
}

/// A script that writes a unit.
fn installer(directory: &str, script: &str) -> String {
    format!(
        "#!/bin/bash\nset -e\nNODE=$(which node)\ncat > /etc/systemd/system/server-flow-agent.service <<EOF\n\
         [Unit]\nDescription=ServerFlow Agent\n\n[Service]\nWorkingDirectory={directory}\n\
         ExecStart=$NODE {script} --token $TOKEN --url $URL\nRestart=always\nEOF\nsystemctl daemon-reload\n"
    )
}

#[test]
fn what_needs_no_copy_and_units_that_fit_speak_against_nothing() {
    let repo = Repository::ready();
    for path in ["__tests__/a.json", "x/README.md", "x/a.test.js", ".eslintrc.json", "x/y.d.ts", "fixtures/a.html"] {
        repo.write_older(&format!("apps/agent/src/{path}"), "{}");
    }
    repo.write_older("apps/agent/src/seeds/a.sql", "select 1");
    repo.write("bundle-doctor.toml", "[release]\nnot-copied = [\"seeds/**\"]\n");
    repo.write("install.sh", &installer("/root/.server-flow/agent-bundle", "dist/index.js"));
    assert_eq!(repo.failing(&BEFORE), [""; 0], "{}", repo.release(&BEFORE).stdout);
    // What the script makes of it while it runs cannot be told, and is said.
    repo.write("install.sh", &installer("$1/agent-bundle", "dist/index.js"));
    assert_eq!(repo.failing(&BEFORE), [""; 0]);
    let said = repo.release(&BEFORE).stdout;
    assert!(said.contains("install.sh:4  whether its unit starts the bundle cannot be told"), "{said}");
}

#[test]
fn what_an_update_loses_is_in_the_verdicts_line() {
    let repo = Repository::ready();
    repo.pack(&["--layout", "documented"]);
    let done = repo.release(&BEFORE);
    assert_eq!(done.code, 0);
    let line = done.stdout.lines().next().unwrap();
    assert!(
        line.contains("open, but agents of the generations documented and documented-mkdir lose the shared package"),
        "{line}"
    );
    assert!(done.stdout.contains("update-drops-shared  Agents of the generations"), "{}", done.stdout);
}

#[test]
fn versions_are_compared_with_the_release_that_is_named() {
    let repo = Repository::ready();
    fs::copy(repo.at(PUBLISHED), repo.at("old.tar.gz")).unwrap();
    let both = ["version-agent", "version-bundle"];
    assert_eq!(repo.failing(&["--previous", "old.tar.gz"]), both);
    assert_eq!(repo.failing(&["--previous", "0.1.27"]), both);
    assert_eq!(repo.failing(&["--previous", "v0.1.27+build"]), both);
    assert_eq!(repo.failing(&["--previous", "0.1.27-rc.1"]), [""; 0]);
    for path in ["apps/agent/package.json", "apps/agent/bundle/package.json"] {
        repo.change(path, "0.1.27", "0.1.28");
    }
    repo.pack(&[]);
    assert_eq!(repo.failing(&["--previous", "old.tar.gz"]), [""; 0]);
    for previous in ["nonsense", "packages", "apps/agent/src/index.ts"] {
        assert_eq!(repo.release(&["--previous", previous]).code, 2, "{previous}");
    }
}

#[test]
fn a_signature_is_demanded_where_keys_are_configured() {
    let repo = Repository::ready();
    assert_eq!(run(repo.0.path(), &["keygen", "--no-passphrase", "-o", "k"]).code, 0);
    repo.write("bundle-doctor.toml", "[signature]\nkeys = [\"k.pub.pem\"]\n");
    assert_eq!(repo.failing(&BEFORE), ["archive-published"]);
    repo.pack(&["--sign", "k.key"]);
    assert_eq!(repo.failing(&BEFORE), [""; 0]);
    assert!(repo.release(&BEFORE).stdout.contains("signed by"), "{}", repo.release(&BEFORE).stdout);
    assert_eq!(run(repo.0.path(), &["keygen", "--no-passphrase", "-o", "other"]).code, 0);
    repo.write("bundle-doctor.toml", "[signature]\nkeys = [\"other.pub.pem\"]\n");
    assert_eq!(repo.failing(&BEFORE), ["archive-published"]);
}

#[test]
fn places_come_from_the_repositorys_configuration() {
    let repo = Repository::ready();
    fs::rename(repo.at("apps/agent"), repo.at("agent")).unwrap();
    fs::rename(repo.at("packages/shared"), repo.at("lib")).unwrap();
    fs::rename(repo.at(PUBLISHED), repo.at("out.tar.gz")).unwrap();
    assert_eq!(repo.release(&BEFORE).code, 2);
    repo.write("bundle-doctor.toml", "[release]\nagent = \"agent\"\nshared = \"lib\"\npublished = \"out.tar.gz\"\n");
    assert_eq!(repo.failing(&BEFORE), [""; 0]);
    let elsewhere = tempfile::tempdir().unwrap();
    let path = repo.0.path().to_str().unwrap();
    let done = run(elsewhere.path(), &["release", path, "--previous", "0.1.26"]);
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
}

/// As a step of a workflow has it: what a run appends is the page that `--format markdown` writes.
#[test]
fn a_summary_goes_where_a_runner_names_a_file_for_it() {
    let repo = Repository::ready();
    let summary = repo.at("summary.md");
    let environment = [("GITHUB_STEP_SUMMARY", summary.to_str().unwrap())];
    let asked = [&["release"], &BEFORE[..]].concat();
    let done = run_in(repo.0.path(), &[&asked[..], &["--format", "github"]].concat(), &environment, b"");
    let page = run(repo.0.path(), &[&asked[..], &["--format", "markdown"]].concat()).stdout;
    assert_eq!(fs::read_to_string(&summary).unwrap(), page, "{}{}", done.stdout, done.stderr);
    let saved = run(repo.0.path(), &[&asked[..], &["--json"]].concat()).stdout;
    repo.write("saved.json", &saved);
    run_in(repo.0.path(), &["report", "saved.json", "--format", "github"], &environment, b"");
    assert_eq!(fs::read_to_string(&summary).unwrap(), page.repeat(2));
}

#[test]
fn every_format_gives_one_document_and_the_same_code() {
    let repo = Repository::ready();
    repo.change("apps/agent/package.json", "0.1.27", "0.1.28");
    repo.write("apps/agent/bundle/dist/<&\u{1b}[31m\n::error::x]]>.js", "odd");
    for (format, start) in [
        ("human", ".  not"),
        ("json", "{"),
        ("junit", "<?xml"),
        ("github", "::error title="),
        ("html", "<!DOCTYPE html>"),
        ("markdown", "### `.` not"),
    ] {
        let done = repo.release(&[&BEFORE[..], &["--format", format]].concat());
        assert_eq!(done.code, 1, "{format}");
        let start = if format == "human" { ". 0.1.28  not ready: 3 of 8 lines fail, 1 open\n" } else { start };
        assert!(done.stdout.starts_with(start), "{format}: {}", done.stdout);
        assert!(!done.stdout.contains('\u{1b}'), "{format}");
        let shown = match done.stdout.split_once("<body>") {
            Some((_, rest)) => rest.split_once("<script>").unwrap().0.to_owned(),
            None => done.stdout,
        };
        insta::assert_snapshot!(format!("release-{format}"), shown);
    }
    assert_eq!(repo.release(&["--format", "sarif"]).code, 2);
    let never = repo.release(&[&BEFORE[..], &["--fail-on", "never"]].concat());
    assert_eq!(never.code, 0);
    assert!(never.stdout.contains("let through by --fail-on never"), "{}", never.stdout);
    let quiet = repo.release(&[&BEFORE[..], &["-q"]].concat());
    assert_eq!(quiet.stdout.lines().count(), 1);
    for args in [&["absent"][..], &["."; 2]] {
        let done = repo.release(&[args, &["--json"]].concat());
        assert_eq!(done.code, 2);
        assert_valid(&schema("docs/release.schema.json"), &done.stdout, &format!("{args:?}"));
    }
}

#[test]
fn a_build_is_rerun_and_compared_and_the_repository_is_left_alone() {
    let repo = Repository::ready();
    for (package, folder) in
        [("apps/agent/package.json", "apps/agent"), ("packages/shared/package.json", "packages/shared")]
    {
        repo.change(package, "  \"type\"", "  \"scripts\": { \"build\": \"x\" },\n  \"type\"");
        // A compiler of the test's own: what it gives is kept beside the sources.
        repo.copy(&format!("{folder}/dist"), &format!("{folder}/src/compiled"));
    }
    repo.copy("packages/shared", "new");
    fs::remove_dir_all(repo.at(COPY)).unwrap();
    fs::rename(repo.at("new"), repo.at(COPY)).unwrap();
    repo.pack(&[]);
    let build = "/bin/sh -c '/bin/mkdir dist && /bin/cp -r src/compiled/. dist/ && /bin/test -e ../../packages'";
    repo.write("bundle-doctor.toml", &format!("[release]\nbuild = \"{build}\"\n"));
    // By their times the sources are newer now; by what comes of them they are not.
    assert_eq!(repo.failing(&BEFORE), ["code-built", "shared-copied"]);
    let options = [&BEFORE[..], &["--build"]].concat();
    assert_eq!(repo.failing(&options), [""; 0], "{}", repo.release(&options).stdout);
    repo.write("apps/agent/src/compiled/index.js", "other");
    repo.write("packages/shared/src/compiled/more.js", "more");
    assert_eq!(repo.failing(&options), ["code-built", "shared-copied"]);
    assert!(
        repo.release(&options).stdout.contains("missing  dist/more.js")
            || repo.release(&options).stdout.contains("stale    index.js")
    );
    repo.write("bundle-doctor.toml", "[release]\nbuild = \"/bin/sh -c 'echo no compiler; exit 3'\"\n");
    let failed = repo.release(&options);
    assert!(failed.stdout.contains("exited with 3\n      no compiler\n"), "{}", failed.stdout);
    repo.write("bundle-doctor.toml", "[release]\nbuild = \"./absent\"\n");
    assert_eq!(repo.release(&options).code, 2);
}

#[test]
fn a_repository_that_is_not_there_is_said_to_be_missing() {
    let folder = tempfile::tempdir().unwrap();
    let done = run(folder.path(), &["release", "nothing", "--no-config"]);
    assert_eq!(done.code, 2, "{}", done.stderr);
    let expected = "error: cannot open nothing: No such file or directory\n  give the repository's root\n";
    assert_eq!(done.stderr, expected);
}
