//! A report as a page, before it is HTML or Markdown: what is shown, in which order, and what is folded away. Both formats
//! write the same page, so that neither knows of reports, and what is untrusted is made harmless in two places only.

pub(crate) mod check;
pub(crate) mod diff;
mod findings;
pub(crate) mod fleet;
mod folders;
pub(crate) mod model;
pub(crate) mod rehearsal;
pub(crate) mod release;
pub(crate) mod repair;
pub(crate) mod server;
pub(crate) mod unjudged;
