//! A program whose output is read line by line while it runs.

use std::io::{self, BufRead, BufReader};
use std::process::{Command, Stdio};

/// Runs a program, found in the `PATH` that is set for it, and hands over each line of its stdout until `each` has had
/// enough or it ends; then it is ended. It has no stdin, and the caller's stderr.
///
/// # Errors
/// When it cannot be started or read.
pub(crate) fn follow(
    program: &str,
    args: &[&str],
    variables: &[(&str, &str)],
    mut each: impl FnMut(&str) -> bool,
) -> io::Result<()> {
    let mut command = Command::new(program);
    command.args(args).envs(variables.iter().copied()).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn()?;
    if let Some(lines) = child.stdout.take() {
        for line in BufReader::new(lines).split(b'\n') {
            if !each(&String::from_utf8_lossy(&line?)) {
                break;
            }
        }
    }
    let _ = child.kill();
    child.wait().map(|_| ())
}
