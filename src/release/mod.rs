//! From the repository to the archive that is published: the checklist, the packer, and what changed since.

pub mod checklist;
pub mod diff;
pub mod pack;
pub mod workspace;
