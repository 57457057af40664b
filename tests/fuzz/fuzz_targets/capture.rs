//! What strangers send: captures, saved reports, the answers of a server; in every format.
#![no_main]

use bundle_doctor::internals::in_every_format;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    for written in in_every_format(input) {
        let hidden = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
        assert!(!written.contains(hidden), "something unprintable is written");
    }
});
