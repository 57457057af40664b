//! Inflates a gzip file once with the library that bundle-doctor uses, and does nothing else: what its speed is measured
//! against. With `--hash` it also makes the SHA-256 of what comes, on the same thread.

use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufReader, Read};

fn main() -> io::Result<()> {
    let mut words: Vec<_> = std::env::args_os().skip(1).collect();
    let hashed = words.first().is_some_and(|word| word == "--hash");
    if hashed {
        words.remove(0);
    }
    let path = words.first().ok_or_else(|| io::Error::other("expected the path of a gzip file"))?;
    let mut unpacked = MultiGzDecoder::new(BufReader::with_capacity(128 * 1024, File::open(path)?));
    let mut buffer = vec![0; 256 * 1024];
    let mut hasher = hashed.then(Sha256::new);
    loop {
        let count = unpacked.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        if let Some(hasher) = &mut hasher {
            hasher.update(buffer.get(..count).unwrap_or_default());
        }
    }
    if let Some(hasher) = hasher {
        std::hint::black_box(hasher.finalize());
    }
    Ok(())
}
