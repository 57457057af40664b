//! What a person reads of a server: the verdict in one line, then the cause, the evidence in the machine's own words,
//! the commands to type, and how to see that they worked.

use super::human::wrapped;
use super::style::{Style, shortened};
use crate::doctor::facts::{Condition, Facts, Ran, Reach};
use crate::doctor::repair::plan;
use crate::doctor::report::DoctorReport;
use crate::report::diagnosis::{Diagnosis, Effect, Evidence, FixCommand, Step};
use crate::report::finding::Severity;
use crate::report::server::{CheckStatus, Health, ServerCheck};
use crate::text;
use std::io::{self, Write};

/// Pieces of evidence that are shown of one cause, unless `-v` asks for all.
const EVIDENCE: usize = 3;
/// The cause whose consequences are its reasons.
pub(super) const WOULD_FAIL: &str = "restart-would-fail";
/// Columns of the word that says where a piece of evidence comes from.
const SOURCE: usize = 10;

/// The report of `doctor`.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn doctor(report: &DoctorReport, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", first_line(report, style))?;
    if style.quiet {
        return Ok(());
    }
    let repair = plan::command(report);
    for diagnosis in &report.diagnoses {
        let repair = repair.as_ref().filter(|(_, plan)| plan.causes.contains(&diagnosis.cause));
        self::diagnosis(diagnosis, report, repair.map(|(command, _)| command), style, out)?;
    }
    if style.verbose {
        details(report, style, out)?;
    }
    if !report.not_checked.is_empty() {
        writeln!(out)?;
    }
    for missing in &report.not_checked {
        let help = missing.help.as_ref().map_or_else(String::new, |help| format!("; {help}"));
        let words = format!("not checked: {} ({}{help})", missing.what, missing.because);
        wrapped(&words, "", "  ", style, out)?;
    }
    Ok(())
}

/// The verdict again, for the end of a report that the terminal does not show whole: with the cause, and how to go on.
#[must_use]
pub(crate) fn ending(report: &DoctorReport, style: Style) -> String {
    if report.facts.has_no_agent() {
        return first_line(report, style);
    }
    let verdict = format!("{} is {}", short_name(report), style.health(report.health));
    let Some(first) = report.diagnoses.first() else { return verdict };
    let more = match report.diagnoses.len() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    let fix = plan::command(report).map_or_else(String::new, |(command, _)| format!("; fix: {}", command.typed()));
    format!("{verdict}: {}{more} (above){fix}", first.cause)
}

/// The verdict, and what the service does.
fn first_line(report: &DoctorReport, style: Style) -> String {
    let health = style.health(report.health);
    format!("{} {}", short_name(report), verdict(report, &health))
}

/// The same without the service's name, which stands before it; the word for its health may be coloured.
pub(super) fn verdict(report: &DoctorReport, health: &str) -> String {
    let words = state_in_words(report);
    // What is not there is not broken either.
    if report.facts.has_no_agent() {
        return format!("is not here: {words}");
    }
    format!("is {health}{}{words}", if words.is_empty() { "" } else { ": " })
}

/// The unit's name as people say it.
pub(super) fn short_name(report: &DoctorReport) -> &str {
    let unit = report.facts.places.unit.as_str();
    unit.strip_suffix(".service").unwrap_or(unit)
}

/// What the service does, to stand behind the verdict.
fn state_in_words(report: &DoctorReport) -> String {
    let facts = &report.facts;
    let loop_words = || {
        if let Some(run) = facts.only_death() {
            return format!("it died at {} after {} s, and is not back yet", time(facts, run.end()), run.lived());
        }
        let restarts = facts.service.known().and_then(|service| service.restarts).filter(|count| *count > 0);
        let since = loop_since(facts).map_or_else(String::new, |since| format!(" since {since}"));
        restarts.map_or_else(
            || "it dies at every start".to_owned(),
            |count| format!("it dies at every start, {}{since}", text::plural(u64::from(count), "restart")),
        )
    };
    let would_not_start = report.diagnoses.iter().any(|diagnosis| diagnosis.cause == WOULD_FAIL);
    match (report.health, facts.condition()) {
        _ if facts.has_no_agent() => facts.no_agent(),
        (Health::Healthy, _) => up(facts),
        (Health::Degraded, Condition::Running) if would_not_start => "it runs, and would not start again".to_owned(),
        (Health::Degraded, Condition::Running) => {
            format!("it runs, with {}", text::plural(report.diagnoses.len() as u64, "fault"))
        }
        (_, Condition::Starting) => starting(facts),
        (Health::Broken, Condition::Running) if report.diagnoses.iter().any(|one| one.cause == "process-frozen") => {
            "it is there, and does not get to run".to_owned()
        }
        (Health::Inconclusive, _) => "nothing bad was seen, but not everything could be".to_owned(),
        (_, Condition::Looping) => loop_words(),
        (_, Condition::Running) => "it runs, but does not do its work".to_owned(),
        (_, Condition::Down) => match facts.service.known() {
            Some(service) if !service.result.is_empty() && service.result != "success" => {
                format!("it is down ({})", service.result)
            }
            _ => "it is down".to_owned(),
        },
        (_, Condition::Stopped) => "it is stopped".to_owned(),
        (_, Condition::Unknown) => match &facts.reach {
            Reach::Mounted(root) => format!("what is below {root} would not start"),
            Reach::Live => "its state could not be asked".to_owned(),
        },
    }
}

/// What systemd waits for, in its own words.
fn starting(facts: &Facts) -> String {
    let state = facts.service.known().map(|service| format!("{} ({})", service.active_state, service.sub_state));
    format!("it is {}, neither up nor down", state.unwrap_or_default())
}

/// `up since 03:12:34, agent 0.1.26, node 20.20.2`.
fn up(facts: &Facts) -> String {
    let since = facts.service.known().and_then(|service| service.active_since);
    let mut parts: Vec<_> = since.map(|since| format!("up since {}", time(facts, since))).into_iter().collect();
    let package = facts.deployment.inspected().and_then(|inspected| inspected.report.package.as_ref());
    parts.extend(package.and_then(|package| package.version.as_ref()).map(|version| format!("agent {version}")));
    let node = facts.node.known().and_then(Option::as_ref).and_then(|node| node.version.as_ref());
    parts.extend(node.map(|version| format!("node {version}")));
    parts.join(", ")
}

/// When the first of the deaths in a row was, as far as the journal was read.
fn loop_since(facts: &Facts) -> Option<String> {
    let runs = facts.runs();
    let first = runs.iter().rev().take(facts.streak()).next_back()?.entries.first()?.at;
    let is_whole = facts.journal.known().is_some_and(|journal| !journal.is_cut);
    is_whole.then(|| time(facts, first))
}

/// The time of today, or with its date.
fn time(facts: &Facts, at: crate::report::moment::Moment) -> String {
    let day = |moment: crate::report::moment::Moment| moment.0 / 86_400_000_000;
    match at.rfc3339() {
        Some(whole) if day(at) != day(facts.at) => whole.replace('T', " ").trim_end_matches('Z').to_owned(),
        _ => at.clock(),
    }
}

fn diagnosis(
    diagnosis: &Diagnosis,
    report: &DoctorReport,
    repair: Option<&FixCommand>,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let word = match diagnosis.severity {
        Severity::Error => "cause",
        Severity::Warning => "warning",
        Severity::Info => "note",
    };
    writeln!(out, "\n{}: {}", style.mark(diagnosis.severity, word), diagnosis.cause)?;
    wrapped(&diagnosis.summary, "  ", "  ", style, out)?;
    if !diagnosis.consequences.is_empty() {
        // The verdict has said that it would not start: what is named here is why.
        let words = if diagnosis.cause == WOULD_FAIL { "Because of" } else { "Follows from it" };
        let follows = format!("{words}: {}", diagnosis.consequences.join(", "));
        wrapped(&follows, "  ", "    ", style, out)?;
    }
    writeln!(out, "\nevidence")?;
    let shown = if style.verbose { usize::MAX } else { EVIDENCE };
    for evidence in diagnosis.evidence().iter().take(shown) {
        self::evidence(evidence, report, style, out)?;
    }
    fix(diagnosis, report, repair, style, out)?;
    let is_in_block = diagnosis.fix.iter().any(|step| step.effect == Effect::Changes && !step.commands.is_empty());
    if !diagnosis.verify.is_empty() && !is_in_block {
        writeln!(out, "\nverify")?;
        for command in &diagnosis.verify {
            writeln!(out, "  {}", command.typed())?;
        }
    }
    Ok(())
}

/// Where it comes from, when it was said, and what was seen; what does not fit goes on below itself, never shortened in
/// a path that someone would copy.
fn evidence(evidence: &Evidence, report: &DoctorReport, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let at = evidence.at.map_or_else(String::new, |at| format!("{}  ", time(&report.facts, at)));
    let first = format!("  {:SOURCE$}  ", evidence.source.name());
    let rest = " ".repeat(first.len());
    let most = if style.verbose { usize::MAX } else { (style.width.saturating_sub(rest.len())) * 3 };
    wrapped(&without_the_middle(&format!("{at}{}", evidence.detail), most), &first, &rest, style, out)
}

/// A text of at most that many characters, as far as that can be without a path in it coming apart: words go, from the
/// middle on.
fn without_the_middle(text: &str, most: usize) -> String {
    let length = text.chars().count();
    // A sentence that is a little longer loses more by a gap than the reader gains.
    if length <= most.saturating_add(most / 3) {
        return text.to_owned();
    }
    if length > MAX_OF_EVIDENCE {
        return shortened(text, most);
    }
    let words: Vec<&str> = text.split(' ').collect();
    let middle = words.len() / 2;
    let mut order: Vec<usize> = (1..words.len().saturating_sub(1)).collect();
    // A whole file on one line is no path.
    let is_path = |word: &str| word.contains('/') && !word.contains("\\n");
    order.retain(|at| words.get(*at).is_some_and(|word| !is_path(word)));
    let is_long = |at: usize| words.get(at).is_some_and(|word| word.chars().count() > 40);
    order.sort_by_key(|at| (!is_long(*at), at.abs_diff(middle)));
    let mut gone: Vec<usize> = Vec::new();
    let mut left = length;
    for at in order {
        if left <= most {
            break;
        }
        left = left.saturating_sub(words.get(at).map_or(0, |word| word.chars().count() + 1));
        gone.push(at);
    }
    let mut kept: Vec<&str> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        match gone.contains(&at) {
            false => kept.push(word),
            true if kept.last() != Some(&"…") => kept.push("…"),
            true => {}
        }
    }
    kept.join(" ")
}

/// Longer evidence than this is cut wherever it is: no path that is typed is as long.
const MAX_OF_EVIDENCE: usize = 4000;

/// What is said, what looks, and what changes something: the last as one block that is safe to paste. It stops at the first
/// failure, and ends with another look.
fn fix(
    diagnosis: &Diagnosis,
    report: &DoctorReport,
    repair: Option<&FixCommand>,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    if diagnosis.fix.is_empty() {
        return Ok(());
    }
    let who = if report.facts.is_root() { "" } else { "  as root" };
    let changes = diagnosis.fix.iter().any(|step| step.effect == Effect::Changes && !step.commands.is_empty());
    let how = if changes { ", as one block: it stops at the first failure" } else { "" };
    match repair {
        Some(repair) => {
            let who = if who.is_empty() { "  " } else { "  as root; " };
            writeln!(out, "\nfix{who}it goes back by itself if it does not help\n  {}", repair.typed())?;
            writeln!(out, "\nor by hand{how}")?;
        }
        None => writeln!(out, "\nfix{who}{how}")?,
    }
    if changes {
        writeln!(out, "  ( set -e")?;
    }
    for Step { text, commands, .. } in &diagnosis.fix {
        if !text.is_empty() {
            wrapped(&format!("# {text}"), "  ", "  # ", style, out)?;
        }
        for command in commands {
            // Lines of a here-document stand at the margin, where the shell wants its end.
            let indent = if command.reads() { "" } else { "  " };
            writeln!(out, "{indent}{}", command.typed())?;
        }
    }
    if changes {
        for command in &diagnosis.verify {
            writeln!(out, "  {}", command.typed())?;
        }
        writeln!(out, "  )")?;
    }
    Ok(())
}

/// `-v`: what was looked at, the findings of the deployed bundle, the commands and what they printed.
fn details(report: &DoctorReport, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\nlooked at")?;
    for ServerCheck { id, status, message, .. } in &report.checks {
        let word = match status {
            CheckStatus::Pass => "ok",
            CheckStatus::Warn => "warning",
            CheckStatus::Fail => "wrong",
            CheckStatus::Skip => "skipped",
        };
        let start = format!("  {word:7}  {id:11}  ");
        let indent = " ".repeat(start.len());
        wrapped(message, &start, &indent, style, out)?;
    }
    if let Some(inspected) = report.facts.deployment.inspected().filter(|found| !found.report.findings.is_empty()) {
        writeln!(out, "\nwhat `check` says of {}", inspected.report.path)?;
        for finding in &inspected.report.findings {
            let start = format!("  {:7}  ", finding.severity.name());
            wrapped(&format!("{}: {}", finding.rule, finding.message), &start, "           ", style, out)?;
        }
    }
    writeln!(out, "\ncommands")?;
    for Ran { command, status, took, fault, output, .. } in &report.facts.ran {
        let ended = status.map_or_else(|| "did not end".to_owned(), |status| format!("exit {status}"));
        writeln!(out, "  {command}  ({ended}, {took} ms)")?;
        let lines = output.iter().chain(fault.iter());
        lines.filter(|line| !line.is_empty()).try_for_each(|line| writeln!(out, "    {line}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::without_the_middle;

    #[test]
    fn long_evidence_keeps_its_paths_whole() {
        let path = "/srv/customers/a/very/long/way/to/agent-bundle/dist/index.js";
        let words = "word ".repeat(30);
        let text = format!("Error: {words}{path} {words}/etc/x end");
        let shown = without_the_middle(&text, 120);
        assert!(shown.contains(path) && shown.contains("/etc/x") && shown.starts_with("Error:"), "{shown}");
        assert!(shown.ends_with("end") && shown.contains('…') && shown.chars().count() <= 130, "{shown}");
        assert_eq!(without_the_middle(&text, usize::MAX), text);
        let paths = format!("{path} {path} {path}");
        assert_eq!(without_the_middle(&paths, 40), paths);
    }
}
