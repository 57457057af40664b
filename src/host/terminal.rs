//! A passphrase typed on a terminal, as minisign(1) asks for it: unseen, and the terminal as it was afterwards, however the
//! program ends.

use super::interrupt::Asking;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use zeroize::Zeroizing;

/// The longest line, in bytes.
const MAX_LINE: usize = 4096;

/// What keys are in bytes, as ASCII has them and terminals send them.
mod key {
    pub(super) const INTERRUPT: u8 = 3;
    pub(super) const END: u8 = 4;
    pub(super) const BACKSPACE: u8 = 8;
    pub(super) const KILL_LINE: u8 = 21;
    pub(super) const KILL_WORD: u8 = 23;
    pub(super) const QUIT: u8 = 28;
    pub(super) const DELETE: u8 = 127;
}

/// The terminal that somebody sits at.
pub(crate) struct Terminal(File);

impl Terminal {
    /// The controlling terminal; nothing where there is none, or where neither what the program reads nor what it says
    /// has to do with one: a script is not to wait for somebody.
    pub(crate) fn of_somebody() -> Option<Self> {
        if !io::stdin().is_terminal() && !io::stderr().is_terminal() {
            return None;
        }
        let flags = i32::try_from(rustix::fs::OFlags::NOCTTY.bits()).unwrap_or_default();
        let file = OpenOptions::new().read(true).write(true).custom_flags(flags).open("/dev/tty").ok()?;
        tcgetattr(&file).is_ok().then_some(Self(file))
    }

    /// Asks for a line that is not shown.
    ///
    /// # Errors
    /// Where it was given up (Ctrl-C, Ctrl-D, a signal), is too long, or the terminal is gone.
    pub(crate) fn ask(&self, prompt: &str) -> io::Result<Zeroizing<Vec<u8>>> {
        let asking = Asking::begin()?;
        let unseen = Unseen::of(&self.0)?;
        (&self.0).write_all(prompt.as_bytes())?;
        let line = self.line(&asking);
        drop(unseen);
        let _ = (&self.0).write_all(b"\n");
        // Only now that the terminal is as it was may the program end.
        asking.end();
        line
    }

    fn line(&self, asking: &Asking) -> io::Result<Zeroizing<Vec<u8>>> {
        let given_up = || io::Error::new(io::ErrorKind::Interrupted, "it was given up");
        // Room for all of it at once, so that no copy is left behind.
        let mut line = Zeroizing::new(Vec::with_capacity(MAX_LINE));
        let mut byte = Zeroizing::new([0]);
        loop {
            if asking.was_interrupted() {
                return Err(given_up());
            }
            // Nothing within the terminal's tenth of a second is no end.
            match (&self.0).read(&mut *byte) {
                Ok(0) => continue,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            match byte[..] {
                [b'\n' | b'\r'] => return Ok(line),
                [key::INTERRUPT | key::QUIT] => {
                    asking.interrupt();
                    return Err(given_up());
                }
                [key::END] if line.is_empty() => return Err(given_up()),
                [key::END] => return Ok(line),
                [key::KILL_LINE | key::KILL_WORD] => line.clear(),
                [key::BACKSPACE | key::DELETE] => erase(&mut line),
                [byte] if line.len() < MAX_LINE => line.push(byte),
                _ => return Err(io::Error::other(format!("it is longer than {MAX_LINE} bytes"))),
            }
        }
    }
}

/// Takes away the last character, which may be several bytes of UTF-8.
fn erase(line: &mut Vec<u8>) {
    while line.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
}

/// A terminal that shows nothing and hands over each key. Dropped, it is as it was.
struct Unseen<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Unseen<'a> {
    fn of(terminal: &'a File) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut unseen = before.clone();
        // No key sends a signal, so that none ends the program while nothing is shown; a read ends after a tenth of a second.
        unseen.local_modes -=
            LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG | LocalModes::IEXTEN;
        unseen.special_codes[SpecialCodeIndex::VMIN] = 0;
        unseen.special_codes[SpecialCodeIndex::VTIME] = 1;
        // What was typed before the question is not an answer to it.
        tcsetattr(terminal, OptionalActions::Flush, &unseen)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Unseen<'_> {
    fn drop(&mut self) {
        let _ = tcsetattr(self.terminal, OptionalActions::Flush, &self.before);
    }
}
