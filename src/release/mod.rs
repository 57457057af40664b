//! From the repository to the archive that is published: the checklist, the packer, and what changed since.

pub(crate) mod checklist;
pub(crate) mod diff;
pub(crate) mod installer;
pub(crate) mod pack;
pub(crate) mod workspace;
