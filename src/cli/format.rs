//! `--format`: which formats a command has is part of its type, so that its help lists them and clap refuses the others.

use crate::report::format::ReportFormat;
use clap::builder::{EnumValueParser, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, ValueEnum};
use std::ffi::OsString;

/// Every format there is: those of the commands that speak of bundles and servers.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum AnyFormat {
    /// For people
    Human,
    /// JSON, version 1
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML, for GitLab and Jenkins
    Junit,
    /// GitHub Actions' workflow commands, and a summary where GITHUB_STEP_SUMMARY says
    Github,
    /// A page for a browser, in one file without anything from outside
    Html,
    /// Markdown, to paste into an issue
    Markdown,
    /// Prometheus' text format, for the textfile collector of the node exporter
    Prometheus,
}

/// The formats of what is judged by rules: places in files, and no numbers that change with time.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FindingsFormat {
    /// For people
    Human,
    /// JSON, version 1
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML, for GitLab and Jenkins
    Junit,
    /// GitHub Actions' workflow commands, and a summary where GITHUB_STEP_SUMMARY says
    Github,
    /// A page for a browser, in one file without anything from outside
    Html,
    /// Markdown, to paste into an issue
    Markdown,
}

/// The formats of a checklist. SARIF speaks of places in files, and a line of the list has none.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ChecklistFormat {
    /// For people
    Human,
    /// JSON, version 1
    Json,
    /// JUnit XML, for GitLab and Jenkins
    Junit,
    /// GitHub Actions' workflow commands
    Github,
    /// A page for a browser, in one file without anything from outside
    Html,
    /// Markdown, to paste into an issue
    Markdown,
}

/// The formats of a comparison.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum DocumentFormat {
    /// For people
    Human,
    /// JSON, version 1
    Json,
    /// A page for a browser, in one file without anything from outside
    Html,
    /// Markdown, to paste into an issue
    Markdown,
}

/// The formats of what is no list of findings.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PlainFormat {
    /// For people
    Human,
    /// JSON, version 1
    Json,
}

impl From<AnyFormat> for ReportFormat {
    fn from(word: AnyFormat) -> Self {
        match word {
            AnyFormat::Human => Self::Human,
            AnyFormat::Json => Self::Json,
            AnyFormat::Sarif => Self::Sarif,
            AnyFormat::Junit => Self::Junit,
            AnyFormat::Github => Self::Github,
            AnyFormat::Html => Self::Html,
            AnyFormat::Markdown => Self::Markdown,
            AnyFormat::Prometheus => Self::Prometheus,
        }
    }
}

impl From<FindingsFormat> for ReportFormat {
    fn from(word: FindingsFormat) -> Self {
        match word {
            FindingsFormat::Human => Self::Human,
            FindingsFormat::Json => Self::Json,
            FindingsFormat::Sarif => Self::Sarif,
            FindingsFormat::Junit => Self::Junit,
            FindingsFormat::Github => Self::Github,
            FindingsFormat::Html => Self::Html,
            FindingsFormat::Markdown => Self::Markdown,
        }
    }
}

impl From<ChecklistFormat> for ReportFormat {
    fn from(word: ChecklistFormat) -> Self {
        match word {
            ChecklistFormat::Human => Self::Human,
            ChecklistFormat::Json => Self::Json,
            ChecklistFormat::Junit => Self::Junit,
            ChecklistFormat::Github => Self::Github,
            ChecklistFormat::Html => Self::Html,
            ChecklistFormat::Markdown => Self::Markdown,
        }
    }
}

impl From<DocumentFormat> for ReportFormat {
    fn from(word: DocumentFormat) -> Self {
        match word {
            DocumentFormat::Human => Self::Human,
            DocumentFormat::Json => Self::Json,
            DocumentFormat::Html => Self::Html,
            DocumentFormat::Markdown => Self::Markdown,
        }
    }
}

impl From<PlainFormat> for ReportFormat {
    fn from(word: PlainFormat) -> Self {
        match word {
            PlainFormat::Human => Self::Human,
            PlainFormat::Json => Self::Json,
        }
    }
}

/// The words of a `--format`.
pub(crate) trait FormatWord: ValueEnum + Into<ReportFormat> + Copy + Send + Sync + 'static {}

impl<Word: ValueEnum + Into<ReportFormat> + Copy + Send + Sync + 'static> FormatWord for Word {}

/// The `--format` of one command, which takes the place of that of every command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct FormatArgs<Word> {
    /// The one that was asked for, be it by `--json`.
    pub word: Word,
}

/// Reads one of these words. What is kept is of one type for all commands, as one that is given before the command's
/// name is read before it is known whose it is.
pub(crate) fn parser<Word: FormatWord>() -> impl TypedValueParser<Value = ReportFormat> {
    EnumValueParser::<Word>::new().map(Word::into)
}

impl<Word: FormatWord> Args for FormatArgs<Word> {
    fn augment_args(command: Command) -> Command {
        // The first of its heading, where that of every command stands.
        let format = Arg::new("format").long("format").value_name("FORMAT").default_value("human").display_order(0);
        let format = format.help("How the report is written").help_heading("Output");
        command.arg(format.value_parser(parser::<Word>()))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<Word: FormatWord> FromArgMatches for FormatArgs<Word> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let named = matches.get_one("format").copied().unwrap_or(ReportFormat::Human);
        let asked = if matches.get_flag("json") { ReportFormat::Json } else { named };
        let known = Word::value_variants().iter().find(|word| (**word).into() == asked);
        known.map(|word| Self { word: *word }).ok_or_else(|| not_of_the_command::<Word>(asked))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// clap's own words for a format that was given before the command's name, where it could not know better.
fn not_of_the_command<Word: FormatWord>(asked: ReportFormat) -> clap::Error {
    let named = |word: &dyn Fn() -> Option<clap::builder::PossibleValue>| word().map(|word| word.get_name().to_owned());
    let asked = AnyFormat::value_variants().iter().find(|word| ReportFormat::from(**word) == asked);
    let asked = asked.and_then(|word| named(&|| word.to_possible_value())).unwrap_or_default();
    let known = Word::value_variants().iter().filter_map(|word| named(&|| word.to_possible_value())).collect();
    let mut error = clap::Error::new(ErrorKind::InvalidValue);
    error.insert(ContextKind::InvalidArg, ContextValue::String("--format <FORMAT>".to_owned()));
    error.insert(ContextKind::InvalidValue, ContextValue::String(asked));
    error.insert(ContextKind::ValidValue, ContextValue::Strings(known));
    error
}

/// The format that a command line asks for, also when the rest of it is wrong: a machine reader gets its document all
/// the same.
#[must_use]
pub(crate) fn wanted(args: &[OsString]) -> ReportFormat {
    let words: Vec<_> = args.iter().skip(1).map(|arg| arg.to_string_lossy()).take_while(|arg| arg != "--").collect();
    let mut values = words.iter().enumerate().filter_map(|(at, word)| match word.strip_prefix("--format") {
        Some("") => words.get(at + 1).map(AsRef::as_ref),
        Some(value) => value.strip_prefix('='),
        None => (word == "--json").then_some("json"),
    });
    values
        .next_back()
        .and_then(|value| AnyFormat::from_str(value, true).ok())
        .map_or(ReportFormat::Human, ReportFormat::from)
}
