//! The archives that we write: the tar stream of a plan, compressed.

pub mod gzip;
pub mod tar;
