//! tar.gz as GNU tar reads it, and the archives that we write.

mod access_list;
mod blocks;
mod content_hashing;
mod crc;
mod entry;
pub(crate) mod extraction;
mod extractor_quirks;
mod gzip;
mod header;
mod inflating;
pub(crate) mod input;
mod member_pool;
mod pax;
mod sized_member;
mod sniff;
mod unpacked;
pub(crate) mod walk;
pub(crate) mod write;
