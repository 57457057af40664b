//! The manual: a page for the program, and one for each command.

use super::failure::Failure;
use super::session::Session;
use crate::cli::Cli;
use crate::cli::help::{self, CommandHelp, ENVIRONMENT, FILES};
use crate::{exit_code, host, text};
use anyhow::{Context, Result};
use clap::Command;
use clap_mangen::Man;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;

/// The program's name.
const NAME: &str = "bundle-doctor";

/// Prints the page of the program or of a command, or writes all of them into a folder.
pub(super) fn run(command: Option<&str>, folder: Option<&Path>, session: &Session<'_>) -> Result<u8> {
    let pages = pages();
    if let Some(folder) = folder {
        for (name, page) in &pages {
            let place = folder.join(format!("{name}.1"));
            let shown = text::printable_path(&place);
            host::write_whole(&place, |out| out.write_all(page))
                .with_context(|| Failure::new(format!("cannot write {shown}")).at(&shown))?;
        }
        return Ok(exit_code::PASS);
    }
    let wanted = command.map_or_else(|| NAME.to_owned(), |command| format!("{NAME}-{command}"));
    let page = pages.iter().find(|(name, _)| *name == wanted).map(|(_, page)| page);
    let page = page.with_context(|| unknown(command.unwrap_or_default(), &pages))?;
    session.print(page)?;
    Ok(exit_code::PASS)
}

fn unknown(command: &str, pages: &[(String, Vec<u8>)]) -> Failure {
    let names = pages.iter().filter_map(|(name, _)| name.strip_prefix(NAME)?.strip_prefix('-'));
    let near = text::nearest(command, names).map_or_else(String::new, |near| format!("did you mean `{near}`? "));
    let message = format!("there is no command `{}`", text::printable(command));
    Failure::new(message).help(format!("{near}`bundle-doctor --help` lists them"))
}

/// Every page with its name, the program's first.
fn pages() -> Vec<(String, Vec<u8>)> {
    let mut command = Cli::described();
    command.build();
    let own = (NAME.to_owned(), page(&command, NAME, ""));
    let commands = command.get_subcommands().filter(|command| command.get_name() != "help");
    let commands = commands.map(|command| {
        let name = format!("{NAME}-{}", command.get_name());
        let page = page(command, &name, command.get_name());
        (name, page)
    });
    [own].into_iter().chain(commands).collect()
}

fn page(command: &Command, title: &str, name: &str) -> Vec<u8> {
    let mut page = Vec::new();
    // Nothing is written but into memory.
    let _ = write_page(command, title, name, &mut page);
    ascii(&String::from_utf8_lossy(&page)).into_bytes()
}

/// A page as every roff reads it, whatever encoding it is told: other letters by their numbers (groff_char(7)).
fn ascii(page: &str) -> String {
    page.chars().fold(String::with_capacity(page.len()), |mut text, letter| {
        match letter {
            letter if letter.is_ascii() => text.push(letter),
            letter => drop(write!(text, "\\[u{:04X}]", u32::from(letter))),
        }
        text
    })
}

fn write_page(command: &Command, title: &str, name: &str, out: &mut Vec<u8>) -> io::Result<()> {
    // What stands below the options in `--help` has sections of its own here.
    let bare = command.clone().version(env!("CARGO_PKG_VERSION")).after_help("").after_long_help("");
    // A blank would end the name in the page's title; in the synopsis it is typed.
    let titled = Man::new(bare.clone().name(title.to_owned()));
    write_title(title, out)?;
    titled.render_name_section(out)?;
    let man = Man::new(bare);
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    let mut options = Vec::new();
    man.render_options_section(&mut options)?;
    // An empty line between two breaks is a paragraph, and the breaks are nothing.
    out.write_all(String::from_utf8_lossy(&options).replace(".br\n\n.br\n", ".sp\n").as_bytes())?;
    if command.has_subcommands() {
        titled.render_subcommands_section(out)?;
    }
    if let Some(help) = help::of(name) {
        out.write_all(sections(help).as_bytes())?;
    }
    Ok(())
}

/// The page's name, the section, the day of the program, and what stands in the middle of the last and of the first line. Where
/// the day is not known, its place is empty (man(7)): `clap_mangen` leaves it out, and the program's name is taken for it.
fn write_title(title: &str, out: &mut dyn Write) -> io::Result<()> {
    let (name, day) = (escaped(&title.to_uppercase()), env!("BUNDLE_DOCTOR_DATE"));
    let version = env!("CARGO_PKG_VERSION");
    writeln!(out, ".TH {name} 1 \"{day}\" \"{} {version}\" \"Manual of {}\"", escaped(NAME), escaped(NAME))
}

fn sections(help: &CommandHelp) -> String {
    let mut text = String::from(".SH \"EXIT STATUS\"\n");
    for (code, words) in help.exits {
        entry(&mut text, &code.to_string(), words);
    }
    text.push_str(".SH ENVIRONMENT\n");
    ENVIRONMENT.iter().for_each(|(name, words)| entry(&mut text, name, words));
    text.push_str(".SH FILES\n");
    FILES.iter().for_each(|(name, words)| entry(&mut text, name, words));
    text.push_str(".SH EXAMPLES\n");
    help.examples.iter().for_each(|(typed, words)| entry(&mut text, typed, words));
    if let Some(schema) = help.schema {
        let _ = writeln!(text, ".SH STANDARDS\nThe document of \\-\\-json is described by docs/{}.", escaped(schema));
    }
    text.push_str(".SH \"SEE ALSO\"\n");
    let _ = match help.name {
        "" => writeln!(text, ".BR bundle\\-doctor\\-check (1),\n.BR bundle\\-doctor\\-doctor (1)"),
        _ => writeln!(text, ".BR bundle\\-doctor (1)"),
    };
    text
}

fn entry(text: &mut String, term: &str, words: &str) {
    let _ = writeln!(text, ".TP\n\\fB{}\\fR\n{}", escaped(term), escaped(words));
}

/// Text as roff takes it (groff(7)): hyphens that can be copied, and nothing at a line's start that is a request.
fn escaped(text: &str) -> String {
    let text = text
        .replace('\\', "\\e")
        .replace('-', "\\-")
        .replace('~', "\\(ti")
        .replace('`', "\\(ga")
        .replace('\'', "\\(aq");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}
