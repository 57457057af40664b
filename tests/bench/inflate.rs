//! Inflates a gzip file once with the library that bundle-doctor uses, and does nothing else: what its speed is measured
//! against.

use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufReader, Read};

fn main() -> io::Result<()> {
    let path = std::env::args_os().nth(1).ok_or_else(|| io::Error::other("expected the path of a gzip file"))?;
    let mut unpacked = MultiGzDecoder::new(BufReader::with_capacity(128 * 1024, File::open(path)?));
    let mut buffer = vec![0; 256 * 1024];
    while unpacked.read(&mut buffer)? > 0 {}
    Ok(())
}
