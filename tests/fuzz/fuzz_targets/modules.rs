//! The module graph: the input is cut at NULs into files that import each other.
#![no_main]

use bundle_doctor_fuzz::{judge_tar, tar};
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 7] = [
    "dist/index.js",
    "package.json",
    "dist/a.js",
    "node_modules/@server-flow/shared/package.json",
    "node_modules/@server-flow/shared/dist/index.js",
    "dist/b.cjs",
    "dist/c.json",
];

fuzz_target!(|input: &[u8]| judge_tar(&tar(NAMES.into_iter().zip(input.splitn(NAMES.len(), |byte| *byte == 0)))));
