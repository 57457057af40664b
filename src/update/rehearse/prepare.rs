//! Commands that only prepare a rehearsal: they are not part of the update.

use super::error::RehearsalError;
use crate::host::process::{Request, run_unless};
use std::sync::atomic::{AtomicBool, Ordering};

/// Runs one, and gives what it prints.
pub(super) fn prepare(request: &Request, stop: &AtomicBool, what: &str) -> Result<String, RehearsalError> {
    let done = run_unless(request, stop).map_err(RehearsalError::io(what))?;
    if stop.load(Ordering::Relaxed) {
        return Err(RehearsalError::Interrupted);
    }
    if done.end.is_success() {
        return Ok(done.stdout.text());
    }
    let words = crate::text::printable(done.stderr.text().trim()).into_owned();
    Err(RehearsalError::Missing {
        what: format!("cannot {what}: {words}"),
        help: "make sure that it can be read, then rehearse again".to_owned(),
    })
}
