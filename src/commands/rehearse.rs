//! `rehearse`: the update run for real, and what became of it.

use super::Failure;
use super::session::Session;
use crate::check::engine;
use crate::cli::rehearse::{ManagerWord, Rehearse};
use crate::host::interrupt::Second;
use crate::report::format::Format;
use crate::report::run_error::RunError;
use crate::report::verdict::Verdict;
use crate::update::Manager;
use crate::update::rehearsal::{Ending, Rehearsal};
use crate::update::rehearse::{
    Choice, Event, Leave, Network, RehearsalError, RehearsalPlan, RehearsalSubject, rehearse,
};
use crate::{exit_code, render};
use indicatif::{ProgressBar, ProgressDrawTarget};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Rehearses the update of a bundle.
pub fn run(options: &Rehearse, session: &Session<'_>) -> Result<u8, Failure> {
    let configured = session.configuration()?;
    let policy = session.common.policy(&configured.config)?;
    let plan = plan(options)?;
    let interrupt = super::watch(Second::Waits)?;
    let line = session.shows_progress().then(|| ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()));
    let tell = |event: Event<'_>| {
        if let (Some(line), Event::Begins(generation, step)) = (&line, event) {
            line.set_style(indicatif::ProgressStyle::default_spinner());
            line.enable_steady_tick(Duration::from_millis(120));
            line.set_message(format!("{}: {} {}", generation.name(), step.number(), step.title()));
        }
    };
    let done = rehearse(&plan, interrupt.stop(), &tell);
    if let Some(line) = &line {
        line.finish_and_clear();
    }
    let mut rehearsal = done?;
    let verdict = engine::weigh(&mut rehearsal, &policy);
    let doubt = doubt(&rehearsal, verdict);
    let mut out = Vec::new();
    let style = session.style();
    render::rehearsal::write(session.common.format(), &rehearsal, verdict, doubt.as_ref(), style, &mut out)?;
    session.print(&out)?;
    match doubt {
        None => Ok(exit_code::of(verdict)),
        Some(doubt) => {
            if session.common.format() == Format::Human {
                session.say(&doubt);
            }
            Ok(exit_code::NOT_JUDGED)
        }
    }
}

fn plan(options: &Rehearse) -> Result<RehearsalPlan, Failure> {
    let from = options.from.as_deref().map(|path| existing(path, "--from")).transpose()?;
    let choice = match options.package_manager {
        None => Choice::AsProcedure,
        Some(ManagerWord::Pnpm) => Choice::Only(Manager::Pnpm),
        Some(ManagerWord::Npm) => Choice::Only(Manager::Npm),
    };
    Ok(RehearsalPlan {
        subject: subject(&options.bundle)?,
        from,
        generations: options.generations(),
        choice,
        network: if options.offline { Network::CachesOnly } else { Network::Registry },
        hold: Duration::from_secs(options.hold),
        patience: Duration::from_secs(options.connect_within),
        leave: if options.keep { Leave::Everything } else { Leave::Nothing },
    })
}

fn subject(bundle: &str) -> Result<RehearsalSubject, Failure> {
    if bundle.starts_with("http://") || bundle.starts_with("https://") {
        return Ok(RehearsalSubject::Address(bundle.to_owned()));
    }
    let path = existing(Path::new(bundle), "BUNDLE")?;
    Ok(if path.is_dir() { RehearsalSubject::Folder(path) } else { RehearsalSubject::Archive(path) })
}

/// The absolute path of something that is there: commands are run elsewhere than here.
fn existing(path: &Path, what: &str) -> Result<PathBuf, Failure> {
    path.canonicalize().map_err(|error| {
        let help = Some("give the path of an archive or of a bundle's folder".to_owned());
        Failure::new(format!("cannot open {}: {error}", path.display()))
            .at(&path.display().to_string())
            .help(if what == "BUNDLE" { help } else { Some(format!("{what} takes an archive or a deployed folder")) })
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

impl From<RehearsalError> for Failure {
    fn from(error: RehearsalError) -> Self {
        let help = match &error {
            RehearsalError::Missing { help, .. } => Some(help.clone()),
            RehearsalError::Interrupted | RehearsalError::Io { .. } => None,
        };
        Self::new(crate::text::printable(&error.to_string())).help(help)
    }
}
