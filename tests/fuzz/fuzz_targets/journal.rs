//! What `journalctl -o json` prints: any bytes that a service wrote.
#![no_main]

use bundle_doctor::internals::{Redactor, journal};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    let half = input.len() / 2;
    let (first, second) = input.split_at(input.floor_char_boundary(half));
    let redactor = Redactor::new();
    let _ = journal::entries(&[first, second], "server-flow-agent.service", &redactor);
    let _ = journal::command(&[input], "server-flow-agent.service", Some(0), &redactor);
});
