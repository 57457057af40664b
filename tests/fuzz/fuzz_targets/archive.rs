//! Archives: the input as a file, then as a tar whose headers have their checksums put right.
#![no_main]

use bundle_doctor_fuzz::{repair, judge_tar, judge_file};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if input.starts_with(&[0x1f, 0x8b]) {
        judge_file(input);
        return;
    }
    let mut tar = input.to_vec();
    for block in tar.chunks_exact_mut(512) {
        if block.get(257..262) == Some(b"ustar") {
            repair(block);
        }
    }
    judge_tar(&tar);
});
