//! What is in effect, and from where: a configuration with what the command line overrides, as TOML again.

use super::keys::{ConfigKey, KEYS, Without, tables};
use super::{Config, LevelWord, line_at};
use crate::text;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use toml::Value;

/// A configuration file: its path as it is shown, and its text.
pub(crate) type ConfigFile<'a> = (&'a str, &'a str);

/// What the command line says.
pub(crate) struct Overriding<'a> {
    /// Options that take the place of a key, with what was given.
    pub options: &'a BTreeMap<&'static str, Vec<String>>,
    /// The id (or `all`), the level and the flag of each `-A`, `-W` and `-D`, in their order.
    pub levels: &'a [(String, &'static str, &'static str)],
    /// Rules that the command line demands: what the configuration softens of them is not heeded.
    pub demanded: &'a [&'static str],
}

/// The text that `--show-config` prints.
#[must_use]
pub(crate) fn in_effect(config: &Config, file: Option<ConfigFile<'_>>, overriding: &Overriding<'_>) -> String {
    let mut shown = match file {
        Some((path, _)) => format!("# {path}\n"),
        None => "# there is no configuration file: all of it is as it is without one\n".to_owned(),
    };
    let path = file.map_or("", |(path, _)| path);
    let stated = file.map(|(_, text)| stated(text)).unwrap_or_default();
    for table in tables() {
        let _ = writeln!(shown, "\n[{table}]");
        for key in KEYS.iter().filter(|key| key.table == table) {
            let stated = stated.get(&(key.table, key.name)).map(|(line, words)| (words, format!("{path}:{line}")));
            shown.push_str(&line(config, stated, overriding, key));
        }
    }
    shown.push_str(&rules(config, path, overriding));
    shown.push_str(&allowances(config, path));
    shown
}

/// One key's line.
fn line(config: &Config, stated: Option<(&String, String)>, overriding: &Overriding<'_>, key: &ConfigKey) -> String {
    let given = key.option.and_then(|option| Some((option, overriding.options.get(option)?)));
    if let Some((option, given)) = given {
        return with_origin(&format!("{} = {}", key.name, as_toml(key, given)), option);
    }
    if let Some((words, origin)) = stated {
        return with_origin(&format!("{} = {words}", key.name), &origin);
    }
    // Where the agent is elsewhere the bundle is too.
    if (key.table, key.name) == ("release", "bundle") {
        return with_origin(&format!("{} = {}", key.name, quoted(&config.places().bundle)), "default");
    }
    match key.default {
        Without::Is(value) => with_origin(&format!("{} = {value}", key.name), "default"),
        Without::FoundOut(_) => with_origin(&format!("# {} is not stated", key.name), key.about),
    }
}

fn with_origin(line: &str, origin: &str) -> String {
    format!("{line:50}  # {origin}\n")
}

fn quoted(words: &str) -> String {
    Value::String(text::printable(words).into_owned()).to_string()
}

/// What an option was given, as the key takes it.
fn as_toml(key: &ConfigKey, given: &[String]) -> String {
    let (Without::Is(usual) | Without::FoundOut(usual)) = key.default;
    let last = given.last().map_or("", String::as_str);
    match usual.chars().next() {
        Some('[') => format!("[{}]", given.iter().map(|words| quoted(words)).collect::<Vec<_>>().join(", ")),
        Some('"') => quoted(last),
        _ => text::printable(last).into_owned(),
    }
}

/// The keys that a configuration states: by table and name, the line, from 1, and the value.
fn stated(text: &str) -> BTreeMap<(&'static str, &'static str), (usize, String)> {
    let (Ok(places), Ok(values)) = (toml::de::DeTable::parse(text), toml::from_str::<toml::Table>(text)) else {
        return BTreeMap::new();
    };
    let one = |key: &ConfigKey| {
        let place = places.get_ref().get(key.table)?.get_ref().get(key.name)?;
        let line = text.get(..place.span().start)?.matches('\n').count() + 1;
        let value = values.get(key.table)?.get(key.name)?.to_string();
        Some(((key.table, key.name), (line, text::printable(&value).into_owned())))
    };
    KEYS.iter().filter_map(one).collect()
}

/// The severities: those of the configuration, and over them those of the command line.
fn rules(config: &Config, path: &str, overriding: &Overriding<'_>) -> String {
    let mut shown = String::from("\n[rules]\n");
    let mut levels = BTreeMap::new();
    for (id, word) in &config.rules {
        let is_softened = matches!(word, LevelWord::Info | LevelWord::Allow | LevelWord::Warning);
        if is_softened && overriding.demanded.contains(&id.get_ref().as_str()) {
            let _ =
                writeln!(shown, "# what {path} says of {} is not heeded: the command line demands it", id.get_ref());
            continue;
        }
        let line = line_at(&config.line_starts, id.span().start);
        levels.insert(id.get_ref().as_str(), (word.as_str(), format!("{path}:{line}")));
    }
    for (id, level, flag) in overriding.levels {
        if id == "all" {
            let _ = writeln!(shown, "# every rule is {level} by {flag} all");
            levels.values_mut().for_each(|known| *known = (*level, format!("{flag} all")));
        } else {
            levels.insert(id, (*level, (*flag).to_owned()));
        }
    }
    for (id, (level, origin)) in levels {
        shown.push_str(&with_origin(&format!("{id} = \"{level}\""), &origin));
    }
    shown
}

/// What is expected.
fn allowances(config: &Config, path: &str) -> String {
    let mut shown = String::new();
    for allowed in &config.allow {
        let line = line_at(&config.line_starts, allowed.rule.span().start);
        let _ = writeln!(shown, "\n[[allow]]");
        shown.push_str(&with_origin(&format!("rule = {}", quoted(allowed.rule.get_ref())), &format!("{path}:{line}")));
        if let Some(pattern) = &allowed.path {
            let _ = writeln!(shown, "path = {}", quoted(pattern.get_ref()));
        }
        let _ = writeln!(shown, "reason = {}", quoted(allowed.reason.get_ref()));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(file: &str, options: &[(&'static str, &[&str])], levels: &[(&str, &'static str, &'static str)]) -> String {
        let options = options.iter().map(|(option, given)| (*option, given.iter().map(|s| (*s).to_owned()).collect()));
        let levels: Vec<_> = levels.iter().map(|(id, level, flag)| ((*id).to_owned(), *level, *flag)).collect();
        let overriding =
            Overriding { options: &options.collect(), levels: &levels, demanded: &["signature-untrusted"] };
        in_effect(&Config::parse(file).unwrap(), Some(("a.toml", file)), &overriding)
    }

    fn line(shown: &str, start: &str) -> String {
        let words = shown.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{start}\n{shown}"));
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    const FILE: &str = "# ours\n[limits]\nmax-depth = 9\nmax-ratio = 7\n[bundle]\nrequired-dependencies = [\n 'ws', # the one\n 'b',\n]\n\
                        [release]\nagent = \"app\"\n[rules]\nforeign-owner = \"allow\"\nworld-writable = \"error\"\nsignature-untrusted = \"allow\"\n\
                        [[allow]]\nrule = \"development-file\"\nreason = \"so\"\n";

    #[test]
    fn each_value_says_from_where_it_is() {
        let shown =
            shown(FILE, &[("--max-ratio", &["5"]), ("--key", &["a b.pem", "c.pem"]), ("--unit", &["x.service"])], &[]);
        for (start, wanted) in [
            ("max-depth", "max-depth = 9 # a.toml:3"),
            ("max-ratio", "max-ratio = 5 # --max-ratio"),
            ("max-entries", "max-entries = 150000 # default"),
            ("required-dep", "required-dependencies = [\"ws\", \"b\"] # a.toml:6"),
            ("bundle =", "bundle = \"app/bundle\" # default"),
            ("keys", "keys = [\"a b.pem\", \"c.pem\"] # --key"),
            ("unit", "unit = \"x.service\" # --unit"),
            ("foreign-owner", "foreign-owner = \"allow\" # a.toml:13"),
            ("rule =", "rule = \"development-file\" # a.toml:17"),
        ] {
            assert_eq!(line(&shown, start), wanted, "{shown}");
        }
        assert!(!shown.contains("signature-untrusted = "), "{shown}");
    }

    #[test]
    fn the_flags_win_in_their_order() {
        let flags = [
            ("world-writable", "warning", "--warn"),
            ("all", "error", "--deny"),
            ("nested-layout", "allow", "--allow"),
        ];
        let shown = shown(FILE, &[], &flags);
        assert_eq!(line(&shown, "foreign-owner"), "foreign-owner = \"error\" # --deny all");
        assert_eq!(line(&shown, "world-writable"), "world-writable = \"error\" # --deny all");
        assert_eq!(line(&shown, "nested-layout"), "nested-layout = \"allow\" # --allow");
    }

    /// What is printed is a configuration, and says the same.
    #[test]
    fn what_is_shown_is_understood_and_says_the_same() {
        for file in [FILE, "", &super::super::keys::commented()] {
            let once = shown(file, &[], &[]);
            let read = Config::parse(&once).unwrap_or_else(|error| panic!("{error}\n{once}"));
            let config = Config::parse(file).unwrap();
            assert_eq!(read.names(), config.names());
            assert_eq!((read.limits().unwrap(), read.places()), (config.limits().unwrap(), config.places()));
            assert_eq!(read.allowances().unwrap().len(), config.allowances().unwrap().len());
        }
        let nothing = Overriding { options: &BTreeMap::new(), levels: &[], demanded: &[] };
        assert!(in_effect(&Config::default(), None, &nothing).starts_with("# there is no configuration file"));
    }
}
