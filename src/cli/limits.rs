//! Where reading stops, as the commands that read bundles are told.

use super::values::number;
use crate::config::size;
use crate::tree::limits::Limits;
use clap::Args;

/// Where reading stops.
#[derive(Args, Debug)]
pub(crate) struct LimitArgs {
    /// Most bytes of unpacked files, such as 500MiB [default: 2GiB]
    #[arg(long, value_name = "SIZE", value_parser = size, allow_negative_numbers = true, help_heading = "Limits")]
    max_size: Option<u64>,
    /// Most entries [default: 150000]
    #[arg(long, value_name = "N", value_parser = number::<u64>, allow_negative_numbers = true, help_heading = "Limits")]
    max_entries: Option<u64>,
    /// Most unpacked bytes for each compressed one [default: 200]
    #[arg(long, value_name = "N", value_parser = number::<u64>, allow_negative_numbers = true, help_heading = "Limits")]
    max_ratio: Option<u64>,
    /// Most components of a path [default: 128]
    #[arg(long, value_name = "N", value_parser = number::<usize>, allow_negative_numbers = true, help_heading = "Limits")]
    max_depth: Option<usize>,
}

impl LimitArgs {
    /// The configuration's limits with what the command line says.
    #[must_use]
    pub(crate) fn over(&self, limits: Limits) -> Limits {
        Limits {
            max_size: self.max_size.unwrap_or(limits.max_size),
            max_entries: self.max_entries.unwrap_or(limits.max_entries),
            max_ratio: self.max_ratio.unwrap_or(limits.max_ratio),
            max_depth: self.max_depth.unwrap_or(limits.max_depth),
        }
    }
}
