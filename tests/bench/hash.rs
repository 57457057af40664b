//! Hashes the files of the command line with the library that bundle-doctor uses, and does nothing else: what the speed of
//! `manifest` of a folder is measured against.

use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read, Write};

fn main() -> io::Result<()> {
    let mut buffer = vec![0; 128 * 1024];
    let mut out = io::BufWriter::new(io::stdout().lock());
    for path in std::env::args_os().skip(1) {
        let mut file = File::open(&path)?;
        let mut hasher = Sha256::new();
        loop {
            let count = file.read(&mut buffer)?;
            if count == 0 {
                break;
            }
            hasher.update(buffer.get(..count).unwrap_or_default());
        }
        for byte in hasher.finalize() {
            write!(out, "{byte:02x}")?;
        }
        writeln!(out, "  {}", path.display())?;
    }
    out.flush()
}
