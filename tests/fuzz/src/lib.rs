//! What several targets share: archives made of the fuzzer's bytes, and a whole judgement of them.

use bundle_doctor::internals::{Depth, InspectOptions, Limits, Snapshot, documented_paths, inspect, printable, run_rules, sums};
use std::path::{PathBuf, Path};
use std::sync::LazyLock;

/// A folder in memory, one for each process: targets run side by side.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let shared = Path::new("/dev/shm");
    let parent = if shared.is_dir() { shared.to_path_buf() } else { std::env::temp_dir() };
    let folder = parent.join(format!("bundle-doctor-fuzz.{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the archive");
    folder
});

/// Reads bytes as a plain tar, and judges them with every rule.
pub fn judge_tar(bytes: &[u8]) {
    judge(&FOLDER.join("a.tar"), bytes);
}

/// Reads bytes as what is published, and judges them with every rule.
pub fn judge_file(bytes: &[u8]) {
    judge(&FOLDER.join("a.tar.gz"), bytes);
}

fn judge(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).expect("write the archive");
    let names = documented_paths::names();
    // Small limits: a bomb is only slow, and the lab measures those.
    let limits = Limits { max_size: 4 << 20, max_entries: 2000, ..Limits::default() };
    let options = InspectOptions::plain(&names, limits, Depth::Digests);
    let inspected = inspect(path.to_str().expect("a path in UTF-8"), &options).expect("a file that can be read");
    let findings = run_rules(&inspected.bundle());
    let snapshot = &inspected.snapshot;
    for words in findings.iter().flat_map(|finding| [Some(&finding.message), finding.path.as_ref(), finding.evidence.as_ref()]) {
        let words = words.map_or("", String::as_str);
        assert_eq!(printable(words), words, "something unprintable is said");
    }
    let refused = findings.iter().any(|finding| finding.rule.starts_with("archive-"));
    assert!(snapshot.tree_is_known() || refused, "refused without a finding");
    is_consistent(snapshot);
}

/// Every node is found by its path, every file has its sum, and the manifest is sorted and names no path twice.
fn is_consistent(snapshot: &Snapshot) {
    let tree = &snapshot.tree;
    for id in tree.ids() {
        let path = tree.path(id);
        assert_eq!(tree.find(path.as_bytes()), Some(id), "{path} is not found");
    }
    if snapshot.tree_is_known() {
        let mut out = Vec::new();
        sums(tree, &mut out).expect("write to memory");
    }
}

/// A tar with these files, each with its name.
pub fn tar<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, content) in files {
        let mut block = [0; 512];
        block[..name.len()].copy_from_slice(name.as_bytes());
        for (at, field) in [(100, "0000644\0"), (108, "0000000\0"), (116, "0000000\0"), (136, "00000000000\0"), (257, "ustar\x0000")] {
            block[at..at + field.len()].copy_from_slice(field.as_bytes());
        }
        block[124..136].copy_from_slice(format!("{:011o}\0", content.len()).as_bytes());
        block[156] = b'0';
        repair(&mut block);
        out.extend_from_slice(&block);
        out.extend_from_slice(content);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

/// Puts a header's checksum right: the fuzzer would hardly ever guess it.
pub fn repair(block: &mut [u8]) {
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}
