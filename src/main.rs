//! The program: the library does everything, with the process's own streams.

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().collect();
    ExitCode::from(bundle_doctor::run(&args))
}
