//! `bundle-doctor.toml`, and everything that is made of it.
#![no_main]

use bundle_doctor::internals::{Config};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    if let Ok(config) = Config::parse(input) {
        let _ = (config.names(), config.limits(), config.overrides(), config.allowances());
    }
});
