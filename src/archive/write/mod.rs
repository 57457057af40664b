//! The archives that we write: the tar stream of a plan, compressed.

pub(crate) mod gzip;
pub(crate) mod tar;
