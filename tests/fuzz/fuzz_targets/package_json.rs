//! `package.json`: parsed, asked for everything, and judged at the root, in the shared package and in its sources.
#![no_main]

use bundle_doctor::internals::{Package};
use bundle_doctor_fuzz::{judge_tar, tar};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Ok(package) = Package::parse(input) {
        let _ = (package.name(), package.version(), package.is_module(), package.declared());
        for dependency in package.specifiers() {
            let _ = package.line_of([dependency.field, dependency.name.as_str()]);
        }
    }
    let names = ["package.json", "node_modules/@server-flow/shared/package.json", "packages/shared/package.json"];
    judge_tar(&tar(names.map(|name| (name, input))));
});
