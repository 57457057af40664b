//! Every key of `bundle-doctor.toml`: its default, the option that overrides it, and what it is for. `init` writes them down,
//! and `docs/configuration.md` lists them; a test compares all of it with what is read.

use Without::{FoundOut, Is};
use std::fmt::Write as _;

/// What holds where a key is not stated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Without {
    /// This, as TOML.
    Is(&'static str),
    /// What is found out then; a value is such as this one.
    FoundOut(&'static str),
}

/// One key.
pub(crate) struct ConfigKey {
    /// Its table.
    pub table: &'static str,
    /// Its name in it.
    pub name: &'static str,
    /// What holds without it.
    pub default: Without,
    /// The option that overrides it.
    pub option: Option<&'static str>,
    /// What it is for.
    pub about: &'static str,
}

const fn key(
    table: &'static str,
    name: &'static str,
    default: Without,
    option: Option<&'static str>,
    about: &'static str,
) -> ConfigKey {
    ConfigKey { table, name, default, option, about }
}

/// All of them, table by table.
pub(crate) const KEYS: &[ConfigKey] = &[
    key("bundle", "entry", Is("\"dist/index.js\""), None, "the file that systemd starts, in the bundle"),
    key("bundle", "shared", Is("\"@server-flow/shared\""), None, "the package that is copied into the bundle"),
    key(
        "bundle",
        "required-dependencies",
        Is("[\"fastify\", \"ws\", \"pm2\", \"zod\"]"),
        None,
        "what the bundle's package.json must declare",
    ),
    key("server", "unit", Is("\"server-flow-agent.service\""), Some("--unit"), "the service that `doctor` looks at"),
    key("server", "home", Is("\"~/.server-flow\""), None, "the agent's home on a server"),
    key(
        "server",
        "bundle-dir",
        FoundOut("\"~/.server-flow/agent-bundle\""),
        Some("--bundle"),
        "the deployed bundle; without it, what the unit says",
    ),
    key(
        "signature",
        "keys",
        Is("[]"),
        Some("--key"),
        "files with trusted public keys, relative to this file; --key takes their place",
    ),
    key("signature", "required", Is("false"), Some("--require-signature"), "refuse a bundle without a signature"),
    key("release", "agent", Is("\"apps/agent\""), None, "the agent's folder in the repository"),
    key("release", "bundle", Is("\"apps/agent/bundle\""), None, "the bundle's folder in the repository"),
    key("release", "shared", Is("\"packages/shared\""), None, "the shared package's folder in the repository"),
    key(
        "release",
        "published",
        Is("\"apps/control-plane/public/agent-bundle.tar.gz\""),
        None,
        "the archive that agents fetch, in the repository",
    ),
    key(
        "release",
        "tag-prefix",
        FoundOut("\"agent-v\""),
        None,
        "what the tags of the agent's releases begin with; without it, any tag",
    ),
    key("release", "build", Is("\"pnpm build\""), None, "the command that compiles a package, for `release --build`"),
    key("release", "not-copied", Is("[]"), None, "files below the agent's src that no build copies, as patterns"),
    key(
        "update",
        "generations",
        Is("[\"preserving\", \"in-place\"]"),
        Some("--generation"),
        "the generations of agents that are deployed: a loss in their update is an error",
    ),
    key("limits", "max-size", Is("\"2GiB\""), Some("--max-size"), "most bytes of unpacked files"),
    key("limits", "max-entries", Is("150000"), Some("--max-entries"), "most entries"),
    key("limits", "max-ratio", Is("200"), Some("--max-ratio"), "most unpacked bytes for each compressed one"),
    key("limits", "max-depth", Is("128"), Some("--max-depth"), "most components of a path"),
];

/// What stands below the keys: the tables whose keys are the user's own.
const RULES_AND_ALLOWANCES: &str = "\
# Other severities of rules and causes: \"error\", \"warning\", \"info\" or \"allow\"; -A, -W and -D override them.
# `bundle-doctor rules` lists all ids.
[rules]
#development-file = \"error\"

# What is expected, and why. A path is a pattern; without one every place is meant.
#[[allow]]
#rule = \"development-file\"
#path = \"src/**\"
#reason = \"shipped on purpose\"
";

/// The tables, in their order.
pub(super) fn tables() -> Vec<&'static str> {
    let mut tables: Vec<_> = KEYS.iter().map(|key| key.table).collect();
    tables.dedup();
    tables
}

/// A configuration in which every key stands with its default, behind a `#`.
#[must_use]
pub(crate) fn commented() -> String {
    let mut text = String::from(
        "# bundle-doctor.toml: what bundle-doctor goes by. Every key stands here with its default: take the `#` before it away\n\
         # to change it. `bundle-doctor --show-config` prints what is in effect, and from where.\n\
         #\n\
         # One file is read: that of `--config FILE`, else the nearest bundle-doctor.toml from the working directory upwards,\n\
         # else /etc/bundle-doctor/bundle-doctor.toml. `--no-config` reads none. It must belong to root or to the user who\n\
         # runs the program, and nobody else may write it.\n",
    );
    for table in tables() {
        let _ = writeln!(text, "\n[{table}]");
        for key in KEYS.iter().filter(|key| key.table == table) {
            let option = key.option.map_or_else(String::new, |option| format!(" ({option})"));
            let _ = writeln!(text, "# {}{option}", key.about);
            let (Is(value) | FoundOut(value)) = key.default;
            let _ = writeln!(text, "#{} = {value}", key.name);
        }
    }
    format!("{text}\n{RULES_AND_ALLOWANCES}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::update::documented_paths;
    use crate::update::generation::{Generation, UpdateScope};
    use std::collections::BTreeSet;

    fn uncommented() -> String {
        let lines = commented();
        let lines = lines.lines().map(|line| match line.strip_prefix('#') {
            Some(rest) if !rest.starts_with(' ') => rest,
            _ => line,
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The parser names all keys of a table when it meets one that it does not know.
    #[test]
    fn every_key_that_is_read_is_listed_and_every_one_listed_is_read() {
        let named = |text: &str| -> BTreeSet<String> {
            let message = Config::parse(text).unwrap_err().message;
            message.split('`').skip(3).step_by(2).map(str::to_owned).collect()
        };
        let listed: BTreeSet<_> = tables().into_iter().map(str::to_owned).collect();
        let own = BTreeSet::from(["rules".to_owned(), "allow".to_owned()]);
        assert_eq!(named("zzzz = 1"), listed.union(&own).cloned().collect());
        for table in tables() {
            let listed: BTreeSet<_> =
                KEYS.iter().filter(|key| key.table == table).map(|key| key.name.to_owned()).collect();
            assert_eq!(named(&format!("[{table}]\nzzzz = 1")), listed, "{table}");
        }
    }

    #[test]
    fn the_defaults_that_are_written_down_are_those_that_hold() {
        let tables = toml::from_str::<toml::Table>(&commented()).unwrap();
        assert!(tables.values().all(|table| table.as_table().unwrap().is_empty()), "{tables:?}");
        let text = uncommented();
        let found_out = |line: &&str| {
            let mut keys = KEYS.iter().filter(|key| matches!(key.default, FoundOut(_)));
            !keys.any(|key| line.starts_with(&format!("{} = ", key.name)))
        };
        let own = text.find("[rules]").unwrap();
        let written = Config::parse(&text[..own].lines().filter(found_out).collect::<Vec<_>>().join("\n")).unwrap();
        let all = |config: &Config| {
            let keys = (&config.signature.keys, config.signature.required);
            let (names, limits) = (config.names(), config.limits().unwrap());
            format!("{names:?} {limits:?} {keys:?} {:?} {:?}", config.places(), config.not_copied())
        };
        assert_eq!(all(&written), all(&Config::default()));
        let deployed = vec![Generation::Preserving, Generation::InPlace];
        assert_eq!(written.updates(), UpdateScope::Every { deployed });
        assert_eq!(UpdateScope::default(), written.updates());
        assert_eq!(written.server(), (Some(documented_paths::UNIT), Some(documented_paths::SERVER_HOME), None));
        // And all of it together is understood, the user's own tables too.
        let whole = Config::parse(&text).unwrap();
        assert_eq!(whole.server().2, Some(documented_paths::DEPLOYED_BUNDLE));
        assert_eq!((whole.overrides().unwrap().len(), whole.allowances().unwrap().len()), (1, 1));
    }

    #[test]
    fn the_page_has_every_key_its_default_and_its_option() {
        let page = include_str!("../../docs/configuration.md");
        for ConfigKey { table, name, default, option, about } in KEYS {
            let default = match default {
                Is(default) => format!("`{default}`"),
                FoundOut(_) => "none".to_owned(),
            };
            let option = option.map_or_else(|| "none".to_owned(), |option| format!("`{option}`"));
            let row = format!("| `{name}` | {default} | {option} | {about} |");
            let section = page.split(&format!("## `[{table}]`\n")).nth(1).unwrap_or_default();
            let section = section.split("\n## ").next().unwrap_or_default();
            assert!(section.contains(&row), "{table}: {row}");
        }
    }
}
