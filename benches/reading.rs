//! Reading and judging, piece by piece: `cargo bench`. What a user waits for, against other tools, is tests/bench/run's.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark that cannot go on has failed")]

use bundle_doctor::internals::{Depth, InspectOptions, Inspected, Limits, documented_paths, inspect, run_rules};
use divan::Bencher;
use std::io::Write;
use std::path::Path;

fn main() {
    divan::main();
}

/// How many files: an agent's own, and those of installed packages. The cost of one must not grow with their number.
const COUNTS: [usize; 3] = [500, 2_000, 8_000];

fn header(name: &str, size: usize) -> [u8; 512] {
    let mut header = tar::Header::new_ustar();
    header.set_path(name).unwrap();
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(size as u64);
    header.set_cksum();
    *header.as_bytes()
}

/// A bundle with that many files of 1 to 8 kB below `node_modules`, as a gzip-compressed tar.
fn archive(count: usize) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut add = |name: &str, content: &[u8]| {
        gzip.write_all(&header(name, content.len())).unwrap();
        gzip.write_all(content).unwrap();
        gzip.write_all(&[0; 512][..content.len().next_multiple_of(512) - content.len()]).unwrap();
    };
    add("package.json", br#"{"name":"server-flow-agent","version":"0.1.27","type":"module"}"#);
    add("dist/index.js", b"import './execution.js';\n");
    add("dist/execution.js", b"export const execute = () => {};\n");
    for number in 0..count {
        let line = format!("export const n{number} = {number};\n");
        add(&format!("node_modules/p{}/lib/{number}.js", number % 97), line.repeat(40 + number % 250).as_bytes());
    }
    gzip.write_all(&[0; 1024]).unwrap();
    gzip.finish().unwrap()
}

fn read(path: &Path, depth: Depth<'_>) -> Inspected {
    let names = documented_paths::names();
    inspect(path.to_str().unwrap(), &InspectOptions::plain(&names, Limits::default(), depth)).unwrap()
}

fn packed(count: usize) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agent-bundle.tar.gz");
    std::fs::write(&path, archive(count)).unwrap();
    (folder, path)
}

fn unpacked(count: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..count {
        let lib = folder.path().join(format!("node_modules/p{}/lib", number % 97));
        std::fs::create_dir_all(&lib).unwrap();
        std::fs::write(lib.join(format!("{number}.js")), "export {};\n".repeat(100 + number % 600)).unwrap();
    }
    folder
}

#[divan::bench(args = COUNTS)]
fn archive_with_digests(bencher: Bencher<'_, '_>, count: usize) {
    let (_folder, path) = packed(count);
    bencher.counter(divan::counter::ItemsCount::new(count)).bench_local(|| read(&path, Depth::Digests));
}

#[divan::bench(args = COUNTS)]
fn folder_by_its_entries(bencher: Bencher<'_, '_>, count: usize) {
    let folder = unpacked(count);
    bencher.counter(divan::counter::ItemsCount::new(count)).bench_local(|| read(folder.path(), Depth::Judge));
}

#[divan::bench(args = COUNTS)]
fn folder_with_digests(bencher: Bencher<'_, '_>, count: usize) {
    let folder = unpacked(count);
    bencher.counter(divan::counter::ItemsCount::new(count)).bench_local(|| read(folder.path(), Depth::Digests));
}

#[divan::bench(args = COUNTS)]
fn rules(bencher: Bencher<'_, '_>, count: usize) {
    let (_folder, path) = packed(count);
    let inspected = read(&path, Depth::Digests);
    bencher.counter(divan::counter::ItemsCount::new(count)).bench_local(|| run_rules(&inspected.bundle()));
}
