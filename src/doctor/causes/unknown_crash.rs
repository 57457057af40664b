//! `unknown-crash`: the agent dies of an error that none of the other causes explains.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::crash::{Crash, CrashKind, CrashToldBy as SaidBy};
use super::explained::explained;
use super::{bundle_fix, control_plane_unreachable, crash, evidence, fix, mended, recovered, told_of};
use crate::doctor::facts::{Condition, Exit, Facts, JournalEntry, JournalRun, Service, service};
use crate::report::diagnosis::{Diagnosis, FixStep, command};
use crate::report::finding::Severity;
use crate::report::words::{AbsolutePath, CheckedDocument, RefusedWord, UnitName};

pub(super) static CAUSE: Cause = Cause {
    id: "unknown-crash",
    severity: Severity::Error,
    summary: "the agent dies of an error that none of the other causes explains",
    page: include_str!("../../../docs/causes/unknown-crash.md"),
    stands: Stands::LastResort,
    areas: &[Area::Service],
    follows_from: &[],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    if facts.condition() == Condition::Running {
        return recovered::diagnose(&CAUSE, facts);
    }
    if control_plane_unreachable::death(facts).is_some() {
        return None;
    }
    let crash = crash::crash(facts);
    if let Some(dropped) = lost_words(facts, crash.as_ref()) {
        return Some(of_lost_words(facts, crash.as_ref(), dropped));
    }
    let Some(crash) = crash else { return wordless(facts) };
    let words = match (&crash.kind, crash.told_by) {
        (CrashKind::NoWatches, _) => {
            "The kernel lets nobody watch more files: its limit of inotify watches is reached".to_owned()
        }
        (CrashKind::Unsettled, _) => {
            "The agent ends while it starts (exit code 13): a top-level `await` waits for what never comes".to_owned()
        }
        (_, SaidBy::Node) if is_of_an_address(&crash) => {
            format!("The agent was given an address that is none, and dies of it: {}", crash.text)
        }
        (_, SaidBy::Node) if is_of_a_header(&crash) => {
            format!(
                "The agent's token, or its address, holds what no header may, such as the end of a line: {}",
                crash.text
            )
        }
        (_, SaidBy::Node) if explained(&crash.text).is_some() => {
            let words = explained(&crash.text).map_or("", |found| found.words);
            format!("{words}: {}", crash.text)
        }
        (_, SaidBy::Node) => format!("The agent dies of an error that no other cause explains: {}", crash.text),
        (_, SaidBy::LastWords) => {
            let code = ended_with(facts).map(|code| format!(" (exit code {code})")).unwrap_or_default();
            format!("The agent ends itself{code}, and no other cause explains its last words: {}", crash.text)
        }
    };
    let diagnosis = CAUSE
        .found(facts, words, evidence::journal(crash.headline))
        .and(crash.place.map(evidence::journal))
        .and(evidence::state(facts));
    if is_of_an_address(&crash) {
        let text = "put the address right, with `http://` or `https://` before it: behind `--url`, in the variable that is \
            meant there, or in the agent's registration.json";
        let command = evidence::unit_setting(facts, "ExecStart");
        return Some(
            diagnosis.and(command).step(FixStep::looks(text, fix::systemctl("cat", facts).into_iter().collect())),
        );
    }
    if is_of_a_header(&crash) {
        let text = "write the token again, without a line's end or a blank: behind `--token`, in the variable or file that is \
            meant there, or in the agent's registration.json";
        let command = evidence::unit_setting(facts, "ExecStart");
        let look = fix::systemctl("cat", facts).into_iter().collect();
        return Some(diagnosis.and(command).step(FixStep::looks(text, look)));
    }
    if crash.kind == CrashKind::NoWatches {
        return Some(diagnosis.steps(more_watches(facts)));
    }
    let advice = explained(&crash.text).filter(|_| crash.told_by == SaidBy::Node);
    let advice = advice.map(|found| FixStep::told(found.advice));
    Some(diagnosis.steps(advice).step(look(facts)).steps(back(facts)))
}

/// What journald says of lines that it has dropped of runs that died, where what was kept does not say why they did.
fn lost_words<'a>(facts: &'a Facts, crash: Option<&Crash<'_>>) -> Option<&'a JournalEntry> {
    if crash.is_some_and(|crash| crash.told_by == SaidBy::Node || crash.kind != CrashKind::Other) {
        return None;
    }
    let dropped = facts.journal.known()?.dropped.as_ref()?;
    let first = facts.present().into_iter().map(|entry| entry.at).min()?;
    let dies = matches!(facts.condition(), Condition::Looping | Condition::Down)
        || facts.runs().last().is_some_and(JournalRun::died);
    let by_itself = facts.runs().iter().rev().find_map(JournalRun::exit).is_some_and(|exit| exit != Exit::Code(0));
    (dies && by_itself && dropped.at >= first).then_some(dropped)
}

fn of_lost_words(facts: &Facts, crash: Option<&Crash<'_>>, dropped: &JournalEntry) -> Diagnosis {
    let words = "The agent dies, and the journal has not kept its last words: journald drops what comes too fast";
    CAUSE
        .found(facts, words, evidence::journal(dropped))
        .and(crash.map(|crash| evidence::journal(crash.headline)))
        .and(evidence::state(facts))
        .steps(fix::or_told(keep_all(facts)))
        .steps(back(facts))
}

/// A drop-in that is gone with the next boot, with which journald keeps all of the unit's lines. Of an interval of 0, which is
/// to turn the limit off (systemd.exec(5)), systemd does not tell journald (measured with 252).
fn keep_all(facts: &Facts) -> Result<Vec<FixStep>, RefusedWord> {
    UnitName::new(&facts.places.unit)?;
    let file = AbsolutePath::new(&format!("/run/systemd/system/{}.d/keep-all-lines.conf", facts.places.unit))?;
    let folder = file.folder();
    let lines = CheckedDocument::default().fixed("[Service]\nLogRateLimitIntervalSec=1s\nLogRateLimitBurst=1000000");
    let text = "have the journal keep all that the agent says, until the next boot; then ask again";
    let keep = vec![
        command!("mkdir", "-p", "--", &folder),
        command!("tee", "--", &file).reading(lines),
        command!("systemctl", "daemon-reload"),
    ];
    Ok(vec![FixStep::changes(text, keep), fix::restart(facts)])
}

/// Whether `new URL`, or what is built on it, refuses an address (url.js, ERR_INVALID_URL; the `ws` package).
fn is_of_an_address(crash: &Crash<'_>) -> bool {
    crash.told_by == SaidBy::Node
        && ["TypeError: Invalid URL", "TypeError [ERR_INVALID_URL]: Invalid URL", "SyntaxError: Invalid URL: "]
            .iter()
            .any(|words| crash.text.starts_with(words))
}

/// Whether Node refuses the value of the header that carries the token (_http_outgoing.js, ERR_INVALID_CHAR).
fn is_of_a_header(crash: &Crash<'_>) -> bool {
    let names = ["authorization", "x-agent-token", "x-token", "token"];
    crash.told_by == SaidBy::Node
        && crash.text.contains("Invalid character in header content [")
        && names.iter().any(|name| crash.text.to_ascii_lowercase().contains(&format!("[\"{name}\"]")))
}

/// The code that it ended with, where that is another than the usual one.
fn ended_with(facts: &Facts) -> Option<u32> {
    facts.service.known().and_then(Service::exit_code).filter(|code| *code != 1)
}

/// The limit of inotify(7), raised for now and for later boots.
fn more_watches(facts: &Facts) -> Vec<FixStep> {
    let limit = "fs.inotify.max_user_watches=524288";
    let keep =
        command!("tee", "--", "/etc/sysctl.d/60-inotify-watches.conf").reading(CheckedDocument::default().fixed(limit));
    vec![
        FixStep::changes("let more files be watched", vec![command!("sysctl", "-w", limit), keep]),
        fix::restart(facts),
    ]
}

/// Without a word of its own the agent was ended by a signal, or the service has failed for good.
fn wordless(facts: &Facts) -> Option<Diagnosis> {
    // systemd gave up after what is mended since, or cannot be told any more: `start-limit-hit` says so.
    let refused = facts.manager_now().iter().rev().take(4).any(|entry| entry.says("repeated too quickly"));
    let gave_up = facts.service.known().is_some_and(|service| service.result == "start-limit-hit");
    if gave_up || crash::mended(facts).is_some() || (refused && facts.was_replaced_since()) {
        return None;
    }
    // A disk tells of the last run alone how it ended.
    let last = facts.runs().last().filter(|run| run.died()).and_then(JournalRun::exit);
    let exit = facts.service.known().map_or(last, |service| service.exit);
    let signal = match exit {
        Some(Exit::Signal(signal)) => Some(signal),
        _ => None,
    };
    let dies = match facts.condition() {
        Condition::Down => evidence::manager_line(facts, &["on client request"]).is_none(),
        // What the manager does before it executes the program ends with a code of its own (systemd.exec(5), "Process Exit
        // Codes").
        Condition::Looping => signal.is_some() || matches!(exit, Some(Exit::Code(200..=245))),
        Condition::Unknown => !facts.is_live() && !matches!(exit, None | Some(Exit::Code(0))),
        Condition::Running | Condition::Starting | Condition::Stopped => false,
    };
    if !dies {
        return None;
    }
    let said = evidence::deciding_line(facts, &DECIDING);
    if said.is_some_and(|said| mended::would_pass(facts, said)) {
        return None;
    }
    let crashed = told_of::last_run(facts, &told_of::CRASHES);
    let file = crashed.and_then(told_of::crashed_in);
    let words = match (said, signal) {
        (_, Some(signal)) if file.is_some() => {
            format!("The agent is ended by {}, in `{}`, as the kernel says", named(signal), file.unwrap_or_default())
        }
        (_, Some(signal)) => format!("The agent is ended by {}, and says nothing of why", named(signal)),
        (Some(said), None) if !said.says("Failed with result") => {
            format!("The service has failed, as systemd says: {}", evidence::without_unit(facts, &said.message))
        }
        _ => "The service has failed, and nothing that was seen explains why".to_owned(),
    };
    let spoke = evidence::last_words(facts).map(evidence::journal);
    let machine = crashed.map(evidence::journal);
    let machine = machine.or_else(|| told_of::seen(facts, &told_of::FORBIDDEN_CALL));
    let seen = said.map(evidence::journal).into_iter().chain(machine).chain(spoke);
    let mut seen = seen.chain(evidence::state(facts));
    let first = seen.next()?;
    Some(CAUSE.found(facts, words, first).and(seen).step(look(facts)).steps(back(facts)))
}

/// A signal by its name, and what it mostly means (signal(7)).
fn named(signal: u32) -> String {
    let meaning = match signal {
        4 => " (an instruction that this processor does not have)",
        5 | 6 => " (with which V8 and Node end themselves)",
        7 | 11 => " (a crash in Node itself or in a native addon)",
        8 => " (a division by zero in native code)",
        15 => " (a request to end, by a person or a program, and not by systemd)",
        _ => "",
    };
    match service::signal_name(signal) {
        Some(name) => format!("the signal SIG{name}{meaning}"),
        None => format!("signal {signal}"),
    }
}

/// What systemd says of an end, the most telling first (systemd's unit.c, service.c and exec-invoke.c).
const DECIDING: [&str; 10] = [
    "Failed at step",
    "timed out",
    "Watchdog timeout",
    "reached runtime time limit",
    "Control process exited",
    "Failed to run '",
    "Failed to load environment files",
    "Failed to ",
    "Main process exited",
    "Failed with result",
];

fn look(facts: &Facts) -> FixStep {
    FixStep::looks("read all that it says", fix::journal(facts))
}

/// The version before, if there is one that starts.
fn back(facts: &Facts) -> Vec<FixStep> {
    bundle_fix::started_after(bundle_fix::rollback(facts).into_iter().collect(), facts)
}
