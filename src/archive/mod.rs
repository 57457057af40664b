//! tar.gz as GNU tar reads it, and the archives that we write.

mod entry;
pub mod extraction;
mod extractor_quirks;
mod gzip;
mod header;
mod inflating;
pub mod input;
mod pax;
mod sniff;
mod unpacked;
pub mod walk;
pub mod write;
