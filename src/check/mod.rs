//! Is this bundle fit? A bundle as the rules see it, the table of rules, and the engine that runs it.

pub(crate) mod authentication;
pub(crate) mod baseline;
pub(crate) mod bundle;
pub(crate) mod contents;
pub(crate) mod engine;
mod folders;
pub(crate) mod inspect;
pub(crate) mod rules;
pub(crate) mod secret;
