//! Ctrl-C and `kill`, heard as a wish to stop: what runs is ended and what was made is removed before the program exits.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A flag that SIGINT, SIGTERM and SIGHUP set. They do nothing else from then on.
///
/// # Errors
/// When a handler cannot be set.
pub fn wish_to_stop() -> io::Result<Arc<AtomicBool>> {
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&flag))?;
    }
    Ok(flag)
}
