//! A run that stands inside the service that it is about to restart: it goes on in a unit of its own.

use super::failure::Failure;
use super::session::Session;
use crate::exit_code;
use crate::host;
use crate::host::process::{Environment, ProcessEnd, Request, run};
use crate::render;
use crate::render::repair::RepairReport;
use crate::report::transaction::{Deed, RepairVerdict};
use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::time::Duration;

/// How long it may take: an installation, a start, and another one where it is taken back.
const PATIENCE: Duration = Duration::from_secs(40 * 60);

/// Runs this program again with the same arguments, in the same folder, in a transient unit that has nothing of this
/// one's environment; and waits for it, as long as this one lives.
pub(super) fn onward(within: &str, session: &Session<'_>) -> Result<u8> {
    let unit = format!("bundle-doctor-update-{}.service", host::microseconds_since_1970());
    let journal = format!("journalctl -u {unit}");
    session
        .note(&format!("it runs inside {within}, and would be ended by the restart: it goes on as {unit}; {journal}"));
    let request = Request {
        args: words(&unit)?,
        environment: Environment::Only(vec![("PATH".into(), "/usr/sbin:/usr/bin:/sbin:/bin".into())]),
        directory: Some("/".into()),
        timeout: PATIENCE,
        ..Request::new("systemd-run", &[])
    };
    let done = run(&request).context("cannot go on in a unit of its own: systemd-run")?;
    let why = format!("what came of it is in the journal: {journal}");
    let code = match done.end {
        ProcessEnd::Exit(code @ 0..=1) => u8::try_from(code).unwrap_or(exit_code::FAIL),
        _ => bail!(Failure::new(format!("{unit} has refused it, or could not be run")).help(journal)),
    };
    let told = RepairReport {
        deed: Deed::Update,
        versions: [None, None],
        verdict: RepairVerdict::Moved,
        unit: within,
        plan: None,
        health: None,
        why: vec![why],
        kept: Vec::new(),
        next: None,
    };
    session.write(|out| render::repair::repair(session.common.format(), &told, session.style(), out))?;
    Ok(code)
}

/// What systemd-run is asked for. `User=` gives the home and the name that root has (systemd.exec(5), "Environment").
fn words(unit: &str) -> Result<Vec<OsString>> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let here = std::env::current_dir().unwrap_or_else(|_| "/".into());
    let mut directory = OsString::from("--working-directory=");
    directory.push(&here);
    let mut words: Vec<OsString> =
        ["--unit", unit, "--wait", "--collect", "--quiet", "-p", "User=root"].map(Into::into).into();
    words.extend([directory, "--".into(), program.into_os_string()]);
    words.extend(std::env::args_os().skip(1));
    // systemd would expand them (systemd.service(5), "Command lines"; systemd.unit(5), "Specifiers").
    let is_plain = |word: &OsString| word.to_str().is_some_and(|word| !word.contains(['$', '%', '\n']));
    match words.iter().find(|word| !is_plain(word)) {
        Some(word) => {
            let shown = word.to_string_lossy().into_owned();
            bail!(Failure::new(format!("`{shown}` cannot be handed on to a unit")).help("give it another name"))
        }
        None => Ok(words),
    }
}
