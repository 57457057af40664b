//! systemd units: parsed, asked for everything, their command lines taken apart.
#![no_main]

use bundle_doctor::internals::{Unit, normal};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    let unit = Unit::of_text("server-flow-agent.service", "/etc/systemd/system/server-flow-agent.service", input);
    let _ = (unit.exec_start(), unit.command(), unit.working_directory(), unit.user(), unit.environment());
    let _ = unit.expand(input);
    let _ = normal(input);
});
