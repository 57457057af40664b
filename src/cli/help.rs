//! What `--help` of each command and its manual page say beside the options: exit codes, examples, the JSON's schema, files
//! and variables. A command without an entry has none, which a test notices.

use clap::Command;
use std::fmt::Write as _;

/// What is said of one command.
pub(crate) struct CommandHelp {
    /// Its name; empty for the program itself.
    pub name: &'static str,
    /// Its exit codes.
    pub exits: &'static [(u8, &'static str)],
    /// What is typed, and what that does.
    pub examples: &'static [(&'static str, &'static str)],
    /// The schema of its JSON document, below `docs/`.
    pub schema: Option<&'static str>,
}

const USAGE: (u8, &str) = (2, "not judged: wrong usage, a bad configuration, or a path that cannot be opened");
const DONE: (u8, &str) = (0, "done");
const NOT_DONE: (u8, &str) = (2, "not done: wrong usage, or a path that cannot be read or written");

/// Files that are read, for the manual.
pub(crate) const FILES: &[(&str, &str)] = &[
    ("bundle-doctor.toml", "the configuration, looked for from the working directory upwards"),
    ("/etc/bundle-doctor/bundle-doctor.toml", "the machine's configuration, read where there is no nearer one"),
    ("/etc/bundle-doctor/keys.d/", "public keys that are trusted on this machine"),
    ("~/.server-flow/cp-public-key.pem", "the control plane's public key, trusted where it is there"),
];

/// Variables that are heeded, for the manual.
pub(crate) const ENVIRONMENT: &[(&str, &str)] = &[
    ("BUNDLE_DOCTOR_KEYS", "paths of trusted public keys, separated as in PATH"),
    ("BUNDLE_DOCTOR_PASSPHRASE", "the passphrase of the private key"),
    ("NO_COLOR, CLICOLOR_FORCE", "no colour, and colour everywhere"),
    ("SOURCE_DATE_EPOCH", "the time that an archive of `pack` and a signature state"),
    ("GITHUB_STEP_SUMMARY", "with --format github, the file that a summary is appended to"),
];

/// Every command's.
pub(crate) const HELP: &[CommandHelp] = &[
    CommandHelp {
        name: "",
        exits: &[
            (0, "judged, and nothing at or above --fail-on"),
            (1, "judged, and something at or above --fail-on"),
            USAGE,
            (3, "inconclusive (doctor, repair): nothing bad was seen, but not everything could be"),
            (130, "ended by Ctrl-C"),
        ],
        examples: &[
            ("bundle-doctor check agent-bundle.tar.gz", "is this bundle fit to be published?"),
            ("bundle-doctor doctor", "why is the agent on this server down?"),
        ],
        schema: None,
    },
    CommandHelp {
        name: "check",
        exits: &[(0, "nothing at or above --fail-on"), (1, "something at or above --fail-on"), USAGE],
        examples: &[
            ("bundle-doctor check agent-bundle.tar.gz", "judge an archive"),
            ("curl -fsSL https://cp.example/agent-bundle.tar.gz | bundle-doctor check -", "judge what is published"),
            (
                "bundle-doctor check --format sarif -o report.sarif apps/agent/bundle",
                "judge a folder, for code scanning",
            ),
            (
                "bundle-doctor check --baseline known.json agent-bundle.tar.gz",
                "fail for what is new; --write-baseline makes the file",
            ),
        ],
        schema: Some("check.schema.json"),
    },
    CommandHelp {
        name: "doctor",
        exits: &[
            (0, "healthy, or nothing at or above --fail-on"),
            (1, "something at or above --fail-on"),
            USAGE,
            (3, "inconclusive: nothing bad was seen, but evidence that was needed could not be read"),
        ],
        examples: &[
            ("bundle-doctor doctor", "as root, on the server"),
            ("bundle-doctor doctor --root /mnt", "the server whose disk is mounted there"),
            ("bundle-doctor doctor --since yesterday --json", "for a machine, with more of the journal"),
            (
                "bundle-doctor doctor --format prometheus -o /var/lib/prometheus/node-exporter/bundle-doctor.prom",
                "for Prometheus",
            ),
        ],
        schema: Some("doctor.schema.json"),
    },
    CommandHelp {
        name: "repair",
        exits: &[
            (0, "repaired, or nothing to do"),
            (1, "not repaired, and as it was before"),
            (2, "refused, or wrong usage; nothing was changed"),
            (3, "inconclusive: nothing bad was seen, but not everything could be"),
        ],
        examples: &[
            ("bundle-doctor repair --dry-run", "the plan, and nothing else"),
            ("bundle-doctor repair", "plan, ask, carry out, watch; and take back what does not help"),
            ("bundle-doctor repair --undo", "take the last repair back"),
        ],
        schema: Some("repair.schema.json"),
    },
    CommandHelp {
        name: "update",
        exits: &[
            (0, "updated, or nothing to do"),
            (1, "not updated, and as it was before"),
            (2, "refused, or wrong usage; nothing was changed"),
        ],
        examples: &[
            ("bundle-doctor update --dry-run agent-bundle.tar.gz", "the plan, and nothing else"),
            (
                "bundle-doctor update https://cp.example/agent-bundle.tar.gz",
                "fetch, judge, try, put in place, watch; and take back what does not come up",
            ),
            ("bundle-doctor update --undo", "take the last update back"),
        ],
        schema: Some("update.schema.json"),
    },
    CommandHelp {
        name: "manifest",
        exits: &[(0, "the sums are on stdout"), (1, "the archive is refused; the findings are on stderr"), USAGE],
        examples: &[("bundle-doctor manifest agent-bundle.tar.gz >SHA256SUMS", "what tar -xzf would leave")],
        schema: None,
    },
    CommandHelp {
        name: "release",
        exits: &[(0, "no line fails; open ones alone do not"), (1, "a line fails"), USAGE],
        examples: &[
            ("bundle-doctor release", "in the repository"),
            ("bundle-doctor release --build --rehearse", "compile again, and try the update for real"),
        ],
        schema: Some("release.schema.json"),
    },
    CommandHelp {
        name: "pack",
        exits: &[(0, "written"), (1, "refused by check; nothing was written"), NOT_DONE],
        examples: &[
            ("bundle-doctor pack apps/agent/bundle -o agent-bundle.tar.gz", "the same bytes from the same files"),
            ("bundle-doctor pack --from-repo .", "copy what is compiled first, and publish"),
        ],
        schema: Some("pack.schema.json"),
    },
    CommandHelp {
        name: "report",
        exits: &[
            (0, "nothing at or above --fail-on, on any server"),
            (1, "something at or above --fail-on; else as the report's own command"),
            USAGE,
            (3, "inconclusive: of a server, or a fleet of which a server was not reached"),
        ],
        examples: &[
            ("bundle-doctor report capture.tar.gz", "judge a capture that somebody sent"),
            ("bundle-doctor report --format html -o report.html report.json", "a page of a saved report"),
            ("bundle-doctor report reports/", "one report of all servers whose reports are in a folder"),
            (
                "bundle-doctor report --redact 'ACME-[0-9]+' --capture clean.tar.gz capture.tar.gz",
                "take more out of a capture",
            ),
        ],
        schema: Some("report.schema.json"),
    },
    CommandHelp {
        name: "diff",
        exits: &[(0, "the same"), (1, "different"), USAGE],
        examples: &[("bundle-doctor diff old.tar.gz new.tar.gz --text", "what a release changes, line by line")],
        schema: Some("diff.schema.json"),
    },
    CommandHelp {
        name: "keygen",
        exits: &[DONE, NOT_DONE],
        examples: &[("bundle-doctor keygen -o release", "release.key, which is kept, and release.pub.pem")],
        schema: None,
    },
    CommandHelp {
        name: "sign",
        exits: &[DONE, NOT_DONE],
        examples: &[("bundle-doctor sign agent-bundle.tar.gz --key release.key", "agent-bundle.tar.gz.minisig")],
        schema: None,
    },
    CommandHelp {
        name: "verify",
        exits: &[
            (0, "signed by a trusted key, and as it was signed"),
            (1, "not as it was signed, or by another key"),
            (2, "not verified: there is no signature or no key, or wrong usage"),
        ],
        examples: &[("bundle-doctor verify agent-bundle.tar.gz --key release.pub.pem", "before it is believed")],
        schema: Some("verify.schema.json"),
    },
    CommandHelp {
        name: "rehearse",
        exits: &[
            (0, "the agent started every time"),
            (1, "it did not once"),
            (2, "it could not be told, or wrong usage"),
            (130, "ended by Ctrl-C; nothing is left behind"),
        ],
        examples: &[
            ("bundle-doctor rehearse agent-bundle.tar.gz", "the update of every generation of agents"),
            ("bundle-doctor rehearse agent-bundle.tar.gz --generation in-place --offline", "one, from the caches"),
        ],
        schema: Some("rehearse.schema.json"),
    },
    CommandHelp {
        name: "explain",
        exits: &[DONE, (2, "nothing is known by that name or these words")],
        examples: &[
            ("bundle-doctor explain shared-package-missing", "the page of a rule or a cause"),
            ("bundle-doctor explain ERR_MODULE_NOT_FOUND", "what an error in a log can mean"),
            ("journalctl -u server-flow-agent -n 50 | bundle-doctor explain -", "what a log can mean"),
        ],
        schema: Some("explain.schema.json"),
    },
    CommandHelp {
        name: "rules",
        exits: &[DONE, NOT_DONE],
        examples: &[("bundle-doctor rules", "all that can be found")],
        schema: Some("rules.schema.json"),
    },
    CommandHelp {
        name: "completions",
        exits: &[DONE, NOT_DONE],
        examples: &[
            ("source <(bundle-doctor completions bash)", "in this shell"),
            ("bundle-doctor completions fish -o ~/.config/fish/completions/bundle-doctor.fish", "from now on"),
        ],
        schema: None,
    },
    CommandHelp {
        name: "init",
        exits: &[DONE, (2, "not done: there is one already, or it cannot be written")],
        examples: &[("bundle-doctor init", "bundle-doctor.toml, with every key and its default")],
        schema: None,
    },
    CommandHelp {
        name: "man",
        exits: &[DONE, NOT_DONE],
        examples: &[
            ("bundle-doctor man doctor | man -l -", "read the page of a command"),
            ("bundle-doctor man --output-dir /usr/local/share/man/man1", "install all of them"),
        ],
        schema: None,
    },
];

/// What is said of a command; the program's own under an empty name.
#[must_use]
pub(crate) fn of(name: &str) -> Option<&'static CommandHelp> {
    HELP.iter().find(|help| help.name == name)
}

/// The command line with what is said of each command below its options.
#[must_use]
pub(super) fn described(command: Command) -> Command {
    let names: Vec<_> = command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    let command = names.iter().fold(command, |command, name| match of(name) {
        Some(help) => command.mut_subcommand(name, |command| command.after_help(below(help))),
        None => command,
    });
    match of("") {
        Some(help) => command.after_help(below(help)),
        None => command,
    }
}

fn below(help: &CommandHelp) -> String {
    let mut text = String::from("Exit codes:\n");
    for (code, words) in help.exits {
        let _ = writeln!(text, "  {code:<3}  {words}");
    }
    text.push_str("\nExamples:\n");
    for (typed, words) in help.examples {
        let _ = writeln!(text, "  {typed}\n      {words}");
    }
    if let Some(schema) = help.schema {
        let _ = writeln!(text, "\nThe document of --json: docs/{schema}");
    }
    text.truncate(text.trim_end().len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use std::ffi::OsString;
    use std::path::Path;

    /// What of an example is the program's own command line.
    fn words(typed: &str) -> Vec<OsString> {
        let (_, own) = typed.split_once("bundle-doctor ").unwrap();
        let own = own.split(['|', '>', ')']).next().unwrap_or_default();
        let words = shlex::split(own).unwrap();
        [OsString::from("bundle-doctor")].into_iter().chain(words.into_iter().map(OsString::from)).collect()
    }

    #[test]
    fn every_example_is_understood() {
        for (typed, _) in HELP.iter().flat_map(|help| help.examples) {
            let understood = Cli::read(&words(typed));
            assert!(understood.is_ok(), "{typed}: {}", understood.unwrap_err());
        }
    }

    #[test]
    fn what_is_said_of_the_exit_codes_is_what_the_help_shows() {
        for help in HELP.iter().filter(|help| !help.name.is_empty()) {
            let words = ["bundle-doctor", help.name, "--help"].map(OsString::from);
            let shown = Cli::read(&words).unwrap_err().to_string();
            for (code, _) in help.exits {
                assert!(shown.contains(&format!("\n  {code:<3}  ")), "{}: {code}\n{shown}", help.name);
            }
            let named: Vec<_> = shown.match_indices(".schema.json").collect();
            assert_eq!(named.len(), usize::from(help.schema.is_some()), "{}: {shown}", help.name);
        }
        for name in ["doctor", "repair"] {
            assert!(of(name).unwrap().exits.iter().any(|(code, _)| *code == 3), "{name}");
        }
    }

    #[test]
    fn every_command_has_exit_codes_an_example_and_the_schema_that_it_writes() {
        let command = Cli::described();
        let names: Vec<_> = command.get_subcommands().map(Command::get_name).collect();
        for name in &names {
            let help = of(name).unwrap_or_else(|| panic!("{name} has no entry"));
            assert!(help.exits.len() > 1 && !help.examples.is_empty(), "{name}");
            for (typed, _) in help.examples {
                assert!(typed.contains(&format!("bundle-doctor {name}")), "{name}: {typed}");
            }
            let schema = help.schema.map(|schema| Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(schema));
            assert!(schema.is_none_or(|schema| schema.is_file()), "{name}");
        }
        assert!(HELP.iter().all(|help| help.name.is_empty() || names.contains(&help.name)));
    }
}
