//! `bundle-doctor.toml`: text to settings. Finding and reading the file is the caller's.

pub(crate) mod in_effect;
pub(crate) mod keys;

use crate::check::rules;
use crate::doctor::causes;
use crate::report::finding::Severity;
use crate::report::policy::{Allowance, Level, Override, Selector};
use crate::text;
use crate::tree::limits::Limits;
use crate::tree::names::{ConfiguredNames, ReleasePlaces};
use crate::update::documented_paths;
use crate::update::generation::{Generation, UpdateScope};
use bytesize::ByteSize;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// The file's name, looked for from the working directory upwards.
pub(crate) const FILE_NAME: &str = "bundle-doctor.toml";
/// The machine's file, read where there is no nearer one. The packages bring it, all of it comments.
pub(crate) const SYSTEM_FILE: &str = "/etc/bundle-doctor/bundle-doctor.toml";

/// The settings that a configuration file may give.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    #[serde(default)]
    bundle: BundleTable,
    #[serde(default)]
    server: ServerTable,
    /// What is demanded of signatures.
    #[serde(default)]
    pub signature: SignatureTable,
    #[serde(default)]
    release: ReleaseTable,
    #[serde(default)]
    update: UpdateTable,
    #[serde(default)]
    limits: LimitsTable,
    #[serde(default)]
    rules: BTreeMap<Spanned<String>, LevelWord>,
    #[serde(default)]
    allow: Vec<AllowTable>,
    /// Where each line but the first begins, so that what is understood only later is told of with its line.
    #[serde(skip)]
    line_starts: Vec<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct BundleTable {
    entry: Option<String>,
    shared: Option<String>,
    required_dependencies: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ServerTable {
    unit: Option<String>,
    home: Option<String>,
    bundle_dir: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ReleaseTable {
    agent: Option<String>,
    bundle: Option<String>,
    shared: Option<String>,
    published: Option<String>,
    tag_prefix: Option<String>,
    build: Option<String>,
    not_copied: Option<Spanned<Vec<String>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct UpdateTable {
    generations: Option<Vec<GenerationName>>,
}

/// A generation, by the name that `--generation` takes.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum GenerationName {
    Documented,
    DocumentedMkdir,
    Preserving,
    InPlace,
}

impl From<GenerationName> for Generation {
    fn from(name: GenerationName) -> Self {
        match name {
            GenerationName::Documented => Self::Documented,
            GenerationName::DocumentedMkdir => Self::DocumentedMkdir,
            GenerationName::Preserving => Self::Preserving,
            GenerationName::InPlace => Self::InPlace,
        }
    }
}

/// `[signature]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SignatureTable {
    /// Files with trusted public keys, relative to the configuration file.
    #[serde(default)]
    pub keys: Vec<String>,
    /// Whether a bundle without a signature is refused.
    #[serde(default)]
    pub required: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct LimitsTable {
    max_size: Option<Spanned<Size>>,
    max_entries: Option<u64>,
    max_ratio: Option<u64>,
    max_depth: Option<usize>,
}

/// A size in bytes, or as text with a suffix.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Size {
    Bytes(u64),
    Text(String),
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum LevelWord {
    Error,
    Warning,
    Info,
    Allow,
}

impl LevelWord {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
            Self::Allow => "allow",
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct AllowTable {
    rule: Spanned<String>,
    path: Option<Spanned<String>>,
    reason: Spanned<String>,
}

/// Why a configuration cannot be used, with its line where there is one.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", line.map_or_else(String::new, |line| format!("line {line}: ")))]
pub struct ConfigError {
    /// From 1.
    pub line: Option<usize>,
    /// What was expected and found.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// In which file, printable; nothing where a flag is meant.
    pub path: Option<String>,
}

impl ConfigError {
    /// The same, found in that file.
    #[must_use]
    pub fn in_file(self, path: &str) -> Self {
        Self { path: Some(text::printable(path).into_owned()), ..self }
    }

    fn new(message: impl Into<String>, help: Option<String>) -> Self {
        Self { line: None, message: message.into(), help, path: None }
    }
}

impl Config {
    /// Reads the text of a configuration file.
    ///
    /// # Errors
    /// A [`ConfigError`] for anything that is not understood, an unknown key included.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let line_starts: Vec<_> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
        let mut config: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| line_at(&line_starts, span.start));
            let message = text::printable(error.message()).into_owned();
            let help = suggestion(error.message());
            ConfigError { line, message, help, path: None }
        })?;
        config.line_starts = line_starts;
        config.overrides()?;
        config.allowances()?;
        config.limits()?;
        config.not_copied()?;
        Ok(config)
    }

    /// The names a bundle is judged by.
    #[must_use]
    pub fn names(&self) -> ConfiguredNames {
        let mut names = documented_paths::names();
        let BundleTable { entry, shared, required_dependencies } = &self.bundle;
        if let Some(entry) = entry {
            names.entry.clone_from(entry);
        }
        if let Some(shared) = shared {
            names.shared.clone_from(shared);
        }
        if let Some(required) = required_dependencies {
            names.required_dependencies.clone_from(required);
        }
        names
    }

    /// Where a release is made, relative to the repository.
    #[must_use]
    pub fn places(&self) -> ReleasePlaces {
        let ReleaseTable { agent, bundle, shared, published, tag_prefix, build, not_copied: _ } = self.release.clone();
        let defaults = documented_paths::places();
        ReleasePlaces {
            bundle: bundle.or_else(|| agent.as_ref().map(|agent| format!("{agent}/bundle"))).unwrap_or(defaults.bundle),
            agent: agent.unwrap_or(defaults.agent),
            shared: shared.unwrap_or(defaults.shared),
            published: published.unwrap_or(defaults.published),
            tag_prefix,
            build: build.unwrap_or(defaults.build),
        }
    }

    /// What of the agent's sources needs no copy in its compiled code, beside what is known to need none.
    ///
    /// # Errors
    /// A [`ConfigError`] for a pattern that is not one.
    pub(crate) fn not_copied(&self) -> Result<Vec<glob::Pattern>, ConfigError> {
        let Some(listed) = &self.release.not_copied else { return Ok(Vec::new()) };
        let patterns =
            listed.get_ref().iter().map(|text| {
                // A folder's name stands for everything in it.
                let text = text.trim_start_matches("./");
                let inside = text.trim_end_matches('/');
                let patterns = [text.to_owned(), format!("{inside}/**")];
                patterns.iter().map(|text| glob::Pattern::new(text)).collect::<Result<Vec<_>, _>>().map_err(|error| {
                    ConfigError::new(format!("`not-copied` has an invalid path pattern: {error}"), None)
                })
            });
        let patterns: Result<Vec<_>, _> = patterns.collect();
        patterns.map(|several| several.into_iter().flatten().collect()).map_err(|error| self.at(listed, error))
    }

    /// Whose updates are looked at, and whose outcome is an error, unless the command line names generations.
    #[must_use]
    pub fn updates(&self) -> UpdateScope {
        let named = self.update.generations.as_ref();
        named.map_or_else(UpdateScope::default, |named| UpdateScope::Every {
            deployed: named.iter().map(|name| Generation::from(*name)).collect(),
        })
    }

    /// The server's unit, home and bundle directory, where the configuration names them.
    #[must_use]
    pub fn server(&self) -> (Option<&str>, Option<&str>, Option<&str>) {
        let ServerTable { unit, home, bundle_dir } = &self.server;
        (unit.as_deref(), home.as_deref(), bundle_dir.as_deref())
    }

    /// Where reading stops.
    ///
    /// # Errors
    /// A [`ConfigError`] for a size that is not one.
    pub fn limits(&self) -> Result<Limits, ConfigError> {
        let defaults = Limits::default();
        let LimitsTable { max_size, max_entries, max_ratio, max_depth } = &self.limits;
        let max_size = match max_size {
            None => defaults.max_size,
            Some(given) => match given.get_ref() {
                Size::Bytes(bytes) => *bytes,
                Size::Text(text) => size(text)
                    .map_err(|message| self.at(given, ConfigError::new(format!("`max-size`: {message}"), None)))?,
            },
        };
        Ok(Limits {
            max_size,
            max_entries: max_entries.unwrap_or(defaults.max_entries),
            max_ratio: max_ratio.unwrap_or(defaults.max_ratio),
            max_depth: max_depth.unwrap_or(defaults.max_depth),
        })
    }

    /// The severities that it changes.
    ///
    /// # Errors
    /// A [`ConfigError`] for an unknown rule.
    pub fn overrides(&self) -> Result<Vec<Override>, ConfigError> {
        let overrides = self.rules.iter().map(|(id, word)| {
            let level = match word {
                LevelWord::Error => Level::At(Severity::Error),
                LevelWord::Warning => Level::At(Severity::Warning),
                LevelWord::Info => Level::At(Severity::Info),
                LevelWord::Allow => Level::Allow,
            };
            let rule = rule_id(id.get_ref()).map_err(|error| self.at(id, error))?;
            Ok(Override { selector: Selector::Rule(rule), level, origin: FILE_NAME.to_owned() })
        });
        overrides.collect()
    }

    /// The findings that it expects.
    ///
    /// # Errors
    /// A [`ConfigError`] for an unknown rule, an empty reason or a pattern that is not one.
    pub fn allowances(&self) -> Result<Vec<Allowance>, ConfigError> {
        let allowances = self.allow.iter().map(|AllowTable { rule, path, reason }| {
            let rule = rule_id(rule.get_ref()).map_err(|error| self.at(rule, error))?;
            if reason.get_ref().trim().is_empty() {
                let message = format!("the allowance of `{rule}` has an empty reason");
                let error = ConfigError::new(message, Some("say why it is expected".into()));
                return Err(self.at(reason, error));
            }
            let pattern = |path: &Spanned<String>| {
                glob::Pattern::new(path.get_ref()).map_err(|error| {
                    let message = format!("the allowance of `{rule}` has an invalid path pattern: {error}");
                    self.at(path, ConfigError::new(message, None))
                })
            };
            let path = path.as_ref().map(pattern).transpose()?;
            Ok(Allowance { rule, path, reason: text::printable(reason.get_ref()).into_owned() })
        });
        allowances.collect()
    }

    /// An error about what stands there, with its line.
    fn at<T>(&self, place: &Spanned<T>, error: ConfigError) -> ConfigError {
        ConfigError { line: Some(line_at(&self.line_starts, place.span().start)), ..error }
    }
}

/// The line, from 1, in which a byte stands.
fn line_at(line_starts: &[usize], byte: usize) -> usize {
    line_starts.partition_point(|start| *start <= byte) + 1
}

/// Ids that are offered of those that have a word in them.
const MAX_NAMED: usize = 5;

/// The id of a known rule or cause: some faults are both, under one name.
///
/// # Errors
/// A [`ConfigError`] that offers the nearest one.
pub(crate) fn rule_id(id: &str) -> Result<&'static str, ConfigError> {
    let known = || rules::RULES.iter().map(|rule| rule.id).chain(causes::CAUSES.iter().map(|cause| cause.id));
    known().find(|known| *known == id).ok_or_else(|| {
        let nearest = text::nearest(id, known());
        // `-A shared` may mean several: the first few of them.
        let named: Vec<_> = known().filter(|known| id.len() > 2 && known.contains(id)).take(MAX_NAMED).collect();
        let help = match (nearest, named.as_slice()) {
            (None, []) => "`bundle-doctor rules` lists them".to_owned(),
            (Some(near), [] | [_]) => format!("did you mean `{near}`? `bundle-doctor rules` lists them all"),
            (_, named) => format!("`{id}` is in {}; `bundle-doctor rules` lists them all", named.join(", ")),
        };
        ConfigError::new(format!("there is no rule or cause `{}`", text::printable(id)), Some(help))
    })
}

/// A size such as `2GiB`, `500MB` or `1048576`, in bytes.
///
/// # Errors
/// What was found instead.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    text.parse::<ByteSize>()
        .map(|size| size.as_u64())
        .map_err(|_| format!("expected a size such as `2GiB`, found `{}`", text::printable(text)))
}

/// The key that was meant, taken from the parser's list of those it expected.
fn suggestion(message: &str) -> Option<String> {
    let named = message.strip_prefix("unknown field ").or_else(|| message.strip_prefix("unknown variant "))?;
    let mut words = named.split('`').skip(1).step_by(2);
    let wrong = words.next()?;
    let near = text::nearest(wrong, words)?;
    Some(format!("did you mean `{near}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_is_read() {
        let config = Config::parse(
            "[bundle]\nentry = \"dist/main.js\"\nrequired-dependencies = [\"ws\"]\n[limits]\nmax-size = \"1MiB\"\nmax-entries = 10\n\
             [update]\ngenerations = [\"documented\"]\n[rules]\nforeign-owner = \"allow\"\n[[allow]]\nrule = \"development-file\"\npath = \"src/**\"\nreason = \"shipped on purpose\"\n",
        )
        .unwrap();
        assert_eq!(config.names().entry, "dist/main.js");
        assert_eq!(config.names().shared, documented_paths::SHARED_PACKAGE);
        assert_eq!(config.limits().unwrap().max_size, 1 << 20);
        assert_eq!(config.updates(), UpdateScope::Every { deployed: vec![Generation::Documented] });
        assert_eq!(Config::default().updates(), UpdateScope::default());
        assert_eq!(config.overrides().unwrap()[0].level, Level::Allow);
        assert_eq!(config.allowances().unwrap()[0].reason, "shipped on purpose");
    }

    #[test]
    fn what_is_not_understood_is_refused_with_its_line_and_what_was_meant() {
        for (case, text, line, words, help) in [
            ("unknown key", "[bundle]\nentrie = 1", Some(2), "unknown field `entrie`", Some("did you mean `entry`?")),
            ("unknown table", "[bundles]\n", Some(1), "unknown field `bundles`", Some("did you mean `bundle`?")),
            (
                "unknown rule",
                "[rules]\nnested-layuot = \"error\"",
                Some(2),
                "there is no rule or cause `nested-layuot`",
                Some("did you mean `nested-layout`? `bundle-doctor rules` lists them all"),
            ),
            ("unknown level", "[rules]\nnested-layout = \"fatal\"", Some(2), "unknown variant `fatal`", None),
            (
                "unknown generation",
                "[update]\ngenerations = [\"in-plce\"]",
                Some(2),
                "unknown variant `in-plce`",
                Some("did you mean `in-place`?"),
            ),
            (
                "unknown rule that is allowed",
                "# ours\n\n[[allow]]\nreason = \"x\"\nrule = \"nested-layuot\"",
                Some(5),
                "there is no rule or cause `nested-layuot`",
                Some("did you mean `nested-layout`? `bundle-doctor rules` lists them all"),
            ),
            ("no reason", "[[allow]]\nrule = \"nested-layout\"", Some(1), "missing field `reason`", None),
            (
                "empty reason",
                "[[allow]]\nrule = \"nested-layout\"\nreason = \" \"",
                Some(3),
                "empty reason",
                Some("say why it is expected"),
            ),
            (
                "bad pattern",
                "[[allow]]\nrule = \"nested-layout\"\npath=\"a***\"\nreason = \"x\"",
                Some(3),
                "invalid path pattern",
                None,
            ),
            (
                "bad pattern of sources",
                "[release]\nnot-copied = [\"a***\"]",
                Some(2),
                "`not-copied` has an invalid path pattern",
                None,
            ),
            ("bad size", "[limits]\nmax-size = \"lots\"", Some(2), "expected a size", None),
            ("not TOML", "[bundle\n", Some(1), "", None),
        ] {
            let error = Config::parse(text).unwrap_err();
            assert_eq!(error.line, line, "{case}: {error}");
            assert!(error.message.contains(words), "{case}: {error}");
            assert_eq!(error.help.as_deref(), help, "{case}");
        }
    }
}
