//! `rehearse`: the update run for real, and what became of it.

use super::failure::Failure;
use super::session::{Session, watch};
use crate::check::engine;
use crate::cli::rehearse::{ManagerWord, Rehearse};
use crate::host::interrupt::Second;
use crate::report::format::ReportFormat;
use crate::report::run_error::RunError;
use crate::report::verdict::Verdict;
use crate::update::Manager;
use crate::update::UpdateStep;
use crate::update::generation::{Generation, UpdateScope};
use crate::update::rehearsal::{Ending, Rehearsal};
use crate::update::rehearse::{Choice, Leave, Network, RehearsalPlan, RehearsalSubject, rehearse};
use crate::{exit_code, render, text};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Rehearses the update of a bundle.
pub(super) fn run(options: &Rehearse, session: &Session<'_>) -> Result<u8> {
    let configured = session.configuration()?;
    let policy = session.policy(&configured, &[])?;
    let plan = plan(options, configured.config.updates())?;
    let interrupt = watch(Second::Waits)?;
    let waiting = session.waiting();
    let done = rehearse(&plan, interrupt.stop(), &|generation, step| waiting.say(waited_for(generation, step)));
    drop(waiting);
    let mut rehearsal = done?;
    let verdict = engine::weigh(&mut rehearsal, &policy);
    let doubt = doubt(&rehearsal, verdict);
    let (format, style) = (session.common.format(), session.style());
    session.write(|out| render::rehearsal::write(format, &rehearsal, verdict, doubt.as_ref(), style, out))?;
    session.append_summary(|out| {
        render::rehearsal::write(ReportFormat::Markdown, &rehearsal, verdict, doubt.as_ref(), style, out)
    });
    match doubt {
        None => Ok(exit_code::of(verdict)),
        Some(doubt) => {
            if format == ReportFormat::Human {
                session.say(|out| render::human::error(&doubt, out));
            }
            Ok(exit_code::NOT_JUDGED)
        }
    }
}

/// What a rehearsal is at.
pub(super) fn waited_for(generation: Generation, step: UpdateStep) -> String {
    format!("rehearsing {}: step {} {}", generation.name(), step.number(), step.title())
}

fn plan(options: &Rehearse, configured: UpdateScope) -> Result<RehearsalPlan> {
    let from = options
        .from
        .as_deref()
        .map(|path| existing(path, "--from takes an archive or a deployed folder"))
        .transpose()?;
    let choice = match options.package_manager {
        None => Choice::AsProcedure,
        Some(ManagerWord::Pnpm) => Choice::Only(Manager::Pnpm),
        Some(ManagerWord::Npm) => Choice::Only(Manager::Npm),
    };
    Ok(RehearsalPlan {
        subject: subject(&options.bundle)?,
        from,
        updates: options.updates(configured),
        choice,
        network: if options.offline { Network::CachesOnly } else { Network::Registry },
        hold: Duration::from_secs(options.hold),
        patience: Duration::from_secs(options.connect_within),
        shown_variables: options.shown_variables.clone(),
        leave: if options.keep { Leave::Everything } else { Leave::Nothing },
    })
}

fn subject(bundle: &str) -> Result<RehearsalSubject> {
    if bundle.starts_with("http://") || bundle.starts_with("https://") {
        let shown = text::printable(bundle);
        if shown != bundle {
            let help = "give the address as it is typed";
            bail!(Failure::new(format!("{shown} is no address")).at(&shown).help(help));
        }
        return Ok(RehearsalSubject::Address(bundle.to_owned()));
    }
    let path = existing(Path::new(bundle), "give the path of an archive or of a bundle's folder")?;
    Ok(if path.is_dir() { RehearsalSubject::Folder(path) } else { RehearsalSubject::Archive(path) })
}

/// The absolute path of something that is there: commands are run elsewhere than here.
fn existing(path: &Path, help: &str) -> Result<PathBuf> {
    path.canonicalize().with_context(|| {
        let shown = text::printable_path(path);
        Failure::new(format!("cannot open {shown}")).at(&shown).help(help)
    })
}

/// Why a rehearsal without a failure is still no success: exit code 2.
fn doubt(rehearsal: &Rehearsal, verdict: Verdict) -> Option<RunError> {
    if verdict == Verdict::Fail {
        return None;
    }
    let run = rehearsal.runs.iter().find(|run| run.ending == Ending::Inconclusive)?;
    let step = run.stopped_at()?;
    let what = step.note.as_deref().unwrap_or("see the step's output");
    Some(RunError {
        message: format!(
            "what becomes of the update of `{}` cannot be told, as of step {}: {what}",
            run.generation.name(),
            step.number
        ),
        path: Some(rehearsal.bundle.clone()),
        help: step.help.clone(),
    })
}
